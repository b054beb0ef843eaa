"""Pairings of one whole side against a solver that sees all pairs at once."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from tests.benchmarks.national import make_matrix
from tests.pair_makers import make_dense, make_product

from pairmatch.domain.pairscores import REFUSED, DenseScores
from pairmatch.match.country import CountryPairing, Search, list_rivals, solve_country
from pairmatch.match.verifycountry import find_unpriced
from pairmatch.solvers.generation import NothingFoundError

Points = NDArray[np.int64]
IntArray = NDArray[np.int64]


def find_best(points: Points, unit_max: IntArray, village_max: IntArray) -> int | None:
    """Return the most points of all pairings of the smaller side; None if not all can be paired."""
    table = np.repeat(np.repeat(points, unit_max, axis=0), village_max, axis=1)
    worst = 10**9
    cost = np.where(table <= REFUSED, worst, -table)
    rows, columns = linear_sum_assignment(cost)
    if (table[rows, columns] <= REFUSED).any():
        return None
    return int(table[rows, columns].sum())


def draw_bounds(draw: np.random.Generator, shape: tuple[int, ...]) -> tuple[IntArray, IntArray]:
    """Return how many each may have; on one side it is one."""
    bounds = [np.ones(size, dtype=np.int64) for size in shape[:2]]
    side = int(draw.integers(2))
    bounds[side] = draw.integers(1, 4, shape[side])
    return bounds[0], bounds[1]


def check(pairing: CountryPairing, points: Points, bounds: tuple[IntArray, IntArray]) -> None:
    """The pairs are within bounds, as many as can be, and the prices prove their value."""
    for idx, most in ((pairing.unit_idx, bounds[0]), (pairing.village_idx, bounds[1])):
        assert (np.bincount(idx, minlength=len(most)) <= most).all()
    assert pairing.num_matched == min(int(side.sum()) for side in bounds)
    pairs = set(zip(pairing.unit_idx.tolist(), pairing.village_idx.tolist(), strict=True))
    assert len(pairs) == pairing.num_matched
    assert pairing.value == points[pairing.unit_idx, pairing.village_idx].sum() == pairing.bound
    reduced = points - pairing.unit_prices[:, None] - pairing.village_prices
    proven = (pairing.unit_prices * bounds[0]).sum() + (pairing.village_prices * bounds[1]).sum()
    assert proven + reduced.clip(min=0).sum() >= pairing.bound
    count, total = pairing.certify().levels
    assert (count.value, total.value) == (pairing.num_matched, pairing.value)
    assert len(count.steps) == len(total.steps) == 1
    whole = count.steps[0].unit_prices if pairing.is_by_unit else count.steps[0].village_prices
    assert whole.all()


@pytest.mark.parametrize("seed", range(60))
def test_the_best_of_all_pairings(seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores, points = (make_dense if seed % 2 else make_product)(draw, (12, 14))
    bounds = draw_bounds(draw, points.shape)
    best = find_best(points, *bounds)
    if best is None:
        with pytest.raises(NothingFoundError):
            solve_country(scores, *bounds)
        return
    pairing = solve_country(scores, *bounds)
    assert pairing.value == best
    check(pairing, points, bounds)
    prices = (pairing.unit_prices, pairing.village_prices)
    if max(side.max() for side in bounds) == 1:
        assert find_unpriced(scores, *prices, num_parts=1 + seed % 3) == 0
    assert solve_country(scores, *bounds, search=Search(seed=seed + 1)).value == best


@pytest.mark.parametrize("seed", range(40))
def test_locked_pairs_are_kept(seed: int) -> None:
    draw = np.random.default_rng(seed)
    points = draw.integers(-50, 100, (int(draw.integers(3, 9)), int(draw.integers(3, 9))))
    scores = DenseScores(points.astype(np.int32))
    bounds = tuple(np.ones(size, dtype=np.int64) for size in points.shape)
    number = int(draw.integers(1, 3))
    locks = tuple(
        zip(
            draw.permutation(points.shape[0])[:number].tolist(),
            draw.permutation(points.shape[1])[:number].tolist(),
            strict=True,
        )
    )
    pairing = solve_country(scores, *bounds, locks)
    pairs = set(zip(pairing.unit_idx.tolist(), pairing.village_idx.tolist(), strict=True))
    assert set(locks) <= pairs
    rest = np.ix_(
        [u for u in range(points.shape[0]) if u not in dict(locks)],
        [v for v in range(points.shape[1]) if v not in {v for _u, v in locks}],
    )
    ones = [np.ones(size, dtype=np.int64) for size in points[rest].shape]
    fixed = sum(int(points[u, v]) for u, v in locks)
    assert pairing.value == fixed + (find_best(points[rest], *ones) or 0)
    free = points.copy()
    for u, v in locks:  # the other pairs of a locked unit or village are out
        free[u, :], free[:, v] = np.minimum(free[u, :], 0), np.minimum(free[:, v], 0)
    reduced = points - pairing.unit_prices[:, None] - pairing.village_prices
    for u, v in locks:
        reduced[u, v] = 0
    assert (reduced <= 0).all()


@pytest.mark.parametrize(
    ("locks", "refused"),
    [(((0, 0), (0, 1)), False), (((0, 1), (1, 1)), False), (((1, 1),), True)],
)
def test_locks_that_cannot_hold(locks: tuple[tuple[int, int], ...], refused: bool) -> None:
    points = np.zeros((3, 3), dtype=np.int32)
    if refused:
        points[1, 1] = REFUSED
    ones = np.ones(3, dtype=np.int64)
    with pytest.raises(NothingFoundError, match="locks"):
        solve_country(DenseScores(points), ones, ones, locks)


def test_a_lock_of_one_that_takes_several() -> None:
    ones = np.ones(3, dtype=np.int64)
    with pytest.raises(NothingFoundError, match="locks"):
        solve_country(DenseScores(np.zeros((3, 3), dtype=np.int32)), ones, 2 * ones, ((0, 0),))


def test_both_sides_cannot_take_several() -> None:
    twos = np.full(2, 2, dtype=np.int64)
    with pytest.raises(ValueError, match="both"):
        solve_country(DenseScores(np.zeros((2, 2), dtype=np.int32)), twos, twos)


def test_stopped_before_the_proof_there_is_a_bound_and_no_prices() -> None:
    points = make_matrix(200)
    ones = (np.ones(200, dtype=np.int64), np.ones(200, dtype=np.int64))
    best = find_best(points.astype(np.int64), *ones)
    stopped = solve_country(DenseScores(points), *ones, search=Search(notify=lambda _round: False))
    assert best is not None and stopped.value <= best <= stopped.bound
    assert stopped.value < stopped.bound
    level = stopped.certify().levels[-1]
    assert (level.steps, level.gap) == ((), stopped.bound - stopped.value)


def test_rivals_are_the_chosen_pairs_and_those_of_least_loss() -> None:
    draw = np.random.default_rng(2)
    points = draw.integers(0, 900, (30, 40)).astype(np.int32)
    scores = DenseScores(points)
    ones = (np.ones(30, dtype=np.int64), np.ones(40, dtype=np.int64))
    pairing = solve_country(scores, *ones)
    units, villages = list_rivals(scores, pairing)
    listed = set(zip(units.tolist(), villages.tolist(), strict=True))
    chosen = set(zip(pairing.unit_idx.tolist(), pairing.village_idx.tolist(), strict=True))
    assert chosen < listed
    assert sorted(listed) == list(zip(units.tolist(), villages.tolist(), strict=True))
    loss = pairing.unit_prices[:, None] + pairing.village_prices - points
    worst_listed = max(int(loss[pair]) for pair in listed)
    others = [loss[u, v] for u in range(30) for v in range(40) if (u, v) not in listed]
    assert np.median(others) > worst_listed


def test_large_prices_are_compared_in_full() -> None:
    points = np.full((3, 3), 2**28, dtype=np.int32)
    points[1, 1] += 1
    prices = np.full(3, 2**27, dtype=np.int64)
    assert find_unpriced(DenseScores(points), prices, prices) == 1
