"""The question and its proof as files: candidates, limits and prices, all in whole steps."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.matching import Certificate, PriceStep
from pairmatch.domain.points import format_many_steps, guard_cell
from pairmatch.domain.problem import FixedPair, Problem, Quota, Resource, Tolerance
from pairmatch.report.jsontexts import SCHEMA, write_json

BLOCK = 65_536
"""Rows of a table that are written at a time."""


def build_candidates_csv(problem: Problem) -> str:
    """Return one row per candidate with its score: what the certificate is checked against."""
    unit_ids = [_quote(guard_cell(text)) for text in problem.unit_ids]
    village_ids = [_quote(guard_cell(text)) for text in problem.village_ids]
    parts = ["unit_id,village_id,points\n"]
    # In blocks, so that a million rows are never a million strings at once.
    for start in range(0, problem.num_candidates, BLOCK):
        block = slice(start, start + BLOCK)
        points = format_many_steps(problem.points[block], problem.steps_per_point)
        columns = (problem.unit_idx[block].tolist(), problem.village_idx[block].tolist(), points)
        rows = zip(*columns, strict=True)
        parts.append("".join(f"{unit_ids[u]},{village_ids[v]},{text}\n" for u, v, text in rows))
    return "".join(parts)


def build_problem_json(problem: Problem) -> str:
    """Return bounds, quotas, locks and bans: with the candidates, the whole problem."""

    def name_fixed(pairs: Iterable[FixedPair]) -> list[dict[str, Any]]:
        return [
            {
                "unit": problem.unit_ids[pair.unit_idx],
                "village": problem.village_ids[pair.village_idx],
                "reason": pair.reason,
                "by": pair.by,
                "waiver": pair.waiver,
            }
            for pair in pairs
        ]

    data = {
        "schema": SCHEMA,
        "steps_per_point": problem.steps_per_point,
        "levels": [
            {"goal": goal, "share": str(given.share), "steps": given.steps}
            for goal, given in _list_levels(problem)
        ],
        "units": _list_bounds("unit_id", problem.unit_ids, problem.unit_min, problem.unit_max),
        "villages": _list_bounds(
            "village_id", problem.village_ids, problem.village_min, problem.village_max
        ),
        "quotas": [_name_quota(problem, quota) for quota in problem.quotas],
        "locks": name_fixed(problem.locks),
        "bans": name_fixed(problem.bans),
        "resources": [_name_resource(problem, resource) for resource in problem.resources],
        "previous": _name_pairs(problem, problem.previous),
        "counties": _name_counties(problem),
    }
    return write_json(data)


def _list_levels(problem: Problem) -> list[tuple[str, Tolerance]]:
    return [(goal, problem.tolerance_of(k)) for k, goal in enumerate(problem.levels)]


def _name_pairs(problem: Problem, mask: BoolArray | None) -> list[list[str]]:
    rows = [] if mask is None else np.flatnonzero(mask).tolist()
    return [
        [problem.unit_ids[problem.unit_idx[k]], problem.village_ids[problem.village_idx[k]]]
        for k in rows
    ]


def _name_resource(problem: Problem, resource: Resource) -> dict[str, Any]:
    ids = problem.unit_ids if resource.side == "unit" else problem.village_ids
    others = problem.village_ids if resource.side == "unit" else problem.unit_ids
    other_idx = problem.village_idx if resource.side == "unit" else problem.unit_idx
    return {
        "name": resource.name,
        "side": resource.side,
        "id": ids[resource.owner],
        "capacity": resource.capacity,
        "scale": resource.scale,
        "loads": {
            others[other_idx[k]]: load
            for k, load in zip(resource.idx.tolist(), resource.loads.tolist(), strict=True)
            if load
        },
        "waiver": resource.waiver,
    }


def _name_counties(problem: Problem) -> dict[str, list[str]]:
    """Return the villages of every county, for the goals that compare counties."""
    if problem.county_idx is None:
        return {}
    listed: dict[str, list[str]] = {county: [] for county in problem.counties}
    for village_id, k in zip(problem.village_ids, problem.county_idx.tolist(), strict=True):
        listed[problem.counties[k]].append(village_id)
    return listed


def build_certificate_json(problem: Problem, certificate: Certificate) -> str:
    """Return the dual prices of every level by id, in steps (pairs for counts); 0 is left out."""
    data = {
        "schema": SCHEMA,
        "steps_per_point": problem.steps_per_point,
        "levels": [
            {
                "goal": level.goal,
                "value": level.value,
                "bound": level.bound,
                "given_up": level.given_up,
                "ascending": list(level.ascending),
                "steps": [_name_step(problem, step) for step in level.steps],
            }
            for level in certificate.levels
        ],
    }
    return write_json(data)


def _quote(text: str) -> str:
    """Return a CSV cell; ids rarely need quotes, and candidates are many."""
    if not any(mark in text for mark in ',"\n\r'):
        return text
    return '"' + text.replace('"', '""') + '"'


def _list_bounds(
    key: str, ids: Sequence[str], lower: IntArray, upper: IntArray
) -> list[dict[str, str | int]]:
    return [
        {key: name, "minimum": low, "maximum": high}
        for name, low, high in zip(ids, lower.tolist(), upper.tolist(), strict=True)
    ]


def _name_quota(problem: Problem, quota: Quota) -> dict[str, Any]:
    def name(ids: Sequence[str], mask: Sequence[bool]) -> list[str] | None:
        # None is everyone, so that a file does not list a nation for one county's quota.
        return None if all(mask) else [i for i, inside in zip(ids, mask, strict=True) if inside]

    return {
        "name": quota.name,
        "units": name(problem.unit_ids, quota.units.tolist()),
        "villages": name(problem.village_ids, quota.villages.tolist()),
        "minimum": quota.minimum,
        "maximum": quota.maximum,
        "pairs": None if quota.pairs is None else _name_pairs(problem, quota.pairs),
        "waiver": quota.waiver,
    }


def _name_step(problem: Problem, step: PriceStep) -> dict[str, Any]:
    names = [quota.name for quota in problem.quotas]
    return {
        "value": step.value,
        "threshold": step.threshold,
        "unit_prices": _by_id(problem.unit_ids, step.unit_prices),
        "village_prices": _by_id(problem.village_ids, step.village_prices),
        "quota_prices": [
            {"quota": name, "price": price}
            for name, price in zip(names, step.quota_prices.tolist(), strict=True)
        ],
    }


def _by_id(ids: Sequence[str], prices: IntArray) -> dict[str, int]:
    return {ids[k]: int(prices[k]) for k in np.flatnonzero(prices).tolist()}
