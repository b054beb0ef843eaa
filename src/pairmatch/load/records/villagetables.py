"""Rows of a large village table to a table of villages, by the rules of `villages`."""

from collections.abc import Iterator, Sequence

import numpy as np

from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.listings import list_first
from pairmatch.domain.tablecolumns import IntArray, Rows, make_coded
from pairmatch.domain.tables import VillageTable
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.load.records.names import index_names
from pairmatch.load.records.rowcolumns import RowColumns
from pairmatch.load.records.rowreading import MORE
from pairmatch.load.records.villages import (
    PLACED,
    WISHES,
    describe_duplicate,
    index_needs,
    is_odd_code,
    lacks_code,
    list_wishes,
    tell_missing_code,
)


def build_village_table(
    rows: RowColumns, taxonomy: Taxonomy
) -> tuple[VillageTable, VillageTable, tuple[Finding, ...]]:
    """Return the villages of all rows, sorted by id, those left out, and what is wrong with codes.

    Parameters
    ----------
    rows
        The rows.
    taxonomy
        The indicators and needs.

    Returns
    -------
    tuple
        What `build_villages` and `list_extra_villages` return for the same rows.
    """
    kept, nameless, doubles = split_rows(rows.list_texts("village_id"))
    villages = _make_table(rows, kept, taxonomy)
    left_out = np.sort(np.append(nameless, np.fromiter(doubles, np.intp, len(doubles))))
    findings = tell_doubles(rows, doubles, "village_id")
    findings += _tell_odd_codes(villages)
    lacking = [row for row in nameless.tolist() if lacks_code(rows[row])]
    if lacking:
        names = index_names(villages)
        findings += list_first(lacking, lambda row: [tell_missing_code(rows[row], names)], MORE)
    extra = _make_table(rows, left_out, taxonomy) if len(left_out) else villages.take(left_out)
    return villages, extra, tuple(findings)


def split_rows(ids: Sequence[str]) -> tuple[Rows, Rows, dict[int, int]]:
    """Return the first row of each id in the order of the ids, rows without, and second rows.

    Parameters
    ----------
    ids
        The id of each row, in the order of their places; empty where there is none.

    Returns
    -------
    tuple
        Two arrays of rows, and for every further row of an id the first one.
    """
    first: dict[str, int] = {}
    nameless: list[int] = []
    doubles: dict[int, int] = {}
    for row, record_id in enumerate(ids):
        if not record_id:
            nameless.append(row)
        elif first.setdefault(record_id, row) != row:
            doubles[row] = first[record_id]
    kept = [first[record_id] for record_id in sorted(first)]
    return np.array(kept, dtype=np.intp), np.array(nameless, dtype=np.intp), doubles


def tell_doubles(rows: RowColumns, doubles: dict[int, int], field: str) -> list[Finding]:
    """Return the findings for rows whose id an earlier row has; `doubles` maps them to it."""

    def describe(row: int) -> Iterator[Finding]:
        place = rows[doubles[row]].place
        yield describe_duplicate(rows[row], field, place.file, place.row)

    return list(list_first(list(doubles), describe, MORE))


def _make_table(rows: RowColumns, taken: Rows, taxonomy: Taxonomy) -> VillageTable:
    needs = index_needs(taxonomy.needs)
    indicators = tuple(i.indicator_id for i in taxonomy.indicators)
    own = rows.take(taken)
    wishes = [own.list_texts(name) for name in WISHES]
    listed = [list_wishes(texts, needs) for texts in zip(*wishes, strict=True)]
    types = own.find_names("bas_type")
    least = take_numbers(own, "demand_min", 0)
    everything = np.arange(len(taken))
    return VillageTable(
        ids=tuple(own.list_texts("village_id")),
        places=own.take_places(everything, (*PLACED, *indicators)),
        placed=PLACED,
        name=own.find_texts("name"),
        township=own.find_texts("township"),
        county=own.find_texts("county"),
        types=make_coded(types.codes, list(map(frozenset, types.items))),
        contribution_grade=own.find_whole("contribution_grade"),
        difficulty_grade=own.find_whole("difficulty_grade"),
        wishes=make_coded(np.arange(len(listed), dtype=np.int32), listed),
        demand_min=least,
        demand_max=take_numbers(own, "demand_max", np.maximum(1, least)),
        synthetic=own.find_texts("data_status").match(lambda text: text == "synthetic"),
        indicators=tuple(name for name in indicators if name in rows.fields),
    )


def take_numbers(rows: RowColumns, field: str, default: int | IntArray) -> IntArray:
    """Return the whole numbers of a field, with what stands in where there is none."""
    found = rows.find_whole(field)
    missing = found.match(lambda number: number is None)
    numbers = np.array([number or 0 for number in found.items], dtype=np.int64)[found.codes]
    return np.where(missing, default, numbers)


def _tell_odd_codes(villages: VillageTable) -> list[Finding]:
    odd = [row for row, code in enumerate(villages.ids) if is_odd_code(code)]
    if len(odd) * 2 >= len(villages):
        return []

    def describe(row: int) -> Iterator[Finding]:
        code = villages.ids[row]
        params = {"id": code, "length": str(len(code))}
        place = villages.places.place_of(row, "village_id")
        yield Finding("load.code_length", Severity.ERROR, place, params, True)

    return list(list_first(odd, describe, MORE))
