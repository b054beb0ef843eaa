"""Rows of evaluation forms to entries: which pair, which year; what fits no pair is told."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pairmatch.domain.columns import Column
from pairmatch.domain.evaluation import FORM_COLUMNS, SHORT_GRADES, EvaluatedRun, HelpedPair
from pairmatch.domain.findings import Finding, Severity
from pairmatch.load.records.headers import suggest_names
from pairmatch.load.records.numbers import normalise_text
from pairmatch.load.records.rows import Row
from pairmatch.load.records.tables import Table, simplify_header

GRADE_FIELDS = ("county_grade", "city_grade")
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "year": ("年份", "评定年度", "评定年份"),
    "unit_id": ("单位代码",),
    "unit_name": ("帮扶单位", "理事单位", "单位"),
    "county": ("县", "县市"),
    "township": ("乡(镇)",),
    "name": ("村", "受助村"),
    "village_id": ("村代码", "行政区划代码"),
    "deeds_done": ("实事办成",),
    "evidence_ready": ("佐证齐全",),
    "village_agrees": ("村两委认可",),
    "county_grade": ("县级等次", "县级评定", "县评等次"),
    "evidence": ("佐证", "佐证说明"),
    "city_grade": ("市级等次", "市级评定", "市评等次"),
    "city_note": ("核查说明", "市级说明"),
}
_YEAR = re.compile(r"((?:19|20|21)\d\d)(?:\.0+)?年?度?")
_CODE_CUTOFF = 0.75


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that speaks of a pair of the run in a year of its cycle."""

    pair: HelpedPair
    year: int
    row: Row

    @property
    def key(self) -> tuple[str, str, int]:
        """The pair and the year."""
        return self.pair.unit_id, self.pair.village_id, self.year

    @property
    def is_of_city(self) -> bool:
        """Whether it stands on a form of the city."""
        return "city_grade" in self.row.cells


def describe_evaluations() -> Table:
    """Return the table of both evaluation forms."""
    names: dict[str, str] = {}
    for column in FORM_COLUMNS:
        for known in (column.field, column.header, *_ALIASES[column.field]):
            names.setdefault(simplify_header(known), column.field)
    columns = {column.field: _widen(column) for column in FORM_COLUMNS}
    return Table("evaluations", columns, names, ("unit_id", "village_id"))


def _widen(column: Column) -> Column:
    # The table of the cycle before has short words for the same grades.
    if column.field not in GRADE_FIELDS:
        return column
    return replace(column, choices=(*column.choices, *SHORT_GRADES))


def build_entries(
    rows: Iterable[Row], run: EvaluatedRun
) -> tuple[tuple[Entry, ...], tuple[Finding, ...]]:
    """Return the entries of rows, and rows that speak of no pair or no year of the run.

    Parameters
    ----------
    rows
        The rows of all forms.
    run
        What is evaluated.
    """
    pairs = {(pair.unit_id, pair.village_id): pair for pair in run.pairs}
    known = _Known(run)
    entries: list[Entry] = []
    findings: list[Finding] = []
    for row in sorted(rows, key=lambda r: r.place):
        year, told = _read_year(row, run)
        findings += told
        pair = pairs.get((row.text("unit_id"), row.text("village_id")))
        if pair is None:
            findings += known.tell_pair(row)
            continue
        findings += _tell_names(row, pair)
        if year is not None and _is_in_county(row, pair):
            entries.append(Entry(pair, year, row))
    return tuple(entries), tuple(findings)


def _read_year(row: Row, run: EvaluatedRun) -> tuple[int | None, list[Finding]]:
    text = normalise_text(row.text("year"))
    found = _YEAR.fullmatch(text)
    if found and int(found[1]) in run.years:
        return int(found[1]), []
    if row.cells["year"].problem:
        return None, []
    params = {"first": str(run.years[0]), "last": str(run.years[-1]), "value": text}
    code = "outside" if found else "unclear" if text else "blank"
    return None, [_describe(f"evaluation.year_{code}", row, "year", params)]


def _is_in_county(row: Row, pair: HelpedPair) -> bool:
    # Where the run knows no counties, there is nothing to compare with.
    return not pair.county or row.text("county") in ("", pair.county)


def _tell_names(row: Row, pair: HelpedPair) -> Iterator[Finding]:
    """Tell a county, which must be right, and names, which may be written in another way."""
    if not _is_in_county(row, pair):
        params = {"value": row.text("county"), "county": pair.county, "village": pair.village_name}
        yield _describe("evaluation.wrong_county", row, "county", params)
    for field, expected in (("unit_name", pair.unit_name), ("name", pair.village_name)):
        text = row.text(field)
        if text and expected and text != expected:
            params = {"value": text, "expected": expected}
            yield _describe("evaluation.name_differs", row, field, params, Severity.WARNING)


def _describe(
    code: str,
    row: Row,
    field: str,
    params: Mapping[str, str],
    severity: Severity = Severity.ERROR,
) -> Finding:
    place = row.place_of(field)
    about_code = field in ("unit_id", "village_id")
    return Finding(code, severity, place, params, about_code)


class _Known:
    """The units and villages of a run, for what is said of those that make no pair."""

    def __init__(self, run: EvaluatedRun) -> None:
        self.villages_of: dict[str, list[HelpedPair]] = {}
        self.units_of: dict[str, list[HelpedPair]] = {}
        for pair in run.pairs:
            self.villages_of.setdefault(pair.unit_id, []).append(pair)
            self.units_of.setdefault(pair.village_id, []).append(pair)

    def tell_pair(self, row: Row) -> Iterator[Finding]:
        """Tell why a row's unit and village are no pair of the run."""
        unit_id, village_id = row.text("unit_id"), row.text("village_id")
        sides = (("unit_id", self.villages_of), ("village_id", self.units_of))
        unknown = [field for field, known in sides if row.text(field) not in known]
        for field in unknown:
            if not row.cells[field].problem:
                yield self._tell_unknown(row, field)
        if not unknown:
            villages = "、".join(
                f"{p.village_name} {p.village_id}".strip() for p in self.villages_of[unit_id]
            )
            units = "、".join(
                f"{p.unit_name} {p.unit_id}".strip() for p in self.units_of[village_id]
            )
            params = {"unit": unit_id, "village": village_id, "villages": villages, "units": units}
            yield _describe("evaluation.not_a_pair", row, "village_id", params)

    def _tell_unknown(self, row: Row, field: str) -> Finding:
        side = field.removesuffix("_id")
        text = row.text(field)
        if not text:
            return _describe(f"evaluation.{side}_blank", row, field, {})
        pairs = [pair for own in self.villages_of.values() for pair in own]
        if side == "unit":
            name, known = row.text("unit_name"), {p.unit_id: p.unit_name for p in pairs}
        else:
            name, known = row.text("name"), {p.village_id: p.village_name for p in pairs}
        same = sorted(i for i, label in known.items() if label == name != "")
        closest = "、".join(same) or suggest_names(text, known, _CODE_CUTOFF)
        code = f"evaluation.unknown_{side}_close" if closest else f"evaluation.unknown_{side}"
        return _describe(code, row, field, {"value": text, "closest": closest})
