"""One solver on one dense matrix, in a process of its own: prints seconds, value and memory.

python -m tests.benchmarks.dense_run SOLVER SIZE distinct|alike SEED LIMIT
"""

import json
import sys
import time

import numpy as np
from numpy.typing import NDArray
from tests.benchmarks.certificates import check_dense
from tests.benchmarks.children import start_clock, stop_clock
from tests.benchmarks.machines import measure_peak
from tests.benchmarks.national import make_matrix
from tests.benchmarks.peers import PEERS, Points, Solve

from pairmatch.domain.pairscores import DenseScores
from pairmatch.solvers.generation import solve_pairs

OURS = "pairmatch"


def prepare_ours(points: Points) -> Solve:
    """Solve and prove by column generation, and check the certificate over all pairs."""
    capacity = np.ones(points.shape[1], dtype=np.int64)

    def solve() -> NDArray[np.int32]:
        answer = solve_pairs(DenseScores(points), capacity)
        check_dense(points, answer)
        return answer.village_of

    return solve


def main() -> None:
    """Make the matrix, prepare the solver, run it under the clock, and print."""
    name, size, kind, seed, limit = sys.argv[1:]
    points = make_matrix(int(size), int(seed), distinct=kind == "distinct")
    prepare = prepare_ours if name == OURS else {p.name: p.prepare for p in PEERS}[name]
    solve = prepare(points)
    start_clock(float(limit))
    began, began_processor = time.perf_counter(), time.process_time()
    village_of = solve()
    seconds, processor = time.perf_counter() - began, time.process_time() - began_processor
    stop_clock()
    units = np.arange(len(points))
    if (np.sort(village_of) != units).any():
        raise SystemExit(f"{name}: not a pairing")
    value = int(points[units, village_of].sum(dtype=np.int64))
    found = {"seconds": seconds, "processor_seconds": processor, "value": value}
    print(json.dumps(found | {"peak_gb": measure_peak()}))


if __name__ == "__main__":
    main()
