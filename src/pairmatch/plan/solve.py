"""Solves a planning problem: its goals one after the other, each among the best for those before.

What a solver chooses counts only once it is checked, and its values are counted again, by
`pairmatch.plan.verify`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from pairmatch.domain.planning import (
    Goal,
    PlanningAnswer,
    PlanningLevel,
    PlanningProblem,
    Status,
)
from pairmatch.plan.narrowing import drop_dominated
from pairmatch.plan.scaling import build_aim, build_schedule
from pairmatch.plan.verify import measure_goal, verify_starts
from pairmatch.solvers.scheduleblocks import Parts, part_schedule, search_blocks
from pairmatch.solvers.schedulegreedy import build_greedily
from pairmatch.solvers.scheduleintervals import fits_intervals, search_intervals
from pairmatch.solvers.schedules import (
    Aim,
    Clock,
    Report,
    Schedule,
    Search,
    Starts,
    measure_gain,
)
from pairmatch.solvers.schedulesearch import search_program

Method = Literal["program", "intervals"]
"""One variable per task and start for HiGHS, or intervals for CP-SAT."""

MINIMISED: frozenset[Goal] = frozenset({"cost", "makespan"})
"""Goals of which less is better."""

PROVEN_SHARE = Fraction(1, 10**8)
"""A value counts as the best if its bound is no further than this share of the largest number

among value, bound and what one action can gain: solvers round.
"""

MOST_STARTS = 400_000
"""Starts of all tasks that a program can still hold."""

_SHARE = 0.7
"""The part of the time left that a goal may take when others follow."""


class UnsoundError(ArithmeticError):
    """What a solver chose does not hold."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the search for a goal is; values as they are counted in the problem."""

    goal: Goal
    value: float | None
    bound: float | None


Watcher = Callable[[Progress], None]


def solve_planning(
    problem: PlanningProblem,
    time_s: float,
    gap: float = 0.0,
    watcher: Watcher | None = None,
    method: Method | None = None,
) -> PlanningAnswer:
    """Return the best solution that is found in time, with a bound for each goal.

    Parameters
    ----------
    problem
        The problem.
    time_s
        Seconds that the search may take.
    gap
        How near to its bound a value must come, as a share, before the search for it ends.
    watcher
        Is told how far the search is.
    method
        How to search; chosen by the structure of the problem if it is None.

    Raises
    ------
    UnsoundError
        If the solution fails its independent check.
    """
    course = _Course(problem, Clock(time.monotonic() + time_s, gap), watcher, method)
    for number in range(len(problem.objective)):
        status = course.seek(number)
        if status is not None:
            return PlanningAnswer(status)
        if course.is_interrupted:
            break
    return course.conclude()


