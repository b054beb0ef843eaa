"""Two counties, the good plugin of one, a broken one of the other, and what the program says.

The broken plugin is called ``bad`` and belongs to 甲县, the good one ``good`` and to 乙县.
"""

import csv
import io
import json
import textwrap
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from pairmatch.cli.program import program

Run = Callable[..., Result]

OWN, OTHER = "甲县", "乙县"
OWN_VILLAGES, OTHER_VILLAGES = ("a1", "a2"), ("b1", "b2")
UNITS = ("u1", "u2", "u3", "u4")
SETTINGS = """
[scenario]
name = "small"
[inputs]
scores = "scores.csv"
[plugins]
folders = ["plugins"]
"""

HEAD = """\
import numpy as np
from decimal import Decimal
from pairmatch.hooks import *
from pairmatch.hooks import CodedReasons, EligibilityRule, ScoreRule
PLUGIN = PluginInfo("bad", "甲县", "1", "试", "try")
"""

SCORE_HOOK = """
@hookimpl
def pairmatch_score_rules(county):
    return (rule,) if county == PLUGIN.county else ()
"""

CONDITION_HOOK = SCORE_HOOK.replace("score", "eligibility")

PAIR_RULE = '@score_pairs(rule_id="bad.x", version="1", label_zh="近", label_en="near", spread=2)'
PAIR_CONDITION = '@refuse_pairs(rule_id="bad.x", version="1", label_zh="远", label_en="far")'

GOOD = (
    HEAD.replace("bad", "good").replace(OWN, OTHER)
    + PAIR_RULE.replace("bad", "good")
    + """
def rule(unit, village):
    return Points(2, "好", "good") if unit.unit_id == "u1" else NO_POINTS
"""
    + SCORE_HOOK
)


def write_pair_rule(body: str) -> str:
    """Return a plugin whose rule for a `unit` and a `village` has this body."""
    return f"{HEAD}{PAIR_RULE}\ndef rule(unit, village):\n{_indent(body)}{SCORE_HOOK}"


def write_pair_condition(body: str) -> str:
    """Return a plugin whose condition for a `unit` and a `village` has this body."""
    return f"{HEAD}{PAIR_CONDITION}\ndef rule(unit, village):\n{_indent(body)}{CONDITION_HOOK}"


def write_array_rule(body: str) -> str:
    """Return a plugin whose rule for all `candidates` has this body.

    It may use `n`, their number, `zeros`, that many, and `give`, which makes an answer of points.
    """
    start = """
    n = len(candidates)
    zeros = np.zeros(n, dtype=np.int64)
    give = lambda points: make_contribution(points, zeros, (Reason("因", "why"),))
"""
    made = '\nrule = ScoreRule("bad.x", "1", "近", "near", contribute, spread=Decimal(2))\n'
    return f"{HEAD}def contribute(candidates, spread):{start}{_indent(body)}{made}{SCORE_HOOK}"


def write_array_condition(decide: str, explain: str = 'return Reason("因", "why")') -> str:
    """Return a plugin whose condition for all `candidates` has these bodies."""
    made = '\nrule = EligibilityRule("bad.x", "1", "远", "far", decide, explain)\n'
    return (
        f"{HEAD}def decide(candidates):\n    n = len(candidates)\n{_indent(decide)}"
        f"def explain(unit, village):\n{_indent(explain)}{made}{CONDITION_HOOK}"
    )


def _indent(body: str) -> str:
    return textwrap.indent(textwrap.dedent(body).strip() + "\n", "    ")


def write_scenario(folder: Path, settings: str = SETTINGS) -> Path:
    """Write a scenario with the good plugin only."""
    folder.mkdir()
    (folder / "scenario.toml").write_text(settings, encoding="utf-8")
    villages = (*OWN_VILLAGES, *OTHER_VILLAGES)
    counties = {"a": OWN, "b": OTHER}
    tables = {
        "units": ("unit_id,name", *(f"{unit},单位{unit[1]}" for unit in UNITS)),
        "villages": (
            "village_id,name,county,households",
            *(f"{v},村{v},{counties[v[0]]},{100 * k + 100}" for k, v in enumerate(villages)),
        ),
        "scores": (
            "unit_id,village_id,points",
            *(
                f"{u},{v},{(7 * j + 3 * k) % 10}"
                for j, u in enumerate(UNITS)
                for k, v in enumerate(villages)
            ),
        ),
    }
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    add_plugin(folder, GOOD, "good")
    return folder


def add_plugin(
    scenario: Path, code: str | bytes, name: str = "bad", file: str = "plugin.py"
) -> None:
    """Add a plugin of one file to a scenario."""
    folder = scenario / "plugins" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(code.encode() if isinstance(code, str) else code)


