"""The page on the format names each field of the records, and no other; a solution goes round."""

import re
from pathlib import Path

import pytest
from tests.plan.planning_cases import make_mine, read_problem

from pairmatch.domain import planning
from pairmatch.load.planning import read_solution
from pairmatch.plan.solve import solve_planning
from pairmatch.plan.summary import describe_answer
from pairmatch.report.jsontexts import write_json

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "planning-problem.md"
RECORDS = [
    planning.PlanningProblem,
    planning.Resource,
    planning.PeriodLimit,
    planning.Use,
    planning.MetIf,
    planning.Requirement,
    planning.Action,
    planning.Choice,
    planning.Group,
]


@pytest.mark.parametrize("record", RECORDS)
def test_every_field_is_on_the_page(record) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, field in record.model_fields.items():
        assert re.search(rf'[`"]{field.alias or name}["`]', text), name


def test_every_goal_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for goal in ("value", "earliness", "cost", "makespan"):
        assert f"`{goal}` (" in text


def test_a_solution_that_is_written_is_read_again(tmp_path) -> None:
    problem = read_problem(make_mine(1, 5, 2, 3))
    answer = solve_planning(problem, 30)
    path = tmp_path / "solution.json"
    path.write_text(write_json(describe_answer(problem, answer)), encoding="utf-8")
    solution, findings = read_solution(path)
    assert findings == ()
    assert solution is not None
    assert dict(solution.starts) == dict(answer.starts)
    assert float(solution.levels[0].value) == pytest.approx(float(answer.levels[0].value))


def test_equal_input_gives_equal_bytes() -> None:
    problem = read_problem(make_mine(2, 5, 3, 3))
    texts = {write_json(describe_answer(problem, solve_planning(problem, 30))) for _ in range(3)}
    assert len(texts) == 1
