"""A schedule in one pass: what gains most for what it uses first, each as soon as it can be."""

import bisect
from collections.abc import Mapping, Sequence

from pairmatch.solvers.schedules import Aim, Schedule, Starts, Supply, find_faults


def build_greedily(
    schedule: Schedule, aims: Sequence[Aim], order: Mapping[int, int] | None = None
) -> Starts | None:
    """Return starts that keep all limits, or None where one pass does not find any.

    Parameters
    ----------
    schedule
        The limits.
    aims
        The goals; the first one that tells tasks apart decides which of them gain.
    order
        Tasks to add before all others, in this order, whether they gain by themselves or not, and
        by task the start that it should not come before.
    """
    pass_ = _Pass(schedule, aims, order or {})
    for task in order or ():
        pass_.add(task)
    for task in pass_.list_mandatory():
        if not pass_.add(task):
            return None
    for quota in schedule.quotas:
        for task in quota.members:
            if pass_.count(quota.members) < quota.least:
                pass_.add(task)
    for task in pass_.list_gainful():
        pass_.add(task, must_gain=True)
    pass_.shift()
    starts = pass_.starts
    counted = all(q.least <= pass_.count(q.members) <= q.most for q in schedule.quotas)
    return dict(sorted(starts.items())) if counted and not find_faults(schedule, starts) else None


