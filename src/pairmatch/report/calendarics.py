"""The duties as an iCalendar file (RFC 5545), which calendar programs take in."""

import hashlib
from datetime import UTC, datetime, time, timedelta
from typing import Any

from pairmatch.domain.calendar import Calendar, DutyGroup
from pairmatch.errors import UsageError
from pairmatch.messages import Language
from pairmatch.report.calendarwords import (
    describe_days,
    describe_period,
    join_words,
    list_participants,
    name_event,
    name_owner,
    name_owners,
    say,
)
from pairmatch.report.wording import clean_text, word

PRODUCT = "-//pairmatch//calendar//ZH"
MOST_NAMES = 20


def build_ics(calendar: Calendar, lang: Language) -> bytes:
    """Return an all-day entry for each group of duties; the same calendar gives the same bytes.

    An entry keeps its id when its days move, as long as the duties are those of the same owners.

    Parameters
    ----------
    calendar
        The calendar.
    lang
        Language of the entries.

    Raises
    ------
    UsageError
        If the library for such files is not installed.
    """
    try:
        import icalendar
    except ImportError as missing:
        raise UsageError("calendar.no_ics") from missing
    book = icalendar.Calendar()
    book.add("prodid", PRODUCT)
    book.add("version", "2.0")
    title = calendar.title_zh if lang == "zh" else calendar.title_en
    book.add("x-wr-calname", clean_text(say("ics_name", lang, title=title)))
    for group in calendar.groups:
        book.add_component(_build_entry(icalendar.Event(), calendar, group, lang))
    return bytes(book.to_ical())


def _build_entry(entry: Any, calendar: Calendar, group: DutyGroup, lang: Language) -> Any:
    head, members = group.head, calendar.members
    first = head.first or head.last
    period = describe_period(head.period, lang)
    name = name_event(head.event, lang)
    owners = name_owners(group, members, lang)
    texts = [describe_days(head, lang), owners, head.event.document]
    if len(group.duties) > 1:
        names = [name_owner(duty, members, lang) for duty in group.duties[:MOST_NAMES]]
        texts.append(join_words(names, lang) + ("…" if len(group.duties) > MOST_NAMES else ""))
    texts += [list_participants(head.event, lang), head.event.quote]
    texts += [word("synthetic").pick(lang)] if calendar.is_synthetic else []
    entry.add("uid", _make_uid(calendar, group))
    # No clock: the same calendar must give the same bytes.
    entry.add("dtstamp", datetime.combine(calendar.cycle.launch, time(), UTC))
    entry.add("dtstart", first)
    entry.add("dtend", head.last + timedelta(days=1))
    entry.add("summary", clean_text(" ".join(filter(None, (period, name, owners)))))
    entry.add("description", "\n".join(clean_text(text) for text in texts if text))
    entry.add("categories", [head.event.event_id])
    entry.add("transp", "TRANSPARENT")
    return entry


def _make_uid(calendar: Calendar, group: DutyGroup) -> str:
    ids = sorted(duty.duty_id for duty in group.duties)
    text = "\n".join((str(calendar.cycle.first_year), str(calendar.cycle.last_year), *ids))
    return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}@pairmatch"
