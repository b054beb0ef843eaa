"""One draw of a sweep as a pure function: settings are drawn, pairs scored and matched anew.

Nothing here reads a file or runs a plugin, so that draws can be made by any process anywhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import Matching
from pairmatch.domain.points import format_steps
from pairmatch.domain.problem import FixedPair, Problem, Tolerance, weigh_pairs
from pairmatch.domain.sweep import Draw, SpreadRange, SweepPlan
from pairmatch.engine.proofs import require_proof, tell_hindrances
from pairmatch.match.solution import find_matching, try_network
from pairmatch.solvers.network import Network, mark_pairs

FINE = 10**9
"""Shares of a built-in rule are whole numbers of 1/FINE of its spread."""

_STEPS = 1_000
"""A drawn value is one of so many steps between its ends."""

_PART_BITS = 20


@dataclass(frozen=True, slots=True)
class SweptRule:
    """A rule's points for all candidates: at its own spread, and its shares of 1/FINE of any.

    `spread` is in steps. `shares` is None for rules of counties, whose points are in proportion to
    those at their own spread, and for scores of a table, which have none. `low` and `high` are the
    interval of `points` or of `shares`.

    A county's points are centred over what its conditions leave, so they are others where some are
    off: `near` are the county's plugins with conditions, `variants` the rule by those that are off.
    """

    rule_id: str
    plugin: str
    spread: int
    points: IntArray
    shares: IntArray | None
    low: IntArray
    high: IntArray
    near: frozenset[str] = frozenset()
    variants: "dict[frozenset[str], SweptRule]" = field(default_factory=dict)


@dataclass(frozen=True)
class SweepModel:
    """All that draws need: the problem of the widest choice of candidates, and what scores it.

    `refused` has, by plugin, the candidates that its conditions refuse. `own_points` are the points
    by the scenario's own settings, `own_idx` its own pairs.
    """

    problem: Problem
    rules: tuple[SweptRule, ...]
    refused: dict[str, BoolArray]
    own_points: IntArray
    own_idx: IndexArray
    time_s: float

    @cached_property
    def network(self) -> Network | None:
        """The network of the problem, made once; None if it is more than a flow."""
        return try_network(self.problem)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The settings of one draw: spreads in steps, and what is off, out and given up."""

    spreads: dict[str, int]
    tolerance: Fraction | None
    off: frozenset[str]
    out: tuple[int, ...]
    unknown: np.random.Generator | None


def make_draw(model: SweepModel, plan: SweepPlan, number: int) -> Draw:
    """Return what comes of one draw; equal arguments give equal draws.

    Raises
    ------
    BadInputError
        If the drawn scores are too large to be exact.
    UnprovenError
        If the answer fails its independent check, or the time ran out before there was one.
    """
    drawn = _draw_settings(model, plan, number)
    problem = _apply(model, drawn)
    matching = _solve(model, problem)
    settings = _describe(model, drawn)
    if matching is None:
        return Draw(number, settings, False, 0)
    chosen = matching.chosen_idx
    return Draw(
        number=number,
        settings=settings,
        is_feasible=True,
        num_kept=len(np.intersect1d(chosen, model.own_idx)),
        metrics=measure_pairs(model, chosen),
        pairs=tuple(chosen.tolist()),
    )


def measure_pairs(model: SweepModel, chosen: IndexArray) -> dict[str, int]:
    """Return the metrics of a choice of pairs, by the scenario's own points."""
    points = model.own_points[chosen]
    metrics = {
        "num_matched": len(chosen),
        "total": int(points.sum()),
        "worst_village": int(points.min()) if len(points) else 0,
    }
    if model.problem.previous is not None:
        metrics["kept"] = int(weigh_pairs(model.problem, "kept")[chosen].sum())
    return metrics


def count_grid(plan: SweepPlan) -> int:
    """Return how many combinations a grid has."""
    count = 1
    for axis in _list_axes(plan):
        count *= len(axis)
    return count


def _list_axes(plan: SweepPlan) -> Iterator[Sequence[object]]:
    yield from (spread.values for spread in plan.spreads)
    if plan.tolerances:
        yield plan.tolerances
    yield from ((True, False) for _plugin in plan.plugins)


def _draw_settings(model: SweepModel, plan: SweepPlan, number: int) -> _Drawn:
    rng = np.random.default_rng([plan.seed, number])
    if plan.is_grid:
        chosen, rest = [], number
        for axis in _list_axes(plan):
            rest, at = divmod(rest, len(axis))
            chosen.append(axis[at])
        taken = iter(chosen)
        values: list[Fraction] = [next(taken) for _spread in plan.spreads]  # type: ignore[misc]
        tolerance: Fraction | None = next(taken) if plan.tolerances else None  # type: ignore[assignment]
        off = frozenset(name for name in plan.plugins if not next(taken))
    else:
        values = [_draw_spread(rng, spread) for spread in plan.spreads]
        tolerance = plan.tolerances[rng.integers(len(plan.tolerances))] if plan.tolerances else None
        off = frozenset(name for name in plan.plugins if rng.integers(2))
    scale = model.problem.steps_per_point
    spreads = {
        spread.rule_id: int(value * scale)
        for spread, value in zip(plan.spreads, values, strict=True)
    }
    num_out = int(rng.integers(plan.most_dropouts + 1)) if plan.most_dropouts else 0
    taking_part = np.flatnonzero(model.problem.unit_max > 0)
    out = rng.choice(taking_part, min(num_out, len(taking_part)), replace=False)
    unknown = rng if plan.draws_unknown else None
    return _Drawn(spreads, tolerance, off, tuple(sorted(out.tolist())), unknown)


