"""Makers of random scores of all pairs, together with what they are: a plain table of points."""

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.pairscores import REFUSED, DenseScores, PairScores, TransposedScores
from pairmatch.domain.productscores import NO_GROUP, ProductScores

Points = NDArray[np.int64]

NUM_KINDS = 8
"""How many kinds of points `make_points` knows."""


def make_points(draw: np.random.Generator, kind: int, shape: tuple[int, int]) -> Points:
    """Return points of one kind: ties, all equal, refused pairs, products, distances and more."""
    rows, columns = (shape[0], 1), (1, shape[1])
    makers = (
        lambda: draw.integers(0, 3, shape),
        lambda: draw.integers(-(10**6), 10**6, shape),
        lambda: np.full(shape, draw.integers(-50, 50)),
        lambda: draw.integers(0, 100, rows) * draw.integers(0, 100, columns),
        lambda: draw.integers(-1000, 0, shape),
        lambda: np.where(draw.random(shape) < 0.6, REFUSED, draw.integers(0, 500, shape)),
        lambda: (np.abs(draw.random(rows) - draw.random(columns)) * -5000).astype(np.int64),
        lambda: sum(draw.integers(0, 1000, part) for part in (rows, columns, shape)),
    )
    return makers[kind]()


def make_dense(draw: np.random.Generator, most: tuple[int, int]) -> tuple[DenseScores, Points]:
    """Return dense scores of any kind and at most so many units and villages, and their points."""
    shape = (int(draw.integers(1, most[0] + 1)), int(draw.integers(1, most[1] + 1)))
    points = make_points(draw, int(draw.integers(NUM_KINDS)), shape)
    return DenseScores(points.astype(np.int32)), points


def make_product(draw: np.random.Generator, most: tuple[int, int]) -> tuple[ProductScores, Points]:
    """Return product scores of at most so many units and villages, and their points.

    Points are often as high as their bound; rows may be shared or have no unit, groups may have
    one side only, and products may be so large that 32 bits round whole steps away.
    """
    num_units, num_villages = (int(draw.integers(1, side + 1)) for side in most)
    num_rows, num_factors = int(draw.integers(1, num_units + 1)), int(draw.integers(1, 5))
    scale = 10.0 ** draw.integers(0, 5)
    left, right = (
        (draw.normal(0, scale, (rows, num_factors))).astype(np.float32)
        for rows in (num_rows, num_villages)
    )
    num_groups = int(draw.integers(1, 5))
    unit_group, village_group = (
        np.sort(draw.integers(NO_GROUP, num_groups, count)).astype(np.int32)
        for count in (num_units, num_villages)
    )
    row = draw.integers(0, num_rows, num_units).astype(np.int32)
    slack, bonus = float(draw.integers(-5, 50)), float(draw.integers(-5, 60))
    home_only = draw.random(num_units) < draw.choice([0.0, 0.3, 1.0], p=[0.4, 0.5, 0.1])
    is_home = (unit_group[:, None] == village_group) & (unit_group != NO_GROUP)[:, None]
    product = left.astype(np.float64)[row] @ right.astype(np.float64).T
    below = np.where(draw.random(product.shape) < 0.5, 0, draw.integers(0, 40, product.shape))
    points = np.floor(product + slack + bonus * is_home).astype(np.int64) - below
    is_closed = (home_only[:, None] & ~is_home) | (draw.random(product.shape) < 0.05)
    points[is_closed] = REFUSED
    scores = ProductScores(
        left=left,
        right=right,
        row=row,
        slack=slack,
        compute=lambda unit_idx, village_idx: points[unit_idx, village_idx],
        unit_idx=np.arange(num_units, dtype=np.int32),
        village_idx=np.arange(num_villages, dtype=np.int32),
        unit_group=unit_group,
        village_group=village_group,
        bonus=bonus,
        home_only=home_only,
    )
    return scores, points


def make_scores(draw: np.random.Generator, most: tuple[int, int]) -> tuple[PairScores, Points]:
    """Return scores of any class, and their points."""
    scores, points = (make_dense, make_product)[int(draw.integers(2))](draw, most)
    if draw.random() < 0.3:
        return TransposedScores(scores), points.T
    return scores, points


def draw_prices(draw: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Return prices of one node each: none at all, some, or very large ones."""
    reach = int(draw.choice([1, 50, 10**4, 10**7, 10**9]))
    return draw.integers(-reach, reach, count)


def make_capacity(draw: np.random.Generator, num_units: int, num_villages: int) -> Points:
    """Return what villages take: one each, several, or all with one of them; enough in sum."""
    kind = draw.random()
    if kind < 0.4:
        capacity = np.ones(num_villages, dtype=np.int64)
    elif kind < 0.8:
        capacity = draw.integers(0, 4, num_villages)
    else:
        capacity = np.zeros(num_villages, dtype=np.int64)
        capacity[draw.integers(num_villages)] = num_units
    while capacity.sum() < num_units:
        capacity[draw.integers(num_villages)] += 1
    return capacity
