"""Plans on paper: equal sums everywhere, whole names, no two alike, sound files, same bytes."""

import io
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph
from openpyxl import load_workbook
from tests.plan.synthetic_plans import AWKWARD, RARE, make_inputs, make_plan, read_actions

from pairmatch.domain.plan import PairPlan, Plan
from pairmatch.report.councilagenda import build_agenda
from pairmatch.report.councilpapers import (
    build_bulletin,
    build_county_report,
    build_yearly_report,
)
from pairmatch.report.departmentlists import build_department_list
from pairmatch.report.plandocument import build_plan_document
from pairmatch.report.plandossier import PlanDossier, make_dossier
from pairmatch.report.plannames import name_plan_document
from pairmatch.report.planworkbook import build_plan_workbook
from pairmatch.store.names import map_safe_paths

LINES = ("unit_cash", "in_kind", "village", "department")
PARTS = (
    "结对双方与依据",
    "村情概况",
    "短板清单",
    "单位所长与可用资源",
    "五年目标",
    "帮扶措施",
    "年度实事清单",
    "需部门支持事项",
    "不做什么及原因",
    "进度与节点",
    "风险与后续管护",
    "保障措施",
    "各方意见",
)
NUMERALS = (*"一二三四五六七八九十", "十一", "十二", "十三")
BEARING = PARTS[1:11]
"""The parts that follow from what a village lacks."""


@pytest.fixture(scope="module")
def dossier() -> PlanDossier:
    return make_dossier(make_plan(), make_inputs(), read_actions(), "2", "2026年9月30日")


@pytest.fixture(scope="module")
def awkward() -> PlanDossier:
    inputs = make_inputs(awkward=True)
    return make_dossier(make_plan(6, 3, inputs), inputs, read_actions())


@pytest.fixture(scope="module")
def documents(dossier: PlanDossier) -> dict[str, bytes]:
    return {p.village_id: build_plan_document(dossier, p) for p in dossier.plan.pairs}


def iterate_blocks(content: bytes) -> Iterator[Paragraph | Table]:
    document = Document(io.BytesIO(content))
    for element in document.element.body:
        if element.tag == qn("w:p"):
            yield Paragraph(element, document)
        elif element.tag == qn("w:tbl"):
            yield Table(element, document)


def read_parts(content: bytes) -> dict[str, str]:
    """Return the text of each numbered part, tables and all."""
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for block in iterate_blocks(content):
        if isinstance(block, Paragraph):
            if block.style.name.lower() == "heading 1":
                current = parts.setdefault(block.text.split("、", 1)[1], [])
            current.append(block.text)
        else:
            current += ["|".join(read_row(row)) for row in block.rows]
    return {name: "\n".join(texts) for name, texts in parts.items()}


def read_row(row: object) -> list[str]:
    texts = []
    for cell in row._tr.tc_lst:  # type: ignore[attr-defined]
        texts.append("".join(t.text or "" for t in cell.iter(qn("w:t"))))
    return texts


def list_tables(content: bytes) -> list[list[list[str]]]:
    return [[read_row(row) for row in t.rows] for t in Document(io.BytesIO(content)).tables]


def read_everything(content: bytes) -> str:
    """Return all text of all parts of a document or workbook."""
    texts = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith(".xml"):
                root = ElementTree.fromstring(archive.read(name))  # noqa: S314 -- we wrote it
                texts += [element.text or "" for element in root.iter()]
    return "\n".join(texts)


def add_up(pairs: tuple[PairPlan, ...]) -> dict[tuple[str, int], Decimal]:
    """Return the sums by line and year, in cents, by counting alone."""
    cents: dict[tuple[str, int], int] = {}
    for pair in pairs:
        for action in pair.actions:
            for line in action.money:
                key = (line.line, line.year)
                cents[key] = cents.get(key, 0) + int(line.amount * 100)
    return {key: Decimal(value) / 100 for key, value in cents.items()}


def find_money_table(content: bytes) -> list[list[str]]:
    (found,) = [t for t in list_tables(content) if t[0][0] == "年度" and len(t[0]) == 5]
    return found


def test_every_part_is_there_in_its_order(documents: dict[str, bytes]) -> None:
    for content in documents.values():
        heads = [
            block.text
            for block in iterate_blocks(content)
            if isinstance(block, Paragraph) and block.style.name.lower() == "heading 1"
        ]
        assert heads == [f"{n}、{part}" for n, part in zip(NUMERALS, PARTS, strict=True)]


