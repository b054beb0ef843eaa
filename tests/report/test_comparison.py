"""Pairings side by side: all figures of the record, in a page, on paper and in a workbook."""

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from tests.report.comparisons import make_comparison, make_same, make_sweep, reverse_mappings
from tests.report.proposals import HOSTILE
from tests.report.test_html_page import ATTRIBUTES, TAGS, Page

from pairmatch.domain.comparison import Comparison, Difference
from pairmatch.domain.sweep import Sweep, SweepPlan
from pairmatch.report.comparedchanges import quote_argument
from pairmatch.report.comparednames import KnownNames, count_columns
from pairmatch.report.comparison import (
    build_comparison_html,
    build_comparison_workbook,
    build_sweep_html,
)
from pairmatch.report.figures import format_decimal
from pairmatch.report.links import MOST_ROWS, draw_links
from pairmatch.report.wording import clean_text, format_points

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
OWN_TAGS = {"article", "code", "label", "input"}
OWN_ATTRIBUTES = {
    *("data-option", "data-before", "data-after", "data-command", "role", "hidden"),
    *("data-before-scale", "data-after-scale"),
}


@pytest.fixture(scope="module")
def html() -> str:
    return build_comparison_html(make_comparison(num_others=2), make_sweep())


@pytest.fixture(scope="module")
def hostile() -> str:
    shape = {"hostile": True, "num_chains": 14}
    return build_comparison_html(make_comparison(**shape), make_sweep(hostile=True))


def cut_section(html: str, section_id: str) -> str:
    start = html.index(f'id="{section_id}"')
    return html[start : html.index("</section>", start)]


def read_rows(html: str, kind: str) -> list[list[str]]:
    """Return the cells of all rows of the tables of a kind, in Chinese."""
    rows = []
    for table in re.findall(f'<table class="plain {kind}">(.*?)</table>', html, re.S):
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.S):
            cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
            plain = [re.sub(r'<span lang="en">.*?</span>', "", cell, flags=re.S) for cell in cells]
            rows.append([unescape(re.sub(r"<[^>]+>", " ", cell)).split() for cell in plain])
    return [["|".join(cell) for cell in row] for row in rows]


# --- the page as a whole -------------------------------------------------------------------------


def test_nothing_but_known_tags_and_attributes(html: str, hostile: str) -> None:
    for text in (html, hostile, build_comparison_html(make_same()), build_sweep_html(make_sweep())):
        page = Page(text)
        known = ATTRIBUTES.lower().split()
        assert {tag for tag, _ in page.tags} <= set(TAGS.split()) | OWN_TAGS
        assert {name for _, given in page.tags for name in given} <= {*known, *OWN_ATTRIBUTES}
        assert [tag for tag, _ in page.tags].count("script") == 1
        ids = [given["id"] for _, given in page.tags if "id" in given]
        assert len(ids) == len(set(ids))
        links = {given["href"] for tag, given in page.tags if tag == "a"}
        assert links <= {f"#{i}" for i in ids}


def test_nothing_is_loaded_from_anywhere(hostile: str) -> None:
    for _, given in Page(hostile).tags:
        for name, value in given.items():
            assert name not in {"src", "srcset", "action", "xlink:href", "style", "onclick"}
            if name not in {"data-zh", "data-en", "data-option", "data-command"}:
                assert re.search(r"https?:|//", value or "") is None
    for name in ("compare.css", "compare.js"):
        own = files("pairmatch.report").joinpath("templates", name).read_text(encoding="utf-8")
        assert re.search(r"https?:|//\w|url\(|@import", re.sub(r"(?m)^\s*//.*$", "", own)) is None


