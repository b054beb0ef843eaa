"""Fault 29: a solver that returns a wrong "optimal" is found out, and nothing is published.

The other half, an answer without proof at the limit of time, comes with time limits.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.faults.plugin_scenarios import list_runs, read, run_program, write_scenario

from pairmatch.match import solution

solve = solution.solve_problem


def solve_backwards(problem, _time_s=0):
    """Return the worst matching, proven for scores turned around and passed off as the best."""
    answer = solve(replace(problem, points=-problem.points))
    return replace(answer, total=int(problem.points[answer.chosen_idx].sum()))


def keep_second_best(problem, _time_s=0):
    """Return the best matching less one pair, with its true values and the proof of the best."""
    answer = solve(problem)
    chosen = answer.chosen_idx[1:]
    total = int(problem.points[chosen].sum())
    tied = answer.tied[1:]
    return replace(answer, chosen_idx=chosen, tied=tied, num_matched=len(chosen), total=total)


def boast(problem, _time_s=0):
    """Return the best matching as if it were one step better."""
    answer = solve(problem)
    return replace(answer, total=answer.total + 1)


def choose_twice(problem, _time_s=0):
    """Give a village two units."""
    answer = solve(problem)
    others = np.flatnonzero(problem.village_idx == problem.village_idx[answer.chosen_idx[0]])
    chosen = np.union1d(answer.chosen_idx, others[:2]).astype(np.int32)
    return replace(answer, chosen_idx=chosen, tied=np.zeros(len(chosen), dtype=np.bool_))


def forget_prices(step):
    return replace(step, unit_prices=0 * step.unit_prices, village_prices=0 * step.village_prices)


def price_nothing(problem, _time_s=0):
    """Return the best matching with prices of nothing as its proof."""
    answer = solve(problem)
    levels = [
        replace(level, steps=tuple(forget_prices(step) for step in level.steps))
        for level in answer.certificate.levels
    ]
    return replace(answer, certificate=replace(answer.certificate, levels=tuple(levels)))


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.delenv("PAIRMATCH_LOAD_PLUGINS", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return write_scenario(tmp_path / "s")


@pytest.mark.parametrize(
    "wrong", [solve_backwards, keep_second_best, boast, choose_twice, price_nothing]
)
def test_29_a_wrong_optimum_is_refused_by_the_checker(scenario, monkeypatch, wrong):
    monkeypatch.setattr(solution, "solve_problem", wrong)
    for lang, words in (("zh", "没有通过独立核验"), ("en", "failed its independent check")):
        result = run_program("propose", scenario, "--lang", lang)
        assert result.exit_code == 6, result.output
        assert words in result.stderr
        assert "verify_" in result.stderr
        assert list_runs(scenario) == []
    facts = read(run_program("propose", scenario, "--json"))
    assert facts["error"]["exit_code"] == 6
    assert list_runs(scenario) == []


def test_29_a_wrong_answer_to_the_question_without_a_plugin_is_refused_too(scenario, monkeypatch):
    calls = []

    def solve_first_only(problem, _time_s=0):
        calls.append(problem)
        return solve(problem) if len(calls) == 1 else boast(problem)

    monkeypatch.setattr(solution, "solve_problem", solve_first_only)
    assert run_program("propose", scenario).exit_code == 6
    assert len(calls) == 2
    assert list_runs(scenario) == []


def test_29_the_true_solver_is_believed(scenario):
    assert run_program("propose", scenario).exit_code == 0
    assert len(list_runs(scenario)) == 1
