"""Single files, written whole or not at all: temporary name, flush to disk, rename."""

import errno
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pairmatch.errors import OutputBlockedError
from pairmatch.store.names import map_safe_paths

TEMPORARY_PREFIX = ".tmp-"
RETRY_DELAYS = (0.05, 0.1, 0.2, 0.4, 0.75, 1.0)  # 2.5 s: virus scanners and previews let go by then
LEFTOVER_AGE_S = 3600.0

_LOCKED_ON_WINDOWS = frozenset({5, 32, 33})  # access denied, sharing violation, lock violation
_TOO_LONG_ON_WINDOWS = 206
_CANNOT_FLUSH = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})  # some network drives
_REASONS = {
    errno.ENOSPC: "store.disk_full",
    errno.EDQUOT: "store.disk_full",
    errno.EFBIG: "store.disk_full",
    errno.EROFS: "store.read_only",
    errno.EACCES: "store.read_only",
    errno.EPERM: "store.read_only",
    errno.ENOENT: "store.folder_gone",
    errno.ENODEV: "store.folder_gone",
    errno.ENXIO: "store.folder_gone",
    errno.EIO: "store.folder_gone",
    errno.ENAMETOOLONG: "store.name_too_long",
    errno.ENOTDIR: "store.not_a_folder",
    errno.EEXIST: "store.not_a_folder",
}


def write_file(path: Path, data: bytes) -> Path:
    """Write a file so that at every moment the old or the new one is there, whole.

    If the file is open in another program, the move is tried for 2.5 seconds; then the data go
    to a new name beside it, such as ``name(2).xlsx``.

    Parameters
    ----------
    path
        Where to write; missing folders are made.
    data
        The whole content.

    Returns
    -------
    Path
        The path written: `path`, or the new name beside it.

    Raises
    ------
    OutputBlockedError
        If the disk is full, the folder not writable or gone; then nothing is left behind.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = write_temporary(path, data)
        written = _move_into_place(temporary, path)
        flush_folder(path.parent)
    except OSError as error:
        raise describe_blockage(error, path) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    return written


def write_files(folder: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write several files into a folder, each whole or not at all.

    Parameters
    ----------
    folder
        The folder; it is made if it does not exist.
    files
        Content by relative path with ``/``; names that a system would refuse are made safe.

    Returns
    -------
    tuple of Path
        The files written, in order of their names.

    Raises
    ------
    OutputBlockedError
        If a file cannot be written; and, after all are written, if some had to take a new name
        because the old file is open in another program (the message lists them).
    """
    clear_old_leftovers(folder)
    paths = map_safe_paths(files)
    written: list[Path] = []
    renamed: list[str] = []
    for name in sorted(files):
        wanted = folder / paths[name]
        path = write_file(wanted, files[name])
        written.append(path)
        if path != wanted:
            renamed.append(f"{wanted} → {path.name}")
    if renamed:
        raise OutputBlockedError("store.written_elsewhere", files="\n  ".join(renamed))
    return tuple(written)


def find_other_files(folder: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return which of the files `write_files` would write are there with other content."""
    paths = map_safe_paths(files)
    return tuple(name for name in sorted(files) if _differs(folder / paths[name], files[name]))


def find_same_files(
    folder: Path, files: Mapping[str, bytes], originals: Iterable[Path]
) -> tuple[str, ...]:
    """Return which of the files `write_files` would write are one of the originals."""
    paths = map_safe_paths(files)
    known = {original.resolve() for original in originals}
    return tuple(name for name in sorted(files) if (folder / paths[name]).resolve() in known)


def _differs(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() != data
    except FileNotFoundError:
        return False
    except OSError:  # open in another program, or no file at all: writing it will tell
        return path.is_file()


def write_temporary(path: Path, data: bytes) -> Path:
    """Write data to a new hidden file beside `path`, flushed to the disk, and return its path."""
    attempt = 0
    while True:
        temporary = path.parent / f"{TEMPORARY_PREFIX}{os.getpid()}-{attempt}-{path.name[:40]}"
        try:
            # Not tempfile: its files are private, and colleagues share these folders.
            stream = temporary.open("xb")
        except FileExistsError:
            attempt += 1
            continue
        try:
            with stream:
                stream.write(data)
                flush_stream(stream)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        return temporary


def flush_stream(stream: BinaryIO) -> None:
    """Flush an open file to the disk itself, where the drive can do that."""
    stream.flush()
    _flush_descriptor(stream.fileno())


def flush_folder(folder: Path) -> None:
    """Flush a folder's list of names to the disk, so that a rename outlives a power cut."""
    if os.name == "nt":  # Windows opens no folders, and flushes names with the file
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _flush_descriptor(descriptor)
    finally:
        os.close(descriptor)


def is_locked(error: OSError) -> bool:
    """Whether the error says that another program holds the file."""
    return isinstance(error, PermissionError) or (
        getattr(error, "winerror", None) in _LOCKED_ON_WINDOWS
    )


def describe_blockage(error: OSError, path: Path) -> OutputBlockedError:
    """Return the error for the user that tells why `path` could not be written."""
    if getattr(error, "winerror", None) == _TOO_LONG_ON_WINDOWS:
        return OutputBlockedError("store.name_too_long", path=str(path))
    code = _REASONS.get(error.errno or 0, "store.blocked")
    return OutputBlockedError(code, path=str(path), detail=error.strerror or str(error))


def clear_old_leftovers(folder: Path) -> None:
    """Remove temporary files that a crash left in a folder more than an hour ago."""
    newest = time.time() - LEFTOVER_AGE_S
    with suppress(OSError):
        for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
            if path.is_file() and path.stat().st_mtime < newest:
                path.unlink(missing_ok=True)


def _flush_descriptor(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise


def _move_into_place(temporary: Path, path: Path) -> Path:
    for delay in (*RETRY_DELAYS, None):
        try:
            temporary.replace(path)
        except OSError as error:
            if not is_locked(error) or not path.is_file():
                raise
            if delay is not None:
                time.sleep(delay)
        else:
            return path
    substitute = _find_free_name(path)
    temporary.replace(substitute)
    return substitute


def _find_free_name(path: Path) -> Path:
    number = 2
    while True:
        candidate = path.with_name(f"{path.stem}({number}){path.suffix}")
        if not candidate.exists():
            return candidate
        number += 1
