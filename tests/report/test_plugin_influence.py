"""Plugins in every output: their influence beside its bound, and who was left out and why."""

import csv
import io
import json
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from tests.report.plugged import BROKEN, INFLUENCE, OFF, ON, make_hostile, make_plugged
from tests.report.proposals import HOSTILE, make_small
from tests.report.test_html_page import ATTRIBUTES, TAGS, Page

from pairmatch.domain.points import unguard_cell
from pairmatch.report import tables
from pairmatch.report.charts import Bar
from pairmatch.report.html import build_report_html
from pairmatch.report.influence import view_plugins
from pairmatch.report.wording import clean_text
from pairmatch.report.workbook import build_pairing_workbook


def cut_section(html: str) -> str:
    start = html.index('<section id="plugins">')
    return html[start : html.index("</section>", start)] + "</section>"


def read_text(html: str) -> str:
    return "".join(Page(html).texts)


def read_sheet(content: bytes, name: str) -> list[list[str]]:
    sheet = load_workbook(io.BytesIO(content))[name]
    return [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]


# --- the page


def test_without_plugins_the_outputs_say_nothing_of_them() -> None:
    for plugins in ((), (OFF,)):
        proposal = replace(make_small(), plugins=plugins)
        html = build_report_html(proposal)
        assert 'id="plugins"' not in html and "插件" not in html
        names = load_workbook(io.BytesIO(build_pairing_workbook(proposal))).sheetnames
        assert "插件影响" not in names


def test_the_page_shows_measure_and_bound_side_by_side() -> None:
    html = build_report_html(make_plugged())
    text = read_text(cut_section(html))
    for told in (
        "沧县：红木家具",
        "沧县　cang 1.2　已启用",
        "其中外县 2 对",
        "+3.20",
        "不算它给的分：−0.40",
        "−0.80",
        "实际 0.70 分，上限 30.00 分",
        "少结成 1 对",
        "2×幅度×本县村数",
        "红木家具村",
        "3.00",
    ):
        assert told in text, told
    assert "measured 0.70, bound 30.00" in text
    assert html.index('id="summary"') < html.index('id="plugins"') < html.index('id="coverage"')
    assert 'href="#plugins"' in html


def test_conditions_stand_apart_and_without_a_bound() -> None:
    section = cut_section(build_report_html(make_plugged()))
    rows = section[section.index("插件里的条件") :]
    assert "所以没有上限" in rows
    assert "路太远" in rows and ">16<" in rows and "0.50" in rows
    assert "cang.never" in rows  # excluded nothing, so only its id is known
    plain = replace(make_plugged(), plugins=(replace(ON, rules=("cang.wood",)),))
    assert "插件里的条件" not in build_report_html(plain)


def test_a_plugin_of_conditions_only_has_no_list_of_spreads() -> None:
    proposal = make_plugged()
    html = build_report_html(replace(proposal, rules=proposal.rules[:-1]))
    assert "插件里的打分规则" not in html


def test_a_plugin_that_was_not_measured_says_so() -> None:
    text = read_text(cut_section(build_report_html(replace(make_plugged(), influences=()))))
    assert "没有量" in text


def test_lines_and_rules_of_a_plugin_say_whose_they_are() -> None:
    html = build_report_html(make_plugged())
    card = html[html.index('id="p1"') : html.index('id="p2"')]
    assert "红木家具村（插件 cang）" in card
    conditions = html[html.index('<details class="more">') : html.index('id="plugins"')]
    assert "红木家具村（插件 cang）" in conditions


@pytest.mark.parametrize(
    ("loss", "bound", "bar"),
    [
        (0, 0, Bar(0, 0)),
        (0, 3000, Bar(0, 100)),
        (1, 3000, Bar(1, 99)),
        (1500, 3000, Bar(50, 50)),
        (3000, 3000, Bar(100, 0)),
    ],
)
def test_a_loss_is_seen_however_small(loss: int, bound: int, bar: Bar) -> None:
    influence = replace(INFLUENCE, loss_by_scores=loss, bound=bound)
    (view,) = view_plugins(replace(make_plugged(), plugins=(ON,), influences=(influence,)))
    assert view.bar == bar


# --- plugins that were left out


@pytest.mark.parametrize("synthetic", [True, False])
def test_what_was_left_out_stands_wherever_the_synthetic_label_does(synthetic: bool) -> None:
    proposal = make_plugged(synthetic=synthetic)
    html = build_report_html(proposal)
    assert html.count('<div class="synthetic">') == 1 + synthetic
    head, foot = html[: html.index("<main>")], html[html.index("<footer>") :]
    assert "有插件没有用上：qing" in head and "有插件没有用上：qing" in foot
    why = "找不到文件夹：青.xlsx"
    assert why in head
    assert why in cut_section(html)
    content = build_pairing_workbook(proposal)
    book = load_workbook(io.BytesIO(content))
    assert "插件影响" in book.sheetnames
    for sheet in book:
        text = "".join(str(cell.value or "") for row in sheet.iter_rows() for cell in row)
        assert why in text, sheet.title
        assert "有插件没有用上：qing" in sheet.oddFooter.center.text
        assert ("合成数据" in sheet.oddFooter.center.text) is synthetic
    labels = [row[0] for row in read_sheet(content, "结对安排表")[2 : 3 + synthetic]]
    assert labels[-1].startswith("有插件没有用上：qing") and why in labels[-1]


