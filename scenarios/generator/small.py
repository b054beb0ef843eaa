"""The two small scenarios, for documentation and tests."""

from pathlib import Path
from typing import TYPE_CHECKING

from .history import list_past_pairs
from .layouts import lay_plain, write_csv, write_workbook
from .reference import write_reference
from .settings import write_settings
from .units import list_agribusinesses, list_city_units, unit_cells, unit_headers
from .villages import list_villages, village_cells, village_headers

if TYPE_CHECKING:
    from .indicators import Value

THREE_UNITS = ("bank", "builder", "hospital")
THREE_VILLAGES = ("east", "north", "west")
THREE_SCORES = (
    ("bank", "east", 9),
    ("bank", "north", 3),
    ("bank", "west", 8),
    ("builder", "east", 8),
    ("builder", "north", -1),
    ("builder", "west", 2),
    ("hospital", "east", 5),
    ("hospital", "north", 4),
)
"""Points per pair; hospital and west are no candidate. Best of all: 8 + 8 + 4 = 20."""


def write_three_by_three(folder: Path) -> None:
    """Write the smallest form: three tables and a few lines of settings."""
    units: list[list[Value]] = [[unit] for unit in THREE_UNITS]
    villages: list[list[Value]] = [[village] for village in THREE_VILLAGES]
    scores: list[list[Value]] = [list(row) for row in THREE_SCORES]
    for layout in (
        lay_plain("units", ["unit_id"], units),
        lay_plain("villages", ["village_id"], villages),
        lay_plain("scores", ["unit_id", "village_id", "points"], scores),
    ):
        write_csv(folder / f"{layout.sheet}.csv", layout, "utf-8")
    write_settings(folder)


def write_launch(folder: Path) -> None:
    """Write the 28 pairs of the launch of 2021: each of 28 villages must get one of 28 units."""
    units = (*list_city_units(), *list_agribusinesses())
    unit_ids = {unit.unit_id for unit in units}
    codes = {pair.village_code for pair in list_past_pairs() if pair.unit_id in unit_ids}
    forms = [form for form in list_villages() if form.place.code in codes]
    villages = [village_cells(form, 1) for form in forms]
    write_workbook(
        folder / "data" / "老区村.xlsx", lay_plain("村情表", village_headers(), villages)
    )
    write_workbook(
        folder / "data" / "帮扶单位.xlsx",
        lay_plain("帮扶单位", unit_headers(), [unit_cells(unit, 0) for unit in units]),
    )
    write_reference(folder)
    write_settings(folder)
