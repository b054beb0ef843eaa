"""The residual graph of a flow: exact integer prices, distances and cycles.

An arc with room to spare may carry more at its cost, an arc above its lower bound may give flow
back at the negated cost. At an optimal flow no cycle of this graph has negative cost, and the
cheapest cycle through an arc is exactly what forcing or banning that arc costs (Ahuja, Magnanti
and Orlin, Network Flows, 1993, chapters 9 and 11).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.solvers.network import Network

FAR = np.int64(2**61)
"""Longer than any path: no connection. Sums of two stay below 2**63."""


@dataclass(frozen=True, slots=True)
class ResidualGraph:
    """Residual arcs as parallel arrays; `arc` is the network arc each comes from."""

    num_nodes: int
    tail: IndexArray
    head: IndexArray
    cost: IntArray
    arc: IndexArray


def take_arcs(graph: ResidualGraph, arcs: IndexArray | BoolArray) -> ResidualGraph:
    """Return the graph with the given of its arcs, in the given order."""
    return ResidualGraph(
        graph.num_nodes, graph.tail[arcs], graph.head[arcs], graph.cost[arcs], graph.arc[arcs]
    )


def build_residual(
    network: Network, flow: IntArray, cost: IntArray, lower: IntArray, upper: IntArray
) -> ResidualGraph:
    """Return the residual graph of a flow."""
    arcs = np.arange(len(flow), dtype=np.int32)
    more, less = flow < upper, flow > lower
    return ResidualGraph(
        num_nodes=network.num_nodes,
        tail=np.concatenate([network.tail[more], network.head[less]]),
        head=np.concatenate([network.head[more], network.tail[less]]),
        cost=np.concatenate([cost[more], -cost[less]]),
        arc=np.concatenate([arcs[more], arcs[less]]),
    )


def compute_potentials(graph: ResidualGraph) -> IntArray:
    """Return the shortest distance to each node from anywhere: potentials p of least size.

    For every residual arc, ``cost + p[tail] - p[head] >= 0``. This is Bellman-Ford, done a layer
    of nodes at a time.

    Raises
    ------
    ArithmeticError
        If the graph has a negative cycle, that is, if the flow was not optimal.
    """
    order = np.argsort(graph.tail, kind="stable")
    head, cost = graph.head[order], graph.cost[order]
    first = np.searchsorted(graph.tail[order], np.arange(graph.num_nodes + 1))
    potential = np.zeros(graph.num_nodes, dtype=np.int64)
    changed = np.arange(graph.num_nodes)
    for _ in range(graph.num_nodes + 1):
        # Only arcs that leave a node whose distance has just shrunk can shrink another.
        count = first[changed + 1] - first[changed]
        begin = np.repeat(first[changed] - np.cumsum(count) + count, count)
        arcs = begin + np.arange(len(begin))
        reached = potential.copy()
        np.minimum.at(reached, head[arcs], np.repeat(potential[changed], count) + cost[arcs])
        changed = np.flatnonzero(reached < potential)
        if not len(changed):
            return potential
        potential = reached
    raise ArithmeticError("the flow is not optimal: its residual graph has a negative cycle")


@dataclass(frozen=True, slots=True)
class StackedCosts:
    """Costs of several levels in one number per arc, so that lengths compare level by level.

    No solver sees them: they only measure paths, in whole numbers. `largest` bounds the cost of
    any cycle in each level.
    """

    cost: IntArray
    largest: tuple[int, ...]

    def split(self, value: int) -> tuple[int, ...]:
        """Return the cost in each level of a path or cycle of a stacked cost."""
        found: list[int] = []
        for largest in reversed(self.largest[1:]):
            value, rest = divmod(value + largest, 2 * largest + 1)
            found.append(rest - largest)
        return (value, *reversed(found))


def stack_costs(layers: Sequence[IntArray], num_nodes: int) -> StackedCosts | None:
    """Return the costs of all levels, the first counting most, or None if they are too large.

    Parameters
    ----------
    layers
        For each level the reduced cost of every arc.
    num_nodes
        How many nodes there are: a path or cycle has no more arcs.
    """
    largest = tuple(int(np.abs(layer).max(initial=0)) * num_nodes for layer in layers)
    most, scale = 0, 1
    cost = np.zeros_like(layers[0])
    for layer, size in zip(reversed(layers), reversed(largest), strict=True):
        most += scale * size
        if most >= FAR:
            return None
        cost += scale * layer
        scale *= 2 * size + 1
    return StackedCosts(cost, largest)
