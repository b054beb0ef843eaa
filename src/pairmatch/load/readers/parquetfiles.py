"""Parquet files read into columns; their library is an extra and is loaded only for them.

A file is taken as if a sheet had its column names in row 1 and its records from row 2 on.
"""

import math
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.load.readers.archives import Limits, RejectedFileError
from pairmatch.load.readers.sheets import CellValue, ColumnSheet, RawColumn

PARQUET_SIGNATURE = b"PAR1"
MAX_PARQUET_CELLS = 500_000_000
"""Files that state more cells are refused: a few bytes can stand for any number of equal ones."""


def parse_parquet(
    data: bytes, name: str, limits: Limits
) -> tuple[tuple[ColumnSheet, ...], tuple[Finding, ...]]:
    """Return the table of a Parquet file, and what is wrong with its columns.

    Parameters
    ----------
    data
        The whole file.
    name
        Its path relative to the scenario, for findings.
    limits
        What it may take; its columns together may unpack to four times the size of a file.

    Raises
    ------
    RejectedFileError
        If the library is not installed, or the file is too large, damaged or empty.
    """
    try:
        import pyarrow
    except ImportError as missing:
        raise RejectedFileError("files.no_parquet_reader") from missing
    try:
        return _read_columns(data, name, limits)
    except pyarrow.ArrowException as error:
        raise RejectedFileError("files.not_parquet") from error


def _read_columns(
    data: bytes, name: str, limits: Limits
) -> tuple[tuple[ColumnSheet, ...], tuple[Finding, ...]]:
    import pyarrow
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data))
    schema, metadata = file.schema_arrow, file.metadata
    num_bytes = sum(metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups))
    if metadata.num_rows * max(len(schema), 1) > MAX_PARQUET_CELLS or (
        num_bytes > 4 * limits.max_bytes
    ):
        raise RejectedFileError("files.too_large", limit=limits.megabytes)
    if not metadata.num_rows:
        raise RejectedFileError("files.empty")
    columns: list[RawColumn] = []
    findings: list[Finding] = []
    table = file.read()
    for field, chunks in zip(schema, table.columns, strict=True):
        column = _encode(field.name, chunks)
        if column is None:
            params = {"file": name, "column": field.name, "type": str(field.type)}
            place = Place(name, row=1, column=field.name)
            findings.append(Finding("files.parquet_column", Severity.WARNING, place, params))
        else:
            columns.append(column)
    if not columns:
        raise RejectedFileError("files.empty")
    sheet = ColumnSheet(name, tuple(columns), metadata.num_rows + 1, typed=True)
    return (sheet,), tuple(findings)


def _encode(header: str, chunks: Any) -> RawColumn | None:
    """Return a column below its header; None if its cells are no plain values."""
    import pyarrow as pa

    if pa.types.is_list(chunks.type) or pa.types.is_large_list(chunks.type):
        # Several names in a cell, as our tables separate them.
        lists = chunks.to_pylist()
        if not all(isinstance(part, str) for cell in lists for part in cell or ()):
            return None
        chunks = pa.chunked_array([pa.array(["、".join(cell or ()) for cell in lists])])
    if pa.types.is_nested(chunks.type) or pa.types.is_binary(chunks.type):
        return None
    encoded = chunks.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    cells = [_convert(cell) for cell in encoded.dictionary.to_pylist()]
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return _put_below(header, codes.astype(np.int64), cells)


def _put_below(header: str, codes: np.ndarray[Any, Any], cells: Sequence[CellValue]) -> RawColumn:
    blank = np.array([cell is None or cell == "" for cell in cells] + [True], dtype=np.bool_)
    numbers = np.where(blank[codes], 0, codes + 2).astype(np.int32)
    return RawColumn(np.concatenate([np.ones(1, np.int32), numbers]), [None, header, *cells])


def _convert(cell: object) -> CellValue:
    """Return a value as a workbook would have it: dates as ISO texts, what is no number as None."""
    if isinstance(cell, float):
        return None if math.isnan(cell) else cell
    if cell is None or isinstance(cell, str | bool | int):
        return cell
    if isinstance(cell, Decimal):
        if cell == cell.to_integral_value():
            return int(cell)
        return float(cell) if Decimal(repr(float(cell))) == cell else str(cell)
    if isinstance(cell, datetime):
        is_day = cell.time() == time() and cell.tzinfo is None
        return cell.date().isoformat() if is_day else cell.isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
