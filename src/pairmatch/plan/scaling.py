"""A planning problem in whole numbers: the same problem, multiplied up."""

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from pairmatch.domain.planning import (
    Action,
    Goal,
    Group,
    MetIf,
    PlanningProblem,
    Requirement,
    Resource,
    Use,
)
from pairmatch.plan.narrowing import narrow_schedule
from pairmatch.solvers.schedules import Aim, Curve, Quota, Schedule, Supply, Task

Line = tuple[Fraction, Fraction]
"""Slope and constant."""

MOST_STEPS = 2**50
"""The largest total that is counted in whole steps; finer gains are rounded to such a step."""


def build_schedule(problem: PlanningProblem) -> Schedule:
    """Return the limits of a problem in whole numbers, without starts that no solution has."""
    numbers = {action.id: k for k, action in enumerate(problem.actions)}
    tasks = tuple(_build_task(problem, action, numbers) for action in problem.actions)
    users = _list_users(problem)
    supplies = tuple(
        _build_supply(problem, resource, numbers, users.get(resource.id, ()))
        for resource in problem.resources
    )
    quotas = tuple(
        Quota(tuple(numbers[i] for i in dict.fromkeys(c.actions)), c.at_least, c.at_most)
        for c in problem.choices
    )
    return narrow_schedule(Schedule(problem.periods, tasks, supplies, quotas))


def build_aim(problem: PlanningProblem, schedule: Schedule, goal: Goal) -> tuple[Aim, Fraction]:
    """Return a goal in whole steps, and how many of them make one.

    The steps are exact unless they would be too many; then gains are rounded to the nearest one.
    """
    if goal == "makespan":
        return Aim(is_makespan=True), Fraction(1)
    gains = [
        [measure_gain(problem, action, goal, start) for start in task.starts]
        for action, task in zip(problem.actions, schedule.tasks, strict=True)
    ]
    groups = problem.groups if goal == "value" else ()
    lines = [list_lines(group) for group in groups]
    largest = sum(max(map(abs, row), default=Fraction(0)) for row in gains)
    largest += sum((rows[-1][1] for rows in lines), Fraction(0))
    fractions = {f for row in gains for f in row} | {
        f for rows in lines for line in rows for f in line
    }
    amount_steps = [find_steps(group.amounts.values()) for group in groups]
    steps = Fraction(find_steps(fractions) * math.lcm(*amount_steps))
    error = 0
    if steps * largest > MOST_STEPS:
        steps = Fraction(10) ** (math.floor(math.log10(MOST_STEPS)) - len(str(int(largest))))
        error = sum(bool(row) for row in gains) // 2 + 1 + len(groups)
    numbers = {action.id: k for k, action in enumerate(problem.actions)}
    curves = tuple(
        _build_curve(group, rows, steps, numbers) for group, rows in zip(groups, lines, strict=True)
    )
    rounded = tuple(tuple(math.floor(f * steps + Fraction(1, 2)) for f in row) for row in gains)
    return Aim(rounded, curves, error), steps


def measure_gain(problem: PlanningProblem, action: Action, goal: Goal, start: int) -> Fraction:
    """Return what an action adds to a goal by a start; what is sought small counts negative."""
    if goal == "cost":
        return -Fraction(action.cost)
    if goal == "earliness":
        return Fraction(action.weight) * (problem.periods - start - action.duration)
    if not action.value:
        return Fraction(0)
    period = start + max(action.duration, 1) - 1
    return Fraction(action.value) / (1 + Fraction(problem.discount)) ** period


def list_lines(group: Group) -> list[Line]:
    """Return the lines (slope, constant) whose least is a group's value; the last one is flat."""
    lines = []
    before = (Fraction(0), Fraction(0))
    for point in group.points:
        amount, value = map(Fraction, point)
        slope = (value - before[1]) / (amount - before[0])
        lines.append((slope, value - slope * amount))
        before = (amount, value)
    return [*lines, (Fraction(0), before[1])]


