"""Alternates, frontiers, the price of fairness and repairs, against listing all matchings."""

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from ortools.math_opt.python import mathopt
from tests.match.choice_cases import COMBINATIONS, LEVELS, draw_case
from tests.match.choice_oracle import list_sets, solve_by_listing
from tests.match.kept_oracle import is_among, list_kept, mark_chosen, value_priced
from tests.strategies import make_dense_problem, make_problem

from pairmatch.domain.matching import Conflict, Matching
from pairmatch.domain.problem import FixedPair, Problem, Resource, Tolerance
from pairmatch.match.alternates import (
    find_alternate,
    limit_common,
    repair_matching,
    trace_fairness,
    trace_frontier,
)
from pairmatch.match.keptlevels import limit_pairs
from pairmatch.match.solution import solve_problem
from pairmatch.match.verify import verify_matching
from pairmatch.solvers.programs import InexactError

NUM_CASES = len(COMBINATIONS) * len(LEVELS)


def draw(number: int, most: int = 14) -> Problem | None:
    """Return a case that has a matching and few enough candidates to list."""
    problem = draw_case(np.random.default_rng([44, number]), number)
    return problem if problem.num_candidates <= most else None


def solve(problem: Problem) -> Matching | None:
    answer = solve_problem(problem)
    return answer if isinstance(answer, Matching) else None


def check_alternates(problem: Problem, matching: Matching, number: int) -> None:
    kept = list_kept(problem)
    values = value_priced(problem, kept)
    common = mark_chosen(problem, matching.chosen_idx).astype(bool)
    villages = None
    if number % 3 == 0:
        villages = np.arange(len(problem.village_ids)) % 2 == 0
        common &= villages[problem.village_idx]
    num_lacked = (~kept[:, common].astype(bool)).sum(axis=1)
    for num_different in range(int(common.sum()) + 2):
        found = find_alternate(problem, matching, num_different, villages)
        wanted = values[num_lacked >= num_different]
        if not len(wanted):
            assert found is None
            continue
        assert found is not None
        row = mark_chosen(problem, found.chosen_idx)
        assert is_among(row, kept)
        assert (~row[common].astype(bool)).sum() >= num_different
        assert value_priced(problem, row[None])[0] == wanted.max()
        assert found.status in {"bounded", "optimal"}
        limited = limit_common(problem, matching, num_different, villages)
        assert found.certificate.levels[-1].value == wanted.max()
        if problem.tolerances == ():
            assert verify_matching(limited, found) == ()


