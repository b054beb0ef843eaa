"""Shares of a rule's spread: whole steps from fractions, and what stands in for an unknown."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from pairmatch.domain.candidates import (
    FULL,
    Contribution,
    DescribedReasons,
    Reason,
    guess_share,
)
from pairmatch.domain.inputs import IntArray

TOP_GRADE = 5
"""Highest grade of a village's contribution and difficulty."""

BLOCK = 1 << 14
"""How many pairs a rule that needs several numbers per pair takes at a time."""

_HALF_BITS = 1 << 20


def scale_fraction(numerator: IntArray, denominator: IntArray | np.int64, spread: int) -> IntArray:
    """Return ``spread x numerator / denominator`` in whole steps, half rounded up; 0/0 is 0.

    Exact for fractions from 0 to 1 with denominators up to 2**40 and spreads up to 2**40: the
    spread is multiplied in two halves, so that no product leaves 64 bits.
    """
    divisor = np.maximum(denominator, 1)
    first, second = divmod(spread, _HALF_BITS)
    head, rest = np.divmod(numerator * first, divisor)
    tail, rest = np.divmod(rest * _HALF_BITS + numerator * second, divisor)
    scaled: IntArray = head * _HALF_BITS + tail + (2 * rest >= divisor)
    return scaled


def scale_share(share: IntArray, spread: int) -> IntArray:
    """Return ``spread x share / FULL`` in whole steps, half rounded up."""
    return scale_fraction(share, np.int64(FULL), spread)


def scale_grade(grade: int | None) -> int | None:
    """Return a village's grade (1 to TOP_GRADE) as a share from 0 to FULL; None is unknown."""
    return None if grade is None else (grade - 1) * FULL // (TOP_GRADE - 1)


def contribute_shares(
    point: IntArray,
    low: IntArray,
    high: IntArray,
    spread: int,
    describe: Callable[[int], Reason],
) -> Contribution:
    """Return the contribution of shares, each in 1/FULL of the spread, with its interval."""
    points = scale_share(point, spread)
    lowest, highest = (points if end is point else scale_share(end, spread) for end in (low, high))
    return Contribution(points, lowest, highest, DescribedReasons(len(points), describe))


def list_blocks(num_pairs: int) -> Iterator[slice]:
    """Yield slices of at most BLOCK pairs, so that memory per pair stays small."""
    for start in range(0, num_pairs, BLOCK):
        yield slice(start, start + BLOCK)


def describe_guess(policy: str) -> tuple[str, str]:
    """Return how an unknown was filled in, in plain Chinese and English."""
    return {
        "none": ("没有填，按没有算", "not known: counted as none"),
        "full": ("没有填，按最高算", "not known: counted as full"),
    }.get(policy, ("没有填，按中间水平算", "not known: a middle value is taken"))


def take_county_medians(
    counties: Sequence[str], shares: Sequence[int | None], policy: str
) -> list[int]:
    """Fill unknown shares: the county's lower median, else everyone's, else the policy's guess."""
    if policy != "county-median":
        return [guess_share(policy) if share is None else share for share in shares]
    known = [
        (county, share) for county, share in zip(counties, shares, strict=True) if share is not None
    ]
    by_county: dict[str, list[int]] = {}
    for county, share in known:
        by_county.setdefault(county, []).append(share)
    overall = _find_median([share for _county, share in known], guess_share(policy))
    medians = {county: _find_median(found, overall) for county, found in by_county.items()}
    return [
        medians.get(county, overall) if share is None else share
        for county, share in zip(counties, shares, strict=True)
    ]


def _find_median(shares: Sequence[int], fallback: int) -> int:
    return sorted(shares)[(len(shares) - 1) // 2] if shares else fallback
