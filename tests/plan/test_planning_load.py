"""Whatever stands in a problem file: it is solved as it says, or all slips are told with paths."""

import copy
import json
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import pick_share
from tests.plan.planning_cases import make_small_problem

from pairmatch.errors import UsageError
from pairmatch.load import planning
from pairmatch.load.planning import read_problem, read_solution
from pairmatch.messages import render

GOOD = {
    "schema": "pairmatch.planning-problem/1",
    "periods": 3,
    "resources": [{"id": "r", "capacity": [1, 2, 3]}],
    "measures": {"m": 1},
    "actions": [
        {"id": "a", "uses": [{"resource": "r", "amount": 1}]},
        {"id": "b", "duration": 2, "requires": [{"any_of": ["a"], "since": "start"}]},
        {"id": "c", "requires": [{"any_of": ["a"], "met_if": {"measure": "m", "at_most": 1}}]},
    ],
    "choices": [{"id": "x", "actions": ["a", "b"]}],
    "groups": [{"id": "g", "amounts": {"a": 1}, "points": [[1, 2], [2, 3]]}],
}


def read(tmp_path, text):
    path = tmp_path / "p.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_problem(path)


def find(tmp_path, raw):
    _problem, findings = read(tmp_path, json.dumps(raw))
    return [(f.code.removeprefix("planning."), f.place.cell) for f in findings]


def change(path, value):
    raw = copy.deepcopy(GOOD)
    *parents, last = path
    place = raw
    for part in parents:
        place = place[part]
    place[last] = value
    return raw


def test_a_good_problem_is_read(tmp_path):
    problem, findings = read(tmp_path, json.dumps(GOOD))
    assert findings == ()
    assert [action.id for action in problem.actions] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        (["periods"], 0, "too_small", "periods"),
        (["periods"], True, "no_number", "periods"),
        (["periods"], "3", "no_number", "periods"),
        (["periods"], 2.5, "not_whole", "periods"),
        (["periods"], None, "wrong_kind_number", "periods"),
        (["periods"], 10**6, "too_large", "periods"),
        (["discount"], -0.1, "too_small", "discount"),
        (["discount"], 1e-40, "too_many_places", "discount"),
        (["schema"], "pairmatch.planning-problem/2", "not_an_option", "schema"),
        (["objective"], ["value", "value"], "goal_twice", "objective"),
        (["objective"], [], "empty", "objective"),
        (["objective"], ["money"], "not_an_option", "objective[0]"),
        (["resources", 0, "id"], "", "empty", "resources[0].id"),
        (["resources", 0, "capacity"], [1, 2], "capacity_length", "resources[0].capacity"),
        (
            ["resources", 0, "limits"],
            [{"first": 1, "last": 3, "amount": 1}],
            "bad_span",
            "resources[0].limits[0]",
        ),
        (["actions", 0, "uses", 0, "resource"], "q", "unknown_id", "actions[0].uses[0].resource"),
        (["actions", 0, "uses", 0, "profile"], [1], "amount_or_profile", "actions[0].uses[0]"),
        (
            ["actions", 0, "uses", 0],
            {"resource": "r", "profile": [1, 1]},
            "profile_length",
            "actions[0].uses[0].profile",
        ),
        (["actions", 0, "duration"], 0, "milestone_uses", "actions[0].uses[0]"),
        (["actions", 0, "windows"], [[2, 1]], "bad_span", "actions[0].windows[0]"),
        (["actions", 1, "id"], "a", "id_twice", "actions[1].id"),
        (["actions", 1, "colour"], "red", "unknown_key", "actions[1].colour"),
        (["actions", 1, "requires", 0, "any_of"], [], "empty", "actions[1].requires[0].any_of"),
        (
            ["actions", 1, "requires", 0, "any_of", 0],
            "q",
            "unknown_id",
            "actions[1].requires[0].any_of[0]",
        ),
        (
            ["actions", 2, "requires", 0, "met_if", "measure"],
            "q",
            "unknown_measure",
            "actions[2].requires[0].met_if.measure",
        ),
        (
            ["actions", 2, "requires", 0, "met_if"],
            {"measure": "m"},
            "met_always",
            "actions[2].requires[0].met_if",
        ),
        (["choices", 0, "at_least"], 2, "bounds_crossed", "choices[0]"),
        (["choices", 0, "actions"], ["a", "a"], "member_twice", "choices[0].actions"),
        (["groups", 0, "points"], [[1, 1], [2, 3]], "not_concave", "groups[0].points[1]"),
        (["groups", 0, "points"], [[1, 1], [2, 0]], "not_concave", "groups[0].points[1]"),
        (["groups", 0, "points"], [[0, 1]], "points_order", "groups[0].points[0]"),
        (["groups", 0, "amounts"], {"q": 1}, "unknown_id", "groups[0].amounts.q"),
    ],
)
def test_each_slip_is_told_with_its_path(tmp_path, path, value, code, where):
    assert (code, where) in find(tmp_path, change(path, value))


