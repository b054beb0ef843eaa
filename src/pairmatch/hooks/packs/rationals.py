"""Arrays of exact fractions, as two arrays of whole numbers of any size.

Calculating with whole arrays is many times faster than with one `Fraction` after the other. Nothing
is reduced to lowest terms: every operation makes the numbers at most as long as both of its numbers
together, and a formula has few operations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Rationals:
    """The numbers ``over / under``; both hold Python's own whole numbers, `under` positive ones."""

    over: Any
    under: Any

    def __getitem__(self, rows: IndexArray) -> "Rationals":
        """Return the numbers of some rows."""
        return Rationals(self.over[rows], self.under[rows])

    def round_steps(self, scale: int, size: int) -> IntArray:
        """Return whole steps of 1/`scale`, half rounded up, as an array of that size."""
        steps = (2 * self.over * scale + self.under) // (2 * self.under)
        return np.broadcast_to(_as_array(steps), size).astype(np.int64)


def make_rationals(numbers: Sequence[Fraction | int]) -> Rationals:
    """Return an array of numbers."""
    return Rationals(
        _as_objects([number.numerator for number in numbers]),
        _as_objects([number.denominator for number in numbers]),
    )


def make_rational(number: Fraction | int) -> Rationals:
    """Return one number, which counts for every row."""
    return Rationals(number.numerator, number.denominator)


def add(a: Rationals, b: Rationals) -> Rationals:
    """Return a + b."""
    return Rationals(a.over * b.under + b.over * a.under, a.under * b.under)


def subtract(a: Rationals, b: Rationals) -> Rationals:
    """Return a - b."""
    return Rationals(a.over * b.under - b.over * a.under, a.under * b.under)


def multiply(a: Rationals, b: Rationals) -> Rationals:
    """Return a x b."""
    return Rationals(a.over * b.over, a.under * b.under)


def divide(a: Rationals, b: Rationals) -> Rationals:
    """Return a / b; no number of b is 0."""
    sign = 1 - 2 * _as_ones(b.over < 0)
    return Rationals(a.over * b.under * sign, a.under * b.over * sign)


def divide_down(a: Rationals, b: Rationals) -> Rationals:
    """Return the whole part of a / b, rounded down; no number of b is 0."""
    return Rationals((a.over * b.under) // (a.under * b.over), 1)


def take_rest(a: Rationals, b: Rationals) -> Rationals:
    """Return what a leaves when divided by b, with the sign of b; no number of b is 0."""
    return Rationals((a.over * b.under) % (b.over * a.under), a.under * b.under)


def negate(a: Rationals) -> Rationals:
    """Return -a."""
    return Rationals(-a.over, a.under)


def take_size(a: Rationals) -> Rationals:
    """Return a without its sign."""
    return Rationals(abs(a.over), a.under)


def round_half_up(a: Rationals, places: Rationals | None = None) -> Rationals:
    """Return a with so many decimal places; halves go away from 0, as people round."""
    scale = 1 if places is None else 10**places.over
    sign = 1 - 2 * _as_ones(a.over < 0)
    size = (2 * abs(a.over) * scale + a.under) // (2 * a.under)
    return Rationals(sign * size, scale)


def is_less(a: Rationals, b: Rationals) -> BoolArray:
    """Return where a < b."""
    return as_mask(a.over * b.under < b.over * a.under)


def is_equal(a: Rationals, b: Rationals) -> BoolArray:
    """Return where a == b."""
    return as_mask(a.over * b.under == b.over * a.under)


def choose(mask: BoolArray, a: Rationals, b: Rationals) -> Rationals:
    """Return a where the mask holds, b elsewhere."""
    over = np.where(mask, _as_array(a.over), _as_array(b.over))
    return Rationals(over, np.where(mask, _as_array(a.under), _as_array(b.under)))


def take_least(a: Rationals, b: Rationals) -> Rationals:
    """Return the lesser of two."""
    return choose(is_less(b, a), b, a)


def take_most(a: Rationals, b: Rationals) -> Rationals:
    """Return the greater of two."""
    return choose(is_less(a, b), b, a)


def as_mask(value: Any) -> BoolArray:
    """Return yes and no as an array of them."""
    return np.asarray(value).astype(np.bool_)


def _as_ones(value: Any) -> Any:
    """Return yes and no as Python's own 1 and 0."""
    return as_mask(value).astype(np.int64).astype(object)


def _as_array(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) else _as_objects([value])[0:1].reshape(())


def _as_objects(values: Sequence[Any]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