class _Pass:
    """The starts so far, and what is left of each supply in each period."""

    def __init__(self, schedule: Schedule, aims: Sequence[Aim], wanted: Mapping[int, int]) -> None:
        self.schedule = schedule
        self.starts: dict[int, int] = {}
        self._left = [
            list(s.capacity) if s.capacity is not None else None for s in schedule.supplies
        ]
        self._limits_left = [[most for _a, _b, most in s.limits] for s in schedule.supplies]
        self._quotas: dict[int, list[int]] = {}
        for number, quota in enumerate(schedule.quotas):
            for k in quota.members:
                self._quotas.setdefault(k, []).append(number)
        self._users: dict[int, list[int]] = {}
        for number, supply in enumerate(schedule.supplies):
            for k in supply.uses:
                self._users.setdefault(k, []).append(number)
        self._gains = _weigh_tasks(schedule, aims)
        self._wanted = wanted
        self._rows = next((aim.gains for aim in aims if any(map(any, aim.gains))), ())
        self._awaited: dict[int, list[int]] = {}
        for k, task in enumerate(schedule.tasks):
            for j in {j for need in task.requires for j, _lag in need}:
                self._awaited.setdefault(j, []).append(k)

    def count(self, members: Sequence[int]) -> int:
        """Return how many of some tasks are chosen."""
        return sum(k in self.starts for k in members)

    def list_mandatory(self) -> list[int]:
        """Return the mandatory tasks, those that must start soonest first."""
        tasks = self.schedule.tasks
        found = [k for k, task in enumerate(tasks) if task.is_mandatory]
        return sorted(found, key=lambda k: (tasks[k].starts[-1:], k))

    def list_gainful(self) -> list[int]:
        """Return the tasks that gain, those that gain most for what they use first."""
        found = [k for k, gain in enumerate(self._gains) if gain > 0]
        return sorted(found, key=lambda k: (-self._gains[k] / self._weigh_use(k), k))

    def add(self, task: int, *, must_gain: bool = False) -> bool:
        """Add a task and what it needs, all or nothing; tell whether it is there."""
        before = set(self.starts)
        added = self._add(task, frozenset())
        new = [k for k in self.starts if k not in before]
        if added and must_gain and sum(self._gains[k] for k in new) <= 0:
            added = not new
        if not added:
            self._remove(new)
        return added

    def _add(self, task: int, opened: frozenset[int]) -> bool:
        if task in self.starts:
            return True
        chosen = self.schedule.tasks[task]
        if not chosen.starts or task in opened:
            return False
        earliest = self._wanted.get(task, 0)
        for need in chosen.requires:
            ready = [self.starts[j] + lag for j, lag in need if j in self.starts]
            for j, lag in need if not ready else ():
                if self._add(j, opened | {task}):
                    ready = [self.starts[j] + lag]
                    break
            if not ready:
                return False
            earliest = max(earliest, min(ready))
        if any(self._is_full(number) for number in self._quotas.get(task, ())):
            return False
        for start in chosen.starts[bisect.bisect_left(chosen.starts, earliest) :]:
            if all(self._fits(number, task, start) for number in self._users.get(task, ())):
                self._book(task, start, 1)
                self.starts[task] = start
                return True
        return False

    def shift(self) -> None:
        """Move each task, the last ones first, to the start where it gains most by itself."""
        for k in sorted(self.starts, key=lambda k: (-self.starts[k], k)) if self._rows else ():
            row, task, now = self._rows[k], self.schedule.tasks[k], self.starts[k]
            if len(set(row)) < 2:  # noqa: PLR2004 - it gains the same at all starts
                continue
            self._remove([k])
            places = sorted(range(len(row)), key=lambda j: (-row[j], j))
            starts = [task.starts[j] for j in places]
            start = next((s for s in starts[: starts.index(now)] if self._is_possible(k, s)), now)
            self._book(k, start, 1)
            self.starts[k] = start

    def _is_possible(self, task: int, start: int) -> bool:
        """Whether a task may start at a time, given all others."""
        if not all(self._fits(number, task, start) for number in self._users.get(task, ())):
            return False
        starts = {**self.starts, task: start}
        return all(
            any(j in starts and starts[j] + lag <= starts[k] for j, lag in need)
            for k in (task, *self._awaited.get(task, ()))
            if k in starts
            for need in self.schedule.tasks[k].requires
        )

    def _remove(self, tasks: Sequence[int]) -> None:
        for k in tasks:
            self._book(k, self.starts.pop(k), -1)

    def _is_full(self, number: int) -> bool:
        quota = self.schedule.quotas[number]
        return self.count(quota.members) >= quota.most

    def _fits(self, number: int, task: int, start: int) -> bool:
        supply, left = self.schedule.supplies[number], self._left[number]
        profile = supply.uses[task]
        if left is not None and any(a > left[start + k] for k, a in enumerate(profile)):
            return False
        return all(
            _overlap(supply, task, start, place) <= rest
            for place, rest in enumerate(self._limits_left[number])
        )

    def _book(self, task: int, start: int, sign: int) -> None:
        for number in self._users.get(task, ()):
            supply, left = self.schedule.supplies[number], self._left[number]
            if left is not None:
                for k, amount in enumerate(supply.uses[task]):
                    left[start + k] -= sign * amount
            for place in range(len(supply.limits)):
                self._limits_left[number][place] -= sign * _overlap(supply, task, start, place)

    def _weigh_use(self, task: int) -> float:
        """Return what share of the supplies a task uses up; never 0."""
        share = 1e-9
        for number in self._users.get(task, ()):
            supply = self.schedule.supplies[number]
            there = sum(supply.capacity or ()) or sum(most for _a, _b, most in supply.limits)
            share += sum(supply.uses[task]) / max(there, 1)
        return share


def _overlap(supply: Supply, task: int, start: int, place: int) -> int:
    first, last, _most = supply.limits[place]
    profile = supply.uses[task]
    low, high = max(first - start, 0), min(last - start + 1, len(profile))
    return sum(profile[low:high]) if low < high else 0


def _weigh_tasks(schedule: Schedule, aims: Sequence[Aim]) -> list[int]:
    """Return what each task gains at best for the first goal that tells tasks apart."""
    for aim in aims:
        gains = [max(row, default=0) for row in aim.gains] or [0] * len(schedule.tasks)
        for curve in aim.curves:
            for k, amount in curve.amounts.items():
                gains[k] += max(slope for slope, _rest in curve.lines) * amount // curve.divisor
        if any(gain > 0 for gain in gains):
            return gains
    return [0] * len(schedule.tasks)
