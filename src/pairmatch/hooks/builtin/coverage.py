"""Need coverage: the share of the village's weighted shortfall that the unit can close."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.candidates import (
    FULL,
    Candidates,
    Contribution,
    DescribedReasons,
    FieldUse,
    Reason,
    ScoreRule,
    remember,
)
from pairmatch.domain.inputs import IntArray
from pairmatch.hooks.builtin.shares import describe_guess, list_blocks, scale_fraction

NUM_NAMED = 3
"""How many needs a reason names."""


def contribute_coverage(candidates: Candidates, spread: int) -> Contribution:
    """Return ``sum w min(d, s) / sum w d`` of the spread, exact, with its interval.

    The interval is over all deficits that unknown answers could have, with the village's weights
    as they are. Over an unknown deficit the ratio rises up to d = s and falls beyond, so its
    maximum takes every unknown at s and its minimum takes each at one end of its interval; which
    end is found by Dinkelbach's method (Management Science 13, 1967), which ends at the exact
    minimum.
    """
    steps = np.zeros((3, len(candidates)), dtype=np.int64)
    for block in list_blocks(len(candidates)):
        steps[:, block] = _score_block(candidates, block, spread)
    reasons = DescribedReasons(len(candidates), lambda k: _describe(candidates, k))
    return Contribution(steps[0], steps[1], steps[2], reasons)


def measure_coverage(candidates: Candidates, spread: int) -> IntArray:
    """Return the points of `contribute_coverage` without their interval."""
    points = np.zeros(len(candidates), dtype=np.int64)
    sides = remember(candidates, "need_coverage", _narrow_sides)
    for block in list_blocks(len(candidates)):
        rows = candidates.village_idx[block]
        met = np.minimum(sides.deficit[rows], sides.supply[candidates.unit_idx[block]])
        covered = (sides.weight[rows] * met).sum(axis=1, dtype=sides.weight.dtype)
        points[block] = scale_fraction(covered.astype(np.int64), sides.wanted[rows], spread)
    return points


@dataclass(frozen=True, slots=True)
class _NarrowSides:
    """Supplies, deficits and weights in the narrowest numbers that hold every sum of them.

    Reading them from memory is what takes the time. `wanted` is ``sum w d`` of each village.
    """

    supply: NDArray[Any]
    deficit: NDArray[Any]
    weight: NDArray[Any]
    wanted: IntArray


def _narrow_sides(candidates: Candidates) -> _NarrowSides:
    supply, villages = candidates.units.supply, candidates.villages
    deficit, weight = villages.deficit, villages.need_weight
    wanted: IntArray = (weight * deficit).sum(axis=1)
    is_narrow = int(deficit.max(initial=0)) < 1 << 16 and int(supply.max(initial=0)) < 1 << 16
    is_narrow &= int(wanted.max(initial=0)) < 1 << 32  # and no pair is covered beyond that
    few, more = (np.uint16, np.uint32) if is_narrow else (np.int64, np.int64)
    return _NarrowSides(supply.astype(few), deficit.astype(few), weight.astype(more), wanted)


def _score_block(candidates: Candidates, block: slice, spread: int) -> tuple[IntArray, ...]:
    """Return points, lowest and highest points of some pairs."""
    sides, rows = candidates.villages, candidates.village_idx[block]
    supply = candidates.units.supply[candidates.unit_idx[block]]
    weight, point = sides.need_weight[rows], sides.deficit[rows]
    low, high = sides.deficit_low[rows], sides.deficit_high[rows]
    if np.array_equal(low, high):
        return (scale_fraction(*_sum_shares(point, supply, weight), spread),) * 3
    return (
        scale_fraction(*_sum_shares(point, supply, weight), spread),
        scale_fraction(*_find_least(low, high, supply, weight), spread),
        scale_fraction(*_sum_shares(np.clip(supply, low, high), supply, weight), spread),
    )


def _sum_shares(deficit: IntArray, supply: IntArray, weight: IntArray) -> tuple[IntArray, IntArray]:
    covered: IntArray = (weight * np.minimum(deficit, supply)).sum(axis=1)
    wanted: IntArray = (weight * deficit).sum(axis=1)
    return covered, wanted


def _find_least(
    low: IntArray, high: IntArray, supply: IntArray, weight: IntArray
) -> tuple[IntArray, IntArray]:
    """Return covered and wanted at the deficits, within their intervals, of least coverage."""
    more_covered = weight * (np.minimum(high, supply) - np.minimum(low, supply))
    more_wanted = weight * (high - low)
    covered, wanted = _sum_shares(low, supply, weight)
    covered_at_low, wanted_at_low = covered, wanted
    while True:
        # Raising a deficit lowers the ratio if it adds less than the present ratio.
        worse = more_covered * wanted[:, None] < covered[:, None] * more_wanted
        next_covered = covered_at_low + np.where(worse, more_covered, 0).sum(axis=1)
        next_wanted = wanted_at_low + np.where(worse, more_wanted, 0).sum(axis=1)
        better = next_covered * wanted < covered * next_wanted
        if not better.any():
            return covered, wanted
        covered = np.where(better, next_covered, covered)
        wanted = np.where(better, next_wanted, wanted)


def _describe(candidates: Candidates, k: int) -> Reason:
    u, v = int(candidates.unit_idx[k]), int(candidates.village_idx[k])
    sides, needs = candidates.villages, candidates.background.taxonomy.needs
    supply, deficit = candidates.units.supply[u], sides.deficit[v]
    met = sides.need_weight[v] * np.minimum(deficit, supply)
    wanted = int((sides.need_weight[v] * deficit).sum())
    if not wanted:
        return Reason("村情表上没有短板", "the sheet shows no shortfall")
    named = [n for n in np.argsort(-met, kind="stable").tolist() if met[n]][:NUM_NAMED]
    if not named:
        return Reason(
            "村里的短板，单位的长处暂时补不上",
            "the unit's strengths meet none of the village's shortfalls",
        )
    percent = (200 * int(met.sum()) + wanted) // (2 * wanted)
    names_zh = "、".join(needs[n].name_zh for n in named)
    names_en = ", ".join(needs[n].name_en for n in named)
    return Reason(
        f"本村的短板，单位大约能补上 {percent}%，主要是：{names_zh}",
        f"can close about {percent}% of the weighted shortfall, mainly: {names_en}",
        tuple(_list_field(candidates, u, v, n) for n in named),
    )


def _list_field(candidates: Candidates, u: int, v: int, n: int) -> FieldUse:
    sides, need = candidates.villages, candidates.background.taxonomy.needs[n]
    missing = _percent(int(sides.deficit[v, n]))
    able = _percent(int(candidates.units.supply[u, n]))
    guess_zh, guess_en = "", ""
    if sides.deficit_low[v, n] != sides.deficit_high[v, n]:
        zh, en = describe_guess(candidates.background.unknown)
        guess_zh, guess_en = f"（{zh}）", f" ({en})"
    return FieldUse(
        need.name_zh,
        need.name_en,
        f"村里缺 {missing}{guess_zh}，单位能补 {able}",
        sides.records[v].place.file,
        f"missing {missing}{guess_en}, the unit can give {able}",
    )


def _percent(share: int) -> str:
    return f"{(200 * share + FULL) // (2 * FULL)}%"


RULES = (
    ScoreRule(
        "need_coverage",
        "1",
        "需求补位",
        "need coverage",
        contribute_coverage,
        measure=measure_coverage,
    ),
)
