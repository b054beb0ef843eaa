"""Solve a matching problem: the best matching, level by level, with its proof."""

from dataclasses import dataclass

import numpy as np

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import Certificate, Conflict, LevelProof, Matching
from pairmatch.domain.problem import Problem
from pairmatch.match.conflicts import can_meet_limits, find_conflict
from pairmatch.solvers.families import CrossingQuotasError
from pairmatch.solvers.flows import solve_circulation
from pairmatch.solvers.network import Network, build_network, find_candidate
from pairmatch.solvers.residual import build_residual, compute_potentials
from pairmatch.solvers.ties import mark_tied, settle_ties


@dataclass(frozen=True, slots=True)
class _Level:
    """One level as a circulation: cost and bounds of every arc."""

    cost: IntArray
    lower: IntArray
    upper: IntArray


@dataclass(frozen=True, slots=True)
class _PricedFlow:
    """An optimal flow with potentials that prove it."""

    flow: IntArray
    potential: IntArray
    reduced_cost: IntArray


def solve_problem(problem: Problem) -> Matching | Conflict:
    """Return the best matching with its certificate, or why there is none.

    Each level is solved with the values of the earlier ones fixed. Ties are settled by the rule of
    `solvers.ties`, and the prices are the least ones of the settled matching, so equal problems
    give equal answers to the last byte.

    Raises
    ------
    CrossingQuotasError
        If the quotas do not nest and some matching meets all limits.
    StepsError
        If the scores are too large for exact integer arithmetic.
    """
    if not _locks_are_candidates(problem):
        return find_conflict(problem)
    try:
        network = build_network(problem)
    except CrossingQuotasError:
        # What cannot be solved as a flow can still be shown to be impossible.
        if can_meet_limits(problem):
            raise
        return find_conflict(problem)
    solved = _solve_levels(problem, network)
    if solved is None:
        return find_conflict(problem)
    level, flow = solved
    settled = _settle(network, level, flow)
    chosen = np.flatnonzero(settled.flow[: network.num_candidates]).astype(np.int32)
    if not len(chosen) and "num_matched" in problem.levels:
        return find_conflict(problem)
    tied = mark_tied(network, settled.flow, settled.reduced_cost, level.lower, level.upper)
    proofs = [_prove_first(problem, network, settled.flow)] if len(problem.levels) > 1 else []
    proofs.append(_read_proof(problem, network, problem.levels[-1], settled, len(proofs)))
    return Matching(
        chosen_idx=chosen,
        tied=tied[chosen],
        num_matched=len(chosen),
        total=int(problem.points[chosen].sum()),
        certificate=Certificate(tuple(proofs)),
    )


def _locks_are_candidates(problem: Problem) -> bool:
    return all(
        find_candidate(problem, lock.unit_idx, lock.village_idx) is not None
        for lock in problem.locks
    )


def _solve_levels(problem: Problem, network: Network) -> tuple[_Level, IntArray] | None:
    """Return the last level with an optimal flow of it, or None if no flow meets the bounds."""
    count: int | None = None
    solved: tuple[_Level, IntArray] | None = None
    for goal in problem.levels:
        points = np.ones_like(problem.points) if goal == "num_matched" else problem.points
        level = _open_level(network, points, count)
        flow = solve_circulation(network, level.cost, level.lower, level.upper)
        if flow is None:
            return None
        count = int(flow[network.return_arc])
        solved = (level, flow)
    return solved


def _open_level(network: Network, points: IntArray, count: int | None) -> _Level:
    """Return a level, with the number of pairs fixed to `count` unless that is None."""
    lower, upper = network.lower.copy(), network.upper.copy()
    if count is not None:
        lower[network.return_arc] = upper[network.return_arc] = count
    cost = np.zeros(len(lower), dtype=np.int64)
    cost[: network.num_candidates] = -points
    return _Level(cost, lower, upper)


def _price(network: Network, level: _Level, flow: IntArray) -> _PricedFlow:
    graph = build_residual(network, flow, level.cost, level.lower, level.upper)
    potential = compute_potentials(graph)
    reduced_cost = level.cost + potential[network.tail] - potential[network.head]
    return _PricedFlow(flow, potential, reduced_cost)


def _settle(network: Network, level: _Level, flow: IntArray) -> _PricedFlow:
    """Settle ties on the optimal face and price the matching that is left."""
    priced = _price(network, level, flow)
    settled = settle_ties(network, flow, priced.reduced_cost, level.lower, level.upper)
    return priced if (settled == flow).all() else _price(network, level, settled)


def _prove_first(problem: Problem, network: Network, flow: IntArray) -> LevelProof:
    """Prove that no matching has more pairs, with the prices of the settled matching."""
    level = _open_level(network, np.ones_like(problem.points), None)
    return _read_proof(problem, network, "num_matched", _price(network, level, flow), 0)


def _read_proof(
    problem: Problem, network: Network, goal: str, answer: _PricedFlow, num_earlier: int
) -> LevelProof:
    """Turn potentials into prices of units, villages, quotas and the number of pairs."""
    potential, arcs = answer.potential, slice(None, network.num_candidates)
    points = np.ones_like(problem.points) if goal == "num_matched" else problem.points
    quota_prices = np.zeros(len(problem.quotas), dtype=np.int64)
    for arc, bounded in network.set_arcs:
        price = potential[network.head[arc]] - potential[network.tail[arc]]
        for quota_idx, factor in bounded.terms:
            quota_prices[quota_idx] += factor * price
    count_price = int(potential[0] - potential[1])
    return LevelProof(
        goal=goal,
        value=int((points * answer.flow[arcs]).sum()),
        unit_prices=_difference(network, potential, network.unit_arc),
        village_prices=_difference(network, potential, network.village_arc),
        quota_prices=quota_prices,
        earlier_level_prices=(count_price,) if num_earlier else (),
    )


def _difference(network: Network, potential: IntArray, arcs: IndexArray) -> IntArray:
    price: IntArray = potential[network.head[arcs]] - potential[network.tail[arcs]]
    return price
