"""Scoring by the book, in exact fractions: shares no code with `pairmatch.score` or its rules."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product

from pairmatch.domain.inputs import Inputs
from pairmatch.domain.records import Reading, Unit
from pairmatch.domain.taxonomy import IndicatorType, Taxonomy

FULL = 10_000
Ends = tuple[int, int]


def round_half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def supply(unit: Unit, need_id: str, taxonomy: Taxonomy) -> int:
    shares = [
        Fraction(level, 3) * taxonomy.strengths.get((capability_id, need_id), 0)
        for capability_id, level in unit.capabilities.items()
    ]
    return math.floor(max(shares, default=Fraction(0)))


def deficit(indicator: IndicatorType, value: float) -> int:
    assert indicator.full_need_at is not None and indicator.no_need_at is not None
    none, full = Fraction(indicator.no_need_at), Fraction(indicator.full_need_at)
    return round(min(max((Fraction(value) - none) / (full - none), Fraction(0)), 1) * FULL)


def ends(indicator: IndicatorType, reading: Reading | None) -> Ends:
    if reading is None:
        return 0, FULL
    if isinstance(reading.value, int | float):
        return (deficit(indicator, reading.value),) * 2
    if reading.low is None or reading.high is None:
        return 0, FULL
    both = deficit(indicator, reading.low), deficit(indicator, reading.high)
    return min(both), max(both)


def lower_median(values: Sequence[int]) -> int:
    # Half of the values or more are at most it, and no smaller one is so.
    return min(v for v in values if 2 * sum(w <= v for w in values) >= len(values))


def settle(inputs: Inputs, indicator: IndicatorType) -> dict[str, int]:
    """Return each village's deficit by the policy for unknowns."""
    interval = {
        v.village_id: ends(indicator, v.indicators.get(indicator.indicator_id))
        for v in inputs.villages
    }
    sure = {v: low for v, (low, high) in interval.items() if low == high}
    settled = {}
    for village in inputs.villages:
        low, high = interval[village.village_id]
        if inputs.scenario.scoring.unknown != "county-median":
            settled[village.village_id] = low if inputs.scenario.scoring.unknown == "none" else high
            continue
        same = [o for o in inputs.villages if o.county == village.county and o.village_id in sure]
        pool = [sure[o.village_id] for o in same] or list(sure.values()) or [FULL // 2]
        settled[village.village_id] = min(max(lower_median(pool), low), high)
    return settled


def need_deficits(inputs: Inputs) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Return (low, value, high) of every (village, need)."""
    found = {}
    for need in inputs.taxonomy.needs:
        own = [
            i
            for i in inputs.taxonomy.indicators
            if i.need_id == need.need_id and i.full_need_at is not None
        ]
        settled = {i.indicator_id: settle(inputs, i) for i in own}
        for village in inputs.villages:
            key = village.village_id, need.need_id
            if not own:
                guess = {"none": 0, "full": FULL}.get(inputs.scenario.scoring.unknown, FULL // 2)
                found[key] = (0, guess, FULL)
                continue
            both = [ends(i, village.indicators.get(i.indicator_id)) for i in own]
            values = [settled[i.indicator_id][village.village_id] for i in own]
            ids = [i.indicator_id for i in own]
            found[key] = (
                mix([low for low, _ in both], ids, need.primary_indicator),
                mix(values, ids, need.primary_indicator),
                mix([high for _, high in both], ids, need.primary_indicator),
            )
    return found


def mix(values: Sequence[int], ids: Sequence[str], primary: str) -> int:
    """Return half the primary indicator and half the mean of the others."""
    others = [value for value, name in zip(values, ids, strict=True) if name != primary]
    first = [value for value, name in zip(values, ids, strict=True) if name == primary]
    parts = [Fraction(sum(part), len(part)) for part in (first, others) if part]
    return round_half_up(sum(parts, Fraction(0)) / len(parts))


def weights(inputs: Inputs, deficits: Mapping[str, int]) -> dict[str, Fraction]:
    """Return the weights of one village's needs, whose deficits are given."""
    needs = inputs.taxonomy.needs
    size = {need.area_id: sum(n.area_id == need.area_id for n in needs) for need in needs}
    total = sum(Fraction(deficits[n.need_id], size[n.area_id]) for n in needs)
    found = {}
    for need in needs:
        own = sum(
            Fraction(deficits[n.need_id], size[n.area_id])
            for n in needs
            if n.area_id == need.area_id
        )
        most = Fraction(inputs.scenario.scoring.area_cap) * total
        shrink = most / own if own > most else Fraction(1)
        found[need.need_id] = shrink / size[need.area_id]
    return found


def coverage(
    deficit_of: Sequence[int], supply_of: Sequence[int], weight_of: Sequence[Fraction | int]
) -> Fraction:
    rows = list(zip(deficit_of, supply_of, weight_of, strict=True))
    wanted = sum((Fraction(w) * d for d, _, w in rows), Fraction(0))
    covered = sum((Fraction(w) * min(d, s) for d, s, w in rows), Fraction(0))
    return covered / wanted if wanted else Fraction(0)


def extremes(
    intervals: Sequence[Ends], supply_of: Sequence[int], weight_of: Sequence[int]
) -> tuple[Fraction, Fraction]:
    """Return least and greatest coverage over all ends and the supply clipped between them."""
    choices = [
        sorted({low, high, min(max(s, low), high)})
        for (low, high), s in zip(intervals, supply_of, strict=True)
    ]
    found = [coverage(point, supply_of, weight_of) for point in product(*choices)]
    return min(found), max(found)
