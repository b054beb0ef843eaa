"""A scenario folder to inputs: settings, tables, digests and every finding on the way."""

from collections.abc import Sequence
from pathlib import Path

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import ExternalScores, Inputs, PairSet
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.tables import join_records, list_ids
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.load.actiontable import read_actions
from pairmatch.load.departments import read_own_departments
from pairmatch.load.duties import read_events
from pairmatch.load.inheritance import read_layered
from pairmatch.load.readers.sheets import Sheet
from pairmatch.load.reading import Build, Ids, Reading, Result, read_built
from pairmatch.load.records.capacities import build_capacities
from pairmatch.load.records.loads import build_loads
from pairmatch.load.records.pair_sets import build_pair_set, join_pair_sets, list_pair_set
from pairmatch.load.records.references import (
    build_counties,
    build_distances,
    build_previous,
    check_pair_settings,
    check_unit_references,
    index_known,
)
from pairmatch.load.records.rowcolumns import RowColumns
from pairmatch.load.records.rows import Row
from pairmatch.load.records.score_tables import build_scores
from pairmatch.load.records.tables import (
    Table,
    describe_capacities,
    describe_counties,
    describe_distances,
    describe_loads,
    describe_pairs,
    describe_previous,
    describe_scores,
    describe_units,
    describe_villages,
)
from pairmatch.load.records.units import build_units, list_extra_units
from pairmatch.load.records.unittables import build_unit_table
from pairmatch.load.records.villages import build_villages, list_extra_villages
from pairmatch.load.records.villagetables import build_village_table
from pairmatch.load.taxonomy import read_taxonomy


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
    layered = read_layered(folder)
    if layered.settings is None:
        return None, _sort(layered.findings)
    reading = Reading(folder, layered.settings)
    reading.digests |= layered.digests
    inputs = _read_inputs(reading)
    return inputs, _sort(reading.findings)


def _sort(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.sort_key))


def _read_inputs(reading: Reading) -> Inputs | None:
    scenario, taxonomy = reading.settings.scenario, read_taxonomy()
    unit_rows = reading.read_table("units", describe_units(taxonomy))
    village_rows = reading.read_table("villages", describe_villages(taxonomy))
    units, extra_units = _build_units(reading, unit_rows or (), taxonomy)
    villages, extra_villages = _build_villages(reading, village_rows or (), taxonomy)
    counties = reading.read_records("counties", describe_counties(), build_counties)
    distances = reading.read_records("distances", describe_distances(), build_distances)
    known = index_known(units, villages, counties)
    reading.findings += check_unit_references(join_records(units, extra_units), known)
    reading.findings += check_pair_settings(reading.settings, known)
    ids = list(list_ids(units)), list(list_ids(villages))
    inputs = Inputs(
        scenario=scenario,
        taxonomy=taxonomy,
        units=units,
        villages=villages,
        scores=_read_scores(reading, ids),
        previous=reading.read_records(
            "previous", describe_previous(), lambda rows: build_previous(rows, known)
        ),
        loads=_read_one(reading, "loads", ids, describe_loads(), build_loads) or (),
        capacities=reading.read_records(
            "capacities", describe_capacities(), lambda rows: build_capacities(rows, known)
        ),
        quota_pairs=_read_quota_pairs(reading, ids),
        counties=counties,
        distances=distances,
        events=read_events(reading, known.counties),
        departments=read_own_departments(reading, taxonomy),
        actions=read_actions(reading, taxonomy),
        extra_units=extra_units,
        extra_villages=extra_villages,
        digests=dict(sorted(reading.digests.items())),  # the last: all files are read by now
    )
    return None if unit_rows is None or village_rows is None else inputs


def _build_units(
    reading: Reading, rows: Sequence[Row], taxonomy: Taxonomy
) -> tuple[Sequence[Unit], Sequence[Unit]]:
    """Return the units of all rows, and those of rows that are left out."""
    if isinstance(rows, RowColumns):
        table, extra, findings = build_unit_table(rows, taxonomy)
        reading.findings += findings
        return table, extra
    units = reading.keep(build_units(rows, taxonomy))
    return units, list_extra_units(rows, taxonomy, units)


def _build_villages(
    reading: Reading, rows: Sequence[Row], taxonomy: Taxonomy
) -> tuple[Sequence[Village], Sequence[Village]]:
    """Return the villages of all rows, and those of rows that are left out."""
    if isinstance(rows, RowColumns):
        table, extra, findings = build_village_table(rows, taxonomy)
        reading.findings += findings
        return table, extra
    villages = reading.keep(build_villages(rows, taxonomy))
    return villages, list_extra_villages(rows, taxonomy, villages)


def _read_scores(reading: Reading, ids: Ids) -> ExternalScores | None:
    steps = reading.settings.scenario.scoring.steps_per_point

    def build(sheet: Sheet, ids: Ids) -> tuple[ExternalScores | None, tuple[Finding, ...]]:
        return build_scores(sheet, ids, steps)

    return _read_one(reading, "scores", ids, describe_scores(), build)


def _read_one(
    reading: Reading, key: str, ids: Ids, table: Table, build: Build[Result]
) -> Result | None:
    """Return what an entry of the inputs holds that may have one file and one table only."""
    names = reading.find_files(key)
    if len(names) > 1:
        params = {"key": key, "files": "、".join(names)}
        finding = Finding("load.many_files", Severity.ERROR, Place(names[0]), params)
        reading.findings.append(finding)
        return None
    found = read_built(reading, names, ids, table, build)
    if len(found) > 1:
        params = {"key": key, "sheets": "、".join(sheet for _file, sheet, _result in found)}
        finding = Finding("load.many_sheets", Severity.ERROR, Place(names[0]), params)
        reading.findings.append(finding)
    return found[-1][2] if found else None


def _read_quota_pairs(reading: Reading, ids: Ids) -> dict[int, PairSet]:
    """Return the pairs of each quota that lists some; a file is read once, however many name it."""
    files: dict[str, PairSet] = {}
    found: dict[int, PairSet] = {}
    for k, quota in enumerate(reading.settings.scenario.quota):
        if isinstance(quota.pairs, tuple):
            found[k] = list_pair_set(quota.pairs, ids)
        elif quota.pairs is not None:
            names = reading.find_named(("quota", k, "pairs"), quota.pairs)
            for name in (name for name in names if name not in files):
                built = read_built(reading, (name,), ids, describe_pairs(), build_pair_set)
                files[name] = join_pair_sets(pairs for _file, _sheet, pairs in built)
            found[k] = join_pair_sets(files[name] for name in names)
    return found
