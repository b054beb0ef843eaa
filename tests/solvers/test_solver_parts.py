"""Flows, residual graphs and the general feasibility search, on the smallest graphs."""

import os
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from ortools.graph.python import min_cost_flow
from ortools.math_opt.python import mathopt
from tests.strategies import make_problem

from pairmatch.domain.candidates import FULL
from pairmatch.domain.limits import Bound
from pairmatch.domain.taxonomy import AffinityLink, Specialty, Taxonomy
from pairmatch.solvers.affinity import SIMILAR, measure_affinities
from pairmatch.solvers.feasibility import (
    ChoiceProgram,
    blame_bounds,
    find_choice,
    is_impossible,
)
from pairmatch.solvers.flows import find_violated_cut, solve_circulation
from pairmatch.solvers.network import build_network, find_candidate
from pairmatch.solvers.residual import ResidualGraph, compute_potentials
from pairmatch.solvers.variations import vary_choices


def make_graph(num_nodes: int, arcs: list[tuple[int, int, int]]) -> ResidualGraph:
    tail, head, cost = (np.array([arc[k] for arc in arcs], dtype=np.int64) for k in range(3))
    index = np.arange(len(arcs), dtype=np.int32)
    return ResidualGraph(num_nodes, tail.astype(np.int32), head.astype(np.int32), cost, index)


def test_potentials_make_no_arc_negative() -> None:
    graph = make_graph(4, [(0, 1, -3), (1, 2, 2), (2, 0, 1), (3, 2, -7)])
    potential = compute_potentials(graph)
    assert potential.tolist() == [-6, -9, -7, 0]
    assert (graph.cost + potential[graph.tail] - potential[graph.head] >= 0).all()


def test_potentials_without_arcs_are_zero() -> None:
    assert compute_potentials(make_graph(3, [])).tolist() == [0, 0, 0]


def test_negative_cycle_tells_that_the_flow_was_not_optimal() -> None:
    """A solver that returns a wrong optimum is found out before any price is made of it."""
    with pytest.raises(ArithmeticError):
        compute_potentials(make_graph(3, [(0, 1, 1), (1, 2, 1), (2, 0, -3)]))


def test_circulation_with_contradictory_bounds() -> None:
    network = build_network(make_problem([[1]]))
    cost = np.zeros(len(network.tail), dtype=np.int64)
    lower = network.lower.copy()
    lower[0] = 2
    assert solve_circulation(network, cost, lower, network.upper) is None
    arcs, shortage = find_violated_cut(network, lower, network.upper)
    assert (arcs.tolist(), shortage) == ([0], 1)


def test_bounds_are_never_floats_on_the_way() -> None:
    """Without quotas an empty list once turned all bounds into floats of 53 bits."""
    bounds = np.array([2**53 + 1, 2**63 - 1])
    problem = replace(make_problem([[1], [1]]), unit_max=bounds)
    network = build_network(problem)
    assert network.upper[network.unit_arc].tolist() == bounds.tolist()


