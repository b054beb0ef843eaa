"""What a field is worth for the units, villages and pairs of some candidates.

Unknown is never zero: a value that is not known is an interval, and `values` holds what stands in
for it by the scenario's policy, or NaN where nothing does.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.candidates import BoolArray, Candidates, FieldUse
from pairmatch.domain.fields import (
    FARTHEST_KM,
    INDUSTRY_FIELD,
    TYPES_FIELD,
    Field,
)
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.records import PreviousPair, Reading, Unit, Village
from pairmatch.domain.taxonomy import drop_section, list_industries

FloatArray = NDArray[np.float64]
Text = str | frozenset[str] | None
Ends = tuple[float, float]

_OPEN: Ends = (math.nan, math.nan)
_NONE_BEFORE: Ends = (math.inf, -math.inf)
"""No value at all, which is something else than an unknown one."""
_STEPS_PER_PERCENT = 100


@dataclass(frozen=True, slots=True)
class FieldValues:
    """A field's values, one per unit, village or pair as the field's side says.

    Numbers (yes is 1, no is 0) are in `values`, `low` and `high`; texts and sets of texts in
    `texts`, None where unknown. `low` and `high` bound what an unknown value may be; NaN in both
    says that there is no value (a grade of a pair that was none), and no comparison holds for it.
    `values` is NaN where nothing stands in for the unknown.
    """

    values: FloatArray
    low: FloatArray
    high: FloatArray
    is_known: BoolArray
    texts: tuple[Text, ...] = ()


def read_field(field: Field, candidates: Candidates) -> FieldValues:
    """Return the values of a field.

    Where a number of a village is not known, the scenario's policy says what stands in for it:
    the lower median of the county's known values, or the value at which the indicator shows no
    need or full need, if it has such a scale; within the range that was answered, if there is one.
    """
    area, _, name = field.field_id.partition(".")
    if area in _TABLES:
        return _read_needs(area, name, candidates)
    if field.side == "pair":
        return _fill_unknown(field, _PAIR_READERS[name](candidates), "")
    records = candidates.units.records if field.side == "unit" else candidates.villages.records
    if field.kind in {"text", "set"}:
        return _keep_texts([_read_text(field, record) for record in records])
    if area == "capability":
        return _keep_levels([u.capabilities.get(name, 0) for u in candidates.units.records])
    ends = [_read_number(area, name, record) for record in records]
    policy = candidates.background.unknown if field.side == "village" else ""
    return _fill_unknown(field, ends, policy)


def describe_field(field: Field, candidates: Candidates, k: int) -> FieldUse:
    """Return what a field was for the k-th pair, for the ledger: label, value and source."""
    unit = candidates.units.records[int(candidates.unit_idx[k])]
    village = candidates.villages.records[int(candidates.village_idx[k])]
    record = unit if field.side == "unit" else village
    if field.kind in {"text", "set"}:
        value = _show_text(field, record, candidates)
    else:
        value = _show_number(field, *_read_one(field, candidates, k))
    label = f"{field.name_zh}（{field.unit}）" if field.unit else field.name_zh
    source = _find_source(field, record, candidates, (unit, village))
    return FieldUse(
        label, field.name_en, value[0], source, "" if value[0] == value[1] else value[1]
    )


# --- numbers ---------------------------------------------------------------------------------


def _read_number(area: str, name: str, record: Unit | Village) -> Ends:
    """Return the ends of a number of one record; NaN where they are open."""
    if isinstance(record, Unit):
        value = record.capabilities.get(name, 0) if area == "capability" else getattr(record, name)
        return _take(value)
    reading = record.indicators.get(name)
    if reading is not None:
        return _read_reading(reading)
    return _take(getattr(record, name, None))


def _take(value: float | None) -> Ends:
    return _OPEN if value is None else (float(value), float(value))


def _read_reading(reading: Reading) -> Ends:
    if isinstance(reading.value, int | float):
        return float(reading.value), float(reading.value)
    low = math.nan if reading.low is None else reading.low
    high = math.nan if reading.high is None else reading.high
    return low, high


def _fill_unknown(field: Field, ends: Sequence[Ends] | FloatArray, policy: str) -> FieldValues:
    array = np.array(ends, dtype=np.float64).reshape(len(ends), 2)
    low, high = array[:, 0].copy(), array[:, 1].copy()
    least = -math.inf if field.minimum is None else field.minimum
    most = math.inf if field.maximum is None else field.maximum
    absent = low > high
    low[np.isnan(low)] = least
    high[np.isnan(high)] = most
    known = low == high
    if known.all():
        return FieldValues(low, low, low, known)
    values = low.copy()
    guess = _guess(field, low[known], policy)
    values[~known] = np.clip(guess, low[~known], high[~known])
    for part in (values, low, high):
        part[absent] = np.nan
    return FieldValues(values, low, high, known | absent)


def _keep_levels(levels: Sequence[int]) -> FieldValues:
    """Return levels of a capability, which are all known: a unit without it has none."""
    array = np.array(levels, dtype=np.float64)
    return FieldValues(array, array, array, np.ones(len(array), dtype=np.bool_))


def _guess(field: Field, known: FloatArray, policy: str) -> float:
    guess: float | None = None
    if policy == "county-median" and len(known):
        guess = float(np.sort(known)[(len(known) - 1) // 2])
    elif policy in {"none", "full"}:
        guess = field.no_need_at if policy == "none" else field.full_need_at
    return math.nan if guess is None else guess


# --- needs -----------------------------------------------------------------------------------


def _read_deficits(candidates: Candidates, column: int) -> tuple[IntArray, IntArray, IntArray]:
    side = candidates.villages
    return (
        side.deficit[:, column],
        side.deficit_low[:, column],
        side.deficit_high[:, column],
    )


def _read_supplies(candidates: Candidates, column: int) -> tuple[IntArray, IntArray, IntArray]:
    supply = candidates.units.supply[:, column]
    return supply, supply, supply


_TABLES: Mapping[str, Callable[[Candidates, int], tuple[IntArray, IntArray, IntArray]]] = {
    "deficit": _read_deficits,
    "supply": _read_supplies,
}


def _read_needs(area: str, need_id: str, candidates: Candidates) -> FieldValues:
    needs = [need.need_id for need in candidates.background.taxonomy.needs]
    tables = _TABLES[area](candidates, needs.index(need_id))
    values, low, high = (table / _STEPS_PER_PERCENT for table in tables)
    return FieldValues(values, low, high, low == high)


# --- pairs -----------------------------------------------------------------------------------


def _find_home(unit: Unit) -> str | None:
    """Return the unit's county, the empty name for the city seat, or None if it is not known."""
    return None if unit.tier == "county" and not unit.county else unit.county


