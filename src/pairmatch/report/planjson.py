"""plan.json: the whole plan as documented data, from which it can be read back, with its sums."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from pairmatch.domain.actions import ActionType
from pairmatch.domain.plan import Plan, PlannedAction, Quarter
from pairmatch.domain.planmoney import LINES, list_money, sum_lines, sum_payers, sum_years
from pairmatch.report.jsontexts import write_json

PLAN_SCHEMA = 1
"""Number of the form of `plan.json`."""


def build_plan_json(plan: Plan) -> str:
    """Return a plan as JSON: amounts as texts with two decimals, actions named by their ids.

    Raises
    ------
    ValueError
        If two different actions have the same id.
    """
    return write_json(
        {
            "schema": PLAN_SCHEMA,
            **{field.name: _encode(getattr(plan, field.name)) for field in fields(plan)},
            "actions": [_encode(action) for action in _collect_actions(plan)],
            "totals": _sum_up(plan),
        }
    )


def _collect_actions(plan: Plan) -> list[ActionType]:
    """Return the entries of the catalogue that the plan uses, by id."""
    found: dict[str, ActionType] = {}
    for pair in plan.pairs:
        for planned in pair.actions:
            action = planned.action
            if found.setdefault(action.action_id, action) != action:
                raise ValueError(f"two actions are called {action.action_id}")
    return [found[key] for key in sorted(found)]


def _sum_up(plan: Plan) -> dict[str, Any]:
    money = list_money(plan.pairs)
    first, last = plan.cycle
    return {
        "lines": _show(sum_lines(money)),
        "years": [
            {"year": y.year, **_show(y.amounts)} for y in sum_years(money, range(first, last + 1))
        ],
        "payers": [
            {"line": line, "payer_id": payer_id, "year": year, "amount": f"{amount:.2f}"}
            for (line, payer_id, year), amount in sum_payers(plan).items()
        ],
        "pairs": [
            {
                "unit_id": pair.unit_id,
                "village_id": pair.village_id,
                **_show(sum_lines(list_money([pair]))),
            }
            for pair in plan.pairs
        ],
    }


def _show(amounts: Mapping[Any, Decimal]) -> dict[str, str]:
    return {line: f"{amounts[line]:.2f}" for line in LINES}


def _encode(value: Any) -> Any:
    """Return a record as plain data: numbers that must stay exact are texts."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Quarter):
        return str(value)
    if is_dataclass(value):
        data = {field.name: _encode(getattr(value, field.name)) for field in fields(value)}
        if isinstance(value, PlannedAction):
            data["action"] = value.action.action_id
        return data
    if isinstance(value, tuple | list):
        return [_encode(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in sorted(value.items())}
    return value
