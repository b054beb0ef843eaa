"""Tables of loads: how much of a resource each pair uses up, exact, a column a resource."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.columns import LOAD_COLUMNS
from pairmatch.domain.findings import Finding
from pairmatch.domain.inputs import IndexArray, IntArray, ResourceLoads
from pairmatch.load.readers.sheets import Sheet
from pairmatch.load.records.decimals import parse_decimals, reduce_scale
from pairmatch.load.records.pair_tables import (
    PairTable,
    RowArray,
    find_ids,
    open_pair_table,
    sort_rows,
    tell_doubles,
)
from pairmatch.load.records.tables import describe_loads
from pairmatch.load.records.values import parse_cell, show_number

MAX_AMOUNT = 10**12
"""The largest load in units of its resource's scale: sums of them must stay exact everywhere."""
_FIELDS = ("unit_id", "village_id", "resource", "load")
_RESOURCE, _LOAD = LOAD_COLUMNS[2:]


def build_loads(
    sheet: Sheet, ids: tuple[Sequence[str], Sequence[str]]
) -> tuple[tuple[ResourceLoads, ...] | None, tuple[Finding, ...]]:
    """Return the loads of a table, a record a resource in order of names, with all its faults.

    Parameters
    ----------
    sheet
        The sheet that holds the table.
    ids
        The unit ids and the village ids, each sorted.

    Returns
    -------
    tuple
        None if the table has no usable header. Rows with a fault are left out.
    """
    table, findings = open_pair_table(sheet, describe_loads(), _FIELDS)
    if table is None:
        return None, findings
    units = find_ids(table, "unit_id", ids[0], "load_unit")
    villages = find_ids(table, "village_id", ids[1], "load_village")
    names, resources = _find_resources(table)
    amounts, scale, exact = _parse_amounts(table)
    good = np.flatnonzero((units >= 0) & (villages >= 0) & (resources >= 0) & exact)
    kept, doubles, firsts = sort_rows(good, (resources, units, villages))
    tell_doubles(table, doubles, firsts, "load_double", "resource")
    found = []
    bounds = np.searchsorted(resources[kept], np.arange(len(names) + 1))
    for name, start, end in zip(names, bounds[:-1], bounds[1:], strict=True):
        rows = kept[start:end]
        numbers, own_scale = reduce_scale(amounts[rows], scale)
        rows, numbers = _drop_large(table, rows, numbers)
        if len(rows):
            found.append(_freeze(name, units[rows], villages[rows], numbers, own_scale, sheet.file))
    return tuple(found), tuple(table.faults.findings)


def _freeze(
    name: str, units: IndexArray, villages: IndexArray, numbers: IntArray, scale: int, file: str
) -> ResourceLoads:
    for array in (units, villages, numbers):
        array.flags.writeable = False
    return ResourceLoads(name, units, villages, numbers, scale, file)


def _find_resources(table: PairTable) -> tuple[list[str], IndexArray]:
    """Return the names of the resources, sorted, and which one each row is about."""
    texts = table.texts["resource"]
    tidy = {text: _tidy_name(text) for text in set(texts)}
    names = sorted(set(tidy.values()) - {""})
    at = {name: k for k, name in enumerate(names)} | {"": -1}
    by_text = {text: at[name] for text, name in tidy.items()}
    found = np.fromiter(map(by_text.__getitem__, texts), dtype=np.int32, count=len(texts))
    blank = table.rows[found < 0].tolist()
    table.faults.tell("cell_blank", "resource", blank, lambda _k: {"value": ""})
    return names, found


@lru_cache(maxsize=1024)
def _tidy_name(text: str) -> str:
    name = parse_cell(text, _RESOURCE, typed=False).value
    return name if isinstance(name, str) else ""


def _parse_amounts(table: PairTable) -> tuple[IntArray, int, BoolArray]:
    texts = table.texts["load"]
    amounts, scale, problems = parse_decimals(texts, _LOAD)
    good = np.ones(len(texts), dtype=np.bool_)
    limits = {"low": show_number(_LOAD.minimum or 0), "high": show_number(_LOAD.maximum or 0)}
    for code, bad in sorted(problems.items()):
        good[bad] = False
        _tell_amounts(table, code, bad, limits)
    return amounts, scale, good


def _tell_amounts(
    table: PairTable, code: str, bad: Sequence[int], params: Mapping[str, str]
) -> None:
    texts = table.texts["load"]

    def describe(k: int) -> dict[str, str]:
        return {"value": texts[bad[k]], **params}

    table.faults.tell(code, "load", table.rows[list(bad)].tolist(), describe)


def _drop_large(table: PairTable, rows: RowArray, numbers: IntArray) -> tuple[RowArray, IntArray]:
    large = numbers > MAX_AMOUNT
    if not large.any():
        return rows, numbers
    _tell_amounts(table, "amount_magnitude", sorted(rows[large].tolist()), {})
    return rows[~large], numbers[~large]
