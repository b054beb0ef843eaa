"""A matching problem as a circulation: who may send how much to whom, and at what cost.

Nodes: the root S, the units and the quotas on the units' side, the villages and the quotas on
their side, the sink T. Arcs: first the candidates (capacity 1), then one arc per bounded set,
then the return arc T -> S whose flow is the number of pairs.
"""

from dataclasses import dataclass

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.problem import FixedPair, Problem
from pairmatch.solvers.families import BoundedSet, sort_into_families

SOURCE, SINK = 0, 1


@dataclass(frozen=True, slots=True)
class Network:
    """Arcs as parallel arrays; `unit_arc`, `village_arc` are the arcs that bound each side.

    `set_arcs` lists (arc, bounded set) for the quotas. Units are nodes ``2 ..``, villages follow,
    quotas come last.
    """

    num_nodes: int
    tail: IndexArray
    head: IndexArray
    lower: IntArray
    upper: IntArray
    num_candidates: int
    unit_arc: IndexArray
    village_arc: IndexArray
    set_arcs: tuple[tuple[int, BoundedSet], ...]

    @property
    def return_arc(self) -> int:
        """The arc whose flow is the number of pairs."""
        return len(self.tail) - 1


def build_network(problem: Problem) -> Network:
    """Return the network of a problem whose quotas nest.

    Raises
    ------
    CrossingQuotasError
        If the quotas do not nest, so that the problem is not a flow.
    """
    families = sort_into_families(problem)
    num_units, num_villages = len(problem.unit_ids), len(problem.village_ids)
    num_unit_sets = len(families.unit_sets)
    unit_nodes = np.arange(2, 2 + num_units, dtype=np.int32)
    village_nodes = np.arange(2 + num_units, 2 + num_units + num_villages, dtype=np.int32)
    first_set = 2 + num_units + num_villages
    near_tail, unit_parent, unit_set_parent = _nest(
        families.unit_sets, problem.unit_idx, unit_nodes, first_set, SOURCE
    )
    near_head, village_parent, village_set_parent = _nest(
        families.village_sets, problem.village_idx, village_nodes, first_set + num_unit_sets, SINK
    )
    sets = (*families.unit_sets, *families.village_sets)
    set_nodes = np.arange(first_set, first_set + len(sets), dtype=np.int32)
    lower, upper = _bound_candidates(problem)
    n = problem.num_candidates
    large = n + 1
    tails = (near_tail, unit_parent, village_nodes, unit_set_parent, set_nodes[num_unit_sets:])
    heads = (near_head, unit_nodes, village_parent, set_nodes[:num_unit_sets], village_set_parent)
    # Arrays of their own type: an empty list would turn all bounds into floats on the way.
    set_lower = np.array([s.minimum for s in sets], dtype=np.int64)
    set_upper = np.array([s.maximum for s in sets], dtype=np.int64)
    lowers = (lower, problem.unit_min, problem.village_min, set_lower, [0])
    uppers = (upper, problem.unit_max, problem.village_max, set_upper, [large])
    first_set_arc = n + num_units + num_villages
    return Network(
        num_nodes=first_set + len(sets),
        tail=np.concatenate([*tails, [SINK]]).astype(np.int32),
        head=np.concatenate([*heads, [SOURCE]]).astype(np.int32),
        lower=np.concatenate(lowers).astype(np.int64),
        upper=np.concatenate(uppers).astype(np.int64),
        num_candidates=n,
        unit_arc=np.arange(n, n + num_units, dtype=np.int32),
        village_arc=np.arange(n + num_units, first_set_arc, dtype=np.int32),
        set_arcs=tuple((first_set_arc + k, bounded) for k, bounded in enumerate(sets)),
    )


def spread_flow(problem: Problem, network: Network, chosen_idx: IndexArray) -> IntArray:
    """Return the flow of chosen candidates on every arc: each bounded set carries its count."""
    units, villages = problem.unit_idx[chosen_idx], problem.village_idx[chosen_idx]
    flow = np.zeros(len(network.tail), dtype=np.int64)
    flow[chosen_idx] = 1
    flow[network.unit_arc] = np.bincount(units, minlength=len(problem.unit_ids))
    flow[network.village_arc] = np.bincount(villages, minlength=len(problem.village_ids))
    for arc, bounded in network.set_arcs:
        flow[arc] = np.count_nonzero(bounded.members[chosen_idx])
    flow[network.return_arc] = len(chosen_idx)
    return flow


def find_candidate(problem: Problem, unit_idx: int, village_idx: int) -> int | None:
    """Return the index of a pair among the candidates, or None if it is not one."""
    keys = _number_pairs(problem)
    key = unit_idx * len(problem.village_ids) + village_idx
    at = int(np.searchsorted(keys, key))
    return at if at < len(keys) and keys[at] == key else None


def mark_pairs(problem: Problem, pairs: tuple[FixedPair, ...]) -> BoolArray:
    """Return the mask of candidates that are among the given pairs."""
    num_villages = len(problem.village_ids)
    wanted = [pair.unit_idx * num_villages + pair.village_idx for pair in pairs]
    return np.isin(_number_pairs(problem), np.array(wanted, dtype=np.int64))


def _number_pairs(problem: Problem) -> IntArray:
    """Return one number per candidate, rising, as candidates are sorted by unit and village."""
    numbers: IntArray = problem.unit_idx.astype(np.int64) * len(problem.village_ids)
    return numbers + problem.village_idx


def _bound_candidates(problem: Problem) -> tuple[IntArray, IntArray]:
    lower = mark_pairs(problem, problem.locks).astype(np.int64)
    upper = (~mark_pairs(problem, problem.bans)).astype(np.int64)
    return lower, upper


def _nest(
    sets: tuple[BoundedSet, ...],
    owner_idx: IndexArray,
    owner_nodes: IndexArray,
    first_set_node: int,
    root: int,
) -> tuple[IndexArray, IndexArray, IndexArray]:
    """Return each candidate's innermost node, each owner's parent and each set's parent."""
    innermost = np.full(len(owner_idx), root, dtype=np.int32)
    set_parent = np.full(len(sets), root, dtype=np.int32)
    sizes = [s.size for s in sets]
    # A set that is a union of whole rows lies outside them, any other lies within one row.
    row_size = np.bincount(owner_idx, minlength=len(owner_nodes))
    spans = [_is_union(s.members, owner_idx, row_size) for s in sets]
    order = sorted(range(len(sets)), key=lambda k: (-sizes[k], k))

    def enter(outside: bool) -> None:
        for k in order:
            if spans[k] is outside and sizes[k]:
                set_parent[k] = innermost[np.argmax(sets[k].members)]
                innermost[sets[k].members] = first_set_node + k

    enter(outside=True)
    owner_parent = np.full(len(owner_nodes), root, dtype=np.int32)
    owner_parent[owner_idx] = innermost
    innermost = owner_nodes[owner_idx].copy()
    enter(outside=False)
    return innermost, owner_parent, set_parent


def _is_union(members: BoolArray, owner_idx: IndexArray, row_size: IntArray) -> bool:
    inside = np.bincount(owner_idx[members], minlength=len(row_size))
    return bool(((inside == 0) | (inside == row_size)).all())
