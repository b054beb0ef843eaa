"""Reads scenario.toml: every slip named with its line and what to do."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.scenario import Scenario
from pairmatch.load.keypaths import KeyPath, find_line, show_path
from pairmatch.load.settingerrors import (
    describe_error,
    describe_levels,
    describe_missing_previous,
    describe_unknown_condition,
    find_existing_path,
)
from pairmatch.load.tomltexts import read_toml

_CONTROL = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The settings of a scenario with the text they were read from, to find lines in it."""

    scenario: Scenario
    text: str
    name: str

    def place_of(self, path: KeyPath, value: str = "") -> Place:
        """Return where a setting stands."""
        return Place(self.name, "", find_line(self.text, path), show_path(path), "", value)


def read_settings(data: bytes, name: str) -> tuple[SettingsFile | None, tuple[Finding, ...]]:
    """Return the settings in the bytes of a scenario file, or what keeps them from being used.

    Parameters
    ----------
    data
        The whole file.
    name
        Its name, for findings.

    Returns
    -------
    tuple
        The settings (None if there is any error) and the findings.
    """
    raw, text, problem = read_toml(data, name)
    if problem:
        return None, (problem,)
    findings = [*_find_control_characters(raw, (), text, name)]
    findings += describe_unknown_condition(raw, text, name)
    findings += describe_missing_previous(raw, text, name)
    try:
        scenario = Scenario.model_validate(raw)
    except ValidationError as error:
        seen: set[KeyPath] = set()
        for detail in error.errors():
            path = find_existing_path(raw, detail)
            if detail["type"] == "levels":
                findings += describe_levels(detail, text, name)
            elif path not in seen:
                seen.add(path)
                findings.append(describe_error(detail, path, raw, text, name))
        return None, tuple(findings)
    if findings:
        return None, tuple(findings)
    return SettingsFile(scenario, text, name), ()


def _find_control_characters(value: Any, path: KeyPath, text: str, name: str) -> Iterator[Finding]:
    # "C:\new" is valid TOML and means C:, line break, ew: never what was meant.
    is_path = path[:1] in (("inputs",), ("plugins",))
    if isinstance(value, str) and is_path and _CONTROL.search(value):
        number = find_line(text, path)
        lines = text.split("\n")
        shown = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        params = {"line": str(number), "column": "1", "text": shown}
        place = Place(name, "", number, show_path(path), "", shown)
        yield Finding("settings.backslash", Severity.ERROR, place, params)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _find_control_characters(inner, (*path, key), text, name)
    elif isinstance(value, list):
        for k, inner in enumerate(value):
            yield from _find_control_characters(inner, (*path, k), text, name)
