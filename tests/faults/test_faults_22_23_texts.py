"""Faults 22 and 23 at the reader: rare characters, and text tables in every encoding."""

import time

import pytest
from tests.faults.reader_books import make_parts, pack

from pairmatch.load.readers.files import read_data
from pairmatch.messages import render

MAX_SECONDS = 2.0
NAMES = ("𠮷庄村", "㙍村", "\ue001村", "😀村", "慈\u200b庄村")
TABLE = "村名,户数\r\n慈庄村,120\r\n东光县连镇,95\r\n"
BIG5 = "村名,戶數\r\n慈莊村,120\r\n鹽山縣連鎮,95\r\n"
VALUES = (("村名", "户数"), ("慈庄村", "120"), ("东光县连镇", "95"))


@pytest.mark.parametrize("name", NAMES)
def test_fault_22_rare_characters_are_kept(name: str) -> None:
    cell = f'<c r="A1" t="inlineStr"><is><t>{name}_x000D_</t></is></c>'
    (sheet,), _ = read_data(pack(make_parts(f'<row r="1">{cell}</row>')), "a.xlsx")
    assert sheet.rows == ((f"{name}\r",),)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "gb18030"):
        (sheet,), findings = read_data(f"村名,户数\n{name},7\n".encode(encoding), "a.csv")
        assert sheet.rows[1] == (name, "7")
        assert findings == ()


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode("gbk"),
        TABLE.encode("gb18030"),
        TABLE.encode("utf-8"),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        TABLE.replace(",", ";").encode("gbk"),
        TABLE.replace(",", "\t").encode("utf-16"),
        TABLE.replace(",", "\t").encode("utf-8-sig"),
    ],
)
def test_fault_23_right(data: bytes) -> None:
    (sheet,), findings = read_data(data, "a.csv")
    assert sheet.rows == VALUES
    assert findings == ()


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (BIG5.encode("big5"), "files.encoding", 1),
        (TABLE.encode("gbk") + "盐山县大村,7\r\n".encode(), "files.mixed_encoding", 4),
        (TABLE.encode() + "盐山县大村,7\r\n".encode("gbk"), "files.mixed_encoding", 4),
        (TABLE.encode("utf-16-le"), "files.nul", 1),
        (TABLE.encode("gbk") + b"\xff\xff,1\r\n", "files.encoding", 4),
    ],
)
def test_fault_23_refused_with_its_line(data: bytes, code: str, row: int) -> None:
    start = time.process_time()
    sheets, (finding,) = read_data(data, "a.csv")
    assert time.process_time() - start < MAX_SECONDS
    assert sheets == ()
    assert (finding.code, finding.place.file, finding.place.row) == (code, "a.csv", row)
    assert render(finding.code, finding.params, "zh").hint


def test_fault_23_one_row_and_line_breaks() -> None:
    (sheet,), _ = read_data("村名".encode("gbk"), "a.csv")
    assert sheet.rows == (("村名",),)
    (sheet,), _ = read_data('村名,说明\n慈庄村,"一\n二"\n'.encode("gbk"), "a.csv")
    assert sheet.rows[1] == ("慈庄村", "一\n二")
