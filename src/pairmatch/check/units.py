"""Units: bounds, counties, industries, and what they offer."""

from collections.abc import Iterator, Set

from pairmatch.check.closeness import find_closest
from pairmatch.check.villages import show_number
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.records import Unit
from pairmatch.domain.tables import UnitTable, join_records, list_texts
from pairmatch.domain.taxonomy import Taxonomy


def check_units(inputs: Inputs) -> tuple[Finding, ...]:
    """Return findings on the units of a scenario.

    Parameters
    ----------
    inputs
        The inputs; counties are known from the villages and the county table.
    """
    counties = list_counties(inputs)
    everyone = join_records(inputs.units, inputs.extra_units)
    if isinstance(inputs.units, UnitTable) and isinstance(everyone, UnitTable):
        from pairmatch.check.unittables import check_unit_table

        return tuple(check_unit_table(inputs.units, everyone, counties, inputs.taxonomy))
    any_capability = any(unit.capabilities for unit in inputs.units)
    findings: list[Finding] = []
    for unit in everyone:
        findings += check_capacity(unit)
        findings += check_budget(unit)
        findings += check_county(unit)
        findings += check_known_counties(unit, counties)
        findings += check_industries(unit, inputs.taxonomy)
        if any_capability:
            findings += check_offer(unit)
    return tuple(findings)


def list_counties(inputs: Inputs) -> frozenset[str]:
    """Return the counties that are known from the villages and the county table."""
    named = list_texts(inputs.villages, "county") | list_texts(inputs.extra_villages, "county")
    return frozenset((named - {""}) | {county.name for county in inputs.counties})


def show_unit(unit: Unit) -> str:
    """Return how a unit is called in a finding: name and id."""
    return (
        f"{unit.name}（{unit.unit_id}）"
        if unit.name and unit.unit_id
        else unit.name or unit.unit_id
    )


def check_capacity(unit: Unit) -> Iterator[Finding]:
    """Yield a finding if the least number of villages is above the most."""
    if unit.capacity_min > unit.capacity_max:
        params = {
            "name": show_unit(unit),
            "min": str(unit.capacity_min),
            "max": str(unit.capacity_max),
        }
        place = unit.place_of("capacity_min")
        yield Finding("check.capacity_crossed", Severity.ERROR, place, params)


def check_budget(unit: Unit) -> Iterator[Finding]:
    """Yield a finding if the lower end of the budget is above the upper."""
    low, high = unit.budget_low, unit.budget_high
    if low is not None and high is not None and low > high:
        params = {"name": show_unit(unit), "min": show_number(low), "max": show_number(high)}
        place = unit.place_of("budget_low")
        yield Finding("check.budget_crossed", Severity.ERROR, place, params)


def check_county(unit: Unit) -> Iterator[Finding]:
    """Yield a finding if a unit of a county does not say which."""
    if unit.tier == "county" and not unit.county:
        params = {"name": show_unit(unit)}
        place = unit.place_of("county")
        yield Finding("check.county_unit_without_county", Severity.ERROR, place, params)


def check_known_counties(unit: Unit, counties: Set[str]) -> Iterator[Finding]:
    """Yield a finding for each county that a unit names and nobody knows, if any are known."""
    if not counties:
        return
    for county in dict.fromkeys((unit.county, *unit.scope_counties)):
        if county and county not in counties:
            closest = find_closest(county, counties)
            params = {"name": show_unit(unit), "county": county, "closest": closest}
            place = unit.place_of("county" if county == unit.county else "scope_counties")
            yield Finding("check.unknown_county", Severity.ERROR, place, params)


def check_industries(unit: Unit, taxonomy: Taxonomy) -> Iterator[Finding]:
    """Yield a finding for each industry code that there is not."""
    for code in unit.industry_codes:
        if is_known_industry(code, taxonomy):
            continue
        closest = find_closest(code, frozenset(taxonomy.industries))
        name = taxonomy.industries.get(closest, "")
        params = {"name": show_unit(unit), "code": code, "closest": f"{closest} {name}".strip()}
        place = unit.place_of("industry_codes")
        yield Finding("check.unknown_industry", Severity.WARNING, place, params)


def check_offer(unit: Unit) -> Iterator[Finding]:
    """Yield a finding if a unit offers nothing."""
    if not unit.capabilities:
        params = {"name": show_unit(unit)}
        yield Finding("check.unit_no_capability", Severity.WARNING, unit.place, params)


def is_known_industry(code: str, taxonomy: Taxonomy) -> bool:
    """Whether there is an industry of a code."""
    if code in taxonomy.industries:
        return True
    # The table has all divisions but only some classes: 1392 is a class of division 13.
    is_class = code.isascii() and code.isdigit() and len(code) in (3, 4)
    return is_class and code[:2] in taxonomy.industries
