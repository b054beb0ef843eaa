"""The files of a scenario being read: their rows, digests and findings."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.load.keypaths import KeyPath
from pairmatch.load.paths import find_files
from pairmatch.load.readers.files import read_sheets, read_tables
from pairmatch.load.readers.sheets import ColumnSheet, Sheet
from pairmatch.load.records.headers import find_header
from pairmatch.load.records.rowcolumns import RowColumns, convert_rows, join_rows
from pairmatch.load.records.rowreading import read_row_columns
from pairmatch.load.records.rows import Row, read_rows
from pairmatch.load.records.tables import Table
from pairmatch.load.settings import SettingsFile

Result = TypeVar("Result")
Ids = tuple[list[str], list[str]]
"""The ids of the units and of the villages, sorted."""
Build = Callable[[Sheet, Ids], tuple[Result | None, tuple[Finding, ...]]]

MANY_ROWS = 5_000
"""From so many rows on, text tables are read in columns."""

_OWN_SHEETS = frozenset({"填表说明", "选项", "说明"})
"""Sheets beside the table in the workbooks we write ourselves: no news to anyone."""


class Reading:
    """Reads the files of one scenario and keeps their digests and findings."""

    def __init__(self, folder: Path, settings: SettingsFile) -> None:
        self.folder = folder
        self.settings = settings
        self.digests: dict[str, str] = {}
        self.findings: list[Finding] = []

    def keep(self, result: tuple[Result, tuple[Finding, ...]]) -> Result:
        """Keep the findings of a result and return the rest."""
        self.findings += result[1]
        return result[0]

    def find_files(self, key: str) -> tuple[str, ...]:
        """Return the files of an entry of the inputs, with their digests taken."""
        given = getattr(self.settings.scenario.inputs, key)
        return self.find_named(("inputs", key), given)

    def find_named(self, entry: KeyPath, given: str | tuple[str, ...] | None) -> tuple[str, ...]:
        """Return the files that an entry of the settings names, with their digests taken."""
        names = self.keep(find_files(self.folder, self.settings, entry, given))
        for name in names:
            # Why a file cannot be read is told by its reader.
            with suppress(OSError), (self.folder / name).open("rb") as stream:
                self.digests[name] = hashlib.file_digest(stream, "sha256").hexdigest()
        return names

    def read_records(
        self,
        key: str,
        table: Table,
        build: Callable[[Iterable[Row]], tuple[Result, tuple[Finding, ...]]],
    ) -> Result:
        """Return what the rows of an entry hold; without a table there are no rows."""
        return self.keep(build(self.read_table(key, table) or ()))

    def read_table(self, key: str, table: Table) -> Sequence[Row] | None:
        """Return the rows of all sheets of an entry; None if no table could be found at all.

        Where there are MANY_ROWS or more, text tables are read in columns; Parquet files always.
        """
        rows: list[Row] = []
        columns: list[RowColumns] = []
        num_tables = 0
        for name in self.find_files(key):
            num_rows = len(rows) + sum(map(len, columns))
            found = read_tables(self.folder / name, name, min_lines=MANY_ROWS - num_rows)
            sheets = self.keep(found)
            blocks = [(sheet, *find_header(sheet, table)) for sheet in sheets]
            tables = [block for _sheet, block, _findings in blocks if block]
            if sheets and not tables:
                params = name_expected(table)
                place = Place(name)
                self.findings.append(Finding("load.no_table", Severity.ERROR, place, params))
                continue
            for sheet, block, findings in blocks:
                self.findings += findings
                if block and isinstance(sheet, ColumnSheet):
                    columns.append(self.keep(read_row_columns(sheet, block)))
                elif block and isinstance(sheet, Sheet):
                    rows += self.keep(read_rows(sheet, block))
                else:
                    self._tell_ignored(sheet)
            num_tables += len(tables)
        if columns:
            ids = {c.field for c in table.columns.values() if c.value_type == "id"}
            return join_rows([*columns, *convert_rows(rows, ids)])
        return rows if num_tables else None

    def _tell_ignored(self, sheet: Sheet | ColumnSheet) -> None:
        if sheet.name in _OWN_SHEETS or isinstance(sheet, ColumnSheet):
            return
        if any(cell is not None for row in sheet.rows for cell in row):
            place = Place(sheet.file, sheet.name)
            params = {"sheet": sheet.name}
            self.findings.append(Finding("load.sheet_ignored", Severity.NOTE, place, params))


def name_expected(table: Table) -> dict[str, str]:
    """Return which columns a table needs, for the finding that there is none."""
    wanted = [field for field, column in table.columns.items() if column.required]
    fields = list(dict.fromkeys([*wanted, *(k for k in table.keys if k in table.columns)]))
    # Both names: people who write CSV files by hand know the columns by their field names.
    headers = [f"{table.columns[field].header} ({field})" for field in fields]
    return {"columns": ", ".join(headers), "table": table.name}


def read_built(
    reading: Reading, names: tuple[str, ...], ids: Ids, table: Table, build: Build[Result]
) -> list[tuple[str, str, Result]]:
    """Return what the sheets of files hold, with file and sheet; a file without a table is told."""
    found = []
    for name in names:
        sheets = reading.keep(read_sheets(reading.folder / name, name))
        results = [(sheet.name, build(sheet, ids)) for sheet in sheets]
        tables = [sheet for sheet, (result, _findings) in results if result is not None]
        for sheet, built in results:
            # Beside the table, a sheet that only resembles one (a list of units) is no fault.
            result = reading.keep(built) if built[0] is not None or not tables else None
            if result is not None:
                found.append((name, sheet, result))
        if not tables and not any(f.place.file == name for f in reading.findings):
            finding = Finding("load.no_table", Severity.ERROR, Place(name), name_expected(table))
            reading.findings.append(finding)
    return found
