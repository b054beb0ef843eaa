"""What if: a published pairing under other locks, bans and withdrawals, and what that costs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.explanation import Move
from pairmatch.domain.limits import Limit, list_bounds
from pairmatch.domain.matching import Conflict, ConflictMember, Matching
from pairmatch.domain.problem import (
    EXACT,
    LEAST_ASKED,
    MOST_ASKED,
    FixedPair,
    Problem,
    Quota,
    find_priced_level,
)
from pairmatch.engine.outcomes import Progress, RunFacts
from pairmatch.engine.proofs import add_cure, prove_matching
from pairmatch.engine.runs import find_id, open_run
from pairmatch.engine.ways import list_pairs
from pairmatch.errors import UnprovenError, UsageError

if TYPE_CHECKING:
    from pairmatch.load.runs import StoredRun


@dataclass(frozen=True, slots=True)
class Changes:
    """What is asked: pairs to hold, pairs to rule out, units that withdraw; ids or names.

    Changes are counted in present pairs that are given up, those of units that withdraw apart:
    `max_changes` is the most there may be and `min_changes` the least there must be, of villages
    of `county` only if that is given; `fewest` asks for as few as possible, and only then for the
    best goals.
    """

    locks: tuple[tuple[str, str], ...] = ()
    bans: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    max_changes: int | None = None
    min_changes: int | None = None
    county: str | None = None
    fewest: bool = False


@dataclass(frozen=True, slots=True)
class ChangedChain:
    """Changes that hang together: who moves where, and what they add to the total, in steps.

    `gain` is None if a pair that comes is not eligible, so that nobody knows its points.
    """

    moves: tuple[Move, ...]
    gain: int | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer: the pairing before and after, or the conflict, and the chains of changes.

    `num_changes` counts the pairs that are given up.
    """

    before: Matching
    after: Matching | None
    conflict: Conflict | None
    chains: tuple[ChangedChain, ...] = ()
    num_changes: int = 0


def ask_what_if(
    run: Path, changes: Changes, time_s: float = 0, progress: Progress | None = None
) -> WhatIf:
    """Solve a run's problem again under some changes and compare.

    Among equally good pairings the one that keeps most of the present pairs is taken, unless the
    scenario has the goal ``kept`` itself.

    Parameters
    ----------
    run
        The run folder.
    changes
        What is asked.
    time_s
        Seconds that a search beyond flows may take; 0 is no limit.
    progress
        Is told when a step begins.

    Raises
    ------
    BadInputError
        If the run is damaged.
    UsageError
        If a unit, village or pair does not exist.
    UnprovenError
        If the answer fails its independent check.
    """
    from pairmatch.explain.chains import list_moves, split_chains

    stored = open_run(run)
    before = stored.matching
    problem = _change_problem(stored, changes)
    after = prove_matching(problem, progress, time_s)
    if isinstance(after, Conflict):
        return WhatIf(before, None, _cure_conflict(stored, problem, after))
    chains = split_chains(problem, before.chosen_idx, after.chosen_idx)
    listed = tuple(ChangedChain(list_moves(problem, chain), chain.gain) for chain in chains)
    lost = np.setdiff1d(before.chosen_idx, after.chosen_idx)
    return WhatIf(before, after, None, listed, len(lost))


@dataclass(frozen=True, slots=True)
class ChangeStep:
    """The best total with at most so many changes, in steps; other goals come first as ever.

    `bound` is at least what any such pairing reaches; it equals `total` where that is proven.
    """

    num_changes: int
    total: int
    bound: int


@dataclass(frozen=True, slots=True)
class Frontier:
    """The total as it is, and the best for every number of changes that gains something.

    The fewest changes come first; without any pairing there is no step.
    """

    total: int
    steps: tuple[ChangeStep, ...]


def trace_changes(run: Path, changes: Changes, time_s: float = 0) -> Frontier:
    """Return what any number of changes could gain at most.

    The numbers of changes that `changes` has are not looked at.

    Parameters
    ----------
    run
        The run folder.
    changes
        What is asked.
    time_s
        Seconds that each search beyond flows may take; 0 is no limit.

    Raises
    ------
    BadInputError
        If the run is damaged.
    UsageError
        If a unit, village or pair does not exist, or the run's goals end in another sum.
    UnprovenError
        If a solver gives up.
    """
    from pairmatch.match.alternates import trace_frontier
    from pairmatch.match.search import NothingFoundError
    from pairmatch.solvers.programs import InexactError

    stored = open_run(run)
    goals = stored.problem.levels
    if goals[find_priced_level(stored.problem)] != "total":
        raise UsageError("engine.no_total", goals="、".join(goals))
    problem = _apply_decisions(stored, changes)
    try:
        points = trace_frontier(problem, _mark_counted(stored, changes), time_s=time_s)
    except (NothingFoundError, InexactError) as error:
        raise UnprovenError("engine.not_proven", faults="frontier") from error
    steps = [ChangeStep(point.num_changes, point.value, point.bound) for point in points]
    return Frontier(stored.matching.total, tuple(sorted(steps, key=lambda s: s.num_changes)))


