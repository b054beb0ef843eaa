"""Min-cost circulations with lower bounds, solved by OR-Tools."""

import numpy as np
from ortools.graph.python import max_flow, min_cost_flow

from pairmatch.domain.inputs import IntArray
from pairmatch.domain.matching import StepsError
from pairmatch.solvers.network import Network

COST_LIMIT = 2**62


def solve_circulation(
    network: Network, cost: IntArray, lower: IntArray, upper: IntArray
) -> IntArray | None:
    """Return the flow per arc of a cheapest circulation, or None if there is none.

    Parameters
    ----------
    network
        Nodes and arcs; its own bounds are not looked at.
    cost
        Integer cost per unit of flow, per arc.
    lower, upper
        Bounds per arc.

    Raises
    ------
    StepsError
        If costs are so large that the solver's 64-bit integers could overflow.
    ArithmeticError
        If the solver gives up, which says nothing about whether there is a circulation.
    """
    # The solver multiplies costs by the number of nodes; sums over a path must stay in range too.
    largest = max(int(cost.max(initial=0)), -int(cost.min(initial=0)))
    if largest * (network.num_nodes + 2) ** 2 >= COST_LIMIT:
        raise StepsError("scores are too large for exact integer arithmetic")
    if (lower > upper).any():
        return None
    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(network.tail, network.head, upper - lower, cost)
    supply = _shift_supply(network, lower)
    solver.set_nodes_supplies(np.arange(network.num_nodes, dtype=np.int32), supply)
    status = solver.solve()
    if status == solver.INFEASIBLE:
        return None
    if status != solver.OPTIMAL:
        raise ArithmeticError(f"the flow solver gave up: {status}")
    arcs = np.arange(len(cost), dtype=np.int32)
    flow: IntArray = np.asarray(solver.flows(arcs), dtype=np.int64) + lower
    return flow


def find_violated_cut(network: Network, lower: IntArray, upper: IntArray) -> tuple[IntArray, int]:
    """Return the arcs whose bounds contradict each other and the number of units missing.

    By Hoffman's circulation theorem (1960) no circulation exists if and only if some set of nodes
    has more lower bound leaving than upper bound entering; a maximum flow finds the set with the
    largest shortage. Arcs are those that cross the set; the shortage is 0 if all bounds can hold.
    """
    if (lower > upper).any():
        arcs = np.flatnonzero(lower > upper)
        return arcs.astype(np.int64), int((lower - upper)[arcs].sum())
    super_source, super_sink = network.num_nodes, network.num_nodes + 1
    supply = _shift_supply(network, lower)
    nodes = np.arange(network.num_nodes, dtype=np.int32)
    gives, takes = supply > 0, supply < 0
    solver = max_flow.SimpleMaxFlow()
    sources = np.full(int(gives.sum()), super_source)
    sinks = np.full(int(takes.sum()), super_sink)
    solver.add_arcs_with_capacity(
        np.concatenate([network.tail, sources, nodes[takes]]).astype(np.int32),
        np.concatenate([network.head, nodes[gives], sinks]).astype(np.int32),
        np.concatenate([upper - lower, supply[gives], -supply[takes]]),
    )
    solver.solve(super_source, super_sink)
    shortage = int(supply[gives].sum()) - solver.optimal_flow()
    inside = np.zeros(network.num_nodes + 2, dtype=np.bool_)
    inside[solver.get_source_side_min_cut()] = True
    crossing = inside[network.tail] != inside[network.head]
    return np.flatnonzero(crossing).astype(np.int64), shortage


def _shift_supply(network: Network, lower: IntArray) -> IntArray:
    """Return what each node has left if every arc carries its lower bound."""
    supply = np.zeros(network.num_nodes, dtype=np.int64)
    np.add.at(supply, network.head, lower)
    np.subtract.at(supply, network.tail, lower)
    return supply
