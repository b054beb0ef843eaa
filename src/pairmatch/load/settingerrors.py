"""Validation errors of settings, in our own words: one finding for each, with its line."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.scenario import Scenario
from pairmatch.load.keypaths import KeyPath, find_line, show_path

UNIT_CONDITIONS = ("tier", "kind", "county", "unit_id", "capability", "industry")
VILLAGE_CONDITIONS = ("county", "township", "type", "village_id")
CONDITIONS = (
    *(f"unit.{name}" for name in UNIT_CONDITIONS),
    *(f"village.{name}" for name in VILLAGE_CONDITIONS),
)
"""The keys that `where` of a quota may have."""

_CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_key",
    "literal_error": "not_an_option",
    "finite_number": "not_finite",
    "too_long": "wrong_length",
    "too_short": "wrong_length",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "int_from_float": "not_whole",
    "bad_within": "bad_within",
    "bad_pairs": "bad_pairs",
    "bad_day": "bad_day",
    "waiver_alone": "waiver_alone",
}
_KINDS = {
    "string": "text",
    "int": "whole",
    "float": "number",
    "decimal": "number",
    "bool": "bool",
    "tuple": "list",
    "list": "list",
    "dict": "table",
    "mapping": "table",
    "model": "table",
}


def find_existing_path(raw: Mapping[str, Any], detail: ErrorDetails) -> KeyPath:
    """Return the path of an error, cut where it leaves the file (names of types in unions)."""
    path: KeyPath = ()
    value: Any = raw
    for part in detail["loc"]:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return (*path, part) if detail["type"] == "missing" else path
        path = (*path, part)
    return path


def describe_error(
    detail: ErrorDetails, path: KeyPath, raw: Mapping[str, Any], text: str, name: str
) -> Finding:
    """Return the finding for one validation error.

    Parameters
    ----------
    detail
        The error as the validator gives it.
    path
        Where it is, from `find_existing_path`.
    raw
        The settings as read.
    text
        The text of the file, to find the line.
    name
        The name of the file.
    """
    kind = detail["type"]
    if key := detail.get("ctx", {}).get("key"):
        path = (*path, key)
    line = find_line(text, path)
    value = "" if isinstance(detail["input"], Mapping | list | tuple) else _show(detail["input"])
    params = {"key": show_path(path), "line": str(line), "value": value}
    code = _CODES.get(kind)
    if kind == "value_error":
        code = _find_rule(path, raw)
    elif kind == "rule_twice":
        code, path = "duplicate_key", (*path, detail["ctx"]["rule"])
        first, line = _find_both_lines(text, path)
        params |= {"key": show_path(path[1:]), "line": str(line), "first": str(first)}
    elif kind == "extra_forbidden":
        return _describe_unknown_key(path, line, params, name)
    elif kind == "literal_error":
        params["options"] = detail.get("ctx", {}).get("expected", "").replace(" or ", ", ")
    elif code == "out_of_range":
        code, params["bound"] = _describe_bound(kind, detail)
    elif code is None:
        code = "wrong_kind_" + _KINDS.get(kind.partition("_")[0], "other")
        if path in (("quota",), ("lock",), ("ban",)):
            code = "single_brackets"
    place = Place(name, "", line, show_path(path), "", value)
    return Finding(f"settings.{code}", Severity.ERROR, place, params)


def describe_unknown_condition(raw: Mapping[str, Any], text: str, name: str) -> Iterator[Finding]:
    """Yield a finding for each key of a quota's `where` that does not exist."""
    quotas = raw.get("quota", ())
    for k, quota in enumerate(quotas if isinstance(quotas, list) else ()):
        where = quota.get("where") if isinstance(quota, Mapping) else None
        for key in where if isinstance(where, Mapping) else ():
            if key in CONDITIONS:
                continue
            path: KeyPath = ("quota", k, "where", key)
            line = find_line(text, path)
            closest = _suggest(key, CONDITIONS) or CONDITIONS[0]
            params = {"key": key, "line": str(line), "closest": closest}
            params["options"] = ", ".join(CONDITIONS)
            place = Place(name, "", line, show_path(path), "", key)
            yield Finding("settings.unknown_condition", Severity.ERROR, place, params)


def describe_levels(detail: ErrorDetails, text: str, name: str) -> Iterator[Finding]:
    """Yield a finding for each fault of the objective levels that the validator lists."""
    path: KeyPath = ("objective", "levels")
    line = find_line(text, path)
    place = Place(name, "", line, show_path(path))
    for code, goal in detail["ctx"]["faults"]:
        params = {"line": str(line), "goal": goal}
        yield Finding(f"settings.{code}", Severity.ERROR, place, params)


def describe_missing_previous(raw: Mapping[str, Any], text: str, name: str) -> Iterator[Finding]:
    """Yield a finding for each setting that means nothing without the pairs of the cycle before."""
    sections = (raw.get(key) for key in ("inputs", "objective", "limits"))
    inputs, objective, limits = (s if isinstance(s, Mapping) else {} for s in sections)
    if "previous" in inputs:
        return
    levels = objective.get("levels")
    goals = [v.get("goal") if isinstance(v, Mapping) else v for v in _list_items(levels)]
    found: list[tuple[str, KeyPath]] = []
    if "kept" in goals:
        found.append(("kept_without_previous", ("objective", "levels", goals.index("kept"))))
    if "max_changes" in limits:
        found.append(("changes_without_previous", ("limits", "max_changes")))
    for code, path in found:
        line = find_line(text, path)
        place = Place(name, "", line, show_path(path))
        yield Finding(f"settings.{code}", Severity.ERROR, place, {"line": str(line)})


def _list_items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _find_both_lines(text: str, path: KeyPath) -> tuple[int, int]:
    """Return the lines of a rule's id in quotes and without, the first one first."""
    *table, rule = path
    lines = [find_line(text, path), find_line(text, (*table, *str(rule).split(".", 1)))]
    return min(lines), max(lines)


def _show(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _suggest(key: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.5)
    return close[0] if close else ""


def _describe_unknown_key(path: KeyPath, line: int, params: dict[str, str], name: str) -> Finding:
    known = tuple(_find_keys(path[:-1]))
    params |= {"closest": _suggest(str(path[-1]), known), "options": ", ".join(known)}
    code = "settings.unknown_key_close" if params["closest"] else "settings.unknown_key"
    return Finding(code, Severity.ERROR, Place(name, "", line, show_path(path)), params)


def _find_keys(path: KeyPath) -> Iterator[str]:
    """Yield the keys that may stand in the table at a path."""
    model: Any = Scenario
    for part in path:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        models = [t for t in (annotation, *get_args(annotation)) if _is_model(t)]
        if not models:
            return
        model = models[0]
    yield from model.model_fields


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _describe_bound(kind: str, detail: ErrorDetails) -> tuple[str, str]:
    (bound,) = detail.get("ctx", {"": ""}).values()
    return f"not_{kind}", str(bound)


def _find_rule(path: KeyPath, raw: Mapping[str, Any]) -> str:
    if path[:2] == ("scoring", "resolution"):
        return "bad_resolution"
    if path[:2] == ("scenario", "cycle"):
        return "bad_cycle"
    if path[:1] == ("quota",) and len(path) > 1 and isinstance(path[1], int):
        quota = raw["quota"][path[1]]
        return "quota_crossed" if "min" in quota and "max" in quota else "quota_unbounded"
    return "invalid"
