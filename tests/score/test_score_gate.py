"""The gate: what a rule may return, and what is refused with which code."""

from decimal import Decimal

import numpy as np
import pytest
from tests.score.score_cases import find_rule, make_inputs, make_rule

from pairmatch.domain.candidates import EligibilityRule, Reason, ScoreRule
from pairmatch.domain.findings import Severity
from pairmatch.domain.inputs import ExternalScores
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.scenario import Scenario
from pairmatch.errors import PluginFaultError
from pairmatch.messages import render
from pairmatch.score.city import compute_spreads
from pairmatch.score.gate import STEPS_LIMIT
from pairmatch.score.rules import check_rules
from pairmatch.score.table import score_candidates

UNITS = [Unit("u1"), Unit("u2")]
VILLAGES = [Village("v1"), Village("v2")]


def _score(rule, spread="1", eligibility=()):
    inputs = make_inputs(UNITS, VILLAGES, rules={"made": spread} if spread else {})
    return score_candidates(inputs, [rule], eligibility)[0]


def _whole(*numbers, dtype=np.int64):
    return np.array(numbers, dtype=dtype)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (make_rule(_whole(0, 1, 2, 3, dtype=np.float64)), "not_whole"),
        (make_rule(np.array([0, np.nan, 0, 0])), "not_whole"),
        (make_rule(np.array([True, False, True, False])), "not_whole"),
        (make_rule(np.array([0, None, 0, 0], dtype=object)), "not_whole"),
        (make_rule([0, 1, 2, 3]), "not_whole"),
        (make_rule(None), "not_whole"),
        (make_rule(_whole(0, 0, 0, 0), high=np.zeros(4)), "not_whole"),
        (make_rule(_whole(0, 1, 2)), "bad_shape"),
        (make_rule(_whole(0, 1, 2, 3).reshape(2, 2)), "bad_shape"),
        (make_rule(_whole(0, 0, 0, 0), low=_whole(0)), "bad_shape"),
        (make_rule(_whole(0, 0, 0, STEPS_LIMIT + 1)), "too_large"),
        (make_rule(_whole(-STEPS_LIMIT - 1, 0, 0, 0)), "too_large"),
        (make_rule(_whole(-(2**63), 0, 0, 0)), "too_large"),
        (make_rule(_whole(2**64 - 1, 0, 0, 0, dtype=np.uint64)), "too_large"),
        (make_rule(_whole(0, 0, 0, 0), high=_whole(0, 0, 0, 2**63 - 1)), "too_large"),
        (make_rule(_whole(0, 5, 0, 0), low=_whole(0, 6, 0, 0)), "bad_interval"),
        (make_rule(_whole(0, 5, 0, 0), high=_whole(0, 4, 0, 0)), "bad_interval"),
        (make_rule(_whole(0, 101, 0, 0)), "outside_spread"),
        (make_rule(_whole(-51, 50, 0, 0)), "outside_spread"),
        (make_rule(_whole(0, 9, 0, 0), high=_whole(0, 101, 0, 0)), "outside_spread"),
    ],
)
def test_what_a_rule_may_not_return(rule, code):
    with pytest.raises(PluginFaultError) as fault:
        _score(rule)
    assert fault.value.code == f"score.{code}"
    assert fault.value.exit_code == 5
    for lang in ("zh", "en"):
        assert "made" in render(fault.value.code, fault.value.params, lang).text


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64])
def test_any_whole_number_dtype_becomes_64_bits(dtype):
    table = _score(make_rule(_whole(0, 100, 7, 100, dtype=dtype)))
    assert table.total.tolist() == [0, 100, 7, 100]
    for array in (table.total, table.columns[0].points, table.columns[0].low):
        assert array.dtype == np.int64


def test_negative_points_within_the_spread_are_fine():
    assert _score(make_rule(_whole(-50, 50, 0, 0))).total.tolist() == [-50, 50, 0, 0]


def test_a_rule_cannot_change_the_ledger_afterwards():
    points = _whole(1, 2, 3, 4)
    table = _score(make_rule(points))
    points[:] = 99
    assert table.columns[0].points.tolist() == [1, 2, 3, 4]
    for array in (table.total, table.low, table.high, table.columns[0].points):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5


def test_a_rule_sees_read_only_arrays():
    seen = []
    rule = make_rule(_whole(0, 0, 0, 0))
    spy = ScoreRule("made", "1", "", "", lambda c, s: (seen.append(c), rule.contribute(c, s))[1])
    allow = EligibilityRule(
        "all", "1", "", "", lambda c: (seen.append(c), np.ones(len(c), np.bool_))[1], None
    )
    _score(spy, eligibility=[allow])
    assert len(seen) == 2
    for candidates in seen:
        for array in (
            candidates.unit_idx,
            candidates.village_idx,
            candidates.units.supply,
            candidates.villages.deficit,
            candidates.villages.deficit_low,
            candidates.villages.deficit_high,
            candidates.villages.need_weight,
        ):
            assert not array.flags.writeable


@pytest.mark.parametrize("spread", ["", "0", "0.004"])
def test_no_spread_or_none_of_a_whole_step_is_off(spread):
    def fail(_candidates, _spread):
        raise AssertionError("a rule that is off must not run")

    assert _score(ScoreRule("made", "1", "", "", fail), spread).columns == ()


