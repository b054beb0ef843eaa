"""Faults 30 to 35: whatever a county's plugin does wrong, it is named and nothing is published."""

import re
from pathlib import Path

import pytest
from openpyxl import load_workbook
from tests.faults.plugin_scenarios import (
    CONDITION_HOOK,
    HEAD,
    OTHER_VILLAGES,
    OWN_VILLAGES,
    PAIR_RULE,
    SCORE_HOOK,
    SETTINGS,
    add_plugin,
    expect_broken,
    expect_failed_check,
    expect_going_on,
    expect_refusal,
    expect_run_to_say,
    list_runs,
    read,
    read_table,
    run_program,
    write_array_condition,
    write_array_rule,
    write_pair_condition,
    write_pair_rule,
    write_scenario,
)

from pairmatch.cli import plugins as cli_plugins

FILE = "plugins/bad/plugin.py"
QUICK = ("--isolate", "--plugin-time", "0.5", "--plugin-memory", "300")
PATIENT = ("--isolate", "--plugin-time", "60", "--plugin-memory", "300")


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch, tmp_path):
    monkeypatch.delenv("PAIRMATCH_LOAD_PLUGINS", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return write_scenario(tmp_path / "s")


# --- 30: it cannot be loaded


@pytest.mark.parametrize(
    ("code", "fault", "says"),
    [
        ("raise ImportError('kaputt')", "raised", ("kaputt", FILE)),
        ("from pairmatch.hooks import no_such", "raised", ("no_such", FILE)),
        ("import no_such_package", "missing_dependency", ("no_such_package", FILE)),
        (f"{HEAD}def near(:\n", "syntax_error", ("SyntaxError", FILE)),
        ("if True:\npass", "syntax_error", ("IndentationError", FILE)),
        ("PLACE = '盐场'\n".encode("gbk"), "syntax_error", ("utf-8", FILE)),
        ("", "no_info", ("PLUGIN", FILE)),
        ("1 / 0", "raised", ("ZeroDivisionError", FILE)),
        ("def f(): f()\nf()", "raised", ("RecursionError", FILE)),
    ],
)
def test_30_it_cannot_be_loaded(scenario, code, fault, says):
    add_plugin(scenario, code)
    expect_broken(scenario, f"hooks.{fault}", *says)


def test_30_the_line_is_named(scenario):
    add_plugin(scenario, f"{HEAD}\n\nimport no_such_package\n")
    row = 1 + HEAD.count("\n") + 2
    result = run_program("propose", scenario, "--lang", "zh")
    assert f"第{row}行" in result.stderr
    assert f"row {row}" in run_program("propose", scenario, "--lang", "en").stderr


def test_30_every_sheet_of_the_workbook_names_it(scenario):
    add_plugin(scenario, "import no_such_package")
    run = expect_going_on(scenario)
    expect_run_to_say(run)
    book = load_workbook(run / "结对安排表.xlsx")
    for sheet in book:
        texts = [str(cell.value) for row in sheet.iter_rows() for cell in row]
        assert any("no_such_package" in text for text in texts), sheet.title


def test_30_the_list_of_plugins_names_it_too(scenario):
    add_plugin(scenario, "import no_such_package")
    result = run_program("plugins", "list", scenario)
    assert result.exit_code == 5
    assert "no_such_package" in result.stdout
    assert run_program("check", scenario).exit_code == 5


# --- 31: it raises

ONE = 'if village.village_id == "a2":\n    {0}\nreturn NO_POINTS'


@pytest.mark.parametrize(
    ("code", "fault", "says"),
    [
        (write_pair_rule(ONE.format("1 / 0")), "raised_on_pair", ("a2", "ZeroDivision", FILE)),
        (write_pair_rule(ONE.format("village.no_such")), "raised_on_pair", ("a2", "no_such")),
        (write_pair_rule("raise ValueError('kaputt')"), "raised_on_pair", ("a1", "kaputt")),
        (write_pair_rule("int(village.name)"), "raised_on_pair", ("a1", "invalid literal")),
        (write_array_rule("raise RuntimeError('kaputt')"), "raised", ("kaputt", "bad.x", FILE)),
        (write_array_rule("return candidates.no_such"), "raised", ("no_such", "bad.x")),
        (write_array_rule("return contribute(candidates, 1)"), "raised", ("RecursionError",)),
        (write_pair_condition("raise OSError('kaputt')"), "raised_on_pair", ("a1", "kaputt")),
        (write_array_condition("raise OSError('kaputt')"), "raised", ("kaputt", "bad.x")),
        (
            write_array_condition("return np.zeros(n, dtype=bool)", "raise OSError('kaputt')"),
            "raised",
            ("kaputt", "bad.x"),
        ),
        (f"{HEAD}{SCORE_HOOK.replace('return', '1 / 0; return')}", "raised", ("ZeroDivision",)),
        (write_array_rule("raise MemoryError"), "out_of_memory", ("MemoryError",)),
    ],
)
def test_31_it_raises(scenario, code, fault, says):
    add_plugin(scenario, code)
    expect_broken(scenario, f"hooks.{fault}", *says)


@pytest.mark.parametrize("end", ["SystemExit(0)", "KeyboardInterrupt"])
@pytest.mark.parametrize("where", ["import", "hook", "pair", "array", "decide", "explain"])
def test_31_it_tries_to_end_the_program(scenario, end, where):
    raises = f"raise {end}"
    code = {
        "import": raises,
        "hook": HEAD + SCORE_HOOK.replace("return", f"{raises}; return"),
        "pair": write_pair_rule(ONE.format(raises)),
        "array": write_array_rule(raises),
        "decide": write_array_condition(raises),
        "explain": write_array_condition("return np.zeros(n, dtype=bool)", raises),
    }[where]
    add_plugin(scenario, code)
    expect_refusal(scenario, "hooks.tried_to_end", end.partition("(")[0], FILE)
    if where in ("import", "pair", "explain"):
        expect_going_on(scenario)
    if end == "SystemExit(0)" and where in ("import", "pair"):
        expect_failed_check(scenario, "hooks.tried_to_end", "SystemExit")


# --- 32: it answers with what is no answer


@pytest.mark.parametrize(
    ("value", "fault", "shown"),
    [
        ("Points(float('nan'), '因')", "not_finite", "nan"),
        ("Points(float('inf'), '因')", "not_finite", "inf"),
        ("Points(Decimal('NaN'), '因')", "not_finite", "NaN"),
        ("Points(Decimal('sNaN'), '因')", "not_finite", "sNaN"),
        ("Points(1e300, '因')", "not_finite", "1e+300"),
        ("Points(10**400, '因')", "not_finite", "1000"),
        ("Points('3', '因')", "not_a_number", "'3'"),
        ("Points(True, '因')", "not_a_number", "True"),
        ("Points(None, '因')", "not_a_number", "None"),
        ("Points([3], '因')", "not_a_number", "[3]"),
        ("Points(3, None)", "not_points", "None"),
        ("Points(3, '因', [])", "not_points", "[]"),
        ("3", "not_points", "int 3"),
        ("None", "not_points", "None"),
        ("(3, '因', 'why')", "not_points", "tuple"),
        ("'3'", "not_points", "'3'"),
    ],
)
def test_32_points_of_one_village(scenario, value, fault, shown):
    body = f'return {value} if village.village_id == "a2" else NO_POINTS'
    add_plugin(scenario, write_pair_rule(body))
    # What follows from a fault is the same for all of these; a few of them go all the way.
    expect = expect_broken if shown in ("nan", "inf", "None", "'3'") else expect_refusal
    expect(scenario, f"hooks.{fault}", "bad.x", "a2", shown, FILE)


def test_32_a_hook_that_answers_none_is_not_passed_over(scenario):
    add_plugin(scenario, HEAD + SCORE_HOOK.replace("return", "None and"))
    expect_broken(scenario, "hooks.answered_none", "pairmatch_score_rules", FILE)


@pytest.mark.parametrize(
    ("answer", "fault", "shown"),
    [
        ("return", "hooks.bad_answer", "None"),
        ("return 3", "hooks.bad_answer", "int 3"),
        ("return zeros", "hooks.bad_answer", "ndarray"),
        ("return give(zeros * 1.5)", "score.not_whole", "float64"),
        ("return give(np.full(n, np.nan))", "score.not_whole", "float64"),
        ("return give(zeros == 0)", "score.not_whole", "bool"),
        ("return give(np.full(n, None))", "hooks.bad_answer", "None"),
        ("return give(np.full(n, '3'))", "hooks.bad_answer", "'3'"),
        ("return give(zeros + 2**60)", "score.too_large", ""),
        ("return give(np.full(n, 2**64 - 1, dtype=np.uint64))", "score.too_large", ""),
        ("return give(zeros[1:])", "score.bad_shape", "(7,)"),
        ("return give(zeros.reshape(2, -1))", "score.bad_shape", "(2, 4)"),
        ("return give(np.int64(3))", "score.bad_shape", "()"),
        ("return Contribution(zeros, zeros + 1, zeros, (Reason('因', ''),) * n)",
         "score.bad_interval", ""),
        ("return Contribution(zeros, zeros, zeros - 1, (Reason('因', ''),) * n)",
         "score.bad_interval", ""),
        ("return Contribution(zeros, zeros, zeros, ())", "hooks.bad_answer", "tuple"),
        ("return Contribution(zeros, zeros, zeros, ('因',) * n)", "hooks.bad_answer", "因"),
        ("return Contribution(zeros, zeros, zeros, None)", "hooks.bad_answer", "None"),
        ("return Contribution(zeros, zeros, zeros, (Reason(3, ''),) * n)", "hooks.bad_answer", "3"),
        ("return Contribution(zeros, zeros, zeros, (Reason('因', '', 3),) * n)",
         "hooks.bad_answer", "3"),
        ("return Contribution(zeros, zeros, zeros, (Reason('因', '', (3,)),) * n)",
         "hooks.bad_answer", "3"),
        ("return Contribution(zeros, zeros, zeros, (Reason('\\ud800', ''),) * n)",
         "hooks.bad_answer", "ud800"),
        ("return make_contribution(zeros, zeros + 1, (Reason('因', ''),))",
         "score.bad_reasons", ""),
        ("return make_contribution(zeros, zeros[1:], (Reason('因', ''),))",
         "score.bad_reasons", ""),
    ],
)  # fmt: skip
def test_32_answers_about_all_candidates(scenario, answer, fault, shown):
    add_plugin(
        scenario,
        write_array_rule(answer).replace(
            "import *", "import *\nfrom pairmatch.hooks import Contribution", 1
        ),
    )
    expect = expect_broken if shown in ("None", "float64", "(7,)", "ud800") else expect_refusal
    expect(scenario, fault, "bad.x", shown)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("return", "hooks.bad_answer"),
        ("return [True] * n", "hooks.bad_answer"),
        ("return np.full(n, None)", "hooks.bad_answer"),
        ("return np.full(n, np.nan)", "score.bad_mask"),
        ("return np.ones(n)", "score.bad_mask"),
        ("return np.ones(n - 1, dtype=bool)", "score.bad_mask"),
        ("return np.ones((n, 1), dtype=bool)", "score.bad_mask"),
    ],
)
def test_32_answers_of_conditions(scenario, answer, fault):
    add_plugin(scenario, write_array_condition(answer))
    expect = expect_broken if answer in ("return", "return np.ones(n)") else expect_refusal
    expect(scenario, fault, "bad.x")


