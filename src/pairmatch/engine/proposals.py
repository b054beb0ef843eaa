"""The main job: from a scenario folder to a proven, explained and published pairing."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pairmatch import __version__
from pairmatch.domain.findings import Finding
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.matching import Conflict, ConflictMember
from pairmatch.domain.plugins import Influence, PluginOptions, PluginState
from pairmatch.domain.proposal import Proposal, RuleUse
from pairmatch.domain.scores import Exclusion, ScoreTable
from pairmatch.engine.circumstances import Case, explain_conflict, list_excluded
from pairmatch.engine.country import is_country
from pairmatch.engine.outcomes import Outcome, Progress, Stopwatch
from pairmatch.engine.proofs import add_cure, add_reasons, ignore_step, prove_matching
from pairmatch.engine.scenarios import OpenScenario, is_plugin_fault, open_scenario
from pairmatch.errors import PluginFaultError

if TYPE_CHECKING:
    from pairmatch.engine.influence import Answer
    from pairmatch.score.city import CityScores

NO_OPTIONS = PluginOptions()
RUNS_FOLDER = "runs"
LIBRARIES = ("numpy", "ortools")


def check_scenario(
    folder: Path, options: PluginOptions = NO_OPTIONS
) -> tuple[Inputs | None, tuple[Finding, ...]]:
    """Read a scenario and return its inputs, if they can be used, with all findings."""
    with open_scenario(folder, options) as opened:
        if opened.plugins is not None and options.skip_broken:
            faults = [f for f in opened.findings if is_plugin_fault(f)]
            opened.leave_out(faults, options)
        return opened.inputs, opened.findings


def propose_pairing(
    folder: Path,
    out: Path | None = None,
    options: PluginOptions = NO_OPTIONS,
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
        If plugins break their contracts, all of them in its findings, or a built-in rule does.
    UnprovenError
        If the answer fails its independent check.
    OutputBlockedError
        If the run cannot be written.
    """
    step = Stopwatch(progress)
    step("cli.step_read")
    with open_scenario(folder, options) as opened:
        inputs, _plugins = opened.require(options)
        if not _find_empty(inputs) and is_country(inputs):
            parent = None if dry_run else out or folder / RUNS_FOLDER
            return _propose_country(opened, options, parent, step)
        answered = answer_scenario(opened, options, step)
        seconds = opened.seconds
    states = () if opened.plugins is None else opened.plugins.states
    if answered.answer is None:
        outcome = Outcome("infeasible", None, answered.conflict, None, opened.findings, step.stop())
        return replace(outcome, plugin_seconds=seconds, plugins=states)
    step("cli.step_explain")
    proposal = _explain(opened, answered)
    run = None
    if not dry_run:
        files = _build_files(proposal, step)
        step("cli.step_publish")
        run = _publish(proposal, files, out or folder / RUNS_FOLDER, step)
    return Outcome(
        proposal.matching.status,
        proposal,
        None,
        run,
        proposal.findings,
        step.stop(),
        list_excluded(answered.exclusions, proposal.inputs),
        seconds,
        states,
    )


