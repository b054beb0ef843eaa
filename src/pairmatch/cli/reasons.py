"""Why a pair, and what another would cost: the one-page answer, and the same as data."""

from typing import TYPE_CHECKING, Any

from pairmatch.cli.console import Console
from pairmatch.cli.points import format_change, format_share
from pairmatch.domain.points import format_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pairmatch.domain.explanation import Alternative, Move, NeedState, PairExplanation
    from pairmatch.engine import RunFacts

MAX_NEEDS = 12


def present_pair(console: Console, pair: "PairExplanation", facts: "RunFacts") -> None:
    """Print everything the files say about one pair."""
    scale = facts.steps_per_point
    console.tell(
        "cli.pair_title",
        unit=_name(facts, pair.unit_id),
        village=_name(facts, pair.village_id),
    )
    console.tell(
        "cli.pair_score",
        points=format_steps(pair.points, scale),
        rank=str(pair.rank),
        number=str(pair.num_candidates),
    )
    if pair.low != pair.high:
        low, high = format_steps(pair.low, scale), format_steps(pair.high, scale)
        console.tell("cli.pair_range", low=low, high=high)
    if pair.tied:
        console.tell("cli.pair_tied")
    _present_lines(console, pair, scale)
    _present_needs(console, pair, facts)
    _present_alternatives(console, pair, facts)


def list_pairs(console: Console, pairs: "tuple[PairExplanation, ...]", facts: "RunFacts") -> None:
    """Print one line per pair."""
    for pair in pairs:
        console.tell(
            "cli.pair_line",
            unit=_name(facts, pair.unit_id),
            village=_name(facts, pair.village_id),
            points=format_steps(pair.points, facts.steps_per_point),
            rank=str(pair.rank),
            number=str(pair.num_candidates),
        )


def present_price(console: Console, alternative: "Alternative", facts: "RunFacts") -> None:
    """Print what forcing a pair would cost and whom it would move."""
    names = {
        "unit": _name(facts, alternative.unit_id),
        "village": _name(facts, alternative.village_id),
    }
    if alternative.forcing_price is None:
        console.tell("cli.price_none", **names)
        return
    price = format_steps(alternative.forcing_price, facts.steps_per_point)
    points = format_steps(alternative.points, facts.steps_per_point)
    code = "cli.price_zero" if alternative.forcing_price == 0 else "cli.price"
    console.tell(code, price=price, points=points, **names)
    list_moves(console, alternative.chain, facts)


def list_moves(console: Console, moves: "Sequence[Move]", facts: "RunFacts") -> None:
    """Print who moves where, one line each."""
    for move in moves:
        console.write(f"  - {_word_move(console, move, facts)}")


def present_ways_in(
    console: Console, name: str, ways: "tuple[Alternative, ...]", facts: "RunFacts", side: str
) -> None:
    """Print how a village or unit without a pair could get one, cheapest first."""
    if not ways:
        console.tell("cli.no_way_in", name=name)
        return
    console.tell(
        "cli.not_chosen_village" if side == "village" else "cli.not_chosen_unit", name=name
    )
    for way in ways:
        console.write("")
        present_price(console, way, facts)


def describe_pair(pair: "PairExplanation", facts: "RunFacts") -> dict[str, Any]:
    """Return an explanation as data; points are exact decimals, shares ten-thousandths."""
    scale = facts.steps_per_point
    return {
        "unit_id": pair.unit_id,
        "unit_name": facts.names.get(pair.unit_id, ""),
        "village_id": pair.village_id,
        "village_name": facts.names.get(pair.village_id, ""),
        "score": format_steps(pair.points, scale),
        "low": format_steps(pair.low, scale),
        "high": format_steps(pair.high, scale),
        "rank": pair.rank,
        "num_candidates": pair.num_candidates,
        "tied": pair.tied,
        "lines": [
            {
                "rule_id": line.rule_id,
                "version": line.version,
                "plugin": line.plugin,
                "points": format_steps(line.points, scale),
                "reason": {"zh": line.reason_zh, "en": line.reason_en},
            }
            for line in pair.lines
        ],
        "needs": [
            {
                "need_id": need.need_id,
                "deficit": need.deficit,
                "supply": need.supply,
                "covered": need.covered,
                "residual": need.residual,
                "known": need.known,
            }
            for need in pair.needs
        ],
        "alternatives": [describe_alternative(other, facts) for other in pair.alternatives],
    }


