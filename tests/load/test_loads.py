"""Tables of loads: exact, whatever the order of rows, with every fault at its cell."""

import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.load.sheet_makers import check_sentences, find_one, list_codes, make_sheet

from pairmatch.domain.columns import LOAD_COLUMNS
from pairmatch.load.records.decimals import parse_decimals, reduce_scale
from pairmatch.load.records.loads import build_loads
from pairmatch.load.records.pair_tables import MAX_FINDINGS

HEAD = ["unit_id", "village_id", "resource", "load"]
UNITS = tuple(f"u{k:03d}" for k in range(40))
VILLAGES = tuple(f"v{k:03d}" for k in range(40))
LOAD = LOAD_COLUMNS[-1]


def build(rows, ids=(UNITS, VILLAGES), head=HEAD, **kw):
    table = [head, *rows]
    typed = kw.pop("typed", False)
    sheet = make_sheet([[None if c == "" else c for c in row] for row in table], typed=typed, **kw)
    loads, findings = build_loads(sheet, ids)
    check_sentences(findings)
    return loads, [f for f in findings if f.code != "load.header_found"]


def as_dict(loads):
    return {
        (load.resource, u, v): Fraction(amount, load.scale)
        for load in loads
        for u, v, amount in zip(
            load.unit_idx.tolist(), load.village_idx.tolist(), load.amounts.tolist(), strict=True
        )
    }


def test_loads_are_one_record_a_resource():
    rows = [
        ["u001", "v002", "车次", "3"],
        ["u000", "v001", "资金", "2.50"],
        ["u000", "v000", "资金", "0.125"],
        ["u000", "v000", "车次", "0"],
    ]
    loads, findings = build(rows)
    assert not findings
    assert [(load.resource, load.scale, load.amounts.tolist()) for load in loads] == [
        ("资金", 1000, [125, 2500]),
        ("车次", 1, [0, 3]),
    ]
    assert loads[0].amounts.dtype == np.int64
    assert not any(
        array.flags.writeable for array in (loads[0].amounts, loads[0].unit_idx, loads[1].amounts)
    )


def test_chinese_headers_and_untidy_names():
    head = ["单位编号", "村代码", "资源种类", "用量"]
    rows = [["u001 ", "v001", " 资金 ", "1"], ["u001", "v002", "资金", "2"], ["", "", "", ""]]
    loads, findings = build(rows, head=head)
    assert as_dict(loads) == {("资金", 1, 1): 1, ("资金", 1, 2): 2}
    assert not findings


def test_equal_numbers_make_equal_records_however_they_are_written():
    first, _ = build([["u000", "v000", "r", "2.500"], ["u000", "v001", "r", "+3."]])
    second, _ = build([["u000", "v000", "r", "2.5"], ["u000", "v001", "r", "3"]])
    assert first[0].scale == second[0].scale == 10
    assert first[0].amounts.tobytes() == second[0].amounts.tobytes()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "cell_blank"),
        ("  ", "cell_blank"),
        ("x", "amount_not_a_number"),
        ("nan", "amount_not_a_number"),
        ("inf", "amount_not_a_number"),
        ("1e3", "amount_not_a_number"),
        ("１２", "amount_not_a_number"),
        ("1,5", "amount_not_a_number"),
        ("-1", "amount_out_of_range"),
        ("-0.000000001", "amount_out_of_range"),
        ("1000000000.5", "amount_out_of_range"),
        ("1000000001", "amount_out_of_range"),
        ("9" * 61, "amount_out_of_range"),
        ("0.0000000001", "amount_too_fine"),
        ("0." + "0" * 5000 + "1", "amount_too_fine"),
    ],
)
def test_faulty_loads_are_errors_at_their_cell(text, code):
    rows = [["u000", "v000", "r", "1"], ["u000", "v001", "r", text], ["u000", "v002", "r", "2"]]
    loads, findings = build(rows)
    assert list_codes(findings) == [f"load.{code}"]
    place = findings[0].place
    assert (place.row, place.column) == (3, "load")
    assert as_dict(loads) == {("r", 0, 0): 1, ("r", 0, 2): 2}


def test_the_same_number_is_refused_beside_whatever_others():
    plain, _ = build([["u000", "v000", "r", "2000000000"], ["u000", "v001", "r", "1"]])
    beside, _ = build([["u000", "v000", "r", "2000000000"], ["u000", "v001", "r", "1.000"]])
    assert as_dict(plain) == as_dict(beside) == {("r", 0, 1): 1}


def test_digits_far_apart_are_refused_in_one_resource_only():
    rows = [
        ["u000", "v000", "r", "5000"],
        ["u000", "v001", "r", "0.000000001"],
        ["u000", "v000", "s", "5000"],
    ]
    loads, findings = build(rows)
    fault = find_one(findings, "load.amount_magnitude")
    assert (fault.place.row, fault.place.value) == (2, "5000")
    assert as_dict(loads) == {("r", 0, 1): Fraction(1, 10**9), ("s", 0, 0): 5000}


def test_unknown_ids_are_errors_with_the_closest_id():
    rows = [["u001x", "v000", "r", "1"], ["u001", "w7", "r", "1"], ["u001", "v001", "r", "1"]]
    loads, findings = build(rows)
    assert find_one(findings, "load.load_unit").params["closest"] == "u001"
    assert find_one(findings, "load.load_village").place.row == 3
    assert as_dict(loads) == {("r", 1, 1): 1}


