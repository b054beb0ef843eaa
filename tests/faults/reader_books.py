"""Workbooks made by hand, part by part, so that tests can break each part on purpose."""

import io
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

from pairmatch.domain.findings import Finding, Severity
from pairmatch.load.readers.files import read_data, read_sheets
from pairmatch.load.readers.sheets import Sheet
from pairmatch.messages import render

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
WORKBOOK = "xl/workbook.xml"
STYLES = "xl/styles.xml"

Parts = dict[str, str]

MAX_SECONDS = 2.0
NAMED_ROW = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'


def wrap_sheet(rows: str, before: str = "", after: str = "") -> str:
    """Return the XML of a worksheet around the XML of its rows."""
    root = f'<worksheet xmlns="{MAIN}" xmlns:r="{DOCUMENT}">'
    return f"{HEAD}{root}{before}<sheetData>{rows}</sheetData>{after}</worksheet>"


def make_parts(rows: str, before: str = "", after: str = "", calc: str = "") -> Parts:
    """Return the parts of a workbook with one sheet, 村情, of the given rows.

    Shared strings 0, 1, 2 are 村名, 慈庄村, 户数; cell styles 0 to 3 are plain, percent, date, and
    a percent sign that is only text.
    """
    relation = '<Relationship Id="{}" Type="{}/{}" Target="{}"/>'
    sheet_relations = (
        relation.format("rId1", DOCUMENT, "worksheet", "worksheets/sheet1.xml")
        + relation.format("rId2", DOCUMENT, "sharedStrings", "sharedStrings.xml")
        + relation.format("rId3", DOCUMENT, "styles", "styles.xml")
    )
    root_relation = relation.format("rId1", DOCUMENT, "officeDocument", WORKBOOK)
    return {
        "[Content_Types].xml": f"{HEAD}<Types/>",
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}">{root_relation}</Relationships>',
        WORKBOOK: f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}"><workbookPr/><sheets>'
        f'<sheet name="村情" sheetId="1" r:id="rId1"/></sheets>{calc}</workbook>',
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}">'
        f"{sheet_relations}</Relationships>",
        STRINGS: f'{HEAD}<sst xmlns="{MAIN}"><si><t>村名</t></si>'
        "<si><r><t>慈庄</t></r><r><t>村</t></r><rPh><t>cizhuang</t></rPh></si>"
        "<si><t>户数</t></si></sst>",
        STYLES: f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" '
        'formatCode="0&quot;%&quot;"/></numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="10"/><xf numFmtId="14"/><xf numFmtId="164"/>'
        "</cellXfs></styleSheet>",
        SHEET: wrap_sheet(rows, before, after),
    }


def pack(parts: Mapping[str, str | bytes]) -> bytes:
    """Return the parts as a zip container, with fixed times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(zipfile.ZipInfo(part), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def make_small_parts() -> Parts:
    """Return the parts of a small valid workbook that uses most of what sheets can hold."""
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>2</v></c></row>'
        '<row r="2" hidden="1"><c r="A2" t="s"><v>1</v></c><c r="B2"><v>120</v></c>'
        '<c r="C2" s="1"><v>0.35</v></c><c r="D2" s="2"><v>46143</v></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><t>李村</t></is></c><c r="B3" t="e">'
        '<v>#N/A</v></c><c r="C3" t="b"><v>1</v></c><c r="D3"><f>1+1</f><v>2</v></c></row>'
        '<row r="4" s="1"><c r="A4" s="1"/><c r="B4" s="1"/></row>'
    )
    merged = '<mergeCells count="1"><mergeCell ref="A3:A4"/></mergeCells>'
    columns = '<cols><col min="3" max="3" hidden="1"/></cols>'
    return make_parts(rows, before=columns, after=merged)


def read_bytes(
    folder: Path, data: bytes, name: str = "村情.xlsx"
) -> tuple[tuple[Sheet, ...], tuple[Finding, ...]]:
    """Write bytes to a file and read it as a table."""
    path = folder / name
    path.write_bytes(data)
    return read_sheets(path, name)


def find_one(data: bytes, name: str = "村情.xlsx") -> Finding:
    """Return the only finding on a file that must be refused, in time and with its sentences."""
    start = time.process_time()
    sheets, findings = read_data(data, name)
    assert time.process_time() - start < MAX_SECONDS
    assert sheets == ()
    (finding,) = findings
    assert finding.severity is Severity.ERROR
    assert finding.place.file == name
    for lang in ("zh", "en"):
        message = render(finding.code, finding.params, lang)
        assert name in message.text
        assert message.hint
    return finding


def damage(part: str, old: str, new: str) -> bytes:
    """Return the small workbook with one text of one part replaced."""
    parts = make_small_parts()
    assert old in parts[part]
    return pack({**parts, part: parts[part].replace(old, new, 1)})
