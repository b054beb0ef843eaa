"""Optimal faces of a flow: what is left free once a level is as good as it can be.

By complementary slackness every best circulation keeps an arc with positive reduced cost at its
lower and one with negative reduced cost at its upper bound, and every circulation that does so is a
best one (Ahuja, Magnanti and Orlin, Network Flows, 1993, section 9.4). So later levels go on with
narrower bounds, without big weights and without a constraint more.
"""

from dataclasses import dataclass, replace

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IntArray
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
