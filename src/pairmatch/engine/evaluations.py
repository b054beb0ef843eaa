"""Yearly evaluation: forms out, forms in, lists, and the table that feeds the next scenario."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pairmatch.domain.evaluation import (
    PREVIOUS_TABLE,
    SUMMARY_DATA,
    SUMMARY_WORKBOOK,
    EvaluatedRun,
    Evaluation,
    Grading,
)
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.personal import mask_finding
from pairmatch.engine.runs import open_run
from pairmatch.errors import BadInputError, UsageError

CITY_FORM = "市级评定表_{year}.xlsx"
COUNTY_FORM = "成效评定表_{county}_{year}.xlsx"
LONE_FORM = "成效评定表_{year}.xlsx"
"""Where villages have no county."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of the forms, without errors: the lists, and the files they are in."""

    evaluation: Evaluation
    findings: tuple[Finding, ...]
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class WrittenForms:
    """The forms written for a year, and what was found in those that came back before."""

    year: int
    files: tuple[Path, ...]
    findings: tuple[Finding, ...]


def write_evaluation_forms(
    run: Path, out: Path, year: int | None = None, places: Sequence[Path] = ()
) -> WrittenForms:
    """Write the forms of a year: one per county that has not graded yet, and that of the city.

    Parameters
    ----------
    run
        The run folder.
    out
        Where they go.
    year
        The year; by default the first of the cycle that the city has not graded whole.
    places
        Forms that came back, or folders with them: the form of the city shows their grades.

    Raises
    ------
    BadInputError
        If the run is damaged or has no cycle, or the forms hold errors.
    UsageError
        If the year is not in the cycle, or forms that are filled in would be overwritten.
    """
    from pairmatch.plan.evaluation import find_due_year
    from pairmatch.store.files import find_other_files, write_files

    evaluated = _open_evaluated(run)
    gradings, findings, _forms = _read_places(places, evaluated)
    chosen = find_due_year(evaluated, gradings) if year is None else year
    if chosen not in evaluated.years:
        first, last = (str(evaluated.years[k]) for k in (0, -1))
        raise UsageError("evaluation.year_not_in_cycle", year=str(chosen), first=first, last=last)
    files = _build_forms(evaluated, chosen, gradings)
    untouched = _build_forms(evaluated, chosen, ())
    # A form that nobody has filled in may be written anew, with what is known by now.
    filled = set(find_other_files(out, files)) & set(find_other_files(out, untouched))
    _refuse_overwriting(out, sorted(filled))
    return WrittenForms(chosen, write_files(out, files), findings)


def evaluate_run(run: Path, places: Sequence[Path], out: Path) -> Evaluated:
    """Read the forms that came back and write lists, data and the table of the cycle before.

    Parameters
    ----------
    run
        The run folder.
    places
        Forms, or folders with them.
    out
        Where the results go.

    Raises
    ------
    BadInputError
        If the run is damaged or has no cycle, or the forms hold errors: all of them are in its
        findings, and nothing is written.
    UsageError
        If a file that is no earlier result would be overwritten.
    """
    from pairmatch.load.bundles import list_names
    from pairmatch.plan.evaluation import evaluate_pairs
    from pairmatch.report.evaluationdata import build_evaluation_json, build_previous_workbook
    from pairmatch.report.evaluationsheets import build_evaluation_workbook
    from pairmatch.store.files import find_other_files, write_files

    evaluated = _open_evaluated(run)
    gradings, findings, forms = _read_places(places, evaluated)
    evaluation = evaluate_pairs(evaluated, gradings)
    files = {
        SUMMARY_WORKBOOK: build_evaluation_workbook(evaluation, len(forms)),
        SUMMARY_DATA: build_evaluation_json(evaluation, forms).encode("utf-8"),
        PREVIOUS_TABLE: build_previous_workbook(evaluated, gradings),
    }
    # The folder of a scenario may hold a table of the cycle before that is no result of ours.
    if SUMMARY_DATA not in list_names(out):
        _refuse_overwriting(out, find_other_files(out, files))
    return Evaluated(evaluation, findings, write_files(out, files))


def _open_evaluated(run: Path) -> EvaluatedRun:
    from pairmatch.load.evaluations import describe_evaluated

    return describe_evaluated(open_run(run))


def _read_places(
    places: Sequence[Path], run: EvaluatedRun
) -> tuple[tuple[Grading, ...], tuple[Finding, ...], tuple[tuple[str, str], ...]]:
    """Return what the forms say, what was found in them, and their digests.

    Raises
    ------
    BadInputError
        If there are errors among the findings.
    """
    from pairmatch.load.evaluations import digest_forms, find_form_files, read_evaluations

    if not places:
        return (), (), ()
    paths, found = find_form_files(places)
    gradings, read = read_evaluations(paths, run)
    findings = tuple(sorted(map(mask_finding, (*found, *read)), key=lambda f: f.sort_key))
    num_errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if num_errors:
        told = [finding for finding in findings if finding.severity is not Severity.NOTE]
        raise BadInputError("evaluation.bad_forms", told, count=str(num_errors))
    return gradings, findings, digest_forms(paths)


def _build_forms(run: EvaluatedRun, year: int, gradings: Sequence[Grading]) -> dict[str, bytes]:
    from pairmatch.report.evaluationforms import build_city_form, build_county_form

    graded = {(g.unit_id, g.village_id) for g in gradings if g.year == year and g.county_grade}
    begun = {pair.county for pair in run.pairs if (pair.unit_id, pair.village_id) in graded}
    files = {CITY_FORM.format(year=year): build_city_form(run, year, gradings)}
    for county in run.counties:
        if county not in begun:
            name = (COUNTY_FORM if county else LONE_FORM).format(county=county, year=year)
            files[name] = build_county_form(run, county, year)
    return files


def _refuse_overwriting(out: Path, names: Sequence[str]) -> None:
    if names:
        raise UsageError("engine.would_overwrite", folder=str(out), files="、".join(names))
