import random
import time
from pathlib import Path

import pytest

from pairmatch.domain.findings import Finding, Severity
from pairmatch.load.readers.archives import Limits
from pairmatch.load.readers.files import read_data, read_sheets
from pairmatch.load.readers.textfiles import decode_text, parse_csv, sniff_delimiter
from pairmatch.messages import render

TABLE = "区划代码,村名,户数\r\n130921101001,慈庄村,120\r\n130921101002,李村,95\r\n"
ROWS = [
    ("区划代码", "村名", "户数"),
    ("130921101001", "慈庄村", "120"),
    ("130921101002", "李村", "95"),
]


def find_one(data: bytes) -> Finding:
    sheets, (finding,) = read_data(data, "村情.csv")
    assert sheets == ()
    assert finding.severity is Severity.ERROR
    for lang in ("zh", "en"):
        assert "村情.csv" in render(finding.code, finding.params, lang).text
    return finding


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode("utf-8"),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        TABLE.encode("utf-32"),
        TABLE.encode("gbk"),
        TABLE.encode("gb18030"),
        TABLE.replace("\r\n", "\n").encode(),
        TABLE.replace("\r\n", "\r").encode(),
        TABLE.rstrip().encode(),
        TABLE.replace(",", ";").encode("gbk"),
        TABLE.replace(",", "\t").encode("utf-16"),
    ],
)
def test_encodings_and_delimiters_give_the_same_rows(data: bytes) -> None:
    assert parse_csv(data, "a.csv") == (ROWS, ())


@pytest.mark.parametrize("text", ["联通", "慈庄村", "村", "㙍𠮷", "龙", "一,二\n"])
def test_short_gbk_texts_are_not_misread(text: str) -> None:
    assert decode_text(text.encode("gb18030")) == text


@pytest.mark.parametrize("text", ["Ärger", "𠮷野家", "naïve", "é"])
def test_utf8_texts_stay_utf8(text: str) -> None:
    assert decode_text(text.encode()) == text


def test_rare_characters_are_kept() -> None:
    text = "村名,𠮷㙍\ue001😀\n"
    for encoding in ("utf-8", "gb18030", "utf-16"):
        assert parse_csv(text.encode(encoding), "a.csv")[0] == [("村名", "𠮷㙍\ue001😀")]


BIG5 = "區劃代碼,村名,戶數\r\n一,慈莊村,二\r\n三,東光縣連鎮,四\r\n五,鹽山縣,六\r\n"


def test_big5_is_refused() -> None:
    assert find_one(BIG5.encode("big5")).code == "files.encoding"


def test_traditional_characters_in_gbk_are_read() -> None:
    assert decode_text(BIG5.encode("gbk")) == BIG5


def test_mixed_encodings_name_the_line() -> None:
    finding = find_one(TABLE.encode("gbk") + "130921101003,盐山县大村,7\r\n".encode())
    assert (finding.code, finding.place.row) == ("files.mixed_encoding", 4)
    finding = find_one(TABLE.encode() + "130921101003,盐山县大村,7\r\n".encode("gbk"))
    assert (finding.code, finding.place.row) == ("files.mixed_encoding", 4)


def test_undecodable_byte_names_the_line() -> None:
    finding = find_one(TABLE.encode("gbk") + b"1,\xff\xff,3\r\n")
    assert (finding.code, finding.place.row) == ("files.encoding", 4)
    finding = find_one(b"\xef\xbb\xbf" + TABLE.encode() + b"1,\xff,3\r\n")
    assert (finding.code, finding.params["line"]) == ("files.encoding", "4")


@pytest.mark.parametrize("data", [b"a,b\n1,\x002\n", "a,b\n1,\0\n".encode("utf-16")])
def test_nul_bytes_are_refused(data: bytes) -> None:
    finding = find_one(data)
    assert (finding.code, finding.place.row) == ("files.nul", 2)


def test_utf16_without_mark_is_refused() -> None:
    assert find_one(TABLE.encode("utf-16-le")).code == "files.nul"


def test_control_characters_are_told_and_kept() -> None:
    rows, (finding,) = parse_csv("村名,户数\n慈\x07庄村,120\n".encode(), "a.csv")
    assert rows[1][0] == "慈\x07庄村"
    assert (finding.code, finding.severity) == ("files.control_character", Severity.WARNING)
    assert (finding.place.row, finding.params["character"]) == (2, "U+0007")


