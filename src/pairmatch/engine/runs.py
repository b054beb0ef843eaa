"""Jobs on published runs: prove again, explain, price."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pairmatch.domain.explanation import Alternative, PairExplanation
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.matching import Matching
from pairmatch.domain.objectives import show_bound, show_gap
from pairmatch.domain.points import format_steps
from pairmatch.domain.problem import Problem
from pairmatch.engine.outcomes import RunFacts
from pairmatch.errors import BadInputError, UsageError
from pairmatch.messages import Language

if TYPE_CHECKING:
    from pairmatch.load.runs import StoredRun


def verify_run(run: Path, scenario: Path | None = None) -> tuple[Finding, ...]:
    """Prove a published run again, without any solver; empty if everything holds.

    Parameters
    ----------
    run
        The run folder.
    scenario
        The scenario whose files should still have the digests of the run; by default the folder
        that the run's parent lies in, if it is a scenario.
    """
    from pairmatch.load.runs import check_digests

    stored, found = _check_run(run)
    source = find_source(run, scenario)
    changed = []
    if stored is not None and source is not None:
        changed = check_digests(source, stored.facts.inputs, "engine.input_changed")
    if stored is not None and stored.facts.num_pairs and not found:
        found += _check_all_pairs(stored, None if changed else source)
    found += changed
    return tuple(sorted(found, key=lambda finding: finding.sort_key))


def _check_all_pairs(stored: "StoredRun", source: Path | None) -> list[Finding]:
    """Return what does not hold of a run whose pairs are not all listed: its prices, for all."""
    from pairmatch.domain.plugins import PluginOptions
    from pairmatch.engine.country import open_scores, verify_scores
    from pairmatch.engine.scenarios import open_scenario

    count = str(stored.facts.num_pairs)
    missing = Finding("engine.scenario_needed", Severity.ERROR, params={"count": count})
    steps = stored.matching.certificate.levels[-1].steps
    if source is None or not steps:
        return [missing] if steps else []
    broken = any(plugin.state == "broken" for plugin in stored.facts.plugins)
    options = PluginOptions(skip_broken=broken)
    with open_scenario(source, options) as opened:
        inputs, plugins = opened.require(options)
        country = open_scores(inputs, plugins)
        listed = country.score_listed(stored.problem.unit_idx, stored.problem.village_idx)
        wrong = int((listed != stored.problem.points).sum())
        num_beaten = verify_scores(country, steps[-1].unit_prices, steps[-1].village_prices)
    if not wrong + num_beaten:
        return []
    params = {"count": str(wrong + num_beaten)}
    return [Finding("engine.pair_beats_prices", Severity.ERROR, params=params)]


def find_source(run: Path, scenario: Path | None = None) -> Path | None:
    """Return the scenario that a run was made from; None if there is none.

    Parameters
    ----------
    run
        The run folder.
    scenario
        Where it is; by default the folder that the run's parent lies in.
    """
    from pairmatch.load.bundles import list_names
    from pairmatch.load.inheritance import SETTINGS_FILE

    source = scenario or run.resolve().parent.parent
    return source if SETTINGS_FILE in list_names(source) else None


def explain_run(
    run: Path, village: str | None = None, unit: str | None = None
) -> tuple[PairExplanation, ...]:
    """Return the explanations stored in a run: of one village, of one unit, or all.

    A village or unit that takes part but has no pair gives none.

    Raises
    ------
    BadInputError
        If the run is damaged.
    UsageError
        If there is no such village or unit, or several of that name; or if the run's pairs are too
        many to list.
    """
    from pairmatch.load.runfiles import read_facts
    from pairmatch.load.runs import read_explanations, read_run_names

    if read_facts(run)[1].num_pairs:
        raise UsageError("engine.not_at_this_size")
    pairs = read_explanations(run)
    names = read_run_names(run)
    if village is not None:
        wanted = find_id(village, names.villages, "village")
        pairs = tuple(pair for pair in pairs if pair.village_id == wanted)
    if unit is not None:
        wanted = find_id(unit, names.units, "unit")
        pairs = tuple(pair for pair in pairs if pair.unit_id == wanted)
    return pairs


def price_ways_in(
    run: Path, village: str | None = None, unit: str | None = None
) -> tuple[Alternative, ...]:
    """Return the cheapest pairs by which a village, else a unit, without one could get one.

    Raises
    ------
    BadInputError
        If the run is damaged.
    UsageError
        If there is no such village or unit, or several of that name.
    """
    import numpy as np

    from pairmatch.explain.pairs import list_alternatives
    from pairmatch.explain.prices import price_candidates

    stored = open_run(run)
    problem, names = stored.problem, stored.names
    if village is not None:
        at = problem.village_ids.index(find_id(village, names.villages, "village"))
        rivals = np.flatnonzero(problem.village_idx == at)
    else:
        at = problem.unit_ids.index(find_id(unit or "", names.units, "unit"))
        rivals = np.flatnonzero(problem.unit_idx == at)
    if not stored.matching.certificate.is_independent:
        raise UsageError("engine.no_prices", run=str(run))
    book = price_candidates(problem, stored.matching)
    return list_alternatives(book, rivals.astype(np.int32))


def price_pair(run: Path, unit: str, village: str) -> Alternative:
    """Return what forcing a pair would cost and whom it would move.

    Raises
    ------
    BadInputError
        If the run is damaged.
    UsageError
        If the unit or village does not exist, or the pair is not eligible or banned.
    """
    from pairmatch.explain.prices import describe_alternative, price_candidates
    from pairmatch.solvers.network import find_candidate

    stored = open_run(run)
    problem, names = stored.problem, stored.names
    unit_id = find_id(unit, names.units, "unit")
    village_id = find_id(village, names.villages, "village")
    at = find_candidate(
        problem, problem.unit_ids.index(unit_id), problem.village_ids.index(village_id)
    )
    if at is None:
        raise UsageError("engine.not_candidate", unit=unit_id, village=village_id)
    for ban in problem.bans:
        if find_candidate(problem, ban.unit_idx, ban.village_idx) == at:
            params = {"unit": unit_id, "village": village_id, "reason": ban.reason or "–"}
            raise UsageError("engine.banned", **params, by=ban.by or "–")
    if not stored.matching.certificate.is_independent:
        return _price_by_solving(run, problem, at)
    return describe_alternative(price_candidates(problem, stored.matching), at)


def _price_by_solving(run: Path, problem: Problem, candidate: int) -> Alternative:
    """Return a pair's forcing price where the answer is no flow: by solving with it locked."""
    from pairmatch.engine.whatif import Changes, ask_what_if

    unit_id = problem.unit_ids[problem.unit_idx[candidate]]
    village_id = problem.village_ids[problem.village_idx[candidate]]
    answer = ask_what_if(run, Changes(locks=((unit_id, village_id),)))
    points, after = int(problem.points[candidate]), answer.after
    if after is None or after.num_matched < answer.before.num_matched:
        return Alternative(unit_id, village_id, points, None)
    moves = tuple(move for chain in answer.chains for move in chain.moves)
    return Alternative(unit_id, village_id, points, answer.before.total - after.total, moves)


