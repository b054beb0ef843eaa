"""Load one plugin into this process, check what it says about itself, and take in its rules."""

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import ModuleType
from typing import Any, TypeVar

import pluggy

from pairmatch.domain.actions import ActionType
from pairmatch.domain.candidates import Candidates, Contribution, EligibilityRule, ScoreRule
from pairmatch.domain.fields import list_fields
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.plantemplates import NO_CONTEXT, PlanContext, PlanTemplate
from pairmatch.domain.plugins import API_LEVEL, PLUGIN_NAME, PluginInfo, PluginSource
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.hooks import builtin
from pairmatch.hooks.authoring import MOST_POINTS
from pairmatch.hooks.containment import Containment, show_value
from pairmatch.hooks.plaindata import take_contribution, take_numbers, take_reason, take_texts
from pairmatch.hooks.planning import check_actions, check_templates
from pairmatch.hooks.specs import PROJECT, HookSpecs

Record = TypeVar("Record", ScoreRule, EligibilityRule, ActionType, PlanTemplate)

HOOK_NAMES = tuple(sorted(name for name in vars(HookSpecs) if name.startswith(f"{PROJECT}_")))
SCORE_HOOK, ELIGIBILITY_HOOK = "pairmatch_score_rules", "pairmatch_eligibility_rules"
ACTION_HOOK, TEMPLATE_HOOK = "pairmatch_actions", "pairmatch_plan_templates"
_WRONG_KINDS = {
    SCORE_HOOK: "hooks.not_rules",
    ELIGIBILITY_HOOK: "hooks.not_rules",
    ACTION_HOOK: "hooks.not_actions",
    TEMPLATE_HOOK: "hooks.not_templates",
}
BUILTIN = "builtin"
_ABROAD = ("", "–")
"""Counties that are none of the scenario: for these too a plugin may only answer with nothing."""


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """A loaded plugin: what it says about itself, its hooks, what they gave, and warnings."""

    info: PluginInfo
    hooks: tuple[str, ...]
    score_rules: tuple[ScoreRule, ...]
    eligibility_rules: tuple[EligibilityRule, ...]
    warnings: tuple[Finding, ...] = ()
    actions: tuple[ActionType, ...] = ()
    plan_templates: tuple[PlanTemplate, ...] = ()


