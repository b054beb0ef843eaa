"""Forcing prices and displacement chains, from the residual graph of the matching alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pairmatch.domain.explanation import Alternative, Move
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import LevelProof, Matching
from pairmatch.domain.problem import EXACT, FAIR_GOALS, Problem, find_priced_level, weigh_pairs
from pairmatch.solvers.distances import (
    Distances,
    compute_distances,
    keep_shortest_arcs,
    measure_banning_prices,
    measure_forcing_prices,
    trace_cycle,
)
from pairmatch.solvers.faces import Face, cost_arcs, narrow_by_proofs, price_flow
from pairmatch.solvers.families import CrossingQuotasError
from pairmatch.solvers.network import Network, build_network, spread_flow
from pairmatch.solvers.residual import ResidualGraph, build_residual, take_arcs


class NoPricesError(ValueError):
    """A problem is more than a flow: what a change costs is only known by solving again."""


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The exact loss, in steps, of forcing each candidate into the matching or banning it.

    The others are re-matched at best. Losses are in the last goal that is a sum, usually the
    total; every level before it stays as good as it is.
    `forcing` is per candidate, 0 for chosen ones and -1 where no such matching exists; `banning`
    is what doing without each chosen one loses, 0 for the others and -1 where none can.
    `proofs` are the levels before, `face` what they leave free, `flow` and `reduced_cost` those of
    the priced level; the rest is what displacement chains are read from.
    """

    problem: Problem
    chosen: IntArray
    forcing: IntArray
    banning: IntArray
    network: Network
    proofs: tuple[LevelProof, ...]
    face: Face
    flow: IntArray
    reduced_cost: IntArray
    graph: ResidualGraph
    distances: Distances
    first_arc: IndexArray


def price_candidates(problem: Problem, matching: Matching) -> PriceBook:
    """Return the forcing and banning prices of every candidate.

    The price of a pair is the length of the shortest cycle through it in the residual graph, there
    for forcing and back for banning, with lengths reduced by potentials so that none is negative.

    Raises
    ------
    NoPricesError
        If the levels up to the priced one are more than a flow.
    ArithmeticError
        If the matching is not the best one.
    """
    at = find_priced_level(problem)
    proofs = matching.certificate.levels[:at]
    network = _open_network(problem, at, proofs)
    flow = spread_flow(problem, network, matching.chosen_idx)
    face = narrow_by_proofs(problem, network, flow, proofs)
    cost = cost_arcs(network, weigh_pairs(problem, problem.levels[at]))
    reduced, lower = price_flow(network, face, cost, flow).reduced_cost, face.lower
    graph = build_residual(network, flow, reduced, lower, face.upper)
    distances = compute_distances(graph, network)
    banning, last = measure_banning_prices(distances, graph, network, reduced, flow, lower)
    graph = keep_shortest_arcs(graph, distances, last)
    graph = take_arcs(graph, np.lexsort((graph.head, graph.tail)).astype(np.int32))
    return PriceBook(
        problem=problem,
        chosen=flow[: network.num_candidates],
        forcing=measure_forcing_prices(distances, network, reduced, flow, face.upper),
        banning=banning,
        network=network,
        proofs=proofs,
        face=face,
        flow=flow,
        reduced_cost=reduced,
        graph=graph,
        distances=distances,
        first_arc=np.searchsorted(graph.tail, np.arange(network.num_nodes + 1)).astype(np.int32),
    )


def trace_moves(book: PriceBook, candidate: int) -> tuple[Move, ...]:
    """Return who moves where if a candidate that is not chosen is forced, its own unit first."""
    if book.chosen[candidate] or book.forcing[candidate] < 0:
        return ()
    network = book.network
    return _trace_cycle(book, candidate, network.head[candidate], network.tail[candidate])


def trace_ban(book: PriceBook, candidate: int) -> tuple[Move, ...]:
    """Return who moves where if a chosen candidate is banned."""
    if not book.chosen[candidate] or book.banning[candidate] < 0:
        return ()
    network = book.network
    return _trace_cycle(book, candidate, network.tail[candidate], network.head[candidate])


def _trace_cycle(book: PriceBook, candidate: int, start: int, end: int) -> tuple[Move, ...]:
    """Return the moves of the cycle through a candidate and back on a shortest path."""
    steps = trace_cycle(book.distances, book.graph, book.first_arc, int(start), int(end))
    arcs = np.array([candidate, *book.graph.arc[list(steps)].tolist()], dtype=np.int32)
    pairs = arcs[arcs < book.network.num_candidates]
    is_chosen = book.chosen[pairs] > 0
    return pair_moves(book.problem, pairs[~is_chosen], pairs[is_chosen])


def describe_alternative(book: PriceBook, candidate: int) -> Alternative:
    """Return a candidate with its forcing price and displacement chain."""
    problem, price = book.problem, int(book.forcing[candidate])
    return Alternative(
        unit_id=problem.unit_ids[problem.unit_idx[candidate]],
        village_id=problem.village_ids[problem.village_idx[candidate]],
        points=int(problem.points[candidate]),
        forcing_price=None if price < 0 else price,
        chain=trace_moves(book, candidate),
    )


def pair_moves(problem: Problem, gained: IndexArray, lost: IndexArray) -> tuple[Move, ...]:
    """Join each unit's lost village to its gained one; a unit without one comes or goes idle.

    Parameters
    ----------
    problem
        The problem.
    gained, lost
        Candidates that become pairs and that no longer are; moves come in the order of the first.
    """
    units, villages = problem.unit_idx, problem.village_idx
    leaving: dict[int, list[int]] = {}
    for unit, village in zip(units[lost].tolist(), villages[lost].tolist(), strict=True):
        leaving.setdefault(unit, []).append(village)
    moves = []
    for unit, village in zip(units[gained].tolist(), villages[gained].tolist(), strict=True):
        left = leaving.get(unit)
        origin = problem.village_ids[left.pop(0)] if left else ""
        moves.append(Move(problem.unit_ids[unit], origin, problem.village_ids[village]))
    for unit in sorted(leaving):
        for village in leaving[unit]:
            moves.append(Move(problem.unit_ids[unit], problem.village_ids[village], ""))
    return tuple(moves)


def _open_network(problem: Problem, at: int, proofs: Sequence[LevelProof]) -> Network:
    """Return the network of a problem whose levels up to the priced one are those of a flow."""
    # What is given up of the last level is given up to nothing.
    bound = range(min(at + 1, len(problem.levels) - 1))
    is_exact = all(problem.tolerance_of(k) == EXACT for k in bound)
    # A fairness goal that was solved by flows has its steps; without them there is no face of it.
    is_fair = any(proof.goal in FAIR_GOALS and not proof.steps for proof in proofs)
    if problem.resources or is_fair or not is_exact:
        raise NoPricesError
    try:
        return build_network(problem)
    except CrossingQuotasError as crossing:
        raise NoPricesError from crossing