def check_frontier(problem: Problem, previous: np.ndarray) -> None:
    kept = list_kept(problem)
    points = trace_frontier(problem, previous)
    if not len(kept):
        assert points == ()
        return
    values = value_priced(problem, kept)
    num_changes = (~kept[:, previous].astype(bool)).sum(axis=1)
    assert points[0].num_changes == num_changes.min()
    assert points[-1].value == values.max()
    assert points[-1].num_changes == num_changes[values == values.max()].min()
    for k, point in enumerate(points):
        assert point.num_changes == points[0].num_changes + k
        row = mark_chosen(problem, point.chosen_idx)
        assert is_among(row, kept)
        assert (~row[previous].astype(bool)).sum() <= point.num_changes
        assert value_priced(problem, row[None])[0] == point.value == point.bound
        assert point.value == values[num_changes <= point.num_changes].max()
    half = points[len(points) // 2].num_changes
    first = trace_frontier(problem, previous, half)
    assert [p.value for p in first] == [p.value for p in points if p.num_changes <= half]
    assert trace_frontier(problem, previous, points[0].num_changes - 1) == ()


@pytest.mark.parametrize("number", range(0, NUM_CASES, 6))
def test_alternates_and_frontiers_by_listing(number: int) -> None:
    problem = draw(number, most=12)
    if problem is None or (matching := solve(problem)) is None:
        return
    check_alternates(problem, matching, number)
    assert problem.previous is not None
    check_frontier(problem, problem.previous)


@pytest.mark.parametrize("number", range(3, NUM_CASES, 5))
def test_fairness_and_repairs_by_listing(number: int) -> None:
    problem = draw(number)
    if problem is None:
        return
    check_fairness(problem)
    if (matching := solve(problem)) is not None:
        check_repair(problem, matching, number)


def check_fairness(problem: Problem) -> None:
    goals = [goal for goal in problem.levels if goal in {"num_matched", "kept", "total"}]
    size = goals.index("total") if "total" in goals else len(goals)
    at = [problem.levels.index(goal) for goal in goals[:size]]
    aimed = replace(
        problem,
        levels=(*goals[:size], "total"),
        tolerances=(*(problem.tolerance_of(k) for k in at), Tolerance()),
    )
    everything = np.ones(problem.num_candidates, dtype=bool)
    kept = list_kept(limit_pairs(aimed, everything, 1, None))
    points = trace_fairness(problem)
    pairs = {
        (int(problem.points[row.astype(bool)].min()), int(problem.points[row.astype(bool)].sum()))
        for row in kept
    }
    best = {
        (worst, total)
        for worst, total in pairs
        if not any(w >= worst and t >= total and (w, t) != (worst, total) for w, t in pairs)
    }
    assert {(p.worst, p.total) for p in points} == best
    assert len(points) == len(best)
    assert all(a.worst < b.worst and a.total > b.total for a, b in pairwise(points))
    for point in points:
        assert is_among(mark_chosen(problem, point.chosen_idx), kept)
        assert problem.points[point.chosen_idx].min() == point.worst


def check_repair(problem: Problem, matching: Matching, number: int) -> None:
    without = np.arange(len(problem.unit_ids)) == number % len(problem.unit_ids)
    found = repair_matching(problem, matching, without)
    limited = replace(
        problem,
        unit_min=np.where(without, 0, problem.unit_min),
        unit_max=np.where(without, 0, problem.unit_max),
        locks=tuple(lock for lock in problem.locks if not without[lock.unit_idx]),
    )
    sets = list_sets(limited)
    sets = sets[sets.sum(axis=1) == sets.sum(axis=1).max(initial=1)]
    if not len(sets):
        assert isinstance(found, Conflict)
        return
    assert not isinstance(found, Conflict)
    answer, num_changes = found
    stays = mark_chosen(problem, matching.chosen_idx).astype(bool) & ~without[problem.unit_idx]
    changes = (~sets[:, stays].astype(bool)).sum(axis=1)
    row = mark_chosen(problem, answer.chosen_idx)
    assert is_among(row, sets)
    assert num_changes == changes.min() == (~row[stays].astype(bool)).sum()
    others = tuple(goal for goal in problem.levels if goal not in {"num_matched", "kept"})
    wanted = solve_by_listing(
        replace(
            limited,
            levels=("num_matched", "kept", *others),
            tolerances=(
                Tolerance(),
                Tolerance(),
                *(problem.tolerance_of(problem.levels.index(goal)) for goal in others),
            ),
            previous=stays,
        )
    )
    assert wanted is not None
    assert is_among(row, wanted.best) or problem.tolerances


# --- larger ones, by the other way ---------------------------------------------------------------


@pytest.mark.parametrize(("size", "most"), [(10, 1000), (10, 3)])
def test_frontier_of_larger_problems_by_searching(size: int, most: int) -> None:
    """The same frontier where every number of changes is a program of its own."""
    rng = np.random.default_rng([7, size])
    eligible = rng.random((size, size + 2)) < 0.7
    problem = make_dense_problem(rng.integers(0, most + 1, eligible.shape), eligible)
    problem = replace(problem, unit_max=rng.integers(1, 3, size))
    before = solve(replace(problem, points=rng.integers(0, 5, problem.num_candidates)))
    assert before is not None
    previous = mark_chosen(problem, before.chosen_idx).astype(bool)
    points = trace_frontier(problem, previous)
    crossing = limit_pairs(problem, np.arange(problem.num_candidates) % 2 == 0, 0, 10**6)
    other = trace_frontier(crossing, previous)
    assert [(p.num_changes, p.value) for p in points] == [(p.num_changes, p.value) for p in other]
    assert all(p.value == p.bound for p in (*points, *other))


def test_points_off_the_hull_are_found() -> None:
    """Three previous pairs are worth 0 each; the best alternatives rotate all three at once.

    Giving up one alone means losing 2, so that the hull has no point there.
    """
    problem = make_problem([[0, 10, None], [None, 0, 10], [10, None, 0]])
    previous = problem.points == 0
    points = trace_frontier(problem, previous)
    assert [(p.num_changes, p.value) for p in points] == [(0, 0), (1, 0), (2, 0), (3, 30)]
    both = make_problem([[0, 9, 1], [9, 0, 2], [1, 2, 0]])
    found = [(p.num_changes, p.value) for p in trace_frontier(both, np.array([1, 0, 0] * 3) > 0)]
    assert found == sorted(found)


def test_even_ways_are_taken_without_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two swaps of equal worth: the edge of the hull is split into its cycles."""
    monkeypatch.setattr(mathopt, "solve", lambda *_args, **_more: pytest.fail("no search"))
    blocks = np.full((4, 4), -1)
    blocks[:2, :2] = blocks[2:, 2:] = [[0, 5], [5, 0]]
    problem = make_dense_problem(blocks, blocks >= 0)
    matching = solve(problem)
    assert matching is not None
    assert matching.total == 20
    found = find_alternate(problem, matching, 2)
    assert found is not None
    assert found.total == 10
    # Two units that stand by would do equally well in either place.
    standby = make_problem([[9, 0], [0, 9], [4, 0], [0, 4]])
    matching = solve(standby)
    assert matching is not None
    found = find_alternate(standby, matching, 1)
    assert found is not None
    assert found.total == 13


def test_a_program_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = make_problem([[0, 10, None], [None, 0, 10], [10, None, 0]])
    reason = mathopt.TerminationReason.NUMERICAL_ERROR
    termination = SimpleNamespace(reason=reason)
    monkeypatch.setattr(
        mathopt, "solve", lambda *_a, **_k: SimpleNamespace(termination=termination)
    )
    with pytest.raises(InexactError):
        trace_frontier(problem, problem.points == 0)


def test_a_program_whose_answer_does_not_hold_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = make_problem([[0, 10, None], [None, 0, 10], [10, None, 0]])
    termination = SimpleNamespace(
        reason=mathopt.TerminationReason.OPTIMAL,
        objective_bounds=SimpleNamespace(dual_bound=math.inf),
    )
    result = SimpleNamespace(termination=termination, variable_values=lambda m: [1.0] * len(m))
    monkeypatch.setattr(mathopt, "solve", lambda *_args, **_more: result)
    with pytest.raises(InexactError):
        trace_frontier(problem, problem.points == 0)


# --- by hand -------------------------------------------------------------------------------------


def test_alternate_within_a_county_leaves_the_others_alone() -> None:
    problem = make_problem([[9, 8, 0, 0], [8, 9, 0, 0], [0, 0, 9, 5], [0, 0, 5, 9]])
    matching = solve(problem)
    assert matching is not None
    villages = np.array([True, True, False, False])
    found = find_alternate(problem, matching, 2, villages)
    assert found is not None
    assert (found.total, found.status) == (34, "bounded")
    assert found.chosen_idx.tolist() == [1, 4, 10, 15]
    assert find_alternate(problem, matching, 3, villages) is None


def test_levels_with_a_tolerance_keep_what_they_may_lose() -> None:
    """The total may fall by a tenth of its best value, not of what is left under the new limit."""
    problem = make_problem(
        [[60, 50, 0], [50, 40, 0], [0, 0, 1]],
        levels=("num_matched", "total", "kept"),
        tolerances=(Tolerance(), Tolerance(Fraction(1, 10), 0), Tolerance()),
    )
    problem = replace(problem, previous=np.isin(np.arange(9), [0, 4, 8]))
    matching = solve(problem)
    assert matching is not None
    check_alternates(problem, matching, 1)
    check_frontier(problem, problem.previous)


def test_problem_without_a_matching_has_no_curves() -> None:
    problem = make_problem([[None, None]])
    previous = np.zeros(0, dtype=bool)
    assert trace_frontier(problem, previous) == () == trace_fairness(problem)
    locked = replace(make_problem([[1, 2]]), locks=(FixedPair(0, 0), FixedPair(0, 1)))
    previous = np.array([True, False])
    assert trace_frontier(locked, previous) == () == trace_fairness(locked)
    hours = Resource("hours", "unit", 0, np.arange(2), np.array([1, 2]), 9)
    searched = replace(locked, resources=(hours,))
    assert trace_frontier(searched, previous) == () == trace_fairness(searched)


def test_repair_drops_locks_of_those_who_leave() -> None:
    problem = make_problem([[9, 1], [1, 9], [3, 3]], locks=(FixedPair(0, 1, "agreed"),))
    matching = solve(problem)
    assert matching is not None
    found = repair_matching(problem, matching, np.array([True, False, False]))
    assert not isinstance(found, Conflict)
    answer, num_changes = found
    assert (answer.chosen_idx.tolist(), num_changes, answer.total) == ([3, 4], 0, 12)
    everyone = repair_matching(problem, matching, np.ones(3, dtype=bool))
    assert isinstance(everyone, Conflict)
