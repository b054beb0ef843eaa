"""The program `pairmatch`: finds commands when they are asked for, and turns errors into words."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from pairmatch import __version__
from pairmatch.cli.console import Console, can_encode, prepare_streams
from pairmatch.cli.errors import report_click_error, report_error
from pairmatch.cli.help import redirect_help, write_program_help
from pairmatch.errors import PairmatchError, UsageError

COMMANDS = ("demo", "init", "forms", "check", "propose", "explain", "verify", "doctor")
"""In the order a user meets them; the modules of `pairmatch.cli.commands`."""

INTERRUPTED = 130


class Program(click.Group):
    """The group of all commands, each imported only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order a user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, or None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"pairmatch.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - tells mypy what every module holds
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name, or say which comes closest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise _describe_unknown(args[0])
        return super().resolve_command(ctx, args)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option --help, printing where all other output goes."""
        return redirect_help(super().get_help_option(ctx))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the page of `pairmatch --help`."""
        write_program_help(self, ctx, formatter)

    def main(self, args: Sequence[str] | None = None, *_args: Any, **_extra: Any) -> NoReturn:
        """Run the program and leave with its exit code; no error gets past as a traceback.

        Parameters
        ----------
        args
            The arguments; those of the process by default.
        """
        words = list(sys.argv[1:] if args is None else args)
        prepare_streams()
        console = Console.from_words(words)
        sys.exit(self._run(words, console))

    def _run(self, words: list[str], console: Console) -> int:
        try:
            code = super().main(words, "pairmatch", standalone_mode=False, obj=console)
            return code if isinstance(code, int) else 0
        except PairmatchError as error:
            return report_error(console, error)
        except click.ClickException as error:
            return report_click_error(console, error)
        except (click.Abort, KeyboardInterrupt):
            console.complain("cli.interrupted")
            return INTERRUPTED
        except MemoryError:
            return report_error(console, PairmatchError("cli.out_of_memory"))
        except Exception as error:
            if console.debug:
                from traceback import print_exception

                print_exception(error)
            return report_error(console, _log_crash(error, words))


def _describe_unknown(name: str) -> UsageError:
    from difflib import get_close_matches

    close = get_close_matches(name, COMMANDS, n=1)
    if close:
        return UsageError("cli.command_misspelt", name=name, close=close[0])
    return UsageError("cli.command_unknown", name=name, names=" ".join(COMMANDS))


def _log_crash(error: Exception, words: list[str]) -> PairmatchError:
    import platform
    from traceback import format_exception

    from pairmatch.domain.personal import mask_personal
    from pairmatch.store.crashes import write_crash_log

    lines = [
        f"pairmatch {__version__}",
        f"Python {sys.version}",
        platform.platform(),
        f"arguments: {words}",
        "",
        *format_exception(error),
    ]
    path = write_crash_log(mask_personal("\n".join(lines)))
    if path is None:
        return PairmatchError("cli.crashed_unlogged", kind=type(error).__name__)
    return PairmatchError("cli.crashed", kind=type(error).__name__, path=str(path))


def _show_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        ctx.ensure_object(Console).write(f"pairmatch {__version__}")
        ctx.exit()


@click.group(cls=Program, invoke_without_command=True)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="cli.opt_version",
)
@click.pass_context
def program(ctx: click.Context) -> None:
    """Show the help if no command is named."""
    if ctx.invoked_subcommand is None:
        ctx.ensure_object(Console).write(ctx.get_help())


def main() -> NoReturn:
    """Run the command line; the entry point of the program `pairmatch`."""
    _start_again_in_utf8()
    try:
        program.main()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _leave_at_once()
        raise


def _leave_at_once() -> None:
    # CPython notes an interrupt that falls into source text it is running, as the making of a
    # dataclass does, and at its end kills itself by that signal, although we have caught it.
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(INTERRUPTED)


def _start_again_in_utf8() -> None:
    # Where the locale is C or Latin, Python cannot even name a file in Chinese. Its UTF-8 mode can
    # only be chosen at the start, so this process becomes a new one in that mode.
    if os.name == "posix" and not can_encode(sys.getfilesystemencoding()):
        words = [sys.executable, "-X", "utf8", *sys.orig_argv[1:]]
        os.execve(sys.executable, words, {**os.environ, "PYTHONUTF8": "1"})  # noqa: S606 - ourselves