@dataclass(frozen=True, slots=True)
class Accepted:
    """A pairing in between: that of a run, with some chains of another accepted; in steps.

    `numbers` are those of the `chains` in the comparison. `broken` are the limits of the run's
    scenario that it breaks: none of them means that it may be proposed. `total` is None if some
    pair is not eligible. `facts` has the names.
    """

    before: Matching
    num_matched: int
    total: int | None
    numbers: tuple[int, ...]
    chains: tuple[ChangedChain, ...]
    pairs: tuple[tuple[str, str], ...]
    broken: tuple[ConflictMember, ...]
    facts: RunFacts


def accept_chains(place: Path, wanted: Sequence[tuple[Path, int]]) -> Accepted:
    """Return a pairing with chains of a comparison accepted, checked against all limits.

    Parameters
    ----------
    place
        The run, or the scenario, that was compared.
    wanted
        Another run, or a scenario, and the number of a chain in the comparison with it; all of one
        other.

    Raises
    ------
    BadInputError
        If a run is damaged.
    UsageError
        If there is no such chain, or the chains are of several others.
    """
    from pairmatch.engine.comparisons import find_swaps
    from pairmatch.explain.chains import list_moves

    others = {other.resolve() for other, _number in wanted}
    if len(others) != 1:
        raise UsageError("engine.several_others", others="、".join(sorted(map(str, others))))
    problem, matching, names = _open_answer(place)
    other, answer, _names = _open_answer(others.pop())
    swaps = find_swaps(
        problem, list_pairs(problem, matching.chosen_idx), list_pairs(other, answer.chosen_idx)
    )
    numbers = sorted({number for _place, number in wanted})
    strange = [number for number in numbers if not 1 <= number <= len(swaps.chains)]
    if strange:
        asked = "、".join(map(str, strange))
        raise UsageError("engine.no_chain", number=asked, count=str(len(swaps.chains)))
    chosen = tuple(swaps.chains[number - 1] for number in numbers)
    idx = np.flatnonzero(swaps.accept(chosen)).astype(np.int32)
    is_known = not swaps.is_foreign[idx].any()
    return Accepted(
        before=matching,
        num_matched=len(idx),
        total=int(swaps.problem.points[idx].sum()) if is_known else None,
        numbers=tuple(numbers),
        chains=tuple(
            ChangedChain(list_moves(swaps.problem, chain), swaps.measure(chain)) for chain in chosen
        ),
        pairs=list_pairs(swaps.problem, idx),
        broken=swaps.judge(chosen),
        facts=RunFacts(problem.steps_per_point, names),
    )


def _open_answer(place: Path) -> tuple[Problem, Matching, Mapping[str, str]]:
    """Return problem, answer and names of a run, or of a scenario that is solved for them."""
    from pairmatch.engine.proposals import NO_OPTIONS
    from pairmatch.engine.scenarios import open_scenario
    from pairmatch.engine.ways import RUN_FILE, collect_names, find_scenario, solve_way

    if (place / RUN_FILE).is_file():
        stored = open_run(place)
        villages = {i: " ".join(parts) for i, parts in stored.names.villages.items()}
        return _label(stored), stored.matching, {**stored.names.units, **villages}
    with open_scenario(find_scenario(place), NO_OPTIONS) as opened:
        way = solve_way(place, opened, NO_OPTIONS, None)
    return way.answer.problem, way.answer.matching, collect_names(way)


def _cure_conflict(stored: "StoredRun", problem: Problem, conflict: Conflict) -> Conflict:
    """Return the conflict with a cure: another number of changes, if that is all it takes.

    Else it is the scenario that gives way; what was asked for is kept.
    """
    counted = [
        Limit(kind, k)
        for k in range(len(stored.problem.quotas), len(problem.quotas))
        for kind in ("quota_min", "quota_max")
    ]
    if counted:
        cured = add_cure(problem, conflict, frozenset(list_bounds(problem)) - frozenset(counted))
        if cured.cure is not None:
            return cured
    return add_cure(problem, conflict, _list_asked(stored, problem))


def _list_asked(stored: "StoredRun", problem: Problem) -> frozenset[Limit]:
    """Return the limits that were asked for: no cure takes them back."""
    before = stored.problem
    gone = np.flatnonzero(problem.unit_max < before.unit_max).tolist()
    num_locks = len(before.locks)
    asked = [Limit("unit_max", k) for k in gone]
    asked += [Limit("ban", k) for k in range(len(before.bans), len(problem.bans))]
    first = len([lock for lock in before.locks if problem.unit_max[lock.unit_idx]])
    asked += [Limit("lock", k) for k in range(min(first, num_locks), len(problem.locks))]
    counted = range(len(before.quotas), len(problem.quotas))
    asked += [Limit(kind, k) for k in counted for kind in ("quota_min", "quota_max")]
    return frozenset(asked)


