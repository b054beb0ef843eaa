"""Which tests are long: those that compare with thousands of cases, or run whole commands.

They are run apart, without measuring coverage, which makes them half as long again.
"""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LONG = (
    "docs",
    "engine/test_conformance.py",
    "engine/test_infeasible_examples.py",
    "engine/test_plugin_bounds.py",
    "faults",
    "hooks/packs/test_pack_escapes.py",
    "hooks/packs/test_pack_rules.py",
    "match/test_determinism.py",
    "match/test_optimum_random.py",
    "report/test_html_browser.py",
    "scenarios",
)
"""Folders and files of long tests."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.relative_to(TESTS).as_posix() if item.path.is_relative_to(TESTS) else ""
        if any(path == long or path.startswith(f"{long}/") for long in LONG):
            item.add_marker(pytest.mark.long)
