"""Must, may and never pairs and what one place more or less is worth, against listing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.match.choice_oracle import Value, list_sets, solve_by_listing
from tests.match.flow_cases import draw_flow
from tests.match.kept_oracle import list_kept, rank_value, value_priced
from tests.strategies import make_dense_problem, make_problem, make_quota, tier_problems

from pairmatch.domain.matching import Matching
from pairmatch.domain.problem import LINEAR_GOALS, Problem, find_priced_level
from pairmatch.explain.choices import Scarcities, Scarcity, list_scarcity, sort_choices
from pairmatch.explain.prices import PriceBook, price_candidates
from pairmatch.match.solution import solve_problem
from pairmatch.solvers.residual import stack_costs

MOST_CANDIDATES = 14


def price(problem: Problem) -> PriceBook | None:
    matching = solve_problem(problem)
    return price_candidates(problem, matching) if isinstance(matching, Matching) else None


def draw_priced(number: int) -> PriceBook | None:
    problem = draw_flow(number)
    if problem is None or problem.num_candidates > MOST_CANDIDATES:
        return None
    return price(problem)


@pytest.mark.parametrize("start", range(0, 600, 200))
def test_must_may_and_never_by_listing(start: int) -> None:
    for number in range(start, start + 200):
        book = draw_priced(number)
        if book is None:
            continue
        kept = list_kept(book.problem, with_none=True)
        values = value_priced(book.problem, kept)
        for slack in (0, 1, 3, 1000):
            close = kept[values >= values.max() - slack]
            found = sort_choices(book, slack)
            always, ever = close.all(axis=0), close.any(axis=0)
            assert found.must.tolist() == np.flatnonzero(always).tolist()
            assert found.may.tolist() == np.flatnonzero(ever & ~always).tolist()
            assert found.never.tolist() == np.flatnonzero(~ever).tolist()


# --- scarcity ------------------------------------------------------------------------------------


def solve_values(problem: Problem) -> tuple[Value, ...] | None:
    """Return the best values up to the priced level; a set without a pair is 0 pairs."""
    found = solve_by_listing(problem)
    if found is not None:
        return found.values
    return (0,) if problem.levels[0] == "num_matched" and len(list_sets(problem)) else None


def expect(problem: Problem, more: Problem, less: Problem | None) -> Scarcity:
    """Return what one more and one less of some bound is worth, by listing."""
    at = find_priced_level(problem)
    now, best = solve_values(problem), solve_values(more)
    assert now is not None and best is not None
    changed = next((k for k in range(at) if best[k] != now[k]), None)
    gain: int | None = best[at] - now[at]
    if changed is not None:
        assert rank_value(best[changed]) > rank_value(now[changed])
        if any(goal not in LINEAR_GOALS for goal in problem.levels[changed:at]):
            gain = None
    loss = None
    left = solve_values(less) if less is not None else None
    if left is not None and left[:at] == now[:at] and len(left) > at:
        loss = now[at] - left[at]
    return Scarcity(gain, loss, changed is not None)


def shift_unit(problem: Problem, unit: int, by: int) -> Problem | None:
    most = problem.unit_max.copy()
    most[unit] += by
    return replace(problem, unit_max=most) if most[unit] >= problem.unit_min[unit] else None


def shift_quota(problem: Problem, quota_idx: int, by: int) -> Problem | None:
    quotas = list(problem.quotas)
    quota = quotas[quota_idx]
    assert quota.maximum is not None
    quotas[quota_idx] = replace(quota, maximum=quota.maximum + by)
    changed = replace(problem, quotas=tuple(quotas))
    return changed if quota.maximum + by >= quota.minimum else None


def check_scarcity(book: PriceBook) -> None:
    problem = book.problem
    num_units = len(problem.unit_ids)
    groups = {"even": np.arange(num_units) % 2 == 0, "none": np.zeros(num_units, dtype=bool)}
    found = list_scarcity(book, groups)
    for unit, scarcity in enumerate(found.units):
        more = shift_unit(problem, unit, 1)
        assert more is not None
        assert scarcity == expect(problem, more, shift_unit(problem, unit, -1))
    for quota_idx, scarcity in enumerate(found.quotas):
        if problem.quotas[quota_idx].maximum is None:
            assert scarcity == Scarcity(0, 0)
            continue
        more = shift_quota(problem, quota_idx, 1)
        assert more is not None
        assert scarcity == expect(problem, more, shift_quota(problem, quota_idx, -1))
    check_groups(book, found)


def check_groups(book: PriceBook, found: Scarcities) -> None:
    """The unit named for a group is one whose new best answer no other's beats."""
    (group,) = found.groups
    assert group.name == "even"
    chosen = found.units[group.unit_idx]
    assert (group.gain, group.raises_earlier) == (chosen.gain, chosen.raises_earlier)
    at = find_priced_level(book.problem)
    values = []
    for unit in range(0, len(found.units), 2):
        more = shift_unit(book.problem, unit, 1)
        assert more is not None
        values.append(solve_values(more))
    if group.gain is not None:
        ranks = [[rank_value(value) for value in listed[: at + 1]] for listed in values if listed]
        assert ranks[group.unit_idx // 2] == max(ranks)


@pytest.mark.parametrize("start", range(0, 1200, 200))
def test_scarcity_by_listing(start: int) -> None:
    for number in range(start, start + 200, 2):
        book = draw_priced(number)
        if book is not None:
            check_scarcity(book)


@settings(max_examples=60, deadline=None)
@given(tier_problems(max_pairs=12), st.booleans())
def test_scarcity_with_crossing_equality_quotas(problem: Problem, only_total: bool) -> None:
    """One more pair for an equality that is part of several sets raises all of them at once."""
    book = price(replace(problem, levels=("total",)) if only_total else problem)
    if book is not None:
        check_scarcity(book)


def test_scarcity_of_an_equality_in_several_sets() -> None:
    """Two pairs in each county, of which one is of the city: as the programme has it."""
    points = [[9, 5, 3, 2], [8, 2, 7, 3], [5, 4, None, None], [None, None, 6, 5]]
    problem = make_problem(points)
    quotas = []
    for county, villages in enumerate(([0, 1], [2, 3])):
        quotas.append(make_quota(problem, f"all {county}", (None, villages), 2, 2))
        quotas.append(make_quota(problem, f"city {county}", ([0, 1], villages), 1, 1))
    book = price(replace(problem, quotas=tuple(quotas)))
    assert book is not None
    check_scarcity(book)


def test_numbers_too_large_to_stack_are_solved_again() -> None:
    """Two units for three villages: one place more is one pair more and what it brings."""
    large = 10**16
    problem = make_problem([[4 * large, 2 * large, large], [2 * large, 3 * large, 0]])
    book = price(problem)
    assert book is not None
    found = list_scarcity(book, {"all": np.ones(2, dtype=bool)})
    assert found.units == (Scarcity(large, None, True), Scarcity(0, None, True))
    (group,) = found.groups
    assert (group.unit_idx, group.gain, group.raises_earlier) == (0, large, True)
    quota = make_quota(problem, "first", ([0], None), 0, 1)
    book = price(replace(problem, quotas=(quota,), unit_max=np.array([2, 1])))
    assert book is not None
    assert list_scarcity(book, {}).quotas == (Scarcity(large, None, True),)


def test_one_more_hospital_by_hand() -> None:
    """If u0 may help two villages, it takes v1 beside v0 and u1 does v2: 90 + 80 + 20 for 171."""
    problem = make_problem([[90, 80, 10], [70, 75, 20], [5, 5, 6]])
    book = price(problem)
    assert book is not None
    hospitals = np.array([True, True, False])
    found = list_scarcity(book, {"医院": hospitals, "银行": ~hospitals})
    assert [(g.name, g.unit_idx, g.gain, g.raises_earlier) for g in found.groups] == [
        ("医院", 0, 19, False),
        ("银行", 2, 0, False),
    ]


def test_large_stack_keeps_every_level_apart() -> None:
    rng = np.random.default_rng(3)
    layers = [rng.integers(-9, 10, 40) for _ in range(3)]
    stack = stack_costs(layers, 8)
    assert stack is not None
    for _ in range(200):
        arcs = rng.integers(0, 40, 8)
        parts = tuple(int(layer[arcs].sum()) for layer in layers)
        assert stack.split(int(stack.cost[arcs].sum())) == parts
    assert stack_costs([np.array([2**30])] * 3, 8) is None


def test_quota_prices_of_a_larger_problem_by_solving_again() -> None:
    rng = np.random.default_rng(5)
    problem = make_dense_problem(rng.integers(0, 1000, (30, 24)), rng.random((30, 24)) < 0.6)
    groups = [list(range(k, 24, 3)) for k in range(3)]
    quotas = [make_quota(problem, f"q{k}", (None, g), 0, 5) for k, g in enumerate(groups)]
    problem = replace(problem, quotas=tuple(quotas), unit_max=rng.integers(1, 3, 30))
    book = price(problem)
    assert book is not None
    found = list_scarcity(book, {})
    base = solve_problem(problem)
    for k, scarcity in enumerate(found.quotas):
        more, less = shift_quota(problem, k, 1), shift_quota(problem, k, -1)
        assert more is not None and less is not None
        raised, lowered = solve_problem(more), solve_problem(less)
        assert isinstance(base, Matching)
        assert isinstance(raised, Matching) and isinstance(lowered, Matching)
        assert scarcity.raises_earlier is (raised.num_matched > base.num_matched)
        assert scarcity.gain == raised.total - base.total
        same = lowered.num_matched == base.num_matched
        assert scarcity.loss == (base.total - lowered.total if same else None)
