"""Solve integer programs: with HiGHS, which breaks down on some that are sound, or exactly."""

import math
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ortools.math_opt import model_pb2
    from ortools.math_opt.python import mathopt

_STDOUT = 1


class InexactError(ArithmeticError):
    """What the solver found does not hold in whole numbers."""


@dataclass(frozen=True, slots=True)
class Row:
    """A linear constraint: bounds on what some variables, by their ids, weigh together."""

    idx: Sequence[int]
    weights: Sequence[float]
    least: float = -math.inf
    most: float = math.inf


@dataclass(frozen=True, slots=True)
class ExactAnswer:
    """Values of the variables in whole numbers, by their ids, and a bound on the objective."""

    values: dict[int, int]
    bound: float


def build_model(
    lower: Sequence[float], upper: Sequence[float], rows: Iterable[Row], *, is_integer: bool = True
) -> "mathopt.Model":
    """Return a model of bounded variables, all whole numbers or none, and rows."""
    from ortools.math_opt.python import mathopt

    proto = describe_model(lower, upper, rows, [is_integer] * len(lower))
    return mathopt.Model.from_model_proto(proto)


def describe_model(
    lower: Sequence[float],
    upper: Sequence[float],
    rows: Iterable[Row],
    integers: Sequence[bool],
) -> "model_pb2.ModelProto":
    """Return a model without a goal; one by one its parts would take longer to add than to solve.

    Parameters
    ----------
    lower, upper
        Bounds of the variables; their ids are their places here.
    rows
        The constraints; their ids are their places.
    integers
        Which of the variables are whole numbers.
    """
    from ortools.math_opt import model_pb2

    proto = model_pb2.ModelProto()
    proto.variables.ids.extend(range(len(lower)))
    proto.variables.lower_bounds.extend(lower)
    proto.variables.upper_bounds.extend(upper)
    proto.variables.integers.extend(integers)
    limits, matrix = proto.linear_constraints, proto.linear_constraint_matrix
    for place, row in enumerate(rows):
        limits.ids.append(place)
        limits.lower_bounds.append(row.least)
        limits.upper_bounds.append(row.most)
        matrix.row_ids.extend([place] * len(row.idx))
        matrix.column_ids.extend(row.idx)
        matrix.coefficients.extend(row.weights)
    return proto


def run_solver(
    model: "mathopt.Model",
    kind: "mathopt.SolverType",
    parameters: "mathopt.SolveParameters | None" = None,
    told: "mathopt.ModelSolveParameters | None" = None,
) -> "mathopt.SolveResult":
    """Return what a solver says of a model; what it prints on its own account goes nowhere.

    Parameters
    ----------
    model, kind, parameters
        The model, the solver and how it goes about it.
    told
        What part of the answer is wanted, where it is not all: to read thousands of numbers takes
        longer than to solve for them.

    Raises
    ------
    KeyboardInterrupt
        If it was interrupted meanwhile: MathOpt by itself would swallow that.
    """
    from ortools.math_opt.python import mathopt

    with _hear_interrupts(), _keep_silent():
        return mathopt.solve(model, kind, params=parameters, model_params=told)


def solve_program(
    model: "mathopt.Model",
    parameters: "mathopt.SolveParameters",
    told: "mathopt.ModelSolveParameters | None" = None,
) -> "mathopt.SolveResult":
    """Return the result for a model; where the solver breaks down, once more without presolve.

    Parameters
    ----------
    model, parameters, told
        Those of `run_solver`.

    Raises
    ------
    InexactError
        If it breaks down again.
    """
    from ortools.math_opt.python import mathopt

    try:
        return run_solver(model, mathopt.SolverType.HIGHS, parameters, told)
    except Exception:  # an internal error of HiGHS arrives as whatever its version makes of it
        parameters = replace(parameters, presolve=mathopt.Emphasis.OFF)
    try:
        return run_solver(model, mathopt.SolverType.HIGHS, parameters, told)
    except Exception as broken:
        raise InexactError("the solver broke down") from broken


def solve_exactly(model: "mathopt.Model", seconds: float = math.inf) -> ExactAnswer | None:
    """Return the answer of CP-SAT to a model of bounded whole numbers; None if there is none.

    CP-SAT gets the model in whole numbers: through MathOpt it would be scaled in floating point,
    which makes it wrong where coefficients are large.

    Parameters
    ----------
    model
        The model; all its coefficients and bounds are whole numbers.
    seconds
        How long it may take.

    Raises
    ------
    InexactError
        If CP-SAT gives up, which says nothing about whether there is an answer.
    """
    from ortools.sat.python import cp_model

    exact = cp_model.CpModel()
    variables = {
        v.id: exact.new_int_var(math.ceil(v.lower_bound), math.floor(v.upper_bound), "")
        for v in model.variables()
    }
    rows: dict[int, list[tuple[int, int]]] = {}
    for entry in model.linear_constraint_matrix_entries():
        row = rows.setdefault(entry.linear_constraint.id, [])
        row.append((entry.variable.id, round(entry.coefficient)))
    for limit in model.linear_constraints():
        terms = rows.get(limit.id, [])
        # A row's own reach stands for a side without a bound.
        least = limit.lower_bound if math.isfinite(limit.lower_bound) else None
        most = limit.upper_bound if math.isfinite(limit.upper_bound) else None
        expression = sum(c * variables[k] for k, c in terms)
        if least is not None:
            exact.add(expression >= math.ceil(least))
        if most is not None:
            exact.add(expression <= math.floor(most))
    goal = [(t.variable.id, round(t.coefficient)) for t in model.objective.linear_terms()]
    weighed = sum(c * variables[k] for k, c in goal)
    if goal and model.objective.is_maximize:
        exact.maximize(weighed)
    elif goal:
        exact.minimize(weighed)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    # Without its linear relaxation CP-SAT counts pigeons one by one.
    solver.parameters.linearization_level = 2
    if math.isfinite(seconds):
        solver.parameters.max_time_in_seconds = max(seconds, 0.01)
    status = solver.solve(exact)
    if status == cp_model.INFEASIBLE:
        return None
    if status != cp_model.OPTIMAL:
        raise InexactError(f"the solver gave up: {solver.status_name(status)}")
    values = {k: int(solver.value(variable)) for k, variable in variables.items()}
    return ExactAnswer(values, float(solver.best_objective_bound) if goal else 0.0)


@contextmanager
def _keep_silent() -> Iterator[None]:
    """Send what libraries write to the process's own output nowhere: data for machines go there."""
    try:
        kept = os.dup(_STDOUT)
    except OSError:  # there is no output at all
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _STDOUT)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, _STDOUT)
        os.close(kept)


@contextmanager
def _hear_interrupts() -> Iterator[None]:
    """Raise at the end if there was an interrupt, which is lost where a library calls back."""
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT)
    if not is_main or before is not signal.default_int_handler:
        yield
        return
    heard: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard:
        raise KeyboardInterrupt
