"""A scenario's own departments: they take the place of the package's, every fault at its cell."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import ALL_CASES
from tests.load.sheet_makers import (
    check_sentences,
    find_one,
    list_codes,
    make_sheet,
    read_files,
    read_table,
)

from pairmatch.domain.findings import Severity
from pairmatch.load.departments import build_departments, find_needs, read_departments
from pairmatch.load.records.tables import describe_departments
from pairmatch.load.scenario import read_scenario
from pairmatch.load.taxonomy import read_taxonomy

DEMO = Path(__file__).parents[2] / "scenarios" / "cangzhou-2026"
HEAD = ["部门编号", "部门", "简称", "英文名称", "能办的需求", "每年资金(万元)"]
GOOD = ["d1", "某市体育局", "体育", "Sports", "体育健身", "30"]
NAMES = {need.name_zh: need.need_id for need in read_taxonomy().needs}


def build(*rows, head=HEAD, typed=False):
    table = [[None if c == "" else c for c in row] for row in [head, *rows]]
    read, findings = read_table(make_sheet(table, typed=typed), describe_departments())
    departments, more = build_departments(read, read_taxonomy())
    check_sentences(more)
    return departments, [f for f in (*findings, *more) if f.severity is not Severity.NOTE]


def change(**cells):
    places = {"id": 0, "name": 1, "short": 2, "en": 3, "needs": 4, "money": 5}
    row = list(GOOD)
    for key, text in cells.items():
        row[places[key]] = text
    return row


def test_a_department_in_chinese():
    [department], findings = build(GOOD)
    assert not findings
    assert (department.department_id, department.name_zh) == ("d1", "某市体育局")
    assert (department.short_zh, department.name_en) == ("体育", "Sports")
    assert department.needs == ("sports",)
    assert department.capacity == 30


def test_the_same_by_field_names_and_ids():
    head = ["department_id", "name_zh", "needs", "capacity"]
    [department], findings = build(["d1", "体育局", "sports|culture", "12.50"], head=head)
    assert not findings
    assert department.needs == ("sports", "culture")
    assert department.capacity == Decimal("12.5")
    assert department.short_zh == department.name_en == "体育局"


@pytest.mark.parametrize(
    ("cell", "capacity"), [("", None), ("0", Decimal(0)), ("0.01", Decimal("0.01"))]
)
def test_blank_money_is_unknown_and_zero_is_none(cell, capacity):
    [department], findings = build(change(money=cell))
    assert not findings
    assert department.capacity == capacity


def test_a_need_whose_name_holds_the_separator():
    name = "展陈、村史馆与史料"
    [department], findings = build(change(needs=f"体育健身、{name}、红色教育与研学、体育健身"))
    assert not findings
    assert department.needs == ("sports", "heritage_display", "red_education")


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (change(needs="体育健身、种蘑菇"), "catalogue.department_need", "能办的需求"),
        (change(needs=""), "catalogue.department_blank", "能办的需求"),
        (change(name=""), "catalogue.department_blank", "部门"),
        (change(id=""), "catalogue.department_blank", "部门编号"),
        (change(money="-3"), "load.amount_out_of_range", "每年资金(万元)"),
        (change(money="约30"), "load.amount_not_a_number", "每年资金(万元)"),
    ],
)
def test_faults_are_told_at_their_cell(row, code, column):
    _departments, findings = build(row)
    assert list_codes(findings) == [code]
    assert findings[0].severity is Severity.ERROR
    assert (findings[0].place.row, findings[0].place.column) == (2, column)


def test_an_unknown_need_comes_with_the_closest():
    _departments, findings = build(change(needs="体育"))
    assert find_one(findings, "catalogue.department_need").params["closest"] == "体育健身"


@pytest.mark.parametrize(
    ("row", "column"), [(change(name="另一局"), "部门编号"), (change(id="d2"), "部门")]
)
def test_doubles_name_the_row_before(row, column):
    departments, findings = build(GOOD, row)
    double = find_one(findings, "catalogue.department_double")
    assert (double.place.row, double.place.column, double.params["first_row"]) == (3, column, "2")
    assert [d.department_id for d in departments] == ["d1"]


def test_all_faults_are_told_at_once():
    _departments, findings = build(change(needs="甲、乙", money="x"), change(id="", name=""))
    assert sorted(list_codes(findings)) == [
        *["catalogue.department_blank"] * 2,
        *["catalogue.department_need"] * 2,
        "load.amount_not_a_number",
    ]


@settings(max_examples=1000 if ALL_CASES else 100, deadline=None)
@given(st.lists(st.sampled_from(sorted(NAMES)), max_size=6))
def test_names_of_needs_are_found_whatever_they_stand_between(names):
    parts = "、".join(names).split("、") if names else []
    needs, unknown = find_needs(parts, NAMES)
    assert needs == tuple(dict.fromkeys(NAMES[name] for name in names))
    assert not unknown


def test_a_cell_with_very_many_names_is_soon_read():
    parts = ["体育健身", "展陈"] * 5_000
    needs, unknown = find_needs(parts, NAMES)
    assert needs == ("sports",) and len(unknown) == 5_000


CELLS = st.one_of(
    st.sampled_from(("", "d1", "d2", "体育健身", "culture、road", "无", "-", "0", "-1", "1e9")),
    st.text(max_size=5),
)


@settings(max_examples=1000 if ALL_CASES else 100, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=6, max_size=6), min_size=1, max_size=4), st.booleans())
def test_whatever_a_table_holds_is_read_or_told(rows, typed):
    departments, findings = build(*rows, typed=typed)
    errors = [f for f in findings if f.severity is Severity.ERROR]
    filled = [row for row in rows if any(row)]
    if not errors:
        assert len(departments) <= len(filled)
        for department in departments:
            assert department.department_id and department.name_zh and department.needs
            assert set(department.needs) <= set(NAMES.values())


# --- in a scenario

FILES = {
    "units.csv": "unit_id,name\nu1,一公司\n",
    "villages.csv": "village_id,name,county\nv1,一村,沧县\n",
}
TOML = '[inputs]\ndepartments = "d.csv"\n'


def test_without_a_table_the_departments_are_the_programmes(tmp_path):
    inputs, _ = read_files(tmp_path, FILES)
    assert inputs.departments == read_departments()
    assert len(inputs.departments) == 14
    assert {d.capacity for d in inputs.departments} == {None}


def test_a_table_takes_the_place_of_all(tmp_path):
    table = ",".join(HEAD) + "\n" + ",".join(GOOD) + "\n"
    inputs, _ = read_files(tmp_path, {**FILES, "scenario.toml": TOML, "d.csv": table})
    assert [d.department_id for d in inputs.departments] == ["d1"]
    assert "d.csv" in inputs.digests


def test_an_empty_table_is_doubted_at_its_setting(tmp_path):
    table = ",".join(HEAD) + "\n"
    inputs, findings = read_files(tmp_path, {**FILES, "scenario.toml": TOML, "d.csv": table})
    assert inputs.departments == ()
    none = find_one(findings, "catalogue.departments_none")
    assert (none.severity, none.place.file, none.place.row) == (
        Severity.WARNING,
        "scenario.toml",
        2,
    )


def test_a_table_that_is_missing_is_told(tmp_path):
    _, findings = read_files(tmp_path, {**FILES, "scenario.toml": TOML})
    assert "load.file_missing" in list_codes(findings)


def test_the_demonstration_has_the_departments_with_money_that_is_said_to_be_made_up():
    inputs, findings = read_scenario(DEMO)
    assert inputs is not None
    assert not [
        f for f in findings if f.place.file.endswith("departments.csv") and f.params.get("value")
    ]
    official = {d.department_id: d for d in read_departments()}
    assert len(inputs.departments) == 14
    for own in inputs.departments:
        known = official[own.department_id]
        assert (own.name_zh, own.short_zh, own.needs) == (
            known.name_zh,
            known.short_zh,
            known.needs,
        )
        assert own.capacity == 30 * len(own.needs)
    text = (DEMO / "reference" / "departments.csv").read_text(encoding="utf-8")
    assert all(line.endswith(",合成") for line in text.splitlines()[1:])
    assert "每年资金是合成的" in (DEMO / "README.md").read_text(encoding="utf-8")
