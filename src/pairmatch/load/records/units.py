"""Rows of the unit table to units."""

from collections.abc import Iterable
from types import MappingProxyType

from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.records import Unit
from pairmatch.domain.taxonomy import Taxonomy, drop_section
from pairmatch.load.records.rows import Row
from pairmatch.load.records.villages import describe_duplicate

EVERYWHERE = frozenset({"全市", "全部", "不限", "各县", "all"})

PLACED = (
    *("county", "scope_counties", "industry_codes", "budget_low", "capacity_min"),
    *("conflicts", "wishes", "refusals"),
)
"""Fields that findings point at after reading."""


def build_units(
    rows: Iterable[Row], taxonomy: Taxonomy
) -> tuple[tuple[Unit, ...], tuple[Finding, ...]]:
    """Return the units of all rows, sorted by id, and what is wrong with their ids."""
    found: dict[str, Unit] = {}
    findings: list[Finding] = []
    capabilities = tuple(c.capability_id for c in taxonomy.capabilities)
    for row in sorted(rows, key=lambda r: r.place):
        unit_id = row.text("unit_id")
        if not unit_id:
            findings += tell_missing_id(row)
        elif unit_id in found:
            first = found[unit_id].place
            findings.append(describe_duplicate(row, "unit_id", first.file, first.row))
        else:
            found[unit_id] = _build_unit(row, unit_id, capabilities)
    return tuple(found[unit_id] for unit_id in sorted(found)), tuple(findings)


def tell_missing_id(row: Row) -> list[Finding]:
    """Return the finding for a row that leaves its id blank; one with a problem has been told."""
    cell = row.cells.get("unit_id")
    if cell is None or cell.problem is not None:
        return []
    place = row.place_of("unit_id")
    params = {"name": row.text("name")}
    return [Finding("load.unit_id_missing", Severity.ERROR, place, params)]


def list_extra_units(
    rows: Iterable[Row], taxonomy: Taxonomy, units: Iterable[Unit]
) -> tuple[Unit, ...]:
    """Return the units of rows that are left out, so that they can be checked all the same."""
    places = {unit.place for unit in units}
    left_out = sorted((r for r in rows if r.place not in places), key=lambda r: r.place)
    capabilities = tuple(c.capability_id for c in taxonomy.capabilities)
    return tuple(_build_unit(row, row.text("unit_id"), capabilities) for row in left_out)


def _build_unit(row: Row, unit_id: str, capabilities: tuple[str, ...]) -> Unit:
    levels = {c: int(level) for c in capabilities if (level := row.number(c))}
    scope = row.names("scope_counties")
    team_size = row.number("team_size")
    capacity_min = int(row.number("capacity_min") or 0)
    capacity_max = row.number("capacity_max")
    return Unit(
        unit_id=unit_id,
        name=row.text("name"),
        tier=row.text("tier"),
        kind=row.text("kind"),
        county=row.text("county"),
        scope_counties=() if EVERYWHERE.intersection(scope) else scope,
        industry_codes=tuple(drop_section(c) for c in row.names("industry_codes")),
        capabilities=MappingProxyType(levels),
        budget_low=row.number("budget_low"),
        budget_high=row.number("budget_high"),
        team_size=None if team_size is None else int(team_size),
        credit_ok=_truth(row, "credit_ok"),
        scale_ok=_truth(row, "scale_ok"),
        willing=_truth(row, "willing"),
        influence_ok=_truth(row, "influence_ok"),
        conflicts=row.names("conflicts"),
        wishes=row.names("wishes"),
        refusals=row.names("refusals"),
        capacity_min=capacity_min,
        capacity_max=max(1, capacity_min) if capacity_max is None else int(capacity_max),
        synthetic=row.text("data_status") == "synthetic",
        place=row.place,
        places=MappingProxyType({f: row.places[f] for f in PLACED if f in row.places}),
    )


def _truth(row: Row, field: str) -> bool | None:
    number = row.number(field)
    return None if number is None else bool(number)
