"""`pairmatch sweep`: what it understands, what it answers, and how it ends."""

import json
from fractions import Fraction

import click.testing
import pytest
from tests.engine.sweep_makers import write_plugged
from tests.faults.plugin_scenarios import run_program

from pairmatch.cli.commands.sweep import _read_shares, _read_spread
from pairmatch.domain.sweep import SpreadRange
from pairmatch.errors import UsageError


@pytest.fixture
def scenario(tmp_path):
    return write_plugged(tmp_path / "s")


def sweep(scenario, *words):
    out = scenario.parent / "out"
    return run_program("sweep", scenario, "--processes", "1", "--out", out, *words)


@pytest.mark.parametrize(
    ("text", "low", "high", "values"),
    [
        ("a=40..80", 40, 80, ()),
        (" a = 1.5 .. 1.5 ", "3/2", "3/2", ()),
        ("a=0..0", 0, 0, ()),
        ("a=40", 40, 40, (40,)),
        ("a=60,40,50.5", 40, 60, (60, 40, "101/2")),
    ],
)
def test_spreads_are_ranges_or_values(text, low, high, values):
    wanted = SpreadRange("a", Fraction(low), Fraction(high), tuple(map(Fraction, values)))
    assert _read_spread(text) == wanted


BAD_SPREADS = (
    *("a", "=1..2", "a=", "a=..", "a=1..", "a=..2", "a=1..2..3", "a=2..1", "a=x..y", "a=-1..2"),
    *("a=1,,2", "a=nan", "a=inf..inf", "a=1e999999999", "a=99999999", "a=1/0", "", "a=1...2"),
)


@pytest.mark.parametrize("text", BAD_SPREADS)
def test_other_spreads_are_told(text):
    with pytest.raises(UsageError) as caught:
        _read_spread(text)
    assert (caught.value.code, caught.value.params) == ("cli.bad_spread", {"text": text})


def test_tolerances_are_percentages():
    assert _read_shares("0,1, 2.5%,3％,100") == tuple(
        Fraction(k, 1000) for k in (0, 10, 25, 30, 1000)
    )
    for text in ("", "x", "1,,2", "101", "-1", "1e9", "5%%%x"):
        with pytest.raises(UsageError) as caught:
            _read_shares(text)
        assert (caught.value.code, caught.value.params) == ("cli.bad_within", {"text": text})


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (("--spread", "a=9..1"), "“a=9..1”看不懂", "a=9..1 is not understood"),
        (("--spread", "good.x=1", "--spread", "good.x=2"), "“good.x=2”看不懂", "good.x=2 is not"),
        (("--within", "much"), "“much”不是一串百分数", "much are no percentages"),
        (("--spread", "no_such=1..2"), "没有参加打分的规则或插件：no_such", "takes part: no_such"),
        (("--toggle", "huanghua"), "没有参加打分的规则或插件：huanghua", "takes part: huanghua"),
        (
            ("--grid", "--spread", "good.x=1..2"),
            "要写出每一项的各个取值",
            "a grid needs the values",
        ),
        (("--cluster", "nowhere"), "连不上计算集群：nowhere", "no cluster answers at nowhere"),
    ],
)
def test_what_cannot_be_done_is_told_in_both_languages(scenario, words, zh, en):
    for lang, said in (("zh", zh), ("en", en)):
        result = sweep(scenario, *words, "--lang", lang)
        assert result.exit_code == 2
        assert said in result.stderr
        assert "→" in result.stderr or result.stderr.count("\n") >= 2  # the remedy
        assert result.stdout == ""
    facts = json.loads(sweep(scenario, *words, "--json").stdout)
    assert facts["error"]["exit_code"] == 2


def test_numbers_out_of_range_are_refused(scenario):
    for number in ("0", "1000001", "-1", "x", "1.5"):
        result = run_program("sweep", scenario, "--draws", number)
        assert result.exit_code == 2
        assert "--draws" in result.stderr


def test_the_answer_is_one_document_with_json(scenario):
    words = ("--draws", "9", "--dropouts", "1", "--spread", "good.x=1..7")
    result = sweep(scenario, *words, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    facts = json.loads(result.stdout)
    assert (facts["command"], facts["status"]) == ("sweep", "done")
    assert facts["plan"]["num_draws"] == facts["num_feasible"] == 9
    assert [path.rsplit(".")[-1] for path in facts["files"]] == ["jsonl", "html", "json"]
    told = sweep(scenario, *words, "--lang", "en")
    assert told.stdout.startswith(f"9 draws: 9 have a pairing, {facts['num_same']} of them")
    for path in facts["files"]:
        assert path in told.stdout
    chinese = sweep(scenario, *words)
    assert chinese.stdout.startswith("试算 9 次：9 次能结对")


def test_progress_is_told_on_a_terminal_only(scenario, monkeypatch):
    assert sweep(scenario, "--draws", "8").stderr == ""
    stream = click.testing._NamedTextIOWrapper
    monkeypatch.setattr(stream, "isatty", lambda _self: True, raising=False)
    told = sweep(scenario, "--draws", "9").stderr
    for said in ("已算 4/9", "已算 8/9", "已算 9/9", "约还要 0 秒", "汇总"):
        assert said in told
    assert "已算" not in sweep(scenario, "--draws", "9").stderr  # all is there
    assert "已算" not in sweep(scenario, "--draws", "10", "--json").stderr
    assert "已算" not in sweep(scenario, "--draws", "11", "--quiet").stderr


def test_exit_codes(scenario, tmp_path, monkeypatch):
    assert sweep(tmp_path).exit_code == 2  # no scenario
    bad = write_plugged(tmp_path / "bad", '[[quota]]\nname = "q"\nwhere = {}\nmin = 9\n')
    assert sweep(bad).exit_code == 4
    (tmp_path / "file").write_text("", encoding="utf-8")
    blocked = run_program("sweep", scenario, "--processes", "1", "--out", tmp_path / "file")
    assert blocked.exit_code == 7
    far = sweep(scenario, "--spread", "good.x=0..9999999", "--draws", "3")
    assert far.exit_code == 0
    monkeypatch.setattr("pairmatch.engine.draws.find_matching", _fail)
    assert sweep(scenario, "--draws", "12").exit_code == 6
    (scenario / "scores.csv").write_text("x\n", encoding="utf-8")
    assert sweep(scenario).exit_code == 3


def _fail(*_args):
    raise ArithmeticError


def test_an_interrupt_is_told(scenario, monkeypatch):
    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("pairmatch.engine.draws.find_matching", interrupt)
    assert sweep(scenario).exit_code == 130
