"""A schedule as intervals on a time line, for CP-SAT: strong where durations and crews decide.

CP-SAT calculates in whole numbers, so its answers and bounds are exact.
"""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pairmatch.solvers.schedules import (
    Aim,
    Clock,
    Curve,
    Report,
    Schedule,
    Search,
    Starts,
    Supply,
    is_near,
    measure_gain,
    measure_most,
    measure_overlap,
)

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

LARGEST_SUM = 2**60
"""Sums that CP-SAT can count."""

_QUICK = 4.0
"""Deterministic seconds of the first try, with one worker: its answer is always the same."""

_SECONDS_BETWEEN = 0.1
_WORKERS = 8
"""Searches that take turns in the second try: with fewer, CP-SAT leaves out some that find much."""

Kept = Sequence[tuple[Aim, int]]
"""Goals that came before, each with the least that it must still reach."""


def fits_intervals(schedule: Schedule, aims: Sequence[Aim]) -> bool:
    """Whether all sums are small enough for CP-SAT."""
    sums = [
        sum(map(sum, supply.uses.values())) + max(supply.capacity or (0,))
        for supply in schedule.supplies
    ]
    for aim in aims:
        sums.append(sum(max(map(abs, row), default=0) for row in aim.gains))
        for curve in aim.curves:
            amount = sum(curve.amounts.values())
            sums += [abs(slope) * amount + abs(rest) for slope, rest in curve.lines]
            sums[-1] += curve.divisor * (1 + measure_most(curve))
    return sum(sums) < LARGEST_SUM


def search_intervals(
    schedule: Schedule,
    aim: Aim,
    kept: Kept,
    clock: Clock,
    known: Starts | None = None,
    report: Report | None = None,
) -> Search:
    """Return the best starts for a goal that CP-SAT finds, and its bound.

    Parameters
    ----------
    schedule, aim, kept
        The limits, the goal, and the goals that came before.
    clock
        When to stop.
    known
        Starts to begin with.
    report
        Is told how far the search is.
    """
    if not all(task.starts or not task.is_mandatory for task in schedule.tasks):
        return Search(None, None, True)
    lines = TimeLine(schedule)
    goal = lines.add_aim(aim)
    for earlier, least in kept:
        lines.model.add(lines.add_aim(earlier) >= least)
    lines.model.maximize(goal)
    if known is not None:
        lines.hint(known)
    quick = _run(lines, clock, 1, report, _QUICK)
    if quick.is_done or quick.is_interrupted or _is_enough(lines, aim, quick, clock):
        return quick
    if quick.starts is not None:
        lines.hint(quick.starts)
    found = _run(lines, clock, _WORKERS, report)
    bounds = [b for b in (quick.bound, found.bound) if b is not None]
    starts = quick.starts if found.starts is None else found.starts
    return Search(starts, min(bounds, default=None), found.is_done, found.is_interrupted)


def _is_enough(lines: "TimeLine", aim: Aim, found: Search, clock: Clock) -> bool:
    if found.starts is None or found.bound is None:
        return not clock.seconds_left
    return not clock.seconds_left or is_near(
        measure_gain(lines.schedule, aim, found.starts), found.bound, clock.gap
    )


