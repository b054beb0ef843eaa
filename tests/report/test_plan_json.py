"""plan.json: the whole plan, read back as it was; a damaged or changed file is refused, named."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.synthetic_plans import make_plan

from pairmatch.load.plans import SCHEMA, read_plan
from pairmatch.report.planjson import PLAN_SCHEMA, build_plan_json

PLAN = make_plan(4)
TEXT = build_plan_json(PLAN)
LINES = ("unit_cash", "in_kind", "village", "department")


def read_text(tmp_path: Path, text: str) -> tuple[Any, list[str]]:
    path = tmp_path / "plan.json"
    path.write_text(text, encoding="utf-8")
    plan, findings = read_plan(path)
    assert (plan is None) == bool(findings)
    return plan, [finding.code for finding in findings]


def test_a_plan_is_read_back_as_it_was(tmp_path: Path) -> None:
    assert SCHEMA == PLAN_SCHEMA
    plan = make_plan()
    text = build_plan_json(plan)
    assert read_text(tmp_path, text) == (plan, [])
    assert text == build_plan_json(make_plan())
    reason = {"key": "造价"}
    pair = plan.pairs[0]
    told = tuple(replace(n, reason="runs.missing_value", params=reason) for n in pair.needs)
    changed = replace(plan, pairs=(replace(pair, needs=told), *plan.pairs[1:]), status="optimal")
    assert read_text(tmp_path, build_plan_json(changed)) == (changed, [])


def test_sums_are_those_of_the_lines() -> None:
    data = json.loads(TEXT)
    cents: dict[tuple[str, ...], int] = {}
    for pair in data["pairs"]:
        for action in pair["actions"]:
            for line in action["money"]:
                amount = int(Decimal(line["amount"]) * 100)
                for key in (
                    (line["line"],),
                    (line["line"], str(line["year"])),
                    (line["line"], line["payer_id"], str(line["year"])),
                    (line["line"], pair["unit_id"], pair["village_id"], ""),
                ):
                    cents[key] = cents.get(key, 0) + amount
    totals = data["totals"]
    stated = {(line,): totals["lines"][line] for line in LINES}
    stated |= {(n, str(row["year"])): row[n] for row in totals["years"] for n in LINES}
    stated |= {(r["line"], r["payer_id"], str(r["year"])): r["amount"] for r in totals["payers"]}
    stated |= {
        (n, row["unit_id"], row["village_id"], ""): row[n] for row in totals["pairs"] for n in LINES
    }
    found = {key: int(Decimal(text) * 100) for key, text in stated.items()}
    assert {key: value for key, value in found.items() if value} == cents


def damage(change: Callable[[dict[str, Any]], object]) -> str:
    data = json.loads(TEXT)
    change(data)
    return json.dumps(data, ensure_ascii=False)


def first_action(data: dict[str, Any]) -> dict[str, Any]:
    return data["pairs"][0]["actions"][0]


DAMAGED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "newer": (lambda d: d.update(schema=2), "planfiles.schema"),
    "no schema": (lambda d: d.pop("schema"), "planfiles.schema"),
    "sum": (lambda d: d["totals"]["lines"].update(unit_cash="1.00"), "planfiles.sum_differs"),
    "no sums": (lambda d: d.pop("totals"), "planfiles.sum_differs"),
    "amount": (
        lambda d: first_action(d)["money"][0].update(amount="999.99"),
        "planfiles.sum_differs",
    ),
    "unknown action": (lambda d: first_action(d).update(action="a99"), "planfiles.unknown_action"),
    "no actions": (lambda d: d.pop("actions"), "planfiles.unknown_action"),
    "quarter": (lambda d: first_action(d).update(start="2027Q5"), "runs.bad_value"),
    "huge": (lambda d: first_action(d).update(quantity="1e999999"), "runs.bad_value"),
    "huge amount": (
        lambda d: first_action(d)["money"][0].update(amount="1e99999999"),
        "runs.bad_value",
    ),
    "infinite": (lambda d: first_action(d).update(quantity="Infinity"), "runs.bad_value"),
    "not a number": (lambda d: first_action(d).update(before="NaN"), "runs.bad_value"),
    "line": (lambda d: first_action(d)["money"][0].update(line="gift"), "runs.bad_value"),
    "status": (lambda d: d.update(status="good"), "runs.bad_value"),
    "missing": (lambda d: d["pairs"][0].pop("unit_id"), "runs.missing_value"),
    "no list": (lambda d: d.update(pairs=5), "runs.bad_value"),
    "no pairs": (lambda d: d.pop("pairs"), "runs.missing_value"),
    "text for a number": (
        lambda d: d["pairs"][0]["needs"][0].update(deficit="5"),
        "runs.bad_value",
    ),
    "flag": (lambda d: d.update(synthetic="yes"), "runs.bad_value"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_told(tmp_path: Path, name: str) -> None:
    change, code = DAMAGED[name]
    plan, codes = read_text(tmp_path, damage(change))
    assert plan is None and set(codes) == {code}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "5", '{"schema": 1', '{"schema": NaN}', '{"a": 1, "a": 1}', "[" * 100_000, "\0"],
    ids=range(8),
)
def test_broken_files_are_told(tmp_path: Path, text: str) -> None:
    assert read_text(tmp_path, text)[1] == ["runs.not_json"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    plan, (finding,) = read_plan(tmp_path / "plan.json")
    assert plan is None and finding.code == "runs.file_missing"
    plan, (finding,) = read_plan(tmp_path)
    assert plan is None and finding.code == "runs.unreadable"


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes("方案".encode("gbk"))
    assert [f.code for f in read_plan(path)[1]] == ["runs.not_json"]


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 10**9), st.sampled_from([None, 0, -1, "", "x", [], {}, True, 1e300, "9" * 50])
)
def test_any_one_change_is_refused_or_passed_over(
    tmp_path_factory: Any, at: int, value: object
) -> None:
    data = json.loads(TEXT)
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, item in list(items):
            places.append((node, key))
            if isinstance(item, dict | list):
                walk(item)

    walk(data)
    node, key = places[at % len(places)]
    node[key] = value
    text = json.dumps(data, ensure_ascii=False)
    plan, _ = read_text(tmp_path_factory.mktemp("plan"), text)
    if plan is not None:
        assert build_plan_json(plan)


def test_two_actions_of_one_name_are_refused() -> None:
    pair = PLAN.pairs[0]
    action = pair.actions[0]
    other = replace(action, action=replace(action.action, name_zh="别的"))
    changed = replace(pair, actions=(action, other))
    with pytest.raises(ValueError, match="two actions"):
        build_plan_json(replace(PLAN, pairs=(changed,)))
