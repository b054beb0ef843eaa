"""The independent check refuses whatever was changed after the proof."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.oracles import brute_force, is_feasible_set, value_levels
from tests.strategies import make_problem, make_quota, problems

from pairmatch.domain.matching import Certificate, LevelProof, Matching, PriceStep
from pairmatch.domain.problem import FixedPair, Problem, Quota, Resource, weigh_pairs
from pairmatch.match.solution import solve_problem
from pairmatch.match.verify import (
    compute_bound,
    narrow_limits,
    open_limits,
    verify_matching,
)


def solve(problem: Problem) -> Matching:
    answer = solve_problem(problem)
    assert isinstance(answer, Matching)
    return answer


def codes(problem: Problem, matching: Matching) -> list[str]:
    return [finding.code.partition(".")[2] for finding in verify_matching(problem, matching)]


def replace_level(matching: Matching, k: int, **changes: object) -> Matching:
    levels = list(matching.certificate.levels)
    levels[k] = replace(levels[k], **changes)
    return replace(matching, certificate=Certificate(tuple(levels)))


def replace_step(matching: Matching, k: int, **changes: object) -> Matching:
    step = matching.certificate.levels[k].steps[0]
    return replace_level(matching, k, steps=(replace(step, **changes),))


def prove(goal: str, value: int, *prices: np.ndarray) -> LevelProof:
    return LevelProof(goal, value, value, (PriceStep(value, *prices),))


@settings(max_examples=150, deadline=None)
@given(problems(), st.data())
def test_changed_price_is_refused(problem: Problem, data: st.DataObject) -> None:
    """A changed price never passes, unless the bound is still exact: then it is a proof too.

    (Only the last level: other prices may leave later levels another form of the same face.)
    """
    answer = solve_problem(problem)
    assume(isinstance(answer, Matching))
    assert isinstance(answer, Matching)
    k = data.draw(st.integers(0, len(problem.levels) - 1))
    field = data.draw(st.sampled_from(("unit_prices", "village_prices", "quota_prices")))
    step = answer.certificate.levels[k].steps[0]
    prices = getattr(step, field).copy()
    assume(len(prices))
    prices[data.draw(st.integers(0, len(prices) - 1))] += data.draw(
        st.sampled_from((-1000, -1, 1, 1000))
    )
    changed = replace(step, **{field: prices})
    values = value_levels(problem, answer.chosen_idx.tolist())
    limits = open_limits(problem)
    for proof in answer.certificate.levels[:k]:
        narrow_limits(problem, limits, proof.steps[0], weigh_pairs(problem, proof.goal))
    bound = compute_bound(problem, limits, changed, weigh_pairs(problem, problem.levels[k]))
    found = codes(problem, replace_level(answer, k, steps=(changed,)))
    if bound != values[k]:
        assert "verify_bound" in found
    elif k + 1 == len(problem.levels):
        assert found == []


@settings(max_examples=200, deadline=None)
@given(problems(), st.data())
def test_other_pairs_are_refused_unless_as_good(problem: Problem, data: st.DataObject) -> None:
    """Any set of pairs passes exactly if it is feasible and optimal."""
    answer, best = solve_problem(problem), brute_force(problem)
    assume(isinstance(answer, Matching) and best is not None and problem.num_candidates)
    assert isinstance(answer, Matching)
    assert best is not None
    chosen = sorted(data.draw(st.sets(st.integers(0, problem.num_candidates - 1))))
    other = replace(
        answer,
        chosen_idx=np.array(chosen, dtype=np.int32),
        num_matched=len(chosen),
        total=int(problem.points[chosen].sum()),
    )
    as_good = is_feasible_set(problem, chosen) and value_levels(problem, chosen) == value_levels(
        problem, best.chosen
    )
    assert (codes(problem, other) == []) is as_good


def test_swapped_units_are_refused() -> None:
    problem = make_problem([[9, 1], [1, 9]])
    answer = solve(problem)
    assert answer.chosen_idx.tolist() == [0, 3]
    swapped = replace(answer, chosen_idx=np.array([1, 2], dtype=np.int32))
    assert codes(problem, swapped) == ["verify_total", "verify_bound"]


def test_dropped_pair_is_refused() -> None:
    problem = make_problem([[9, 1], [1, 9]])
    answer = solve(problem)
    dropped = replace(answer, chosen_idx=answer.chosen_idx[:1])
    assert codes(problem, dropped) == [
        "verify_count",
        "verify_total",
        "verify_bound",
        "verify_bound",
    ]
    honest = replace(dropped, num_matched=1, total=9)
    assert codes(problem, honest) == ["verify_bound", "verify_bound"]


def test_pair_counted_twice_is_refused() -> None:
    problem = make_problem([[9, 1], [1, 9]])
    answer = solve(problem)
    doubled = replace(answer, chosen_idx=np.array([0, 3, 3], dtype=np.int32), num_matched=3)
    assert "verify_count" in codes(problem, doubled)


def test_changed_score_is_refused() -> None:
    problem = make_problem([[9, 1], [1, 9]])
    answer = solve(problem)
    points = problem.points.copy()
    points[0] += 1
    found = codes(replace(problem, points=points), answer)
    assert found == ["verify_total", "verify_bound"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"total": 17}, "verify_total"), ({"num_matched": 3}, "verify_count")],
)
def test_changed_value_is_refused(changes: dict[str, int], code: str) -> None:
    problem = make_problem([[9, 1], [1, 9]])
    assert codes(problem, replace(solve(problem), **changes)) == [code]


@pytest.mark.parametrize("k", [0, 1])
def test_changed_stated_level_is_refused(k: int) -> None:
    problem = make_problem([[9, 1], [1, 9]])
    answer = solve(problem)
    wrong = replace_level(answer, k, value=answer.certificate.levels[k].value + 1)
    assert codes(problem, wrong) == ["verify_bound"]


def test_missing_or_exchanged_level_is_refused() -> None:
    problem = make_problem([[9, 1], [1, 9]])
    answer = solve(problem)
    levels = answer.certificate.levels
    for kept in ((), levels[:1], levels[::-1]):
        assert codes(problem, replace(answer, certificate=Certificate(kept))) == ["verify_levels"]


def test_every_broken_limit_is_named() -> None:
    """One answer that breaks a bound of each kind gives one finding for each, with the numbers."""
    free = make_problem([[5, 4], [3, 2]])
    answer = solve(free)
    assert answer.chosen_idx.tolist() == [0, 3]
    for k in range(2):
        answer = replace_step(answer, k, quota_prices=np.zeros(3, dtype=np.int64))
    strict = replace(
        free,
        unit_max=np.array([0, 1]),
        village_min=np.array([0, 2]),
        village_max=np.array([1, 2]),
        quotas=(
            make_quota(free, "none", (None, None), 0, 1),
            make_quota(free, "free", (None, None), 0, None),
            make_quota(free, "more", ([1], None), 2, None),
        ),
        locks=(FixedPair(1, 0),),
        bans=(FixedPair(0, 0),),
    )
    findings = verify_matching(strict, answer)
    assert [finding.code.partition(".")[2] for finding in findings][:6] == [
        "verify_unit_bounds",
        "verify_village_bounds",
        "verify_quota_bounds",
        "verify_quota_bounds",
        "verify_lock",
        "verify_ban",
    ]
    assert findings[0].params == {"name": "u000", "count": "1", "minimum": "0", "maximum": "0"}
    assert findings[3].params["name"] == "more"
    assert findings[4].params == {"unit": "u001", "village": "v000"}


def test_lock_and_quota_prices_take_part_in_the_proof() -> None:
    """A lock below zero and a quota that binds still leave no gap."""
    problem = make_problem([[5, -4], [9, 2]])
    locked = replace(problem, locks=(FixedPair(0, 1),))
    answer = solve(locked)
    assert answer.total == 5
    assert codes(locked, answer) == []
    few = replace(problem, quotas=(make_quota(problem, "one", (None, None), 0, 1),))
    answer = solve(few)
    assert answer.total == 9
    assert codes(few, answer) == []


@pytest.mark.parametrize("size", [0, 1, 5])
@pytest.mark.parametrize("field", ["unit_prices", "village_prices", "quota_prices"])
def test_prices_of_the_wrong_number_prove_nothing(field: str, size: int) -> None:
    """A certificate with too few or too many prices must not pass, whatever numpy broadcasts."""
    problem = make_problem([[9, 1], [1, 9]])
    sets = [([k], None) for k in (0, 1)]
    quotas = tuple(make_quota(problem, f"q{k}", s, 1, 1) for k, s in enumerate(sets))
    problem = replace(problem, quotas=quotas)
    answer = solve(problem)
    wrong = replace_step(answer, 1, **{field: np.zeros(size, dtype=np.int64)})
    assert codes(problem, wrong) != []


def test_one_price_for_all_quotas_cannot_fake_a_bound() -> None:
    """A single negative price, spread by numpy over all quotas, would lower the bound unduly."""
    points = [[9, 1], [1, 9]]
    problem = make_problem(points)
    problem = replace(
        problem,
        quotas=(
            make_quota(problem, "a", (None, []), 0, 2),
            make_quota(problem, "b", (None, None), 2, 2),
        ),
    )
    # The forged answer takes 1 + 1 = 2 points where 18 can be had.
    nothing = np.zeros(2, np.int64)
    first = prove("num_matched", 2, nothing, nothing, np.array([0, 1]))
    second = prove("total", 2, np.full(2, 9), nothing, np.array([-8]))
    forged = Matching(
        np.array([1, 2], dtype=np.int32), np.zeros(2, np.bool_), 2, 2, Certificate((first, second))
    )
    assert codes(problem, forged) != []


@pytest.mark.parametrize("price", [2**62, -(2**63)])
def test_prices_that_wrap_around_cannot_fake_a_bound(price: int) -> None:
    """In 64 bits four prices of 2**62 sum to 0, and 9 + 2**63 is below 0: no bound at all."""
    problem = make_problem([[9 if u == v else 0 for v in range(4)] for u in range(4)])
    none, huge = np.zeros(0, np.int64), np.full(4, price)
    first = prove("num_matched", 4, np.ones(4, np.int64), np.zeros(4, np.int64), none)
    second = prove("total", 0, huge, np.zeros(4, np.int64), none)
    forged = Matching(
        np.array([1, 4, 11, 14], dtype=np.int32),
        np.zeros(4, np.bool_),
        4,
        0,
        Certificate((first, second)),
    )
    assert codes(problem, forged) != []


def test_indices_that_are_no_set_of_pairs_are_refused() -> None:
    """A pair listed twice may not add to the total, nor may an index count from the end."""
    problem = make_problem([[9, 1], [1, 9]])
    answer = solve(problem)
    for chosen, total in (([0, 3, 3], 27), ([0, -1], 18), ([0, 4], 18)):
        other = replace(answer, chosen_idx=np.array(chosen, dtype=np.int32), total=total)
        assert codes(problem, other) != []


FAIR = ("num_matched", "worst_village", "leximin_village", "kept", "total")


def solve_fair() -> tuple[Problem, Matching]:
    """Return a problem with every kind of goal that prices prove, and its answer."""
    points = [[9, 1, 5], [4, 8, 3], [2, 6, 7], [5, 5, 5]]
    problem = make_problem(points, levels=FAIR, previous=np.arange(12) % 5 == 0)
    return problem, solve(problem)


def test_fairness_is_proven_by_prices() -> None:
    problem, answer = solve_fair()
    assert answer.status == "optimal"
    assert codes(problem, answer) == []
    assert answer.certificate.levels[2].ascending == (7, 8, 9)


@pytest.mark.parametrize("threshold", [6, 8, None])
@pytest.mark.parametrize("k", [1, 2])
def test_another_threshold_proves_nothing(k: int, threshold: int | None) -> None:
    problem, answer = solve_fair()
    assert codes(problem, replace_step(answer, k, threshold=threshold)) != []


def test_what_is_stated_of_fairness_must_be_what_is_chosen() -> None:
    problem, answer = solve_fair()
    assert codes(problem, replace_level(answer, 2, ascending=(7, 8, 8))) != []
    assert (
        codes(problem, replace_level(answer, 2, steps=answer.certificate.levels[2].steps[:-1]))
        != []
    )
    assert codes(problem, replace_level(answer, 1, bound=6)) != []
    assert codes(problem, replace_level(answer, 3, given_up=1)) != []


def test_a_threshold_on_a_sum_proves_nothing() -> None:
    problem, answer = solve_fair()
    assert codes(problem, replace_step(answer, 4, threshold=3)) != []


def test_levels_after_a_bare_bound_prove_nothing() -> None:
    """Where no prices say what the best matchings share, later prices stand on nothing."""
    problem, answer = solve_fair()
    assert codes(problem, replace_level(answer, 0, steps=())) != []
    bare = answer
    for k in range(len(FAIR)):
        bare = replace_level(bare, k, steps=())
    assert codes(problem, bare) == []
    assert bare.status == "bounded"
    assert replace_level(bare, 4, bound=99).status == "stopped"


def test_a_resource_that_is_used_up_is_named() -> None:
    problem = make_problem([[9, 1], [1, 9]])
    answer = solve(problem)
    hours = Resource("工时", "unit", 0, np.array([0, 1], np.int32), np.array([3, 1]), 2)
    [fault] = verify_matching(replace(problem, resources=(hours,)), answer)
    assert fault.code == "match.verify_resource"
    assert fault.params == {"name": "工时", "used": "3", "capacity": "2"}


def test_a_quota_counts_the_pairs_it_lists() -> None:
    problem = make_problem([[9, 1], [1, 9]])
    answer = solve(problem)
    everywhere = np.ones(2, np.bool_)
    pairs = np.array([True, False, False, False])
    quota = Quota("one", everywhere, everywhere, 0, 0, pairs)
    answer = replace_step(answer, 0, quota_prices=np.zeros(1, np.int64))
    answer = replace_step(answer, 1, quota_prices=np.zeros(1, np.int64))
    found = codes(replace(problem, quotas=(quota,)), answer)
    assert found == ["verify_quota_bounds"]


def test_counties_are_compared_by_their_sums() -> None:
    problem = make_problem(
        [[9, 1], [1, 9]],
        levels=("num_matched", "worst_county", "leximin_county"),
        counties=("a", "b", "c"),
        county_idx=np.array([0, 1], np.int32),
    )
    answer = solve(problem)
    assert [level.value for level in answer.certificate.levels] == [2, 0, 0]
    assert answer.certificate.levels[2].ascending == (0, 9, 9)
    assert codes(problem, answer) == []
    assert codes(problem, replace_level(answer, 1, value=9, bound=9)) != []
