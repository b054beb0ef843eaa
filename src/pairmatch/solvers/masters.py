"""A pairing over few of all pairs, as a flow whose prices stay near given ones.

Every unit needs one village; a village takes up to its capacity. Prices are kept in a box: at a
loss of `width` a unit may go without a village and a village may take one more than it can, so
that there always is an answer and no price falls or rises further in one step (du Merle,
Villeneuve, Desrosiers and Hansen, Stabilized column generation, Discrete Mathematics 194, 1999).
"""

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import linear_sum_assignment, min_cost_flow

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import StepsError
from pairmatch.solvers.flows import COST_LIMIT


@dataclass(frozen=True, slots=True)
class Columns:
    """Pairs that may be chosen: unit, village and points of each."""

    unit_idx: IndexArray
    village_idx: IndexArray
    points: IntArray

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.points)

    def take(self, which: IndexArray | IntArray | BoolArray) -> "Columns":
        """Return some of them."""
        return Columns(self.unit_idx[which], self.village_idx[which], self.points[which])


@dataclass(frozen=True, slots=True)
class Prices:
    """One price per unit and per village, in steps; those of villages are never below 0."""

    units: IntArray
    villages: IntArray

    def reduce(self, columns: Columns) -> IntArray:
        """Return what is left of each pair's points after both prices."""
        reduced: IntArray = (
            columns.points - self.units[columns.unit_idx] - self.villages[columns.village_idx]
        )
        return reduced


@dataclass(frozen=True, slots=True)
class MasterFlow:
    """The best choice of pairs: `chosen` are indices of columns.

    `is_idle` marks units that go without, `is_crowded` villages that take more than they can; both
    only happen at a loss of the box's width.
    """

    chosen: IntArray
    is_idle: BoolArray
    is_crowded: BoolArray

    @property
    def is_sound(self) -> bool:
        """Whether every unit has its village and none takes more than it can."""
        return self.num_amiss == 0

    @property
    def num_amiss(self) -> int:
        """How many units go without, and villages take more than they can."""
        return int(np.count_nonzero(self.is_idle) + np.count_nonzero(self.is_crowded))


def solve_master(columns: Columns, capacity: IntArray, box: Prices, width: int) -> MasterFlow:
    """Return the best choice of pairs with prices in the box.

    Parameters
    ----------
    columns
        The pairs.
    capacity
        How many units each village takes.
    box
        The prices in the middle of the box.
    width
        How far a unit's price may fall, and a village's rise, in steps.

    Raises
    ------
    StepsError
        If points are so large that the solver's 64-bit integers could overflow.
    ArithmeticError
        If the solver gives up.
    """
    num_units, num_villages, sink = len(box.units), len(capacity), len(box.units) + len(capacity)
    units, villages = np.arange(num_units), num_units + np.arange(num_villages)
    # Less the prices costs are small, and the solver's scaling has less to do.
    costs = [-box.reduce(columns), -box.villages, np.full(num_villages + num_units, width)]
    cost = np.concatenate(costs)
    if int(np.abs(cost).max(initial=0)) * (sink + 3) ** 2 >= COST_LIMIT:
        raise StepsError("scores are too large for exact integer arithmetic")
    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([columns.unit_idx, villages, villages, units]).astype(np.int32),
        np.concatenate(
            [num_units + columns.village_idx, np.full(2 * num_villages + num_units, sink)]
        ).astype(np.int32),
        np.concatenate(
            [
                np.ones(len(columns), dtype=np.int64),
                capacity,
                np.full(num_villages, num_units),
                np.ones(num_units, dtype=np.int64),
            ]
        ),
        cost,
    )
    supply = np.concatenate([np.ones(num_units), np.zeros(num_villages), [-num_units]])
    solver.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supply.astype(np.int64))
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise ArithmeticError(f"the flow solver gave up: {status}")
    flow = np.asarray(solver.flows(np.arange(len(cost), dtype=np.int32)))
    extra = len(columns) + num_villages
    return MasterFlow(
        np.flatnonzero(flow[: len(columns)]),
        flow[extra + num_villages :] > 0,
        flow[extra : extra + num_villages] > 0,
    )


