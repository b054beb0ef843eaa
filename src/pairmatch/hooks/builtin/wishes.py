"""Wishes: the unit's wished-for villages, and the village's three most wanted things."""

from collections.abc import Mapping

import numpy as np

from pairmatch.domain.candidates import FULL, Candidates, Contribution, FieldUse, Reason, ScoreRule
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.taxonomy import NeedType
from pairmatch.hooks.builtin.shares import contribute_shares, list_blocks

WISH_WEIGHTS = (3, 2, 1)
"""Weights of the village's wishes in their order."""


def contribute_wishes(candidates: Candidates, spread: int) -> Contribution:
    """Return half for the unit's wish and half for the village's wishes.

    The unit's half is whole for a village it names and half for a county it names; the village's
    half is the weighted supply of the needs it wishes for. A wish in free words names no need of
    the table, so it is shown but earns nothing.
    """
    point = (_match_unit_wishes(candidates) + _serve_village_wishes(candidates)) // 2
    return contribute_shares(point, point, point, spread, lambda k: _describe(candidates, k))


def rank_wishes(candidates: Candidates) -> tuple[IntArray, IntArray]:
    """Return how well each pair meets the unit's wish and the village's wishes; less is better.

    A unit's wish is met whole, by half or not at all; a village's by the weighted supply of the
    needs it wishes for. Whoever has no wish likes all pairs alike.
    """
    return -_match_unit_wishes(candidates), -_serve_village_wishes(candidates)


def _match_unit_wishes(candidates: Candidates) -> IntArray:
    villages = candidates.villages.records
    row = {village.village_id: v for v, village in enumerate(villages)}
    by_county: dict[str, list[int]] = {}
    for v, village in enumerate(villages):
        by_county.setdefault(village.county, []).append(v)
    half = np.zeros(len(candidates), dtype=np.int64)
    # Candidates are sorted by unit, so each unit's pairs are a slice.
    ends = np.searchsorted(candidates.unit_idx, np.arange(len(candidates.units.records) + 1))
    for u, unit in enumerate(candidates.units.records):
        if unit.wishes:
            grade = np.zeros(len(villages), dtype=np.int64)
            for wish in unit.wishes:
                grade[by_county.get(wish, [])] = FULL // 2
            grade[[row[wish] for wish in unit.wishes if wish in row]] = FULL
            pairs = slice(int(ends[u]), int(ends[u + 1]))
            half[pairs] = grade[candidates.village_idx[pairs]]
    return half


def _serve_village_wishes(candidates: Candidates) -> IntArray:
    weights = _weigh_village_wishes(candidates)
    half = np.zeros(len(candidates), dtype=np.int64)
    for block in list_blocks(len(candidates)):
        supply = candidates.units.supply[candidates.unit_idx[block]]
        half[block] = (supply * weights[candidates.village_idx[block]]).sum(axis=1)
    return half // sum(WISH_WEIGHTS)


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
    wishes_zh, wishes_en = _name_wishes(village, needs)
    hope_zh, hope_en = _name_unit_wish(unit, village)
    fields = (FieldUse("最想办的事", "village's wishes", wishes_zh, village.place.file, wishes_en),)
    return Reason(
        f"村里最想办的事：{wishes_zh}；{hope_zh}",
        f"the village wishes for: {wishes_en}; {hope_en}",
        fields,
    )


def _name_wishes(village: Village, needs: Mapping[str, NeedType]) -> tuple[str, str]:
    zh = [needs[wish].name_zh if wish in needs else f"“{wish}”" for wish in village.wishes]
    en = [needs[wish].name_en if wish in needs else f"“{wish}”" for wish in village.wishes]
    return "、".join(zh) or "没有填", ", ".join(en) or "none given"


def _name_unit_wish(unit: Unit, village: Village) -> tuple[str, str]:
    if not unit.wishes:
        return "单位没有填想去哪里", "the unit named no place"
    if village.village_id in unit.wishes:
        return "单位想来这个村", "the unit asked for this village"
    if village.county in unit.wishes:
        return f"单位想来{village.county}", f"the unit asked for {village.county}"
    return "单位填的是想去别处", "the unit asked for other places"


RULES = (ScoreRule("wishes", "1", "双方意愿", "wishes", contribute_wishes),)
