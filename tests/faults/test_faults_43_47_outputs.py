"""Faults 43-47: locked outputs, full disks, two runs at once, odd surroundings, Ctrl-C."""

import errno
import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import pairmatch
from pairmatch.cli.program import program
from pairmatch.store.files import write_files
from pairmatch.store.runs import publish_run

SCENARIO = Path(__file__).parents[2] / "scenarios" / "three-by-three"
posix = pytest.mark.skipif(os.name == "nt", reason="uses POSIX signals and limits")
with_engine = pytest.mark.skipif(
    importlib.util.find_spec("pairmatch.engine") is None or not SCENARIO.is_dir(),
    reason="needs the engine and its smallest scenario",
)


def use_engine(monkeypatch, **functions):
    fake = SimpleNamespace(find_language=lambda _folder: "zh", **functions)
    monkeypatch.setitem(sys.modules, "pairmatch.engine", fake)
    monkeypatch.setattr(pairmatch, "engine", fake, raising=False)


def list_visible(folder):
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))


def test_43_forms_open_in_excel_get_a_new_name_and_exit_7(tmp_path, monkeypatch):
    held = tmp_path / "out" / "黄骅市.xlsx"
    held.parent.mkdir()
    held.write_bytes(b"old")
    real = Path.replace

    def replace(self, target):
        if Path(target) == held:
            raise PermissionError(errno.EACCES, "WinError 32")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    content = {"黄骅市.xlsx": b"new", "青县.xlsx": b"new"}
    use_engine(
        monkeypatch,
        check_scenario=lambda _folder, _options: (None, ()),
        write_forms=lambda _folder, out, _prefilled: write_files(out, content),
    )
    words = ["forms", str(tmp_path), "--out", str(held.parent)]
    result = CliRunner().invoke(program, words)
    assert result.exit_code == 7
    assert "黄骅市(2).xlsx" in result.stderr
    assert list_visible(held.parent) == ["青县.xlsx", "黄骅市(2).xlsx", "黄骅市.xlsx"]
    assert held.read_bytes() == b"old"


FULL_DISK = """
import pathlib, resource, signal, sys
from pairmatch.errors import OutputBlockedError
from pairmatch.store.runs import publish_run

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    publish_run(pathlib.Path(sys.argv[1]), "r", {"run.json": b"{}", "a": b"x" * 200_000})
except OutputBlockedError as error:
    print(error.code)
"""


@posix
def test_44_a_real_limit_on_writing_leaves_nothing(tmp_path):
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "runs")]
    answer = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert answer.stdout.strip() == "store.disk_full"
    assert list_visible(tmp_path / "runs") == []
    assert not list((tmp_path / "runs").glob(".tmp-*"))


HOLDER = """
import pathlib, sys, time
from pairmatch.store.locks import lock_folder

with lock_folder(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_45_a_second_run_is_told_who_holds_the_folder_and_a_crash_frees_it(tmp_path, monkeypatch):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()

        def propose(*_words, **_options):
            return publish_run(tmp_path, "r", {"run.json": b"{}"}, wait_s=0.3)

        use_engine(monkeypatch, propose_pairing=propose)
        result = CliRunner().invoke(program, ["propose", str(tmp_path)])
        assert result.exit_code == 7
        assert f"进程号 {holder.pid}" in result.stderr
        holder.kill()
        holder.wait()
    told = []
    assert publish_run(tmp_path, "r", {"run.json": b"{}"}, notify=told.append).name == "r"
    assert told == []
    assert list_visible(tmp_path) == ["ledger.sqlite3", "r"]


SURROUNDINGS = [
    {"LC_ALL": "de_DE.UTF-8", "TZ": "America/New_York"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "TZ": "Asia/Kathmandu"},
    {"PYTHONIOENCODING": "gbk", "PYTHONHASHSEED": "7", "USER": "张三", "LOGNAME": "张三"},
    {"PYTHONIOENCODING": "ascii", "PYTHONHASHSEED": "8"},
]


def propose_elsewhere(out, environment):
    """Run `propose` in a process of its own, in the folder that `out` is in."""
    kept = {key: value for key, value in os.environ.items() if key not in ("HOME", "LANG")}
    command = [sys.executable, "-m", "pairmatch", "propose", str(SCENARIO), "--out", str(out)]
    result = subprocess.run(
        command, env={**kept, **environment}, cwd=out.parent, capture_output=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert b"Traceback" not in result.stderr
    (run,) = [path for path in out.iterdir() if path.is_dir()]
    return run


@pytest.fixture(scope="module")
def plain_run(tmp_path_factory):
    return propose_elsewhere(tmp_path_factory.mktemp("plain") / "out", {})


@with_engine
@pytest.mark.parametrize("environment", SURROUNDINGS)
def test_46_odd_surroundings_give_the_same_bytes(tmp_path, plain_run, environment):
    odd = propose_elsewhere(tmp_path / "odd", environment)
    assert odd.name == plain_run.name
    for path in plain_run.iterdir():
        if path.name != "run.json":
            assert (odd / path.name).read_bytes() == path.read_bytes(), path.name
    assert not (tmp_path / "~").exists()


SLOW = """
import pathlib, sys, time, types
from pairmatch.store import runs

def propose(folder, out, options, *, dry_run, progress):
    real = runs._rename_folder
    def wait(temporary, target):
        print("writing", flush=True)
        time.sleep(60)
        real(temporary, target)
    runs._rename_folder = wait
    runs.publish_run(out, "r", {"run.json": b"{}"})

sys.modules["pairmatch.engine"] = types.SimpleNamespace(
    find_language=lambda folder: "zh", propose_pairing=propose
)
from pairmatch.cli import main
main()
"""


@posix
def test_47_ctrl_c_ends_within_a_second_and_leaves_nothing(tmp_path):
    out = tmp_path / "runs"
    command = [sys.executable, "-c", SLOW, "propose", str(tmp_path), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.readline()
        begun = time.monotonic()
        child.send_signal(signal.SIGINT)
        errors = child.stderr.read().decode()
        assert child.wait() == 130
        assert time.monotonic() - begun < 1.0
    assert "已按您的要求停止" in errors
    assert "Traceback" not in errors
    assert list_visible(out) == []
    assert not list(out.glob(".tmp-*"))


@posix
@with_engine
@pytest.mark.parametrize("after", [0.05, 0.2, 0.4, 0.6])
def test_47_ctrl_c_at_any_moment_of_propose(tmp_path, after):
    out = tmp_path / "runs"
    command = [sys.executable, "-m", "pairmatch", "propose", str(SCENARIO), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        time.sleep(after)
        child.send_signal(signal.SIGINT)
        _text, errors = child.communicate()
    # While Python itself starts it answers with its own words; from then on we do.
    if after > 0.3:
        assert child.returncode in (0, 130), errors
        assert b"Traceback" not in errors
    for run in out.iterdir() if out.exists() else ():
        assert not run.name.startswith(".tmp-")
