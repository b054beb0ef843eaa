"""Seconds to the proven best pairing of as many units as villages, beside other solvers.

    python -m tests.benchmarks.bench_dense [--sizes 1000,3272,8000] [--kinds distinct,alike]
        [--repeats 3] [--limit 120] [--gigabytes 6] [--seed 1] [--save FILE]

All points are in memory as whole numbers at the start. The time of pairmatch includes the check of
its certificate over all pairs; that of the others leaves out bringing the points into the form
that each likes best. Every solver runs in a process of its own, one after another. The two fastest
others and pairmatch then run again in turns. Any value that differs ends the run with an error.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from tests.benchmarks.children import ChildError, run_child
from tests.benchmarks.dense_run import OURS
from tests.benchmarks.machines import describe_machine
from tests.benchmarks.peers import PEERS

NUM_RIVALS = 2
MOST_RATIO = 0.5

Found = dict[str, Any]


def main() -> None:
    """Measure, print, and save after each matrix."""
    parser = argparse.ArgumentParser(description="Time dense pairings beside other solvers.")
    parser.add_argument("--sizes", default="1000,3272,8000")
    parser.add_argument("--kinds", default="distinct,alike")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit", type=float, default=120, help="seconds")
    parser.add_argument("--gigabytes", type=float, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, help="file to write the measurements to, as JSON")
    options = parser.parse_args()
    machine = describe_machine()
    matrices: list[Found] = []
    for kind in options.kinds.split(","):
        reasons: dict[str, str] = {}
        for size in map(int, options.sizes.split(",")):
            matrix = measure_matrix(size, kind, options, reasons)
            print_matrix(matrix)
            matrices.append(matrix)
            if options.save:
                limits = {"limit": options.limit, "gigabytes": options.gigabytes}
                found = {"machine": machine, "matrices": matrices} | limits
                options.save.parent.mkdir(parents=True, exist_ok=True)
                options.save.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measure_matrix(
    size: int, kind: str, options: argparse.Namespace, reasons: dict[str, str]
) -> Found:
    """Return all measurements of one matrix.

    A solver that was over a limit is not tried on a larger matrix; `reasons` keeps why.
    """
    runs: dict[str, list[Found]] = {}

    def run(name: str) -> Found:
        arguments = (name, size, kind, options.seed, options.limit)
        try:
            return run_child("dense_run", arguments, options.limit, options.gigabytes)
        except ChildError as error:
            if name == OURS:
                raise
            return {"not_run": f"failed, exit code {error.exit_code}"}

    for name in (OURS, *(peer.name for peer in PEERS if peer.is_installed)):
        found = {"not_run": reasons[name]} if name in reasons else run(name)
        if "not_run" in found:
            reasons.setdefault(name, f"{found['not_run']} at {size:,}")
        runs[name] = [found]
    for peer in PEERS:
        runs.setdefault(peer.name, [{"not_run": f"{peer.package} is not installed"}])
    rivals = rank_rivals(runs)[:NUM_RIVALS]
    if rivals:
        turns = (OURS, *rivals)
        for name in turns * (options.repeats - 1):
            runs[name].append(run(name))
    require_equal_values(runs)
    return {
        "size": size,
        "kind": kind,
        "seed": options.seed,
        "value": runs[OURS][0]["value"],
        "rivals": rivals,
        "solvers": {name: summarise(found) for name, found in runs.items()},
    }


def rank_rivals(runs: dict[str, list[Found]]) -> list[str]:
    """Return the other solvers that finished, the fastest first."""
    finished = [name for name, found in runs.items() if name != OURS and "seconds" in found[0]]
    return sorted(finished, key=lambda name: runs[name][0]["seconds"])


def require_equal_values(runs: dict[str, list[Found]]) -> None:
    """End with an error if two runs do not agree on the best value."""
    values = {
        name: {found["value"] for found in many if "value" in found} for name, many in runs.items()
    }
    if len(set.union(*values.values())) != 1 or not values[OURS]:
        raise SystemExit(f"values differ: {values}")


def summarise(found: list[Found]) -> Found:
    """Return the medians of runs, or why there was none."""
    if "not_run" in found[0]:
        return found[0]
    finished = [run for run in found if "seconds" in run]
    return {
        "seconds": statistics.median(run["seconds"] for run in finished),
        "processor_seconds": statistics.median(run["processor_seconds"] for run in finished),
        "peak_gb": max(run["peak_gb"] for run in finished),
        "runs": [run["seconds"] for run in finished],
    }


def find_ratio(matrix: Found) -> tuple[str, float] | None:
    """Return the fastest of the others, and what share of its time pairmatch takes."""
    taken = {name: found.get("seconds") for name, found in matrix["solvers"].items()}
    ours = taken.pop(OURS)
    finished = {name: float(seconds) for name, seconds in taken.items() if seconds is not None}
    if not finished:
        return None
    fastest = min(finished, key=finished.__getitem__)
    return fastest, ours / finished[fastest]


def print_matrix(matrix: Found) -> None:
    """Print the times on one matrix, and how pairmatch compares."""
    print(f"{matrix['size']:,} x {matrix['size']:,}, {matrix['kind']}, value {matrix['value']:,}")
    for name, found in matrix["solvers"].items():
        if "not_run" in found:
            print(f"  {name:42} not run: {found['not_run']}")
            continue
        print(f"  {name:42} {found['seconds']:8.2f} s {found['peak_gb']:6.2f} GB")
    ratio = find_ratio(matrix)
    if ratio:
        print(f"  {ratio[1]:.2f} x {ratio[0]}, target <= {MOST_RATIO}", flush=True)


if __name__ == "__main__":
    main()
