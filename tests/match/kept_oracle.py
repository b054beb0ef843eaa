"""What is left once the levels before the priced one are as good as they can be, by listing."""

import numpy as np
from tests.match.choice_oracle import Value, list_sets, value_sets

from pairmatch.domain.problem import Problem, find_priced_level


def list_kept(problem: Problem, with_none: bool = False) -> np.ndarray:
    """Return all matchings, as rows of 0 and 1, that keep the levels before the priced one.

    Without any pair a set is no matching where pairs are counted, but `with_none` lists it too.
    """
    sets = list_sets(problem)
    if "num_matched" in problem.levels and not with_none:
        sets = sets[sets.any(axis=1)]
    for k, goal in enumerate(problem.levels[: find_priced_level(problem)]):
        if not len(sets):
            break
        found = value_sets(problem, sets, goal)
        best = max(found, key=rank_value)
        if isinstance(best, tuple):
            sets = sets[[value == best for value in found]]
        else:
            least = best - problem.tolerance_of(k).measure(best)
            sets = sets[[value >= least for value in found]]
    return sets


def rank_value(value: Value) -> tuple[float, ...]:
    """Return what compares as a goal does: whoever has no pair is not compared."""
    return (value,) if isinstance(value, int) else (*value, float("inf"))


def value_priced(problem: Problem, sets: np.ndarray) -> np.ndarray:
    """Return the value of the priced level of every matching."""
    goal = problem.levels[find_priced_level(problem)]
    return np.array(value_sets(problem, sets, goal), dtype=np.int64)


def mark_chosen(problem: Problem, chosen_idx: np.ndarray) -> np.ndarray:
    """Return a matching as a row of 0 and 1."""
    row = np.zeros(problem.num_candidates, dtype=np.int8)
    row[chosen_idx] = 1
    return row


def is_among(row: np.ndarray, sets: np.ndarray) -> bool:
    """Whether a matching is one of those listed."""
    return bool((sets == row).all(axis=1).any())
