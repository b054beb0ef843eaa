"""Rule packs on sheets: which lines make which rules, and every slip with its cell."""

import time
from decimal import Decimal

import pytest
import xlsxwriter
from tests.load.pack_makers import (
    HEADER,
    INFO,
    list_cells,
    list_rows,
    read_folder,
    read_lines,
    strip_examples,
    strip_rules,
    write_book,
)

from pairmatch.domain.findings import Severity
from pairmatch.domain.packs import PackCondition, PackExample, PackRow, PackRule
from pairmatch.domain.plugins import PluginInfo
from pairmatch.load.packs.amounts import (
    read_number,
    read_range,
    read_threshold,
    read_value,
    show_cell,
    split_values,
)


def compare(field, operator, *values):
    return PackCondition(field, operator, values)


def read_rows(folder, *lines):
    """Return the rows of the only rule, each as its alternatives, points and formula."""
    pack, findings = read_lines(folder, *lines)
    assert findings == ()
    (rule,) = strip_rules(pack)
    return [(row.alternatives, row.points, row.formula) for row in rule.rows]


def test_a_sheet_of_rules(tmp_path):
    pack, findings = read_lines(
        tmp_path,
        ["salt", "盐场", "村.盐碱地占比", "至少", 30.5, 3, "盐碱地多", "", "", 4],
        ["", "", "", "", "", 1, "其余"],
        ["near", "近", "距离", "分段", "0-10；10-50；50以上", "0；2；4", "远近"],
        ["no", "不行", "行业代码", "属于", "0112、34，5", "不结对", "不合适"],
        ["calc", "", "总户数", "已填", "", "", "按户数", "", "0.1 * 总户数"],
    )
    assert findings == ()
    assert pack.info == PluginInfo("nanpi", "南皮县", "1")
    bands = [("0", "10", 0), ("10", "50", 2), ("50", "", 4)]
    assert strip_rules(pack) == (
        PackRule(
            "salt",
            "盐场",
            "盐场",
            False,
            Decimal(4),
            (
                PackRow(
                    ((compare("村.盐碱地占比", "at_least", "30.5"),),),
                    Decimal(3),
                    "",
                    "盐碱地多",
                    "盐碱地多",
                ),
                PackRow((), Decimal(1), "", "其余", "其余"),
            ),
        ),
        PackRule(
            "near",
            "近",
            "近",
            False,
            None,
            tuple(
                PackRow(
                    ((compare("距离", "between", *ends),),), Decimal(points), "", "远近", "远近"
                )
                for *ends, points in bands
            ),
        ),
        PackRule(
            "no",
            "不行",
            "不行",
            True,
            None,
            (
                PackRow(
                    ((compare("行业代码", "among", "0112", "34", "5"),),),
                    None,
                    "",
                    "不合适",
                    "不合适",
                ),
            ),
        ),
        PackRule(
            "calc",
            "calc",
            "calc",
            False,
            None,
            (PackRow(((compare("总户数", "known"),),), None, "0.1 * 总户数", "按户数", "按户数"),),
        ),
    )


def test_every_part_has_its_cell(tmp_path):
    pack, _ = read_lines(
        tmp_path,
        ["a", "x", "f", "至少", 1, 3, "r"],
        ["", "", "g", "至少", 2, "", "", "且"],
        ["", "", "h", "至少", 2, "", "r", "", "1 + 1"],
    )
    rule = pack.rules[0]
    first, second = rule.rows[0].alternatives[0]
    cells = [rule.place, first.place, second.place, rule.rows[0].place, rule.rows[1].formula_place]
    assert [place.cell for place in cells] == ["A2", "C2", "C3", "F2", "I4"]
    assert [place.value for place in cells] == ["a", "f", "g", "3", "1 + 1"]
    assert cells[1].file == "plugins/nanpi/规则.xlsx"
    assert (cells[1].sheet, cells[1].row, cells[1].column) == ("规则", 2, "字段")


def test_conditions_are_joined(tmp_path):
    a, b, c = (compare(name, "known") for name in "abc")
    lines = [
        ["r", "x", "a", "已填", "", 3, "z"],
        ["", "", "b", "已填", "", "", "", "且"],
        ["", "", "c", "已填", "", "", "", "或"],
        ["", "", "a", "已填", "", 1, "z"],
        ["", "", "b", "已填"],  # without a result: both must hold
    ]
    assert read_rows(tmp_path, *lines) == [
        (((a, b), (c,)), Decimal(3), ""),
        (((a, b),), Decimal(1), ""),
    ]


