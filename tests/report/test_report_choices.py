"""What may still be chosen, on the page and in the workbook: no more than the record says."""

import io
import re
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from tests.report.freedoms import (
    add_freedom,
    change_freedom,
    count_choices,
    drop_proof,
    make_free,
    make_free_plain,
    make_free_small,
    make_hostile,
    open_villages,
    set_levels,
    trace_curve,
)
from tests.report.proposals import HOSTILE, make_small
from tests.report.test_html_page import ATTRIBUTES, TAGS, Page

from pairmatch.domain.explanation import Move
from pairmatch.domain.freedom import (
    BlockingPair,
    FairnessPoint,
    Freedom,
    KindScarcity,
    PairFreedom,
    Variant,
)
from pairmatch.domain.proposal import Proposal
from pairmatch.report.charts import Dot, draw_stairs
from pairmatch.report.fairness import MOST_POINTS, FairnessView, view_fairness
from pairmatch.report.freedom import MOST_BLOCKING, MOST_FREE, MOST_KINDS, ChoicesView, view_choices
from pairmatch.report.html import build_report_html
from pairmatch.report.pairs import collect_names, list_rows
from pairmatch.report.wording import Text, clean_text, format_points, format_share_up
from pairmatch.report.workbook import build_pairing_workbook

EMPTY = Freedom()


@pytest.fixture(scope="module")
def free() -> Proposal:
    return make_free()


@pytest.fixture(scope="module")
def small() -> Proposal:
    return make_free_small()


def view(proposal: Proposal) -> ChoicesView:
    names = collect_names(proposal)
    found = view_choices(proposal, list_rows(proposal, names), names)
    assert found is not None
    return found


def view_only(proposal: Proposal, **parts: object) -> ChoicesView:
    """Return the view of a record that has these parts alone."""
    return view(replace(proposal, freedom=replace(EMPTY, **parts)))  # type: ignore[arg-type]


def fairness_of(proposal: Proposal) -> FairnessView:
    found = view_fairness(proposal)
    assert found is not None
    return found


def tell(texts: tuple[Text, ...]) -> str:
    return "".join(text.zh for text in texts)


def cut_section(html: str) -> str:
    start = html.index('<section id="choices">')
    return html[start : html.index("</section>", start)] + "</section>"


def read_text(html: str) -> str:
    return "".join(Page(html).texts)


# --- how many pairs are free


def test_the_first_sentence_counts_the_prices(free: Proposal) -> None:
    counts = view(free).counts
    assert counts[0].zh == (
        "全部 32 对中，有 4 对换掉以后总分不减；有 2 对换掉要减分，但不到 1 分；"
        "有 25 对换掉要减 1 分或更多；有 1 对不能换。"
    )
    assert counts[0].en.startswith("Of all 32 pairs: 4 can be changed at no loss in the total; 2 ")
    assert "定住的有 28 对" in counts[1].zh and counts[1].en.startswith("28 pairs are fixed")
    assert free.freedom is not None
    within = free.freedom.counts[1]
    slack = format_points(within.slack, 100)
    assert counts[2].zh == (
        f"如果允许总分最多减少 {slack} 分（1.0%），定住的就是 {within.num_must} 对，"
        f"另有 {within.num_may} 种单位和村的搭配可选可不选。"
    )
    assert "要另算" in counts[3].zh


def test_classes_without_pairs_are_not_told(small: Proposal) -> None:
    pair = small.explanations[0]
    told = view_only(small, pairs=(PairFreedom(pair.unit_id, pair.village_id, 0),)).counts
    assert told[0].zh == "全部 6 对中，有 1 对换掉以后总分不减。"


def test_counts_alone_say_what_they_know(small: Proposal) -> None:
    counts = (count_choices(small, 0, 4), count_choices(small, 50, 2))
    told = tell(view_only(small, counts=counts).counts)
    assert "有 2 对换掉以后总分不减；有 4 对换掉后总分要减少，或者不能换。定住的有 4 对" in told
    assert "最多减少 0.50 分（" in told and "定住的就是 2 对，另有 4 种" in told
    later = replace(small, freedom=replace(EMPTY, counts=counts[1:]))
    assert view_choices(later, (), collect_names(later)) is None


