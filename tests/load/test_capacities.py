"""The table of capacities: sides by their words, exact decimals, every fault at its cell."""

from decimal import Decimal

import pytest
from tests.load.sheet_makers import check_sentences, find_one, list_codes, make_sheet, read_table

from pairmatch.domain.findings import Severity
from pairmatch.domain.records import Unit, Village
from pairmatch.load.records.capacities import build_capacities
from pairmatch.load.records.decimals import read_decimal
from pairmatch.load.records.references import index_known
from pairmatch.load.records.tables import describe_capacities

HEAD = ["side", "id", "resource", "capacity", "waiver"]
KNOWN = index_known((Unit("u1"), Unit("u2")), (Village("v1"), Village("v2")), ())


def build(rows, head=HEAD, typed=False):
    table = [[None if c == "" else c for c in row] for row in [head, *rows]]
    read, findings = read_table(make_sheet(table, typed=typed), describe_capacities())
    capacities, more = build_capacities(read, KNOWN)
    check_sentences(more)
    findings = [f for f in (*findings, *more) if f.severity is not Severity.NOTE]
    return capacities, findings


def show(capacities):
    return [(c.side, c.owner_id, c.resource, str(c.amount), c.waiver) for c in capacities]


def test_capacities_are_sorted_and_exact():
    rows = [
        ["村", "v1", "资金", "12.50", ""],
        ["unit", "u2", "车次", "3", "0.25"],
        ["单位", "u1", "车次", "0", ""],
    ]
    capacities, findings = build(rows)
    assert not findings
    assert show(capacities) == [
        ("village", "v1", "资金", "12.5", None),
        ("unit", "u1", "车次", "0", None),
        ("unit", "u2", "车次", "3", Decimal("0.25")),
    ]
    assert capacities[0].place.row == 2


def test_chinese_headers_and_numbers_of_a_workbook():
    head = ["单位或村", "编号", "资源", "总量", "放宽代价(分)"]
    rows = [["帮扶单位", "u1", "资金", 0.1, 2], ["受助村", "v1", "资金", 1e-7, None]]
    capacities, findings = build(rows, head, typed=True)
    assert not findings
    assert show(capacities) == [
        ("unit", "u1", "资金", "0.1", Decimal(2)),
        ("village", "v1", "资金", "1E-7", None),
    ]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (["", "u1", "r", "1", ""], "cell_blank", "side"),
        (["unit", "", "r", "1", ""], "cell_blank", "id"),
        (["unit", "u1", "", "1", ""], "cell_blank", "resource"),
        (["unit", "u1", "r", "", ""], "cell_blank", "capacity"),
        (["镇", "u1", "r", "1", ""], "not_a_choice", "side"),
        (["unit", "u9", "r", "1", ""], "capacity_unit", "id"),
        (["village", "v9", "r", "1", ""], "capacity_village", "id"),
        (["unit", "v1", "r", "1", ""], "capacity_unit_other", "id"),
        (["village", "u1", "r", "1", ""], "capacity_village_other", "id"),
        (["unit", "u1", "r", "nan", ""], "amount_not_a_number", "capacity"),
        (["unit", "u1", "r", "三", ""], "amount_not_a_number", "capacity"),
        (["unit", "u1", "r", "-1", ""], "amount_out_of_range", "capacity"),
        (["unit", "u1", "r", "1000000000001", ""], "amount_out_of_range", "capacity"),
        (["unit", "u1", "r", "0.1234567891", ""], "amount_too_fine", "capacity"),
        (["unit", "u1", "r", "1", "-2"], "amount_out_of_range", "waiver"),
        (["unit", "u1", "r", "1", "x"], "amount_not_a_number", "waiver"),
    ],
)
def test_faults_are_told_at_their_cell(row, code, column):
    _, findings = build([row, ["unit", "u2", "r", "1", ""]])
    assert list_codes(findings) == [f"load.{code}"]
    assert findings[0].severity is Severity.ERROR
    assert (findings[0].place.row, findings[0].place.column) == (2, column)


def test_a_capacity_given_twice_names_both_rows():
    rows = [
        ["unit", "u1", "r", "1", ""],
        ["单位", "u1", "r", "2", ""],
        ["unit", "u1", "s", "2", ""],
    ]
    capacities, findings = build(rows)
    double = find_one(findings, "load.capacity_double")
    assert (double.place.row, double.params["first_row"]) == (3, "2")
    assert [c.resource for c in capacities] == ["r", "s"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2.50", "2.5"),
        ("100", "100"),
        ("0.0", "0"),
        ("-0", "0"),
        ("1000000000000", "1000000000000"),
    ],
)
def test_equal_decimals_look_equal(text, shown):
    assert str(read_decimal(text)) == shown
