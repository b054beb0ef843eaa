"""Why no matching exists: a minimal set of limits that cannot all hold, re-solved to be sure.

What is impossible as a whole is first narrowed to few limits: by a violated cut of the network
where quotas nest, else by the prices of a linear program whose lower bounds give way. QuickXplain
(Junker, AAAI 2004) drops what is not needed even if pairs were divisible; then each limit that is
left is tried in whole pairs, and what was found for one tells of others (model rotation, Belov and
Marques-Silva, FMCAD 2011).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.limits import ANY_PAIR, KINDS, Limit, label_unit, label_village
from pairmatch.domain.matching import Conflict, ConflictMember
from pairmatch.domain.problem import Problem
from pairmatch.match.judging import Judge, Limits
from pairmatch.match.sums import tell_loads, tell_sum
from pairmatch.match.wordings import merge_members, tell_limit
from pairmatch.solvers.network import find_candidate
from pairmatch.solvers.reliefs import find_cheapest_relief

FEW_LIMITS = 1024
"""So few limits are better tried one by one: where most are needed, halving asks twice as often."""

FEW_FLOWS = 16
"""So many limits are tried by flows in the time that it takes to find a choice and vary it."""


def find_conflict(problem: Problem, time_s: float = 0) -> Conflict:
    """Return a minimal conflict of a problem that has no matching, or none with any pair.

    Locks on pairs that are not candidates can hold under no circumstances: where there are any,
    all of them are named and nothing else. If the time runs out, all limits are told: the search
    found no matching, and which of them contradict each other is not known.

    Parameters
    ----------
    problem
        The problem.
    time_s
        Seconds that the search beyond flows may take; 0 is no limit.

    Raises
    ------
    ArithmeticError
        If there is a matching after all, or two solvers disagree on whether there is one.
    """
    strange = _find_ineligible_locks(problem)
    if strange:
        return Conflict(strange, len(strange))
    judge = Judge(problem, time_s)
    limits, shortage = judge.narrow()
    core = _find_core_in_time(judge, limits)
    scarce, need, chosen = _find_need(judge, core)
    needs = {} if scarce is None else {scarce: need}
    told = (tell_limit(problem, n, judge.bounds[n], needs.get(n)) for n in core)
    sums = tell_sum(problem, judge.bounds, core)
    if scarce is not None:
        sums = tell_loads(problem, scarce, chosen)
    return Conflict(merge_members(told), max(shortage, 1), core=core, sums=sums)


def _find_core_in_time(judge: Judge, narrowed: Limits) -> Limits:
    """Return a confirmed core; all limits, where the time runs out before there is one."""
    try:
        core = tuple(sorted(find_core(judge, _find_local(judge, narrowed) or narrowed)))
        confirm_core(judge, core)
    except ArithmeticError:
        if judge.seconds_left > 0:
            raise
        core = tuple(sorted(judge.limits))
    return core


def _find_need(judge: Judge, core: Limits) -> tuple[Limit | None, int, BoolArray]:
    """Return the resource of a conflict, if it has but one, what the others need of it at least.

    And the pairs that need so much; None if it is not known.
    """
    nothing = None, 0, np.zeros(judge.problem.num_candidates, dtype=np.bool_)
    scarce = [limit for limit in core if limit.kind == "resource"]
    seconds = judge.seconds_left
    if len(scarce) != 1 or seconds <= 0:
        return nothing
    costs = [1 if limit in scarce else None for limit in core]
    bounds = [judge.bounds[limit] for limit in core]
    time_s = 0 if math.isinf(seconds) else seconds
    try:
        relief = find_cheapest_relief(judge.problem.num_candidates, bounds, costs, time_s)
    except ArithmeticError:  # nothing is told that was not checked
        return nothing
    if relief is None:  # what ran out of time may hold more than one conflict
        return nothing
    return scarce[0], judge.bounds[scarce[0]].value + sum(relief.amounts), relief.chosen


def _find_local(judge: Judge, narrowed: Limits) -> Limits:
    """Return few lower limits with the upper ones near them that they contradict, if there are any.

    What one county, or two locks, make impossible is told so, even where it shows elsewhere too.
    Where many limits seem to be needed, quotas that meet in the most of another are tried too.
    """
    lower = (limit for limit in narrowed if limit in judge.bounds and judge.bounds[limit].is_least)
    locks = tuple(limit for limit in judge.limits if limit.kind == "lock")
    alone = ((limit,) for limit in dict.fromkeys((*locks, *lower)) if limit != ANY_PAIR)
    above = _UpperLimits(judge)
    is_worth = len(narrowed) > FEW_FLOWS and judge.seconds_left > 0
    together = _list_meeting(judge) if is_worth else ()
    for few in (*alone, locks, *together):
        if not few or _fill_greedily(judge, few, above):
            continue
        tried = (*_list_near(judge, few), *few)
        if not judge.can_hold(tried):
            return tried
    return ()


def _list_meeting(judge: Judge) -> Iterator[Limits]:
    """Yield, for the most of each quota, the least of all quotas that count a pair which it counts.

    Two quotas that cross may ask for more than a third allows, though each of them alone could be
    had. Quotas over listed pairs, such as those before, meet all others and are left out.
    """
    quotas = judge.problem.quotas
    least = [n for n in judge.limits if n.kind == "quota_min" and quotas[n.idx].pairs is None]
    masks = np.zeros((len(least), judge.problem.num_candidates), dtype=np.bool_)
    for mask, limit in zip(masks, least, strict=True):
        mask[judge.bounds[limit].idx] = True
    tried = set()
    for limit, bound in judge.bounds.items():
        if limit.kind == "quota_max":
            met = np.flatnonzero(masks[:, bound.idx].any(axis=1)).tolist()
            few = tuple(least[place] for place in met)
            if len(few) > 1 and few not in tried:
                tried.add(few)
                yield few


class _UpperLimits:
    """The upper limits that count each candidate, with what it weighs there."""

    def __init__(self, judge: Judge) -> None:
        bounds = [bound for bound in judge.bounds.values() if not bound.is_least]
        nothing = np.zeros(0, dtype=np.int64)
        idx = np.concatenate([nothing, *(bound.idx for bound in bounds)])
        order = np.argsort(idx, kind="stable")
        which = np.repeat(np.arange(len(bounds)), [len(bound.idx) for bound in bounds])
        self.values = [bound.value for bound in bounds]
        self._which = which[order]
        self._weights = np.concatenate([nothing, *(bound.weights for bound in bounds)])[order]
        numbers = np.arange(judge.problem.num_candidates + 1)
        self._start = np.searchsorted(idx[order], numbers).tolist()

    def list_loads(self, k: int) -> list[tuple[int, int]]:
        """Return the places of the limits that count a candidate, and what it weighs in each."""
        span = slice(self._start[k], self._start[k + 1])
        return list(zip(self._which[span].tolist(), self._weights[span].tolist(), strict=True))


def _fill_greedily(judge: Judge, few: Limits, above: _UpperLimits) -> bool:
    """Whether taking one candidate after another meets lower limits within all upper ones.

    If it does, they can hold; if not, nothing is known.
    """
    used: Counter[int] = Counter()
    taken: set[int] = set()
    # Those with little to choose from come first; what they take counts for the others too.
    for bound in sorted((judge.bounds[limit] for limit in few), key=lambda bound: len(bound.idx)):
        weights = dict(zip(bound.idx.tolist(), bound.weights.tolist(), strict=True))
        missing = bound.value - sum(weights.get(k, 0) for k in taken)
        for k, weight in weights.items():
            if missing <= 0:
                break
            own = above.list_loads(k)
            is_free = k not in taken
            if is_free and all(used[n] + load <= above.values[n] for n, load in own):
                used.update(dict(own))
                taken.add(k)
                missing -= weight
        if missing > 0:
            return False
    return True


def _list_near(judge: Judge, few: Limits) -> Limits:
    """Return the upper limits that count a candidate which some of the limits count too."""
    counted = np.zeros(judge.problem.num_candidates, dtype=np.bool_)
    for limit in few:
        counted[judge.bounds[limit].idx] = True
    return tuple(
        limit
        for limit, bound in judge.bounds.items()
        if not bound.is_least and counted[bound.idx].any()
    )


def is_feasible(problem: Problem, limits: Iterable[Limit]) -> bool:
    """Whether some matching keeps the given limits; all others are dropped."""
    return Judge(problem).can_hold(tuple(limits))


def find_core(judge: Judge, narrowed: Limits) -> Limits:
    """Return a minimal part of the limits that cannot all hold.

    Parameters
    ----------
    judge
        Decides which limits can hold.
    narrowed
        A part of the limits that probably cannot hold; if it can, all are tried.

    Raises
    ------
    ArithmeticError
        If all of them can hold.
    """
    left = narrowed
    if judge.can_hold(left):
        left = judge.limits
        if judge.can_hold(left):
            raise ArithmeticError("limits that were to contradict each other can all hold")
    left = _drop_parts(judge, _drop_kinds(judge, left))
    return _drop_single(judge, tuple(dict.fromkeys(_find_own(judge, limit) for limit in left)))


def _find_own(judge: Judge, limit: Limit) -> Limit:
    """Return the most of a unit or village in place of that of a quota which counts only its pairs.

    It says more plainly who is meant. It must be no looser: what contradicts the quota then
    contradicts it too.
    """
    if limit.kind != "quota_max":
        return limit
    problem, bound = judge.problem, judge.bounds[limit]
    for kind, owners in (("unit_max", problem.unit_idx), ("village_max", problem.village_idx)):
        named = np.unique(owners[bound.idx]).tolist()
        own = judge.bounds.get(Limit(kind, named[0])) if len(named) == 1 else None
        if own is not None and own.value <= bound.value:
            return Limit(kind, named[0])
    return limit


def confirm_core(judge: Judge, core: Limits) -> None:
    """Solve a conflict again, and once more without each of its members.

    Raises
    ------
    ArithmeticError
        If it can hold, or cannot without one of them, or two solvers disagree.
    """
    if not judge.cannot_hold(core):
        raise ArithmeticError("a conflict can hold after all")
    # A choice that was found for the others was counted through, and serves as their solution.
    needed = judge.list_needed(core)
    for limit in core:
        if limit not in needed and not judge.can_hold(_leave_out(core, limit)):
            raise ArithmeticError(f"a conflict is not minimal: {limit}")


def _drop_kinds(judge: Judge, left: Limits) -> Limits:
    """Drop whole kinds of limits that are not needed, and what is not blamed without them."""
    for kind in KINDS:
        fewer = tuple(limit for limit in left if limit.kind != kind)
        if len(fewer) < len(left) and not judge.can_hold(fewer):
            blamed, _shortage = judge.blame(fewer)
            left = fewer if judge.can_hold(blamed) else blamed
    return left


def _drop_parts(judge: Judge, left: Limits) -> Limits:
    """Drop parts of the limits that are not needed even if pairs could be divided."""
    blamed, shortage = judge.blame(left)
    if not shortage:
        return left
    if not judge.can_hold(blamed):
        left = blamed
    if len(left) <= FEW_LIMITS:
        return left
    # Linear programs are quick, and in whole pairs nothing can hold that cannot in parts.
    fewer = _quick_xplain(lambda limits: not judge.blame(limits)[1], (), left, check=False)
    return left if judge.can_hold(fewer) else fewer


def _drop_single(judge: Judge, left: Limits) -> Limits:
    """Drop every limit without which the others still cannot hold."""
    # A choice misses a least by little, a most perhaps by much, which is harder to vary.
    needed = judge.list_needed(left)
    is_worth = True
    for limit in sorted(left, key=lambda limit: not judge.bounds[limit].is_least):
        if limit in needed:
            continue
        rest, num_before = _leave_out(left, limit), len(needed)
        # To find a choice takes as long as some flows, and is worth it while it tells of others.
        leave_choice = is_worth and len(left) - num_before > FEW_FLOWS
        if judge.can_hold(rest, near=limit, leave_choice=leave_choice):
            judge.vary(left)
        else:
            left = rest
        needed = judge.list_needed(left)
        is_worth = not leave_choice or len(needed) > num_before + 1
    return left


def _leave_out(limits: Limits, out: Limit) -> Limits:
    return tuple(limit for limit in limits if limit != out)


def _quick_xplain(
    is_possible: Callable[[Limits], bool],
    background: Limits,
    limits: Limits,
    *,
    check: bool,
) -> Limits:
    """Return a minimal part of `limits` that contradicts the background."""
    if check and not is_possible(background):
        return ()
    if len(limits) == 1:
        return limits
    half = len(limits) // 2
    first, second = limits[:half], limits[half:]
    needed_second = _quick_xplain(is_possible, background + first, second, check=True)
    needed_first = _quick_xplain(
        is_possible, background + needed_second, first, check=bool(needed_second)
    )
    return needed_first + needed_second


def _find_ineligible_locks(problem: Problem) -> tuple[ConflictMember, ...]:
    """Name locks on pairs that are not candidates."""
    return tuple(
        ConflictMember(
            "match.limit_lock_ineligible",
            {
                "unit": label_unit(problem, lock.unit_idx),
                "village": label_village(problem, lock.village_idx),
            },
        )
        for lock in problem.locks
        if find_candidate(problem, lock.unit_idx, lock.village_idx) is None
    )
