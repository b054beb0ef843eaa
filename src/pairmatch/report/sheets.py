"""Sheets of workbooks for people: formats, texts as texts, labels, pages ready to print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import east_asian_width

from pairmatch.messages import Language
from pairmatch.report.wording import clean_text, format_points, word

BOOK_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
"""How every workbook is opened: a text stays a text, whatever it begins with."""
LONGEST_CELL = 32_000
MOST_EXACT = 10**15
"""Excel keeps fifteen digits; a longer score is written as text, so that none is lost."""
LINE_HEIGHT = 16
_TALLEST = 400


@dataclass(frozen=True, slots=True)
class Document:
    """What every sheet says about the document it belongs to.

    `labels` are what must be seen at its head (made-up data, plugins left out), `footer` the same
    in short.
    """

    lang: Language
    title: str
    version: str
    steps_per_point: int
    labels: tuple[str, ...]
    footer: str


def make_formats(book: Any, steps_per_point: int) -> dict[str, Any]:
    """Return the formats of the sheets by name, points with as many digits as scores have."""
    digits = len(str(steps_per_point)) - 1
    body = {"font_name": "仿宋", "font_size": 11, "valign": "vcenter"}
    cell = body | {"border": 1, "border_color": "#999999", "text_wrap": True}
    right = {"align": "right", "indent": 1}
    heavy = {"font_name": "黑体", "bold": False}
    return {
        "title": book.add_format(
            body | heavy | {"font_size": 18, "align": "center", "text_wrap": True}
        ),
        "label": book.add_format(
            body | heavy | {"align": "center", "font_color": "#9E1B1B", "text_wrap": True}
        ),
        "subtitle": book.add_format(body | {"align": "center", "font_color": "#555555"}),
        "head": book.add_format(cell | heavy | {"align": "center", "bg_color": "#F3EFE5"}),
        "text": book.add_format(cell | {"num_format": "@"}),
        "center": book.add_format(cell | {"num_format": "@", "align": "center"}),
        "whole": book.add_format(cell | {"num_format": "0", "align": "center"}),
        "points": book.add_format(cell | right | {"num_format": f"0.{'0' * digits}".rstrip(".")}),
        "figure": book.add_format(cell | right | {"num_format": "@"}),
        "sum": book.add_format(cell | heavy),
        "signature": book.add_format(body),
        "heading": book.add_format(body | heavy | {"font_size": 14, "font_color": "#9E1B1B"}),
        "note": book.add_format(body | {"text_wrap": True, "valign": "top"}),
    }


def write_labels(
    sheet: Any,
    line: int,
    widths: Sequence[int],
    document: Document,
    formats: Mapping[str, Any],
) -> int:
    """Write the labels of the document below each other and return the next line."""
    for label in document.labels:
        merge_row(sheet, line, len(widths) - 1, label, formats["label"])
        sheet.set_row(line, fit_height([(label, sum(widths))], LINE_HEIGHT))
        line += 1
    return line


def write_points(
    sheet: Any, line: int, column: int, steps: int, document: Document, cell_format: Any
) -> None:
    """Write points as a number, or as a text where it has more digits than Excel keeps."""
    if abs(steps) < MOST_EXACT:
        check_written(
            sheet.write_number(line, column, steps / document.steps_per_point, cell_format)
        )
    else:
        text = format_points(steps, document.steps_per_point)
        write_text(sheet, line, column, text, cell_format)


def write_text(sheet: Any, line: int, column: int, text: str, cell_format: Any) -> None:
    """Write a text as a text, whatever it begins with; one longer than a cell is cut visibly."""
    shown = clean_text(text)
    if len(shown) > LONGEST_CELL:
        shown = shown[:LONGEST_CELL] + "…"
    check_written(sheet.write_string(line, column, shown, cell_format))


def merge_row(sheet: Any, line: int, last: int, text: str, cell_format: Any) -> None:
    """Write a text over the columns of a line, from the first to `last`."""
    check_written(sheet.merge_range(line, 0, line, last, "", cell_format))
    write_text(sheet, line, 0, text, cell_format)


def check_written(result: int) -> None:
    """Raise if the library did not write a cell.

    Raises
    ------
    ValueError
        If the cell was not written.
    """
    # The library reports trouble (row out of range, text too long) by its return value alone.
    if result != 0:
        raise ValueError(f"a cell of the workbook was not written (code {result})")


def set_page(sheet: Any, document: Document) -> None:
    """Make a sheet ready to print: A4, one page wide, with version, labels and page number."""
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    pages = word("page_of").pick(document.lang)
    version = document.version.replace("&", "")  # it starts a command in a footer
    sheet.set_footer(f"&L&9{version}&C&9{document.footer}&R&9{pages}")


def fit_height(cells: Sequence[tuple[str, int]], line_height: int) -> int:
    """Return the height that shows every cell's wrapped text; a full-width character takes two."""
    lines = 1
    for text, width in cells:
        parts = clean_text(text).split("\n")
        lines = max(lines, sum(-(-max(1, _count_columns(part)) // (width - 1)) for part in parts))
    return min(lines * line_height + 6, _TALLEST)


def _count_columns(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WFA" else 1 for char in text)
