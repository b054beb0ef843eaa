"""Runs with and without plugins are read alike; one that names plugins has the file on them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pairmatch import engine
from pairmatch.domain.digests import DIGEST_KEY, compute_facts_digest
from pairmatch.load.runs import read_run

SMALLEST = Path(__file__).parents[2] / "scenarios" / "three-by-three"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    outcome = engine.propose_pairing(SMALLEST, tmp_path)
    assert outcome.run is not None
    return outcome.run


def edit_facts(run: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change `run.json` and put its digest right again, as a forger would."""
    path = run / "run.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    change(facts)
    del facts[DIGEST_KEY]
    facts[DIGEST_KEY] = compute_facts_digest(facts)
    path.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")


def list_faults(run: Path) -> list[tuple[str, str]]:
    _stored, faults = read_run(run)
    return [(fault.code, fault.params.get("key", "")) for fault in faults]


def test_a_run_as_published_is_whole(run: Path) -> None:
    assert list_faults(run) == []
    assert "plugins.json" in json.loads((run / "run.json").read_text(encoding="utf-8"))["files"]


@pytest.mark.parametrize("left", [[], None])
def test_a_run_of_a_version_without_plugins_is_whole(run: Path, left: object) -> None:
    def age(facts: dict[str, Any]) -> None:
        del facts["files"]["plugins.json"]
        del facts["plugins"]
        if left is not None:
            facts["plugins"] = left

    (run / "plugins.json").unlink()
    edit_facts(run, age)
    assert list_faults(run) == []


def test_a_run_that_names_plugins_needs_the_file_on_them(run: Path) -> None:
    def hide(facts: dict[str, Any]) -> None:
        del facts["files"]["plugins.json"]
        facts["plugins"] = [{"name": "a", "state": "broken"}]

    edit_facts(run, hide)
    assert list_faults(run) == [("runs.missing_value", "files.plugins.json")]


def test_a_state_that_is_none_is_told(run: Path) -> None:
    def spoil(facts: dict[str, Any]) -> None:
        facts["plugins"] = [{"name": "a", "state": "fine"}]

    edit_facts(run, spoil)
    assert list_faults(run) == [("runs.bad_value", "plugins.0.state")]


def test_a_changed_file_on_plugins_is_told(run: Path) -> None:
    path = run / "plugins.json"
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    _stored, faults = read_run(run)
    assert [(fault.code, fault.place.file) for fault in faults] == [
        ("runs.file_changed", "plugins.json")
    ]
