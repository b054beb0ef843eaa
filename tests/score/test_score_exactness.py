"""Exact sums, bounded rules, the same answer every time and from any row order."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.score.score_cases import (
    POLICIES,
    contribute,
    list_candidates,
    make_inputs,
    read_demo,
    score_builtin,
    score_demo,
)

from pairmatch.domain.inputs import ExternalScores
from pairmatch.domain.records import PreviousPair, Reading, Unit, Village
from pairmatch.explain.pairs import list_ledger
from pairmatch.hooks.manager import collect_builtin_rules

RULE_IDS = [r.rule_id for r in collect_builtin_rules() if r.bounded]


def test_the_ledger_lines_of_every_candidate_sum_to_its_score():
    table, _ = score_demo()
    for k in range(0, len(table.candidates), 7):
        lines = list_ledger(table, k)
        assert sum(line.points for line in lines) == table.total[k]
        assert sum(line.low for line in lines) == table.low[k]
        assert sum(line.high for line in lines) == table.high[k]
    columns = table.columns
    assert (sum(column.points for column in columns) == table.total).all()
    assert (sum(column.low for column in columns) == table.low).all()
    assert (sum(column.high for column in columns) == table.high).all()


def test_scores_are_whole_read_only_and_within_their_spreads():
    table, _ = score_demo()
    scenario = read_demo().scenario
    assert {column.rule_id for column in table.columns} == set(scenario.rules)
    for column in table.columns:
        assert column.spread == scenario.rules[column.rule_id] * 100
        for array in (column.points, column.low, column.high):
            assert array.dtype == np.int64
            assert not array.flags.writeable
        assert column.low.min() >= 0
        assert column.high.max() <= column.spread
        assert ((column.low <= column.points) & (column.points <= column.high)).all()


def test_pairs_are_sorted_by_unit_then_village():
    candidates = score_demo()[0].candidates
    units = [unit.unit_id for unit in candidates.units.records]
    villages = [village.village_id for village in candidates.villages.records]
    assert units == sorted(units)
    assert villages == sorted(villages)
    keys = candidates.unit_idx.astype(np.int64) * len(villages) + candidates.village_idx
    assert (np.diff(keys) > 0).all()


def _dump(table):
    return [
        (c.rule_id, c.points.tolist(), c.low.tolist(), c.high.tolist()) for c in table.columns
    ] + [table.total.tolist()]


def test_two_runs_are_equal_whatever_the_order_of_tables_beside():
    demo = read_demo()
    rng = random.Random(5)

    def shuffle(rows):
        return tuple(rng.sample(list(rows), len(rows)))

    taxonomy = demo.taxonomy
    shuffled = replace(
        demo,
        previous=shuffle(demo.previous),
        distances=dict(shuffle(demo.distances.items())),
        taxonomy=replace(
            taxonomy,
            specialties=shuffle(taxonomy.specialties),
            affinities=shuffle(taxonomy.affinities),
            strengths=dict(shuffle(taxonomy.strengths.items())),
            indicators=shuffle(taxonomy.indicators),
        ),
        units=tuple(
            replace(
                unit,
                wishes=shuffle(unit.wishes),
                conflicts=shuffle(unit.conflicts),
                capabilities=dict(shuffle(unit.capabilities.items())),
            )
            for unit in demo.units
        ),
    )
    assert _dump(score_builtin(demo)[0]) == _dump(score_builtin(shuffled)[0])


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_a_pairs_points_do_not_depend_on_the_other_candidates(rule_id):
    candidates = list_candidates(read_demo())
    rule = {r.rule_id: r for r in collect_builtin_rules()}[rule_id]
    whole = rule.contribute(candidates, 1234)
    rows = np.sort(np.random.default_rng(3).choice(len(candidates), 500, replace=False))
    part = rule.contribute(
        replace(
            candidates,
            unit_idx=candidates.unit_idx[rows],
            village_idx=candidates.village_idx[rows],
        ),
        1234,
    )
    assert (whole.points[rows] == part.points).all()
    assert (whole.low[rows] == part.low).all()
    assert (whole.high[rows] == part.high).all()
    for k in range(0, 500, 50):
        assert whole.reasons[int(rows[k])] == part.reasons[k]


MEASURED = [r.rule_id for r in collect_builtin_rules() if r.measure is not None]


@pytest.mark.parametrize("rule_id", MEASURED)
@pytest.mark.parametrize("spread", [0, 7, 6000, 2**33 + 1])
def test_what_measures_points_alone_gives_the_same_in_any_order(rule_id, spread):
    rule = {r.rule_id: r for r in collect_builtin_rules()}[rule_id]
    candidates = list_candidates(_make_sparse(5, "county-median"))
    whole = rule.contribute(candidates, spread)
    rows = np.random.default_rng(4).permutation(len(candidates))
    shuffled = replace(
        candidates, unit_idx=candidates.unit_idx[rows], village_idx=candidates.village_idx[rows]
    )
    assert rule.measure is not None
    assert (rule.measure(shuffled, spread) == whole.points[rows]).all()


def _make_sparse(seed, policy):
    """Units and villages of the demo's kind, with much left blank."""
    demo = read_demo()
    rng = random.Random(seed)

    def blank(value, empty=None):
        return empty if rng.random() < 0.4 else value

    units = [
        replace(
            unit,
            county=blank(unit.county, ""),
            industry_codes=blank(unit.industry_codes, ()),
            budget_low=blank(unit.budget_low),
            budget_high=blank(unit.budget_high),
            wishes=rng.choice([(), (rng.choice(demo.villages).village_id, "沧县")]),
        )
        for unit in rng.sample(demo.units, 6)
    ]
    villages = [
        replace(
            village,
            county=blank(village.county, ""),
            types=blank(village.types, frozenset()),
            contribution_grade=blank(village.contribution_grade),
            difficulty_grade=blank(village.difficulty_grade),
            wishes=blank(village.wishes, ()),
            indicators={
                name: reading for name, reading in village.indicators.items() if rng.random() < 0.6
            },
        )
        for village in rng.sample(demo.villages, 7)
    ]
    previous = [
        PreviousPair(unit.unit_id, village.village_id, grades)
        for unit, village, grades in zip(
            units, villages, ((), (None, 4), (1, 1), (None, None), (2, 3, 4), (4,)), strict=False
        )
    ]
    return make_inputs(
        units,
        villages,
        demo.taxonomy,
        rules={rule_id: "9.87" for rule_id in RULE_IDS},
        scoring={"unknown": policy},
        previous=previous,
        distances=dict(list(demo.distances.items())[:: rng.choice((1, 2))]),
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(POLICIES))
def test_every_rule_stays_in_its_spread_and_interval_with_much_unknown(seed, policy):
    inputs = _make_sparse(seed, policy)
    table, _ = score_builtin(inputs)
    assert len(table.columns) == len(RULE_IDS)
    for column in table.columns:
        if len(column.points):
            assert column.low.min() >= 0
            assert column.high.max() <= column.spread == 987
        assert ((column.low <= column.points) & (column.points <= column.high)).all()
        for k in range(len(column.points)):
            reason = column.reasons[k]
            assert reason.zh
            assert reason.en