def test_money_by_year_is_the_same_in_word_as_in_the_plan(
    dossier: PlanDossier, documents: dict[str, bytes]
) -> None:
    for pair in dossier.plan.pairs:
        sums = add_up((pair,))
        *rows, total = find_money_table(documents[pair.village_id])[1:]
        assert [int(row[0]) for row in rows] == list(range(2026, 2031))
        for year, *cells in rows:
            expected = [sums.get((line, int(year)), Decimal(0)) for line in LINES]
            assert [Decimal(cell) for cell in cells] == expected
        for k, line in enumerate(LINES, start=1):
            whole = sum((v for (name, _), v in sums.items() if name == line), Decimal(0))
            assert Decimal(total[k]) == whole == sum(Decimal(row[k]) for row in rows)


def test_money_in_the_table_of_measures_adds_up(
    dossier: PlanDossier, documents: dict[str, bytes]
) -> None:
    for pair in dossier.plan.pairs:
        tables = list_tables(documents[pair.village_id])
        (table,) = [t for t in tables if t[0][0] == "序号" and len(t[0]) == 12]
        rows, total = table[1:-1], table[-1]
        assert len(rows) == len(pair.actions)
        for k in range(4):
            shown = [Decimal(row[4 + k].replace("—", "0")) for row in rows]
            assert sum(shown) == Decimal(total[1 + k])
        for row, action in zip(rows, pair.actions, strict=True):
            cost = sum(Decimal(cell.replace("—", "0")) for cell in row[4:8])
            assert cost == sum(line.amount for line in action.money)


def test_money_is_the_same_in_excel(dossier: PlanDossier) -> None:
    book = load_workbook(io.BytesIO(build_plan_workbook(dossier)))
    pairs = {p.village_id: add_up((p,)) for p in dossier.plan.pairs}
    rows = [r for r in book["分年资金"].iter_rows(values_only=True)]
    seen = 0
    for row in rows:
        if isinstance(row[0], int):
            sums = pairs[row[4]]
            expected = [sums.get((line, row[6]), Decimal(0)) for line in LINES]
            assert [round(Decimal(str(v)), 2) for v in row[7:11]] == expected
            seen += 1
    assert seen == 5 * len(dossier.plan.pairs)
    whole = add_up(dossier.plan.pairs)
    totals = [r for r in rows if r[0] == "合计"]
    for row in totals[:-1]:
        expected = [whole.get((line, int(row[6])), Decimal(0)) for line in LINES]
        assert [round(Decimal(str(v)), 2) for v in row[7:11]] == expected
    for k, line in enumerate(LINES):
        expected = sum((v for (name, _), v in whole.items() if name == line), Decimal(0))
        assert round(Decimal(str(totals[-1][7 + k])), 2) == expected
    departments = [r for r in book["部门任务"].iter_rows(values_only=True) if isinstance(r[1], int)]
    planned = sum(round(Decimal(str(r[2])), 2) for r in departments)
    assert planned == sum((v for (n, _), v in whole.items() if n == "department"), Decimal(0))


def test_sheets_hold_no_formulas_and_are_ready_to_print(awkward: PlanDossier) -> None:
    book = load_workbook(io.BytesIO(build_plan_workbook(awkward)))
    names = ["进度图", "分年资金", "措施明细", "部门任务", "短板与剩余", "未补短板", "说明"]
    assert book.sheetnames == names
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}
    for sheet in book.worksheets[:-1]:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize in {8, 9}
        assert sheet.freeze_panes and sheet.auto_filter.ref and sheet.print_title_rows
        assert "&P" in sheet.oddFooter.right.text


def test_a_quarter_is_dark_exactly_while_an_action_runs(dossier: PlanDossier) -> None:
    sheet = load_workbook(io.BytesIO(build_plan_workbook(dossier)))["进度图"]
    rows = [r for r in sheet.iter_rows(values_only=True) if isinstance(r[0], int)]
    actions = [a for p in dossier.plan.pairs for a in p.actions]
    quarters = [(year, number) for year in range(2026, 2031) for number in range(1, 5)]
    assert len(rows) == len(actions)
    for row, action in zip(rows, actions, strict=True):
        mark = "部" if action.department_id else "单"
        first = (action.start.year, action.start.number)
        last = (action.finish.year, action.finish.number)
        expected = [mark if first <= q <= last else None for q in quarters]
        assert list(row[7:]) == expected