def test_doubled_loads_name_both_rows():
    rows = [
        ["u001", "v001", "r", "1"],
        ["u001", "v001", "s", "1"],
        ["u002", "v001", "r", "1"],
        ["u001", "v001", "r", "5"],
        ["u001", "v001", "r", "6"],
    ]
    loads, findings = build(rows)
    assert [(f.code, f.place.row, f.params["first_row"]) for f in findings] == [
        ("load.load_double", 5, "2"),
        ("load.load_double", 6, "2"),
    ]
    assert findings[0].params["value"] == "u001 + v001 + r"
    assert as_dict(loads) == {("r", 1, 1): 1, ("r", 2, 1): 1, ("s", 1, 1): 1}


def test_a_resource_without_a_name():
    _, findings = build([["u001", "v001", "", "1"], ["u001", "v001", "不详", "1"]])
    assert [(f.code, f.place.row, f.place.column) for f in findings] == [
        ("load.cell_blank", 2, "resource"),
        ("load.cell_blank", 3, "resource"),
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["u000", "v000", "r", "x"], "amount_not_a_number"),
        (["u000", "v000", "r", "-1"], "amount_out_of_range"),
        (["u000", "v000", "r", "0.0000000001"], "amount_too_fine"),
        (["u000", "v000", "", "1"], "cell_blank"),
        (["u", "v000", "r", "1"], "load_unit"),
        (["u000", "v", "r", "1"], "load_village"),
    ],
)
def test_many_faults_are_counted_in_one(row, code):
    _, findings = build([row] * (MAX_FINDINGS + 50))
    assert find_one(findings, f"load.{code}_more").params["count"] == "50"


def test_many_doubles_and_many_large_numbers_are_counted_in_one():
    doubles = [["u000", "v000", "r", "1"]] * (MAX_FINDINGS + 2)
    assert find_one(build(doubles)[1], "load.load_double_more").params["count"] == "1"
    large = [[u, v, "r", "5000"] for u in UNITS[:30] for v in VILLAGES[1:8]]
    _, findings = build([*large, ["u000", "v000", "r", "0.000000001"]])
    assert find_one(findings, "load.amount_magnitude_more").params["total"] == "210"


def test_numbers_from_a_workbook_and_the_address_of_a_cell():
    rows = [
        ["u000", "v000", "r", 1.5],
        ["u000", "v001", "r", 2],
        ["u000", "v002", "r", 1e-7],
        ["u000", "v003", "r", None],
    ]
    loads, findings = build(rows, typed=True, errors={(5, 4): "#N/A", (1, 9): "#REF!"})
    assert as_dict(loads) == {
        ("r", 0, 0): Fraction(3, 2),
        ("r", 0, 1): 2,
        ("r", 0, 2): Fraction(1, 10**7),
    }
    fault = find_one(findings, "load.amount_not_a_number")
    assert (fault.place.cell, fault.place.value) == ("D5", "#N/A")


def test_a_table_without_its_columns():
    loads, findings = build([["u000", "v000", "3"]], head=["unit_id", "village_id", "resource"])
    assert loads is None
    assert find_one(findings, "load.missing_column").params["field"] == "load"
    sheet = make_sheet([["a", "b"], ["1", "2"]], typed=False)
    assert build_loads(sheet, (UNITS, VILLAGES)) == (None, ())


amounts = (
    st.integers(0, 9)
    .flatmap(lambda places: st.decimals(0, 10 ** (12 - places), places=places, allow_nan=False))
    .filter(lambda d: d <= 10**9)
)
keys = st.tuples(st.sampled_from("rst"), st.sampled_from(UNITS), st.sampled_from(VILLAGES))


@given(st.dictionaries(keys, st.decimals(0, 1000, places=6)), st.randoms())
def test_exact_and_independent_of_row_order(table, rnd):
    rows = [[u, v, r, f"{p:f}"] for (r, u, v), p in table.items()]
    first, findings = build(rows)
    assert not findings
    assert as_dict(first) == {
        (r, UNITS.index(u), VILLAGES.index(v)): Fraction(p) for (r, u, v), p in table.items()
    }
    for load in first:
        assert load.scale == 1 or (load.amounts % 10).any()
    rnd.shuffle(rows)
    second, _ = build(rows)
    assert [load.resource for load in first] == [load.resource for load in second]
    for one, other in zip(first, second, strict=True):
        assert one.scale == other.scale
        for name in ("unit_idx", "village_idx", "amounts"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


@given(st.lists(amounts))
def test_decimals_are_exact_whichever_way_they_are_read(numbers):
    texts = [f"{number:f}" for number in numbers]
    values, scale, problems = parse_decimals(texts, LOAD)
    assert not problems
    assert [Fraction(int(v), scale) for v in values] == [Fraction(d) for d in numbers]
    # A sign makes the reading go cell by cell.
    slow, slow_scale, problems = parse_decimals([*texts, "-0"], LOAD)
    assert not problems
    fast, slow = reduce_scale(values, scale), reduce_scale(slow[:-1], slow_scale)
    assert fast[1] == slow[1]
    assert fast[0].tolist() == slow[0].tolist()


def test_hundreds_of_thousands_of_loads():
    rnd = random.Random(1)
    ids = tuple(f"u{k:04d}" for k in range(300)), tuple(f"v{k:04d}" for k in range(300))
    hundredths = [[rnd.randrange(10**6) for _ in ids[1]] for _ in ids[0]]
    rows = [
        [u, v, "r", f"{Decimal(hundredths[i][j]).scaleb(-2):f}"]
        for i, u in enumerate(ids[0])
        for j, v in enumerate(ids[1])
    ]
    rnd.shuffle(rows)
    loads, findings = build(rows, ids)
    assert not findings
    assert loads[0].amounts.tolist() == [number for line in hundredths for number in line]
