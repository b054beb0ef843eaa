"""The answer to a planning problem as plain data: the solution format."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pairmatch.domain.planning import (
    SOLUTION_SCHEMA,
    PlanningAnswer,
    PlanningLevel,
    PlanningProblem,
)
from pairmatch.plan.verify import measure_use

_STEPS = 1_000_000
"""Numbers are told with six decimals."""


def describe_answer(problem: PlanningProblem, answer: PlanningAnswer) -> dict[str, Any]:
    """Return an answer in the solution format.

    Values are rounded to six decimals, and bounds and gaps away from the value, so that none
    promises too much.
    """
    has_solution = answer.status in {"optimal", "feasible"}
    return {
        "schema": SOLUTION_SCHEMA,
        "title": problem.title,
        "status": answer.status,
        "levels": [describe_level(level) for level in answer.levels],
        "starts": dict(answer.starts),
        "actions": list_actions(problem, answer.starts) if has_solution else [],
        "use": describe_use(problem, answer.starts) if has_solution else [],
    }


def describe_level(level: PlanningLevel) -> dict[str, Any]:
    """Return a goal as plain data."""
    bound = level.bound
    upward = bound is not None and bound >= level.value
    return {
        "goal": level.goal,
        "value": plain_number(level.value),
        "bound": None if bound is None else plain_number(bound, 1 if upward else -1),
        "gap": None if level.gap is None else plain_number(level.gap, 1),
        "is_proven": level.is_proven,
    }


def list_actions(problem: PlanningProblem, starts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the chosen actions, those that start first first."""
    rows = [
        {
            "id": action.id,
            "name": action.name,
            "start": starts[action.id],
            "finish": starts[action.id] + action.duration,
        }
        for action in problem.actions
        if action.id in starts
    ]
    return sorted(rows, key=lambda row: (row["start"], row["finish"]))


def describe_use(problem: PlanningProblem, starts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return what is used of each resource in each period, and within each limit."""
    found = []
    for resource in problem.resources:
        used = measure_use(problem, resource, starts)
        limits = [
            {
                "first": limit.first,
                "last": limit.last,
                "used": plain_number(sum(used[limit.first : limit.last + 1], Fraction(0))),
                "amount": plain_number(Fraction(limit.amount)),
            }
            for limit in resource.limits
        ]
        found.append(
            {
                "resource": resource.id,
                "used": [plain_number(amount) for amount in used],
                "limits": limits,
            }
        )
    return found


def plain_number(value: Fraction, upward: int = 0) -> int | float:
    """Return a number with at most six decimals: rounded, or up (1) or down (-1)."""
    if value.denominator == 1:
        return int(value)
    scaled = value * _STEPS
    whole: int = round(scaled)
    if upward:
        whole = math.ceil(scaled) if upward > 0 else math.floor(scaled)
    return whole / _STEPS
