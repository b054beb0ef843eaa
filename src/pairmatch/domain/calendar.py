"""The events of the programme and the dated duties that they become."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pairmatch.domain.daterules import Cycle, DateRule, list_occurrences
from pairmatch.domain.findings import Finding, Place

OwnerKind = Literal["city_council", "county_councils", "units", "departments"]
OWNER_KINDS: tuple[OwnerKind, ...] = ("city_council", "county_councils", "units", "departments")
Share = Literal["owner", "own_unit", "part", ""]
EVERYBODY = "all"
PARTICIPANTS = (*OWNER_KINDS, "village_committees", EVERYBODY)


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the programme, before anybody's dates are known.

    `owner` has to see to it and `participants` take part. `after` are the ids of the events that
    must be done before it. `document` is what comes of it in writing, `quote` the words of the
    programme that ask for it and `basis` where it comes from. With `county`, it holds there only
    and takes the place of the event of the same id.
    """

    event_id: str
    name_zh: str
    name_en: str
    owner: OwnerKind
    rule: DateRule
    participants: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    document: str = ""
    quote: str = ""
    basis: str = ""
    county: str = ""
    place: Place = Place()
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def place_of(self, name: str) -> Place:
        """Return where a field stands, or the place of the row if that is not known."""
        return self.places.get(name, self.place)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day or days of every year that have a name of their own."""

    name_zh: str
    name_en: str
    rule: DateRule

    def is_on(self, day: date) -> bool:
        """Whether a day is one of it."""
        [days] = list_occurrences(self.rule, Cycle(day.year, day.year, day))
        return (days.first or days.last) <= day <= days.last


@dataclass(frozen=True, slots=True)
class Duty:
    """What somebody has to do by a day.

    `owner_id` is the id of the unit or department or the name of the county; it is empty for the
    city council. `county` is the one whose events hold for it, empty for city and departments, and
    `village_ids` are the villages that a unit's duty is about. `first` is None if it may begin at
    once. `after` are the ids of the duties that must be done before.
    """

    duty_id: str
    event: Event
    owner_id: str
    last: date
    first: date | None = None
    period: str = ""
    county: str = ""
    village_ids: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DutyGroup:
    """Duties of one event that have the same days; at least one."""

    duties: tuple[Duty, ...]

    @property
    def head(self) -> Duty:
        """The first of them, which stands for event and days."""
        return self.duties[0]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A duty that is late, by how many days, and the duties it waits for that are not done."""

    duty: Duty
    num_days: int
    waits_for: tuple[Duty, ...] = ()


@dataclass(frozen=True, slots=True)
class Disorder:
    """A duty that was done although one that must come before was not, or only later."""

    duty: Duty
    before: Duty


@dataclass(frozen=True, slots=True)
class Members:
    """Who takes part: counties, units with the villages they help, departments; ids to names.

    `pairs` are unit and village ids; `village_counties` and `unit_counties` say where they belong.
    Without any pair, all units take part.
    """

    counties: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    unit_counties: Mapping[str, str] = field(default_factory=dict)
    villages: Mapping[str, str] = field(default_factory=dict)
    village_counties: Mapping[str, str] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()
    departments: Mapping[str, str] = field(default_factory=dict)
    departments_en: Mapping[str, str] = field(default_factory=dict)
    departments_short: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The duties of a cycle, those that were asked for, and what is late.

    `duties` are all, `listed` those asked for, also as `groups` of the same days, with what the
    asker has to do with each in `shares` (empty if nobody in particular asks). `on_demand` are
    events without dates. `today` is the day on which `overdue` was made, None if it was not asked
    for; `is_done_known` says that there was a list of what is done. `is_assumed` says that the day
    of the launch is not stated; `version` names the data the calendar was made from.
    """

    title_zh: str
    title_en: str
    cycle: Cycle
    is_assumed: bool
    is_synthetic: bool
    members: Members
    duties: tuple[Duty, ...]
    listed: tuple[Duty, ...]
    groups: tuple[DutyGroup, ...] = ()
    on_demand: tuple[Event, ...] = ()
    shares: Mapping[str, Share] = field(default_factory=dict)
    holidays: tuple[Holiday, ...] = ()
    today: date | None = None
    is_done_known: bool = False
    overdue: tuple[Overdue, ...] = ()
    findings: tuple[Finding, ...] = ()
    version: str = ""
