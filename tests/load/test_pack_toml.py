"""pack.toml and cases.toml: what they say, and every slip with its line (faults 36 and 38)."""

import time
from decimal import Decimal

import pytest
from tests.load.pack_makers import (
    list_rows,
    read_folder,
    read_lines,
    read_toml_text,
    strip_examples,
    strip_rules,
)

from pairmatch.domain.packs import PackCondition, PackExample, PackRow, PackRule
from pairmatch.domain.plugins import PluginInfo

HEAD = '[pack]\ncounty = "南皮县"\n'
RULE = HEAD + '[[rule]]\nid = "a"\n'
ROW = RULE + "[[rule.row]]\npoints = 1\n"

WHOLE = """
[pack]
name = "nanpi"
county = "南皮县"
version = 2
api = 1
title = { zh = "南皮", en = "Nanpi" }

[[rule]]
id = "tools"
label = { zh = "五金", en = "hardware" }
spread = 3

[[rule.row]]
when = [
  { field = "村.总户数", op = "至少", value = 10.50 },
  { field = "行业代码", op = "in", value = ["0112", 34] },
]
points = 2.5
reason = { zh = "多" }

[[rule.row]]
when_any = [
  [ { field = "a", op = "介于", value = "－5-10" }, { field = "b", op = "已填" } ],
  [ { field = "c", op = "=", value = true } ],
]
formula = "总户数 * 2"

[[rule]]
id = "nanpi.team"
[[rule.row]]
when = [ { field = "d", op = "between", value = ["", 3] } ]
bands = { field = "e", cuts = [10, 50], points = [0, 2, 4] }
reason = "段"

[[rule]]
id = "no"
kind = "condition"
[[rule.row]]
when = [ { field = "f", op = "<", value = "１，２３４．５" } ]
"""
CASES = """
[[case]]
name = "一"
fields = { "村.总户数" = 12, village.b = ["x", "y"], 'c' = true }
expect = { tools = 2.5, nanpi.team = -1, no = "不结对" }
[[case]]
expect = { no = "allow" }
"""


def compare(field, operator, *values):
    return PackCondition(field, operator, values)


def test_everything_a_pack_may_say(tmp_path):
    pack, findings = read_toml_text(tmp_path, WHOLE, CASES)
    assert findings == ()
    assert pack.info == PluginInfo("nanpi", "南皮县", "2", "南皮", "Nanpi", 1)
    assert pack.file == "plugins/nanpi/pack.toml"
    first = compare("村.总户数", "at_least", "10.5"), compare("行业代码", "among", "0112", "34")
    second = (
        (compare("a", "between", "-5", "10"), compare("b", "known")),
        (compare("c", "equal", "是"),),
    )
    below = compare("d", "between", "", "3")
    bands = [("", "10", 0), ("10", "50", 2), ("50", "", 4)]
    assert strip_rules(pack) == (
        PackRule(
            "tools",
            "五金",
            "hardware",
            False,
            Decimal(3),
            (
                PackRow((first,), Decimal("2.5"), "", "多", "多"),
                PackRow(second, None, "总户数 * 2"),
            ),
        ),
        PackRule(
            "team",
            "team",
            "team",
            False,
            None,
            tuple(
                PackRow(((below, compare("e", "between", *ends)),), Decimal(p), "", "段", "段")
                for *ends, p in bands
            ),
        ),
        PackRule(
            "no",
            "no",
            "no",
            True,
            None,
            (PackRow(((compare("f", "less", "1234.5"),),)),),
        ),
    )
    assert strip_examples(pack) == (
        PackExample(
            "一",
            {"村.总户数": "12", "village.b": "x、y", "c": "是"},
            {"tools": Decimal("2.5"), "team": Decimal(-1), "no": None},
        ),
        PackExample("2", {}, {"no": Decimal(0)}),
    )


