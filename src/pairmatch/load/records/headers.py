"""Finds the header of a table on a sheet and what each of its columns is."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pairmatch.domain.columns import Column, describe_year
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.load.readers.sheets import HEAD_ROWS, CellValue, ColumnSheet, Sheet
from pairmatch.load.readers.sheetscan import name_column
from pairmatch.load.records.numbers import find_factor, is_unit
from pairmatch.load.records.tables import Table, simplify_header

SEARCHED_ROWS = HEAD_ROWS - 2
"""A header is looked for in so many rows at the top of a sheet."""
_ENOUGH = 3
_BRACKET = re.compile(r"(.+)\(([^()]*)\)")
_YEAR = re.compile(
    r"(?:grade)?((?:19|20)\d\d)年?度?(?:评定|评价|考核|评定等次|成效评定|等次|结果)*"
)
_WITHOUT_DATA = frozenset({"序号", "编号", "备注", "说明", "填表人", "审核人", "no", "填报单位"})
_PERSONAL = re.compile(
    r"身份证|证件号|手机|电话|联系方式|联系人|姓名|书记|住址|银行卡|微信|phone|mobile|idcard|idnumber"
)
_NO_FACTOR = Decimal(1)


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """A column of a sheet: what it is, where it stands (from 0) and its header as in the file.

    Where the header gives another `unit` than ours, numbers are multiplied with `factor`.
    """

    column: Column
    index: int
    header: str
    factor: Decimal = _NO_FACTOR
    unit: str = ""


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """The header of a table: its rows (from 1) and the columns that are known."""

    first_row: int
    last_row: int
    columns: tuple[MappedColumn, ...]

    @property
    def fields(self) -> frozenset[str]:
        """The fields that the table has."""
        return frozenset(mapped.column.field for mapped in self.columns)


@dataclass(frozen=True, slots=True)
class _Label:
    header: str
    column: Column | None
    factor: Decimal | None = _NO_FACTOR
    unit: str = ""


def find_header(
    sheet: Sheet | ColumnSheet, table: Table
) -> tuple[HeaderBlock | None, tuple[Finding, ...]]:
    """Return the header of a table on a sheet, and what is wrong with it.

    Rows above the table (title, notes) are passed over. A header has one row, or two where
    groups of columns have a common title; a merged cell counts for all cells it covers.

    Parameters
    ----------
    sheet
        The sheet.
    table
        What table it should hold.

    Returns
    -------
    tuple
        None if the sheet has no such table. The findings tell what was mapped, and columns that
        are unknown, doubled or missing.
    """
    labels = _find_labels(sheet, table)
    if labels is None:
        return None, ()
    first, last, row_labels = labels
    columns, findings = _map_columns(sheet, table, last, row_labels)
    block = HeaderBlock(first, last, columns)
    findings += _tell_missing(sheet, table, block, row_labels)
    found = {"row": str(first), "num_columns": str(len(columns)), "table": table.name}
    place = Place(sheet.file, sheet.name, first)
    findings.append(Finding("load.header_found", Severity.NOTE, place, found))
    return block, tuple(findings)


def suggest_names(text: str, names: Iterable[str], cutoff: float = 0.5) -> str:
    """Return the known name closest to a text, or an empty text if none is close."""
    close = difflib.get_close_matches(text, sorted(set(names)), n=1, cutoff=cutoff)
    return close[0] if close else ""


def _find_labels(
    sheet: Sheet | ColumnSheet, table: Table
) -> tuple[int, int, tuple[_Label, ...]] | None:
    rows = sheet.head
    for start in range(min(SEARCHED_ROWS, len(rows))):
        if not any(_label_one(cell, table).column for cell in rows[start]):
            continue
        best = max(_list_readings(rows, start, table), key=lambda r: _count_fields(r[2]))
        if _is_header(best[2], table):
            return _add_unit_row(rows, best, table)
    return None


def _add_unit_row(
    rows: Sequence[Sequence[CellValue]], found: tuple[int, int, tuple[_Label, ...]], table: Table
) -> tuple[int, int, tuple[_Label, ...]]:
    # Below the header there may be a row with nothing but units of measure.
    first, last, labels = found
    below = [_show(cell) for cell in rows[last]] if last < len(rows) else []
    if not any(below) or not all(is_unit(_strip_brackets(text)) for text in below if text):
        return found
    paired = zip(labels, below, strict=True)
    joined = (f"{label.header}({_strip_brackets(unit)})" if unit else "" for label, unit in paired)
    pairs = zip(joined, labels, strict=True)
    return first, last + 1, tuple(_label_one(text, table) if text else old for text, old in pairs)


def _strip_brackets(text: str) -> str:
    return text.strip("()（）")


def _list_readings(
    rows: Sequence[Sequence[CellValue]], start: int, table: Table
) -> list[tuple[int, int, tuple[_Label, ...]]]:
    # In order of preference: max() keeps the first of equals.
    readings = []
    for top, bottom in ((start, start), (start + 1, start + 1), (start, start + 1)):
        if bottom >= len(rows):
            continue
        pairs = zip(rows[top], rows[bottom], strict=True)
        labels = tuple(_label_two(a, b, table) for a, b in pairs)
        readings.append((min(start, top) + 1, bottom + 1, labels))
    return readings


def _count_fields(labels: Sequence[_Label]) -> int:
    return len({label.column.field for label in labels if label.column})


def _is_header(labels: Sequence[_Label], table: Table) -> bool:
    fields = {label.column.field for label in labels if label.column}
    asked = [simplify_header(label.header) for label in labels if label.header]
    filled = sum(1 for key in asked if key not in _WITHOUT_DATA)
    has_key = any(key in fields for key in table.keys)
    return len(fields) >= _ENOUGH or (has_key and len(fields) * 2 >= filled)


def _show(cell: CellValue) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else " ".join(str(cell).split())


def _label_two(top: CellValue, bottom: CellValue, table: Table) -> _Label:
    above, below = _show(top), _show(bottom)
    if above == below or not below:
        return _label_one(above, table)
    if not above:
        return _label_one(below, table)
    tries = [below, above + below, below + above]
    if is_unit(_strip_brackets(below)):
        tries = [f"{above}({_strip_brackets(below)})"]
    for text in tries:
        if (label := _label_one(text, table)).column:
            return label
    return _Label(f"{above} {below}", None)


def _label_one(cell: CellValue, table: Table) -> _Label:
    text = _show(cell)
    key = simplify_header(text)
    if not key:
        return _Label(text, None)
    if key in table.names:
        return _Label(text, table.columns[table.names[key]])
    if table.name == "previous" and (year := _YEAR.fullmatch(key)):
        return _Label(text, describe_year(int(year[1])))
    bracket = _BRACKET.fullmatch(key)
    if bracket and bracket[1] in table.names:
        column = table.columns[table.names[bracket[1]]]
        return _Label(text, column, _read_unit(bracket[2], column), bracket[2])
    return _Label(text, None)


def _read_unit(text: str, column: Column) -> Decimal | None:
    # What stands in brackets need not be a unit: 总户数(2025年底).
    if not column.unit or not is_unit(text):
        return _NO_FACTOR
    return find_factor(text, column.unit)


def _map_columns(
    sheet: Sheet | ColumnSheet, table: Table, header_row: int, labels: Sequence[_Label]
) -> tuple[tuple[MappedColumn, ...], list[Finding]]:
    findings: list[Finding] = []
    mapped: dict[str, MappedColumn] = {}
    for index, label in enumerate(labels):
        place = _place_header(sheet, header_row, index, label.header)
        if label.column is None:
            findings += _tell_unknown(label.header, place, table, labels)
        elif label.column.field in mapped:
            if sheet.has_values(header_row, index):
                first = mapped[label.column.field]
                findings.append(_tell_double(place, first, label, index))
        elif label.factor is None:
            params = {"column": label.header, "unit": label.column.unit}
            findings.append(Finding("load.header_unit", Severity.ERROR, place, params))
        else:
            mapped[label.column.field] = MappedColumn(
                label.column, index, label.header, label.factor, label.unit
            )
            if label.factor != _NO_FACTOR:
                params = {"column": label.header, "unit": label.column.unit}
                findings.append(Finding("load.header_converted", Severity.NOTE, place, params))
    return tuple(mapped.values()), findings


def _place_header(sheet: Sheet | ColumnSheet, row: int, index: int, header: str) -> Place:
    cell = f"{name_column(index + 1)}{row}" if sheet.has_addresses else ""
    return Place(sheet.file, sheet.name, row, header, cell, "")


def _tell_double(place: Place, first: MappedColumn, label: _Label, index: int) -> Finding:
    params = {
        "column": label.header,
        "first": f"{first.header} ({name_column(first.index + 1)})",
        "second": f"{label.header} ({name_column(index + 1)})",
        "meaning": first.column.header,
    }
    return Finding("load.header_double", Severity.ERROR, place, params)


def _tell_unknown(
    header: str, place: Place, table: Table, labels: Sequence[_Label]
) -> list[Finding]:
    key = simplify_header(header)
    if not key or key in _WITHOUT_DATA:
        return []
    if _PERSONAL.search(key):
        params = {"column": header}
        return [Finding("load.personal_column", Severity.WARNING, place, params)]
    taken = {label.column.field for label in labels if label.column}
    free = {name: field for name, field in table.names.items() if field not in taken}
    close = suggest_names(key, free)
    params = {"column": header, "closest": table.columns[free[close]].header if close else ""}
    code = "load.unknown_column_close" if close else "load.unknown_column"
    return [Finding(code, Severity.WARNING, place, params)]


def _tell_missing(
    sheet: Sheet | ColumnSheet, table: Table, block: HeaderBlock, labels: Sequence[_Label]
) -> list[Finding]:
    unknown: Mapping[str, str] = {
        simplify_header(label.header): label.header
        for label in labels
        if label.column is None and label.header
    }
    findings = []
    for column in table.columns.values():
        if not column.required or column.field in block.fields:
            continue
        names = (name for name, field in table.names.items() if field == column.field)
        close = next((c for name in names if (c := suggest_names(name, unknown))), "")
        params = {"column": column.header, "field": column.field, "closest": unknown.get(close, "")}
        code = "load.missing_column_close" if close else "load.missing_column"
        place = Place(sheet.file, sheet.name, block.last_row)
        findings.append(Finding(code, Severity.ERROR, place, params))
    return findings