def test_the_policy_admits_only_the_own_style_and_script(hostile: str) -> None:
    policy = next(a["content"] for _, a in Page(hostile).tags if a.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (body,) = re.findall(f"<{tag}>(.*?)</{tag}>", hostile, re.S)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_hostile_names_are_shown_literally(hostile: str) -> None:
    text = "".join(Page(hostile).texts)
    for name in HOSTILE:
        assert clean_text(name) in text


def test_a_hostile_run_id_cannot_leave_the_style() -> None:
    html = build_sweep_html(replace(make_sweep(), run_id='x"; } </style><script>alert(1)</script>'))
    assert html.count("<script>") == html.count("</style>") == 1


def test_both_languages_are_in_the_page() -> None:
    comparison = make_comparison()
    zh, en = (build_comparison_html(comparison, None, lang) for lang in ("zh", "en"))
    assert '<html lang="zh-CN" data-lang="zh">' in zh
    assert '<html lang="en" data-lang="en">' in en
    for html in (zh, en):
        assert html.count('<span lang="zh">') == html.count('<span lang="en">') > 100
        assert "方案对照：沧州 2026 年结对、偏重产业" in html
        assert "Pairings compared: Cangzhou 2026, Industry first" in html


def test_the_same_record_gives_the_same_bytes() -> None:
    first, second = make_comparison(num_others=2), make_comparison(num_others=2)
    for other in (second, reverse_mappings(first)):
        assert build_comparison_html(first, make_sweep()) == build_comparison_html(
            other, make_sweep()
        )
        assert build_comparison_workbook(first) == build_comparison_workbook(other)


def test_made_up_sides_are_named_and_real_ones_are_not(html: str) -> None:
    assert "用了编造数据的方案：沧州 2026 年结对、轮换单位。" in html
    real = build_comparison_html(make_comparison(synthetic=False), make_sweep(synthetic=False))
    assert "编造" not in real and "合成数据" not in real
    assert "用了编造数据的方案" in build_sweep_html(make_sweep())


def test_without_a_script_the_options_can_still_be_read(html: str) -> None:
    body = html[: html.index("<script>")]
    assert "<code>--accept runs/run-1#3</code>" in body
    assert '<code class="line">pairmatch whatif runs/run-0</code>' in body
    for tag, given in Page(html).tags:
        if tag == "button" and given.get("class") == "copy screen":
            assert "hidden" in given


# --- figures -------------------------------------------------------------------------------------


def test_every_figure_of_every_side_has_its_cell(html: str) -> None:
    comparison = make_comparison(num_others=2)
    rows = {row[0]: row[1:] for row in read_rows(cut_section(html, "metrics"), "metrics")}
    sides = [side.metrics for side in comparison.sides]
    assert rows["结成的对子（对）"] == ["210", "210|0", "210|0"]
    totals = [format_points(m.total, 100) for m in sides]
    assert rows["总分（分，各按自己的评分办法）"] == [
        totals[0],
        f"{totals[1]}|+10.00",
        f"{totals[2]}|+20.00",
    ]
    worst = [cell.split("|")[0] for cell in rows["得分最低的一对（分）"]]
    assert worst == [format_points(m.worst_village, 100) for m in sides]
    county = [cell.split("|")[0] for cell in rows["得分最低的县（分）"]]
    assert county == [format_points(m.worst_county, 100) for m in sides]
    assert rows["补上的短板：公共服务"][:2] == ["55.47%", "55.07%|−0.40|个百分点"]
    assert len([label for label in rows if label.startswith("补上的短板")]) == 6
    assert rows["没有补上的短板（占受助村全部短板）"][:2] == ["47.65%", "47.76%|+0.11|个百分点"]
    assert rows["保留的上一轮对子（对）"] == ["88", "85|−3", "82|−6"]
    assert rows["单位与村平均相距（公里，按县城计）"] == ["58.76", "58.81|+0.05", "不知道"]
    assert rows["证明"][0] == "已证明最好，任何人都可以复核"


def test_what_is_not_known_is_no_zero() -> None:
    html = build_comparison_html(make_same())
    rows = {row[0]: row[1:] for row in read_rows(html, "metrics")}
    assert rows["保留的上一轮对子（对）"] == ["不知道", "不知道"]
    assert "得分最低的县（分）" not in rows
    assert not any(label.startswith(("补上的短板", "没有补上的短板")) for label in rows)


def test_points_of_different_steps_are_compared_as_points() -> None:
    comparison = make_comparison()
    first, other = comparison.sides
    finer = replace(
        other, steps_per_point=10_000, metrics=replace(other.metrics, total=123_456_701)
    )
    html = build_comparison_html(replace(comparison, sides=(first, finer)))
    (row,) = [row for row in read_rows(html, "metrics") if row[0].startswith("总分")]
    assert row[1:] == ["12345.67", "12345.6701|+0.0001"]


def test_all_pairs_lost_and_gained_are_listed(html: str) -> None:
    difference = make_comparison(num_others=2).differences[0]
    rows = [row for row in read_rows(cut_section(html, "d1"), "changed") if row[0] != "帮扶单位"]
    values = [
        tuple("不合条件" if v is None else format_points(v, 100) for v in (pair.before, pair.after))
        for pair in (*difference.lost, *difference.gained)
    ]
    assert [(row[2], row[3]) for row in rows] == values
    assert "不合条件" in {value for pair in values for value in pair}


def test_chains_tell_gains_moves_and_verdict(html: str) -> None:
    comparison = make_comparison(num_others=2)
    cards = cut_section(html, "d1").split('<article class="chain')[1:]
    chains = comparison.differences[0].chains
    assert len(cards) == len(chains)
    for card, chain in zip(cards, chains, strict=True):
        shown = card[: card.index("</article>")]
        assert f"第 {chain.number} 串" in shown
        for gain in (chain.gain_before, chain.gain_after):
            if gain is not None:
                assert format_decimal(Fraction(gain, 100), 2, signed=True) in shown
        assert shown.count("有的对子不合条件，算不出") == (chain.gain_before is None)
        assert len(re.findall("<li>", shown)) == len(chain.moves) + len(chain.faults)
        assert ("可以单独接受" in shown) == chain.is_acceptable == ("data-option" in shown)
        assert ("名额“沧县”最多 2 对" in shown) == bool(chain.faults)


def test_causes_are_rounded_and_add_up_exactly(html: str) -> None:
    rows = read_rows(cut_section(html, "d1"), "causes")
    assert rows[0] == ["部分", "对子（对）", "总分（分）", "最低的一对（分）", "保留（对）"]
    assert rows[1] == ["scoring|scoring.rules.affinity.spread", "+0.14", "+3.33", "−0.33", "−0.86"]
    assert rows[-1] == ["合计", "0.00", "+10.00", "−1.00", "−3.00"]
    assert "各列合计与两个方案的差完全相等" in html


def change_first(comparison: Comparison, **changes: Any) -> Comparison:
    difference: Difference = replace(comparison.differences[0], **changes)
    return replace(comparison, differences=(difference,))


def test_causes_that_do_not_add_up_are_not_said_to() -> None:
    comparison = make_comparison()
    html = build_comparison_html(
        change_first(comparison, causes=comparison.differences[0].causes[:2])
    )
    assert "完全相等" not in html and "与两个方案的差不相等" in html
    assert read_rows(html, "causes")[-1] == ["两个方案的差", "0.00", "+10.00", "−1.00", "−3.00"]


def test_an_effect_on_what_a_side_does_not_know_is_left_out() -> None:
    comparison = make_comparison()
    first, other = comparison.sides
    unknown = replace(first, metrics=replace(first.metrics, kept=None))
    html = build_comparison_html(replace(comparison, sides=(unknown, other)))
    assert read_rows(html, "causes")[0] == ["部分", "对子（对）", "总分（分）", "最低的一对（分）"]
    assert "完全相等" in html


def test_no_causes_are_told_where_a_part_alone_has_no_pairing() -> None:
    html = build_comparison_html(
        change_first(make_comparison(), causes=(), uncaused=("quota", "units"))
    )
    assert "单独改下列部分时，根本排不出结对安排：quota、units。" in html
    assert "夏普利值" not in html


def test_settings_and_data_that_differ_are_listed_and_the_rest_is_counted(html: str) -> None:
    section = cut_section(html, "d1")
    assert read_rows(section, "settings")[1:] == [
        ["scoring.rules.affinity.spread", "15", "25"],
        ["quota.沧县.max", "（无）", "30"],
    ]
    removed, added, changed = read_rows(section, "data")[1:]
    assert removed == ["units", "去掉", "1", "u999"]
    assert added[2] == "20" and added[3].endswith("n011|……另有|8|项未列出")
    assert re.fullmatch(r"\d{12}\|青县小王庄镇慈庄村：人口、lat；.*", changed[3])


def test_counties_and_villages_are_in_order_of_what_they_gain(html: str) -> None:
    section = cut_section(html, "d1")
    counties = read_rows(section, "counties")[1:]
    assert counties[0] == ["沧县", "800.00", "800.77", "+9.00", "+7.00"]
    assert counties[-1] == ["海兴县", "829.73", "830.50", "不合条件", "+3.10"]
    villages = read_rows(section, "villages")
    heads = [k for k, row in enumerate(villages) if row[0] == "村"]
    for start, end, sign in ((heads[0], heads[1], 1), (heads[1], len(villages), -1)):
        shown = [row[3] for row in villages[start + 1 : end] if row[3] != "不合条件"]
        gains = [sign * float(text.replace("−", "-")) for text in shown]
        assert 0 < len(gains) <= 10 and gains == sorted(gains, reverse=True)
        assert all(gain > 0 for gain in gains)


def test_the_picture_has_a_line_for_each_pair_that_fits() -> None:
    comparison = make_comparison()
    difference = comparison.differences[0]
    drawn = draw_links(difference, KnownNames(comparison.names))
    assert drawn is not None and drawn.rest is None
    assert (len(drawn.old), len(drawn.new)) == (len(difference.lost), len(difference.gained))
    many = make_comparison(num_chains=40)
    picture = draw_links(many.differences[0], KnownNames(many.names))
    assert picture is not None and picture.rest is not None
    assert max(len(picture.units), len(picture.villages)) == MOST_ROWS
    pairs = len(many.differences[0].lost) + len(many.differences[0].gained)
    count = pairs - len(picture.old) - len(picture.new)
    assert f"另有 {count} 条线没有画出" in picture.rest.zh
    assert picture.rest.zh in build_comparison_html(many)


def test_pairings_that_are_the_same_have_no_empty_parts() -> None:
    html = build_comparison_html(make_same())
    assert "两个方案的对子完全相同。" in html
    assert "设置完全相同。" in html and "数据完全相同。" in html
    for absent in ('class="chain', '<svg class="swaps', "得失", "夏普利值", 'id="sweep"', "命令</"):
        assert absent not in html


def test_a_title_of_two_sides_has_the_label_beside_it() -> None:
    comparison = make_comparison()
    first, other = comparison.sides
    same = replace(other, title_zh=first.title_zh, title_en=first.title_en)
    html = build_comparison_html(replace(comparison, sides=(first, same)))
    assert "从“沧州 2026 年结对（run-0）”到“沧州 2026 年结对（run-1）”" in html


def test_names_that_two_have_come_with_the_id() -> None:
    names = KnownNames({"u1": "电业局", "u2": "电业局", "u3": "医院", "u4": "", "v": "长" * 40})
    assert [names[i] for i in ("u1", "u2", "u3", "u4", "u9")] == [
        *("电业局（u1）", "电业局（u2）", "医院", "u4", "u9")
    ]
    assert count_columns(names.shorten("v", 20)) <= 20
    twins = KnownNames({"a1": "长" * 40, "a2": "长" * 40})
    assert twins.shorten("a1", 20).endswith("…（a1）")
    assert count_columns(twins.shorten("a1", 20)) <= 20


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("runs/2026", "runs/2026"),
        ("沧州/方案#3", "沧州/方案#3"),
        ("my runs#1", '"my runs#1"'),
        ("C:\\runs\\a b", '"C:\\runs\\a b"'),
        ("-rf", "./-rf"),
        ("#1", '"#1"'),
        ("$(reboot)", "'$(reboot)'"),
        ('a"b; c', "'a\"b; c'"),
        ("it's", '"it\'s"'),
        ("a\\", "'a\\'"),
        ("", "''"),
    ],
)
def test_folders_are_quoted_for_shells(text: str, quoted: str) -> None:
    assert quote_argument(text) == quoted


