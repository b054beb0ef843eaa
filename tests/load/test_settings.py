"""scenario.toml: every slip named with its line, its key and what to do (fault 38)."""

from decimal import Decimal
from fractions import Fraction
from typing import get_args

import pytest
from tests.load.sheet_makers import check_sentences

from pairmatch.domain.problem import FAIR_GOALS, LINEAR_GOALS
from pairmatch.domain.scenario import Goal, Scenario
from pairmatch.load.keypaths import find_line, show_path
from pairmatch.load.settings import read_settings
from pairmatch.messages import render


def read(text):
    data = text if isinstance(text, bytes) else text.encode()
    settings, findings = read_settings(data, "scenario.toml")
    check_sentences(findings)
    return settings, findings


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('[scenario]\nname = "沧州"\n'.encode("gbk"), "not_utf8", 2),
        ('[inputs]\n\nunits = "C:\\new\\u.csv"\n', "backslash", 3),
        ('[inputs]\nunits = "C:\\Users\\u.csv"\n', "backslash", 2),
        ('[inputs]\nunits = ["a.csv", "data\\table.csv"]\n', "backslash", 2),
        ("[rules]\n需求 = 5\n", "bare_key", 2),
        ("[规则]\n", "bare_key", 1),
        ("[scenario]\nname = “沧州”\n", "smart_quotes", 2),
        ('[scenario]\nname＝"x"\n', "full_width", 2),
        ("[scenario]\ncycle = [2026，2030]\n", "full_width", 2),
        ("[rules]\na = 1\nb = 2\na = 3\n", "duplicate_key", 4),
        ("[rules]\n[scoring]\n[rules]\n", "duplicate_key", 3),
        ("[rules]\na = nan\n", "not_finite", 2),
        ("[rules]\na = inf\n", "not_finite", 2),
        ("[scenario\n", "syntax", 1),
        ('[scenario]\nname = "x\n', "syntax", 2),
        ("a = " + "[" * 5000, "syntax", 1),
        ("[rules]\na = -1\n", "not_greater_than_equal", 2),
        ('[rules]\na = "x"\n', "wrong_kind_number", 2),
        ("[scoring]\nresolution = 0.03\n", "bad_resolution", 2),
        ("[scoring]\narea_cap = 1.5\n", "not_less_than_equal", 2),
        ("[scoring]\narea_cap = 0\n", "not_greater_than", 2),
        ('[scoring]\nunknown = "mean"\n', "not_an_option", 2),
        ("[scoring]\nresolutoin = 1\n", "unknown_key_close", 2),
        ("[rulez]\na = 1\n", "unknown_key_close", 1),
        ("[zzzzzzz]\na = 1\n", "unknown_key", 1),
        ('[[quota]]\nname = "q"\n', "quota_unbounded", 1),
        ('[[quota]]\nname = "q"\nmin = 3\nmax = 2\n', "quota_crossed", 1),
        ('[[quota]]\nname = "q"\nmin = 1.5\n', "not_whole", 3),
        ("[[quota]]\nmin = 1\n", "missing", 1),
        (
            '[[quota]]\nname = "q"\nmin = 1\nwhere = { "unit.teir" = "city" }\n',
            "unknown_condition",
            4,
        ),
        (
            '[[lock]]\nunit = "u"\nvillage = "v"\n[[lock]]\nunit = 5\nvillage = "v"\n',
            "wrong_kind_text",
            5,
        ),
        ("[inputs]\nunits = 5\n", "wrong_kind_text", 2),
        ("[objective]\nlevels = []\n", "bad_levels", 2),
        ('[objective]\n\nlevels = ["total", "total"]\n', "level_twice", 3),
        ('[objective]\nlevels = ["total", "worst_county"]\n', "level_too_early", 2),
        ('[objective]\nlevels = ["leximin_village", "num_matched"]\n', "level_too_early", 2),
        (
            '[objective]\nlevels = [{ goal = "num_matched", within = 1 }, "worst_village"]\n',
            "level_after_tolerance",
            2,
        ),
        (
            '[objective]\nlevels = ["num_matched", { goal = "leximin_county", within = "1%" }]\n',
            "within_leximin",
            2,
        ),
        (
            '[objective]\nlevels = [{ goal = "num_matched", within = 0.5 }, "total"]\n',
            "within_pairs",
            2,
        ),
        ('[objective]\nlevels = [{ goal = "total", within = "1‰" }]\n', "bad_within", 2),
        ('[objective]\nlevels = [{ goal = "total", within = "101%" }]\n', "bad_within", 2),
        ("[objective]\nlevels = [{ goal = 'total', within = -1 }]\n", "bad_within", 2),
        ("[objective]\nlevels = [{ goal = 'total', within = nan }]\n", "bad_within", 2),
        ("[objective]\nlevels = [{ goal = 'total', within = true }]\n", "bad_within", 2),
        ('[objective]\nlevels = ["num_matched", "kept"]\n', "kept_without_previous", 2),
        ('[objective]\nlevels = [{ goal = "kept" }]\n', "kept_without_previous", 2),
        ("[limits]\ntime_s = 3\nmax_changes = 3\n", "changes_without_previous", 3),
        ("[limits]\nmax_changes_waiver = 3\n", "waiver_alone", 2),
        ("[inputs]\nprevious = 'p.csv'\n[limits]\nmax_changes = true\n", "wrong_kind_whole", 4),
        (
            '[[quota]]\nname = "q"\nmin = 1\nwaiver = -0.5\n',
            "not_greater_than_equal",
            4,
        ),
        ('[[quota]]\nname = "q"\nmin = 1\nwaiver = inf\n', "not_finite", 4),
        ('[[quota]]\nname = "q"\nmin = 1\nwaiver = true\n', "wrong_kind_number", 4),
        ('[[quota]]\nname = "q"\nmin = 1\npairs = 5\n', "bad_pairs", 4),
        ('[[quota]]\nname = "q"\nmin = 1\npairs = [["u"]]\n', "bad_pairs", 4),
        ('[[quota]]\nname = "q"\nmin = 1\npairs = [["u", 5]]\n', "bad_pairs", 4),
        ('[[lock]]\nunit = "u"\nvillage = "v"\nwaiver = "x"\n', "wrong_kind_number", 4),
        ('[objective]\nlevels = ["totl"]\n', "not_an_option", 2),
        ("[objective]\nlevels = 5\n", "wrong_kind_list", 2),
        ("rules = 5\n", "wrong_kind_table", 1),
        ("inputs = 5\n", "wrong_kind_table", 1),
        ('[scenario]\nsynthetic = "maybe"\n', "wrong_kind_bool", 2),
        ("[scenario]\ncycle = [2026]\n", "missing", 2),
        ("[scenario]\ncycle = [2026, 2027, 2028]\n", "wrong_length", 2),
        ('[limits]\ntime_s = "soon"\n', "wrong_kind_number", 2),
    ],
)
def test_slips(text, code, line):
    settings, findings = read(text)
    assert settings is None
    assert [f.code for f in findings] == [f"settings.{code}"]
    assert findings[0].place.row == line


