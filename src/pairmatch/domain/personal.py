"""Numbers of identity cards and telephones: blotted out wherever a text may leave the program."""

import re
from dataclasses import replace

from pairmatch.domain.findings import Finding

_NUMBERS = re.compile(
    r"(?<!\d)(?:\d{17}[\dXx]|\d{15}|1[3-9]\d[ -]?\d{4}[ -]?\d{4}"
    r"|\d\.\d{8,}[eE]\+1[47])(?![\dXx])"  # the last is a card number in a cell for numbers
)
_SHORTEST = 11
_NUM_SHOWN = 3


def mask_personal(text: str) -> str:
    """Return the text with identity-card and telephone numbers blotted out.

    Examples
    --------
    >>> mask_personal("电话 13800138000")
    '电话 138********'
    """
    if len(text) < _SHORTEST:
        return text
    return _NUMBERS.sub(lambda m: m[0][:_NUM_SHOWN] + "*" * (len(m[0]) - _NUM_SHOWN), text)


def mask_finding(finding: Finding) -> Finding:
    """Return the finding with such numbers blotted out of its value and parameters."""
    place = finding.place
    value, column = mask_personal(place.value), mask_personal(place.column)
    params = {name: mask_personal(text) for name, text in finding.params.items()}
    if (value, column, params) == (place.value, place.column, finding.params):
        return finding
    return replace(finding, place=replace(place, value=value, column=column), params=params)
