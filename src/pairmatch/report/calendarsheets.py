"""日程.xlsx: the duties as a table, what is overdue, and how both are to be read."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pairmatch.domain.calendar import Calendar, Duty
from pairmatch.messages import Language
from pairmatch.report.calendarwords import (
    describe_launch,
    describe_period,
    describe_remark,
    describe_waits,
    join_words,
    list_participants,
    name_calendar,
    name_event,
    name_owner,
    say,
)
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
from pairmatch.report.wording import clean_text, word

CREATED = datetime(2000, 1, 1)
"""A fixed date in the file's properties: the same calendar, the same bytes."""
DUTY_HEADS: tuple[tuple[str, int], ...] = (
    ("col_number", 6),
    ("col_first", 12),
    ("col_last", 12),
    ("col_event", 9),
    ("col_name", 24),
    ("col_period", 16),
    ("col_owner", 26),
    ("col_county", 12),
    ("col_villages", 18),
    ("col_participants", 20),
    ("col_document", 22),
    ("col_basis", 18),
    ("col_remark", 12),
)
"""Message codes of the headings and the widths of the columns, in half-width characters."""
OVERDUE_HEADS: tuple[tuple[str, int], ...] = (
    ("col_number", 6),
    ("col_last", 12),
    ("col_days", 10),
    ("col_event", 9),
    ("col_name", 24),
    ("col_period", 16),
    ("col_owner", 26),
    ("col_county", 12),
    ("col_waits", 60),
)
_NOTES_WIDTH = 76


def build_calendar_workbook(calendar: Calendar, lang: Language) -> bytes:
    """Return the workbook of a calendar; the same calendar gives the same bytes.

    Raises
    ------
    ValueError
        If a cell could not be written.
    """
    import xlsxwriter

    document = describe_document(calendar, lang)
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, BOOK_OPTIONS) as book:
        book.set_properties({"title": document.title[:250], "created": CREATED})
        formats = make_formats(book, document.steps_per_point)
        sheet = book.add_worksheet(say("sheet_duties", lang))
        rows = [_list_duty(n, d, calendar, lang) for n, d in enumerate(calendar.listed, 1)]
        _write_table(sheet, document, document.title, (DUTY_HEADS, rows), formats)
        if calendar.today is not None:
            sheet = book.add_worksheet(say("sheet_overdue", lang))
            params = {"today": calendar.today.isoformat(), "count": str(len(calendar.overdue))}
            code = "overdue_head" if calendar.overdue else "overdue_none"
            late = list(_list_overdue(calendar, lang))
            _write_table(sheet, document, say(code, lang, **params), (OVERDUE_HEADS, late), formats)
        notes = book.add_worksheet(say("sheet_notes", lang))
        _write_notes(notes, document, calendar, formats)
    return stream.getvalue()


def describe_document(calendar: Calendar, lang: Language) -> Document:
    """Return what every sheet says about the calendar."""
    made_up = (word("synthetic").pick(lang),) if calendar.is_synthetic else ()
    return Document(
        lang=lang,
        title=clean_text(name_calendar(calendar, lang)),
        version=word("version_short", run=calendar.version[:16]).pick(lang),
        steps_per_point=1,
        labels=made_up,
        footer="".join(made_up),
    )


def _list_duty(number: int, duty: Duty, calendar: Calendar, lang: Language) -> Sequence[str]:
    villages = (calendar.members.villages.get(v) or v for v in duty.village_ids)
    return (
        str(number),
        "" if duty.first is None else duty.first.isoformat(),
        duty.last.isoformat(),
        duty.event.event_id,
        name_event(duty.event, lang),
        describe_period(duty.period, lang),
        name_owner(duty, calendar.members, lang),
        duty.county,
        join_words(villages, lang),
        list_participants(duty.event, lang),
        duty.event.document,
        duty.event.basis,
        describe_remark(duty.last, calendar.holidays, lang),
    )


def _list_overdue(calendar: Calendar, lang: Language) -> Iterable[Sequence[str]]:
    for number, late in enumerate(calendar.overdue, 1):
        duty = late.duty
        yield (
            str(number),
            duty.last.isoformat(),
            str(late.num_days),
            duty.event.event_id,
            name_event(duty.event, lang),
            describe_period(duty.period, lang),
            name_owner(duty, calendar.members, lang),
            duty.county,
            describe_waits(late, calendar.members, lang),
        )


def _write_table(
    sheet: Any,
    document: Document,
    heading: str,
    table: tuple[Sequence[tuple[str, int]], Sequence[Sequence[str]]],
    formats: Mapping[str, Any],
) -> None:
    heads, rows = table
    widths = [width for _, width in heads]
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    merge_row(sheet, 0, len(heads) - 1, heading, formats["title"])
    sheet.set_row(0, fit_height([(heading, sum(widths) * 11 // 18)], 24))
    start = write_labels(sheet, 1, widths, document, formats)
    for column, (code, _) in enumerate(heads):
        write_text(sheet, start, column, say(code, document.lang), formats["head"])
    for line, row in enumerate(rows, start + 1):
        for column, (text, (code, _)) in enumerate(zip(row, heads, strict=True)):
            if code in {"col_number", "col_days"}:
                check_written(sheet.write_number(line, column, int(text), formats["whole"]))
            else:
                write_text(sheet, line, column, text, formats["text"])
        sheet.set_row(line, fit_height(list(zip(row, widths, strict=True)), LINE_HEIGHT))
    sheet.freeze_panes(start + 1, 0)
    sheet.autofilter(start, 0, start + max(len(rows), 1), len(heads) - 1)
    sheet.repeat_rows(start)
    set_page(sheet, document)
    sheet.set_landscape()


def _write_notes(
    sheet: Any, document: Document, calendar: Calendar, formats: Mapping[str, Any]
) -> None:
    lang = document.lang
    sheet.set_column(0, 0, _NOTES_WIDTH)
    notes = [document.title, *document.labels, describe_launch(calendar, lang)]
    notes += [say(code, lang) for code in ("note_rule", "note_basis", "note_holidays")]
    if calendar.today is not None and not calendar.is_done_known:
        notes.append(say("overdue_unlisted", lang))
    named = (f"{e.event_id} {name_event(e, lang)}" for e in calendar.on_demand)
    names = join_words(named, lang)
    if names:
        notes.append(say("on_demand", lang, names=names))
    for line, text in enumerate(notes):
        write_text(sheet, line, 0, text, formats["heading" if not line else "note"])
        sheet.set_row(line, fit_height([(text, _NOTES_WIDTH)], LINE_HEIGHT if line else 22))
    set_page(sheet, document)
    sheet.set_portrait()
