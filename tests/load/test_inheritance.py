"""Scenarios that extend others: what is merged, where paths lead, and where faults are told."""

import hashlib
import json
import os
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import ALL_CASES, pick_share
from tests.load.sheet_makers import check_sentences, find_one, list_codes, write_scenario

from pairmatch import engine
from pairmatch.domain.findings import Severity
from pairmatch.domain.plugins import PluginOptions
from pairmatch.domain.scenario import Scenario
from pairmatch.engine.proposals import answer_scenario
from pairmatch.engine.scenarios import open_scenario
from pairmatch.load.inheritance import MAX_LAYERS, LayeredSettings, read_layered
from pairmatch.load.plugins import find_plugins
from pairmatch.load.scenario import read_scenario
from pairmatch.load.settings import SettingsFile

SCENARIOS = Path(__file__).parents[2] / "scenarios"
VARIANTS = sorted(p.parent.name for p in SCENARIOS.glob("cangzhou-2026-*/scenario.toml"))

UNITS = "unit_id,name\nu1,甲行\nu2,乙行\n"
VILLAGES = "village_id,name\nv1,东村\nv2,西村\n"
SCORES = "unit_id,village_id,points\nu1,v1,3\nu1,v2,2\nu2,v1,2\nu2,v2,0.5\n"
PREVIOUS = "unit_id,village_id\nu1,v1\n"
TABLES = {
    "units.csv": UNITS,
    "villages.csv": VILLAGES,
    "scores.csv": SCORES,
    "previous.csv": PREVIOUS,
}
INPUTS = '[inputs]\nunits = "units.csv"\nvillages = "villages.csv"\nscores = "scores.csv"\n'
BASE = {**TABLES, "scenario.toml": INPUTS}
EXTENDS = '[scenario]\nextends = "../base"\n'


def lay_out(parent: Path, **texts: str | bytes) -> Path:
    """Write a scenario for each name, `base` with its tables; return the folder of `child`."""
    for name, text in texts.items():
        files = TABLES if name == "base" else {}
        write_scenario(parent / name, {**files, "scenario.toml": text})
    return parent / "child"


def read(folder: Path) -> Scenario:
    layered = read_layered(folder)
    check_sentences(layered.findings)
    assert layered.settings is not None, layered.findings
    return layered.settings.scenario


def read_faults(folder: Path) -> LayeredSettings:
    layered = read_layered(folder)
    check_sentences(layered.findings)
    assert layered.settings is None
    return layered


def list_places(layered: LayeredSettings) -> list[tuple[str, str, int, str]]:
    return [(f.code, f.place.file, f.place.row, f.place.column) for f in layered.findings]


# --- merging ---------------------------------------------------------------------------------


def test_tables_are_merged_key_by_key(tmp_path):
    base = (
        '[scenario]\nname = "b"\ntitle = { zh = "甲", en = "A" }\ncycle = [2026, 2030]\n'
        'lang = "en"\nsynthetic = true\n[scoring]\nresolution = "0.1"\nunknown = "full"\n'
        '[objective]\nlevels = ["num_matched", "total"]\n[limits]\ntime_s = 5\n'
        '[plugins]\nenable = ["x"]\nmax_spread = 3\n'
    )
    child = (
        '[scenario]\nextends = "../base"\nname = "c"\ntitle = { zh = "乙" }\n'
        '[scoring]\nunknown = "none"\n[objective]\nlevels = ["total"]\n[plugins]\nenable = []\n'
    )
    merged = read(lay_out(tmp_path, base=base, child=child))
    assert merged.scenario.model_dump() == {
        "name": "c",
        "title": {"zh": "乙", "en": ""},  # a title is one setting
        "cycle": (2026, 2030),
        "lang": "en",
        "synthetic": True,
        "extends": "../base",
    }
    assert (merged.scoring.resolution, merged.scoring.unknown) == (Decimal("0.1"), "none")
    assert [level.goal for level in merged.objective.levels] == ["total"]
    assert merged.limits.time_s == 5
    assert (merged.plugins.enable, merged.plugins.max_spread) == ((), 3)


@pytest.mark.parametrize("base_rule", ['"huanghua.salt" = 3', "huanghua.salt = 3"])
@pytest.mark.parametrize("rule", ['"huanghua.salt" = 4', "huanghua.salt = 4"])
def test_a_rule_is_the_same_with_quotes_and_without(tmp_path, base_rule, rule):
    base = f"[rules]\n{base_rule}\nproximity = 5\nhuanghua.other = 1\n"
    merged = read(lay_out(tmp_path, base=base, child=f"{EXTENDS}[rules]\n{rule}\nwishes = 2\n"))
    expected = {"huanghua.salt": 4, "proximity": 5, "huanghua.other": 1, "wishes": 2}
    assert merged.rules == expected


def list_quotas(scenario: Scenario) -> list[tuple[str, int | None, int | None]]:
    return [(quota.name, quota.min, quota.max) for quota in scenario.quota]


def write_quotas(*quotas: tuple[str, int]) -> str:
    return "".join(f'[[quota]]\nname = "{name}"\nmax = {most}\n' for name, most in quotas)