def describe_run(run: Path, lang: Language) -> RunFacts:
    """Return the names and the step size of a run, needs named in the given language."""
    from pairmatch.load.runs import read_run_names
    from pairmatch.load.taxonomy import read_taxonomy

    names = read_run_names(run)
    needs = {n.need_id: n.name_zh if lang == "zh" else n.name_en for n in read_taxonomy().needs}
    labels = {**names.units, **{v: " ".join(parts) for v, parts in names.villages.items()}}
    return RunFacts(names.steps_per_point, {**needs, **labels})


def list_left_out(run: Path) -> tuple[str, ...]:
    """Return the names of the plugins that a run was made without, as they were broken."""
    from pairmatch.load.runs import read_left_out

    return read_left_out(run)


def find_status(run: Path) -> str:
    """Return how far a run is proven: ``optimal``, ``bounded`` or ``stopped``.

    Raises
    ------
    BadInputError
        If the run is damaged.
    """
    from pairmatch.load.runfiles import read_facts

    return read_facts(run)[1].status


def find_language(folder: Path) -> Language | None:
    """Return the language a scenario or run is set to, or None if that cannot be read."""
    from pairmatch.load.runs import read_language

    return read_language(folder)


def open_run(run: Path) -> "StoredRun":
    """Return a run whose answer holds: prices mean nothing beside another matching.

    Raises
    ------
    BadInputError
        If the run is damaged.
    UsageError
        If its pairs are too many to list, so that nothing is known of most.
    """
    stored, faults = _check_run(run)
    if stored is None or faults:
        raise BadInputError("runs.damaged", faults, folder=str(run))
    if stored.facts.num_pairs:
        raise UsageError("engine.not_at_this_size")
    return stored


