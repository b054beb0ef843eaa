"""两条一对一对写的规则：电线电缆村、摩托车配件村。

Two rules written pair by pair: villages of wire and cable, and of motorcycle parts.
"""

from pairmatch.hooks import Points, Unit, Village, score_pairs

from .readings import find_specialty, list_codes

CABLE, MOTORCYCLES = "wire_cable", "motorcycle_parts"
CABLE_MAKERS = ("38",)  # 电气机械和器材制造业
CABLE_BUYERS = ("44", "47", "48", "49")  # 电力、房屋建筑、土木工程、安装
VEHICLE_MAKERS = ("36", "37")  # 汽车、其他运输设备制造业
STRONG = 2  # 能力分 1、2、3 级，2 级以上算强
NOT_SAID = Points(0, "村里没有填主导特色产业，暂不加分", "specialty not filled in")


@score_pairs(
    rule_id="renqiu.wire_cable",
    version="1.0",
    label_zh="电线电缆村，优先配同行和用电缆多的单位",
    label_en="wire-and-cable villages: makers and buyers of cable first",
    spread="2.5",
    fields=("village.ind_specialty", "unit.industry_codes"),
)
def wire_cable(unit: Unit, village: Village) -> Points:
    """Return 2.5 points for makers of cable and 1.5 for those who buy much of it."""
    specialty = find_specialty(village)
    if specialty is None:
        return NOT_SAID
    if specialty != CABLE:
        return Points(0, "本村不以电线电缆为主，不加分", "not a village of wire and cable")
    if codes := list_codes(unit, CABLE_MAKERS):
        shown = "、".join(codes)
        return Points(2.5, f"电线电缆村，单位是同行（行业 {shown}）", f"same trade ({shown})")
    if codes := list_codes(unit, CABLE_BUYERS):
        shown = "、".join(codes)
        return Points(1.5, f"电线电缆村，单位用电缆多（行业 {shown}）", f"buys cable ({shown})")
    return Points(0, "电线电缆村，单位不做也不用电缆，不加分", "neither makes nor buys cable")


@score_pairs(
    rule_id="renqiu.motorcycle_parts",
    version="1.0",
    label_zh="摩托车配件村，优先配整车、外发加工和有销路的单位",
    label_en="motorcycle-part villages: vehicle makers, contract work and sales first",
    spread="2.5",
    fields=(
        "village.ind_specialty",
        "unit.industry_codes",
        "capability.workshop",
        "capability.retail_channel",
    ),
)
def motorcycle_parts(unit: Unit, village: Village) -> Points:
    """Return 2.5 points for vehicle makers, 2 for contract work, 1 for sales channels."""
    specialty = find_specialty(village)
    if specialty is None:
        return NOT_SAID
    if specialty != MOTORCYCLES:
        return Points(0, "本村不以摩托车配件为主，不加分", "not a village of motorcycle parts")
    if codes := list_codes(unit, VEHICLE_MAKERS):
        shown = "、".join(codes)
        return Points(2.5, f"摩托车配件村，单位造整车（行业 {shown}）", f"vehicle maker ({shown})")
    if (level := unit.capabilities.get("workshop", 0)) >= STRONG:
        return Points(
            2, f"摩托车配件村，单位能外发加工（{level} 级）", f"contract work (level {level})"
        )
    if (level := unit.capabilities.get("retail_channel", 0)) >= STRONG:
        return Points(
            1, f"摩托车配件村，单位有商超或电商（{level} 级）", f"sales channel (level {level})"
        )
    return Points(0, "摩托车配件村，单位帮不上这一行的忙，不加分", "no use to motorcycle parts")
