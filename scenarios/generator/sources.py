"""The source tables the scenarios are made from, as plain rows."""

import csv
from functools import cache
from pathlib import Path

SCENARIOS = Path(__file__).resolve().parent.parent
SOURCES = SCENARIOS / "sources"
PACKAGE_DATA = SCENARIOS.parent / "src" / "pairmatch" / "data"

Row = dict[str, str]


@cache
def read_source(name: str) -> tuple[Row, ...]:
    """Return the rows of a table of `scenarios/sources`."""
    return _read(SOURCES / f"{name}.csv")


@cache
def read_reference(name: str) -> tuple[Row, ...]:
    """Return the rows of a reference table of the package, such as ``"need_types"``."""
    return _read(PACKAGE_DATA / f"{name}.csv")


def _read(path: Path) -> tuple[Row, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
