"""Passes over all pairs: which are worth more than their prices, and which nearly are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.pairscores import BLOCK, REFUSED, PairScores, Run, split_villages
from pairmatch.solvers.masters import Columns, Prices

KEPT = 8
"""How many of its best paying pairs a unit or village keeps where there are too many."""

VILLAGES_AT_ONCE = 1 << 11
"""How many villages are gone through before it is seen whether too many pairs are found."""

LOOKED_AT = 500
"""So many units, spread over all, tell how many pairs lie at a loss."""

MANY = 200_000
"""Fewer paying pairs than this are never too many."""

MANY_EACH = 16
"""More paying pairs than this per unit and village are thinned on the way: a master over all of
them would take longer, and most would not help."""

CHUNK = 1 << 18
"""How many pairs are scored at a time."""

ENOUGH = 8
"""So many times as many pairs as are wanted are enough to begin with."""

WORTH_PARTS = 100_000_000
"""Fewer pairs are looked at sooner than some of them are picked out."""

SOME, FEWEST = 4_096, 256
"""So many of the other side, spread over all, do for those that have too few pairs: half as many
each time that pairs of more loss are looked for, down to the fewest."""

MOST_OF_ALL = 0.7
"""A pass over this share of the pairs may as well be one over all."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some villages with all units, and their prices: what is needed to look at their pairs."""

    scores: PairScores
    prices: Prices
    least: int
    enough: int | None
    share: float


@dataclass(frozen=True, slots=True)
class Paying:
    """Pairs worth more than both their prices.

    `excess` is, per unit, the most that any of its pairs is worth beyond them; `is_complete` says
    that `columns` are all such pairs, and not only the best of them.
    """

    columns: Columns
    excess: IntArray
    is_complete: bool


def find_paying(
    scores: PairScores, prices: Prices, least: int = 1, enough: int | None = None
) -> Paying:
    """Return the pairs worth more than both their prices, in a pass over all pairs.

    Parameters
    ----------
    scores, prices
        The points of all pairs, and what to take from them.
    least
        How much more they are worth, if not any; a negative number is a loss.
    enough
        How many pairs are enough, if not all are wanted.
    """
    return _collect(scores, prices, least, enough)


class Look(Protocol):
    """Looks at all pairs of some units and villages, as `find_paying` does."""

    def __call__(
        self, scores: PairScores, prices: Prices, least: int = 1, enough: int | None = None
    ) -> Paying:
        """Return the pairs worth so much more than their prices."""


