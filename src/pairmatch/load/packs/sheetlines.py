"""The sheet of rules as lines of cells, each with its place; what cannot be read is told."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.personal import mask_personal
from pairmatch.load.packs.amounts import show_cell
from pairmatch.load.packs.columns import RULES_TABLE
from pairmatch.load.packs.findings import PackFindings
from pairmatch.load.readers.sheets import Sheet
from pairmatch.load.readers.sheetscan import name_column
from pairmatch.load.records.headers import HeaderBlock, MappedColumn, find_header

_REMARK = re.compile(r"(?:注|备注|说明|填表人|制表人?|审核人?|填报人)\s*[:：]")
_ERROR = re.compile(r"#(?:N/A|[A-Z]+(?:/0)?[!?])")
_LISTS = frozenset({"value", "points", "reason", "reason_en"})
"""Columns whose cells may hold several things, one below the other."""
_CODES = {
    "load.unknown_column": "packfiles.unknown_column",
    "load.unknown_column_close": "packfiles.unknown_column_close",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text and place; `is_copy` where a merged cell above it gives the text."""

    text: str
    place: Place
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the sheet of rules, by column; columns that the sheet lacks are empty."""

    place: Place
    cells: Mapping[str, Cell]

    def __getitem__(self, column: str) -> Cell:
        return self.cells.get(column) or Cell("", self.place)

    def text(self, column: str) -> str:
        """Return the text of a column."""
        return self[column].text


def find_rules_header(sheet: Sheet) -> tuple[HeaderBlock | None, tuple[Finding, ...]]:
    """Return the header of a sheet of rules, None if the sheet is another one."""
    block, findings = find_header(sheet, RULES_TABLE)
    if block is None or "rule_id" not in block.fields or not block.fields & {"operator", "points"}:
        return None, ()
    kept = (f for f in findings if f.severity is not Severity.NOTE)
    return block, tuple(replace(f, code=_CODES.get(f.code, f.code)) for f in kept)


def count_lines(sheet: Sheet, block: HeaderBlock) -> tuple[int, int]:
    """Return how many rule ids and how many filled lines a sheet has; quick."""
    index = next(m.index for m in block.columns if m.column.field == "rule_id")
    rows = sheet.rows[block.last_row :]
    ids = {row[index] for row in rows} - {None}
    return len(ids), sum(any(cell is not None for cell in row) for row in rows)


def read_lines(sheet: Sheet, block: HeaderBlock, told: PackFindings) -> Iterator[Line]:
    """Yield the filled lines below the header; remarks are passed over.

    Parameters
    ----------
    sheet
        The sheet.
    block
        Its header.
    told
        Collects cells with error values and formulas that were never calculated.
    """
    copies = _find_copies(sheet)
    for number in range(block.last_row + 1, len(sheet.rows) + 1):
        cells = {m.column.field: _read_cell(sheet, number, m, copies) for m in block.columns}
        place = Place(sheet.file, sheet.name, number)
        broken = [
            (m.column.field, error)
            for m in block.columns
            if (error := _find_error(sheet, number, m.index))
        ]
        for field, error in broken:
            _tell_error(field, error, cells[field].place, told)
        filled = [cell for cell in cells.values() if cell.text]
        if broken or not filled:
            continue
        if _REMARK.match(filled[0].text) and len({cell.text for cell in filled}) == 1:
            params = {"value": filled[0].text}
            told.mention("load.skipped_remark", filled[0].place, Severity.NOTE, **params)
            continue
        yield Line(place, cells)


def _find_error(sheet: Sheet, row: int, index: int) -> str:
    """Return the error value in a cell, also one that was pasted as text; else empty."""
    raw = sheet.rows[row - 1][index]
    pasted = raw if isinstance(raw, str) and _ERROR.fullmatch(raw.strip()) else ""
    return sheet.errors.get((row, index + 1), pasted)


def _find_copies(sheet: Sheet) -> frozenset[tuple[int, int]]:
    """Return the cells (row, column) of merged ranges that lie below the first of their rows."""
    return frozenset(
        (row, column)
        for top, left, bottom, right in sheet.merged
        for row in range(top + 1, min(bottom, len(sheet.rows)) + 1)
        for column in range(left, min(right, len(sheet.rows[0])) + 1)
    )


def _read_cell(
    sheet: Sheet, row: int, column: MappedColumn, copies: frozenset[tuple[int, int]]
) -> Cell:
    index = column.index
    raw = sheet.rows[row - 1][index]
    if isinstance(raw, str) and column.column.field in _LISTS:
        raw = raw.strip().replace("\n", "；")
    error = sheet.errors.get((row, index + 1), "")
    address = f"{name_column(index + 1)}{row}" if sheet.typed else ""
    text = show_cell(raw)
    shown = error or ("" if raw is None else str(raw))
    place = Place(sheet.file, sheet.name, row, column.header, address, mask_personal(shown))
    return Cell(mask_personal(text), place, (row, index + 1) in copies)


def _tell_error(field: str, error: str, place: Place, told: PackFindings) -> None:
    if field == "formula":
        # Typed with =, it became a formula of the spreadsheet.
        told.tell("packfiles.formula_of_spreadsheet", place)
    elif error.startswith("="):
        told.tell("load.formula_uncalculated", place)
    else:
        told.tell("load.cell_error", place)
