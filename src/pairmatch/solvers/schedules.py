"""A planning problem in whole numbers, as the solvers take it: tasks, supplies, choices and goals.

All of it is counted by indices of tasks. What is sought is always as large as can be.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Alternative = tuple[int, int]
"""Another task and the periods from its start to the earliest start of the one that needs it."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task: its possible starts, ascending; for each thing that it needs, the alternatives.

    Of the alternatives one must be chosen, and early enough.
    """

    duration: int
    starts: tuple[int, ...]
    is_mandatory: bool = False
    requires: tuple[tuple[Alternative, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Supply:
    """Something that tasks use: by task what it uses in each of its periods, and what there is.

    `capacity` is the most in each period, None without a limit; `limits` are first and last
    periods and the most in all of them together.
    """

    uses: Mapping[int, tuple[int, ...]]
    capacity: tuple[int, ...] | None
    limits: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Quota:
    """Tasks of which at least and at most so many are chosen."""

    members: tuple[int, ...]
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Curve:
    """A concave value of the summed amounts of chosen tasks.

    It is the least of the `lines`: (slope, constant) in whole numbers, divided by `divisor`.
    """

    amounts: Mapping[int, int]
    lines: tuple[tuple[int, int], ...]
    divisor: int = 1


@dataclass(frozen=True, slots=True)
class Aim:
    """One goal: what each task gains by each of its starts, and the curves.

    `error` is how much the gains of a solution may differ from its exact value, 0 if they do not.
    With `is_makespan` the goal is the last finish, as early as can be, and counts negative.
    """

    gains: tuple[tuple[int, ...], ...] = ()
    curves: tuple[Curve, ...] = ()
    error: int = 0
    is_makespan: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """Everything that limits the tasks."""

    num_periods: int
    tasks: tuple[Task, ...]
    supplies: tuple[Supply, ...] = ()
    quotas: tuple[Quota, ...] = ()


Starts = Mapping[int, int]
"""By task when it starts; tasks that are not chosen are missing."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found: starts, if any, and a bound that no solution's gain is above.

    `is_done` says that the search came to its end, so that without starts there are none, and
    `is_interrupted` that someone broke it off.
    """

    starts: Starts | None
    bound: float | None
    is_done: bool
    is_interrupted: bool = False


Report = Callable[[int | None, float | None], None]
"""Is told the best value and the best bound so far."""


@dataclass(slots=True)
class Clock:
    """How long a search may go on, and how near to the best it must come."""

    until: float
    gap: float = 0.0

    @property
    def seconds_left(self) -> float:
        """The seconds that are left, never below 0."""
        return max(self.until - time.monotonic(), 0.0)


def measure_use(supply: Supply, starts: Starts, num_periods: int) -> list[int]:
    """Return what is used of a supply in each period."""
    used = [0] * num_periods
    for task, profile in supply.uses.items():
        start = starts.get(task)
        if start is not None:
            for k, amount in enumerate(profile):
                used[start + k] += amount
    return used


def keeps_supply(supply: Supply, starts: Starts, num_periods: int) -> bool:
    """Whether the tasks keep what there is of a supply."""
    used = measure_use(supply, starts, num_periods)
    within = supply.capacity is None or all(
        amount <= most for amount, most in zip(used, supply.capacity, strict=True)
    )
    return within and all(sum(used[a : b + 1]) <= most for a, b, most in supply.limits)


def measure_gain(schedule: Schedule, aim: Aim, starts: Starts) -> int:
    """Return what starts gain for a goal, in its whole numbers."""
    if aim.is_makespan:
        return -max((s + schedule.tasks[k].duration for k, s in starts.items()), default=0)
    total = sum(
        aim.gains[k][schedule.tasks[k].starts.index(s)] for k, s in starts.items() if aim.gains[k]
    )
    for curve in aim.curves:
        amount = sum(curve.amounts.get(k, 0) for k in starts)
        total += min((slope * amount + rest) // curve.divisor for slope, rest in curve.lines)
    return total


def find_faults(schedule: Schedule, starts: Starts) -> list[Supply]:
    """Return the supplies of which starts use too much."""
    return [s for s in schedule.supplies if not keeps_supply(s, starts, schedule.num_periods)]


def is_near(value: float, bound: float, gap: float) -> bool:
    """Whether a value is as near to its bound as is asked for, as a share of the larger one."""
    return math.isfinite(bound - value) and bound - value <= gap * max(abs(bound), abs(value))


def measure_overlap(profile: Sequence[int], start: int, first: int, last: int) -> int:
    """Return what a task that starts at a time uses in the periods from first to last."""
    low, high = max(first - start, 0), min(last - start + 1, len(profile))
    return sum(profile[low:high]) if low < high else 0


def measure_most(curve: Curve) -> int:
    """Return the most that a curve can be worth."""
    amount = sum(curve.amounts.values())
    return max(min((s * amount + rest) // curve.divisor for s, rest in curve.lines), 0)
