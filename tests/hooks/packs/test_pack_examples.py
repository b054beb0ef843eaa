"""The examples a pack brings along: run as written, everything else unknown."""

from collections.abc import Mapping

import pytest
from tests.hooks.packs.pack_cases import (
    TAXONOMY,
    compile_sound,
    make_example,
    make_pack,
    make_row,
    make_rule,
    tell_all,
    when,
)

from pairmatch.domain.packs import PackRule
from pairmatch.hooks.packs import check_examples
from pairmatch.hooks.packs.rules import list_rows

SALT = make_rule(
    make_row(when("主导特色产业", "equal", "海盐"), when("行业代码", "among", "1494"), points=3),
    make_row(when("集中供水入户率", "less", "90"), points="1.5"),
    make_row(when("有无篮球场", "equal", "否"), formula="资金捐赠 / 3"),
    rule_id="salt",
)
FAR = make_rule(
    make_row(when("距离", "more", "50"), when("类别", "unequal", "部门")),
    rule_id="far",
    refuses=True,
)


def run(
    fields: Mapping[str, str], expected: Mapping[str, object], *rules: PackRule
) -> list[tuple[str, Mapping[str, str]]]:
    pack = make_pack(*(rules or (SALT, FAR)), examples=[make_example(fields, expected)])
    findings = check_examples(pack, TAXONOMY)
    tell_all(findings)
    assert all(finding.place.row == 30 for finding in findings)
    return [(f.code.removeprefix("packs."), f.params) for f in findings]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"salt": 0, "far": 0}),
        ({"主导特色产业": "海盐", "行业代码": "C1494"}, {"salt": 3}),
        ({"主导特色产业": "sea_salt", "行业代码": "3660、1494"}, {"salt": "3.00"}),
        ({"主导特色产业": "海盐", "行业代码": "36"}, {"salt": 0}),
        ({"主导特色产业": "海盐"}, {"salt": 0}),
        ({"集中供水入户率(%)": "８９"}, {"salt": "1.5"}),
        ({"集中供水入户率": " "}, {"salt": 0}),
        ({"有无篮球场": "否", "资金捐赠": "2"}, {"salt": "0.67"}),
        ({"有无篮球场": "否", "资金捐赠": "2"}, {"salt": "0.6667"}),
        ({"有无篮球场": "否"}, {"salt": 0}),
        ({"距离": "60公里", "类别": "理事单位"}, {"far": None, "salt": 0}),
        ({"距离": "60", "类别": "部门"}, {"far": 0}),
        ({"距离": "60"}, {"far": 0}),
        ({"距离": "60", "类别": "理事单位"}, {"salt": 0}),
    ],
)
def test_examples_that_come_out(fields: Mapping[str, str], expected: Mapping[str, object]) -> None:
    assert run(fields, expected) == []


@pytest.mark.parametrize(
    ("fields", "expected", "wanted"),
    [
        ({}, {"salt": 1}, ["example_points"]),
        ({"有无篮球场": "否", "资金捐赠": "2"}, {"salt": "0.66"}, ["example_points"]),
        ({}, {"salt": None}, ["example_no_points"]),
        ({}, {"salt": "NaN"}, ["example_no_points"]),
        ({}, {"far": None}, ["example_not_refused"]),
        ({"距离": "60", "类别": "理事单位"}, {"far": 0}, ["example_refused"]),
        ({}, {"sea": 1}, ["example_rule"]),
        ({"人口": "1"}, {"salt": 0}, ["unknown_field_closest"]),
        ({"常住人口": "多"}, {"salt": 0}, ["not_a_number"]),
        ({"类别": "大学"}, {"salt": 0}, ["not_a_choice"]),
        ({"行业代码": "盐"}, {"salt": 0}, ["not_an_industry"]),
        ({"县(市)": "海兴县"}, {"salt": 0}, ["own_county"]),
        ({"常住人口": "1", "village.bas_residents": "2"}, {"salt": 0}, ["example_twice"]),
        ({"人口": "1"}, {"salt": 1, "far": None},
         ["example_not_refused", "example_points", "unknown_field_closest"]),
    ],
)  # fmt: skip
def test_examples_that_do_not_come_out_are_told(
    fields: Mapping[str, str], expected: Mapping[str, object], wanted: list[str]
) -> None:
    assert sorted(code for code, _params in run(fields, expected)) == wanted


def test_expected_and_got_are_told() -> None:
    ((_code, params),) = run({"集中供水入户率": "0"}, {"salt": "3.10"})
    assert (params["expected"], params["got"]) == ("3.10", "1.5")
    assert params["rule"] == "huanghua.salt"
    assert params["example"] == "例一"


def test_examples_of_a_pack_that_is_wrong_are_not_run() -> None:
    wrong = make_rule(make_row(when("人口", "more", "1", row=30), points=1), rule_id="salt")
    assert [code for code, _ in run({}, {"salt": 9}, wrong)] == ["unknown_field_closest"]


def test_sets_and_texts_of_examples() -> None:
    rule = make_rule(
        make_row(when("受助村类型", "equal", "1"), points=1),
        make_row(when("帮扶意愿", "unequal", "甲"), points=2),
        make_row(formula="5 if 村名 == '甲村' else 4"),
    )
    assert run({"受助村类型": "①，3"}, {"rule": 1}, rule) == []
    assert run({"受助村类型": "2", "帮扶意愿": "乙；丙"}, {"rule": 2}, rule) == []
    assert run({"帮扶意愿": "甲、乙", "村名": "甲村"}, {"rule": 5}, rule) == []
    assert run({"村名": "乙村"}, {"rule": 4}, rule) == []
    # The name is not known: the value nearest to 0 counts.
    assert run({}, {"rule": 4}, rule) == []


def test_only_rules_of_packs_have_rows() -> None:
    from dataclasses import replace

    (rule,) = compile_sound(SALT).score_rules
    assert list_rows(rule)
    with pytest.raises(TypeError, match="salt"):
        list_rows(replace(rule, contribute=lambda _c, _s: None))  # type: ignore[arg-type,return-value]
