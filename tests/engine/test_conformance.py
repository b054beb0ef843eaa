"""The conformance suite: a good plugin passes every check, and each check has one that fails it."""

import pytest
from tests.faults.plugin_scenarios import (
    HEAD,
    PAIR_RULE,
    SCORE_HOOK,
    add_plugin,
    write_array_condition,
    write_array_rule,
    write_pair_rule,
    write_scenario,
)

from pairmatch import engine, testing
from pairmatch.domain.findings import Severity
from pairmatch.domain.plugins import PluginOptions
from pairmatch.engine import conformance
from pairmatch.errors import BadInputError, UsageError
from pairmatch.messages import list_codes, render

CHECKS = ("loads", "spread", "answers", "stateless", "repeatable", "order", "scope")
"""Those of a plugin in Python, in their order; a rule pack has its examples besides."""

GOOD_RULE = """
return Points(1, "单数", "odd") if unit.unit_id in ("u1", "u3") else NO_POINTS
"""


@pytest.fixture
def scenario(tmp_path, monkeypatch):
    monkeypatch.delenv("PAIRMATCH_LOAD_PLUGINS", raising=False)
    return write_scenario(tmp_path / "s")


def check(scenario, code, options=None):
    add_plugin(scenario, code)
    [report] = engine.check_plugins(scenario, ["bad"], options or PluginOptions())
    return report


def list_passed(report):
    return [code.removeprefix("plugins.check_") for code in report.passed]


def count_calls(last):
    """Return a rule that answers the same until it is asked for the last of these times."""
    body = f"COUNT.append(0)\nreturn give(zeros + (len(COUNT) >= {last}))"
    return write_array_rule(body).replace(HEAD, f"{HEAD}COUNT = []\n")


def test_a_good_plugin_passes_every_check(scenario):
    report = check(scenario, write_pair_rule(GOOD_RULE))
    assert report.is_good
    assert report.findings == ()
    assert report.state.state == "on"
    assert list_passed(report) == list(CHECKS)
    assert report.seconds > 0


def test_a_condition_passes_every_check(scenario):
    body = "return candidates.village_idx >= 0"
    assert list_passed(check(scenario, write_array_condition(body))) == list(CHECKS)


def test_a_good_pack_passes_every_check_and_its_examples(scenario):
    pack = '[pack]\ncounty = "甲县"\n[[rule]]\nid = "a"\n[[rule.row]]\npoints = 1\n'
    add_plugin(scenario, pack, file="pack.toml")
    add_plugin(scenario, "[[case]]\nexpect = { a = 1 }\n", file="cases.toml")
    [report] = engine.check_plugins(scenario, ["bad"])
    assert report.is_good
    assert list_passed(report) == [*CHECKS[:3], "examples", *CHECKS[3:]]


def test_every_check_is_one_of_the_catalogue():
    codes = {code for code in list_codes() if code.startswith("plugins.check_")}
    assert codes == {f"plugins.check_{name}" for name in (*CHECKS, "examples")}


@pytest.mark.parametrize(
    ("check_name", "code", "fault"),
    [
        ("loads", "import no_such_package", "hooks.missing_dependency"),
        ("answers", write_pair_rule("return 3"), "hooks.not_points"),
        ("answers", write_array_rule("return give(zeros[1:])"), "score.bad_shape"),
        ("stateless", count_calls(3), "hooks.keeps_state"),
        (
            "repeatable",
            write_pair_rule('return Points(hash("盐") % 10**8, "因")'),
            "hooks.not_repeatable",
        ),
        ("order", write_array_rule("return give(np.arange(n))"), "hooks.depends_on_order"),
        ("scope", count_calls(5), "hooks.reads_others"),
    ],
)
def test_each_check_has_a_plugin_that_fails_it(scenario, check_name, code, fault):
    report = check(scenario, code)
    assert not report.is_good
    assert [finding.code for finding in report.findings] == [fault]
    assert list_passed(report) == list(CHECKS[: CHECKS.index(check_name)])
    assert (report.state.state, report.state.why) == ("broken", fault)
    [finding] = report.findings
    assert finding.params["plugin"] == "bad"
    assert finding.place.file.startswith("plugins/bad")
    for lang in ("zh", "en"):
        assert "bad" in render(finding.code, finding.params, lang).text
        assert render(finding.code, finding.params, lang).hint


def test_a_county_that_takes_too_much_fails_that_check_only(scenario):
    report = check(scenario, write_pair_rule(GOOD_RULE).replace("spread=2", "spread=11"))
    assert [finding.code for finding in report.findings] == ["score.county_spread"]
    assert set(CHECKS) - set(list_passed(report)) == {"spread"}


