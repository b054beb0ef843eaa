"""The official calendar of a scenario or a run: duties, what is late, files to give out."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pairmatch.domain.actions import Department
from pairmatch.domain.calendar import Calendar, Duty, Event, Members, OwnerKind, Share
from pairmatch.domain.eventdates import find_cycle
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.engine.runs import find_id, find_source, open_run
from pairmatch.engine.scenarios import list_counties
from pairmatch.errors import BadInputError, UsageError
from pairmatch.messages import Language

if TYPE_CHECKING:
    from pairmatch.domain.inputs import Inputs
    from pairmatch.domain.scenario import Scenario
    from pairmatch.load.donelist import DoneEntry
    from pairmatch.load.reading import Reading

WORKBOOK_SUFFIX, CSV_SUFFIX, ICS_SUFFIX = ".xlsx", ".csv", ".ics"


@dataclass(frozen=True, slots=True)
class CalendarWishes:
    """What is asked of a calendar.

    At most one of `owners` (all of a kind), `unit`, `county` and `department` (ids or names);
    duties that touch `year`; what is late on `today`, with the list of what is `done`.
    """

    owners: OwnerKind | None = None
    unit: str | None = None
    county: str | None = None
    department: str | None = None
    year: int | None = None
    today: date | None = None
    done: Path | None = None


@dataclass(frozen=True, slots=True)
class CalendarFiles:
    """Files to write: the workbook of duties, the form for what is done, the iCalendar file."""

    workbook: Path | None = None
    form: Path | None = None
    ics: Path | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    """What a calendar is made from."""

    scenario: "Scenario"
    events: tuple[Event, ...]
    members: Members
    digests: Mapping[str, str]
    findings: tuple[Finding, ...] = ()


def make_calendar(folder: Path, wishes: CalendarWishes) -> Calendar:
    """Return the calendar of a scenario or of a run.

    Of a scenario all units take part, of a run those that have a pair.

    Parameters
    ----------
    folder
        The scenario or the run.
    wishes
        What is asked.

    Raises
    ------
    BadInputError
        If the inputs, the run or the list of what is done hold errors, or no cycle is stated.
    UsageError
        If somebody who is asked for does not exist.
    """
    from pairmatch.load.duties import read_holidays
    from pairmatch.plan.calendar import build_duties, group_duties, is_in_year

    source = _open_source(folder)
    cycle = find_cycle(source.scenario)
    if cycle is None:
        raise BadInputError("calendar.no_cycle")
    section = source.scenario.scenario
    duties = build_duties(source.events, source.members, cycle)
    shares = _find_shares(duties, source.members, wishes)
    listed = tuple(
        duty
        for duty in duties
        if (shares is None or shares[duty.duty_id])
        and (wishes.year is None or is_in_year(duty, wishes.year))
    )
    title = section.title.zh or section.title.en or section.name or folder.resolve().name
    calendar = Calendar(
        title_zh=title,
        title_en=section.title.en or title,
        cycle=cycle,
        is_assumed=source.scenario.plan.launch is None,
        is_synthetic=section.synthetic,
        members=source.members,
        duties=duties,
        listed=listed,
        groups=group_duties(listed),
        on_demand=tuple(event for event in source.events if not event.rule.is_dated),
        shares=shares or {},
        holidays=read_holidays(),
        findings=source.findings,
        version=_name_version(source),
    )
    return calendar if wishes.today is None else _add_overdue(calendar, wishes, wishes.today)


def _name_version(source: _Source) -> str:
    texts = (source.scenario.model_dump_json(), repr(sorted(source.digests.items())))
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


# --- what it is made from


def _open_source(folder: Path) -> _Source:
    from pairmatch.load.bundles import list_names
    from pairmatch.load.runfiles import RUN_FILE

    return _open_run(folder) if RUN_FILE in list_names(folder) else _open_scenario(folder)


def _open_scenario(folder: Path) -> _Source:
    from pairmatch.load.scenario import read_scenario

    inputs, findings = read_scenario(folder)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if inputs is None or errors:
        raise BadInputError("engine.bad_input", findings, count=str(len(errors)))
    members = _list_members(inputs)
    told = tuple(f for f in findings if f.code.startswith("calendar."))
    return _Source(inputs.scenario, inputs.events, members, inputs.digests, told)


def _list_members(inputs: "Inputs") -> Members:
    names, names_en, short = _name_departments(inputs.departments)
    return Members(
        counties=list_counties(inputs),
        units={unit.unit_id: unit.name for unit in inputs.units},
        unit_counties={unit.unit_id: unit.county for unit in inputs.units},
        villages={village.village_id: village.name for village in inputs.villages},
        village_counties={village.village_id: village.county for village in inputs.villages},
        departments=names,
        departments_en=names_en,
        departments_short=short,
    )


def _name_departments(
    known: Iterable[Department],
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return the Chinese, English and short names of departments by their ids."""
    names, names_en, short = {}, {}, {}
    for department in known:
        key = department.department_id
        names[key], names_en[key] = department.name_zh, department.name_en
        short[key] = department.short_zh
    return names, names_en, short


