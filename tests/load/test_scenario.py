"""Whole scenario folders: what is found, what may be missing, and that nothing leaves them."""

import hashlib
import os
import random
from pathlib import Path

import openpyxl
import pytest
from tests.load.sheet_makers import (
    check_sentences,
    find_one,
    list_codes,
    read_files,
    write_scenario,
)

from pairmatch.domain.findings import Severity
from pairmatch.errors import BadInputError
from pairmatch.load.scenario import read_scenario

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(p.parent.name for p in (ROOT / "scenarios").glob("*/scenario.toml"))
UNITS = "unit_id,capacity_min,capacity_max\nu2,,\nu1,1,2\n"
VILLAGES = "village_id,demand_min,demand_max\nv2,,\nv1,1,3\n"
SCORES = "unit_id,village_id,points\nu1,v1,1.5\nu2,v1,-1\n"
SMALLEST = {
    "scenario.toml": '[inputs]\nscores = "scores.csv"\n',
    "units.csv": UNITS,
    "villages.csv": VILLAGES,
    "scores.csv": SCORES,
}


def test_the_smallest_form(tmp_path):
    inputs, findings = read_files(tmp_path, SMALLEST)
    assert [u.unit_id for u in inputs.units] == ["u1", "u2"]
    assert [(v.village_id, v.demand_min, v.demand_max) for v in inputs.villages] == [
        ("v1", 1, 3),
        ("v2", 0, 1),
    ]
    assert inputs.scores.points.tolist() == [150, -100]
    assert set(list_codes(findings)) == {"load.header_found"}
    for name, text in SMALLEST.items():
        assert inputs.digests[name] == hashlib.sha256(text.encode()).hexdigest()


def test_findings_come_in_listing_order(tmp_path):
    _, findings = read_files(tmp_path, {**SMALLEST, "scores.csv": SCORES + "u9,v9,x\nu1,v2,y\n"})
    assert list(findings) == sorted(findings, key=lambda f: f.sort_key)


@pytest.mark.parametrize("make_folder", [False, True])
def test_no_scenario(tmp_path, make_folder):
    folder = tmp_path / "x"
    if make_folder:
        folder.mkdir()
    with pytest.raises(BadInputError) as caught:
        read_scenario(folder)
    assert caught.value.exit_code == 3


def test_unusable_settings_end_the_reading(tmp_path):
    inputs, findings = read_files(tmp_path, {"scenario.toml": "x = ["})
    assert inputs is None
    assert list_codes(findings) == ["settings.syntax"]


@pytest.mark.parametrize("missing", ["units.csv", "villages.csv"])
def test_a_required_table_is_missing(tmp_path, missing):
    inputs, findings = read_files(tmp_path, {k: v for k, v in SMALLEST.items() if k != missing})
    assert inputs is None
    assert "load.file_missing" in list_codes(findings, Severity.ERROR)


def test_missing_optional_tables_are_errors_but_the_rest_is_read(tmp_path):
    settings = '[inputs]\nprevious = "p.csv"\ncounties = "c*.csv"\n'
    inputs, findings = read_files(tmp_path, {**SMALLEST, "scenario.toml": settings})
    assert inputs is not None
    assert sorted(list_codes(findings, Severity.ERROR)) == ["load.file_missing", "load.no_match"]


@pytest.mark.parametrize(
    "path",
    ["../units.csv", "/etc/passwd", "C:/x.csv", "C:x.csv", "a/../../b.csv", "~/x.csv", "a/.."],
)
def test_paths_never_leave_the_folder(tmp_path, path):
    (tmp_path / "units.csv").write_text(UNITS)
    settings = f'[inputs]\nunits = "{path}"\n'
    _, findings = read_files(tmp_path / "s", {**SMALLEST, "scenario.toml": settings})
    outside = find_one(findings, "load.path_outside")
    assert (outside.place.file, outside.place.row) == ("scenario.toml", 2)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "secret.csv").write_text(UNITS)
    folder = write_scenario(tmp_path / "s", SMALLEST)
    (folder / "units.csv").unlink()
    (folder / "units.csv").symlink_to(tmp_path / "secret.csv")
    _, findings = read_scenario(folder)
    assert "load.path_outside" in list_codes(findings)


@pytest.mark.parametrize("path", ["x" * 300 + ".csv", "a**b/*.csv", "", "loop.csv", "[*.csv"])
def test_impossible_paths_are_told(tmp_path, path):
    folder = write_scenario(
        tmp_path, {**SMALLEST, "scenario.toml": f'[inputs]\nunits = "{path}"\n'}
    )
    (folder / "loop.csv").symlink_to("loop.csv")
    inputs, findings = read_scenario(folder)
    check_sentences(findings)
    assert inputs is None
    assert list_codes(findings, Severity.ERROR)


