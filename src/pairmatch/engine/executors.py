"""Where draws are made: in this process, in several of this computer, or on a dask cluster.

All give the same results in whatever order; what is done is handed over as soon as it is.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, Any

from pairmatch.domain.sweep import Draw, SweepPlan
from pairmatch.errors import PairmatchError, UsageError

if TYPE_CHECKING:
    from pairmatch.engine.draws import SweepModel

CHUNK = 4
"""Draws that are made at a time: what is cut off is computed again, so they are few."""


@dataclass(frozen=True, slots=True)
class Workers:
    """How many processes of this computer make draws, or the address of a dask scheduler.

    One process is this one; an address is such as ``tcp://10.0.0.1:8786``.
    """

    processes: int = 1
    cluster: str | None = None


HERE = Workers()

Chunks = Sequence[Sequence[int]]
Run = Callable[[Chunks], Iterator[tuple[Draw, ...]]]

_ADDRESS = re.compile(r"(?:[a-z]+://)?[^/\s]+:\d{1,5}", re.ASCII)

_held: "list[tuple[SweepModel, SweepPlan]]" = []
"""What a child process was started with: the model is sent once, not with every chunk."""


@contextmanager
def open_executor(model: "SweepModel", plan: SweepPlan, workers: Workers) -> Iterator[Run]:
    """Yield a function that makes the draws of chunks of numbers, in the order they are done.

    Parameters
    ----------
    model, plan
        What is drawn from.
    workers
        Where they are made.

    Raises
    ------
    UsageError
        If there is no such cluster, or dask is not installed.
    """
    if workers.cluster is not None:
        with _open_cluster(workers.cluster) as client:
            future = _send_question(client, (model, plan))
            yield lambda chunks: _run_on_cluster(client, future, chunks)
    elif workers.processes == 1:
        yield lambda chunks: (make_draws((model, plan), chunk) for chunk in chunks)
    else:
        pool = ProcessPoolExecutor(workers.processes, get_context("spawn"), _hold, ((model, plan),))
        try:
            yield lambda chunks: _run_in_pool(pool, (model, plan), chunks)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def make_draws(question: "tuple[SweepModel, SweepPlan]", chunk: Sequence[int]) -> tuple[Draw, ...]:
    """Return the draws of some numbers."""
    from pairmatch.engine.draws import make_draw

    return tuple(make_draw(*question, number) for number in chunk)


@dataclass(frozen=True, slots=True)
class _Fault:
    """An error on its way from another process: our errors themselves cannot be sent."""

    kind: type[PairmatchError]
    code: str
    params: dict[str, str]


def try_draws(
    question: "tuple[SweepModel, SweepPlan]", chunk: Sequence[int]
) -> tuple[Draw, ...] | _Fault:
    """Return the draws of some numbers, or what hinders them."""
    try:
        return make_draws(question, chunk)
    except PairmatchError as error:
        return _Fault(type(error), error.code, dict(error.params))


def _unpack(made: tuple[Draw, ...] | _Fault) -> tuple[Draw, ...]:
    if isinstance(made, _Fault):
        raise made.kind(made.code, **made.params)
    return made


def _hold(question: "tuple[SweepModel, SweepPlan]") -> None:
    import signal
    from threading import Thread

    # Ctrl-C goes to all processes of a terminal; the first one tells the others to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    _held[:] = [question]


def _end_with_parent() -> None:
    """End this process when the one that started it is gone: killed, it tells nobody."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make_held(chunk: Sequence[int]) -> "tuple[Draw, ...] | _Fault":
    return try_draws(_held[0], chunk)


def _run_in_pool(
    pool: ProcessPoolExecutor, question: "tuple[SweepModel, SweepPlan]", chunks: Chunks
) -> Iterator[tuple[Draw, ...]]:
    left = list(range(len(chunks)))
    try:
        with _deaf_to_interrupts():
            futures = {pool.submit(_make_held, chunk): k for k, chunk in enumerate(chunks)}
        for future in as_completed(futures):
            made = _unpack(future.result())
            left.remove(futures[future])
            yield made
    except BrokenProcessPool:
        # One was killed, as happens where memory is short: this process goes on alone.
        yield from (make_draws(question, chunks[k]) for k in left)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let processes that are started be deaf to Ctrl-C from their first moment; ours waits."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _open_cluster(address: str) -> Iterator[Any]:
    distributed = _load_distributed()
    # One without a port would be found wrong only after the client had begun to work.
    if not _ADDRESS.fullmatch(address):
        raise UsageError("engine.no_cluster", address=address)
    try:
        client = distributed.Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as unreachable:
        raise UsageError("engine.no_cluster", address=address) from unreachable
    try:
        yield client
    finally:
        client.close()


def _send_question(client: Any, question: "tuple[SweepModel, SweepPlan]") -> Any:
    try:
        return client.scatter(question, broadcast=True)
    except OSError as lost:  # a scheduler without workers
        raise UsageError("engine.cluster_lost") from lost


def _run_on_cluster(client: Any, question: Any, chunks: Chunks) -> Iterator[tuple[Draw, ...]]:
    distributed = _load_distributed()
    # A worker that dies takes its chunks along: they are made again by another.
    futures = [client.submit(try_draws, question, chunk, retries=5) for chunk in chunks]
    try:
        for future in distributed.as_completed(futures, loop=client.loop):
            yield _unpack(future.result())
    except (OSError, distributed.KilledWorker, distributed.CancelledError) as lost:
        raise UsageError("engine.cluster_lost") from lost


def _load_distributed() -> Any:
    try:
        import distributed
    except ImportError as missing:
        raise UsageError("engine.no_distributed") from missing
    return distributed