def test_a_total_of_nothing_has_no_shares(small: Proposal) -> None:
    poor = replace(small, matching=replace(small.matching, total=0))
    assert "%" not in "".join(text.zh for text in view(poor).counts)
    (told,) = view_only(poor, variants=(Variant(1, -250),)).variants
    assert told.zh == "换掉至少 1 对，总分最高仍有 −2.50 分，比本方案少 2.50 分。"


# --- which pairs are free


def test_the_freest_pairs_are_listed_and_the_others_counted(free: Proposal) -> None:
    seen = view(free)
    assert free.freedom is not None and len(seen.pairs) == MOST_FREE
    for shown, pair in zip(seen.pairs, free.freedom.pairs, strict=False):
        explained = shown.row.explanation
        assert (explained.unit_id, explained.village_id) == (pair.unit_id, pair.village_id)
        assert shown.price == pair.banning_price
        assert shown.loss.zh == (f"{format_points(shown.price, 100)} 分" if shown.price else "0 分")
    assert seen.other_pairs[0].zh == (
        "还有 16 对也能换，没有列出；换掉其中一对，总分减少 26.00 分到 30.75 分。"
    )
    assert "不能换的有 1 对" in seen.other_pairs[1].zh


def test_a_rest_of_one_price_has_no_range(free: Proposal) -> None:
    assert free.freedom is not None
    pairs = tuple(replace(pair, banning_price=100) for pair in free.freedom.pairs)
    (told,) = view(change_freedom(free, pairs=pairs)).other_pairs
    assert told.zh == "还有 17 对也能换，没有列出；换掉其中一对，总分减少 1.00 分。"


def test_who_moves_is_told_and_long_chains_are_counted(small: Proposal) -> None:
    names = collect_names(small)
    pair, other = small.explanations[:2]
    assert small.freedom is not None
    first, *rest = small.freedom.pairs
    chain = (
        Move(pair.unit_id, pair.village_id, ""),
        Move(other.unit_id, other.village_id, pair.village_id),
        Move("x0", "", other.village_id),
    )
    told = view(change_freedom(small, pairs=(replace(first, moves=chain), *rest))).pairs
    unit, village = names.units[pair.unit_id], names.villages[pair.village_id]
    assert told[0].moves.zh == (
        f"{unit}不再帮扶{village}，暂不安排，{names.units[other.unit_id]}改帮{village}，"
        f"{names.units['x0']}（原未安排）帮扶{names.villages[other.village_id]}"
    )
    long = view(change_freedom(small, pairs=(replace(first, moves=chain * 3), *rest))).pairs
    assert long[0].moves.zh.endswith("，等等，一共 9 处变动")
    assert long[0].moves.zh.count("不再帮扶") == 2
    none = view(change_freedom(small, pairs=(replace(first, moves=()), *rest))).pairs
    assert none[0].moves.zh == "—"


def test_pairs_that_nobody_can_do_without_are_only_counted(small: Proposal) -> None:
    assert small.freedom is not None
    pairs = tuple(replace(p, banning_price=None, moves=()) for p in small.freedom.pairs)
    proposal = replace(small, freedom=replace(EMPTY, pairs=pairs))
    section = cut_section(build_report_html(proposal))
    assert "不能换的有 6 对" in section and "<table" not in section


# --- which kinds are scarce


def test_the_scarcest_kind_is_told_beside_the_least_scarce(free: Proposal) -> None:
    seen = view(free)
    assert free.freedom is not None and seen.kinds_told is not None
    units = collect_names(free).units
    like = units[free.freedom.kinds[0].unit_id]
    assert seen.kinds_told.zh == (
        f"再来一家像“{like}”这样的单位（医院类），总分加 1.40 分；再来一家银行类，总分加 0 分。"
    )
    assert [k.bar.covered for k in seen.kinds] == [100, 2, 0]
    assert [k.told.zh for k in seen.kinds][1] == "总分加 0.03 分"


