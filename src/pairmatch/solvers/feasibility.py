"""Whether bounds on sets of pairs that cross each other can all hold, decided by CP-SAT.

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
    """
    from ortools.sat.python import cp_model

    binding = [(m, low, high) for m, low, high in sets if low > 0 or high < len(m)]
    if (lower > upper).any() or any(low > min(high, len(m)) for m, low, high in binding):
        return False
    group, size = _group_alike(len(lower), [members for members, _, _ in binding])
    least = np.bincount(group, weights=lower, minlength=size).astype(int).tolist()
    most = np.bincount(group, weights=upper, minlength=size).astype(int).tolist()
    model = cp_model.CpModel()
    counts = [model.new_int_var(low, high, "") for low, high in zip(least, most, strict=True)]
    for members, minimum, maximum in binding:
        count = cp_model.LinearExpr.sum([counts[k] for k in np.unique(group[members]).tolist()])
        model.add_linear_constraint(count, minimum, maximum)
    solver = cp_model.CpSolver()
    # One worker without a time limit always ends with a proof, and always with the same one.
    solver.parameters.num_workers = 1
    return bool(solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE))


def _group_alike(num_candidates: int, sets: Sequence[IndexArray]) -> tuple[IndexArray, int]:
    """Number the candidates so that those which lie in the same sets have the same number."""
    group = np.zeros(num_candidates, dtype=np.int32)
    size = 1
    for members in sets:
        found, fresh = np.unique(group[members], return_inverse=True)
        group[members] = size + fresh
        size += len(found)
    return group, size
