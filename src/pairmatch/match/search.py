"""Objective levels by search, where a problem is more than a flow.

Quotas that cross, resources, tolerances, and fairness among sums of several pairs make an integer
program. Each level is solved with floors under the values of those before it. Values are exact and
every choice is checked in whole numbers; the bounds are the solver's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray
from pairmatch.domain.matching import Certificate, LevelProof, Matching
from pairmatch.domain.problem import LINEAR_GOALS, Problem, weigh_pairs
from pairmatch.solvers.choices import Choices, Found, group_rows


class NothingFoundError(Exception):
    """The time ran out before there was any matching."""


def search_matching(problem: Problem, time_s: float = 0) -> Matching | None:
    """Return the best matching that was found, with a bound on every level; None if there is none.

    Raises
    ------
    NothingFoundError
        If the time ran out before there was any.
    InexactError
        If the solver's answers do not hold in whole numbers.
    """
    search = _Search(problem, time_s)
    for k, goal in enumerate(problem.levels):
        if not search.climb(k, goal):
            return None
    chosen = search.chosen
    if chosen is None:
        raise NothingFoundError
    chosen_idx = np.flatnonzero(chosen).astype(np.int32)
    return Matching(
        chosen_idx=chosen_idx,
        tied=np.zeros(len(chosen_idx), dtype=np.bool_),
        num_matched=len(chosen_idx),
        total=int(problem.points[chosen_idx].sum()),
        certificate=Certificate(search.list_proofs()),
    )


@dataclass(frozen=True, slots=True)
class Group:
    """The pairs of a village or county: who they are, their sum, and the least and most it can be.

    `is_active` is an expression that is 1 if the group counts, which a village without a pair does
    not, and else 0.
    """

    members: IndexArray
    sum: Any
    least: int
    most: int
    is_active: Any


class _Search:
    """Climbs one level after another and keeps the best choice so far."""

    def __init__(self, problem: Problem, time_s: float) -> None:
        self.problem = problem
        self.choices = Choices(problem, time_s)
        self.chosen: BoolArray | None = None
        self._best: list[int | None] = []
        self._bounds: list[int | None] = []
        self._stopped = False

    def climb(self, k: int, goal: str) -> bool:
        """Solve a level; tell whether there is any matching."""
        if self._stopped:
            self._stop(None)
            return True
        if goal in LINEAR_GOALS:
            return self._climb_sum(k, goal)
        return self._climb_fair(k, goal)

    def list_proofs(self) -> tuple[LevelProof, ...]:
        """Return what is known of every level: value and bound."""
        assert self.chosen is not None  # noqa: S101
        proofs = []
        for goal, best, bound in zip(self.problem.levels, self._best, self._bounds, strict=True):
            value, ascending = measure_goal(self.problem, self.chosen, goal)
            given_up = 0 if best is None else max(best - value, 0)
            # Where nothing was proven of a level, it must not look as if.
            open_bound = max(value + given_up + 1, _bound_goal(self.problem, goal))
            most = open_bound if bound is None else bound
            proofs.append(LevelProof(goal, value, most, (), ascending, given_up))
        return tuple(proofs)

    def _climb_sum(self, k: int, goal: str) -> bool:
        weights = weigh_pairs(self.problem, goal)
        # In the largest unit that all weights are whole numbers of: floating point is exact longer.
        unit = max(int(np.gcd.reduce(weights)), 1)
        total = self.choices.sum_up(weights // unit)
        found = self.choices.maximize(total)
        bound = None if found.bound is None else found.bound * unit
        found = replace(found, bound=bound)
        if found.is_impossible:
            return False
        if not self._keep(found):
            return True
        assert self.chosen is not None  # noqa: S101
        value = int(weights[self.chosen].sum())
        if k == 0 and goal == "num_matched" and value == bound == 0:
            return False
        if bound is None or bound > value:
            self._stop(bound)
            return True
        self._prove(value)
        if k + 1 < len(self.problem.levels):
            given_up = self.problem.tolerance_of(k).measure(value)
            self.choices.require(total, least=-(-(value - given_up) // unit))
        return True

    def _keep(self, found: Found) -> bool:
        """Keep a choice; without one the search has stopped."""
        if found.chosen is None:
            self._stop(found.bound)
            return False
        self.chosen = found.chosen
        return True

    def _climb_fair(self, k: int, goal: str) -> bool:
        """Raise the least sum and, for leximin, the next ones after it."""
        slots = _Slots(self.choices, list_groups(self.choices, goal))
        while True:
            found = slots.raise_floor()
            if not self._keep(found):
                return True
            assert self.chosen is not None  # noqa: S101
            floor = slots.find_floor(self.chosen)
            reached = slots.top if floor is None else floor
            if found.bound is None or found.bound > reached:
                self._stop(found.bound if not slots.num_settled else None)
                return True
            if floor is None:
                slots.hold_floor(slots.top)
                break
            if goal.startswith("worst"):
                slots.hold_floor(floor - self.problem.tolerance_of(k).measure(floor))
                break
            found = slots.open_slot(floor)
            if found.chosen is None or not slots.close_slot(found):
                self._stop(None)
                return True
            self.chosen = found.chosen
        value, _listed = measure_goal(self.problem, self.chosen, goal)
        self._prove(value)
        return True

    def _prove(self, value: int) -> None:
        self._best.append(value)
        self._bounds.append(value)

    def _stop(self, bound: int | None) -> None:
        self._stopped = True
        self._best.append(None)
        self._bounds.append(bound)


class _Slots:
    """Leximin over groups: how many stay at each of the least sums, and a floor for the others.

    Whoever is in a slot has at least its threshold; whoever is in none has at least the floor. The
    floor is raised as far as it goes; then as few groups as possible are put into a slot at that
    floor so that all others have more; and so on until every group is in a slot.
    """

    def __init__(self, choices: Choices, groups: Sequence[Group]) -> None:
        self._choices, self._groups = choices, groups
        self.top = max((group.most for group in groups), default=0) + 1
        self.num_settled = 0
        self._slots: list[list[Any]] = [[] for _ in groups]

    def raise_floor(self) -> Found:
        """Return the choice whose floor, for all groups in no slot, is highest."""
        floor = self._choices.model.add_variable(
            lb=min((group.least for group in self._groups), default=0),
            ub=self.top,
            is_integer=True,
        )
        for group, slots in zip(self._groups, self._slots, strict=True):
            idle = sum(slots) + 1 - group.is_active
            self._choices.require(group.sum - floor + (self.top - group.least) * idle, least=0)
        return self._choices.maximize(floor)

    def find_floor(self, chosen: BoolArray) -> int | None:
        """Return the floor of a choice; None if every group that counts is in a slot."""
        sums = sorted(sum_groups(self._choices.problem, self._groups, chosen))
        return sums[self.num_settled] if len(sums) > self.num_settled else None

    def hold_floor(self, floor: int) -> None:
        """Keep all groups in no slot at or above a floor."""
        for group, slots in zip(self._groups, self._slots, strict=True):
            idle = sum(slots) + 1 - group.is_active
            lift = max(floor - group.least, 0)
            self._choices.require(group.sum + lift * idle, least=floor)

    def open_slot(self, threshold: int) -> Found:
        """Return the choice with as few groups as possible at a threshold, the others above it."""
        model = self._choices.model
        for group, slots in zip(self._groups, self._slots, strict=True):
            slot = model.add_binary_variable()
            lift = max(threshold - group.least, 0)
            self._choices.require(group.sum + lift * (1 - slot), least=threshold)
            self._choices.require(group.is_active - slot, least=0)
            slots.append(slot)
        self.hold_floor(threshold + 1)
        return self._choices.maximize(-sum(slots[-1] for slots in self._slots))

    def close_slot(self, found: Found) -> bool:
        """Hold the number of groups in the last slot; tell whether fewer are proven impossible."""
        assert found.chosen is not None and found.bound is not None  # noqa: S101
        sums = sorted(sum_groups(self._choices.problem, self._groups, found.chosen))
        threshold = sums[self.num_settled]
        count = sum(value == threshold for value in sums[self.num_settled :])
        if -found.bound < count:
            return False
        self._choices.require(sum(slots[-1] for slots in self._slots), most=count)
        self.num_settled += count
        return True


def list_groups(choices: Choices, goal: str) -> list[Group]:
    """Return the villages or counties whose sums a fairness goal compares."""
    problem = choices.problem
    if goal.endswith("county") and problem.county_idx is not None:
        rows = group_rows(problem.county_idx[problem.village_idx], len(problem.counties))
        return [_open_group(choices, members, len(members), 1) for members in rows]
    rows = group_rows(problem.village_idx, len(problem.village_ids))
    return [
        _open_group(
            choices, members, int(most), _find_activity(choices, members, int(low), int(most))
        )
        for members, low, most in zip(rows, problem.village_min, problem.village_max, strict=True)
        if len(members) and most > 0
    ]


def _open_group(choices: Choices, members: IndexArray, num_pairs: int, is_active: Any) -> Group:
    points = choices.problem.points[members]
    ordered = np.sort(points)
    least = int(np.minimum(ordered[:num_pairs], 0).sum())
    most = int(np.maximum(ordered[len(ordered) - min(num_pairs, len(ordered)) :], 0).sum())
    return Group(members, choices.sum_up(points, members), least, most, is_active)


def _find_activity(choices: Choices, members: IndexArray, low: int, most: int) -> Any:
    """Return what is 1 if a village has a pair and else 0."""
    if low > 0:
        return 1
    count = choices.sum_up(np.ones(len(members), dtype=np.int64), members)
    if most == 1:
        return count
    is_active = choices.model.add_binary_variable()
    choices.require(count - is_active, least=0)
    choices.require(most * is_active - count, least=0)
    return is_active


def sum_groups(problem: Problem, groups: Sequence[Group], chosen: BoolArray) -> list[int]:
    """Return the sums of the groups that count in a choice."""
    return [
        int(problem.points[group.members][chosen[group.members]].sum())
        for group in groups
        if isinstance(group.is_active, int) or chosen[group.members].any()
    ]


def measure_goal(problem: Problem, chosen: BoolArray, goal: str) -> tuple[int, tuple[int, ...]]:
    """Return the value of a goal and, for leximin, all sums from the least upwards."""
    if goal in LINEAR_GOALS:
        return int(weigh_pairs(problem, goal)[chosen].sum()), ()
    owners = problem.village_idx
    by_county = goal.endswith("county") and problem.county_idx is not None
    if by_county and problem.county_idx is not None:
        owners = problem.county_idx[owners]
    size = len(problem.counties) if by_county else len(problem.village_ids)
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, owners[chosen], problem.points[chosen])
    counts = np.bincount(owners[chosen], minlength=size)
    listed = sorted((sums if by_county else sums[counts > 0]).tolist())
    return (listed[0] if listed else 0), (tuple(listed) if goal.startswith("leximin") else ())


def _bound_goal(problem: Problem, goal: str) -> int:
    """Return what a goal cannot exceed: each village at best, whatever the others do."""
    weights = weigh_pairs(problem, goal) if goal in LINEAR_GOALS else problem.points
    rows = group_rows(problem.village_idx, len(problem.village_ids))
    best = [
        int(
            np.maximum(
                np.sort(weights[members])[len(members) - min(int(most), len(members)) :], 0
            ).sum()
        )
        for members, most in zip(rows, problem.village_max, strict=True)
    ]
    if goal in LINEAR_GOALS or goal.endswith("county"):
        return sum(best)
    return max(best, default=0)
