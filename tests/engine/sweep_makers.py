"""Small scenarios to sweep: one with built-in rules, one with the plugins of two counties."""

import os
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from tests.faults import plugin_scenarios

from pairmatch import engine
from pairmatch.domain.plugins import PluginOptions
from pairmatch.domain.problem import Problem
from pairmatch.domain.sweep import SpreadRange, SweepPlan
from pairmatch.engine import draws, sweeps
from pairmatch.engine.scenarios import open_scenario
from pairmatch.engine.ways import Way, solve_way

ROOT = Path(__file__).parents[2] / "scenarios"
EASY = PluginOptions()
SPREADS = {
    "need_coverage": 60,
    "industry_affinity": 15,
    "village_priority": 15,
    "scale_difficulty": 8,
    "proximity": 5,
    "wishes": 5,
}
"""The built-in rules of launch-28, in points."""

RULE = '@score_pairs(rule_id="{name}.x", version="1", label_zh="近", label_en="near", spread=4)'
CONDITION = '@refuse_pairs(rule_id="{name}.c", version="1", label_zh="远", label_en="far")'
PLUGIN = """
{rule}
def rule(unit, village):
    number = int(unit.unit_id[1]) * {factor} + int(village.village_id[1])
    return Points(number % 3, "好", "good") if number % 2 else NO_POINTS

{condition}
def condition(unit, village):
    is_refused = (unit.unit_id, village.village_id) == ("{refused}", "b1")
    return Reason("不", "no") if is_refused else None

@hookimpl
def pairmatch_score_rules(county):
    return (rule,) if county == PLUGIN.county else ()

@hookimpl
def pairmatch_eligibility_rules(county):
    return (condition,) if county == PLUGIN.county else ()
"""


def write_plugin(name: str, factor: int, refused: str) -> str:
    """Return a plugin of 乙县 with a rule, and a condition that refuses a unit village b1."""
    head = plugin_scenarios.HEAD.replace("bad", name).replace("甲县", "乙县")
    return head + PLUGIN.format(
        rule=RULE.format(name=name),
        condition=CONDITION.format(name=name),
        factor=factor,
        refused=refused,
    )


def write_plugged(folder: Path, settings: str = "", without: Iterable[str] = ()) -> Path:
    """Write four units, four villages, scores of a table, and two plugins of one county.

    Settings go on in the section of the plugins; units `without` have no capacity.
    """
    plugin_scenarios.write_scenario(folder, plugin_scenarios.SETTINGS + settings)
    rows = [f"{u},{u},{int(u not in set(without))}" for u in plugin_scenarios.UNITS]
    text = "\n".join(["unit_id,name,capacity_max", *rows]) + "\n"
    (folder / "units.csv").write_text(text, encoding="utf-8")
    plugin_scenarios.add_plugin(folder, write_plugin("good", 1, "u1"), "good")
    plugin_scenarios.add_plugin(folder, write_plugin("kind", 2, "u2"), "kind")
    return folder


def write_launch(
    folder: Path, spreads: Mapping[str, object] | None = None, settings: str = ""
) -> Path:
    """Write a scenario that extends launch-28, with other spreads and settings."""
    folder.mkdir(parents=True)
    base = os.path.relpath(ROOT / "launch-28", folder)
    lines = [f'[scenario]\nextends = "{base}"\nname = "launch"\n[rules]']
    lines += [f"{rule} = {value}" for rule, value in (spreads or {}).items()]
    (folder / "scenario.toml").write_text("\n".join([*lines, settings]), encoding="utf-8")
    return folder


def shuffle_tables(folder: Path, seed: int) -> None:
    """Put the rows of all tables of a scenario into another order."""
    random = np.random.default_rng(seed)
    for table in sorted(folder.glob("*.csv")):
        head, *rows = table.read_text(encoding="utf-8").splitlines()
        random.shuffle(rows)
        table.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


def solve(folder: Path, options: PluginOptions = EASY) -> Way:
    """Return a scenario with its answer."""
    with open_scenario(folder, options) as opened:
        return solve_way(folder, opened, options, None)


def propose(folder: Path) -> Any:
    """Return the proposal of a scenario, or None."""
    return engine.propose_pairing(folder, None, dry_run=True).proposal


def fix(**values: object) -> tuple[SpreadRange, ...]:
    """Return spreads that can only be drawn as these."""
    return tuple(
        SpreadRange(rule.replace("__", "."), Fraction(v), Fraction(v), (Fraction(v),))
        for rule, v in ((rule, str(value)) for rule, value in values.items())
    )


def apply(model: draws.SweepModel, plan: SweepPlan, number: int) -> Problem:
    """Return the problem that a draw solves."""
    return draws._apply(model, draws._draw_settings(model, plan, number))


def tell_points(problem: Problem) -> dict[tuple[str, str], int]:
    """Return the points of all pairs that may be chosen, by ids."""
    banned = {(ban.unit_idx, ban.village_idx) for ban in problem.bans}
    pairs = zip(problem.unit_idx.tolist(), problem.village_idx.tolist(), strict=True)
    return {
        (problem.unit_ids[u], problem.village_ids[v]): points
        for (u, v), points in zip(pairs, problem.points.tolist(), strict=True)
        if (u, v) not in banned
    }


def name_pairs(problem: Problem, chosen: Iterable[int]) -> set[tuple[str, str]]:
    """Return chosen candidates by ids."""
    return {
        (problem.unit_ids[problem.unit_idx[k]], problem.village_ids[problem.village_idx[k]])
        for k in chosen
    }


def read_files(paths: Iterable[Path]) -> dict[str, bytes]:
    """Return the bytes of files by name."""
    return {path.name: path.read_bytes() for path in paths}


def sweep(folder: Path, out: Path, workers: engine.Workers, **wishes: Any) -> dict[str, bytes]:
    """Return the files of a sweep by name."""
    _sweep, files = sweeps.sweep_scenario(folder, sweeps.SweepWishes(**wishes), out, workers)
    return read_files(files)
