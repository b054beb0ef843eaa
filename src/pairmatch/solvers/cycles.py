"""The difference of two flows as simple cycles, any of which may be taken alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.solvers.network import Network


@dataclass(frozen=True, slots=True)
class Cycle:
    """Arcs in a circle, and how much more each carries."""

    arcs: IndexArray
    change: IntArray


def split_cycles(network: Network, difference: IntArray) -> Iterator[Cycle]:
    """Yield simple cycles that a difference of two flows is the sum of.

    No cycle goes against the difference on any arc, so every sum of some of them lies, arc by arc,
    between the two flows: what both keep, it keeps too (Ahuja, Magnanti and Orlin, Network Flows,
    1993, theorem 3.5).

    Parameters
    ----------
    network
        The network of both flows.
    difference
        How much more each arc carries in the second flow; balanced at every node.
    """
    left = difference.copy()
    leaving: list[list[int]] = [[] for _ in range(network.num_nodes)]
    for arc in np.flatnonzero(left).tolist():
        leaving[int((network.tail if left[arc] > 0 else network.head)[arc])].append(arc)
    for start in range(network.num_nodes):
        while any(left[arc] for arc in leaving[start]):
            path: list[int] = []
            place: dict[int, int] = {}
            node = start
            while node not in place:
                place[node] = len(path)
                while not left[leaving[node][-1]]:
                    leaving[node].pop()
                path.append(leaving[node][-1])
                node = int((network.head if left[path[-1]] > 0 else network.tail)[path[-1]])
            arcs = np.array(path[place[node] :], dtype=np.int32)
            change = np.sign(left[arcs])
            left[arcs] -= change
            yield Cycle(arcs, change)
