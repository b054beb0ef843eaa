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
from contextlib import closing
from pathlib import Path

import pytest

from pairmatch.store.ledger import LEDGER_NAME, list_runs, update_ledger
from pairmatch.store.runs import publish_run

NUM_KILLS = 50
SCENARIO = Path(__file__).parents[2] / "scenarios" / "three-by-three"

PUBLISHER = """
import hashlib, itertools, json, pathlib, sys
from pairmatch.store.runs import publish_run

parent, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
for number in itertools.count():
    files = {f"{k}.csv": f"{seed},{number},{k}\\n".encode() * 4000 for k in range(4)}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    facts = {"status": "optimal", "digests": digests}
    files["run.json"] = json.dumps(facts).encode()
    publish_run(parent, f"run-{seed}-{number}", files)
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 is a POSIX signal")


def list_folders(parent):
    return [p for p in parent.iterdir() if p.is_dir() and not p.name.startswith(".")]


def check_ledger_opens(parent):
    if (parent / LEDGER_NAME).exists():
        with closing(sqlite3.connect(parent / LEDGER_NAME)) as ledger:
            assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def kill_and_reap(child):
    child.send_signal(signal.SIGKILL)
    child.wait()
    if child.stdout is not None:
        child.stdout.close()


def test_kill_while_publishing(tmp_path):
    moments = random.Random(44)
    script = tmp_path / "publisher.py"
    script.write_text(PUBLISHER, encoding="utf-8")
    parent = tmp_path / "runs"
    checked = set()
    for seed in range(NUM_KILLS):
        command = [sys.executable, str(script), str(parent), str(seed)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        child.stdout.readline()
        time.sleep(moments.uniform(0.0, 0.06))
        kill_and_reap(child)
        parent.mkdir(exist_ok=True)
        check_ledger_opens(parent)
        for folder in set(list_folders(parent)) - checked:
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

    def start(out):
        command = [sys.executable, "-m", "pairmatch", "propose", str(SCENARIO), "--out", str(out)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    begun = time.monotonic()
    assert start(tmp_path / "whole").wait() == 0
    needed = time.monotonic() - begun
    (whole,) = list_folders(tmp_path / "whole")
    expected = {p.name for p in whole.iterdir()}

    parent = tmp_path / "killed"
    parent.mkdir()
    for number in range(NUM_KILLS):
        child = start(parent)
        # Most of the time goes to starting up; the end, where files are written, matters more.
        share = moments.uniform(0.0, 0.6) if number % 3 == 0 else moments.uniform(0.6, 1.1)
        time.sleep(needed * share)
        kill_and_reap(child)
        check_ledger_opens(parent)
        for folder in list_folders(parent):
            assert {p.name for p in folder.iterdir()} == expected
            for name in expected - {"run.json"}:
                assert (folder / name).read_bytes() == (whole / name).read_bytes()
        for folder in list_folders(parent):  # absent again, so that the next one writes too
            folder.rename(tmp_path / f"checked-{number}")
    assert start(parent).wait() == 0
    update_ledger(parent)
    assert [row.name for row in list_runs(parent)] == [p.name for p in list_folders(parent)]
    assert not list(parent.glob(".tmp-*"))
