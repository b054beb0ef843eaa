"""`pairmatch verify`: proves a run again from its files, without a solver."""

from pathlib import Path

from pairmatch.cli.console import Console
from pairmatch.cli.options import make_command, make_folder_argument, open_folder

EXAMPLES = (
    "pairmatch verify runs/cangzhou-2026",
    "pairmatch verify runs/cangzhou-2026 --json",
)
DOES_NOT_HOLD = 1
HOLDS = {
    "optimal": "cli.verify_holds",
    "bounded": "cli.verify_holds_bounded",
    "stopped": "cli.verify_holds_stopped",
}


@make_command("verify", EXAMPLES, make_folder_argument("run"))
def command(console: Console, run: Path) -> int:
    """Check the run; exit code 1 if it does not hold, with what is wrong."""
    open_folder(console, run)
    from pairmatch import engine
    from pairmatch.cli.findings import describe_findings, list_findings
    from pairmatch.cli.plugins import present_run_left_out

    present_run_left_out(console, engine.list_left_out(run))
    console.show_step("cli.step_verify")
    findings = engine.verify_run(run)
    console.emit(
        {
            "status": "fails" if findings else "holds",
            "run": str(run),
            "findings": describe_findings(findings, console.lang),
        }
    )
    if not findings:
        console.say(HOLDS[engine.find_status(run)], run=str(run))
        return 0
    console.tell("cli.verify_fails", number=str(len(findings)))
    if not console.as_json:
        for line in list_findings(findings, console.lang):
            console.write(line)
    return DOES_NOT_HOLD
