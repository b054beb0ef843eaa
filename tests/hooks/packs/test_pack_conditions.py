"""Conditions of a pack: what fits which field, what is told of others, and where they hold."""

import pytest
from tests.hooks.packs.pack_cases import (
    COUNTY,
    TAXONOMY,
    find_problems,
    make_candidates,
    make_pack,
    make_row,
    make_rule,
    make_unit,
    make_village,
    score,
    tell_all,
    when,
)

from pairmatch.domain.fields import Field, FieldCatalogue
from pairmatch.domain.findings import Place
from pairmatch.domain.plugins import PluginInfo
from pairmatch.domain.records import PreviousPair, Reading, Unit, Village
from pairmatch.hooks.packs import Formula, compile_formula, compile_pack
from pairmatch.hooks.packs.conditions import resolve_field
from pairmatch.hooks.packs.problems import Problems


def tell(field: str, operator: str, *values: str) -> list[str]:
    rule = make_rule(make_row(when(field, operator, *values, row=7), points=1))
    found = find_problems(rule)
    assert all(row == 7 or code.startswith("row_") for code, row in found)
    return [code for code, _row in found]


@pytest.mark.parametrize(
    ("field", "operator", "values", "code"),
    [
        ("人口", "equal", ("1",), "unknown_field_closest"),
        ("龘龘", "equal", ("1",), "unknown_field"),
        ("rule", "more", ("1",), "field_is_rule"),
        ("huanghua.rule", "more", ("1",), "field_is_rule"),
        ("rule规则", "more", ("1",), "field_is_rule"),
        ("县(市)", "equal", ("海兴县",), "own_county"),
        ("village.county", "unequal", (COUNTY,), "own_county"),
        ("村.县", "known", (), "own_county"),
        ("层级", "more", ("市级",), "bad_operator"),
        ("层级", "between", ("1", "2"), "bad_operator"),
        ("行业代码", "at_least", ("3660",), "bad_operator"),
        ("有无篮球场", "more", ("0",), "bad_operator"),
        ("有无篮球场", "among", ("是",), "bad_operator"),
        ("常住人口", "matches", ("1",), "bad_operator"),
        ("常住人口", "more", (), "wrong_count"),
        ("常住人口", "more", ("",), "wrong_count"),
        ("常住人口", "more", ("1", "2"), "wrong_count"),
        ("常住人口", "between", ("1",), "wrong_count"),
        ("常住人口", "between", ("", " "), "wrong_count"),
        ("常住人口", "between", ("1", "2", "3"), "wrong_count"),
        ("常住人口", "among", (), "wrong_count"),
        ("常住人口", "among", ("1", ""), "wrong_count"),
        ("常住人口", "known", ("1",), "wrong_count"),
        ("层级", "unknown", ("1",), "wrong_count"),
        ("常住人口", "between", ("9", "1"), "ends_reversed"),
        ("常住人口", "between", ("9", "9"), "ends_reversed"),
        ("常住人口", "more", ("多",), "not_a_number"),
        ("常住人口", "more", ("nan",), "not_a_number"),
        ("常住人口", "more", ("inf",), "not_a_number"),
        ("常住人口", "more", ("1e5",), "not_a_number"),
        ("常住人口", "more", ("9" * 400,), "not_a_number"),
        ("常住人口", "more", ("1,2",), "not_a_number"),
        ("常住人口", "between", ("a", "5"), "not_a_number"),
        ("上一轮评定", "equal", ("很好",), "not_a_number"),
        ("有无篮球场", "equal", ("也许",), "not_a_choice"),
        ("层级", "equal", ("省级",), "not_a_choice"),
        ("层级", "among", ("市级", "省级"), "not_a_choice"),
        ("主导特色产业", "equal", ("钻石",), "not_a_choice"),
        ("受助村类型", "equal", ("4",), "not_a_choice"),
        ("行业代码", "equal", ("盐业",), "not_an_industry"),
        ("行业代码", "equal", ("1",), "not_an_industry"),
    ],
)
def test_what_does_not_fit_is_told(
    field: str, operator: str, values: tuple[str, ...], code: str
) -> None:
    assert tell(field, operator, *values) == [code]


def test_every_fault_of_a_pack_is_told_at_once() -> None:
    rule = make_rule(
        make_row(when("人口", "more", "1", row=3), when("层级", "equal", "省", row=3), points=1),
        make_row(when("常住人口", "more", "x", row=4), points=1),
        make_row(
            alternatives=[[when("常住人口", "less", "y", row=5)], [when("不", "less", "1", row=5)]],
            points=1,
        ),
        make_row(formula="1 +", row=6),
    )
    rows = [row for _code, row in find_problems(rule)]
    assert sorted(rows) == [3, 3, 4, 5, 5, 6]


