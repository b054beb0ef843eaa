"""Other good answers: differing ones, ones with few changes, fairer ones, and repaired ones.

All keep what the levels before the priced one reach, as prices do: the priced level is the last
that is a sum over pairs. Where a problem is a flow, two sums are weighed against each other by
flows (`solvers.tradeoffs`); else each answer's limits are added to the problem and it is searched.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray
from pairmatch.domain.matching import Conflict, Matching
from pairmatch.domain.problem import (
    EXACT,
    LINEAR_GOALS,
    FixedPair,
    Problem,
)
from pairmatch.match.counted import find_best, state_answer
from pairmatch.match.keptlevels import (
    drop_later,
    limit_pairs,
    list_chosen,
    open_trade,
    search_within,
)
from pairmatch.match.solution import solve_problem
from pairmatch.solvers.faces import ban_candidates, cost_arcs
from pairmatch.solvers.flows import solve_circulation
from pairmatch.solvers.tradeoffs import Spot, TradeOff, fill_edge, find_ends, list_edges


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """The best value of the priced level if at most so many of the pairs before are given up.

    `bound` is at least what any such matching reaches; it equals `value` where that is proven.
    """

    num_changes: int
    value: int
    chosen_idx: IndexArray
    bound: int


@dataclass(frozen=True, slots=True)
class FairnessPoint:
    """A matching that none beats in the least points of a pair and in the total together."""

    worst: int
    total: int
    chosen_idx: IndexArray


# --- alternates ------------------------------------------------------------------------------


def find_alternate(
    problem: Problem,
    matching: Matching,
    num_different: int,
    villages: BoolArray | None = None,
    time_s: float = 0,
) -> Matching | None:
    """Return the best matching that lacks so many of the chosen pairs, or None if there is none.

    It answers the problem of `limit_common`; its certificate has bounds but no prices.

    Parameters
    ----------
    problem, matching
        The problem and its best answer.
    num_different
        How many of the chosen pairs it lacks at least.
    villages
        Only pairs of these villages count; None for all.
    time_s
        Seconds that a search beyond flows may take; 0 is no limit.

    Raises
    ------
    NothingFoundError
        If the time ran out before there was any matching.
    InexactError
        If a solver's answer does not hold in whole numbers.
    """
    common = _mark_common(problem, matching, villages)
    most = int(common.sum()) - num_different
    if most < 0:
        return None
    trade = open_trade(drop_later(problem), -common.astype(np.int64))
    if trade is None:
        limited = limit_common(problem, matching, num_different, villages)
        return search_within(limited, matching, time_s)
    found = find_best(trade, -most)
    if found is None:
        return None
    spot, bound = found
    return state_answer(drop_later(problem), list_chosen(trade.network, spot.flow), bound)


def limit_common(
    problem: Problem, matching: Matching, num_different: int, villages: BoolArray | None = None
) -> Problem:
    """Return the problem that an alternate answers: up to the priced level, with a quota more.

    Parameters
    ----------
    problem, matching, num_different, villages
        Those of `find_alternate`; there are at least so many pairs to lack.
    """
    common = _mark_common(problem, matching, villages)
    most = int(common.sum()) - num_different
    return limit_pairs(drop_later(problem), common, 0, most)


def _mark_common(problem: Problem, matching: Matching, villages: BoolArray | None) -> BoolArray:
    common = np.zeros(problem.num_candidates, dtype=np.bool_)
    common[matching.chosen_idx] = True
    return common if villages is None else common & villages[problem.village_idx]


# --- the least-change frontier ---------------------------------------------------------------


def trace_frontier(
    problem: Problem, previous: BoolArray, most: int | None = None, time_s: float = 0
) -> tuple[FrontierPoint, ...]:
    """Return the best value of the priced level for every number of changes that matters.

    Points run from the fewest changes that are possible to those where the best value of all is
    reached, beyond which nothing is gained. Without a matching there is none.

    Parameters
    ----------
    problem
        The problem.
    previous
        The candidates that were pairs before; giving one up is a change.
    most
        The largest number of changes to look at; None for all.
    time_s
        Seconds that each search beyond flows may take; 0 is no limit.

    Raises
    ------
    NothingFoundError
        If the time ran out before there was any matching.
    InexactError
        If a solver's answer does not hold in whole numbers.
    """
    problem, num_previous = drop_later(problem), int(previous.sum())
    most = num_previous if most is None else min(most, num_previous)
    trade = open_trade(problem, previous.astype(np.int64))
    if trade is None:
        return tuple(_search_frontier(problem, previous, most, time_s))
    ends = find_ends(trade)
    if ends is None:
        return ()
    found = _trace_counts(trade, *ends, num_previous - most)
    return tuple(
        FrontierPoint(
            num_previous - count, spot.value, list_chosen(trade.network, spot.flow), bound
        )
        for count, spot, bound in found
    )


def _trace_counts(
    trade: TradeOff, left: Spot, right: Spot, least: int
) -> Iterator[tuple[int, Spot, int]]:
    """Yield the best flow of each count with a bound on its value, the largest count first."""
    counts = range(max(least, left.count), right.count + 1)
    for edge in list_edges(trade, left, right, counts):
        yield from fill_edge(trade, edge, counts)
    if left.count in counts:
        yield left.count, left, left.value


def _search_frontier(
    problem: Problem, previous: BoolArray, most: int, time_s: float
) -> Iterator[FrontierPoint]:
    """Yield the points of a problem that is more than a flow, one search each."""
    best = solve_problem(problem, time_s)
    if isinstance(best, Conflict):
        return
    num_previous = int(previous.sum())

    def search(num_changes: int) -> Matching | None:
        limited = limit_pairs(problem, previous, num_previous - num_changes, None)
        return search_within(limited, best, time_s)

    answers = {most: search(most)}
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        answers[middle] = search(middle)
        low, high = (middle + 1, high) if answers[middle] is None else (low, middle)
    for num_changes in range(low, most + 1):
        found = answers[num_changes] if num_changes in answers else search(num_changes)
        if found is None:
            return
        proof = found.certificate.levels[-1]
        yield FrontierPoint(num_changes, proof.value, found.chosen_idx, proof.bound)
        if proof.value >= best.certificate.levels[-1].value:
            return


# --- the price of fairness -------------------------------------------------------------------


def trace_fairness(problem: Problem, time_s: float = 0) -> tuple[FairnessPoint, ...]:
    """Return all best compromises between the least points of a chosen pair and the total.

    The sums among the levels before ``total`` are kept; fairness goals are not, as it is their
    price that is traced. Points run from the best total to the highest threshold.

    Parameters
    ----------
    problem
        The problem.
    time_s
        Seconds that each search beyond flows may take; 0 is no limit.

    Raises
    ------
    NothingFoundError
        If the time ran out before there was any matching.
    InexactError
        If a solver's answer does not hold in whole numbers.
    """
    problem = _aim_at_total(problem)
    maximize = _open_totals(problem, time_s)
    points: list[FairnessPoint] = []
    banned = np.zeros(problem.num_candidates, dtype=np.bool_)
    while (chosen := maximize(banned)) is not None:
        worst, total = int(problem.points[chosen].min()), int(problem.points[chosen].sum())
        if points and points[-1].total == total:
            points.pop()
        points.append(FairnessPoint(worst, total, chosen))
        banned = problem.points <= worst
    return tuple(points)


def _aim_at_total(problem: Problem) -> Problem:
    """Return the problem whose last level is the total, of matchings with at least one pair."""
    goals = problem.levels
    before = [k for k, goal in enumerate(goals) if goal in LINEAR_GOALS and goal != "total"]
    if "total" in goals:
        before = [k for k in before if k < goals.index("total")]
    aimed = replace(
        problem,
        levels=(*(goals[k] for k in before), "total"),
        tolerances=(*(problem.tolerance_of(k) for k in before), EXACT),
    )
    return limit_pairs(aimed, np.ones(problem.num_candidates, dtype=np.bool_), 1, None)


def _open_totals(problem: Problem, time_s: float) -> Callable[[BoolArray], IndexArray | None]:
    """Return what finds the best total without some candidates, the levels before kept."""
    trade = open_trade(problem, np.zeros(problem.num_candidates, dtype=np.int64))
    best = solve_problem(problem, time_s) if trade is None else None

    def maximize(banned: BoolArray) -> IndexArray | None:
        if trade is not None:
            face = ban_candidates(trade.face, banned)
            cost = cost_arcs(trade.network, problem.points)
            flow = solve_circulation(trade.network, cost, face.lower, face.upper)
            return None if flow is None else list_chosen(trade.network, flow)
        if not isinstance(best, Matching):
            return None
        found = search_within(_ban(problem, banned), best, time_s)
        return None if found is None else found.chosen_idx

    return maximize


def _ban(problem: Problem, banned: BoolArray) -> Problem:
    pairs = zip(
        problem.unit_idx[banned].tolist(), problem.village_idx[banned].tolist(), strict=True
    )
    return replace(problem, bans=(*problem.bans, *(FixedPair(u, v) for u, v in pairs)))


# --- repair ----------------------------------------------------------------------------------


def repair_matching(
    problem: Problem, matching: Matching, without: BoolArray, time_s: float = 0
) -> tuple[Matching, int] | Conflict:
    """Return the answer after units withdraw, and how many pairs of the others are given up.

    Of all matchings with as many pairs as possible it is one with the fewest changes, and of those
    the best in the problem's own levels. Locks on pairs of the units that withdraw are void.

    Parameters
    ----------
    problem, matching
        The problem and the answer that is repaired.
    without
        The mask of units that withdraw.
    time_s
        Seconds that a search beyond flows may take; 0 is no limit.

    Raises
    ------
    NothingFoundError
        If the time ran out before there was any matching.
    InexactError
        If a solver's answer does not hold in whole numbers.
    """
    stays = _mark_common(problem, matching, None) & ~without[problem.unit_idx]
    others = [k for k, goal in enumerate(problem.levels) if goal not in {"num_matched", "kept"}]
    repaired = replace(
        problem,
        unit_min=np.where(without, 0, problem.unit_min),
        unit_max=np.where(without, 0, problem.unit_max),
        locks=tuple(lock for lock in problem.locks if not without[lock.unit_idx]),
        levels=("num_matched", "kept", *(problem.levels[k] for k in others)),
        tolerances=(EXACT, EXACT, *(problem.tolerance_of(k) for k in others)),
        previous=stays,
    )
    answer = solve_problem(repaired, time_s)
    if isinstance(answer, Conflict):
        return answer
    kept = np.isin(np.flatnonzero(stays), answer.chosen_idx)
    return answer, int((~kept).sum())
