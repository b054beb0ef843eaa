"""`pairmatch forms`: the village sheets as workbooks, pre-filled or blank."""

from pathlib import Path

import click

from pairmatch.cli.console import Console
from pairmatch.cli.options import PATH, make_command, make_folder_argument, open_folder
from pairmatch.domain.plugins import PluginOptions

EXAMPLES = (
    "pairmatch forms scenarios/cangzhou-2026",
    "pairmatch forms scenarios/cangzhou-2026 --out forms --blank",
)
FORMS_FOLDER = "forms"


@make_command(
    "forms",
    EXAMPLES,
    make_folder_argument("scenario"),
    click.Option(["--out"], type=PATH, metavar="DIR", help="cli.opt_forms_out"),
    click.Option(["--blank"], is_flag=True, help="cli.opt_blank"),
)
def command(console: Console, scenario: Path, out: Path | None, blank: bool) -> int:
    """Write the workbooks and list them."""
    open_folder(console, scenario)
    from pairmatch import engine
    from pairmatch.cli.findings import count_findings

    folder = out or scenario / FORMS_FOLDER
    # Blank or filled in, no form holds anything of a plugin: none is run.
    _inputs, findings = engine.check_scenario(scenario, PluginOptions(only=frozenset()))
    num_errors = count_findings(findings)["error"]
    written = engine.write_forms(scenario, folder, not blank)
    if num_errors and not blank:
        console.complain("cli.forms_incomplete", number=str(num_errors), path=str(scenario))
    console.say("cli.forms_done", number=str(len(written)), path=str(folder))
    console.list_paths(written)
    console.say("cli.forms_next")
    console.emit({"status": "done", "errors": num_errors, "files": [str(path) for path in written]})
    return 0
