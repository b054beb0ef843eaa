"""Numbers, ranges and lists of values as clerks write them; what has two readings is refused."""

import re
from decimal import Decimal

from pairmatch.load.packs.words import ORDERED
from pairmatch.load.readers.sheets import CellValue
from pairmatch.load.records.dates import looks_like_date
from pairmatch.load.records.numbers import (
    PLAIN_NUMBER,
    is_unit,
    normalise_text,
    parse_quantity,
)
from pairmatch.load.records.values import clean_text

MOST_DIGITS = 15
"""Digits before or after the decimal point that a number may have."""

_NUMBER = r"[+-]?\d[\d,]*(?:\.\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\s*(?:-|–|—+|~|至|到)\s*({_NUMBER})")
_FROM = re.compile(rf"(?:(?:>=|≥|至少)\s*({_NUMBER})|({_NUMBER})\s*(?:及以上|以上|起|起步))")
_BELOW = re.compile(rf"(?:(?:<|不足|不满|低于|小于)\s*({_NUMBER})|({_NUMBER})\s*以下)")
_WITH_UNIT = re.compile(rf"({_NUMBER})\s*([^\d\s]+2?)")
_BANDS = re.compile(r"[;；\n]+")
_VALUES = re.compile(r"[、，,；;|\n]+")
_CLEAR = frozenset({"normalised", "numeral"})


def show_cell(raw: CellValue | Decimal) -> str:
    """Return a value as people write it: numbers in plain digits, texts without stray spaces."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        # What a spreadsheet shows: 0.1 + 0.2 is 0.3.
        raw = Decimal(f"{raw:.15g}")
    if isinstance(raw, Decimal):
        return show_number(raw)
    return clean_text(str(raw))


def show_number(number: Decimal) -> str:
    """Return a number in plain digits without zeros at its end."""
    if not is_moderate(number):
        return str(number)
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def is_moderate(number: Decimal) -> bool:
    """Whether a number is finite and has no more digits than a rule can mean."""
    if not number.is_finite():
        return False
    exponent = number.as_tuple().exponent
    return number.adjusted() < MOST_DIGITS and int(exponent) >= -MOST_DIGITS


def read_number(text: str) -> Decimal | None:
    """Return the number that a text says: 12.5, １２３．５, 1,234, 三百二十.

    None where it says none, or not exactly one (约300, 3-5, 12万).
    """
    plain = normalise_text(text)
    if PLAIN_NUMBER.fullmatch(plain) and plain.isascii():
        number = Decimal(plain)
    else:
        quantity = parse_quantity(plain, "") if len(plain) < 2 * MOST_DIGITS else None
        if quantity is None or quantity.notes - _CLEAR:
            return None
        number = quantity.low
    return number if is_moderate(number) else None


def read_threshold(text: str) -> str | None:
    """Return what a field is compared with as more or less; None if it is no clear amount.

    A number comes in plain digits, with its unit of measure if it has one: whether that is the
    field's own is seen where fields are known. A word without digits stays as it
    is: a field may have words for its values, such as 良.
    """
    number = read_number(text)
    if number is not None:
        return show_number(number)
    plain = normalise_text(text)
    if (match := _WITH_UNIT.fullmatch(plain)) and is_unit(match[2]):
        amount = read_number(match[1])
        return None if amount is None else f"{show_number(amount)}{match[2]}"
    is_word = not any(c.isdigit() for c in plain) and parse_quantity(plain[:40], "") is None
    return clean_text(text) if is_word and plain else None


def read_value(text: str) -> str:
    """Return what a field is to be equal to; digits in one spelling, codes as they are."""
    plain = normalise_text(text)
    return plain if PLAIN_NUMBER.fullmatch(plain) and plain.isascii() else clean_text(text)


def read_comparand(operator: str, text: str) -> str | None:
    """Return what a field is compared with; None if it has no order and would need one."""
    return read_threshold(text) if operator in ORDERED else read_value(text)


def read_range(text: str) -> tuple[str, str] | None:
    """Return the lower and upper end of a range, empty where it is open; None if it is none.

    Examples
    --------
    >>> read_range("10-50"), read_range("－5 至 －1"), read_range("50以上"), read_range("10以下")
    (('10', '50'), ('-5', '-1'), ('50', ''), ('', '10'))
    >>> read_range("10"), read_range("1-2-3"), read_range("50-10"), read_range("约10-20")
    (None, None, None, None)
    """
    plain = normalise_text(text)
    if match := _RANGE.fullmatch(plain):
        ends = read_number(match[1]), read_number(match[2])
        if ends[0] is None or ends[1] is None or ends[0] >= ends[1]:
            return None
        return show_number(ends[0]), show_number(ends[1])
    for pattern, is_lower in ((_FROM, True), (_BELOW, False)):
        if match := pattern.fullmatch(plain):
            end = read_number(match[1] or match[2])
            if end is None:
                return None
            return (show_number(end), "") if is_lower else ("", show_number(end))
    return None


def is_spoilt_range(text: str) -> bool:
    """Whether a text is the date that a spreadsheet makes of a range such as 3-5."""
    return looks_like_date(normalise_text(text))


def split_bands(text: str) -> tuple[str, ...]:
    """Return the parts of a cell with several ranges, or their points, separated by ；."""
    return tuple(part.strip() for part in _BANDS.split(text) if part.strip())


def split_values(text: str) -> tuple[str, ...]:
    """Return the values of a list, separated by 、 ， or ；."""
    parts = (read_value(part) for part in _VALUES.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))
