"""Nothing a user writes into a formula runs code, hangs or crashes: all is refused when loaded."""

import ast
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hooks.packs.pack_cases import FIELDS, row_place, tell_all

from pairmatch.hooks.packs import Formula, compile_formula
from pairmatch.hooks.packs.evaluation import FormulaEval, evaluate_tree
from pairmatch.hooks.packs.formulas import check_tree
from pairmatch.hooks.packs.kinds import Checker, FormulaFault

ESCAPES = [
    "__import__('os').system('id')",
    "__import__",
    "__ｉmport__('os')",
    "__𝒊mport__('os')",
    "().__class__",
    "().__class__.__bases__[0].__subclasses__()",
    "''.__class__.__mro__[1].__subclasses__()",
    "[].__class__.__base__",
    "(1).__class__",
    "1 .__class__",
    "常住人口.__class__",
    "常住人口.real",
    "常住人口.as_integer_ratio()",
    "min.__globals__",
    "min.__self__",
    "max.__module__",
    "round.__call__(1)",
    "'{0.__class__}'.format(1)",
    "'%s' % 常住人口",
    "'%999999999d' % 1",
    "'{:>999999999}'.format(1)",
    "f'{常住人口}'",
    "f'{__import__(\"os\")}'",
    "b'abc'",
    "r'\\x41'",
    "'\\x41'",
    "9**9**9",
    "9 ** 9 ** 9",
    "2**-1",
    "pow(9, 9)",
    "9e999",
    "1e9",
    "0x10",
    "0o17",
    "0b1",
    "1_000",
    "5j",
    "'a' * 10**9",
    '"a"*1000000000',
    "'a' + 'b'",
    "-'a'",
    "[0] * 1000000000",
    "(0,) * 1000000000",
    "1, 2",
    "(1, 2)",
    "[1]",
    "{1}",
    "{1: 2}",
    "{}",
    "{**{}}",
    "[x for x in (1, 2)]",
    "(x for x in (1, 2))",
    "{x: x for x in (1,)}",
    "(i for i in ()).gi_frame",
    "(lambda: 1)()",
    "lambda: 常住人口",
    "(yield 1)",
    "await 常住人口",
    "(x := 1)",
    "x = 1",
    "常住人口 = 1",
    "常住人口 += 1",
    "import os",
    "from os import system",
    "print(1)",
    "exec('1')",
    "eval('1')",
    "compile('1', '', 'eval')",
    "open('/etc/passwd')",
    "globals()",
    "locals()",
    "vars()",
    "dir()",
    "getattr(常住人口, 'real')",
    "setattr(常住人口, 'x', 1)",
    "type(1)",
    "object",
    "str(1)",
    "int('9' * 9)",
    "chr(65)",
    "breakpoint()",
    "input()",
    "help()",
    "exit()",
    "quit",
    "rand()",
    "randint(9)",
    "今天()",
    "NOW()",
    "SUM(A1:B2)",
    "=1+1",
    '=HYPERLINK("http://x")',
    "=cmd|' /C calc'!A0",
    "${常住人口}",
    "{{7*7}}",
    "{% x %}",
    "%(x)s",
    "人口＞100",
    "常住人口＞100",
    "常住人口 且 1",
    "常住人口 > 1 且 常住人口 < 3",
    "常住人口 > 1 或 常住人口 < 3",
    "非 常住人口",
    "常住人口 && 1",
    "常住人口 || 1",
    "!常住人口",
    "常住人口 <> 1",
    "常住人口 === 1",
    "常住人口 & 1",
    "1 | 2",
    "1 ^ 2",
    "~1",
    "1 << 99999",
    "1 >> 1",
    "1 @ 2",
    "1 if 常住人口 > 1",
    "if 常住人口 > 1: 1",
    "1; 2",
    "1\\\n",
    "1 # comment",
    "1 is 1",
    "1 in (1,)",
    "常住人口[0]",
    "常住人口(1)",
    "村名(1)",
    "min(*常住人口)",
    "min(**常住人口)",
    "min(a=1)",
    "min(1, key=abs)",
    "min()",
    "min(1)",
    "abs(1, 2)",
    "round(1, 常住人口)",
    "round(1, 99)",
    "round(1, 0.5)",
    "min",
    "min + 1",
    "min(min, 1)",
    "如果(1, 2)",
    "如果(1, 2, 3)",
    "choose(1, 2, 3)",
    "f0",
    "s0",
    "f0 + s0",
    "True",
    "None",
    "...",
    "not 1",
    "not 常住人口",
    "1 and 2",
    "1 if 1 else 2",
    "层级",
    "层级 + 1",
    "层级 > 1",
    "层级 == 1",
    "层级 == 类别",
    "层级 < '市级'",
    "'a' == 'a'",
    "层级 == '市级' == '市级'",
    "2 if 层级 == '省级' else 0",
    "2 if 常住人口 == '多' else 0",
    "2 if 有无篮球场 == '也许' else 0",
    "有无篮球场 + 1",
    "有无篮球场",
    "行业代码",
    "2 if 行业代码 == '3660' else 0",
    "县(市)",
    "2 if 村.县(市) == '黄骅市' else 0",
    "village.county",
    "1 / 0",
    "1 // 0",
    "1 % 0",
    "1 / 常住人口",
    "1 / (常住人口 - 常住人口)",
    "1 / (常住人口 - 100)",
    "年度公益预算上限 * 2",
    "常住人口 * 常住人口",
    "9999999999",
    "123456789012345678901234567890",
    "0.00000000000000000000001",
    ".5",
    "5.",
    "1.2.3",
    "１２",
    "٣",
    "3人",
    "",
    " ",
    "\t\n",
    "\0",
    "1\0",
    "\ud800",
    "\ufeff1",
    "1\u00a0+\u00a01",
    "1\u20281",
    "\u202e1",
    "'" + "a" * 51 + "'",
    "'abc",
    "“市级”",
    "(",
    ")",
    "((1)",
    "1 +",
    "+",
    "1 1",
    "常住人口 常住人口",
    "常住人口总户数",
    "不存在",
    "a.b.c",
    "供给.不存在",
    "60岁",
    "-" * 300 + "1",
    "not " * 120 + "1",
    "(" * 25 + "1" + ")" * 25,
    "(" * 240 + "1" + ")" * 240,
    "(" * 100_000,
    "1 if " * 90,
    "abs(" * 90 + "1" + ")" * 90,
    "+".join(["1"] * 240),
    "+".join(["1"] * 20_000),
    "常住人口+" * 20_000 + "1",
    "9" * 1_000_000,
    "x" * 1_000_000,
    "1 if 1<2 else (" * 19 + "1" + ")" * 19 + "<<",
]


