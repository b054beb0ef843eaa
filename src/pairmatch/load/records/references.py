"""Tables and settings that refer to villages, units and counties: everything joined by id.

What is referred to by name is answered with suggestions, never replaced.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pairmatch.domain.closeness import LetterIndex
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.listings import MAX_LISTED, describe_rest
from pairmatch.domain.records import County, PreviousPair, Unit, Village
from pairmatch.domain.scenario import Scenario
from pairmatch.domain.tables import Record, UnitTable, list_ids, list_texts
from pairmatch.load.keypaths import KeyPath
from pairmatch.load.records.headers import suggest_names
from pairmatch.load.records.names import Likeness, VillageNames, index_names, suggest_villages
from pairmatch.load.records.rowreading import MORE
from pairmatch.load.records.rows import Row
from pairmatch.load.records.villages import describe_duplicate
from pairmatch.load.settings import SettingsFile

_CITY_CODE = re.compile(r"\d{4}00")
_CODE_CUTOFF = 0.75
LARGE = 5_000
MAX_SEARCHED = 50
_REFERENCES = {
    "conflicts": Severity.ERROR,
    "refusals": Severity.ERROR,
    "wishes": Severity.WARNING,
}


@dataclass(frozen=True)
class KnownNames:
    """What can be referred to."""

    units: Mapping[str, Unit]
    villages: Mapping[str, Village]
    records: tuple[Sequence[Unit], Sequence[Village]]
    counties: frozenset[str]

    @cached_property
    def names(self) -> VillageNames:
        """The villages by name; made only where something is not known by its id."""
        return index_names(self.records[1])

    def suggest_id(self, side: str, text: str, cutoff: float = 0.5) -> str:
        """Return the id of a unit or village that a misspelt one may mean, empty if there is none.

        Comparing a code with a hundred thousand others takes a second, so of a large table only
        the first MAX_SEARCHED texts are looked for.
        """
        searched = self._searched
        key = side, text, cutoff
        if key not in searched:
            index = self._unit_letters if side == "unit" else self._village_letters
            is_large = len(self.units if side == "unit" else self.villages) > LARGE
            is_over = is_large and len(searched) >= MAX_SEARCHED
            close = [] if is_over else index.find_close(text, 1, cutoff)
            searched[key] = close[0] if close else ""
        return searched[key]

    @cached_property
    def _searched(self) -> dict[tuple[str, str, float], str]:
        return {}

    @cached_property
    def _unit_letters(self) -> LetterIndex:
        return LetterIndex(sorted(self.units))

    @cached_property
    def _village_letters(self) -> LetterIndex:
        return LetterIndex(sorted(self.villages))

    def list_units(self, name: str) -> list[str]:
        """Return the ids of the units of a name."""
        return self._unit_ids.get(name, []) if name else []

    @cached_property
    def _unit_ids(self) -> Mapping[str, list[str]]:
        units = self.records[0]
        names = units.name if isinstance(units, UnitTable) else [unit.name for unit in units]
        found: defaultdict[str, list[str]] = defaultdict(list)
        for unit_id, name in zip(list_ids(units), names, strict=True):
            found[name].append(unit_id)
        return found


class RecordIndex(Mapping[str, Record]):
    """Records by id, each made when it is looked up."""

    def __init__(self, records: Sequence[Record], ids: Iterable[str]) -> None:
        self._records: Sequence[Record] = records
        self._rows = {record_id: row for row, record_id in enumerate(ids)}

    def __getitem__(self, record_id: str) -> Record:
        return self._records[self._rows[record_id]]

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def index_known(
    units: Sequence[Unit], villages: Sequence[Village], counties: Iterable[County]
) -> KnownNames:
    """Return the index of everything that can be referred to."""
    named = list_texts(villages, "county") - {""}
    return KnownNames(
        units=RecordIndex(units, list_ids(units)),
        villages=RecordIndex(villages, list_ids(villages)),
        records=(units, villages),
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
    closest = "、".join(known.list_units(name)) or known.suggest_id("unit", unit_id, _CODE_CUTOFF)
    yield _describe_unknown("previous_unit", Severity.WARNING, place, unit_id, closest)


def _tell_village(village_id: str, row: Row, known: KnownNames) -> Iterator[Finding]:
    if village_id in known.villages:
        return
    place = row.place_of("village_id")
    name = row.text("name") or village_id
    found = suggest_villages(known.names, name, row.text("township"), row.text("county"))
    closest = found.show() or known.suggest_id("village", village_id, 0.9)
    yield _describe_unknown("previous_village", Severity.WARNING, place, village_id, closest)


def _describe_unknown(
    what: str, severity: Severity, place: Place, text: str, closest: str
) -> Finding:
    code = f"load.{what}_close" if closest else f"load.{what}"
    return Finding(code, severity, place, {"value": text, "closest": closest}, is_about_code=True)


def check_unit_references(units: Sequence[Unit], known: KnownNames) -> tuple[Finding, ...]:
    """Return findings on villages and counties that units name but nobody knows.

    A conflict or refusal that cannot be understood could let a wrong pair through, so it is an
    error; a wish is not.
    """
    findings: list[Finding] = []
    for field, severity in _REFERENCES.items():
        found, total = _find_unknown(units, field, known)
        for unit, text in found:
            params = {"unit": unit.name or unit.unit_id, "value": text}
            place = unit.place_of(field)
            findings.append(_suggest(f"unit_{field}", severity, place, params, known))
        if total > len(found):
            findings.append(describe_rest(findings[-1], total, MORE))
    return tuple(findings)


def _find_unknown(
    units: Sequence[Unit], field: str, known: KnownNames
) -> tuple[list[tuple[Unit, str]], int]:
    """Return units that name something nobody knows, with what they name, and how often it is so.

    Of a large table, they are the first MAX_LISTED.
    """

    def list_unknown(texts: tuple[str, ...]) -> list[str]:
        return [t for t in texts if t not in known.villages and t not in known.counties]

    if not isinstance(units, UnitTable):
        found = [(unit, text) for unit in units for text in list_unknown(getattr(unit, field))]
        return found, len(found)
    named = getattr(units, field)
    unknown = [list_unknown(texts) for texts in named.items]
    numbers = np.array(list(map(len, unknown)), dtype=np.int64)[named.codes]
    rows = units.places.order_rows(numbers > 0)
    first = [
        (units[row], text)
        for row in rows[:MAX_LISTED].tolist()
        for text in unknown[int(named.codes[row])]
    ]
    return first[:MAX_LISTED], int(numbers.sum())


def _suggest(
    what: str, severity: Severity, place: Place, params: dict[str, str], known: KnownNames
) -> Finding:
    text = params["value"]
    found = suggest_villages(known.names, text)
    closest = found.show() or suggest_names(text, known.counties)
    closest = closest or known.suggest_id("village", text, _CODE_CUTOFF)
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
            closest = "、".join(known.list_units(unit)) or known.suggest_id("unit", unit)
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
