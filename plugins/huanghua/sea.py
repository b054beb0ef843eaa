"""海上的两条规则：海盐村、渔业村。

Two rules of the coast: villages of sea salt, and of fishery and swimming crab.
"""

from decimal import Decimal

import numpy as np

from pairmatch.hooks import (
    Candidates,
    CodedReasons,
    Contribution,
    Points,
    Reason,
    ScoreRule,
    Unit,
    Village,
    score_pairs,
)

from .readings import find_specialty, list_codes

SALT, FISHERY = "sea_salt", "marine_fishery"
SALT_TRADES = ("1030", "1494", "5125")  # 采盐、盐加工、盐及调味品批发
CHEMICALS = ("26",)  # 化学原料和化学制品制造业：盐化工
FISH_TRADES = ("04", "1361")  # 渔业、水产品冷冻加工
STORAGE = ("59",)  # 装卸搬运和仓储业：冷库
INSURANCE = ("6820",)  # 财产保险：渔船、渔港
STRONG = 2  # 能力分 1、2、3 级，2 级以上算强
COAST = frozenset({"南排河镇", "羊二庄镇"})  # 临海的乡镇（凭记忆，请县里核对）


@score_pairs(
    rule_id="huanghua.salt",
    version="1.0",
    label_zh="海盐村，优先配盐业和盐化工单位",
    label_en="sea-salt villages: salt and salt-chemical units first",
    spread="1.5",
    fields=("village.ind_specialty", "unit.industry_codes", "capability.salt_products"),
)
def salt(unit: Unit, village: Village) -> Points:
    """Return 2 points for salt makers and dealers, 1 for chemists, in villages of sea salt."""
    specialty = find_specialty(village)
    if specialty is None:
        return Points(0, "村里没有填主导特色产业，暂不加分", "specialty not filled in")
    if specialty != SALT:
        return Points(0, "本村不以海盐为主，不加分", "not a village of sea salt")
    if codes := list_codes(unit, SALT_TRADES):
        shown = "、".join(codes)
        return Points(
            2, f"海盐村，单位做盐的采、加工或销售（行业 {shown}）", f"salt trade ({shown})"
        )
    if codes := list_codes(unit, CHEMICALS):
        shown = "、".join(codes)
        return Points(1, f"海盐村，单位能用盐做化工原料（行业 {shown}）", f"chemicals ({shown})")
    if (level := unit.capabilities.get("salt_products", 0)) >= STRONG:
        return Points(
            1, f"海盐村，单位有盐及调味品物资（{level} 级）", f"salt goods (level {level})"
        )
    return Points(0, "海盐村，单位不做盐，不加分", "a salt village, no salt trade")


# 整列一起算的写法：先给每个单位、每个村各算一次，再按对子取数。
# Vectorised: once per unit and once per village, then looked up for every pair.

FISHERY_REASONS = (
    Reason("不是渔业村，不加分", "not a fishing village"),
    Reason("沿海村没有填主导特色产业，是不是渔业村不清楚，暂不加分", "specialty not filled in"),
    Reason("渔业村，单位在渔业上帮不上专门的忙，不加分", "fishing village, no use to fishery"),
    Reason("渔业村，单位做水产（行业 04 或 1361）", "fishing village, fish trade (04, 1361)"),
    Reason("渔业村，单位有冷库或加工能力（2 级以上）", "fishing village, cold chain"),
    Reason("渔业村，单位能保渔船渔港（行业 6820）", "fishing village, insurer of boats (6820)"),
    Reason("渔业村，单位有商超或电商（2 级以上），能卖梭子蟹", "fishing village, sales channel"),
)
NO_VILLAGE, NOT_SAID, NO_USE, FISH_TRADE, COLD_CHAIN, INSURER, CHANNEL = range(7)
HALF_POINTS = {NO_USE: 0, FISH_TRADE: 4, COLD_CHAIN: 3, INSURER: 2, CHANNEL: 2}


def _find_use(unit: Unit) -> int:
    """Return what a unit is to fishery, as the place of its reason."""
    if list_codes(unit, FISH_TRADES):
        return FISH_TRADE
    if list_codes(unit, STORAGE) or unit.capabilities.get("processing", 0) >= STRONG:
        return COLD_CHAIN
    if list_codes(unit, INSURANCE):
        return INSURER
    return CHANNEL if unit.capabilities.get("retail_channel", 0) >= STRONG else NO_USE


def _find_kind(village: Village) -> int:
    """Return whether a village fishes: yes (NO_USE stands for it), no, or not said."""
    specialty = find_specialty(village)
    if specialty is None:
        # 不靠海的村不会以出海捕捞为主；靠海而没有填的，两种可能都留着。
        return NOT_SAID if village.township in COAST or not village.township else NO_VILLAGE
    return NO_USE if specialty == FISHERY else NO_VILLAGE


def _score_fishery(candidates: Candidates, _spread: int) -> Contribution:
    """Return 2 points for fish trades, 1.5 for cold chains, 1 for insurers and sellers."""
    uses = np.array([_find_use(unit) for unit in candidates.units.records], dtype=np.int32)
    kinds = np.array([_find_kind(v) for v in candidates.villages.records], dtype=np.int32)
    steps = np.array([HALF_POINTS.get(use, 0) for use in uses.tolist()], dtype=np.int64)
    steps = steps * candidates.steps_per_point // 2
    kind, use = kinds[candidates.village_idx], uses[candidates.unit_idx]
    given = steps[candidates.unit_idx]
    points = np.where(kind == NO_USE, given, 0)
    # 没有填的村：按 0 分算，但最多可能得到渔业村的分。
    high = np.where(kind == NO_VILLAGE, 0, given)
    codes = np.where(kind == NO_USE, use, kind).astype(np.int32)
    return Contribution(points, points, high, CodedReasons(codes, FISHERY_REASONS))


fishery = ScoreRule(
    rule_id="huanghua.fishery",
    version="1.0",
    label_zh="渔业与梭子蟹村，优先配水产、冷链、渔船保险和销路",
    label_en="fishing villages: fish trades, cold chain, insurance and sales first",
    contribute=_score_fishery,
    fields=(
        "village.ind_specialty",
        "village.township",
        "unit.industry_codes",
        "capability.processing",
        "capability.retail_channel",
    ),
    spread=Decimal(2),
)
