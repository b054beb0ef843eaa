"""Groups of commands, each command imported only when it is used."""

from collections.abc import Sequence
from importlib import import_module

import click

from pairmatch.cli.console import Console
from pairmatch.cli.help import redirect_help, write_group_help
from pairmatch.errors import UsageError


class LazyGroup(click.Group):
    """A group whose commands are the modules of a package; alone it prints its help.

    Parameters
    ----------
    name
        Its name; its help is the message `cli.help_<name>`.
    package
        The package; each of its modules holds its click command as `command`.
    commands
        The names of the commands, in the order a user meets them.
    examples
        Command lines that the help page ends with.
    params
        Its own options.
    """

    def __init__(
        self,
        name: str,
        *,
        package: str,
        commands: Sequence[str],
        examples: Sequence[str],
        params: list[click.Parameter] | None = None,
    ) -> None:
        super().__init__(
            name, callback=_show_group_help, params=params, invoke_without_command=True
        )
        self.package, self.names, self.examples = package, tuple(commands), tuple(examples)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order a user meets them."""
        return list(self.names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, or None if there is none."""
        if cmd_name not in self.names:
            return None
        command = import_module(f"{self.package}.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - tells mypy what every module holds
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name, or say which comes closest."""
        if args and args[0] not in self.names and not args[0].startswith("-"):
            raise _describe_unknown(args[0], self.names, ctx.command_path)
        return super().resolve_command(ctx, args)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option --help, printing where all other output goes."""
        return redirect_help(super().get_help_option(ctx))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the page of the group: what it is for, its commands, where to start."""
        write_group_help(self, ctx, formatter, self.examples)


@click.pass_context
def _show_group_help(ctx: click.Context) -> None:
    """Print the help page of a group that no command was named of."""
    if ctx.invoked_subcommand is None:
        ctx.ensure_object(Console).write(ctx.get_help())


def _describe_unknown(name: str, names: Sequence[str], command: str) -> UsageError:
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    if close:
        return UsageError("cli.command_misspelt", name=name, close=close[0], command=command)
    return UsageError("cli.command_unknown", name=name, names=" ".join(names))
