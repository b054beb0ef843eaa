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

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.limits import Bound
from pairmatch.solvers.feasibility import ChoiceProgram

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt

_SLACK = 1e-6
"""Relative error of a bound in floating point that is allowed for."""


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
    search.find_fewest()
    search.find_first()
    search.find_least()
    return Relief(search.amounts, search.program.pick(search.counts))


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
        self._gaps = {k: self._open_gap(k) for k in self._costs}
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
        self.program.model.add_linear_constraint(ub=self._add_costs(), expr=total)
        return True

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
        """Find the first bounds in order that can give way together, one after another."""
        left = list(self._uses)
        for place in range(len(self.unforced)):
            find_rank = partial(self._find_rank, place, left)
            if find_rank():
                self._require(self._rank_first(left), find_rank, "place")
            rank = find_rank()
            for k in left[:rank]:
                self._uses[k].upper_bound = 0
            self._uses[left[rank]].lower_bound = 1
            left = left[rank + 1 :]

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

    def _find_rank(self, place: int, left: list[int]) -> int:
        """Return where in a list the bound is that gives way as the so many-th."""
        return left.index(self.unforced[place])

    def _read_amount(self, k: int) -> int:
        return self.amounts[k]

    def _open_gap(self, k: int) -> "mathopt.Variable":
        """Return a variable that says by how much a bound gives way."""
        bound = self.program.bounds[k]
        if bound.is_least:
            least, most = max(0, bound.value - bound.reach), bound.value
        else:
            least, most = 0, bound.reach - bound.value
        gap = self.program.model.add_integer_variable(lb=least, ub=max(least, most))
        self.program.limits[k].set_coefficient(gap, 1 if bound.is_least else -1)
        return gap

    def _rank_first(self, left: Sequence[int]) -> Any:
        """Return an expression whose least value is the place of the first bound in use."""
        model = self.program.model
        firsts = [model.add_binary_variable() for _ in left]
        model.add_linear_constraint(lb=1, ub=1, expr=self._sum_up(firsts))
        for first, k in zip(firsts, left, strict=True):
            model.add_linear_constraint(lb=0, expr=self._uses[k] - first)
        return self._sum_up([rank * first for rank, first in enumerate(firsts)])

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
        least = math.ceil(bound - _SLACK * max(1.0, abs(bound)))
        return self._accept(counts) and score() <= least

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
