"""All processors of this computer for passes over all pairs, each with a part of its own.

Products of matrices that are spread over processors wait for the slowest of them, again and again;
where anything else runs, that takes several times as long as parts that do not wait.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from pairmatch.domain.pairscores import Run
from pairmatch.solvers.pricing import Look, look_in_parts

PARTS_PER_THREAD = 8
"""Parts are small, so that no thread waits long for the last of another."""


@contextmanager
def open_threads() -> Iterator[Run]:
    """Yield what applies a function to parts in as many threads as there are processors."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(count_threads()) as pool:
        yield pool.map


@contextmanager
def open_look() -> Iterator[Look]:
    """Yield what looks at all pairs in threads."""
    with open_threads() as run:
        yield look_in_parts(run, PARTS_PER_THREAD * count_threads())


def count_threads() -> int:
    """Return how many processors there are."""
    return os.cpu_count() or 1