@pytest.mark.parametrize(
    ("gain", "raises", "told"),
    [
        (140, False, "总分加 1.40 分"),
        (0, False, "总分加 0 分"),
        (None, False, "总分变化多少，要重新算一次才知道"),
        (140, True, "还能多结成一对，总分加 1.40 分"),
        (-40, True, "还能多结成一对，总分减 0.40 分"),
        (None, True, "还能多结成一对，总分变化多少，要重新算一次才知道"),
    ],
)
def test_a_gain_is_told_as_it_is(
    small: Proposal, gain: int | None, raises: bool, told: str
) -> None:
    kind = KindScarcity("医院", "hospital", 3, small.explanations[0].unit_id, gain, raises)
    (shown,) = view_only(small, kinds=(kind,)).kinds
    assert shown.told.zh == told
    assert shown.bar.covered == (100 if gain and gain > 0 else 0)


def test_other_goals_that_come_first_are_named(small: Proposal) -> None:
    kind = KindScarcity("医院", "hospital", 3, small.explanations[0].unit_id, 5, True)
    proposal = set_levels(small, "num_matched", "kept", "total")
    (shown,) = view_only(proposal, kinds=(kind,)).kinds
    assert shown.told.zh == (
        "排在前面的目标（结成的对子最多；上一轮的对子尽量保留）也会更好，总分加 0.05 分"
    )


def test_kinds_beyond_the_limit_are_counted(small: Proposal) -> None:
    unit = small.explanations[0].unit_id
    kinds = tuple(KindScarcity(f"类{k}", f"kind {k}", k, unit, 99 - k) for k in range(20))
    seen = view_only(small, kinds=kinds)
    assert len(seen.kinds) == MOST_KINDS
    assert seen.more_kinds is not None and seen.more_kinds.zh == "还有 5 类没有列出。"
    assert seen.kinds_told is not None and "再来一家类19类" in seen.kinds_told.zh


# --- the price of fairness


def test_the_curve_begins_at_the_proposal_and_its_sentences_are_its_points(free: Proposal) -> None:
    seen = fairness_of(free)
    own = min(pair.points for pair in free.explanations)
    before, total = format_points(own, 100), format_points(free.matching.total - 30, 100)
    share = format_share_up(30, free.matching.total)
    assert seen.sentences[0].zh == (
        f"把得分最低的村从 {before} 分提到 {format_points(own + 590, 100)} 分，"
        f"总分减少 0.30 分（{share}），要改动 3 对。"
    )
    assert "总分减少 40.00 分" in seen.sentences[1].zh and "要改动 9 对" in seen.sentences[1].zh
    assert [row.is_own for row in seen.rows] == [True, False, False, False]
    assert [row.loss for row in seen.rows] == [0, 30, 1230, 4000]
    assert (seen.rows[1].total, seen.more) == (total, None)
    assert seen.drawing is not None and len(seen.drawing.dots) == 3
    assert seen.x_labels == (before, format_points(own + 3 * 590, 100))
    assert seen.y_labels[1] == format_points(free.matching.total, 100)


def test_long_curves_are_thinned_in_the_table_and_drawn_whole(free: Proposal) -> None:
    curve = trace_curve(free, [k * k for k in range(1, 40)])
    seen = fairness_of(change_freedom(free, fairness=curve))
    assert len(seen.rows) == 40 and len(seen.listed) == MOST_POINTS
    assert (seen.listed[0], seen.listed[-1]) == (seen.rows[0], seen.rows[-1])
    assert seen.more is not None and "图上还有 30 种安排" in seen.more.zh
    assert seen.drawing is not None and seen.drawing.path.count("V") == 39
    assert (len(seen.drawing.dots), seen.drawing.radius) == (39, 3)


@pytest.mark.parametrize("own", [True, False])
def test_a_fairer_pairing_of_the_same_total_costs_nothing(small: Proposal, own: bool) -> None:
    curve = trace_curve(small, (0, 50))
    seen = fairness_of(change_freedom(small, fairness=curve[not own :]))
    assert "总分不减，要改动 3 对" in seen.sentences[0].zh
    assert [row.is_own for row in seen.rows] == [True, False, False]
    # The line begins at the proposal, whether the record holds its own point or not.
    assert seen.drawing is not None and seen.drawing.path.startswith(
        f"M {seen.drawing.mark.x} {seen.drawing.mark.y} "
    )


