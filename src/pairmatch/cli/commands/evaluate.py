"""`pairmatch evaluate`: evaluation forms out and in, and what feeds the next cycle."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pairmatch.cli.console import Console
from pairmatch.cli.options import PATH, make_command, make_folder_argument, open_folder
from pairmatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pairmatch.domain.findings import Finding
    from pairmatch.engine import Evaluated, WrittenForms

EXAMPLES = (
    "pairmatch evaluate runs/cangzhou-2026 --forms 成效评定 --year 2027",
    "pairmatch evaluate runs/cangzhou-2026 成效评定 --out 成效评定汇总",
)
RESULTS_FOLDER = "成效评定汇总"


@make_command(
    "evaluate",
    EXAMPLES,
    make_folder_argument("run"),
    click.Argument(["returned"], nargs=-1, type=PATH, metavar="FORMS..."),
    click.Option(["--forms"], type=PATH, metavar="DIR", help="cli.opt_evaluation_forms"),
    click.Option(["--year"], type=int, metavar="YEAR", help="cli.opt_evaluation_year"),
    click.Option(["--out"], type=PATH, metavar="DIR", help="cli.opt_evaluation_out"),
)
def command(
    console: Console,
    run: Path,
    returned: tuple[Path, ...],
    forms: Path | None,
    year: int | None,
    out: Path | None,
) -> int:
    """Write forms, or lists from those that came back, or both."""
    if year is not None and forms is None:
        raise UsageError("evaluation.year_without_forms")
    if (forms is None or out is not None) and not returned:
        raise UsageError("evaluation.nothing_asked")
    open_folder(console, run)
    from pairmatch import engine

    payload: dict[str, Any] = {"status": "done", "files": []}
    if returned and (forms is None or out is not None):
        console.show_step("cli.step_read")
        evaluated = engine.evaluate_run(run, returned, out or Path(RESULTS_FOLDER))
        payload |= _present_results(console, evaluated)
    if forms is not None:
        written = engine.write_evaluation_forms(run, forms, year, returned)
        # What was found in the forms is told once.
        told = () if out is not None else written.findings
        payload |= _present_forms(console, written, told, payload)
    console.emit(payload)
    return 0


def _present_results(console: Console, evaluated: "Evaluated") -> dict[str, Any]:
    evaluation = evaluated.evaluation
    described = _present_findings(console, evaluated.findings)
    run = evaluation.run
    if run.synthetic:
        console.tell("cli.synthetic")
    known = sum(standing.cycle.num_known for standing in evaluation.city)
    due = sum(standing.cycle.num_due for standing in evaluation.city)
    proposed = sum(commendation.is_proposed for commendation in evaluation.commendations)
    counts = {"known": known, "due": due, "proposed": proposed}
    console.tell(
        "evaluation.summary",
        first=str(run.years[0]),
        last=str(run.years[-1]),
        **{name: str(number) for name, number in counts.items()},
    )
    console.tell("evaluation.written")
    console.list_paths(evaluated.files)
    console.say("evaluation.next")
    files = [str(path) for path in evaluated.files]
    return {**described, "files": files, "synthetic": run.synthetic, **counts}


def _present_forms(
    console: Console,
    written: "WrittenForms",
    findings: "Sequence[Finding]",
    payload: dict[str, Any],
) -> dict[str, Any]:
    described = _present_findings(console, findings) if findings else {}
    params = {"number": str(len(written.files)), "year": str(written.year)}
    console.say("evaluation.forms_done", **params)
    console.list_paths(written.files)
    console.say("evaluation.forms_next")
    files = [*payload["files"], *(str(path) for path in written.files)]
    return {**described, "files": files, "year": written.year}


def _present_findings(console: Console, findings: "Sequence[Finding]") -> dict[str, Any]:
    from pairmatch.cli.findings import count_findings, describe_findings, list_findings
    from pairmatch.domain.findings import Severity

    counts = count_findings(findings)
    if not console.as_json and not console.quiet:
        told = [finding for finding in findings if finding.severity is not Severity.NOTE]
        for line in list_findings(told, console.lang):
            console.write(line)
    console.tell("cli.findings_summary", **{key: str(value) for key, value in counts.items()})
    return {"counts": counts, "findings": describe_findings(findings, console.lang)}
