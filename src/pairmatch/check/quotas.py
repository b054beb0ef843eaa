"""Quotas that count nothing: conditions that name what is not there, empty lists of pairs."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from pairmatch.check.closeness import find_closest
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.problem import LEAST_ASKED, MAX_CHANGES, MOST_ASKED
from pairmatch.domain.scenario import QuotaSetting
from pairmatch.domain.tables import list_capabilities, list_ids, list_texts
from pairmatch.domain.taxonomy import drop_section, list_industries

SETTINGS_FILE = "scenario.toml"

_VALUES: Mapping[str, Callable[[Inputs], set[str]]] = {
    "unit.tier": lambda inputs: list_texts(inputs.units, "tier"),
    "unit.kind": lambda inputs: list_texts(inputs.units, "kind"),
    "unit.county": lambda inputs: list_texts(inputs.units, "county"),
    "unit.unit_id": lambda inputs: set(list_ids(inputs.units)),
    "unit.capability": lambda inputs: list_capabilities(inputs.units),
    "unit.industry": lambda inputs: {
        part
        for codes in list_texts(inputs.units, "industry_codes")
        for code in codes
        for part in list_industries(code)
    },
    "village.county": lambda inputs: list_texts(inputs.villages, "county"),
    "village.township": lambda inputs: list_texts(inputs.villages, "township"),
    "village.type": lambda inputs: {
        kind for types in list_texts(inputs.villages, "types") for kind in types
    },
    "village.village_id": lambda inputs: set(list_ids(inputs.villages)),
}


def check_quotas(inputs: Inputs) -> tuple[Finding, ...]:
    """Return findings on quotas' names, empty lists, and conditions that no unit or village meets.

    Parameters
    ----------
    inputs
        The inputs with their settings.
    """
    known: dict[str, set[str]] = {}
    findings: list[Finding] = list(_tell_same_names(inputs.scenario.quota))
    for k, quota in enumerate(inputs.scenario.quota):
        if quota.pairs is not None and not len(inputs.quota_pairs[k].unit_idx):
            params = {"quota": quota.name}
            place = _place(quota, "pairs")
            findings.append(Finding("check.quota_no_pairs", Severity.ERROR, place, params))
        for key, wanted in quota.where.items():
            if key not in known:
                known[key] = _VALUES[key](inputs) - {""}
            listed = wanted if isinstance(wanted, tuple) else (wanted,)
            values = tuple(map(str, listed))
            if key == "unit.industry":
                values = tuple(map(drop_section, values))
            if not values:
                place = _place(quota, key)
                params = {"quota": quota.name, "key": key}
                findings.append(Finding("check.quota_no_values", Severity.ERROR, place, params))
            findings += _tell_absent(quota, key, values, known[key])
    return tuple(findings)


def _place(quota: QuotaSetting, key: str, value: str = "") -> Place:
    return Place(SETTINGS_FILE, "", 0, f"quota.{quota.name}.{key}", "", value)


def _tell_absent(
    quota: QuotaSetting, key: str, values: tuple[str, ...], known: set[str]
) -> Iterator[Finding]:
    absent = [value for value in values if value not in known]
    # A max that counts no pair would silently limit nothing; a min comes out as a conflict.
    silent = len(absent) == len(values) and not quota.min
    severity = Severity.ERROR if silent else Severity.WARNING
    for value in absent:
        params = {"quota": quota.name, "key": key, "value": value}
        params["closest"] = find_closest(value, known)
        yield Finding("check.quota_matches_none", severity, _place(quota, key, value), params)


def _tell_same_names(quotas: tuple[QuotaSetting, ...]) -> Iterator[Finding]:
    for name, count in sorted(Counter(quota.name for quota in quotas).items()):
        if count > 1:
            place = Place(SETTINGS_FILE, "", 0, f"quota.{name}")
            params = {"quota": name, "count": str(count)}
            yield Finding("check.quota_same_name", Severity.WARNING, place, params)
        if name in {MAX_CHANGES, MOST_ASKED, LEAST_ASKED}:
            place = Place(SETTINGS_FILE, "", 0, f"quota.{name}")
            yield Finding("check.quota_reserved_name", Severity.ERROR, place, {"quota": name})
