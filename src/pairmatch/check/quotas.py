"""Quotas whose conditions name something that is not there."""

from collections.abc import Callable, Iterator, Mapping

from pairmatch.check.units import find_closest
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import Inputs

SETTINGS_FILE = "scenario.toml"

_VALUES: Mapping[str, Callable[[Inputs], set[str]]] = {
    "unit.tier": lambda inputs: {u.tier for u in inputs.units},
    "unit.kind": lambda inputs: {u.kind for u in inputs.units},
    "unit.county": lambda inputs: {u.county for u in inputs.units},
    "unit.unit_id": lambda inputs: {u.unit_id for u in inputs.units},
    "unit.capability": lambda inputs: {c for u in inputs.units for c in u.capabilities},
    "unit.industry": lambda inputs: {
        code[:length] for u in inputs.units for code in u.industry_codes for length in (2, 3, 4)
    },
    "village.county": lambda inputs: {v.county for v in inputs.villages},
    "village.township": lambda inputs: {v.township for v in inputs.villages},
    "village.type": lambda inputs: {t for v in inputs.villages for t in v.types},
    "village.village_id": lambda inputs: {v.village_id for v in inputs.villages},
}


def check_quotas(inputs: Inputs) -> tuple[Finding, ...]:
    """Return a finding for each value of a quota's condition that no unit or village has.

    Parameters
    ----------
    inputs
        The inputs with their settings.
    """
    known: dict[str, set[str]] = {}
    findings: list[Finding] = []
    for quota in inputs.scenario.quota:
        for key, value in quota.where.items():
            values = value if isinstance(value, tuple) else (value,)
            if key not in known and key in _VALUES:
                known[key] = _VALUES[key](inputs) - {""}
            findings += _tell_absent(quota.name, key, tuple(map(str, values)), known.get(key))
    return tuple(findings)


def _tell_absent(
    name: str, key: str, values: tuple[str, ...], known: set[str] | None
) -> Iterator[Finding]:
    for value in values:
        if known is None or value in known:
            continue
        params = {"quota": name, "key": key, "value": value}
        params["closest"] = find_closest(value, known)
        place = Place(SETTINGS_FILE, "", 0, f"quota.{name}.{key}", "", value)
        yield Finding("check.quota_matches_none", Severity.WARNING, place, params)