def _propose_country(
    opened: OpenScenario, options: PluginOptions, parent: Path | None, step: Stopwatch
) -> Outcome:
    """Propose a pairing where there are too many pairs to list, and publish it in `parent`."""
    from pairmatch.engine.country import answer_country
    from pairmatch.store.checkpoints import drop_checkpoint, find_checkpoint

    while True:
        inputs, plugins = opened.require(options)
        run_id = digest_question(inputs, plugins.states)
        checkpoint = None if parent is None else find_checkpoint(parent, run_id)
        try:
            answer = answer_country(inputs, plugins, step, checkpoint)
            break
        except PluginFaultError as error:
            opened.leave_out(error.findings, options)
    proposal = Proposal(
        inputs=inputs,
        problem=answer.problem,
        matching=answer.matching,
        explanations=(),
        exclusions=answer.exclusions,
        findings=opened.findings,
        rules=_list_rules(answer.table),
        run_id=run_id,
        versions=_list_versions(),
        plugins=plugins.states,
        num_pairs=answer.num_pairs,
    )
    run = None
    if parent is not None:
        files = _build_country_files(proposal, answer.table, step)
        step("cli.step_publish")
        run = _publish(proposal, files, parent, step)
        drop_checkpoint(find_checkpoint(parent, run_id))
    return Outcome(
        proposal.matching.status,
        proposal,
        None,
        run,
        proposal.findings,
        step.stop(),
        list_excluded(answer.exclusions, inputs),
        opened.seconds,
        plugins.states,
    )


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a scenario: a proven answer with the influence of plugins, or a conflict."""

    answer: "Answer | None"
    conflict: Conflict | None
    exclusions: tuple[Exclusion, ...] = ()
    influences: tuple[Influence, ...] = ()


def answer_scenario(
    opened: OpenScenario, options: PluginOptions, progress: Progress | None = None
) -> Answered:
    """Score, match and verify, and measure what plugins did.

    Raises
    ------
    BadInputError
        If the inputs hold errors; all of them are in its findings.
    PluginFaultError
        If plugins break their contracts and `options` do not say to leave them out.
    UnprovenError
        If an answer fails its independent check.
    """
    from pairmatch.engine.influence import Answer, measure_influences
    from pairmatch.match.problems import build_problem

    step = progress or ignore_step
    inputs, plugins = opened.require(options)
    empty = _find_empty(inputs)
    if empty:
        return Answered(None, Conflict(empty, 1))
    while True:
        step("cli.step_score")
        city, table, exclusions = _score(opened, options)
        problem = build_problem(inputs, table)
        matching = prove_matching(problem, step, inputs.scenario.limits.time_s)
        if isinstance(matching, Conflict):
            time_s = inputs.scenario.limits.time_s
            cured = add_cure(problem, matching, time_s=time_s)
            case = Case(inputs, problem, city, plugins.eligibility_rules, exclusions)
            told = explain_conflict(add_reasons(problem, cured, time_s), case)
            return Answered(None, told, exclusions)
        answer = Answer(table, problem, matching)
        idle = all(state.state != "on" for state in plugins.states)
        if idle or matching.status == "stopped":  # two guesses say nothing about a plugin
            return Answered(answer, None, exclusions)
        step("cli.step_audit")
        rules, conditions = plugins.score_rules, plugins.eligibility_rules
        try:
            influences = measure_influences(inputs, city, rules, conditions, answer)
            return Answered(answer, None, exclusions, influences)
        except PluginFaultError as error:
            # Without another's conditions a rule sees more pairs, and may fail on one of them.
            opened.leave_out(error.findings, options)


def _explain(opened: OpenScenario, answered: Answered) -> Proposal:
    from pairmatch.engine.freedom import measure_freedom
    from pairmatch.explain.pairs import explain_matching
    from pairmatch.explain.prices import price_candidates

    inputs, plugins, answer = opened.inputs, opened.plugins, answered.answer
    assert inputs is not None and plugins is not None and answer is not None  # noqa: S101
    # Beyond flows nobody knows all prices at once; `explain --why-not` solves for one of them.
    problem, matching = answer.problem, answer.matching
    is_flow = matching.certificate.is_independent
    book = price_candidates(problem, matching) if is_flow else None
    return Proposal(
        inputs=inputs,
        problem=problem,
        matching=matching,
        explanations=explain_matching(answer.table, matching, book),
        exclusions=answered.exclusions,
        findings=opened.findings,
        rules=_list_rules(answer.table),
        run_id=digest_question(inputs, plugins.states),
        versions=_list_versions(),
        plugins=plugins.states,
        influences=answered.influences,
        freedom=None if book is None else measure_freedom(inputs, answer, book),
    )


def _score(
    opened: OpenScenario, options: PluginOptions
) -> "tuple[CityScores, ScoreTable, tuple[Exclusion, ...]]":
    """Return all scores; plugins that fail on the way are left out, if that is wanted."""
    from pairmatch.score.city import compute_spreads, score_city
    from pairmatch.score.counties import score_counties

    inputs, plugins = opened.require(options)
    city = score_city(inputs, plugins.score_rules, plugins.eligibility_rules)
    while True:
        rules, conditions = plugins.score_rules, plugins.eligibility_rules
        spreads = compute_spreads(inputs.scenario, rules)
        try:
            return city, *score_counties(city, rules, conditions, spreads)
        except PluginFaultError as error:
            # Each round leaves out at least one plugin, so this ends.
            opened.leave_out(error.findings, options)


def _find_empty(inputs: Inputs) -> tuple[ConflictMember, ...]:
    members = []
    if not inputs.units:
        members.append(ConflictMember("engine.conflict_no_units"))
    if not inputs.villages:
        members.append(ConflictMember("engine.conflict_no_villages"))
    return tuple(members)


def _build_files(proposal: Proposal, step: Progress) -> dict[str, bytes]:
    from pairmatch.report import proofs, tables
    from pairmatch.report.html import build_report_html
    from pairmatch.report.workbook import build_pairing_workbook

    step("cli.step_report")
    certificate = proposal.matching.certificate
    texts = {
        "pairings.csv": tables.build_pairings_csv(proposal),
        "contributions.csv": tables.build_contributions_csv(proposal),
        "candidates.csv": proofs.build_candidates_csv(proposal.problem),
        "problem.json": proofs.build_problem_json(proposal.problem),
        "certificate.json": proofs.build_certificate_json(proposal.problem, certificate),
        "explanations.json": tables.build_explanations_json(proposal),
        "findings.json": tables.build_findings_json(proposal.findings),
        "plugins.json": tables.build_plugins_json(proposal),
        "report.html": build_report_html(proposal),
    }
    files = {name: text.encode("utf-8") for name, text in texts.items()}
    return {**files, "结对安排表.xlsx": build_pairing_workbook(proposal)}


def _build_country_files(proposal: Proposal, table: ScoreTable, step: Progress) -> dict[str, bytes]:
    from pairmatch.report import countrypapers, proofs, tables

    step("cli.step_report")
    certificate = proposal.matching.certificate
    texts = {
        "pairings.csv": countrypapers.build_country_pairings(proposal, table),
        "contributions.csv": countrypapers.build_country_contributions(proposal, table),
        "candidates.csv": proofs.build_candidates_csv(proposal.problem),
        "problem.json": proofs.build_problem_json(proposal.problem),
        "certificate.json": proofs.build_certificate_json(proposal.problem, certificate),
        "explanations.json": tables.build_explanations_json(proposal),
        "findings.json": tables.build_findings_json(proposal.findings),
        "plugins.json": tables.build_plugins_json(proposal),
        "report.html": countrypapers.build_country_page(proposal),
    }
    files = {name: text.encode("utf-8") for name, text in texts.items()}
    return {**files, "结对安排表.xlsx": countrypapers.build_country_workbook(proposal)}


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


def _list_rules(table: ScoreTable) -> tuple[RuleUse, ...]:
    return tuple(
        RuleUse(c.rule_id, c.version, c.label_zh, c.label_en, c.spread, c.plugin, c.county)
        for c in table.columns
    )


def _list_versions() -> dict[str, str]:
    versions = {name: metadata.version(name) for name in LIBRARIES}
    return {"pairmatch": __version__, **versions}


def digest_question(inputs: Inputs, plugins: Sequence[PluginState]) -> str:
    """Return the digest of inputs, settings, plugins and versions: the same question, the same."""
    question = {
        "inputs": dict(sorted(inputs.digests.items())),
        "versions": _list_versions(),
        "plugins": [[p.name, p.version, p.digest, p.state] for p in plugins if p.state != "off"],
    }
    text = json.dumps(question, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]
