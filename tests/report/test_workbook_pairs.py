"""结对安排表.xlsx read back: all pairs, texts as texts, safe names, print-ready, same bytes."""

import io
import re
import zipfile
from dataclasses import replace
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from tests.report.proposals import (
    Shape,
    make_plain,
    make_proposal,
    make_small,
    reorder_mappings,
)

from pairmatch.report.wording import clean_text
from pairmatch.report.workbook import COLUMNS, build_pairing_workbook, name_sheets

CODE, POINTS = 4, 8


def read_pairs(content: bytes, sheet: str) -> list[tuple[object, ...]]:
    """Return the cells of the pair rows of a sheet: those with a number in the first column."""
    rows = load_workbook(io.BytesIO(content))[sheet].iter_rows(values_only=True)
    return [row for row in rows if isinstance(row[0], int)]


def test_the_first_sheet_holds_all_pairs_and_the_counties_share_them() -> None:
    proposal = make_proposal(Shape(num_counties=4, villages_per_county=10))
    content = build_pairing_workbook(proposal)
    names = load_workbook(io.BytesIO(content)).sheetnames
    assert names == ["结对安排表", "沧县", "青县", "东光县", "海兴县", "说明"]
    rows = read_pairs(content, "结对安排表")
    assert [row[CODE] for row in rows] == [p.village_id for p in proposal.explanations]
    assert [round(Decimal(str(row[POINTS])) * 100) for row in rows] == [
        p.points for p in proposal.explanations
    ]
    sheets = [read_pairs(content, name) for name in names[1:-1]]
    for sheet in (rows, *sheets):
        assert [row[0] for row in sheet] == list(range(1, len(sheet) + 1))
    shared = [row[1:] for sheet in sheets for row in sheet]
    assert sorted(shared, key=str) == sorted((row[1:] for row in rows), key=str)


def test_the_total_stands_below_the_pairs() -> None:
    proposal = make_small()
    sheet = load_workbook(io.BytesIO(build_pairing_workbook(proposal)))["结对安排表"]
    (total,) = [r[POINTS].value for r in sheet.iter_rows() if r[1].value == "合计"]
    assert round(Decimal(str(total)) * 100) == proposal.matching.total


def test_hostile_names_stay_texts() -> None:
    proposal = make_small(hostile=True, county_pairs=2)
    content = build_pairing_workbook(proposal)
    book = load_workbook(io.BytesIO(content))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}
    rows = read_pairs(content, "结对安排表")
    units = {u.unit_id: u.name for u in proposal.inputs.units}
    assert [row[5] for row in rows] == [clean_text(units[p.unit_id]) for p in proposal.explanations]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.namelist():
            xml = archive.read(part).decode()
            assert "<f>" not in xml
            assert 'TargetMode="External"' not in xml
            assert "hyperlink" not in xml


def test_the_pages_are_ready_to_print() -> None:
    book = load_workbook(io.BytesIO(build_pairing_workbook(make_small())))
    for sheet in book.worksheets[:-1]:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.fitToWidth in {None, 1}  # one page is what a file leaves out
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == "$4:$4"
        assert sheet["A3"].value == "合成数据，仅供演示"
        assert "征求意见稿" in sheet["A2"].value
        assert "3f9a1c07b2d4e85a" in sheet.oddFooter.left.text
        assert "&P" in sheet.oddFooter.right.text and "&N" in sheet.oddFooter.right.text
        assert any("签字" in str(row[0].value) for row in sheet.iter_rows())
        assert [c.value for c in sheet[4]][:3] == ["序号", "县（市、区）", "乡镇"]
        assert len([c for c in sheet[4] if c.value]) == len(COLUMNS)


def test_the_notes_say_what_is_proven_who_is_idle_and_which_sheet_is_whose() -> None:
    sheet = load_workbook(io.BytesIO(build_pairing_workbook(make_small(hostile=True))))["说明"]
    text = "\n".join(str(row[0].value) for row in sheet.iter_rows() if row[0].value)
    assert "没有别的安排能结成更多的对子" in text
    assert "不愿参加" in text or "参加条件：" in text
    assert "[县]:*?/\\' CON ..：工作表“_县______' CON”，2 对" in text
    assert "合成" not in "".join(
        str(row[0].value)
        for row in load_workbook(io.BytesIO(build_pairing_workbook(make_small(synthetic=False))))[
            "说明"
        ].iter_rows()
    )


def test_english_scenarios_get_an_english_workbook() -> None:
    book = load_workbook(io.BytesIO(build_pairing_workbook(make_small(lang="en"))))
    assert book.sheetnames == ["Pairs", "Cang County", "Qing County", "Dongguang County", "Notes"]


def test_the_same_proposal_gives_the_same_bytes() -> None:
    proposal = make_small()
    content = build_pairing_workbook(proposal)
    assert content == build_pairing_workbook(make_small())
    assert content == build_pairing_workbook(reorder_mappings(proposal))


def test_a_proposal_of_ids_and_points_only() -> None:
    proposal = make_plain()
    content = build_pairing_workbook(proposal)
    assert load_workbook(io.BytesIO(content)).sheetnames == ["结对安排表", "说明"]
    rows = read_pairs(content, "结对安排表")
    assert [round(Decimal(str(row[POINTS])) * 10**6) for row in rows] == [
        p.points for p in proposal.explanations
    ]


def test_points_beyond_fifteen_digits_are_written_out() -> None:
    proposal = make_small()
    huge = replace(proposal.explanations[0], points=1234567890123456789)
    changed = replace(proposal, explanations=(huge, *proposal.explanations[1:]))
    assert read_pairs(build_pairing_workbook(changed), "结对安排表")[0][POINTS] == (
        "12345678901234567.89"
    )


def test_texts_longer_than_a_cell_are_cut_visibly() -> None:
    proposal = make_small()
    units = tuple(replace(u, name="长" * 40_000) for u in proposal.inputs.units)
    changed = replace(proposal, inputs=replace(proposal.inputs, units=units))
    cell = str(read_pairs(build_pairing_workbook(changed), "结对安排表")[0][5])
    assert len(cell) < 32_767 and cell.endswith("…")


@pytest.mark.parametrize(
    "name",
    [
        "a/b",
        "..\\..\\x",
        "[x]:*?",
        "'quoted'",
        "History",
        "history",
        "",
        " ",
        "长" * 40,
        "😀" * 20,
        "\x00\x1f",
    ],
)
def test_sheet_names_are_safe_and_unique(name: str) -> None:
    safe = name_sheets([name, name, name.upper()], ("说明",))
    assert len({s.casefold() for s in safe}) == 3
    for sheet in safe:
        assert 0 < len(sheet.encode("utf-16-le")) // 2 <= 31
        assert re.search(r"[\[\]:*?/\\]", sheet) is None
        assert not sheet.startswith("'") and not sheet.endswith("'")
        assert sheet.casefold() != "history"
