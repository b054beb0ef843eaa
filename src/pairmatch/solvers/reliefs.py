"""The cheapest way for limits to give way so that some choice keeps them: an integer program.

HiGHS proposes and every number is counted again: what a choice misses of each limit is a matter of
addition, and it must be no more than the bound that HiGHS proved, rounded up to a whole number.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from ortools.graph.python import max_flow

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.limits import Bound
from pairmatch.solvers.feasibility import ChoiceProgram, group_alike

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt

_SLACK = 1e-6
"""Relative error of a bound in floating point that is allowed for."""

_MAX_DIGITS = 18
"""Binary digits of a number that is still exact with that error."""


@dataclass(frozen=True, slots=True)
class Relief:
    """By how much each bound gives way, and a choice of candidates that then keeps all."""

    amounts: tuple[int, ...]
    chosen: BoolArray


def find_cheapest_relief(
    num_candidates: int,
    bounds: Sequence[Bound],
    costs: Sequence[int | None],
    time_s: float = 0,
) -> Relief | None:
    """Return the relief that costs least, None if the bounds that never give way are impossible.

    Of equal ones it is that with the fewest bounds, then the one whose bounds come first in the
    list, then the one whose first bounds give way least.

    Parameters
    ----------
    num_candidates
        How many candidates there are.
    bounds
        The bounds, in order.
    costs
        What each costs per whole unit that it gives way; None: it never does.
    time_s
        Seconds that the search may take; 0 is no limit.

    Raises
    ------
    ArithmeticError
        If the solver gives up, or what it says does not hold in whole numbers.
    """
    search = _Search(num_candidates, bounds, costs, time_s)
    if not search.find_cost():
        return None
    search.close_unused()
    search.find_fewest()
    search.find_first()
    search.find_least()
    return Relief(search.amounts, search.program.pick(search.counts))


def find_single_relief(
    num_candidates: int,
    bounds: Sequence[Bound],
    places: Sequence[int],
    seconds: float = math.inf,
) -> tuple[int, BoolArray] | None:
    """Return the first of some bounds that will do if it gives way by one, and a choice then.

    The bound is told by where it is in `places`. None, if HiGHS finds none or what it finds does
    not hold in whole numbers: then this does not tell.

    Parameters
    ----------
    num_candidates, bounds
        How many candidates there are, and the bounds, which contradict each other.
    places
        The bounds that may give way, in order, by their places in the list.
    seconds
        How long the solver may take.

    Raises
    ------
    ArithmeticError
        If the solver gives up.
    """
    from ortools.math_opt.python import mathopt

    program = ChoiceProgram(num_candidates, bounds)
    gaps = [program.model.add_binary_variable() for _ in places]
    for place, gap in zip(places, gaps, strict=True):
        program.limits[place].set_coefficient(gap, 1 if bounds[place].is_least else -1)
    program.model.add_linear_constraint(lb=1, ub=1, expr=mathopt.fast_sum(gaps))
    ranked = [rank * gap for rank, gap in enumerate(gaps)]
    program.model.minimize(mathopt.fast_sum(ranked))
    bound, counts = program.solve(seconds=seconds)
    if counts is None:
        return None
    for rank, place in enumerate(places[: _round_up(bound) + 1]):
        if program.keeps(counts, [int(k == place) for k in range(len(bounds))]):
            return rank, program.pick(counts)
    return None


def spread_choice(
    num_candidates: int, bounds: Sequence[Bound], chosen: BoolArray, caps: Sequence[Bound]
) -> tuple[BoolArray | None, tuple[int, ...]]:
    """Return a choice that weighs the same in all bounds and keeps others, or what is in its way.

    That are the places of others, at least one, that no such choice keeps together.

    Parameters
    ----------
    num_candidates, bounds
        How many candidates there are, and the bounds.
    chosen
        The choice: what is chosen instead are candidates alike in all these bounds.
    caps
        The others: each is the most of some candidates, and no candidate is in two of them.
    """
    group, sizes = group_alike(num_candidates, bounds)
    wanted = np.bincount(group[chosen], minlength=len(sizes))
    source, sink, first_group = 0, 1, 2
    owner = np.full(num_candidates, sink)
    cap_nodes = np.arange(len(caps)) + first_group + len(sizes)
    for node, cap in zip(cap_nodes, caps, strict=True):
        owner[cap.idx] = node
    idx, groups = np.flatnonzero(wanted[group]), np.flatnonzero(wanted)
    solver = max_flow.SimpleMaxFlow()
    arcs = solver.add_arcs_with_capacity(
        np.concatenate([group[idx] + first_group, np.full(len(groups), source), cap_nodes]),
        np.concatenate([owner[idx], groups + first_group, np.full(len(caps), sink)]),
        np.concatenate([np.ones(len(idx), np.int64), wanted[groups], [cap.value for cap in caps]]),
    )
    solver.solve(source, sink)
    if solver.optimal_flow() < wanted.sum():
        full = set(solver.get_source_side_min_cut())
        return None, tuple(k for k, node in enumerate(cap_nodes.tolist()) if node in full)
    spread = np.zeros(num_candidates, dtype=np.bool_)
    spread[idx] = solver.flows(arcs[: len(idx)]) > 0
    return spread, ()


class _Search:
    """Settles cost, number, places and amounts, one after another."""

    def __init__(
        self,
        num_candidates: int,
        bounds: Sequence[Bound],
        costs: Sequence[int | None],
        time_s: float,
    ) -> None:
        self._until = time.monotonic() + time_s if time_s else math.inf
        self.program = ChoiceProgram(num_candidates, bounds)
        self._costs = {k: cost for k, cost in enumerate(costs) if cost is not None}
        self._gaps = {k: self.program.open_gap(k) for k in self._costs}
        self._prices: list[float] = []
        self._uses: dict[int, mathopt.Variable] = {}
        self._rows: dict[int, mathopt.LinearConstraint] = {}
        self.counts: tuple[int, ...] = ()
        self.amounts: tuple[int, ...] = ()

    @property
    def members(self) -> list[int]:
        """The bounds that give way."""
        return [k for k, amount in enumerate(self.amounts) if amount]

    @property
    def unforced(self) -> list[int]:
        """Those of them that need not give way for their own sake."""
        return [k for k in self.members if k in self._uses]

    def find_cost(self) -> bool:
        """Find the least cost and hold it; tell whether there is any relief."""
        total = self._sum_up([cost * self._gaps[k] for k, cost in self._costs.items()])
        if not self._minimize(total, self._add_costs, "cost"):
            return False
        self._prices = self.program.price()
        self.program.model.add_linear_constraint(ub=self._add_costs(), expr=total)
        return True

    def close_unused(self) -> None:
        """Close the gaps that no cheapest relief opens, by a proof in whole numbers.

        At prices per unit, none above what it costs to give way, any choice costs at least what
        the bounds demand less what candidates bring, and for each unit that a bound gives way its
        cost above its price more (weak duality): whoever has thought of the prices.
        """
        prices = self._guess_prices()
        gain = np.zeros(len(self.program.counts), dtype=object)  # whole numbers of any size
        demand = 0
        for bound, row, price in zip(self.program.bounds, self.program.rows, prices, strict=True):
            if price:
                groups, weights = row
                sign = price if bound.is_least else -price
                gain[groups] += sign * weights.astype(object)
                demand += sign * bound.value
        brought = zip(gain.tolist(), self.program.sizes.tolist(), strict=True)
        least = demand - sum(value * size for value, size in brought if value > 0)
        above = {k: cost - prices[k] for k, cost in self._costs.items()}
        least += sum(above[k] * int(gap.lower_bound) for k, gap in self._gaps.items())
        for k, gap in self._gaps.items():
            if least + above[k] > self._add_costs():
                gap.upper_bound = gap.lower_bound

    def _guess_prices(self) -> list[int]:
        """Return whole prices of the bounds that prove the cost, or come close to it."""
        prices = []
        guessed = zip(self._prices, self.program.bounds, strict=True)
        for k, (price, bound) in enumerate(guessed):
            # A least and a most of the same sum share a row: its sign tells which one binds.
            whole = round(abs(price)) if (price > 0) == bound.is_least else 0
            prices.append(min(whole, self._costs.get(k, whole)))
        return prices

    def find_fewest(self) -> None:
        """Find the fewest bounds that need give way at that cost, and hold their number."""
        most = self._add_costs()
        model = self.program.model
        for k, gap in self._gaps.items():
            cost = self._costs[k]
            size = int(min(gap.upper_bound, most // cost if cost else math.inf))
            gap.upper_bound = size
            if size and not gap.lower_bound:
                self._uses[k] = model.add_binary_variable()
                self._rows[k] = model.add_linear_constraint(lb=0, expr=size * self._uses[k] - gap)
        total = self._sum_up(list(self._uses.values()))
        # A single one that costs something is needed, or the cost would be less.
        is_free = any(not self._costs[k] for k in self.unforced)
        if len(self.unforced) > 1 or is_free or (self.unforced and self.members != self.unforced):
            self._require(total, lambda: len(self.unforced), "number")
        model.add_linear_constraint(ub=len(self.unforced), expr=total)
        self._tighten_sizes(most)

    def find_first(self) -> None:
        """Find the first bounds in order that can give way together, some after others.

        Of two sets of equal size that one is first which has the first bound that is not in both:
        that with the larger number, where each bound stands for a digit of a binary number.
        """
        left, num_left = list(self._uses), len(self.unforced)
        while num_left:
            # The place of a single one is its rank; more digits than these are no longer exact.
            some = left if num_left == 1 else left[:_MAX_DIGITS]
            ranks = range(len(some)) if num_left == 1 else [-(2**k) for k in range(len(some))][::-1]
            self._require_first(dict(zip(some, ranks, strict=True)), num_left)
            for k in some:
                use = self._uses[k]
                use.lower_bound = use.upper_bound = int(self.amounts[k] > 0)
                num_left -= int(self.amounts[k] > 0)
            left = left[len(some) :]
        for k in left:
            self._uses[k].upper_bound = 0

    def _require_first(self, ranks: dict[int, int], num_left: int) -> None:
        """Make the least sum of the ranks of bounds in use, of which there are so many at most."""
        if self._add_ranks(ranks) > sum(sorted(ranks.values())[:num_left]):
            total = self._sum_up([rank * self._uses[k] for k, rank in ranks.items()])
            self._require(total, partial(self._add_ranks, ranks), "place")

    def _add_ranks(self, ranks: dict[int, int]) -> int:
        return sum(rank for k, rank in ranks.items() if self.amounts[k])

    def find_least(self) -> None:
        """Find the least amounts, in order, and hold each."""
        members = self.members
        # What is left of the cost decides the last amount.
        is_settled = all(self._costs[k] for k in members)
        for k in members[:-1] if is_settled else members:
            if k in self._uses and self._costs[k] and self.amounts[k] == 1:
                self._gaps[k].upper_bound = 1
                continue  # it has to give way, or the cost would be less, and cannot by less
            self._require(self._sum_up([self._gaps[k]]), partial(self._read_amount, k), "amount")
            self._gaps[k].upper_bound = self.amounts[k]

    def _tighten_sizes(self, most: int) -> None:
        """Let no bound give way by more than the others leave of the cost.

        With fewer of them nothing is possible, so each gives way by 1 at least.
        """
        least = min((self._costs[k] for k in self._uses), default=0)
        forced = sum(cost * int(self._gaps[k].lower_bound) for k, cost in self._costs.items())
        left = most - forced - (len(self.unforced) - 1) * least
        for k, use in self._uses.items():
            if self._costs[k]:
                size = min(int(self._gaps[k].upper_bound), max(left, 0) // self._costs[k])
                self._gaps[k].upper_bound = size
                self._rows[k].set_coefficient(use, size)

    def _read_amount(self, k: int) -> int:
        return self.amounts[k]

    def _add_costs(self) -> int:
        return sum(cost * self.amounts[k] for k, cost in self._costs.items())

    def _require(self, expression: Any, score: Callable[[], int], what: str) -> None:
        if not self._minimize(expression, score, what):
            raise ArithmeticError(f"no relief is left after its {what}")

    def _minimize(self, expression: Any, score: Callable[[], int], what: str) -> bool:
        """Find a choice with the least value of an expression; tell whether there is any.

        `score` is that value counted from the amounts, in whole numbers.
        """
        self.program.model.minimize(expression)
        found = self._try_solver(score, exactly=False)
        if found:
            return True
        exact = self._try_solver(score, exactly=True)
        if exact is False:
            raise ArithmeticError(f"the least {what} does not hold in whole numbers")
        if exact and found is None:
            raise ArithmeticError("two solvers disagree on whether limits can give way")
        return exact is True

    def _try_solver(self, score: Callable[[], int], *, exactly: bool) -> bool | None:
        """Whether what a solver finds is best by its own bound, counted again; None for nothing."""
        bound, counts = self.program.solve(exactly=exactly, seconds=self._until - time.monotonic())
        if counts is None:
            return None
        return self._accept(counts) and score() <= _round_up(bound)

    def _accept(self, counts: tuple[int, ...]) -> bool:
        """Keep a choice if it misses only bounds that give way, by whole amounts."""
        amounts = tuple(self.program.measure(counts))
        allowed = [amount if k in self._costs else 0 for k, amount in enumerate(amounts)]
        if not self.program.keeps(counts, allowed):
            return False
        self.counts, self.amounts = counts, amounts
        return True

    @staticmethod
    def _sum_up(terms: Sequence[Any]) -> Any:
        from ortools.math_opt.python import mathopt

        return mathopt.fast_sum(terms)


def _round_up(bound: float) -> int:
    """Return the least whole number that a bound in floating point allows."""
    return math.ceil(bound - _SLACK * max(1.0, abs(bound)))