# --- how firm it is ------------------------------------------------------------------------------


def test_the_least_firm_pairs_come_first(html: str) -> None:
    sweep = make_sweep()
    rows = read_rows(cut_section(html, "sweep"), "shares")
    heads = [k for k, row in enumerate(rows) if row[0] == "帮扶单位"]
    counts = [int(row[2]) for row in rows[heads[0] + 1 : heads[1]]]
    own = sorted(p.count for p in sweep.pairs if p.is_proposed and p.count < 200)
    assert counts == own
    assert rows[heads[0] + 1][3] == f"{round(own[0] / 2)}%"
    assert "30 对每次都在。" in html
    others = [int(row[2]) for row in rows[heads[1] + 1 :]]
    assert others == sorted((p.count for p in sweep.pairs if not p.is_proposed), reverse=True)[:10]
    many = build_sweep_html(make_sweep(num_pairs=100))
    assert len(read_rows(many, "shares")) == 2 + 30 + 10
    assert "……另有 20 项未列出" in many


def test_influences_results_and_intervals_are_told(html: str) -> None:
    section = cut_section(html, "sweep")
    assert read_rows(section, "influences")[1:] == [
        ["spread.affinity", "+0.81"],
        ["spread.proximity", "−0.25"],
        ["tolerance.total", "没有变化，算不出"],
    ]
    assert read_rows(section, "front")[1:3] == [
        ["最好之一|第|3|次", "12400.00", "25.00", "12"],
        ["本方案，最好之一|第|1|次", "12345.67", "30.12", "90"],
    ]
    assert read_rows(section, "intervals")[1:] == [
        ["产业相近", "15", "12", "20.7777（187/9）", ""],
        ["短板匹配", "60", "51", "没有上限", "▸"],
        ["距离远近", "8", "0.3334（1/3）", "16.25", "▸"],
    ]
    assert read_rows(section, "drawn")[1:3] == [
        ["评分项|affinity|的最高分", "5|到|22.5|分"],
        ["评分项|proximity|的最高分", "4、8|分之一"],
    ]
    assert section.count('<circle class="best"') == 3
    assert section.count('<circle class="other"') == 2
    assert section.count('<path class="own"') == section.count('<path class="steps"') == 1


