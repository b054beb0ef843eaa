"""Limits, conflicts and cures of tiny problems by listing every set of pairs.

Nothing here imports the solver or the table of limits: only the plain records of the problem.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from tests.strategies import make_problem, matrices

from pairmatch.domain.problem import MAX_CHANGES, FixedPair, Problem, Quota, Resource

MOST_CANDIDATES = 12
Name = tuple[str, int]


@dataclass(frozen=True)
class Row:
    """A limit: what each candidate weighs, what they may weigh at least or at most, its waiver."""

    weights: np.ndarray
    value: int
    is_least: bool
    waiver: int | None = None
    scale: int = 1


def list_rows(problem: Problem) -> Iterator[tuple[Name, Row]]:
    """Yield all limits."""
    n = problem.num_candidates
    if "num_matched" in problem.levels:
        yield ("any_pair", 0), Row(np.ones(n, dtype=int), 1, True)
    for kind, pairs in (("ban", problem.bans), ("lock", problem.locks)):
        for k, pair in enumerate(pairs):
            same = (problem.unit_idx == pair.unit_idx) & (problem.village_idx == pair.village_idx)
            yield (kind, k), Row(same.astype(int), int(kind == "lock"), kind == "lock", pair.waiver)
    masks = [
        q.units[problem.unit_idx]
        & q.villages[problem.village_idx]
        & (np.ones(n, dtype=bool) if q.pairs is None else q.pairs)
        for q in problem.quotas
    ]
    for k, quota in enumerate(problem.quotas):
        most = n if quota.maximum is None else quota.maximum
        yield ("quota_max", k), Row(masks[k].astype(int), most, False, quota.waiver)
    for k, quota in enumerate(problem.quotas):
        yield ("quota_min", k), Row(masks[k].astype(int), quota.minimum, True, quota.waiver)
    for k, resource in enumerate(problem.resources):
        loads = np.zeros(n, dtype=int)
        loads[resource.idx] = resource.loads
        yield (
            ("resource", k),
            Row(loads, resource.capacity, False, resource.waiver, resource.scale),
        )
    for side, owners, lower, upper in (
        ("unit", problem.unit_idx, problem.unit_min, problem.unit_max),
        ("village", problem.village_idx, problem.village_min, problem.village_max),
    ):
        for end, values in (("max", upper), ("min", lower)):
            for k, value in enumerate(values.tolist()):
                yield (f"{side}_{end}", k), Row((owners == k).astype(int), value, end == "min")


def rank_limit(problem: Problem, name: Name) -> int:
    """Return how late a limit gives way where several would cost the same."""
    kind, k = name
    if kind == "ban" and problem.bans[k].reason:
        return 4
    return {"quota_max": 0, "quota_min": 0, "ban": 2, "lock": 3}.get(kind, 1)


class AllSets:
    """Every set of candidates, and by how much it misses each limit."""

    def __init__(self, problem: Problem) -> None:
        n = problem.num_candidates
        assert n <= MOST_CANDIDATES
        sets = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        self.steps = problem.steps_per_point
        # Those of one rank give way in the order of the table.
        listed = sorted(list_rows(problem), key=lambda item: rank_limit(problem, item[0]))
        self.names = [name for name, _ in listed]
        self.rows = [row for _, row in listed]
        gaps = [(row.value - sets @ row.weights) * (1 if row.is_least else -1) for row in self.rows]
        self.misses = np.maximum(np.array(gaps).T, 0)

    def can_hold(self, kept: Iterable[Name]) -> bool:
        """Whether some set keeps the given limits."""
        columns = [self.names.index(name) for name in kept]
        return bool((self.misses[:, columns] == 0).all(axis=1).any())

    def is_feasible(self) -> bool:
        """Whether some set keeps all limits."""
        return self.can_hold(self.names)

    def find_cure(self) -> tuple[Fraction, list[tuple[Name, int]]] | None:
        """Return the cheapest cure: its cost and members; None if there is none."""
        binds = (self.misses > 0).any(axis=0)
        is_priced = any(
            row.waiver is not None and bind for row, bind in zip(self.rows, binds, strict=True)
        )
        prices = [
            None
            if name[0] == "any_pair" or (is_priced and row.waiver is None)
            else Fraction(row.waiver, row.scale * self.steps)
            if is_priced
            else Fraction(1, row.scale)
            for name, row in zip(self.names, self.rows, strict=True)
        ]
        hard = [k for k, price in enumerate(prices) if price is None]
        possible = np.unique(self.misses[(self.misses[:, hard] == 0).all(axis=1)], axis=0)
        cures = []
        for missed in possible.tolist():
            members = [(k, amount) for k, amount in enumerate(missed) if amount]
            cost = sum((prices[k] * amount for k, amount in members), Fraction(0))
            order = ([k for k, _ in members], [amount for _, amount in members])
            cures.append((cost, len(members), order, members))
        if not cures:
            return None
        cost, _, _, members = min(cures)
        return cost, [(self.names[k], amount) for k, amount in members]


@st.composite
def limited_problems(draw: st.DrawFn) -> Problem:
    """Draw a problem with crossing quotas, resources, kept pairs, locks and bans, often too many.

    Waiver costs are set for all of these, for some or for none.
    """
    problem = make_problem(draw(matrices(4, 4, MOST_CANDIDATES)))
    levels = draw(st.sampled_from((("num_matched", "total"), ("total",))))
    waivers = draw(st.sampled_from((st.none(), st.none() | st.integers(0, 3), st.integers(1, 3))))
    limits = {
        **_draw_sides(draw, problem),
        "quotas": _draw_quotas(draw, problem, waivers),
        "resources": _draw_resources(draw, problem, waivers),
        "locks": _draw_pairs(draw, problem, waivers, 2),
        "bans": _draw_pairs(draw, problem, waivers, 4),
    }
    kept = draw(st.sets(st.sampled_from(sorted(limits)), min_size=2))
    return replace(problem, levels=levels, **{k: limits[k] for k in kept})


def _draw_sides(draw: st.DrawFn, problem: Problem) -> dict[str, np.ndarray]:
    sides = {}
    for side, ids in (("unit", problem.unit_ids), ("village", problem.village_ids)):
        for end, most in (("min", 2), ("max", 3)):
            size = len(ids)
            values = draw(st.lists(st.integers(0, most), min_size=size, max_size=size))
            sides[f"{side}_{end}"] = np.array(values, dtype=np.int64)
    return sides


def _draw_mask(draw: st.DrawFn, size: int) -> np.ndarray:
    return np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)), dtype=bool)


def _draw_quotas(
    draw: st.DrawFn, problem: Problem, waivers: st.SearchStrategy[int | None]
) -> tuple[Quota, ...]:
    num_units, num_villages = len(problem.unit_ids), len(problem.village_ids)
    quotas = []
    for k in range(draw(st.integers(0, 3))):
        pairs = _draw_mask(draw, problem.num_candidates) if draw(st.booleans()) else None
        minimum = draw(st.integers(0, 4))
        maximum = draw(st.none() | st.integers(minimum, minimum + 2))
        masks = _draw_mask(draw, num_units), _draw_mask(draw, num_villages)
        quotas.append(Quota(f"q{k}", *masks, minimum, maximum, pairs, draw(waivers)))
    if draw(st.booleans()):
        previous = _draw_mask(draw, problem.num_candidates)
        minimum = int(previous.sum()) + draw(st.integers(-2, 1))
        everywhere = np.ones(num_units, dtype=bool), np.ones(num_villages, dtype=bool)
        changes = Quota(MAX_CHANGES, *everywhere, max(minimum, 0), None, previous, draw(waivers))
        quotas.append(changes)
    return tuple(quotas)


def _draw_resources(
    draw: st.DrawFn, problem: Problem, waivers: st.SearchStrategy[int | None]
) -> tuple[Resource, ...]:
    resources = []
    for k in range(draw(st.integers(0, 3))):
        side = draw(st.sampled_from(("unit", "village")))
        owners = problem.unit_idx if side == "unit" else problem.village_idx
        owner = draw(st.integers(0, int(owners.max(initial=0))))
        idx = np.flatnonzero(owners == owner).astype(np.int32)
        size = len(idx)
        loads = draw(st.lists(st.integers(0, 5), min_size=size, max_size=size))
        resource = Resource(
            f"r{k}",
            side,
            owner,
            idx,
            np.array(loads, dtype=np.int64),
            draw(st.integers(0, 6)),
            draw(st.sampled_from((1, 10))),
            draw(waivers),
        )
        resources.append(resource)
    return tuple(resources)


def _draw_pairs(
    draw: st.DrawFn, problem: Problem, waivers: st.SearchStrategy[int | None], most: int
) -> tuple[FixedPair, ...]:
    """Draw pairs to lock or ban; now and then one is not eligible."""
    units = st.integers(0, len(problem.unit_ids) - 1)
    villages = st.integers(0, len(problem.village_ids) - 1)
    n = problem.num_candidates
    found = sorted(draw(st.sets(st.integers(0, n - 1), max_size=most))) if n else []
    pairs = {(int(problem.unit_idx[k]), int(problem.village_idx[k])) for k in found}
    if draw(st.integers(0, 9)) == 0:
        pairs.add((draw(units), draw(villages)))
    reasons = st.sampled_from(("", "agreed"))
    return tuple(FixedPair(u, v, draw(reasons), waiver=draw(waivers)) for u, v in sorted(pairs))
