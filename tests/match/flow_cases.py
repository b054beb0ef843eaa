"""Random cases of every kind of limit and goal that are flows."""

import numpy as np
from tests.match.choice_cases import draw_case

from pairmatch.domain.problem import Problem
from pairmatch.match.flowlevels import fits_flow
from pairmatch.solvers.families import CrossingQuotasError
from pairmatch.solvers.network import build_network


def draw_flow(number: int) -> Problem | None:
    """Return the number-th random case, or None if it is more than a flow."""
    problem = draw_case(np.random.default_rng([4, number]), number)
    if not fits_flow(problem):
        return None
    try:
        build_network(problem)
    except CrossingQuotasError:
        return None
    return problem
