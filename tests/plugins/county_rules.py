"""The plugins that come with pairmatch, opened once, and single pairs for their rules."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from tests.score.score_cases import DEMO, list_candidates, make_inputs, read_demo

from pairmatch.domain.candidates import Candidates, EligibilityRule, ScoreRule
from pairmatch.domain.plugins import PluginOptions, PluginSource
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.domain.scenario import PluginsSection
from pairmatch.engine.scenarios import list_counties, make_plan_context
from pairmatch.hooks.manager import Plugins, open_plugins
from pairmatch.load.packs import read_pack
from pairmatch.load.plugins import find_plugins

COUNTIES = {
    "huanghua": "黄骅市",
    "mengcun": "孟村回族自治县",
    "nanpi": "南皮县",
    "renqiu": "任丘市",
}


class Ends(NamedTuple):
    """Points of a pair, and what they may be for all values of what is not known."""

    low: float
    points: float
    high: float


@cache
def find_sources() -> Mapping[str, PluginSource]:
    settings = PluginsSection(enable=tuple(COUNTIES))
    sources, findings = find_plugins(DEMO, settings, None)
    assert not findings
    return {source.name: source for source in sources if source.name in COUNTIES}


@cache
def open_all() -> Plugins:
    inputs = read_demo()
    sources = tuple(find_sources().values())
    counties, context = list_counties(inputs), make_plan_context(inputs)
    return open_plugins(sources, read_pack, counties, inputs.taxonomy, PluginOptions(), context)


def find_rule(rule_id: str) -> ScoreRule:
    return next(rule for rule in open_all().score_rules if rule.rule_id == rule_id)


def find_condition(rule_id: str) -> EligibilityRule:
    return next(rule for rule in open_all().eligibility_rules if rule.rule_id == rule_id)


def make_unit(industries: str = "", **capabilities: int) -> Unit:
    codes = tuple(filter(None, industries.split(" ")))
    return Unit("u", tier="city", industry_codes=codes, capabilities=capabilities)


def make_village(
    plugin: str, specialty: str | None = None, township: str = "某镇", **values: object
) -> Village:
    """Return a village of the plugin's county; a pair of numbers is a range that was answered."""
    given = values if specialty is None else {"ind_specialty": specialty, **values}
    indicators = {
        name: Reading(None, *value) if isinstance(value, tuple) else Reading(value)  # type: ignore[arg-type]
        for name, value in given.items()
    }
    return Village("v", county=COUNTIES[plugin], township=township, indicators=indicators)


def make_pair(unit: Unit, village: Village) -> Candidates:
    return list_candidates(make_inputs([unit], [village], read_demo().taxonomy))


def score(rule_id: str, unit: Unit, village: Village) -> tuple[Ends, str]:
    """Return the points of one pair and the reason in Chinese."""
    candidates = make_pair(unit, village)
    given = find_rule(rule_id).contribute(candidates, 800)
    steps = candidates.steps_per_point
    ends = Ends(*(int(array[0]) / steps for array in (given.low, given.points, given.high)))
    reason = given.reasons[0]
    assert reason.en
    return ends, reason.zh


def refuse(rule_id: str, unit: Unit, village: Village) -> str:
    """Return why a pair is refused, empty if it is not."""
    condition = find_condition(rule_id)
    if condition.decide(make_pair(unit, village))[0]:
        return ""
    return condition.explain(unit, village).zh
