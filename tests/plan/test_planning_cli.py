"""`pairmatch plan --problem`: exit codes, the data it prints, the file it writes."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from tests.cases import ALL_CASES
from tests.plan.planning_cases import make_knapsack, make_mine

from pairmatch.cli.program import program

NOTHING = {"schema": "pairmatch.planning-problem/1", "periods": 1, "actions": []}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*words, problem=None):
        if problem is not None:
            (tmp_path / "p.json").write_text(json.dumps(problem), encoding="utf-8")
        return CliRunner().invoke(program, ["plan", *words])

    return call


def test_a_proven_solution_is_printed_and_written(run, tmp_path):
    result = run("--problem", "p.json", "--out", "s.json", "--json", problem=make_mine(1, 5, 2, 3))
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    written = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert printed["status"] == "optimal"
    assert printed["command"] == "plan"
    assert {key: printed[key] for key in written if key != "schema"} == {
        key: value for key, value in written.items() if key != "schema"
    }
    assert written["schema"] == "pairmatch.planning-solution/1"


def test_no_actions_is_a_problem_too(run):
    assert run("--problem", "p.json", problem=NOTHING).exit_code == 0


def test_what_cannot_be_is_exit_code_4(run):
    action = {"id": "a", "mandatory": True, "duration": 2}
    result = run("--problem", "p.json", problem={**NOTHING, "actions": [action]})
    assert result.exit_code == 4


def test_bad_input_is_exit_code_3_with_its_path(run):
    result = run("--problem", "p.json", "--lang", "en", problem={**NOTHING, "periods": -1})
    assert result.exit_code == 3
    assert "periods" in result.stderr


def test_stopped_before_the_proof_is_exit_code_6_and_near_enough_is_0(run):
    hard = make_knapsack(1, 100, 30)
    result = run("--problem", "p.json", "--time", "0.5", "--json", problem=hard)
    assert result.exit_code == 6
    level = json.loads(result.stdout)["levels"][0]
    assert level["bound"] >= level["value"]
    assert run("--problem", "p.json", "--time", "5", "--gap", "20%").exit_code == 0


def test_a_solution_is_checked(run, tmp_path):
    problem = make_mine(1, 5, 2, 3)
    assert run("--problem", "p.json", "--out", "s.json", problem=problem).exit_code == 0
    assert run("--problem", "p.json", "--solution", "s.json").exit_code == 0
    solution = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    solution["levels"][0]["value"] += 1
    (tmp_path / "s.json").write_text(json.dumps(solution), encoding="utf-8")
    result = run("--problem", "p.json", "--solution", "s.json", "--json")
    assert result.exit_code == 1
    assert [f["code"] for f in json.loads(result.stdout)["findings"]] == ["planning.verify_claim"]


@pytest.mark.parametrize("gap", ["x", "-1", "101%", "nan", ""])
def test_no_gap_is_a_wrong_command(run, gap):
    assert run("--problem", "p.json", f"--gap={gap}", problem=NOTHING).exit_code == 2


def test_without_a_problem_or_a_run_it_is_a_wrong_command(run):
    assert run().exit_code == 2
    assert run("--problem", "nothing.json").exit_code == 2


@pytest.mark.skipif(not ALL_CASES or os.name == "nt", reason="takes long, and needs signals")
def test_ctrl_c_gives_the_best_so_far(tmp_path):
    problem, solution = tmp_path / "p.json", tmp_path / "s.json"
    problem.write_text(json.dumps(make_knapsack(1, 100, 30)), encoding="utf-8")
    words = ["--problem", str(problem), "--time", "120", "--out", str(solution)]
    child = subprocess.Popen(
        [sys.executable, "-m", "pairmatch", "plan", *words], stdout=subprocess.DEVNULL
    )
    time.sleep(9)
    child.send_signal(signal.SIGINT)
    assert child.wait(20) == 6
    assert json.loads(solution.read_text(encoding="utf-8"))["status"] == "feasible"
