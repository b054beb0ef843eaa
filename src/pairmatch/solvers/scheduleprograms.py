"""A schedule as an integer program with one variable per task and possible start, for HiGHS.

The variable says that the task has started by then ("by" form): an order between two tasks is then
a row of two variables, and the linear relaxation of such rows alone has whole corners (Johnson,
Optimum open pit mine production scheduling, 1968; Chicoisne et al., A new algorithm for the
open-pit mine production scheduling problem, 2012).
"""

import bisect
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pairmatch.solvers import programs
from pairmatch.solvers.schedules import Aim, Schedule, Starts, Supply, measure_most, measure_overlap

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from ortools.math_opt import model_pb2

Terms = Mapping[int, int]
"""Whole coefficients by variable."""

_HALF = 0.5
_LARGEST = 1_000_000
"""Gains in a program are at most this large, so that tolerances of HiGHS mean next to nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the program: its terms and its bounds."""

    terms: Terms
    least: float = -math.inf
    most: float = math.inf


class Program:
    """The rows and variables of a schedule; `first[k]` is the variable of a task's first start."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        sizes = [len(task.starts) for task in schedule.tasks]
        self.first = [0, *itertools.accumulate(sizes)]
        self.num_binary = self.first[-1]
        self.num_variables = self.num_binary
        self.upper: dict[int, float] = {}
        self.rows: list[Row] = []
        self.is_possible = all(t.starts or not t.is_mandatory for t in schedule.tasks)
        self._own_rows: list[int] = []
        self._add_tasks()
        for quota in schedule.quotas:
            self._bound(self.count(quota.members), quota.least, quota.most)
        for supply in schedule.supplies:
            self._add_supply(supply)

    def find_chosen(self, task: int) -> int | None:
        """Return the variable that says whether a task is chosen; None if it cannot be."""
        return self.first[task + 1] - 1 if self.schedule.tasks[task].starts else None

    @property
    def spans(self) -> list[tuple[int, int]]:
        """By task its first variable and the one after its last."""
        return list(itertools.pairwise(self.first))

    def list_own_rows(self, num_rows: int) -> "NDArray[np.bool_]":
        """Return for each of so many rows whether it only orders the variables of one task."""
        is_own = np.zeros(num_rows, dtype=np.bool_)
        is_own[self._own_rows] = True
        return is_own

    def find_values(self, starts: Starts) -> "NDArray[np.float64]":
        """Return the values of the tasks' variables that starts mean."""
        values = np.zeros(self.num_binary)
        for k, start in starts.items():
            first, last = self.first[k], self.first[k + 1]
            values[first + self.schedule.tasks[k].starts.index(start) : last] = 1
        return values

    def count(self, members: Sequence[int], weights: Mapping[int, int] | None = None) -> Terms:
        """Return the terms that count the chosen ones of some tasks, or weigh them."""
        chosen = ((self.find_chosen(k), 1 if weights is None else weights[k]) for k in members)
        return {variable: weight for variable, weight in chosen if variable is not None and weight}

    def add_aim(self, aim: Aim) -> Terms:
        """Return the terms of a goal, with its own variables added to the program."""
        if aim.is_makespan:
            return self._add_makespan()
        terms: dict[int, int] = {}
        for k, gains in enumerate(aim.gains):
            self.spread(terms, k, [*gains, 0] if gains else ())
        for curve in aim.curves:
            variable = self._add_variable(float(measure_most(curve)))
            amounts = self.count([*curve.amounts], curve.amounts)
            for slope, rest in curve.lines:
                row = {k: -slope * amount for k, amount in amounts.items()}
                self.rows.append(Row({**row, variable: curve.divisor}, most=rest))
            terms[variable] = 1
        return terms

    def read_starts(self, values: "Sequence[float] | NDArray[np.float64]") -> Starts:
        """Return the starts that values of the variables mean."""
        starts = {}
        for k, task in enumerate(self.schedule.tasks):
            low, high = self.first[k], self.first[k + 1]
            started = [j for j in range(low, high) if values[j] > _HALF]
            if started:
                starts[k] = task.starts[started[0] - low]
        return starts

    def spread(self, terms: dict[int, int], task: int, steps: Sequence[int]) -> None:
        """Add what a task counts by its start, given for each start and a 0 for after the last."""
        for j, (now, later) in enumerate(itertools.pairwise(steps)):
            if now != later:
                variable = self.first[task] + j
                terms[variable] = terms.get(variable, 0) + now - later

    def _bound(self, terms: Terms, least: int, most: int) -> None:
        low = sum(min(c, 0) for c in terms.values())
        high = sum(max(c, 0) for c in terms.values())
        if least > high or most < low:
            self.is_possible = False
        elif least > low or most < high:
            self.rows.append(
                Row(terms, least if least > low else -math.inf, most if most < high else math.inf)
            )

    def _add_tasks(self) -> None:
        for k, task in enumerate(self.schedule.tasks):
            low, high = self.first[k], self.first[k + 1]
            self._own_rows += range(len(self.rows), len(self.rows) + max(high - low - 1, 0))
            self.rows += [Row({j: 1, j + 1: -1}, most=0) for j in range(low, high - 1)]
            if task.is_mandatory and task.starts:
                self.rows.append(Row({high - 1: 1}, 1, 1))
            for need in task.requires:
                self.rows += self._list_order(k, need)

    def _list_order(self, task: int, need: Sequence[tuple[int, int]]) -> Iterator[Row]:
        """Yield the rows that a task has started by a time only if one that it needs has."""
        tasks, low = self.schedule.tasks, self.first[task]
        found: dict[tuple[int, ...], int] = {}
        for j, start in enumerate(tasks[task].starts):
            places = [bisect.bisect_right(tasks[o].starts, start - lag) - 1 for o, lag in need]
            met = tuple(self.first[o] + p for (o, _), p in zip(need, places, strict=True) if p >= 0)
            found[met] = low + j  # of rows with the same right side the last one says most
        for met, variable in found.items():
            terms = dict.fromkeys(met, -1)
            terms[variable] = terms.get(variable, 0) + 1
            yield Row(terms, most=0)

    def _add_supply(self, supply: Supply) -> None:
        capacity = supply.capacity
        periods = range(self.schedule.num_periods) if capacity is not None else ()
        spans = [(t, t, capacity[t]) for t in periods] if capacity is not None else []
        for first, last, most in (*spans, *supply.limits):
            terms: dict[int, int] = {}
            for k, profile in supply.uses.items():
                starts = self.schedule.tasks[k].starts
                used = [measure_overlap(profile, start, first, last) for start in starts]
                if any(used):
                    self.spread(terms, k, [*used, 0])
            if self._measure_most_use(supply, first, last) > most:
                self.rows.append(Row(terms, most=most))

    def _measure_most_use(self, supply: Supply, first: int, last: int) -> int:
        total = 0
        for k, profile in supply.uses.items():
            starts = self.schedule.tasks[k].starts
            total += max((measure_overlap(profile, s, first, last) for s in starts), default=0)
        return total

    def _add_variable(self, upper: float) -> int:
        self.upper[self.num_variables] = upper
        self.num_variables += 1
        return self.num_variables - 1

    def _add_makespan(self) -> Terms:
        """Add one variable per period that says whether anything finishes after it begins."""
        tasks = self.schedule.tasks
        last = max((t.starts[-1] + t.duration for t in tasks if t.starts), default=0)
        busy = [self._add_variable(1) for _ in range(last)]
        self.rows += [Row({b: 1, a: -1}, most=0) for a, b in itertools.pairwise(busy)]
        for k, task in enumerate(tasks):
            finishes = [s + task.duration for s in task.starts]
            for t in range(finishes[-1] if finishes else 0):
                done = bisect.bisect_right(finishes, t) - 1
                terms = {self.first[k + 1] - 1: 1, busy[t]: -1}
                if done >= 0:
                    terms[self.first[k] + done] = -1
                self.rows.append(Row(terms, most=0))
        return dict.fromkeys(busy, -1)


