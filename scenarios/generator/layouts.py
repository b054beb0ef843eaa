"""Tables as they lie on a sheet, and the writers for .xlsx and .csv."""

import csv
import io
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from .indicators import Value

CREATED = datetime(2026, 9, 1)
"""Date inside every workbook: fixed, so that the same data give the same bytes."""

NOTE_LINES = (
    "本表为合成数据，仅供演示。",
    "村名、区划代码和市区 14 家单位的名称取自公开资料；除此之外的数字、评价、意愿都由程序生成，",
    "不代表任何村、任何单位的真实情况。",
    "Synthetic data for demonstration only: names and codes are public, every figure is made up.",
)


@dataclass(frozen=True, slots=True)
class PercentCell:
    """A share typed into a cell formatted as per cent: Excel stores 35 % as 0.35."""

    share: float


Cell = Value | PercentCell


@dataclass(frozen=True, slots=True)
class Layout:
    """One table on a sheet.

    Rows and columns count from 0. `header_rows` are the rows printed bold; `merges` are ranges
    (first row, first column, last row, last column) that show the value of their first cell.
    """

    sheet: str
    rows: list[list[Cell]]
    header_rows: tuple[int, ...] = (0,)
    merges: tuple[tuple[int, int, int, int], ...] = ()
    hidden_rows: tuple[int, ...] = field(default=())


def lay_plain(sheet: str, headers: list[str], rows: list[list[Value]]) -> Layout:
    """Return a layout with the header in the first row and nothing else."""
    return Layout(sheet, [list[Cell](headers), *(list[Cell](row) for row in rows)])


def write_workbook(path: Path, layout: Layout) -> None:
    """Write a layout and a 说明 sheet as .xlsx."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {
        "strings_to_numbers": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(str(path), options) as workbook:
        workbook.set_properties({"created": CREATED, "comments": NOTE_LINES[0]})
        _write_layout(workbook, layout)
        notes = workbook.add_worksheet("说明")
        notes.set_column(0, 0, 90)
        for row_idx, line in enumerate(NOTE_LINES):
            notes.write_string(row_idx, 0, line)


def _write_layout(workbook: Any, layout: Layout) -> None:
    bold = workbook.add_format({"bold": True, "text_wrap": True, "align": "center", "border": 1})
    percent = workbook.add_format({"num_format": "0%"})
    sheet = workbook.add_worksheet(layout.sheet)
    sheet.set_column(0, 0, 15)
    sheet.set_column(1, 3, 12)
    sheet.set_landscape()
    sheet.freeze_panes(layout.header_rows[-1] + 1, 4)
    for row_idx, row in enumerate(layout.rows):
        style = bold if row_idx in layout.header_rows else None
        for column_idx, cell in enumerate(row):
            if isinstance(cell, PercentCell):
                sheet.write_number(row_idx, column_idx, cell.share, percent)
            elif isinstance(cell, str):
                sheet.write_string(row_idx, column_idx, cell, style)
            elif cell is not None:
                sheet.write_number(row_idx, column_idx, cell, style)
    for first_row, first_column, last_row, last_column in layout.merges:
        cell = layout.rows[first_row][first_column]
        sheet.merge_range(first_row, first_column, last_row, last_column, cell, bold)
    for row_idx in layout.hidden_rows:
        sheet.set_row(row_idx, None, None, {"hidden": True})


def write_csv(path: Path, layout: Layout, encoding: str) -> None:
    """Write a layout as CSV, with the line ends that Excel uses."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows(["" if cell is None else cell for cell in row] for row in layout.rows)
    _write_bytes(path, buffer.getvalue().encode(encoding))


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8 with plain line ends, whatever the system's."""
    _write_bytes(path, text.encode("utf-8"))


def _write_bytes(path: Path, content: bytes) -> None:
    """Write a file, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
