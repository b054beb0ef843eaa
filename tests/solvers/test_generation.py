"""The best pairing of all pairs against scipy's dense matching, in one go and in pieces."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from tests.cases import pick_share
from tests.pair_makers import NUM_KINDS, make_capacity, make_points, make_product

from pairmatch.domain.matching import StepsError
from pairmatch.domain.pairscores import REFUSED, DenseScores, PairScores, TransposedScores
from pairmatch.solvers import generation, pricing
from pairmatch.solvers.generation import NothingFoundError, PairAnswer, Progress, solve_pairs

Case = tuple[PairScores, np.ndarray, np.ndarray]
SEEDS = st.integers(0, 2**32)
MOST = (60, 70)
SOME = pick_share(2000, 25)


def make_case(seed: int) -> Case:
    """Return scores, their points and capacities."""
    draw = np.random.default_rng(seed)
    if draw.random() < 0.7:
        shape = (int(draw.integers(1, MOST[0] + 1)), int(draw.integers(1, MOST[1] + 1)))
        points = make_points(draw, int(draw.integers(NUM_KINDS)), shape)
        scores: PairScores = DenseScores(points.astype(np.int32))
    else:
        scores, points = make_product(draw, MOST)
    if draw.random() < 0.3:
        scores, points = TransposedScores(scores), points.T
    return scores, points, make_capacity(draw, *points.shape)


def find_best(points: np.ndarray, capacity: np.ndarray) -> int | None:
    """Return the most points of a pairing of all units, or None if there is no pairing."""
    places = np.repeat(np.arange(points.shape[1]), np.minimum(capacity, points.shape[0]))
    table = points[:, places]
    units, at = linear_sum_assignment(table.astype(np.float64), maximize=True)
    value = int(table[units, at].sum())
    return None if len(units) < len(points) or (table[units, at] <= REFUSED).any() else value


def check_pairing(answer: PairAnswer, points: np.ndarray, capacity: np.ndarray) -> None:
    """Check that everyone has a village, none takes too many, and the value is theirs."""
    village_of = answer.village_of
    assert (village_of >= 0).all()
    assert (np.bincount(village_of, minlength=len(capacity)) <= capacity).all()
    own = points[np.arange(len(points)), village_of]
    assert (own > REFUSED).all()
    assert own.sum() == answer.value


def check_proof(answer: PairAnswer, points: np.ndarray, capacity: np.ndarray) -> None:
    """Check that the prices prove the value by looking at every pair."""
    prices = answer.prices
    assert (prices.villages >= 0).all()
    reduced = points - prices.units[:, None] - prices.villages
    assert (reduced[points > REFUSED] <= 0).all()
    total = prices.units.sum() + (prices.villages * capacity).sum()
    assert total == answer.bound == answer.value


def watch(case: Case, solve: Callable[..., PairAnswer]) -> tuple[PairAnswer | None, list[Progress]]:
    """Solve and check a case; return the answer, if there is one, and what was told of it."""
    scores, points, capacity = case
    told: list[Progress] = []
    best = find_best(points, capacity)
    try:
        answer = solve(scores, capacity, notify=lambda state: told.append(state) or True)
    except NothingFoundError:
        assert best is None
        return None, told
    assert answer.value == best
    assert [state.number for state in told] == list(range(1, answer.num_rounds + 1))
    assert all(state.bound >= best for state in told)
    check_pairing(answer, points, capacity)
    check_proof(answer, points, capacity)
    return answer, told


@settings(max_examples=pick_share(8000, 20), deadline=None)
@given(SEEDS)
def test_same_value_as_a_dense_matching(seed: int) -> None:
    _answer, told = watch(make_case(seed), solve_pairs)
    assert len(told) < 3 * generation.PATIENCE


@settings(max_examples=pick_share(8000, 30), deadline=None)
@given(SEEDS, st.sampled_from([1, 40, 200]), st.sampled_from([300, 4_000_000]))
def test_samples_of_samples(seed: int, small: int, many: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "SMALL", small)
        patch.setattr(pricing, "MANY", many)
        patch.setattr(pricing, "MANY_EACH", 0)
        _answer, told = watch(make_case(seed), partial(solve_pairs, seed=seed % 7))
    assert len(told) < 3 * generation.PATIENCE


@settings(max_examples=SOME, deadline=None)
@given(SEEDS)
def test_narrow_boxes_and_few_pairs(seed: int) -> None:
    """Little to begin with and small steps: slow, but no less right."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "SMALL", 200)
        patch.setattr(generation, "PER_NODE", 1)
        patch.setattr(generation, "LEAST_PER_NODE", 1)
        patch.setattr(generation, "FIRST_WIDTH", 1)
        patch.setattr(generation, "LEAST_WIDTH", 1)
        patch.setattr(generation, "ACTIVE", 1)
        patch.setattr(pricing, "KEPT", 1)
        patch.setattr(pricing, "MANY", 150)
        patch.setattr(pricing, "MANY_EACH", 0)
        _answer, told = watch(make_case(seed), solve_pairs)
    assert len(told) < 8 * generation.PATIENCE


