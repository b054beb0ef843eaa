"""Raw tables as they stand in a file: what every reader returns and every parser takes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pairmatch.domain.tablecolumns import IndexArray

HEAD_ROWS = 42
"""The rows at the top of a sheet in which a header can lie, and two below."""

CellValue = str | int | float | bool | None
"""A cell as stored: text, number, truth value, or None if empty. Dates come as ISO text."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook, or a whole CSV file (then `name` is empty).

    `rows` holds the cells of rows 1, 2, 3 ... from column A on, padded to equal width, with the
    value of a merged range repeated in each of its cells. `hidden_rows` are 1-based. `errors`
    maps (row, column), both 1-based, to the text of error values such as ``#N/A`` and of formulas
    that were never calculated; those cells are None in `rows`. `typed` is False where all cells
    are text because the format has no types (CSV).
    """

    file: str
    name: str
    rows: tuple[tuple[CellValue, ...], ...]
    hidden_rows: frozenset[int] = frozenset()
    hidden: bool = False
    merged: tuple[tuple[int, int, int, int], ...] = ()
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    typed: bool = True

    @property
    def head(self) -> Sequence[tuple[CellValue, ...]]:
        """The rows at the top."""
        return self.rows[:HEAD_ROWS]

    @property
    def has_addresses(self) -> bool:
        """Whether cells are known by addresses such as ``C7``."""
        return self.typed and bool(self.name)

    def has_values(self, first: int, index: int) -> bool:
        """Whether a column (from 0) holds anything from a row (from 0) on."""
        return any(row[index] not in (None, "") for row in self.rows[first:])


@dataclass(frozen=True, slots=True, eq=False)
class RawColumn:
    """The cells of one column: each different one once, and which of them each row has.

    `cells` begin with None, the blank cell. Where nearly all are different, some may come twice.
    """

    codes: IndexArray
    cells: Sequence[CellValue]


@dataclass(frozen=True, slots=True, eq=False)
class ColumnSheet:
    """A large table in columns: what a `Sheet` without merged cells and errors says.

    `typed` is True where the format tells numbers from texts (Parquet).
    """

    file: str
    columns: tuple[RawColumn, ...]
    num_rows: int
    typed: bool = False
    name: str = ""
    has_addresses: bool = False

    @property
    def head(self) -> Sequence[tuple[CellValue, ...]]:
        """The rows at the top."""
        return [self.build_row(row) for row in range(min(HEAD_ROWS, self.num_rows))]

    def has_values(self, first: int, index: int) -> bool:
        """Whether a column (from 0) holds anything from a row (from 0) on."""
        return bool(self.columns[index].codes[first:].any())

    def build_row(self, row: int) -> tuple[CellValue, ...]:
        """Return the cells of a row (from 0)."""
        return tuple(column.cells[column.codes[row]] for column in self.columns)

    def find_blank(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which rows hold nothing at all."""
        blank = np.ones(self.num_rows, dtype=np.bool_)
        for column in self.columns:
            blank &= column.codes == 0
        return blank

    def to_sheet(self) -> Sheet:
        """Return the same table in rows."""
        cells = [map(c.cells.__getitem__, c.codes.tolist()) for c in self.columns]
        return Sheet(self.file, self.name, tuple(zip(*cells, strict=True)), typed=self.typed)
