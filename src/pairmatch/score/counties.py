"""The counties' rules: each sees its own villages, is centred, cut to its spread, and contained."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from pairmatch.domain.candidates import (
    Candidates,
    Contribution,
    DescribedReasons,
    EligibilityRule,
    Reason,
    ScoreRule,
)
from pairmatch.domain.fields import list_fields
from pairmatch.domain.fieldvalues import describe_field
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.points import format_steps
from pairmatch.domain.scores import Exclusion, RuleColumn, ScoreTable
from pairmatch.errors import PluginFaultError
from pairmatch.score.city import CityScores, add_columns, take_columns
from pairmatch.score.conditions import (
    Refusal,
    count_exclusions,
    find_refused,
    list_rows,
    take_candidates,
)
from pairmatch.score.gate import check_contribution
from pairmatch.score.scope import (
    CountyView,
    CountyViews,
    bound_points,
    find_means,
)
from pairmatch.score.sides import freeze

Result = TypeVar("Result")


def score_counties(
    city: CityScores,
    rules: Sequence[ScoreRule],
    conditions: Sequence[EligibilityRule],
    spreads: Mapping[str, int],
) -> tuple[ScoreTable, tuple[Exclusion, ...]]:
    """Return the city's scores with those of the counties' rules, and what was excluded.

    Parameters
    ----------
    city
        What the built-in rules say.
    rules, conditions
        Those of plugins among them are applied.
    spreads
        The spread of every rule in steps.

    Raises
    ------
    PluginFaultError
        If plugins break their contracts; its findings hold the first fault of each of them.
    """
    faults = _Faults()
    refusals = (*city.refusals, *_refuse_in_counties(city, conditions, faults))
    candidates, columns = city.candidates, city.columns
    if len(refusals) > len(city.refusals):
        rows = list_rows(len(city.everyone), refusals)
        candidates = take_candidates(city.everyone, rows)
        columns = take_columns(columns, np.searchsorted(city.rows, rows).astype(np.int32))
    own = _score_in_counties(candidates, rules, spreads, faults)
    exclusions = faults.catch(lambda: count_exclusions(city.everyone, refusals))
    faults.raise_all()
    return add_columns(candidates, (*columns, *own)), exclusions or ()


def list_refusals(city: CityScores, conditions: Sequence[EligibilityRule]) -> tuple[Refusal, ...]:
    """Return every condition with which of all pairs it refuses, the counties' after the city's.

    Raises
    ------
    PluginFaultError
        If plugins break their contracts.
    """
    faults = _Faults()
    refusals = (*city.refusals, *_refuse_in_counties(city, conditions, faults))
    faults.raise_all()
    return refusals


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a rule of a county said, and the spread it has."""

    rule: ScoreRule
    spread: int
    given: Contribution


class _Faults:
    """Keeps the first fault of every plugin, so that all are told together."""

    def __init__(self) -> None:
        self._findings: dict[str, Any] = {}  # domain.Finding by plugin

    def has(self, plugin: str) -> bool:
        """Whether a plugin has failed already."""
        return plugin in self._findings

    def catch(self, action: Callable[[], Result]) -> Result | None:
        """Return what the action returns, or None if a plugin failed in it."""
        try:
            return action()
        except PluginFaultError as error:
            if not error.findings:  # a built-in rule: nothing else is worth telling
                raise
            for finding in error.findings:
                self._findings.setdefault(finding.params["plugin"], finding)
            return None

    def raise_all(self) -> None:
        """Raise one error for all faults there were."""
        if self._findings:
            names = sorted(self._findings)
            found = [self._findings[name] for name in names]
            raise PluginFaultError("hooks.broken_plugin", found, plugin="、".join(names))


def _refuse_in_counties(
    city: CityScores, conditions: Sequence[EligibilityRule], faults: _Faults
) -> list[Refusal]:
    """Return what the counties' conditions refuse, as masks over all pairs."""
    own = [rule for rule in conditions if rule.plugin]
    if not own:
        return []
    views, refusals = CountyViews(city.candidates), []
    for rule in own:
        if faults.has(rule.plugin):
            continue
        view = views.of(rule.county)
        refused = faults.catch(partial(find_refused, rule, view.candidates))
        if refused is not None:
            mask = np.zeros(len(city.everyone), dtype=np.bool_)
            mask[city.rows[view.rows[refused]]] = True
            refusals.append((rule, mask))
    return refusals


