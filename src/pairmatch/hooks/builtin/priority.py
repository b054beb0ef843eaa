"""Village priority: who gave most and has it hardest is chosen first.

The programme chooses villages 对革命牺牲大、贡献大、乡村振兴困难大 and of three types; the score is
the mean of contribution grade, difficulty grade and the number of types.
"""

from collections.abc import Sequence

import numpy as np

from pairmatch.domain.candidates import (
    FULL,
    Candidates,
    Contribution,
    FieldUse,
    Reason,
    ScoreRule,
    remember,
)
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.records import Village
from pairmatch.hooks.builtin.shares import (
    TOP_GRADE,
    contribute_shares,
    describe_guess,
    scale_grade,
    take_county_medians,
)

NUM_TYPES = 3
NUM_PARTS = 3
TYPE_FIELD = "bas_type"


def contribute_priority(candidates: Candidates, spread: int) -> Contribution:
    """Return the village's priority, the same for every unit; unknown parts are intervals."""
    villages, policy = candidates.villages.records, candidates.background.unknown
    point, low, high = remember(candidates, "village_priority", _measure_villages)[
        :, candidates.village_idx
    ]
    return contribute_shares(
        point,
        low,
        high,
        spread,
        lambda k: _describe(villages[int(candidates.village_idx[k])], policy),
    )


def _measure_villages(candidates: Candidates) -> IntArray:
    """Return the priority of every village as (point, lowest, highest)."""
    villages = candidates.villages.records
    counties = [village.county for village in villages]
    policy = candidates.background.unknown
    parts = (
        [_measure_types(village) for village in villages],
        [scale_grade(village.contribution_grade) for village in villages],
        [scale_grade(village.difficulty_grade) for village in villages],
    )

    def average(filled: Sequence[Sequence[int]]) -> IntArray:
        total: IntArray = np.array(filled, dtype=np.int64).sum(axis=0) // NUM_PARTS
        return total

    return np.stack(
        [
            average([take_county_medians(counties, part, policy) for part in parts]),
            average([[0 if share is None else share for share in part] for part in parts]),
            average([[FULL if share is None else share for share in part] for part in parts]),
        ]
    )


def _measure_types(village: Village) -> int | None:
    """Return the share of the types that the village has; None if that was not answered."""
    reading = village.indicators.get(TYPE_FIELD)
    if not village.types and (reading is None or reading.value is None):
        return None
    return min(len(village.types), NUM_TYPES) * FULL // NUM_TYPES


def _describe(village: Village, policy: str) -> Reason:
    guess_zh, guess_en = describe_guess(policy)
    contribution, difficulty = village.contribution_grade, village.difficulty_grade
    types = "、".join(sorted(village.types))
    if _measure_types(village) is None:
        types_zh, types_en = guess_zh, guess_en
    else:
        types_zh, types_en = (f"第 {types} 类" if types else "都不是"), (types or "none")
    file = village.place.file
    return Reason(
        f"牺牲贡献：{_name_grade(contribution, ' 级', guess_zh)}；"
        f"困难程度：{_name_grade(difficulty, ' 级', guess_zh)}；受助村类型：{types_zh}",
        f"contribution: {_name_grade(contribution, f' of {TOP_GRADE}', guess_en)}; "
        f"difficulty: {_name_grade(difficulty, f' of {TOP_GRADE}', guess_en)}; "
        f"types: {types_en.replace('、', ', ')}",
        (
            FieldUse("牺牲贡献等级", "contribution grade", _name_grade(contribution), file),
            FieldUse("困难程度等级", "difficulty grade", _name_grade(difficulty), file),
            FieldUse("受助村类型", "types", types or "—", file, types.replace("、", ", ")),
        ),
    )


def _name_grade(grade: int | None, unit: str = "", unknown: str = "—") -> str:
    return unknown if grade is None else f"{grade}{unit}"


RULES = (ScoreRule("village_priority", "1", "村优先程度", "village priority", contribute_priority),)
