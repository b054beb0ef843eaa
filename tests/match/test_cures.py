"""The cheapest cure: compared with all sets of pairs, applied, and in words."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from tests.cases import pick_share
from tests.match.limit_oracle import AllSets, limited_problems
from tests.strategies import make_problem, make_quota

from pairmatch.domain.limits import Bound, Cure, Limit, format_amount
from pairmatch.domain.problem import MAX_CHANGES, FixedPair, Problem, Quota, Resource
from pairmatch.match import cures
from pairmatch.match.conflicts import find_conflict
from pairmatch.match.cures import apply_cure, find_cure
from pairmatch.match.wordings import merge_members
from pairmatch.messages import render
from pairmatch.solvers.feasibility import ChoiceProgram
from pairmatch.solvers.reliefs import Relief


def read_cure(cure: Cure) -> tuple[Fraction, list[tuple[tuple[str, int], int]]]:
    return cure.cost, [((m.limit.kind, m.limit.idx), m.amount) for m in cure.members]


@settings(max_examples=pick_share(150, 2), deadline=None)
@given(limited_problems())
def test_cures_are_cheapest_and_cure(problem: Problem) -> None:
    everything = AllSets(problem)
    cure = find_cure(problem)
    expected = everything.find_cure()
    assert (None if cure is None else read_cure(cure)) == expected
    if cure is not None:
        assert AllSets(apply_cure(problem, cure)).is_feasible()
        assert (not cure.members) is everything.is_feasible()
        for member in cure.members:
            for lang in ("zh", "en"):
                assert render(member.code, member.params, lang).text  # type: ignore[arg-type]


def find(problem: Problem) -> Cure:
    cure = find_cure(problem)
    assert cure is not None
    assert AllSets(apply_cure(problem, cure)).is_feasible()
    return cure


def tell(cure: Cure, lang: str = "en") -> list[str]:
    said = [(cure.code, cure.params), *((m.code, m.params) for m in merge_members(cure.members))]
    return [render(code, params, lang).text for code, params in said]  # type: ignore[arg-type]


def make_scarce_problem(**changes: object) -> Problem:
    """Four villages that each need one of two units, which may take one each."""
    problem = make_problem([[1] * 4, [1] * 4])
    changes = {"village_min": np.ones(4, dtype=np.int64), "steps_per_point": 1, **changes}
    return replace(problem, **changes)


def test_without_waiver_costs_the_smallest_change_is_named() -> None:
    """One limit that gives way by two is fewer than two; units come before villages."""
    cure = find(make_scarce_problem())
    assert not cure.is_priced
    assert tell(cure) == [
        "The smallest cure, or one of several (no waiver costs are set, so changes are counted: "
        "each pair by which a bound moves, each 1 added to a resource, each lock or ban dropped "
        "is 1; here 2 in all, and nothing less will do); with it a pairing is possible:",
        "unit u000: take up to 3 villages instead of 1: change capacity_max (“最多帮扶村数”) "
        "in the unit table",
    ]


def test_alike_limits_that_give_way_are_told_together() -> None:
    problem = make_problem([[None] * 3, [1, None, None]])
    cure = find(replace(problem, village_min=np.ones(3, dtype=np.int64)))
    assert tell(cure, "zh")[1:] == [
        "2 个村（v001、v002）各自至少要有的帮扶单位由 1 个减为 0 个："
        "改村情表的“最少帮扶单位数”一栏（demand_min）",
    ]


def test_limits_with_a_waiver_cost_give_way_and_no_others() -> None:
    problem = make_scarce_problem(
        unit_max=np.full(2, 4),
        bans=tuple(FixedPair(1, v, waiver=3) for v in range(4)),
        resources=(make_hours(4, [10, 15, 20, 25], 45, 1),),
    )
    cure = find(problem)
    assert (cure.is_priced, cure.cost) == (True, Fraction(5, 2))
    assert tell(cure) == [
        "The cheapest cure, or one of several (waiver costs: 2.5 points in all, 2.5×1, as the "
        "scenario states them, not a change of the total); with it a pairing is possible:",
        "unit u000: 7 of “hours” instead of 4.5: change capacity in the table of capacities "
        "(capacities.csv)",
    ]
    cheaper = replace(problem, resources=(replace(problem.resources[0], waiver=2),))
    assert tell(find(cheaper), "zh") == [
        "代价最小的解决办法，或其中的一种（放宽代价合计 3 分，是方案里写的代价，"
        "不是总分的变化）；照此办，就能结对：",
        "取消禁止：u001 = v003：删去 scenario.toml 里的这条 [[ban]]",
    ]
    never = replace(problem, village_max=np.zeros(4, dtype=np.int64))
    assert find_cure(never) is None


def make_hours(num_pairs: int, loads: list[int], capacity: int, waiver: int | None) -> Resource:
    idx = np.arange(num_pairs, dtype=np.int32)
    return Resource("hours", "unit", 0, idx, np.array(loads), capacity, 10, waiver)


def test_a_lock_that_no_candidate_fits_can_only_be_dropped() -> None:
    problem = replace(make_problem([[1, None]]), locks=(FixedPair(0, 1), FixedPair(0, 0)))
    assert tell(find(problem), "zh")[1:] == [
        "取消锁定：u000 = v001：删去 scenario.toml 里的这条 [[lock]]"
    ]
    priced = replace(problem, locks=(FixedPair(0, 1), FixedPair(0, 0, waiver=1)))
    assert find_cure(priced) is None


def test_more_changes_of_the_earlier_pairs() -> None:
    problem = make_problem([[1, 1], [1, 1]])
    everywhere = np.ones(2, dtype=bool), np.ones(2, dtype=bool)
    changes = Quota(MAX_CHANGES, *everywhere, 3, None, np.array([1, 1, 0, 0], dtype=bool), 7)
    cure = find(replace(problem, quotas=(changes,)))
    assert cure.cost == Fraction(14, 100), "costs are kept in steps and told in points"
    assert tell(cure)[1:] == [
        "let more of the earlier pairs change, 2 more than now, so that at least 1 of them stay "
        "instead of 3: add 2 to max_changes of [limits] in scenario.toml"
    ]


def test_a_quota_that_crosses_gives_way_to_either_side() -> None:
    problem = make_problem([[1, 1], [1, 1]])
    one = make_quota(problem, "one", ([0], None), 1, None)
    most = make_quota(problem, "most", (None, None), 0, 0)
    cure = find(replace(problem, quotas=(replace(one, waiver=5), replace(most, waiver=2))))
    assert tell(cure)[1:] == [
        "quota “most”: at most 1 pair instead of 0: change max of this [[quota]] in scenario.toml"
    ]


def test_a_problem_that_needs_no_cure_has_an_empty_one() -> None:
    problem = make_problem([[1]])
    assert find(problem) == Cure((), Fraction(0), False)
    assert find_cure(make_problem([[None]])) is None, "not even one pair"


def test_what_was_asked_for_never_gives_way() -> None:
    """A kept limit is as hard as one without a waiver, and its waiver cost prices nothing."""
    problem = replace(make_problem([[1, 1]]), bans=(FixedPair(0, 0, waiver=1), FixedPair(0, 1)))
    kept = (Limit("ban", 0),)
    assert [m.limit for m in find(problem).members] == [Limit("ban", 0)]
    cure = find_cure(problem, kept)
    assert cure is not None and not cure.is_priced
    assert [m.limit for m in cure.members] == [Limit("ban", 1)]
    assert find_cure(problem, (*kept, Limit("ban", 1))) is None


def test_numbers_without_a_decimal_are_told_as_fractions() -> None:
    assert [format_amount(Fraction(*n)) for n in ((1, 3), (-1, 8), (40, 1))] == [
        "1/3",
        "-0.125",
        "40",
    ]


def test_a_cure_that_only_seems_to_be_enough() -> None:
    # Three units are to help a village that takes one: one pair less is still one too many.
    problem = make_problem([[1, 1]] * 3)
    problem = replace(problem, quotas=(make_quota(problem, "q", (None, [0]), 3),))
    core = find_conflict(problem).core
    assert {limit.kind for limit in core} == {"quota_min", "village_max"}
    cure = find_cure(problem, core=core)
    assert cure is not None
    assert read_cure(cure) == AllSets(problem).find_cure()
    assert cure.cost == 2


def test_a_cure_that_does_not_cure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = make_scarce_problem()

    def cure_nothing(size: int, bounds: Sequence[Bound], *_: object) -> Relief:
        return Relief((0,) * len(bounds), np.zeros(size, dtype=bool))

    monkeypatch.setattr(cures, "find_cheapest_relief", cure_nothing)
    with pytest.raises(ArithmeticError, match="does not cure"):
        find_cure(problem)


Answer = tuple[object, tuple[int, ...] | None]


def replace_answers(monkeypatch: pytest.MonkeyPatch, change: Callable[[bool, Answer], Answer]):
    solve = ChoiceProgram.solve

    def answer(program: ChoiceProgram, *, exactly: bool = False, **time: float) -> Answer:
        return change(exactly, solve(program, exactly=exactly, **time))

    monkeypatch.setattr(ChoiceProgram, "solve", answer)


def spoil(answer: Answer) -> Answer:
    """Choose nothing, which the limits that never give way forbid."""
    result, counts = answer
    return result, None if counts is None else (0,) * len(counts)


def test_a_cure_that_breaks_a_limit_once_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """CP-SAT is asked instead, and where it is wrong too there is no cure."""
    problem = make_scarce_problem()
    expected = find_cure(problem)
    replace_answers(monkeypatch, lambda exactly, answer: answer if exactly else spoil(answer))
    assert find_cure(problem) == expected
    replace_answers(monkeypatch, lambda _exactly, answer: spoil(answer))
    with pytest.raises(ArithmeticError, match="whole numbers"):
        find_cure(problem)


def test_a_cure_that_one_solver_alone_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_answers(monkeypatch, lambda exactly, answer: answer if exactly else (answer[0], None))
    with pytest.raises(ArithmeticError, match="disagree"):
        find_cure(make_scarce_problem())


def test_a_cure_that_is_lost_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost is found, and then nothing at that cost by either solver."""
    asked: list[bool] = []

    def lose(exactly: bool, answer: Answer) -> Answer:
        asked.append(exactly)
        return answer if len(asked) == 1 else (answer[0], None)

    replace_answers(monkeypatch, lose)
    zeros = np.zeros(2, dtype=np.int64)
    problem = make_problem([[1, 1], [1, 1]], unit_max=zeros, village_max=zeros)
    with pytest.raises(ArithmeticError, match="no relief is left"):
        find_cure(problem)


