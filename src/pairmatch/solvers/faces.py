"""Optimal faces of a flow: what is left free once a level is as good as it can be.

By complementary slackness every best circulation keeps an arc with positive reduced cost at its
lower and one with negative reduced cost at its upper bound, and every circulation that does so is a
best one (Ahuja, Magnanti and Orlin, Network Flows, 1993, section 9.4). So later levels go on with
narrower bounds, without big weights and without a constraint more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.matching import LevelProof
from pairmatch.domain.problem import LINEAR_GOALS, Problem, weigh_pairs
from pairmatch.solvers.network import Network
from pairmatch.solvers.residual import build_residual, compute_potentials


@dataclass(frozen=True, slots=True)
class Face:
    """The bounds of every arc that all matchings of a face keep."""

    lower: IntArray
    upper: IntArray


@dataclass(frozen=True, slots=True)
class PricedFlow:
    """A best flow of a face with potentials that prove it."""

    flow: IntArray
    potential: IntArray
    reduced_cost: IntArray


def open_face(network: Network) -> Face:
    """Return the face of all matchings."""
    return Face(network.lower, network.upper)


def price_flow(network: Network, face: Face, cost: IntArray, flow: IntArray) -> PricedFlow:
    """Return a best flow with its potentials, which are the same for every best flow.

    Raises
    ------
    ArithmeticError
        If the flow is not a best one.
    """
    graph = build_residual(network, flow, cost, face.lower, face.upper)
    potential = compute_potentials(graph)
    return PricedFlow(flow, potential, cost + potential[network.tail] - potential[network.head])


def narrow_face(face: Face, priced: PricedFlow) -> Face:
    """Return the face of all best flows."""
    fixed = priced.reduced_cost != 0
    return Face(np.where(fixed, priced.flow, face.lower), np.where(fixed, priced.flow, face.upper))


def ban_candidates(face: Face, banned: BoolArray) -> Face:
    """Return the face without the matchings that hold one of the banned candidates."""
    upper = face.upper.copy()
    upper[: len(banned)][banned] = 0
    return replace(face, upper=upper)


def cost_arcs(network: Network, weights: IntArray) -> IntArray:
    """Return the cost of every arc where each candidate adds its weight to a goal."""
    cost = np.zeros(len(network.tail), dtype=np.int64)
    cost[: network.num_candidates] = -weights
    return cost


def open_step(
    problem: Problem, network: Network, face: Face, settled: int | None, threshold: int | None
) -> tuple[Face, IntArray]:
    """Return the face without pairs between two thresholds, and the cost of pairs at the second."""
    assert threshold is not None  # noqa: S101 - steps of fairness goals have one
    points = problem.points
    below = ban_candidates(face, lies_in(points, settled, threshold - 1))
    return below, cost_arcs(network, -lies_in(points, settled, threshold).astype(np.int64))


def lies_in(points: IntArray, above: int | None, most: int) -> BoolArray:
    """Return which points are at most `most` and, unless it is None, above `above`."""
    mask: BoolArray = points <= most
    return mask if above is None else mask & (points > above)


def narrow_by_proofs(
    problem: Problem, network: Network, flow: IntArray, proofs: Sequence[LevelProof]
) -> Face:
    """Return the face that proven levels leave, given a flow that is best in all of them."""
    face = open_face(network)
    for proof in proofs:
        if proof.goal in LINEAR_GOALS:
            cost = cost_arcs(network, weigh_pairs(problem, proof.goal))
            face = narrow_face(face, price_flow(network, face, cost, flow))
        else:
            settled = None
            for step in proof.steps:
                face, cost = open_step(problem, network, face, settled, step.threshold)
                if proof.goal != "worst_village":
                    face = narrow_face(face, price_flow(network, face, cost, flow))
                settled = step.threshold
    return face
