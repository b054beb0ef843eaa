"""The report page: complete, self-contained, deterministic, and literal whatever it is told."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from tests.report.proposals import (
    HOSTILE,
    Shape,
    make_plain,
    make_proposal,
    make_small,
    reorder_mappings,
)

from pairmatch.domain.findings import Place, Severity
from pairmatch.domain.matching import Certificate
from pairmatch.domain.scenario import PairSetting, Title
from pairmatch.messages import read_catalogue
from pairmatch.report.html import build_report_html
from pairmatch.report.map import draw_map
from pairmatch.report.page import MOST_CARDS
from pairmatch.report.summary import summarise_proposal
from pairmatch.report.wording import clean_text, format_points

VOID = {"meta", "input"}
TAGS = """html head meta title style body a div strong span header h1 p nav button main section
h2 h3 h4 dl dd dt details summary table thead tbody tfoot tr th td svg rect figure g
path text circle tspan figcaption label input select option b small ol ul li i footer script"""
ATTRIBUTES = """lang data-lang charset http-equiv content name data-zh data-en class href
aria-hidden type data-set-lang aria-pressed id scope viewbox role aria-labelledby d x y cx cy r
width height text-anchor autocomplete spellcheck value data-num data-c data-k aria-sort hidden
tabindex colspan"""


class Page(HTMLParser):
    """The tags, attributes, texts and rows of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.rows: list[dict[str, str]] = []
        self.cell: str | None = None
        self.in_row = False
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        given = dict(attrs)
        if tag == "tr" and "data-c" in given:
            self.rows.append({})
            self.in_row = True
        self.cell = given.get("class") if tag == "td" else self.cell

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "td":
            self.cell = None
        if tag == "tr":
            self.in_row = False

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "script"}:
            self.texts.append(data)
        if self.cell and self.in_row:
            self.rows[-1][self.cell] = self.rows[-1].get(self.cell, "") + data


@pytest.fixture(scope="module")
def hostile() -> str:
    return build_report_html(make_small(hostile=True, county_pairs=2))


def test_every_pair_has_its_row_and_its_card() -> None:
    proposal = make_proposal(Shape(num_counties=4, villages_per_county=10))
    page = Page(build_report_html(proposal))
    assert [row["code"] for row in page.rows] == [p.village_id for p in proposal.explanations]
    assert [row["num points"].split()[0] for row in page.rows] == [
        format_points(p.points, 100) for p in proposal.explanations
    ]
    cards = [a["id"] for tag, a in page.tags if tag == "details" and a.get("class") == "card"]
    assert cards == [f"p{k}" for k in range(1, len(proposal.explanations) + 1)]
    links = [a["href"] for tag, a in page.tags if tag == "a" and a["href"] not in {None, ""}]
    assert {f"#{card}" for card in cards} <= set(links)


def test_a_card_shows_ledger_needs_alternatives_and_unknowns() -> None:
    proposal = make_small()
    html = build_report_html(proposal)
    card = html[html.index('id="p1"') : html.index('id="p2"')]
    pair = proposal.explanations[0]
    for line in pair.lines:
        assert line.reason_zh in card and line.reason_en in card
        assert format_points(line.points, 100) in card
        assert line.fields[0].source in card
    needs = {n.need_id: n for n in proposal.inputs.taxonomy.needs}
    for need in pair.needs:
        assert (needs[need.need_id].name_zh in card) == (need.deficit > 0 or not need.known) or (
            need.need_id in proposal.inputs.villages[0].wishes
        )
    assert card.count("<li>") == len(pair.alternatives) > 0
    assert ("按本县中间水平计算" in card) == any(not n.known for n in pair.needs)


@pytest.mark.parametrize("policy", ["none", "full"])
def test_the_way_with_unknowns_is_told_as_the_scenario_has_it(policy: str) -> None:
    proposal = make_small()
    scenario = proposal.inputs.scenario
    scoring = scenario.scoring.model_copy(update={"unknown": policy})
    inputs = replace(proposal.inputs, scenario=scenario.model_copy(update={"scoring": scoring}))
    html = build_report_html(replace(proposal, inputs=inputs))
    told = {"none": "暂不计入短板", "full": "暂按短板最大计算"}
    assert told[policy] in html
    assert "中间水平" not in html


