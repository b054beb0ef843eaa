"""A scenario folder to inputs: settings, tables, digests and every finding on the way."""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import ExternalScores, Inputs
from pairmatch.domain.records import Unit, Village
from pairmatch.errors import BadInputError
from pairmatch.load.paths import find_files
from pairmatch.load.readers.files import read_sheets
from pairmatch.load.readers.textfiles import describe_os_error
from pairmatch.load.records.headers import find_header
from pairmatch.load.records.references import (
    build_counties,
    build_distances,
    build_previous,
    check_pair_settings,
    check_unit_references,
    index_known,
)
from pairmatch.load.records.rows import Row, read_rows
from pairmatch.load.records.score_tables import build_scores
from pairmatch.load.records.tables import (
    Table,
    describe_counties,
    describe_distances,
    describe_previous,
    describe_scores,
    describe_units,
    describe_villages,
)
from pairmatch.load.records.units import build_units, list_extra_units
from pairmatch.load.records.villages import build_villages, list_extra_villages
from pairmatch.load.settings import SettingsFile, read_settings
from pairmatch.load.taxonomy import read_taxonomy

Result = TypeVar("Result")

SETTINGS_FILE = "scenario.toml"
_OWN_SHEETS = frozenset({"填表说明", "选项", "说明"})
"""Sheets beside the table in the workbooks we write ourselves: no news to anyone."""


def read_scenario(folder: Path) -> tuple[Inputs | None, tuple[Finding, ...]]:
    """Read everything a scenario folder holds.

    Parameters
    ----------
    folder
        The scenario: a folder with ``scenario.toml``.

    Returns
    -------
    tuple
        The inputs, with units and villages sorted by id, and all findings in listing order. The
        inputs are None only if the settings cannot be used or the units or villages are missing.

    Raises
    ------
    BadInputError
        If the folder or its ``scenario.toml`` does not exist.
    """
    if not folder.is_dir():
        raise BadInputError("load.folder_missing", folder=str(folder))
    path = folder / SETTINGS_FILE
    if not path.is_file():
        raise BadInputError("load.settings_missing", folder=str(folder), file=SETTINGS_FILE)
    try:
        data = path.read_bytes()
    except OSError as error:
        return None, (describe_os_error(error, SETTINGS_FILE),)
    settings, findings = read_settings(data, SETTINGS_FILE)
    if settings is None:
        return None, _sort(list(findings))
    reading = _Reading(folder, settings)
    reading.digests[SETTINGS_FILE] = hashlib.sha256(data).hexdigest()
    inputs = _read_inputs(reading)
    return inputs, _sort(reading.findings)


def _sort(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.sort_key))


class _Reading:
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
        """Return the files of an entry, with their digests taken."""
        names = self.keep(find_files(self.folder, self.settings, key))
        for name in names:
            # Why a file cannot be read is told by its reader.
            with suppress(OSError), (self.folder / name).open("rb") as stream:
                self.digests[name] = hashlib.file_digest(stream, "sha256").hexdigest()
        return names

    def read_table(self, key: str, table: Table) -> list[Row] | None:
        """Return the rows of all sheets of an entry; None if no table could be found at all."""
        rows: list[Row] = []
        num_tables = 0
        for name in self.find_files(key):
            sheets = self.keep(read_sheets(self.folder / name, name))
            blocks = [(sheet, *find_header(sheet, table)) for sheet in sheets]
            tables = [block for _sheet, block, _findings in blocks if block]
            if sheets and not tables:
                params = _name_expected(table)
                place = Place(name)
                self.findings.append(Finding("load.no_table", Severity.ERROR, place, params))
                continue
            for sheet, block, findings in blocks:
                self.findings += findings
                if block:
                    rows += self.keep(read_rows(sheet, block))
                elif sheet.name not in _OWN_SHEETS and any(
                    cell is not None for row in sheet.rows for cell in row
                ):
                    place = Place(name, sheet.name)
                    params = {"sheet": sheet.name}
                    self.findings.append(
                        Finding("load.sheet_ignored", Severity.NOTE, place, params)
                    )
            num_tables += len(tables)
        return rows if num_tables else None


def _name_expected(table: Table) -> dict[str, str]:
    wanted = [field for field, column in table.columns.items() if column.required]
    fields = list(dict.fromkeys([*wanted, *(k for k in table.keys if k in table.columns)]))
    # Both names: people who write CSV files by hand know the columns by their field names.
    headers = [f"{table.columns[field].header} ({field})" for field in fields]
    return {"columns": ", ".join(headers), "table": table.name}


def _read_inputs(reading: _Reading) -> Inputs | None:
    scenario = reading.settings.scenario
    taxonomy = read_taxonomy()
    unit_rows = reading.read_table("units", describe_units(taxonomy))
    village_rows = reading.read_table("villages", describe_villages(taxonomy))
    units = reading.keep(build_units(unit_rows or (), taxonomy))
    villages = reading.keep(build_villages(village_rows or (), taxonomy))
    county_rows = reading.read_table("counties", describe_counties())
    counties = reading.keep(build_counties(county_rows or ()))
    distance_rows = reading.read_table("distances", describe_distances())
    distances = reading.keep(build_distances(distance_rows or ()))
    known = index_known(units, villages, counties)
    extra_units = list_extra_units(unit_rows or (), taxonomy, units)
    extra_villages = list_extra_villages(village_rows or (), taxonomy, villages)
    reading.keep((None, check_unit_references((*units, *extra_units), known)))
    reading.keep((None, check_pair_settings(reading.settings, known)))
    previous_rows = reading.read_table("previous", describe_previous())
    previous = reading.keep(build_previous(previous_rows or (), known))
    scores = _read_scores(reading, units, villages)
    if unit_rows is None or village_rows is None:
        return None
    return Inputs(
        scenario=scenario,
        taxonomy=taxonomy,
        units=units,
        villages=villages,
        scores=scores,
        previous=previous,
        counties=counties,
        distances=distances,
        digests={name: reading.digests[name] for name in sorted(reading.digests)},
        extra_units=extra_units,
        extra_villages=extra_villages,
    )


def _read_scores(
    reading: _Reading, units: tuple[Unit, ...], villages: tuple[Village, ...]
) -> ExternalScores | None:
    names = reading.find_files("scores")
    if not names:
        return None
    name = names[0]
    if len(names) > 1:
        params = {"files": "、".join(names)}
        reading.findings.append(Finding("load.many_scores", Severity.ERROR, Place(name), params))
        return None
    ids = [unit.unit_id for unit in units], [village.village_id for village in villages]
    steps = reading.settings.scenario.scoring.steps_per_point
    sheets = reading.keep(read_sheets(reading.folder / name, name))
    results = [(sheet.name, build_scores(sheet, ids, steps)) for sheet in sheets]
    tables = [sheet for sheet, (found, _findings) in results if found is not None]
    scores = None
    for _sheet, result in results:
        # Beside the table, a sheet that only resembles one (a list of units) is no fault.
        if result[0] is not None or not tables:
            scores = reading.keep(result) or scores
    if len(tables) > 1:
        params = {"sheets": "、".join(tables)}
        finding = Finding("load.many_score_sheets", Severity.ERROR, Place(name), params)
        reading.findings.append(finding)
    if scores is None and not any(f.place.file == name for f in reading.findings):
        params = _name_expected(describe_scores())
        reading.findings.append(Finding("load.no_table", Severity.ERROR, Place(name), params))
    return scores
