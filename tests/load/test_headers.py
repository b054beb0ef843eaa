"""Headers as councils write them: found below notes, in one or two rows, in any order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.load.sheet_makers import (
    CODE,
    UNITS,
    VILLAGES,
    check_sentences,
    find_one,
    list_codes,
    make_sheet,
    read_table,
)

from pairmatch.domain.findings import Severity
from pairmatch.load.records.headers import find_header
from pairmatch.load.records.tables import (
    describe_counties,
    describe_distances,
    describe_previous,
    describe_scores,
)

ALL_HEADERS = [c.header for c in VILLAGES.columns.values()]
PLACE = ["区划代码", "县(市)", "乡镇", "村名"]


def fields_of(rows, table=VILLAGES):
    block, findings = find_header(make_sheet(rows), table)
    check_sentences(findings)
    return block and {m.column.field: m.index for m in block.columns}


def test_every_printed_header_is_known():
    found = fields_of([ALL_HEADERS, [CODE]])
    assert list(found) == list(VILLAGES.columns)


def test_every_english_id_is_known():
    assert set(fields_of([list(VILLAGES.columns), [CODE]])) == set(VILLAGES.columns)
    assert set(fields_of([list(UNITS.columns), ["u1"]], UNITS)) == set(UNITS.columns)


def test_unit_headers_without_their_units_of_measure():
    headers = [c.header_zh for c in UNITS.columns.values()]
    assert set(fields_of([headers, ["u1"]], UNITS)) == set(UNITS.columns)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("村 名", "name"),
        ("村\u00a0名", "name"),
        ("　村名　", "name"),
        ("村名\n", "name"),
        ("*村名", "name"),
        ("行政村名称", "name"),
        ("县（市）", "county"),
        ("县（市、区）", "county"),
        ("集中供水入户率（％）", "water_tap_share"),
        ("集中供水入户率", "water_tap_share"),
        ("集中供水入户率 (%)", "water_tap_share"),
        ("集中供水入户率【%】", "water_tap_share"),
        ("户均配变容量(ＫＶＡ/户)", "pow_kva_per_household"),
        ("总户数（2025年底）", "bas_households"),
        ("受助类型①②③", "bas_type"),
        ("受助类型", "bas_type"),
        ("C/D级住房户数(户)", "con_unsafe_houses"),
        ("基本设备达标件数(共20件)(件)", "health_equipment_items"),
        ("Water_Tap_Share", "water_tap_share"),
        ("households", "bas_households"),
    ],
)
def test_header_variants(header, field):
    found = fields_of([["区划代码", header], [CODE]])
    assert found == {"village_id": 0, field: 1}


def test_title_and_notes_above_the_table_are_passed_over():
    rows = [
        ["沧县老区村村情表"] * 4,
        ["填报单位：沧县老促会", None, None, "2026年5月"],
        [],
        ["单位：户", None, None, None],
        PLACE,
        [CODE, "沧县", "崔尔庄镇", "孙村"],
    ]
    block, findings = find_header(make_sheet(rows), VILLAGES)
    assert (block.first_row, block.last_row) == (5, 5)
    note = find_one(findings, "load.header_found")
    assert note.params["row"] == "5"
    assert note.severity is Severity.NOTE


def test_two_merged_rows_with_group_titles():
    # Merged cells repeat their value: 区划代码 stands in both rows, the groups across columns.
    rows = [
        ["区划代码", "村名", "基本情况", "基本情况", "最想办的事", "最想办的事", "最想办的事"],
        ["区划代码", "村名", "总户数", "户籍人口", 1, 2, 3],
        [CODE, "孙村", 200, 700, "修路", None, None],
    ]
    parsed, findings = read_table(make_sheet(rows))
    assert [r.text("wish_1") for r in parsed] == ["修路"]
    assert parsed[0].number("bas_population") == 700
    assert not list_codes(findings, Severity.ERROR)


def test_two_rows_without_merging():
    rows = [
        ["区划代码", "村名", "人口", None],
        [None, None, "总户数(户)", "户籍人口(人)"],
        [CODE, "孙村", 200, 700],
    ]
    parsed, _ = read_table(make_sheet(rows))
    assert parsed[0].text("name") == "孙村"
    assert parsed[0].number("bas_households") == 200


def test_units_of_measure_in_a_row_of_their_own():
    rows = [
        ["区划代码", "村名", "总户数", "集中供水入户率"],
        [None, None, "户", "（%）"],
        [CODE, "孙村", 200, 85],
    ]
    block, _ = find_header(make_sheet(rows), VILLAGES)
    assert block.last_row in (1, 2)
    parsed, findings = read_table(make_sheet(rows))
    village = next(r for r in parsed if r.text("village_id"))
    assert village.number("water_tap_share") == 85
    assert not list_codes(findings, Severity.ERROR)


def test_a_data_row_is_never_taken_for_the_second_header_row():
    rows = [[*PLACE, "总户数"], [CODE, "沧县", "崔尔庄镇", "村名", 3]]
    block, _ = find_header(make_sheet(rows), VILLAGES)
    assert block.last_row == 1


def test_duplicate_headers_are_an_error_that_names_both_columns():
    rows = [["区划代码", "村名", "总户数(户)", "户数"], [CODE, "孙村", 200, 201]]
    _, findings = find_header(make_sheet(rows), VILLAGES)
    double = find_one(findings, "load.header_double")
    assert double.severity is Severity.ERROR
    assert (double.params["first"], double.params["second"]) == ("总户数(户) (C)", "户数 (D)")
    assert double.place.cell == "D1"


def test_an_empty_duplicate_is_no_matter():
    rows = [["区划代码", "村名", "总户数(户)", "户数"], [CODE, "孙村", 200, None]]
    _, findings = find_header(make_sheet(rows), VILLAGES)
    assert list_codes(findings) == ["load.header_found"]


def test_unknown_header_names_the_closest_column():
    rows = [["区划代码", "村名", "集中供水到户率"], [CODE, "孙村", 85]]
    _, findings = find_header(make_sheet(rows), VILLAGES)
    found = find_one(findings, "load.unknown_column_close")
    assert found.params["closest"] == "集中供水入户率(%)"
    assert found.severity is Severity.WARNING


def test_unknown_header_with_nothing_close():
    _, findings = find_header(make_sheet([["区划代码", "村名", "xyz"], [CODE]]), VILLAGES)
    assert "load.unknown_column" in list_codes(findings)


def test_columns_without_data_are_not_mentioned():
    _, findings = find_header(make_sheet([["序号", "区划代码", "备注"], [1, CODE]]), VILLAGES)
    assert list_codes(findings) == ["load.header_found"]


def test_missing_code_column_names_the_closest_header():
    rows = [["区划码", "县(市)", "乡镇", "村名"], [CODE, "沧县", "崔尔庄镇", "孙村"]]
    _, findings = find_header(make_sheet(rows), VILLAGES)
    missing = find_one(findings, "load.missing_column_close")
    assert missing.params["closest"] == "区划码"
    assert missing.severity is Severity.ERROR


def test_missing_code_column_without_a_close_header():
    _, findings = find_header(make_sheet([["县(市)", "乡镇", "村名"], ["a", "b", "c"]]), VILLAGES)
    assert "load.missing_column" in list_codes(findings, Severity.ERROR)


@pytest.mark.parametrize("header", ["书记姓名", "联系电话", "身份证号", "手机", "户主身份证号码"])
def test_personal_columns_are_ignored_and_their_values_never_shown(header):
    sheet = make_sheet([["区划代码", "村名", header], [CODE, "孙村", "13800138000"]])
    rows, findings = read_table(sheet)
    assert "load.personal_column" in list_codes(findings, Severity.WARNING)
    assert "13800138000" not in repr((rows, findings))


def test_headers_with_another_unit_are_converted_or_refused():
    rows = [["区划代码", "订单/渠道销售额(元/年)"], [CODE, 25_000]]
    parsed, findings = read_table(make_sheet(rows))
    assert parsed[0].number("ind_channel_contract_wan") == 2.5
    assert "load.header_converted" in list_codes(findings, Severity.NOTE)
    _, findings = find_header(make_sheet([["区划代码", "耕地面积(户)"], [CODE, 1]]), VILLAGES)
    assert "load.header_unit" in list_codes(findings, Severity.ERROR)


@given(st.permutations(ALL_HEADERS))
def test_order_of_columns_does_not_matter(headers):
    block, findings = find_header(make_sheet([headers, [CODE]]), VILLAGES)
    assert {m.column.field: m.header for m in block.columns} == {
        c.field: c.header for c in VILLAGES.columns.values()
    }
    assert list_codes(findings) == ["load.header_found"]


@given(st.lists(st.lists(st.one_of(st.none(), st.text(max_size=5), st.integers()), max_size=6)))
def test_finding_a_header_never_raises(rows):
    find_header(make_sheet([*rows, [None]]), VILLAGES)


@pytest.mark.parametrize("rows", [[["说明"], ["本表由县老促会填写，村名要写全称"]], [[None]], [[]]])
def test_sheets_without_a_table(rows):
    assert fields_of([*rows, [None]]) is None


def test_years_of_the_previous_cycle():
    rows = [["单位编号", "区划代码", "2021年评定", "grade_2022", "2023年度评价"], ["u", CODE]]
    assert list(fields_of(rows, describe_previous())) == [
        *("unit_id", "village_id", "grade_2021", "grade_2022", "grade_2023")
    ]


def test_reference_tables_are_known_by_their_own_headers():
    counties = ["county_code", "name_zh", "name_en", "seat_lon_wgs84", "seat_lat_wgs84"]
    assert len(fields_of([counties, ["1"]], describe_counties())) == 5
    distances = ["from_code", "from_name", "to_code", "to_name", "km_seat_to_seat", "adjacent"]
    assert len(fields_of([distances, ["1"]], describe_distances())) == 5
    assert len(fields_of([["unit_id", "village_id", "points"], ["1"]], describe_scores())) == 3


def test_smallest_tables_of_one_column():
    assert fields_of([["village_id"], ["v1"]]) == {"village_id": 0}
    assert fields_of([["unit_id"], ["u1"]], UNITS) == {"unit_id": 0}