@pytest.mark.parametrize(
    ("base", "child", "expected"),
    [
        # One of the same name takes the other's place, new ones come last.
        ([("a", 1), ("b", 2)], [("c", 3), ("b", 4)], [("a", 1), ("b", 4), ("c", 3)]),
        # Several of one name stand beside each other, in either file.
        ([("a", 1), ("a", 2)], [("b", 3), ("b", 4)], [("a", 1), ("a", 2), ("b", 3), ("b", 4)]),
        ([("a", 1)], [("a", 2), ("a", 3)], [("a", 2), ("a", 3)]),
        ([("a", 1), ("b", 2), ("a", 3)], [("a", 4)], [("a", 4), ("b", 2), ("a", 3)]),
        ([("a", 1), ("a", 2)], [("a", 1), ("a", 2)], [("a", 1), ("a", 2)]),
        ([("a", 1)], [], [("a", 1)]),
        ([], [("a", 1)], [("a", 1)]),
    ],
)
def test_quotas_are_replaced_by_name_and_else_added(tmp_path, base, child, expected):
    folder = lay_out(tmp_path, base=write_quotas(*base), child=EXTENDS + write_quotas(*child))
    assert [(name, most) for name, _min, most in list_quotas(read(folder))] == expected


def test_a_quota_is_replaced_as_a_whole(tmp_path):
    base = '[[quota]]\nname = "a"\nwhere = { "unit.tier" = "city" }\nmin = 1\nwaiver = 3\n'
    (quota,) = read(lay_out(tmp_path, base=base, child=EXTENDS + write_quotas(("a", 2)))).quota
    assert (quota.where, quota.min, quota.max, quota.waiver) == ({}, None, 2, None)


@pytest.mark.parametrize("kind", ["lock", "ban"])
def test_locks_and_bans_of_the_same_pair_are_replaced(tmp_path, kind):
    def write(*pairs: tuple[str, str, str]) -> str:
        return "".join(
            f'[[{kind}]]\nunit = "{u}"\nvillage = "{v}"\nreason = "{why}"\n' for u, v, why in pairs
        )

    base = write(("u1", "v1", "base"), ("u1", "v2", "base"))
    child = EXTENDS + write(("u2", "v1", "child"), ("u1", "v2", "child"))
    pairs = getattr(read(lay_out(tmp_path, base=base, child=child)), kind)
    assert [(p.unit, p.village, p.reason) for p in pairs] == [
        ("u1", "v1", "base"),
        ("u1", "v2", "child"),
        ("u2", "v1", "child"),
    ]


def test_of_three_layers_the_last_word_counts(tmp_path):
    bottom = '[scenario]\nname = "a"\nlang = "en"\n[rules]\nx = 1\ny = 1\nz = 1\n'
    bottom += write_quotas(("p", 1), ("q", 1))
    middle = '[scenario]\nextends = "../base"\nname = "b"\n[rules]\ny = 2\nz = 2\n'
    middle += write_quotas(("q", 2), ("r", 2))
    top = '[scenario]\nextends = "../middle"\n[rules]\nz = 3\n' + write_quotas(("r", 3))
    merged = read(lay_out(tmp_path, base=bottom, middle=middle, child=top))
    assert (merged.scenario.name, merged.scenario.lang) == ("b", "en")
    assert merged.scenario.extends == "../middle"
    assert merged.rules == {"x": 1, "y": 2, "z": 3}
    assert list_quotas(merged) == [("p", None, 1), ("q", None, 2), ("r", None, 3)]


TEXTS = {
    "scenario": {
        "name": ["甲", "b"],
        "lang": ["zh", "en"],
        "synthetic": [True, False],
        "title": [{"zh": "题"}, {"zh": "题", "en": "T"}],
        "cycle": [[2026, 2030]],
    },
    "inputs": {"units": ["units.csv", ["a.csv", "b\\*.csv"]], "previous": ["p.csv"]},
    "scoring": {
        "resolution": ["0.1", 1],
        "unknown": ["none", "full"],
        "area_cap": [Decimal("0.5")],
    },
    "rules": {"wishes": [0, 5], "huanghua.salt": [3, Decimal("1.5")], "proximity": [2]},
    "objective": {"levels": [["total"], ["num_matched", {"goal": "total", "within": "1%"}]]},
    "plugins": {"folders": [["plugins"], []], "enable": [["x", "y"], []], "max_spread": [3]},
    "limits": {"time_s": [0, 2]},
}
NAMES = st.sampled_from(["a", "b", "c"])
QUOTAS = st.fixed_dictionaries(
    {"name": NAMES, "max": st.integers(0, 3)},
    optional={
        "min": st.just(0),
        "where": st.just({"unit.tier": "city"}),
        "pairs": st.sampled_from(["pairs.csv", [["u1", "v1"]], []]),
        "waiver": st.integers(0, 3),
    },
)
PAIRS = st.fixed_dictionaries({"unit": NAMES, "village": NAMES}, optional={"by": NAMES})


