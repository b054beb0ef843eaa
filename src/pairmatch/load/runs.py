"""Read a run folder back: the problem, the stated matching and its certificate."""

import csv
import hashlib
import io
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pairmatch.domain.candidates import BoolArray, FieldUse
from pairmatch.domain.explanation import Alternative, LedgerLine, Move, NeedState, PairExplanation
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import Certificate, LevelProof, Matching
from pairmatch.domain.points import parse_steps, unguard_cell
from pairmatch.domain.problem import FixedPair, Problem, Quota
from pairmatch.errors import BadInputError

RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True)
class RunNames:
    """Names of units, and county, township and name of villages, by id."""

    units: Mapping[str, str]
    villages: Mapping[str, tuple[str, ...]]
    steps_per_point: int


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run folder as read: facts of `run.json`, problem, matching and the stated scores.

    `scores` maps each stated pair (candidate index) to the score in `pairings.csv`, `sums` to the
    sum of its lines in `contributions.csv`, all in steps.
    """

    folder: Path
    facts: Mapping[str, Any]
    names: RunNames
    problem: Problem
    matching: Matching
    scores: Mapping[int, int]
    sums: Mapping[int, int]


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
    facts = _read_json(folder, RUN_FILE, faults)
    faults += check_digests(folder, facts.get("files", {}), "runs.file_changed")
    try:
        problem = _read_problem(folder, faults)
        matching, scores = _read_matching(folder, facts, problem, faults)
        sums = _sum_contributions(folder, problem, faults)
        names = read_run_names(folder)
    except BadInputError as damage:
        return None, (*faults, *damage.findings)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError) as error:
        # The files were changed by hand into something that is no run any more.
        place = Place(str(folder))
        faults.append(Finding("runs.unreadable", Severity.ERROR, place, {"detail": str(error)}))
        return None, tuple(faults)
    return StoredRun(folder, facts, names, problem, matching, scores, sums), tuple(faults)


def check_digests(folder: Path, digests: Mapping[str, str], code: str) -> list[Finding]:
    """Return a finding for each file that is missing or no longer has its digest."""
    faults = []
    for name, digest in sorted(digests.items()):
        path = folder / name
        if not path.is_file():
            faults.append(Finding("runs.file_missing", Severity.ERROR, Place(name)))
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            faults.append(Finding(code, Severity.ERROR, Place(name)))
    return faults


def read_explanations(folder: Path) -> tuple[PairExplanation, ...]:
    """Return the explanations stored in a run.

    Raises
    ------
    BadInputError
        If the folder is not a run or the file cannot be understood.
    """
    try:
        data = json.loads((folder / "explanations.json").read_text(encoding="utf-8"))
        return tuple(_read_pair(pair) for pair in data["pairs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _describe_damage(folder, "explanations.json", error) from error


def read_run_names(folder: Path) -> RunNames:
    """Return the names of the units and villages of a run.

    Raises
    ------
    BadInputError
        If the folder is not a run or its names cannot be understood.
    """
    try:
        data = json.loads((folder / "explanations.json").read_text(encoding="utf-8"))
        units = {str(i): str(name) for i, name in data["units"].items()}
        villages = {
            str(i): tuple(str(part) for part in parts) for i, parts in data["villages"].items()
        }
        return RunNames(units, villages, int(data["steps_per_point"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _describe_damage(folder, "explanations.json", error) from error


def read_language(folder: Path) -> Literal["zh", "en"] | None:
    """Return the language set in a scenario's or run's folder, or None if it cannot be read."""
    try:
        if (folder / RUN_FILE).is_file():
            facts = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
            lang = facts["settings"]["scenario"]["lang"]
        else:
            text = (folder / "scenario.toml").read_text(encoding="utf-8-sig")
            lang = tomllib.loads(text)["scenario"]["lang"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if lang == "zh":
        return "zh"
    return "en" if lang == "en" else None


def _describe_damage(folder: Path, name: str, error: Exception) -> BadInputError:
    if not (folder / RUN_FILE).is_file():
        return BadInputError("runs.not_a_run", folder=str(folder))
    params = {"detail": str(error)}
    finding = Finding("runs.unreadable", Severity.ERROR, Place(name), params)
    return BadInputError("runs.damaged", (finding,), folder=str(folder))


def _read_pair(pair: Mapping[str, Any]) -> PairExplanation:
    lines = tuple(
        LedgerLine(**{**line, "fields": tuple(FieldUse(**use) for use in line["fields"])})
        for line in pair["lines"]
    )
    alternatives = tuple(
        Alternative(**{**other, "chain": tuple(Move(**move) for move in other["chain"])})
        for other in pair["alternatives"]
    )
    needs = tuple(NeedState(**need) for need in pair["needs"])
    return PairExplanation(**{**pair, "lines": lines, "needs": needs, "alternatives": alternatives})


def _read_json(folder: Path, name: str, faults: list[Finding]) -> Mapping[str, Any]:
    try:
        data = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        faults.append(
            Finding("runs.unreadable", Severity.ERROR, Place(name), {"detail": str(error)})
        )
        return {}
    return data if isinstance(data, dict) else {}


def _read_problem(folder: Path, faults: list[Finding]) -> Problem:
    data = _read_json(folder, "problem.json", faults)
    step = int(data["steps_per_point"])
    unit_ids = tuple(row["unit_id"] for row in data["units"])
    village_ids = tuple(row["village_id"] for row in data["villages"])
    unit_at = {name: k for k, name in enumerate(unit_ids)}
    village_at = {name: k for k, name in enumerate(village_ids)}
    unit_idx, village_idx, points = _read_candidates(folder, unit_at, village_at, step)

    def fix(rows: Sequence[Mapping[str, str]]) -> tuple[FixedPair, ...]:
        return tuple(
            FixedPair(unit_at[r["unit"]], village_at[r["village"]], r["reason"], r["by"])
            for r in rows
        )

    def bound(side: str, end: str) -> IntArray:
        return np.array([int(row[end]) for row in data[side]], dtype=np.int64)

    return Problem(
        unit_ids=unit_ids,
        village_ids=village_ids,
        unit_idx=unit_idx,
        village_idx=village_idx,
        points=points,
        unit_min=bound("units", "minimum"),
        unit_max=bound("units", "maximum"),
        village_min=bound("villages", "minimum"),
        village_max=bound("villages", "maximum"),
        quotas=tuple(_read_quota(quota, unit_ids, village_ids) for quota in data["quotas"]),
        locks=fix(data["locks"]),
        bans=fix(data["bans"]),
        levels=tuple(data["levels"]),
        steps_per_point=step,
    )


def _read_quota(
    data: Mapping[str, Any], unit_ids: Sequence[str], village_ids: Sequence[str]
) -> Quota:
    def mask(names: Sequence[str] | None, ids: Sequence[str]) -> BoolArray:
        inside = set(ids if names is None else names)
        return np.array([name in inside for name in ids], dtype=np.bool_)

    return Quota(
        data["name"],
        mask(data["units"], unit_ids),
        mask(data["villages"], village_ids),
        int(data["minimum"]),
        None if data["maximum"] is None else int(data["maximum"]),
    )


def _read_rows(folder: Path, name: str) -> list[dict[str, str]]:
    text = (folder / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _read_candidates(
    folder: Path, unit_at: Mapping[str, int], village_at: Mapping[str, int], step: int
) -> tuple[IndexArray, IndexArray, IntArray]:
    text = (folder / "candidates.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    units = np.array([unit_at[unguard_cell(row[0])] for row in rows], dtype=np.int32)
    villages = np.array([village_at[unguard_cell(row[1])] for row in rows], dtype=np.int32)
    points = np.array([_parse(row[2], step) for row in rows], dtype=np.int64)
    order = np.lexsort((villages, units))
    return units[order], villages[order], points[order]


def _parse(text: str, step: int) -> int:
    steps = parse_steps(text, step)
    if steps is None:
        raise ValueError(f"{text!r} is not a score")
    return steps


def _read_matching(
    folder: Path, facts: Mapping[str, Any], problem: Problem, faults: list[Finding]
) -> tuple[Matching, dict[int, int]]:
    at = _index_pairs(problem)
    scores: dict[int, int] = {}
    tied: dict[int, bool] = {}
    for row in _read_rows(folder, "pairings.csv"):
        pair = (unguard_cell(row["unit_id"]), unguard_cell(row["village_id"]))
        if pair not in at:
            params = {"unit": pair[0], "village": pair[1]}
            place = Place("pairings.csv")
            faults.append(Finding("runs.not_candidate", Severity.ERROR, place, params))
            continue
        scores[at[pair]] = _parse(row["score"], problem.steps_per_point)
        tied[at[pair]] = row["decided_by_tie_rule"] == "1"
    chosen = np.array(sorted(scores), dtype=np.int32)
    matching = Matching(
        chosen_idx=chosen,
        tied=np.array([tied[k] for k in chosen.tolist()], dtype=np.bool_),
        num_matched=int(facts["num_matched"]),
        total=int(facts["objective"]["total_steps"]),
        certificate=_read_certificate(folder, problem, faults),
    )
    return matching, scores


def _index_pairs(problem: Problem) -> dict[tuple[str, str], int]:
    pairs = zip(problem.unit_idx.tolist(), problem.village_idx.tolist(), strict=True)
    return {(problem.unit_ids[u], problem.village_ids[v]): k for k, (u, v) in enumerate(pairs)}


def _read_certificate(folder: Path, problem: Problem, faults: list[Finding]) -> Certificate:
    data = _read_json(folder, "certificate.json", faults)

    def by_id(prices: Mapping[str, int], ids: Sequence[str]) -> IntArray:
        return np.array([int(prices[name]) for name in ids], dtype=np.int64)

    return Certificate(
        tuple(
            LevelProof(
                level["goal"],
                int(level["value"]),
                by_id(level["unit_prices"], problem.unit_ids),
                by_id(level["village_prices"], problem.village_ids),
                np.array([int(q["price"]) for q in level["quota_prices"]], dtype=np.int64),
                tuple(int(price) for price in level["earlier_level_prices"]),
            )
            for level in data["levels"]
        )
    )


def _sum_contributions(folder: Path, problem: Problem, faults: list[Finding]) -> dict[int, int]:
    at = _index_pairs(problem)
    sums: dict[int, int] = {}
    for row in _read_rows(folder, "contributions.csv"):
        pair = (unguard_cell(row["unit_id"]), unguard_cell(row["village_id"]))
        if pair not in at:
            params = {"unit": pair[0], "village": pair[1]}
            place = Place("contributions.csv")
            faults.append(Finding("runs.not_candidate", Severity.ERROR, place, params))
            continue
        points = _parse(row["points"], problem.steps_per_point)
        sums[at[pair]] = sums.get(at[pair], 0) + points
    return sums
