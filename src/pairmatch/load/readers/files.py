"""Any input file into raw tables: what it is is decided by its content, never by its name alone."""

import math
import os
import struct
import zipfile
import zlib
from pathlib import Path

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.load.readers.archives import (
    DEFAULT_LIMITS,
    MEGABYTE,
    OLE_SIGNATURE,
    ZIP_SIGNATURES,
    Archive,
    Limits,
    RejectedFileError,
)
from pairmatch.load.readers.parquetfiles import PARQUET_SIGNATURE, parse_parquet
from pairmatch.load.readers.sheets import ColumnSheet, Sheet
from pairmatch.load.readers.textfiles import (
    TextRow,
    describe_os_error,
    parse_csv,
    parse_text_columns,
)
from pairmatch.load.readers.workbooks import read_workbook

LIMIT_VARIABLE = "PAIRMATCH_MAX_XLSX_MB"

WORKBOOK_SUFFIXES = frozenset([".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".et", ".ods", ".xlsb"])

PARQUET_SUFFIXES = frozenset([".parquet", ".pq"])

Tables = tuple[tuple[Sheet, ...], tuple[Finding, ...]]
LargeTables = tuple[tuple[Sheet | ColumnSheet, ...], tuple[Finding, ...]]

UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,  # numbers that are none, and all UnicodeErrors
    LookupError,  # missing attributes, unknown encodings
    ArithmeticError,
    RuntimeError,  # NotImplementedError (unknown compression) and RecursionError among them
    MemoryError,
    OSError,
)
"""What damaged bytes make the zip, XML and number parsers raise.

A file may be damaged in more ways than there are sentences for, and no traceback may reach a
user, so these become one finding. The list is explicit: a TypeError or AttributeError would be a
mistake of ours and must show in the tests, not hide behind "the file is damaged".
"""


def read_sheets(path: Path, name: str, *, limits: Limits | None = None) -> Tables:
    """Read a workbook or text table; whatever is wrong with it comes back as findings.

    Parameters
    ----------
    path
        The file.
    name
        Its path relative to the scenario, for findings.
    limits
        What it may take; by default the built-in limits, with the size raised to the megabytes
        that the environment variable PAIRMATCH_MAX_XLSX_MB says.

    Returns
    -------
    tuple
        The sheets in file order, and findings with codes ``files.*``. A file with an error that
        stops reading gives no sheets: nothing is read in part.
    """
    sheets, findings = read_tables(path, name, limits=limits)
    return _list_rows(sheets), findings


def read_tables(
    path: Path, name: str, *, min_lines: float = math.inf, limits: Limits | None = None
) -> LargeTables:
    """Read a workbook or table like `read_sheets`, large ones in columns.

    Parameters
    ----------
    path, name, limits
        As for `read_sheets`.
    min_lines
        Text tables with so many lines come in columns; Parquet files always do.
    """
    chosen = limits or choose_limits(os.environ.get(LIMIT_VARIABLE, ""))
    try:
        if path.is_dir():  # on Windows, opening a folder is refused like a missing permission
            raise IsADirectoryError
        too_large = path.stat().st_size > chosen.max_bytes
        data = b"" if too_large else path.read_bytes()
    except OSError as error:
        return (), (describe_os_error(error, name),)
    if too_large:
        error_too_large = RejectedFileError("files.too_large", limit=chosen.megabytes)
        return (), (error_too_large.describe(name),)
    return _read_guarded(data, name, chosen, min_lines)


def read_data(data: bytes, name: str, limits: Limits = DEFAULT_LIMITS) -> Tables:
    """Read the bytes of a workbook or text table; see `read_sheets`.

    Parameters
    ----------
    data
        The whole file.
    name
        Its path relative to the scenario, for findings; its ending tells what it should be.
    limits
        What it may take.
    """
    sheets, findings = _read_guarded(data, name, limits, math.inf)
    return _list_rows(sheets), findings


def _list_rows(sheets: tuple[Sheet | ColumnSheet, ...]) -> tuple[Sheet, ...]:
    return tuple(s.to_sheet() if isinstance(s, ColumnSheet) else s for s in sheets)


def _read_guarded(data: bytes, name: str, limits: Limits, min_lines: float) -> LargeTables:
    try:
        return _dispatch(data, name, limits, min_lines)
    except RejectedFileError as error:
        return (), (error.describe(name),)
    except UNREADABLE as error:
        params = {"file": name, "detail": f"{type(error).__name__}: {error}"}
        return (), (Finding("files.unreadable", Severity.ERROR, Place(name), params),)


def choose_limits(megabytes: str) -> Limits:
    """Return the limits for a wish in megabytes; anything but a positive number changes nothing.

    Whoever raises the size has looked at the file, so how far it is packed is no longer checked.
    """
    if not megabytes.isdecimal() or int(megabytes) == 0:
        return DEFAULT_LIMITS
    return Limits(max_bytes=int(megabytes) * MEGABYTE, max_ratio=0)


def _dispatch(data: bytes, name: str, limits: Limits, min_lines: float) -> LargeTables:
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise RejectedFileError("files.empty")
    if data.startswith(OLE_SIGNATURE):
        _refuse_ole(data)
    if data.startswith(ZIP_SIGNATURES):
        archive = Archive(data, limits)
        _refuse_ods(archive)
        return read_workbook(archive, name)
    if data.startswith(PARQUET_SIGNATURE):
        return parse_parquet(data, name, limits)
    _refuse_markup(data)
    if Path(name).suffix.lower() in PARQUET_SUFFIXES:
        raise RejectedFileError("files.not_parquet")
    if Path(name).suffix.lower() in WORKBOOK_SUFFIXES:
        raise RejectedFileError("files.not_xlsx")
    if max(data.count(b"\n"), data.count(b"\r")) >= min_lines:
        return _read_text_columns(data, name)
    return _read_text(data, name)


def _read_text_columns(data: bytes, name: str) -> LargeTables:
    columns, findings = parse_text_columns(data, name)
    return (ColumnSheet(name, columns, len(columns[0].codes)),), findings


def _read_text(data: bytes, name: str) -> Tables:
    rows, findings = parse_csv(data, name)
    # Rows that are whole stay the tuples they are, which matters for a million of them.
    width = max(map(len, rows))
    padded = tuple(row if len(row) == width and "" not in row else _pad(row, width) for row in rows)
    return (Sheet(name, "", padded, typed=False),), findings


def _pad(row: TextRow, width: int) -> tuple[str | None, ...]:
    return tuple([cell or None for cell in row] + [None] * (width - len(row)))


def _refuse_ole(data: bytes) -> None:
    # Names of the streams inside, as the container's directory stores them.
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise RejectedFileError("files.password")
    if any(stream.encode("utf-16-le") in data for stream in ("Workbook", "Book")):
        raise RejectedFileError("files.old_format", format=".xls / .et")
    raise RejectedFileError("files.not_xlsx")


def _refuse_ods(archive: Archive) -> None:
    if "content.xml" in archive and "xl/workbook.xml" not in archive:
        raise RejectedFileError("files.old_format", format=".ods")


def _refuse_markup(data: bytes) -> None:
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype", b"<html", b"<table", b"<meta", b"<head", b"<?xml")):
        raise RejectedFileError("files.web_page")
