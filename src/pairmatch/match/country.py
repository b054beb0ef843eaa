"""The best pairing where there are too many pairs to list: as many as possible, then most points.

One side takes part whole: the smaller one, by what it can take. Then the number of pairs is known
and proven, and the points are maximised over all pairs by column generation.
"""

from dataclasses import dataclass, replace

import numpy as np

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import Certificate, LevelProof, PriceStep
from pairmatch.domain.pairscores import REFUSED, PairScores, TransposedScores
from pairmatch.solvers.generation import (
    NothingFoundError,
    Notify,
    PairAnswer,
    Progress,
    go_on,
    solve_pairs,
)
from pairmatch.solvers.pricing import Look, gather_columns, rank_within

NUM_LISTED = 4
"""How many pairs of each village are listed beside the chosen one."""


@dataclass(frozen=True, slots=True)
class Search:
    """How to search: `seed` changes the way, not the value; `start` is where an earlier one stood.

    `notify` is told of each round, and returns whether to go on; `look` is how all pairs of some
    units and villages are looked at, if not in threads of this computer.
    """

    seed: int = 0
    start: Progress | None = None
    notify: Notify = go_on
    look: Look | None = None


WHOLE_SEARCH = Search()


@dataclass(frozen=True, slots=True)
class CountryPairing:
    """A pairing of one whole side, with prices for both.

    `unit_idx` and `village_idx` are the chosen pairs, in order of unit and village. Of all
    pairings with as many pairs none is worth more than `bound`; the prices prove that.
    """

    unit_idx: IndexArray
    village_idx: IndexArray
    value: int
    bound: int
    unit_prices: IntArray
    village_prices: IntArray
    is_by_unit: bool
    num_rounds: int

    @property
    def num_matched(self) -> int:
        """How many pairs there are."""
        return len(self.unit_idx)

    def certify(self) -> Certificate:
        """Return the certificate: a price of 1 per place of the whole side, then the prices."""
        whole, other = np.ones_like(self.unit_prices), np.zeros_like(self.village_prices)
        if not self.is_by_unit:
            whole, other = np.zeros_like(self.unit_prices), np.ones_like(self.village_prices)
        none = np.zeros(0, dtype=np.int64)
        count, num = PriceStep(self.num_matched, whole, other, none), self.num_matched
        total = LevelProof("total", self.value, self.bound)
        if self.value == self.bound:
            step = PriceStep(self.value, self.unit_prices, self.village_prices, none)
            total = replace(total, steps=(step,))
        return Certificate((LevelProof("num_matched", num, num, (count,)), total))


def solve_country(
    scores: PairScores,
    unit_max: IntArray,
    village_max: IntArray,
    locks: tuple[tuple[int, int], ...] = (),
    search: Search = WHOLE_SEARCH,
) -> CountryPairing:
    """Return the best pairing of all units, or of all villages if they can take fewer.

    Parameters
    ----------
    scores
        The points of all pairs.
    unit_max, village_max
        How many pairs each may have; on one side at least it is 1 throughout.
    locks
        Pairs that are fixed: their units and villages take no others.
    search
        Where the search begins and who is told of it.

    Raises
    ------
    NothingFoundError
        If not all of the side can be paired, or the time ran out before they were.
    """
    if locks:
        return _solve_around(scores, (unit_max, village_max), locks, search)
    is_by_unit = int(unit_max.sum()) <= int(village_max.sum())
    own, other = (unit_max, village_max) if is_by_unit else (village_max, unit_max)
    if (own > 1).any() and (other > 1).any():
        raise ValueError("units and villages both take several")
    whole = scores if is_by_unit else TransposedScores(scores)
    # One that takes several stands there as often: none can be paired with the same one twice.
    rows = np.repeat(np.arange(len(own), dtype=np.int32), own)
    places = whole.take(rows, np.arange(len(other), dtype=np.int32))
    return _turn_back(
        solve_pairs(places, other, search.seed, search.start, search.notify, search.look),
        rows,
        len(own),
        is_by_unit,
    )


def _solve_around(
    scores: PairScores,
    bounds: tuple[IntArray, IntArray],
    locks: tuple[tuple[int, int], ...],
    search: Search,
) -> CountryPairing:
    """Return the best pairing of everyone else, with the locked pairs."""
    units, villages = (np.array(side, dtype=np.int32) for side in zip(*locks, strict=True))
    points = scores.score(units, villages)
    for idx, most in ((units, bounds[0]), (villages, bounds[1])):
        if len(np.unique(idx)) < len(idx) or (most[idx] != 1).any():
            raise NothingFoundError("locks")
    if (points == REFUSED).any():
        raise NothingFoundError("locks")
    rows = np.setdiff1d(np.arange(scores.num_units), units).astype(np.int32)
    columns = np.setdiff1d(np.arange(scores.num_villages), villages).astype(np.int32)
    rest = scores.take(rows, columns)
    found = solve_country(rest, bounds[0][rows], bounds[1][columns], (), search)
    # A locked pair has prices that no other pair of its unit or village is worth.
    known = np.concatenate([found.unit_prices, found.village_prices])
    dear = 2 * scores.largest + int(np.abs(known).max(initial=0))
    unit_prices = np.full(scores.num_units, dear, dtype=np.int64)
    village_prices = np.full(scores.num_villages, dear, dtype=np.int64)
    unit_prices[rows], village_prices[columns] = found.unit_prices, found.village_prices
    all_units = np.concatenate([rows[found.unit_idx], units])
    all_villages = np.concatenate([columns[found.village_idx], villages])
    order = np.lexsort((all_villages, all_units))
    return replace(
        found,
        unit_idx=all_units[order],
        village_idx=all_villages[order],
        value=found.value + int(points.sum()),
        bound=found.bound + int(points.sum()),
        unit_prices=unit_prices,
        village_prices=village_prices,
    )


def _turn_back(
    answer: PairAnswer, rows: IndexArray, num_own: int, is_by_unit: bool
) -> CountryPairing:
    """Return an answer about places of the whole side as one about units and villages."""
    prices = np.zeros(num_own, dtype=np.int64)
    prices[rows] = answer.prices.units
    sides = (rows, answer.village_of) if is_by_unit else (answer.village_of, rows)
    order = np.lexsort((sides[1], sides[0]))
    both = (prices, answer.prices.villages) if is_by_unit else (answer.prices.villages, prices)
    return CountryPairing(
        sides[0][order],
        sides[1][order],
        answer.value,
        answer.bound,
        both[0],
        both[1],
        is_by_unit,
        answer.num_rounds,
    )


def list_rivals(scores: PairScores, pairing: CountryPairing) -> tuple[IndexArray, IndexArray]:
    """Return the chosen pairs and those of least loss beside them, sorted, each once.

    No village has more than `NUM_LISTED` others.
    """
    from pairmatch.solvers.masters import Prices

    prices = Prices(pairing.unit_prices, pairing.village_prices)
    near = gather_columns(scores, prices, NUM_LISTED // 2, 0)
    best = rank_within(near.village_idx, prices.reduce(near)) < NUM_LISTED
    near = near.take(best)
    keys = np.concatenate(
        [
            pairing.unit_idx.astype(np.int64) * scores.num_villages + pairing.village_idx,
            near.unit_idx.astype(np.int64) * scores.num_villages + near.village_idx,
        ]
    )
    units, villages = np.divmod(np.unique(keys), scores.num_villages)
    return units.astype(np.int32), villages.astype(np.int32)
