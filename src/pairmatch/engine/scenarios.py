"""A scenario opened for work: its inputs read and checked, its plugins loaded."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.personal import mask_finding
from pairmatch.domain.plantemplates import PlanContext, PlanTemplate
from pairmatch.domain.plugins import PluginOptions
from pairmatch.domain.tables import list_texts
from pairmatch.errors import BadInputError, PluginFaultError

if TYPE_CHECKING:
    from pairmatch.hooks.manager import Plugins


SETTING_SLIPS = frozenset({"plugins.unknown", "plugins.unknown_close"})
"""Findings about names of plugins that there are none of."""


@dataclass(slots=True)
class OpenScenario:
    """Inputs and plugins of a scenario, with everything that was found on the way.

    `plugins` is None exactly if the inputs cannot be used at all.
    """

    inputs: Inputs | None
    plugins: "Plugins | None"
    findings: tuple[Finding, ...]

    def require(self, options: PluginOptions) -> tuple[Inputs, "Plugins"]:
        """Return inputs and plugins that can be used, or raise for what is wrong with them.

        Raises
        ------
        BadInputError
            If the inputs hold errors.
        PluginFaultError
            If plugins break their contracts and `options` do not say to leave them out.
        """
        errors = [f for f in self.findings if f.severity is Severity.ERROR]
        faults = [f for f in errors if is_plugin_fault(f)]
        if self.inputs is None or self.plugins is None or len(errors) > len(faults):
            raise BadInputError("engine.bad_input", self.findings, count=str(len(errors)))
        if faults:
            self.leave_out(faults, options)
        return self.inputs, self.plugins

    @property
    def seconds(self) -> Mapping[str, float]:
        """How long the code of each plugin has taken so far."""
        return {} if self.plugins is None else self.plugins.seconds

    def leave_out(self, faults: Sequence[Finding], options: PluginOptions) -> None:
        """Go on without the plugins that broke their contracts, or raise if that is not wanted.

        Raises
        ------
        PluginFaultError
            If `options` do not say to leave broken plugins out.
        """
        names = "、".join(sorted({fault.params["plugin"] for fault in faults}))
        placed = [mask_finding(self._place(fault)) for fault in faults]
        if not options.skip_broken or self.plugins is None:
            raise PluginFaultError("hooks.broken_plugin", placed, plugin=names)
        self.plugins.leave_out(placed)
        kept = [finding for finding in self.findings if finding not in faults]
        kept += [replace(fault, severity=Severity.WARNING) for fault in placed]
        self.findings = _sort(kept)

    def _place(self, fault: Finding) -> Finding:
        """Return a fault with the plugin's folder, where nothing closer is known."""
        states = () if self.plugins is None else self.plugins.states
        # One that is off may have the same name: that of the other counts.
        known = sorted(states, key=lambda state: state.state != "off")
        origins = {state.name: state.origin for state in known}
        origin = origins.get(fault.params["plugin"], "")
        return fault if fault.place.file else replace(fault, place=Place(origin))


@contextmanager
def open_scenario(folder: Path, options: PluginOptions) -> Iterator[OpenScenario]:
    """Open a scenario; the processes of its plugins end with the context."""
    from pairmatch.check.inputs import check_inputs
    from pairmatch.hooks.manager import open_plugins
    from pairmatch.load.packs import read_pack
    from pairmatch.load.plugins import find_plugins
    from pairmatch.load.scenario import read_scenario
    from pairmatch.score.rules import check_rules

    inputs, findings = read_scenario(folder)
    if inputs is None:
        yield OpenScenario(None, None, _sort(findings))
        return
    sources, found = find_plugins(folder, inputs.scenario.plugins, options.only)
    counties, context = list_counties(inputs), make_plan_context(inputs)
    with open_plugins(sources, read_pack, counties, inputs.taxonomy, options, context) as plugins:
        everything = (
            *findings,
            *check_inputs(inputs),
            *found,
            *plugins.findings,
            *check_rules(inputs, plugins.score_rules, plugins.absent),
        )
        yield OpenScenario(inputs, plugins, _sort(everything))


def make_plan_context(inputs: Inputs) -> PlanContext:
    """Return what actions and templates of plugins are checked against."""
    return PlanContext(
        action_ids=frozenset(action.action_id for action in inputs.actions),
        check_template=_check_template,
    )


def _check_template(template: PlanTemplate, file: str) -> tuple[Finding, ...]:
    from pairmatch.report.countytemplates import check_county_template

    return check_county_template(template, file)


def list_counties(inputs: Inputs) -> tuple[str, ...]:
    """Return the counties of a scenario: those of its table and those its villages name."""
    named = {county.name for county in inputs.counties}
    return tuple(sorted(named | (list_texts(inputs.villages, "county") - {""})))


def is_plugin_fault(finding: Finding) -> bool:
    """Whether a finding is about a plugin that broke its contract, not a slip in the settings."""
    is_slip = finding.code in SETTING_SLIPS
    return finding.severity is Severity.ERROR and "plugin" in finding.params and not is_slip


def _sort(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(map(mask_finding, findings), key=lambda finding: finding.sort_key))
