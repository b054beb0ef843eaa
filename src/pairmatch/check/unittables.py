"""The checks of units for large tables: arrays say which rows to look at, records what is told."""

from collections.abc import Callable, Iterable, Iterator, Set
from functools import partial

from pairmatch.check.units import (
    check_budget,
    check_capacity,
    check_county,
    check_industries,
    check_known_counties,
    check_offer,
    is_known_industry,
)
from pairmatch.check.villagetables import MORE
from pairmatch.domain.findings import Finding
from pairmatch.domain.listings import list_first
from pairmatch.domain.records import Unit
from pairmatch.domain.tablecolumns import BoolArray
from pairmatch.domain.tables import UnitTable
from pairmatch.domain.taxonomy import Taxonomy


def check_unit_table(
    units: UnitTable, everyone: UnitTable, counties: Set[str], taxonomy: Taxonomy
) -> Iterator[Finding]:
    """Yield what `check_units` finds, at most MAX_LISTED of a kind.

    Parameters
    ----------
    units
        The units.
    everyone
        The same and those of rows without an id of their own.
    counties
        The counties there are.
    taxonomy
        The industries.
    """
    for suspects, check in _list_checks(units, everyone, counties, taxonomy):
        rows = everyone.places.order_rows(suspects)
        yield from list_first(rows, partial(_check_row, everyone, check), MORE)


def _check_row(
    units: UnitTable, check: Callable[[Unit], Iterable[Finding]], row: int
) -> Iterable[Finding]:
    return check(units[row])


def _list_checks(
    units: UnitTable, everyone: UnitTable, counties: Set[str], taxonomy: Taxonomy
) -> Iterator[tuple[BoolArray, Callable[[Unit], Iterable[Finding]]]]:
    yield everyone.capacity_min > everyone.capacity_max, check_capacity
    yield everyone.budget_low > everyone.budget_high, check_budget
    homeless = everyone.tier.match(lambda tier: tier == "county")
    yield homeless & everyone.county.match(lambda county: not county), check_county
    if counties:
        strange = everyone.county.match(lambda county: bool(county) and county not in counties)
        strange |= everyone.scope_counties.match(lambda scope: not counties >= set(scope) - {""})
        yield strange, lambda unit: check_known_counties(unit, counties)
    unknown = everyone.industry_codes.match(
        lambda codes: not all(is_known_industry(code, taxonomy) for code in codes)
    )
    yield unknown, lambda unit: check_industries(unit, taxonomy)
    if units.levels.any():
        idle: BoolArray = everyone.levels.max(axis=1, initial=0) == 0
        yield idle, check_offer
