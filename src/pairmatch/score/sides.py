"""What each side brings: a unit's supply and a village's deficit per need, as exact integers."""

from collections.abc import Sequence

import numpy as np

from pairmatch.domain.candidates import FULL, UnitSide, VillageSide
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.domain.scenario import ScoringSection
from pairmatch.domain.taxonomy import IndicatorType, Taxonomy

TOP_LEVEL = 3
"""Highest level of a capability."""

WEIGHT_STEP = 100
"""Weights are multiples of 1/WEIGHT_STEP of the smallest exact one, so the cap can shrink them."""


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
    return UnitSide(tuple(units), _freeze(supply))


def build_village_side(
    villages: Sequence[Village], taxonomy: Taxonomy, settings: ScoringSection
) -> VillageSide:
    """Return the villages' deficits and the weights of their needs.

    The deficit of an indicator is ``clip((x - no_need_at)/(full_need_at - no_need_at), 0, 1)``; a
    need's deficit counts its primary indicator half and all others together half. Areas weigh the
    same, needs within an area too, until an area makes up more than `area_cap` of the village's
    weighted shortfall: then its weights shrink to that share.
    """
    scaled = [i for i in taxonomy.indicators if i.need_id and i.full_need_at is not None]
    low, high = _measure_deficits(villages, scaled)
    point = _settle_unknown(villages, low, high, settings.unknown)
    mix = _mix_indicators(scaled, taxonomy)
    total = mix.sum(axis=0)
    need = [_mix(deficits, mix, total) for deficits in (point, low, high)]
    # A need that no indicator measures is unknown, not absent.
    for matrix, value in zip(need, (_guess(settings.unknown), 0, FULL), strict=True):
        matrix[:, total == 0] = value
    weight = _weigh_needs(need[0], taxonomy, settings)
    return VillageSide(
        tuple(villages), _freeze(need[0]), _freeze(need[1]), _freeze(need[2]), _freeze(weight)
    )


def _measure_deficits(
    villages: Sequence[Village], scaled: Sequence[IndicatorType]
) -> tuple[IntArray, IntArray]:
    """Return the lowest and highest deficit of every indicator of every village."""
    first = np.full((len(villages), len(scaled)), np.nan)
    last = first.copy()
    for row, village in enumerate(villages):
        for column, indicator in enumerate(scaled):
            reading = village.indicators.get(indicator.indicator_id)
            if reading is not None:
                first[row, column], last[row, column] = _read_ends(reading)
    no_need = np.array([i.no_need_at for i in scaled], dtype=np.float64)
    full_need = np.array([i.full_need_at for i in scaled], dtype=np.float64)

    def scale(values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg] # shape-agnostic floats
        return np.clip((values - no_need) / (full_need - no_need), 0.0, 1.0)

    ends = np.stack([scale(first), scale(last)])
    low = np.where(np.isnan(ends), 0.0, ends).min(axis=0)
    high = np.where(np.isnan(ends), 1.0, ends).max(axis=0)
    return np.rint(low * FULL).astype(np.int64), np.rint(high * FULL).astype(np.int64)


def _read_ends(reading: Reading) -> tuple[float, float]:
    if isinstance(reading.value, int | float):
        return float(reading.value), float(reading.value)
    low = np.nan if reading.low is None else reading.low
    high = np.nan if reading.high is None else reading.high
    return low, high


def _settle_unknown(
    villages: Sequence[Village], low: IntArray, high: IntArray, policy: str
) -> IntArray:
    """Return one deficit per indicator: the known one, or what the policy says in its interval."""
    known = low == high
    point = low.copy()
    if policy == "full":
        point[~known] = high[~known]
    if policy != "county-median":
        return point
    overall = _find_medians(low, known, np.full(low.shape[1], FULL // 2))
    counties = [village.county for village in villages]
    for county in sorted(set(counties)):
        rows = np.array([c == county for c in counties])
        median = _find_medians(low[rows], known[rows], overall)
        guess = np.clip(np.broadcast_to(median, low[rows].shape), low[rows], high[rows])
        point[rows] = np.where(known[rows], low[rows], guess)
    return point


def _find_medians(deficits: IntArray, known: np.ndarray, fallback: IntArray) -> IntArray:  # type: ignore[type-arg] # mask
    """Return each column's lower median over known entries."""
    medians = fallback.copy()
    for column in range(deficits.shape[1]):
        values = np.sort(deficits[known[:, column], column])
        if len(values):
            medians[column] = values[(len(values) - 1) // 2]
    return medians


def _guess(policy: str) -> int:
    return {"none": 0, "full": FULL}.get(policy, FULL // 2)


def _mix_indicators(scaled: Sequence[IndicatorType], taxonomy: Taxonomy) -> IntArray:
    """Return the weight of every indicator in every need: the primary as much as all others."""
    mix = np.zeros((len(scaled), len(taxonomy.needs)), dtype=np.int64)
    for column, need in enumerate(taxonomy.needs):
        rows = [k for k, i in enumerate(scaled) if i.need_id == need.need_id]
        for row in rows:
            is_primary = scaled[row].indicator_id == need.primary_indicator
            mix[row, column] = max(len(rows) - 1, 1) if is_primary else 1
    return mix


def _mix(deficits: IntArray, mix: IntArray, total: IntArray) -> IntArray:
    divisor = np.maximum(total, 1)
    mixed: IntArray = (deficits @ mix + divisor // 2) // divisor
    return mixed


def _weigh_needs(deficit: IntArray, taxonomy: Taxonomy, settings: ScoringSection) -> IntArray:
    areas = [need.area_id for need in taxonomy.needs]
    sizes = {area: areas.count(area) for area in areas}
    step = WEIGHT_STEP * int(np.lcm.reduce([*sizes.values()])) if sizes else WEIGHT_STEP
    base = np.array([step // sizes[area] for area in areas], dtype=np.int64)
    weight = np.tile(base, (len(deficit), 1))
    shortfall = weight * deficit
    numerator, denominator = settings.area_cap.as_integer_ratio()
    cap = shortfall.sum(axis=1) * numerator // denominator
    for area in sizes:
        columns = np.array([a == area for a in areas])
        own = shortfall[:, columns].sum(axis=1)
        over = own > cap
        shrunk = weight[np.ix_(over, columns)] * cap[over, None] // own[over, None]
        weight[np.ix_(over, columns)] = shrunk
    return weight


def _freeze(array: IntArray) -> IntArray:
    array.setflags(write=False)
    return array