def test_every_character_of_awkward_names_is_there(awkward: PlanDossier) -> None:
    pair = awkward.plan.pairs[0]
    contents = {
        "plan": build_plan_document(awkward, pair),
        "book": build_plan_workbook(awkward),
        "bulletin": build_bulletin(awkward, 2028),
        "county": build_county_report(awkward, pair.county, 2028),
    }
    contents["list"] = build_department_list(
        awkward,
        next(a.department_id for p in awkward.plan.pairs for a in p.actions if a.department_id),
    )
    for name, content in contents.items():
        text = read_everything(content)
        assert AWKWARD in text, name
        assert RARE in text, name
        assert "甲&乙</w:t>镇" in text, name
    assert f"关于{AWKWARD}帮扶" in Document(io.BytesIO(contents["plan"])).core_properties.title


def test_no_two_villages_read_alike(dossier: PlanDossier, documents: dict[str, bytes]) -> None:
    """Parts of villages with different needs differ, whatever names and figures they share."""
    pairs = dossier.plan.pairs[::9]
    texts = {p.village_id: read_parts(documents[p.village_id]) for p in pairs}
    for one, other in combinations(pairs, 2):
        for part in BEARING:
            first, second = (
                re.sub(r"[\d.]+", "", texts[p.village_id][part].replace(name, ""))
                for p, name in ((one, name_of(dossier, one)), (other, name_of(dossier, other)))
            )
            assert first != second, part
        whole = ("\n".join(texts[p.village_id][part] for part in BEARING) for p in (one, other))
        assert SequenceMatcher(None, *map(str.splitlines, whole)).ratio() < 0.45


def name_of(dossier: PlanDossier, pair: PairPlan) -> str:
    return dossier.villages[pair.village_id].name


def test_unknown_figures_are_said_and_are_not_zero(dossier: PlanDossier) -> None:
    inputs = dossier.inputs
    pair = dossier.plan.pairs[0]
    village = replace(dossier.villages[pair.village_id], indicators={}, wishes=())
    unit = replace(dossier.units[pair.unit_id], team_size=None, capabilities={}, industry_codes=())
    needs = tuple(replace(n, is_known=False) for n in pair.needs)
    budgets = tuple(replace(b, low=None, high=None) for b in pair.budgets)
    bare = replace(pair, needs=needs, actions=(), asks=(), budgets=budgets)
    plan = replace(dossier.plan, pairs=(bare,))
    changed = make_dossier(plan, replace(inputs, villages=(village,), units=(unit,)))
    parts = read_parts(build_plan_document(changed, bare))
    assert "村情表还没有填报" in parts["村情概况"]
    assert "总户数、" in parts["村情概况"]
    assert "最想办的事没有填" in parts["短板清单"]
    assert "帮扶团队人数没有填" in parts["单位所长与可用资源"]
    assert "2026|没有填|0.00" in parts["单位所长与可用资源"]
    assert "没有安排措施" in parts["帮扶措施"]
    assert "34个方面（见“短板清单”）" in parts["不做什么及原因"]
    assert "0户" not in parts["村情概况"]


