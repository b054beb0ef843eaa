"""Formulas: exact results against an evaluation of our own, and bounds that hold."""

import math
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hooks.packs.pack_cases import (
    FIELDS,
    find_problems,
    make_candidates,
    make_row,
    make_rule,
    make_unit,
    make_village,
    score,
    when,
)

from pairmatch.domain.findings import Place
from pairmatch.domain.records import Reading
from pairmatch.hooks.packs import Formula, compile_formula
from pairmatch.hooks.packs.evaluation import make_column
from pairmatch.hooks.packs.intervals import Interval, Range, Verdict, Word
from pairmatch.hooks.packs.rationals import Rationals


def compile_sound_formula(text: str) -> Formula:
    found = compile_formula(text, FIELDS)
    assert isinstance(found, Formula), found
    return found


def evaluate_rows(formula: Formula, rows: Sequence[Mapping[str, Any]]) -> list[Fraction]:
    """Return the exact points for rows of values, evaluated together."""
    columns = {name: make_column([row[name] for row in rows]) for name in formula.fields}
    found = formula.evaluate(columns)
    ends = (
        np.broadcast_to(np.asarray(n, dtype=object), len(rows)) for n in (found.over, found.under)
    )
    return [Fraction(over, under) for over, under in zip(*ends, strict=True)]


def evaluate(text: str, **values: object) -> Fraction:
    """Return a formula's points; values are named by the end of the field's id."""
    formula = compile_sound_formula(text)
    by_id = {
        name: values[field.field_id.partition(".")[2]] for name, field in formula.fields.items()
    }
    exact = {
        name: Fraction(str(v)) if isinstance(v, int | float) and not isinstance(v, bool) else v
        for name, v in by_id.items()
    }
    return evaluate_rows(formula, [exact])[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1", "1"),
        ("007", "7"),
        ("0.1 + 0.2", "0.3"),
        ("0.1 * 3", "0.3"),
        ("7 / 2", "3.5"),
        ("7 // 2", "3"),
        ("-7 // 2", "-4"),
        ("-7 % 3", "2"),
        ("7 % -3", "-2"),
        ("+3 - -2", "5"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(2.345, 2)", "2.35"),
        ("round(1234.5, 0)", "1235"),
        ("min(3, 1, 2)", "1"),
        ("max(3, 1, 2)", "3"),
        ("abs(-3.5)", "3.5"),
        ("最小(3, 1)", "1"),
        ("最大(3, 1)", "3"),
        ("绝对值(-2)", "2"),
        ("四舍五入(2.5)", "3"),
        ("如果(1 < 2, 5, 6)", "5"),
        ("如果(1 > 2, 5, 如果(2 > 1, 7, 8))", "7"),
        ("5 if 1 < 2 <= 2 else 6", "5"),
        ("5 if 1 < 2 and not 3 < 2 else 6", "5"),
        ("5 if 1 == 2 or 1 != 1 else 6", "6"),
        ("(1 + 2) * 3", "9"),
        ("1 + 2 * 3", "7"),
        ("1\n+\t2", "3"),
        ("min (1, 2)", "1"),
    ],
)
def test_plain_arithmetic(text: str, wanted: str) -> None:
    formula = compile_sound_formula(text)
    assert evaluate_rows(formula, [{}]) == [Fraction(wanted)]
    assert formula.low <= Fraction(wanted) <= formula.high


def test_fields_and_words() -> None:
    assert evaluate("常住人口 / 100", bas_residents=850) == Fraction("8.5")
    assert evaluate("常住人口(人)/100", bas_residents=850) == Fraction("8.5")
    assert evaluate("村.常住人口 + village.bas_residents", bas_residents=1) == 2
    assert evaluate("60岁以上占比*2", bas_over60_share=0.1) == Fraction("0.2")
    assert (
        evaluate("C/D级住房户数 + 残垣断壁/坑塘待治理点", con_unsafe_houses=1, app_untidy_sites=2)
        == 3
    )
    assert evaluate("缺口.住房安全保障", con_housing=12.34) == Fraction("12.34")
    assert evaluate('2 if 层级 == "市级" else 0', tier="city") == 2
    assert evaluate("2 if 层级 != 'city' else 0", tier="city") == 0
    assert evaluate("2 if '海盐' == 主导特色产业 else 1", ind_specialty="sea_salt") == 2
    assert evaluate("2 if 村名 == '甲' else 1", name="乙") == 1
    assert evaluate("2 if 有无篮球场 else 1", spo_court=True) == 2
    assert evaluate("2 if 有无篮球场 == '否' else 1", spo_court=True) == 1
    assert evaluate("2 if 有无篮球场 != '否' else 1", spo_court=True) == 2
    assert evaluate("2 if not 同县 else 1", same_county=False) == 2


