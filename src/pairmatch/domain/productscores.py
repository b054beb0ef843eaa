"""Points bounded by a product of what the sides bring: a nation's pairs in blocks.

The product of two matrices is what a computer does fastest; whatever of a score it can say as such
is bounded for a million pairs in a few thousandths of a second.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.pairscores import BLOCK, FloatArray, Pairs, list_slices, split_hits

NO_GROUP = -1
"""The group of a unit or village that belongs to none."""

HITS_AT_ONCE = 1 << 17
"""Hits of a block that are followed up together."""

ROUNDING = 2.0**-24
"""Half the distance of 1 to the next number of 32 bits."""


@dataclass(frozen=True)
class ProductScores:
    """Points bounded by a product of what the sides bring, and computed exactly when asked for.

    For every pair, ``score(u, v) <= left[row[u]] . right[v] + (bonus if of one group) +
    remainder(u, v) + slack``. Units that bring the same share a row of `left`, so that a block is
    computed for all of them at once; a unit that is `home_only` can only be paired in its group.
    What the product cannot say, such as a rule that nothing is known of but its spread, is the
    `remainder`: at first only the most it may be is counted, and it is asked where that leaves a
    chance.

    Parameters
    ----------
    left, right
        What unit rows and villages bring, (rows, k) and (villages, k).
    row
        The row of each unit.
    slack
        What the exact points may exceed all that by, in steps.
    compute
        Returns the exact points of pairs, given by `unit_idx` and `village_idx`.
    unit_idx, village_idx
        What `compute` calls the units and villages.
    unit_group, village_group
        The group of each unit and village, rising, `NO_GROUP` for none.
    bonus
        What the bound of a pair within a group is higher by, in steps.
    home_only
        Which units can be paired within their group only.
    remainder
        Returns what the product does not say of pairs, given as to `compute`; None is nothing.
    most_remainder
        What no pair's remainder exceeds.
    """

    left: FloatArray
    right: FloatArray
    row: IndexArray
    slack: float
    compute: Callable[[IndexArray, IndexArray], IntArray]
    unit_idx: IndexArray
    village_idx: IndexArray
    unit_group: IndexArray
    village_group: IndexArray
    bonus: float
    home_only: BoolArray
    remainder: Callable[[IndexArray, IndexArray], IntArray] | None = None
    most_remainder: float = 0.0

    def __post_init__(self) -> None:
        for side in (self.unit_group, self.village_group):
            if (np.diff(side) < 0).any():
                raise ValueError("units and villages are sorted by group")

    @property
    def num_units(self) -> int:
        """How many units there are."""
        return len(self.unit_idx)

    @property
    def num_villages(self) -> int:
        """How many villages there are."""
        return len(self.village_idx)

    @property
    def largest(self) -> int:
        """A number that no pair's points exceed."""
        return int(self._reach + abs(self._margin) + abs(self.bonus)) + 1

    @cached_property
    def _reach(self) -> float:
        """No product of two rows is further from zero (Cauchy and Schwarz)."""
        return float(_longest(self.left) * _longest(self.right))

    @property
    def _margin(self) -> float:
        """What a pair's points may exceed its product by, before its remainder is asked for."""
        return self.slack + self.most_remainder

    @property
    def strata(self) -> tuple[IndexArray, IndexArray]:
        """The group of each village, and of each unit that stays in its own."""
        return np.where(self.home_only, self.unit_group, NO_GROUP), self.village_group

    def score(self, unit_idx: IndexArray, village_idx: IndexArray) -> IntArray:
        """Return the exact points of some pairs."""
        return self.compute(self.unit_idx[unit_idx], self.village_idx[village_idx])

    def take(self, unit_idx: IndexArray, village_idx: IndexArray) -> "ProductScores":
        """Return the scores of some units and villages, each given by rising indices."""
        left, row = self.left, self.row
        if len(unit_idx) < self.num_units or not _is_strictly_rising(unit_idx):
            used, new_row = np.unique(self.row[unit_idx], return_inverse=True)
            left, row = self.left[used], new_row.astype(np.int32)
        taken = replace(
            self,
            left=left,
            right=self.right[village_idx],
            row=row,
            unit_idx=self.unit_idx[unit_idx],
            village_idx=self.village_idx[village_idx],
            unit_group=self.unit_group[unit_idx],
            village_group=self.village_group[village_idx],
            home_only=self.home_only[unit_idx],
        )
        # What is known of pairs at home stays known: to compute it group by group takes longer.
        if _is_strictly_rising(unit_idx) and _is_strictly_rising(village_idx):
            taken.__dict__["_home"] = self._home.take(
                _renumber(unit_idx, self.num_units), _renumber(village_idx, self.num_villages)
            )
        return taken

    def bound_block(self, units: slice, villages: slice) -> FloatArray:
        """Return numbers that the points of a block of pairs do not exceed."""
        products = self.left @ self.right[villages].T
        nothing = np.zeros(1, dtype=np.int64)
        products += self._margin + self._measure_rounding(nothing, nothing)
        block: FloatArray = products[self.row[units]]
        ours, theirs = self.unit_group[units], self.village_group[villages]
        # Both sides are sorted by group: only these units may share one with the villages.
        ends = theirs[[0, -1]] if len(theirs) else [NO_GROUP, NO_GROUP]
        near = slice(np.searchsorted(ours, ends[0]), np.searchsorted(ours, ends[1], "right"))
        is_home = (ours[near, None] == theirs) & (ours[near] != NO_GROUP)[:, None]
        bounds_at_home = block[near][is_home] + np.float32(self.bonus)
        block[self.home_only[units]] = -np.inf
        block[near][is_home] = bounds_at_home
        return block

    def scan(self, unit_prices: IntArray, village_prices: IntArray, least: int) -> Iterator[Pairs]:
        """Yield, block by block, all pairs whose reduced points may be `least` or more.

        A row is priced at the price of its cheapest unit; where that leaves a chance, so may the
        next cheapest. Pairs within a group are looked at by group, with their bonus.
        """
        slack = self.slack + self._measure_rounding(unit_prices, village_prices)
        goal = least - slack
        for look in (self._scan_rows, self._scan_groups):
            for found in look(unit_prices, village_prices, goal - self.most_remainder):
                yield self._ask_remainder(*found, goal)

    def _ask_remainder(
        self, units: IndexArray, villages: IndexArray, worth: FloatArray, goal: float
    ) -> Pairs:
        """Return those of some pairs that reach a goal with their remainder."""
        if self.remainder is None or not len(units):
            return units, villages
        more = self.remainder(self.unit_idx[units], self.village_idx[villages])
        fits = np.flatnonzero(worth + more >= goal)
        return units[fits], villages[fits]

    def bound_units(self, village_prices: IntArray) -> NDArray[np.float64]:
        """Return, per unit, a bound on its points less the village's price, over all villages."""
        best = np.full(len(self.left), -np.inf, dtype=np.float32)
        nothing = np.full(len(self.left), np.inf)
        nothing[self.row[~self.home_only]] = 0
        for rows, _columns, block in self._reduce_blocks(nothing, village_prices):
            best[rows] = np.maximum(best[rows], block.max(axis=1))
        found = np.where(self.home_only, -np.inf, best[self.row].astype(np.float64))
        home = self._home
        np.maximum.at(found, home.units, home.bounds - village_prices[home.villages])
        zero = np.zeros(1, dtype=np.int64)
        found += self._margin + self._measure_rounding(zero, village_prices)
        return np.maximum(found, -self.largest - _find_size(village_prices))

    def bound_villages(self, unit_prices: IntArray) -> NDArray[np.float64]:
        """Return, per village, a bound on its points less the unit's price, over all units."""
        best = np.full(self.num_villages, -np.inf, dtype=np.float32)
        by_price = _sort_by_price(self.row, ~self.home_only, unit_prices, len(self.left))
        nothing = np.zeros(self.num_villages, dtype=np.int64)
        for _rows, columns, block in self._reduce_blocks(by_price.cheapest, nothing):
            np.maximum(best[columns], block.max(axis=0), out=best[columns])
        found = best.astype(np.float64)
        home = self._home
        np.maximum.at(found, home.villages, home.bounds - unit_prices[home.units])
        zero = np.zeros(1, dtype=np.int64)
        found += self._margin + self._measure_rounding(unit_prices, zero)
        return np.maximum(found, -self.largest - _find_size(unit_prices))

    def _measure_rounding(self, unit_prices: IntArray, village_prices: IntArray) -> float:
        """Return what rounding may take from a product of 32 bits with both prices in it.

        Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1: a sum of n
        products is off by at most n u / (1 - n u) times the sum of their sizes; here twice that.
        """
        terms = self.left.shape[1] + 4
        prices = _find_size(unit_prices) + _find_size(village_prices)
        sizes = float(self._reach) + prices + abs(self.bonus) + abs(self._margin)
        return float(2 * terms * ROUNDING * sizes)

    def _scan_rows(
        self, unit_prices: IntArray, village_prices: IntArray, least: float
    ) -> Iterator[tuple[IndexArray, IndexArray, FloatArray]]:
        by_price = _sort_by_price(self.row, ~self.home_only, unit_prices, len(self.left))
        cheapest, order = by_price.cheapest, by_price.order
        is_plain = len(order) == len(self.left) and bool(np.isfinite(cheapest).all())
        mask = np.empty(BLOCK, dtype=np.bool_)
        for rows, columns, block in self._reduce_blocks(cheapest, village_prices):
            hits = np.flatnonzero(
                np.greater_equal(block, least, out=mask.ravel()[: block.size].reshape(block.shape))
            )
            worth = block.ravel()[hits]
            # In small parts: behind a hit of a row there may be many units.
            for part in list_slices(len(hits), HITS_AT_ONCE):
                places = split_hits(hits[part], 0, columns.start, block.shape[1])
                found, own = rows[places[0]], worth[part]
                if is_plain:
                    units, villages = order[found], places[1]
                else:
                    dearest = cheapest[found] + (own - least) + 1
                    units, at = by_price.list_up_to(found, dearest)
                    villages = places[1][at]
                    own = own[at] - (unit_prices[units] - cheapest[found[at]]).astype(np.float32)
                away = self.unit_group[units] != self.village_group[villages]
                away |= self.unit_group[units] == NO_GROUP
                yield units[away], villages[away], own[away]

    def _scan_groups(
        self, unit_prices: IntArray, village_prices: IntArray, least: float
    ) -> Iterator[tuple[IndexArray, IndexArray, FloatArray]]:
        home = self._home
        reduced = home.bounds - unit_prices[home.units] - village_prices[home.villages]
        hits = np.flatnonzero(reduced >= least)
        yield home.units[hits], home.villages[hits], reduced[hits].astype(np.float32)

    def _reduce_blocks(
        self, row_prices: NDArray[np.float64], village_prices: IntArray
    ) -> Iterator[tuple[IndexArray, slice, FloatArray]]:
        """Yield blocks of products less both prices: rows, columns, and what is left.

        Rows without a price are left out; a block is only good until the next.
        """
        # The prices ride along as two more factors: the product takes no longer for it.
        rows = np.flatnonzero(np.isfinite(row_prices)).astype(np.int32)
        ones = np.ones((len(rows), 1))
        left = np.hstack([self.left[rows], ones, -row_prices[rows, None]]).astype(np.float32)
        mine = village_prices.astype(np.float32)[:, None]
        right = np.hstack([self.right, -mine, np.ones_like(mine)])
        memory = np.empty(BLOCK[0] * BLOCK[1], dtype=np.float32)
        for columns in list_slices(self.num_villages, BLOCK[1]):
            factor = np.ascontiguousarray(right[columns].T)
            for part in list_slices(len(rows), BLOCK[0]):
                shape = (part.stop - part.start, factor.shape[1])
                block = memory[: shape[0] * shape[1]].reshape(shape)
                np.matmul(left[part], factor, out=block)
                yield rows[part], columns, block

    @cached_property
    def _home(self) -> "_HomePairs":
        """All pairs within a group, with their bounds but for the slack."""
        names = np.intersect1d(self.unit_group, self.village_group)
        names = names[names != NO_GROUP]
        ends = [
            np.searchsorted(side, names, where).tolist()
            for side in (self.unit_group, self.village_group)
            for where in ("left", "right")
        ]
        units, villages, bounds = [], [], []
        for a, b, c, d in zip(*ends, strict=True):
            block = self.left[self.row[a:b]] @ self.right[c:d].T
            bounds.append(block.ravel() + np.float32(self.bonus))
            units.append(np.repeat(np.arange(a, b, dtype=np.int32), d - c))
            villages.append(np.tile(np.arange(c, d, dtype=np.int32), b - a))
        nothing = np.zeros(0, dtype=np.int32)
        return _HomePairs(
            np.concatenate([nothing, *units]),
            np.concatenate([nothing, *villages]),
            np.concatenate([nothing.astype(np.float32), *bounds]),
        )


