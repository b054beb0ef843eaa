"""The main job: from a scenario folder to a proven, explained and published pairing."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from pairmatch import __version__
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.matching import Conflict, ConflictMember, Matching, StepsError
from pairmatch.domain.personal import mask_finding
from pairmatch.domain.problem import Problem
from pairmatch.domain.proposal import Proposal, RuleUse
from pairmatch.domain.scores import Exclusion, ScoreTable
from pairmatch.engine.outcomes import Outcome, Progress, Stopwatch
from pairmatch.errors import BadInputError, UnprovenError

RUNS_FOLDER = "runs"
LIBRARIES = ("numpy", "ortools")
MAX_NAMES = 10
LACKS = frozenset({"match.limit_quota_min", "match.limit_village_min", "match.limit_any_pair"})
"""Limits that more eligible units could have met."""


def check_scenario(folder: Path) -> tuple[Inputs | None, tuple[Finding, ...]]:
    """Read a scenario and return its inputs, if they can be used, with all findings."""
    from pairmatch.check.inputs import check_inputs
    from pairmatch.hooks.manager import build_manager, collect_score_rules
    from pairmatch.load.scenario import read_scenario
    from pairmatch.score.rules import check_rules

    inputs, findings = read_scenario(folder)
    if inputs is None:
        return None, tuple(map(mask_finding, findings))
    rules = collect_score_rules(build_manager())
    found = [*findings, *check_inputs(inputs), *check_rules(inputs, rules)]
    found += _refuse_plugins(inputs)
    return inputs, tuple(sorted(map(mask_finding, found), key=lambda finding: finding.sort_key))


def propose_pairing(
    folder: Path,
    out: Path | None = None,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Read, check, score, match, verify, explain and, unless `dry_run`, publish.

    Raises
    ------
    BadInputError
        If the inputs hold errors; all of them are in its findings.
    PluginFaultError
        If a rule breaks its contract.
    UnprovenError
        If the answer fails its independent check.
    OutputBlockedError
        If the run cannot be written.
    """
    step = Stopwatch(progress)
    step("cli.step_read")
    inputs, findings = check_scenario(folder)
    num_errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if inputs is None or num_errors:
        raise BadInputError("engine.bad_input", findings, count=str(num_errors))
    answer = _answer(inputs, findings, step)
    if isinstance(answer, Conflict):
        return Outcome("infeasible", None, answer, None, findings, step.stop())
    excluded = _list_excluded(answer.exclusions, inputs)
    if dry_run:
        return Outcome("optimal", answer, None, None, findings, step.stop(), excluded)
    files = _build_files(answer, step)
    step("cli.step_publish")
    run = _publish(answer, files, out or folder / RUNS_FOLDER, step)
    return Outcome("optimal", answer, None, run, findings, step.stop(), excluded)


def prove_matching(problem: Problem, step: Progress) -> Matching | Conflict:
    """Solve a problem and verify the answer without the solver.

    Raises
    ------
    BadInputError
        If the quotas cross or the scores are too large to be exact.
    UnprovenError
        If the answer fails its independent check.
    """
    from pairmatch.match.solution import solve_problem
    from pairmatch.match.verify import verify_matching
    from pairmatch.solvers.families import CrossingQuotasError

    step("cli.step_match")
    try:
        matching = solve_problem(problem)
    except CrossingQuotasError as crossing:
        names = "、".join(problem.quotas[k].name for k in crossing.quota_idx)
        raise BadInputError("match.crossing_quotas", names=names) from crossing
    except StepsError as large:
        raise BadInputError("match.scores_too_large") from large
    if isinstance(matching, Conflict):
        return matching
    step("cli.step_verify")
    faults = verify_matching(problem, matching)
    if faults:
        raise UnprovenError("engine.not_proven", faults=", ".join(fault.code for fault in faults))
    return matching


def _answer(inputs: Inputs, findings: tuple[Finding, ...], step: Progress) -> Proposal | Conflict:
    from pairmatch.explain.pairs import explain_matching
    from pairmatch.explain.prices import price_candidates
    from pairmatch.hooks.manager import (
        build_manager,
        collect_eligibility_rules,
        collect_score_rules,
    )
    from pairmatch.match.problems import build_problem
    from pairmatch.score.table import score_candidates

    empty = _find_empty(inputs)
    if empty:
        return Conflict(empty, 1)
    step("cli.step_score")
    manager = build_manager()
    table, exclusions = score_candidates(
        inputs, collect_score_rules(manager), collect_eligibility_rules(manager)
    )
    problem = build_problem(inputs, table)
    matching = prove_matching(problem, step)
    if isinstance(matching, Conflict):
        lacks = LACKS & {member.code for member in matching.members}
        facts = _list_excluded(exclusions, inputs) if lacks else ()
        return replace(matching, facts=facts)
    step("cli.step_explain")
    book = price_candidates(problem, matching)
    return Proposal(
        inputs=inputs,
        problem=problem,
        matching=matching,
        explanations=explain_matching(table, matching, book),
        exclusions=exclusions,
        findings=findings,
        rules=_list_rules(table),
        run_id=_digest_question(inputs),
        versions=_list_versions(),
    )


