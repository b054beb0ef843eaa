"""What jobs return, and the clock that times their steps."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pairmatch.domain.findings import Finding
from pairmatch.domain.matching import Conflict, ConflictMember
from pairmatch.domain.plugins import PluginState
from pairmatch.domain.proposal import Proposal

Progress = Callable[[str], None]
"""Is called with a message code, such as ``cli.step_read``, when a step begins."""

STEP_PREFIX = "cli.step_"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a proposal: a proven pairing or a conflict, and where the run is.

    `seconds` is how long each step took, by its name (read, score, match, ...); `excluded` says
    which units have no eligible village and why, `plugins` what became of every plugin that was
    found, `plugin_seconds` how long the code of each took.
    """

    status: str
    proposal: Proposal | None
    conflict: Conflict | None
    run: Path | None
    findings: tuple[Finding, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)
    excluded: tuple[ConflictMember, ...] = ()
    plugin_seconds: Mapping[str, float] = field(default_factory=dict)
    plugins: tuple[PluginState, ...] = ()


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a listing of a run needs: the size of a step, and names by id."""

    steps_per_point: int
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DoctorLine:
    """One part that pairmatch needs and whether it is there."""

    name: str
    ok: bool
    detail: str


class Stopwatch:
    """Passes steps on and keeps how long each took; never part of what is published."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._name = ""
        self._since = 0.0
        self._seconds: dict[str, float] = {}

    def __call__(self, code: str) -> None:
        """Begin the step that a message code names; other codes are only passed on."""
        if code.startswith(STEP_PREFIX):
            self.stop()
            self._name = code.removeprefix(STEP_PREFIX)
            self._since = time.perf_counter()
        if self._progress is not None:
            self._progress(code)

    def stop(self) -> Mapping[str, float]:
        """End the present step and return the seconds of all steps."""
        if self._name:
            passed = time.perf_counter() - self._since
            self._seconds[self._name] = self._seconds.get(self._name, 0.0) + passed
            self._name = ""
        return self._seconds
