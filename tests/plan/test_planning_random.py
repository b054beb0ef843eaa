"""Small random problems with every feature: each goal's value is that of trying everything."""

import pytest
from tests.cases import pick_share
from tests.plan.planning_cases import make_small_problem, read_problem
from tests.plan.planning_oracle import solve_by_trying

from pairmatch.plan.solve import MINIMISED, solve_planning
from pairmatch.plan.verify import verify_starts


@pytest.mark.parametrize("method", ["program", "intervals"])
@pytest.mark.parametrize("block", range(10))
def test_small_problems_against_trying_everything(block: int, method: str) -> None:
    size = pick_share(100, 7)
    for seed in range(block * 100, block * 100 + size):
        check(seed, method)


def check(seed: int, method: str) -> None:
    raw = make_small_problem(seed)
    problem, expected = read_problem(raw), solve_by_trying(raw)
    answer = solve_planning(problem, 30, method=method)
    if expected is None:
        assert answer.status == "infeasible", seed
        return
    assert answer.status == "optimal", seed
    signs = [-1 if level.goal in MINIMISED else 1 for level in answer.levels]
    values = [sign * level.value for sign, level in zip(signs, answer.levels, strict=True)]
    assert values == list(expected), seed
    assert verify_starts(problem, answer.starts) == (), seed
    for sign, level in zip(signs, answer.levels, strict=True):
        assert level.bound is not None
        assert sign * level.bound >= sign * level.value, seed
        assert level.is_proven, seed
