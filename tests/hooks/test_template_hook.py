"""Templates of plugins: own county, own ids, checked when loaded; the same with ``--isolate``."""

import pytest
from tests.hooks.plugin_folders import COUNTIES, write_plugin

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.plantemplates import PlanContext
from pairmatch.domain.plugins import PluginOptions
from pairmatch.hooks import PlanTemplate, planning
from pairmatch.hooks.containment import BadAnswerError
from pairmatch.hooks.manager import open_plugins
from pairmatch.hooks.planrecords import decode_templates, encode_templates, take_template
from pairmatch.load.packs import read_pack
from pairmatch.load.taxonomy import read_taxonomy
from pairmatch.messages import render
from pairmatch.report.countytemplates import check_county_template

CONTEXT = PlanContext(check_template=check_county_template)
HERE = PluginOptions()
APART = PluginOptions(isolate=True, time_s=60.0)

HEAD = """
from pairmatch.hooks import PlanTemplate, PluginInfo, hookimpl

PLUGIN = PluginInfo(name="{name}", county="{county}", version="1", label_zh="试", label_en="try")

def make(text="{{ 村名 }}", template_id="{name}.letter", county="{county}", kind="text"):
    data = text.encode() if isinstance(text, str) else text
    return PlanTemplate(template_id, county, "告知书", kind, data)
"""
HOOK = """
@hookimpl
def pairmatch_plan_templates(county):
    return ({templates},) if county == PLUGIN.county else ()
"""


def write(folder, templates="make()", *, name="ant", county="甲县", hook=HOOK):
    body = hook.replace("{templates}", templates)
    return write_plugin(folder, name, body, county=county, head=HEAD)


def load(*sources, options=HERE, context=CONTEXT):
    return open_plugins(sources, read_pack, COUNTIES, read_taxonomy(), options, context)


def list_faults(folder, templates="make()", *, options=HERE, **kw):
    with load(write(folder, templates, **kw), options=options) as plugins:
        assert plugins.plan_templates == ()
        assert [state.state for state in plugins.states] == ["broken"]
        for finding in plugins.findings:
            assert finding.params["plugin"] == "ant"
            assert finding.place.file.startswith("plugins/ant")
            for lang in ("zh", "en"):
                assert render(finding.code, finding.params, lang).hint
        return plugins.findings


def test_templates_carry_who_gave_them_and_for_whom(tmp_path):
    sources = write(tmp_path, name="zebra", county="乙县"), write(tmp_path)
    with load(*sources) as plugins:
        assert plugins.findings == () and plugins.actions == ()
        told = [(t.template_id, t.plugin, t.county) for t in plugins.plan_templates]
        assert told == [("ant.letter", "ant", "甲县"), ("zebra.letter", "zebra", "乙县")]
        [ant, _zebra] = plugins.plan_templates
        assert (ant.name_zh, ant.kind, ant.data) == ("告知书", "text", "{{ 村名 }}".encode())
        for state in plugins.states:
            assert state.hooks == ("pairmatch_plan_templates",)
            assert (state.rules, state.offers) == ((), (f"{state.name}.letter",))


def test_a_plugin_without_the_hook_has_none(tmp_path):
    with load(write_plugin(tmp_path, "ant")) as plugins:
        assert plugins.plan_templates == () and plugins.findings == ()


def test_isolated_templates_are_those_of_the_same_process(tmp_path):
    source = write(tmp_path, 'make(), make("{% if 县 %}甲{% endif %}" * 9, "{name}.two")')
    with load(source) as here, load(source, options=APART) as apart:
        assert here.findings == apart.findings == ()
        assert here.plan_templates == apart.plan_templates
        assert len(here.plan_templates) == 2


def test_a_file_beside_the_plugin_is_read_in_either_process(tmp_path):
    hook = (
        """
    from pathlib import Path
    DATA = (Path(__file__).parent / "letters" / "信.txt").read_bytes()
    """.replace("    ", "")
        + HOOK
    )
    source = write(tmp_path, "make(DATA)", hook=hook)
    (tmp_path / "ant" / "letters").mkdir()
    (tmp_path / "ant" / "letters" / "信.txt").write_bytes(b"\xef\xbb\xbf{{ county }}\r\n")
    with load(source) as here, load(source, options=APART) as apart:
        assert here.findings == apart.findings == ()
        assert here.plan_templates == apart.plan_templates


LOOPS = (
    "{% for a in 帮扶措施 %}{% for b in 帮扶措施 %}{% for c in 帮扶措施 %}x" + "{% endfor %}" * 3
)
BOMB = "{% for a in 帮扶措施 %}{% for b in 帮扶措施 %}" + "{{ a.措施 }}" * 400 + "{% endfor %}" * 2