def test_a_reason_of_the_plan_is_told_in_its_words(dossier: PlanDossier) -> None:
    pair = dossier.plan.pairs[0]
    left = next(n for n in pair.needs if n.is_known and n.left > 0)
    told = replace(left, reason="runs.missing_value", params={"key": "造价"})
    changed = replace(pair, needs=tuple(told if n is left else n for n in pair.needs))
    parts = read_parts(build_plan_document(dossier, changed))
    assert "缺少“造价”" in parts["不做什么及原因"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_made_up_data_and_drafts_are_marked_on_every_page(lang: str) -> None:
    inputs = make_inputs(lang=lang)
    dossier = make_dossier(make_plan(2, 5, inputs), inputs, read_actions())
    content = build_plan_document(dossier, dossier.plan.pairs[0])
    document = Document(io.BytesIO(content))
    words = {"zh": ("合成数据", "征求意见稿"), "en": ("Synthetic data", "Draft for comment")}[lang]
    section = document.sections[0]
    for header in (section.header, section.even_page_header):
        text = header.paragraphs[0].text
        assert all(word in text for word in words)
        assert f'string="{words[1]}"' in ElementTree.tostring(
            ElementTree.fromstring(header._element.xml),  # noqa: S314 -- we wrote it
            encoding="unicode",
        )
    for footer in (section.footer, section.even_page_footer):
        assert dossier.plan.digest[:16] in footer.paragraphs[1].text
        assert dossier.plan.run_id[:16] in footer.paragraphs[1].text
    assert document.settings.odd_and_even_pages_header_footer


def test_real_data_are_not_called_made_up() -> None:
    demo = make_inputs()
    section = demo.scenario.scenario.model_copy(update={"synthetic": False})
    inputs = replace(
        demo,
        scenario=demo.scenario.model_copy(update={"scenario": section}),
        villages=tuple(replace(v, synthetic=False) for v in demo.villages),
        units=tuple(replace(u, synthetic=False, name=u.unit_id) for u in demo.units),
    )
    dossier = make_dossier(replace(make_plan(1, 5, inputs), synthetic=False), inputs)
    text = read_everything(build_plan_document(dossier, dossier.plan.pairs[0]))
    assert "合成" not in text and "编造" not in text


def test_the_page_is_that_of_official_papers(documents: dict[str, bytes]) -> None:
    document = Document(io.BytesIO(next(iter(documents.values()))))
    upright, wide, again = document.sections
    assert [round(upright.page_width.mm), round(upright.page_height.mm)] == [210, 297]
    edges = (upright.top_margin, upright.left_margin, upright.right_margin, upright.bottom_margin)
    assert [round(edge.mm) for edge in edges] == [37, 28, 26, 35]
    assert wide.page_width > wide.page_height and again.page_width < again.page_height
    styles = {s.style_id: s for s in document.styles}
    fonts = {
        name: styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))
        for name in ("Title", "Heading1", "Heading2", "Body")
    }
    assert list(fonts.values()) == ["方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312"]
    assert styles["Body"].font.size.pt == 16
    assert styles["Body"].paragraph_format.line_spacing.pt == 28
    for table in document.tables[:-1]:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_tables_are_as_wide_as_their_columns_and_fit_the_page(documents: dict[str, bytes]) -> None:
    for content in list(documents.values())[::20]:
        document = Document(io.BytesIO(content))
        for table in document.tables:
            grid = [int(g.get(qn("w:w"))) for g in table._tbl.tblGrid.findall(qn("w:gridCol"))]
            assert sum(grid) <= round(247 * 56.7) + len(grid)
            for row in table.rows:
                spans = [c.grid_span for c in row._tr.tc_lst]
                assert sum(spans) == len(grid)


def test_files_are_well_formed_and_the_same_again(dossier: PlanDossier) -> None:
    plan = make_plan()
    again = make_dossier(plan, make_inputs(), read_actions(), "2", "2026年9月30日")
    department = dossier.plan.departments[3].department_id
    for build in (
        lambda d: build_plan_document(d, d.plan.pairs[5]),
        build_plan_workbook,
        lambda d: build_department_list(d, department),
        build_agenda,
        lambda d: build_bulletin(d, 2028),
        lambda d: build_yearly_report(d, 2028),
        lambda d: build_county_report(d, "黄骅市", 2030),
    ):
        content = build(dossier)
        assert content == build(again)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
            for name in archive.namelist():
                data = archive.read(name)
                assert b"External" not in data
                if name.endswith((".xml", ".rels")):
                    ElementTree.fromstring(data)  # noqa: S314 -- we wrote it


def test_no_document_ranks_or_adds_up_what_may_not_be(documents: dict[str, bytes]) -> None:
    for content in documents.values():
        text = "\n".join(read_parts(content).values())
        for word in ("最差", "落后", "倒数", "排名", "名列", "{", "}", "None", "plandocs"):
            assert word not in text, word


def test_names_of_files_are_different_and_hold_no_date(dossier: PlanDossier) -> None:
    names = [name_plan_document(dossier, pair) for pair in dossier.plan.pairs]
    assert len(set(names)) == len(names)
    assert all(name.endswith("_第2版.docx") for name in names)
    assert not any("2026" in name or "/" in name for name in names)
    awkward = make_inputs(awkward=True)
    plan = make_plan(4, 1, awkward)
    odd = make_dossier(plan, awkward)
    safe = map_safe_paths(name_plan_document(odd, pair) for pair in plan.pairs)
    assert len(set(safe.values())) == len(plan.pairs)


