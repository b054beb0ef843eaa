"""Choices that break one limit, turned step by step into choices that break another one.

Where a choice breaks a single limit of a conflict, the others can hold; and mostly a candidate
more or fewer is enough to keep that limit and break another (model rotation, Belov and
Marques-Silva, FMCAD 2011). That spares solving again for each limit of a large conflict.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.limits import Bound
from pairmatch.solvers.feasibility import group_alike, pick_from_groups, sum_up_groups


def vary_choices(
    num_candidates: int,
    bounds: Sequence[Bound],
    known: Mapping[int, BoolArray],
    settled: Collection[int] = (),
) -> Iterator[BoolArray]:
    """Yield choices that break one bound each, no two the same, none a known or settled one.

    Parameters
    ----------
    num_candidates
        How many candidates there are.
    bounds
        The bounds.
    known
        By the index of a bound, a choice that breaks it alone.
    settled
        Other bounds, by their index, that no choice is wanted for.
    """
    group, sizes = group_alike(num_candidates, bounds)
    steps = _Steps(bounds, group, sizes)
    waiting = [
        steps.start(np.bincount(group[chosen], minlength=len(sizes))) for chosen in known.values()
    ]
    settled = {*known, *settled}
    visited: list[_Spot] = []
    while (waiting or visited) and len(settled) < len(bounds):
        if waiting:
            visited.append(waiting.pop())
            reached = steps.take(visited[-1])
        else:
            # By way of bounds that are settled, others may be reached that no single step leads to.
            reached = steps.take_twice(visited.pop())
        for spot in reached:
            if spot.broken not in settled:
                settled.add(spot.broken)
                waiting.append(spot)
                yield pick_from_groups(group, sizes, spot.counts)


@dataclass(frozen=True, slots=True)
class _Spot:
    """How many of each group are chosen, by how much each bound is missed, and the one that is."""

    counts: IntArray
    gaps: IntArray
    broken: int


class _Steps:
    """What a candidate more or fewer of each group changes."""

    def __init__(self, bounds: Sequence[Bound], group: IndexArray, sizes: IntArray) -> None:
        self._sizes = sizes
        self._offset = np.array([b.value if b.is_least else -b.value for b in bounds])
        self._change = np.zeros((len(bounds), len(sizes)), dtype=np.int64)
        rows = zip(self._change, bounds, sum_up_groups(group, bounds), strict=True)
        for row, bound, (groups, weights) in rows:
            row[groups] = -weights if bound.is_least else weights

    def start(self, counts: IntArray) -> _Spot:
        """Return where numbers are that break one bound."""
        gaps = self._change @ counts + self._offset
        (broken,) = np.flatnonzero(gaps > 0).tolist()
        return _Spot(counts, gaps, broken)

    def take(self, spot: _Spot) -> Iterator[_Spot]:
        """Yield other numbers that break one other bound, each bound once."""
        seen = {spot.broken}
        for step in (1, -1):
            moved = spot.counts + step
            fits = (self._change[spot.broken] != 0) & (moved >= 0) & (moved <= self._sizes)
            groups = np.flatnonzero(fits)
            gaps = spot.gaps[:, None] + step * self._change[:, groups]
            after = gaps > 0
            for k in np.flatnonzero(after.sum(axis=0) == 1).tolist():
                other = int(after[:, k].argmax())
                if other not in seen:
                    seen.add(other)
                    found = spot.counts.copy()
                    found[groups[k]] += step
                    yield _Spot(found, gaps[:, k].copy(), other)

    def take_twice(self, spot: _Spot) -> Iterator[_Spot]:
        """Yield what one step more leads to from each of the numbers that one step leads to."""
        for near in self.take(spot):
            yield from self.take(near)
