"""Counties' rules: what they see, how their points are centred and cut, what is refused."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import floor
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.score.score_cases import make_inputs, make_rule, read_demo, score_demo

from pairmatch.domain.candidates import (
    CodedReasons,
    Contribution,
    DescribedReasons,
    EligibilityRule,
    Reason,
    ScoreRule,
)
from pairmatch.domain.findings import Severity
from pairmatch.domain.inputs import ExternalScores
from pairmatch.domain.records import PreviousPair, Unit, Village
from pairmatch.errors import PluginFaultError
from pairmatch.messages import render
from pairmatch.score.city import compute_spreads
from pairmatch.score.conditions import take_candidates
from pairmatch.score.gate import RAW_LIMIT
from pairmatch.score.rules import check_rules
from pairmatch.score.scope import CountyViews, bound_points, find_means
from pairmatch.score.table import score_candidates

OWN, OTHER = "甲县", "乙县"
UNITS = [Unit("u1"), Unit("u2"), Unit("u3")]
VILLAGES = [
    Village("v1", county=OTHER),
    Village("v2", county=OWN),
    Village("v3", county=OTHER),
    Village("v4", county=OWN),
]
WHY = Reason("因为", "because")


def make_own(points, name="p.rule", low=None, high=None, reasons=None, **changes):
    """Return a county's rule that gives the same points to whatever it is asked."""
    points = np.asarray(points)
    codes = np.zeros(len(points), dtype=np.int32)
    ends = points if low is None else low, points if high is None else high
    given_reasons = CodedReasons(codes, (WHY,)) if reasons is None else reasons
    contribution = Contribution(points, *ends, given_reasons)
    rule = ScoreRule(name, "1", "规则", "rule", lambda _c, _s: contribution, spread=Decimal(10))
    return replace(rule, plugin=name.partition(".")[0], county=OWN, **changes)


def make_condition(decide, name="p.no", explain=lambda _u, _v: WHY):
    return EligibilityRule(name, "1", "不行", "no", decide, explain, plugin="p", county=OWN)


def score(own=(), conditions=(), units=UNITS, villages=VILLAGES, **changes):
    return score_candidates(make_inputs(units, villages, **changes), own, conditions)


# --- what a county sees ----------------------------------------------------------------------


def test_a_county_sees_its_own_villages_and_the_units_that_may_come_and_nothing_else():
    table, _exclusions = score_demo()
    candidates, views = table.candidates, CountyViews(table.candidates)
    for county in ("黄骅市", "青县"):
        view = views.of(county)
        seen = view.candidates
        assert {village.county for village in seen.villages.records} == {county}
        assert len(seen.villages.records) == 30
        assert {unit.county for unit in seen.units.records if unit.tier == "county"} == {county}
        ids = {village.village_id for village in seen.villages.records}
        assert {pair.village_id for pair in seen.background.previous} <= ids
        for k, row in enumerate(view.rows.tolist()):
            unit = candidates.units.records[candidates.unit_idx[row]]
            village = candidates.villages.records[candidates.village_idx[row]]
            assert seen.units.records[seen.unit_idx[k]] == unit
            assert seen.villages.records[seen.village_idx[k]] == village
            assert (
                seen.villages.deficit[seen.village_idx[k]]
                == candidates.villages.deficit[candidates.village_idx[row]]
            ).all()
            assert (
                seen.units.supply[seen.unit_idx[k]]
                == candidates.units.supply[candidates.unit_idx[row]]
            ).all()
    assert views.of("没有的县").rows.tolist() == []


def test_previous_pairs_and_scores_of_others_are_left_out():
    index = np.array([0, 0, 1], dtype=np.int32), np.array([0, 1, 3], dtype=np.int32)
    scores = ExternalScores(*index, np.array([7, 8, 9], dtype=np.int64), "s.csv")
    previous = (PreviousPair("u1", "v1"), PreviousPair("u2", "v4"), PreviousPair("u9", "v4"))
    table, _ = score(scores=scores, previous=previous)
    seen = CountyViews(table.candidates).of(OWN).candidates
    assert [unit.unit_id for unit in seen.units.records] == ["u1", "u2"]
    assert [village.village_id for village in seen.villages.records] == ["v2", "v4"]
    own = seen.background.scores
    assert own.unit_idx.tolist() == [0, 1]
    assert own.village_idx.tolist() == [0, 1]
    assert own.points.tolist() == [8, 9]
    assert [pair.unit_id for pair in seen.background.previous] == ["u2"]


