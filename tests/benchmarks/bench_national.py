"""Seconds and memory to the proven best pairing of a synthetic nation, or of a part of it.

    python -m tests.benchmarks.bench_national [--scale 100] [--kind distinct|alike] [--seed 1]
        [--seeds 0,1] [--growth [--scales 100,30,10,3,1]] [--save FILE]

One size is measured in one process: making the arrays, building the scores from them, solving,
and verifying by a plain pass over all pairs; JSON is printed. With several seeds of starts it is
solved as often, and all values must be equal. With `--growth` every size is measured in a process
of its own, and a table with fitted growth is printed.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from tests.benchmarks.certificates import check_national
from tests.benchmarks.children import run_child
from tests.benchmarks.machines import describe_machine, measure_peak
from tests.benchmarks.national import FULL_SIZE, National, make_national

from pairmatch.domain.productscores import ProductScores
from pairmatch.solvers.generation import Progress, solve_pairs

SCALES = (100, 30, 10, 3, 1)
MOST_SECONDS = 150
MOST_GIGABYTES = 3
NO_LIMIT = float("inf")

Result = TypeVar("Result")

Found = dict[str, Any]


def main() -> None:
    """Measure one size, or all of them."""
    parser = argparse.ArgumentParser(description="Time the pairing of a synthetic nation.")
    parser.add_argument("--scale", type=int, default=1, help="one in so many units and villages")
    parser.add_argument("--kind", choices=("distinct", "alike"), default="distinct")
    parser.add_argument("--seed", type=int, default=1, help="of the data")
    parser.add_argument("--seeds", default="0", help="of the starts, with commas")
    parser.add_argument("--growth", action="store_true", help="measure all sizes")
    parser.add_argument("--scales", default=",".join(map(str, SCALES)))
    parser.add_argument("--save", type=Path, help="file to write the measurements to, as JSON")
    options = parser.parse_args()
    if options.growth:
        found = measure_growth(options)
        print_growth(found)
    else:
        seeds = [int(seed) for seed in options.seeds.split(",")]
        found = measure_size(options.scale, options.kind, options.seed, seeds)
        print(json.dumps(found))
    if options.save:
        options.save.parent.mkdir(parents=True, exist_ok=True)
        options.save.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measure_size(scale: int, kind: str, seed: int, starts: Sequence[int]) -> Found:
    """Return seconds by phase, rounds, values and memory at one size."""
    num_units, num_villages = (side // scale for side in FULL_SIZE)
    national, making = take_time(
        lambda: make_national(num_units, num_villages, seed, distinct=kind == "distinct")
    )
    scores, building = take_time(national.build_scores)
    solved = [solve_once(national, scores, start) for start in starts]
    values = {found["value"] for found in solved}
    if len(values) > 1:
        raise SystemExit(f"values differ from start to start: {values}")
    return {
        "scale": scale,
        "kind": kind,
        "seed": seed,
        "num_units": num_units,
        "num_villages": num_villages,
        "num_rows": len(scores.left),
        "making": making,
        "building": building,
        "starts": solved,
        "peak_gb": measure_peak(),
    }


def solve_once(national: National, scores: ProductScores, start: int) -> Found:
    """Return what solving and verifying took from one start; progress goes to stderr."""
    began = time.perf_counter()
    num_columns = 0

    def note(progress: Progress) -> bool:
        nonlocal num_columns
        num_columns = max(num_columns, len(progress.columns))
        after = time.perf_counter() - began
        line = f"{after:7.1f} s  round {progress.number}: {progress.num_paying:,} pairs pay"
        print(line, file=sys.stderr, flush=True)
        return True

    capacity = np.ones(national.num_villages, dtype=np.int64)
    answer, solving = take_time(lambda: solve_pairs(scores, capacity, start, notify=note))
    peak = measure_peak()
    num_exact, verifying = take_time(lambda: check_national(national, answer, start))
    return {
        "start": start,
        "solving": solving,
        "verifying": verifying,
        "rounds": answer.num_rounds,
        "value": answer.value,
        "bound": answer.bound,
        "num_columns": num_columns,
        "num_exact": num_exact,
        "peak_gb_solving": peak,
    }


def take_time(action: Callable[[], Result]) -> tuple[Result, float]:
    """Return what an action returns, and its seconds."""
    began = time.perf_counter()
    found = action()
    return found, time.perf_counter() - began


def measure_growth(options: argparse.Namespace) -> Found:
    """Return the measurements of all sizes, each in a process of its own, the smallest first."""
    machine = describe_machine()
    shared = ("--kind", options.kind, "--seed", options.seed, "--seeds", options.seeds)
    sizes = []
    for scale in map(int, options.scales.split(",")):
        print(f"1/{scale}", file=sys.stderr, flush=True)
        sizes.append(run_child("bench_national", ("--scale", scale, *shared), NO_LIMIT, NO_LIMIT))
    fits = {phase: fit_growth(sizes, phase) for phase in ("solving", "verifying")}
    return {"machine": machine, "sizes": sizes, "fits": fits}


def fit_growth(sizes: Sequence[Found], phase: str) -> Found:
    """Fit ``seconds = a * units^b`` by least squares in logarithms, over all starts."""
    places = [(size["num_units"], start[phase]) for size in sizes for start in size["starts"]]
    if len({units for units, _seconds in places}) < 2:
        return {}
    units, seconds = np.log(np.array(places)).T
    power, constant = np.polyfit(units, seconds, 1)
    return {"a": float(np.exp(constant)), "b": float(power)}


def print_growth(found: Found) -> None:
    """Print a line per size and start, and the fits."""
    print(
        f"{'units':>8} {'villages':>9} {'start':>5} {'building':>9} {'solving':>9} {'verifying':>9}"
        f" {'rounds':>6} {'value':>14} {'GB':>6}"
    )
    for size in found["sizes"]:
        for start in size["starts"]:
            print(
                f"{size['num_units']:8,} {size['num_villages']:9,} {start['start']:5}"
                f" {size['building']:9.2f} {start['solving']:9.2f} {start['verifying']:9.2f}"
                f" {start['rounds']:6} {start['value']:14,} {size['peak_gb']:6.2f}"
            )
    for phase, fit in found["fits"].items():
        if fit:
            print(f"{phase}: {fit['a']:.3g} s x units^{fit['b']:.2f}")
    largest = found["sizes"][-1]
    most = max(count_proof(largest, start) for start in largest["starts"])
    print(f"largest: {most:.1f} s from arrays to checked proof, {largest['peak_gb']:.2f} GB;")
    print(f"target at full size: <= {MOST_SECONDS} s and {MOST_GIGABYTES} GB")


def count_proof(size: Found, start: Found) -> float:
    """Return the seconds from arrays in memory to a checked proof."""
    return float(size["building"] + start["solving"] + start["verifying"])


if __name__ == "__main__":
    main()
