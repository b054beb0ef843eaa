"""The pairs that a quota counts: from a table of their own, or from a list in the settings."""

from collections.abc import Iterable, Sequence

import numpy as np

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import PairSet
from pairmatch.load.readers.sheets import Sheet
from pairmatch.load.records.pair_tables import find_ids, open_pair_table, sort_rows
from pairmatch.load.records.tables import describe_pairs


def build_pair_set(
    sheet: Sheet, ids: tuple[Sequence[str], Sequence[str]]
) -> tuple[PairSet | None, tuple[Finding, ...]]:
    """Return the pairs of a table; a pair that stands there twice counts once, and is noted.

    Parameters
    ----------
    sheet
        The sheet that holds the table.
    ids
        The unit ids and the village ids, each sorted.

    Returns
    -------
    tuple
        None if the table has no usable header.
    """
    table, findings = open_pair_table(sheet, describe_pairs(), ("unit_id", "village_id"))
    if table is None:
        return None, findings
    units = find_ids(table, "unit_id", ids[0], "pair_unit")
    villages = find_ids(table, "village_id", ids[1], "pair_village")
    good = np.flatnonzero((units >= 0) & (villages >= 0))
    kept, doubles, _firsts = sort_rows(good, (units, villages))
    findings = tuple(table.faults.findings)
    if len(doubles):
        place = Place(sheet.file, sheet.name, int(table.rows[doubles[0]]))
        params = {"count": str(len(doubles))}
        findings += (Finding("load.pairs_double", Severity.NOTE, place, params),)
    return PairSet(units[kept], villages[kept]), findings


def list_pair_set(
    pairs: Iterable[tuple[str, str]], ids: tuple[Sequence[str], Sequence[str]]
) -> PairSet:
    """Return pairs of ids as a set; those whose ids nobody knows are told elsewhere."""
    units, villages = ({text: k for k, text in enumerate(side)} for side in ids)
    found = {(units[u], villages[v]) for u, v in pairs if u in units and v in villages}
    return _freeze(np.array(sorted(found), dtype=np.int32).reshape(-1, 2))


def join_pair_sets(sets: Iterable[PairSet]) -> PairSet:
    """Return the pairs of all sets together."""
    columns = [np.stack((s.unit_idx, s.village_idx), axis=1) for s in sets]
    joined = np.concatenate([np.zeros((0, 2), dtype=np.int32), *columns])
    return _freeze(np.unique(joined, axis=0).astype(np.int32))


def _freeze(rows: "np.ndarray[tuple[int, int], np.dtype[np.int32]]") -> PairSet:
    units, villages = rows[:, 0].copy(), rows[:, 1].copy()
    for array in (units, villages):
        array.flags.writeable = False
    return PairSet(units, villages)