def test_nothing_a_county_sees_can_be_changed():
    seen = CountyViews(score_demo()[0].candidates).of("黄骅市").candidates
    sides = (seen.units, seen.villages)
    arrays = [seen.unit_idx, seen.village_idx, seen.units.supply, seen.villages.deficit]
    arrays += [seen.villages.deficit_low, seen.villages.deficit_high, seen.villages.need_weight]
    assert not any(array.flags.writeable for array in arrays)
    for record in (*sides[0].records, *sides[1].records):
        assert isinstance(record.places, MappingProxyType)
    assert isinstance(seen.units.records[0].capabilities, MappingProxyType)
    assert isinstance(seen.villages.records[0].indicators, MappingProxyType)
    for mapping in (seen.background.distances, seen.background.taxonomy.strengths):
        with pytest.raises(TypeError, match="item assignment"):
            mapping["x"] = 1
    assert read_demo().units[0].capabilities is not None  # the inputs are as they were


# --- centring and cutting --------------------------------------------------------------------


def view_of(*village_idx):
    """Return a view of candidates in these villages, of one unit each."""
    villages = [Village(f"v{k}", county=OWN) for k in range(max(village_idx) + 1)]
    units = [Unit(f"u{k:02}") for k in range(len(village_idx))]
    table, _ = score(units=units, villages=villages)
    everyone = table.candidates
    wanted = [k * len(villages) + v for k, v in enumerate(village_idx)]
    return CountyViews(take_candidates(everyone, np.array(wanted))).of(OWN)


@given(
    st.lists(st.integers(-RAW_LIMIT, RAW_LIMIT), min_size=1, max_size=8),
    st.integers(-(2**40), 2**40),
)
def test_means_are_exact_and_take_any_constant_with_them(numbers, constant):
    points, view = np.array([numbers], dtype=np.int64), view_of(*[0] * len(numbers))
    [mean] = set(find_means(points, view)[0].tolist())
    assert mean == floor(Fraction(sum(numbers), len(numbers)))
    if abs(points).max() <= RAW_LIMIT - 2**40:
        assert set(find_means(points + constant, view)[0].tolist()) == {mean + constant}


def test_each_candidate_has_the_mean_of_its_own_village():
    points = np.array([[4, -1, 6, 8, -2], [1, 1, 1, 1, 1]], dtype=np.int64)
    means = find_means(points, view_of(2, 0, 2, 3, 0))
    assert means.tolist() == [[5, -2, 5, 8, -2], [1, 1, 1, 1, 1]]


def test_half_the_spread_either_way_is_the_most():
    points, means = np.array([[0, 10, 20, 90]] * 2), np.array([[10] * 4] * 2)
    bounded = bound_points(points, means, np.array([15, 100]))
    assert bounded.tolist() == [[-7, 0, 7, 7], [-10, 0, 10, 50]]


def test_only_own_villages_are_scored_and_each_around_its_own_mean():
    rule = make_own([0, 900, 300, 0, 600, 0])  # (u1 v2), (u1 v4), (u2 v2), ...
    table, _ = score([rule])
    grid = table.total.reshape(3, 4)
    assert grid[:, [0, 2]].tolist() == [[0, 0]] * 3
    assert grid[:, 1].tolist() == [-300, 0, 300]  # mean of 0, 300, 600
    assert grid[:, 3].tolist() == [500, -300, -300]  # mean of 900, 0, 0; 600 is cut to 500
    [column] = table.columns
    assert (column.plugin, column.county, column.spread) == ("p", OWN, 1000)


