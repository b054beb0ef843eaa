"""Pairs that both sides would prefer, against asking every one of them."""

from dataclasses import replace

import numpy as np
import pytest
from tests.match.choice_cases import draw_case
from tests.match.choice_oracle import list_sets
from tests.strategies import make_problem

from pairmatch.domain.matching import Certificate, Matching
from pairmatch.domain.problem import FixedPair, Problem
from pairmatch.explain.blocking import list_blocking


def make_matching(problem: Problem, chosen_idx: np.ndarray) -> Matching:
    tied = np.zeros(len(chosen_idx), dtype=bool)
    total = int(problem.points[chosen_idx].sum())
    return Matching(chosen_idx, tied, len(chosen_idx), total, Certificate(()))


def ask_everyone(
    problem: Problem, chosen: set[int], unit_rank: np.ndarray, village_rank: np.ndarray
) -> list[int]:
    """Return the blocking pairs, one candidate and one side at a time."""
    banned = {(ban.unit_idx, ban.village_idx) for ban in problem.bans}
    found = []
    for k in range(problem.num_candidates):
        prefer = []
        for idx, most, rank in (
            (problem.unit_idx, problem.unit_max, unit_rank),
            (problem.village_idx, problem.village_max, village_rank),
        ):
            own = [c for c in chosen if idx[c] == idx[k]]
            prefer.append(len(own) < most[idx[k]] or any(rank[k] < rank[c] for c in own))
        pair = (int(problem.unit_idx[k]), int(problem.village_idx[k]))
        if k not in chosen and pair not in banned and all(prefer):
            found.append(k)
    return found


@pytest.mark.parametrize("start", range(0, 300, 100))
def test_blocking_pairs_by_asking_everyone(start: int) -> None:
    for number in range(start, start + 100):
        rng = np.random.default_rng([11, number])
        problem = draw_case(rng, number)
        sets = list_sets(problem) if problem.num_candidates <= 14 else np.zeros((0, 0))
        if not len(sets):
            continue
        chosen = np.flatnonzero(sets[rng.integers(0, len(sets))]).astype(np.int32)
        unit_rank, village_rank = rng.integers(0, 4, (2, problem.num_candidates))
        found = list_blocking(problem, make_matching(problem, chosen), unit_rank, village_rank)
        wanted = ask_everyone(problem, set(chosen.tolist()), unit_rank, village_rank)
        assert found.tolist() == wanted


def test_proposing_in_turn_leaves_no_blocking_pair() -> None:
    """Gale and Shapley's own answer is stable; swapping two of its pairs is not."""
    rng = np.random.default_rng(8)
    size = 12
    problem = make_problem([[0] * size] * size)
    unit_rank, village_rank = (np.argsort(rng.random((size, size)), axis=1) for _ in range(2))
    held: dict[int, int] = {}
    asked = [0] * size
    free = list(range(size))
    while free:
        unit = free.pop()
        village = int(np.flatnonzero(unit_rank[unit] == asked[unit])[0])
        asked[unit] += 1
        if village in held and village_rank[village][held[village]] < village_rank[village][unit]:
            free.append(unit)
            continue
        if village in held:
            free.append(held[village])
        held[village] = unit
    chosen = np.array(sorted(unit * size + village for village, unit in held.items()))
    ranks = unit_rank.ravel(), village_rank.T.ravel()
    assert list_blocking(problem, make_matching(problem, chosen), *ranks).tolist() == []


def test_banned_pair_blocks_nothing() -> None:
    problem = make_problem([[1, 1]])
    ranks = np.array([0, 1]), np.array([0, 0])
    matching = make_matching(problem, np.array([1]))
    assert list_blocking(problem, matching, *ranks).tolist() == [0]
    banned = replace(problem, bans=(FixedPair(0, 0),))
    assert list_blocking(banned, matching, *ranks).tolist() == []
