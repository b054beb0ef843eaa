"""The cheapest cure of a problem without a matching: which limits give way, and by how much."""

import math
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.limits import (
    ANY_PAIR,
    KINDS,
    SINGLE_KIND,
    Bound,
    Cure,
    CureMember,
    Limit,
    list_bounds,
    relax_limits,
)
from pairmatch.domain.problem import Problem
from pairmatch.match.solution import try_network
from pairmatch.match.wordings import tell_relief
from pairmatch.solvers.choices import keeps_limits
from pairmatch.solvers.feasibility import find_choice
from pairmatch.solvers.flows import solve_circulation
from pairmatch.solvers.reliefs import Relief, find_cheapest_relief


def find_cure(
    problem: Problem,
    kept: Collection[Limit] = (),
    time_s: float = 0,
    core: Collection[Limit] = (),
) -> Cure | None:
    """Return the limits that give way at the least waiver cost so that there is a matching.

    Limits without a waiver cost never give way. Only where none has one, each may, at 1 per pair
    or per unit of a resource. Of equally cheap cures it is that with the fewest limits, then the
    one whose limits come first. None means that there is no cure. A problem that needs none gets
    a cure without members.

    Parameters
    ----------
    problem
        The problem.
    kept
        Limits that never give way, whatever they cost: they are what was asked for.
    time_s
        Seconds that the search may take; 0 is no limit.
    core
        A conflict among the limits, where one is known: any cure has one of its members.

    Raises
    ------
    ArithmeticError
        If a solver gives up, or its cure does not hold in whole numbers.
    """
    bounds = list_bounds(problem)
    held = frozenset(kept)
    free = {limit for limit in bounds if limit not in held and KINDS[limit.kind].relax is not None}
    is_priced = any(bounds[limit].waiver is not None for limit in free)
    steps = problem.steps_per_point if is_priced else 1
    prices = [
        _price(bound, is_priced, steps) if limit in free else None
        for limit, bound in bounds.items()
    ]
    until = time.monotonic() + time_s if time_s else math.inf
    if not is_priced and (relief := _relax_one(problem, bounds, free, core, until)) is not None:
        return _finish(problem, bounds, relief, prices, is_priced)
    unit = math.lcm(*(price.denominator for price in prices if price is not None))
    costs = [None if price is None else int(price * unit) for price in prices]
    relief = _relieve_few(problem, bounds, costs, core, until) or find_cheapest_relief(
        problem.num_candidates, list(bounds.values()), costs, time_s
    )
    return None if relief is None else _finish(problem, bounds, relief, prices, is_priced)


def _relieve_few(
    problem: Problem,
    bounds: dict[Limit, Bound],
    costs: Sequence[int | None],
    core: Collection[Limit],
    until: float,
) -> Relief | None:
    """Return the cheapest relief, where the most of single villages does not matter to it.

    Without these limits candidates are alike that differ in the village alone, and the program is
    a fraction in size. A relief of the whole without their share is a relief of what is left, and
    no dearer, so one that is the first of the cheapest there, and will do for the whole, is that
    of the whole. None if this does not tell.
    """
    few = [
        (limit, cost)
        for limit, cost in zip(bounds, costs, strict=True)
        # A limit that gives way for nothing is no dearer with its share than without.
        if limit.kind != SINGLE_KIND or limit in core or cost == 0
    ]
    if len(few) == len(bounds):
        return None
    relief = find_cheapest_relief(
        problem.num_candidates,
        [bounds[limit] for limit, _cost in few],
        [cost for _limit, cost in few],
        _seconds_until(until),
    )
    if relief is None:
        return None
    amounts = {limit: n for (limit, _cost), n in zip(few, relief.amounts, strict=True) if n}
    chosen = _choose(relax_limits(problem, amounts), until - time.monotonic())
    if chosen is None:
        return None
    return Relief(tuple(amounts.get(limit, 0) for limit in bounds), chosen)


def _seconds_until(until: float) -> float:
    """Return how long a search may take that ends at a point in time; 0 is no limit."""
    return 0 if math.isinf(until) else max(until - time.monotonic(), 0.01)


def _relax_one(
    problem: Problem,
    bounds: dict[Limit, Bound],
    free: Collection[Limit],
    core: Collection[Limit],
    until: float,
) -> Relief | None:
    """Return the relief of one pair in the first limit that will do; None if this does not tell.

    At a price of 1 for each pair nothing is cheaper, and no other limit alone would do, as every
    cure has a member of the conflict.
    """
    for limit, bound in bounds.items():
        if limit not in core or limit not in free or bound.scale != 1:
            continue
        relaxed = relax_limits(problem, {limit: 1})
        few = [bound for other, bound in list_bounds(relaxed).items() if other.kind != SINGLE_KIND]
        # What is impossible without the most of single villages, a small question, is impossible.
        if find_choice(problem.num_candidates, few, until - time.monotonic()) is None:
            continue
        chosen = _choose(relaxed, until - time.monotonic())
        if chosen is not None:
            return Relief(tuple(int(other == limit) for other in bounds), chosen)
    return None


def _choose(problem: Problem, seconds: float) -> BoolArray | None:
    """Return a choice that keeps all limits of a problem, None if there is none."""
    bounds = list_bounds(problem)
    network = try_network(replace(problem, levels=("total",)))  # whatever the goals are
    if network is None:
        return find_choice(problem.num_candidates, list(bounds.values()), seconds)
    lower = network.lower.copy()
    lower[network.return_arc] = int(ANY_PAIR in bounds)
    cost = np.zeros(len(network.tail), dtype=np.int64)
    flow = solve_circulation(network, cost, lower, network.upper)
    return None if flow is None else flow[: network.num_candidates] > 0


def _finish(
    problem: Problem,
    bounds: dict[Limit, Bound],
    relief: Relief,
    prices: list[Fraction | None],
    is_priced: bool,
) -> Cure:
    cure = _describe(problem, bounds, relief, prices, is_priced)
    _check_cure(problem, cure, relief)
    return cure


def apply_cure(problem: Problem, cure: Cure) -> Problem:
    """Return the problem with the limits of a cure relaxed as far as it says, all others kept."""
    return relax_limits(problem, {member.limit: member.amount for member in cure.members})


def _price(bound: Bound, is_priced: bool, steps: int) -> Fraction | None:
    """Return what giving way by the least amount costs, in points; None if a limit never does."""
    waiver = bound.waiver if is_priced else 1
    return None if waiver is None else Fraction(waiver, bound.scale * steps)


def _describe(
    problem: Problem,
    bounds: dict[Limit, Bound],
    relief: Relief,
    prices: list[Fraction | None],
    is_priced: bool,
) -> Cure:
    members = []
    cost = Fraction(0)
    for (limit, bound), amount, price in zip(bounds.items(), relief.amounts, prices, strict=True):
        if amount and price is not None:
            told = tell_relief(problem, limit, bound, amount)
            members.append(CureMember(limit, amount, told.code, told.params))
            cost += amount * price
    return Cure(tuple(members), cost, is_priced)


def _check_cure(problem: Problem, cure: Cure, relief: Relief) -> None:
    """Apply a cure: the choice that solves it must keep all limits, counted by other code."""
    cured = apply_cure(problem, cure)
    has_pair = bool(relief.chosen.any()) or "num_matched" not in problem.levels
    if not (has_pair and keeps_limits(cured, relief.chosen)):
        raise ArithmeticError("a cure does not cure")
