"""What each side brings: a unit's supply and a village's deficit per need, as exact integers."""

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.candidates import FULL, UnitSide, VillageSide, guess_share
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.domain.scenario import ScoringSection
from pairmatch.domain.tables import (
    Record,
    RecordTable,
    UnitTable,
    VillageTable,
    list_capabilities,
)
from pairmatch.domain.taxonomy import IndicatorType, Taxonomy, weigh_indicators

TOP_LEVEL = 3
"""Highest level of a capability."""

MOST_WEIGHT = 2**18
"""Most the weights of a village add up to: (MOST_WEIGHT x FULL)**2 fits in 64 bits, so coverages
are compared exactly by cross-multiplying."""


_Array = TypeVar("_Array", bound=NDArray[Any])


def build_unit_side(units: Sequence[Unit], taxonomy: Taxonomy) -> UnitSide:
    """Return the units' supply: for each need the strongest of level/3 x strength."""
    supply = np.zeros((len(taxonomy.needs), len(units)), dtype=np.int64)
    row = {need.need_id: k for k, need in enumerate(taxonomy.needs)}
    levels = _find_levels(units)
    for (capability_id, need_id), strength in sorted(taxonomy.strengths.items()):
        if capability_id in levels:
            own = supply[row[need_id]]
            np.maximum(own, levels[capability_id] * strength // TOP_LEVEL, out=own)
    return UnitSide(_keep(units), freeze(np.ascontiguousarray(supply.T)))


def _find_levels(units: Sequence[Unit]) -> dict[str, IntArray]:
    """Return the levels of all units in each capability that one of them has."""
    if isinstance(units, UnitTable):
        named = enumerate(units.capabilities)
        return {name: units.levels[:, k].astype(np.int64) for k, name in named}
    return {
        name: np.array([unit.capabilities.get(name, 0) for unit in units], dtype=np.int64)
        for name in list_capabilities(units)
    }


def _keep(records: Sequence[Record]) -> Sequence[Record]:
    """Return the records of a side: a table as it is, others as a tuple."""
    return records if isinstance(records, RecordTable) else tuple(records)


def freeze(array: _Array) -> _Array:
    """Make a new array read-only and return it."""
    array.setflags(write=False)
    return array


def build_village_side(
    villages: Sequence[Village], taxonomy: Taxonomy, settings: ScoringSection
) -> VillageSide:
    """Return the villages' deficits and the weights of their needs.

    The deficit of an indicator is ``clip((x - no_need_at)/(full_need_at - no_need_at), 0, 1)``; a
    need's deficit counts its primary indicator half and all others together half. Areas weigh the
    same, needs within an area too. Where one area makes up more than `area_cap` of the village's
    weighted shortfall, its weights shrink until it holds that share of the shortfall there was.
    """
    scaled = [i for i in taxonomy.indicators if i.need_id and i.full_need_at is not None]
    column = {need.need_id: k for k, need in enumerate(taxonomy.needs)}
    weights = weigh_indicators(taxonomy)
    total = np.zeros(len(taxonomy.needs), dtype=np.int64)
    sums = np.zeros((3, len(taxonomy.needs), len(villages)), dtype=np.int64)
    counties = _number_counties(villages)
    for indicator in scaled:
        low, high = _measure_deficit(villages, indicator)
        point = _settle_unknown(low, high, counties, settings.unknown)
        need, weight = column[indicator.need_id], weights[indicator.indicator_id][0]
        total[need] += weight
        for mixed, deficit in zip(sums, (point, low, high), strict=True):
            mixed[need] += weight * deficit
    # The weighted mean of each need's indicators, half rounded up.
    divisor = np.maximum(total, 1)[:, None]
    sums += divisor // 2
    sums //= divisor
    # A need that no indicator measures is unknown, not absent.
    sums[:, total == 0] = np.array([guess_share(settings.unknown), 0, FULL])[:, None, None]
    deficits = [np.ascontiguousarray(mixed.T) for mixed in sums]
    weight_matrix = _weigh_needs(deficits[0], taxonomy, settings)
    ends = [freeze(matrix) for matrix in deficits]
    return VillageSide(_keep(villages), ends[0], ends[1], ends[2], freeze(weight_matrix))


def _measure_deficit(
    villages: Sequence[Village], indicator: IndicatorType
) -> tuple[IntArray, IntArray]:
    """Return the lowest and highest deficit that each village may have in an indicator."""
    no_need, full_need = indicator.no_need_at or 0.0, indicator.full_need_at or 0.0
    first, last = (
        np.clip((ends - no_need) / (full_need - no_need), 0.0, 1.0)
        for ends in _find_ends(villages, indicator.indicator_id)
    )
    low = np.minimum(np.where(np.isnan(first), 0.0, first), np.where(np.isnan(last), 0.0, last))
    high = np.maximum(np.where(np.isnan(first), 1.0, first), np.where(np.isnan(last), 1.0, last))
    return np.rint(low * FULL).astype(np.int64), np.rint(high * FULL).astype(np.int64)


def _find_ends(
    villages: Sequence[Village], indicator_id: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and most that the answers on an indicator may mean; NaN where open."""
    if isinstance(villages, VillageTable):
        return villages.find_ends(indicator_id)
    ends = [_read_ends(village.indicators.get(indicator_id)) for village in villages]
    values = np.array(ends, dtype=np.float64).reshape(len(villages), 2)
    return values[:, 0], values[:, 1]


def _read_ends(reading: Reading | None) -> tuple[float, float]:
    """Return the least and most that an answer may mean; NaN where it is open."""
    if reading is None:
        return np.nan, np.nan
    if isinstance(reading.value, int | float):
        return reading.value, reading.value
    low = np.nan if reading.low is None else reading.low
    high = np.nan if reading.high is None else reading.high
    return low, high


def _number_counties(villages: Sequence[Village]) -> IntArray:
    """Return a number for the county of each village."""
    if isinstance(villages, VillageTable):
        return villages.county.codes.astype(np.int64)
    numbers: dict[str, int] = {}
    counted = [numbers.setdefault(village.county, len(numbers)) for village in villages]
    return np.array(counted, dtype=np.int64)


def _settle_unknown(low: IntArray, high: IntArray, counties: IntArray, policy: str) -> IntArray:
    """Return one deficit per village: the known one, or what the policy says in its interval.

    By the policy of medians that is the lower median of the known ones in the county, or among
    all villages where none in the county is known.
    """
    if policy in {"none", "full"}:
        return low if policy == "none" else high
    known = low == high
    if known.all():
        return low
    ordered = np.sort(low[known])
    overall = ordered[(len(ordered) - 1) // 2] if len(ordered) else FULL // 2
    counts = np.bincount(counties[known], minlength=int(counties.max()) + 1)
    # Numbers that are in order by county first, then by deficit.
    keys = np.sort(counties[known] * (FULL + 1) + low[known])
    middles = np.cumsum(counts) - counts + (counts - 1) // 2
    medians = np.full(len(counts), overall, dtype=np.int64)
    medians[counts > 0] = keys[middles[counts > 0]] % (FULL + 1)
    return np.where(known, low, np.clip(medians[counties], low, high))


def _weigh_needs(deficit: IntArray, taxonomy: Taxonomy, settings: ScoringSection) -> IntArray:
    """Return (villages, needs): equal shares of areas and needs, no area above its cap."""
    areas = [need.area_id for need in taxonomy.needs]
    sizes = {area: areas.count(area) for area in areas}
    room = MOST_WEIGHT // max(len(sizes), 1)
    exact = math.lcm(*sizes.values())
    area_weight = room // exact * exact or room
    base = np.array([area_weight // sizes[area] for area in areas], dtype=np.int64)
    weight = np.tile(base, (len(deficit), 1))
    shortfall = weight * deficit
    cap = shortfall.sum(axis=1) * math.ceil(settings.area_cap * FULL) // FULL
    for area in sizes:
        columns = np.array([a == area for a in areas])
        own = shortfall[:, columns].sum(axis=1)
        over = own > cap
        shrunk = weight[np.ix_(over, columns)] * cap[over, None] // own[over, None]
        weight[np.ix_(over, columns)] = np.maximum(shrunk, 1)
    return weight
