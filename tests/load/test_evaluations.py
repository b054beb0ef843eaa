"""Evaluation forms that came back: read however they look, refused where they cannot be true."""

import io

import openpyxl
import pytest
from tests.load.sheet_makers import check_sentences, find_one, list_codes
from tests.plan.evaluation_makers import make_run

from pairmatch.domain.evaluation import RESULT_FILES, Grading
from pairmatch.domain.findings import Severity
from pairmatch.load.evaluations import find_form_files, read_evaluations
from pairmatch.report.evaluationforms import build_city_form

RUN = make_run()
HEADER = "年度,单位编号,单位名称,县(市),村名,区划代码,县级评定等次"
FIRST, SECOND = RUN.pairs[:2]


def make_row(pair, grade="优秀", year="2026", **cells):
    texts = {
        "unit": pair.unit_id,
        "unit_name": pair.unit_name,
        "county": pair.county,
        "name": pair.village_name,
        "village": pair.village_id,
        **cells,
    }
    return ",".join([year, *texts.values(), grade])


def write_csv(folder, *rows, header=HEADER, name="a.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return path


def read(*paths, run=RUN):
    gradings, findings = read_evaluations(paths, run)
    check_sentences(findings)
    return gradings, findings


def read_errors(*paths):
    _gradings, findings = read(*paths)
    return [f for f in findings if f.severity is Severity.ERROR]


def list_grades(gradings):
    return {(g.unit_id, g.year): (g.county_grade, g.city_grade) for g in gradings}


# --- what is read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_tables_in_any_encoding(tmp_path, encoding):
    path = write_csv(tmp_path, make_row(FIRST), encoding=encoding, name="微信图片 (3).csv")
    gradings, findings = read(path)
    assert gradings == (Grading(FIRST.unit_id, FIRST.village_id, 2026, 4),)
    assert not list_codes(findings, Severity.ERROR)


def test_years_and_counties_in_one_file_with_columns_moved(tmp_path):
    rows = [
        f"良好,{pair.village_id},{year}年度,是,{pair.unit_id}"
        for pair in RUN.pairs
        for year in RUN.years
    ]
    header = "县级等次,村代码,评定年度,台账佐证齐全,单位代码"
    gradings, findings = read(write_csv(tmp_path, *rows, header=header))
    assert len(gradings) == len(RUN.pairs) * len(RUN.years)
    assert {g.county_grade for g in gradings} == {3}
    assert {g.checks for g in gradings} == {(None, True, None)}
    assert not [f for f in findings if f.severity is not Severity.NOTE]


@pytest.mark.parametrize(
    ("text", "grade"), [("优秀", 4), ("优", 4), ("良", 3), ("合格", 2), ("中", 2), ("较差", 1)]
)
def test_both_spellings_of_a_grade(tmp_path, text, grade):
    gradings, _findings = read(write_csv(tmp_path, make_row(FIRST, text)))
    assert gradings[0].county_grade == grade


@pytest.mark.parametrize("text", ["", "—", "未评", "待定", "/"])
def test_no_grade_stays_unknown(tmp_path, text):
    rows = make_row(FIRST, text), make_row(SECOND)
    gradings, findings = read(write_csv(tmp_path, *rows))
    if text == "未评":  # no word for unknown elsewhere: it is refused, not guessed
        assert find_one(findings, "load.not_a_choice")
    assert list_grades(gradings) == {(SECOND.unit_id, 2026): (4, None)}


def test_a_blank_form_beside_the_filled_one_says_nothing(tmp_path):
    blank = write_csv(tmp_path, make_row(FIRST, ""), name="blank.csv")
    filled = write_csv(tmp_path, make_row(FIRST, "合格"), name="filled.csv")
    gradings, findings = read(blank, filled)
    assert list_grades(gradings) == {(FIRST.unit_id, 2026): (2, None)}
    assert "evaluation.double" not in list_codes(findings)


def test_ids_are_found_with_spaces_and_full_width_letters(tmp_path):
    row = make_row(FIRST, unit=" ｕ00 ", village=f"'{FIRST.village_id}")
    assert list_grades(read(write_csv(tmp_path, row))[0]) == {("u00", 2026): (4, None)}


def test_folders_are_read_without_results_and_lock_files(tmp_path):
    (tmp_path / "in").mkdir()
    wanted = write_csv(tmp_path / "in", make_row(FIRST))
    for name in (*RESULT_FILES, "~$a.xlsx", ".hidden.csv", "读我.docx"):
        (tmp_path / name).write_bytes(b"x")
    paths, findings = find_form_files([tmp_path, wanted])
    assert paths == (wanted,)
    assert findings == ()
    (tmp_path / "empty").mkdir()
    _paths, findings = find_form_files([tmp_path / "empty"])
    assert list_codes(findings) == ["evaluation.no_forms"]


# --- what is refused


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"unit": "u99", "unit_name": "x"}, "evaluation.unknown_unit", "单位编号"),
        ({"unit": "u000", "unit_name": "x"}, "evaluation.unknown_unit_close", "单位编号"),
        ({"unit": "x", "unit_name": "单位3"}, "evaluation.unknown_unit_close", "单位编号"),
        ({"unit": ""}, "evaluation.unit_blank", "单位编号"),
        ({"village": "130900100009", "name": "x"}, "evaluation.unknown_village_close", "区划代码"),
        ({"village": "x", "name": "y"}, "evaluation.unknown_village", "区划代码"),
        ({"village": ""}, "evaluation.village_blank", "区划代码"),
        ({"village": SECOND.village_id}, "evaluation.not_a_pair", "区划代码"),
        ({"county": "丁县"}, "evaluation.wrong_county", "县(市)"),
        ({"year": "2031"}, "evaluation.year_outside", "年度"),
        ({"year": "去年"}, "evaluation.year_unclear", "年度"),
        ({"year": ""}, "evaluation.year_blank", "年度"),
        ({"grade": "不合格"}, "load.not_a_choice", "县级评定等次"),
        ({"grade": "5"}, "load.not_a_choice", "县级评定等次"),
        ({"grade": "0"}, "load.not_a_choice", "县级评定等次"),
        ({"village": "1.30901E+11"}, "load.code_scientific", "区划代码"),
    ],
)
def test_bad_cells_are_errors_at_their_place(tmp_path, cells, code, column):
    path = write_csv(tmp_path, make_row(SECOND), make_row(FIRST, **cells))
    (error,) = read_errors(path)
    assert (error.code, error.place.row, error.place.column) == (code, 3, column)
    assert error.place.file == path.as_posix()


