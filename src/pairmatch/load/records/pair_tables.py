"""Tables with a row a pair: hundreds of thousands of ids joined at once, every fault at its row."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import cast

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.columns import PAIR_COLUMNS
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import IndexArray
from pairmatch.load.readers.sheets import CellValue, Sheet
from pairmatch.load.readers.sheetscan import name_column
from pairmatch.load.records.decimals import show_decimal
from pairmatch.load.records.headers import HeaderBlock, MappedColumn, find_header, suggest_names
from pairmatch.load.records.tables import Table
from pairmatch.load.records.values import parse_cell

MAX_FINDINGS = 200
"""So many findings of a kind are made, the rest is counted in one."""
_SPACE = re.compile(r"[^\S\n]")

RowArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Faults:
    """Collects findings of each kind up to a limit and counts the others."""

    file: str
    sheet: str
    columns: Mapping[str, MappedColumn]
    typed: bool = False
    findings: list[Finding] = field(default_factory=list)

    def tell(
        self, code: str, name: str, rows: Sequence[int], params: Callable[[int], dict[str, str]]
    ) -> None:
        """Add a finding for each position in `rows`, with the parameters for that position."""
        mapped = self.columns[name]
        letter = name_column(mapped.index + 1) if self.typed else ""
        for k, row in enumerate(rows[:MAX_FINDINGS]):
            found = {"column": mapped.header, **params(k)}
            cell = f"{letter}{row}" if letter else ""
            place = Place(self.file, self.sheet, row, mapped.header, cell, found["value"])
            self.findings.append(Finding(f"load.{code}", Severity.ERROR, place, found))
        if len(rows) > MAX_FINDINGS:
            place = Place(self.file, self.sheet, rows[MAX_FINDINGS], mapped.header)
            more = {"count": str(len(rows) - MAX_FINDINGS), "total": str(len(rows))}
            more["column"] = mapped.header
            self.findings.append(Finding(f"load.{code}_more", Severity.ERROR, place, more))


@dataclass(frozen=True, slots=True)
class PairTable:
    """The cells of a table by field, as texts, and the row (from 1) that each stands in."""

    texts: Mapping[str, Sequence[str]]
    rows: IndexArray
    faults: Faults


def open_pair_table(
    sheet: Sheet, table: Table, fields: Sequence[str]
) -> tuple[PairTable | None, tuple[Finding, ...]]:
    """Return the columns of a table with rows that are not blank; None without a usable header.

    Parameters
    ----------
    sheet
        The sheet that holds the table.
    table
        What table it is.
    fields
        The columns that are read; all of them must be there.
    """
    block, findings = find_header(sheet, table)
    if block is None or not block.fields.issuperset(fields):
        return None, findings
    columns = {mapped.column.field: mapped for mapped in block.columns}
    faults = Faults(sheet.file, sheet.name, columns, sheet.has_addresses, list(findings))
    texts, rows = _take_columns(sheet, block, [columns[name].index for name in fields])
    return PairTable(dict(zip(fields, texts, strict=True)), rows, faults), findings


def _take_columns(
    sheet: Sheet, block: HeaderBlock, wanted: Sequence[int]
) -> tuple[list[list[str]], IndexArray]:
    first = block.last_row
    body = sheet.rows[first:]
    texts = [_show_cells(list(map(itemgetter(k), body))) for k in wanted]
    for (row, column), text in sheet.errors.items():
        if row > first and column - 1 in wanted:
            texts[wanted.index(column - 1)][row - first - 1] = text
    rows = np.arange(first + 1, len(sheet.rows) + 1, dtype=np.int32)
    if all("" in cells for cells in texts):
        filled = [k for k, row in enumerate(zip(*texts, strict=True)) if any(row)]
        texts = [[cells[k] for k in filled] for cells in texts]
        rows = rows[filled]
    return texts, rows


def _show_cells(cells: list[CellValue]) -> list[str]:
    if set(map(type, cells)) != {str}:
        return list(map(show_decimal, cells))
    texts = cast("list[str]", cells)
    # One search for any space is much faster than stripping every cell.
    return [text.strip() for text in texts] if _SPACE.search("\n".join(texts)) else texts


def find_ids(table: PairTable, name: str, known: Sequence[str], code: str) -> IndexArray:
    """Return the place of each row's id among the known ones, -1 where it is none of them.

    Parameters
    ----------
    table
        The table.
    name
        The field with the ids.
    known
        The known ids, sorted.
    code
        The code of the finding for an unknown one, without its area.
    """
    index = {text: k for k, text in enumerate(known)}
    texts = table.texts[name]
    places = map(index.get, texts, repeat(-1))
    found = np.fromiter(places, dtype=np.int32, count=len(texts))
    for k in np.flatnonzero(found < 0).tolist():
        # The tables of units and villages tidy their ids; those here may need the same.
        found[k] = index.get(_tidy_id(texts[k]), -1)
    bad = np.flatnonzero(found < 0)
    if len(bad):

        def describe(k: int) -> dict[str, str]:
            text = texts[bad[k]]
            return {"value": text, "closest": suggest_names(text, known) or "—"}

        table.faults.tell(code, name, table.rows[bad].tolist(), describe)
    return found


@lru_cache(maxsize=1024)
def _tidy_id(text: str) -> str:
    tidy = parse_cell(text, PAIR_COLUMNS[0], typed=False).value
    return tidy if isinstance(tidy, str) else ""


def sort_rows(kept: RowArray, keys: Sequence[IndexArray]) -> tuple[RowArray, RowArray, RowArray]:
    """Sort rows by keys, the first one first, and find those whose keys another row has already.

    Parameters
    ----------
    kept
        Positions of rows, rising.
    keys
        The keys of all rows.

    Returns
    -------
    tuple
        The sorted positions without doubles; the doubles in the order of the table; and for each
        of these the first row with its keys.
    """
    columns = [key[kept] for key in keys]
    order = np.lexsort(columns[::-1])
    same = np.zeros(len(kept), dtype=np.bool_)
    if len(kept):
        equal = [column[order][1:] == column[order][:-1] for column in columns]
        same[1:] = np.logical_and.reduce(equal)
    kept = kept[order]
    starts = np.maximum.accumulate(np.where(same, 0, np.arange(len(kept))))
    at = np.flatnonzero(same)
    at = at[np.argsort(kept[at], kind="stable")]
    return kept[~same], kept[at], kept[starts[at]]


def tell_doubles(
    table: PairTable, doubles: RowArray, firsts: RowArray, code: str, also: str = ""
) -> None:
    """Tell rows that repeat the pair of an earlier one, and the field `also`, naming both rows."""
    if not len(doubles):
        return
    fields = ("unit_id", "village_id", *([also] if also else []))

    def describe(k: int) -> dict[str, str]:
        shown = " + ".join(table.texts[name][doubles[k]] for name in fields)
        return {"value": shown, "first_row": str(table.rows[firsts[k]])}

    table.faults.tell(code, "village_id", table.rows[doubles].tolist(), describe)
