"""The programme's conditions for a pair: hard yes or no, with the reason.

Conditions of the seed document, 二（三）2: ① 热心公益、法人资信良好 ② 有规模、实力和帮扶能力
③ 有影响力和带动力. A condition that is not filled in does not exclude; the check tells it.
"""

from collections.abc import Callable

import numpy as np

from pairmatch.domain.candidates import BoolArray, Candidates, EligibilityRule, Reason
from pairmatch.domain.records import Unit, Village


def _require(name: str, zh: str, en: str) -> EligibilityRule:
    """Return a rule that refuses every pair of a unit whose condition is answered no."""

    def decide(candidates: Candidates) -> BoolArray:
        fits = [getattr(unit, name) is not False for unit in candidates.units.records]
        return np.array(fits, dtype=np.bool_)[candidates.unit_idx]

    def explain(unit: Unit, village: Village) -> Reason:
        del village
        return Reason(
            f"{unit.name or unit.unit_id}：“{zh}”一栏填的是“否”",
            f"{unit.name or unit.unit_id}: the answer to '{en}' is no",
        )

    return EligibilityRule(f"condition.{name}", "1", zh, en, decide, explain)


def _refuse(
    name: str, zh: str, en: str, refuses: Callable[[Unit, Village], bool]
) -> EligibilityRule:
    """Return a rule that refuses the pairs for which `refuses` holds."""

    def decide(candidates: Candidates) -> BoolArray:
        villages = candidates.villages.records
        allowed = np.ones(len(candidates), dtype=np.bool_)
        for u, unit in enumerate(candidates.units.records):
            if any(refuses(unit, village) for village in villages):
                pairs = candidates.unit_idx == u
                refused = np.array([refuses(unit, village) for village in villages])
                allowed[pairs] = ~refused[candidates.village_idx[pairs]]
        return allowed

    def explain(unit: Unit, village: Village) -> Reason:
        where = village.county or village.village_id
        return Reason(
            f"{unit.name or unit.unit_id} 与 {where}：{zh}",
            f"{unit.name or unit.unit_id} and {where}: {en}",
        )

    return EligibilityRule(f"condition.{name}", "1", zh, en, decide, explain)


def _is_outside_scope(unit: Unit, village: Village) -> bool:
    scope = unit.scope_counties
    if not scope and unit.tier == "county" and unit.county:
        scope = (unit.county,)
    return bool(scope) and bool(village.county) and village.county not in scope


RULES = (
    _require("credit_ok", "法人资信良好", "sound credit standing"),
    _require("scale_ok", "规模实力达标", "enough scale and strength"),
    _require("willing", "愿意参加", "willing to take part"),
    _require("influence_ok", "社会影响力", "social influence"),
    _refuse(
        "conflict",
        "需要回避",
        "conflict of interest",
        lambda unit, village: bool({village.village_id, village.county} & set(unit.conflicts)),
    ),
    _refuse(
        "refusal",
        "单位不愿到此帮扶",
        "the unit refuses this place",
        lambda unit, village: bool({village.village_id, village.county} & set(unit.refusals)),
    ),
    _refuse("scope", "不在帮扶范围内", "outside the unit's scope", _is_outside_scope),
)
