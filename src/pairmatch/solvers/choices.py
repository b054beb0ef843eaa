"""Choose candidates where a flow does not do: an integer program, solved by HiGHS through MathOpt.

HiGHS calculates in floating point, so nothing it says is taken as it is: choices are rounded and
checked again in whole numbers, and a bound is only believed rounded up to the next whole step.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.problem import Problem, select_pairs
from pairmatch.solvers.network import mark_pairs
from pairmatch.solvers.programs import InexactError, Row, build_model, solve_program

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt

_SLACK = 1e-10
"""Relative error of a bound in floating point that is allowed for; a little more near 0."""
_LEAST_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the chosen candidates, if any, and a bound on the goal.

    `bound` is None where the search stopped before there was one. `is_impossible` says that there
    is nothing to choose at all.
    """

    chosen: BoolArray | None
    bound: int | None
    is_impossible: bool = False


class Choices:
    """An integer program over the candidates of a problem, to which goals and floors are added."""

    def __init__(self, problem: Problem, time_s: float = 0) -> None:
        self.problem = problem
        self._until = time.monotonic() + time_s if time_s else math.inf
        lower = mark_pairs(problem, problem.locks).astype(int)
        upper = (~mark_pairs(problem, problem.bans)).astype(int)
        limits = [*_list_side_limits(problem), *_list_set_limits(problem)]
        self._possible = bool((lower <= upper).all()) and all(
            least <= min(most, len(members)) for members, least, most in limits
        )
        rows = [
            Row(members.tolist(), [1] * len(members), least, most)
            for members, least, most in limits
            if least > 0 or most < len(members)
        ]
        rows += [Row(r.idx.tolist(), r.loads.tolist(), most=r.capacity) for r in problem.resources]
        self.model = build_model(np.minimum(lower, upper).tolist(), upper.tolist(), rows)
        self.pairs = list(self.model.variables())

    @property
    def seconds_left(self) -> float:
        """How long the search may still take; infinite without a limit."""
        return self._until - time.monotonic()

    def sum_up(self, weights: IntArray, idx: IndexArray | None = None) -> "mathopt.LinearSum":
        """Return the weighted sum of the candidates, or of some of them."""
        from ortools.math_opt.python import mathopt

        rows = range(len(weights)) if idx is None else idx.tolist()
        terms = zip(rows, weights.tolist(), strict=True)
        return mathopt.LinearSum([w * self.pairs[k] for k, w in terms if w])

    def require(self, expression: Any, least: float = -math.inf, most: float = math.inf) -> None:
        """Bound an expression of the model."""
        self.model.add_linear_constraint(lb=least, ub=most, expr=expression)

    def maximize(self, expression: Any) -> Found:
        """Return the best choice, a bound on the expression, whose values are whole numbers."""
        if not self._possible:
            return Found(None, None, True)
        self.model.maximize(expression)
        while True:
            found = self._ask_solver()
            chosen = found.chosen
            if chosen is None or keeps_limits(self.problem, chosen):
                return found
            if not self._cut_off(chosen):
                raise InexactError("a rounded choice breaks a limit")

    def _ask_solver(self) -> Found:
        """Return what HiGHS finds, its choice rounded; a limit may be broken by next to nothing."""
        from ortools.math_opt.python import mathopt

        parameters = mathopt.SolveParameters(relative_gap_tolerance=0, absolute_gap_tolerance=0.5)
        if math.isfinite(self._until):
            parameters.time_limit = timedelta(seconds=max(self.seconds_left, 0.01))
        result = solve_program(self.model, parameters)
        reason = result.termination.reason
        if reason in {
            mathopt.TerminationReason.INFEASIBLE,
            mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED,
        }:
            return Found(None, None, True)
        if reason not in {
            mathopt.TerminationReason.OPTIMAL,
            mathopt.TerminationReason.FEASIBLE,
            mathopt.TerminationReason.NO_SOLUTION_FOUND,
        }:
            raise InexactError(f"the solver gave up: {reason.name}")
        bound = _round_bound(result.termination.objective_bounds.dual_bound)
        if not result.solutions:
            return Found(None, bound)
        values = result.variable_values(self.pairs)
        return Found(np.rint(np.array(values)).astype(np.bool_), bound)

    def _cut_off(self, chosen: BoolArray) -> bool:
        """Forbid what breaks a resource in whole numbers: all of its pairs together are too many.

        Tell whether there is any. Such a cover is a valid cut (Balas, Facets of the knapsack
        polytope, 1975), so the best choice stays.
        """
        num_cuts = 0
        for resource in self.problem.resources:
            cover = resource.idx[chosen[resource.idx] & (resource.loads > 0)]
            least = sum(resource.loads[resource.loads < 0].tolist())
            if (
                sum(resource.loads[np.isin(resource.idx, cover)].tolist()) + least
                > resource.capacity
            ):
                ones = np.ones(len(cover), dtype=np.int64)
                self.require(self.sum_up(ones, cover), most=len(cover) - 1)
                num_cuts += 1
        return num_cuts > 0


def _list_side_limits(problem: Problem) -> Iterator[tuple[IndexArray, int, int]]:
    """Yield the candidates of each unit and village, and how many of them may be chosen."""
    for owners, lower, upper in (
        (problem.unit_idx, problem.unit_min, problem.unit_max),
        (problem.village_idx, problem.village_min, problem.village_max),
    ):
        members = group_rows(owners, len(lower))
        yield from zip(members, lower.tolist(), upper.tolist(), strict=True)


def _list_set_limits(problem: Problem) -> Iterator[tuple[IndexArray, int, int]]:
    """Yield the candidates of each quota, and how many of them may be chosen."""
    for k, quota in enumerate(problem.quotas):
        members = np.flatnonzero(select_pairs(problem, k)).astype(np.int32)
        yield members, quota.minimum, len(members) if quota.maximum is None else quota.maximum


def group_rows(owner_idx: IndexArray, size: int) -> Sequence[IndexArray]:
    """Return the candidates of each owner."""
    order = np.argsort(owner_idx, kind="stable").astype(np.int32)
    return np.split(order, np.searchsorted(owner_idx[order], np.arange(1, size))) if size else []


def keeps_limits(problem: Problem, chosen: BoolArray) -> bool:
    """Whether a choice keeps all limits of a problem, in whole numbers."""
    units = np.bincount(problem.unit_idx[chosen], minlength=len(problem.unit_ids))
    villages = np.bincount(problem.village_idx[chosen], minlength=len(problem.village_ids))
    counts = [int((select_pairs(problem, k) & chosen).sum()) for k in range(len(problem.quotas))]
    return (
        bool(((problem.unit_min <= units) & (units <= problem.unit_max)).all())
        and bool(((problem.village_min <= villages) & (villages <= problem.village_max)).all())
        and all(
            q.minimum <= n <= (n if q.maximum is None else q.maximum)
            for n, q in zip(counts, problem.quotas, strict=True)
        )
        and all(sum(r.loads[chosen[r.idx]].tolist()) <= r.capacity for r in problem.resources)
        and bool(chosen[mark_pairs(problem, problem.locks)].all())
        and not chosen[mark_pairs(problem, problem.bans)].any()
    )


def _round_bound(bound: float) -> int | None:
    """Return the largest whole number that a goal may still reach."""
    if not math.isfinite(bound):
        return None
    return math.floor(bound + max(_LEAST_SLACK, _SLACK * abs(bound)))
