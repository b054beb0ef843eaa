"""`pairmatch compare`, and chains accepted by `whatif --accept`: words, data and exit codes."""

import json
import re
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from tests.engine.test_comparisons import ELSEWHERE, SMALL, write_case

from pairmatch import engine
from pairmatch.cli.console import Console

NO_COUNTY = replace(SMALL, villages={"v1": (0, 1, ""), "v2": (0, 1, "")})
BANNED = replace(SMALL, bans=(("u1", "v1"),))
IMPOSSIBLE = replace(SMALL, locks=(("u1", "v1"), ("u1", "v2")))
CASES = {"a": SMALL, "b": ELSEWHERE, "plain": NO_COUNTY, "banned": BANNED, "no": IMPOSSIBLE}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, case in CASES.items():
        write_case(tmp_path / name, case)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read_table(text: str) -> dict[str, list[str]]:
    """Return the cells of the table of metrics by their label."""
    rows = [re.split(r"  +", line) for line in text.splitlines()]
    return {row[0]: row[1:] for row in rows if len(row) > 1}


@pytest.mark.parametrize(
    ("lang", "labels", "says"),
    [
        (
            "zh",
            ("对子数", "总分（按各自的打分）", "得分最低的村", "得分最低的县", "保留的老对子"),
            ("“banned”与“a”相比：换了 1 对", "原因", "limits.ban：总分 -5.00", "比较结果："),
        ),
        (
            "en",
            ("pairs", "total (own points)", "worst-off village", "worst-off county", "pairs kept"),
            (
                "banned against a: 1 pairs change",
                "Causes",
                "limits.ban: total -5.00",
                "comparison:",
            ),
        ),
    ],
)
def test_the_table_and_the_sentences(folder, run_cli, lang, labels, says):
    result = run_cli("compare", "a", "banned", "--out", "out", "--lang", lang)
    assert (result.exit_code, result.stderr) == (0, "")
    cells = read_table(result.stdout)
    assert [cells[label] for label in labels] == [
        ["2", "1"],
        ["10.00", "5.00"],
        ["5.00", "5.00"],
        ["5.00", "0.00"],
        ["–", "–"],
    ]
    for words in says:
        assert words in result.stdout
    turned = run_cli("compare", "banned", "a", "--lang", lang).stdout  # a pair comes, none goes
    assert ("换了 1 对" if lang == "zh" else "1 pairs change") in turned
    [place] = Path("out").iterdir()
    files = ["compare.html", "compare.json", "方案比较.xlsx"]
    assert sorted(path.name for path in place.iterdir()) == files
    for name in files:
        assert str(place / name) in result.stdout


def test_what_is_not_known_is_no_zero(folder, run_cli):
    result = run_cli("compare", "plain", "a", "--out", "out")
    cells = read_table(result.stdout)
    assert cells["得分最低的县"] == ["–", "5.00"]
    for label in ("保留的老对子", "还没补上的短板", "平均距离（公里）"):
        assert cells[label][0] == "–"
    facts = json.loads(run_cli("compare", "a", "b", "--out", "out", "--json").stdout)
    [difference] = facts["differences"]
    assert difference["same_total"] is None
    values = {(p["unit_id"], p["village_id"]): p for p in difference["gained"]}
    assert values["u3", "v1"]["before"] is None
    assert values["u3", "v1"]["after"] == 700
    assert facts["sides"][0]["metrics"]["mean_km"] in (None, "0")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_equal_ways_and_one_alone(folder, run_cli, lang):
    write_case(folder / "twin", SMALL)
    result = run_cli("compare", "a", "twin", "--lang", lang)
    assert result.exit_code == 0
    assert ("完全一样" if lang == "zh" else "the same pairs") in result.stdout
    alone = run_cli("compare", "a", "--lang", lang)
    assert alone.exit_code == 0
    assert "twin" not in alone.stdout


def test_a_part_that_leaves_no_pairing_is_told(folder, run_cli):
    write_case(folder / "held", replace(SMALL, locks=(("u1", "v1"),)))
    for lang, words in (("zh", "只改 limits.lock 就无法结对"), ("en", "With limits.lock changed")):
        result = run_cli("compare", "banned", "held", "--lang", lang)
        assert result.exit_code == 0
        assert words in result.stdout


