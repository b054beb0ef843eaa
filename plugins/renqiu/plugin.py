"""任丘市：石油服务、电线电缆、摩托车配件三条加分规则。

Renqiu: three scoring rules (oilfield services, wire and cable, motorcycle parts).
"""

from collections.abc import Sequence

from pairmatch.hooks import PluginInfo, ScoreRule, hookimpl

from .oil import oil_services
from .workshops import motorcycle_parts, wire_cable

PLUGIN = PluginInfo(
    name="renqiu",
    county="任丘市",
    version="1.0",
    label_zh="任丘市：石油服务和工业村",
    label_en="Renqiu: oilfield services and industrial villages",
)


@hookimpl
def pairmatch_score_rules(county: str) -> Sequence[ScoreRule]:
    """Return the scoring rules of 任丘市."""
    return (oil_services, wire_cable, motorcycle_parts) if county == PLUGIN.county else ()