def test_department_lists_hold_every_action_and_ask_once(dossier: PlanDossier) -> None:
    plan = dossier.plan
    num_planned = num_asked = 0
    for department in plan.departments:
        tables = list_tables(build_department_list(dossier, department.department_id))
        key = department.department_id
        own = [a for p in plan.pairs for a in p.actions if a.department_id == key]
        asks = [a for p in plan.pairs for a in p.asks if a.department_id == key]
        listed = [t for t in tables if t[0][0] == "序号"]
        rows = listed[0][1:] if listed else []
        assert len(rows) == len(own)
        money = sum((Decimal(row[5]) for row in rows), Decimal(0))
        lines = (m.amount for a in own for m in a.money if m.line == "department")
        assert money == sum(lines, Decimal(0))
        asked = [t for t in tables if t[0][0] == "短板"]
        places = sum(len(row[1].split("、")) for t in asked for row in t[1:])
        assert places == len(asks)
        num_planned, num_asked = num_planned + len(rows), num_asked + places
    assert num_planned > 100 and num_asked > 50


def test_the_agenda_names_departments_that_would_carry_too_much(dossier: PlanDossier) -> None:
    entries = tuple(
        replace(e, capacity=Decimal(100)) if e.department_id == "dept_nyncj" else e
        for e in dossier.plan.department_years
    )
    plan = replace(dossier.plan, department_years=entries)
    tables = list_tables(build_agenda(make_dossier(plan, dossier.inputs, read_actions())))
    over = next(t for t in tables if t[0][-1] == "超出（万元）")[1:]
    expected = [
        (e.year, e.planned) for e in entries if e.department_id == "dept_nyncj" and e.planned > 100
    ]
    found = [(int(r[1]), Decimal(r[2])) for r in over if r[0] == "沧州市农业农村局"]
    assert found == expected and expected


@pytest.mark.parametrize("year", [2026, 2028, 2030])
def test_reports_count_what_is_planned_for_the_year(dossier: PlanDossier, year: int) -> None:
    parts = read_parts(build_yearly_report(dossier, year))
    done = [a for p in dossier.plan.pairs for a in p.actions if a.finish.year == year]
    sums = add_up(dossier.plan.pairs)
    assert f"其中{year}年计划完成{len(done)}件" in parts["基本情况"]
    total = parts["各县（市）计划和完成情况"].splitlines()[-1].split("|")
    assert total[:4] == ["合计", "112", str(len(done)), ""]
    assert [Decimal(t) for t in total[4:]] == [sums.get((n, year), Decimal(0)) for n in LINES]
    county = read_parts(build_county_report(dossier, "青县", year))
    own = [p for p in dossier.plan.pairs if p.county == "青县"]
    rows = county["各村计划和完成情况"].splitlines()[2:]
    assert len([r for r in rows if r]) == sum(a.finish.year == year for p in own for a in p.actions)
    assert ("五年总结" in county["下一步安排"]) == (year == 2030)


def make_cycle(plan: Plan, first: int) -> Plan:
    def move(pair: PairPlan) -> PairPlan:
        shift = first - plan.cycle[0]
        actions = tuple(
            replace(
                a,
                start=a.start.shift(4 * shift),
                finish=a.finish.shift(4 * shift),
                money=tuple(replace(m, year=m.year + shift) for m in a.money),
            )
            for a in pair.actions
        )
        budgets = tuple(replace(b, year=b.year + shift) for b in pair.budgets)
        return replace(pair, actions=actions, budgets=budgets)

    return replace(plan, cycle=(first, first + 4), pairs=tuple(move(p) for p in plan.pairs))


def test_a_cycle_that_starts_in_2031(dossier: PlanDossier) -> None:
    plan = make_cycle(dossier.plan, 2031)
    later = make_dossier(plan, dossier.inputs, read_actions())
    table = find_money_table(build_plan_document(later, plan.pairs[0]))
    assert [row[0] for row in table[1:-1]] == ["2031", "2032", "2033", "2034", "2035"]
    assert build_plan_workbook(later)


@pytest.mark.skipif(
    shutil.which("soffice") is None or os.environ.get("ALL_CASES") != "1",
    reason="takes long: ALL_CASES=1, where LibreOffice is installed",
)
def test_documents_open_in_another_office(awkward: PlanDossier, tmp_path: Path) -> None:
    files = {
        "plan.docx": build_plan_document(awkward, awkward.plan.pairs[0]),
        "agenda.docx": build_agenda(awkward),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run(
        [*command, *(str(tmp_path / name) for name in files)],
        check=True,
        capture_output=True,
        timeout=300,
    )
    for name in files:
        assert (tmp_path / name).with_suffix(".pdf").read_bytes().startswith(b"%PDF")
