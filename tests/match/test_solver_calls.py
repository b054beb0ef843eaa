"""What is impossible is told after few questions to a solver, and as if after many."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from ortools.math_opt.python import mathopt
from tests.match.choice_cases import draw_case
from tests.match.choice_oracle import solve_by_listing
from tests.strategies import make_dense_problem, make_quota

from pairmatch.domain.limits import SINGLE_KIND, Cure, Limit
from pairmatch.domain.matching import Conflict
from pairmatch.domain.problem import FixedPair, Problem
from pairmatch.match import conflicts, cures, judging
from pairmatch.match.conflicts import find_conflict
from pairmatch.match.cures import find_cure
from pairmatch.match.judging import Judge
from pairmatch.solvers import reliefs
from pairmatch.solvers.reliefs import _Search

NUM_COUNTIES, NUM_VILLAGES, NUM_CITY_UNITS = 4, 20, 8
MOST_CANDIDATES = 14


def make_programme(num_banned: int) -> Problem:
    """Return a programme that needs all its city units, with every pair of some of them banned."""
    county = np.repeat(np.arange(NUM_COUNTIES), NUM_VILLAGES)
    home = np.repeat(np.arange(NUM_COUNTIES), 3)
    eligible = np.array([*[county >= 0] * NUM_CITY_UNITS, *(county == c for c in home)])
    problem = make_dense_problem(np.zeros(eligible.shape), eligible)
    quotas = []
    for c in range(NUM_COUNTIES):
        villages = np.flatnonzero(county == c).tolist()
        quotas.append(make_quota(problem, f"city {c}", (range(NUM_CITY_UNITS), villages), 2, 2))
        quotas.append(make_quota(problem, f"county {c}", (None, villages), 4, 5))
    bans = tuple(FixedPair(u, v) for u in range(num_banned) for v in range(len(county)))
    return replace(problem, quotas=tuple(quotas), bans=bans)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that has a word for each question put to a solver from now on."""
    asked: list[str] = []

    def count(name: str, ask: Callable[..., object]) -> Callable[..., object]:
        def ask_and_count(*args: object, **options: object) -> object:
            asked.append(name)
            return ask(*args, **options)

        return ask_and_count

    monkeypatch.setattr(mathopt, "solve", count("program", mathopt.solve))
    cut = count("flow", judging.find_violated_cut)
    monkeypatch.setattr(judging, "find_violated_cut", cut)
    return asked


def test_bans_typed_one_by_one_are_not_tried_one_by_one(calls: list[str]) -> None:
    """Choices that break one limit are turned into such as break another one, and counted."""
    problem = make_programme(1)
    conflict = find_conflict(problem)
    assert sum(limit.kind == "ban" for limit in conflict.core) == len(problem.bans)
    assert len(conflict.core) > 80
    assert len(calls) <= 30


def test_a_cure_of_many_limits_is_found_by_few_programs(calls: list[str]) -> None:
    """The limits that give way first are asked for many at a time, not one after another."""
    problem = make_programme(4)
    bans = [Limit("ban", k) for k in range(len(problem.bans))]
    core = find_conflict(problem).core
    calls.clear()
    cure = find_cure(problem, bans, core=core)
    assert cure is not None
    assert cure.cost == 4
    assert calls.count("program") <= 12


def draw_impossible(number: int) -> Problem | None:
    """Return a random problem without a matching; None if this one has some."""
    problem = draw_case(np.random.default_rng([23, number]), number)
    is_small = problem.num_candidates <= MOST_CANDIDATES
    return problem if is_small and solve_by_listing(problem) is None else None


IMPOSSIBLE = [p for p in map(draw_impossible, range(240)) if p is not None]


def find_all() -> list[tuple[Conflict, Cure | None]]:
    found = [(problem, find_conflict(problem)) for problem in [*IMPOSSIBLE, make_programme(2)]]
    return [(conflict, find_cure(problem, core=conflict.core)) for problem, conflict in found]


def test_conflicts_are_those_of_trying_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(IMPOSSIBLE) > 10
    expected = [conflict.core for conflict, _cure in find_all()]
    monkeypatch.setattr(Judge, "list_needed", lambda *_args: frozenset())
    monkeypatch.setattr(Judge, "vary", lambda *_args: None)
    monkeypatch.setattr(conflicts, "FEW_FLOWS", 10**9)
    assert [conflict.core for conflict, _cure in find_all()] == expected


def test_cures_are_those_of_programs_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all limits from the start, no gap closed, and one limit after another asked for."""
    expected = [cure for _conflict, cure in find_all()]
    monkeypatch.setattr(cures, "SINGLE_KIND", "none")
    monkeypatch.setattr(cures, "_relax_one", lambda *_args: None)
    monkeypatch.setattr(_Search, "close_unused", lambda _search: None)
    monkeypatch.setattr(reliefs, "_MAX_DIGITS", 1)
    assert [cure for _conflict, cure in find_all()] == expected


def test_a_full_village_is_added_to_the_few_limits() -> None:
    """Two locks in a village that takes one pair, while the conflict is that of two others."""
    problem = make_programme(0)
    locks = (FixedPair(0, 0), FixedPair(1, 0), FixedPair(2, 1), FixedPair(3, 1))
    problem = replace(problem, locks=locks)
    core = find_conflict(problem).core
    kept = [Limit("lock", k) for k in range(len(locks))]
    cure = find_cure(problem, kept, core=core)
    assert cure is not None
    full = [member.limit.idx for member in cure.members if member.limit.kind == SINGLE_KIND]
    assert full == [0, 1]
    assert cure == find_cure(problem, kept)
