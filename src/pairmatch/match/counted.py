"""A flow with one quota more, over any pairs: a count that is weighed against the last level.

Such a quota crosses the others, so the whole is no flow; but both sums lie on the faces of flows,
and what remains between them is small (`solvers.tradeoffs`). This is what "at most k changes" and
"at least k changes" are.
"""

from dataclasses import replace

import numpy as np

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import Certificate, LevelProof, Matching
from pairmatch.domain.problem import LINEAR_GOALS, Problem, select_pairs
from pairmatch.match.keptlevels import list_chosen, open_trade
from pairmatch.match.search import measure_goal
from pairmatch.solvers.tradeoffs import Spot, TradeOff, fill_edge, find_ends, list_edges


def solve_counted(problem: Problem) -> Matching | None:
    """Return the best matching, or None if this way does not tell.

    It tells if one quota over listed pairs bounds them on one side, all else is a flow, the last
    level is a sum over pairs, and the quota takes nothing from the levels before it.

    Raises
    ------
    InexactError
        If a solver's answer does not hold in whole numbers.
    """
    listed = [k for k, quota in enumerate(problem.quotas) if quota.pairs is not None]
    if len(listed) != 1 or problem.levels[-1] not in LINEAR_GOALS:
        return None
    (at,) = listed
    counted = _count_pairs(problem, at)
    if counted is None:
        return None
    counts, least = counted
    trade = open_trade(_drop_quota(problem, at), counts)
    found = None if trade is None else find_best(trade, least)
    if trade is None or found is None:
        return None
    spot, bound = found
    return state_answer(problem, list_chosen(trade.network, spot.flow), bound)


def state_answer(problem: Problem, chosen_idx: IndexArray, bound: int) -> Matching:
    """Return the matching; what the levels before the last reach none can exceed."""
    chosen = np.zeros(problem.num_candidates, dtype=np.bool_)
    chosen[chosen_idx] = True
    proofs = []
    for goal in problem.levels:
        value, ascending = measure_goal(problem, chosen, goal)
        proofs.append(LevelProof(goal, value, value, (), ascending))
    proofs[-1] = replace(proofs[-1], bound=bound)
    return Matching(
        chosen_idx=chosen_idx,
        tied=np.zeros(len(chosen_idx), dtype=np.bool_),
        num_matched=len(chosen_idx),
        total=int(problem.points[chosen_idx].sum()),
        certificate=Certificate(tuple(proofs)),
    )


def find_best(trade: TradeOff, count: int) -> tuple[Spot, int] | None:
    """Return the best flow of at least a count and a bound on its value; None if there is none."""
    ends = find_ends(trade)
    if ends is None or ends[1].count < count:
        return None
    if ends[0].count >= count:
        return ends[0], ends[0].value
    (edge,) = list_edges(trade, *ends, range(count, count + 1))
    ((_count, spot, bound),) = fill_edge(trade, edge, range(count, count + 1))
    return spot, bound


def _drop_quota(problem: Problem, at: int) -> Problem:
    return replace(problem, quotas=(*problem.quotas[:at], *problem.quotas[at + 1 :]))


def _count_pairs(problem: Problem, at: int) -> tuple[IntArray, int] | None:
    """Return a count and its least value that stand for a quota; None if it has two sides."""
    quota, counts = problem.quotas[at], select_pairs(problem, at).astype(np.int64)
    if quota.maximum is None:
        return counts, quota.minimum
    return (-counts, -quota.maximum) if quota.minimum <= 0 else None
