"""Rows of texts into columns, each different text kept once."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from pairmatch.load.readers.sheets import CellValue, RawColumn

if TYPE_CHECKING:
    from pairmatch.domain.tablecolumns import IndexArray

MANY_DIFFERENT = 10_000
MOSTLY = 0.6
"""Above so many different texts, which are so much of all, equal ones are no longer looked for."""


class ColumnBuilder:
    """Takes rows of texts, some at a time, and builds their columns; blank texts become None."""

    def __init__(self) -> None:
        self._columns: list[_Column] = []
        self._num_rows = 0

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Take rows, which may be of unequal length.

        Parameters
        ----------
        rows
            The rows that come next.
        """
        columns = list(zip_longest(*rows, fillvalue=""))
        while len(self._columns) < len(columns):
            self._columns.append(_Column(self._num_rows))
        for column, texts in zip(self._columns, columns, strict=False):
            column.add(texts)
        for column in self._columns[len(columns) :]:
            column.add_blanks(len(rows))
        self._num_rows += len(rows)

    def build(self) -> tuple[RawColumn, ...]:
        """Return the columns of all rows taken."""
        built = []
        while self._columns:
            # One by one, so that no more than one is held twice.
            built.append(self._columns.pop().build())
        return tuple(reversed(built))


class _Column:
    """The texts of one column so far."""

    def __init__(self, num_blanks: int) -> None:
        self._codes: _Codes | None = _Codes({"": 0})
        self._texts: list[str] = []
        self._parts: list[IndexArray] = []
        self._num_rows = 0
        self.add_blanks(num_blanks)

    def add(self, texts: Sequence[str]) -> None:
        self._num_rows += len(texts)
        if self._codes is None:
            self._parts.append(self._append(texts))
            return
        numbers = map(self._codes.__getitem__, texts)
        self._parts.append(np.fromiter(numbers, dtype=np.int32, count=len(texts)))
        if len(self._codes) > max(MANY_DIFFERENT, MOSTLY * self._num_rows):
            self._texts, self._codes = list(self._codes), None

    def _append(self, texts: Sequence[str]) -> "IndexArray":
        start = len(self._texts)
        self._texts += texts
        codes = np.arange(start, start + len(texts), dtype=np.int32)
        if "" in texts:
            codes[[k for k, text in enumerate(texts) if not text]] = 0
        return codes

    def add_blanks(self, number: int) -> None:
        self._num_rows += number
        self._parts.append(np.zeros(number, dtype=np.int32))

    def build(self) -> RawColumn:
        cells: list[CellValue] = [*(self._texts if self._codes is None else self._codes)]
        cells[0] = None
        return RawColumn(np.concatenate(self._parts), cells)


class _Codes(dict[str, int]):
    """The code of every text met so far."""

    def __missing__(self, text: str) -> int:
        code = self[text] = len(self)
        return code
