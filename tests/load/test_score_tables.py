"""External score tables: exact, whatever the order of rows, with every fault at its row."""

import random
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.load.sheet_makers import check_sentences, find_one, list_codes, make_sheet

from pairmatch.load.records.pair_tables import MAX_FINDINGS
from pairmatch.load.records.score_tables import build_scores

HEAD = ["unit_id", "village_id", "points"]
UNITS = tuple(f"u{k:03d}" for k in range(40))
VILLAGES = tuple(f"v{k:03d}" for k in range(40))


def build(rows, steps=100, ids=(UNITS, VILLAGES)):
    table = [HEAD, *rows]
    sheet = make_sheet([[c or None for c in row] for row in table], typed=False)
    scores, findings = build_scores(sheet, ids, steps)
    check_sentences(findings)
    return scores, [f for f in findings if f.code != "load.header_found"]


def as_dict(scores):
    pairs = zip(scores.unit_idx.tolist(), scores.village_idx.tolist(), strict=True)
    return dict(zip(pairs, scores.points.tolist(), strict=True))


def test_points_become_steps():
    scores, findings = build(
        [["u001", "v002", "3.25"], ["u000", "v001", "-1"], ["u000", "v000", "0.5"]]
    )
    assert as_dict(scores) == {(0, 0): 50, (0, 1): -100, (1, 2): 325}
    assert not findings
    assert scores.points.dtype == np.int64
    assert not scores.points.flags.writeable


@pytest.mark.parametrize("steps", [1, 10, 100, 10**6, 10**9])
def test_trailing_zeros_are_no_decimals(steps):
    scores, findings = build([["u000", "v000", "1.000000000000"], ["u000", "v001", "+2."]], steps)
    assert scores.points.tolist() == [steps, 2 * steps]
    assert not findings


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "score_blank"),
        ("  ", "score_blank"),
        ("x", "score_not_a_number"),
        ("1e3", "score_not_a_number"),
        ("nan", "score_not_a_number"),
        ("inf", "score_not_a_number"),
        ("１２", "score_not_a_number"),
        ("1,5", "score_not_a_number"),
        ("--1", "score_not_a_number"),
        ("1.234", "score_too_fine"),
        ("0.0100000000000000000000000000000000001", "score_too_fine"),
        ("0." + "0" * 5000 + "1", "score_too_fine"),
        ("10000000000.01", "score_magnitude"),
        ("-99999999999999", "score_magnitude"),
    ],
)
def test_faulty_points_are_errors_at_their_row(text, code):
    scores, findings = build([["u000", "v000", "1"], ["u000", "v001", text], ["u000", "v002", "2"]])
    assert list_codes(findings) == [f"load.{code}"]
    assert (findings[0].place.row, findings[0].place.column) == (3, "points")
    assert scores.points.tolist() == [100, 200]


def test_the_largest_scores_are_exact():
    scores, findings = build([["u000", "v000", "9999999999.99"], ["u000", "v001", "-10000000000"]])
    assert scores.points.tolist() == [999_999_999_999, -(10**12)]
    assert not findings


def test_unknown_ids_are_errors_with_the_closest_id():
    scores, findings = build([["u001x", "v000", "1"], ["u001", "w7", "1"], ["u001", "v001", "1"]])
    assert find_one(findings, "load.score_unit").params["closest"] == "u001"
    assert find_one(findings, "load.score_village").place.row == 3
    assert as_dict(scores) == {(1, 1): 100}


def test_doubled_pairs_name_both_rows():
    rows = [
        ["u001", "v001", "1"],
        ["u002", "v001", "1"],
        ["u001", "v001", "5"],
        ["u001", "v001", "6"],
    ]
    scores, findings = build(rows)
    assert [(f.place.row, f.params["first_row"]) for f in findings] == [(4, "2"), (5, "2")]
    assert as_dict(scores) == {(1, 1): 100, (2, 1): 100}


def test_spaces_blank_rows_and_short_rows():
    rows = [["u001 ", " v001", " 1.5 "], [], ["", "", ""], ["u002", "v001"], [" ", "", ""]]
    scores, findings = build(rows)
    assert as_dict(scores) == {(1, 1): 150}
    assert [(f.code, f.place.row) for f in findings] == [("load.score_blank", 5)]


def test_many_faults_are_counted_in_one():
    rows = [["u000", "v000", "x"] for _ in range(MAX_FINDINGS + 50)]
    _, findings = build(rows)
    assert len(findings) == MAX_FINDINGS + 1
    assert find_one(findings, "load.score_not_a_number_more").params["count"] == "50"


def test_numbers_from_a_workbook():
    rows = [["u000", "v000", 1.5], ["u000", "v001", 2], ["u000", "v002", 0.1 + 0.2]]
    scores, findings = build(rows)
    assert scores.points.tolist() == [150, 200]
    assert list_codes(findings) == ["load.score_too_fine"]


def test_a_table_without_its_columns():
    sheet = make_sheet([["a", "b"], ["1", "2"]], typed=False)
    assert build_scores(sheet, (UNITS, VILLAGES), 100)[0] is None


points = st.decimals(-(10**6), 10**6, places=6, allow_nan=False)


@given(
    st.dictionaries(st.tuples(st.sampled_from(UNITS), st.sampled_from(VILLAGES)), points),
    st.randoms(),
)
def test_exact_and_independent_of_row_order(table, rnd):
    rows = [[u, v, f"{p:f}"] for (u, v), p in table.items()]
    expected = {
        (UNITS.index(u), VILLAGES.index(v)): int(Decimal(p) * 10**6) for (u, v), p in table.items()
    }
    first, findings = build(rows, 10**6)
    assert not findings
    assert as_dict(first) == expected
    rnd.shuffle(rows)
    second, _ = build(rows, 10**6)
    for name in ("unit_idx", "village_idx", "points"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


def test_hundreds_of_thousands_of_rows():
    rnd = random.Random(1)
    ids = tuple(f"u{k:04d}" for k in range(400)), tuple(f"v{k:04d}" for k in range(400))
    cents = [[rnd.randrange(-(10**9), 10**9) for _ in ids[1]] for _ in ids[0]]
    rows = [
        [u, v, f"{Decimal(cents[i][j]).scaleb(-6):f}"]
        for i, u in enumerate(ids[0])
        for j, v in enumerate(ids[1])
    ]
    rnd.shuffle(rows)
    scores, findings = build(rows, 10**6, ids)
    assert not findings
    assert scores.points.tolist() == [step for line in cents for step in line]
