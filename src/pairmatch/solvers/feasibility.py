"""Whether bounds on sets of pairs that cross each other can all hold, decided by HiGHS.

Problems are built so that their quotas nest, but the search for a conflict drops one bound after
another, and two equalities that combine into nested sets no longer do once one of them is gone.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from pairmatch.domain.inputs import IndexArray, IntArray

BoundedPairs = tuple[IndexArray, int, int]
"""Indices of candidates, and how many of them must and may be chosen."""


def can_choose(lower: IntArray, upper: IntArray, sets: Iterable[BoundedPairs]) -> bool:
    """Whether some choice of candidates keeps its own bounds and those of every set.

    Parameters
    ----------
    lower, upper
        0 or 1 per candidate.
    sets
        The bounded sets of candidates.

    Raises
    ------
    ArithmeticError
        If the solver gives up, which says nothing about whether there is such a choice.
    """
    from ortools.math_opt.python import mathopt

    binding = [(m, low, high) for m, low, high in sets if low > 0 or high < len(m)]
    if (lower > upper).any() or any(low > min(high, len(m)) for m, low, high in binding):
        return False
    group, size = _group_alike(len(lower), [members for members, _, _ in binding])
    least = np.bincount(group, weights=lower, minlength=size).astype(int).tolist()
    most = np.bincount(group, weights=upper, minlength=size).astype(int).tolist()
    model = mathopt.Model()
    counts = [
        model.add_integer_variable(lb=low, ub=high) for low, high in zip(least, most, strict=True)
    ]
    for members, minimum, maximum in binding:
        inside = [counts[k] for k in np.unique(group[members]).tolist()]
        model.add_linear_constraint(lb=minimum, ub=maximum, expr=mathopt.fast_sum(inside))
    # Its linear relaxation sees at once what a search by cases would take for ever to prove, such
    # as three pairs among two units; and without an objective any answer is the same answer.
    reason = mathopt.solve(model, mathopt.SolverType.HIGHS).termination.reason
    if reason is mathopt.TerminationReason.OPTIMAL:
        return True
    # Every count is bounded, so of the two that presolve may leave open it is infeasible.
    impossible = {
        mathopt.TerminationReason.INFEASIBLE,
        mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED,
    }
    if reason not in impossible:
        raise ArithmeticError(f"the solver gave up: {reason.name}")
    return False


def _group_alike(num_candidates: int, sets: Sequence[IndexArray]) -> tuple[IndexArray, int]:
    """Number the candidates so that those which lie in the same sets have the same number."""
    group = np.zeros(num_candidates, dtype=np.int32)
    size = 1
    for members in sets:
        found, fresh = np.unique(group[members], return_inverse=True)
        group[members] = size + fresh
        size += len(found)
    return group, size
