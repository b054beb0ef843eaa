"""How far an answer is from its bound, in the words that runs, reports and the screen share."""

from decimal import Decimal

from pairmatch.domain.matching import Certificate, LevelProof
from pairmatch.domain.points import format_steps

COUNTED_GOALS = frozenset({"num_matched", "kept"})
"""Goals whose values are numbers of pairs; those of all others are steps of points."""

_MILLION = 10**6


def find_headline(certificate: Certificate) -> LevelProof:
    """Return the level that stands for the answer: the first that is not proven, else the last."""
    for level in certificate.levels:
        if level.gap:
            return level
    return certificate.levels[-1]


def show_level(goal: str, number: int, steps_per_point: int) -> str:
    """Return a value or bound of a goal as people read it: pairs, or points."""
    return str(number) if goal in COUNTED_GOALS else format_steps(number, steps_per_point)


def show_bound(certificate: Certificate, steps_per_point: int) -> str:
    """Return the bound of the answer: of the level that stands for it."""
    level = find_headline(certificate)
    return show_level(level.goal, level.bound, steps_per_point)


def show_gap(certificate: Certificate) -> str:
    """Return how far the answer may be from the best one, as a share of the bound; ``0`` if not.

    The share is rounded up to six decimals, so that it never promises too much.
    """
    level = find_headline(certificate)
    if not level.gap:
        return "0"
    whole = max(abs(level.bound), abs(level.best), 1)
    millionths = -(-level.gap * _MILLION // whole)
    return f"{(Decimal(millionths) / _MILLION).normalize():f}"
