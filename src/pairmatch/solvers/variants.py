"""What a problem with other bounds is worth, level by level, against levels that are proven."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pairmatch.domain.matching import LevelProof
from pairmatch.domain.problem import LINEAR_GOALS, Problem, weigh_pairs
from pairmatch.solvers.faces import Face, cost_arcs, narrow_face, open_face, open_step, price_flow
from pairmatch.solvers.flows import solve_circulation
from pairmatch.solvers.network import Network


@dataclass(frozen=True, slots=True)
class Worth:
    """What new bounds add to a level, 0 if nothing, and whether a level before it gets better.

    `gain` is None if it is not known, as a fairness goal is among the levels that change. `rank`
    compares: the larger, the better, level by level.
    """

    gain: int | None = 0
    raises_earlier: bool = False
    rank: tuple[int, ...] = ()


def value_variant(
    problem: Problem, network: Network, proofs: Sequence[LevelProof], goal: str, value: int
) -> Worth:
    """Return what the bounds of a network are worth beside those of a solved problem.

    Parameters
    ----------
    problem
        The problem: its points and levels.
    network
        Its network with other bounds, which may leave nothing.
    proofs
        The levels before, as they are solved without the other bounds.
    goal, value
        The goal that is measured, a sum over pairs, and its value so far.
    """
    face = open_face(network)
    rank: list[int] = []
    for k, proof in enumerate(proofs):
        found = _climb(problem, network, face, proof)
        if found is None:
            return Worth()
        rank.append(found.gain)
        raised = rank > [0] * len(rank)
        if rank < [0] * len(rank):
            return Worth()
        if raised and any(later.goal not in LINEAR_GOALS for later in proofs[k:]):
            return Worth(None, True, tuple(rank))
        face = found.face
    found = _maximize(problem, network, face, goal, value)
    if found is None:
        return Worth()
    rank.append(found.gain)
    if rank <= [0] * len(rank):
        return Worth()
    return Worth(found.gain, any(rank[:-1]), tuple(rank))


@dataclass(frozen=True, slots=True)
class _Climbed:
    """By how much a level is better than it was, and what it leaves."""

    gain: int
    face: Face


def _climb(problem: Problem, network: Network, face: Face, proof: LevelProof) -> _Climbed | None:
    """Return a level's gain; of a fairness goal only its sign. None if there is no matching."""
    if proof.goal in LINEAR_GOALS:
        return _maximize(problem, network, face, proof.goal, proof.value)
    settled = None
    for step in proof.steps:
        face, cost = open_step(problem, network, face, settled, step.threshold)
        flow = solve_circulation(network, cost, face.lower, face.upper)
        if flow is None:
            return None
        count = int((cost * flow).sum())
        if proof.goal == "worst_village":
            return _Climbed(int(count == 0), face)
        if count != -step.value:
            return _Climbed(int(np.sign(-step.value - count)), face)
        face = narrow_face(face, price_flow(network, face, cost, flow))
        settled = step.threshold
    return _Climbed(0, face)


def _maximize(
    problem: Problem, network: Network, face: Face, goal: str, value: int
) -> _Climbed | None:
    weights = weigh_pairs(problem, goal)
    cost = cost_arcs(network, weights)
    flow = solve_circulation(network, cost, face.lower, face.upper)
    if flow is None:
        return None
    face = narrow_face(face, price_flow(network, face, cost, flow))
    return _Climbed(int((weights * flow[: network.num_candidates]).sum()) - value, face)
