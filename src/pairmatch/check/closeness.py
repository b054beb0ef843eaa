"""The known name that a misspelt one probably means."""

from collections.abc import Set
from functools import lru_cache

from pairmatch.domain.closeness import LetterIndex


def find_closest(text: str, known: Set[str]) -> str:
    """Return the known name closest to a text, a dash if none is."""
    close = _index(frozenset(known)).find_close(text, 1, 0.4)
    return close[0] if close else "—"


@lru_cache(maxsize=8)
def _index(known: frozenset[str]) -> LetterIndex:
    return LetterIndex(sorted(known))
