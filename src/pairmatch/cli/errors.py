"""Errors in the user's language, with the exit code that belongs to them."""

import click

from pairmatch.cli.console import Console
from pairmatch.errors import ListedError, OutputBlockedError, PairmatchError, UsageError


def report_error(console: Console, error: PairmatchError) -> int:
    """Print an error on stderr (and as data with --json) and return its exit code."""
    findings = error.findings if isinstance(error, ListedError) else ()
    payload: dict[str, object] = {"status": "error", "error": describe_error(console, error)}
    if findings:
        from pairmatch.cli.findings import describe_findings, list_findings

        for line in list_findings(findings, console.lang):
            console.write(line, err=True)
        payload["findings"] = describe_findings(findings, console.lang)
    # Last, where the eye falls: the findings may be many.
    console.complain(error.code, **error.params)
    try:
        console.emit(payload)
    except OutputBlockedError as blocked:
        # No traceback on top of it; the exit code stays that of the first error.
        console.complain(blocked.code, **blocked.params)
    return error.exit_code


def describe_error(console: Console, error: PairmatchError) -> dict[str, object]:
    """Return an error as data: code, message, remedy and exit code."""
    message = console.word(error.code, **error.params)
    return {
        "code": error.code,
        "message": message.text,
        "hint": message.hint,
        "exit_code": error.exit_code,
    }


def report_click_error(console: Console, error: click.ClickException) -> int:
    """Print what is wrong with the command line, in the user's language."""
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
    return report_error(console, _translate(error, command or "pairmatch"))


def _translate(error: click.ClickException, command: str) -> UsageError:
    if isinstance(error, click.NoSuchOption):
        return UsageError("cli.option_unknown", option=error.option_name, command=command)
    if isinstance(error, click.MissingParameter):
        name = _name_parameter(error.param)
        return UsageError("cli.parameter_missing", name=name, command=command)
    if isinstance(error, click.BadParameter):
        return _translate_value(error, command)
    return UsageError("cli.usage_wrong", detail=error.format_message(), command=command)


def _translate_value(error: click.BadParameter, command: str) -> UsageError:
    kind = error.param.type if error.param is not None else None
    known = {"name": _name_parameter(error.param), "command": command}
    if isinstance(kind, click.Choice):
        choices = ", ".join(map(str, kind.choices))
        return UsageError("cli.parameter_choice", choices=choices, **known)
    if isinstance(kind, click.IntRange | click.FloatRange):
        least, most = ("…" if end is None else f"{end:g}" for end in (kind.min, kind.max))
        return UsageError("cli.parameter_range", least=least, most=most, **known)
    return UsageError("cli.parameter_wrong", detail=error.message, **known)


def _name_parameter(param: click.Parameter | None) -> str:
    if isinstance(param, click.Option):
        return param.opts[-1]
    return str(param.name).upper() if param is not None else "?"
