"""Plans of pairs of the demonstration: checked by code that shares nothing with their making."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from tests.plan.plan_oracle import list_faults

from pairmatch.domain.actions import Department
from pairmatch.domain.explanation import PairExplanation
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.plan import Plan, PlannedAction, Quarter
from pairmatch.engine.proposals import propose_pairing
from pairmatch.load.actions import read_official_actions
from pairmatch.load.departments import read_departments
from pairmatch.plan.options import list_options
from pairmatch.plan.problems import build_plan_model
from pairmatch.plan.results import PlanFacts, build_plan
from pairmatch.plan.solve import solve_planning
from pairmatch.plan.ways import Funding, find_horizon
from pairmatch.plan.works import Pair

DEMO = Path(__file__).parents[2] / "scenarios" / "cangzhou-2026"


@cache
def propose_demo() -> tuple[Inputs, tuple[PairExplanation, ...]]:
    proposal = propose_pairing(DEMO, dry_run=True).proposal
    assert proposal is not None
    return proposal.inputs, proposal.explanations


def list_departments(capacity: int) -> tuple[Department, ...]:
    return tuple(replace(d, capacity=Decimal(capacity * len(d.needs))) for d in read_departments())


@cache
def plan_some(step: int, capacity: int, needs: int, first_year: int = 2026) -> Plan:
    """Return the plans of every so many pairs."""
    inputs, explained = propose_demo()
    units = {unit.unit_id: unit for unit in inputs.units}
    villages = {village.village_id: village for village in inputs.villages}
    pairs = [Pair(units[e.unit_id], villages[e.village_id], e.needs) for e in explained[::step]]
    cycle = first_year, first_year + 4
    settings = inputs.scenario.plan.model_copy(update={"needs": needs})
    funding = Funding(list_departments(capacity), inputs.taxonomy, settings, find_horizon(cycle))
    options = list_options(pairs, read_official_actions(), funding)
    model = build_plan_model(options, funding)
    answer = solve_planning(model.problem, 20, 0.01)
    return build_plan(options, model, answer, funding, PlanFacts("run", "digest", cycle))


CASES = [(20, 2, 4, 2026), (20, 40, 6, 2026), (30, 5, 12, 2031)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_plans_keep_what_the_inputs_say(case: tuple[int, int, int, int]) -> None:
    step, capacity, needs, year = case
    plan = plan_some(step, capacity, needs, year)
    inputs, _explained = propose_demo()
    assert list_faults(plan, inputs, list_departments(capacity)) == []
    assert sum(len(pair.actions) for pair in plan.pairs) >= 2 * len(plan.pairs)
    assert plan.cycle == (year, year + 4)
    assert {a.start.year for p in plan.pairs for a in p.actions} <= set(range(year + 1, year + 5))


def spoil(plan: Plan, change: Callable[[PlannedAction], PlannedAction]) -> Plan:
    """Change the first action of each pair."""
    pairs = tuple(
        replace(p, actions=(change(p.actions[0]), *p.actions[1:])) if p.actions else p
        for p in plan.pairs
    )
    return replace(plan, pairs=pairs)


@pytest.mark.parametrize(
    "change",
    [
        lambda a: replace(a, start=Quarter(2026, 2), finish=Quarter(2026, 3)),
        lambda a: replace(a, finish=Quarter(2031, 1)),
        lambda a: replace(a, quantity=a.quantity + 1),
        lambda a: replace(a, money=(*a.money, a.money[0])),
        lambda a: replace(a, money=tuple(replace(m, year=2026) for m in a.money)),
        lambda a: replace(a, capability_id="no such capability", department_id=""),
        lambda a: replace(a, upkeep=Decimal(10_000)),
    ],
)
def test_the_checker_sees_what_is_wrong(
    change: Callable[[PlannedAction], PlannedAction],
) -> None:
    plan = plan_some(*CASES[1])
    inputs, _explained = propose_demo()
    assert list_faults(spoil(plan, change), inputs, list_departments(40))


def test_needs_add_up_and_say_why_something_is_left() -> None:
    plan = plan_some(*CASES[0])
    reasons = set()
    for pair in plan.pairs:
        asked = {ask.need_id for ask in pair.asks}
        for need in pair.needs:
            assert need.deficit == need.closed_by_unit + need.closed_by_departments + need.left
            assert bool(need.reason) is bool(need.left)
            reasons.add(need.reason)
            untouched = need.left and not need.closed_by_unit + need.closed_by_departments
            assert (need.need_id in asked) is bool(untouched)
    assert {"plan.reason_later", "plan.reason_partly", "plan.reason_unknown"} <= reasons


def test_what_is_unmet_is_the_sum_of_what_pairs_leave() -> None:
    plan = plan_some(*CASES[0])
    inputs, _explained = propose_demo()
    areas = {need.need_id: need.area_id for need in inputs.taxonomy.needs}
    for unmet in plan.unmet:
        needs = [
            (pair.village_id, need)
            for pair in plan.pairs
            for need in pair.needs
            if pair.county == unmet.county and areas[need.need_id] == unmet.area_id
        ]
        assert unmet.left == sum(need.weight * need.left for _v, need in needs)
        assert unmet.deficit == sum(need.weight * need.deficit for _v, need in needs)
        assert unmet.num_villages == len({v for v, need in needs if need.left})


def test_more_money_of_departments_closes_no_less() -> None:
    small, large = plan_some(20, 2, 6), plan_some(20, 40, 6)
    assert large.goals[0].bound >= small.goals[0].value
    assert large.goals[0].value * Decimal("1.011") >= small.goals[0].value
    used = [sum(y.planned for y in plan.department_years) for plan in (small, large)]
    assert used[0] < used[1]


def test_the_same_question_gives_the_same_plan() -> None:
    first = plan_some(*CASES[0])
    plan_some.cache_clear()
    assert plan_some(*CASES[0]) == first
