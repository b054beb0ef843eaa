"""Score every eligible pair: apply eligibility, run the rules, add up whole steps."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from pairmatch.domain.candidates import (
    Background,
    BoolArray,
    Candidates,
    Contribution,
    EligibilityRule,
    ScoreRule,
)
from pairmatch.domain.inputs import Inputs, IntArray
from pairmatch.domain.scenario import Scenario
from pairmatch.domain.scores import Exclusion, RuleColumn, ScoreTable
from pairmatch.errors import PluginFaultError
from pairmatch.score.sides import build_unit_side, build_village_side, freeze

STEPS_LIMIT = 2**40
"""Largest score in steps: sums over a city stay far inside exact 64-bit integers."""


def score_candidates(
    inputs: Inputs, rules: Sequence[ScoreRule], eligibility: Sequence[EligibilityRule]
) -> tuple[ScoreTable, tuple[Exclusion, ...]]:
    """Return the scores of all eligible pairs and what was excluded, by unit and rule.

    Raises
    ------
    PluginFaultError
        If a rule returns points that are not whole, of the wrong shape, too large or outside its
        spread, or a condition anything but one yes or no per pair.
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
    return Candidates(
        build_unit_side(inputs.units, inputs.taxonomy),
        build_village_side(inputs.villages, inputs.taxonomy, settings),
        freeze(unit_idx.view()),
        freeze(village_idx.view()),
        settings.steps_per_point,
        background,
    )


def _drop_ineligible(
    everyone: Candidates, eligibility: Sequence[EligibilityRule]
) -> tuple[Candidates, tuple[Exclusion, ...]]:
    """Return the pairs that no rule refuses, and the others by unit and rule."""
    refusals = [_mask_refused(rule, everyone) for rule in eligibility]
    refused = np.zeros(len(everyone), dtype=np.bool_)
    for mask in refusals:
        refused |= mask
    candidates = replace(
        everyone,
        unit_idx=freeze(everyone.unit_idx[~refused]),
        village_idx=freeze(everyone.village_idx[~refused]),
    )
    left = _count_pairs(everyone, ~refused)
    exclusions = [
        exclusion
        for rule, mask in zip(eligibility, _attribute(everyone, refusals), strict=True)
        for exclusion in _count_excluded(everyone, rule, mask, left)
    ]
    return candidates, tuple(sorted(exclusions, key=lambda e: (e.unit_id, e.rule_id)))


def _mask_refused(rule: EligibilityRule, everyone: Candidates) -> BoolArray:
    allowed: object = rule.decide(everyone)
    if not isinstance(allowed, np.ndarray) or allowed.dtype != np.bool_:
        raise PluginFaultError("score.bad_mask", rule=rule.rule_id)
    if allowed.shape != (len(everyone),):
        raise PluginFaultError("score.bad_mask", rule=rule.rule_id)
    refused: BoolArray = ~allowed
    return refused


def _attribute(everyone: Candidates, refusals: Sequence[BoolArray]) -> list[BoolArray]:
    """Return which refused pairs count for which rule.

    Where rules close every village to a unit, each of them alone is the reason and the others
    are none; elsewhere a pair counts for the first rule that refuses it.
    """
    num_pairs = _count_pairs(everyone, np.ones(len(everyone), dtype=np.bool_))
    closing = [_count_pairs(everyone, mask) == num_pairs for mask in refusals]
    is_closed = np.zeros(len(num_pairs), dtype=np.bool_)
    for closed in closing:
        is_closed |= closed
    counted, taken = [], np.zeros(len(everyone), dtype=np.bool_)
    for mask, closed in zip(refusals, closing, strict=True):
        first = mask & ~taken & ~is_closed[everyone.unit_idx]
        counted.append(first | (mask & closed[everyone.unit_idx]))
        taken |= mask
    return counted


def _count_pairs(everyone: Candidates, mask: BoolArray) -> IntArray:
    return np.bincount(everyone.unit_idx[mask], minlength=len(everyone.units.records))