def test_of_three_metrics_two_are_drawn_and_said_to_be() -> None:
    sweep = make_sweep()
    front = tuple(replace(p, metrics={**p.metrics, "kept": 80}) for p in sweep.front)
    html = build_sweep_html(
        replace(sweep, front=front, front_metrics=("total", "worst_village", "kept"))
    )
    assert "还有别的指标图中看不出来" in html
    assert '<path class="steps"' not in html
    alone = build_sweep_html(replace(sweep, front_metrics=("total",)))
    assert "front-dots" not in alone[alone.index("<body>") :]
    assert len(read_rows(alone, "front")) == 6


def test_a_sweep_without_any_pairing_says_so() -> None:
    sweep = Sweep(
        *("empty", "", "", "r", False, 1, SweepPlan(8, 1, is_grid=True), 0, 0),
        *((), (), (), (), (), {}),
    )
    html = build_sweep_html(sweep)
    assert "把设置的 8 种组合逐一试过" in html and "没有一次排得出结对安排" in html
    assert "<table" not in html and "方案稳不稳：empty" in html


def test_a_result_that_no_draw_reached_is_not_marked() -> None:
    sweep = make_sweep()
    front = tuple(replace(point, is_proposed=False) for point in sweep.front)
    html = build_sweep_html(replace(sweep, front=front))
    assert "所以图中没有标出" in html and '<path class="own"' not in html


