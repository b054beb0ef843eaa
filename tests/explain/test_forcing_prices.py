"""Every forcing price equals a re-solve with the pair fixed; every chain leads there."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import brute_force, is_feasible_set, value_levels
from tests.strategies import make_dense_problem, make_problem, problems, tier_problems

from pairmatch.domain.matching import Matching
from pairmatch.domain.problem import FixedPair, Problem
from pairmatch.explain.prices import (
    PriceBook,
    describe_alternative,
    price_candidates,
    trace_moves,
)
from pairmatch.match.solution import solve_problem


def apply_moves(book: PriceBook, matching: Matching, candidate: int) -> list[int]:
    """Return the matching after a candidate's displacement chain."""
    problem = book.problem
    at = {
        (problem.unit_ids[u], problem.village_ids[v]): k
        for k, (u, v) in enumerate(
            zip(problem.unit_idx.tolist(), problem.village_idx.tolist(), strict=True)
        )
    }
    chosen = set(matching.chosen_idx.tolist())
    moves = trace_moves(book, candidate)
    for move in moves:
        if move.from_village_id:
            chosen.remove(at[move.unit_id, move.from_village_id])
    for move in moves:
        if move.to_village_id:
            added = at[move.unit_id, move.to_village_id]
            assert added not in chosen
            chosen.add(added)
    return sorted(chosen)


def check_chain(book: PriceBook, matching: Matching, candidate: int) -> None:
    problem, price = book.problem, int(book.forcing[candidate])
    after = apply_moves(book, matching, candidate)
    assert candidate in after
    assert is_feasible_set(problem, after)
    before = value_levels(problem, matching.chosen_idx.tolist())
    values = value_levels(problem, after)
    assert values[:-1] == before[:-1]
    assert before[-1] - values[-1] == price
    first = trace_moves(book, candidate)[0]
    assert first.unit_id == problem.unit_ids[problem.unit_idx[candidate]]
    assert first.to_village_id == problem.village_ids[problem.village_idx[candidate]]


def price(problem: Problem) -> tuple[PriceBook, Matching] | None:
    matching = solve_problem(problem)
    return (
        (price_candidates(problem, matching), matching) if isinstance(matching, Matching) else None
    )


def check_against_brute_force(problem: Problem) -> None:
    expected, priced = brute_force(problem), price(problem)
    assert (expected is None) is (priced is None)
    if expected is None or priced is None:
        return
    book, matching = priced
    assert tuple(book.forcing.tolist()) == expected.forcing
    for k in range(problem.num_candidates):
        if book.chosen[k] or book.forcing[k] < 0:
            assert trace_moves(book, k) == ()
        else:
            check_chain(book, matching, k)


@settings(max_examples=300, deadline=None)
@given(problems())
def test_all_pairs_of_small_problems(problem: Problem) -> None:
    check_against_brute_force(problem)


@settings(max_examples=100, deadline=None)
@given(tier_problems())
def test_all_pairs_with_crossing_equality_quotas(problem: Problem) -> None:
    check_against_brute_force(problem)


@settings(max_examples=60, deadline=None)
@given(problems(max_units=7, max_villages=7, max_pairs=25), st.data())
def test_all_pairs_by_solving_again(problem: Problem, data: st.DataObject) -> None:
    """With the pair locked, the new optimum is lower by exactly the price."""
    priced = price(problem)
    if priced is None:
        return
    book, matching = priced
    best = value_levels(problem, matching.chosen_idx.tolist())
    for k in range(problem.num_candidates):
        pair = FixedPair(int(problem.unit_idx[k]), int(problem.village_idx[k]))
        again = solve_problem(replace(problem, locks=(*problem.locks, pair)))
        expected = -1
        if isinstance(again, Matching):
            values = value_levels(problem, again.chosen_idx.tolist())
            if "num_matched" not in problem.levels or again.num_matched == matching.num_matched:
                expected = best[-1] - values[-1]
        assert int(book.forcing[k]) == expected
        if expected >= 0 and not book.chosen[k]:
            check_chain(book, matching, k)


def test_larger_matrix_by_solving_again() -> None:
    rng = np.random.default_rng(40)
    problem = make_dense_problem(rng.integers(0, 1000, (40, 45)), rng.random((40, 45)) < 0.5)
    problem = replace(problem, unit_max=rng.integers(1, 3, 40))
    priced = price(problem)
    assert priced is not None
    book, matching = priced
    for k in rng.choice(problem.num_candidates, 60, replace=False).tolist():
        pair = FixedPair(int(problem.unit_idx[k]), int(problem.village_idx[k]))
        again = solve_problem(replace(problem, locks=(pair,)))
        same = isinstance(again, Matching) and again.num_matched == matching.num_matched
        expected = matching.total - again.total if same and isinstance(again, Matching) else -1
        assert int(book.forcing[k]) == expected
        if expected >= 0 and not book.chosen[k]:
            check_chain(book, matching, k)


def test_the_smallest_scenario_by_hand() -> None:
    """three-by-three: bank 9 3 8, builder 8 -1 2, hospital 5 4 -; best is 20."""
    problem = make_problem([[9, 3, 8], [8, -1, 2], [5, 4, None]])
    priced = price(problem)
    assert priced is not None
    book, matching = priced
    assert matching.total == 20
    # bank-east forces builder to west: 9 + 2 + 4 = 15.
    assert book.forcing.tolist() == [5, 10, 0, 0, 8, 5, 8, 0]
    forced = describe_alternative(book, 0)
    assert (forced.unit_id, forced.village_id, forced.points) == ("u000", "v000", 9)
    assert forced.forcing_price == 5
    assert [(m.unit_id, m.from_village_id, m.to_village_id) for m in forced.chain] == [
        ("u000", "v002", "v000"),
        ("u001", "v000", "v002"),
    ]


@pytest.mark.parametrize("levels", [("num_matched", "total"), ("num_matched",)])
def test_pair_that_would_cost_another_pair_is_impossible(levels: tuple[str, ...]) -> None:
    """u0 alone can help v1: giving it to v0 leaves v1 and one unit without a partner."""
    problem = make_problem([[9, 1], [3, None]], levels=levels)
    priced = price(problem)
    assert priced is not None
    book = priced[0]
    assert book.forcing.tolist() == [-1, 0, 0]
    assert describe_alternative(book, 0).forcing_price is None
    assert describe_alternative(book, 0).chain == ()


def test_idle_units_come_and_go() -> None:
    """An idle unit takes over: the one before becomes idle."""
    priced = price(make_problem([[5], [3]]))
    assert priced is not None
    chain = describe_alternative(priced[0], 1).chain
    assert [(m.unit_id, m.from_village_id, m.to_village_id) for m in chain] == [
        ("u001", "", "v000"),
        ("u000", "v000", ""),
    ]


def test_banned_pair_has_no_price_and_chosen_ones_cost_nothing() -> None:
    problem = replace(make_problem([[9, 1], [1, 9]]), bans=(FixedPair(0, 1),))
    priced = price(problem)
    assert priced is not None
    assert priced[0].forcing.tolist() == [0, -1, -1, 0]