@st.composite
def plain_settings(draw: st.DrawFn) -> dict[str, object]:
    """Draw the settings of one file as plain data."""
    raw: dict[str, object] = {}
    for section, keys in TEXTS.items():
        chosen = {key: st.sampled_from(values) for key, values in keys.items()}
        table = draw(st.fixed_dictionaries({}, optional=chosen))
        if table or draw(st.booleans()):
            raw[section] = table
    for section, entries in (("quota", QUOTAS), ("lock", PAIRS), ("ban", PAIRS)):
        raw[section] = draw(st.lists(entries, max_size=4))
    return raw


def write_toml(raw: dict[str, object]) -> str:
    lines: list[str] = []
    for section, value in raw.items():
        for entry in value if isinstance(value, list) else [value]:
            lines.append(f"[[{section}]]" if isinstance(value, list) else f"[{section}]")
            lines += [f"{json.dumps(key)} = {write_value(v)}" for key, v in entry.items()]
    return "\n".join(lines) + "\n"


def write_value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{k}" = {write_value(v)}' for k, v in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(write_value, value))}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def merge(parent: Path, *layers: dict[str, object]) -> Scenario:
    """Return what scenarios say of which each extends the next, as if all lay in one folder."""
    for k, raw in enumerate(layers):
        section = dict(raw.get("scenario", {}))
        if k + 1 < len(layers):
            section["extends"] = f"../layer{k + 1}"
        text = write_toml({**raw, "scenario": section})
        write_scenario(parent / f"layer{k}", {"scenario.toml": text})
    text = read(parent / "layer0").model_dump_json(exclude={"scenario": {"extends"}})
    return Scenario.model_validate_json(re.sub(r"\.\./layer\d/", "", text))


@settings(max_examples=pick_share(200, 8), deadline=None)
@given(plain_settings(), plain_settings())
def test_saying_the_same_again_changes_nothing(tmp_path_factory, raw, other):
    parent = tmp_path_factory.mktemp("layers")
    alone, own = merge(parent, raw), merge(parent, other)
    assert alone == Scenario.model_validate(raw)
    assert merge(parent, raw, raw) == merge(parent, {}, raw) == merge(parent, raw, {}) == alone
    together = merge(parent, other, raw)
    assert merge(parent, other, other, raw) == merge(parent, other, {}, raw) == together
    for section, keys in TEXTS.items():
        for key in keys:
            source = own if key in other.get(section, {}) else alone
            assert pick(together, section, key) == pick(source, section, key)
    assert {q.name for q in together.quota} == {q.name for q in (*alone.quota, *own.quota)}
    for quota in own.quota:  # what the child says holds, whatever its base says
        assert quota in together.quota


def pick(scenario: Scenario, section: str, key: str) -> object:
    table = getattr(scenario, section)
    return table.get(key) if isinstance(table, dict) else getattr(table, key)


# --- paths -----------------------------------------------------------------------------------


def test_paths_lead_from_the_folder_that_states_them(tmp_path):
    base = (
        '[inputs]\nunits = ["a.csv", "b*.csv"]\nvillages = "v/x.csv"\nscores = "s.csv"\n'
        '[plugins]\nfolders = ["plugins", "../shared"]\nenable = ["x"]\n'
        '[[quota]]\nname = "q"\npairs = "pairs.csv"\nmax = 1\n'
        '[[quota]]\nname = "r"\npairs = [["u1", "v1"]]\nmax = 1\n'
    )
    middle = '[scenario]\nextends = "../deep/base"\n[inputs]\nscores = "mine.csv"\n'
    child = '[scenario]\nextends = "../middle"\n[inputs]\nprevious = "p.csv"\n'
    folder = lay_out(tmp_path, child=child, middle=middle, **{"deep/base": base})
    merged = read(folder)
    assert merged.inputs.units == ("../deep/base/a.csv", "../deep/base/b*.csv")
    assert merged.inputs.villages == "../deep/base/v/x.csv"
    assert (merged.inputs.scores, merged.inputs.previous) == ("../middle/mine.csv", "p.csv")
    assert merged.plugins.folders == ("../deep/base/plugins", "../deep/base/../shared")
    assert merged.plugins.enable == ("x",)
    assert [q.pairs for q in merged.quota] == ["../deep/base/pairs.csv", (("u1", "v1"),)]
    layered = read_layered(folder)
    assert layered.settings.bases == ("../middle/", "../deep/base/")


@pytest.mark.parametrize("extends", ["'..\\base'", '"../base/"', '"./../child/../base"'])
def test_a_base_may_be_written_in_other_ways(tmp_path, extends):
    base = INPUTS.replace('"units.csv"', "'tables\\units.csv'")
    folder = lay_out(tmp_path, base=base, child=f"[scenario]\nextends = {extends}\n")
    write_scenario(tmp_path / "base", {"scenario.toml": base, "tables/units.csv": UNITS})
    inputs, findings = read_scenario(folder)
    assert not list_codes(findings, Severity.ERROR)
    assert set(inputs.digests) == {
        *("scenario.toml", "../base/scenario.toml", "../base/tables/units.csv"),
        *("../base/villages.csv", "../base/scores.csv"),
    }


