"""Faults 35 and 42 in plans: actions and templates of a county that are refused, by name."""

import io
import zipfile

import pytest
from tests.faults.plugin_scenarios import (
    HEAD,
    OTHER,
    SETTINGS,
    add_plugin,
    expect_broken,
    expect_failed_check,
    expect_refusal,
    list_runs,
    read,
    run_program,
    write_scenario,
)

from pairmatch.report.worddocument import Paragraph, Section
from pairmatch.report.wordpackage import Furniture, build_docx

TEMPLATE_HOOK = """
from pathlib import Path
DATA = (Path(__file__).parent / "forms" / "plan.docx").read_bytes()

@hookimpl
def pairmatch_plan_templates(county):
    form = PlanTemplate("bad.plan", PLUGIN.county, "方案", "docx", DATA)
    return (form,) if county == PLUGIN.county else ()
"""

ACTION_HOOK = """
def make(**changes):
    given = dict(
        action_id="bad.court", need_id="sports", name_zh="球场", name_en="court", unit="处",
        cost_low=Decimal(8), cost_typ=Decimal(12), cost_high=Decimal(20), duration_months=2,
        work_months=((3, 11),), outcome_indicator="spo_facility_sets", outcome_per_unit=Decimal(4),
        typical_qty=Decimal(1), max_qty=Decimal(2),
    )
    return ActionType(**{**given, **changes})

@hookimpl
def pairmatch_actions(county):
    return (ACTIONS,) if county == PLUGIN.county else ()
"""


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch, tmp_path):
    monkeypatch.delenv("PAIRMATCH_LOAD_PLUGINS", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def scenario(tmp_path):
    return write_scenario(tmp_path / "s")


def make_form(*texts):
    return build_docx([Section(tuple(map(Paragraph, texts)))], Furniture("方案", "", "", ""))


def add_part(content, name, data=b"x"):
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(name, data)
    return stream.getvalue()


def add_form(scenario, content):
    add_plugin(scenario, HEAD + TEMPLATE_HOOK)
    folder = scenario / "plugins" / "bad" / "forms"
    folder.mkdir()
    (folder / "plan.docx").write_bytes(content)


def add_actions(scenario, actions):
    add_plugin(scenario, HEAD + ACTION_HOOK.replace("ACTIONS", actions))


NESTED = ("{%p for a in 帮扶措施 %}", "{%p for b in 帮扶措施 %}", "{%p for c in 帮扶措施 %}")
LONG = "{{ a.措施 }}{{ b.措施 }}" * 200


@pytest.mark.parametrize(
    ("content", "fault", "says"),
    [
        (make_form("{{ 村民 }}的方案"), "template_unknown_close", ("村民心愿", "bad.plan")),
        (make_form("{{ 村名.__class__ }}"), "template_unknown", ("__class__", "bad.plan")),
        (
            make_form("{{ 村名.__class__.__mro__ }}", "{{ cycler }}"),
            "template_unknown",
            ("__class__", "cycler"),
        ),
        (make_form(*NESTED, "x", *["{%p endfor %}"] * 3), "template_too_deep", ("bad.plan",)),
        (
            make_form(*NESTED[:2], LONG, *["{%p endfor %}"] * 2),
            "template_too_long",
            ("bad.plan",),
        ),
        (make_form("{% for a in range(10**9) %}x{% endfor %}"), "template_forbidden", ("range",)),
        (add_part(make_form("x"), "word/vbaProject.bin"), "template_macros", ("bad.plan",)),
        (add_part(make_form("x"), "word/embeddings/a.bin"), "template_embedded", ("bad.plan",)),
        (make_form("x")[:-200], "template_damaged", ("bad.plan",)),
        (b"", "template_damaged", ("bad.plan",)),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "template_old", ("bad.plan",)),
    ],
)
def test_42_a_template_is_refused_when_it_is_loaded(scenario, content, fault, says):
    add_form(scenario, content)
    expect_broken(scenario, f"planfiles.{fault}", *says)


def test_42_a_good_template_keeps_nobody_waiting(scenario):
    add_form(scenario, make_form("{{ 村名 }}", "{{ 单位名称 }}"))
    for options in ((), ("--isolate", "--plugin-time", "60")):
        assert run_program("propose", scenario, *options).exit_code == 0
    [*runs] = list_runs(scenario)
    assert runs
    facts = read(run_program("plugins", "check", scenario, "--json"))
    assert all(report["good"] for report in facts["plugins"])
    listed = run_program("plugins", "list", scenario, "--lang", "zh")
    assert "措施和模板：bad.plan" in listed.stdout


@pytest.mark.parametrize(
    ("actions", "fault", "says"),
    [
        (f'make(county="{OTHER}")', "hooks.foreign_county", (OTHER, "bad.court")),
        ('make(action_id="good.court")', "hooks.bad_rule_id", ("good.court",)),
        ('make(action_id="a41")', "hooks.bad_rule_id", ("a41",)),
        ('make(need_id="mushrooms")', "catalogue.unknown_need", ("mushrooms", "bad.court")),
        ("make(outcome_per_unit=Decimal(-4))", "catalogue.direction", ("bad.court", "-4")),
        ("make(cost_typ=Decimal('NaN'))", "hooks.bad_answer", ("ActionType",)),
        ("make(cost_typ=0.1)", "hooks.bad_answer", ("ActionType",)),
        (
            'make(prerequisites=(Prerequisite("bad.court"),))',
            "catalogue.circle",
            ("bad.court → bad.court",),
        ),
        ('make(prerequisites=(Prerequisite("a99"),))', "catalogue.unknown_action", ("a99",)),
    ],
)
def test_35_an_action_is_refused_when_it_is_loaded(scenario, actions, fault, says):
    add_actions(scenario, actions)
    expect_broken(scenario, fault, *says)


def test_35_an_action_of_another_county_is_refused_in_its_own_process_too(scenario):
    add_actions(scenario, f'make(county="{OTHER}")')
    options = ("--isolate", "--plugin-time", "60")
    expect_refusal(scenario, "hooks.foreign_county", OTHER, options=options)


def test_33_actions_and_templates_by_chance_are_found_by_the_check_of_plugins(scenario):
    add_actions(scenario, "make(cost_typ=Decimal(8 + hash('球') % 12))")
    expect_failed_check(scenario, "hooks.not_repeatable", "bad.court")


def test_35_tables_of_a_scenario_are_refused_with_their_cells(tmp_path):
    tables = '[inputs]\ndepartments = "d.csv"\nactions = "a.csv"\n'
    scenario = write_scenario(tmp_path / "s", SETTINGS.replace("[inputs]\n", tables))
    (scenario / "d.csv").write_text("部门编号,部门,能办的需求\nd1,某局,修仙\n", encoding="utf-8")
    (scenario / "a.csv").write_text("措施编号,单位费用\na41,99\na42,x\n", encoding="utf-8")
    for lang, words in (("zh", ("修仙", "a41", "第2行")), ("en", ("修仙", "a41", "row 2"))):
        result = run_program("propose", scenario, "--lang", lang)
        assert result.exit_code == 3
        for word in (*words, "d.csv", "a.csv"):
            assert word in result.stderr
    found = read(run_program("check", scenario, "--json"))["findings"]
    codes = sorted(f["code"] for f in found if f["severity"] == "error")
    assert codes == [
        "catalogue.costs",
        "catalogue.department_need",
        "load.amount_not_a_number",
    ]