def test_every_part_has_its_line(tmp_path):
    pack, _ = read_toml_text(tmp_path, WHOLE, CASES)
    lines = WHOLE.split("\n")
    rule = pack.rules[0]
    first, second = rule.rows[0].alternatives[0]
    places = [rule.place, first.place, second.place, rule.rows[0].place, rule.rows[1].formula_place]
    assert [lines[place.row - 1].strip() for place in places] == [
        'id = "tools"',
        '{ field = "村.总户数", op = "至少", value = 10.50 },',
        '{ field = "行业代码", op = "in", value = ["0112", 34] },',
        "points = 2.5",
        'formula = "总户数 * 2"',
    ]
    assert {place.file for place in places} == {"plugins/nanpi/pack.toml"}
    assert places[1].column == "rule[1].row[1].when[1].field"
    assert places[1].value == "村.总户数"
    assert pack.examples[0].place.file == "plugins/nanpi/cases.toml"
    assert pack.examples[0].place.row == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # fault 38: slips in writing
        ('[pack]\ncounty = "南皮"\n'.encode("gbk"), [("settings.not_utf8", 2)]),
        ("[pack]\ncounty = “南皮县”\n", [("settings.smart_quotes", 2)]),
        ("[pack]\n县 = 1\n", [("settings.bare_key", 2)]),
        (HEAD + 'county = "x"\n', [("settings.duplicate_key", 3)]),
        (RULE + "[[rule.row]]\npoints = nan\n", [("settings.not_finite", 6)]),
        (RULE + "[[rule.row]]\npoints = 1e400\n", [("settings.not_finite", 6)]),
        (RULE + "[[rule.row]]\npoints = " + "9" * 5000 + "\n", [("settings.syntax", 6)]),
        # the pack itself
        ("", [("settings.missing", 0)]),
        ("[pack]\n[[rule]]\n", [("packfiles.no_county", 1), ("settings.missing", 2)]),
        (ROW.replace("南皮县", ""), [("packfiles.no_county", 2)]),
        (HEAD, [("packfiles.no_rules", 0)]),
        (HEAD + 'name = "other"\n', [("packfiles.name_differs", 3)]),
        (HEAD + "api = 1.5\n", [("settings.wrong_kind_whole", 3)]),
        (HEAD + "title = 3\n[x]\n", [("settings.unknown_key", 4)]),
        (HEAD + "title = [3]\n", [("packfiles.not_a_text", 3)]),
        (HEAD + "verzion = 1\n", [("settings.unknown_key_close", 3)]),
        ('pack = "x"\n', [("settings.wrong_kind_table", 1)]),
        # rules
        (HEAD + '[rule]\nid = "a"\n', [("settings.single_brackets", 3)]),
        ("rule = 3\n" + HEAD, [("packfiles.not_a_list", 1)]),
        ("rule = [3]\n" + HEAD, [("settings.wrong_kind_table", 1)]),
        (RULE, [("packfiles.no_rows", 4)]),
        (RULE + 'kind = "x"\n', [("settings.not_an_option", 5)]),
        (RULE + "spread = -1\n", [("packfiles.negative_spread", 5)]),
        (ROW + '[[rule]]\nid = "a"\n[[rule.row]]\npoints = 1\n', [("packfiles.double_rule", 8)]),
        (ROW.replace('"a"', '"盐"'), [("packfiles.bad_rule_id", 4)]),
        (RULE + 'kind = "condition"\nspread = 1\n', [("packfiles.not_in_condition", 6)]),
        (
            RULE + 'kind = "condition"\n[[rule.row]]\npoints = 1\n',
            [("packfiles.refuses_all", 6), ("packfiles.not_in_condition", 7)],
        ),
        # rows
        (RULE + '[[rule.row]]\nreason = "x"\n', [("packfiles.no_result", 5)]),
        (ROW + 'formula = "x"\n', [("packfiles.two_results", 7)]),
        (ROW + "point = 2\n", [("settings.unknown_key_close", 7)]),
        (RULE + '[[rule.row]]\npoints = "3"\n', [("settings.wrong_kind_number", 6)]),
        (ROW + "when_any = [[]]\n", [("packfiles.empty_group", 7)]),
        (ROW + "when_any = []\nwhen = []\n", [("packfiles.when_twice", 7)]),
        (ROW + "when_any = []\n", [("packfiles.empty_group", 7)]),
        (ROW + "when = []\n", [("packfiles.empty_group", 7)]),
        (
            RULE + 'kind = "condition"\n[[rule.row]]\nreason = "x"\n',
            [("packfiles.refuses_all", 6)],
        ),
        (ROW + "when_any = [3]\n", [("packfiles.not_a_list", 7)]),
        (
            RULE + "[[rule.row]]\nbands = { field = 'x', cuts = [1, 2], points = [1, 2] }\n",
            [("packfiles.bands_count", 6)],
        ),
        (
            RULE + "[[rule.row]]\nbands = { field = 'x', cuts = [2, 1], points = [1, 2, 3] }\n",
            [("packfiles.bands_order", 6)],
        ),
    ],
)  # fmt: skip
def test_slips_are_named_with_their_line(tmp_path, text, expected):
    pack, findings = read_toml_text(tmp_path, text)
    found = list_rows(findings)
    assert pack is None
    assert found == sorted(expected, key=lambda pair: pair[1])


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ('{ field = "a", op = "zzz", value = 1 }', "packfiles.unknown_operator"),
        ('{ field = "a", op = "介与", value = 1 }', "packfiles.unknown_operator_close"),
        ('{ field = "a", op = "分段", value = 1 }', "packfiles.unknown_operator_close"),
        ('{ op = "=", value = 1 }', "settings.missing"),
        ('{ field = "a", value = 1 }', "settings.missing"),
        ('{ field = "a", op = "=" }', "packfiles.no_value"),
        ('{ field = "a", op = "=", value = " " }', "packfiles.no_value"),
        ('{ field = "a", op = "属于", value = [] }', "packfiles.no_value"),
        ('{ field = "a", op = "=", value = [1, 2] }', "packfiles.one_value"),
        ('{ field = "a", op = ">", value = "约300" }', "packfiles.bad_amount"),
        ('{ field = "a", op = ">", value = "300个人" }', "packfiles.bad_amount"),
        ('{ field = "a", op = ">", value = inf }', "settings.not_finite"),
        ('{ field = "a", op = ">", value = 2026-05-01 }', "settings.wrong_kind_number"),
        ('{ field = "a", op = "介于", value = 10 }', "packfiles.bad_range"),
        ('{ field = "a", op = "介于", value = ["", ""] }', "packfiles.bad_range"),
        ('{ field = "a", op = "介于", value = [1, 2, 3] }', "packfiles.bad_range"),
        ('{ field = "a", op = "介于", value = "50-10" }', "packfiles.bad_range"),
        ('{ field = "a", op = "已填", value = 1 }', "packfiles.surplus_value"),
        ('{ field = "a", op = "=", value = 1, vlaue = 2 }', "settings.unknown_key_close"),
        ('"x"', "settings.wrong_kind_table"),
    ],
)
def test_conditions_are_checked(tmp_path, condition, code):
    text = ROW + f"when = [\n  {{ field = 'z', op = '>', value = 1 }},\n  {condition},\n]\n"
    pack, findings = read_toml_text(tmp_path, text)
    assert pack is None
    (finding,) = findings
    assert finding.code == code
    assert finding.place.row in (7, 9)