def test_spreads_are_whole_steps_rounded_down():
    scenario = Scenario.model_validate(
        {"rules": {"b": "1.239", "a": 60}, "scoring": {"resolution": "0.01"}}
    )
    assert compute_spreads(scenario) == {"a": 6000, "b": 123}
    finest = Scenario.model_validate({"rules": {"a": "60"}, "scoring": {"resolution": "1E-9"}})
    assert compute_spreads(finest) == {"a": 60 * 10**9}


@pytest.mark.parametrize(
    "mask",
    [
        np.ones(4),
        np.ones(3, dtype=np.bool_),
        np.ones((4, 1), dtype=np.bool_),
        [True] * 4,
        None,
    ],
)
def test_an_eligibility_rule_must_answer_every_pair(mask):
    rule = EligibilityRule("made", "1", "", "", lambda _c: mask, lambda _u, _v: Reason("", ""))
    with pytest.raises(PluginFaultError) as fault:
        _score(make_rule(_whole(0, 0, 0, 0)), eligibility=[rule])
    assert fault.value.code == "score.bad_mask"
    assert "made" in render(fault.value.code, fault.value.params, "zh").text


def _external(points):
    index = np.array([0, 0, 1], dtype=np.int32), np.array([0, 1, 1], dtype=np.int32)
    return ExternalScores(*index, np.array(points, dtype=np.int64), "scores.csv")


def test_a_missing_pair_is_no_candidate_and_points_pass_as_they_are():
    inputs = make_inputs(UNITS, VILLAGES, scores=_external([-700, 12, 10**9]))
    table, _ = score_candidates(inputs, [find_rule("external_scores")], ())
    assert table.candidates.unit_idx.tolist() == [0, 0, 1]
    assert table.candidates.village_idx.tolist() == [0, 1, 1]
    assert table.total.tolist() == [-700, 12, 10**9]
    assert table.columns[0].reasons[0].fields[0].value == "-7"
    assert inputs.scores.unit_idx.flags.writeable  # the inputs themselves are left as they were


def test_external_points_are_bounded_only_by_the_limit():
    inputs = make_inputs(UNITS, VILLAGES, scores=_external([STEPS_LIMIT + 1, 0, 0]))
    with pytest.raises(PluginFaultError) as fault:
        score_candidates(inputs, [find_rule("external_scores")], ())
    assert fault.value.code == "score.too_large"


def test_nobody_at_all_scores_nothing():
    for units, villages in ((UNITS, ()), ((), VILLAGES), ((), ())):
        inputs = make_inputs(units, villages, rules={"made": "1"})
        rule = make_rule(np.zeros(0, dtype=np.int64))
        table, exclusions = score_candidates(inputs, [rule], ())
        assert len(table.candidates) == len(table.total) == 0
        assert exclusions == ()


KNOWN = [make_rule(None), ScoreRule("need_coverage", "1", "", "", None)]
KNOWN += [ScoreRule("external_scores", "1", "", "", None, bounded=False)]


@pytest.mark.parametrize(
    ("rules", "scores", "wanted"),
    [
        ({"made": "1"}, None, []),
        ({"maed": "1"}, None, [("unknown_rule", Severity.ERROR, "made")]),
        ({"external_scores": "1"}, None, [("unknown_rule", Severity.ERROR, None)]),
        ({}, None, [("no_rules", Severity.WARNING, None)]),
        ({"made": "0"}, None, [("no_rules", Severity.WARNING, None)]),
        ({}, "some", []),
        (
            {"made": "1e30", "need_coverge": "1"},
            None,
            [
                ("spread_too_large", Severity.ERROR, None),
                ("unknown_rule", Severity.ERROR, "need_coverage"),
            ],
        ),
    ],
)
def test_the_rules_a_scenario_lists_are_checked(rules, scores, wanted):
    table = _external([0, 0, 0]) if scores else None
    findings = check_rules(make_inputs(UNITS, VILLAGES, rules=rules, scores=table), KNOWN)
    assert [(f.code, f.severity) for f in findings] == [(f"score.{c}", s) for c, s, _ in wanted]
    for finding, (_code, _severity, closest) in zip(findings, wanted, strict=True):
        if closest:
            assert finding.params["closest"] == closest
        for lang in ("zh", "en"):
            assert render(finding.code, finding.params, lang).hint


def test_the_largest_spread_is_still_exact():
    limit = Decimal(STEPS_LIMIT) / 100
    inputs = make_inputs(UNITS, VILLAGES, rules={"made": str(limit)})
    assert check_rules(inputs, KNOWN) == ()
    table, _ = score_candidates(inputs, [make_rule(_whole(0, STEPS_LIMIT, 0, 1))], ())
    assert table.total.tolist() == [0, STEPS_LIMIT, 0, 1]


def test_without_any_rule_there_is_nothing_to_name():
    [finding] = check_rules(make_inputs(UNITS, VILLAGES, rules={"made": "1"}), ())
    assert (finding.params["known"], finding.params["closest"]) == ("", "")
