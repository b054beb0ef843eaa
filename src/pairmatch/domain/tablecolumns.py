"""Columns of large tables: few different items and a code a row, and where the rows stand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.findings import Place
from pairmatch.domain.personal import mask_personal

IndexArray = NDArray[np.int32]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Rows = NDArray[np.intp]
Answer = float | str | tuple[str, ...] | None

Item = TypeVar("Item")

ABSENT = -1
"""The code of a cell whose sheet does not have the column at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Coded(Sequence[Item]):
    """A column in which the same few items come again: each different one once, a code a row."""

    codes: IndexArray
    items: tuple[Item, ...]

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        if isinstance(index, slice):
            return [self.items[code] for code in self.codes[index].tolist()]
        return self.items[int(self.codes[index])]

    def __iter__(self) -> Iterator[Item]:
        return map(self.items.__getitem__, self.codes.tolist())

    def take(self, rows: Rows) -> "Coded[Item]":
        """Return the items of some rows, in the order of `rows`."""
        return Coded(self.codes[rows], self.items)

    def join(self, other: "Coded[Item]") -> "Coded[Item]":
        """Return the items of both, those of the other last."""
        later = other.codes + np.int32(len(self.items))
        return make_coded(np.concatenate([self.codes, later]), (*self.items, *other.items))

    def match(self, accept: Callable[[Item], bool]) -> BoolArray:
        """Return which rows have an item that is accepted; each item is asked about once."""
        accepted = np.fromiter(map(accept, self.items), dtype=np.bool_, count=len(self.items))
        return accepted[self.codes]

    def list_items(self) -> list[Item]:
        """Return the different items that stand in some row."""
        used = np.bincount(self.codes, minlength=len(self.items))
        return [self.items[code] for code in np.flatnonzero(used).tolist()]


def make_coded(codes: IndexArray, items: Sequence[Item]) -> Coded[Item]:
    """Return a coded column; items that are equal become one."""
    known: dict[Item, int] = {}
    numbers = [known.setdefault(item, len(known)) for item in items]
    if len(known) < len(items):
        codes = np.array(numbers, dtype=np.int32)[codes]
    return Coded(codes, tuple(known))


@dataclass(frozen=True, slots=True, eq=False)
class CellColumn:
    """What the cells of a field say: each different cell once, and a code a row.

    `raws` are the cells as they stand in the files and `values` what they say; `numbers` the same
    as floats, NaN where the value is no number; `lows` and `highs` the ends of answers that are
    ranges, by code. `is_code` says that cells hold ids, which are shown unmasked. A code is ABSENT
    where the row's sheet does not have the column.
    """

    codes: IndexArray
    raws: Sequence[str | int | float | bool | None]
    values: Sequence[Answer]
    numbers: FloatArray
    lows: Mapping[int, float]
    highs: Mapping[int, float]
    is_code: bool = False

    def take(self, rows: Rows) -> "CellColumn":
        """Return the cells of some rows."""
        return replace(self, codes=self.codes[rows])

    def join(self, other: "CellColumn") -> "CellColumn":
        """Return the cells of both, those of the other last."""
        shift = len(self.raws)
        later = np.where(other.codes < 0, other.codes, other.codes + shift).astype(np.int32)
        return CellColumn(
            np.concatenate([self.codes, later]),
            [*self.raws, *other.raws],
            [*self.values, *other.values],
            np.concatenate([self.numbers, other.numbers]),
            {**self.lows, **{code + shift: end for code, end in other.lows.items()}},
            {**self.highs, **{code + shift: end for code, end in other.highs.items()}},
            self.is_code or other.is_code,
        )

    def show(self, row: int) -> str:
        """Return the text of a row's cell, personal numbers blotted out."""
        raw = self.raws[int(self.codes[row])]
        return "" if raw is None else mask_personal(str(raw), is_code=self.is_code)

    def find_numbers(self) -> FloatArray:
        """Return the number of each row, NaN where there is none."""
        # Code -1 reaches the last entry: the NaN appended for it.
        return np.append(self.numbers, np.nan)[self.codes]

    def find_ends(self) -> tuple[FloatArray, FloatArray]:
        """Return the least and most that each row's answer may mean, NaN where it is open."""
        ends = []
        for ranges in (self.lows, self.highs):
            numbers = np.append(self.numbers, np.nan)
            for code, end in ranges.items():
                # A range has no value; where there is one, it alone counts.
                numbers[code] = end if np.isnan(numbers[code]) else numbers[code]
            ends.append(numbers[self.codes])
        return ends[0], ends[1]

    def find_answered(self) -> BoolArray:
        """Return which rows have an answer, be it a range."""
        known = [value is not None for value in self.values]
        answered = np.array([*known, False], dtype=np.bool_)
        answered[list(self.lows)] = True
        return answered[self.codes]

    def find_asked(self) -> BoolArray:
        """Return which rows stand on a sheet that has the column."""
        return self.codes >= 0


@dataclass(frozen=True, slots=True)
class SheetHeaders:
    """A sheet of the inputs: its file, its name, and header and column letter of every field."""

    file: str
    sheet: str
    headers: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class RowPlaces:
    """Where the rows of a table stand, and the cells of their fields.

    `sheets` are sorted by file and sheet; `sheet_idx` says in which of them each row stands and
    `numbers` in which row of it (from 1).
    """

    sheets: tuple[SheetHeaders, ...]
    sheet_idx: IndexArray
    numbers: IndexArray
    cells: Mapping[str, CellColumn]

    def take(self, rows: Rows) -> "RowPlaces":
        """Return the places of some rows."""
        cells = {name: column.take(rows) for name, column in self.cells.items()}
        return RowPlaces(self.sheets, self.sheet_idx[rows], self.numbers[rows], cells)

    def join(self, other: "RowPlaces") -> "RowPlaces":
        """Return the places of both; they are parts of one table, so their sheets are the same."""
        return RowPlaces(
            self.sheets,
            np.concatenate([self.sheet_idx, other.sheet_idx]),
            np.concatenate([self.numbers, other.numbers]),
            {name: column.join(other.cells[name]) for name, column in self.cells.items()},
        )

    def place(self, row: int) -> Place:
        """Return the place of a row."""
        sheet = self.sheets[int(self.sheet_idx[row])]
        return Place(sheet.file, sheet.sheet, int(self.numbers[row]))

    def place_of(self, row: int, name: str) -> Place:
        """Return where a field of a row stands, or the place of the row without such a column."""
        sheet = self.sheets[int(self.sheet_idx[row])]
        number = int(self.numbers[row])
        if name not in sheet.headers or name not in self.cells:
            return Place(sheet.file, sheet.sheet, number)
        header, letter = sheet.headers[name]
        cell = f"{letter}{number}" if letter else ""
        return Place(sheet.file, sheet.sheet, number, header, cell, self.cells[name].show(row))

    def find_keys(self) -> IntArray:
        """Return a number a row, in the order of the rows' places."""
        return (self.sheet_idx.astype(np.int64) << 32) | self.numbers

    def order_rows(self, chosen: BoolArray) -> Rows:
        """Return the rows that are chosen, in the order of their places."""
        rows = np.flatnonzero(chosen)
        return rows[np.argsort(self.find_keys()[rows], kind="stable")]
