"""Faults 10 and 11 at the reader: what is found, where, how fast, in how much memory.

Times are those of the processor, so that other work on the computer does not fail a test.
"""

import io
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from tests.faults.reader_books import (
    MAX_SECONDS,
    NAMED_ROW,
    SHEET,
    find_one,
    make_parts,
    make_small_parts,
    pack,
    read_bytes,
    wrap_sheet,
)

from pairmatch.domain.findings import Severity
from pairmatch.load.readers.archives import MEGABYTE, Limits
from pairmatch.load.readers.files import choose_limits, read_data, read_sheets
from pairmatch.load.readers.sheetscan import name_column
from pairmatch.messages import render

GOOD = pack(make_small_parts())


def test_fault_10_stray_cell_is_told_and_not_read(tmp_path: Path) -> None:
    stray = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    data = pack(make_parts(NAMED_ROW + stray, before='<dimension ref="A1:XFD1048576"/>'))
    start = time.process_time()
    (sheet,), (finding,) = read_bytes(tmp_path, data)
    assert time.process_time() - start < MAX_SECONDS
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
from pairmatch.load.readers.files import read_sheets
start = time.process_time()
(sheet,), findings = read_sheets(Path(sys.argv[1]), "a.xlsx")
seconds = time.process_time() - start
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
    start = time.process_time()
    finding = find_one(data)
    assert time.process_time() - start < 1
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
    start = time.process_time()
    finding = find_one(bytes(data))
    assert time.process_time() - start < 1
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
    start = time.process_time()
    finding = find_one(b"PK\x03\x04" + catalogue + end)
    assert time.process_time() - start < 1
    assert finding.code == "files.too_many_entries"
    assert "10000" in render(finding.code, finding.params, "en").text


def test_fault_11_too_many_cells_or_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pairmatch.load.readers.sheetscan.MAX_CELLS", 3)
    assert find_one(GOOD).code == "files.too_many_cells"
    monkeypatch.setattr("pairmatch.load.readers.packages.MAX_STRINGS", 2)
    assert find_one(GOOD).code == "files.too_many_cells"


def test_fault_11_sparse_cells_do_not_make_a_huge_table() -> None:
    # Gaps just below the limit, so that everything belongs to one table of 1e10 cells.
    tall = "".join(f'<row r="{r}"><c r="A{r}"><v>1</v></c></row>' for r in range(2, 999_000, 900))
    wide = "".join(f'<c r="{name_column(c)}1"><v>1</v></c>' for c in range(1, 16_000, 190))
    data = pack(make_parts(f'<row r="1">{wide}</row>{tall}'))
    assert find_one(data).code == "files.too_many_cells"


def test_fault_11_bytes_are_counted_while_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    # The catalogue's sizes are checked first; what comes out is counted in case they lie.
    monkeypatch.setattr("pairmatch.load.readers.archives._check_entries", lambda *_: None)
    _, (finding,) = read_data(GOOD, "a.xlsx", Limits(max_bytes=2000))
    assert finding.code == "files.too_large"


def test_fault_11_catalogue_with_false_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pairmatch.load.readers.archives._check_catalogue", lambda *_: None)
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
