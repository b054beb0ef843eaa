"""From the files of a nation to a verified run: seconds by step and memory; data are synthetic.

python -m tests.benchmarks.bench_files [--scale 1] [--confined 0] [--seed 1] [--keep FOLDER]
    [--json]

At scale 1 there are 139,100 villages in about 2,800 counties and 127,000 units. Each unit has a
county, where it is worth more, and the capabilities of its line of business, a little more or less.
So many of a hundred are confined to their county, which is harder: then few pairs decide, and many
of these are worth almost the same. Villages answer all questions but one in fifty. Scored are need
coverage (34 needs), nearness within the county, and scale against difficulty, of which the search
knows no more than its spread.
"""

import argparse
import csv
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.bench_tables import TAXONOMY, name_place, write_villages

from pairmatch.engine import propose_pairing, verify_run

NUM_VILLAGES, NUM_UNITS, NUM_COUNTIES = 139_100, 127_000, 2_800
NUM_LINES = 120
"""Lines of business, each with capabilities of its own."""

SETTINGS = """[scenario]
name = "synthetic-nation"
synthetic = true

[inputs]
units = "units.csv"
villages = "villages.csv"

[rules]
need_coverage = 60
proximity = 6
scale_difficulty = 2
"""


def write_nation(folder: Path, scale: int, seed: int, confined: int = 0) -> None:
    """Write the scenario of a nation, or of one part in `scale` of it.

    So many of a hundred units are confined to their county.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    num_counties = max(1, NUM_COUNTIES // scale)
    write_villages(folder / "all.csv", NUM_VILLAGES // scale, num_counties, rng)
    with (
        (folder / "all.csv").open(encoding="utf-8", newline="") as source,
        (folder / "villages.csv").open("w", encoding="utf-8", newline="") as target,
    ):
        rows = csv.DictReader(source)
        writer = csv.DictWriter(target, rows.fieldnames or ())
        writer.writeheader()
        writer.writerows({**row, "demand_max": "1"} for row in rows)
    (folder / "all.csv").unlink()
    write_units(folder / "units.csv", NUM_UNITS // scale, num_counties, rng, confined)
    (folder / "scenario.toml").write_text(SETTINGS, encoding="utf-8")


def write_units(
    path: Path, number: int, num_counties: int, rng: random.Random, confined: int
) -> None:
    """Write units, each of a line of business; those of a county never outnumber its villages."""
    capabilities = [c.capability_id for c in TAXONOMY.capabilities]
    codes = sorted(code for code in TAXONOMY.industries if code.isdigit())
    lines = [
        (rng.choice(codes), {c: rng.randint(1, 3) for c in rng.sample(capabilities, 4)})
        for _ in range(NUM_LINES)
    ]
    head = ["unit_id", "name", "tier", "kind", "county", "industry_codes"]
    tail = ["budget_low", "budget_high", "credit_ok", "willing", "capacity_max", "data_status"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*head, *capabilities, *tail])
        for k in range(number):
            is_confined = k * confined // 100 != (k + 1) * confined // 100
            place = ["县级", "其他"] if is_confined else ["市级", "龙头企业"]
            county = f"第{k * num_counties // number}县"
            code, levels = rng.choice(lines)
            own = {c: min(3, max(1, n + rng.choice([-1, 0, 0, 0, 1]))) for c, n in levels.items()}
            low = rng.randint(1, 50)
            rest = [low, low + rng.randint(0, 50), "是", "是", 1, "合成"]
            name = f"{name_place(rng)}{name_place(rng)}公司{k}"
            offered = [own.get(c, "") for c in capabilities]
            writer.writerow([f"U{k:06d}", name, *place, county, code, *offered, *rest])


def main() -> int:
    """Write the scenario, propose, verify the published run, and tell what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--confined", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        if not (folder / "scenario.toml").exists():
            write_nation(folder, given.scale, given.seed, given.confined)
        start = time.perf_counter()
        outcome = propose_pairing(folder, progress=lambda code: print(code, file=sys.stderr))
        proposed = time.perf_counter() - start
        if outcome.proposal is None or outcome.run is None:
            raise SystemExit(f"no run: {outcome.status}")
        faults = verify_run(outcome.run)
        everything = time.perf_counter() - start
    matching = outcome.proposal.matching
    facts = {
        "units": len(outcome.proposal.inputs.units),
        "villages": len(outcome.proposal.inputs.villages),
        "pairs": outcome.proposal.num_pairs,
        "status": matching.status,
        "num_matched": matching.num_matched,
        "total": matching.total,
        "faults": [fault.code for fault in faults],
        "seconds": {name: round(spent, 1) for name, spent in outcome.seconds.items()},
        "seconds_propose": round(proposed, 1),
        "seconds_from_files_to_verified_run": round(everything, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(facts, ensure_ascii=False, indent=None if given.json else 1))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