@pytest.mark.parametrize(
    ("templates", "code", "says"),
    [
        ('make(template_id="bee.letter")', "hooks.bad_rule_id", "bee.letter"),
        ("make(), make()", "hooks.duplicate_rule", "ant.letter"),
        ('make(county="乙县")', "hooks.foreign_county", "乙县"),
        ("'letter'", "hooks.not_templates", "letter"),
        ("*(make(template_id=f'ant.x{k}') for k in range(21))", "hooks.too_many", "21"),
        ('PlanTemplate("ant.x", "", "", "text", b"")', "hooks.template_unnamed", "ant.x"),
        ('make(b"x" * (9 << 20))', "hooks.large_templates", "8"),
        ('make(kind="pdf")', "hooks.bad_answer", "pdf"),
        ('PlanTemplate("ant.x", "", "信", "text", "文字")', "hooks.bad_answer", "文字"),
        ('PlanTemplate("ant.x", "", 5, "text", b"")', "hooks.bad_answer", "ant.x"),
        ('make("{{ 村民 }}")', "planfiles.template_unknown_close", "村民心愿"),
        ('make("{{ x.__class__ }}")', "planfiles.template_unknown", "x"),
        ('make("{{ 村名.__class__ }}")', "planfiles.template_unknown", "__class__"),
        ('make("{% for a in range(9) %}{% endfor %}")', "planfiles.template_forbidden", "range()"),
        ('make("{{ 村名 * 99999999 }}")', "planfiles.template_forbidden", "mul"),
        ('make("{% set a = 1 %}")', "planfiles.template_forbidden", "assign"),
        ("make(\"{% include 'other.txt' %}\")", "planfiles.template_forbidden", "include"),
        (f"make({LOOPS!r})", "planfiles.template_too_deep", "ant.letter"),
        (f"make({BOMB!r})", "planfiles.template_too_long", "ant.letter"),
        ('make("{{ 村名 }" * 3000)', "planfiles.template_too_deep", "ant.letter"),
        ('make("{{ 村名 ")', "planfiles.template_syntax", "ant.letter"),
        ('make(b"\\xff\\xfe")', "catalogue.template_not_text", "ant.letter"),
        ('make(b"a\\0b")', "catalogue.template_not_text", "ant.letter"),
        ('make(b"x" * (4 << 20))', "planfiles.template_too_large", "3"),
        ('make(kind="docx")', "planfiles.template_damaged", "ant.letter"),
        ('make(b"PK\\x03\\x04 broken", kind="docx")', "planfiles.template_damaged", "ant.letter"),
        (
            'make(b"\\xd0\\xcf\\x11\\xe0\\xa1\\xb1\\x1a\\xe1", kind="docx")',
            "planfiles.template_old",
            "ant",
        ),
    ],
)
def test_what_is_not_right_is_refused_by_name(tmp_path, templates, code, says):
    findings = list_faults(tmp_path, templates)
    assert {finding.code for finding in findings} == {code}
    assert any(says in " ".join(finding.params.values()) for finding in findings)


@pytest.mark.parametrize(
    "templates",
    ['make("{{ 村民 }}{{ x.__class__ }}")', "make(kind='docx')", 'make(kind="pdf")', "'letter'"],
)
def test_faults_are_those_of_the_same_process(tmp_path, templates):
    assert list_faults(tmp_path, templates, options=APART) == list_faults(tmp_path, templates)


def test_everything_wrong_with_all_templates_is_told_with_their_names(tmp_path):
    templates = 'make("{{ x }}{{ range(3) }}"), make("{{", template_id="ant.two")'
    findings = list_faults(tmp_path, templates)
    assert [(f.place.file, f.params["rule"]) for f in findings] == [
        ("plugins/ant/ant.letter", "ant.letter"),
        ("plugins/ant/ant.letter", "ant.letter"),
        ("plugins/ant/ant.two", "ant.two"),
    ]


def test_leaving_a_plugin_out_takes_its_templates(tmp_path):
    sources = write(tmp_path), write(tmp_path, name="bee", county="乙县")
    with load(*sources) as plugins:
        [finding] = list_faults(tmp_path / "x", "'letter'")
        plugins.leave_out([finding])
        assert [template.plugin for template in plugins.plan_templates] == ["bee"]


def test_who_renders_them_says_what_is_wrong(tmp_path):
    asked = []

    def check(template, file):
        asked.append((template.template_id, template.county, file))
        return (Finding("planfiles.template_old", Severity.ERROR, Place(file, "part")),)

    with load(write(tmp_path), context=PlanContext(check_template=check)) as plugins:
        [finding] = plugins.findings
    assert asked == [("ant.letter", "甲县", "plugins/ant/ant.letter")]
    assert finding.params["plugin"] == "ant"
    assert (finding.code, finding.place.sheet) == ("planfiles.template_old", "part")


def test_bytes_of_its_own_kind_become_plain():
    class Loud(bytes):
        def __getitem__(self, _at):
            raise SystemExit

    taken = take_template(PlanTemplate("a.b", "甲县", "信", "text", Loud(b"x")))
    assert type(taken.data) is bytes and taken.data == b"x"


# --- as plain data between processes


def test_templates_come_through_as_they_were():
    templates = (
        PlanTemplate("a.b", "甲县", "信", "text", b""),
        PlanTemplate("a.c", "甲县", "表", "docx", bytes(range(256))),
    )
    told, arrays = encode_templates(templates)
    assert decode_templates(told, arrays) == templates


@pytest.mark.parametrize(
    "told", [5, [], [5], [["a"]], [["a", "b", "c", 5]], [["a", "b", "c", "x"]]]
)
def test_no_templates_are_refused(told):
    _told, arrays = encode_templates((PlanTemplate("a.b", "甲县", "信", "text", b"x"),))
    with pytest.raises(BadAnswerError):
        decode_templates(told, arrays)


def test_the_limits_are_those_that_are_told():
    assert planning.MOST_TEMPLATES == 20
    assert planning.MOST_TEMPLATE_BYTES == 8 << 20
