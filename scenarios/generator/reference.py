"""Reference tables of a scenario: where the county seats are and how far apart."""

from typing import TYPE_CHECKING

from .layouts import lay_plain, write_csv
from .sources import read_source

if TYPE_CHECKING:
    from pathlib import Path

    from .indicators import Value

COUNTY_COLUMNS = ["name_zh", "county_code", "name_en", "seat_lon_wgs84", "seat_lat_wgs84"]
DISTANCE_COLUMNS = ["from_code", "from_name", "to_code", "to_name", "km_seat_to_seat"]


def write_reference(folder: "Path") -> None:
    """Write `reference/counties.csv` and `reference/distances.csv` of a scenario."""
    for source, name, columns in (
        ("cangzhou_counties", "counties", COUNTY_COLUMNS),
        ("county_distance", "distances", DISTANCE_COLUMNS),
    ):
        rows: list[list[Value]] = [[row[key] for key in columns] for row in read_source(source)]
        write_csv(folder / "reference" / f"{name}.csv", lay_plain(name, columns, rows), "utf-8")