def build_manager() -> pluggy.PluginManager:
    """Return a manager that knows the hooks and holds the built-in rules."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(HookSpecs)
    manager.register(builtin, BUILTIN)
    # Without this a misspelt hook would silently never be called.
    manager.check_pending()
    return manager


def call_hook(manager: pluggy.PluginManager, hook: str, plugin: str, county: str) -> object:
    """Return what one plugin answers; None if it has no such hook or answers nothing."""
    others = [
        other for name, other in manager.list_name_plugin() if name != plugin and other is not None
    ]
    # One at a time: pluggy joins all answers, dropping None, and then nobody knows whose is whose.
    answers = manager.subset_hook_caller(hook, others)(county=county)
    return answers[0] if answers else None


def load_plugin(
    manager: pluggy.PluginManager,
    source: PluginSource,
    open_source: Callable[[], object],
    counties: Sequence[str],
    taxonomy: Taxonomy,
    context: PlanContext = NO_CONTEXT,
) -> tuple[PluginFacts, Containment]:
    """Load a plugin, register it, and return its facts and what its code runs in.

    Parameters
    ----------
    manager
        The manager of this run.
    source
        Where the plugin lies.
    open_source
        Returns the plugin itself: a module or object with ``PLUGIN`` and hooks.
    counties
        The counties of the scenario.
    taxonomy
        The tables that the fields of rules come from, and what actions may name.
    context
        What its actions and templates are checked against.

    Raises
    ------
    PluginFaultError
        If the plugin cannot be loaded or breaks the contract; its findings say what and where.
    """
    containment = Containment(source)
    taking = _Taking(manager, containment, counties, taxonomy, context)
    # All of it: even an attribute of what a plugin returns may be code of the plugin.
    return containment.run(lambda: taking.take_in(open_source())), containment


@dataclass(frozen=True, slots=True)
class _Taking:
    """Takes a plugin in: all that it gives is checked and becomes plain records."""

    manager: pluggy.PluginManager
    containment: Containment
    counties: Sequence[str]
    taxonomy: Taxonomy
    context: PlanContext

    def take_in(self, plugin: object) -> PluginFacts:
        """Return the facts of a plugin."""
        contained = self.containment
        info = _check_info(contained, plugin, self.counties)
        contained.county = info.county
        hooks = _register(self.manager, contained, plugin)
        score = self._collect(SCORE_HOOK, ScoreRule, info)
        conditions = self._collect(ELIGIBILITY_HOOK, EligibilityRule, info)
        actions = self._collect(ACTION_HOOK, ActionType, info)
        templates = self._collect(TEMPLATE_HOOK, PlanTemplate, info)
        _check_ids(contained, (*score, *conditions, *actions, *templates), info)
        _check_rules(contained, (*score, *conditions), list_fields(self.taxonomy))
        known = self.context.action_ids
        return PluginFacts(
            info,
            hooks,
            tuple(_contain_score(contained, rule, info) for rule in score),
            tuple(_contain_eligibility(contained, rule, info) for rule in conditions),
            _warn_of_age(contained, info),
            check_actions(contained, actions, info, self.taxonomy, known),
            check_templates(contained, templates, info, self.context.check_template),
        )

    def _collect(self, hook: str, kind: type[Record], info: PluginInfo) -> tuple[Record, ...]:
        """Return what a plugin has for its county, sorted by id; it may have none for others."""
        contained, name = self.containment, self.containment.source.name
        callers = self.manager.get_hookcallers(self.manager.get_plugin(name)) or []
        if hook not in {caller.name for caller in callers}:
            return ()
        own: tuple[Record, ...] = ()
        elsewhere: list[str] = [c for c in (*_ABROAD, *self.counties) if c != info.county]
        for county in (info.county, *elsewhere):
            answer = call_hook(self.manager, hook, name, county)
            if answer is None:
                contained.refuse("hooks.answered_none", hook=hook, asked=county)
            if not isinstance(answer, tuple | list):
                contained.refuse(_WRONG_KINDS[hook], hook=hook, value=show_value(answer))
            for record in answer:
                if not isinstance(record, kind):
                    contained.refuse(_WRONG_KINDS[hook], hook=hook, value=show_value(record))
                if county != info.county or record.county not in ("", info.county):
                    abroad = record.county or county
                    contained.refuse("hooks.foreign_county", _name(record), abroad=abroad or "*")
            own = tuple(answer) if county == info.county else own
        return tuple(sorted(own, key=_name))


def open_module(source: PluginSource) -> object:
    """Import a Python plugin: its folder, afresh each time, or the entry point of a package."""
    if source.kind == "package":
        module_name, _, attribute = source.path.partition(":")
        found: object = importlib.import_module(module_name)
        for part in filter(None, attribute.split(".")):
            found = getattr(found, part)
        return found
    return _import_folder(source)


def _import_folder(source: PluginSource) -> ModuleType:
    name = f"pairmatch_plugin_{source.name}"
    for old in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
        del sys.modules[old]
    spec = importlib.util.spec_from_file_location(
        name, f"{source.path}/plugin.py", submodule_search_locations=[source.path]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{source.path}/plugin.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    wrote, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = wrote
    return module


def _check_info(containment: Containment, plugin: object, counties: Sequence[str]) -> PluginInfo:
    info = getattr(plugin, "PLUGIN", None)
    if not isinstance(info, PluginInfo):
        containment.refuse("hooks.no_info")
    texts = (info.name, info.county, info.version, info.label_zh, info.label_en)
    if not all(isinstance(text, str) for text in texts) or not isinstance(info.api, int):
        containment.refuse("hooks.bad_info")
    if not info.version or not info.county:
        containment.refuse("hooks.bad_info")
    if info.name != containment.source.name:
        containment.refuse("hooks.other_name", said=info.name)
    if info.api > API_LEVEL:
        containment.refuse("hooks.newer_api", wanted=str(info.api), known=str(API_LEVEL))
    if info.county not in counties:
        near = difflib.get_close_matches(info.county, counties, n=1, cutoff=0.0)
        containment.refuse("hooks.wrong_county", said=info.county, closest="".join(near) or "–")
    name, county, version, label_zh, label_en = take_texts(texts, info)
    return PluginInfo(name, county, version, label_zh, label_en, int(info.api))


def _warn_of_age(containment: Containment, info: PluginInfo) -> tuple[Finding, ...]:
    if info.api == API_LEVEL:
        return ()
    params = {"wanted": str(info.api), "known": str(API_LEVEL)}
    found = containment.describe_fault("hooks.older_api", **params)
    return (replace(found, severity=Severity.WARNING),)


def _register(
    manager: pluggy.PluginManager, containment: Containment, plugin: object
) -> tuple[str, ...]:
    """Register a plugin if all of its hooks are known ones, rightly marked and with known names."""
    name = containment.source.name
    marked = {hook for hook in dir(plugin) if manager.parse_hookimpl_opts(plugin, hook)}
    for hook in sorted(h for h in dir(plugin) if h.startswith(f"{PROJECT}_")):
        if hook not in HOOK_NAMES:
            near = difflib.get_close_matches(hook, HOOK_NAMES, n=1, cutoff=0.0)
            containment.refuse("hooks.unknown_hook", hook=hook, closest="".join(near))
        if hook not in marked:
            containment.refuse("hooks.unmarked_hook", hook=hook)
    try:
        manager.register(plugin, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        detail = str(error).replace("\n", " ")
        manager.unregister(name=name)
        containment.refuse("hooks.bad_hook", detail=detail)
    callers = manager.get_hookcallers(plugin) or []
    return tuple(sorted(caller.name for caller in callers))


def _check_ids(containment: Containment, records: Sequence[Any], info: PluginInfo) -> None:
    """Refuse ids that do not begin with the plugin's name, or that two of its records have."""
    seen = set()
    for record in records:
        name = _name(record)
        plugin, _, local = name.partition(".")
        if plugin != info.name or not PLUGIN_NAME.fullmatch(local):
            containment.refuse("hooks.bad_rule_id", name)
        if name in seen:
            containment.refuse("hooks.duplicate_rule", name)
        seen.add(name)


