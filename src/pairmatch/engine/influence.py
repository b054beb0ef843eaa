"""The influence of plugins: solve again without each of them and see what it moved."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pairmatch.domain.candidates import BoolArray, EligibilityRule, ScoreRule
from pairmatch.domain.inputs import Inputs, IntArray
from pairmatch.domain.matching import Conflict, Matching
from pairmatch.domain.plugins import Influence
from pairmatch.domain.problem import EXACT, Problem
from pairmatch.domain.scores import ScoreTable
from pairmatch.engine.proofs import prove_matching
from pairmatch.errors import UnprovenError
from pairmatch.match.problems import build_problem
from pairmatch.score.city import CityScores, add_columns, compute_spreads
from pairmatch.score.counties import score_counties


@dataclass(frozen=True, slots=True)
class Answer:
    """A scored question with its proven matching."""

    table: ScoreTable
    problem: Problem
    matching: Matching


def measure_influences(
    inputs: Inputs,
    city: CityScores,
    rules: Sequence[ScoreRule],
    conditions: Sequence[EligibilityRule],
    answer: Answer,
) -> tuple[Influence, ...]:
    """Return the influence of every plugin that takes part, sorted by name.

    Parameters
    ----------
    inputs, city, rules, conditions
        What `answer` was scored from.
    answer
        The pairing with all plugins.
    """
    measure = _Measure(inputs, city, rules, conditions, answer)
    counties = {rule.plugin: rule.county for rule in rules if rule.plugin}
    counties |= {rule.plugin: rule.county for rule in conditions if rule.plugin}
    return tuple(measure.compare(plugin, counties[plugin]) for plugin in sorted(counties))


class _Measure:
    """Compares the answer with what it would be without one plugin."""

    def __init__(
        self,
        inputs: Inputs,
        city: CityScores,
        rules: Sequence[ScoreRule],
        conditions: Sequence[EligibilityRule],
        answer: Answer,
    ) -> None:
        self._inputs, self._city = inputs, city
        self._rules, self._conditions, self._answer = rules, conditions, answer
        self._counties = np.array([village.county for village in inputs.villages])

    def compare(self, plugin: str, county: str) -> Influence:
        """Return the influence of one plugin.

        Gains and costs are in the scores of the answer without it. Each step is compared in the
        scores of the problem it starts from: first the conditions go, then the scores.
        """
        scored = self._solve_without_scores(plugin)
        without = self._solve_without(plugin, scored)
        here = self._list_keys(self._answer)
        there = self._list_keys(without)
        is_own = self._counties == county
        base_here = _sum_by_county(without, here, is_own)
        base_there = _sum_by_county(without, there, is_own)
        own = [column for column in self._answer.table.columns if column.plugin == plugin]
        points = add_columns(self._answer.table.candidates, own)
        gained = replace(self._answer, table=points)
        own_points = sum(_sum_by_county(gained, here, is_own)) - sum(
            _sum_by_county(gained, there, is_own)
        )
        by_scores = _sum_total(scored, self._list_keys(scored)) - _sum_total(scored, here)
        by_conditions = _sum_total(without, there) - _sum_total(without, self._list_keys(scored))
        moved = np.setdiff1d(here, there)
        pairs = [_count_own(keys, is_own) for keys in (here, self._list_keys(scored))]
        bound = sum(column.spread // 2 for column in own) * sum(pairs)
        self._require_bound(by_scores, bound)
        return Influence(
            plugin=plugin,
            county=county,
            num_pairs=len(moved),
            num_pairs_elsewhere=len(moved) - _count_own(moved, is_own),
            num_excluded=len(without.table.total) - len(self._answer.table.total),
            own_gain=base_here[0] - base_there[0] + own_points,
            own_base_gain=base_here[0] - base_there[0],
            others_cost=base_there[1] - base_here[1],
            loss=by_scores + by_conditions,
            loss_by_conditions=by_conditions,
            loss_by_scores=by_scores,
            bound=bound,
            num_matched_lost=without.matching.num_matched - self._answer.matching.num_matched,
        )

    def _require_bound(self, loss: int, bound: int) -> None:
        """Make sure that what is told of a plugin's points is what was promised of them."""
        problem = self._answer.problem
        # The bound is that of a best total: with other goals, or less than the best, it is another.
        is_total = problem.levels in (("total",), ("num_matched", "total"))
        is_exact = not problem.tolerances or problem.tolerance_of(0) == EXACT
        if is_total and is_exact and not 0 <= loss <= bound:
            raise UnprovenError("engine.not_proven", faults="influence")

    def _solve_without_scores(self, plugin: str) -> Answer:
        """Return the answer without the points of a plugin, its conditions kept."""
        columns = [c for c in self._answer.table.columns if c.plugin != plugin]
        if len(columns) == len(self._answer.table.columns):
            return self._answer
        table = add_columns(self._answer.table.candidates, columns)
        return _solve(table, replace(self._answer.problem, points=table.total))

    def _solve_without(self, plugin: str, scored: Answer) -> Answer:
        """Return the answer without a plugin's conditions either; `scored` is that with them."""
        conditions = [rule for rule in self._conditions if rule.plugin != plugin]
        if len(conditions) == len(self._conditions):
            return scored
        rules = [rule for rule in self._rules if rule.plugin != plugin]
        spreads = compute_spreads(self._inputs.scenario, rules)
        table, _exclusions = score_counties(self._city, rules, conditions, spreads)
        return _solve(table, build_problem(self._inputs, table))

    def _list_keys(self, answer: Answer) -> IntArray:
        """Return the chosen pairs as sorted numbers that are the same in every answer."""
        problem, chosen = answer.problem, answer.matching.chosen_idx
        return _number_pairs(problem)[chosen]


def _solve(table: ScoreTable, problem: Problem) -> Answer:
    matching = prove_matching(problem)
    if isinstance(matching, Conflict):  # more pairs and other points cannot make it impossible
        raise UnprovenError("engine.not_proven", faults="influence")
    return Answer(table, problem, matching)


def _number_pairs(problem: Problem) -> IntArray:
    width = len(problem.village_ids)
    return problem.unit_idx.astype(np.int64) * width + problem.village_idx


def _sum_by_county(answer: Answer, keys: IntArray, is_own: BoolArray) -> tuple[int, int]:
    """Return the points of pairs in the plugin's county and elsewhere; no candidate is no point."""
    numbers = _number_pairs(answer.problem)
    if not len(numbers):
        return 0, 0
    at = np.minimum(np.searchsorted(numbers, keys), len(numbers) - 1)
    points = np.where(numbers[at] == keys, answer.table.total[at], 0)
    own = is_own[keys % len(is_own)]
    return int(points[own].sum()), int(points[~own].sum())


def _sum_total(answer: Answer, keys: IntArray) -> int:
    everywhere = np.ones(len(answer.problem.village_ids), dtype=np.bool_)
    return _sum_by_county(answer, keys, everywhere)[0]


def _count_own(keys: IntArray, is_own: BoolArray) -> int:
    return int(is_own[keys % len(is_own)].sum())