def test_a_flow_solver_that_gives_up_is_no_proof_of_impossibility(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = build_network(make_problem([[1]]))
    solver = min_cost_flow.SimpleMinCostFlow
    monkeypatch.setattr(solver, "solve", lambda _: solver.BAD_RESULT)
    cost = np.zeros(len(network.tail), dtype=np.int64)
    with pytest.raises(ArithmeticError):
        solve_circulation(network, cost, network.lower, network.upper)


def test_a_general_solver_that_gives_up_is_no_proof_of_impossibility(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    termination = SimpleNamespace(reason=mathopt.TerminationReason.NUMERICAL_ERROR)
    answer = SimpleNamespace(termination=termination)
    monkeypatch.setattr(mathopt, "solve", lambda *_, **__: answer)
    with pytest.raises(ArithmeticError):
        find_choice(1, [count_some([0], 1, True)])


def count_some(members: list[int], value: int, is_least: bool) -> Bound:
    weights = np.ones(len(members), dtype=np.int64)
    return Bound(np.array(members, dtype=np.int32), weights, value, is_least)


def bound_sets(sets: list[tuple[list[int], int, int]]) -> list[Bound]:
    return [
        count_some(members, value, is_least)
        for members, low, high in sets
        for value, is_least in ((low, True), (high, False))
    ]


def test_find_candidate_at_the_edges() -> None:
    problem = make_problem([[None, 1], [1, None]])
    pairs = [(u, v) for u in range(2) for v in range(2)]
    assert [find_candidate(problem, u, v) for u, v in pairs] == [None, 0, 1, None]


@pytest.mark.parametrize(
    ("sets", "answer"),
    [
        ([], True),
        ([([0, 1], 1, 1), ([1, 2], 1, 1), ([0, 2], 1, 1)], False),
        ([([0, 1], 1, 1), ([1, 2], 1, 1), ([0, 2], 0, 2)], True),
        ([([0, 1, 2], 4, 9)], False),
        ([([0, 1], 2, 1)], False),
        ([([], 0, 0)], True),
        ([([3], 1, 1)], False),
        ([([4], 0, 0)], False),
    ],
)
def test_general_feasibility(sets: list[tuple[list[int], int, int]], answer: bool) -> None:
    """Candidate 3 is banned, candidate 4 locked; an odd cycle of sets has only half solutions."""
    bounds = bound_sets([*sets, ([3], 0, 0), ([4], 1, 1)])
    chosen = find_choice(5, bounds)
    assert (chosen is not None) is answer
    assert is_impossible(5, bounds) is not answer
    if chosen is not None:
        assert all(bound.measure_gap(chosen) <= 0 for bound in bounds)


def test_locked_and_banned_at_once() -> None:
    assert find_choice(1, bound_sets([([0], 1, 1), ([0], 0, 0)])) is None


@pytest.mark.parametrize("others", [True, False])
def test_what_one_solver_alone_finds_impossible(
    monkeypatch: pytest.MonkeyPatch, others: bool
) -> None:
    """HiGHS is wrong: what CP-SAT chooses instead is counted, and tells."""
    solve = ChoiceProgram.solve

    def solve_wrongly(program: ChoiceProgram, *, exactly: bool = False, **time: float) -> object:
        result, counts = solve(program, exactly=exactly, **time)
        return (result, counts) if exactly else (result, None)

    monkeypatch.setattr(ChoiceProgram, "solve", solve_wrongly)
    bounds = bound_sets([([0, 1], 1, 1), ([1, 2], 1, 1), ([0, 2], 1, 2 if others else 1)])
    assert is_impossible(3, bounds) is not others


def test_a_choice_that_breaks_a_limit_once_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that HiGHS chose counts before it is counted: CP-SAT decides instead."""
    solve = ChoiceProgram.solve

    def solve_badly(program: ChoiceProgram, *, exactly: bool = False, **time: float) -> object:
        result, counts = solve(program, exactly=exactly, **time)
        return (result, counts) if exactly else (result, (9,) * len(program.counts))

    monkeypatch.setattr(ChoiceProgram, "solve", solve_badly)
    possible = bound_sets([([0, 1], 1, 1)])
    chosen = find_choice(2, possible)
    assert chosen is not None and chosen.sum() == 1
    assert not is_impossible(2, possible)
    cycle = bound_sets([([0, 1], 1, 1), ([1, 2], 1, 1), ([0, 2], 1, 1)])
    assert find_choice(3, cycle) is None
    assert is_impossible(3, cycle)
    monkeypatch.setattr(ChoiceProgram, "solve", lambda program, **_: (None, (9,)))
    with pytest.raises(ArithmeticError, match="breaks a limit"):
        find_choice(2, possible)


def test_loads_beyond_floating_point() -> None:
    """Two loads that differ by one in twelve digits, and a capacity between."""
    loads = np.array([10**12 + 1, 10**12], dtype=np.int64)
    idx = np.arange(2, dtype=np.int32)
    bounds = [count_some([0, 1], 1, True), Bound(idx, loads, 10**12, False)]
    chosen = find_choice(2, bounds)
    assert chosen is not None and chosen.tolist() == [False, True]


def test_bounds_blamed_for_a_shortage() -> None:
    bounds = bound_sets([([0, 1], 3, 3), ([1, 2], 0, 1)])
    blamed, shortage = blame_bounds(3, bounds)
    assert 0 in blamed and shortage == 1
    cycle = bound_sets([([0, 1], 1, 1), ([1, 2], 1, 1), ([0, 2], 1, 1)])
    assert blame_bounds(3, cycle) == ((), 0)
    negative = count_some([0], -1, False)
    assert blame_bounds(1, [negative]) == ((), 0)


def test_affinity_decays_along_the_graph() -> None:
    specialties = tuple(
        Specialty(name, name, name, code)
        for name, code in (("枣", "0161"), ("梨", "0159"), ("盐", "1030"))
    )
    links = (AffinityLink("1373", "枣", "加工", 8000, ""), AffinityLink("03", "盐", "", 4000, ""))
    taxonomy = Taxonomy((), (), (), specialties, links, {}, {})
    found = measure_affinities(taxonomy, ("1373", "13", "0399", "99"))
    assert found == {
        ("1373", "枣"): 8000,
        ("1373", "梨"): 8000 - SIMILAR,
        # The division of a class that has links of its own is one step away from it.
        ("13", "枣"): 8000 - SIMILAR,
        ("13", "梨"): 8000 - 2 * SIMILAR,
        ("0399", "盐"): 4000,
    }
    assert FULL == 10_000


def test_variations_break_one_bound_each() -> None:
    """Two units with room for one village each, and three villages that all need one."""
    loads = np.array([2, 3, 4], dtype=np.int64)
    villages = [count_some([v, v + 3], 1, True) for v in range(3)]
    units = [Bound(np.arange(3, dtype=np.int32) + 3 * u, loads, 4, False) for u in range(2)]
    bounds = [*villages, *units]
    known = np.array([True, False, False, False, True, False])
    found = list(vary_choices(6, bounds, {2: known}))
    broken = [[k for k, bound in enumerate(bounds) if bound.measure_gap(x) > 0] for x in found]
    assert sorted(broken) == [[0], [1], [3], [4]]


def test_what_a_solver_prints_goes_nowhere(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data for machines go to the output of the process; HiGHS writes there at times."""
    solve = mathopt.solve

    def chat(*args: Any, **kwargs: Any) -> object:
        os.write(1, b"HighsMipSolverData::transformNewIntegerFeasibleSolution tmpSolver.run();\n")
        return solve(*args, **kwargs)

    monkeypatch.setattr(mathopt, "solve", chat)
    assert find_choice(2, bound_sets([([0, 1], 1, 1)])) is not None
    os.write(1, b"after")
    assert capfd.readouterr().out == "after"
