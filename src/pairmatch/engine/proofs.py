"""A matching is an answer only once it is proven without the solver."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

from pairmatch.domain.limits import Limit
from pairmatch.domain.matching import Conflict, Matching, StepsError
from pairmatch.domain.problem import Problem
from pairmatch.engine.outcomes import Progress
from pairmatch.errors import BadInputError, UnprovenError


def prove_matching(
    problem: Problem, step: Progress | None = None, time_s: float = 0
) -> Matching | Conflict:
    """Solve a problem and verify the answer without the solver.

    Parameters
    ----------
    problem
        The problem.
    step
        Is told when a step begins.
    time_s
        Seconds that a search beyond flows may take; 0 is no limit.

    Raises
    ------
    BadInputError
        If the scores are too large to be exact.
    UnprovenError
        If the answer fails its independent check, or the time ran out before there was one.
    """
    from pairmatch.match.solution import solve_problem

    notify = step or ignore_step
    notify("cli.step_match")
    with tell_hindrances(time_s):
        matching = solve_problem(problem, time_s)
    if isinstance(matching, Conflict):
        return matching
    notify("cli.step_verify")
    require_proof(problem, matching)
    return matching


@contextmanager
def tell_hindrances(time_s: float) -> Iterator[None]:
    """Tell in the errors of `pairmatch.errors` what keeps a solver from an answer.

    Parameters
    ----------
    time_s
        Seconds that a search beyond flows may take.

    Raises
    ------
    BadInputError
        If the scores are too large to be exact.
    UnprovenError
        If the time ran out before there was an answer, or two solvers disagree, or one gives up.
    """
    from pairmatch.match.search import NothingFoundError

    try:
        yield
    except NothingFoundError as nothing:
        raise UnprovenError("engine.nothing_found", seconds=f"{time_s:g}") from nothing
    except StepsError as large:
        raise BadInputError("match.scores_too_large") from large
    except ArithmeticError as inexact:
        raise UnprovenError("engine.not_proven", faults="inexact") from inexact


def require_proof(problem: Problem, matching: Matching) -> None:
    """Verify an answer without the solver.

    Raises
    ------
    UnprovenError
        If something about it does not hold.
    """
    from pairmatch.match.verify import verify_matching

    faults = verify_matching(problem, matching)
    if faults:
        raise UnprovenError("engine.not_proven", faults=", ".join(fault.code for fault in faults))


def add_cure(
    problem: Problem, conflict: Conflict, kept: Collection[Limit] = (), time_s: float = 0
) -> Conflict:
    """Return a conflict with its cheapest cure, if there is one: it was applied and solved again.

    Parameters
    ----------
    problem, conflict
        The problem and why it has no matching.
    kept
        Limits that must not give way, such as those that were asked for.
    time_s
        Seconds that the search may take; 0 is no limit.
    """
    from pairmatch.match.cures import find_cure

    try:
        cure = find_cure(problem, kept, time_s, conflict.core)
    except ArithmeticError:  # nothing is told that was not checked
        return conflict
    if cure is None:
        return replace(conflict, has_no_cure=True)
    return replace(conflict, cure=cure) if cure.members else conflict


def add_reasons(problem: Problem, conflict: Conflict, time_s: float = 0) -> Conflict:
    """Return a conflict with why its cure is as large as it is, and others that cost the same.

    Parameters
    ----------
    problem, conflict
        The problem and why it has no matching, with its cure.
    time_s
        Seconds that each search may take; 0 is no limit.
    """
    from pairmatch.match.reasons import explain_cure

    try:
        return explain_cure(problem, conflict, time_s)
    except ArithmeticError:  # nothing is told that was not checked
        return conflict


def ignore_step(_code: str) -> None:
    """Take a step that nobody is shown."""
