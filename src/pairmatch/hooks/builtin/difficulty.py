"""Scale against difficulty: strong units go where the difficulties are greater."""

import numpy as np

from pairmatch.domain.candidates import FULL, Candidates, Contribution, FieldUse, Reason, ScoreRule
from pairmatch.domain.records import Unit, Village
from pairmatch.hooks.builtin.shares import contribute_shares, guess_share, take_county_medians

BUDGET_SMALL, BUDGET_LARGE = 10.0, 200.0
"""万元 a year at which a unit counts as small (0) and as large (1): an assumption."""

TOP_GRADE = 5


def contribute_difficulty(candidates: Candidates, spread: int) -> Contribution:
    """Return ``1 - |scale of the unit - difficulty of the village|`` of the spread."""
    policy = candidates.background.unknown
    villages = candidates.villages.records
    scales = [_measure_scale(unit) for unit in candidates.units.records]
    grades = [_scale_grade(village.difficulty_grade) for village in villages]
    filled = take_county_medians([village.county for village in villages], grades, policy)
    unit = np.array([guess_share(policy) if s is None else s for s in scales], dtype=np.int64)
    village = np.array(filled, dtype=np.int64)
    unit_known = np.array([s is not None for s in scales], dtype=np.bool_)[candidates.unit_idx]
    village_known = np.array([g is not None for g in grades], dtype=np.bool_)
    known = unit_known & village_known[candidates.village_idx]
    point = FULL - np.abs(unit[candidates.unit_idx] - village[candidates.village_idx])
    low = np.where(known, point, 0)
    high = np.where(known, point, FULL)
    return contribute_shares(point, low, high, spread, lambda k: _describe(candidates, k))


def _measure_scale(unit: Unit) -> int | None:
    ends = [budget for budget in (unit.budget_low, unit.budget_high) if budget is not None]
    if not ends:
        return None
    middle = sum(ends) / len(ends)
    share = (middle - BUDGET_SMALL) / (BUDGET_LARGE - BUDGET_SMALL)
    return round(min(max(share, 0.0), 1.0) * FULL)


def _scale_grade(grade: int | None) -> int | None:
    return None if grade is None else (grade - 1) * FULL // (TOP_GRADE - 1)


def _describe(candidates: Candidates, k: int) -> Reason:
    unit = candidates.units.records[int(candidates.unit_idx[k])]
    village = candidates.villages.records[int(candidates.village_idx[k])]
    budget_zh, budget_en = _name_budget(unit)
    grade_zh, grade_en = _name_grade(village)
    return Reason(
        f"单位年度预算{budget_zh}，村困难程度{grade_zh}",
        f"the unit's yearly budget is {budget_en}, the village's difficulty {grade_en}",
        (
            FieldUse("年度公益预算", "yearly budget", budget_en, unit.place.file),
            FieldUse("困难程度等级", "difficulty grade", grade_en, village.place.file),
        ),
    )


def _name_budget(unit: Unit) -> tuple[str, str]:
    ends = [f"{budget:g}" for budget in (unit.budget_low, unit.budget_high) if budget is not None]
    if not ends:
        return "未填", "unknown"
    span = "–".join(dict.fromkeys(ends))
    return f"{span} 万元", f"{span} × 10,000 yuan"


def _name_grade(village: Village) -> tuple[str, str]:
    grade = village.difficulty_grade
    return ("未填", "unknown") if grade is None else (f" {grade} 级", f"grade {grade}")


RULES = (
    ScoreRule("scale_difficulty", "1", "实力与难度相称", "scale against difficulty",
              contribute_difficulty),
)
