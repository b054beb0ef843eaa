"""Where plugins are found, which are on and why, and everything that can be wrong with a folder."""

import importlib.metadata
import sys
from pathlib import Path
from string import Template

import pytest
from tests.load.sheet_makers import check_sentences

import pairmatch.load.plugins as plugins_module
from pairmatch.domain.findings import Severity
from pairmatch.domain.scenario import PluginsSection
from pairmatch.load.bundles import find_bundle, find_bundled_plugins, read_bundle, read_scaffold
from pairmatch.load.plugins import compute_digest, find_plugin, find_plugins
from pairmatch.messages import render


@pytest.fixture(autouse=True)
def _no_others(monkeypatch):
    """Tests of folders must not see what the machine or the tree holds."""
    monkeypatch.setattr(plugins_module, "find_bundled_plugins", lambda: None)
    monkeypatch.setattr(plugins_module, "entry_points", lambda group: ())


def put(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    return folder


def find(folder, *, only=None, **settings):
    settings.setdefault("folders", ("plugins",))
    sources, findings = find_plugins(folder, PluginsSection(**settings), only)
    check_sentences(findings)
    for source in sources:
        for lang in ("zh", "en"):
            assert render(source.why, {}, lang).text
        assert str(folder) not in source.origin
    for finding in findings:
        assert str(folder) not in str(finding)
    return sources, findings


def list_states(sources):
    return [(s.name, s.kind, s.origin, s.is_on, s.why) for s in sources]


def list_codes(findings):
    return [(f.code, f.severity) for f in findings]


def test_folders_of_the_scenario(tmp_path):
    put(
        tmp_path,
        "plugins/renqiu/plugin.py",
        "plugins/mengcun/pack.toml",
        "plugins/nanpi/规则.xlsx",
        "plugins/nanpi/~$规则.xlsx",
        "plugins/nanpi/README.md",
        "plugins/.hidden/plugin.py",
        "plugins/__pycache__/plugin.py",
        "plugins/README.md",
    )
    sources, findings = find(tmp_path, disable=("renqiu",))
    assert findings == ()
    assert list_states(sources) == [
        ("mengcun", "pack", "plugins/mengcun", True, "plugins.on_folder"),
        ("nanpi", "pack", "plugins/nanpi", True, "plugins.on_folder"),
        ("renqiu", "python", "plugins/renqiu", False, "plugins.off_disabled"),
    ]
    assert all(Path(source.path).is_absolute() for source in sources)
    assert all(len(source.digest) == 64 for source in sources)


def test_the_variable_decides_alone(tmp_path):
    put(tmp_path, "plugins/a/plugin.py", "plugins/b/plugin.py")
    sources, findings = find(tmp_path, only=frozenset({"b"}), disable=("b",), enable=("none",))
    assert findings == ()
    assert [(s.name, s.is_on, s.why) for s in sources] == [
        ("a", False, "plugins.off_variable"),
        ("b", True, "plugins.on_variable"),
    ]
    sources, findings = find(tmp_path, only=frozenset())
    assert not any(source.is_on for source in sources)
    _, findings = find(tmp_path, only=frozenset({"bb"}))
    assert list_codes(findings) == [("plugins.unknown_close", Severity.ERROR)]
    assert findings[0].params["where"] == "PAIRMATCH_LOAD_PLUGINS"


def test_folders_beside_the_scenario_in_chinese(tmp_path):
    put(tmp_path, "公用 插件/huanghua/plugin.py", "方案/scenario.toml")
    scenario = tmp_path / "方案"
    for folder in ("../公用 插件", "..\\公用 插件\\", "./../公用 插件/."):
        sources, findings = find(scenario, folders=(folder,))
        assert findings == ()
        assert [source.origin for source in sources] == ["../公用 插件/huanghua"]
    sources, _ = find(scenario, folders=("../公用 插件", "../公用 插件/"))
    assert len(sources) == 1


def test_plugins_that_come_with_pairmatch(tmp_path, monkeypatch):
    bundled = put(tmp_path / "bundled", "huanghua/plugin.py", "empty/README.md", "nanpi/a.xlsx")
    monkeypatch.setattr(plugins_module, "find_bundled_plugins", lambda: bundled)
    sources, findings = find(tmp_path, folders=(), enable=("nanpi",))
    assert findings == ()
    assert list_states(sources) == [
        ("huanghua", "python", "pairmatch", False, "plugins.off_not_enabled"),
        ("nanpi", "pack", "pairmatch", True, "plugins.on_enabled"),
    ]
    # One's own copy stands in for a bundled one that is not asked for; both together are too many.
    put(tmp_path, "plugins/huanghua/plugin.py")
    sources, findings = find(tmp_path)
    assert findings == ()
    assert [(s.origin, s.is_on) for s in sources if s.name == "huanghua"] == [
        ("pairmatch", False),
        ("plugins/huanghua", True),
    ]
    sources, findings = find(tmp_path, enable=("huanghua",))
    assert list_codes(findings) == [("plugins.same_name", Severity.ERROR)]
    assert {"pairmatch", "plugins/huanghua"} <= set(findings[0].params.values())
    doubles = [(s.is_on, s.why) for s in sources if s.name == "huanghua"]
    assert doubles == [(False, "plugins.off_same_name")] * 2


def test_the_bundled_folder_of_the_tree_is_found():
    assert (find_bundled_plugins() or Path("plugins")).name == "plugins"


def test_bundled_scenarios():
    folder = find_bundle("cangzhou-2026")
    assert (folder / "scenario.toml").is_file()
    assert "scenario.toml" in read_bundle("cangzhou-2026")
    assert find_bundle("none") is None
    assert read_bundle("none") is None


def test_a_plugin_by_its_own_folder(tmp_path, monkeypatch):
    put(tmp_path, "huanghua/plugin.py", "empty/x.txt", "黄骅/plugin.py")
    source, findings = find_plugin(tmp_path / "huanghua")
    assert findings == ()
    assert (source.name, source.origin, source.is_on) == ("huanghua", "huanghua", True)
    monkeypatch.chdir(tmp_path / "huanghua")
    assert find_plugin(Path())[0] == source
    for name, codes in (
        ("empty", ["plugins.no_plugin"]),
        ("黄骅", ["plugins.bad_folder_name"]),
        ("none", []),
    ):
        source, findings = find_plugin(tmp_path / name)
        assert source is None
        assert [f.code for f in findings] == codes


def test_two_plugins_of_one_name(tmp_path):
    put(tmp_path, "one/a/plugin.py", "two/a/pack.toml", "two/b/pack.toml")
    sources, findings = find(tmp_path, folders=("one", "two"))
    assert [(s.name, s.is_on) for s in sources] == [("a", False), ("a", False), ("b", True)]
    assert list_codes(findings) == [("plugins.same_name", Severity.ERROR)]
    assert findings[0].params == {"plugin": "a", "first": "one/a", "second": "two/a"}


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (["plugin.py", "pack.toml"], "plugins.two_kinds"),
        (["plugin.py", "a.xlsx"], "plugins.two_kinds"),
        (["pack.toml", "a.xlsx"], "plugins.two_kinds"),
        (["a.xlsx", "b.xlsx"], "plugins.many_workbooks"),
        (["a.xlsx", "b.et"], "plugins.many_workbooks"),
        (["notes.txt"], "plugins.no_plugin"),
        (["data/a.xlsx"], "plugins.no_plugin"),
    ],
)
def test_folders_that_are_no_plugins(tmp_path, files, code):
    put(tmp_path / "plugins" / "cangxian", *files)
    sources, findings = find(tmp_path)
    assert sources == ()
    (finding,) = findings
    assert finding.code == code
    assert finding.place.file == "plugins/cangxian"
    is_note = code == "plugins.no_plugin"
    assert finding.severity is (Severity.NOTE if is_note else Severity.ERROR)
    assert is_note or finding.params["plugin"] == "cangxian"
    # What is switched off stops nothing.
    _, findings = find(tmp_path, disable=() if is_note else ("cangxian",))
    assert [f.severity for f in findings] == [Severity.NOTE]


