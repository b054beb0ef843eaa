"""Passes over all pairs against the plain table of their points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import pick_share
from tests.pair_makers import draw_prices, make_scores

from pairmatch.domain.pairscores import REFUSED, DenseScores, PairScores
from pairmatch.solvers import pricing
from pairmatch.solvers.masters import Columns, Prices
from pairmatch.solvers.pricing import (
    Paying,
    drop_repeated,
    find_newly_paying,
    find_paying,
    gather_columns,
    rank_within,
    thin_columns,
)

SEEDS = st.integers(0, 2**32)
MOST = (12, 14)
EXAMPLES = pick_share(4000, 20)


def reduce_all(points: np.ndarray, prices: Prices) -> np.ndarray:
    """Return what every pair has left, less than anything for refused ones."""
    reduced = points - prices.units[:, None] - prices.villages
    return np.where(points > REFUSED, reduced, np.iinfo(np.int64).min)


def list_pairs(columns: Columns) -> list[tuple[int, int]]:
    return list(zip(columns.unit_idx.tolist(), columns.village_idx.tolist(), strict=True))


def check_paying(found: Paying, points: np.ndarray, prices: Prices) -> None:
    """Check that pairs are all those that pay, each once, with their points and excess."""
    reduced = reduce_all(points, prices)
    pairs = list_pairs(found.columns)
    assert len(pairs) == len(set(pairs))
    expected = {pair for pair in np.ndindex(*points.shape) if reduced[pair] > 0}
    if found.is_complete:
        assert set(pairs) == expected
    else:
        assert set(pairs) <= expected
        for k, most in enumerate(reduced.max(axis=1)):
            assert most <= 0 or max(reduced[k, v] for u, v in pairs if u == k) == most
    np.testing.assert_array_equal(found.excess, np.maximum(reduced.max(axis=1), 0))
    own = points[found.columns.unit_idx, found.columns.village_idx]
    np.testing.assert_array_equal(found.columns.points, own)


def make_case(seed: int) -> tuple[np.random.Generator, PairScores, np.ndarray, Prices]:
    draw = np.random.default_rng(seed)
    scores, points = make_scores(draw, MOST)
    prices = Prices(*(draw_prices(draw, side) for side in points.shape))
    return draw, scores, points, prices


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS)
def test_all_pairs_that_pay_are_found(seed: int) -> None:
    _draw, scores, points, prices = make_case(seed)
    check_paying(find_paying(scores, prices), points, prices)


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS, st.sampled_from([0.0, 0.7, 2.0]))
def test_pairs_that_pay_now_but_did_not_before(seed: int, share: float) -> None:
    draw, scores, points, prices = make_case(seed)
    left = np.where(points > REFUSED, points - prices.villages, -(10**8)).max(axis=1)
    before = Prices(left + draw.integers(0, 3, len(left)), prices.villages)
    steps = [
        draw.integers(-40, 40, side) * (draw.random(side) < draw.choice([0.0, 0.2, 1.0]))
        for side in points.shape
    ]
    after = Prices(before.units + steps[0], before.villages + steps[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pricing, "MOST_OF_ALL", share)
        found = find_newly_paying(scores, before, after)
    assert found.is_complete
    check_paying(found, points, after)


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS)
def test_too_many_are_thinned_to_the_best_of_all(seed: int) -> None:
    _draw, scores, points, prices = make_case(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pricing, "MANY", 5)
        patch.setattr(pricing, "MANY_EACH", 0)
        patch.setattr(pricing, "KEPT", 2)
        patch.setattr(pricing, "CHUNK", 7)
        found = find_paying(scores, prices)
    assert found.is_complete == ((reduce_all(points, prices) > 0).sum() <= 5)
    check_paying(found, points, prices)


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS, st.integers(1, 4), st.integers(0, 5), st.sampled_from([10, 4_000_000]))
def test_pairs_gathered_are_those_of_least_loss(
    seed: int, per_node: int, least: int, many: int
) -> None:
    _draw, scores, points, prices = make_case(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pricing, "MANY", many)
        patch.setattr(pricing, "MANY_EACH", 0)
        patch.setattr(pricing, "CHUNK", 7)
        found = gather_columns(scores, prices, per_node, least)
    pairs = list_pairs(found)
    assert len(pairs) == len(set(pairs))
    np.testing.assert_array_equal(found.points, points[found.unit_idx, found.village_idx])
    is_open = points > REFUSED
    assert is_open[found.unit_idx, found.village_idx].all()
    for side, idx in enumerate((found.unit_idx, found.village_idx)):
        counts = np.bincount(idx, minlength=points.shape[side])
        assert (counts >= np.minimum(is_open.sum(axis=1 - side), least)).all()
    # No pair that was left out loses less than the one that closes the list.
    losses = np.sort(-reduce_all(points, prices)[is_open])
    goal = min(per_node * sum(points.shape), points.size)
    if many > points.size and len(losses) >= goal and losses[goal - 1] <= 2 * scores.largest:
        wanted = -reduce_all(points, prices) <= losses[goal - 1]
        assert set(zip(*np.nonzero(wanted & is_open), strict=True)) <= set(pairs)


def test_every_village_gets_its_pairs_where_all_have_too_few() -> None:
    scores = DenseScores(np.arange(18, dtype=np.int32).reshape(2, 9))
    prices = Prices(np.array([8, 17]), np.zeros(9, dtype=np.int64))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pricing, "MANY", 2)
        patch.setattr(pricing, "MANY_EACH", 0)
        patch.setattr(pricing, "KEPT", 1)
        found = gather_columns(scores, prices, 1, 1)
    assert np.bincount(found.village_idx, minlength=9).min() >= 1


def test_a_unit_with_nothing_but_refused_pairs_gets_none() -> None:
    points = np.array([[REFUSED] * 3, [1, REFUSED, 3]], dtype=np.int32)
    found = gather_columns(
        DenseScores(points), Prices(np.zeros(2, dtype=np.int64), np.zeros(3, dtype=np.int64)), 8, 4
    )
    assert list_pairs(found) == [(1, 0), (1, 2)]


def test_points_far_below_the_bounds_are_reached() -> None:
    points = np.array([[-(10**8), -(2**30) + 1, 0], [0, 0, 0]], dtype=np.int32)
    prices = Prices(np.zeros(2, dtype=np.int64), np.zeros(3, dtype=np.int64))
    assert len(gather_columns(DenseScores(points), prices, 1, 3)) == 6


@pytest.mark.parametrize("shape", [(0, 0), (0, 4), (4, 0)])
def test_no_units_or_no_villages(shape: tuple[int, int]) -> None:
    scores = DenseScores(np.zeros(shape, dtype=np.int32))
    prices = Prices(*(np.zeros(side, dtype=np.int64) for side in shape))
    dearer = Prices(prices.units + 1, prices.villages + 1)
    assert len(gather_columns(scores, prices, 8, 4)) == 0
    for found in (find_paying(scores, prices), find_newly_paying(scores, dearer, prices)):
        assert len(found.columns) == 0
        assert len(found.excess) == shape[0]
        assert found.is_complete


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS)
def test_ranks_and_thinning_by_sorting(seed: int) -> None:
    draw = np.random.default_rng(seed)
    count = int(draw.integers(0, 40))
    key, worth = draw.integers(0, 6, count), draw.integers(0, 9, count)
    ranks = rank_within(key, worth)
    for name in range(6):
        own = np.flatnonzero(key == name)
        best = sorted(own, key=lambda k: (-worth[k], k))
        np.testing.assert_array_equal(ranks[best], np.arange(len(own)))
    columns = Columns(key.astype(np.int32), draw.integers(0, 9, count).astype(np.int32), worth)
    once = drop_repeated(columns, 9)
    assert list_pairs(once) == sorted(set(list_pairs(columns)))
    prices = Prices(np.zeros(6, dtype=np.int64), np.zeros(9, dtype=np.int64))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pricing, "KEPT", 2)
        thin = thin_columns(once, prices)
    best = (rank_within(once.unit_idx, once.points) < 2) | (
        rank_within(once.village_idx, once.points) < 2
    )
    assert list_pairs(thin) == list_pairs(once.take(best))
