"""Faults 1 to 16 at the reader: what is found, where, how fast and in how much memory."""

import io
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.reader_books import (
    SHEET,
    STRINGS,
    WORKBOOK,
    make_parts,
    make_small_parts,
    pack,
    read_bytes,
    wrap_sheet,
)

from pairmatch.domain.findings import Finding, Severity
from pairmatch.load.archives import MEGABYTE, OLE_SIGNATURE, Limits
from pairmatch.load.files import choose_limits, read_data, read_sheets
from pairmatch.load.sheetscan import name_column
from pairmatch.messages import render

MAX_SECONDS = 2.0
GOOD = pack(make_small_parts())
NAMED_ROW = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'


@pytest.fixture(autouse=True)
def fast_enough() -> Iterator[None]:
    start = time.perf_counter()
    yield
    # Making the largest of these files takes most of it.
    assert time.perf_counter() - start < 10 * MAX_SECONDS


def find_one(data: bytes, name: str = "村情.xlsx") -> Finding:
    """Return the only finding on a file that must be refused, in time and with its sentences."""
    start = time.perf_counter()
    sheets, findings = read_data(data, name)
    assert time.perf_counter() - start < MAX_SECONDS
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


def test_small_workbook_is_read(tmp_path: Path) -> None:
    (sheet,), findings = read_bytes(tmp_path, GOOD)
    assert sheet.rows == (
        ("村名", "户数", None, None),
        ("慈庄村", 120, "35%", "2026-05-01"),
        ("李村", None, True, 2),
        ("李村", None, None, None),
    )
    assert sheet.errors == {(3, 2): "#N/A"}
    assert sheet.hidden_rows == {2}
    assert [finding.code for finding in findings] == ["files.hidden_rows", "files.hidden_columns"]


@pytest.mark.parametrize("data", [b"", b"\r\n \n", b"\xef\xbb\xbf", bytes(4096)])
@pytest.mark.parametrize("name", ["村情.xlsx", "村情.csv"])
def test_fault_01_empty_file(data: bytes, name: str) -> None:
    assert find_one(data, name).code == "files.empty"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("村名,户数\n慈庄村,120\n".encode("gb18030"), "files.not_xlsx"),
        (b"\x89PNG\r\n\x1a\n", "files.not_xlsx"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "files.web_page"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>', "files.web_page"),
    ],
)
def test_fault_02_other_content_named_xlsx(data: bytes, code: str) -> None:
    finding = find_one(data)
    assert finding.code == code
    assert "不是有效的 xlsx" in render(code, finding.params, "zh").text
    assert "另存为" in render(code, finding.params, "zh").hint


def test_fault_02_web_page_named_csv() -> None:
    assert find_one(b"<!DOCTYPE html><html></html>", "a.csv").code == "files.web_page"


def test_fault_02_workbook_named_csv_is_read(tmp_path: Path) -> None:
    (sheet,), _ = read_bytes(tmp_path, GOOD, "村情.csv")
    assert sheet.typed
    assert sheet.name == "村情"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_fault_03_zip_cut_off(share: float) -> None:
    finding = find_one(GOOD[: int(len(GOOD) * share)])
    assert finding.code == "files.damaged_zip"
    assert "不是有效的 xlsx" in render(finding.code, finding.params, "zh").text


def test_fault_03_damaged_bytes_fail_their_checksum() -> None:
    at = GOOD.index(b"xl/worksheets/sheet1.xml") + 60
    damaged = GOOD[:at] + bytes([GOOD[at] ^ 0xFF]) + GOOD[at + 1 :]
    assert find_one(damaged).code in {"files.unreadable", "files.damaged_part"}


def test_fault_04_folder_named_xlsx(tmp_path: Path) -> None:
    folder = tmp_path / "村情.xlsx"
    folder.mkdir()
    assert [f.code for f in read_sheets(folder, "村情.xlsx")[1]] == ["files.folder"]


