"""Better schedules near one that is known: most of it is kept, HiGHS chooses the rest again.

Kinds of neighbourhoods take turns: all that starts within a few periods; tasks that wait for each
other; the tasks of which the linear relaxation is least sure; and, whatever is known, all starts
that lose little of the relaxation. Their sizes follow from how fast they are searched (Shaw, Using
constraint programming and local search methods to solve vehicle routing problems, 1998).
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pairmatch.solvers.programs import InexactError, solve_program
from pairmatch.solvers.scheduleprograms import Program
from pairmatch.solvers.scheduleworkers import call_apart

if TYPE_CHECKING:
    from ortools.math_opt import model_pb2

Values = NDArray[np.float64]
Choice = NDArray[np.bool_]
"""Which variables may change."""

Pick = Callable[[float, Values | None], Choice]
"""Picks a neighbourhood, given its share of the whole and how sure the relaxation is of tasks."""

_SUB_SECONDS = 3.0
_QUICK_SECONDS = 0.5
_GROWTH = 1.25
_SEED = 1
_NOISE = 1e-6


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The linear relaxation: its value, and how much of it is lost by each start of a task.

    `losses` are by variable; `absences` are what is lost by task if it is not chosen. `values`
    are those of the variables.
    """

    value: float
    losses: Values
    absences: Values
    values: Values


