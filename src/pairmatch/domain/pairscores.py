"""The points of every pair of a unit and a village, where there are too many pairs to list.

Nothing holds all points at once. A pair's exact points are computed when it is asked for; which
pairs may be worth asking for is found from upper bounds, computed for whole blocks of pairs.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.inputs import IndexArray, IntArray

FloatArray = NDArray[np.float32]
NarrowArray = NDArray[np.int32] | NDArray[np.int64]
Pairs = tuple[IndexArray, IndexArray]
"""Units and villages of pairs, by index."""

BLOCK = (1024, 4096)
"""Rows and columns of a block: 16 MB, what stays near the processor and still keeps it busy."""


NARROW = np.iinfo(np.int32)

REFUSED = -(2**30)
"""The points of a pair that is not eligible."""


Run = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""Applies a function to many parts and returns what comes of each, in order, as `map` does."""

DENSE_BLOCK = 1 << 18
"""Points of a dense block: 1 MB."""


class PairScores(Protocol):
    """Points of all pairs, in whole steps, by way of bounds on blocks of them.

    Prices are in steps, one per unit and one per village; what is left of a pair's points after
    both prices is its reduced points.
    """

    @property
    def num_units(self) -> int:
        """How many units there are."""

    @property
    def num_villages(self) -> int:
        """How many villages there are."""

    @property
    def largest(self) -> int:
        """A number that no pair's points exceed."""

    @property
    def strata(self) -> tuple[IndexArray, IndexArray]:
        """The stratum of each unit and of each village: a sample takes its share of every one."""

    def score(self, unit_idx: IndexArray, village_idx: IndexArray) -> IntArray:
        """Return the exact points of some pairs."""

    def bound_block(self, units: slice, villages: slice) -> FloatArray | IntArray:
        """Return numbers that the points of a block of pairs do not exceed, (units, villages)."""

    def scan(self, unit_prices: IntArray, village_prices: IntArray, least: int) -> Iterator[Pairs]:
        """Yield, block by block, all pairs whose reduced points may be `least` or more."""

    def bound_units(self, village_prices: IntArray) -> NDArray[np.float64]:
        """Return, per unit, a bound on its points less the village's price, over all villages."""

    def bound_villages(self, unit_prices: IntArray) -> NDArray[np.float64]:
        """Return, per village, a bound on its points less the unit's price, over all units."""

    def take(self, unit_idx: IndexArray, village_idx: IndexArray) -> "PairScores":
        """Return the scores of some units and villages, each given by rising indices."""


@dataclass(frozen=True, slots=True)
class DenseScores:
    """All points in one array of whole numbers, (units, villages): for up to 10,000 a side.

    Points are less than 2^30 in size, but for `REFUSED`.
    """

    points: NDArray[np.int32]

    @property
    def num_units(self) -> int:
        """How many units there are."""
        return len(self.points)

    @property
    def num_villages(self) -> int:
        """How many villages there are."""
        return int(self.points.shape[1])

    @property
    def largest(self) -> int:
        """A number that no pair's points exceed in size, of those that are eligible."""
        lowest = int(self.points.min(initial=0))
        if lowest <= REFUSED:
            lowest = int(self.points.min(initial=0, where=self.points > REFUSED))
        return max(int(self.points.max(initial=0)), -lowest)

    @property
    def strata(self) -> tuple[IndexArray, IndexArray]:
        """One stratum for all: nothing is known of the units and villages."""
        return np.zeros(self.num_units, np.int32), np.zeros(self.num_villages, np.int32)

    def score(self, unit_idx: IndexArray, village_idx: IndexArray) -> IntArray:
        """Return the exact points of some pairs."""
        found: IntArray = self.points[unit_idx, village_idx].astype(np.int64)
        return found

    def bound_block(self, units: slice, villages: slice) -> IntArray:
        """Return the exact points of a block of pairs."""
        return self.points[units, villages].astype(np.int64)

    def scan(self, unit_prices: IntArray, village_prices: IntArray, least: int) -> Iterator[Pairs]:
        """Yield, block by block, all pairs whose reduced points are `least` or more."""
        wanted = _narrow(village_prices + least, NARROW.max)
        mask = np.empty((_rows_of_block(self.num_villages), self.num_villages), dtype=np.bool_)
        for rows, block in self._reduce_rows(unit_prices):
            hits = np.flatnonzero(np.greater_equal(block, wanted, out=mask[: len(block)]))
            yield split_hits(hits, rows.start, 0, self.num_villages)

    def bound_units(self, village_prices: IntArray) -> NDArray[np.float64]:
        """Return, per unit, its most points less the village's price, over all villages."""
        prices = _narrow(village_prices, -REFUSED)
        best = np.full(self.num_units, float(REFUSED))
        for rows in list_slices(self.num_units, _rows_of_block(self.num_villages)):
            best[rows] = (self.points[rows] - prices).max(axis=1, initial=NARROW.min)
        return best

    def bound_villages(self, unit_prices: IntArray) -> NDArray[np.float64]:
        """Return, per village, its most points less the unit's price, over all units."""
        best = np.full(self.num_villages, -np.inf)
        for _rows, block in self._reduce_rows(unit_prices):
            np.maximum(best, block.max(axis=0), out=best)
        np.maximum(best, NARROW.min, out=best)
        return best

    def take(self, unit_idx: IndexArray, village_idx: IndexArray) -> "DenseScores":
        """Return the scores of some units and villages."""
        # One side after the other, and a whole side not at all: that copies least.
        points = self.points
        if len(unit_idx) < self.num_units or (np.diff(unit_idx) != 1).any():
            points = points.take(unit_idx, axis=0)
        if len(village_idx) < self.num_villages or (np.diff(village_idx) != 1).any():
            points = points.take(village_idx, axis=1)
        return DenseScores(points)

    def _reduce_rows(self, unit_prices: IntArray) -> Iterator[tuple[slice, NarrowArray]]:
        """Yield the points of some rows less their prices; a block is only good until the next."""
        prices = _narrow(unit_prices, -REFUSED)[:, None]
        size = _rows_of_block(self.num_villages)
        memory = np.empty((size, self.num_villages), np.result_type(self.points, prices))
        for rows in list_slices(self.num_units, size):
            points = self.points[rows]
            yield rows, np.subtract(points, prices[rows], out=memory[: len(points)])


