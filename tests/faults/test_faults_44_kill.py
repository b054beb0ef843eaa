"""Fault 44: kill -9 at any moment leaves every run whole or absent, and the ledger opens."""

import hashlib
import importlib.util
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from pairmatch.store.ledger import LEDGER_NAME, list_runs
from pairmatch.store.runs import publish_run

NUM_KILLS = 50
SCENARIO = Path(__file__).parents[2] / "scenarios" / "three-by-three"

# Each loads everything once; then every line it reads is done by a child, to be killed.
PUBLISHER = """
import hashlib, itertools, json, os, pathlib, sys, time
from pairmatch.store.runs import publish_run

def publish(parent, seed, number):
    files = {f"{k}.csv": f"{seed},{number},{k}\\n".encode() * 4000 for k in range(4)}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    facts = {"status": "optimal", "digests": digests}
    publish_run(parent, f"run-{seed}-{number}", {**files, "run.json": json.dumps(facts).encode()})

publish(pathlib.Path(sys.argv[1]) / "warm", 0, 0)
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        for number in itertools.count():
            publish(pathlib.Path(sys.argv[1]) / "runs", int(line), number)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""

PROPOSER = """
import contextlib, io, os, sys
from pairmatch.cli.program import program

def propose(out):
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        program.main(["propose", sys.argv[2], "--out", out])

propose(os.path.join(sys.argv[1], "warm"))
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        propose(line.strip())
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 is a POSIX signal")


def list_folders(parent):
    return [p for p in parent.iterdir() if p.is_dir() and not p.name.startswith(".")]


def check_ledger_opens(parent):
    if (parent / LEDGER_NAME).exists():
        with closing(sqlite3.connect(parent / LEDGER_NAME)) as ledger:
            assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)


class Launcher:
    """A process that starts children which can be killed."""

    def __init__(self, folder, text, *words):
        script = folder / "launcher.py"
        script.write_text(text, encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(folder), *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
            env={**os.environ, "XDG_STATE_HOME": str(folder)},
        )  # fmt: skip

    def __enter__(self):
        assert self.read() == "ready"
        return self

    def __exit__(self, *_error):
        self.process.communicate()

    def read(self):
        return self.process.stdout.readline().strip()

    def start(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return int(self.read())

    def kill(self, child):
        """Kill a child; returns whether it was still at work."""
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        return self.read() == str(int(signal.SIGKILL))


def test_kill_while_publishing(tmp_path):
    moments = random.Random(44)
    parent = tmp_path / "runs"
    parent.mkdir()
    checked = set()
    span = 0.06
    with Launcher(tmp_path, PUBLISHER) as launcher:
        for seed in range(NUM_KILLS):
            child = launcher.start(seed)
            time.sleep(moments.uniform(0.0, span))
            assert launcher.kill(child)
            check_ledger_opens(parent)
            new = set(list_folders(parent)) - checked
            span *= 0.9 if new else 1.2  # follows how busy the machine is
            for folder in new:
                digests = json.loads((folder / "run.json").read_bytes())["digests"]
                for name, digest in digests.items():
                    assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
                checked.add(folder)
    # The next run clears what the killed ones left, and the ledger holds every run again.
    publish_run(parent, "last", {"run.json": b'{"status": "optimal"}'})
    assert not list(parent.glob(".tmp-*"))
    assert {row.name for row in list_runs(parent)} == {p.name for p in list_folders(parent)}
    assert len(checked) > 5  # the moments did fall into the work


@pytest.mark.skipif(
    importlib.util.find_spec("pairmatch.engine") is None or not SCENARIO.is_dir(),
    reason="needs the engine and its smallest scenario",
)
def test_kill_while_proposing(tmp_path):
    moments = random.Random(45)
    parent = tmp_path / "killed"
    parent.mkdir()
    with Launcher(tmp_path, PROPOSER, str(SCENARIO)) as launcher:
        begun = time.monotonic()
        launcher.start(tmp_path / "whole")
        assert launcher.read() == "0"
        needed = time.monotonic() - begun
        (whole,) = list_folders(tmp_path / "whole")
        expected = {p.name for p in whole.iterdir()}
        num_killed = 0
        for number in range(NUM_KILLS):
            child = launcher.start(parent)
            time.sleep(moments.uniform(0.0, 1.1 * needed))
            was_killed = launcher.kill(child)
            num_killed += was_killed
            needed *= 1.02 if was_killed else 0.9  # follows how busy the machine is
            check_ledger_opens(parent)
            for folder in list_folders(parent):
                assert {p.name for p in folder.iterdir()} == expected
                for name in expected - {"run.json"}:
                    assert (folder / name).read_bytes() == (whole / name).read_bytes()
                # Out of the way, so that the next one writes too.
                folder.rename(tmp_path / f"checked-{number}")
        assert num_killed >= NUM_KILLS // 2  # the moments did fall into the work
        launcher.start(parent)
        assert launcher.read() == "0"
    assert [row.name for row in list_runs(parent)] == [p.name for p in list_folders(parent)]
    assert not list(parent.glob(".tmp-*"))
