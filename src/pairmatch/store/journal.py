"""A journal: lines that are kept as they come, for work that may be cut off and go on later."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pairmatch.store.files import describe_blockage


@dataclass(slots=True)
class Journal:
    """The lines that were whole when it was opened, and where further ones go."""

    lines: tuple[str, ...]
    _path: Path
    _stream: BinaryIO

    def add(self, lines: Sequence[str]) -> None:
        """Append lines and wait until they are on the disk.

        Raises
        ------
        OutputBlockedError
            If they cannot be written.
        """
        try:
            self._stream.write("".join(f"{line}\n" for line in lines).encode("utf-8"))
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise describe_blockage(error, self._path) from error


@contextmanager
def open_journal(path: Path) -> Iterator[Journal]:
    """Open a journal, made if it is not there; a line that was cut off is dropped.

    Parameters
    ----------
    path
        The file; missing folders are made. One process at a time may write.

    Raises
    ------
    OutputBlockedError
        If it cannot be read or written, or another process has it open.
    """
    from filelock import FileLock, Timeout

    from pairmatch.errors import OutputBlockedError

    lock = FileLock(f"{path}.lock", timeout=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with lock, path.open("a+b") as stream:
            stream.seek(0)
            data = stream.read()
            whole = data[: data.rfind(b"\n") + 1]
            stream.truncate(len(whole))
            # Not by `splitlines`: names may hold other characters that it takes for line ends.
            lines = whole.decode("utf-8", "replace").split("\n")[:-1]
            yield Journal(tuple(lines), path, stream)
    except Timeout as busy:
        raise OutputBlockedError("store.journal_busy", path=str(path)) from busy
    except OSError as error:
        raise describe_blockage(error, path) from error
