"""Synthetic nations: the same for the same seed, bounds that hold, and the best pairing."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from tests.benchmarks.certificates import CertificateError, check_dense, check_national
from tests.benchmarks.national import (
    BONUS,
    FULL_SIZE,
    MOST_COVERAGE,
    SPREAD,
    National,
    make_matrix,
    make_national,
)

from pairmatch.domain.inputs import IntArray
from pairmatch.domain.pairscores import DenseScores
from pairmatch.solvers.generation import PairAnswer, solve_pairs

KINDS = pytest.mark.parametrize("distinct", [True, False], ids=["distinct", "alike"])
SMALL = tuple(side // 2000 for side in FULL_SIZE)


def list_points(national: National) -> IntArray:
    units, villages = np.indices((national.num_units, national.num_villages), dtype=np.int32)
    points = national.score(units.ravel(), villages.ravel())
    table: IntArray = points.reshape(units.shape)
    return table


def solve(national: National, start: int = 0) -> PairAnswer:
    capacity = np.ones(national.num_villages, dtype=np.int64)
    return solve_pairs(national.build_scores(), capacity, start)


@KINDS
def test_equal_seeds_give_equal_arrays(distinct: bool) -> None:
    first, again, other = (make_national(63, 69, seed, distinct=distinct) for seed in (1, 1, 2))
    for one, two in zip(astuple(first), astuple(again), strict=True):
        assert one.dtype == two.dtype
        assert (one == two).all()
    assert (first.share != other.share).any()


def test_no_two_units_are_alike_unless_wanted() -> None:
    size = FULL_SIZE[0] // 10
    apart, alike = (
        make_national(size, 1000, distinct=kind).build_scores() for kind in (True, False)
    )
    assert len(apart.left) == size
    assert len(np.unique(apart.left, axis=0)) == size
    assert len(alike.left) < size / 2


@KINDS
def test_points_are_within_their_limits_and_reach_far(distinct: bool) -> None:
    national = make_national(300, 400, distinct=distinct)
    points = list_points(national)
    assert points.min() >= 0
    assert points.max() <= MOST_COVERAGE + BONUS + SPREAD
    assert points.max() - points.min() > MOST_COVERAGE / 2
    # Ties, as in a real programme.
    assert len(np.unique(points)) < points.size / 4


@KINDS
@pytest.mark.parametrize("seed", range(3))
def test_bounds_are_never_below_the_exact_points(distinct: bool, seed: int) -> None:
    national = make_national(150, 200, seed, distinct=distinct)
    scores, points = national.build_scores(), list_points(national)
    bound = scores.bound_block(slice(0, 150), slice(0, 200))
    assert (bound >= points).all()
    assert (bound <= points + SPREAD + 1.5).all()
    assert np.abs(points).max() <= scores.largest


@KINDS
def test_blocks_and_matrices_hold_the_exact_points(distinct: bool) -> None:
    national = make_national(70, 70, 3, distinct=distinct)
    points = list_points(national)
    assert (national.score_block(slice(11, 40)) == points[11:40]).all()
    assert (make_matrix(70, 3, distinct=distinct) == points).all()


@KINDS
@pytest.mark.parametrize("seed", range(3))
def test_best_pairing_is_that_of_the_full_matrix(distinct: bool, seed: int) -> None:
    national = make_national(SMALL[0], SMALL[1], seed, distinct=distinct)
    points = list_points(national)
    best = int(points[linear_sum_assignment(points, maximize=True)].sum())
    answer = solve(national, start=seed)
    assert answer.value == answer.bound == best
    check_national(national, answer, seed)


def test_dense_pairing_passes_its_check() -> None:
    points = make_matrix(120)
    answer = solve_pairs(DenseScores(points), np.ones(120, dtype=np.int64))
    check_dense(points, answer)
    assert answer.value == int(points[linear_sum_assignment(points, maximize=True)].sum())


def test_checks_find_what_is_wrong() -> None:
    """A benchmark whose checks let anything pass would prove nothing."""
    national = make_national(*SMALL)
    answer = solve(national)
    swapped = answer.village_of.copy()
    swapped[[0, 1]] = swapped[[1, 0]]
    repeated = answer.village_of.copy()
    repeated[0] = repeated[1]
    # The sum of the prices stays; one unit is now too cheap.
    moved = answer.prices.units.copy()
    moved[:2] += [-1, 1]
    wrong = (
        replace(answer, village_of=swapped),
        replace(answer, village_of=repeated),
        replace(answer, value=answer.value + 1),
        replace(answer, prices=replace(answer.prices, units=moved)),
    )
    points = list_points(national).astype(np.int32)
    for claim in wrong:
        with pytest.raises(CertificateError):
            check_national(national, claim, 0)
        with pytest.raises(CertificateError):
            check_dense(points, claim)
