"""The list of what is done: matched by owner, event and period; every slip at its cell."""

from datetime import date

import pytest
from tests.load.sheet_makers import check_sentences, find_one, list_codes
from tests.plan.calendar_cases import MEMBERS, build_official, make_cycle

from pairmatch.domain.findings import Severity
from pairmatch.load.donelist import read_done, read_period

DUTIES = build_official(make_cycle())
NAMES = {
    ("city_council", ""): ("city_council", "市老促会"),
    **{("county_councils", c): (c, f"{c}老促会") for c in MEMBERS.counties},
    **{("units", u): (u, n) for u, n in {**MEMBERS.units, "u2": "一公司"}.items()},
}
HEAD = "谁,县(市),事项编号,事项,期次,最迟日期,完成日期"


def read(tmp_path, *rows, head=HEAD, encoding="utf-8", name="done.csv"):
    path = tmp_path / name
    path.write_bytes("\n".join((head, *rows, "")).encode(encoding))
    entries, findings = read_done(path, DUTIES, NAMES)
    check_sentences(findings)
    told = [f for f in findings if f.severity is not Severity.NOTE]
    return {e.duty.duty_id: e.day for e in entries}, told


def test_names_ids_periods_and_days_as_people_write_them(tmp_path):
    done, findings = read(
        tmp_path,
        "市老促会,,k16,市级成效评定,2027,2027-12-15,2027年12月10日",
        "甲县老促会,甲县,k15,,2027年,,2027/11/5",
        "乙县,,k15,,2028年度,,2028.11.6",
        "u1,,k08,,,,2026-12-01",
        "市老促会,,k19,,2027年第1季度,,2027-04-01",
        "市老促会,,k20,,2027年下半年,,20271231",
        "三公司,,k08,,,,",
        "u1,甲县,k10,,2027,,",
        encoding="gb18030",
    )
    assert not findings
    assert done == {
        "k16///2027": date(2027, 12, 10),
        "k15/甲县/甲县/2027": date(2027, 11, 5),
        "k15/乙县/乙县/2028": date(2028, 11, 6),
        "k08/u1/甲县/2026": date(2026, 12, 1),
        "k19///2027-Q1": date(2027, 4, 1),
        "k20///2027-H2": date(2027, 12, 31),
    }


def test_other_headers_in_another_order(tmp_path):
    done, findings = read(tmp_path, "2026-12-01,k08,u1", head="完成时间,编号,责任方")
    assert not findings
    assert done == {"k08/u1/甲县/2026": date(2026, 12, 1)}


def test_a_unit_in_two_counties_needs_the_county(tmp_path):
    done, findings = read(tmp_path, "u2,,k08,,2026,,2026-12-01")
    assert not done
    assert list_codes(findings) == ["calendar.done_period"]
    done, findings = read(tmp_path, "u2,乙县,k08,,2026,,2026-12-01")
    assert not findings
    assert list(done) == ["k08/u2/乙县/2026"]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("丙公司,,k08,,,,2026-12-01", "done_owner", "谁"),
        ("三公司,,k08,,,,2026-12-01", "done_owner", "谁"),  # has no pair
        ("一公司,,k08,,,,2026-12-01", "done_owners", "谁"),
        ("u1,,k15,,2027,,2026-12-01", "done_event", "事项编号"),
        ("u1,,k99,,,,2026-12-01", "done_event", "事项编号"),
        ("u1,,k10,,,,2027-01-01", "done_period", "期次"),
        ("u1,,k10,,2026,,2027-01-01", "done_period", "期次"),
        ("u1,,k10,,去年,,2027-01-01", "done_period", "期次"),
        ("u1,乙县,k08,,,,2027-01-01", "done_period", "期次"),
        (",,k08,,,,2026-12-01", "done_blank", "谁"),
        ("u1,,,,,,2026-12-01", "done_blank", "事项编号"),
        ("u1,,k08,,,,2026-12", "done_date", "完成日期"),
        ("u1,,k08,,,,已完成", "done_date", "完成日期"),
        ("u1,,k08,,,,2026-02-30", "done_date", "完成日期"),
        ("u1,,k08,,,,12/1/2026", "done_date", "完成日期"),
    ],
)
def test_faults_are_told_at_their_cell(tmp_path, row, code, column):
    done, findings = read(tmp_path, row)
    assert not done
    assert list_codes(findings) == [f"calendar.{code}"]
    finding = findings[0]
    assert finding.severity is Severity.ERROR
    assert (finding.place.file, finding.place.row, finding.place.column) == ("done.csv", 2, column)


def test_two_days_for_one_duty_are_an_error_and_the_same_twice_is_none(tmp_path):
    rows = ["u1,,k08,,,,2026-12-01", "u1,,k08,,,,2026-12-01"]
    assert not read(tmp_path, *rows)[1]
    _done, findings = read(tmp_path, *rows, "u1,,k08,,,,2026-12-02")
    double = find_one(findings, "calendar.done_double")
    assert (double.place.row, double.params["first"]) == (4, "2026-12-01")


def test_a_file_that_is_no_such_list(tmp_path):
    _done, findings = read(tmp_path, "1,2", head="甲,乙")
    assert list_codes(findings) == ["load.no_table"]
    _done, findings = read(tmp_path, name="done.xlsx")
    assert list_codes(findings) == ["files.not_xlsx"]
    entries, findings = read_done(tmp_path / "none.csv", DUTIES, NAMES)
    assert entries == ()
    assert findings[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027", "2027"),
        ("2027 年", "2027"),
        ("2027-q3", "2027-Q3"),
        ("2027-H1", "2027-H1"),
        ("2027年上半年", "2027-H1"),
        ("2027年3月", "2027-03"),
        ("2027-03", "2027-03"),
        ("第三季度", "第三季度"),
    ],
)
def test_periods(text, expected):
    assert read_period(text) == expected
