"""Whether limits on sets of pairs can all hold, decided by HiGHS and never on its word alone.

HiGHS calculates in floating point. A choice that it finds counts once it keeps every limit in whole
numbers; that it finds none counts once CP-SAT, which calculates in whole numbers, finds none
either, as a plain question: its cores can be wrong (google/or-tools#5141) and are not asked for.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.limits import Bound
from pairmatch.solvers.programs import Row, build_model, run_solver, solve_exactly, solve_program
from pairmatch.solvers.tallies import Tally

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt

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
        self._group, self.sizes = group_alike(num_candidates, bounds)
        self.rows = sum_up_groups(self._group, bounds)
        self._tally = Tally(bounds, self.rows)
        self.counts_only = all((bound.weights == 1).all() for bound in bounds)
        places = self._place_bounds()
        sizes = self.sizes.tolist()
        rows = self._list_rows(places)
        self.model = build_model([0] * len(sizes), sizes, rows, is_integer=is_integer)
        self.counts = range(len(sizes))
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
            return answer.bound, tuple(answer.values[count] for count in self.counts)
        return self._solve_with_highs(seconds)

    def _solve_with_highs(self, seconds: float) -> tuple[float, tuple[int, ...] | None]:
        from ortools.math_opt.python import mathopt

        parameters = mathopt.SolveParameters(relative_gap_tolerance=0, absolute_gap_tolerance=0.5)
        if math.isfinite(seconds):
            parameters.time_limit = timedelta(seconds=max(seconds, 0.01))
        if self.counts_only:
            # On the sets of a matching presolve probes for seconds and removes nothing.
            parameters.presolve = mathopt.Emphasis.OFF
        some = mathopt.VariableFilter(skip_zero_values=True)
        told = mathopt.ModelSolveParameters(variable_values_filter=some)
        result = solve_program(self.model, parameters, told)
        reason = result.termination.reason
        if reason is mathopt.TerminationReason.OPTIMAL:
            values = {v.id: round(value) for v, value in result.variable_values().items()}
            bound = result.termination.objective_bounds.dual_bound
            return bound, tuple(values.get(count, 0) for count in self.counts)
        # Every number is bounded, so of the two that presolve may leave open it is infeasible.
        if reason not in {
            mathopt.TerminationReason.INFEASIBLE,
            mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED,
        }:
            raise ArithmeticError(f"the solver gave up: {reason.name}")
        return math.nan, None

    def open_gap(self, k: int) -> "mathopt.Variable":
        """Return a variable that says by how much a bound gives way."""
        bound = self.bounds[k]
        if bound.is_least:
            least, most = max(0, bound.value - bound.reach), bound.value
        else:
            least, most = 0, bound.reach - bound.value
        gap = self.model.add_integer_variable(lb=least, ub=max(least, most))
        self.limits[k].set_coefficient(gap, 1 if bound.is_least else -1)
        return gap

    def choose_exactly(
        self, seconds: float = math.inf, amounts: Sequence[int] = ()
    ) -> tuple[int, ...] | None:
        """Return numbers within all bounds by CP-SAT; None if it finds that there are none.

        Each bound is relaxed by an amount, where there are any.

        Raises
        ------
        ArithmeticError
            If the solver gives up, or its numbers break a bound.
        """
        _bound, counts = self.solve(exactly=True, seconds=seconds)
        if counts is not None and not self.keeps(counts, amounts):
            raise ArithmeticError("what a solver chose breaks a limit")
        return counts

    def measure(self, counts: Sequence[int]) -> list[int]:
        """Return by how much these numbers miss each bound, in whole numbers; 0 if they keep it."""
        return [max(0, gap) for gap in self._tally.measure(counts)]

    def keeps(self, counts: Sequence[int], amounts: Sequence[int] = ()) -> bool:
        """Whether these numbers keep all bounds, each relaxed by an amount, in whole numbers."""
        inside = all(0 <= n <= size for n, size in zip(counts, self.sizes, strict=True))
        given = amounts or [0] * len(self.bounds)
        return inside and all(m <= a for m, a in zip(self.measure(counts), given, strict=True))

    def pick(self, counts: Sequence[int]) -> BoolArray:
        """Return the choice of that many candidates of each kind, the first ones of each."""
        return pick_from_groups(self._group, self.sizes, np.array(counts, dtype=np.int64))

    def price(self) -> list[float]:
        """Return the price of each bound's row, were all numbers divisible: a floating-point guess.

        Without an answer all of them are 0.
        """
        from ortools.math_opt.python import mathopt

        proto = self.model.export_model()
        proto.variables.integers[:] = [False] * len(proto.variables.ids)
        model = mathopt.Model.from_model_proto(proto)
        rows = [model.get_linear_constraint(limit.id) for limit in self.limits]
        return price_rows(model, rows)[0]

    def _place_bounds(self) -> list[int]:
        """Return the row of each bound; a least and a most of the same sum share one."""
        # As two rows an equality takes HiGHS twenty times as long.
        open_rows: dict[tuple[bytes, bytes], tuple[int, Bound]] = {}
        places: list[int] = []
        num_rows = 0
        for bound, (groups, weights) in zip(self.bounds, self.rows, strict=True):
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
        for place, bound, (groups, weights) in zip(places, self.bounds, self.rows, strict=True):
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
    num_candidates: int,
    bounds: Sequence[Bound],
    seconds: float = math.inf,
    near: Bound | None = None,
) -> BoolArray | None:
    """Return a choice of candidates that keeps all bounds, None if HiGHS finds that none does.

    Parameters
    ----------
    num_candidates, bounds
        How many candidates there are, and the bounds.
    seconds
        How long each solver may take.
    near
        Another bound, which the choice may miss, but by as little as can be.

    Raises
    ------
    ArithmeticError
        If a solver gives up, which says nothing about whether there is such a choice.
    """
    program = ChoiceProgram(num_candidates, [*bounds, *([] if near is None else [near])])
    amounts = [0] * len(bounds)
    if near is not None:
        gap = program.open_gap(len(bounds))
        program.model.minimize(gap)
        amounts.append(int(gap.upper_bound))
    _bound, counts = program.solve(seconds=seconds)
    if counts is None and program.counts_only:
        return None
    if counts is None or not program.keeps(counts, amounts):
        # Close to whole numbers is not in whole numbers; CP-SAT decides.
        counts = program.choose_exactly(seconds, amounts)
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
    prices, missing = price_rows(program.model, program.limits)
    heaviest = [int(np.abs(bound.weights).max(initial=1)) for bound in bounds]
    # A least and a most of the same sum share a row: the sign of its price tells which one binds.
    sizes = [
        abs(price) if (price > 0) == bound.is_least and abs(price) * weight > _NOISE else 0.0
        for price, weight, bound in zip(prices, heaviest, bounds, strict=True)
    ]
    unit = min((size for size in sizes if size), default=1.0)
    factors = tuple(round(size / unit) for size in sizes)
    return factors, math.ceil(missing - _NOISE)


def price_rows(
    model: "mathopt.Model", rows: Sequence["mathopt.LinearConstraint"]
) -> tuple[list[float], float]:
    """Return the dual prices of rows of a linear program and its least value; 0 without one."""
    from ortools.math_opt.python import mathopt

    nothing = mathopt.VariableFilter(filtered_items=[])
    told = mathopt.ModelSolveParameters(
        variable_values_filter=nothing, reduced_costs_filter=nothing
    )
    result = run_solver(model, mathopt.SolverType.GLOP, told=told)
    if result.termination.reason is not mathopt.TerminationReason.OPTIMAL:
        return [0.0] * len(rows), 0.0
    return result.dual_values(rows), result.objective_value()


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


def sum_up_groups(group: IndexArray, bounds: Sequence[Bound]) -> list[tuple[IndexArray, IntArray]]:
    """Return the groups of each bound, and what one of each weighs in it."""
    if not bounds:
        return []
    idx = np.concatenate([bound.idx for bound in bounds])
    weights = np.concatenate([bound.weights for bound in bounds])
    which = np.repeat(np.arange(len(bounds)), [len(bound.idx) for bound in bounds])
    num_groups = int(group.max(initial=0)) + 1
    _keys, first = np.unique(which * num_groups + group[idx], return_index=True)
    first = first[weights[first] != 0]
    ends = np.searchsorted(which[first], np.arange(len(bounds)), side="right").tolist()
    groups, weights = group[idx[first]], weights[first]
    spans = zip([0, *ends], ends, strict=False)
    return [(groups[start:end], weights[start:end]) for start, end in spans]
