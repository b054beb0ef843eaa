"""The words in which a rule for dates is written, in Chinese or in short, as a `DateRule`.

The short form::

    rule   = "on-demand" | [years "-"] ("monthly" | "quarterly" | "half-yearly")
           | "before L" | point | point ".." point
    point  = "L" [("+" | "-") number ("m" | "d")] ["day" day]
           | years "-" month "-" (day | "end") | year "-" month "-" day
    years  = "every" | "Y2" | "Y2|Y4" | "Y2+" | "Yend"

``L`` is the launch, ``Y2`` the second year of the cycle, ``Y2+`` every year from it on, ``Yend``
the last one. A single point is the day by which something is due; ``A..B`` is from A to B, where B
may leave out the years of A. Chinese is turned into that form: 每年11月30日前, 第2年起每年1月底前.
"""

import re
from datetime import date

from pairmatch.domain.daterules import DateRule, Point, Repeat, Years
from pairmatch.load.records.numbers import normalise_text

MOST_MONTHS, MOST_DAYS, MOST_YEARS = 600, 20_000, 99
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LAST_DAY = 31

_YEARS = r"(?P<years>every|yend|y\d{1,2}\+|y\d{1,2}(?:\|y?\d{1,2})*)"
_LAUNCH = re.compile(
    r"l(?:(?P<sign>[+-])(?P<number>\d{1,5})(?P<unit>[md]))?(?:day(?P<day>\d{1,2}))?"
)
_OF_YEAR = re.compile(rf"(?:{_YEARS}-?)?(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}}|end)")
_DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:t[\d:.]+|00:00:00)?")
_REPEAT = re.compile(rf"(?:{_YEARS}-?)?(?P<repeat>monthly|quarterly|half-?yearly)")
_REPEATS: dict[str, Repeat] = {"monthly": "month", "quarterly": "quarter", "halfyearly": "half"}

_NUMBERS = {word: str(n) for n, word in enumerate("一二三四五六七八九十", 1)}
_CHINESE: tuple[tuple[str, str], ...] = (
    (r"(\d{4})年(\d{1,2})月(\d{1,2})日", r"\1-\2-\3"),
    (r"第(\d{1,2})年起(?:每年)?", r"y\1+-"),
    (r"第(\d{1,2})年底", r"y\1-12-31"),
    (r"第(\d{1,2})年", r"y\1-"),
    (r"-[、和及,](?=y)", "|"),
    (r"最后一年|末年", "yend-"),
    (r"每年", "every-"),
    (r"启动后(\d{1,3})个?月内", r"l..l+\1m"),
    (r"启动后(\d{1,5})[天日]内", r"l..l+\1d"),
    (r"启动次月(\d{1,2})日", r"l+1mday\1"),
    (r"启动(?:仪式)?(?:之|以)?前", "beforel"),
    (r"启动(?:仪式)?当[天日]", "l..l"),
    (r"启动(?:仪式)?", "l"),
    (r"每个?月末?底?", "monthly"),
    (r"每个?季度?末?底?", "quarterly"),
    (r"每半年末?底?", "half-yearly"),
    (r"随时|及时", "on-demand"),
    (r"年底", "12-31"),
    (r"(\d{1,2})月(?:底|末)", r"\1-end"),
    (r"(\d{1,2})月(\d{1,2})日", r"\1-\2"),
    (r"至|到|—+|–|~", ".."),
    (r"(?:之|以)?前(?:完成)?$|完成$", ""),
)


def parse_date_rule(text: str) -> DateRule | None:
    """Return the rule that a text states, or None if it states none.

    Parameters
    ----------
    text
        The rule in the short form or in Chinese; spaces and capitals do not matter.
    """
    short = _shorten(text)
    if short == "on-demand":
        return DateRule()
    if short == "beforel":
        return DateRule(last=Point("launch", days=-1))
    if match := _REPEAT.fullmatch(short):
        years = read_years(match["years"] or "every")
        repeat = _REPEATS[match["repeat"].replace("-", "")]
        return None if years is None else DateRule(years, repeat=repeat)
    start, dots, end = short.partition("..")
    return _parse_window(start, end) if dots else _parse_single(start)