def test_all_errors_come_at_once(tmp_path):
    rows = (
        make_row(FIRST, unit="u99"),
        make_row(SECOND, year="1999"),
        make_row(RUN.pairs[2], county="丁县"),
        make_row(RUN.pairs[3], "甲等"),
    )
    errors = read_errors(write_csv(tmp_path, *rows))
    assert [e.place.row for e in sorted(errors, key=lambda e: e.place.row)] == [2, 3, 4, 5]


def test_another_spelling_of_a_name_is_told_and_does_no_harm(tmp_path):
    gradings, findings = read(write_csv(tmp_path, make_row(FIRST, unit_name="单位零")))
    assert gradings
    finding = find_one(findings, "evaluation.name_differs")
    assert finding.severity is Severity.WARNING
    assert finding.params == {"value": "单位零", "expected": "单位0"}


def test_contradictory_grades_name_both_places(tmp_path):
    first = write_csv(tmp_path, make_row(FIRST, "优秀"), name="a.csv")
    other = write_csv(tmp_path, make_row(SECOND), make_row(FIRST, "良好"), name="b.csv")
    gradings, findings = read(first, other)
    assert "evaluation.double" not in list_codes(findings)
    assert list_grades(gradings)[SECOND.unit_id, 2026] == (4, None)
    (error,) = read_errors(first, other)
    assert error.code == "evaluation.contradiction"
    assert (error.place.file, error.place.row) == (other.as_posix(), 3)
    assert (error.params["first_file"], error.params["first_row"]) == (first.as_posix(), "2")
    assert (error.params["first"], error.params["value"]) == ("优秀", "良好")


def test_contradictory_checks_are_errors_too(tmp_path):
    header = f"{HEADER},年度实事办成"
    paths = [
        write_csv(tmp_path, f"{make_row(FIRST)},{answer}", header=header, name=f"{answer}.csv")
        for answer in ("是", "否")
    ]
    assert "evaluation.contradiction" in [e.code for e in read_errors(*paths)]


def test_the_same_twice_counts_once_and_is_told(tmp_path):
    paths = [write_csv(tmp_path, make_row(FIRST), name=name) for name in ("a.csv", "b.csv")]
    gradings, findings = read(*paths)
    assert len(gradings) == 1
    assert find_one(findings, "evaluation.double").severity is Severity.WARNING


CITY_HEADER = "年度,单位编号,区划代码,县级评定等次,市级评定等次"


def make_city_row(pair, county="", city="优秀"):
    return f"2026,{pair.unit_id},{pair.village_id},{county},{city}"


