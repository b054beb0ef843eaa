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
    name: str, zh: str, en: str, list_places: Callable[[Unit], tuple[str, ...]]
) -> EligibilityRule:
    """Return a rule that refuses the villages and counties that `list_places` names."""

    def decide(candidates: Candidates) -> BoolArray:
        places = [list_places(unit) for unit in candidates.units.records]
        counties = _mark_counties(candidates, places)
        row = {village.village_id: v for v, village in enumerate(candidates.villages.records)}
        width = len(row)
        named = [u * width + row[p] for u, own in enumerate(places) for p in own if p in row]
        keys = candidates.unit_idx.astype(np.int64) * width + candidates.village_idx
        return ~(counties | np.isin(keys, np.array(named, dtype=np.int64)))

    def explain(unit: Unit, village: Village) -> Reason:
        is_village = village.village_id in list_places(unit)
        place = _name_village(village) if is_village else village.county
        return _explain_place(unit, place, zh, en)

    return EligibilityRule(f"condition.{name}", "1", zh, en, decide, explain)


def _keep_in_scope(zh: str, en: str) -> EligibilityRule:
    """Return a rule that refuses villages of counties outside the unit's scope."""

    def decide(candidates: Candidates) -> BoolArray:
        scopes = [_list_scope(unit) for unit in candidates.units.records]
        is_open = np.array([not scope for scope in scopes], dtype=np.bool_)
        placeless = np.array([not v.county for v in candidates.villages.records], dtype=np.bool_)
        inside = _mark_counties(candidates, scopes)
        return inside | is_open[candidates.unit_idx] | placeless[candidates.village_idx]

    def explain(unit: Unit, village: Village) -> Reason:
        return _explain_place(unit, village.county, zh, en)

    return EligibilityRule("condition.scope", "1", zh, en, decide, explain)


def _list_scope(unit: Unit) -> tuple[str, ...]:
    """Return the counties the unit may help in; none means everywhere."""
    if not unit.scope_counties and unit.tier == "county" and unit.county:
        return (unit.county,)
    return unit.scope_counties


def _mark_counties(candidates: Candidates, places: list[tuple[str, ...]]) -> BoolArray:
    """Return for each pair whether the village's county is among the places of its unit."""
    counties = [village.county for village in candidates.villages.records]
    column = {county: c for c, county in enumerate(sorted(set(counties)))}
    marks = np.zeros((len(places), len(column)), dtype=np.bool_)
    for u, own in enumerate(places):
        marks[u, [column[place] for place in own if place in column]] = True
    county_idx = np.array([column[county] for county in counties], dtype=np.int32)
    return marks[candidates.unit_idx, county_idx[candidates.village_idx]]


def _name_village(village: Village) -> str:
    if not village.name:
        return village.village_id
    return f"{village.county}{village.township}{village.name}"


def _explain_place(unit: Unit, place: str, zh: str, en: str) -> Reason:
    name = unit.name or unit.unit_id
    return Reason(f"{name}与{place}：{zh}", f"{name} and {place}: {en}")


RULES = (
    _require("credit_ok", "法人资信良好", "sound credit standing"),
    _require("scale_ok", "规模实力达标", "enough scale and strength"),
    _require("willing", "愿意参加", "willing to take part"),
    _require("influence_ok", "社会影响力", "social influence"),
    _refuse("conflict", "需要回避", "conflict of interest", lambda unit: unit.conflicts),
    _refuse(
        "refusal", "单位不愿到此帮扶", "the unit refuses this place", lambda unit: unit.refusals
    ),
    _keep_in_scope("不在帮扶范围内", "outside the unit's scope"),
)
