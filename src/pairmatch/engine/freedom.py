"""The priced freedom around a proven pairing: what may still be chosen, and at which price."""

import numpy as np

from pairmatch.domain.freedom import (
    BlockingPair,
    ChoiceCount,
    FairnessPoint,
    Freedom,
    KindScarcity,
    PairFreedom,
    Variant,
)
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.matching import Matching
from pairmatch.domain.problem import Problem
from pairmatch.domain.taxonomy import drop_section
from pairmatch.engine.influence import Answer
from pairmatch.explain.blocking import list_blocking
from pairmatch.explain.choices import list_scarcity, sort_choices
from pairmatch.explain.prices import PriceBook, trace_ban
from pairmatch.hooks.builtin.wishes import rank_wishes
from pairmatch.match.alternates import find_alternate, trace_fairness

NUM_TRACED = 15
"""Of the freest pairs so many say who would move without them."""

SMALL_LOSS = 100
"""One part of so many of the total is a small loss: 1 %."""

MOST_CANDIDATES = 50_000
"""Beyond, only what the prices tell at once is reported: the rest is solved for again and again."""

VARIANT_SHARES = (10, 2)
"""Variants differ in a tenth and in half of the pairs."""

DIVISION_DIGITS = 2


def measure_freedom(inputs: Inputs, answer: Answer, book: PriceBook) -> Freedom:
    """Return what may still be chosen, each choice with its exact price.

    Scarce kinds, the price of fairness and variants are left out of very large problems.

    Raises
    ------
    ArithmeticError
        If a solver gives up.
    """
    problem, matching = answer.problem, answer.matching
    slacks = (0, abs(matching.total) // SMALL_LOSS)
    pairs = _list_pairs(problem, matching, book)
    counts = tuple(_count_choices(book, slack) for slack in slacks)
    if problem.num_candidates > MOST_CANDIDATES:
        return Freedom(pairs=pairs, counts=counts)
    return Freedom(
        pairs=pairs,
        counts=counts,
        kinds=_list_kinds(inputs, book),
        fairness=_trace_fairness(problem, matching),
        variants=tuple(_list_variants(problem, matching)),
        blocking=_list_blocking(answer),
    )


def _list_pairs(problem: Problem, matching: Matching, book: PriceBook) -> tuple[PairFreedom, ...]:
    """Return all chosen pairs by banning price, those that cannot be done without last."""
    chosen = matching.chosen_idx
    price = book.banning[chosen]
    order = np.lexsort((chosen, price, price < 0))
    pairs = []
    for number, k in enumerate(chosen[order].tolist()):
        loss = int(book.banning[k])
        pairs.append(
            PairFreedom(
                problem.unit_ids[problem.unit_idx[k]],
                problem.village_ids[problem.village_idx[k]],
                None if loss < 0 else loss,
                trace_ban(book, k) if number < NUM_TRACED else (),
            )
        )
    return tuple(pairs)


def _count_choices(book: PriceBook, slack: int) -> ChoiceCount:
    choices = sort_choices(book, slack)
    return ChoiceCount(slack, len(choices.must), len(choices.may), len(choices.never))


def _list_kinds(inputs: Inputs, book: PriceBook) -> tuple[KindScarcity, ...]:
    """Return what one more place is worth by the units' first industry, the scarcest first."""
    codes = [
        drop_section(unit.industry_codes[0])[:DIVISION_DIGITS] if unit.industry_codes else ""
        for unit in inputs.units
    ]
    groups = {code: np.array([c == code for c in codes]) for code in sorted(set(codes)) if code}
    names = inputs.taxonomy.industries
    kinds = [
        KindScarcity(
            names.get(found.name, found.name),
            f"industry {found.name}",
            int(groups[found.name].sum()),
            book.problem.unit_ids[found.unit_idx],
            found.gain,
            found.raises_earlier,
        )
        for found in list_scarcity(book, groups).groups
    ]
    return tuple(sorted(kinds, key=lambda k: (not k.raises_earlier, -(k.gain or 0), k.label_zh)))


def _trace_fairness(problem: Problem, matching: Matching) -> tuple[FairnessPoint, ...]:
    return tuple(
        FairnessPoint(
            point.worst,
            point.total,
            len(np.setdiff1d(matching.chosen_idx, point.chosen_idx)),
        )
        for point in trace_fairness(problem)
    )


def _list_variants(problem: Problem, matching: Matching) -> list[Variant]:
    numbers = sorted({matching.num_matched // share for share in VARIANT_SHARES} - {0})
    found = [(number, find_alternate(problem, matching, number)) for number in numbers]
    return [Variant(number, other.total) for number, other in found if other is not None]


def _list_blocking(answer: Answer) -> tuple[BlockingPair, ...]:
    """Return the pairs that both sides' wishes prefer, of chosen villages first, by points."""
    problem, matching = answer.problem, answer.matching
    if max(problem.unit_max.max(), problem.village_max.max()) > 1:
        return ()  # "instead of what" has several answers then
    found = list_blocking(problem, matching, *rank_wishes(answer.table.candidates))
    chosen = matching.chosen_idx
    village_of = dict(
        zip(problem.unit_idx[chosen].tolist(), problem.village_idx[chosen].tolist(), strict=True)
    )
    unit_of = {village: unit for unit, village in village_of.items()}
    order = np.lexsort((found, -problem.points[found]))
    pairs = []
    for k in found[order].tolist():
        unit, village = int(problem.unit_idx[k]), int(problem.village_idx[k])
        own, rival = village_of.get(unit), unit_of.get(village)
        pairs.append(
            BlockingPair(
                problem.unit_ids[unit],
                problem.village_ids[village],
                None if own is None else problem.village_ids[own],
                None if rival is None else problem.unit_ids[rival],
            )
        )
    return tuple(sorted(pairs, key=lambda pair: pair.present_unit_id is None))
