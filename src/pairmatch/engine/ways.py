"""Ways of pairing, each opened, solved and measured: what comparisons and sweeps begin with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.domain.comparison import Metrics, Side
from pairmatch.domain.inputs import IndexArray, Inputs
from pairmatch.domain.matching import Conflict
from pairmatch.domain.plugins import PluginOptions, PluginState
from pairmatch.domain.problem import Problem, weigh_pairs
from pairmatch.engine.influence import Answer
from pairmatch.engine.outcomes import Progress
from pairmatch.engine.proofs import prove_matching
from pairmatch.engine.proposals import digest_question
from pairmatch.errors import InfeasibleError, UsageError

if TYPE_CHECKING:
    from pairmatch.domain.scores import ScoreTable
    from pairmatch.engine.scenarios import OpenScenario

SETTINGS_FILE, RUN_FILE = "scenario.toml", "run.json"


@dataclass(frozen=True, slots=True)
class Way:
    """A scenario with its answer: all that a comparison looks at."""

    label: str
    folder: str
    run_id: str
    inputs: Inputs
    score_rules: tuple[ScoreRule, ...]
    eligibility_rules: tuple[EligibilityRule, ...]
    plugins: tuple[PluginState, ...]
    answer: Answer

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Unit id and village id of each chosen pair."""
        return list_pairs(self.answer.problem, self.answer.matching.chosen_idx)


def find_scenario(place: Path) -> Path:
    """Return the scenario's folder: the place itself, or that which a run was made for.

    Raises
    ------
    UsageError
        If the place is neither a scenario nor a run that lies in one.
    """
    if (place / SETTINGS_FILE).is_file():
        return place
    if (place / RUN_FILE).is_file():
        folder = place.resolve().parent.parent
        if (folder / SETTINGS_FILE).is_file():
            return folder
        raise UsageError("engine.run_without_scenario", run=str(place))
    raise UsageError("engine.no_way", folder=str(place))


def solve_way(
    place: Path, opened: "OpenScenario", options: PluginOptions, progress: Progress | None
) -> Way:
    """Return a way of pairing with its proven answer.

    Parameters
    ----------
    place
        The scenario, or a run of it.
    opened
        The scenario, opened.
    options
        How plugins are run.
    progress
        Is told when a step begins.

    Raises
    ------
    BadInputError
        If the inputs hold errors.
    InfeasibleError
        If there is no pairing.
    UsageError
        If the place is a run whose scenario says something else by now.
    """
    inputs, plugins = opened.require(options)
    run_id = digest_question(inputs, plugins.states)
    folder = find_scenario(place)
    if folder != place and not place.resolve().name.endswith(run_id):
        raise UsageError("engine.run_outdated", run=str(place), folder=str(folder))
    answer = solve_inputs(inputs, plugins.score_rules, plugins.eligibility_rules, progress)
    if answer is None:
        raise InfeasibleError("engine.way_infeasible", folder=str(folder))
    return Way(
        label=inputs.scenario.scenario.name or folder.resolve().name,
        folder=str(place),
        run_id=run_id,
        inputs=inputs,
        score_rules=plugins.score_rules,
        eligibility_rules=plugins.eligibility_rules,
        plugins=plugins.states,
        answer=answer,
    )


def solve_inputs(
    inputs: Inputs,
    rules: Sequence[ScoreRule],
    conditions: Sequence[EligibilityRule],
    progress: Progress | None = None,
) -> Answer | None:
    """Score and match; None if there is no pairing.

    Raises
    ------
    PluginFaultError
        If a plugin breaks its contract.
    UnprovenError
        If the answer fails its independent check.
    """
    from pairmatch.match.problems import build_problem

    table = score_inputs(inputs, rules, conditions)
    problem = build_problem(inputs, table)
    matching = prove_matching(problem, progress, inputs.scenario.limits.time_s)
    return None if isinstance(matching, Conflict) else Answer(table, problem, matching)


def score_inputs(
    inputs: Inputs, rules: Sequence[ScoreRule], conditions: Sequence[EligibilityRule]
) -> "ScoreTable":
    """Return the scores of all eligible pairs, the counties' rules included."""
    from pairmatch.score.city import compute_spreads, score_city
    from pairmatch.score.counties import score_counties

    city = score_city(inputs, rules, conditions)
    spreads = compute_spreads(inputs.scenario, rules)
    return score_counties(city, rules, conditions, spreads)[0]