def test_a_name_with_brackets_is_a_name(tmp_path):
    files = {
        **SMALLEST,
        "scenario.toml": '[inputs]\nunits = "units[1].csv"\n',
        "units[1].csv": UNITS,
    }
    inputs, findings = read_files(tmp_path, files)
    assert len(inputs.units) == 2
    assert not list_codes(findings, Severity.ERROR)


def test_globs_skip_lock_files_hidden_files_and_what_is_no_table(tmp_path):
    files = {
        **SMALLEST,
        "scenario.toml": "[inputs]\nvillages = 'data\\*'\n",
        "data/b.csv": "village_id\nv1\n",
        "data/a.csv": "village_id\nv2\n",
        "data/~$a.xlsx": b"lock",
        "data/.hidden.csv": "village_id\nv9\n",
        "data/notes.docx": b"x",
    }
    inputs, findings = read_files(tmp_path, files)
    assert [v.village_id for v in inputs.villages] == ["v1", "v2"]
    assert find_one(findings, "load.file_ignored").params["file"] == "data/notes.docx"
    assert not list_codes(findings, Severity.ERROR)


def test_a_broken_file_among_good_ones_is_told_and_the_others_are_read(tmp_path):
    files = {**SMALLEST, "scenario.toml": '[inputs]\nvillages = ["villages.csv", "x.xlsx"]\n'}
    inputs, findings = read_files(tmp_path, {**files, "x.xlsx": b"no workbook"})
    assert len(inputs.villages) == 2
    assert find_one(findings, "files.not_xlsx").place.file == "x.xlsx"


def test_a_file_without_a_table(tmp_path):
    inputs, findings = read_files(tmp_path, {**SMALLEST, "units.csv": "a,b\n1,2\n"})
    assert inputs is None
    assert find_one(findings, "load.no_table").place.file == "units.csv"


def test_a_score_file_without_a_table(tmp_path):
    inputs, findings = read_files(tmp_path, {**SMALLEST, "scores.csv": "a,b\n1,2\n"})
    assert inputs.scores is None
    assert find_one(findings, "load.no_table").place.file == "scores.csv"


def test_one_score_table_only(tmp_path):
    files = {**SMALLEST, "scenario.toml": '[inputs]\nscores = "s*.csv"\n', "s2.csv": SCORES}
    _, findings = read_files(tmp_path, files)
    assert "load.many_files" in list_codes(findings, Severity.ERROR)


def test_the_cycle_before(tmp_path):
    rows = ["u1,v1,,优,", "u1,v1,,优,", "u9,v1,,优,差", "u2,,甲村,良,良"]
    previous = "\n".join(["单位编号,区划代码,村名,2021年评定,2022年评定", *rows])
    settings = '[inputs]\nprevious = "p.csv"\n'
    files = {**SMALLEST, "scenario.toml": settings, "p.csv": previous}
    files["villages.csv"] = "village_id,name,township\nv1,甲村,x\nv2,甲村,y\n"
    inputs, findings = read_files(tmp_path, files)
    assert [(p.unit_id, p.village_id, p.grades) for p in inputs.previous] == [
        ("u1", "v1", (4, None))
    ]
    assert find_one(findings, "load.duplicate_id").place.row == 3
    assert find_one(findings, "load.previous_unit").place.row == 4
    assert (
        "v1 x甲村；v2 y甲村" in find_one(findings, "load.previous_village_close").params["closest"]
    )


def test_distances_are_filled_in_both_ways(tmp_path):
    settings = '[inputs]\ndistances = "d.csv"\ncounties = "c.csv"\n'
    files = {
        **SMALLEST,
        "scenario.toml": settings,
        "d.csv": (
            "from_code,from_name,to_code,to_name,km_seat_to_seat\n"
            "130900,沧州市区,130921,沧县,16.5\n130921,沧县,130922,青县,40\n130922,青县,130921,沧县,41\n"
        ),
        "c.csv": "county_code,name_zh,seat_lon_wgs84,seat_lat_wgs84\n130921,沧县,117,38.2\n",
    }
    inputs, findings = read_files(tmp_path, files)
    assert inputs.distances["沧县", ""] == inputs.distances["", "沧县"] == 16.5
    assert inputs.distances["青县", "青县"] == 0
    assert inputs.counties[0].longitude == 117
    assert find_one(findings, "load.distance_differs").place.row == 4


