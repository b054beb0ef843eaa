"""成效评定表: what counties fill in once a year, and the city after them, pre-filled and short."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pairmatch.domain.columns import NO, YES, Column
from pairmatch.domain.evaluation import (
    CITY_ASKED,
    COUNTY_ASKED,
    GRADE_WORDS,
    IDENTITY_COLUMNS,
    EvaluatedRun,
    Grading,
    HelpedPair,
)
from pairmatch.messages import render
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
from pairmatch.report.wording import word

_CREATED = datetime(2026, 1, 1)
"""A fixed date in the file's properties: the same data give the same bytes."""
_WIDTHS: Mapping[str, int] = {
    "year": 6,
    "unit_id": 10,
    "unit_name": 26,
    "county": 12,
    "township": 12,
    "name": 12,
    "village_id": 14,
    "evidence": 22,
    "city_note": 22,
}
_WIDTH = 9
_TITLE_HEIGHT, _HEAD_HEIGHT, _SIGNATURE_HEIGHT = 30, 34, 40
_GUIDE_WIDTHS = (20, 70)
_LONGEST_TITLE = 250
_NUM_FIXED = 3
_WORDS = {grade: text for text, grade in GRADE_WORDS.items()}

Values = Mapping[str, str]


def build_county_form(run: EvaluatedRun, county: str, year: int) -> bytes:
    """Return the form of a county for a year, with a row for each of its pairs.

    Parameters
    ----------
    run
        What is evaluated.
    county
        The county.
    year
        The year.

    Returns
    -------
    bytes
        An .xlsx workbook that `load` reads back without loss.
    """
    pairs = [pair for pair in run.pairs if pair.county == county]
    title = _say("evaluation.county_title", county=county, year=str(year))
    rows = [_identify(pair, year) for pair in pairs]
    return _write_form(run, "county", title, COUNTY_ASKED, rows)


def build_city_form(run: EvaluatedRun, year: int, gradings: Iterable[Grading]) -> bytes:
    """Return the form of the city for a year, with the grades of the counties beside its own.

    Parameters
    ----------
    run
        What is evaluated.
    year
        The year.
    gradings
        What is known already.

    Returns
    -------
    bytes
        An .xlsx workbook that `load` reads back without loss.
    """
    known = {(g.unit_id, g.village_id): g for g in gradings if g.year == year}
    title = _say("evaluation.city_title", year=str(year))
    rows = []
    for county in run.counties:
        for pair in run.pairs:
            if pair.county == county:
                grading = known.get((pair.unit_id, pair.village_id))
                rows.append({**_identify(pair, year), **_list_answers(grading)})
    return _write_form(run, "city", title, CITY_ASKED, rows)


def _identify(pair: HelpedPair, year: int) -> Values:
    return {
        "year": str(year),
        "unit_id": pair.unit_id,
        "unit_name": pair.unit_name,
        "county": pair.county,
        "township": pair.township,
        "name": pair.village_name,
        "village_id": pair.village_id,
    }


def _list_answers(grading: Grading | None) -> Values:
    if grading is None:
        return {}
    return {
        "county_grade": _WORDS.get(grading.county_grade or 0, ""),
        "city_grade": _WORDS.get(grading.city_grade or 0, ""),
        "city_note": grading.city_note,
    }


def _say(code: str, **params: str) -> str:
    return render(code, params, "zh").text


def _describe_document(run: EvaluatedRun, title: str) -> Document:
    label = word("synthetic").pick("zh") if run.synthetic else ""
    version = word("version_short", run=run.run_id[:16]).pick("zh")
    return Document("zh", title, version, 1, (label,) if label else (), label)