def match_square(columns: Columns, capacity: IntArray, box: Prices) -> MasterFlow | None:
    """Return the best choice of pairs where every unit and every village has exactly one.

    It needs no box and takes a third of the time; None if sides or capacities differ, or the pairs
    hold no such choice.
    """
    if len(box.units) != len(capacity) or (capacity != 1).any():
        return None
    size, cost = len(capacity), -box.reduce(columns)
    if int(np.abs(cost).max(initial=0)) * (2 * size + 3) ** 2 >= COST_LIMIT:
        return None
    # The solver knows of no units and villages beyond the last that it is told a pair of.
    ends = (columns.unit_idx, columns.village_idx)
    if any(not np.bincount(end, minlength=size).all() for end in ends):
        return None
    solver = linear_sum_assignment.SimpleLinearSumAssignment()
    solver.add_arcs_with_cost(columns.unit_idx, columns.village_idx, cost)
    if solver.solve() != solver.OPTIMAL:
        return None
    village_of = np.array([solver.right_mate(u) for u in range(size)], dtype=np.int64)
    found = np.flatnonzero(village_of[columns.unit_idx] == columns.village_idx)[::-1]
    chosen = np.empty(size, dtype=np.int64)
    chosen[columns.unit_idx[found]] = found  # of a pair that is there twice the first
    nobody = np.zeros(size, dtype=np.bool_)
    return MasterFlow(np.sort(chosen), nobody, nobody)


def price_master(
    columns: Columns, num_villages: int, flow: MasterFlow, box: Prices, width: int
) -> Prices:
    """Return the least village prices that prove a flow best, and the units' prices with them.

    With p the price of a unit and q that of a village, ``p_u + q_v >= points`` for every pair and
    ``=`` for the chosen ones. What a village costs is passed on to every other that its unit could
    have had: the prices are the longest ways over the chosen pairs, found by Bellman and Ford's
    method, village by village from those whose price has changed.
    """
    num_units = len(box.units)
    village_of, own = np.full(num_units, -1), np.zeros(num_units, dtype=np.int64)
    village_of[columns.unit_idx[flow.chosen]] = columns.village_idx[flow.chosen]
    own[columns.unit_idx[flow.chosen]] = columns.points[flow.chosen]
    order, begins = _group(columns.unit_idx, num_units)
    targets, gains = columns.village_idx[order], columns.points[order]
    gains = gains - own[columns.unit_idx[order]]
    housed = np.flatnonzero(village_of >= 0)
    by_village, village_begins = _group(village_of[housed], num_villages)
    guests = housed[by_village]
    prices = np.zeros(num_villages, dtype=np.int64)
    prices[flow.is_crowded] = box.villages[flow.is_crowded] + width
    # Those without a village have their lowest price: villages that they could have had cost more.
    idle = np.flatnonzero(flow.is_idle)
    at, counts = _list_ragged(begins, idle)
    np.maximum.at(prices, targets[at], gains[at] - np.repeat(box.units[idle] - width, counts))
    changed = np.arange(num_villages)
    rounds = 0
    while len(changed):
        at, counts = _list_ragged(village_begins, changed)
        units, price = guests[at], np.repeat(prices[changed], counts)
        at, counts = _list_ragged(begins, units)
        offered, reached = np.repeat(price, counts) + gains[at], targets[at]
        higher = offered > prices[reached]
        np.maximum.at(prices, reached[higher], offered[higher])
        marked = np.zeros(num_villages, dtype=np.bool_)
        marked[reached[higher]] = True
        changed = np.flatnonzero(marked)
        rounds += 1
        if rounds > num_villages + 1:
            raise ArithmeticError("the flow is not the best one")
    unit_prices = np.where(flow.is_idle, box.units - width, own - prices[village_of])
    return Prices(unit_prices, prices)


def _group(keys: IndexArray | IntArray, num_keys: int) -> tuple[IntArray, IntArray]:
    """Return the order by key, and where in it each key begins."""
    order = np.argsort(keys, kind="stable")
    return order, np.searchsorted(keys[order], np.arange(num_keys + 1))


def _list_ragged(begins: IntArray, keys: IntArray) -> tuple[IntArray, IntArray]:
    """Return the places of all entries of some keys, and how many each key has."""
    counts = begins[keys + 1] - begins[keys]
    first = np.repeat(begins[keys] - (np.cumsum(counts) - counts), counts)
    return first + np.arange(len(first)), counts
