"""Prove a matching again without any solver: feasibility, prices, and that the bound is reached.

Weak duality: for any prices a (units), b (villages) and c (quotas) no feasible matching is worth
more than

    sum_u best(a_u, bounds) + sum_v best(b_v, bounds) + sum_q best(c_q, bounds)
    + sum over candidates of max(0, w - a_u - b_v - c)

where w is what a pair adds to the goal, best(y, [lo, hi]) is y*hi for y >= 0 and y*lo otherwise,
and a pair that is fixed counts its reduced points whatever their sign. Equality proves the matching
best (any textbook on linear programming), and complementary slackness tells what all best
matchings share: pairs with positive reduced points are in, with negative ones out, and a bound with
a price is met exactly. So each level is proven among the best matchings of those before it.
This module shares no code with the solver.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import LevelProof, Matching, PriceStep
from pairmatch.domain.problem import FixedPair, Problem


def verify_matching(problem: Problem, matching: Matching) -> tuple[Finding, ...]:
    """Return everything that is wrong with a matching and its certificate; empty if proven.

    Of a level without prices, whose bound is a solver's word, only the value is proven.
    """
    chosen = _mark_chosen(problem, matching)
    faults = [
        *_check_sides(problem, chosen),
        *_check_quotas(problem, chosen),
        *_check_resources(problem, chosen),
        *_check_fixed(problem, chosen),
        *_check_values(problem, matching, chosen),
        *_check_levels(problem, chosen, matching.certificate.levels),
    ]
    return tuple(faults)


@dataclass(slots=True)
class Limits:
    """What all matchings keep that are best in the levels proven so far."""

    pair_min: IntArray
    pair_max: IntArray
    unit_min: IntArray
    unit_max: IntArray
    village_min: IntArray
    village_max: IntArray
    quota_min: IntArray
    quota_max: IntArray


def open_limits(problem: Problem) -> Limits:
    """Return the limits of a problem before any level."""
    most = [
        int(_mask_quota(problem, k).sum()) if quota.maximum is None else quota.maximum
        for k, quota in enumerate(problem.quotas)
    ]
    return Limits(
        _mask_fixed(problem, problem.locks).astype(np.int64),
        (~_mask_fixed(problem, problem.bans)).astype(np.int64),
        problem.unit_min.copy(),
        problem.unit_max.copy(),
        problem.village_min.copy(),
        problem.village_max.copy(),
        np.array([q.minimum for q in problem.quotas], dtype=np.int64),
        np.array(most, dtype=np.int64),
    )


def compute_bound(problem: Problem, limits: Limits, step: PriceStep, weights: IntArray) -> int:
    """Return the bound on a step that follows from its prices by weak duality.

    Parameters
    ----------
    problem, limits
        The problem, and what the levels before leave of it.
    step
        The prices.
    weights
        What each candidate adds to the goal.
    """
    reduced = _reduce(problem, step, weights)
    bound = _sum_exactly(
        np.where(reduced > 0, reduced * limits.pair_max, reduced * limits.pair_min)
    )
    bound += _best(step.unit_prices, limits.unit_min, limits.unit_max)
    bound += _best(step.village_prices, limits.village_min, limits.village_max)
    return bound + _best(step.quota_prices, limits.quota_min, limits.quota_max)


def narrow_limits(problem: Problem, limits: Limits, step: PriceStep, weights: IntArray) -> None:
    """Keep to the matchings that reach a bound (complementary slackness)."""
    reduced = _reduce(problem, step, weights)
    limits.pair_min = np.where(reduced > 0, limits.pair_max, limits.pair_min)
    limits.pair_max = np.where(reduced < 0, limits.pair_min, limits.pair_max)
    for prices, lower, upper in (
        (step.unit_prices, limits.unit_min, limits.unit_max),
        (step.village_prices, limits.village_min, limits.village_max),
        (step.quota_prices, limits.quota_min, limits.quota_max),
    ):
        lower[prices > 0] = upper[prices > 0]
        upper[prices < 0] = lower[prices < 0]


def _mark_chosen(problem: Problem, matching: Matching) -> BoolArray:
    """Return the mask of chosen candidates; indices that are none count for nothing."""
    listed = matching.chosen_idx
    chosen = np.zeros(problem.num_candidates, dtype=np.bool_)
    chosen[listed[(listed >= 0) & (listed < len(chosen))]] = True
    return chosen


def _is_sound(problem: Problem, step: PriceStep) -> bool:
    """Whether there is one price each and no reduced points can leave 64 bits."""
    sizes = (len(problem.unit_ids), len(problem.village_ids), len(problem.quotas))
    prices = (step.unit_prices.tolist(), step.village_prices.tolist(), step.quota_prices.tolist())
    largest = max((abs(price) for side in prices for price in side), default=0)
    points = max(int(problem.points.max(initial=0)), -int(problem.points.min(initial=0)))
    uses = 2 + len(problem.quotas)
    return tuple(map(len, prices)) == sizes and points + uses * largest < 2**62


def _best(prices: IntArray, lower: IntArray, upper: IntArray) -> int:
    rows = zip(prices.tolist(), lower.tolist(), upper.tolist(), strict=True)
    return sum(price * (high if price >= 0 else low) for price, low, high in rows)


def _sum_exactly(values: IntArray) -> int:
    """Return a sum that may be larger than 64 bits: a sum that runs over could prove anything."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFF_FFFF).sum())


