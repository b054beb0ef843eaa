"""Rules for dates in a cycle of years, such as "by 30 November of each year", as plain records.

How a rule is written is the business of `load.daterules`; here it becomes dates. Days beyond the
end of a month mean its last day, so a rule holds in leap years and after a launch on the 31st.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

DECEMBER, LAST_DAY = 12, 31
Repeat = Literal["", "month", "quarter", "half"]
MONTHS_OF: dict[Repeat, int] = {"month": 1, "quarter": 3, "half": 6}


@dataclass(frozen=True, slots=True)
class Cycle:
    """The years of a cycle and the day of its launch."""

    first_year: int
    last_year: int
    launch: date


@dataclass(frozen=True, slots=True)
class Years:
    """Which years of the cycle are meant, counted from 1.

    Those in `numbers`, or all from number `since` on (0: none), or the last one.
    """

    numbers: tuple[int, ...] = ()
    since: int = 0
    is_last: bool = False

    @property
    def is_several(self) -> bool:
        """Whether more than one year can be meant."""
        return self.since > 0 or len(self.numbers) > 1


@dataclass(frozen=True, slots=True)
class Point:
    """A day: counted from the launch, a day of the years meant, or a date of its own.

    From the launch, `months` and `days` are added, and then `day` of that month is taken if it is
    not 0. Of a year, `month` and `day` are meant, `shift` years later.
    """

    anchor: Literal["launch", "year", "date"]
    months: int = 0
    days: int = 0
    month: int = 0
    day: int = 0
    shift: int = 0
    on: date | None = None


@dataclass(frozen=True, slots=True)
class DateRule:
    """When something is due.

    `last` is the day by which it is, `first` that before which it does not begin (None: open).
    With `repeat`, it is due by the end of every month, quarter or half of the years meant. Without
    `last` and `repeat` it has no date: it is due when there is cause.
    """

    years: Years = Years()
    first: Point | None = None
    last: Point | None = None
    repeat: Repeat = ""

    @property
    def is_dated(self) -> bool:
        """Whether the calendar has dates for it."""
        return self.last is not None or self.repeat != ""

    @property
    def repeats(self) -> bool:
        """Whether it can fall due more than once in a cycle."""
        return self.repeat != "" or (self._is_yearly and self.years.is_several)

    @property
    def _is_yearly(self) -> bool:
        return any(p is not None and p.anchor == "year" for p in (self.first, self.last))


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """One time that something is due: by `last`, and not before `first` (None: open).

    `period` names the year, or its part, that it belongs to (``2027``, ``2027-Q1``, ``2027-H2``,
    ``2027-03``); it is empty for what happens once, at a day of its own.
    """

    last: date
    first: date | None = None
    period: str = ""


def list_occurrences(rule: DateRule, cycle: Cycle) -> tuple[Occurrence, ...]:
    """Return every time that a rule falls due in a cycle, in order.

    What would be over before the launch is among them; `domain.calendar` leaves it out.
    """
    if rule.repeat:
        return tuple(_list_parts(rule, cycle))
    if rule.last is None:
        return ()
    yearly = [p for p in (rule.first, rule.last) if p is not None and p.anchor == "year"]
    years = list_years(rule.years, cycle) if yearly else (cycle.first_year,)
    return tuple(
        Occurrence(
            last=find_day(rule.last, year, cycle),
            first=None if rule.first is None else find_day(rule.first, year, cycle),
            period=str(year) if yearly else "",
        )
        for year in years
    )


def _list_parts(rule: DateRule, cycle: Cycle) -> Iterator[Occurrence]:
    length = MONTHS_OF[rule.repeat]
    for year in list_years(rule.years, cycle):
        for number, month in enumerate(range(1, DECEMBER + 1, length), 1):
            end = month + length - 1
            sign = {"month": f"{month:02d}", "quarter": f"Q{number}", "half": f"H{number}"}
            yield Occurrence(
                last=date(year, end, monthrange(year, end)[1]),
                first=date(year, month, 1),
                period=f"{year}-{sign[rule.repeat]}",
            )


def list_years(years: Years, cycle: Cycle) -> tuple[int, ...]:
    """Return the years that are meant; those beyond the cycle are not."""
    everything = range(cycle.first_year, cycle.last_year + 1)
    if years.is_last:
        return (cycle.last_year,)
    if years.since:
        return tuple(everything[years.since - 1 :])
    return tuple(
        y for n in sorted(set(years.numbers)) if (y := cycle.first_year + n - 1) in everything
    )


def find_day(point: Point, year: int, cycle: Cycle) -> date:
    """Return the day that a point means in a year of the cycle."""
    if point.on is not None:
        return point.on
    if point.anchor == "year":
        return _clip_day(year + point.shift, point.month, point.day)
    moved = add_months(cycle.launch, point.months)
    if point.day:
        moved = _clip_day(moved.year, moved.month, point.day)
    return moved + timedelta(days=point.days)


def add_months(start: date, months: int) -> date:
    """Return the same day so many months later, or the last day of that month.

    Examples
    --------
    >>> add_months(date(2027, 10, 31), 4)
    datetime.date(2028, 2, 29)
    """
    at = start.year * DECEMBER + start.month - 1 + months
    return _clip_day(at // DECEMBER, at % DECEMBER + 1, start.day)


def _clip_day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def find_span(period: str) -> tuple[str, str] | None:
    """Return the first and last month of a period (``2027-04``, ``2027-06``); None if empty."""
    if not period:
        return None
    year, _, part = period.partition("-")
    if not part:
        return f"{year}-01", f"{year}-12"
    length = {"Q": 3, "H": 6}.get(part[0], 1)
    number = int(part.lstrip("QH"))
    return f"{year}-{(number - 1) * length + 1:02d}", f"{year}-{number * length:02d}"


def share_period(one: str, other: str) -> bool:
    """Whether one of two periods lies within the other, or one of them is none at all.

    Examples
    --------
    >>> share_period("2027", "2027-Q3"), share_period("2027-Q3", "2027-Q4")
    (True, False)
    """
    spans = sorted(filter(None, (find_span(one), find_span(other))))
    if len(spans) < 2:  # noqa: PLR2004 - one of the two happens once
        return True
    (first, first_end), (second, second_end) = spans
    return (first == second) or (second_end <= first_end)
