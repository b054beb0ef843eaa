"""Errors: the right exit code, the user's language, never a traceback."""

import json

import pytest
from tests.cli.outcomes import make_finding

from pairmatch import errors
from pairmatch.cli.findings import describe_place, list_findings
from pairmatch.cli.points import format_change, format_share
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.points import format_steps

CLASSES = [
    (errors.UsageError("cli.explain_one"), 2),
    (errors.BadInputError("cli.folder_missing", (make_finding(Severity.ERROR),), path="x"), 3),
    (errors.PluginFaultError("cli.folder_missing", path="x"), 5),
    (errors.UnprovenError("cli.folder_missing", path="x"), 6),
    (errors.OutputBlockedError("store.disk_full", path="x"), 7),
    (errors.PairmatchError("cli.out_of_memory"), 70),
    (ValueError("secret"), 70),
    (MemoryError(), 70),
    (KeyboardInterrupt(), 130),
]


@pytest.mark.parametrize(("error", "code"), CLASSES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_error_has_its_exit_code_and_no_traceback(engine, run_cli, error, code, lang):
    def fail(*_words, **_options):
        raise error

    engine.propose_pairing = fail
    result = run_cli("propose", ".", "--lang", lang)
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.strip()
    assert "Traceback" not in result.output
    assert "secret" not in result.output
    data = run_cli("propose", ".", "--lang", lang, "--json")
    assert data.exit_code == code
    if code != 130:
        facts = json.loads(data.stdout)
        assert facts["status"] == "error"
        assert facts["error"]["exit_code"] == code


def test_bad_input_lists_its_findings(engine, run_cli):
    def fail(*_words, **_options):
        raise CLASSES[1][0]

    engine.propose_pairing = fail
    result = run_cli("propose", ".")
    assert "第7行" in result.stderr
    assert result.stderr.splitlines()[-2].startswith("找不到文件夹")  # last, where the eye falls
    facts = json.loads(run_cli("propose", ".", "--json").stdout)
    assert facts["findings"][0]["cell"] == "C7"


def test_a_crash_is_logged_where_the_message_says(engine, run_cli, tmp_path, monkeypatch):
    def fail():
        raise ValueError("cause")

    engine.diagnose = fail
    result = run_cli("doctor")
    (log,) = (tmp_path / "state").rglob("crash-*.log")
    assert str(log) in result.stderr
    assert "ValueError: cause" in log.read_text(encoding="utf-8")
    monkeypatch.setenv("PAIRMATCH_DEBUG", "1")
    assert "Traceback" in run_cli("doctor").stderr


def test_a_crash_that_cannot_be_logged_is_told_too(engine, run_cli, monkeypatch):
    monkeypatch.setattr("pairmatch.store.crashes.write_crash_log", lambda _text: None)
    engine.diagnose = lambda: 1 / 0
    result = run_cli("doctor", "--lang", "en")
    assert result.exit_code == 70
    assert "PAIRMATCH_DEBUG" in result.stderr


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (["propos"], "propose", "did you mean propose"),
        (["xyzzy"], "demo", "The commands are"),
        (["propose"], "SCENARIO", "SCENARIO"),
        (["propose", ".", "--nope"], "--nope", "--nope"),
        (["--nope"], "--nope", "--nope"),
        (["propose", ".", "x"], "用法", "--help"),
        (["explain", ".", "--why-not", "a"], "--why-not", "--why-not"),
        (["propose", "nowhere"], "nowhere", "no such folder"),
        (["propose", __file__], "却是文件", "a folder is needed"),
    ],
)
def test_a_wrong_command_line_is_told_in_both_languages(engine, run_cli, words, zh, en):
    chinese = run_cli(*words)
    assert chinese.exit_code == 2, chinese.output
    assert zh in chinese.stderr
    if words[0] != "--nope":
        english = run_cli(words[0], "--lang=en", *words[1:])
        assert english.exit_code == 2
        assert en in english.stderr


def test_a_wrong_choice_is_told(engine, run_cli):
    result = run_cli("propose", ".", "--lang", "fr")
    assert result.exit_code == 2
    assert "--lang" in result.stderr
    assert "zh, en" in result.stderr


def test_findings_show_ten_of_a_kind_and_count_the_rest():
    findings = [
        Finding("cli.folder_is_file", Severity.WARNING, Place("b.csv", row=k), {"path": str(k)})
        for k in range(1, 24)
    ]
    findings.append(Finding("cli.folder_missing", Severity.ERROR, Place("a.csv"), {"path": "x"}))
    findings.append(Finding("cli.out_of_memory", Severity.NOTE))
    lines = list_findings(reversed(findings), "zh")
    assert sum(line.startswith("  - ") for line in lines) == 12
    assert lines[0] == "错误 · a.csv"
    assert lines[-1].startswith("另有 13 处同类问题")
    assert sum("→" in line for line in lines) == 3  # a remedy is told once, not ten times
    assert lines == list_findings(findings, "zh")


@pytest.mark.parametrize(
    ("steps", "scale", "text"),
    [
        (0, 100, "0.00"),
        (-1234, 100, "-12.34"),
        (5, 1, "5"),
        (-5, 1000, "-0.005"),
        (10**18, 10, "1" + "0" * 17 + ".0"),
    ],
)
def test_points_are_exact(steps, scale, text):
    assert format_steps(steps, scale) == text


def test_changes_have_a_sign_and_shares_are_per_cent():
    assert format_change(120, 100) == "+1.20"
    assert format_change(0, 100) == "0.00"
    assert format_share(8550) == "86%"


def test_a_value_that_the_message_names_is_not_told_twice():
    place = Place("a.csv", row=2, column="x", value="约3")
    text = describe_place(place, "“约3”是约数", "zh")
    assert text == "第2行 列“x”："
    assert "约3" in describe_place(place, "看不懂", "zh")
    assert describe_place(Place("a.csv"), "看不懂", "zh") == ""