def test_references_of_units_and_settings(tmp_path):
    files = {
        "scenario.toml": (
            '[[lock]]\nunit = "甲行"\nvillage = "东村"\n[[ban]]\nunit = "u1"\nvillage = "v9"\n'
        ),
        "units.csv": (
            "unit_id,name,tier,conflicts,wishes,refusals\n"
            "u1,甲行,city,v1、沧县,东村,无名\nu2,乙行,city,西村,v1,\n"
        ),
        "villages.csv": (
            "village_id,county,township,name\nv1,沧县,a,东村\nv2,沧县,b,东村\nv3,沧县,a,西村\n"
        ),
    }
    inputs, findings = read_files(tmp_path, files)
    assert inputs is not None
    assert sorted(list_codes(findings, Severity.ERROR)) == [
        "load.setting_unit_close",
        "load.setting_village",
        "load.setting_village_several",
        "load.unit_conflicts_close",
        "load.unit_refusals",
    ]
    assert list_codes(findings, Severity.WARNING) == ["load.unit_wishes_several"]
    lock = find_one(findings, "load.setting_unit_close")
    assert (lock.place.row, lock.params["closest"]) == (2, "u1")


def test_row_and_file_order_do_not_matter(tmp_path):
    rows = [f"v{k},甲县,乙镇,{k}村,{k + 1}" for k in range(30)]
    head = "village_id,county,township,name,bas_households\n"
    bare = None
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        files = {
            **SMALLEST,
            "scenario.toml": '[inputs]\nvillages = "v_*.csv"\nscores = "scores.csv"\n',
        }
        files["v_1.csv"] = head + "\n".join(rows[:11])
        files["v_2.csv"] = head + "\n".join(rows[11:])
        inputs, _ = read_files(tmp_path / str(seed), files)
        found = [
            (v.village_id, v.name, v.indicators["bas_households"].value) for v in inputs.villages
        ]
        assert bare in (None, found)
        bare = found


@pytest.mark.parametrize("name", SCENARIOS)
def test_bundled_scenarios_have_no_errors(name):
    inputs, findings = read_scenario(ROOT / "scenarios" / name)
    check_sentences(findings)
    assert inputs is not None
    assert not list_codes(findings, Severity.ERROR)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs file permissions")
def test_an_unreadable_file_is_told(tmp_path):
    folder = write_scenario(tmp_path, SMALLEST)
    (folder / "units.csv").chmod(0)
    inputs, findings = read_scenario(folder)
    assert inputs is None
    assert "files.not_permitted" in list_codes(findings)


