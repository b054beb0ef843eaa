"""`pairmatch plugins new`: a plugin to begin with, which passes its own tests as it is."""

from collections.abc import Sequence
from pathlib import Path

import click

from pairmatch.cli.console import Console
from pairmatch.cli.options import PATH, make_command, open_folder
from pairmatch.domain.plugins import PluginInfo

EXAMPLES = (
    "pairmatch plugins new huanghua --county 黄骅市 --in scenarios/cangzhou-2026",
    "pairmatch plugins new nanpi --county 南皮县 --kind python --label 南皮县五金",
)
KINDS = ("pack", "toml", "python")
FOLDER = "plugins"
FIRST_VERSION = "0.1"
SETTINGS = "scenario.toml"
MAIN_FILES, WORKBOOK_SUFFIX = ("plugin.py", "pack.toml"), ".xlsx"


@make_command(
    "plugins new",
    EXAMPLES,
    click.Argument(["name"]),
    click.Option(["--county"], required=True, metavar="COUNTY", help="cli.opt_county"),
    click.Option(["--kind"], type=click.Choice(KINDS), default=KINDS[0], help="cli.opt_kind"),
    click.Option(["--in", "folder"], type=PATH, metavar="DIR", help="cli.opt_in"),
    click.Option(["--label"], metavar="TEXT", help="cli.opt_label"),
)
def command(
    console: Console, name: str, county: str, kind: str, folder: Path | None, label: str | None
) -> int:
    """Write the plugin and say what to do next."""
    parent = folder or Path()
    open_folder(console, parent)
    from pairmatch import engine

    label_zh = label or console.word("cli.plugin_label", county=county).text
    info = PluginInfo(name, county, FIRST_VERSION, label_zh, label or name)
    written = engine.create_plugin(parent, info, kind)
    folders = engine.read_plugin_folders(parent)
    own = parent / name if folders is None else parent / FOLDER / name
    console.say("cli.plugin_new", plugin=name, path=str(own))
    console.list_paths(written)
    _present_steps(console, parent, own, folders, _find_main(written, own))
    console.emit(
        {
            "status": "done",
            "plugin": name,
            "folder": str(own),
            "files": [str(path) for path in written],
        }
    )
    return 0


def _present_steps(
    console: Console, parent: Path, own: Path, folders: tuple[str, ...] | None, main: Path
) -> None:
    """Tell the next three steps: have it loaded, edit it, check it."""
    if folders is None:
        console.say("cli.plugin_step_move", path=str(own), line=_write_folders(()))
    elif FOLDER in (Path(entry).as_posix() for entry in folders):
        console.say("cli.plugin_step_listed", path=str(parent / SETTINGS))
    else:
        line = _write_folders(folders)
        code = "cli.plugin_step_add" if folders else "cli.plugin_step_begin"
        console.say(code, path=str(parent / SETTINGS), line=line)
    console.say("cli.plugin_step_edit", path=str(main))
    if folders is None:
        console.say("cli.plugin_step_check", words=f'"{own}"')
    else:
        console.say("cli.plugin_step_check", words=f'"{parent}" --plugin {own.name}')


def _write_folders(folders: tuple[str, ...]) -> str:
    quoted = ", ".join(f'"{entry}"' for entry in (*folders, FOLDER))
    return f"folders = [{quoted}]"


def _find_main(written: Sequence[Path], own: Path) -> Path:
    """Return the file that holds the rules."""
    mains = [p for p in written if p.name in MAIN_FILES or p.suffix == WORKBOOK_SUFFIX]
    return mains[0] if mains else own
