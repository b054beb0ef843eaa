"""The cheapest cure of a problem without a matching: which limits give way, and by how much."""

import math
import time
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from functools import partial

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.limits import (
    KINDS,
    SINGLE_KIND,
    Bound,
    Cure,
    CureMember,
    Limit,
    format_amount,
    list_bounds,
    relax_limits,
)
from pairmatch.domain.problem import Problem
from pairmatch.match.judging import QUOTA_KINDS
from pairmatch.match.wordings import tell_relief
from pairmatch.solvers.choices import keeps_limits
from pairmatch.solvers.reliefs import (
    Relief,
    find_cheapest_relief,
    find_single_relief,
    spread_choice,
)


def find_cure(
    problem: Problem,
    kept: Collection[Limit] = (),
    time_s: float = 0,
    core: Collection[Limit] = (),
) -> Cure | None:
    """Return the limits that give way at the least waiver cost so that there is a matching.

    Limits without a waiver cost never give way. Only where none has one, each may, at 1 per pair
    or per unit of a resource. Of equally cheap cures it is that with the fewest limits, then the
    one whose limits come first: quotas, then capacities, demands and resources, then what somebody
    decided for a single pair (bans without a reason, locks, bans with one). None means that there
    is no cure. A problem that needs none gets a cure without members.

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
    listed = list_bounds(problem)
    bounds = {limit: listed[limit] for limit in sorted(listed, key=partial(_rank, problem))}
    held, core = frozenset(kept), frozenset(core)
    free = {limit for limit in bounds if limit not in held and KINDS[limit.kind].relax is not None}
    is_priced = any(bounds[limit].waiver is not None for limit in free)
    listed_prices = price_limits(problem, bounds, is_priced)
    prices = [listed_prices[limit] if limit in free else None for limit in bounds]
    until = time.monotonic() + time_s if time_s else math.inf
    if not is_priced and (relief := _relax_one(problem, bounds, free, core, until)) is not None:
        return _finish(problem, bounds, relief, prices, is_priced)
    unit = math.lcm(*(price.denominator for price in prices if price is not None))
    costs = [None if price is None else int(price * unit) for price in prices]
    relief = _relieve_few(problem, bounds, costs, core, until)
    return None if relief is None else _finish(problem, bounds, relief, prices, is_priced)


def _rank(problem: Problem, limit: Limit) -> int:
    """Return how late a limit gives way at equal cost; those of one rank in their own order."""
    if limit.kind == "ban":
        return 4 if problem.bans[limit.idx].reason else 2
    if limit.kind == "lock":
        return 3
    return 0 if limit.kind in QUOTA_KINDS else 1


def _relieve_few(
    problem: Problem,
    bounds: dict[Limit, Bound],
    costs: Sequence[int | None],
    core: Collection[Limit],
    until: float,
) -> Relief | None:
    """Return the cheapest relief, with as few limits of single villages in the program as will do.

    Without these limits candidates are alike that differ in the village alone, and the program is
    a fraction in size. A relief of the whole without their share is a relief of what is left, and
    no dearer, so one that is the first of the cheapest there, and will do for the whole, is that
    of the whole. Where it will not do, the limits in its way are added.
    """
    given = dict(zip(bounds, costs, strict=True))
    # A limit that gives way for nothing is no dearer with its share than without.
    left_out = {n for n in bounds if n.kind == SINGLE_KIND and n not in core and given[n] != 0}
    while True:
        few = {limit: bound for limit, bound in bounds.items() if limit not in left_out}
        relief = find_cheapest_relief(
            problem.num_candidates,
            list(few.values()),
            [given[limit] for limit in few],
            _seconds_until(until),
        )
        if relief is None:
            return None
        spread, tight = _spread(problem, bounds, few, relief.chosen)
        if spread is not None:
            amounts = dict(zip(few, relief.amounts, strict=True))
            return Relief(tuple(amounts.get(limit, 0) for limit in bounds), spread)
        left_out -= tight


def _spread(
    problem: Problem, bounds: dict[Limit, Bound], few: dict[Limit, Bound], chosen: BoolArray
) -> tuple[BoolArray | None, frozenset[Limit]]:
    """Return a choice like one of few limits that keeps the others, or those in the way of it.

    The others are the most of single villages.
    """
    others = [limit for limit in bounds if limit not in few]
    caps = [bounds[limit] for limit in others]
    spread, tight = spread_choice(problem.num_candidates, list(few.values()), chosen, caps)
    return spread, frozenset(others[place] for place in tight)


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
    tried = [n for n in bounds if n in core and n in free and bounds[n].scale == 1]
    left_out = {n for n in bounds if n.kind == SINGLE_KIND and n not in core}
    while tried:
        few = {limit: bound for limit, bound in bounds.items() if limit not in left_out}
        places = {limit: place for place, limit in enumerate(few)}
        found = find_single_relief(
            problem.num_candidates,
            list(few.values()),
            [places[limit] for limit in tried],
            until - time.monotonic(),
        )
        if found is None:
            break
        rank, chosen = found
        spread, tight = _spread(problem, bounds, few, chosen)
        if spread is not None:
            return Relief(tuple(int(limit == tried[rank]) for limit in bounds), spread)
        left_out -= tight
        tried = tried[rank:]  # those before it will not do with fewer limits either
    return None


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


def price_limits(
    problem: Problem, bounds: Mapping[Limit, Bound], is_priced: bool
) -> dict[Limit, Fraction | None]:
    """Return what giving way by the least amount costs of each limit; None if it never does.

    Parameters
    ----------
    problem, bounds
        The problem, and limits of it with their numbers.
    is_priced
        Whether waiver costs are set, in points; else each pair or unit of a resource costs 1.
    """
    steps = problem.steps_per_point if is_priced else 1
    prices: dict[Limit, Fraction | None] = {}
    for limit, bound in bounds.items():
        waiver = bound.waiver if is_priced else 1
        gives_way = waiver is not None and KINDS[limit.kind].relax is not None
        prices[limit] = Fraction(waiver or 0, bound.scale * steps) if gives_way else None
    return prices


def _describe(
    problem: Problem,
    bounds: dict[Limit, Bound],
    relief: Relief,
    prices: list[Fraction | None],
    is_priced: bool,
) -> Cure:
    members, parts = [], []
    cost = Fraction(0)
    for (limit, bound), amount, price in zip(bounds.items(), relief.amounts, prices, strict=True):
        if amount and price is not None:
            told = tell_relief(problem, limit, bound, amount)
            members.append(CureMember(limit, amount, told.code, told.params))
            parts.append((Fraction(amount, bound.scale), price * bound.scale))
            cost += amount * price
    return Cure(tuple(members), cost, is_priced, _show_sum(parts))


def _show_sum(parts: Sequence[tuple[Fraction, Fraction]]) -> str:
    """Return a sum of amounts, each times its price; nothing where it is one price."""
    if len(parts) == 1 and parts[0][0] == 1:
        return ""
    return " + ".join(f"{format_amount(amount)}×{format_amount(price)}" for amount, price in parts)


def _check_cure(problem: Problem, cure: Cure, relief: Relief) -> None:
    """Apply a cure: the choice that solves it must keep all limits, counted by other code."""
    cured = apply_cure(problem, cure)
    has_pair = bool(relief.chosen.any()) or "num_matched" not in problem.levels
    if not (has_pair and keeps_limits(cured, relief.chosen)):
        raise ArithmeticError("a cure does not cure")
