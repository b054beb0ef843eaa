"""A child process whose requests have a limit of time and of memory, and that is ended at it."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import IO, NamedTuple

import psutil

from pairmatch.hooks.answers import HEAD
from pairmatch.hooks.child import read_exactly, write_all

START_S = 60.0
"""How long Python itself may take to start: a plain PC may be busy with other things."""

POLL_S = 0.02
POLLS_PER_SCAN = 5
"""Every how many polls to look for processes the child has started: that takes longer."""

LAST_WORDS_S = 0.5
"""How long the answer of a child that has ended may take to arrive."""

_BOOTSTRAP = """
import json, sys
with open(0, "rb", 0, closefd=False) as stream:
    start = json.loads(stream.readline())
sys.path[:] = start["path"]
from pairmatch.hooks.child import main
main(start["time_s"])
"""
"""Not ``-m``: the child finds pairmatch and the plugins where the parent does."""


class ChildEndedError(Exception):
    """The child process is no more.

    Parameters
    ----------
    code
        Message code of the reason.
    **params
        Values the message names.
    """

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class Limits(NamedTuple):
    """What one request may take: seconds, and bytes of the answer's two parts."""

    time_s: float
    header: int
    payload: int


class Answer(NamedTuple):
    """An answer as it came."""

    header: bytes
    payload: bytes


class _Job(NamedTuple):
    request: bytes
    limits: Limits


class ChildProcess:
    """A Python process that answers requests about one plugin.

    Parameters
    ----------
    time_s
        The limit for one request, so that the process knows it too.
    memory_mb
        The limit for the memory of the process and all that it starts.
    hash_seed
        Seed of Python's hashes, on which the order of sets depends; 0 leaves it as it is.
    """

    def __init__(self, time_s: float, memory_mb: int, hash_seed: int = 0) -> None:
        self._time_s, self._memory_mb, self._hash_seed = time_s, memory_mb, hash_seed
        self._process: subprocess.Popen[bytes] | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Answer | str] = queue.SimpleQueue()
        self._courier: threading.Thread | None = None
        self._watched: psutil.Process | None = None
        self._descendants: dict[int, psutil.Process] = {}

    def start(self) -> None:
        """Start the process without waiting until it is ready.

        Raises
        ------
        ChildEndedError
            If it cannot be started.
        """
        try:
            self._process = subprocess.Popen(  # noqa: S603 - Python itself
                [sys.executable or "", "-P", "-c", _BOOTSTRAP],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=self._choose_environment(),
                start_new_session=True,
                creationflags=_detach(),
            )
            self._watched = psutil.Process(self._process.pid)
        except (OSError, psutil.Error) as error:
            self.end()
            raise ChildEndedError("hooks.not_started", cause=str(error)) from error
        self._courier = threading.Thread(
            target=_carry,
            args=(self._process.stdin, self._process.stdout, self._jobs, self._answers),
            daemon=True,
        )
        self._courier.start()
        start = json.dumps({"path": list(map(str, sys.path)), "time_s": self._time_s}) + "\n"
        self._jobs.put(_Job(start.encode("ascii"), Limits(START_S, 1 << 16, 0)))

    def _choose_environment(self) -> dict[str, str] | None:
        if not self._hash_seed:
            return None
        return {**os.environ, "PYTHONHASHSEED": str(self._hash_seed)}

    def wait_ready(self) -> Answer:
        """Wait until the process has started and return its first answer.

        Raises
        ------
        ChildEndedError
            If it ends before that.
        """
        return self._await(START_S)

    def ask(self, request: bytes, limits: Limits) -> Answer:
        """Send a request and wait for the answer.

        Raises
        ------
        ChildEndedError
            If the child ends before it answers, or is ended because it goes beyond a limit.
        """
        self._jobs.put(_Job(request, limits))
        return self._await(limits.time_s)

    def end(self) -> None:
        """End the process and all it has started; may be called again."""
        process = self._process
        if process is None:
            return
        self._process = None
        self._scan()
        if sys.platform != "win32":
            # The group holds those too whose own parent has ended.
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        for descendant in self._descendants.values():
            with contextlib.suppress(psutil.Error):
                descendant.kill()
        process.wait()
        self._jobs.put(None)
        if self._courier is None:
            _close(process.stdin, process.stdout)
        else:
            # It may hang on a pipe that an escaped process holds; then it is left behind.
            self._courier.join(1.0)

    def _await(self, time_s: float) -> Answer:
        try:
            answer = self._poll_until(time.monotonic() + time_s, time_s)
            if isinstance(answer, str):
                raise self._describe_end(answer)
        except BaseException:
            # The user's interrupt too: nobody will ask for the answer any more.
            self.end()
            raise
        return answer

    def _poll_until(self, deadline: float, time_s: float) -> Answer | str:
        polls = 0
        while True:
            with contextlib.suppress(queue.Empty):
                return self._answers.get(timeout=POLL_S)
            polls += 1
            if polls % POLLS_PER_SCAN == 1:
                self._scan()
            if self._measure() > self._memory_mb << 20:
                limit = str(self._memory_mb)
                raise ChildEndedError("hooks.out_of_memory", limit=limit, cause=f"> {limit} MB")
            if time.monotonic() > deadline:
                raise ChildEndedError("hooks.timed_out", limit=f"{time_s:g}")
            if self._process is None or self._process.poll() is not None:
                with contextlib.suppress(queue.Empty):
                    return self._answers.get(timeout=LAST_WORDS_S)
                return ""

    def _describe_end(self, why: str) -> ChildEndedError:
        if why:
            return ChildEndedError("hooks.bad_answer", value=why)
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process is not None:
                return ChildEndedError("hooks.died", how=_name_end(self._process.wait(1.0)))
        return ChildEndedError("hooks.died", how="closed pipe")

    def _scan(self) -> None:
        """Note the processes that the child has started, so that none is forgotten."""
        with contextlib.suppress(psutil.Error):
            if self._watched is not None:
                for found in self._watched.children(recursive=True):
                    self._descendants[found.pid] = found

    def _measure(self) -> int:
        watched = [] if self._watched is None else [self._watched]
        return sum(map(_measure_one, (*watched, *self._descendants.values())))


