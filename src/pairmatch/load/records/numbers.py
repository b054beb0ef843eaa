"""Numbers as people write them: full-width digits, 1,234, 约300, 3—5万, 35%, 三百二十."""

import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_QUANTITY = re.compile(
    r"(?P<number>[+-]?\d[\d,]*(?:\.\d+)?|[零〇一二两三四五六七八九十百千]+)\s*"
    r"(?P<factor>万|亿)?\s*(?P<unit>\D*|m2)"
)
_APPROXIMATE = re.compile(r"(?:大约|大概|约|近|~|≈)\s*(.+)|(.+?)\s*(?:左右|上下|多|余)(\D*)")
_RANGE = re.compile(r"([^-–—~至到]+)\s*(?:-|–|—+|~|至|到)\s*([^-–—~至到]+)")

_DIGITS = {c: k % 10 for k, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000}
_FACTORS = {"": Decimal(1), "万": Decimal(10_000), "亿": Decimal(100_000_000)}
_COUNTED = {"元", "人", "户", "人次", "亩", "个", "件", "条", "㎡"}

_SAME_UNIT = {
    "km": "公里",
    "千米": "公里",
    "m2": "㎡",
    "平方米": "㎡",
    "平方": "㎡",
    "平米": "㎡",
    "h": "小时",
    "t": "吨",
    "kva": "kva/户",
}
_CONVERSIONS = {
    ("元", "万元"): Decimal("0.0001"),
    ("万元", "元"): Decimal(10_000),
    ("亿元", "万元"): Decimal(10_000),
    ("里", "公里"): Decimal("0.5"),
    ("米", "公里"): Decimal("0.001"),
    ("公里", "米"): Decimal(1000),
    ("公顷", "亩"): Decimal(15),
    ("公斤", "吨"): Decimal("0.001"),
    ("千克", "吨"): Decimal("0.001"),
    ("分钟", "小时"): Decimal(1) / Decimal(60),
}
_MEASURES = {
    *(
        "元",
        "万元",
        "亿元",
        "户",
        "人",
        "人次",
        "亩",
        "公顷",
        "公里",
        "米",
        "里",
        "㎡",
        "%",
        "小时",
    ),
    *("分钟", "吨", "公斤", "千克", "件", "个", "座", "处", "条", "kva/户"),
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a text says: one number, or a range from `low` to `high`.

    `notes` names what had to be understood: approximate, range, normalised, numeral, wan,
    converted.
    """

    low: Decimal
    high: Decimal
    notes: frozenset[str] = field(default_factory=frozenset)


@lru_cache(maxsize=1 << 14)
def normalise_text(text: str) -> str:
    """Return the text with half-width characters, plain minus signs and no stray spaces."""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-")
    return "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Cc")).strip()


def normalise_unit(unit: str) -> str:
    """Return a unit of measure in one spelling: ``km``, ``千米`` and ``公里`` are the same."""
    plain = unicodedata.normalize("NFKC", unit).strip().lower()
    return _SAME_UNIT.get(plain, plain)


def is_unit(text: str) -> bool:
    """Whether a text is a unit of measure that can stand on a sheet."""
    plain = normalise_unit(text)
    return plain in _MEASURES or plain.partition("/")[0] in _MEASURES


def find_factor(unit: str, target: str) -> Decimal | None:
    """Return what a number in `unit` is multiplied with to be in `target`; None if unrelated."""
    given, wanted = normalise_unit(unit), normalise_unit(target)
    if given in (wanted, wanted.partition("/")[0]):
        return Decimal(1)
    if "/" in given and given.partition("/")[2] != wanted.partition("/")[2]:
        return None
    return _CONVERSIONS.get((given.partition("/")[0], wanted.partition("/")[0]))


def parse_numeral(text: str) -> int | None:
    """Return the value of a Chinese numeral such as 三百二十; None if it is not one in full form.

    Spoken short forms (三百二 for 320) are refused: they have two readings.
    """
    if text and all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit, last_power = 0, None, 10_000
    for c in text:
        if c in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[c]
            if digit == 0:
                last_power = max(last_power, 100)
        elif (power := _POWERS.get(c, 0)) and power < last_power:
            if digit is None and not (power == 10 and total == 0):  # noqa: PLR2004 - 十 may stand alone
                return None
            total += (1 if digit is None else digit) * power
            digit, last_power = None, power
        else:
            return None
    if digit and last_power > 10 and "零" not in text[-2:]:  # noqa: PLR2004 - 三百二 is a short form
        return None
    return total + (digit or 0)


def parse_quantity(text: str, unit: str) -> Quantity | None:
    """Return what a text says in a column with this unit of measure; None if it is no number.

    Parameters
    ----------
    text
        The text, already passed through `normalise_text`.
    unit
        The column's unit, such as ``万元``; empty if it has none.
    """
    if match := _APPROXIMATE.fullmatch(text):
        inner = match[1] or match[2] + match[3]
        found = parse_quantity(inner, unit)
        return found and Quantity(found.low, found.high, found.notes | {"approximate"})
    single = _parse_single(text, unit)
    if single is not None:
        return Quantity(single[0], single[0], single[1])
    if match := _RANGE.fullmatch(text):
        return _parse_range(match[1].strip(), match[2].strip(), unit)
    return None


def _parse_range(left: str, right: str, unit: str) -> Quantity | None:
    # In 3—5万 what follows the second number belongs to both.
    tail = _QUANTITY.fullmatch(right)
    if tail and re.fullmatch(r"[\d.,]+", left):
        left += (tail["factor"] or "") + tail["unit"]
    low, high = _parse_single(left, unit), _parse_single(right, unit)
    if low is None or high is None or low[0] > high[0]:
        return None
    return Quantity(low[0], high[0], low[1] | high[1] | {"range"})


def _parse_single(text: str, unit: str) -> tuple[Decimal, frozenset[str]] | None:
    match = _QUANTITY.fullmatch(text)
    if not match:
        return None
    number, notes = _read_digits(match["number"])
    factor_word, given = match["factor"] or "", match["unit"].strip()
    if factor_word + given in ("万元", "亿元"):
        factor_word, given = "", factor_word + given
    if number is None:
        return None
    if factor_word and normalise_unit(unit).startswith("万元") and factor_word == "万":
        return (number, notes | {"wan"}) if not given else None
    if factor_word and unit.partition("/")[0] not in _COUNTED:
        return None
    if given and (factor := find_factor(given, unit) if unit else None) is None:
        return None
    if given:
        notes |= {"normalised"} if factor == 1 else {"converted"}
        number *= factor or 1
    if factor_word:
        notes |= {"wan"}
    return number * _FACTORS[factor_word], notes


def _read_digits(text: str) -> tuple[Decimal | None, frozenset[str]]:
    if PLAIN_NUMBER.fullmatch(text):
        return Decimal(text), frozenset()
    if _THOUSANDS.fullmatch(text):
        return Decimal(text.replace(",", "")), frozenset({"normalised"})
    numeral = parse_numeral(text)
    if numeral is None:
        return None, frozenset()
    return Decimal(numeral), frozenset({"numeral"})
