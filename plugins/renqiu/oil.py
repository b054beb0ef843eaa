"""石油服务村：优先配石油、管道、装备单位，其次配能培训技工的单位。

Villages of oilfield services: oil, pipeline and equipment units, then those that train workers.
"""

from decimal import Decimal

import numpy as np

from pairmatch.hooks import Candidates, CodedReasons, Contribution, Reason, ScoreRule, Unit

from .readings import find_specialty, list_codes

OIL = "oil_gas_services"
OIL_TRADES = ("07", "11", "57")  # 油气开采、开采辅助、管道运输
EQUIPMENT = ("3352", "35", "43")  # 管道零件、专用设备、设备修理
STRONG = 2  # 能力分 1、2、3 级，2 级以上算强

REASONS = (
    Reason("本村不以石油服务为主，不加分", "not a village of oilfield services"),
    Reason("村里没有填主导特色产业，暂不加分；要是石油服务村，会按单位给分", "not filled in"),
    Reason("石油服务村，单位在油田活计上帮不上专门的忙，不加分", "no use to oilfield services"),
    Reason("石油服务村，单位做油气开采、开采辅助或管道运输（行业 07、11、57）", "oil trade"),
    Reason("石油服务村，单位做管道零件、专用设备或修理（行业 3352、35、43）", "equipment maker"),
    Reason(
        "石油服务村，单位能培训技工（2 级以上），电焊、电工持证才能进油田干活",
        "trains workers (level 2 or 3): welders and electricians need certificates",
    ),
    Reason(
        "石油服务村，单位有工程机械台班（2 级以上），能同村里车队一起干", "machines, level 2 or 3"
    ),
    Reason("石油服务村，单位能用工（就业岗位 2 级以上）", "offers jobs (level 2 or 3)"),
)
NO_VILLAGE, NOT_SAID, NO_USE, OIL_TRADE, EQUIPPED, TRAINER, MACHINES, EMPLOYER = range(8)
HALF_POINTS = {OIL_TRADE: 6, EQUIPPED: 5, TRAINER: 4, MACHINES: 3, EMPLOYER: 2}
CAPABILITIES = (("skills_training", TRAINER), ("machinery", MACHINES), ("jobs", EMPLOYER))


def _find_use(unit: Unit) -> int:
    """Return what a unit is to oilfield services, as the place of its reason."""
    if list_codes(unit, OIL_TRADES):
        return OIL_TRADE
    if list_codes(unit, EQUIPMENT):
        return EQUIPPED
    strong = (use for name, use in CAPABILITIES if unit.capabilities.get(name, 0) >= STRONG)
    return next(strong, NO_USE)


def _score_oil_services(candidates: Candidates, _spread: int) -> Contribution:
    """Return 3 points for oil trades, 2.5 for equipment, 2 for trainers and less for others."""
    kinds = np.array(
        [
            {OIL: NO_USE, None: NOT_SAID}.get(find_specialty(village), NO_VILLAGE)
            for village in candidates.villages.records
        ],
        dtype=np.int32,
    )[candidates.village_idx]
    uses = [_find_use(unit) for unit in candidates.units.records]
    half_points = np.array([HALF_POINTS.get(use, 0) for use in uses], dtype=np.int64)
    given = (half_points * candidates.steps_per_point // 2)[candidates.unit_idx]
    use = np.array(uses, dtype=np.int32)[candidates.unit_idx]
    points = np.where(kinds == NO_USE, given, 0)
    # 没有填的村：按 0 分算，但最多可能得到石油服务村的分。
    high = np.where(kinds == NO_VILLAGE, 0, given)
    codes = np.where(kinds == NO_USE, use, kinds).astype(np.int32)
    return Contribution(points, points, high, CodedReasons(codes, REASONS))


oil_services = ScoreRule(
    rule_id="renqiu.oil_services",
    version="1.0",
    label_zh="石油服务村，优先配石油、管道、装备和能培训技工的单位",
    label_en="oilfield-service villages: oil, pipeline, equipment and training units first",
    contribute=_score_oil_services,
    fields=(
        "village.ind_specialty",
        "unit.industry_codes",
        "capability.skills_training",
        "capability.machinery",
        "capability.jobs",
    ),
    spread=Decimal(3),
)
