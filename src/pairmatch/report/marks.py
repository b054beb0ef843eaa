"""A copy of an input file with every doubtful cell coloured and commented, for its author."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from pairmatch.domain.findings import Finding, Severity
from pairmatch.messages import Language, render

ZIP_SIGNATURE = b"PK"
AUTHOR = "pairmatch"
_COLOURS = {Severity.ERROR: "FFFF7C80", Severity.WARNING: "FFFFE699"}
_COMMENT_SIZE = (140, 320)
_MAX_HEADER_ROWS = 50
_FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\]")


def build_marked_workbook(
    data: bytes, file_name: str, findings: Sequence[Finding], lang: Language
) -> bytes:
    """Return a workbook like the file, with its bad cells red, doubtful ones yellow, and comments.

    Parameters
    ----------
    data
        The file as it is: an .xlsx workbook or a text table.
    file_name
        Its path in the scenario, as the findings have it.
    findings
        Findings; those of other files are passed over, and so are notes.
    lang
        Language of the comments.

    Returns
    -------
    bytes
        An .xlsx workbook. Formulas, colours and widths of the original stay. Of a file too damaged
        to open, the sheets are blank but for the marks.
    """
    own = [f for f in findings if f.place.file == file_name and f.severity is not Severity.NOTE]
    try:
        workbook = _open_workbook(data) if data.startswith(ZIP_SIGNATURE) else _convert_text(data)
    except Exception:  # a damaged file breaks openpyxl and csv in too many ways to list
        workbook = _make_blank(own)
    find_headers = cache(_find_headers)  # findings may be tens of thousands, sheets are few
    grouped: defaultdict[tuple[str, int, int], list[Finding]] = defaultdict(list)
    for finding in sorted(own, key=lambda f: f.sort_key):
        sheet = _find_sheet(workbook, finding)
        if sheet is not None:
            row, column = _find_cell(sheet, finding, find_headers)
            grouped[sheet.title, row, column].append(finding)
    for (title, row, column), told in grouped.items():
        _mark(workbook[title].cell(row, column), told, lang)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _open_workbook(data: bytes) -> Any:
    from openpyxl import load_workbook

    return load_workbook(io.BytesIO(data))


def _make_blank(findings: Iterable[Finding]) -> Any:
    from openpyxl import Workbook

    workbook = Workbook()
    names = sorted({f.place.sheet for f in findings if f.place.sheet})
    for name in names:
        workbook.create_sheet(_FORBIDDEN_IN_NAME.sub("_", name))
    if names:
        workbook.remove(workbook.worksheets[0])
    return workbook


def _convert_text(data: bytes) -> Any:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    workbook = Workbook()
    sheet = workbook.worksheets[0]
    text = _decode(data)
    head = text[:4096]
    delimiter = max(",\t;", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for r, cells in enumerate(reader, 1):
        for c, value in enumerate(cells, 1):
            cell = sheet.cell(r, c)
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", value) or None
            # Everything stays text: no cell becomes a formula and no code loses digits.
            if cell.value is not None:
                cell.data_type = "s"
                cell.number_format = "@"
    return workbook


def _decode(data: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")


def _find_sheet(workbook: Any, finding: Finding) -> Any:
    name = finding.place.sheet
    if name:
        return workbook[name] if name in workbook.sheetnames else None
    return workbook.worksheets[0] if workbook.worksheets else None


def _find_headers(sheet: Any) -> dict[str, tuple[int, int]]:
    """Return row and column of the first cell, near the top of a sheet, with each text."""
    found: dict[str, tuple[int, int]] = {}
    for cells in sheet.iter_rows(max_row=min(sheet.max_row, _MAX_HEADER_ROWS)):
        for cell in cells:
            found.setdefault(_show(cell.value), (int(cell.row), int(cell.column)))
    return found


def _find_cell(
    sheet: Any, finding: Finding, find_headers: Callable[[Any], Mapping[str, tuple[int, int]]]
) -> tuple[int, int]:
    """Return row and column of a finding; column 1 where only a row or nothing is known."""
    from openpyxl.utils.cell import coordinate_to_tuple

    place = finding.place
    if place.cell:
        return coordinate_to_tuple(place.cell)
    row = max(place.row, 1)
    if not place.column:
        return row, 1
    header_row, column = find_headers(sheet).get(place.column, (row, 1))
    return row, column if header_row <= row else 1


def _show(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def _mark(cell: Any, told: Iterable[Finding], lang: Language) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    findings = tuple(told)
    if isinstance(cell, MergedCell):
        cell = _find_anchor(cell)
    colour = _COLOURS[findings[0].severity]
    cell.fill = PatternFill("solid", start_color=colour, end_color=colour)
    lines = [cell.comment.text] if cell.comment else []
    for finding in findings:
        message = render(finding.code, finding.params, lang)
        lines.append("\n".join(part for part in (message.text, message.hint) if part))
    text = ILLEGAL_CHARACTERS_RE.sub("", "\n\n".join(lines))
    height, width = _COMMENT_SIZE
    cell.comment = Comment(text, AUTHOR, height=height, width=width)


def _find_anchor(cell: Any) -> Any:
    # Only the first cell of a merged range can hold colour and comment.
    sheet = cell.parent
    for area in sheet.merged_cells.ranges:
        if cell.coordinate in area:
            return sheet.cell(area.min_row, area.min_col)
    return cell