def _measure_distance(candidates: Candidates, home: str | None, goal: str) -> Ends:
    if home is None or not goal:
        return _OPEN
    km = 0.0 if home == goal else candidates.background.distances.get((home, goal))
    return _take(None if km is None else min(max(km, 0.0), FARTHEST_KM))


def _compare_counties(_candidates: Candidates, home: str | None, goal: str) -> Ends:
    return _OPEN if home is None or not goal else _take(home == goal)


def _read_counties(
    candidates: Candidates, measure: Callable[[Candidates, str | None, str], Ends]
) -> FloatArray:
    """Return the ends per pair of what two counties tell, each two of them measured once."""
    homes = [_find_home(unit) for unit in candidates.units.records]
    goals = [village.county for village in candidates.villages.records]
    row = {home: k for k, home in enumerate(dict.fromkeys(homes))}
    column = {goal: k for k, goal in enumerate(dict.fromkeys(goals))}
    table = [measure(candidates, home, goal) for home in row for goal in column]
    array = np.array(table, dtype=np.float64).reshape(len(row), len(column), 2)
    home_idx = np.array([row[home] for home in homes], dtype=np.int32)
    goal_idx = np.array([column[goal] for goal in goals], dtype=np.int32)
    ends: FloatArray = array[home_idx[candidates.unit_idx], goal_idx[candidates.village_idx]]
    return ends


def _take_grade(pair: PreviousPair) -> Ends:
    grades = [grade for grade in pair.grades if grade is not None]
    return _take(grades[-1]) if grades else (1.0, 4.0)


def _read_previous(
    candidates: Candidates, nothing: Ends, take: Callable[[PreviousPair], Ends]
) -> FloatArray:
    """Return the ends per pair: those of the cycle before, or `nothing` for the others."""
    ends = np.tile(np.array(nothing, dtype=np.float64), (len(candidates), 1))
    row = {unit.unit_id: u for u, unit in enumerate(candidates.units.records)}
    column = {village.village_id: v for v, village in enumerate(candidates.villages.records)}
    known = {
        row[pair.unit_id] * len(column) + column[pair.village_id]: pair
        for pair in candidates.background.previous
        if pair.unit_id in row and pair.village_id in column
    }
    keys = candidates.unit_idx.astype(np.int64) * len(column) + candidates.village_idx
    for k in np.flatnonzero(np.isin(keys, np.array(sorted(known), dtype=np.int64))).tolist():
        ends[k] = take(known[int(keys[k])])
    return ends


_PAIR_READERS: Mapping[str, Callable[[Candidates], FloatArray]] = {
    "distance": lambda candidates: _read_counties(candidates, _measure_distance),
    "same_county": lambda candidates: _read_counties(candidates, _compare_counties),
    "previous": lambda candidates: _read_previous(candidates, (0.0, 0.0), lambda _: (1.0, 1.0)),
    "previous_grade": lambda candidates: _read_previous(candidates, _NONE_BEFORE, _take_grade),
}


# --- texts -----------------------------------------------------------------------------------


