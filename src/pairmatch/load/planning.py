"""Reads planning problems and solutions from JSON: every slip is named with its path, all at once.

A path such as ``actions[3].uses[0].resource`` counts from 0, as JSON does.
"""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.planning import LARGEST, LONGEST_ID, MOST_PLACES, Goal, PlanningProblem
from pairmatch.errors import UsageError
from pairmatch.load.planchecks import check_problem, show_path
from pairmatch.load.settingerrors import find_existing_path

LARGEST_FILE = 100 * 2**20
_MOST_DIGITS = 60
_MOST_EXPONENT = 400
_SHOWN_LENGTH = 40

_CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_key",
    "no_number": "no_number",
    "literal_error": "not_an_option",
    "finite_number": "not_finite",
    "too_short": "empty",
    "string_too_short": "empty",
    "string_too_long": "too_long",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "decimal_max_places": "too_many_places",
    "int_from_float": "not_whole",
    "int_parsing": "not_whole",
}
_KINDS = {
    "string": "text",
    "int": "number",
    "decimal": "number",
    "is": "number",
    "bool": "bool",
    "tuple": "list",
    "mapping": "table",
    "dict": "table",
    "model": "table",
}


class _Refused(ValueError):
    """Something that Python's reader would let pass."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


class Claim(BaseModel):
    """A goal in a solution file, as far as it is looked at."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    goal: Goal
    value: Decimal


class PlanningSolution(BaseModel):
    """A solution file, as far as it is looked at."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    schema_: str = Field(alias="schema", pattern=r"^pairmatch\.planning-solution/1$")
    starts: Mapping[str, int]
    levels: tuple[Claim, ...] = ()


def read_problem(path: Path) -> tuple[PlanningProblem | None, tuple[Finding, ...]]:
    """Return the planning problem in a file, or all that keeps it from being used.

    Raises
    ------
    UsageError
        If there is no such file, or it cannot be opened.
    """
    raw, findings = _read_json(path)
    if findings:
        return None, findings
    try:
        problem = PlanningProblem.model_validate(raw)
    except ValidationError as error:
        return None, _describe_errors(error, raw, path.name)
    found = tuple(check_problem(problem, path.name))
    return (None, found) if found else (problem, ())


def read_solution(path: Path) -> tuple[PlanningSolution | None, tuple[Finding, ...]]:
    """Return the solution in a file, or all that keeps it from being used.

    Raises
    ------
    UsageError
        If there is no such file, or it cannot be opened.
    """
    raw, findings = _read_json(path)
    if findings:
        return None, findings
    plain = _plain_starts(raw)
    try:
        return PlanningSolution.model_validate(plain), ()
    except ValidationError as error:
        return None, _describe_errors(error, plain, path.name)


def _plain_starts(raw: Any) -> Any:
    """Return a solution with whole numbers of starts as such: the reader keeps them decimal."""
    starts = raw.get("starts") if isinstance(raw, dict) else None
    if not isinstance(starts, dict):
        return raw
    whole = {
        name: int(start) if isinstance(start, Decimal) and start == int(start) else start
        for name, start in starts.items()
    }
    levels = raw.get("levels", ())
    return {**raw, "starts": whole, "levels": tuple(levels) if isinstance(levels, list) else levels}


def _read_json(path: Path) -> tuple[Any, tuple[Finding, ...]]:
    data = _read_bytes(path)
    if data is None:
        params = {"most": str(LARGEST_FILE // 2**20)}
        return None, (_find("file_too_large", path.name, **params),)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None, (_find("not_utf8", path.name),)
    try:
        raw = json.loads(
            text,
            parse_float=_read_number,
            parse_int=_read_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_collect_pairs,
        )
    except _Refused as refused:
        return None, (_find(refused.code, path.name, text=refused.text[:_SHOWN_LENGTH]),)
    except json.JSONDecodeError as error:
        where = {"line": str(error.lineno), "column": str(error.colno)}
        return None, (_find("not_json", path.name, **where),)
    except RecursionError:
        return None, (_find("too_deep", path.name),)
    return raw, ()


def _read_bytes(path: Path) -> bytes | None:
    """Return what a file holds; None if it is larger than any that is read."""
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise UsageError("planning.file_missing", path=str(path)) from None
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        raise UsageError("planning.file_blocked", path=str(path), detail=detail) from error
    return None if len(data) > LARGEST_FILE else data


def _read_number(text: str) -> Decimal:
    if len(text) > _MOST_DIGITS:
        raise _Refused("number_too_long", text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _Refused("number_too_far", text) from None
    # A zero with a huge exponent is a zero, but not to those who write it out.
    if number and abs(number.adjusted()) > _MOST_EXPONENT:
        raise _Refused("number_too_far", text)
    return number if number else Decimal(0)


def _refuse_constant(text: str) -> None:
    raise _Refused("no_such_number", text)


def _collect_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Refused("key_twice", key)
        found[key] = value
    return found


def _describe_errors(error: ValidationError, raw: Any, name: str) -> tuple[Finding, ...]:
    found: dict[str, Finding] = {}
    for detail in error.errors():
        path = show_path(find_existing_path(raw, detail))
        found.setdefault(path, _describe_error(detail, path, name))
    return tuple(found.values())


def _describe_error(detail: ErrorDetails, path: str, name: str) -> Finding:
    kind = detail["type"]
    code = _CODES.get(kind) or "wrong_kind_" + _KINDS.get(kind.partition("_")[0], "other")
    given = detail["input"]
    value = "" if isinstance(given, Mapping | list | tuple) else str(given)[:_SHOWN_LENGTH]
    context = detail.get("ctx", {})
    params = {
        "options": str(context.get("expected", "")).replace(" or ", ", "),
        "least": str(context.get("ge", "")),
        "most": str(context.get("le", LARGEST)),
        "places": str(MOST_PLACES),
        "length": str(LONGEST_ID),
        "key": path,
    }
    return Finding(f"planning.{code}", Severity.ERROR, Place(name, cell=path, value=value), params)


def _find(code: str, name: str, **params: str) -> Finding:
    return Finding(f"planning.{code}", Severity.ERROR, Place(name), params)
