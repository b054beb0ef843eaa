"""Actions of plugins: own county, own ids, possible in every part; the same with ``--isolate``."""

import textwrap
from decimal import Decimal

import pytest
from tests.hooks.plugin_folders import BODY, COUNTIES, write_plugin

from pairmatch.domain.actionfaults import list_action_faults
from pairmatch.domain.plantemplates import PlanContext
from pairmatch.domain.plugins import PluginOptions
from pairmatch.hooks import ActionType, Prerequisite, planrecords
from pairmatch.hooks.answers import Body, decode_faults
from pairmatch.hooks.containment import BadAnswerError
from pairmatch.hooks.manager import open_plugins
from pairmatch.hooks.planrecords import decode_actions, encode_actions, take_action
from pairmatch.load.actions import read_official_actions
from pairmatch.load.packs import read_pack
from pairmatch.load.taxonomy import read_taxonomy
from pairmatch.messages import render

TAXONOMY = read_taxonomy()
CONTEXT = PlanContext(frozenset(action.action_id for action in read_official_actions()))
HERE = PluginOptions()
APART = PluginOptions(isolate=True, time_s=60.0)

HEAD = """
from decimal import Decimal
from pairmatch.hooks import ActionType, PlanTemplate, PluginInfo, Prerequisite, hookimpl

PLUGIN = PluginInfo(name="{name}", county="{county}", version="1", label_zh="试", label_en="try")

def make(action_id="{name}.court", **changes):
    given = dict(
        action_id=action_id, need_id="sports", name_zh="球场", name_en="court", unit="处",
        cost_low=Decimal(8), cost_typ=Decimal("12.5"), cost_high=Decimal(20), duration_months=2,
        work_months=((3, 11),), outcome_indicator="spo_facility_sets", outcome_per_unit=Decimal(4),
        typical_qty=Decimal(1), max_qty=Decimal(2),
    )
    return ActionType(**{**given, **changes})
"""
HOOK = """
@hookimpl
def pairmatch_actions(county):
    return ({actions},) if county == PLUGIN.county else ()
"""
FULL = """make(
    prerequisites=(
        Prerequisite("a11", measure="pow_kva_per_household", at_least=Decimal(2)),
        Prerequisite("{name}.base", is_advisable=True),
    ),
    reference_indicator="bas_households", reference_amount=Decimal(250),
    upkeep_share=Decimal("0.05"), capabilities=("construction",), evidence_ids=("e1",),
    basis="假定", version="2", author="县里",
), make("{name}.base", outcome_per_unit=3, cost_low=0)"""


def write(folder, actions="make()", *, name="ant", county="甲县", hook=HOOK, extra=""):
    body = textwrap.dedent(extra) + hook.replace("{actions}", actions)
    return write_plugin(folder, name, body, county=county, head=HEAD)


def load(*sources, options=HERE, context=CONTEXT):
    return open_plugins(sources, read_pack, COUNTIES, TAXONOMY, options, context)


def list_faults(folder, actions="make()", *, options=HERE, context=CONTEXT, **kw):
    with load(write(folder, actions, **kw), options=options, context=context) as plugins:
        assert plugins.actions == ()
        [state] = plugins.states
        assert state.state == "broken"
        for finding in plugins.findings:
            assert finding.params["plugin"] == "ant"
            assert finding.place.file == "plugins/ant/plugin.py"
            for lang in ("zh", "en"):
                assert render(finding.code, finding.params, lang).hint
        return plugins.findings


def test_actions_carry_who_gave_them_and_for_whom(tmp_path):
    sources = write(tmp_path, name="zebra", county="乙县"), write(tmp_path)
    with load(*sources) as plugins:
        assert plugins.findings == ()
        told = [(a.action_id, a.plugin, a.county) for a in plugins.actions]
        assert told == [("ant.court", "ant", "甲县"), ("zebra.court", "zebra", "乙县")]
        assert plugins.plan_templates == ()
        for state in plugins.states:
            assert state.hooks == ("pairmatch_actions",)
            assert (state.rules, state.offers) == ((), (f"{state.name}.court",))


def test_a_plugin_without_the_hook_has_none(tmp_path):
    with load(write_plugin(tmp_path, "ant")) as plugins:
        assert plugins.actions == () and plugins.findings == ()
        assert plugins.states[0].offers == ()


def test_rules_and_actions_stand_side_by_side(tmp_path):
    source = write_plugin(
        tmp_path,
        "ant",
        HEAD.partition("PLUGIN")[0]
        + "def make"
        + HEAD.partition("def make")[2]
        + BODY
        + HOOK.replace("{actions}", "make()"),
    )
    with load(source) as plugins:
        assert plugins.findings == ()
        [state] = plugins.states
        assert (len(state.rules), len(state.offers), len(state.hooks)) == (2, 1, 3)


