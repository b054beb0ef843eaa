"""Random planning problems with every feature of the format, and larger ones of three kinds."""

import random
from decimal import Decimal
from typing import Any

from pairmatch.domain.planning import PlanningProblem

GOALS = ("value", "earliness", "cost", "makespan")


def read_problem(raw: dict) -> PlanningProblem:
    """Return a problem as it is read from a file, without the checks of the reader."""
    return PlanningProblem.model_validate(_make_exact(raw))


def _make_exact(value: Any) -> Any:
    """Return plain data with each number as the decimal that it is written as."""
    if isinstance(value, dict):
        return {key: _make_exact(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_make_exact(inner) for inner in value)
    return Decimal(str(value)) if isinstance(value, float) else value


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


def make_knapsack(seed: int, num_items: int, num_rows: int) -> dict:
    """Return a multidimensional knapsack as Chu and Beasley (1998) draw them."""
    draw = random.Random(seed)
    weights = [[draw.randint(1, 1000) for _ in range(num_items)] for _ in range(num_rows)]
    actions = []
    for j in range(num_items):
        own = [row[j] for row in weights]
        uses = [{"resource": f"r{i}", "amount": weight} for i, weight in enumerate(own)]
        value = sum(own) // num_rows + draw.randint(0, 500)
        actions.append({"id": f"a{j}", "value": value, "uses": uses})
    resources = [{"id": f"r{i}", "capacity": sum(row) // 2} for i, row in enumerate(weights)]
    return {
        "schema": "pairmatch.planning-problem/1",
        "periods": 1,
        "resources": resources,
        "actions": actions,
    }


def make_mine(seed: int, width: int, depth: int, periods: int) -> dict:
    """Return a mine in three dimensions: a block waits for the five or nine blocks above it."""
    draw = random.Random(seed)
    places = [
        (x, y, z) for z in range(depth) for x in range(z, width - z) for y in range(z, width - z)
    ]
    actions = []
    for x, y, z in places:
        tons = draw.randint(10, 90)
        ore = z > 0 and draw.random() < 0.6
        around = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        above = [(x + dx, y + dy, z - 1) for dx, dy in around if z % 2 or not (dx and dy)]
        uses = [{"resource": "mine", "amount": tons}]
        uses += [{"resource": "mill", "amount": tons}] if ore else []
        needs = [{"any_of": [f"b{p}"], "since": "start"} for p in above if p in places]
        value = round(tons * draw.uniform(4, 9) if ore else -tons * 1.1, 2)
        actions.append({"id": f"b{(x, y, z)}", "value": value, "uses": uses, "requires": needs})
    total = sum(action["uses"][0]["amount"] for action in actions)
    return {
        "schema": "pairmatch.planning-problem/1",
        "periods": periods,
        "discount": 0.08,
        "resources": [
            {"id": "mine", "capacity": total // (periods + 1)},
            {"id": "mill", "capacity": total // (3 * periods)},
        ],
        "actions": actions,
    }


def make_project(seed: int, num_jobs: int) -> dict:
    """Return a project as PSPLIB has them: crews, an order, a milestone at each end."""
    draw = random.Random(seed)
    lengths = [0, *(draw.randint(1, 5) for _ in range(num_jobs)), 0]
    last = num_jobs + 1
    actions = []
    for j, length in enumerate(lengths):
        before = {draw.randrange(max(j - 4, 0), j) for _ in range(2)} if j else set()
        needs = set(range(last)) if j == last else before
        uses = [{"resource": f"r{k}", "amount": draw.randint(0, 4)} for k in range(4)]
        actions.append(
            {
                "id": f"j{j}",
                "mandatory": True,
                "duration": length,
                "uses": uses if length else [],
                "requires": [{"any_of": [f"j{i}"]} for i in sorted(needs)],
            }
        )
    return {
        "schema": "pairmatch.planning-problem/1",
        "periods": sum(lengths),
        "objective": ["makespan"],
        "resources": [{"id": f"r{k}", "capacity": 6} for k in range(4)],
        "actions": actions,
    }
