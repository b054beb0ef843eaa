"""Rows of a large unit table to a table of units, by the rules of `units`."""

import numpy as np

from pairmatch.domain.findings import Finding
from pairmatch.domain.listings import list_first
from pairmatch.domain.tablecolumns import FloatArray, Rows, make_coded
from pairmatch.domain.tables import UnitTable
from pairmatch.domain.taxonomy import Taxonomy, drop_section
from pairmatch.load.records.rowcolumns import RowColumns
from pairmatch.load.records.rowreading import MORE
from pairmatch.load.records.units import EVERYWHERE, PLACED, tell_missing_id
from pairmatch.load.records.villagetables import split_rows, take_numbers, tell_doubles


def build_unit_table(
    rows: RowColumns, taxonomy: Taxonomy
) -> tuple[UnitTable, UnitTable, tuple[Finding, ...]]:
    """Return the units of all rows, sorted by id, those left out, and what is wrong with ids.

    Parameters
    ----------
    rows
        The rows.
    taxonomy
        The capabilities.

    Returns
    -------
    tuple
        What `build_units` and `list_extra_units` return for the same rows.
    """
    kept, nameless, doubles = split_rows(rows.list_texts("unit_id"))
    left_out = np.sort(np.append(nameless, np.fromiter(doubles, np.intp, len(doubles))))
    findings = tell_doubles(rows, doubles, "unit_id")
    lacking = [row for row in nameless.tolist() if tell_missing_id(rows[row])]
    findings += list_first(lacking, lambda row: tell_missing_id(rows[row]), MORE)
    units = _make_table(rows, kept, taxonomy)
    extra = _make_table(rows, left_out, taxonomy) if len(left_out) else units.take(left_out)
    return units, extra, tuple(findings)


def _make_table(rows: RowColumns, taken: Rows, taxonomy: Taxonomy) -> UnitTable:
    own = rows.take(taken)
    capabilities = tuple(c.capability_id for c in taxonomy.capabilities)
    levels = np.zeros((len(taken), len(capabilities)), dtype=np.int8)
    for k, name in enumerate(capabilities):
        if name in own.fields:
            levels[:, k] = take_numbers(own, name, 0)
    scope, codes = own.find_names("scope_counties"), own.find_names("industry_codes")
    nearby = [() if EVERYWHERE.intersection(names) else names for names in scope.items]
    least = take_numbers(own, "capacity_min", 0)
    return UnitTable(
        ids=tuple(own.list_texts("unit_id")),
        places=own.take_places(np.arange(len(taken)), PLACED),
        placed=PLACED,
        name=own.find_texts("name"),
        tier=own.find_texts("tier"),
        kind=own.find_texts("kind"),
        county=own.find_texts("county"),
        scope_counties=make_coded(scope.codes, nearby),
        industry_codes=make_coded(
            codes.codes, [tuple(map(drop_section, names)) for names in codes.items]
        ),
        capabilities=capabilities,
        levels=levels,
        budget_low=_find_numbers(own, "budget_low"),
        budget_high=_find_numbers(own, "budget_high"),
        team_size=own.find_whole("team_size"),
        credit_ok=own.find_truths("credit_ok"),
        scale_ok=own.find_truths("scale_ok"),
        willing=own.find_truths("willing"),
        influence_ok=own.find_truths("influence_ok"),
        conflicts=own.find_names("conflicts"),
        wishes=own.find_names("wishes"),
        refusals=own.find_names("refusals"),
        capacity_min=least,
        capacity_max=take_numbers(own, "capacity_max", np.maximum(1, least)),
        synthetic=own.find_texts("data_status").match(lambda text: text == "synthetic"),
    )


def _find_numbers(rows: RowColumns, name: str) -> FloatArray:
    found = rows.find_values(name)
    numbers = [v if isinstance(v, int | float) else np.nan for v in found.items]
    return np.array(numbers, dtype=np.float64)[found.codes]
