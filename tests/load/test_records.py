"""Rows to records: what is skipped, masked, doubled or refused, each told with its place."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.load.sheet_makers import (
    CODE,
    UNITS,
    check_sentences,
    find_one,
    list_codes,
    make_sheet,
    read_table,
)

from pairmatch.domain.findings import Severity
from pairmatch.domain.personal import mask_finding, mask_personal
from pairmatch.load.records.units import build_units
from pairmatch.load.records.villages import build_villages
from pairmatch.load.taxonomy import read_taxonomy

TAXONOMY = read_taxonomy()
HEAD = ["区划代码", "县(市)", "乡镇", "村名", "总户数(户)", "集中供水入户率(%)"]
FIRST = ["130921100201", "沧县", "沧州镇", "东村", 200, 85]
SECOND = ["130921100202", "沧县", "沧州镇", "西村", 150, 90]


def read_villages(rows, **kw):
    parsed, findings = read_table(make_sheet(rows, **kw))
    villages, more = build_villages(parsed, TAXONOMY)
    check_sentences(more)
    return villages, [*findings, *more]


def read_units(rows, **kw):
    parsed, findings = read_table(make_sheet(rows, **kw), UNITS)
    units, more = build_units(parsed, TAXONOMY)
    check_sentences(more)
    return units, [*findings, *more]


def test_a_village_with_everything():
    head = [
        *(*HEAD, "受助类型①②③", "主导特色产业", "最高文保级别", "牺牲贡献等级(1-5)"),
        *("困难程度等级(1-5)", "最想办的事1", "最想办的事2", "最想办的事3", "数据性质"),
        *("最少帮扶单位数", "最多帮扶单位数"),
    ]
    row = [*FIRST, "①③", "鸭梨", "县保", 4, 5, "医疗卫生", "盖个戏台", "医疗卫生", "合成", 1, 3]
    (village,), findings = read_villages([head, row])
    assert village.types == {"1", "3"}
    assert village.indicators["ind_specialty"].value == "ya_pear"
    assert village.indicators["her_site_level"].value == "县保"
    assert (village.contribution_grade, village.difficulty_grade) == (4, 5)
    assert village.wishes == ("health", "盖个戏台")
    assert (village.demand_min, village.demand_max, village.synthetic) == (1, 3, True)
    assert list_codes(findings) == ["load.header_found"]


def test_places_name_file_sheet_row_header_and_cell():
    (village, _), _ = read_villages([HEAD, FIRST, SECOND])
    place = village.indicators["bas_households"].place
    assert (place.file, place.sheet, place.row) == ("t.xlsx", "表", 2)
    assert (place.column, place.cell, place.value) == ("总户数(户)", "E2", "200")


def test_bounds_that_are_left_out():
    head = ["village_id", "demand_min", "demand_max"]
    rows = [head, ["a", None, None], ["b", 3, None], ["c", None, 2]]
    villages, _ = read_villages(rows)
    assert [(v.demand_min, v.demand_max) for v in villages] == [(0, 1), (3, 3), (0, 2)]


def test_blank_total_header_and_remark_rows_are_no_villages():
    rows = [
        *(HEAD, FIRST, [], HEAD, SECOND),
        ["合计", None, None, None, 350, None],
        [None, "小 计", None, None, 350, None],
        ["填表人：某某  审核：某某"],
        ["注：以上数据截至2025年底，由各村村委会提供，乡镇已经审核"] * 6,
    ]
    villages, findings = read_villages(rows)
    assert [v.name for v in villages] == ["东村", "西村"]
    assert sorted(list_codes(findings)) == [
        *("load.header_found", "load.skipped_header"),
        *("load.skipped_remark", "load.skipped_remark"),
        *("load.skipped_total", "load.skipped_total"),
    ]


def test_a_lone_id_is_a_row():
    head = ["unit_id", "name", "tier", "kind", "county"]
    units, _ = read_units([head, ["alpha"], ["beta"]])
    assert [u.unit_id for u in units] == ["alpha", "beta"]


def test_duplicate_codes_name_both_places_and_the_first_stays():
    villages, findings = read_villages([HEAD, FIRST, SECOND, [*FIRST[:4], 999, 1]])
    double = find_one(findings, "load.duplicate_id")
    assert (double.place.row, double.params["first_row"]) == (4, "2")
    assert villages[0].indicators["bas_households"].value == 200


def test_rows_without_a_code_are_answered_with_suggestions():
    rows = [
        HEAD,
        FIRST,
        [None, "沧县", "沧州镇", "东村", 1, 1],
        [None, "沧县", "x", "无此村", 1, 1],
    ]
    villages, findings = read_villages(rows)
    assert len(villages) == 1
    known = find_one(findings, "load.code_missing_known")
    assert "130921100201" in known.params["suggestions"]
    assert known.place.cell == "A3"
    assert find_one(findings, "load.code_missing").place.row == 4


def test_a_code_of_the_wrong_length_among_right_ones():
    rows = [HEAD, FIRST, SECOND, ["13092110020", "沧县", "沧州镇", "南村", 1, 1]]
    _, findings = read_villages(rows)
    odd = find_one(findings, "load.code_length")
    assert (odd.place.row, odd.params["length"]) == (4, "11")


def test_ids_may_be_any_text_where_no_codes_are_used():
    villages, findings = read_villages([["village_id"], ["v1"], [7], ["村𠮷"]])
    assert [v.village_id for v in villages] == ["7", "v1", "村𠮷"]
    assert list_codes(findings) == ["load.header_found"]


def test_errors_and_uncalculated_formulas_are_listed_and_never_zero():
    sheet = make_sheet([HEAD, [*FIRST[:4], None, None]], errors={(2, 5): "#N/A", (2, 6): "=E2*2"})
    rows, findings = read_table(sheet)
    assert find_one(findings, "load.cell_error").place.cell == "E2"
    assert find_one(findings, "load.formula_uncalculated").place.value == "=E2*2"
    (village,), _ = build_villages(rows, TAXONOMY)
    assert village.indicators["bas_households"].value is None


def test_normalisations_are_counted_per_column():
    rows = [
        HEAD,
        *([f"1309211002{k:02d}", "沧县", "镇", f"{k}村", "2００", "35%"] for k in range(30)),
    ]
    _, findings = read_villages(rows)
    notes = [f for f in findings if f.code == "load.noted_normalised"]
    assert [(f.params["count"], f.place.row) for f in notes] == [("30", 2), ("30", 2)]


def test_a_fraction_among_percentages_is_doubted():
    rows = [HEAD, FIRST, SECOND, ["130921100203", "沧县", "沧州镇", "南村", 100, 0.35]]
    _, findings = read_villages(rows)
    doubt = find_one(findings, "load.share_suspicious")
    assert (doubt.place.cell, doubt.params["percent"]) == ("F4", "35")


def test_a_column_of_fractions_is_doubted_once():
    rows = [HEAD, *([f"1309211002{k:02d}", "沧县", "镇", f"{k}村", 9, k / 10] for k in range(10))]
    _, findings = read_villages(rows)
    assert find_one(findings, "load.share_column_suspicious").params["count"] == "9"


def test_a_small_percentage_written_as_such_is_not_doubted():
    rows = [HEAD, FIRST, ["130921100203", "沧县", "沧州镇", "南村", 100, "0.35%"]]
    _, findings = read_villages(rows)
    assert "load.share_suspicious" not in list_codes(findings)


def test_personal_numbers_are_masked_wherever_they_stand():
    row = ["110101199001011234", "沧县", "沧州镇", "电话13800138000", "13800138000", 1]
    villages, findings = read_villages([HEAD, FIRST, SECOND, row])
    shown = repr([f for f in findings])
    assert "110101199001011234" not in [f.place.value for f in findings]
    assert "13800138000" not in shown
    assert villages


def test_masking_leaves_codes_alone():
    assert mask_personal(CODE) == CODE
    assert mask_personal("电话：13800138000。") == "电话：138********。"
    assert mask_personal("11010119900101123X") == "110***************"


def test_ranges_and_unknown_answers():
    rows = [HEAD, [*FIRST[:4], "3—5", None]]
    (village,), findings = read_villages(rows)
    reading = village.indicators["bas_households"]
    assert (reading.value, reading.low, reading.high) == (None, 3, 5)
    assert village.indicators["water_tap_share"].value is None
    assert "bas_population" not in village.indicators
    assert list_codes(findings, Severity.WARNING) == ["load.range_answer"]


def test_an_unknown_specialty_is_unknown_with_a_warning():
    (village,), findings = read_villages([["区划代码", "主导特色产业"], [CODE, "养骆驼"]])
    assert village.indicators["ind_specialty"].value is None
    assert list_codes(findings, Severity.WARNING) == ["load.unknown_specialty"]


def test_a_unit_with_everything():
    head = [
        *("单位编号", "单位名称", "层级", "类别", "所属县", "帮扶范围", "行业代码", "资金捐赠"),
        *("信贷授信", "年度公益预算下限(万元)", "年度公益预算上限(万元)", "团队人数(人)"),
        *("法人资信良好", "愿意参加", "回避对象", "帮扶意愿", "最多帮扶村数", "数据性质"),
    ]
    row = [
        *(
            "U01",
            "沧州银行",
            "市级",
            "理事单位",
            None,
            "沧县、青县",
            "J6621、0112",
            3,
            None,
            10,
            20,
        ),
        *(8, "是", None, CODE, "沧县", 2, "合成"),
    ]
    (unit,), findings = read_units([head, row])
    assert (unit.tier, unit.kind, unit.county) == ("city", "council_member", "")
    assert unit.scope_counties == ("沧县", "青县")
    assert unit.industry_codes == ("6621", "0112")
    assert unit.capabilities == {"cash": 3}
    assert (unit.budget_low, unit.budget_high, unit.team_size) == (10, 20, 8)
    assert (unit.credit_ok, unit.willing, unit.scale_ok) == (True, None, None)
    assert (unit.conflicts, unit.wishes, unit.capacity_max) == ((CODE,), ("沧县",), 2)
    assert unit.synthetic
    assert list_codes(findings) == ["load.header_found"]


def test_units_everywhere_doubled_and_without_id():
    head = ["单位编号", "单位名称", "帮扶范围", "层级"]
    rows = [head, ["u1", "甲", "全市", "市级"], ["u1", "乙"], [None, "丙", None, "市级"]]
    units, findings = read_units(rows)
    assert units[0].scope_counties == ()
    assert find_one(findings, "load.duplicate_id").place.row == 3
    assert find_one(findings, "load.unit_id_missing").params["name"] == "丙"


def test_a_converted_column_keeps_ranges_and_faults_apart():
    head = ["区划代码", "订单/渠道销售额(元/年)"]
    answers = ["约25000", "1-2万", "x", "25000元", "1.5万元", None, 10**10]
    rows = [head, *([f"13092110020{k}", answer] for k, answer in enumerate(answers))]
    villages, findings = read_villages(rows)
    readings = [v.indicators["ind_channel_contract_wan"] for v in villages]
    assert [r.value for r in readings] == [2.5, None, None, 2.5, 1.5, None, None]
    assert (readings[1].low, readings[1].high) == (1, 2)
    assert list_codes(findings, Severity.ERROR) == ["load.not_a_number", "load.out_of_range"]
    assert list_codes(findings, Severity.WARNING) == ["load.approximate", "load.range_answer"]


cells = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.sampled_from(["合计", "注：x", "区划代码", CODE, "是", "35%", "3—5", "无", "约3"]),
)


@given(st.lists(st.lists(cells, min_size=6, max_size=6), max_size=6), st.booleans())
def test_reading_rows_never_raises_and_every_sentence_is_whole(rows, typed):
    villages, findings = read_villages([HEAD, *rows], typed=typed)
    assert len({v.village_id for v in villages}) == len(villages)
    assert all(f.place.file for f in findings)


def test_a_code_that_lost_a_digit_is_shown_though_it_looks_like_a_telephone_number():
    rows = [HEAD, FIRST, SECOND, ["13092110020", "沧县", "沧州镇", "南村", 1, 1]]
    _villages, findings = read_villages(rows)
    odd = mask_finding(find_one(findings, "load.code_length"))
    assert (odd.place.value, odd.place.column) == ("13092110020", HEAD[0])
    assert odd.params["id"] == "13092110020"
    assert mask_finding(replace(odd, is_about_code=False)).params["id"] == "130********"
    assert mask_personal("110101199001011234", is_code=True) == "110***************"
