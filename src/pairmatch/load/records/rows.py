"""From the cells below a header to parsed rows, with every problem at its place."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from decimal import Decimal

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.personal import mask_personal
from pairmatch.load.readers.sheets import CellValue, Sheet
from pairmatch.load.readers.sheetscan import name_column
from pairmatch.load.records.headers import HeaderBlock, MappedColumn
from pairmatch.load.records.values import UNKNOWN, Parsed, Problem, Value, parse_cell

TOTAL_TEXT = re.compile(
    r"(?:本?[县乡镇市村]*)?(?:合|总|小|共)\s*计.*|平\s*均.*|total", re.IGNORECASE
)
_LEADING_COLUMNS = 6
FEW_COLUMNS = 3
_NUMBERS = ("int", "float")
REMARK_START = re.compile(r"(?:注|说明|备注|填表人|制表人?|审核人?|填报人|填报单位)\s*[:：]")
_LONGEST_NAME = 20
WARNED_NOTES = frozenset({"code_as_number"})


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: what its cells say and where each stands, by field."""

    place: Place
    cells: Mapping[str, Parsed]
    places: Mapping[str, Place]

    def text(self, field: str) -> str:
        """Return the text of a field, empty if it is unknown or not on the sheet."""
        value = self.cells.get(field, UNKNOWN).value
        return value if isinstance(value, str) else ""

    def number(self, field: str) -> float | None:
        """Return the number of a field, None if it is unknown or not on the sheet."""
        value = self.cells.get(field, UNKNOWN).value
        return value if isinstance(value, int | float) else None

    def names(self, field: str) -> tuple[str, ...]:
        """Return the names of a field with several, empty if it is unknown."""
        value = self.cells.get(field, UNKNOWN).value
        return value if isinstance(value, tuple) else ()

    def place_of(self, field: str) -> Place:
        """Return where a field stands, or the place of the row if it is not on the sheet."""
        return self.places.get(field, self.place)


