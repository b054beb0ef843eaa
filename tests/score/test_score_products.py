"""Scores of all pairs by bounds and exact points, against the ledger that lists them."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.score import score_cases as cases

from pairmatch.domain.candidates import Candidates, CodedReasons, Contribution, Reason, ScoreRule
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.pairscores import REFUSED
from pairmatch.domain.records import Unit, Village
from pairmatch.hooks.manager import collect_builtin_conditions, collect_builtin_rules
from pairmatch.score import countrysides
from pairmatch.score.countryledger import list_ledger
from pairmatch.score.countrysides import open_country
from pairmatch.score.products import CountryScores, bound_country

RULES = {
    "need_coverage": "60",
    "proximity": "5",
    "scale_difficulty": "8",
    "village_priority": "15",
    "wishes": "5",
    "industry_affinity": "10",
}


def open_scores(inputs: Inputs, *rules: ScoreRule) -> CountryScores:
    builtin = collect_builtin_rules()
    conditions = collect_builtin_conditions()
    return bound_country(open_country(inputs, (*builtin, *rules), conditions))


def list_all(scores: CountryScores) -> tuple[np.ndarray, np.ndarray]:
    """Return exact points and bounds of all pairs of the scores, (units, villages)."""
    own = scores.scores
    units = np.repeat(np.arange(own.num_units, dtype=np.int32), own.num_villages)
    villages = np.tile(np.arange(own.num_villages, dtype=np.int32), own.num_units)
    points = own.score(units, villages).reshape(own.num_units, own.num_villages)
    whole = slice(0, own.num_units), slice(0, own.num_villages)
    return points, own.bound_block(*whole)


def check(inputs: Inputs) -> None:
    """Every eligible pair has the points of the ledger, every other is refused; bounds hold."""
    table, _exclusions = cases.score_builtin(inputs)
    scores = open_scores(inputs)
    points, bounds = list_all(scores)
    known = {
        (int(u), int(v)): int(total)
        for u, v, total in zip(
            table.candidates.unit_idx, table.candidates.village_idx, table.total, strict=True
        )
    }
    for k, u in enumerate(scores.unit_idx.tolist()):
        for m, v in enumerate(scores.village_idx.tolist()):
            assert points[k, m] == known.pop((u, v), REFUSED)
            assert points[k, m] == REFUSED or bounds[k, m] >= points[k, m]
            found = scores.scores.scan(
                np.zeros(len(points), dtype=np.int64), np.zeros(len(bounds.T), dtype=np.int64), 0
            )
    assert not known  # no eligible pair is missing
    hits = {(int(a), int(b)) for us, vs in found for a, b in zip(us, vs, strict=True)}
    assert {tuple(pair) for pair in np.argwhere(points >= 0).tolist()} <= hits


@given(cases.problems(), st.sets(st.sampled_from(sorted(RULES)), min_size=1))
def test_the_points_of_the_ledger(inputs: Inputs, names: set[str]) -> None:
    if not inputs.units or not inputs.villages:
        return
    rules = {name: Decimal(RULES[name]) for name in names}
    check(replace(inputs, scenario=inputs.scenario.model_copy(update={"rules": rules})))


UNITS = (
    Unit("u1", tier="county", county="甲县", budget_low=10, budget_high=50),
    Unit("u2", tier="city", budget_low=100, budget_high=150, refusals=("v3",)),
    Unit("u3", tier="county", county="乙县", credit_ok=False),
    Unit("u4", tier="county", county="丙县"),
    Unit("u5", tier="county", county="甲县", refusals=("甲县",)),
    Unit("u6", scope_counties=("乙县",), county="甲县"),
)
SOME_UNITS = (*UNITS[:3], Unit("u7", tier="city"))
VILLAGES = (
    Village("v1", county="甲县", difficulty_grade=5),
    Village("v2", county="甲县", difficulty_grade=1),
    Village("v3", county="乙县"),
)


@pytest.mark.parametrize("distances", [{}, {("甲县", "乙县"): 10.0, ("", "乙县"): 40.0}])
@pytest.mark.parametrize("villages", [VILLAGES, (*VILLAGES, Village("v4"))])
def test_homes_scopes_and_refusals(
    distances: dict[tuple[str, str], float], villages: tuple[Village, ...]
) -> None:
    rules = {"proximity": "6", "scale_difficulty": "3"}
    inputs = cases.make_inputs(UNITS, villages, rules=rules, distances=distances)
    check(inputs)
    scores = open_scores(inputs)
    taking_part = [UNITS[u].unit_id for u in scores.unit_idx]
    assert "u3" not in taking_part
    assert ("u4" in taking_part) is (len(villages) > len(VILLAGES))
    told = {(e.unit_id, e.rule_id) for e in scores.exclusions}
    assert ("u3", "condition.credit_ok") in told


def test_a_county_unit_without_a_county_does_not_stand_for_the_city() -> None:
    """Nobody knows how far it is from there, and a unit in the city may be nearer than guessed."""
    units = (Unit("u1", tier="city"), Unit("u2", tier="county"))
    near = {("", "甲县"): 1.0, ("", "乙县"): 2.0}
    check(cases.make_inputs(units, VILLAGES, rules={"proximity": "20"}, distances=near))


def make_county_rule(county: str, points: int) -> ScoreRule:
    def contribute(candidates: Candidates, _spread: int) -> Contribution:
        given = points * (np.arange(len(candidates), dtype=np.int64) % 3)
        codes = np.zeros(len(candidates), dtype=np.int32)
        return Contribution(given, given, given, CodedReasons(codes, (Reason("有", "some"),)))

    rule = ScoreRule("p.rule", "1", "规则", "rule", contribute, spread=Decimal(4))
    return replace(rule, plugin="p", county=county)


@pytest.mark.parametrize("at_once", [1, 1 << 20])
def test_the_rules_of_a_county_on_its_pairs(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(countrysides, "PAIRS_AT_ONCE", at_once)
    inputs = cases.make_inputs(SOME_UNITS, VILLAGES, rules={"scale_difficulty": "3"})
    plain, _bounds = list_all(open_scores(inputs))
    scores = open_scores(inputs, make_county_rule("甲县", 100))
    points, bounds = list_all(scores)
    home = np.flatnonzero([VILLAGES[v].county == "甲县" for v in scores.village_idx])
    eligible = points > REFUSED
    assert (bounds[eligible] >= points[eligible]).all()
    moved = (points != plain) & eligible
    assert moved[:, home].any()
    assert not np.delete(moved, home, axis=1).any()
    sides = open_country(
        inputs,
        (*collect_builtin_rules(), make_county_rule("甲县", 100)),
        collect_builtin_conditions(),
    )
    rows, columns = np.nonzero(eligible)
    units, villages = scores.unit_idx[rows], scores.village_idx[columns]
    order = np.lexsort((villages, units))
    table = list_ledger(sides, units[order], villages[order])
    np.testing.assert_array_equal(table.total, points[rows, columns][order])
    away = [k for k, v in enumerate(table.candidates.village_idx) if VILLAGES[v].county != "甲县"]
    (mine,) = (column for column in table.columns if column.plugin)
    assert mine.reasons[away[0]] == Reason("", "")


def test_a_county_without_villages() -> None:
    inputs = cases.make_inputs(SOME_UNITS, VILLAGES, rules={"scale_difficulty": "3"})
    plain, _bounds = list_all(open_scores(inputs))
    points, _bounds = list_all(open_scores(inputs, make_county_rule("丁县", 100)))
    np.testing.assert_array_equal(points, plain)


def test_points_beyond_those_of_a_refused_pair() -> None:
    inputs = cases.make_inputs(SOME_UNITS, VILLAGES, rules={"scale_difficulty": "99000000"})
    with pytest.raises(OverflowError):
        open_scores(inputs, make_county_rule("甲县", 100))
