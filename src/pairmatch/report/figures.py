"""Cells and tables that a page prints and a workbook holds as numbers, from exact values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import get_args

from pairmatch.messages import Language, render
from pairmatch.report.charts import Bar, draw_bar
from pairmatch.report.wording import Text, format_points

FULL_SHARE = 10_000
_NOTHING = Text("", "")
_LANGS: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a bar, in per cent of its width; `mark` is where a line stands, -1 for none.

    `is_open` says that it goes on beyond the right edge, `tone` is ``c`` or ``r`` as in a bar.
    """

    start: int
    width: int
    mark: int = -1
    is_open: bool = False
    tone: str = "c"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text as printed and, where it is a known figure, the exact value behind it.

    `digits` are the decimals shown and `is_share` says that they are of a per cent; `note` stands
    below in small, `change` is the difference to the first column of its row.
    """

    text: Text
    value: Fraction | None = None
    digits: int = 0
    is_figure: bool = False
    is_signed: bool = False
    is_share: bool = False
    note: Text | None = None
    change: "Cell | None" = None
    bar: Bar | None = None
    stretch: Stretch | None = None

    @property
    def is_drawing(self) -> bool:
        """Whether there is nothing but a drawing."""
        return self.text == _NOTHING and not (self.bar is None and self.stretch is None)


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows; `foot` are rows that sum up. `kind` is its class on the page."""

    head: tuple[Text, ...]
    rows: tuple[Row, ...]
    foot: tuple[Row, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document: heading, sentences before and after, and its table between."""

    heading: Text
    before: tuple[Text, ...] = ()
    table: Table | None = None
    after: tuple[Text, ...] = ()


def tell(code: str, **params: "str | Text") -> Text:
    """Return the sentence with this full code in both languages."""
    return Text(*(render(code, _pick(params, lang), lang).text for lang in _LANGS))


def tell_member(code: str, params: Mapping[str, str]) -> Text:
    """Return a limit of a conflict in both languages."""
    return Text(*(render(code, params, lang).text for lang in _LANGS))


def show_text(text: Text | str, note: Text | None = None) -> Cell:
    """Return a cell of words."""
    return Cell(text if isinstance(text, Text) else Text(text, text), note=note)


def show_number(
    value: Fraction | int, digits: int = 0, *, signed: bool = False, share: bool = False
) -> Cell:
    """Return a cell with a figure; `share` shows it in per cent."""
    exact = Fraction(value)
    shown = format_decimal(exact * 100 if share else exact, digits, signed=signed)
    text = f"{shown}%" if share else shown
    return Cell(Text(text, text), exact, digits, True, signed, share)


def show_points(steps: int, steps_per_point: int, *, signed: bool = False) -> Cell:
    """Return a cell with points, with all their digits."""
    return show_number(
        Fraction(steps, steps_per_point), count_places(steps_per_point), signed=signed
    )


def show_drawing(*, bar: Bar | None = None, stretch: Stretch | None = None) -> Cell:
    """Return a cell that is a drawing only; a workbook leaves it out."""
    return Cell(_NOTHING, bar=bar, stretch=stretch)


def show_unknown(text: Text) -> Cell:
    """Return a cell that stands for a figure that there is not."""
    return Cell(text, is_figure=True)


def draw_part(part: Fraction | int, whole: Fraction | int) -> Bar:
    """Return the bar of a part; what is there is seen, however small."""
    if part <= 0 or whole <= 0:
        return Bar(0, 0)
    shown = draw_bar(int(part * FULL_SHARE / whole), FULL_SHARE, FULL_SHARE)
    covered = max(shown.covered, 1)
    return Bar(covered, 100 - covered)


def add_length(cell: Cell, largest: Fraction | int) -> Cell:
    """Return a cell with a bar of the length of its value, to one side of the middle."""
    if cell.value is None or largest <= 0 or cell.value == 0:
        return cell
    width = max(int(abs(cell.value) * 50 / largest), 1)
    if cell.value > 0:
        return replace(cell, stretch=Stretch(50, width, 50, tone="c"))
    return replace(cell, stretch=Stretch(50 - width, width, 50, tone="r"))


def count_places(steps_per_point: int) -> int:
    """Return how many decimals points have."""
    return len(str(steps_per_point)) - 1


def format_decimal(value: Fraction, digits: int, *, signed: bool = False) -> str:
    """Return a number rounded to so many decimals, halves away from 0; a small one is not 0.

    Examples
    --------
    >>> format_decimal(Fraction(1, 3), 2), format_decimal(Fraction(-5, 2), 0)
    ('0.33', '−3')
    >>> format_decimal(Fraction(1, 900), 2), format_decimal(Fraction(7), 1, signed=True)
    ('<0.01', '+7.0')
    """
    scale = 10**digits
    scaled = abs(value) * scale
    rounded = int(scaled + Fraction(1, 2))
    if rounded == 0 and value != 0:
        least = format_points(1, scale)
        if value < 0:
            return f">−{least}"
        return f"<+{least}" if signed else f"<{least}"
    shown = format_points(-rounded if value < 0 else rounded, scale)
    return f"+{shown}" if signed and value > 0 else shown


def _pick(params: Mapping[str, "str | Text"], lang: Language) -> dict[str, str]:
    return {k: v.pick(lang) if isinstance(v, Text) else v for k, v in params.items()}
