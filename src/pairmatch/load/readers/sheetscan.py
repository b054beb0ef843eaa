"""One sheet's XML turned into its cells: only those that hold something are kept."""

import re
from typing import TYPE_CHECKING

from pairmatch.domain.findings import Place
from pairmatch.load.readers.archives import RejectedFileError
from pairmatch.load.readers.blanks import BlankFilter
from pairmatch.load.readers.formats import (
    NumberKind,
    format_date,
    format_percent,
    read_stored_number,
)
from pairmatch.load.readers.packages import TRUE_WORDS, Package, unescape_text
from pairmatch.load.readers.sheets import CellValue
from pairmatch.load.readers.xmlparts import Attributes, XmlEvents

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_CELLS = 10_000_000
MAX_MERGES = 100_000

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})\Z")

Rows = dict[int, dict[int, CellValue]]
Range = tuple[int, int, int, int]
"""First row, first column, last row, last column; all from 1."""


def split_reference(reference: str) -> tuple[int, int] | None:
    """Return (row, column) of an address such as ``C7``, both from 1, or None if it is none."""
    match = _REFERENCE.match(reference)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    row = int(match[2])
    return (row, column) if row <= MAX_ROWS and column <= MAX_COLUMNS else None


def name_column(column: int) -> str:
    """Return the letters of a column counted from 1, such as ``AA`` for 27."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class SheetScan(XmlEvents):
    """Collects the cells of one sheet that hold something, and what is merged or hidden.

    Parameters
    ----------
    sheet
        Name of the sheet, for messages.
    package
        What the sheets of the workbook share.
    blanks
        What took blank rows and cells out of the XML before.
    """

    def __init__(self, sheet: str, package: Package, blanks: BlankFilter) -> None:
        self.rows: Rows = {}
        self.errors: dict[tuple[int, int], str] = {}
        self.merged: list[Range] = []
        self.hidden_rows: set[int] = set()
        self.hidden_columns: list[tuple[int, int]] = []  # first and last of each stretch
        self.filtered = False
        self._sheet = sheet
        self._package = package
        self._blanks = blanks
        self._row = 0
        self._column = 0
        self._num_cells = 0
        self._style = 0
        self._cell: Attributes | None = None
        self._value: list[str] | None = None
        self._inline: list[str] = []
        self._formula: list[str] | None = None
        self._sink: list[str] | None = None
        self._phonetic = False
        self._readers: dict[str, Callable[[str], CellValue]] = {
            "n": self._read_number,
            "s": self._read_shared,
            "b": lambda text: text.strip() in TRUE_WORDS,
            "str": lambda text: unescape_text(text) or None,
            "d": lambda text: text.removesuffix("T00:00:00") or None,
        }

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the start of an element."""
        if name == "c":
            self._start_cell(attributes)
        elif name == "v":
            self._value = self._sink = []
        elif name == "row":
            self._start_row(attributes)
        elif name == "f":
            self._formula = self._sink = []
        elif name == "t":
            self._sink = None if self._phonetic else self._inline
        elif name == "rPh":
            self._phonetic = True
        elif name == "mergeCell":
            self._add_merge(attributes.get("ref", ""))
        elif name == "col" and attributes.get("hidden", "") in TRUE_WORDS:
            self._hide_columns(int(attributes["min"]), int(attributes["max"]))
        elif name == "filterColumn":
            self.filtered = True

    def text(self, data: str) -> None:
        """Take character data."""
        if self._sink is not None:
            self._sink.append(data)

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name == "c":
            self._end_cell()
        elif name in ("v", "f", "t"):
            self._sink = None
        elif name == "rPh":
            self._phonetic = False

    def _start_row(self, attributes: Attributes) -> None:
        number = attributes.get("r")
        row = self._row + 1 if number is None else int(number)
        lost = number is None and self._blanks.dropped
        if lost or not 1 <= row <= MAX_ROWS:
            raise RejectedFileError("files.bad_ref", Place(sheet=self._sheet), ref=number or "")
        self._row, self._column = row, 0
        # A row that a filter hides has the same mark; one of height 0 is just as invisible.
        if attributes.get("hidden", "") in TRUE_WORDS or attributes.get("ht") == "0":
            self.hidden_rows.add(row)

    def _hide_columns(self, first: int, last: int) -> None:
        if not 1 <= first <= last or len(self.hidden_columns) >= MAX_COLUMNS:
            at = Place(sheet=self._sheet)
            raise RejectedFileError("files.bad_ref", at, ref=f"{first}:{last}")
        self.hidden_columns.append((first, last))

    def _start_cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        place: tuple[int, int] | None = None
        if reference is not None:
            place = split_reference(reference)
        elif not self._blanks.dropped:
            place = (self._row, self._column + 1)
        if place is None or place[0] != self._row or place[1] > MAX_COLUMNS:
            at = Place(sheet=self._sheet, row=self._row)
            raise RejectedFileError("files.bad_ref", at, ref=reference or "")
        self._column = place[1]
        self._cell = attributes
        self._value = self._formula = None
        self._inline = []

    def _end_cell(self) -> None:
        cell, value, formula = self._cell, self._value, self._formula
        if cell is None or (value is None and formula is None and not self._inline):
            return
        self._cell = None
        kind = cell.get("t", "n")
        self._style = int(cell.get("s", 0))
        text = "".join(value or ())
        if kind == "inlineStr":
            self._store(unescape_text("".join(self._inline)) or None)
        elif formula is not None and self._is_uncalculated(kind, text):
            self._store_error("=" + "".join(formula))
        elif kind == "e":
            self._store_error(text or "#")
        elif text or kind == "str":
            self._store(self._readers.get(kind, self._read_number)(text))

    def _is_uncalculated(self, kind: str, text: str) -> bool:
        if kind == "str":
            return self._value is None
        return not text or (kind == "n" and text == "0" and not self._package.trusts_zero)

    def _read_number(self, text: str) -> CellValue:
        number = read_stored_number(text.strip())
        if number is None:
            self._store_error(text)
            return None
        kinds = self._package.kinds
        style = self._style
        kind = kinds[style] if style < len(kinds) else NumberKind.PLAIN
        if kind is NumberKind.PERCENT:
            return format_percent(number)
        if kind is NumberKind.DATE:
            date = format_date(number, self._package.epoch_1904)
            if date is None:
                self._store_error(text)
            return date
        return number

    def _read_shared(self, text: str) -> CellValue:
        index = int(text)
        if not 0 <= index < len(self._package.strings):
            address = f"{name_column(self._column)}{self._row}"
            at = Place(sheet=self._sheet, row=self._row, cell=address)
            raise RejectedFileError("files.bad_string_index", at, index=text)
        return self._package.strings[index] or None

    def _store(self, value: CellValue) -> None:
        if value is None and (self._row, self._column) not in self.errors:
            return
        row = self.rows.setdefault(self._row, {})
        self._num_cells += 1
        if self._num_cells > MAX_CELLS:
            at = Place(sheet=self._sheet)
            raise RejectedFileError("files.too_many_cells", at, limit=str(MAX_CELLS))
        if self._column in row and (self._row, self._column) not in self.errors:
            reference = f"{name_column(self._column)}{self._row}"
            at = Place(sheet=self._sheet, row=self._row, cell=reference)
            raise RejectedFileError("files.bad_ref", at, ref=reference)
        row[self._column] = value

    def _store_error(self, text: str) -> None:
        self.errors[self._row, self._column] = text
        self._store(None)

    def _add_merge(self, reference: str) -> None:
        first, colon, last = reference.partition(":")
        start, end = split_reference(first), split_reference(last if colon else first)
        ordered = start and end and start[0] <= end[0] and start[1] <= end[1]
        if not start or not end or not ordered or len(self.merged) >= MAX_MERGES:
            raise RejectedFileError("files.bad_ref", Place(sheet=self._sheet), ref=reference)
        self.merged.append((*start, *end))
