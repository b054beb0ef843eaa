"""The programme's conditions for a pair: hard yes or no, with the reason.

Conditions of the seed document, 二（三）2: ① 热心公益、法人资信良好 ② 有规模、实力和帮扶能力
③ 有影响力和带动力. A condition that is not filled in does not exclude; the check tells it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pairmatch.domain.candidates import BoolArray, Candidates, EligibilityRule, Reason, remember
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.tables import list_all_texts, list_ids


def _require(name: str, zh: str, en: str) -> EligibilityRule:
    """Return a rule that refuses every pair of a unit whose condition is answered no."""

    def find_fitting(candidates: Candidates) -> BoolArray:
        answers = list_all_texts(candidates.units.records, name)
        return np.array([answer is not False for answer in answers], dtype=np.bool_)

    def decide(candidates: Candidates) -> BoolArray:
        return remember(candidates, f"condition.{name}", find_fitting)[candidates.unit_idx]

    def explain(unit: Unit, village: Village) -> Reason:
        del village
        return Reason(
            f"{unit.name or unit.unit_id}：“{zh}”一栏填的是“否”",
            f"{unit.name or unit.unit_id}: the answer to '{en}' is no",
        )

    return EligibilityRule(f"condition.{name}", "1", zh, en, decide, explain)


def _refuse(name: str, zh: str, en: str, field: str, column: str) -> EligibilityRule:
    """Return a rule that refuses the villages and counties that a field of the unit names.

    The column of the field is told beside the reason.
    """
    stated = f"{zh}（写在单位表“{column}”一栏）"
    stated_en = f"{en} (stated in the column {field}, “{column}”, of the unit table)"

    def list_refused(candidates: Candidates) -> _Places:
        return _index_places(candidates, list_all_texts(candidates.units.records, field))

    def decide(candidates: Candidates) -> BoolArray:
        return ~remember(candidates, f"condition.{name}", list_refused).contain(candidates)

    def explain(unit: Unit, village: Village) -> Reason:
        is_village = village.village_id in getattr(unit, field)
        place = _name_village(village) if is_village else village.county
        return _explain_place(unit, place, stated, stated_en)

    return EligibilityRule(f"condition.{name}", "1", zh, en, decide, explain)


def _keep_in_scope(zh: str, en: str) -> EligibilityRule:
    """Return a rule that refuses villages of counties outside the unit's scope."""

    def list_scopes(candidates: Candidates) -> tuple[_Places, BoolArray, BoolArray]:
        units, villages = candidates.units.records, candidates.villages.records
        parts = (list_all_texts(units, part) for part in ("scope_counties", "tier", "county"))
        scopes = [_find_scope(*unit) for unit in zip(*parts, strict=True)]
        is_open = np.array([not scope for scope in scopes], dtype=np.bool_)
        counties = list_all_texts(villages, "county")
        placeless = np.array([not county for county in counties], dtype=np.bool_)
        return _index_places(candidates, scopes), is_open, placeless

    def decide(candidates: Candidates) -> BoolArray:
        scopes, is_open, placeless = remember(candidates, "condition.scope", list_scopes)
        allowed = is_open[candidates.unit_idx] | placeless[candidates.village_idx]
        return allowed | scopes.contain(candidates)

    def explain(unit: Unit, village: Village) -> Reason:
        return _explain_place(unit, village.county, zh, en)

    return EligibilityRule("condition.scope", "1", zh, en, decide, explain)


def _find_scope(scope: tuple[str, ...], tier: str, county: str) -> tuple[str, ...]:
    """Return the counties a unit may help in; none means everywhere."""
    return (county,) if not scope and tier == "county" and county else scope


@dataclass(frozen=True, slots=True)
class _Places:
    """Which villages and counties each unit names: rising numbers unit x places + place."""

    villages: IntArray
    counties: IntArray
    county_idx: IndexArray
    num_counties: int

    def contain(self, candidates: Candidates) -> BoolArray:
        """Return for each pair whether its unit names the village or its county."""
        if not len(self.villages) and not len(self.counties):
            return np.zeros(len(candidates), dtype=np.bool_)
        units, villages = candidates.unit_idx.astype(np.int64), candidates.village_idx
        in_county = units * self.num_counties + self.county_idx[villages]
        is_named = units * len(self.county_idx) + villages
        return _are_among(in_county, self.counties) | _are_among(is_named, self.villages)


def _are_among(numbers: IntArray, known: IntArray) -> BoolArray:
    if not len(known):
        return np.zeros(len(numbers), dtype=np.bool_)
    at = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    found: BoolArray = known[at] == numbers
    return found


def _index_places(candidates: Candidates, places: Sequence[tuple[str, ...]]) -> _Places:
    counties = list_all_texts(candidates.villages.records, "county")
    column = {county: c for c, county in enumerate(sorted(set(counties)))}
    rows = [(u, own) for u, own in enumerate(places) if own]
    villages = {id_: v for v, id_ in enumerate(list_ids(candidates.villages.records))}

    def number(index: Mapping[str, int]) -> IntArray:
        keys = {u * len(index) + index[p] for u, own in rows for p in own if p in index}
        return np.array(sorted(keys), dtype=np.int64)

    county_idx = np.array([column[county] for county in counties], dtype=np.int32)
    return _Places(number(villages), number(column), county_idx, len(column))


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
    _refuse("conflict", "需要回避", "conflict of interest", "conflicts", "回避对象"),
    _refuse("refusal", "单位不愿到此帮扶", "the unit refuses this place", "refusals", "不愿帮扶"),
    _keep_in_scope("不在帮扶范围内", "outside the unit's scope"),
)
