"""Read a run folder back: the problem, the stated matching and its certificate."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from pairmatch.domain.digests import compute_facts_digest
from pairmatch.domain.explanation import PairExplanation
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.matching import Matching
from pairmatch.domain.points import unguard_cell
from pairmatch.domain.problem import Problem
from pairmatch.errors import BadInputError
from pairmatch.load.inheritance import MAX_LAYERS, SETTINGS_FILE
from pairmatch.load.runfiles import (
    RUN_FILE,
    StoredExplanations,
    StoredFacts,
    parse_scores,
    raise_damage,
    read_facts,
    read_shape,
    read_table,
    refuse_value,
)
from pairmatch.load.runproofs import (
    CERTIFICATE_FILE,
    PROBLEM_FILE,
    PairIndex,
    index_pairs,
    read_certificate,
    read_problem,
)

EXPLANATIONS_FILE = "explanations.json"
RUN_FILES = (
    "candidates.csv",
    CERTIFICATE_FILE,
    "contributions.csv",
    EXPLANATIONS_FILE,
    "findings.json",
    "pairings.csv",
    PROBLEM_FILE,
    "report.html",
    "结对安排表.xlsx",
)
"""The files of a run beside `run.json`, which has their digests."""
PLUGINS_FILE = "plugins.json"
"""One more, of runs for which plugins were found."""


@dataclass(frozen=True, slots=True)
class RunNames:
    """Names of units, and county, township and name of villages, by id."""

    units: Mapping[str, str]
    villages: Mapping[str, tuple[str, ...]]
    steps_per_point: int


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run folder as read: facts of `run.json`, problem, matching and the stated scores.

    `scores` has, per file that states them, the score of each pair (candidate index) in steps;
    where a file has lines of points for a pair, their sum.
    """

    folder: Path
    facts: StoredFacts
    names: RunNames
    problem: Problem
    matching: Matching
    scores: Mapping[str, Mapping[int, int]]


def read_run(folder: Path) -> tuple[StoredRun | None, tuple[Finding, ...]]:
    """Return a run with everything that is wrong with its files.

    A run whose files cannot be understood gives None and the reasons.

    Raises
    ------
    BadInputError
        If the folder is not a run.
    """
    if not (folder / RUN_FILE).is_file():
        raise BadInputError("runs.not_a_run", folder=str(folder))
    faults: list[Finding] = []
    try:
        raw, facts = read_facts(folder)
        if facts.digest != compute_facts_digest(raw):
            faults.append(Finding("runs.file_changed", Severity.ERROR, Place(RUN_FILE)))
        faults += _check_files(folder, facts)
        problem = read_problem(folder)
        at = index_pairs(problem)
        matching, pairings = _read_matching(folder, facts, problem, at, faults)
        sums = _sum_contributions(folder, problem, at, pairings, faults)
        explained = read_shape(folder, EXPLANATIONS_FILE, StoredExplanations)
        scores = {"pairings.csv": pairings, "contributions.csv": sums}
        explanations = _sum_explanations(folder, problem, at, explained)
        if not facts.num_pairs:  # where pairs are not listed, none is explained
            scores[EXPLANATIONS_FILE] = explanations
    except BadInputError as damage:
        told = {(fault.code, fault.place.file) for fault in faults}
        more = [f for f in damage.findings if (f.code, f.place.file) not in told]
        return None, (*faults, *more)
    names = _list_names(explained)
    return StoredRun(folder, facts, names, problem, matching, scores), tuple(faults)


def check_digests(folder: Path, digests: Mapping[str, str], code: str) -> list[Finding]:
    """Return a finding for each file that is missing or no longer has its digest."""
    faults = []
    for name, digest in sorted(digests.items()):
        try:
            data = (folder / name).read_bytes()
        except (OSError, ValueError):  # no such file, or no possible name of one
            faults.append(Finding("runs.file_missing", Severity.ERROR, Place(name)))
            continue
        if hashlib.sha256(data).hexdigest() != digest:
            faults.append(Finding(code, Severity.ERROR, Place(name)))
    return faults


def read_explanations(folder: Path) -> tuple[PairExplanation, ...]:
    """Return the explanations stored in a run.

    Raises
    ------
    BadInputError
        If the folder is not a run, or the file was changed or cannot be understood.
    """
    _raw, facts = read_facts(folder)
    stored = read_shape(folder, EXPLANATIONS_FILE, StoredExplanations)
    digest = {EXPLANATIONS_FILE: facts.files.get(EXPLANATIONS_FILE, "")}
    faults = check_digests(folder, digest, "runs.file_changed")
    if faults:
        raise_damage(folder, faults)
    return stored.pairs


def read_run_names(folder: Path) -> RunNames:
    """Return the names of the units and villages of a run.

    Raises
    ------
    BadInputError
        If the folder is not a run or its names cannot be understood.
    """
    return _list_names(read_shape(folder, EXPLANATIONS_FILE, StoredExplanations))


