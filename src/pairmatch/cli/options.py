"""What the commands have in common: their options, their folder and their language."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from pairmatch.cli.console import Console
from pairmatch.cli.help import HelpedCommand
from pairmatch.errors import UsageError

PATH = click.Path(path_type=Path)

Action = Callable[..., int]
"""A command: gets the console and its own parameters, returns the exit code."""


def make_command(
    name: str, examples: Sequence[str], *params: click.Parameter
) -> Callable[[Action], click.Command]:
    """Return a decorator that makes a command, with --json, --lang and --quiet, of a function.

    Parameters
    ----------
    name
        Name of the command; its help is the message `cli.help_<name>`.
    examples
        Command lines, as a user would type them.
    *params
        The command's own arguments and options; `help` of an option is a message code.
    """

    def decorate(action: Action) -> click.Command:
        @wraps(action)
        def run(as_json: bool, lang: str | None, quiet: bool, **own: Any) -> int:
            context = click.get_current_context()
            console = context.ensure_object(Console)
            console.command, console.as_json, console.quiet = name, as_json, quiet
            console.use_language(lang, given=lang is not None)
            return action(console, **own)

        common = _make_common_options()
        return HelpedCommand(
            name, callback=run, params=[*params, *common], examples=examples, add_help_option=True
        )

    return decorate


def make_folder_argument(name: str, *, required: bool = True) -> click.Argument:
    """Return an argument that takes a folder; its help is the message `cli.arg_<name>`."""
    return click.Argument([name], type=PATH, required=required)


def open_folder(console: Console, folder: Path) -> None:
    """Make sure that a folder exists, and speak its language unless the user named one.

    Raises
    ------
    UsageError
        If there is no such folder.
    """
    try:
        is_folder, exists = folder.is_dir(), folder.exists()
    except (OSError, ValueError):  # no possible name of a folder
        is_folder = exists = False
    if not is_folder:
        raise UsageError("cli.folder_is_file" if exists else "cli.folder_missing", path=str(folder))
    from pairmatch import engine

    console.use_language(engine.find_language(folder))


def _make_common_options() -> list[click.Option]:
    return [
        click.Option(["--json", "as_json"], is_flag=True, help="cli.opt_json"),
        click.Option(["--lang"], type=click.Choice(["zh", "en"]), help="cli.opt_lang"),
        click.Option(["--quiet"], is_flag=True, help="cli.opt_quiet"),
    ]
