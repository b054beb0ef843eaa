"""Figures are printed exactly, sentences say who moves, and invisible characters are shown."""

import re
import string
from decimal import Decimal
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairmatch.domain.explanation import Alternative, Move
from pairmatch.messages import read_catalogue
from pairmatch.report.charts import draw_bar
from pairmatch.report.wording import (
    Text,
    clean_text,
    describe_alternative,
    format_points,
    format_share,
    round_ratio,
    word,
)

UNITS = {"a": "甲银行", "b": "乙医院", "c": "丙公司"}
VILLAGES = {"1": "东村", "2": "西村", "3": "南村"}


@given(st.integers(-(10**18), 10**18), st.integers(0, 9))
def test_points_are_exact_decimals(steps: int, digits: int) -> None:
    text = format_points(steps, 10**digits)
    assert Decimal(text.replace("−", "-")) == Decimal(steps).scaleb(-digits)
    assert len(text.partition(".")[2]) == digits


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_shares_say_none_or_all_only_where_it_is_so(part: int, rest: int) -> None:
    text = format_share(part, part + rest)
    assert (text == "100%") == (rest == 0 < part)
    assert (text == "0%") == (part == 0 < rest)
    assert (text == "—") == (part == rest == 0)


@pytest.mark.parametrize(
    ("top", "bottom", "rounded"), [(5, 2, 3), (7, 3, 2), (-5, 2, -2), (0, 9, 0)]
)
def test_ratios_round_halves_up(top: int, bottom: int, rounded: int) -> None:
    assert round_ratio(top, bottom) == rounded


def test_the_chain_is_told_without_repeating_the_forced_pair() -> None:
    chain = (Move("b", "2", "1"), Move("a", "1", "2"))
    text = describe_alternative(Alternative("b", "1", 0, 140, chain), UNITS, VILLAGES, 100)
    assert text.zh == "若改由乙医院帮扶，总分减少 1.40 分；随之甲银行改帮西村。"
    assert text.en == (
        "If 乙医院 helped instead, the total would fall by 1.40 points; then 甲银行 goes to 西村."
    )


def test_units_that_enter_or_leave_are_named() -> None:
    chain = (Move("b", "", "1"), Move("a", "1", ""), Move("c", "", "3"))
    text = describe_alternative(Alternative("b", "1", 0, 0, chain), UNITS, VILLAGES, 100)
    assert text.zh == (
        "若改由乙医院帮扶，总分不变；随之 2 个单位变动："
        "甲银行不再帮扶东村，暂不安排，丙公司（原未安排）帮扶南村。"
    )


def test_a_change_that_moves_nobody_else_or_is_impossible() -> None:
    alone = Alternative("b", "1", 0, 5, (Move("b", "", "1"),))
    assert describe_alternative(alone, UNITS, VILLAGES, 10).zh.endswith("0.5 分；其他对子不变。")
    impossible = Alternative("b", "1", 0, None)
    assert "凑不齐" in describe_alternative(impossible, UNITS, VILLAGES, 10).zh


def test_invisible_and_turning_characters_become_visible() -> None:
    assert clean_text("a\x08b\x1b\u202ec\u2066\x85\ud800\r\n\t") == "a␈b␛[U+202E]c[U+2066]��\n "
    assert clean_text("𠮷😀 <b>") == "𠮷😀 <b>"


def test_texts_are_escaped_in_both_languages() -> None:
    markup = Text("<甲&\"'>", "<b>").__html__()
    assert markup.count("<") == 4
    assert unescape(re.sub("<[^>]*>", "", markup)) == "<甲&\"'><b>"
    assert Text("甲", "甲").__html__() == "甲"


def test_every_label_has_both_languages_with_the_same_parameters() -> None:
    for code, entry in read_catalogue("report").items():
        assert entry.keys() == {"zh", "en"}, code
        fields = [
            {name for _, name, _, _ in string.Formatter().parse(entry[lang]) if name}
            for lang in ("zh", "en")
        ]
        assert fields[0] == fields[1], code
        assert re.search("[\u4e00-\u9fff]", entry["en"]) is None, code


def test_a_label_takes_texts_in_their_own_language() -> None:
    label = word("field_value", label=Text("户数", "households"), value="3")
    assert label == Text("户数：3", "households: 3")


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_bars_never_run_out_of_their_box(covered: int, left: int, more: int) -> None:
    bar = draw_bar(covered, covered + left, covered + left + more)
    assert bar.covered >= 0 and bar.residual >= 0
    assert bar.covered + bar.residual <= 100