def test_nothing_but_known_tags_and_attributes(hostile: str) -> None:
    page = Page(hostile)
    assert {tag for tag, _ in page.tags} <= set(TAGS.split())
    assert {name for _, attributes in page.tags for name in attributes} <= set(ATTRIBUTES.split())
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert sum(tag == "style" for tag, _ in page.tags) == 1


def test_hostile_names_are_shown_literally(hostile: str) -> None:
    text = "".join(Page(hostile).texts)
    for name in HOSTILE:
        assert clean_text(name) in text


def test_nothing_is_loaded_from_anywhere(hostile: str) -> None:
    for _, attributes in Page(hostile).tags:
        for name, value in attributes.items():
            assert name not in {"src", "srcset", "action", "xlink:href", "style"}
            if name == "href":
                assert (value or "").startswith("#")
            if name not in {"data-zh", "data-en"}:
                assert re.search(r"https?:|//", value or "") is None
    for name in ("style.css", "page.js"):
        own = files("pairmatch.report").joinpath("templates", name).read_text(encoding="utf-8")
        assert re.search(r"https?:|//\w|url\(|@import", re.sub(r"(?m)^\s*//.*$", "", own)) is None


def test_the_policy_admits_only_the_own_style_and_script(hostile: str) -> None:
    page = Page(hostile)
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        body = re.search(f"<{tag}>(.*?)</{tag}>", hostile, re.S)
        assert body is not None
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_a_hostile_run_id_cannot_leave_the_style() -> None:
    html = build_report_html(
        replace(make_small(), run_id='x"; } </style><script>alert(1)</script>')
    )
    assert html.count("<script>") == html.count("</style>") == 1


def test_the_same_proposal_gives_the_same_page() -> None:
    proposal = make_small()
    html = build_report_html(proposal)
    assert html == build_report_html(make_small())
    assert html == build_report_html(reorder_mappings(proposal))


def test_both_languages_are_in_the_page() -> None:
    zh, en = (build_report_html(make_small(lang=lang)) for lang in ("zh", "en"))
    assert '<html lang="zh-CN" data-lang="zh">' in zh
    assert '<html lang="en" data-lang="en">' in en
    for html in (zh, en):
        assert html.count('<span lang="zh">') == html.count('<span lang="en">') > 100
        assert "合成数据，仅供演示" in html and "Synthetic data" in html
        assert "征求意见稿" in html and "Draft for comment" in html


def test_every_label_in_the_templates_is_in_the_catalogue() -> None:
    catalogue = read_catalogue("report")
    for template in files("pairmatch.report").joinpath("templates").iterdir():
        for code in re.findall(r"\bt\('(\w+)'", template.read_text(encoding="utf-8")):
            assert code in catalogue, (template.name, code)


def test_real_data_carry_no_synthetic_label() -> None:
    html = build_report_html(make_small(synthetic=False))
    assert "合成数据" not in html
    assert "征求意见稿" in html


@pytest.mark.parametrize(
    ("goals", "told", "silent"),
    [
        (("num_matched", "total"), "没有一种总分更高", "没有附证明"),
        (("num_matched",), "没有别的安排能结成更多", "总分更高"),
        (("total",), "没有别的安排总分更高", "结成更多"),
        ((), "没有附证明", "没有别的安排"),
    ],
)
def test_no_more_is_claimed_than_is_proven(goals: tuple[str, ...], told: str, silent: str) -> None:
    proposal = make_small()
    levels = tuple(p for p in proposal.matching.certificate.levels if p.goal in goals)
    matching = replace(proposal.matching, certificate=Certificate(levels))
    html = build_report_html(replace(proposal, matching=matching))
    proof = html[html.index('class="proof"') : html.index("</div>", html.index('class="proof"'))]
    assert told in proof
    assert silent not in proof


def test_findings_are_bounded_and_counted() -> None:
    proposal = make_small(num_findings=1)
    many = tuple(
        replace(
            proposal.findings[0],
            place=replace(proposal.findings[0].place, row=k, cell=f"D{k}"),
        )
        for k in range(1, 38)
    )
    html = build_report_html(replace(proposal, findings=many))
    assert html.count('<td class="place">') == 10
    assert "同类还有 27 条" in html