@pytest.mark.parametrize("value", ["True", "'no'", "Points(1, '因')"])
def test_32_conditions_for_one_pair(scenario, value):
    add_plugin(scenario, write_pair_condition(f"return {value}"))
    expect_broken(scenario, "hooks.no_reason", "bad.x", "a1", FILE)


@pytest.mark.parametrize("value", ["None", "'no'", "Reason(None, '')", "Reason('\\ud800', '')"])
def test_32_conditions_must_say_why(scenario, value):
    add_plugin(scenario, write_array_condition("return np.zeros(n, dtype=bool)", f"return {value}"))
    expect_broken(scenario, "hooks.bad_answer", "bad.x")


HOSTILE = """
class Meta(type):
    __name__ = property(lambda cls: 1 / 0)
class Hostile(metaclass=Meta):
    def __getattribute__(self, name):
        raise SystemExit(name)
    def __repr__(self):
        raise SystemExit("repr")
"""


@pytest.mark.parametrize(
    "answer",
    [
        "return Hostile()",
        "return Contribution(Hostile(), zeros, zeros, (Reason('因', ''),) * n)",
        "return Contribution(zeros, zeros, zeros, Hostile())",
        "return Contribution(zeros, zeros, zeros, (Hostile(),) * n)",
    ],
)
def test_32_answers_that_run_code_of_their_own(scenario, answer):
    code = write_array_rule(answer).replace(HEAD, HEAD + HOSTILE)
    add_plugin(scenario, code)
    facts = read(run_program("propose", scenario, "--json"))
    assert facts["error"]["exit_code"] == 5
    assert "bad" in facts["findings"][0]["message"]
    assert list_runs(scenario) == []
    expect_going_on(scenario)