@pytest.mark.parametrize("extends", ["base", "..", "../.."])
def test_a_base_may_lie_inside_or_around(tmp_path, extends):
    folder = tmp_path / "x" / "y"
    write_scenario(folder, {"scenario.toml": f'[scenario]\nextends = "{extends}"\n'})
    write_scenario(folder / extends, BASE)
    inputs, findings = read_scenario(folder)
    assert not list_codes(findings, Severity.ERROR)
    assert f"{extends}/units.csv" in inputs.digests


def test_bases_around_one_another(tmp_path):
    folder = tmp_path / "x" / "y"
    for at in (folder, folder.parent):
        write_scenario(at, {"scenario.toml": '[scenario]\nextends = ".."\n'})
    write_scenario(tmp_path, BASE)
    inputs, findings = read_scenario(folder)
    assert not list_codes(findings, Severity.ERROR)
    assert {"../scenario.toml", "../../scenario.toml", "../../units.csv"} <= set(inputs.digests)


def test_files_of_a_base_have_one_name_however_it_is_written(tmp_path):
    middle, child = "[scenario]\nextends = '..\\base'\n", "[scenario]\nextends = '..\\middle\\'\n"
    folder = lay_out(tmp_path, base=INPUTS, middle=middle, child=child)
    assert set(read_layered(folder).digests) == {
        *("scenario.toml", "../middle/scenario.toml", "../base/scenario.toml"),
    }
    assert read(folder).inputs.units == "../base/units.csv"


def test_a_base_with_crlf_and_a_mark_at_its_start(tmp_path):
    base = "\ufeff" + (INPUTS + write_quotas(("甲", 1))).replace("\n", "\r\n")
    folder = lay_out(tmp_path, base=base, child=EXTENDS)
    inputs, findings = read_scenario(folder)
    assert not list_codes(findings, Severity.ERROR)
    assert [quota.name for quota in inputs.scenario.quota] == ["甲"]
    data = (tmp_path / "base" / "scenario.toml").read_bytes()
    assert inputs.digests["../base/scenario.toml"] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "path",
    [
        *("../other/units.csv", "../base/../other/units.csv", "../base//etc/passwd", "../base"),
        *(
            "../base/C:/x.csv",
            "../base/~/x.csv",
            "../child/units.csv",
            "../base/",
            "../*/units.csv",
        ),
        "../based/units.csv",
    ],
)
def test_paths_lead_out_only_into_what_is_extended(tmp_path, path):
    child = f'{EXTENDS}[inputs]\nunits = "{path}"\n'
    folder = lay_out(tmp_path, base=INPUTS, child=child)
    for name in ("other", "child", "based"):
        write_scenario(tmp_path / name, {"scenario.toml": child, "units.csv": UNITS})
    inputs, findings = read_scenario(folder)
    check_sentences(findings)
    assert inputs is None
    outside = find_one(findings, "load.path_outside")
    place = (outside.place.file, outside.place.row, outside.place.value)
    assert place == ("scenario.toml", 4, path)


@pytest.mark.parametrize("path", ["../base/units.csv", "..\\\\base\\\\units.csv", "../base/u*.csv"])
def test_paths_may_lead_into_what_is_extended(tmp_path, path):
    child = f'{EXTENDS}[inputs]\nunits = "{path}"\n'
    inputs, findings = read_scenario(lay_out(tmp_path, base=INPUTS, child=child))
    assert not list_codes(findings, Severity.ERROR)
    assert "../base/units.csv" in inputs.digests


@pytest.mark.parametrize("path", ["../other/units.csv", "/etc/passwd", "C:/x.csv", "~/x.csv"])
def test_paths_of_a_base_do_not_leave_it_either(tmp_path, path):
    base = INPUTS.replace("units.csv", path)
    folder = lay_out(tmp_path, base=base, child=EXTENDS)
    write_scenario(tmp_path / "other", BASE)
    inputs, findings = read_scenario(folder)
    check_sentences(findings)
    assert inputs is None
    place = find_one(findings, "load.path_outside").place
    assert (place.file, place.row, place.column) == ("../base/scenario.toml", 2, "inputs.units")


@pytest.mark.parametrize("start", ["", "../base/"])
def test_links_out_are_refused(tmp_path, start):
    child = f'{EXTENDS}[inputs]\nunits = "{start}link.csv"\n'
    folder = lay_out(tmp_path, base=INPUTS, child=child)
    write_scenario(tmp_path / "other", BASE)
    (folder / start / "link.csv").symlink_to(tmp_path / "other" / "units.csv")
    inputs, findings = read_scenario(folder)
    assert inputs is None
    assert find_one(findings, "load.path_outside").place.row == 4


def test_links_inside_a_base_may_be_used(tmp_path):
    child = f'{EXTENDS}[inputs]\nunits = "../base/link.csv"\n'
    folder = lay_out(tmp_path, base=INPUTS, child=child)
    (tmp_path / "base" / "link.csv").symlink_to("units.csv")
    inputs, _findings = read_scenario(folder)
    assert [unit.unit_id for unit in inputs.units] == ["u1", "u2"]


