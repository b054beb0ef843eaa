"""Whole packs: what is told of their rows and rules, and their points against a slow oracle."""

import pickle
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hooks.packs.pack_cases import (
    COUNTY,
    TAXONOMY,
    compile_sound,
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

from pairmatch.domain.candidates import Candidates, CodedReasons, Contribution
from pairmatch.domain.packs import PackCondition, PackRow, PackRule
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.hooks.packs import compile_pack


def bands(*ends: tuple[str, str]) -> PackRule:
    rows = [
        make_row(when("常住人口", "between", *pair, row=k), points=k, row=k)
        for k, pair in enumerate(ends, start=4)
    ]
    return make_rule(*rows)


# --- what is told -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (bands(("", "100"), ("100", "200"), ("200", "")), []),
        (bands(("200", ""), ("", "100"), ("100", "200")), []),
        (bands(("1", "100"), ("100", "200")), []),
        (bands(("", "100"), ("99", "")), [("bands_overlap", 5)]),
        (bands(("100", ""), ("", "101")), [("bands_overlap", 5)]),
        (bands(("", "100"), ("101", "")), [("bands_gap", 5)]),
        (bands(("1", "50"), ("51", "100"), ("100", "150"), ("149", "")),
         [("bands_gap", 5), ("bands_overlap", 7)]),
        (bands(("1", "100"), ("10", "20"), ("20", "50"), ("60", "200")),
         [("bands_overlap", 5), ("row_unreachable", 5), ("bands_overlap", 6),
          ("row_unreachable", 6), ("bands_overlap", 7)]),
    ],
)  # fmt: skip
def test_bands_must_meet(rule: PackRule, wanted: list[tuple[str, int]]) -> None:
    assert sorted(find_problems(rule)) == sorted(wanted)


def test_bands_name_both_rows_and_what_is_between() -> None:
    pack = make_pack(bands(("", "100"), ("100.5", ""), ("300", "400")))
    _compiled, findings = compile_pack(pack, TAXONOMY)
    told = tell_all(findings)
    assert "100–100.5" in told
    assert "300–400" in told
    assert "第 4 行和第 5 行" in told
    assert "rows 5 and 6" in told


def test_steps_with_one_end_may_overlap_and_meet_bands() -> None:
    steps = [("at_least", "100"), ("at_least", "50"), ("more", "10")]
    rows = [make_row(when("常住人口", *step), points=k) for k, step in enumerate(steps)]
    assert find_problems(make_rule(*rows)) == []
    for operator, value, wanted in (
        ("at_least", "20", []),
        ("more", "20", ["bands_gap"]),
        ("at_least", "19", ["bands_overlap"]),
    ):
        band = make_row(when("常住人口", "between", "10", "20"), points=1)
        rule = make_rule(band, make_row(when("常住人口", operator, value), points=2))
        assert [code for code, _row in find_problems(rule)] == wanted


def test_bands_with_the_same_further_conditions_must_meet_too() -> None:
    city, county = when("层级", "equal", "市级"), when("层级", "equal", "县级")
    low, high = when("常住人口", "between", "1", "10"), when("常住人口", "between", "20", "30")
    for one, other, wanted in ((city, city, ["bands_gap"]), (city, county, [])):
        rule = make_rule(make_row(low, one, points=1), make_row(high, other, points=1))
        assert [code for code, _row in find_problems(rule)] == wanted