def test_missing_file_and_forbidden_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "无.xlsx"
    assert [f.code for f in read_sheets(path, "无.xlsx")[1]] == ["files.not_found"]
    path.write_bytes(GOOD)
    for error, code in ((PermissionError, "not_permitted"), (TimeoutError, "not_readable")):

        def refuse(_: Path, error: type[OSError] = error) -> bytes:
            raise error

        monkeypatch.setattr(Path, "read_bytes", refuse)
        assert [f.code for f in read_sheets(path, "无.xlsx")[1]] == [f"files.{code}"]


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        ("EncryptedPackage", "files.password"),
        ("Workbook", "files.old_format"),
        ("Book", "files.old_format"),
        ("WordDocument", "files.not_xlsx"),
    ],
)
def test_fault_05_and_14_ole_files(stream: str, code: str) -> None:
    data = OLE_SIGNATURE + bytes(1016) + stream.encode("utf-16-le") + bytes(512)
    assert find_one(data).code == code
    assert find_one(data, "村情.et").code == code


def test_fault_05_encrypted_zip_entry() -> None:
    data = bytearray(GOOD)
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    assert find_one(bytes(data)).code == "files.password"


@pytest.mark.parametrize("part", [WORKBOOK, STRINGS, SHEET, "xl/_rels/workbook.xml.rels"])
def test_fault_06_part_missing(part: str) -> None:
    parts = make_small_parts()
    del parts[part]
    finding = find_one(pack(parts))
    assert finding.code == "files.missing_part"
    assert finding.params["part"] == part


def test_fault_06_sheet_without_relationship() -> None:
    assert find_one(damage(WORKBOOK, 'r:id="rId1"', 'r:id="rId9"')).code == "files.missing_part"


def test_fault_06_no_sheets() -> None:
    parts = make_small_parts()
    parts[WORKBOOK] = "<workbook><sheets/></workbook>"
    assert find_one(pack(parts)).code == "files.no_sheets"


@pytest.mark.parametrize("index", ["3", "-1", "99999999999"])
def test_fault_07_string_index_out_of_range(index: str) -> None:
    finding = find_one(damage(SHEET, '<c r="A2" t="s"><v>1</v>', f'<c r="A2" t="s"><v>{index}</v>'))
    assert finding.code == "files.bad_string_index"
    assert (finding.place.sheet, finding.place.row, finding.place.cell) == ("村情", 2, "A2")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.99])
def test_fault_08_sheet_xml_cut(share: float) -> None:
    parts = make_small_parts()
    parts[SHEET] = parts[SHEET][: int(len(parts[SHEET]) * share)]
    finding = find_one(pack(parts))
    assert finding.code == "files.damaged_part"
    assert finding.params["part"] == SHEET


@pytest.mark.parametrize("part", [WORKBOOK, STRINGS, "xl/styles.xml", "_rels/.rels"])
def test_fault_08_other_xml_cut(part: str) -> None:
    parts = make_small_parts()
    parts[part] = parts[part][:-10]
    assert find_one(pack(parts)).params["part"] == part


@pytest.mark.parametrize("ref", ["A0", "ZZZZ2", "2A", "B3", "XFE2", "", "A1048577", "Ａ2"])
def test_fault_09_bad_cell_reference(ref: str) -> None:
    finding = find_one(damage(SHEET, 'r="A2"', f'r="{ref}"'))
    assert finding.code == "files.bad_ref"
    assert (finding.place.sheet, finding.place.row) == ("村情", 2)


def test_fault_09_cell_twice() -> None:
    assert find_one(damage(SHEET, 'r="B2"', 'r="A2"')).code == "files.bad_ref"


@pytest.mark.parametrize("row", ["0", "1048577"])
def test_fault_09_bad_row_number(row: str) -> None:
    assert find_one(damage(SHEET, '<row r="4"', f'<row r="{row}"')).code == "files.bad_ref"


@pytest.mark.parametrize("area", ["A3:A0", "A4:A3", "A3:", "x"])
def test_fault_09_bad_merged_range(area: str) -> None:
    assert find_one(damage(SHEET, 'ref="A3:A4"', f'ref="{area}"')).code == "files.bad_ref"


