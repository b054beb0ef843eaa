"""Build the plugin manager for one run and collect the rules that plugins return."""

from collections.abc import Sequence

import pluggy

from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.errors import PluginFaultError
from pairmatch.hooks import builtin
from pairmatch.hooks.specs import PROJECT, HookSpecs


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
    """Return all scoring rules of the city, sorted by id."""
    answers: list[Sequence[ScoreRule]] = manager.hook.pairmatch_score_rules(county="")
    rules = [rule for answer in answers for rule in answer]
    _refuse_duplicates([rule.rule_id for rule in rules])
    return tuple(sorted(rules, key=lambda rule: rule.rule_id))


def collect_eligibility_rules(manager: pluggy.PluginManager) -> tuple[EligibilityRule, ...]:
    """Return all eligibility rules of the city, sorted by id."""
    answers: list[Sequence[EligibilityRule]] = manager.hook.pairmatch_eligibility_rules(county="")
    rules = [rule for answer in answers for rule in answer]
    _refuse_duplicates([rule.rule_id for rule in rules])
    return tuple(sorted(rules, key=lambda rule: rule.rule_id))


def _refuse_duplicates(rule_ids: Sequence[str]) -> None:
    for rule_id in sorted(set(rule_ids)):
        if rule_ids.count(rule_id) > 1:
            raise PluginFaultError("hooks.duplicate_rule", rule=rule_id)
