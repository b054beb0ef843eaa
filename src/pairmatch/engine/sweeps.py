"""Sweeps: many draws of settings, kept as they come, and what they say of a pairing."""

import hashlib
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from operator import ge
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.candidates import BoolArray, Candidates, ScoreRule
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.plugins import PluginOptions
from pairmatch.domain.problem import Problem
from pairmatch.domain.scores import RuleColumn, ScoreTable
from pairmatch.domain.sweep import (
    Draw,
    FrontPoint,
    PairShare,
    SettingInfluence,
    SpreadInterval,
    SpreadRange,
    Sweep,
    SweepPlan,
)
from pairmatch.engine.comparisons import dump_plain, make_plain
from pairmatch.engine.draws import FINE, SweepModel, SweptRule, count_grid, measure_pairs
from pairmatch.engine.executors import CHUNK, HERE, Workers, open_executor
from pairmatch.engine.outcomes import Progress
from pairmatch.engine.proofs import ignore_step
from pairmatch.engine.proposals import NO_OPTIONS
from pairmatch.engine.scenarios import open_scenario
from pairmatch.engine.ways import Way, collect_names, find_scenario, score_inputs, solve_way
from pairmatch.errors import BadInputError, UsageError
from pairmatch.score.gate import STEPS_LIMIT

if TYPE_CHECKING:
    from pairmatch.store.journal import Journal

FloatArray = NDArray[np.float64]

Ticks = Callable[[int, int, float], None]
"""Is told how many draws are done, of how many, and how many seconds are left."""

FRONT_METRICS = ("total", "worst_village", "kept")
DEFAULT_RANGE = Fraction(1, 4)
"""Without a word on spreads each rule's is drawn from a quarter less to a quarter more."""

