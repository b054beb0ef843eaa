"""Checks a solution of a planning problem in exact arithmetic, and counts its goals again.

It shares nothing with the models and solvers: it looks at the problem as it was stated, action by
action and period by period.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.planning import (
    Action,
    Goal,
    Group,
    PlanningProblem,
    Requirement,
    Resource,
)

Starts = Mapping[str, int]
"""By id of each chosen action the period that it starts in."""


def verify_starts(problem: PlanningProblem, starts: Starts, file: str = "") -> tuple[Finding, ...]:
    """Return all that is wrong with a solution; nothing if it holds.

    Parameters
    ----------
    problem
        The problem.
    starts
        The chosen actions and when each starts.
    file
        Name of the file that the solution stands in, for the findings.
    """
    place = Place(file)
    known = {action.id: action for action in problem.actions}
    strange = [i for i in starts if i not in known]
    if strange:  # nothing can be counted with actions that nobody knows
        return tuple(_fault("verify_unknown", place, action=i) for i in strange)
    faults = [
        *_check_times(problem, starts),
        *_check_mandatory(problem, starts),
        *_check_choices(problem, starts),
        *_check_requirements(problem, known, starts),
        *(f for resource in problem.resources for f in _check_use(problem, resource, starts)),
    ]
    return tuple(_fault(code, place, **params) for code, params in faults)


Fault = tuple[str, dict[str, str]]


def _fault(code: str, place: Place, **params: str) -> Finding:
    return Finding(f"planning.{code}", Severity.ERROR, place, params)


def _check_times(problem: PlanningProblem, starts: Starts) -> Iterator[Fault]:
    for action in problem.actions:
        if action.id not in starts:
            continue
        start = starts[action.id]
        finish = start + action.duration
        params = {"action": action.id, "start": str(start), "finish": str(finish)}
        if start < 0 or finish > problem.periods:
            yield "verify_horizon", {**params, "periods": str(problem.periods)}
        if start < action.release:
            yield "verify_release", {**params, "release": str(action.release)}
        if action.due is not None and finish > action.due + 1:
            yield "verify_due", {**params, "due": str(action.due)}
        if action.windows and not any(
            first <= start and finish <= last + 1 for first, last in action.windows
        ):
            yield "verify_window", params


def _check_mandatory(problem: PlanningProblem, starts: Starts) -> Iterator[Fault]:
    for action in problem.actions:
        if action.mandatory and action.id not in starts:
            yield "verify_mandatory", {"action": action.id}


def _check_choices(problem: PlanningProblem, starts: Starts) -> Iterator[Fault]:
    for choice in problem.choices:
        number = len(set(choice.actions) & set(starts))
        params = {"choice": choice.id, "number": str(number)}
        if number < choice.at_least:
            yield "verify_too_few", {**params, "least": str(choice.at_least)}
        if number > choice.at_most:
            yield "verify_too_many", {**params, "most": str(choice.at_most)}


def _check_requirements(
    problem: PlanningProblem, known: Mapping[str, Action], starts: Starts
) -> Iterator[Fault]:
    for action in problem.actions:
        for need in action.requires if action.id in starts else ():
            if _is_waived(problem, need):
                continue
            points = []
            for other in set(need.any_of) & set(starts):
                length = known[other].duration if need.since == "finish" else 0
                points.append(starts[other] + length + need.lag)
            if not points or starts[action.id] < min(points):
                others = ", ".join(need.any_of)
                start = str(starts[action.id])
                code = "verify_too_soon" if points else "verify_missing"
                params = {"action": action.id, "others": others, "start": start}
                yield code, {**params, "earliest": str(min(points, default=0))}


def _is_waived(problem: PlanningProblem, need: Requirement) -> bool:
    if need.met_if is None:
        return False
    value = problem.measures.get(need.met_if.measure)
    if value is None:
        return False
    if need.met_if.at_least is not None and value < need.met_if.at_least:
        return False
    return not (need.met_if.at_most is not None and value > need.met_if.at_most)


def measure_use(
    problem: PlanningProblem, resource: Resource, starts: Starts
) -> tuple[Fraction, ...]:
    """Return what a solution uses of a resource in each period of the horizon."""
    used = [Fraction(0)] * problem.periods
    for action in problem.actions:
        for use in action.uses if action.id in starts else ():
            for period in range(starts[action.id], starts[action.id] + action.duration):
                if use.resource != resource.id or not 0 <= period < problem.periods:
                    continue
                if use.profile is None:
                    used[period] += Fraction(use.amount or 0)
                else:
                    used[period] += Fraction(use.profile[period - starts[action.id]])
    return tuple(used)


def _check_use(problem: PlanningProblem, resource: Resource, starts: Starts) -> Iterator[Fault]:
    used = measure_use(problem, resource, starts)
    for period, amount in enumerate(used):
        most = resource.capacity
        if isinstance(most, tuple):
            most = most[period]
        if most is not None and amount > Fraction(most):
            params = {"resource": resource.id, "period": str(period)}
            yield "verify_capacity", {**params, "used": show_number(amount), "most": str(most)}
    for limit in resource.limits:
        total = sum(used[limit.first : limit.last + 1], Fraction(0))
        if total > Fraction(limit.amount):
            params = {"resource": resource.id, "first": str(limit.first), "last": str(limit.last)}
            params |= {"used": show_number(total), "most": str(limit.amount)}
            yield "verify_limit", params


def measure_goal(problem: PlanningProblem, goal: Goal, starts: Starts) -> Fraction:
    """Return the exact value of a goal."""
    chosen = [action for action in problem.actions if action.id in starts]
    if goal == "cost":
        return sum((Fraction(action.cost) for action in chosen), Fraction(0))
    if goal == "makespan":
        return Fraction(max((starts[a.id] + a.duration for a in chosen), default=0))
    if goal == "earliness":
        left = {a.id: problem.periods - starts[a.id] - a.duration for a in chosen}
        return sum((Fraction(a.weight) * left[a.id] for a in chosen), Fraction(0))
    total = sum((_measure_group(group, starts) for group in problem.groups), Fraction(0))
    rate = 1 + Fraction(problem.discount)
    for action in chosen:
        last = starts[action.id] + max(action.duration - 1, 0)
        total += Fraction(action.value) / rate**last
    return total


def _measure_group(group: Group, starts: Starts) -> Fraction:
    amount = sum((Fraction(a) for i, a in group.amounts.items() if i in starts), Fraction(0))
    low, worth = Fraction(0), Fraction(0)
    for point in group.points:
        high, value = Fraction(point[0]), Fraction(point[1])
        if amount < high:
            return worth + (value - worth) * (amount - low) / (high - low)
        low, worth = high, value
    return worth


def show_number(value: Fraction, places: int = 6) -> str:
    """Return a number as people read it: exact where it has few places, else rounded."""
    rounded = Decimal(round(value * 10**places)).scaleb(-places)
    return f"{rounded.normalize():f}" if rounded else "0"
