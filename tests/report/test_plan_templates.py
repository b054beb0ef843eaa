"""Templates of counties: what they may say comes out in full, everything else is refused, named."""

import io
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.synthetic_plans import AWKWARD, RARE, make_inputs, make_plan, read_actions

from pairmatch.errors import BadInputError
from pairmatch.report.plandossier import PlanDossier, make_dossier
from pairmatch.report.planfields import FIELDS, make_fields
from pairmatch.report.plantemplates import check_template, render_template
from pairmatch.report.templatearchives import MAX_BYTES, MAX_PART_BYTES
from pairmatch.report.worddocument import Paragraph, Section, Table, make_table
from pairmatch.report.wordpackage import Furniture, build_docx


def make_template(*texts: str, table: Table | None = None, header: str = "") -> bytes:
    blocks = [Paragraph(text) for text in texts] + ([table] if table else [])
    return build_docx([Section(tuple(blocks))], Furniture("模板", header, "", ""))


def change_parts(content: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            data = changes.get(name, old.read(name) if name in old.namelist() else None)
            if data is not None:
                new.writestr(name, data)
    return stream.getvalue()


def replace_in(content: bytes, part: str, old: str, new: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read(part).decode()
    assert old in text
    return change_parts(content, {part: text.replace(old, new).encode()})


def read_text(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    texts = [p.text for p in document.paragraphs]
    texts += [c.text for t in document.tables for row in t.rows for c in row.cells]
    texts += [p.text for s in document.sections for p in s.header.paragraphs]
    return "\n".join(texts)


@pytest.fixture(scope="module")
def dossier() -> PlanDossier:
    inputs = make_inputs(awkward=True)
    return make_dossier(make_plan(3, 4, inputs), inputs, read_actions())


@pytest.fixture(scope="module")
def fields(dossier: PlanDossier) -> dict[str, Any]:
    return make_fields(dossier, dossier.plan.pairs[0])


MEASURES = make_table(
    (20, 60, 60),
    ("序号", "措施", "单位资金"),
    [
        ("{%tr for m in 帮扶措施 %}", "", ""),
        ("{{ m.序号 }}", "{{ m.name }}", "{{ m.单位资金 }}"),
        ("{%tr endfor %}", "", ""),
    ],
)


def test_a_county_writes_its_plan_in_chinese_or_english(fields: dict[str, Any]) -> None:
    template = make_template(
        "{{ 单位名称 }}帮{{ village_name }}，{{单位资金合计}}万元",
        "{%p for r in 风险 %}",
        "{{ loop.index }}. {{ r.内容 }}",
        "{%p endfor %}",
        "{% if 合成数据 %}注意：{{ synthetic }}{% endif %}",
        table=MEASURES,
        header="{{ 标题 }}",
    )
    assert check_template(template) == ()
    content = render_template(template, fields)
    text = read_text(content)
    assert f"{AWKWARD}帮{RARE}，{fields['total_unit_cash']}万元" in text
    assert str(fields["title"]) in text
    assert "注意：合成数据，仅供演示" in text
    for k, risk in enumerate(fields["risks"], 1):
        assert f"{k}. {risk['text']}" in text
    table = Document(io.BytesIO(content)).tables[0]
    assert [[c.text for c in row.cells] for row in table.rows[1:]] == [
        [m["number"], m["name"], m["unit_cash"]] for m in fields["measures"]
    ]
    assert content == render_template(template, fields)


def test_tags_cut_into_runs_by_the_word_processor_are_made_whole(fields: dict[str, Any]) -> None:
    template = make_template("{{ village_name }}村的方案")
    cut = '{{ village</w:t></w:r><w:r><w:t xml:space="preserve">_name }'
    cut += "</w:t></w:r><w:r><w:t>}"
    template = replace_in(template, "word/document.xml", "{{ village_name }}", cut)
    assert check_template(template) == ()
    assert f"{RARE}村的方案" in read_text(render_template(template, fields))


@pytest.mark.parametrize(
    "name",
    ["{{7*7}}", "</w:t></w:p>", "{% for x in y %}", "a&b<c>\"d'", "甲\x08乙\u202e丙", "𠮷😀"],
)
def test_names_are_shown_as_they_are(dossier: PlanDossier, name: str) -> None:
    from pairmatch.report.wording import clean_text

    village = replace(next(iter(dossier.inputs.villages)), name=name)
    inputs = replace(dossier.inputs, villages=(village,))
    plan = dossier.plan
    pair = replace(plan.pairs[0], village_id=village.village_id)
    changed = make_dossier(replace(plan, pairs=(pair,)), inputs, read_actions())
    content = render_template(make_template("村名：{{ 村名 }}。"), make_fields(changed, pair))
    assert f"村名：{clean_text(name)}。" in read_text(content)


NESTED = "{% for a in 风险 %}" * 3 + "x" + "{% endfor %}" * 3
FORBIDDEN = {
    "{{ village_nmae }}": "planfiles.template_unknown_close",
    "{{ xyz }}": "planfiles.template_unknown",
    "{% for m in 帮扶措施 %}{{ m.xyz }}{% endfor %}": "planfiles.template_unknown",
    "{{ village_name.__class__ }}": "planfiles.template_unknown",
    "{{ ''.__class__.__mro__ }}": "planfiles.template_forbidden",
    "{{ village_name['__class__'] }}": "planfiles.template_unknown",
    "{{ village_name|attr('__class__') }}": "planfiles.template_forbidden",
    "{{ self }}": "planfiles.template_unknown",
    "{{ self.__init__.__globals__ }}": "planfiles.template_unknown",
    "{{ cycler.__init__.__globals__ }}": "planfiles.template_unknown",
    "{{ loop }}": "planfiles.template_unknown",
    "{% for i in range(999999999) %}x{% endfor %}": "planfiles.template_forbidden",
    "{% for i in '长' * 999999999 %}x{% endfor %}": "planfiles.template_forbidden",
    "{{ '长' * 999999999 }}": "planfiles.template_forbidden",
    "{{ 9 ** 999999999 }}": "planfiles.template_forbidden",
    "{{ village_name.format(1) }}": "planfiles.template_forbidden",
    "{{ '%99999999d'|format(1) }}": "planfiles.template_forbidden",
    "{{ village_name|center(99999999) }}": "planfiles.template_forbidden",
    "{{ village_name|safe }}": "planfiles.template_forbidden",
    "{% set a = 'xx' %}": "planfiles.template_forbidden",
    "{% macro f() %}{{ f() }}{% endmacro %}": "planfiles.template_forbidden",
    "{% include '/etc/passwd' %}": "planfiles.template_forbidden",
    "{% import 'os' as os %}": "planfiles.template_forbidden",
    "{% extends 'x' %}": "planfiles.template_forbidden",
    "{% block a %}{% endblock %}": "planfiles.template_forbidden",
    "{% autoescape false %}{{ village_name }}{% endautoescape %}": "planfiles.template_forbidden",
    "{% filter upper %}x{% endfilter %}": "planfiles.template_forbidden",
    "{% with a = 1 %}{% endwith %}": "planfiles.template_forbidden",
    "{% call x() %}{% endcall %}": "planfiles.template_forbidden",
    "{% for m in 村名 %}x{% endfor %}": "planfiles.template_no_list",
    "{% for m in 风险 %}{% for y in m %}x{% endfor %}{% endfor %}": "planfiles.template_no_list",
    "{{ 帮扶措施 }}": "planfiles.template_is_list",
    "{{ 帮扶措施[0].name }}": "planfiles.template_unknown",
    NESTED: "planfiles.template_too_deep",
    "{% for m in 帮扶措施 recursive %}x{% endfor %}": "planfiles.template_forbidden",
    "{{ 村名": "planfiles.template_syntax",
    "{% for m in 帮扶措施 %}": "planfiles.template_syntax",
    "{% if %}": "planfiles.template_syntax",
    "{{ 村名 }} {% vm %}": "planfiles.template_forbidden",
    "{{r 村名 }}": "planfiles.template_forbidden",
}


@pytest.mark.parametrize(("text", "code"), FORBIDDEN.items(), ids=range(len(FORBIDDEN)))
def test_what_a_template_may_not_say(text: str, code: str, fields: dict[str, Any]) -> None:
    template = make_template("前文", text)
    codes = {finding.code for finding in check_template(template, file="县.docx")}
    assert codes == {code}
    with pytest.raises(BadInputError) as caught:
        render_template(template, fields, file="县.docx")
    assert caught.value.findings == check_template(template, file="县.docx")


def test_all_faults_are_told_at_once_with_their_parts() -> None:
    template = make_template("{{ a }}{{ b }}", header="{{ c }}")
    found = {(f.place.sheet, f.params["field"]) for f in check_template(template, file="县.docx")}
    assert {
        ("word/document.xml", "a"),
        ("word/document.xml", "b"),
        ("word/header1.xml", "c"),
    } <= found


def test_long_outputs_are_refused_before_they_are_made(fields: dict[str, Any]) -> None:
    page = "长" * 20_000
    loop = "{% for a in 风险 %}{% for b in 短板清单 %}" + page + "{% endfor %}{% endfor %}"
    template = make_template(loop)
    start = time.process_time()
    assert {f.code for f in check_template(template)} == {"planfiles.template_too_long"}
    many = {**fields, "risks": [{"text": "x"}] * 3_000, "shortfalls": fields["shortfalls"]}
    with pytest.raises(BadInputError):
        render_template(make_template("{% for a in 风险 %}" + page + "{% endfor %}"), many)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "text", ["{{" * 300_000, "{%" * 300_000, "{" * 600_000, "{# " * 200_000, "{{a}}" * 100_000]
)
def test_braces_without_end_take_no_time(text: str) -> None:
    start = time.process_time()
    check_template(make_template(text))
    assert time.process_time() - start < 5


SAMPLE = make_template("{{ 村名 }}")
RELATION = '<Relationship Id="rId99" Type="{kind}" Target="{target}" {mode}/></Relationships>'
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def relate(kind: str, target: str, mode: str = "") -> bytes:
    part = "word/_rels/document.xml.rels"
    relation = RELATION.format(kind=KIND + kind, target=target, mode=mode)
    return replace_in(SAMPLE, part, "</Relationships>", relation)


FILES = {
    "broken zip": (SAMPLE[:-200], "planfiles.template_damaged"),
    "not a zip": (b"hello", "planfiles.template_damaged"),
    "empty": (b"", "planfiles.template_damaged"),
    "old or protected": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "planfiles.template_old",
    ),
    "a workbook": (
        change_parts(SAMPLE, {"word/document.xml": None, "xl/workbook.xml": b"<a/>"}),
        "planfiles.template_not_docx",
    ),
    "macros": (
        replace_in(
            SAMPLE,
            "[Content_Types].xml",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            "application/vnd.ms-word.document.macroEnabled.main+xml",
        ),
        "planfiles.template_macros",
    ),
    "macro part": (
        change_parts(SAMPLE, {"word/vbaProject.bin": b"x"}),
        "planfiles.template_macros",
    ),
    "embedded": (
        change_parts(SAMPLE, {"word/embeddings/oleObject1.bin": b"x"}),
        "planfiles.template_embedded",
    ),
    "chunk": (relate("aFChunk", "x.html"), "planfiles.template_embedded"),
    "attached template": (
        relate("attachedTemplate", "http://evil.example/x.dotm", 'TargetMode="External"'),
        "planfiles.template_external",
    ),
    "remote picture": (
        relate("image", "file://evil/x.png", "TargetMode='external'"),
        "planfiles.template_external",
    ),
    "entities": (
        replace_in(
            SAMPLE,
            "word/document.xml",
            "<w:document",
            '<!DOCTYPE a [<!ENTITY b "c">]><w:document',
        ),
        "planfiles.template_xml",
    ),
    "late entities": (
        replace_in(
            SAMPLE,
            "word/styles.xml",
            "<w:styles",
            "<!--" + "x" * 5000 + '--><!DOCTYPE a [<!ENTITY b "c">]><w:styles',
        ),
        "planfiles.template_xml",
    ),
    "not XML": (change_parts(SAMPLE, {"word/document.xml": b"<a"}), "planfiles.template_xml"),
    "field that reads files": (
        replace_in(
            SAMPLE,
            "word/footer1.xml",
            "> PAGE <",
            '>INCLUDETE</w:instrText></w:r><w:r><w:instrText>XT "C:/x.txt"<',
        ),
        "planfiles.template_field",
    ),
    "fields in attributes": (
        replace_in(SAMPLE, "word/document.xml", 'w:val="Body"', 'w:val="{{ 村名 }}"'),
        "planfiles.template_forbidden",
    ),
    "path": (change_parts(SAMPLE, {"../x.xml": b"<a/>"}), "planfiles.template_damaged"),
}


@pytest.mark.parametrize("name", FILES)
def test_dangerous_files_are_refused(name: str, fields: dict[str, Any]) -> None:
    content, code = FILES[name]
    found = check_template(content, file="县.docx")
    assert code in {finding.code for finding in found}, found
    assert all(finding.place.file == "县.docx" for finding in found)
    with pytest.raises(BadInputError):
        render_template(content, fields)


def test_zip_bombs_are_refused() -> None:
    start = time.process_time()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (MAX_BYTES + 1))
    assert {f.code for f in check_template(stream.getvalue())} == {"planfiles.template_too_large"}
    large = replace_in(SAMPLE, "word/document.xml", "{{ 村名 }}", "x" * MAX_PART_BYTES)
    assert {f.code for f in check_template(large)} == {"planfiles.template_too_large"}
    assert time.process_time() - start < 5


