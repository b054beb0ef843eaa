"""All-pairs shortest paths of a residual graph: the exact prices of forcing and banning any pair.

The villages' nodes are eliminated first (no arc joins two of them), then Floyd-Warshall runs on
what is left, so the work is cubic in the units and quotas only. Costs are reduced costs, which
are never negative and give every cycle the same length as the costs themselves.
"""

from dataclasses import dataclass

import numpy as np

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.solvers.network import Network
from pairmatch.solvers.residual import FAR, ResidualGraph, take_arcs


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
    between = _relax_all(between)
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


def measure_banning_prices(
    distances: Distances,
    graph: ResidualGraph,
    network: Network,
    reduced_cost: IntArray,
    flow: IntArray,
    lower: IntArray,
) -> tuple[IntArray, IndexArray]:
    """Return the exact loss of doing without each candidate, and the last arcs of the ways round.

    The price of a chosen pair is the length of the shortest residual cycle that gives its flow
    back, -1 where there is none; that of a pair that is not chosen is 0. Of each cycle the last
    residual arc enters a village; those arcs are needed to trace it.
    """
    chosen = np.flatnonzero(flow[: network.num_candidates] > 0)
    starts, ends = network.tail[chosen], network.head[chosen]
    around = measure_paths(distances, graph, starts, ends)
    possible = (around < FAR) & (lower[chosen] == 0)
    price = np.zeros(network.num_candidates, dtype=np.int64)
    price[chosen] = np.where(possible, around - reduced_cost[chosen], -1)
    last, owner, through = _enter_villages(distances, graph, starts, ends)
    shortest = possible[owner] & (through == around[owner])
    return price, np.unique(last[shortest])


def measure_paths(
    distances: Distances, graph: ResidualGraph, starts: IndexArray, ends: IndexArray
) -> IntArray:
    """Return the shortest lengths from some nodes to others, villages too; FAR if there is none."""
    column = distances.position[ends]
    length = np.where(column >= 0, distances.length[starts, column], FAR)
    _last, owner, through = _enter_villages(distances, graph, starts, ends)
    np.minimum.at(length, owner, through)
    return np.minimum(length, FAR)


def _enter_villages(
    distances: Distances, graph: ResidualGraph, starts: IndexArray, ends: IndexArray
) -> tuple[IndexArray, IndexArray, IntArray]:
    """Return the arcs into each end that is a village, its place, and the lengths through them."""
    is_wanted = np.zeros(graph.num_nodes, dtype=np.bool_)
    is_wanted[ends] = True
    is_wanted &= distances.position < 0
    into = np.flatnonzero(is_wanted[graph.head])
    into = into[np.argsort(graph.head[into], kind="stable")]
    begin = np.searchsorted(graph.head[into], ends)
    count = np.searchsorted(graph.head[into], ends, side="right") - begin
    owner = np.repeat(np.arange(len(ends)), count)
    last = into[np.arange(len(owner)) + np.repeat(begin - np.cumsum(count) + count, count)]
    before = distances.position[graph.tail[last]]
    through = distances.length[starts[owner], before] + graph.cost[last]
    return last.astype(np.int32), owner.astype(np.int32), through


def keep_shortest_arcs(
    graph: ResidualGraph, distances: Distances, last: IndexArray
) -> ResidualGraph:
    """Return the graph with only those arcs that lie on some shortest path to a kept node.

    Mostly a few arcs per node are left, so paths are traced quickly. The order of arcs stays;
    `last` are arcs that are kept as well.
    """
    column = distances.position[graph.head]
    to_kept = column >= 0
    useful = np.zeros(len(graph.arc), dtype=np.bool_)
    useful[last] = True
    straight = distances.length[graph.tail[to_kept], column[to_kept]]
    useful[to_kept] = straight == graph.cost[to_kept]
    order = np.argsort(graph.head, kind="stable")
    starts = np.searchsorted(graph.head[order], np.arange(graph.num_nodes + 1))
    for arc in np.flatnonzero(to_kept & (distances.position[graph.tail] < 0)):
        village = graph.tail[arc]
        into = order[starts[village] : starts[village + 1]]
        onward = distances.length[graph.tail[into], column[arc]]
        useful[into] |= graph.cost[into] + graph.cost[arc] == onward
    return take_arcs(graph, useful)


def trace_cycle(
    distances: Distances, graph: ResidualGraph, first_arc: IndexArray, start: int, end: int
) -> tuple[int, ...]:
    """Return a shortest path as residual arcs, of fewest arcs, then of smallest nodes.

    Parameters
    ----------
    distances, graph
        The graph, sorted by tail, and its distances.
    first_arc
        For each node the first of its residual arcs (length nodes + 1).
    start, end
        Nodes; `end` can be reached.
    """
    to_end = _measure_to(distances, graph, end)
    came_by: dict[int, int] = {start: -1}
    layer = [start]
    while end not in came_by:
        following: list[int] = []
        for node in layer:
            for arc in range(int(first_arc[node]), int(first_arc[node + 1])):
                head = int(graph.head[arc])
                if head not in came_by and graph.cost[arc] + to_end[head] == to_end[node]:
                    came_by[head] = arc
                    following.append(head)
        layer = following
    path: list[int] = []
    node = end
    while came_by[node] >= 0:
        path.append(came_by[node])
        node = int(graph.tail[came_by[node]])
    return tuple(reversed(path))


def _measure_to(distances: Distances, graph: ResidualGraph, end: int) -> IntArray:
    """Return the distances of all nodes to one; to a village by the arcs into it."""
    if distances.position[end] >= 0:
        return distances.length[:, distances.position[end]]
    into = np.flatnonzero(graph.head == end)
    before = distances.position[graph.tail[into]]
    to_end: IntArray = (distances.length[:, before] + graph.cost[into]).min(axis=1)
    to_end[end] = 0
    return to_end


def _relax_all(length: IntArray) -> IntArray:
    """Return the shortest lengths, by Floyd-Warshall; at half the width if they surely fit."""
    far = np.uint32(2**31 - 1)
    narrow = _fits_narrow(length)
    work = np.minimum(length, far).astype(np.uint32) if narrow else length.copy()
    through = np.empty_like(work)
    for k in range(len(work)):
        np.add(work[:, k, None], work[None, k, :], out=through)
        np.minimum(work, through, out=work)
    relaxed = work.astype(np.int64)
    return np.where(relaxed >= far, FAR, relaxed) if narrow else np.minimum(relaxed, FAR)


def _fits_narrow(length: IntArray) -> bool:
    """Whether no shortest length can reach 2**31 - 1.

    That is so if a path through all nodes stays below; or if every node that a path can pass
    through reaches every other by one arc below 2**29: then a shortest path is no longer than
    three such arcs.
    """
    known = length < FAR
    longest = int(length[known].max(initial=0))
    if longest * len(length) < 2**31 - 1:
        return True
    passable = (known.sum(axis=0) > 1) & (known.sum(axis=1) > 1)
    return longest < 2**29 and bool(known[np.ix_(passable, passable)].all())
