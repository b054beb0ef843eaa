"""The events of the programme: those that ship with the package and those that a scenario adds."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache

from pairmatch.domain.calendar import (
    OWNER_KINDS,
    PARTICIPANTS,
    Event,
    Holiday,
    OwnerKind,
)
from pairmatch.domain.columns import OWNERS
from pairmatch.domain.daterules import Cycle, DateRule, Occurrence
from pairmatch.domain.eventdates import (
    find_circle,
    find_cycle,
    list_bound,
    list_dates,
    select_events,
)
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.load.daterules import parse_date_rule
from pairmatch.load.reading import Reading
from pairmatch.load.records.headers import suggest_names
from pairmatch.load.records.rows import Row
from pairmatch.load.records.tables import describe_duties
from pairmatch.load.taxonomy import read_table

_PARTICIPANTS: Mapping[str, str] = {
    **OWNERS,
    **{code: code for code in PARTICIPANTS},
    **{"村“两委”": "village_committees", "村两委": "village_committees", "全体": "all"},
}
_NEEDED = ("name_zh", "owner", "due_rule")
"""What a new event must state; one that takes the place of another may leave anything out."""
_OF_COUNTIES = ("county_councils", "units")


@cache
def read_official_events() -> tuple[Event, ...]:
    """Return the events of the programme, as the package has them."""
    return tuple(
        Event(
            event_id=row["event_id"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            owner=_find_kind(row["owner"]),
            rule=_read_rule(row["due_rule"]),
            participants=_split(row["participants"]),
            after=_split(row["after"]),
            document=row["document"],
            quote=row["seed_quote"],
            basis=row["basis"],
        )
        for row in read_table("duties.csv")
    )


@cache
def read_holidays() -> tuple[Holiday, ...]:
    """Return the days with names of their own whose dates need no tables of the moon."""
    return tuple(
        Holiday(row["name_zh"], row["name_en"], _read_rule(row["due_rule"]))
        for row in read_table("holidays.csv")
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split("|")))


def _find_kind(text: str) -> OwnerKind:
    return next(kind for kind in OWNER_KINDS if kind == text)


def _read_rule(text: str) -> DateRule:
    rule = parse_date_rule(text)
    if rule is None:
        raise ValueError(f"the package has a rule that is none: {text}")
    return rule


def read_events(reading: Reading, counties: frozenset[str]) -> tuple[Event, ...]:
    """Return the events of a scenario, its own among them; what is wrong is kept in `reading`.

    Parameters
    ----------
    reading
        The scenario being read.
    counties
        The counties that there are.
    """
    rows = reading.read_table("duties", describe_duties()) or ()
    cycle = find_cycle(reading.settings.scenario)
    if cycle is not None and not _is_near(cycle):
        place = reading.settings.place_of(("plan", "launch"), cycle.launch.isoformat())
        params = {"launch": cycle.launch.isoformat(), "first": str(cycle.first_year)}
        finding = Finding("calendar.launch_far", Severity.ERROR, place, params)
        reading.findings.append(finding)
        cycle = None
    own = reading.keep(build_events(rows, read_official_events(), counties))
    events = _merge(read_official_events(), own)
    reading.findings += check_events(events, cycle)
    return events


def _is_near(cycle: Cycle) -> bool:
    """Whether the launch is in the first year of the cycle or in the year before."""
    return cycle.first_year - 1 <= cycle.launch.year <= cycle.first_year


def _merge(official: Iterable[Event], own: Iterable[Event]) -> tuple[Event, ...]:
    merged = {(event.event_id, event.county): event for event in official}
    merged |= {(event.event_id, event.county): event for event in own}
    return tuple(merged[key] for key in sorted(merged))


def build_events(
    rows: Iterable[Row], official: Iterable[Event], counties: frozenset[str]
) -> tuple[tuple[Event, ...], tuple[Finding, ...]]:
    """Return the events of a table, and everything that is wrong with its rows.

    A row with the id of another event takes its place, in its county only if it names one; cells
    that it leaves blank are as they were.

    Parameters
    ----------
    rows
        The rows of the table.
    official
        The events that there are without it.
    counties
        The counties that a row may name; with none, any.
    """
    known = {(event.event_id, ""): event for event in official}
    taken: dict[tuple[str, str], Place] = {}
    own: list[Event] = []
    findings: list[Finding] = []
    # Those of all counties come first: one of a county begins as they are.
    for row in sorted(rows, key=lambda r: (r.text("county") != "", r.place)):
        key = row.text("event_id"), row.text("county")
        base = known.get((key[0], ""))
        faults = [*_tell_blanks(row, base), *_tell_words(row, counties)]
        if key in taken:
            faults.append(_tell_double(row, taken[key]))
        event = None if faults else _build_event(row, base)
        if event is not None and event.county and event.owner not in _OF_COUNTIES:
            place = row.place_of("county")
            params = {"value": event.county}
            faults.append(Finding("calendar.county_of_city", Severity.ERROR, place, params))
        findings += faults
        taken.setdefault(key, row.place)
        if event is not None and not faults:
            own.append(event)
            known[key] = event
    return tuple(own), tuple(findings)


def _build_event(row: Row, base: Event | None) -> Event:
    name = row.text("name_zh") or (base.name_zh if base else "")
    english = row.text("name_en") or (base.name_en if base and not row.text("name_zh") else name)
    given = parse_date_rule(row.text("due_rule"))
    rule = given or (base.rule if base else DateRule())
    owner = row.text("owner")
    participants = tuple(_PARTICIPANTS[word] for word in row.names("participants"))
    return Event(
        event_id=row.text("event_id"),
        name_zh=name,
        name_en=english,
        owner=_find_kind(owner) if owner else base.owner if base else "city_council",
        rule=rule,
        participants=participants or (base.participants if base else ()),
        after=row.names("after") or (base.after if base else ()),
        document=row.text("document") or (base.document if base else ""),
        quote=row.text("seed_quote") or (base.quote if base else ""),
        basis=row.text("basis") or (base.basis if base else ""),
        county=row.text("county"),
        place=row.place,
        places=row.places,
    )


def _tell_blanks(row: Row, base: Event | None) -> Iterator[Finding]:
    for field in ("event_id", *(() if base else _NEEDED)):
        cell = row.cells.get(field)
        # A cell that cannot be read has been told already.
        if (cell is None or cell.problem is None) and not row.text(field):
            place = row.place_of(field)
            params = {"field": field, "id": row.text("event_id") or "–"}
            yield Finding("calendar.blank", Severity.ERROR, place, params)


def _tell_words(row: Row, counties: frozenset[str]) -> Iterator[Finding]:
    text, county = row.text("due_rule"), row.text("county")
    if text and parse_date_rule(text) is None:
        place = row.place_of("due_rule")
        yield Finding("calendar.bad_rule", Severity.ERROR, place, {"value": text})
    if county and counties and county not in counties:
        params = {"value": county, "closest": suggest_names(county, counties) or "–"}
        yield Finding("calendar.county", Severity.ERROR, row.place_of("county"), params)
    for word in row.names("participants"):
        if word not in _PARTICIPANTS:
            params = {"value": word, "options": "、".join((*OWNERS, "村两委", "全体"))}
            place = row.place_of("participants")
            yield Finding("calendar.participant", Severity.ERROR, place, params)


def _tell_double(row: Row, first: Place) -> Finding:
    params = {"id": row.text("event_id"), "first_file": first.file, "first_row": str(first.row)}
    return Finding("calendar.double", Severity.ERROR, row.place_of("event_id"), params, True)


def check_events(events: Iterable[Event], cycle: Cycle | None) -> tuple[Finding, ...]:
    """Return what is wrong with events taken together.

    Ids of events before that nobody knows, events that wait for each other in a circle and, where
    the cycle is known, dates that cannot be kept in that order, windows that end before they begin
    and events that never fall due.

    Parameters
    ----------
    events
        All events; those of the package are right in themselves.
    cycle
        The years and the launch, or None if they are not known.
    """
    everything = tuple(events)
    findings: list[Finding] = []
    for county in sorted({event.county for event in everything} | {""}):
        chosen = select_events(everything, county)
        own = {k for k, event in chosen.items() if event.county == county and event.place.file}
        findings += _tell_unknown(chosen, own)
        circle = find_circle(chosen)
        if circle:
            findings += _tell_circle(chosen, circle, own)
        elif cycle is not None:
            findings += _tell_dates(chosen, own, cycle)
    return tuple(findings)


def _tell_unknown(events: Mapping[str, Event], own: set[str]) -> Iterator[Finding]:
    for key in sorted(own):
        for before in events[key].after:
            if before not in events:
                params = {"value": before, "closest": suggest_names(before, events) or "–"}
                place = events[key].place_of("after")
                yield Finding("calendar.after", Severity.ERROR, place, params)


def _tell_circle(
    events: Mapping[str, Event], circle: tuple[str, ...], own: set[str]
) -> Iterator[Finding]:
    guilty = [key for key in circle if key in own]
    if guilty:
        place = events[guilty[0]].place_of("after")
        chain = " → ".join((*reversed(circle), circle[-1]))
        yield Finding("calendar.circle", Severity.ERROR, place, {"chain": chain})


def _tell_dates(events: Mapping[str, Event], own: set[str], cycle: Cycle) -> Iterator[Finding]:
    dates = list_dates(events, cycle)
    for key in sorted(own):
        event, place = events[key], events[key].place_of("due_rule")
        if event.rule.is_dated and not dates[key]:
            params = {"id": key, "first": str(cycle.first_year), "last": str(cycle.last_year)}
            yield Finding("calendar.never", Severity.WARNING, place, params)
        for one in dates[key]:
            if one.first is not None and one.first > one.last:
                params = {"first": one.first.isoformat(), "last": one.last.isoformat()}
                yield Finding("calendar.window", Severity.ERROR, place, params)
                break
    for key, event in events.items():
        for before in (k for k in event.after if k in events):
            guilty = next((k for k in (key, before) if k in own), None)
            found = _find_clash(events[before], event, dates) if guilty else None
            if guilty and found:
                params = {"before": _name(events[before]), "event": _name(event)}
                params |= {"early": found[0].isoformat(), "late": found[1].isoformat()}
                place = events[guilty].place_of("due_rule")
                yield Finding("calendar.order", Severity.ERROR, place, params)


def _name(event: Event) -> str:
    return f"{event.event_id} {event.name_zh}"


def _find_clash(
    before: Event, event: Event, dates: Mapping[str, tuple[Occurrence, ...]]
) -> tuple[date, date] | None:
    """Return a last day of an event before that lies behind that of the event itself."""
    for occurrence in dates[event.event_id]:
        for earlier in list_bound(before, event, dates[before.event_id], occurrence):
            if earlier.last > occurrence.last:
                return earlier.last, occurrence.last
    return None
