"""Zip containers behind guards: nothing is extracted to disk, nothing is unpacked without a limit.

Every refusal is a `RejectedFileError` that carries the finding to show.
"""

import io
import posixpath
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from pairmatch.domain.findings import Finding, Place, Severity

OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
MEGABYTE = 1 << 20
CHUNK = 1 << 18

_END_SIGNATURE = b"PK\x05\x06"
_END_SEARCH = 65_557  # the end record (22 bytes) and the longest comment a zip can have
_CATALOGUE_BYTES_PER_ENTRY = 256  # twice what an entry of a workbook takes in the catalogue
_RATIO_FREE_BYTES = 16 * MEGABYTE  # small parts may be as repetitive as they like
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may take.

    `max_bytes` bounds the file and all its unpacked parts together, `max_entries` the entries of
    the container, `max_ratio` how far a large part may be packed (0: not checked).
    """

    max_bytes: int = 256 * MEGABYTE
    max_entries: int = 10_000
    max_ratio: int = 250

    @property
    def megabytes(self) -> str:
        """The size limit in MB, as messages state it."""
        return str(self.max_bytes // MEGABYTE)


DEFAULT_LIMITS = Limits()


class RejectedFileError(Exception):
    """A file that cannot be read as a table; the finding says why and what to do.

    Parameters
    ----------
    code
        Message code of the ``files`` catalogue.
    place
        Where in the file; the file itself if left out (the caller fills in its name).
    **params
        Values the message names.
    """

    def __init__(self, code: str, place: Place | None = None, **params: str) -> None:
        super().__init__(code, params)
        self.code = code
        self.place = place or Place()
        self.params = params

    def describe(self, name: str) -> Finding:
        """Return the error finding for the file called `name`."""
        at = self.place
        place = Place(name, at.sheet, at.row, at.column, at.cell, at.value)
        return Finding(self.code, Severity.ERROR, place, {"file": name, **self.params})


class Archive:
    """A zip container held in memory, read part by part, every unpacked byte counted.

    Part names are compared without case and with either slash, as office programmes do.

    Parameters
    ----------
    data
        The whole file.
    limits
        What it may take.

    Raises
    ------
    RejectedFileError
        If the container is too large, has too many entries or is protected by a password.
    zipfile.BadZipFile
        If it is damaged.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        _check_catalogue(data, limits)
        self._zip = zipfile.ZipFile(io.BytesIO(data))
        self._limits = limits
        self._num_bytes = 0
        entries = self._zip.infolist()
        _check_entries(entries, limits)
        self._parts = {normalise_part(entry.filename): entry for entry in entries}

    def __contains__(self, part: str) -> bool:
        return normalise_part(part) in self._parts

    def iterate_part(self, part: str) -> Iterator[bytes]:
        """Yield the unpacked bytes of a part in chunks.

        Parameters
        ----------
        part
            Name of the part, such as ``xl/workbook.xml``.

        Raises
        ------
        RejectedFileError
            If the part is missing, or the limit is reached while unpacking.
        """
        entry = self._parts.get(normalise_part(part))
        if entry is None:
            raise RejectedFileError("files.missing_part", part=part)
        # The declared sizes may lie, so what really comes out is counted.
        with self._zip.open(entry) as stream:
            while chunk := stream.read(CHUNK):
                self._num_bytes += len(chunk)
                if self._num_bytes > self._limits.max_bytes:
                    raise RejectedFileError("files.too_large", limit=self._limits.megabytes)
                yield chunk

    def read_part(self, part: str) -> bytes:
        """Return all unpacked bytes of a part; raises like `iterate_part`."""
        return b"".join(self.iterate_part(part))


def normalise_part(part: str) -> str:
    """Return a part name as it is compared: forward slashes, no leading slash, lower case."""
    return posixpath.normpath(part.replace("\\", "/")).lstrip("/").lower()


def _check_catalogue(data: bytes, limits: Limits) -> None:
    # Looks at the end record alone: listing 100,000 entries would already take a second.
    tail = data[-_END_SEARCH:]
    start = tail.rfind(_END_SIGNATURE)
    if start < 0 or len(tail) < start + 22:
        raise RejectedFileError("files.damaged_zip")
    num_entries, num_bytes = struct.unpack_from("<HI", tail, start + 10)
    too_many = num_entries > limits.max_entries
    if too_many or num_bytes > limits.max_entries * _CATALOGUE_BYTES_PER_ENTRY:
        raise RejectedFileError("files.too_many_entries", limit=str(limits.max_entries))


def _check_entries(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.max_entries:
        raise RejectedFileError("files.too_many_entries", limit=str(limits.max_entries))
    if sum(entry.file_size for entry in entries) > limits.max_bytes:
        raise RejectedFileError("files.too_large", limit=limits.megabytes)
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise RejectedFileError("files.password")
        large = limits.max_ratio and entry.file_size > _RATIO_FREE_BYTES
        if large and entry.file_size > limits.max_ratio * max(entry.compress_size, 1):
            raise RejectedFileError("files.too_packed", limit=str(limits.max_ratio))
