"""成效评定汇总.xlsx: every county's own list first, then the city's, villages and commendations."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pairmatch.domain.evaluation import (
    COMMENDED_MEAN,
    Evaluation,
    GradeSum,
    HelpedPair,
    Standing,
)
from pairmatch.report.figures import format_decimal, tell
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
from pairmatch.report.wording import clean_text, name_or_id, word
from pairmatch.report.workbook import name_sheets

MEAN_DIGITS = 2
_CREATED = datetime(2000, 1, 1)  # fixed: the same grades, the same bytes
_LONGEST_TITLE = 250
_TITLE_HEIGHT, _HEAD_HEIGHT, _SIGNATURE_HEIGHT = 30, 34, 40
_TITLE_SHARE = 11 / 18
_FIXED_SHEETS = ("city", "villages", "commendations", "progress", "notes")
_NOTE_WIDTH = 100

Say = Callable[..., str]
Cell = str | int


@dataclass(frozen=True, slots=True)
class _List:
    """A sheet: its title, its columns with their widths, its rows, and who signs."""

    title: str
    columns: tuple[tuple[str, int], ...]
    rows: tuple[tuple[Cell, ...], ...]
    after: tuple[str, ...] = ()
    signature: str = ""


def build_evaluation_workbook(evaluation: Evaluation, num_forms: int) -> bytes:
    """Return the workbook of an evaluation: the counties' lists, then that of the city.

    The same evaluation gives the same bytes. All texts are stored as texts.

    Parameters
    ----------
    evaluation
        The lists.
    num_forms
        How many forms they come from.

    Raises
    ------
    ValueError
        If a cell could not be written.
    """
    import xlsxwriter

    run = evaluation.run

    def say(code: str, **params: str) -> str:
        return tell(code, **params).pick(run.lang)

    document = _describe_document(evaluation, say)
    fixed = {kind: say(f"evaluation.sheet_{kind}") for kind in _FIXED_SHEETS}
    names = name_sheets([c.county or "—" for c in evaluation.counties], fixed.values())
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, BOOK_OPTIONS) as book:
        book.set_properties({"title": document.title[:_LONGEST_TITLE], "created": _CREATED})
        formats = make_formats(book, document.steps_per_point)
        lists = dict(zip(names, _list_counties(evaluation, say), strict=True))
        lists |= {
            fixed["city"]: _list_city(evaluation, say),
            fixed["villages"]: _list_villages(evaluation, say),
            fixed["commendations"]: _list_commendations(evaluation, say),
            fixed["progress"]: _list_progress(evaluation, say),
        }
        for name, listed in lists.items():
            _write_list(book.add_worksheet(name), document, listed, formats)
        notes = _list_notes(evaluation, num_forms, say)
        _write_list(book.add_worksheet(fixed["notes"]), document, notes, formats)
    return stream.getvalue()


def _describe_document(evaluation: Evaluation, say: Say) -> Document:
    run = evaluation.run
    label = word("synthetic").pick(run.lang) if run.synthetic else ""
    title = run.title_zh if run.lang == "zh" else run.title_en
    return Document(
        lang=run.lang,
        title=clean_text(say("evaluation.title_workbook", title=title)),
        version=word("version_short", run=run.run_id[:16]).pick(run.lang),
        steps_per_point=1,
        labels=(label,) if label else (),
        footer=label,
    )


# --- what the sheets list


def _name_cycle(evaluation: Evaluation) -> dict[str, str]:
    years = evaluation.run.years
    return {"first": str(years[0]), "last": str(years[-1])}


def _head_grades(evaluation: Evaluation, say: Say) -> tuple[tuple[str, int], ...]:
    years = evaluation.run.years
    return (
        *((say("evaluation.col_year", year=str(year)), 10) for year in years),
        (say("evaluation.col_cycle"), 10),
        (say("evaluation.col_known"), 9),
    )


def _show_grades(standing: Standing, say: Say) -> tuple[Cell, ...]:
    cycle = standing.cycle
    known = f"{cycle.num_known}/{cycle.num_due}"
    years = (_show_sum(total, say) for total in standing.years)
    return (*years, _show_grade(cycle.grade, say), known)


def _show_sum(total: GradeSum, say: Say) -> str:
    shown = _show_grade(total.grade, say)
    if total.num_known in (0, total.num_due):
        return shown
    params = {"known": str(total.num_known), "due": str(total.num_due)}
    return say("evaluation.partly", grade=shown, **params)


def _show_grade(grade: int | None, say: Say) -> str:
    return say("evaluation.ungraded" if grade is None else f"evaluation.grade_{grade}")


def _show_rank(standing: Standing) -> Cell:
    return "—" if standing.rank is None else standing.rank


def _name_villages(pairs: Sequence[HelpedPair], unit_id: str) -> str:
    own = (pair for pair in pairs if pair.unit_id == unit_id)
    return "、".join(name_or_id(pair.village_name, pair.village_id) for pair in own)


def _list_counties(evaluation: Evaluation, say: Say) -> list[_List]:
    lists = []
    for county in evaluation.counties:
        pairs = [pair for pair in evaluation.run.pairs if pair.county == county.county]
        title = say(
            "evaluation.title_county", county=county.county or "—", **_name_cycle(evaluation)
        )
        columns = (
            (say("evaluation.col_rank"), 6),
            (say("evaluation.col_unit"), 28),
            (say("evaluation.col_villages"), 18),
            *_head_grades(evaluation, say),
        )
        rows = tuple(
            (
                _show_rank(standing),
                name_or_id(standing.name, standing.owner_id),
                _name_villages(pairs, standing.owner_id),
                *_show_grades(standing, say),
            )
            for standing in county.units
        )
        lists.append(_List(title, columns, rows, signature=say("evaluation.county_signature")))
    return lists


def _list_city(evaluation: Evaluation, say: Say) -> _List:
    pairs = evaluation.run.pairs
    columns = (
        (say("evaluation.col_rank"), 6),
        (say("evaluation.col_unit"), 28),
        (say("evaluation.col_county"), 14),
        (say("evaluation.col_villages"), 18),
        *_head_grades(evaluation, say),
    )
    counties = {unit: [p.county for p in pairs if p.unit_id == unit] for unit in _list_ids(pairs)}
    rows = tuple(
        (
            _show_rank(standing),
            name_or_id(standing.name, standing.owner_id),
            "、".join(dict.fromkeys(counties[standing.owner_id])),
            _name_villages(pairs, standing.owner_id),
            *_show_grades(standing, say),
        )
        for standing in evaluation.city
    )
    title = say("evaluation.title_city", **_name_cycle(evaluation))
    return _List(title, columns, rows, signature=say("evaluation.city_signature"))


def _list_ids(pairs: Sequence[HelpedPair]) -> list[str]:
    return list(dict.fromkeys(pair.unit_id for pair in pairs))


def _list_villages(evaluation: Evaluation, say: Say) -> _List:
    helpers: dict[str, list[HelpedPair]] = {}
    for pair in evaluation.run.pairs:
        helpers.setdefault(pair.village_id, []).append(pair)
    columns = (
        (say("evaluation.col_county"), 14),
        (say("evaluation.col_township"), 12),
        (say("evaluation.col_village"), 12),
        (say("evaluation.col_code"), 14),
        (say("evaluation.col_units"), 26),
        *_head_grades(evaluation, say),
    )
    rows = tuple(
        (
            helpers[standing.owner_id][0].county,
            helpers[standing.owner_id][0].township,
            standing.name,
            standing.owner_id,
            "、".join(name_or_id(p.unit_name, p.unit_id) for p in helpers[standing.owner_id]),
            *_show_grades(standing, say),
        )
        for standing in evaluation.villages
    )
    return _List(say("evaluation.title_villages", **_name_cycle(evaluation)), columns, rows)


def _list_commendations(evaluation: Evaluation, say: Say) -> _List:
    names = {pair.unit_id: pair.unit_name for pair in evaluation.run.pairs}
    columns = (
        (say("evaluation.col_county"), 18),
        (say("evaluation.col_unit"), 32),
        (say("evaluation.col_known"), 12),
        (say("evaluation.col_mean"), 10),
        (say("evaluation.col_proposal"), 28),
    )
    rows = tuple(
        (
            "、".join(commendation.counties),
            name_or_id(names[commendation.unit_id], commendation.unit_id),
            f"{commendation.cycle.num_known}/{commendation.cycle.num_due}",
            show_mean(commendation.cycle) or "—",
            say("evaluation.proposed" if commendation.is_proposed else "evaluation.open"),
        )
        for commendation in evaluation.commendations
    )
    last = str(evaluation.run.years[-1])
    after = () if rows else (say("evaluation.no_commendations", year=last),)
    title = say("evaluation.title_commendations", **_name_cycle(evaluation))
    return _List(title, columns, rows, after, say("evaluation.city_signature"))


def show_mean(total: GradeSum) -> str | None:
    """Return a mean with two decimals, halves up; None without any grade."""
    return None if total.mean is None else format_decimal(total.mean, MEAN_DIGITS)


def _list_progress(evaluation: Evaluation, say: Say) -> _List:
    run = evaluation.run
    heads = (("evaluation.col_county_known", 11), ("evaluation.col_city_known", 11))
    columns = (
        (say("evaluation.col_county"), 18),
        *((say(code, year=str(year)), width) for year in run.years for code, width in heads),
    )
    graded = {(g.unit_id, g.village_id, g.year): g for g in evaluation.gradings}
    rows: list[tuple[Cell, ...]] = []
    for county in run.counties:
        own = [pair for pair in run.pairs if pair.county == county]
        cells: list[Cell] = [county or "—"]
        for year in run.years:
            found = [graded.get((pair.unit_id, pair.village_id, year)) for pair in own]
            by_county = sum(g is not None and g.county_grade is not None for g in found)
            by_city = sum(g is not None and g.city_grade is not None for g in found)
            cells += [f"{by_county}/{len(own)}", f"{by_city}/{len(own)}"]
        rows.append(tuple(cells))
    return _List(say("evaluation.title_progress"), columns, tuple(rows))


def _list_notes(evaluation: Evaluation, num_forms: int, say: Say) -> _List:
    mean = format_decimal(COMMENDED_MEAN, 1)
    texts = (
        say("evaluation.note_order"),
        say("evaluation.note_cycle"),
        say("evaluation.note_rank"),
        say("evaluation.note_commendation", mean=mean),
        say("evaluation.note_next"),
        say("evaluation.note_forms", count=str(num_forms), run=evaluation.run.run_id),
    )
    columns = (("", 6), ("", _NOTE_WIDTH))
    return _List(say("evaluation.title_notes"), columns, tuple(enumerate(texts, 1)))


# --- writing


def _write_list(sheet: Any, document: Document, listed: _List, formats: Mapping[str, Any]) -> None:
    widths = [width for _head, width in listed.columns]
    last = len(widths) - 1
    for k, width in enumerate(widths):
        sheet.set_column(k, k, width)
    merge_row(sheet, 0, last, listed.title, formats["title"])
    height = fit_height([(listed.title, int(sum(widths) * _TITLE_SHARE))], _TITLE_HEIGHT)
    sheet.set_row(0, height)
    draft = word("draft").pick(document.lang)
    subtitle = tell("evaluation.subtitle", draft=draft, version=document.version)
    merge_row(sheet, 1, last, subtitle.pick(document.lang), formats["subtitle"])
    line = write_labels(sheet, 2, widths, document, formats)
    if any(head for head, _width in listed.columns):
        for k, (head, _width) in enumerate(listed.columns):
            write_text(sheet, line, k, head, formats["head"])
        sheet.set_row(line, _HEAD_HEIGHT)
        sheet.repeat_rows(line)
        sheet.freeze_panes(line + 1, 2)
        line += 1
    for row in listed.rows:
        _write_row(sheet, line, row, widths, formats)
        line += 1
    for text in listed.after:
        merge_row(sheet, line, last, text, formats["note"])
        sheet.set_row(line, fit_height([(text, sum(widths))], LINE_HEIGHT))
        line += 1
    if listed.signature:
        merge_row(sheet, line + 1, last, listed.signature, formats["signature"])
        sheet.set_row(line + 1, _SIGNATURE_HEIGHT)
    set_page(sheet, document)
    sheet.set_landscape()


def _write_row(
    sheet: Any, line: int, row: Sequence[Cell], widths: Sequence[int], formats: Mapping[str, Any]
) -> None:
    for k, cell in enumerate(row):
        if isinstance(cell, int):
            check_written(sheet.write_number(line, k, cell, formats["whole"]))
        else:
            write_text(sheet, line, k, cell, formats["text"])
    shown = [(str(cell), width) for cell, width in zip(row, widths, strict=True)]
    sheet.set_row(line, fit_height(shown, LINE_HEIGHT))
