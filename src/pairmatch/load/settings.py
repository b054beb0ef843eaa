"""Reads scenario.toml: every slip named with its line and what to do."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.scenario import Scenario
from pairmatch.load.keypaths import KeyPath, find_line, show_path
from pairmatch.load.settingerrors import (
    describe_error,
    describe_unknown_condition,
    find_existing_path,
)

_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)")
_SMART_QUOTES = re.compile("[“”‘’„‟＂＇「」]")
_FULL_WIDTH = re.compile(r"[＝，：［］｛｝　＃]")
_BARE_KEY = re.compile(r"""\s*\[{0,2}[^"'=#\[\]]*[^\x00-\x7f"'][^"'=#]*(?:=|\]|$)""")
_CONTROL = re.compile(r"[\x00-\x1f]")
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


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
    text, problem = _decode(data, name)
    if problem:
        return None, (problem,)
    # Decimals keep numbers exactly as written.
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        return None, (_describe_syntax(str(error), text, name),)
    except RecursionError:
        return None, (_describe_syntax("nested too deeply (at line 1, column 1)", text, name),)
    findings = [*_find_control_characters(raw, (), text, name)]
    findings += describe_unknown_condition(raw, text, name)
    try:
        scenario = Scenario.model_validate(raw)
    except ValidationError as error:
        seen: set[KeyPath] = set()
        for detail in error.errors():
            path = find_existing_path(raw, detail)
            if path not in seen:
                seen.add(path)
                findings.append(describe_error(detail, path, raw, text, name))
        return None, tuple(findings)
    if findings:
        return None, tuple(findings)
    return SettingsFile(scenario, text, name), ()


def _decode(data: bytes, name: str) -> tuple[str, Finding | None]:
    mark, encoding = next((bom for bom in _BOMS if data.startswith(bom[0])), (b"", "utf-8"))
    try:
        text = data.removeprefix(mark).decode(encoding)
        return text.replace("\r\n", "\n").replace("\r", "\n"), None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place = Place(name, "", line)
        return "", Finding("settings.not_utf8", Severity.ERROR, place, {"line": str(line)})


def _describe_syntax(message: str, text: str, name: str) -> Finding:
    lines = text.split("\n")
    match = _POSITION.search(message)
    number, column = (int(match[1]), int(match[2])) if match else (len(lines), 1)
    line = lines[number - 1] if number <= len(lines) else ""
    # A parser that stops at the start of the next line means the end of this one.
    if not line.strip() and number > 1:
        number, line = number - 1, lines[number - 2]
    code, params = _diagnose(message, line, text, number)
    params |= {"line": str(number), "column": str(column), "text": line.strip()}
    place = Place(name, "", number, "", "", line.strip())
    return Finding(f"settings.{code}", Severity.ERROR, place, params)


def _diagnose(message: str, line: str, text: str, number: int) -> tuple[str, dict[str, str]]:
    if re.search("overwrite|declare|twice|mutate|redefine|redundant", message, re.IGNORECASE):
        return "duplicate_key", _describe_duplicate(line, text, number)
    outside = re.sub(r""""[^"\\]*"|'[^']*'""", '""', line).partition("#")[0]
    if _SMART_QUOTES.search(outside):
        return "smart_quotes", {}
    if _FULL_WIDTH.search(outside):
        return "full_width", {}
    if "\\" in line and re.search("escape|hex|unescaped|scalar", message, re.IGNORECASE):
        return "backslash", {}
    if _BARE_KEY.match(outside):
        return "bare_key", {"key": outside.partition("=")[0].strip(" []")}
    return "syntax", {}


def _describe_duplicate(line: str, text: str, number: int) -> dict[str, str]:
    key = line.partition("=")[0].strip()
    earlier = [
        k
        for k, other in enumerate(text.split("\n")[: number - 1], 1)
        if other.partition("=")[0].strip() == key
    ]
    return {"key": key, "first": str(earlier[-1]) if earlier else "?"}


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
