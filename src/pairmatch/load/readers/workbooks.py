"""Workbooks (.xlsx, .xlsm) read into raw tables.

Why an own reader of sheets and not openpyxl: a sheet with a million formatted blank rows takes
openpyxl half a minute and 1.3 GB (here one second and 33 MB); its streaming mode believes the
file's stated size and knows neither merged ranges nor hidden rows; it cannot show a formula and
its stored value in one pass; and importing it alone takes as long as reading all workbooks of a
scenario here. This reader streams the events of each sheet and keeps only cells that hold
something. Document type declarations are refused (`xmlparts`), so nothing in the XML can expand.
"""

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.load.readers.archives import Archive, RejectedFileError
from pairmatch.load.readers.blanks import BlankFilter
from pairmatch.load.readers.packages import SheetEntry, read_package
from pairmatch.load.readers.sheets import CellValue, Sheet
from pairmatch.load.readers.sheetscan import MAX_CELLS, Range, Rows, SheetScan, name_column
from pairmatch.load.readers.xmlparts import parse_xml

MAX_MERGED_CELLS = 1_000_000
MAX_ROW_GAP = 1_000
MAX_COLUMN_GAP = 200
MAX_SHOWN = 10
FEW_CELLS = 20
"""So many cells far from the table are taken for slips of the hand; more may be lost data."""

_GROWING_MERGE = 10_000  # a larger merged range is decoration and does not widen the table


def read_workbook(archive: Archive, name: str) -> tuple[tuple[Sheet, ...], tuple[Finding, ...]]:
    """Read all sheets of a workbook.

    Parameters
    ----------
    archive
        The container of its parts.
    name
        Its path relative to the scenario, for findings.

    Returns
    -------
    tuple
        The sheets, and findings on what is hidden or far off (warnings and notes, and errors
        where many cells lie far from the table).

    Raises
    ------
    RejectedFileError
        If a part is missing, damaged or over a limit; nothing is read in part.
    """
    package = read_package(archive)
    if not package.sheets:
        raise RejectedFileError("files.no_sheets")
    sheets: list[Sheet] = []
    findings: list[Finding] = []
    for entry in package.sheets:
        blanks = BlankFilter()
        scan = SheetScan(entry.name, package, blanks)
        parse_xml(entry.part, blanks.filter_chunks(archive.iterate_part(entry.part)), scan)
        sheet, far = _build_sheet(scan, entry, name)
        sheets.append(sheet)
        findings += far
        findings += _tell_hidden(scan, sheet)
    return tuple(sheets), tuple(findings)


def _build_sheet(scan: SheetScan, entry: SheetEntry, name: str) -> tuple[Sheet, list[Finding]]:
    rows, last_row = _cut_rows(scan.rows)
    rows, last_column = _cut_columns(rows)
    findings = _tell_far_cells(scan.rows, rows, Place(name, entry.name))
    merged = tuple(sorted(scan.merged))
    for _, _, row, column in _find_growing(merged, last_row, last_column):
        last_row, last_column = max(last_row, row), max(last_column, column)
    if last_row * last_column > MAX_CELLS:
        at = Place(sheet=entry.name)
        raise RejectedFileError("files.too_many_cells", at, limit=str(MAX_CELLS))
    errors = {at: text for at, text in scan.errors.items() if at[1] in rows.get(at[0], {})}
    _fill_merged(rows, errors, merged, (last_row, last_column), entry.name)
    hidden_rows = frozenset(row for row in scan.hidden_rows if row <= last_row)
    dense = _make_dense(rows, last_row, last_column)
    sheet = Sheet(name, entry.name, dense, hidden_rows, entry.hidden, merged, errors)
    return sheet, findings


def _cut_rows(rows: Rows) -> tuple[Rows, int]:
    # A wide gap ends the table: what comes after it is told, not read.
    last = 0
    kept: Rows = {}
    for row in sorted(rows):
        if row - last > MAX_ROW_GAP:
            break
        kept[row] = rows[row]
        last = row
    return kept, last


