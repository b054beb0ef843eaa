"""The pairs of quotas: from tables, from lists in the settings, or not at all."""

import openpyxl
from tests.load.sheet_makers import (
    check_sentences,
    find_one,
    list_codes,
    read_files,
    write_scenario,
)

from pairmatch.domain.findings import Severity
from pairmatch.load.records.pair_tables import MAX_FINDINGS
from pairmatch.load.scenario import read_scenario

TABLES = {
    "units.csv": "unit_id,name\nu1,甲行\nu2,乙行\nu3,丙行\n",
    "villages.csv": "village_id,name\nv1,东村\nv2,西村\n",
}


def read(folder, quotas, **files):
    settings = "".join(f'[[quota]]\nname = "q{k}"\nmin = 1\n{q}\n' for k, q in enumerate(quotas))
    named = {f"{name}.csv": text for name, text in files.items()}
    return read_files(folder, {**TABLES, "scenario.toml": settings, **named})


def list_pairs(inputs, k):
    pairs = inputs.quota_pairs[k]
    return list(zip(pairs.unit_idx.tolist(), pairs.village_idx.tolist(), strict=True))


def test_pairs_of_a_table_and_of_a_list(tmp_path):
    listed = 'pairs = [["u2", "v1"], ["u1", "v2"], ["u2", "v1"]]'
    inputs, findings = read(
        tmp_path,
        ['pairs = "p.csv"', listed, "", 'pairs = "p.csv"'],
        p="村代码,单位编号,备注\nv2,u3,x\nv1,u1,\nv1 ,u3,\nv2,u3,\n",
    )
    assert not list_codes(findings, Severity.ERROR)
    assert sorted(inputs.quota_pairs) == [0, 1, 3]
    assert list_pairs(inputs, 0) == list_pairs(inputs, 3) == [(0, 0), (2, 0), (2, 1)]
    assert list_pairs(inputs, 1) == [(0, 1), (1, 0)]
    assert not inputs.quota_pairs[0].unit_idx.flags.writeable
    assert "p.csv" in inputs.digests
    note = find_one(findings, "load.pairs_double")
    assert (note.place.row, note.params["count"], note.severity) == (5, "1", Severity.NOTE)


def test_pairs_of_several_files_and_sheets_are_put_together(tmp_path):
    folder = write_scenario(tmp_path, {**TABLES, "p1.csv": "unit_id,village_id\nu1,v1\n"})
    settings = '[[quota]]\nname = "q"\nmin = 1\npairs = "p*"\n'
    (folder / "scenario.toml").write_text(settings, encoding="utf-8")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, pair in (("一", ["u2", "v1"]), ("二", ["u3", "v2"]), ("注", ["a", "b"])):
        sheet = book.create_sheet(name)
        sheet.append(["x", "y"] if name == "注" else ["unit_id", "village_id"])
        sheet.append(pair)
    book.save(folder / "p2.xlsx")
    inputs, findings = read_scenario(folder)
    check_sentences(findings)
    assert not list_codes(findings, Severity.ERROR)
    assert list_pairs(inputs, 0) == [(0, 0), (1, 0), (2, 1)]


def test_unknown_ids_of_a_table_are_told_at_their_rows(tmp_path):
    rows = "unit_id,village_id\nu1,v9\nu9,v1\nu1,v1\n"
    inputs, findings = read(tmp_path, ['pairs = "p.csv"'], p=rows)
    assert find_one(findings, "load.pair_village").place.row == 2
    assert find_one(findings, "load.pair_unit").place.row == 3
    assert list_pairs(inputs, 0) == [(0, 0)]


def test_many_unknown_ids_are_counted_in_one(tmp_path):
    rows = "unit_id,village_id\n" + "u9,v9\n" * (MAX_FINDINGS + 3)
    _, findings = read(tmp_path, ['pairs = "p.csv"'], p=rows)
    assert find_one(findings, "load.pair_unit_more").params["count"] == "3"
    assert find_one(findings, "load.pair_village_more").params["total"] == "203"


def test_unknown_ids_of_a_list_are_told_at_their_line(tmp_path):
    inputs, findings = read(tmp_path, ["", 'pairs = [["甲行", "v1"], ["u1", "东村"]]'])
    unit = find_one(findings, "load.setting_unit_close")
    assert (unit.place.row, unit.params["kind"], unit.params["closest"]) == (8, "quota", "u1")
    village = find_one(findings, "load.setting_village_close")
    assert village.place.column == "quota[2].pairs[2][2]"
    assert list_pairs(inputs, 1) == []


def test_a_table_that_is_missing_or_none(tmp_path):
    quotas = ['pairs = "none.csv"', 'pairs = "../p.csv"', 'pairs = "p.csv"']
    inputs, findings = read(tmp_path, quotas, p="a,b\n1,2\n")
    assert find_one(findings, "load.file_missing").params["key"] == "quota[1].pairs"
    assert find_one(findings, "load.path_outside").place.row == 8
    assert find_one(findings, "load.no_table").place.file == "p.csv"
    assert [list_pairs(inputs, k) for k in range(3)] == [[], [], []]
