"""Pairing a country: the main job where there are too many pairs to list them.

Scores are bounds and, where it matters, exact points; the answer is proven over all pairs; the run
lists the chosen pairs and those of least loss beside them.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pairmatch.domain.inputs import IndexArray, Inputs, IntArray
from pairmatch.domain.matching import Matching
from pairmatch.domain.tables import list_all_texts, list_ids
from pairmatch.engine.outcomes import Progress
from pairmatch.errors import BadInputError, UnprovenError, UsageError

if TYPE_CHECKING:
    from pairmatch.domain.problem import Problem
    from pairmatch.domain.scores import Exclusion, ScoreTable
    from pairmatch.hooks.manager import Plugins
    from pairmatch.match.country import CountryPairing
    from pairmatch.score.countrysides import CountrySides
    from pairmatch.score.products import CountryScores
    from pairmatch.solvers.generation import Progress as SearchProgress

MANY_PAIRS = 4_000_000
"""More pairs than this are not listed."""

TOO_MANY_PAIRS = 60_000_000
"""More pairs than this cannot be listed."""

GOALS = ("num_matched", "total")
"""The objective levels that are solved over pairs that are not listed."""


def is_country(inputs: Inputs) -> bool:
    """Whether a scenario has too many pairs to list, and nothing that needs them listed.

    Raises
    ------
    UsageError
        If it has so many that they cannot be listed, and something that needs it.
    """
    num_pairs = len(inputs.units) * len(inputs.villages)
    if inputs.scores is not None or num_pairs <= MANY_PAIRS:
        return False
    hindrances = list_hindrances(inputs)
    if hindrances and num_pairs > TOO_MANY_PAIRS:
        raise UsageError("engine.too_many_pairs", count=str(num_pairs), keys=", ".join(hindrances))
    return not hindrances


def list_hindrances(inputs: Inputs) -> tuple[str, ...]:
    """Return the settings and columns of a scenario for which all pairs must be listed."""
    scenario = inputs.scenario
    levels = scenario.objective.levels
    goals = tuple(level.goal for level in levels)
    unit_min, unit_max = _list_bounds(inputs, "units")
    village_min, village_max = _list_bounds(inputs, "villages")
    found = {
        "[objective] levels": goals != GOALS or any(v.share or v.amount for v in levels),
        "[[quota]]": bool(scenario.quota),
        "[inputs] capacities": bool(inputs.capacities),
        "[limits] max_changes": scenario.limits.max_changes is not None,
        "capacity_min": bool((unit_min > 0).any()),
        "demand_min": bool((village_min > 0).any()),
        "capacity_max, demand_max": bool((unit_max > 1).any() and (village_max > 1).any()),
    }
    return tuple(name for name, is_there in found.items() if is_there)


def _list_bounds(inputs: Inputs, side: str) -> tuple[IntArray, IntArray]:
    records, name = (inputs.units, "capacity") if side == "units" else (inputs.villages, "demand")
    ends = [list_all_texts(records, f"{name}_{end}") for end in ("min", "max")]
    return np.array(ends[0], dtype=np.int64), np.array(ends[1], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Country:
    """A scenario's pairs, none of them listed, with the bounds of both sides.

    `unit_max` and `village_max` are in the order of the scores.
    """

    sides: "CountrySides"
    scores: "CountryScores"
    unit_max: IntArray
    village_max: IntArray
    locks: tuple[tuple[int, int], ...]

    def score_listed(self, unit_idx: IndexArray, village_idx: IndexArray) -> IntArray:
        """Return the exact points of pairs, given by the indices of the inputs."""
        return self.scores.scores.compute(unit_idx, village_idx)


def open_scores(inputs: Inputs, plugins: "Plugins") -> Country:
    """Return the scores of all pairs of a scenario.

    Raises
    ------
    PluginFaultError
        If plugins break their contracts.
    BadInputError
        If points are too large to be exact.
    """
    from pairmatch.score.countrysides import open_country
    from pairmatch.score.products import bound_country

    sides = open_country(inputs, plugins.score_rules, plugins.eligibility_rules)
    units = {id_: u for u, id_ in enumerate(list_ids(inputs.units))}
    villages = {id_: v for v, id_ in enumerate(list_ids(inputs.villages))}
    bans = [(units[ban.unit], villages[ban.village]) for ban in inputs.scenario.ban]
    try:
        scores = bound_country(sides, bans)
    except OverflowError as large:
        raise BadInputError("match.scores_too_large") from large
    _least, unit_max = _list_bounds(inputs, "units")
    _least, village_max = _list_bounds(inputs, "villages")
    at_unit = {int(u): k for k, u in enumerate(scores.unit_idx)}
    at_village = {int(v): k for k, v in enumerate(scores.village_idx)}
    locks = []
    for lock in inputs.scenario.lock:
        unit = at_unit.get(units[lock.unit])
        if unit is None:
            raise UsageError("engine.lock_refused", unit=lock.unit, village=lock.village)
        locks.append((unit, at_village[villages[lock.village]]))
    return Country(
        sides, scores, unit_max[scores.unit_idx], village_max[scores.village_idx], tuple(locks)
    )


def solve_scores(
    country: Country, time_s: float, step: Progress, checkpoint: Path | None
) -> "CountryPairing":
    """Return the best pairing of a country, from where an earlier search stood if there is one.

    Raises
    ------
    UnprovenError
        If the time ran out before there was any pairing, or not all can be paired.
    """
    from pairmatch.domain.matching import StepsError
    from pairmatch.match.country import Search, solve_country
    from pairmatch.solvers.generation import NothingFoundError
    from pairmatch.store.checkpoints import read_checkpoint, write_checkpoint

    end = time.monotonic() + time_s if time_s else float("inf")
    stored = None if checkpoint is None else read_checkpoint(checkpoint)
    start = None if stored is None else _unpack(stored)
    if start is not None:
        step("cli.search_resumed")

    def notify(progress: "SearchProgress") -> bool:
        step("cli.step_round")
        if checkpoint is not None:
            write_checkpoint(checkpoint, _pack(progress))
        return time.monotonic() < end

    try:
        return solve_country(
            country.scores.scores,
            country.unit_max,
            country.village_max,
            country.locks,
            Search(start=start, notify=notify),
        )
    except NothingFoundError as nothing:
        raise UnprovenError("engine.not_all_paired", detail=str(nothing)) from nothing
    except StepsError as large:
        raise BadInputError("match.scores_too_large") from large
    except ArithmeticError as inexact:
        raise UnprovenError("engine.not_proven", faults="inexact") from inexact


def _pack(progress: "SearchProgress") -> dict[str, Any]:
    columns, prices = progress.columns, progress.prices
    numbers = [progress.number, progress.width, progress.bound, progress.num_paying]
    numbers.append(int(progress.is_priced))
    return {
        "numbers": np.array(numbers, dtype=np.int64),
        "unit_idx": columns.unit_idx,
        "village_idx": columns.village_idx,
        "points": columns.points,
        "unit_prices": prices.units,
        "village_prices": prices.villages,
    }


def _unpack(arrays: Mapping[str, Any]) -> "SearchProgress | None":
    from pairmatch.solvers.generation import Progress as SearchProgress
    from pairmatch.solvers.masters import Columns, Prices

    try:
        number, width, bound, num_paying, is_priced = arrays["numbers"].tolist()
        columns = Columns(arrays["unit_idx"], arrays["village_idx"], arrays["points"])
        prices = Prices(arrays["unit_prices"], arrays["village_prices"])
    except (KeyError, ValueError):
        return None
    return SearchProgress(number, columns, prices, width, bound, num_paying, bool(is_priced))


def verify_scores(country: Country, unit_prices: IntArray, village_prices: IntArray) -> int:
    """Return how many of all pairs are worth more than both their prices.

    Parameters
    ----------
    country
        The pairs.
    unit_prices, village_prices
        Prices in the order of the inputs.
    """
    from pairmatch.match.verifycountry import find_unpriced
    from pairmatch.solvers.threads import PARTS_PER_THREAD, count_threads, open_threads

    scores = country.scores
    prices = unit_prices[scores.unit_idx], village_prices[scores.village_idx]
    with open_threads() as run:
        num_parts = PARTS_PER_THREAD * count_threads()
        return find_unpriced(scores.scores, *prices, run=run, num_parts=num_parts)


@dataclass(frozen=True, slots=True)
class CountryAnswer:
    """A proven pairing of a country, its listed pairs with their ledger, and what was refused."""

    table: "ScoreTable"
    problem: "Problem"
    matching: Matching
    exclusions: "tuple[Exclusion, ...]"
    num_pairs: int


def answer_country(
    inputs: Inputs, plugins: "Plugins", step: Progress, checkpoint: Path | None = None
) -> CountryAnswer:
    """Score, pair and verify a country.

    Raises
    ------
    PluginFaultError
        If plugins break their contracts.
    UnprovenError
        If the answer fails its independent check, or there is none.
    """
    from pairmatch.engine.proofs import require_proof
    from pairmatch.match.country import list_rivals
    from pairmatch.match.problems import build_problem
    from pairmatch.score.countryledger import list_ledger

    step("cli.step_score")
    country = open_scores(inputs, plugins)
    step("cli.step_match")
    pairing = solve_scores(country, inputs.scenario.limits.time_s, step, checkpoint)
    scores = country.scores
    rows, columns = list_rivals(scores.scores, pairing)
    points = scores.scores.score(rows, columns)
    step("cli.step_explain")
    named = _name_pairs(scores, rows, columns)
    table = list_ledger(country.sides, *named)
    step("cli.step_verify")
    problem = build_problem(inputs, table)
    matching = _build_matching(pairing, scores, problem)
    if not _hold_the_same(problem, named, points):
        raise UnprovenError("engine.not_proven", faults="points")
    require_proof(problem, matching)
    if pairing.value == pairing.bound:
        last = matching.certificate.levels[-1].steps[-1]
        if verify_scores(country, last.unit_prices, last.village_prices):
            raise UnprovenError("engine.not_proven", faults="prices")
    num_pairs = scores.scores.num_units * scores.scores.num_villages
    return CountryAnswer(table, problem, matching, scores.exclusions, num_pairs)


def _name_pairs(
    scores: "CountryScores", rows: IndexArray, columns: IndexArray
) -> tuple[IndexArray, IndexArray]:
    """Return pairs by the indices of the inputs, sorted by them."""
    units, villages = scores.unit_idx[rows], scores.village_idx[columns]
    order = np.lexsort((villages, units))
    return units[order], villages[order]


def _hold_the_same(
    problem: "Problem", pairs: tuple[IndexArray, IndexArray], points: IntArray
) -> bool:
    """Whether the ledger lists the same pairs with the same sum of points as the search had."""
    return (
        np.array_equal(problem.unit_idx, pairs[0])
        and np.array_equal(problem.village_idx, pairs[1])
        and int(problem.points.sum()) == int(points.sum())
    )


def _build_matching(
    pairing: "CountryPairing", scores: "CountryScores", problem: "Problem"
) -> Matching:
    """Return the pairing as chosen ones among the listed pairs, prices in the inputs' order."""
    width = len(problem.village_ids)
    listed = problem.unit_idx.astype(np.int64) * width + problem.village_idx
    units, villages = _name_pairs(scores, pairing.unit_idx, pairing.village_idx)
    chosen = np.searchsorted(listed, units.astype(np.int64) * width + villages).astype(np.int32)

    def spread(prices: IntArray, places: IndexArray, count: int) -> IntArray:
        everywhere = np.zeros(count, dtype=np.int64)
        everywhere[places] = prices
        return everywhere

    certificate = pairing.certify()
    levels = tuple(
        replace(
            level,
            steps=tuple(
                replace(
                    price,
                    unit_prices=spread(price.unit_prices, scores.unit_idx, len(problem.unit_ids)),
                    village_prices=spread(price.village_prices, scores.village_idx, width),
                )
                for price in level.steps
            ),
        )
        for level in certificate.levels
    )
    return Matching(
        chosen_idx=chosen,
        tied=np.zeros(len(chosen), dtype=np.bool_),
        num_matched=len(chosen),
        total=pairing.value,
        certificate=replace(certificate, levels=levels),
    )