def _change_problem(stored: "StoredRun", changes: Changes) -> Problem:
    problem = _apply_decisions(stored, changes)
    counted = _mark_counted(stored, changes)
    quotas = tuple(_limit_changes(problem, counted, changes.min_changes, changes.max_changes))
    problem = replace(problem, quotas=(*problem.quotas, *quotas))
    if quotas and not changes.fewest:
        return problem  # the best for a number of changes, not the fewest of the best
    return _prefer_present(problem, _mark_present(stored), changes.fewest)


def _apply_decisions(stored: "StoredRun", changes: Changes) -> Problem:
    problem = _label(stored)
    gone = np.zeros(len(problem.unit_ids), dtype=np.bool_)
    gone[[_find_unit(stored, text) for text in changes.without]] = True
    locks = [lock for lock in problem.locks if not gone[lock.unit_idx]]
    return replace(
        problem,
        unit_min=np.where(gone, 0, problem.unit_min),
        unit_max=np.where(gone, 0, problem.unit_max),
        locks=(*locks, *(_fix(stored, *pair) for pair in changes.locks)),
        bans=(*problem.bans, *(_fix(stored, *pair) for pair in changes.bans)),
    )


def _mark_present(stored: "StoredRun") -> BoolArray:
    present = np.zeros(stored.problem.num_candidates, dtype=np.bool_)
    present[stored.matching.chosen_idx] = True
    return present


def _mark_counted(stored: "StoredRun", changes: Changes) -> BoolArray:
    """Return the present pairs whose loss is a change."""
    problem, counted = stored.problem, _mark_present(stored)
    gone = [_find_unit(stored, text) for text in changes.without]
    counted &= ~np.isin(problem.unit_idx, gone)
    if changes.county is not None:
        places = [stored.names.villages.get(i, ("",))[0] for i in problem.village_ids]
        if changes.county not in places:
            known = "、".join(sorted(set(places) - {""}))
            raise UsageError("engine.no_county", county=changes.county, known=known)
        counted &= np.array([place == changes.county for place in places])[problem.village_idx]
    return counted


def _label(stored: "StoredRun") -> Problem:
    """Return the problem with names beside the ids: conflicts are told in words."""
    problem, names = stored.problem, stored.names
    units = [(names.units.get(i, ""), i) for i in problem.unit_ids]
    villages = [("".join(names.villages.get(i, ())), i) for i in problem.village_ids]
    return replace(
        problem,
        unit_labels=tuple(f"{name}（{i}）" if name else i for name, i in units),
        village_labels=tuple(f"{name}（{i}）" if name else i for name, i in villages),
    )


def _fix(stored: "StoredRun", unit: str, village: str) -> FixedPair:
    village_id = find_id(village, stored.names.villages, "village")
    return FixedPair(_find_unit(stored, unit), stored.problem.village_ids.index(village_id))


def _find_unit(stored: "StoredRun", text: str) -> int:
    return stored.problem.unit_ids.index(find_id(text, stored.names.units, "unit"))


def _prefer_present(problem: Problem, present: BoolArray, fewest: bool) -> Problem:
    """Keep as many present pairs as can be: after all goals, or right after the number of pairs."""
    given = {goal: problem.tolerance_of(k) for k, goal in enumerate(problem.levels)}
    goals = list(problem.levels)
    if fewest:
        goals = [goal for goal in goals if goal != "kept"]
        goals.insert(1 if goals[0] == "num_matched" else 0, "kept")
    elif "kept" not in goals:
        given[goals[-1]] = EXACT  # the last goal gives up nothing, as before
        goals.append("kept")
    else:
        return problem
    return replace(
        problem,
        levels=tuple(goals),
        tolerances=tuple(EXACT if goal == "kept" else given[goal] for goal in goals),
        previous=present,
    )


def _limit_changes(
    problem: Problem, counted: BoolArray, least: int | None, most: int | None
) -> Iterator[Quota]:
    units, villages = (
        np.ones(len(s), dtype=np.bool_) for s in (problem.unit_ids, problem.village_ids)
    )
    size = int(counted.sum())
    if least is not None and least > size:
        raise UsageError("engine.too_many_changes", asked=str(least), size=str(size))
    if most is not None:
        yield Quota(MOST_ASKED, units, villages, max(size - most, 0), None, counted)
    if least is not None:
        yield Quota(LEAST_ASKED, units, villages, 0, size - least, counted)
