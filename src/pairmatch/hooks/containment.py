"""Whatever a plugin's code does, the run goes on in good order: faults become findings."""

import contextlib
import decimal
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import NoReturn, TypeVar

import numpy as np

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.plugins import PluginSource
from pairmatch.errors import PluginFaultError

Result = TypeVar("Result")

READ_ONLY = (
    "read-only",
    "does not support item assignment",
    "does not support item deletion",
    "cannot assign to field",
    "cannot delete field",
    "'mappingproxy' object has no attribute",
    "'frozenset' object has no attribute",
    "'tuple' object has no attribute",
)
"""What Python and numpy say when a plugin tries to change what it was given."""


_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")
"""Where an object lies in memory, which is different in every run."""

MOST_SHOWN = 200
"""Characters of a value or cause that a finding shows."""


class PairFaultError(Exception):
    """A function that scores single pairs failed on one of them.

    Parameters
    ----------
    code
        Message code.
    unit_id, village_id
        The pair.
    **params
        Further values the message names.
    """

    def __init__(self, code: str, unit_id: str, village_id: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = {"unit": unit_id, "village": village_id, **params}


class BadAnswerError(Exception):
    """An answer is not what was asked for.

    Parameters
    ----------
    value
        What came instead, in a few words.
    """

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class ContainedFaultError(PluginFaultError):
    """A fault that is told already; one that a plugin raises itself tells nothing."""


@dataclass(slots=True)
class Containment:
    """Runs the code of one plugin and keeps how long it took, in seconds."""

    source: PluginSource
    county: str = ""
    seconds: float = field(default=0.0)

    def run(self, action: Callable[[], Result], rule: str = "") -> Result:
        """Return what the action returns.

        Parameters
        ----------
        action
            Calls the plugin's code.
        rule
            Id of the rule it belongs to, for the finding.

        Raises
        ------
        PluginFaultError
            If the code raises anything, `SystemExit` and `KeyboardInterrupt` included; one finding
            says what and where. An interrupt by the user passes through.
        """
        began = time.perf_counter()
        interrupts: list[int] = []
        try:
            with _GoodOrder(interrupts):
                result = action()
        except ContainedFaultError:
            raise
        except BaseException as error:
            if interrupts:
                raise KeyboardInterrupt from error
            raise make_fault((self._describe(error, rule),), self.source.name) from error
        finally:
            self.seconds += time.perf_counter() - began
        if interrupts:
            # The plugin swallowed it, but it was not meant for the plugin.
            raise KeyboardInterrupt
        return result

    def refuse(self, code: str, rule: str = "", **params: str) -> NoReturn:
        """Raise the fault of that code, with the plugin, its county and the rule named."""
        raise make_fault((self.describe_fault(code, rule, **params),), self.source.name)

    def describe_fault(self, code: str, rule: str = "", **params: str) -> Finding:
        """Return a fault of this plugin as a finding; a parameter `line` says where."""
        place = Place(self._name_file(), row=int(params.get("line", 0)))
        known = {"plugin": self.source.name, "county": self.county or "–", "rule": rule or "–"}
        # Many of them are texts of the plugin, which may be of any length and kind.
        shown = {key: _shorten(text, 2 * MOST_SHOWN) for key, text in (known | params).items()}
        return Finding(code, Severity.ERROR, place, shown)

    def _describe(self, error: BaseException, rule: str) -> Finding:
        try:
            line = _find_line(error, self.source.path)
            code, params = _classify(error)
        except BaseException:
            # An exception of the plugin's own making may fail at saying what it is.
            line, code, params = 0, "hooks.raised", {"cause": "–"}
        return self.describe_fault(code, rule, line=str(line), **params)

    def _name_file(self) -> str:
        names = {"python": "/plugin.py", "pack": "", "package": ""}
        return self.source.origin + names[self.source.kind]


def make_fault(findings: Sequence[Finding], plugin: str) -> ContainedFaultError:
    """Return the error that findings about a plugin make."""
    return ContainedFaultError("hooks.broken_plugin", findings, plugin=plugin)


def show_value(value: object) -> str:
    """Return what something is, in a few words; its own code may fail at that."""
    name = "?"
    try:
        name = _shorten(type(value).__name__)
        return _shorten(f"{name} {_shorten(repr(value))}")
    except BaseException:
        return name


def _shorten(text: str, most: int = MOST_SHOWN) -> str:
    """Return the start of a text on one line, as a text without code of the plugin."""
    start = _ADDRESS.sub("0x…", "".join([text[:most]]))
    return "".join(char if char.isprintable() else " " for char in start)


def _classify(error: BaseException) -> tuple[str, dict[str, str]]:
    """Return the message code of a failure and the values the message names."""
    cause = _name_cause(error)
    code = "hooks.raised"
    if isinstance(error, BadAnswerError):
        return "hooks.bad_answer", {"value": error.value}
    if isinstance(error, PairFaultError):
        return _classify_pair(error)
    if isinstance(error, SyntaxError):
        code = "hooks.syntax_error"
    elif isinstance(error, ModuleNotFoundError):
        code, cause = "hooks.missing_dependency", _shorten(str(error.name))
    elif isinstance(error, SystemExit | KeyboardInterrupt | GeneratorExit):
        code = "hooks.tried_to_end"
    elif isinstance(error, MemoryError):
        code = "hooks.out_of_memory"
    elif any(words in cause for words in READ_ONLY):
        code = "hooks.changed_inputs"
    return code, {"cause": cause}


def _classify_pair(error: PairFaultError) -> tuple[str, dict[str, str]]:
    is_change = any(words in error.params.get("cause", "") for words in READ_ONLY)
    return "hooks.changed_inputs" if is_change else error.code, error.params


def _name_cause(error: BaseException) -> str:
    name = _shorten(type(error).__name__)
    try:
        text = _shorten(str(error))
    except BaseException:
        text = ""
    return _shorten(f"{name}: {text}") if text else name


def _find_line(error: BaseException, folder: str) -> int:
    """Return the innermost line of the plugin's own file, 0 if there is none."""
    own = os.path.join(folder, "plugin.py")
    if isinstance(error, SyntaxError) and error.filename == own:
        return error.lineno or 0
    # What names the pair was raised by our own code; its cause, by the plugin's.
    cause = error.__cause__ if isinstance(error, PairFaultError) else None
    lines = [
        line or 0
        for frame, line in traceback.walk_tb((cause or error).__traceback__)
        if os.path.normpath(frame.f_code.co_filename) == os.path.normpath(own)
    ]
    return lines[-1] if lines else 0


def _find_folder() -> str:
    """Return the working folder; nothing if it is gone."""
    try:
        return os.getcwd()
    except OSError:
        return ""


class _GoodOrder:
    """Undoes what a plugin does to what all code of this process shares, and notes interrupts.

    With another precision of decimals, the spreads of other counties' rules would be others; with
    another working folder, the run would be published elsewhere; and stdout holds nothing but
    results, so what a plugin prints goes to stderr. Each interrupt that the user sends is added to
    `interrupts`, which tells it from one that the plugin raises itself.
    """

    def __init__(self, interrupts: list[int]) -> None:
        self._interrupts = interrupts

    def __enter__(self) -> None:
        self._stdout, self._context, self._errors = sys.stdout, decimal.getcontext(), np.errstate()
        self._handler = signal.getsignal(signal.SIGINT)
        self._folder = _find_folder()
        if threading.current_thread() is threading.main_thread() and callable(self._handler):
            signal.signal(signal.SIGINT, self._note)
        else:
            self._handler = None
        if sys.stderr is not None:
            sys.stdout = sys.stderr
        decimal.setcontext(self._context.copy())
        self._errors.__enter__()

    def __exit__(self, *_error: object) -> None:
        self._errors.__exit__(None, None, None)
        decimal.setcontext(self._context)
        sys.stdout = self._stdout
        if self._folder and _find_folder() != self._folder:
            with contextlib.suppress(OSError):
                os.chdir(self._folder)
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._interrupts.append(number)
        if callable(self._handler):
            self._handler(number, frame)