def test_notes_are_marked_so_that_paper_leaves_them_out() -> None:
    proposal = make_small(num_findings=1)
    (finding,) = proposal.findings
    note = replace(finding, severity=Severity.NOTE, place=replace(finding.place, file="b.csv"))
    html = build_report_html(replace(proposal, findings=(finding, note)))
    assert html.count('<details class="more findings-of only-notes">') == 1
    assert html.count('<details class="more findings-of">') == 1
    assert '<tr class="is-note">' in html and '<tr class="is-warning">' in html


def test_a_lock_with_an_unknown_id_shows_the_id() -> None:
    proposal = make_small()
    lock = PairSetting(unit="nobody", village="nowhere")
    ban = PairSetting(unit="v0000", village="130921100200", reason="有亲属关系", by="县老促会")
    scenario = proposal.inputs.scenario.model_copy(update={"lock": (lock,), "ban": (ban,)})
    html = build_report_html(replace(proposal, inputs=replace(proposal.inputs, scenario=scenario)))
    assert "nobody" in html and "nowhere" in html
    assert "有亲属关系" in html and "县老促会" in html


def test_a_plain_title_that_begins_as_reports_do_is_kept() -> None:
    proposal = make_small()
    scenario = proposal.inputs.scenario
    title = Title(zh="关于结对的报告")
    section = scenario.scenario.model_copy(update={"title": title, "cycle": None})
    scenario = scenario.model_copy(update={"scenario": section})
    html = build_report_html(replace(proposal, inputs=replace(proposal.inputs, scenario=scenario)))
    assert "关于关于" not in html and "关于结对的报告" in html
    assert "2026—2030" not in html


def test_a_village_without_needs_or_rivals_says_so() -> None:
    proposal = make_small()
    first = replace(proposal.explanations[0], needs=(), alternatives=(), num_candidates=1)
    rest = tuple(replace(p, needs=p.needs[:0]) for p in proposal.explanations[1:])
    html = build_report_html(replace(proposal, explanations=(first, *rest)))
    card = html[html.index('id="p1"') : html.index('id="p2"')]
    assert "没有别的单位可以换到这个村" in card
    assert "得分最高" not in card and "能补哪些短板" not in card


def test_findings_without_a_cell_name_the_row_or_nothing() -> None:
    proposal = make_small(num_findings=1)
    (finding,) = proposal.findings
    places = (Place("a.csv", row=7, column="村 名"), Place())
    found = tuple(replace(finding, place=place) for place in places)
    html = build_report_html(replace(proposal, findings=found))
    assert "第 7 行 “村 名”" in html
    assert '<b><span lang="zh">总体</span>' in html


def test_a_proposal_of_ids_and_points_only() -> None:
    html = build_report_html(make_plain())
    assert "本方案没有村情指标" in html
    assert re.search(r"\d+\.\d{6}", html)
    assert 'class="map"' not in html
    assert 'id="county"' not in html


def test_cards_beyond_the_limit_are_announced() -> None:
    small = make_plain()
    pairs = small.explanations * (MOST_CARDS // len(small.explanations) + 1)
    html = build_report_html(replace(small, explanations=pairs))
    assert html.count('<details class="card"') == MOST_CARDS
    assert f"只列前 {MOST_CARDS} 对" in html
    assert len(Page(html).rows) == len(pairs)


def test_the_map_holds_a_dot_and_two_labels_for_each_located_county() -> None:
    counties = summarise_proposal(make_proposal()).counties
    drawing = draw_map(counties)
    assert drawing is not None
    assert len(drawing.dots) == len(drawing.labels_zh) == len(drawing.labels_en) == 14
    for dot in drawing.dots:
        assert 0 < dot.x < drawing.width and 0 < dot.y < drawing.height
    assert {label.name for label in drawing.labels_zh} == {c.name for c in counties}
    assert draw_map(summarise_proposal(make_plain()).counties) is None


def test_counties_without_coordinates_are_named_below_the_map(hostile: str) -> None:
    assert "没有坐标、未画出的：A&amp;B &lt;合作社&gt;" in hostile


def test_one_county_alone_can_be_drawn() -> None:
    assert 'class="map"' in build_report_html(
        make_proposal(Shape(num_counties=1, villages_per_county=9))
    )
