"""Choices that break one limit, turned step by step into choices that break another one.

Where a choice breaks a single limit of a conflict, the others can hold; and mostly a candidate
more or fewer is enough to keep that limit and break another (model rotation, Belov and
Marques-Silva, FMCAD 2011). That spares solving again for each limit of a large conflict.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.limits import Bound
from pairmatch.solvers.feasibility import group_alike, pick_from_groups, sum_up_groups


def vary_choices(
    num_candidates: int, bounds: Sequence[Bound], known: Mapping[int, BoolArray]
) -> Iterator[BoolArray]:
    """Yield choices that break one bound each, no two the same, none a known one.

    Parameters
    ----------
    num_candidates
        How many candidates there are.
    bounds
        The bounds.
    known
        By the index of a bound, a choice that breaks it alone.
    """
    group, sizes = group_alike(num_candidates, bounds)
    steps = _Steps(bounds, group, sizes)
    waiting = [np.bincount(group[chosen], minlength=len(sizes)) for chosen in known.values()]
    settled = set(known)
    while waiting:
        # By way of bounds that are settled, others may be reached that no single step leads to.
        near = dict(steps.take(waiting.pop()))
        far = [found for counts in near.values() for found in steps.take(counts)]
        for other, counts in (*near.items(), *far):
            if other not in settled:
                settled.add(other)
                waiting.append(counts)
                yield pick_from_groups(group, sizes, counts)


class _Steps:
    """What a candidate more or fewer of each group changes."""

    def __init__(self, bounds: Sequence[Bound], group: IndexArray, sizes: IntArray) -> None:
        self._sizes = sizes
        self._offset = np.array([b.value if b.is_least else -b.value for b in bounds])
        self._change = np.zeros((len(bounds), len(sizes)), dtype=np.int64)
        for row, bound in zip(self._change, bounds, strict=True):
            groups, weights = sum_up_groups(group, bound)
            row[groups] = -weights if bound.is_least else weights

    def take(self, counts: IntArray) -> Iterator[tuple[int, IntArray]]:
        """Yield other numbers that break one other bound, with that bound, each bound once."""
        gaps = self._change @ counts + self._offset
        (broken,) = np.flatnonzero(gaps > 0).tolist()
        seen = {broken}
        for step in (1, -1):
            moved = counts + step
            fits = (self._change[broken] != 0) & (moved >= 0) & (moved <= self._sizes)
            groups = np.flatnonzero(fits)
            after = gaps[:, None] + step * self._change[:, groups] > 0
            for k in np.flatnonzero(after.sum(axis=0) == 1).tolist():
                other = int(after[:, k].argmax())
                if other not in seen:
                    seen.add(other)
                    found = counts.copy()
                    found[groups[k]] += step
                    yield other, found
