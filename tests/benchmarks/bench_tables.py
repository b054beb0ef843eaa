"""Seconds and memory to read, check and prepare large tables; data are synthetic.

python tests/benchmarks/bench_tables.py [--villages 139100] [--units 127000] [--counties 2800]
    [--parquet] [--seed 1] [--keep FOLDER]
"""

import argparse
import csv
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pairmatch.check.villages import PARTS
from pairmatch.domain.taxonomy import IndicatorType
from pairmatch.load.taxonomy import read_taxonomy

TAXONOMY = read_taxonomy()
SETTINGS = """[scenario]
name = "synthetic"
synthetic = true

[inputs]
units = "units.{ending}"
villages = "villages.{ending}"

[rules]
need_coverage = 30
"""
CHARACTERS = "东西南北大小上下前后王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗庄店寨沟河湾桥头口集"


def write_villages(path: Path, number: int, num_counties: int, rng: random.Random) -> None:
    """Write a village table in which every question is answered by most villages."""
    head = ["village_id", "county", "township", "name", "demand_max", "data_status"]
    asked = TAXONOMY.indicators
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*head, *(i.indicator_id for i in asked)])
        for k in range(number):
            county = k * num_counties // number
            code = f"{110000 + county:06d}{100 + k % 20:03d}{200 + k // 20 % 800:03d}"
            place = [code, f"第{county}县", f"第{county}县{k % 20}镇", name_place(rng) + "村"]
            answers = (answer(i, rng) for i in asked)
            writer.writerow([*place, rng.randrange(1, 4), "合成", *answers])


def answer(indicator: IndicatorType, rng: random.Random) -> str:
    """Return an answer as a village would give it; one in fifty is open."""
    if rng.randrange(50) == 0:
        return rng.choice(["", "不详"])
    words = {
        "bool": ["是", "否"],
        "set": ["①", "①③", "②"],
        "enum": indicator.unit.split("/"),
        "text": [specialty.name_zh for specialty in TAXONOMY.specialties],
    }
    if indicator.value_type in words:
        return rng.choice(words[indicator.value_type])
    usual = {"bas_households": (150, 250), "bas_population": (500, 700)}
    usual |= {"bas_farmland_mu": (900, 1500), "bas_over60_share": (15, 35)}
    usual |= {"bas_residents": (300, 500), "bas_party_members": (10, 40)}
    usual |= {"her_sites": (3, 6), "her_sites_poor_condition": (0, 3)}
    usual |= {part: (0, 9) for part, _whole in PARTS if part not in usual}
    least = 5 if indicator.unit == "%" else indicator.minimum or 0
    widest = (least, max(least, (indicator.maximum or 0) / 4))
    low, high = usual.get(indicator.indicator_id, widest)
    if indicator.value_type == "int":
        return str(rng.randint(int(low), int(high)))
    return f"{rng.uniform(low, high):.1f}"


def write_units(path: Path, number: int, num_counties: int, rng: random.Random) -> None:
    """Write a unit table in which each unit has four capabilities."""
    head = ["unit_id", "name", "tier", "kind", "county", "scope_counties", "industry_codes"]
    tail = ["budget_low", "budget_high", "team_size", "credit_ok", "willing", "capacity_max"]
    capabilities = [c.capability_id for c in TAXONOMY.capabilities]
    codes = sorted(code for code in TAXONOMY.industries if code.isdigit())
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*head, *capabilities, *tail, "data_status"])
        for k in range(number):
            county = rng.randrange(num_counties)
            is_city = rng.random() < 0.3
            place = (
                ["市级", "龙头企业", "", ""] if is_city else ["县级", "其他", f"第{county}县", ""]
            )
            levels = dict.fromkeys(capabilities, "")
            for name in rng.sample(capabilities, 4):
                levels[name] = str(rng.randint(1, 3))
            low = rng.randint(1, 50)
            rest = [low, low + rng.randint(0, 50), rng.randint(1, 30), "是", "是", 2, "合成"]
            writer.writerow(
                [
                    *(f"U{k:06d}", f"{name_place(rng)}{name_place(rng)}公司{k}", *place),
                    *(rng.choice(codes), *levels.values(), *rest),
                ]
            )