def test_longest_name_counts() -> None:
    formula = compile_sound_formula("C/D级住房户数")
    assert [f.field_id for f in formula.fields.values()] == ["village.con_unsafe_houses"]


def test_what_is_compiled_is_plain_data() -> None:
    formula = compile_sound_formula("min(常住人口 / 100, 5)")
    copy = pickle.loads(pickle.dumps(formula))  # noqa: S301 - our own
    assert evaluate_rows(copy, [{"f0": Fraction(300)}]) == [3]
    assert copy.bound({"f0": Interval(Fraction(0), Fraction(100))}) == (0, 1)


def test_bounds_of_words_and_conditions() -> None:
    formula = compile_sound_formula("3 if 层级 == '市级' and 有无篮球场 else 1")
    yes, no, open_ = Verdict(True, True), Verdict(False, False), Verdict(False, True)
    cases: list[tuple[Range, Range, tuple[int, int]]] = [
        (Word("city"), yes, (3, 3)),
        (Word("city"), no, (1, 1)),
        (Word("city"), open_, (1, 3)),
        (Word(None), yes, (1, 3)),
        (Word("county"), open_, (1, 1)),
    ]
    for word, verdict, wanted in cases:
        assert formula.bound({"f0": word, "f1": verdict}) == wanted


def test_a_formula_without_place_is_told_all_the_same() -> None:
    found = compile_formula("rand()", FIELDS)
    assert not isinstance(found, Formula)
    assert found[0].place == Place(value="rand()")


# --- in rules ---------------------------------------------------------------------------------


def test_unknown_fields_are_bounded() -> None:
    rule = make_rule(make_row(formula="常住人口 / 1000"))
    villages = [
        make_village("v0", bas_residents=500),
        make_village("v1"),
        make_village("v2", bas_residents=Reading(None, 1000.0, 3000.0)),
        make_village("v3", bas_residents=1500),
    ]
    candidates = make_candidates([make_unit()], villages)
    assert score(rule, candidates) == [
        (50, 50, 50),
        (0, 50, 2000),
        (100, 100, 300),
        (150, 150, 150),
    ]


def test_where_nothing_stands_in_the_value_nearest_to_zero_counts() -> None:
    candidates = make_candidates([make_unit()], [make_village()])
    for text, wanted in (
        ("10 + 常住人口 / 1000", (1000, 1000, 3000)),
        ("-10 - 常住人口 / 1000", (-3000, -1000, -1000)),
        ("常住人口 / 1000 - 10", (-1000, 0, 1000)),
        ("2 if 有无篮球场 else 1", (100, 100, 200)),
        ("2 if 层级 == '市级' else 1", (100, 100, 200)),
        ("年度公益预算上限 / 100000", (0, 0, 1000)),
        # There is no grade of a pair that was none: 0.
        ("上一轮评定 + 1", (100, 100, 100)),
    ):
        assert score(make_rule(make_row(formula=text)), candidates) == [wanted], text


def test_values_outside_their_range_cannot_break_the_proof() -> None:
    rule = make_rule(make_row(formula="100 / (常住人口 + 1)"))
    villages = [make_village(f"v{k}", bas_residents=v) for k, v in enumerate((-1, 99, 10**9))]
    found = score(rule, make_candidates([make_unit()], villages))
    assert [points for _, points, _ in found] == [10_000, 100, 0]


def test_rounding_is_half_up() -> None:
    candidates = make_candidates([make_unit()], [make_village()])
    for text, wanted in (("0.005", 1), ("-0.005", 0), ("0.0149", 1), ("-0.0151", -2)):
        assert score(make_rule(make_row(formula=text)), candidates)[0][1] == wanted


def test_formulas_are_evaluated_once_for_each_set_of_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts: list[int] = []
    real = Formula.evaluate

    def count(formula: Formula, columns: Mapping[str, Any]) -> Rationals:
        counts.append(len(next(iter(columns.values())).over))
        return real(formula, columns)

    monkeypatch.setattr(Formula, "evaluate", count)
    units = [make_unit(f"u{k:02}", capabilities={"cash": k % 3}) for k in range(30)]
    villages = [make_village(f"v{k:02}", bas_residents=k % 4) for k in range(20)]
    candidates = make_candidates(units, villages)
    score(make_rule(make_row(formula="常住人口 * 资金捐赠")), candidates)
    score(make_rule(make_row(formula="常住人口 * 2")), candidates)
    score(
        make_rule(make_row(when("常住人口", "equal", "1"), formula="常住人口 + 资金捐赠")),
        candidates,
    )
    assert counts == [12, 4, 3]


