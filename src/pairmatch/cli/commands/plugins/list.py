"""`pairmatch plugins list`: what was found, what is on, what is not, and why."""

from pathlib import Path

from pairmatch.cli.console import Console
from pairmatch.cli.options import make_command, make_folder_argument, open_folder
from pairmatch.domain.plugins import PluginOptions

EXAMPLES = (
    "pairmatch plugins list scenarios/cangzhou-2026",
    "pairmatch plugins list scenarios/cangzhou-2026 --json",
)


@make_command("plugins list", EXAMPLES, make_folder_argument("scenario"), has_plugins=True)
def command(console: Console, scenario: Path, plugins: PluginOptions) -> int:
    """Print all plugins; exit code 5 if one is broken."""
    open_folder(console, scenario)
    from pairmatch import engine
    from pairmatch.cli.findings import describe_findings, list_findings
    from pairmatch.cli.plugins import describe_state, find_exit_code, list_states

    states, findings = engine.list_plugins(scenario, plugins)
    if not console.as_json:
        list_states(console, states)
        for line in list_findings(findings, console.lang):
            console.write(line)
    kinds = ("on", "off", "broken")
    counts = {kind: sum(state.state == kind for state in states) for kind in kinds}
    console.say("cli.plugins_counted", **{kind: str(count) for kind, count in counts.items()})
    code = find_exit_code(states, findings)
    console.emit(
        {
            "status": "faults" if code else "ok",
            "counts": counts,
            "plugins": [describe_state(console, state) for state in states],
            "findings": describe_findings(findings, console.lang),
        }
    )
    return code