def name_place(rng: random.Random) -> str:
    """Return a made-up name of three characters."""
    return "".join(rng.choices(CHARACTERS, k=3))


def convert(folder: Path) -> None:
    """Write each CSV table as Parquet too, with columns of numbers where all cells are numbers."""
    import pyarrow.csv
    import pyarrow.parquet

    for name, key in (("villages", "village_id"), ("units", "unit_id")):
        options = pyarrow.csv.ConvertOptions(
            column_types={key: pyarrow.string(), "industry_codes": pyarrow.string()},
            strings_can_be_null=True,
        )
        table = pyarrow.csv.read_csv(folder / f"{name}.csv", convert_options=options)
        pyarrow.parquet.write_table(table, folder / f"{name}.parquet")


def measure(folder: Path, ending: str) -> None:
    """Print what each step takes."""
    from pairmatch.check.inputs import check_inputs
    from pairmatch.domain.plugins import PluginOptions
    from pairmatch.engine import check_scenario
    from pairmatch.load.scenario import read_scenario
    from pairmatch.score.sides import build_unit_side, build_village_side

    num_findings = run("villages: read, build, check", lambda: read_villages(folder, ending))
    inputs, findings = run("scenario: read, build", lambda: read_scenario(folder))
    told = run("scenario: check", lambda: check_inputs(inputs))
    run("unit side", lambda: build_unit_side(inputs.units, inputs.taxonomy))
    settings = inputs.scenario.scoring
    run("village side", lambda: build_village_side(inputs.villages, inputs.taxonomy, settings))
    run("pairmatch check, all of it", lambda: check_scenario(folder, PluginOptions()))
    print(f"{len(inputs.villages)} villages ({num_findings} findings), {len(inputs.units)} units;")
    print(f"{len(findings)} findings of reading, {len(told)} of checks")


def run(title: str, step: Callable[[], Any]) -> Any:
    """Run a step and print its seconds, and the most memory taken so far."""
    start, wall = time.process_time(), time.perf_counter()
    result = step()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spent, passed = time.process_time() - start, time.perf_counter() - wall
    print(f"{title:30} {spent:6.2f} s of a processor {passed:6.2f} s {memory:6.0f} MB at most")
    return result


def read_villages(folder: Path, ending: str) -> int:
    """Read and check the villages alone; return how many findings there are."""
    from pairmatch.check.villagetables import (
        check_complete_table,
        check_county_table,
        check_village_table,
        check_wish_table,
    )
    from pairmatch.load.readers.files import read_tables
    from pairmatch.load.records.headers import find_header
    from pairmatch.load.records.rowreading import read_row_columns
    from pairmatch.load.records.tables import describe_villages
    from pairmatch.load.records.villagetables import build_village_table

    name = f"villages.{ending}"
    (sheet,), findings = read_tables(folder / name, name, min_lines=0)
    block, found = find_header(sheet, describe_villages(TAXONOMY))
    rows, told = read_row_columns(sheet, block)
    villages, extra, built = build_village_table(rows, TAXONOMY)
    everyone = villages.join(extra)
    checked = (
        *check_village_table(villages, everyone, TAXONOMY),
        *check_county_table(everyone, ()),
        *check_wish_table(everyone, TAXONOMY),
        *check_complete_table(villages, TAXONOMY),
    )
    return sum(map(len, (findings, found, told, built, checked)))


def main() -> int:
    """Write the scenario and measure it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--villages", type=int, default=139_100)
    parser.add_argument("--units", type=int, default=127_000)
    parser.add_argument("--counties", type=int, default=2_800)
    parser.add_argument("--parquet", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "villages.csv").exists():
            rng = random.Random(given.seed)
            write_villages(folder / "villages.csv", given.villages, given.counties, rng)
            write_units(folder / "units.csv", given.units, given.counties, rng)
        if given.parquet:
            convert(folder)
        ending = "parquet" if given.parquet else "csv"
        (folder / "scenario.toml").write_text(SETTINGS.format(ending=ending), encoding="utf-8")
        sizes = sum(path.stat().st_size for path in folder.glob(f"*.{ending}"))
        print(f"synthetic data, {sizes / 1e6:.0f} MB of {ending}")
        measure(folder, ending)
    return 0


if __name__ == "__main__":
    sys.exit(main())