@pytest.mark.parametrize(
    ("value", "digits", "signed", "shown"),
    [
        (Fraction(-5, 2), 0, False, "−3"),
        (Fraction(1, 8), 2, True, "+0.13"),
        (Fraction(-1, 900), 2, False, ">−0.01"),
        (Fraction(0), 2, True, "0.00"),
    ],
)
def test_numbers_are_rounded_away_from_zero(
    value: Fraction, digits: int, signed: bool, shown: str
) -> None:
    assert format_decimal(value, digits, signed=signed) == shown


# --- the workbook --------------------------------------------------------------------------------


@cache
def read_book() -> tuple[Comparison, Any]:
    comparison = make_comparison(num_others=2)
    return comparison, load_workbook(
        io.BytesIO(build_comparison_workbook(comparison, make_sweep()))
    )


def list_table(sheet: Any, heading: str) -> list[tuple[Any, ...]]:
    """Return the rows of the table below a heading."""
    rows = list(sheet.iter_rows(values_only=True))
    start = next(k for k, row in enumerate(rows) if row[0] == heading)
    found = []
    for row in rows[start + 1 :]:
        if row[1] is not None:
            found.append(row)
        elif found:
            break
    return found


def test_the_sheets_are_named_after_the_sides() -> None:
    _, book = read_book()
    assert book.sheetnames == ["主要数字", "偏重产业", "轮换单位", "稳不稳"]
    for sheet in book.worksheets:
        assert sheet.page_setup.paperSize == 9 and sheet.page_setup.orientation == "landscape"
        assert sheet["A2"].value.startswith("合成数据，仅供演示")