def test_a_wrong_formula_is_told_at_its_row() -> None:
    # The number of households is at least 1, so it can be a divisor.
    sound = make_rule(make_row(formula="1 / 总户数", row=6), rule_id="sound")
    wrong = make_rule(make_row(formula="人口 / 2", row=5))
    assert find_problems(sound, wrong) == [("formula_name_closest", 5)]


# --- against an evaluation of our own -----------------------------------------------------------

NUMBERS = {
    "常住人口": (0, 20_000),
    "总户数": (1, 5_000),
    "日供水小时数": (0, 24),
    "资金捐赠": (0, 3),
    "缺口.住房安全保障": (0, 100),
}
ANSWERS = ("有无篮球场", "愿意参加")
WORDS = {"层级": {"市级": "city", "县级": "county"}}
IDS = {
    name: found.field_id
    for name in (*NUMBERS, *ANSWERS, *WORDS)
    if len(FIELDS.match(name)) == 1 and (found := FIELDS.match(name)[0])
}
Case = Mapping[str, Fraction | bool | str]


@dataclass(frozen=True)
class Expression:
    """A formula's text and what it is worth, by an evaluation that knows no Python syntax."""

    text: str
    worth: Callable[[Case], Fraction]


@dataclass(frozen=True)
class Claim:
    text: str
    holds: Callable[[Case], bool]


def join_numbers(kind: str, a: Expression, b: Expression) -> Expression:
    """Return two numbers joined; divisors are kept away from 0 as the hint says."""
    if kind == "min":
        return Expression(f"min({a.text}, {b.text})", lambda c: sorted([a.worth(c), b.worth(c)])[0])
    if kind == "max":
        return Expression(f"最大({a.text},{b.text})", lambda c: sorted([a.worth(c), b.worth(c)])[1])
    if kind in {"/", "//", "%"}:

        def divide(c: Case) -> Fraction:
            top, bottom = a.worth(c), max(b.worth(c), Fraction(1))
            whole = Fraction(math.floor(top / bottom))
            return {"/": top / bottom, "//": whole, "%": top - whole * bottom}[kind]

        return Expression(f"({a.text}) {kind} max({b.text}, 1)", divide)
    worth: dict[str, Callable[[Case], Fraction]] = {
        "+": lambda c: a.worth(c) + b.worth(c),
        "-": lambda c: a.worth(c) - b.worth(c),
        "*": lambda c: a.worth(c) * b.worth(c),
    }
    return Expression(f"(({a.text}) {kind} ({b.text}))", worth[kind])


def change_number(kind: str, a: Expression) -> Expression:
    if kind == "abs":
        return Expression(f"abs({a.text})", lambda c: max(a.worth(c), -a.worth(c)))
    if kind == "round":

        def settle(c: Case) -> Fraction:
            tenfold = a.worth(c) * 10
            size = math.floor(abs(tenfold) * 2 + 1) // 2
            return Fraction(size if tenfold > 0 else -size, 10)

        return Expression(f"round({a.text}, 1)", settle)
    return Expression(f"(-({a.text}))", lambda c: -a.worth(c))


def choose_number(claim: Claim, a: Expression, b: Expression, style: bool) -> Expression:
    text = f"如果({claim.text}, {a.text}, {b.text})"
    if style:
        text = f"(({a.text}) if {claim.text} else ({b.text}))"
    return Expression(text, lambda c: a.worth(c) if claim.holds(c) else b.worth(c))


def compare_numbers(sign: str, a: Expression, b: Expression) -> Claim:
    tests: dict[str, Callable[[Fraction], bool]] = {
        "<": lambda d: d < 0,
        "<=": lambda d: d <= 0,
        ">": lambda d: d > 0,
        ">=": lambda d: d >= 0,
        "==": lambda d: d == 0,
        "!=": lambda d: d != 0,
    }
    return Claim(f"({a.text}) {sign} ({b.text})", lambda c: tests[sign](a.worth(c) - b.worth(c)))


def join_claims(kind: str, a: Claim, b: Claim) -> Claim:
    if kind == "and":
        return Claim(f"({a.text}) and ({b.text})", lambda c: all([a.holds(c), b.holds(c)]))
    if kind == "or":
        return Claim(f"({a.text}) or ({b.text})", lambda c: any([a.holds(c), b.holds(c)]))
    return Claim(f"not ({a.text})", lambda c: not a.holds(c))


