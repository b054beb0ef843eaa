"""When events fall due: which of them hold where, in which order, and their days in a cycle."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from pairmatch.domain.calendar import Event
from pairmatch.domain.daterules import Cycle, Occurrence, list_occurrences, share_period

if TYPE_CHECKING:
    from pairmatch.domain.scenario import Scenario

USUAL_LAUNCH = (10, 19)
"""Month and day of the launch in 2021, for cycles that do not say when theirs is."""


def find_cycle(scenario: "Scenario") -> Cycle | None:
    """Return the years and the launch of a scenario, or None if it states no cycle.

    A launch that is not stated is taken to be on the day of the year on which that of 2021 was.
    """
    years = scenario.scenario.cycle
    if years is None:
        return None
    launch = scenario.plan.launch or date(years[0], *USUAL_LAUNCH)
    return Cycle(*years, launch)


def select_events(events: Iterable[Event], county: str = "") -> dict[str, Event]:
    """Return the events that hold in a county by id, or those of the city; sorted by id."""
    found: dict[str, Event] = {}
    for event in sorted(events, key=lambda e: (e.event_id, e.county)):
        # What holds everywhere comes first, so a county's own takes its place.
        if event.county in ("", county):
            found[event.event_id] = event
    return found


def list_dates(events: Mapping[str, Event], cycle: Cycle) -> dict[str, tuple[Occurrence, ...]]:
    """Return every time that each event falls due in a cycle.

    What a rule of years puts before the launch is not owed, nor in the same period what must come
    after it. A window that is open on the day of the launch begins on that day.

    Parameters
    ----------
    events
        The events of one county, or of the city, by id; `after` names no circle.
    cycle
        The years and the launch.
    """
    raw = {k: list_occurrences(event.rule, cycle) for k, event in events.items()}
    kept: dict[str, tuple[Occurrence, ...]] = {}
    for key in order_events(events):
        kept[key] = tuple(
            _begin_at_launch(o, cycle)
            for o in raw[key]
            if not (o.period and o.last < cycle.launch)
            and not any(
                _is_without(events[before], events[key], o, raw[before], kept[before])
                for before in events[key].after
                if before in events
            )
        )
    return kept


def _begin_at_launch(occurrence: Occurrence, cycle: Cycle) -> Occurrence:
    if not occurrence.period or occurrence.first is None or occurrence.first >= cycle.launch:
        return occurrence
    return Occurrence(occurrence.last, cycle.launch, occurrence.period)


def _is_without(
    before: Event,
    event: Event,
    occurrence: Occurrence,
    raw: tuple[Occurrence, ...],
    kept: tuple[Occurrence, ...],
) -> bool:
    """Whether all of what must come before an occurrence in its period is not owed."""
    if not (before.rule.repeats and event.rule.repeats):
        return False
    meant = [o for o in raw if share_period(o.period, occurrence.period)]
    owed = [o for o in kept if share_period(o.period, occurrence.period)]
    return bool(meant) and not owed


def order_events(events: Mapping[str, Event]) -> tuple[str, ...]:
    """Return the ids so that each stands behind all that must come before it.

    Ids in a circle, and those behind one, are left out; `find_circle` names one.
    """
    placed: dict[str, None] = {}
    waiting = list(events)
    while True:
        ready = [k for k in waiting if all(b in placed or b not in events for b in events[k].after)]
        if not ready:
            return tuple(placed)
        placed |= dict.fromkeys(ready)
        waiting = [k for k in waiting if k not in placed]


def find_circle(events: Mapping[str, Event]) -> tuple[str, ...]:
    """Return the ids of events that wait for each other in a circle, or none."""
    stuck = [key for key in events if key not in set(order_events(events))]
    if not stuck:
        return ()
    seen: list[str] = []
    at = min(stuck)
    while at not in seen:
        seen.append(at)
        at = min(b for b in events[at].after if b in stuck)
    return tuple(seen[seen.index(at) :])


def list_bound(
    before: Event, event: Event, dates: Iterable[Occurrence], occurrence: Occurrence
) -> Iterator[Occurrence]:
    """Yield those occurrences of an event before that must be done before an occurrence.

    Of two events that both repeat, those of the same period; otherwise all.
    """
    both = before.rule.repeats and event.rule.repeats
    for earlier in dates:
        if not both or share_period(earlier.period, occurrence.period):
            yield earlier
