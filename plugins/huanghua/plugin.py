"""黄骅市：盐、渔、枣、盐碱地四条加分规则，一条结对条件，两项本市自己的措施。

Huanghua: four scoring rules (salt, fishery, winter jujube, saline land), one condition and two
actions of its own.
"""

from collections.abc import Sequence

from pairmatch.hooks import ActionType, EligibilityRule, PluginInfo, ScoreRule, hookimpl

from .land import jujube, saline_land
from .offers import idle_offer
from .sea import fishery, salt
from .works import cold_store, drain_pipes

PLUGIN = PluginInfo(
    name="huanghua",
    county="黄骅市",
    version="1.1",
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


@hookimpl
def pairmatch_actions(county: str) -> Sequence[ActionType]:
    """Return what else can be done in the villages of 黄骅市."""
    return (cold_store, drain_pipes) if county == PLUGIN.county else ()
