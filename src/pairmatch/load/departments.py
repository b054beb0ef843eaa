"""The departments that may do what a unit cannot: the package's, or those of a scenario."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from pairmatch.domain.actions import Department
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.load.reading import Reading
from pairmatch.load.records.decimals import read_decimal
from pairmatch.load.records.headers import suggest_names
from pairmatch.load.records.rows import Row
from pairmatch.load.records.tables import describe_departments
from pairmatch.load.taxonomy import read_table

_REQUIRED = ("department_id", "name_zh", "needs")


@cache
def read_departments() -> tuple[Department, ...]:
    """Return the city departments that the programme names."""
    return tuple(
        Department(
            department_id=row["department_id"],
            name_zh=row["full_name_memory"],
            name_en=row["name_en"],
            needs=tuple(filter(None, row["need_types_assumed"].split("|"))),
            short_zh=row["name_in_seed"],
        )
        for row in read_table("departments.csv")
    )


def read_own_departments(reading: Reading, taxonomy: Taxonomy) -> tuple[Department, ...]:
    """Return the departments of a scenario: those of its table, or else the package's.

    Parameters
    ----------
    reading
        The scenario being read; what is wrong is kept in it.
    taxonomy
        The needs that departments may serve.
    """
    rows = reading.read_table("departments", describe_departments())
    if rows is None:
        return read_departments()
    if not rows:
        place = reading.settings.place_of(("inputs", "departments"), "")
        reading.findings.append(Finding("catalogue.departments_none", Severity.WARNING, place))
    return reading.keep(build_departments(rows, taxonomy))


def build_departments(
    rows: Iterable[Row], taxonomy: Taxonomy
) -> tuple[tuple[Department, ...], tuple[Finding, ...]]:
    """Return the departments of a table in the order of its rows, and what is wrong with them.

    Parameters
    ----------
    rows
        The rows of the table.
    taxonomy
        The needs, which rows call by name or id.
    """
    names = {need.name_zh: need.need_id for need in taxonomy.needs}
    names |= {need.need_id: need.need_id for need in taxonomy.needs}
    found: dict[str, Department] = {}
    first: dict[tuple[str, str], Row] = {}
    findings: list[Finding] = []
    for row in sorted(rows, key=lambda r: r.place):
        needs, unknown = find_needs(row.names("needs"), names)
        faults = [*_tell_blanks(row), *_tell_doubles(row, first), *_tell_needs(row, unknown, names)]
        findings += faults
        if not faults:
            found[row.text("department_id")] = _build_department(row, needs)
    return tuple(found.values()), tuple(findings)


def find_needs(
    parts: Sequence[str], names: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids of the needs in the parts of a cell, each once, and parts that are none.

    A name may hold the sign between names (展陈、村史馆与史料), so long ones are tried first.
    """
    found: dict[str, None] = {}
    unknown: list[str] = []
    longest = 1 + max((name.count("、") for name in names), default=0)
    at = 0
    while at < len(parts):
        ends = range(min(at + longest, len(parts)), at, -1)
        end = next((k for k in ends if "、".join(parts[at:k]) in names), None)
        if end is None:
            unknown.append(parts[at])
            at += 1
        else:
            found[names["、".join(parts[at:end])]] = None
            at = end
    return tuple(found), tuple(unknown)


def _build_department(row: Row, needs: tuple[str, ...]) -> Department:
    name, capacity = row.text("name_zh"), row.text("capacity")
    return Department(
        department_id=row.text("department_id"),
        name_zh=name,
        name_en=row.text("name_en") or name,
        needs=needs,
        short_zh=row.text("short_zh") or name,
        capacity=read_decimal(capacity) if capacity else None,
    )


def _tell_blanks(row: Row) -> Iterator[Finding]:
    for field in _REQUIRED:
        cell = row.cells.get(field)
        # A column that is missing, or a cell that cannot be read, has been told already.
        if cell is not None and cell.problem is None and not cell.value:
            place = row.place_of(field)
            params = {"column": place.column, "id": row.text("department_id") or "–"}
            yield Finding("catalogue.department_blank", Severity.ERROR, place, params)


def _tell_doubles(row: Row, first: dict[tuple[str, str], Row]) -> Iterator[Finding]:
    for field in ("department_id", "name_zh"):
        text = row.text(field)
        other = first.setdefault((field, text), row)
        if text and other is not row:
            place = row.place_of(field)
            params = {"value": text, "column": place.column}
            params |= {"first_file": other.place.file, "first_row": str(other.place.row)}
            yield Finding("catalogue.department_double", Severity.ERROR, place, params)


def _tell_needs(row: Row, unknown: Iterable[str], names: Iterable[str]) -> Iterator[Finding]:
    known = tuple(names)
    for text in unknown:
        params = {"value": text, "closest": suggest_names(text, known) or "–"}
        place = row.place_of("needs")
        yield Finding("catalogue.department_need", Severity.ERROR, place, params)
