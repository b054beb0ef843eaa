"""Reference tables of a scenario: county seats, how far apart they are, and departments."""

from typing import TYPE_CHECKING

from .layouts import lay_plain, write_csv
from .sources import read_reference, read_source

if TYPE_CHECKING:
    from pathlib import Path

    from .indicators import Value

COUNTY_COLUMNS = ["name_zh", "county_code", "name_en", "seat_lon_wgs84", "seat_lat_wgs84"]
DISTANCE_COLUMNS = ["from_code", "from_name", "to_code", "to_name", "km_seat_to_seat"]
DEPARTMENT_HEADERS = [
    *("部门编号", "部门", "简称", "英文名称", "能办的需求", "每年资金(万元)", "数据性质"),
]
WAN_PER_NEED = 30
"""What a department has a year for each kind of need it serves: made up."""


def write_reference(folder: "Path") -> None:
    """Write `reference/counties.csv` and `reference/distances.csv` of a scenario."""
    for source, name, columns in (
        ("cangzhou_counties", "counties", COUNTY_COLUMNS),
        ("county_distance", "distances", DISTANCE_COLUMNS),
    ):
        rows: list[list[Value]] = [[row[key] for key in columns] for row in read_source(source)]
        write_csv(folder / "reference" / f"{name}.csv", lay_plain(name, columns, rows), "utf-8")


def write_departments(folder: "Path") -> None:
    """Write `reference/departments.csv`: the departments of the package, with made-up money."""
    names = {row["need_id"]: row["name_zh"] for row in read_reference("need_types")}
    rows: list[list[Value]] = []
    for row in read_reference("departments"):
        needs = [names[need_id] for need_id in row["need_types_assumed"].split("|")]
        money = WAN_PER_NEED * len(needs)
        known = [
            row[key] for key in ("department_id", "full_name_memory", "name_in_seed", "name_en")
        ]
        rows.append([*known, "、".join(needs), money, "合成"])
    layout = lay_plain("departments", DEPARTMENT_HEADERS, rows)
    write_csv(folder / "reference" / "departments.csv", layout, "utf-8")
