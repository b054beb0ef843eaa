"""The picture of who moves: units on the left, villages on the right, old and new links."""

from collections.abc import Iterator
from dataclasses import dataclass

from pairmatch.domain.comparison import Difference
from pairmatch.report.comparednames import KnownNames
from pairmatch.report.figures import tell
from pairmatch.report.wording import Text

MOST_ROWS = 36
NUM_TONES = 4
_STEP = 28
_HEAD = 24
_UNIT_COLUMNS = 28
_VILLAGE_COLUMNS = 44


@dataclass(frozen=True, slots=True)
class Node:
    """A unit or village with its height in the picture."""

    y: int
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """A pair, from the height of its unit to that of its village; `tone` tells chains apart."""

    start: int
    end: int
    tone: int


@dataclass(frozen=True, slots=True)
class LinkPicture:
    """The picture; `rest` says how many links it has no room for."""

    height: int
    units: tuple[Node, ...]
    villages: tuple[Node, ...]
    old: tuple[Link, ...]
    new: tuple[Link, ...]
    rest: Text | None


@dataclass(frozen=True, slots=True)
class _Change:
    unit_id: str
    village_id: str
    is_new: bool
    chain: int


def draw_links(difference: Difference, names: KnownNames) -> LinkPicture | None:
    """Return the picture of all pairs that change, as many as fit; None if there are none."""
    changes = list(dict.fromkeys(_list_changes(difference)))
    if not changes:
        return None
    units: dict[str, int] = {}
    villages: dict[str, int] = {}
    drawn = []
    for change in changes:
        rows = ((units, change.unit_id), (villages, change.village_id))
        if all(key in places or len(places) < MOST_ROWS for places, key in rows):
            for places, key in rows:
                places.setdefault(key, _HEAD + _STEP * len(places))
            drawn.append(change)
    links = [
        (c.is_new, Link(units[c.unit_id], villages[c.village_id], c.chain % NUM_TONES))
        for c in drawn
    ]
    rest = len(changes) - len(drawn)
    return LinkPicture(
        height=_HEAD + _STEP * max(len(units), len(villages)),
        units=tuple(Node(y, names.shorten(i, _UNIT_COLUMNS)) for i, y in units.items()),
        villages=tuple(Node(y, names.shorten(i, _VILLAGE_COLUMNS)) for i, y in villages.items()),
        old=tuple(link for is_new, link in links if not is_new),
        new=tuple(link for is_new, link in links if is_new),
        rest=tell("compare.picture_rest", count=str(rest)) if rest else None,
    )


def _list_changes(difference: Difference) -> Iterator[_Change]:
    """Return the pairs that change, chain by chain as the moves go, what is in no chain last."""
    seen = set()
    for chain in difference.chains:
        pairs = {pair: False for pair in chain.lost} | {pair: True for pair in chain.gained}
        moved = [
            (move.unit_id, village)
            for move in chain.moves
            for village in (move.from_village_id, move.to_village_id)
        ]
        for pair in dict.fromkeys([*(p for p in moved if p in pairs), *sorted(pairs)]):
            seen.add(pair)
            yield _Change(*pair, pairs[pair], chain.number)
    for is_new, values in ((False, difference.lost), (True, difference.gained)):
        for value in values:
            if (value.unit_id, value.village_id) not in seen:
                yield _Change(value.unit_id, value.village_id, is_new, 0)