def test_32_points_beyond_the_spread_are_cut(scenario):
    add_plugin(scenario, write_pair_rule('return Points(1000 * (unit.unit_id == "u1"), "因")'))
    assert run_program("propose", scenario).exit_code == 0
    [run] = list_runs(scenario)
    rows = read_table(run / "contributions.csv")
    given = {abs(float(row["points"])) for row in rows if row["plugin"] == "bad"}
    assert max(given) == 1.0  # half of its spread of 2


# --- 33: it changes what it is given, or answers differently the next time


@pytest.mark.parametrize(
    "body",
    [
        "candidates.unit_idx[0] = 1",
        "candidates.village_idx += 1",
        "candidates.villages.deficit[:] = 0",
        "candidates.units.supply.fill(0)",
        "candidates.steps_per_point = 1",
        "candidates.villages.records[0].name = '别名'",
        "candidates.villages.records[0].indicators['x'] = None",
        "del candidates.villages.records[0].indicators['x']",
        "candidates.villages.records[0].places.clear()",
        "candidates.villages.records[0].types.add('x')",
        "candidates.units.records[0].capabilities.update(x=3)",
        "candidates.background.distances['甲县', '乙县'] = 0.0",
        "candidates.background.taxonomy.industries['A'] = ''",
    ],
)
def test_33_it_changes_what_it_is_given(scenario, body):
    add_plugin(scenario, write_array_rule(f"{body}\nreturn give(zeros)"))
    expect = expect_broken if "unit_idx" in body or "['x']" in body else expect_refusal
    expect(scenario, "hooks.changed_inputs", "bad.x", FILE)


