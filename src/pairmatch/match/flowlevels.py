"""Objective levels on a flow: each is solved on the face of all best flows of those before it."""

from dataclasses import dataclass

import numpy as np

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import LevelProof, PriceStep
from pairmatch.domain.problem import EXACT, LINEAR_GOALS, Problem, weigh_pairs
from pairmatch.solvers.faces import (
    Face,
    PricedFlow,
    ban_candidates,
    cost_arcs,
    lies_in,
    narrow_face,
    open_face,
    open_step,
    price_flow,
)
from pairmatch.solvers.flows import solve_circulation
from pairmatch.solvers.network import Network
from pairmatch.solvers.rerouting import drop_candidate

FLOW_GOALS = (*LINEAR_GOALS, "worst_village", "leximin_village")
"""Goals that a flow can be best in; sums over several pairs, as of a county, are none of them."""


@dataclass(frozen=True, slots=True)
class SolvedLevels:
    """The proofs of all levels, the face of all best flows, and one of them."""

    proofs: tuple[LevelProof, ...]
    face: Face
    flow: IntArray


def fits_flow(problem: Problem) -> bool:
    """Whether the levels and bounds, the quotas apart, can be those of a flow.

    A fairness goal compares villages, so each may have one pair only, and nothing may be given up
    of an earlier level: that would bound a sum over all pairs.
    """
    fair = [goal for goal in problem.levels if goal not in LINEAR_GOALS]
    one_each = bool((problem.village_max <= 1).all())
    # Nothing comes after the last level, so what may be given up of it is given up to nothing.
    exact = all(problem.tolerance_of(k) == EXACT for k in range(len(problem.levels) - 1))
    known = all(goal in FLOW_GOALS for goal in problem.levels)
    return known and exact and not problem.resources and (one_each or not fair)


def solve_levels(problem: Problem, network: Network) -> SolvedLevels | None:
    """Return the solved levels, or None if no flow meets the bounds.

    Raises
    ------
    StepsError
        If the scores are too large for exact integer arithmetic.
    """
    face = open_face(network)
    flow: IntArray | None = None
    proofs: list[LevelProof] = []
    for goal in problem.levels:
        if goal in LINEAR_GOALS:
            weights = weigh_pairs(problem, goal)
            cost = cost_arcs(network, weights)
            flow = solve_circulation(network, cost, face.lower, face.upper)
            if flow is None:
                return None
            priced = price_flow(network, face, cost, flow)
            face = narrow_face(face, priced)
            step = _read_step(problem, network, priced, weights)
            proofs.append(LevelProof(goal, step.value, step.value, (step,)))
        else:
            proof, face, flow = _solve_fair(problem, network, face, goal)
            proofs.append(proof)
    assert flow is not None  # noqa: S101 - there is at least one level
    return SolvedLevels(tuple(proofs), face, flow)


def _read_step(
    problem: Problem,
    network: Network,
    priced: PricedFlow,
    weights: IntArray,
    threshold: int | None = None,
) -> PriceStep:
    """Turn potentials into prices of units, villages and quotas."""
    potential = priced.potential
    quota_prices = np.zeros(len(problem.quotas), dtype=np.int64)
    for arc, bounded in network.set_arcs:
        price = potential[network.head[arc]] - potential[network.tail[arc]]
        for quota_idx, factor in bounded.terms:
            quota_prices[quota_idx] += factor * price
    return PriceStep(
        value=int((weights * priced.flow[: network.num_candidates]).sum()),
        unit_prices=_difference(network, potential, network.unit_arc),
        village_prices=_difference(network, potential, network.village_arc),
        quota_prices=quota_prices,
        threshold=threshold,
    )


def _difference(network: Network, potential: IntArray, arcs: IndexArray) -> IntArray:
    price: IntArray = potential[network.head[arcs]] - potential[network.tail[arcs]]
    return price


# --- fairness --------------------------------------------------------------------------------


def _solve_fair(
    problem: Problem, network: Network, face: Face, goal: str
) -> tuple[LevelProof, Face, IntArray]:
    """Raise the least points of a chosen pair, and for leximin the next ones after it.

    Step by step the pairs of the least points are as few as can be: where none is needed, those
    points and all below are banned; where some are, their number is proven and held.
    """
    points, n = problem.points, network.num_candidates
    flow = _begin_high(network, face, points)
    steps: list[PriceStep] = []
    ascending: list[int] = []
    settled: int | None = None
    while True:
        chosen = points[flow[:n] > 0]
        left = chosen if settled is None else chosen[chosen > settled]
        if not len(left):
            break
        threshold = int(left.min())
        closed, cost = open_step(problem, network, face, settled, threshold)
        flow = _make_fewest(network, closed, cost, flow)
        count = int((cost[:n] * flow[:n]).sum())
        if not count:
            face = ban_candidates(face, lies_in(points, settled, threshold))
            continue
        priced = price_flow(network, closed, cost, flow)
        steps.append(_read_step(problem, network, priced, -cost[:n], threshold))
        if goal == "worst_village":
            ascending, face = [threshold], closed
            break
        face = narrow_face(closed, priced)
        ascending += [threshold] * count
        settled = threshold
    worst = ascending[0] if ascending else 0
    listed = () if goal == "worst_village" else tuple(ascending)
    return LevelProof(goal, worst, worst, tuple(steps), listed), face, flow


def _begin_high(network: Network, face: Face, points: IntArray) -> IntArray:
    """Return a flow whose pairs stand high in the order of points: few are left to be raised."""
    _, rank = np.unique(points, return_inverse=True)
    flow = solve_circulation(network, cost_arcs(network, rank), face.lower, face.upper)
    assert flow is not None  # noqa: S101 - the flow of the level before is one
    return flow


def _make_fewest(network: Network, face: Face, cost: IntArray, flow: IntArray) -> IntArray:
    """Return a flow with as few as possible of the candidates that cost something."""
    n = network.num_candidates
    while True:
        costly = np.flatnonzero((cost[:n] > 0) & (flow[:n] > face.lower[:n]))
        rerouted = next(
            (
                found
                for arc in costly.tolist()
                if (found := drop_candidate(network, face, cost, flow, arc)) is not None
            ),
            None,
        )
        if rerouted is None:
            break
        flow = rerouted
    if len(costly) <= 1:
        return flow
    # Two at once might be dropped for one more, which only the whole problem tells.
    fewest = solve_circulation(network, cost, face.lower, face.upper)
    assert fewest is not None  # noqa: S101 - the flow at hand is one
    return fewest if (cost * fewest).sum() < (cost * flow).sum() else flow