def _open_run(run: Path) -> _Source:
    from pairmatch.load.runsettings import read_run_settings

    stored = open_run(run)
    scenario, digests = read_run_settings(run)
    problem, names = stored.problem, stored.names
    chosen = stored.matching.chosen_idx
    pairs = zip(problem.unit_idx[chosen], problem.village_idx[chosen], strict=True)
    known, doubts = _read_departments_of_run(run, scenario)
    departments, departments_en, short = _name_departments(known)
    counties = {v: parts[0] if len(parts) > 1 else "" for v, parts in names.villages.items()}
    members = Members(
        counties=tuple(sorted(set(counties.values()) - {""})),
        units=names.units,
        villages={v: "".join(parts[-1:]) for v, parts in names.villages.items()},
        village_counties=counties,
        pairs=tuple((problem.unit_ids[u], problem.village_ids[v]) for u, v in pairs),
        departments=departments,
        departments_en=departments_en,
        departments_short=short,
    )
    events, findings = _read_events_of_run(run, scenario, digests, members)
    told = (*doubts, *findings)
    return _Source(scenario, events, members, {"run": stored.facts.digest}, told)


def _reread(run: Path, scenario: "Scenario") -> "Reading | None":
    """Return the scenario of a run, read as the run's settings say; None if it cannot be."""
    from pairmatch.load.inheritance import read_layered
    from pairmatch.load.reading import Reading

    source = find_source(run)
    settings = None if source is None else read_layered(source).settings
    if source is None or settings is None:
        return None
    return Reading(source, replace(settings, scenario=scenario))


def _read_departments_of_run(
    run: Path, scenario: "Scenario"
) -> tuple[tuple[Department, ...], tuple[Finding, ...]]:
    """Return the departments of a run: its scenario's as they are now, told if there are none."""
    from pairmatch.load.departments import read_departments, read_own_departments
    from pairmatch.load.taxonomy import read_taxonomy

    given = scenario.inputs.departments
    if given is None:
        return read_departments(), ()
    reading = _reread(run, scenario)
    if reading is not None:
        departments = read_own_departments(reading, read_taxonomy())
        if not any(finding.severity is Severity.ERROR for finding in reading.findings):
            return departments, ()
    place, params = Place(given), {"file": given}
    return read_departments(), (
        Finding("catalogue.departments_unread", Severity.WARNING, place, params),
    )


def _read_events_of_run(
    run: Path, scenario: "Scenario", digests: Mapping[str, str], members: Members
) -> tuple[tuple[Event, ...], tuple[Finding, ...]]:
    """Return the events of a run: its scenario's table as it is now, told if it has changed."""
    from pairmatch.load.duties import read_events, read_official_events

    given = scenario.inputs.duties
    if given is None:
        return read_official_events(), ()
    reading = _reread(run, scenario)
    if reading is None:
        raise BadInputError("calendar.no_duties_file", run=str(run), file=given)
    events = read_events(reading, frozenset(members.counties))
    errors = [finding for finding in reading.findings if finding.severity is Severity.ERROR]
    if errors:
        raise BadInputError("engine.bad_input", reading.findings, count=str(len(errors)))
    changed = [name for name, digest in reading.digests.items() if digests.get(name) != digest]
    told = [f for f in reading.findings if f.code.startswith("calendar.")]
    told += [
        Finding("calendar.duties_changed", Severity.NOTE, Place(name), {"file": name})
        for name in changed
    ]
    return events, tuple(told)


# --- who asks


def _find_shares(
    duties: Iterable[Duty], members: Members, wishes: CalendarWishes
) -> dict[str, Share] | None:
    """Return what whoever asks has to do with each duty; None if nobody in particular asks."""
    from pairmatch.plan.calendar import find_share, list_helpers

    asked = (wishes.owners, wishes.unit, wishes.county, wishes.department)
    if sum(wish is not None for wish in asked) > 1:
        raise UsageError("calendar.one_owner")
    if wishes.owners is not None:
        return {d.duty_id: "owner" if d.event.owner == wishes.owners else "" for d in duties}
    counties: tuple[str, ...] = ()
    if wishes.unit is not None:
        kind: OwnerKind = "units"
        owner_id = find_id(wishes.unit, members.units, "unit")
        counties = tuple(c for u, c, _villages in list_helpers(members) if u == owner_id and c)
    elif wishes.county is not None:
        kind, owner_id = "county_councils", _find_county(wishes.county, members)
    elif wishes.department is not None:
        kind, owner_id = "departments", _find_department(wishes.department, members)
    else:
        return None
    return {duty.duty_id: find_share(duty, kind, owner_id, counties) for duty in duties}


