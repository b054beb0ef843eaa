"""HiGHS in a process of its own: it can be broken off at any time, and uses another core.

Where it is called HiGHS cannot be interrupted, and a long run of it would keep Ctrl-C waiting.
"""

import json
import math
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ortools.math_opt import model_pb2

Result = TypeVar("Result")

_SECONDS_BETWEEN = 0.1

_LINE = re.compile(
    r"^ ?[A-Za-z]?\s+\d+\s+\d+\s+\d+\s+[\d.]+%\s+(?P<bound>\S+)\s+(?P<value>\S+)", re.ASCII
)
"""A line of the log of HiGHS: the nodes, how much of the tree is done, the best bound and value."""

_ROUNDED = 1e-11
"""Relative error of the numbers in a log, which have twelve digits."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: why, its bound, and the values of the variables, if any."""

    reason: str
    bound: float
    values: Sequence[float] | None


def call_apart(action: Callable[[], Result]) -> Result:
    """Return what an action does in a thread, so that Ctrl-C always gets to this one.

    What comes back from a library in C++ may meet Ctrl-C where Python drops it, as in a finalizer.
    """
    with ThreadPoolExecutor(1) as thread:
        run = thread.submit(action)
        while not run.done():
            wait([run], _SECONDS_BETWEEN)
        return run.result()


class Worker:
    """A run of HiGHS; `bound` and `value` are the best so far, `ending` is set at its end."""

    def __init__(self, model: "model_pb2.ModelProto", seconds: float, gap: float) -> None:
        self.bound = math.inf
        self.value = -math.inf
        self.ending: Ending | None = None
        self._process = subprocess.Popen(  # noqa: S603 - Python itself
            [sys.executable, "-P", "-c", _BOOTSTRAP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the parent
        )
        data = model.SerializeToString()
        task = {"path": sys.path, "seconds": seconds, "gap": gap, "size": len(data)}
        self._courier = threading.Thread(target=self._carry, args=(task, data), daemon=True)
        self._courier.start()

    def wait(self, seconds: float = 0.0) -> bool:
        """Wait for the end; tell whether it has come."""
        self._courier.join(seconds)
        return not self._courier.is_alive()

    def stop(self) -> None:
        """End the process, wherever it is."""
        self._process.kill()
        self._process.wait()
        self._courier.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _carry(self, task: dict[str, Any], data: bytes) -> None:
        """Hand the task over and take in what is told, until the process ends."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            return
        with suppress(OSError, ValueError):  # the process was ended
            stdin.write(json.dumps(task).encode("ascii") + b"\n" + data)
            stdin.flush()
            for line in stdout:
                told = json.loads(line)
                if "reason" in told:
                    self.ending = Ending(**told)
                else:
                    self.bound = min(self.bound, told["bound"])
                    self.value = max(self.value, told["value"])


_BOOTSTRAP = """
import json, sys
task = json.loads(sys.stdin.buffer.readline())
sys.path[:] = task["path"]
from pairmatch.solvers.scheduleworkers import serve
serve(task, sys.stdin.buffer)
"""


def serve(task: dict[str, Any], stdin: IO[bytes]) -> None:
    """Run HiGHS on a model and tell how it goes on stdout, in JSON; what child processes do.

    Parameters
    ----------
    task
        How long the run may take, how near to its bound a value must come, as a share, and how
        many bytes the model has.
    stdin
        Where the model is read from.
    """
    # What libraries print on their own account is for nobody.
    outbox = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    from ortools.math_opt import model_pb2
    from ortools.math_opt.python import mathopt

    proto = model_pb2.ModelProto.FromString(stdin.read(task["size"]))
    program = mathopt.Model.from_model_proto(proto)
    parameters = mathopt.SolveParameters(
        time_limit=timedelta(seconds=task["seconds"]),
        relative_gap_tolerance=task["gap"],
        absolute_gap_tolerance=0,
    )

    def tell(**facts: Any) -> None:
        outbox.write(json.dumps(facts).encode("ascii") + b"\n")
        outbox.flush()

    def pass_on(lines: Sequence[str]) -> None:
        for line in lines:
            match = _LINE.match(line)
            if match is not None:
                tell(**_read_progress(match["bound"], match["value"]))

    result = mathopt.solve(program, mathopt.SolverType.HIGHS, params=parameters, msg_cb=pass_on)
    values = result.variable_values(list(program.variables())) if result.solutions else None
    bound = result.termination.objective_bounds.dual_bound
    tell(reason=result.termination.reason.name, bound=bound, values=values)


def _read_progress(bound: str, value: str) -> dict[str, float]:
    best, found = math.inf, -math.inf
    with suppress(ValueError):
        best = float(bound)
    with suppress(ValueError):
        found = float(value)
    slack = _ROUNDED * abs(best) if math.isfinite(best) else 0.0
    return {"bound": best + slack, "value": found}
