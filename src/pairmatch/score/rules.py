"""Check the rules a scenario lists against the rules there are."""

import difflib
from collections.abc import Sequence

from pairmatch.domain.candidates import ScoreRule
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.score.table import STEPS_LIMIT, compute_spreads


def check_rules(inputs: Inputs, rules: Sequence[ScoreRule]) -> tuple[Finding, ...]:
    """Return findings for rules that do not exist or may give too much, or if nothing scores."""
    known = [rule.rule_id for rule in rules if rule.bounded]
    place = Place(file="scenario.toml", column="rules")
    spreads, steps = compute_spreads(inputs.scenario), inputs.scenario.scoring.steps_per_point
    findings = []
    for rule_id in sorted(inputs.scenario.rules):
        if rule_id not in known:
            closest = difflib.get_close_matches(rule_id, known, n=1, cutoff=0.0)
            params = {"rule": rule_id, "known": "、".join(known), "closest": "".join(closest)}
            findings.append(Finding("score.unknown_rule", Severity.ERROR, place, params))
        elif spreads[rule_id] > STEPS_LIMIT:
            params = {"rule": rule_id, "limit": f"{STEPS_LIMIT // steps:,}"}
            findings.append(Finding("score.spread_too_large", Severity.ERROR, place, params))
    if inputs.scores is None and not any(inputs.scenario.rules.values()):
        findings.append(Finding("score.no_rules", Severity.WARNING, place))
    return tuple(findings)