@pytest.mark.parametrize("text", ESCAPES, ids=range(len(ESCAPES)))
def test_escapes_are_refused_when_loaded(text: str) -> None:
    start = time.perf_counter()
    found = compile_formula(text, FIELDS, row_place(7))
    assert time.perf_counter() - start < 1
    assert not isinstance(found, Formula), text
    assert found
    assert all(finding.place.row == 7 for finding in found)
    told = tell_all(found)
    assert len(told) < 200_000
    told.encode("utf-8")


def test_there_are_many_escapes() -> None:
    assert len(set(ESCAPES)) >= 200


def find_positions(text: str) -> list[tuple[str, str]]:
    found = compile_formula(text, FIELDS)
    assert not isinstance(found, Formula)
    return [(f.code.removeprefix("packs.formula_"), f.params["position"]) for f in found]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("常住人口＞100", [("replace", "5")]),
        ("=常住人口/100", [("begins_equal", "1")]),
        (" ＝1 + rand()", [("begins_equal", "2"), ("function", "7")]),
        ("常住人口 > 1 且 总户数 > 2", [("replace", "10")]),
        ("1 + 不存在 * 也不存在", [("name", "5"), ("name", "11")]),
        ("总户数 + 人口", [("name_closest", "7")]),
        ("总户数 / 常住人口", [("divisor", "7")]),
        ("总户数 + (常住人口 > 3)", [("not_a_value", "8")]),
        ("2 * 层级", [("not_a_number", "5")]),
        ("总户数 ** 2", [("power", "5")]),
        ("总户数 + rand()", [("function", "7")]),
        ("总户数 + ", [("syntax", "5")]),
        ("总户数 总户数", [("syntax", "5")]),
        ("总户数 + abs(1, 2)", [("arguments", "7")]),
        ("如果(总户数, 1, 2)", [("not_a_condition", "4")]),
        ("１ + ＡＢＳ(2)", [("replace", "1"), ("replace", "5")]),
    ],
)
def test_refusals_name_the_letter(text: str, wanted: list[tuple[str, str]]) -> None:
    assert find_positions(text) == wanted


