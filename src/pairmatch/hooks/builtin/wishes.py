"""Wishes: the unit's wished-for villages, and the village's three most wanted things."""

import numpy as np

from pairmatch.domain.candidates import FULL, Candidates, Contribution, FieldUse, Reason, ScoreRule
from pairmatch.domain.inputs import IntArray
from pairmatch.hooks.builtin.shares import contribute_shares

WISH_WEIGHTS = (3, 2, 1)
"""Weights of the village's wishes in their order."""


def contribute_wishes(candidates: Candidates, spread: int) -> Contribution:
    """Return half for the unit's wish and half for the village's wishes.

    The unit's half is whole for a village it names and half for a county it names; the village's
    half is the weighted supply of the needs it wishes for.
    """
    unit_half = _match_unit_wishes(candidates)
    weights = _weigh_village_wishes(candidates)
    supply = candidates.units.supply[candidates.unit_idx]
    village_half = (supply * weights[candidates.village_idx]).sum(axis=1) // sum(WISH_WEIGHTS)
    point: IntArray = (unit_half + village_half) // 2
    return contribute_shares(point, point, point, spread, lambda k: _describe(candidates, k))


def _match_unit_wishes(candidates: Candidates) -> IntArray:
    villages = candidates.villages.records
    half = np.zeros(len(candidates), dtype=np.int64)
    for u, unit in enumerate(candidates.units.records):
        if unit.wishes:
            pairs = candidates.unit_idx == u
            half[pairs] = [
                _match_wish(unit.wishes, villages[v].village_id, villages[v].county)
                for v in candidates.village_idx[pairs].tolist()
            ]
    return half


def _match_wish(wishes: tuple[str, ...], village_id: str, county: str) -> int:
    if village_id in wishes:
        return FULL
    return FULL // 2 if county in wishes else 0


def _weigh_village_wishes(candidates: Candidates) -> IntArray:
    needs = candidates.background.taxonomy.needs
    column = {need.need_id: k for k, need in enumerate(needs)}
    weights = np.zeros((len(candidates.villages.records), len(needs)), dtype=np.int64)
    for row, village in enumerate(candidates.villages.records):
        for wish, weight in zip(village.wishes, WISH_WEIGHTS, strict=False):
            if wish in column:
                weights[row, column[wish]] += weight
    return weights


def _describe(candidates: Candidates, k: int) -> Reason:
    unit = candidates.units.records[int(candidates.unit_idx[k])]
    village = candidates.villages.records[int(candidates.village_idx[k])]
    needs = {need.need_id: need for need in candidates.background.taxonomy.needs}
    wished = [needs[wish] for wish in village.wishes if wish in needs]
    zh = "、".join(need.name_zh for need in wished) or "未填"
    en = ", ".join(need.name_en for need in wished) or "none given"
    named = village.village_id in unit.wishes or village.county in unit.wishes
    fields = (FieldUse("最想办的事", "village's wishes", zh, village.place.file),)
    return Reason(
        f"村里最想办：{zh}；单位{'有' if named else '没有'}来这里的意愿",
        f"the village wishes for {en}; the unit {'wished' if named else 'did not ask'} to come here",
        fields,
    )


RULES = (ScoreRule("wishes", "1", "双方意愿", "wishes", contribute_wishes),)
