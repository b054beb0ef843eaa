"""Check prices against all pairs there are: no solver, block by block, in plain arithmetic."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.inputs import IntArray
from pairmatch.domain.pairscores import PairScores, Run, list_slices, split_villages

BLOCK = (4096, 512)
"""Units and villages whose pairs are looked at together: 8 MB of bounds."""

EXACT_UP_TO = 2**20
"""Below this, numbers of 32 bits are off by less than a tenth of a step."""

CHUNK = 1 << 18
"""Pairs that are computed exactly at a time."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some villages with all units, and their prices: what is needed to look at their pairs."""

    scores: PairScores
    unit_prices: IntArray
    village_prices: IntArray


def find_unpriced(
    scores: PairScores,
    unit_prices: IntArray,
    village_prices: IntArray,
    run: Run = map,
    num_parts: int = 1,
) -> int:
    """Return how many pairs of all are worth more than both their prices.

    Parameters
    ----------
    scores
        The points of all pairs.
    unit_prices, village_prices
        Prices in steps.
    run
        What applies a function to parts of the villages.
    num_parts
        In how many parts.
    """
    parts = [
        Part(part, unit_prices, village_prices[own])
        for own, part in split_villages(scores, num_parts)
    ]
    return sum(run(count_unpriced, parts))


def count_unpriced(part: Part) -> int:
    """Return how many pairs of a part are worth more than both their prices.

    Bounds are compared first, of each unit with some villages at once, then of its pairs; where
    a bound leaves a chance, the exact points are.
    """
    scores, num_found = part.scores, 0
    everyone = np.arange(scores.num_units, dtype=np.int32)
    for some in list_slices(scores.num_villages, BLOCK[1]):
        villages = np.arange(some.start, some.stop, dtype=np.int32)
        prices = part.village_prices[some]
        best = scores.take(everyone, villages).bound_units(prices)
        units = np.flatnonzero(best > part.unit_prices).astype(np.int32)
        own = Part(scores.take(units, villages), part.unit_prices[units], prices)
        num_found += _count_in_blocks(own)
    return num_found


def _count_in_blocks(part: Part) -> int:
    """Return how many pairs of a part with few villages are worth more than both their prices."""
    scores, num_found = part.scores, 0
    prices = (part.unit_prices, part.village_prices)
    largest = max(int(np.abs(side).max(initial=0)) for side in prices)
    # A pair that counts is a whole step above: numbers of 32 bits tell that up to some size.
    kind = np.float32 if largest + scores.largest < EXACT_UP_TO else np.float64
    everywhere = slice(0, scores.num_villages)
    for units in list_slices(scores.num_units, BLOCK[0]):
        chances: NDArray[Any] = scores.bound_block(units, everywhere).astype(kind, copy=False)
        chances -= part.unit_prices[units, None].astype(kind)
        chances -= part.village_prices.astype(kind)
        rows, columns = np.nonzero(chances > 0)
        for u, v in _list_chunks(rows + units.start, columns):
            points = scores.score(u.astype(np.int32), v.astype(np.int32))
            over = points > part.unit_prices[u] + part.village_prices[v]
            num_found += int(np.count_nonzero(over))
    return num_found


def _list_chunks(
    rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    for part in list_slices(len(rows), CHUNK):
        yield rows[part], columns[part]