class TimeLine:
    """The model: for each task a literal that it is chosen, and its start."""

    def __init__(self, schedule: Schedule) -> None:
        from ortools.sat.python import cp_model

        self.schedule = schedule
        self.model = cp_model.CpModel()
        self.chosen: list[Any] = []
        self.starts: list[Any] = []
        self._literals: dict[int, list[Any]] = {}
        self._intervals: dict[tuple[int, int, int], Any] = {}
        for task in schedule.tasks:
            domain = cp_model.Domain.from_values(task.starts or (0,))
            self.starts.append(self.model.new_int_var_from_domain(domain, ""))
            fixed = 1 if task.is_mandatory else None if task.starts else 0
            self.chosen.append(
                self.model.new_bool_var("") if fixed is None else self.model.new_constant(fixed)
            )
        for k, task in enumerate(schedule.tasks):
            for need in task.requires if task.starts else ():
                self._add_need(k, [(j, lag) for j, lag in need if schedule.tasks[j].starts])
        for quota in schedule.quotas:
            self.model.add_linear_constraint(
                sum(self.chosen[k] for k in quota.members), quota.least, quota.most
            )
        for supply in schedule.supplies:
            self._add_supply(supply)

    def hint(self, starts: Starts) -> None:
        """Tell the solver of starts to begin with."""
        self.model.clear_hints()  # type: ignore[no-untyped-call] # the library forgot it
        for k, task in enumerate(self.schedule.tasks):
            if task.starts:
                self.model.add_hint(self.starts[k], starts.get(k, task.starts[0]))
                if not task.is_mandatory:
                    self.model.add_hint(self.chosen[k], k in starts)

    def add_aim(self, aim: Aim) -> Any:
        """Return the expression of a goal."""
        if aim.is_makespan:
            return -self._add_makespan()
        total: Any = 0
        for k, gains in enumerate(aim.gains):
            if any(gains):
                total += self._add_gain(k, gains)
        for curve in aim.curves:
            total += self._add_curve(curve)
        return total

    def _add_gain(self, task: int, gains: Sequence[int]) -> Any:
        if len(set(gains)) == 1:
            return gains[0] * self.chosen[task]
        return sum(g * x for g, x in zip(gains, self._list_literals(task), strict=True) if g)

    def _add_curve(self, curve: Curve) -> Any:
        value = self.model.new_int_var(0, measure_most(curve), "")
        amount = sum(a * self.chosen[k] for k, a in curve.amounts.items())
        for slope, rest in curve.lines:
            self.model.add(curve.divisor * value <= slope * amount + rest)
        return value

    def _add_makespan(self) -> Any:
        last = self.model.new_int_var(0, self.schedule.num_periods, "")
        for k, task in enumerate(self.schedule.tasks):
            limit = self.model.add(last >= self.starts[k] + task.duration)
            if not task.is_mandatory:
                limit.only_enforce_if(self.chosen[k])
        return last

    def _list_literals(self, task: int) -> list[Any]:
        """Return for each start of a task a literal that it starts then."""
        if task not in self._literals:
            starts = self.schedule.tasks[task].starts
            literals = [self.model.new_bool_var("") for _ in starts]
            self.model.add(sum(literals) == self.chosen[task])
            for start, literal in zip(starts, literals, strict=True):
                self.model.add(self.starts[task] == start).only_enforce_if(literal)
            self._literals[task] = literals
        return self._literals[task]

    def _add_need(self, task: int, need: Sequence[tuple[int, int]]) -> None:
        taken = [self.chosen[task]]
        if len(need) > 1:
            taken = [self.model.new_bool_var("") for _ in need]
            self.model.add_bool_or(*taken, ~self.chosen[task])
        if not need:
            self.model.add(self.chosen[task] == 0)
        for (j, lag), literal in zip(need, taken, strict=bool(need)):
            if j != task:
                self.model.add_implication(literal, self.chosen[j])
            order = self.model.add(self.starts[task] >= self.starts[j] + lag)
            if len(need) > 1 or not self.schedule.tasks[task].is_mandatory:
                order.only_enforce_if(literal)

    def _add_supply(self, supply: Supply) -> None:
        if supply.capacity is not None and any(map(any, supply.uses.values())):
            self._add_capacity(supply, supply.capacity)
        for first, last, most in supply.limits:
            total: Any = 0
            for k, profile in supply.uses.items():
                starts = self.schedule.tasks[k].starts
                used = [measure_overlap(profile, start, first, last) for start in starts]
                if any(used):
                    total += self._add_gain(k, used)
            if not isinstance(total, int):
                self.model.add(total <= most)

    def _add_capacity(self, supply: Supply, capacity: Sequence[int]) -> None:
        most = max(capacity)
        intervals, demands = [], []
        for k, profile in supply.uses.items():
            for offset, length, amount in split_runs(profile):
                if amount and self.schedule.tasks[k].starts:
                    intervals.append(self._find_interval(k, offset, length))
                    demands.append(amount)
        for offset, length, amount in split_runs(capacity):
            if amount < most:
                intervals.append(self.model.new_fixed_size_interval_var(offset, length, ""))
                demands.append(most - amount)
        self.model.add_cumulative(intervals, demands, most)

    def _find_interval(self, task: int, offset: int, length: int) -> Any:
        key = (task, offset, length)
        if key not in self._intervals:
            start, chosen = self.starts[task] + offset, self.chosen[task]
            self._intervals[key] = (
                self.model.new_fixed_size_interval_var(start, length, "")
                if self.schedule.tasks[task].is_mandatory
                else self.model.new_optional_fixed_size_interval_var(start, length, chosen, "")
            )
        return self._intervals[key]


