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
from pairmatch.domain.objectives import show_bound, show_gap
from pairmatch.domain.plugins import PluginState
from pairmatch.domain.points import format_steps, guard_cell
from pairmatch.domain.proposal import Proposal
from pairmatch.domain.tables import list_all_texts, list_ids
from pairmatch.report.jsontexts import SCHEMA, write_json

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


PAIRINGS_HEADER = (
    "unit_id,village_id,score,score_low,score_high,unit_name,tier,kind,village_name,township,"
    "county,decided_by_tie_rule,synthetic,left_out_plugins"
)
CONTRIBUTIONS_HEADER = (
    "unit_id,village_id,rule_id,rule_version,plugin,points,points_low,points_high,reason_zh,"
    "reason_en"
)


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
    return write_csv(PAIRINGS_HEADER, rows)


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
    return write_csv(CONTRIBUTIONS_HEADER, rows)


def build_explanations_json(proposal: Proposal) -> str:
    """Return ledger, needs and alternatives of every chosen pair; points in steps."""
    units, villages = proposal.inputs.units, proposal.inputs.villages
    parts = (list_all_texts(villages, name) for name in ("county", "township", "name"))
    head = {
        "schema": SCHEMA,
        "steps_per_point": proposal.problem.steps_per_point,
        "units": dict(zip(list_ids(units), list_all_texts(units, "name"), strict=True)),
        "villages": {
            village_id: [part for part in named if part]
            for village_id, *named in zip(list_ids(villages), *parts, strict=True)
        },
    }
    # One line per pair: easy to read and to compare, and quick to write.
    pairs = ",\n".join(_write_line(_flatten_pair(pair)) for pair in proposal.explanations)
    return f'{_write_line(head)[:-1]},"pairs":[\n{pairs}\n]}}\n'


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
        "status": matching.status,
        "num_matched": matching.num_matched,
        "num_units": len(proposal.inputs.units),
        "num_villages": len(proposal.inputs.villages),
        "num_candidates": proposal.problem.num_candidates,
        "num_pairs": proposal.num_pairs,
        "num_tied": int(matching.tied.sum()),
        "objective": {
            "total": format_steps(matching.total, step),
            "total_steps": matching.total,
            "steps_per_point": step,
            "levels": [
                {"goal": level.goal, "value": level.value, "bound": level.bound}
                for level in matching.certificate.levels
            ],
        },
        "bound": show_bound(matching.certificate, step),
        "gap": show_gap(matching.certificate),
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


def write_csv(header: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a table of a run as text."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return stream.getvalue()
