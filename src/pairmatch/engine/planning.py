"""Jobs on planning problems that stand alone: solve one, check a solution of one."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.planning import PlanningAnswer, PlanningProblem
from pairmatch.errors import BadInputError, UnprovenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pairmatch.plan.solve import Progress

DEFAULT_TIME_S = 60.0
"""Seconds that a search may take if nothing is said."""

_CLAIM_ERROR = Fraction(1, 10**6)
"""Values in a solution file are rounded."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A planning problem, its answer, the same in the solution format, and where it was written."""

    problem: PlanningProblem
    answer: PlanningAnswer
    described: dict[str, Any]
    path: Path | None


def solve_problem_file(
    path: Path,
    time_s: float = DEFAULT_TIME_S,
    gap: float = 0.0,
    out: Path | None = None,
    watcher: "Callable[[Progress], None] | None" = None,
) -> Solved:
    """Solve the planning problem in a file, and write the solution if asked to.

    Parameters
    ----------
    path
        The problem.
    time_s, gap
        Seconds that the search may take; how near to its bound a value must come, as a share.
    out
        File to write the solution to.
    watcher
        Is told how far the search is.

    Raises
    ------
    BadInputError
        If the file holds errors.
    UnprovenError
        If the solution fails its independent check.
    """
    from pairmatch.plan.solve import solve_planning
    from pairmatch.plan.summary import describe_answer
    from pairmatch.report.jsontexts import write_json
    from pairmatch.store.files import write_file

    problem = _read_problem(path)
    try:
        answer = solve_planning(problem, time_s, gap, watcher)
    except ArithmeticError as unsound:
        raise UnprovenError("planning.unsound", detail=str(unsound)) from unsound
    described = describe_answer(problem, answer)
    written = None if out is None else write_file(out, write_json(described).encode())
    return Solved(problem, answer, described, written)


def check_solution_file(path: Path, solution: Path) -> tuple[Finding, ...]:
    """Return all that is wrong with the solution in a file; nothing if it holds.

    Raises
    ------
    BadInputError
        If a file holds errors.
    """
    from pairmatch.load.planning import read_solution
    from pairmatch.plan.verify import measure_goal, show_number, verify_starts

    problem = _read_problem(path)
    given, findings = read_solution(solution)
    if given is None:
        raise BadInputError("planning.bad_input", findings, count=str(len(findings)))
    faults = verify_starts(problem, given.starts, solution.name)
    if faults:
        return faults
    found = []
    for claim in given.levels:
        value = measure_goal(problem, claim.goal, given.starts)
        if abs(value - Fraction(claim.value)) > _CLAIM_ERROR:
            told = {"goal": claim.goal, "claimed": str(claim.value), "value": show_number(value)}
            place = Place(solution.name)
            found.append(Finding("planning.verify_claim", Severity.ERROR, place, told))
    return tuple(found)


def _read_problem(path: Path) -> PlanningProblem:
    from pairmatch.load.planning import read_problem

    problem, findings = read_problem(path)
    if problem is None:
        raise BadInputError("planning.bad_input", findings, count=str(len(findings)))
    return problem