@pytest.mark.parametrize("path", ["/opt/plugins", "C:/plugins", "~/plugins"])
def test_absolute_plugin_folders_of_a_base_are_told_as_such(tmp_path, path):
    base = f'{INPUTS}[plugins]\nfolders = ["{path}"]\n'
    folder = lay_out(tmp_path, base=base, child=EXTENDS)
    _sources, findings = find_plugins(folder, read(folder).plugins, None)
    told = find_one(findings, "plugins.folder_absolute")
    assert told.params["folder"] == path


PACK = (
    'name = "shared"\nlabel = "共用"\n[[rule]]\nid = "r"\nlabel = "规则"\nwhy_zh = "因"\n'
    'why_en = "why"\n[[rule.row]]\npoints = 1\n'
)


def test_plugins_lie_beside_the_base_that_names_them(tmp_path):
    base = f'{INPUTS}[plugins]\nfolders = ["plugins"]\n'
    folder = lay_out(tmp_path, base=base, child=EXTENDS)
    write_scenario(tmp_path / "base" / "plugins" / "shared", {"pack.toml": PACK})
    sources, _findings = find_plugins(folder, read(folder).plugins, None)
    assert ("shared", "../base/plugins/shared", True) in [
        (source.name, source.origin, source.is_on) for source in sources
    ]


# --- tables of the default names -------------------------------------------------------------


def test_tables_that_no_file_names_are_those_of_the_nearest_folder_that_has_them(tmp_path):
    base = '[inputs]\nscores = "scores.csv"\n'
    folder = lay_out(tmp_path, base=base, child=EXTENDS)
    inputs, findings = read_scenario(folder)
    assert not list_codes(findings, Severity.ERROR)
    assert {"../base/units.csv", "../base/villages.csv"} <= set(inputs.digests)
    (folder / "units.csv").write_text("unit_id\nu1\nu3\n", encoding="utf-8")
    inputs, _findings = read_scenario(folder)
    assert [unit.unit_id for unit in inputs.units] == ["u1", "u3"]
    assert {"units.csv", "../base/villages.csv"} <= set(inputs.digests)


def test_tables_that_nobody_has_are_missing_in_the_scenario(tmp_path):
    write_scenario(tmp_path / "base", {})
    folder = write_scenario(tmp_path / "child", {"scenario.toml": EXTENDS})
    inputs, findings = read_scenario(folder)
    assert inputs is None
    missing = [f for f in findings if f.code == "load.file_missing"]
    assert [(f.place.file, f.params["path"]) for f in missing] == [
        ("scenario.toml", "units.csv"),
        ("scenario.toml", "villages.csv"),
    ]


# --- faults and their places -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("extends", "code"),
    [
        *((path, "extends_absolute") for path in ("/base", "~/base", "C:/base", "C:base")),
        *((path, "extends_absolute") for path in ("\\\\server\\base", "\\base", "~", "file:base")),
        *((path, "extends_missing") for path in ("../none", "../base/units.csv", "../empty", "  ")),
        *(
            (path, "extends_missing")
            for path in ("x" * 300, "../loop/base", "../base/scenario.toml")
        ),
        *((path, "extends_circle") for path in (".", "../child", "../base/../child", "../same")),
    ],
)
def test_impossible_bases_are_told(tmp_path, extends, code):
    child = f"[scenario]\nname = 'c'\nextends = '{extends}'\n"
    folder = lay_out(tmp_path, base=INPUTS, child=child)
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "same").symlink_to("child")
    layered = read_faults(folder)
    assert list_places(layered) == [(f"settings.{code}", "scenario.toml", 3, "scenario.extends")]
    (finding,) = layered.findings
    assert (finding.severity, finding.place.value) == (Severity.ERROR, extends)
    assert finding.params == {"base": extends, "line": "3"}
    assert list(layered.digests) == ["scenario.toml"]


def test_a_missing_base_of_a_base_is_told_in_its_file(tmp_path):
    base = '# a remark\n[scenario]\nextends = "../none"\n'
    layered = read_faults(lay_out(tmp_path, base=base, child=EXTENDS))
    expected = ("settings.extends_missing", "../base/scenario.toml", 3, "scenario.extends")
    assert list_places(layered) == [expected]


@pytest.mark.parametrize("back", ["child", "middle", "base"])
def test_circles_end(tmp_path, back):
    base = f'[scenario]\nextends = "../{back}"\n'
    middle, child = EXTENDS, '[scenario]\nextends = "../middle"\n'
    layered = read_faults(lay_out(tmp_path, base=base, middle=middle, child=child))
    assert list_places(layered) == [
        ("settings.extends_circle", "../base/scenario.toml", 2, "scenario.extends")
    ]


@pytest.mark.parametrize("number", [MAX_LAYERS, MAX_LAYERS + 1])
def test_too_many_layers(tmp_path, number):
    for k in range(number):
        text = f'[scenario]\nextends = "../s{k + 1}"\n' if k < number - 1 else "[rules]\nx = 1\n"
        write_scenario(tmp_path / f"s{k}", {"scenario.toml": text})
    if number == MAX_LAYERS:
        assert read(tmp_path / "s0").rules == {"x": 1}
        return
    layered = read_faults(tmp_path / "s0")
    last = f"../s{MAX_LAYERS - 1}/scenario.toml"
    expected = ("settings.extends_too_deep", last, 2, "scenario.extends")
    assert list_places(layered) == [expected]