def read_left_out(folder: Path) -> tuple[str, ...]:
    """Return the names of the plugins that a run was made without, as they were broken.

    Empty if `run.json` cannot be read: whoever needs more of it says why.
    """
    try:
        plugins = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))["plugins"]
        return tuple(sorted({p["name"] for p in plugins if p["state"] == "broken"}))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()


def read_language(folder: Path) -> Literal["zh", "en"] | None:
    """Return the language set in a scenario's or run's folder, or None if it cannot be read."""
    try:
        if (folder / RUN_FILE).is_file():
            facts = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
            lang = facts["settings"]["scenario"]["lang"]
        else:
            lang = _find_language(folder)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if lang == "zh":
        return "zh"
    return "en" if lang == "en" else None


def _find_language(folder: Path) -> object:
    """Return the language that a scenario sets, or else the first of those it extends."""
    for _layer in range(MAX_LAYERS):
        text = (folder / SETTINGS_FILE).read_text(encoding="utf-8-sig")
        section = tomllib.loads(text)["scenario"]
        if "lang" in section:
            return section["lang"]
        folder = folder / section["extends"]
    return None


def _list_names(stored: StoredExplanations) -> RunNames:
    return RunNames(stored.units, stored.villages, stored.steps_per_point)


def _check_files(folder: Path, facts: StoredFacts) -> list[Finding]:
    expected = (*RUN_FILES, PLUGINS_FILE) if facts.plugins else RUN_FILES
    undigested = [name for name in expected if name not in facts.files]
    faults = check_digests(folder, facts.files, "runs.file_changed")
    for name in undigested:
        params = {"key": f"files.{name}"}
        faults.append(Finding("runs.missing_value", Severity.ERROR, Place(RUN_FILE), params))
    return faults


def _read_matching(
    folder: Path, facts: StoredFacts, problem: Problem, at: PairIndex, faults: list[Finding]
) -> tuple[Matching, dict[int, int]]:
    name = "pairings.csv"
    rows = read_table(folder, name, ("unit_id", "village_id", "score", "decided_by_tie_rule"))
    points = parse_scores(folder, name, "score", [r[2] for r in rows], problem.steps_per_point)
    scores: dict[int, int] = {}
    tied: dict[int, bool] = {}
    for (unit, village, _score, tie), steps in zip(rows, points, strict=True):
        pair = unguard_cell(unit), unguard_cell(village)
        k = at.get(pair)
        if k is None or k in scores:
            code = "runs.not_candidate" if k is None else "runs.double_pair"
            params = {"unit": pair[0], "village": pair[1]}
            faults.append(Finding(code, Severity.ERROR, Place(name), params))
            continue
        if tie not in ("0", "1"):
            refuse_value(folder, name, "decided_by_tie_rule", tie)
        scores[k], tied[k] = steps, tie == "1"
    chosen = np.array(sorted(scores), dtype=np.int32)
    matching = Matching(
        chosen_idx=chosen,
        tied=np.array([tied[k] for k in chosen.tolist()], dtype=np.bool_),
        num_matched=facts.num_matched,
        total=facts.objective.total_steps,
        certificate=read_certificate(folder, problem),
    )
    return matching, scores


def _sum_contributions(
    folder: Path,
    problem: Problem,
    at: PairIndex,
    chosen: Mapping[int, int],
    faults: list[Finding],
) -> dict[int, int]:
    name = "contributions.csv"
    rows = read_table(folder, name, ("unit_id", "village_id", "points"))
    points = parse_scores(folder, name, "points", [r[2] for r in rows], problem.steps_per_point)
    sums: dict[int, int] = {}
    for (unit, village, _points), steps in zip(rows, points, strict=True):
        k = at.get((unguard_cell(unit), unguard_cell(village)))
        if k is None or k not in chosen:
            params = {"unit": unguard_cell(unit), "village": unguard_cell(village)}
            code = "runs.not_candidate" if k is None else "runs.not_chosen"
            faults.append(Finding(code, Severity.ERROR, Place(name), params))
            continue
        sums[k] = sums.get(k, 0) + steps
    return sums


def _sum_explanations(
    folder: Path, problem: Problem, at: PairIndex, stored: StoredExplanations
) -> dict[int, int]:
    name = EXPLANATIONS_FILE
    if set(stored.units) != set(problem.unit_ids):
        refuse_value(folder, name, "units", str(list(stored.units)))
    if set(stored.villages) != set(problem.village_ids):
        refuse_value(folder, name, "villages", str(list(stored.villages)))
    if stored.steps_per_point != problem.steps_per_point:
        refuse_value(folder, name, "steps_per_point", str(stored.steps_per_point))
    sums: dict[int, int] = {}
    for number, pair in enumerate(stored.pairs):
        k = at.get((pair.unit_id, pair.village_id))
        if k is None or k in sums:
            refuse_value(folder, name, f"pairs.{number}", f"{pair.unit_id} = {pair.village_id}")
        if pair.points != sum(line.points for line in pair.lines):
            refuse_value(folder, name, f"pairs.{number}.points", str(pair.points))
        sums[k] = pair.points
    return sums