def test_unknown_values_keep_their_interval_around_the_interval_of_the_mean():
    points, low, high = [10, 0, 20, 0, 30, 0], [0, 0, 20, 0, 30, 0], [40, 0, 20, 0, 30, 0]
    table, _ = score([make_own(points, low=np.array(low), high=np.array(high))])
    grid = [array.reshape(3, 4)[:, 1].tolist() for array in (table.low, table.total, table.high)]
    assert grid == [[-30, -10, 0], [-10, 0, 10], [24, 4, 14]]


def test_reasons_name_what_was_given_the_mean_and_the_fields_that_were_read():
    rule = make_own([0, 900, 300, 0, 600, 0], fields=("unit.tier",))
    [column] = score([rule])[0].columns
    here, there = column.reasons[3], column.reasons[0]
    assert here.zh == "因为（规则给 9.00 分，减去本村各单位平均 3.00 分，最多加减 5.00 分）"
    assert here.en == (
        "because (the rule gives 9.00, less the village's mean of 3.00, at most 5.00 either way)"
    )
    assert [use.label_en for use in here.fields] == ["tier"]
    assert "本县" in there.zh and not there.fields
    assert "本县" in column.reasons[2].zh
    assert column.reasons[11].zh.startswith("因为（规则给 0.00 分")


def test_the_scenario_has_the_last_word_on_spreads():
    rule = make_own([0, 900, 300, 0, 600, 0])
    assert compute_spreads(make_inputs((), ()).scenario, [rule]) == {"p.rule": 1000}
    table, _ = score([rule], rules={"p.rule": "2"})
    assert abs(table.total).max() == 100
    assert score([rule], rules={"p.rule": "0"})[0].columns == ()


def test_a_rule_of_a_county_without_candidates_is_not_asked():
    def fail(_candidates, _spread):
        raise AssertionError

    rule = replace(make_own([1] * 6), county="丙县", contribute=fail)
    assert score([rule])[0].columns == ()


# --- conditions ------------------------------------------------------------------------------


def test_a_condition_excludes_pairs_of_its_own_villages_only():
    refuse = make_condition(lambda c: np.arange(len(c)) != 3)  # of six: (u2, v4)
    table, exclusions = score([make_own([0, 9, 30, 60, 0])], [refuse])
    pairs = list(zip(table.candidates.unit_idx, table.candidates.village_idx, strict=True))
    assert len(pairs) == 11
    assert (1, 3) not in pairs
    assert [(e.unit_id, e.rule_id, e.num_villages) for e in exclusions] == [("u2", "p.no", 1)]
    assert exclusions[0].reason == WHY


def test_the_citys_columns_follow_the_candidates_that_are_left():
    points = np.arange(12, dtype=np.int64) * 5
    rule = make_rule(points, low=points - 1, high=points + 1)
    refuse = make_condition(lambda c: np.arange(len(c)) != 0)  # (u1, v2)
    table, _ = score([rule], [refuse], rules={"made": "1"})
    left = [k for k in range(12) if k != 1]
    assert table.total.tolist() == [5 * k for k in left]
    assert table.low.tolist() == [5 * k - 1 for k in left]
    assert table.high.tolist() == [5 * k + 1 for k in left]
    assert [table.columns[0].reasons[k].zh for k in (0, 1)] == ["第0个", "第2个"]


# --- what is refused -------------------------------------------------------------------------

ZERO = np.zeros(6, dtype=np.int64)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (make_own(np.zeros(6)), "not_whole"),
        (make_own(np.full(6, np.nan)), "not_whole"),
        (make_own(np.zeros(7, dtype=np.int64)), "bad_shape"),
        (make_own(np.full(6, RAW_LIMIT + 1)), "too_large"),
        (make_own(ZERO, low=ZERO + 1), "bad_interval"),
        (make_own(ZERO, reasons=[WHY] * 5), "bad_reasons"),
        (make_own(ZERO, reasons=["因为"] * 6), "bad_reasons"),
        (make_own(ZERO, reasons=DescribedReasons(6, lambda _k: WHY)), "bad_reasons"),
        (make_own(ZERO, reasons=CodedReasons(np.zeros(6), (WHY,))), "bad_reasons"),
        (make_own(ZERO, reasons=CodedReasons(np.ones(6, np.int32), (WHY,))), "bad_reasons"),
        (make_own(ZERO, reasons=CodedReasons([0] * 6, (WHY,))), "bad_reasons"),
        (replace(make_own(ZERO), contribute=lambda _c, _s: None), "not_contribution"),
    ],
)
def test_what_a_countys_rule_may_not_return(rule, code):
    with pytest.raises(PluginFaultError) as fault:
        score([rule])
    [finding] = fault.value.findings
    assert finding.code == f"score.{code}"
    assert (finding.params["plugin"], finding.params["county"]) == ("p", OWN)
    for lang in ("zh", "en"):
        message = render(finding.code, finding.params, lang)
        assert "p.rule" in message.text and message.hint


