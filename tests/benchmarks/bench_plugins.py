"""How long scoring and the audit take with 14 county plugins of 5 rules each.

    python tests/benchmarks/bench_plugins.py [--repeats N] [--seed N]

Every county of the bundled scenario gets a plugin, made from the seed: seven rule packs
(conditions, and/or, bands, a formula) and seven in Python. The target holds for rules over whole
arrays; how much longer it takes when one rule in five is a function of a single pair, which runs
the county's own code once for every pair, is measured beside it. All times are of this one run, in
turns, as medians of the repeats.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pairmatch.domain.inputs import Inputs
from pairmatch.domain.matching import Conflict
from pairmatch.domain.plugins import PluginOptions
from pairmatch.domain.scenario import PluginsSection
from pairmatch.domain.scores import ScoreTable
from pairmatch.engine.influence import Answer, measure_influences
from pairmatch.engine.proofs import prove_matching
from pairmatch.engine.scenarios import list_counties
from pairmatch.hooks.manager import Plugins, open_plugins
from pairmatch.load.packs import read_pack
from pairmatch.load.plugins import find_plugins
from pairmatch.load.scenario import read_scenario
from pairmatch.match.problems import build_problem
from pairmatch.score.city import CityScores, compute_spreads, score_city
from pairmatch.score.counties import score_counties

SCENARIO = Path(__file__).parents[2] / "scenarios" / "cangzhou-2026"
MOST_SECONDS = 2.0
NUM_RULES = 5
MEASURES = (
    ("ind_storage_tonnes", "冷藏仓储能力", 200),
    ("ind_collective_income_wan", "村集体经营性收入", 20),
    ("bas_saline_share", "盐碱地占比", 60),
    ("bas_over60_share", "60岁以上占比", 35),
    ("ind_local_jobs", "本村就业岗位", 80),
    ("con_unsold_value", "滞销农产品价值", 50),
)
LEVELS = (
    ("cash", "资金捐赠"),
    ("purchase", "消费帮扶采购"),
    ("jobs", "就业岗位"),
    ("credit", "信贷授信"),
    ("retail_channel", "商超专柜与电商"),
    ("medical_service", "义诊巡诊"),
)

PACK = """
[pack]
name = "{name}"
county = "{county}"
"""
CONDITIONS = """
[[rule]]
id = "r{k}"
label = "条件"
spread = 1
[[rule.row]]
when = [{{ field = "村.{measure}", op = "至少", value = {cut} }}, {{ field = "单位.{level}", op = "至少", value = 2 }}]
points = 2
reason = "都满足"
[[rule.row]]
when_any = [
  [{{ field = "村.{measure}", op = "小于", value = {cut} }}, {{ field = "单位.{other}", op = "至少", value = 1 }}],
  [{{ field = "单位.行业代码", op = "属于", value = ["{code}"] }}],
]
points = 1
reason = "满足一组"
"""  # noqa: E501
BANDS = """
[[rule]]
id = "r{k}"
label = "分段"
spread = 1
[[rule.row]]
bands = {{ field = "单位.团队人数", cuts = [3, 6, 9], points = [0, 0.5, 1, 1.5] }}
reason = "人手"
"""
FORMULA = """
[[rule]]
id = "r{k}"
label = "公式"
spread = 1
[[rule.row]]
formula = "最小(2, 单位.{level} * 村.{measure} / {cut} / 3)"
reason = "相乘"
"""
PACK_RULES = (CONDITIONS, BANDS, FORMULA, CONDITIONS, CONDITIONS)

PYTHON = """
from decimal import Decimal

import numpy as np

from pairmatch.hooks import (
    NO_POINTS, CodedReasons, Contribution, PluginInfo, Points, Reason, ScoreRule, hookimpl,
    make_contribution, score_pairs,
)

PLUGIN = PluginInfo("{name}", "{county}", "1")
RULES = []


def read(village, name):
    reading = village.indicators.get(name)
    value = None if reading is None else reading.value
    return value if isinstance(value, float) else np.nan


@hookimpl
def pairmatch_score_rules(county):
    return tuple(RULES) if county == PLUGIN.county else ()
"""
VECTORISED = """

def contribute_{k}(candidates, spread):
    values = np.array([read(v, "{measure}") for v in candidates.villages.records])
    levels = np.array([u.capabilities.get("{level}", 0) for u in candidates.units.records])
    share = np.clip(values / {cut}, 0, 1)[candidates.village_idx]
    known = ~np.isnan(share)
    most = levels[candidates.unit_idx] * candidates.steps_per_point // 2
    points = np.floor(np.where(known, share, 0) * most).astype(np.int64)
    high = np.where(known, points, most).astype(np.int64)
    table = (Reason("没有填", "not known"), Reason("按比例", "in proportion"))
    return Contribution(points, points, high, CodedReasons(known.astype(np.int32), table))


RULES.append(
    ScoreRule(
        "{name}.r{k}", "1", "整列", "vectorised", contribute_{k},
        fields=("village.{measure}", "capability.{level}"), spread=Decimal(1),
    )
)
"""
PER_PAIR = """