def test_fault_10_stray_cell_is_told_and_not_read(tmp_path: Path) -> None:
    stray = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    data = pack(make_parts(NAMED_ROW + stray, before='<dimension ref="A1:XFD1048576"/>'))
    start = time.perf_counter()
    (sheet,), (finding,) = read_bytes(tmp_path, data)
    assert time.perf_counter() - start < MAX_SECONDS
    assert sheet.rows == (("村名",),)
    assert (finding.code, finding.severity) == ("files.far_cells", Severity.WARNING)
    assert finding.place.cell == "XFD1048576"
    assert "XFD1048576" in render(finding.code, finding.params, "zh").text


def test_fault_10_far_column_is_told(tmp_path: Path) -> None:
    row = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="XFD1" t="s"><v>2</v></c></row>'
    (sheet,), (finding,) = read_bytes(tmp_path, pack(make_parts(row)))
    assert sheet.rows == (("村名",),)
    assert (finding.place.cell, finding.place.value) == ("XFD1", "户数")


def test_fault_10_many_far_cells_are_an_error(tmp_path: Path) -> None:
    far = "".join(f'<row r="{r}"><c r="A{r}"><v>1</v></c></row>' for r in range(5000, 5030))
    _, (finding,) = read_bytes(tmp_path, pack(make_parts(NAMED_ROW + far)))
    assert (finding.code, finding.severity) == ("files.far_cells", Severity.ERROR)
    assert finding.params["count"] == "30"


