"""Plugins on the command line: what is asked of the engine, what is told, the exit codes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.outcomes import (
    make_audit,
    make_conflict,
    make_explanation,
    make_finding,
    make_influence,
    make_outcome,
    make_proposal,
    make_report,
    make_state,
)

from pairmatch import errors
from pairmatch.cli.grids import align_rows
from pairmatch.domain.findings import Severity
from pairmatch.domain.plugins import PluginInfo, PluginOptions
from pairmatch.engine.fields import read_plugin_folders

FAULT = make_finding(Severity.ERROR, plugin="huanghua")
ERROR = make_finding(Severity.ERROR)
STATES = (make_state(), make_state("off", "mengcun"), make_state("broken", "nanpi"))


def read(result):
    return json.loads(result.stdout)


# --- options


@pytest.fixture
def asked(engine):
    """What the engine was asked for: the options of each call."""
    calls = []

    def keep(answer):
        def call(*words, **_named):
            calls.append(next(word for word in words if isinstance(word, PluginOptions)))
            return answer

        return call

    engine.propose_pairing = keep(make_outcome(make_proposal(), Path("r")))
    engine.check_scenario = keep((None, ()))
    engine.list_plugins = keep(((), ()))
    engine.check_plugins = keep(())
    engine.audit_plugins = keep(make_audit())
    return calls


COMMANDS = ("propose", "check", "plugins list", "plugins check", "plugins audit")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_runs_plugins_has_their_options(asked, run_cli, name):
    words = ["--skip-broken-plugins", "--isolate", "--plugin-time", "2.5", "--plugin-memory", "300"]
    for given in ([], words):
        result = run_cli(*name.split(), ".", *given)
        assert result.exit_code == 0, result.output
    assert asked == [PluginOptions(), PluginOptions(None, True, True, 2.5, 300)]


@pytest.mark.parametrize(
    ("text", "names"),
    [("", ()), (" ", ()), ("a", ("a",)), ("a, b，c、d,", ("a", "b", "c", "d"))],
)
def test_the_variable_names_the_only_plugins(asked, run_cli, monkeypatch, text, names):
    run = run_cli  # its fixture has cleared the variable
    monkeypatch.setenv("PAIRMATCH_LOAD_PLUGINS", text)
    run("propose", ".")
    assert asked[0].only == frozenset(names)


def test_the_variable_counts_for_the_demo_too(engine, run_cli, monkeypatch):
    asked = []
    answer = make_outcome(make_proposal(), Path("r"))
    engine.run_demo = lambda _out, _progress, options: asked.append(options) or answer
    monkeypatch.setenv("PAIRMATCH_LOAD_PLUGINS", "a")
    run_cli("demo")
    assert asked == [PluginOptions(only=frozenset({"a"}))]


@pytest.mark.parametrize(
    ("option", "value", "ends"),
    [
        ("--plugin-time", "0", "0.1 到 86400"),
        ("--plugin-time", "nan", "0.1 到 86400"),
        ("--plugin-time", "inf", "0.1 到 86400"),
        ("--plugin-time", "fast", "0.1 到 86400"),
        ("--plugin-memory", "0", "64 到 1"),
        ("--plugin-memory", "1.5", "64 到 1"),
    ],
)
def test_limits_that_are_none_are_refused(engine, run_cli, option, value, ends):
    result = run_cli("propose", ".", option, value)
    assert result.exit_code == 2
    assert option in result.stderr
    assert ends in result.stderr


def test_forms_run_no_plugin(asked, run_cli):
    assert run_cli("forms", ".").exit_code == 0
    assert asked == [PluginOptions(only=frozenset())]


# --- check and propose


@pytest.mark.parametrize(
    ("findings", "code", "words"),
    [
        ((FAULT,), 5, "plugins check"),
        ((FAULT, ERROR), 3, "--mark"),
        ((replace(FAULT, severity=Severity.WARNING),), 0, "没有错误"),
    ],
)
def test_check_exits_5_only_if_nothing_but_plugins_is_wrong(engine, run_cli, findings, code, words):
    engine.check_scenario = lambda *_words: (None, findings)
    result = run_cli("check", ".")
    assert result.exit_code == code
    assert words in result.stdout
    assert run_cli("check", ".", "--json").exit_code == code


def test_a_plugin_fault_stops_with_its_findings_and_exit_5(engine, run_cli):
    def fail(*_words, **_named):
        raise errors.PluginFaultError("cli.folder_missing", (FAULT,), path="x")

    engine.propose_pairing = fail
    result = run_cli("propose", ".")
    assert result.exit_code == 5
    assert "第7行" in result.stderr
    assert read(run_cli("propose", ".", "--json"))["findings"][0]["cell"] == "C7"


def test_propose_names_the_plugins_that_took_part(engine, run_cli):
    outcome = make_outcome(make_proposal(), Path("r"), plugins=STATES[:2])
    engine.propose_pairing = lambda *_words, **_named: outcome
    text = run_cli("propose", ".").stdout
    assert "参加打分的有 1 个：huanghua（盐和枣，黄骅市）" in text
    assert "mengcun" not in text
    assert "salt and jujube, 黄骅市" in run_cli("propose", ".", "--lang", "en").stdout
    assert "huanghua" not in run_cli("propose", ".", "--quiet").stdout


def test_many_plugins_are_named_in_short(engine, run_cli):
    states = tuple(make_state(name=f"p{k}") for k in range(6))
    outcome = make_outcome(make_proposal(), Path("r"), plugins=states)
    engine.propose_pairing = lambda *_words, **_named: outcome
    assert "有 6 个：p0、p1、p2、p3、p4、p5。" in run_cli("propose", ".").stdout


def test_without_plugins_nothing_is_said_of_them(engine, run_cli):
    assert "插件" not in run_cli("propose", ".").output
    facts = read(run_cli("propose", ".", "--json"))
    assert facts["plugins"] == []
    assert facts["plugin_seconds"] == {}


@pytest.mark.parametrize("is_feasible", [True, False])
def test_plugins_left_out_are_told_on_every_output(engine, run_cli, is_feasible):
    outcome = (
        make_outcome(make_proposal(), Path("r"), plugins=(*STATES, STATES[-1]))
        if is_feasible
        else make_outcome(conflict=make_conflict(), plugins=STATES)
    )
    engine.propose_pairing = lambda *_words, **_named: outcome
    assert run_cli("propose", ".").stdout.count("没有用插件") == 1
    told = "没有用插件 nanpi，因为它坏了：找不到文件夹：盐.xlsx"
    assert told in run_cli("propose", ".").stdout
    assert told in run_cli("propose", ".", "--quiet").stdout
    data = run_cli("propose", ".", "--json")
    assert told in data.stderr
    states = {plugin["name"]: plugin for plugin in read(data)["plugins"]}
    assert states["nanpi"]["state"] == "broken"
    assert states["nanpi"]["why"]["code"] == "cli.folder_missing"
    assert states["huanghua"]["rules"] == ["huanghua.salt", "huanghua.jujube"]


def test_slow_plugins_are_named_with_their_time(engine, run_cli):
    seconds = {"b": 2.04, "a": 1.9, "c": 31.0}
    outcome = make_outcome(make_proposal(), Path("r"), plugin_seconds=seconds)
    engine.propose_pairing = lambda *_words, **_named: outcome
    result = run_cli("propose", ".")
    assert result.stderr.splitlines() == [
        "插件 b 用了 2.0 秒，比较慢。",
        "插件 c 用了 31.0 秒，比较慢。",
    ]
    assert run_cli("propose", ".", "--quiet").stderr == ""
    assert read(run_cli("propose", ".", "--json"))["plugin_seconds"]["b"] == 2.04


@pytest.mark.parametrize(
    ("label", "county", "told"),
    [
        ("盐和枣", "黄骅市", "huanghua（盐和枣，黄骅市）"),
        ("黄骅市：盐", "黄骅市", "huanghua（黄骅市：盐）"),
        ("", "黄骅市", "huanghua（黄骅市）"),
        ("", "", "：huanghua。"),
    ],
)
def test_a_plugin_is_named_with_what_is_known_of_it(engine, run_cli, label, county, told):
    state = replace(make_state(), label_zh=label, county=county)
    outcome = make_outcome(make_proposal(), Path("r"), plugins=(state,))
    engine.propose_pairing = lambda *_words, **_named: outcome
    assert told in run_cli("propose", ".").stdout


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_explain_says_which_plugin_gave_a_line(engine, run_cli, lang):
    pair = make_explanation(0)
    lines = (replace(pair.lines[0], plugin="huanghua"), *pair.lines[1:])
    engine.explain_run = lambda *_words: (replace(pair, lines=lines),)
    text = run_cli("explain", ".", "--unit", "U1", "--lang", lang).stdout
    assert ("需求（县里的插件 huanghua）" if lang == "zh" else "needs (county plugin") in text
    facts = read(run_cli("explain", ".", "--unit", "U1", "--json"))
    assert [line["plugin"] for line in facts["pairs"][0]["lines"]] == ["huanghua", ""]


# --- plugins list


def test_list_shows_what_is_on_off_and_broken_and_why(engine, run_cli):
    engine.list_plugins = lambda *_words: (STATES, (FAULT,))
    result = run_cli("plugins", "list", ".")
    assert result.exit_code == 5
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["名称", "状态", "县", "版本", "来源"]
    assert lines[1].split() == ["huanghua", "开", "黄骅市", "1.2", "pairmatch", "自带"]
    assert "放在方案的插件文件夹里" in lines[2]
    assert "huanghua.salt、huanghua.jujube" in lines[3]
    assert "pairmatch_score_rules" in lines[4]
    assert any(line.split()[:2] == ["mengcun", "关"] for line in lines)
    assert any(line.split() == ["nanpi", "坏", "–", "–", "plugins/x"] for line in lines)
    assert "找不到文件夹：盐.xlsx" in result.stdout
    assert "启用 1 个，没用 1 个，坏了 1 个" in lines[-1]
    assert "on, 1 off, 1 broken" in run_cli("plugins", "list", ".", "--lang", "en").stdout.replace(
        "1 on", "on"
    )


@pytest.mark.parametrize(
    ("states", "findings", "code"),
    [
        (STATES[:2], (), 0),
        (STATES[:2], (make_finding(),), 0),
        (STATES, (), 5),
        (STATES[:2], (FAULT,), 5),
        (STATES, (FAULT, ERROR), 3),
    ],
)
def test_list_exits_5_if_one_is_broken(engine, run_cli, states, findings, code):
    engine.list_plugins = lambda *_words: (states, findings)
    result = run_cli("plugins", "list", ".", "--json")
    assert result.exit_code == code
    facts = read(result)
    assert facts["command"] == "plugins list"
    assert facts["status"] == ("faults" if code else "ok")
    assert sum(facts["counts"].values()) == len(facts["plugins"]) == len(states)
    assert len(facts["findings"]) == len(findings)


def test_list_without_plugins_says_so(engine, run_cli):
    engine.list_plugins = lambda *_words: ((), ())
    result = run_cli("plugins", "list", ".")
    assert result.exit_code == 0
    assert "没有找到插件" in result.stdout


# --- plugins check


def test_check_shows_what_passed_and_what_failed(engine, run_cli):
    reports = (make_report(), replace(make_report((FAULT,)), state=make_state("broken", "nanpi")))
    asked = []
    engine.check_plugins = lambda *words: asked.append(words) or reports
    result = run_cli("plugins", "check", ".", "--plugin", "nanpi", "--plugin", "huanghua")
    assert result.exit_code == 5
    assert asked[0][:2] == (Path("."), ("nanpi", "huanghua"))
    assert "[合格]   huanghua（盐和枣，黄骅市），打分用时 0.12 秒" in result.stdout
    assert "通过：启用：放在方案的插件文件夹里" in result.stdout
    assert "[不合格] nanpi" in result.stdout
    assert "C7" in result.stdout
    assert "检查了 2 个插件，1 个不合格" in result.stdout
    data = run_cli("plugins", "check", ".", "--json")
    assert data.exit_code == 5
    facts = read(data)
    assert [plugin["good"] for plugin in facts["plugins"]] == [True, False]
    assert facts["plugins"][0]["passed"][0]["code"] == "plugins.on_folder"
    assert facts["plugins"][1]["findings"][0]["row"] == 7


def test_check_of_the_folder_one_is_in(engine, run_cli):
    asked = []
    engine.check_plugins = lambda *words: asked.append(words) or (make_report(),)
    result = run_cli("plugins", "check")
    assert result.exit_code == 0
    assert asked[0][:2] == (Path("."), ())
    assert "1 个插件，全部合格" in result.stdout


def test_check_with_nothing_to_check(engine, run_cli):
    engine.check_plugins = lambda *_words: ()
    result = run_cli("plugins", "check", ".")
    assert result.exit_code == 0
    assert "没有什么可检查" in result.stdout


# --- plugins audit


def test_audit_shows_measure_and_bound_side_by_side(engine, run_cli):
    engine.audit_plugins = lambda *_words: make_audit((make_influence(num_matched_lost=1),))
    result = run_cli("plugins", "audit", ".")
    assert result.exit_code == 0
    text = result.stdout
    assert "5 对，其中外县 2 对" in text
    assert "16 个" in text
    assert "+3.20 分（不算它自己给的分：-0.40）" in text
    assert "其他县得分变化            -0.80 分" in text
    assert "0.70 分，上限 30.00 分" in text
    assert "0.50 分，没有上限" in text
    assert "少结成的对子              1 对" in text
    assert "合计：1 个插件；全部 112 对，总分 6742.63" in text
    assert "2×幅度×本县村数" in text
    assert "条件（能不能结对）不是打分，没有上限" in text
    english = run_cli("plugins", "audit", ".", "--lang", "en").stdout
    assert "0.70 points, proven bound 30.00" in english
    assert "幅度" not in run_cli("plugins", "audit", ".", "--quiet").stdout


def test_audit_as_data(engine, run_cli):
    facts = read(run_cli("plugins", "audit", ".", "--json"))
    assert (facts["status"], facts["num_matched"], facts["total"]) == ("optimal", 112, "6742.63")
    (influence,) = facts["influences"]
    assert influence["num_pairs_elsewhere"] == 2
    assert (influence["loss_by_scores"], influence["bound"]) == ("0.70", "30.00")
    assert influence["own_base_gain"] == "-0.40"
    assert [plugin["state"] for plugin in facts["plugins"]] == ["on", "off"]


def test_audit_of_the_impossible_exits_4(engine, run_cli):
    engine.audit_plugins = lambda *_words: make_audit((), is_feasible=False)
    result = run_cli("plugins", "audit", ".")
    assert result.exit_code == 4
    assert "量不出插件的影响" in result.stdout
    data = run_cli("plugins", "audit", ".", "--json")
    assert data.exit_code == 4
    assert read(data)["status"] == "infeasible"


def test_audit_without_plugins_and_with_one_left_out(engine, run_cli):
    engine.audit_plugins = lambda *_words: make_audit((), states=(make_state("broken"),))
    result = run_cli("plugins", "audit", ".")
    assert result.exit_code == 0
    assert "没有启用的插件" in result.stdout
    assert "没有用插件 huanghua" in result.stdout
    assert "没有用插件 huanghua" in run_cli("plugins", "audit", ".", "--json").stderr


# --- plugins new


@pytest.fixture
def made(engine):
    """What was asked to be made: folder, facts and kind."""
    calls = []

    def create(folder, info, kind):
        calls.append((folder, info, kind))
        own = Path(folder) / "plugins" / info.name
        main = {"pack": "规则.xlsx", "toml": "pack.toml", "python": "plugin.py"}[kind]
        return own / "README.md", own / main

    engine.create_plugin = create
    return calls


def test_new_passes_on_what_was_said(made, run_cli):
    run_cli("plugins", "new", "huanghua", "--county", "黄骅市")
    words = ("--county", "南皮县", "--kind", "python", "--in", ".", "--label", "五金")
    run_cli("plugins", "new", "nanpi", *words)
    assert made == [
        (Path("."), PluginInfo("huanghua", "黄骅市", "0.1", "黄骅市自定规则", "huanghua"), "pack"),
        (Path("."), PluginInfo("nanpi", "南皮县", "0.1", "五金", "五金"), "python"),
    ]


@pytest.mark.parametrize("kind", ["pack", "toml", "python"])
@pytest.mark.parametrize(
    ("folders", "first"),
    [
        (("./plugins/",), "已经写明要用这里的插件"),
        (("other",), 'folders = ["other", "plugins"]'),
        ((), '[plugins]\n     folders = ["plugins"]'),
        (None, "放进方案的 plugins 文件夹"),
    ],
)
def test_new_tells_the_three_next_steps(engine, made, run_cli, kind, folders, first):
    engine.read_plugin_folders = lambda _folder: folders
    result = run_cli("plugins", "new", "huanghua", "--county", "黄骅市", "--kind", kind)
    assert result.exit_code == 0, result.output
    text = result.stdout
    main = {"pack": "规则.xlsx", "toml": "pack.toml", "python": "plugin.py"}[kind]
    assert text.count(main) == 2
    assert text.index("1. ") < text.index(first) < text.index("2. ") < text.index("3. ")
    check = 'check "huanghua"' if folders is None else 'check "." --plugin huanghua'
    assert f"pairmatch plugins {check}" in text
    facts = read(
        run_cli("plugins", "new", "huanghua", "--county", "黄骅市", "--kind", kind, "--json")
    )
    assert facts["folder"] == ("huanghua" if folders is None else "plugins/huanghua")
    assert len(facts["files"]) == 2


def test_new_names_the_folder_if_no_file_is_the_main_one(engine, run_cli):
    engine.create_plugin = lambda *_words: (Path("plugins/huanghua/README.md"),)
    text = run_cli("plugins", "new", "huanghua", "--county", "黄骅市").stdout
    assert "打开 plugins/huanghua，" in text


def test_new_needs_a_county_and_a_known_kind(engine, run_cli):
    assert "--county" in run_cli("plugins", "new", "huanghua").stderr
    result = run_cli("plugins", "new", "huanghua", "--county", "黄骅市", "--kind", "excel")
    assert result.exit_code == 2
    assert "pack, toml, python" in result.stderr


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        (None, None),
        ("", ()),
        ("[plugins]\nfolders = ['a', 'b']\n", ("a", "b")),
        ("[plugins]\nfolder = 1\n", ()),
        ("[[[", ()),
    ],
)
def test_the_folders_of_a_scenario_are_read_from_its_settings(tmp_path, text, folders):
    if text is not None:
        (tmp_path / "scenario.toml").write_text(text, encoding="utf-8")
    assert read_plugin_folders(tmp_path) == folders


# --- plugins fields


def test_fields_are_listed_by_side(engine, run_cli):
    lines = run_cli("plugins", "fields").stdout.splitlines()
    sides = [line for line in lines if line in {"村：", "单位：", "单位和村两方："}]
    assert sides == ["村：", "单位：", "单位和村两方："]
    distance = next(line.split() for line in lines if "pair.distance" in line)
    assert distance == ["距离", "pair.distance", "数字", "公里", "0–20000"]


def test_fields_are_found_by_a_word(engine, run_cli):
    for word in ("距离", "pair.distance", "DISTANCE", "公里"):
        facts = read(run_cli("plugins", "fields", word, "--json"))
        assert "pair.distance" in [field["field_id"] for field in facts["fields"]], word
    (field,) = read(run_cli("plugins", "fields", "同县", "--json"))["fields"]
    assert (field["kind"], field["side"]) == ("yes_no", "pair")
    assert field["choices"] == [{"word": "是", "value": "1"}, {"word": "否", "value": "0"}]
    text = run_cli("plugins", "fields", "同县", "--lang", "en").stdout
    assert "one of: 是, 否" in text
    assert "Village" not in text


def test_a_word_in_no_field_names_the_closest(engine, run_cli):
    result = run_cli("plugins", "fields", "距离远")
    assert result.exit_code == 2
    assert "距离远" in result.stderr
    assert "最接近的是：距离" in result.stderr


# --- groups and grids


@pytest.mark.parametrize(
    ("words", "zh"),
    [
        (["plugins", "lst"], "您要用的可能是 list"),
        (["plugins", "xyzzy"], "list check audit new fields"),
        (["plugins", "check", ".", "--nope"], "pairmatch plugins check --help"),
        (["plugins", "audit"], "SCENARIO"),
        (["plugins", "--nope"], "--nope"),
    ],
)
def test_a_wrong_word_after_plugins_is_told(engine, run_cli, words, zh):
    result = run_cli(*words)
    assert result.exit_code == 2
    assert zh in result.stderr
    assert "Traceback" not in result.output


def test_rows_line_up_whatever_the_letters():
    assert align_rows([("a", "b", ""), ("黄骅", "c", "d")]) == ["a     b", "黄骅  c  d"]