@dataclass(frozen=True, slots=True)
class _HomePairs:
    """Pairs within a group, one after another, and bounds of each."""

    units: IndexArray
    villages: IndexArray
    bounds: FloatArray

    def take(self, new_unit: IndexArray, new_village: IndexArray) -> "_HomePairs":
        """Return those whose unit and village are still there, by their new indices, or -1."""
        units, villages = new_unit[self.units], new_village[self.villages]
        kept = np.flatnonzero((units >= 0) & (villages >= 0))
        return _HomePairs(units[kept], villages[kept], self.bounds[kept])


def _is_strictly_rising(idx: IndexArray) -> bool:
    return bool((np.diff(idx) > 0).all())


def _renumber(taken: IndexArray, count: int) -> IndexArray:
    """Return where each of `count` stands among those taken, -1 where it does not."""
    places = np.full(count, -1, dtype=np.int32)
    places[taken] = np.arange(len(taken), dtype=np.int32)
    return places


@dataclass(frozen=True, slots=True)
class _ByPrice:
    """Units by row and, within a row, by price.

    `keys` rise with both, `span` apart from row to row; `cheapest` is each row's lowest price,
    infinite where it has no unit.
    """

    order: IndexArray
    starts: IntArray
    keys: IntArray
    span: int
    lowest: int
    cheapest: NDArray[np.float64]

    def list_up_to(
        self, rows: IndexArray, dearest: NDArray[np.float64]
    ) -> tuple[IndexArray, IntArray]:
        """Return the units of rows up to a price each, and which of the rows each is of."""
        prices = np.clip(np.floor(dearest).astype(np.int64) - self.lowest, -1, self.span - 1)
        ends = np.searchsorted(self.keys, rows.astype(np.int64) * self.span + prices, "right")
        counts = ends - self.starts[rows]
        at = np.repeat(np.arange(len(rows)), counts)
        first = np.repeat(self.starts[rows] - (np.cumsum(counts) - counts), counts)
        return self.order[first + np.arange(len(at))], at


def _sort_by_price(
    row: IndexArray, is_open: BoolArray, unit_prices: IntArray, num_rows: int
) -> _ByPrice:
    """Return the units that are open to all villages by row and price."""
    units = np.flatnonzero(is_open)
    order = units[np.lexsort((unit_prices[units], row[units]))].astype(np.int32)
    rows, prices = row[order], unit_prices[order]
    starts = np.searchsorted(rows, np.arange(num_rows + 1))
    lowest = int(prices.min(initial=0))
    span = int(prices.max(initial=0)) - lowest + 2
    filled = starts[:-1] < starts[1:]
    cheapest = np.full(num_rows, np.inf)
    cheapest[filled] = prices[starts[:-1][filled]]
    keys = rows.astype(np.int64) * span + (prices - lowest)
    return _ByPrice(order, starts, keys, span, lowest, cheapest)


def _longest(rows: FloatArray) -> float:
    if not rows.size:
        return 0.0
    return float(np.sqrt((rows.astype(np.float64) ** 2).sum(axis=1)).max())


def _find_size(prices: IntArray) -> float:
    return float(np.abs(prices).max(initial=0))
