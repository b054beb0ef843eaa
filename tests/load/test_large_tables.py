"""Tables read in columns say what the same tables read row by row say."""

import difflib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import ALL_CASES
from tests.load.sheet_makers import (
    UNITS,
    VILLAGES,
    check_sentences,
    find_one,
    list_codes,
    make_sheet,
    read_table,
    write_scenario,
)
from tests.load.table_makers import (
    CODES,
    MESS,
    order,
    read_in_columns,
    unit_rows,
    village_rows,
    write_csv,
)

from pairmatch.check.inputs import check_inputs
from pairmatch.domain.closeness import LetterIndex
from pairmatch.domain.findings import Finding
from pairmatch.domain.listings import MAX_LISTED
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.tables import UnitTable, VillageTable
from pairmatch.load.readers import columns, textfiles
from pairmatch.load.readers.archives import DEFAULT_LIMITS, RejectedFileError
from pairmatch.load.readers.files import read_sheets, read_tables
from pairmatch.load.readers.sheets import ColumnSheet, RawColumn, Sheet
from pairmatch.load.readers.textfiles import parse_csv, parse_text_columns
from pairmatch.load.records.distinct import parse_distinct
from pairmatch.load.records.headers import MappedColumn, find_header
from pairmatch.load.records.rowcolumns import convert_rows, join_rows
from pairmatch.load.records.rowreading import read_row_columns
from pairmatch.load.records.rows import parse_mapped, read_rows
from pairmatch.load.records.tables import Table
from pairmatch.load.scenario import read_scenario
from pairmatch.score.sides import build_unit_side, build_village_side

CASES = 2_000 if ALL_CASES else 60
MANY = st.sampled_from([1, 3, 10_000])
TEXTS = st.text(st.sampled_from('ab,;\t"\n\r 0东\u3000'), max_size=60)


def spell(records):
    """Records with everything in them, the places that their equality does not look at too."""
    return [(record, dict(record.places), record.place_of("county")) for record in records]