def _draw_spread(rng: np.random.Generator, spread: SpreadRange) -> Fraction:
    if spread.values:
        return spread.values[rng.integers(len(spread.values))]
    share = Fraction(int(rng.integers(_STEPS + 1)), _STEPS)
    return spread.low + (spread.high - spread.low) * share


def _apply(model: SweepModel, drawn: _Drawn) -> Problem:
    """Return the problem with other points and bounds; what may not be chosen is banned by both."""
    problem = model.problem
    points = np.zeros(problem.num_candidates, dtype=np.int64)
    for rule in model.rules:
        if rule.plugin not in drawn.off or not rule.plugin:
            now = rule.variants.get(rule.near & drawn.off, rule)
            points += _score(now, drawn, problem.village_idx, len(problem.village_ids))
    unit_min, unit_max = problem.unit_min, problem.unit_max
    if drawn.out:
        gone = np.zeros(len(unit_max), dtype=np.bool_)
        gone[list(drawn.out)] = True
        unit_min, unit_max = np.where(gone, 0, unit_min), np.where(gone, 0, unit_max)
    tolerances = problem.tolerances
    if drawn.tolerance is not None:
        given = Tolerance(drawn.tolerance, 0)
        tolerances = tuple(
            given if goal == "total" else problem.tolerance_of(k)
            for k, goal in enumerate(problem.levels)
        )
    locks = tuple(lock for lock in problem.locks if lock.unit_idx not in drawn.out)
    return replace(
        problem,
        points=points,
        unit_min=unit_min,
        unit_max=unit_max,
        tolerances=tolerances,
        locks=locks,
        bans=(*problem.bans, *_list_refused(model, drawn.off)),
    )


def _list_refused(model: SweepModel, off: frozenset[str]) -> Iterator[FixedPair]:
    """Yield the pairs that the conditions of plugins refuse which are on."""
    refused = np.zeros(model.problem.num_candidates, dtype=np.bool_)
    for plugin, mask in model.refused.items():
        if plugin not in off:
            refused |= mask
    for k in np.flatnonzero(refused).tolist():
        yield FixedPair(int(model.problem.unit_idx[k]), int(model.problem.village_idx[k]))


def _score(rule: SweptRule, drawn: _Drawn, village_idx: IndexArray, num_villages: int) -> IntArray:
    """Return a rule's points for a draw: an unknown lies as far up its interval as its village's.

    The same village takes the same place in all pairs, for it is the village that is not known.
    """
    spread = drawn.spreads.get(rule.rule_id, rule.spread)
    base = rule.points if rule.shares is None else rule.shares
    if drawn.unknown is not None:
        place = drawn.unknown.integers(_STEPS + 1, size=num_villages)[village_idx]
        is_open = rule.low < rule.high
        base = np.where(is_open, rule.low + (rule.high - rule.low) * place // _STEPS, base)
    elif spread == rule.spread:
        return rule.points
    if rule.shares is None:
        return base if spread == rule.spread else scale_points(base, spread, rule.spread)
    return scale_points(base, spread, FINE)


def scale_points(points: IntArray, spread: int, whole: int) -> IntArray:
    """Return points times `spread` / `whole`, halves rounded up; all below 2**41.

    In two parts, so that no product leaves 64 bits.
    """
    upper, lower = divmod(spread, 1 << _PART_BITS)
    quotient, rest = np.divmod(2 * points * upper, 2 * whole)
    rest = (rest << _PART_BITS) + 2 * points * lower + whole
    scaled: IntArray = (quotient << _PART_BITS) + rest // (2 * whole)
    return scaled


def _describe(model: SweepModel, drawn: _Drawn) -> dict[str, str]:
    """Return the drawn settings by name, as text: spreads and tolerances in points."""
    scale = model.problem.steps_per_point
    told = {rule_id: format_steps(spread, scale) for rule_id, spread in drawn.spreads.items()}
    if drawn.tolerance is not None:
        told["within"] = str(drawn.tolerance)
    plugins = {rule.plugin for rule in model.rules if rule.plugin} | model.refused.keys()
    told |= {f"plugins.{name}": "off" for name in sorted(plugins & drawn.off)}
    if drawn.out:
        told["without"] = "、".join(model.problem.unit_ids[k] for k in drawn.out)
    return told


def _solve(model: SweepModel, problem: Problem) -> Matching | None:
    network = model.network
    if network is not None and problem.tolerances == model.problem.tolerances:
        lower, upper = network.lower.copy(), network.upper.copy()
        lower[: network.num_candidates] = mark_pairs(problem, problem.locks)
        upper[: network.num_candidates] = ~mark_pairs(problem, problem.bans)
        lower[network.unit_arc], upper[network.unit_arc] = problem.unit_min, problem.unit_max
        network = replace(network, lower=lower, upper=upper)
    else:
        network = try_network(problem)
    with tell_hindrances(model.time_s):
        matching = find_matching(problem, network, model.time_s)
    if matching is not None:
        require_proof(problem, matching)
    return matching