def test_metrics_are_numbers_with_differences_beside_them() -> None:
    comparison, book = read_book()
    rows = {row[0]: row[1:] for row in list_table(book["主要数字"], "主要数字")}
    assert rows["指标"][2] == "偏重产业：与“沧州 2026 年结对”的差"
    sides = [side.metrics for side in comparison.sides]
    assert rows["总分（分，各按自己的评分办法）"][:5] == (
        *(sides[0].total / 100, sides[1].total / 100, 10, sides[2].total / 100, 20),
    )
    assert rows["补上的短板：公共服务"][:3] == (0.5547, 0.5507, pytest.approx(-0.004))
    residual = rows["没有补上的短板（占受助村全部短板）"]
    assert residual[0] == sides[0].residual / 10_000
    assert rows["单位与村平均相距（公里，按县城计）"][3] == "不知道"


def test_pairs_chains_and_causes_are_those_of_the_record() -> None:
    comparison, book = read_book()
    difference = comparison.differences[0]
    sheet = book["偏重产业"]
    for heading, pairs in (("去掉的对子", difference.lost), ("新增的对子", difference.gained)):
        rows = list_table(sheet, heading)[1:]
        assert [row[2:4] for row in rows] == [
            tuple("不合条件" if v is None else v / 100 for v in (pair.before, pair.after))
            for pair in pairs
        ]
    chains = list_table(sheet, "可以一串一串接受的调整")[1:]
    assert [(row[0], *row[2:4]) for row in chains] == [
        (c.number, *("不合条件" if g is None else g / 100 for g in (c.gain_before, c.gain_after)))
        for c in difference.chains
    ]
    assert [row[5] or "" for row in chains] == [
        f"--accept runs/run-1#{c.number}" if c.is_acceptable else "" for c in difference.chains
    ]
    causes = list_table(sheet, "差别从哪里来")
    assert [row[2] for row in causes[1:4]] == [
        pytest.approx(float(cause.effects["total"]) / 100) for cause in difference.causes
    ]
    assert causes[4][:3] == ("合计", 0, 10)


def test_the_sweep_is_numbers_too() -> None:
    _, book = read_book()
    sweep = make_sweep()
    shares = list_table(book["稳不稳"], "本方案的对子有多稳")
    assert shares[0][:4] == ("帮扶单位", "村", "保留的次数", "比例")
    assert shares[1][3] == shares[1][2] / sweep.num_feasible
    intervals = list_table(book["稳不稳"], "各评分项的最高分可以改到多少")
    assert intervals[1][1:4] == (15, 12, pytest.approx(187 / 9))
    assert intervals[2][3] == "没有上限"


def test_hostile_names_stay_texts_in_the_workbook() -> None:
    comparison = make_comparison(hostile=True, num_chains=14)
    content = build_comparison_workbook(comparison, make_sweep(hostile=True), "en")
    book = load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.namelist():
            xml = archive.read(part).decode()
            assert "<f>" not in xml and "hyperlink" not in xml


