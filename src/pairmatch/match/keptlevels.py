"""The best of a last level while those before keep what they reach: by flows, or by search."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import LevelProof, Matching
from pairmatch.domain.problem import (
    EXACT,
    Problem,
    Quota,
    Tolerance,
    find_priced_level,
    weigh_pairs,
)
from pairmatch.match.flowlevels import fits_flow, solve_levels
from pairmatch.match.search import search_matching
from pairmatch.solvers.faces import open_face
from pairmatch.solvers.families import CrossingQuotasError
from pairmatch.solvers.network import Network, build_network
from pairmatch.solvers.tradeoffs import TradeOff


def drop_later(problem: Problem) -> Problem:
    """Return the problem up to its priced level: later levels do not count."""
    size = find_priced_level(problem) + 1
    return replace(problem, levels=problem.levels[:size], tolerances=problem.tolerances[:size])


def limit_pairs(problem: Problem, pairs: BoolArray, minimum: int, maximum: int | None) -> Problem:
    """Return the problem with a quota more, over any set of candidates."""
    units = np.ones(len(problem.unit_ids), dtype=np.bool_)
    villages = np.ones(len(problem.village_ids), dtype=np.bool_)
    quota = Quota("", units, villages, minimum, maximum, pairs)
    return replace(problem, quotas=(*problem.quotas, quota))


def open_trade(problem: Problem, counts: IntArray) -> TradeOff | None:
    """Return the last level against a count, on what the levels before leave; None if no flow."""
    if not fits_flow(problem):
        return None
    try:
        network = build_network(problem)
    except CrossingQuotasError:
        return None
    face = open_face(network)
    if len(problem.levels) > 1:
        solved = solve_levels(replace(problem, levels=problem.levels[:-1]), network)
        # Without any matching the face of all is as good: nothing is found on it either.
        face = face if solved is None else solved.face
    if "num_matched" in problem.levels:
        lower = face.lower.copy()
        lower[network.return_arc] = max(int(lower[network.return_arc]), 1)
        face = replace(face, lower=lower)
    return TradeOff(network, face, weigh_pairs(problem, problem.levels[-1]), counts)


def list_chosen(network: Network, flow: IntArray) -> IndexArray:
    """Return the candidates that a flow chooses."""
    return np.flatnonzero(flow[: network.num_candidates]).astype(np.int32)


def search_within(limited: Problem, matching: Matching, time_s: float) -> Matching | None:
    """Return the best matching of a problem with more limits that keeps what a matching reaches.

    Later levels may take from a level what they may take from its best value without the limits.
    """
    floors: list[int] = []
    tolerances: list[Tolerance] = []
    for k, proof in enumerate(matching.certificate.levels[: len(limited.levels) - 1]):
        given = limited.tolerance_of(k)
        floors.append(proof.best - given.measure(proof.best))
        spare = 0
        if given != EXACT:
            first = replace(
                limited, levels=limited.levels[: k + 1], tolerances=(*tolerances, EXACT)
            )
            found = search_matching(first, time_s)
            if found is None or found.certificate.levels[k].value < floors[k]:
                return None
            spare = found.certificate.levels[k].value - floors[k]
        tolerances.append(Tolerance(steps=spare))
    found = search_matching(replace(limited, tolerances=(*tolerances, EXACT)), time_s)
    levels = matching.certificate.levels
    return found if found is not None and _keeps(found, floors, levels) else None


def _keeps(found: Matching, floors: Sequence[int], levels: Sequence[LevelProof]) -> bool:
    """Whether an answer is not behind in the first levels, nor in any sum that leximin compares."""
    return all(
        new.value >= floor and (*new.ascending, math.inf) >= (*old.ascending, math.inf)
        for new, floor, old in zip(found.certificate.levels, floors, levels, strict=False)
    )
