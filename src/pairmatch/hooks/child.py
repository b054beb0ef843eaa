"""The child process of one plugin (``--isolate``): loads it and answers the parent's requests.

Requests are pickles, which only the parent writes; answers are plain data (`answers`).
"""

import faulthandler
import os
import pickle
import queue
import signal
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.candidates import Candidates, EligibilityRule, ScoreRule
from pairmatch.domain.plugins import PluginSource
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.errors import PluginFaultError
from pairmatch.hooks.answers import (
    Body,
    encode_contribution,
    encode_facts,
    encode_faults,
    encode_mask,
    encode_reason,
    join_answer,
)
from pairmatch.hooks.containment import Containment
from pairmatch.hooks.loading import build_manager, load_plugin, open_module
from pairmatch.hooks.probing import Probe

REQUEST_HEAD = struct.Struct("<Q")
"""Before a request: its length in bytes."""

GRACE_S = 5.0
"""How much longer than the limit a request may take before the child ends of its own accord.

The parent ends it at the limit; this is for a parent that is gone, while the plugin is in code
that lets no other thread run.
"""

_SET_CHILD_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of Linux."""


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Load the plugin; with a probe other than 0 under the eyes of the conformance suite."""

    source: PluginSource
    counties: tuple[str, ...]
    taxonomy: Taxonomy
    probe: int = 0


@dataclass(frozen=True, slots=True)
class RuleRequest:
    """Ask a rule about candidates; None are those of the request before.

    `spread` is None for a condition.
    """

    rule_id: str
    candidates: Candidates | None
    spread: int | None


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """Ask a condition why it refuses a pair."""

    rule_id: str
    unit: Unit
    village: Village


Request = OpenRequest | RuleRequest | ExplainRequest


def lock_mapping(items: dict[Any, Any]) -> Mapping[Any, Any]:
    """Return a mapping that cannot be changed: how one comes out of a pickle."""
    return MappingProxyType(items)


def lock_array(data: bytes, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an array that cannot be changed: how one comes out of a pickle."""
    return np.frombuffer(data, dtype=dtype).reshape(shape)


class PluginServer:
    """Holds one plugin and answers requests about it, one after the other."""

    def __init__(self) -> None:
        self._containment: Containment | None = None
        self._score_rules: Mapping[str, ScoreRule] = {}
        self._conditions: Mapping[str, EligibilityRule] = {}
        self._candidates: Candidates | None = None
        self._probe: Probe | None = None
        self._county = ""

    def serve(self, requests: Iterable[bytes], send: Callable[[bytes], None]) -> None:
        """Answer all requests; whatever the plugin does wrong is an answer too."""
        for data in requests:
            serial, request = pickle.loads(data)  # noqa: S301 - written by our own parent
            try:
                body = self._answer(request)
            except PluginFaultError as error:
                body = encode_faults(error.findings)
            send(join_answer(serial, body))

    def _answer(self, request: Request) -> Body:
        if isinstance(request, OpenRequest):
            self._probe = Probe(request.probe) if request.probe else None
            return self._look_after(lambda: self._open(request), request.source, "")
        assert self._containment is not None  # noqa: S101 - the parent opens first
        containment, rule_id = self._containment, request.rule_id

        def ask() -> Body:
            if isinstance(request, ExplainRequest):
                condition = self._conditions[rule_id]
                return encode_reason(condition.explain(request.unit, request.village))
            return self._ask_rule(request)

        # All of it: what a rule returns may be code of the plugin too.
        return self._look_after(lambda: containment.run(ask, rule_id), containment.source, rule_id)

    def _look_after(self, action: Callable[[], Body], source: PluginSource, rule_id: str) -> Body:
        """Return what an action returns, unless something forbidden was tried meanwhile."""
        try:
            return action()
        finally:
            code = self._probe.take_code() if self._probe else ""
            if code:
                Containment(source, self._county).refuse(code, rule_id)

    def _open(self, request: OpenRequest) -> Body:
        source = request.source
        facts, self._containment = load_plugin(
            build_manager(),
            source,
            lambda: open_module(source),
            request.counties,
            request.taxonomy,
        )
        self._county = facts.info.county
        self._score_rules = {rule.rule_id: rule for rule in facts.score_rules}
        self._conditions = {rule.rule_id: rule for rule in facts.eligibility_rules}
        return encode_facts(facts)

    def _ask_rule(self, request: RuleRequest) -> Body:
        candidates = self._candidates if request.candidates is None else request.candidates
        assert candidates is not None  # noqa: S101 - the parent sends them with the first
        self._candidates = candidates
        if request.spread is None:
            return encode_mask(self._conditions[request.rule_id].decide(candidates))
        rule = self._score_rules[request.rule_id]
        return encode_contribution(rule.contribute(candidates, request.spread), len(candidates))


def main(time_s: float) -> None:
    """Answer requests on stdin until it ends; `time_s` is the limit for one."""
    _forgo_signals()
    _keep_orphans()
    requests, answers = _take_pipes()
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    trace = open(os.devnull, "wb")  # noqa: SIM115 - for as long as the process lives
    process_id = os.getpid()

    def read() -> None:
        with suppress(OSError):
            while data := read_request(requests):
                faulthandler.dump_traceback_later(time_s + GRACE_S, exit=True, file=trace)
                inbox.put(data)
        _end_all()

    def send(data: bytes) -> None:
        if os.getpid() != process_id:
            # A copy of this process that the plugin made has nothing to say here.
            os._exit(0)
        faulthandler.cancel_dump_traceback_later()
        write_all(answers, data)

    send(join_answer(0, Body([])))
    # A thread, so that the end of the parent is noticed while the plugin is busy.
    threading.Thread(target=read, daemon=True).start()
    PluginServer().serve(iter(inbox.get, None), send)


def read_request(stream: IO[bytes]) -> bytes:
    """Return the next request, empty at the end of the stream."""
    head = read_exactly(stream, REQUEST_HEAD.size)
    return read_exactly(stream, REQUEST_HEAD.unpack(head)[0]) if head else b""


def read_exactly(stream: IO[bytes], size: int) -> bytes:
    """Return that many bytes, none if the stream ends before."""
    parts = []
    while size:
        part = stream.read(min(size, 1 << 20))
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def write_all(stream: IO[bytes], data: bytes) -> None:
    """Write all bytes to an unbuffered stream, which may take them in parts."""
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) or 0 :]


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Return the pipes to the parent; what the plugin reads or prints leads nowhere."""
    requests = open(os.dup(0), "rb", buffering=0)  # noqa: SIM115 - they live as long as we
    answers = open(os.dup(1), "wb", buffering=0)  # noqa: SIM115
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    return requests, answers


def _forgo_signals() -> None:
    """Leave an interrupt by the user to the parent, and a crash without a dump or a window."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.SetErrorMode(msvcrt.SEM_FAILCRITICALERRORS | msvcrt.SEM_NOGPFAULTERRORBOX)
    else:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _keep_orphans() -> None:
    """Where Linux allows it, become the parent of processes whose own parent has ended.

    So they are found, counted and ended with this one, even if they left its session.
    """
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_all() -> None:
    """End this process and those that the plugin started, at once."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)