def describe_alternative(alternative: "Alternative", facts: "RunFacts") -> dict[str, Any]:
    """Return an alternative as data; a price of None means that no such matching exists."""
    price = alternative.forcing_price
    return {
        "unit_id": alternative.unit_id,
        "village_id": alternative.village_id,
        "score": format_steps(alternative.points, facts.steps_per_point),
        "forcing_price": None if price is None else format_steps(price, facts.steps_per_point),
        "chain": [describe_move(move) for move in alternative.chain],
    }


def describe_move(move: "Move") -> dict[str, str]:
    """Return a move as data; an empty village means that the unit is idle."""
    return {
        "unit_id": move.unit_id,
        "from_village_id": move.from_village_id,
        "to_village_id": move.to_village_id,
    }


def _present_lines(console: Console, pair: "PairExplanation", scale: int) -> None:
    console.tell("cli.lines_title")
    for line in pair.lines:
        zh = console.lang == "zh"
        label, reason = (line.label_zh, line.reason_zh) if zh else (line.label_en, line.reason_en)
        if line.plugin:
            label = console.word("cli.line_plugin", label=label, plugin=line.plugin).text
        points = format_change(line.points, scale)
        console.tell("cli.line", points=points.rjust(9), label=label, reason=reason)


def _present_needs(console: Console, pair: "PairExplanation", facts: "RunFacts") -> None:
    needs = [need for need in pair.needs if need.deficit > 0]
    if not needs:
        return
    console.tell("cli.needs_title")
    needs.sort(key=lambda need: (-need.covered, -need.deficit, need.need_id))
    for need in needs[:MAX_NEEDS]:
        _present_need(console, need, facts)
    if len(needs) > MAX_NEEDS:
        console.tell("cli.needs_more", number=str(len(needs) - MAX_NEEDS))


def _present_need(console: Console, need: "NeedState", facts: "RunFacts") -> None:
    console.tell(
        "cli.need" if need.known else "cli.need_unknown",
        name=facts.names.get(need.need_id, need.need_id),
        deficit=format_share(need.deficit),
        covered=format_share(need.covered),
        residual=format_share(need.residual),
    )


def _present_alternatives(console: Console, pair: "PairExplanation", facts: "RunFacts") -> None:
    if not pair.alternatives:
        console.tell("cli.alternatives_none")
        return
    console.tell("cli.alternatives_title")
    for number, other in enumerate(pair.alternatives, start=1):
        console.write(f"  {number}. {_describe_alternative_line(console, other, facts)}")
        for move in other.chain:
            console.write(f"     - {_word_move(console, move, facts)}")


def _describe_alternative_line(console: Console, other: "Alternative", facts: "RunFacts") -> str:
    unit = _name(facts, other.unit_id)
    if other.forcing_price is None:
        return console.word("cli.alternative_impossible", unit=unit).text
    price = format_steps(other.forcing_price, facts.steps_per_point)
    return console.word("cli.alternative", unit=unit, price=price).text


def _word_move(console: Console, move: "Move", facts: "RunFacts") -> str:
    unit = _short_name(facts, move.unit_id)
    if not move.from_village_id:
        village = _short_name(facts, move.to_village_id)
        return console.word("cli.move_in", unit=unit, village=village).text
    left = _short_name(facts, move.from_village_id)
    if not move.to_village_id:
        return console.word("cli.move_out", unit=unit, village=left).text
    village = _short_name(facts, move.to_village_id)
    return console.word("cli.move", unit=unit, left=left, village=village).text


def _short_name(facts: "RunFacts", key: str) -> str:
    return facts.names.get(key) or key


def _name(facts: "RunFacts", key: str) -> str:
    name = facts.names.get(key, "")
    return f"{name}（{key}）" if name and name != key else key
