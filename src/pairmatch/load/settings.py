"""Reads scenario.toml: every slip named with its line and what to do."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
class Origin:
    """Where an inherited setting stands: the file, its text and the path in it."""

    name: str
    text: str
    path: KeyPath


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The settings of a scenario with the text they were read from, to find lines in it.

    `origins` has, by the first two parts of a setting's path, where it stands: in the scenario's
    own file or in one that it extends. `bases` are the folders of those others, relative to the
    scenario and with a slash at the end: files of inputs may lie in them.
    """

    scenario: Scenario
    text: str
    name: str
    origins: Mapping[KeyPath, Origin] = field(default_factory=dict)
    bases: tuple[str, ...] = ()

    def place_of(self, path: KeyPath, value: str = "") -> Place:
        """Return where a setting stands."""
        origin = self.origins.get(path[:2])
        if origin is None:
            return Place(self.name, "", find_line(self.text, path), show_path(path), "", value)
        there = (*origin.path, *path[2:])
        line = find_line(origin.text, there)
        return Place(origin.name, "", line, show_path(there), "", value)


def read_settings(data: bytes, name: str) -> tuple[SettingsFile | None, tuple[Finding, ...]]:
    """Return the settings in the bytes of a scenario file, or what keeps them from being used.

    What the scenario extends is not looked at: that is `load.inheritance`.

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
    raw, text, findings = parse_settings(data, name)
    if findings:
        return None, findings
    return SettingsFile(Scenario.model_validate(raw), text, name), ()


def parse_settings(data: bytes, name: str) -> tuple[Mapping[str, Any], str, tuple[Finding, ...]]:
    """Return the settings of one file as plain data, its text, and what is wrong with it.

    Parameters
    ----------
    data
        The whole file.
    name
        Its name, for findings.
    """
    raw, text, problem = read_toml(data, name)
    if problem:
        return raw, text, (problem,)
    findings = [*_find_control_characters(raw, (), text, name)]
    findings += describe_unknown_condition(raw, text, name)
    section = raw.get("scenario")
    # Of one that extends another nobody knows yet what it has.
    is_whole = not (isinstance(section, Mapping) and section.get("extends"))
    if is_whole:
        findings += describe_missing_previous(raw, text, name)
    try:
        Scenario.model_validate(raw)
    except ValidationError as error:
        found = describe_faults(error, raw, text, name)
        findings += (f for f in found if is_whole or f.code != "settings.waiver_alone")
    return raw, text, tuple(findings)


def describe_faults(
    error: ValidationError,
    raw: Mapping[str, Any],
    text: str,
    name: str,
    origins: Mapping[KeyPath, Origin] | None = None,
) -> Iterator[Finding]:
    """Yield a finding for each setting that is not possible, each place once.

    Parameters
    ----------
    error
        What the validator says.
    raw
        The settings as plain data.
    text, name
        The file they stand in.
    origins
        Those that stand in another file, as in `SettingsFile`.
    """
    seen: set[KeyPath] = set()
    for detail in error.errors():
        path = find_existing_path(raw, detail)
        if detail["type"] == "levels":
            yield from describe_levels(detail, text, name)
        elif path not in seen:
            seen.add(path)
            setting = (*path, detail.get("ctx", {}).get("key", ""))[:2]
            origin = (origins or {}).get(setting, Origin(name, text, ()))
            yield describe_error(detail, path, raw, origin.text, origin.name)


def _find_control_characters(value: Any, path: KeyPath, text: str, name: str) -> Iterator[Finding]:
    # "C:\new" is valid TOML and means C:, line break, ew: never what was meant.
    is_path = path[:1] in (("inputs",), ("plugins",)) or path == ("scenario", "extends")
    is_path = is_path or (path[:1] == ("quota",) and path[2:] == ("pairs",))
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
