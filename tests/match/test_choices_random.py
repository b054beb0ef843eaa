"""Every kind of limit and goal, and any two together, against a listing of all matchings."""

import numpy as np
import pytest
from tests.cases import pick_share
from tests.match.choice_cases import COMBINATIONS, LEVELS, draw_case
from tests.match.choice_oracle import solve_by_listing

from pairmatch.domain.matching import Conflict, Matching
from pairmatch.domain.problem import Problem
from pairmatch.match.solution import solve_problem
from pairmatch.match.verify import verify_matching

NUM_CASES, NUM_PARTS = pick_share(3_000, 4), 12


def check(problem: Problem) -> str:
    """Compare the answer with the listing and return its status."""
    wanted, answer = solve_by_listing(problem), solve_problem(problem)
    if wanted is None:
        assert isinstance(answer, Conflict)
        return "infeasible"
    assert isinstance(answer, Matching)
    chosen = np.zeros(problem.num_candidates, dtype=np.int8)
    chosen[answer.chosen_idx] = 1
    assert (wanted.best == chosen).all(axis=1).any()
    levels = answer.certificate.levels
    assert wanted.values == tuple(
        level.ascending if level.goal.startswith("leximin") else level.best for level in levels
    )
    assert all(level.bound == level.best for level in levels)
    assert verify_matching(problem, answer) == ()
    return answer.status


@pytest.mark.parametrize("part", range(NUM_PARTS))
def test_answers_are_the_best_there_are(part: int) -> None:
    told = set()
    for number in range(part, NUM_CASES, NUM_PARTS):
        told.add(check(draw_case(np.random.default_rng([4, number]), number)))
    assert told == {"optimal", "bounded", "infeasible"}


def test_every_combination_meets_every_list_of_goals() -> None:
    assert len(COMBINATIONS) * len(LEVELS) <= NUM_CASES
