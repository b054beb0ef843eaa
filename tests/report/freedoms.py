"""Proposals with a record of what may still be chosen, in all its shapes."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from tests.report.proposals import HOSTILE, Shape, make_plain, make_proposal, make_small

from pairmatch.domain.explanation import Move
from pairmatch.domain.freedom import (
    BlockingPair,
    ChoiceCount,
    FairnessPoint,
    Freedom,
    KindScarcity,
    PairFreedom,
    Variant,
)
from pairmatch.domain.proposal import Proposal

PRICES = (0, 0, 0, 0, 40, 99, 100, 140, 260, 380, 620, 840, 1430, 1990, 2210, 2600, 3075, None)
"""Losses in hundredths of the first pairs; those beyond have the last but one."""
KINDS = (("医院", "hospital", 140), ("建筑", "builder", 3), ("银行", "bank", 0))


def make_free(**changes: Any) -> Proposal:
    """Return a proposal of 32 pairs in 4 counties with every part of the record."""
    return add_freedom(make_proposal(replace(Shape(4, 10), **changes)))


def make_free_small(**changes: Any) -> Proposal:
    """Return a proposal of 6 pairs with every part of the record."""
    return add_freedom(make_small(**changes))


def make_free_plain() -> Proposal:
    """Return a proposal of ids and points only, with every part of the record."""
    return add_freedom(make_plain())


def make_hostile() -> Proposal:
    """Return a proposal whose units, villages and kinds have names that try to break out."""
    proposal = make_free_small(hostile=True, county_pairs=2)
    unit = proposal.explanations[0].unit_id
    kinds = tuple(KindScarcity(name, HOSTILE[k - 1], k, unit, k) for k, name in enumerate(HOSTILE))
    return change_freedom(proposal, kinds=kinds)


def change_freedom(proposal: Proposal, **changes: Any) -> Proposal:
    """Return the proposal with parts of its record replaced."""
    assert proposal.freedom is not None
    return replace(proposal, freedom=replace(proposal.freedom, **changes))


def set_levels(proposal: Proposal, *levels: str) -> Proposal:
    """Return the proposal of a problem with other goals."""
    return replace(proposal, problem=replace(proposal.problem, levels=levels))


def drop_proof(proposal: Proposal) -> Proposal:
    """Return the proposal with a solver's bounds only, and no record."""
    certificate = proposal.matching.certificate
    levels = tuple(replace(level, steps=()) for level in certificate.levels)
    matching = replace(proposal.matching, certificate=replace(certificate, levels=levels))
    return replace(proposal, matching=matching, freedom=None)


def trace_curve(proposal: Proposal, drops: Sequence[int]) -> tuple[FairnessPoint, ...]:
    """Return a curve from the proposal's own point upwards that loses so many steps in all."""
    worst = min(pair.points for pair in proposal.explanations)
    own = FairnessPoint(worst, proposal.matching.total, 0)
    others = (
        FairnessPoint(worst + 590 * k, own.total - drop, 3 * k)
        for k, drop in enumerate(drops, start=1)
    )
    return (own, *others)


def count_choices(proposal: Proposal, slack: int, num_must: int) -> ChoiceCount:
    """Return counts of which so many are in every matching and twice as many in some."""
    num_may = 2 * num_must
    return ChoiceCount(
        slack, num_must, num_may, proposal.problem.num_candidates - num_must - num_may
    )


def add_freedom(proposal: Proposal) -> Proposal:
    """Return the proposal with a record that hangs together: counts fit the prices."""
    step = proposal.problem.steps_per_point
    explained, total = proposal.explanations, proposal.matching.total
    hundredths = [PRICES[min(k, len(PRICES) - 2)] for k in range(len(explained) - 1)]
    prices = [None if p is None else p * step // 100 for p in (*hundredths, None)]
    pairs = []
    for k, (pair, price) in enumerate(zip(explained, prices, strict=True)):
        other = explained[k - 1]
        moves = (
            Move(pair.unit_id, pair.village_id, other.village_id),
            Move(other.unit_id, other.village_id, pair.village_id),
        )
        pairs.append(
            PairFreedom(pair.unit_id, pair.village_id, price, () if price is None else moves)
        )
    fixed = sum(price != 0 for price in prices)
    slack = total // 100
    left = sum(price is None or price > slack for price in prices)
    units = [pair.unit_id for pair in explained]
    kinds = tuple(
        KindScarcity(zh, en, 12 - 5 * k, units[k], gain * step // 100)
        for k, (zh, en, gain) in enumerate(KINDS)
    )
    freedom = Freedom(
        pairs=tuple(pairs),
        counts=(count_choices(proposal, 0, fixed), count_choices(proposal, slack, left)),
        kinds=kinds,
        fairness=trace_curve(proposal, [step * drop // 100 for drop in (30, 1230, 4000)]),
        variants=(Variant(2, total), Variant(4, total - total * 3 // 1000 + 1)),
        blocking=list_blocking(proposal),
    )
    return replace(proposal, freedom=freedom)


def list_blocking(proposal: Proposal) -> tuple[BlockingPair, ...]:
    """Return pairs that would suit both sides: of neighbours, and one of sides without a pair."""
    explained = proposal.explanations
    pairs = [
        BlockingPair(one.unit_id, other.village_id, one.village_id, other.unit_id)
        for one, other in itertools.pairwise(explained)
    ]
    return (*pairs, BlockingPair(explained[0].unit_id, explained[0].village_id, None, None))


def open_villages(proposal: Proposal) -> Proposal:
    """Return the proposal of a problem in which a village may have two units."""
    problem = proposal.problem
    return replace(
        proposal, problem=replace(problem, village_max=np.full_like(problem.village_max, 2))
    )
