"""A matching is an answer only once it is proven without the solver."""

from pairmatch.domain.matching import Conflict, Matching, StepsError
from pairmatch.domain.problem import Problem
from pairmatch.engine.outcomes import Progress
from pairmatch.errors import BadInputError, UnprovenError


def prove_matching(problem: Problem, step: Progress | None = None) -> Matching | Conflict:
    """Solve a problem and verify the answer without the solver.

    Raises
    ------
    BadInputError
        If the quotas cross or the scores are too large to be exact.
    UnprovenError
        If the answer fails its independent check.
    """
    from pairmatch.match.solution import solve_problem
    from pairmatch.match.verify import verify_matching
    from pairmatch.solvers.families import CrossingQuotasError

    notify = step or ignore_step
    notify("cli.step_match")
    try:
        matching = solve_problem(problem)
    except CrossingQuotasError as crossing:
        names = "、".join(problem.quotas[k].name for k in crossing.quota_idx)
        raise BadInputError("match.crossing_quotas", names=names) from crossing
    except StepsError as large:
        raise BadInputError("match.scores_too_large") from large
    if isinstance(matching, Conflict):
        return matching
    notify("cli.step_verify")
    faults = verify_matching(problem, matching)
    if faults:
        raise UnprovenError("engine.not_proven", faults=", ".join(fault.code for fault in faults))
    return matching


def ignore_step(_code: str) -> None:
    """Take a step that nobody is shown."""