def test_bands_with_further_conditions_and_reasons_of_their_own(tmp_path):
    pack, findings = read_lines(
        tmp_path,
        ["r", "x", "a", "分段", "-5~0\n0~5", "1\n2", "少\n多"],
        ["", "", "b", "已填", "", "", "", "且"],
        ["", "", "c", "分段", "5以下", 1, "少"],
    )
    assert findings == ()
    (rule,) = strip_rules(pack)
    known = compare("b", "known")
    assert [(row.alternatives, row.points, row.reason_zh) for row in rule.rows] == [
        (((compare("a", "between", "-5", "0"), known),), 1, "少"),
        (((compare("a", "between", "0", "5"), known),), 2, "多"),
        (((compare("c", "between", "", "5"),),), 1, "少"),
    ]


def test_a_line_with_only_the_name_and_blank_lines(tmp_path):
    lines = [["r", "x"], [], ["", "", "a", "已填", "", 1, "z"], ["注：不清楚的留空"]]
    pack, findings = read_lines(tmp_path, *lines)
    assert [(f.code, f.severity) for f in findings] == [("load.skipped_remark", Severity.NOTE)]
    assert len(pack.rules[0].rows) == 1


def test_lines_of_one_rule_may_stand_apart(tmp_path):
    rows = [["a", "x", "f", "已填", "", 1, "z"], ["b", "y", "f", "已填", "", 1, "z"]]
    pack, _ = read_lines(tmp_path, *rows, ["nanpi.a", "", "g", "已填", "", 2, "z"])
    assert [(rule.local_id, len(rule.rows)) for rule in pack.rules] == [("a", 2), ("b", 1)]


def test_header_found_wherever_it_is_in_any_order(tmp_path):
    header = ["得分", "理 由", "规则号", "字段名", "运算符", "阈值", "备注"]
    sheets = [
        ("封面", [["南皮县规则包"]]),
        ("表", [["2026年"], [], header, [2, "z", "a", "f", "＞＝", "１２", "?"]]),
        ("说明", [["名称", "nanpi"], ["县（市）", "南皮县"], ["接口级别", 1], ["标题", "南皮"]]),
    ]
    write_book(tmp_path / "a.xlsx", sheets).close()
    pack, findings = read_folder(tmp_path)
    assert findings == ()
    assert pack.info == PluginInfo("nanpi", "南皮县", "1", "南皮", "南皮")
    assert strip_rules(pack)[0].rows[0].alternatives == ((compare("f", "at_least", "12"),),)


