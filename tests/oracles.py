"""Independent answers to compare with: brute force for tiny problems, scipy (HiGHS) for others.

Nothing here imports the solver: only the plain records of `pairmatch.domain`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import csr_array, vstack

from pairmatch.domain.problem import Problem

MOST_CANDIDATES = 14
"""Brute force lists all 2**n sets of pairs."""


@dataclass(frozen=True)
class BruteAnswer:
    """All there is to know about a tiny problem.

    `chosen` is what the tie rule picks, `tied` marks its pairs that some optimal set lacks, and
    `forcing` is the loss of forcing each candidate, -1 where it is impossible.
    """

    num_matched: int
    total: int
    chosen: tuple[int, ...]
    tied: tuple[bool, ...]
    forcing: tuple[int, ...]
    num_optimal: int


def count_rows(problem: Problem) -> tuple[np.ndarray, list[tuple[str, int, int, int]]]:
    """Return one 0/1 row per bounded set, with (kind, index, minimum, maximum) of each."""
    n = problem.num_candidates
    rows, labels = [], []
    for u, (low, high) in enumerate(zip(problem.unit_min, problem.unit_max, strict=True)):
        rows.append(problem.unit_idx == u)
        labels.append(("unit", u, int(low), int(high)))
    for v, (low, high) in enumerate(zip(problem.village_min, problem.village_max, strict=True)):
        rows.append(problem.village_idx == v)
        labels.append(("village", v, int(low), int(high)))
    for q, quota in enumerate(problem.quotas):
        mask = quota.units[problem.unit_idx] & quota.villages[problem.village_idx]
        rows.append(mask)
        labels.append(("quota", q, quota.minimum, n if quota.maximum is None else quota.maximum))
    return np.array(rows, dtype=np.int64).reshape(len(labels), n), labels


def fixed_bounds(problem: Problem) -> tuple[np.ndarray, np.ndarray] | None:
    """Return lower and upper bounds per candidate; None if a locked pair is not a candidate."""
    lower = np.zeros(problem.num_candidates, dtype=np.int64)
    upper = np.ones(problem.num_candidates, dtype=np.int64)
    for pairs, bounds, value in ((problem.locks, lower, 1), (problem.bans, upper, 0)):
        for pair in pairs:
            same = (problem.unit_idx == pair.unit_idx) & (problem.village_idx == pair.village_idx)
            if value and not same.any():
                return None
            bounds[same] = value
    return lower, upper


def is_feasible_set(problem: Problem, chosen: Iterable[int]) -> bool:
    """Whether a set of candidates keeps all bounds, quotas, locks and bans."""
    bounds = fixed_bounds(problem)
    if bounds is None:
        return False
    x = np.zeros(problem.num_candidates, dtype=np.int64)
    x[list(chosen)] = 1
    rows, labels = count_rows(problem)
    counts = (rows @ x).tolist()
    fits = all(low <= k <= high for k, (_, _, low, high) in zip(counts, labels, strict=True))
    return fits and bool((bounds[0] <= x).all() and (x <= bounds[1]).all())


def brute_force(problem: Problem) -> BruteAnswer | None:
    """Return the answer by listing every set of pairs, or None if there is no matching."""
    n = problem.num_candidates
    assert n <= MOST_CANDIDATES
    bounds = fixed_bounds(problem)
    if bounds is None:
        return None
    # Bit n-1-k of a set's number is candidate k, so the tie rule takes the largest number.
    sets = (np.arange(2**n)[:, None] >> np.arange(n - 1, -1, -1)) & 1
    rows, labels = count_rows(problem)
    counts = sets @ rows.T
    fits = (sets >= bounds[0]).all(axis=1) & (sets <= bounds[1]).all(axis=1)
    for column, (_, _, low, high) in enumerate(labels):
        fits &= (counts[:, column] >= low) & (counts[:, column] <= high)
    sets = sets[fits]
    if "num_matched" in problem.levels and len(sets):
        sizes = sets.sum(axis=1)
        sets = sets[sizes == sizes.max()] if sizes.max() > 0 else sets[:0]
    if not len(sets):
        return None
    values = sets @ (problem.points if problem.levels[-1] == "total" else np.ones(n, dtype=int))
    best = sets[values == values.max()]
    chosen = np.flatnonzero(best[-1])
    forcing = [
        int(values.max() - values[sets[:, k] == 1].max()) if sets[:, k].any() else -1
        for k in range(n)
    ]
    return BruteAnswer(
        num_matched=len(chosen),
        total=int(problem.points[chosen].sum()),
        chosen=tuple(chosen.tolist()),
        tied=tuple(bool((best[:, k] == 0).any()) for k in chosen),
        forcing=tuple(forcing),
        num_optimal=len(best),
    )


def solve_with_highs(problem: Problem) -> tuple[int, ...] | None:
    """Return the value of each level by HiGHS, one after another; None without a matching."""
    bounds = fixed_bounds(problem)
    n = problem.num_candidates
    if bounds is None or (bounds[0] > bounds[1]).any():
        return None
    rows, labels = count_rows(problem)
    lower = np.array([low for *_, low, _ in labels], dtype=float)
    upper = np.array([high for *_, high in labels], dtype=float)
    if (lower > upper).any():
        return None
    if n == 0:
        return (0,) if problem.levels == ("total",) and not lower.any() else None
    extra: list[int] = []
    values: list[int] = []
    for goal in problem.levels:
        points = np.ones(n) if goal == "num_matched" else problem.points.astype(float)
        matrix = vstack([csr_array(rows), csr_array(np.ones((len(extra), n)))]) if extra else rows
        constraint = LinearConstraint(matrix, [*lower, *extra], [*upper, *extra])
        found = milp(
            -points,
            integrality=np.ones(n),
            bounds=Bounds(bounds[0], bounds[1]),
            constraints=constraint,
            options={"mip_rel_gap": 0},
        )
        if found.x is None:
            return None
        x = np.rint(found.x).astype(np.int64)
        extra.append(int(x.sum()))
        if goal == "num_matched" and extra[-1] == 0:
            return None
        values.append(extra[-1] if goal == "num_matched" else int(problem.points @ x))
    return tuple(values)


def value_levels(problem: Problem, chosen: Iterable[int]) -> tuple[int, ...]:
    """Return the value of each level of a set of candidates, recomputed."""
    at = list(chosen)
    total = int(problem.points[at].sum())
    return tuple(len(at) if goal == "num_matched" else total for goal in problem.levels)


def assign_with_scipy(points: np.ndarray, eligible: np.ndarray) -> tuple[int, int]:
    """Return (num_matched, total) of the best one-to-one matching of a matrix with holes."""
    # A missing pair costs more than all points together, so as few as possible are used.
    large = 2.0 * float(np.abs(points).sum() + 1)
    cost = np.where(eligible, -points.astype(float), large)
    units, villages = linear_sum_assignment(cost)
    real = eligible[units, villages]
    return int(real.sum()), int(points[units[real], villages[real]].sum())


def can_hold(problem: Problem, limits: Iterable[tuple[str, int]]) -> bool:
    """Whether some matching keeps the given limits (kind, index) only; by HiGHS.

    Kinds: unit_min, unit_max, village_min, village_max, quota_min, quota_max, lock, ban, any_pair.
    """
    kept = set(limits)
    n = problem.num_candidates
    rows, labels = count_rows(problem)
    lower = [low if (f"{kind}_min", k) in kept else 0 for kind, k, low, _ in labels]
    upper = [high if (f"{kind}_max", k) in kept else n for kind, k, _, high in labels]
    x_lower, x_upper = np.zeros(n), np.ones(n)
    for kind, pairs in (("lock", problem.locks), ("ban", problem.bans)):
        for k, pair in enumerate(pairs):
            if (kind, k) in kept:
                same = problem.unit_idx == pair.unit_idx
                same = same & (problem.village_idx == pair.village_idx)
                if kind == "lock" and not same.any():
                    return False
                (x_lower if kind == "lock" else x_upper)[same] = kind == "lock"
    smallest = 1 if ("any_pair", 0) in kept else 0
    lower, upper = [*lower, smallest], [*upper, n]
    if n == 0:
        return not any(lower)
    if any(a > b for a, b in zip(lower, upper, strict=True)) or (x_lower > x_upper).any():
        return False
    found = milp(
        np.zeros(n),
        integrality=np.ones(n),
        bounds=Bounds(x_lower, x_upper),
        constraints=LinearConstraint(np.vstack([rows, np.ones(n)]), lower, upper),
    )
    return found.x is not None


def count_shortfall(problem: Problem) -> int:
    """Return by how many pairs the lower bounds must give way together before all can hold."""
    n = problem.num_candidates
    rows, labels = count_rows(problem)
    bounds = fixed_bounds(problem)
    assert bounds is not None
    matrix = np.vstack([rows, np.eye(n, dtype=np.int64)])
    lower = [low for *_, low, _ in labels] + bounds[0].tolist()
    upper = [high for *_, high in labels] + bounds[1].tolist()
    m = len(matrix)
    # Variables: the pairs, then how much each lower bound gives way.
    found = milp(
        np.concatenate([np.zeros(n), np.ones(m)]),
        integrality=np.ones(n + m),
        bounds=Bounds(np.zeros(n + m), np.concatenate([np.ones(n), np.full(m, np.inf)])),
        constraints=[
            LinearConstraint(np.hstack([matrix, np.eye(m)]), lower, np.inf),
            LinearConstraint(np.hstack([matrix, np.zeros((m, m))]), -np.inf, upper),
        ],
    )
    return round(found.fun)
