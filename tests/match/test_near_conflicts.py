"""Conflicts told near their cause, in time, and cures that begin with them."""

from dataclasses import replace

import numpy as np
import pytest
from tests.match.choice_cases import draw_case
from tests.match.choice_oracle import list_subsets, solve_by_listing
from tests.strategies import make_problem

from pairmatch.domain.limits import Limit, list_bounds
from pairmatch.domain.matching import Certificate, Conflict, Matching
from pairmatch.domain.problem import FixedPair, Problem, Quota
from pairmatch.match import conflicts, cures
from pairmatch.match.conflicts import find_conflict
from pairmatch.match.counted import solve_counted
from pairmatch.match.cures import find_cure
from pairmatch.match.judging import Judge
from pairmatch.match.solution import solve_problem
from pairmatch.match.verify import verify_matching
from pairmatch.solvers.feasibility import price_bounds, proves_impossible

MOST_CANDIDATES = 14


def draw_impossible(number: int) -> Problem | None:
    """Return a random problem without a matching; None if this one has some."""
    problem = draw_case(np.random.default_rng([17, number]), number)
    is_small = problem.num_candidates <= MOST_CANDIDATES
    return problem if is_small and solve_by_listing(problem) is None else None


IMPOSSIBLE = [p for p in map(draw_impossible, range(160)) if p is not None]


@pytest.mark.parametrize("greedily", [True, False])
def test_however_limits_are_dropped_the_conflict_is_minimal(
    monkeypatch: pytest.MonkeyPatch, greedily: bool
) -> None:
    """By halves instead of one by one, and without the quick look at what can be filled."""
    monkeypatch.setattr(conflicts, "FEW_LIMITS", 0)
    if not greedily:
        monkeypatch.setattr(conflicts, "_fill_greedily", lambda *_args: False)
    assert len(IMPOSSIBLE) > 10
    for problem in IMPOSSIBLE:
        limits = list(find_conflict(problem).core)
        if not limits:  # a lock on a pair that is no candidate
            continue
        assert not can_hold(problem, limits)
        for k in range(len(limits)):
            assert can_hold(problem, limits[:k] + limits[k + 1 :])


def can_hold(problem: Problem, limits: list[Limit]) -> bool:
    """Whether some set of candidates keeps these limits, by trying all sets."""
    bounds = list_bounds(problem)
    every = list_subsets(problem.num_candidates)
    kept = np.ones(len(every), dtype=bool)
    for limit in limits:
        bound = bounds[limit]
        value = every[:, bound.idx].astype(np.int64) @ bound.weights
        kept &= value >= bound.value if bound.is_least else value <= bound.value
    return bool(kept.any())


def test_a_cure_is_the_same_with_the_conflict_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def cure_all() -> list[object]:
        return [find_cure(problem, core=find_conflict(problem).core) for problem in IMPOSSIBLE]

    expected = [find_cure(problem) for problem in IMPOSSIBLE]
    assert cure_all() == expected
    # Limits of single villages that are in the way are added, be they in the conflict or not.
    monkeypatch.setattr(cures, "find_single_relief", lambda *_args: None)
    assert cure_all() == expected


def test_without_time_all_limits_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_args: object) -> None:
        raise ArithmeticError("the solver gave up")

    problem = make_problem([[1, 1]], locks=(FixedPair(0, 0), FixedPair(0, 1)))
    exact = find_conflict(problem)
    monkeypatch.setattr(conflicts, "find_core", give_up)
    with pytest.raises(ArithmeticError, match="gave up"):
        find_conflict(problem)
    hasty = find_conflict(problem, time_s=1e-9)
    assert isinstance(hasty, Conflict)
    assert set(exact.core) <= set(hasty.core)


def test_a_quota_with_two_sides_is_not_weighed() -> None:
    """What counts changes has one side; anything else is searched for."""
    everywhere = np.ones(2, dtype=bool), np.ones(2, dtype=bool)
    listed = np.array([True, False, False, True])
    problem = make_problem([[3, 1], [1, 2]], quotas=(Quota("q", *everywhere, 1, 1, listed),))
    assert solve_counted(problem) is None


def test_a_proof_is_one_whoever_thought_of_it() -> None:
    """No factors prove a contradiction where there is a choice; those of a program mostly do."""
    found = 0
    for number in range(160):
        problem = draw_case(np.random.default_rng([17, number]), number)
        bounds = list(Judge(problem).bounds.values())
        factors = price_bounds(problem.num_candidates, bounds)[0]
        is_proof = proves_impossible(problem.num_candidates, bounds, factors)
        assert not is_proof or solve_by_listing(problem) is None
        rng = np.random.default_rng(number)
        guess = rng.integers(0, 3, len(bounds)).tolist()
        if proves_impossible(problem.num_candidates, bounds, guess):
            assert solve_by_listing(problem) is None
        found += is_proof
    assert found > 5


def test_halving_finds_what_contradicts() -> None:
    limits = tuple(Limit("unit_max", k) for k in range(8))
    wanted = frozenset({limits[1], limits[6]})
    found = conflicts._quick_xplain(lambda some: not wanted.issubset(some), (), limits, check=False)
    assert frozenset(found) == wanted
    first = conflicts._quick_xplain(lambda some: limits[0] not in some, (), limits, check=False)
    assert first == limits[:1]


def test_wrong_blame_is_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a linear program blames counts only if it cannot hold."""
    problem = IMPOSSIBLE[-1]
    exact = find_conflict(problem)
    monkeypatch.setattr(Judge, "blame", lambda _judge, _limits: ((), 1))
    hasty = find_conflict(problem)
    assert bool(hasty.core) == bool(exact.core)
    assert not hasty.core or not can_hold(problem, list(hasty.core))


def test_the_price_of_a_quota_over_listed_pairs_is_part_of_the_proof() -> None:
    """Without the quota eighteen points would do: its price is needed for the bound of two."""
    everywhere = np.ones(2, dtype=bool), np.ones(2, dtype=bool)
    listed = np.array([True, False, False, False])
    problem = make_problem([[9, 1], [1, 9]], quotas=(Quota("q", *everywhere, 0, 0, listed),))
    answer = solve_problem(problem)
    assert isinstance(answer, Matching)
    assert (answer.status, answer.total) == ("optimal", 2)
    assert verify_matching(problem, answer) == ()
    *before, last = answer.certificate.levels
    (step,) = last.steps
    assert step.quota_prices.any()
    free = replace(step, quota_prices=np.zeros(1, dtype=np.int64))
    spoiled = Certificate((*before, replace(last, steps=(free,))))
    assert verify_matching(problem, replace(answer, certificate=spoiled))
