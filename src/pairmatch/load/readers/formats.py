"""Numbers as spreadsheets store and show them: integers, percentages, dates."""

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Context, Decimal
from enum import Enum, auto

MAX_INT_DIGITS = 21
SHOWN_DIGITS = 15  # spreadsheets show no more

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\Z")
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_LAST_DAY = 2_958_465  # 9999-12-31
_MISSING_LEAP_DAY = 60  # the 1900 system counts a 29 February 1900 that never was


class NumberKind(Enum):
    """What a number format makes of a number."""

    PLAIN = auto()
    PERCENT = auto()
    DATE = auto()


# Formats 27-36 and 50-58 are the Chinese date formats; they have no code in the file.
_BUILTIN_DATES = frozenset([*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)])
_BUILTIN_PERCENTS = frozenset([9, 10])


def classify_format(format_id: int, codes: Mapping[int, str]) -> NumberKind:
    """Return what a number format makes of a number.

    Parameters
    ----------
    format_id
        Number of the format.
    codes
        Codes of the formats that the workbook defines itself.
    """
    code = codes.get(format_id)
    if code is None:
        if format_id in _BUILTIN_PERCENTS:
            return NumberKind.PERCENT
        return NumberKind.DATE if format_id in _BUILTIN_DATES else NumberKind.PLAIN
    bare = _LITERALS.sub("", code.split(";")[0])
    if "%" in bare:
        return NumberKind.PERCENT
    if _DATE_LETTERS.search(bare) and "general" not in bare.lower():
        return NumberKind.DATE
    return NumberKind.PLAIN


def read_stored_number(text: str) -> int | float | None:
    """Return a stored number, as int if it is whole, or None if the text is no finite number.

    Examples
    --------
    >>> [read_stored_number(text) for text in ("1.0", "1.30924198001011E+17", "0.5", "nan")]
    [1, 130924198001011000, 0.5, None]
    """
    if not _NUMBER.match(text):
        return None
    if text.isdigit() and len(text) <= MAX_INT_DIGITS:
        return int(text)
    value = float(text)
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(value) < 10.0**MAX_INT_DIGITS:
        exact = Decimal(text)
        return int(exact) if exact == exact.to_integral_value() else value
    return value


def format_percent(value: float) -> str:
    """Return a number as a cell formatted in percent shows it.

    Examples
    --------
    >>> format_percent(0.35), format_percent(1), format_percent(0.1 + 0.2)
    ('35%', '100%', '30%')
    """
    shown = Context(prec=SHOWN_DIGITS).create_decimal(Decimal(repr(value)) * 100)
    # The zero loses its sign and exponent; "f" writes others without an exponent.
    text = format(shown.normalize(), "f") if shown else "0"
    return f"{text}%"


def format_date(serial: float, epoch_1904: bool) -> str | None:
    """Return the ISO text of a date serial number, or None if no date has that number.

    Parameters
    ----------
    serial
        Days since the epoch; the fraction is the time of day.
    epoch_1904
        Whether days count from 1904-01-01 (old Mac files) instead of 1900.

    Examples
    --------
    >>> format_date(46143, False), format_date(44681, True), format_date(0.5, False)
    ('2026-05-01', '2026-05-01', '12:00:00')
    """
    if not 0 <= serial <= _LAST_DAY:
        return None
    days = int(serial)
    seconds = round((serial - days) * 86_400)
    if days == 0 and not epoch_1904:
        return str((datetime(1900, 1, 1) + timedelta(seconds=seconds)).time()) if seconds else None
    if epoch_1904:
        start = datetime(1904, 1, 1)
    elif days == _MISSING_LEAP_DAY:
        return None
    else:
        start = datetime(1899, 12, 31) if days < _MISSING_LEAP_DAY else datetime(1899, 12, 30)
    try:
        moment = start + timedelta(days=days, seconds=seconds)
    except OverflowError:
        return None
    return moment.isoformat() if seconds else moment.date().isoformat()
