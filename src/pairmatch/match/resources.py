"""From loads and capacities to the resources of a problem, in whole numbers."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pairmatch.domain.inputs import Capacity, IndexArray, Inputs, IntArray, ResourceLoads
from pairmatch.domain.points import round_up_steps
from pairmatch.domain.problem import Problem, Resource

MAX_AMOUNT = 10**12
"""Loads are never made larger than this by a finer scale, so that sums of them stay exact."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of the candidates: ids, bounds, and the candidates in order of owner."""

    index: Mapping[str, int]
    minimum: IntArray
    maximum: IntArray
    order: IndexArray
    starts: IntArray

    def members(self, owner: int) -> IndexArray:
        """Return the candidates of an owner."""
        return self.order[self.starts[owner] : self.starts[owner + 1]]


def add_resources(problem: Problem, inputs: Inputs) -> Problem:
    """Return a problem with the resources that bind, in order of name, side and owner.

    What cannot run out, whatever is chosen, is no resource. Where all candidates of an owner use
    the same, the capacity is a number of pairs and lowers the owner's maximum, so that the problem
    stays a flow; not, however, where it may be waived, or would contradict the owner's minimum and
    should be named for it.

    Parameters
    ----------
    problem
        The problem without resources.
    inputs
        Loads and capacities, and the settings.
    """
    capacities: defaultdict[str, list[Capacity]] = defaultdict(list)
    for capacity in inputs.capacities:
        capacities[capacity.resource].append(capacity)
    bounded = [load for load in inputs.loads if load.resource in capacities]
    if not bounded:
        return problem
    units = problem.unit_ids, problem.unit_idx, problem.unit_min, problem.unit_max
    villages = problem.village_ids, problem.village_idx, problem.village_min, problem.village_max
    sides = {"unit": _open_side(*units), "village": _open_side(*villages)}
    found: list[Resource] = []
    for load in bounded:
        own = capacities[load.resource]
        factor = _find_factor(load, own)
        amounts = _spread_loads(problem, load) * factor
        scale = load.scale * factor
        found += _bound_owners(own, amounts, scale, sides, problem.steps_per_point)
    return replace(
        problem,
        resources=tuple(found),
        unit_max=sides["unit"].maximum,
        village_max=sides["village"].maximum,
    )


def _open_side(
    ids: Sequence[str], owner_idx: IndexArray, minimum: IntArray, maximum: IntArray
) -> _Side:
    order = np.argsort(owner_idx, kind="stable").astype(np.int32)
    starts = np.searchsorted(owner_idx[order], np.arange(len(ids) + 1))
    index = {text: k for k, text in enumerate(ids)}
    return _Side(index, minimum, maximum.copy(), order, starts)


def _spread_loads(problem: Problem, load: ResourceLoads) -> IntArray:
    """Return what each candidate uses, 0 where the table says nothing."""
    width = len(problem.village_ids)
    keys = problem.unit_idx.astype(np.int64) * width + problem.village_idx
    own = load.unit_idx.astype(np.int64) * width + load.village_idx
    amounts = np.zeros(len(keys), dtype=np.int64)
    if len(keys):
        at = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
        is_candidate = keys[at] == own
        amounts[at[is_candidate]] = load.amounts[is_candidate]
    return amounts


def _find_factor(load: ResourceLoads, capacities: Sequence[Capacity]) -> int:
    """Return by how much finer the capacities are written than the loads.

    Where loads would become too large, it is less: a capacity is then cut off below what any sum
    of loads can tell apart.
    """
    exponents = (c.amount.normalize().as_tuple().exponent for c in capacities)
    places = max(-int(exponent) for exponent in exponents)
    room = MAX_AMOUNT // max(int(load.amounts.max(initial=0)), 1)
    largest = len(str(room)) - 1
    wanted = places - (len(str(load.scale)) - 1)
    factor: int = 10 ** min(max(wanted, 0), largest)
    return factor


def _bound_owners(
    capacities: Sequence[Capacity],
    amounts: IntArray,
    scale: int,
    sides: Mapping[str, _Side],
    steps_per_point: int,
) -> Iterator[Resource]:
    for capacity in capacities:
        side = sides[capacity.side]
        owner = side.index[capacity.owner_id]
        members = side.members(owner)
        loads = amounts[members]
        limit = int(capacity.amount * scale)
        if int(loads.sum()) <= limit:
            continue
        if capacity.waiver is None and loads.min() == loads.max():
            num_pairs = limit // int(loads[0])
            if num_pairs >= side.minimum[owner]:
                side.maximum[owner] = min(int(side.maximum[owner]), num_pairs)
                continue
        users = loads > 0
        yield Resource(
            name=capacity.resource,
            side=capacity.side,
            owner=owner,
            idx=members[users],
            loads=loads[users],
            capacity=limit,
            scale=scale,
            waiver=round_up_steps(capacity.waiver, steps_per_point),
        )
