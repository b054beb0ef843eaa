"""The table of faults in README.md is honest: its tests exist, and no case is missing."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
LATER = "come with those features"
NOT_YET = {48, 49}
ROW = re.compile(r"\| ([\d–, ]+) \| (.+?) \| (.+) \|")
TEST = re.compile(r"`([\w/.]+)::(\w+)`")


@cache
def read_table():
    """Return the cell with the tests by case number."""
    text = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    cases = {}
    for numbers, _fault, tests in ROW.findall(text):
        first, *more = map(int, re.findall(r"\d+", numbers))
        last = more[-1] if more else first
        for case in range(first, last + 1):
            assert case not in cases, case
            cases[case] = tests
    return cases


@cache
def list_tests(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_case_has_a_row():
    assert list(read_table()) == list(range(1, 51))


@pytest.mark.parametrize("case", range(1, 51))
def test_every_listed_test_exists(case):
    tests = read_table()[case]
    listed = TEST.findall(tests)
    if case in NOT_YET:
        assert tests == LATER
        return
    assert listed
    assert TEST.sub("", tests).strip(", ") == ""
    for file, name in listed:
        assert name.startswith("test_")
        assert name in list_tests(TESTS / file), f"{file}::{name}"


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("test_fault*_[0-9]*.py")))
def test_every_file_of_faults_is_in_the_table(path):
    assert any(f"faults/{path.name}::" in tests for tests in read_table().values())
