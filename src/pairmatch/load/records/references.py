"""Tables and settings that refer to villages, units and counties: everything joined by id.

What is referred to by name is answered with suggestions, never replaced.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.records import County, PreviousPair, Unit, Village
from pairmatch.domain.scenario import Scenario
from pairmatch.load.keypaths import KeyPath
from pairmatch.load.records.headers import suggest_names
from pairmatch.load.records.names import Likeness, VillageNames, index_names, suggest_villages
from pairmatch.load.records.rows import Row
from pairmatch.load.records.villages import describe_duplicate
from pairmatch.load.settings import SettingsFile

_CITY_CODE = re.compile(r"\d{4}00")
_CODE_CUTOFF = 0.75


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What can be referred to."""

    units: Mapping[str, Unit]
    villages: Mapping[str, Village]
    names: VillageNames
    counties: frozenset[str]


def index_known(
    units: Iterable[Unit], villages: Iterable[Village], counties: Iterable[County]
) -> KnownNames:
    """Return the index of everything that can be referred to."""
    by_id = {village.village_id: village for village in villages}
    named = {village.county for village in by_id.values() if village.county}
    return KnownNames(
        units={unit.unit_id: unit for unit in units},
        villages=by_id,
        names=index_names(by_id.values()),
        counties=frozenset(named | {county.name for county in counties}),
    )


def build_previous(
    rows: Iterable[Row], known: KnownNames
) -> tuple[tuple[PreviousPair, ...], tuple[Finding, ...]]:
    """Return the pairs of the cycle before whose unit and village are known, and the others."""
    pairs: dict[tuple[str, str], PreviousPair] = {}
    findings: list[Finding] = []
    for row in sorted(rows, key=lambda r: r.place):
        unit_id, village_id = row.text("unit_id"), row.text("village_id")
        missing = [*_tell_unit(unit_id, row, known), *_tell_village(village_id, row, known)]
        findings += missing
        if missing:
            continue
        if first := pairs.get((unit_id, village_id)):
            params = {"id": f"{unit_id} + {village_id}", "first_file": first.place.file}
            params["first_row"] = str(first.place.row)
            findings.append(Finding("load.duplicate_id", Severity.ERROR, row.place, params))
            continue
        years = sorted(field for field in row.cells if field.startswith("grade_"))
        grades = tuple(int(text) if (text := row.text(year)) else None for year in years)
        pairs[unit_id, village_id] = PreviousPair(unit_id, village_id, grades, row.place)
    return tuple(pairs[key] for key in sorted(pairs)), tuple(findings)


def _tell_unit(unit_id: str, row: Row, known: KnownNames) -> Iterator[Finding]:
    if unit_id in known.units:
        return
    place = row.place_of("unit_id")
    name = row.text("unit_name")
    by_name = [u.unit_id for u in known.units.values() if name and u.name == name]
    closest = "、".join(by_name) or suggest_names(unit_id, known.units, _CODE_CUTOFF)
    yield _describe_unknown("previous_unit", Severity.WARNING, place, unit_id, closest)


def _tell_village(village_id: str, row: Row, known: KnownNames) -> Iterator[Finding]:
    if village_id in known.villages:
        return
    place = row.place_of("village_id")
    name = row.text("name") or village_id
    found = suggest_villages(known.names, name, row.text("township"), row.text("county"))
    closest = found.show() or suggest_names(village_id, known.villages, 0.9)
    yield _describe_unknown("previous_village", Severity.WARNING, place, village_id, closest)


def _describe_unknown(
    what: str, severity: Severity, place: Place, text: str, closest: str
) -> Finding:
    code = f"load.{what}_close" if closest else f"load.{what}"
    return Finding(code, severity, place, {"value": text, "closest": closest}, is_about_code=True)


def check_unit_references(units: Iterable[Unit], known: KnownNames) -> tuple[Finding, ...]:
    """Return findings on villages and counties that units name but nobody knows.

    A conflict or refusal that cannot be understood could let a wrong pair through, so it is an
    error; a wish is not.
    """
    findings: list[Finding] = []
    for unit in units:
        for field, severity in (
            ("conflicts", Severity.ERROR),
            ("refusals", Severity.ERROR),
            ("wishes", Severity.WARNING),
        ):
            for text in getattr(unit, field):
                if text in known.villages or text in known.counties:
                    continue
                params = {"unit": unit.name or unit.unit_id, "value": text}
                place = unit.place_of(field)
                findings.append(_suggest(f"unit_{field}", severity, place, params, known))
    return tuple(findings)