def test_bands_of_other_fields_or_with_other_conditions_are_none() -> None:
    city = when("层级", "equal", "市级")
    rule = make_rule(
        make_row(when("常住人口", "between", "1", "10"), points=1),
        make_row(when("总户数", "between", "5", "10"), points=1),
        make_row(when("常住人口", "between", "5", "20"), city, points=1),
        make_row(alternatives=[[when("常住人口", "between", "5", "20")], [city]], points=1),
    )
    assert find_problems(rule) == []


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ([], [when("常住人口", "more", "1")], "row_unreachable"),
        ([when("常住人口", "more", "1")], [when("常住人口", "more", "5")], "row_unreachable"),
        ([when("常住人口", "more", "5")], [when("常住人口", "more", "1")], ""),
        ([when("层级", "equal", "市级")], [when("层级", "equal", "city")], "row_unreachable"),
        (
            [when("层级", "among", "市级", "县级")],
            [when("层级", "equal", "city"), when("常住人口", "more", "5")],
            "row_unreachable",
        ),
        ([when("常住人口", "known")], [when("常住人口", "more", "5")], ""),
        ([when("常住人口", "unequal", "5")], [when("常住人口", "equal", "5")], ""),
        ([when("常住人口", "unequal", "5")], [when("常住人口", "unequal", "5")], "row_unreachable"),
        ([when("常住人口", "unknown")], [when("常住人口", "unknown")], "row_unreachable"),
        (
            [when("常住人口", "among", "1", "2", "3")],
            [when("常住人口", "among", "3", "1")],
            "row_unreachable",
        ),
        (
            [when("总户数", "less", "3")],
            [when("常住人口", "more", "5"), when("常住人口", "less", "3")],
            "row_impossible",
        ),
        ([when("总户数", "less", "3")], [when("常住人口", "more", "20000")], "row_impossible"),
        ([when("总户数", "less", "3")], [when("常住人口", "at_least", "20000")], ""),
        (
            [when("总户数", "less", "3")],
            [when("常住人口", "known"), when("常住人口", "unknown")],
            "row_impossible",
        ),
        (
            [when("总户数", "less", "3")],
            [when("常住人口", "among", "7", "3"), when("常住人口", "less", "3")],
            "row_impossible",
        ),
    ],
)
def test_rows_that_are_never_reached_are_a_warning(
    first: list[PackCondition], second: list[PackCondition], code: str
) -> None:
    rule = make_rule(make_row(*first, points=1, row=3), make_row(*second, points=2, row=4))
    assert find_problems(rule) == ([(code, 4)] if code else [])