def test_33_a_rule_for_one_pair_changes_the_village(scenario):
    add_plugin(scenario, write_pair_rule("village.indicators['x'] = 1\nreturn NO_POINTS"))
    expect_broken(scenario, "hooks.changed_inputs", "bad.x", FILE)


FOUND_BY_THE_CHECK = {
    "state": ("keeps_state", "import itertools", "next(COUNT)", "COUNT = itertools.count()"),
    "random": ("keeps_state", "import random", "random.random()", ""),
    "numpy_random": ("keeps_state", "", "np.random.rand()", ""),
    "clock": ("not_repeatable", "import time", "int(time.time() // 86400) % 1000", ""),
    "date": ("not_repeatable", "import datetime", "datetime.date.today().day", ""),
    "hash": ("not_repeatable", "", "hash('salt') % 10**8", ""),
    "network": ("used_network", "import socket", "reach(socket)", "def reach(socket):\n    try:\n"
                "        socket.create_connection(('127.0.0.1', 9), 0.1)\n"
                "    except Exception: pass\n    return 1"),
    "file": ("wrote_file", "import os, tempfile", "keep()", "def keep():\n    try:\n"
             "        open(os.devnull, 'w').close()\n    except Exception: pass\n    return 1"),
    "program": ("started_program", "import subprocess, sys", "begin()", "def begin():\n    try:\n"
                "        subprocess.run([sys.executable, '-c', ''])\n"
                "    except Exception: pass\n    return 1"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FOUND_BY_THE_CHECK)
def test_33_found_by_the_check_of_plugins(scenario, kind):
    fault, imports, points, own = FOUND_BY_THE_CHECK[kind]
    body = f'return Points({points} if unit.unit_id == "u1" else 0, "因")'
    add_plugin(scenario, write_pair_rule(body).replace(PAIR_RULE, f"{imports}\n{own}\n{PAIR_RULE}"))
    assert run_program("propose", scenario).exit_code == 0
    expect_failed_check(scenario, f"hooks.{fault}", "bad.x", "plugins/bad")


def test_33_the_check_of_all_plugins_says_it_in_both_languages(scenario):
    body = write_pair_rule('return Points(next(COUNT) % 7, "因")')
    add_plugin(
        scenario,
        body.replace(PAIR_RULE, f"import itertools\nCOUNT = itertools.count()\n{PAIR_RULE}"),
    )
    for lang in ("zh", "en"):
        result = run_program("plugins", "check", scenario, "--lang", lang)
        assert result.exit_code == 5
        assert "bad.x" in result.stdout
        assert "→" in result.stdout


def test_33_a_network_that_is_used_while_it_is_loaded(scenario):
    add_plugin(scenario, f"import socket\nsocket.socket().connect(('127.0.0.1', 9))\n{HEAD}")
    expect_failed_check(scenario, "hooks.used_network")


# --- 34: it is slow, hangs, eats memory, or takes the process with it


def test_34_the_time_of_a_slow_one_is_shown(scenario, monkeypatch):
    monkeypatch.setattr(cli_plugins, "SLOW_S", 0.1)
    add_plugin(scenario, f"import time\ntime.sleep(0.12)\n{write_pair_rule('return NO_POINTS')}")
    for lang in ("zh", "en"):
        result = run_program("propose", scenario, "--lang", lang)
        assert result.exit_code == 0
        assert re.search(r"bad.* \d+\.\d", result.stderr)
    facts = read(run_program("propose", scenario, "--json"))
    assert facts["plugin_seconds"]["bad"] >= 0.12


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("import os; os._exit(0)", "died"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "died"),
        ("while True: pass", "timed_out"),
        ("kept = []\nwhile True: kept.append(bytes(2**24))", "out_of_memory"),
    ],
)
def test_34_with_isolate_it_ends_alone(scenario, body, fault):
    add_plugin(scenario, write_array_rule(f"{body}\nreturn give(zeros)"))
    assert "bad.x" in expect_end(scenario, fault)