def test_the_faults_of_all_plugins_are_told_together_and_each_once():
    rules = [make_own(np.zeros(6), f"{name}.r{k}") for name in "ab" for k in range(2)]
    bad = make_condition(lambda _c: None, "c.no")
    with pytest.raises(PluginFaultError) as fault:
        score([*rules, make_own(ZERO, "good.one")], [replace(bad, plugin="c"), bad])
    assert [f.params["plugin"] for f in fault.value.findings] == ["a", "b", "c", "p"]
    assert fault.value.params["plugin"] == "a、b、c、p"


def test_a_plugin_that_failed_is_not_asked_again():
    asked = []
    second = make_condition(lambda _c: asked.append("condition"), "p.second")
    rule = replace(make_own(ZERO), contribute=lambda _c, _s: asked.append("rule"))
    with pytest.raises(PluginFaultError):
        score([rule], [make_condition(lambda _c: None), second])
    assert asked == []


def test_a_condition_must_say_why():
    refuse = make_condition(lambda c: np.zeros(len(c), np.bool_), explain=lambda _u, _v: "否")
    with pytest.raises(PluginFaultError) as fault:
        score((), [refuse])
    assert [f.code for f in fault.value.findings] == ["score.no_reason"]


def test_a_fault_of_a_built_in_rule_is_no_plugins():
    with pytest.raises(PluginFaultError) as fault:
        score([make_rule(None)], rules={"made": "1"})
    assert (fault.value.code, fault.value.findings) == ("score.not_whole", ())
    city = EligibilityRule("c", "1", "", "", lambda c: np.zeros(len(c), np.bool_), lambda _u, _v: 0)
    with pytest.raises(PluginFaultError) as fault:
        score((), [city])
    assert fault.value.code == "score.no_reason"


# --- what the city allows --------------------------------------------------------------------


def test_a_county_may_not_take_more_than_the_city_allows():
    rules = [make_own(ZERO, f"p.r{k}") for k in range(2)]
    findings = check_rules(make_inputs(UNITS, VILLAGES), rules)
    assert [f.code for f in findings] == ["score.county_spread"]
    assert findings[0].params == {"plugin": "p", "county": OWN, "total": "20.00", "limit": "10"}
    small = {"p.r0": "4", "p.r1": "6"}
    assert check_rules(make_inputs(UNITS, VILLAGES, rules=small), rules) == ()


def test_two_plugins_of_a_county_share_what_it_may_take():
    rules = [make_own(ZERO, "a.one"), make_own(ZERO, "b.one")]
    findings = check_rules(make_inputs(UNITS, VILLAGES), rules)
    assert [f.params["plugin"] for f in findings if f.code == "score.county_spread"] == ["a", "b"]


def test_rules_of_plugins_that_are_off_may_stay_listed():
    inputs = make_inputs(UNITS, VILLAGES, rules={"gone.rule": "1"})
    assert [f.code for f in check_rules(inputs, ())] == ["score.unknown_rule"]
    [finding] = check_rules(inputs, (), absent=("gone",))
    assert (finding.code, finding.severity) == ("score.rule_not_on", Severity.WARNING)
    assert finding.params == {"rule": "gone.rule", "name": "gone"}


def test_a_scenario_in_which_only_counties_score_has_rules():
    inputs = make_inputs(UNITS, VILLAGES)
    assert [f.code for f in check_rules(inputs, ())] == ["score.no_rules"]
    assert check_rules(inputs, [make_own(ZERO)]) == ()
