"""All-pairs shortest paths of a residual graph: the exact price of forcing any pair.

The villages' nodes are eliminated first (no arc joins two of them), then Floyd-Warshall runs on
what is left, so the work is cubic in the units and quotas only. Costs are reduced costs, which
are never negative and give every cycle the same length as the costs themselves.
"""

from dataclasses import dataclass

import numpy as np

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.solvers.network import Network
from pairmatch.solvers.residual import FAR, ResidualGraph


@dataclass(frozen=True, slots=True)
class Distances:
    """Shortest lengths from every node to every node that is not a village.

    `length` is (nodes, kept nodes); `position` maps a kept node to its column. A length of FAR or
    more means that there is no path.
    """

    length: IntArray
    position: IndexArray


def compute_distances(graph: ResidualGraph, network: Network) -> Distances:
    """Return all distances of a residual graph whose costs are not negative."""
    is_kept = np.ones(graph.num_nodes, dtype=np.bool_)
    is_kept[network.tail[network.village_arc]] = False
    kept = np.flatnonzero(is_kept)
    position = np.full(graph.num_nodes, -1, dtype=np.int32)
    position[kept] = np.arange(len(kept))
    # Shortest single arcs from any node to kept nodes, and from kept nodes to villages.
    direct = np.full((graph.num_nodes, len(kept)), FAR, dtype=np.int64)
    to_kept = is_kept[graph.head]
    ends = (graph.tail[to_kept], position[graph.head[to_kept]])
    np.minimum.at(direct, ends, graph.cost[to_kept])
    enter = np.full((len(kept), graph.num_nodes), FAR, dtype=np.int64)
    to_village = ~to_kept
    ends = (position[graph.tail[to_village]], graph.head[to_village])
    np.minimum.at(enter, ends, graph.cost[to_village])
    between = direct[kept]
    np.fill_diagonal(between, 0)
    leaving = np.flatnonzero(to_kept & ~is_kept[graph.tail])
    for arc in leaving:
        column = position[graph.head[arc]]
        through = enter[:, graph.tail[arc]] + graph.cost[arc]
        np.minimum(between[:, column], through, out=between[:, column])
    _relax_all(between)
    length = np.full_like(direct, FAR)
    length[kept] = between
    for arc in leaving:
        row = graph.tail[arc]
        np.minimum(
            length[row], between[position[graph.head[arc]]] + graph.cost[arc], out=length[row]
        )
    return Distances(length, position)


def measure_forcing_prices(
    distances: Distances, network: Network, reduced_cost: IntArray, flow: IntArray, upper: IntArray
) -> IntArray:
    """Return the exact loss of forcing each candidate; -1 where no such matching exists.

    The price of a pair that is not chosen is the length of the shortest residual cycle through
    its arc; that of a chosen pair is 0.
    """
    n = network.num_candidates
    back = distances.length[network.head[:n], distances.position[network.tail[:n]]]
    price = np.where((back >= FAR) | (upper[:n] == 0), -1, reduced_cost[:n] + back)
    price[flow[:n] > 0] = 0
    return price


def trace_cycle(
    distances: Distances, graph: ResidualGraph, first_arc: IndexArray, start: int, end: int
) -> tuple[int, ...]:
    """Return a shortest path as residual arcs, of fewest arcs, then of smallest nodes.

    Parameters
    ----------
    distances, graph
        The graph and its distances.
    first_arc
        For each node the first of its residual arcs, which are sorted by tail (length nodes + 1).
    start, end
        Nodes; `end` is not a village and can be reached.
    """
    to_end = np.ascontiguousarray(distances.length[:, distances.position[end]])
    came_by: dict[int, int] = {start: -1}
    layer = [start]
    while end not in came_by:
        following: list[int] = []
        for node in layer:
            for arc in _list_tight_arcs(graph, first_arc, to_end, node):
                head = int(graph.head[arc])
                if head not in came_by:
                    came_by[head] = arc
                    following.append(head)
        layer = following
    path: list[int] = []
    node = end
    while came_by[node] >= 0:
        path.append(came_by[node])
        node = int(graph.tail[came_by[node]])
    return tuple(reversed(path))


def _list_tight_arcs(
    graph: ResidualGraph, first_arc: IndexArray, to_end: IntArray, node: int
) -> list[int]:
    """Return the arcs that leave a node on a shortest path to the end."""
    begin, stop = int(first_arc[node]), int(first_arc[node + 1])
    if stop == begin + 1:
        # A chosen village leads back to its unit and nowhere else, as half of all nodes do.
        return [begin]
    lengths = graph.cost[begin:stop] + to_end[graph.head[begin:stop]]
    return (begin + np.flatnonzero(lengths == to_end[node])).tolist()


def _relax_all(length: IntArray) -> None:
    """Floyd-Warshall in place."""
    through = np.empty_like(length)
    for k in range(len(length)):
        np.add(length[:, k, None], length[None, k, :], out=through)
        np.minimum(length, through, out=length)
    np.minimum(length, FAR, out=length)
