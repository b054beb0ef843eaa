"""All plugins of one run: each loaded on its own, its faults kept apart, its rules labelled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pairmatch.domain.actions import ActionType
from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.packs import RulePack
from pairmatch.domain.personal import mask_finding
from pairmatch.domain.plantemplates import NO_CONTEXT, PlanContext, PlanTemplate
from pairmatch.domain.plugins import PluginInfo, PluginOptions, PluginSource, PluginState
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.errors import PluginFaultError
from pairmatch.hooks.containment import Containment
from pairmatch.hooks.isolation import IsolatedPlugin
from pairmatch.hooks.loading import (
    BUILTIN,
    ELIGIBILITY_HOOK,
    SCORE_HOOK,
    PluginFacts,
    build_manager,
    call_hook,
    load_plugin,
    open_module,
)
from pairmatch.hooks.packs.compilation import compile_pack
from pairmatch.hooks.packs.rules import CompiledPack
from pairmatch.hooks.specs import hookimpl

ReadPack = Callable[[PluginSource], tuple[RulePack | None, tuple[Finding, ...]]]


@dataclass(slots=True)
class Plugins:
    """The rules of a run and what became of each plugin; a context that ends child processes.

    `score_rules` and `eligibility_rules` hold the built-in ones and those of plugins, sorted by
    id; `actions` and `plan_templates` those of plugins. `states` is sorted by name; `findings` are
    the faults (errors) and warnings.
    """

    score_rules: tuple[ScoreRule, ...]
    eligibility_rules: tuple[EligibilityRule, ...]
    actions: tuple[ActionType, ...]
    plan_templates: tuple[PlanTemplate, ...]
    states: tuple[PluginState, ...]
    findings: tuple[Finding, ...]
    _containments: Mapping[str, Containment]
    _close: Callable[[], None]

    def __enter__(self) -> "Plugins":
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    def leave_out(self, faults: Sequence[Finding]) -> None:
        """Go on without the plugins that the faults name."""
        by_plugin = {fault.params["plugin"]: fault for fault in reversed(faults)}
        self.score_rules = tuple(r for r in self.score_rules if r.plugin not in by_plugin)
        self.eligibility_rules = tuple(
            r for r in self.eligibility_rules if r.plugin not in by_plugin
        )
        self.actions = tuple(a for a in self.actions if a.plugin not in by_plugin)
        self.plan_templates = tuple(t for t in self.plan_templates if t.plugin not in by_plugin)
        states = [
            replace(s, state="broken", why=by_plugin[s.name].code, params=by_plugin[s.name].params)
            if s.name in by_plugin and (s.state != "off" or s.why == "plugins.off_same_name")
            else s
            for s in self.states
        ]
        # Those that were wanted and could not even be found are left out as well.
        named = {state.name for state in states if state.state == "broken"}
        states += [name_broken(f) for name, f in by_plugin.items() if name not in named]
        self.states = tuple(sorted(states, key=lambda state: (state.name, state.origin)))

    @property
    def absent(self) -> tuple[str, ...]:
        """The plugins that were found but take no part."""
        active = {state.name for state in self.states if state.state == "on"}
        return tuple(state.name for state in self.states if state.name not in active)

    @property
    def seconds(self) -> dict[str, float]:
        """How long each plugin's code has taken so far, by its name."""
        return {name: c.seconds for name, c in sorted(self._containments.items())}


def collect_builtin_rules() -> tuple[ScoreRule, ...]:
    """Return the built-in scoring rules, sorted by id."""
    answer = call_hook(build_manager(), SCORE_HOOK, BUILTIN, "")
    assert isinstance(answer, tuple)  # noqa: S101 - our own
    return tuple(sorted(answer, key=lambda rule: rule.rule_id))


def collect_builtin_conditions() -> tuple[EligibilityRule, ...]:
    """Return the built-in conditions, sorted by id."""
    answer = call_hook(build_manager(), ELIGIBILITY_HOOK, BUILTIN, "")
    assert isinstance(answer, tuple)  # noqa: S101 - our own
    return tuple(sorted(answer, key=lambda rule: rule.rule_id))


def open_plugins(
    sources: Sequence[PluginSource],
    read_pack: ReadPack,
    counties: Sequence[str],
    taxonomy: Taxonomy,
    options: PluginOptions,
    context: PlanContext = NO_CONTEXT,
) -> Plugins:
    """Load all plugins that are on; what is wrong with one keeps no other from running.

    Parameters
    ----------
    sources
        All plugins that were found, sorted by name.
    read_pack
        Reads the rule pack of a source.
    counties
        The counties of the scenario; every plugin belongs to one of them.
    taxonomy
        The tables that the fields of rules come from.
    options
        Whether each plugin gets a process of its own, with which limits.
    context
        What actions and templates of plugins are checked against.
    """
    opening = _Opening(read_pack, tuple(counties), taxonomy, options, context)
    try:
        opening.start(sources)
        states = tuple(opening.open(source) for source in sources)
    except BaseException:
        opening.close()
        raise
    facts = opening.facts
    score_rules = [*collect_builtin_rules(), *(r for f in facts for r in f.score_rules)]
    conditions = [*collect_builtin_conditions(), *(r for f in facts for r in f.eligibility_rules)]
    return Plugins(
        tuple(sorted(score_rules, key=lambda rule: rule.rule_id)),
        tuple(sorted(conditions, key=lambda rule: rule.rule_id)),
        tuple(sorted((a for f in facts for a in f.actions), key=lambda a: a.action_id)),
        tuple(sorted((t for f in facts for t in f.plan_templates), key=lambda t: t.template_id)),
        states,
        tuple(opening.findings),
        opening.containments,
        opening.close,
    )