def write_books(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


HEAD = ["unit_id", "village_id", "points"]
BOOK = {**SMALLEST, "scenario.toml": '[inputs]\nscores = "scores.xlsx"\n'}


def test_scores_on_two_sheets_are_refused_and_not_half_read(tmp_path):
    folder = write_scenario(tmp_path / "s", BOOK)
    sheets = {"一": [HEAD, ["u1", "v1", 1]], "二": [HEAD, ["u2", "v2", 2]]}
    write_books(folder / "scores.xlsx", sheets)
    _, findings = read_scenario(folder)
    check_sentences(findings)
    finding = find_one(findings, "load.many_sheets")
    assert (finding.severity, finding.params["sheets"]) == (Severity.ERROR, "一、二")


def test_other_sheets_beside_the_scores_do_no_harm(tmp_path):
    folder = write_scenario(tmp_path / "s", BOOK)
    sheets = {
        "单位": [["unit_id", "单位"], ["u1", "甲"]],
        "分": [HEAD, ["u1", "v1", 1]],
        "注": [["x"]],
    }
    write_books(folder / "scores.xlsx", sheets)
    inputs, findings = read_scenario(folder)
    assert inputs.scores.points.tolist() == [100]
    assert list_codes(findings, Severity.ERROR) == []


def test_a_workbook_named_csv_is_read_as_what_it_is(tmp_path):
    folder = write_scenario(tmp_path / "s", SMALLEST)
    write_books(tmp_path / "x.xlsx", {"分": [HEAD, ["u1", "v1", 1]]})
    (tmp_path / "x.xlsx").replace(folder / "scores.csv")
    inputs, _ = read_scenario(folder)
    assert inputs.scores.points.tolist() == [100]


def test_a_county_code_that_occurs_twice_is_told(tmp_path):
    counties = "name_zh,county_code\n青县,130922\n沧县,130921\n东光县,130922\n"
    settings = '[inputs]\ncounties = "c.csv"\n'
    files = {**SMALLEST, "scenario.toml": settings, "c.csv": counties}
    inputs, findings = read_files(tmp_path, files)
    assert [county.name for county in inputs.counties] == ["沧县", "青县"]
    double = find_one(findings, "load.duplicate_id")
    assert (double.place.row, double.params["first_row"]) == (4, "2")


def test_all_errors_of_a_row_with_a_doubled_id_come_at_once(tmp_path):
    units = "unit_id,name,conflicts\nu1,甲,\nu1,乙,无此村\n,丙,也没有\n"
    inputs, findings = read_files(tmp_path, {**SMALLEST, "units.csv": units})
    assert {"load.duplicate_id", "load.unit_id_missing"} <= set(list_codes(findings))
    unknown = [f for f in findings if f.code == "load.unit_conflicts"]
    assert [(f.place.row, f.place.column) for f in unknown] == [(3, "conflicts"), (4, "conflicts")]
    assert [unit.unit_id for unit in inputs.units] == ["u1"]
    assert [unit.name for unit in inputs.extra_units] == ["乙", "丙"]


def test_our_own_sheets_beside_the_table_are_not_told(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["village_id"])
    book.active.append(["v1"])
    for title in ("填表说明", "选项", "说明", "其他"):
        book.create_sheet(title).append(["一段话"])
    (tmp_path / "s").mkdir()
    book.save(tmp_path / "s" / "villages.xlsx")
    (tmp_path / "s" / "units.csv").write_text("unit_id\nu1\n", encoding="utf-8")
    text = '[inputs]\nvillages = "villages.xlsx"\n'
    (tmp_path / "s" / "scenario.toml").write_text(text, encoding="utf-8")
    _inputs, findings = read_scenario(tmp_path / "s")
    assert find_one(findings, "load.sheet_ignored").place.sheet == "其他"


RESOURCES = {
    **SMALLEST,
    "scenario.toml": (
        '[inputs]\nscores = "scores.csv"\nloads = "loads.csv"\ncapacities = "capacities.csv"\n'
    ),
    "loads.csv": "unit_id,village_id,resource,load\nu2,v1,资金,2.5\nu1,v1,资金,1\n",
    "capacities.csv": "side,id,resource,capacity\n村,v1,资金,3\nunit,u1,资金,0.75\n",
}


def show_resources(inputs):
    loads = [
        (v.resource, v.unit_idx.tolist(), v.village_idx.tolist(), v.amounts.tolist(), v.scale)
        for v in inputs.loads
    ]
    return loads, [(c.side, c.owner_id, c.resource, str(c.amount)) for c in inputs.capacities]


def test_loads_and_capacities(tmp_path):
    inputs, findings = read_files(tmp_path, RESOURCES)
    assert set(list_codes(findings)) == {"load.header_found"}
    expected = (
        [("资金", [0, 1], [0, 0], [10, 25], 10)],
        [("unit", "u1", "资金", "0.75"), ("village", "v1", "资金", "3")],
    )
    assert show_resources(inputs) == expected
    assert inputs.loads[0].file == "loads.csv"
    for name in ("loads.csv", "capacities.csv"):
        assert inputs.digests[name] == hashlib.sha256(RESOURCES[name].encode()).hexdigest()


def test_loads_and_capacities_in_gbk_and_in_a_workbook_are_the_same(tmp_path):
    plain, _ = read_files(tmp_path / "a", RESOURCES)
    head = "单位编号,区划代码,资源,用量\n"
    files = {**RESOURCES, "loads.csv": (head + "u1,v1,资金,1\nu2,v1,资金,2.50\n").encode("gbk")}
    files["scenario.toml"] = files["scenario.toml"].replace("capacities.csv", "总量.xlsx")
    folder = write_scenario(tmp_path / "b", files)
    rows = [
        ["单位或村", "编号", "资源", "总量"],
        ["单位", "u1", "资金", 0.75],
        ["村", "v1", "资金", 3],
    ]
    write_books(folder / "总量.xlsx", {"总量": [["资源总量"], *rows], "说明": [["一段话"]]})
    inputs, findings = read_scenario(folder)
    check_sentences(findings)
    assert set(list_codes(findings)) == {"load.header_found"}
    assert show_resources(inputs) == show_resources(plain)


def test_one_table_of_loads_only(tmp_path):
    settings = '[inputs]\nloads = "l*.csv"\n'
    rows = RESOURCES["loads.csv"]
    files = {**SMALLEST, "scenario.toml": settings, "l1.csv": rows, "l2.csv": rows}
    inputs, findings = read_files(tmp_path, files)
    assert inputs.loads == ()
    assert find_one(findings, "load.many_files").params["key"] == "loads"
