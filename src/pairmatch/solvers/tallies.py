"""What choices weigh in many bounds, counted in whole numbers by addition alone."""

from collections.abc import Sequence

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.limits import Bound

_LARGEST = 2**62
"""Sums below this fit into 64 bits."""


class Tally:
    """Counts choices through against many bounds at once, in whole numbers."""

    def __init__(
        self, bounds: Sequence[Bound], rows: Sequence[tuple[IndexArray, IntArray]]
    ) -> None:
        """Take the bounds, and for each of them what is counted and what one of it weighs."""
        nothing = np.zeros(0, dtype=np.int64)
        idx = np.concatenate([nothing, *(idx for idx, _weights in rows)])
        weights = np.concatenate([nothing, *(weights for _idx, weights in rows)])
        which = np.repeat(np.arange(len(rows)), [len(idx) for idx, _weights in rows])
        order = np.argsort(idx, kind="stable")
        self._idx, self._weights, self._which = idx[order], weights[order], which[order]
        self._heaviest = int(np.abs(weights).max(initial=0))
        self._values = [bound.value for bound in bounds]
        self._signs = [-1 if bound.is_least else 1 for bound in bounds]

    def measure(self, numbers: BoolArray | Sequence[int]) -> list[int]:
        """Return by how much so many of each miss each bound; above 0 where they do."""
        counts = np.asarray(numbers)
        used = np.flatnonzero(counts)
        start, end = (np.searchsorted(self._idx, used, side) for side in ("left", "right"))
        sizes = end - start
        entries = np.repeat(end - np.cumsum(sizes), sizes) + np.arange(int(sizes.sum()))
        most = self._heaviest * sum(abs(int(n)) for n in counts[used].tolist())
        kind = np.int64 if most < _LARGEST else object
        sums = np.zeros(len(self._values), dtype=kind)
        added = self._weights[entries].astype(kind) * np.repeat(counts[used], sizes)
        np.add.at(sums, self._which[entries], added)
        numbered = zip(self._signs, sums.tolist(), self._values, strict=True)
        return [sign * (total - value) for sign, total, value in numbered]
