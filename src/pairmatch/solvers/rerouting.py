"""Find another flow without one of the candidates, by a path of free arcs around it."""

import numpy as np

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.solvers.faces import Face
from pairmatch.solvers.network import Network


def drop_candidate(
    network: Network, face: Face, cost: IntArray, flow: IntArray, arc: int
) -> IntArray | None:
    """Return a flow without a candidate that adds no arc of positive cost, or None.

    The candidate's unit of flow goes round it on a shortest path, in arcs, of the residual graph.
    """
    more = (flow < face.upper) & (cost == 0)
    less = flow > face.lower
    more[arc] = less[arc] = False
    forward, backward = np.flatnonzero(more), np.flatnonzero(less)
    tail = np.concatenate([network.tail[forward], network.head[backward]])
    head = np.concatenate([network.head[forward], network.tail[backward]])
    start, end = int(network.tail[arc]), int(network.head[arc])
    came_by = _search(network.num_nodes, tail, head, start, end)
    if came_by is None:
        return None
    changed = flow.copy()
    changed[arc] -= 1
    node = end
    while node != start:
        step = int(came_by[node])
        if step < len(forward):
            changed[forward[step]] += 1
        else:
            changed[backward[step - len(forward)]] -= 1
        node = int(tail[step])
    return changed


def _search(
    num_nodes: int, tail: IndexArray, head: IndexArray, start: int, end: int
) -> IntArray | None:
    """Return by which arc each node is reached first, a layer at a time; None if `end` is not."""
    came_by = np.full(num_nodes, -1, dtype=np.int64)
    came_by[start] = len(tail)
    reached = np.zeros(num_nodes, dtype=np.bool_)
    reached[start] = True
    layer = reached.copy()
    while layer.any():
        arcs = np.flatnonzero(layer[tail] & ~reached[head])
        nodes, first = np.unique(head[arcs], return_index=True)
        came_by[nodes] = arcs[first]
        reached[nodes] = True
        if reached[end]:
            return came_by
        layer = np.zeros(num_nodes, dtype=np.bool_)
        layer[nodes] = True
    return None
