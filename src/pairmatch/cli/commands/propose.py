"""`pairmatch propose`: from the workbooks of a folder to a proven, explained pairing."""

from pathlib import Path

import click

from pairmatch.cli.console import Console
from pairmatch.cli.options import PATH, make_command, make_folder_argument, open_folder
from pairmatch.cli.outcome import present_outcome
from pairmatch.domain.plugins import PluginOptions

EXAMPLES = (
    "pairmatch propose scenarios/cangzhou-2026",
    "pairmatch propose scenarios/cangzhou-2026 --out runs --json",
)


@make_command(
    "propose",
    EXAMPLES,
    make_folder_argument("scenario"),
    click.Option(["--out"], type=PATH, metavar="DIR", help="cli.opt_out"),
    click.Option(["--dry-run"], is_flag=True, help="cli.opt_dry_run"),
    has_plugins=True,
)
def command(
    console: Console, scenario: Path, out: Path | None, dry_run: bool, plugins: PluginOptions
) -> int:
    """Propose a pairing, publish it, and say where the results are."""
    open_folder(console, scenario)
    from pairmatch import engine

    outcome = engine.propose_pairing(
        scenario, out, plugins, dry_run=dry_run, progress=console.show_step
    )
    return present_outcome(console, outcome)
