"""Entries of all forms to one grading per pair and year: once, without contradiction, in order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from pairmatch.domain.evaluation import (
    BEST_GRADE,
    CHECKS,
    EvaluatedRun,
    Grading,
)
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.load.records.evaluations import GRADE_FIELDS, Entry
from pairmatch.load.records.values import UNKNOWN

MAX_NAMES = 10
NO_COUNTY = "—"
"""Stands for the county of villages that have none."""
_ANSWERS = (*CHECKS, *GRADE_FIELDS)
_NOTES = ("evidence", "city_note")

Answers = Mapping[str, int]


def build_gradings(
    entries: Iterable[Entry], run: EvaluatedRun
) -> tuple[tuple[Grading, ...], tuple[Finding, ...]]:
    """Return what the forms say of each pair in each year, and what does not go together.

    A grade of the city without one of the county is an error: the county grades first. A county
    that has not graded is told, and its grades stay unknown.

    Parameters
    ----------
    entries
        The entries of all forms.
    run
        What is evaluated.
    """
    gradings: list[Grading] = []
    findings: list[Finding] = []
    copied: dict[tuple[int, str], int] = {}
    ordered = sorted(entries, key=lambda entry: (entry.key, entry.row.place))
    for _key, group in groupby(ordered, key=lambda entry: entry.key):
        own = list(group)
        answers = {field: _find_first(own, field) for field in _ANSWERS}
        known = {field: _read_answer(entry, field) for field, entry in answers.items() if entry}
        findings += list(_tell_contradictions(own, answers)) or _tell_doubles(own)
        findings += _tell_order(own, known)
        findings += _tell_doubtful(answers, known)
        if "county_grade" in known and all(entry.is_of_city for entry in own):
            place = own[0].year, own[0].pair.county
            copied[place] = copied.get(place, 0) + 1
        if known or any(_join_notes(own, field) for field in _NOTES):
            gradings.append(_build_grading(own, known))
    findings += _tell_copied(copied)
    findings += _tell_missing(gradings, run)
    return tuple(gradings), tuple(findings)


def _find_first(entries: Sequence[Entry], field: str) -> Entry | None:
    return next((entry for entry in entries if _has_answer(entry, field)), None)


def _has_answer(entry: Entry, field: str) -> bool:
    return bool(entry.row.text(field)) or entry.row.number(field) is not None


def _read_answer(entry: Entry, field: str) -> int:
    """Return a grade, or 1 and 0 for yes and no."""
    text = entry.row.text(field)
    return int(text) if text else int(entry.row.number(field) or 0)


def _build_grading(entries: Sequence[Entry], known: Answers) -> Grading:
    first = entries[0]
    return Grading(
        unit_id=first.pair.unit_id,
        village_id=first.pair.village_id,
        year=first.year,
        county_grade=known.get("county_grade"),
        city_grade=known.get("city_grade"),
        checks=tuple(bool(known[field]) if field in known else None for field in CHECKS),
        evidence=_join_notes(entries, "evidence"),
        city_note=_join_notes(entries, "city_note"),
    )


def _join_notes(entries: Iterable[Entry], field: str) -> str:
    notes = (entry.row.text(field) for entry in entries)
    return "；".join(dict.fromkeys(note for note in notes if note))


def _tell_contradictions(
    entries: Sequence[Entry], answers: Mapping[str, Entry | None]
) -> Iterator[Finding]:
    for field, first in answers.items():
        for entry in entries:
            if first is None or not _has_answer(entry, field):
                continue
            if _read_answer(entry, field) == _read_answer(first, field):
                continue
            place, before = entry.row.place_of(field), first.row.place_of(field)
            params = {**_name_pair(entry), "value": place.value, "column": place.column}
            params |= {"first": before.value, **_name_place("first", before)}
            yield Finding("evaluation.contradiction", Severity.ERROR, place, params)


def _tell_doubles(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Tell a pair that two forms of the same kind agree on; a blank form is no answer."""
    for is_of_city in (False, True):
        own = [
            entry
            for entry in entries
            if entry.is_of_city is is_of_city
            and any(_has_answer(entry, field) for field in entry.row.cells if field in _ANSWERS)
        ]
        for entry in own[1:]:
            params = {**_name_pair(entry), **_name_place("first", own[0].row.place)}
            place = entry.row.place_of("village_id")
            yield Finding("evaluation.double", Severity.WARNING, place, params)


