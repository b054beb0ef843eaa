"""Faults 15 to 25 as a council meets them: whole scenarios, each with its message and place."""

import io

import openpyxl
import pytest
from tests.load.sheet_makers import find_one, list_codes, read_files

from pairmatch.check.inputs import check_inputs
from pairmatch.domain.findings import Severity

CODE = "130921100201"
HEAD = ["区划代码", "县(市)", "乡镇", "村名", "总户数(户)", "集中供水入户率(%)", "数字乡村平台"]
ROW = [CODE, "沧县", "沧州镇", "东村", 200, 85, "是"]
NEXT = ["130921100202", "沧县", "沧州镇", "西村", 150, 90, "否"]


def make_book(rows):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read_villages(folder, rows):
    files = {
        "scenario.toml": '[inputs]\nvillages = "v.xlsx"\n',
        "units.csv": "unit_id\nu1\n",
        "v.xlsx": make_book(rows),
    }
    return read_files(folder, files)


def change(row, **cells):
    order = ("code", "county", "township", "name", "households", "share", "platform")
    return [cells.get(field, value) for field, value in zip(order, row, strict=True)]


@pytest.mark.parametrize(
    ("fault", "cells", "code", "cell"),
    [
        (15, {"households": "=1+1"}, "load.formula_uncalculated", "E2"),
        (15, {"households": "#N/A"}, "load.cell_error", "E2"),
        (15, {"share": "#REF!"}, "load.cell_error", "F2"),
        (18, {"households": "12万"}, "load.out_of_range", "E2"),
        (18, {"share": "12万"}, "load.not_a_number", "F2"),
        (18, {"households": "二百多户人家"}, "load.not_a_number", "E2"),
        (19, {"code": 110101199001011234}, "load.precision_lost", "A2"),
        (19, {"code": "1.30921E+11"}, "load.code_scientific", "A2"),
        (19, {"code": 13092110.5}, "load.not_an_id", "A2"),
        (20, {"households": "2026年5月"}, "load.cell_is_date", "E2"),
        (20, {"share": "2026-05-01"}, "load.cell_is_date", "F2"),
        (20, {"households": 20260501}, "load.out_of_range", "E2"),
        (24, {"households": 1e308}, "load.magnitude", "E2"),
        (24, {"share": 1e-320}, "load.magnitude", "F2"),
        (24, {"share": "nan"}, "load.not_finite", "F2"),
        (24, {"share": "-inf"}, "load.not_finite", "F2"),
        (24, {"share": -3}, "load.out_of_range", "F2"),
        (18, {"platform": "在建"}, "load.not_yes_no", "G2"),
    ],
)
def test_a_bad_cell_is_an_error_at_its_place(tmp_path, fault, cells, code, cell):
    _, findings = read_villages(tmp_path, [HEAD, change(ROW, **cells), NEXT])
    found = [f for f in findings if f.code == code]
    assert [(f.severity, f.place.cell) for f in found] == [(Severity.ERROR, cell)]
    assert found[0].place.file == "v.xlsx"
    assert found[0].place.sheet == "Sheet"


@pytest.mark.parametrize(
    ("cells", "field", "value", "code"),
    [
        ({"households": "２００"}, "bas_households", 200, "load.noted_normalised"),
        ({"households": "1,234"}, "bas_households", 1234, "load.noted_normalised"),
        ({"households": "200"}, "bas_households", 200, "load.noted_text_number"),
        ({"households": "约300"}, "bas_households", 300, "load.approximate"),
        ({"households": "三百二十"}, "bas_households", 320, "load.noted_numeral"),
        ({"share": "35%"}, "water_tap_share", 35, "load.noted_normalised"),
        ({"share": 0.35}, "water_tap_share", 0.35, "load.share_suspicious"),
        ({"share": "无"}, "water_tap_share", 0, "load.noted_none_as_zero"),
        ({"platform": "无"}, "net_platform", 0, "load.noted_none_as_no"),
        ({"households": "3—5"}, "bas_households", None, "load.range_answer"),
    ],
)
def test_a_safe_cell_is_read_and_told(tmp_path, cells, field, value, code):
    inputs, findings = read_villages(tmp_path, [HEAD, change(ROW, **cells), NEXT])
    village = next(v for v in inputs.villages if v.village_id == CODE)
    assert village.indicators[field].value == value
    assert not list_codes(findings, Severity.ERROR)
    assert find_one(findings, code).place.row == 2


@pytest.mark.parametrize("word", ["", "不详", "无数据", "—", "/", "N/A"])
def test_unknown_is_never_zero(tmp_path, word):
    inputs, findings = read_villages(
        tmp_path, [HEAD, change(ROW, households=word, share=word), NEXT]
    )
    village = next(v for v in inputs.villages if v.village_id == CODE)
    assert village.indicators["bas_households"].value is None
    assert village.indicators["water_tap_share"].value is None
    assert not list_codes(findings, Severity.ERROR)


