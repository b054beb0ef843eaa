"""Why no matching exists: a minimal set of limits that cannot all hold, re-solved to be sure.

A violated cut of the network names the limits with the largest shortage; QuickXplain (Junker,
AAAI 2004) then drops every limit that is not needed, testing each step by solving again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pairmatch.domain.inputs import IntArray
from pairmatch.domain.matching import Conflict, ConflictMember
from pairmatch.domain.problem import FixedPair, Problem, select_pairs
from pairmatch.solvers.families import CrossingQuotasError
from pairmatch.solvers.feasibility import BoundedPairs, can_choose
from pairmatch.solvers.flows import find_violated_cut
from pairmatch.solvers.network import Network, build_network, find_candidate, mark_pairs

MAX_NAMES = 10
QUOTA_KINDS = ("quota_min", "quota_max")


@dataclass(frozen=True, slots=True, order=True)
class Limit:
    """One bound that could be relaxed: its kind and the index of what it bounds."""

    kind: str
    idx: int


ANY_PAIR = Limit("any_pair", 0)


def find_conflict(problem: Problem) -> Conflict:
    """Return a minimal conflict of a problem that has no matching, or none with any pair.

    Locks on pairs that are not candidates can hold under no circumstances: where there are any,
    all of them are named and nothing else.
    """
    strange = _find_ineligible_locks(problem)
    if strange:
        return Conflict(strange, len(strange))
    try:
        limits, shortage = _cut_limits(problem)
    except CrossingQuotasError:
        core = _find_crossing_core(problem)
        return Conflict(_describe(problem, core), _measure_shortage(problem, core))
    if is_feasible(problem, limits):
        # The cut always explains itself; a wrong cut would be a fault of the solver.
        limits = _list_limits(problem)
    return Conflict(_describe(problem, _find_core(problem, limits)), shortage)


def can_meet_limits(problem: Problem) -> bool:
    """Whether some matching of at least one pair keeps all limits."""
    return is_feasible(problem, _list_limits(problem))


def is_feasible(problem: Problem, limits: Iterable[Limit]) -> bool:
    """Whether some matching keeps the given limits; all others are dropped."""
    kept = frozenset(limits)
    relaxed = _relax(problem, kept)
    # Equalities that nest together cross once one of them is dropped, so a flow cannot always tell.
    decide = _can_hold if relaxed.quotas else _can_flow
    return decide(relaxed, ANY_PAIR in kept)


def _find_core(problem: Problem, limits: frozenset[Limit]) -> tuple[Limit, ...]:
    """Return a minimal part of limits that cannot all hold."""
    # With all quotas in place flows decide quickly; few limits are left for the general search.
    quotas = tuple(sorted(k for k in _list_limits(problem) if k.kind in QUOTA_KINDS))
    others = tuple(sorted(limits.difference(quotas)))

    def is_possible(kept: Iterable[Limit]) -> bool:
        kept = frozenset(kept)
        return _can_flow(_relax(problem, kept), ANY_PAIR in kept)

    core = _quick_xplain(is_possible, quotas, others, check=bool(quotas))
    return _quick_xplain(partial(is_feasible, problem), (), quotas + core, check=False)


def _find_crossing_core(problem: Problem) -> tuple[Limit, ...]:
    """Return a minimal part of all limits that cannot all hold, where quotas cross."""
    limits = sorted(_list_limits(problem))
    quotas = tuple(limit for limit in limits if limit.kind in QUOTA_KINDS)
    others = tuple(limit for limit in limits if limit.kind not in QUOTA_KINDS)

    def is_possible(kept: Iterable[Limit]) -> bool:
        # The few quotas that are left mostly nest, and then a flow is quicker than a search.
        kept = frozenset(kept)
        try:
            return _can_flow(_relax(problem, kept), ANY_PAIR in kept)
        except CrossingQuotasError:
            return is_feasible(problem, kept)

    needed = _quick_xplain(is_possible, others, quotas, check=True)
    core = _quick_xplain(is_possible, needed, others, check=bool(needed))
    return _quick_xplain(is_possible, (), needed + core, check=False)


def _can_flow(problem: Problem, any_pair: bool) -> bool:
    network, lower, upper = _open_network(problem, any_pair)
    return find_violated_cut(network, lower, upper)[1] == 0


def _can_hold(problem: Problem, any_pair: bool) -> bool:
    """Whether the limits of a problem can all hold, whether or not its quotas nest."""
    n = problem.num_candidates
    sets: list[BoundedPairs] = [(np.arange(n, dtype=np.int32), int(any_pair), n)]
    sides = (
        (problem.unit_idx, problem.unit_min, problem.unit_max),
        (problem.village_idx, problem.village_min, problem.village_max),
    )
    for owner_idx, lower, upper in sides:
        order = np.argsort(owner_idx, kind="stable").astype(np.int32)
        members = np.split(order, np.searchsorted(owner_idx[order], np.arange(1, len(lower))))
        sets += zip(members, lower.tolist(), upper.tolist(), strict=True)
    for k, quota in enumerate(problem.quotas):
        maximum = n if quota.maximum is None else quota.maximum
        pairs = np.flatnonzero(select_pairs(problem, k)).astype(np.int32)
        sets.append((pairs, quota.minimum, maximum))
    locked = mark_pairs(problem, problem.locks).astype(np.int64)
    return can_choose(locked, (~mark_pairs(problem, problem.bans)).astype(np.int64), sets)


def _open_network(problem: Problem, any_pair: bool) -> tuple[Network, IntArray, IntArray]:
    network = build_network(problem)
    lower = network.lower.copy()
    lower[network.return_arc] = int(any_pair)
    return network, lower, network.upper


def _measure_shortage(problem: Problem, core: Sequence[Limit]) -> int:
    """Return how many pairs a conflict lacks at least."""
    try:
        return _cut_limits(_relax(problem, frozenset(core)))[1]
    except CrossingQuotasError:
        return 1


def _cut_limits(problem: Problem) -> tuple[frozenset[Limit], int]:
    """Return the limits of a violated cut, and how many pairs it lacks."""
    network, lower, upper = _open_network(problem, any_pair=False)
    arcs, shortage = find_violated_cut(network, lower, upper)
    if shortage == 0:
        network, lower, upper = _open_network(problem, any_pair=True)
        arcs, shortage = find_violated_cut(network, lower, upper)
    return frozenset(_name_limits(problem, network, arcs.tolist())), shortage


def _name_limits(problem: Problem, network: Network, arcs: Sequence[int]) -> Iterable[Limit]:
    terms = {arc: bounded.terms for arc, bounded in network.set_arcs}
    locks = _index_candidates(problem, problem.locks)
    bans = _index_candidates(problem, problem.bans)
    first_unit = network.num_candidates
    first_village = first_unit + len(problem.unit_ids)
    for arc in arcs:
        if arc < first_unit:
            yield from [Limit("lock", locks[arc])] if arc in locks else []
            yield from [Limit("ban", bans[arc])] if arc in bans else []
        elif arc < first_village:
            yield from (Limit("unit_min", arc - first_unit), Limit("unit_max", arc - first_unit))
        elif arc in terms:
            for quota_idx, _factor in terms[arc]:
                yield from (Limit("quota_min", quota_idx), Limit("quota_max", quota_idx))
        elif arc == network.return_arc:
            yield ANY_PAIR
        else:
            idx = arc - first_village
            yield from (Limit("village_min", idx), Limit("village_max", idx))


def _index_candidates(problem: Problem, pairs: Sequence[FixedPair]) -> dict[int | None, int]:
    """Return the place in the list of each pair, by candidate; None is where there is none."""
    return {find_candidate(problem, p.unit_idx, p.village_idx): k for k, p in enumerate(pairs)}


def _list_limits(problem: Problem) -> frozenset[Limit]:
    """Return all limits that bound anything."""
    n = problem.num_candidates
    bounds: dict[str, Sequence[bool]] = {
        "unit_min": (problem.unit_min > 0).tolist(),
        "unit_max": (problem.unit_max < n).tolist(),
        "village_min": (problem.village_min > 0).tolist(),
        "village_max": (problem.village_max < n).tolist(),
        "quota_min": [quota.minimum > 0 for quota in problem.quotas],
        "quota_max": [quota.maximum is not None for quota in problem.quotas],
        "lock": [True] * len(problem.locks),
        "ban": [True] * len(problem.bans),
        "any_pair": [True],
    }
    return frozenset(
        Limit(kind, k) for kind, flags in bounds.items() for k, binds in enumerate(flags) if binds
    )


def _relax(problem: Problem, kept: frozenset[Limit]) -> Problem:
    """Return the problem with every limit dropped that is not kept."""

    def keep_lower(kind: str, bounds: IntArray) -> IntArray:
        values = [b if Limit(kind, k) in kept else 0 for k, b in enumerate(bounds.tolist())]
        return np.array(values, dtype=np.int64)

    def keep_upper(kind: str, bounds: IntArray) -> IntArray:
        # No unit or village can have more pairs than there are candidates.
        free = max(problem.num_candidates, int(bounds.max(initial=0)))
        values = [b if Limit(kind, k) in kept else free for k, b in enumerate(bounds.tolist())]
        return np.array(values, dtype=np.int64)

    quotas = tuple(
        replace(
            quota,
            minimum=quota.minimum if Limit("quota_min", k) in kept else 0,
            maximum=quota.maximum if Limit("quota_max", k) in kept else None,
        )
        for k, quota in enumerate(problem.quotas)
        if Limit("quota_min", k) in kept or Limit("quota_max", k) in kept
    )
    return replace(
        problem,
        unit_min=keep_lower("unit_min", problem.unit_min),
        unit_max=keep_upper("unit_max", problem.unit_max),
        village_min=keep_lower("village_min", problem.village_min),
        village_max=keep_upper("village_max", problem.village_max),
        quotas=quotas,
        locks=tuple(p for k, p in enumerate(problem.locks) if Limit("lock", k) in kept),
        bans=tuple(p for k, p in enumerate(problem.bans) if Limit("ban", k) in kept),
    )


def _quick_xplain(
    is_possible: Callable[[Iterable[Limit]], bool],
    background: tuple[Limit, ...],
    limits: tuple[Limit, ...],
    *,
    check: bool,
) -> tuple[Limit, ...]:
    """Return a minimal part of `limits` that contradicts the background."""
    if check and not is_possible(background):
        return ()
    if len(limits) == 1:
        return limits
    half = len(limits) // 2
    first, second = limits[:half], limits[half:]
    needed_second = _quick_xplain(is_possible, background + first, second, check=bool(first))
    needed_first = _quick_xplain(
        is_possible, background + needed_second, first, check=bool(needed_second)
    )
    return needed_first + needed_second


def _find_ineligible_locks(problem: Problem) -> tuple[ConflictMember, ...]:
    """Name locks on pairs that are not candidates."""
    return tuple(
        ConflictMember(
            "match.limit_lock_ineligible",
            {
                "unit": _label_unit(problem, lock.unit_idx),
                "village": _label_village(problem, lock.village_idx),
            },
        )
        for lock in problem.locks
        if find_candidate(problem, lock.unit_idx, lock.village_idx) is None
    )


def _describe(problem: Problem, core: Sequence[Limit]) -> tuple[ConflictMember, ...]:
    """Put limits into words, those of one kind and value together."""
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for limit in core:
        name, value = _name_limit(problem, limit)
        units, villages = _count_sides(problem, limit)
        groups.setdefault((limit.kind, value, units, villages), []).append(name)
    return tuple(
        ConflictMember(
            f"match.limit_{kind}",
            {
                "names": _join_names(names),
                "count": str(len(names)),
                "value": value,
                "units": units,
                "villages": villages,
            },
        )
        for (kind, value, units, villages), names in groups.items()
    )


def _count_sides(problem: Problem, limit: Limit) -> tuple[str, str]:
    """Return how many units and villages have an eligible pair that a quota counts."""
    if limit.kind not in QUOTA_KINDS:
        return "", ""
    pairs = select_pairs(problem, limit.idx)
    sides = (problem.unit_idx, problem.village_idx)
    units, villages = (str(len(np.unique(side[pairs]))) for side in sides)
    return units, villages


def _name_limit(problem: Problem, limit: Limit) -> tuple[str, str]:
    """Return what a limit bounds, by name, and its value, if it has one."""
    kind, k = limit.kind, limit.idx
    if kind in {"unit_min", "unit_max"}:
        bounds = problem.unit_min if kind == "unit_min" else problem.unit_max
        return _label_unit(problem, k), str(int(bounds[k]))
    if kind in {"village_min", "village_max"}:
        bounds = problem.village_min if kind == "village_min" else problem.village_max
        return _label_village(problem, k), str(int(bounds[k]))
    if kind in QUOTA_KINDS:
        quota = problem.quotas[k]
        return quota.name, str(quota.minimum if kind == "quota_min" else quota.maximum)
    if kind == "any_pair":
        return str(problem.num_candidates), ""
    pair = problem.locks[k] if kind == "lock" else problem.bans[k]
    unit, village = _label_unit(problem, pair.unit_idx), _label_village(problem, pair.village_idx)
    return f"{unit} = {village}", ""


def _label_unit(problem: Problem, k: int) -> str:
    return (problem.unit_labels or problem.unit_ids)[k]


def _label_village(problem: Problem, k: int) -> str:
    return (problem.village_labels or problem.village_ids)[k]


def _join_names(names: Sequence[str]) -> str:
    shown = "、".join(names[:MAX_NAMES])
    return shown if len(names) <= MAX_NAMES else f"{shown} … (+{len(names) - MAX_NAMES})"
