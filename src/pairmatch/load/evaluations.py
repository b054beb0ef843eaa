"""Evaluation: the pairs of a run and its cycle, and the forms that came back."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pairmatch.domain.evaluation import RESULT_FILES, EvaluatedRun, Grading, HelpedPair
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.errors import BadInputError
from pairmatch.load.paths import TABLE_SUFFIXES
from pairmatch.load.readers.files import read_sheets
from pairmatch.load.reading import name_expected
from pairmatch.load.records.evaluations import (
    GRADE_FIELDS,
    build_entries,
    describe_evaluations,
)
from pairmatch.load.records.gradings import build_gradings
from pairmatch.load.records.headers import HeaderBlock, find_header
from pairmatch.load.records.rows import Row, read_rows
from pairmatch.load.runfiles import RUN_FILE, Shape, read_shape

if TYPE_CHECKING:
    from pairmatch.load.readers.sheets import Sheet
    from pairmatch.load.runs import RunNames, StoredRun


class _StoredTitle(Shape):
    zh: str = ""
    en: str = ""


class _StoredScenario(Shape):
    cycle: tuple[int, int] | None = None
    title: _StoredTitle = _StoredTitle()
    lang: Literal["zh", "en"] = "zh"


class _StoredSettings(Shape):
    scenario: _StoredScenario


class _StoredCycle(Shape):
    """What an evaluation uses of `run.json`."""

    run_id: str
    synthetic: bool
    settings: _StoredSettings


def describe_evaluated(stored: "StoredRun") -> EvaluatedRun:
    """Return the pairs of a run and the years in which they are evaluated.

    Raises
    ------
    BadInputError
        If the run is damaged, or its scenario has no cycle.
    """
    facts = read_shape(stored.folder, RUN_FILE, _StoredCycle)
    scenario = facts.settings.scenario
    if scenario.cycle is None:
        raise BadInputError("evaluation.no_cycle", run=str(stored.folder))
    problem = stored.problem
    pairs = sorted(
        (problem.unit_ids[problem.unit_idx[k]], problem.village_ids[problem.village_idx[k]])
        for k in stored.matching.chosen_idx.tolist()
    )
    first, last = scenario.cycle
    return EvaluatedRun(
        run_id=facts.run_id,
        title_zh=scenario.title.zh or scenario.title.en,
        title_en=scenario.title.en or scenario.title.zh,
        lang=scenario.lang,
        synthetic=facts.synthetic,
        years=tuple(range(first, last + 1)),
        pairs=tuple(_name_pair(stored.names, *pair) for pair in pairs),
    )


def _name_pair(names: "RunNames", unit_id: str, village_id: str) -> HelpedPair:
    # Villages of the smallest form have an id only.
    county, township, village = (*names.villages[village_id], "", "", "")[:3]
    return HelpedPair(unit_id, village_id, names.units[unit_id], county, township, village)


def find_form_files(places: Sequence[Path]) -> tuple[tuple[Path, ...], tuple[Finding, ...]]:
    """Return the files to read, each once: those named, and the tables in folders that are named.

    Lock files of spreadsheet programs, hidden files and the results of evaluations are passed
    over. A folder without a table is an error.
    """
    files: dict[Path, Path] = {}
    findings: list[Finding] = []
    for place in places:
        found = _list_tables(place) if place.is_dir() else [place]
        if not found:
            findings.append(Finding("evaluation.no_forms", Severity.ERROR, Place(str(place))))
        for path in found:
            files.setdefault(path.resolve(), path)
    return tuple(files.values()), tuple(findings)


def _list_tables(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in TABLE_SUFFIXES
        and path.name not in RESULT_FILES
        and not path.name.startswith(("~$", "."))
        and path.is_file()
    )


def digest_forms(paths: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    """Return the name and the SHA-256 of each file that can be read, sorted."""
    found = []
    for path in paths:
        # Why a file cannot be read is told by its reader.
        with suppress(OSError):
            found.append((path.name, hashlib.sha256(path.read_bytes()).hexdigest()))
    return tuple(sorted(found))


def read_evaluations(
    paths: Sequence[Path], run: EvaluatedRun
) -> tuple[tuple[Grading, ...], tuple[Finding, ...]]:
    """Return what forms say of the pairs of a run, and everything wrong or doubtful in them.

    Which year, pair and side a row speaks of is in its cells: files may be renamed, columns moved,
    and counties or years put together.

    Parameters
    ----------
    paths
        The files.
    run
        What is evaluated.
    """
    rows: list[Row] = []
    findings: list[Finding] = []
    for path in paths:
        found, told = _read_form(path)
        rows += found
        findings += told
    entries, of_rows = build_entries(rows, run)
    gradings, of_gradings = build_gradings(entries, run)
    # Where nothing could be read, what is missing for want of it says nothing more.
    told_before = any(f.severity is Severity.ERROR for f in (*findings, *of_rows))
    more = [f for f in of_gradings if f.place.file or not told_before]
    return gradings, (*findings, *of_rows, *more)


def _read_form(path: Path) -> tuple[list[Row], list[Finding]]:
    table = describe_evaluations()
    name = path.as_posix()
    sheets, told = read_sheets(path, name)
    findings = list(told)
    found: list[tuple[Sheet, HeaderBlock]] = []
    for sheet in sheets:
        block, of_header = find_header(sheet, table)
        if block is not None:
            findings += of_header
            found.append((sheet, block))
    if sheets and not found:
        expected = name_expected(table)
        findings.append(Finding("load.no_table", Severity.ERROR, Place(name), expected))
    rows: list[Row] = []
    for sheet, block in found:
        if not block.fields.intersection(GRADE_FIELDS):
            place = Place(sheet.file, sheet.name, block.last_row)
            headers = "、".join(table.columns[field].header for field in GRADE_FIELDS)
            params = {"columns": headers}
            findings.append(Finding("evaluation.no_grade_column", Severity.ERROR, place, params))
        elif block.fields.issuperset(field for field, c in table.columns.items() if c.required):
            own, of_rows = read_rows(sheet, block)
            rows += own
            findings += of_rows
    return rows, findings