def test_data_is_one_document_with_exact_numbers(folder, run_cli):
    result = run_cli("compare", "a", "b", "banned", "--out", "out", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    facts = json.loads(result.stdout, parse_float=pytest.fail)
    assert (facts["schema"], facts["command"], facts["status"]) == (1, "compare", "done")
    assert [side["label"] for side in facts["sides"]] == ["a", "b", "banned"]
    assert len(facts["differences"]) == 2
    written = next(Path(path) for path in facts["files"] if path.endswith(".json"))
    stored = json.loads(written.read_text(encoding="utf-8"))
    assert stored == {key: facts[key] for key in stored}
    effects = [c["effects"]["total"] for d in facts["differences"] for c in d["causes"]]
    assert effects
    assert all(isinstance(text, str) and Fraction(text) is not None for text in effects)


@pytest.mark.parametrize(
    ("words", "exit_code", "says"),
    [
        (("compare",), 2, ("compare --help", "compare --help")),
        (("compare", "a", "nowhere"), 2, ("nowhere", "nowhere")),
        (("compare", "a", "empty"), 2, ("既不是方案文件夹", "neither a scenario nor a run")),
        (("compare", "a", "no"), 4, ("无法结对", "has no pairing")),
        (("whatif", "RUN", "--accept", "b"), 2, ("不是一串调整", "is no chain")),
        (("whatif", "RUN", "--accept", "b#x"), 2, ("不是一串调整", "is no chain")),
        (("whatif", "RUN", "--accept", "#1"), 2, ("不是一串调整", "is no chain")),
        (("whatif", "RUN", "--accept", "b#-1"), 2, ("不是一串调整", "is no chain")),
        (("whatif", "RUN", "--accept", "b#0"), 2, ("没有第 0 串", "no chain 0")),
        (("whatif", "RUN", "--accept", "b#9"), 2, ("没有第 9 串", "no chain 9")),
        (("whatif", "RUN", "--accept", "empty#1"), 2, ("既不是方案文件夹", "neither a scenario")),
        (("whatif", "RUN", "--accept", "no#1"), 4, ("无法结对", "has no pairing")),
        (("whatif", "RUN", "--accept", "b#1", "--without", "u1"), 2, ("不能和别的", "together")),
        (
            ("whatif", "RUN", "--accept", "b#1", "--accept", "a#1"),
            2,
            ("出自同一个方案", "of one other scenario"),
        ),
    ],
)
def test_what_is_wrong_is_told_and_leaves_with_its_code(folder, run_cli, words, exit_code, says):
    run = engine.propose_pairing(Path("a")).run if "RUN" in words else ""
    given = [run if word == "RUN" else word for word in words]
    for lang, told in zip(("zh", "en"), says, strict=True):
        result = run_cli(*given, "--lang", lang)
        assert (result.exit_code, result.stdout) == (exit_code, "")
        assert told in result.stderr
        assert "Traceback" not in result.stderr
    facts = json.loads(run_cli(*given, "--json").stdout)
    assert facts["error"]["exit_code"] == exit_code
    assert not list(folder.glob("compare-*"))


def test_a_run_that_is_no_longer_its_scenarios_is_refused(folder, run_cli):
    run = engine.propose_pairing(Path("a")).run
    assert run_cli("compare", run, "b").exit_code == 0
    (folder / "a" / "scores.csv").write_text("unit_id,village_id,points\nu1,v1,3\n")
    result = run_cli("compare", run, "b")
    assert result.exit_code == 2
    assert "又改过了" in result.stderr
    lone = engine.propose_pairing(Path("b"), Path("elsewhere")).run
    result = run_cli("compare", "a", lone, "--lang", "en")
    assert result.exit_code == 2
    assert "does not lie in its scenario" in result.stderr


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_chains_accepted_are_told_with_their_numbers(folder, run_cli, lang):
    run = engine.propose_pairing(Path("a")).run
    cheaper = replace(SMALL, points={**SMALL.points, ("u2", "v1"): 900, ("u1", "v2"): 800})
    write_case(folder / "dear", replace(cheaper, bans=(("u1", "v1"),)))
    write_case(folder / "fine", replace(SMALL, bans=(("u2", "v2"),)))
    broken = run_cli("whatif", run, "--accept", "dear#1", "--lang", lang)
    assert broken.exit_code == 4
    assert ("有要求没有满足" if lang == "zh" else "breaks requirements") in broken.stdout
    assert "u2 = " in broken.stdout
    facts = json.loads(run_cli("whatif", run, "--accept", "dear#1", "--json").stdout)
    assert (facts["status"], len(facts["broken"])) == ("infeasible", 1)
    fine = run_cli("whatif", run, "--accept", "fine#1", "--lang", lang)
    assert fine.exit_code == 0
    assert (
        "符合全部要求：1 对，总分 5.00（-5.00）" if lang == "zh" else "5.00 (-5.00)"
    ) in fine.stdout
    assert ("第 1 串" if lang == "zh" else "Chain 1") in fine.stdout
    facts = json.loads(run_cli("whatif", run, "--accept", "fine#1", "--json").stdout)
    assert (facts["status"], facts["total"], facts["price"]) == ("feasible", "5.00", "5.00")
    assert facts["pairs"] == [{"unit_id": "u1", "village_id": "v1"}]


def test_steps_are_shown_on_a_terminal_only_and_each_once(folder, run_cli, monkeypatch):
    assert run_cli("compare", "a", "banned").stderr == ""
    told = []

    def write(self, text, *, err=False):
        if err:
            told.append(text)

    monkeypatch.setattr(Console, "write", write)
    monkeypatch.setattr(sys.stderr.__class__, "isatty", lambda _self: True, raising=False)
    console = Console()
    monkeypatch.setattr(sys, "stderr", type("Terminal", (), {"isatty": lambda _self: True})())
    places = [Path("a"), Path("b")]
    engine.compare_ways(places, progress=console.show_step)
    assert sum("逐项分析原因" in text for text in told) == 1
    assert sum("读" in text for text in told) == len(places)
    console.quiet = True
    told.clear()
    engine.compare_ways(places, progress=console.show_step)
    assert told == []
