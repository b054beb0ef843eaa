"""Raw tables as they stand in a file: what every reader returns and every parser takes."""

from dataclasses import dataclass, field

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
