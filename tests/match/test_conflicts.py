"""What makes a problem impossible: truly impossible, minimal, and in words."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.cases import pick_share
from tests.match.conflict_reading import check_conflict, list_names, read_limits
from tests.match.limit_oracle import AllSets, limited_problems
from tests.oracles import brute_force, can_hold, count_shortfall
from tests.strategies import make_dense_problem, make_problem, make_quota, problems, tier_problems

from pairmatch.domain.limits import ANY_PAIR, Limit
from pairmatch.domain.matching import Conflict
from pairmatch.domain.problem import MAX_CHANGES, FixedPair, Problem, Quota, Resource
from pairmatch.match import conflicts, judging, wordings
from pairmatch.match.conflicts import confirm_core, find_conflict, is_feasible
from pairmatch.match.judging import Judge
from pairmatch.match.solution import solve_problem
from pairmatch.messages import render


def find(problem: Problem) -> Conflict:
    answer = solve_problem(problem)
    assert isinstance(answer, Conflict)
    return answer


def find_in_full(problem: Problem) -> Conflict:
    """Find what is in the way, with every name said, so that `read_limits` can read them all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wordings, "MAX_NAMES", sys.maxsize)
        return find(problem)


def is_lock_eligible(problem: Problem) -> bool:
    pairs = set(zip(problem.unit_idx.tolist(), problem.village_idx.tolist(), strict=True))
    return all((lock.unit_idx, lock.village_idx) in pairs for lock in problem.locks)


@settings(max_examples=pick_share(300, 2), deadline=None)
@given(problems(max_units=4, max_villages=4, strict=True))
def test_conflicts_are_real_and_minimal(problem: Problem) -> None:
    assume(brute_force(problem) is None)
    assert is_lock_eligible(problem)
    conflict = find_in_full(problem)
    check_conflict(problem, conflict)
    # Without a required pair there may be nothing short but the first pair itself.
    assert 1 <= conflict.shortage <= max(1, count_shortfall_or_one(problem))


def count_shortfall_or_one(problem: Problem) -> int:
    bounds = ((problem.unit_min, problem.unit_max), (problem.village_min, problem.village_max))
    contradictory = any((low > high).any() for low, high in bounds)
    both = set(problem.locks) & set(problem.bans)
    return 10**9 if contradictory or both else count_shortfall(problem)


@settings(max_examples=pick_share(100, 2), deadline=None)
@given(tier_problems())
def test_conflicts_of_crossing_equality_quotas(problem: Problem) -> None:
    """Quotas that nest only together cross while the search drops them one by one."""
    assume(brute_force(problem) is None)
    check_conflict(problem, find_in_full(problem))


@settings(max_examples=pick_share(200, 2), deadline=None)
@given(st.one_of(problems(strict=True), tier_problems()), st.data())
def test_feasibility_of_any_limits(problem: Problem, data: st.DataObject) -> None:
    limits = list_names(problem)
    kept = data.draw(st.lists(st.sampled_from(limits), unique=True))
    assert is_feasible(problem, [Limit(*limit) for limit in kept]) is can_hold(problem, kept)


def test_too_few_eligible_units_for_a_need() -> None:
    """Nine villages need water works; only six units can build them."""
    points = [[1 if u < 6 or v >= 9 else None for v in range(12)] for u in range(12)]
    problem = make_problem(points)
    problem = replace(problem, village_min=np.array([1] * 9 + [0] * 3, dtype=np.int64))
    conflict = find(problem)
    assert conflict.shortage == 3
    assert {member.code for member in conflict.members} == {
        "match.limit_unit_max_each",
        "match.limit_village_min_each",
    }
    check_conflict(problem, conflict)
    names = {member.code: member.params["names"] for member in conflict.members}
    assert names["match.limit_unit_max_each"] == "、".join(f"u{u:03d}" for u in range(6))


def test_need_as_a_quota_above_the_qualified_units() -> None:
    problem = make_problem([[1] * 4 for _ in range(4)])
    problem = replace(problem, quotas=(make_quota(problem, "水利", ([0, 1], None), 3, None),))
    conflict = find(problem)
    assert conflict.shortage == 1
    assert [(m.code, m.params["names"], m.params["value"]) for m in conflict.members] == [
        ("match.limit_quota_min", "水利", "3"),
        ("match.limit_unit_max_each", "u000、u001", "1"),
    ]


