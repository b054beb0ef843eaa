"""The optimum, the tie rule, its marks and the certificate, on random problems of every kind."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import pick_share
from tests.oracles import (
    assign_with_scipy,
    brute_force,
    is_feasible_set,
    solve_with_highs,
    value_levels,
)
from tests.strategies import make_dense_problem, make_problem, problems, tier_problems

from pairmatch.domain.matching import Conflict, Matching
from pairmatch.domain.problem import FixedPair, Problem, Quota, weigh_pairs
from pairmatch.match.solution import solve_problem
from pairmatch.match.verify import (
    compute_bound,
    narrow_limits,
    open_limits,
    verify_matching,
)


def check_against_brute_force(problem: Problem) -> None:
    expected, answer = brute_force(problem), solve_problem(problem)
    if expected is None:
        assert isinstance(answer, Conflict)
        assert answer.members
        return
    assert isinstance(answer, Matching)
    assert (answer.num_matched, answer.total) == (expected.num_matched, expected.total)
    assert tuple(answer.chosen_idx.tolist()) == expected.chosen, "the tie rule's answer"
    assert tuple(answer.tied.tolist()) == expected.tied
    assert verify_matching(problem, answer) == ()


def check_against_highs(problem: Problem) -> None:
    expected, answer = solve_with_highs(problem), solve_problem(problem)
    if expected is None:
        assert isinstance(answer, Conflict)
        return
    assert isinstance(answer, Matching)
    assert value_levels(problem, answer.chosen_idx.tolist()) == expected
    assert is_feasible_set(problem, answer.chosen_idx.tolist())
    assert verify_matching(problem, answer) == ()


@settings(max_examples=pick_share(600, 2), deadline=None)
@given(problems())
def test_small_problems_against_brute_force(problem: Problem) -> None:
    check_against_brute_force(problem)


@settings(max_examples=pick_share(250, 2), deadline=None)
@given(problems(strict=True))
def test_tight_problems_against_brute_force(problem: Problem) -> None:
    check_against_brute_force(problem)


@settings(max_examples=pick_share(250, 2), deadline=None)
@given(tier_problems())
def test_crossing_equality_quotas_against_brute_force(problem: Problem) -> None:
    check_against_brute_force(problem)


@settings(max_examples=pick_share(400, 2), deadline=None)
@given(problems(max_units=8, max_villages=8, max_pairs=40))
def test_problems_against_highs(problem: Problem) -> None:
    check_against_highs(problem)


@settings(max_examples=pick_share(100, 2), deadline=None)
@given(tier_problems(max_counties=5, max_pairs=60))
def test_crossing_equality_quotas_against_highs(problem: Problem) -> None:
    check_against_highs(problem)


@st.composite
def one_to_one_matrices(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    high = draw(st.sampled_from((0, 2, 50, 10**9)))
    density = draw(st.sampled_from((0.2, 0.6, 1.0)))
    return rng.integers(-high, high + 1, shape), rng.random(shape) < density


@settings(max_examples=pick_share(600, 2), deadline=None)
@given(one_to_one_matrices())
def test_one_to_one_against_scipy(matrix: tuple[np.ndarray, np.ndarray]) -> None:
    points, eligible = matrix
    problem = make_dense_problem(points, eligible)
    answer = solve_problem(problem)
    if not eligible.any():
        assert isinstance(answer, Conflict)
        return
    assert isinstance(answer, Matching)
    assert (answer.num_matched, answer.total) == assign_with_scipy(points, eligible)
    assert verify_matching(problem, answer) == ()


@settings(max_examples=pick_share(100, 2), deadline=None)
@given(problems(), st.data())
def test_any_prices_give_a_bound(problem: Problem, data: st.DataObject) -> None:
    """Weak duality: whatever the prices, no matching is worth more than their bound."""
    best = brute_force(problem)
    if best is None:
        return
    answer = solve_problem(problem)
    assert isinstance(answer, Matching)
    values = value_levels(problem, best.chosen)
    limits = open_limits(problem)
    for proof, value in zip(answer.certificate.levels, values, strict=True):
        sizes = (len(problem.unit_ids), len(problem.village_ids), len(problem.quotas))
        a, b, c = (
            data.draw(st.lists(st.integers(-20, 20), min_size=size, max_size=size))
            for size in sizes
        )
        step, weights = proof.steps[0], weigh_pairs(problem, proof.goal)
        priced = replace(
            step,
            unit_prices=np.array(a, dtype=np.int64),
            village_prices=np.array(b, dtype=np.int64),
            quota_prices=np.array(c, dtype=np.int64),
        )
        assert compute_bound(problem, limits, priced, weights) >= value
        assert compute_bound(problem, limits, step, weights) == value
        narrow_limits(problem, limits, step, weights)


@settings(max_examples=pick_share(150, 2), deadline=None)
@given(problems(), st.data())
def test_order_of_ids_alone_decides(problem: Problem, data: st.DataObject) -> None:
    """Rows given in another order make the same problem once sorted, so the same pairs.

    Renaming the ids in an order-preserving way must not matter either.
    """
    renamed = replace(
        problem,
        unit_ids=tuple(f"单位{k:02d}" for k in range(len(problem.unit_ids))),
        village_ids=tuple(f"{130900000000 + k}" for k in range(len(problem.village_ids))),
    )
    order = np.array(data.draw(st.permutations(range(problem.num_candidates))), dtype=np.int64)
    resorted = (
        order[np.lexsort((problem.village_idx[order], problem.unit_idx[order]))]
        if problem.num_candidates
        else order
    )
    again = replace(
        renamed,
        unit_idx=problem.unit_idx[resorted],
        village_idx=problem.village_idx[resorted],
        points=problem.points[resorted],
        quotas=tuple(data.draw(st.permutations(problem.quotas))),
        locks=tuple(data.draw(st.permutations(problem.locks))),
        bans=tuple(data.draw(st.permutations(problem.bans))),
    )
    first, second = solve_problem(problem), solve_problem(again)
    assert type(first) is type(second)
    if isinstance(first, Matching) and isinstance(second, Matching):
        assert first.chosen_idx.tolist() == second.chosen_idx.tolist()
        assert first.tied.tolist() == second.tied.tolist()


@settings(max_examples=pick_share(150, 2), deadline=None)
@given(problems(), st.data())
def test_value_does_not_depend_on_the_order_of_units(problem: Problem, data: st.DataObject) -> None:
    """With the units numbered differently the tie rule may differ, but never the value."""
    order = data.draw(st.permutations(range(len(problem.unit_ids))))
    place = np.argsort(order)
    pairs = np.lexsort((problem.village_idx, place[problem.unit_idx]))

    def move(fixed: tuple[FixedPair, ...]) -> tuple[FixedPair, ...]:
        return tuple(FixedPair(int(place[p.unit_idx]), p.village_idx) for p in fixed)

    def move_quota(quota: Quota) -> Quota:
        return replace(quota, units=quota.units[list(order)])

    moved = replace(
        problem,
        unit_idx=place[problem.unit_idx][pairs].astype(np.int32),
        village_idx=problem.village_idx[pairs],
        points=problem.points[pairs],
        unit_min=problem.unit_min[list(order)],
        unit_max=problem.unit_max[list(order)],
        quotas=tuple(move_quota(quota) for quota in problem.quotas),
        locks=move(problem.locks),
        bans=move(problem.bans),
    )
    first, second = solve_problem(problem), solve_problem(moved)
    assert type(first) is type(second)
    if isinstance(first, Matching) and isinstance(second, Matching):
        values = value_levels(problem, first.chosen_idx.tolist())
        assert values == value_levels(moved, second.chosen_idx.tolist())


@pytest.mark.parametrize(
    ("goals", "chosen", "total"),
    [
        # Alone, total leaves a bad pair out; num_matched takes it.
        (("total",), [0], 5),
        (("num_matched", "total"), [0, 1], 2),
        (("num_matched",), [0, 1], 2),
    ],
)
def test_levels_in_order(goals: tuple[str, ...], chosen: list[int], total: int) -> None:
    problem = make_problem([[5, None], [None, -3]], levels=goals)
    answer = solve_problem(problem)
    assert isinstance(answer, Matching)
    assert (answer.chosen_idx.tolist(), answer.total) == (chosen, total)
    assert verify_matching(problem, answer) == ()


def test_total_alone_may_match_nobody() -> None:
    for points in ([[-1, -2]], [[None]]):
        problem = make_problem(points, levels=("total",))
        answer = solve_problem(problem)
        assert isinstance(answer, Matching)
        assert (answer.num_matched, answer.total) == (0, 0)
        assert verify_matching(problem, answer) == ()


def test_tie_rule_prefers_low_ids() -> None:
    """All tied: the first unit gets the first village, and so on; every pair is marked."""
    problem = make_problem([[7, 7, 7], [7, 7, 7]])
    answer = solve_problem(problem)
    assert isinstance(answer, Matching)
    assert answer.chosen_idx.tolist() == [0, 4]
    assert answer.tied.tolist() == [True, True]


def test_tie_rule_is_not_greedy_on_scores() -> None:
    """u0 = v0 is in no optimal matching, so the rule does not take it."""
    answer = solve_problem(make_problem([[9, 8], [8, 1]]))
    assert isinstance(answer, Matching)
    assert answer.chosen_idx.tolist() == [1, 2]
    assert answer.tied.tolist() == [False, False]
