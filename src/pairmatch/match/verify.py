"""Prove a matching again without any solver: feasibility, prices, and that the bound is reached.

Weak duality: for any prices a (units), b (villages), c (quotas) and d (earlier levels), no
feasible matching is worth more than

    sum_u best(a_u, bounds) + sum_v best(b_v, bounds) + sum_q best(c_q, bounds) + d * earlier
    + sum over candidates of max(0, points - a_u - b_v - c - d)

where best(y, [lo, hi]) is y*hi for y >= 0 and y*lo otherwise, and a locked pair counts its reduced
points whatever their sign. Equality proves the matching best (any textbook on linear programming).
This module shares no code with the solver.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import LevelProof, Matching
from pairmatch.domain.problem import FixedPair, Problem


def verify_matching(problem: Problem, matching: Matching) -> tuple[Finding, ...]:
    """Return everything that is wrong with a matching and its certificate; empty if proven."""
    chosen = _mark_chosen(problem, matching)
    faults = [
        *_check_sides(problem, chosen),
        *_check_quotas(problem, chosen),
        *_check_fixed(problem, chosen),
        *_check_values(problem, matching, chosen),
        *_check_levels(problem, chosen, matching.certificate.levels),
    ]
    return tuple(faults)


def compute_bound(problem: Problem, proof: LevelProof, earlier: Sequence[int]) -> int:
    """Return the bound on a level that follows from its prices by weak duality.

    Parameters
    ----------
    problem, proof
        The problem and the prices.
    earlier
        Values of the levels before this one, which are held fixed.
    """
    reduced = _price_points(problem, proof)
    locked = _mask_fixed(problem, problem.locks)
    banned = _mask_fixed(problem, problem.bans)
    reduced[~locked] = np.maximum(reduced[~locked], 0)
    quota_min = [q.minimum for q in problem.quotas]
    quota_max = [
        int(_mask_quota(problem, k).sum()) if q.maximum is None else q.maximum
        for k, q in enumerate(problem.quotas)
    ]
    bound = _sum_exactly(reduced[~banned])
    bound += _best(proof.unit_prices, problem.unit_min, problem.unit_max)
    bound += _best(proof.village_prices, problem.village_min, problem.village_max)
    bound += _best(proof.quota_prices, np.array(quota_min), np.array(quota_max))
    return bound + sum(p * v for p, v in zip(proof.earlier_level_prices, earlier, strict=True))


def _mark_chosen(problem: Problem, matching: Matching) -> BoolArray:
    """Return the mask of chosen candidates; indices that are none count for nothing."""
    listed = matching.chosen_idx
    chosen = np.zeros(problem.num_candidates, dtype=np.bool_)
    chosen[listed[(listed >= 0) & (listed < len(chosen))]] = True
    return chosen


def _is_sound(problem: Problem, proof: LevelProof, num_earlier: int) -> bool:
    """Whether there is one price each and no reduced points can leave 64 bits."""
    sizes = (len(problem.unit_ids), len(problem.village_ids), len(problem.quotas), num_earlier)
    prices: tuple[Sequence[int], ...] = (
        proof.unit_prices.tolist(),
        proof.village_prices.tolist(),
        proof.quota_prices.tolist(),
        proof.earlier_level_prices,
    )
    largest = max((abs(price) for side in prices for price in side), default=0)
    points = max(int(problem.points.max(initial=0)), -int(problem.points.min(initial=0)))
    uses = 2 + len(problem.quotas) + num_earlier
    return tuple(map(len, prices)) == sizes and points + uses * largest < 2**62


def _best(prices: IntArray, lower: IntArray, upper: IntArray) -> int:
    rows = zip(prices.tolist(), lower.tolist(), upper.tolist(), strict=True)
    return sum(price * (high if price >= 0 else low) for price, low, high in rows)


def _sum_exactly(values: IntArray) -> int:
    """Return a sum that may be larger than 64 bits: a sum that runs over could prove anything."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFF_FFFF).sum())


def _price_points(problem: Problem, proof: LevelProof) -> IntArray:
    """Points less the prices of everything the pair uses."""
    points = np.ones_like(problem.points) if proof.goal == "num_matched" else problem.points
    reduced: IntArray = (
        points
        - proof.unit_prices[problem.unit_idx]
        - proof.village_prices[problem.village_idx]
        - sum(proof.earlier_level_prices)
    )
    for k, price in enumerate(proof.quota_prices.tolist()):
        reduced[_mask_quota(problem, k)] -= price
    return reduced