def test_contradictory_locks() -> None:
    """One unit may take one village and is locked to two."""
    problem = make_problem([[1, 1], [1, 1]])
    problem = replace(problem, locks=(FixedPair(0, 0), FixedPair(0, 1), FixedPair(1, 1)))
    conflict = find(problem)
    check_conflict(problem, conflict)
    codes = {m.code for m in conflict.members}
    assert "match.limit_lock_each" in codes
    assert codes & {"match.limit_unit_max", "match.limit_village_max"}


def test_lock_and_ban_of_the_same_pair() -> None:
    problem = make_problem([[1, 1], [1, 1]])
    problem = replace(problem, locks=(FixedPair(0, 0),), bans=(FixedPair(0, 0),))
    conflict = find(problem)
    assert [m.code for m in conflict.members] == ["match.limit_ban", "match.limit_lock"]
    check_conflict(problem, conflict)


def test_lock_on_a_pair_that_is_not_eligible() -> None:
    problem = make_problem([[1, None], [1, 1]])
    problem = replace(problem, locks=(FixedPair(0, 1), FixedPair(1, 1)))
    conflict = find(problem)
    assert [(m.code, dict(m.params)) for m in conflict.members] == [
        ("match.limit_lock_ineligible", {"unit": "u000", "village": "v001"})
    ]
    assert conflict.shortage == 1
    # Past the last candidate, and for the conflict asked for directly.
    last = replace(make_problem([[1, None]]), locks=(FixedPair(0, 1),))
    assert find(last) == find_conflict(last)


def test_ban_on_a_pair_that_is_not_eligible_changes_nothing() -> None:
    problem = replace(make_problem([[1, None], [None, 1]]), bans=(FixedPair(0, 1),))
    answer = solve_problem(problem)
    assert not isinstance(answer, Conflict)
    must = replace(problem, unit_min=np.array([2, 0]), unit_max=np.array([2, 2]))
    check_conflict(must, find(must))


def test_quota_above_supply() -> None:
    """A county is to get eight pairs and has but five villages."""
    problem = make_problem([[1] * 6 for _ in range(9)])
    quota = make_quota(problem, "黄骅市", (None, range(5)), 8, 8)
    problem = replace(problem, quotas=(quota,))
    conflict = find(problem)
    assert conflict.shortage == 3
    assert [(m.code, m.params["count"]) for m in conflict.members] == [
        ("match.limit_quota_min", "1"),
        ("match.limit_village_max_each", "5"),
    ]
    check_conflict(problem, conflict)


def test_quota_over_no_eligible_pair() -> None:
    """A quota that no candidate counts for cannot have a minimum."""
    problem = make_problem([[1, None], [1, None]])
    for maximum in (None, 2):
        quota = make_quota(problem, "none", (None, [1]), 2, maximum)
        conflict = find(replace(problem, quotas=(quota,)))
        assert [m.code for m in conflict.members] == ["match.limit_quota_min"]
        assert conflict.shortage == 2


def test_sum_of_quotas_impossible() -> None:
    """Each county's minimum could be met, but not both with three units."""
    problem = make_problem([[1] * 4 for _ in range(3)])
    quotas = tuple(
        make_quota(problem, f"county {c}", (None, [2 * c, 2 * c + 1]), 2, 2) for c in range(2)
    )
    problem = replace(problem, quotas=quotas)
    conflict = find(problem)
    assert conflict.shortage == 1
    assert [m.code for m in conflict.members] == [
        "match.limit_quota_min_each",
        "match.limit_unit_max_each",
    ]
    check_conflict(problem, conflict)


def test_all_banned() -> None:
    problem = make_problem([[1, 1], [1, 1]])
    bans = tuple(FixedPair(u, v) for u in range(2) for v in range(2))
    conflict = find(replace(problem, bans=bans))
    assert [m.code for m in conflict.members] == ["match.limit_any_pair", "match.limit_ban_each"]
    assert conflict.members[1].params["count"] == "4"
    check_conflict(replace(problem, bans=bans), conflict)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (2, 2)])
