"""The words of the calendar: who, when and what, in either language."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from pairmatch.domain.calendar import Calendar, Duty, DutyGroup, Event, Holiday, Members, Overdue
from pairmatch.messages import Language, render

SATURDAY, SUNDAY = 5, 6
MOST_WAITS = 3


def say(code: str, lang: Language, **params: str) -> str:
    """Return the sentence of the `calendar` catalogue with this short code."""
    return render(f"calendar.{code}", params, lang).text


def join_words(words: Iterable[str], lang: Language) -> str:
    """Return words in a row, without those that are empty."""
    return ("、" if lang == "zh" else ", ").join(filter(None, words))


def name_owner(duty: Duty, members: Members, lang: Language) -> str:
    """Return what the owner of a duty is called."""
    kind, owner_id = duty.event.owner, duty.owner_id
    if kind == "city_council":
        return say("city_council", lang)
    if kind == "county_councils":
        return say("county_council", lang, county=owner_id)
    if kind == "units":
        return members.units.get(owner_id) or owner_id
    names = members.departments if lang == "zh" else members.departments_en
    return names.get(owner_id) or owner_id


def name_owners(group: DutyGroup, members: Members, lang: Language) -> str:
    """Return what the owners of duties of one event are called: the one, or how many of a kind."""
    head, count = group.head, len(group.duties)
    if count == 1:
        return name_owner(head, members, lang)
    if head.event.owner == "county_councils":
        return say("many_counties", lang, count=str(count))
    kind = say(f"kind_{head.event.owner}", lang)
    return say("many_owners", lang, kind=kind, count=str(count))


def list_called(calendar: Calendar) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return what each owner of duties may be called in a list, by its kind and id."""
    members, called = calendar.members, {}
    for duty in calendar.duties:
        names = [name_owner(duty, members, lang) for lang in ("zh", "en")]
        called[duty.event.owner, duty.owner_id] = (duty.owner_id, duty.event.owner, *names)
    # The kind alone means somebody only where there is one of it.
    return {
        key: names if key[0] == "city_council" else (names[0], *names[2:])
        for key, names in called.items()
    }


def name_for_list(duty: Duty, members: Members) -> str:
    """Return by what name a list can tell an owner from all others: its name, or else its id."""
    name = name_owner(duty, members, "zh")
    if duty.event.owner == "units" and Counter(members.units.values())[name] > 1:
        return duty.owner_id
    return name


def name_event(event: Event, lang: Language) -> str:
    """Return the name of an event."""
    return event.name_zh if lang == "zh" else event.name_en or event.name_zh


def list_participants(event: Event, lang: Language) -> str:
    """Return who takes part in an event."""
    return join_words((say(f"kind_{kind}", lang) for kind in event.participants), lang)


def describe_days(duty: Duty, lang: Language) -> str:
    """Return by when a duty is due, or from when to when."""
    last = duty.last.isoformat()
    if duty.first is None:
        return say("days_by", lang, last=last)
    if duty.first == duty.last:
        return say("days_on", lang, last=last)
    return say("days_window", lang, first=duty.first.isoformat(), last=last)


def describe_period(period: str, lang: Language) -> str:
    """Return a period in words; one that is none stays empty."""
    if not period:
        return ""
    year, _, part = period.partition("-")
    if not part:
        return say("period_year", lang, year=year)
    if part.startswith("Q"):
        return say("period_quarter", lang, year=year, number=part[1:])
    if part.startswith("H"):
        return say(f"period_half_{'first' if part == 'H1' else 'second'}", lang, year=year)
    number = str(int(part)) if lang == "zh" else part
    return say("period_month", lang, year=year, number=number)


def describe_remark(day: date, holidays: Iterable[Holiday], lang: Language) -> str:
    """Return whether a day is at a weekend or a holiday of fixed date; empty if neither."""
    parts = [h.name_zh if lang == "zh" else h.name_en for h in holidays if h.is_on(day)]
    if day.weekday() == SATURDAY:
        parts.append(say("weekday_saturday", lang))
    elif day.weekday() == SUNDAY:
        parts.append(say("weekday_sunday", lang))
    return join_words(parts, lang)


def describe_waits(overdue: Overdue, members: Members, lang: Language) -> str:
    """Return what a late duty waits for, a few by name; empty if for nothing."""
    waits = overdue.waits_for
    named = (
        say(
            "waits_one",
            lang,
            event=duty.event.event_id,
            name=name_event(duty.event, lang),
            owner=name_owner(duty, members, lang),
        )
        for duty in waits[:MOST_WAITS]
    )
    listed = join_words(named, lang)
    if len(waits) <= MOST_WAITS:
        return listed
    return say("waits_more", lang, listed=listed, count=str(len(waits)))


def name_calendar(calendar: Calendar, lang: Language) -> str:
    """Return the title of a calendar."""
    title = calendar.title_zh if lang == "zh" else calendar.title_en
    years = calendar.cycle
    first, last = str(years.first_year), str(years.last_year)
    return say("title", lang, title=title, first=first, last=last)


def describe_launch(calendar: Calendar, lang: Language) -> str:
    """Return the day of the launch, and whether it is only assumed."""
    code = "assumed_launch" if calendar.is_assumed else "stated_launch"
    return say(code, lang, launch=calendar.cycle.launch.isoformat())
