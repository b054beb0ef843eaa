"""What differs between two scenarios: settings by path, records by id, plugins by name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pairmatch.domain.comparison import DataChange, SettingChange
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.plugins import PluginState
from pairmatch.domain.scenario import Scenario

_OWN = frozenset({"scenario.name", "scenario.title", "scenario.extends"})
"""What tells scenarios apart, and is no difference in itself."""
_PLACES = frozenset({"place", "places"})
_DATA_SECTION = "inputs"
"""Paths of tables: what is in them is compared, not what they are called."""


def list_settings(before: Scenario, after: Scenario) -> tuple[SettingChange, ...]:
    """Return the settings that differ, by path; '' stands for one that is not there."""
    left, right = dict(_flatten(before)), dict(_flatten(after))
    return tuple(
        SettingChange(path, left.get(path, ""), right.get(path, ""))
        for path in sorted(left.keys() | right.keys())
        if left.get(path) != right.get(path)
    )


def list_plugins(
    before: Sequence[PluginState], after: Sequence[PluginState]
) -> tuple[SettingChange, ...]:
    """Return the plugins that take part in one of the two only, or in another version."""
    left, right = _describe_plugins(before), _describe_plugins(after)
    return tuple(
        SettingChange(f"plugins.{name}", left.get(name, ""), right.get(name, ""))
        for name in sorted(left.keys() | right.keys())
        if left.get(name) != right.get(name)
    )


def list_data(before: Inputs, after: Inputs) -> tuple[DataChange, ...]:
    """Return the tables whose records differ, each with their ids."""
    found = []
    right = dict(_list_tables(after))
    for table, records in _list_tables(before):
        change = _compare_records(table, records, right[table])
        if change is not None:
            found.append(change)
    return tuple(found)


def _flatten(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for section, value in scenario.model_dump().items():
        if section == _DATA_SECTION:
            continue
        if section == "quota":
            yield from _flatten_entries("quota", value, lambda quota: quota["name"])
        elif section in {"lock", "ban"}:
            yield from _flatten_entries(
                section, value, lambda pair: f"{pair['unit']} = {pair['village']}"
            )
        elif section != "plugins":
            for key, setting in value.items():
                path = f"{section}.{key}"
                if path not in _OWN:
                    yield path, _show(setting)
        else:
            yield "plugins.max_spread", _show(value["max_spread"])


def _flatten_entries(section: str, entries: Sequence[Any], name: Any) -> Iterator[tuple[str, str]]:
    for own, entry in zip(_number_names(map(name, entries)), entries, strict=True):
        told = {k: v for k, v in entry.items() if v not in (None, "", {}) and k != "name"}
        if "where" in told:  # whatever order its conditions and pairs stand in
            told["where"] = dict(sorted(told["where"].items()))
        if isinstance(told.get("pairs"), tuple):
            told["pairs"] = sorted(told["pairs"])
        yield f"{section}.{own}", _show(told)


def _number_names(names: Iterable[str]) -> Iterator[str]:
    """Yield names, those that were there already with a number."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _show(value: Any) -> str:
    if isinstance(value, Mapping):
        told = ((key, _show(inner)) for key, inner in value.items())
        return ", ".join(f"{key} = {text}" for key, text in told if text)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_show, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):  # 5 and 5.0 are the same
        return f"{value.normalize():f}"
    return "" if value is None else str(value)


def _describe_plugins(states: Sequence[PluginState]) -> dict[str, str]:
    return {s.name: f"{s.version} ({s.digest[:12]})" for s in states if s.state == "on"}


def _list_tables(inputs: Inputs) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """Yield the tables of a scenario, each record by its id as a mapping of fields."""
    units = [unit.unit_id for unit in inputs.units]
    villages = [village.village_id for village in inputs.villages]
    yield "units", {unit.unit_id: _list_fields(unit) for unit in inputs.units}
    yield "villages", {v.village_id: _list_fields(v) for v in inputs.villages}
    yield "previous", {f"{p.unit_id} = {p.village_id}": _list_fields(p) for p in inputs.previous}
    yield "counties", {county.name: _list_fields(county) for county in inputs.counties}
    yield (
        "distances",
        {f"{start} - {end}": {"km": km} for (start, end), km in inputs.distances.items()},
    )
    scores, steps = inputs.scores, inputs.scenario.scoring.steps_per_point
    yield (
        "scores",
        {}
        if scores is None
        else {
            f"{units[u]} = {villages[v]}": {"points": Fraction(points, steps)}
            for u, v, points in zip(
                scores.unit_idx.tolist(),
                scores.village_idx.tolist(),
                scores.points.tolist(),
                strict=True,
            )
        },
    )
    yield (
        "loads",
        {
            f"{load.resource}: {units[u]} = {villages[v]}": {"load": Fraction(amount, load.scale)}
            for load in inputs.loads
            for u, v, amount in zip(
                load.unit_idx.tolist(),
                load.village_idx.tolist(),
                load.amounts.tolist(),
                strict=True,
            )
        },
    )
    yield (
        "capacities",
        {
            f"{c.resource}: {c.side} {c.owner_id}": {"amount": c.amount, "waiver": c.waiver}
            for c in inputs.capacities
        },
    )
    quotas = list(_number_names(quota.name for quota in inputs.scenario.quota))
    yield (
        "quota_pairs",
        {
            f"{quotas[k]}: {units[u]} = {villages[v]}": {}
            for k, pairs in inputs.quota_pairs.items()
            for u, v in zip(pairs.unit_idx.tolist(), pairs.village_idx.tolist(), strict=True)
        },
    )


def _list_fields(record: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name in _PLACES:
            continue
        if isinstance(value, Mapping):  # of a village, each indicator is a field of its own
            found |= {f"{field.name}.{key}": _drop_place(inner) for key, inner in value.items()}
        else:
            found[field.name] = value
    return found


def _drop_place(value: Any) -> Any:
    """Return a reading without where it stands, which is no difference."""
    if not hasattr(value, "__dataclass_fields__"):
        return value
    return tuple(getattr(value, f.name) for f in fields(value) if f.name not in _PLACES)


def _compare_records(
    table: str, left: dict[str, dict[str, Any]], right: dict[str, dict[str, Any]]
) -> DataChange | None:
    changed = {}
    for key in sorted(left.keys() & right.keys()):
        one, other = left[key], right[key]
        differing = sorted(k for k in one.keys() | other.keys() if one.get(k) != other.get(k))
        if differing:
            changed[key] = tuple(differing)
    removed, added = sorted(left.keys() - right.keys()), sorted(right.keys() - left.keys())
    if not (changed or removed or added):
        return None
    return DataChange(table, tuple(removed), tuple(added), changed)
