"""Faults 46 and 47: other surroundings give the same bytes, ten times the size keeps its budget.

The larger tests measure a child of their own on one core: its peak memory and how soon it stops.
"""

import csv
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from pairmatch.cli.program import program
from pairmatch.domain.columns import describe_capability, describe_indicator
from pairmatch.load.taxonomy import read_taxonomy

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MAX_MEGABYTES = 512
MAX_SECONDS_TO_STOP = 1.0
NUM_VILLAGES, NUM_UNITS, NUM_ROWS = 3_000, 300, 50_000
RULES = {
    "need_coverage": 60,
    "industry_affinity": 15,
    "village_priority": 15,
    "scale_difficulty": 8,
    "proximity": 5,
    "wishes": 5,
    "continuity": 5,
    "rotation": 2,
}

posix = pytest.mark.skipif(os.name == "nt", reason="uses POSIX signals and limits")
one_core = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="cannot be held to one core"
)

PLAIN = {"PYTHONHASHSEED": "0"}
SURROUNDINGS = {
    "German": {"LC_ALL": "de_DE.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"},
    "C": {
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
        "TZ": "Etc/GMT+12",
        "PYTHONHASHSEED": "2",
    },
    "GBK": {"PYTHONIOENCODING": "gbk", "PYTHONHASHSEED": "3", "USER": "张三", "LOGNAME": "张三"},
    "homeless": {"HOME": "/nowhere/张三", "TMPDIR": "/tmp", "TZ": "Asia/Kathmandu"},  # noqa: S108
}

OTHER_CLOCK = """
import datetime, sys, time

class Datetime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(1999, 12, 31, 23, 59, 59, tzinfo=tz)

    @classmethod
    def utcnow(cls):
        return cls.now()

class Date(datetime.date):
    @classmethod
    def today(cls):
        return cls(1999, 12, 31)

real_localtime, real_gmtime, real_strftime = time.localtime, time.gmtime, time.strftime
datetime.datetime, datetime.date = Datetime, Date
time.time = lambda: 946684799.0
time.localtime = lambda seconds=946684799.0: real_localtime(seconds)
time.gmtime = lambda seconds=946684799.0: real_gmtime(seconds)
time.strftime = lambda form, moment=None: real_strftime(form, moment or time.localtime())

from pairmatch.cli import main
main()
"""