def test_all_alternatives_must_be_covered() -> None:
    first = make_row(when("常住人口", "more", "5"), points=1, row=3)
    inside, outside = when("常住人口", "more", "9"), when("常住人口", "less", "2")
    partly = make_row(alternatives=[[inside], [outside]], points=2, row=4)
    wholly = make_row(alternatives=[[inside], [inside]], points=2, row=4)
    assert find_problems(make_rule(first, partly)) == []
    assert find_problems(make_rule(first, wholly)) == [("row_unreachable", 4)]


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ([make_rule(rule_id="Salt")], ["bad_rule_id", "no_rows"]),
        ([make_rule(make_row(points=1), rule_id="盐")], ["bad_rule_id"]),
        ([make_rule(make_row(points=1), rule_id="a" * 41)], ["bad_rule_id"]),
        ([make_rule(make_row(points=1), rule_id="")], ["bad_rule_id"]),
        ([make_rule(make_row(points=1)), make_rule(make_row(points=2))], ["duplicate_rule"]),
        ([make_rule(make_row(points=1), spread=0)], ["bad_spread"]),
        ([make_rule(make_row(points=1), spread=-1)], ["bad_spread"]),
        ([make_rule(make_row(points=1), spread="NaN")], ["bad_spread"]),
        ([make_rule(make_row())], ["points_missing"]),
        ([make_rule(make_row(points=1, formula="1"))], ["points_twice"]),
        ([make_rule(make_row(points=1), refuses=True)], ["points_in_condition"]),
        ([make_rule(make_row(formula="1"), refuses=True)], ["points_in_condition"]),
        ([make_rule(make_row(points="NaN"))], ["bad_points"]),
        ([make_rule(make_row(points="Infinity"))], ["bad_points"]),
        ([make_rule(make_row(points="1000000.01"))], ["bad_points"]),
        ([make_rule(make_row(points="-1000001"))], ["bad_points"]),
        ([make_rule(make_row(points="1000000"))], []),
        ([make_rule(make_row(formula="+".join(["1"] * 100)), rule_id=f"r{k}") for k in range(6)],
         ["too_many_formulas"]),
        ([make_rule(make_row(points=1), rule_id=f"r{k}") for k in range(201)], ["too_many_rules"]),
        ([make_rule(*[make_row(points=1)] * 2001)], ["too_many_rows"]),
        ([make_rule(make_row(when("常住人口", "among", *map(str, range(10_001))), points=1))],
         ["too_many_values"]),
        ([make_rule(make_row(*[when("常住人口", "known")] * 10_001, points=1))],
         ["too_many_values"]),
        ([make_rule(*[make_row(points=1)] * 10, rule_id=f"r{k}") for k in range(10_000)],
         ["too_many_rules", "too_many_rows"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_rules(rules: list[PackRule], wanted: list[str]) -> None:
    assert sorted(code for code, _row in find_problems(*rules)) == sorted(wanted)


def test_a_second_rule_of_one_id_names_the_first_row() -> None:
    one, two = make_rule(make_row(points=1), row=3), make_rule(make_row(points=2), row=9)
    compiled, findings = compile_pack(make_pack(one, two), TAXONOMY)
    assert compiled is None
    (finding,) = findings
    assert (finding.place.row, finding.params["first_row"]) == (9, "3")
    assert finding.params["rule"] == "huanghua.rule"


def test_the_largest_pack_is_read_quickly() -> None:
    rows = [
        make_row(when("常住人口", "between", str(k), str(k + 1)), points=k) for k in range(1, 2000)
    ]
    start = time.perf_counter()
    assert find_problems(make_rule(*rows)) == []
    assert time.perf_counter() - start < 15


def test_seventy_rules_for_47000_candidates_take_a_moment() -> None:
    """As many as 14 counties with 5 rules each; a few tens of ms here, with room for slow ones."""
    residents = (None, 100, 500, 1500)
    codes = ("3660",), ("13",)
    units = [
        make_unit(f"u{k:03}", tier=("city", "county")[k % 2], industry_codes=codes[k % 2],
                  budget_high=(None, 5.0, 20.0)[k % 3], capabilities={"cash": k % 4})
        for k in range(112)
    ]  # fmt: skip
    villages = [make_village(f"v{k:02}", bas_residents=residents[k % 4]) for k in range(30)]
    candidates = make_candidates(units, villages, distances={("", COUNTY): 50.0})
    small = when("常住人口", "less", "300")
    compiled = compile_sound(
        replace(bands(("", "300"), ("300", "1000"), ("1000", "")), local_id="a"),
        make_rule(make_row(small, when("行业代码", "among", "36"), points=3), rule_id="b"),
        make_rule(make_row(when("距离", "less", "60"), small, points=3), rule_id="c"),
        make_rule(make_row(when("年度公益预算上限", "more", "9"), small, points=1), rule_id="d"),
        make_rule(make_row(formula="min(常住人口 / 500, 2) * 资金捐赠"), rule_id="e"),
    )
    start = time.perf_counter()
    for _county in range(14):
        for rule in compiled.score_rules:
            rule.contribute(candidates, 0)
    assert time.perf_counter() - start < 0.5


def test_the_heaviest_formulas_are_bounded() -> None:
    """As much as the limits allow, for values that all differ and are all unknown in part."""
    text = "+".join(["常住人口/100*年度公益预算上限/1000000"] * 16)
    rules = [make_rule(make_row(formula=text), rule_id=f"r{k}") for k in range(7)]
    units = [make_unit(f"u{k:03}", budget_high=k + 0.5) for k in range(10)]
    villages = [
        make_village(f"v{k:02}", bas_residents=Reading(None, float(k), k + 9.0)) for k in range(10)
    ]
    candidates = make_candidates(units, villages)
    start = time.perf_counter()
    for rule in compile_sound(*rules).score_rules:
        rule.contribute(candidates, 0)
    assert time.perf_counter() - start < 30


# --- rules ------------------------------------------------------------------------------------


def test_records_of_rules() -> None:
    rule = make_rule(
        make_row(when("常住人口", "less", "100"), points="-1.5", reason="人少"),
        make_row(when("层级", "equal", "市级"), formula="缺口.住房安全保障 / 50"),
        rule_id="salt",
    )
    refusal = make_rule(make_row(when("类别", "equal", "部门")), rule_id="no", refuses=True)
    compiled = compile_sound(rule, refusal)
    (scores,), (refuses,) = compiled.score_rules, compiled.eligibility_rules
    assert (scores.rule_id, scores.version, scores.plugin) == ("huanghua.salt", "1.0", "huanghua")
    assert scores.fields == ("village.bas_residents", "unit.tier", "deficit.con_housing")
    assert scores.spread == Decimal("3.5")
    assert (scores.label_zh, scores.label_en, scores.county) == ("salt规则", "salt en", COUNTY)
    assert (refuses.rule_id, refuses.fields) == ("huanghua.no", ("unit.kind",))
    given = make_rule(make_row(points=3), spread="0.5")
    assert compile_sound(given).score_rules[0].spread == Decimal("0.5")
    flat = make_rule(make_row(points=0))
    assert compile_sound(flat).score_rules[0].spread == 0


def test_labels_and_reasons_that_are_left_out() -> None:
    bare = replace(make_rule(make_row(points=1)), label_zh="", label_en="")
    (rule,) = compile_sound(bare).score_rules
    assert (rule.label_zh, rule.label_en) == ("rule", "rule")
    reason = rule.contribute(make_candidates([make_unit()], [make_village()]), 0).reasons[0]
    assert (reason.zh, reason.en) == ("rule：符合第 1 档", "rule: row 1 holds")


def test_reasons_say_which_row_held() -> None:
    rule = make_rule(
        make_row(when("常住人口", "less", "100"), points=1, reason="人少"),
        make_row(when("常住人口", "less", "200"), points=2),
    )
    villages = [make_village(f"v{k}", bas_residents=n) for k, n in enumerate((50, 150, 250))]
    given = (
        compile_sound(rule).score_rules[0].contribute(make_candidates([make_unit()], villages), 9)
    )
    assert isinstance(given.reasons, CodedReasons)
    assert [reason.zh for reason in given.reasons] == [
        "人少",
        "rule规则：符合第 2 档",
        "没有一行条件符合",
    ]
    assert given.reasons[0].en == "人少 en"
    assert given.points.tolist() == [100, 200, 0]
    assert given.points.dtype == np.int64


def test_steps_follow_the_resolution() -> None:
    rule = make_rule(make_row(points="1.2345"))
    candidates = make_candidates([make_unit()], [make_village()])
    (compiled,) = compile_sound(rule).score_rules
    for steps, wanted in ((1, 1), (100, 123), (1000, 1235), (1_000_000, 1_234_500)):
        given = compiled.contribute(replace(candidates, steps_per_point=steps), 0)
        assert given.points.tolist() == [wanted]


def test_no_candidates_no_points() -> None:
    rows = [
        make_row(when("常住人口", "less", "5"), when("层级", "equal", "市级"), points=1),
        make_row(when("距离", "less", "5"), formula="距离 * 资金捐赠"),
    ]
    for units, villages in (([], []), ([make_unit()], []), ([make_unit()], [make_village()])):
        candidates = make_candidates(units, villages, pairs=[])
        assert score(make_rule(*rows), candidates) == []
        assert score(make_rule(rows[0]), candidates) == []


def test_compiled_rules_can_be_sent_to_another_process() -> None:
    rule = make_rule(
        make_row(when("常住人口", "less", "100"), formula="min(常住人口, 5)"),
        make_row(when("层级", "equal", "市级"), points=1),
    )
    refusal = make_rule(make_row(when("类别", "equal", "部门")), rule_id="no", refuses=True)
    compiled = compile_sound(rule, refusal)
    copy = pickle.loads(pickle.dumps(compiled))  # noqa: S301 - our own
    candidates = make_candidates([make_unit(tier="city")], [make_village(bas_residents=3)])
    for one, other in zip(compiled.score_rules, copy.score_rules, strict=True):
        given = [r.contribute(candidates, 0) for r in (one, other)]
        assert given[0].points.tolist() == given[1].points.tolist() == [300]
    assert copy.eligibility_rules[0].decide(candidates).tolist() == [True]


# --- refusals ---------------------------------------------------------------------------------


def test_refusals_rest_on_what_is_known() -> None:
    refusal = make_rule(
        make_row(when("常住人口", "less", "100"), reason="人少"),
        make_row(when("类别", "equal", "部门"), when("距离", "more", "50"), reason="远的部门"),
        make_row(when("法人资信良好", "unknown"), reason="资信没填"),
        refuses=True,
    )
    (rule,) = compile_sound(refusal).eligibility_rules
    units = [
        make_unit("u0", kind="department", credit_ok=True),
        make_unit("u1", kind="other", credit_ok=True),
        make_unit("u2"),
    ]
    villages = [
        make_village("v0", bas_residents=50),
        make_village("v1", bas_residents=50),
        make_village("v2"),
        make_village("v3", bas_residents=Reading(None, 10.0, 90.0)),
    ]
    candidates = make_candidates(units, villages, distances={("", COUNTY): 60.0})
    # The median of the county is 50; but nobody is refused for a guess.
    assert rule.decide(candidates).reshape(3, 4).tolist() == [
        [False, False, False, False],
        [False, False, True, False],
        [False, False, False, False],
    ]
    assert rule.explain(units[1], villages[0]).zh == "人少"
    assert rule.explain(units[1], villages[3]).zh == "人少"
    # The records do not tell how far it is, so the row is named with what may be the reason.
    assert rule.explain(units[0], villages[2]).zh == "远的部门"
    assert rule.explain(units[2], villages[2]).zh == "资信没填"
    both = replace(units[0], credit_ok=None)
    assert rule.explain(both, villages[2]).zh == "远的部门；或资信没填"
    assert rule.explain(both, villages[2]).en == "远的部门 en; or 资信没填 en"
    assert rule.explain(units[1], villages[2]).zh == "没有一行条件符合"


def test_a_row_without_conditions_refuses_everyone() -> None:
    candidates = make_candidates([make_unit()], [make_village()])
    for row in (make_row(reason="都不行"), make_row(alternatives=[[]], reason="都不行")):
        (rule,) = compile_sound(make_rule(row, refuses=True)).eligibility_rules
        assert rule.decide(candidates).tolist() == [False]
        assert rule.explain(make_unit(), make_village()).zh == "都不行"


# --- against a slow oracle ----------------------------------------------------------------------

STEPS = 100
NUMBERS = {
    "常住人口": ("village", "bas_residents", (0, 20_000)),
    "集中供水入户率": ("village", "water_tap_share", (0, 100)),
    "年度公益预算上限": ("unit", "budget_high", (0, 1_000_000)),
    "团队人数": ("unit", "team_size", (0, 100_000)),
}
WORDS = {
    "层级": ("unit", "tier", {"市级": "city", "县级": "county"}),
    "主导特色产业": ("village", "ind_specialty", {"海盐": "sea_salt", "鸭梨": "ya_pear"}),
}
ANSWERS = {"有无篮球场": ("village", "spo_court"), "愿意参加": ("unit", "willing")}
SCALES = {
    "集中供水入户率": {"none": 100.0, "full": 80.0},
    "有无篮球场": {"none": 1.0, "full": 0.0},
}
"""At which value an indicator shows no need, and at which full need."""
Value = Any


def read_raw(name: str, unit: Unit, village: Village) -> tuple[Value, Value, Value]:
    """Return (value or None, low, high) of a field of a pair, straight from the records."""
    side, key = (NUMBERS.get(name) or WORDS.get(name) or ANSWERS[name])[:2]
    if side == "unit":
        value = getattr(unit, key)
        value = None if value == "" else value
        return value, value, value
    reading = village.indicators.get(key, Reading())
    # A range of one number is an answer.
    is_one = reading.low is not None and reading.low == reading.high
    return (reading.low if is_one else reading.value), reading.low, reading.high


def stand_in(name: str, candidates: Candidates, unit: Unit, village: Village) -> Value:
    """Return the value that counts for the points; None if there is none."""
    value, low, high = read_raw(name, unit, village)
    if value is not None or name in WORDS or read_side(name) == "unit":
        return value
    policy = candidates.background.unknown
    guess: Value = None
    if policy == "county-median":
        known = sorted(
            v for other in candidates.villages.records
            if (v := read_raw(name, unit, other)[0]) is not None
        )  # fmt: skip
        guess = known[(len(known) - 1) // 2] if known else None
    elif name in SCALES:
        guess = SCALES[name][policy]
    if guess is None:
        return None
    least, most = NUMBERS[name][2] if name in NUMBERS else (0, 1)
    return min(max(guess, least if low is None else low), most if high is None else high)


def read_side(name: str) -> str:
    return (NUMBERS.get(name) or WORDS.get(name) or ANSWERS[name])[0]


def is_met(condition: PackCondition, value: Value, raw: Value) -> bool:
    """Whether a condition holds for a value, the plain way."""
    name, operator, given = condition.field, condition.operator, condition.values
    if operator in {"known", "unknown"}:
        return (raw is None) == (operator == "unknown")
    if value is None:
        return False
    if name in WORDS:
        wanted: list[Value] = [WORDS[name][2][word] for word in given]
    elif name in ANSWERS:
        wanted, value = [word == "是" for word in given], bool(value)
    else:
        wanted = [float(word) if word else None for word in given]
    if operator == "between":
        low, high = wanted
        return (low is None or low <= value) and (high is None or value < high)
    return bool(
        {
            "equal": lambda: value == wanted[0],
            "among": lambda: value in wanted,
            "unequal": lambda: value != wanted[0],
            "less": lambda: value < wanted[0],
            "at_most": lambda: value <= wanted[0],
            "more": lambda: value > wanted[0],
            "at_least": lambda: value >= wanted[0],
        }[operator]()
    )


@dataclass(frozen=True)
class Oracle:
    candidates: Candidates

    def score(self, rule: PackRule, k: int) -> tuple[int, int]:
        """Return which row counts for a pair and its steps."""
        unit = self.candidates.units.records[int(self.candidates.unit_idx[k])]
        village = self.candidates.villages.records[int(self.candidates.village_idx[k])]
        for number, row in enumerate(rule.rows, start=1):
            if self.holds(row, unit, village):
                return number, int((row.points or 0) * STEPS)
        return 0, 0

    def holds(self, row: PackRow, unit: Unit, village: Village) -> bool:
        if not row.alternatives:
            return True
        return any(all(self.meets(c, unit, village) for c in alt) for alt in row.alternatives)

    def meets(self, condition: PackCondition, unit: Unit, village: Village) -> bool:
        name = condition.field
        raw, low, high = read_raw(name, unit, village)
        value = stand_in(name, self.candidates, unit, village)
        if value is not None or name in WORDS or condition.operator in {"known", "unknown"}:
            return is_met(condition, value, raw)
        # Nothing stands in: it must hold for whatever the value may be.
        least, most = NUMBERS[name][2] if name in NUMBERS else (0, 1)
        ends = least if low is None else low, most if high is None else high
        edges = [float(v) for v in condition.values if v.isdecimal()]
        near = {*ends, *(edge + step for edge in edges for step in (-0.5, 0, 0.5))}
        return all(is_met(condition, v, raw) for v in near if ends[0] <= v <= ends[1])


thresholds = st.sampled_from(["0", "1", "5", "50", "80", "90", "100", "500", "19999"])


@st.composite
def conditions(draw: st.DrawFn) -> PackCondition:
    name = draw(st.sampled_from([*NUMBERS, *WORDS, *ANSWERS]))
    if draw(st.integers(0, 9)) == 0:
        return when(name, draw(st.sampled_from(["known", "unknown"])))
    if name in ANSWERS:
        answer = draw(st.sampled_from(["是", "否"]))
        return when(name, draw(st.sampled_from(["equal", "unequal"])), answer)
    if name in WORDS:
        words = sorted(WORDS[name][2])
        operator = draw(st.sampled_from(["equal", "unequal", "among"]))
        return when(
            name, operator, *(words if operator == "among" else [draw(st.sampled_from(words))])
        )
    operator = draw(
        st.sampled_from(
            ["equal", "unequal", "less", "at_most", "more", "at_least", "among", "between"]
        )
    )
    if operator == "between":
        low, high = sorted([int(draw(thresholds)), int(draw(thresholds))])
        start, end = str(low), str(high + 1)
        pair = draw(st.sampled_from([(start, end), ("", end), (start, "")]))
        return when(name, operator, *pair)
    if operator == "among":
        return when(name, operator, draw(thresholds), draw(thresholds))
    return when(name, operator, draw(thresholds))


@st.composite
def rules(draw: st.DrawFn) -> PackRule:
    rows = []
    for _ in range(draw(st.integers(1, 5))):
        alternatives = draw(
            st.lists(st.lists(conditions(), min_size=1, max_size=3), min_size=0, max_size=2)
        )
        points = Decimal(draw(st.integers(-500, 500))) / STEPS
        rows.append(make_row(alternatives=alternatives, points=points))
    return make_rule(*rows)


def _numbers(low: int, high: int) -> st.SearchStrategy[float]:
    near = st.sampled_from([0, 1, 5, 50, 79, 80, 90, 99, 100, 500, 19999])
    return st.one_of(near, st.integers(low, high)).map(lambda n: float(min(max(n, low), high)))


@st.composite
def readings(draw: st.DrawFn, low: int, high: int) -> Reading:
    kind = draw(st.integers(0, 3))
    if kind < 2:
        return Reading(draw(_numbers(low, high)))
    if kind == 2:
        return Reading()
    ends = sorted([draw(_numbers(low, high)), draw(_numbers(low, high))])
    return Reading(None, ends[0], ends[1])


@dataclass(frozen=True)
class Sides:
    """What candidates are made of; they themselves are too large to be printed."""

    units: list[Unit]
    villages: list[Village]
    unknown: str

    def pair_all(self) -> Candidates:
        return make_candidates(self.units, self.villages, unknown=self.unknown)


@st.composite
def sides(draw: st.DrawFn) -> Sides:
    units = [
        make_unit(
            f"u{k}",
            tier=draw(st.sampled_from(["", "city", "county"])),
            budget_high=draw(st.one_of(st.none(), _numbers(0, 1000))),
            team_size=draw(st.one_of(st.none(), st.integers(0, 100))),
            willing=draw(st.sampled_from([None, True, False])),
        )
        for k in range(draw(st.integers(1, 3)))
    ]
    villages = [
        make_village(
            f"v{k}",
            bas_residents=draw(readings(0, 20_000)),
            water_tap_share=draw(readings(0, 100)),
            ind_specialty=draw(st.sampled_from([None, "sea_salt", "ya_pear"])),
            spo_court=draw(st.sampled_from([None, 0, 1])),
        )
        for k in range(draw(st.integers(1, 4)))
    ]
    return Sides(units, villages, draw(st.sampled_from(["county-median", "none", "full"])))


def contribute(rule: PackRule, candidates: Candidates) -> Contribution | None:
    """Return the points of a rule, None where its rows are bands that do not meet."""
    compiled, findings = compile_pack(make_pack(rule), TAXONOMY)
    if compiled is None:
        errors = {f.code for f in findings if f.severity == "error"}
        assert errors <= {"packs.bands_overlap", "packs.bands_gap"}
        return None
    return compiled.score_rules[0].contribute(candidates, 0)


@settings(max_examples=120, deadline=None)
@given(rules(), sides())
def test_points_are_those_of_the_first_row_that_holds(rule: PackRule, all_sides: Sides) -> None:
    candidates = all_sides.pair_all()
    given_points = contribute(rule, candidates)
    if given_points is None:
        return
    oracle = Oracle(candidates)
    assert isinstance(given_points.reasons, CodedReasons)
    for k in range(len(candidates)):
        row, steps = oracle.score(rule, k)
        assert given_points.reasons.codes[k] == row
        assert given_points.points[k] == steps
    assert (given_points.low <= given_points.points).all()
    assert (given_points.points <= given_points.high).all()


@st.composite
def completions(draw: st.DrawFn, all_sides: Sides) -> Sides:
    """The same records with every open value filled in somehow, within its range."""

    def fill(reading: Reading, low: int, high: int) -> Reading:
        if reading.value is not None:
            return reading
        least = low if reading.low is None else reading.low
        most = high if reading.high is None else reading.high
        return Reading(min(max(draw(_numbers(low, high)), least), most))

    def pick(value: Value, options: Sequence[Value]) -> Value:
        return draw(st.sampled_from(options)) if value in {None, ""} else value

    units = [
        replace(
            unit,
            tier=pick(unit.tier, ["city", "county"]),
            budget_high=fill(Reading(unit.budget_high), 0, 1000).value,
            team_size=fill(Reading(unit.team_size), 0, 1000).value,
            willing=unit.willing if unit.willing is not None else draw(st.booleans()),
        )
        for unit in all_sides.units
    ]
    villages = []
    for village in all_sides.villages:
        told: Mapping[str, Reading] = village.indicators
        specialty = pick(told["ind_specialty"].value, ["sea_salt", "ya_pear", "wheat"])
        court = told["spo_court"].value
        filled = {
            "bas_residents": fill(told["bas_residents"], 0, 20_000),
            "water_tap_share": fill(told["water_tap_share"], 0, 100),
            "ind_specialty": Reading(specialty),
            "spo_court": Reading(draw(st.sampled_from([0, 1])) if court is None else court),
        }
        villages.append(replace(village, indicators=filled))
    return Sides(units, villages, all_sides.unknown)


@settings(max_examples=120, deadline=None)
@given(rules(), sides(), st.data())
def test_every_completion_of_the_unknown_is_within_the_bounds(
    rule: PackRule, all_sides: Sides, data: st.DataObject
) -> None:
    candidates = all_sides.pair_all()
    given_points = contribute(rule, candidates)
    if given_points is None:
        return
    oracle = Oracle(data.draw(completions(all_sides)).pair_all())
    for k in range(len(candidates)):
        _row, steps = oracle.score(rule, k)
        assert given_points.low[k] <= steps <= given_points.high[k]


@settings(max_examples=60, deadline=None)
@given(rules(), sides(), st.randoms(use_true_random=False))
def test_pairs_are_scored_each_by_itself(rule: PackRule, all_sides: Sides, random: Any) -> None:
    """A part of the pairs, in another order, gets the same points."""
    candidates = all_sides.pair_all()
    given_points = contribute(rule, candidates)
    if given_points is None:
        return
    order = random.sample(range(len(candidates)), random.randrange(len(candidates) + 1))
    part = replace(
        candidates,
        unit_idx=candidates.unit_idx[order],
        village_idx=candidates.village_idx[order],
    )
    again = contribute(rule, part)
    assert again is not None
    for one, other in (
        (given_points.points, again.points),
        (given_points.low, again.low),
        (given_points.high, again.high),
    ):
        assert one[order].tolist() == other.tolist()