@settings(max_examples=SOME, deadline=None)
@given(SEEDS, st.sampled_from([200, 4_000_000]))
def test_seeds_change_the_way_and_not_the_value(seed: int, many: int) -> None:
    scores, points, capacity = make_case(seed)
    best = find_best(points, capacity)
    if best is None:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "SMALL", 200)
        patch.setattr(pricing, "MANY", many)
        patch.setattr(pricing, "MANY_EACH", 0)
        first, again, other = (solve_pairs(scores, capacity, k) for k in (1, 1, 2))
    assert first.value == other.value == best
    np.testing.assert_array_equal(first.village_of, again.village_of)
    np.testing.assert_array_equal(first.prices.units, again.prices.units)
    np.testing.assert_array_equal(first.prices.villages, again.prices.villages)


@settings(max_examples=SOME, deadline=None)
@given(SEEDS, st.sampled_from([200, 3_000_000]), st.sampled_from([100, 4_000_000]))
def test_stopped_and_continued(seed: int, small: int, many: int) -> None:
    """A search that stops says what it has; continued it ends as if it had not."""
    case = make_case(seed)
    scores, points, capacity = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "SMALL", small)
        patch.setattr(pricing, "MANY", many)
        patch.setattr(pricing, "MANY_EACH", 0)
        answer, told = watch(case, solve_pairs)
        if answer is None:
            return
        for state in told[:: max(1, len(told) // 4)]:
            stop = state.number
            try:
                part = solve_pairs(scores, capacity, notify=lambda now, at=stop: now.number < at)
            except NothingFoundError:
                part = None
            if part is not None:
                assert part.num_rounds == stop
                assert part.value <= answer.value <= part.bound == state.bound
                check_pairing(part, points, capacity)
            later = solve_pairs(scores, capacity, start=state)
            # One that is told to go on after its last round takes one more.
            assert later.num_rounds == max(answer.num_rounds, stop + 1)
            assert later.value == answer.value
            if stop < answer.num_rounds:
                np.testing.assert_array_equal(later.village_of, answer.village_of)
                np.testing.assert_array_equal(later.prices.villages, answer.prices.villages)
            forgetful = solve_pairs(scores, capacity, start=replace(state, is_priced=False))
            assert forgetful.value == forgetful.bound == answer.value


def test_stopped_before_everyone_had_a_village() -> None:
    """Those who were left over take what is free; the bound still holds."""
    points = np.array([[100_000, 0], [100_000, 5]], dtype=np.int32)
    scores, capacity = DenseScores(points), np.ones(2, dtype=np.int64)
    part = solve_pairs(scores, capacity, notify=lambda _state: False)
    assert part.num_rounds == 1
    check_pairing(part, points, capacity)
    assert part.value <= 100_005 < part.bound
    assert solve_pairs(scores, capacity).value == 100_005


def test_stopped_where_nothing_free_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "fill_pairing", lambda *_given: None)
    scores = DenseScores(np.array([[100_000, 0], [100_000, 5]], dtype=np.int32))
    with pytest.raises(NothingFoundError, match="stopped"):
        solve_pairs(scores, np.ones(2, dtype=np.int64), notify=lambda _state: False)


@pytest.mark.parametrize("small", [1, 3_000_000])
@pytest.mark.parametrize(
    ("points", "capacity"),
    [
        ([[1, 2], [REFUSED, REFUSED]], [1, 1]),
        ([[REFUSED]], [1]),
        ([[5, REFUSED, REFUSED], [6, REFUSED, REFUSED], [1, 2, 3]], [1, 1, 1]),
        ([[5], [6]], [1]),
        ([[5, 4], [6, 4]], [0, 1]),
        (np.zeros((2, 0)), []),
    ],
)
def test_no_pairing_of_all_units(
    monkeypatch: pytest.MonkeyPatch, points: list[list[int]], capacity: list[int], small: int
) -> None:
    monkeypatch.setattr(generation, "SMALL", small)
    scores = DenseScores(np.array(points, dtype=np.int32))
    with pytest.raises(NothingFoundError):
        solve_pairs(scores, np.array(capacity, dtype=np.int64))


def test_a_home_without_villages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "SMALL", 1)
    draw = np.random.default_rng(5)
    scores, points = make_product(draw, (9, 9))
    while find_best(points, np.full(points.shape[1], 9)) is not None or not scores.home_only.any():
        scores, points = make_product(draw, (9, 9))
    with pytest.raises(NothingFoundError, match="no village"):
        solve_pairs(scores, np.full(points.shape[1], 9))


