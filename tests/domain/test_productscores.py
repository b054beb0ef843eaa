"""Points bounded by products: rounding of 32 bits, rows without units, homes without villages."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import pick_share
from tests.pair_makers import draw_prices, make_product

from pairmatch.domain.pairscores import REFUSED, Pairs
from pairmatch.domain.productscores import NO_GROUP, ProductScores


def make_scores(
    points: np.ndarray, row: list[int], groups: tuple[list[int], list[int]], home_only: list[bool]
) -> ProductScores:
    """Return scores whose bound is the most that any unit of a row has with a village."""
    left = np.eye(max(row) + 1, dtype=np.float32)
    right = np.zeros((points.shape[1], max(row) + 1), dtype=np.float32)
    for r in range(max(row) + 1):
        own = [u for u in range(len(row)) if row[u] == r]
        right[:, r] = points[own].max(axis=0) if own else 0
    return ProductScores(
        left=left,
        right=right,
        row=np.array(row, dtype=np.int32),
        slack=0.0,
        compute=lambda unit_idx, village_idx: points[unit_idx, village_idx],
        unit_idx=np.arange(points.shape[0], dtype=np.int32),
        village_idx=np.arange(points.shape[1], dtype=np.int32),
        unit_group=np.array(groups[0], dtype=np.int32),
        village_group=np.array(groups[1], dtype=np.int32),
        bonus=0.0,
        home_only=np.array(home_only),
    )


def list_pairs(parts: list[Pairs]) -> list[tuple[int, int]]:
    return sorted(
        (int(u), int(v)) for rows, columns in parts for u, v in zip(rows, columns, strict=True)
    )


def test_as_many_open_units_as_rows_but_not_one_each() -> None:
    # Units 0 and 1 share a row; the only unit of the other row stays at home.
    points = np.array([[10, 20], [11, 21], [5, 6]])
    scores = make_scores(points, [0, 0, 1], ([0, 0, 1], [0, 1]), [False, False, True])
    nothing = np.zeros(3, dtype=np.int64), np.zeros(2, dtype=np.int64)
    assert list_pairs(list(scores.scan(*nothing, 1))) == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1)]


def test_rows_without_units() -> None:
    points = np.array([[10, 20], [11, 21]])
    scores = make_scores(points, [2, 0], ([NO_GROUP] * 2, [NO_GROUP] * 2), [False, False])
    nothing = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)
    assert list_pairs(list(scores.scan(*nothing, 1))) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_nobody_is_open_and_nobody_is_home() -> None:
    points = np.full((2, 3), REFUSED)
    scores = make_scores(np.zeros((2, 3)), [0, 0], ([1, 1], [0, 2, 2]), [True, True])
    scores = replace(scores, compute=lambda unit_idx, village_idx: points[unit_idx, village_idx])
    units, villages = np.zeros(2, dtype=np.int64), np.zeros(3, dtype=np.int64)
    assert list_pairs(list(scores.scan(units, villages, -(10**9)))) == []
    assert np.isfinite(scores.bound_units(villages)).all()
    assert np.isfinite(scores.bound_villages(units)).all()
    assert (scores.bound_block(slice(0, 2), slice(0, 3)) == -np.inf).all()


def test_units_without_a_group_are_not_at_home_with_each_other() -> None:
    scores = make_scores(np.zeros((1, 1)), [0], ([NO_GROUP], [NO_GROUP]), [False])
    scores = replace(scores, bonus=9.0)
    zero = np.zeros(1, dtype=np.int64)
    assert scores.bound_units(zero)[0] < 1
    assert list_pairs(list(scores.scan(zero, zero, 5))) == []


@pytest.mark.parametrize("side", ["unit_group", "village_group"])
def test_groups_that_are_not_sorted_are_refused(side: str) -> None:
    scores = make_scores(np.zeros((2, 2)), [0, 0], ([0, 1], [0, 1]), [False, False])
    with pytest.raises(ValueError, match="sorted by group"):
        replace(scores, **{side: np.array([1, 0], dtype=np.int32)})


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_no_units_or_no_villages(shape: tuple[int, int]) -> None:
    scores = make_scores(np.zeros((3, 3)), [0, 1, 1], ([0, 0, 1], [0, 1, 1]), [False] * 3)
    part = scores.take(*(np.arange(side, dtype=np.int32) for side in shape))
    units, villages = (np.zeros(side, dtype=np.int64) for side in shape)
    assert list_pairs(list(part.scan(units, villages, -9))) == []
    assert len(part.bound_units(villages)) == shape[0]
    assert len(part.bound_villages(units)) == shape[1]
    assert part.bound_block(slice(0, shape[0]), slice(0, shape[1])).shape == shape


@settings(max_examples=pick_share(4000, 20), deadline=None)
@given(st.integers(0, 2**32))
def test_pairs_at_the_very_edge_are_found(seed: int) -> None:
    """Every pair is asked for at just what it has left: 32 bits must not round it away."""
    draw = np.random.default_rng(seed)
    scores, points = make_product(draw, (6, 7))
    units, villages = (draw_prices(draw, side) for side in points.shape)
    for u, v in np.ndindex(*points.shape):
        if points[u, v] > REFUSED:
            least = int(points[u, v] - units[u] - villages[v])
            assert (u, v) in list_pairs(list(scores.scan(units, villages, least)))
