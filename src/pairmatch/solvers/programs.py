"""Solve an integer program with HiGHS, which breaks down on a few that are sound."""

from dataclasses import replace
from typing import TYPE_CHECKING

from pairmatch.solvers.choices import InexactError

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt


def solve_program(
    model: "mathopt.Model", parameters: "mathopt.SolveParameters"
) -> "mathopt.SolveResult":
    """Return the result for a model; where the solver breaks down, once more without presolve.

    Raises
    ------
    InexactError
        If it breaks down again.
    """
    from ortools.math_opt.python import mathopt

    try:
        return mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters)
    except Exception:  # an internal error of HiGHS arrives as whatever its version makes of it
        parameters = replace(parameters, presolve=mathopt.Emphasis.OFF)
    try:
        return mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters)
    except Exception as broken:
        raise InexactError("the solver broke down") from broken
