"""Choices counted through at once, spread over villages, and the first bound that gives way."""

from itertools import product

import numpy as np
import pytest

from pairmatch.domain.limits import Bound
from pairmatch.solvers.feasibility import ChoiceProgram, find_choice
from pairmatch.solvers.reliefs import find_single_relief, spread_choice
from pairmatch.solvers.tallies import Tally

NUM_CANDIDATES = 8


def draw_bounds(rng: np.random.Generator, num_bounds: int, heaviest: int = 1) -> list[Bound]:
    bounds = []
    for _ in range(num_bounds):
        idx = np.flatnonzero(rng.random(NUM_CANDIDATES) < 0.5).astype(np.int32)
        weights = rng.integers(1, heaviest, len(idx), dtype=np.int64, endpoint=True)
        bounds.append(Bound(idx, weights, int(rng.integers(0, 4)), bool(rng.random() < 0.5)))
    return bounds


def keeps_all(bounds: list[Bound], chosen: np.ndarray) -> bool:
    return all(bound.measure_gap(chosen) <= 0 for bound in bounds)


def list_choices(bounds: list[Bound]) -> list[np.ndarray]:
    every = (np.array(bits) for bits in product([False, True], repeat=NUM_CANDIDATES))
    return [chosen for chosen in every if keeps_all(bounds, chosen)]


@pytest.mark.parametrize("heaviest", [1, 9, 2**61])
def test_a_tally_counts_what_each_bound_misses(heaviest: int) -> None:
    """However heavy the candidates are: sums beyond 64 bits are whole numbers too."""
    rng = np.random.default_rng(3)
    for _ in range(40):
        bounds = draw_bounds(rng, int(rng.integers(0, 6)), heaviest)
        tally = Tally(bounds, [(bound.idx, bound.weights) for bound in bounds])
        chosen = rng.random(NUM_CANDIDATES) < 0.6
        assert tally.measure(chosen) == [bound.measure_gap(chosen) for bound in bounds]


def test_a_choice_is_spread_if_it_can_be() -> None:
    found = {True: 0, False: 0}
    for number in range(120):
        rng = np.random.default_rng([5, number])
        bounds = draw_bounds(rng, 2)
        owner = rng.integers(0, 4, NUM_CANDIDATES)
        sets = [np.flatnonzero(owner == k).astype(np.int32) for k in range(3)]
        ones = [np.ones(len(idx), dtype=np.int64) for idx in sets]
        most = rng.integers(0, 3, 3).tolist()
        caps = [Bound(*given, False) for given in zip(sets, ones, most, strict=True)]
        chosen = rng.random(NUM_CANDIDATES) < 0.5
        spread, tight = spread_choice(NUM_CANDIDATES, bounds, chosen, caps)
        alike = _list_alike(bounds, chosen)
        assert (spread is not None) is any(keeps_all(caps, other) for other in alike)
        found[spread is not None] += 1
        if spread is not None:
            assert keeps_all(caps, spread)
            assert spread.tolist() in [other.tolist() for other in alike]
        else:
            assert not any(keeps_all([caps[k] for k in tight], other) for other in alike)
    assert min(found.values()) > 10


def _list_alike(bounds: list[Bound], chosen: np.ndarray) -> list[np.ndarray]:
    """Return all choices of equally many candidates of each kind."""
    kinds = [tuple(k in bound.idx for bound in bounds) for k in range(NUM_CANDIDATES)]
    wanted = sorted(kinds[k] for k in np.flatnonzero(chosen))
    return [
        other
        for other in list_choices([])
        if sorted(kinds[k] for k in np.flatnonzero(other)) == wanted
    ]


def test_the_first_bound_that_will_do_gives_way() -> None:
    num_found = 0
    for number in range(60):
        rng = np.random.default_rng([7, number])
        bounds = draw_bounds(rng, 5)
        if list_choices(bounds):
            continue
        places = rng.permutation(5)[:4].tolist()
        expected = next((r for r, k in enumerate(places) if list_choices(_relax(bounds, k))), None)
        found = find_single_relief(NUM_CANDIDATES, bounds, places)
        assert (None if found is None else found[0]) == expected
        if found is not None:
            num_found += 1
            assert keeps_all(_relax(bounds, places[found[0]]), found[1])
    assert num_found > 5


def _relax(bounds: list[Bound], k: int) -> list[Bound]:
    old = bounds[k]
    value = old.value - 1 if old.is_least else old.value + 1
    return [*bounds[:k], Bound(old.idx, old.weights, value, old.is_least), *bounds[k + 1 :]]


def test_what_does_not_hold_in_whole_numbers_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    idx, ones = np.arange(2, dtype=np.int32), np.ones(2, dtype=np.int64)
    bounds = [Bound(idx, ones, 2, True), Bound(idx, ones, 1, False)]
    assert find_single_relief(2, bounds, [1]) is not None
    monkeypatch.setattr(ChoiceProgram, "solve", lambda program, **_: (0.0, (9,)))
    assert find_single_relief(2, bounds, [1]) is None


def test_a_choice_misses_another_bound_by_as_little_as_can_be() -> None:
    num_missed = 0
    for number in range(80):
        rng = np.random.default_rng([11, number])
        *bounds, near = draw_bounds(rng, 4, 2)
        every = list_choices(bounds)
        chosen = find_choice(NUM_CANDIDATES, bounds, near=near)
        assert (chosen is None) is (not every)
        if chosen is not None:
            assert keeps_all(bounds, chosen)
            least = min(max(0, near.measure_gap(other)) for other in every)
            assert max(0, near.measure_gap(chosen)) == least
            num_missed += least > 0
    assert num_missed > 5
