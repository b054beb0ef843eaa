"""Which pairs are possible: conditions applied, and what they excluded by unit and rule."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pairmatch.domain.candidates import BoolArray, Candidates, EligibilityRule
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.scores import Exclusion
from pairmatch.score.gate import check_mask, check_reason
from pairmatch.score.sides import freeze

Refusal = tuple[EligibilityRule, BoolArray]
"""A condition and which of all pairs it refuses."""


def find_refused(rule: EligibilityRule, candidates: Candidates) -> BoolArray:
    """Return the mask of candidates that a condition refuses.

    Raises
    ------
    PluginFaultError
        If the condition fails or answers anything but one yes or no per candidate.
    """
    return check_mask(rule, rule.decide(candidates), len(candidates))


def list_rows(num_pairs: int, refusals: Sequence[Refusal]) -> IndexArray:
    """Return the indices of the pairs that no condition refuses."""
    refused = np.zeros(num_pairs, dtype=np.bool_)
    for _rule, mask in refusals:
        refused |= mask
    return np.flatnonzero(~refused).astype(np.int32)


def take_candidates(everyone: Candidates, rows: IndexArray) -> Candidates:
    """Return some of the pairs."""
    return replace(
        everyone,
        unit_idx=freeze(everyone.unit_idx[rows]),
        village_idx=freeze(everyone.village_idx[rows]),
    )


def count_exclusions(everyone: Candidates, refusals: Sequence[Refusal]) -> tuple[Exclusion, ...]:
    """Return what the conditions excluded, by unit and rule.

    Raises
    ------
    PluginFaultError
        If a condition cannot say why.
    """
    kept = np.zeros(len(everyone), dtype=np.bool_)
    kept[list_rows(len(everyone), refusals)] = True
    left = _count_pairs(everyone, kept)
    counted = _attribute(everyone, [mask for _rule, mask in refusals])
    exclusions = [
        exclusion
        for (rule, _mask), mask in zip(refusals, counted, strict=True)
        for exclusion in _count_excluded(everyone, rule, mask, left)
    ]
    return tuple(sorted(exclusions, key=lambda e: (e.unit_id, e.rule_id)))


def _attribute(everyone: Candidates, refusals: Sequence[BoolArray]) -> list[BoolArray]:
    """Return which refused pairs count for which rule.

    Where rules close every village to a unit, each of them alone is the reason and the others
    are none; elsewhere a pair counts for the first rule that refuses it.
    """
    num_pairs = _count_pairs(everyone, np.ones(len(everyone), dtype=np.bool_))
    closing = [_count_pairs(everyone, mask) == num_pairs for mask in refusals]
    is_closed = np.zeros(len(num_pairs), dtype=np.bool_)
    for closed in closing:
        is_closed |= closed
    counted, taken = [], np.zeros(len(everyone), dtype=np.bool_)
    for mask, closed in zip(refusals, closing, strict=True):
        first = mask & ~taken & ~is_closed[everyone.unit_idx]
        counted.append(first | (mask & closed[everyone.unit_idx]))
        taken |= mask
    return counted


def _count_pairs(everyone: Candidates, mask: BoolArray) -> IntArray:
    return np.bincount(everyone.unit_idx[mask], minlength=len(everyone.units.records))


def _count_excluded(
    everyone: Candidates, rule: EligibilityRule, mask: BoolArray, left: IntArray
) -> list[Exclusion]:
    """Return what one rule excluded of each unit; `left` is how many pairs each still has."""
    pairs = np.flatnonzero(mask)
    owners, first, counts = np.unique(
        everyone.unit_idx[pairs], return_index=True, return_counts=True
    )
    found = []
    for owner, at, count in zip(owners.tolist(), first.tolist(), counts.tolist(), strict=True):
        unit = everyone.units.records[owner]
        village = everyone.villages.records[int(everyone.village_idx[pairs[at]])]
        found.append(
            Exclusion(
                unit_id=unit.unit_id,
                rule_id=rule.rule_id,
                label_zh=rule.label_zh,
                label_en=rule.label_en,
                num_villages=count,
                all_villages=bool(left[owner] == 0),
                reason=check_reason(rule, rule.explain(unit, village)),
            )
        )
    return found
