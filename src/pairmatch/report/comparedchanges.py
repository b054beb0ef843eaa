"""What one pairing changes of another: settings, data, pairs, chains, and who gains by it."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pairmatch.domain.comparison import (
    Comparison,
    DataChange,
    Difference,
    PairValue,
    SwapChain,
)
from pairmatch.report.comparedgains import view_gains
from pairmatch.report.comparedmetrics import view_causes
from pairmatch.report.comparednames import (
    KnownNames,
    SidePair,
    head_points,
    name_sides,
    show_known,
)
from pairmatch.report.figures import (
    Cell,
    Part,
    Row,
    Table,
    show_number,
    show_points,
    show_text,
    tell,
    tell_member,
)
from pairmatch.report.links import LinkPicture, draw_links
from pairmatch.report.wording import Text, describe_move, join_texts, word

MOST_RECORDS = 12
MOST_PAIRS = 200
MOST_CHAINS = 200
_BARE = re.compile(r"[\w./:][\w./:#-]*")
_QUOTABLE = re.compile(r"(?:[^\x00-\x1f\x7f\"$`!%“”„\\]|\\(?!\\|$))+")


@dataclass(frozen=True, slots=True)
class ChainView:
    """A chain as a card: what it gains by both ways of counting, its moves, and its verdict.

    `option` is empty where it cannot be accepted alone; `before` and `after` are its gains in
    steps, empty where they are not known.
    """

    chain: SwapChain
    label: Text
    accept: Text
    sizes: Text
    gains: tuple[Text, Text]
    gain_cells: tuple[Cell, Cell]
    moves: tuple[Text, ...]
    verdict: Text
    faults: tuple[Text, ...]
    option: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """One of the other pairings against the first, part by part; what is empty is left out."""

    heading: Text
    names: tuple[Text, Text]
    sentences: tuple[Text, ...]
    causes: tuple[Part, ...]
    picture: LinkPicture | None
    pairs: tuple[Part, ...]
    chains: tuple[ChainView, ...]
    more_chains: Text | None
    chains_intro: Text
    command: str
    scales: tuple[int, int]
    sums: tuple[Text, Text]
    gains: tuple[Part, ...]

    @property
    def can_accept(self) -> bool:
        """Whether there is a chain that can be accepted alone."""
        return any(chain.option for chain in self.chains)


def view_difference(comparison: Comparison, number: int) -> DifferenceView:
    """Return the difference of one of the other sides (numbered from 0) to the first."""
    difference = comparison.differences[number]
    sides, named = comparison.sides, name_sides(comparison.sides)
    both = SidePair(
        sides[0], sides[number + 1], named[0], named[number + 1], KnownNames(comparison.names)
    )
    causes = (
        _view_settings(difference, both),
        _view_data(difference, both),
        view_causes(comparison, number),
    )
    chains = difference.chains[:MOST_CHAINS]
    more_chains = len(difference.chains) - len(chains)
    return DifferenceView(
        heading=tell("compare.head_difference", first=both.first_name, other=both.other_name),
        names=(both.first_name, both.other_name),
        sentences=tuple(_tell_difference(difference, both)),
        causes=tuple(part for part in causes if part is not None),
        picture=draw_links(difference, both.names),
        pairs=tuple(_view_pairs(difference, both)),
        chains=tuple(_view_chain(chain, both) for chain in chains),
        more_chains=tell("compare.more", count=str(more_chains)) if more_chains else None,
        chains_intro=tell("compare.chains_intro", first=both.first_name),
        command=f"pairmatch whatif {quote_argument(both.first.folder or both.first.label)}",
        scales=both.scales,
        sums=(
            tell("compare.accepted_sum", name=both.first_name),
            tell("compare.accepted_sum", name=both.other_name),
        ),
        gains=tuple(view_gains(difference, both)),
    )


def quote_argument(text: str) -> str:
    """Return an argument as shells take it: bare if they may, else in quotes, never as an option.

    Examples
    --------
    >>> quote_argument("runs/demo"), quote_argument("my runs"), quote_argument("$(reboot)")
    ('runs/demo', '"my runs"', "'$(reboot)'")
    """
    plain = f"./{text}" if text.startswith("-") else text
    if _BARE.fullmatch(plain):
        return plain
    # Double quotes are the same to all shells as long as nothing in them has a meaning of its own.
    return f'"{plain}"' if _QUOTABLE.fullmatch(plain) else shlex.quote(plain)


# --- what differs, in words ----------------------------------------------------------------------


def _tell_difference(difference: Difference, both: SidePair) -> Iterator[Text]:
    if not difference.lost and not difference.gained:
        yield tell("compare.same_pairs")
    else:
        acceptable = sum(chain.is_acceptable for chain in difference.chains)
        yield tell(
            "compare.changed_pairs",
            lost=str(len(difference.lost)),
            gained=str(len(difference.gained)),
            chains=str(len(difference.chains)),
            acceptable=str(acceptable),
        )
    sides = {"first": both.first_name, "other": both.other_name}
    if difference.same_total is None:
        yield tell("compare.same_total_unknown", **sides)
    elif difference.lost or difference.gained:
        scale, total = both.other.steps_per_point, both.other.metrics.total
        yield tell(
            "compare.same_total",
            points=show_points(difference.same_total, scale).text,
            total=show_points(total, scale).text,
            rest=show_points(total - difference.same_total, scale, signed=True).text,
            **sides,
        )


def _view_settings(difference: Difference, both: SidePair) -> Part:
    heading = tell("compare.head_settings")
    if not difference.settings:
        return Part(heading, (tell("compare.no_settings"),))
    rows = tuple(
        (show_text(s.path), _show_setting(s.before), _show_setting(s.after))
        for s in difference.settings
    )
    head = (tell("compare.col_setting"), both.first_name, both.other_name)
    return Part(heading, (), Table(head, rows, kind="settings"))


def _show_setting(value: str) -> Cell:
    return show_text(value or tell("compare.nothing"))


def _view_data(difference: Difference, both: SidePair) -> Part:
    heading = tell("compare.head_data")
    rows = tuple(row for change in difference.data for row in _list_data(change, both.names))
    if not rows:
        return Part(heading, (tell("compare.no_data"),))
    codes = ("compare.col_table", "compare.col_kind", "compare.col_count", "compare.col_records")
    return Part(heading, (), Table(tuple(map(tell, codes)), rows, kind="data"))


def _list_data(change: DataChange, names: KnownNames) -> Iterator[Row]:
    fields = [
        tell("compare.record_fields", record=_name_record(i, names), fields="、".join(listed))
        if listed
        else _name_record(i, names)
        for i, listed in sorted(change.changed.items())
    ]
    kinds = (
        ("compare.data_removed", [_name_record(i, names) for i in change.removed]),
        ("compare.data_added", [_name_record(i, names) for i in change.added]),
        ("compare.data_changed", fields),
    )
    for code, records in kinds:
        if records:
            cells = (show_text(change.table), show_text(tell(code)), show_number(len(records)))
            yield (*cells, show_text(_list_some(records)))


def _name_record(record_id: str, names: KnownNames) -> Text:
    name = names.get_plain(record_id)
    if not name or name == record_id:
        return Text(record_id, record_id)
    return tell("compare.record_named", id=record_id, name=name)


def _list_some(records: Sequence[Text]) -> Text:
    joined = join_texts(records[:MOST_RECORDS], "；", "; ")
    if len(records) <= MOST_RECORDS:
        return joined
    return join_texts(
        [joined, tell("compare.more", count=str(len(records) - MOST_RECORDS))], " ", " "
    )


# --- pairs and chains ----------------------------------------------------------------------------


def _view_pairs(difference: Difference, both: SidePair) -> Iterator[Part]:
    for code, pairs in (
        ("compare.head_lost", difference.lost),
        ("compare.head_gained", difference.gained),
    ):
        if pairs:
            rows = tuple(_list_pair(pair, both) for pair in pairs[:MOST_PAIRS])
            head = (word("col_unit"), word("col_village"), *head_points("compare.col_by", both))
            rest = len(pairs) - len(rows)
            after = (tell("compare.more", count=str(rest)),) if rest else ()
            yield Part(tell(code), (), Table(head, rows, kind="changed"), after)


def _list_pair(pair: PairValue, both: SidePair) -> Row:
    points = (pair.before, pair.after)
    return (
        show_text(both.names[pair.unit_id]),
        show_text(both.names[pair.village_id]),
        *(show_known(p, scale) for p, scale in zip(points, both.scales, strict=True)),
    )


def _view_chain(chain: SwapChain, both: SidePair) -> ChainView:
    gains = (chain.gain_before, chain.gain_after)
    named = (both.first_name, both.other_name)
    label = f"{both.other.folder or both.other.label}#{chain.number}"
    verdict = (
        tell("compare.acceptable")
        if chain.is_acceptable
        else tell("compare.not_acceptable", first=both.first_name)
    )
    sizes = {"lost": str(len(chain.lost)), "gained": str(len(chain.gained))}
    told = [_tell_gain(*given) for given in zip(gains, named, both.scales, strict=True)]
    return ChainView(
        chain=chain,
        label=tell("compare.chain", number=str(chain.number)),
        accept=tell("compare.accept", number=str(chain.number)),
        sizes=tell("compare.chain_sizes", **sizes),
        gains=(told[0], told[1]),
        gain_cells=(
            show_known(gains[0], both.scales[0], signed=True),
            show_known(gains[1], both.scales[1], signed=True),
        ),
        moves=tuple(describe_move(move, both.names, both.names) for move in chain.moves),
        verdict=verdict,
        faults=tuple(tell_member(fault.code, fault.params) for fault in chain.faults),
        option=f"--accept {quote_argument(label)}" if chain.is_acceptable else "",
        before="" if gains[0] is None else str(gains[0]),
        after="" if gains[1] is None else str(gains[1]),
    )


def _tell_gain(gain: int | None, name: Text, scale: int) -> Text:
    if gain is None:
        return tell("compare.gain_by_unknown", name=name)
    return tell("compare.gain_by", name=name, points=show_points(gain, scale, signed=True).text)
