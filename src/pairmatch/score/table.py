"""Score every eligible pair: apply eligibility, run the rules, add up whole steps."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from pairmatch.domain.candidates import (
    Background,
    Candidates,
    Contribution,
    EligibilityRule,
    ScoreRule,
    UnitSide,
    VillageSide,
)
from pairmatch.domain.inputs import IndexArray, Inputs, IntArray
from pairmatch.domain.scenario import Scenario
from pairmatch.domain.scores import Exclusion, RuleColumn, ScoreTable
from pairmatch.errors import PluginFaultError
from pairmatch.score.sides import build_unit_side, build_village_side

STEPS_LIMIT = 2**40
"""Largest score in steps: sums over a city stay far inside exact 64-bit integers."""


def score_candidates(
    inputs: Inputs, rules: Sequence[ScoreRule], eligibility: Sequence[EligibilityRule]
) -> tuple[ScoreTable, tuple[Exclusion, ...]]:
    """Return the scores of all eligible pairs and what was excluded, by unit and rule.

    Raises
    ------
    PluginFaultError
        If a rule returns points that are not whole, of the wrong shape or outside its spread.
    """
    everyone = _list_pairs(inputs)
    candidates, exclusions = _drop_ineligible(everyone, eligibility)
    spreads = compute_spreads(inputs.scenario)
    columns = tuple(
        _run_rule(rule, candidates, spreads.get(rule.rule_id, 0))
        for rule in rules
        if spreads.get(rule.rule_id, 0) or (inputs.scores is not None and not rule.bounded)
    )
    return _add_columns(candidates, columns), exclusions


def compute_spreads(scenario: Scenario) -> dict[str, int]:
    """Return each rule's spread in steps, rounded down to whole steps."""
    steps = Decimal(scenario.scoring.steps_per_point)
    return {rule_id: int(spread * steps) for rule_id, spread in sorted(scenario.rules.items())}


def _list_pairs(inputs: Inputs) -> Candidates:
    """Return all pairs, or those of the external score table where there is one."""
    settings = inputs.scenario.scoring
    num_units, num_villages = len(inputs.units), len(inputs.villages)
    if inputs.scores is not None:
        unit_idx, village_idx = inputs.scores.unit_idx, inputs.scores.village_idx
    else:
        unit_idx = np.repeat(np.arange(num_units, dtype=np.int32), num_villages)
        village_idx = np.tile(np.arange(num_villages, dtype=np.int32), num_units)
    background = Background(
        inputs.taxonomy, settings.unknown, inputs.distances, inputs.previous, inputs.scores
    )
    units: UnitSide = build_unit_side(inputs.units, inputs.taxonomy)
    villages: VillageSide = build_village_side(inputs.villages, inputs.taxonomy, settings)
    return Candidates(
        units, villages, unit_idx, village_idx, settings.steps_per_point, background
    )


def _drop_ineligible(
    everyone: Candidates, eligibility: Sequence[EligibilityRule]
) -> tuple[Candidates, tuple[Exclusion, ...]]:
    kept = np.ones(len(everyone), dtype=np.bool_)
    refused: list[tuple[EligibilityRule, IndexArray]] = []
    for rule in eligibility:
        allowed = rule.decide(everyone)
        if allowed.dtype != np.bool_ or allowed.shape != kept.shape:
            raise PluginFaultError("score.bad_mask", rule=rule.rule_id)
        refused.append((rule, np.flatnonzero(kept & ~allowed).astype(np.int32)))
        kept &= allowed
    left = np.bincount(everyone.unit_idx[kept], minlength=len(everyone.units.records))
    exclusions = [e for rule, pairs in refused for e in _count_excluded(everyone, rule, pairs, left)]
    candidates = replace(
        everyone,
        unit_idx=_freeze(everyone.unit_idx[kept]),
        village_idx=_freeze(everyone.village_idx[kept]),
    )
    return candidates, tuple(sorted(exclusions, key=lambda e: (e.unit_id, e.rule_id)))


def _count_excluded(
    everyone: Candidates, rule: EligibilityRule, pairs: IndexArray, left: IntArray
) -> list[Exclusion]:
    owners, first, counts = np.unique(
        everyone.unit_idx[pairs], return_index=True, return_counts=True
    )
    found = []
    for owner, at, count in zip(owners.tolist(), first.tolist(), counts.tolist(), strict=True):
        unit = everyone.units.records[owner]
        village = everyone.villages.records[int(everyone.village_idx[pairs[at]])]
        reason = rule.explain(unit, village)
        found.append(
            Exclusion(
                unit.unit_id, rule.rule_id, rule.label_zh, rule.label_en, count,
                left[owner] == 0, reason,
            )
        )
    return found


def _run_rule(rule: ScoreRule, candidates: Candidates, spread: int) -> RuleColumn:
    contribution = rule.contribute(candidates, spread)
    for points in (contribution.points, contribution.low, contribution.high):
        _check_points(rule, points, len(candidates))
    _check_range(rule, contribution, spread)
    return RuleColumn(
        rule.rule_id,
        rule.version,
        rule.label_zh,
        rule.label_en,
        spread,
        _freeze(contribution.points),
        _freeze(contribution.low),
        _freeze(contribution.high),
        contribution.describe,
    )


def _check_points(rule: ScoreRule, points: IntArray, num_candidates: int) -> None:
    """The one gate before any solver: whole numbers, right shape, in range."""
    if not np.issubdtype(points.dtype, np.integer):
        raise PluginFaultError("score.not_whole", rule=rule.rule_id, dtype=str(points.dtype))
    if points.shape != (num_candidates,):
        raise PluginFaultError(
            "score.bad_shape", rule=rule.rule_id, shape=str(points.shape), wanted=str(num_candidates)
        )
    if len(points) and int(np.abs(points).max()) > STEPS_LIMIT:
        raise PluginFaultError("score.too_large", rule=rule.rule_id, limit=str(STEPS_LIMIT))


def _check_range(rule: ScoreRule, contribution: Contribution, spread: int) -> None:
    if not len(contribution.points):
        return
    if ((contribution.low > contribution.points) | (contribution.points > contribution.high)).any():
        raise PluginFaultError("score.bad_interval", rule=rule.rule_id)
    width = int(contribution.points.max()) - int(contribution.points.min())
    if rule.bounded and width > spread:
        raise PluginFaultError(
            "score.outside_spread", rule=rule.rule_id, width=str(width), spread=str(spread)
        )


def _add_columns(candidates: Candidates, columns: tuple[RuleColumn, ...]) -> ScoreTable:
    def add(arrays: Sequence[IntArray]) -> IntArray:
        total = np.zeros(len(candidates), dtype=np.int64)
        for array in arrays:
            total += array
        return _freeze(total)

    return ScoreTable(
        candidates,
        columns,
        add([c.points for c in columns]),
        add([c.low for c in columns]),
        add([c.high for c in columns]),
    )


def _freeze(array: IntArray) -> IntArray:
    array.setflags(write=False)
    return array
