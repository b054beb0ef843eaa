"""What must be told of plugins and their settings rather than passed over in silence."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest
from tests.engine.test_plugin_bounds import Case, solve
from tests.faults.plugin_scenarios import (
    SETTINGS,
    add_plugin,
    read,
    run_program,
    write_array_rule,
    write_pair_rule,
    write_scenario,
)

from pairmatch import engine
from pairmatch.domain.findings import Severity
from pairmatch.domain.inputs import ExternalScores
from pairmatch.domain.plugins import PluginInfo
from pairmatch.engine import conformance
from pairmatch.engine.influence import measure_influences
from pairmatch.errors import BadInputError, UnprovenError, UsageError
from pairmatch.messages import render

RULE = write_pair_rule('return Points(1, "一", "one") if unit.unit_id == "u1" else NO_POINTS')


@pytest.fixture
def scenario(tmp_path, monkeypatch):
    monkeypatch.delenv("PAIRMATCH_LOAD_PLUGINS", raising=False)
    return write_scenario(tmp_path / "s")


def write_settings(scenario, text):
    (scenario / "scenario.toml").write_text(text, encoding="utf-8")


# --- settings


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('[rules]\n"good.x" = 1\ngood.x = 7\n', ("2", "3")),
        ('[rules]\ngood.x = 1\n"good.x" = 7\n', ("2", "3")),
        ('[rules]\n"good.x" = 1\n[rules.good]\nx = 7\n', ("2", "4")),
        ('rules = { "good.x" = 1, good.x = 7 }\n', ("1", "1")),
    ],
)
def test_a_rule_listed_twice_is_an_error_in_words(scenario, text, lines):
    write_settings(scenario, text)
    with pytest.raises(BadInputError) as caught:
        engine.list_plugins(scenario)
    [finding] = caught.value.findings
    assert finding.code == "settings.duplicate_key"
    assert (finding.params["first"], finding.params["line"]) == lines
    for lang in ("zh", "en"):
        assert "good.x" in render(finding.code, finding.params, lang).text


def test_rules_listed_once_each_are_taken(scenario):
    write_settings(scenario, SETTINGS + '[rules]\n"good.x" = 1\ngood.y = 7\n')
    states, _findings = engine.list_plugins(scenario)
    assert ("good", "on") in [(state.name, state.state) for state in states]


# --- what is printed of influences


def test_an_influence_outside_its_bound_is_not_published():
    raw = np.zeros((2, 1), dtype=np.int64)
    case = Case(np.diag([5000, 5000]), raw, 1, Decimal(2), raw.astype(bool))
    inputs, city, rules, conditions, answer = solve(case)
    measure_influences(inputs, city, rules, conditions, answer)
    crossed = np.setdiff1d(np.arange(4, dtype=np.int32), answer.matching.chosen_idx)
    worst = replace(answer, matching=replace(answer.matching, chosen_idx=crossed))
    with pytest.raises(UnprovenError) as caught:
        measure_influences(inputs, city, rules, conditions, worst)
    assert caught.value.params == {"faults": "influence"}
    # With other goals than the total the bound promises nothing.
    kept = replace(worst, problem=replace(answer.problem, levels=("num_matched", "kept", "total")))
    measure_influences(inputs, city, rules, conditions, kept)


# --- the conformance suite


def test_a_county_without_candidates_is_not_said_to_have_been_tried(scenario):
    scores = scenario / "scores.csv"
    lines = scores.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if ",a" not in line]
    scores.write_text("\n".join(kept) + "\n", encoding="utf-8")
    add_plugin(scenario, RULE)
    [report] = engine.check_plugins(scenario, ["bad"])
    [finding] = report.findings
    assert (finding.code, finding.severity) == ("hooks.nothing_to_try", Severity.WARNING)
    assert report.passed == ("plugins.check_loads", "plugins.check_spread")
    assert "甲县" in render(finding.code, finding.params, "zh").text


READS_SCORES = """
known = candidates.background.scores
at = dict(zip(zip(known.unit_idx.tolist(), known.village_idx.tolist()), known.points.tolist()))
pairs = zip(candidates.unit_idx.tolist(), candidates.village_idx.tolist())
return give(np.array([at[pair] for pair in pairs], dtype=np.int64))
"""


def test_a_rule_that_reads_scores_passes_the_check_of_order(scenario):
    add_plugin(scenario, write_array_rule(READS_SCORES))
    [report] = engine.check_plugins(scenario, ["bad"])
    assert report.findings == ()
    assert report.passed[-1] == "plugins.check_scope"


def test_scores_that_are_turned_stay_sorted():
    scores = ExternalScores(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([5, 6, 7]), "f")
    turned = conformance._turn_scores(scores, 1, 1)
    assert turned.unit_idx.tolist() == [0, 1, 1]
    assert turned.village_idx.tolist() == [0, 0, 1]
    assert turned.points.tolist() == [7, 6, 5]
    assert conformance._turn_scores(None, 1, 1) is None


@pytest.mark.parametrize(
    "leak",
    [
        "sum(len(village.name) for village in candidates.villages.records)",
        "candidates.villages.deficit.sum()",
        "candidates.villages.deficit_high.sum()",
        "candidates.villages.need_weight.sum()",
        "candidates.background.scores.points.sum()",
    ],
)
def test_a_view_that_lets_through_other_counties_fails_the_check_of_scope(
    scenario, monkeypatch, leak
):
    def let_through(candidates):
        return SimpleNamespace(of=lambda _county: SimpleNamespace(candidates=candidates))

    monkeypatch.setattr(conformance, "CountyViews", let_through)
    # The order is another matter: names and sums do not depend on it.
    add_plugin(scenario, write_array_rule(f"return give(zeros + int({leak}))"))
    [report] = engine.check_plugins(scenario, ["bad"])
    assert [finding.code for finding in report.findings] == ["hooks.reads_others"]


# --- names and folders


@pytest.mark.parametrize("name", ["builtin", "condition", "pairmatch"])
def test_no_plugin_is_begun_under_a_name_that_is_taken(scenario, name):
    with pytest.raises(UsageError) as caught:
        engine.create_plugin(scenario, PluginInfo(name, "甲县", "1", "试", "try"), "python")
    assert caught.value.code == "plugins.reserved_name"
    assert not (scenario / "plugins" / name).exists()


def test_check_stops_at_folders_that_are_not_there(scenario):
    write_settings(scenario, SETTINGS.replace('["plugins"]', '["plugins", "none"]'))
    with pytest.raises(BadInputError) as caught:
        engine.check_plugins(scenario)
    assert [finding.code for finding in caught.value.findings] == ["plugins.folder_missing"]
    for job in ("list", "check"):
        assert run_program("plugins", job, scenario).exit_code == 3


# --- options


@pytest.mark.parametrize("option", ["--plugin-time", "--plugin-memory"])
def test_limits_that_would_limit_nothing_are_refused(scenario, option):
    for lang in ("zh", "en"):
        result = run_program("plugins", "list", scenario, option, "100", "--lang", lang)
        assert result.exit_code == 2
        assert option in result.stderr
        assert "--isolate" in result.stderr
    facts = read(run_program("plugins", "list", scenario, option, "100", "--json"))
    assert facts["error"]["code"] == "plugins.limits_without_isolate"
    assert run_program("plugins", "list", scenario, option, "100", "--isolate").exit_code == 0
    assert run_program("plugins", "check", scenario, option, "100").exit_code == 0
