"""Passes over all pairs in parts: here, in threads, in processes and on a dask cluster."""

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
from tests.benchmarks.national import National, make_national

from pairmatch.match.country import Search, solve_country
from pairmatch.match.verifycountry import find_unpriced
from pairmatch.solvers.masters import Prices
from pairmatch.solvers.pricing import find_paying, look_in_parts

Run = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


@pytest.fixture(scope="module")
def nation() -> National:
    return make_national(300, 330)


def check(nation: National, run: Run) -> None:
    """Passes in parts find what one pass finds, and a search with them ends at the same pairs."""
    scores = nation.build_scores()
    draw = np.random.default_rng(3)
    prices = Prices(draw.integers(1000, 4000, 300), draw.integers(0, 1500, 330))
    whole, parts = find_paying(scores, prices), look_in_parts(run, 5)(scores, prices)
    np.testing.assert_array_equal(whole.excess, parts.excess)
    named = [
        sorted(zip(c.unit_idx.tolist(), c.village_idx.tolist(), c.points.tolist(), strict=True))
        for c in (whole.columns, parts.columns)
    ]
    assert len(named[0]) > 100
    assert named[0] == named[1]
    ones = (np.ones(300, dtype=np.int64), np.ones(330, dtype=np.int64))
    plain = solve_country(scores, *ones)
    spread = solve_country(scores, *ones, search=Search(look=look_in_parts(run, 3)))
    assert plain.value == plain.bound == spread.value == spread.bound
    bound = (spread.unit_prices, spread.village_prices)
    assert find_unpriced(scores, *bound, run=run, num_parts=4) == 0
    low = (spread.unit_prices - 1, spread.village_prices)
    beaten = find_unpriced(scores, *low, run=run, num_parts=4)
    assert beaten == find_unpriced(scores, *low) >= 300


def test_in_this_process(nation: National) -> None:
    check(nation, map)


def test_in_threads(nation: National) -> None:
    with ThreadPoolExecutor(3) as pool:
        check(nation, pool.map)


def test_in_processes(nation: National) -> None:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        check(nation, pool.map)


@pytest.mark.filterwarnings("default")
def test_on_a_cluster(nation: National) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        check(nation, lambda function, parts: client.gather(client.map(function, list(parts))))
