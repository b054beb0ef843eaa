"""`pairmatch plugins check`: whether plugins keep to the rules, before anybody relies on them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pairmatch.cli.console import Console
from pairmatch.cli.options import make_command, make_folder_argument, open_folder
from pairmatch.domain.plugins import PluginOptions
from pairmatch.errors import PluginFaultError

if TYPE_CHECKING:
    from pairmatch.domain.plugins import PluginReport

EXAMPLES = (
    "pairmatch plugins check scenarios/cangzhou-2026",
    "pairmatch plugins check plugins/huanghua",
)


@make_command(
    "plugins check",
    EXAMPLES,
    make_folder_argument("path", required=False),
    click.Option(["--plugin", "names"], multiple=True, metavar="NAME", help="cli.opt_plugin"),
    has_plugins=True,
)
def command(
    console: Console, path: Path | None, names: tuple[str, ...], plugins: PluginOptions
) -> int:
    """Check plugins one by one; exit code 5 if one fails."""
    folder = path or Path()
    open_folder(console, folder)
    from pairmatch import engine
    from pairmatch.cli.plugins import describe_report

    console.show_step("cli.step_plugins")
    reports = engine.check_plugins(folder, names, plugins)
    good = all(report.is_good for report in reports)
    if not console.as_json:
        for report in reports:
            _present_report(console, report)
    if not reports:
        console.say("cli.plugins_none_checked")
    elif good:
        console.say("cli.plugins_good", number=str(len(reports)))
    else:
        number = sum(not report.is_good for report in reports)
        console.say("cli.plugins_bad", number=str(number), total=str(len(reports)))
    console.emit(
        {
            "status": "ok" if good else "faults",
            "plugins": [describe_report(console, report) for report in reports],
        }
    )
    return 0 if good else PluginFaultError.exit_code


def _present_report(console: Console, report: "PluginReport") -> None:
    from pairmatch.cli.findings import list_findings
    from pairmatch.cli.plugins import name_plugin

    console.tell(
        "cli.plugin_good" if report.is_good else "cli.plugin_bad",
        plugin=name_plugin(console, report.state),
        seconds=f"{report.seconds:.2f}",
    )
    for code in report.passed:
        console.say("cli.plugin_passed", check=console.word(code).text)
    for line in list_findings(report.findings, console.lang):
        console.write(f"  {line}")
