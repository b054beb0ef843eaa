"""目录里没有的两项措施：盐碱地排盐暗管、鲜枣和水产的冷藏保鲜设施。

Two actions that the catalogue lacks: drain pipes under saline land, and cold rooms for jujube and
fish. Costs and outcomes are assumptions, see README.md.
"""

from decimal import Decimal

from pairmatch.hooks import ActionType, Prerequisite

drain_pipes = ActionType(
    action_id="huanghua.drain_pipes",
    need_id="irrigation",
    name_zh="盐碱地改良排盐暗管",
    name_en="Drain pipes under saline land",
    unit="100亩",
    cost_low=Decimal(9),
    cost_typ=Decimal(14),
    cost_high=Decimal(22),
    duration_months=2,
    work_months=((3, 5), (10, 11)),  # 春播前、秋收后，地里没有庄稼
    outcome_indicator="irr_waterlogged_mu",
    outcome_per_unit=Decimal(-100),
    typical_qty=Decimal(1),
    max_qty=Decimal(8),
    upkeep_share=Decimal("0.02"),
    capabilities=("water_works", "machinery", "construction", "cash"),
    basis="assumption",
    version="1.0",
    author="黄骅市（演示）",
)

cold_store = ActionType(
    action_id="huanghua.cold_store",
    need_id="processing",
    name_zh="冬枣、水产冷藏保鲜设施",
    name_en="Cold rooms for jujube and fish",
    unit="50吨",
    cost_low=Decimal(10),
    cost_typ=Decimal(15),
    cost_high=Decimal(24),
    duration_months=3,
    work_months=((3, 8),),  # 九月采收、开海以前建好
    outcome_indicator="ind_storage_tonnes",
    outcome_per_unit=Decimal(50),
    typical_qty=Decimal(1),
    max_qty=Decimal(4),
    prerequisites=(
        Prerequisite("a11", measure="pow_kva_per_household", at_least=Decimal(2)),  # 先有电
    ),
    upkeep_share=Decimal("0.05"),
    capabilities=("processing", "construction", "credit", "cash"),
    basis="assumption",
    version="1.0",
    author="黄骅市（演示）",
)
