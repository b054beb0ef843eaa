"""Dates as people write them: read only where there is one meaning."""

import re
from datetime import date

from pairmatch.load.records.numbers import normalise_text

_FULL = re.compile(
    r"(\d{4})(?:年|[-/.])(\d{1,2})(?:月|[-/.])(\d{1,2})日?(?:[Tt ]\d{2}:\d{2}(?::\d{2})?.*)?"
)
_MONTH = re.compile(r"(\d{4})(?:年|[-/.])(\d{1,2})月?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")


def parse_date(text: str) -> str | None:
    """Return a date as ``2026-05-01``, or ``2026-05`` where only the month is given.

    None if the text is no date or could mean several (``5/1/2026``, ``46143``).
    """
    plain = normalise_text(text)
    match = _FULL.fullmatch(plain) or _COMPACT.fullmatch(plain)
    if match:
        try:
            return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
        except ValueError:
            return None
    match = _MONTH.fullmatch(plain)
    if match and 1 <= int(match[2]) <= 12:  # noqa: PLR2004 - months of a year
        return f"{match[1]}-{int(match[2]):02d}"
    return None


def looks_like_date(text: str) -> bool:
    """Whether a text can only be a date: what a spreadsheet makes of 3-5, or 2026年5月."""
    match = _FULL.fullmatch(text) or (("年" in text or "月" in text) and _MONTH.fullmatch(text))
    return bool(match) and parse_date(text) is not None