def _reduce(problem: Problem, step: PriceStep, weights: IntArray) -> IntArray:
    """Return what each candidate adds less the prices of everything it uses."""
    reduced: IntArray = (
        weights - step.unit_prices[problem.unit_idx] - step.village_prices[problem.village_idx]
    )
    # Quotas over the same villages are added up first: there are many per county.
    by_villages: dict[bytes, IntArray] = {}
    for k, price in enumerate(step.quota_prices.tolist()):
        quota = problem.quotas[k]
        if price and quota.pairs is not None:
            reduced -= price * _mask_quota(problem, k)
        elif price:
            key = quota.villages.tobytes()
            none = np.zeros(len(problem.unit_ids), dtype=np.int64)
            by_villages[key] = by_villages.get(key, none) + price * quota.units
    for mask, prices in by_villages.items():
        counted = np.flatnonzero(np.frombuffer(mask, dtype=np.bool_)[problem.village_idx])
        reduced[counted] -= prices[problem.unit_idx[counted]]
    return reduced


def _mask_quota(problem: Problem, k: int) -> BoolArray:
    quota = problem.quotas[k]
    mask: BoolArray = quota.units[problem.unit_idx] & quota.villages[problem.village_idx]
    return mask if quota.pairs is None else mask & quota.pairs


def _mask_fixed(problem: Problem, pairs: tuple[FixedPair, ...]) -> BoolArray:
    width = len(problem.village_ids)
    wanted = [pair.unit_idx * width + pair.village_idx for pair in pairs]
    numbers = problem.unit_idx.astype(np.int64) * width + problem.village_idx
    return np.isin(numbers, np.array(wanted, dtype=np.int64))


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
    units, villages = problem.unit_idx[chosen], problem.village_idx[chosen]
    for quota in problem.quotas:
        counted = quota.units[units] & quota.villages[villages]
        if quota.pairs is not None:
            counted &= quota.pairs[chosen]
        count = int(counted.sum())
        upper = count if quota.maximum is None else quota.maximum
        if not quota.minimum <= count <= upper:
            params = _bounds_text(quota.name, count, quota.minimum, upper)
            faults.append(_fault("match.verify_quota_bounds", params))
    return faults


def _check_resources(problem: Problem, chosen: BoolArray) -> list[Finding]:
    faults = []
    for resource in problem.resources:
        used = sum(resource.loads[chosen[resource.idx]].tolist())
        if used > resource.capacity:
            params = {
                "name": resource.name,
                "used": str(used),
                "capacity": str(resource.capacity),
            }
            faults.append(_fault("match.verify_resource", params))
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
    limits: Limits | None = open_limits(problem)
    for k, proof in enumerate(levels):
        value, ascending = _measure(problem, chosen, proof.goal)
        most = _give_up(problem, k, proof)
        is_right = proof.value == value and proof.ascending == ascending
        if not is_right or proof.bound < proof.best or not 0 <= proof.given_up <= most:
            faults.append(_tell_level(proof, value, None))
        elif proof.steps:
            reached = None if limits is None else _climb(problem, limits, proof, chosen)
            if limits is None or reached is not None or proof.bound != value:
                faults.append(_tell_level(proof, value, reached))
        if not proof.steps or most:
            limits = None  # without prices nobody knows what the best matchings share
    return faults


