"""The stated tie rule: among equally good matchings, the first in order of ids.

Going through the pairs by unit id and then village id, each pair that can be in an optimal
matching together with those already settled is taken. So the answer depends on the ids alone, not
on the solver, the order of rows or the number of threads.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.solvers.network import Network


@dataclass(slots=True)
class _Face:
    """The arcs whose flow may change without loss, with the flow found so far.

    `arcs_out` lists the arcs that leave each node; `giving` those that enter it with flow above
    their lower bound, kept up to date so that a search never scans a village's unused pairs.
    """

    tail: list[int]
    head: list[int]
    lower: list[int]
    upper: list[int]
    flow: list[int]
    settled: bytearray
    arcs_out: list[list[int]] = field(default_factory=list)
    giving: list[dict[int, None]] = field(default_factory=list)


def settle_ties(
    network: Network, flow: IntArray, reduced_cost: IntArray, lower: IntArray, upper: IntArray
) -> IntArray:
    """Return the optimal flow that the tie rule picks, given any optimal flow and its prices."""
    n = network.num_candidates
    loose = (reduced_cost == 0) & (upper > lower)
    loose[:n] &= _mark_in_cycles(network, flow, loose, lower, upper)[:n]
    face = _open_face(network, flow, loose, lower, upper)
    room = upper[network.unit_arc].tolist()
    first_unit = int(network.head[network.unit_arc[0]]) if len(network.unit_arc) else 0
    candidates = np.flatnonzero(loose[:n])
    fixed = flow[:n] > 0
    fixed[candidates] = False
    owner = network.tail[:n].tolist()
    taken = np.bincount(network.tail[:n][fixed], minlength=network.num_nodes)
    dead: set[int] = set()
    last_owner = -1
    for arc in candidates.tolist():
        node = owner[arc]
        unit = node - first_unit
        if node != last_owner:
            dead, last_owner = set(), node
        full = 0 <= unit < len(room) and taken[node] >= room[unit]
        if face.flow[arc] == 0 and not full and _rotate(face, arc, dead):
            dead = set()
        face.settled[arc] = 1
        taken[node] += face.flow[arc]
    return np.asarray(face.flow, dtype=np.int64)


def mark_tied(
    network: Network, flow: IntArray, reduced_cost: IntArray, lower: IntArray, upper: IntArray
) -> BoolArray:
    """Return the mask of chosen candidates that an equally good matching does without."""
    loose = (reduced_cost == 0) & (upper > lower)
    n = network.num_candidates
    return _mark_in_cycles(network, flow, loose, lower, upper)[:n] & (flow[:n] > 0)


def _mark_in_cycles(
    network: Network, flow: IntArray, loose: BoolArray, lower: IntArray, upper: IntArray
) -> BoolArray:
    """Mark loose arcs whose ends lie in one strong component of the face's residual graph."""
    more, less = loose & (flow < upper), loose & (flow > lower)
    tails = np.concatenate([network.tail[more], network.head[less]])
    heads = np.concatenate([network.head[more], network.tail[less]])
    component = _find_components(network.num_nodes, *_trim(network.num_nodes, tails, heads))
    marked: BoolArray = loose & (component[network.tail] == component[network.head])
    return marked


def _trim(num_nodes: int, tails: IndexArray, heads: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Drop arcs, over and over, at nodes that none enters or none leaves: none is in a cycle."""
    while True:
        left = np.bincount(tails, minlength=num_nodes) > 0
        entered = np.bincount(heads, minlength=num_nodes) > 0
        kept = entered[tails] & left[heads]
        if kept.all():
            return tails, heads
        tails, heads = tails[kept], heads[kept]


def _find_components(num_nodes: int, tails: IndexArray, heads: IndexArray) -> IntArray:
    """Return the strong component of every node, each node without arcs its own."""
    component = np.arange(num_nodes, dtype=np.int64)
    if len(tails):
        import networkx as nx

        graph = nx.DiGraph()
        graph.add_edges_from(zip(tails.tolist(), heads.tolist(), strict=True))
        for nodes in nx.strongly_connected_components(graph):
            component[list(nodes)] = min(nodes)
    return component


def _open_face(
    network: Network, flow: IntArray, loose: BoolArray, lower: IntArray, upper: IntArray
) -> _Face:
    face = _Face(
        network.tail.tolist(),
        network.head.tolist(),
        lower.tolist(),
        upper.tolist(),
        flow.tolist(),
        bytearray((~loose).astype(np.uint8).tobytes()),
        [[] for _ in range(network.num_nodes)],
        [{} for _ in range(network.num_nodes)],
    )
    for arc in np.flatnonzero(loose).tolist():
        face.arcs_out[face.tail[arc]].append(arc)
        if face.flow[arc] > face.lower[arc]:
            face.giving[face.head[arc]][arc] = None
    return face


def _rotate(face: _Face, arc: int, dead: set[int]) -> bool:
    """Send one unit through a candidate if a residual path leads back; tell whether it did.

    `dead` collects nodes from which the candidate's tail cannot be reached.
    """
    start, end = face.head[arc], face.tail[arc]
    if start in dead:
        return False
    came_by: dict[int, int] = {start: -1}
    queue = [start]
    for node in queue:
        for step, other in _list_steps(face, node):
            if other in came_by or other in dead:
                continue
            came_by[other] = step
            if other == end:
                _push(face, came_by, arc)
                return True
            queue.append(other)
    dead.update(queue)
    return False


def _list_steps(face: _Face, node: int) -> Iterator[tuple[int, int]]:
    """Yield the residual arcs that leave a node, and where to."""
    for step in face.arcs_out[node]:
        if not face.settled[step] and face.flow[step] < face.upper[step]:
            yield step, face.head[step]
    for step in face.giving[node]:
        if not face.settled[step]:
            yield step, face.tail[step]


def _push(face: _Face, came_by: dict[int, int], arc: int) -> None:
    node = face.tail[arc]
    while came_by[node] >= 0:
        step = came_by[node]
        forward = face.head[step] == node
        _change_flow(face, step, 1 if forward else -1)
        node = face.tail[step] if forward else face.head[step]
    _change_flow(face, arc, 1)


def _change_flow(face: _Face, arc: int, amount: int) -> None:
    face.flow[arc] += amount
    if face.flow[arc] > face.lower[arc]:
        face.giving[face.head[arc]][arc] = None
    else:
        face.giving[face.head[arc]].pop(arc, None)