def _score_in_counties(
    candidates: Candidates,
    rules: Sequence[ScoreRule],
    spreads: Mapping[str, int],
    faults: _Faults,
) -> tuple[RuleColumn, ...]:
    by_county: dict[str, list[ScoreRule]] = {}
    for rule in rules:
        if rule.plugin and spreads.get(rule.rule_id, 0):
            by_county.setdefault(rule.county, []).append(rule)
    views, columns = CountyViews(candidates), []
    for county, own in by_county.items():
        view = views.of(county)
        answers = _ask_rules(own, view, spreads, faults) if len(view.rows) else []
        columns += _build_columns(answers, view, len(candidates))
    return tuple(sorted(columns, key=lambda column: column.rule_id))


def _ask_rules(
    rules: Sequence[ScoreRule], view: CountyView, spreads: Mapping[str, int], faults: _Faults
) -> list[_Answer]:
    """Return what a county's rules say; nothing of a plugin that has failed."""
    answers = []
    for rule in rules:
        if not faults.has(rule.plugin):
            spread = spreads[rule.rule_id]
            given = faults.catch(partial(_ask_rule, rule, view, spread))
            if given is not None:
                answers.append(_Answer(rule, spread, given))
    return answers


def _ask_rule(rule: ScoreRule, view: CountyView, spread: int) -> Contribution:
    given = rule.contribute(view.candidates, spread)
    return check_contribution(rule, given, len(view.rows), spread)


def _build_columns(
    answers: Sequence[_Answer], view: CountyView, num_candidates: int
) -> list[RuleColumn]:
    """Return a county's rules as columns over all candidates: centred, cut, zero elsewhere.

    The mean of what a village might get is itself an interval, so the lowest points are those
    above the highest mean. All rules are calculated together, one a row, and the ends of those
    with something unknown below them.
    """
    if not answers:
        return []
    given = [answer.given for answer in answers]
    unsure = [k for k, one in enumerate(given) if not one.is_known]
    low_rows = range(len(given), len(given) + len(unsure))
    high_rows = range(low_rows.stop, low_rows.stop + len(unsure))
    points = np.stack(
        [
            *(one.points for one in given),
            *(given[k].low for k in unsure),
            *(given[k].high for k in unsure),
        ]
    )
    means = find_means(points, view)
    opposite = means[[*range(len(given)), *high_rows, *low_rows]]
    spreads = np.array([answer.spread for answer in answers], dtype=np.int64)
    columns = np.zeros((len(points), num_candidates), dtype=np.int64)
    columns[:, view.rows] = bound_points(
        points, opposite, spreads[[*range(len(given)), *unsure, *unsure]]
    )
    rows = list(freeze(columns))
    low, high = rows[: len(given)], rows[: len(given)]
    for k, low_row, high_row in zip(unsure, low_rows, high_rows, strict=True):
        low[k], high[k] = rows[low_row], rows[high_row]
    return [
        _build_column(answer, means[k], view, (rows[k], low[k], high[k]))
        for k, answer in enumerate(answers)
    ]


def _build_column(
    answer: _Answer,
    means: IntArray,
    view: CountyView,
    ends: tuple[IntArray, IntArray, IntArray],
) -> RuleColumn:
    rule = answer.rule
    points, low, high = ends
    return RuleColumn(
        rule_id=rule.rule_id,
        version=rule.version,
        label_zh=rule.label_zh,
        label_en=rule.label_en,
        spread=answer.spread,
        points=points,
        low=low,
        high=high,
        reasons=DescribedReasons(len(points), partial(_describe, answer, means, view)),
        plugin=rule.plugin,
        county=rule.county,
    )


def _describe(answer: _Answer, means: IntArray, view: CountyView, k: int) -> Reason:
    """Return the rule's own reason, with what it gave, the mean, and the fields it read."""
    rule, given = answer.rule, answer.given
    at = int(np.searchsorted(view.rows, k))
    if at == len(view.rows) or view.rows[at] != k:
        return Reason("村不在本县，这条规则不起作用", "the village is in another county")
    candidates = view.candidates
    step = candidates.steps_per_point
    mean = int(means[at])
    reason, fields = given.reasons[at], list_fields(candidates.background.taxonomy)
    said = [format_steps(n, step) for n in (int(given.points[at]), mean, answer.spread // 2)]
    read = tuple(describe_field(fields[name], candidates, at) for name in rule.fields)
    return Reason(
        f"{reason.zh}（规则给 {said[0]} 分，减去本村各单位平均 {said[1]} 分，"
        f"最多加减 {said[2]} 分）",
        f"{reason.en or reason.zh} (the rule gives {said[0]}, less the village's mean of "
        f"{said[1]}, at most {said[2]} either way)",
        (*reason.fields, *read),
    )
