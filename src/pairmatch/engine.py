"""The composition root: one short function per job, data passed along from stage to stage."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pairmatch import __version__
from pairmatch.domain.explanation import Alternative, PairExplanation
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.matching import Conflict, ConflictMember, Matching, StepsError
from pairmatch.domain.points import format_steps
from pairmatch.domain.problem import Problem
from pairmatch.domain.proposal import Proposal, RuleUse
from pairmatch.domain.scores import Exclusion, ScoreTable
from pairmatch.errors import BadInputError, UnprovenError, UsageError
from pairmatch.messages import Language

if TYPE_CHECKING:
    from pairmatch.load.runs import StoredRun

Progress = Callable[[str], None]
"""Is called with a message code, such as ``cli.step_read``, when a step begins."""

BUNDLE = "cangzhou-2026"
DEMO_FOLDER = "pairmatch-demo"
RUNS_FOLDER = "runs"
STEP_PREFIX = "cli.step_"
LIBRARIES = ("numpy", "ortools")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a proposal: a proven pairing or a conflict, and where the run is.

    `seconds` is how long each step took, by its name (read, score, match, ...).
    """

    status: str
    proposal: Proposal | None
    conflict: Conflict | None
    run: Path | None
    findings: tuple[Finding, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a listing of a run needs: the size of a step, and names by id."""

    steps_per_point: int
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DoctorLine:
    """One part that pairmatch needs and whether it is there."""

    name: str
    ok: bool
    detail: str


def check_scenario(folder: Path) -> tuple[Inputs | None, tuple[Finding, ...]]:
    """Read a scenario and return its inputs, if they can be used, with all findings."""
    from pairmatch.check.inputs import check_inputs
    from pairmatch.hooks.manager import build_manager, collect_score_rules
    from pairmatch.load.scenario import read_scenario
    from pairmatch.score.rules import check_rules

    inputs, findings = read_scenario(folder)
    if inputs is None:
        return None, findings
    rules = collect_score_rules(build_manager())
    found = [*findings, *check_inputs(inputs), *check_rules(inputs, rules)]
    found += _refuse_plugins(inputs)
    return inputs, tuple(sorted(found, key=lambda finding: finding.sort_key))


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
    UnprovenError
        If the answer fails its independent check.
    """
    step = _Stopwatch(progress)
    step("cli.step_read")
    inputs, findings = check_scenario(folder)
    num_errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if inputs is None or num_errors:
        raise BadInputError("engine.bad_input", findings, count=str(num_errors))
    answer = _answer(inputs, findings, step)
    if isinstance(answer, Conflict):
        return Outcome("infeasible", None, answer, None, findings, step.stop())
    if dry_run:
        return Outcome("optimal", answer, None, None, findings, step.stop())
    files = _build_files(answer, step)
    step("cli.step_publish")
    run = _publish(answer, files, out or folder / RUNS_FOLDER, step)
    return Outcome("optimal", answer, None, run, findings, step.stop())


def run_demo(out: Path | None, progress: Progress | None = None) -> Outcome:
    """Copy the bundled scenario into a folder, unless it is already there, and propose."""
    from pairmatch.load.bundles import list_names, read_bundle
    from pairmatch.store.files import write_files

    bundle = read_bundle(BUNDLE)
    if bundle is None:
        raise BadInputError("engine.no_bundle")
    folder = (out or Path(DEMO_FOLDER)) / BUNDLE
    if "scenario.toml" not in list_names(folder):
        write_files(folder, bundle)
    return propose_pairing(folder, progress=progress)


def init_scenario(folder: Path) -> tuple[Path, ...]:
    """Write a new scenario: commented settings and blank workbooks.

    Raises
    ------
    UsageError
        If the folder holds anything.
    """
    from pairmatch.load.bundles import list_names, read_starter
    from pairmatch.load.taxonomy import read_taxonomy
    from pairmatch.report.forms import build_unit_form, build_village_form
    from pairmatch.store.files import write_files

    if list_names(folder):
        raise UsageError("engine.folder_not_empty", folder=str(folder))
    taxonomy = read_taxonomy()
    files = {
        "scenario.toml": read_starter().encode(),
        "data/村情表.xlsx": build_village_form(taxonomy, (), "", prefilled=False),
        "data/帮扶单位.xlsx": build_unit_form(taxonomy, (), prefilled=False),
    }
    return write_files(folder, files)


def write_forms(folder: Path, out: Path, prefilled: bool) -> tuple[Path, ...]:
    """Write one village workbook per county and the units' workbook, blank or filled in."""
    from pairmatch.report.forms import build_unit_form, build_village_form
    from pairmatch.store.files import write_files

    inputs, findings = check_scenario(folder)
    if inputs is None:
        raise BadInputError("engine.bad_input", findings, count=str(len(findings)))
    files = {"帮扶单位.xlsx": build_unit_form(inputs.taxonomy, inputs.units, prefilled)}
    for county in sorted({village.county for village in inputs.villages}):
        villages = [village for village in inputs.villages if village.county == county]
        files[f"{county}村情表.xlsx"] = build_village_form(
            inputs.taxonomy, villages, county, prefilled
        )
    return write_files(out, files)


def mark_inputs(folder: Path, out: Path, lang: Language) -> tuple[Path, ...]:
    """Write copies of the workbooks and tables that have findings, with the cells marked."""
    from pairmatch.load.bundles import read_copy
    from pairmatch.report.marks import build_marked_workbook
    from pairmatch.store.files import write_files

    _inputs, findings = check_scenario(folder)
    marked = sorted({f.place.file for f in findings if f.place.row or f.place.cell})
    files = {
        f"{name.rpartition('.')[0]}.xlsx": build_marked_workbook(
            read_copy(folder, name), name, [f for f in findings if f.place.file == name], lang
        )
        for name in marked
        if name.lower().endswith((".xlsx", ".xlsm", ".csv", ".txt", ".tsv"))
    }
    return write_files(out, files)


def verify_run(run: Path, scenario: Path | None = None) -> tuple[Finding, ...]:
    """Prove a published run again, without any solver; empty if everything holds.

    Parameters
    ----------
    run
        The run folder.
    scenario
        The scenario whose files should still have the digests of the run; by default the folder
        that the run's parent lies in, if it is a scenario.
    """
    from pairmatch.load.bundles import list_names
    from pairmatch.load.runs import check_digests, read_run
    from pairmatch.match.verify import verify_matching

    stored, faults = read_run(run)
    found = list(faults)
    if stored is not None:
        found += verify_matching(stored.problem, stored.matching)
        found += _compare_scores(stored.scores, "pairings.csv", stored.matching, stored.problem)
        found += _compare_scores(stored.sums, "contributions.csv", stored.matching, stored.problem)
        source = scenario or run.resolve().parent.parent
        if "scenario.toml" in list_names(source):
            found += check_digests(source, stored.facts["inputs"], "engine.input_changed")
    return tuple(sorted(found, key=lambda finding: finding.sort_key))


def explain_run(
    run: Path, village: str | None = None, unit: str | None = None
) -> tuple[PairExplanation, ...]:
    """Return the explanations stored in a run: of one village, of one unit, or all.

    A village or unit that takes part but has no pair gives none.

    Raises
    ------
    UsageError
        If there is no such village or unit, or several villages of that name.
    """
    from pairmatch.load.runs import read_explanations, read_run_names

    pairs = read_explanations(run)
    names = read_run_names(run)
    if village is not None:
        wanted = _find_id(village, names.villages, "village")
        pairs = tuple(pair for pair in pairs if pair.village_id == wanted)
    if unit is not None:
        wanted = _find_id(unit, names.units, "unit")
        pairs = tuple(pair for pair in pairs if pair.unit_id == wanted)
    return pairs


def price_ways_in(
    run: Path, village: str | None = None, unit: str | None = None
) -> tuple[Alternative, ...]:
    """Return the cheapest pairs by which a village or unit without one could get one."""
    import numpy as np

    from pairmatch.explain.pairs import list_alternatives
    from pairmatch.explain.prices import price_candidates

    stored = _open_run(run)
    problem, names = stored.problem, stored.names
    if village is not None:
        at = problem.village_ids.index(_find_id(village, names.villages, "village"))
        rivals = np.flatnonzero(problem.village_idx == at)
    else:
        at = problem.unit_ids.index(_find_id(unit or "", names.units, "unit"))
        rivals = np.flatnonzero(problem.unit_idx == at)
    book = price_candidates(problem, stored.matching)
    return list_alternatives(book, rivals.astype(np.int32))


def price_pair(run: Path, unit: str, village: str) -> Alternative:
    """Return what forcing a pair would cost and whom it would move.

    Raises
    ------
    UsageError
        If the unit or village does not exist or the pair is not eligible.
    """
    from pairmatch.explain.prices import describe_alternative, price_candidates
    from pairmatch.solvers.network import find_candidate

    stored = _open_run(run)
    problem, names = stored.problem, stored.names
    unit_id = _find_id(unit, names.units, "unit")
    village_id = _find_id(village, names.villages, "village")
    at = find_candidate(
        problem, problem.unit_ids.index(unit_id), problem.village_ids.index(village_id)
    )
    if at is None:
        raise UsageError("engine.not_candidate", unit=unit_id, village=village_id)
    return describe_alternative(price_candidates(problem, stored.matching), at)


def describe_run(run: Path, lang: Language) -> RunFacts:
    """Return the names and the step size of a run, needs named in the given language."""
    from pairmatch.load.runs import read_run_names
    from pairmatch.load.taxonomy import read_taxonomy

    names = read_run_names(run)
    needs = {n.need_id: n.name_zh if lang == "zh" else n.name_en for n in read_taxonomy().needs}
    labels = {**names.units, **{v: " ".join(parts) for v, parts in names.villages.items()}}
    return RunFacts(names.steps_per_point, {**needs, **labels})


def find_language(folder: Path) -> Language | None:
    """Return the language a scenario or run is set to, or None if that cannot be read."""
    from pairmatch.load.runs import read_language

    return read_language(folder)


def diagnose() -> tuple[DoctorLine, ...]:
    """Return whether each library works, by solving the smallest scenario with it."""
    lines = [
        DoctorLine(f"pairmatch {__version__}", True, "Python " + _name_python()),
        *(_try_library(name) for name in ("ortools", "numpy", "openpyxl", "xlsxwriter", "jinja2")),
    ]
    return (*lines, _try_solver())


class _Stopwatch:
    """Passes steps on and keeps how long each took; never part of what is published."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._name = ""
        self._since = 0.0
        self._seconds: dict[str, float] = {}

    def __call__(self, code: str) -> None:
        self.stop()
        if code.startswith(STEP_PREFIX):
            self._name = code.removeprefix(STEP_PREFIX)
            self._since = time.perf_counter()
        if self._progress is not None:
            self._progress(code)

    def stop(self) -> Mapping[str, float]:
        if self._name:
            passed = time.perf_counter() - self._since
            self._seconds[self._name] = self._seconds.get(self._name, 0.0) + passed
            self._name = ""
        return self._seconds


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
    step("cli.step_match")
    problem = build_problem(inputs, table)
    matching = _solve(problem, step)
    if isinstance(matching, Conflict):
        return _add_exclusions(matching, exclusions)
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


def _solve(problem: Problem, step: Progress) -> Matching | Conflict:
    from pairmatch.match.solution import solve_problem
    from pairmatch.match.verify import verify_matching
    from pairmatch.solvers.families import CrossingQuotasError

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


def _find_empty(inputs: Inputs) -> tuple[ConflictMember, ...]:
    members = []
    if not inputs.units:
        members.append(ConflictMember("engine.conflict_no_units"))
    if not inputs.villages:
        members.append(ConflictMember("engine.conflict_no_villages"))
    return tuple(members)


def _add_exclusions(conflict: Conflict, exclusions: Sequence[Exclusion]) -> Conflict:
    """Add, as facts, which units have no eligible village and by which condition."""
    idle: dict[tuple[str, str], list[str]] = {}
    for exclusion in exclusions:
        if exclusion.all_villages:
            labels = (exclusion.label_zh, exclusion.label_en)
            idle.setdefault(labels, []).append(exclusion.unit_id)
    facts = tuple(
        ConflictMember(
            "match.conflict_excluded",
            {"count": str(len(ids)), "label": zh, "label_en": en, "names": "、".join(ids[:10])},
        )
        for (zh, en), ids in sorted(idle.items())
    )
    return replace(conflict, members=(*conflict.members, *facts))


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


def _compare_scores(
    stated: Mapping[int, int], file: str, matching: Matching, problem: Problem
) -> list[Finding]:
    faults = []
    for k in matching.chosen_idx.tolist():
        expected = int(problem.points[k])
        if stated.get(k, 0) != expected:
            params = {
                "file": file,
                "unit": problem.unit_ids[problem.unit_idx[k]],
                "village": problem.village_ids[problem.village_idx[k]],
                "stated": format_steps(stated.get(k, 0), problem.steps_per_point),
                "expected": format_steps(expected, problem.steps_per_point),
            }
            faults.append(Finding("engine.score_differs", Severity.ERROR, Place(file), params))
    return faults


def _open_run(run: Path) -> "StoredRun":
    from pairmatch.load.runs import read_run

    stored, faults = read_run(run)
    if stored is None:
        raise BadInputError("engine.bad_input", faults, count=str(len(faults)))
    return stored


def _find_id(text: str, names: Mapping[str, str | Sequence[str]], side: str) -> str:
    """Return the id that a text means: an id itself, or the name of exactly one."""
    import difflib

    if text in names:
        return text
    labels = {i: name if isinstance(name, str) else name[-1] for i, name in names.items()}
    found = sorted(i for i, label in labels.items() if label == text)
    if len(found) == 1:
        return found[0]
    if found:
        listed = "、".join(f"{i} {''.join(names[i])}" for i in found)
        params = {"name": text, "count": str(len(found)), "closest": listed}
        raise UsageError(f"engine.several_{side}s", **params)
    known = {label: i for i, label in sorted(labels.items())} | {i: i for i in labels}
    near = difflib.get_close_matches(text, known, n=3, cutoff=0.5)
    listed = "、".join(f"{known[n]} {''.join(names[known[n]])}" for n in near) or "–"
    raise UsageError(f"engine.unknown_{side}", name=text, closest=listed)


def _name_python() -> str:
    import platform

    return platform.python_version()


def _try_library(name: str) -> DoctorLine:
    import importlib

    try:
        importlib.import_module(name)
        return DoctorLine(name, True, metadata.version(name))
    except (ImportError, OSError) as error:
        return DoctorLine(name, False, str(error))


def _try_solver() -> DoctorLine:
    import numpy as np

    one = np.ones(1, dtype=np.int64)
    zero = np.zeros(1, dtype=np.int32)
    problem = Problem(("u",), ("v",), zero, zero, one, one * 0, one, one * 0, one)
    try:
        answer = _solve(problem, lambda _code: None)
    except (ImportError, OSError, UnprovenError) as error:
        return DoctorLine("solver", False, str(error))
    works = isinstance(answer, Matching) and answer.total == 1
    return DoctorLine("solver", works, "1 x 1")
