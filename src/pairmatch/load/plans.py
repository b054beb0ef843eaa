"""Read a plan back from its plan.json; what was damaged or changed is told, never guessed."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.plan import Plan
from pairmatch.domain.planmoney import LINES, list_money, sum_lines, sum_payers, sum_years

MAX_BYTES = 100 << 20
MAX_FINDINGS = 10
SCHEMA = 1
_MOST_DIGITS = 15
_QUARTER = re.compile(r"(\d{4})Q([1-4])", re.ASCII)
_SHOWN_LENGTH = 40


class _DamagedPlanError(Exception):
    """What is wrong with a file; the findings say where."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.findings = findings


def read_plan(path: Path) -> tuple[Plan | None, tuple[Finding, ...]]:
    """Return the plan in a file, or what keeps it from being read.

    The sums that the file states are computed again; a plan whose sums differ is refused.

    Parameters
    ----------
    path
        A ``plan.json``.
    """
    try:
        data = _parse(path.name, _read_bytes(path))
        plan = _build(path.name, data)
        _refuse_sizes(path.name, plan)
        wrong = list(_compare_sums(path.name, plan, data.get("totals")))
    except _DamagedPlanError as error:
        return None, tuple(error.findings)
    return (None, tuple(wrong)) if wrong else (plan, ())


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _tell(path.name, "runs.file_missing") from None
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise _tell(path.name, "runs.unreadable", detail=detail) from error
    if len(data) > MAX_BYTES:
        raise _tell(path.name, "planfiles.too_large", limit=str(MAX_BYTES >> 20))
    return data


def _parse(file: str, content: bytes) -> dict[str, Any]:
    try:
        data = json.loads(content, object_pairs_hook=_refuse_doubles, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        raise _tell(file, "runs.not_json", line=str(line), column=str(column)) from error
    if not isinstance(data, dict):
        raise _tell(file, "runs.not_json", line="1", column="1")
    if data.get("schema") != SCHEMA:
        raise _tell(
            file, "planfiles.schema", schema=_shorten(data.get("schema")), known=str(SCHEMA)
        )
    return data


def _refuse_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(name: str) -> None:
    raise ValueError(name)


def _build(file: str, data: Mapping[str, Any]) -> Plan:
    """Return the plan of the data; the checks are those of the records themselves."""
    from pydantic import TypeAdapter, ValidationError

    given = {key: data[key] for key in Plan.__dataclass_fields__ if key in data}
    if isinstance(data.get("pairs"), list):
        actions = _index(data)
        given["pairs"] = [_fill_pair(file, pair, actions) for pair in data["pairs"]]
    text = json.dumps(given, ensure_ascii=False)
    try:
        return TypeAdapter(Plan).validate_json(text, strict=True)
    except ValidationError as error:
        raise _DamagedPlanError(
            [_describe(file, dict(detail)) for detail in error.errors()[:MAX_FINDINGS]]
        ) from error


def _index(data: Mapping[str, Any]) -> dict[str, Any]:
    actions = (a for a in _list(data, "actions") if isinstance(a, dict))
    return {str(action.get("action_id")): action for action in actions}


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    return value if isinstance(value, list) else []


def _fill_pair(file: str, pair: Any, actions: Mapping[str, Any]) -> Any:
    """Return a pair with its actions in full and its quarters as year and number."""
    if not isinstance(pair, dict) or not isinstance(pair.get("actions"), list):
        return pair
    return {**pair, "actions": [_fill_action(file, a, actions) for a in pair["actions"]]}


def _fill_action(file: str, planned: Any, actions: Mapping[str, Any]) -> Any:
    if not isinstance(planned, dict):
        return planned
    filled = dict(planned)
    key = planned.get("action")
    if not isinstance(key, str) or key not in actions:
        raise _tell(file, "planfiles.unknown_action", action=_shorten(key))
    filled["action"] = actions[key]
    for name in ("start", "finish"):
        match = _QUARTER.fullmatch(str(planned.get(name)))
        if match is None:
            value = _shorten(planned.get(name))
            raise _tell(file, "runs.bad_value", key=name, value=value)
        filled[name] = {"year": int(match[1]), "number": int(match[2])}
    return filled


def _refuse_sizes(file: str, plan: Plan) -> None:
    # A number such as 1e999999 would fill the memory as soon as it is written out.
    for name, number in _list_numbers("plan", plan):
        if abs(number.adjusted()) > _MOST_DIGITS:
            raise _tell(file, "runs.bad_value", key=name, value=_shorten(number))


def _list_numbers(name: str, value: Any) -> Iterator[tuple[str, Decimal]]:
    if isinstance(value, Decimal):
        yield name, value
    elif isinstance(value, tuple):
        for item in value:
            yield from _list_numbers(name, item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _list_numbers(field.name, getattr(value, field.name))


def _compare_sums(file: str, plan: Plan, totals: Any) -> Iterator[Finding]:
    """Yield where the sums that the file states are not those of its money lines."""
    money = list_money(plan.pairs)
    sums: dict[str, Decimal] = {f"lines.{k}": v for k, v in sum_lines(money).items()}
    first, last = plan.cycle
    for year in sum_years(money, range(first, last + 1)):
        sums |= {f"years.{year.year}.{line}": year.amounts[line] for line in LINES}
    for (line, payer_id, payer_year), amount in sum_payers(plan).items():
        sums[f"payers.{line}.{payer_id}.{payer_year}"] = amount
    for pair in plan.pairs:
        own = sum_lines(list_money([pair]))
        sums |= {f"pairs.{pair.unit_id}.{pair.village_id}.{line}": own[line] for line in LINES}
    stated = _list_stated(totals)
    keys = sorted(key for key in {*sums, *stated} if f"{sums.get(key, 0):.2f}" != stated.get(key))
    for key in keys[:MAX_FINDINGS]:
        params = {"key": key, "stated": stated.get(key, "—"), "sum": f"{sums.get(key, 0):.2f}"}
        yield Finding("planfiles.sum_differs", Severity.ERROR, Place(file), params)


def _list_stated(totals: Any) -> dict[str, str]:
    if not isinstance(totals, dict):
        return {}
    lines = totals.get("lines")
    stated = {f"lines.{k}": str(v) for k, v in lines.items()} if isinstance(lines, dict) else {}
    for row in filter(_is_row, _list(totals, "years")):
        stated |= {f"years.{row.get('year')}.{line}": str(row.get(line)) for line in LINES}
    for row in filter(_is_row, _list(totals, "payers")):
        key = f"payers.{row.get('line')}.{row.get('payer_id')}.{row.get('year')}"
        stated[key] = str(row.get("amount"))
    for row in filter(_is_row, _list(totals, "pairs")):
        key = f"pairs.{row.get('unit_id')}.{row.get('village_id')}"
        stated |= {f"{key}.{line}": str(row.get(line)) for line in LINES}
    return stated


def _is_row(row: Any) -> bool:
    return isinstance(row, dict)


def _describe(file: str, detail: Mapping[str, Any]) -> Finding:
    key = ".".join(str(part) for part in detail["loc"]) or file
    if detail["type"] == "missing":
        return Finding("runs.missing_value", Severity.ERROR, Place(file), {"key": key})
    params = {"key": key, "value": _shorten(detail["input"])}
    return Finding("runs.bad_value", Severity.ERROR, Place(file), params)


def _tell(file: str, code: str, **params: str) -> _DamagedPlanError:
    return _DamagedPlanError([Finding(code, Severity.ERROR, Place(file), params)])


def _shorten(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"
