"""Names close to a text, found among a hundred thousand."""

import difflib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np


class LetterIndex:
    """Names by their letters: only those that share enough of them are compared with a text.

    Parameters
    ----------
    names
        The names; of equally close ones, `difflib` decides as it does for a list.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._lengths = np.array([len(name) for name in names], dtype=np.int64)
        found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for k, name in enumerate(names):
            for letter in set(name):
                found[letter].append((k, name.count(letter)))
        self._found = {letter: np.array(pairs).T for letter, pairs in found.items()}

    def find_close(self, text: str, number: int, cutoff: float) -> list[str]:
        """Return what `difflib.get_close_matches` returns for all names.

        Parameters
        ----------
        text
            The text.
        number
            How many names at most.
        cutoff
            The least likeness, from 0 to 1.
        """
        shared = np.zeros(len(self._names), dtype=np.int64)
        for letter in set(text) & set(self._found):
            rows, counts = self._found[letter]
            shared[rows] += np.minimum(counts, text.count(letter))
        # No two texts are more alike than by the letters they share: difflib's own quick ratio.
        lengths = self._lengths + len(text)
        ratios = np.divide(2.0 * shared, lengths, out=np.ones(len(lengths)), where=lengths > 0)
        hopeful = np.flatnonzero(ratios >= cutoff).tolist()
        names = [self._names[k] for k in hopeful]
        return difflib.get_close_matches(text, names, n=number, cutoff=cutoff)
