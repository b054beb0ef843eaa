"""Rules for dates as people write them: the short form and Chinese, and what is no rule."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pairmatch.domain.daterules import Cycle, list_occurrences, share_period
from pairmatch.load.daterules import parse_date_rule

CYCLE = Cycle(2026, 2030, date(2026, 10, 19))


def list_days(text, cycle=CYCLE):
    rule = parse_date_rule(text)
    assert rule is not None, text
    return [(o.first, o.last) for o in list_occurrences(rule, cycle)]


@pytest.mark.parametrize(
    ("short", "chinese"),
    [
        ("L..L", "启动当天"),
        ("L", "启动"),
        ("before L", "启动前"),
        ("L-1d", "启动之前"),
        ("L..L+1m", "启动后1个月内"),
        ("L..L+10d", "启动后10天内"),
        ("L+1m day 15", "启动次月15日前"),
        ("Y1-12-31", "第1年12月31日前"),
        ("Y1-12-31", "第一年年底前"),
        ("Y2-01-31", "第二年1月底前"),
        ("Y2|Y4-12-31", "第2年、第4年12月31日前"),
        ("Y2+-01-31", "第2年起每年1月31日前"),
        ("Yend-12-31", "最后一年12月31日前"),
        ("every-11-30", "每年11月30日前"),
        ("every 11-30", "每年１１月３０日 之前"),
        ("every-03-15..06-30", "每年3月15日至6月30日"),
        ("every-12-01..01-31", "每年12月1日到1月31日"),
        ("monthly", "每月底"),
        ("quarterly", "每季度"),
        ("half-yearly", "每半年"),
        ("on-demand", "随时"),
        ("2027-05-01", "2027年5月1日前"),
        ("2027-5-1", "2027-05-01T00:00:00"),
    ],
)
def test_both_ways_of_writing_mean_the_same(short, chinese):
    assert list_days(short) == list_days(chinese)
    assert list_days(short.upper()) == list_days(short)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L", [(None, date(2026, 10, 19))]),
        ("L+1m", [(None, date(2026, 11, 19))]),
        ("L-2m", [(None, date(2026, 8, 19))]),
        ("L+30d", [(None, date(2026, 11, 18))]),
        ("L+4m day 31", [(None, date(2027, 2, 28))]),
        ("L..Y1-12-31", [(date(2026, 10, 19), date(2026, 12, 31))]),
        ("Y1-12-31", [(None, date(2026, 12, 31))]),
        ("Y6-12-31", []),
        ("Y2|4-06-30", [(None, date(2027, 6, 30)), (None, date(2029, 6, 30))]),
        ("Y4+-02-end", [(None, date(2029, 2, 28)), (None, date(2030, 2, 28))]),
        ("Yend-07-01..12-31", [(date(2030, 7, 1), date(2030, 12, 31))]),
        ("Y1-11-01..Y2-01-31", [(date(2026, 11, 1), date(2027, 1, 31))]),
        ("Yend-12-01..01-31", [(date(2030, 12, 1), date(2031, 1, 31))]),
        (
            "Y5 half-yearly",
            [(date(2030, 1, 1), date(2030, 6, 30)), (date(2030, 7, 1), date(2030, 12, 31))],
        ),
        ("2027-05-01", [(None, date(2027, 5, 1))]),
        ("2027-05-01..2027-05-07", [(date(2027, 5, 1), date(2027, 5, 7))]),
        ("on-demand", []),
    ],
)
def test_what_a_rule_means(text, expected):
    assert list_days(text) == expected


def test_parts_of_years():
    assert len(list_days("monthly")) == 60
    assert list_days("Y3 monthly")[1] == (date(2028, 2, 1), date(2028, 2, 29))
    assert len(list_days("quarterly")) == 20
    assert len(list_days("Y2+ quarterly")) == 16


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "尽快",
        "11-30",
        "11月30日",
        "Y0-01-01",
        "Y1",
        "every",
        "every-02-30",
        "every-04-31",
        "every-13-01",
        "every-00-10",
        "every-01-00",
        "L+1x",
        "L+601m",
        "L+20001d",
        "L+1d day 5",
        "L day 0",
        "L day 32",
        "Y1-12-31..Y1-01-31",
        "Y2-01-31..Y1-12-31",
        "Y1|Y2-03-01..Y3-04-01",
        "03-15..every-06-30",
        "L..06-30",
        "2027-02-30",
        "..",
        "L..",
        "Y1-01-01..L+1x",
        "每年",
        "第0年1月1日",
    ],
)
def test_what_is_no_rule(text):
    assert parse_date_rule(text) is None


@given(st.text(alphabet="LYe every0123456789-+|.mdayend第年月日至前起每底", max_size=24))
@example("Y99+-12-31..12-31")
@example("L-600m")
def test_any_text_is_a_rule_or_none_and_every_rule_has_days(text):
    rule = parse_date_rule(text)
    if rule is not None:
        for occurrence in list_occurrences(rule, Cycle(2026, 2140, date(2026, 2, 28))):
            assert occurrence.last.year >= 1900


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("", "2027", True),
        ("2027", "2027", True),
        ("2027", "2028", False),
        ("2027-Q1", "2027", True),
        ("2027-Q1", "2027-03", True),
        ("2027-Q1", "2027-04", False),
        ("2027-H2", "2027-Q4", True),
        ("2027-H2", "2027-Q2", False),
        ("2027-Q3", "2028-Q3", False),
    ],
)
def test_periods_within_each_other(one, other, expected):
    assert share_period(one, other) == share_period(other, one) == expected