def test_where_nothing_is_fairer_it_says_so_and_draws_nothing(small: Proposal) -> None:
    proposal = replace(small, freedom=replace(EMPTY, fairness=trace_curve(small, ())))
    (told,) = fairness_of(proposal).sentences
    worst = format_points(min(pair.points for pair in small.explanations), 100)
    assert told.zh == f"得分最低的村是 {worst} 分。排在前面的目标不变，就不能再高了。"
    section = cut_section(build_report_html(proposal))
    assert told.zh in section and "<svg" not in section and "<table" not in section


def test_a_proposal_that_gave_up_total_for_fairness_stands_where_it_is(small: Proposal) -> None:
    own = trace_curve(small, ())[0]
    curve = (
        FairnessPoint(own.worst - 100, own.total + 70, 2),
        FairnessPoint(own.worst, own.total, 0),
    )
    seen = fairness_of(change_freedom(small, fairness=curve))
    assert "不能再高了" in seen.sentences[0].zh and len(seen.sentences) == 1
    assert [row.change.zh for row in seen.rows[1:]] == ["增加 0.70 分"]
    assert seen.rows[1].sentence is None
    assert seen.drawing is not None and seen.drawing.anchor == "end"
    assert len(seen.drawing.dots) == 1


def test_a_lone_mark_is_not_on_the_line() -> None:
    drawing = draw_stairs([(0, 10), (5, 0)], (2, 2), 3)
    assert drawing.mark not in drawing.dots and len(drawing.dots) == 2
    assert drawing.path == f"M {drawing.dots[0].x} {drawing.dots[0].y}" + (
        f" V {drawing.dots[1].y} H {drawing.dots[1].x}"
    )


def test_equal_values_are_drawn_in_the_middle_and_labelled_once(small: Proposal) -> None:
    own = trace_curve(small, ())[0]
    curve = (own, FairnessPoint(own.worst + 100, own.total, 1))
    seen = fairness_of(change_freedom(small, fairness=curve))
    assert seen.y_labels == ("", format_points(own.total, 100))
    assert seen.drawing is not None and seen.drawing.dots == (
        Dot(seen.drawing.right, seen.drawing.mark.y),
    )


def test_where_villages_may_have_two_units_the_least_is_of_a_pair(small: Proposal) -> None:
    seen = fairness_of(open_villages(small))
    assert "把得分最低的对子从" in seen.sentences[0].zh
    assert "least score of a pair" in seen.sentences[0].en


def test_without_pairs_there_is_no_curve(small: Proposal) -> None:
    assert view_fairness(replace(small, explanations=())) is None


# --- quite different pairings


def test_pairs_that_suit_both_sides_are_told_with_what_they_have(free: Proposal) -> None:
    names, seen = collect_names(free), view(free)
    listed = free.freedom.blocking  # type: ignore[union-attr]
    assert len(listed) > MOST_BLOCKING == len(seen.blocking)
    for pair, shown in zip(listed, seen.blocking, strict=False):
        assert (shown.unit, shown.village) == (
            names.units[pair.unit_id],
            names.villages[pair.village_id],
        )
        assert shown.present_unit.zh == names.units[pair.present_unit_id or ""]
    first, more = seen.blocking_told
    assert f"有 {len(listed)} 对" in first.zh and f"其中 {len(listed) - 1} 对" in first.zh
    assert str(len(listed) - MOST_BLOCKING) in more.zh
    lonely = BlockingPair(listed[0].unit_id, listed[0].village_id, None, None)
    (alone,) = view_only(free, blocking=(lonely,)).blocking
    assert alone.present_unit.zh == alone.present_village.zh == "（没有）"


