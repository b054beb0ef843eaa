"""The priced freedom around a proven pairing: what may still be chosen, and at which price."""

import numpy as np

from pairmatch.domain.freedom import (
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
from pairmatch.explain.choices import list_scarcity, sort_choices
from pairmatch.explain.prices import PriceBook, trace_ban
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


def measure_freedom(
    inputs: Inputs, problem: Problem, matching: Matching, book: PriceBook
) -> Freedom:
    """Return what may still be chosen, each choice with its exact price.

    Scarce kinds, the price of fairness and variants are left out of very large problems.

    Raises
    ------
    ArithmeticError
        If a solver gives up.
    """
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
