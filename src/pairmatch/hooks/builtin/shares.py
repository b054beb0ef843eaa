"""Turn shares of a rule's spread into a contribution of whole steps."""

from collections.abc import Callable

import numpy as np

from pairmatch.domain.candidates import FULL, Contribution, Reason
from pairmatch.domain.inputs import IntArray


def scale_fraction(numerator: IntArray, denominator: IntArray, spread: int) -> IntArray:
    """Return ``spread x numerator / denominator`` in whole steps, half rounded up; 0/0 is 0."""
    scaled: IntArray = (2 * spread * numerator + denominator) // np.maximum(2 * denominator, 1)
    return np.where(denominator == 0, 0, scaled)


def scale_share(share: IntArray, spread: int) -> IntArray:
    """Return ``spread x share / FULL`` in whole steps, half rounded up."""
    scaled: IntArray = (2 * spread * share + FULL) // (2 * FULL)
    return scaled


def contribute_shares(
    point: IntArray,
    low: IntArray,
    high: IntArray,
    spread: int,
    describe: Callable[[int], Reason],
) -> Contribution:
    """Return the contribution of shares in ten-thousandths of the spread."""
    return Contribution(
        scale_share(point, spread), scale_share(low, spread), scale_share(high, spread), describe
    )


def guess_share(policy: str) -> int:
    """Return the share that an unknown gets where there is no median to take."""
    return {"none": 0, "full": FULL}.get(policy, FULL // 2)


def take_county_medians(
    counties: list[str], shares: list[int | None], policy: str
) -> list[int]:
    """Fill unknown shares: the county's lower median, else everyone's, else the policy's guess."""
    if policy != "county-median":
        return [guess_share(policy) if share is None else share for share in shares]
    everyone = sorted(share for share in shares if share is not None)
    by_county: dict[str, list[int]] = {}
    for county, share in zip(counties, shares, strict=True):
        if share is not None:
            by_county.setdefault(county, []).append(share)
    filled = []
    for county, share in zip(counties, shares, strict=True):
        known = sorted(by_county.get(county, everyone))
        guess = known[(len(known) - 1) // 2] if known else guess_share(policy)
        filled.append(guess if share is None else share)
    return filled