def _give_up(problem: Problem, k: int, proof: LevelProof) -> int:
    """Return how much of a level the later ones may have taken."""
    if k + 1 == len(problem.levels) or not problem.tolerances:
        return 0
    return problem.tolerances[k].measure(proof.best)


def _climb(
    problem: Problem, limits: Limits, proof: LevelProof, chosen: BoolArray
) -> int | str | None:
    """Go through the steps of a level and narrow the limits; return the bound that is not met."""
    settled: int | None = None
    for step in proof.steps:
        if not _is_sound(problem, step) or (step.threshold is None) is _is_fair(proof.goal):
            return "–"
        weights = _weigh(problem, proof.goal, settled, step.threshold)
        if step.threshold is not None:
            # Whoever has a pair below the threshold that is not settled is worse off.
            _ban_between(problem, limits, settled, step.threshold)
        bound = compute_bound(problem, limits, step, weights)
        if proof.goal == "worst_village":
            # All matchings have a pair at the threshold or below, and none is needed below.
            return None if bound < 0 and proof.value == step.threshold else bound
        if not step.value == bound == _sum_exactly(weights[chosen]):
            return bound
        narrow_limits(problem, limits, step, weights)
        settled = step.threshold
    if _is_fair(proof.goal) and _sum_steps(proof) != proof.ascending:
        return "–"
    return None


def _is_fair(goal: str) -> bool:
    return goal in {"worst_village", "leximin_village"}


def _sum_steps(proof: LevelProof) -> tuple[int, ...]:
    """Return the points that the steps prove, from the least upwards."""
    return tuple(
        step.threshold
        for step in proof.steps
        for _ in range(-step.value)
        if step.threshold is not None
    )


def _weigh(problem: Problem, goal: str, settled: int | None, threshold: int | None) -> IntArray:
    """Return what each candidate adds to a step of a goal."""
    if threshold is not None:
        least = problem.points <= threshold
        if settled is not None:
            least &= problem.points > settled
        return -least.astype(np.int64)
    if goal == "num_matched":
        return np.ones(problem.num_candidates, dtype=np.int64)
    if goal == "kept":
        previous = problem.previous
        nothing = np.zeros(problem.num_candidates, dtype=np.int64)
        return nothing if previous is None else previous.astype(np.int64)
    return problem.points


def _ban_between(problem: Problem, limits: Limits, settled: int | None, threshold: int) -> None:
    banned = problem.points < threshold
    if settled is not None:
        banned &= problem.points > settled
    limits.pair_max[banned] = 0


def _measure(problem: Problem, chosen: BoolArray, goal: str) -> tuple[int, tuple[int, ...]]:
    """Return the value of a goal, and for leximin all sums from the least upwards."""
    if goal in {"num_matched", "kept", "total"}:
        return _sum_exactly(_weigh(problem, goal, None, None)[chosen]), ()
    sums = sorted(_sum_groups(problem, chosen, goal.endswith("county")))
    listed = tuple(sums) if goal.startswith("leximin") else ()
    return (sums[0] if sums else 0), listed


def _sum_groups(problem: Problem, chosen: BoolArray, by_county: bool) -> list[int]:
    """Return the points of every village that has a pair, or of every county."""
    villages = problem.village_idx[chosen]
    owners = villages
    if by_county and problem.county_idx is not None:
        owners = problem.county_idx[villages]
    sums = dict.fromkeys(range(len(problem.counties)), 0) if by_county else {}
    for owner, points in zip(owners.tolist(), problem.points[chosen].tolist(), strict=True):
        sums[owner] = sums.get(owner, 0) + points
    return list(sums.values())


def _tell_level(proof: LevelProof, value: int, bound: int | str | None) -> Finding:
    shown = proof.bound if bound is None else bound
    params = {"goal": proof.goal, "value": str(value), "bound": str(shown)}
    return _fault("match.verify_bound", {**params, "stated": str(proof.value)})


def _fault(code: str, params: Mapping[str, str]) -> Finding:
    return Finding(code, Severity.ERROR, params=params)
