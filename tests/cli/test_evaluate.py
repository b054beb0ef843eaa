"""`pairmatch evaluate`, from the words typed to the files written, for two small counties."""

import csv
import json

import pytest
from tests.load.sheet_makers import write_scenario

from pairmatch import engine

SETTINGS = """
[scenario]
name = "small"
cycle = [2026, 2027]
synthetic = true

[inputs]
scores = "scores.csv"
"""
VILLAGES = ("130921100201", "130922100201")
FILES = {
    "scenario.toml": SETTINGS,
    "units.csv": "unit_id,name\nu1,甲公司\nu2,乙公司\n",
    "villages.csv": f"village_id,name,county\n{VILLAGES[0]},东村,沧县\n{VILLAGES[1]},西村,青县\n",
    "scores.csv": f"unit_id,village_id,points\nu1,{VILLAGES[0]},3\nu2,{VILLAGES[1]},2\n",
}
HEADER = ("年度", "单位编号", "区划代码", "县级评定等次", "市级评定等次")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return engine.propose_pairing(write_scenario(tmp_path_factory.mktemp("small"), FILES)).run


def write_form(path, *rows):
    with path.open("w", encoding="gb18030", newline="") as stream:
        csv.writer(stream).writerows([HEADER, *rows])
    return path


@pytest.fixture
def form(tmp_path):
    rows = [
        (year, f"u{k + 1}", village, county, city)
        for year, county, city in ((2026, "优秀", "优秀"), (2027, "良好", "优秀"))
        for k, village in enumerate(VILLAGES)
    ]
    return write_form(tmp_path / "交表.csv", *rows)


def test_forms_are_written_and_listed(run_cli, run, tmp_path):
    result = run_cli("evaluate", run, "--forms", tmp_path / "f", "--year", "2027")
    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / "f").iterdir()}
    assert names == {
        "成效评定表_沧县_2027.xlsx",
        "成效评定表_青县_2027.xlsx",
        "市级评定表_2027.xlsx",
    }
    assert "2027年度的评定表写好了，共 3 份" in result.stdout
    assert all(name in result.stdout for name in names)


def test_results_are_written_and_summed_up(run_cli, run, form, tmp_path):
    result = run_cli("evaluate", run, form, "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    assert "应评 4 项（一对一年算一项），已评 4 项；建议表彰 2 家单位" in result.stdout
    assert "合成数据" in result.stdout
    assert "只见于市级评定表" in result.stdout
    facts = json.loads((tmp_path / "o" / "成效评定汇总.json").read_text(encoding="utf-8"))
    assert [unit["rank"] for unit in facts["city"]] == [1, 1]
    assert (tmp_path / "o" / "上一轮结对.xlsx").exists()


def test_results_as_data(run_cli, run, form, tmp_path):
    result = run_cli("evaluate", run, form, "--out", tmp_path / "o", "--json")
    facts = json.loads(result.stdout)
    assert (facts["known"], facts["due"], facts["proposed"]) == (4, 4, 2)
    assert facts["counts"]["error"] == 0
    assert len(facts["files"]) == 3
    assert facts["synthetic"] is True
    assert {f["code"] for f in facts["findings"]} >= {"evaluation.only_copied"}


def test_results_and_the_next_forms_at_once(run_cli, run, tmp_path):
    form = write_form(tmp_path / "a.csv", (2026, "u1", VILLAGES[0], "优秀", ""))
    words = ("evaluate", run, form, "--out", tmp_path / "o", "--forms", tmp_path / "f", "--json")
    facts = json.loads(run_cli(*words).stdout)
    assert facts["year"] == 2026
    assert len(facts["files"]) == 5
    assert not (tmp_path / "f" / "成效评定表_沧县_2026.xlsx").exists()
    assert (tmp_path / "f" / "成效评定表_青县_2026.xlsx").exists()


def test_errors_leave_with_3_and_write_nothing(run_cli, run, tmp_path):
    form = write_form(tmp_path / "a.csv", (2026, "u1", VILLAGES[0], "", "优秀"))
    result = run_cli("evaluate", run, form, "--out", tmp_path / "o")
    assert result.exit_code == 3
    assert "先县后市" in result.stderr
    assert "第2行" in result.stderr
    assert "市级评定等次" in result.stderr
    assert not (tmp_path / "o").exists()
    facts = json.loads(run_cli("evaluate", run, form, "--out", tmp_path / "o", "--json").stdout)
    assert facts["status"] == "error"
    assert "evaluation.city_before_county" in {f["code"] for f in facts["findings"]}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "evaluation.nothing_asked"),
        (("--out", "o"), "evaluation.nothing_asked"),
        (("FORM", "--year", "2026"), "evaluation.year_without_forms"),
        (("--forms", "f", "--year", "2040"), "evaluation.year_not_in_cycle"),
        (("--forms", "f", "--year", "x"), "cli.parameter_wrong"),
    ],
)
def test_slips_on_the_command_line_leave_with_2(run_cli, run, form, words, code):
    places = {"FORM": form, "f": form.parent / "f", "o": form.parent / "o"}
    result = run_cli("evaluate", run, *(places.get(word, word) for word in words), "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == code


def test_a_folder_that_is_no_run_is_refused(run_cli, form, tmp_path):
    assert run_cli("evaluate", tmp_path, form).exit_code == 3
    assert run_cli("evaluate", tmp_path / "gone", form).exit_code == 2


def test_english_is_spoken(run_cli, run, form, tmp_path):
    result = run_cli("evaluate", run, form, "--out", tmp_path / "o", "--lang", "en")
    assert "4 of 4 pair-years graded" in result.stdout
