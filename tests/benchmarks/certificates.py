"""Checks of a proven pairing that share nothing with the solver: plain passes over all pairs.

The prices prove a pairing best if no pair is worth more than both its prices, no village's price is
below zero, and the prices add up to the pairing's value.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from tests.benchmarks.national import (
    BONUS,
    MOST_COVERAGE,
    NUM_NEEDS,
    SHARE_STEPS,
    SPREAD,
    SUPPLY_STEPS,
    National,
)

from pairmatch.domain.inputs import IntArray
from pairmatch.domain.pairscores import list_slices
from pairmatch.solvers.generation import PairAnswer

FloatArray = NDArray[np.float32]

ROWS, COLUMNS = 1024, 2048
ROUNDING = 2.0**-24
MOST_ROUNDED = 0.25
"""What rounding may change in a sum of 32 bits, relative to its terms and at most, in steps."""

CHUNK = 1 << 18
"""How many pairs are scored at a time."""

SAMPLE = 100
MOST_SAMPLED = 200_000
"""One pair in so many, up to a limit, is looked at exactly, whatever its bound says."""


class CertificateError(Exception):
    """A pairing is not what it is said to be."""


def check_dense(points: NDArray[np.int32], answer: PairAnswer) -> None:
    """Check a pairing against the points of all pairs."""
    size = len(points)
    check_pairing(points[np.arange(size), answer.village_of], answer, points.shape[1])
    unit_prices = answer.prices.units.astype(np.int32)[:, None]
    village_prices = answer.prices.villages.astype(np.int32)
    for rows in list_slices(size, ROWS * COLUMNS // points.shape[1] + 1):
        if (points[rows] - unit_prices[rows] > village_prices).any():
            raise CertificateError("a pair is worth more than its prices")


def check_national(national: National, answer: PairAnswer, seed: int) -> int:
    """Check a pairing against bounds on all pairs, made anew from what both sides bring.

    A pair is worth at most its coverage before rounding, the county's bonus if it is within one,
    and the rule's spread; where that is above both prices, the exact points are looked at. Returns
    for how many pairs that was.
    """
    units = np.arange(national.num_units)
    check_pairing(national.score(units, answer.village_of), answer, national.num_villages)
    own, wanted = extend_factors(national, answer)
    num_exact = 0
    for rows in list_slices(national.num_units, ROWS):
        for unit_idx, village_idx in list_doubtful(national, own, wanted, rows):
            check_pairs(national, answer, unit_idx, village_idx)
            num_exact += len(unit_idx)
    draw = np.random.default_rng(seed)
    sides = (national.num_units, national.num_villages)
    num_sampled = min(MOST_SAMPLED, sides[0] * sides[1] // SAMPLE)
    check_pairs(national, answer, *(draw.integers(0, side, num_sampled) for side in sides))
    return num_exact


def list_doubtful(
    national: National, own: FloatArray, wanted: FloatArray, rows: slice
) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield pairs of some units that may be worth more than their prices.

    Points are whole: half a step is far more than what 32 bits round away.
    """
    counties = national.unit_county[rows]
    home = slice(*np.searchsorted(national.village_county, [counties[0], counties[-1] + 1]))
    is_home = counties[:, None] == national.village_county[home]
    units, villages = np.nonzero(is_home & (own[rows] @ wanted[:, home] > 0.5 - BONUS - SPREAD))
    yield units + rows.start, villages + home.start
    for columns in list_slices(national.num_villages, COLUMNS):
        hits = np.flatnonzero(own[rows] @ wanted[:, columns] > 0.5 - SPREAD)
        units, villages = np.divmod(hits, columns.stop - columns.start)
        yield units + rows.start, villages + columns.start


def extend_factors(national: National, answer: PairAnswer) -> tuple[FloatArray, FloatArray]:
    """Return factors whose product is a pair's coverage less both its prices, in steps."""
    unit_prices, village_prices = answer.prices.units[:, None], answer.prices.villages[:, None]
    size = MOST_COVERAGE + np.abs(unit_prices).max() + np.abs(village_prices).max()
    if 2 * (NUM_NEEDS + 2) * ROUNDING * size > MOST_ROUNDED:
        raise CertificateError("prices are too large for a check in 32 bits")
    factor = MOST_COVERAGE / (SHARE_STEPS * SUPPLY_STEPS)
    ones = np.ones_like(unit_prices), np.ones_like(village_prices)
    own = np.hstack([national.supply * factor, -unit_prices, ones[0]])
    wanted = np.hstack([national.share, ones[1], -village_prices])
    return own.astype(np.float32), np.ascontiguousarray(wanted.T, dtype=np.float32)


def check_pairing(points: IntArray | NDArray[np.int32], answer: PairAnswer, room: int) -> None:
    """Check that a pairing is one, and that its value and its prices' sum are what it claims."""
    if (answer.village_of < 0).any() or np.bincount(answer.village_of, minlength=room).max() > 1:
        raise CertificateError("a unit is without a village, or a village has two")
    if (answer.prices.villages < 0).any():
        raise CertificateError("a village's price is below zero")
    dual = int(answer.prices.units.sum() + answer.prices.villages.sum())
    primal = int(points.sum(dtype=np.int64))
    if not primal == dual == answer.value == answer.bound:
        raise CertificateError(f"value {primal}, prices {dual}, said {answer.value}")


def check_pairs(
    national: National,
    answer: PairAnswer,
    unit_idx: IntArray,
    village_idx: IntArray,
) -> None:
    """Check that none of some pairs is worth more than its prices."""
    for part in list_slices(len(unit_idx), CHUNK):
        units, villages = unit_idx[part], village_idx[part]
        prices = answer.prices.units[units] + answer.prices.villages[villages]
        if (national.score(units, villages) > prices).any():
            raise CertificateError("a pair is worth more than its prices")
