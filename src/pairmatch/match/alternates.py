"""Other good answers: differing ones, ones with few changes, fairer ones, and repaired ones.

All keep what the levels before the priced one reach, as prices do: the priced level is the last
that is a sum over pairs. Where a problem is a flow, two sums are weighed against each other by
flows (`solvers.tradeoffs`); else the limits of each answer are added to the problem, which is
solved again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import Certificate, Conflict, LevelProof, Matching
from pairmatch.domain.problem import (
    EXACT,
    LINEAR_GOALS,
    FixedPair,
    Problem,
    Quota,
    Tolerance,
    weigh_pairs,
)
from pairmatch.match.flowlevels import fits_flow, solve_levels
from pairmatch.match.solution import solve_problem
from pairmatch.solvers.faces import Face, ban_candidates, cost_arcs, open_face
from pairmatch.solvers.families import CrossingQuotasError
from pairmatch.solvers.flows import solve_circulation
from pairmatch.solvers.network import Network, build_network
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
    """A matching that no other one beats both in the least points of a pair and in the total."""

    worst: int
    total: int
    chosen_idx: IndexArray


def limit_common(
    problem: Problem, matching: Matching, num_different: int, villages: BoolArray | None = None
) -> Problem:
    """Return the problem that an alternate answers: up to the priced level, with a limit more.

    Parameters are those of `find_alternate`.
    """
    common = _mark(problem, matching.chosen_idx)
    if villages is not None:
        common &= villages[problem.village_idx]
    most = int(common.sum()) - num_different
    return _add_quota(_drop_later(problem), common, 0, most)


def find_alternate(
    problem: Problem,
    matching: Matching,
    num_different: int,
    villages: BoolArray | None = None,
    time_s: float = 0,
) -> Matching | None:
    """Return the best matching that lacks so many of the chosen pairs, or None if there is none.

    Its certificate has one bound per level up to the priced one, but no prices.

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
    """
    limited = limit_common(problem, matching, num_different, villages)
    quota = limited.quotas[-1]
    if quota.maximum is None or quota.maximum < 0:
        return None
    trade = _open_trade(_drop_later(problem), -_counts(quota))
    if trade is None:
        return _solve_within(limited, matching, time_s)
    found = _find_best(trade, -quota.maximum)
    if found is None:
        return None
    spot, bound = found
    chosen = _list_chosen(trade.network, spot)
    values = [(proof.goal, proof.value, proof.value, proof.ascending) for proof in ...]
