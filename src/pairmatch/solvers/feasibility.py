"""Whether limits on sets of pairs can all hold, decided by HiGHS and never on its word alone.

HiGHS calculates in floating point. A choice that it finds counts once it keeps every limit in whole
numbers; that it finds none counts once CP-SAT, which calculates in whole numbers, finds none
either, as a plain question: its cores can be wrong (google/or-tools#5141) and are not asked for.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.limits import Bound
from pairmatch.solvers.programs import Row, build_model, run_solver, solve_exactly, solve_program

_NOISE = 1e-6
"""Size of a number in floating point that stands for nothing."""


class ChoiceProgram:
    """How many of each kind of alike candidates to choose, within bounds, as a linear program.

    Candidates that weigh the same in every bound are alike, so only their number is asked for: of
    ten thousand candidates under a few bounds that may be a dozen numbers.
    """

    def __init__(
        self, num_candidates: int, bounds: Sequence[Bound], *, is_integer: bool = True
    ) -> None:
        self.bounds = bounds
        self._group, self._sizes = group_alike(num_candidates, bounds)
        self._rows = [sum_up_groups(self._group, bound) for bound in bounds]
        self.counts_only = all((bound.weights == 1).all() for bound in bounds)
        places = self._place_bounds()
        sizes = self._sizes.tolist()
        rows = self._list_rows(places)
        self.model = build_model([0] * len(sizes), sizes, rows, is_integer=is_integer)
        self.counts = list(self.model.variables())
        limits = list(self.model.linear_constraints())
        self.limits = [limits[place] for place in places]

    def solve(
        self, *, exactly: bool = False, seconds: float = math.inf
    ) -> tuple[float, tuple[int, ...] | None]:
        """Return a solver's bound on the objective and the numbers it chose: None for no choice.

        Parameters
        ----------
        exactly
            Ask CP-SAT, which calculates in whole numbers, instead of HiGHS.
        seconds
            How long it may take.

        Raises
        ------
        ArithmeticError
            If the solver gives up, which says nothing about whether there is a choice.
        """
        if exactly:
            answer = solve_exactly(self.model, seconds)
            if answer is None:
                return math.nan, None
            return answer.bound, tuple(answer.values[count.id] for count in self.counts)
        return self._solve_with_highs(seconds)

    def _solve_with_highs(self, seconds: float) -> tuple[float, tuple[int, ...] | None]:
        from ortools.math_opt.python import mathopt

        parameters = mathopt.SolveParameters(relative_gap_tolerance=0, absolute_gap_tolerance=0.5)
        if math.isfinite(seconds):
            parameters.time_limit = timedelta(seconds=max(seconds, 0.01))
        if self.counts_only:
            # On the sets of a matching presolve probes for seconds and removes nothing.
            parameters.presolve = mathopt.Emphasis.OFF
        result = solve_program(self.model, parameters)
        reason = result.termination.reason
        if reason is mathopt.TerminationReason.OPTIMAL:
            values = result.variable_values(self.counts)
            bound = result.termination.objective_bounds.dual_bound
            return bound, tuple(round(value) for value in values)
        # Every number is bounded, so of the two that presolve may leave open it is infeasible.
        if reason not in {
            mathopt.TerminationReason.INFEASIBLE,
            mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED,
        }:
            raise ArithmeticError(f"the solver gave up: {reason.name}")
        return math.nan, None

    def choose_exactly(self, seconds: float = math.inf) -> tuple[int, ...] | None:
        """Return numbers within all bounds by CP-SAT; None if it finds that there are none.

        Raises
        ------
        ArithmeticError
            If the solver gives up, or its numbers break a bound.
        """
        _bound, counts = self.solve(exactly=True, seconds=seconds)
        if counts is not None and not self.keeps(counts):
            raise ArithmeticError("what a solver chose breaks a limit")
        return counts

    def measure(self, counts: Sequence[int]) -> list[int]:
        """Return by how much these numbers miss each bound, in whole numbers; 0 if they keep it."""
        missed = []
        for bound, (groups, weights) in zip(self.bounds, self._rows, strict=True):
            pairs = zip(groups.tolist(), weights.tolist(), strict=True)
            value = sum(counts[group] * weight for group, weight in pairs)
            missed.append(max(0, bound.value - value if bound.is_least else value - bound.value))
        return missed

    def keeps(self, counts: Sequence[int], amounts: Sequence[int] = ()) -> bool:
        """Whether these numbers keep all bounds, each relaxed by an amount, in whole numbers."""
        inside = all(0 <= n <= size for n, size in zip(counts, self._sizes, strict=True))
        given = amounts or [0] * len(self.bounds)
        return inside and all(m <= a for m, a in zip(self.measure(counts), given, strict=True))

    def pick(self, counts: Sequence[int]) -> BoolArray:
        """Return the choice of that many candidates of each kind, the first ones of each."""
        return pick_from_groups(self._group, self._sizes, np.array(counts, dtype=np.int64))

    def _place_bounds(self) -> list[int]:
        """Return the row of each bound; a least and a most of the same sum share one."""
        # As two rows an equality takes HiGHS twenty times as long.
        open_rows: dict[tuple[bytes, bytes], tuple[int, Bound]] = {}
        places: list[int] = []
        num_rows = 0
        for bound, (groups, weights) in zip(self.bounds, self._rows, strict=True):
            key = (groups.tobytes(), weights.tobytes())
            place, other = open_rows.pop(key, (num_rows, bound))
            if other is bound or not _fit_together(bound, other):
                place = num_rows
                open_rows[key] = (place, bound)
                num_rows += 1
            places.append(place)
        return places

    def _list_rows(self, places: Sequence[int]) -> list[Row]:
        rows: list[Row] = []
        for place, bound, (groups, weights) in zip(places, self.bounds, self._rows, strict=True):
            if place == len(rows):
                rows.append(Row(groups.tolist(), weights.tolist()))
            row = rows[place]
            rows[place] = (
                replace(row, least=bound.value)
                if bound.is_least
                else replace(row, most=bound.value)
            )
        return rows


def find_choice(
    num_candidates: int, bounds: Sequence[Bound], seconds: float = math.inf
) -> BoolArray | None:
    """Return a choice of candidates that keeps all bounds, None if HiGHS finds that none does.

    Parameters
    ----------
    num_candidates, bounds
        How many candidates there are, and the bounds.
    seconds
        How long each solver may take.

    Raises
    ------
    ArithmeticError
        If a solver gives up, which says nothing about whether there is such a choice.
    """
    program = ChoiceProgram(num_candidates, bounds)
    _bound, counts = program.solve(seconds=seconds)
    if counts is None and program.counts_only:
        return None
    if counts is None or not program.keeps(counts):
        # Close to whole numbers is not in whole numbers; CP-SAT decides.
        counts = program.choose_exactly(seconds)
    return None if counts is None else program.pick(counts)


def is_impossible(num_candidates: int, bounds: Sequence[Bound], seconds: float = math.inf) -> bool:
    """Whether no choice of candidates keeps all bounds: by a proof, else by HiGHS and CP-SAT.

    A choice that either finds is counted through, which settles it.

    Parameters
    ----------
    num_candidates, bounds, seconds
        Those of `find_choice`.

    Raises
    ------
    ArithmeticError
        If a solver gives up.
    """
    if proves_impossible(num_candidates, bounds, price_bounds(num_candidates, bounds)[0]):
        return True
    program = ChoiceProgram(num_candidates, bounds)
    _bound, counts = program.solve(seconds=seconds)
    if counts is not None and program.keeps(counts):
        return False
    return program.choose_exactly(seconds) is None


def proves_impossible(num_candidates: int, bounds: Sequence[Bound], factors: Sequence[int]) -> bool:
    """Whether bounds, each taken so many times and added up, ask for more than there is.

    That is a proof in whole numbers (Farkas, Theorie der einfachen Ungleichungen, 1902), whoever
    has thought of the factors.

    Parameters
    ----------
    num_candidates, bounds
        How many candidates there are, and the bounds.
    factors
        One number per bound, at least 0.
    """
    gain = np.zeros(num_candidates, dtype=object)  # whole numbers of any size
    demand = 0
    for bound, factor in zip(bounds, factors, strict=True):
        if factor:
            sign = factor if bound.is_least else -factor
            np.add.at(gain, bound.idx, sign * bound.weights.astype(object))
            demand += sign * bound.value
    most: int = sum(value for value in gain.tolist() if value > 0)
    return demand > most


def blame_bounds(num_candidates: int, bounds: Sequence[Bound]) -> tuple[tuple[int, ...], int]:
    """Return bounds that a combination of shows to be impossible, and how many pairs are missing.

    What is named is a guess to be tried. Without a contradiction nothing is missing.
    """
    factors, missing = price_bounds(num_candidates, bounds)
    return tuple(k for k, factor in enumerate(factors) if factor), missing


def price_bounds(num_candidates: int, bounds: Sequence[Bound]) -> tuple[tuple[int, ...], int]:
    """Return how often each bound is to be taken to show a contradiction, and what is missing.

    The lower bounds give way as little as possible, each choice divisible; by the duality of
    linear programming the bounds with a price contradict each other. Prices are floating-point
    numbers, and are made whole in the smallest one, so the factors are a guess.
    """
    from ortools.math_opt.python import mathopt

    program = ChoiceProgram(num_candidates, bounds, is_integer=False)
    gaps = []
    for bound, limit in zip(bounds, program.limits, strict=True):
        if bound.is_least:
            gaps.append(program.model.add_variable(lb=0, ub=max(bound.value, 0)))
            limit.set_coefficient(gaps[-1], 1)
    program.model.minimize(mathopt.fast_sum(gaps))
    result = run_solver(program.model, mathopt.SolverType.GLOP)
    if result.termination.reason is not mathopt.TerminationReason.OPTIMAL:
        return (0,) * len(bounds), 0
    prices: Any = result.dual_values(program.limits)
    heaviest = [int(np.abs(bound.weights).max(initial=1)) for bound in bounds]
    # A least and a most of the same sum share a row: the sign of its price tells which one binds.
    sizes = [
        abs(price) if (price > 0) == bound.is_least and abs(price) * weight > _NOISE else 0.0
        for price, weight, bound in zip(prices, heaviest, bounds, strict=True)
    ]
    unit = min((size for size in sizes if size), default=1.0)
    factors = tuple(round(size / unit) for size in sizes)
    return factors, math.ceil(result.objective_value() - _NOISE)


def pick_from_groups(group: IndexArray, sizes: IntArray, counts: IntArray) -> BoolArray:
    """Return the choice of that many candidates of each group, the first ones of each."""
    order = np.argsort(group, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[group[order]]
    chosen: BoolArray = place < counts[group]
    return chosen


def _fit_together(a: Bound, b: Bound) -> bool:
    """Whether two bounds on the same sum are a least and a most that is no less."""
    least, most = (a, b) if a.is_least else (b, a)
    return most.is_least != least.is_least and least.value <= most.value


def group_alike(num_candidates: int, bounds: Sequence[Bound]) -> tuple[IndexArray, IntArray]:
    """Number the candidates so that alike ones have the same number; count each number."""
    group = np.zeros(num_candidates, dtype=np.int64)
    if bounds:
        idx = np.concatenate([bound.idx for bound in bounds]).astype(np.int64)
        weights = np.concatenate([bound.weights for bound in bounds])
        _kinds, kind = np.unique(weights, return_inverse=True)
        which = np.repeat(np.arange(len(bounds)), [len(bound.idx) for bound in bounds])
        entry = which * (len(weights) + 1) + kind
        order = np.lexsort((entry, idx))
        _group_rows(group, idx[order], np.unique(entry[order], return_inverse=True)[1])
    _numbers, group, sizes = np.unique(group, return_inverse=True, return_counts=True)
    return group.astype(np.int32), sizes.astype(np.int64)


def _group_rows(group: IntArray, idx: IntArray, entry: IntArray) -> None:
    """Number candidates by their entries, which stand together: by the first, the second, ..."""
    owners, start, count = np.unique(idx, return_index=True, return_counts=True)
    size = 1
    for place in range(int(count.max(initial=0))):
        has = count > place
        own = entry[start[has] + place]
        key = group[owners[has]] * (len(entry) + 1) + own
        found, fresh = np.unique(key, return_inverse=True)
        group[owners[has]] = size + fresh
        size += len(found)


def sum_up_groups(group: IndexArray, bound: Bound) -> tuple[IndexArray, IntArray]:
    """Return the groups of a bound, and what one of each weighs in it."""
    groups, first = np.unique(group[bound.idx], return_index=True)
    weights = bound.weights[first]
    return groups[weights != 0], weights[weights != 0]