def run_program(*words: object) -> Result:
    """Run the program in this process: nothing that a plugin does may end it."""
    result = CliRunner().invoke(program, [str(word) for word in words])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def read(result: Result) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(result.stdout)
    return facts


def expect_refusal(
    scenario: Path, code: str, *says: str, plugin: str = "bad", options: tuple[object, ...] = ()
) -> None:
    """Nothing is published, and both languages say whose fault it is, where, and what to do.

    `code` are the codes of all errors, separated by blanks.
    """
    before = list_runs(scenario)
    for lang in ("zh", "en"):
        result = run_program("propose", scenario, "--lang", lang, *options)
        assert result.exit_code == 5, result.output
        assert result.stdout == ""
        assert list_runs(scenario) == before
        for word in (plugin, *says):
            assert word in result.stderr, result.stderr
        assert "→" in result.stderr
        assert "--skip-broken-plugins" in result.stderr
    facts = read(run_program("propose", scenario, "--json", *options))
    errors = [finding for finding in facts["findings"] if finding["severity"] == "error"]
    assert {finding["code"] for finding in errors} == set(code.split()), errors
    assert all(finding["hint"] for finding in errors)
    assert facts["error"]["exit_code"] == 5


def expect_going_on(scenario: Path, plugin: str = "bad", options: tuple[object, ...] = ()) -> Path:
    """Without the broken plugin there is a run with the good one, and every output says so."""
    result = run_program("propose", scenario, "--skip-broken-plugins", *options)
    assert result.exit_code == 0, result.output
    assert plugin in result.stdout, result.stdout
    [run] = list_runs(scenario)
    states = {state["name"]: state["state"] for state in read_json(run / "run.json")["plugins"]}
    assert (states.get(plugin), states["good"]) == ("broken", "on"), states
    used = {row["plugin"] for row in read_table(run / "contributions.csv")}
    assert used == {"", "good"}
    pairs = read_table(run / "pairings.csv")
    assert pairs
    assert {row["left_out_plugins"] for row in pairs} == {plugin}
    page = (run / "report.html").read_text(encoding="utf-8")
    assert f"有插件没有用上：{plugin}" in page
    assert f"有插件没有用上：{plugin}" in read_texts(run / "结对安排表.xlsx")
    return run


def expect_run_to_say(run: Path, plugin: str = "bad") -> None:
    """Whoever looks into the run later is told as well."""
    for command in ("verify", "explain"):
        assert f"没有用：{plugin}" in run_program(command, run).stdout
        as_data = run_program(command, run, "--json")
        assert f"没有用：{plugin}" in as_data.stderr
        assert read(as_data)["status"] in ("holds", "done")


def expect_failed_check(
    scenario: Path, code: str, *says: str, plugin: str = "bad", options: tuple[object, ...] = ()
) -> None:
    """The check of plugins names it too."""
    facts = run_program("plugins", "check", scenario, "--plugin", plugin, "--json", *options)
    assert facts.exit_code == 5, facts.output
    findings = [f for report in read(facts)["plugins"] for f in report["findings"]]
    errors = [finding for finding in findings if finding["severity"] == "error"]
    assert {finding["code"] for finding in errors} == set(code.split()), errors
    told = errors[0]["message"] + errors[0]["hint"] + errors[0]["file"]
    assert errors[0]["hint"]
    for word in (plugin, *says):
        assert word in told, told


class Choice:
    """Whether the present test is the first variant of its fault; set by the fixture beside."""

    is_thorough = True


CHOICE = Choice()


def expect_broken(
    scenario: Path, code: str, *says: str, plugin: str = "bad", options: tuple[object, ...] = ()
) -> None:
    """All of the above; of the variants of a fault, the first alone goes all the way."""
    expect_refusal(scenario, code, *says, plugin=plugin, options=options)
    if not CHOICE.is_thorough:
        return
    expect_going_on(scenario, plugin, options)
    expect_failed_check(scenario, code, plugin=plugin, options=options)


def list_runs(scenario: Path) -> list[Path]:
    """Return what was published."""
    runs = scenario / "runs"
    return sorted(path for path in runs.iterdir() if path.is_dir()) if runs.exists() else []


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def read_table(path: Path) -> list[Mapping[str, str]]:
    text = path.read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def read_texts(path: Path) -> str:
    """Return the texts of a workbook, each once: much quicker than reading its sheets."""
    with zipfile.ZipFile(path) as book:
        return book.read("xl/sharedStrings.xml").decode()