def test_variants_are_told_with_their_loss(free: Proposal) -> None:
    same, less = view(free).variants
    total = free.matching.total
    assert same.zh == f"换掉至少 2 对，总分最高仍有 {format_points(total, 100)} 分，和本方案一样。"
    loss = total * 3 // 1000 - 1
    assert less.zh == (
        f"换掉至少 4 对，总分最高仍有 {format_points(total - loss, 100)} 分，"
        f"比本方案少 {format_points(loss, 100)} 分（0.3%）。"
    )
    (more,) = view_only(free, variants=(Variant(5, total + 7),)).variants
    assert more.zh.endswith("分，比本方案多 0.07 分。")


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [(0, 9, "0.0%"), (1, 10**9, "0.1%"), (2, 1000, "0.2%"), (201, 10**5, "0.3%"), (5, 4, "125.0%")],
)
def test_shares_of_a_loss_are_rounded_up(part: int, whole: int, share: str) -> None:
    assert format_share_up(part, whole) == share


# --- prices in another sum than the total


@pytest.mark.parametrize(
    ("levels", "what"),
    [(("num_matched",), "结成的对子"), (("num_matched", "total", "kept"), "保留的上一轮对子")],
)
def test_lost_pairs_are_not_told_as_points(
    small: Proposal, levels: tuple[str, ...], what: str
) -> None:
    proposal = set_levels(small, *levels)
    pairs = tuple(
        PairFreedom(p.unit_id, p.village_id, price)
        for p, price in zip(small.explanations, (0, 0, 1, 1, 2, None), strict=True)
    )
    kind = KindScarcity("医院", "hospital", 3, pairs[0].unit_id, 1)
    proposal = change_freedom(
        proposal, pairs=pairs, counts=(count_choices(small, 2, 1),), kinds=(kind,)
    )
    seen = view(proposal)
    assert seen.counts[0].zh == (
        f"全部 6 对中，有 2 对换掉以后{what}不减；有 3 对换掉后{what}要减少；有 1 对不能换。"
    )
    assert f"如果允许{what}最多减少 2 对，定住的就是 1 对" in seen.counts[2].zh
    assert [pair.loss.zh for pair in seen.pairs] == ["0 对", "0 对", "1 对", "1 对", "2 对"]
    assert seen.kinds[0].told.zh == f"{what}加 1 对"
    assert "最好的安排总分是" in seen.variants[0].zh and "最高" not in tell(seen.variants)
    rows = read_sheet(build_pairing_workbook(proposal))
    assert [row[3] for row in find_table(rows, "帮扶单位")] == [0, 0, 1, 1, 2]


# --- the page


def test_the_section_stands_after_the_result(free: Proposal) -> None:
    html = build_report_html(free)
    assert html.index('id="summary"') < html.index('id="choices"') < html.index('id="coverage"')
    assert 'href="#choices"' in html
    section = cut_section(html)
    assert section.count("<h3>") == 6
    assert re.findall(r"<h3><span lang=\"zh\">(.*?)</span>", section) == [
        "最好商量的对子",
        "哪类单位最缺",
        "照顾得分最低的村，要多少代价",
        "换掉一大批，还能有多好",
        "双方都更合意的对子（只作参考）",
        "还想问别的",
    ]
    text = read_text(section)
    for option in ("--lock 单位=村", "--ban 单位=村", "--without 单位", "--fewest-changes"):
        assert f"{option}" in text
    assert "pairmatch whatif RUN" in text and "--lock UNIT=VILLAGE" in text


def test_tables_and_drawing_can_be_read_aloud(free: Proposal) -> None:
    page = Page(cut_section(build_report_html(free)))
    heads = [attributes for tag, attributes in page.tags if tag == "th"]
    assert len(heads) > 20 and all(h["scope"] in {"col", "row"} for h in heads)
    (drawing,) = [a for tag, a in page.tags if tag == "svg" and a.get("role") == "img"]
    (note,) = [a for tag, a in page.tags if tag == "figcaption"]
    assert drawing["aria-labelledby"] == note["id"]
    others = [a for tag, a in page.tags if tag == "svg" and a.get("role") != "img"]
    assert all(a["aria-hidden"] == "true" for a in others)


