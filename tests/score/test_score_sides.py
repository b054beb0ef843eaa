"""Supply, deficits and weights against exact fractions."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.score import score_oracle as oracle
from tests.score.score_cases import (
    FULL,
    POLICIES,
    between,
    known,
    make_indicator,
    make_inputs,
    make_need,
    make_taxonomy,
    problems,
    read_demo,
)

from pairmatch.domain.inputs import Inputs
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.domain.scenario import ScoringSection
from pairmatch.score.sides import MOST_WEIGHT, build_unit_side, build_village_side


def _build(inputs: Inputs):
    return build_village_side(inputs.villages, inputs.taxonomy, inputs.scenario.scoring)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_supply_is_the_strongest_of_level_thirds_times_strength(inputs):
    side = build_unit_side(inputs.units, inputs.taxonomy)
    needs = [need.need_id for need in inputs.taxonomy.needs]
    wanted = [[oracle.supply(u, n, inputs.taxonomy) for n in needs] for u in inputs.units]
    assert side.supply.tolist() == wanted
    assert side.supply.dtype == np.int64
    assert not side.supply.flags.writeable


@settings(max_examples=60, deadline=None)
@given(problems())
def test_deficits_agree_with_exact_fractions_under_every_policy(inputs):
    side = _build(inputs)
    wanted = oracle.need_deficits(inputs)
    for v, village in enumerate(inputs.villages):
        for n, need in enumerate(inputs.taxonomy.needs):
            got = (side.deficit_low[v, n], side.deficit[v, n], side.deficit_high[v, n])
            assert got == wanted[village.village_id, need.need_id]
    assert (side.deficit_low <= side.deficit).all()
    assert (side.deficit <= side.deficit_high).all()


@settings(max_examples=60, deadline=None)
@given(problems())
def test_weights_are_equal_by_area_and_shrink_at_the_cap(inputs):
    side = _build(inputs)
    deficits = oracle.need_deficits(inputs)
    for v, village in enumerate(inputs.villages):
        own = {n.need_id: deficits[village.village_id, n.need_id][1] for n in inputs.taxonomy.needs}
        exact = list(oracle.weights(inputs, own).values())
        got = side.need_weight[v].tolist()
        unit = Fraction(got[0]) / exact[0]
        for weight, wanted in zip(got, exact, strict=True):
            assert weight >= 1
            assert abs(Fraction(weight) / unit - wanted) < Fraction(1, 1000)
        if inputs.scenario.scoring.area_cap == 1:
            assert [Fraction(weight) / unit for weight in got] == exact


@settings(max_examples=60, deadline=None)
@given(problems())
def test_sides_stay_where_cross_products_are_exact(inputs):
    side = _build(inputs)
    assert side.need_weight.sum(axis=1).max() <= MOST_WEIGHT
    assert (MOST_WEIGHT * FULL) ** 2 < 2**63
    for array in (side.deficit, side.deficit_low, side.deficit_high, side.need_weight):
        assert array.dtype == np.int64
        assert not array.flags.writeable
        assert array.min() >= 0


_NUMBER = st.floats(-1e6, 1e6, allow_nan=False)


@settings(max_examples=150, deadline=None)
@given(_NUMBER, _NUMBER, _NUMBER)
def test_a_deficit_is_the_nearest_ten_thousandth_for_any_number(value, none, full):
    if abs(full - none) < 1e-3:
        return
    taxonomy = make_taxonomy([make_need("n")], [make_indicator("i", "n", full, none)])
    village = Village("v", indicators={"i": known(value)})
    side = build_village_side([village], taxonomy, ScoringSection())
    exact = (Fraction(value) - Fraction(none)) / (Fraction(full) - Fraction(none))
    exact = min(max(exact, Fraction(0)), Fraction(1)) * FULL
    assert abs(int(side.deficit[0, 0]) - exact) <= Fraction(1, 2) + Fraction(1, 1000)


TWO = make_taxonomy(
    [make_need("n", primary="i")],
    [
        make_indicator("i", "n", 0, 100),
        make_indicator("j", "n", 10, 0),
        make_indicator("k", "n", 1, 0),
    ],
)


@pytest.mark.parametrize(
    ("readings", "low", "high"),
    [
        ({"i": known(100), "j": known(0), "k": known(0)}, 0, 0),
        ({"i": known(0), "j": known(0), "k": known(0)}, 5000, 5000),
        ({"i": known(40), "j": known(5), "k": known(1)}, 6750, 6750),
        ({"i": known(40), "j": between(2, 5), "k": known(True)}, 6000, 6750),
        ({"i": between(20, 60), "j": known(0), "k": known(0)}, 2000, 4000),
        ({"i": known(-5), "j": known(99), "k": known(1)}, 10000, 10000),
        ({"i": known(100)}, 0, 5000),
        ({"i": known(100), "j": Reading(None, 5, None), "k": known(0)}, 0, 2500),
        ({"i": known(100), "j": Reading(None, None, 5), "k": known(0)}, 0, 2500),
        ({"i": known(100), "j": Reading(("1", "2")), "k": known(0)}, 0, 2500),
        ({}, 0, 10000),
    ],
)
def test_a_need_counts_its_primary_indicator_half(readings, low, high):
    side = build_village_side([Village("v", indicators=readings)], TWO, ScoringSection())
    assert (side.deficit_low[0, 0], side.deficit_high[0, 0]) == (low, high)


@pytest.mark.parametrize(
    ("policy", "wanted"), [("county-median", 2000), ("none", 0), ("full", 10000)]
)
def test_unknown_is_what_the_policy_says_and_never_silently_zero(policy, wanted):
    taxonomy = make_taxonomy([make_need("n")], [make_indicator("i", "n", 10, 0)])
    values = {"v1": 1, "v2": 2, "v3": 8, "v4": 9}
    villages = [Village(v, county="甲县", indicators={"i": known(x)}) for v, x in values.items()]
    villages += [Village("v5", county="甲县"), Village("v6", county="乙县")]
    side = build_village_side(villages, taxonomy, ScoringSection(unknown=policy))
    assert side.deficit[4:, 0].tolist() == [wanted, wanted]
    assert side.deficit_low[4:, 0].tolist() == [0, 0]
    assert side.deficit_high[4:, 0].tolist() == [FULL, FULL]


def test_a_county_without_answers_takes_everyones_median_and_a_range_stays_a_range():
    taxonomy = make_taxonomy([make_need("n")], [make_indicator("i", "n", 10, 0)])
    villages = [
        Village("v1", county="甲县", indicators={"i": known(1)}),
        Village("v2", county="甲县", indicators={"i": between(4, 6)}),
        Village("v3", county="乙县", indicators={"i": known(9)}),
        Village("v4", county="丙县"),
    ]
    side = build_village_side(villages, taxonomy, ScoringSection())
    assert side.deficit[:, 0].tolist() == [1000, 4000, 9000, 1000]


@pytest.mark.parametrize(
    ("policy", "wanted"), [("county-median", 5000), ("none", 0), ("full", 10000)]
)
def test_a_need_that_nothing_measures_is_unknown(policy, wanted):
    taxonomy = make_taxonomy([make_need("n")], [make_indicator("x", "n", None, None)])
    side = build_village_side([Village("v")], taxonomy, ScoringSection(unknown=policy))
    assert (side.deficit_low[0, 0], side.deficit_high[0, 0]) == (0, FULL)
    assert side.deficit[0, 0] == wanted


@pytest.mark.parametrize("cap", ["0.0000001", "0.3333333333333333333333333333", "1"])
def test_odd_area_caps_neither_overflow_nor_lose_a_need(cap):
    demo = read_demo()
    scoring = ScoringSection(area_cap=Decimal(cap))
    side = build_village_side(demo.villages[:20], demo.taxonomy, scoring)
    assert side.need_weight.min() >= 1


def test_areas_whose_sizes_have_no_small_common_multiple_still_fit():
    needs = [make_need(f"n{a}.{k}", f"a{a}") for a in (7, 11, 13, 17) for k in range(a)]
    side = build_village_side([Village("v")], make_taxonomy(needs), ScoringSection())
    weight = side.need_weight[0]
    assert weight.sum() <= MOST_WEIGHT
    by_area = [weight[[n.area_id == f"a{a}" for n in needs]].sum() for a in (7, 11, 13, 17)]
    assert max(by_area) - min(by_area) < 17


@pytest.mark.parametrize("policy", POLICIES)
def test_empty_tables_make_empty_sides(policy):
    scoring = ScoringSection(unknown=policy)
    assert build_unit_side((), make_taxonomy()).supply.shape == (0, 0)
    assert build_unit_side([Unit("u")], make_taxonomy([make_need("n")])).supply.tolist() == [[0]]
    assert build_village_side((), TWO, scoring).deficit.shape == (0, 1)
    assert build_village_side([Village("v")], make_taxonomy(), scoring).deficit.shape == (1, 0)


def test_the_order_of_villages_does_not_matter_to_their_medians():
    demo = read_demo()
    scoring = demo.scenario.scoring
    side = build_village_side(demo.villages, demo.taxonomy, scoring)
    turned = build_village_side(demo.villages[::-1], demo.taxonomy, scoring)
    assert (side.deficit == turned.deficit[::-1]).all()
    assert (side.need_weight == turned.need_weight[::-1]).all()


def test_the_demo_agrees_with_exact_fractions():
    demo = read_demo()
    some = [v for v in demo.villages if v.county in ("沧县", "黄骅市")]
    inputs = make_inputs(demo.units, some, demo.taxonomy)
    side = _build(inputs)
    wanted = oracle.need_deficits(inputs)
    for v, village in enumerate(inputs.villages):
        for n, need in enumerate(inputs.taxonomy.needs):
            got = (side.deficit_low[v, n], side.deficit[v, n], side.deficit_high[v, n])
            # Readings are decimals that floats hold only nearly: one ten-thousandth of slack.
            for have, exact in zip(got, wanted[village.village_id, need.need_id], strict=True):
                assert abs(int(have) - exact) <= 1