MEASURE = """
import sys, time
from pathlib import Path
from pairmatch.load.files import read_sheets
start = time.perf_counter()
(sheet,), findings = read_sheets(Path(sys.argv[1]), "a.xlsx")
seconds = time.perf_counter() - start
status = Path("/proc/self/status").read_text()
memory = int(status.partition("VmHWM:")[2].split()[0]) // 1024
print(len(sheet.rows), len(findings), seconds, memory)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize("cells", ["", '<c r="A{0}" s="1"/><c r="B{0}" s="1"/>'])
def test_fault_10_million_formatted_blank_rows(tmp_path: Path, cells: str) -> None:
    blank = f'<row r="{{0}}" s="1" customFormat="1" ht="15">{cells}</row>'
    rows = "".join(map(blank.format, range(2, 1_048_577)))
    parts = make_parts(NAMED_ROW + rows, before='<dimension ref="A1:B1048576"/>')
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True
    )
    num_rows, num_findings, seconds, megabytes = done.stdout.split()
    assert (num_rows, num_findings) == ("1", "0")
    assert float(seconds) < MAX_SECONDS
    assert int(megabytes) < 300


def test_fault_10_dimension_lies_low(tmp_path: Path) -> None:
    rows = NAMED_ROW + '<row r="9"><c r="C9"><v>7</v></c></row>'
    (sheet,), _ = read_bytes(tmp_path, pack(make_parts(rows, before='<dimension ref="A1"/>')))
    assert len(sheet.rows) == 9
    assert sheet.rows[8] == (None, None, 7)


def make_bomb(num_megabytes: int, level: int = 1) -> bytes:
    buffer = io.BytesIO()
    block = b" " * MEGABYTE
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for part, content in make_small_parts().items():
            if part != SHEET:
                archive.writestr(part, content)
        with archive.open(SHEET, "w") as stream:
            for _ in range(num_megabytes):
                stream.write(block)
    return buffer.getvalue()


def test_fault_11_bomb_is_refused_within_a_second() -> None:
    data = make_bomb(300)
    assert len(data) < 3 * MEGABYTE
    start = time.perf_counter()
    finding = find_one(data)
    assert time.perf_counter() - start < 1
    assert finding.code == "files.too_large"
    message = render(finding.code, finding.params, "zh")
    assert "256 MB" in message.text
    assert "PAIRMATCH_MAX_XLSX_MB" in message.hint


def test_fault_11_smaller_bomb_is_refused_by_its_ratio() -> None:
    assert find_one(make_bomb(40, level=9)).code == "files.too_packed"


@pytest.mark.parametrize("declared", [10, 2**31])
def test_fault_11_declared_size_lies(declared: int) -> None:
    data = bytearray(make_bomb(20))
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, declared)
    start = time.perf_counter()
    finding = find_one(bytes(data))
    assert time.perf_counter() - start < 1
    assert finding.code in {"files.too_large", "files.unreadable", "files.damaged_part"}


def test_fault_11_unpacked_bytes_are_counted_over_all_parts() -> None:
    data = pack(make_small_parts())
    _, (finding,) = read_data(data, "a.xlsx", Limits(max_bytes=2000))
    assert finding.code == "files.too_large"
    sheets, _ = read_data(data, "a.xlsx", Limits(max_bytes=100_000))
    assert sheets


@pytest.mark.parametrize("lie", [False, True])
def test_fault_11_hundred_thousand_entries(lie: bool) -> None:
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *[20] * 2, *[0] * 7, 1, *[0] * 6) + b"x"
    catalogue = entry * 100_000
    count = 5 if lie else 0xFFFF
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(catalogue), 4, 0)
    start = time.perf_counter()
    finding = find_one(b"PK\x03\x04" + catalogue + end)
    assert time.perf_counter() - start < 1
    assert finding.code == "files.too_many_entries"
    assert "10000" in render(finding.code, finding.params, "en").text


def test_fault_11_too_many_cells_or_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pairmatch.load.sheetscan.MAX_CELLS", 3)
    assert find_one(GOOD).code == "files.too_many_cells"
    monkeypatch.setattr("pairmatch.load.packages.MAX_STRINGS", 2)
    assert find_one(GOOD).code == "files.too_many_cells"


def test_fault_11_sparse_cells_do_not_make_a_huge_table() -> None:
    # Gaps just below the limit, so that everything belongs to one table of 1e10 cells.
    tall = "".join(f'<row r="{r}"><c r="A{r}"><v>1</v></c></row>' for r in range(2, 999_000, 900))
    wide = "".join(f'<c r="{name_column(c)}1"><v>1</v></c>' for c in range(1, 16_000, 190))
    data = pack(make_parts(f'<row r="1">{wide}</row>{tall}'))
    assert find_one(data).code == "files.too_many_cells"


def test_fault_11_bytes_are_counted_while_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    # The catalogue's sizes are checked first; what comes out is counted in case they lie.
    monkeypatch.setattr("pairmatch.load.archives._check_entries", lambda *_: None)
    _, (finding,) = read_data(GOOD, "a.xlsx", Limits(max_bytes=2000))
    assert finding.code == "files.too_large"


def test_fault_11_catalogue_with_false_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pairmatch.load.archives._check_catalogue", lambda *_: None)
    _, (finding,) = read_data(GOOD, "a.xlsx", Limits(max_entries=3))
    assert finding.code == "files.too_many_entries"


def test_fault_11_endless_tag_is_refused() -> None:
    sheet = wrap_sheet(NAMED_ROW).replace("<sheetData>", f'<x a="{"y" * 6_000_000}"/><sheetData>')
    finding = find_one(pack({**make_small_parts(), SHEET: sheet}))
    assert (finding.code, finding.params["part"]) == ("files.damaged_part", SHEET)


def test_fault_11_file_itself_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x,y\n" * 1000)
    _, (finding,) = read_sheets(path, "a.csv", limits=Limits(max_bytes=1000))
    assert finding.code == "files.too_large"


def test_fault_11_limit_is_raisable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_limits("512").max_bytes == 512 * MEGABYTE
    assert choose_limits("512").max_ratio == 0
    for text in ("", "0", "-5", "many", "1.5"):
        assert choose_limits(text) == Limits()
    path = tmp_path / "a.csv"
    path.write_bytes(b"x,y\n" * (MEGABYTE // 3))
    monkeypatch.setenv("PAIRMATCH_MAX_XLSX_MB", "1")
    assert [f.code for f in read_sheets(path, "a.csv")[1]] == ["files.too_large"]
    monkeypatch.setenv("PAIRMATCH_MAX_XLSX_MB", "2")
    assert read_sheets(path, "a.csv")[0]


LAUGHS = "<!DOCTYPE x [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
QUADRATIC = f"<!DOCTYPE x [<!ENTITY i '{'x' * 50_000}'>"
EXTERNAL = "<!DOCTYPE x [<!ENTITY i SYSTEM 'file:///etc/passwd'>"
REMOTE = "<!DOCTYPE x SYSTEM 'http://example.invalid/x.dtd' [<!ENTITY i 'x'>"


@pytest.mark.parametrize("declaration", [LAUGHS, QUADRATIC, EXTERNAL, REMOTE])
@pytest.mark.parametrize("part", [WORKBOOK, STRINGS, SHEET, "xl/styles.xml", "_rels/.rels"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_fault_12_13_entities_are_refused(declaration: str, part: str, encoding: str) -> None:
    parts: dict[str, str | bytes] = {**make_small_parts()}
    _, _, body = str(parts[part]).partition("?>")
    text = f'<?xml version="1.0" encoding="{encoding}"?>{declaration}]>{body}'
    parts[part] = text.replace("</", "&i;</", 1).encode(encoding)
    finding = find_one(pack(parts))
    assert (finding.code, finding.params["part"]) == ("files.forbidden_xml", part)


def test_fault_14_foreign_formats() -> None:
    ods = pack(
        {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}
    )
    finding = find_one(ods, "村情.ods")
    assert (finding.code, finding.params["format"]) == ("files.old_format", ".ods")
    parts = make_small_parts()
    parts["_rels/.rels"] = parts["_rels/.rels"].replace("workbook.xml", "workbook.bin")
    parts["xl/workbook.bin"] = parts.pop(WORKBOOK)
    assert find_one(pack(parts), "村情.xlsb").params["format"] == ".xlsb"
    word = {"_rels/.rels": parts["_rels/.rels"].replace("xl/workbook.bin", "word/document.xml")}
    assert find_one(pack({**word, "word/document.xml": "<x/>"})).code == "files.not_xlsx"


def test_fault_14_macros_are_ignored(tmp_path: Path) -> None:
    data = pack({**make_small_parts(), "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})
    assert read_bytes(tmp_path, data, "村情.xlsm")[0]


def test_fault_15_errors_and_formulas_are_listed(tmp_path: Path) -> None:
    cells = (
        '<c r="A1" t="e"><v>#REF!</v></c><c r="B1" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
        '<c r="C1"><f>SUM(A2:A9)</f></c><c r="D1"><f>1+1</f><v></v></c>'
        '<c r="E1" t="str"><f>A1</f></c><c r="F1" t="str"><f>""</f><v></v></c>'
        '<c r="G1"><f>1-1</f><v>0</v></c><c r="H1"><v>nan</v></c><c r="I1" s="2"><v>-5</v></c>'
    )
    (sheet,), _ = read_bytes(tmp_path, pack(make_parts(f'<row r="1">{cells}</row>')))
    assert sheet.rows == ((*[None] * 6, 0, None, None),)
    assert sheet.errors == {
        (1, 1): "#REF!",
        (1, 2): "#DIV/0!",
        (1, 3): "=SUM(A2:A9)",
        (1, 4): "=1+1",
        (1, 5): "=A1",
        (1, 8): "nan",
        (1, 9): "-5",
    }


def test_fault_15_placeholder_zero_of_a_formula_is_not_a_value(tmp_path: Path) -> None:
    # Libraries that write formulas store 0 and ask for calculation on opening.
    row = '<row r="1"><c r="A1"><f>B1</f><v>0</v></c><c r="B1"><v>0</v></c></row>'
    data = pack(make_parts(row, calc='<calcPr calcId="124519" fullCalcOnLoad="1"/>'))
    (sheet,), _ = read_bytes(tmp_path, data)
    assert sheet.rows == ((None, 0),)
    assert sheet.errors == {(1, 1): "=B1"}


def test_fault_16_merged_cells_repeat_their_value(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>2</v></c></row>'
        '<row r="2"><c r="B2" t="e"><v>#N/A</v></c><c r="C2"><v>1</v></c></row>'
    )
    merges = "".join(f'<mergeCell ref="{ref}"/>' for ref in ("A1:A3", "B1:C1", "B2:B3", "E1:F9"))
    data = pack(make_parts(rows, after=f"<mergeCells>{merges}</mergeCells>"))
    (sheet,), _ = read_bytes(tmp_path, data)
    assert sheet.rows == (("村名", "户数", "户数"), ("村名", None, 1), ("村名", None, None))
    assert sheet.errors == {(2, 2): "#N/A", (3, 2): "#N/A"}
    assert (1, 2, 1, 3) in sheet.merged


def test_fault_16_title_merged_over_the_whole_width_does_not_widen(tmp_path: Path) -> None:
    merge = '<mergeCells><mergeCell ref="A1:XFD1"/></mergeCells>'
    (sheet,), findings = read_bytes(tmp_path, pack(make_parts(NAMED_ROW, after=merge)))
    assert sheet.rows == (("村名",),)
    assert findings == ()


def test_fault_16_endless_overlapping_merges_are_refused() -> None:
    rows = "".join(
        f'<row r="{r}"><c r="A{r}"><v>1</v></c><c r="Z{r}"><v>1</v></c></row>'
        for r in range(1, 400)
    )
    merges = '<mergeCell ref="A1:Z399"/>' * 5000
    data = pack(make_parts(rows, after=f"<mergeCells>{merges}</mergeCells>"))
    assert find_one(data).code == "files.too_many_cells"


def test_fault_16_hidden_things_are_read_and_told(tmp_path: Path) -> None:
    rows = NAMED_ROW + "".join(
        f'<row r="{r}" hidden="1"><c r="A{r}"><v>{r}</v></c></row>' for r in range(2, 20)
    )
    filtered = '<autoFilter ref="A1:A19"><filterColumn colId="0"/></autoFilter>'
    columns = '<cols><col min="1" max="16384" hidden="1"/></cols>'
    parts = make_parts(rows, before=columns, after=filtered)
    parts[WORKBOOK] = parts[WORKBOOK].replace("<sheet ", '<sheet state="veryHidden" ')
    (sheet,), findings = read_bytes(tmp_path, pack(parts))
    assert sheet.hidden
    assert sheet.hidden_rows == set(range(2, 20))
    codes = ["files.hidden_sheet", "files.filtered_rows", "files.hidden_columns"]
    assert [finding.code for finding in findings] == codes
    assert {finding.severity for finding in findings} == {Severity.NOTE}
    assert findings[1].params["count"] == "18"
    assert findings[1].params["rows"].endswith("...")


@pytest.mark.parametrize("stretch", ['min="-3" max="3"', 'min="4" max="3"', 'min="0" max="0"'])
def test_fault_16_bad_hidden_columns(stretch: str) -> None:
    # A negative number once kept the naming of columns busy for ever.
    assert find_one(damage(SHEET, 'min="3" max="3"', stretch)).code == "files.bad_ref"


def test_fault_16_hidden_columns_may_overlap(tmp_path: Path) -> None:
    cols = '<cols><col min="2" max="9" hidden="1"/><col min="1" max="2" hidden="1"/></cols>'
    rows = '<row r="1"><c r="D1"><v>1</v></c></row>'
    _, (finding,) = read_bytes(tmp_path, pack(make_parts(rows, before=cols)))
    assert finding.params["columns"] == "A, B, C, D"


def test_fault_41_names_in_the_container_do_not_matter(tmp_path: Path) -> None:
    parts: dict[str, str] = {"..\\..\\x": "evil", "../../y": "evil", "/etc/z": "evil"}
    small = {part.replace("/", "\\"): text for part, text in make_small_parts().items()}
    small["_rels/.rels"] = small.pop("_rels\\.rels")
    (sheet,), _ = read_bytes(tmp_path, pack({**parts, **small}))
    assert sheet.rows[0][0] == "村名"
    assert [path.name for path in tmp_path.iterdir()] == ["村情.xlsx"]


def test_sheet_without_cells(tmp_path: Path) -> None:
    parts = make_small_parts()
    parts[SHEET] = wrap_sheet("")
    (sheet,), findings = read_bytes(tmp_path, pack(parts))
    assert (sheet.rows, findings) == ((), ())
