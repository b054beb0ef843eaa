"""What two pairings differ in, as swap chains that can be accepted one by one.

Where the limits are those of a flow, the difference of the two flows is a sum of cycles, and any of
them may be taken alone or with others. Else chains are what hangs together by a unit or a village,
and each is tried.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray
from pairmatch.domain.limits import ANY_PAIR, Bound, Limit
from pairmatch.domain.problem import Problem, Quota
from pairmatch.explain.chains import Chain, split_chains
from pairmatch.solvers.cycles import split_cycles
from pairmatch.solvers.families import CrossingQuotasError
from pairmatch.solvers.network import build_network, spread_flow


def split_swaps(
    problem: Problem, before_idx: IndexArray, after_idx: IndexArray
) -> tuple[Chain, ...]:
    """Return the difference of two matchings as chains whose gains add up.

    If both keep the quotas and bounds of a problem whose quotas nest, so does the first with any of
    the chains accepted.

    Parameters
    ----------
    problem
        The problem whose candidates both choose from.
    before_idx, after_idx
        The chosen candidates.

    Returns
    -------
    tuple
        The chains, ordered by the first candidate in each.
    """
    try:
        network = build_network(problem)
    except CrossingQuotasError:
        return split_chains(problem, before_idx, after_idx)
    difference = spread_flow(problem, network, after_idx) - spread_flow(
        problem, network, before_idx
    )
    chains = []
    for cycle in split_cycles(network, difference):
        pairs = cycle.arcs < network.num_candidates
        arcs, change = cycle.arcs[pairs], cycle.change[pairs]
        lost, gained = np.sort(arcs[change < 0]), np.sort(arcs[change > 0])
        gain = int(problem.points[gained].sum()) - int(problem.points[lost].sum())
        chains.append(Chain(lost, gained, gain))
    return tuple(sorted(chains, key=lambda c: int(np.concatenate([c.lost, c.gained]).min())))


def accept_chains(problem: Problem, before_idx: IndexArray, chains: tuple[Chain, ...]) -> BoolArray:
    """Return the choice of candidates after some chains are accepted."""
    chosen = np.zeros(problem.num_candidates, dtype=np.bool_)
    chosen[before_idx] = True
    for chain in chains:
        chosen[chain.lost] = False
        chosen[chain.gained] = True
    return chosen


def list_broken(bounds: Mapping[Limit, Bound], chosen: BoolArray) -> tuple[Limit, ...]:
    """Return the limits that a choice of candidates breaks, each counted in whole numbers."""
    return tuple(
        limit
        for limit, bound in bounds.items()
        if limit != ANY_PAIR and bound.measure_gap(chosen) > 0
    )


def adopt_pairs(
    problem: Problem, pairs: tuple[tuple[str, str], ...]
) -> tuple[Problem, BoolArray, IndexArray]:
    """Return a problem that holds the pairs of another answer too.

    Parameters
    ----------
    problem
        The problem.
    pairs
        Unit id and village id of each pair.

    Returns
    -------
    tuple
        The problem with the pairs it lacks as candidates of no points, and with units and villages
        it lacks, who may have no pair; which candidates are such foreign ones; and where each of
        the pairs stands.
    """
    problem = _adopt_sides(problem, pairs)
    units = {unit_id: k for k, unit_id in enumerate(problem.unit_ids)}
    villages = {village_id: k for k, village_id in enumerate(problem.village_ids)}
    size = len(villages)
    wanted = np.array([units[u] * size + villages[v] for u, v in pairs], dtype=np.int64)
    own = problem.unit_idx.astype(np.int64) * size + problem.village_idx
    everyone = np.union1d(own, wanted)
    at = np.searchsorted(everyone, own).astype(np.int32)
    found = np.searchsorted(everyone, wanted).astype(np.int32)
    is_foreign = np.ones(len(everyone), dtype=np.bool_)
    is_foreign[at] = False

    def widen(mask: BoolArray | None) -> BoolArray | None:
        if mask is None:
            return None
        wide = np.zeros(len(everyone), dtype=np.bool_)
        wide[at] = mask
        return wide

    points = np.zeros(len(everyone), dtype=np.int64)
    points[at] = problem.points
    wide = replace(
        problem,
        unit_idx=(everyone // size).astype(np.int32),
        village_idx=(everyone % size).astype(np.int32),
        points=points,
        quotas=tuple(replace(quota, pairs=widen(quota.pairs)) for quota in problem.quotas),
        resources=tuple(replace(r, idx=at[r.idx]) for r in problem.resources),
        previous=widen(problem.previous),
    )
    return wide, is_foreign, found


def _adopt_sides(problem: Problem, pairs: tuple[tuple[str, str], ...]) -> Problem:
    """Return the problem with the units and villages of pairs that it lacks, none of them usable.

    They come last, so that no index changes.
    """
    units = sorted({unit for unit, _village in pairs} - set(problem.unit_ids))
    villages = sorted({village for _unit, village in pairs} - set(problem.village_ids))
    if not units and not villages:
        return problem

    def add(mask: BoolArray, number: int) -> BoolArray:
        return np.concatenate([mask, np.zeros(number, dtype=np.bool_)])

    def add_zeros(bounds: np.ndarray, number: int) -> np.ndarray:
        return np.concatenate([bounds, np.zeros(number, dtype=bounds.dtype)])

    def add_labels(labels: tuple[str, ...], ids: list[str]) -> tuple[str, ...]:
        return (*labels, *ids) if labels else ()

    def widen(quota: Quota) -> Quota:
        return replace(
            quota, units=add(quota.units, len(units)), villages=add(quota.villages, len(villages))
        )

    county_idx = problem.county_idx
    return replace(
        problem,
        unit_ids=(*problem.unit_ids, *units),
        village_ids=(*problem.village_ids, *villages),
        unit_min=add_zeros(problem.unit_min, len(units)),
        unit_max=add_zeros(problem.unit_max, len(units)),
        village_min=add_zeros(problem.village_min, len(villages)),
        village_max=add_zeros(problem.village_max, len(villages)),
        quotas=tuple(map(widen, problem.quotas)),
        unit_labels=add_labels(problem.unit_labels, units),
        village_labels=add_labels(problem.village_labels, villages),
        county_idx=None if county_idx is None else add_zeros(county_idx, len(villages)),
    )
