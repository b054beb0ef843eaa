"""Planning problems solved by trying everything, from the text of the format alone."""

from fractions import Fraction
from itertools import pairwise, product


def list_options(problem, action):
    """Return None (not chosen) and every start that the action's own dates allow."""
    periods, length = problem["periods"], action.get("duration", 1)
    options = [] if action.get("mandatory") else [None]
    for start in range(periods + 1):
        run = range(start, start + length)
        points = {start, start + length}
        due = action.get("due")
        last = periods if due is None else min(due + 1, periods)
        inside = min(points) >= action.get("release", 0) and max(points) <= last
        windows = action.get("windows") or [[0, periods - 1]]
        if inside and any(a <= start and start + len(run) <= b + 1 for a, b in windows):
            options.append(start)
    return options


def keeps_all(problem, starts):
    actions = {a["id"]: a for a in problem["actions"]}
    return (
        all(keeps_needs(problem, actions, i, starts) for i in starts)
        and all(keeps_resource(problem, actions, r, starts) for r in problem.get("resources", ()))
        and all(
            c.get("at_least", 0) <= sum(i in starts for i in c["actions"]) <= c.get("at_most", 1)
            for c in problem.get("choices", ())
        )
    )


def is_met(problem, state):
    value = problem.get("measures", {}).get(state["measure"])
    low, high = state.get("at_least"), state.get("at_most")
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def keeps_needs(problem, actions, name, starts):
    for need in actions[name].get("requires", ()):
        if "met_if" in need and is_met(problem, need["met_if"]):
            continue
        points = [
            starts[o]
            + (actions[o].get("duration", 1) if need.get("since", "finish") == "finish" else 0)
            + need.get("lag", 0)
            for o in need["any_of"]
            if o in starts
        ]
        if not any(point <= starts[name] for point in points):
            return False
    return True


def list_used(problem, actions, resource, starts):
    used = [Fraction(0)] * problem["periods"]
    for name, start in starts.items():
        length = actions[name].get("duration", 1)
        for use in actions[name].get("uses", ()):
            if use["resource"] == resource["id"]:
                profile = use["profile"] if "profile" in use else [use["amount"]] * length
                for k in range(length):
                    used[start + k] += Fraction(str(profile[k]))
    return used


def keeps_resource(problem, actions, resource, starts):
    used = list_used(problem, actions, resource, starts)
    capacity = resource.get("capacity")
    if capacity is not None:
        most = capacity if isinstance(capacity, list) else [capacity] * len(used)
        if any(a > Fraction(str(b)) for a, b in zip(used, most, strict=True)):
            return False
    return all(
        sum(used[x["first"] : x["last"] + 1]) <= Fraction(str(x["amount"]))
        for x in resource.get("limits", ())
    )


def value_goal(problem, goal, starts):
    """Return the value of a goal, larger being better."""
    actions = {a["id"]: a for a in problem["actions"]}
    ends = {i: s + actions[i].get("duration", 1) for i, s in starts.items()}
    if goal == "makespan":
        return -Fraction(max(ends.values(), default=0))
    if goal == "cost":
        return -sum((Fraction(str(actions[i].get("cost", 0))) for i in starts), Fraction(0))
    if goal == "earliness":
        weights = {i: Fraction(str(actions[i].get("weight", 1))) for i in starts}
        return sum((weights[i] * (problem["periods"] - ends[i]) for i in starts), Fraction(0))
    rate = 1 + Fraction(str(problem.get("discount", 0)))
    total = Fraction(0)
    for i in starts:
        period = max(ends[i] - 1, starts[i])
        total += Fraction(str(actions[i].get("value", 0))) / rate**period
    return total + sum(value_group(group, starts) for group in problem.get("groups", ()))


def value_group(group, starts):
    amount = sum(
        (Fraction(str(a)) for i, a in group["amounts"].items() if i in starts), Fraction(0)
    )
    corners = [(Fraction(0), Fraction(0))]
    corners += [(Fraction(str(a)), Fraction(str(v))) for a, v in group["points"]]
    for (a, v), (b, w) in pairwise(corners):
        if amount <= b:
            return v + (w - v) * (amount - a) / (b - a)
    return corners[-1][1]


def solve_by_trying(problem):
    """Return the best values of the goals in turn, larger being better; None if there are none."""
    names = [action["id"] for action in problem["actions"]]
    best = None
    for choice in product(*(list_options(problem, a) for a in problem["actions"])):
        starts = {i: s for i, s in zip(names, choice, strict=True) if s is not None}
        if keeps_all(problem, starts):
            goals = problem.get("objective", ["value"])
            values = tuple(value_goal(problem, goal, starts) for goal in goals)
            best = values if best is None else max(best, values)
    return best