DRAWS_FILE, SWEEP_FILE, PAGE_FILE = "draws.jsonl", "sweep.json", "sweep.html"


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told of steps, and of how far the draws are."""

    step: Progress = ignore_step
    ticks: Ticks = lambda _done, _all, _left: None


UNSEEN = Watch()


@dataclass(frozen=True, slots=True)
class SweepWishes:
    """What a user asks to be drawn; `spreads` empty stands for all rules by a quarter."""

    num_draws: int = 200
    seed: int = 1
    spreads: tuple[SpreadRange, ...] = ()
    tolerances: tuple[Fraction, ...] = ()
    draws_unknown: bool = False
    plugins: tuple[str, ...] = ()
    most_dropouts: int = 0
    is_grid: bool = False


def sweep_scenario(
    place: Path,
    wishes: SweepWishes,
    out: Path | None = None,
    workers: Workers = HERE,
    options: PluginOptions = NO_OPTIONS,
    watch: Watch = UNSEEN,
) -> tuple[Sweep, tuple[Path, ...]]:
    """Make the draws that are not made yet, and write what they say together.

    Every draw is kept in the sweep's folder as soon as it is made; whoever asks the same again goes
    on from there. Equal questions give equal files, whatever makes the draws.

    Parameters
    ----------
    place
        The scenario, or a run of it.
    wishes
        What is drawn.
    out
        Where the sweep's folder goes; by default ``sweeps`` in the scenario.
    workers
        Where draws are made.
    options
        How plugins are run.
    watch
        Is told when a step begins, and how far the draws are.

    Returns
    -------
    tuple
        The sweep, and the files written.

    Raises
    ------
    BadInputError
        If the inputs hold errors.
    InfeasibleError
        If the scenario has no pairing.
    OutputBlockedError
        If a file cannot be written.
    UsageError
        If a rule or plugin does not exist, or there is no such cluster.
    """
    from pairmatch.report.comparison import build_sweep_html
    from pairmatch.store.files import write_files
    from pairmatch.store.journal import open_journal

    watch.step("cli.step_read")
    folder = find_scenario(place)
    with open_scenario(folder, options) as opened:
        way = solve_way(place, opened, options, watch.step)
        model = build_model(way)
    plan = plan_sweep(way, wishes)
    target = (out or folder / "sweeps") / f"sweep-{digest_sweep(way, plan)}"
    with open_journal(target / DRAWS_FILE) as journal:
        done = _make_missing(model, plan, journal, workers, watch)
    watch.step("cli.step_sum_up")
    sweep = sum_up(way, model, plan, done)
    lines = "".join(f"{write_draw(draw)}\n" for draw in done)
    files = {
        DRAWS_FILE: lines.encode("utf-8"),
        SWEEP_FILE: dump_plain(sweep).encode("utf-8"),
        PAGE_FILE: build_sweep_html(sweep, way.inputs.scenario.scenario.lang).encode("utf-8"),
    }
    return sweep, write_files(target, files)


def _make_missing(
    model: SweepModel,
    plan: SweepPlan,
    journal: "Journal",
    workers: Workers,
    watch: "Watch",
) -> tuple[Draw, ...]:
    """Return all draws by number; those that the journal lacks are made and added to it."""
    kept = (read_draw(line) for line in journal.lines)
    draws = {draw.number: draw for draw in kept if draw is not None}
    missing = [number for number in range(plan.num_draws) if number not in draws]
    chunks = [missing[k : k + CHUNK] for k in range(0, len(missing), CHUNK)]
    began, num_before = time.monotonic(), len(draws)
    if chunks:
        with open_executor(model, plan, workers) as run:
            for made in run(chunks):
                journal.add([write_draw(draw) for draw in made])
                draws |= {draw.number: draw for draw in made}
                rate = (time.monotonic() - began) / (len(draws) - num_before)
                watch.ticks(len(draws), plan.num_draws, rate * (plan.num_draws - len(draws)))
    return tuple(draws[number] for number in range(plan.num_draws))


# --- what is drawn ----------------------------------------------------------------------------


def plan_sweep(way: Way, wishes: SweepWishes) -> SweepPlan:
    """Return the plan of a sweep, its names checked and its defaults filled in.

    Raises
    ------
    BadInputError
        If a spread is too large for exact sums.
    UsageError
        If a rule or plugin does not take part, or a grid has an axis without values.
    """
    columns = {column.rule_id: column for column in way.answer.table.columns if column.spread}
    scale = way.answer.problem.steps_per_point
    spreads = wishes.spreads
    if not (spreads or wishes.is_grid):
        spreads = tuple(
            SpreadRange(rule_id, own * (1 - DEFAULT_RANGE), own * (1 + DEFAULT_RANGE))
            for rule_id, column in columns.items()
            if (own := Fraction(column.spread, scale))
        )
    active = {state.name for state in way.plugins if state.state == "on"}
    strange = sorted({s.rule_id for s in spreads} - columns.keys())
    strange += sorted(set(wishes.plugins) - active)
    if strange:
        known = "、".join((*columns, *sorted(active)))
        raise UsageError("engine.nothing_to_draw", names="、".join(strange), known=known)
    if any(spread.high * scale > STEPS_LIMIT for spread in spreads):
        raise BadInputError("match.scores_too_large")
    plan = SweepPlan(
        num_draws=wishes.num_draws,
        seed=wishes.seed,
        spreads=tuple(sorted(spreads, key=lambda s: s.rule_id)),
        tolerances=wishes.tolerances,
        draws_unknown=wishes.draws_unknown,
        plugins=tuple(sorted(wishes.plugins)),
        most_dropouts=wishes.most_dropouts,
        is_grid=wishes.is_grid,
    )
    if not plan.is_grid:
        return plan
    if any(not spread.values for spread in plan.spreads):
        raise UsageError("engine.grid_without_values")
    return replace(plan, num_draws=count_grid(plan))


def digest_sweep(way: Way, plan: SweepPlan) -> str:
    """Return the digest of a question and a plan: the same draws, the same digest."""
    text = json.dumps([way.run_id, make_plain(plan)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]


def build_model(way: Way) -> SweepModel:
    """Return what draws are made from: all pairs that any choice of plugins allows, and rules."""
    from pairmatch.match.problems import build_problem

    conditions = [rule for rule in way.eligibility_rules if not rule.plugin]
    table = score_inputs(way.inputs, way.score_rules, conditions)
    problem = build_problem(way.inputs, table)
    own = way.answer.problem
    at = np.searchsorted(_number_pairs(problem), _number_pairs(own)).astype(np.int32)
    return SweepModel(
        problem=problem,
        rules=_sweep_rules(way, table),
        refused=_find_refused(way, table.candidates),
        own_points=_place_points(problem.points, at, own.points),
        own_idx=at[way.answer.matching.chosen_idx],
        time_s=way.inputs.scenario.limits.time_s,
    )


def _number_pairs(problem: Problem | Candidates) -> IntArray:
    numbers: IntArray = problem.unit_idx.astype(np.int64) << 32
    return numbers + problem.village_idx


def _place_points(points: IntArray, at: IndexArray, own: IntArray) -> IntArray:
    placed = points.copy()
    placed[at] = own
    return placed


def _sweep_rules(way: Way, table: ScoreTable) -> tuple[SweptRule, ...]:
    """Return all rules; those of counties as they are with some of their conditions off, too."""
    near: dict[str, set[str]] = {}
    for condition in way.eligibility_rules:
        if condition.plugin:
            near.setdefault(condition.county, set()).add(condition.plugin)
    rules = {column.rule_id: _sweep_rule(way, table, column) for column in table.columns}
    for county, plugins in near.items():
        own = [rule for rule in way.score_rules if rule.plugin and rule.county == county]
        for size in range(len(plugins) + 1):
            for off in map(frozenset, combinations(sorted(plugins), size)):
                for swept in _score_without(way, table, own, off):
                    rules[swept.rule_id].variants[off] = swept
        for rule in own:
            if rule.rule_id in rules:
                rules[rule.rule_id] = replace(rules[rule.rule_id], near=frozenset(plugins))
    return tuple(rules[column.rule_id] for column in table.columns)


def _score_without(
    way: Way, table: ScoreTable, rules: Sequence[ScoreRule], off: frozenset[str]
) -> Iterator[SweptRule]:
    """Yield rules of a county centred over what its conditions leave, those of some plugins off."""
    conditions = [rule for rule in way.eligibility_rules if rule.plugin not in off]
    left = score_inputs(way.inputs, rules, conditions)
    at = np.searchsorted(_number_pairs(table.candidates), _number_pairs(left.candidates))
    whole = {column.rule_id: column for column in table.columns}
    for column in left.columns:
        wide = whole[column.rule_id]
        yield SweptRule(
            column.rule_id,
            column.plugin,
            column.spread,
            _place_points(wide.points, at.astype(np.int32), column.points),
            None,
            _place_points(wide.low, at.astype(np.int32), column.low),
            _place_points(wide.high, at.astype(np.int32), column.high),
        )


def _sweep_rule(way: Way, table: ScoreTable, column: RuleColumn) -> SweptRule:
    rule = next(r for r in way.score_rules if r.rule_id == column.rule_id)
    points, low, high, shares = column.points, column.low, column.high, None
    if rule.bounded and not column.plugin:
        given = rule.contribute(table.candidates, FINE)
        shares, low, high = given.points, given.low, given.high
    return SweptRule(column.rule_id, column.plugin, column.spread, points, shares, low, high)


def _find_refused(way: Way, candidates: Candidates) -> dict[str, BoolArray]:
    """Return what the conditions of each plugin refuse, by the plugin's name."""
    found: dict[str, BoolArray] = {}
    everyone = _number_pairs(candidates)
    for plugin in sorted({rule.plugin for rule in way.eligibility_rules if rule.plugin}):
        own = [rule for rule in way.eligibility_rules if rule.plugin in {"", plugin}]
        left = score_inputs(way.inputs, (), own).candidates
        found[plugin] = ~np.isin(everyone, _number_pairs(left))
    return found


