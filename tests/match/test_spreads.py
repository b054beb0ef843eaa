"""Between the ends of its interval a pairing is the best, just outside it is not.

Small problems are judged by listing all sets of pairs, larger ones by HiGHS.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pytest
from tests.cases import pick_share
from tests.match.choice_cases import KINDS, draw_problem
from tests.oracles import (
    MOST_CANDIDATES,
    count_rows,
    fixed_bounds,
    solve_with_highs,
    value_levels,
)
from tests.strategies import make_problem, make_quota

from pairmatch.domain.matching import Conflict
from pairmatch.domain.problem import Problem, Resource, Tolerance
from pairmatch.match.solution import solve_problem
from pairmatch.match.spreads import SpreadRanges, add_weighted

FLOW_KINDS = tuple(kind for kind in KINDS if kind not in {"crossing", "any_pairs", "resources"})
BIT = Fraction(1, 10**6)


def draw_parts(number: int) -> tuple[Problem, np.ndarray]:
    """Return a random problem and the part of its points that is one rule's."""
    draw = np.random.default_rng([7, number])
    kinds = tuple(np.array(FLOW_KINDS)[draw.permutation(len(FLOW_KINDS))[: draw.integers(0, 3)]])
    problem = draw_problem(draw, tuple(k for k in kinds if k != "changes"))
    levels = (("num_matched", "total"), ("total",))[int(draw.random() < 0.3)]
    most = int(draw.choice([1, 4, 60]))
    points = draw.integers(-most, most + 1, problem.num_candidates)
    points[draw.random(len(points)) < draw.choice([0, 0.5])] = 0
    return replace(problem, levels=levels), points.astype(np.int64)


def list_sets(problem: Problem) -> np.ndarray | None:
    """Return the sets of pairs among which the total decides; None if there are too many."""
    n = problem.num_candidates
    if n > MOST_CANDIDATES:
        return None
    sets = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    rows, labels = count_rows(problem)
    counts = sets @ rows.T
    lower, upper = fixed_bounds(problem)
    fits = (sets >= lower).all(axis=1) & (sets <= upper).all(axis=1)
    fits &= (counts >= [low for *_, low, _ in labels]).all(axis=1)
    fits &= (counts <= [high for *_, high in labels]).all(axis=1)
    sets = sets[fits]
    sizes = sets.sum(axis=1)
    return sets[sizes == sizes.max()] if "num_matched" in problem.levels else sets


@dataclass(frozen=True)
class Judge:
    """Says whether a pairing is the best when the points of a rule are multiplied."""

    problem: Problem
    points: np.ndarray
    chosen: np.ndarray
    sets: np.ndarray | None

    def finds_best(self, factor: Fraction) -> bool:
        scale, rest = factor.denominator, self.problem.points - self.points
        scaled = replace(self.problem, points=scale * rest + factor.numerator * self.points)
        values = value_levels(scaled, self.chosen)
        if self.sets is None:
            return values == solve_with_highs(scaled)
        return values[-1] == (self.sets @ scaled.points).max()


def list_inside(low: Fraction, high: Fraction | None, draw: np.random.Generator) -> list[Fraction]:
    top = high if high is not None else low + 7
    return [low + (top - low) * Fraction(int(draw.integers(1, 100)), 100) for _ in range(3)]


def test_a_pairing_is_best_up_to_the_ends_and_no_further():
    met = {"low": 0, "high": 0, "endless": 0}
    for number in range(pick_share(300, 3)):
        problem, points = draw_parts(number)
        matching = solve_problem(problem)
        if isinstance(matching, Conflict):
            continue
        found = SpreadRanges(problem, matching.chosen_idx).find(points)
        assert found is not None, number
        low, high = found
        assert 0 <= low <= 1 and (high is None or high >= 1), number
        judge = Judge(problem, points, matching.chosen_idx, list_sets(problem))
        inside = [low, Fraction(1), *list_inside(low, high, np.random.default_rng(number))]
        inside += [Fraction(10**4)] if high is None else [high]
        assert all(map(judge.finds_best, inside)), number
        if low:
            met["low"] += 1
            assert not judge.finds_best(low * (1 - BIT)), number
        if high is not None:
            met["high"] += 1
            assert not judge.finds_best(high * (1 + BIT)), number
        else:
            met["endless"] += 1
    assert min(met.values()) >= 10, met


def test_the_ends_of_a_hand_made_case():
    # (u0 v0, u1 v1) is worth 10 + 4 t, the other way 12: as good at t = 1/2, and no end above.
    problem = make_problem([[7, 6], [6, 7]])
    points = np.array([2, 0, 0, 2])
    ranges = SpreadRanges(problem, np.array([0, 3]))
    assert ranges.find(points) == (Fraction(1, 2), None)
    assert ranges.find(np.zeros(4, dtype=np.int64)) == (0, None)
    assert ranges.find(-points) == (0, Fraction(3, 2))  # 18 - 4 t against 12


@pytest.mark.parametrize(
    "levels",
    [
        ("num_matched", "worst_village", "total"),
        ("num_matched", "leximin_village", "total"),
        ("num_matched", "total", "kept"),
        ("num_matched", "total", "leximin_village"),
        ("num_matched",),
    ],
)
def test_goals_that_points_enter_elsewhere_have_no_intervals(levels):
    problem = make_problem([[7, 6], [6, 7]], levels=levels, previous=np.zeros(4, dtype=bool))
    assert SpreadRanges(problem, np.array([0, 3])).find(problem.points) is None


def test_what_is_no_flow_has_no_intervals():
    plain = make_problem([[7, 6, 3], [6, 7, 1], [2, 2, 2]])
    chosen = solve_problem(plain).chosen_idx
    assert SpreadRanges(plain, chosen).find(plain.points) is not None
    crossing = tuple(
        make_quota(plain, str(k), sets, 0, 1)
        for k, sets in enumerate([((0, 1), (0, 1)), ((1, 2), (1, 2)), ((0, 2), (0, 2))])
    )
    rows = np.array([0, 1, 2], dtype=np.int32)
    hours = Resource("hours", "unit", 0, rows, np.array([1, 1, 1]), 5)
    given = (Tolerance(Fraction(1, 10)), Tolerance())
    for changes in ({"quotas": crossing}, {"resources": (hours,)}, {"tolerances": given}):
        problem = replace(plain, **changes)
        assert SpreadRanges(problem, chosen).find(plain.points) is None, changes


def test_kept_pairs_before_the_total_stay_kept():
    problem = make_problem(
        [[0, 9], [9, 0]],
        levels=("num_matched", "kept", "total"),
        previous=np.array([True, False, False, True]),
    )
    matching = solve_problem(problem)
    assert matching.chosen_idx.tolist() == [0, 3]
    assert SpreadRanges(problem, matching.chosen_idx).find(problem.points) == (0, None)


def test_points_too_large_for_whole_numbers_have_no_interval():
    points = np.array([2, 1, 1, 2]) * 2**36
    problem = make_problem([[7, 6], [6, 7]])
    problem = replace(problem, points=problem.points + points)
    assert SpreadRanges(problem, np.array([0, 3])).find(points // 2) is None
    added = add_weighted((2**20, 3), (points, problem.points))
    assert added.tolist() == [
        2**20 * a + 3 * b for a, b in zip(points.tolist(), problem.points.tolist(), strict=True)
    ]
