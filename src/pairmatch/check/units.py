"""Units: bounds, counties, industries, and what they offer."""

from collections.abc import Iterator

from pairmatch.check.closeness import find_closest
from pairmatch.check.villages import show_number
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.records import Unit
from pairmatch.domain.taxonomy import Taxonomy


def check_units(inputs: Inputs) -> tuple[Finding, ...]:
    """Return findings on the units of a scenario.

    Parameters
    ----------
    inputs
        The inputs; counties are known from the villages and the county table.
    """
    counties = {village.county for village in inputs.villages if village.county}
    counties |= {village.county for village in inputs.extra_villages if village.county}
    counties |= {county.name for county in inputs.counties}
    any_capability = any(unit.capabilities for unit in inputs.units)
    findings: list[Finding] = []
    for unit in (*inputs.units, *inputs.extra_units):
        findings += _check_bounds(unit)
        findings += _check_counties(unit, counties)
        findings += _check_industries(unit, inputs.taxonomy)
        if any_capability and not unit.capabilities:
            params = {"name": show_unit(unit)}
            findings.append(
                Finding("check.unit_no_capability", Severity.WARNING, unit.place, params)
            )
    return tuple(findings)


def show_unit(unit: Unit) -> str:
    """Return how a unit is called in a finding: name and id."""
    return (
        f"{unit.name}（{unit.unit_id}）"
        if unit.name and unit.unit_id
        else unit.name or unit.unit_id
    )


def _check_bounds(unit: Unit) -> Iterator[Finding]:
    if unit.capacity_min > unit.capacity_max:
        params = {
            "name": show_unit(unit),
            "min": str(unit.capacity_min),
            "max": str(unit.capacity_max),
        }
        place = unit.place_of("capacity_min")
        yield Finding("check.capacity_crossed", Severity.ERROR, place, params)
    low, high = unit.budget_low, unit.budget_high
    if low is not None and high is not None and low > high:
        params = {"name": show_unit(unit), "min": show_number(low), "max": show_number(high)}
        place = unit.place_of("budget_low")
        yield Finding("check.budget_crossed", Severity.ERROR, place, params)


def _check_counties(unit: Unit, counties: set[str]) -> Iterator[Finding]:
    if unit.tier == "county" and not unit.county:
        params = {"name": show_unit(unit)}
        place = unit.place_of("county")
        yield Finding("check.county_unit_without_county", Severity.ERROR, place, params)
    if not counties:
        return
    for county in dict.fromkeys((unit.county, *unit.scope_counties)):
        if county and county not in counties:
            closest = find_closest(county, counties)
            params = {"name": show_unit(unit), "county": county, "closest": closest}
            place = unit.place_of("county" if county == unit.county else "scope_counties")
            yield Finding("check.unknown_county", Severity.ERROR, place, params)


def _check_industries(unit: Unit, taxonomy: Taxonomy) -> Iterator[Finding]:
    for code in unit.industry_codes:
        if code in taxonomy.industries or _has_known_parent(code, taxonomy):
            continue
        closest = find_closest(code, set(taxonomy.industries))
        name = taxonomy.industries.get(closest, "")
        params = {"name": show_unit(unit), "code": code, "closest": f"{closest} {name}".strip()}
        place = unit.place_of("industry_codes")
        yield Finding("check.unknown_industry", Severity.WARNING, place, params)


def _has_known_parent(code: str, taxonomy: Taxonomy) -> bool:
    # The table has all divisions but only some classes: 1392 is a class of division 13.
    is_class = code.isascii() and code.isdigit() and len(code) in (3, 4)
    return is_class and code[:2] in taxonomy.industries
