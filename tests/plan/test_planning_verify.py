"""The independent check finds each thing that can be wrong with a solution, and only that."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import pick_share
from tests.plan.planning_cases import make_small_problem, read_problem
from tests.plan.planning_oracle import keeps_all, list_options, value_goal

from pairmatch.plan.solve import MINIMISED
from pairmatch.plan.verify import measure_goal, verify_starts

PROBLEM = {
    "schema": "pairmatch.planning-problem/1",
    "periods": 4,
    "resources": [
        {"id": "r", "capacity": [2, 2, 2, 1], "limits": [{"first": 0, "last": 3, "amount": 5}]}
    ],
    "measures": {"road": None},
    "actions": [
        {"id": "a", "duration": 2, "release": 1, "uses": [{"resource": "r", "amount": 1}]},
        {"id": "b", "due": 2, "uses": [{"resource": "r", "amount": 2}]},
        {"id": "c", "windows": [[0, 0], [2, 3]], "uses": [{"resource": "r", "profile": [1]}]},
        {"id": "d", "mandatory": True, "duration": 0},
        {"id": "e", "requires": [{"any_of": ["a", "b"], "lag": 1}]},
        {"id": "f", "requires": [{"any_of": ["a"], "met_if": {"measure": "road", "at_least": 1}}]},
        {"id": "g", "uses": [{"resource": "r", "amount": 2}]},
    ],
    "choices": [
        {"id": "most", "actions": ["b", "g"], "at_most": 1},
        {"id": "least", "actions": ["d", "a"], "at_least": 1, "at_most": 2},
    ],
}


def find_codes(starts: dict[str, int], **changes: object) -> list[str]:
    problem = read_problem({**PROBLEM, **changes})
    return [finding.code.partition(".verify_")[2] for finding in verify_starts(problem, starts)]


def test_a_good_solution_holds() -> None:
    assert find_codes({"d": 0, "a": 1, "b": 0, "e": 2}) == []


@pytest.mark.parametrize(
    ("starts", "code"),
    [
        ({"d": 0, "z": 1}, "unknown"),
        ({"d": 0, "a": 3}, "horizon"),
        ({"d": 5}, "horizon"),
        ({"d": -1}, "horizon"),
        ({"d": 0, "a": 0}, "release"),
        ({"d": 0, "g": 3}, "capacity"),
        ({"d": 0, "b": 3}, "due"),
        ({"d": 0, "c": 1}, "window"),
        ({"a": 1}, "mandatory"),
        ({"d": 0, "b": 0, "g": 1}, "too_many"),
        ({"d": 0, "e": 3}, "missing"),
        ({"d": 0, "a": 1, "e": 3}, "too_soon"),
        ({"d": 0, "f": 3}, "missing"),
        ({"d": 0, "a": 1, "b": 1}, "capacity"),
    ],
)
def test_each_fault_is_found(starts: dict[str, int], code: str) -> None:
    found = find_codes(starts)
    assert code in found
    assert set(found) <= {code, "capacity", "release"}


def test_too_few_and_the_limit_of_several_periods() -> None:
    assert find_codes({"d": 0}, choices=[{"id": "c", "actions": ["a", "b"], "at_least": 1}]) == [
        "too_few"
    ]
    limited = [{"id": "r", "limits": [{"first": 1, "last": 2, "amount": 1.9}]}]
    assert find_codes({"d": 0, "a": 1}, resources=limited) == ["limit"]


def test_a_hundredth_too_much_is_too_much() -> None:
    raw = {**PROBLEM, "resources": [{"id": "r", "capacity": 1}]}
    for amount, faults in (("1.000000000000000000", 0), ("0.999999999999999999", 2)):
        text = json.dumps(raw).replace('"capacity": 1}', f'"capacity": {amount}}}')
        problem = read_problem(json.loads(text, parse_float=Decimal))
        assert len(verify_starts(problem, {"d": 0, "a": 1})) == faults


@settings(max_examples=pick_share(2000, 10), deadline=None)
@given(st.integers(0, 5000), st.data())
def test_any_starts_are_judged_as_the_text_of_the_format_says(
    seed: int, data: st.DataObject
) -> None:
    raw = make_small_problem(seed)
    starts = {
        action["id"]: start
        for action in raw["actions"]
        if (start := data.draw(st.sampled_from([None, 0, 1, 2, 3]))) is not None
    }
    options = {action["id"]: list_options(raw, action) for action in raw["actions"]}
    in_time = all(starts.get(name) in own for name, own in options.items())
    expected = in_time and keeps_all(raw, starts)
    problem = read_problem(raw)
    assert (verify_starts(problem, starts) == ()) == expected
    for goal in ("value", "earliness", "cost", "makespan") if expected else ():
        sign = -1 if goal in MINIMISED else 1
        assert sign * measure_goal(problem, goal, starts) == Fraction(value_goal(raw, goal, starts))
