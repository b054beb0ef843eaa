"""Schedules that fall apart: solved block by block, compared with the whole and with a bound."""

import random
import time

import pytest
from tests.cases import pick_share

from pairmatch.domain.planning import PlanningProblem
from pairmatch.plan.scaling import build_aim, build_schedule
from pairmatch.plan.solve import solve_planning
from pairmatch.plan.verify import measure_goal, verify_starts
from pairmatch.solvers import scheduleblocks
from pairmatch.solvers.scheduleblocks import Parts, part_schedule, search_blocks
from pairmatch.solvers.schedulegreedy import build_greedily
from pairmatch.solvers.schedules import Clock, measure_gain
from pairmatch.solvers.schedulesearch import search_program


def make_portfolio(seed: int, num_blocks: int, size: int, tightness: float) -> PlanningProblem:
    """Villages with budgets of their own and precedences, that share two departments."""
    draw = random.Random(seed)
    actions, groups, choices = [], [], []
    resources = []
    demand = {"d0": 0, "d1": 0}
    for b in range(num_blocks):
        resources.append(
            {
                "id": f"cash{b}",
                "limits": [
                    {"first": 0, "last": 3, "amount": draw.randint(10, 20)},
                    {"first": 4, "last": 7, "amount": draw.randint(10, 20)},
                ],
            }
        )
        for k in range(size):
            cost, duration = draw.randint(3, 9), draw.randint(1, 3)
            ways = []
            for way, resource in (("u", f"cash{b}"), ("d", f"d{draw.randint(0, 1)}")):
                name = f"b{b}a{k}{way}"
                ways.append(name)
                if resource in demand:
                    demand[resource] += cost
                requires = []
                if k % 3 == 2:
                    requires = [{"any_of": [f"b{b}a{k - 1}u", f"b{b}a{k - 1}d"]}]
                actions.append(
                    {
                        "id": name,
                        "duration": duration,
                        "cost": cost,
                        "uses": [{"resource": resource, "profile": [cost] + [0] * (duration - 1)}],
                        "requires": requires,
                    }
                )
            choices.append({"id": f"b{b}a{k}", "actions": ways})
        amounts = {f"b{b}a{k}{way}": draw.randint(1, 30) for k in range(size) for way in "ud"}
        total = sum(amounts.values()) // 3
        groups.append(
            {
                "id": f"g{b}",
                "amounts": amounts,
                "points": [[total, total], [2 * total, total * 1.5]],
            }
        )
    for name, amount in demand.items():
        limit = max(int(amount * tightness), 1)
        resources.append(
            {
                "id": name,
                "limits": [
                    {"first": 0, "last": 3, "amount": limit},
                    {"first": 4, "last": 7, "amount": limit},
                ],
            }
        )
    return PlanningProblem.model_validate(
        {
            "schema": "pairmatch.planning-problem/1",
            "periods": 8,
            "resources": resources,
            "actions": actions,
            "choices": choices,
            "groups": groups,
            "objective": ["value", "cost"],
        }
    )


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduleblocks, "LEAST_TASKS", 0)


@pytest.mark.parametrize("seed", range(pick_share(24, 4)))
def test_blocks_come_near_the_optimum_and_never_above(seed: int) -> None:
    problem = make_portfolio(seed, 9, 5, (0.02, 0.1, 0.5)[seed % 3])
    schedule = build_schedule(problem)
    aim, _steps = build_aim(problem, schedule, "value")
    parting = part_schedule(schedule, [aim])
    assert parting is not None and len(parting.blocks) == 9
    whole = search_program(schedule, aim, (), Clock(time.monotonic() + 60))
    assert whole.is_done and whole.starts is not None
    optimum = measure_gain(schedule, aim, whole.starts)
    known = build_greedily(schedule, [aim])
    assert known is not None
    found = search_blocks(Parts(schedule, parting, aim), Clock(time.monotonic() + 20), known)
    assert found.starts is not None and found.bound is not None
    value = measure_gain(schedule, aim, found.starts)
    assert value <= optimum <= found.bound
    # With few blocks the prices say less than they do of a hundred.
    assert value >= 0.97 * optimum and found.bound <= 1.08 * optimum
    names = {problem.actions[k].id: start for k, start in found.starts.items()}
    assert verify_starts(problem, names) == ()


@pytest.mark.parametrize("seed", range(pick_share(12, 4)))
def test_later_goals_keep_the_value(seed: int) -> None:
    problem = make_portfolio(seed, 9, 5, 0.05)
    answer = solve_planning(problem, 20, 0.02)
    value, cost = answer.levels
    assert verify_starts(problem, answer.starts) == ()
    assert measure_goal(problem, "value", answer.starts) == value.value
    assert value.gap is not None and value.gap <= 0.1
    assert cost.bound is None or cost.bound <= cost.value


def test_without_anything_shared_each_block_is_solved_by_itself() -> None:
    problem = make_portfolio(3, 9, 5, 1000)
    answer = solve_planning(problem, 20, 0)
    assert answer.levels[0].is_proven


def test_what_hangs_together_does_not_fall_apart() -> None:
    problem = make_portfolio(1, 3, 8, 0.1)
    schedule = build_schedule(problem)
    aim, _steps = build_aim(problem, schedule, "value")
    assert part_schedule(schedule, [aim]) is None