@pytest.mark.parametrize(
    ("name", "suggested"),
    [("黄骅", "huanghua"), ("Huang-Hua", "huang_hua"), ("1a", "a"), ("ａｂ", "ab"), ("a.b", "a_b")],
)
def test_names_that_are_not_possible(tmp_path, name, suggested):
    put(tmp_path, f"plugins/{name}/plugin.py")
    sources, findings = find(tmp_path)
    assert sources == ()
    assert list_codes(findings) == [("plugins.bad_folder_name", Severity.ERROR)]
    assert findings[0].params["suggested"] == suggested


@pytest.mark.parametrize(
    ("folder", "code"),
    [
        ("missing", "plugins.folder_missing"),
        ("scenario.toml", "plugins.folder_missing"),
        ("a\0b", "plugins.folder_missing"),
        ("C:\\plugins", "plugins.folder_absolute"),
        ("/opt/plugins", "plugins.folder_absolute"),
        ("~/plugins", "plugins.folder_absolute"),
        ("plugins/huanghua", "plugins.loose_file"),
    ],
)
def test_folders_in_the_settings_are_checked(tmp_path, folder, code):
    put(tmp_path, "scenario.toml", "plugins/huanghua/plugin.py")
    sources, findings = find(tmp_path, folders=(folder,))
    assert sources == ()
    assert list_codes(findings) == [(code, Severity.ERROR)]
    assert findings[0].place.file == "scenario.toml"
    assert findings[0].place.column == "plugins"