@pytest.mark.parametrize(
    ("label", "county", "told"),
    [
        ("光伏", "青县", "qing（光伏，青县）：找"),
        ("青县光伏", "青县", "qing（青县光伏）：找"),
        ("", "青县", "qing（青县）：找"),
        ("", "", "qing：找"),
    ],
)
def test_a_plugin_left_out_is_named_as_far_as_it_is_known(
    label: str, county: str, told: str
) -> None:
    state = replace(BROKEN, label_zh=label, county=county)
    html = build_report_html(replace(make_plugged(), plugins=(state,), influences=()))
    assert told in html[: html.index("<main>")]


def test_two_of_one_name_are_named_once() -> None:
    twins = replace(make_plugged(), plugins=(BROKEN, replace(BROKEN, origin="other")))
    html = build_report_html(twins)
    assert "有插件没有用上：qing<" in html
    assert {row["left_out_plugins"] for row in read_csv(twins)} == {"qing"}


def test_a_plugin_left_out_alone_has_its_section_too() -> None:
    proposal = replace(make_plugged(), plugins=(BROKEN,), influences=())
    section = cut_section(build_report_html(proposal))
    assert "没有用上的插件" in section
    assert 'class="plain influence"' not in section


def test_nothing_left_out_is_not_told() -> None:
    proposal = replace(make_plugged(), plugins=(ON, OFF))
    html = build_report_html(proposal)
    assert "有插件没有用上" not in html
    assert all(row["left_out_plugins"] == "" for row in read_csv(proposal))


def read_csv(proposal: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(tables.build_pairings_csv(proposal))))  # type: ignore[arg-type]


# --- the workbook


def test_the_sheet_holds_the_same_figures_as_the_page() -> None:
    rows = read_sheet(build_pairing_workbook(make_plugged()), "插件影响")
    at = next(k for k, row in enumerate(rows) if row[0] == "插件")
    told = dict(zip(rows[at], rows[at + 1], strict=True))
    assert told["插件"] == "沧县：红木家具（cang）"
    assert told["规则和幅度（分）"] == "红木家具村 3.00；路太远；cang.never"
    assert (told["因它变动的对子"], told["其中外县"], told["排除的组合"]) == ("5", "2", "16")
    assert (told["总分因打分减少"], told["减少的上限"]) == ("0.70", "30.00")
    assert told["总分因条件减少"] == "0.50"
    broken = dict(zip(rows[at], rows[at + 2], strict=True))
    assert broken["状态"].startswith("坏了，没有用：找不到文件夹")
    assert broken["减少的上限"] == "—"
    text = "".join(cell for row in rows for cell in row)
    assert "2×幅度×本县村数" in text and "所以没有上限" in text


def test_english_workbooks_name_the_sheet_in_english() -> None:
    book = load_workbook(io.BytesIO(build_pairing_workbook(make_plugged(lang="en"))))
    assert book.sheetnames[-2:] == ["Plugins", "Notes"]
    assert "Cang: furniture" in str(book["Plugins"]["A5"].value) + str(book["Plugins"]["A6"].value)


# --- the files for machines


def test_the_tables_name_plugins() -> None:
    proposal = make_plugged()
    assert {row["left_out_plugins"] for row in read_csv(proposal)} == {"qing"}
    two = replace(proposal, plugins=(BROKEN, replace(BROKEN, name="@x"), ON))
    assert unguard_cell(read_csv(two)[0]["left_out_plugins"]) == "qing、@x"
    rows = list(csv.DictReader(io.StringIO(tables.build_contributions_csv(proposal))))
    assert {row["rule_id"]: row["plugin"] for row in rows}["cang.wood"] == "cang"
    assert {row["plugin"] for row in rows} == {"", "cang"}


def test_run_json_tells_plugins_and_whose_rules_are() -> None:
    facts = json.loads(tables.build_run_json(make_plugged(), {}, "2026-01-01T00:00:00+0000"))
    assert [(p["name"], p["state"]) for p in facts["plugins"]] == [
        ("off", "off"),
        ("qing", "broken"),
        ("cang", "on"),
    ]
    assert facts["plugins"][1]["params"]["path"] == "青.xlsx"
    assert (facts["rules"][-1]["plugin"], facts["rules"][-1]["county"]) == ("cang", "沧县")


def test_plugins_json_has_steps_and_points() -> None:
    data = json.loads(tables.build_plugins_json(make_plugged()))
    assert [plugin["name"] for plugin in data["plugins"]] == ["off", "qing", "cang"]
    (influence,) = data["influences"]
    assert (influence["loss_by_scores"], influence["bound"]) == (70, 3000)
    assert influence["points"]["loss_by_scores"] == "0.70"
    assert influence["points"]["own_base_gain"] == "-0.40"
    scores = set(influence) - {"plugin", "county", "points"}
    assert set(influence["points"]) == {name for name in scores if not name.startswith("num_")}


def test_explanations_name_the_plugin_of_a_line() -> None:
    data = json.loads(tables.build_explanations_json(make_plugged()))
    assert data["pairs"][0]["lines"][-1]["plugin"] == "cang"


# --- names that try to break out


def test_hostile_plugins_are_shown_literally() -> None:
    html = build_report_html(make_hostile())
    page = Page(html)
    assert {tag for tag, _ in page.tags} <= set(TAGS.split())
    assert {name for _, attributes in page.tags for name in attributes} <= set(ATTRIBUTES.split())
    text = "".join(page.texts)
    for name in HOSTILE:
        assert clean_text(name) in text
    content = build_pairing_workbook(make_hostile())
    book = load_workbook(io.BytesIO(content))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}


def test_the_same_plugins_give_the_same_bytes() -> None:
    assert build_report_html(make_plugged()) == build_report_html(make_plugged())
    assert build_pairing_workbook(make_plugged()) == build_pairing_workbook(make_plugged())
    assert tables.build_plugins_json(make_plugged()) == tables.build_plugins_json(make_plugged())