@pytest.mark.parametrize(
    ("word", "operator"),
    [
        ("=", "equal"),
        ("等于", "equal"),
        ("equal", "equal"),
        ("!=", "unequal"),
        ("≠", "unequal"),
        ("不等于", "unequal"),
        ("<", "less"),
        ("＜", "less"),
        ("小于", "less"),
        ("<=", "at_most"),
        ("小于等于", "at_most"),
        ("不超过", "at_most"),
        ("at_most", "at_most"),
        (">", "more"),
        ("大于", "more"),
        (">=", "at_least"),
        ("≥", "at_least"),
        ("大于等于", "at_least"),
        ("至少", "at_least"),
        ("AT LEAST", "at_least"),
        ("属于", "among"),
        ("among", "among"),
    ],
)
def test_words_for_operators(tmp_path, word, operator):
    pack, _ = read_toml_text(
        tmp_path, ROW + f'when = [{{ field = "a", op = "{word}", value = 1 }}]'
    )
    assert pack.rules[0].rows[0].alternatives[0][0].operator == operator


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ('[[case]]\nexpect = { b = 1 }\n', [("packfiles.unknown_rule", 2)]),
        ('[[case]]\nexpect = { aa = 1 }\n', [("packfiles.unknown_rule_close", 2)]),
        ('[[case]]\nname = "x"\n', [("packfiles.no_expectation", 2)]),
        ('[[case]]\nexpect = { a = "多" }\n', [("packfiles.bad_expectation", 2)]),
        ('[[case]]\nexpect = { a = [1] }\n', [("packfiles.bad_expectation", 2)]),
        ('[[case]]\nexpect = { a = nan }\n', [("settings.not_finite", 2)]),
        ('[[case]]\nexpect = { a = 1 }\nfield = {}\n', [("settings.unknown_key_close", 3)]),
        ('[[case]]\nexpect = { a = 1 }\nfields = 3\n', [("settings.wrong_kind_table", 3)]),
        ('[case]\n', [("settings.single_brackets", 1)]),
        ("[[case]\n", [("settings.syntax", 1)]),
        ("[[case]]\nexpect = { a = 1 }\n" * 1001, [("packfiles.many_examples", 0)]),
    ],
)  # fmt: skip
def test_examples_are_checked(tmp_path, cases, expected):
    pack, findings = read_toml_text(tmp_path, ROW, cases)
    assert pack is None
    assert list_rows(findings) == expected
    assert {finding.place.file for finding in findings} == {"plugins/nanpi/cases.toml"}


