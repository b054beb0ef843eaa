"""Need coverage: the share of the village's weighted shortfall that the unit can close."""

import numpy as np

from pairmatch.domain.candidates import FULL, Candidates, Contribution, FieldUse, Reason, ScoreRule
from pairmatch.domain.inputs import IntArray
from pairmatch.hooks.builtin.shares import scale_fraction

NUM_NAMED = 3
"""How many needs a reason names."""


def contribute_coverage(candidates: Candidates, spread: int) -> Contribution:
    """Return ``sum w min(d, s) / sum w d`` of the spread, exact, with its interval.

    Over an unknown deficit the ratio rises up to d = s and falls beyond, so its maximum takes
    every unknown at s and its minimum takes each at one end of its interval; which end is found
    by Dinkelbach's method (Management Science 13, 1967), which ends at the exact minimum.
    """
    sides = candidates.villages
    supply = candidates.units.supply[candidates.unit_idx]
    weight = sides.need_weight[candidates.village_idx]
    low = sides.deficit_low[candidates.village_idx]
    high = sides.deficit_high[candidates.village_idx]
    point = sides.deficit[candidates.village_idx]
    return Contribution(
        scale_fraction(*_sum_shares(point, supply, weight), spread),
        scale_fraction(*_find_least(low, high, supply, weight), spread),
        scale_fraction(*_sum_shares(np.clip(supply, low, high), supply, weight), spread),
        lambda k: _describe(candidates, k),
    )


def _sum_shares(
    deficit: IntArray, supply: IntArray, weight: IntArray
) -> tuple[IntArray, IntArray]:
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
    weight = sides.need_weight[v]
    met = weight * np.minimum(deficit, supply)
    wanted = int((weight * deficit).sum())
    if not wanted:
        return Reason("村情表上没有短板", "the sheet shows no shortfall")
    order = [n for n in np.argsort(-met, kind="stable").tolist() if met[n]][:NUM_NAMED]
    percent = (200 * int(met.sum()) + wanted) // (2 * wanted)
    names_zh = "、".join(needs[n].name_zh for n in order) or "（没有对得上的长处）"
    names_en = ", ".join(needs[n].name_en for n in order) or "(no strength that fits)"
    fields = tuple(
        FieldUse(
            needs[n].name_zh,
            needs[n].name_en,
            f"{_percent(int(deficit[n]))} / {_percent(int(supply[n]))}",
            "" if sides.deficit_low[v, n] == sides.deficit_high[v, n] else "unknown",
        )
        for n in order
    )
    return Reason(
        f"可补上加权短板的 {percent}%，主要是：{names_zh}",
        f"can close {percent}% of the weighted shortfall, mainly: {names_en}",
        fields,
    )


def _percent(share: int) -> str:
    return f"{(200 * share + FULL) // (2 * FULL)}%"


RULES = (
    ScoreRule("need_coverage", "1", "需求补位", "need coverage", contribute_coverage),
)
