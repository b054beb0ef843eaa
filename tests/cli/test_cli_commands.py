"""Every command: what it prints for people and for programs, in both languages."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.cli.outcomes import make_conflict, make_finding, make_outcome, make_proposal

from pairmatch.cli.commands.plugins import PLUGIN_COMMANDS
from pairmatch.cli.program import COMMANDS
from pairmatch.domain.explanation import Alternative, Move
from pairmatch.domain.findings import Severity

WORDS = {
    "plugins list": (".",),
    "plugins check": (".",),
    "plugins audit": (".",),
    "plugins new": ("huanghua", "--county", "黄骅市"),
    "plugins fields": (),
    "demo": (),
    "init": ("NEW",),
    "forms": (".",),
    "check": (".",),
    "propose": (".",),
    "explain": (".",),
    "whatif": (".", "--lock", "U1=慈庄村"),
    "compare": (".", "."),
    "sweep": (".",),
    "calendar": (".",),
    "plan": (".",),
    "verify": (".",),
    "evaluate": (".", "--forms", "f"),
    "doctor": (),
}


NAMES = [*(name for name in COMMANDS if name != "plugins")]
NAMES += [f"plugins {name}" for name in PLUGIN_COMMANDS]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_json_is_all_there_is_on_stdout(engine, run_cli, name, lang):
    result = run_cli(*name.split(), *WORDS[name], "--json", "--lang", lang)
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["schema"] == 1
    assert facts["command"] == name
    assert result.stderr == ""


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_are_spoken(engine, run_cli, name):
    zh = run_cli(*name.split(), *WORDS[name])
    en = run_cli(*name.split(), *WORDS[name], "--lang", "en")
    assert zh.exit_code == en.exit_code == 0, zh.output + en.output
    assert zh.stdout != en.stdout
    assert run_cli(*name.split(), *WORDS[name], "--quiet").stderr == ""


def test_the_language_of_the_scenario_counts_unless_one_is_named(engine, run_cli):
    engine.find_language = lambda _folder: "en"
    assert "Proven optimal" in run_cli("propose", ".").stdout
    assert "已证明最优" in run_cli("propose", ".", "--lang", "zh").stdout


def test_propose_as_data(engine, run_cli):
    facts = json.loads(run_cli("propose", ".", "--out", "o", "--json").stdout)
    assert facts["status"] == "optimal"
    assert facts["run"] == str(Path("o") / "r")
    assert facts["run_id"] == "abc123"
    assert facts["num_matched"] == 4
    assert facts["objective"]["total"] == "40.06"
    assert facts["objective"]["total_steps"] == 4006
    assert facts["objective"]["levels"][1] == {"goal": "total", "value": 4006, "bound": 4006}
    assert facts["pairs_per_county"]["甲县"] == {"total": 2, "city": 1, "county": 1}
    assert facts["pairs"][1] == {"unit_id": "U2", "village_id": "130900000002", "score": "10.01"}
    assert facts["findings"] == {"error": 0, "warning": 1, "note": 0}
    assert facts["synthetic"] is True


def test_propose_for_people(engine, run_cli):
    lines = run_cli("propose", ".").stdout.splitlines()
    assert 6 <= len(lines) <= 10
    text = "\n".join(lines)
    assert "共 4 对，总分 40.06" in text
    assert "合成数据" in text
    assert "2 个县（市、区）各 2 对，其中市级单位 1 对、县级单位 1 对" in text
    assert "report.html" in text
    assert "结对安排表.xlsx" in text


def test_propose_quietly_gives_the_result_only(engine, run_cli):
    lines = run_cli("propose", ".", "--quiet").stdout.splitlines()
    assert lines[-1] == str(Path("runs") / "r")
    assert len(lines) == 3


def test_dry_run_says_that_nothing_was_written(engine, run_cli):
    assert "没有写任何文件" in run_cli("propose", ".", "--dry-run").stdout
    assert json.loads(run_cli("propose", ".", "--dry-run", "--json").stdout)["run"] is None


def test_counties_that_differ_are_listed_and_ties_told(engine, run_cli):
    proposal = make_proposal(("甲县", "甲县", "甲县", "乙县"), synthetic=False, tied=True)
    engine.propose_pairing = lambda *_a, **_k: make_outcome(proposal, Path("r"))
    zh = run_cli("propose", ".").stdout
    assert "乙县 1、甲县 3" in zh
    assert "有 4 对" in zh
    assert "合成" not in zh
    assert "乙县 1, 甲县 3" in run_cli("propose", ".", "--lang", "en").stdout


def test_without_counties_none_are_listed(engine, run_cli):
    outcome = make_outcome(make_proposal(("", "", "", "")), Path("r"))
    engine.propose_pairing = lambda *_a, **_k: outcome
    assert "各县" not in run_cli("propose", ".").stdout


def test_infeasible_names_the_conflict(engine, run_cli):
    engine.propose_pairing = lambda *_a, **_k: make_outcome(conflict=make_conflict())
    result = run_cli("propose", ".")
    assert result.exit_code == 4
    assert "无法结对" in result.stdout
    assert "各县对数：乙" in result.stdout
    data = run_cli("propose", ".", "--json", "--lang", "en")
    assert data.exit_code == 4
    facts = json.loads(data.stdout)
    assert facts["status"] == "infeasible"
    assert facts["conflict"]["shortage"] == 3
    assert facts["conflict"]["members"] == ["Pairs per county: 甲.", "Pairs per county: 乙."]


def test_check_lists_findings_and_exits_3_on_errors(engine, run_cli):
    findings = (make_finding(Severity.ERROR), make_finding(), make_finding(Severity.NOTE))
    engine.check_scenario = lambda *_words: (None, findings)
    result = run_cli("check", ".")
    assert result.exit_code == 3
    assert "错误 · 村情表/黄骅市.xlsx" in result.stdout
    assert "第7行" in result.stdout
    assert "C7" in result.stdout
    assert "错误 1 处，提醒 1 处，说明 1 处" in result.stdout
    data = run_cli("check", ".", "--json")
    assert data.exit_code == 3
    facts = json.loads(data.stdout)
    assert facts["counts"] == {"error": 1, "warning": 1, "note": 1}
    assert facts["findings"][0]["row"] == 7
    assert facts["findings"][0]["hint"]


def test_check_marks_copies(engine, run_cli):
    result = run_cli("check", ".", "--mark", "marked")
    assert result.exit_code == 0
    assert "标红的副本" in result.stdout
    facts = json.loads(run_cli("check", ".", "--mark", "m", "--json").stdout)
    assert facts["marked"] == [str(Path("m") / "a.xlsx")]


def test_forms_go_beside_the_scenario_unless_told(engine, run_cli):
    asked = []
    engine.write_forms = lambda *words: asked.append(words) or ()
    run_cli("forms", ".")
    run_cli("forms", ".", "--out", "o", "--blank")
    assert asked == [(Path("."), Path("forms"), True), (Path("."), Path("o"), False)]


def test_demo_passes_its_folder_on(engine, run_cli):
    asked = []

    def demo(out, _progress, _options):
        asked.append(out)
        return make_outcome(make_proposal(), Path("r"))

    engine.run_demo = demo
    run_cli("demo")
    run_cli("demo", "d")
    assert asked == [None, Path("d")]


def test_verify_that_fails_exits_1_and_says_why(engine, run_cli):
    engine.verify_run = lambda _run: (make_finding(Severity.ERROR),)
    result = run_cli("verify", ".")
    assert result.exit_code == 1
    assert "复核不通过" in result.stdout
    assert "找不到文件夹" in result.stdout
    data = run_cli("verify", ".", "--json")
    assert data.exit_code == 1
    assert json.loads(data.stdout)["status"] == "fails"


def test_explain_lists_all_pairs(engine, run_cli):
    lines = run_cli("explain", ".").stdout.splitlines()
    assert lines[0].startswith("慈庄村（130900000001） ← 甲公司（U1）：10.00 分")
    assert len(lines) == 5


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_explain_one_pair_on_a_page(engine, run_cli, lang):
    result = run_cli("explain", ".", "--village", "慈庄村", "--lang", lang)
    text = result.stdout
    assert result.exit_code == 0
    assert "+10.10" in text
    assert "-0.10" in text
    assert "50%" in text
    assert "0.35" in text
    assert "need0" not in text  # no shortfall, so nothing to say
    assert ("路远" if lang == "zh" else "far") in text


def test_explain_tells_ties(engine, run_cli):
    proposal = make_proposal(tied=True)
    engine.explain_run = lambda *_words: proposal.explanations[:1]
    assert "同样好" in run_cli("explain", ".", "--unit", "U1").stdout


def test_explain_as_data(engine, run_cli):
    facts = json.loads(run_cli("explain", ".", "--unit", "U1", "--json").stdout)
    pair = facts["pairs"][0]
    assert (pair["score"], pair["rank"], pair["unit_name"]) == ("10.00", 1, "甲公司")
    assert pair["lines"][1]["points"] == "-0.10"
    assert pair["alternatives"][0]["forcing_price"] == "0.35"
    assert pair["alternatives"][1]["forcing_price"] is None


@pytest.mark.parametrize(
    ("price", "words"), [(35, "减少 0.35"), (0, "不影响总分"), (None, "做不到")]
)
def test_why_not(engine, run_cli, price, words):
    chain = (Move("U2", "", "v1"), Move("U3", "v1", ""))
    engine.price_pair = lambda _run, unit, village: Alternative(unit, village, 900, price, chain)
    result = run_cli("explain", ".", "--why-not", "U1", "v9")
    assert result.exit_code == 0
    assert words in result.stdout
    facts = json.loads(run_cli("explain", ".", "--why-not", "U1", "v9", "--json").stdout)
    assert facts["alternative"]["village_id"] == "v9"


def test_explain_takes_one_question_at_a_time(engine, run_cli):
    result = run_cli("explain", ".", "--unit", "a", "--village", "b")
    assert result.exit_code == 2
    assert "--why-not" in result.stderr


def test_doctor_exits_1_if_something_is_broken(engine, run_cli):
    engine.diagnose = lambda: (SimpleNamespace(name="ortools", ok=False, detail="?"),)
    result = run_cli("doctor")
    assert result.exit_code == 1
    assert "[异常] ortools" in result.stdout
    assert json.loads(run_cli("doctor", "--json").stdout)["status"] == "broken"


def test_units_without_tiers_are_not_counted_by_tier(engine, run_cli):
    proposal = make_proposal()
    units = tuple(replace(unit, tier="") for unit in proposal.inputs.units)
    plain = replace(proposal, inputs=replace(proposal.inputs, units=units))
    engine.propose_pairing = lambda *_a, **_k: make_outcome(plain, Path("r"))
    text = run_cli("propose", ".").stdout
    assert "乙县 2、甲县 2" in text
    assert "市级" not in text


def test_check_of_empty_tables_does_not_send_on(engine, run_cli):
    engine.check_scenario = lambda *_words: (SimpleNamespace(units=(), villages=()), ())
    result = run_cli("check", ".")
    assert result.exit_code == 0
    assert "表格还是空的" in result.stdout
    assert "propose" not in result.stdout
    assert json.loads(run_cli("check", ".", "--json").stdout)["status"] == "empty"


def test_check_that_marked_does_not_suggest_to_mark(engine, run_cli):
    engine.check_scenario = lambda *_words: (None, (make_finding(Severity.ERROR),))
    assert "--mark" in run_cli("check", ".").stdout
    assert "--mark" not in run_cli("check", ".", "--mark", "m").stdout
