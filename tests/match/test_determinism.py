"""The same bytes whatever the hash seed of the process."""

import os
import subprocess
import sys

SCRIPT = """
import numpy as np
from dataclasses import replace
from pairmatch.domain.problem import FixedPair
from pairmatch.explain.prices import describe_alternative, price_candidates
from pairmatch.match.solution import solve_problem
from tests.strategies import make_dense_problem, make_quota
rng = np.random.default_rng(5)
problem = make_dense_problem(rng.integers(0, 4, (12, 15)), rng.random((12, 15)) < 0.7)
problem = replace(problem, unit_max=np.full(12, 2), quotas=(
    make_quota(problem, "a", (None, range(6)), 2, 5),
    make_quota(problem, "b", (range(4), None), 1, 6),
))
answer = solve_problem(problem)
for level in answer.certificate.levels:
    for step in level.steps:
        print(level.goal, step.value, step.unit_prices.tolist(), step.village_prices.tolist(),
              step.quota_prices.tolist())
print(answer.chosen_idx.tolist(), answer.tied.tolist())
book = price_candidates(problem, answer)
for k in range(problem.num_candidates):
    print(describe_alternative(book, k))
locked = tuple(FixedPair(0, v) for v in problem.village_idx[problem.unit_idx == 0][:4].tolist())
print(solve_problem(replace(problem, locks=locked)))
"""


def test_hash_seeds_agree() -> None:
    outputs = set()
    for seed in ("0", "1", "20260501"):
        path = os.pathsep.join(entry for entry in sys.path if entry)
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert "Conflict" in outputs.pop()
