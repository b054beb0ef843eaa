"""What the pages say to type works as they say.

A comment before a block of a page says what the block is for:

- ``<!-- test -->`` or ``<!-- test exit=4 -->``: its lines are run and leave with this exit code;
- ``<!-- output -->``: its lines stand in the output of the commands before (``…`` is anything);
- ``<!-- file PATH -->``, ``<!-- append PATH -->``: it is written to, or at the end of, a file;
- ``<!-- sheet WORKBOOK SHEET -->``: the rows of the table below replace those of a sheet;
- ``<!-- cells WORKBOOK SHEET -->``: the table below says what to type into which cell;
- ``<!-- edit PATH -->``: lines of a text file are changed, as a diff: ``-`` before, ``+`` after.

``<!-- start demo -->`` begins with what `pairmatch demo` leaves behind; ``<!-- copy A B -->`` and
``<!-- move A B -->`` copy and move a folder. The ids of runs are examples, so the newest run of
that name is taken. What a page installs with pip goes into a folder of its own, so that one page
never changes another.

Commands of pairmatch run in this process, which has imported everything already, and a table that
has not changed is not read again; pip and pytest run as processes.
"""

import contextlib
import doctest
import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from pairmatch.cli.program import program
from pairmatch.load import reading

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
WORDS = "test|output|file|append|edit|sheet|cells|start|copy|move"
STEP = re.compile(rf"<!-- (?P<what>{WORDS})\b ?(?P<words>.*?) ?-->")
BLOCK = re.compile(r"\n*```[a-z]*\n(?P<body>.*?)```", re.DOTALL)
TABLE = re.compile(r"\n*(?P<body>(?:\|.*\|\n)+)")
INSTALLED = ".installed"
RUN = re.compile(r"(?P<start>\S*?)(?P<name>cangzhou-2026)-[0-9a-f]{12}")


def find_pages() -> list[Path]:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(page for page in pages if "<!-- test" in page.read_text(encoding="utf-8"))


def run_module(words: list[str], folder: Path) -> tuple[int, str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(SRC),
        "PYTHONUTF8": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # a plugin's tests need none: they start sooner
    }
    answer = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return answer.returncode, answer.stdout + answer.stderr


def run_here(words: list[str], folder: Path) -> tuple[int, str]:
    """Run a command of pairmatch in this process, with what its page has installed."""
    with contextlib.chdir(folder), import_from(folder / INSTALLED):
        result = CliRunner().invoke(program, words)
    return result.exit_code, result.output


@contextlib.contextmanager
def import_from(site: Path) -> Iterator[None]:
    """While it lasts, what is installed in a folder can be found and imported; then no more."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        if site.exists():
            patch.syspath_prepend(site)
        yield
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "").is_relative_to(site):
            del sys.modules[name]


def find_module(line: str) -> list[str]:
    """Return the module that a command line runs, and its words."""
    words = shlex.split(line)
    if words[:3] == ["python", "-m", "pip"]:
        assert words[3] == "install"
        # The same without a network, and away from the packages of whoever runs the tests.
        quietly = ["--no-deps", "--no-build-isolation", "--no-index", "--target", INSTALLED]
        return ["pip", "install", *quietly, *words[4:]]
    if words[:3] == ["python", "-m", "pytest"]:
        return words[2:]
    assert words[0] == "pairmatch"
    return words


@dataclass(frozen=True)
class Demo:
    """What `pairmatch demo` leaves behind in a folder, and what it printed."""

    folder: Path
    printed: str


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    code, printed = run_here(["demo"], folder)
    assert code == 0, printed
    return Demo(folder, printed)


def remember(function: Callable[..., Any], identify: Callable[..., Hashable]) -> Callable[..., Any]:
    """Return a function that answers as `function` did to arguments of the same identity."""
    answers: dict[Hashable, tuple[Any, Any]] = {}

    def answer(*arguments: Any) -> Any:
        key = identify(*arguments)
        if key not in answers:
            # The arguments are kept as well, so that nothing else ever has their identity.
            answers[key] = arguments, function(*arguments)
        return answers[key][1]

    return answer


@pytest.fixture(scope="module", autouse=True)
def tables_are_read_once() -> Iterator[None]:
    """Read the same bytes once: most commands of most pages read all workbooks of the demo."""
    with pytest.MonkeyPatch.context() as patch:
        for name, identify in (
            ("read_sheets", lambda path, name: (name, path.read_bytes())),
            ("find_header", lambda sheet, table: (id(sheet), table.name)),
            ("read_rows", lambda sheet, block: (id(sheet), id(block))),
        ):
            patch.setattr(reading, name, remember(getattr(reading, name), identify))
        yield


@dataclass
class Walk:
    """A page being followed: the folder its reader is in, and what was printed last."""

    folder: Path
    demo: Demo
    printed: str = ""
    num_commands: int = 0

    def take(self, what: str, words: str, body: str) -> None:
        if what == "test":
            self.run(body, int(words.partition("=")[2] or 0))
        elif what == "output":
            self.compare(body)
        elif what in ("file", "append"):
            path = self.folder / self.find_run(words)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w" if what == "file" else "a", encoding="utf-8") as stream:
                stream.write(body)
        elif what in ("sheet", "cells"):
            name, sheet = words.split(" ")
            write_cells(self.folder / name, sheet, read_table(body), whole=what == "sheet")
        elif what == "edit":
            edit_lines(self.folder / words, body)
        elif what == "start":
            assert words == "demo"
            shutil.copytree(self.demo.folder, self.folder, dirs_exist_ok=True)
        else:
            origin, goal = (self.folder / self.find_run(word) for word in words.split(" "))
            shutil.copytree(origin, goal)
            if what == "move":
                shutil.rmtree(origin)

    def run(self, body: str, exit_code: int) -> None:
        self.printed = ""
        for line in body.strip().splitlines():
            words = find_module(self.find_run(line))
            self.num_commands += 1
            if words == ["pairmatch", "demo"] and not any(self.folder.iterdir()):
                # The same as was done for all pages already.
                self.take("start", "demo", "")
                self.printed += self.demo.printed
                continue
            if words[0] == "pairmatch":
                code, printed = run_here(words[1:], self.folder)
            else:
                code, printed = run_module(words, self.folder)
            assert code == exit_code, f"{line}\n{printed}"
            self.printed += printed

    def compare(self, body: str) -> None:
        for line in body.strip().splitlines():
            pattern = ".*".join(re.escape(part) for part in line.strip().split("…"))
            assert re.search(pattern, self.printed), f"{line!r} is not in:\n{self.printed}"

    def find_run(self, text: str) -> str:
        """Put the newest run in place of a run's example name."""

        def replace(match: re.Match[str]) -> str:
            parent = self.folder / match["start"]
            runs = [path for path in parent.glob(f"{match['name']}-*") if path.is_dir()]
            newest = max(runs, key=lambda path: path.stat().st_mtime_ns, default=None)
            return match["start"] + (newest.name if newest else f"{match['name']}-000000000000")

        return RUN.sub(replace, text)


