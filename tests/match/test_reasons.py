"""Why a cure is as large as it is, and which others cost the same: against all sets of pairs."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, event, given, settings
from tests.cases import pick_share
from tests.match.conflict_reading import check_conflict, read_limits
from tests.match.limit_oracle import AllSets, Name, limited_problems
from tests.strategies import make_problem, make_quota

from pairmatch.domain.limits import Cure, Limit, relax_limits
from pairmatch.domain.matching import Conflict, CureNeed
from pairmatch.domain.problem import FixedPair, Problem
from pairmatch.match import reasons, wordings
from pairmatch.match.conflicts import find_conflict
from pairmatch.match.cures import find_cure
from pairmatch.match.reasons import explain_cure
from pairmatch.messages import render


def explain(problem: Problem) -> tuple[Conflict, Cure]:
    """Return a conflict with its reasons, every name said, and its cure, which there must be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wordings, "MAX_NAMES", sys.maxsize)
        conflict = find_conflict(problem)
        cure = find_cure(problem, core=conflict.core)
        assert cure is not None and cure.members
        return explain_cure(problem, replace(conflict, cure=cure)), cure


def list_amounts(cure: Cure) -> dict[Name, int]:
    return {(m.limit.kind, m.limit.idx): m.amount for m in cure.members}


def is_enough(everything: AllSets, amounts: Mapping[Name, int]) -> bool:
    """Whether some set of pairs misses each limit by no more than it gives way."""
    allowed = np.array([amounts.get(name, 0) for name in everything.names])
    return bool((everything.misses <= allowed).all(axis=1).any())


def check_need(problem: Problem, everything: AllSets, cure: Cure, need: CureNeed) -> None:
    """One less is not enough, and the conflict that is told of it is a minimal one."""
    amounts = list_amounts(cure)
    amounts[need.limit.kind, need.limit.idx] -= 1
    assert not is_enough(everything, amounts)
    given_way = {Limit(*name): amount for name, amount in amounts.items() if amount}
    short = relax_limits(problem, given_way)
    limits = read_limits(short, Conflict(need.members, 1))
    left = AllSets(short)
    assert limits and not left.can_hold(limits)
    for k in range(len(limits)):
        assert left.can_hold(limits[:k] + limits[k + 1 :])
    for line in (need.told, *need.members, *need.sums):
        for lang in ("zh", "en"):
            assert render(line.code, line.params, lang).text  # type: ignore[arg-type]


def list_others(conflict: Conflict) -> list[Limit]:
    """Return the limits of other cures, which are of one limit each."""
    return [member.limit for (member,) in (other.members for other in conflict.others)]


def price_amounts(everything: AllSets, amounts: Mapping[Name, int], is_priced: bool) -> Fraction:
    """Return what it costs that limits give way by so much."""
    cost = Fraction(0)
    for name, amount in amounts.items():
        row = everything.rows[everything.names.index(name)]
        steps = everything.steps if is_priced else 1
        cost += amount * Fraction((row.waiver or 0) if is_priced else 1, row.scale * steps)
    return cost


def find_single_cures(everything: AllSets, cost: Fraction, is_priced: bool) -> dict[Name, int]:
    """Return every limit that alone, at a cost, is enough; with by how much it gives way."""
    found = {}
    for name, row in zip(everything.names, everything.rows, strict=True):
        waiver = row.waiver if is_priced else 1
        if name[0] == "any_pair" or not waiver:
            continue
        amount = cost / Fraction(waiver, row.scale * (everything.steps if is_priced else 1))
        is_whole = amount.denominator == 1 and amount >= 1
        too_much = row.is_least and amount > row.value
        if name[0] in {"lock", "ban"} and amount != 1:
            continue
        if is_whole and not too_much and is_enough(everything, {name: int(amount)}):
            found[name] = int(amount)
    return found


@settings(max_examples=pick_share(150, 2), deadline=None)
@given(limited_problems())
def test_reasons_hold_against_all_sets(problem: Problem) -> None:
    everything = AllSets(problem)
    assume(not everything.is_feasible() and everything.find_cure())
    conflict, cure = explain(problem)
    event(f"{len(conflict.needs)} needs, {len(conflict.others)} others")
    for need in conflict.needs:
        check_need(problem, everything, cure, need)
    told = [list_amounts(other) for other in (cure, *conflict.others)]
    assert all(amounts not in told[:k] for k, amounts in enumerate(told)), "each once"
    for other, amounts in zip(conflict.others, told[1:], strict=True):
        assert (other.cost, other.is_priced) == (cure.cost, cure.is_priced)
        assert is_enough(everything, amounts)
        assert price_amounts(everything, amounts, other.is_priced) == cure.cost
    if len(told) <= reasons.MAX_OTHERS and conflict.core and cure.cost:
        # Each cure has a member of the conflict, so all of one limit are told.
        single = find_single_cures(everything, cure.cost, cure.is_priced)
        assert {
            name: n for amounts in told if len(amounts) == 1 for name, n in amounts.items()
        } == single


def make_two_shortages() -> Problem:
    """Two villages that want two units each, of which each has one: the conflict tells of one."""
    problem = make_problem([[1, None], [None, 1]])
    return replace(problem, village_min=np.full(2, 2), village_max=np.full(2, 2))