def hold(field: str, operator: str, *values: str, **sides: object) -> tuple[int, int, int]:
    """Return (low, point, high) of a row that gives one step; 1 where the condition holds."""
    unit = sides.pop("unit", make_unit())
    village = sides.pop("village", make_village())
    assert isinstance(unit, Unit)
    assert isinstance(village, Village)
    candidates = make_candidates([unit], [village], **sides)  # type: ignore[arg-type]
    rule = make_rule(make_row(when(field, operator, *values), points="0.01"))
    return score(rule, candidates)[0]


def test_a_name_on_both_sheets_needs_its_prefix() -> None:
    both = FieldCatalogue(
        Field(f"{side}.x", side, "number", "面积", "area", "亩", 0, 9)  # type: ignore[arg-type]
        for side in ("unit", "village")
    )
    problems = Problems(PluginInfo("huanghua", COUNTY, "1"))
    assert resolve_field("面积", Place(row=3), both, {}, problems) is None
    compile_formula("面积 + 1", both, Place(row=4), problems)
    assert [f.code for f in problems.findings] == [
        "packs.ambiguous_field",
        "packs.formula_ambiguous",
    ]
    assert "单位.面积、村.面积" in tell_all(problems.findings)
    assert isinstance(compile_formula("村.面积 + 单位.面积", both), Formula)


YES, NO, OPEN, GUESSED = (1, 1, 1), (0, 0, 0), (0, 0, 1), (0, 1, 1)


@pytest.mark.parametrize(
    ("operator", "values", "wanted"),
    [
        ("equal", ("100",), YES),
        ("equal", ("101",), NO),
        ("equal", ("１００",), YES),
        ("equal", ("100人",), YES),
        ("equal", (" 100.0 ",), YES),
        ("unequal", ("100",), NO),
        ("unequal", ("99",), YES),
        ("less", ("100",), NO),
        ("less", ("100.5",), YES),
        ("at_most", ("100",), YES),
        ("more", ("100",), NO),
        ("more", ("99.9",), YES),
        ("at_least", ("100",), YES),
        ("at_least", ("1,000",), NO),
        ("between", ("100", "101"), YES),
        ("between", ("99", "100"), NO),
        ("between", ("", "100"), NO),
        ("between", ("100", ""), YES),
        ("between", ("", "100.1"), YES),
        ("among", ("1", "100"), YES),
        ("among", ("1", "2"), NO),
        ("known", (), YES),
        ("known", ("", ""), YES),
        ("unknown", (), NO),
    ],
)
def test_numbers(operator: str, values: tuple[str, ...], wanted: tuple[int, int, int]) -> None:
    village = make_village(bas_residents=100)
    assert hold("常住人口", operator, *values, village=village) == wanted


@pytest.mark.parametrize(
    ("operator", "values", "wanted"),
    [
        ("equal", ("100",), OPEN),
        ("equal", ("40",), NO),
        ("unequal", ("100",), OPEN),
        ("unequal", ("40",), YES),
        ("less", ("100",), OPEN),
        ("less", ("50",), NO),
        ("less", ("201",), YES),
        ("at_most", ("50",), OPEN),
        ("more", ("199",), OPEN),
        ("more", ("200",), NO),
        ("at_least", ("50",), YES),
        ("between", ("50", "200"), OPEN),
        ("between", ("50", "201"), YES),
        ("among", ("1", "70"), OPEN),
        ("known", (), OPEN),
        ("unknown", (), GUESSED),
    ],
)
def test_ranges_of_numbers(
    operator: str, values: tuple[str, ...], wanted: tuple[int, int, int]
) -> None:
    village = make_village(bas_residents=Reading(None, 50.0, 200.0))
    assert hold("常住人口", operator, *values, village=village) == wanted


def test_what_stands_in_counts_for_the_points_only() -> None:
    """The scale of this indicator runs from 80 (full need) to 100 (no need)."""
    assert hold("集中供水入户率", "at_least", "90", unknown="none") == GUESSED
    assert hold("集中供水入户率", "at_least", "90", unknown="full") == OPEN
    assert hold("集中供水入户率", "at_least", "90", unknown="county-median") == OPEN
    assert hold("集中供水入户率", "unequal", "90", unknown="none") == GUESSED
    assert hold("集中供水入户率", "unknown", unknown="none") == GUESSED


