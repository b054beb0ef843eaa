"""Between which spreads of a rule a pairing stays the best: exact ends, by parametric flows.

The points of one rule are multiplied by a factor, all others stay. What a matching is worth is then
a line in the factor, so the best of all is a convex function of it, and the ends of the interval in
which one matching is best are met by going from the far end to crossings of lines (Newton's method;
Eisner and Severance, Mathematical techniques for efficient record segmentation, 1976).
"""

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import StepsError
from pairmatch.domain.problem import Problem
from pairmatch.match.keptlevels import drop_later, open_trade
from pairmatch.solvers.faces import cost_arcs
from pairmatch.solvers.flows import solve_circulation

if TYPE_CHECKING:
    from pairmatch.solvers.tradeoffs import TradeOff

_FREE_GOALS = frozenset({"num_matched", "kept"})
"""Goals that no points enter."""

_LIMIT = 2**62


class SpreadRanges:
    """Finds how far the points of a rule may be multiplied; None where that is not known.

    It is known where the total is the last goal, no points enter those before, all is a flow, and
    no sum is too large for whole numbers of 64 bits.
    """

    def __init__(self, problem: Problem, chosen_idx: IndexArray) -> None:
        self._problem = drop_later(problem)
        self._chosen = np.zeros(problem.num_candidates, dtype=np.int64)
        self._chosen[chosen_idx] = 1
        *before, last = problem.levels
        fits = last == "total" and _FREE_GOALS.issuperset(before)
        # No matching has more pairs than this.
        self._most = int(min(problem.unit_max.sum(), problem.village_max.sum()))
        zeros = np.zeros(problem.num_candidates, dtype=np.int64)
        self._trade: TradeOff | None = open_trade(self._problem, zeros) if fits else None

    def find(self, points: IntArray) -> tuple[Fraction, Fraction | None] | None:
        """Return the least and the greatest factor of a rule's points, None for no end.

        Parameters
        ----------
        points
            The rule's part of each candidate's points.
        """
        if self._trade is None:
            return None
        rest = self._problem.points - points
        try:
            greatest = self._find_end(rest, points, is_up=True)
            least = self._find_end(rest, points, is_up=False)
        except StepsError:
            return None
        return (least or Fraction(0)), greatest

    def _find_end(self, rest: IntArray, points: IntArray, *, is_up: bool) -> Fraction | None:
        """Return where another matching gets better; None if none does on this side."""
        own = self._measure(self._chosen, rest), self._measure(self._chosen, points)
        # At the far end one of the sums counts before the other.
        largest = int(np.abs(rest if is_up else points).max(initial=0))
        weight = 1 + 2 * self._most * largest
        sides = (1, weight) if is_up else (weight, 1)
        found = self._solve(add_weighted(sides, (rest, points)))
        end: Fraction | None = None
        while True:
            ahead = (
                self._measure(found, rest) - own[0],
                self._measure(found, points) - own[1],
            )
            if end is None:
                is_better = ahead[1] > 0 if is_up else ahead[0] > 0
            else:
                is_better = end.denominator * ahead[0] + end.numerator * ahead[1] > 0
            if not is_better:
                return end
            end = Fraction(-ahead[0], ahead[1])
            sides = end.denominator, end.numerator
            found = self._solve(add_weighted(sides, (rest, points)))

    def _solve(self, weights: IntArray) -> IntArray:
        trade = self._trade
        assert trade is not None  # noqa: S101 - asked for before
        cost = cost_arcs(trade.network, weights)
        flow = solve_circulation(trade.network, cost, trade.face.lower, trade.face.upper)
        assert flow is not None  # noqa: S101 - the matching at hand is one
        chosen: IntArray = flow[: trade.network.num_candidates]
        return chosen

    @staticmethod
    def _measure(chosen: IntArray, weights: IntArray) -> int:
        return int((chosen * weights).sum())


def add_weighted(weights: tuple[int, int], sums: tuple[IntArray, IntArray]) -> IntArray:
    """Return the weighted sum of two rows of points.

    Raises
    ------
    StepsError
        If it may leave 64 bits.
    """
    largest = sum(w * int(np.abs(row).max(initial=0)) for w, row in zip(weights, sums, strict=True))
    if largest >= _LIMIT:
        raise StepsError("scores are too large for exact integer arithmetic")
    added: IntArray = weights[0] * sums[0] + weights[1] * sums[1]
    return added