def test_nothing_to_choose_from(shape: tuple[int, int]) -> None:
    """No unit, no village or no eligible pair: at least one pair cannot be made."""
    problem = make_dense_problem(np.zeros(shape), np.zeros(shape, dtype=bool))
    conflict = find(problem)
    assert [(m.code, m.params["names"]) for m in conflict.members] == [
        ("match.limit_any_pair", "0")
    ]
    assert conflict.shortage == 1


def test_more_villages_that_must_be_helped_than_capacity() -> None:
    problem = make_problem([[1] * 5 for _ in range(2)])
    problem = replace(problem, unit_max=np.full(2, 2), village_min=np.ones(5, dtype=np.int64))
    conflict = find(problem)
    assert conflict.shortage == 1
    check_conflict(problem, conflict)


def test_minimum_above_maximum() -> None:
    problem = make_problem([[1, 1]])
    problem = replace(problem, unit_min=np.array([2]), unit_max=np.array([1]))
    conflict = find(problem)
    assert [m.code for m in conflict.members] == ["match.limit_unit_max", "match.limit_unit_min"]
    assert conflict.shortage == 1


def test_long_lists_are_cut_and_counted() -> None:
    problem = make_problem([[1] * 35 for _ in range(32)])
    problem = replace(problem, village_min=np.ones(35, dtype=np.int64))
    params = {m.code: m.params for m in find(problem).members}["match.limit_unit_max_each"]
    assert params["count"] == "32"
    assert params["names"].endswith("、u029 … (+2)")
    assert params["names_en"].endswith(", u029 … (+2)")
    assert params["all_names"] == "、".join(problem.unit_ids)


