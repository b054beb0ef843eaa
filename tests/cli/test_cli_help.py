"""Help: both languages, two examples each, quick to come; lists agree with the code."""

import pkgutil
import subprocess
import sys

import click
import pytest

from pairmatch.cli import commands
from pairmatch.cli.commands import plugins
from pairmatch.cli.commands.plugins import PLUGIN_COMMANDS
from pairmatch.cli.help import WIDTH, HelpedCommand, measure_width, wrap_text
from pairmatch.cli.program import COMMANDS, program
from pairmatch.messages import read_catalogue, render

HEAVY = ("ortools", "openpyxl", "numpy", "pandas", "jinja2", "xlsxwriter", "rich", "pydantic")


NAMES = [*(name for name in COMMANDS if name != "plugins")]
NAMES += [f"plugins {name}" for name in PLUGIN_COMMANDS]


def get_command(name):
    command = program
    for word in name.split():
        command = command.get_command(click.Context(command), word)
    return command


@pytest.mark.parametrize(("names", "package"), [(COMMANDS, commands), (PLUGIN_COMMANDS, plugins)])
def test_the_list_of_commands_is_the_folder_of_commands(names, package):
    assert sorted(names) == sorted(m.name for m in pkgutil.iter_modules(package.__path__))


def test_a_group_alone_prints_its_help_with_two_examples(run_cli):
    for words in (["plugins"], ["plugins", "--help"]):
        result = run_cli(*words)
        assert result.exit_code == 0
        assert result.stderr == ""
        for name in PLUGIN_COMMANDS:
            assert render(f"cli.help_plugins_{name}", {}, "zh").text[:10] in result.stdout
        for example in get_command("plugins").examples:
            assert example in result.stdout
    assert len(get_command("plugins").examples) == 2
    assert get_command("plugins").get_command(click.Context(program), "nope") is None


def test_program_help_names_every_command_in_both_languages(run_cli):
    for words in ([], ["--help"]):
        result = run_cli(*words)
        assert result.exit_code == 0
        for name in COMMANDS:
            for lang in ("zh", "en"):
                first = wrap_text(render(f"cli.help_{name}", {}, lang).text, WIDTH - 24)[0]
                assert first in result.stdout


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_in_both_languages_and_two_examples(run_cli, name):
    command = get_command(name)
    assert isinstance(command, HelpedCommand)
    assert len(command.examples) == 2
    for example in command.examples:
        assert example.startswith(f"pairmatch {name}")
    result = run_cli(*name.split(), "--help")
    assert result.exit_code == 0
    for example in command.examples:
        assert example in result.stdout
    assert max(measure_width(line) for line in result.stdout.splitlines()) <= WIDTH
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.opts[0] in result.stdout
            assert option.help.startswith("cli.opt_")


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_the_common_options(name):
    options = {opt for param in get_command(name).params for opt in param.opts}
    assert {"--json", "--lang", "--quiet"} <= options


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_parse(name):
    import shlex

    command = get_command(name)
    for example in command.examples:
        command.make_context(name, shlex.split(example)[1 + len(name.split()) :])


def test_every_message_is_in_both_languages():
    for area in ("cli", "store"):
        for code, entry in read_catalogue(area).items():
            assert set(entry) in ({"zh", "en"}, {"zh", "en", "zh_hint", "en_hint"}), code


def test_help_loads_nothing_heavy():
    script = (
        "import sys\nfrom pairmatch.cli import main\nsys.argv = ['pairmatch', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True
    )
    assert answer.stdout.splitlines()[-1] == "[]"


def test_version(run_cli):
    assert run_cli("--version").stdout.startswith("pairmatch 0.")


def test_lines_break_between_chinese_characters_but_not_before_punctuation():
    assert wrap_text("一二三，四五", 4) == ["一二", "三，", "四五"]
    assert wrap_text("one two three", 7) == ["one two", "three"]
    assert wrap_text("", 7) == []
