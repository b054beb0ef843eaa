"""Run folders: each appears at once and whole, or not at all, and never changes."""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pairmatch.store.files import (
    RETRY_DELAYS,
    TEMPORARY_PREFIX,
    describe_blockage,
    flush_folder,
    flush_stream,
    is_locked,
)
from pairmatch.store.ledger import RUN_FILE, update_ledger
from pairmatch.store.locks import WAIT_S, Notify, lock_folder
from pairmatch.store.names import make_safe_name, map_safe_paths

TIME_KEY = "published_at"
"""The one key of `run.json` that may differ between two runs of the same question."""


def publish_run(
    parent: Path,
    name: str,
    files: Mapping[str, bytes],
    *,
    wait_s: float = WAIT_S,
    notify: Notify | None = None,
) -> Path:
    """Publish the files of a run as the folder `name`, in one step.

    A run that is already there with the same files (the time of publication apart) is kept and
    returned. One with other files is never overwritten: the new run is then called ``name-2``,
    ``name-3`` and so on. Afterwards the ledger holds the run.

    Parameters
    ----------
    parent
        The folder of runs; it is made if it does not exist.
    name
        Name of the run; made safe where a system would refuse it.
    files
        Content by relative path with ``/``; `run.json` describes the run to the ledger.
    wait_s
        How long to wait for another process that is publishing here.
    notify
        Is called with a message code when there is something to tell: ``store.waiting``,
        ``store.ledger_rebuilt`` or ``store.ledger_later``.

    Returns
    -------
    Path
        The folder of the run.

    Raises
    ------
    OutputBlockedError
        If the folder is held by another process, not writable, full or gone; then nothing of the
        run is left behind.
    """
    paths = map_safe_paths(files)
    content = {paths[key]: data for key, data in files.items()}
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise describe_blockage(error, parent) from error
    with lock_folder(parent, wait_s, notify):
        _clear_leftovers(parent)
        try:
            run = _place_run(parent, make_safe_name(name), content)
        except OSError as error:
            raise describe_blockage(error, parent / name) from error
        _note_in_ledger(parent, notify)
    return run


def _place_run(parent: Path, name: str, content: Mapping[str, bytes]) -> Path:
    target = parent / name
    number = 1
    while os.path.lexists(target):
        if _holds_files(target, content):
            return target
        number += 1
        target = parent / f"{name}-{number}"
    temporary = parent / f"{TEMPORARY_PREFIX}{name}-{os.getpid()}"
    try:
        _fill_folder(temporary, content)
        _rename_folder(temporary, target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    flush_folder(parent)
    return target


def _fill_folder(folder: Path, content: Mapping[str, bytes]) -> None:
    folder.mkdir()
    folders = {folder}
    for name in sorted(content):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        folders.add(path.parent)
        with path.open("xb") as stream:
            stream.write(content[name])
            flush_stream(stream)
    for made in sorted(folders, reverse=True):
        flush_folder(made)


def _rename_folder(temporary: Path, target: Path) -> None:
    # Virus scanners on Windows hold new files for a moment, and with them the folder.
    for delay in RETRY_DELAYS:
        try:
            temporary.rename(target)
        except OSError as error:
            if not is_locked(error):
                raise
            time.sleep(delay)
        else:
            return
    temporary.rename(target)


def _holds_files(folder: Path, content: Mapping[str, bytes]) -> bool:
    # Further files do not count: Excel leaves its own beside a workbook that is open.
    try:
        return all(
            _drop_time(name, (folder / name).read_bytes()) == _drop_time(name, data)
            for name, data in content.items()
        )
    except OSError:
        return False


def _drop_time(name: str, data: bytes) -> object:
    if name == RUN_FILE:
        with suppress(ValueError, RecursionError):
            facts = json.loads(data)
            if isinstance(facts, dict):
                return {key: value for key, value in facts.items() if key != TIME_KEY}
    return data


def _clear_leftovers(parent: Path) -> None:
    # Whoever publishes holds the lock, so these are of processes that died.
    for path in parent.glob(f"{TEMPORARY_PREFIX}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)


def _note_in_ledger(parent: Path, notify: Notify | None) -> None:
    # The ledger can be made again from the folders, so it never fails a run that is published.
    try:
        note = "store.ledger_rebuilt" if update_ledger(parent) else ""
    except (sqlite3.Error, OSError):
        note = "store.ledger_later"
    if note and notify is not None:
        notify(note)