def test_names_in_the_settings_are_checked(tmp_path):
    put(tmp_path, "plugins/huanghua/plugin.py")
    _, findings = find(
        tmp_path, enable=("huanghau", "zzz", "huanghua"), disable=("huanghua", "yyy")
    )
    assert [(f.code, f.severity, f.params["plugin"]) for f in findings] == [
        ("plugins.unknown_close", Severity.ERROR, "huanghau"),
        ("plugins.unknown", Severity.ERROR, "zzz"),
        ("plugins.enabled_and_disabled", Severity.WARNING, "huanghua"),
        ("plugins.unknown", Severity.WARNING, "yyy"),
    ]
    assert findings[0].params["closest"] == "huanghua"


@pytest.mark.parametrize(
    ("refused", "code"), [("plugins", "plugins.folder_unreadable"), ("a", "plugins.unreadable")]
)
def test_folders_that_cannot_be_opened(tmp_path, monkeypatch, refused, code):
    put(tmp_path, "plugins/a/plugin.py")
    iterdir = Path.iterdir

    def refuse(path):
        if path.name == refused:
            raise PermissionError(13, "denied")
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    sources, findings = find(tmp_path)
    assert sources == ()
    assert list_codes(findings) == [(code, Severity.ERROR)]
    assert findings[0].params["detail"] == "denied"


def test_the_digest_is_that_of_the_plugins_own_files(tmp_path):
    folder = put(tmp_path / "a", "plugin.py", "data/x.csv")
    before = compute_digest(folder)
    put(folder, "test_a.py", "tests/test_b.py", "__pycache__/plugin.pyc", "x.pyc", ".git/x", "~$a")
    assert compute_digest(folder) == before
    assert compute_digest(put(tmp_path / "b" / "a", "data/x.csv", "plugin.py")) == before
    (folder / "data" / "x.csv").write_text("other", encoding="utf-8")
    changed = compute_digest(folder)
    assert changed != before
    (folder / "data" / "x.csv").rename(folder / "data" / "y.csv")
    assert compute_digest(folder) not in (before, changed)
    (folder / "broken").symlink_to(tmp_path / "nowhere")
    assert len(compute_digest(folder)) == 64


# --- packages --------------------------------------------------------------------------------


def install(folder: Path, name: str, *, files: bool = True, points: str = "") -> None:
    info = folder / f"{name}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(points or f"[pairmatch]\n{name} = {name}_rules:plugin\n")
    (folder / f"{name}_rules.py").write_text("raise SystemExit('never imported')\n")
    listed = f"{name}_rules.py,,\n{name}-1.2.dist-info/METADATA,,\n" if files else ""
    (info / "RECORD").write_text(listed)
    if not files:
        (info / "direct_url.json").write_text('{"url": "file:///x"}')


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder)])
    monkeypatch.setattr(plugins_module, "entry_points", importlib.metadata.entry_points)
    return folder


@pytest.mark.parametrize("files", [True, False])
def test_installed_packages(tmp_path, site, files):
    install(site, "shennong", files=files)
    sources, findings = find(tmp_path, folders=(), enable=("shennong",))
    assert findings == ()
    assert list_states(sources) == [
        ("shennong", "package", "shennong 1.2", True, "plugins.on_enabled")
    ]
    assert sources[0].path == "shennong_rules:plugin"
    (site / "shennong_rules.py").write_text("# changed\n")
    again, _ = find(tmp_path, folders=())
    assert (again[0].digest != sources[0].digest) is files
    assert again[0].why == "plugins.off_not_enabled"
    assert "shennong_rules" not in sys.modules


def test_packages_with_spoilt_names_or_lists(tmp_path, site):
    install(site, "one", points="[pairmatch]\nOne-1 = one:plugin\n")
    _, findings = find(tmp_path, folders=())
    assert list_codes(findings) == [("plugins.bad_folder_name", Severity.NOTE)]
    _, findings = find(tmp_path, folders=(), enable=("One-1",))
    assert list_codes(findings) == [("plugins.bad_folder_name", Severity.ERROR)]
    install(site, "two", points="[pairmatch]\nno equals sign\n")
    _, findings = find(tmp_path, folders=())
    assert list_codes(findings) == [("plugins.packages_unreadable", Severity.WARNING)]


