"""Ledger, needs, rank and alternatives of chosen pairs, on a table small enough to check by eye."""

from dataclasses import replace

import numpy as np
from tests.strategies import make_problem

from pairmatch.domain.candidates import (
    Background,
    Candidates,
    FieldUse,
    Reason,
    UnitSide,
    VillageSide,
)
from pairmatch.domain.explanation import PairExplanation
from pairmatch.domain.matching import Matching
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.domain.scores import RuleColumn, ScoreTable
from pairmatch.domain.taxonomy import NeedType, Taxonomy
from pairmatch.explain.pairs import explain_matching, list_alternatives, list_ledger
from pairmatch.explain.prices import price_candidates
from pairmatch.match.solution import solve_problem

POINTS = [[90, 30], [80, -10], [50, 40], [50, 20], [10, None]]


def make_table() -> ScoreTable:
    needs = tuple(NeedType(f"N{k}", "A", "", "", "", "", "", "") for k in range(3))
    taxonomy = Taxonomy(needs, (), (), (), (), {}, {})
    units = tuple(Unit(f"u{k:03d}") for k in range(5))
    villages = (Village("v000", indicators={"I01": Reading(1.0)}), Village("v001"))
    supply = np.array([[0, 9000, 2000]] * 5, dtype=np.int64)
    # Of village 0: nothing lacks in N0, N1 is guessed, N2 weighs most.
    deficit = np.array([[0, 4000, 5000], [1000, 1000, 1000]], dtype=np.int64)
    low = np.array([[0, 0, 5000], [1000, 1000, 1000]], dtype=np.int64)
    high = np.array([[0, 10_000, 5000], [1000, 1000, 1000]], dtype=np.int64)
    weight = np.array([[9, 1, 3], [1, 1, 1]], dtype=np.int64)
    problem = make_problem(POINTS)
    candidates = Candidates(
        UnitSide(units, supply),
        VillageSide(villages, deficit, low, high, weight),
        problem.unit_idx,
        problem.village_idx,
        100,
        Background(taxonomy),
    )
    base, extra = problem.points - 5, np.full_like(problem.points, 5)
    columns = tuple(
        RuleColumn(
            name,
            "1",
            f"{name}-zh",
            f"{name}-en",
            100,
            points,
            points - 1,
            points + 2,
            [
                Reason(f"{name} 第{k}对", f"{name} {k}", (FieldUse("字段", "field", "1"),))
                for k in range(len(points))
            ],
        )
        for name, points in (("base", base), ("extra", extra))
    )
    total = problem.points
    return ScoreTable(candidates, columns, total, total - 2, total + 4)


def explain() -> tuple[PairExplanation, ...]:
    matching = solve_problem(make_problem(POINTS))
    assert isinstance(matching, Matching)
    return explain_matching(
        make_table(), matching, price_candidates(make_problem(POINTS), matching)
    )


def test_pairs_follow_the_matching() -> None:
    first, second = explain()
    assert (first.unit_id, first.village_id, first.points) == ("u000", "v000", 90)
    assert (second.unit_id, second.village_id, second.points) == ("u002", "v001", 40)
    assert (first.low, first.high) == (88, 94)
    assert (first.rank, first.num_candidates, first.tied) == (1, 5, False)
    assert (second.rank, second.num_candidates) == (1, 4)


def test_lines_sum_to_the_score() -> None:
    for pair in explain():
        assert sum(line.points for line in pair.lines) == pair.points
    line = list_ledger(make_table(), 3)[0]
    assert (line.rule_id, line.version, line.label_zh, line.points) == ("base", "1", "base-zh", -15)
    assert (line.low, line.high, line.reason_en) == (-16, -13, "base 3")
    assert line.fields == (FieldUse("字段", "field", "1"),)


def test_lines_of_other_counties_are_left_out_and_a_plugin_is_named() -> None:
    table = make_table()
    villages = tuple(
        replace(village, county=county)
        for village, county in zip(table.candidates.villages.records, ("甲县", "乙县"), strict=True)
    )
    sides = replace(table.candidates.villages, records=villages)
    base, extra = table.columns
    own = table.candidates.village_idx == 0
    none = np.where(own, extra.points, 0)
    extra = replace(extra, points=none, low=none, high=none, plugin="jia", county="甲县")
    total = base.points + none
    candidates = replace(table.candidates, villages=sides)
    table = replace(table, candidates=candidates, columns=(base, extra), total=total)
    for candidate in range(len(total)):
        lines = list_ledger(table, candidate)
        assert sum(line.points for line in lines) == total[candidate]
        assert [line.plugin for line in lines] == (["", "jia"] if own[candidate] else [""])


def test_needs_are_listed_by_weighted_shortfall() -> None:
    first, second = explain()
    assert [(n.need_id, n.deficit, n.supply, n.covered, n.residual) for n in first.needs] == [
        ("N2", 5000, 2000, 2000, 3000),
        ("N1", 4000, 9000, 4000, 0),
    ]
    assert [n.known for n in first.needs] == [True, False]
    assert second.needs == (), "nothing was measured in this village"


def test_three_cheapest_alternatives_by_price_then_id() -> None:
    first, second = explain()
    assert [(a.unit_id, a.forcing_price) for a in first.alternatives] == [
        ("u001", 10),
        ("u003", 40),
        ("u002", 50),
    ]
    assert [(a.unit_id, a.forcing_price) for a in second.alternatives] == [
        ("u000", 20),
        ("u003", 20),
        ("u001", 50),
    ]
    assert [(m.unit_id, m.to_village_id) for m in first.alternatives[0].chain] == [
        ("u001", "v000"),
        ("u000", ""),
    ]


def test_impossible_alternatives_come_last() -> None:
    problem = make_problem([[5, 1], [4, None], [3, None]])
    problem = replace(problem, unit_max=np.array([1, 1, 0]))
    matching = solve_problem(problem)
    assert isinstance(matching, Matching)
    book = price_candidates(problem, matching)
    found = list_alternatives(book, np.flatnonzero(problem.village_idx == 0).astype(np.int32))
    assert [(a.unit_id, a.forcing_price) for a in found] == [("u000", None), ("u002", None)]
    assert list_alternatives(book, np.arange(4, dtype=np.int32), limit=1)[0].unit_id == "u000"
