"""Totals are recomputed here from the raw proposal, in another way, and must agree."""

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.report.proposals import Shape, make_plain, make_proposal, make_small

from pairmatch.domain.matching import Certificate
from pairmatch.report.summary import Coverage, summarise_proposal

PROPOSAL = make_proposal(Shape(num_counties=5, villages_per_county=12))
SUMMARY = summarise_proposal(PROPOSAL)
VILLAGES = {v.village_id: v for v in PROPOSAL.inputs.villages}


def test_totals_equal_the_matching() -> None:
    assert SUMMARY.num_pairs == PROPOSAL.matching.num_matched == 40
    assert SUMMARY.points == PROPOSAL.matching.total
    assert SUMMARY.points == int(PROPOSAL.problem.points[PROPOSAL.matching.chosen_idx].sum())
    assert SUMMARY.num_tied == int(PROPOSAL.matching.tied.sum())
    assert SUMMARY.num_candidates == 60
    assert SUMMARY.synthetic


def test_counties_rules_and_areas_add_up_to_the_whole() -> None:
    assert sum(c.points for c in SUMMARY.counties) == SUMMARY.points
    assert sum(c.num_pairs for c in SUMMARY.counties) == SUMMARY.num_pairs
    assert sum(c.num_candidates for c in SUMMARY.counties) == SUMMARY.num_candidates
    assert sum(r.points for r in SUMMARY.rules) == SUMMARY.points
    for parts in (
        [c.coverage for c in SUMMARY.counties],
        [a.coverage for a in SUMMARY.areas],
        [n.coverage for n in SUMMARY.needs],
    ):
        assert sum(parts, Coverage()) == SUMMARY.coverage
    for county in SUMMARY.counties:
        assert sum(county.areas, Coverage()) == county.coverage


def test_coverage_of_each_county_and_area_by_fractions() -> None:
    area_of = {n.need_id: n.area_id for n in PROPOSAL.inputs.taxonomy.needs}
    for county in SUMMARY.counties:
        for area, coverage in zip(SUMMARY.areas, county.areas, strict=True):
            deficit, covered = Fraction(0), Fraction(0)
            for pair in PROPOSAL.explanations:
                if VILLAGES[pair.village_id].county != county.name:
                    continue
                for need in pair.needs:
                    if area_of[need.need_id] == area.area_id:
                        deficit += Fraction(need.deficit, 10_000) * Fraction(need.weight, 10_000)
                        covered += Fraction(need.covered, 10_000) * Fraction(need.weight, 10_000)
            assert Fraction(coverage.deficit, 10**8) == deficit
            assert Fraction(coverage.covered, 10**8) == covered
            assert coverage.residual == coverage.deficit - coverage.covered >= 0


def test_unknown_answers_are_counted_by_hand() -> None:
    measured = [i for i in PROPOSAL.inputs.taxonomy.indicators if i.full_need_at is not None]
    for county in SUMMARY.counties:
        open_questions = 0
        for village in VILLAGES.values():
            if village.county == county.name:
                for indicator in measured:
                    reading = village.indicators.get(indicator.indicator_id)
                    if reading is None or (reading.value is None and reading.low is None):
                        open_questions += 1
        assert county.num_unknown == open_questions
        assert county.num_asked == len(measured) * county.num_candidates
    assert sum(q.num_villages for q in SUMMARY.questions) == sum(
        c.num_unknown for c in SUMMARY.counties
    )


def test_questions_list_chosen_villages_and_start_with_the_most_open() -> None:
    chosen = {p.village_id for p in PROPOSAL.explanations}
    counts = [len(q.chosen) for q in SUMMARY.questions]
    assert counts == sorted(counts, reverse=True)
    assert all(set(q.chosen) <= chosen for q in SUMMARY.questions)


def test_a_question_that_nobody_answered_is_unknown_everywhere() -> None:
    dropped = "road_main_hardened_share"
    villages = tuple(
        replace(v, indicators={k: r for k, r in v.indicators.items() if k != dropped})
        for v in PROPOSAL.inputs.villages
    )
    proposal = replace(PROPOSAL, inputs=replace(PROPOSAL.inputs, villages=villages))
    summary = summarise_proposal(proposal)
    assert dropped in {q.indicator.indicator_id for q in summary.questions}
    assert summary.counties[0].num_asked == SUMMARY.counties[0].num_asked
    assert summary.counties[0].num_unknown > SUMMARY.counties[0].num_unknown


def test_quotas_count_the_chosen_pairs() -> None:
    for quota in SUMMARY.quotas:
        county = quota.name.split()[0]
        pairs = [p for p in PROPOSAL.explanations if VILLAGES[p.village_id].county == county]
        city = [p for p in pairs if p.unit_id.startswith("u")]
        assert quota.num_pairs == (len(city) if "市级" in quota.name else len(pairs))


def test_idle_units_come_with_the_rules_that_closed_every_village() -> None:
    placed = {p.unit_id for p in PROPOSAL.explanations}
    idle = {i.unit.unit_id: i for i in SUMMARY.idle_units}
    assert idle.keys() | placed == {u.unit_id for u in PROPOSAL.inputs.units}
    assert not idle.keys() & placed
    assert idle["x0"].able and not idle["x0"].exclusions
    for unit_id in ("x1", "x2", "x3", "x4"):
        assert not idle[unit_id].able
        assert [e.all_villages for e in idle[unit_id].exclusions] == [True]


def test_rules_that_close_some_villages_are_counted_once() -> None:
    (partial,) = SUMMARY.partial_exclusions
    assert partial.num_units == 30
    assert partial.num_pairs == 30 * 48


def test_a_proposal_without_names_or_needs() -> None:
    summary = summarise_proposal(make_plain())
    assert summary.coverage == Coverage()
    assert summary.areas == summary.needs == summary.questions == ()
    assert [c.name for c in summary.counties] == [""]
    assert not summary.synthetic


@pytest.mark.parametrize("where", ["scenario", "unit", "village"])
def test_one_synthetic_record_makes_the_proposal_synthetic(where: str) -> None:
    proposal = make_small(synthetic=where == "scenario")
    inputs = proposal.inputs
    if where == "unit":
        units = (replace(inputs.units[0], synthetic=True), *inputs.units[1:])
        inputs = replace(inputs, units=units)
    if where == "village":
        villages = (replace(inputs.villages[0], synthetic=True), *inputs.villages[1:])
        inputs = replace(inputs, villages=villages)
    assert summarise_proposal(replace(proposal, inputs=inputs)).synthetic
    assert not summarise_proposal(make_small(synthetic=False)).synthetic


def test_an_empty_matching_has_zero_totals() -> None:
    proposal = make_small()
    matching = replace(
        proposal.matching,
        chosen_idx=proposal.matching.chosen_idx[:0],
        tied=proposal.matching.tied[:0],
        num_matched=0,
        total=0,
        certificate=Certificate(()),
    )
    summary = summarise_proposal(replace(proposal, matching=matching, explanations=()))
    assert summary.num_pairs == summary.points == 0
    assert len(summary.idle_units) == len(proposal.inputs.units)
