"""Every price equals a re-solve with the pair fixed or banned; every chain leads there."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.match.choice_oracle import solve_by_listing
from tests.match.flow_cases import draw_flow
from tests.match.kept_oracle import is_among, list_kept, mark_chosen, value_priced
from tests.oracles import value_levels
from tests.strategies import make_dense_problem, make_problem, make_quota, problems, tier_problems

from pairmatch.domain.explanation import Move
from pairmatch.domain.matching import Matching
from pairmatch.domain.problem import FixedPair, Problem, Resource, Tolerance
from pairmatch.explain.prices import (
    NoPricesError,
    PriceBook,
    describe_alternative,
    price_candidates,
    trace_ban,
    trace_moves,
)
from pairmatch.match.solution import solve_problem


def apply_moves(problem: Problem, matching: Matching, moves: tuple[Move, ...]) -> np.ndarray:
    """Return the matching after a displacement chain, as a row of 0 and 1."""
    at = {
        (problem.unit_ids[u], problem.village_ids[v]): k
        for k, (u, v) in enumerate(
            zip(problem.unit_idx.tolist(), problem.village_idx.tolist(), strict=True)
        )
    }
    chosen = set(matching.chosen_idx.tolist())
    for move in moves:
        if move.from_village_id:
            chosen.remove(at[move.unit_id, move.from_village_id])
    for move in moves:
        if move.to_village_id:
            added = at[move.unit_id, move.to_village_id]
            assert added not in chosen
            chosen.add(added)
    return mark_chosen(problem, np.array(sorted(chosen), dtype=np.int32))


def check_chain(book: PriceBook, matching: Matching, candidate: int, kept: np.ndarray) -> None:
    """The chain leads to a matching that keeps earlier levels and loses exactly the price."""
    problem = book.problem
    was_chosen = bool(book.chosen[candidate])
    price = int((book.banning if was_chosen else book.forcing)[candidate])
    moves = (trace_ban if was_chosen else trace_moves)(book, candidate)
    other = (trace_moves if was_chosen else trace_ban)(book, candidate)
    assert other == ()
    if price < 0:
        assert moves == ()
        return
    row = apply_moves(problem, matching, moves)
    assert bool(row[candidate]) is not was_chosen
    assert is_among(row, kept)
    before = mark_chosen(problem, matching.chosen_idx)
    lost, left = value_priced(problem, np.array([before, row]))
    assert lost - left == price
    if not was_chosen:
        assert moves[0].unit_id == problem.unit_ids[problem.unit_idx[candidate]]
        assert moves[0].to_village_id == problem.village_ids[problem.village_idx[candidate]]


def price(problem: Problem) -> tuple[PriceBook, Matching] | None:
    matching = solve_problem(problem)
    return (
        (price_candidates(problem, matching), matching) if isinstance(matching, Matching) else None
    )


def check_against_listing(problem: Problem) -> None:
    expected, priced = solve_by_listing(problem), price(problem)
    assert (expected is None) is (priced is None)
    if expected is None or priced is None:
        return
    book, matching = priced
    assert tuple(book.forcing.tolist()) == expected.forcing
    is_chosen = book.chosen > 0
    assert book.banning.tolist() == np.where(is_chosen, expected.banning, 0).tolist()
    # Banning the only pair there is leaves a set, but no matching.
    kept = list_kept(problem, with_none=True)
    for k in range(problem.num_candidates) if problem.num_candidates <= 14 else ():
        check_chain(book, matching, k, kept)


@settings(max_examples=150, deadline=None)
@given(problems())
def test_all_pairs_of_small_problems(problem: Problem) -> None:
    check_against_listing(problem)


@settings(max_examples=60, deadline=None)
@given(tier_problems())
def test_all_pairs_with_crossing_equality_quotas(problem: Problem) -> None:
    check_against_listing(problem)


@pytest.mark.parametrize("start", range(0, 1200, 200))
def test_all_pairs_under_every_kind_of_limit_and_goal(start: int) -> None:
    """Each is compared with listing all matchings, whatever the goals before and after."""
    for number in range(start, start + 200):
        problem = draw_flow(number)
        if problem is not None:
            check_against_listing(problem)


@settings(max_examples=25, deadline=None)
@given(problems(max_units=7, max_villages=7, max_pairs=25), st.data())
def test_all_pairs_by_solving_again(problem: Problem, data: st.DataObject) -> None:
    """With the pair locked or banned, the new optimum is lower by exactly the price."""
    priced = price(problem)
    if priced is None:
        return
    book, matching = priced
    for k in range(problem.num_candidates):
        assert int(book.forcing[k]) == loss_of(problem, matching, k, "locks")
        # Without its only pair a problem has no matching, which is told apart from impossible.
        if book.chosen[k] and matching.num_matched > 1:
            assert int(book.banning[k]) == loss_of(problem, matching, k, "bans")


def loss_of(problem: Problem, matching: Matching, candidate: int, kind: str) -> int:
    """Return what locking or banning a candidate loses, by solving again; -1 if it cannot be."""
    pair = FixedPair(int(problem.unit_idx[candidate]), int(problem.village_idx[candidate]))
    fixed = (*getattr(problem, kind), pair)
    again = solve_problem(replace(problem, **{kind: fixed}))
    best = value_levels(problem, matching.chosen_idx.tolist())
    if not isinstance(again, Matching):
        return -1
    values = value_levels(problem, again.chosen_idx.tolist())
    return best[-1] - values[-1] if values[:-1] == best[:-1] else -1


def test_larger_matrix_by_solving_again() -> None:
    rng = np.random.default_rng(40)
    problem = make_dense_problem(rng.integers(0, 1000, (40, 45)), rng.random((40, 45)) < 0.5)
    problem = replace(problem, unit_max=rng.integers(1, 3, 40))
    priced = price(problem)
    assert priced is not None
    book, matching = priced
    for k in rng.choice(problem.num_candidates, 40, replace=False).tolist():
        assert int(book.forcing[k]) == loss_of(problem, matching, k, "locks")
    for k in matching.chosen_idx[::2].tolist():
        assert int(book.banning[k]) == loss_of(problem, matching, k, "bans")
        row = apply_moves(problem, matching, trace_ban(book, k))
        assert not row[k]
        assert matching.total - int(problem.points[row > 0].sum()) == book.banning[k]


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


def test_pair_that_would_cost_another_pair_is_impossible() -> None:
    """u0 alone can help v1: giving it to v0 leaves v1 and one unit without a partner."""
    problem = make_problem([[9, 1], [3, None]])
    priced = price(problem)
    assert priced is not None
    book = priced[0]
    assert book.forcing.tolist() == [-1, 0, 0]
    assert book.banning.tolist() == [0, -1, -1]
    assert describe_alternative(book, 0).forcing_price is None
    assert describe_alternative(book, 0).chain == ()


def test_where_pairs_are_the_last_sum_prices_are_in_pairs() -> None:
    priced = price(make_problem([[9, 1], [3, None]], levels=("num_matched",)))
    assert priced is not None
    assert priced[0].forcing.tolist() == [1, 0, 0]
    assert priced[0].banning.tolist() == [0, 1, 1]


def test_ban_by_hand() -> None:
    """three-by-three: without bank-west, bank goes east and builder west: 9 + 2 + 4 = 15."""
    priced = price(make_problem([[9, 3, 8], [8, -1, 2], [5, 4, None]]))
    assert priced is not None
    book = priced[0]
    assert book.banning.tolist() == [0, 0, 5, 5, 0, 0, 0, 8]
    moves = [(m.unit_id, m.from_village_id, m.to_village_id) for m in trace_ban(book, 2)]
    assert moves == [("u000", "v002", "v000"), ("u001", "v000", "v002")]


def test_unit_whose_pair_is_banned_may_become_idle() -> None:
    priced = price(make_problem([[5], [3]]))
    assert priced is not None
    moves = [(m.unit_id, m.from_village_id, m.to_village_id) for m in trace_ban(priced[0], 0)]
    assert moves == [("u001", "", "v000"), ("u000", "v000", "")]


def test_locked_pair_cannot_be_done_without() -> None:
    problem = replace(make_problem([[9, 1], [1, 9]]), locks=(FixedPair(0, 1),))
    priced = price(problem)
    assert priced is not None
    assert priced[0].banning[1] == -1
    assert trace_ban(priced[0], 1) == ()


@pytest.mark.parametrize("kind", ["resource", "tolerance", "crossing", "county"])
def test_more_than_a_flow_has_no_prices(kind: str) -> None:
    problem = make_problem([[9, 1], [1, 9]])
    changes = {
        "resource": {
            "resources": (Resource("hours", "unit", 0, np.arange(2), np.array([1, 2]), 2),)
        },
        "tolerance": {
            "levels": ("num_matched", "total", "worst_village"),
            "tolerances": (Tolerance(), Tolerance(steps=3), Tolerance()),
        },
        "crossing": {
            "quotas": (
                make_quota(problem, "crossing", ([0], None), 0, 1),
                make_quota(problem, "too", (None, [0]), 0, 1),
                replace(
                    make_quota(problem, "pairs", (None, None), 0, 1),
                    pairs=np.array([True, False, False, True]),
                ),
            )
        },
        "county": {
            "levels": ("num_matched", "worst_county", "total"),
            "counties": ("a",),
            "county_idx": np.zeros(2, dtype=np.int32),
        },
    }
    problem = replace(problem, **changes[kind])
    matching = solve_problem(problem)
    assert isinstance(matching, Matching)
    with pytest.raises(NoPricesError):
        price_candidates(problem, matching)


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
