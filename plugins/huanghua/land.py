"""田里的两条规则：冬枣村、盐碱地多的村。

Two rules of the land: villages of winter jujube, and villages with much saline land.
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

from .readings import find_number, find_range, find_specialty, list_codes

JUJUBE = "winter_jujube"
FRUIT_TRADES = ("1373", "5123", "59")  # 水果加工、果蔬批发、仓储
ENOUGH_TONNES = 200  # 冷藏 200 吨以上，指标表里算“不缺”
MOST_FOR_COLD = Decimal("1.5")
STRONG = 2  # 能力分 1、2、3 级，2 级以上算强


@score_pairs(
    rule_id="huanghua.jujube",
    version="1.0",
    label_zh="冬枣村，九、十月采收，优先配冷链和销路",
    label_en="winter-jujube villages (harvest September, October): cold chain and sales first",
    spread="2.5",
    fields=(
        "village.ind_specialty",
        "village.ind_storage_tonnes",
        "unit.industry_codes",
        "capability.processing",
        "capability.retail_channel",
        "capability.contract_farming",
    ),
)
def jujube(unit: Unit, village: Village) -> Points:
    """Return up to 1.5 points for the cold chain a village lacks, and 1 for sales in the season."""
    specialty = find_specialty(village)
    if specialty is None:
        return Points(0, "村里没有填主导特色产业，暂不加分", "specialty not filled in")
    if specialty != JUJUBE:
        return Points(0, "本村不以冬枣为主，不加分", "not a village of winter jujube")
    cold, cold_zh = _score_cold_chain(unit, village)
    sales, sales_zh = _score_sales(unit)
    english = f"cold chain {cold:.2f}, sales {sales}"
    return Points(cold + sales, f"冬枣村：{cold_zh}；{sales_zh}", english)


def _score_cold_chain(unit: Unit, village: Village) -> tuple[Decimal, str]:
    """Return the more points the less cold storage there is: none of it is 1.5, 200 t is 0."""
    tonnes = find_number(village, "ind_storage_tonnes")
    level = unit.capabilities.get("processing", 0)
    if level < STRONG and not list_codes(unit, FRUIT_TRADES):
        return Decimal(0), f"单位没有冷链（加工与冷链 {level} 级）"
    if tonnes is None:
        return Decimal(0), "冷库有多少吨没有填，冷链暂不加分"
    if tonnes >= ENOUGH_TONNES:
        return Decimal(0), f"冷库已有 {tonnes:g} 吨，不缺冷链"
    missing = ENOUGH_TONNES - Decimal(f"{tonnes:g}")
    points = MOST_FOR_COLD * missing / ENOUGH_TONNES
    return points, f"冷库有 {tonnes:g} 吨、还差 {missing} 吨，单位有冷链，加 {points:.2f} 分"


def _score_sales(unit: Unit) -> tuple[int, str]:
    channel = unit.capabilities.get("retail_channel", 0)
    contract = unit.capabilities.get("contract_farming", 0)
    shown = f"商超电商 {channel} 级、订单 {contract} 级"
    if max(channel, contract) >= STRONG:
        return 1, f"采收季能卖（{shown}），加 1 分"
    return 0, f"销路不强（{shown}）"


# 整列一起算的写法：先给每个单位、每个村各取一次数，再按对子相乘。
# Vectorised: numbers once per unit and once per village, then multiplied for every pair.

MOST_POINTS = 2
FULL_SHARE, TOP_LEVEL = 100, 3
LEVELS = range(TOP_LEVEL + 1)


def _score_saline_land(candidates: Candidates, _spread: int) -> Contribution:
    """Return share of saline land x level / 3 x 2 points, between its bounds where unknown."""
    units, villages = candidates.units.records, candidates.villages.records
    levels = np.array([_find_level(unit) for unit in units], dtype=np.int64)
    ends = np.array(
        [find_range(village, "bas_saline_share", 0, FULL_SHARE) for village in villages],
        dtype=np.float64,
    ).reshape(-1, 2)
    level, village_idx = levels[candidates.unit_idx], candidates.village_idx
    most = MOST_POINTS * candidates.steps_per_point
    exact = ends[village_idx] * level[:, None] * most / (FULL_SHARE * TOP_LEVEL)
    low, high = np.floor(exact + 0.5).astype(np.int64).T
    # 没有填的村：按 0 分算，但最多可能得到占比 100% 的分。
    points = np.where(ends[village_idx, 0] == ends[village_idx, 1], low, 0)
    table = tuple(_explain_saline(share, at) for share in ends.tolist() for at in LEVELS)
    codes = (village_idx * len(LEVELS) + level).astype(np.int32)
    return Contribution(points, np.minimum(low, points), high, CodedReasons(codes, table))


def _find_level(unit: Unit) -> int:
    return max(unit.capabilities.get("water_works", 0), unit.capabilities.get("agri_tech", 0))


def _explain_saline(ends: list[float], level: int) -> Reason:
    share, most = ends
    if not level:
        return Reason("单位没有供水灌排和种苗农技能力，不加分", "no water works, no farm advice")
    if share < most:
        return Reason("盐碱地占比没有填，或只填了范围，暂不加分", "share of saline land not known")
    return Reason(
        f"盐碱地占比 {share:g}%，单位治水或农技能力 {level} 级，占比乘级别，满 100%、3 级得 2 分",
        f"{share:g}% saline land times level {level} of water works or farm advice",
    )


saline_land = ScoreRule(
    rule_id="huanghua.saline_land",
    version="1.0",
    label_zh="盐碱地多的村，优先配能治水、懂农技的单位",
    label_en="villages with much saline land: water works and farm advice first",
    contribute=_score_saline_land,
    fields=("village.bas_saline_share", "capability.water_works", "capability.agri_tech"),
    spread=Decimal(2),
)
