"""What each side brings: a unit's supply and a village's deficit per need, as exact integers."""

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.candidates import FULL, BoolArray, UnitSide, VillageSide, guess_share
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.domain.scenario import ScoringSection
from pairmatch.domain.taxonomy import IndicatorType, Taxonomy, weigh_indicators

TOP_LEVEL = 3
"""Highest level of a capability."""

MOST_WEIGHT = 2**18
"""Most the weights of a village add up to: (MOST_WEIGHT x FULL)**2 fits in 64 bits, so coverages
are compared exactly by cross-multiplying."""


_Array = TypeVar("_Array", bound=NDArray[Any])


def build_unit_side(units: Sequence[Unit], taxonomy: Taxonomy) -> UnitSide:
    """Return the units' supply: for each need the strongest of level/3 x strength."""
    supply = np.zeros((len(units), len(taxonomy.needs)), dtype=np.int64)
    column = {need.need_id: k for k, need in enumerate(taxonomy.needs)}
    links: dict[str, list[tuple[int, int]]] = {}
    for (capability_id, need_id), strength in sorted(taxonomy.strengths.items()):
        links.setdefault(capability_id, []).append((column[need_id], strength))
    for row, unit in enumerate(units):
        for capability_id, level in unit.capabilities.items():
            for need, strength in links.get(capability_id, ()):
                supply[row, need] = max(supply[row, need], level * strength // TOP_LEVEL)
    return UnitSide(tuple(units), freeze(supply))


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
    low, high = _measure_deficits(villages, scaled)
    point = _settle_unknown(villages, low, high, settings.unknown)
    mix = _mix_indicators(scaled, taxonomy)
    total = mix.sum(axis=0)
    deficits = [_mix(ends, mix, total) for ends in (point, low, high)]
    # A need that no indicator measures is unknown, not absent.
    for matrix, value in zip(deficits, (guess_share(settings.unknown), 0, FULL), strict=True):
        matrix[:, total == 0] = value
    weight = _weigh_needs(deficits[0], taxonomy, settings)
    return VillageSide(tuple(villages), *map(freeze, (*deficits, weight)))


def _measure_deficits(
    villages: Sequence[Village], scaled: Sequence[IndicatorType]
) -> tuple[IntArray, IntArray]:
    """Return the lowest and highest deficit of every indicator of every village."""
    fields = [indicator.indicator_id for indicator in scaled]
    ends = [_read_ends(village.indicators.get(field)) for village in villages for field in fields]
    values = np.array(ends, dtype=np.float64).reshape(len(villages), len(scaled), 2)
    no_need = np.array([i.no_need_at for i in scaled], dtype=np.float64)
    full_need = np.array([i.full_need_at for i in scaled], dtype=np.float64)

    def scale(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip((values - no_need) / (full_need - no_need), 0.0, 1.0)

    scaled_ends = np.stack([scale(values[:, :, end]) for end in (0, 1)])
    low = np.where(np.isnan(scaled_ends), 0.0, scaled_ends).min(axis=0)
    high = np.where(np.isnan(scaled_ends), 1.0, scaled_ends).max(axis=0)
    return np.rint(low * FULL).astype(np.int64), np.rint(high * FULL).astype(np.int64)


def _read_ends(reading: Reading | None) -> tuple[float, float]:
    """Return the least and most that an answer may mean; NaN where it is open."""
    if reading is None:
        return np.nan, np.nan
    if isinstance(reading.value, int | float):
        return reading.value, reading.value
    low = np.nan if reading.low is None else reading.low
    high = np.nan if reading.high is None else reading.high
    return low, high


def _settle_unknown(
    villages: Sequence[Village], low: IntArray, high: IntArray, policy: str
) -> IntArray:
    """Return one deficit per indicator: the known one, or what the policy says in its interval."""
    if policy in {"none", "full"}:
        return low if policy == "none" else high
    known = low == high
    point = low.copy()
    overall = _find_medians(low, known, np.full(low.shape[1], FULL // 2))
    counties = [village.county for village in villages]
    for county in sorted(set(counties)):
        rows = np.array([c == county for c in counties])
        median = _find_medians(low[rows], known[rows], overall)
        guess = np.clip(np.broadcast_to(median, low[rows].shape), low[rows], high[rows])
        point[rows] = np.where(known[rows], low[rows], guess)
    return point


def _find_medians(deficits: IntArray, known: BoolArray, fallback: IntArray) -> IntArray:
    """Return each column's lower median over known entries."""
    medians = fallback.copy()
    for column in range(deficits.shape[1]):
        values = np.sort(deficits[known[:, column], column])
        if len(values):
            medians[column] = values[(len(values) - 1) // 2]
    return medians


def _mix_indicators(scaled: Sequence[IndicatorType], taxonomy: Taxonomy) -> IntArray:
    """Return the weight of every indicator in every need: the primary as much as all others."""
    weighed = weigh_indicators(taxonomy)
    mix = np.zeros((len(scaled), len(taxonomy.needs)), dtype=np.int64)
    column = {need.need_id: k for k, need in enumerate(taxonomy.needs)}
    for row, indicator in enumerate(scaled):
        mix[row, column[indicator.need_id]] = weighed[indicator.indicator_id][0]
    return mix


def _mix(deficits: IntArray, mix: IntArray, total: IntArray) -> IntArray:
    """Return the weighted mean of each need's indicators, half rounded up."""
    divisor = np.maximum(total, 1)
    mixed: IntArray = (deficits @ mix + divisor // 2) // divisor
    return mixed


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
