"""Decimals that are kept exact: a text to a whole number of decimal fractions."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np

from pairmatch.domain.columns import Column
from pairmatch.domain.inputs import IntArray
from pairmatch.load.readers.sheets import CellValue
from pairmatch.load.records.numbers import PLAIN_NUMBER

MAX_DECIMALS = 9
LONGEST = 60
"""So long a number has either too many decimals or too many digits before them."""
_FLOAT_DIGITS = 15
_TRIED_DECIMALS = (0, 3, 6, MAX_DECIMALS)


def find_decimal_problem(text: str, column: Column) -> str:
    """Return what is wrong with a decimal, as a message code without its area; empty if nothing.

    Parameters
    ----------
    text
        The cell, without spaces around it.
    column
        Its column, which has a minimum and a maximum.
    """
    if not text:
        return "cell_blank"
    if not PLAIN_NUMBER.fullmatch(text) or not text.isascii():
        return "amount_not_a_number"
    if len(text) > LONGEST:
        return "amount_too_fine" if "." in text else "amount_out_of_range"
    number = Fraction(text)
    if not (column.minimum or 0) <= number <= (column.maximum or 0):
        return "amount_out_of_range"
    return "amount_too_fine" if (number * 10**MAX_DECIMALS).denominator > 1 else ""


def parse_decimals(
    texts: Sequence[str], column: Column
) -> tuple[IntArray, int, Mapping[str, list[int]]]:
    """Return many decimals as whole numbers of one small fraction, and where there are none.

    Parameters
    ----------
    texts
        The cells, without spaces around them.
    column
        Their column; its maximum is at most 10^9, so that all numbers fit 64 bits.

    Returns
    -------
    tuple
        The numbers times the scale, 0 where a cell has a problem; the scale, a power of ten; and
        the places of the cells with each problem of `find_decimal_problem`.
    """
    joined = "\n".join(texts) + "\n" if texts else ""
    for places in _TRIED_DECIMALS:
        if _match_all(joined, places):
            # A plain number of at most 15 digits times a power of ten differs from a whole number
            # by less than a half, so rounding its float is exact.
            floats = np.fromiter(map(float, texts), dtype=np.float64, count=len(texts))
            scale = 10**places
            numbers = np.rint(floats * scale).astype(np.int64)
            large = np.flatnonzero(numbers > int(column.maximum or 0) * scale)
            numbers[large] = 0
            return numbers, scale, {"amount_out_of_range": large.tolist()} if len(large) else {}
    return _parse_each(texts, column)


def _match_all(joined: str, places: int) -> bool:
    # One match over the whole column is ten times faster than one a cell. Possessive quantifiers:
    # nothing has to be kept for stepping back.
    part = rf"(?:\.[0-9]{{1,{places}}}+)?+" if places else ""
    digits = _FLOAT_DIGITS - places
    return bool(re.fullmatch(rf"(?:\+?+[0-9]{{1,{digits}}}+{part}\n)*+", joined))


def _parse_each(
    texts: Sequence[str], column: Column
) -> tuple[IntArray, int, Mapping[str, list[int]]]:
    scale = 10**MAX_DECIMALS
    numbers: list[int] = []
    problems: dict[str, list[int]] = {}
    known: dict[str, int | str] = {}
    for k, text in enumerate(texts):
        number = known.get(text)
        if number is None:
            problem = find_decimal_problem(text, column)
            number = known[text] = problem or int(Fraction(text) * scale)
        if isinstance(number, str):
            problems.setdefault(number, []).append(k)
            number = 0
        numbers.append(number)
    return np.array(numbers, dtype=np.int64), scale, problems


def reduce_scale(numbers: IntArray, scale: int) -> tuple[IntArray, int]:
    """Return the same decimals with the smallest scale that keeps all of them exact."""
    while scale > 1 and not (numbers % 10).any():
        numbers, scale = numbers // 10, scale // 10
    return numbers, scale


def show_decimal(cell: CellValue) -> str:
    """Return the text of a cell, a number without an exponent."""
    if isinstance(cell, float):
        # A number of a workbook is its shortest text: 0.1 is no 0.1000000000000000055.
        return f"{Decimal(repr(cell)):f}".removesuffix(".0")
    return "" if cell is None else str(cell).strip()


def read_decimal(text: str) -> Decimal:
    """Return a decimal without zeros at its end, so that equal numbers look equal."""
    number = Decimal(text)
    whole = number.to_integral_value()
    return whole + 0 if number == whole else number.normalize()