@pytest.mark.parametrize(
    ("field", "operator", "values", "wanted"),
    [
        ("层级", "equal", ("市级",), YES),
        ("层级", "equal", ("city",), YES),
        ("层级", "equal", ("县级",), NO),
        ("层级", "unequal", ("县级",), YES),
        ("层级", "among", ("县级", "市级"), YES),
        ("类别", "equal", ("龙头企业",), OPEN),
        ("类别", "unequal", ("龙头企业",), OPEN),
        ("类别", "known", (), OPEN),
        ("类别", "unknown", (), GUESSED),
        ("层级", "known", (), YES),
        ("层级", "unknown", (), NO),
        ("行业代码", "equal", ("3660",), YES),
        ("行业代码", "equal", ("C3660",), YES),
        ("行业代码", "equal", ("36",), YES),
        ("行业代码", "equal", ("1391",), YES),
        ("行业代码", "equal", ("3670",), NO),
        ("行业代码", "among", ("3670", "139"), YES),
        ("行业代码", "unequal", ("3670",), YES),
        ("行业代码", "unequal", ("36",), NO),
        ("帮扶意愿", "equal", ("v0",), YES),
        ("不愿帮扶", "equal", ("v0",), NO),
        ("不愿帮扶", "unequal", ("v0",), YES),
        ("主导特色产业", "equal", ("海盐",), YES),
        ("主导特色产业", "equal", ("sea_salt",), YES),
        ("最高文保级别", "among", ("国保", "省保"), YES),
        ("受助村类型", "equal", ("①",), YES),
        ("受助村类型", "equal", ("2",), NO),
        ("最想办的事", "equal", ("住房安全保障",), YES),
        ("乡镇", "equal", ("甲镇",), YES),
        ("有无篮球场", "equal", ("是",), YES),
        ("有无篮球场", "equal", ("无",), NO),
        ("有无篮球场", "unequal", ("否",), YES),
        ("应急广播可用", "equal", ("是",), OPEN),
        ("愿意参加", "equal", ("是",), YES),
        ("资金捐赠", "at_least", ("2",), YES),
        ("工程施工", "equal", ("0",), YES),
        ("牺牲贡献等级", "at_least", ("3",), YES),
        ("困难程度等级", "at_least", ("3",), OPEN),
        ("缺口.住房安全保障", "more", ("30%",), GUESSED),
        ("供给.住房安全保障", "equal", ("60",), YES),
        ("距离", "less", ("50公里",), YES),
        ("同县", "equal", ("否",), YES),
        ("上一轮结对", "equal", ("是",), YES),
        ("上一轮评定", "at_least", ("良",), YES),
        ("上一轮评定", "equal", ("优",), NO),
        ("上一轮评定", "known", (), YES),
    ],
)
def test_fields_of_every_kind(
    field: str, operator: str, values: tuple[str, ...], wanted: tuple[int, int, int]
) -> None:
    unit = make_unit(
        "u0",
        tier="city",
        industry_codes=("C3660", "1391"),
        wishes=("v0", "v1"),
        willing=True,
        capabilities={"cash": 2},
    )
    village = make_village(
        "v0",
        township="甲镇",
        types=frozenset({"1", "3"}),
        wishes=("con_housing",),
        contribution_grade=3,
        ind_specialty="sea_salt",
        her_site_level="省保",
        spo_court=1,
    )
    found = hold(
        field,
        operator,
        *values,
        unit=unit,
        village=village,
        unknown="unmet",
        deficit=(5000, 2000, 9000),
        supply=6000,
        distances={("", COUNTY): 40.0},
        previous=[PreviousPair("u0", "v0", (4, 3))],
    )
    assert found == wanted


def test_nothing_holds_for_the_grade_of_a_pair_that_was_none() -> None:
    for operator, values in (
        ("at_most", ("中",)),
        ("at_least", ("差",)),
        ("unequal", ("优",)),
        ("equal", ("优",)),
        ("known", ()),
        ("unknown", ()),
    ):
        assert hold("上一轮评定", operator, *values) == NO, operator


def test_a_grade_that_was_not_given_is_open() -> None:
    previous = [PreviousPair("u0", "v0", (None,))]
    assert hold("上一轮评定", "at_most", "中", previous=previous) == OPEN
    assert hold("上一轮评定", "at_least", "差", previous=previous) == YES


def test_a_foreign_county_is_named() -> None:
    rule = make_rule(make_row(when("县(市)", "among", "海兴县", "青县"), points=1))
    _compiled, findings = compile_pack(make_pack(rule), TAXONOMY)
    told = tell_all(findings)
    assert "海兴县、青县" in told
    assert COUNTY in told