def test_an_example_that_does_not_come_out_fails_that_check_only(scenario):
    pack = '[pack]\ncounty = "甲县"\n[[rule]]\nid = "a"\n[[rule.row]]\npoints = 1\n'
    add_plugin(scenario, pack, file="pack.toml")
    add_plugin(scenario, "[[case]]\nexpect = { a = 2 }\n", file="cases.toml")
    [report] = engine.check_plugins(scenario, ["bad"])
    assert [finding.code for finding in report.findings] == ["packs.example_points"]
    assert list_passed(report) == list(CHECKS)


@pytest.mark.parametrize("answer", ["give(zeros[1:])", "give(zeros * 0.5)", "5"])
def test_an_answer_that_is_whole_once_and_not_the_next_time(scenario, answer):
    body = f"COUNT.append(0)\nreturn give(zeros) if len(COUNT) < 3 else {answer}"
    report = check(scenario, write_array_rule(body).replace(HEAD, f"{HEAD}COUNT = []\n"))
    assert not report.is_good
    assert list_passed(report) == ["loads", "spread", "answers"]


def test_a_condition_that_changes_its_mind(scenario):
    body = "COUNT.append(0)\nreturn np.ones(n - (len(COUNT) > 2), dtype=bool)"
    code = write_array_condition(body).replace(HEAD, f"{HEAD}COUNT = []\n")
    assert [f.code for f in check(scenario, code).findings] == ["score.bad_mask"]


def test_one_that_hangs_is_stopped_at_the_limit(scenario):
    report = check(scenario, write_array_rule("while True: pass"), PluginOptions(time_s=0.5))
    assert [finding.code for finding in report.findings] == ["hooks.timed_out"]


def test_one_that_is_slow_is_only_warned_of(scenario, monkeypatch):
    monkeypatch.setattr(conformance, "SLOW_S", 0.0)
    report = check(scenario, write_pair_rule(GOOD_RULE))
    assert report.is_good
    assert [(f.code, f.severity) for f in report.findings] == [("hooks.slow", Severity.WARNING)]


def test_plugins_that_are_on_are_checked_unless_others_are_named(scenario):
    add_plugin(scenario, write_pair_rule(GOOD_RULE))
    reports = engine.check_plugins(scenario)
    assert [report.state.name for report in reports] == ["bad", "good"]
    [report] = engine.check_plugins(scenario, ["good"])
    assert report.state.name == "good"
    with pytest.raises(UsageError) as caught:
        engine.check_plugins(scenario, ["godo"])
    assert caught.value.params == {"plugin": "godo", "closest": "good"}


def test_plugins_that_cannot_even_be_found_are_reported(scenario):
    add_plugin(scenario, write_pair_rule(GOOD_RULE), "Bad-1")
    reports = {report.state.name: report for report in engine.check_plugins(scenario)}
    assert [f.code for f in reports["Bad-1"].findings] == ["plugins.bad_folder_name"]
    assert reports["good"].is_good


# --- for authors, in their own tests


def test_authors_check_their_plugin_with_pytest(scenario):
    add_plugin(scenario, write_pair_rule(GOOD_RULE))
    report = testing.check_plugin(scenario / "plugins" / "bad", scenario)
    assert list_passed(report) == list(CHECKS)


@pytest.mark.parametrize(("lang", "words"), [("zh", "没有给出得分"), ("en", "returned no Points")])
def test_authors_are_told_in_words_what_does_not_hold(scenario, lang, words):
    add_plugin(scenario, write_pair_rule("return 3"))
    with pytest.raises(AssertionError) as caught:
        testing.check_plugin(scenario / "plugins" / "bad", scenario, lang=lang)
    assert words in str(caught.value)
    assert "bad/plugin.py" in str(caught.value)


def test_authors_are_told_the_line(scenario):
    code = f"{HEAD}\n\nimport no_such_package{SCORE_HOOK}"
    add_plugin(scenario, code)
    with pytest.raises(AssertionError, match=rf"bad/plugin.py:{HEAD.count(chr(10)) + 3}:"):
        testing.check_plugin(scenario / "plugins" / "bad", scenario)


def test_a_folder_without_a_plugin_is_no_plugin(tmp_path, scenario):
    with pytest.raises(BadInputError) as caught:
        testing.check_plugin(tmp_path, scenario)
    assert caught.value.code == "plugins.not_a_plugin"


def test_limits_may_be_given(scenario):
    code = write_pair_rule("while True: pass").replace(PAIR_RULE, f"\n{PAIR_RULE}")
    add_plugin(scenario, code)
    options = PluginOptions(time_s=0.5)
    with pytest.raises(AssertionError, match=r"0\.5"):
        testing.check_plugin(scenario / "plugins" / "bad", scenario, options=options)
