"""The program `pairmatch`: finds commands when they are asked for, and turns errors into words."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import click

from pairmatch import __version__
from pairmatch.cli import INTERRUPTED
from pairmatch.cli.console import Console, can_encode, prepare_streams
from pairmatch.cli.errors import report_click_error, report_error
from pairmatch.cli.groups import LazyGroup
from pairmatch.errors import PairmatchError

COMMANDS = (
    "demo",
    "init",
    "forms",
    "check",
    "propose",
    "explain",
    "whatif",
    "compare",
    "sweep",
    "plan",
    "calendar",
    "verify",
    "evaluate",
    "plugins",
    "doctor",
)
"""In the order a user meets them; the modules of `pairmatch.cli.commands`."""


class Program(LazyGroup):
    """The group of all commands."""

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


program = Program(
    "pairmatch",
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="cli.opt_version",
        )
    ],
    package="pairmatch.cli.commands",
    commands=COMMANDS,
    examples=("pairmatch demo", "pairmatch propose --help"),
)
"""The whole command line."""


def run() -> NoReturn:
    """Run the command line."""
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
