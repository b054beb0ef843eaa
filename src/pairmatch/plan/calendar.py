"""From events to dated duties: who has to do what by when, what is late and what it waits for."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from pairmatch.domain.calendar import (
    EVERYBODY,
    Disorder,
    Duty,
    DutyGroup,
    Event,
    Members,
    Overdue,
    OwnerKind,
    Share,
)
from pairmatch.domain.daterules import Cycle, Occurrence
from pairmatch.domain.eventdates import list_bound, list_dates, select_events

ONE_DAY = timedelta(days=1)
Owner = tuple[str, str, tuple[str, ...]]
"""Id of an owner, the county whose events hold for it, and the villages it is about."""


def build_duties(events: Iterable[Event], members: Members, cycle: Cycle) -> tuple[Duty, ...]:
    """Return everybody's duties in a cycle, in order of their last days.

    What must wait for others begins at the earliest on the day after their last one, unless its
    own rule says when it begins.

    Parameters
    ----------
    events
        The events of the programme and those of counties; their order has no influence.
    members
        Who takes part.
    cycle
        The years and the launch.
    """
    everything = tuple(events)
    duties = []
    for county, owners in _list_owners(members):
        chosen = select_events(everything, county)
        for event_id, dates in list_dates(chosen, cycle).items():
            event = chosen[event_id]
            for owner in owners.get(event.owner, ()):
                duties += [_make_duty(event, owner, occurrence) for occurrence in dates]
    return _order(_join(duties))


def _list_owners(members: Members) -> Iterator[tuple[str, Mapping[OwnerKind, Sequence[Owner]]]]:
    """Yield each county, and the city as the county '', with those whose events are its own."""
    helpers: defaultdict[str, list[Owner]] = defaultdict(list)
    for unit_id, county, village_ids in list_helpers(members):
        helpers[county].append((unit_id, county, village_ids))
    departments = tuple((d, "", ()) for d in sorted(members.departments))
    city: Sequence[Owner] = (("", "", ()),)
    yield (
        "",
        {"city_council": city, "departments": departments, "units": tuple(helpers[""])},
    )
    for county in sorted(set(members.counties) - {""}):
        own: Sequence[Owner] = ((county, county, ()),)
        yield county, {"county_councils": own, "units": tuple(helpers[county])}


def list_helpers(members: Members) -> Iterator[Owner]:
    """Yield each unit that helps, once for each county it helps in, with its villages there."""
    if not members.pairs:
        known = set(members.counties)
        for unit_id in sorted(members.units):
            county = members.unit_counties.get(unit_id, "")
            yield unit_id, county if county in known else "", ()
        return
    helped: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for unit_id, village_id in sorted(members.pairs):
        helped[unit_id, members.village_counties.get(village_id, "")].append(village_id)
    for (unit_id, county), village_ids in sorted(helped.items()):
        yield unit_id, county, tuple(village_ids)


def _make_duty(event: Event, owner: Owner, occurrence: Occurrence) -> Duty:
    owner_id, county, village_ids = owner
    return Duty(
        duty_id="/".join((event.event_id, owner_id, county, occurrence.period)),
        event=event,
        owner_id=owner_id,
        last=occurrence.last,
        first=occurrence.first,
        period=occurrence.period,
        county=county,
        village_ids=village_ids,
    )


def _join(duties: Iterable[Duty]) -> Iterator[Duty]:
    """Yield the duties with the ids of those that must be done before them."""
    index: defaultdict[tuple[str, str], list[Duty]] = defaultdict(list)
    anywhere: defaultdict[str, list[Duty]] = defaultdict(list)
    listed = tuple(duties)
    for duty in listed:
        index[duty.event.event_id, duty.county].append(duty)
        anywhere[duty.event.event_id].append(duty)
    for duty in listed:
        before: list[Duty] = []
        for event_id in sorted(duty.event.after):
            near = anywhere[event_id]
            if duty.county:
                near = [*index[event_id, duty.county], *index[event_id, ""]]
            before += _list_before(duty, near)
        yield _begin_after(duty, before)


def _list_before(duty: Duty, candidates: Iterable[Duty]) -> Iterator[Duty]:
    this = Occurrence(duty.last, duty.first, duty.period)
    for other in candidates:
        # A unit waits for what it does itself, not for other units.
        if other.event.owner == duty.event.owner and other.owner_id != duty.owner_id:
            continue
        dates = [Occurrence(other.last, other.first, other.period)]
        if any(list_bound(other.event, duty.event, dates, this)):
            yield other


def _begin_after(duty: Duty, before: Sequence[Duty]) -> Duty:
    if not before:
        return duty
    first = duty.first or min(duty.last, max(other.last for other in before) + ONE_DAY)
    return replace(duty, first=first, after=tuple(sorted(other.duty_id for other in before)))


def _order(duties: Iterable[Duty]) -> tuple[Duty, ...]:
    return tuple(sorted(duties, key=lambda d: (d.last, d.event.event_id, d.county, d.duty_id)))


def list_overdue(
    duties: Iterable[Duty], done: Mapping[str, date], today: date
) -> tuple[Overdue, ...]:
    """Return the duties that are late: not done by a day that lies after their last one.

    Parameters
    ----------
    duties
        All duties, those that others wait for included.
    done
        The day each was done, by duty id; days after `today` do not count yet.
    today
        The day on which the list is made.
    """
    listed = tuple(duties)
    by_id = {duty.duty_id: duty for duty in listed}
    finished = {key for key, day in done.items() if day <= today}
    return tuple(
        Overdue(
            duty,
            (today - duty.last).days,
            tuple(by_id[key] for key in duty.after if key in by_id and key not in finished),
        )
        for duty in _order(listed)
        if duty.last < today and duty.duty_id not in finished
    )


def list_disorders(duties: Iterable[Duty], done: Mapping[str, date]) -> tuple[Disorder, ...]:
    """Return what was done although something that must come before it was not, or only later."""
    listed = tuple(duties)
    by_id = {duty.duty_id: duty for duty in listed}
    return tuple(
        Disorder(duty, by_id[key])
        for duty in _order(listed)
        if duty.duty_id in done
        for key in duty.after
        if key in by_id and (key not in done or done[key] > done[duty.duty_id])
    )


def find_share(duty: Duty, kind: OwnerKind, owner_id: str, counties: Iterable[str] = ()) -> Share:
    """Return what somebody has to do with a duty.

    Parameters
    ----------
    duty
        The duty.
    kind, owner_id
        Who asks.
    counties
        Where that unit helps; a county council is asked about its own county anyway.

    Returns
    -------
    str
        ``"owner"`` if it has to see to it; ``"own_unit"`` if a unit that helps in its county has
        to; ``"part"`` if it takes part; empty if none of these.
    """
    if duty.event.owner == kind and duty.owner_id == owner_id:
        return "owner"
    if kind == "county_councils" and duty.event.owner == "units":
        return "own_unit" if duty.county == owner_id else ""
    invited = {kind, EVERYBODY} & set(duty.event.participants)
    near = {owner_id} if kind == "county_councils" else set(counties)
    is_near = not duty.county or not near or duty.county in near
    # Nobody is invited to what others of its kind do on their own.
    return "part" if invited and is_near and duty.event.owner != kind else ""


def group_duties(duties: Iterable[Duty]) -> tuple[DutyGroup, ...]:
    """Return duties of one event and the same days together, in order of their last days."""
    groups: defaultdict[tuple[date, str, str, str, str, date], list[Duty]] = defaultdict(list)
    for duty in _order(duties):
        event = duty.event
        key = (duty.last, event.event_id, event.county, event.owner, duty.period)
        groups[*key, duty.first or date.min].append(duty)
    return tuple(DutyGroup(tuple(groups[key])) for key in sorted(groups))


def is_in_year(duty: Duty, year: int) -> bool:
    """Whether a duty, from its first to its last day, touches a year."""
    return (duty.first or duty.last).year <= year <= duty.last.year