@pytest.mark.parametrize(
    ("code", "fault"), [("import os; os._exit(3)", "died"), ("while True: pass", "timed_out")]
)
def test_34_with_isolate_while_it_is_loaded(scenario, code, fault):
    add_plugin(scenario, code)
    expect_end(scenario, fault)


def expect_end(scenario, fault):
    """The plugin's process ends and nothing else does; as `expect_broken`, but each run takes long.

    Returns what is said of it.
    """
    options = QUICK if fault == "timed_out" else PATIENT
    result = run_program("propose", scenario, "--json", "--lang", "en", *options)
    assert result.exit_code == 5, result.output
    assert list_runs(scenario) == []
    [finding] = [f for f in read(result)["findings"] if f["severity"] == "error"]
    assert (finding["code"], finding["file"]) == (f"hooks.{fault}", FILE)
    assert "bad" in finding["message"]
    assert finding["hint"]
    expect_going_on(scenario, options=options)
    expect_failed_check(scenario, f"hooks.{fault}", options=options[1:])
    return finding["message"]


# --- 35: it is not what pairmatch would call, or meddles with another county

RULE = write_pair_rule("return NO_POINTS")
FOREIGN = 'rule = ScoreRule("bad.x", "1", "近", "near", lambda c, s: None, spread=Decimal(2){0})\n'


@pytest.mark.parametrize(
    ("code", "fault", "says"),
    [
        (RULE.replace("def pairmatch_score_rules", "def pairmatch_scorerules"),
         "unknown_hook", ("pairmatch_scorerules", "pairmatch_score_rules", FILE)),
        (RULE.replace("rules(county)", "rules(country)").replace("if county", "if country"),
         "bad_hook", ("country", FILE)),
        (RULE.replace("@hookimpl", ""), "unmarked_hook", ("pairmatch_score_rules", "@hookimpl")),
        (RULE.replace('"try")', '"try", api=99)'), "newer_api", ("99", FILE)),
        (RULE.replace('"甲县"', '"甲乡"'), "wrong_county", ("甲乡", "甲县", FILE)),
        (RULE.replace('"bad", ', '"worse", '), "other_name", ("worse", FILE)),
        (RULE.replace("bad.x", "worse.x"), "bad_rule_id", ("worse.x", FILE)),
        (RULE.replace("(rule,)", "(rule, rule)"), "duplicate_rule", ("bad.x", FILE)),
        (RULE.replace("spread=2", 'spread=2, fields=("village.no_such",)'),
         "unknown_field", ("village.no_such", FILE)),
        (RULE.replace("spread=2", "spread=-2"), "bad_spread", ("-2", FILE)),
        (RULE.replace("spread=2", "spread='much'"), "raised", ("ConversionSyntax", FILE)),
        (RULE.replace("if county == PLUGIN.county else ()", ""),
         "foreign_county", ("bad.x", "甲县", FILE)),
        (RULE.replace("county == PLUGIN.county", 'county == "乙县"'),
         "foreign_county", ("bad.x", "甲县", "乙县", FILE)),
        (HEAD + FOREIGN.format(', county="乙县"') + SCORE_HOOK,
         "foreign_county", ("bad.x", "甲县", "乙县", FILE)),
        (HEAD + FOREIGN.format("") + CONDITION_HOOK, "not_rules", ("ScoreRule", FILE)),
        (RULE.replace("(rule,) if", "rule if"), "not_rules", ("bad.x", FILE)),
    ],
)  # fmt: skip
def test_35_it_is_refused_when_it_is_loaded(scenario, code, fault, says):
    add_plugin(scenario, code)
    expect_broken(scenario, f"hooks.{fault}", *says)


