"""Random problems of every kind of limit and goal, and of any two together."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
from tests.strategies import make_problem

from pairmatch.domain.problem import FixedPair, Problem, Quota, Resource, Tolerance

Draw = np.random.Generator
Change = Callable[[Draw, Problem], Problem]

LEVELS = (
    ("num_matched", "total"),
    ("num_matched", "worst_village", "total"),
    ("num_matched", "leximin_village"),
    ("num_matched", "leximin_village", "total"),
    ("num_matched", "worst_county", "total"),
    ("num_matched", "leximin_county"),
    ("num_matched", "total", "worst_village"),
    ("num_matched", "kept", "total"),
    ("num_matched", "total", "kept"),
    ("num_matched", "total", "leximin_village"),
    ("num_matched", "worst_village", "worst_county", "kept", "total"),
    ("total",),
    ("kept", "total"),
    ("num_matched",),
)


def draw_problem(draw: Draw, kinds: tuple[str, ...]) -> Problem:
    """Return a random problem with these kinds of limits."""
    is_large = draw.random() < 0.15 and not {"capacities", "demands"} & set(kinds)
    num_units, num_villages = (7, 7) if is_large else draw.integers(1, 6, size=2).tolist()
    most = int(draw.choice([1, 3, 9, 1000]))
    low = int(draw.choice([0, -most]))
    points = draw.integers(low, most + 1, size=(num_units, num_villages)).tolist()
    if not is_large:
        holes = draw.random((num_units, num_villages)) < draw.choice([0, 0.3])
        cells = [(u, v) for u in range(num_units) for v in range(num_villages) if not holes[u, v]]
        kept = set(
            cells[:12]
            if len(cells) <= 12
            else [cells[k] for k in draw.permutation(len(cells))[:12]]
        )
        points = [
            [points[u][v] if (u, v) in kept else None for v in range(num_villages)]
            for u in range(num_units)
        ]
    problem = make_problem(points)
    counties = tuple(f"c{k}" for k in range(int(draw.integers(1, 4))))
    problem = replace(
        problem,
        previous=draw.random(problem.num_candidates) < 0.3,
        counties=counties,
        county_idx=draw.integers(0, len(counties), size=num_villages).astype(np.int32),
    )
    for kind in kinds:
        problem = KINDS[kind](draw, problem)
    return problem


def _draw_capacities(draw: Draw, problem: Problem) -> Problem:
    upper = draw.integers(1, 4, size=len(problem.unit_ids))
    lower = np.minimum(
        upper, draw.integers(0, 2, size=len(upper)) * (draw.random(len(upper)) < 0.3)
    )
    return replace(problem, unit_min=lower.astype(np.int64), unit_max=upper.astype(np.int64))


def _draw_demands(draw: Draw, problem: Problem) -> Problem:
    upper = draw.integers(1, 4, size=len(problem.village_ids))
    lower = np.minimum(
        upper, draw.integers(0, 2, size=len(upper)) * (draw.random(len(upper)) < 0.3)
    )
    return replace(problem, village_min=lower.astype(np.int64), village_max=upper.astype(np.int64))


def _bound(draw: Draw, size: int) -> tuple[int, int | None]:
    maximum = int(draw.integers(0, max(size, 1) + 1))
    minimum = int(draw.integers(0, maximum + 1)) if draw.random() < 0.5 else 0
    return minimum // 2, maximum if draw.random() < 0.8 else None


def _draw_nested(draw: Draw, problem: Problem) -> Problem:
    villages = problem.county_idx == 0
    everyone = np.ones(len(problem.unit_ids), dtype=bool)
    low, high = _bound(draw, int(villages.sum()))
    return replace(
        problem, quotas=(*problem.quotas, Quota("nested", everyone, villages, low, high))
    )


def _draw_crossing(draw: Draw, problem: Problem) -> Problem:
    units = draw.random(len(problem.unit_ids)) < 0.5
    villages = draw.random(len(problem.village_ids)) < 0.5
    low, high = _bound(draw, 2)
    return replace(problem, quotas=(*problem.quotas, Quota("crossing", units, villages, low, high)))


def _draw_any_pairs(draw: Draw, problem: Problem) -> Problem:
    units = np.ones(len(problem.unit_ids), dtype=bool)
    villages = np.ones(len(problem.village_ids), dtype=bool)
    pairs = draw.random(problem.num_candidates) < 0.5
    low, high = _bound(draw, 3)
    quota = Quota("any", units, villages, low, high, pairs)
    return replace(problem, quotas=(*problem.quotas, quota))


def _draw_resources(draw: Draw, problem: Problem) -> Problem:
    resources = []
    for side, ids, idx in (
        ("unit", problem.unit_ids, problem.unit_idx),
        ("village", problem.village_ids, problem.village_idx),
    ):
        for owner in range(len(ids)):
            rows = np.flatnonzero(idx == owner).astype(np.int32)
            if draw.random() < 0.4 and len(rows):
                loads = draw.integers(0, 6, size=len(rows)).astype(np.int64)
                capacity = int(draw.integers(0, 9))
                resources.append(Resource("hours", side, owner, rows, loads, capacity))
    return replace(problem, resources=(*problem.resources, *resources))


def _draw_fixed(draw: Draw, problem: Problem) -> Problem:
    fixed = [
        tuple(
            FixedPair(int(problem.unit_idx[k]), int(problem.village_idx[k]))
            for k in np.flatnonzero(draw.random(problem.num_candidates) < 0.1).tolist()[:2]
        )
        for _ in range(2)
    ]
    return replace(problem, locks=fixed[0][:1], bans=fixed[1])


def _draw_changes(draw: Draw, problem: Problem) -> Problem:
    """Keep at least some of the pairs that were there before: at most k changes."""
    units = np.ones(len(problem.unit_ids), dtype=bool)
    villages = np.ones(len(problem.village_ids), dtype=bool)
    previous = problem.previous
    least = max(int(previous.sum()) - int(draw.integers(0, 3)), 0)
    quota = Quota("limits.max_changes", units, villages, min(least, 3), None, previous)
    return replace(problem, quotas=(*problem.quotas, quota))


def _draw_tolerance(draw: Draw, problem: Problem) -> Problem:
    return replace(
        problem,
        tolerances=tuple(
            Tolerance(Fraction(int(draw.integers(0, 3)), 10), int(draw.integers(0, 3)))
            if not goal.startswith("leximin") and (k or goal != "num_matched")
            else Tolerance()
            for k, goal in enumerate(problem.levels)
        ),
    )


KINDS: dict[str, Change] = {
    "capacities": _draw_capacities,
    "demands": _draw_demands,
    "nested": _draw_nested,
    "crossing": _draw_crossing,
    "any_pairs": _draw_any_pairs,
    "resources": _draw_resources,
    "fixed": _draw_fixed,
    "changes": _draw_changes,
}

COMBINATIONS = ((), *((kind,) for kind in KINDS), *combinations(KINDS, 2))


def draw_case(draw: Draw, number: int) -> Problem:
    """Return the number-th case: every kind and pair of kinds with every list of levels in turn."""
    kinds = COMBINATIONS[number % len(COMBINATIONS)]
    levels = LEVELS[(number // len(COMBINATIONS)) % len(LEVELS)]
    problem = replace(draw_problem(draw, kinds), levels=levels)
    return _draw_tolerance(draw, problem) if draw.random() < 0.25 else problem
