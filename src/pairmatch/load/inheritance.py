"""Scenarios that extend others: settings laid over each other, each path kept in its folder.

Of tables (``[rules]``, ``[inputs]`` ...) each key counts where it was set last. Of lists each entry
stays, and one of the same name (quotas) or of the same pair (locks, bans) takes its place.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.scenario import InputsSection, Scenario, flatten_rules
from pairmatch.errors import BadInputError
from pairmatch.load.keypaths import KeyPath, find_line
from pairmatch.load.readers.textfiles import describe_os_error
from pairmatch.load.settingerrors import describe_missing_previous
from pairmatch.load.settings import Origin, SettingsFile, describe_faults, parse_settings

SETTINGS_FILE = "scenario.toml"
MAX_LAYERS = 8
"""A scenario may extend another that extends another, so many in all."""

_EXTENDS = "scenario.extends"
_ABSOLUTE = re.compile(r"[/\\~]|[A-Za-z]:")

_ENTRY_KEYS: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "quota": lambda entry: entry.get("name"),
    "lock": lambda entry: (entry.get("unit"), entry.get("village")),
    "ban": lambda entry: (entry.get("unit"), entry.get("village")),
}
"""What two entries of a list must have in common for the later to take the other's place."""


@dataclass(slots=True)
class LayeredSettings:
    """The settings of a scenario with all it extends, the digests of the files, and findings.

    `settings` are None if there is any error.
    """

    settings: SettingsFile | None = None
    digests: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Layer:
    """One settings file; `start` leads from the scenario to its folder, such as ``../other/``."""

    name: str
    start: str
    text: str
    raw: Mapping[str, Any]


def read_layered(folder: Path) -> LayeredSettings:
    """Return the settings of a scenario folder, those it extends beneath its own.

    Parameters
    ----------
    folder
        The scenario.

    Raises
    ------
    BadInputError
        If the folder or its ``scenario.toml`` does not exist.
    """
    if not folder.is_dir():
        raise BadInputError("load.folder_missing", folder=str(folder))
    if not (folder / SETTINGS_FILE).is_file():
        raise BadInputError("load.settings_missing", folder=str(folder), file=SETTINGS_FILE)
    found = LayeredSettings()
    layers = list(_read_layers(folder, found))
    if not found.findings:
        found.settings = _merge(folder, layers, found.findings)
    return found


def _read_layers(folder: Path, found: LayeredSettings) -> Iterator[_Layer]:
    """Yield the layers, the scenario's own first, until one extends none or is not usable."""
    start, seen = "", [folder.resolve()]
    while True:
        name = start + SETTINGS_FILE
        try:
            data = (folder / name).read_bytes()
        except OSError as error:
            found.findings.append(describe_os_error(error, name))
            return
        found.digests[name] = hashlib.sha256(data).hexdigest()
        raw, text, findings = parse_settings(data, name)
        found.findings += findings
        yield _Layer(name, start, text, raw)
        section = raw.get("scenario")
        given = section.get("extends", "") if isinstance(section, Mapping) else ""
        # What else is wrong in this file does not keep the others from being read.
        if not given or any(f.place.column == _EXTENDS for f in findings):
            return
        start = _join(start, given)
        code = _judge_base(given, folder / start, seen)
        if code:
            line = find_line(text, ("scenario", "extends"))
            place = Place(name, "", line, _EXTENDS, "", given)
            params = {"base": given, "line": str(line)}
            found.findings.append(Finding(f"settings.{code}", Severity.ERROR, place, params))
            return
        seen.append((folder / start).resolve())


def _judge_base(given: str, base: Path, seen: list[Path]) -> str:
    """Return what is wrong with what a scenario extends; empty if nothing is."""
    if _ABSOLUTE.match(given) or ":" in given:
        return "extends_absolute"
    try:
        if base.resolve() in seen:
            return "extends_circle"
        if not (base / SETTINGS_FILE).is_file():
            return "extends_missing"
    except (OSError, RuntimeError):  # a name too long for the system, or links in a circle
        return "extends_missing"
    return "extends_too_deep" if len(seen) >= MAX_LAYERS else ""


