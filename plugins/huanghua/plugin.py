"""黄骅市：盐、渔、枣、盐碱地四条加分规则和一条结对条件。

Huanghua: four scoring rules (salt, fishery, winter jujube, saline land) and one condition.
"""

from collections.abc import Sequence

from pairmatch.hooks import EligibilityRule, PluginInfo, ScoreRule, hookimpl

from .land import jujube, saline_land
from .offers import idle_offer
from .sea import fishery, salt

PLUGIN = PluginInfo(
    name="huanghua",
    county="黄骅市",
    version="1.0",
    label_zh="黄骅市：盐渔枣田",
    label_en="Huanghua: salt, fishery, jujube and saline land",
)


@hookimpl
def pairmatch_score_rules(county: str) -> Sequence[ScoreRule]:
    """Return the scoring rules of 黄骅市."""
    return (salt, fishery, jujube, saline_land) if county == PLUGIN.county else ()


@hookimpl
def pairmatch_eligibility_rules(county: str) -> Sequence[EligibilityRule]:
    """Return the condition of 黄骅市."""
    return (idle_offer,) if county == PLUGIN.county else ()