def test_the_city_never_grades_before_the_county(tmp_path):
    county = write_csv(tmp_path, make_row(SECOND), name="a.csv")
    rows = make_city_row(FIRST), make_city_row(SECOND, "优秀", "良好")
    city = write_csv(tmp_path, *rows, header=CITY_HEADER, name="b.csv")
    gradings, findings = read(county, city)
    error = find_one(findings, "evaluation.city_before_county")
    assert error.severity is Severity.ERROR
    assert (error.place.row, error.place.column) == (2, "市级评定等次")
    assert error.params["county"] == FIRST.county
    assert list_grades(gradings)[SECOND.unit_id, 2026] == (4, 3)


def test_an_unreadable_grade_of_the_county_is_told_once(tmp_path):
    county = write_csv(tmp_path, make_row(FIRST, "甲等"), name="a.csv")
    city = write_csv(tmp_path, make_city_row(FIRST), header=CITY_HEADER, name="b.csv")
    assert [e.code for e in read_errors(county, city)] == ["load.not_a_choice"]


def test_the_city_may_not_change_the_grade_of_a_county(tmp_path):
    county = write_csv(tmp_path, make_row(FIRST, "合格"), name="a.csv")
    city = write_csv(tmp_path, make_city_row(FIRST, "优秀"), header=CITY_HEADER, name="b.csv")
    assert [e.code for e in read_errors(county, city)] == ["evaluation.contradiction"]


def test_grades_that_only_the_city_has_copied_are_told(tmp_path):
    path = write_csv(tmp_path, make_city_row(FIRST, "良好"), header=CITY_HEADER)
    gradings, findings = read(path)
    assert list_grades(gradings) == {(FIRST.unit_id, 2026): (3, 4)}
    finding = find_one(findings, "evaluation.only_copied")
    assert finding.params == {"year": "2026", "county": FIRST.county, "count": "1"}


def test_missing_counties_pairs_and_years_are_told(tmp_path):
    _gradings, findings = read(write_csv(tmp_path, make_row(FIRST, year="2027")))
    missing = find_one(findings, "evaluation.counties_missing")
    assert missing.params["counties"] == "甲县、丙市"
    left = find_one(findings, "evaluation.pairs_ungraded")
    assert (left.params["county"], left.params["units"]) == ("乙县", "单位3")
    assert find_one(findings, "evaluation.years_missing").params["years"] == "2026"
    assert not list_codes(findings, Severity.ERROR)


def test_the_best_grade_with_a_check_that_says_no_is_doubtful(tmp_path):
    path = write_csv(tmp_path, f"{make_row(FIRST)},否", header=f"{HEADER},年度实事办成")
    finding = find_one(read(path)[1], "evaluation.best_without_check")
    assert finding.params["columns"] == "年度实事办成"


def test_forms_without_any_grade_are_refused(tmp_path):
    assert [e.code for e in read_errors(write_csv(tmp_path, make_row(FIRST, "")))] == [
        "evaluation.no_grades"
    ]


def test_a_table_without_a_column_of_grades_is_refused(tmp_path):
    path = write_csv(tmp_path, "2026,u00,x,优秀", header="年度,单位编号,区划代码,等次")
    assert [e.code for e in read_errors(path)] == ["evaluation.no_grade_column"]


def test_a_table_without_years_is_refused(tmp_path):
    path = write_csv(tmp_path, "u00,x,优秀", header="单位编号,区划代码,县级评定等次")
    assert "load.missing_column" in [e.code for e in read_errors(path)]


def test_files_that_are_no_tables_are_errors(tmp_path):
    other = write_csv(tmp_path, "1,2", header="甲,乙", name="other.csv")
    broken = tmp_path / "b.xlsx"
    broken.write_bytes(b"PK\x03\x04 not really")
    codes = [e.code for e in read_errors(other, broken, tmp_path / "gone.xlsx")]
    assert len(codes) == 3
    assert {"load.no_table", "files.not_found"} <= set(codes)


def test_values_instead_of_formulas_and_error_cells(tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(build_city_form(RUN, 2026, ())))
    sheet = book.worksheets[0]
    header = next(row[0].row for row in sheet.iter_rows() if row[0].value == "年度")
    sheet.cell(header + 1, 8).value = "=H9"
    sheet.cell(header + 2, 8).value = "#N/A"
    book.save(tmp_path / "a.xlsx")
    codes = [e.code for e in read_errors(tmp_path / "a.xlsx")]
    assert set(codes) == {"load.formula_uncalculated", "load.cell_error"}
