"""The plugin manager: names are checked, ids are unique, the order is by id."""

from types import SimpleNamespace

import pytest

from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.errors import PluginFaultError
from pairmatch.hooks.manager import (
    build_manager,
    collect_eligibility_rules,
    collect_score_rules,
)
from pairmatch.hooks.specs import HookSpecs, hookimpl
from pairmatch.messages import render


def _score_rule(rule_id):
    return ScoreRule(rule_id, "1", "", "", lambda _candidates, _spread: None)


def _condition(rule_id):
    return EligibilityRule(rule_id, "1", "", "", lambda _c: None, lambda _u, _v: None)


def _plugin(score=(), conditions=(), name="pairmatch_score_rules"):
    @hookimpl
    def pairmatch_score_rules(county):
        return score

    @hookimpl
    def pairmatch_eligibility_rules(county):
        return conditions

    plugin = SimpleNamespace(pairmatch_eligibility_rules=pairmatch_eligibility_rules)
    setattr(plugin, name, pairmatch_score_rules)
    return plugin


BUILTIN = [
    "continuity",
    "external_scores",
    "industry_affinity",
    "need_coverage",
    "proximity",
    "rotation",
    "scale_difficulty",
    "village_priority",
    "wishes",
]
CONDITIONS = ["conflict", "credit_ok", "influence_ok", "refusal", "scale_ok", "scope", "willing"]


def test_built_in_rules_come_through_the_same_hooks():
    manager = build_manager()
    assert [rule.rule_id for rule in collect_score_rules(manager)] == BUILTIN
    assert [rule.rule_id for rule in collect_eligibility_rules(manager)] == [
        f"condition.{name}" for name in CONDITIONS
    ]
    for rule in (*collect_score_rules(manager), *collect_eligibility_rules(manager)):
        assert rule.version
        assert rule.label_zh
        assert rule.label_en


def test_built_in_rules_are_the_citys_not_a_countys():
    manager = build_manager()
    assert manager.hook.pairmatch_score_rules(county="黄骅市") == [()]
    assert manager.hook.pairmatch_eligibility_rules(county="黄骅市") == [()]


def test_a_misspelt_hook_is_refused():
    with pytest.raises(PluginFaultError) as fault:
        build_manager([_plugin(name="pairmatch_scor_rules")])
    assert fault.value.code == "hooks.unknown_hook"
    assert fault.value.exit_code == 5
    for lang in ("zh", "en"):
        message = render(fault.value.code, fault.value.params, lang)
        assert "pairmatch_scor_rules" in message.text
        assert message.hint


def test_a_hook_with_arguments_that_do_not_exist_is_refused():
    @hookimpl
    def pairmatch_score_rules(countty):
        return ()

    with pytest.raises(PluginFaultError) as fault:
        build_manager([SimpleNamespace(pairmatch_score_rules=pairmatch_score_rules)])
    assert fault.value.code == "hooks.unknown_hook"
    assert "countty" in fault.value.params["detail"]


@pytest.mark.parametrize("twice", ["wishes", "huanghua.salt"])
def test_a_score_rule_id_belongs_to_one_plugin(twice):
    plugins = [_plugin([_score_rule(twice)]), _plugin([_score_rule("huanghua.salt")])]
    with pytest.raises(PluginFaultError) as fault:
        collect_score_rules(build_manager(plugins))
    assert fault.value.code == "hooks.duplicate_rule"
    assert fault.value.params["rule"] == min(twice, "huanghua.salt", key=lambda x: x != twice)


def test_a_condition_id_belongs_to_one_plugin():
    plugin = _plugin(conditions=[_condition("condition.willing")])
    with pytest.raises(PluginFaultError) as fault:
        collect_eligibility_rules(build_manager([plugin]))
    assert fault.value.params == {"rule": "condition.willing"}


def test_rules_are_in_the_order_of_their_ids_whatever_the_order_of_plugins():
    first = _plugin([_score_rule("zz"), _score_rule("aa")], [_condition("b.z"), _condition("b.a")])
    second = _plugin([_score_rule("mm")], [_condition("b.m")])
    found = []
    for plugins in ([first, second], [second, first]):
        manager = build_manager(plugins)
        score = [rule.rule_id for rule in collect_score_rules(manager)]
        conditions = [rule.rule_id for rule in collect_eligibility_rules(manager)]
        assert score == sorted([*BUILTIN, "aa", "mm", "zz"])
        assert conditions == sorted(conditions)
        found.append((score, conditions))
    assert found[0] == found[1]


def test_a_plugin_with_nothing_to_add_is_fine():
    manager = build_manager([_plugin(), _plugin(score=[], conditions=()), SimpleNamespace()])
    assert [rule.rule_id for rule in collect_score_rules(manager)] == BUILTIN
    assert len(collect_eligibility_rules(manager)) == len(CONDITIONS)


def test_managers_do_not_share_plugins():
    build_manager([_plugin([_score_rule("once")])])
    assert "once" not in [rule.rule_id for rule in collect_score_rules(build_manager())]


@pytest.mark.parametrize("name", ["pairmatch_score_rules", "pairmatch_eligibility_rules"])
def test_specifications_are_never_called_themselves(name):
    with pytest.raises(NotImplementedError):
        getattr(HookSpecs(), name)(county="")