def _take(name: str) -> Expression:
    return Expression(name, lambda c: Fraction(c[name]))  # type: ignore[arg-type]


constants = st.sampled_from(["0", "1", "2", "0.5", "3.25", "10", "100", "0.1"]).map(
    lambda text: Expression(text, lambda _c: Fraction(text))
)
leaves = st.one_of(constants, st.sampled_from(sorted(NUMBERS)).map(_take))
answers = st.one_of(
    st.sampled_from(ANSWERS).map(lambda name: Claim(name, lambda c: bool(c[name]))),
    st.sampled_from(ANSWERS).map(lambda name: Claim(f"{name} == '否'", lambda c: not c[name])),
    st.sampled_from(["市级", "县级"]).map(
        lambda word: Claim(f'层级 == "{word}"', lambda c: c["层级"] == WORDS["层级"][word])
    ),
)


def grow(numbers: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    compared = st.builds(
        compare_numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers, numbers
    )
    claim = st.one_of(compared, answers)
    claims = st.one_of(
        claim, st.builds(join_claims, st.sampled_from(["and", "or", "not"]), claim, claim)
    )
    signs = st.sampled_from(["+", "-", "*", "/", "//", "%", "min", "max"])
    return st.one_of(
        st.builds(join_numbers, signs, numbers, numbers),
        st.builds(change_number, st.sampled_from(["abs", "round", "-"]), numbers),
        st.builds(choose_number, claims, numbers, numbers, st.booleans()),
    )


expressions = st.recursive(leaves, grow, max_leaves=8)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Fraction | bool | str]:
    found: dict[str, Fraction | bool | str] = {
        name: Fraction(draw(st.integers(low * 4, high * 4)), 4)
        for name, (low, high) in NUMBERS.items()
    }
    found.update((name, draw(st.booleans())) for name in ANSWERS)
    found["层级"] = draw(st.sampled_from(["city", "county"]))
    return found


def compile_or_none(text: str) -> Formula | None:
    """Return the formula; None if it is refused for being too long, too large or too deep."""
    found = compile_formula(text, FIELDS)
    if isinstance(found, Formula):
        return found
    codes = {finding.code for finding in found}
    sizes = ("unbounded", "too_long", "too_big", "too_deep")
    assert codes <= {f"packs.formula_{size}" for size in sizes}, text
    return None


def by_name(formula: Formula, case: Case) -> dict[str, Fraction | bool | str]:
    chinese = {field_id: name for name, field_id in IDS.items()}
    return {name: case[chinese[field.field_id]] for name, field in formula.fields.items()}


@settings(max_examples=150, deadline=None)
@given(expressions, st.lists(cases(), min_size=1, max_size=4))
def test_results_are_exact_and_within_bounds(expression: Expression, together: list[Case]) -> None:
    formula = compile_or_none(expression.text)
    if formula is None:
        return
    worth = [expression.worth(case) for case in together]
    assert evaluate_rows(formula, [by_name(formula, case) for case in together]) == worth
    assert formula.low <= min(worth) <= max(worth) <= formula.high


@settings(max_examples=150, deadline=None)
@given(expressions, cases(), cases(), cases(), st.integers(0, 2**8 - 1))
def test_completions_of_unknowns_are_within_bounds(
    expression: Expression, one: Case, other: Case, third: Case, open_fields: int
) -> None:
    """Fields named by the bits may be anything between two cases; a third lies somewhere there."""
    formula = compile_or_none(expression.text)
    if formula is None:
        return
    ranges: dict[str, Range] = {}
    completion = dict(one)
    for k, name in enumerate(IDS):
        a, b, c = one[name], other[name], third[name]
        is_open = bool(open_fields >> k & 1)
        if isinstance(a, bool):
            ranges[name] = Verdict(False, True) if is_open else Verdict(a, a)
            completion[name] = c if is_open else a
        elif isinstance(a, str):
            ranges[name] = Word(None if is_open else a)
            completion[name] = c if is_open else a
        else:
            low, high = sorted((Fraction(a), Fraction(b)))
            ranges[name] = Interval(low, high) if is_open else Interval(Fraction(a), Fraction(a))
            completion[name] = min(max(Fraction(c), low), high) if is_open else a
    inner = {n: ranges[next(k for k, v in IDS.items() if v == f.field_id)]
             for n, f in formula.fields.items()}  # fmt: skip
    found = formula.bound(inner)
    assert formula.low <= found.low <= expression.worth(completion) <= found.high <= formula.high