def test_a_package_whose_metadata_are_gone(tmp_path, monkeypatch):
    class Gone(importlib.metadata.Distribution):
        metadata = {}  # noqa: RUF012

        def read_text(self, filename):
            raise OSError

        def locate_file(self, path):
            return tmp_path / path

    point = importlib.metadata.EntryPoint("gone", "gone_rules:plugin", "pairmatch")
    bare = importlib.metadata.EntryPoint("bare", "bare_rules:plugin", "pairmatch")
    monkeypatch.setattr(plugins_module, "entry_points", lambda group: [point._for(Gone()), bare])
    sources, findings = find(tmp_path, folders=())
    assert findings == ()
    assert [(s.name, s.origin) for s in sources] == [("bare", "bare_rules"), ("gone", "gone_rules")]


def find_digest(tmp_path):
    [source] = find(tmp_path, folders=())[0]
    return source.digest


def test_any_file_of_a_package_counts_but_tests_and_what_is_compiled(tmp_path, site):
    install(site, "shennong")
    names = ("shennong_data/points.csv", "shennong_data/tests/a.csv", "x/__pycache__/a.pyc")
    record = site / "shennong-1.2.dist-info" / "RECORD"
    with record.open("a") as stream:
        stream.writelines(f"{name},,\n" for name in (*names, "../bin/run"))
    put(site, *names, "../bin/run")
    before = find_digest(tmp_path)
    for name in (*names[1:], "../bin/run"):
        (site / name).write_text("changed")
        assert find_digest(tmp_path) == before
    (site / names[0]).write_text("changed")
    assert find_digest(tmp_path) != before


@pytest.mark.parametrize("file", ["shennong_rules.py", "shennong_rules/__init__.py"])
def test_a_package_that_is_edited_in_place_counts_by_its_files(tmp_path, site, monkeypatch, file):
    install(site, "shennong", files=False)
    (site / "shennong_rules.py").unlink()
    direct = '{"dir_info": {"editable": true}, "url": "file:///x"}'
    (site / "shennong-1.2.dist-info" / "direct_url.json").write_text(direct)
    nowhere = find_digest(tmp_path)
    source = put(tmp_path / "source", file)
    monkeypatch.setattr(sys, "path", [str(site), str(source)])
    before = find_digest(tmp_path)
    assert before != nowhere
    (source / file).write_text("raise SystemExit('never imported')")
    assert find_digest(tmp_path) != before
    assert "shennong_rules" not in sys.modules


def test_a_package_whose_module_cannot_be_looked_for(tmp_path, site, monkeypatch):
    install(site, "shennong", files=False)
    direct = site / "shennong-1.2.dist-info" / "direct_url.json"
    direct.write_text('{"dir_info": {"editable": true}}')

    def fail(_name):
        raise ValueError("no __spec__")

    monkeypatch.setattr(plugins_module, "find_spec", fail)
    assert len(find_digest(tmp_path)) == 64


# --- names that are taken --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["builtin", "condition", "pairmatch"])
def test_names_that_pairmatch_uses_itself_are_taken(tmp_path, site, name):
    put(tmp_path, f"plugins/{name}/plugin.py")
    sources, findings = find(tmp_path)
    assert (sources, list_codes(findings)) == ((), [("plugins.reserved_name", Severity.ERROR)])
    assert find_plugin(tmp_path / "plugins" / name)[0] is None
    install(site, name)
    sources, findings = find(tmp_path, folders=())
    assert (sources, list_codes(findings)) == ((), [("plugins.reserved_name", Severity.NOTE)])
    _, findings = find(tmp_path, folders=(), enable=(name,))
    assert list_codes(findings) == [("plugins.reserved_name", Severity.ERROR)]


def test_a_folder_is_the_scenarios_own_whatever_it_is_called(tmp_path):
    put(tmp_path, "pairmatch/plugin.py", "pairmatch/pack.toml")
    _, findings = find(tmp_path, folders=(".",))
    assert list_codes(findings) == [("plugins.two_kinds", Severity.ERROR)]


# --- scaffolds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("python", {"README.md", "plugin.py", "test_huanghua.py"}),
        ("pack", {"README.md"}),
        ("toml", {"README.md", "pack.toml", "cases.toml"}),
    ],
)
def test_scaffolds_have_their_places_filled(kind, names):
    values = {"name": "huanghua", "county": "黄骅市", "label": "黄骅特色"}
    files = {
        Template(name).substitute(values): Template(text).substitute(values)
        for name, text in read_scaffold(kind).items()
    }
    assert set(files) == names
    for name, text in files.items():
        assert "$" not in text
        if name.endswith(".py"):
            compile(text, name, "exec")
            assert max(map(len, text.splitlines())) <= 100