def test_wrong_cut_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the cut named limits that can hold, the conflict is sought among all."""
    problem = make_problem([[1, 1], [1, 1]])
    problem = replace(problem, locks=(FixedPair(0, 0), FixedPair(0, 1)))
    monkeypatch.setattr(Judge, "narrow", lambda _self: ((ANY_PAIR,), 1))
    check_conflict(problem, find_conflict(problem))


def test_conflict_of_the_whole_programme() -> None:
    """112 units of two tiers in 14 counties, one city unit too few; named within seconds."""
    home = [None] * 27 + [c for c in range(14) for _ in range(6)]
    county = np.repeat(np.arange(14), 10)
    eligible = np.array([[h is None or h == c for c in county] for h in home])
    problem = make_dense_problem(np.zeros(eligible.shape), eligible)
    quotas = []
    for c in range(14):
        villages = np.flatnonzero(county == c).tolist()
        quotas.append(make_quota(problem, f"county {c}", (None, villages), 8, 8))
        quotas.append(make_quota(problem, f"city {c}", (range(27), villages), 2, 2))
    conflict = find(replace(problem, quotas=tuple(quotas)))
    assert conflict.shortage == 1
    assert {(m.code, m.params["count"]) for m in conflict.members} == {
        ("match.limit_quota_min_each", "14"),
        ("match.limit_unit_max_each", "27"),
    }


def test_conflict_whose_own_quota_crosses() -> None:
    """A block of pairs is no union of rows or columns, so a linear program counts what it lacks."""
    problem = make_problem([[1, 1, 1], [1, 1, 1], [1, 1, 1]])
    block = make_quota(problem, "block", ([0, 1], [0, 1]), 4, None)
    conflict = find(replace(problem, quotas=(block,)))
    assert conflict.shortage == 2
    assert "match.limit_quota_min" in [m.code for m in conflict.members]
    check_conflict(replace(problem, quotas=(block,)), conflict)


@settings(max_examples=pick_share(150, 2), deadline=None)
@given(limited_problems())
def test_conflicts_of_every_kind_are_real_and_minimal(problem: Problem) -> None:
    """Crossing quotas, resources, earlier pairs to keep, locks and bans, against all sets."""
    everything = AllSets(problem)
    assume(not everything.is_feasible())
    conflict = find_conflict(problem)
    for member in conflict.members:
        for lang in ("zh", "en"):
            assert render(member.code, member.params, lang).text  # type: ignore[arg-type]
    assert conflict.shortage >= 1
    if is_lock_eligible(problem):
        limits = read_limits(problem, conflict)
        assert not everything.can_hold(limits)
        for k in range(len(limits)):
            assert everything.can_hold(limits[:k] + limits[k + 1 :])


@settings(max_examples=pick_share(100, 2), deadline=None)
@given(limited_problems())
def test_whether_all_limits_can_hold(problem: Problem) -> None:
    judge = Judge(problem)
    assert judge.can_hold(judge.limits) is AllSets(problem).is_feasible()


def make_odd_cycle() -> Problem:
    """Three pairs, of any two exactly one: half of each would do, whole ones never."""
    problem = make_problem([[1, None, None], [None, 1, None], [None, None, 1]])
    quotas = tuple(
        make_quota(problem, f"q{k}", (pair, None), 1, 1) for k, pair in enumerate(([0, 1], [1, 2]))
    )
    last = make_quota(problem, "q2", ([0, 2], None), 1, 1)
    return replace(problem, quotas=(*quotas, last))


def test_what_only_whole_pairs_contradict() -> None:
    """No linear program sees the conflict, and no pair is short by itself."""
    problem = make_odd_cycle()
    conflict = find(problem)
    check_conflict(problem, conflict)
    assert [(m.code, m.params["names"]) for m in conflict.members] == [
        ("match.limit_quota_max_each", "q0、q1、q2"),
        ("match.limit_quota_min_each", "q0、q1、q2"),
    ]
    assert conflict.shortage == 1


@pytest.mark.parametrize("answer", ["none", "inexact"])
def test_what_a_resource_needs_is_not_told_without_proof(
    monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    def find_nothing(*_given: object) -> None:
        if answer == "inexact":
            raise ArithmeticError

    monkeypatch.setattr(conflicts, "find_cheapest_relief", find_nothing)
    problem = make_problem([[1, 1, 1]], unit_max=np.array([3]))
    idx, loads = np.arange(3, dtype=np.int32), np.array([150, 160, 170])
    hours = Resource("hours", "unit", 0, idx, loads, 400, 10)
    problem = replace(problem, resources=(hours,), village_min=np.ones(3, dtype=np.int64))
    texts = [render(m.code, m.params, "en").text for m in find_conflict(problem).members]
    assert len(texts) == 2
    assert not any("48" in text for text in texts)


def test_resource_that_is_not_enough() -> None:
    problem = make_problem([[1, 1, 1]], unit_max=np.array([3]), unit_labels=("县医院（u1）",))
    idx, loads = np.arange(3, dtype=np.int32), np.array([150, 160, 170])
    hours = Resource("工时", "unit", 0, idx, loads, 400, 10)
    problem = replace(problem, resources=(hours,), village_min=np.ones(3, dtype=np.int64))
    conflict = find_conflict(problem)
    texts = [render(m.code, m.params, "zh").text for m in conflict.members]
    assert texts == [
        "单位 县医院（u1） 的“工时”只有 40，而这里的其他要求至少要用 48",
        "3 个村（v000、v001、v002）各须至少有 1 个帮扶单位",
    ]
    assert conflict.shortage == 1


def test_whole_pairs_need_fewer_villages_than_divisible_ones() -> None:
    """Each unit has room for one and three quarters: four are too many in parts, three in whole."""
    problem = make_problem([[1] * 4, [1] * 4], unit_max=np.full(2, 4))
    rooms = tuple(
        Resource("room", "unit", u, np.arange(4, dtype=np.int32) + 4 * u, np.full(4, 4), 7)
        for u in range(2)
    )
    conflict = find_conflict(
        replace(problem, resources=rooms, village_min=np.ones(4, dtype=np.int64))
    )
    assert [(m.code, m.params["count"]) for m in conflict.members] == [
        ("match.limit_resource_unit_each", "2"),
        ("match.limit_village_min_each", "3"),
    ]


@pytest.mark.parametrize(
    ("minimum", "text"),
    [
        (2, "at most 1 of the earlier pairs may change (limits.max_changes): of the 3 that are"),
        (4, "at least 4 must stay, but only 3 are still eligible"),
    ],
)
def test_too_many_changes(minimum: int, text: str) -> None:
    problem = make_problem([[1, 1], [1, 1], [1, 1]])
    everywhere = np.ones(3, dtype=bool), np.ones(2, dtype=bool)
    previous = np.array([True, True, False, False, True, False])
    changes = Quota(MAX_CHANGES, *everywhere, minimum, None, previous)
    bans = (FixedPair(0, 0), FixedPair(0, 1))
    conflict = find_conflict(replace(problem, quotas=(changes,), bans=bans))
    assert text in " ".join(render(m.code, m.params, "en").text for m in conflict.members)


def test_a_conflict_of_what_can_hold_is_refused() -> None:
    with pytest.raises(ArithmeticError, match="can all hold"):
        find_conflict(make_problem([[1, 1], [1, 1]]))


def test_a_conflict_that_can_hold_is_refused() -> None:
    judge = Judge(make_problem([[1, 1], [1, 1]]))
    with pytest.raises(ArithmeticError, match="can hold after all"):
        confirm_core(judge, (ANY_PAIR, Limit("unit_max", 0)))


def test_a_conflict_with_too_many_members_is_refused() -> None:
    problem = replace(make_problem([[1, 1]]), unit_min=np.array([2]))
    limits = (ANY_PAIR, Limit("unit_max", 0), Limit("unit_min", 0))
    with pytest.raises(ArithmeticError, match="not minimal"):
        confirm_core(Judge(problem), limits)


def test_a_conflict_that_was_never_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that finds nothing where there is something ends in an error, not in a sentence."""
    problem = replace(make_odd_cycle(), quotas=make_odd_cycle().quotas[:2])
    monkeypatch.setattr(judging, "find_choice", lambda *_: None)
    monkeypatch.setattr(Judge, "_try_flow", lambda *_: None)
    with pytest.raises(ArithmeticError, match="after all"):
        find_conflict(problem)


