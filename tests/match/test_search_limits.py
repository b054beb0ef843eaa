"""Searches that are cut short: value and bound lie on either side of the optimum, and say so."""

from dataclasses import replace

import numpy as np
import pytest
from tests.strategies import make_problem

from pairmatch.domain.matching import Matching
from pairmatch.domain.problem import Problem, Resource, Tolerance
from pairmatch.match.search import NothingFoundError, search_matching
from pairmatch.match.solution import solve_problem
from pairmatch.match.verify import verify_matching
from pairmatch.solvers import choices
from pairmatch.solvers.choices import Choices, Found, keeps_limits
from pairmatch.solvers.programs import InexactError


def plant_assignment(num_units: int, num_villages: int, seed: int) -> tuple[Problem, int]:
    """Return a generalised assignment problem and its best total, which duality proves.

    Capacities have prices; each village's planted unit is one of those with the best points less
    the price of its load, and every capacity with a price is used up. So no other assignment is
    worth more than the sum of those best values and of the prices times the capacities.
    """
    draw = np.random.default_rng(seed)
    loads = draw.integers(5, 40, size=(num_units, num_villages))
    price = draw.integers(1, 30, size=num_units)
    best = draw.integers(0, 2000, size=num_villages)
    planted = draw.integers(0, num_units, size=num_villages)
    slack = draw.integers(0, 4, size=(num_units, num_villages))
    slack[planted, np.arange(num_villages)] = 0
    points = best + price[:, None] * loads - slack
    is_planted = planted[None, :] == np.arange(num_units)[:, None]
    capacity = (loads * is_planted).sum(axis=1)
    units, villages = np.nonzero(np.ones((num_units, num_villages)))
    resources = tuple(
        Resource(
            "hours",
            "unit",
            u,
            np.flatnonzero(units == u).astype(np.int32),
            loads[u].astype(np.int64),
            int(capacity[u]),
        )
        for u in range(num_units)
    )
    problem = Problem(
        tuple(f"u{u:03}" for u in range(num_units)),
        tuple(f"v{v:03}" for v in range(num_villages)),
        units.astype(np.int32),
        villages.astype(np.int32),
        points.ravel().astype(np.int64),
        np.zeros(num_units, dtype=np.int64),
        np.full(num_units, num_villages, dtype=np.int64),
        np.ones(num_villages, dtype=np.int64),
        np.ones(num_villages, dtype=np.int64),
        resources=resources,
    )
    return problem, int(best.sum() + (price * capacity).sum())


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_optimum_is_found_and_bounded(seed: int) -> None:
    problem, best = plant_assignment(4, 12, seed)
    answer = solve_problem(problem)
    assert isinstance(answer, Matching)
    assert (answer.total, answer.status) == (best, "bounded")
    assert verify_matching(problem, answer) == ()


@pytest.mark.parametrize(("size", "seed"), [((12, 60), 1), ((15, 80), 2), ((20, 120), 3)])
def test_cut_short_the_optimum_lies_between_value_and_bound(
    size: tuple[int, int], seed: int
) -> None:
    problem, best = plant_assignment(*size, seed)
    try:
        answer = search_matching(problem, 1)
    except NothingFoundError:
        return
    assert answer is not None
    level = answer.certificate.levels[-1]
    assert level.value == answer.total <= best <= level.bound
    assert (answer.status == "stopped") is (level.value < level.bound)
    assert verify_matching(problem, answer) == ()
    assert answer.num_matched == size[1]


class _Cut(Choices):
    """A search whose n-th question is answered as a test says."""

    answers: tuple[object, ...] = ()

    def maximize(self, expression: object) -> Found:
        self.asked = getattr(self, "asked", 0) + 1
        planned = self.answers[self.asked - 1] if self.asked <= len(self.answers) else None
        if planned == "nothing":
            return Found(None, None)
        found = super().maximize(expression)
        return (
            replace(found, bound=None if planned == "no bound" else found.bound + 5)
            if planned
            else found
        )


GOALS = ("num_matched", "worst_county", "total")
COUNTIES = {"counties": ("a", "b"), "county_idx": np.array([0, 1, 1], np.int32)}
POINTS = [[9, 1, 5], [4, 8, 3], [2, 6, 7]]


def cut(monkeypatch: pytest.MonkeyPatch, goals: tuple[str, ...], *answers: object) -> Matching:
    from pairmatch.match import search

    monkeypatch.setattr(_Cut, "answers", answers)
    monkeypatch.setattr(search, "Choices", _Cut)
    problem = make_problem(POINTS, levels=goals, **COUNTIES)
    answer = search_matching(problem)
    assert answer is not None
    assert verify_matching(problem, answer) == ()
    return answer


@pytest.mark.parametrize(
    ("goals", "answers", "open_level"),
    [
        (GOALS, ("more",), 0),
        (GOALS, (None, "more"), 1),
        (GOALS, (None, "no bound"), 1),
        (GOALS, (None, None, "more"), 2),
        (GOALS, (None, None, "nothing"), 2),
        (("num_matched", "leximin_county"), (None, None, "nothing"), 1),
        (("num_matched", "leximin_county"), (None, None, "more"), 1),
        (("num_matched", "leximin_county"), (None, None, None, "more"), 1),
        (("num_matched", "leximin_county"), (None, None, None, "nothing"), 1),
        (("num_matched", "leximin_village", "kept"), (None, "more"), 1),
    ],
)
def test_whatever_is_cut_short_is_left_open_with_a_bound(
    monkeypatch: pytest.MonkeyPatch,
    goals: tuple[str, ...],
    answers: tuple[object, ...],
    open_level: int,
) -> None:
    levels = cut(monkeypatch, goals, *answers).certificate.levels
    assert [level.gap > 0 for level in levels] == [k >= open_level for k in range(len(goals))]


def test_without_any_matching_in_time_there_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NothingFoundError):
        cut(monkeypatch, GOALS, "nothing")


def test_a_choice_that_breaks_a_limit_once_it_is_rounded_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choices, "keeps_limits", lambda *_: False)
    with pytest.raises(InexactError):
        search_matching(make_problem(POINTS))


def test_every_limit_is_counted_in_whole_numbers() -> None:
    problem = make_problem(POINTS)
    nothing, diagonal = np.zeros(9, np.bool_), np.eye(3, dtype=np.bool_).ravel()
    assert keeps_limits(problem, diagonal)
    assert not keeps_limits(replace(problem, unit_min=np.ones(3, np.int64)), nothing)
    assert not keeps_limits(replace(problem, village_max=np.zeros(3, np.int64)), diagonal)
    hours = Resource("h", "unit", 0, np.array([0], np.int32), np.array([2], np.int64), 1)
    assert not keeps_limits(replace(problem, resources=(hours,)), diagonal)


def test_what_may_be_given_up_is_given_up_and_no_more() -> None:
    problem = make_problem(
        [[9, 7], [8, 1]],
        levels=("num_matched", "total", "worst_village"),
        tolerances=(Tolerance(), Tolerance(steps=0), Tolerance()),
    )
    exact = solve_problem(problem)
    free = solve_problem(
        replace(problem, tolerances=(Tolerance(), Tolerance(steps=6), Tolerance()))
    )
    assert isinstance(exact, Matching)
    assert isinstance(free, Matching)
    assert (exact.status, free.status) == ("optimal", "bounded")
    assert [level.best for level in free.certificate.levels] == [2, 15, 7]
    assert [level.given_up for level in free.certificate.levels] == [0, 0, 0]
