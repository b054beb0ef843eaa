"""Repeatable random draws: one independent stream per key, the same on every machine."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

SEED = "pairmatch 2026"


class Draws:
    """A stream of draws that depends on its key alone, so one village never changes another.

    Only `random.Random.random` is used: of the generator's methods it alone is promised to give
    the same numbers in every Python version.

    Parameters
    ----------
    *key
        What the stream is for, such as ``"village", "130983105217"``.
    """

    def __init__(self, *key: str) -> None:
        self._next = random.Random("/".join((SEED, *key))).random

    def between(self, low: float, high: float) -> float:
        """Return a number from `low` to `high`."""
        return low + (high - low) * self._next()

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self._next() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self._next() < probability

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[int(self._next() * len(items))]

    def shuffle(self, items: Sequence[T]) -> list[T]:
        """Return the items in a random order."""
        keyed = sorted((self._next(), idx) for idx in range(len(items)))
        return [items[idx] for _, idx in keyed]

    def pick_weighted(self, weights: dict[str, float], count: int) -> list[str]:
        """Return `count` different keys, likelier the greater their weight."""
        left = dict(weights)
        chosen: list[str] = []
        while left and len(chosen) < count:
            target = self._next() * sum(left.values())
            key = _find_share(left, target)
            chosen.append(key)
            del left[key]
        return chosen


def _find_share(weights: dict[str, float], target: float) -> str:
    """Return the key whose stretch of the summed weights holds the target."""
    last = ""
    for key, weight in weights.items():
        last = key
        target -= weight
        if target < 0:
            break
    return last
