"""五年方案总表.xlsx: all pairs in one workbook, to print, filter and file."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pairmatch.report.plandossier import PlanDossier, say
from pairmatch.report.planfields import describe_edition
from pairmatch.report.plansheets import (
    Grid,
    list_actions,
    list_departments,
    list_money_rows,
    list_needs,
    list_unmet,
)
from pairmatch.report.plantimeline import draw_timeline
from pairmatch.report.sheets import (
    BOOK_OPTIONS,
    LINE_HEIGHT,
    Document,
    check_written,
    fit_height,
    make_formats,
    merge_row,
    set_page,
    write_labels,
    write_text,
)

_CREATED = datetime(2000, 1, 1)  # fixed: the same plan, the same bytes
_A3 = 8
_NOTE_WIDTH = 76
_NOTES = (
    "plandocs.book_note_money",
    "plandocs.book_note_lines",
    "plandocs.book_note_unknown",
    "plandocs.book_note_department",
    "plandocs.book_note_version",
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet: code of its name, what fills it, and whether it is printed on A3."""

    code: str
    build: Callable[[PlanDossier], Grid]
    is_large: bool = False


_SHEETS = (
    _Sheet("plandocs.sheet_money", list_money_rows),
    _Sheet("plandocs.sheet_actions", list_actions, is_large=True),
    _Sheet("plandocs.sheet_departments", list_departments),
    _Sheet("plandocs.sheet_needs", list_needs),
    _Sheet("plandocs.sheet_unmet", list_unmet),
)


def build_plan_workbook(dossier: PlanDossier) -> bytes:
    """Return the workbook of a plan; the same plan gives the same bytes.

    Sums are values, equal to those in the documents and in plan.json to the last 0.01 万元.

    Raises
    ------
    ValueError
        If a cell could not be written.
    """
    import xlsxwriter

    stream = io.BytesIO()
    document = describe_workbook(dossier)
    with xlsxwriter.Workbook(stream, BOOK_OPTIONS) as book:
        book.set_properties({"title": document.title, "created": _CREATED})
        formats = make_plan_formats(book)
        timeline = book.add_worksheet(say(dossier.lang, "plandocs.sheet_timeline"))
        draw_timeline(timeline, dossier, document, formats)
        for entry in _SHEETS:
            sheet = book.add_worksheet(say(dossier.lang, entry.code))
            write_grid(sheet, entry.build(dossier), document, formats)
            if entry.is_large:
                sheet.set_paper(_A3)
        notes = book.add_worksheet(say(dossier.lang, "plandocs.sheet_notes"))
        _write_notes(notes, dossier, document, formats)
    return stream.getvalue()


def describe_workbook(dossier: PlanDossier) -> Document:
    """Return what every sheet of a workbook of the plan says."""
    edition = describe_edition(dossier)
    return Document(
        lang=dossier.lang,
        title=say(dossier.lang, "plandocs.book_title", **edition),
        version=say(dossier.lang, "plandocs.footer_short", **edition),
        steps_per_point=100,  # money has two decimals
        labels=tuple(filter(None, (edition["synthetic"],))),
        footer="　".join(filter(None, (edition["synthetic"], edition["draft"]))),
    )


def make_plan_formats(book: Any) -> dict[str, Any]:
    """Return the formats of the sheets by name."""
    body = {"font_name": "仿宋", "font_size": 11, "valign": "vcenter"}
    cell = body | {"border": 1, "border_color": "#999999"}
    head = cell | {"font_name": "黑体", "bg_color": "#F3EFE5"}
    return make_formats(book, 100) | {
        "sum_money": book.add_format(head | {"align": "right", "num_format": "0.00"}),
        "unit": book.add_format(
            cell | {"align": "center", "bg_color": "#595959", "font_color": "#FFFFFF"}
        ),
        "department": book.add_format(cell | {"align": "center", "bg_color": "#BFBFBF"}),
        "blank": book.add_format(cell),
    }


def write_grid(sheet: Any, grid: Grid, document: Document, formats: dict[str, Any]) -> None:
    """Write a table as a sheet that is ready to print, with filters and a frozen head."""
    last = len(grid.columns) - 1
    for column, (_, width) in enumerate(grid.columns):
        sheet.set_column(column, column, width)
    merge_row(sheet, 0, last, grid.title, formats["title"])
    sheet.set_row(0, 30)
    subtitle = f"{document.title}　{document.version}"
    merge_row(sheet, 1, last, subtitle, formats["subtitle"])
    start = write_labels(sheet, 2, [width for _, width in grid.columns], document, formats)
    for column, (heading, _) in enumerate(grid.columns):
        write_text(sheet, start, column, heading, formats["head"])
    sheet.set_row(start, 48)
    for line, row in enumerate(grid.rows, start=start + 1):
        _write_cells(sheet, line, row, formats, "points", "text")
        texts = [
            (text, width)
            for text, (_, width) in zip(row, grid.columns, strict=True)
            if isinstance(text, str)
        ]
        sheet.set_row(line, fit_height(texts, LINE_HEIGHT))
    end = start + len(grid.rows)
    sheet.autofilter(start, 0, max(end, start + 1), last)
    for line, row in enumerate(grid.sums, start=end + 1):
        _write_cells(sheet, line, row, formats, "sum_money", "sum")
    sheet.freeze_panes(start + 1, grid.num_fixed)
    sheet.repeat_rows(start)
    set_page(sheet, document)
    sheet.set_landscape()
    sheet.print_area(0, 0, end + len(grid.sums), last)


def _write_cells(
    sheet: Any, line: int, row: Sequence[Any], formats: dict[str, Any], figure: str, text: str
) -> None:
    for column, value in enumerate(row):
        if isinstance(value, str):
            write_text(sheet, line, column, value, formats[text])
        elif isinstance(value, int):
            check_written(sheet.write_number(line, column, value, formats["whole"]))
        else:
            check_written(sheet.write_number(line, column, float(value), formats[figure]))


def _write_notes(
    sheet: Any, dossier: PlanDossier, document: Document, formats: dict[str, Any]
) -> None:
    sheet.set_column(0, 0, _NOTE_WIDTH)
    write_text(sheet, 0, 0, document.title, formats["heading"])
    texts = [say(dossier.lang, code) for code in _NOTES]
    texts.append(say(dossier.lang, "plandocs.footer", **describe_edition(dossier)))
    if dossier.is_synthetic:
        texts.insert(0, say(dossier.lang, "plandocs.synthetic_long"))
    for line, text in enumerate(texts, start=1):
        write_text(sheet, line, 0, text, formats["note"])
        sheet.set_row(line, fit_height([(text, _NOTE_WIDTH)], LINE_HEIGHT))
    set_page(sheet, document)
    sheet.set_portrait()
