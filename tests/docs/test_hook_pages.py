"""Every hook has a page, and the page says what the code does."""

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

from pairmatch.domain.actions import ActionType
from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.domain.plantemplates import PlanContext, PlanTemplate
from pairmatch.domain.plugins import PluginOptions, PluginSource
from pairmatch.hooks import planrecords
from pairmatch.hooks.loading import HOOK_NAMES
from pairmatch.hooks.manager import Plugins, open_plugins
from pairmatch.hooks.specs import HookSpecs
from pairmatch.load.actions import read_official_actions
from pairmatch.load.packs import read_pack
from pairmatch.load.plugins import find_plugin
from pairmatch.load.taxonomy import read_taxonomy
from pairmatch.report.countytemplates import check_county_template

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "reference" / "hooks"
RECORDS = {
    "pairmatch_score_rules": ScoreRule,
    "pairmatch_eligibility_rules": EligibilityRule,
    "pairmatch_actions": ActionType,
    "pairmatch_plan_templates": PlanTemplate,
}
WITHOUT_PACK = {"pairmatch_actions", "pairmatch_plan_templates"}
CONTEXT = PlanContext(
    frozenset(action.action_id for action in read_official_actions()), check_county_template
)
LINK = re.compile(r"\.\./\.\./\.\./plugins/(\w+)/README\.md")


def read_page(hook: str) -> str:
    return (PAGES / f"{hook}.md").read_text(encoding="utf-8")


def find_block(hook: str, kind: str) -> str:
    found = re.search(rf"<!-- {kind} -->\n```\w+\n(.*?)```", read_page(hook), re.DOTALL)
    assert found, f"{hook}: no {kind}"
    return found[1]


def load_folder(folder: Path) -> Plugins:
    source, findings = find_plugin(folder)
    assert source is not None, findings
    on = PluginSource(
        source.name, source.kind, source.path, source.origin, source.digest, True, source.why
    )
    counties = ("任丘市", "南皮县", "孟村回族自治县", "黄骅市")
    return open_plugins([on], read_pack, counties, read_taxonomy(), PluginOptions(), CONTEXT)


def list_given(plugins: Plugins, hook: str) -> list[object]:
    """Return what plugins gave through a hook."""
    given = getattr(plugins, hook.removeprefix("pairmatch_"))
    return [record for record in given if record.plugin]


def test_each_hook_has_a_page_and_each_page_a_hook():
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted(HOOK_NAMES)
    assert set(RECORDS) == set(HOOK_NAMES)


@pytest.mark.parametrize("hook", HOOK_NAMES)
def test_the_signature_is_the_one_of_the_code(hook):
    signature = inspect.signature(getattr(HookSpecs, hook))
    arguments = [str(p) for name, p in signature.parameters.items() if name != "self"]
    record = RECORDS[hook].__name__
    assert f"{hook}({', '.join(arguments)}) -> Sequence[{record}]" in read_page(hook)
    assert record in str(signature.return_annotation)
    for name in signature.parameters:
        assert name == "self" or f"`{name}`" in read_page(hook)


@pytest.mark.parametrize("hook", HOOK_NAMES)
def test_every_field_of_the_record_is_explained(hook):
    table = read_page(hook)
    for field in fields(RECORDS[hook]):
        if field.name != "bounded":  # for the city's external scores only
            assert f"`{field.name}" in table, field.name


@pytest.mark.parametrize("hook", HOOK_NAMES)
def test_the_example_and_the_pack_load_and_give_the_hook(hook, tmp_path):
    kinds = [("plugin", "plugin.py"), ("pack", "pack.toml")]
    if hook in WITHOUT_PACK:
        assert "A rule pack has no" in read_page(hook) and "<!-- pack -->" not in read_page(hook)
        kinds.pop()
    for kind, name in kinds:
        folder = tmp_path / kind / "demo"
        folder.mkdir(parents=True)
        (folder / name).write_text(find_block(hook, kind), encoding="utf-8")
        plugins = load_folder(folder)
        assert plugins.findings == ()
        [state] = plugins.states
        assert hook in state.hooks and len(state.rules) + len(state.offers) == 1
        [record] = list_given(plugins, hook)
        assert isinstance(record, RECORDS[hook])


@pytest.mark.parametrize("hook", HOOK_NAMES)
def test_the_counties_named_use_the_hook(hook):
    named = LINK.findall(read_page(hook))
    assert named
    for name in named:
        plugins = load_folder(ROOT / "plugins" / name)
        assert plugins.findings == ()
        assert [r for r in list_given(plugins, hook) if r.plugin == name], name


def test_the_pages_name_the_limits_of_the_code():
    assert f"`ActionType`, {planrecords.MOST_ACTIONS} at most" in read_page("pairmatch_actions")
    size = planrecords.MOST_TEMPLATE_BYTES >> 20
    limits = f"{planrecords.MOST_TEMPLATES} at most and {size} MB in all"
    assert limits in read_page("pairmatch_plan_templates")
