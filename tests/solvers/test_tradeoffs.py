"""Two sums weighed against each other on larger matrices, against scipy's integer programs."""

from dataclasses import replace

import numpy as np
import pytest
from ortools.math_opt.python import mathopt
from scipy.optimize import Bounds, LinearConstraint, milp
from tests.strategies import make_dense_problem

from pairmatch.domain.problem import Problem
from pairmatch.solvers import tradeoffs
from pairmatch.solvers.faces import open_face
from pairmatch.solvers.network import build_network
from pairmatch.solvers.programs import InexactError, solve_program
from pairmatch.solvers.tradeoffs import TradeOff, fill_edge, find_ends, list_edges


def make_full(size: int, most: int, seed: int) -> tuple[Problem, np.ndarray]:
    """Return a problem in which everyone has a pair, and what is counted of it."""
    rng = np.random.default_rng([size, most, seed])
    everything = np.ones((size, size), dtype=bool)
    problem = make_dense_problem(rng.integers(0, most + 1, (size, size)), everything)
    problem = replace(problem, unit_min=problem.unit_max, village_min=problem.village_max)
    return problem, rng.random(problem.num_candidates) < 0.25


def open_trade(problem: Problem, counts: np.ndarray) -> TradeOff:
    network = build_network(problem)
    return TradeOff(network, open_face(network), problem.points, counts.astype(np.int64))


def maximize_with_scipy(problem: Problem, counts: np.ndarray, count: int) -> int:
    """Return the best total with so many counted pairs at least."""
    size = len(problem.unit_ids)
    rows = [problem.unit_idx == k for k in range(size)]
    rows += [problem.village_idx == k for k in range(size)]
    found = milp(
        -problem.points.astype(float),
        integrality=np.ones(problem.num_candidates),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(np.array(rows, dtype=float), 1, 1),
            LinearConstraint(counts.astype(float), count, np.inf),
        ],
        options={"mip_rel_gap": 0},
    )
    return round(-found.fun)


@pytest.mark.parametrize(("size", "most", "seed"), [(16, 1000, 0), (16, 2, 1), (20, 3, 2)])
def test_every_count_of_a_larger_matrix(size: int, most: int, seed: int) -> None:
    problem, counts = make_full(size, most, seed)
    trade = open_trade(problem, counts)
    ends = find_ends(trade)
    assert ends is not None
    left, right = ends
    expected = right.count
    for edge in list_edges(trade, left, right, range(left.count, right.count + 1)):
        for count, spot, bound in fill_edge(trade, edge, range(right.count + 1)):
            assert count == expected
            expected -= 1
            assert spot.count >= count
            assert spot.value == bound == maximize_with_scipy(problem, counts, count)
            chosen = spot.flow[: problem.num_candidates]
            assert int((problem.points * chosen).sum()) == spot.value
    assert expected == left.count


def test_programs_grow_until_nothing_better_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """From one arc at a time on, the answers are the same."""
    problem, counts = make_full(9, 50, 3)
    trade = open_trade(problem, counts)

    def trace() -> list[tuple[int, int, int]]:
        ends = find_ends(trade)
        assert ends is not None
        edges = list_edges(trade, *ends, range(100))
        filled = [found for edge in edges for found in fill_edge(trade, edge, range(100))]
        return [(count, spot.value, bound) for count, spot, bound in filled]

    wanted = trace()
    monkeypatch.setattr(tradeoffs, "_FIRST_SIZE", 1)
    assert trace() == wanted
    assert all(value == bound for _count, value, bound in wanted)


def test_a_program_on_which_the_solver_breaks_down_is_solved_without_presolve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """HiGHS has internal errors on sound programs; its wrapper makes an AttributeError of them."""
    model = mathopt.Model()
    pair = model.add_binary_variable()
    model.maximize(pair)
    solve, tries = mathopt.solve, []

    def break_down(
        *args: object, params: mathopt.SolveParameters, **_more: object
    ) -> mathopt.SolveResult:
        tries.append(params.presolve)
        if params.presolve is None or len(tries) > 2:
            raise AttributeError("canonical_code")
        return solve(*args, params=params)

    monkeypatch.setattr(mathopt, "solve", break_down)
    result = solve_program(model, mathopt.SolveParameters())
    assert result.variable_values(pair) == 1
    assert tries == [None, mathopt.Emphasis.OFF]
    with pytest.raises(InexactError):
        solve_program(model, mathopt.SolveParameters())
