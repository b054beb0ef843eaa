"""What became of plugins, in words and as data, as several commands show it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pairmatch.cli.console import Console
from pairmatch.cli.grids import align_rows
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.plugins import SLOW_S, PluginState
from pairmatch.errors import BadInputError, PluginFaultError

if TYPE_CHECKING:
    from pairmatch.domain.plugins import PluginReport


MOST_LABELS = 5
BUNDLED = "pairmatch"
"""The origin of the plugins that come with this program."""

_EMPTY = "–"


def list_states(console: Console, states: Sequence[PluginState]) -> None:
    """Print a table of plugins, and below it what each one has and why it is on or not."""
    if not states:
        console.tell("cli.plugins_none")
        return
    head = tuple(
        console.word(f"cli.plugin_col_{name}").text
        for name in ("name", "state", "county", "version", "source")
    )
    rows = [
        (
            state.name,
            console.word(f"cli.plugin_{state.state}").text,
            state.county or _EMPTY,
            state.version or _EMPTY,
            _name_source(console, state),
        )
        for state in states
    ]
    first, *lines = align_rows([head, *rows])
    console.write(first)
    for line, state in zip(lines, states, strict=True):
        console.write(line)
        console.tell("cli.plugin_why", why=tell_why(console, state))
        mark = "、" if console.lang == "zh" else ", "
        if state.rules:
            console.tell("cli.plugin_rules", rules=mark.join(state.rules))
        if state.offers:
            console.tell("cli.plugin_offers", offers=mark.join(state.offers))
        if state.hooks:
            console.tell("cli.plugin_hooks", hooks=mark.join(state.hooks))


def _name_source(console: Console, state: PluginState) -> str:
    is_bundled = state.origin == BUNDLED
    return console.word("cli.plugin_bundled").text if is_bundled else state.origin


def tell_why(console: Console, state: PluginState) -> str:
    """Return the reason why a plugin is on, off or left out."""
    return console.word(state.why, **state.params).text


def name_plugin(console: Console, state: PluginState) -> str:
    """Return the name of a plugin with its label and county, where they are known."""
    label = state.label_zh if console.lang == "zh" else state.label_en
    # A label usually names its county already.
    county = "" if state.county in label else state.county
    parts = [part for part in (label, county) if part]
    if not parts:
        return state.name
    mark = "，" if console.lang == "zh" else ", "
    return console.word("cli.plugin_name", name=state.name, facts=mark.join(parts)).text


def name_plugins(console: Console, states: Sequence[PluginState]) -> str:
    """Return the names of plugins as a list in a sentence, of few with labels and counties."""
    mark = "、" if console.lang == "zh" else ", "
    if len(states) > MOST_LABELS:
        return mark.join(state.name for state in states)
    return mark.join(name_plugin(console, state) for state in states)


def present_left_out(console: Console, states: Sequence[PluginState]) -> None:
    """Say which plugins were left out and why, on stdout; with --json on stderr."""
    broken = {state.name: state for state in states if state.state == "broken"}
    for state in broken.values():  # two of one name are told once
        params = {"plugin": name_plugin(console, state), "why": tell_why(console, state)}
        if console.as_json:
            console.warn("cli.plugin_left_out", **params)
        else:
            console.tell("cli.plugin_left_out", **params)


def present_run_left_out(console: Console, names: Sequence[str]) -> None:
    """Say which plugins a run was made without, on stdout; with --json on stderr."""
    if names:
        mark = "、" if console.lang == "zh" else ", "
        tell = console.warn if console.as_json else console.tell
        tell("cli.run_left_out", names=mark.join(names))


def warn_of_slow(console: Console, seconds: Mapping[str, float]) -> None:
    """Name the plugins that took long, on stderr."""
    for name, passed in sorted(seconds.items()):
        if passed > SLOW_S and not console.quiet:
            console.warn("cli.plugin_slow", plugin=name, seconds=f"{passed:.1f}")


def describe_state(console: Console, state: PluginState) -> dict[str, Any]:
    """Return what became of a plugin as data."""
    return {
        "name": state.name,
        "kind": state.kind,
        "origin": state.origin,
        "digest": state.digest,
        "state": state.state,
        "why": {"code": state.why, "message": tell_why(console, state)},
        "county": state.county,
        "version": state.version,
        "label": {"zh": state.label_zh, "en": state.label_en},
        "hooks": list(state.hooks),
        "rules": list(state.rules),
        "offers": list(state.offers),
    }


def find_exit_code(states: Sequence[PluginState], findings: Sequence[Finding]) -> int:
    """Return 3 if the inputs hold errors, 5 if only plugins do, 0 if nothing does."""
    from pairmatch import engine

    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not all(engine.is_plugin_fault(finding) for finding in errors):
        return BadInputError.exit_code
    is_broken = any(state.state == "broken" for state in states)
    return PluginFaultError.exit_code if errors or is_broken else 0


def describe_report(console: Console, report: "PluginReport") -> dict[str, Any]:
    """Return what the conformance suite says about a plugin as data."""
    from pairmatch.cli.findings import describe_findings

    return {
        **describe_state(console, report.state),
        "good": report.is_good,
        "passed": [{"code": c, "message": console.word(c).text} for c in report.passed],
        "findings": describe_findings(report.findings, console.lang),
        "seconds": round(report.seconds, 4),
    }