def test_a_score_with_more_digits_than_a_sheet_keeps_is_a_text() -> None:
    comparison = make_comparison()
    first, other = comparison.sides
    large = replace(other, metrics=replace(other.metrics, total=10**17 + 1))
    content = build_comparison_workbook(replace(comparison, sides=(first, large)))
    rows = list_table(load_workbook(io.BytesIO(content))["主要数字"], "主要数字")
    (row,) = [row for row in rows if row[0].startswith("总分")]
    assert row[2] == "1000000000000000.01"


# --- in a browser --------------------------------------------------------------------------------

browser_only = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        yield browser
        browser.close()


def open_page(browser: Any, file: Path, html: str, **options: Any) -> tuple[Any, list[str]]:
    file.write_text(html, encoding="utf-8")
    page = browser.new_context(**options).new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.on(
        "request", lambda request: request.url.startswith("file:") or trouble.append(request.url)
    )
    page.goto(file.as_uri())
    return page, trouble


@pytest.mark.browser
@browser_only
def test_two_ticks_build_the_command_and_add_the_gains(
    browser: Any, tmp_path: Path, html: str
) -> None:
    page, trouble = open_page(browser, tmp_path / "compare.html", html)
    chains = {c.number: c for c in make_comparison(num_others=2).differences[0].chains}
    line = page.locator("#d1 .command .line")
    assert line.inner_text() == "pairmatch whatif runs/run-0"
    page.get_by_label("接受第 1 串").first.check()
    page.get_by_label("接受第 3 串").first.check()
    expected = "pairmatch whatif runs/run-0 --accept runs/run-1#1 --accept runs/run-1#3"
    assert line.inner_text() == expected
    assert page.inner_text("#d1 .count-ticked") == "2"
    before = (chains[1].gain_before or 0) + (chains[3].gain_before or 0)
    after = (chains[1].gain_after or 0) + (chains[3].gain_after or 0)
    for name, gain in (("before", before), ("after", after)):
        shown = format_decimal(Fraction(gain, 100), 2, signed=True)
        assert page.inner_text(f"#d1 .sum-{name}") == shown
    page.click("#d1 .copy")
    assert page.locator("#d1 .copied").is_visible()
    assert page.inner_text("#d2 .command .line") == "pairmatch whatif runs/run-0"
    page.get_by_label("接受第 3 串").first.uncheck()
    assert line.inner_text() == expected.rpartition(" --accept")[0]
    page.click("[data-set-lang=en]")
    assert page.inner_text("#metrics h2") == "Main figures"
    assert page.title().startswith("Pairings compared: ")
    assert trouble == []


@pytest.mark.browser
@browser_only
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_prints(browser: Any, tmp_path: Path, html: str, width: int) -> None:
    size = {"width": width, "height": 900}
    page, trouble = open_page(browser, tmp_path / "compare.html", html, viewport=size)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert re.search(rb"/MediaBox\s*\[0 0 59[45][.\d]* 84[12]", pdf)
    page.emulate_media(media="print")
    assert page.locator("#d1 .swaps").is_visible()
    assert not page.locator(".tick").first.is_visible()
    page.set_viewport_size({"width": 695, "height": 900})  # what A4 has between its margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 695
    assert trouble == []


@pytest.mark.browser
@browser_only
def test_hostile_names_run_nothing_and_no_script_is_needed(
    browser: Any, tmp_path: Path, hostile: str
) -> None:
    page, trouble = open_page(browser, tmp_path / "hostile.html", hostile)
    page.locator("input[data-option]").first.check()
    page.click("[data-set-lang=en]")
    assert page.locator("img, iframe, object, link").count() == 0
    bare, no_trouble = open_page(
        browser, tmp_path / "bare.html", hostile, java_script_enabled=False
    )
    assert bare.locator("#d1 .verdict code").first.is_visible()
    assert not bare.locator(".tick, .tools, .copy, .sums").first.is_visible()
    assert trouble == no_trouble == []
