"""The sum behind a conflict: added up again from the rows of the oracle, and in words."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, event, given, settings
from tests.cases import pick_share
from tests.match.limit_oracle import AllSets, limited_problems, list_rows
from tests.strategies import make_problem, make_quota

from pairmatch.domain.matching import Conflict
from pairmatch.domain.problem import MAX_CHANGES, FixedPair, Problem, Quota, Resource
from pairmatch.match.conflicts import find_conflict
from pairmatch.messages import render


def read_numbers(conflict: Conflict) -> dict[str, int]:
    """Return the totals that a sum tells, by what they are of."""
    numbers = {}
    for line in conflict.sums:
        topic = line.code.removeprefix("match.sum_").partition("_")[0]
        if topic == "short":
            numbers |= {key: int(line.params[key]) for key in ("most", "short")}
        else:
            numbers[topic] = int(line.params["extra" if topic == "twice" else "total"])
    return numbers


def add_up(problem: Problem, conflict: Conflict) -> dict[str, int]:
    """Return the totals of a conflict, pair by pair; empty where they show nothing."""
    rows = dict(list_rows(problem))
    own = [rows[limit.kind, limit.idx] for limit in conflict.core]
    if any(row.scale != 1 or set(row.weights.tolist()) - {0, 1} for row in own):
        return {}
    totals = {"needed": 0, "capped": 0, "free": 0, "twice": 0}
    for row in own:
        totals["needed" if row.is_least else "capped"] += row.value
    for pair in range(problem.num_candidates):
        wanted = sum(int(row.weights[pair]) for row in own if row.is_least)
        allowed = sum(int(row.weights[pair]) for row in own if not row.is_least)
        if wanted > allowed:
            totals["twice" if allowed else "free"] += wanted - allowed
    most = totals["capped"] + totals["free"] + totals["twice"]
    if most >= totals["needed"]:
        return {}
    return {**totals, "most": most, "short": totals["needed"] - most}


def check_loads(problem: Problem, conflict: Conflict) -> None:
    """The loads add up, and no set of pairs that keeps the rest of the conflict uses less."""
    (line,) = conflict.sums
    loads = [Fraction(part.rpartition(" ")[2]) for part in line.params["sum_en"].split(" + ")]
    used, over = Fraction(line.params["used"]), Fraction(line.params["over"])
    assert sum(loads) == used == Fraction(line.params["value"]) + over and over > 0
    everything = AllSets(problem)
    (scarce,) = [n for n in conflict.core if n.kind == "resource"]
    names = [everything.names.index((n.kind, n.idx)) for n in conflict.core if n != scarce]
    place = everything.names.index((scarce.kind, scarce.idx))
    fits = (everything.misses[:, names] == 0).all(axis=1)
    row = everything.rows[place]
    assert used * row.scale == row.value + everything.misses[fits, place].min()


@settings(max_examples=pick_share(150, 2), deadline=None)
@given(limited_problems())
def test_a_sum_adds_up_and_shows_what_is_impossible(problem: Problem) -> None:
    assume(not AllSets(problem).is_feasible())
    conflict = find_conflict(problem)
    if any(row.scale != 1 or set(row.weights.tolist()) - {0, 1} for _, row in list_rows(problem)):
        event("weighed")
    if any(line.code == "match.sum_loads" for line in conflict.sums):
        check_loads(problem, conflict)
        return
    expected = add_up(problem, conflict) if conflict.core else {}
    event("told" if expected else "not told")
    told = read_numbers(conflict)
    if not expected:
        assert not told
        return
    assert told == {key: n for key, n in expected.items() if n or key in told}
    assert told["needed"] - told["most"] == told["short"] > 0
    for line in conflict.sums:
        for lang in ("zh", "en"):
            assert render(line.code, line.params, lang).text  # type: ignore[arg-type]


def tell(problem: Problem, lang: str = "en") -> list[str]:
    conflict = find_conflict(problem)
    return [render(n.code, n.params, lang).text for n in conflict.sums]  # type: ignore[arg-type]


def test_what_is_asked_for_and_what_is_allowed() -> None:
    """Two quotas want three of two units each, which may take two each."""
    problem = make_problem([[1] * 6] * 2, unit_max=np.full(2, 2))
    left = make_quota(problem, "left", (None, [0, 1, 2]), 3)
    right = make_quota(problem, "right", (None, [3, 4, 5]), 3)
    problem = replace(problem, quotas=(left, right))
    assert tell(problem, "zh") == [
        "要求的合计至少 6 对（2×3）",
        "上限合计最多 4 对（2×2）",
        "所以最多只有 4 对，还差 2 对",
    ]


def test_candidates_that_no_limit_holds_back() -> None:
    problem = make_problem([[1, 1, None]], unit_max=np.array([3]), village_max=np.full(3, 2))
    told = tell(replace(problem, unit_min=np.array([3])))
    assert len(told) == 3
    assert "3 pairs" in told[0] and "2 candidate pairs" in told[1] and "1" in told[2]


def test_earlier_pairs_that_are_all_that_is_left() -> None:
    problem = make_problem([[1, None], [None, 1], [1, 1]], previous=np.array([1, 1, 0, 0], bool))
    everywhere = np.ones(3, dtype=bool), np.ones(2, dtype=bool)
    changes = Quota(MAX_CHANGES, *everywhere, 3, None, problem.previous)
    conflict = find_conflict(replace(problem, quotas=(changes,)))
    assert [line.code for line in conflict.sums] == [
        "match.sum_needed_alone",
        "match.sum_free_before_only",
        "match.sum_short",
    ]


def test_pairs_that_two_limits_count() -> None:
    """A clinic that is a first unit too helps both, though the village takes two units alone."""
    problem = make_problem([[1]] * 4, village_max=np.array([2]))
    first = make_quota(problem, "first", ([0, 1], None), 2)
    clinics = make_quota(problem, "clinics", ([1, 2, 3], None), 2)
    problem = replace(problem, quotas=(first, clinics))
    assert tell(problem) == [
        "asked for together: at least 4 pairs (2×2)",
        "allowed by the upper limit: at most 2 pairs",
        "counted by several of the requirements at once: 1 candidate pair, worth 1 more: "
        "u001 = v000",
        "so there can be at most 3, which is 1 too few",
    ]


def test_what_a_resource_takes_is_added_up() -> None:
    """The three of least load out of four, unit by unit or village by village."""
    loads, idx = np.array([45, 40, 35, 60]), np.arange(4, dtype=np.int32)
    problem = make_problem([[1] * 4], unit_max=np.array([4]))
    three = make_quota(problem, "three", (None, None), 3)
    hours = Resource("hours", "unit", 0, idx, loads, 100, 10)
    assert tell(replace(problem, quotas=(three,), resources=(hours,))) == [
        "the least use of “hours”: v000 4.5 + v001 4 + v002 3.5 = 12, which is 2 more than the "
        "capacity of 10"
    ]
    turned = make_problem([[1]] * 4, village_max=np.array([4]))
    three = make_quota(turned, "three", (None, None), 3)
    beds = Resource("beds", "village", 0, idx, loads, 100, 10)
    assert (
        "u000 4.5 + u001 4 + u002 3.5"
        in tell(replace(turned, quotas=(three,), resources=(beds,)))[0]
    )


def test_weighed_limits_of_several_have_no_sum() -> None:
    problem = make_problem([[1] * 3] * 2, unit_max=np.full(2, 3), village_min=np.ones(3, dtype=int))
    idx = np.arange(3, dtype=np.int32)
    hours = tuple(
        Resource("hours", "unit", u, idx + 3 * u, np.array([2, 2, 2]), 3, 1) for u in range(2)
    )
    assert tell(replace(problem, resources=hours)) == []


def test_what_only_whole_pairs_contradict_has_no_sum() -> None:
    problem = make_problem([[1, None, None], [None, 1, None], [None, None, 1]])
    quotas = tuple(
        make_quota(problem, f"q{k}", (pair, None), 1, 1)
        for k, pair in enumerate(([0, 1], [1, 2], [0, 2]))
    )
    assert tell(replace(problem, quotas=quotas)) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_ban_allows_nothing(lang: str) -> None:
    problem = make_problem([[1]], bans=(FixedPair(0, 0),), village_min=np.ones(1, dtype=int))
    told = tell(problem, lang)
    assert len(told) == 3
    assert "0" in told[1]
