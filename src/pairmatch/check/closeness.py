"""The known name that a misspelt one probably means."""

import difflib


def find_closest(text: str, known: set[str]) -> str:
    """Return the known name closest to a text, a dash if none is."""
    close = difflib.get_close_matches(text, sorted(known), n=1, cutoff=0.4)
    return close[0] if close else "—"