def _write_form(
    run: EvaluatedRun, kind: str, title: str, asked: Sequence[Column], rows: Sequence[Values]
) -> bytes:
    import xlsxwriter

    columns = (*IDENTITY_COLUMNS, *asked)
    document = _describe_document(run, title)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, BOOK_OPTIONS) as book:
        book.set_properties({"title": title[:_LONGEST_TITLE], "created": _CREATED})
        formats = make_formats(book, document.steps_per_point)
        sheet = book.add_worksheet(_say(f"evaluation.{kind}_sheet"))
        head = _write_head(sheet, kind, document, columns, formats)
        _write_rows(sheet, head, columns, rows, formats)
        _add_choices(sheet, head, columns, len(rows))
        last = head + len(rows) + 2
        merge_row(
            sheet,
            last,
            len(columns) - 1,
            _say(f"evaluation.{kind}_signature"),
            formats["signature"],
        )
        sheet.set_row(last, _SIGNATURE_HEIGHT)
        sheet.freeze_panes(head + 1, _NUM_FIXED)
        sheet.repeat_rows(head)
        set_page(sheet, document)
        sheet.set_landscape()
        _write_guide(book.add_worksheet(_say("evaluation.guide_sheet")), document, asked, formats)
    return buffer.getvalue()


def _write_head(
    sheet: Any,
    kind: str,
    document: Document,
    columns: Sequence[Column],
    formats: Mapping[str, Any],
) -> int:
    """Write title, instructions, labels and headers; return the line of the headers."""
    widths = [_WIDTHS.get(column.field, _WIDTH) for column in columns]
    for k, width in enumerate(widths):
        sheet.set_column(k, k, width)
    merge_row(sheet, 0, len(columns) - 1, document.title, formats["title"])
    sheet.set_row(0, _TITLE_HEIGHT)
    instructions = _say(f"evaluation.{kind}_instructions")
    merge_row(sheet, 1, len(columns) - 1, instructions, formats["note"])
    sheet.set_row(1, fit_height([(instructions, sum(widths))], LINE_HEIGHT))
    line = write_labels(sheet, 2, widths, document, formats)
    for k, column in enumerate(columns):
        write_text(sheet, line, k, column.header, formats["head"])
        if meaning := _explain(column):
            check_written(sheet.write_comment(line, k, meaning, {"author": "pairmatch"}))
    sheet.set_row(line, _HEAD_HEIGHT)
    return line


def _explain(column: Column) -> str:
    is_identity = column in IDENTITY_COLUMNS and column.field != "year"
    return "" if is_identity else _say(f"evaluation.about_{column.field}")


def _write_rows(
    sheet: Any,
    head: int,
    columns: Sequence[Column],
    rows: Sequence[Values],
    formats: Mapping[str, Any],
) -> None:
    for line, row in enumerate(rows, head + 1):
        texts = [row.get(column.field, "") for column in columns]
        for k, (column, text) in enumerate(zip(columns, texts, strict=True)):
            if column.field == "year":
                check_written(sheet.write_number(line, k, int(text), formats["whole"]))
            elif text:
                write_text(sheet, line, k, text, formats["text"])
            else:
                check_written(sheet.write_blank(line, k, None, formats["text"]))
        widths = [_WIDTHS.get(column.field, _WIDTH) for column in columns]
        sheet.set_row(line, fit_height(list(zip(texts, widths, strict=True)), LINE_HEIGHT))


def _add_choices(sheet: Any, head: int, columns: Sequence[Column], num_rows: int) -> None:
    for k, column in enumerate(columns):
        if column.choices:
            words, code = [word for word, _stored in column.choices], "evaluation.choose_grade"
        elif column.value_type == "bool":
            words, code = [YES, NO], "evaluation.choose_check"
        else:
            continue
        rule = {"validate": "list", "source": words, "error_message": _say(code)}
        last = head + max(num_rows, 1)
        check_written(sheet.data_validation(head + 1, k, last, k, {**rule, "ignore_blank": True}))


def _write_guide(
    sheet: Any, document: Document, asked: Sequence[Column], formats: Mapping[str, Any]
) -> None:
    for k, (code, width) in enumerate(
        zip(("evaluation.guide_column", "evaluation.guide_meaning"), _GUIDE_WIDTHS, strict=True)
    ):
        write_text(sheet, 0, k, _say(code), formats["head"])
        sheet.set_column(k, k, width)
    for line, column in enumerate((IDENTITY_COLUMNS[0], *asked), 1):
        for k, text in enumerate((column.header, _explain(column))):
            write_text(sheet, line, k, text, formats["text"])
    write_labels(sheet, len(asked) + 3, _GUIDE_WIDTHS, document, formats)
    set_page(sheet, document)
