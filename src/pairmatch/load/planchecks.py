"""What is wrong with a planning problem beyond its form: references, lengths, orders, sizes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.planning import (
    Action,
    Choice,
    Group,
    PlanningProblem,
    Requirement,
    Resource,
    Use,
)

MOST_STARTS = 5_000_000
"""Actions times periods that can be held."""

Fault = tuple[str, tuple[str | int, ...], str, dict[str, str]]
"""Code, path, value and parameters of a finding."""


def show_path(path: Sequence[str | int]) -> str:
    """Return a path as JSON tools show it: ``actions[3].uses[0].resource``."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        else:
            shown += f".{part}" if shown else part
    return shown


def check_problem(problem: PlanningProblem, name: str) -> Iterator[Finding]:
    """Yield all that keeps a problem from being solved.

    Parameters
    ----------
    problem
        A problem whose values are all of their kind.
    name
        The name of its file.
    """
    for code, path, value, params in _list_faults(problem):
        place = Place(name, cell=show_path(path), value=value)
        yield Finding(f"planning.{code}", Severity.ERROR, place, params)


def _list_faults(problem: PlanningProblem) -> Iterator[Fault]:
    size = len(problem.actions) * problem.periods
    if size > MOST_STARTS:
        yield "too_many_starts", ("periods",), "", {"size": str(size), "most": str(MOST_STARTS)}
    for goal, number in Counter(problem.objective).items():
        if number > 1:
            yield "goal_twice", ("objective",), goal, {}
    for key in ("resources", "actions", "choices", "groups"):
        yield from _check_ids(key, [record.id for record in getattr(problem, key)])
    for k, resource in enumerate(problem.resources):
        yield from _check_resource(problem, resource, ("resources", k))
    actions = {action.id for action in problem.actions}
    resources = {resource.id for resource in problem.resources}
    for k, action in enumerate(problem.actions):
        yield from _check_dates(problem, action, ("actions", k))
        for j, use in enumerate(action.uses):
            yield from _check_use(action, use, resources, ("actions", k, "uses", j))
        for j, need in enumerate(action.requires):
            yield from _check_need(problem, need, actions, ("actions", k, "requires", j))
    for k, choice in enumerate(problem.choices):
        yield from _check_choice(choice, actions, ("choices", k))
    for k, group in enumerate(problem.groups):
        yield from _check_group(group, actions, ("groups", k))
    yield from _check_rings(problem)