def _carry(
    requests: IO[bytes],
    replies: IO[bytes],
    jobs: queue.SimpleQueue[_Job | None],
    answers: queue.SimpleQueue[Answer | str],
) -> None:
    """Carry requests and answers between queues and pipes, which cannot be waited for together."""
    try:
        while (job := jobs.get()) is not None:
            write_all(requests, job.request)
            answer = _read_answer(replies, job.limits)
            answers.put(answer)
            if isinstance(answer, str):
                return
    except OSError:
        answers.put("")
    finally:
        _close(requests, replies)


def _read_answer(replies: IO[bytes], limits: Limits) -> Answer | str:
    """Return an answer; a text says what is wrong with it, empty if there is none."""
    head = read_exactly(replies, HEAD.size)
    if not head:
        return ""
    header, payload = HEAD.unpack(head)
    if header > limits.header or payload > limits.payload:
        return f"{header + payload} > {limits.header + limits.payload} B"
    data = read_exactly(replies, header + payload)
    return Answer(data[:header], data[header:]) if data else ""


def _close(*streams: IO[bytes] | None) -> None:
    for stream in filter(None, streams):
        with contextlib.suppress(OSError):
            stream.close()


def _detach() -> int:
    """Return the flags by which Windows keeps the user's interrupt, and windows, from a process.

    Elsewhere a session of its own does.
    """
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0


def _measure_one(process: psutil.Process) -> int:
    """Return the memory of one process in bytes; 0 if it has ended."""
    try:
        memory = process.memory_info()
    except psutil.Error:
        return 0
    # Windows may move memory out while it is counted as private still.
    return max(int(memory.rss), int(getattr(memory, "private", 0)))


def _name_end(code: int) -> str:
    """Return how a process has ended: the signal, or the exit code."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit {code}" if abs(code) < 1 << 16 else f"exit {code:#x}"
