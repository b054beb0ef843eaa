"""What the commands have in common: their options, their folder and their language."""

import math
import os
import re
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from pairmatch.cli.console import Console
from pairmatch.cli.help import HelpedCommand
from pairmatch.domain.plugins import PLUGINS_VARIABLE, PluginOptions
from pairmatch.errors import UsageError

PATH = click.Path(path_type=Path)

Action = Callable[..., int]
"""A command: gets the console and its own parameters, returns the exit code."""


"""Names of the only plugins to load, separated by commas; set but empty, none is."""

ALWAYS_ISOLATED = "plugins check"
"""The command that runs each plugin in a process of its own whether it is told to or not."""

LONGEST_TIME_S, MOST_MEMORY_MB = 86_400, 1_048_576
LEAST_TIME_S, LEAST_MEMORY_MB = 0.1, 64


def make_command(
    name: str, examples: Sequence[str], *params: click.Parameter, has_plugins: bool = False
) -> Callable[[Action], click.Command]:
    """Return a decorator that makes a command, with --json, --lang and --quiet, of a function.

    Parameters
    ----------
    name
        Name of the command, after that of its group if it is in one (``plugins list``); its help
        is the message `cli.help_<name>`.
    examples
        Command lines, as a user would type them.
    *params
        The command's own arguments and options; `help` of an option is a message code.
    has_plugins
        Whether it runs plugins: it then has the options for them, and the function gets what they
        say as `plugins`.
    """

    def decorate(action: Action) -> click.Command:
        @wraps(action)
        def run(as_json: bool, lang: str | None, quiet: bool, **own: Any) -> int:
            context = click.get_current_context()
            console = context.ensure_object(Console)
            console.command, console.as_json, console.quiet = name, as_json, quiet
            console.use_language(lang, given=lang is not None)
            if has_plugins:
                _require_isolation(context, own["isolate"] or name == ALWAYS_ISOLATED)
                chosen = {key: own.pop(key) for key in _PLUGIN_KEYS}
                own["plugins"] = PluginOptions(only=read_wanted_plugins(), **chosen)
            return action(console, **own)

        shared = [*(_make_plugin_options() if has_plugins else ()), *_make_common_options()]
        return HelpedCommand(
            name.replace(" ", "_"),
            name.rpartition(" ")[2],
            callback=run,
            params=[*params, *shared],
            examples=examples,
            add_help_option=True,
        )

    return decorate


def _require_isolation(context: click.Context, is_isolated: bool) -> None:
    for parameter in context.command.params if not is_isolated else ():
        given = context.get_parameter_source(parameter.name or "")
        if parameter.name in _LIMIT_KEYS and given is ParameterSource.COMMANDLINE:
            raise UsageError("plugins.limits_without_isolate", option=parameter.opts[0])


def read_wanted_plugins() -> frozenset[str] | None:
    """Return the names in the variable PAIRMATCH_LOAD_PLUGINS, or None if it is not set."""
    text = os.environ.get(PLUGINS_VARIABLE)
    if text is None:
        return None
    return frozenset(filter(None, (name.strip() for name in re.split("[,，、]", text))))


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


class _Seconds(click.FloatRange):
    """A time that is a number: `nan` is none, and neither more nor less than any bound."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(str(value), param, ctx)
        return number


_LIMIT_KEYS = ("time_s", "memory_mb")
_PLUGIN_KEYS = ("skip_broken", "isolate", *_LIMIT_KEYS)


def _make_plugin_options() -> list[click.Option]:
    default = PluginOptions()
    return [
        click.Option(
            ["--skip-broken-plugins", "skip_broken"], is_flag=True, help="cli.opt_skip_broken"
        ),
        click.Option(["--isolate"], is_flag=True, help="cli.opt_isolate"),
        click.Option(
            ["--plugin-time", "time_s"],
            type=_Seconds(LEAST_TIME_S, LONGEST_TIME_S),
            default=default.time_s,
            metavar="SECONDS",
            help="cli.opt_plugin_time",
        ),
        click.Option(
            ["--plugin-memory", "memory_mb"],
            type=click.IntRange(LEAST_MEMORY_MB, MOST_MEMORY_MB),
            default=default.memory_mb,
            metavar="MB",
            help="cli.opt_plugin_memory",
        ),
    ]


def _make_common_options() -> list[click.Option]:
    return [
        click.Option(["--json", "as_json"], is_flag=True, help="cli.opt_json"),
        click.Option(["--lang"], type=click.Choice(["zh", "en"]), help="cli.opt_lang"),
        click.Option(["--quiet"], is_flag=True, help="cli.opt_quiet"),
    ]
