"""Faults 36 and 37: a rule pack that is wrong is refused when it is loaded, with its cell."""

import io
import time
from pathlib import Path

import pytest
import xlsxwriter
from tests.faults.plugin_scenarios import (
    add_plugin,
    expect_broken,
    expect_going_on,
    list_runs,
    read,
    read_table,
    run_program,
    write_scenario,
)

HEADER = ("规则编号", "说明", "字段", "运算", "阈值/分段", "得分", "理由", "连接", "公式", "幅度")
INFO = (("名称", "bad"), ("县(市)", "甲县"), ("版本", "1"))
BOOK = "plugins/bad/规则.xlsx"
MOMENT_S = 3.0
"""Far more than a refusal takes, far less than anything that hangs."""


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch, tmp_path):
    monkeypatch.delenv("PAIRMATCH_LOAD_PLUGINS", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return write_scenario(tmp_path / "s")


def write_book(*lines):
    """Return a workbook with these lines of rules below the header."""
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"strings_to_formulas": False})
    for name, rows in (("规则", (HEADER, *lines)), ("规则包", INFO)):
        sheet = book.add_worksheet(name)
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                if value != "":
                    sheet.write(row, column, value)
    book.close()
    return data.getvalue()


def write_formula(formula):
    return write_book(["calc", "算", "总户数", "已填", "", "", "按户数", "", formula, 2])


def add_book(scenario, data):
    add_plugin(scenario, data, file="规则.xlsx")


def test_a_pack_without_faults_takes_part(scenario):
    lines = (["near", "近", "总户数", "至少", 150, 3, "户多"], ["", "", "", "", "", 1, "其余"])
    add_book(scenario, write_book(*lines))
    assert run_program("propose", scenario).exit_code == 0
    [run] = list_runs(scenario)
    used = {row["plugin"] for row in read_table(run / "contributions.csv")}
    assert used == {"", "bad", "good"}


# --- 36: rules


@pytest.mark.parametrize(
    ("lines", "fault", "says"),
    [
        ([["a", "甲", "总户树", "至少", 3, 1]], "packs.unknown_field_closest", ("C2", "总户数")),
        ([["a", "甲", "总户数", "至小", 3, 1]], "packfiles.unknown_operator_close", ("D2", "至少")),
        ([["a", "甲", "总户数", "大约就是", 3, 1]], "packfiles.unknown_operator", ("D2",)),
        ([["a", "甲", "总户数", "至少", "约300", 1]], "packfiles.bad_amount", ("E2", "约300")),
        ([["a", "甲", "总户数", "介于", "10-50", 1], ["", "", "总户数", "介于", "40-90", 2]],
         "packs.bands_overlap", ("3", "40", "50")),
        ([["a", "甲", "总户数", "介于", "10-50", 1], ["", "", "总户数", "介于", "60-90", 2]],
         "packs.bands_gap", ("3", "50", "60")),
        ([["a", "甲", "总户数", "分段", "0-10；20-50；50以上", "0；2；4"]],
         "packs.bands_gap", ("2", "10", "20")),
        ([["a", "甲", "总户数", "分段", "0-10；5-50；50以上", "0；2；4"]],
         "packs.bands_overlap", ("2", "5", "10")),
        ([["a", "甲", "总户数", "分段", "0-10；10-50", "0；2；4"]],
         "packfiles.bands_differ", ("2",)),
        ([["a", "甲", "b", "至少", 1, 1], ["b", "乙", "总户数", "至少", 1, 1]],
         "packs.field_is_rule", ("C2", "b")),
        ([["a", "甲", "bad.a", "至少", 1, 1]], "packs.field_is_rule", ("C2", "bad.a")),
        ([["a", "甲", "村.县(市)", "等于", "乙县", 1]], "packs.own_county", ("C2", "甲县")),
        ([["a", "甲", "总户数", "至少", 3, 1, "", "", "", -1]],
         "packfiles.negative_spread", ("J2",)),
        ([["A-1", "甲", "总户数", "至少", 3, 1]], "packfiles.bad_rule_id", ("A2", "A-1")),
        ([], "packfiles.no_rules", ()),
    ],
)  # fmt: skip
def test_36_a_rule_that_is_wrong_is_refused_with_its_cell(scenario, lines, fault, says):
    add_book(scenario, write_book(*lines))
    expect_broken(scenario, fault, BOOK, *says)


PACK = '[pack]\nname = "bad"\ncounty = "甲县"\nversion = 1\n[[rule]]\nid = "a"\n'
WHEN = PACK + "[[rule.row]]\npoints = 1\nwhen = [{{ {} }}]\n"
COMPARE = 'field = "总户数", op = "between", value = {}'


@pytest.mark.parametrize(
    ("text", "fault", "says"),
    [
        (WHEN.format('field = "no", op = "=", value = 1'),
         "packs.unknown_field_closest", ("9", "no")),
        (WHEN.format('field = "总户数", op = "??", value = 1'),
         "packfiles.unknown_operator", ("9", "??")),
        (WHEN.format(COMPARE.format("[10, 50]"))
         + f"[[rule.row]]\npoints = 2\nwhen = [{{ {COMPARE.format('[40, 60]')} }}]\n",
         "packs.bands_overlap", ("40", "50")),
        (WHEN.format('field = "bad.a", op = "=", value = 1'),
         "packs.field_is_rule", ("9", "bad.a")),
        (PACK.replace('"bad"', '"worse"') + "[[rule.row]]\npoints = 1\n",
         "packfiles.name_differs", ("worse",)),
        (PACK.replace('= "a"', "= a"), "settings.syntax", ("6", "id = a")),
        (PACK + "points = [\n", "settings.syntax", ("7",)),
    ],
)  # fmt: skip
def test_36_the_same_as_text(scenario, text, fault, says):
    add_plugin(scenario, text, file="pack.toml")
    expect_broken(scenario, fault, "plugins/bad/pack.toml", *says)


