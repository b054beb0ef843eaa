"""Bounds and scans of all pairs against the plain table of their points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import pick_share
from tests.pair_makers import draw_prices, make_dense, make_points, make_scores

from pairmatch.domain import pairscores, productscores
from pairmatch.domain.pairscores import REFUSED, DenseScores, PairScores, TransposedScores

SEEDS = st.integers(0, 2**32)
MOST = (14, 17)


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> object:
    with pytest.MonkeyPatch.context() as patch:
        for module in (pairscores, productscores):
            patch.setattr(module, "BLOCK", (4, 6))
        yield


def list_scanned(
    scores: PairScores, units: np.ndarray, villages: np.ndarray, least: int
) -> set[tuple[int, int]]:
    found = [
        pair
        for rows, columns in scores.scan(units, villages, least)
        for pair in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    assert len(found) == len(set(found)), "a pair comes twice"
    return set(found)


def list_wanted(
    points: np.ndarray, units: np.ndarray, villages: np.ndarray, least: int
) -> set[tuple[int, int]]:
    reduced = points - units[:, None] - villages
    hits = np.nonzero((reduced >= least) & (points > REFUSED))
    return set(zip(hits[0].tolist(), hits[1].tolist(), strict=True))


@settings(max_examples=pick_share(8000, 20), deadline=None)
@given(SEEDS)
def test_scan_misses_nothing(seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores, points = make_scores(draw, MOST)
    units, villages = (draw_prices(draw, side) for side in points.shape)
    reduced = points - units[:, None] - villages
    at = int(draw.choice(reduced.ravel()))
    for least in (at, int(draw.integers(-100, 100)), 1, int(reduced.min()), 4 * REFUSED):
        wanted = list_wanted(points, units, villages, least)
        found = list_scanned(scores, units, villages, least)
        assert wanted <= found
        if isinstance(scores, DenseScores):
            assert found == {pair for pair in np.ndindex(*points.shape) if reduced[pair] >= least}


@settings(max_examples=pick_share(6000, 20), deadline=None)
@given(SEEDS)
def test_bounds_are_never_too_low(seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores, points = make_scores(draw, MOST)
    units, villages = (draw_prices(draw, side) for side in points.shape)
    is_open = points > REFUSED
    assert (np.abs(points[is_open]) <= scores.largest).all() or not isinstance(scores, DenseScores)
    assert (points <= scores.largest).all()
    for least, bounds in (
        (np.where(is_open, points - villages, -np.inf).max(axis=1), scores.bound_units(villages)),
        (
            np.where(is_open, points - units[:, None], -np.inf).max(axis=0),
            scores.bound_villages(units),
        ),
    ):
        assert np.isfinite(bounds).all()
        assert (bounds >= least).all()
    first, last = np.sort(draw.integers(0, points.shape[0] + 1, 2))
    left, right = np.sort(draw.integers(0, points.shape[1] + 1, 2))
    block = scores.bound_block(slice(first, last), slice(left, right))
    own = (slice(first, last), slice(left, right))
    assert (block >= np.where(is_open[own], points[own], -np.inf)).all()


@settings(max_examples=pick_share(6000, 20), deadline=None)
@given(SEEDS)
def test_taking_some_is_looking_at_some(seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores, points = make_scores(draw, MOST)
    rows, columns = (
        np.flatnonzero(draw.random(side) < 0.6).astype(np.int32) for side in points.shape
    )
    part, own = scores.take(rows, columns), points[np.ix_(rows, columns)]
    assert (part.num_units, part.num_villages) == own.shape
    units, villages = (draw_prices(draw, side) for side in own.shape)
    pairs = np.indices(own.shape).reshape(2, -1).astype(np.int32)
    np.testing.assert_array_equal(part.score(*pairs), own.ravel())
    least = int(draw.integers(-100, 100))
    found = list_scanned(part, units, villages, least)
    assert list_wanted(own, units, villages, least) <= found
    turned = TransposedScores(part)
    assert list_scanned(turned, villages, units, least) == {(v, u) for u, v in found}
    np.testing.assert_array_equal(turned.score(pairs[1], pairs[0]), own.ravel())
    np.testing.assert_array_equal(turned.bound_units(units), part.bound_villages(units))
    np.testing.assert_array_equal(turned.bound_villages(villages), part.bound_units(villages))
    whole = (slice(0, own.shape[0]), slice(0, own.shape[1]))
    np.testing.assert_array_equal(turned.bound_block(*whole[::-1]).T, part.bound_block(*whole))
    again = scores.take(rows, np.arange(points.shape[1], dtype=np.int32)).take(
        np.arange(len(rows), dtype=np.int32), columns
    )
    assert list_scanned(again, units, villages, least) == found


@pytest.mark.parametrize(
    ("unit_price", "village_price", "least"),
    [(2**30, 2**30, 1), (-(2**30), -(2**30), 1), (0, 0, REFUSED * 4), (2**33, -(2**33), -9)],
)
def test_prices_beyond_32_bits(unit_price: int, village_price: int, least: int) -> None:
    points = np.array([[5, REFUSED, -7], [2**30 - 1, 0, 3]])
    scores = DenseScores(points.astype(np.int32))
    units, villages = np.array([unit_price, 0]), np.array([village_price, 0, 1])
    reduced = points - units[:, None] - villages
    expected = {pair for pair in np.ndindex(*points.shape) if reduced[pair] >= least}
    assert list_scanned(scores, units, villages, least) == expected
    np.testing.assert_array_equal(scores.bound_units(villages), (points - villages).max(axis=1))
    assert (scores.bound_villages(units) >= (points - units[:, None]).max(axis=0)).all()


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_no_units_or_no_villages(shape: tuple[int, int]) -> None:
    scores = DenseScores(np.zeros(shape, dtype=np.int32))
    units, villages = (np.zeros(side, dtype=np.int64) for side in shape)
    for one in (scores, TransposedScores(TransposedScores(scores))):
        assert one.largest == 0
        assert list_scanned(one, units, villages, -5) == set()
        assert len(one.bound_units(villages)) == shape[0]
        assert len(one.bound_villages(units)) == shape[1]


def test_refused_pairs_do_not_count_as_large() -> None:
    points = np.array([[REFUSED, -9], [4, REFUSED]], dtype=np.int32)
    assert DenseScores(points).largest == 9
    assert DenseScores(points[:, :1]).largest == 4
    assert DenseScores(points[:1, :1]).largest == 0


def test_dense_bounds_are_exact() -> None:
    draw = np.random.default_rng(3)
    for kind in range(8):
        points = make_points(draw, kind, (9, 11))
        scores = DenseScores(points.astype(np.int32))
        units, villages = (draw_prices(draw, side) for side in points.shape)
        np.testing.assert_array_equal(scores.bound_units(villages), (points - villages).max(1))
        np.testing.assert_array_equal(
            scores.bound_villages(units), (points - units[:, None]).max(0)
        )
        np.testing.assert_array_equal(scores.bound_block(slice(2, 5), slice(0, 7)), points[2:5, :7])


def test_a_block_may_be_wider_than_it_should() -> None:
    scores, points = make_dense(np.random.default_rng(0), (3, 40))
    units, villages = (np.zeros(side, dtype=np.int64) for side in points.shape)
    assert list_scanned(scores, units, villages, REFUSED) == set(np.ndindex(*points.shape))
