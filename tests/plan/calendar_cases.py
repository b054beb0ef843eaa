"""Makers of events and members, and the official dates computed in another way."""

from calendar import monthrange
from datetime import date, timedelta

from pairmatch.domain.calendar import Calendar, Event, Members
from pairmatch.domain.daterules import Cycle
from pairmatch.load.daterules import parse_date_rule
from pairmatch.load.duties import read_official_events
from pairmatch.plan.calendar import build_duties, group_duties

COUNTIES = ("甲县", "乙县")
MEMBERS = Members(
    counties=COUNTIES,
    units={"u1": "一公司", "u2": "二公司", "u3": "三公司"},
    villages={"v1": "一村", "v2": "二村", "v3": "三村"},
    village_counties={"v1": "甲县", "v2": "甲县", "v3": "乙县"},
    pairs=(("u1", "v1"), ("u2", "v2"), ("u2", "v3")),
    departments={"d1": "水务局", "d2": "教育局"},
    departments_en={"d1": "Water", "d2": "Education"},
)


def make_event(event_id, rule, owner="county_councils", **more):
    found = parse_date_rule(rule)
    assert found is not None, rule
    return Event(event_id, f"事项{event_id}", f"event {event_id}", owner, found, **more)


def make_cycle(first=2026, last=2030, launch=None):
    return Cycle(first, last, launch or date(first, 10, 19))


def build_official(cycle, members=MEMBERS, more=()):
    return build_duties((*read_official_events(), *more), members, cycle)


def make_calendar():
    """Return a calendar of the official events, as the engine makes it."""
    duties = build_official(make_cycle())
    on_demand = tuple(event for event in read_official_events() if not event.rule.is_dated)
    return Calendar(
        title_zh="试点",
        title_en="Trial",
        cycle=make_cycle(),
        is_assumed=True,
        is_synthetic=True,
        members=MEMBERS,
        duties=duties,
        listed=duties,
        groups=group_duties(duties),
        on_demand=on_demand,
    )


def find_last(duties, event_id, owner_id=None):
    """Return the last days of an event, each once."""
    found = {d.last for d in duties if d.event.event_id == event_id}
    if owner_id is not None:
        found = {d.last for d in duties if d.event.event_id == event_id and d.owner_id == owner_id}
    return sorted(found)


def list_official_dates(cycle):
    """Return the last days of every official event, counted by hand."""
    start, years = cycle.launch, range(cycle.first_year, cycle.last_year + 1)
    later = years[1:]
    month_on = date(start.year + start.month // 12, start.month % 12 + 1, 1)
    eve = start - timedelta(days=1)
    end_of_month = monthrange(month_on.year, month_on.month)[1]
    dates = {
        **{key: [eve] for key in ("k01", "k02", "k03", "k04")},
        "k05": [start],
        "k06": [month_on.replace(day=min(start.day, end_of_month))],
        "k07": [month_on.replace(day=15)],
        "k08": [date(years[0], 12, 31)],
        "k09": [date(y, 1, 31) for y in later[:1]],
        "k10": [date(y, 1, 31) for y in later],
        "k11": [date(y, 6, 30) for y in later],
        "k12": [date(y, 8, 31) for y in later],
        "k13": [date(y, 10, 31) for y in later],
        "k14": [date(y, 10, 31) for y in later],
        "k15": [date(y, 11, 30) for y in later],
        "k16": [date(y, 12, 15) for y in later],
        "k17": [date(y, 12, 15) for y in years],
        "k19": [date(y, m, d) for y in years for m, d in ((3, 31), (6, 30), (9, 30), (12, 31))],
        "k20": [date(y, m, d) for y in years for m, d in ((6, 30), (12, 31))],
        "k21": [date(y, 12, 31) for k, y in enumerate(years, 1) if k in (2, 4, 6, 8)],
        "k22": [date(years[-1], 12, 31)],
        "k23": [],
        "k24": [date(years[-1], 12, 31)],
    }
    kept = {key: [d for d in days if d >= start or key < "k05"] for key, days in dates.items()}
    # The city reports on a year for which counties do.
    kept["k18"] = [date(d.year, 12, 31) for d in kept["k17"]]
    return kept