def test_isolated_actions_are_those_of_the_same_process(tmp_path):
    source = write(tmp_path, FULL)
    with load(source) as here, load(source, options=APART) as apart:
        assert here.findings == apart.findings == ()
        assert here.actions == apart.actions
        assert [s.offers for s in here.states] == [s.offers for s in apart.states]
        base, court = here.actions
    assert (base.outcome_per_unit, base.cost_low) == (Decimal(3), Decimal(0))
    assert court.prerequisites == (
        Prerequisite("a11", False, "pow_kva_per_household", Decimal(2), None),
        Prerequisite("ant.base", True),
    )
    assert (court.reference_amount, court.upkeep_share) == (Decimal(250), Decimal("0.05"))
    assert (court.basis, court.version, court.author) == ("假定", "2", "县里")
    assert not [f for action in (base, court) for f in list_action_faults(action, TAXONOMY)]


@pytest.mark.parametrize(
    ("actions", "code", "says"),
    [
        ('make("bee.court")', "hooks.bad_rule_id", "bee.court"),
        ('make("ant.Court")', "hooks.bad_rule_id", "ant.Court"),
        ('make("a41")', "hooks.bad_rule_id", "a41"),
        ("make(), make()", "hooks.duplicate_rule", "ant.court"),
        ('make(county="乙县")', "hooks.foreign_county", "乙县"),
        ('make(need_id="mushrooms")', "catalogue.unknown_need", "mushrooms"),
        ('make(outcome_indicator="smiles")', "catalogue.unknown_indicator", "smiles"),
        ("make(outcome_per_unit=Decimal(-1))", "catalogue.direction", "-1"),
        ("make(outcome_per_unit=Decimal(0))", "catalogue.no_outcome", "ant.court"),
        ("make(cost_low=Decimal(13))", "catalogue.costs", "13"),
        ("make(cost_low=Decimal(-1))", "catalogue.costs", "-1"),
        ("make(max_qty=Decimal(0))", "catalogue.quantities", "0"),
        ("make(duration_months=0)", "catalogue.duration", "0"),
        ("make(work_months=())", "catalogue.seasons", "–"),
        ("make(work_months=((11, 3),))", "catalogue.seasons", "11-3"),
        ("make(work_months=((3, 8), (5, 9)))", "catalogue.seasons", "5-9"),
        ("make(upkeep_share=Decimal(2))", "catalogue.upkeep", "2"),
        ('make(capabilities=("magic",))', "catalogue.unknown_capability", "magic"),
        ('make(reference_indicator="bas_households")', "catalogue.reference", "ant.court"),
        ('make(name_en="")', "catalogue.blank", "name_en"),
        ('make(prerequisites=(Prerequisite("a99"),))', "catalogue.unknown_action", "a99"),
        ('make(prerequisites=(Prerequisite("ant.x"),))', "catalogue.unknown_action", "ant.x"),
        ('make(prerequisites=(Prerequisite("ant.court"),))', "catalogue.circle", "ant.court"),
        (
            'make(prerequisites=(Prerequisite("a11", measure="x", at_least=Decimal(1)),))',
            "catalogue.unknown_indicator",
            "x",
        ),
        (
            'make(prerequisites=(Prerequisite("a11", at_most=Decimal(1)),))',
            "catalogue.met_if",
            "a11",
        ),
        ("5", "hooks.not_actions", "int 5"),
        ("None", "hooks.not_actions", "None"),
        ("*(make(f'ant.x{k}') for k in range(201))", "hooks.too_many", "201"),
        ("make(cost_typ=12.5)", "hooks.bad_answer", "ActionType"),
        ("make(cost_typ=True)", "hooks.bad_answer", "ActionType"),
        ("make(cost_typ=None)", "hooks.bad_answer", "ActionType"),
        ("make(cost_high=Decimal('NaN'))", "hooks.bad_answer", "ActionType"),
        ("make(cost_high=Decimal('1E+999999'))", "hooks.bad_answer", "ActionType"),
        ("make(cost_high=Decimal('0.00000000001'))", "hooks.bad_answer", "ActionType"),
        ("make(duration_months=2.5)", "hooks.bad_answer", "ActionType"),
        ("make(work_months='3-11')", "hooks.bad_answer", "ActionType"),
        ("make(work_months=((3, 11, 12),))", "hooks.bad_answer", "ActionType"),
        ("make(work_months=3)", "hooks.bad_answer", "ActionType"),
        ("make(name_zh=5)", "hooks.bad_answer", "ActionType"),
        ("make(name_zh='\\ud800')", "hooks.bad_answer", "ActionType"),
        ("make(prerequisites=('a11',))", "hooks.bad_answer", "a11"),
        ("make(capabilities='cash')", "hooks.bad_answer", "ActionType"),
    ],
)
def test_what_is_not_right_is_refused_by_name(tmp_path, actions, code, says):
    findings = list_faults(tmp_path, actions)
    assert {finding.code for finding in findings} == {code}
    assert any(says in " ".join(finding.params.values()) for finding in findings)