def test_byte_order_marks_and_windows_line_ends_are_accepted():
    text = '[scenario]\r\nname = "沧州"\r\n'
    for data in (text.encode("utf-8-sig"), "\ufeff".encode("utf-16-le") + text.encode("utf-16-le")):
        settings, findings = read(data)
        assert not findings
        assert settings.scenario.scenario.name == "沧州"


def test_an_empty_file_means_all_defaults():
    settings, findings = read("")
    assert not findings
    assert settings.scenario.inputs.units == "units.csv"


def test_numbers_are_exact_decimals():
    settings, _ = read('[rules]\na = 0.1\nb = 60\n[scoring]\nresolution = "0.000001"\n')
    assert settings.scenario.rules == {"a": Decimal("0.1"), "b": Decimal(60)}
    assert settings.scenario.scoring.steps_per_point == 1_000_000


def test_all_errors_are_told_at_once():
    _, findings = read("[rules]\na = -1\nb = nan\n[scoring]\nresolution = 3\n[limits]\nx = 1\n")
    assert {f.place.row for f in findings} == {2, 3, 5, 7}


def test_chinese_messages_hold_no_english_of_the_validator():
    _, findings = read('[rules]\na = "x"\n[inputs]\nunits = true\n')
    for finding in findings:
        text = render(finding.code, finding.params, "zh").text
        assert "Input should be" not in text
        assert "valid" not in text


