"""Proximity: the nearer the unit's seat, the more often it can come."""

import numpy as np

from pairmatch.domain.candidates import FULL, Candidates, Contribution, FieldUse, Reason, ScoreRule
from pairmatch.domain.records import Unit, Village
from pairmatch.hooks.builtin.shares import contribute_shares, guess_share

FAR_KM = 100.0
"""Distance between seats at which nearness counts for nothing: an assumption."""


def contribute_proximity(candidates: Candidates, spread: int) -> Contribution:
    """Return ``max(0, 1 - km/FAR_KM)`` of the spread, by great-circle km between seats."""
    units, villages = candidates.units.records, candidates.villages.records
    homes = [unit.county for unit in units]
    goals = [village.county for village in villages]
    share = {
        (home, goal): _measure_share(candidates, home, goal)
        for home in sorted(set(homes))
        for goal in sorted(set(goals))
    }
    guess = guess_share(candidates.background.unknown)
    pairs = list(zip(candidates.unit_idx.tolist(), candidates.village_idx.tolist(), strict=True))
    found = [share[homes[u], goals[v]] for u, v in pairs]
    point = np.array([guess if s is None else s for s in found], dtype=np.int64)
    unknown = np.array([s is None for s in found], dtype=np.bool_)
    low, high = np.where(unknown, 0, point), np.where(unknown, FULL, point)
    return contribute_shares(point, low, high, spread, lambda k: _describe(candidates, k))


def _measure_share(candidates: Candidates, home: str, goal: str) -> int | None:
    km = _find_km(candidates, home, goal)
    return None if km is None else round(max(0.0, 1 - km / FAR_KM) * FULL)


def _find_km(candidates: Candidates, home: str, goal: str) -> float | None:
    # No county is the city seat; it is unknown where there is no table at all.
    return candidates.background.distances.get((home, goal))


def _describe(candidates: Candidates, k: int) -> Reason:
    unit: Unit = candidates.units.records[int(candidates.unit_idx[k])]
    village: Village = candidates.villages.records[int(candidates.village_idx[k])]
    km = _find_km(candidates, unit.county, village.county)
    if km is None:
        return Reason("距离未知", "distance unknown")
    home_zh, home_en = unit.county or "市区", unit.county or "city"
    if home_zh == village.county:
        return Reason(f"同在{home_zh}", f"both in {home_en}")
    field = FieldUse("两地驻地直线距离", "km between seats", f"{km:g}")
    return Reason(
        f"{home_zh}到{village.county}驻地直线距离 {km:g} 公里",
        f"{km:g} km (great circle) from {home_en} to {village.county}",
        (field,),
    )


RULES = (ScoreRule("proximity", "1", "就近便利", "proximity", contribute_proximity),)
