"""Evaluation forms: what is filled in is read back as it was meant; every sheet says what it is."""

import io

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import ALL_CASES
from tests.plan.evaluation_makers import COUNTIES, draw_gradings, draw_run, make_run

from pairmatch.domain.evaluation import CHECKS, GRADE_WORDS, Grading
from pairmatch.domain.findings import Severity
from pairmatch.load.evaluations import read_evaluations
from pairmatch.report.evaluationforms import build_city_form, build_county_form

WORDS = {grade: word for word, grade in GRADE_WORDS.items()}
TRUTH = {True: "是", False: "否", None: None}
NOTES = st.just("") | st.text("照片验收=+-@&<>'{}", min_size=2, max_size=8).filter(
    lambda text: set(text) & set("照片验收")
)
CASES = settings(
    max_examples=150 if ALL_CASES else 10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def open_book(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def find_cells(sheet):
    """The first row below the header, and the columns by header."""
    header = next(row for row in sheet.iter_rows() if row[0].value == "年度")
    return header[0].row + 1, {cell.value: cell.column for cell in header}


def fill_form(path, data, answers):
    """Type answers into a form, by unit and village id, and save it."""
    book = open_book(data)
    sheet = book.worksheets[0]
    line, columns = find_cells(sheet)
    while sheet.cell(line, columns["单位编号"]).value:
        pair = tuple(sheet.cell(line, columns[name]).value for name in ("单位编号", "区划代码"))
        for header, value in answers.get(pair, {}).items():
            cell = sheet.cell(line, columns[header])
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # a cell for texts keeps what begins with = as it is
        line += 1
    book.save(path)


def tell_county(grading):
    heads = ("年度实事办成", "台账佐证齐全", "村“两委”认可")
    checks = {h: TRUTH[c] for h, c in zip(heads, grading.checks, strict=True)}
    county = WORDS.get(grading.county_grade)
    return {**checks, "县级评定等次": county, "佐证材料": grading.evidence or None}


def tell_city(grading):
    city = WORDS.get(grading.city_grade)
    return {"市级评定等次": city, "市级核查说明": grading.city_note or None}


@st.composite
def draw_case(draw):
    run = draw(draw_run())
    return run, draw(draw_gradings(run, NOTES))


@CASES
@given(draw_case())
def test_forms_come_back_as_they_were_filled(tmp_path_factory, case):
    run, gradings = case
    folder = tmp_path_factory.mktemp("forms")
    paths = []
    for year in run.years:
        own = {(g.unit_id, g.village_id): g for g in gradings if g.year == year}
        for county in run.counties:
            paths.append(folder / f"{year}{county}.xlsx")
            answers = {pair: tell_county(grading) for pair, grading in own.items()}
            fill_form(paths[-1], build_county_form(run, county, year), answers)
        by_county, _findings = read_evaluations(paths, run)
        paths.append(folder / f"{year}.xlsx")
        answers = {pair: tell_city(grading) for pair, grading in own.items()}
        fill_form(paths[-1], build_city_form(run, year, by_county), answers)
    found, findings = read_evaluations(paths, run)
    assert sorted(found, key=repr) == sorted(gradings, key=repr)
    errors = [f.code for f in findings if f.severity is Severity.ERROR]
    has_grade = any(g.county_grade for g in gradings)
    assert errors == ([] if has_grade else ["evaluation.no_grades"])


def test_a_form_holds_only_the_pairs_of_its_county_in_the_given_order():
    run = make_run(7)
    sheet = open_book(build_county_form(run, COUNTIES[0], 2027)).worksheets[0]
    line, columns = find_cells(sheet)
    units = [sheet.cell(line + k, columns["单位编号"]).value for k in range(3)]
    assert units == ["u00", "u03", "u06"]
    assert sheet.cell(line, columns["年度"]).value == 2027
    assert sheet.cell(line, columns["县(市)"]).value == COUNTIES[0]
    assert sheet.cell(line + 3, columns["单位编号"]).value is None
    assert "签字" in str(sheet.cell(line + 4, 1).value)


def test_county_forms_are_short():
    sheet = open_book(build_county_form(make_run(), COUNTIES[0], 2027)).worksheets[0]
    _line, columns = find_cells(sheet)
    assert len(columns) - 7 == len(CHECKS) + 2
    assert sheet.page_setup.orientation == "landscape"


def test_the_city_sees_the_grade_of_the_county_beside_its_own():
    run = make_run(3)
    pair = run.pairs[1]
    gradings = [
        Grading(pair.unit_id, pair.village_id, 2027, 3),
        Grading(pair.unit_id, pair.village_id, 2026, 1),
    ]
    sheet = open_book(build_city_form(run, 2027, gradings)).worksheets[0]
    line, columns = find_cells(sheet)
    assert columns["市级评定等次"] == columns["县级评定等次"] + 1
    rows = {sheet.cell(line + k, columns["单位编号"]).value: line + k for k in range(3)}
    grades = {u: sheet.cell(row, columns["县级评定等次"]).value for u, row in rows.items()}
    assert grades == {"u00": None, "u01": "良好", "u02": None}
    assert {sheet.cell(row, columns["市级评定等次"]).value for row in rows.values()} == {None}


def test_grades_and_checks_have_drop_downs():
    run = make_run()
    for data, count in (
        (build_county_form(run, COUNTIES[0], 2027), 4),
        (build_city_form(run, 2027, ()), 2),
    ):
        rules = open_book(data).worksheets[0].data_validations.dataValidation
        assert len(rules) == count
        assert {rule.formula1 for rule in rules} <= {'"优秀,良好,合格,较差"', '"是,否"'}


def test_synthetic_data_are_labelled_on_every_sheet():
    for synthetic in (True, False):
        run = make_run(synthetic=synthetic)
        for data in (build_county_form(run, COUNTIES[0], 2027), build_city_form(run, 2027, ())):
            for sheet in open_book(data).worksheets:
                texts = [str(cell.value) for row in sheet.iter_rows() for cell in row]
                assert any("合成数据" in text for text in texts) is synthetic


def test_equal_forms_have_equal_bytes():
    run = make_run()
    assert build_county_form(run, COUNTIES[0], 2027) == build_county_form(run, COUNTIES[0], 2027)
    assert build_city_form(run, 2027, ()) == build_city_form(run, 2027, ())
