"""`pairmatch check`: everything wrong or doubtful in the inputs, each with its place."""

from pathlib import Path

import click

from pairmatch.cli.console import Console
from pairmatch.cli.options import PATH, make_command, make_folder_argument, open_folder
from pairmatch.domain.plugins import PluginOptions
from pairmatch.errors import PluginFaultError

EXAMPLES = (
    "pairmatch check scenarios/cangzhou-2026",
    "pairmatch check scenarios/cangzhou-2026 --mark marked",
)


@make_command(
    "check",
    EXAMPLES,
    make_folder_argument("scenario"),
    click.Option(["--mark"], type=PATH, metavar="DIR", help="cli.opt_mark"),
    has_plugins=True,
)
def command(console: Console, scenario: Path, mark: Path | None, plugins: PluginOptions) -> int:
    """Print the findings; exit code 3 if one is an error, 5 if all errors are of plugins."""
    open_folder(console, scenario)
    from pairmatch import engine
    from pairmatch.cli.findings import count_findings, describe_findings, list_findings
    from pairmatch.cli.plugins import find_exit_code

    console.show_step("cli.step_check")
    inputs, findings = engine.check_scenario(scenario, plugins)
    counts = count_findings(findings)
    if not console.as_json and not console.quiet:
        for line in list_findings(findings, console.lang):
            console.write(line)
    console.tell("cli.findings_summary", **{key: str(value) for key, value in counts.items()})
    marked: tuple[Path, ...] = ()
    if mark is not None:
        marked = engine.mark_inputs(scenario, mark, console.lang, plugins)
        console.say("cli.marked", number=str(len(marked)), path=str(mark))
    code = find_exit_code((), findings)
    empty = inputs is not None and not (inputs.units and inputs.villages)
    status = "errors" if code else "empty" if empty else "ok"
    ending = {
        "errors": "cli.check_bad" if mark is None else "cli.check_bad_marked",
        "empty": "cli.check_empty",
        "ok": "cli.check_good",
    }
    of_plugins = code == PluginFaultError.exit_code
    console.say("cli.check_bad_plugins" if of_plugins else ending[status], path=str(scenario))
    console.emit(
        {
            "status": status,
            "counts": counts,
            "findings": describe_findings(findings, console.lang),
            "marked": [str(path) for path in marked],
        }
    )
    return code