def test_36_a_pack_of_a_county_that_is_none(scenario):
    text = PACK.replace("甲县", "甲乡") + "[[rule.row]]\npoints = 1\n"
    add_plugin(scenario, text, file="pack.toml")
    expect_broken(scenario, "hooks.wrong_county", "plugins/bad", "甲乡", "甲县")


def test_36_ten_thousand_rules(scenario):
    lines = [(f"r{k}", "甲", "总户数", "至少", k, 1) for k in range(10_000)]
    add_book(scenario, write_book(*lines))
    began = time.perf_counter()
    result = run_program("propose", scenario)
    assert time.perf_counter() - began < 5 * MOMENT_S
    assert result.exit_code == 5
    for word in (BOOK, "10000", "200"):
        assert word in result.stderr
    assert list_runs(scenario) == []


def test_36_ten_thousand_rules_as_text(scenario):
    rules = "".join(f'[[rule]]\nid = "r{k}"\n[[rule.row]]\npoints = 1\n' for k in range(10_000))
    add_plugin(scenario, PACK.partition("[[rule]]")[0] + rules, file="pack.toml")
    expect_broken(scenario, "packfiles.too_many", "plugins/bad/pack.toml")


def test_36_a_workbook_that_is_none(scenario):
    add_book(scenario, b"PK\x03\x04 cut off")
    result = run_program("propose", scenario)
    assert result.exit_code == 5, result.output
    assert BOOK in result.stderr
    assert list_runs(scenario) == []
    expect_going_on(scenario)


# --- 37: formulas


@pytest.mark.parametrize(
    ("formula", "fault", "says"),
    [
        ("__import__('os').system('true')", "character function", ("__import__",)),
        ("1 + open('x')", "function", ("5", "open")),
        ("总户数.__class__", "name_closest", ("总户数.__class__",)),
        ("(lambda: 1)()", "character name", (":", "lambda")),
        ("[总户数 for x in 总户数]", "character name_closest", ("1", "[")),
        ("9**9**9", "power", ("2", "**")),
        ("9^9", "character", ("2", "^")),
        ("+".join(["1"] * 20_000), "too_long", ("500",)),
        ("+".join(["1"] * 150), "too_big", ()),
        ("(" * 60 + "1" + ")" * 60, "too_deep", ()),
        ("1 if 总户数＞100 else 0", "replace", ("＞", ">")),
        ("1 if 总户数>100 且 总户数<500 else 0", "replace", ("且", "and")),
        ("总户树 / 100", "name_closest", ("1", "总户树", "总户数")),
        ("no_such_field + 1", "name", ("1", "no_such_field")),
        ("1 / 0", "divisor", ("5",)),
        ("1 / 村集体经营性收入", "divisor", ("5", "max")),
        ("1 % (总户数 - 总户数)", "divisor", ()),
        ("rand()", "function", ("1", "rand")),
        ("now()", "function", ("1", "now")),
        ("1e400", "number", ("1", "1e400")),
        ("总户数 * 1000000000", "unbounded", ()),
        ("1 +", "syntax", ("1",)),
        ("'文字'", "not_points", ()),
        ("1; import os", "character name name_closest", (";", "import")),
    ],
)
def test_37_a_formula_is_refused_when_it_is_loaded(scenario, formula, fault, says):
    add_book(scenario, write_formula(formula))
    began = time.perf_counter()
    facts = read(run_program("propose", scenario, "--json", "--lang", "en"))
    assert time.perf_counter() - began < MOMENT_S
    errors = [f for f in facts["findings"] if f["severity"] == "error"]
    assert {(f["sheet"], f["row"], f["cell"]) for f in errors} == {("规则", 2, "I2")}
    codes = " ".join(f"packs.formula_{name}" for name in fault.split())
    expect_broken(scenario, codes, BOOK, "I2", *says)


def test_37_a_formula_of_the_spreadsheet_itself(scenario):
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data)
    for name, rows in (("规则", (HEADER, ("a", "甲", "总户数", "已填"))), ("规则包", INFO)):
        sheet = book.add_worksheet(name)
        for row, values in enumerate(rows):
            sheet.write_row(row, 0, values)
    book.get_worksheet_by_name("规则").write_formula("I2", "=总户数*2", None, "#NAME?")
    book.close()
    add_book(scenario, data.getvalue())
    expect_broken(scenario, "packfiles.formula_of_spreadsheet", BOOK, "I2")


def test_37_the_heaviest_formula_that_is_taken_is_quick(scenario):
    formula = "min(10, " + " + ".join(["max(总户数, 1) / 7 % 3"] * 12) + ")"
    add_book(scenario, write_formula(formula))
    began = time.perf_counter()
    assert run_program("propose", scenario).exit_code == 0
    assert time.perf_counter() - began < MOMENT_S