def _cut_columns(rows: Rows) -> tuple[Rows, int]:
    last = 0
    for column in sorted({column for row in rows.values() for column in row}):
        if column - last > MAX_COLUMN_GAP:
            return {
                row: {c: value for c, value in cells.items() if c <= last}
                for row, cells in rows.items()
            }, last
        last = column
    return rows, last


def _tell_far_cells(rows: Rows, kept: Rows, place: Place) -> list[Finding]:
    total = sum(map(len, rows.values()))
    num_far = total - sum(map(len, kept.values()))
    if not num_far:
        return []
    row, column = min(
        (row, column)
        for row, cells in rows.items()
        for column in cells
        if column not in kept.get(row, {})
    )
    address = f"{name_column(column)}{row}"
    severity = Severity.ERROR if num_far > FEW_CELLS else Severity.WARNING
    value = rows[row][column]
    shown = "" if value is None else str(value)
    at = Place(place.file, place.sheet, row, "", address, shown)
    params = {"file": place.file, "sheet": place.sheet, "cell": address, "count": str(num_far)}
    return [Finding("files.far_cells", severity, at, params)]


def _find_growing(merged: tuple[Range, ...], last_row: int, last_column: int) -> list[Range]:
    return [
        area
        for area in merged
        if area[0] <= last_row
        and area[1] <= last_column
        and (area[2] - area[0] + 1) * (area[3] - area[1] + 1) <= _GROWING_MERGE
    ]


def _fill_merged(
    rows: Rows,
    errors: dict[tuple[int, int], str],
    merged: tuple[Range, ...],
    last: tuple[int, int],
    sheet: str,
) -> None:
    budget = MAX_MERGED_CELLS
    for top, left, bottom, right in merged:
        bottom_row, right_column = min(bottom, last[0]), min(right, last[1])
        budget -= max(0, bottom_row - top + 1) * max(0, right_column - left + 1)
        if budget < 0:  # overlapping ranges without end
            at = Place(sheet=sheet)
            limit = str(MAX_MERGED_CELLS)
            raise RejectedFileError("files.too_many_cells", at, limit=limit)
        value = rows.get(top, {}).get(left)
        error = errors.get((top, left))
        if value is None and error is None:
            continue
        for row in range(top, bottom_row + 1):
            cells = rows.setdefault(row, {})
            for column in range(left, right_column + 1):
                cells[column] = value
                if error is not None:
                    errors[row, column] = error


def _make_dense(rows: Rows, last_row: int, last_column: int) -> tuple[tuple[CellValue, ...], ...]:
    blank = (None,) * last_column
    columns = range(1, last_column + 1)
    dense: list[tuple[CellValue, ...]] = []
    for row in range(1, last_row + 1):
        cells = rows.get(row)
        dense.append(tuple(map(cells.get, columns)) if cells else blank)
    return tuple(dense)


def _tell_hidden(scan: SheetScan, sheet: Sheet) -> list[Finding]:
    at = Place(sheet.file, sheet.name)
    params = {"file": sheet.file, "sheet": sheet.name}
    findings: list[Finding] = []
    if sheet.hidden:
        findings.append(Finding("files.hidden_sheet", Severity.NOTE, at, params))
    if sheet.hidden_rows:
        code = "files.filtered_rows" if scan.filtered else "files.hidden_rows"
        rows = sorted(sheet.hidden_rows)
        shown = ", ".join(map(str, rows[:MAX_SHOWN])) + (" ..." if len(rows) > MAX_SHOWN else "")
        place = Place(sheet.file, sheet.name, rows[0])
        told = {**params, "count": str(len(rows)), "rows": shown}
        findings.append(Finding(code, Severity.NOTE, place, told))
    columns = _list_columns(scan.hidden_columns, len(sheet.rows[0]) if sheet.rows else 0)
    if columns:
        shown = ", ".join(map(name_column, columns[:MAX_SHOWN]))
        told = {**params, "count": str(len(columns)), "columns": shown}
        findings.append(Finding("files.hidden_columns", Severity.NOTE, at, told))
    return findings


def _list_columns(stretches: list[tuple[int, int]], width: int) -> list[int]:
    columns: list[int] = []
    done = 0
    for first, last in sorted(stretches):
        columns += range(max(first, done + 1), min(last, width) + 1)
        done = max(done, last)
    return columns