class Neighbourhoods:
    """Parts of a program that are solved while the rest stays as it is."""

    def __init__(self, program: Program, model: "model_pb2.ModelProto") -> None:
        self._program = program
        self._model = model
        self._draw = random.Random(_SEED)  # noqa: S311 - a search, and the same one every time
        self._sizes = np.diff(program.first)
        starts = [start for task in program.schedule.tasks for start in task.starts]
        self._starts = np.array(starts, dtype=np.int64)
        self._near = _list_near(program)
        self._shares = {"periods": 0.3, "near": 0.2, "unsure": 0.2, "kernel": 1e-4}
        self._turn = 0

    def relax(self, seconds: float) -> Relaxed | None:
        """Return the linear relaxation; None if it takes too long."""
        from ortools.math_opt.python import mathopt

        model = type(self._model)()
        model.CopyFrom(self._model)
        model.variables.integers[:] = [False] * len(model.variables.ids)
        relaxed = mathopt.Model.from_model_proto(model)
        limit = timedelta(seconds=max(seconds, 0.01))
        parameters = mathopt.SolveParameters(time_limit=limit)
        result = call_apart(lambda: solve_program(relaxed, parameters))
        if result.termination.reason is not mathopt.TerminationReason.OPTIMAL:
            return None
        prices = result.dual_values(list(relaxed.linear_constraints()))
        bound = result.termination.objective_bounds.dual_bound
        values = np.array(result.variable_values(list(relaxed.variables())))
        return self._measure_losses(bound, np.array(prices), values)

    def order_tasks(self, relaxed: Relaxed, share: float) -> dict[int, int]:
        """Return the tasks with the start by which that share of them has started, if it ever has.

        A task never comes before one that it waits for in this order, but for ties: those that
        are more certain come first (Chicoisne et al., A new algorithm for the open-pit mine
        production scheduling problem, 2012).
        """
        keys = []
        for k, (first, last) in enumerate(self._program.spans):
            own = relaxed.values[first:last]
            reached = np.flatnonzero(own >= share - _NOISE)
            if len(reached):
                start = int(self._starts[first + reached[0]])
                keys.append((start, -float(own[reached[0]]), -float(own.sum()), k))
        return {key[-1]: key[0] for key in sorted(keys)}

    def improve(self, values: Values, relaxed: Relaxed | None, seconds: float) -> Values | None:
        """Return the best values in one neighbourhood of others; the next time it is another."""
        kind = list(self._shares)[self._turn % len(self._shares)]
        self._turn += 1
        lower, upper = self._limit(kind, values, relaxed)
        began = time.monotonic()
        found = self._solve(lower, upper, min(seconds, _SUB_SECONDS))
        passed = time.monotonic() - began
        if passed < _QUICK_SECONDS:
            self._shares[kind] = min(self._shares[kind] * _GROWTH, 1.0)
        elif passed > _SUB_SECONDS:
            self._shares[kind] /= _GROWTH
        return found

    def _limit(self, kind: str, values: Values, relaxed: Relaxed | None) -> tuple[Values, Values]:
        """Return bounds of the variables that leave a neighbourhood of one kind."""
        share = self._shares[kind]
        if kind == "kernel" and relaxed is not None:
            return self._limit_losses(relaxed, share * abs(relaxed.value))
        sureness = None if relaxed is None else self._measure_sureness(relaxed)
        picks = {"periods": self._pick_periods, "near": self._pick_near}
        pick: Pick = picks.get(kind, self._pick_unsure)
        lower, upper = self._copy_bounds()
        fixed = np.flatnonzero(~pick(share, sureness))
        lower[fixed] = upper[fixed] = np.rint(values[fixed])
        return lower, upper

    def _limit_losses(self, relaxed: Relaxed, most: float) -> tuple[Values, Values]:
        """Return bounds of the variables that leave starts of which each loses so much at most."""
        lower, upper = self._copy_bounds()
        for k, (first, last) in enumerate(self._program.spans):
            kept = np.flatnonzero(relaxed.losses[first:last] <= most)
            is_needed = relaxed.absences[k] > most
            if len(kept):
                upper[first : first + kept[0]] = 0
                lower[first + kept[-1] : last] = float(is_needed)
            elif not is_needed:
                upper[first:last] = 0
        return lower, upper

    def _pick_periods(self, share: float, _sureness: Values | None) -> Choice:
        periods = self._program.schedule.num_periods
        length = min(max(round(share * periods), 1), periods)
        first = self._draw.randrange(periods - length + 1)
        return (self._starts >= first) & (self._starts < first + length)

    def _pick_near(self, share: float, _sureness: Values | None) -> Choice:
        wanted = max(round(share * len(self._sizes)), 2)
        chosen: dict[int, None] = {}
        while len(chosen) < wanted:
            queue = [self._draw.randrange(len(self._sizes))]
            for k in queue:
                if k not in chosen and len(chosen) < wanted:
                    chosen[k] = None
                    queue += self._draw.sample(self._near[k], len(self._near[k]))
        return self._spread(np.array([*chosen], dtype=np.int64))

    def _pick_unsure(self, share: float, sureness: Values | None) -> Choice:
        wanted = max(round(share * len(self._sizes)), 2)
        luck = np.array([self._draw.random() for _ in self._sizes])
        order = np.argsort(luck if sureness is None else luck * sureness, kind="stable")
        return self._spread(order[:wanted])

    def _spread(self, tasks: NDArray[np.int64]) -> Choice:
        is_free = np.zeros(len(self._sizes), dtype=np.bool_)
        is_free[tasks] = True
        return np.repeat(is_free, self._sizes)

    def _measure_sureness(self, relaxed: Relaxed) -> Values:
        """Return by task what the second best of its options loses, and a little more than 0."""
        second = []
        for k, (first, last) in enumerate(self._program.spans):
            options = sorted([*relaxed.losses[first:last].tolist(), float(relaxed.absences[k])])
            second.append(options[1] if len(options) > 1 else options[0])
        found = np.array(second)
        return found + max(float(np.median(found)), 1e-9) * 0.1

    def _measure_losses(self, bound: float, prices: Values, values: Values) -> Relaxed:
        """Return what starts lose at the prices of all rows but those within a task."""
        gains = np.zeros(self._program.num_variables)
        objective = self._model.objective.linear_coefficients
        gains[np.array(objective.ids, dtype=np.int64)] = objective.values
        matrix = self._model.linear_constraint_matrix
        rows = np.array(matrix.row_ids, dtype=np.int64)
        columns = np.array(matrix.column_ids, dtype=np.int64)
        weighed = np.where(self._program.list_own_rows(len(prices)), 0.0, prices)
        np.subtract.at(gains, columns, weighed[rows] * np.array(matrix.coefficients))
        losses = np.zeros(self._program.num_binary)
        absences = np.zeros(len(self._sizes))
        for k, (first, last) in enumerate(self._program.spans):
            own = np.cumsum(gains[first:last][::-1])[::-1]
            best = max(float(own.max(initial=0.0)), 0.0)
            losses[first:last], absences[k] = best - own, best
        return Relaxed(bound, losses, absences, values)

    def _copy_bounds(self) -> tuple[Values, Values]:
        variables = self._model.variables
        return np.array(variables.lower_bounds), np.array(variables.upper_bounds)

    def _solve(self, lower: Values, upper: Values, seconds: float) -> Values | None:
        from ortools.math_opt.python import mathopt

        model = type(self._model)()
        model.CopyFrom(self._model)
        model.variables.lower_bounds[:] = lower.tolist()
        model.variables.upper_bounds[:] = upper.tolist()
        part = mathopt.Model.from_model_proto(model)
        limit = timedelta(seconds=max(seconds, 0.01))
        parameters = mathopt.SolveParameters(time_limit=limit, relative_gap_tolerance=1e-6)
        try:
            result = call_apart(lambda: solve_program(part, parameters))
        except InexactError:  # another neighbourhood may do
            return None
        if not result.solutions:
            return None
        return np.array(result.variable_values(list(part.variables())))


def _list_near(program: Program) -> list[list[int]]:
    """Return for each task those that wait for it or that it waits for."""
    near: list[set[int]] = [set() for _ in program.schedule.tasks]
    for k, task in enumerate(program.schedule.tasks):
        for other in {j for need in task.requires for j, _lag in need}:
            near[k].add(other)
            near[other].add(k)
    return [sorted(others) for others in near]