def split_runs(values: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return the runs of equal values: where each begins, how long it is, and the value."""
    runs, begin = [], 0
    for value, members in groupby(values):
        length = len(list(members))
        runs.append((begin, length, value))
        begin += length
    return runs


def _run(
    lines: TimeLine,
    clock: Clock,
    workers: int,
    report: Report | None,
    quick: float = math.inf,
) -> Search:
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = 1
    solver.parameters.catch_sigint_signal = False
    solver.parameters.relative_gap_limit = clock.gap
    if workers == 1:
        solver.parameters.linearization_level = 2
    if math.isfinite(quick):
        solver.parameters.max_deterministic_time = quick
    if math.isfinite(clock.until):
        solver.parameters.max_time_in_seconds = max(clock.seconds_left, 0.01)
    progress = _Progress(report)
    status, was_broken_off = _solve(solver, lines.model, progress)
    if status == cp_model.INFEASIBLE:
        return Search(None, None, True)
    if status == cp_model.MODEL_INVALID:
        raise ArithmeticError("the solver refuses the model")
    if status == cp_model.UNKNOWN:
        # The bound that CP-SAT gives then is 0, which means nothing.
        bound = progress.bound
        return Search(None, bound if math.isfinite(bound) else None, False, was_broken_off)
    starts = {
        k: int(solver.value(start))
        for k, start in enumerate(lines.starts)
        if solver.value(lines.chosen[k])
    }
    # Within the gap that is asked for CP-SAT calls an answer optimal too.
    bound = solver.best_objective_bound
    return Search(starts, bound, solver.objective_value >= bound, was_broken_off)


def _solve(
    solver: "cp_model.CpSolver", model: "cp_model.CpModel", progress: "_Progress"
) -> tuple[Any, bool]:
    """Return the status of a run in a thread of its own, and whether Ctrl-C broke it off."""
    solver.best_bound_callback = progress.take_bound
    watcher = _make_watcher(progress)
    with ThreadPoolExecutor(1) as thread:
        run = thread.submit(solver.solve, model, watcher)
        try:
            while not run.done():
                wait([run], _SECONDS_BETWEEN)
        except KeyboardInterrupt:
            solver.stop_search()
            return run.result(), True
        return run.result(), False


@dataclass(slots=True)
class _Progress:
    """The best bound that a run has told of; what it tells is passed on."""

    report: Report | None
    bound: float = math.inf

    def take_bound(self, bound: float) -> None:
        """Take in a bound."""
        self.bound = min(self.bound, bound)
        if self.report is not None:
            self.report(None, bound)

    def take_value(self, value: float, bound: float) -> None:
        """Take in the value of a solution, and the bound that it was found under."""
        self.bound = min(self.bound, bound)
        if self.report is not None:
            self.report(round(value), bound)


def _make_watcher(progress: _Progress) -> "cp_model.CpSolverSolutionCallback":
    from ortools.sat.python import cp_model

    class Watcher(cp_model.CpSolverSolutionCallback):
        """Passes on what the solver finds."""

        def on_solution_callback(self) -> None:
            progress.take_value(self.objective_value, self.best_objective_bound)

    return Watcher()
