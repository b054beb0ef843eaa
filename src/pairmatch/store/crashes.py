"""Crash logs: what the user can send us when something broke that should not have."""

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from pairmatch.errors import OutputBlockedError
from pairmatch.store.files import write_file

NUM_KEPT = 20


def write_crash_log(text: str) -> Path | None:
    """Write a crash log into the user's log folder and return its path.

    Parameters
    ----------
    text
        The whole log.

    Returns
    -------
    Path or None
        The file, or None if no folder could be written to.
    """
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    for folder in _list_folders():
        # Without a home folder the first may start with "~": never make a folder of that name.
        if folder.is_absolute():
            with suppress(OutputBlockedError):
                path = write_file(folder / name, text.encode("utf-8", "backslashreplace"))
                _drop_old_logs(folder)
                return path
    return None


def _list_folders() -> list[Path]:
    folders = [Path(tempfile.gettempdir())]
    # A broken installation is one of the things that crash.
    with suppress(ImportError):
        from platformdirs import user_log_path

        folders.insert(0, user_log_path("pairmatch", appauthor=False))
    return folders


def _drop_old_logs(folder: Path) -> None:
    with suppress(OSError):
        for path in sorted(folder.glob("crash-*.log"))[:-NUM_KEPT]:
            path.unlink(missing_ok=True)
