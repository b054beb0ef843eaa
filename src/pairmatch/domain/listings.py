"""How many findings of a kind are made of a large table, and how the others are counted."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from pairmatch.domain.findings import Finding, Place
from pairmatch.domain.tablecolumns import Rows

MAX_LISTED = 1_000
"""So many findings of a kind in a column of a large table are made, the rest is counted in one."""


def describe_rest(found: Finding, total: int, code: str) -> Finding:
    """Return the finding that counts those of a kind that are not listed.

    Parameters
    ----------
    found
        The last of those that are listed.
    total
        How many there are.
    code
        Its message code.
    """
    place = found.place
    params = {"column": place.column or "—", "row": str(place.row)}
    params |= {"count": str(total - MAX_LISTED), "total": str(total)}
    at = Place(place.file, place.sheet, place.row, place.column)
    return Finding(code, found.severity, at, params)


def list_first(
    rows: Rows | Sequence[int], describe: Callable[[int], Iterable[Finding]], code: str
) -> Iterator[Finding]:
    """Yield the findings on the first MAX_LISTED rows of a kind, and one that counts the others.

    Parameters
    ----------
    rows
        The rows that have something to tell.
    describe
        Returns what there is to tell about a row.
    code
        Message code of the finding that counts.
    """
    last = None
    for row in rows[:MAX_LISTED]:
        for last in describe(int(row)):
            yield last
    if last and len(rows) > MAX_LISTED:
        yield describe_rest(last, len(rows), code)