# --- what it says -----------------------------------------------------------------------------


def sum_up(way: Way, model: SweepModel, plan: SweepPlan, draws: Sequence[Draw]) -> Sweep:
    """Return what draws say together."""
    feasible = [draw for draw in draws if draw.is_feasible]
    section = way.inputs.scenario.scenario
    return Sweep(
        label=way.label,
        title_zh=section.title.zh or section.title.en or way.label,
        title_en=section.title.en or section.title.zh or way.label,
        run_id=way.run_id,
        is_synthetic=section.synthetic,
        steps_per_point=model.problem.steps_per_point,
        plan=plan,
        num_feasible=len(feasible),
        num_same=sum(draw.num_kept == len(model.own_idx) for draw in feasible),
        pairs=_share_pairs(model, feasible),
        influences=_rank_settings(model, plan, feasible),
        front_metrics=_list_metrics(model),
        front=_find_front(model, feasible),
        intervals=_find_intervals(way),
        names=collect_names(way),
    )


def _share_pairs(model: SweepModel, draws: Sequence[Draw]) -> tuple[PairShare, ...]:
    counts = Counter(pair for draw in draws for pair in draw.pairs)
    own = frozenset(model.own_idx.tolist())
    problem = model.problem
    shares = [
        PairShare(
            problem.unit_ids[problem.unit_idx[k]],
            problem.village_ids[problem.village_idx[k]],
            counts[k],
            k in own,
        )
        for k in sorted(counts.keys() | own)
    ]
    return tuple(sorted(shares, key=lambda s: (-s.count, s.unit_id, s.village_id)))