def test_35_two_plugins_of_one_name(tmp_path):
    scenario = write_scenario(tmp_path / "s", SETTINGS.replace('"plugins"]', '"plugins", "more"]'))
    add_plugin(scenario, RULE)
    add_plugin(scenario / "more", RULE)
    (scenario / "more" / "plugins" / "bad").rename(scenario / "more" / "bad")
    (scenario / "more" / "plugins").rmdir()
    expect_broken(scenario, "plugins.same_name", "plugins/bad", "more/bad")


@pytest.mark.parametrize(
    ("files", "name", "fault"),
    [
        (("plugin.py", "pack.toml"), "bad", "two_kinds"),
        (("a.xlsx", "b.xlsx"), "bad", "many_workbooks"),
        (("plugin.py",), "Bad-1", "bad_folder_name"),
    ],
)
def test_35_folders_that_are_not_clear(scenario, files, name, fault):
    for file in files:
        add_plugin(scenario, RULE, name, file)
    expect_broken(scenario, f"plugins.{fault}", f"plugins/{name}", plugin=name)


@pytest.mark.parametrize("options", [(), ("--skip-broken-plugins",)])
def test_35_a_plugin_that_is_wanted_and_not_there(tmp_path, options):
    """A slip in the settings, not a plugin that is broken: nothing goes on without it."""
    scenario = write_scenario(tmp_path / "s", f'{SETTINGS}enable = ["nanpl"]\n')
    for lang in ("zh", "en"):
        result = run_program("propose", scenario, "--lang", lang, *options)
        assert result.exit_code == 3
        for word in ("nanpl", "nanpi", "scenario.toml", "→"):
            assert word in result.stderr
        assert list_runs(scenario) == []
    expect_failed_check(scenario, "plugins.unknown_close", "nanpi", plugin="nanpl")


def test_35_a_county_takes_more_than_the_city_allows(scenario):
    add_plugin(scenario, RULE.replace("spread=2", "spread=11"))
    expect_broken(scenario, "score.county_spread", "甲县", "11")


# --- 35: other counties' villages cannot be scored, read or excluded


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (write_array_rule("return give(np.full(16, 9))"), "score.bad_shape"),
        (write_array_rule("return give(np.zeros(2 * n, dtype=np.int64))"), "score.bad_shape"),
        (write_array_condition("return np.zeros(16, dtype=bool)"), "score.bad_mask"),
    ],
)
def test_35_others_are_neither_scored_nor_excluded(scenario, code, fault):
    add_plugin(scenario, code)
    expect_broken(scenario, fault, "bad.x", "plugins/bad")


def test_35_others_are_not_seen(scenario):
    """What is there to be read: own villages, the units that may come, and nothing else."""
    body = """
    sides = candidates.villages, candidates.units
    villages = [village.village_id for village in sides[0].records]
    counties = sorted({village.county for village in sides[0].records})
    sizes = [len(sides[0].deficit), len(sides[0].need_weight), len(sides[1].supply), n]
    scores = candidates.background.scores
    points = [len(scores.points), int(scores.village_idx.max())]
    told = f"{villages} {counties} {sizes} {points}"
    return make_contribution(zeros, zeros, (Reason(told, "seen"),))
    """
    add_plugin(scenario, write_array_rule(body))
    assert run_program("propose", scenario).exit_code == 0
    [run] = list_runs(scenario)
    rows = [r for r in read_table(run / "contributions.csv") if r["plugin"] == "bad"]
    seen = {row["reason_zh"].partition("（")[0] for row in rows}
    assert seen == {"['a1', 'a2'] ['甲县'] [2, 2, 4, 8] [8, 1]"}
    assert {row["village_id"] for row in rows} == set(OWN_VILLAGES)
    assert not set(OTHER_VILLAGES) & {row["village_id"] for row in rows}


def test_35_a_condition_cannot_name_a_village_of_another_county(scenario):
    add_plugin(
        scenario,
        write_pair_condition("return Reason('不', 'no') if village.village_id != 'a1' else None"),
    )
    assert run_program("propose", scenario).exit_code == 0
    [run] = list_runs(scenario)
    pairs = read_table(run / "pairings.csv")
    assert {pair["village_id"] for pair in pairs} == {"a1", *OTHER_VILLAGES}
