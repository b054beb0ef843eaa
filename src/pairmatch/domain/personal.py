"""Numbers of identity cards and telephones: blotted out wherever a text may leave the program."""

import re
from dataclasses import replace

from pairmatch.domain.findings import Finding

_CARD = r"\d{17}[\dXx]|\d{15}|\d\.\d{8,}[eE]\+1[47]"  # the last one in a cell for numbers
_TELEPHONE = r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}"
_NUMBERS = re.compile(rf"(?<!\d)(?:{_CARD}|{_TELEPHONE})(?![\dXx])")
_CARDS = re.compile(rf"(?<!\d)(?:{_CARD})(?![\dXx])")
_SHORTEST = 11
_NUM_SHOWN = 3


def mask_personal(text: str, *, is_code: bool = False) -> str:
    """Return the text with identity-card and telephone numbers blotted out.

    A division code that lost a digit looks like a telephone number, and must be read to be
    mended: of codes, only identity-card numbers are blotted out.

    Examples
    --------
    >>> mask_personal("电话 13800138000")
    '电话 138********'
    """
    if len(text) < _SHORTEST:
        return text
    numbers = _CARDS if is_code else _NUMBERS
    return numbers.sub(lambda m: m[0][:_NUM_SHOWN] + "*" * (len(m[0]) - _NUM_SHOWN), text)


def mask_finding(finding: Finding) -> Finding:
    """Return the finding with such numbers blotted out of its value and parameters."""
    place = finding.place
    is_code = finding.is_about_code
    value, column = mask_personal(place.value, is_code=is_code), mask_personal(place.column)
    params = {name: mask_personal(text, is_code=is_code) for name, text in finding.params.items()}
    if (value, column, params) == (place.value, place.column, finding.params):
        return finding
    return replace(finding, place=replace(place, value=value, column=column), params=params)