def _find_county(text: str, members: Members) -> str:
    if text in members.counties:
        return text
    raise UsageError("calendar.unknown_county", name=text, options="、".join(members.counties))


def _find_department(text: str, members: Members) -> str:
    for key, name in members.departments.items():
        if text in (key, name, members.departments_en[key], members.departments_short[key]):
            return key
    options = "、".join(members.departments_short.values())
    raise UsageError("calendar.unknown_department", name=text, options=options)


# --- what is late


def _add_overdue(calendar: Calendar, wishes: CalendarWishes, today: date) -> Calendar:
    from pairmatch.load.donelist import read_done
    from pairmatch.plan.calendar import list_disorders, list_overdue
    from pairmatch.report.calendarwords import list_called

    entries: tuple[DoneEntry, ...] = ()
    findings: tuple[Finding, ...] = ()
    if wishes.done is not None:
        entries, findings = read_done(wishes.done, calendar.duties, list_called(calendar))
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise BadInputError("calendar.bad_done", findings, count=str(len(errors)))
    done = {entry.duty.duty_id: entry.day for entry in entries}
    late = list_overdue(calendar.duties, done, today)
    # Those who only take part are not late.
    mine = {k for k, share in calendar.shares.items() if share in ("owner", "own_unit")}
    listed = {duty.duty_id for duty in calendar.listed}
    wanted = listed & mine if calendar.shares else listed
    placed = {entry.duty.duty_id: entry.place for entry in entries}
    told = [
        _tell_disorder(disorder.duty, disorder.before, placed, calendar.members)
        for disorder in list_disorders(calendar.duties, done)
    ]
    told += [_tell_later(e, calendar.members, today) for e in entries if e.day > today]
    return replace(
        calendar,
        today=today,
        is_done_known=wishes.done is not None,
        overdue=tuple(item for item in late if item.duty.duty_id in wanted),
        findings=(*calendar.findings, *findings, *told),
    )


def _tell_disorder(
    duty: Duty, before: Duty, placed: Mapping[str, Place], members: Members
) -> Finding:
    from pairmatch.report.calendarwords import name_owner

    params = {"owner": name_owner(duty, members, "zh"), "waits": name_owner(before, members, "zh")}
    params |= {"event": duty.event.name_zh, "before": before.event.name_zh}
    return Finding("calendar.disorder", Severity.WARNING, placed[duty.duty_id], params)


def _tell_later(entry: "DoneEntry", members: Members, today: date) -> Finding:
    from pairmatch.report.calendarwords import name_owner

    params = {"owner": name_owner(entry.duty, members, "zh"), "event": entry.duty.event.name_zh}
    params |= {"value": entry.day.isoformat(), "today": today.isoformat()}
    return Finding("calendar.done_later", Severity.WARNING, entry.place, params)


# --- files


def write_calendar(calendar: Calendar, files: CalendarFiles, lang: Language) -> tuple[Path, ...]:
    """Write the files that are wished for and return their paths.

    Raises
    ------
    UsageError
        If the ending of a name does not fit, or a form that may be filled in is there already.
    OutputBlockedError
        If a file cannot be written.
    """
    from pairmatch.report.calendarform import build_done_csv, build_done_form
    from pairmatch.report.calendarics import build_ics
    from pairmatch.report.calendarsheets import build_calendar_workbook
    from pairmatch.store.files import write_file

    forms = {WORKBOOK_SUFFIX: build_done_form, CSV_SUFFIX: build_done_csv}
    workbooks = {WORKBOOK_SUFFIX: lambda c: build_calendar_workbook(c, lang)}
    entries = {ICS_SUFFIX: lambda c: build_ics(c, lang)}
    wanted: tuple[tuple[Path | None, Mapping[str, Callable[[Calendar], bytes]]], ...] = (
        (files.workbook, workbooks),
        (files.form, forms),
        (files.ics, entries),
    )
    # All are built before the first is written.
    built = [(path, _choose(path, makers)(calendar)) for path, makers in wanted if path]
    for path, data in built:
        if path == files.form:
            _refuse_overwriting(path, data)
    return tuple(write_file(path, data) for path, data in built)


def _choose(
    path: Path, makers: Mapping[str, Callable[[Calendar], bytes]]
) -> Callable[[Calendar], bytes]:
    maker = makers.get(path.suffix.lower())
    if maker is None:
        raise UsageError("calendar.bad_suffix", path=str(path), options="、".join(makers))
    return maker


def _refuse_overwriting(path: Path, data: bytes) -> None:
    from pairmatch.store.files import find_other_files

    if find_other_files(path.parent, {path.name: data}):
        params = {"folder": str(path.parent), "files": path.name}
        raise UsageError("engine.would_overwrite", **params)
