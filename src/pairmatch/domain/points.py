"""Scores as text: exact decimals of the integer steps they are counted in, and text-safe cells."""

import math
import re
from decimal import Decimal, InvalidOperation

import numpy as np
from numpy.typing import NDArray

_RISKY = re.compile(r"'*[=+\-@\t\r]")


def format_steps(steps: int, steps_per_point: int) -> str:
    """Return integer steps as points, an exact decimal with all its places.

    Parameters
    ----------
    steps
        The score, in steps.
    steps_per_point
        A power of ten.

    Examples
    --------
    >>> format_steps(-1234, 100)
    '-12.34'
    """
    places = len(str(steps_per_point)) - 1
    whole, rest = divmod(abs(steps), steps_per_point)
    sign = "-" if steps < 0 else ""
    return f"{sign}{whole}.{rest:0{places}d}" if places else f"{sign}{whole}"


def format_many_steps(steps: NDArray[np.int64], steps_per_point: int) -> list[str]:
    """Return many integer steps as points; the same texts as `format_steps`, faster.

    Examples
    --------
    >>> format_many_steps(np.array([-1234, 5]), 100)
    ['-12.34', '0.05']
    """
    places = len(str(steps_per_point)) - 1
    if not places:
        return [str(value) for value in steps.tolist()]
    whole, rest = np.divmod(np.abs(steps), steps_per_point)
    parts = zip(whole.tolist(), rest.tolist(), strict=True)
    texts = list(map(f"%d.%0{places}d".__mod__, parts))
    for k in np.flatnonzero(steps < 0).tolist():
        texts[k] = f"-{texts[k]}"
    return texts


def parse_steps(text: str, steps_per_point: int) -> int | None:
    """Return the steps that a decimal text means, or None if it is not a whole number of steps.

    Examples
    --------
    >>> parse_steps("-12.34", 100)
    -1234
    """
    try:
        steps = Decimal(text) * steps_per_point
        return int(steps) if steps == steps.to_integral_value() else None
    except (InvalidOperation, OverflowError, ValueError):
        return None


def round_up_steps(points: Decimal | None, steps_per_point: int) -> int | None:
    """Return points in whole steps, rounded up so that a cost is never less than was said.

    Examples
    --------
    >>> round_up_steps(Decimal("0.125"), 100)
    13
    """
    return None if points is None else math.ceil(points * steps_per_point)


def guard_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, for a cell of a CSV file.

    A ``'`` is put before texts that begin with ``=``, ``+``, ``-``, ``@``, tab or CR (OWASP ASVS
    1.2.10); texts that begin with ``'`` and one of these get one more, so nothing is lost.
    """
    return f"'{text}" if _RISKY.match(text) else text


def unguard_cell(text: str) -> str:
    """Return the text that `guard_cell` was given."""
    return text[1:] if text.startswith("'") and _RISKY.match(text) else text
