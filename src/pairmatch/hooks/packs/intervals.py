"""Interval arithmetic over exact fractions: between which numbers a formula's result lies.

Every operation contains all results for all numbers of its intervals, and narrower intervals never
give a wider result; so what is proven when a pack is loaded holds for every village.
"""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NamedTuple


class Interval(NamedTuple):
    """All numbers from `low` to `high`."""

    low: Fraction
    high: Fraction

    @property
    def has_zero(self) -> bool:
        """Whether 0 is among them."""
        return self.low <= 0 <= self.high


class Verdict(NamedTuple):
    """What a condition may be: `sure` holds if it is always true, `maybe` if it can be."""

    sure: bool
    maybe: bool


class Word(NamedTuple):
    """A text; None if it is not known."""

    text: str | None


Range = Interval | Verdict | Word


def add(a: Interval, b: Interval) -> Interval:
    """Return a + b."""
    return Interval(a.low + b.low, a.high + b.high)


def subtract(a: Interval, b: Interval) -> Interval:
    """Return a - b."""
    return Interval(a.low - b.high, a.high - b.low)


def multiply(a: Interval, b: Interval) -> Interval:
    """Return a x b."""
    ends = [x * y for x in _list_ends(a) for y in _list_ends(b)]
    return Interval(min(ends), max(ends))


def divide(a: Interval, b: Interval) -> Interval:
    """Return a / b; b must not hold 0."""
    ends = [x / y for x in _list_ends(a) for y in _list_ends(b)]
    return Interval(min(ends), max(ends))


def _list_ends(a: Interval) -> tuple[Fraction, ...]:
    """Return both ends, or the one number that is possible: most parts of a formula are sure."""
    return (a.low,) if a.low == a.high else (a.low, a.high)


def divide_down(a: Interval, b: Interval) -> Interval:
    """Return the whole part of a / b, rounded down; b must not hold 0."""
    quotient = divide(a, b)
    return Interval(Fraction(math.floor(quotient.low)), Fraction(math.floor(quotient.high)))


def take_rest(a: Interval, b: Interval) -> Interval:
    """Return what a leaves when divided by b, with the sign of b; b must not hold 0."""
    if b.low == b.high and a.low // b.low == a.high // b.low:
        rests = a.low % b.low, a.high % b.low
        return Interval(min(rests), max(rests))
    zero = Fraction(0)
    return Interval(zero, b.high) if b.low > 0 else Interval(b.low, zero)


def negate(a: Interval) -> Interval:
    """Return -a."""
    return Interval(-a.high, -a.low)


def take_size(a: Interval) -> Interval:
    """Return a without its sign."""
    ends = abs(a.low), abs(a.high)
    return Interval(Fraction(0) if a.has_zero else min(ends), max(ends))


def take_least(*parts: Interval) -> Interval:
    """Return the least of several."""
    return Interval(min(p.low for p in parts), min(p.high for p in parts))


def take_most(*parts: Interval) -> Interval:
    """Return the greatest of several."""
    return Interval(max(p.low for p in parts), max(p.high for p in parts))


def round_half_up(number: Fraction, places: Fraction = Fraction(0)) -> Fraction:
    """Return a number with so many decimal places; halves go away from 0, as people round."""
    scale = 10 ** int(places)
    size = math.floor(abs(number) * scale + Fraction(1, 2))
    return Fraction(size if number >= 0 else -size, scale)


def round_ends(a: Interval, places: Interval | None = None) -> Interval:
    """Return a rounded; `places` is one number."""
    exact = Fraction(0) if places is None else places.low
    return Interval(round_half_up(a.low, exact), round_half_up(a.high, exact))


def hull(a: Interval, b: Interval) -> Interval:
    """Return the smallest interval with both in it."""
    return Interval(min(a.low, b.low), max(a.high, b.high))


def is_less(a: Interval, b: Interval) -> Verdict:
    """Return whether a < b."""
    return Verdict(a.high < b.low, a.low < b.high)


def is_at_most(a: Interval, b: Interval) -> Verdict:
    """Return whether a <= b."""
    return Verdict(a.high <= b.low, a.low <= b.high)


def is_equal(a: Interval, b: Interval) -> Verdict:
    """Return whether a == b."""
    is_one = a.low == a.high == b.low == b.high
    return Verdict(is_one, a.low <= b.high and b.low <= a.high)


def turn_round(verdict: Verdict) -> Verdict:
    """Return the contrary."""
    return Verdict(not verdict.maybe, not verdict.sure)


def is_unequal(a: Interval, b: Interval) -> Verdict:
    """Return whether a != b."""
    return turn_round(is_equal(a, b))


def is_more(a: Interval, b: Interval) -> Verdict:
    """Return whether a > b."""
    return is_less(b, a)


def is_at_least(a: Interval, b: Interval) -> Verdict:
    """Return whether a >= b."""
    return is_at_most(b, a)


FUNCTIONS: Mapping[str, Callable[..., Interval]] = {
    "min": take_least,
    "max": take_most,
    "abs": take_size,
    "round": round_ends,
}
