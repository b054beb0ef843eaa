"""Build the plugin manager for one run and collect the rules that plugins return."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import pluggy

from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.errors import PluginFaultError
from pairmatch.hooks import builtin
from pairmatch.hooks.specs import PROJECT, HookSpecs

_Rule = TypeVar("_Rule", ScoreRule, EligibilityRule)


def build_manager(plugins: Sequence[object] = ()) -> pluggy.PluginManager:
    """Return a manager with the built-in rules and the given plugins, each hook name checked.

    Raises
    ------
    PluginFaultError
        If a plugin has a hook that no specification knows, such as a misspelt one, or one with
        other arguments.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(HookSpecs)
    try:
        for plugin in (builtin, *plugins):
            manager.register(plugin)
        # Without this a misspelt hook would silently never be called.
        manager.check_pending()
    except pluggy.PluginValidationError as fault:
        raise PluginFaultError("hooks.unknown_hook", detail=str(fault)) from fault
    return manager


def collect_score_rules(manager: pluggy.PluginManager) -> tuple[ScoreRule, ...]:
    """Return all scoring rules of the city, sorted by id.

    Raises
    ------
    PluginFaultError
        If two rules have the same id.
    """
    answers: list[Sequence[ScoreRule]] = manager.hook.pairmatch_score_rules(county="")
    return _join_rules(answers)


def collect_eligibility_rules(manager: pluggy.PluginManager) -> tuple[EligibilityRule, ...]:
    """Return all eligibility rules of the city, sorted by id.

    Raises
    ------
    PluginFaultError
        If two rules have the same id.
    """
    answers: list[Sequence[EligibilityRule]] = manager.hook.pairmatch_eligibility_rules(county="")
    return _join_rules(answers)


def _join_rules(answers: Sequence[Sequence[_Rule]]) -> tuple[_Rule, ...]:
    rules = sorted((r for answer in answers for r in answer), key=lambda rule: rule.rule_id)
    for rule, following in pairwise(rules):
        if rule.rule_id == following.rule_id:
            raise PluginFaultError("hooks.duplicate_rule", rule=rule.rule_id)
    return tuple(rules)