def name_broken(fault: Finding) -> PluginState:
    """Return the state of a plugin of which nothing is known but what is wrong with it."""
    origin = fault.params.get("origin", fault.place.file)
    return PluginState(
        fault.params["plugin"], "python", origin, "", "broken", fault.code, fault.params
    )


class _PackPlugin:
    """A compiled rule pack as a plugin: the same hooks as one in Python."""

    def __init__(self, info: PluginInfo, compiled: CompiledPack) -> None:
        self.PLUGIN = info
        self._compiled = compiled

    @hookimpl
    def pairmatch_score_rules(self, county: str) -> tuple[ScoreRule, ...]:
        """Return the pack's scoring rules."""
        return self._compiled.score_rules if county == self.PLUGIN.county else ()

    @hookimpl
    def pairmatch_eligibility_rules(self, county: str) -> tuple[EligibilityRule, ...]:
        """Return the pack's conditions."""
        return self._compiled.eligibility_rules if county == self.PLUGIN.county else ()


class _Opening:
    """Loads one plugin after the other and keeps what comes of it."""

    def __init__(
        self,
        read_pack: ReadPack,
        counties: tuple[str, ...],
        taxonomy: Taxonomy,
        options: PluginOptions,
        context: PlanContext,
    ) -> None:
        self._read_pack, self._counties = read_pack, counties
        self._taxonomy, self._options, self._context = taxonomy, options, context
        self._manager = build_manager()
        self._children: dict[str, IsolatedPlugin] = {}
        self._infos: dict[str, PluginInfo] = {}
        self.facts: list[PluginFacts] = []
        self.findings: list[Finding] = []
        self.containments: dict[str, Containment] = {}

    def close(self) -> None:
        """End all child processes."""
        for child in self._children.values():
            child.close()

    def start(self, sources: Sequence[PluginSource]) -> None:
        """Begin the processes of all isolated plugins, side by side."""
        for source in sources:
            # Packs are data: they never run code, wherever they are.
            if self._options.isolate and source.is_on and source.kind != "pack":
                self._children[source.name] = IsolatedPlugin(source, self._options)
                self._children[source.name].start()

    def open(self, source: PluginSource) -> PluginState:
        """Load a plugin, if it is on, and return what became of it."""
        state = PluginState(
            source.name, source.kind, source.origin, source.digest, "off", source.why
        )
        if not source.is_on:
            return state
        try:
            facts, containment = self._load(source)
        except PluginFaultError as error:
            self.findings += error.findings
            first = mask_finding(error.findings[0])
            broken = replace(state, state="broken", why=first.code, params=first.params)
            return (
                _add_info(broken, self._infos[source.name])
                if source.name in self._infos
                else broken
            )
        self.facts.append(facts)
        self.findings += facts.warnings
        self.containments[source.name] = containment
        return _add_facts(replace(state, state="on"), facts)

    def _load(self, source: PluginSource) -> tuple[PluginFacts, Containment]:
        if source.kind != "pack" and source.name in self._children:
            child = self._children[source.name]
            return child.open(self._counties, self._taxonomy, self._context)
        pack = self._compile(source) if source.kind == "pack" else None
        return load_plugin(
            self._manager,
            source,
            lambda: pack or open_module(source),
            self._counties,
            self._taxonomy,
            self._context,
        )

    def _compile(self, source: PluginSource) -> _PackPlugin:
        """Return a rule pack as a plugin; a pack is data, and runs in this process."""
        pack, findings = self._read_pack(source)
        compiled = None
        if pack is not None:
            self._infos[source.name] = pack.info
            compiled, found = compile_pack(pack, self._taxonomy)
            findings = (*findings, *found)
        named = [replace(f, params={"plugin": source.name, **f.params}) for f in findings]
        errors = [finding for finding in named if finding.severity is Severity.ERROR]
        if pack is None or compiled is None or errors:
            raise PluginFaultError("hooks.broken_plugin", errors, plugin=source.name)
        self.findings += named
        return _PackPlugin(pack.info, compiled)


def _add_facts(state: PluginState, facts: PluginFacts) -> PluginState:
    names = [rule.rule_id for rule in facts.score_rules]
    names += [rule.rule_id for rule in facts.eligibility_rules]
    offers = [action.action_id for action in facts.actions]
    offers += [template.template_id for template in facts.plan_templates]
    known = _add_info(state, facts.info)
    return replace(known, hooks=facts.hooks, rules=tuple(names), offers=tuple(offers))


def _add_info(state: PluginState, info: PluginInfo) -> PluginState:
    return replace(
        state,
        county=info.county,
        version=info.version,
        label_zh=info.label_zh,
        label_en=info.label_en,
    )