def test_a_second_shortage_is_told_as_the_need_of_the_rest() -> None:
    conflict, cure = explain(make_two_shortages())
    assert [m.limit for m in cure.members] == [Limit("village_min", 0), Limit("village_min", 1)]
    assert conflict.core == (Limit("village_min", 0),)
    need = conflict.needs[-1]
    assert need.limit == Limit("village_min", 1)
    texts = [render(n.code, n.params, "en").text for n in (need.told, *need.members)]
    assert "v001" in texts[0] and "v001" in texts[1]
    assert conflict.others == ()


def test_what_the_conflict_tells_itself_is_not_told_again() -> None:
    problem = replace(make_problem([[1, 1]]), village_min=np.ones(2, dtype=np.int64))
    conflict, cure = explain(problem)
    assert [m.limit for m in cure.members] == [Limit("unit_max", 0)]
    assert conflict.needs == ()
    assert list_others(conflict) == [Limit("village_min", 0), Limit("village_min", 1)]


def test_locks_and_bans_of_a_cure_are_needed_whole() -> None:
    """Each ban keeps a village without a unit; once one is dropped, those after it move up."""
    bans = (FixedPair(0, 0), FixedPair(1, 1), FixedPair(2, 2))
    problem = make_problem([[1, None, None], [None, 1, None], [None, None, 1]], bans=bans)
    quotas = tuple(make_quota(problem, f"q{v}", (None, [v]), 1) for v in range(3))
    priced = tuple(replace(ban, waiver=1) for ban in bans)
    conflict, cure = explain(replace(problem, quotas=quotas, bans=priced))
    assert {m.limit.kind for m in cure.members} == {"ban"} and len(cure.members) == 3
    everything = AllSets(replace(problem, quotas=quotas, bans=priced))
    for need in conflict.needs:
        assert need.told.code == "match.cure_need_kept"
        check_need(replace(problem, quotas=quotas, bans=priced), everything, cure, need)
    assert len(conflict.needs) == 2


def test_only_some_needs_and_others_are_told() -> None:
    size = 8
    eye = [[1 if u == v else None for v in range(size)] for u in range(size)]
    problem = make_problem(eye, village_min=np.full(size, 2), village_max=np.full(size, 2))
    conflict, cure = explain(problem)
    assert len(cure.members) == size
    assert len(conflict.needs) == reasons.MAX_NEEDS
    row = make_problem([[1] * size], unit_max=np.full(1, size - 1))
    conflict, cure = explain(replace(row, village_min=np.ones(size, dtype=np.int64)))
    assert len(cure.members) == 1 and len(conflict.others) == reasons.MAX_OTHERS


def test_without_a_cure_there_are_no_reasons() -> None:
    problem = replace(make_problem([[1, 1]]), village_min=np.ones(2, dtype=np.int64))
    conflict = find_conflict(problem)
    assert explain_cure(problem, conflict) is conflict


def test_locks_on_no_candidates_have_no_needs() -> None:
    problem = make_problem([[1, None], [None, 1]])
    problem = replace(problem, locks=(FixedPair(0, 1), FixedPair(1, 0)))
    conflict, _cure = explain(problem)
    assert conflict.needs == () and conflict.others == ()


def test_other_cures_of_the_same_price() -> None:
    """Half a point buys two of one and one of another; what has no price never gives way."""
    problem = make_problem([[1] * 4] * 2, steps_per_point=2)
    most = replace(make_quota(problem, "most", (None, None), 0, 0), waiver=1)
    least = replace(make_quota(problem, "least", ([0], None), 1), waiver=1)
    conflict, cure = explain(replace(problem, quotas=(most, least)))
    assert cure.cost == Fraction(1, 2)
    assert [m.limit for m in cure.members] == [Limit("quota_max", 0)]
    assert conflict.others == (), "no pair at all is no pairing"
    free = replace(problem, levels=("total",), quotas=(most, least))
    conflict, cure = explain(free)
    told = [m.limit for m in cure.members] + list_others(conflict)
    assert sorted(told) == [Limit("quota_max", 0), Limit("quota_min", 1)]


@settings(max_examples=pick_share(60, 2), deadline=None)
@given(limited_problems())
def test_the_sum_of_a_cost_adds_up(problem: Problem) -> None:
    assume(not AllSets(problem).is_feasible())
    cure = find_cure(problem)
    assume(cure is not None and cure.sum)
    assert cure is not None
    parts = [part.split("×") for part in cure.sum.split(" + ")]
    assert len(parts) == len(cure.members)
    assert sum(Fraction(amount) * Fraction(price) for amount, price in parts) == cure.cost


def test_conflicts_of_what_is_left_are_minimal_in_words() -> None:
    problem = make_two_shortages()
    conflict, cure = explain(problem)
    amounts = {m.limit: m.amount - (m.limit == conflict.needs[-1].limit) for m in cure.members}
    short = relax_limits(problem, {limit: n for limit, n in amounts.items() if n})
    check_conflict(short, Conflict(conflict.needs[-1].members, 1))
