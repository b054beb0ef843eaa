"""Fit quotas into two nested (laminar) families of pair sets, so that a matching is a flow.

A problem whose bounded sets split into two laminar families, one refining the units' rows and one
the villages' columns, has a network matrix: its linear relaxation has integer optima and a
min-cost flow finds them (Schrijver, Combinatorial Optimization, 2003, section 60.3). A quota that
crosses both, but is an equality, may often be replaced by its sum or difference with another
equality ("2 of 8 are city units" for "6 of 8 are county units"); its price then passes on to both.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.problem import Problem


@dataclass(frozen=True, slots=True)
class BoundedSet:
    """A set of candidates with bounds, and which quotas (index, sign) it is the sum of."""

    members: BoolArray
    minimum: int
    maximum: int
    terms: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Families:
    """The quotas of a problem as sets that nest with the units' rows or the villages' columns."""

    unit_sets: tuple[BoundedSet, ...]
    village_sets: tuple[BoundedSet, ...]


class CrossingQuotasError(ValueError):
    """Some quotas fit neither family; `quota_idx` are their indices."""

    def __init__(self, quota_idx: tuple[int, ...]) -> None:
        super().__init__(quota_idx)
        self.quota_idx = quota_idx


def sort_into_families(problem: Problem) -> Families:
    """Return the two families, or raise if no fitting replacement is found.

    Raises
    ------
    CrossingQuotasError
        If a quota fits neither family and no equality combines with it into one that does.
    """
    unit_sets: list[BoundedSet] = []
    village_sets: list[BoundedSet] = []
    sides = ((problem.unit_idx, unit_sets), (problem.village_idx, village_sets))
    quota_sets = [_describe_quota(problem, k) for k in range(len(problem.quotas))]
    placed: list[BoundedSet] = []
    waiting = [s for s in quota_sets if not _place(s, sides, placed)]
    while waiting:
        left = [s for s in waiting if not _place_any(_list_variants(s, placed), sides, placed)]
        if len(left) == len(waiting):
            raise CrossingQuotasError(tuple(s.terms[0][0] for s in left))
        waiting = left
    return Families(tuple(unit_sets), tuple(village_sets))


def select_pairs(problem: Problem, quota_idx: int) -> BoolArray:
    """Return the mask of candidates a quota counts."""
    quota = problem.quotas[quota_idx]
    mask: BoolArray = quota.units[problem.unit_idx] & quota.villages[problem.village_idx]
    return mask


def _describe_quota(problem: Problem, quota_idx: int) -> BoundedSet:
    quota = problem.quotas[quota_idx]
    members = select_pairs(problem, quota_idx)
    # No bound means: all of them.
    maximum = int(members.sum()) if quota.maximum is None else quota.maximum
    return BoundedSet(members, quota.minimum, maximum, ((quota_idx, 1),))


def _place(
    bounded: BoundedSet,
    sides: Iterable[tuple[IndexArray, list[BoundedSet]]],
    placed: list[BoundedSet],
) -> bool:
    for owner_idx, family in sides:
        if _fits_rows(bounded.members, owner_idx) and all(
            _is_nested(bounded.members, other.members) for other in family
        ):
            family.append(bounded)
            placed.append(bounded)
            return True
    return False


def _place_any(
    variants: Iterable[BoundedSet],
    sides: Iterable[tuple[IndexArray, list[BoundedSet]]],
    placed: list[BoundedSet],
) -> bool:
    return any(_place(variant, sides, placed) for variant in variants)


def _fits_rows(members: BoolArray, owner_idx: IndexArray) -> bool:
    """Whether the set is a union of whole rows, or lies within one row."""
    num_owners = int(owner_idx.max(initial=-1)) + 1
    inside: IntArray = np.bincount(owner_idx[members], minlength=num_owners)
    whole: IntArray = np.bincount(owner_idx, minlength=num_owners)
    touched = inside > 0
    return bool((inside[touched] == whole[touched]).all()) or int(touched.sum()) == 1


def _is_nested(a: BoolArray, b: BoolArray) -> bool:
    both = int((a & b).sum())
    return both in {0, int(a.sum()), int(b.sum())}


def _list_variants(bounded: BoundedSet, placed: list[BoundedSet]) -> list[BoundedSet]:
    """Return equalities that, given the sets already placed, say the same as this one.

    Only placed sets are combined with, so each replacement can be undone by elimination.
    """
    once = _combine_equalities(bounded, placed)
    return once + [twice for one in once for twice in _combine_equalities(one, placed)]


def _combine_equalities(bounded: BoundedSet, placed: list[BoundedSet]) -> list[BoundedSet]:
    if bounded.minimum != bounded.maximum:
        return []
    variants = []
    for other in placed:
        if other.minimum != other.maximum:
            continue
        both = int((bounded.members & other.members).sum())
        if both == 0:
            variants.append(_add(bounded, other, 1, bounded.members | other.members))
        elif both == int(other.members.sum()):
            variants.append(_add(bounded, other, -1, bounded.members & ~other.members))
        elif both == int(bounded.members.sum()):
            variants.append(_add(_negate(bounded), other, 1, other.members & ~bounded.members))
    return variants


def _negate(bounded: BoundedSet) -> BoundedSet:
    minimum, maximum = -bounded.maximum, -bounded.minimum
    return BoundedSet(bounded.members, minimum, maximum, _scale(bounded.terms, -1))


def _add(a: BoundedSet, b: BoundedSet, sign: int, members: BoolArray) -> BoundedSet:
    value = a.minimum + sign * b.minimum
    return BoundedSet(members, value, value, a.terms + _scale(b.terms, sign))


def _scale(terms: tuple[tuple[int, int], ...], sign: int) -> tuple[tuple[int, int], ...]:
    return tuple((quota_idx, sign * factor) for quota_idx, factor in terms)