def _check_run(run: Path) -> "tuple[StoredRun | None, list[Finding]]":
    """Return a run, if its files can be read, and everything that does not hold in it."""
    from pairmatch.load.runs import read_run
    from pairmatch.match.verify import verify_matching

    stored, faults = read_run(run)
    found = list(faults)
    if stored is not None:
        found += verify_matching(stored.problem, stored.matching)
        found += _compare_facts(stored)
        for file, scores in stored.scores.items():
            found += _compare_scores(scores, file, stored.matching, stored.problem)
    return stored, found


def _compare_facts(stored: "StoredRun") -> list[Finding]:
    """Return what `run.json` states otherwise than the files of the run have it."""
    facts, problem, matching = stored.facts, stored.problem, stored.matching
    total = format_steps(matching.total, problem.steps_per_point)
    certificate, step = matching.certificate, problem.steps_per_point
    levels = [(level.goal, level.value, level.bound) for level in certificate.levels]
    pairs: tuple[tuple[str, object, object], ...] = (
        ("status", facts.status, matching.status),
        ("num_units", facts.num_units, len(problem.unit_ids)),
        ("num_villages", facts.num_villages, len(problem.village_ids)),
        ("num_candidates", facts.num_candidates, problem.num_candidates),
        ("num_tied", facts.num_tied, int(matching.tied.sum())),
        ("objective.total", facts.objective.total, total),
        ("objective.steps_per_point", facts.objective.steps_per_point, problem.steps_per_point),
        (
            "objective.levels",
            [(v.goal, v.value, v.bound) for v in facts.objective.levels],
            levels,
        ),
        ("bound", facts.bound, show_bound(certificate, step)),
        ("gap", facts.gap, show_gap(certificate)),
    )
    return [
        Finding(
            "engine.fact_differs",
            Severity.ERROR,
            Place("run.json"),
            {"key": key, "stated": str(stated), "expected": str(expected)},
        )
        for key, stated, expected in pairs
        if stated != expected
    ]


def _compare_scores(
    stated: Mapping[int, int], file: str, matching: Matching, problem: Problem
) -> list[Finding]:
    faults = []
    for k in matching.chosen_idx.tolist():
        expected = int(problem.points[k])
        if stated.get(k, 0) != expected:
            params = {
                "file": file,
                "unit": problem.unit_ids[problem.unit_idx[k]],
                "village": problem.village_ids[problem.village_idx[k]],
                "stated": format_steps(stated.get(k, 0), problem.steps_per_point),
                "expected": format_steps(expected, problem.steps_per_point),
            }
            faults.append(Finding("engine.score_differs", Severity.ERROR, Place(file), params))
    return faults


def find_id(text: str, names: Mapping[str, str | Sequence[str]], side: str) -> str:
    """Return the id that a text means: an id itself, or the name of exactly one.

    Raises
    ------
    UsageError
        If there is none, or several have that name.
    """
    if text in names:
        return text
    # Villages of the smallest form have no name at all.
    labels = {i: n if isinstance(n, str) else "".join(n[-1:]) for i, n in names.items()}
    found = sorted(i for i, label in labels.items() if label == text != "")
    if len(found) == 1:
        return found[0]
    if found:
        listed = "、".join(f"{i} {''.join(names[i])}" for i in found)
        params = {"name": text, "count": str(len(found)), "closest": listed}
        raise UsageError(f"engine.several_{side}s", **params)
    known = {label: i for i, label in sorted(labels.items())} | {i: i for i in labels}
    near = difflib.get_close_matches(text, known, n=3, cutoff=0.5)
    listed = "、".join(f"{known[n]} {''.join(names[known[n]])}" for n in near) or "–"
    raise UsageError(f"engine.unknown_{side}", name=text, closest=listed)
