"""What clumsy and hostile users did, end to end: each case once gave a wrong answer or a crash."""

import csv
import hashlib
import json
import shutil
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from pairmatch.cli.program import program
from pairmatch.domain.digests import compute_facts_digest

UNITS = ("a", "b", "c")
VILLAGES = ("x", "y", "z")
POINTS = ((9, 3, 8), (8, -1, 2), (5, 4, 1))
HEAD = '[inputs]\nunits = "units.csv"\nvillages = "villages.csv"\nscores = "scores.csv"\n'
SCENARIOS = Path(__file__).parents[2] / "scenarios"


def write_csv(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])


def make_scenario(folder, settings="", head=HEAD, units=UNITS, villages=VILLAGES):
    folder.mkdir(parents=True)
    write_csv(folder / "units.csv", ("unit_id",), [(u,) for u in units])
    write_csv(folder / "villages.csv", ("village_id",), [(v,) for v in villages])
    rows = [
        (u, v, points)
        for u, row in zip(units, POINTS, strict=True)
        for v, points in zip(villages, row, strict=True)
    ]
    write_csv(folder / "scores.csv", ("unit_id", "village_id", "points"), rows)
    (folder / "scenario.toml").write_bytes((head + settings).encode())
    return folder


@pytest.fixture
def cli(monkeypatch, tmp_path):
    """Run a command with --json: exit code and data; a crash fails the test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*words):
        result = CliRunner().invoke(program, [*map(str, words), "--json"])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert "Traceback" not in result.output
        assert result.exit_code in (0, 1, 2, 3, 4, 7), result.output
        return result.exit_code, json.loads(result.stdout)

    return run


def list_codes(data, severity="error"):
    return {f["code"] for f in data["findings"] if f["severity"] == severity}


QUOTA = '[[quota]]\nname = "q"\nwhere = {{ {} }}\n{}\n'
BAD_SETTINGS = {
    "a bound too large for any computer": (QUOTA.format("", "max = 1" + "0" * 30), "not_less"),
    "a truth for a bound": (QUOTA.format("", "min = true"), "wrong_kind_whole"),
    "a list of nothing": (QUOTA.format('"unit.unit_id" = []', "max = 0"), "check.quota_no_values"),
    "a most for what is not there": (
        QUOTA.format('"unit.tier" = "city"', "max = 1"),
        "check.quota_matches_none",
    ),
    "single brackets": ('[quota]\nname = "q"\nmax = 1\n', "single_brackets"),
    "single brackets of a lock": ('[lock]\nunit = "a"\nvillage = "x"\n', "single_brackets"),
    "a cycle backwards": ("[scenario]\ncycle = [2030, 2026]\n", "bad_cycle"),
    "nested beyond measure": (f"x = {'[' * 3000}{']' * 3000}\n", "syntax"),
}


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_settings_that_cannot_be_are_refused_with_their_reason(cli, tmp_path, name):
    settings, expected = BAD_SETTINGS[name]
    code, data = cli("propose", make_scenario(tmp_path / "s", settings))
    assert code == 3
    assert any(expected in found for found in list_codes(data)), data


def test_no_unit_files_is_an_error_that_is_counted(cli, tmp_path):
    scenario = make_scenario(tmp_path / "s", head="[inputs]\nunits = []\n")
    code, data = cli("propose", scenario)
    assert code == 3
    assert list_codes(data)


def test_a_least_for_what_is_not_there_is_infeasible(cli, tmp_path):
    settings = QUOTA.format('"unit.tier" = "city"', "min = 1")
    assert cli("propose", make_scenario(tmp_path / "s", settings))[0] == 4


def test_two_quotas_of_one_name_are_told(cli, tmp_path):
    settings = 2 * QUOTA.format('"unit.unit_id" = "a"', "max = 1")
    code, data = cli("check", make_scenario(tmp_path / "s", settings))
    assert code == 0
    assert "check.quota_same_name" in list_codes(data, "warning")


def test_settings_with_the_line_ends_of_old_macs(cli, tmp_path):
    scenario = make_scenario(tmp_path / "s")
    text = (scenario / "scenario.toml").read_bytes().replace(b"\n", b"\r")
    (scenario / "scenario.toml").write_bytes(text)
    code, data = cli("propose", scenario, "--dry-run")
    assert (code, data["objective"]["total"]) == (0, "20.00")


@pytest.mark.parametrize("odd", ["Ａ１", "１３", "a  b", "a\u200bb", "a\u00a0b", "'=1", "\ufeffz"])
@pytest.mark.parametrize("side", ["units", "villages"])
def test_an_odd_id_is_the_same_in_all_tables(cli, tmp_path, odd, side):
    ids = {"units": UNITS, "villages": VILLAGES}
    ids[side] = (odd, "m", "n")
    scenario = make_scenario(tmp_path / "s", **ids)
    code, data = cli("propose", scenario)
    assert (code, data["objective"]["total"]) == (0, "20.00")
    assert cli("verify", data["run"])[0] == 0


@pytest.mark.parametrize("wanted", ["66", "662", "6621", "J6621"])
def test_a_quota_counts_an_industry_with_all_its_classes(cli, tmp_path, wanted):
    scenario = make_scenario(
        tmp_path / "s", QUOTA.format(f'"unit.industry" = "{wanted}"', "max = 0")
    )
    rows = [("a", "J6621"), ("b", "6621"), ("c", "1392")]
    write_csv(scenario / "units.csv", ("unit_id", "industry_codes"), rows)
    code, data = cli("propose", scenario, "--dry-run")
    assert (code, data["num_matched"], data["objective"]["total"]) == (0, 1, "5.00")


def test_a_long_number_is_too_large_not_too_fine(cli, tmp_path):
    scenario = make_scenario(tmp_path / "s")
    text = (scenario / "scores.csv").read_text()
    (scenario / "scores.csv").write_text(text.replace("c,z,1\n", f"c,z,{'9' * 70}\n"))
    assert list_codes(cli("check", scenario)[1]) == {"load.score_magnitude"}


# --- runs ------------------------------------------------------------------------------------

RUN_SETTINGS = (
    QUOTA.format('"unit.unit_id" = ["a", "b"]', "min = 1\nmax = 2")
    + '[[lock]]\nunit = "b"\nvillage = "x"\nreason = "r"\n'
    + '[[ban]]\nunit = "c"\nvillage = "z"\n'
)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    scenario = make_scenario(folder / "s", RUN_SETTINGS)
    result = CliRunner().invoke(program, ["propose", str(scenario), "--json"])
    return Path(json.loads(result.stdout)["run"])


@pytest.fixture
def copy(published, tmp_path):
    return Path(shutil.copytree(published, tmp_path / "renamed run"))


def list_leaves(data, path=()):
    if isinstance(data, dict | list):
        keys = data if isinstance(data, dict) else range(len(data))
        for key in keys:
            yield from list_leaves(data[key], (*path, key))
    yield path


def change(data, path, value):
    for key in path[:-1]:
        data = data[key]
    data[path[-1]] = value


def sign_again(run, name):
    """Do what somebody does who knows how runs are built: renew every digest."""
    facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
    if name != "run.json":
        facts["files"][name] = hashlib.sha256((run / name).read_bytes()).hexdigest()
    facts["digest"] = compute_facts_digest(facts)
    (run / "run.json").write_text(json.dumps(facts), encoding="utf-8")


ASKED = (("verify",), ("explain",), ("explain", "--why-not", "c", "y"), ("explain", "--unit", "a"))


@pytest.mark.parametrize("name", ["run.json", "problem.json", "certificate.json"])
def test_no_value_of_a_run_can_be_changed_unnoticed(cli, copy, name):
    path = copy / name
    original = path.read_text(encoding="utf-8")
    leaves = [leaf for leaf in list_leaves(json.loads(original)) if leaf]
    values = (None, "abc", 10**30, -1, 1.5, [], {"a": 1})
    for k, leaf in enumerate(leaves):
        data = json.loads(original)
        change(data, leaf, values[k % len(values)])
        if data == json.loads(original):
            continue
        path.write_text(json.dumps(data), encoding="utf-8")
        assert cli("verify", copy)[0] in (1, 3), leaf


@pytest.mark.parametrize("value", [2**63, -(10**30), float("inf"), float("nan"), True, "8", None])
@pytest.mark.parametrize(
    ("name", "leaf"),
    [
        ("problem.json", ("units", 0, "maximum")),
        ("problem.json", ("villages", 1, "minimum")),
        ("problem.json", ("steps_per_point",)),
        ("problem.json", ("quotas", 0, "maximum")),
        ("problem.json", ("locks", 0, "unit")),
        ("certificate.json", ("levels", 1, "steps", 0, "unit_prices", "a")),
        ("certificate.json", ("levels", 1, "steps", 0, "quota_prices", 0, "price")),
        ("certificate.json", ("levels", 1, "bound")),
        ("run.json", ("num_matched",)),
        ("run.json", ("bound",)),
        ("run.json", ("files",)),
        ("run.json", ("inputs",)),
        ("explanations.json", ("pairs", 0, "points")),
        ("explanations.json", ("pairs", 0, "alternatives", 0, "unit_id")),
    ],
)
def test_forged_digests_do_not_carry_nonsense_further(cli, copy, name, leaf, value):
    if (name, value) == ("problem.json", None) and leaf[0] == "quotas":
        pytest.skip("no upper bound is a possible quota")
    data = json.loads((copy / name).read_text(encoding="utf-8"))
    change(data, leaf, value)
    (copy / name).write_text(json.dumps(data), encoding="utf-8")
    if leaf != ("files",):
        sign_again(copy, name)
    forgeable = name == "explanations.json" and isinstance(value, str)
    for words in ASKED:
        code, _data = cli(words[0], copy, *words[1:])
        assert forgeable or words[0] == "explain" or code in (1, 3)


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("pairings.csv", lambda rows: [*rows, rows[1]]),
        ("pairings.csv", lambda rows: rows[:-1]),
        ("pairings.csv", lambda rows: [row[1:] for row in rows]),
        ("pairings.csv", lambda rows: [[*row, row[0]] for row in rows]),
        ("pairings.csv", lambda rows: [rows[0], rows[1][:-1], *rows[2:]]),
        ("contributions.csv", lambda rows: [*rows, ["c", "y", *rows[1][2:]]]),
        ("candidates.csv", lambda rows: [*rows, rows[1]]),
        ("candidates.csv", lambda rows: [*rows, ["a", "nowhere", "3.00"]]),
        ("candidates.csv", lambda rows: [*rows[:-1], [*rows[-1][:2], "1e999999"]]),
        ("candidates.csv", lambda rows: []),
    ],
)
def test_rows_added_dropped_or_torn_are_found_under_forged_digests(cli, copy, name, edit):
    with (copy / name).open(encoding="utf-8", newline="") as stream:
        rows = edit(list(csv.reader(stream)))
    write_csv(copy / name, rows[0] if rows else (), rows[1:])
    sign_again(copy, name)
    assert cli("verify", copy)[0] == 1
    assert cli("explain", copy, "--why-not", "c", "y")[0] == 3


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[" * 100_000, bytes(range(256)), b'{"pairs": [{}]}', None]
)
def test_a_file_that_is_gone_or_nonsense_is_told(cli, copy, content):
    for path in sorted(copy.iterdir()):
        original = path.read_bytes()
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        for words in ASKED:
            code, _data = cli(words[0], copy, *words[1:])
            assert words[0] == "explain" or code in (1, 3), (path.name, words)
        path.write_bytes(original)


def test_prices_are_not_told_of_a_run_whose_pairs_were_swapped(cli, copy):
    text = (copy / "pairings.csv").read_text(encoding="utf-8")
    swapped = text.replace("\na,", "\n?,").replace("\nc,", "\na,").replace("\n?,", "\nc,")
    (copy / "pairings.csv").write_text(swapped, encoding="utf-8")
    code, data = cli("explain", copy, "--why-not", "c", "y")
    assert code == 3
    assert "runs.file_changed" in list_codes(data)


@pytest.mark.parametrize("words", [("--village", "nowhere"), ("--village", ""), ("--unit", "")])
def test_an_unknown_village_of_the_smallest_form(cli, copy, words):
    assert cli("explain", copy, *words)[0] == 2


# --- folders and words -----------------------------------------------------------------------


@pytest.mark.parametrize("command", ["propose", "verify", "explain", "check", "forms"])
def test_a_path_longer_than_any_system_takes(cli, command):
    assert cli(command, "a" * 5000)[0] == 2


def test_a_language_that_is_none_is_refused_in_chinese(cli, tmp_path):
    code, data = cli("propose", tmp_path, "--lang", "fr")
    assert code == 2
    assert "is not one of" not in data["error"]["message"]


def test_forms_never_write_over_what_was_filled_in(cli, tmp_path):
    scenario = make_scenario(tmp_path / "s")
    assert cli("forms", scenario, "--out", tmp_path / "forms")[0] == 0
    assert cli("forms", scenario, "--out", tmp_path / "forms")[0] == 0
    path = tmp_path / "forms" / "村情表.xlsx"
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["E9"] = "filled in by hand"
    book.save(path)
    filled = path.read_bytes()
    assert cli("forms", scenario, "--out", tmp_path / "forms", "--blank")[0] == 2
    assert path.read_bytes() == filled


def test_marked_copies_never_take_the_place_of_the_inputs(cli, tmp_path):
    scenario = tmp_path / "s"
    shutil.copytree(SCENARIOS / "launch-28", scenario)
    before = {path: path.read_bytes() for path in scenario.rglob("*") if path.is_file()}
    assert cli("check", scenario, "--mark", scenario)[0] == 2
    assert {path: path.read_bytes() for path in scenario.rglob("*") if path.is_file()} == before
    assert cli("check", scenario, "--mark", tmp_path / "marked")[0] == 0
    assert cli("check", scenario, "--mark", tmp_path / "marked")[0] == 0


def test_forms_say_when_something_could_not_be_read(cli, tmp_path):
    scenario = make_scenario(tmp_path / "s", villages=("x", "x", "z"))
    code, data = cli("forms", scenario)
    assert (code, data["errors"] > 0) == (0, True)


# --- workbooks -------------------------------------------------------------------------------

VILLAGE_ROWS = [
    ("130921100210", "沧县", "贾村", 116, 387),
    ("130921100213", "沧县", "前曹庄村", 393, 1241),
    ("130922100207", "青县", "东村", 100, 300),
]


@pytest.fixture
def workbooks(tmp_path):
    folder = tmp_path / "s"
    head = '[inputs]\nvillages = "villages.xlsx"\ncounties = "counties.csv"\n'
    make_scenario(folder, head=head)
    rows = [("沧县", "130921"), ("青县", "130922")]
    write_csv(folder / "counties.csv", ("name_zh", "county_code"), rows)
    book = openpyxl.Workbook()
    for row in [("区划代码", "县(市)", "村名", "总户数", "户籍人口"), *VILLAGE_ROWS]:
        book.worksheets[0].append(row)

    def edit(change):
        change(book.worksheets[0])
        book.save(folder / "villages.xlsx")
        return folder

    return edit


def set_cell(address, value):
    return lambda sheet: sheet.__setitem__(address, value)


@pytest.mark.parametrize(
    ("edit", "severity", "expected"),
    [
        (lambda _sheet: None, "error", set()),
        (set_cell("B2", "沧縣"), "error", {"check.village_county"}),
        (set_cell("B2", "青县"), "warning", {"check.county_by_code"}),
        (lambda sheet: sheet.merge_cells("E2:E3"), "warning", {"load.merged_numbers"}),
    ],
)
def test_counties_and_merged_numbers_are_questioned(cli, workbooks, edit, severity, expected):
    _code, data = cli("check", workbooks(edit))
    assert expected <= list_codes(data, severity)
    assert expected or not list_codes(data, "error")
