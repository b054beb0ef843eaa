"""The ledger of pairs of a country: every point with its rule and its reason, where it is shown."""

from dataclasses import replace

import numpy as np

from pairmatch.domain.candidates import Candidates, DescribedReasons, Reason
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.scores import RuleColumn, ScoreTable
from pairmatch.score.city import add_columns
from pairmatch.score.countrysides import CountrySides, list_county_pairs, score_pairs
from pairmatch.score.sides import freeze

NO_REASON = Reason("", "")
"""Of a county's rule where it gives nothing: pairs in other counties."""


def list_ledger(sides: CountrySides, unit_idx: IndexArray, village_idx: IndexArray) -> ScoreTable:
    """Return the ledger of some eligible pairs, in order of unit and village.

    The rules of a county see all its pairs, as they must; of their points those of the pairs
    asked for are kept.
    """
    pairs = sides.list_pairs(unit_idx, village_idx)
    table, _exclusions = score_pairs(sides, pairs, with_plugins=False)
    columns = list(table.columns)
    for county in sides.counties_with_rules:
        columns += _list_county_columns(sides, pairs, sides.list_villages(county))
    return add_columns(pairs, columns)


def _list_county_columns(
    sides: CountrySides, pairs: Candidates, villages: IndexArray
) -> list[RuleColumn]:
    """Return what the rules of one county give the pairs that are in its villages."""
    width = len(sides.candidates.villages.records)
    wanted = pairs.unit_idx.astype(np.int64) * width + pairs.village_idx
    found: dict[str, _Kept] = {}
    for everyone in list_county_pairs(sides, villages):
        table, _exclusions = score_pairs(sides, everyone)
        own = table.candidates.unit_idx.astype(np.int64) * width + table.candidates.village_idx
        rows = np.flatnonzero(np.isin(own, wanted))
        at = np.searchsorted(wanted, own[rows])
        for column in (column for column in table.columns if column.plugin):
            if column.rule_id not in found:
                found[column.rule_id] = _Kept(column, len(pairs))
            found[column.rule_id].keep(column, rows, at)
    return [kept.build() for kept in found.values()]


class _Kept:
    """What a rule gives the pairs asked for, gathered from parts of its county."""

    def __init__(self, column: RuleColumn, num_pairs: int) -> None:
        self._column = column
        self._ends: IntArray = np.zeros((3, num_pairs), dtype=np.int64)
        self._reasons: dict[int, Reason] = {}

    def keep(self, column: RuleColumn, rows: IntArray, at: IntArray) -> None:
        """Keep some rows of a part, which are the pairs `at`."""
        self._ends[:, at] = [end[rows] for end in (column.points, column.low, column.high)]
        told = zip(at.tolist(), rows.tolist(), strict=True)
        self._reasons |= {k: column.reasons[row] for k, row in told}

    def build(self) -> RuleColumn:
        """Return the column over the pairs asked for."""
        points, low, high = map(freeze, self._ends)
        reasons = self._reasons
        described = DescribedReasons(len(points), lambda k: reasons.get(k, NO_REASON))
        return replace(self._column, points=points, low=low, high=high, reasons=described)
