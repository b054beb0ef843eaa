import time
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import Workbook, load_workbook
from tests.faults.reader_books import SHEET, WORKBOOK, make_parts, make_small_parts, pack

from pairmatch.load.readers.archives import Archive, Limits
from pairmatch.load.readers.files import read_data, read_sheets
from pairmatch.load.readers.formats import (
    NumberKind,
    classify_format,
    format_date,
    format_percent,
    read_stored_number,
)
from pairmatch.load.readers.packages import unescape_text
from pairmatch.load.readers.sheetscan import name_column, split_reference


def read_cells(cells: str, **parts: str) -> tuple[object, ...]:
    """Return the first row of a workbook that holds the given cells."""
    (sheet,), _ = read_data(pack({**make_parts(f'<row r="1">{cells}</row>'), **parts}), "a.xlsx")
    return sheet.rows[0]


@pytest.mark.parametrize(
    ("stored", "value"),
    [
        ("1", 1),
        ("1.0", 1),
        ("-0", 0),
        ("12.50", 12.5),
        ("1E+3", 1000),
        ("0.1", 0.1),
        ("130924198001011234", 130924198001011234),
        ("1.30924198001011E+17", 130924198001011000),
        ("1e308", 1e308),
        ("1e999", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("1_000", None),
        ("１２", None),
        ("0x10", None),
    ],
)
def test_stored_numbers(stored: str, value: float | None) -> None:
    number = read_stored_number(stored)
    assert number == value
    assert type(number) is type(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.35, "35%"),
        (1, "100%"),
        (0, "0%"),
        (-0.0, "0%"),
        (0.355, "35.5%"),
        (0.07, "7%"),
        (0.29, "29%"),
        (0.1 + 0.2, "30%"),
        (-0.05, "-5%"),
        (12, "1200%"),
        (1e-05, "0.001%"),
        (0.123456789, "12.3456789%"),
    ],
)
def test_percent_cells_show_their_percentage(value: float, shown: str) -> None:
    assert format_percent(value) == shown


@pytest.mark.parametrize(
    ("serial", "epoch_1904", "text"),
    [
        (1, False, "1900-01-01"),
        (59, False, "1900-02-28"),
        (60, False, None),
        (61, False, "1900-03-01"),
        (46143, False, "2026-05-01"),
        (44681, True, "2026-05-01"),
        (0, True, "1904-01-01"),
        (46143.5, False, "2026-05-01T12:00:00"),
        (46142.9999999999, False, "2026-05-01T00:00:00"),
        (0.25, False, "06:00:00"),
        (0, False, None),
        (-1, False, None),
        (2_958_465, False, "9999-12-31"),
        (2_958_466, False, None),
        (2_958_465, True, None),
    ],
)
def test_dates_of_both_epochs(serial: float, epoch_1904: bool, text: str | None) -> None:
    assert format_date(serial, epoch_1904) == text


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", NumberKind.PLAIN),
        ("0.00", NumberKind.PLAIN),
        ("0.0%", NumberKind.PERCENT),
        ('0"%"', NumberKind.PLAIN),
        ("0\\%", NumberKind.PLAIN),
        ("yyyy-mm-dd", NumberKind.DATE),
        ('yyyy"年"m"月"d"日"', NumberKind.DATE),
        ("[$-804]aaaa", NumberKind.PLAIN),
        ("[h]:mm", NumberKind.DATE),
        ('0"days"', NumberKind.PLAIN),
        ("[Red]0;[Blue]0", NumberKind.PLAIN),
        ("#,##0_);(#,##0)", NumberKind.PLAIN),
        ("[$¥-804]#,##0", NumberKind.PLAIN),
    ],
)
def test_number_formats(code: str, kind: NumberKind) -> None:
    assert classify_format(164, {164: code}) is kind


def test_builtin_formats() -> None:
    kinds = [classify_format(number, {}) for number in (0, 1, 9, 10, 14, 22, 31, 57, 49)]
    plain, percent, day = NumberKind.PLAIN, NumberKind.PERCENT, NumberKind.DATE
    assert kinds == [plain, plain, percent, percent, day, day, day, day, plain]


def test_literal_percent_sign_changes_nothing() -> None:
    assert read_cells('<c r="A1" s="3"><v>35</v></c><c r="B1" s="99"><v>0.35</v></c>') == (35, 0.35)


def test_1904_workbook() -> None:
    parts = make_small_parts()
    workbook = parts[WORKBOOK].replace("<workbookPr/>", '<workbookPr date1904="1"/>')
    assert read_cells('<c r="A1" s="2"><v>44681</v></c>', **{WORKBOOK: workbook}) == ("2026-05-01",)


