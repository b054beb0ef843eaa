"""The stable-matching view: pairs that both sides would prefer. A check, never a goal."""

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import Matching
from pairmatch.domain.problem import Problem
from pairmatch.solvers.network import mark_pairs


def list_blocking(
    problem: Problem, matching: Matching, unit_rank: IntArray, village_rank: IntArray
) -> IndexArray:
    """Return the candidates that are not chosen though both sides prefer them to what they have.

    A side prefers a pair if it still has room or ranks it before one of its own (Gale and Shapley,
    College admissions and the stability of marriage, 1962). Banned pairs are not looked at, nor
    are quotas.

    Parameters
    ----------
    problem, matching
        The problem and its answer.
    unit_rank, village_rank
        How each candidate's unit ranks the village and the other way round; smaller is better.

    Returns
    -------
    IndexArray
        Indices of candidates, sorted.
    """
    chosen = np.zeros(problem.num_candidates, dtype=np.bool_)
    chosen[matching.chosen_idx] = True
    blocking = (
        ~chosen
        & ~mark_pairs(problem, problem.bans)
        & _prefer(problem.unit_idx, problem.unit_max, chosen, unit_rank)
        & _prefer(problem.village_idx, problem.village_max, chosen, village_rank)
    )
    return np.flatnonzero(blocking).astype(np.int32)


def _prefer(owner: IndexArray, most: IntArray, chosen: BoolArray, rank: IntArray) -> BoolArray:
    """Return for each candidate whether its owner has room or something that ranks behind it."""
    count = np.bincount(owner[chosen], minlength=len(most))
    last = np.full(len(most), np.iinfo(np.int64).min)
    np.maximum.at(last, owner[chosen], rank[chosen])
    prefers: BoolArray = (count < most)[owner] | (rank < last[owner])
    return prefers
