"""Starts that no solution has are left out before anything is solved."""

import bisect
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pairmatch.solvers.schedules import (
    Aim,
    Alternative,
    Schedule,
    Supply,
    Task,
    measure_overlap,
)


def narrow_schedule(schedule: Schedule) -> Schedule:
    """Return a schedule with the same solutions and fewer starts.

    A task starts no sooner than what it needs allows, and no sooner than the supplies allow all
    that it needs; and no later than a mandatory task that needs it allows.
    """
    while True:
        tasks = list(schedule.tasks)
        _keep_order(tasks)
        _keep_mandatory(tasks)
        _keep_supplies(schedule, tasks)
        if tuple(tasks) == schedule.tasks:
            return schedule
        schedule = replace(schedule, tasks=tuple(tasks))


def drop_dominated(schedule: Schedule, aims: Sequence[Aim]) -> Schedule:
    """Return a schedule without starts that another start of the same task is never worse than.

    The other one uses the same of every limited amount, gains as much for every goal, and comes
    sooner if others wait for the task, or later if the task waits for others. The gains of `aims`
    belong to the starts of the schedule that is given.
    """
    awaited = {j for task in schedule.tasks for need in task.requires for j, _lag in need}
    tasks = [
        replace(task, starts=_drop_of_task(schedule, aims, k, k in awaited))
        for k, task in enumerate(schedule.tasks)
    ]
    return replace(schedule, tasks=tuple(tasks))


def _drop_of_task(
    schedule: Schedule, aims: Sequence[Aim], task: int, is_awaited: bool
) -> tuple[int, ...]:
    starts, waits = schedule.tasks[task].starts, bool(schedule.tasks[task].requires)
    if waits and is_awaited:
        return starts
    alike: dict[tuple[int, ...], list[int]] = {}
    for place, start in enumerate(starts):
        alike.setdefault(tuple(_list_uses(schedule, task, start)), []).append(place)
    gains = [aim.gains[task] for aim in aims if aim.gains and aim.gains[task]]
    is_late_bad = is_awaited or any(aim.is_makespan for aim in aims)
    kept = set(range(len(starts)))
    for places in alike.values():
        for one, other in itertools.permutations(places, 2):
            is_allowed = not waits if other < one else not is_late_bad
            gains_as_much = all(row[other] >= row[one] for row in gains)
            if is_allowed and gains_as_much and {one, other} <= kept:
                kept.discard(one)
    return tuple(start for place, start in enumerate(starts) if place in kept)


def _list_uses(schedule: Schedule, task: int, start: int) -> Iterator[int]:
    """Yield what a start uses of each amount that is limited."""
    for supply in schedule.supplies:
        profile = supply.uses.get(task)
        if profile is None:
            continue
        if supply.capacity is not None:
            yield from (start, *profile)
        for first, last, _most in supply.limits:
            yield measure_overlap(profile, start, first, last)


def _keep_order(tasks: list[Task]) -> None:
    dependents: list[list[int]] = [[] for _ in tasks]
    for k, task in enumerate(tasks):
        for j in {j for need in task.requires for j, _lag in need}:
            dependents[j].append(k)
    waiting = dict.fromkeys(range(len(tasks)))
    while waiting:
        k = next(iter(waiting))
        del waiting[k]
        task = tasks[k]
        earliest = max((_find_earliest(tasks, need) for need in task.requires), default=0)
        kept = task.starts[bisect.bisect_left(task.starts, earliest) :]
        if len(kept) < len(task.starts):
            tasks[k] = replace(task, starts=kept)
            waiting.update(dict.fromkeys(dependents[k]))


def _find_earliest(tasks: Sequence[Task], need: tuple[Alternative, ...]) -> float:
    return min((tasks[j].starts[0] + lag for j, lag in need if tasks[j].starts), default=math.inf)


def _keep_mandatory(tasks: list[Task]) -> None:
    """Make mandatory, and early enough, what a mandatory task needs without an alternative."""
    waiting = [k for k, task in enumerate(tasks) if task.is_mandatory]
    while waiting:
        task = tasks[waiting.pop()]
        for need in task.requires if task.starts else ():
            possible = [(j, lag) for j, lag in need if tasks[j].starts]
            if len(possible) != 1:
                continue
            ((j, lag),) = possible
            other = tasks[j]
            kept = other.starts[: bisect.bisect_right(other.starts, task.starts[-1] - lag)]
            if len(kept) < len(other.starts) or not other.is_mandatory:
                tasks[j] = replace(other, starts=kept, is_mandatory=True)
                waiting.append(j)


def _keep_supplies(schedule: Schedule, tasks: list[Task]) -> None:
    """Start a task only when all that it needs can have been done with what there is by then."""
    supplies = [s for s in schedule.supplies if s.capacity is not None and s.uses]
    cones = _list_cones(tasks) if supplies else None
    if cones is None:
        return
    for supply in supplies:
        # What tasks of one period use by the end of the period that they start in is all of it.
        loads = {
            k: sum(profile)
            for k, profile in supply.uses.items()
            if len(profile) == 1 and any(profile)
        }
        supplied = list(itertools.accumulate(supply.capacity or ()))
        for k, task in enumerate(tasks):
            needed = _measure_first(supply, k) + sum(loads.get(j, 0) for j in cones[k])
            first = bisect.bisect_left(supplied, needed)
            kept = task.starts[bisect.bisect_left(task.starts, first) :] if needed else task.starts
            if len(kept) < len(task.starts):
                tasks[k] = replace(task, starts=kept)


def _measure_first(supply: Supply, task: int) -> int:
    profile = supply.uses.get(task)
    return profile[0] if profile else 0


def _list_cones(tasks: Sequence[Task]) -> list[frozenset[int]] | None:
    """Return for each task all that must have started when it starts; None if there are rings."""
    cones: list[frozenset[int] | None] = [None] * len(tasks)
    opened: set[int] = set()
    for root in range(len(tasks)):
        stack = [root]
        while stack:
            k = stack[-1]
            needs = [need[0][0] for need in tasks[k].requires if len(need) == 1]
            missing = [j for j in needs if cones[j] is None]
            if cones[k] is not None:
                stack.pop()
            elif not missing:
                known = [cones[j] or frozenset() for j in needs]
                cones[k] = frozenset(needs).union(*known)
                stack.pop()
            elif k in opened:
                return None
            else:
                opened.add(k)
                stack += missing
    return [cone or frozenset() for cone in cones]
