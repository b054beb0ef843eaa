"""Rows of the village table to villages."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.records import Reading, Village
from pairmatch.domain.taxonomy import NeedType, Taxonomy
from pairmatch.load.records.names import Likeness, VillageNames, index_names, suggest_villages
from pairmatch.load.records.rows import Row
from pairmatch.load.records.values import NONE_WORDS, Parsed

WISHES = ("wish_1", "wish_2", "wish_3")
PLACED = ("village_id", "county", *WISHES, "demand_min")
"""Fields that findings point at after reading; readings know their own places."""
NO_WISH = frozenset({"", *NONE_WORDS})
_CODE = re.compile(r"\d{12}")


def build_villages(
    rows: Iterable[Row], taxonomy: Taxonomy
) -> tuple[tuple[Village, ...], tuple[Finding, ...]]:
    """Return the villages of all rows, sorted by id, and what is wrong with their codes.

    Rows without a code and second rows of a code are left out and told.
    """
    found: dict[str, Village] = {}
    nameless: list[Row] = []
    findings: list[Finding] = []
    for row in sorted(rows, key=lambda r: r.place):
        village_id = row.text("village_id")
        if not village_id:
            nameless.append(row)
        elif village_id in found:
            first = found[village_id].place
            findings.append(describe_duplicate(row, "village_id", first.file, first.row))
        else:
            found[village_id] = _build_village(row, village_id, taxonomy)
    villages = tuple(found[village_id] for village_id in sorted(found))
    findings += _tell_odd_codes(villages)
    if nameless:
        names = index_names(villages)
        findings += [tell_missing_code(row, names) for row in nameless if lacks_code(row)]
    return villages, tuple(findings)


def describe_duplicate(row: Row, field: str, first_file: str, first_row: int) -> Finding:
    """Return the finding for a row whose id another row has already."""
    params = {"id": row.text(field), "first_file": first_file, "first_row": str(first_row)}
    return Finding("load.duplicate_id", Severity.ERROR, row.place_of(field), params, True)


def list_extra_villages(
    rows: Iterable[Row], taxonomy: Taxonomy, villages: Iterable[Village]
) -> tuple[Village, ...]:
    """Return the villages of rows that are left out, so that they can be checked all the same."""
    places = {village.place for village in villages}
    left_out = sorted((r for r in rows if r.place not in places), key=lambda r: r.place)
    return tuple(_build_village(row, row.text("village_id"), taxonomy) for row in left_out)


def _build_village(row: Row, village_id: str, taxonomy: Taxonomy) -> Village:
    needs = index_needs(taxonomy.needs)
    indicators = (i.indicator_id for i in taxonomy.indicators)
    readings = {
        field: _build_reading(row.cells[field], row, field)
        for field in indicators
        if field in row.cells
    }
    demand_max = row.number("demand_max")
    demand_min = int(row.number("demand_min") or 0)
    return Village(
        village_id=village_id,
        name=row.text("name"),
        township=row.text("township"),
        county=row.text("county"),
        types=frozenset(row.names("bas_type")),
        contribution_grade=_whole(row.number("contribution_grade")),
        difficulty_grade=_whole(row.number("difficulty_grade")),
        indicators=MappingProxyType(readings),
        wishes=list_wishes(map(row.text, WISHES), needs),
        demand_min=demand_min,
        demand_max=max(1, demand_min) if demand_max is None else int(demand_max),
        synthetic=row.text("data_status") == "synthetic",
        place=row.place,
        places=MappingProxyType({f: row.places[f] for f in PLACED if f in row.places}),
    )


def list_wishes(texts: Iterable[str], needs: Mapping[str, str]) -> tuple[str, ...]:
    """Return the wishes of a village: ids of `needs`, or the text where it names none."""
    wishes = (text for text in texts if text not in NO_WISH)
    return tuple(dict.fromkeys(needs.get(wish, wish) for wish in wishes))


@lru_cache(maxsize=8)
def index_needs(needs: tuple[NeedType, ...]) -> Mapping[str, str]:
    """Return the id of every need by its name and by itself."""
    by_name = {need.name_zh: need.need_id for need in needs}
    return by_name | {need.need_id: need.need_id for need in needs}


def _build_reading(parsed: Parsed, row: Row, field: str) -> Reading:
    return Reading(parsed.value, parsed.low, parsed.high, row.places[field])


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _tell_odd_codes(villages: tuple[Village, ...]) -> list[Finding]:
    # Ids may be any text; but where most are 12-digit codes, another one is a slip.
    odd = [village for village in villages if is_odd_code(village.village_id)]
    if len(odd) * 2 >= len(villages):
        return []
    return [
        Finding(
            "load.code_length",
            Severity.ERROR,
            village.place_of("village_id"),
            {"id": village.village_id, "length": str(len(village.village_id))},
            is_about_code=True,
        )
        for village in odd
    ]


def is_odd_code(village_id: str) -> bool:
    """Whether an id is no 12-digit code."""
    return _CODE.fullmatch(village_id) is None


def lacks_code(row: Row) -> bool:
    """Whether a row without an id leaves it blank."""
    # Where the code itself is a problem, that has been told already.
    cell = row.cells.get("village_id")
    return cell is not None and cell.problem is None


def tell_missing_code(row: Row, names: VillageNames) -> Finding:
    """Return the finding for a row that leaves its code blank, with the villages it may mean."""
    name, township, county = row.text("name"), row.text("township"), row.text("county")
    suggestion = suggest_villages(names, name, township, county)
    params = {"name": county + township + name, "suggestions": suggestion.show()}
    code = "load.code_missing"
    if suggestion.likeness is not Likeness.NONE:
        code += "_known"
    return Finding(code, Severity.ERROR, row.place_of("village_id"), params)