def test_numbers_give_way_before_what_somebody_decided() -> None:
    """At equal cost a bound comes first, then a ban without a reason, a lock, a ban with one."""
    one = np.ones(1, dtype=np.int64)
    bans = (FixedPair(0, 0, reason="the director comes from there"), FixedPair(1, 0))
    problem = make_problem([[1], [1]], bans=bans, village_min=one, levels=("total",))
    assert [m.limit for m in find(problem).members] == [Limit("village_min", 0)]
    kept = [Limit("village_min", 0)]
    cure = find_cure(problem, kept)
    assert cure is not None
    assert [m.limit for m in cure.members] == [Limit("ban", 1)]
    locked = replace(problem, locks=(FixedPair(0, 0, reason="agreed", by="甲县"),))
    pair = [Limit("village_min", 0), Limit("ban", 1)]
    cure = find_cure(replace(locked, village_min=0 * one), pair)
    assert cure is not None
    assert tell(cure)[1:] == [
        "drop the lock u000 = v000 (reason: agreed; decided by: 甲县): remove this [[lock]] from "
        "scenario.toml"
    ]
    cure = find_cure(locked, [*pair, Limit("lock", 0)])
    assert cure is not None
    assert tell(cure, "zh")[1:] == [
        "取消禁止：u000 = v000（当时的理由：the director comes from there；谁定的：未写明）："
        "删去 scenario.toml 里的这条 [[ban]]"
    ]
