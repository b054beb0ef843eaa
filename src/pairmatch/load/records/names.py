"""Village names to codes: suggests and asks, never picks.

Names repeat (23 % of the villages of one prefecture share theirs), and papers write 尹店三分村
where the register has 尹店三村; so a name alone never stands for a village.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from pairmatch.domain.closeness import LetterIndex
from pairmatch.domain.records import Village
from pairmatch.domain.tables import VillageTable

MAX_SUGGESTIONS = 8
_CUTOFF = 0.6
_OFFICE = re.compile(r"(?:村民委员会|村委会|居民委员会|居委会|社区)$")
_VARIANT = re.compile(r"[村口分庄屯营]")
_PLACE_KIND = re.compile(r"(?<=.{2})(?:回族乡|自治县|回族自治县|县|市|区|镇|乡|街道)$")


class Likeness(StrEnum):
    """How a text relates to the known villages."""

    ONE = "one"
    SEVERAL = "several"
    CLOSE = "close"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The villages a text may mean, in order of their codes; for someone to choose from."""

    likeness: Likeness
    villages: tuple[Village, ...] = ()

    def show(self) -> str:
        """Return the suggestions as a list of code, county, township and name."""
        shown = [
            f"{v.village_id} {v.county}{v.township}{v.name}".strip()
            for v in self.villages[:MAX_SUGGESTIONS]
        ]
        more = len(self.villages) - MAX_SUGGESTIONS
        return "；".join(shown) + (f" …(+{more})" if more > 0 else "")


@dataclass(frozen=True)
class VillageNames:
    """The known villages by name."""

    by_name: Mapping[str, tuple[Village, ...]]
    by_variant: Mapping[str, tuple[Village, ...]]

    @cached_property
    def letters(self) -> LetterIndex:
        """The names by their letters."""
        return LetterIndex(sorted(self.by_name))


class VillageGroups(Mapping[str, tuple[Village, ...]]):
    """Villages of a table by a text: records are made of those that are looked up."""

    def __init__(self, table: VillageTable, spell: Callable[[str], str]) -> None:
        self._table = table
        self._rows: defaultdict[str, list[int]] = defaultdict(list)
        spelt = [spell(name) if name else "" for name in table.name.items]
        for row, code in enumerate(table.name.codes.tolist()):
            if table.name.items[code]:
                self._rows[spelt[code]].append(row)

    def __getitem__(self, text: str) -> tuple[Village, ...]:
        if text not in self._rows:
            raise KeyError(text)
        return tuple(self._table[row] for row in self._rows[text])

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def index_names(villages: Iterable[Village]) -> VillageNames:
    """Return the index that `suggest_villages` looks names up in."""
    if isinstance(villages, VillageTable):
        return VillageNames(VillageGroups(villages, _plain), VillageGroups(villages, _reduce))
    by_name: defaultdict[str, list[Village]] = defaultdict(list)
    by_variant: defaultdict[str, list[Village]] = defaultdict(list)
    for village in sorted(villages, key=lambda v: v.village_id):
        if village.name:
            by_name[_plain(village.name)].append(village)
            by_variant[_reduce(village.name)].append(village)
    return VillageNames(
        {name: tuple(found) for name, found in by_name.items()},
        {name: tuple(found) for name, found in by_variant.items()},
    )


def suggest_villages(
    names: VillageNames, text: str, township: str = "", county: str = ""
) -> Suggestion:
    """Return the villages that a name may mean.

    Parameters
    ----------
    names
        The known villages.
    text
        A village's name, or county, township and name in one (盐山县北街村).
    township, county
        Where it is said to be; empty if nothing is said.

    Returns
    -------
    Suggestion
        All villages of that name there; if there are none, those with close names.
    """
    plain = _plain(text)
    if not plain:
        return Suggestion(Likeness.NONE)
    exact = names.by_name.get(plain, ()) or _find_by_end(names, plain)
    narrowed = _narrow(exact, township, county)
    if narrowed:
        return Suggestion(Likeness.ONE if len(narrowed) == 1 else Likeness.SEVERAL, narrowed)
    close = _narrow(_find_close(names, plain), township, county) or exact
    return Suggestion(Likeness.CLOSE if close else Likeness.NONE, close)


def _plain(name: str) -> str:
    bare = re.sub(r"\s", "", name)
    office = _OFFICE.sub("", bare)
    if office != bare and not office.endswith("村"):
        office += "村"
    return office


def _reduce(name: str) -> str:
    plain = _plain(name)
    return _VARIANT.sub("", plain) or plain


def _find_by_end(names: VillageNames, text: str) -> tuple[Village, ...]:
    found = [
        village
        for name in names.by_name
        if text.endswith(name) and text != name
        for village in names.by_name[name]
        if _stands_before(text.removesuffix(name), village)
    ]
    return _order(found)


def _stands_before(prefix: str, village: Village) -> bool:
    county, township = _place(village.county), _place(village.township)
    rest = prefix
    for place in (county, township):
        if place and place in rest:
            rest = rest.replace(place, "", 1)
    return bool(county or township) and not re.sub(r"回族|自治|[县市区镇乡]|街道", "", rest)


def _place(name: str) -> str:
    return _PLACE_KIND.sub("", name)


def _narrow(villages: tuple[Village, ...], township: str, county: str) -> tuple[Village, ...]:
    return tuple(
        v
        for v in villages
        if (not county or not v.county or _place(v.county) == _place(county))
        and (not township or not v.township or _place(v.township) == _place(township))
    )


def _find_close(names: VillageNames, text: str) -> tuple[Village, ...]:
    found = list(names.by_variant.get(_reduce(text), ()))
    close = names.letters.find_close(text, 5, _CUTOFF)
    found += [village for name in close for village in names.by_name[name]]
    return _order(found)


def _order(villages: Iterable[Village]) -> tuple[Village, ...]:
    unique = {village.village_id: village for village in villages}
    return tuple(unique[code] for code in sorted(unique))