def list_pairs(problem: Problem, idx: IndexArray) -> tuple[tuple[str, str], ...]:
    """Return unit id and village id of candidates, in their order."""
    units, villages = problem.unit_ids, problem.village_ids
    return tuple(
        (units[problem.unit_idx[k]], villages[problem.village_idx[k]]) for k in idx.tolist()
    )


def collect_names(way: Way) -> dict[str, str]:
    """Return the names of units and of villages with county and township, by id."""
    units = {unit.unit_id: unit.name or unit.unit_id for unit in way.inputs.units}
    villages = {
        v.village_id: " ".join(part for part in (v.county, v.township, v.name) if part)
        or v.village_id
        for v in way.inputs.villages
    }
    return {**units, **villages}


def describe_way(way: Way) -> Side:
    """Return a way as one side of a comparison, measured."""
    section, problem = way.inputs.scenario.scenario, way.answer.problem
    return Side(
        label=way.label,
        folder=way.folder,
        title_zh=section.title.zh or section.title.en or way.label,
        title_en=section.title.en or section.title.zh or way.label,
        run_id=way.run_id,
        status=way.answer.matching.status,
        steps_per_point=problem.steps_per_point,
        metrics=measure_way(way),
        is_synthetic=section.synthetic,
    )


def measure_way(way: Way) -> Metrics:
    """Return what a pairing reaches, in the points of its own scenario."""
    basic = measure_basics(way.answer)
    areas, residual = _cover_areas(way)
    return Metrics(
        num_matched=basic["num_matched"],
        total=basic["total"],
        worst_village=basic["worst_village"],
        worst_county=basic["worst_county"],
        counties=_sum_counties(way.answer),
        areas=areas,
        residual=residual,
        kept=basic["kept"] if way.inputs.previous else None,
        mean_km=_find_mean_km(way),
    )


def measure_basics(answer: Answer) -> dict[str, int]:
    """Return the metrics that are whole numbers, by name."""
    problem, matching = answer.problem, answer.matching
    points = problem.points[matching.chosen_idx]
    counties = _sum_counties(answer)
    return {
        "num_matched": matching.num_matched,
        "total": matching.total,
        "worst_village": int(points.min()) if len(points) else 0,
        "worst_county": min(counties.values(), default=0),
        "kept": int(weigh_pairs(problem, "kept")[matching.chosen_idx].sum()),
    }


def _sum_counties(answer: Answer) -> Mapping[str, int]:
    problem, chosen = answer.problem, answer.matching.chosen_idx
    sums = np.zeros(len(problem.counties), dtype=np.int64)
    if problem.county_idx is not None:
        np.add.at(sums, problem.county_idx[problem.village_idx[chosen]], problem.points[chosen])
    return {
        name: total for name, total in zip(problem.counties, sums.tolist(), strict=True) if name
    }


def _cover_areas(way: Way) -> tuple[Mapping[str, int], int]:
    """Return the covered share per area, and the share left over all, in ten-thousandths."""
    from pairmatch.explain.pairs import explain_matching

    area_of = {need.need_id: need.area_id for need in way.inputs.taxonomy.needs}
    deficit: dict[str, int] = dict.fromkeys(area_of.values(), 0)
    covered = dict(deficit)
    for pair in explain_matching(way.answer.table, way.answer.matching, None):
        for need in pair.needs:
            deficit[area_of[need.need_id]] += need.weight * need.deficit
            covered[area_of[need.need_id]] += need.weight * need.covered
    areas = {a: 10_000 * covered[a] // deficit[a] for a in deficit if deficit[a]}
    whole = sum(deficit.values())
    return areas, 10_000 - 10_000 * sum(covered.values()) // whole if whole else 0


def _find_mean_km(way: Way) -> Fraction | None:
    """Return the mean distance between seats over the pairs for which it is known."""
    inputs, problem = way.inputs, way.answer.problem
    known = []
    for k in way.answer.matching.chosen_idx.tolist():
        unit, village = inputs.units[problem.unit_idx[k]], inputs.villages[problem.village_idx[k]]
        if not village.county or (unit.tier == "county" and not unit.county):
            continue
        if unit.county == village.county:
            known.append(Fraction(0))
        elif (unit.county, village.county) in inputs.distances:
            km = inputs.distances[unit.county, village.county]
            known.append(Fraction(Decimal(str(km))))
    return sum(known, Fraction(0)) / len(known) if known else None
