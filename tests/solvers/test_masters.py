"""Flows over few pairs and their prices, against linear programs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from tests.cases import pick_share

from pairmatch.domain.matching import StepsError
from pairmatch.solvers.masters import Columns, MasterFlow, Prices, price_master, solve_master

Instance = tuple[Columns, np.ndarray, Prices, int]


def make_instance(seed: int) -> Instance:
    """Return some pairs, capacities, the middle of a box and its width."""
    draw = np.random.default_rng(seed)
    num_units, num_villages = (int(draw.integers(1, 9)) for _ in range(2))
    reach = int(draw.choice([1, 9, 1000]))
    wanted = draw.random((num_units, num_villages)) < draw.choice([0.2, 0.6, 1.0])
    units, villages = np.nonzero(wanted)
    if draw.random() < 0.3:  # a pair may stand there twice
        units, villages = np.append(units, units[:2]), np.append(villages, villages[:2])
    points = draw.integers(-reach, reach + 1, wanted.shape)[units, villages]
    columns = Columns(units.astype(np.int32), villages.astype(np.int32), points)
    box = Prices(draw.integers(-reach, reach + 1, num_units), draw.integers(0, reach, num_villages))
    width = int(draw.choice([16, 16, 100, 3000]))
    return columns, draw.integers(0, 4, num_villages), box, width


def find_least_prices(instance: Instance) -> tuple[float, np.ndarray]:
    """Return the least sum of prices that the box allows, and the least village prices of those."""
    columns, capacity, box, width = instance
    num_units, num_villages = len(box.units), len(capacity)
    rows = np.zeros((len(columns), num_units + num_villages))
    rows[np.arange(len(columns)), columns.unit_idx] = -1
    rows[np.arange(len(columns)), num_units + columns.village_idx] = -1
    bounds = [(low, None) for low in (box.units - width).tolist()]
    bounds += [(0, high) for high in (box.villages + width).tolist()]
    total = np.concatenate([np.ones(num_units), capacity])
    first = linprog(total, rows, -columns.points, bounds=bounds)
    villages = np.concatenate([np.zeros(num_units), np.ones(num_villages)])
    second = linprog(
        villages,
        np.vstack([rows, total]),
        np.append(-columns.points, first.fun + 1e-6),
        bounds=bounds,
    )
    return first.fun, second.x[num_units:]


@settings(max_examples=pick_share(4000, 20), deadline=None)
@given(st.integers(0, 2**32))
def test_flow_and_prices_prove_each_other(seed: int) -> None:
    instance = make_instance(seed)
    columns, capacity, box, width = instance
    flow = solve_master(columns, capacity, box, width)
    prices = price_master(columns, len(capacity), flow, box, width)
    chosen = columns.take(flow.chosen)
    times = np.bincount(chosen.unit_idx, minlength=len(box.units))
    np.testing.assert_array_equal(times + flow.is_idle, 1)
    over = np.maximum(np.bincount(chosen.village_idx, minlength=len(capacity)) - capacity, 0)
    np.testing.assert_array_equal(over > 0, flow.is_crowded)
    assert flow.is_sound == (not over.any() and not flow.is_idle.any())
    assert flow.num_amiss == (over > 0).sum() + flow.is_idle.sum()
    assert (prices.reduce(columns) <= 0).all()
    assert (prices.reduce(chosen) == 0).all()
    assert (prices.units >= box.units - width).all()
    assert (prices.villages >= 0).all()
    assert (prices.villages <= box.villages + width).all()
    value = chosen.points.sum() + (box.units - width)[flow.is_idle].sum()
    value -= (over * (box.villages + width)).sum()
    assert value == prices.units.sum() + (capacity * prices.villages).sum()
    best, least = find_least_prices(instance)
    assert value == pytest.approx(best, abs=1e-5)
    np.testing.assert_allclose(prices.villages, least, atol=1e-3)


def test_no_pairs_at_all() -> None:
    nothing = np.zeros(0, dtype=np.int32)
    columns = Columns(nothing, nothing, nothing.astype(np.int64))
    box = Prices(np.array([5, -5]), np.array([0, 7, 0]))
    flow = solve_master(columns, np.array([1, 0, 2]), box, 16)
    assert flow.is_idle.all()
    assert not flow.is_sound
    prices = price_master(columns, 3, flow, box, 16)
    np.testing.assert_array_equal(prices.units, [-11, -21])
    np.testing.assert_array_equal(prices.villages, 0)


def test_prices_of_a_flow_that_is_not_the_best() -> None:
    side = np.array([0, 0, 1, 1], dtype=np.int32)
    columns = Columns(side, np.array([0, 1, 0, 1], dtype=np.int32), np.array([9, 0, 0, 9]))
    nobody = np.zeros(2, dtype=np.bool_)
    worse = MasterFlow(np.array([1, 2]), nobody, nobody)
    box = Prices(np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64))
    with pytest.raises(ArithmeticError, match="not the best"):
        price_master(columns, 2, worse, box, 16)


@pytest.mark.parametrize("points", [2**60, -(2**60)])
def test_points_too_large_for_exact_sums(points: int) -> None:
    one = np.zeros(1, dtype=np.int32)
    columns = Columns(one, one, np.array([points]))
    box = Prices(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
    with pytest.raises(StepsError):
        solve_master(columns, np.ones(1, dtype=np.int64), box, 16)
