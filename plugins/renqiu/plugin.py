"""任丘市：石油服务、电线电缆、摩托车配件三条加分规则，和本市的帮扶方案模板。

Renqiu: three scoring rules (oilfield services, wire and cable, motorcycle parts), and the form in
which it wants its help plans.
"""

from collections.abc import Sequence
from pathlib import Path

from pairmatch.hooks import PlanTemplate, PluginInfo, ScoreRule, hookimpl

from .oil import oil_services
from .workshops import motorcycle_parts, wire_cable

PLUGIN = PluginInfo(
    name="renqiu",
    county="任丘市",
    version="1.1",
    label_zh="任丘市：石油服务和工业村",
    label_en="Renqiu: oilfield services and industrial villages",
)

TEMPLATES = Path(__file__).parent / "templates"


@hookimpl
def pairmatch_score_rules(county: str) -> Sequence[ScoreRule]:
    """Return the scoring rules of 任丘市."""
    return (oil_services, wire_cable, motorcycle_parts) if county == PLUGIN.county else ()


@hookimpl
def pairmatch_plan_templates(county: str) -> Sequence[PlanTemplate]:
    """Return the form of 任丘市's help plans."""
    if county != PLUGIN.county:
        return ()
    data = (TEMPLATES / "help_plan.docx").read_bytes()
    return (PlanTemplate("renqiu.help_plan", PLUGIN.county, "任丘市帮扶方案", "docx", data),)
