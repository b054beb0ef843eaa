"""Fit quotas into two nested (laminar) families of pair sets, so that a matching is a flow.

A problem whose bounded sets split into two laminar families, one refining the units' rows and one
the villages' columns, has a network matrix: its linear relaxation has integer optima and a
min-cost flow finds them (Schrijver, Combinatorial Optimization, 2003, section 60.3). A quota that
crosses both, but is an equality, may often be replaced by its sum or difference with other
equalities ("2 of 8 are city units" for "6 of 8 are county units"); its price then passes on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.problem import Problem, select_pairs


@dataclass(frozen=True, slots=True)
class BoundedSet:
    """A set of candidates with bounds, and which quotas (index, sign) it is the sum of."""

    members: BoolArray
    size: int
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


@dataclass(frozen=True, slots=True)
class _Side:
    """One side's rows and the sets that nest with them so far."""

    owner_idx: IndexArray
    row_size: IntArray
    family: list[BoundedSet]


def sort_into_families(problem: Problem) -> Families:
    """Return the two families, or raise if no fitting replacement is found.

    Raises
    ------
    CrossingQuotasError
        If a quota fits neither family and no equality combines with it into one that does.
    """
    sides = (_open_side(problem.unit_idx), _open_side(problem.village_idx))
    quota_sets = [_describe_quota(problem, k) for k in range(len(problem.quotas))]
    placed = [bounded for bounded in quota_sets if _place(bounded, sides)]
    waiting = [bounded for bounded in quota_sets if not any(bounded is p for p in placed)]
    while waiting:
        left = [bounded for bounded in waiting if not _replace(bounded, sides, placed)]
        if len(left) == len(waiting):
            raise CrossingQuotasError(tuple(bounded.terms[0][0] for bounded in left))
        waiting = left
    return Families(tuple(sides[0].family), tuple(sides[1].family))


def _open_side(owner_idx: IndexArray) -> _Side:
    return _Side(owner_idx, np.bincount(owner_idx), [])


def _describe_quota(problem: Problem, quota_idx: int) -> BoundedSet:
    quota = problem.quotas[quota_idx]
    members = select_pairs(problem, quota_idx)
    size = int(np.count_nonzero(members))
    # No bound means: all of them.
    maximum = size if quota.maximum is None else quota.maximum
    return BoundedSet(members, size, quota.minimum, maximum, ((quota_idx, 1),))


def _place(bounded: BoundedSet, sides: Sequence[_Side]) -> bool:
    """Put a set into the first family it nests with; tell whether there is one."""
    for side in sides:
        if _fits_rows(bounded.members, side) and all(
            _is_nested(bounded, other) for other in side.family
        ):
            side.family.append(bounded)
            return True
    return False


def _replace(bounded: BoundedSet, sides: Sequence[_Side], placed: list[BoundedSet]) -> bool:
    """Place an equality that, given the placed sets, says the same; tell whether there is one.

    Only placed sets are combined with, so each replacement can be undone by elimination.
    """
    if bounded.minimum == bounded.maximum:
        for variant in _list_variants(bounded, sides, placed):
            if _place(variant, sides):
                placed.append(variant)
                return True
    return False


def _fits_rows(members: BoolArray, side: _Side) -> bool:
    """Whether the set is a union of whole rows, or lies within one row."""
    inside: IntArray = np.bincount(side.owner_idx[members], minlength=len(side.row_size))
    touched = inside > 0
    whole = bool((inside[touched] == side.row_size[touched]).all())
    return whole or int(np.count_nonzero(touched)) == 1


def _is_nested(a: BoundedSet, b: BoundedSet) -> bool:
    return _count_common(a.members, b) in {0, a.size, b.size}


def _count_common(members: BoolArray, other: BoundedSet) -> int:
    return int(np.count_nonzero(members & other.members))


def _list_variants(
    bounded: BoundedSet, sides: Sequence[_Side], placed: Sequence[BoundedSet]
) -> Iterator[BoundedSet]:
    equalities = [other for other in placed if other.minimum == other.maximum and other.size]
    for side in sides:
        yield from _fill_rows(bounded, side, equalities)
    for other in equalities:
        common = _count_common(bounded.members, other)
        if common == other.size:
            yield _add(bounded, other, -1, bounded.members & ~other.members)
        elif common == bounded.size:
            yield _add(_negate(bounded), other, 1, other.members & ~bounded.members)


def _fill_rows(
    bounded: BoundedSet, side: _Side, equalities: Sequence[BoundedSet]
) -> Iterator[BoundedSet]:
    """Yield the set filled up to whole rows by disjoint equalities, if that can be done."""
    rows = np.zeros(len(side.row_size), dtype=np.bool_)
    rows[side.owner_idx[bounded.members]] = True
    missing = rows[side.owner_idx] & ~bounded.members
    filled = bounded
    for other in sorted(equalities, key=lambda s: -s.size):
        if _count_common(missing, other) == other.size:
            filled = _add(filled, other, 1, filled.members | other.members)
            missing &= ~other.members
    if not missing.any():
        yield filled


def _negate(bounded: BoundedSet) -> BoundedSet:
    minimum, maximum = -bounded.maximum, -bounded.minimum
    terms = _scale(bounded.terms, -1)
    return BoundedSet(bounded.members, bounded.size, minimum, maximum, terms)


def _add(a: BoundedSet, b: BoundedSet, sign: int, members: BoolArray) -> BoundedSet:
    value = a.minimum + sign * b.minimum
    size = int(np.count_nonzero(members))
    return BoundedSet(members, size, value, value, a.terms + _scale(b.terms, sign))


def _scale(terms: tuple[tuple[int, int], ...], sign: int) -> tuple[tuple[int, int], ...]:
    return tuple((quota_idx, sign * factor) for quota_idx, factor in terms)