def test_refusals_say_what_to_write() -> None:
    told = tell_all(compile_formula("常住人口＞100 且 总户数 = 3", FIELDS))  # type: ignore[arg-type]
    for text in ("请改写成 >", "请改写成 and", "请改写成 ==", "Write and."):
        assert text in told


# --- the second line: what the parser gives is checked again -----------------------------------


TREES = [
    "a.b",
    "a[0]",
    "a[0:1]",
    "lambda: 1",
    "[1]",
    "(1, 2)",
    "{1}",
    "{1: 2}",
    "[x for x in y]",
    "(x for x in y)",
    "{x for x in y}",
    "{x: x for x in y}",
    "f'{x}'",
    "(x := 1)",
    "min(*x)",
    "min(a=1)",
    "min(**x)",
    "evil(1)",
    "a.b(1)",
    "(lambda: 1)()",
    "min(1)(2)",
    "1 ** 2",
    "1 << 2",
    "1 | 2",
    "1 @ 2",
    "~1",
    "1 in x",
    "1 is 2",
    "b''",
    "1j",
    "None",
    "True",
    "...",
    "'text'",
    "+".join(["1"] * 150),
    "not " * 150 + "x",
]


@pytest.mark.parametrize("source", TREES)
def test_trees_are_checked_too(source: str) -> None:
    with pytest.raises(FormulaFault):
        check_tree(ast.parse(source, mode="eval").body)


@pytest.mark.parametrize("source", ["a.b", "a[0]", "[x for x in a]", "f'{a}'", "(1, 2)"])
def test_the_evaluator_knows_nothing_else(source: str) -> None:
    tree = ast.parse(source, mode="eval").body
    with pytest.raises(Exception, match="Sorry"):
        evaluate_tree(tree, {"a": True})
    assert not {"rand", "str", "int"} & set(FormulaEval({}).functions)


def test_a_name_or_function_that_nobody_gave_is_refused() -> None:
    for source in ("x + 1", "evil(1)"):
        with pytest.raises(FormulaFault, match="not_allowed"):
            Checker({}, {}).measure(ast.parse(source, mode="eval").body)


@pytest.mark.parametrize("fault", [MemoryError, RecursionError, ValueError])
def test_a_parser_that_gives_up_is_no_crash(
    fault: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*_args: object, **_more: object) -> None:
        raise fault

    monkeypatch.setattr("pairmatch.hooks.packs.formulas.ast.parse", give_up)
    found = compile_formula("1 + 1", FIELDS)
    assert not isinstance(found, Formula)
    assert [finding.code for finding in found] == ["packs.formula_too_deep"]


# --- anything at all ----------------------------------------------------------------------------


PIECES = [
    *("常住人口", "总户数", "层级", "有无篮球场", "60岁以上占比", "距离", "min", "如果", "round"),
    *("(", ")", ",", "+", "-", "*", "/", "//", "%", "**", "<", ">=", "==", "and", "or", "not"),
    *(" if ", " else ", "1", "0", "0.5", "100", "'市级'", '"', "'", ".", "[", "]", "__class__"),
    *(" ", "＞", "且", "lambda", ":", "=", "{", "}", "f'", "x", "e9", "\\", "\n", "\0"),
]


@settings(max_examples=300, deadline=2000)
@given(
    st.one_of(
        st.text(max_size=600),
        st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
        st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join),
    )
)
def test_any_text_is_a_formula_or_told(text: str) -> None:
    found = compile_formula(text, FIELDS, row_place(3))
    if isinstance(found, Formula):
        assert -1_000_000 <= found.low <= found.high <= 1_000_000
    else:
        assert found
        tell_all(found)
