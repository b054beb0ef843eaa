"""Rows of large tables in columns: read like `read_rows`, and the same rows when asked for.

Whatever can be said of a cell is said of each different cell once; which rows have it is then a
look at arrays.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import overload

import numpy as np

from pairmatch.domain.findings import Place
from pairmatch.domain.personal import mask_personal
from pairmatch.domain.tablecolumns import (
    ABSENT,
    CellColumn,
    Coded,
    IndexArray,
    RowPlaces,
    Rows,
    SheetHeaders,
    make_coded,
)
from pairmatch.load.readers.sheets import CellValue
from pairmatch.load.records.distinct import ParsedCells
from pairmatch.load.records.rows import Row
from pairmatch.load.records.values import Parsed, Value


@dataclass(frozen=True, slots=True, eq=False)
class FieldColumn:
    """A field of rows: its different cells, what they say, and which of them each row has.

    A code is ABSENT where the row's sheet does not have the field.
    """

    codes: IndexArray
    cells: Sequence[CellValue]
    parsed: ParsedCells
    is_code: bool

    def show(self, code: int) -> str:
        """Return the text of a cell, personal numbers blotted out."""
        cell = self.cells[code]
        return "" if cell is None else mask_personal(str(cell), is_code=self.is_code)

    def to_cells(self, rows: Rows) -> CellColumn:
        """Return the cells of some rows, for a table of records."""
        odd = self.parsed.odd
        return CellColumn(
            self.codes[rows],
            self.cells,
            self.parsed.values,
            self.parsed.numbers,
            {code: parsed.low for code, parsed in odd.items() if parsed.low is not None},
            {code: parsed.high for code, parsed in odd.items() if parsed.high is not None},
            self.is_code,
        )


@dataclass(frozen=True, slots=True, eq=False)
class RowColumns(Sequence[Row]):
    """The rows of all sheets of an entry, in the order of their places, by field."""

    sheets: tuple[SheetHeaders, ...]
    sheet_idx: IndexArray
    numbers: IndexArray
    fields: Mapping[str, FieldColumn]

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self._build(k) for k in range(*index.indices(len(self)))]
        return self._build(range(len(self))[index])

    def __iter__(self) -> Iterator[Row]:
        return map(self._build, range(len(self)))

    def _build(self, k: int) -> Row:
        sheet, number = self.sheets[self.sheet_idx[k]], int(self.numbers[k])
        cells: dict[str, Parsed] = {}
        places: dict[str, Place] = {}
        for name, (header, letter) in sheet.headers.items():
            column = self.fields[name]
            code = int(column.codes[k])
            cells[name] = column.parsed[code]
            cell = f"{letter}{number}" if letter else ""
            shown = column.show(code)
            places[name] = Place(sheet.file, sheet.sheet, number, header, cell, shown)
        return Row(Place(sheet.file, sheet.sheet, number), cells, places)

    def take(self, rows: Rows) -> "RowColumns":
        """Return some rows, in the order given."""
        return RowColumns(
            self.sheets,
            self.sheet_idx[rows],
            self.numbers[rows],
            {
                name: FieldColumn(column.codes[rows], column.cells, column.parsed, column.is_code)
                for name, column in self.fields.items()
            },
        )

    def take_places(self, rows: Rows, names: Sequence[str]) -> RowPlaces:
        """Return where some rows stand, with the cells of the fields that a record points at."""
        return RowPlaces(
            self.sheets,
            self.sheet_idx[rows],
            self.numbers[rows],
            {name: self.fields[name].to_cells(rows) for name in names if name in self.fields},
        )

    def find_values(self, name: str) -> Coded[Value]:
        """Return what the rows say in a field, None where that is unknown or not on the sheet."""
        column = self.fields.get(name)
        if column is None:
            return Coded(np.zeros(len(self), dtype=np.int32), (None,))
        return Coded(column.codes + np.int32(1), (None, *column.parsed.values))

    def list_texts(self, name: str) -> list[str]:
        """Return the text of a field of every row, empty like `Row.text`."""
        found = self.find_values(name)
        texts = [v if isinstance(v, str) else "" for v in found.items]
        return list(map(texts.__getitem__, found.codes.tolist()))

    def find_texts(self, name: str) -> Coded[str]:
        """Return the texts of a field, empty like `Row.text`."""
        found = self.find_values(name)
        return make_coded(found.codes, [v if isinstance(v, str) else "" for v in found.items])

    def find_names(self, name: str) -> Coded[tuple[str, ...]]:
        """Return the names of a field with several, empty like `Row.names`."""
        found = self.find_values(name)
        return make_coded(found.codes, [v if isinstance(v, tuple) else () for v in found.items])

    def find_whole(self, name: str) -> Coded[int | None]:
        """Return the whole numbers of a field, None where unknown."""
        found = self.find_values(name)
        items = [int(v) if isinstance(v, int | float) else None for v in found.items]
        return make_coded(found.codes, items)

    def find_truths(self, name: str) -> Coded[bool | None]:
        """Return the answers of a field with yes and no, None where unknown."""
        found = self.find_values(name)
        items = [bool(v) if isinstance(v, int | float) else None for v in found.items]
        return make_coded(found.codes, items)


def convert_rows(rows: Sequence[Row], ids: Set[str]) -> list[RowColumns]:
    """Return rows that were read one by one in columns, a table a sheet.

    Parameters
    ----------
    rows
        The rows.
    ids
        The fields that hold ids.
    """
    by_sheet: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_sheet.setdefault((row.place.file, row.place.sheet), []).append(row)
    return [_convert_sheet(file, sheet, own, ids) for (file, sheet), own in by_sheet.items()]


def _convert_sheet(file: str, sheet: str, rows: Sequence[Row], ids: Set[str]) -> RowColumns:
    headers = {}
    fields = {}
    codes = np.arange(len(rows), dtype=np.int32)
    for name, place in rows[0].places.items():
        letter = place.cell.rstrip("0123456789")
        headers[name] = place.column, letter
        parsed = [row.cells[name] for row in rows]
        odd = {k: p for k, p in enumerate(parsed) if p != Parsed(p.value)}
        cells = [row.places[name].value or None for row in rows]
        values = [p.value for p in parsed]
        numbers = [v if isinstance(v, int | float) else np.nan for v in values]
        parsed_cells = ParsedCells(values, odd, np.array(numbers, dtype=np.float64))
        fields[name] = FieldColumn(codes, cells, parsed_cells, name in ids)
    at = np.array([row.place.row for row in rows], dtype=np.int32)
    places = SheetHeaders(file, sheet, headers)
    return RowColumns((places,), np.zeros(len(rows), np.int32), at, fields)


def join_rows(tables: Sequence[RowColumns]) -> RowColumns:
    """Return the rows of several sheets as one, in the order of their places."""
    ordered = sorted(tables, key=lambda table: (table.sheets[0].file, table.sheets[0].sheet))
    if len(ordered) == 1:
        return ordered[0]
    sizes = [len(table) for table in ordered]
    names = dict.fromkeys(name for table in ordered for name in table.fields)
    return RowColumns(
        tuple(table.sheets[0] for table in ordered),
        np.repeat(np.arange(len(ordered), dtype=np.int32), sizes),
        np.concatenate([table.numbers for table in ordered]),
        {name: _join_field([t.fields.get(name) for t in ordered], sizes) for name in names},
    )


def _join_field(columns: Sequence[FieldColumn | None], sizes: Sequence[int]) -> FieldColumn:
    codes: list[IndexArray] = []
    cells: list[CellValue] = []
    values: list[Value] = []
    odd: dict[int, Parsed] = {}
    numbers = []
    for column, size in zip(columns, sizes, strict=True):
        if column is None:
            codes.append(np.full(size, ABSENT, dtype=np.int32))
            continue
        shift = len(cells)
        codes.append(column.codes + np.int32(shift))
        cells += column.cells
        values += column.parsed.values
        numbers.append(column.parsed.numbers)
        odd |= {code + shift: one for code, one in column.parsed.odd.items()}
    is_code = any(column is not None and column.is_code for column in columns)
    parsed = ParsedCells(values, odd, np.concatenate(numbers))
    return FieldColumn(np.concatenate(codes), cells, parsed, is_code)
