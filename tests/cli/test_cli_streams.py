"""Consoles and pipes of every kind: nothing is lost from data, nothing ends in a traceback."""

import io
import json
import os
import subprocess
import sys

import pytest

from pairmatch.cli import console as console_module
from pairmatch.cli import program as program_module
from pairmatch.cli.console import Console, prepare_streams

SCRIPT = """
import sys, types
from pairmatch.domain.findings import Finding, Place, Severity

place = Place("村情表/黄骅市𠮷.xlsx", "村情表", 7, "饮水", "C7", "约300")
findings = tuple(
    Finding("cli.folder_missing", Severity.WARNING, place, {"path": f"{k}㙍"}) for k in range(2000)
)
sys.modules["pairmatch.engine"] = types.SimpleNamespace(
    find_language=lambda folder: "zh", check_scenario=lambda folder, options: (None, findings)
)
from pairmatch.cli import main
main()
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return str(path)


def run_child(script, *words, **environment):
    drop = ("PYTHONUTF8", "PYTHONIOENCODING", "LANG", "LC_ALL", "LC_CTYPE", "NO_COLOR")
    env = {key: value for key, value in os.environ.items() if key not in drop}
    # Anything wrong shows as a crash; its log need not outlive the test.
    env["XDG_STATE_HOME"] = os.path.dirname(script)
    return subprocess.run(
        [sys.executable, script, *words],
        capture_output=True, env={**env, **environment}, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "encoding", "words"),
    [
        ({"PYTHONIOENCODING": "gbk"}, "gbk", "没有错误"),
        ({"PYTHONIOENCODING": "ascii"}, "ascii", "No errors"),
        ({"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "0"}, "utf-8", "没有错误"),
        ({"LANG": "C"}, "utf-8", "没有错误"),
        ({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, "utf-8", "没有错误"),
    ],
)
def test_every_encoding_is_written_without_a_traceback(script, environment, encoding, words):
    result = run_child(script, "check", ".", **environment)
    assert result.returncode == 0, result.stderr
    assert words in result.stdout.decode(encoding)
    data = run_child(script, "check", ".", "--json", **environment)
    assert data.returncode == 0, data.stderr
    facts = json.loads(data.stdout.decode(encoding))
    assert facts["findings"][0]["file"] == "村情表/黄骅市𠮷.xlsx"
    assert data.stderr == b""


@pytest.mark.parametrize("words", [("check", "."), ("check", ".", "--json"), ("--help",)])
def test_a_reader_that_leaves_is_no_error(script, words):
    child = subprocess.Popen(
        [sys.executable, script, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    child.stdout.close()
    errors = child.stderr.read()
    child.stderr.close()
    child.wait()
    assert errors == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_output_to_a_full_disk_exits_7(script):
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            [sys.executable, script, "check", ".", "--json"],
            stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert result.returncode == 7
    assert "输出写不出去" in result.stderr.decode()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize(
    ("words", "code"),
    [(("--help",), 7), (("--version",), 7), (("demo", "--help"), 7), (("check", "x", "--json"), 2)],
)
def test_help_and_errors_to_a_full_disk_are_told_in_words(script, words, code):
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            [sys.executable, script, *words], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert result.returncode == code
    errors = result.stderr.decode()
    assert "输出写不出去" in errors
    assert "Traceback" not in errors
    assert "crash" not in errors


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


def test_steps_are_shown_on_a_terminal_only(monkeypatch):
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        Console().show_step("cli.step_read")
        assert ("读取表格" in stream.getvalue()) is shown
        Console(quiet=True).show_step("cli.step_read")
        Console().show_step("store.ledger_rebuilt")  # a note, wherever it goes
        assert "台账" in stream.getvalue()
        assert stream.getvalue().count("读取表格") == int(shown)


def test_colours_only_where_wanted(monkeypatch):
    for no_color, coloured in (("", True), ("1", False)):
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.delenv("NO_COLOR", raising=False)
        if no_color:
            monkeypatch.setenv("NO_COLOR", no_color)
        Console().complain("cli.out_of_memory")
        assert ("\x1b[" in stream.getvalue()) is coloured


def test_a_program_without_streams_does_not_break(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    prepare_streams()
    Console().show_step("cli.step_read")
    Console().write("x")
    console_module._drop_stream(None)


def test_an_unknown_encoding_counts_as_ascii(monkeypatch):
    stream = io.StringIO()
    odd = type("Odd", (io.StringIO,), {"encoding": "no-such-codec"})()
    monkeypatch.setattr(sys, "stdout", odd)
    assert Console.from_words([]).lang == "en"
    monkeypatch.setattr(sys, "stdout", stream)
    assert Console.from_words([]).lang == "zh"


@pytest.mark.skipif(os.name == "nt", reason="Windows names files in UTF-16")
def test_a_locale_without_chinese_starts_python_again(monkeypatch):
    started = []
    monkeypatch.setattr(program_module.os, "execve", lambda *words: started.append(words))
    monkeypatch.setattr(program_module.program, "main", lambda: None)
    program_module.run()
    assert started == []
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "latin-1")
    program_module.run()
    ((path, words, environment),) = started
    assert path == sys.executable
    assert words[1:3] == ["-X", "utf8"]
    assert environment["PYTHONUTF8"] == "1"
