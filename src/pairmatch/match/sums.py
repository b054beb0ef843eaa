"""The sum behind a conflict: how many pairs its limits ask for together, and how many can be had.

A pair counts once for each lower limit that counts it, less once for each upper one: what the lower
limits get is at most what the upper ones allow together and, of every candidate that they count
more often than the upper ones do, the difference. Where that is less than is asked for, the limits
cannot all hold, and anybody can see it. This is Farkas' lemma with multipliers of 1, which is all
that a violated cut of a flow needs (Hoffman 1960).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.limits import Bound, Limit, format_amount, label_unit, label_village
from pairmatch.domain.matching import ConflictMember
from pairmatch.domain.problem import Problem
from pairmatch.match.wordings import count_noun, join_names

NOTHING: Mapping[str, str] = {}


def tell_sum(
    problem: Problem, bounds: Mapping[Limit, Bound], core: Iterable[Limit]
) -> tuple[ConflictMember, ...]:
    """Return the sum that shows why limits cannot all hold; nothing where a plain sum does not.

    Parameters
    ----------
    problem
        The problem.
    bounds
        The numbers of its limits.
    core
        The limits of a conflict.
    """
    lower: list[int] = []
    upper: list[int] = []
    # How often the lower limits, and the upper ones, count each candidate.
    counts = np.zeros((2, problem.num_candidates), dtype=np.int64)
    for limit in core:
        bound = bounds[limit]
        if bound.scale != 1 or (bound.weights != 1).any():
            return ()
        (lower if bound.is_least else upper).append(bound.value)
        counts[0 if bound.is_least else 1, bound.idx] += 1
    surplus = np.maximum(counts[0] - counts[1], 0)
    most = sum(upper) + int(surplus.sum())
    if most >= sum(lower):
        return ()
    free = (surplus > 0) & (counts[1] == 0)
    twice = surplus - free
    told = [_tell_values("needed", lower)]
    if upper:
        told.append(_tell_values("capped", upper))
    if free.any():
        before = problem.previous
        is_before = before is not None and not (free & ~before).any()
        topic = ("free_before" if is_before else "free") + ("" if upper else "_only")
        told.append(_tell_pairs(problem, topic, free))
    if twice.any():
        extra = {"extra": str(int(twice.sum()))}
        told.append(_tell_pairs(problem, "twice", twice, extra))
    short = {"most": str(most), "short": str(sum(lower) - most)}
    return (*told, ConflictMember("match.sum_short", short))


def _tell_values(topic: str, values: list[int]) -> ConflictMember:
    """Return a total with how it comes about, where it is of several values."""
    total = str(sum(values))
    params = {"total": total, "total_en": count_noun(total, "pair")}
    if len(values) == 1:
        return ConflictMember(f"match.sum_{topic}_alone", params)
    counts = sorted(Counter(values).items(), reverse=True)
    parts = [str(value) if count == 1 else f"{count}×{value}" for value, count in counts]
    sums = {"sum": "＋".join(parts), "sum_en": " + ".join(parts)}
    return ConflictMember(f"match.sum_{topic}", {**params, **sums})


def _tell_pairs(
    problem: Problem, topic: str, counted: IntArray | BoolArray, more: Mapping[str, str] = NOTHING
) -> ConflictMember:
    """Return how many candidates are counted, and which."""
    idx = np.flatnonzero(counted)
    units, villages = problem.unit_idx[idx].tolist(), problem.village_idx[idx].tolist()
    names = [
        f"{label_unit(problem, u)} = {label_village(problem, v)}"
        for u, v in zip(units, villages, strict=True)
    ]
    total = {"total": str(len(names)), "total_en": count_noun(str(len(names)), "candidate pair")}
    return ConflictMember(f"match.sum_{topic}", {**total, **join_names(names), **more})


def tell_loads(problem: Problem, limit: Limit, chosen: BoolArray) -> tuple[ConflictMember, ...]:
    """Return what a choice of pairs uses of a resource, pair by pair, as a sum.

    Parameters
    ----------
    problem
        The problem.
    limit
        The limit of the resource.
    chosen
        Which candidates are chosen: those that use least of it.
    """
    resource = problem.resources[limit.idx]
    own = np.flatnonzero(chosen[resource.idx] & (resource.loads > 0))
    is_unit = resource.side == "unit"
    others = (problem.village_idx if is_unit else problem.unit_idx)[resource.idx[own]].tolist()
    label = label_village if is_unit else label_unit
    loads = [format_amount(Fraction(n, resource.scale)) for n in resource.loads[own].tolist()]
    parts = [f"{label(problem, k)} {load}" for k, load in zip(others, loads, strict=True)]
    used = int(resource.loads[own].sum())
    params = {
        "resource": resource.name,
        "sum": "＋".join(parts),
        "sum_en": " + ".join(parts),
        "used": format_amount(Fraction(used, resource.scale)),
        "value": format_amount(Fraction(resource.capacity, resource.scale)),
        "over": format_amount(Fraction(used - resource.capacity, resource.scale)),
    }
    return (ConflictMember("match.sum_loads", params),)
