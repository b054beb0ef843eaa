"""Help pages: Chinese first, the English below each, two examples for every command."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import click

from pairmatch.cli.console import Console
from pairmatch.messages import Language, render

WIDTH = 78
_LABEL_WIDTH = 24
_LANGUAGES: tuple[Language, ...] = ("zh", "en")
_NO_LINE_START = "，。、；：！？）》”…"


class HelpedCommand(click.Command):
    """A command whose texts are message codes: `help` of each option, `examples` as typed.

    Its own texts are `cli.help_<topic>`, those of its arguments `cli.arg_<name>`.
    """

    def __init__(self, topic: str, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topic, self.examples = topic, tuple(examples)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option --help, printing where all other output goes."""
        return redirect_help(super().get_help_option(ctx))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help page of the command."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        lines = [f"{_join('cli.usage_title')}: {ctx.command_path} {pieces}", ""]
        for lang in _LANGUAGES:
            message = render(f"cli.help_{self.topic}", {}, lang)
            lines += [f"  {line}" for line in wrap_text(f"{message.text}{message.hint}", WIDTH - 2)]
        arguments = [p for p in self.get_params(ctx) if isinstance(p, click.Argument)]
        rows = [(str(a.metavar or a.name).upper(), f"cli.arg_{a.name}") for a in arguments]
        lines += _list_rows("cli.arguments_title", rows)
        lines += _list_rows("cli.options_title", _list_options(self, ctx))
        lines += ["", f"{_join('cli.examples_title')}:"]
        lines += [f"  {example}" for example in self.examples]
        formatter.write("\n".join(lines) + "\n")


def redirect_help(option: click.Option | None) -> click.Option | None:
    """Return the option --help, made to print through the console: a full disk is no crash."""
    if option is not None:
        option.callback = _show_help
    return option


def _show_help(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        ctx.ensure_object(Console).write(ctx.get_help())
        ctx.exit()


def write_group_help(
    group: click.Group,
    ctx: click.Context,
    formatter: click.HelpFormatter,
    examples: Sequence[str],
) -> None:
    """Write the page of a group such as `pairmatch` itself: what it is, its commands, examples."""
    lines = [f"{_join('cli.usage_title')}: {ctx.command_path} COMMAND [OPTIONS] ...", ""]
    topic = "_".join(["cli.help", *ctx.command_path.split()[1:]])
    for lang in _LANGUAGES:
        message = render(topic, {}, lang)
        lines += [f"  {line}" for line in wrap_text(f"{message.text}{message.hint}", WIDTH - 2)]
    names = group.list_commands(ctx)
    lines += _list_rows("cli.commands_title", [(name, f"{topic}_{name}") for name in names])
    lines += _list_rows("cli.options_title", _list_options(group, ctx))
    lines += ["", f"{_join('cli.examples_title')}:"]
    lines += [f"  {example}" for example in examples]
    formatter.write("\n".join(lines) + "\n")


def wrap_text(text: str, width: int) -> list[str]:
    """Return the lines of a text of at most `width` columns; Chinese characters take two.

    Parameters
    ----------
    text
        Chinese breaks between any two characters (but not before closing punctuation), the rest
        at spaces.
    width
        Columns a line may take.
    """
    lines: list[str] = []
    line = ""
    for token in re.findall(rf"\s+|(?:[^\s⺀-￯]+|[⺀-￯])[{_NO_LINE_START}]*", text):
        if line and measure_width(line + token.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += token if line else token.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def measure_width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _list_options(command: click.Command, ctx: click.Context) -> list[tuple[str, str]]:
    rows = []
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
        if isinstance(param, click.Option) and record is not None:
            rows.append((record[0], "cli.opt_help" if "--help" in param.opts else str(param.help)))
    return rows


def _list_rows(title: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    lines = ["", f"{_join(title)}:"] if rows else []
    margin = " " * _LABEL_WIDTH
    for label, code in rows:
        texts = [render(code, {}, lang).text for lang in _LANGUAGES]
        wrapped = [line for text in texts for line in wrap_text(text, WIDTH - _LABEL_WIDTH)]
        head = f"  {label}"
        if measure_width(head) < _LABEL_WIDTH:
            lines.append(head.ljust(_LABEL_WIDTH) + wrapped.pop(0))
        else:
            lines.append(head)
        lines += [margin + line for line in wrapped]
    return lines


def _join(code: str) -> str:
    return " ".join(render(code, {}, lang).text for lang in _LANGUAGES)
