"""One card per chosen pair: why these two, what is covered and left, what a change costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from pairmatch.domain.candidates import FULL, FieldUse
from pairmatch.domain.explanation import LedgerLine, NeedState, PairExplanation
from pairmatch.report.charts import Bar, draw_bar
from pairmatch.report.influence import name_rule
from pairmatch.report.pairs import Names, PairRow, name_need, sort_needs
from pairmatch.report.summary import cover_needs
from pairmatch.report.wording import (
    Text,
    describe_alternative,
    format_level,
    format_points,
    format_share,
    join_texts,
    word,
)

NUM_LARGE_NEEDS = 8


@dataclass(frozen=True, slots=True)
class LineView:
    """A ledger line in words: points, reason, and the values it rests on."""

    label: Text
    points: str
    reason: Text
    basis: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class NeedView:
    """A need: its name, how large it is and what of it is covered, and the bar's parts."""

    name: Text
    deficit: str
    cover: str
    bar: Bar
    known: bool


@dataclass(frozen=True, slots=True)
class Card:
    """Everything a pair's card shows; None where there is nothing to say."""

    row: PairRow
    lines: tuple[LineView, ...]
    rank: Text | None
    interval: Text | None
    coverage: Text | None
    needs: tuple[NeedView, ...]
    more_needs: Text | None
    unknown: Text | None
    wishes: Text | None
    alternatives: tuple[Text, ...]


def make_card(row: PairRow, names: Names, steps_per_point: int, policy: str) -> Card:
    """Return the card of a pair.

    Parameters
    ----------
    row
        The pair.
    names
        Names of everything by id.
    steps_per_point
        How many steps make a point.
    policy
        The scenario's way with unknowns: ``county-median``, ``none`` or ``full``.
    """
    pair = row.explanation
    needs = sort_needs(pair.needs)
    return Card(
        row=row,
        lines=tuple(
            _view_line(line, steps_per_point)
            for line in sorted(pair.lines, key=lambda line: -line.points)
        ),
        rank=_describe_rank(pair),
        interval=_describe_interval(pair, steps_per_point),
        coverage=_describe_coverage(pair),
        needs=tuple(_view_need(need, names) for need in needs[:NUM_LARGE_NEEDS]),
        more_needs=_name_small_needs(needs[NUM_LARGE_NEEDS:], names),
        unknown=_describe_unknown(pair, names, policy),
        wishes=_describe_wishes(row, names),
        alternatives=tuple(
            describe_alternative(a, names.units, names.villages, steps_per_point)
            for a in pair.alternatives
        ),
    )


def _view_line(line: LedgerLine, steps_per_point: int) -> LineView:
    return LineView(
        label=name_rule(line.label_zh, line.label_en, line.plugin),
        points=format_points(line.points, steps_per_point),
        reason=Text(line.reason_zh, line.reason_en),
        basis=tuple(
            _name_fields(list(uses), source)
            for source, uses in groupby(line.fields, key=lambda use: use.source)
        ),
    )


def _name_fields(uses: Sequence[FieldUse], source: str) -> Text:
    """Return values that come from one source, with the source once at the end."""
    values = [
        word(
            "field_value",
            label=Text(use.label_zh, use.label_en),
            value=Text(use.value, use.value_en or use.value),
        )
        for use in uses
    ]
    text = join_texts(values, "；", "; ")
    return join_texts([text, word("field_source", source=source)], "", "") if source else text


def _view_need(need: NeedState, names: Names) -> NeedView:
    return NeedView(
        name=name_need(need.need_id, names),
        deficit=format_level(need.deficit),
        cover=format_level(need.covered),
        bar=draw_bar(need.covered, need.deficit, FULL),
        known=need.known,
    )


def _name_small_needs(needs: Sequence[NeedState], names: Names) -> Text | None:
    if not needs:
        return None
    entries = [
        word(
            "small_need",
            need=name_need(need.need_id, names),
            deficit=format_level(need.deficit),
            covered=format_level(need.covered),
        )
        for need in needs
    ]
    return word("small_needs", count=str(len(needs)), needs=join_texts(entries, "；", "; "))


def _describe_rank(pair: PairExplanation) -> Text | None:
    if pair.num_candidates < 2:  # noqa: PLR2004 -- with one candidate there is no order
        return None
    code = "rank_first" if pair.rank == 1 else "rank_later"
    return word(code, rank=str(pair.rank), candidates=str(pair.num_candidates))


def _describe_interval(pair: PairExplanation, steps_per_point: int) -> Text | None:
    if pair.low == pair.points == pair.high:
        return None
    return word(
        "interval",
        low=format_points(pair.low, steps_per_point),
        high=format_points(pair.high, steps_per_point),
    )


def _describe_coverage(pair: PairExplanation) -> Text | None:
    coverage = cover_needs(pair.needs)
    if coverage.deficit == 0:
        return None
    return word(
        "card_coverage",
        covered=format_share(coverage.covered, coverage.deficit),
        left=format_share(coverage.residual, coverage.deficit),
    )


def _describe_unknown(pair: PairExplanation, names: Names, policy: str) -> Text | None:
    unknown = [name_need(n.need_id, names) for n in pair.needs if not n.known]
    return word(f"unknown_{policy}", needs=join_texts(unknown)) if unknown else None


def _describe_wishes(row: PairRow, names: Names) -> Text | None:
    wishes = [name_need(wish, names) for wish in row.village.wishes if wish]
    return word("card_wishes", wishes=join_texts(wishes, "；", "; ")) if wishes else None