def test_kinds_of_cells() -> None:
    cells = (
        '<c r="A1" t="inlineStr"><is><r><t>慈</t></r><r><t>庄</t></r></is></c>'
        '<c r="B1" t="b"><v>0</v></c><c r="C1" t="str"><v>文字</v></c>'
        '<c r="D1" t="d"><v>2026-05-01T00:00:00</v></c><c r="E1"><v> 7 </v></c>'
        '<c r="F1" t="inlineStr"><is><t/></is></c><c r="G1" t="n"/><c r="H1"><v>8</v></c>'
    )
    assert read_cells(cells) == ("慈庄", False, "文字", "2026-05-01", 7, None, None, 8)


def test_addresses_may_be_left_out() -> None:
    sheet = '<row><c t="s"><v>0</v></c><c><v>1</v></c></row><row><c r="C2"><v>2</v></c></row>'
    (read,), _ = read_data(pack(make_parts(sheet)), "a.xlsx")
    assert read.rows == (("村名", 1, None), (None, None, 2))


def test_address_left_out_after_dropped_blanks_is_refused() -> None:
    # The blank cell is cut out before parsing; where the next one stands can then not be known.
    cells = '<row r="1"><c r="A1" s="1"/><c><v>1</v></c></row>'
    _, (finding,) = read_data(pack(make_parts(cells)), "a.xlsx")
    assert finding.code == "files.bad_ref"
    _, (finding,) = read_data(pack(make_parts('<row r="1"/><row/>')), "a.xlsx")
    assert finding.code == "files.bad_ref"


def test_rows_and_cells_out_of_order() -> None:
    rows = '<row r="2"><c r="B2"><v>4</v></c><c r="A2"><v>3</v></c></row>'
    first = '<row r="1"><c r="A1"><v>1</v></c></row>'
    (sheet,), _ = read_data(pack(make_parts(rows + first)), "a.xlsx")
    assert sheet.rows == ((1, None), (3, 4))


def test_comments_and_cdata_are_not_cut_out() -> None:
    text = '<c r="A9" s="1"/>'
    cell = f'<!-- {text} --><c r="A1" t="inlineStr"><is><t><![CDATA[{text}]]></t></is></c>'
    assert read_cells(cell) == (text,)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "iso-8859-1"])
def test_other_encodings_of_parts(encoding: str) -> None:
    parts: dict[str, str | bytes] = {**make_small_parts()}
    text = str(parts[SHEET]).replace("UTF-8", encoding.removesuffix("-sig")).replace("李村", "Li")
    parts[SHEET] = text.encode(encoding)
    (sheet,), _ = read_data(pack(parts), "a.xlsx")
    assert sheet.rows[2][0] == "Li"


def test_prefixed_elements_and_foreign_extensions() -> None:
    parts = make_small_parts()
    plain, _ = read_data(pack(parts), "a.xlsx")
    text = parts[SHEET].replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
    text = text.replace("<x:?", "<?").replace("xmlns=", "xmlns:x=")
    alien = '<y:row r="1"><y:c r="A1"><y:v>666</y:v></y:c></y:row>'
    parts[SHEET] = text.replace("</x:sheetData>", f"{alien}</x:sheetData>")
    assert "<x:c r=" in parts[SHEET]
    assert read_data(pack(parts), "a.xlsx")[0] == plain


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("一_x000D_\n二", "一\r\n二"),
        ("_x005F_x000D_", "_x000D_"),
        ("a_x0041_", "aA"),
        ("_xD83D_", "_xD83D_"),
        ("_x12_", "_x12_"),
    ],
)
def test_escapes(stored: str, text: str) -> None:
    assert unescape_text(stored) == text


def test_rare_characters() -> None:
    cell = '<c r="A1" t="inlineStr"><is><t xml:space="preserve"> 𠮷㙍\ue001😀 </t></is></c>'
    assert read_cells(cell) == (" 𠮷㙍\ue001😀 ",)


def test_references() -> None:
    assert split_reference("XFD1048576") == (1_048_576, 16_384)
    assert split_reference("$B$7") == (7, 2)
    assert [name_column(column) for column in (1, 26, 27, 702, 703, 16_384)] == [
        "A", "Z", "AA", "ZZ", "AAA", "XFD",
    ]  # fmt: skip
    for column in range(1, 16_385, 37):
        assert split_reference(f"{name_column(column)}1") == (1, column)