ROW = ["a", "x", "f", "至少", 1, 3, "r"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([["", "x", "f", "至少", 1, 3, "r"]], [("packfiles.no_rule_id", "A2")]),
        ([["盐", "x", "f", "至少", 1, 3, "r"]], [("packfiles.bad_rule_id", "A2")]),
        ([[1, "x", "f", "至少", 1, 3, "r"]], [("packfiles.bad_rule_id", "A2")]),
        ([["a", "x"]], [("packfiles.no_rows", "A2")]),
        ([ROW, ["a", "y", "f", "至少", 1, 3, "r"]], [("packfiles.label_differs", "B3")]),
        ([[*ROW, "", "", "多"]], [("packfiles.bad_number", "J2")]),
        ([[*ROW, "", "", -1]], [("packfiles.negative_spread", "J2")]),
        ([[*ROW, "", "", 1], [*ROW, "", "", 2]], [("packfiles.spread_differs", "J3")]),
        ([ROW, ["", "", "f", "至少", 1, "不结对", "r"]], [("packfiles.mixed_kinds", "F3")]),
        ([["a", "x", "f", "至少", 1, "不结对", "", "", "", 2]],
         [("packfiles.not_in_condition", "J2")]),
        ([["a", "x", "f", "至少", 1, "", ""]], [("packfiles.no_result", "F2")]),
        ([["a", "x", "f", "至少", 1, "", "r"]], [("packfiles.no_result", "F2")]),
        ([[*ROW, "", "总户数"]], [("packfiles.two_results", "I2")]),
        ([["a", "x", "f", "至少", 1, "约3", "r"]], [("packfiles.bad_number", "F2")]),
        ([["a", "x", "f", "至少", "约300", 3, "r"]], [("packfiles.bad_amount", "E2")]),
        ([["a", "x", "f", "至少", "12万", 3, "r"]], [("packfiles.bad_amount", "E2")]),
        ([["a", "x", "f", "至少", "", 3, "r"]], [("packfiles.no_value", "E2")]),
        ([["a", "x", "f", "等于", "", 3, "r"]], [("packfiles.no_value", "E2")]),
        ([["a", "x", "f", "属于", "、", 3, "r"]], [("packfiles.bad_amount", "E2")]),
        ([["a", "x", "f", "已填", 3, 3, "r"]], [("packfiles.surplus_value", "E2")]),
        ([["a", "x", "f", "zzz", 3, 3, "r"]], [("packfiles.unknown_operator", "D2")]),
        ([["a", "x", "f", "介与", 3, 3, "r"]], [("packfiles.unknown_operator_close", "D2")]),
        ([["a", "x", "f", "", 3, 3, "r"]], [("packfiles.no_operator", "D2")]),
        ([["a", "x", "", "至少", 3, 3, "r"]], [("packfiles.no_field", "C2")]),
        ([["a", "x", "", "", 3, 3, "r"]],
         [("packfiles.no_field", "C2"), ("packfiles.no_operator", "D2")]),
        ([["a", "x", "f", "介于", "10", 3, "r"]], [("packfiles.bad_range", "E2")]),
        ([["a", "x", "f", "介于", "2026-03-05", 3, "r"]], [("packfiles.range_is_date", "E2")]),
        ([["a", "x", "f", "分段", "0-10；10-50", "1", "r"]], [("packfiles.bands_differ", "E2")]),
        ([["a", "x", "f", "分段", "0-10；10", "1；2", "r"]], [("packfiles.bad_range", "E2")]),
        ([["a", "x", "f", "分段", "0-10；10-20", "1；多", "r"]], [("packfiles.bad_number", "F2")]),
        ([["a", "x", "", "分段", "0-10", "1", "r", "", "1"]],
         [("packfiles.no_field", "C2"), ("packfiles.two_results", "I2")]),
        ([ROW, ["", "", "f", "分段", "0-10", "", "", "且"]], [("packfiles.bands_joined", "D3")]),
        ([["a", "x", "f", "至少", 1, 3, "r", "且"]], [("packfiles.join_first", "H2")]),
        ([ROW, ["", "", "", "", "", "", "", "且"]],
         [("packfiles.join_without_condition", "C3")]),
        ([ROW, ["", "", "f", "至少", 1, 2, "", "且"]], [("packfiles.points_on_joined", "F3")]),
        ([ROW, ["", "", "f", "至少", 1, "", "", "或", "1"]],
         [("packfiles.points_on_joined", "I3")]),
        ([[*ROW, "和"]], [("packfiles.unknown_join", "H2")]),
        ([["a", "x", "f", "至少", "#N/A", 3, "r"]], [("load.cell_error", "E2")]),
    ],
)  # fmt: skip
def test_slips_are_named_with_their_cell(tmp_path, lines, expected):
    pack, findings = read_lines(tmp_path, *lines)
    assert pack is None
    assert sorted(list_cells(findings)) == sorted(expected)


def test_all_problems_at_once(tmp_path):
    bad = ["a", "x", "f", "zzz", 1, "多", "r"]
    _, findings = read_lines(tmp_path, *[bad] * 5)
    assert sorted(cell for _code, cell in list_cells(findings)) == [
        f"{letter}{row}" for letter in "DF" for row in range(2, 7)
    ]


def test_error_values_and_formulas_of_the_spreadsheet(tmp_path):
    book = write_book(tmp_path / "a.xlsx", [("规则", [HEADER, ROW, ROW, ROW]), ("规则包", INFO)])
    sheet = book.get_worksheet_by_name("规则")
    sheet.write_formula("E2", "=1/0", None, "#DIV/0!")
    sheet.write_formula("E3", "=A1", None, "")
    sheet.write_formula("I4", "=总户数*2", None, "#NAME?")
    book.get_worksheet_by_name("规则包").write_formula("B3", "=1/0", None, "#REF!")
    book.close()
    pack, findings = read_folder(tmp_path)
    assert pack is None
    assert sorted(list_cells(findings)) == [
        ("load.cell_error", "B3"),
        ("load.cell_error", "E2"),
        ("load.formula_uncalculated", "E3"),
        ("packfiles.formula_of_spreadsheet", "I4"),
    ]


def test_merged_cells(tmp_path):
    lines = [
        ["a", "x", "f", "至少", 1, 3, "r"],
        ["", "", "g", "至少", 1, "", "", "且"],
        ["", "", "h", "至少", 1, 2, "r"],
    ]
    book = write_book(tmp_path / "a.xlsx", [("规则", [HEADER, *lines]), ("规则包", INFO)])
    sheet = book.get_worksheet_by_name("规则")
    for area, value in (("A2:A4", "a"), ("B2:B4", "x"), ("F2:F3", 3), ("G2:G3", "r")):
        sheet.merge_range(area, value)
    book.close()
    pack, findings = read_folder(tmp_path)
    assert findings == ()
    assert [len(row.alternatives[0]) for row in pack.rules[0].rows] == [2, 1]


