"""The workbook of an evaluation, its data, and the table that the next scenario takes."""

import io
import json

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import ALL_CASES
from tests.load.sheet_makers import write_scenario
from tests.plan.evaluation_makers import draw_gradings, draw_run, make_run

from pairmatch.domain.evaluation import Grading
from pairmatch.domain.findings import Severity
from pairmatch.load.scenario import read_scenario
from pairmatch.plan.evaluation import evaluate_pairs
from pairmatch.report.evaluationdata import build_evaluation_json, build_previous_workbook
from pairmatch.report.evaluationsheets import build_evaluation_workbook

SETTINGS = '[inputs]\nunits = "u.csv"\nvillages = "v.csv"\nprevious = "p.xlsx"\n'
CASES = settings(
    max_examples=300 if ALL_CASES else 30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def draw_case(draw):
    run = draw(draw_run())
    return run, draw(draw_gradings(run))


def read_next(folder, run, gradings):
    """Read a scenario of the same units and villages with the table of an evaluation."""
    units = sorted({pair.unit_id for pair in run.pairs})
    villages = sorted({pair.village_id for pair in run.pairs})
    files = {
        "scenario.toml": SETTINGS,
        "u.csv": "\n".join(["unit_id", *units]),
        "v.csv": "\n".join(["village_id", *villages]),
        "p.xlsx": build_previous_workbook(run, gradings),
    }
    return read_scenario(write_scenario(folder, files))


@CASES
@given(draw_case())
def test_the_next_scenario_reads_the_settled_grades(tmp_path_factory, case):
    run, gradings = case
    inputs, findings = read_next(tmp_path_factory.mktemp("next"), run, gradings)
    told = [f for f in findings if f.place.file == "p.xlsx"]
    assert [f.code for f in told if f.severity is not Severity.NOTE] == []
    settled = {(g.unit_id, g.village_id, g.year): g.settled_grade for g in gradings}
    assert {(p.unit_id, p.village_id): p.grades for p in inputs.previous} == {
        (p.unit_id, p.village_id): tuple(
            settled.get((p.unit_id, p.village_id, year)) for year in run.years
        )
        for p in run.pairs
    }


def read_sheets(data):
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {s.title: [list(row) for row in s.iter_rows(values_only=True)] for s in book.worksheets}


def make_case():
    """Six units: two share the best grade, one is good, and one has none."""
    run = make_run(6)
    grades = [(4, None), (3, 4), (4, 4), (None, None), (2, None), (1, 2)]
    gradings = [
        Grading(p.unit_id, p.village_id, year, county, city)
        for p, (county, city) in zip(run.pairs, grades, strict=True)
        for year in run.years
        if county
    ]
    return run, gradings


def test_counties_come_before_the_city():
    run, gradings = make_case()
    sheets = read_sheets(build_evaluation_workbook(evaluate_pairs(run, gradings), 3))
    assert list(sheets) == ["乙县", "甲县", "丙市", "全市", "各村", "表彰建议", "评定进度", "说明"]
    rows = [
        row
        for row in sheets["全市"]
        if row[1] and str(row[1]).startswith("单位") and row[0] != "位次"
    ]
    assert [(row[0], row[1]) for row in rows] == [
        (1, "单位0"),
        (1, "单位1"),
        (1, "单位2"),
        (4, "单位4"),
        (4, "单位5"),
        ("—", "单位3"),
    ]
    county = [row for row in sheets["甲县"] if row[1] in ("单位1", "单位4")]
    assert [(row[0], row[3], row[-2], row[-1]) for row in county] == [
        (1, "良好", "良好", "3/3"),
        (2, "合格", "合格", "3/3"),
    ]


def test_villages_have_no_rank_and_stand_by_code():
    run, gradings = make_case()
    rows = read_sheets(build_evaluation_workbook(evaluate_pairs(run, gradings), 3))["各村"]
    codes = [row[3] for row in rows if row[3] and str(row[3]).isdigit()]
    assert codes == sorted(pair.village_id for pair in run.pairs)
    assert not any("位次" in str(cell) for row in rows for cell in row)


def test_commendations_are_listed_with_what_is_missing():
    run = make_run(3)
    grades = {"u00": (4, 4, 3), "u01": (4, 4, None), "u02": (4, 4, 2)}
    gradings = [
        Grading(p.unit_id, p.village_id, year, 4, grade)
        for p in run.pairs
        for year, grade in zip(run.years, grades[p.unit_id], strict=True)
    ]
    rows = read_sheets(build_evaluation_workbook(evaluate_pairs(run, gradings), 3))["表彰建议"]
    listed = [
        row for row in rows if row[1] and str(row[1]).startswith("单位") and row[0] != "县（市）"
    ]
    assert [(row[1], row[2], row[3], row[4]) for row in listed] == [
        ("单位0", "3/3", "3.67", "建议表彰"),
        ("单位1", "2/3", "4.00", "评定不全，补评后再定"),
    ]


def test_every_sheet_is_labelled_and_equal_bytes_come_of_equal_grades():
    run, gradings = make_case()
    books = [
        build_evaluation_workbook(evaluate_pairs(run, gradings), 3),
        build_previous_workbook(run, gradings),
    ]
    for data in books:
        for rows in read_sheets(data).values():
            assert any("合成数据" in str(cell) for row in rows for cell in row)
    again = evaluate_pairs(run, list(reversed(gradings)))
    assert books[0] == build_evaluation_workbook(again, 3)
    assert books[1] == build_previous_workbook(run, gradings)
    plain = read_sheets(build_previous_workbook(make_run(synthetic=False), gradings))
    assert "合成" not in str(plain)


def test_names_of_any_kind_stay_texts():
    run = make_run(2)
    pairs = tuple(
        type(p)(p.unit_id, p.village_id, "=A&B <合作社>", "a/b[c]", p.township, "𠮷村")
        for p in run.pairs
    )
    run = make_run(pairs=pairs)
    sheets = read_sheets(build_evaluation_workbook(evaluate_pairs(run, ()), 0))
    assert "=A&B <合作社>" in str(sheets["全市"])
    assert "𠮷村" in str(sheets["各村"])


def test_english_scenarios_get_english_lists():
    run, gradings = make_case()
    run = make_run(6, lang="en")
    sheets = read_sheets(build_evaluation_workbook(evaluate_pairs(run, gradings), 3))
    assert "excellent" in str(sheets["City"])


@CASES
@given(draw_case())
def test_the_data_hold_every_grade_and_list(case):
    run, gradings = case
    evaluation = evaluate_pairs(run, gradings)
    facts = json.loads(build_evaluation_json(evaluation, [("a.xlsx", "0" * 64)]))
    assert [c["county"] for c in facts["counties"]] == list(run.counties)
    assert len(facts["gradings"]) == len(gradings)
    assert [(s["id"], s["rank"], s["grade"]) for s in facts["city"]] == [
        (s.owner_id, s.rank, s.cycle.grade) for s in evaluation.city
    ]
    assert sum(s["points"] for s in facts["city"]) == sum(g.settled_grade or 0 for g in gradings)
    assert sum(s["points"] for s in facts["villages"]) == sum(s["points"] for s in facts["city"])
    assert facts["forms"] == [{"file": "a.xlsx", "sha256": "0" * 64}]