def _shorten(text: str) -> str:
    short = "".join(normalise_text(text).lower().split())
    for word, number in _NUMBERS.items():
        short = short.replace(f"第{word}年", f"第{number}年")
    for pattern, replacement in _CHINESE:
        short = re.sub(pattern, replacement, short)
    return short


def _parse_single(text: str) -> DateRule | None:
    found = _parse_point(text)
    if found is None:
        return None
    point, years = found
    if point.anchor == "year" and years is None:
        return None
    return DateRule(years or Years(), last=point)


def _parse_window(start: str, end: str) -> DateRule | None:
    first, last = _parse_point(start), _parse_point(end)
    if first is None or last is None:
        return None
    years = first[1] or last[1]
    yearly = [point for point, _years in (first, last) if point.anchor == "year"]
    if yearly and years is None:
        return None
    shift = _find_shift(first, last)
    if shift is None:
        return None
    moved = Point("year", month=last[0].month, day=last[0].day, shift=shift) if shift else last[0]
    return DateRule(years or Years(), first[0], moved)


def _find_shift(first: tuple[Point, Years | None], last: tuple[Point, Years | None]) -> int | None:
    """Return how many years after its begin a window ends; None if that is no window."""
    (start, start_years), (end, end_years) = first, last
    if start.anchor != "year" or end.anchor != "year":
        return 0
    if start_years is None:
        return None
    if end_years not in (None, start_years):
        single = (start_years.numbers, end_years.numbers)
        if any(len(numbers) != 1 for numbers in single):
            return None
        years = single[1][0] - single[0][0]
        return years if years > 0 else None
    if (end.month, end.day) >= (start.month, start.day):
        return 0
    # 12-01..01-31 leads into the next year, unless both ends name the same one.
    return 1 if end_years is None else None


def _parse_point(text: str) -> tuple[Point, Years | None] | None:
    """Return a day, with the years that it states if it is one of years."""
    if match := _LAUNCH.fullmatch(text):
        point = _build_launch_point(match)
    elif match := _DATE.fullmatch(text):
        point = _build_date(match)
    elif match := _OF_YEAR.fullmatch(text):
        point = _build_day_of_year(match)
        if point is not None and match["years"] is not None:
            years = read_years(match["years"])
            return None if years is None else (point, years)
    else:
        return None
    return None if point is None else (point, None)


def _build_date(match: re.Match[str]) -> Point | None:
    try:
        on = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None
    return Point("date", on=on)


def _build_day_of_year(match: re.Match[str]) -> Point | None:
    month = int(match["month"])
    if not 1 <= month <= len(_LONGEST_MONTHS):
        return None
    if match["day"] == "end":
        return Point("year", month=month, day=_LAST_DAY)
    day = int(match["day"])
    return Point("year", month=month, day=day) if 0 < day <= _LONGEST_MONTHS[month - 1] else None


def _build_launch_point(match: re.Match[str]) -> Point | None:
    number = int(match["number"] or 0)
    day = int(match["day"] or 0)
    if number > (MOST_MONTHS if match["unit"] == "m" else MOST_DAYS) or day > _LAST_DAY:
        return None
    if match["day"] is not None and (not day or match["unit"] == "d"):
        return None
    signed = -number if match["sign"] == "-" else number
    months, days = (signed, 0) if match["unit"] == "m" else (0, signed)
    return Point("launch", months=months, days=days, day=day)


def read_years(text: str) -> Years | None:
    """Return the years that a word such as ``y2|y4`` means, or None if one of them is 0."""
    if text == "every":
        return Years(since=1)
    if text == "yend":
        return Years(is_last=True)
    numbers = tuple(sorted({int(part) for part in re.findall(r"\d+", text)}))
    if not numbers[0]:
        return None
    return Years(since=numbers[0]) if text.endswith("+") else Years(numbers)