def test_points_merged_over_rows_are_a_question(tmp_path):
    lines = [["a", "x", "f", "至少", 1, 3, "r"], ["", "", "g", "至少", 1, "", "r"]]
    book = write_book(tmp_path / "a.xlsx", [("规则", [HEADER, *lines]), ("规则包", INFO)])
    book.get_worksheet_by_name("规则").merge_range("F2:F3", 3)
    book.close()
    pack, findings = read_folder(tmp_path)
    assert pack is None
    assert list_cells(findings) == [("packfiles.merged_points", "F3")]


def test_hidden_rows_are_read_and_told(tmp_path):
    book = write_book(tmp_path / "a.xlsx", [("规则", [HEADER, ROW, ROW]), ("规则包", INFO)])
    book.get_worksheet_by_name("规则").set_row(2, None, None, {"hidden": True})
    book.close()
    pack, findings = read_folder(tmp_path)
    assert [(f.code, f.severity) for f in findings] == [("files.hidden_rows", Severity.NOTE)]
    assert len(pack.rules[0].rows) == 2


@pytest.mark.parametrize(
    ("sheets", "expected"),
    [
        ([("规则", [["村名", "户数"], ["x", 1]])], ["packfiles.no_rules_sheet"]),
        ([("规则", [HEADER, ROW]), ("旧", [HEADER, ROW])], ["packfiles.many_rules_sheets"]),
        ([("规则", [HEADER, ROW])], ["packfiles.no_county"]),
        ([("规则", [HEADER]), ("规则包", INFO)], ["packfiles.no_rules"]),
        ([("规则", [HEADER[1:], ROW[1:]]), ("规则包", INFO)], ["packfiles.no_rules_sheet"]),
        (
            [("规则", [[*HEADER, "颜色"], [*ROW, "", "", "", "红"]]), ("规则包", INFO)],
            ["packfiles.unknown_column"],
        ),
        (
            [("规则", [[*HEADER, "理由说明"], ROW]), ("规则包", INFO)],
            ["packfiles.unknown_column_close"],
        ),
        (
            [("规则", [["规则编号", "字段", "运算符号", "得分"], ["a", "f", "已填", 1]]),
             ("规则包", INFO)],
            ["load.missing_column_close", "load.missing_column", "load.missing_column",
             "packfiles.no_operator", "packfiles.unknown_column_close"],
        ),
        (
            [("规则", [HEADER, ROW]), ("规则包", [*INFO, ("县(市)", "盐山县")])],
            ["packfiles.double_info"],
        ),
        (
            [("规则", [HEADER, ROW]), ("规则包", [*INFO, ("接口级别", "二")])],
            ["packfiles.bad_level"],
        ),
        (
            [("规则", [HEADER, ROW]), ("规则包", [*INFO, ("英文的标题", "x")])],
            ["packfiles.unknown_info"],
        ),
        (
            [("规则", [HEADER, ROW]), ("规则包", [("名称", "other"), ("县(市)", "南皮县")])],
            ["packfiles.name_differs"],
        ),
    ],
)  # fmt: skip
def test_sheets_are_told_apart(tmp_path, sheets, expected):
    write_book(tmp_path / "a.xlsx", sheets).close()
    _, findings = read_folder(tmp_path)
    assert sorted(f.code for f in findings) == sorted(expected)


def test_examples(tmp_path):
    pack, findings = read_lines(
        tmp_path,
        ROW,
        ["no", "y", "f", "未填", "", "不结对", "r"],
        examples=[
            ["例子", "f", "单位.行业代码", "预期.a", "预期：nanpi.no", ""],
            ["甲", 12.5, "0112", 3, "不结对"],
            ["", "", "x", "", "可结对"],
            [],
        ],
    )
    assert findings == ()
    assert strip_examples(pack) == (
        PackExample("甲", {"f": "12.5", "单位.行业代码": "0112"}, {"a": Decimal(3), "no": None}),
        PackExample("3", {"单位.行业代码": "x"}, {"no": Decimal(0)}),
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["例子", "预期.b"], ["x", 1]], [("packfiles.unknown_rule", "B1")]),
        ([["例子", "预期.aa"], ["x", 1]], [("packfiles.unknown_rule_close", "B1")]),
        ([["例子", "f", "预期.a"], ["x", 1, ""]], [("packfiles.no_expectation", "A2")]),
        ([["例子", "f", "预期.a"], ["x", 1, "多"]], [("packfiles.bad_expectation", "C2")]),
        ([["例子", "f", "f", "预期.a"], ["x", 1, 2, 1]], [("packfiles.double_column", "C1")]),
        ([["例子", "预期.a"], *[["x", 1]] * 1001], [("packfiles.many_examples", "")]),
    ],
)
def test_examples_are_checked(tmp_path, rows, expected):
    pack, findings = read_lines(tmp_path, ROW, examples=rows)
    assert pack is None
    assert list_cells(findings) == expected


