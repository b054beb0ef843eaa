"""A plugin of a third party: a wheel, installed with pip, found, switched on, checked and used."""

import base64
import csv
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.faults.plugin_scenarios import GOOD, SETTINGS, write_scenario

ROOT = Path(__file__).parents[2]
WHEEL = "pairmatch_fengshou-1.2-py3-none-any.whl"
INFO = "pairmatch_fengshou-1.2.dist-info"
RULES = GOOD.replace("good", "fengshou").replace("乙县", "甲县")


def build_wheel(folder: Path) -> Path:
    """Write a wheel by hand, as any build backend would: no network, no backend to install."""
    files = {
        "pairmatch_fengshou/__init__.py": "",
        "pairmatch_fengshou/rules.py": RULES,
        f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: pairmatch-fengshou\nVersion: 1.2\n",
        f"{INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{INFO}/entry_points.txt": "[pairmatch]\nfengshou = pairmatch_fengshou.rules\n",
    }
    record = "".join(
        f"{name},{_digest(text)},{len(text.encode())}\n" for name, text in files.items()
    )
    path = folder / WHEEL
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, f"{INFO}/RECORD": f"{record}{INFO}/RECORD,,\n"}.items():
            wheel.writestr(name, text)
    return path


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder into which pip has installed the wheel."""
    folder = tmp_path_factory.mktemp("third party")
    words = ("install", "--no-index", "--no-deps", "--no-compile", "--quiet", "--target")
    subprocess.run(
        [sys.executable, "-m", "pip", *words, str(folder / "site"), str(build_wheel(folder))],
        check=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    return folder / "site"


@pytest.fixture
def cli(site, tmp_path):
    """Run the program in a process that can import what is installed there."""
    paths = [str(site), *filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH")))]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "XDG_STATE_HOME": str(tmp_path)}
    env.pop("PAIRMATCH_LOAD_PLUGINS", None)

    def run(*words, **more):
        done = subprocess.run(
            [sys.executable, "-m", "pairmatch", *map(str, words), "--json"],
            env={**env, **more},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, json.loads(done.stdout)

    return run


def find_state(data):
    [state] = [plugin for plugin in data["plugins"] if plugin["name"] == "fengshou"]
    return state


def test_it_is_found_and_off_unless_it_is_enabled(cli, tmp_path):
    code, data = cli("plugins", "list", write_scenario(tmp_path / "s"))
    state = find_state(data)
    assert code == 0
    assert (state["state"], state["kind"]) == ("off", "package")
    assert state["origin"] == "pairmatch-fengshou 1.2"
    assert state["why"]["code"] == "plugins.off_not_enabled"
    assert "enable" in state["why"]["message"]


def test_it_is_checked_and_used_once_it_is_enabled(cli, tmp_path):
    scenario = write_scenario(tmp_path / "s", f'{SETTINGS}enable = ["fengshou"]\n')
    code, data = cli("plugins", "list", scenario)
    assert (code, find_state(data)["state"]) == (0, "on")
    assert find_state(data)["rules"] == ["fengshou.x"]

    code, data = cli("plugins", "check", scenario, "--plugin", "fengshou")
    assert (code, find_state(data)["good"]) == (0, True)
    assert len(find_state(data)["passed"]) == 7

    code, data = cli("propose", scenario)
    assert (code, find_state(data)["state"]) == (0, "on")
    with (Path(data["run"]) / "contributions.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["plugin"] == "fengshou"]
    assert {row["rule_id"] for row in rows} == {"fengshou.x"}
    assert {row["village_id"] for row in rows} == {"a1", "a2"}


def test_the_variable_switches_it_on_too(cli, tmp_path):
    scenario = write_scenario(tmp_path / "s")
    code, data = cli(
        "propose", scenario, "--dry-run", "--isolate", PAIRMATCH_LOAD_PLUGINS="fengshou"
    )
    assert code == 0
    on = [plugin["name"] for plugin in data["plugins"] if plugin["state"] == "on"]
    assert on == ["fengshou"]