def _mask_quota(problem: Problem, k: int) -> BoolArray:
    quota = problem.quotas[k]
    mask: BoolArray = quota.units[problem.unit_idx] & quota.villages[problem.village_idx]
    return mask


def _mask_fixed(problem: Problem, pairs: tuple[FixedPair, ...]) -> BoolArray:
    wanted = {(pair.unit_idx, pair.village_idx) for pair in pairs}
    if not wanted:
        return np.zeros(problem.num_candidates, dtype=np.bool_)
    listed = zip(problem.unit_idx.tolist(), problem.village_idx.tolist(), strict=True)
    return np.array([pair in wanted for pair in listed], dtype=np.bool_)


def _check_sides(problem: Problem, chosen: BoolArray) -> list[Finding]:
    sides: Sequence[tuple[str, tuple[str, ...], IndexArray, IntArray, IntArray]] = (
        ("unit", problem.unit_ids, problem.unit_idx, problem.unit_min, problem.unit_max),
        (
            "village",
            problem.village_ids,
            problem.village_idx,
            problem.village_min,
            problem.village_max,
        ),
    )
    faults = []
    for side, ids, idx, lower, upper in sides:
        counts = np.bincount(idx[chosen], minlength=len(ids))
        for k in np.flatnonzero((counts < lower) | (counts > upper)).tolist():
            params = _bounds_text(ids[k], int(counts[k]), int(lower[k]), int(upper[k]))
            faults.append(_fault(f"match.verify_{side}_bounds", params))
    return faults


def _check_quotas(problem: Problem, chosen: BoolArray) -> list[Finding]:
    faults = []
    for k, quota in enumerate(problem.quotas):
        count = int((chosen & _mask_quota(problem, k)).sum())
        upper = count if quota.maximum is None else quota.maximum
        if not quota.minimum <= count <= upper:
            params = _bounds_text(quota.name, count, quota.minimum, upper)
            faults.append(_fault("match.verify_quota_bounds", params))
    return faults


def _bounds_text(name: str, count: int, lower: int, upper: int) -> dict[str, str]:
    return {"name": name, "count": str(count), "minimum": str(lower), "maximum": str(upper)}


def _check_fixed(problem: Problem, chosen: BoolArray) -> list[Finding]:
    pairs = zip(
        problem.unit_idx[chosen].tolist(), problem.village_idx[chosen].tolist(), strict=True
    )
    present = set(pairs)
    faults = []
    for lock in problem.locks:
        if (lock.unit_idx, lock.village_idx) not in present:
            faults.append(_fault("match.verify_lock", _pair_text(problem, lock)))
    for ban in problem.bans:
        if (ban.unit_idx, ban.village_idx) in present:
            faults.append(_fault("match.verify_ban", _pair_text(problem, ban)))
    return faults


def _pair_text(problem: Problem, pair: FixedPair) -> dict[str, str]:
    return {
        "unit": problem.unit_ids[pair.unit_idx],
        "village": problem.village_ids[pair.village_idx],
    }


def _check_values(problem: Problem, matching: Matching, chosen: BoolArray) -> list[Finding]:
    faults = []
    total = _sum_exactly(problem.points[chosen])
    count = int(chosen.sum())
    if not count == matching.num_matched == len(matching.chosen_idx):
        params = {"stated": str(matching.num_matched), "counted": str(count)}
        faults.append(_fault("match.verify_count", params))
    if total != matching.total:
        faults.append(
            _fault("match.verify_total", {"stated": str(matching.total), "counted": str(total)})
        )
    return faults


def _check_levels(
    problem: Problem, chosen: BoolArray, levels: tuple[LevelProof, ...]
) -> list[Finding]:
    goals = tuple(level.goal for level in levels)
    if goals != problem.levels:
        params = {"stated": ", ".join(goals), "expected": ", ".join(problem.levels)}
        return [_fault("match.verify_levels", params)]
    faults = []
    earlier: list[int] = []
    for proof in levels:
        points = np.ones_like(problem.points) if proof.goal == "num_matched" else problem.points
        value = _sum_exactly(points[chosen])
        sound = _is_sound(problem, proof, len(earlier))
        bound = compute_bound(problem, proof, earlier) if sound else None
        if not value == bound == proof.value:
            params = {"goal": proof.goal, "value": str(value)}
            params["bound"] = "–" if bound is None else str(bound)
            params["stated"] = str(proof.value)
            faults.append(_fault("match.verify_bound", params))
        earlier.append(value)
    return faults


def _fault(code: str, params: Mapping[str, str]) -> Finding:
    return Finding(code, Severity.ERROR, params=params)
