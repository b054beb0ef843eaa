"""Everything that limits a choice of pairs: one table of kinds, each limit an inequality.

A new kind of limit is one entry of `KINDS`, and its sentences in the `match` catalogue.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.points import format_steps
from pairmatch.domain.problem import (
    LEAST_ASKED,
    MAX_CHANGES,
    MOST_ASKED,
    FixedPair,
    Problem,
    Quota,
    select_pairs,
)


@dataclass(frozen=True, slots=True, order=True)
class Limit:
    """One bound that could be relaxed: its kind and the index of what it bounds."""

    kind: str
    idx: int


ANY_PAIR = Limit("any_pair", 0)
"""That at least one pair is made, without which there is nothing to propose."""

FIXED_KINDS = frozenset({"lock", "ban"})
"""The limits that stand for one pair each: they give way altogether or not at all."""

SINGLE_KIND = "village_max"
"""The limits without which pairs that differ in the village alone are alike: a small question."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit in numbers: what the chosen ones of some candidates weigh, at least or at most.

    `idx` are the candidates and `weights` what each counts, in whole units of 1/`scale`, as is the
    `value`. `waiver` is what one whole unit too few or too many costs, in steps of points; None
    means that the limit is never waived.
    """

    idx: IndexArray
    weights: IntArray
    value: int
    is_least: bool
    scale: int = 1
    waiver: int | None = None

    @property
    def reach(self) -> int:
        """The most that all its candidates can weigh together."""
        return sum(weight for weight in self.weights.tolist() if weight > 0)

    def measure_gap(self, chosen: BoolArray) -> int:
        """Return by how much a choice of candidates, a mask, misses it; above 0 if it does."""
        value: int = sum(self.weights[chosen[self.idx]].tolist())
        return self.value - value if self.is_least else value - self.value


@dataclass(frozen=True, slots=True)
class Wording:
    """How a limit is told: its topic in the catalogue, whom it bounds, and what else is said."""

    topic: str
    name: str
    params: Mapping[str, str] = field(default_factory=dict)


Amounts = Mapping[int, int | None]
"""By how much each limit of a kind gives way; None drops it altogether."""


@dataclass(frozen=True, slots=True)
class LimitKind:
    """How to list the limits of a kind that bind, relax some of them, and put one into words.

    `relax` is None where a limit cannot be relaxed at all.
    """

    list_bounds: Callable[[Problem], Iterable[tuple[int, Bound]]]
    word: Callable[[Problem, int], Wording]
    relax: Callable[[Problem, Amounts], Problem] | None


@dataclass(frozen=True, slots=True)
class CureMember:
    """A limit that gives way, by how much, and its message code with parameters.

    The amount is in pairs, or in the whole units that a resource is counted in.
    """

    limit: Limit
    amount: int
    code: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cure:
    """The limits that must give way so that a matching exists, at the least cost.

    The cost is in points. Where no limit has a waiver cost, `is_priced` is False, and each pair and
    each unit of a resource costs 1. `sum` tells how the cost comes about, where it is more than
    one price.
    """

    members: tuple[CureMember, ...]
    cost: Fraction
    is_priced: bool
    sum: str = ""

    @property
    def code(self) -> str:
        """Message code of the sentence that introduces the members."""
        if not self.is_priced:
            return "match.cure_unpriced"
        return "match.cure_priced_sum" if self.sum else "match.cure_priced"

    @property
    def params(self) -> Mapping[str, str]:
        """Parameters of that sentence."""
        return {"cost": format_amount(self.cost), "sum": self.sum}


def list_bounds(problem: Problem) -> dict[Limit, Bound]:
    """Return all limits that exclude anything, with their numbers, in order of kind and index."""
    return {
        Limit(name, idx): bound
        for name, kind in KINDS.items()
        for idx, bound in kind.list_bounds(problem)
    }


def relax_limits(problem: Problem, amounts: Mapping[Limit, int | None]) -> Problem:
    """Return the problem with some limits relaxed, all others as they were.

    Parameters
    ----------
    problem
        The problem.
    amounts
        By how much each limit gives way; None drops it. A lock or ban that gives way is dropped,
        and those after it move up.
    """
    by_kind: dict[str, dict[int, int | None]] = {}
    for limit, amount in amounts.items():
        by_kind.setdefault(limit.kind, {})[limit.idx] = amount
    for name, own in by_kind.items():
        relax = KINDS[name].relax
        if relax is not None:
            problem = relax(problem, own)
    return problem


def word_limit(problem: Problem, limit: Limit) -> Wording:
    """Return how a limit is told."""
    return KINDS[limit.kind].word(problem, limit.idx)


def format_amount(amount: Fraction) -> str:
    """Return an exact decimal without trailing zeros, or a fraction where there is none.

    Examples
    --------
    >>> format_amount(Fraction(81, 2)), format_amount(Fraction(40)), format_amount(Fraction(1, 3))
    ('40.5', '40', '1/3')
    """
    places = amount.denominator.bit_length()
    tenths = amount * 10**places
    if tenths.denominator > 1:
        return str(amount)
    return format_steps(tenths.numerator, 10**places).rstrip("0").rstrip(".")


def label_unit(problem: Problem, k: int) -> str:
    """Return what messages call a unit."""
    return (problem.unit_labels or problem.unit_ids)[k]


def label_village(problem: Problem, k: int) -> str:
    """Return what messages call a village."""
    return (problem.village_labels or problem.village_ids)[k]


@dataclass(frozen=True, slots=True)
class _SideBounds:
    """The least or most pairs of every unit or village, and how to replace them."""

    topic: str
    is_least: bool
    owners: Callable[[Problem], IndexArray]
    values: Callable[[Problem], IntArray]
    put: Callable[[Problem, IntArray], Problem]
    label: Callable[[Problem, int], str]

    def list_bounds(self, problem: Problem) -> Iterator[tuple[int, Bound]]:
        owners, values = self.owners(problem), self.values(problem)
        order = np.argsort(owners, kind="stable").astype(np.int32)
        ends = np.searchsorted(owners[order], np.arange(len(values)), side="right").tolist()
        spans = zip([0, *ends], ends, values.tolist(), strict=False)
        for k, (start, end, value) in enumerate(spans):
            if value > 0 if self.is_least else value < end - start:
                yield k, _count(order[start:end], value, self.is_least)

    def relax(self, problem: Problem, amounts: Amounts) -> Problem:
        values = self.values(problem).tolist()
        # No unit or village can have more pairs than there are candidates.
        free = 0 if self.is_least else max([problem.num_candidates, *values])
        sign = -1 if self.is_least else 1
        for k, amount in amounts.items():
            values[k] = free if amount is None else values[k] + sign * amount
        return self.put(problem, np.array(values, dtype=np.int64))

    def word(self, problem: Problem, idx: int) -> Wording:
        is_out = not self.is_least and not self.values(problem)[idx]
        return Wording(f"{self.topic}_none" if is_out else self.topic, self.label(problem, idx))


_SIDES = (
    _SideBounds(
        "unit_max",
        False,
        lambda problem: problem.unit_idx,
        lambda problem: problem.unit_max,
        lambda problem, values: replace(problem, unit_max=values),
        label_unit,
    ),
    _SideBounds(
        "unit_min",
        True,
        lambda problem: problem.unit_idx,
        lambda problem: problem.unit_min,
        lambda problem, values: replace(problem, unit_min=values),
        label_unit,
    ),
    _SideBounds(
        "village_max",
        False,
        lambda problem: problem.village_idx,
        lambda problem: problem.village_max,
        lambda problem, values: replace(problem, village_max=values),
        label_village,
    ),
    _SideBounds(
        "village_min",
        True,
        lambda problem: problem.village_idx,
        lambda problem: problem.village_min,
        lambda problem, values: replace(problem, village_min=values),
        label_village,
    ),
)


def _list_quotas(is_least: bool, problem: Problem) -> Iterator[tuple[int, Bound]]:
    for k, quota in enumerate(problem.quotas):
        value = quota.minimum if is_least else quota.maximum
        if value is None or (is_least and value <= 0):
            continue
        idx = np.flatnonzero(select_pairs(problem, k)).astype(np.int32)
        if is_least or value < len(idx):
            yield k, replace(_count(idx, value, is_least), waiver=quota.waiver)


def _relax_quotas(is_least: bool, problem: Problem, amounts: Amounts) -> Problem:
    def relax(quota: Quota, amount: int | None) -> Quota:
        if is_least:
            return replace(quota, minimum=0 if amount is None else quota.minimum - amount)
        if amount is None or quota.maximum is None:
            return replace(quota, maximum=None)
        return replace(quota, maximum=quota.maximum + amount)

    quotas = (relax(q, amounts[k]) if k in amounts else q for k, q in enumerate(problem.quotas))
    return replace(problem, quotas=tuple(quotas))


def _word_quota(is_least: bool, problem: Problem, idx: int) -> Wording:
    quota, pairs = problem.quotas[idx], select_pairs(problem, idx)
    size = int(pairs.sum())
    if is_least and quota.name == MAX_CHANGES:
        # Pairs that are no longer eligible have changed already; they may be more than allowed.
        changes = size - quota.minimum
        topic = "max_changes" if changes >= 0 else "max_changes_short"
        return Wording(topic, quota.name, {"size": str(size), "changes": str(changes)})
    if quota.name in {MOST_ASKED, LEAST_ASKED}:
        changes = size - (quota.minimum if is_least else quota.maximum or 0)
        topic = "most_asked" if is_least else "least_asked"
        return Wording(topic, quota.name, {"size": str(size), "changes": str(changes)})
    sides = {"units": problem.unit_idx, "villages": problem.village_idx}
    counts = {name: str(len(np.unique(side[pairs]))) for name, side in sides.items()}
    return Wording(f"quota_{'min' if is_least else 'max'}", quota.name, counts)


def _list_locks(problem: Problem) -> Iterator[tuple[int, Bound]]:
    for k, (idx, pair) in enumerate(_find_pairs(problem, problem.locks)):
        yield k, replace(_count(idx, 1, True), waiver=pair.waiver)


def _list_bans(problem: Problem) -> Iterator[tuple[int, Bound]]:
    for k, (idx, pair) in enumerate(_find_pairs(problem, problem.bans)):
        if len(idx):
            yield k, replace(_count(idx, 0, False), waiver=pair.waiver)


def _find_pairs(
    problem: Problem, pairs: Sequence[FixedPair]
) -> Iterator[tuple[IndexArray, FixedPair]]:
    """Yield fixed pairs, each with its candidate: one, or none if it is not eligible."""
    num_villages = len(problem.village_ids)
    # Candidates are sorted by unit and village, so their numbers rise.
    numbers = problem.unit_idx.astype(np.int64) * num_villages + problem.village_idx
    wanted = [pair.unit_idx * num_villages + pair.village_idx for pair in pairs]
    for pair, number in zip(pairs, wanted, strict=True):
        start, end = np.searchsorted(numbers, [number, number + 1]).tolist()
        yield np.arange(start, end, dtype=np.int32), pair


def _drop_locks(problem: Problem, amounts: Amounts) -> Problem:
    kept = tuple(pair for k, pair in enumerate(problem.locks) if k not in amounts)
    return replace(problem, locks=kept)


def _drop_bans(problem: Problem, amounts: Amounts) -> Problem:
    kept = tuple(pair for k, pair in enumerate(problem.bans) if k not in amounts)
    return replace(problem, bans=kept)


def _word_lock(problem: Problem, idx: int) -> Wording:
    return Wording("lock", _label_pair(problem, problem.locks[idx]))


def _word_ban(problem: Problem, idx: int) -> Wording:
    return Wording("ban", _label_pair(problem, problem.bans[idx]))


def _label_pair(problem: Problem, pair: FixedPair) -> str:
    return f"{label_unit(problem, pair.unit_idx)} = {label_village(problem, pair.village_idx)}"


def _list_resources(problem: Problem) -> Iterator[tuple[int, Bound]]:
    for k, resource in enumerate(problem.resources):
        bound = Bound(
            resource.idx,
            resource.loads,
            resource.capacity,
            is_least=False,
            scale=resource.scale,
            waiver=resource.waiver,
        )
        if resource.capacity < bound.reach:
            yield k, bound


def _relax_resources(problem: Problem, amounts: Amounts) -> Problem:
    resources = list(problem.resources)
    for k, amount in amounts.items():
        resource = resources[k]
        free = max(resource.capacity, sum(load for load in resource.loads.tolist() if load > 0))
        capacity = free if amount is None else resource.capacity + amount
        resources[k] = replace(resource, capacity=capacity)
    return replace(problem, resources=tuple(resources))


def _word_resource(problem: Problem, idx: int) -> Wording:
    resource = problem.resources[idx]
    label = label_unit if resource.side == "unit" else label_village
    name = label(problem, resource.owner)
    return Wording(f"resource_{resource.side}", name, {"resource": resource.name})


def _list_any_pair(problem: Problem) -> Iterator[tuple[int, Bound]]:
    if "num_matched" in problem.levels:
        yield 0, _count(np.arange(problem.num_candidates, dtype=np.int32), 1, True)


def _word_any_pair(problem: Problem, _idx: int) -> Wording:
    return Wording("any_pair", str(problem.num_candidates))


def _count(idx: IndexArray, value: int, is_least: bool) -> Bound:
    return Bound(idx, np.ones(len(idx), dtype=np.int64), value, is_least)


def _make_quota_kind(is_least: bool) -> LimitKind:
    return LimitKind(
        partial(_list_quotas, is_least),
        partial(_word_quota, is_least),
        partial(_relax_quotas, is_least),
    )


KINDS: Mapping[str, LimitKind] = {
    "any_pair": LimitKind(_list_any_pair, _word_any_pair, None),
    "ban": LimitKind(_list_bans, _word_ban, _drop_bans),
    "lock": LimitKind(_list_locks, _word_lock, _drop_locks),
    "quota_max": _make_quota_kind(False),
    "quota_min": _make_quota_kind(True),
    "resource": LimitKind(_list_resources, _word_resource, _relax_resources),
    **{side.topic: LimitKind(side.list_bounds, side.word, side.relax) for side in _SIDES},
}
"""All kinds of limits, in the order in which limits are told."""