def describe_program(
    program: Program,
    goal: Terms,
    kept: Sequence[tuple[Terms, float]] = (),
) -> tuple["model_pb2.ModelProto", float]:
    """Return the program as a model to maximise a goal, and what one of its units stands for.

    Parameters
    ----------
    program, goal
        The program, and the terms of the goal.
    kept
        Goals that came before, each with the least that it must still reach.
    """
    unit = max(max((abs(c) for c in goal.values()), default=0) / _LARGEST, 1.0)
    size = program.num_variables
    rows = [*program.rows, *(Row(terms, least=least) for terms, least in kept)]
    model = programs.describe_model(
        [0.0] * size,
        [program.upper.get(k, 1.0) for k in range(size)],
        map(_scale_row, rows),
        [k < program.num_binary for k in range(size)],
    )
    model.objective.maximize = True
    for k in sorted(goal):
        model.objective.linear_coefficients.ids.append(k)
        model.objective.linear_coefficients.values.append(goal[k] / unit)
    return model, unit


def _scale_row(row: Row) -> programs.Row:
    """Return a row with coefficients that are not too large for floating point."""
    scale = max(max((abs(c) for c in row.terms.values()), default=1) / _LARGEST, 1.0)
    idx = [k for k in sorted(row.terms) if row.terms[k]]
    weights = [row.terms[k] / scale for k in idx]
    return programs.Row(idx, weights, row.least / scale, row.most / scale)
