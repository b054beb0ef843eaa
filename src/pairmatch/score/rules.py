"""Check the rules a scenario lists against the rules there are."""

import difflib
from collections.abc import Collection, Mapping, Sequence

from pairmatch.domain.candidates import ScoreRule
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.points import format_steps
from pairmatch.score.city import compute_spreads
from pairmatch.score.gate import STEPS_LIMIT


def check_rules(
    inputs: Inputs, rules: Sequence[ScoreRule], absent: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Return findings for rules that do not exist or may give too much, or if nothing scores.

    `absent` names the plugins that are switched off or left out: their rules may be listed, but
    count for nothing.

    A plugin whose rules may move a score by more than the scenario allows a county is an error of
    that plugin: it is for the city to give it more.
    """
    known = [rule.rule_id for rule in rules if rule.bounded]
    place = Place(file="scenario.toml", column="rules")
    spreads, steps = (
        compute_spreads(inputs.scenario, rules),
        inputs.scenario.scoring.steps_per_point,
    )
    findings = []
    for rule_id in sorted(inputs.scenario.rules):
        plugin = rule_id.partition(".")[0]
        if rule_id not in known and plugin in absent:
            params = {"rule": rule_id, "name": plugin}
            findings.append(Finding("score.rule_not_on", Severity.WARNING, place, params))
            continue
        if rule_id not in known:
            closest = difflib.get_close_matches(rule_id, known, n=1, cutoff=0.0)
            params = {"rule": rule_id, "known": "、".join(known), "closest": "".join(closest)}
            findings.append(Finding("score.unknown_rule", Severity.ERROR, place, params))
        elif spreads[rule_id] > STEPS_LIMIT:
            params = {"rule": rule_id, "limit": f"{STEPS_LIMIT // steps:,}"}
            findings.append(Finding("score.spread_too_large", Severity.ERROR, place, params))
    findings += _check_counties(inputs, rules, spreads)
    if inputs.scores is None and not any(spreads.values()):
        findings.append(Finding("score.no_rules", Severity.WARNING, place))
    return tuple(findings)


def _check_counties(
    inputs: Inputs, rules: Sequence[ScoreRule], spreads: Mapping[str, int]
) -> list[Finding]:
    """Return an error for every plugin of a county whose rules may move more than is allowed."""
    most, steps = inputs.scenario.plugins.max_spread, inputs.scenario.scoring.steps_per_point
    place = Place(file="scenario.toml", column="plugins")
    totals: dict[str, int] = {}
    plugins = sorted({(rule.plugin, rule.county) for rule in rules if rule.plugin})
    for rule in rules:
        if rule.plugin:
            totals[rule.county] = totals.get(rule.county, 0) + spreads[rule.rule_id]
    return [
        Finding(
            "score.county_spread",
            Severity.ERROR,
            place,
            {
                "plugin": plugin,
                "county": county,
                "total": format_steps(totals[county], steps),
                "limit": f"{most:f}",
            },
        )
        for plugin, county in plugins
        if totals[county] > most * steps
    ]
