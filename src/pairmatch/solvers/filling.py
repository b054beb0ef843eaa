"""A pairing of everyone from one that was not finished: no longer the best, but one that holds."""

import numpy as np

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.pairscores import REFUSED, PairScores, list_slices
from pairmatch.solvers.masters import Columns

AT_ONCE = 64
"""Units that look for a village together."""

FEW = 2_000
"""As many free villages are looked at first."""


def fill_pairing(scores: PairScores, capacity: IntArray, chosen: Columns) -> IndexArray | None:
    """Return a village for every unit, none taking more than it can; None if that is not found.

    What was chosen is kept where it fits, the best pairs of a village that has too many first. The
    others take, one after another, the free village that is worth most to them.
    """
    village_of = _keep_fitting(scores.num_units, capacity, chosen)
    free = capacity - np.bincount(village_of[village_of >= 0], minlength=len(capacity))
    idle = np.flatnonzero(village_of < 0)
    for part in list_slices(len(idle), AT_ONCE):
        units = idle[part].astype(np.int32)
        open_villages = np.flatnonzero(free > 0).astype(np.int32)
        few = open_villages[:: max(1, len(open_villages) // FEW)]
        points = _score_all(scores, units, few)
        for k, unit in enumerate(units.tolist()):
            villages, own = few, np.where(free[few] > 0, points[k], REFUSED)
            if own.max(initial=REFUSED) == REFUSED:
                villages = np.flatnonzero(free > 0).astype(np.int32)
                own = _score_all(scores, units[k : k + 1], villages)[0]
            if own.max(initial=REFUSED) == REFUSED:
                return None
            village_of[unit] = villages[int(own.argmax())]
            free[village_of[unit]] -= 1
    return village_of


def _keep_fitting(num_units: int, capacity: IntArray, chosen: Columns) -> IndexArray:
    order = np.lexsort((chosen.unit_idx, -chosen.points, chosen.village_idx))
    villages = chosen.village_idx[order]
    rank = np.arange(len(order)) - np.searchsorted(villages, villages)
    kept = order[rank < capacity[villages]]
    village_of = np.full(num_units, -1, dtype=np.int32)
    village_of[chosen.unit_idx[kept]] = chosen.village_idx[kept]
    return village_of


def _score_all(scores: PairScores, units: IndexArray, villages: IndexArray) -> IntArray:
    points = scores.score(np.repeat(units, len(villages)), np.tile(villages, len(units)))
    return points.reshape(len(units), len(villages))