def _count_excluded(
    everyone: Candidates, rule: EligibilityRule, mask: BoolArray, left: IntArray
) -> list[Exclusion]:
    """Return what one rule excluded of each unit; `left` is how many pairs each still has."""
    pairs = np.flatnonzero(mask)
    owners, first, counts = np.unique(
        everyone.unit_idx[pairs], return_index=True, return_counts=True
    )
    found = []
    for owner, at, count in zip(owners.tolist(), first.tolist(), counts.tolist(), strict=True):
        unit = everyone.units.records[owner]
        village = everyone.villages.records[int(everyone.village_idx[pairs[at]])]
        found.append(
            Exclusion(
                unit_id=unit.unit_id,
                rule_id=rule.rule_id,
                label_zh=rule.label_zh,
                label_en=rule.label_en,
                num_villages=count,
                all_villages=bool(left[owner] == 0),
                reason=rule.explain(unit, village),
            )
        )
    return found


def _run_rule(rule: ScoreRule, candidates: Candidates, spread: int) -> RuleColumn:
    contribution = rule.contribute(candidates, spread)
    points = _check_points(rule, contribution.points, len(candidates))
    low = _share(points, _check_points(rule, contribution.low, len(candidates)))
    high = _share(points, _check_points(rule, contribution.high, len(candidates)))
    _check_range(rule, Contribution(points, low, high, contribution.describe), spread)
    return RuleColumn(
        rule_id=rule.rule_id,
        version=rule.version,
        label_zh=rule.label_zh,
        label_en=rule.label_en,
        spread=spread,
        points=points,
        low=low,
        high=high,
        describe=contribution.describe,
    )


def _share(points: IntArray, end: IntArray) -> IntArray:
    """Return one array for both where nothing is unknown: most of the ledger, if there is much."""
    return points if np.array_equal(points, end) else end


def _check_points(rule: ScoreRule, points: object, num_candidates: int) -> IntArray:
    """Return a rule's points, copied and read-only, through the one gate before any solver.

    Raises
    ------
    PluginFaultError
        If they are not whole numbers, not one per candidate, or too large.
    """
    if not isinstance(points, np.ndarray):
        raise PluginFaultError("score.not_whole", rule=rule.rule_id, dtype=type(points).__name__)
    if not np.issubdtype(points.dtype, np.integer):
        raise PluginFaultError("score.not_whole", rule=rule.rule_id, dtype=str(points.dtype))
    if points.shape != (num_candidates,):
        raise PluginFaultError(
            "score.bad_shape",
            rule=rule.rule_id,
            shape=str(points.shape),
            wanted=str(num_candidates),
        )
    # Not abs(): the absolute value of the least 64-bit integer is negative.
    if len(points) and not -STEPS_LIMIT <= int(points.min()) <= int(points.max()) <= STEPS_LIMIT:
        raise PluginFaultError("score.too_large", rule=rule.rule_id, limit=str(STEPS_LIMIT))
    # A copy, so that nothing the rule keeps can change the ledger afterwards.
    return freeze(points.astype(np.int64))


def _check_range(rule: ScoreRule, contribution: Contribution, spread: int) -> None:
    low, points, high = contribution.low, contribution.points, contribution.high
    if ((low > points) | (points > high)).any():
        raise PluginFaultError("score.bad_interval", rule=rule.rule_id)
    width = int(high.max()) - int(low.min()) if len(points) else 0
    if rule.bounded and width > spread:
        raise PluginFaultError(
            "score.outside_spread", rule=rule.rule_id, width=str(width), spread=str(spread)
        )


def _add_columns(candidates: Candidates, columns: tuple[RuleColumn, ...]) -> ScoreTable:
    def add(arrays: Sequence[IntArray]) -> IntArray:
        total = np.zeros(len(candidates), dtype=np.int64)
        for array in arrays:
            total += array
        return freeze(total)

    return ScoreTable(
        candidates,
        columns,
        add([c.points for c in columns]),
        add([c.low for c in columns]),
        add([c.high for c in columns]),
    )
