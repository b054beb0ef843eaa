"""Which counties and villages gain by another pairing, and which lose."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pairmatch.domain.comparison import Difference, PairValue
from pairmatch.report.comparednames import SidePair, head_points, show_known
from pairmatch.report.figures import (
    Part,
    Row,
    Table,
    add_length,
    show_points,
    show_text,
    show_unknown,
    tell,
)
from pairmatch.report.wording import word

MOST_VILLAGES = 10


def view_gains(difference: Difference, both: SidePair) -> Iterator[Part]:
    """Return what counties and villages gain and lose, as far as there is anything to tell."""
    if difference.counties:
        yield _view_counties(difference, both)
    gains = sorted(_list_villages(difference), key=lambda g: (-g.rank(both), g.village_id))
    winners = [gain for gain in gains if gain.rank(both) > 0][:MOST_VILLAGES]
    losers = [gain for gain in reversed(gains) if gain.rank(both) < 0][:MOST_VILLAGES]
    for code, villages in (("compare.head_winners", winners), ("compare.head_losers", losers)):
        if villages:
            rows = tuple(gain.list_cells(both) for gain in villages)
            codes = ("compare.col_units_before", "compare.col_units_after")
            head = (word("col_village"), *map(tell, codes))
            points = head_points("compare.col_gain_by", both)
            intro = tell("compare.villages_intro", name=both.first_name)
            yield Part(tell(code), (intro,), Table((*head, *points), rows, kind="villages"))


def _view_counties(difference: Difference, both: SidePair) -> Part:
    def rank(county: str) -> tuple[bool, int, str]:
        gain = difference.counties[county][0]
        return gain is None, -(gain or 0), county

    points = (both.first.metrics.counties, both.other.metrics.counties)
    rows = []
    for county in sorted(difference.counties, key=rank):
        own = (
            show_unknown(tell("compare.nothing"))
            if known.get(county) is None
            else show_points(known[county], scale)
            for known, scale in zip(points, both.scales, strict=True)
        )
        gains = zip(difference.counties[county], both.scales, strict=True)
        shown = (show_known(gain, scale, signed=True) for gain, scale in gains)
        rows.append((show_text(county), *own, *shown))
    head = (
        word("col_county"),
        *head_points("compare.col_own_points", both),
        *head_points("compare.col_gain_by", both),
    )
    table = Table(head, tuple(_add_lengths(rows)), kind="counties")
    return Part(tell("compare.head_counties"), (tell("compare.counties_intro"),), table)


def _add_lengths(rows: Sequence[Row]) -> Iterator[Row]:
    """Return the rows with bars in the last two columns, of one scale."""
    values = [abs(cell.value) for row in rows for cell in row[-2:] if cell.value is not None]
    largest = max(values, default=0)
    for row in rows:
        yield (*row[:-2], *(add_length(cell, largest) for cell in row[-2:]))


@dataclass(frozen=True, slots=True)
class _VillageGain:
    """A village with the pairs that it loses and gains, and what that is worth either way."""

    village_id: str
    lost: tuple[PairValue, ...]
    gained: tuple[PairValue, ...]

    @property
    def gains(self) -> tuple[int | None, int | None]:
        return (
            _subtract((p.before for p in self.gained), (p.before for p in self.lost)),
            _subtract((p.after for p in self.gained), (p.after for p in self.lost)),
        )

    def rank(self, both: SidePair) -> Fraction:
        known = zip(self.gains, both.scales, strict=True)
        return next((Fraction(g, scale) for g, scale in known if g is not None), Fraction(0))

    def list_cells(self, both: SidePair) -> Row:
        units = (
            "、".join(both.names[p.unit_id] for p in pairs) or tell("compare.nothing")
            for pairs in (self.lost, self.gained)
        )
        gains = zip(self.gains, both.scales, strict=True)
        return (
            show_text(both.names[self.village_id]),
            *map(show_text, units),
            *(show_known(gain, scale, signed=True) for gain, scale in gains),
        )


def _list_villages(difference: Difference) -> Iterator[_VillageGain]:
    for village_id in sorted({p.village_id for p in (*difference.lost, *difference.gained)}):
        yield _VillageGain(
            village_id,
            tuple(p for p in difference.lost if p.village_id == village_id),
            tuple(p for p in difference.gained if p.village_id == village_id),
        )


def _subtract(gained: Iterable[int | None], lost: Iterable[int | None]) -> int | None:
    """Return what is gained less what is lost; None if a part of it is not known."""
    total = 0
    for sign, values in ((1, gained), (-1, lost)):
        for value in values:
            if value is None:
                return None
            total += sign * value
    return total