def test_lines_of_settings():
    text = '# x\n[a]\nb = 1\n"c d".e = 2\n[[q]]\nn = 1\n[[q]]\n  n = 2 # y\n[q.where]\nk = 3\n'
    assert find_line(text, ("a", "b")) == 3
    assert find_line(text, ("a", "c d", "e")) == 4
    assert find_line(text, ("q", 1, "n")) == 8
    assert find_line(text, ("a", "nothing")) == 2
    assert find_line(text, ("nothing",)) == 0
    assert show_path(("q", 1, "n")) == "q[2].n"


def test_all_faults_of_levels_are_told_at_once():
    levels = '["worst_village", { goal = "leximin_county", within = 0 }, "kept", "kept"]'
    _, findings = read(f"[objective]\nlevels = {levels}\n[limits]\nmax_changes = 2\n")
    assert [(f.code.removeprefix("settings."), f.params.get("goal")) for f in findings] == [
        ("kept_without_previous", None),
        ("changes_without_previous", None),
        ("level_too_early", "worst_village"),
        ("level_too_early", "leximin_county"),
        ("within_leximin", "leximin_county"),
        ("level_twice", "kept"),
    ]


@pytest.mark.parametrize(
    ("given", "share", "amount"),
    [
        ('"1%"', Fraction(1, 100), 0),
        ('"0.5％"', Fraction(1, 200), 0),
        ('" 100% "', 1, 0),
        ('"3"', 0, 3),
        ("3", 0, 3),
        ("0.1", 0, Fraction(1, 10)),
        ("1e2", 0, 100),
        ("0", 0, 0),
    ],
)
def test_what_may_be_given_up(given, share, amount):
    settings, findings = read(f"[objective]\nlevels = [{{ goal = 'total', within = {given} }}]\n")
    assert not findings
    (level,) = settings.scenario.objective.levels
    assert (level.share, level.amount) == (share, amount)
    dumped = settings.scenario.model_dump(mode="json")
    assert Scenario.model_validate(dumped) == settings.scenario


def test_every_goal_can_be_set_and_is_one_of_the_problem():
    goals = get_args(Goal)
    assert set(goals) == {*LINEAR_GOALS, *FAIR_GOALS}
    text = "[inputs]\nprevious = 'p.csv'\n[[objective.levels]]\n"
    text += "[[objective.levels]]\n".join(f'goal = "{goal}"\n' for goal in goals)
    settings, findings = read(text)
    assert not findings
    assert tuple(level.goal for level in settings.scenario.objective.levels) == goals


@pytest.mark.parametrize("levels", [["total"], ["num_matched"], ["num_matched", "total"]])
def test_levels_as_they_were(levels):
    settings, findings = read(f"[objective]\nlevels = {levels}\n")
    assert not findings
    assert [v.goal for v in settings.scenario.objective.levels] == levels
    assert not any(v.share or v.amount for v in settings.scenario.objective.levels)


def test_waivers_and_pairs_of_quotas():
    text = """
[inputs]
previous = "p.csv"
[[quota]]
name = "q"
pairs = [["u1", "v1"], ["u2", "v2"]]
where = { "unit.tier" = "city" }
max = 1
waiver = 0.5
[[ban]]
unit = "u1"
village = "v2"
waiver = 3
[limits]
max_changes = 5
max_changes_waiver = "0.25"
"""
    settings, findings = read(text)
    assert not findings
    (quota,) = settings.scenario.quota
    assert (quota.pairs, quota.waiver) == ((("u1", "v1"), ("u2", "v2")), Decimal("0.5"))
    assert settings.scenario.ban[0].waiver == 3
    limits = settings.scenario.limits
    assert (limits.max_changes, limits.max_changes_waiver) == (5, Decimal("0.25"))
    assert Scenario.model_validate(settings.scenario.model_dump(mode="json")) == settings.scenario


def test_places_of_settings():
    settings, _ = read('[[lock]]\nunit = "u"\nvillage = "v"\n')
    place = settings.place_of(("lock", 0, "village"), "v")
    assert (place.file, place.row, place.column, place.value) == (
        *("scenario.toml", 3, "lock[1].village", "v"),
    )