@dataclass(frozen=True, slots=True)
class TransposedScores:
    """The same scores with the sides exchanged: villages are its units, units its villages."""

    scores: PairScores

    @property
    def num_units(self) -> int:
        """How many units there are."""
        return self.scores.num_villages

    @property
    def num_villages(self) -> int:
        """How many villages there are."""
        return self.scores.num_units

    @property
    def largest(self) -> int:
        """A number that no pair's points exceed."""
        return self.scores.largest

    @property
    def strata(self) -> tuple[IndexArray, IndexArray]:
        """The stratum of each unit and of each village."""
        units, villages = self.scores.strata
        return villages, units

    def score(self, unit_idx: IndexArray, village_idx: IndexArray) -> IntArray:
        """Return the exact points of some pairs."""
        return self.scores.score(village_idx, unit_idx)

    def bound_block(self, units: slice, villages: slice) -> FloatArray | IntArray:
        """Return numbers that the points of a block of pairs do not exceed."""
        block: FloatArray | IntArray = self.scores.bound_block(villages, units).T
        return block

    def scan(self, unit_prices: IntArray, village_prices: IntArray, least: int) -> Iterator[Pairs]:
        """Yield, block by block, all pairs whose reduced points may be `least` or more."""
        for units, villages in self.scores.scan(village_prices, unit_prices, least):
            yield villages, units

    def bound_units(self, village_prices: IntArray) -> NDArray[np.float64]:
        """Return, per unit, a bound on its points less the village's price, over all villages."""
        return self.scores.bound_villages(village_prices)

    def bound_villages(self, unit_prices: IntArray) -> NDArray[np.float64]:
        """Return, per village, a bound on its points less the unit's price, over all units."""
        return self.scores.bound_units(unit_prices)

    def take(self, unit_idx: IndexArray, village_idx: IndexArray) -> "TransposedScores":
        """Return the scores of some units and villages, each given by rising indices."""
        return TransposedScores(self.scores.take(village_idx, unit_idx))


def split_villages(scores: PairScores, num_parts: int) -> list[tuple[slice, PairScores]]:
    """Return all units with some of the villages each, in so many parts or fewer."""
    everyone = np.arange(scores.num_units, dtype=np.int32)
    size = max(1, -(-scores.num_villages // num_parts))
    return [
        (own, scores.take(everyone, np.arange(own.start, own.stop, dtype=np.int32)))
        for own in list_slices(scores.num_villages, size)
    ]


def list_slices(length: int, size: int) -> Iterator[slice]:
    """Yield slices that cover a range, each of at most `size`."""
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))


def _narrow(numbers: IntArray, most: int) -> NarrowArray:
    """Return numbers in 32 bits if none exceeds `most` in size: that takes half the time."""
    is_narrow = -most <= int(numbers.min(initial=0)) and int(numbers.max(initial=0)) <= most
    return numbers.astype(np.int32) if is_narrow else numbers


def _rows_of_block(num_columns: int) -> int:
    return max(1, DENSE_BLOCK // max(1, num_columns))


def split_hits(hits: NDArray[np.int64], first_row: int, first_column: int, width: int) -> Pairs:
    """Return rows and columns of places in a block, which begins at the given ones."""
    rows, columns = np.divmod(hits, width)
    return (rows + first_row).astype(np.int32), (columns + first_column).astype(np.int32)
