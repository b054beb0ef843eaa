"""Whether bounds on sets of pairs that cross each other can all hold, decided by CP-SAT.

Problems are built so that their quotas nest, but the search for a conflict drops one bound after
another, and two equalities that combine into nested sets no longer do once one of them is gone.
"""

from collections.abc import Iterable

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
    """
    from ortools.sat.python import cp_model

    if (lower > upper).any():
        return False
    model = cp_model.CpModel()
    chosen = [
        model.new_int_var(low, high, "")
        for low, high in zip(lower.tolist(), upper.tolist(), strict=True)
    ]
    for members, minimum, maximum in sets:
        size = len(members)
        if minimum > min(maximum, size):
            return False
        if minimum > 0 or maximum < size:
            count = cp_model.LinearExpr.sum([chosen[k] for k in members.tolist()])
            model.add_linear_constraint(count, minimum, maximum)
    solver = cp_model.CpSolver()
    # One worker without a time limit always ends with a proof, and always with the same one.
    solver.parameters.num_workers = 1
    return bool(solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE))
