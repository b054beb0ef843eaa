"""`pairmatch check`: everything wrong or doubtful in the inputs, each with its place."""

from pathlib import Path

import click

from pairmatch.cli.console import Console
from pairmatch.cli.options import PATH, make_command, make_folder_argument, open_folder
from pairmatch.errors import BadInputError

EXAMPLES = (
    "pairmatch check scenarios/cangzhou-2026",
    "pairmatch check scenarios/cangzhou-2026 --mark marked",
)


@make_command(
    "check",
    EXAMPLES,
    make_folder_argument("scenario"),
    click.Option(["--mark"], type=PATH, metavar="DIR", help="cli.opt_mark"),
)
def command(console: Console, scenario: Path, mark: Path | None) -> int:
    """Print the findings; exit code 3 if one of them is an error."""
    open_folder(console, scenario)
    from pairmatch import engine
    from pairmatch.cli.findings import count_findings, describe_findings, list_findings

    console.show_step("cli.step_check")
    inputs, findings = engine.check_scenario(scenario)
    counts = count_findings(findings)
    if not console.as_json and not console.quiet:
        for line in list_findings(findings, console.lang):
            console.write(line)
    console.tell("cli.findings_summary", **{key: str(value) for key, value in counts.items()})
    marked = engine.mark_inputs(scenario, mark, console.lang) if mark is not None else ()
    if mark is not None:
        console.say("cli.marked", number=str(len(marked)), path=str(mark))
    empty = inputs is not None and not (inputs.units and inputs.villages)
    status = "errors" if counts["error"] else "empty" if empty else "ok"
    ending = {
        "errors": "cli.check_bad" if mark is None else "cli.check_bad_marked",
        "empty": "cli.check_empty",
        "ok": "cli.check_good",
    }
    console.say(ending[status], path=str(scenario))
    console.emit(
        {
            "status": status,
            "counts": counts,
            "findings": describe_findings(findings, console.lang),
            "marked": [str(path) for path in marked],
        }
    )
    return BadInputError.exit_code if counts["error"] else 0