def _list_metrics(model: SweepModel) -> tuple[str, ...]:
    has_previous = model.problem.previous is not None
    return tuple(name for name in FRONT_METRICS if name != "kept" or has_previous)


def _find_front(model: SweepModel, draws: Sequence[Draw]) -> tuple[FrontPoint, ...]:
    """Return the points that draws reach, those that none beats first."""
    names = _list_metrics(model)
    points: dict[tuple[int, ...], list[int]] = {}
    for draw in draws:
        points.setdefault(tuple(draw.metrics[name] for name in names), []).append(draw.number)
    own = measure_pairs(model, model.own_idx)
    proposed = tuple(own[name] for name in names)
    found, best = [], list[tuple[int, ...]]()
    # Whatever beats a point comes before it, and so does one of the best that beats it as well.
    for point in sorted(points.keys() | {proposed}, reverse=True):
        is_best = not any(all(map(ge, other, point)) for other in best)
        best += [point] if is_best else []
        numbers = points.get(point, ())
        metrics = dict(zip(names, point, strict=True))
        number = min(numbers, default=-1)
        found.append(FrontPoint(number, metrics, len(numbers), is_best, point == proposed))
    return tuple(sorted(found, key=lambda p: not p.is_best))


def _rank_settings(
    model: SweepModel, plan: SweepPlan, draws: Sequence[Draw]
) -> tuple[SettingInfluence, ...]:
    """Return how much each drawn setting goes with the number of pairs that are lost."""
    lost = [len(model.own_idx) - draw.num_kept for draw in draws]
    own = {
        rule.rule_id: Fraction(rule.spread, model.problem.steps_per_point) for rule in model.rules
    }
    distances = {
        spread.rule_id: [
            abs(Fraction(draw.settings[spread.rule_id]) - own[spread.rule_id]) for draw in draws
        ]
        for spread in plan.spreads
    }
    for name in plan.plugins:
        key = f"plugins.{name}"
        distances[key] = [Fraction(key in draw.settings) for draw in draws]
    if plan.tolerances:
        distances["within"] = [Fraction(draw.settings["within"]) for draw in draws]
    if plan.most_dropouts:
        outs = (draw.settings.get("without", "") for draw in draws)
        distances["without"] = [Fraction(len(out.split("、")) if out else 0) for out in outs]
    found = [SettingInfluence(key, correlate(row, lost)) for key, row in distances.items()]
    return tuple(sorted(found, key=lambda f: (-(f.correlation or 0.0), f.setting)))


def correlate(first: Sequence[Fraction], second: Sequence[int]) -> float | None:
    """Return Spearman's rank correlation, ties at their mean rank; None if one never varies."""
    ranks = [_rank(row) for row in (first, second)]
    centred = [row - row.mean() if len(row) else row for row in ranks]
    sizes = [float((row**2).sum()) for row in centred]
    if not all(sizes):
        return None
    product = float((centred[0] * centred[1]).sum())
    return round(product / math.sqrt(sizes[0] * sizes[1]), 6)


def _rank(values: Sequence[Fraction] | Sequence[int]) -> FloatArray:
    _unique, place, count = np.unique(
        np.array([float(v) for v in values]), return_inverse=True, return_counts=True
    )
    last = np.cumsum(count)
    means: FloatArray = (last - (count - 1) / 2)[place]
    return means


def _find_intervals(way: Way) -> tuple[SpreadInterval, ...]:
    """Return how far each rule's spread may go before another pairing is better."""
    from pairmatch.match.spreads import SpreadRanges

    problem, matching = way.answer.problem, way.answer.matching
    if matching.status == "stopped":
        return ()
    ranges = SpreadRanges(problem, matching.chosen_idx)
    found = []
    for column in way.answer.table.columns:
        ends = ranges.find(column.points) if column.spread else None
        if ends is not None:
            own = Fraction(column.spread, problem.steps_per_point)
            low, high = ends[0] * own, None if ends[1] is None else ends[1] * own
            found.append(
                SpreadInterval(column.rule_id, column.label_zh, column.label_en, own, low, high)
            )
    return tuple(found)


# --- draws as lines ---------------------------------------------------------------------------


def write_draw(draw: Draw) -> str:
    """Return a draw as a line of JSON."""
    return json.dumps(make_plain(draw), ensure_ascii=False, separators=(",", ":"))


def read_draw(line: str) -> Draw | None:
    """Return the draw of a line that `write_draw` wrote; None for any other line."""
    try:
        stored = json.loads(line)
        return Draw(**{**stored, "pairs": tuple(stored["pairs"])})
    except (ValueError, TypeError, KeyError):
        return None
