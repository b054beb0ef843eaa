"""All plugins of a run: each on its own, rules labelled with who gave them, faults kept apart."""

import pytest
from tests.hooks.plugin_folders import BODY, HEAD, load, write_plugin

from pairmatch.domain.findings import Severity
from pairmatch.errors import PluginFaultError
from pairmatch.hooks.loading import HOOK_NAMES, build_manager
from pairmatch.hooks.manager import collect_builtin_conditions, collect_builtin_rules
from pairmatch.hooks.specs import HookSpecs
from pairmatch.messages import render

BUILTIN = [
    "continuity",
    "external_scores",
    "industry_affinity",
    "need_coverage",
    "proximity",
    "rotation",
    "scale_difficulty",
    "village_priority",
    "wishes",
]
CONDITIONS = ["conflict", "credit_ok", "influence_ok", "refusal", "scale_ok", "scope", "willing"]


def test_built_in_rules_come_through_the_same_hooks():
    assert [rule.rule_id for rule in collect_builtin_rules()] == BUILTIN
    wanted = [f"condition.{name}" for name in CONDITIONS]
    assert [rule.rule_id for rule in collect_builtin_conditions()] == wanted
    for rule in (*collect_builtin_rules(), *collect_builtin_conditions()):
        assert rule.version and rule.label_zh and rule.label_en
        assert (rule.plugin, rule.county) == ("", "")


def test_built_in_rules_are_the_citys_not_a_countys():
    manager = build_manager()
    assert manager.hook.pairmatch_score_rules(county="黄骅市") == [()]
    assert manager.hook.pairmatch_eligibility_rules(county="黄骅市") == [()]


def test_rules_of_plugins_carry_who_gave_them_and_for_whom(tmp_path):
    sources = [write_plugin(tmp_path, "zebra", county="乙县"), write_plugin(tmp_path, "ant")]
    with load(sources) as plugins:
        own = [rule for rule in plugins.score_rules if rule.plugin]
        assert [(r.rule_id, r.plugin, r.county) for r in own] == [
            ("ant.near", "ant", "甲县"),
            ("zebra.near", "zebra", "乙县"),
        ]
        assert [rule.rule_id for rule in plugins.score_rules] == sorted(
            [*BUILTIN, "ant.near", "zebra.near"]
        )
        conditions = [rule for rule in plugins.eligibility_rules if rule.plugin]
        assert [(r.rule_id, r.county) for r in conditions] == [
            ("ant.never", "甲县"),
            ("zebra.never", "乙县"),
        ]
        assert plugins.findings == () and plugins.absent == ()
        assert set(plugins.seconds) == {"ant", "zebra"}
    for state in plugins.states:
        assert (state.state, state.version, state.offers) == ("on", "1", ())
        assert state.hooks == ("pairmatch_eligibility_rules", "pairmatch_score_rules")
        assert state.rules == (f"{state.name}.near", f"{state.name}.never")


def test_a_broken_plugin_keeps_no_other_from_running(tmp_path):
    sources = [
        write_plugin(tmp_path, "bad", "raise ValueError('坏了')"),
        write_plugin(tmp_path, "good"),
        write_plugin(tmp_path, "worse", "def ("),
    ]
    plugins = load(sources)
    assert [(s.name, s.state) for s in plugins.states] == [
        ("bad", "broken"),
        ("good", "on"),
        ("worse", "broken"),
    ]
    assert plugins.absent == ("bad", "worse")
    assert [rule.plugin for rule in plugins.score_rules if rule.plugin] == ["good"]
    assert {f.params["plugin"] for f in plugins.findings} == {"bad", "worse"}
    for finding in plugins.findings:
        assert finding.severity is Severity.ERROR
        for lang in ("zh", "en"):
            message = render(finding.code, finding.params, lang)
            assert finding.params["plugin"] in message.text and message.hint


def test_leaving_a_plugin_out_takes_all_of_its_rules(tmp_path):
    plugins = load([write_plugin(tmp_path, "ant"), write_plugin(tmp_path, "bee")])
    with pytest.raises(PluginFaultError) as fault:
        bee = next(r for r in plugins.score_rules if r.plugin == "bee")
        bee.contribute(None, 1)
    plugins.leave_out(fault.value.findings)
    assert {r.plugin for r in (*plugins.score_rules, *plugins.eligibility_rules)} == {"", "ant"}
    assert [s.state for s in plugins.states] == ["on", "broken"]


def test_plugins_that_are_off_are_not_even_imported(tmp_path):
    from dataclasses import replace

    source = replace(write_plugin(tmp_path, "ant", "raise SystemExit"), is_on=False)
    plugins = load([replace(source, why="plugins.off_disabled")])
    assert [(s.state, s.why) for s in plugins.states] == [("off", "plugins.off_disabled")]


def test_managers_do_not_share_plugins(tmp_path):
    load([write_plugin(tmp_path, "ant")])
    assert not [rule for rule in load([]).score_rules if rule.plugin]


def test_a_plugin_is_read_anew_for_every_run(tmp_path):
    first = load([write_plugin(tmp_path, "ant")])
    changed = BODY.replace('label_zh="近"', 'label_zh="远"')
    second = load([write_plugin(tmp_path, "ant", changed)])
    assert [r.label_zh for p in (first, second) for r in p.score_rules if r.plugin] == ["近", "远"]
    assert not (tmp_path / "ant" / "__pycache__").exists()


def test_modules_of_a_plugin_may_import_each_other(tmp_path):
    (tmp_path / "ant").mkdir()
    (tmp_path / "ant" / "words.py").write_text("LABEL = '邻'\n", encoding="utf-8")
    body = "from .words import LABEL\n" + BODY.replace('label_zh="近"', "label_zh=LABEL")
    plugins = load([write_plugin(tmp_path, "ant", body)])
    assert [r.label_zh for r in plugins.score_rules if r.plugin] == ["邻"]


def test_an_interrupt_while_loading_ends_what_was_begun(tmp_path, monkeypatch):
    from pairmatch.hooks import manager

    closed = []

    def note(opening):
        closed.append(opening)

    monkeypatch.setattr(manager._Opening, "close", note)

    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(manager, "load_plugin", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load([write_plugin(tmp_path, "ant")])
    assert len(closed) == 1


def test_packs_are_plugins_like_any_other(tmp_path):
    from pairmatch.domain.plugins import PluginSource

    folder = tmp_path / "crab"
    folder.mkdir()
    text = """
[pack]
name = "crab"
county = "甲县"
version = "1"

[[rule]]
id = "bank"
label = "银行"
spread = 3

[[rule.row]]
when = [{ field = "单位.层级", op = "=", value = "市级" }]
points = 3
reason = "市级单位"
"""
    (folder / "pack.toml").write_text(text, encoding="utf-8")
    source = PluginSource(
        "crab", "pack", str(folder), "plugins/crab", "0", True, "plugins.on_folder"
    )
    plugins = load([source])
    assert plugins.findings == ()
    assert [(r.rule_id, r.county) for r in plugins.score_rules if r.plugin] == [
        ("crab.bank", "甲县")
    ]
    (folder / "pack.toml").write_text(text.replace("层级", "层次级"), encoding="utf-8")
    broken = load([source])
    assert [s.state for s in broken.states] == ["broken"]
    assert broken.findings[0].params["plugin"] == "crab"


@pytest.mark.parametrize("name", HOOK_NAMES)
def test_specifications_are_never_called_themselves(name):
    with pytest.raises(NotImplementedError):
        getattr(HookSpecs(), name)(county="")


def test_the_head_of_made_plugins_is_the_one_authors_write():
    assert "from pairmatch.hooks import" in HEAD
