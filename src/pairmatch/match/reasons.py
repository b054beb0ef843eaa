"""Why a cure is as large as it is, and which other cures cost the same: all of it solved again."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from pairmatch.domain.limits import (
    FIXED_KINDS,
    KINDS,
    Cure,
    CureMember,
    Limit,
    format_amount,
    list_bounds,
    relax_limits,
    word_limit,
)
from pairmatch.domain.matching import Conflict, ConflictMember, CureNeed
from pairmatch.domain.problem import Problem
from pairmatch.match.conflicts import find_conflict, is_feasible
from pairmatch.match.cures import apply_cure, find_cure, price_limits
from pairmatch.match.wordings import join_names, tell_relief

MAX_NEEDS = 3
"""Of so many members of a cure it is told what a smaller one would leave impossible."""

MAX_OTHERS = 5
"""So many other cures are told."""

MAX_TRIED = 40
"""So many limits of a conflict are tried, each alone, for another cure."""


def explain_cure(problem: Problem, conflict: Conflict, time_s: float = 0) -> Conflict:
    """Return a conflict with the reasons of its cure, and with others that cost the same.

    Parameters
    ----------
    problem
        The problem.
    conflict
        Its conflict, with a cure or without one.
    time_s
        Seconds that each search for a conflict may take; 0 is no limit.

    Raises
    ------
    ArithmeticError
        If two solvers disagree, or one gives up.
    """
    cure = conflict.cure
    if cure is None:
        return conflict
    needs: list[CureNeed] = []
    for member in cure.members:
        if len(needs) < MAX_NEEDS and (need := _find_need(problem, conflict, cure, member, time_s)):
            needs.append(need)
    others = _list_others(problem, conflict, cure, time_s)
    return replace(conflict, needs=tuple(needs), others=others)


def _find_need(
    problem: Problem, conflict: Conflict, cure: Cure, member: CureMember, time_s: float
) -> CureNeed | None:
    """Return what stays impossible if one member of a cure gives way by one less.

    It is None where that is what the conflict itself tells.
    """
    amounts = {other.limit: other.amount for other in cure.members}
    amounts[member.limit] -= 1
    given = {limit: amount for limit, amount in amounts.items() if amount}
    short = relax_limits(problem, given)
    left = tuple(_renumber(limit, given) for limit in conflict.core if not _is_gone(limit, given))
    is_strange = not conflict.core  # locks on pairs that are no candidates: all are named already
    if is_strange or not is_feasible(short, left) or is_feasible(short, list_bounds(short)):
        return None
    found = find_conflict(short, time_s)
    name = word_limit(problem, member.limit).name
    told = ConflictMember(*_tell_less(problem, member, name))
    return CureNeed(member.limit, told, found.members, found.sums)


def _tell_less(problem: Problem, member: CureMember, name: str) -> tuple[str, dict[str, str]]:
    """Return code and parameters of what a member of a cure is when it gives way by one less."""
    if member.limit.kind in FIXED_KINDS:
        return "match.cure_need_kept", join_names([name])
    if "changes" in member.params:  # the settings have another number than the limit
        return "match.cure_need_less", join_names([name])
    bound = list_bounds(problem)[member.limit]
    sign = -1 if bound.is_least else 1
    numbers = {"short": sign * (member.amount - 1), "relaxed": sign * member.amount}
    texts = {k: format_amount(Fraction(bound.value + n, bound.scale)) for k, n in numbers.items()}
    return "match.cure_need", {**join_names([name]), **texts}


def _is_gone(limit: Limit, given: dict[Limit, int]) -> bool:
    return limit.kind in FIXED_KINDS and limit in given


def _renumber(limit: Limit, given: dict[Limit, int]) -> Limit:
    """Return a limit as it is numbered once locks and bans before it are gone."""
    if limit.kind not in FIXED_KINDS:
        return limit
    before = sum(n.kind == limit.kind and n.idx < limit.idx for n in given)
    return Limit(limit.kind, limit.idx - before)


def _list_others(
    problem: Problem, conflict: Conflict, cure: Cure, time_s: float
) -> tuple[Cure, ...]:
    """Return some other cures that cost as much, those of few limits first."""
    seen = {_list_amounts(cure)}
    joint: list[Cure] = []
    for other in _list_joint(problem, conflict, cure, time_s):
        if _list_amounts(other) not in seen:
            seen.add(_list_amounts(other))
            joint.append(other)
    single: list[Cure] = []
    for member in list(_list_single(problem, conflict, cure))[:MAX_TRIED]:
        if len(single) + len(joint) >= MAX_OTHERS:
            break
        trial = replace(cure, members=(member,), sum="")
        cured = apply_cure(problem, trial)
        if _list_amounts(trial) not in seen and is_feasible(cured, list_bounds(cured)):
            single.append(trial)
    return tuple(sorted((*single, *joint), key=_rank_cure))


def _rank_cure(cure: Cure) -> tuple[int, list[Limit]]:
    return len(cure.members), [member.limit for member in cure.members]


def _list_amounts(cure: Cure) -> frozenset[tuple[Limit, int]]:
    return frozenset((member.limit, member.amount) for member in cure.members)


def _list_joint(problem: Problem, conflict: Conflict, cure: Cure, time_s: float) -> Iterator[Cure]:
    """Yield cures of the same cost without one of the limits of a cure, and without their kinds."""
    limits = [member.limit for member in cure.members]
    kinds = {limit.kind for limit in limits}
    alike = [limit for limit in list_bounds(problem) if limit.kind in kinds]
    for kept in (*([limit] for limit in limits[:MAX_NEEDS]), alike):
        other = find_cure(problem, kept, time_s, conflict.core)
        if other is not None and (other.is_priced, other.cost) == (cure.is_priced, cure.cost):
            yield other


def _list_single(problem: Problem, conflict: Conflict, cure: Cure) -> Iterator[CureMember]:
    """Yield for each limit of a conflict by how much it gives way at the cost of a cure.

    Of each kind some come first, so that many of one kind leave room for the others.
    """
    bounds = list_bounds(problem)
    prices = price_limits(problem, bounds, cure.is_priced)
    seen: Counter[str] = Counter()
    ranked = []
    for limit in conflict.core:
        ranked.append((seen[limit.kind], list(KINDS).index(limit.kind), limit))
        seen[limit.kind] += 1
    for _place, _kind, limit in sorted(ranked):
        price = prices[limit]
        amount = Fraction(0) if not price else cure.cost / price
        if amount.denominator > 1 or amount < 1 or (limit.kind in FIXED_KINDS and amount > 1):
            continue
        bound = bounds[limit]
        if bound.is_least and amount > bound.value:
            continue
        told = tell_relief(problem, limit, bound, int(amount))
        yield CureMember(limit, int(amount), told.code, told.params)
