"""The city's own scores: built-in conditions and rules over all pairs, in whole steps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from pairmatch.domain.candidates import (
    Background,
    Candidates,
    DescribedReasons,
    EligibilityRule,
    ScoreRule,
)
from pairmatch.domain.inputs import IndexArray, Inputs, IntArray
from pairmatch.domain.scenario import Scenario
from pairmatch.domain.scores import RuleColumn, ScoreTable
from pairmatch.score.conditions import (
    Refusal,
    find_refused,
    list_rows,
    take_candidates,
)
from pairmatch.score.gate import check_contribution
from pairmatch.score.sides import build_unit_side, build_village_side, freeze


@dataclass(frozen=True, slots=True)
class CityScores:
    """What the built-in conditions and rules say, before any county's.

    `everyone` holds all pairs, `rows` those that no built-in condition refuses, which are the
    `candidates` that `columns` score.
    """

    everyone: Candidates
    refusals: tuple[Refusal, ...]
    rows: IndexArray
    candidates: Candidates
    columns: tuple[RuleColumn, ...]


def score_city(
    inputs: Inputs, rules: Sequence[ScoreRule], conditions: Sequence[EligibilityRule]
) -> CityScores:
    """Return what the built-in ones among the rules and conditions say.

    Raises
    ------
    PluginFaultError
        If one of them breaks its contract.
    """
    everyone = _list_pairs(inputs)
    refusals = tuple((rule, find_refused(rule, everyone)) for rule in conditions if not rule.plugin)
    rows = list_rows(len(everyone), refusals)
    candidates = take_candidates(everyone, rows)
    spreads = compute_spreads(inputs.scenario)
    columns = tuple(
        run_rule(rule, candidates, spreads.get(rule.rule_id, 0))
        for rule in rules
        if not rule.plugin
        and (spreads.get(rule.rule_id, 0) or (inputs.scores is not None and not rule.bounded))
    )
    return CityScores(everyone, refusals, rows, candidates, columns)


def compute_spreads(scenario: Scenario, rules: Sequence[ScoreRule] = ()) -> dict[str, int]:
    """Return each rule's spread in steps, rounded down to whole steps.

    A rule of a plugin that the scenario does not list has the spread it states itself.
    """
    own = {rule.rule_id: rule.spread for rule in rules if rule.plugin}
    steps = Decimal(scenario.scoring.steps_per_point)
    return {
        rule_id: int(spread * steps)
        for rule_id, spread in sorted({**own, **scenario.rules}.items())
    }


def take_columns(columns: Sequence[RuleColumn], rows: IndexArray) -> tuple[RuleColumn, ...]:
    """Return the columns of some of the candidates."""
    return tuple(_take_column(column, rows) for column in columns)


def add_columns(candidates: Candidates, columns: Sequence[RuleColumn]) -> ScoreTable:
    """Return the table of these columns, with their exact sums."""
    total = np.zeros(len(candidates), dtype=np.int64)
    for column in columns:
        total += column.points

    def add_differences(ends: Sequence[IntArray]) -> IntArray:
        # Most rules have nothing unknown, and then the ends are the points themselves.
        added = total.copy()
        for column, end in zip(columns, ends, strict=True):
            if end is not column.points:
                added += end
                added -= column.points
        return freeze(added)

    low, high = (
        add_differences([c.low for c in columns]),
        add_differences([c.high for c in columns]),
    )
    return ScoreTable(candidates, tuple(columns), freeze(total), low, high)


def _list_pairs(inputs: Inputs) -> Candidates:
    """Return all pairs, or those of the external score table where there is one."""
    num_units, num_villages = len(inputs.units), len(inputs.villages)
    if inputs.scores is not None:
        unit_idx, village_idx = inputs.scores.unit_idx, inputs.scores.village_idx
    else:
        unit_idx = np.repeat(np.arange(num_units, dtype=np.int32), num_villages)
        village_idx = np.tile(np.arange(num_villages, dtype=np.int32), num_units)
    return replace(
        open_sides(inputs),
        unit_idx=freeze(unit_idx.view()),
        village_idx=freeze(village_idx.view()),
    )


def open_sides(inputs: Inputs) -> Candidates:
    """Return both sides of a scenario, with no pairs of them."""
    settings = inputs.scenario.scoring
    nothing = freeze(np.zeros(0, dtype=np.int32))
    background = Background(
        inputs.taxonomy, settings.unknown, inputs.distances, inputs.previous, inputs.scores
    )
    return Candidates(
        build_unit_side(inputs.units, inputs.taxonomy),
        build_village_side(inputs.villages, inputs.taxonomy, settings),
        nothing,
        nothing,
        settings.steps_per_point,
        background,
    )


def run_rule(rule: ScoreRule, candidates: Candidates, spread: int) -> RuleColumn:
    """Return what a built-in rule gives candidates.

    Raises
    ------
    PluginFaultError
        If it breaks its contract.
    """
    given = rule.contribute(candidates, spread)
    checked = check_contribution(rule, given, len(candidates), spread)
    return RuleColumn(
        rule_id=rule.rule_id,
        version=rule.version,
        label_zh=rule.label_zh,
        label_en=rule.label_en,
        spread=spread,
        points=checked.points,
        low=checked.low,
        high=checked.high,
        reasons=checked.reasons,
    )


def _take_column(column: RuleColumn, rows: IndexArray) -> RuleColumn:
    points, reasons = freeze(column.points[rows]), column.reasons
    return replace(
        column,
        points=points,
        low=points if column.low is column.points else freeze(column.low[rows]),
        high=points if column.high is column.points else freeze(column.high[rows]),
        reasons=DescribedReasons(len(rows), lambda k: reasons[int(rows[k])]),
    )