def test_faults_of_all_files_are_told_at_once_each_in_its_own(tmp_path):
    base = '[scenario]\nlang = "fr"\n[scoring]\nunknown = "x"\n'
    middle = '[scenario]\nextends = "../base"\n[rulez]\nx = 1\n'
    child = '[scenario]\nextends = "../middle"\ncycle = [2030, 2026]\n'
    layered = read_faults(lay_out(tmp_path, base=base, middle=middle, child=child))
    assert sorted(list_places(layered)) == [
        ("settings.bad_cycle", "scenario.toml", 3, "scenario.cycle"),
        ("settings.not_an_option", "../base/scenario.toml", 2, "scenario.lang"),
        ("settings.not_an_option", "../base/scenario.toml", 4, "scoring.unknown"),
        ("settings.unknown_key_close", "../middle/scenario.toml", 3, "rulez"),
    ]
    assert len(layered.digests) == 3


@pytest.mark.parametrize(
    ("base", "code"),
    [("x = [", "syntax"), (b"\xff\x80", "not_utf8"), ("a = 1\na = 2", "duplicate_key")],
)
def test_a_base_that_cannot_be_understood(tmp_path, base, code):
    layered = read_faults(lay_out(tmp_path, base=base, child=EXTENDS))
    (finding,) = layered.findings
    assert (finding.code, finding.place.file) == (f"settings.{code}", "../base/scenario.toml")


@pytest.mark.parametrize("extends", ["3", "true", '["../base"]'])
def test_extends_is_a_text(tmp_path, extends):
    child = f"[scenario]\nextends = {extends}\n"
    layered = read_faults(lay_out(tmp_path, base=INPUTS, child=child))
    assert list_places(layered) == [
        ("settings.wrong_kind_text", "scenario.toml", 2, "scenario.extends")
    ]


def test_an_empty_extends_is_none(tmp_path):
    folder = lay_out(tmp_path, child='[scenario]\nextends = ""\n[rules]\nx = 1\n')
    assert read(folder).rules == {"x": 1}


