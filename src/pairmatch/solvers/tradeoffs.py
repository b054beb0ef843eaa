"""What one sum over pairs costs in another: the best value for every least count, on a face.

A bonus on every counted pair makes one flow problem of both sums. As the bonus rises from nothing,
its best flows run along the upper hull of all (count, value) there are, and each is the best of its
own count, for no other flow reaches more value and bonus together (Everett, Generalized Lagrange
multiplier method, 1963). Between two neighbours on the hull the bonus bounds the value; what is
left open there is a small integer program over the arcs whose reduced cost is below the gap.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.solvers.cycles import Cycle, split_cycles
from pairmatch.solvers.faces import Face, cost_arcs, narrow_face, price_flow
from pairmatch.solvers.flows import solve_circulation
from pairmatch.solvers.network import Network
from pairmatch.solvers.programs import InexactError, solve_program

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt

_SLACK = 1e-6
"""Relative error of a bound in floating point that is allowed for."""

_FIRST_SIZE = 400
"""How many arcs an integer program begins with."""


@dataclass(frozen=True, slots=True)
class TradeOff:
    """Two sums over the candidates on a face: `weights` is the value, `counts` what is counted."""

    network: Network
    face: Face
    weights: IntArray
    counts: IntArray


@dataclass(frozen=True, slots=True)
class Spot:
    """A flow with its count and value."""

    flow: IntArray
    count: int
    value: int


@dataclass(frozen=True, slots=True)
class Edge:
    """Two neighbours on the hull; the right one has the larger count."""

    left: Spot
    right: Spot


def find_ends(trade: TradeOff) -> tuple[Spot, Spot] | None:
    """Return the best value with the largest count, and the largest count with the best value."""
    left = _climb_twice(trade, trade.weights, trade.counts)
    right = _climb_twice(trade, trade.counts, trade.weights)
    return None if left is None or right is None else (left, right)


def list_edges(trade: TradeOff, left: Spot, right: Spot, counts: range) -> Iterator[Edge]:
    """Yield the edges of the hull between two of its points, those of the largest count first.

    Parameters
    ----------
    trade
        The two sums.
    left, right
        Points of the hull.
    counts
        Only edges that some of these counts lie on are looked for.
    """
    waiting = [Edge(left, right)]
    while waiting:
        edge = waiting.pop()
        first, last = max(edge.left.count + 1, counts.start), min(edge.right.count, counts.stop - 1)
        if first > last:
            continue
        between = _find_above(trade, edge) if edge.right.count - edge.left.count > 1 else None
        if between is None:
            yield edge
        else:
            waiting += [Edge(edge.left, between), Edge(between, edge.right)]


def fill_edge(trade: TradeOff, edge: Edge, counts: range) -> Iterator[tuple[int, Spot, int]]:
    """Yield the best flow of at least each count within an edge, and a bound on its value.

    The right neighbour is the first; the left one is not among them.

    Parameters
    ----------
    trade, edge
        The two sums, and neighbours on the hull.
    counts
        Only these counts are looked at, the largest first.

    Raises
    ------
    InexactError
        If what the solver finds does not hold in whole numbers.
    """
    best = edge.right
    if best.count in counts:
        yield best.count, best, best.value
    inner = range(max(edge.left.count + 1, counts.start), min(best.count, counts.stop))
    if not inner:
        return
    even = _split_edge(trade, edge)
    share, bonus = _find_slope(edge)
    cost = cost_arcs(trade.network, share * trade.weights + bonus * trade.counts)
    reduced = price_flow(trade.network, trade.face, cost, edge.left.flow).reduced_cost
    for count in reversed(inner):
        if count in even:
            best = _turn_cycles(trade, edge.left, even[count])
            bound = best.value
        else:
            best, bound = _fill_gap(trade, edge, np.abs(reduced), count, best)
        yield count, best, bound


def _split_edge(trade: TradeOff, edge: Edge) -> dict[int, tuple[Cycle, ...]]:
    """Return which cycles lead from the left end to counts on the edge itself.

    Each cycle in which the ends differ is even in value and bonus together, for neither end can be
    improved by it; so any of them may be taken alone.
    """
    found: dict[int, tuple[Cycle, ...]] = {edge.left.count: ()}
    for cycle in split_cycles(trade.network, edge.right.flow - edge.left.flow):
        pairs = cycle.arcs < trade.network.num_candidates
        gain = int((trade.counts[cycle.arcs[pairs]] * cycle.change[pairs]).sum())
        for count, cycles in list(found.items()):
            found.setdefault(count + gain, (*cycles, cycle))
    return found


def _turn_cycles(trade: TradeOff, spot: Spot, cycles: tuple[Cycle, ...]) -> Spot:
    flow = spot.flow.copy()
    for cycle in cycles:
        flow[cycle.arcs] += cycle.change
    return _see(trade, flow)


def _fill_gap(
    trade: TradeOff, edge: Edge, reduced: IntArray, count: int, known: Spot
) -> tuple[Spot, int]:
    """Return the best flow of at least a count, given the size of every arc's reduced cost.

    A flow that moves an arc lies below the edge by its reduced cost at least. So the program begins
    with the arcs of the least ones, and grows until all others are no better than what is found.
    """
    share, bonus = _find_slope(edge)
    height = share * edge.left.value + bonus * (edge.left.count - count)
    loose = trade.face.lower < trade.face.upper
    costs = np.sort(reduced[loose])
    size = _FIRST_SIZE
    while True:
        reach = min(height - share * (known.value + 1), int(costs[min(size, len(costs)) - 1]))
        if reach < 0:
            return known, known.value
        free = np.flatnonzero(loose & (reduced <= reach)).astype(np.int32)
        known, bound = _search(trade, edge.left, free, count, known)
        if height - share * (known.value + 1) <= reach or size >= len(costs):
            return known, bound
        size *= 4


def _find_slope(edge: Edge) -> tuple[int, int]:
    """Return weights of value and count, without a common factor, for which both ends are even."""
    share, bonus = edge.right.count - edge.left.count, edge.left.value - edge.right.value
    common = math.gcd(share, bonus)
    return share // common, bonus // common


def _find_above(trade: TradeOff, edge: Edge) -> Spot | None:
    """Return a point of the hull beyond an edge, or None if the edge is on the hull itself."""
    share, bonus = _find_slope(edge)
    flow = _climb(trade, trade.face, share * trade.weights + bonus * trade.counts)
    assert flow is not None  # noqa: S101 - both ends are flows
    spot = _see(trade, flow)
    height = share * (spot.value - edge.left.value) + bonus * (spot.count - edge.left.count)
    return spot if height > 0 else None


def _climb_twice(trade: TradeOff, first: IntArray, second: IntArray) -> Spot | None:
    """Return the flow that is best in one sum and then in the other."""
    flow = _climb(trade, trade.face, first)
    if flow is None:
        return None
    priced = price_flow(trade.network, trade.face, cost_arcs(trade.network, first), flow)
    flow = _climb(trade, narrow_face(trade.face, priced), second)
    assert flow is not None  # noqa: S101 - the flow at hand is one
    return _see(trade, flow)


def _climb(trade: TradeOff, face: Face, weights: IntArray) -> IntArray | None:
    cost = cost_arcs(trade.network, weights)
    return solve_circulation(trade.network, cost, face.lower, face.upper)


def _see(trade: TradeOff, flow: IntArray) -> Spot:
    chosen = flow[: trade.network.num_candidates]
    return Spot(flow, int((trade.counts * chosen).sum()), int((trade.weights * chosen).sum()))


def _search(
    trade: TradeOff, start: Spot, free: IndexArray, count: int, known: Spot
) -> tuple[Spot, int]:
    """Return the best flow that differs from `start` on free arcs only, or else what is known."""
    from ortools.math_opt.python import mathopt

    model, moves = _build_program(trade, start, free, count)
    parameters = mathopt.SolveParameters(relative_gap_tolerance=0, absolute_gap_tolerance=0.5)
    result = solve_program(model, parameters)
    reason = result.termination.reason
    # There is a solution: the right end of the edge differs from the left in free arcs only.
    if reason is not mathopt.TerminationReason.OPTIMAL:
        raise InexactError(f"the solver gave up: {reason.name}")
    flow = start.flow.copy()
    flow[free] += np.rint(np.array(result.variable_values(moves))).astype(np.int64)
    spot = _see(trade, flow)
    if not _holds(trade, flow) or spot.count < count:
        raise InexactError("a rounded choice breaks a limit")
    most = result.termination.objective_bounds.dual_bound
    bound = start.value + math.floor(most + _SLACK * max(1.0, abs(most)))
    return (spot if spot.value > known.value else known), max(bound, known.value)


def _build_program(
    trade: TradeOff, start: Spot, free: IndexArray, count: int
) -> tuple["mathopt.Model", list["mathopt.Variable"]]:
    """Return an integer program of how much more each free arc carries than at the start."""
    from ortools.math_opt.python import mathopt

    network, is_pair = trade.network, free < trade.network.num_candidates
    model = mathopt.Model()
    bounds = zip(
        (trade.face.lower - start.flow)[free].tolist(),
        (trade.face.upper - start.flow)[free].tolist(),
        is_pair.tolist(),
        strict=True,
    )
    # With whole pairs all the rest is whole.
    moves = [model.add_variable(lb=low, ub=high, is_integer=pair) for low, high, pair in bounds]
    balance: dict[int, list[mathopt.LinearTerm]] = {}
    for arc, move in zip(free.tolist(), moves, strict=True):
        balance.setdefault(int(network.head[arc]), []).append(1 * move)
        balance.setdefault(int(network.tail[arc]), []).append(-1 * move)
    for terms in balance.values():
        model.add_linear_constraint(lb=0, ub=0, expr=mathopt.LinearSum(terms))
    pairs = free[is_pair]
    counts, weights = trade.counts[pairs].tolist(), trade.weights[pairs].tolist()
    counted = mathopt.LinearSum([c * move for c, move in zip(counts, moves, strict=False)])
    model.add_linear_constraint(lb=count - start.count, expr=counted)
    model.maximize(mathopt.LinearSum([w * move for w, move in zip(weights, moves, strict=False)]))
    return model, moves


def _holds(trade: TradeOff, flow: IntArray) -> bool:
    """Whether a flow keeps the bounds of the face and is balanced at every node."""
    network = trade.network
    balance = np.zeros(network.num_nodes, dtype=np.int64)
    np.add.at(balance, network.head, flow)
    np.subtract.at(balance, network.tail, flow)
    within = (trade.face.lower <= flow) & (flow <= trade.face.upper)
    return bool(within.all()) and not balance.any()
