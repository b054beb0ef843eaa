"""Planning problems on the command line: progress, the answer in words, the exit code."""

import re
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pairmatch.cli.console import Console
from pairmatch.cli.outcome import INFEASIBLE, STOPPED
from pairmatch.errors import UsageError

if TYPE_CHECKING:
    from pairmatch.plan.solve import Progress

DOES_NOT_HOLD = 1
SECONDS_BETWEEN = 2.0
"""Seconds from one line of progress to the next."""

_EXIT_CODES = {"optimal": 0, "feasible": STOPPED, "infeasible": INFEASIBLE, "unknown": STOPPED}
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,9})?)\s*([%％]?)", re.ASCII)


def read_gap(text: str | None) -> float:
    """Return a gap such as ``0.5%`` or ``0.005`` as a share.

    Raises
    ------
    UsageError
        If it is none.
    """
    if text is None:
        return 0.0
    match = _SHARE.fullmatch(text.strip())
    share = float(match[1]) / (100 if match[2] else 1) if match else 2.0
    if share > 1:
        raise UsageError("planning.bad_gap", text=text)
    return share


def solve_problem(
    console: Console, problem: Path, time_s: float | None, gap: float, out: Path | None
) -> int:
    """Solve a problem and print the answer; the exit code tells what became of it.

    It is 0 also where the value is as near to its bound as was asked for.
    """
    from pairmatch import engine

    seconds = engine.DEFAULT_TIME_S if time_s is None else time_s
    solved = engine.solve_problem_file(problem, seconds, gap, out, make_watcher(console))
    answer = solved.answer
    console.emit({**solved.described, "path": None if solved.path is None else str(solved.path)})
    console.tell(f"planning.status_{answer.status}", number=str(len(answer.starts)))
    if not console.as_json:
        for line in _list_lines(console, solved.described):
            console.write(line)
    if solved.path is not None:
        console.tell("planning.written", path=str(solved.path))
    is_near = gap > 0 and all(
        level.gap is not None and float(level.gap) <= gap for level in answer.levels
    )
    return 0 if answer.levels and is_near else _EXIT_CODES[answer.status]


def check_solution(console: Console, problem: Path, solution: Path) -> int:
    """Check a solution against its problem and print what is wrong with it."""
    from pairmatch import engine
    from pairmatch.cli.findings import describe_findings, list_findings

    findings = engine.check_solution_file(problem, solution)
    status = "fails" if findings else "holds"
    console.emit({"status": status, "findings": describe_findings(findings, console.lang)})
    if not findings:
        console.tell("planning.solution_holds")
        return 0
    console.tell("planning.solution_fails", number=str(len(findings)))
    if not console.as_json:
        for line in list_findings(findings, console.lang):
            console.write(line)
    return DOES_NOT_HOLD


def _list_lines(console: Console, described: Mapping[str, Any]) -> Iterator[str]:
    for level in described["levels"]:
        goal = console.word(f"planning.goal_{level['goal']}").text
        params = {"goal": goal, "value": _show(level["value"])}
        if level["bound"] is None:
            yield console.word("planning.level_open", **params).text
        else:
            params |= {"bound": _show(level["bound"]), "gap": f"{100 * level['gap']:.4g} %"}
            yield console.word("planning.level", **params).text
    if console.quiet:
        return
    if described["actions"]:
        yield console.word("planning.head_actions").text
    for period, rows in groupby(described["actions"], key=lambda row: int(row["start"])):
        actions = ", ".join(row["name"] or row["id"] for row in rows)
        yield console.word("planning.period", period=str(period), actions=actions).text
    if described["use"]:
        yield console.word("planning.head_use").text
    for row in described["use"]:
        used = " ".join(map(_show, row["used"]))
        yield console.word("planning.use", resource=row["resource"], used=used).text


def make_watcher(console: Console) -> "_Watcher | None":
    """Return what tells how far a search is, where someone can see it."""
    has_reader = sys.stderr is not None and sys.stderr.isatty()
    return _Watcher(console) if has_reader and not (console.quiet or console.as_json) else None


class _Watcher:
    """Prints how far a search is, not too often."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._value: float | None = None
        self._bound: float | None = None
        self._next = time.monotonic() + SECONDS_BETWEEN

    def __call__(self, progress: "Progress") -> None:
        self._value = progress.value if progress.value is not None else self._value
        self._bound = progress.bound if progress.bound is not None else self._bound
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + SECONDS_BETWEEN
        value, bound = self._value, self._bound
        gap = "?"
        if value is not None and bound is not None:
            gap = f"{100 * abs(bound - value) / max(abs(bound), abs(value), 1e-9):.3g} %"
        told = self._console.word(
            "planning.progress",
            goal=self._console.word(f"planning.goal_{progress.goal}").text,
            value="?" if value is None else _show(value),
            bound="?" if bound is None else _show(bound),
            gap=gap,
        )
        self._console.write(told.text, err=True)


def _show(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".") if isinstance(number, float) else str(number)
