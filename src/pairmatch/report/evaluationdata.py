"""What an evaluation hands on: all grades as JSON, and 上一轮结对.xlsx for the next scenario."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pairmatch.domain.columns import (
    DATA_STATUS,
    GRADES,
    PREVIOUS_COLUMNS,
    SYNTHETIC,
    describe_year,
)
from pairmatch.domain.evaluation import (
    CHECKS,
    COMMENDED_MEAN,
    COMMENDED_YEAR,
    GRADE_WORDS,
    EvaluatedRun,
    Evaluation,
    GradeSum,
    Grading,
    HelpedPair,
    Standing,
)
from pairmatch.messages import render
from pairmatch.report.evaluationsheets import show_mean
from pairmatch.report.figures import format_decimal
from pairmatch.report.jsontexts import SCHEMA, write_json
from pairmatch.report.sheets import BOOK_OPTIONS, check_written, make_formats, merge_row, write_text
from pairmatch.report.wording import word

_CREATED = datetime(2026, 1, 1)
"""A fixed date in the file's properties: the same data give the same bytes."""
_WIDTHS: Mapping[str, int] = {"unit_name": 28, "village_id": 15, "county": 14}
_WIDTH = 12
_SHORT_WORDS = {int(grade): text for text, grade in GRADES.items()}


def build_evaluation_json(evaluation: Evaluation, forms: Iterable[tuple[str, str]]) -> str:
    """Return everything that comes of an evaluation, grades as numbers from 1 to 4.

    Parameters
    ----------
    evaluation
        The lists.
    forms
        Name and SHA-256 of each form they come from.
    """
    run = evaluation.run
    names = {pair.unit_id: pair.unit_name for pair in run.pairs}
    return write_json(
        {
            "schema": SCHEMA,
            "run_id": run.run_id,
            "synthetic": run.synthetic,
            "cycle": [run.years[0], run.years[-1]],
            "rule": {
                "grades": dict(GRADE_WORDS),
                "commendation_mean": format_decimal(COMMENDED_MEAN, 1),
                "commendation_year": COMMENDED_YEAR,
            },
            "forms": [{"file": name, "sha256": digest} for name, digest in forms],
            "counties": [
                {
                    "county": county.county,
                    "units": [_describe_standing(s, run.years) for s in county.units],
                }
                for county in evaluation.counties
            ],
            "city": [_describe_standing(s, run.years) for s in evaluation.city],
            "villages": [_describe_standing(s, run.years) for s in evaluation.villages],
            "commendations": [
                {
                    "unit_id": commendation.unit_id,
                    "name": names[commendation.unit_id],
                    "counties": list(commendation.counties),
                    "is_proposed": commendation.is_proposed,
                    **_describe_sum(commendation.cycle),
                }
                for commendation in evaluation.commendations
            ],
            "gradings": [_describe_grading(g) for g in evaluation.gradings],
        }
    )


def _describe_standing(standing: Standing, years: Sequence[int]) -> dict[str, Any]:
    by_year = zip(years, standing.years, standing.year_ranks, strict=True)
    return {
        "id": standing.owner_id,
        "name": standing.name,
        "rank": standing.rank,
        **_describe_sum(standing.cycle),
        "years": [
            {"year": year, "rank": rank, **_describe_sum(total)} for year, total, rank in by_year
        ],
    }


def _describe_sum(total: GradeSum) -> dict[str, Any]:
    return {
        "grade": total.grade,
        "mean": show_mean(total),
        "points": total.points,
        "num_known": total.num_known,
        "num_due": total.num_due,
    }


def _describe_grading(grading: Grading) -> dict[str, Any]:
    return {
        "unit_id": grading.unit_id,
        "village_id": grading.village_id,
        "year": grading.year,
        "county_grade": grading.county_grade,
        "city_grade": grading.city_grade,
        **dict(zip(CHECKS, grading.checks, strict=True)),
        "evidence": grading.evidence,
        "city_note": grading.city_note,
    }


def build_previous_workbook(run: EvaluatedRun, gradings: Iterable[Grading]) -> bytes:
    """Return the table of the cycle before, as `[inputs] previous` of the next scenario takes it.

    Every year of the cycle has a column; a grade that is unknown stays blank.

    Parameters
    ----------
    run
        The pairs and the years.
    gradings
        What the forms said.

    Returns
    -------
    bytes
        An .xlsx workbook that `load` reads without findings.
    """
    import xlsxwriter

    title = render("evaluation.previous_sheet", {}, "zh").text
    columns = (
        *(column for column in PREVIOUS_COLUMNS if column != DATA_STATUS),
        *(describe_year(year) for year in run.years),
        DATA_STATUS,
    )
    settled = {(g.unit_id, g.village_id, g.year): g.settled_grade for g in gradings}
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, BOOK_OPTIONS) as book:
        book.set_properties({"title": title, "created": _CREATED})
        formats = make_formats(book, 1)
        sheet = book.add_worksheet(title)
        line = 0
        if run.synthetic:
            merge_row(sheet, 0, len(columns) - 1, word("synthetic").pick("zh"), formats["label"])
            line = 1
        _write_line(sheet, line, [column.header for column in columns], formats["head"])
        for k, column in enumerate(columns):
            sheet.set_column(k, k, _WIDTHS.get(column.field, _WIDTH))
        sheet.freeze_panes(line + 1, 2)
        for pair in run.pairs:
            line += 1
            known = _list_cells(pair, run, settled)
            texts = [known.get(column.field, "") for column in columns]
            _write_line(sheet, line, texts, formats["text"])
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
    return buffer.getvalue()


def _list_cells(
    pair: HelpedPair, run: EvaluatedRun, settled: Mapping[tuple[str, str, int], int | None]
) -> dict[str, str]:
    synthetic = {stored: text for text, stored in SYNTHETIC.items()}
    cells = {
        "unit_id": pair.unit_id,
        "village_id": pair.village_id,
        "unit_name": pair.unit_name,
        "county": pair.county,
        "township": pair.township,
        "name": pair.village_name,
        DATA_STATUS.field: synthetic["synthetic"] if run.synthetic else "",
    }
    for year in run.years:
        grade = settled.get((pair.unit_id, pair.village_id, year))
        cells[describe_year(year).field] = "" if grade is None else _SHORT_WORDS[grade]
    return cells


def _write_line(sheet: Any, line: int, texts: Sequence[str], cell_format: Any) -> None:
    for k, text in enumerate(texts):
        if text:
            write_text(sheet, line, k, text, cell_format)
        else:
            check_written(sheet.write_blank(line, k, None, cell_format))
