"""All cross-checks of a scenario's inputs; the cells themselves were checked when read."""

from collections.abc import Iterator

from pairmatch.check.completeness import check_completeness
from pairmatch.check.goals import check_goals
from pairmatch.check.quotas import check_quotas
from pairmatch.check.resources import check_resources
from pairmatch.check.units import check_units
from pairmatch.check.villages import check_village_counties, check_villages
from pairmatch.check.villagetables import (
    check_complete_table,
    check_county_table,
    check_village_table,
    check_wish_table,
)
from pairmatch.check.wishes import check_wishes
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.tables import VillageTable, join_records


def check_inputs(inputs: Inputs) -> tuple[Finding, ...]:
    """Return everything that does not fit together, in listing order.

    References by id were joined when the tables were read; here values are compared with each
    other: within a village, among the villages of a township, between units, counties and quotas,
    between loads and capacities.

    Parameters
    ----------
    inputs
        The inputs of a scenario.
    """
    findings: list[Finding] = []
    if not inputs.units:
        findings.append(Finding("check.no_units", Severity.WARNING))
    if not inputs.villages:
        findings.append(Finding("check.no_villages", Severity.WARNING))
    findings += _check_villages(inputs)
    findings += check_units(inputs)
    findings += check_quotas(inputs)
    findings += check_resources(inputs)
    findings += check_goals(inputs)
    return tuple(sorted(findings, key=lambda finding: finding.sort_key))


def _check_villages(inputs: Inputs) -> Iterator[Finding]:
    villages, taxonomy, counties = inputs.villages, inputs.taxonomy, inputs.counties
    everyone = join_records(villages, inputs.extra_villages)
    if isinstance(villages, VillageTable) and isinstance(everyone, VillageTable):
        yield from check_village_table(villages, everyone, taxonomy)
        yield from check_county_table(everyone, counties)
        yield from check_wish_table(everyone, taxonomy)
        yield from check_complete_table(villages, taxonomy)
        return
    yield from check_villages(villages, taxonomy, inputs.extra_villages)
    yield from check_village_counties(everyone, counties)
    yield from check_wishes(everyone, taxonomy)
    yield from check_completeness(villages, taxonomy)