@pytest.mark.parametrize(
    "actions",
    [
        'make(need_id="x", unit=""), make("ant.two", cost_low=Decimal(30))',
        'make(prerequisites=(Prerequisite("ant.court"),))',
        "make(cost_typ=Decimal('NaN'))",
        'make("bee.court")',
        "5",
    ],
)
def test_faults_are_those_of_the_same_process(tmp_path, actions):
    assert list_faults(tmp_path, actions, options=APART) == list_faults(tmp_path, actions)


def test_everything_that_is_wrong_with_all_actions_is_told_at_once(tmp_path):
    actions = (
        'make(need_id="x", unit=""), make("ant.two", cost_low=Decimal(30), max_qty=Decimal(0))'
    )
    faults = [(f.params["rule"], f.code) for f in list_faults(tmp_path, actions)]
    assert sorted(faults) == [
        ("ant.court", "catalogue.blank"),
        ("ant.court", "catalogue.unknown_need"),
        ("ant.two", "catalogue.costs"),
        ("ant.two", "catalogue.quantities"),
    ]


@pytest.mark.parametrize(
    ("hook", "code"),
    [
        ("@hookimpl\ndef pairmatch_actions(county): return None", "answered_none"),
        ("@hookimpl\ndef pairmatch_actions(county): return 5", "not_actions"),
        ("@hookimpl\ndef pairmatch_actions(county): return 1 / 0", "raised"),
        ("@hookimpl\ndef pairmatch_actions(county): return (make(),)", "foreign_county"),
        ("@hookimpl\ndef pairmatch_actions(land): return ()", "bad_hook"),
        ("@hookimpl\ndef pairmatch_action(county): return ()", "unknown_hook"),
        ("def pairmatch_actions(county): return ()", "unmarked_hook"),
    ],
)
def test_hooks_that_are_none(tmp_path, hook, code):
    [finding] = list_faults(tmp_path, hook=hook)
    assert finding.code == f"hooks.{code}"


def test_the_catalogue_is_checked_only_where_it_is_known(tmp_path):
    actions = 'make(prerequisites=(Prerequisite("a99"),))'
    with load(write(tmp_path, actions), context=PlanContext()) as plugins:
        assert plugins.findings == () and len(plugins.actions) == 1
    with load(write(tmp_path, actions), options=APART) as plugins:
        assert [f.code for f in plugins.findings] == ["catalogue.unknown_action"]


def test_leaving_a_plugin_out_takes_its_actions(tmp_path):
    sources = write(tmp_path), write(tmp_path, name="bee", county="乙县")
    with load(*sources) as plugins:
        [finding] = list_faults(tmp_path / "x", "5")
        plugins.leave_out([finding])
        assert [action.plugin for action in plugins.actions] == ["bee"]


CODE_OF_ITS_OWN = """
class Loud(str):
    def __eq__(self, other): raise SystemExit
    __hash__ = None
    def __str__(self): raise SystemExit

class Heavy(Decimal):
    def __le__(self, other): raise SystemExit
    def is_finite(self): raise SystemExit
"""


def test_nothing_that_runs_code_of_the_plugin_is_kept(tmp_path):
    actions = 'make(name_zh=Loud("球场"), cost_typ=Heavy("12.5"), capabilities=[Loud("cash")])'
    with load(write(tmp_path, actions, extra=CODE_OF_ITS_OWN)) as plugins:
        assert plugins.findings == ()
        [action] = plugins.actions
    assert type(action.name_zh) is str and type(action.cost_typ) is Decimal
    assert action.capabilities == ("cash",) and type(action.capabilities[0]) is str


# --- as plain data between processes


def test_the_catalogue_comes_through_as_it_was():
    actions = read_official_actions()
    assert decode_actions(encode_actions(actions)) == actions
    assert tuple(map(take_action, actions)) == actions


@pytest.mark.parametrize(
    "told", [5, [5], [[]], [["x"] * 24], "ActionType", [{"action_id": "a"}], None]
)
def test_no_actions_are_refused(told):
    with pytest.raises(BadAnswerError):
        decode_actions(told)


def test_each_value_of_the_wrong_kind_is_refused():
    [listed] = encode_actions(read_official_actions()[:1])
    for k, value in enumerate(listed):
        for wrong in (5.5, {"x": 1}, [["a", "b"]]):
            told = [*listed[:k], wrong, *listed[k + 1 :]]
            with pytest.raises(BadAnswerError):
                decode_actions([told])
        assert isinstance(value, str | int | list | None)


def test_a_child_may_tell_faults_of_actions_and_of_nothing_else():
    params = {"id": "ant.court", "value": "x", "closest": "–"}
    told = Body([["catalogue.unknown_need", params]], is_fault=True)
    assert decode_faults(told) == (("catalogue.unknown_need", params),)
    with pytest.raises(BadAnswerError):
        decode_faults(Body([["planfiles.template_old", {}]], is_fault=True))


def test_the_limits_are_generous():
    assert planrecords.MOST_ACTIONS >= 100
    assert isinstance(read_official_actions()[0], ActionType)