def test_all_slips_are_told_at_once(tmp_path):
    raw = change(["resources", 0, "capacity"], [1])
    raw["actions"][0]["uses"][0]["resource"] = "q"
    raw["choices"][0]["actions"] = ["z"]
    assert len(find(tmp_path, raw)) == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_utf8"),
        (b"[" * 100_000, "too_deep"),
        (b'{"periods": NaN}', "no_such_number"),
        (b'{"periods": -Infinity}', "no_such_number"),
        (b'{"periods": 1, "periods": 2}', "key_twice"),
        (b'{"periods": ' + b"9" * 5000 + b"}", "number_too_long"),
        (b'{"periods": 1e999999999999999999999}', "number_too_far"),
        (b'{"periods": 1e99999999}', "number_too_far"),
        (b'{"periods": 1e-99999999}', "number_too_far"),
        (b"[]", "wrong_kind_table"),
        (b"null", "wrong_kind_table"),
    ],
)
def test_broken_files_are_told(tmp_path, text, code):
    _problem, findings = read(tmp_path, text)
    assert [f.code for f in findings] == [f"planning.{code}"]


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "LARGEST_FILE", 10)
    assert [f.code for f in read(tmp_path, b" " * 11)[1]] == ["planning.file_too_large"]


def test_a_file_that_is_not_there_is_a_wrong_command(tmp_path):
    with pytest.raises(UsageError):
        read_problem(tmp_path / "nothing.json")
    with pytest.raises(UsageError):
        read_problem(tmp_path)


def test_a_zero_is_a_zero_however_it_is_written(tmp_path):
    problem, findings = read(
        tmp_path, json.dumps(GOOD).replace('"periods"', '"discount": 0e9999999, "periods"')
    )
    assert findings == ()
    assert str(problem.discount) == "0"


def make_ring(lag, since):
    raw = copy.deepcopy(GOOD)
    raw["actions"][0]["requires"] = [{"any_of": ["b"], "since": since, "lag": lag}]
    return raw


def test_rings_without_an_order_are_told_and_others_are_not(tmp_path):
    assert [code for code, _ in find(tmp_path, make_ring(0, "finish"))] == ["ring"]
    assert [code for code, _ in find(tmp_path, make_ring(1, "start"))] == ["ring"]
    assert find(tmp_path, make_ring(0, "start")) == []  # both may start in the same period
    other = make_ring(1, "start")
    other["actions"][0]["requires"][0]["any_of"] = ["b", "c"]
    other["actions"][2]["requires"] = []
    assert find(tmp_path, other) == []  # there is another way


def test_an_action_that_waits_for_itself_is_told(tmp_path):
    raw = change(["actions", 1, "requires", 0], {"any_of": ["b"]})
    assert [code for code, _ in find(tmp_path, raw)] == ["ring"]


JUNK = st.sampled_from(
    [None, True, -1, 0, 1, 2.5, 1e300, "", "a", "r", [], [1], [[0, 1]], {}, {"a": 1}, 10**30]
)


@settings(max_examples=pick_share(3000, 10), deadline=None)
@given(st.integers(0, 1000), st.data())
def test_junk_anywhere_is_never_a_traceback(tmp_path_factory, seed, data):
    raw = make_small_problem(seed)
    for _ in range(data.draw(st.integers(1, 3))):
        place = raw
        while isinstance(place, dict | list) and place:
            keys = sorted(place) if isinstance(place, dict) else range(len(place))
            key = data.draw(st.sampled_from(keys))
            if data.draw(st.booleans()):
                place[key] = deepcopy(data.draw(JUNK))  # what is drawn may be drawn again
                break
            place = place[key]
    path = tmp_path_factory.getbasetemp() / "junk.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    problem, findings = read_problem(path)
    assert (problem is None) == bool(findings)
    for finding in findings:
        for lang in ("zh", "en"):
            assert render(finding.code, {**finding.params, "value": finding.place.value}, lang).text


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"schema": "pairmatch.planning-solution/1"}',
        '{"schema": "pairmatch.planning-solution/1", "starts": []}',
        '{"schema": "pairmatch.planning-solution/1", "starts": {"a": 1.5}}',
        '{"schema": "pairmatch.planning-solution/1", "starts": {"a": "1"}}',
        '{"schema": "pairmatch.planning-solution/1", "starts": {"a": null}}',
        '{"schema": "x", "starts": {}}',
        '{"schema": "pairmatch.planning-solution/1", "starts": {}, "levels": 5}',
        '{"schema": "pairmatch.planning-solution/1", "starts": {}, "levels": [{"goal": "x"}]}',
    ],
)
def test_broken_solutions_are_told(tmp_path, text):
    path = tmp_path / "s.json"
    path.write_text(text, encoding="utf-8")
    solution, findings = read_solution(path)
    assert solution is None
    assert findings