@pytest.mark.parametrize("side", ["unit", "village"])
def test_the_most_of_one_owner_is_told_in_place_of_a_quota_over_its_pairs(side: str) -> None:
    """Both say the same; who is meant is plainer from the owner, unless its own most is looser."""
    is_unit = side == "unit"
    problem = make_problem([[1] * 3] if is_unit else [[1]] * 3)
    alone = make_quota(problem, "alone", ([0], None) if is_unit else (None, [0]), 0, 1)
    least = np.ones(3, dtype=np.int64)
    problem = replace(
        problem,
        quotas=(alone,),
        village_min=least if is_unit else problem.village_min,
        unit_min=problem.unit_min if is_unit else least,
    )
    conflict = find_conflict(problem)
    assert f"{side}_max" in {limit.kind for limit in conflict.core}
    check_conflict(problem, conflict)
    loose = replace(problem, **{f"{side}_max": np.full(1, 2)})
    conflict = find_conflict(loose)
    assert "quota_max" in {limit.kind for limit in conflict.core}
    check_conflict(loose, conflict)


def test_two_quotas_that_meet_in_a_third() -> None:
    """What few limits of one county contradict is told, though many others could as well."""
    num_counties, num_city = 6, 11
    county = np.repeat(np.arange(num_counties), 3)
    problem = make_problem([[1] * len(county)] * (num_city + num_counties))
    quotas = []
    for c in range(num_counties):
        villages = np.flatnonzero(county == c).tolist()
        quotas.append(make_quota(problem, f"city {c}", (range(num_city), villages), 2, 2))
        quotas.append(make_quota(problem, f"first {c}", ([c], villages), 1, 1))
    clinics = make_quota(problem, "clinics", (range(num_city - 3, num_city), [0, 1, 2]), 2)
    problem = replace(problem, quotas=(*quotas, clinics))
    conflict = find(problem)
    check_conflict(problem, conflict)
    assert [(m.code, m.params["names"]) for m in conflict.members] == [
        ("match.limit_quota_max", "city 0"),
        ("match.limit_quota_min", "first 0"),
        ("match.limit_quota_min", "clinics"),
    ]