def look_in_parts(run: Run, num_parts: int) -> Look:
    """Return what looks at all pairs in parts, each some villages with all units.

    Parameters
    ----------
    run
        Applies a function to many parts, as `map` does: here, in threads, or on other machines.
    num_parts
        In how many parts.
    """

    def look(
        scores: PairScores, prices: Prices, least: int = 1, enough: int | None = None
    ) -> Paying:
        split = split_villages(scores, num_parts)
        some = None if enough is None else -(-enough // len(split))
        parts = [
            Part(part, Prices(prices.units, prices.villages[own]), least, some, 1 / len(split))
            for own, part in split
        ]
        found = list(run(look_at_part, parts))
        renamed = [
            _move_villages(part.columns, own.start)
            for (own, _part), part in zip(split, found, strict=True)
        ]
        excess = np.zeros(scores.num_units, dtype=np.int64)
        for part in found:
            np.maximum(excess, part.excess, out=excess)
        columns, is_complete = join_columns(renamed), all(part.is_complete for part in found)
        if len(columns) > _count_many(scores):
            columns, is_complete = thin_columns(columns, prices), False
        return Paying(columns, excess, is_complete)

    return look


def look_at_part(part: Part) -> Paying:
    """Return the pairs of a part worth more than both their prices."""
    return _collect(part.scores, part.prices, part.least, part.enough, part.share)


def find_newly_paying(
    scores: PairScores, before: Prices, prices: Prices, look: Look = find_paying
) -> Paying:
    """Return pairs worth more than both their prices, where none was at the prices before.

    Only a pair whose unit or village has become cheaper can be one.
    """
    units = prices.units < before.units
    villages = prices.villages < before.villages
    num_pairs = len(units) * len(villages)
    if num_pairs - (~units).sum() * (~villages).sum() > MOST_OF_ALL * num_pairs:
        return look(scores, prices)
    everywhere = np.arange(scores.num_villages)
    parts = (
        (np.flatnonzero(units), everywhere),
        (np.flatnonzero(~units), np.flatnonzero(villages)),
    )
    found = [_find_in_part(scores, prices, rows, columns, look) for rows, columns in parts]
    excess = np.zeros(scores.num_units, dtype=np.int64)
    for (rows, _columns), part in zip(parts, found, strict=True):
        np.maximum.at(excess, rows, part.excess)
    return Paying(
        join_columns([part.columns for part in found]),
        excess,
        all(part.is_complete for part in found),
    )


def _find_in_part(
    scores: PairScores,
    prices: Prices,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    look: Look,
) -> Paying:
    part = scores.take(rows.astype(np.int32), columns.astype(np.int32))
    found = look(part, Prices(prices.units[rows], prices.villages[columns]))
    own = found.columns
    renamed = Columns(
        rows[own.unit_idx].astype(np.int32), columns[own.village_idx].astype(np.int32), own.points
    )
    return Paying(renamed, found.excess, found.is_complete)


def gather_columns(
    scores: PairScores, prices: Prices, per_node: int, least: int, look: Look = find_paying
) -> Columns:
    """Return the pairs of least loss at given prices.

    Parameters
    ----------
    scores, prices
        The points of all pairs, and what to take from them.
    per_node
        How many pairs to return per unit and village, on average.
    least
        How many every unit and every village has at least, if it has as many; up to `KEPT`.
    """
    if not scores.num_units or not scores.num_villages:
        return join_columns([])
    wanted = per_node * (scores.num_units + scores.num_villages)
    loss = find_loss(scores, prices, wanted)
    found = look(scores, prices, -loss, ENOUGH * wanted).columns
    few_units = np.flatnonzero(np.bincount(found.unit_idx, minlength=scores.num_units) < least)
    few_villages = np.flatnonzero(
        np.bincount(found.village_idx, minlength=scores.num_villages) < least
    )
    more = [
        *_reach_further(scores, prices, few_units, (0, loss, least), look),
        *_reach_further(scores, prices, few_villages, (1, loss, least), look),
    ]
    return drop_repeated(join_columns([found, *more]), scores.num_villages)


def find_loss(scores: PairScores, prices: Prices, wanted: int) -> int:
    """Return the loss up to which about as many pairs as wanted lie, judged by some of the units.

    It is below 0 where more pairs than wanted are worth more than both their prices.
    """
    rows = np.arange(0, scores.num_units, max(1, scores.num_units // LOOKED_AT))
    part = scores.take(rows.astype(np.int32), np.arange(scores.num_villages, dtype=np.int32))
    own = Prices(prices.units[rows], prices.villages)
    goal = max(1, min(wanted * len(rows) // scores.num_units, len(rows) * scores.num_villages))
    loss = 64
    while True:
        least = _list_least_losses(part, own, loss, goal)
        if len(least) == goal or loss > 2 * scores.largest + _spread(prices):
            return int(least.max()) if len(least) else loss
        loss *= 2


def _list_least_losses(scores: PairScores, prices: Prices, most: int, number: int) -> IntArray:
    """Return so many of the least losses of pairs, of those that lose no more than `most`."""
    least = np.zeros(0, dtype=np.int64)
    parts: list[IntArray] = []
    for found in _score_hits(scores, prices, -most, ENOUGH * number):
        parts.append(-prices.reduce(found))
        if sum(map(len, parts)) > number:
            least = np.partition(np.concatenate([least, *parts]), number - 1)[:number]
            parts = []
    return np.sort(np.concatenate([least, *parts]))[:number]


def _reach_further(
    scores: PairScores,
    prices: Prices,
    few: NDArray[np.int64],
    wish: tuple[int, int, int],
    look: Look,
) -> Iterator[Columns]:
    """Yield pairs of units or villages that have too few, at ever greater losses.

    `wish` says which side that is (0 units, 1 villages), the loss up to which all are known, and
    how many each wants. Some of the other side do to begin with; the last time all pairs are
    looked at that are not refused.
    """
    side, loss, least = wish
    everyone = np.arange((scores.num_villages, scores.num_units)[side])
    some = everyone[:: max(1, len(everyone) // SOME)]
    largest = 2 * scores.largest + _spread(prices)
    reach, is_last = max(loss, 0), False
    while len(few) and len(everyone) and not is_last:
        reach = 2 * reach + 64
        is_last = reach > largest
        reach = largest - REFUSED if is_last else reach
        others = everyone if is_last else some
        rows, columns = (few, others) if side == 0 else (others, few)
        part = scores.take(rows.astype(np.int32), columns.astype(np.int32))
        own = Prices(prices.units[rows], prices.villages[columns])
        found = look(part, own, -reach).columns
        key = (found.unit_idx, found.village_idx)[side]
        enough = np.bincount(key, minlength=(len(rows), len(columns))[side]) >= least
        best = rank_within(key, own.reduce(found)) < least
        kept = found.take(best if is_last else best & enough[key])
        yield Columns(
            rows[kept.unit_idx].astype(np.int32),
            columns[kept.village_idx].astype(np.int32),
            kept.points,
        )
        few = few[~enough]
        # The greater the loss, the more pairs there are up to it: fewer of the others will do.
        some = some[:: 2 if len(some) > FEWEST else 1]


def _score_hits(
    scores: PairScores, prices: Prices, least: int, enough: int | None = None
) -> Iterator[Columns]:
    """Yield pairs with reduced points of `least` or more, none of them refused.

    After so many that may be such pairs, if they are not all wanted, only some more of each block:
    where most points are equal there may be billions.
    """
    num_hits, num_blocks = 0, -(-scores.num_units * scores.num_villages // (BLOCK[0] * BLOCK[1]))
    for units, villages in scores.scan(prices.units, prices.villages, least):
        num_hits += len(units)
        is_enough = enough is not None and num_hits > enough
        step = -(-len(units) * num_blocks // enough) if is_enough and enough else 1
        for start in range(0, len(units), CHUNK * max(1, step)):
            part = slice(start, start + CHUNK * max(1, step), max(1, step))
            u, v = units[part], villages[part]
            columns = Columns(u, v, scores.score(u, v))
            yield columns.take((prices.reduce(columns) >= least) & (columns.points > REFUSED))


def _collect(
    scores: PairScores,
    prices: Prices,
    least: int,
    enough: int | None = None,
    share: float = 1.0,
) -> Paying:
    """Return the pairs with reduced points of `least` or more, and note each unit's most.

    Where there are too many, only the best of each unit and village are kept, and from then on
    only pairs are looked for that are better than most of those; a unit's most is then no more
    than the `least` that was looked for, or what was found. `share` is what part of all villages
    these are.
    """
    kept: list[Columns] = []
    held, most, is_complete = 0, int(_count_many(scores) * share), True
    excess = np.zeros(scores.num_units, dtype=np.int64)
    num_parts = -(-scores.num_villages // VILLAGES_AT_ONCE)
    split = split_villages(scores, num_parts) if num_parts > 1 else [(slice(0, None), scores)]
    some = None if enough is None else enough // len(split)
    for own, part in split:
        its_prices = Prices(prices.units, prices.villages[own])
        for found in _score_hits(part, its_prices, least, some):
            np.maximum.at(excess, found.unit_idx, its_prices.reduce(found))
            kept.append(_move_villages(found, own.start))
            held += len(found)
            if held > most:
                kept = [thin_columns(join_columns(kept), prices, share)]
                held, is_complete = len(kept[0]), False
                most = max(most, 2 * held)
        if not is_complete:
            np.maximum(excess, least - 1, out=excess)
            reduced = prices.reduce(join_columns(kept))
            least = max(least, int(np.median(reduced)))
    return Paying(join_columns(kept), excess, is_complete)


def _move_villages(columns: Columns, first: int) -> Columns:
    """Return pairs of a part whose villages begin at `first` as pairs of the whole."""
    villages = (columns.village_idx + first).astype(np.int32)
    return Columns(columns.unit_idx, villages, columns.points)


def _count_many(scores: PairScores) -> int:
    """Return how many paying pairs are too many."""
    return max(MANY, MANY_EACH * (scores.num_units + scores.num_villages))


def thin_columns(columns: Columns, prices: Prices, share: float = 1.0) -> Columns:
    """Return the best pairs of every unit and every village.

    Of a unit fewer are kept if these are pairs with a `share` of the villages only.
    """
    reduced = prices.reduce(columns)
    best = rank_within(columns.unit_idx, reduced) < max(1, round(KEPT * share))
    best |= rank_within(columns.village_idx, reduced) < KEPT
    return columns.take(best)


def rank_within(key: IndexArray, worth: IntArray) -> IntArray:
    """Return each entry's rank among those of its key, the worthiest first."""
    order = np.lexsort((-worth, key))
    sorted_key = key[order]
    ranks = np.empty(len(key), dtype=np.int64)
    ranks[order] = np.arange(len(key)) - np.searchsorted(sorted_key, sorted_key)
    return ranks


def join_columns(parts: list[Columns]) -> Columns:
    """Return all pairs of several lists."""
    if not parts:
        nothing = np.zeros(0, dtype=np.int32)
        return Columns(nothing, nothing, nothing.astype(np.int64))
    return Columns(
        np.concatenate([part.unit_idx for part in parts]),
        np.concatenate([part.village_idx for part in parts]),
        np.concatenate([part.points for part in parts]),
    )


def drop_repeated(columns: Columns, num_villages: int) -> Columns:
    """Return each pair once, by unit and village."""
    keys = columns.unit_idx.astype(np.int64) * num_villages + columns.village_idx
    order = np.argsort(keys, kind="stable")
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = np.diff(keys[order]) != 0
    return columns.take(order[is_new])


def _spread(prices: Prices) -> int:
    return sum(int(np.abs(side).max(initial=0)) for side in (prices.units, prices.villages))


def mark_active(columns: Columns, prices: Prices, loss: int) -> BoolArray:
    """Return which pairs lose no more than this at given prices."""
    active: BoolArray = prices.reduce(columns) >= -loss
    return active