@pytest.mark.parametrize(
    "text",
    [
        '[scenario]\nextends = "..\\base"\n',  # \b is a control character, and ..\base was meant
        '[scenario]\nextends = "..\\new"\n',
        '[scenario]\nextends = "\\u0000"\n',
        f'{EXTENDS}[[quota]]\nname = "q"\npairs = "data\\new.csv"\nmax = 1\n',
    ],
)
def test_backslashes_that_mean_something_else_are_told(tmp_path, text):
    layered = read_faults(lay_out(tmp_path, base=INPUTS, child=text))
    assert [f.code for f in layered.findings] == ["settings.backslash"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs file permissions")
def test_an_unreadable_base_is_told(tmp_path):
    folder = lay_out(tmp_path, base=INPUTS, child=EXTENDS)
    (tmp_path / "base" / "scenario.toml").chmod(0)
    layered = read_faults(folder)
    assert [(f.code, f.place.file) for f in layered.findings] == [
        ("files.not_permitted", "../base/scenario.toml")
    ]


def test_a_base_that_vanishes_is_told(tmp_path, monkeypatch):
    folder = lay_out(tmp_path, base=INPUTS, child=EXTENDS)
    read_bytes = Path.read_bytes

    def vanish(path: Path) -> bytes:
        if path.parent.name == "base":
            raise FileNotFoundError(2, "gone", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", vanish)
    layered = read_faults(folder)
    assert [f.place.file for f in layered.findings] == ["../base/scenario.toml"]


MISSING = "scores = \"scores.csv\"\ncounties = 'gone.csv'\ndistances = 'no*.csv'\n"


def test_faults_of_inherited_settings_are_told_where_those_stand(tmp_path):
    base = INPUTS.replace('scores = "scores.csv"\n', MISSING) + (
        '[[lock]]\nunit = "u1"\nvillage = "v1"\n[[lock]]\nunit = "u1"\nvillage = "v9"\n'
        '[[quota]]\nname = "q"\nmax = 1\npairs = [["u1", "v1"], ["u8", "v2"]]\n'
        '[[quota]]\nname = "r"\nmax = 1\npairs = "none.csv"\n'
    )
    child = (
        f'{EXTENDS}[inputs]\nprevious = "nix.csv"\n[[lock]]\nunit = "u1"\nvillage = "v1"\n'
        '[[lock]]\nunit = "u7"\nvillage = "v2"\n'
    )
    inputs, findings = read_scenario(lay_out(tmp_path, base=base, child=child))
    check_sentences(findings)
    assert inputs is not None
    told = {
        (f.code, f.place.file, f.place.row, f.place.column)
        for f in findings
        if f.severity is Severity.ERROR
    }
    of_base, own = "../base/scenario.toml", "scenario.toml"
    assert told == {
        ("load.file_missing", of_base, 5, "inputs.counties"),
        ("load.no_match", of_base, 6, "inputs.distances"),
        ("load.setting_village", of_base, 12, "lock[2].village"),
        ("load.setting_unit_close", of_base, 16, "quota[1].pairs[2][1]"),
        ("load.file_missing", of_base, 20, "quota[2].pairs"),
        ("load.file_missing", own, 4, "inputs.previous"),
        ("load.setting_unit_close", own, 9, "lock[2].unit"),
    }


def test_faults_in_a_table_of_the_base_are_told_in_its_file(tmp_path):
    folder = lay_out(tmp_path, base=INPUTS, child=EXTENDS)
    (tmp_path / "base" / "scores.csv").write_text(SCORES + "u1,v9,1\nu9,v1,1\n", encoding="utf-8")
    _inputs, findings = read_scenario(folder)
    errors = [f for f in findings if f.severity is Severity.ERROR]
    assert {f.place.file for f in errors} == {"../base/scores.csv"}
    assert sorted(f.place.row for f in errors) == [6, 7]


# --- settings that only together are impossible ----------------------------------------------

KEPT = '[objective]\nlevels = ["num_matched", "kept"]\n'
CHANGES = "[limits]\nmax_changes = 1\n"
WAIVER = "[limits]\ntime_s = 1\nmax_changes_waiver = 2\n"
LEADS_TO_BASE = '[scenario]\nextends = "../middle"\n'


@pytest.mark.parametrize(
    ("middle", "child", "expected"),
    [
        ("", CHANGES, [("changes_without_previous", "scenario.toml", 4, "limits.max_changes")]),
        (
            CHANGES,
            "",
            [("changes_without_previous", "../middle/scenario.toml", 4, "limits.max_changes")],
        ),
        ("", KEPT, [("kept_without_previous", "scenario.toml", 4, "objective.levels[2]")]),
        (
            KEPT,
            "",
            [("kept_without_previous", "../middle/scenario.toml", 4, "objective.levels[2]")],
        ),
        ("", WAIVER, [("waiver_alone", "scenario.toml", 5, "limits.max_changes_waiver")]),
        (WAIVER, "", [("waiver_alone", "../middle/scenario.toml", 5, "limits.max_changes_waiver")]),
        (
            KEPT + WAIVER,
            CHANGES,
            [
                ("changes_without_previous", "scenario.toml", 4, "limits.max_changes"),
                ("kept_without_previous", "../middle/scenario.toml", 4, "objective.levels[2]"),
            ],
        ),
    ],
)
def test_what_is_impossible_only_together_is_told_where_it_stands(
    tmp_path, middle, child, expected
):
    folder = lay_out(tmp_path, base=INPUTS, middle=EXTENDS + middle, child=LEADS_TO_BASE + child)
    found = [(f"settings.{code}", *place) for code, *place in expected]
    assert list_places(read_faults(folder)) == found


@pytest.mark.parametrize(
    ("base", "middle", "child"),
    [
        ('previous = "previous.csv"\n', CHANGES + KEPT, ""),
        ('previous = "previous.csv"\n', "", CHANGES + KEPT),
        ("", CHANGES + KEPT, '[inputs]\nprevious = "previous.csv"\n'),
        ('previous = "previous.csv"\n', WAIVER, CHANGES),
        ('previous = "previous.csv"\n', CHANGES, WAIVER),
        ("", '[inputs]\nprevious = "previous.csv"\n' + CHANGES, WAIVER),
        ("", KEPT, '[objective]\nlevels = ["total"]\n'),
    ],
)
def test_what_is_possible_only_together_is_accepted(tmp_path, base, middle, child):
    folder = lay_out(
        tmp_path, base=INPUTS + base, middle=EXTENDS + middle, child=LEADS_TO_BASE + child
    )
    read(folder)


def test_a_base_must_stand_alone(tmp_path):
    child = f'{EXTENDS}[inputs]\nprevious = "previous.csv"\n'
    layered = read_faults(lay_out(tmp_path, base=CHANGES, child=child))
    place = ("settings.changes_without_previous", "../base/scenario.toml", 2, "limits.max_changes")
    assert list_places(layered) == [place]


# --- digests and answers ---------------------------------------------------------------------


def find_run_id(folder: Path) -> str:
    outcome = engine.propose_pairing(folder, dry_run=True)
    assert outcome.proposal is not None
    return outcome.proposal.run_id


def test_the_digests_hold_all_settings_and_a_changed_base_is_another_question(tmp_path):
    child = f"{LEADS_TO_BASE}name = 'c'\n"
    folder = lay_out(tmp_path, base=INPUTS, middle=EXTENDS, child=child)
    inputs, _findings = read_scenario(folder)
    names = ("scenario.toml", "../middle/scenario.toml", "../base/scenario.toml")
    for name in names:
        data = (folder / name).read_bytes()
        assert inputs.digests[name] == hashlib.sha256(data).hexdigest()
    assert list(inputs.digests) == sorted(inputs.digests)
    run_ids = [find_run_id(folder)]
    assert find_run_id(folder) == run_ids[0]
    for name in (*names, "../base/units.csv"):
        with (folder / name).open("a", encoding="utf-8") as stream:
            stream.write("# a remark\n" if name.endswith(".toml") else "u3,丙行\n")
        run_ids.append(find_run_id(folder))
    assert len(set(run_ids)) == len(run_ids)


FULL = (
    f'{INPUTS}previous = "previous.csv"\n[rules]\ncontinuity = 5\n'
    '[objective]\nlevels = ["num_matched", "kept", "total"]\n'
    '[[quota]]\nname = "q"\nmax = 1\npairs = [["u1", "v1"], ["u1", "v2"]]\n'
    '[[lock]]\nunit = "u2"\nvillage = "v2"\nreason = "老对子"\n'
)
NAME_RUN = {"run.json", "report.html", "结对安排表.xlsx"}
"""Files of a run that hold its id, which depends on the bytes of the settings."""


def test_the_answer_is_that_of_one_file_that_says_everything(tmp_path):
    own = '[objective]\nlevels = ["total"]\n[[lock]]\nunit = "u1"\nvillage = "v1"\n'
    folder = lay_out(tmp_path, base=FULL, child=f"{EXTENDS}name = 'c'\n{own}")
    text = FULL.replace('["num_matched", "kept", "total"]', '["total"]')
    text = f'[scenario]\nname = \'c\'\n{text}[[lock]]\nunit = "u1"\nvillage = "v1"\n'
    whole = write_scenario(tmp_path / "whole", {**TABLES, "scenario.toml": text})
    runs = [engine.propose_pairing(at, tmp_path / "runs" / at.name).run for at in (folder, whole)]
    # Where a table lies is told, and differs.
    first, second = (
        {p.name: p.read_bytes().replace(b"../base/", b"") for p in run.iterdir()} for run in runs
    )
    assert first.keys() == second.keys()
    assert len(first) > len(NAME_RUN) + 5
    assert {name for name in first if first[name] != second[name]} == NAME_RUN
    facts = [json.loads(files["run.json"]) for files in (first, second)]
    for key in ("objective", "status", "bound", "gap", "num_units", "num_candidates", "rules"):
        assert facts[0][key] == facts[1][key]


def test_a_published_run_of_a_child_is_proven_again(tmp_path):
    folder = lay_out(tmp_path, base=FULL, child=EXTENDS)
    run = engine.propose_pairing(folder).run
    assert engine.verify_run(run) == ()
    with (tmp_path / "base" / "units.csv").open("a", encoding="utf-8") as stream:
        stream.write("u3,丙行\n")
    (tmp_path / "base" / "scenario.toml").write_text(f"{FULL}# 改了\n", encoding="utf-8")
    (tmp_path / "base" / "previous.csv").unlink()
    told = [(f.code, f.place.file) for f in engine.verify_run(run)]
    assert sorted(told) == [
        ("engine.input_changed", "../base/scenario.toml"),
        ("engine.input_changed", "../base/units.csv"),
        ("runs.file_missing", "../base/previous.csv"),
    ]


def test_the_variants_of_the_demonstration_give_a_matching(monkeypatch):
    """Reading the same tables and starting the same plugins takes long: that is done at length."""
    assert len(VARIANTS) == 5
    options = PluginOptions() if ALL_CASES else PluginOptions(only=frozenset())
    found = [read_layered(SCENARIOS / name) for name in VARIANTS]
    (tables,) = {layered.settings.scenario.inputs.model_dump_json() for layered in found}
    assert "../cangzhou-2026/data/" in tables
    if not ALL_CASES:
        inputs, _findings = read_scenario(SCENARIOS / VARIANTS[0])
        of_base = dict(zip(VARIANTS, (v.settings.scenario for v in found), strict=True))
        monkeypatch.setattr(
            "pairmatch.load.scenario.read_scenario",
            lambda folder: (replace(inputs, scenario=of_base[folder.name]), ()),
        )
    answers = set()
    for name in VARIANTS:
        with open_scenario(SCENARIOS / name, options) as opened:
            assert not list_codes(opened.findings, Severity.ERROR)
            answer = answer_scenario(opened, options).answer
        assert answer is not None
        assert (answer.matching.status, len(answer.matching.chosen_idx)) == ("optimal", 112)
        answers.add(tuple(answer.matching.chosen_idx.tolist()))
    assert len(answers) > 3  # they do ask for different things


@pytest.mark.skipif(not ALL_CASES, reason="takes long: ALL_CASES=1")
def test_the_variants_of_the_demonstration_give_a_whole_answer():
    run_ids = set()
    for name in VARIANTS:
        outcome = engine.propose_pairing(SCENARIOS / name, dry_run=True)
        assert outcome.status == "optimal", name
        assert "../cangzhou-2026/scenario.toml" in outcome.proposal.inputs.digests
        run_ids.add(outcome.proposal.run_id)
    assert len(run_ids) == 5


def test_a_scenario_that_extends_none_has_its_own_places(tmp_path):
    folder = write_scenario(tmp_path, BASE)
    found = read_layered(folder).settings
    assert isinstance(found, SettingsFile)
    assert found.bases == ()
    assert found.place_of(("inputs", "units")).row == 2
