"""The form in which a clerk enters what is done: every duty a row, only the day to be filled in."""

import csv
import io
from collections.abc import Iterator, Sequence

from pairmatch.domain.calendar import Calendar
from pairmatch.domain.columns import DONE_COLUMNS
from pairmatch.domain.points import guard_cell
from pairmatch.report.calendarsheets import CREATED, describe_document
from pairmatch.report.calendarwords import name_calendar, name_for_list, say
from pairmatch.report.sheets import BOOK_OPTIONS, make_formats, merge_row, set_page, write_text

HEADER_ROW = 2
_WIDTHS = {"owner": 30, "event": 26, "county": 14}


def build_done_form(calendar: Calendar) -> bytes:
    """Return the form as a workbook; `load.donelist` reads it back when it is filled in.

    Raises
    ------
    ValueError
        If a cell could not be written.
    """
    import xlsxwriter

    stream = io.BytesIO()
    document = describe_document(calendar, "zh")
    last = len(DONE_COLUMNS) - 1
    with xlsxwriter.Workbook(stream, BOOK_OPTIONS) as book:
        book.set_properties({"title": document.title[:250], "created": CREATED})
        formats = make_formats(book, document.steps_per_point)
        sheet = book.add_worksheet(say("sheet_done", "zh"))
        for column, item in enumerate(DONE_COLUMNS):
            sheet.set_column(column, column, _WIDTHS.get(item.field, 13))
            write_text(sheet, HEADER_ROW, column, item.header, formats["head"])
        merge_row(sheet, 0, last, name_calendar(calendar, "zh"), formats["title"])
        help_text = "　".join((say("form_help", "zh"), *document.labels))
        merge_row(sheet, 1, last, help_text, formats["label"])
        for line, row in enumerate(list_form_rows(calendar), HEADER_ROW + 1):
            for column, text in enumerate(row):
                write_text(sheet, line, column, text, formats["text"])
        sheet.freeze_panes(HEADER_ROW + 1, 0)
        sheet.repeat_rows(HEADER_ROW)
        set_page(sheet, document)
    return stream.getvalue()


def build_done_csv(calendar: Calendar) -> bytes:
    """Return the form as a CSV file that spreadsheet programs open with the right characters."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([column.header for column in DONE_COLUMNS])
    for row in list_form_rows(calendar):
        writer.writerow([guard_cell(text) for text in row])
    return stream.getvalue().encode("utf-8-sig")


def list_form_rows(calendar: Calendar) -> Iterator[Sequence[str]]:
    """Yield the cells of each duty that was asked for, its day of completion blank."""
    for duty in calendar.listed:
        yield (
            name_for_list(duty, calendar.members),
            duty.county,
            duty.event.event_id,
            duty.event.name_zh,
            duty.period,
            duty.last.isoformat(),
            "",
        )