def _fill(inputs, rng):
    """Answer everything that is unknown, somehow."""
    specialties = [s.specialty_id for s in inputs.taxonomy.specialties]
    units = [
        replace(
            unit,
            industry_codes=unit.industry_codes or (rng.choice(("1361", "6621", "01", "14")),),
            budget_low=unit.budget_low if _has_budget(unit) else rng.choice((0.0, 50.0, 999.0)),
        )
        for unit in inputs.units
    ]
    villages = []
    for village in inputs.villages:
        indicators = dict(village.indicators)
        if not isinstance(getattr(indicators.get("ind_specialty"), "value", None), str):
            indicators["ind_specialty"] = Reading(rng.choice(specialties))
        kinds = village.types
        if "bas_type" not in indicators:
            kinds = kinds or frozenset(rng.sample("123", rng.randint(0, 3)))
            indicators["bas_type"] = Reading(tuple(sorted(kinds)))
        villages.append(
            replace(
                village,
                types=kinds,
                contribution_grade=village.contribution_grade or rng.randint(1, 5),
                difficulty_grade=village.difficulty_grade or rng.randint(1, 5),
                indicators=indicators,
            )
        )
    previous = [
        replace(pair, grades=tuple(grade or rng.randint(1, 4) for grade in pair.grades or (None,)))
        for pair in inputs.previous
    ]
    return replace(inputs, units=tuple(units), villages=tuple(villages), previous=tuple(previous))


def _has_budget(unit):
    return unit.budget_low is not None or unit.budget_high is not None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(POLICIES))
def test_whatever_the_unknown_turns_out_to_be_the_points_were_in_the_interval(seed, policy):
    inputs = _make_sparse(seed, policy)
    filled = _fill(inputs, random.Random(seed))
    for rule_id in ("industry_affinity", "scale_difficulty", "village_priority", "continuity"):
        before, after = contribute(rule_id, inputs), contribute(rule_id, filled)
        assert (before.low <= after.points).all()
        assert (after.points <= before.high).all()


def test_an_external_table_and_rules_add_up():
    index = np.array([0, 1], dtype=np.int32), np.array([1, 0], dtype=np.int32)
    inputs = make_inputs(
        [Unit("u1"), Unit("u2")],
        [Village("v1", difficulty_grade=5), Village("v2", difficulty_grade=1)],
        rules={"village_priority": "3"},
        scores=ExternalScores(*index, np.array([-5, 70]), "scores.csv"),
    )
    table, _ = score_builtin(inputs)
    assert [column.rule_id for column in table.columns] == ["external_scores", "village_priority"]
    assert (table.columns[0].points + table.columns[1].points == table.total).all()
    assert [sum(line.points for line in list_ledger(table, k)) for k in (0, 1)] == (
        table.total.tolist()
    )
