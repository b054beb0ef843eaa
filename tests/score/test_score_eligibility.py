"""Eligibility: who is refused, by which rule, how often and with what reason."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.score.score_cases import (
    find_condition,
    list_candidates,
    make_inputs,
    read_demo,
    score_demo,
)

from pairmatch.domain.records import Unit, Village
from pairmatch.hooks.manager import collect_builtin_conditions
from pairmatch.score.table import score_candidates

VILLAGES = (
    Village("v1", "一村", "东镇", "甲县"),
    Village("v2", "二村", "东镇", "甲县"),
    Village("v3", "三村", "西镇", "乙县"),
    Village("v4"),
)


def _decide(name, unit):
    candidates = list_candidates(make_inputs([Unit("u0"), unit], VILLAGES))
    mask = find_condition(name).decide(candidates)
    assert mask.dtype == np.bool_
    assert mask[:4].all()  # the other unit is never touched
    return mask[4:].tolist()


def _exclude(*units, villages=VILLAGES):
    rules = collect_builtin_conditions()
    table, exclusions = score_candidates(make_inputs(units, villages), (), rules)
    return table, [
        (e.unit_id, e.rule_id.removeprefix("condition."), e.num_villages, e.all_villages)
        for e in exclusions
    ]


@pytest.mark.parametrize("name", ["credit_ok", "scale_ok", "willing", "influence_ok"])
@pytest.mark.parametrize(("answer", "fits"), [(True, True), (False, False), (None, True)])
def test_only_a_plain_no_excludes(name, answer, fits):
    unit = Unit("u1", "某单位", **{name: answer})
    assert _decide(name, unit) == [fits] * 4
    table, excluded = _exclude(Unit("u0"), unit)
    assert excluded == ([] if fits else [("u1", name, 4, True)])
    assert len(table.candidates) == (8 if fits else 4)


@pytest.mark.parametrize("name", ["conflict", "refusal"])
@pytest.mark.parametrize(
    ("places", "fits"),
    [
        ((), [True, True, True, True]),
        (("v2",), [True, False, True, True]),
        (("甲县",), [False, False, True, True]),
        (("v3", "甲县", "无此县", "v9"), [False, False, False, True]),
        (("v4",), [True, True, True, False]),
    ],
)
def test_places_are_village_codes_or_county_names(name, places, fits):
    field = {"conflict": "conflicts", "refusal": "refusals"}[name]
    assert _decide(name, Unit("u1", **{field: places})) == fits


@pytest.mark.parametrize(
    ("unit", "fits"),
    [
        (Unit("u1"), [True, True, True, True]),
        (Unit("u1", tier="city", county="甲县"), [True, True, True, True]),
        (Unit("u1", tier="county", county="甲县"), [True, True, False, True]),
        (Unit("u1", tier="county"), [True, True, True, True]),
        (
            Unit("u1", tier="county", county="甲县", scope_counties=("乙县",)),
            [False, False, True, True],
        ),
        (Unit("u1", tier="city", scope_counties=("甲县", "丙县")), [True, True, False, True]),
        (Unit("u1", tier="county", county="丙县"), [False, False, False, True]),
    ],
)
def test_scope_is_the_counties_named_or_a_county_units_own(unit, fits):
    assert _decide("scope", unit) == fits


def test_a_rule_that_closes_every_village_is_the_reason_alone():
    villages = VILLAGES[:3]
    unit = Unit("u1", tier="county", county="甲县", willing=False, refusals=("v1",))
    assert _exclude(unit, villages=villages)[1] == [("u1", "willing", 3, True)]
    both = replace(unit, credit_ok=False)
    assert _exclude(both, villages=villages)[1] == [
        ("u1", "credit_ok", 3, True),
        ("u1", "willing", 3, True),
    ]


def test_rules_that_close_every_village_only_together_are_all_named():
    unit = Unit("u1", tier="county", county="甲县", conflicts=("甲县",))
    _table, excluded = _exclude(unit, villages=VILLAGES[:3])
    assert excluded == [("u1", "conflict", 2, True), ("u1", "scope", 1, True)]


def test_a_pair_counts_once_where_a_unit_keeps_some():
    unit = Unit("u1", tier="county", county="甲县", conflicts=("v1", "v3"), refusals=("v1",))
    table, excluded = _exclude(unit)
    assert excluded == [("u1", "conflict", 2, False)]
    assert table.candidates.village_idx.tolist() == [1, 3]


PLACES = st.lists(st.sampled_from(("v1", "v2", "v3", "v4", "甲县", "乙县", "丙县")), max_size=3)
ANSWER = st.sampled_from((True, True, None, False))


@st.composite
def units(draw):
    return Unit(
        draw(st.sampled_from("abcdef")),
        tier=draw(st.sampled_from(("city", "county", ""))),
        county=draw(st.sampled_from(("甲县", "乙县", ""))),
        scope_counties=tuple(draw(st.lists(st.sampled_from(("甲县", "丙县")), max_size=2))),
        willing=draw(ANSWER),
        credit_ok=draw(ANSWER),
        conflicts=tuple(draw(PLACES)),
        refusals=tuple(draw(PLACES)),
    )


def _fits(unit, village):
    scope = unit.scope_counties
    if not scope and unit.tier == "county" and unit.county:
        scope = (unit.county,)
    places = {*unit.conflicts, *unit.refusals}
    return (
        unit.willing is not False
        and unit.credit_ok is not False
        and not places & {village.village_id, village.county or "-"}
        and (not scope or not village.county or village.county in scope)
    )


@settings(max_examples=80, deadline=None)
@given(st.lists(units(), max_size=4, unique_by=lambda unit: unit.unit_id))
def test_candidates_and_counts_agree_with_the_conditions_pair_by_pair(some):
    table, excluded = _exclude(*some)
    ordered = sorted(some, key=lambda unit: unit.unit_id)
    wanted = [
        (u, v) for u, unit in enumerate(ordered) for v, w in enumerate(VILLAGES) if _fits(unit, w)
    ]
    got = zip(table.candidates.unit_idx, table.candidates.village_idx, strict=True)
    assert [(int(u), int(v)) for u, v in got] == wanted
    left = Counter(u for u, _v in wanted)
    for u, unit in enumerate(ordered):
        own = [e for e in excluded if e[0] == unit.unit_id]
        assert all(e[3] == (left[u] == 0) for e in own)
        if left[u]:
            assert sum(e[2] for e in own) == len(VILLAGES) - left[u]
        else:
            assert sum(e[2] for e in own) >= len(VILLAGES)


def test_reasons_name_the_place_that_was_named():
    village = VILLAGES[0]
    explain = find_condition("conflict").explain
    by_code = explain(Unit("u1", "某厂", conflicts=("v1",)), village)
    assert by_code.zh == "某厂与甲县东镇一村：需要回避（写在单位表“回避对象”一栏）"
    assert by_code.en == (
        "某厂 and 甲县东镇一村: conflict of interest "
        "(stated in the column conflicts, “回避对象”, of the unit table)"
    )
    by_county = explain(Unit("u1", conflicts=("甲县",)), village)
    assert by_county.zh.startswith("u1与甲县：需要回避（")
    by_id = explain(Unit("u1", conflicts=("v4",)), VILLAGES[3])
    assert by_id.zh.startswith("u1与v4：需要回避（")


DEMO_FAILURES = {
    "x01": [("credit_ok", 420)],
    "x02": [("scale_ok", 420)],
    "x03": [("willing", 420)],
    "x04": [("conflict", 30), ("scope", 390)],
}


def test_the_four_failing_units_of_the_demo_are_excluded_with_their_reasons():
    table, exclusions = score_demo()
    failing = {}
    for exclusion in exclusions:
        if exclusion.all_villages:
            name = exclusion.rule_id.removeprefix("condition.")
            failing.setdefault(exclusion.unit_id, []).append((name, exclusion.num_villages))
    assert failing == DEMO_FAILURES
    rows = {unit.unit_id: u for u, unit in enumerate(table.candidates.units.records)}
    assert not np.isin(table.candidates.unit_idx, [rows[unit] for unit in DEMO_FAILURES]).any()
    reasons = {e.unit_id: e.reason for e in exclusions if e.unit_id in DEMO_FAILURES}
    names = {unit.unit_id: unit.name for unit in read_demo().units}
    for unit_id, reason in reasons.items():
        assert names[unit_id] in reason.zh
        assert names[unit_id] in reason.en


def test_county_units_of_the_demo_stay_at_home():
    table, _ = score_demo()
    candidates = table.candidates
    for u, v in zip(candidates.unit_idx.tolist(), candidates.village_idx.tolist(), strict=True):
        unit = candidates.units.records[u]
        if unit.tier == "county":
            assert candidates.villages.records[v].county == unit.county
