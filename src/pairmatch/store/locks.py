"""One writer at a time in a folder of runs; the system frees the lock when a process dies."""

import json
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pairmatch.errors import OutputBlockedError
from pairmatch.store.files import describe_blockage

LOCK_NAME = ".pairmatch.lock"
INFO_NAME = ".pairmatch.lock.json"
WAIT_S = 10.0

Notify = Callable[[str], None]
"""Is called with a message code (without parameters) when there is something to tell."""


@contextmanager
def lock_folder(
    folder: Path, wait_s: float = WAIT_S, notify: Notify | None = None
) -> Iterator[None]:
    """Hold a folder alone while the block runs.

    Parameters
    ----------
    folder
        An existing folder.
    wait_s
        How long to wait for another process.
    notify
        Is called with ``store.waiting`` if there is a wait.

    Raises
    ------
    OutputBlockedError
        If another process still holds the folder after the wait (the message names it and since
        when), or if the folder is not writable.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK_NAME)
    try:
        with warnings.catch_warnings():
            # Drives without locks fall back to a marker file; that is no news for the user.
            warnings.simplefilter("ignore")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                if notify is not None:
                    notify("store.waiting")
                lock.acquire(timeout=wait_s, poll_interval=0.1)
    except Timeout as error:
        pid, since = _read_info(folder)
        raise OutputBlockedError("store.locked", path=str(folder), pid=pid, since=since) from error
    except OSError as error:
        raise describe_blockage(error, folder) from error
    try:
        _write_info(folder)
        yield
    finally:
        with suppress(OSError):
            (folder / INFO_NAME).unlink(missing_ok=True)
        lock.release()


def _write_info(folder: Path) -> None:
    info = {"pid": str(os.getpid()), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
    with suppress(OSError):  # only informative: the lock holds without it
        (folder / INFO_NAME).write_text(json.dumps(info), encoding="utf-8")


def _read_info(folder: Path) -> tuple[str, str]:
    try:
        info = json.loads((folder / INFO_NAME).read_text(encoding="utf-8"))
        return str(info["pid"]), str(info["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return "?", "?"
