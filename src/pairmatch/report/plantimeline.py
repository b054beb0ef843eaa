"""The sheet on which all pairs' actions stand by quarter."""

from typing import Any

from pairmatch.domain.plan import PlannedAction, Quarter
from pairmatch.report.plandossier import PlanDossier, name_planned, say
from pairmatch.report.plansheets import list_pair_cells, name_columns
from pairmatch.report.sheets import (
    Document,
    check_written,
    fit_height,
    merge_row,
    set_page,
    write_labels,
    write_text,
)

_A3 = 8
_QUARTER_WIDTH = 4
_LINE_HEIGHT = 16
_COLUMNS = (
    ("plandocs.col_number", 6),
    ("plandocs.col_county", 13),
    ("plandocs.col_township", 12),
    ("plandocs.col_village", 13),
    ("plandocs.col_code", 15),
    ("plandocs.col_unit", 25),
    ("plandocs.col_measure", 26),
)


def draw_timeline(
    sheet: Any, dossier: PlanDossier, document: Document, formats: dict[str, Any]
) -> None:
    """Write a row per action: dark quarters are the unit's work, light ones a department's."""
    quarters = [Quarter(year, number) for year in dossier.years for number in range(1, 5)]
    first, last = len(_COLUMNS), len(_COLUMNS) + len(quarters) - 1
    columns = name_columns(dossier, _COLUMNS)
    for column, (_, width) in enumerate(columns):
        sheet.set_column(column, column, width)
    sheet.set_column(first, last, _QUARTER_WIDTH)
    title = say(dossier.lang, "plandocs.sheet_timeline")
    merge_row(sheet, 0, last, title, formats["title"])
    sheet.set_row(0, 30)
    merge_row(sheet, 1, last, say(dossier.lang, "plandocs.timeline_legend"), formats["subtitle"])
    widths = [width for _, width in columns] + [_QUARTER_WIDTH] * len(quarters)
    start = write_labels(sheet, 2, widths, document, formats)
    _write_head(sheet, start, dossier, quarters, formats)
    line = start + 2
    for number, pair in enumerate(dossier.plan.pairs, start=1):
        cells = list_pair_cells(dossier, number, pair)
        for planned in pair.actions:
            row = (*cells, name_planned(dossier, planned))
            _write_row(sheet, line, row, formats)
            _write_quarters(sheet, (line, first), planned, quarters, formats, dossier)
            texts = [(str(t), width) for t, (_, width) in zip(row, columns, strict=True)]
            sheet.set_row(line, fit_height(texts, _LINE_HEIGHT))
            line += 1
    sheet.autofilter(start + 1, 0, max(line - 1, start + 2), first - 1)
    sheet.freeze_panes(start + 2, 4)
    sheet.repeat_rows(start, start + 1)
    set_page(sheet, document)
    sheet.set_paper(_A3)
    sheet.set_landscape()
    sheet.print_area(0, 0, line - 1, last)


def _write_head(
    sheet: Any,
    start: int,
    dossier: PlanDossier,
    quarters: list[Quarter],
    formats: dict[str, Any],
) -> None:
    for column, (heading, _) in enumerate(name_columns(dossier, _COLUMNS)):
        write_text(sheet, start, column, "", formats["head"])
        write_text(sheet, start + 1, column, heading, formats["head"])
    first = len(_COLUMNS)
    for k, year in enumerate(dossier.years):
        at = first + 4 * k
        check_written(sheet.merge_range(start, at, start, at + 3, "", formats["head"]))
        write_text(sheet, start, at, str(year), formats["head"])
    for k, quarter in enumerate(quarters):
        text = say(dossier.lang, "plandocs.short_quarter", quarter=str(quarter.number))
        write_text(sheet, start + 1, first + k, text, formats["head"])


def _write_row(sheet: Any, line: int, row: tuple[Any, ...], formats: dict[str, Any]) -> None:
    for column, value in enumerate(row):
        if isinstance(value, int):
            check_written(sheet.write_number(line, column, value, formats["whole"]))
        else:
            write_text(sheet, line, column, value, formats["text"])


def _write_quarters(
    sheet: Any,
    place: tuple[int, int],
    planned: PlannedAction,
    quarters: list[Quarter],
    formats: dict[str, Any],
    dossier: PlanDossier,
) -> None:
    kind = "department" if planned.department_id else "unit"
    code = "plandocs.mark_department" if planned.department_id else "plandocs.mark_unit"
    mark = say(dossier.lang, code)
    line, first = place
    for k, quarter in enumerate(quarters):
        if planned.start <= quarter <= planned.finish:
            write_text(sheet, line, first + k, mark, formats[kind])
        else:
            check_written(sheet.write_blank(line, first + k, None, formats["blank"]))
