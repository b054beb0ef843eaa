"""The cells below a header read in columns, with every problem at its place.

What comes back equals that of `read_rows`: the same rows, and the same findings as long as there
are at most MAX_LISTED of a kind in a column.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.listings import list_first
from pairmatch.domain.personal import mask_personal
from pairmatch.domain.tablecolumns import BoolArray, Rows, SheetHeaders
from pairmatch.load.readers.sheets import CellValue, ColumnSheet, RawColumn
from pairmatch.load.readers.sheetscan import name_column
from pairmatch.load.records.distinct import parse_distinct
from pairmatch.load.records.headers import HeaderBlock, MappedColumn
from pairmatch.load.records.rowcolumns import FieldColumn, RowColumns
from pairmatch.load.records.rows import (
    FEW_COLUMNS,
    REMARK_START,
    TOTAL_TEXT,
    WARNED_NOTES,
    find_reason_to_skip,
)

MORE = "load.more_of_a_kind"
_MARKS = ("计", "均", ":", "：")
"""One of these, or the word total, stands in every text that marks a row as none of the table."""


def read_row_columns(
    sheet: ColumnSheet, block: HeaderBlock
) -> tuple[RowColumns, tuple[Finding, ...]]:
    """Return the rows of a large table and the problems of its cells; see `read_rows`.

    Parameters
    ----------
    sheet
        The sheet.
    block
        Its header.
    """
    kept, findings = _find_rows(sheet, block)
    fields: dict[str, FieldColumn] = {}
    headers: dict[str, tuple[str, str]] = {}
    for mapped in block.columns:
        raw = sheet.columns[mapped.index]
        parsed = parse_distinct(raw.cells, mapped, sheet.typed)
        is_code = mapped.column.value_type == "id"
        letter = name_column(mapped.index + 1) if sheet.has_addresses else ""
        fields[mapped.column.field] = FieldColumn(raw.codes[kept], raw.cells, parsed, is_code)
        headers[mapped.column.field] = mapped.header, letter
    rows = RowColumns(
        (SheetHeaders(sheet.file, sheet.name, headers),),
        np.zeros(len(kept), dtype=np.int32),
        (kept + 1).astype(np.int32),
        fields,
    )
    for mapped in block.columns:
        teller = _Teller(rows, mapped)
        findings += teller.tell_problems()
        findings += teller.tell_notes()
        if mapped.column.unit == "%":
            findings += teller.tell_shares()
    return rows, tuple(findings)


# --- which rows are rows ---------------------------------------------------------------------


def _find_rows(sheet: ColumnSheet, block: HeaderBlock) -> tuple[Rows, list[Finding]]:
    kept = ~sheet.find_blank()
    kept[: block.last_row] = False
    odd = np.flatnonzero(kept & _find_odd_rows(sheet, block))
    skipped: dict[str, list[int]] = {}
    for row in odd.tolist():
        if reason := find_reason_to_skip(sheet.build_row(row), block):
            kept[row] = False
            skipped.setdefault(reason, []).append(row)

    def describe(row: int, reason: str) -> Iterator[Finding]:
        cells = sheet.build_row(row)
        shown = mask_personal(next(str(c) for c in cells if c not in (None, "")))
        place = Place(sheet.file, sheet.name, row + 1, "", "", shown)
        yield Finding(f"load.skipped_{reason}", Severity.NOTE, place, {"value": shown})

    findings: list[Finding] = []
    for reason, rows in skipped.items():
        findings += list_first(rows, partial(describe, reason=reason), MORE)
    return np.flatnonzero(kept), findings


def _find_odd_rows(sheet: ColumnSheet, block: HeaderBlock) -> BoolArray:
    """Return the rows of which `find_reason_to_skip` may say something; all others are rows."""
    odd = np.zeros(sheet.num_rows, dtype=np.bool_)
    for column in sheet.columns:
        if _may_be_marked(column.cells):
            marked = [code for code, cell in enumerate(column.cells) if _is_marked(cell)]
            odd |= _find_cells(column, marked)
    odd |= _find_headers(sheet, block)
    return odd | _find_uniform(sheet) if len(block.columns) > FEW_COLUMNS else odd


def _may_be_marked(cells: Sequence[CellValue]) -> bool:
    # Looking for the words in all texts at once is much faster than in each.
    joined = "\n".join([cell for cell in cells if isinstance(cell, str)])
    return any(word in joined for word in _MARKS) or "total" in joined.lower()


def _is_marked(cell: object) -> bool:
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    return TOTAL_TEXT.fullmatch(text) is not None or REMARK_START.match(text) is not None


def _find_cells(column: RawColumn, codes: list[int]) -> BoolArray:
    wanted = np.zeros(len(column.cells), dtype=np.bool_)
    wanted[codes] = True
    return wanted[column.codes]


def _find_headers(sheet: ColumnSheet, block: HeaderBlock) -> BoolArray:
    # Rows in which no cell says anything but its header.
    same = np.ones(sheet.num_rows, dtype=np.bool_)
    # Columns with few different cells leave few rows to look at, so they come first.
    ordered = sorted(block.columns, key=lambda m: len(sheet.columns[m.index].cells))
    for mapped in ordered:
        column = sheet.columns[mapped.index]
        cells = enumerate(column.cells)
        same &= _find_cells(
            column,
            [
                k
                for k, c in cells
                if c is None or (isinstance(c, str) and c.strip() == mapped.header)
            ],
        )
        if not same.any():
            break
    return same


def _find_uniform(sheet: ColumnSheet) -> BoolArray:
    """Return the rows all of whose filled cells are equal, a single one too."""
    rows = np.arange(sheet.num_rows)
    first = np.zeros(sheet.num_rows, dtype=np.int64)
    seen = np.zeros(sheet.num_rows, dtype=np.bool_)
    for column in sheet.columns:
        codes = column.codes[rows]
        hashes = np.fromiter(map(hash, column.cells), dtype=np.int64, count=len(column.cells))
        own, filled = hashes[codes], codes != 0
        kept = ~filled | ~seen | (own == first)
        first = np.where(filled, own, first)[kept]
        seen = (seen | filled)[kept]
        rows = rows[kept]
        if not len(rows):
            break
    uniform = np.zeros(sheet.num_rows, dtype=np.bool_)
    uniform[rows] = True
    return uniform


# --- what is wrong with cells ----------------------------------------------------------------


class _Teller:
    """Tells what there is to say about the cells of one column of one sheet."""

    def __init__(self, rows: RowColumns, mapped: MappedColumn) -> None:
        self._sheet = rows.sheets[0]
        self._numbers = rows.numbers
        self._mapped = mapped
        self._column = rows.fields[mapped.column.field]
        self._letter = self._sheet.headers[mapped.column.field][1]

    def tell_problems(self) -> Iterator[Finding]:
        """Yield a finding for every cell with a problem."""
        kinds: dict[str, list[int]] = {}
        for code, parsed in self._column.parsed.odd.items():
            if parsed.problem:
                kinds.setdefault(parsed.problem.code, []).append(code)
        for codes in kinds.values():
            yield from self._list(codes, self._describe_problem)

    def tell_notes(self) -> Iterator[Finding]:
        """Yield how many cells were normalised in each way."""
        kinds: dict[str, list[int]] = {}
        for code, parsed in self._column.parsed.odd.items():
            for note in parsed.notes:
                kinds.setdefault(note, []).append(code)
        for note, codes in kinds.items():
            rows = self._find_rows(codes)
            if len(rows):
                place = self._place(int(rows[0]))
                severity = Severity.WARNING if note in WARNED_NOTES else Severity.NOTE
                params = {"column": place.column, "count": str(len(rows)), "value": place.value}
                is_code = self._column.is_code
                yield Finding(f"load.noted_{note}", severity, place, params, is_code)

    def tell_shares(self) -> Iterator[Finding]:
        """Yield what looks like 0.35 where 35 % is meant: the whole column, or single cells."""
        numbers = self._column.parsed.numbers
        positive = np.flatnonzero(numbers > 0).tolist()
        small = [k for k in positive if numbers[k] < 1 and not self._is_percentage(k)]
        rows = self._find_rows(small)
        if len(rows) == len(self._find_rows(positive)) and len(rows) >= FEW_COLUMNS:
            place = self._place(int(rows[0]))
            params = {"column": place.column, "count": str(len(rows)), "value": place.value}
            yield Finding("load.share_column_suspicious", Severity.WARNING, place, params)
        else:
            yield from self._list(small, self._describe_share)

    def _is_percentage(self, code: int) -> bool:
        return self._column.show(code).strip().endswith(("%", "％"))

    def _list(
        self, codes: list[int], describe: Callable[[int], Iterator[Finding]]
    ) -> Iterator[Finding]:
        return list_first(self._find_rows(codes), describe, MORE)

    def _find_rows(self, codes: list[int]) -> Rows:
        wanted = np.zeros(len(self._column.cells), dtype=np.bool_)
        wanted[codes] = True
        return np.flatnonzero(wanted[self._column.codes])

    def _place(self, row: int) -> Place:
        number = int(self._numbers[row])
        cell = f"{self._letter}{number}" if self._letter else ""
        shown = self._column.show(int(self._column.codes[row]))
        sheet = self._sheet
        return Place(sheet.file, sheet.sheet, number, self._mapped.header, cell, shown)

    def _describe_problem(self, row: int) -> Iterator[Finding]:
        problem = self._column.parsed[int(self._column.codes[row])].problem
        assert problem is not None  # noqa: S101 - only rows with one are told
        place = self._place(row)
        params = {"value": place.value, "column": place.column, **problem.params}
        yield Finding(problem.code, problem.severity, place, params, self._column.is_code)

    def _describe_share(self, row: int) -> Iterator[Finding]:
        place = self._place(row)
        number = self._column.parsed.values[int(self._column.codes[row])]
        share = number if isinstance(number, int | float) else 0
        params = {"column": place.column, "value": place.value}
        params["percent"] = f"{share * 100:.15g}"
        yield Finding("load.share_suspicious", Severity.WARNING, place, params)
