"""Read the question of a run and its proof back: problem and certificate."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import Certificate, LevelProof, PriceStep
from pairmatch.domain.points import unguard_cell
from pairmatch.domain.problem import FixedPair, Problem, Quota, Resource, Tolerance
from pairmatch.load.runfiles import (
    StoredCertificate,
    StoredPair,
    StoredProblem,
    StoredProof,
    StoredQuota,
    StoredResource,
    StoredStep,
    StoredUnit,
    StoredVillage,
    parse_scores,
    read_shape,
    read_table,
    refuse_value,
)

PROBLEM_FILE, CERTIFICATE_FILE = "problem.json", "certificate.json"
_EXACT_LIMIT = 2**62

PairIndex = Mapping[tuple[str, str], int]
"""The candidate index of each pair of ids."""


def read_problem(folder: Path) -> Problem:
    """Return the problem of a run.

    Raises
    ------
    BadInputError
        If one of its files is damaged; what is wrong is in its findings.
    """
    data = read_shape(folder, PROBLEM_FILE, StoredProblem)
    unit_ids = tuple(unit.unit_id for unit in data.units)
    village_ids = tuple(village.village_id for village in data.villages)
    unit_at = _index_ids(folder, "units", unit_ids)
    village_at = _index_ids(folder, "villages", village_ids)
    unit_idx, village_idx, points = _read_candidates(
        folder, unit_at, village_at, data.steps_per_point
    )

    def fix(key: str, pairs: Sequence[StoredPair]) -> tuple[FixedPair, ...]:
        for pair in pairs:
            if pair.unit not in unit_at or pair.village not in village_at:
                refuse_value(folder, PROBLEM_FILE, key, f"{pair.unit} = {pair.village}")
        return tuple(
            FixedPair(unit_at[p.unit], village_at[p.village], p.reason, p.by, p.waiver)
            for p in pairs
        )

    unit_min, unit_max = _read_bounds(data.units)
    village_min, village_max = _read_bounds(data.villages)
    problem = Problem(
        unit_ids=unit_ids,
        village_ids=village_ids,
        unit_idx=unit_idx,
        village_idx=village_idx,
        points=points,
        unit_min=unit_min,
        unit_max=unit_max,
        village_min=village_min,
        village_max=village_max,
        locks=fix("locks", data.locks),
        bans=fix("bans", data.bans),
        levels=tuple(level.goal for level in data.levels),
        steps_per_point=data.steps_per_point,
        tolerances=tuple(Tolerance(Fraction(v.share), v.steps) for v in data.levels),
    )
    at = index_pairs(problem)
    return replace(
        problem,
        quotas=tuple(_read_quota(folder, quota, problem, at) for quota in data.quotas),
        resources=tuple(_read_resource(folder, item, problem, at) for item in data.resources),
        previous=_mark_pairs(folder, "previous", data.previous, problem, at),
        counties=tuple(data.counties),
        county_idx=_read_counties(folder, data.counties, problem),
    )


def _read_bounds(rows: Sequence[StoredUnit] | Sequence[StoredVillage]) -> tuple[IntArray, IntArray]:
    return (
        np.array([row.minimum for row in rows], dtype=np.int64),
        np.array([row.maximum for row in rows], dtype=np.int64),
    )


def _read_quota(folder: Path, quota: StoredQuota, problem: Problem, at: PairIndex) -> Quota:
    def mask(names: Sequence[str] | None, ids: Sequence[str]) -> BoolArray:
        inside = set(ids if names is None else names)
        return np.array([name in inside for name in ids], dtype=np.bool_)

    pairs = None
    if quota.pairs is not None:
        pairs = _mark_pairs(folder, "quotas", quota.pairs, problem, at)
    return Quota(
        quota.name,
        mask(quota.units, problem.unit_ids),
        mask(quota.villages, problem.village_ids),
        quota.minimum,
        quota.maximum,
        pairs,
        quota.waiver,
    )


def _mark_pairs(
    folder: Path, key: str, pairs: Sequence[tuple[str, str]], problem: Problem, at: PairIndex
) -> BoolArray:
    mask = np.zeros(problem.num_candidates, dtype=np.bool_)
    for pair in pairs:
        if pair not in at:
            refuse_value(folder, PROBLEM_FILE, key, " = ".join(pair))
        mask[at[pair]] = True
    return mask


def _read_resource(folder: Path, item: StoredResource, problem: Problem, at: PairIndex) -> Resource:
    ids = problem.unit_ids if item.side == "unit" else problem.village_ids
    pairs = [(item.id, o) if item.side == "unit" else (o, item.id) for o in item.loads]
    if item.id not in ids or not all(pair in at for pair in pairs):
        refuse_value(folder, PROBLEM_FILE, "resources", f"{item.name} {item.id}")
    rows = sorted(zip((at[pair] for pair in pairs), item.loads.values(), strict=True))
    return Resource(
        item.name,
        item.side,
        ids.index(item.id),
        np.array([row for row, _load in rows], dtype=np.int32),
        np.array([load for _row, load in rows], dtype=np.int64),
        item.capacity,
        item.scale,
        item.waiver,
    )


def _read_counties(
    folder: Path, counties: Mapping[str, Sequence[str]], problem: Problem
) -> IndexArray | None:
    if not counties:
        return None
    at = {v: k for k, villages in enumerate(counties.values()) for v in villages}
    if set(at) != set(problem.village_ids):
        refuse_value(folder, PROBLEM_FILE, "counties", str(list(counties)))
    return np.array([at[village_id] for village_id in problem.village_ids], dtype=np.int32)


def _read_candidates(
    folder: Path, unit_at: Mapping[str, int], village_at: Mapping[str, int], step: int
) -> tuple[IndexArray, IndexArray, IntArray]:
    name = "candidates.csv"
    rows = read_table(folder, name, ("unit_id", "village_id", "points"))
    pairs = []
    for unit, village, _points in rows:
        pair = unit_at.get(unguard_cell(unit)), village_at.get(unguard_cell(village))
        if pair[0] is None or pair[1] is None:
            refuse_value(folder, name, "unit_id, village_id", f"{unit} = {village}")
        pairs.append(pair)
    units, villages = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    texts = [row[2] for row in rows]
    points = np.array(parse_scores(folder, name, "points", texts, step), dtype=np.int64)
    order = np.lexsort((villages, units))
    same = (np.diff(units[order]) == 0) & (np.diff(villages[order]) == 0)
    for k in np.flatnonzero(same)[:1].tolist():
        unit, village, _points = rows[order[k]]
        refuse_value(folder, name, "unit_id, village_id", f"{unit} = {village}")
    return units[order], villages[order], points[order]


def index_pairs(problem: Problem) -> PairIndex:
    """Return the candidate index of each pair of ids."""
    pairs = zip(problem.unit_idx.tolist(), problem.village_idx.tolist(), strict=True)
    return {(problem.unit_ids[u], problem.village_ids[v]): k for k, (u, v) in enumerate(pairs)}


def _index_ids(folder: Path, key: str, ids: Sequence[str]) -> dict[str, int]:
    at: dict[str, int] = {}
    for k, text in enumerate(ids):
        if at.setdefault(text, k) != k:
            refuse_value(folder, "problem.json", key, text)
    return at


def read_certificate(folder: Path, problem: Problem) -> Certificate:
    """Return the certificate of a run.

    Raises
    ------
    BadInputError
        If the file is damaged; what is wrong is in its findings.
    """
    data = read_shape(folder, CERTIFICATE_FILE, StoredCertificate)
    return Certificate(
        tuple(_read_proof(folder, problem, k, level) for k, level in enumerate(data.levels))
    )


def _read_proof(folder: Path, problem: Problem, k: int, level: StoredProof) -> LevelProof:
    steps = [_read_step(folder, problem, f"levels.{k}", step) for step in level.steps]
    return LevelProof(
        level.goal, level.value, level.bound, tuple(steps), level.ascending, level.given_up
    )


def _read_step(folder: Path, problem: Problem, key: str, step: StoredStep) -> PriceStep:
    def by_id(side: str, prices: Mapping[str, int], ids: Sequence[str]) -> IntArray:
        if not set(prices) <= set(ids):
            refuse_value(folder, CERTIFICATE_FILE, f"{key}.{side}", str(list(prices)))
        return np.array([prices.get(text, 0) for text in ids], dtype=np.int64)

    quotas = [price.quota for price in step.quota_prices]
    if quotas != [quota.name for quota in problem.quotas]:
        refuse_value(folder, CERTIFICATE_FILE, f"{key}.quota_prices", str(quotas))
    # What a proof adds up must stay exact: 64 bits that run over could prove anything.
    sides = (*step.unit_prices.values(),), (*step.village_prices.values(),)
    parts = [max(map(abs, side), default=0) for side in sides]
    parts += [abs(price.price) for price in step.quota_prices]
    parts.append(int(np.abs(problem.points).max(initial=1)))
    if sum(parts) >= _EXACT_LIMIT:
        refuse_value(folder, CERTIFICATE_FILE, key, str(sum(parts)))
    return PriceStep(
        step.value,
        by_id("unit_prices", step.unit_prices, problem.unit_ids),
        by_id("village_prices", step.village_prices, problem.village_ids),
        np.array([price.price for price in step.quota_prices], dtype=np.int64),
        step.threshold,
    )
