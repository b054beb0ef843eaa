"""All plugins that come with pairmatch: they load, stay small, and do something in the demo."""

import re
from collections import defaultdict
from pathlib import Path

import pytest
from tests.plugins.county_rules import COUNTIES, find_sources, open_all
from tests.score.score_cases import DEMO, read_demo

from pairmatch import engine
from pairmatch.domain.plugins import PluginOptions
from pairmatch.load.packs import read_pack

PLUGINS = Path(__file__).parents[2] / "plugins"
FOLDERS = sorted(p for p in PLUGINS.iterdir() if p.is_dir() and not p.name.startswith("__"))
MOST_POINTS = 8


def test_every_folder_is_a_plugin_of_its_county_and_loads_without_a_word():
    plugins = open_all()
    assert [folder.name for folder in FOLDERS] == sorted(COUNTIES) == sorted(find_sources())
    assert not plugins.findings
    assert {state.name: state.county for state in plugins.states} == COUNTIES
    assert {state.state for state in plugins.states} == {"on"}
    for state in plugins.states:
        assert state.origin == "pairmatch"
        assert state.version and state.label_zh and state.label_en


def test_both_kinds_and_both_ways_of_writing_are_there():
    assert {source.kind for source in find_sources().values()} == {"python", "pack"}
    texts = "".join(p.read_text(encoding="utf-8") for p in PLUGINS.rglob("*.py"))
    for name in ("@score_pairs", "@refuse_pairs", "ScoreRule(", "@hookimpl"):
        assert name in texts
    assert {path.name for path in PLUGINS.glob("*/pack.toml")} == {"pack.toml"}
    assert len(list(PLUGINS.glob("*/*.xlsx"))) == 1


def test_spreads_of_a_county_add_up_to_eight_points_at_most():
    totals = defaultdict(int)
    for rule in open_all().score_rules:
        if rule.plugin:
            totals[rule.plugin] += rule.spread
            assert rule.fields, rule.rule_id
            assert rule.county == COUNTIES[rule.plugin]
            assert re.search("[一-鿿]", rule.label_zh) and rule.label_en.isascii()
    assert set(totals) == set(COUNTIES)
    assert max(totals.values()) <= MOST_POINTS


def list_specialty_ids():
    """Return (plugin, id or name) for every specialty that a plugin names."""
    for path in PLUGINS.rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"(?:[A-Z]+, )*[A-Z]+ = (\"[a-z_]+\"(?:, \"[a-z_]+\")*)$", line):
                for name in re.findall(r"[a-z_]+", match[1]):
                    yield path.parent.name, name
    for name, source in find_sources().items():
        pack = read_pack(source)[0] if source.kind == "pack" else None
        for rule in pack.rules if pack else ():
            for row in rule.rows:
                for condition in (c for group in row.alternatives for c in group):
                    if condition.field == "村.主导特色产业":
                        yield name, condition.values[0]


def test_every_specialty_named_is_one_of_the_programme_and_of_the_county():
    known = {s.specialty_id: s.name_zh for s in read_demo().taxonomy.specialties}
    ids = {name: key for key, name in known.items()} | {key: key for key in known}
    named = defaultdict(set)
    for plugin, name in list_specialty_ids():
        assert name in ids, (plugin, name)
        named[plugin].add(ids[name])
    assert {plugin: len(found) for plugin, found in named.items()} == {
        "huanghua": 3,
        "mengcun": 2,
        "nanpi": 3,
        "renqiu": 3,
    }
    for plugin, county in COUNTIES.items():
        present = {
            village.indicators["ind_specialty"].value
            for village in read_demo().villages
            if village.county == county and "ind_specialty" in village.indicators
        }
        assert named[plugin] <= present


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_readme_is_chinese_first_english_below_and_names_every_rule(folder):
    text = (folder / "README.md").read_text(encoding="utf-8")
    chinese, english = text.split("## In English")
    assert "数字从哪里来" in chinese and "memory" in chinese
    plugins = open_all()
    [state] = [state for state in plugins.states if state.name == folder.name]
    for name in (*state.rules, *state.offers):
        assert f"`{name}`" in chinese
        assert f"`{name.partition('.')[2]}`" in english


@pytest.fixture(scope="module")
def audit():
    return engine.audit_plugins(DEMO)


def test_the_demo_uses_all_four(audit):
    on = {state.name for state in audit.states if state.state == "on"}
    assert on == set(COUNTIES)
    assert audit.is_feasible and audit.num_matched == 112


def test_every_plugin_moves_pairs_of_the_demo_within_its_bound(audit):
    assert [influence.plugin for influence in audit.influences] == sorted(COUNTIES)
    for influence in audit.influences:
        assert influence.num_pairs > 0
        assert 0 <= influence.loss_by_scores <= influence.bound
        assert influence.num_matched_lost == 0
    excluded = {i.plugin: i.num_excluded for i in audit.influences}
    assert 0 < excluded.pop("huanghua") <= 20
    assert set(excluded.values()) == {0}


def test_conformance_suite_has_nothing_to_say():
    reports = engine.check_plugins(DEMO, tuple(COUNTIES), PluginOptions())
    assert [report.state.name for report in reports] == sorted(COUNTIES)
    for report in reports:
        assert report.findings == (), report.state.name
        assert len(report.passed) >= 6