@pytest.mark.parametrize("text", ["unit_id\n", "unit_id", "村名,户数\n"])
def test_single_row(text: str) -> None:
    rows, findings = parse_csv(text.encode(), "a.csv")
    assert (rows, findings) == ([tuple(text.strip().split(","))], ())


def test_line_break_and_delimiter_in_quoted_cells() -> None:
    text = '村名;说明\n慈庄村;"第一行\n第二行, ""引"";完"\n李村;x\n'
    rows, _ = parse_csv(text.encode("gb18030"), "a.csv")
    assert rows[1:] == [("慈庄村", '第一行\n第二行, "引";完'), ("李村", "x")]


def test_blank_lines_keep_their_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("说明\n\n村名,户数\n慈庄村,,\n".encode())
    (sheet,), findings = read_sheets(path, "a.csv")
    assert not sheet.typed
    assert sheet.rows == (
        ("说明", None, None),
        (None, None, None),
        ("村名", "户数", None),
        ("慈庄村", None, None),
    )
    assert findings == ()


def test_separator_line_of_excel() -> None:
    rows, _ = parse_csv(b"sep=;\r\na,b;c\r\n1;2\r\n", "a.csv")
    assert rows == [(), ("a,b", "c"), ("1", "2")]


@pytest.mark.parametrize("text", ['村名,户数\n"慈庄村,120\n李村,95\n', '村名,户数\n"慈庄"村,120\n'])
def test_unpaired_quotes_are_refused(text: str) -> None:
    finding = find_one(text.encode())
    assert finding.code == "files.bad_quote"
    assert finding.place.row >= 2


def test_longer_row_is_warned_of() -> None:
    text = "村情表\n村名,户数\n慈庄村,1,234\n李村,1,,,\n"
    rows, (finding,) = parse_csv(text.encode(), "a.csv")
    assert rows[2] == ("慈庄村", "1", "234")
    assert (finding.code, finding.severity) == ("files.long_rows", Severity.WARNING)
    assert (finding.place.row, finding.place.value, finding.params["count"]) == (3, "234", "1")


def test_sniffing_looks_at_the_header_not_at_notes_or_quotes() -> None:
    assert sniff_delimiter('说明;请勿改动\n"a,b,c"\t村名\t户数\n') == "\t"
    assert sniff_delimiter("") == ","


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert read_sheets(tmp_path / "x.csv", "x.csv")[1][0].code == "files.not_found"
    assert read_sheets(tmp_path, "x.csv")[1][0].code in {"files.folder", "files.not_permitted"}
    (tmp_path / "x.csv").write_bytes(b"\n\n\n")
    _, (finding,) = read_sheets(tmp_path / "x.csv", "x.csv", limits=Limits(max_bytes=2))
    assert finding.code == "files.too_large"
    sheets, (finding,) = read_sheets(tmp_path / "x.csv", "x.csv")
    assert (sheets, finding.code) == ((), "files.empty")


def test_large_score_table_is_read_fast(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    lines = (f"U{k // 800:04d},V{k % 800:04d},{k % 997 / 10}\n" for k in range(640_000))
    path.write_text("unit_id,village_id,points\n" + "".join(lines), encoding="utf-8")
    start = time.process_time()
    (sheet,), findings = read_sheets(path, "scores.csv")
    assert time.process_time() - start < 2  # 0.4 s on an idle computer
    assert (len(sheet.rows), findings) == (640_001, ())


def test_any_table_survives_every_encoding() -> None:
    rng = random.Random(7)
    words = ["慈庄村", "李村", "东光县", "1,234", "约300", 'a"b', "x\ny", "；", "35%", "①③"]
    for _ in range(200):
        width = rng.randrange(2, 5)
        rows = [tuple(rng.choice(words) for _ in range(width)) for _ in range(rng.randrange(1, 6))]
        rows.insert(0, tuple(f"列{k}" for k in range(width)))
        for delimiter in ",;\t":
            lines = (
                delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows
            )
            text = "\r\n".join(lines)
            for encoding in ("utf-8-sig", "utf-16", "gb18030"):
                assert parse_csv(text.encode(encoding), "a.csv") == (rows, ())
