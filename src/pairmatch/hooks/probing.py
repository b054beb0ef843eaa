"""Surroundings for the conformance suite: no network, no writing, and a clock that moves on.

Only ever used in the process of an isolated plugin: none of it can be taken back.
"""

import datetime
import os
import random
import sys
import time
from typing import Any, Self

import numpy as np

DAYS_APART = 400
"""How far the clocks of two probes are apart: no day, month or year is the same."""

_FORBIDDEN = {
    "socket.": "hooks.used_network",
    "subprocess.Popen": "hooks.started_program",
    "os.system": "hooks.started_program",
    "os.exec": "hooks.started_program",
    "os.posix_spawn": "hooks.started_program",
    "os.startfile": "hooks.started_program",
    "os.remove": "hooks.wrote_file",
    "os.rename": "hooks.wrote_file",
    "os.mkdir": "hooks.wrote_file",
    "os.rmdir": "hooks.wrote_file",
}
"""Audit events of CPython (library reference, "Audit events table") and what they mean here."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


class ForbiddenError(Exception):
    """A plugin did what a rule has no business to do.

    Parameters
    ----------
    code
        Message code.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Probe:
    """Watches over one process from now on.

    Parameters
    ----------
    number
        Random numbers start with it, and the clock is that many times `DAYS_APART` days late.
    """

    def __init__(self, number: int) -> None:
        self._codes: list[str] = []
        random.seed(number)
        np.random.seed(number)
        _shift_clock(number * DAYS_APART)
        sys.dont_write_bytecode = True
        sys.addaudithook(self._watch)

    def take_code(self) -> str:
        """Return what was tried since the last call, even if the plugin caught the refusal."""
        codes, self._codes = self._codes, []
        return codes[0] if codes else ""

    def _watch(self, event: str, args: tuple[Any, ...]) -> None:
        code = _find_code(event, args)
        if code:
            self._codes.append(code)
            raise ForbiddenError(code)


def _find_code(event: str, args: tuple[Any, ...]) -> str:
    if event == "open":
        flags = args[2] if isinstance(args[2], int) else 0
        return "hooks.wrote_file" if flags & _WRITING else ""
    # Making a socket object connects to nothing: asyncio does so when it is imported.
    if event == "socket.__new__":
        return ""
    return next((code for name, code in _FORBIDDEN.items() if event.startswith(name)), "")


def _shift_clock(days: int) -> None:
    """Let everything that tells the time say a later one."""
    later = datetime.timedelta(days=days)
    seconds = days * 86_400
    real_time, real_time_ns = time.time, time.time_ns
    time.time = lambda: real_time() + seconds
    time.time_ns = lambda: real_time_ns() + seconds * 10**9

    class LateType(type):
        """What was made with the real class is an instance of the late one too."""

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, cls.__mro__[1])

    class LateDate(datetime.date, metaclass=LateType):
        @classmethod
        def today(cls) -> Self:
            return super().today() + later

    class LateDatetime(datetime.datetime, metaclass=LateType):
        @classmethod
        def today(cls) -> Self:
            return super().today() + later

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Self:
            return super().now(tz) + later

        @classmethod
        def utcnow(cls) -> Self:
            return super().now(datetime.UTC).replace(tzinfo=None) + later

    # The names that a plugin, which is imported later, will find.
    vars(datetime).update(date=LateDate, datetime=LateDatetime)