def run_propose(scenario, out, environment, program=("-m", "pairmatch")):
    """Run `propose` in its own process and return all files of the run, times left out."""
    kept = {k: v for k, v in os.environ.items() if k not in ("HOME", "LANG", "LC_ALL")}
    out.mkdir(parents=True)
    result = subprocess.run(
        [sys.executable, *program, "propose", str(scenario), "--out", str(out)],
        env={**kept, **environment}, cwd=out.parent, capture_output=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    assert b"Traceback" not in result.stderr
    return read_run(out)


def run_propose_here(scenario, out):
    """The same in this process, whose surroundings are the usual ones."""
    result = CliRunner().invoke(program, ["propose", str(scenario), "--out", str(out)])
    assert result.exit_code == 0, result.output
    return read_run(out)


def read_run(out):
    (run,) = [path for path in out.iterdir() if path.is_dir()]
    files = {path.name: path.read_bytes() for path in run.iterdir()}
    facts = json.loads(files.pop("run.json"))
    published_at = facts.pop("published_at")
    return run.name, files, facts, published_at


@pytest.fixture(scope="module")
def plain_runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    names = ("three-by-three", "launch-28")
    return {name: run_propose_here(SCENARIOS / name, folder / name) for name in names}


@posix
@pytest.mark.parametrize("scenario", ["launch-28"])
@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_46_surroundings_change_no_byte(tmp_path, plain_runs, scenario, surroundings):
    out = tmp_path / "张三 的 文件" / "out"
    run = run_propose(SCENARIOS / scenario, out, SURROUNDINGS[surroundings])
    assert run[:3] == plain_runs[scenario][:3]


@posix
@pytest.mark.parametrize("scenario", ["three-by-three", "launch-28"])
def test_46_a_clock_moved_back_changes_only_the_time_of_publication(tmp_path, plain_runs, scenario):
    run = run_propose(SCENARIOS / scenario, tmp_path / "out", PLAIN, ("-c", OTHER_CLOCK))
    assert run[:3] == plain_runs[scenario][:3]
    assert run[3].startswith("1999-12-31")
    assert not plain_runs[scenario][3].startswith("1999")


@posix
def test_46_the_demo_gives_the_same_bytes_anywhere(tmp_path):
    demo = SCENARIOS / "cangzhou-2026"
    here = run_propose_here(demo, tmp_path / "here")
    there = run_propose(demo, tmp_path / "there", SURROUNDINGS["C"], ("-c", OTHER_CLOCK))
    assert there[:3] == here[:3]


def write_large_scenario(folder, num_villages, num_units, num_indicators):
    """Write a scenario of synthetic tables; a tenth of all answers is missing."""
    taxonomy, draws = read_taxonomy(), random.Random(20261124)
    scaled = [
        i for i in taxonomy.indicators if i.full_need_at is not None and i.value_type != "bool"
    ][:num_indicators]
    headers = [describe_indicator(i, taxonomy.specialties).header for i in scaled]
    ends = [sorted((i.full_need_at, i.no_need_at)) for i in scaled]
    with (folder / "villages.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["区划代码", "县(市)", "乡镇", "村名", *headers])
        for k in range(num_villages):
            values = [
                "" if draws.random() < 0.1 else round(low + (high - low) * draws.random())
                for low, high in ends
            ]
            code = f"{130921 + k % 14}{k + 1:06d}"
            table.writerow([code, f"第{k % 14}县", "东乡", f"村{k}", *values])
    with (folder / "units.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        capabilities = [describe_capability(c).header for c in taxonomy.capabilities]
        table.writerow(["单位编号", "单位名称", *capabilities])
        for k in range(num_units):
            levels = [draws.choice(["", 1, 2, 3]) for _ in capabilities]
            table.writerow([f"U{k:04}", f"单位{k}", *levels])
    rules = "\n".join(f"{name} = {points}" for name, points in RULES.items())
    (folder / "scenario.toml").write_text(
        f'[scenario]\nname = "large"\nsynthetic = true\n[rules]\n{rules}\n', encoding="utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    return write_large_scenario(folder, NUM_VILLAGES, NUM_UNITS, len(read_taxonomy().indicators))


def measure(words, cwd):
    """Run a child on one core; return its exit code, output, seconds and peak in megabytes."""
    code = (
        "import os, resource, subprocess, sys\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "code = subprocess.run([sys.executable, '-m', 'pairmatch', *sys.argv[1:]]).returncode\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    begun = time.monotonic()
    child = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=cwd, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    seconds = time.monotonic() - begun
    peak = int(child.stderr.split()[-1]) / 1024
    return child.returncode, child.stdout, seconds, peak


@one_core
def test_47_ten_times_the_size_stays_within_the_memory_of_a_plain_computer(tmp_path, large):
    out = tmp_path / "runs"
    code, text, seconds, peak = measure(["propose", large, "--out", out, "--json"], tmp_path)
    assert code == 0, text
    answer = json.loads(text)
    assert answer["status"] == "optimal"
    assert answer["num_matched"] == NUM_UNITS
    assert peak < MAX_MEGABYTES, f"{peak:.0f} MB in {seconds:.1f} s"
    (run,) = [path for path in out.iterdir() if path.is_dir()]
    code, text, seconds, peak = measure(["verify", run], tmp_path)
    assert code == 0, text
    assert peak < MAX_MEGABYTES, f"{peak:.0f} MB in {seconds:.1f} s"


@one_core
def test_47_fifty_thousand_rows_are_read_and_checked(tmp_path):
    folder = write_large_scenario(tmp_path, NUM_ROWS, 10, 3)
    code, text, seconds, peak = measure(["check", folder, "--lang", "en"], tmp_path)
    assert code == 0, text[-2000:]
    assert "village" in text
    assert peak < MAX_MEGABYTES, f"{peak:.0f} MB in {seconds:.1f} s"


@pytest.fixture(scope="module")
def quickly_read(tmp_path_factory):
    """As many pairs as in `large`, but so few answers that scoring begins within a second."""
    folder = tmp_path_factory.mktemp("quickly_read")
    return write_large_scenario(folder, NUM_VILLAGES, NUM_UNITS, 3)


@posix
@pytest.mark.parametrize("after", [0.5, 2])
def test_47_ctrl_c_stops_a_large_proposal_within_a_second(tmp_path, quickly_read, after):
    out = tmp_path / "runs"
    command = [sys.executable, "-m", "pairmatch", "propose", str(quickly_read), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        time.sleep(after)
        begun = time.monotonic()
        child.send_signal(signal.SIGINT)
        _text, errors = child.communicate()
        assert time.monotonic() - begun < MAX_SECONDS_TO_STOP
    assert child.returncode == 130, errors
    assert b"Traceback" not in errors
    assert not out.exists() or not list(out.iterdir())


@one_core
def test_47_memory_that_runs_out_is_told_in_words(tmp_path, quickly_read):
    out = tmp_path / "runs"
    limit = 200 * 2**20  # less than half of what `propose` takes for so many pairs

    def confine():
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

    child = subprocess.run(
        [sys.executable, "-m", "pairmatch", "propose", str(quickly_read), "--out", str(out)],
        preexec_fn=confine, cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert child.returncode == 70, child.stderr.decode(errors="replace")
    assert b"Traceback" not in child.stderr
    assert "内存" in child.stderr.decode()
    assert not out.exists() or not list(out.iterdir())
