"""The bundled scenario: 14 counties, 420 candidate villages, 116 units, 112 pairs to find."""

from collections import defaultdict
from pathlib import Path

from .history import history_cells, history_headers, list_past_pairs
from .indicators import Value
from .layouts import Layout, lay_plain, write_csv, write_workbook
from .messy import lay_hidden_rows, lay_total_row, lay_two_row_header
from .places import VILLAGES_PER_COUNTY
from .reference import write_departments, write_reference
from .settings import write_plugins_note, write_settings
from .units import list_units, unit_cells, unit_headers
from .villages import list_villages, village_cells, village_headers

CSV_ENCODINGS = {"东光县": "gb18030", "吴桥县": "utf-8-sig"}
MESSY = {"青县": lay_two_row_header, "献县": lay_hidden_rows, "任丘市": lay_total_row}


def write_cangzhou(folder: Path) -> None:
    """Write the scenario `cangzhou-2026`."""
    for county, rows in _group_rows().items():
        _write_county(folder / "data" / "村情表", county, rows)
    units = [unit_cells(unit, 0) for unit in list_units()]
    write_workbook(folder / "data" / "帮扶单位.xlsx", lay_plain("帮扶单位", unit_headers(), units))
    past = [history_cells(pair) for pair in list_past_pairs()]
    history = lay_plain("上一轮结对", history_headers(), past)
    write_workbook(folder / "data" / "上一轮结对.xlsx", history)
    write_reference(folder)
    write_departments(folder)
    write_settings(folder, continuity=True)
    write_plugins_note(folder)


def _group_rows() -> dict[str, list[list[Value]]]:
    rows: dict[str, list[list[Value]]] = defaultdict(list)
    for form in list_villages():
        rows[form.place.county].append(village_cells(form, 0))
    if any(len(county_rows) != VILLAGES_PER_COUNTY for county_rows in rows.values()):
        raise ValueError("a county has too few villages")
    return rows


def _write_county(folder: Path, county: str, rows: list[list[Value]]) -> None:
    if county in CSV_ENCODINGS:
        layout = lay_plain("", village_headers(), rows)
        write_csv(folder / f"{county}村情表.csv", layout, CSV_ENCODINGS[county])
        return
    write_workbook(folder / f"{county}村情表.xlsx", _lay_county(county, rows))


def _lay_county(county: str, rows: list[list[Value]]) -> Layout:
    if county in MESSY:
        return MESSY[county](rows)
    return lay_plain("村情表", village_headers(), rows)