def _check_rules(
    containment: Containment,
    rules: Sequence[ScoreRule | EligibilityRule],
    fields: Mapping[str, object],
) -> None:
    for rule in rules:
        name = _name(rule)
        texts: tuple[Any, ...] = (rule.version, rule.label_zh, rule.label_en)
        if not all(isinstance(text, str) and text for text in texts):
            containment.refuse("hooks.no_label", name)
        for field in rule.fields:
            if field not in fields:
                near = difflib.get_close_matches(str(field), fields, n=1, cutoff=0.0)
                containment.refuse(
                    "hooks.unknown_field", name, field=str(field), closest="".join(near) or "–"
                )
        if isinstance(rule, ScoreRule) and not _is_spread(rule.spread):
            containment.refuse("hooks.bad_spread", name, spread=show_value(rule.spread))


def _is_spread(spread: object) -> bool:
    return isinstance(spread, Decimal) and spread.is_finite() and 0 <= spread <= MOST_POINTS


def _contain_score(containment: Containment, rule: ScoreRule, info: PluginInfo) -> ScoreRule:
    contribute = rule.contribute
    name, version, label_zh, label_en = _take_names(rule)

    # What it answers is taken over in here: its parts may be code of the plugin too.
    def ask(candidates: Candidates, spread: int) -> Contribution:
        return take_contribution(contribute(candidates, spread), len(candidates))

    return ScoreRule(
        name,
        version,
        label_zh,
        label_en,
        lambda c, spread: containment.run(lambda: ask(c, spread), name),
        fields=take_texts(rule.fields, rule),
        spread=rule.spread,
        plugin=info.name,
        county=info.county,
    )


def _contain_eligibility(
    containment: Containment, rule: EligibilityRule, info: PluginInfo
) -> EligibilityRule:
    decide, explain = rule.decide, rule.explain
    name, version, label_zh, label_en = _take_names(rule)
    return EligibilityRule(
        name,
        version,
        label_zh,
        label_en,
        lambda c: containment.run(lambda: take_numbers(decide(c)), name),
        lambda u, v: containment.run(lambda: take_reason(explain(u, v)), name),
        fields=take_texts(rule.fields, rule),
        plugin=info.name,
        county=info.county,
    )


def _take_names(rule: ScoreRule | EligibilityRule) -> tuple[str, str, str, str]:
    texts = (rule.rule_id, rule.version, rule.label_zh, rule.label_en)
    name, version, label_zh, label_en = take_texts(texts, rule)
    return name, version, label_zh, label_en


def _name(record: object) -> str:
    """Return the id of a rule, an action or a template."""
    if isinstance(record, ActionType):
        return str(record.action_id)
    if isinstance(record, PlanTemplate):
        return str(record.template_id)
    assert isinstance(record, ScoreRule | EligibilityRule)  # noqa: S101
    return str(record.rule_id)
