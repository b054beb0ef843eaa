"""Solve a matching problem level by level and prove each level."""

import numpy as np

from pairmatch.domain.limits import SINGLE_KIND, list_bounds
from pairmatch.domain.matching import Certificate, Conflict, Matching
from pairmatch.domain.problem import Problem
from pairmatch.match.conflicts import find_conflict
from pairmatch.match.counted import solve_counted
from pairmatch.match.flowlevels import fits_flow, solve_levels
from pairmatch.match.search import search_matching
from pairmatch.solvers.families import CrossingQuotasError
from pairmatch.solvers.feasibility import price_bounds, proves_impossible
from pairmatch.solvers.network import Network, build_network, find_candidate
from pairmatch.solvers.ties import mark_tied, settle_ties


def solve_problem(problem: Problem, time_s: float = 0) -> Matching | Conflict:
    """Return the best matching with its certificate, or why there is none.

    Each level is solved on the face of all best answers to those before it. Ties are settled by
    the rule of `solvers.ties`, and the prices are the least there are, so equal problems give equal
    answers to the last byte.

    Parameters
    ----------
    problem
        The problem.
    time_s
        Seconds that a search beyond flows may take; 0 is no limit. A flow always ends.

    Raises
    ------
    NothingFoundError
        If the time ran out before there was any matching.
    InexactError
        If a solver's answer does not hold in whole numbers.
    StepsError
        If the scores are too large for exact integer arithmetic.
    """
    if not _locks_are_candidates(problem):
        return find_conflict(problem, time_s)
    return find_matching(problem, try_network(problem), time_s) or find_conflict(problem, time_s)


def find_matching(problem: Problem, network: Network | None, time_s: float = 0) -> Matching | None:
    """Return the best matching with its certificate, or None if there is none.

    Parameters
    ----------
    problem
        The problem; all pairs of its locks are candidates.
    network
        Its network, None if it is more than a flow: many problems that differ in points only share
        one.
    time_s
        Seconds that a search beyond flows may take; 0 is no limit.

    Raises
    ------
    NothingFoundError
        If the time ran out before there was any matching.
    InexactError
        If a solver's answer does not hold in whole numbers.
    StepsError
        If the scores are too large for exact integer arithmetic.
    """
    found = _search(problem, time_s) if network is None else _solve_flow(problem, network)
    is_empty = found is not None and not found.num_matched and wants_pairs(problem)
    return None if is_empty else found


def try_network(problem: Problem) -> Network | None:
    """Return the problem as a network, or None if it is more than a flow."""
    if not fits_flow(problem):
        return None
    try:
        return build_network(problem)
    except CrossingQuotasError:
        return None


def _solve_flow(problem: Problem, network: Network) -> Matching | None:
    solved = solve_levels(problem, network)
    if solved is None:
        return None
    face, free = solved.face, np.zeros(len(network.tail), dtype=np.int64)
    flow = settle_ties(network, solved.flow, free, face.lower, face.upper)
    chosen = np.flatnonzero(flow[: network.num_candidates]).astype(np.int32)
    tied = mark_tied(network, flow, free, face.lower, face.upper)
    return Matching(
        chosen_idx=chosen,
        tied=tied[chosen],
        num_matched=len(chosen),
        total=int(problem.points[chosen].sum()),
        certificate=Certificate(solved.proofs),
    )


def _search(problem: Problem, time_s: float) -> Matching | None:
    found = solve_counted(problem)
    if found is not None or _is_hopeless(problem):
        return found
    return search_matching(problem, time_s)


def _is_hopeless(problem: Problem) -> bool:
    """Whether the limits but the most of single villages prove by themselves that nothing fits."""
    few = [bound for limit, bound in list_bounds(problem).items() if limit.kind != SINGLE_KIND]
    factors, _shortage = price_bounds(problem.num_candidates, few)
    return proves_impossible(problem.num_candidates, few, factors)


def wants_pairs(problem: Problem) -> bool:
    """Whether no pair at all is no answer: as many as possible were asked for before all else."""
    return problem.levels[0] == "num_matched"


def _locks_are_candidates(problem: Problem) -> bool:
    return all(
        find_candidate(problem, lock.unit_idx, lock.village_idx) is not None
        for lock in problem.locks
    )
