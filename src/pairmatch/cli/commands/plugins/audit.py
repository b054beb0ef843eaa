"""`pairmatch plugins audit`: what every plugin does to the pairing, beside what it may do."""

from pathlib import Path

from pairmatch.cli.console import Console
from pairmatch.cli.options import make_command, make_folder_argument, open_folder
from pairmatch.cli.outcome import INFEASIBLE
from pairmatch.domain.plugins import PluginOptions

EXAMPLES = (
    "pairmatch plugins audit scenarios/cangzhou-2026",
    "pairmatch plugins audit scenarios/cangzhou-2026 --json",
)


@make_command("plugins audit", EXAMPLES, make_folder_argument("scenario"), has_plugins=True)
def command(console: Console, scenario: Path, plugins: PluginOptions) -> int:
    """Measure the influence of each plugin; exit code 4 if there is no pairing at all."""
    open_folder(console, scenario)
    from pairmatch import engine
    from pairmatch.cli.influence import describe_audit, present_audit

    audit = engine.audit_plugins(scenario, plugins, console.show_step)
    if not console.as_json:
        present_audit(console, audit)
    elif audit.is_feasible:
        from pairmatch.cli.plugins import present_left_out

        present_left_out(console, audit.states)
    console.emit(describe_audit(console, audit))
    return 0 if audit.is_feasible else INFEASIBLE