def _suggest(
    what: str, severity: Severity, place: Place, params: dict[str, str], known: KnownNames
) -> Finding:
    text = params["value"]
    found = suggest_villages(known.names, text)
    closest = found.show() or suggest_names(text, known.counties)
    closest = closest or suggest_names(text, known.villages, _CODE_CUTOFF)
    code = f"load.{what}"
    if found.likeness is Likeness.SEVERAL:
        code += "_several"
    elif closest:
        code += "_close"
    return Finding(code, severity, place, {**params, "closest": closest})


def check_pair_settings(settings: SettingsFile, known: KnownNames) -> tuple[Finding, ...]:
    """Return findings on units and villages that nobody knows, in locks, bans and quotas' pairs."""
    findings: list[Finding] = []
    for kind, paths, (unit, village) in _list_pair_settings(settings.scenario):
        if unit not in known.units:
            place = settings.place_of(paths[0], unit)
            same = [u.unit_id for u in known.units.values() if u.name == unit]
            closest = "、".join(same) or suggest_names(unit, known.units)
            params = {"kind": kind, "value": unit, "closest": closest}
            code = "load.setting_unit_close" if closest else "load.setting_unit"
            findings.append(Finding(code, Severity.ERROR, place, params))
        if village not in known.villages:
            place = settings.place_of(paths[1], village)
            params = {"kind": kind, "value": village}
            findings.append(_suggest("setting_village", Severity.ERROR, place, params, known))
    return tuple(findings)


def _list_pair_settings(
    scenario: Scenario,
) -> Iterator[tuple[str, tuple[KeyPath, KeyPath], tuple[str, str]]]:
    """Yield the kind of each pair in the settings, where its ids stand, and the ids."""
    for kind, settings in (("lock", scenario.lock), ("ban", scenario.ban)):
        for k, pair in enumerate(settings):
            yield kind, ((kind, k, "unit"), (kind, k, "village")), (pair.unit, pair.village)
    for k, quota in enumerate(scenario.quota):
        listed = quota.pairs if isinstance(quota.pairs, tuple) else ()
        for j, (unit, village) in enumerate(listed):
            path: KeyPath = ("quota", k, "pairs", j)
            yield "quota", ((*path, 0), (*path, 1)), (unit, village)


def build_counties(rows: Iterable[Row]) -> tuple[tuple[County, ...], tuple[Finding, ...]]:
    """Return the counties of a table, sorted by code, and rows whose code is there already."""
    counties: dict[str, County] = {}
    places: dict[str, Place] = {}
    findings: list[Finding] = []
    for row in sorted(rows, key=lambda r: r.place):
        code = row.text("county_code")
        if first := places.get(code):
            findings.append(describe_duplicate(row, "county_code", first.file, first.row))
            continue
        places[code] = row.place
        counties[code] = County(
            name=row.text("name_zh"),
            code=code,
            name_en=row.text("name_en"),
            longitude=row.number("seat_lon_wgs84"),
            latitude=row.number("seat_lat_wgs84"),
        )
    return tuple(counties[code] for code in sorted(counties)), tuple(findings)


def build_distances(
    rows: Iterable[Row],
) -> tuple[dict[tuple[str, str], float], tuple[Finding, ...]]:
    """Return km between county seats in both directions; the city has the empty name."""
    known: dict[tuple[str, str], float] = {}
    findings: list[Finding] = []
    for row in sorted(rows, key=lambda r: r.place):
        start = _name_seat(row.text("from_code"), row.text("from_name"))
        end = _name_seat(row.text("to_code"), row.text("to_name"))
        km = row.number("km_seat_to_seat")
        if km is None:
            continue
        if known.get((start, end), km) != km:
            params = {"from": start, "to": end, "value": f"{km:.15g}"}
            params["first"] = f"{known[start, end]:.15g}"
            findings.append(Finding("load.distance_differs", Severity.ERROR, row.place, params))
            continue
        known[start, end] = known[end, start] = km
        known[start, start] = known[end, end] = 0.0
    return {pair: known[pair] for pair in sorted(known)}, tuple(findings)


def _name_seat(code: str, name: str) -> str:
    return "" if _CITY_CODE.fullmatch(code) else name
