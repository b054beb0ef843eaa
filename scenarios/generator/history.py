"""The made-up cycle before, 2021-2025: the same 112 units with villages among the candidates."""

from dataclasses import dataclass
from functools import cache

from .draws import Draws
from .indicators import Value
from .places import CIZHUANG, list_places
from .sources import read_source
from .units import list_agribusinesses, list_city_units, list_county_units
from .villages import STATUS_HEADER, SYNTHETIC

YEARS = range(2021, 2026)
GRADES = ("差", "中", "良", "优")


@dataclass(frozen=True, slots=True)
class PastPair:
    """One pair of the cycle before with its yearly evaluations (None: not evaluated)."""

    unit_id: str
    village_code: str
    grades: tuple[str | None, ...]


def history_headers() -> list[str]:
    """Return the headers of the table of past pairs, in order."""
    return ["单位编号", "区划代码", *(f"{year}年评定" for year in YEARS), STATUS_HEADER]


def history_cells(pair: PastPair) -> list[Value]:
    """Return one past pair's row under `history_headers`."""
    return [pair.unit_id, pair.village_code, *pair.grades, SYNTHETIC]


@cache
def list_past_pairs() -> tuple[PastPair, ...]:
    """Return the 112 pairs by unit; a county has one city unit, one agribusiness, six others."""
    city = Draws("history", "city").shuffle([unit.unit_id for unit in list_city_units()])
    local = (*list_agribusinesses(), *list_county_units())
    pairs: list[PastPair] = []
    for county, city_unit in zip(read_source("cangzhou_counties"), city, strict=True):
        name = county["name_zh"]
        own = [unit.unit_id for unit in local if unit.county == name]
        codes = _choose_villages(name, 1 + len(own))
        for unit_id, code in zip((city_unit, *own), codes, strict=True):
            pairs.append(PastPair(unit_id, code, _draw_grades(unit_id, code)))
    return tuple(sorted(pairs, key=lambda pair: pair.unit_id))


def _choose_villages(county: str, count: int) -> list[str]:
    """Take villages of a county; 慈庄村 first in its own, as it was there at the launch."""
    codes = [place.code for place in list_places() if place.county == county]
    shuffled = Draws("history", county).shuffle(codes)
    return sorted(shuffled, key=lambda code: code != CIZHUANG)[:count]


def _draw_grades(unit_id: str, code: str) -> tuple[str | None, ...]:
    draws = Draws("grades", unit_id, code)
    usual = draws.between(0.6, 3.2)
    trend = draws.between(-0.25, 0.35)
    grades: list[str | None] = []
    for idx in range(len(YEARS)):
        level = round(usual + trend * idx + draws.between(-0.6, 0.6))
        known = not draws.chance(0.07)
        grades.append(GRADES[min(max(level, 0), 3)] if known else None)
    return tuple(grades)
