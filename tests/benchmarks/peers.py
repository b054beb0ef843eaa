"""Other solvers of the assignment problem, each with the data in the form that it likes best.

A peer is prepared with the points of all pairs of as many units as villages; what it then returns
is called once, under the clock, and gives each unit's village. Solvers that seek the least cost
get what is missing from the highest points.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.int32]
Solve = Callable[[], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Peer:
    """A solver: what it is called, how to prepare it, and the package that it needs."""

    name: str
    prepare: Callable[[Points], Solve]
    package: str

    @property
    def is_installed(self) -> bool:
        """Whether its package is there."""
        return find_spec(self.package) is not None


def convert_costs(points: Points, dtype: type[np.generic]) -> NDArray[Any]:
    """Return what is missing from the highest points; none is rounded, as all are small."""
    costs: NDArray[Any] = (points.max() - points).astype(dtype)
    return costs


def list_arcs(points: Points) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Return unit, village and cost of all pairs."""
    size = len(points)
    places = np.arange(size, dtype=np.int32)
    return np.repeat(places, size), np.tile(places, size), convert_costs(points, np.int64).ravel()


def prepare_scipy(points: Points) -> Solve:
    """Solve by shortest augmenting paths (Crouse 2016)."""
    from scipy.optimize import linear_sum_assignment

    costs = convert_costs(points, np.float64)
    return lambda: linear_sum_assignment(costs)[1]


def prepare_lap(function: str, dtype: type[np.generic], place: int) -> Callable[[Points], Solve]:
    """Solve by one of lapx's variants of Jonker and Volgenant's method.

    Parameters
    ----------
    function
        Its name.
    dtype
        The numbers with which it was fastest at 3,272 a side.
    place
        Which of its results are the villages.
    """

    def prepare(points: Points) -> Solve:
        import lap

        costs = convert_costs(points, dtype)
        solve = getattr(lap, function)
        return lambda: solve(costs, return_cost=False)[place]

    return prepare


def prepare_lapmod(points: Points) -> Solve:
    """Solve by lapx's variant for sparse costs, with all pairs in it."""
    import lap

    size = len(points)
    costs = convert_costs(points, np.float64).ravel()
    starts = np.arange(size + 1, dtype=np.int32) * np.int32(size)
    villages = np.tile(np.arange(size, dtype=np.int32), size)
    return lambda: lap.lapmod(size, costs, starts, villages, return_cost=False)[0]


def prepare_assignment(points: Points) -> Solve:
    """Solve by OR-Tools' cost scaling for assignment."""
    from ortools.graph.python import linear_sum_assignment

    size = len(points)
    solver = linear_sum_assignment.SimpleLinearSumAssignment()
    solver.add_arcs_with_cost(*list_arcs(points))

    def solve() -> NDArray[Any]:
        if solver.solve() != solver.OPTIMAL:
            raise ArithmeticError("no assignment")
        return np.array([solver.right_mate(unit) for unit in range(size)])

    return solve


def prepare_flow(points: Points) -> Solve:
    """Solve by OR-Tools' cost scaling for flows, with an arc for every pair."""
    from ortools.graph.python import min_cost_flow

    size = len(points)
    units, villages, costs = list_arcs(points)
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        units, size + villages, np.ones(size * size, dtype=np.int64), costs
    )
    supply = np.repeat(np.array([1, -1], dtype=np.int64), size)
    solver.set_nodes_supplies(np.arange(2 * size, dtype=np.int32), supply)

    def solve() -> NDArray[Any]:
        if solver.solve() != solver.OPTIMAL:
            raise ArithmeticError("no flow")
        return villages[np.flatnonzero(solver.flows(arcs))]

    return solve


def prepare_sparse(points: Points) -> Solve:
    """Solve by scipy's matching for sparse costs, with all pairs in it."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    # A cost of zero would be read as no pair.
    costs = csr_array(convert_costs(points, np.float64) + 1)
    return lambda: min_weight_full_bipartite_matching(costs)[1]


def prepare_highs(points: Points) -> Solve:
    """Solve the linear programme of all pairs by HiGHS, whichever of its methods it chooses."""
    from scipy.optimize import linprog
    from scipy.sparse import csc_array

    size = len(points)
    units, others, costs = list_arcs(points)
    rows = np.stack([units, size + others], axis=1).ravel()
    starts = 2 * np.arange(size * size + 1)
    sums = csc_array((np.ones(len(rows)), rows, starts), shape=(2 * size, size * size))

    def solve() -> NDArray[Any]:
        found = linprog(costs, A_eq=sums, b_eq=np.ones(2 * size), method="highs")
        if found.status != 0:
            raise ArithmeticError(found.message)
        villages: NDArray[Any] = found.x.reshape(size, size).argmax(axis=1)
        return villages

    return solve


PEERS = (
    Peer("scipy linear_sum_assignment", prepare_scipy, "scipy"),
    Peer("lapx lapjv", prepare_lap("lapjv", np.float64, 0), "lap"),
    Peer("lapx lapjvx", prepare_lap("lapjvx", np.float32, 1), "lap"),
    Peer("lapx lapjvc", prepare_lap("lapjvc", np.int32, 1), "lap"),
    Peer("lapx lapjvr", prepare_lap("lapjvr", np.float32, 1), "lap"),
    Peer("lapx lapjvh", prepare_lap("lapjvh", np.float32, 1), "lap"),
    Peer("lapx lapjvs", prepare_lap("lapjvs", np.float32, 1), "lap"),
    Peer("lapx lapmod", prepare_lapmod, "lap"),
    Peer("OR-Tools SimpleLinearSumAssignment", prepare_assignment, "ortools"),
    Peer("OR-Tools SimpleMinCostFlow", prepare_flow, "ortools"),
    Peer("scipy min_weight_full_bipartite_matching", prepare_sparse, "scipy"),
    Peer("HiGHS (scipy linprog)", prepare_highs, "scipy"),
)
