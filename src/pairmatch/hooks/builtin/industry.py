"""Industry affinity: how close the unit's industries are to the village's specialty."""

from collections.abc import Mapping, Sequence

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
)
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.hooks.builtin.shares import contribute_shares, describe_guess
from pairmatch.solvers.affinity import DIVISION_DIGITS, measure_affinities

SPECIALTY_FIELD = "ind_specialty"
UNKNOWN = -1


def contribute_affinity(candidates: Candidates, spread: int) -> Contribution:
    """Return the affinity of the unit's best industry to the village's specialty.

    An unknown specialty takes the lower median of the unit's affinities in the village's county,
    a unit without industry the lower median of all units.
    """
    taxonomy = candidates.background.taxonomy
    units, villages = candidates.units.records, candidates.villages.records
    codes = sorted({code for unit in units for code in unit.industry_codes})
    by_code = measure_affinities(taxonomy, codes)
    named = np.array([bool(unit.industry_codes) for unit in units], dtype=np.bool_)
    table = _list_unit_affinities(candidates, by_code, named)
    specialty = _index_specialties(villages, taxonomy)
    guesses, county_idx = _guess_by_county(candidates, table, specialty)

    unit_idx, village_idx = candidates.unit_idx, candidates.village_idx
    of_pair = specialty[village_idx]
    # An unknown specialty reads the last column, one of zeros that only keeps the index valid.
    direct = np.pad(table, ((0, 0), (0, 1)))[unit_idx, of_pair]
    point = np.where(of_pair == UNKNOWN, guesses[unit_idx, county_idx[village_idx]], direct)
    known = named[unit_idx] & (of_pair != UNKNOWN)
    top = np.where(named, table.max(axis=1, initial=0), FULL)[unit_idx]
    return contribute_shares(
        point,
        np.where(known, point, 0),
        np.where(known, point, np.maximum(point, top)),
        spread,
        lambda k: _describe(candidates, by_code, k, int(point[k])),
    )


def _list_unit_affinities(
    candidates: Candidates, by_code: Mapping[tuple[str, str], int], named: BoolArray
) -> IntArray:
    """Return (units, specialties): each unit's best; those of unknown industry by the policy."""
    specialty_ids = [s.specialty_id for s in candidates.background.taxonomy.specialties]
    units = candidates.units.records
    rows = {
        code: np.array([by_code.get((code, s), 0) for s in specialty_ids], dtype=np.int64)
        for code in {code for unit in units for code in unit.industry_codes}
    }
    table = np.zeros((len(units), len(specialty_ids)), dtype=np.int64)
    for u, unit in enumerate(units):
        for code in unit.industry_codes:
            np.maximum(table[u], rows[code], out=table[u])
    policy = candidates.background.unknown
    if policy == "county-median" and named.any():
        table[~named] = _take_lower_median(table[named], axis=0)
    else:
        table[~named] = guess_share(policy)
    return table


def _index_specialties(villages: Sequence[Village], taxonomy: Taxonomy) -> IndexArray:
    column = {s.specialty_id: k for k, s in enumerate(taxonomy.specialties)}
    found = [column.get(_find_specialty(village) or "", UNKNOWN) for village in villages]
    return np.array(found, dtype=np.int32)


def _guess_by_county(
    candidates: Candidates, table: IntArray, specialty: IndexArray
) -> tuple[IntArray, IndexArray]:
    """Return (units, counties): what an unknown specialty counts; and the villages' counties."""
    policy = candidates.background.unknown
    counties = [village.county for village in candidates.villages.records]
    column = {county: c for c, county in enumerate(sorted(set(counties)))}
    county_idx = np.array([column[county] for county in counties], dtype=np.int32)
    guesses = np.full((len(table), len(column)), guess_share(policy), dtype=np.int64)
    if policy == "full":
        guesses[:] = table.max(axis=1, initial=0)[:, None]
    known = specialty != UNKNOWN
    if policy == "county-median" and known.any():
        for county in range(len(column)):
            own = specialty[known & (county_idx == county)]
            source = own if len(own) else specialty[known]
            guesses[:, county] = _take_lower_median(table[:, source], axis=1)
    return guesses, county_idx


def _take_lower_median(values: IntArray, axis: int) -> IntArray:
    median: IntArray = np.sort(values, axis=axis).take((values.shape[axis] - 1) // 2, axis=axis)
    return median


def _find_specialty(village: Village) -> str | None:
    reading = village.indicators.get(SPECIALTY_FIELD)
    return reading.value if reading is not None and isinstance(reading.value, str) else None


def _describe(
    candidates: Candidates, by_code: Mapping[tuple[str, str], int], k: int, share: int
) -> Reason:
    unit = candidates.units.records[int(candidates.unit_idx[k])]
    village = candidates.villages.records[int(candidates.village_idx[k])]
    taxonomy = candidates.background.taxonomy
    guess_zh, guess_en = describe_guess(candidates.background.unknown)
    percent = f"{100 * share // FULL}%"
    specialty = next(
        (s for s in taxonomy.specialties if s.specialty_id == _find_specialty(village)), None
    )
    if specialty is None:
        return Reason(
            f"村里的特色产业：{guess_zh}，为 {percent}",
            f"specialty of the village {guess_en} ({percent})",
        )
    name_zh, name_en = specialty.name_zh, specialty.name_en
    reading = village.indicators[SPECIALTY_FIELD]
    field = FieldUse("主导特色产业", "main specialty", name_zh, reading.place.file, name_en)
    if not unit.industry_codes:
        return Reason(
            f"单位的行业：{guess_zh}，与特色产业“{name_zh}”相近程度 {percent}",
            f"industry of the unit {guess_en}; affinity to {name_en}: {percent}",
            (field,),
        )
    code = _choose_code(unit, specialty.specialty_id, by_code)
    return Reason(
        f"单位的行业“{_name_industry(taxonomy, code)}”与村里的特色产业“{name_zh}”"
        f"相近程度 {percent}",
        f"industry {code} (GB/T 4754) and specialty {name_en}: affinity {percent}",
        (field,),
    )


def _choose_code(unit: Unit, specialty_id: str, by_code: Mapping[tuple[str, str], int]) -> str:
    return max(unit.industry_codes, key=lambda code: by_code.get((code, specialty_id), 0))


def _name_industry(taxonomy: Taxonomy, code: str) -> str:
    division = taxonomy.industries.get(code[:DIVISION_DIGITS], code)
    return taxonomy.industries.get(code, division)


RULES = (ScoreRule("industry_affinity", "1", "产业相近", "industry affinity", contribute_affinity),)
