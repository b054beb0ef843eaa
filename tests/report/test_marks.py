"""Marked copies: bad cells red and commented, nothing else changed."""

import io

import openpyxl
import pytest
from tests.load.sheet_makers import write_scenario

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.load.scenario import read_scenario
from pairmatch.report.marks import build_marked_workbook

BAD = {"value": "x", "unit": ""}


def error(**place):
    return Finding("load.not_a_number", Severity.ERROR, Place(**place), BAD)


def make_book(**cells):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "表"
    for address, value in cells.items():
        sheet[address] = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def mark(data, *findings, name="f.xlsx", lang="zh"):
    marked = build_marked_workbook(data, name, findings, lang)
    return openpyxl.load_workbook(io.BytesIO(marked)).worksheets[0]


def test_cells_are_red_and_commented():
    sheet = mark(make_book(A1="户数", A2="x"), error(file="f.xlsx", sheet="表", row=2, cell="A2"))
    assert sheet["A2"].fill.start_color.rgb == "FFFF7C80"
    assert "“x”不是数" in sheet["A2"].comment.text
    assert sheet["A1"].comment is None
    assert sheet["A2"].value == "x"


def test_english_comments():
    data = make_book(A2="x")
    sheet = mark(data, error(file="f.xlsx", sheet="表", row=2, cell="A2"), lang="en")
    assert "is not a number" in sheet["A2"].comment.text


def test_warnings_are_yellow_notes_and_other_files_are_left_alone():
    place = Place("f.xlsx", "表", 2, "", "A2")
    doubt = Finding("load.approximate", Severity.WARNING, place, {"value": "约3", "number": "3"})
    note = Finding("load.sheet_ignored", Severity.NOTE, Place("f.xlsx", "表", 3), {"sheet": "表"})
    other = error(file="g.xlsx", sheet="表", row=4, cell="A4")
    sheet = mark(make_book(A2="约3", A3=1, A4=2), doubt, note, other)
    assert sheet["A2"].fill.start_color.rgb == "FFFFE699"
    assert sheet["A3"].comment is None
    assert sheet["A4"].comment is None


def test_several_findings_of_a_cell_share_its_comment_and_the_worst_colours():
    place = {"file": "f.xlsx", "sheet": "表", "row": 2, "cell": "A2"}
    doubt = Finding(
        "load.approximate", Severity.WARNING, Place(**place), {"value": "a", "number": "3"}
    )
    sheet = mark(make_book(A2="x"), doubt, error(**place))
    assert sheet["A2"].fill.start_color.rgb == "FFFF7C80"
    assert "约数" in sheet["A2"].comment.text


def test_rows_and_files_without_a_cell_are_marked_at_their_start():
    rows = error(file="f.xlsx", sheet="表", row=3)
    whole = error(file="f.xlsx")
    sheet = mark(make_book(A1="a", A3="b"), rows, whole)
    assert sheet["A3"].comment
    assert sheet["A1"].comment


def test_merged_cells_are_marked_at_their_corner():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "表"
    sheet["A1"] = "x"
    sheet.merge_cells("A1:B2")
    buffer = io.BytesIO()
    book.save(buffer)
    marked = mark(buffer.getvalue(), error(file="f.xlsx", sheet="表", row=2, cell="B2"))
    assert marked["A1"].comment


def test_formulas_and_existing_comments_stay():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "表"
    sheet["A2"] = "=1+1"
    sheet["A2"].comment = openpyxl.comments.Comment("旧批注", "甲")
    buffer = io.BytesIO()
    book.save(buffer)
    marked = mark(buffer.getvalue(), error(file="f.xlsx", sheet="表", row=2, cell="A2"))
    assert marked["A2"].value == "=1+1"
    assert marked["A2"].comment.text.startswith("旧批注")


def test_a_sheet_that_is_gone_is_passed_over():
    sheet = mark(make_book(A1="a"), error(file="f.xlsx", sheet="别的", row=1, cell="A1"))
    assert sheet["A1"].comment is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_tables_become_workbooks(encoding):
    text = "区划代码,总户数(户)\n130921100201,x\n=1+1,\x07\n"
    finding = error(file="v.csv", row=2, column="总户数(户)")
    sheet = mark(text.encode(encoding), finding, name="v.csv")
    assert sheet["A2"].value == "130921100201"
    assert sheet["B2"].comment
    assert sheet["A3"].data_type == "s"


def test_unprintable_values_do_not_break_the_comment():
    finding = Finding(
        "load.not_a_number",
        Severity.ERROR,
        Place("f.xlsx", "表", 2, "", "A2"),
        {"value": "\x00\x1fx"},
    )
    assert "x" in mark(make_book(A2="x"), finding)["A2"].comment.text


def test_findings_of_a_reading_land_on_their_cells(tmp_path):
    text = "区划代码,村名,总户数(户)\n130921100201,东村,很多\n130921100202,西村,约30\n"
    files = {"units.csv": "unit_id\nu1\n", "villages.csv": text}
    _, findings = read_scenario(write_scenario(tmp_path, files))
    sheet = mark(text.encode(), *findings, name="villages.csv")
    marked = {c.coordinate for row in sheet.iter_rows() for c in row if c.comment}
    assert marked == {"C2", "C3"}


@pytest.mark.parametrize("data", [b"PK\x03\x04 torn", b'a,b\n"' + b"x" * 140_000 + b'"\n'])
def test_a_file_too_damaged_to_open_gives_a_blank_copy_with_its_marks(data):
    sheet = mark(data, error(file="f.xlsx", sheet="表", row=2, cell="B2"))
    assert (sheet.title, sheet["B2"].value) == ("表", None)
    assert "不是数" in sheet["B2"].comment.text
