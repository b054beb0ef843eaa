"""The list of what is done: whose duty, which one, and the day; every slip at its cell."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pairmatch.domain.calendar import Duty
from pairmatch.domain.columns import DONE_COLUMNS
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.load.readers.files import read_sheets
from pairmatch.load.reading import name_expected
from pairmatch.load.records.headers import find_header, suggest_names
from pairmatch.load.records.numbers import normalise_text
from pairmatch.load.records.rows import Row, read_rows
from pairmatch.load.records.tables import describe_done

OwnerKey = tuple[str, str]
"""Kind and id of an owner."""
_WHOLE_DATE = 10
_MOST_OPTIONS = 12
_PERIOD = re.compile(
    r"(\d{4})(?:年度?)?(?:-?(?:第?([1-4])季度|q([1-4])|([上下])半年|h([12])|(\d{1,2})月?))?"
)


@dataclass(frozen=True, slots=True)
class DoneEntry:
    """A duty that is stated to be done on a day, and where that stands."""

    duty: Duty
    day: date
    place: Place


@dataclass(frozen=True, slots=True)
class _Index:
    """What a row can be about: owners by what they are called, duties by owner and event."""

    owners: Mapping[str, frozenset[OwnerKey]]
    duties: Mapping[OwnerKey, Mapping[str, tuple[Duty, ...]]]


def read_done(
    path: Path, duties: Iterable[Duty], names: Mapping[OwnerKey, tuple[str, ...]]
) -> tuple[tuple[DoneEntry, ...], tuple[Finding, ...]]:
    """Return what a list says is done, and everything that is wrong with it.

    Rows without a day are not done yet.

    Parameters
    ----------
    path
        A workbook or CSV file, such as the form that `report.calendarform` makes, filled in.
    duties
        All duties there are.
    names
        What each owner may be called, by its kind and id.
    """
    table = describe_done()
    index = _build_index(duties, names)
    sheets, told = read_sheets(path, path.name)
    findings = list(told)
    rows: list[Row] = []
    num_tables = 0
    for sheet in sheets:
        block, more = find_header(sheet, table)
        if block is not None:
            found, faults = read_rows(sheet, block)
            rows += found
            findings += [*more, *map(_sharpen, faults)]
            num_tables += 1
    if sheets and not num_tables:
        params = name_expected(table)
        findings.append(Finding("load.no_table", Severity.ERROR, Place(path.name), params))
    entries, faults = build_done(rows, index)
    return entries, (*findings, *faults)


def _sharpen(finding: Finding) -> Finding:
    # What is no date would pass for a blank cell, and the duty for one that is not done.
    if finding.code == "load.not_a_date":
        params = {"value": finding.place.value}
        return replace(finding, code="calendar.done_date", severity=Severity.ERROR, params=params)
    return finding


def _build_index(duties: Iterable[Duty], names: Mapping[OwnerKey, tuple[str, ...]]) -> _Index:
    owned: defaultdict[OwnerKey, defaultdict[str, list[Duty]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for duty in duties:
        owned[duty.event.owner, duty.owner_id][duty.event.event_id].append(duty)
    called: defaultdict[str, set[OwnerKey]] = defaultdict(set)
    for key in owned:
        for name in names.get(key, (key[1],)):
            called[normalise_text(name)].add(key)
    return _Index(
        {name: frozenset(keys) for name, keys in called.items() if name},
        {key: {k: tuple(v) for k, v in events.items()} for key, events in owned.items()},
    )


def build_done(
    rows: Iterable[Row], index: _Index
) -> tuple[tuple[DoneEntry, ...], tuple[Finding, ...]]:
    """Return the duties that rows say are done, in order of rows, and what is wrong with them."""
    found: dict[str, DoneEntry] = {}
    findings: list[Finding] = []
    for row in sorted(rows, key=lambda r: r.place):
        text = row.text("done_on")
        if not text:
            continue
        if len(text) != _WHOLE_DATE:
            place = row.place_of("done_on")
            findings.append(
                Finding("calendar.done_date", Severity.ERROR, place, {"value": place.value})
            )
            continue
        duty, faults = _find_duty(row, index)
        findings += faults
        if duty is None:
            continue
        entry = DoneEntry(duty, date.fromisoformat(text), row.place_of("done_on"))
        first = found.setdefault(duty.duty_id, entry)
        if first.day != entry.day:
            params = {"owner": row.text("owner"), "event": row.text("event_id")}
            params |= {"first": first.day.isoformat(), "value": text}
            findings.append(Finding("calendar.done_double", Severity.ERROR, entry.place, params))
    return tuple(found.values()), tuple(findings)


def _find_duty(row: Row, index: _Index) -> tuple[Duty | None, list[Finding]]:
    blanks = list(_tell_blanks(row))
    if blanks:
        return None, blanks
    # A program may have put an apostrophe before what looked like a formula.
    owner, event_id = row.text("owner").lstrip("'"), row.text("event_id")
    keys = sorted(index.owners.get(normalise_text(owner), ()))
    if len(keys) != 1:
        return None, [_tell_owner(row, keys, index)]
    events = index.duties[keys[0]]
    if event_id not in events:
        options = "、".join(sorted(events)[:_MOST_OPTIONS])
        params = {"owner": owner, "value": event_id, "options": options}
        place = row.place_of("event_id")
        return None, [Finding("calendar.done_event", Severity.ERROR, place, params, True)]
    candidates = [duty for duty in events[event_id] if _fits(duty, row)]
    if len(candidates) == 1:
        return candidates[0], []
    listed = candidates or events[event_id]
    options = "、".join(dict.fromkeys(duty.period or "–" for duty in listed[:_MOST_OPTIONS]))
    params = {"owner": owner, "event": event_id, "options": options}
    params["value"] = row.text("period") or "–"
    place = row.place_of("period")
    return None, [Finding("calendar.done_period", Severity.ERROR, place, params)]


def _fits(duty: Duty, row: Row) -> bool:
    period, county = row.text("period"), row.text("county")
    if period and read_period(period) != duty.period:
        return False
    return not county or not duty.county or county == duty.county


def read_period(text: str) -> str:
    """Return a period as duties have it (``2027-Q1``), whichever way it is written.

    Examples
    --------
    >>> read_period("2027年第1季度"), read_period("2027年"), read_period("2027年下半年")
    ('2027-Q1', '2027', '2027-H2')
    """
    match = _PERIOD.fullmatch("".join(normalise_text(text).lower().split()))
    if match is None:
        return text
    year, quarter, q, half, h, month = match.groups()
    if quarter or q:
        return f"{year}-Q{quarter or q}"
    if half or h:
        return f"{year}-H{h or ('1' if half == '上' else '2')}"
    return f"{year}-{int(month):02d}" if month else year


def _tell_blanks(row: Row) -> Iterator[Finding]:
    for column in DONE_COLUMNS:
        cell = row.cells.get(column.field)
        # A column that is missing, or a cell that cannot be read, has been told already.
        if column.required and cell is not None and not cell.problem and not cell.value:
            place = row.place_of(column.field)
            params = {"column": place.column}
            yield Finding("calendar.done_blank", Severity.ERROR, place, params)


def _tell_owner(row: Row, keys: list[OwnerKey], index: _Index) -> Finding:
    place, owner = row.place_of("owner"), row.text("owner")
    if keys:
        params = {"value": owner, "options": "、".join(owner_id for _kind, owner_id in keys)}
        return Finding("calendar.done_owners", Severity.ERROR, place, params)
    params = {"value": owner, "closest": suggest_names(owner, index.owners) or "–"}
    return Finding("calendar.done_owner", Severity.ERROR, place, params)
