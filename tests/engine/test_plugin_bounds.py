"""A county cannot tilt the city: 1,000 random cases against the bounds that are promised."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pytest
from tests.oracles import assign_with_scipy
from tests.score.score_cases import make_inputs

from pairmatch.domain.candidates import (
    Candidates,
    CodedReasons,
    Contribution,
    EligibilityRule,
    Reason,
    ScoreRule,
)
from pairmatch.domain.records import Unit, Village
from pairmatch.engine.influence import Answer, measure_influences
from pairmatch.engine.proofs import prove_matching
from pairmatch.match.problems import build_problem
from pairmatch.score.city import compute_spreads, score_city
from pairmatch.score.counties import score_counties

OWN, OTHER = "甲县", "乙县"
BASE_SPREAD = 50
STEPS = 100


@dataclass(frozen=True)
class Case:
    """Random scores of the city, and what a county adds to those of its own villages."""

    base: np.ndarray  # (units, villages), in steps
    raw: np.ndarray  # (units, own villages), in points
    num_own: int
    spread: Decimal
    refused: np.ndarray  # (units, own villages)


def draw_case(seed: int, refuse: bool = False) -> Case:
    random = np.random.default_rng(seed)
    num_units, num_villages = random.integers(2, 9, size=2)
    num_own = int(random.integers(1, num_villages + 1))
    coarse = random.choice([1, 50, 500])
    base = random.integers(0, BASE_SPREAD * STEPS // coarse + 1, (num_units, num_villages))
    raw = random.integers(-9, 10, (num_units, num_own)) * random.choice([1, 1, 7])
    spread = Decimal(int(random.integers(0, 1001))) / 100
    refused = random.random(raw.shape) < (0.3 if refuse else 0.0)
    return Case(base * coarse, raw, num_own, spread, refused)


def _reasons(candidates: Candidates) -> CodedReasons:
    return CodedReasons(np.zeros(len(candidates), dtype=np.int32), (Reason("因", "why"),))


def make_rules(case: Case, factor: int, constants: np.ndarray):
    """Return the city's and the county's rule; the county's points are scaled and shifted."""

    def contribute_base(candidates: Candidates, _spread: int) -> Contribution:
        points = case.base[candidates.unit_idx, candidates.village_idx]
        return Contribution(points, points, points, _reasons(candidates))

    def contribute_own(candidates: Candidates, _spread: int) -> Contribution:
        rows = [int(unit.unit_id[1:]) for unit in candidates.units.records]
        columns = [int(village.village_id[1:]) for village in candidates.villages.records]
        at = np.array(rows)[candidates.unit_idx], np.array(columns)[candidates.village_idx]
        points = case.raw[at] * factor * STEPS + constants[at[1]] * STEPS
        return Contribution(points, points, points, _reasons(candidates))

    own = ScoreRule(
        "p.own", "1", "本县", "own", contribute_own, spread=case.spread, plugin="p", county=OWN
    )
    return (ScoreRule("base", "1", "市", "city", contribute_base), own)


def make_condition(case: Case) -> EligibilityRule:
    def decide(candidates: Candidates) -> np.ndarray:
        rows = [int(unit.unit_id[1:]) for unit in candidates.units.records]
        columns = [int(village.village_id[1:]) for village in candidates.villages.records]
        at = np.array(rows)[candidates.unit_idx], np.array(columns)[candidates.village_idx]
        return ~case.refused[at]

    return EligibilityRule(
        "p.no", "1", "不", "no", decide, lambda _u, _v: Reason("否", "no"), plugin="p", county=OWN
    )


def solve(case: Case, factor: int = 1, constant: int = 0, per_village: bool = False):
    """Return inputs, city scores, rules, conditions and the answer with the county's rules."""
    num_units, num_villages = case.base.shape
    units = [Unit(f"u{k}") for k in range(num_units)]
    villages = [
        Village(f"v{k}", county=OWN if k < case.num_own else OTHER) for k in range(num_villages)
    ]
    inputs = make_inputs(units, villages, rules={"base": str(BASE_SPREAD)})
    shifts = np.arange(1, num_villages + 1) if per_village else np.ones(num_villages, np.int64)
    rules = make_rules(case, factor, constant * shifts)
    conditions = (make_condition(case),) if case.refused.any() else ()
    city = score_city(inputs, rules, conditions)
    spreads = compute_spreads(inputs.scenario, rules)
    table, _exclusions = score_counties(city, rules, conditions, spreads)
    problem = build_problem(inputs, table)
    return inputs, city, rules, conditions, Answer(table, problem, prove_matching(problem))


