"""The difference of two matchings as chains that stand alone, each with its own gain."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pairmatch.domain.explanation import Move
from pairmatch.domain.inputs import IndexArray
from pairmatch.domain.problem import Problem
from pairmatch.explain.prices import pair_moves


@dataclass(frozen=True, slots=True)
class Chain:
    """Changes that hang together by a unit or a village: pairs lost and gained, sorted.

    `gain` is what the chain adds to the total, in steps.
    """

    lost: IndexArray
    gained: IndexArray
    gain: int


def split_chains(
    problem: Problem, before_idx: IndexArray, after_idx: IndexArray
) -> tuple[Chain, ...]:
    """Return the connected parts of the difference of two matchings.

    Where each side has one partner a chain is an alternating path or circle, and can be accepted
    alone as far as bounds of units and villages go. The gains sum to the whole difference.

    Parameters
    ----------
    problem
        The problem that both are matchings of.
    before_idx, after_idx
        The chosen candidates before and after.

    Returns
    -------
    tuple
        The chains, ordered by the first candidate in each.
    """
    lost = np.setdiff1d(before_idx, after_idx)
    gained = np.setdiff1d(after_idx, before_idx)
    pairs = np.union1d(lost, gained)
    part = _number_parts(
        zip(problem.unit_idx[pairs].tolist(), problem.village_idx[pairs].tolist(), strict=True)
    )
    chains = []
    for number in dict.fromkeys(part):
        members = pairs[np.array(part) == number]
        leaves = np.intersect1d(members, lost).astype(np.int32)
        comes = np.intersect1d(members, gained).astype(np.int32)
        gain = int(problem.points[comes].sum()) - int(problem.points[leaves].sum())
        chains.append(Chain(leaves, comes, gain))
    return tuple(chains)


def list_moves(problem: Problem, chain: Chain) -> tuple[Move, ...]:
    """Return who moves where in a chain, each unit followed by the one whose place it takes."""
    order = list(_follow(problem, chain))
    return pair_moves(problem, np.array(order, dtype=np.int32), chain.lost)


def _number_parts(pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return for each pair the number of its connected part."""
    listed = list(pairs)
    parent = list(range(len(listed)))

    def find(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    first: dict[tuple[str, int], int] = {}
    for k, (unit, village) in enumerate(listed):
        for node in (("unit", unit), ("village", village)):
            parent[find(k)] = find(first.setdefault(node, k))
    return [find(k) for k in range(len(listed))]


def _follow(problem: Problem, chain: Chain) -> Iterator[int]:
    """Yield the gained pairs in the order of the chain: from a unit that was idle, if there is one.

    After each pair comes one of a unit that loses the same village.
    """
    units, villages = problem.unit_idx.tolist(), problem.village_idx.tolist()
    losers: dict[int, list[int]] = {}
    for pair in chain.lost.tolist():
        losers.setdefault(villages[pair], []).append(units[pair])
    busy = {units[pair] for pair in chain.lost.tolist()}
    waiting = sorted(chain.gained.tolist(), key=lambda pair: (units[pair] in busy, pair))
    following: list[int] = []
    while waiting:
        pair = next((p for u in following for p in waiting if units[p] == u), waiting[0])
        waiting.remove(pair)
        following = losers.get(villages[pair], [])
        yield pair