def test_all_problems_at_once(tmp_path):
    text = RULE + "spread = -1\n" + "[[rule.row]]\npoints = 'x'\nwhen = [{ field = 'a' }]\n" * 3
    _, findings = read_toml_text(tmp_path, text)
    assert [row for _code, row in list_rows(findings)] == [5, 7, 8, 10, 11, 13, 14]


def test_a_byte_order_mark_is_accepted(tmp_path):
    pack, findings = read_toml_text(tmp_path, ROW.encode("utf-8-sig"))
    assert findings == ()
    assert pack.info.county == "南皮县"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + '[[rule]]\nid = "a"\n[[rule.row]]\npoints = 1\n' * 10_000,
        'rule = [' + '{ id = "a", row = [{ points = 1 }] }, ' * 10_000 + "]\n" + HEAD,
        RULE + "[[rule.row]]\npoints = 1\n" * 2_001,
        HEAD + "# " + "x" * (1 << 20),
        "a = " + "[" * 100_000,
    ],
)  # fmt: skip
def test_too_much_is_refused_in_time(tmp_path, text):
    start = time.process_time()
    pack, findings = read_toml_text(tmp_path, text)
    assert time.process_time() - start < 2
    assert pack is None
    assert len(findings) == 1
    codes = {"packfiles.too_many", "packfiles.too_long", "settings.syntax"}
    assert findings[0].code in codes


def test_a_folder_without_table_and_an_unreadable_one(tmp_path):
    pack, findings = read_folder(tmp_path)
    assert pack is None
    assert list_rows(findings) == [("packfiles.no_table", 0)]
    (tmp_path / "pack.toml").write_text(ROW, encoding="utf-8")
    (tmp_path / "cases.toml").mkdir()
    _, findings = read_folder(tmp_path)
    assert list_rows(findings) == [("files.folder", 0)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([["a", "x", "", "", "", "不结对", "因"]], [("packfiles.refuses_all", 2)]),
        ([["a", "x", "县", "属于", "", "不结对", "因"]], [("packfiles.no_value", 2)]),
    ],
)
def test_a_row_of_a_sheet_that_refuses_everything_is_an_error(tmp_path, lines, expected):
    pack, findings = read_lines(tmp_path, *lines)
    assert pack is None
    assert list_rows(findings) == expected


def test_a_row_of_a_sheet_may_have_its_condition_on_the_next_line(tmp_path):
    lines = [
        ["a", "x", "", "", "", "不结对", "因", ""],
        ["a", "", "households", "少于", 10, "", "", "且"],
    ]
    pack, findings = read_lines(tmp_path, *lines)
    assert findings == ()
    assert pack is not None