def _tell_order(entries: Sequence[Entry], known: Answers) -> Iterator[Finding]:
    """Tell a grade of the city before that of the county, unless that one cannot be read."""
    cells = (entry.row.cells.get("county_grade", UNKNOWN) for entry in entries)
    unread = any(cell.problem for cell in cells)
    if "city_grade" not in known or "county_grade" in known or unread:
        return
    for entry in entries:
        if _has_answer(entry, "city_grade"):
            place = entry.row.place_of("city_grade")
            yield Finding("evaluation.city_before_county", Severity.ERROR, place, _name_pair(entry))


def _tell_doubtful(answers: Mapping[str, Entry | None], known: Answers) -> Iterator[Finding]:
    entry = answers["county_grade"]
    refused = [field for field in CHECKS if known.get(field) == 0]
    if entry is None or known["county_grade"] != BEST_GRADE or not refused:
        return
    columns = [check.row.place_of(f).column for f in refused if (check := answers[f])]
    place = entry.row.place_of("county_grade")
    params = {**_name_pair(entry), "value": place.value, "columns": "、".join(columns)}
    yield Finding("evaluation.best_without_check", Severity.WARNING, place, params)


def _tell_copied(copied: Mapping[tuple[int, str], int]) -> Iterator[Finding]:
    for (year, county), count in sorted(copied.items()):
        params = {"year": str(year), "county": county or NO_COUNTY, "count": str(count)}
        yield Finding("evaluation.only_copied", Severity.WARNING, Place(), params)


def _tell_missing(gradings: Sequence[Grading], run: EvaluatedRun) -> Iterator[Finding]:
    """Tell, for each year that has a grade, the counties without one and the pairs left over."""
    if not any(g.county_grade for g in gradings):
        yield Finding("evaluation.no_grades", Severity.ERROR)
        return
    graded = {(g.unit_id, g.village_id, g.year) for g in gradings if g.county_grade}
    years = sorted({year for *_pair, year in graded})
    for year in years:
        absent = []
        for county in run.counties:
            own = [pair for pair in run.pairs if pair.county == county]
            left = [p for p in own if (p.unit_id, p.village_id, year) not in graded]
            if len(left) == len(own):
                absent.append(county or NO_COUNTY)
            elif left:
                names = "、".join(p.unit_name or p.unit_id for p in left[:MAX_NAMES])
                params = {"year": str(year), "county": county or NO_COUNTY, "units": names}
                params["count"] = str(len(left))
                yield Finding("evaluation.pairs_ungraded", Severity.WARNING, Place(), params)
        if absent:
            params = {"year": str(year), "counties": "、".join(absent), "count": str(len(absent))}
            yield Finding("evaluation.counties_missing", Severity.WARNING, Place(), params)
    skipped = [str(year) for year in run.years if year < years[-1] and year not in years]
    if skipped:
        params = {"years": "、".join(skipped)}
        yield Finding("evaluation.years_missing", Severity.NOTE, Place(), params)


def _name_pair(entry: Entry) -> dict[str, str]:
    pair = entry.pair
    return {
        "unit": pair.unit_name or pair.unit_id,
        "village": pair.village_name or pair.village_id,
        "county": pair.county or NO_COUNTY,
        "year": str(entry.year),
    }


def _name_place(prefix: str, place: Place) -> dict[str, str]:
    return {f"{prefix}_file": place.file, f"{prefix}_row": str(place.row)}
