"""结对条件：单位最拿手的事，村里样样都已经办好了，就把这家单位留给更需要的村。

A condition: where all a unit is best at is done already, the unit is left to other villages.
"""

from typing import NamedTuple

from pairmatch.hooks import Reason, Unit, Village, refuse_pairs

from .readings import find_number

BEST = 3  # 能力分 1、2、3 级，3 级是最拿手的


class Measure(NamedTuple):
    """What tells that a village no longer lacks something: at least so much of an indicator."""

    indicator_id: str
    name: str
    least: float


DONE = {
    "gas_heating": (Measure("heat_clean_share", "清洁取暖户占比", 95),),
    "network": (Measure("net_broadband_share", "宽带入户率", 90),),
    "digital": (Measure("net_platform", "数字乡村平台", 1),),
}
"""专做一样的能力，和看它办好没有的指标。"""


@refuse_pairs(
    rule_id="huanghua.idle_offer",
    version="1.0",
    label_zh="单位最拿手的事，村里都已办好，不结对",
    label_en="nothing is left to do of what the unit is best at",
    fields=(
        "village.heat_clean_share",
        "village.net_broadband_share",
        "village.net_platform",
        "capability.gas_heating",
        "capability.network",
        "capability.digital",
    ),
)
def idle_offer(unit: Unit, village: Village) -> Reason | None:
    """Refuse a pair if each of the unit's strongest capabilities meets nothing that is missing."""
    best = [name for name, level in sorted(unit.capabilities.items()) if level >= BEST]
    if not best or any(name not in DONE for name in best):
        return None
    found = []
    for measure in (measure for name in best for measure in DONE[name]):
        number = find_number(village, measure.indicator_id)
        # 没有填，不能说已经办好。
        if number is None or number < measure.least:
            return None
        shown = "已用上" if measure.indicator_id == "net_platform" else f"已到 {number:g}%"
        found.append(f"{measure.name}{shown}")
    return Reason(
        f"单位最拿手的只有这几样，而村里{'、'.join(found)}，都已办好",
        f"all it is best at is done already: {', '.join(best)}",
    )
