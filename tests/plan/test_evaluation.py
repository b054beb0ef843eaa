"""Lists and commendations, against a second way of counting that shares nothing with the first."""

from collections import defaultdict
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import ALL_CASES
from tests.plan.evaluation_makers import draw_gradings, draw_run, make_run

from pairmatch.domain.evaluation import Grading
from pairmatch.plan.evaluation import evaluate_pairs, find_due_year, rank_grades

CASES = settings(max_examples=1000 if ALL_CASES else 120, deadline=None)


@st.composite
def draw_case(draw):
    run = draw(draw_run())
    return run, draw(draw_gradings(run))


def count_grade(grades):
    """The grade in words of a list of grades, by decimal rounding; None without any."""
    if not grades:
        return None
    mean = Decimal(sum(grades)) / Decimal(len(grades))
    return int(mean.quantize(Decimal(1), ROUND_HALF_UP))


def collect(run, gradings, owner, pick, county=None):
    """All known grades by owner and year."""
    own = {(p.unit_id, p.village_id) for p in run.pairs if county in (None, p.county)}
    found = {getattr(p, owner): defaultdict(list) for p in run.pairs if county in (None, p.county)}
    for grading in gradings:
        grade = pick(grading)
        if (grading.unit_id, grading.village_id) in own and grade is not None:
            found[getattr(grading, owner)][grading.year].append(grade)
    return found


def take_settled(grading):
    return grading.city_grade or grading.county_grade


def check_list(standings, found, years, ranked=True):
    assert {s.owner_id for s in standings} == set(found)
    cycle = {o: count_grade([g for y in by.values() for g in y]) for o, by in found.items()}
    for s in standings:
        by_year = found[s.owner_id]
        assert [t.grade for t in s.years] == [count_grade(by_year[year]) for year in years]
        assert s.cycle.grade == cycle[s.owner_id]
        assert s.cycle.num_known == sum(map(len, by_year.values()))
        if ranked and s.cycle.grade is not None:
            better = [o for o, grade in cycle.items() if grade and grade > s.cycle.grade]
            assert s.rank == 1 + len(better)
        else:
            assert s.rank is None
    if ranked:
        expected = sorted(found, key=lambda owner: (-(cycle[owner] or 0), owner))
        assert [s.owner_id for s in standings] == expected


@CASES
@given(draw_case())
def test_lists_are_as_counted_in_another_way(case):
    run, gradings = case
    evaluation = evaluate_pairs(run, gradings)
    for listed in evaluation.counties:
        found = collect(run, gradings, "unit_id", lambda g: g.county_grade, listed.county)
        check_list(listed.units, found, run.years)
    check_list(evaluation.city, collect(run, gradings, "unit_id", take_settled), run.years)
    villages = collect(run, gradings, "village_id", take_settled)
    check_list(evaluation.villages, villages, run.years, ranked=False)
    assert [s.owner_id for s in evaluation.villages] == sorted(villages)


@CASES
@given(draw_case())
def test_each_year_is_ranked_like_a_cycle_of_its_own(case):
    run, gradings = case
    whole = evaluate_pairs(run, gradings)
    for k, year in enumerate(run.years):
        alone = evaluate_pairs(replace(run, years=(year,)), [g for g in gradings if g.year == year])
        ranks = {s.owner_id: s.rank for s in alone.city}
        assert {s.owner_id: s.year_ranks[k] for s in whole.city} == ranks


@CASES
@given(draw_case(), st.randoms(use_true_random=False))
def test_the_order_of_the_forms_changes_nothing(case, random):
    run, gradings = case
    shuffled = list(gradings)
    random.shuffle(shuffled)
    assert evaluate_pairs(run, shuffled) == evaluate_pairs(run, gradings)


def test_counties_come_in_the_order_of_their_codes():
    listed = [county.county for county in evaluate_pairs(make_run(), ()).counties]
    assert listed == ["乙县", "甲县", "丙市"]


def is_commendable(grades):
    """The declared rule on all grades of a unit, told in integers."""
    return 2 * sum(grades) >= 7 * len(grades) and min(grades) >= 3


@CASES
@given(draw_case())
def test_commendations_against_all_that_could_still_come(case):
    run, gradings = case
    run = replace(run, years=run.years[:2], pairs=run.pairs[:4])
    pairs = {(p.unit_id, p.village_id) for p in run.pairs}
    gradings = [g for g in gradings if g.year in run.years and (g.unit_id, g.village_id) in pairs]
    known = {(g.unit_id, g.village_id, g.year): g.city_grade for g in gradings}
    proposed, possible = set(), set()
    for unit in {p.unit_id for p in run.pairs}:
        own = [(p.unit_id, p.village_id) for p in run.pairs if p.unit_id == unit]
        cells = [known.get((*pair, year)) for pair in own for year in run.years]
        ways = product(*[(grade,) if grade else (1, 2, 3, 4) for grade in cells])
        if any(is_commendable(way) for way in ways):
            (proposed if all(cells) else possible).add(unit)
    found = evaluate_pairs(run, gradings).commendations
    if any(g.year == run.years[-1] and g.city_grade for g in gradings):
        assert {c.unit_id for c in found if c.is_proposed} == proposed
        assert {c.unit_id for c in found if not c.is_proposed} == possible
    else:
        assert found == ()


@CASES
@given(st.lists(st.none() | st.integers(1, 4)))
def test_ranks_are_shared_and_count_the_better_ones(grades):
    ranks = rank_grades(grades)
    assert len(ranks) == len(grades)
    for one, rank in zip(grades, ranks, strict=True):
        better = sum(other is not None and one is not None and other > one for other in grades)
        assert rank == (None if one is None else 1 + better)


@pytest.mark.parametrize(
    ("county", "city", "settled"), [(4, 2, 2), (3, None, 3), (None, None, None)]
)
def test_the_city_decides_once_it_has_graded(county, city, settled):
    assert Grading("u", "v", 2026, county, city).settled_grade == settled


def test_unknown_years_are_neither_good_nor_poor():
    run = make_run(1)
    pair = run.pairs[0]
    grading = Grading(pair.unit_id, pair.village_id, 2027, 4)
    (standing,) = evaluate_pairs(run, [grading]).city
    assert (standing.cycle.points, standing.cycle.num_known, standing.cycle.num_due) == (4, 1, 3)
    assert standing.cycle.grade == 4
    assert [total.grade for total in standing.years] == [None, 4, None]


def test_a_half_is_rounded_up():
    run = make_run(1, (2026, 2027))
    pair = run.pairs[0]
    gradings = [Grading(pair.unit_id, pair.village_id, y, g) for y, g in ((2026, 4), (2027, 3))]
    assert evaluate_pairs(run, gradings).city[0].cycle.grade == 4


def test_the_due_year_is_the_first_the_city_has_not_graded_whole():
    run = make_run(2)
    assert find_due_year(run, ()) == 2026
    whole = [Grading(p.unit_id, p.village_id, 2026, 3, 3) for p in run.pairs]
    assert find_due_year(run, whole) == 2027
    assert find_due_year(run, whole[:1]) == 2026
    every = [Grading(p.unit_id, p.village_id, y, 3, 3) for p in run.pairs for y in run.years]
    assert find_due_year(run, every) == 2028