def test_charts_are_skipped_and_targets_may_be_absolute() -> None:
    parts = make_small_parts()
    rels = "xl/_rels/workbook.xml.rels"
    parts[rels] = parts[rels].replace('"worksheets/sheet1.xml"', '"/xl/worksheets/Sheet1.xml"')
    chart = '<Relationship Id="rId7" Type="x/chartsheet" Target="chartsheets/c.xml"/></Relations'
    parts[rels] = parts[rels].replace("</Relations", chart)
    listed = '<sheet name="图" sheetId="2" r:id="rId7"/></sheets>'
    parts[WORKBOOK] = parts[WORKBOOK].replace("</sheets>", listed)
    sheets, _ = read_data(pack(parts), "a.xlsx")
    assert [sheet.name for sheet in sheets] == ["村情"]


def test_part_names_are_compared_as_office_programmes_do() -> None:
    archive = Archive(pack({"XL\\Workbook.XML": "x"}), Limits())
    assert "xl/workbook.xml" in archive
    assert archive.read_part("/xl/./workbook.xml") == b"x"


def make_openpyxl_book(path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "村情"
    sheet.append(["村名", "户数", "比例", "日期", "有无", "空"])
    sheet.append(["慈庄村", 120, 0.35, date(2026, 5, 1), True, None])
    sheet.append([" 李村\n二组", 1.5, 0.123, datetime(2026, 5, 1, 8, 30), False, ""])
    sheet["C2"].number_format = "0%"
    sheet["C3"].number_format = "0.0%"
    sheet["G2"] = "=SUM(B2:B3)"
    sheet.merge_cells("A5:B6")
    sheet["A5"] = "合并"
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["B"].hidden = True
    book.create_sheet("隐藏").sheet_state = "hidden"
    book.save(path)


def test_workbook_written_by_openpyxl(tmp_path: Path) -> None:
    make_openpyxl_book(tmp_path / "a.xlsx")
    (sheet, hidden), findings = read_sheets(tmp_path / "a.xlsx", "data/a.xlsx")
    assert sheet.file == "data/a.xlsx"
    assert sheet.rows == (
        ("村名", "户数", "比例", "日期", "有无", "空", None),
        ("慈庄村", 120, "35%", "2026-05-01", True, None, None),
        (" 李村\n二组", 1.5, "12.3%", "2026-05-01T08:30:00", False, None, None),
        (None,) * 7,
        ("合并", "合并", *[None] * 5),
        ("合并", "合并", *[None] * 5),
    )
    assert sheet.errors == {(2, 7): "=SUM(B2:B3)"}
    assert sheet.merged == ((5, 1, 6, 2),)
    assert sheet.hidden_rows == {3}
    assert (hidden.name, hidden.hidden, hidden.rows) == ("隐藏", True, ())
    codes = ["files.hidden_rows", "files.hidden_columns", "files.hidden_sheet"]
    assert [finding.code for finding in findings] == codes


def test_workbook_written_by_xlsxwriter(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("村情")
        sheet.write_row(0, 0, ["村名", "户数", "比例"])
        sheet.write_string(1, 0, "控\x07制\r换行")
        sheet.write_formula(1, 1, "=1+1")
        sheet.write_formula(1, 2, "=1+1", None, 2)
        sheet.write_number(2, 2, 0.35, book.add_format({"num_format": "0.0%"}))
    (read,), _ = read_sheets(path, "a.xlsx")
    assert read.rows[1][0] == "控\x07制\r换行"
    assert read.rows[1][1:] == (None, 2)
    assert read.errors == {(2, 2): "=1+1"}
    assert read.rows[2] == (None, None, "35%")


def test_same_values_as_openpyxl_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for row in range(60):
            values = [f"村{row}", row * 7.1 / 3, row, row % 2 == 0, "" if row % 3 else "尾 "]
            for column, value in enumerate(values):
                sheet.write(row, column, value)
    (read,), _ = read_sheets(path, "a.xlsx")
    expected = load_workbook(path, data_only=True).active
    assert read.rows == tuple(expected.iter_rows(values_only=True))


def test_workbooks_of_a_scenario_are_read_fast(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("村情")
        for row in range(31):
            for column in range(85):
                sheet.write(row, column, f"文字{row}-{column}" if column % 2 else row * column / 7)
    start = time.process_time()
    for _ in range(14):
        (read,), _ = read_sheets(path, "a.xlsx")
    # 0.25 s on an idle computer; measuring coverage takes four times as long.
    assert time.process_time() - start < 2
    assert len(read.rows) == 31
    assert len(read.rows[0]) == 85
