"""Industry affinity: how close the unit's industries are to the village's specialty."""

import numpy as np

from pairmatch.domain.candidates import FULL, Candidates, Contribution, FieldUse, Reason, ScoreRule
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.hooks.builtin.shares import contribute_shares, take_county_medians
from pairmatch.solvers.affinity import measure_affinities

SPECIALTY_FIELD = "ind_specialty"


def contribute_affinity(candidates: Candidates, spread: int) -> Contribution:
    """Return the affinity of each pair; unknown specialties take their county's median."""
    taxonomy = candidates.background.taxonomy
    units, villages = candidates.units.records, candidates.villages.records
    specialty_ids = [specialty.specialty_id for specialty in taxonomy.specialties]
    by_code = _measure(taxonomy, units)
    of_village = [_find_specialty(village) for village in villages]
    counties = [village.county for village in villages]
    point = np.zeros((len(units), len(villages)), dtype=np.int64)
    low, high = point.copy(), point.copy()
    known = np.array([s is not None for s in of_village], dtype=np.bool_)
    for row, unit in enumerate(units):
        shares: list[int | None] = [
            None if s is None else _best(by_code, unit, s) for s in of_village
        ]
        point[row] = take_county_medians(counties, shares, candidates.background.unknown)
        top = max((_best(by_code, unit, s) for s in specialty_ids), default=0)
        low[row] = np.where(known, point[row], 0)
        high[row] = np.where(known, point[row], np.maximum(point[row], top))
    pairs = (candidates.unit_idx, candidates.village_idx)
    shares_of: IntArray = point[pairs]
    return contribute_shares(
        shares_of,
        low[pairs],
        high[pairs],
        spread,
        lambda k: _describe(candidates, k, int(shares_of[k])),
    )


def _measure(taxonomy: Taxonomy, units: tuple[Unit, ...]) -> dict[tuple[str, str], int]:
    codes = sorted({code for unit in units for code in unit.industry_codes})
    return measure_affinities(taxonomy, codes)


def _best(by_code: dict[tuple[str, str], int], unit: Unit, specialty_id: str) -> int:
    return max((by_code.get((code, specialty_id), 0) for code in unit.industry_codes), default=0)


def _find_specialty(village: Village) -> str | None:
    reading = village.indicators.get(SPECIALTY_FIELD)
    return reading.value if reading is not None and isinstance(reading.value, str) else None


def _describe(candidates: Candidates, k: int, share: int) -> Reason:
    unit = candidates.units.records[int(candidates.unit_idx[k])]
    village = candidates.villages.records[int(candidates.village_idx[k])]
    taxonomy = candidates.background.taxonomy
    specialty_id = _find_specialty(village)
    percent = f"{100 * share // FULL}%"
    code = unit.industry_codes[0] if unit.industry_codes else ""
    industry = taxonomy.industries.get(code, code)
    if specialty_id is None:
        return Reason(
            f"特色产业未填，按本县中位数计 {percent}",
            f"specialty unknown: the county's median of {percent} is taken",
        )
    names = {s.specialty_id: (s.name_zh, s.name_en) for s in taxonomy.specialties}
    zh, en = names.get(specialty_id, (specialty_id, specialty_id))
    reading = village.indicators[SPECIALTY_FIELD]
    field = FieldUse("主导特色产业", "main specialty", zh, reading.place.file)
    return Reason(
        f"单位行业“{industry}”与特色产业“{zh}”相近程度 {percent}",
        f"industry {code} and specialty {en}: affinity {percent}",
        (field,),
    )


RULES = (ScoreRule("industry_affinity", "1", "产业相近", "industry affinity", contribute_affinity),)