def test_files_that_are_no_workbooks(tmp_path):
    (tmp_path / "a.xlsx").write_text("no", encoding="utf-8")
    assert list_rows(read_folder(tmp_path)[1]) == [("files.not_xlsx", 0)]


def test_a_csv_is_no_pack(tmp_path):
    (tmp_path / "a.csv").write_text("规则编号,字段,运算,得分\n", encoding="utf-8")
    assert list_rows(read_folder(tmp_path)[1]) == [("packfiles.no_table", 0)]


@pytest.mark.parametrize(("num_rules", "num_rows"), [(10_000, 1), (201, 1), (1, 2001), (20, 150)])
def test_too_much_is_refused_in_time(tmp_path, num_rules, num_rows):
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER)
    for k in range(num_rules * num_rows):
        sheet.write_row(k + 1, 0, [f"r{k // num_rows}", "", "f", "等于", k, 1, "z"])
    book.close()
    start = time.process_time()
    pack, findings = read_folder(tmp_path)
    assert time.process_time() - start < 4
    assert pack is None
    assert [f.code for f in findings] in (["packfiles.too_many"], ["packfiles.too_long"])


# --- amounts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("10-50", ("10", "50")),
        ("10~50", ("10", "50")),
        ("10～50", ("10", "50")),
        ("10—50", ("10", "50")),
        ("10——50", ("10", "50")),
        ("10－50", ("10", "50")),
        ("10–50", ("10", "50")),
        ("10至50", ("10", "50")),
        ("10 到 50", ("10", "50")),
        ("１０－５０", ("10", "50")),
        ("0.5-1.50", ("0.5", "1.5")),
        ("1,000-2,000", ("1000", "2000")),
        ("-5-10", ("-5", "10")),
        ("-5--1", ("-5", "-1")),
        ("−5~10", ("-5", "10")),
        ("50以上", ("50", "")),
        ("50及以上", ("50", "")),
        ("50起", ("50", "")),
        ("≥50", ("50", "")),
        ("-5以上", ("-5", "")),
        ("10以下", ("", "10")),
        ("不足10", ("", "10")),
        ("<10", ("", "10")),
        ("-5以下", ("", "-5")),
        ("10", None),
        ("-10", None),
        ("—10", None),
        ("10-", None),
        ("50-10", None),
        ("10-10", None),
        ("5--10", None),
        ("1-2-3", None),
        ("–5–10", None),
        ("约10-20", None),
        ("10-20元", None),
        ("10万-20万", None),
        ("10%-20%", None),
        ("≤10", None),
        (">50", None),
        ("1,00-2,00", None),
        ("", None),
        ("以上", None),
    ],
)
def test_ranges(text, ends):
    assert read_range(text) == ends


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", "3"),
        ("-1.5", "-1.5"),
        ("１２３．５", "123.5"),
        ("1,234", "1234"),
        ("三百二十", "320"),
        ("约300", None),
        ("3-5", None),
        ("12万", None),
        ("3元", None),
        ("nan", None),
        ("1e3", None),
        ("9" * 30, None),
        ("", None),
    ],
)
def test_numbers(text, number):
    assert read_number(text) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        ("35%", "35%"),
        ("３５％", "35%"),
        ("1,200 户", "1200户"),
        ("30万元", "30万元"),
        ("300个人", None),
        ("12万", None),
        ("良", "良"),
        ("三百", "300"),
        ("约三百", None),
        ("", None),
    ],
)
def test_thresholds(text, threshold):
    assert read_threshold(text) == threshold


def test_values_keep_their_spelling():
    assert [read_value(text) for text in ("0112", "０１１２", "孟村（镇）")] == [
        "0112",
        "0112",
        "孟村（镇）",
    ]
    assert split_values("a、b， c;a；；d") == ("a", "b", "c", "d")
    shown = [show_cell(raw) for raw in (None, True, 0.1 + 0.2, 3.0, -0.0, 12, Decimal("1.50"))]
    assert shown == ["", "是", "0.3", "3", "0", "12", "1.5"]