def parse_in_parts(data: bytes, many: int):
    """Split a text into columns a few rows at a time, giving up on equal texts early or never."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(textfiles, "BATCH_CELLS", 12)
        patch.setattr(columns, "MANY_DIFFERENT", many)
        patch.setattr(columns, "MOSTLY", 0)
        return parse_text_columns(data, "t.csv")


def read_both(large: ColumnSheet, rows: Sheet, table: Table) -> None:
    block, found = find_header(rows, table)
    same_block, same_found = find_header(large, table)
    assert (block, found) == (same_block, same_found)
    if block is None:
        return
    wanted, told = read_rows(rows, block)
    got, same_told = read_row_columns(large, block)
    assert list(got) == list(wanted)
    assert order(same_told) == order(told)


@settings(max_examples=CASES, deadline=None)
@given(village_rows(), st.sampled_from([",", "\t", ";"]), MANY)
def test_rows_in_columns_are_the_same_rows(rows, delimiter, many):
    data = write_csv(rows, delimiter)
    try:
        texts, told = parse_csv(data, "t.csv")
    except RejectedFileError as error:
        with pytest.raises(RejectedFileError) as same:
            parse_in_parts(data, many)
        assert same.value.describe("t.csv") == error.describe("t.csv")
        return
    found, same_told = parse_in_parts(data, many)
    assert same_told == told
    width = max(map(len, texts))
    padded = tuple(tuple(c or None for c in row) + (None,) * (width - len(row)) for row in texts)
    sheet = ColumnSheet("t.csv", found, len(texts))
    assert sheet.to_sheet().rows == padded
    read_both(sheet, Sheet("t.csv", "", padded, typed=False), VILLAGES)


@settings(max_examples=5 * CASES, deadline=None)
@given(TEXTS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]), MANY)
def test_any_text_is_split_in_the_same_way(text, encoding, many):
    hint = text.startswith("a")
    data = (("sep=;\n" if hint else "") + text).encode(encoding)
    try:
        rows, told = parse_csv(data, "t.csv")
    except RejectedFileError as error:
        with pytest.raises(RejectedFileError) as same:
            parse_in_parts(data, many)
        assert same.value.describe("t.csv") == error.describe("t.csv")
        return
    found, same_told = parse_in_parts(data, many)
    width = max(map(len, rows))
    padded = tuple(tuple(c or None for c in row) + (None,) * (width - len(row)) for row in rows)
    assert ColumnSheet("t.csv", found, len(rows)).to_sheet().rows == padded
    assert same_told == told


def test_control_characters_are_told_of_columns_too():
    data = "区划代码,村名\n1,东\x0b村\n".encode()
    _, (finding,) = parse_text_columns(data, "t.csv")
    assert parse_csv(data, "t.csv")[1] == (finding,)
    assert parse_text_columns(data.decode().encode("utf-16"), "t.csv")[1] == (finding,)


CELLS = st.one_of(
    st.sampled_from(MESS),
    st.text(st.sampled_from("0123456789.+-eE,% 东村ABnaNA（）_"), max_size=14),
    st.text(max_size=8),
    st.integers(-(10**16), 10**16),
    st.floats(),
    st.booleans(),
)


@settings(max_examples=20 * CASES, deadline=None)
@given(
    st.lists(CELLS, min_size=1, max_size=6),
    st.sampled_from([*VILLAGES.columns.values(), *UNITS.columns.values()]),
    st.booleans(),
)
def test_distinct_cells_are_parsed_like_single_ones(cells, column, typed):
    mapped = MappedColumn(column, 0, column.header)
    cells = [cell for cell in cells if typed or isinstance(cell, str)]
    got = parse_distinct([None, *cells], mapped, typed)
    for code, cell in enumerate([None, *cells]):
        wanted = parse_mapped(cell, mapped, typed)
        assert got[code] == wanted
        assert type(got[code].value) is type(wanted.value)


def make_columns(rows) -> ColumnSheet:
    """Build a typed table, as a Parquet file holds one, from rows of cells."""
    built = []
    for cells in zip(*rows, strict=True):
        codes = [0 if c is None else k for k, c in enumerate(cells, 1)]
        built.append(RawColumn(np.array(codes, dtype=np.int32), [None, *cells]))
    return ColumnSheet("t.parquet", tuple(built), len(rows), typed=True)


@settings(max_examples=CASES, deadline=None)
@given(st.data())
def test_typed_columns_are_read_like_typed_rows(data):
    fields = ["village_id", "name", "bas_households", "water_tap_share", "tel_broadcast_ok"]
    head = [VILLAGES.columns[field].header for field in fields]
    cell = CELLS.filter(lambda c: c != "" and str(c) != "nan")
    row = st.tuples(*[st.one_of(st.none(), st.integers(0, 300), cell)] * len(fields))
    rows = [tuple(head), *data.draw(st.lists(row, max_size=8))]
    sheet = make_columns(rows)
    assert sheet.to_sheet().rows == tuple(rows)
    read_both(sheet, sheet.to_sheet(), VILLAGES)


@settings(max_examples=CASES, deadline=None)
@given(st.lists(village_rows(), min_size=1, max_size=3), unit_rows(), st.booleans())
def test_a_scenario_in_columns_is_the_same_scenario(
    tmp_path_factory, villages, units, with_counties
):
    folder = tmp_path_factory.mktemp("scenario")
    files = {f"v{k}.csv": write_csv(rows) for k, rows in enumerate(villages)}
    files["u.csv"] = write_csv(units)
    inputs = 'villages = "v*.csv"\nunits = "u.csv"\n'
    if with_counties:
        inputs += 'counties = "c.csv"\n'
        files["c.csv"] = "县(市),县代码\n沧县,130921\n东光县,130923\n".encode()
    files["scenario.toml"] = f"[inputs]\n{inputs}".encode()
    write_scenario(folder, files)
    wanted, told = read_in_columns(folder, 10**9)
    # Some sheets row by row, the later ones in columns; or all of them in columns.
    for min_rows in (0, 4):
        got, same_told = read_in_columns(folder, min_rows)
        assert order(same_told) == order(told)
        assert (got is None) == (wanted is None)
        if got is None or wanted is None:
            continue
        for name in ("units", "villages", "extra_units", "extra_villages"):
            assert spell(getattr(got, name)) == spell(getattr(wanted, name))
        assert order(check_inputs(got)) == order(check_inputs(wanted))
        _compare_sides(got, wanted)


def test_rows_of_a_workbook_join_those_of_large_files():
    head = [UNITS.columns[field].header for field in ("unit_id", "name", "county", "cash")]
    sheets = [
        make_sheet([head, ["u1", "电话13800138000", "13800138000", 2], ["u2", None, "沧县", None]]),
        replace(make_sheet([head[:2], ["13800138000", "乙"]]), name="表二"),
        make_sheet([head, ["u3", "甲", None, None]], errors={(2, 4): "#N/A"}),
    ]
    sheets[2] = replace(sheets[2], file="u.xlsx")
    rows = [row for sheet in sheets for row in read_table(sheet, UNITS)[0]]
    joined = join_rows(convert_rows(rows, {"unit_id"}))
    assert list(joined) == rows
    assert joined[:2] == rows[:2]
    large = make_columns([tuple(head), ("u4", "丙", "13900139000", 3)])
    block, _ = find_header(large, UNITS)
    own, _ = read_row_columns(large, block)
    every = list(join_rows([own, *convert_rows(rows, {"unit_id"})]))
    assert every == [*own, *rows]
    shown = [row.place_of("county").value for row in every]
    assert shown == ["139********", "138********", "沧县", "", ""]


def _compare_sides(got, wanted) -> None:
    for policy in ("county-median", "none", "full"):
        scoring = replace_policy(got.scenario.scoring, policy)
        one = build_village_side(got.villages, got.taxonomy, scoring)
        other = build_village_side(wanted.villages, got.taxonomy, scoring)
        for name in ("deficit", "deficit_low", "deficit_high", "need_weight"):
            assert np.array_equal(getattr(one, name), getattr(other, name))
    one = build_unit_side(got.units, got.taxonomy)
    assert np.array_equal(one.supply, build_unit_side(wanted.units, got.taxonomy).supply)


def replace_policy(scoring, policy: str):
    return scoring.model_copy(update={"unknown": policy})


def make_large(tmp_path: Path, number: int, **cells: str) -> Path:
    """Write a scenario whose villages all have the same odd cells."""
    fields = ["village_id", "county", "township", "name", *cells]
    rows = [[f"13092110{k:04d}", "沧县", "镇", f"村{k}", *cells.values()] for k in range(number)]
    villages = write_csv([fields, *rows])
    units = write_csv([["unit_id", "cash"], ["u1", "1"]])
    return write_scenario(tmp_path, {"villages.csv": villages, "units.csv": units})


def test_many_rows_make_tables_and_few_make_tuples(tmp_path):
    few, _ = read_scenario(make_large(tmp_path / "few", 20, bas_households="200"))
    assert isinstance(few.villages, tuple)
    many, _ = read_scenario(make_large(tmp_path / "many", 5_000, bas_households="200"))
    assert isinstance(many.villages, VillageTable)
    assert isinstance(many.units, tuple)
    assert many.villages[:20] == tuple(few.villages)
    assert many.villages[-1].village_id == "130921104999"
    with pytest.raises(IndexError):
        many.villages[5_000]


def test_what_is_wrong_in_all_rows_is_listed_up_to_a_limit(tmp_path):
    folder = make_large(tmp_path, 6_000, bas_households="很多", demand_min="5", demand_max="1")
    inputs, findings = read_scenario(folder)
    check_sentences(findings)
    told = [f for f in findings if f.code == "load.not_a_number"]
    assert [f.place.row for f in told] == list(range(2, MAX_LISTED + 2))
    rest = find_one(findings, "load.more_of_a_kind")
    assert (rest.params["total"], rest.params["count"]) == ("6000", "5000")
    assert (rest.place.row, rest.place.column) == (MAX_LISTED + 1, "bas_households")
    assert rest.severity is told[0].severity
    checked = check_inputs(inputs)
    check_sentences(checked)
    assert list_codes(checked).count("check.demand_crossed") == MAX_LISTED
    # Besides, no village answers anything on its needs.
    totals = {f.params["total"] for f in checked if f.code == "check.more_of_a_kind"}
    assert totals == {"6000"}


def test_a_record_that_is_sent_elsewhere_leaves_its_table_behind(tmp_path):
    import pickle

    inputs, _ = read_scenario(make_large(tmp_path, 5_000, bas_households="200"))
    village = inputs.villages[17]
    sent = pickle.dumps(replace(village, places={}))
    assert len(sent) < 1_000
    assert pickle.loads(sent) == village  # noqa: S301 - made above
    table = pickle.loads(pickle.dumps(inputs.villages))  # noqa: S301
    assert table[17] == village


def test_parts_of_a_table_are_put_together_again(tmp_path):
    inputs, _ = read_scenario(make_large(tmp_path, 5_000, bas_households="200", demand_min="1"))
    villages = inputs.villages
    odd, even = villages.take(np.arange(1, 50, 2)), villages.take(np.arange(0, 50, 2))
    joined = odd.join(even)
    assert spell(joined) == spell([*villages[1:50:2], *villages[0:50:2]])
    assert joined.find_numbers("bas_households").tolist() == [200.0] * 50
    assert np.isnan(joined.find_numbers("bas_population")).all()


@settings(max_examples=CASES, deadline=None)
@given(
    st.lists(st.text("东西南北村庄12", max_size=7), max_size=30, unique=True),
    st.text("东西南北村庄12", max_size=7),
    st.sampled_from([0.4, 0.6, 0.9]),
)
def test_close_names_are_those_of_difflib(names, text, cutoff):
    ordered = sorted(names)
    wanted = difflib.get_close_matches(text, ordered, n=5, cutoff=cutoff)
    assert LetterIndex(ordered).find_close(text, 5, cutoff) == wanted


# --- Parquet ---------------------------------------------------------------------------------


def write_parquet(path: Path, columns: dict[str, list[object]]) -> Path:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, row_group_size=3)
    return path


def test_a_parquet_table_is_read_with_its_types(tmp_path):
    from datetime import date, datetime
    from decimal import Decimal

    columns = {
        "a": ["x", None, "", "x"],
        "b": [1, 2, None, 2],
        "c": [1.5, float("nan"), None, 2.0],
        "d": [True, False, None, True],
        "e": [date(2026, 1, 2), datetime(2026, 1, 2).date(), None, None],
        "f": [Decimal("1.10"), Decimal("3.00"), None, None],
        "g": [["沧县", "青县"], [], None, ["沧县"]],
    }
    path = write_parquet(tmp_path / "t.parquet", columns)
    (sheet,), findings = read_sheets(path, "t.parquet")
    assert findings == ()
    assert sheet.rows == (
        ("a", "b", "c", "d", "e", "f", "g"),
        ("x", 1, 1.5, True, "2026-01-02", 1.1, "沧县、青县"),
        (None, 2, None, False, "2026-01-02", 3, None),
        (None, None, None, None, None, None, None),
        ("x", 2, 2.0, True, None, None, "沧县"),
    )
    assert [type(cell) for cell in sheet.rows[1]] == [str, int, float, bool, str, float, str]


def test_a_parquet_scenario_is_the_same_as_a_text_scenario(tmp_path):
    units = {
        "unit_id": ["u1", "u2"],
        "cash": [1, 3],
        "scope_counties": [["沧县"], None],
        "budget_low": [1.5, None],
    }
    villages = {
        "village_id": CODES[:3],
        "bas_households": [200, None, 9_000],
        "water_tap_share": [85.0, 0.5, 3.0],
        "tel_broadcast_ok": [True, False, None],
    }
    write_parquet(tmp_path / "p" / "u.parquet", units)
    write_parquet(tmp_path / "p" / "v.parquet", villages)
    settings_text = '[inputs]\nunits = "u.{0}"\nvillages = "v.{0}"\n'
    write_scenario(tmp_path / "p", {"scenario.toml": settings_text.format("parquet")})
    texts = {
        "u.csv": "unit_id,cash,scope_counties,budget_low\nu1,1,沧县,1.5\nu2,3,,\n",
        "v.csv": "village_id,bas_households,water_tap_share,tel_broadcast_ok\n"
        f"{CODES[0]},200,85,是\n{CODES[1]},,0.5,否\n{CODES[2]},9000,3,\n",
    }
    write_scenario(tmp_path / "c", {"scenario.toml": settings_text.format("csv"), **texts})
    inputs, findings = read_scenario(tmp_path / "p")
    wanted, told = read_scenario(tmp_path / "c")
    assert isinstance(inputs.units, UnitTable)
    check_sentences(findings)

    def name(finding: Finding):
        return finding.code, finding.place.row, finding.place.column, finding.place.cell

    assert list(map(name, findings)) == list(map(name, told))
    assert list(map(drop_places, inputs.units)) == list(map(drop_places, wanted.units))
    assert list(map(drop_places, inputs.villages)) == list(map(drop_places, wanted.villages))


def drop_places(record: Unit | Village):
    bare = replace(record, place=None)
    if isinstance(record, Unit):
        return bare
    read = record.indicators.items()
    return replace(bare, indicators={key: (r.value, r.low, r.high) for key, r in read})


def test_a_column_of_no_plain_values_is_told_and_left_out(tmp_path):
    path = write_parquet(tmp_path / "t.parquet", {"village_id": ["1"], "odd": [{"x": 1}]})
    (sheet,), (finding,) = read_tables(path, "t.parquet")
    check_sentences([finding])
    assert (finding.code, finding.place.column) == ("files.parquet_column", "odd")
    assert sheet.to_sheet().rows == (("village_id",), ("1",))


def test_damaged_and_mislabelled_parquet_files_are_refused(tmp_path):
    data = write_parquet(tmp_path / "t.parquet", {"a": ["x"] * 50, "b": [1] * 50}).read_bytes()
    path = tmp_path / "bad.parquet"
    for at in range(0, len(data), 1 if ALL_CASES else 11):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        check_sentences(read_tables(path, "bad.parquet")[1])
    path.write_text("village_id\n1\n")
    assert list_codes(read_tables(path, "bad.parquet")[1]) == ["files.not_parquet"]


def test_a_parquet_file_of_more_cells_than_a_computer_holds_is_refused(tmp_path, monkeypatch):
    from pairmatch.load.readers import parquetfiles

    path = write_parquet(tmp_path / "t.parquet", {"a": [1] * 50})
    monkeypatch.setattr(parquetfiles, "MAX_PARQUET_CELLS", 49)
    assert list_codes(read_tables(path, "t.parquet")[1]) == ["files.too_large"]
    tiny = replace(DEFAULT_LIMITS, max_bytes=10)
    with pytest.raises(RejectedFileError, match="too_large"):
        parquetfiles.parse_parquet(path.read_bytes(), "t.parquet", tiny)


def test_without_its_library_a_parquet_file_says_what_to_install(tmp_path, monkeypatch):
    import sys

    path = write_parquet(tmp_path / "t.parquet", {"a": [1]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    _, (finding,) = read_tables(path, "t.parquet")
    check_sentences([finding])
    assert finding.code == "files.no_parquet_reader"
