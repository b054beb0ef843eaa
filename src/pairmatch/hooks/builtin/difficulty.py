"""Scale against difficulty: strong units go where the difficulties are greater."""

import numpy as np

from pairmatch.domain.candidates import (
    FULL,
    Candidates,
    Contribution,
    FieldUse,
    Reason,
    ScoreRule,
    guess_share,
    remember,
)
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.tables import list_all_texts
from pairmatch.hooks.builtin.shares import (
    TOP_GRADE,
    contribute_shares,
    describe_guess,
    scale_grade,
    scale_share,
    take_county_medians,
)

BUDGET_SMALL, BUDGET_LARGE = 10.0, 200.0
"""万元 a year at which a unit counts as small (0) and as large (1): an assumption."""


def contribute_difficulty(candidates: Candidates, spread: int) -> Contribution:
    """Return ``1 - |scale of the unit - difficulty of the village|`` of the spread.

    Each side is an interval where it is unknown: the points are highest where the two intervals
    are nearest and lowest where they are farthest apart.
    """
    units, villages = remember(candidates, "scale_difficulty", _measure_sides)
    unit_point, unit_low, unit_high = units[:, candidates.unit_idx]
    village_point, village_low, village_high = villages[:, candidates.village_idx]
    farthest = np.maximum(unit_high - village_low, village_high - unit_low)
    nearest = np.maximum(np.maximum(unit_low - village_high, village_low - unit_high), 0)
    return contribute_shares(
        FULL - np.abs(unit_point - village_point),
        FULL - farthest,
        FULL - nearest,
        spread,
        lambda k: _describe(candidates, k),
    )


def measure_difficulty(candidates: Candidates, spread: int) -> IntArray:
    """Return the points of `contribute_difficulty` without their interval."""
    units, villages = remember(candidates, "scale_difficulty", _measure_sides)
    apart = np.abs(units[0, candidates.unit_idx] - villages[0, candidates.village_idx])
    return scale_share(FULL - apart, spread)


def _measure_sides(candidates: Candidates) -> tuple[IntArray, IntArray]:
    """Return scale and difficulty, each as (point, lowest, highest) of every unit or village."""
    policy, villages = candidates.background.unknown, candidates.villages.records
    budgets = (list_all_texts(candidates.units.records, f"budget_{end}") for end in ("low", "high"))
    scales = [_measure_scale(*ends) for ends in zip(*budgets, strict=True)]
    grades = [scale_grade(grade) for grade in list_all_texts(villages, "difficulty_grade")]
    unit = [guess_share(policy) if s is None else s for s in scales]
    village = take_county_medians(list_all_texts(villages, "county"), grades, policy)
    return _list_ends(unit, scales), _list_ends(village, grades)


def _list_ends(point: list[int], shares: list[int | None]) -> IntArray:
    low = [0 if s is None else s for s in shares]
    high = [FULL if s is None else s for s in shares]
    return np.array([point, low, high], dtype=np.int64)


def _measure_scale(*budgets: float | None) -> int | None:
    """Return a unit's scale in 1/FULL, by the middle of its budget; None if that is unknown."""
    ends = [budget for budget in budgets if budget is not None]
    if not ends:
        return None
    middle = sum(ends) / len(ends)
    share = (middle - BUDGET_SMALL) / (BUDGET_LARGE - BUDGET_SMALL)
    return round(min(max(share, 0.0), 1.0) * FULL)


def _describe(candidates: Candidates, k: int) -> Reason:
    unit = candidates.units.records[int(candidates.unit_idx[k])]
    village = candidates.villages.records[int(candidates.village_idx[k])]
    budget, grade = _name_budget(unit), _name_grade(village)
    guess_zh, guess_en = describe_guess(candidates.background.unknown)
    budget_zh = f"{budget} 万元" if budget else guess_zh
    budget_en = f"{budget} × 10,000 yuan" if budget else guess_en
    grade_zh = f"{grade} 级（{TOP_GRADE} 级最难）" if grade else guess_zh
    grade_en = f"{grade} of {TOP_GRADE}" if grade else guess_en
    label_zh, label_en = "年度公益预算（万元）", "yearly budget (10,000 yuan)"
    return Reason(
        f"单位一年的公益预算：{budget_zh}；村里的困难程度：{grade_zh}",
        f"yearly budget of the unit: {budget_en}; difficulty of the village: {grade_en}",
        (
            FieldUse(label_zh, label_en, budget or "—", unit.place.file),
            FieldUse("困难程度等级", "difficulty grade", grade or "—", village.place.file),
        ),
    )


def _name_budget(unit: Unit) -> str:
    # Not :g, which rounds to six digits and writes a million as 1e+06.
    ends = [f"{end:.15g}" for end in (unit.budget_low, unit.budget_high) if end is not None]
    return "–".join(dict.fromkeys(ends))


def _name_grade(village: Village) -> str:
    return "" if village.difficulty_grade is None else str(village.difficulty_grade)


RULES = (
    ScoreRule(
        "scale_difficulty",
        "1",
        "实力与难度相称",
        "scale against difficulty",
        contribute_difficulty,
        measure=measure_difficulty,
    ),
)
