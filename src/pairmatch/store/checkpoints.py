"""Where a long search stands, in one file beside the runs, so that it can go on from there."""

import io
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pairmatch.store.files import write_file

Arrays = Mapping[str, NDArray[np.int32] | NDArray[np.int64]]


def find_checkpoint(parent: Path, run_id: str) -> Path:
    """Return where the search for a run is kept while it lasts."""
    return parent / f".search-{run_id}.npz"


def write_checkpoint(path: Path, arrays: Arrays) -> None:
    """Keep where a search stands: the file before is there, whole, until this one is.

    Raises
    ------
    OutputBlockedError
        If it cannot be written.
    """
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    write_file(path, stream.getvalue())


def read_checkpoint(path: Path) -> Arrays | None:
    """Return where a search stood; None if that is not known, or the file is damaged."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None


def drop_checkpoint(path: Path) -> None:
    """Remove what was kept of a search that has ended."""
    with suppress(OSError):
        path.unlink()