def _find_empty(inputs: Inputs) -> tuple[ConflictMember, ...]:
    members = []
    if not inputs.units:
        members.append(ConflictMember("engine.conflict_no_units"))
    if not inputs.villages:
        members.append(ConflictMember("engine.conflict_no_villages"))
    return tuple(members)


def _list_excluded(exclusions: Sequence[Exclusion], inputs: Inputs) -> tuple[ConflictMember, ...]:
    """Return which units have no eligible village, by the condition they fail."""
    names = {unit.unit_id: unit.name or unit.unit_id for unit in inputs.units}
    idle: dict[tuple[str, str], list[str]] = {}
    for exclusion in exclusions:
        # Other counties are out of scope for every county's unit: that is not what it fails by.
        if exclusion.all_villages and exclusion.rule_id != "condition.scope":
            labels = (exclusion.label_zh, exclusion.label_en)
            idle.setdefault(labels, []).append(names[exclusion.unit_id])
    return tuple(
        ConflictMember("match.conflict_excluded", _count_names(zh, en, units))
        for (zh, en), units in sorted(idle.items())
    )


def _count_names(zh: str, en: str, units: Sequence[str]) -> dict[str, str]:
    more = "" if len(units) <= MAX_NAMES else f" … (+{len(units) - MAX_NAMES})"
    names = "、".join(units[:MAX_NAMES]) + more
    return {"count": str(len(units)), "label": zh, "label_en": en, "names": names}


def _build_files(proposal: Proposal, step: Progress) -> dict[str, bytes]:
    from pairmatch.report import tables
    from pairmatch.report.html import build_report_html
    from pairmatch.report.workbook import build_pairing_workbook

    step("cli.step_report")
    certificate = proposal.matching.certificate
    texts = {
        "pairings.csv": tables.build_pairings_csv(proposal),
        "contributions.csv": tables.build_contributions_csv(proposal),
        "candidates.csv": tables.build_candidates_csv(proposal.problem),
        "problem.json": tables.build_problem_json(proposal.problem),
        "certificate.json": tables.build_certificate_json(proposal.problem, certificate),
        "explanations.json": tables.build_explanations_json(proposal),
        "findings.json": tables.build_findings_json(proposal.findings),
        "report.html": build_report_html(proposal),
    }
    files = {name: text.encode("utf-8") for name, text in texts.items()}
    return {**files, "结对安排表.xlsx": build_pairing_workbook(proposal)}


def _publish(
    proposal: Proposal, files: Mapping[str, bytes], parent: Path, notify: Progress
) -> Path:
    from pairmatch.report.tables import build_run_json
    from pairmatch.store.runs import publish_run

    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    published_at = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    facts = build_run_json(proposal, digests, published_at)
    name = f"{proposal.inputs.scenario.scenario.name or 'scenario'}-{proposal.run_id}"
    return publish_run(parent, name, {**files, "run.json": facts.encode("utf-8")}, notify=notify)


def _refuse_plugins(inputs: Inputs) -> tuple[Finding, ...]:
    settings = inputs.scenario.plugins
    names = (*settings.folders, *settings.enable, *settings.disable)
    if not names:
        return ()
    place = Place(file="scenario.toml", column="plugins")
    params = {"names": "、".join(names)}
    return (Finding("hooks.not_available", Severity.ERROR, place, params),)


def _list_rules(table: ScoreTable) -> tuple[RuleUse, ...]:
    return tuple(
        RuleUse(c.rule_id, c.version, c.label_zh, c.label_en, c.spread) for c in table.columns
    )


def _list_versions() -> dict[str, str]:
    versions = {name: metadata.version(name) for name in LIBRARIES}
    return {"pairmatch": __version__, **versions}


def _digest_question(inputs: Inputs) -> str:
    """Return the digest of inputs, settings and versions: the same for the same question."""
    question = {"inputs": dict(sorted(inputs.digests.items())), "versions": _list_versions()}
    text = json.dumps(question, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]