def _read_text(field: Field, record: Unit | Village) -> Text:
    """Return a text, several texts, or None if that is not known."""
    if field.field_id == INDUSTRY_FIELD and isinstance(record, Unit):
        return _list_divisions(record.industry_codes)
    if isinstance(record, Unit):
        return _as_text(getattr(record, field.field_id.partition(".")[2]))
    name = field.field_id.partition(".")[2]
    reading = record.indicators.get(name)
    if field.field_id == TYPES_FIELD and record.types:
        return record.types
    if reading is not None:
        return _as_text(reading.value)
    return _as_text(getattr(record, name, None))


@lru_cache(maxsize=1 << 12)
def _list_divisions(codes: tuple[str, ...]) -> frozenset[str] | None:
    """Return the industries of a unit, with the wider ones they belong to."""
    divisions = [list_industries(drop_section(code)) for code in codes]
    return frozenset().union(*divisions) if divisions else None


def _as_text(value: object) -> Text:
    if isinstance(value, tuple | frozenset):
        return frozenset(str(part) for part in value)
    return str(value) if value not in (None, "") else None


def _keep_texts(texts: Sequence[Text]) -> FieldValues:
    known = np.array([text is not None for text in texts], dtype=np.bool_)
    nothing = np.full(len(texts), np.nan)
    return FieldValues(nothing, nothing, nothing, known, tuple(texts))


# --- words for the ledger --------------------------------------------------------------------


def _read_one(field: Field, candidates: Candidates, k: int) -> tuple[float, float, float]:
    """Return value, low and high of one pair; medians are only taken where they are needed."""
    if field.side == "pair":
        row = k
    elif field.side == "unit":
        row = int(candidates.unit_idx[k])
    else:
        row = int(candidates.village_idx[k])
    if field.side != "pair" and field.field_id.partition(".")[0] not in _TABLES:
        records = candidates.units.records if field.side == "unit" else candidates.villages.records
        area, _, name = field.field_id.partition(".")
        low, high = _read_number(area, name, records[row])
        if low == high:
            return low, low, high
    read = read_field(field, candidates)
    return float(read.values[row]), float(read.low[row]), float(read.high[row])


def _show_number(field: Field, value: float, low: float, high: float) -> tuple[str, str]:
    if math.isnan(low):
        return "上一轮没有结过对", "not a pair in the cycle before"
    shown, shown_en = _name_number(field, value)
    if low == high:
        return shown, shown_en
    ends_zh, ends_en = "没有填", "not known"
    if _is_narrow(field, low, high):
        ends = f"{low:.15g}–{high:.15g}"
        ends_zh, ends_en = f"没有填准（{ends}）", f"not known exactly ({ends})"
    if math.isnan(value):
        return ends_zh, ends_en
    return f"{ends_zh}，按 {shown} 算", f"{ends_en}: {shown_en} is taken"


def _is_narrow(field: Field, low: float, high: float) -> bool:
    """Whether something is known of a value: not all that the field may be is possible."""
    least, most = field.minimum, field.maximum
    if field.kind == "number" and field.choices:
        stored = [float(value) for _word, value in field.choices]
        least, most = min(stored), max(stored)
    return math.isfinite(high - low) and (low, high) != (least, most)


def _name_number(field: Field, value: float) -> tuple[str, str]:
    if field.kind == "yes_no":
        return ("是", "yes") if value else ("否", "no")
    plain = f"{value:.15g}"
    words = {stored: word for word, stored in field.choices}
    return words.get(plain, plain), plain


def _show_text(field: Field, record: Unit | Village, candidates: Candidates) -> tuple[str, str]:
    if field.field_id == INDUSTRY_FIELD and isinstance(record, Unit):
        industries = candidates.background.taxonomy.industries
        codes = [drop_section(code) for code in record.industry_codes]
        named = [f"{code} {industries.get(code, '')}".strip() for code in codes]
        return ("、".join(named), ", ".join(codes)) if codes else ("没有填", "not known")
    text = _read_text(field, record)
    if text is None:
        return "没有填", "not known"
    words = {stored: word for word, stored in field.choices}
    parts = sorted(text) if isinstance(text, frozenset) else [text]
    if not parts:
        return "没有", "none"
    return "、".join(words.get(part, part) for part in parts), ", ".join(parts)


def _find_source(
    field: Field,
    record: Unit | Village,
    candidates: Candidates,
    pair: tuple[Unit, Village],
) -> str:
    if field.field_id.startswith("pair.previous"):
        unit, village = pair
        ids = unit.unit_id, village.village_id
        files = (p.place.file for p in candidates.background.previous if _ids(p) == ids)
        return next(files, "")
    if field.side == "pair":
        return ""
    name = field.field_id.partition(".")[2]
    if isinstance(record, Village) and (reading := record.indicators.get(name)) is not None:
        return reading.place.file or record.place.file
    return record.place.file


def _ids(pair: PreviousPair) -> tuple[str, str]:
    return pair.unit_id, pair.village_id
