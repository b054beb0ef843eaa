"""The matching problem as pure data: nothing here knows about villages or China."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray

LINEAR_GOALS = ("num_matched", "total", "kept")
"""Goals whose value is a sum over the chosen pairs."""

FAIR_GOALS = ("worst_village", "leximin_village", "worst_county", "leximin_county")
"""Goals that look at the least of several sums, or at all of them from the least upwards."""

MAX_CHANGES = "limits.max_changes"
"""The name of the quota that keeps all but so many of the pairs before, as the settings call it."""

MOST_ASKED, LEAST_ASKED = "whatif.max_changes", "whatif.min_changes"
"""Names of the quotas by which at most or at least so many published pairs are given up."""


@dataclass(frozen=True, slots=True)
class Quota:
    """Bounds on the number of pairs in a set of candidates.

    The set holds the candidates between `units` and `villages` (masks over the sides) that are in
    `pairs` (a mask over the candidates), where that is given. `maximum` None is no upper bound.
    `waiver` is what each pair too few or too many costs if the quota is waived; None means that it
    never is.
    """

    name: str
    units: BoolArray
    villages: BoolArray
    minimum: int
    maximum: int | None
    pairs: BoolArray | None = None
    waiver: int | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that pairs use up and an owner has no more of than `capacity`.

    `idx` are the candidates that use it and `loads` how much each does, both in whole units of
    1/`scale`; `owner` is the unit or village (by its index) on whose `side` the capacity lies.
    """

    name: str
    side: str
    owner: int
    idx: IndexArray
    loads: IntArray
    capacity: int
    scale: int = 1
    waiver: int | None = None


@dataclass(frozen=True, slots=True)
class FixedPair:
    """A lock or a ban: the pair, why, who decided, and what waiving it costs (None: never)."""

    unit_idx: int
    village_idx: int
    reason: str = ""
    by: str = ""
    waiver: int | None = None


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much of a level's best value later levels may give up: a share, and whole steps."""

    share: Fraction = Fraction(0)
    steps: int = 0

    def measure(self, value: int) -> int:
        """Return the loss allowed on a best value, in whole steps, rounded down."""
        return int(self.share * abs(value)) + self.steps


EXACT = Tolerance()


@dataclass(frozen=True, slots=True)
class Problem:
    """Choose pairs so that the objective levels are best, one after another.

    Candidates are sorted by (unit_id, village_id) and hold each pair at most once; `points` are
    integer steps; bounds are per unit and per village. `levels` are goal names in order;
    `tolerances` say how much of each later ones may give up, nothing where it is empty. `previous`
    are the candidates that were pairs before (goal ``kept``), `county_idx` the county of each
    village among `counties` (goals ``worst_county`` and ``leximin_county``). Labels are what
    messages call units and villages; where there are none they are called by id.
    """

    unit_ids: tuple[str, ...]
    village_ids: tuple[str, ...]
    unit_idx: IndexArray
    village_idx: IndexArray
    points: IntArray
    unit_min: IntArray
    unit_max: IntArray
    village_min: IntArray
    village_max: IntArray
    quotas: tuple[Quota, ...] = ()
    locks: tuple[FixedPair, ...] = ()
    bans: tuple[FixedPair, ...] = ()
    levels: tuple[str, ...] = ("num_matched", "total")
    steps_per_point: int = 100
    unit_labels: tuple[str, ...] = ()
    village_labels: tuple[str, ...] = ()
    tolerances: tuple[Tolerance, ...] = ()
    resources: tuple[Resource, ...] = ()
    previous: BoolArray | None = None
    counties: tuple[str, ...] = ()
    county_idx: IndexArray | None = None

    @property
    def num_candidates(self) -> int:
        """How many pairs may be chosen from."""
        return len(self.points)

    def tolerance_of(self, k: int) -> Tolerance:
        """Return how much of the k-th level later ones may give up."""
        return self.tolerances[k] if self.tolerances else EXACT


def select_pairs(problem: Problem, quota_idx: int) -> BoolArray:
    """Return the mask of candidates that a quota counts."""
    quota = problem.quotas[quota_idx]
    mask: BoolArray = quota.units[problem.unit_idx] & quota.villages[problem.village_idx]
    return mask if quota.pairs is None else mask & quota.pairs


def find_priced_level(problem: Problem) -> int:
    """Return the last level that is a sum over pairs: the one that prices are in.

    There is one: fairness goals come after the number of pairs.
    """
    return max(k for k, goal in enumerate(problem.levels) if goal in LINEAR_GOALS)


def weigh_pairs(problem: Problem, goal: str) -> IntArray:
    """Return what each candidate adds to a linear goal: one pair, its points, or one kept pair."""
    if goal == "num_matched":
        return np.ones(problem.num_candidates, dtype=np.int64)
    if goal == "kept":
        previous = problem.previous
        if previous is None:
            return np.zeros(problem.num_candidates, dtype=np.int64)
        return previous.astype(np.int64)
    return problem.points
