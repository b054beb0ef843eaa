"""The machine-readable files of a run: CSV tables and JSON records, the same bytes every time."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pairmatch.domain.digests import DIGEST_KEY, compute_facts_digest
from pairmatch.domain.explanation import PairExplanation
from pairmatch.domain.findings import Finding
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.matching import Certificate
from pairmatch.domain.plugins import PluginState
from pairmatch.domain.points import format_many_steps, format_steps, guard_cell
from pairmatch.domain.problem import FixedPair, Problem, Quota
from pairmatch.domain.proposal import Proposal
from pairmatch.domain.records import Village

SCHEMA = 1
INFLUENCE_POINTS = (
    "own_gain",
    "own_base_gain",
    "others_cost",
    "loss",
    "loss_by_conditions",
    "loss_by_scores",
    "bound",
)
"""The figures of an influence that are scores; the others are counts of pairs."""
BLOCK = 65_536
"""Rows of a table that are written at a time."""


def build_pairings_csv(proposal: Proposal) -> str:
    """Return one row per chosen pair, in order of unit id and village id.

    `left_out_plugins` names, in every row, the plugins that were left out because they are broken.
    """
    units = {unit.unit_id: unit for unit in proposal.inputs.units}
    villages = {village.village_id: village for village in proposal.inputs.villages}
    step = proposal.problem.steps_per_point
    left_out = "、".join(dict.fromkeys(plugin.name for plugin in proposal.broken_plugins))
    rows = []
    for pair in proposal.explanations:
        unit, village = units[pair.unit_id], villages[pair.village_id]
        scores = [format_steps(value, step) for value in (pair.points, pair.low, pair.high)]
        texts = (unit.name, unit.tier, unit.kind, village.name, village.township, village.county)
        rows.append(
            [
                guard_cell(pair.unit_id),
                guard_cell(pair.village_id),
                *scores,
                *map(guard_cell, texts),
                str(int(pair.tied)),
                str(int(unit.synthetic or village.synthetic)),
                guard_cell(left_out),
            ]
        )
    header = (
        "unit_id,village_id,score,score_low,score_high,unit_name,tier,kind,village_name,township,"
        "county,decided_by_tie_rule,synthetic,left_out_plugins"
    )
    return _write_csv(header, rows)


def build_contributions_csv(proposal: Proposal) -> str:
    """Return one row per chosen pair and rule; the points of a pair sum to its score."""
    step = proposal.problem.steps_per_point
    rows = [
        [
            guard_cell(pair.unit_id),
            guard_cell(pair.village_id),
            guard_cell(line.rule_id),
            guard_cell(line.version),
            guard_cell(line.plugin),
            *(format_steps(value, step) for value in (line.points, line.low, line.high)),
            guard_cell(line.reason_zh),
            guard_cell(line.reason_en),
        ]
        for pair in proposal.explanations
        for line in pair.lines
    ]
    header = (
        "unit_id,village_id,rule_id,rule_version,plugin,points,points_low,points_high,reason_zh,"
        "reason_en"
    )
    return _write_csv(header, rows)


def build_candidates_csv(problem: Problem) -> str:
    """Return one row per candidate with its score: what the certificate is checked against."""
    unit_ids = [_quote(guard_cell(text)) for text in problem.unit_ids]
    village_ids = [_quote(guard_cell(text)) for text in problem.village_ids]
    parts = ["unit_id,village_id,points\n"]
    # In blocks, so that a million rows are never a million strings at once.
    for start in range(0, problem.num_candidates, BLOCK):
        block = slice(start, start + BLOCK)
        points = format_many_steps(problem.points[block], problem.steps_per_point)
        columns = (problem.unit_idx[block].tolist(), problem.village_idx[block].tolist(), points)
        rows = zip(*columns, strict=True)
        parts.append("".join(f"{unit_ids[u]},{village_ids[v]},{text}\n" for u, v, text in rows))
    return "".join(parts)


def build_problem_json(problem: Problem) -> str:
    """Return bounds, quotas, locks and bans: with the candidates, the whole problem."""

    def name_fixed(pairs: Iterable[FixedPair]) -> list[dict[str, str]]:
        return [
            {
                "unit": problem.unit_ids[pair.unit_idx],
                "village": problem.village_ids[pair.village_idx],
                "reason": pair.reason,
                "by": pair.by,
            }
            for pair in pairs
        ]

    data = {
        "schema": SCHEMA,
        "steps_per_point": problem.steps_per_point,
        "levels": list(problem.levels),
        "units": _list_bounds("unit_id", problem.unit_ids, problem.unit_min, problem.unit_max),
        "villages": _list_bounds(
            "village_id", problem.village_ids, problem.village_min, problem.village_max
        ),
        "quotas": [_name_quota(problem, quota) for quota in problem.quotas],
        "locks": name_fixed(problem.locks),
        "bans": name_fixed(problem.bans),
    }
    return write_json(data)


def build_certificate_json(problem: Problem, certificate: Certificate) -> str:
    """Return the dual prices of every level by id, in steps (pairs for num_matched)."""
    names = [quota.name for quota in problem.quotas]
    data = {
        "schema": SCHEMA,
        "steps_per_point": problem.steps_per_point,
        "levels": [
            {
                "goal": level.goal,
                "value": level.value,
                "unit_prices": _by_id(problem.unit_ids, level.unit_prices),
                "village_prices": _by_id(problem.village_ids, level.village_prices),
                "quota_prices": [
                    {"quota": name, "price": price}
                    for name, price in zip(names, level.quota_prices.tolist(), strict=True)
                ],
                "earlier_level_prices": list(level.earlier_level_prices),
            }
            for level in certificate.levels
        ],
    }
    return write_json(data)


def build_explanations_json(proposal: Proposal) -> str:
    """Return ledger, needs and alternatives of every chosen pair; points in steps."""
    inputs = proposal.inputs
    head = {
        "schema": SCHEMA,
        "steps_per_point": proposal.problem.steps_per_point,
        "units": {unit.unit_id: unit.name for unit in inputs.units},
        "villages": {
            village.village_id: [part for part in _name_parts(village) if part]
            for village in inputs.villages
        },
    }
    # One line per pair: easy to read and to compare, and quick to write.
    pairs = ",\n".join(_write_line(_flatten_pair(pair)) for pair in proposal.explanations)
    return f'{_write_line(head)[:-1]},"pairs":[\n{pairs}\n]}}\n'


def _name_parts(village: Village) -> tuple[str, str, str]:
    return village.county, village.township, village.name


def _write_line(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _flatten_pair(pair: PairExplanation) -> dict[str, Any]:
    """Return an explanation as plain data, nested records too."""
    lines = [
        {**_list_fields(line), "fields": [_list_fields(use) for use in line.fields]}
        for line in pair.lines
    ]
    alternatives = [
        {**_list_fields(other), "chain": [_list_fields(move) for move in other.chain]}
        for other in pair.alternatives
    ]
    needs = [_list_fields(need) for need in pair.needs]
    return {**_list_fields(pair), "lines": lines, "needs": needs, "alternatives": alternatives}


def _list_fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def build_findings_json(findings: Sequence[Finding]) -> str:
    """Return all findings of the inputs with their places."""
    listed = [
        {
            "code": finding.code,
            "severity": str(finding.severity),
            "place": asdict(finding.place),
            "params": dict(finding.params),
        }
        for finding in findings
    ]
    return write_json({"schema": SCHEMA, "findings": listed})


def build_run_json(proposal: Proposal, digests: Mapping[str, str], published_at: str) -> str:
    """Return what a run is: status, objective, bound, digests of inputs and files, settings.

    Parameters
    ----------
    proposal
        The proven proposal.
    digests
        SHA-256 of every other file of the run, by name.
    published_at
        Time of publication, ISO 8601: the only thing that differs between equal runs.
    """
    scenario, matching = proposal.inputs.scenario, proposal.matching
    step = proposal.problem.steps_per_point
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "name": f"{scenario.scenario.name or 'scenario'}-{proposal.run_id}",
        "run_id": proposal.run_id,
        "published_at": published_at,
        "scenario": scenario.scenario.name,
        "synthetic": scenario.scenario.synthetic,
        "status": "optimal",
        "num_matched": matching.num_matched,
        "num_units": len(proposal.inputs.units),
        "num_villages": len(proposal.inputs.villages),
        "num_candidates": proposal.problem.num_candidates,
        "num_tied": int(matching.tied.sum()),
        "objective": {
            "total": format_steps(matching.total, step),
            "total_steps": matching.total,
            "steps_per_point": step,
            "levels": [
                {"goal": level.goal, "value": level.value} for level in matching.certificate.levels
            ],
        },
        "bound": format_steps(matching.total, step),
        "gap": "0",
        "rules": [asdict(rule) for rule in proposal.rules],
        "plugins": _list_plugins(proposal.plugins),
        "inputs": dict(sorted(proposal.inputs.digests.items())),
        "files": dict(sorted(digests.items())),
        "versions": dict(sorted(proposal.versions.items())),
        "settings": scenario.model_dump(mode="json"),
    }
    return write_json({**data, DIGEST_KEY: compute_facts_digest(data)})


def build_plugins_json(proposal: Proposal) -> str:
    """Return what became of every plugin and what each did to the pairing, in steps and points."""
    step = proposal.problem.steps_per_point
    data = {
        "schema": SCHEMA,
        "steps_per_point": step,
        "plugins": _list_plugins(proposal.plugins),
        "influences": [
            {
                **_list_fields(influence),
                "points": {
                    name: format_steps(getattr(influence, name), step) for name in INFLUENCE_POINTS
                },
            }
            for influence in proposal.influences
        ],
    }
    return write_json(data)


def _list_plugins(states: Iterable[PluginState]) -> list[dict[str, Any]]:
    return [
        {**_list_fields(state), "params": dict(sorted(state.params.items()))} for state in states
    ]


def write_json(data: Any) -> str:
    """Return indented JSON with keys in the order given, Chinese as it is."""
    return json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _write_csv(header: str, rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return stream.getvalue()


def _quote(text: str) -> str:
    """Return a CSV cell; ids rarely need quotes, and candidates are many."""
    if not any(mark in text for mark in ',"\n\r'):
        return text
    return '"' + text.replace('"', '""') + '"'


def _list_bounds(
    key: str, ids: Sequence[str], lower: IntArray, upper: IntArray
) -> list[dict[str, str | int]]:
    return [
        {key: name, "minimum": low, "maximum": high}
        for name, low, high in zip(ids, lower.tolist(), upper.tolist(), strict=True)
    ]


def _name_quota(problem: Problem, quota: Quota) -> dict[str, Any]:
    def name(ids: Sequence[str], mask: Sequence[bool]) -> list[str] | None:
        # None is everyone, so that a file does not list a nation for one county's quota.
        return None if all(mask) else [i for i, inside in zip(ids, mask, strict=True) if inside]

    return {
        "name": quota.name,
        "units": name(problem.unit_ids, quota.units.tolist()),
        "villages": name(problem.village_ids, quota.villages.tolist()),
        "minimum": quota.minimum,
        "maximum": quota.maximum,
    }


def _by_id(ids: Sequence[str], prices: IntArray) -> dict[str, int]:
    return dict(zip(ids, prices.tolist(), strict=True))
