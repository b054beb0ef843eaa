"""Knapsacks, mines and projects: proven, and the same as a second model of scipy finds.

The second model has a variable for each action and start, and shares nothing with ours.
"""

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from tests.cases import pick_share
from tests.plan.planning_cases import make_knapsack, make_mine, make_project, read_problem

from pairmatch.plan.solve import solve_planning
from pairmatch.plan.verify import verify_starts
from pairmatch.solvers import schedulesearch
from pairmatch.solvers.scheduleneighbours import Neighbourhoods


class SecondModel:
    """Starts as 0 or 1, with the rows that the kinds of problems here need."""

    def __init__(self, raw: dict) -> None:
        self.raw = raw
        self.lengths = {a["id"]: a.get("duration", 1) for a in raw["actions"]}
        self.keys = [
            (name, start)
            for name, length in self.lengths.items()
            for start in range(raw["periods"] - length + 1)
        ]
        self.place = {key: k for k, key in enumerate(self.keys)}
        self.rows: list[tuple[dict[int, float], float, float]] = []
        for action in raw["actions"]:
            own = {k: 1.0 for (name, _s), k in self.place.items() if name == action["id"]}
            self.rows.append((own, 1.0 if action.get("mandatory") else 0.0, 1.0))
            for need in action.get("requires", ()):
                self._add_order(action["id"], need)
        for resource in raw["resources"]:
            for period in range(raw["periods"]):
                self._add_capacity(resource, period)

    def _add_order(self, name: str, need: dict) -> None:
        (other,) = need["any_of"]
        wait = 0 if need.get("since") == "start" else self.lengths[other]
        for time in range(self.raw["periods"] + 1):
            row = {k: 1.0 for (n, s), k in self.place.items() if n == name and s <= time}
            for (n, s), k in self.place.items():
                if n == other and s <= time - wait:
                    row[k] = row.get(k, 0.0) - 1.0
            self.rows.append((row, -np.inf, 0.0))

    def _add_capacity(self, resource: dict, period: int) -> None:
        row: dict[int, float] = {}
        for action in self.raw["actions"]:
            for use in action["uses"]:
                for start in range(period - self.lengths[action["id"]] + 1, period + 1):
                    k = self.place.get((action["id"], start))
                    if use["resource"] == resource["id"] and k is not None:
                        row[k] = use["amount"]
        self.rows.append((row, -np.inf, resource["capacity"]))

    def solve(self, gains: dict[tuple[str, int], float]) -> float:
        matrix = np.zeros((len(self.rows), len(self.keys)))
        for number, (row, _low, _high) in enumerate(self.rows):
            for k, c in row.items():
                matrix[number, k] = c
        limits = LinearConstraint(matrix, [r[1] for r in self.rows], [r[2] for r in self.rows])
        result = milp(
            [-gains.get(key, 0.0) for key in self.keys],
            integrality=np.ones(len(self.keys)),
            bounds=Bounds(0, 1),
            constraints=limits,
            options={"mip_rel_gap": 0},
        )
        assert result.status == 0
        return -float(result.fun)


def check_value(raw: dict) -> None:
    values = {action["id"]: action["value"] for action in raw["actions"]}
    rate = 1 + raw.get("discount", 0)
    model = SecondModel(raw)
    expected = model.solve({(n, s): values[n] / rate**s for n, s in model.keys})
    problem = read_problem(raw)
    answer = solve_planning(problem, 60)
    assert answer.status == "optimal"
    assert float(answer.levels[0].value) == pytest.approx(expected, rel=1e-7)
    assert verify_starts(problem, answer.starts) == ()


@pytest.mark.parametrize("seed", range(pick_share(12, 4)))
def test_knapsacks(seed: int) -> None:
    check_value(make_knapsack(seed, 25 + seed, 5))


@pytest.mark.parametrize("seed", range(pick_share(12, 4)))
def test_mines(seed: int) -> None:
    check_value(make_mine(seed, 5 + seed % 2, 3, 4))


@pytest.mark.parametrize("seed", range(pick_share(12, 4)))
def test_projects(seed: int) -> None:
    raw = make_project(seed, 7 + seed % 3)
    model = SecondModel(raw)
    end = raw["actions"][-1]["id"]
    expected = -model.solve({(n, s): -float(s) for n, s in model.keys if n == end})
    answer = solve_planning(read_problem(raw), 60)
    assert answer.status == "optimal"
    assert answer.levels[0].value == round(expected)


@pytest.mark.parametrize("make", [lambda: make_mine(7, 5, 3, 4), lambda: make_knapsack(7, 40, 5)])
def test_the_long_search_finds_the_same_as_the_quick_one(monkeypatch, make) -> None:
    problem = read_problem(make())
    quick = solve_planning(problem, 60, method="program")
    monkeypatch.setattr(schedulesearch, "_QUICK_SECONDS", 0.0)
    long = solve_planning(problem, 60, method="program")
    assert quick.status == long.status == "optimal"
    assert quick.levels[0].value == long.levels[0].value


def test_what_was_found_before_ctrl_c_is_kept(monkeypatch) -> None:
    def interrupt(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(schedulesearch, "_QUICK_SECONDS", 0.0)
    monkeypatch.setattr(Neighbourhoods, "improve", interrupt)
    problem = read_problem(make_mine(8, 9, 4, 6))
    answer = solve_planning(problem, 60, method="program")
    assert answer.status == "feasible"
    assert answer.levels[0].value > 0
    assert answer.levels[0].bound is not None
    assert verify_starts(problem, answer.starts) == ()


def test_a_bound_is_never_below_the_best_value() -> None:
    for seed in range(pick_share(20, 4)):
        problem = read_problem(make_mine(seed, 5, 3, 4))
        best = solve_planning(problem, 60).levels[0].value
        for method in ("program", "intervals"):
            hasty = solve_planning(problem, 0.05, 0.2, method=method)
            for level in hasty.levels:
                assert level.bound is None or level.bound >= best, (seed, method)
