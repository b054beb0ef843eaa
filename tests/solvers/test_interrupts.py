"""Ctrl-C while a solver runs: MathOpt swallows it, and a search would go on to its end."""

import signal
from contextlib import suppress

import pytest
from ortools.math_opt.python import mathopt

from pairmatch.solvers.programs import run_solver


def solve_interrupted(*_args: object, **_options: object) -> str:
    """Stand for a solver in whose callback an interrupt arrives and is lost."""
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    return "result"


def test_an_interrupt_during_a_run_is_raised_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mathopt, "solve", solve_interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_solver(mathopt.Model(), mathopt.SolverType.HIGHS)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_who_hears_interrupts_himself_still_does(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    monkeypatch.setattr(mathopt, "solve", solve_interrupted)
    before = signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number))
    try:
        assert run_solver(mathopt.Model(), mathopt.SolverType.HIGHS) == "result"
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]
