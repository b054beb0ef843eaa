"""Faults 1 to 9, 12 to 16 and 41 at the reader: what is found, where, how fast.

Times are those of the processor, so that other work on the computer does not fail a test.
"""

from pathlib import Path

import pytest
from tests.faults.reader_books import (
    NAMED_ROW,
    SHEET,
    STRINGS,
    WORKBOOK,
    damage,
    find_one,
    make_parts,
    make_small_parts,
    pack,
    read_bytes,
    wrap_sheet,
)

from pairmatch.domain.findings import Severity
from pairmatch.load.readers.archives import OLE_SIGNATURE
from pairmatch.load.readers.files import read_sheets
from pairmatch.messages import render

GOOD = pack(make_small_parts())


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
