"""Functions for one pair as rules over all pairs: exact points, intervals, and what is refused."""

from decimal import Decimal

import numpy as np
import pytest
from tests.score.score_cases import list_candidates, make_inputs

from pairmatch.domain.records import Unit, Village
from pairmatch.hooks import NO_POINTS, Contribution, Points, Reason, refuse_pairs, score_pairs
from pairmatch.hooks.containment import PairFaultError
from pairmatch.hooks.plaindata import take_contribution

UNITS = [Unit(f"u{k}") for k in range(3)]
VILLAGES = [Village(f"v{k}", county="甲县") for k in range(2)]
CANDIDATES = list_candidates(make_inputs(UNITS, VILLAGES))
NAMES = {"rule_id": "p.rule", "version": "1", "label_zh": "规", "label_en": "rule"}


def score(answer):
    rule = score_pairs(**NAMES, spread="2")(answer)
    return rule.contribute(CANDIDATES, 200)


def test_one_answer_per_pair_and_each_different_reason_once():
    given = score(
        lambda u, v: Points(int(u.unit_id[1]), "因", "why") if v.village_id == "v1" else NO_POINTS
    )
    assert given.points.tolist() == [0, 0, 0, 100, 0, 200]
    assert given.low is given.points is given.high
    assert [reason.zh for reason in given.reasons[:2]] == [NO_POINTS.zh, "因"]
    assert (given.reasons[3].en, given.reasons[0].en) == ("why", NO_POINTS.en)


@pytest.mark.parametrize(
    ("points", "steps"),
    [(1, 100), (0.1, 10), (Decimal("1.005"), 101), (-0.005, 0), (1.005, 101), (np.int64(3), 300)],
)
def test_points_are_whole_steps_half_rounded_up(points, steps):
    assert set(score(lambda _u, _v: Points(points, "因")).points.tolist()) == {steps}


def test_a_missing_english_reason_is_the_chinese_one():
    assert score(lambda _u, _v: Points(1, "因")).reasons[0].en == "因"


def test_what_is_not_known_has_its_interval():
    given = score(
        lambda u, _v: Points(1, "因", low=-1, high=2.5) if u.unit_id == "u0" else NO_POINTS
    )
    assert given.points.tolist() == [100, 100, 0, 0, 0, 0]
    assert given.low.tolist() == [-100, -100, 0, 0, 0, 0]
    assert given.high.tolist() == [250, 250, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (None, "not_points"),
        (3, "not_points"),
        ((3, "因", "", None, None), "not_points"),
        (Points(3, None), "not_points"),
        (Points("3", "因"), "not_a_number"),
        (Points(True, "因"), "not_a_number"),
        (Points(None, "因"), "not_a_number"),
        (Points(1, "因", low=True), "not_a_number"),
        (Points(1, "因", high="2"), "not_a_number"),
        (Points(float("nan"), "因"), "not_finite"),
        (Points(float("inf"), "因"), "not_finite"),
        (Points(Decimal("sNaN"), "因"), "not_finite"),
        (Points(10**400, "因"), "not_finite"),
        (Points(1, "因", low=2), "not_between"),
        (Points(1, "因", high=0), "not_between"),
    ],
)
def test_the_first_pair_with_a_bad_answer_is_named(answer, code):
    good = Points(1, "因")
    with pytest.raises(PairFaultError) as fault:
        score(lambda u, v: answer if (u.unit_id, v.village_id) == ("u1", "v1") else good)
    assert fault.value.code == f"hooks.{code}"
    assert (fault.value.params["unit"], fault.value.params["village"]) == ("u1", "v1")


@pytest.mark.parametrize("error", [ValueError("坏"), StopIteration(), KeyError("x")])
def test_the_pair_on_which_a_function_fails_is_named(error):
    def fail(unit, village):
        if (unit.unit_id, village.village_id) == ("u2", "v0"):
            raise error
        return NO_POINTS

    with pytest.raises(PairFaultError) as fault:
        score(fail)
    assert fault.value.code == "hooks.raised_on_pair"
    assert (fault.value.params["unit"], fault.value.params["village"]) == ("u2", "v0")
    assert type(error).__name__ in fault.value.params["cause"]


def test_an_answer_that_cannot_be_looked_up_is_named_too():
    with pytest.raises(PairFaultError) as fault:
        score(lambda _u, _v: Points([1], "因"))
    assert fault.value.code == "hooks.not_a_number"


def test_a_condition_of_pairs_says_where_and_why():
    def refuse(unit, village):
        return Reason("不", "no") if unit.unit_id == village.village_id.replace("v", "u") else None

    rule = refuse_pairs(**NAMES)(refuse)
    assert rule.decide(CANDIDATES).tolist() == [False, True, True, False, True, True]
    assert rule.explain(UNITS[0], VILLAGES[0]) == Reason("不", "no")
    assert rule.explain(UNITS[2], VILLAGES[0]) == Reason("规", "rule")
    assert rule.refuse_pair is refuse
    with pytest.raises(PairFaultError) as fault:
        refuse_pairs(**NAMES)(lambda _u, _v: False).decide(CANDIDATES)
    assert fault.value.code == "hooks.no_reason"


def test_nobody_at_all_is_no_fault():
    nobody = list_candidates(make_inputs((), ()))
    rule = score_pairs(**NAMES, spread=1)(lambda _u, _v: NO_POINTS)
    assert rule.contribute(nobody, 100).points.tolist() == []
    assert refuse_pairs(**NAMES)(lambda _u, _v: None).decide(nobody).tolist() == []


def test_reasons_may_be_a_plain_list_and_equal_ones_are_kept_once():
    zeros = np.zeros(6, dtype=np.int64)
    given = Contribution(zeros, zeros, zeros, [Reason(f"第{k % 2}", "") for k in range(6)])
    taken = take_contribution(given, 6).reasons
    assert [reason.zh for reason in taken] == ["第0", "第1"] * 3
    assert len(taken.table) == 2