def test_villages_link_to_their_cards_where_there_are_any(small: Proposal) -> None:
    section = cut_section(build_report_html(small))
    assert re.findall(r'href="#p(\d+)"', section) == ["1", "2", "3", "4", "5"]


PARTS = {
    "pairs": "最好商量的对子",
    "counts": "定住的",
    "kinds": "哪类单位最缺",
    "fairness": "照顾得分最低的村",
    "variants": "换掉一大批",
    "blocking": "双方都更合意",
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_was_not_measured_is_left_out(small: Proposal, part: str) -> None:
    proposal = change_freedom(small, **{part: ()})
    if part == "counts":  # they are told of the prices, too
        proposal = change_freedom(proposal, pairs=())
    section = cut_section(build_report_html(proposal))
    for name, told in PARTS.items():
        gone = name == part or (part == "counts" and name == "pairs")
        assert (told in section) is not gone, name
    text = "".join(
        str(cell) for row in read_sheet(build_pairing_workbook(proposal)) for cell in row
    )
    assert PARTS[part] not in text


@pytest.mark.parametrize("freedom", [None, EMPTY])
def test_without_a_record_nothing_is_said(freedom: Freedom | None) -> None:
    proposal = replace(make_small(), freedom=freedom)
    html = build_report_html(proposal)
    assert "choices" not in html[html.index("<body>") :]
    content = build_pairing_workbook(proposal)
    assert "商量余地" not in load_workbook(io.BytesIO(content)).sheetnames


def test_prices_on_request_are_told_in_one_sentence(small: Proposal) -> None:
    proposal = drop_proof(small)
    assert proposal.matching.status == "bounded"
    section = cut_section(build_report_html(proposal))
    assert section.count("<p") == 1 and "<h3" not in section and "<table" not in section
    assert "pairmatch whatif RUN --lock 单位=村" in section
    book = load_workbook(io.BytesIO(build_pairing_workbook(proposal)))
    assert "商量余地" not in book.sheetnames
    notes = [str(row[0].value) for row in book["说明"].iter_rows()]
    at = notes.index("可以商量的余地")
    assert "pairmatch whatif RUN --lock 单位=村" in notes[at + 1]


def test_a_search_may_still_know_the_price_of_fairness(small: Proposal) -> None:
    parts = replace(EMPTY, fairness=trace_curve(small, (30,)))
    section = cut_section(build_report_html(replace(drop_proof(small), freedom=parts)))
    assert "照顾得分最低的村" in section and "没有事先算出" not in section


def test_ids_and_points_alone_will_do() -> None:
    proposal = make_free_plain()
    section = cut_section(build_report_html(proposal))
    assert "县（市、区）" not in section
    assert "0.400000 分" in section and proposal.explanations[0].unit_id in section
    rows = read_sheet(build_pairing_workbook(proposal))
    assert [row[3] for row in find_table(rows, "帮扶单位")] == [0, 0, 0, 0, 0.4]


def test_hostile_names_are_shown_literally() -> None:
    proposal = make_hostile()
    html = build_report_html(proposal)
    page = Page(html)
    assert {tag for tag, _ in page.tags} <= set(TAGS.split())
    assert {name for _, attributes in page.tags for name in attributes} <= set(ATTRIBUTES.split())
    text = read_text(cut_section(html))
    for name in HOSTILE:
        assert clean_text(name) in text
    book = load_workbook(io.BytesIO(build_pairing_workbook(proposal)))["商量余地"]
    cells = [cell for row in book.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    labels = {str(cell.value) for cell in cells}
    assert {clean_text(name) for name in HOSTILE} <= labels


# --- the workbook


def read_sheet(content: bytes, name: str = "商量余地") -> list[tuple[object, ...]]:
    return list(load_workbook(io.BytesIO(content))[name].iter_rows(values_only=True))


def find_table(rows: list[tuple[object, ...]], first: str) -> list[tuple[object, ...]]:
    """Return the lines below the heading that begins so, as long as they are full."""
    at = next(k for k, row in enumerate(rows) if row[0] == first)
    table = []
    for row in rows[at + 1 :]:
        if row[1] is None:
            break
        table.append(row)
    return table


def test_the_sheet_holds_the_figures_of_the_record_as_numbers(free: Proposal) -> None:
    assert free.freedom is not None
    content = build_pairing_workbook(free)
    rows, names = read_sheet(content), collect_names(free)
    shown = view(free)
    assert find_table(rows, "帮扶单位") == [
        (p.row.unit_name, p.row.village_name, p.row.county.zh, p.price / 100, p.moves.zh)
        for p in shown.pairs
    ]
    assert find_table(rows, "类别") == [
        (k.label_zh, names.units[k.unit_id], k.num_units, (k.gain or 0) / 100, told.told.zh)
        for k, told in zip(free.freedom.kinds, shown.kinds, strict=True)
    ]
    table = find_table(rows, "得分最低的村")
    assert [row[:4] for row in table] == [
        (p.worst / 100, p.total / 100, (free.matching.total - p.total) / 100, p.num_changes)
        for p in free.freedom.fairness
    ]
    assert table[0][4] == "本方案" and "要改动 3 对" in str(table[1][4])
    text = {str(row[0]) for row in rows}
    for sentence in (*shown.counts, *shown.other_pairs, *shown.variants):
        assert sentence.zh in text


def test_long_curves_are_in_the_sheet_from_end_to_end(small: Proposal) -> None:
    curve = trace_curve(small, range(1, 31))
    unit = small.explanations[0].unit_id
    kind = KindScarcity("医院", "hospital", 3, unit, None, True)
    proposal = change_freedom(small, fairness=curve, kinds=(kind,) * (MOST_KINDS + 1))
    rows = read_sheet(build_pairing_workbook(proposal))
    assert len(find_table(rows, "得分最低的村")) == 31
    assert {row[3] for row in find_table(rows, "类别")} == {"—"}
    assert ("还有 1 类没有列出。", None, None, None, None) in rows


def test_a_sheet_without_a_curve_to_show_has_the_sentence(small: Proposal) -> None:
    own = trace_curve(small, ())
    rows = read_sheet(build_pairing_workbook(change_freedom(small, fairness=own)))
    assert any("就不能再高了" in str(row[0]) for row in rows)
    less = (FairnessPoint(own[0].worst - 1, own[0].total + 1, 1), *own)
    rows = read_sheet(build_pairing_workbook(change_freedom(small, fairness=less)))
    assert any("就不能再高了" in str(row[0]) for row in rows)
    assert not find_table(rows, "得分最低的村")[1][4]


def test_the_sheet_is_ready_to_print_and_in_the_language_of_the_scenario() -> None:
    book = load_workbook(io.BytesIO(build_pairing_workbook(make_free_small(lang="en"))))
    assert book.sheetnames[-2:] == ["Choices", "Notes"]
    sheet = book["Choices"]
    assert (sheet["A1"].value, sheet.page_setup.paperSize) == ("What may still be chosen", 9)
    assert sheet.page_setup.orientation == "landscape"
    assert sheet["A2"].value == "Synthetic data, for demonstration only"
    assert "would add 1.40 points to the total" in "".join(
        str(cell.value) for row in sheet.iter_rows() for cell in row
    )


def test_a_county_that_is_called_like_the_sheet_gets_another_name(small: Proposal) -> None:
    inputs = small.inputs
    first, *rest = inputs.counties
    villages = tuple(
        replace(v, county="商量余地") if v.county == first.name else v for v in inputs.villages
    )
    counties = (replace(first, name="商量余地"), *rest)
    changed = replace(small, inputs=replace(inputs, villages=villages, counties=counties))
    names = load_workbook(io.BytesIO(build_pairing_workbook(changed))).sheetnames
    assert "商量余地" in names and "商量余地 (2)" in names


def test_the_same_record_gives_the_same_bytes(small: Proposal) -> None:
    again = add_freedom(make_small())
    assert build_report_html(small) == build_report_html(again)
    assert build_pairing_workbook(small) == build_pairing_workbook(again)