class _Course:
    """The way through the goals: the best starts so far, and what later goals must keep."""

    def __init__(
        self,
        problem: PlanningProblem,
        clock: Clock,
        watcher: Watcher | None,
        method: Method | None,
    ) -> None:
        self.problem = problem
        self.clock = clock
        self.watcher = watcher
        schedule = build_schedule(problem)
        found = [build_aim(problem, schedule, goal)[0] for goal in problem.objective]
        self.schedule = drop_dominated(schedule, found)
        built = [build_aim(problem, self.schedule, goal) for goal in problem.objective]
        self.aims = [aim for aim, _steps in built]
        self.steps = [steps for _aim, steps in built]
        self.best = build_greedily(self.schedule, self.aims)
        self.bounds: list[Fraction | None] = []
        self.kept: list[tuple[Aim, int]] = []
        self.is_interrupted = False
        self._method = method or choose_method(self.schedule, self.aims)
        self._parting = None if method else part_schedule(self.schedule, self.aims)

    def seek(self, number: int) -> Status | None:
        """Seek one goal; return a status only if there is nothing to go on with."""
        found = self._search(number)
        if found.is_done and found.starts is None and not number:
            if self.best is not None:
                raise UnsoundError("a solver finds nothing where there is a solution")
            return "infeasible"
        aim = self.aims[number]
        if found.starts is not None and self._is_better(number, found.starts):
            self.best = found.starts
        if self.best is None:
            return "unknown"
        self.bounds.append(self._convert(number, found.bound))
        # What was rounded may be missing from the sum, and be too much in it.
        gain = measure_gain(self.schedule, aim, self.best)
        self.kept.append((aim, gain - 2 * aim.error))
        self.is_interrupted = found.is_interrupted
        return None

    def conclude(self) -> PlanningAnswer:
        """Return the answer, checked and counted again.

        Raises
        ------
        UnsoundError
            If it does not hold.
        """
        starts = self._name(self.best or {})
        faults = verify_starts(self.problem, starts)
        if faults:
            raise UnsoundError(", ".join(fault.code for fault in faults))
        levels = []
        for number, goal in enumerate(self.problem.objective):
            value = measure_goal(self.problem, goal, starts)
            bound = self.bounds[number] if number < len(self.bounds) else None
            if bound is not None:
                bound = min(bound, value) if goal in MINIMISED else max(bound, value)
            is_proven = bound is not None and self._is_proven(number, value, bound)
            levels.append(PlanningLevel(goal, value, bound, is_proven))
        status: Status = "optimal" if all(x.is_proven for x in levels) else "feasible"
        return PlanningAnswer(status, tuple(levels), starts)

    def _is_proven(self, number: int, value: Fraction, bound: Fraction) -> bool:
        gains = self.aims[number].gains
        largest = max((abs(gain) for row in gains for gain in row), default=0)
        scale = max(abs(value), abs(bound), largest / self.steps[number])
        return abs(bound - value) <= PROVEN_SHARE * scale

    def _search(self, number: int) -> Search:
        """Search for a goal; that there is nothing counts once another solver finds nothing too."""
        left = self.clock.seconds_left
        is_last = number == len(self.aims) - 1
        until = time.monotonic() + (left if is_last else left * _SHARE)
        clock = Clock(until, self.clock.gap)
        aim, report = self.aims[number], self._make_report(number)
        if self._method == "intervals":
            return search_intervals(self.schedule, aim, self.kept, clock, self.best, report)
        if self._parting is not None and self.best is not None:
            parts = Parts(self.schedule, self._parting, aim, self.kept)
            return search_blocks(parts, clock, self.best, report)
        found = search_program(self.schedule, aim, self.kept, clock, self.best, report)
        is_doubtful = found.is_done and found.starts is None
        if is_doubtful and fits_intervals(self.schedule, self.aims):
            return search_intervals(self.schedule, aim, self.kept, clock, self.best, report)
        return found

    def _is_better(self, number: int, starts: Starts) -> bool:
        """Whether starts are better in a goal than the best so far, and no worse in those before.

        They are compared in exact values.
        """
        if self.best is None:
            return True
        goals = self.problem.objective[: number + 1]
        new, old = (
            [
                measure_goal(self.problem, goal, self._name(one)) * (-1 if goal in MINIMISED else 1)
                for goal in goals
            ]
            for one in (starts, self.best)
        )
        return new > old

    def _convert(self, number: int, bound: float | None) -> Fraction | None:
        """Return a bound as it is counted in the problem; what was rounded is allowed for."""
        if bound is None:
            return None
        exact = (Fraction(bound) + self.aims[number].error) / self.steps[number]
        return -exact if self.problem.objective[number] in MINIMISED else exact

    def _name(self, starts: Starts) -> dict[str, int]:
        return {self.problem.actions[k].id: start for k, start in sorted(starts.items())}

    def _make_report(self, number: int) -> Report | None:
        watcher, goal, steps = self.watcher, self.problem.objective[number], self.steps[number]
        if watcher is None:
            return None
        sign = -1 if goal in MINIMISED else 1

        def report(value: float | None, bound: float | None) -> None:
            one, other = (None if x is None else sign * x / float(steps) for x in (value, bound))
            watcher(Progress(goal, one, other))

        return report


def choose_method(schedule: Schedule, aims: Sequence[Aim]) -> Method:
    """Return how to search: by intervals where the order of long tasks decides, else a program.

    Where it is asked which tasks to choose, linear relaxations are strong and tell how good a
    choice is. Where all must be done and the last finish or crews decide, they say little.
    """
    if not fits_intervals(schedule, aims):
        return "program"
    num_starts = sum(len(task.starts) for task in schedule.tasks)
    long = [task for task in schedule.tasks if task.duration > 1]
    num_forced = sum(task.is_mandatory for task in long)
    is_order = aims[0].is_makespan or 2 * num_forced > len(schedule.tasks)
    return "intervals" if is_order or num_starts > MOST_STARTS else "program"
