"""Need coverage: points, intervals and what coverage means, against exact fractions."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.score import score_oracle as oracle
from tests.score.score_cases import (
    FULL,
    find_rule,
    list_candidates,
    make_sides,
    problems,
    score_builtin,
    show,
)

from pairmatch.hooks.builtin import shares
from pairmatch.hooks.builtin.shares import scale_fraction, scale_share
from pairmatch.score.sides import MOST_WEIGHT

SHARE = st.one_of(st.integers(0, FULL), st.sampled_from((0, FULL, FULL // 2)))


def _cover(candidates, spread=FULL):
    """Return the contribution; what measures the points alone gives the same ones."""
    rule = find_rule("need_coverage")
    contribution = rule.contribute(candidates, spread)
    assert (rule.measure(candidates, spread) == contribution.points).all()
    return contribution


@settings(max_examples=100, deadline=None)
@given(problems())
def test_points_agree_with_exact_fractions_from_sheet_to_score(inputs):
    table, _ = score_builtin(inputs)
    deficits = oracle.need_deficits(inputs)
    needs = [need.need_id for need in inputs.taxonomy.needs]
    spread = int(inputs.scenario.rules["need_coverage"] * 100)
    sides = table.candidates.villages
    for k, (u, v) in enumerate(
        zip(table.candidates.unit_idx, table.candidates.village_idx, strict=True)
    ):
        unit, village = inputs.units[u], inputs.villages[v]
        own = {n: deficits[village.village_id, n][1] for n in needs}
        supply = [oracle.supply(unit, n, inputs.taxonomy) for n in needs]
        weights = oracle.weights(inputs, own)
        exact = spread * oracle.coverage([own[n] for n in needs], supply, [*weights.values()])
        # Weights under the cap are whole numbers near the exact ones: a step of slack for that.
        capped = any(w != 1 / Fraction(_size(inputs, n)) for n, w in weights.items())
        slack = 1 + Fraction(spread, 500) if capped else 0
        assert abs(int(table.total[k]) - oracle.round_half_up(exact)) <= slack
        used = oracle.coverage([own[n] for n in needs], supply, sides.need_weight[v].tolist())
        assert table.total[k] == oracle.round_half_up(spread * used)


def _size(inputs, need_id):
    area = {n.need_id: n.area_id for n in inputs.taxonomy.needs}
    return sum(n.area_id == area[need_id] for n in inputs.taxonomy.needs)


MOST_NEEDS = 7
HEAVIEST = MOST_WEIGHT // MOST_NEEDS
"""What a need may weigh so that any village keeps to the most that weights may add up to."""


@st.composite
def one_pair(draw, most_unknown=6, heaviest=HEAVIEST):
    """One unit, one village: supplies, intervals, weights."""
    num = draw(st.integers(1, MOST_NEEDS))
    supply = draw(st.lists(SHARE, min_size=num, max_size=num))
    weights = draw(st.lists(st.integers(1, heaviest), min_size=num, max_size=num))
    deficits = []
    for n in range(num):
        values = sorted(draw(st.tuples(SHARE, SHARE, SHARE)))
        deficits.append(tuple(values) if n < most_unknown else (values[1],) * 3)
    return supply, deficits, weights


@settings(max_examples=120, deadline=None)
@given(one_pair(), st.sampled_from((1, 7, 6000, FULL, 2**40)))
def test_the_interval_is_exactly_the_least_and_the_greatest_coverage(pair, spread):
    supply, deficits, weights = pair
    contribution = _cover(make_sides([supply], [deficits], [weights]), spread)
    least, greatest = oracle.extremes([(d[0], d[2]) for d in deficits], supply, weights)
    point = oracle.coverage([d[1] for d in deficits], supply, weights)
    assert show(contribution) == [
        tuple(oracle.round_half_up(spread * share) for share in (least, point, greatest))
    ]


@settings(max_examples=40, deadline=None)
@given(one_pair())
def test_no_grid_point_lies_outside_the_interval(pair):
    supply, deficits, weights = (part[:3] for part in pair)
    [(low, _point, high)] = show(_cover(make_sides([supply], [deficits], [weights])))
    grids = [
        sorted({d[0], d[2], *(d[0] + (d[2] - d[0]) * k // 7 for k in range(8))}) for d in deficits
    ]
    for inside in product(*grids):
        share = oracle.coverage(inside, supply, weights)
        assert low <= oracle.round_half_up(FULL * share) <= high


@settings(max_examples=100, deadline=None)
@given(one_pair(), st.data())
def test_more_supply_never_lowers_coverage(pair, data):
    supply, deficits, weights = pair
    more = [data.draw(st.integers(s, FULL)) for s in supply]
    (weak, strong) = show(_cover(make_sides([supply, more], [deficits], [weights])))
    assert all(a <= b for a, b in zip(weak, strong, strict=True))


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 6), st.data())
def test_weights_times_a_constant_change_nothing(factor, data):
    supply, deficits, weights = data.draw(one_pair(heaviest=HEAVIEST // factor))
    plain = _cover(make_sides([supply], [deficits], [weights]))
    larger = _cover(make_sides([supply], [deficits], [[w * factor for w in weights]]))
    assert show(plain) == show(larger)


@settings(max_examples=100, deadline=None)
@given(one_pair(), st.data())
def test_strength_where_nothing_is_missing_counts_for_nothing(pair, data):
    supply, deficits, weights = pair
    idle = data.draw(st.integers(0, len(supply) - 1))
    deficits = [(0, 0, 0) if n == idle else d for n, d in enumerate(deficits)]
    other = [FULL - s if n == idle else s for n, s in enumerate(supply)]
    (first, second) = show(_cover(make_sides([supply, other], [deficits], [weights])))
    assert first == second


@settings(max_examples=60, deadline=None)
@given(problems(), st.data())
def test_raising_a_capability_never_lowers_coverage(inputs, data):
    before = list_candidates(inputs).units.supply
    unit = inputs.units[0]
    capability = data.draw(st.sampled_from(("c0", "c1", "c2")))
    level = data.draw(st.integers(unit.capabilities.get(capability, 0), 3))
    raised = type(unit)(unit.unit_id, capabilities={**unit.capabilities, capability: level})
    after = list_candidates(_replace_first(inputs, raised)).units.supply
    assert (after >= before).all()


def _replace_first(inputs, unit):
    return type(inputs)(
        inputs.scenario, inputs.taxonomy, (unit, *inputs.units[1:]), inputs.villages
    )


def test_a_village_without_shortfall_or_needs_gets_nothing():
    assert show(_cover(make_sides([[FULL]], [[(0, 0, 0)]], [[5]]))) == [(0, 0, 0)]
    assert show(_cover(make_sides([[]], [[]], [[]]))) == [(0, 0, 0)]


def test_the_heaviest_weights_and_the_widest_spread_stay_exact():
    weights = [43_690] * 6
    candidates = make_sides([[9999] * 6], [[(0, FULL, FULL)] * 5 + [(1, 1, FULL)]], [weights])
    [(low, point, high)] = show(_cover(candidates, 2**40))
    assert point == oracle.round_half_up(Fraction(2**40 * (5 * 9999 + 1), 5 * FULL + 1))
    assert low == oracle.round_half_up(Fraction(2**40 * 9999, FULL))
    assert high == 2**40


@pytest.mark.parametrize("weight", [1 << 16, 1 << 19, 1 << 30])
def test_sums_that_leave_32_bits_stay_exact(weight):
    candidates = make_sides([[FULL] * 2, [1, FULL]], [[(FULL,) * 3] * 2], [[weight, weight]])
    shares = [point for _low, point, _high in show(_cover(candidates))]
    assert shares == [FULL, oracle.round_half_up(Fraction(1 + FULL, 2))]


def test_blocks_of_pairs_give_what_one_block_gives(monkeypatch):
    rng = np.random.default_rng(1)
    supply = rng.integers(0, FULL, (5, 4)).tolist()
    ends = np.sort(rng.integers(0, FULL, (7, 4, 3)), axis=2).tolist()
    candidates = make_sides(supply, ends, rng.integers(1, 99, (7, 4)).tolist())
    whole = show(_cover(candidates))
    monkeypatch.setattr(shares, "BLOCK", 4)
    assert show(_cover(candidates)) == whole


@settings(max_examples=300, deadline=None)
@given(st.data(), st.integers(0, 2**40), st.integers(0, 2**40))
def test_scaling_rounds_half_up_exactly(data, denominator, spread):
    numerator = data.draw(st.integers(0, denominator))
    got = scale_fraction(np.array([numerator]), np.array([denominator]), spread)
    wanted = Fraction(spread * numerator, denominator) if denominator else Fraction(0)
    assert got.tolist() == [oracle.round_half_up(wanted)]


@pytest.mark.parametrize(
    ("share", "spread", "wanted"), [(5000, 1, 1), (4999, 1, 0), (FULL, 77, 77), (0, 77, 0)]
)
def test_shares_of_a_spread(share, spread, wanted):
    assert scale_share(np.array([share]), spread).tolist() == [wanted]
