"""Instances with known or independently found optima, up to 800 x 800."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from tests.oracles import assign_with_scipy, solve_with_highs
from tests.strategies import make_dense_problem, make_problem, make_quota

from pairmatch.domain.matching import Conflict, Matching, StepsError
from pairmatch.domain.problem import Problem
from pairmatch.match.solution import solve_problem
from pairmatch.match.verify import verify_matching


def solve_and_verify(problem: Problem) -> Matching:
    answer = solve_problem(problem)
    assert isinstance(answer, Matching)
    assert verify_matching(problem, answer) == ()
    return answer


@pytest.mark.parametrize("n", [10, 50, 100])
def test_machol_wien(n: int) -> None:
    """Costs i * j (Machol and Wien 1976): the best pairs i with n + 1 - i."""
    index = np.arange(1, n + 1)
    points = -np.outer(index, index)
    answer = solve_and_verify(make_dense_problem(points, np.ones((n, n), dtype=bool)))
    assert answer.total == -sum(i * (n + 1 - i) for i in range(1, n + 1))
    assert answer.chosen_idx.tolist() == [u * n + (n - 1 - u) for u in range(n)]


@pytest.mark.parametrize("n", [100, 200])
def test_geometric(n: int) -> None:
    """Points on a plane, as near as possible to each other, in whole metres."""
    rng = np.random.default_rng(n)
    here, there = rng.random((n, 1, 2)), rng.random((1, n, 2))
    points = -np.rint(1e6 * np.hypot(*(here - there).transpose(2, 0, 1))).astype(np.int64)
    eligible = np.ones((n, n), dtype=bool)
    answer = solve_and_verify(make_dense_problem(points, eligible))
    assert (answer.num_matched, answer.total) == assign_with_scipy(points, eligible)


@pytest.mark.parametrize(
    ("shape", "density"), [((150, 150), 0.05), ((300, 300), 0.02), ((120, 400), 0.3)]
)
def test_sparse_and_rectangular(shape: tuple[int, int], density: float) -> None:
    rng = np.random.default_rng(sum(shape))
    points = rng.integers(-500, 10_000, shape)
    eligible = rng.random(shape) < density
    answer = solve_and_verify(make_dense_problem(points, eligible))
    assert (answer.num_matched, answer.total) == assign_with_scipy(points, eligible)


def test_six_decimals_are_all_kept() -> None:
    """Scores that differ in the sixth decimal alone decide, and the sum is exact."""
    rng = np.random.default_rng(6)
    steps = rng.integers(-(10**8), 10**8, (100, 100))
    eligible = np.ones((100, 100), dtype=bool)
    answer = solve_and_verify(make_dense_problem(steps, eligible, steps_per_point=10**6))
    assert answer.total == assign_with_scipy(steps, eligible)[1]
    exact = sum(Decimal(int(steps.flat[k])) / 10**6 for k in answer.chosen_idx.tolist())
    assert exact == Decimal(answer.total) / 10**6
    close = make_problem([[10_000_001, 10_000_000], [10_000_001, 10_000_001]])
    assert solve_and_verify(close).total == 20_000_002


def test_capacities_and_demands_of_three() -> None:
    """100 units of up to 3 villages, 120 villages of up to 3 units, by HiGHS."""
    rng = np.random.default_rng(3)
    problem = make_dense_problem(rng.integers(-99, 1000, (40, 50)), rng.random((40, 50)) < 0.4)
    problem = replace(
        problem,
        unit_max=rng.integers(1, 4, 40),
        village_max=rng.integers(1, 4, 50),
        village_min=np.ones(50, dtype=np.int64),
    )
    answer = solve_and_verify(problem)
    assert (answer.num_matched, answer.total) == solve_with_highs(problem)


def test_selection_of_villages_by_county_and_tier() -> None:
    """The shape of the city's programme: many villages to select from, two tiers per county."""
    rng = np.random.default_rng(14)
    home = [None] * 10 + [c for c in range(5) for _ in range(6)]
    county = np.repeat(np.arange(5), 12)
    eligible = np.array([[h is None or h == c for c in county] for h in home])
    problem = make_dense_problem(rng.integers(0, 9999, eligible.shape), eligible)
    quotas = []
    for c in range(5):
        villages = np.flatnonzero(county == c).tolist()
        quotas.append(make_quota(problem, f"county {c}", (None, villages), 8, 8))
        quotas.append(make_quota(problem, f"city {c}", (range(10), villages), 2, 2))
    problem = replace(problem, quotas=tuple(quotas))
    answer = solve_and_verify(problem)
    assert (answer.num_matched, answer.total) == solve_with_highs(problem)
    assert answer.num_matched == 40


def test_eight_hundred_square() -> None:
    rng = np.random.default_rng(800)
    points = rng.integers(0, 10_000, (800, 800))
    eligible = np.ones((800, 800), dtype=bool)
    answer = solve_and_verify(make_dense_problem(points, eligible))
    assert (answer.num_matched, answer.total) == assign_with_scipy(points, eligible)


def test_all_tied_hundred_square() -> None:
    """The rule needs a way through the largest possible optimal face: the identity."""
    problem = make_dense_problem(np.full((100, 100), 5), np.ones((100, 100), dtype=bool))
    answer = solve_and_verify(problem)
    assert answer.chosen_idx.tolist() == [u * 100 + u for u in range(100)]
    assert answer.tied.all()


@pytest.mark.parametrize("value", [2**53, 2**62, -(2**62), -(2**63)])
def test_scores_beyond_exact_range_are_refused(value: int) -> None:
    """Not the solver's BAD_COST_RANGE, and never a wrong answer."""
    problem = make_dense_problem(np.full((60, 60), value), np.ones((60, 60), dtype=bool))
    with pytest.raises(StepsError):
        solve_problem(problem)


def test_largest_score_that_may_be_read_is_solved() -> None:
    points = np.full((100, 100), -(10**12))
    np.fill_diagonal(points, 10**12)
    answer = solve_and_verify(make_dense_problem(points, np.ones((100, 100), dtype=bool)))
    assert answer.total == 100 * 10**12


def test_one_by_one() -> None:
    assert solve_and_verify(make_problem([[-7]])).total == -7
    assert isinstance(solve_problem(make_problem([[None]])), Conflict)