class _NoteCounter:
    """Counts normalisations per column, so that thousands of cells make one finding."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}
        self.first: dict[tuple[str, str], Place] = {}

    def add(self, notes: tuple[str, ...], place: Place) -> None:
        for note in notes:
            key = note, place.column
            self.counts[key] = self.counts.get(key, 0) + 1
            self.first.setdefault(key, place)

    def list_findings(self, codes: Set[str]) -> Iterator[Finding]:
        for (note, column), count in self.counts.items():
            place = self.first[note, column]
            severity = Severity.WARNING if note in WARNED_NOTES else Severity.NOTE
            params = {"column": column, "count": str(count), "value": place.value}
            about_code = column in codes
            yield Finding(f"load.noted_{note}", severity, place, params, about_code)


def read_rows(sheet: Sheet, block: HeaderBlock) -> tuple[tuple[Row, ...], tuple[Finding, ...]]:
    """Return the rows of a table and all problems of its cells.

    Blank rows, totals, repeated headers and remarks below the table are no rows; all but blank
    ones are told.

    Parameters
    ----------
    sheet
        The sheet.
    block
        Its header.
    """
    notes = _NoteCounter()
    findings: list[Finding] = []
    rows: list[Row] = []
    letters = [name_column(m.index + 1) if sheet.has_addresses else "" for m in block.columns]
    for number, cells in enumerate(sheet.rows[block.last_row :], block.last_row + 1):
        errors = [m for m in block.columns if (number, m.index + 1) in sheet.errors]
        if not errors and all(cell is None or cell == "" for cell in cells):
            continue
        if not errors and (skipped := find_reason_to_skip(cells, block)):
            shown = mask_personal(next(str(c) for c in cells if c not in (None, "")))
            place = Place(sheet.file, sheet.name, number, "", "", shown)
            params = {"value": shown}
            findings.append(Finding(f"load.skipped_{skipped}", Severity.NOTE, place, params))
            continue
        row = _read_row(sheet, number, cells, block, letters)
        findings += _tell_problems(row, block)
        for field, parsed in row.cells.items():
            if parsed.notes:
                notes.add(parsed.notes, row.places[field])
        rows.append(row)
    codes = {m.header for m in block.columns if m.column.value_type == "id"}
    findings += notes.list_findings(codes)
    findings += _tell_merged(sheet, block, rows)
    for mapped in block.columns:
        if mapped.column.unit == "%":
            findings += _tell_shares(mapped, rows)
    return tuple(rows), tuple(findings)


def find_reason_to_skip(cells: tuple[CellValue, ...], block: HeaderBlock) -> str:
    """Return why a row is none of a table's (total, header, remark); empty if it is one.

    Parameters
    ----------
    cells
        The cells of the row, not all of them blank.
    block
        The header above it.
    """
    filled = [c for c in cells if c is not None and c != ""]
    texts = [c.strip() for c in filled if isinstance(c, str)]
    known = {m.column.field: cells[m.index] for m in block.columns}
    key = known.get("village_id") or known.get("unit_id")
    if any(TOTAL_TEXT.fullmatch(t) for t in texts[:_LEADING_COLUMNS]) and not _has_digits(key):
        return "total"
    if len(filled) >= min(FEW_COLUMNS, len(block.columns)) and all(
        isinstance(cells[m.index], str) and str(cells[m.index]).strip() == m.header
        for m in block.columns
        if cells[m.index] not in (None, "")
    ):
        return "header"
    wide = len(block.columns) > FEW_COLUMNS
    return "remark" if wide and texts and _is_remark(texts, filled, key) else ""


def _is_remark(texts: list[str], filled: Sequence[CellValue], key: CellValue) -> bool:
    if REMARK_START.match(texts[0]):
        return True
    # A lone text is an id or a name unless it is long or merged over several cells.
    alone = len(set(filled)) == 1 and not _has_digits(key)
    return alone and (len(filled) > 1 or len(texts[0]) > _LONGEST_NAME)


def _has_digits(cell: CellValue) -> bool:
    return any(c.isdigit() for c in str(cell or ""))


def _read_row(
    sheet: Sheet,
    number: int,
    cells: tuple[CellValue, ...],
    block: HeaderBlock,
    letters: list[str],
) -> Row:
    parsed: dict[str, Parsed] = {}
    places: dict[str, Place] = {}
    for mapped, letter in zip(block.columns, letters, strict=True):
        raw = cells[mapped.index]
        error = sheet.errors.get((number, mapped.index + 1))
        field = mapped.column.field
        if error is not None:
            code = "load.formula_uncalculated" if error.startswith("=") else "load.cell_error"
            parsed[field], raw = Parsed(problem=Problem(code)), error
        else:
            parsed[field] = parse_mapped(raw, mapped, sheet.typed)
        is_code = mapped.column.value_type == "id"
        shown = "" if raw is None else mask_personal(str(raw), is_code=is_code)
        cell = f"{letter}{number}" if letter else ""
        places[field] = Place(sheet.file, sheet.name, number, mapped.header, cell, shown)
    return Row(Place(sheet.file, sheet.name, number), parsed, places)


def parse_mapped(raw: CellValue, mapped: MappedColumn, typed: bool) -> Parsed:
    """Return what a cell says below a header, which may give another unit of measure.

    Parameters
    ----------
    raw
        The cell as stored.
    mapped
        The column it stands in.
    typed
        Whether the file tells numbers from text.
    """
    if raw is None:
        return UNKNOWN
    if mapped.factor == 1:
        return parse_cell(raw, mapped.column, typed)
    return _parse_converted(raw, mapped, typed)


def _parse_converted(raw: CellValue, mapped: MappedColumn, typed: bool) -> Parsed:
    # The header gives another unit: read in that one without bounds, convert, check as usual.
    free = replace(mapped.column, value_type="float", unit=mapped.unit, minimum=None, maximum=None)
    first = parse_cell(raw, free, typed)
    if first.problem and first.problem.severity is Severity.ERROR:
        return first
    ends = [_convert(number, mapped) for number in (first.value, first.low, first.high)]
    refused = next((end for end in ends if end.problem), None)
    if refused:
        return refused
    value, low, high = (end.value for end in ends)
    return replace(
        first,
        value=value,
        low=float(low) if isinstance(low, int | float) else None,
        high=float(high) if isinstance(high, int | float) else None,
    )


def _convert(number: Value, mapped: MappedColumn) -> Parsed:
    if not isinstance(number, float):
        return UNKNOWN
    return parse_cell(float(Decimal(repr(number)) * mapped.factor), mapped.column)


def _tell_problems(row: Row, block: HeaderBlock) -> Iterator[Finding]:
    codes = {m.column.field for m in block.columns if m.column.value_type == "id"}
    for field, parsed in row.cells.items():
        if problem := parsed.problem:
            place = row.places[field]
            params = {"value": place.value, "column": place.column, **problem.params}
            yield Finding(problem.code, problem.severity, place, params, field in codes)


def _tell_merged(sheet: Sheet, block: HeaderBlock, rows: Sequence[Row]) -> Iterator[Finding]:
    """Tell numbers merged over several rows: is it each row's own, or that of all together."""
    numbers = {m.index + 1: m.column for m in block.columns if m.column.value_type in _NUMBERS}
    at = {row.place.row: row for row in rows}
    for top, left, bottom, right in sheet.merged:
        covered = [
            number for number in range(max(top, block.last_row + 1), bottom + 1) if number in at
        ]
        for index in range(left, right + 1):
            column = numbers.get(index)
            if column is None or len(covered) < 2 or at[covered[0]].number(column.field) is None:  # noqa: PLR2004
                continue
            place = at[covered[0]].place_of(column.field)
            params = {"column": place.column, "value": place.value, "count": str(len(covered))}
            yield Finding("load.merged_numbers", Severity.WARNING, place, params)


def _tell_shares(mapped: MappedColumn, rows: list[Row]) -> Iterator[Finding]:
    field = mapped.column.field
    positive = [row for row in rows if (row.number(field) or 0) > 0]
    small = [
        row
        for row in positive
        if (row.number(field) or 0) < 1
        and not row.places[field].value.strip().endswith(("%", "％"))
    ]
    if len(small) == len(positive) and len(small) >= FEW_COLUMNS:
        place = small[0].places[field]
        params = {"column": mapped.header, "count": str(len(small)), "value": place.value}
        yield Finding("load.share_column_suspicious", Severity.WARNING, place, params)
        return
    for row in small:
        place = row.places[field]
        shown = f"{(row.number(field) or 0) * 100:.15g}"
        params = {"column": mapped.header, "value": place.value, "percent": shown}
        yield Finding("load.share_suspicious", Severity.WARNING, place, params)
