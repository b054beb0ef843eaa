"""The different cells of a column to values: each is parsed once, plain ones all together.

What `parse_cell` would say of a plain cell (a short number within bounds, an id of letters and
digits, a name in Chinese characters) is known without asking it; everything else it is asked.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import cast

import numpy as np

from pairmatch.domain.columns import Column
from pairmatch.domain.tablecolumns import FloatArray, Rows
from pairmatch.load.readers.sheets import CellValue
from pairmatch.load.records.headers import MappedColumn
from pairmatch.load.records.rows import parse_mapped
from pairmatch.load.records.values import UNKNOWN_WORDS, Parsed, Value

_NUMBER = r"[0-9]{1,12}+(?:\.[0-9]{0,9}+)?+"
_ID = r"[0-9A-Za-z][0-9A-Za-z_-]*+"
_NAME = r"(?!.*[0-9]{11})[\u4e00-\u9fa5A-Za-z0-9（）]++"  # no digits that would be masked
_WORDS: Mapping[str, str] = {"id": _ID, "name": _NAME, "text": _NAME}
_NUMBERS = ("int", "float")
_SMALLEST, _LARGEST = 1e-12, 1e12


@dataclass(frozen=True, slots=True, eq=False)
class ParsedCells:
    """What different cells say, by their code: values, and all of `Parsed` where there is more.

    `numbers` are the values as floats, NaN where they are no numbers.
    """

    values: list[Value]
    odd: Mapping[int, Parsed]
    numbers: FloatArray

    def __getitem__(self, code: int) -> Parsed:
        found = self.odd.get(code)
        return Parsed(self.values[code]) if found is None else found


def parse_distinct(cells: Sequence[CellValue], mapped: MappedColumn, typed: bool) -> ParsedCells:
    """Return what different cells of a column say: for each the same as `parse_mapped`.

    Parameters
    ----------
    cells
        The cells as stored.
    mapped
        The column they stand in.
    typed
        Whether the file tells numbers from text.
    """
    values: list[Value] = [None] * len(cells)
    numbers = np.full(len(cells), np.nan)
    codes, plain = _find_plain(cells, mapped, typed)
    for code, value in zip(codes.tolist(), plain, strict=True):
        values[code] = value
    if mapped.column.value_type in _NUMBERS:
        numbers[codes] = plain
    rest = np.ones(len(cells), dtype=np.bool_)
    rest[codes] = False
    odd: dict[int, Parsed] = {}
    for code in np.flatnonzero(rest).tolist():
        parsed = parse_mapped(cells[code], mapped, typed)
        values[code] = value = parsed.value
        if isinstance(value, int | float):
            numbers[code] = value
        if parsed != Parsed(value):
            odd[code] = parsed
    return ParsedCells(values, odd, numbers)


def _find_plain(
    cells: Sequence[CellValue], mapped: MappedColumn, typed: bool
) -> tuple[Rows, Sequence[Value]]:
    """Return the codes of plain cells, and what they say."""
    column = mapped.column
    pattern = _WORDS.get(column.value_type)
    if mapped.factor == 1 and column.value_type in _NUMBERS:
        # In a workbook, a number that is stored as text is worth a note.
        codes = (
            [k for k, cell in enumerate(cells) if type(cell) in (int, float)]
            if typed
            else _match(cells, _NUMBER)
        )
        return _find_plain_numbers(codes, cells, column)
    if mapped.factor != 1 or pattern is None:
        return np.zeros(0, dtype=np.intp), []
    texts = [(k, cast("str", cells[k])) for k in _match(cells, pattern)]
    plain = [(k, text) for k, text in texts if text.lower() not in UNKNOWN_WORDS]
    return np.array([k for k, _ in plain], dtype=np.intp), [text for _, text in plain]


def _match(cells: Sequence[CellValue], pattern: str) -> list[int]:
    """Return the codes of the texts that are of a pattern as a whole."""
    matches: Callable[[str], object] = re.compile(pattern).fullmatch
    flags = [isinstance(cell, str) and matches(cell) is not None for cell in cells]
    return list(compress(range(len(cells)), flags))


def _find_plain_numbers(
    codes: list[int], cells: Sequence[CellValue], column: Column
) -> tuple[Rows, Sequence[Value]]:
    numbers = np.array([float(cast("str", cells[k])) for k in codes], dtype=np.float64) + 0.0
    size = np.abs(numbers)
    fits = (size <= _LARGEST) & ((size >= _SMALLEST) | (size == 0))
    if column.minimum is not None:
        fits &= numbers >= column.minimum
    if column.maximum is not None:
        fits &= numbers <= column.maximum
    found = np.array(codes, dtype=np.intp)
    if column.value_type != "int":
        return found[fits], numbers[fits].tolist()
    fits &= numbers == np.floor(numbers)
    return found[fits], numbers[fits].astype(np.int64).tolist()
