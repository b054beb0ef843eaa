"""Rows of the table of capacities: how much of a resource a unit or village has."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from pairmatch.domain.columns import CAPACITY_COLUMNS
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.inputs import Capacity
from pairmatch.load.records.decimals import read_decimal
from pairmatch.load.records.references import KnownNames
from pairmatch.load.records.rows import Row

_CODE_CUTOFF = 0.75
_UNKNOWN = {"unit": "capacity_unit", "village": "capacity_village"}


def build_capacities(
    rows: Iterable[Row], known: KnownNames
) -> tuple[tuple[Capacity, ...], tuple[Finding, ...]]:
    """Return the capacities, sorted by resource, side and owner, and rows that are none."""
    found: dict[tuple[str, str, str], Capacity] = {}
    findings: list[Finding] = []
    for row in sorted(rows, key=lambda r: r.place):
        faults = [*_tell_blanks(row), *_tell_owner(row, known)]
        key = row.text("resource"), row.text("side"), row.text("id")
        first = found.get(key)
        if first and not faults:
            params = {"value": f"{key[2]} + {key[0]}", "first_file": first.place.file}
            params["first_row"] = str(first.place.row)
            place = row.place_of("id")
            faults.append(Finding("load.capacity_double", Severity.ERROR, place, params))
        findings += faults
        if not faults and row.text("capacity"):
            found[key] = Capacity(
                side=row.text("side"),
                owner_id=row.text("id"),
                resource=row.text("resource"),
                amount=read_decimal(row.text("capacity")),
                waiver=_read_waiver(row),
                place=row.place_of("capacity"),
            )
    return tuple(found[key] for key in sorted(found)), tuple(findings)


def _read_waiver(row: Row) -> Decimal | None:
    text = row.text("waiver")
    return read_decimal(text) if text else None


def _tell_blanks(row: Row) -> Iterator[Finding]:
    for column in CAPACITY_COLUMNS:
        cell = row.cells.get(column.field)
        # A column that is missing, or a cell that cannot be read, has been told already.
        if column.required and cell is not None and cell.problem is None and cell.value is None:
            place = row.place_of(column.field)
            params = {"column": place.column, "value": place.value}
            yield Finding("load.cell_blank", Severity.ERROR, place, params)


def _tell_owner(row: Row, known: KnownNames) -> Iterator[Finding]:
    side, owner_id = row.text("side"), row.text("id")
    sides: Mapping[str, Mapping[str, object]] = {"unit": known.units, "village": known.villages}
    if not owner_id or not side or owner_id in sides[side]:
        return
    closest = known.suggest_id(side, owner_id, _CODE_CUTOFF) or "—"
    other = "village" if side == "unit" else "unit"
    code = f"load.{_UNKNOWN[side]}" + ("_other" if owner_id in sides[other] else "")
    params = {"value": owner_id, "closest": closest}
    place = row.place_of("id")
    yield Finding(code, Severity.ERROR, place, params, is_about_code=True)