def read_table(body: str) -> list[list[str]]:
    """Return the rows of a table of a page, its header first."""
    head, _line, *rows = (line.strip().strip("|").split("|") for line in body.splitlines())
    return [[cell.strip().strip("`") for cell in row] for row in (head, *rows)]


def write_cells(path: Path, sheet: str, table: list[list[str]], whole: bool) -> None:
    """Type a table into a sheet, as a reader would: all of its rows, or single cells."""
    book = openpyxl.load_workbook(path)
    page = book[sheet]
    header, *rows = table
    if whole:
        columns = {page.cell(1, k + 1).value: k + 1 for k in range(page.max_column)}
        keeps_header = set(header) <= set(columns)
        for row in page.iter_rows(min_row=2 if keeps_header else 1):
            for cell in row:
                cell.value = None
        for k, name in enumerate(header):
            place = columns[name] if keeps_header else k + 1
            texts = [row[k] for row in rows] if keeps_header else [name, *(row[k] for row in rows)]
            for number, text in enumerate(texts, 2 if keeps_header else 1):
                type_into(page.cell(number, place), text)
    else:
        for address, text in rows:
            type_into(page[address], text)
    book.save(path)


def type_into(cell: Any, text: str) -> None:
    """Enter a text as a spreadsheet does: a number becomes one, unless the cell is for texts."""
    is_number = re.fullmatch(r"-?\d+(\.\d+)?", text) and cell.number_format != "@"
    cell.value = float(text) if is_number else text or None


def edit_lines(path: Path, body: str) -> None:
    """Replace the lines after - by those after +, which need not be whole ones."""
    text = path.read_text(encoding="utf-8")
    old, new = (
        "\n".join(line[1:] for line in body.splitlines() if line[0] == sign) for sign in "-+"
    )
    assert text.count(old) == 1, f"{old!r} is not once in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def list_steps(text: str) -> Iterator[tuple[str, str, str]]:
    for step in STEP.finditer(text):
        shape = TABLE if step["what"] in ("sheet", "cells") else BLOCK
        block = shape.match(text, step.end())
        if step["what"] in ("start", "copy", "move"):
            yield step["what"], step["words"], ""
        else:
            assert block, f"no block after {step[0]}"
            yield step["what"], step["words"], block["body"]


@pytest.mark.parametrize("page", find_pages(), ids=lambda page: page.stem)
def test_page_works_as_written(page: Path, tmp_path: Path, demo: Demo) -> None:
    walk = Walk(tmp_path, demo)
    for what, words, body in list_steps(page.read_text(encoding="utf-8")):
        walk.take(what, words, body)
    assert walk.num_commands


@pytest.mark.parametrize("kind", ["tutorials", "how-to"])
def test_every_command_of_a_guide_is_run(kind: str) -> None:
    for page in sorted((ROOT / "docs" / kind).glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for block in re.finditer(r"^```(?:console|sh)$", text, re.MULTILINE):
            before = text[: block.start()].rstrip().splitlines()[-1]
            assert before.startswith("<!-- test"), f"{page.name}: {text[block.end() :][:60]}"


def test_readmes_and_tutorial_install_alike() -> None:
    pages = ("README.md", "README.zh-CN.md", "docs/tutorials/第一次结对.md")
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in pages]
    for text in texts:
        assert (
            "py -m venv .venv\n.venv\\Scripts\\python -m pip install -c constraints.txt .\n" in text
        )
    for text in texts[:2]:
        assert (
            '-m pip install -c constraints.txt -e ".[dev]"\n.venv\\Scripts\\python -m pytest'
            in text
        )
        assert "make test" in text
        assert "make demo" in text


def find_documented_modules() -> list[str]:
    return [
        ".".join(path.relative_to(SRC).with_suffix("").parts)
        for path in sorted(SRC.rglob("*.py"))
        if ">>>" in path.read_text(encoding="utf-8")
    ]


@pytest.mark.parametrize("name", find_documented_modules())
def test_examples_in_docstrings(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted
    assert not result.failed
