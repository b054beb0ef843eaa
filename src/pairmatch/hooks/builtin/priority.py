"""Village priority: who gave most and has it hardest is chosen first.

The programme chooses villages 对革命牺牲大、贡献大、乡村振兴困难大 and of three types; the score is
the mean of contribution grade, difficulty grade and the number of types.
"""

import numpy as np

from pairmatch.domain.candidates import FULL, Candidates, Contribution, FieldUse, Reason, ScoreRule
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.records import Village
from pairmatch.hooks.builtin.shares import contribute_shares, take_county_medians

TOP_GRADE = 5
NUM_TYPES = 3
NUM_PARTS = 3


def contribute_priority(candidates: Candidates, spread: int) -> Contribution:
    """Return the village's priority, the same for every unit; unknown grades are intervals."""
    villages = candidates.villages.records
    counties = [village.county for village in villages]
    policy = candidates.background.unknown
    types = [min(len(village.types), NUM_TYPES) * FULL // NUM_TYPES for village in villages]
    point = np.array(types, dtype=np.int64)
    low, high = point.copy(), point.copy()
    for grades in (
        [village.contribution_grade for village in villages],
        [village.difficulty_grade for village in villages],
    ):
        shares = [None if g is None else (g - 1) * FULL // (TOP_GRADE - 1) for g in grades]
        point += np.array(take_county_medians(counties, shares, policy), dtype=np.int64)
        low += np.array([0 if s is None else s for s in shares], dtype=np.int64)
        high += np.array([FULL if s is None else s for s in shares], dtype=np.int64)

    def spread_out(total: IntArray) -> IntArray:
        mean: IntArray = (total // NUM_PARTS)[candidates.village_idx]
        return mean

    return contribute_shares(
        spread_out(point),
        spread_out(low),
        spread_out(high),
        spread,
        lambda k: _describe(villages[int(candidates.village_idx[k])]),
    )


def _describe(village: Village) -> Reason:
    contribution, difficulty = village.contribution_grade, village.difficulty_grade
    types = "".join(sorted(village.types)) or "–"
    fields = (
        FieldUse("牺牲贡献等级", "contribution grade", _name(contribution), village.place.file),
        FieldUse("困难程度等级", "difficulty grade", _name(difficulty), village.place.file),
        FieldUse("受助类型", "types", types, village.place.file),
    )
    return Reason(
        f"牺牲贡献 {_name(contribution)} 级、困难程度 {_name(difficulty)} 级、受助类型 {types}",
        f"contribution {_name(contribution)}, difficulty {_name(difficulty)}, types {types}",
        fields,
    )


def _name(grade: int | None) -> str:
    return "?" if grade is None else str(grade)


RULES = (ScoreRule("village_priority", "1", "村优先程度", "village priority", contribute_priority),)