def test_a_percent_cell_holds_a_hundredth_of_what_it_shows(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEAD)
    sheet.append(change(ROW, share=0.35))
    sheet.append(NEXT)
    sheet["F2"].number_format = "0%"
    buffer = io.BytesIO()
    book.save(buffer)
    files = {
        "scenario.toml": '[inputs]\nvillages = "v.xlsx"\n',
        "units.csv": "unit_id\nu1\n",
        "v.xlsx": buffer.getvalue(),
    }
    inputs, findings = read_files(tmp_path, files)
    assert inputs.villages[0].indicators["water_tap_share"].value == 35
    assert "load.share_suspicious" not in list_codes(findings)


def test_a_twelve_digit_number_is_safe_but_told(tmp_path):
    inputs, findings = read_villages(tmp_path, [HEAD, change(ROW, code=130921100201), NEXT])
    assert inputs.villages[0].village_id == CODE
    assert find_one(findings, "load.noted_code_as_number").severity is Severity.WARNING


def test_a_lost_leading_zero_among_twelve_digit_codes(tmp_path):
    rows = [HEAD, ROW, NEXT, change(NEXT, code=13092110020, name="南村")]
    _, findings = read_villages(tmp_path, rows)
    assert find_one(findings, "load.code_length").place.row == 4


def test_duplicates_trailing_spaces_and_same_names(tmp_path):
    rows = [
        HEAD,
        change(ROW, code=CODE + " "),
        change(NEXT, name="东村", township="旧州镇"),
        change(NEXT, code=CODE, name="另一个"),
    ]
    inputs, findings = read_villages(tmp_path, rows)
    double = find_one(findings, "load.duplicate_id")
    assert (double.place.row, double.params["first_row"]) == (4, "2")
    assert "load.noted_trimmed" in list_codes(findings)
    assert "check.same_name" not in list_codes(check_inputs(inputs), Severity.ERROR)
    assert len(inputs.villages) == 2


def test_rare_characters_are_kept(tmp_path):
    inputs, findings = read_villages(tmp_path, [HEAD, change(ROW, name="𠮷㙍村"), NEXT])
    assert inputs.villages[0].name == "𠮷㙍村"
    assert not list_codes(findings, Severity.ERROR)


def test_personal_data_appear_nowhere(tmp_path):
    rows = [[*HEAD, "书记姓名", "联系电话"], [*ROW, "王小明", "13800138000"], [*NEXT, "李四", "1"]]
    rows[1][4] = "问13800138000"
    inputs, findings = read_villages(tmp_path, rows)
    shown = repr((inputs.villages, findings))
    assert "13800138000" not in shown
    assert "王小明" not in shown
    assert list_codes(findings).count("load.personal_column") == 2


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_tables_in_every_encoding(tmp_path, encoding, delimiter):
    lines = [delimiter.join(map(str, row)) for row in (HEAD, ROW, NEXT)]
    files = {"units.csv": "unit_id\nu1\n", "villages.csv": "\r\n".join(lines).encode(encoding)}
    inputs, findings = read_files(tmp_path, files)
    assert [v.name for v in inputs.villages] == ["东村", "西村"]
    assert not list_codes(findings, Severity.ERROR)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("a = nan", "settings.not_finite"),
        ("a = -inf", "settings.not_finite"),
        ("a = -1", "settings.not_greater_than_equal"),
        ('a = "x"', "settings.wrong_kind_number"),
    ],
)
def test_weights_that_cannot_be(tmp_path, rule, code):
    inputs, findings = read_files(tmp_path, {"scenario.toml": f"[rules]\n{rule}\n"})
    assert inputs is None
    assert (list_codes(findings), findings[0].place.row) == ([code], 2)


def test_weights_are_taken_as_they_are(tmp_path):
    files = {
        "scenario.toml": "[rules]\na = 0\nb = 0.1\nc = 60\n",
        "units.csv": "unit_id\nu\n",
        "villages.csv": "village_id\nv\n",
    }
    inputs, _ = read_files(tmp_path, files)
    assert [str(w) for w in inputs.scenario.rules.values()] == ["0", "0.1", "60"]


def test_empty_tables_are_told_by_name(tmp_path):
    files = {"units.csv": "unit_id\n", "villages.csv": "village_id\n"}
    inputs, _ = read_files(tmp_path, files)
    codes = list_codes(check_inputs(inputs), Severity.WARNING)
    assert codes == ["check.no_units", "check.no_villages"]
