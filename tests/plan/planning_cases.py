"""Random planning problems with every feature of the format, and larger ones of three kinds."""

import random

GOALS = ("value", "earliness", "cost", "makespan")


def make_small_problem(seed: int) -> dict:
    """Return a problem of a few actions and periods, small enough to try everything."""
    draw = random.Random(seed)
    periods = draw.randint(1, 5)
    actions = [
        make_action(draw, k, periods) for k in range(draw.randint(1, 5 if periods < 4 else 4))
    ]
    resources = [make_resource(draw, k, periods) for k in range(draw.randint(0, 2))]
    for action in actions:
        action["uses"] = [
            make_use(draw, r["id"], action.get("duration", 1))
            for r in resources
            if draw.random() < 0.7
        ]
        others = [a["id"] for a in actions if a is not action]
        if others and draw.random() < 0.4:
            action["requires"] = [make_need(draw, others) for _ in range(draw.randint(1, 2))]
    problem = {
        "schema": "pairmatch.planning-problem/1",
        "periods": periods,
        "objective": draw.sample(GOALS, draw.randint(1, 3)),
        "resources": resources,
        "actions": actions,
        "measures": {"known": draw.randint(0, 4), "unknown": None},
    }
    if draw.random() < 0.4:
        problem["discount"] = draw.choice([0.08, 0.5, 0.015])
    if draw.random() < 0.4:
        problem["choices"] = [make_choice(draw, actions)]
    if draw.random() < 0.4:
        problem["groups"] = [make_group(draw, actions)]
    return problem


def make_action(draw: random.Random, number: int, periods: int) -> dict:
    action: dict = {
        "id": f"a{number}",
        "value": draw.choice([draw.randint(-5, 9), 2.25, -0.1, 3.7]),
    }
    if draw.random() < 0.6:
        action["duration"] = draw.randint(0, 3)
    if draw.random() < 0.5:
        action["cost"] = draw.choice([1, 2, 2.5, -1])
    if draw.random() < 0.3:
        action["weight"] = draw.choice([0, 2, 0.3])
    if draw.random() < 0.2:
        action["release"] = draw.randint(0, 2)
    if draw.random() < 0.2:
        action["due"] = draw.randint(0, periods)
    if draw.random() < 0.2:
        first = draw.randint(0, periods - 1)
        action["windows"] = [[first, draw.randint(first, periods - 1)], [0, draw.randint(0, 1)]]
        action["windows"][1][1] = min(action["windows"][1][1], periods - 1)
    if draw.random() < 0.2:
        action["mandatory"] = True
    return action


def make_resource(draw: random.Random, number: int, periods: int) -> dict:
    resource: dict = {"id": f"r{number}"}
    kind = draw.random()
    if kind < 0.4:
        resource["capacity"] = draw.choice([2, 3, 4.5])
    elif kind < 0.7:
        resource["capacity"] = [draw.choice([0, 1, 3, 3.3]) for _ in range(periods)]
    if draw.random() < 0.5:
        first = draw.randint(0, periods - 1)
        last = draw.randint(first, periods - 1)
        resource["limits"] = [{"first": first, "last": last, "amount": draw.choice([1, 3, 4.1])}]
        resource["limits"].append({"first": 0, "last": periods - 1, "amount": draw.randint(2, 9)})
    return resource


def make_use(draw: random.Random, resource: str, duration: int) -> dict:
    if draw.random() < 0.3:
        return {
            "resource": resource,
            "profile": [draw.choice([0, 1, 1.1, 2]) for _ in range(duration)],
        }
    return {"resource": resource, "amount": draw.choice([0, 1, 1.3, 2])}


def make_need(draw: random.Random, others: list[str]) -> dict:
    need: dict = {"any_of": draw.sample(others, draw.randint(1, min(2, len(others))))}
    if draw.random() < 0.5:
        need["since"] = "start"
    if draw.random() < 0.4:
        need["lag"] = draw.randint(0, 2)
    if draw.random() < 0.3:
        need["met_if"] = {
            "measure": draw.choice(["known", "unknown"]),
            "at_least": draw.randint(0, 4),
        }
    return need


def make_choice(draw: random.Random, actions: list[dict]) -> dict:
    members = draw.sample([a["id"] for a in actions], draw.randint(1, len(actions)))
    least = draw.choice([0, 0, 1])
    return {
        "id": "c",
        "actions": members,
        "at_least": least,
        "at_most": draw.randint(max(least, 1), 3),
    }


def make_group(draw: random.Random, actions: list[dict]) -> dict:
    members = draw.sample([a["id"] for a in actions], draw.randint(1, len(actions)))
    points, amount, value, slope = [], 0, 0.0, 6
    for _ in range(draw.randint(1, 3)):
        step = draw.randint(1, 3)
        slope = draw.randint(0, slope)
        amount, value = amount + step, value + step * slope
        points.append([amount, value])
    return {"id": "g", "amounts": {i: draw.choice([1, 2, 0.5]) for i in members}, "points": points}