def test_a_loop_that_cuts_through_a_table_is_refused(fields: dict[str, Any]) -> None:
    cells = [("{{ r.text }}{% endfor %}", "b", "c")]
    template = make_template("{% for r in 风险 %}", table=make_table((9, 9, 9), "abc", cells))
    with pytest.raises(BadInputError) as caught:
        render_template(template, fields)
    assert [f.code for f in caught.value.findings] == ["planfiles.template_crossed"]


def test_text_outside_of_paragraphs_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadInputError) as caught:
        render_template(make_template("前", "{{p 村名 }}", "后"), fields)
    assert [f.code for f in caught.value.findings] == ["planfiles.template_stray"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *"{}%#",
                "{{",
                "}}",
                "{%",
                "%}",
                " for ",
                " if ",
                "村名",
                "x",
                "in ",
                "风险",
                "endfor",
                "__class__",
                ".",
                "|",
                "(",
                ")",
            ]
        ),
        max_size=30,
    )
)
def test_no_text_makes_it_fall_over(pieces: list[str]) -> None:
    template = make_template("".join(pieces))
    found = check_template(template)
    assert all(finding.code.startswith("planfiles.template_") for finding in found)


def test_every_field_can_be_shown(fields: dict[str, Any]) -> None:
    texts = []
    for field in FIELDS:
        if not field.items:
            texts.append(f"{{{{ {field.name} }}}}{{{{ {field.name_zh} }}}}")
            continue
        inner = "".join(
            f"{{{{ r.{i.name} }}}}{{{{ r.{i.name_zh} }}}}" for i in field.items if not i.items
        )
        texts.append(f"{{% for r in {field.name_zh} %}}{inner}{{% endfor %}}")
    template = make_template(*texts)
    assert check_template(template) == ()
    text = read_text(render_template(template, fields))
    assert all(m["name"] in text for m in fields["measures"])