def _build_curve(
    group: Group,
    lines: list[tuple[Fraction, Fraction]],
    steps: Fraction,
    numbers: Mapping[str, int],
) -> Curve:
    unit = find_steps(group.amounts.values())
    amounts = {numbers[i]: int(Fraction(a) * unit) for i, a in group.amounts.items()}
    scaled = [(slope * steps / unit, constant * steps) for slope, constant in lines]
    divisor = find_steps([f for line in scaled for f in line])
    whole = tuple((int(slope * divisor), int(constant * divisor)) for slope, constant in scaled)
    return Curve(amounts, whole, divisor)


def _build_task(problem: PlanningProblem, action: Action, numbers: dict[str, int]) -> Task:
    requires = tuple(
        tuple(
            (numbers[other], _measure_lag(problem, need, numbers[other]))
            for other in dict.fromkeys(need.any_of)
        )
        for need in action.requires
        if not is_met(problem, need.met_if)
    )
    return Task(action.duration, list_starts(problem, action), action.mandatory, requires)


def _measure_lag(problem: PlanningProblem, need: Requirement, other: int) -> int:
    return need.lag + (problem.actions[other].duration if need.since == "finish" else 0)


def is_met(problem: PlanningProblem, state: MetIf | None) -> bool:
    """Whether a state holds; an unknown measure meets nothing."""
    value = None if state is None else problem.measures.get(state.measure)
    if state is None or value is None:
        return False
    low = state.at_least is None or value >= state.at_least
    return low and (state.at_most is None or value <= state.at_most)


def list_starts(problem: PlanningProblem, action: Action) -> tuple[int, ...]:
    """Return the starts that horizon, release, due period and windows leave to an action."""
    last = problem.periods - 1 if action.due is None else min(action.due, problem.periods - 1)
    spans = [
        (max(first, action.release), min(end, last) + 1 - action.duration)
        for first, end in action.windows or ((0, last),)
    ]
    return tuple(sorted({start for first, end in spans for start in range(first, end + 1)}))


def list_profile(use: Use, duration: int) -> tuple[Fraction, ...]:
    """Return what a use takes in each period that its action runs."""
    if use.profile is not None:
        return tuple(map(Fraction, use.profile))
    return (Fraction(use.amount or 0),) * duration


def _list_users(problem: PlanningProblem) -> dict[str, tuple[Action, ...]]:
    """Return the actions that use each resource, each once."""
    found: dict[str, dict[str, Action]] = {}
    for action in problem.actions:
        for use in action.uses:
            found.setdefault(use.resource, {})[action.id] = action
    return {resource: tuple(own.values()) for resource, own in found.items()}


def _build_supply(
    problem: PlanningProblem,
    resource: Resource,
    numbers: dict[str, int],
    users: Sequence[Action],
) -> Supply:
    uses: dict[int, tuple[Fraction, ...]] = {}
    for action in users:
        # One that is longer than the horizon has no start, and its profile no place.
        taken = [u for u in action.uses if u.resource == resource.id]
        if taken and action.duration <= problem.periods:
            profiles = [list_profile(use, action.duration) for use in taken]
            together = zip(*profiles, strict=True)
            uses[numbers[action.id]] = tuple(sum(parts, Fraction(0)) for parts in together)
    capacity = resource.capacity
    if isinstance(capacity, Decimal):
        capacity = (capacity,) * problem.periods
    amounts = [*(capacity or ()), *(limit.amount for limit in resource.limits)]
    steps = find_steps([*amounts, *(a for profile in uses.values() for a in profile)])
    return Supply(
        {k: tuple(int(Fraction(a) * steps) for a in profile) for k, profile in uses.items()},
        None if capacity is None else tuple(int(Fraction(a) * steps) for a in capacity),
        tuple((x.first, x.last, int(Fraction(x.amount) * steps)) for x in resource.limits),
    )


def find_steps(values: Iterable[Decimal | Fraction]) -> int:
    """Return the least number that makes all values whole when multiplied by it."""
    return math.lcm(*(Fraction(value).denominator for value in values))
