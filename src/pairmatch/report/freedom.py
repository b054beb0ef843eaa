"""What may still be chosen, in words and figures, all of them read from the record.

Prices are in the priced level, which is the total unless the settings end in another sum; they are
told in its own measure, so that a lost pair is never taken for a lost point.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pairmatch.domain.explanation import Move
from pairmatch.domain.freedom import BlockingPair, Freedom, KindScarcity, PairFreedom
from pairmatch.domain.objectives import COUNTED_GOALS
from pairmatch.domain.problem import Problem, find_priced_level
from pairmatch.domain.proposal import Proposal
from pairmatch.report.charts import Bar, draw_bar
from pairmatch.report.claims import name_goal
from pairmatch.report.fairness import FairnessView, tell_amount, tell_difference, view_fairness
from pairmatch.report.pairs import Names, PairRow
from pairmatch.report.wording import (
    Text,
    describe_move,
    format_points,
    format_share_up,
    join_texts,
    word,
)

MOST_FREE = 15
MOST_MOVES = 6
MOST_KINDS = 15
MOST_BLOCKING = 15
_DIFFERENCES = ("less_than_proposal", "as_proposal", "more_than_proposal")


@dataclass(frozen=True, slots=True)
class Measure:
    """What prices are in: the goal they are lost from, and how its amounts are told."""

    goal: str
    steps_per_point: int

    @property
    def is_total(self) -> bool:
        """Whether prices are points of the total."""
        return self.goal == "total"

    @property
    def what(self) -> Text:
        """What is lost, as part of a sentence."""
        return word(f"priced_{self.goal}")

    def tell(self, amount: int) -> Text:
        """Return an amount with its unit: points, or pairs."""
        if self.goal in COUNTED_GOALS:
            return word("amount_pairs", count=str(amount))
        return tell_amount(amount, self.steps_per_point)


@dataclass(frozen=True, slots=True)
class FreePair:
    """A pair that can be done without, what that loses, and who moves then."""

    row: PairRow
    price: int
    loss: Text
    moves: Text


@dataclass(frozen=True, slots=True)
class KindView:
    """What one more unit of a kind would add, as a figure and in words."""

    kind: KindScarcity
    label: Text
    unit: str
    told: Text
    bar: Bar


@dataclass(frozen=True, slots=True)
class BlockingView:
    """A pair that both sides would wish for, and whom they have instead."""

    unit: str
    village: str
    present_village: Text
    present_unit: Text


@dataclass(frozen=True, slots=True)
class ChoicesView:
    """The parts of the section; a part that is empty is left out.

    `on_request` stands alone, where prices were not computed beforehand.
    """

    measure: Measure
    counts: tuple[Text, ...] = ()
    pairs: tuple[FreePair, ...] = ()
    other_pairs: tuple[Text, ...] = ()
    kinds: tuple[KindView, ...] = ()
    kinds_told: Text | None = None
    more_kinds: Text | None = None
    fairness: FairnessView | None = None
    variants: tuple[Text, ...] = ()
    blocking: tuple[BlockingView, ...] = ()
    blocking_told: tuple[Text, ...] = ()
    on_request: Text | None = None

    @property
    def has_parts(self) -> bool:
        """Whether there is anything to tell but how to ask."""
        parts = (
            self.counts,
            self.pairs,
            self.other_pairs,
            self.kinds,
            self.variants,
            self.blocking,
        )
        return any(parts) or self.fairness is not None


def view_choices(proposal: Proposal, rows: Sequence[PairRow], names: Names) -> ChoicesView | None:
    """Return what may still be chosen; None if the proposal says nothing of it."""
    problem, freedom = proposal.problem, proposal.freedom
    measure = Measure(problem.levels[find_priced_level(problem)], problem.steps_per_point)
    if freedom is None:
        if proposal.matching.status == "optimal":
            return None
        return ChoicesView(measure, on_request=word("choices_on_request"))
    kinds = _view_kinds(freedom.kinds, problem, measure, names)
    more_kinds = len(freedom.kinds) - len(kinds)
    view = ChoicesView(
        measure=measure,
        counts=tuple(_tell_counts(proposal, freedom, measure)),
        pairs=_list_free(freedom.pairs, rows, names, measure),
        other_pairs=tuple(_tell_others(freedom.pairs, measure)),
        kinds=kinds,
        kinds_told=_tell_kinds(freedom.kinds, problem, measure, names),
        more_kinds=word("more_kinds", count=str(more_kinds)) if more_kinds else None,
        fairness=view_fairness(proposal),
        variants=tuple(_tell_variants(proposal, freedom, measure)),
        blocking=_list_blocking(freedom.blocking, names),
        blocking_told=tuple(_tell_blocking(freedom.blocking)),
    )
    return view if view.has_parts else None


# --- how many pairs are free ------------------------------------------------------------------


def _tell_counts(proposal: Proposal, freedom: Freedom, measure: Measure) -> Iterator[Text]:
    num_pairs = len(proposal.matching.chosen_idx)
    if freedom.pairs:
        clauses, fixed = _count_prices(freedom.pairs, measure)
    else:
        at_no_loss = [count.num_must for count in freedom.counts if count.slack == 0]
        if not at_no_loss:
            return
        (fixed,) = at_no_loss
        clauses = [
            word("free_pairs", count=str(num_pairs - fixed), what=measure.what),
            word("other_pairs", count=str(fixed), what=measure.what),
        ]
    joined = join_texts(clauses, "；", "; ")
    yield word("counts_sentence", pairs=str(num_pairs), clauses=joined)
    yield word("fixed_sentence", count=str(fixed))
    for count in freedom.counts:
        if count.slack > 0:
            slack = _tell_loss(count.slack, proposal, measure)
            figures = {"must": str(count.num_must), "may": str(count.num_may)}
            yield word("slack_sentence", what=measure.what, slack=slack, **figures)
    yield word("one_at_a_time")


def _count_prices(pairs: Sequence[PairFreedom], measure: Measure) -> tuple[list[Text], int]:
    """Return how many pairs have which price, in words, and how many are never done without."""
    prices = [pair.banning_price for pair in pairs]
    one = measure.steps_per_point if measure.is_total else 1
    num_free = prices.count(0)
    num_stuck = prices.count(None)
    num_cheap = sum(price is not None and 0 < price < one for price in prices)
    num_dear = len(prices) - num_free - num_stuck - num_cheap
    counted = (
        ("cheap_pairs", num_cheap),
        ("dear_pairs" if measure.is_total else "lossy_pairs", num_dear),
        ("stuck_pairs", num_stuck),
    )
    clauses = [word("free_pairs", count=str(num_free), what=measure.what)]
    clauses += [
        word(code, count=str(number), what=measure.what) for code, number in counted if number
    ]
    return clauses, len(prices) - num_free


def _tell_loss(loss: int, proposal: Proposal, measure: Measure) -> Text:
    """Return a loss, and where it is one of the total its share, rounded up."""
    amount = measure.tell(loss)
    if not measure.is_total or proposal.matching.total <= 0:
        return amount
    return word("with_share", amount=amount, share=format_share_up(loss, proposal.matching.total))


# --- which pairs are the freest ---------------------------------------------------------------


def _list_free(
    pairs: Sequence[PairFreedom], rows: Sequence[PairRow], names: Names, measure: Measure
) -> tuple[FreePair, ...]:
    by_ids = {(row.explanation.unit_id, row.explanation.village_id): row for row in rows}
    priced = [(pair, price) for pair in pairs if (price := pair.banning_price) is not None]
    return tuple(
        FreePair(
            row=by_ids[pair.unit_id, pair.village_id],
            price=price,
            loss=measure.tell(price),
            moves=_tell_moves(pair.moves, names),
        )
        for pair, price in priced[:MOST_FREE]
    )


def _tell_moves(moves: Sequence[Move], names: Names) -> Text:
    if not moves:
        return Text("—", "—")
    told = [describe_move(move, names.units, names.villages) for move in moves[:MOST_MOVES]]
    joined = join_texts(told, "，", ", ")
    if len(moves) <= MOST_MOVES:
        return joined
    return word("moves_more", moves=joined, count=str(len(moves)))


def _tell_others(pairs: Sequence[PairFreedom], measure: Measure) -> Iterator[Text]:
    """Return what holds of the pairs that are not listed."""
    rest = [pair.banning_price for pair in pairs if pair.banning_price is not None][MOST_FREE:]
    if rest:
        least, most = measure.tell(min(rest)), measure.tell(max(rest))
        code = "more_free" if min(rest) < max(rest) else "more_free_same"
        count = str(len(rest))
        yield word(code, count=count, what=measure.what, least=least, most=most)
    num_stuck = sum(pair.banning_price is None for pair in pairs)
    if num_stuck:
        yield word("stuck_sentence", count=str(num_stuck))


# --- which kinds of units are scarce ----------------------------------------------------------


def _view_kinds(
    kinds: Sequence[KindScarcity], problem: Problem, measure: Measure, names: Names
) -> tuple[KindView, ...]:
    largest = max((kind.gain or 0 for kind in kinds), default=0)
    return tuple(
        KindView(
            kind=kind,
            label=Text(kind.label_zh, kind.label_en),
            unit=names.units[kind.unit_id],
            told=_tell_gain(kind, problem, measure),
            bar=_draw_gain(kind.gain or 0, largest),
        )
        for kind in kinds[:MOST_KINDS]
    )


def _draw_gain(gain: int, largest: int) -> Bar:
    if gain <= 0:
        return Bar(0, 0)
    # A gain that is there is seen, however small.
    return Bar(max(draw_bar(gain, gain, largest).covered, 1), 0)


def _tell_kinds(
    kinds: Sequence[KindScarcity], problem: Problem, measure: Measure, names: Names
) -> Text | None:
    """Return the scarcest kind and, beside it, the least scarce one, as a sentence."""
    if not kinds:
        return None
    told = [_tell_kind("scarcest_kind", kinds[0], problem, measure, names.units)]
    if len(kinds) > 1:
        told.append(_tell_kind("other_kind", kinds[-1], problem, measure, names.units))
    return word("sentence", text=join_texts(told, "；", "; "))


def _tell_kind(
    code: str,
    kind: KindScarcity,
    problem: Problem,
    measure: Measure,
    unit_names: Mapping[str, str],
) -> Text:
    label = Text(kind.label_zh, kind.label_en)
    gain = _tell_gain(kind, problem, measure)
    return word(code, unit=unit_names[kind.unit_id], label=label, gain=gain)


def _tell_gain(kind: KindScarcity, problem: Problem, measure: Measure) -> Text:
    if kind.gain is None:
        gain = word("gain_unknown", what=measure.what)
    else:
        code = "gain_adds" if kind.gain >= 0 else "gain_takes"
        gain = word(code, what=measure.what, amount=measure.tell(abs(kind.gain)))
    if not kind.raises_earlier:
        return gain
    earlier = problem.levels[: find_priced_level(problem)]
    if earlier == ("num_matched",):
        # A place more takes one pair more at most.
        return word("gain_pair", gain=gain)
    goals = join_texts([name_goal(goal) for goal in earlier], "；", "; ")
    return word("gain_goals", goals=goals, gain=gain)


# --- how good a quite different pairing is ----------------------------------------------------


def _tell_variants(proposal: Proposal, freedom: Freedom, measure: Measure) -> Iterator[Text]:
    own, scale = proposal.matching.total, proposal.problem.steps_per_point
    for variant in freedom.variants:
        # Only where the total is priced last is it the highest one can have.
        yield word(
            "variant_sentence" if measure.is_total else "variant_other",
            count=str(variant.num_different),
            total=format_points(variant.total, scale),
            change=tell_difference(variant.total, own, scale, _DIFFERENCES),
        )


# --- whom both sides would rather have --------------------------------------------------------


def _list_blocking(pairs: Sequence[BlockingPair], names: Names) -> tuple[BlockingView, ...]:
    def name(known: Mapping[str, str], record_id: str | None) -> Text:
        if record_id is None:
            return word("nobody")
        return Text(known[record_id], known[record_id])

    return tuple(
        BlockingView(
            names.units[pair.unit_id],
            names.villages[pair.village_id],
            name(names.villages, pair.present_village_id),
            name(names.units, pair.present_unit_id),
        )
        for pair in pairs[:MOST_BLOCKING]
    )


def _tell_blocking(pairs: Sequence[BlockingPair]) -> Iterator[Text]:
    if pairs:
        num_chosen = sum(pair.present_unit_id is not None for pair in pairs)
        yield word("blocking_sentence", count=str(len(pairs)), chosen=str(num_chosen))
    if len(pairs) > MOST_BLOCKING:
        yield word("more_blocking", count=str(len(pairs) - MOST_BLOCKING))