def _join(start: str, given: str) -> str:
    path = os.path.normpath(start + given.replace("\\", "/")).replace("\\", "/")
    return f"{path}/"


def _merge(folder: Path, layers: list[_Layer], findings: list[Finding]) -> SettingsFile | None:
    """Return the last word of all layers, or None with what keeps it from being one."""
    merged: dict[str, Any] = {}
    origins: dict[KeyPath, Origin] = {}
    for layer in reversed(layers):
        _lay_over(merged, origins, layer)
    own = layers[0]
    if len(layers) > 1:
        _find_unnamed(merged, folder, layers)
        for layer in layers:
            said = _select_said(merged, origins, layer)
            findings += describe_missing_previous(said, layer.text, layer.name)
    bases = tuple(layer.start for layer in layers[1:])
    try:
        scenario = Scenario.model_validate(merged)
    except ValidationError as error:  # each layer is well formed; together they are not
        findings += describe_faults(error, merged, own.text, own.name, origins)
        return None
    return None if findings else SettingsFile(scenario, own.text, own.name, origins, bases)


def _find_unnamed(merged: dict[str, Any], folder: Path, layers: list[_Layer]) -> None:
    """Name the tables that no file names: those in the nearest folder that has them."""
    inputs = merged.setdefault("inputs", {})
    for key, entry in InputsSection.model_fields.items():
        name = entry.default
        if name is None or key in inputs:
            continue
        starts = (layer.start for layer in layers if (folder / layer.start / name).is_file())
        inputs[key] = next(starts, "") + name


def _select_said(
    merged: Mapping[str, Any], origins: Mapping[KeyPath, Origin], layer: _Layer
) -> dict[str, Any]:
    """Return the goals and limits of which a layer has the last word, and all inputs."""
    said: dict[str, Any] = {"inputs": merged.get("inputs", {})}
    for section in ("objective", "limits"):
        table = merged.get(section, {})
        said[section] = {k: v for k, v in table.items() if origins[section, k].name == layer.name}
    return said


def _lay_over(merged: dict[str, Any], origins: dict[KeyPath, Origin], layer: _Layer) -> None:
    for section, value in layer.raw.items():
        if section in _ENTRY_KEYS:
            _add_entries(merged.setdefault(section, []), origins, layer, section)
            continue
        table: Any = flatten_rules(value) if section == "rules" else value
        target = merged.setdefault(section, {})
        for key, setting in table.items():
            target[key] = _rebase(setting, (section, key), layer.start)
            origins[section, key] = Origin(layer.name, layer.text, (section, key))


def _add_entries(
    entries: list[dict[str, Any]], origins: dict[KeyPath, Origin], layer: _Layer, section: str
) -> None:
    identify = _ENTRY_KEYS[section]
    # Entries of one file stand beside each other, whatever they are called: of those called the
    # same the first takes the place of the first, the second of the second.
    places: dict[object, list[int]] = {}
    for k, entry in enumerate(entries):
        places.setdefault(identify(entry), []).append(k)
    for k, entry in enumerate(layer.raw[section]):
        free = places.get(identify(entry))
        at = free.pop(0) if free else len(entries)
        entries[at : at + 1] = [
            {key: _rebase(value, (section, key), layer.start) for key, value in entry.items()}
        ]
        origins[section, at] = Origin(layer.name, layer.text, (section, k))


def _rebase(value: Any, path: KeyPath, start: str) -> Any:
    """Return a setting as seen from the scenario: paths lead to the folder that states them."""
    is_path = path[0] == "inputs" or path in {("plugins", "folders"), ("quota", "pairs")}
    if not is_path or not start:
        return value
    if isinstance(value, str):
        # An absolute path is refused wherever it stands, and shown as it was written.
        return value if _ABSOLUTE.match(value) else start + value
    return [_rebase(v, path, start) if isinstance(v, str) else v for v in value]
