"""Proximity: the nearer the unit's seat, the more often it can come."""

import numpy as np

from pairmatch.domain.candidates import (
    FULL,
    BoolArray,
    Candidates,
    Contribution,
    FieldUse,
    Reason,
    ScoreRule,
    guess_share,
    remember,
)
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.tables import list_all_texts
from pairmatch.hooks.builtin.shares import contribute_shares, describe_guess, scale_share

FAR_KM = 100.0
"""Distance between seats at which nearness counts for nothing: an assumption."""


def contribute_proximity(candidates: Candidates, spread: int) -> Contribution:
    """Return ``max(0, 1 - km/FAR_KM)`` of the spread, by great-circle km between seats."""
    table, known, home_idx, goal_idx = remember(candidates, "proximity", _measure_shares)
    pairs = (home_idx[candidates.unit_idx], goal_idx[candidates.village_idx])
    share, is_known = table[pairs], known[pairs]
    return contribute_shares(
        share,
        np.where(is_known, share, 0),
        np.where(is_known, share, FULL),
        spread,
        lambda k: _describe(candidates, k),
    )


def measure_proximity(candidates: Candidates, spread: int) -> IntArray:
    """Return the points of `contribute_proximity` without their interval."""
    table, _known, home_idx, goal_idx = remember(candidates, "proximity", _measure_shares)
    share = table[home_idx[candidates.unit_idx], goal_idx[candidates.village_idx]]
    return scale_share(share, spread)


def _measure_shares(candidates: Candidates) -> tuple[IntArray, BoolArray, IndexArray, IndexArray]:
    """Return the shares by home and county, which are known, and where units and villages are."""
    units = candidates.units.records
    tiers, counties = (list_all_texts(units, name) for name in ("tier", "county"))
    homes = [_find_home(tier, county) for tier, county in zip(tiers, counties, strict=True)]
    goals = list_all_texts(candidates.villages.records, "county")
    row = {home: k for k, home in enumerate(dict.fromkeys(homes))}
    column = {goal: k for k, goal in enumerate(dict.fromkeys(goals))}
    shape = (len(row), len(column))
    table = np.full(shape, guess_share(candidates.background.unknown), dtype=np.int64)
    known = np.zeros(shape, dtype=np.bool_)
    # All pairs of counties in a country are millions; those that something is known of are few.
    near = {(goal, goal) for goal in column if goal in row}
    for home, goal in (*candidates.background.distances, *near):
        share = _measure_share(candidates, home, goal)
        if home in row and goal in column and share is not None:
            table[row[home], column[goal]] = share
            known[row[home], column[goal]] = True
    home_idx = np.array([row[home] for home in homes], dtype=np.int32)
    goal_idx = np.array([column[goal] for goal in goals], dtype=np.int32)
    return table, known, home_idx, goal_idx


def _find_home(tier: str, county: str) -> str | None:
    """Return a unit's county, the empty name for the city seat, or None if it is not known."""
    return None if tier == "county" and not county else county


def _measure_share(candidates: Candidates, home: str | None, goal: str) -> int | None:
    km = _find_km(candidates, home, goal)
    return None if km is None else round(max(0.0, 1 - km / FAR_KM) * FULL)


def _find_km(candidates: Candidates, home: str | None, goal: str) -> float | None:
    if home is None or not goal:
        return None
    return 0.0 if home == goal else candidates.background.distances.get((home, goal))


def _describe(candidates: Candidates, k: int) -> Reason:
    unit = candidates.units.records[int(candidates.unit_idx[k])]
    village = candidates.villages.records[int(candidates.village_idx[k])]
    home = _find_home(unit.tier, unit.county)
    km = _find_km(candidates, home, village.county)
    if km is None:
        zh, en = describe_guess(candidates.background.unknown)
        return Reason(f"两地距离：{zh}", f"distance: {en}")
    if home == village.county:
        return Reason(f"单位和村同在{home}", f"both in {home}")
    home_zh, home_en = home or "市区", home or "the city seat"
    field = FieldUse("两地驻地直线距离（公里）", "km between seats", f"{km:g}")
    return Reason(
        f"从{home_zh}到{village.county}，驻地直线距离 {km:g} 公里",
        f"{km:g} km (great circle) from {home_en} to the seat of {village.county}",
        (field,),
    )


RULES = (
    ScoreRule(
        "proximity",
        "1",
        "就近便利",
        "proximity",
        contribute_proximity,
        measure=measure_proximity,
    ),
)
