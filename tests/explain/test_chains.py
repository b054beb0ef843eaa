"""The difference of two matchings, split into chains whose gains add up."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from tests.match.choice_cases import draw_case
from tests.match.choice_oracle import list_sets
from tests.strategies import make_problem

from pairmatch.domain.problem import Problem
from pairmatch.explain.chains import Chain, list_moves, split_chains


def draw_two(number: int) -> tuple[Problem, np.ndarray, np.ndarray] | None:
    """Return a random problem with two of its matchings."""
    rng = np.random.default_rng([9, number])
    problem = draw_case(rng, number)
    sets = list_sets(problem) if problem.num_candidates <= 14 else np.zeros((0, 0))
    if not len(sets):
        return None
    first, second = (
        np.flatnonzero(sets[k]).astype(np.int32) for k in rng.integers(0, len(sets), 2)
    )
    return problem, first, second


def name_nodes(problem: Problem, candidate: int) -> tuple[str, str]:
    return f"u{problem.unit_idx[candidate]}", f"v{problem.village_idx[candidate]}"


def check_parts(
    problem: Problem, before: np.ndarray, after: np.ndarray, chains: tuple[Chain, ...]
) -> None:
    """The chains are the connected parts of the difference."""
    changed = sorted(set(before.tolist()) ^ set(after.tolist()))
    graph = nx.Graph([name_nodes(problem, k) for k in changed])
    parts = {frozenset(part) for part in nx.connected_components(graph)}
    found = [[*chain.lost.tolist(), *chain.gained.tolist()] for chain in chains]
    assert sorted(k for part in found for k in part) == changed
    assert {frozenset(n for k in part for n in name_nodes(problem, k)) for part in found} == parts
    assert len(found) == len(parts)
    assert [min(part) for part in found] == sorted(min(part) for part in found)


@pytest.mark.parametrize("start", range(0, 300, 100))
def test_chains_are_the_connected_parts_and_their_gains_add_up(start: int) -> None:
    for number in range(start, start + 100):
        drawn = draw_two(number)
        if drawn is None:
            continue
        problem, before, after = drawn
        chains = split_chains(problem, before, after)
        check_parts(problem, before, after, chains)
        for chain in chains:
            gained, lost = problem.points[chain.gained], problem.points[chain.lost]
            assert chain.gain == gained.sum() - lost.sum()
            assert set(chain.lost.tolist()) <= set(before.tolist())
            assert set(chain.gained.tolist()) <= set(after.tolist())
            check_moves(problem, chain)
        total = problem.points[after].sum() - problem.points[before].sum()
        assert sum(chain.gain for chain in chains) == total


def check_moves(problem: Problem, chain: Chain) -> None:
    """The moves of a chain leave what it loses and come to what it gains."""
    moves = list_moves(problem, chain)
    left = sorted((m.unit_id, m.from_village_id) for m in moves if m.from_village_id)
    come = sorted((m.unit_id, m.to_village_id) for m in moves if m.to_village_id)
    for listed, pairs in ((left, chain.lost), (come, chain.gained)):
        assert listed == sorted(
            (problem.unit_ids[problem.unit_idx[k]], problem.village_ids[problem.village_idx[k]])
            for k in pairs.tolist()
        )


def test_nothing_changed_is_no_chain() -> None:
    problem = make_problem([[1, 2], [3, 4]])
    assert split_chains(problem, np.array([0, 3]), np.array([0, 3])) == ()


def test_moves_follow_the_chain_from_the_unit_that_was_idle() -> None:
    """u3 takes u0's village, u0 takes u2's, u2 takes u1's, and u1 has none."""
    problem = make_problem([[1] * 3] * 4)
    at = {(u, v): 3 * u + v for u in range(4) for v in range(3)}
    before = np.array([at[0, 0], at[1, 1], at[2, 2]])
    after = np.array([at[3, 0], at[0, 2], at[2, 1]])
    (chain,) = split_chains(problem, before, np.sort(after))
    moves = [(m.unit_id, m.from_village_id, m.to_village_id) for m in list_moves(problem, chain)]
    assert moves == [
        ("u003", "", "v000"),
        ("u000", "v000", "v002"),
        ("u002", "v002", "v001"),
        ("u001", "v001", ""),
    ]


def test_two_swaps_are_two_chains_in_order() -> None:
    problem = replace(make_problem([[1] * 4] * 4), points=np.arange(16))
    chains = split_chains(problem, np.array([0, 5, 10, 15]), np.array([1, 4, 11, 14]))
    assert [(c.lost.tolist(), c.gained.tolist(), c.gain) for c in chains] == [
        ([0, 5], [1, 4], 0),
        ([10, 15], [11, 14], 0),
    ]
    (one,) = split_chains(problem, np.array([0, 5, 10, 15]), np.array([0, 5, 10]))
    assert (one.lost.tolist(), one.gained.tolist(), one.gain) == ([15], [], -15)