def _check_ids(key: str, ids: Sequence[str]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for k, one in enumerate(ids):
        if first.setdefault(one, k) != k:
            yield "id_twice", (key, k, "id"), one, {"first": f"{key}[{first[one]}]"}


def _check_known(
    ids: Iterable[str], known: set[str], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    for k, one in enumerate(ids):
        if one not in known:
            yield "unknown_id", (*path, k), one, {"id": one}


def _check_resource(
    problem: PlanningProblem, resource: Resource, path: tuple[str | int, ...]
) -> Iterator[Fault]:
    capacity = resource.capacity
    if isinstance(capacity, tuple) and len(capacity) != problem.periods:
        params = {"length": str(len(capacity)), "periods": str(problem.periods)}
        yield "capacity_length", (*path, "capacity"), "", params
    for k, limit in enumerate(resource.limits):
        yield from _check_span(problem, limit.first, limit.last, (*path, "limits", k))


def _check_span(
    problem: PlanningProblem, first: int, last: int, path: tuple[str | int, ...]
) -> Iterator[Fault]:
    if not first <= last < problem.periods:
        params = {"first": str(first), "last": str(last), "end": str(problem.periods - 1)}
        yield "bad_span", path, "", params


def _check_dates(
    problem: PlanningProblem, action: Action, path: tuple[str | int, ...]
) -> Iterator[Fault]:
    for k, (first, last) in enumerate(action.windows):
        yield from _check_span(problem, first, last, (*path, "windows", k))
    if action.due is not None and action.release > action.due:
        params = {"release": str(action.release), "due": str(action.due)}
        yield "due_before_release", path, "", params


def _check_use(
    action: Action, use: Use, resources: set[str], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    if use.resource not in resources:
        yield "unknown_id", (*path, "resource"), use.resource, {"id": use.resource}
    if (use.amount is None) == (use.profile is None):
        yield "amount_or_profile", path, "", {}
    elif use.profile is not None and len(use.profile) != action.duration:
        params = {"length": str(len(use.profile)), "duration": str(action.duration)}
        yield "profile_length", (*path, "profile"), "", params
    elif use.amount and not action.duration:
        yield "milestone_uses", path, str(use.amount), {}


def _check_need(
    problem: PlanningProblem, need: Requirement, actions: set[str], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    yield from _check_known(need.any_of, actions, (*path, "any_of"))
    state = need.met_if
    if state is None:
        return
    if state.measure not in problem.measures:
        place = (*path, "met_if", "measure")
        yield "unknown_measure", place, state.measure, {"id": state.measure}
    if state.at_least is None and state.at_most is None:
        yield "met_always", (*path, "met_if"), "", {}
    elif None not in {state.at_least, state.at_most} and state.at_least > state.at_most:  # type: ignore[operator] # neither is None
        yield "bounds_crossed", (*path, "met_if"), "", {}


def _check_choice(
    choice: Choice, actions: set[str], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    yield from _check_known(choice.actions, actions, (*path, "actions"))
    for one, number in Counter(choice.actions).items():
        if number > 1:
            yield "member_twice", (*path, "actions"), one, {"id": one}
    if choice.at_least > choice.at_most:
        yield "bounds_crossed", path, "", {}
    elif choice.at_least > len(set(choice.actions)):
        params = {"least": str(choice.at_least), "number": str(len(set(choice.actions)))}
        yield "choice_too_small", path, "", params


def _check_group(group: Group, actions: set[str], path: tuple[str | int, ...]) -> Iterator[Fault]:
    for one in group.amounts:
        if one not in actions:
            yield "unknown_id", (*path, "amounts", one), one, {"id": one}
    amount, value, slope = Fraction(0), Fraction(0), None
    for k, (end, worth) in enumerate(group.points):
        place = (*path, "points", k)
        width = Fraction(end) - amount
        if width <= 0:
            yield "points_order", place, str(end), {}
            return
        rise = (Fraction(worth) - value) / width
        if rise < 0 or (slope is not None and rise > slope):
            yield "not_concave", place, str(worth), {}
            return
        amount, value, slope = Fraction(end), Fraction(worth), rise


def _check_rings(problem: PlanningProblem) -> Iterator[Fault]:
    """Yield a fault for each action that waits for itself, however long the horizon is."""
    numbers = {action.id: k for k, action in enumerate(problem.actions)}
    needs = [_list_needs(problem, action, numbers) for action in problem.actions]
    ready = [0] * len(needs)
    for ring in _find_rings([[j for need in own for j, _lag in need] for own in needs]):
        members = set(ring)
        # In a ring that has an order nothing starts later than all its waits together.
        latest = sum(max((lag for _j, lag in need), default=0) for k in ring for need in needs[k])
        changed = True
        while changed and max(ready[k] for k in ring) <= latest:
            changed = False
            for k in ring:
                earliest = max(
                    (min(ready[j] + lag if j in members else 0 for j, lag in n) for n in needs[k]),
                    default=0,
                )
                changed, ready[k] = changed or earliest > ready[k], max(earliest, ready[k])
        stuck = [k for k in ring if ready[k] > 0 and changed]
        if stuck:
            names = ", ".join(problem.actions[k].id for k in sorted(ring)[:10])
            yield "ring", ("actions", min(stuck), "requires"), "", {"actions": names}


Needs = list[list[tuple[int, int]]]


def _list_needs(problem: PlanningProblem, action: Action, numbers: Mapping[str, int]) -> Needs:
    needs = []
    for need in action.requires:
        known = [numbers[i] for i in need.any_of if i in numbers]
        if need.met_if is None and known:
            lengths = [problem.actions[j].duration * (need.since == "finish") for j in known]
            needs.append([(j, n + need.lag) for j, n in zip(known, lengths, strict=True)])
    return needs


def _find_rings(edges: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield the sets of numbers that lead to each other (Tarjan, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    for root in range(len(edges)):
        work = [(root, 0)] if root not in index else []
        while work:
            k, place = work.pop()
            if place == 0:
                index[k] = low[k] = len(index)
                stack.append(k)
                on_stack.add(k)
            for offset, j in enumerate(edges[k][place:], place):
                if j not in index:
                    work += [(k, offset + 1), (j, 0)]
                    break
                if j in on_stack:
                    low[k] = min(low[k], index[j])
            else:
                if low[k] == index[k]:
                    ring = _pop_ring(stack, on_stack, k)
                    if len(ring) > 1 or k in edges[k]:
                        yield ring
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[k])


def _pop_ring(stack: list[int], on_stack: set[int], last: int) -> list[int]:
    ring = []
    while True:
        k = stack.pop()
        on_stack.discard(k)
        ring.append(k)
        if k == last:
            return sorted(ring)
