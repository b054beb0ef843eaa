"""All cross-checks of a scenario's inputs; the cells themselves were checked when read."""

from pairmatch.check.completeness import check_completeness
from pairmatch.check.goals import check_goals
from pairmatch.check.quotas import check_quotas
from pairmatch.check.resources import check_resources
from pairmatch.check.units import check_units
from pairmatch.check.villages import check_village_counties, check_villages
from pairmatch.check.wishes import check_wishes
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.inputs import Inputs


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
    every_village = (*inputs.villages, *inputs.extra_villages)
    findings += check_villages(inputs.villages, inputs.taxonomy, inputs.extra_villages)
    findings += check_village_counties(every_village, inputs.counties)
    findings += check_wishes(every_village, inputs.taxonomy)
    findings += check_completeness(inputs.villages, inputs.taxonomy)
    findings += check_units(inputs)
    findings += check_quotas(inputs)
    findings += check_resources(inputs)
    findings += check_goals(inputs)
    return tuple(sorted(findings, key=lambda finding: finding.sort_key))