@score_pairs(
    rule_id="{name}.r{k}", version="1", label_zh="逐对", label_en="pair by pair", spread=1,
    fields=("village.{measure}", "capability.{level}"),
)
def score_{k}(unit, village):
    value = read(village, "{measure}")
    if not value >= {cut}:
        return NO_POINTS
    level = unit.capabilities.get("{level}", 0)
    return Points(level, f"村里 {{value:g}}，单位 {{level}} 级", f"{{value:g}}, level {{level}}")


RULES.append(score_{k})
"""
MIXES = {
    "tables and arrays": ((VECTORISED,) * 5, 1.5),
    "one in five pair by pair": (
        (VECTORISED, PER_PAIR, VECTORISED, PER_PAIR, VECTORISED),
        None,
    ),
}
"""The five rules of a plugin in Python, and how many times as long as the built-in rules all may
take; every second county has a rule pack instead."""


def main() -> None:
    """Measure and print, and leave with 1 if a target is missed."""
    parser = argparse.ArgumentParser(description="Time scoring and audit with 14 county plugins.")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    inputs, _findings = read_scenario(SCENARIO)
    if inputs is None:
        raise SystemExit("the bundled scenario cannot be read")
    is_good = True
    for mix, (python_rules, most_ratio) in MIXES.items():
        with tempfile.TemporaryDirectory() as folder:
            counties = write_plugins(Path(folder) / "plugins", inputs, options.seed, python_rules)
            print(f"{len(counties)} plugins of {NUM_RULES} rules, {mix}; {options.repeats} repeats")
            with open_county_plugins(Path(folder), inputs) as plugins:
                is_good &= measure(inputs, plugins, options.repeats, most_ratio)
    raise SystemExit(0 if is_good else 1)


def write_plugins(
    folder: Path, inputs: Inputs, seed: int, python_rules: Sequence[str]
) -> tuple[str, ...]:
    """Write a plugin for every county; return the counties."""
    draw = random.Random(seed)
    counties = list_counties(inputs)
    for number, county in enumerate(counties):
        name = f"county{number:02}"
        is_pack = number % 2 == 0
        text = (PACK if is_pack else PYTHON).format(name=name, county=county)
        for k, rule in enumerate(PACK_RULES if is_pack else python_rules):
            (measure, measure_zh, most), (level, level_zh) = (
                draw.choice(MEASURES),
                draw.choice(LEVELS),
            )
            text += rule.format(
                k=k,
                name=name,
                measure=measure_zh if is_pack else measure,
                level=level_zh if is_pack else level,
                other=draw.choice(LEVELS)[1],
                code=draw.choice(("66", "84", "47", "13", "44")),
                cut=draw.randint(most // 3, most),
            )
        path = folder / name / ("pack.toml" if is_pack else "plugin.py")
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    return counties


def open_county_plugins(folder: Path, inputs: Inputs) -> Plugins:
    """Open the plugins in a folder; any fault ends the run."""
    sources, found = find_plugins(folder, PluginsSection(folders=("plugins",)), None)
    own = tuple(source for source in sources if source.is_on)
    counties = list_counties(inputs)
    plugins = open_plugins(own, read_pack, counties, inputs.taxonomy, PluginOptions())
    for finding in (*found, *plugins.findings):
        raise SystemExit(f"{finding.code} {dict(finding.params)}")
    return plugins


def measure(inputs: Inputs, plugins: Plugins, repeats: int, most_ratio: float | None) -> bool:
    """Print the times, and whether they are within the targets."""
    rules, conditions = plugins.score_rules, plugins.eligibility_rules
    spreads = compute_spreads(inputs.scenario, rules)

    def score_all(with_plugins: bool) -> tuple[CityScores, ScoreTable]:
        city = score_city(inputs, rules, conditions)
        wanted = rules if with_plugins else [rule for rule in rules if not rule.plugin]
        table, _exclusions = score_counties(city, wanted, conditions, spreads)
        return city, table

    # In turns, so that a busy machine slows both alike.
    alone, together = [], []
    for _ in range(repeats):
        alone.append(take_time(lambda: score_all(False)))
        together.append(take_time(lambda: score_all(True)))
    city, table = score_all(True)
    problem = build_problem(inputs, table)
    matching = prove_matching(problem)
    if isinstance(matching, Conflict):
        raise SystemExit("the bundled scenario has no pairing")
    answer = Answer(table, problem, matching)
    audits = [
        take_time(lambda: measure_influences(inputs, city, rules, conditions, answer))
        for _ in range(max(3, repeats // 5))
    ]
    ratio = statistics.median(b / a for a, b in zip(alone, together, strict=True))
    audit = statistics.median(audits)
    print(f"candidates                     {len(table.total):8d}")
    print(f"scoring, built-in rules alone  {statistics.median(alone):8.4f} s")
    print(f"scoring, with the plugins      {statistics.median(together):8.4f} s")
    wanted = f"   target <= {most_ratio}" if most_ratio else ""
    print(f"ratio (median of each turn)    {ratio:8.3f}{wanted}")
    print(f"audit of all plugins           {audit:8.4f} s target < {MOST_SECONDS}")
    return (not most_ratio or ratio <= most_ratio) and audit < MOST_SECONDS


def take_time(action: Callable[[], object]) -> float:
    """Return how many seconds of the processor an action takes.

    What else runs on the machine does not count; scoring and audit use one processor.
    """
    began = time.process_time()
    action()
    return time.process_time() - began


if __name__ == "__main__":
    main()