def list_pairs(answer: Answer) -> list[tuple[int, int]]:
    problem, chosen = answer.problem, answer.matching.chosen_idx
    pairs = zip(
        problem.unit_idx[chosen].tolist(), problem.village_idx[chosen].tolist(), strict=True
    )
    return list(pairs)


@pytest.mark.parametrize("block", range(10))
def test_the_loss_of_base_score_stays_below_the_bound(block):
    for seed in range(100 * block, 100 * block + 100):
        case, factor = draw_case(seed), (1, 10, 1000)[seed % 3]
        best = assign_with_scipy(case.base, np.ones_like(case.base, dtype=bool))
        question = solve(case, factor)
        pairs = list_pairs(question[-1])
        base = sum(int(case.base[pair]) for pair in pairs)
        loss, spread = best[1] - base, int(case.spread * STEPS)
        assert len(pairs) == best[0]
        assert 0 <= loss <= 2 * spread * case.num_own
        [influence] = measure_influences(*question)
        assert influence.loss == influence.loss_by_scores == loss
        assert loss <= influence.bound <= 2 * spread * case.num_own
        assert influence.loss_by_conditions == influence.num_matched_lost == 0


@pytest.mark.parametrize("block", range(2))
def test_a_constant_changes_nothing(block):
    for seed in range(100 * block, 100 * block + 100):
        case = draw_case(seed)
        plain = solve(case)[-1]
        for shifted in (solve(case, 1, 10**6), solve(case, 1, -(10**6), per_village=True)):
            assert shifted[-1].table.total.tolist() == plain.table.total.tolist()
            assert list_pairs(shifted[-1]) == list_pairs(plain)


@pytest.mark.parametrize("factor", [1, 10, 1000, 10**6])
def test_no_score_moves_by_more_than_half_the_spread_and_none_elsewhere(factor):
    for seed in range(100):
        case = draw_case(seed)
        table = solve(case, factor, 10**6)[-1].table
        moved = table.total - case.base.ravel()
        elsewhere = np.tile(np.arange(case.base.shape[1]) >= case.num_own, len(case.base))
        assert abs(moved).max(initial=0) <= int(case.spread * STEPS) // 2
        assert not moved[elsewhere].any()


@pytest.mark.parametrize("seed", range(100))
def test_conditions_are_measured_apart_and_their_loss_is_theirs(seed):
    case = draw_case(seed, refuse=True)
    question = solve(case)
    allowed = np.ones_like(case.base, dtype=bool)
    allowed[:, : case.num_own] = ~case.refused
    free = assign_with_scipy(case.base, np.ones_like(case.base, dtype=bool))
    bound_by_conditions = assign_with_scipy(case.base, allowed)
    base = sum(int(case.base[pair]) for pair in list_pairs(question[-1]))
    [influence] = measure_influences(*question)
    assert influence.num_excluded == int(case.refused.sum())
    assert influence.loss_by_conditions == free[1] - bound_by_conditions[1]
    assert influence.loss_by_scores == bound_by_conditions[1] - base
    assert 0 <= influence.loss_by_scores <= influence.bound
    assert influence.num_matched_lost == free[0] - bound_by_conditions[0]


@pytest.mark.parametrize("seed", range(100))
def test_gains_and_costs_add_up(seed):
    case = draw_case(seed)
    question = solve(case, 10)
    answer = question[-1]
    [influence] = measure_influences(*question)
    assert influence.own_base_gain - influence.others_cost == -influence.loss
    own_points = answer.matching.total - sum(int(case.base[pair]) for pair in list_pairs(answer))
    assert own_points == sum(
        int(answer.table.columns[-1].points[k]) for k in answer.matching.chosen_idx
    )
    # With its own points counted, the county's wish can only be met better than without it.
    assert influence.own_gain >= influence.others_cost
    assert influence.num_pairs >= influence.num_pairs_elsewhere
