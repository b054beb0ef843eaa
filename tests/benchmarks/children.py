"""Measurements in processes of their own, with limits of time and memory.

A child prints one line of JSON at the end. What it does before it calls `start_clock` is making
and converting data, which has no limit of time.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
POLL_SECONDS = 0.05


class ChildError(Exception):
    """A child failed, other than by its limits."""

    def __init__(self, command: str, exit_code: int) -> None:
        super().__init__(f"{command}: exit code {exit_code}")
        self.exit_code = exit_code


def run_child(
    module: str, arguments: Sequence[object], seconds: float, gigabytes: float
) -> dict[str, Any]:
    """Return what a module of this folder prints, or why it was stopped, as `not_run`."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        is_over = watch_memory(child, gigabytes)
        printed, _nothing = child.communicate()
    if is_over:
        return {"not_run": f"more than {gigabytes:g} GB"}
    if child.returncode == -signal.SIGALRM:
        return {"not_run": f"more than {seconds:g} s"}
    if child.returncode:
        raise ChildError(" ".join(command[2:]), child.returncode)
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


def watch_memory(child: subprocess.Popen[str], gigabytes: float) -> bool:
    """Wait for a child's end; end it and return True if it takes more memory than this."""
    watched = psutil.Process(child.pid)
    while child.poll() is None:
        try:
            used = watched.memory_info().rss
        except psutil.NoSuchProcess:
            break
        if used > gigabytes * 1e9:
            child.kill()
            return True
        time.sleep(POLL_SECONDS)
    return False


def start_clock(seconds: float) -> None:
    """Have the system end this process after so many seconds, wherever it is then."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def stop_clock() -> None:
    """Forget the limit."""
    signal.setitimer(signal.ITIMER_REAL, 0)
