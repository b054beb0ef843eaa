"""What commands say of answers that are not proven by prices, and of what-ifs."""

import json
from dataclasses import replace

import pytest
from tests.cli.outcomes import (
    make_conflict,
    make_matching,
    make_outcome,
    make_proposal,
    make_what_if,
)

from pairmatch.engine.whatif import ChangeStep, Frontier


def propose(engine, matching):
    proposal = replace(make_proposal(), matching=matching)
    engine.propose_pairing = lambda *_args, **_options: make_outcome(proposal)


def test_a_solvers_word_is_not_called_optimal(engine, run_cli):
    propose(engine, make_matching(4006, is_independent=False))
    result = run_cli("propose", ".")
    assert result.exit_code == 0
    assert "求解程序证明没有更好的方案" in result.stdout
    assert "最优" not in result.stdout
    facts = json.loads(run_cli("propose", ".", "--json").stdout)
    assert (facts["status"], facts["gap"]) == ("bounded", "0")


@pytest.mark.parametrize("is_independent", [True, False])
def test_an_answer_without_a_proof_says_value_bound_and_gap(engine, run_cli, is_independent):
    propose(engine, make_matching(4006, 4106, is_independent))
    zh, en = run_cli("propose", "."), run_cli("propose", ".", "--lang", "en")
    assert zh.exit_code == en.exit_code == 6
    for part in ("40.06", "41.06", "0.024355"):
        assert part in zh.stdout
        assert part in en.stdout
    assert "总分最高" in zh.stdout
    facts = json.loads(run_cli("propose", ".", "--json").stdout)
    assert (facts["status"], facts["bound"], facts["gap"]) == ("stopped", "41.06", "0.024355")


@pytest.mark.parametrize(
    ("status", "said", "silent"),
    [
        ("optimal", "确实最优", "求解程序"),
        ("bounded", "求解程序", "最优"),
        ("stopped", "没有证明", "最优"),
    ],
)
def test_verify_says_no_more_than_is_proven(engine, run_cli, status, said, silent):
    engine.find_status = lambda _run: status
    result = run_cli("verify", ".")
    assert result.exit_code == 0
    assert said in result.stdout
    assert silent not in result.stdout


def test_what_if_tells_the_price_and_who_moves(engine, run_cli):
    asked = []
    engine.ask_what_if = lambda _run, changes, progress: asked.append(changes) or make_what_if()
    words = ("--lock", "U1 = 慈庄村", "--ban", "U2=V2", "--without", "U3", "--max-changes", "4")
    result = run_cli("whatif", ".", *words, "--fewest-changes")
    [changes] = asked
    assert (changes.locks, changes.bans) == ((("U1", "慈庄村"),), (("U2", "V2"),))
    assert (changes.without, changes.max_changes, changes.fewest) == (("U3",), 4, True)
    assert result.exit_code == 0
    for part in ("39.00", "-1.06", "第 1 串", "甲公司"):
        assert part in result.stdout
    facts = json.loads(run_cli("whatif", ".", "--json").stdout)
    assert (facts["price"], facts["num_changes"], facts["status"]) == ("1.06", 2, "optimal")
    assert facts["chains"][0]["gain"] == "-1.06"
    assert facts["chains"][0]["moves"][1]["to_village_id"] == ""


def test_what_if_says_when_nothing_changes(engine, run_cli):
    engine.ask_what_if = lambda *_args, **_options: make_what_if(4006, chains=(), num_changes=0)
    result = run_cli("whatif", ".")
    assert result.exit_code == 0
    assert "不用改动" in result.stdout


def test_what_if_that_is_not_proven_says_bound_and_gap(engine, run_cli):
    after = make_matching(3900, 3950)
    engine.ask_what_if = lambda *_args, **_options: make_what_if(after=after)
    result = run_cli("whatif", ".")
    assert result.exit_code == 6
    assert "39.50" in result.stdout
    assert json.loads(run_cli("whatif", ".", "--json").stdout)["status"] == "stopped"


def test_what_if_that_cannot_be_names_the_conflict(engine, run_cli):
    answer = make_what_if(after=None, conflict=make_conflict(), chains=(), num_changes=0)
    engine.ask_what_if = lambda *_args, **_options: answer
    result = run_cli("whatif", ".")
    assert result.exit_code == 4
    assert "甲" in result.stdout
    facts = json.loads(run_cli("whatif", ".", "--json").stdout)
    assert (facts["status"], facts["conflict"]["shortage"]) == ("infeasible", 3)


@pytest.mark.parametrize("text", ["u1", "=v1", "u1=", " = "])
def test_a_pair_is_a_unit_and_a_village(engine, run_cli, text):
    result = run_cli("whatif", ".", "--lock", text)
    assert result.exit_code == 2
    assert "单位=村" in result.stderr


def test_the_frontier_lists_what_each_number_of_changes_reaches(engine, run_cli):
    steps = (ChangeStep(1, 3906, 3906), ChangeStep(4, 4006, 4010))
    engine.trace_changes = lambda _run, _changes: Frontier(4006, steps)
    result = run_cli("whatif", ".", "--frontier")
    assert result.exit_code == 0
    assert "1         39.06  -1.00       39.06" in result.stdout
    assert "40.10" in result.stdout
    facts = json.loads(run_cli("whatif", ".", "--frontier", "--json").stdout)
    assert [step["num_changes"] for step in facts["frontier"]] == [1, 4]
    engine.trace_changes = lambda _run, _changes: Frontier(4006, ())
    assert run_cli("whatif", ".", "--frontier").exit_code == 4


@pytest.mark.parametrize(
    "words", [("sweep", ".", "--seed", "-1"), ("whatif", ".", "--max-changes", "-1")]
)
def test_a_number_below_an_open_range_is_told(engine, run_cli, words):
    result = run_cli(*words)
    assert result.exit_code == 2
    assert words[2] in result.stderr
