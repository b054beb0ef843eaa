"""Everything about small problems by listing all matchings; nothing here imports the solver."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pairmatch.domain.problem import Problem

MOST_CANDIDATES = 14
Value = int | tuple[int, ...]


@dataclass(frozen=True)
class AllMatchings:
    """What is known of a problem once all its matchings are listed.

    `values` are the best values of all levels in order, `best` the matchings (rows of 0 and 1) that
    reach them; `forcing` and `banning` the loss in the last level that is a sum, every level before
    kept, of having and of not having each candidate (-1: no such matching).
    """

    values: tuple[Value, ...]
    best: np.ndarray
    forcing: tuple[int, ...]
    banning: tuple[int, ...]


@lru_cache(maxsize=1)
def list_square(size: int) -> np.ndarray:
    """Return all partial one-to-one matchings of a full square, as rows over its cells."""
    rows = [np.zeros(size * size, dtype=np.int8)]
    for u in range(size):
        more = []
        for row in rows:
            taken = row.reshape(size, size).any(axis=0)
            for v in np.flatnonzero(~taken).tolist():
                other = row.copy()
                other[u * size + v] = 1
                more.append(other)
        rows += more
    return np.array(rows)


@lru_cache
def list_subsets(size: int) -> np.ndarray:
    """Return all sets of so many things, as rows of 0 and 1."""
    return ((np.arange(2**size)[:, None] >> np.arange(size)) & 1).astype(np.int8)


def list_sets(problem: Problem) -> np.ndarray:
    """Return all sets of candidates that keep all limits, as rows of 0 and 1."""
    n = problem.num_candidates
    if n <= MOST_CANDIDATES:
        sets = list_subsets(n)
    else:
        size = len(problem.unit_ids)
        assert (
            n == size * size and (problem.unit_max <= 1).all() and (problem.village_max <= 1).all()
        )
        sets = list_square(size)
    kept = np.ones(len(sets), dtype=bool)
    for idx, lower, upper in (
        (problem.unit_idx, problem.unit_min, problem.unit_max),
        (problem.village_idx, problem.village_min, problem.village_max),
    ):
        for k in range(len(lower)):
            counts = sets[:, idx == k].sum(axis=1)
            kept &= (counts >= lower[k]) & (counts <= upper[k])
    for quota in problem.quotas:
        mask = quota.units[problem.unit_idx] & quota.villages[problem.village_idx]
        mask = mask if quota.pairs is None else mask & quota.pairs
        counts = sets[:, mask].sum(axis=1)
        kept &= counts >= quota.minimum
        if quota.maximum is not None:
            kept &= counts <= quota.maximum
    for resource in problem.resources:
        kept &= sets[:, resource.idx].astype(np.int64) @ resource.loads <= resource.capacity
    for pairs, wanted in ((problem.locks, 1), (problem.bans, 0)):
        for pair in pairs:
            same = (problem.unit_idx == pair.unit_idx) & (problem.village_idx == pair.village_idx)
            if wanted and not same.any():
                kept[:] = False
            kept &= (sets[:, same] == wanted).all(axis=1)
    return sets[kept]


def value_sets(problem: Problem, sets: np.ndarray, goal: str) -> list[Value]:
    """Return the value of every set: a number, or all sums from the least upwards."""
    if goal == "num_matched":
        return sets.sum(axis=1, dtype=np.int64).tolist()
    if goal == "total":
        return (sets.astype(np.int64) @ problem.points).tolist()
    if goal == "kept":
        previous = problem.previous
        return [0] * len(sets) if previous is None else sets[:, previous].sum(axis=1).tolist()
    owners = (
        problem.village_idx if goal.endswith("village") else problem.county_idx[problem.village_idx]
    )
    groups = len(problem.village_ids) if goal.endswith("village") else len(problem.counties)
    sums = np.stack(
        [
            sets[:, owners == g].astype(np.int64) @ problem.points[owners == g]
            for g in range(groups)
        ],
        axis=1,
    )
    counts = np.stack([sets[:, owners == g].sum(axis=1) for g in range(groups)], axis=1)
    values: list[Value] = []
    for row, count in zip(sums.tolist(), counts.tolist(), strict=True):
        listed = sorted(s for s, c in zip(row, count, strict=True) if c or goal.endswith("county"))
        values.append(tuple(listed) if goal.startswith("leximin") else (listed[0] if listed else 0))
    return values


def _rank(value: Value, size: int) -> tuple[float, ...]:
    """Return what compares as the goal does: whoever has no pair is not compared."""
    if isinstance(value, int):
        return (value,)
    return (*value, *[float("inf")] * (size - len(value)))


def solve_by_listing(problem: Problem) -> AllMatchings | None:
    """Return all there is to know about a problem; None without a matching."""
    sets = list_sets(problem)
    if "num_matched" in problem.levels and len(sets) and sets.any(axis=1).sum() == 0:
        return None
    if not len(sets):
        return None
    size = len(problem.village_ids) + len(problem.counties)
    values: list[Value] = []
    priced = max(
        k for k, goal in enumerate(problem.levels) if goal in {"num_matched", "total", "kept"}
    )
    prices: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    for k, goal in enumerate(problem.levels):
        found = value_sets(problem, sets, goal)
        best = max(found, key=lambda value: _rank(value, size))
        if k == priced:
            prices = _price(sets, np.array(found), best)
        values.append(best)
        if isinstance(best, tuple):
            kept = [value == best for value in found]
        else:
            least = best
            if k + 1 < len(problem.levels):
                least -= problem.tolerance_of(k).measure(best)
            kept = [value >= least for value in found]
        sets = sets[kept]
        if goal == "num_matched" and best == 0:
            return None
    return AllMatchings(tuple(values), sets, *prices)


def _price(
    sets: np.ndarray, found: np.ndarray, best: Value
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    def lose(kept: np.ndarray) -> int:
        return int(best - found[kept].max()) if kept.any() else -1

    columns = range(sets.shape[1])
    return (
        tuple(lose(sets[:, c] == 1) for c in columns),
        tuple(lose(sets[:, c] == 0) for c in columns),
    )