def test_more_units_of_a_county_than_places() -> None:
    """Only the bound shows it: each of the units for itself has a village it may have."""
    points = np.full((40, 60), 7, dtype=np.int32)
    points[:20, 19:] = REFUSED
    with pytest.raises(NothingFoundError):
        solve_pairs(DenseScores(points), np.ones(60, dtype=np.int64))
    points[0, 19] = -(2**30) + 1
    answer = solve_pairs(DenseScores(points), np.ones(60, dtype=np.int64))
    assert answer.value == 39 * 7 - 2**30 + 1


@pytest.mark.parametrize("num_villages", [0, 3])
def test_no_units(num_villages: int) -> None:
    scores = DenseScores(np.zeros((0, num_villages), dtype=np.int32))
    answer = solve_pairs(scores, np.ones(num_villages, dtype=np.int64))
    assert (answer.value, answer.bound, answer.num_rounds) == (0, 0, 0)
    assert len(answer.prices.villages) == num_villages


def test_capacities_beyond_all_units() -> None:
    scores = DenseScores(np.array([[3, 1], [3, 2]], dtype=np.int32))
    answer = solve_pairs(scores, np.full(2, 2**62))
    assert (answer.value, answer.bound) == (6, 6)


def test_points_too_large_for_exact_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is no sign of a missing village."""
    monkeypatch.setattr("pairmatch.solvers.masters.COST_LIMIT", 1000)
    points = np.array([[10**6, 0], [0, 10**6]], dtype=np.int32)
    with pytest.raises(StepsError):
        solve_pairs(DenseScores(points), np.ones(2, dtype=np.int64))


@pytest.mark.parametrize("seed", range(30))
def test_a_sample_takes_its_share_of_every_stratum(seed: int) -> None:
    """Where a county has no more units than villages, its sample has not either."""
    draw = np.random.default_rng(seed)
    sizes = draw.integers(0, 30, (2, 9))
    strata = [draw.permutation(np.repeat(np.arange(-1, 8), own)).astype(np.int32) for own in sizes]
    taken = generation.draw_sample(draw, strata[0], strata[1])
    counts = []
    for side, own, idx in zip(strata, sizes, taken, strict=True):
        assert (np.diff(idx) > 0).all(), "each once, in order"
        found = np.bincount(side[idx] + 1, minlength=9)
        assert (found >= own // generation.SAMPLE).all()
        assert (found <= -(-own // generation.SAMPLE)).all()
        counts.append(found)
    assert (counts[0] <= counts[1])[sizes[0] <= sizes[1]].all()


def test_a_sample_is_never_empty() -> None:
    draw = np.random.default_rng(1)
    for units, villages in ((1, 1), (2, 40), (3, 1)):
        sides = np.zeros(units, dtype=np.int32), np.zeros(villages, dtype=np.int32)
        assert all(len(taken) for taken in generation.draw_sample(draw, *sides))
