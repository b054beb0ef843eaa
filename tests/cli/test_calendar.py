"""`pairmatch calendar` on small scenarios and a run: lists, what is late, forms, files."""

import csv
import io
import json
import sys
from datetime import date, timedelta

import openpyxl
import pytest
from tests.load.sheet_makers import write_scenario

from pairmatch import engine

TOML = """[scenario]
name = "t"
title = { zh = "试点", en = "Trial" }
cycle = [2026, 2030]
synthetic = true
[inputs]
scores = "scores.csv"
"""
FILES = {
    "units.csv": "unit_id,name,county\nu1,一公司,沧县\nu2,二公司,青县\nu3,=三公司,\n",
    "villages.csv": (
        "village_id,name,township,county\nv1,一村,甲镇,沧县\nv2,二村,乙镇,青县\nv3,三村,乙镇,青县\n"
    ),
    "scores.csv": "unit_id,village_id,points\nu1,v1,3\nu2,v2,2\nu3,v3,1\n",
}
OWN = """事项编号,事项,由谁办,时间,县(市)
x1,春节慰问,帮扶单位,每年1月20日前,沧县
k08,,,Y1-11-30,青县
"""


def make(folder, toml=TOML, **files):
    named = {name.replace("_", "."): text for name, text in files.items()}
    return write_scenario(folder, {**FILES, "scenario.toml": toml, **named})


def with_own(toml=TOML):
    return toml.replace("[inputs]\n", '[inputs]\nduties = "own.csv"\n')


@pytest.fixture
def run(tmp_path):
    folder = make(tmp_path / "s", with_own(), own_csv=OWN)
    outcome = engine.propose_pairing(folder, None)
    assert outcome.run is not None
    return outcome.run


def list_duties(run_cli, *words):
    result = run_cli("calendar", *words, "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


def test_the_list_of_a_scenario(run_cli, tmp_path):
    folder = make(tmp_path)
    result = run_cli("calendar", folder, "--year", "2026")
    assert result.exit_code == 0, result.output
    assert "2026-11-15 前　k07 领导带队调研对接　帮扶单位（3 家）" in result.stdout
    assert "暂按 2026-10-19 排" in result.stdout
    assert "合成数据" in result.stdout
    english = run_cli("calendar", folder, "--year", "2026", "--lang", "en").stdout
    assert "by 2026-11-15  k07 Visit led by the head of the unit  helper units (3)" in english
    assert "2026-10-19 is assumed" in english


def test_the_launch_that_is_stated_counts(run_cli, tmp_path):
    folder = make(tmp_path, f'{TOML}[plan]\nlaunch = "2026-01-31"\n')
    facts = list_duties(run_cli, folder)
    assert (facts["launch"], facts["launch_assumed"]) == ("2026-01-31", False)
    assert {d["last"] for d in facts["duties"] if d["event_id"] == "k06"} == {"2026-02-28"}
    assert "启动日期：2026-01-31" in run_cli("calendar", folder).stdout


def test_a_cycle_from_2031_is_data_alone(run_cli, tmp_path):
    facts = list_duties(run_cli, make(tmp_path, TOML.replace("[2026, 2030]", "[2031, 2033]")))
    last = {d["last"] for d in facts["duties"] if d["event_id"] == "k22"}
    assert (facts["cycle"], facts["launch"], last) == ([2031, 2033], "2031-10-19", {"2033-12-31"})


def test_a_county_adds_a_duty_and_moves_another_for_itself(run_cli, run):
    for folder in (run, run.parent.parent):
        duties = list_duties(run_cli, folder)["duties"]
        plans = {d["owner_id"]: d["last"] for d in duties if d["event_id"] == "k08"}
        if folder is run:
            assert plans == {"u1": "2026-12-31", "u2": "2026-11-30", "u3": "2026-11-30"}
        else:  # nobody knows yet where u3 will help
            assert plans == {"u1": "2026-12-31", "u2": "2026-11-30", "u3": "2026-12-31"}
        added = [d for d in duties if d["event_id"] == "x1"]
        assert {d["owner_id"] for d in added} == {"u1"}
        assert [d["last"] for d in added] == [f"{y}-01-20" for y in range(2027, 2031)]


def test_a_run_tells_that_its_events_were_changed_since(run_cli, run):
    assert not list_duties(run_cli, run)["findings"]
    own = run.parent.parent / "own.csv"
    own.write_text(OWN.replace("1月20日", "1月25日"), encoding="utf-8")
    facts = list_duties(run_cli, run)
    assert [f["code"] for f in facts["findings"]] == ["calendar.duties_changed"]
    assert "2027-01-25" in {d["last"] for d in facts["duties"] if d["event_id"] == "x1"}
    own.write_text(OWN.replace("每年1月20日前", "尽快"), encoding="utf-8")
    result = run_cli("calendar", run)
    assert result.exit_code == 3
    assert "尽快" in result.stderr


def test_a_run_away_from_its_scenario_names_what_is_missing(run_cli, run, tmp_path):
    moved = tmp_path / "elsewhere" / "deep" / "r"
    moved.parent.mkdir(parents=True)
    run.rename(moved)
    result = run_cli("calendar", moved)
    assert result.exit_code == 3
    assert "own.csv" in result.stderr


@pytest.mark.parametrize(
    ("words", "owners"),
    [
        (("--unit", "u1"), {"u1", ""} | {"沧县"}),
        (("--unit", "二公司"), {"u2", ""} | {"青县"}),
        (("--county", "青县"), {"青县", "u2", "u3", ""}),
        (("--department", "水务"), {"", "沧县", "青县"}),
        (("--owner", "county_councils"), {"沧县", "青县"}),
        (("--owner", "units"), {"u1", "u2", "u3"}),
        (("--owner", "departments"), set()),
    ],
)
def test_who_asks_sees_what_concerns_it(run_cli, run, words, owners):
    duties = list_duties(run_cli, run, *words)["duties"]
    assert {d["owner_id"] for d in duties} == owners
    assert all(d["share"] for d in duties)
    result = run_cli("calendar", run, *words)
    assert result.exit_code == 0
    assert ("没有符合条件的事项" in result.stdout) == (not owners)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--unit", "u9"), "u9"),
        (("--county", "南县"), "沧县"),
        (("--department", "公安"), "水务"),
        (("--unit", "u1", "--county", "沧县"), "--department"),
        (("--date", "明天"), "明天"),
        (("--done", "x.csv"), "--date"),
        (("--out", "x.docx"), ".xlsx"),
        (("--forms", "x.ics"), ".csv"),
        (("--ics", "x.xlsx"), ".ics"),
    ],
)
def test_what_cannot_be_asked(run_cli, run, words, named):
    result = run_cli("calendar", run, *words)
    assert result.exit_code == 2, result.output
    assert named in result.stderr


def test_without_a_cycle_there_are_no_dates(run_cli, tmp_path):
    result = run_cli("calendar", make(tmp_path, '[inputs]\nscores = "scores.csv"\n'))
    assert result.exit_code == 3
    assert "cycle = [2026, 2030]" in result.stderr


def test_bad_events_stop_every_command_with_their_row(run_cli, tmp_path):
    bad = "事项编号,事项,由谁办,时间\nx1,慰问,乡镇,尽快\n"
    folder = make(tmp_path, with_own(), own_csv=bad)
    for words in (("calendar", folder), ("propose", folder)):
        result = run_cli(*words)
        assert result.exit_code == 3
        assert "own.csv" in result.stderr
        assert "尽快" in result.stderr
        assert "乡镇" in result.stderr


# --- what is done and what is late


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_the_form_goes_out_is_filled_in_and_read_back(run_cli, run, tmp_path, suffix):
    form = tmp_path / f"完成情况.{suffix}"
    assert run_cli("calendar", run, "--forms", form).exit_code == 0
    before = form.read_bytes()
    assert run_cli("calendar", run, "--forms", form).exit_code == 0
    assert form.read_bytes() == before
    everything = list_duties(run_cli, run)["duties"]
    fill(form, lambda _row: "2026-10-01")
    late = list_duties(run_cli, run, "--date", "2031-03-01", "--done", form)
    assert late["overdue"] == []
    assert count_rows(form) == len(everything)
    # A form that is filled in is never written over.
    result = run_cli("calendar", run, "--forms", form)
    assert result.exit_code == 2
    fill(form, lambda row: "" if row[2] in ("k15", "k16") else "2026-10-01")
    facts = list_duties(run_cli, run, "--date", "2027-12-20", "--done", form)
    assert [(o["duty_id"], o["days"]) for o in facts["overdue"]] == [
        ("k15/沧县/沧县/2027", 20),
        ("k15/青县/青县/2027", 20),
        ("k16///2027", 5),
    ]
    assert facts["overdue"][2]["waits_for"] == ["k15/沧县/沧县/2027", "k15/青县/青县/2027"]
    text = run_cli("calendar", run, "--date", "2027-12-20", "--done", form).stdout
    assert "逾期 5 天；在等前置事项：k15 县级成效评定（沧县老促会）" in text


def fill(form, choose):
    if form.suffix == ".csv":
        rows = list(csv.reader(io.StringIO(form.read_text(encoding="utf-8-sig"))))
        rows[1:] = [[*row[:-1], choose(row)] for row in rows[1:]]
        stream = io.StringIO()
        csv.writer(stream).writerows(rows)
        form.write_text(stream.getvalue(), encoding="utf-8-sig")
        return
    book = openpyxl.load_workbook(form)
    for row in book.active.iter_rows(min_row=4):
        row[-1].value = choose([cell.value for cell in row]) or None
    book.save(form)


def count_rows(form):
    if form.suffix == ".csv":
        return len(form.read_text(encoding="utf-8-sig").splitlines()) - 1
    return openpyxl.load_workbook(form).active.max_row - 3


def test_without_a_list_all_that_is_past_counts_as_late(run_cli, run):
    result = run_cli("calendar", run, "--date", "2026-11-16", "--unit", "u1")
    assert "没有给出完成情况" in result.stdout
    assert "逾期 1 项" in result.stdout
    assert "k07 领导带队调研对接　一公司　最迟 2026-11-15，逾期 1 天" in result.stdout
    # The city's own events are not the unit's delay.
    assert "k05" not in result.stdout
    assert "没有逾期事项" in run_cli("calendar", run, "--date", "2026-11-15", "--unit", "u1").stdout


def test_the_city_before_its_counties_is_told(run_cli, run, tmp_path):
    done = tmp_path / "d.csv"
    done.write_text("谁,事项编号,期次,完成日期\n市老促会,k16,2027,2027-12-01\n", encoding="utf-8")
    result = run_cli("calendar", run, "--date", "2027-12-31", "--done", done, "--county", "沧县")
    assert result.exit_code == 0
    assert "先后颠倒" in result.stderr
    assert "沧县老促会" in result.stderr


def test_a_day_to_come_does_not_count_yet(run_cli, run, tmp_path):
    done = tmp_path / "d.csv"
    done.write_text("谁,事项编号,完成日期\nu1,k07,2026-12-24\n", encoding="utf-8")
    result = run_cli("calendar", run, "--date", "2026-12-01", "--done", done, "--unit", "u1")
    assert "今天还不算办完" in result.stderr
    assert "k07" in result.stdout


def test_a_bad_list_is_refused_with_its_cells(run_cli, run, tmp_path):
    done = tmp_path / "d.csv"
    done.write_text("谁,事项编号,完成日期\nu9,k07,2026-12-24\nu1,k07,办了\n", encoding="utf-8")
    result = run_cli("calendar", run, "--date", "2026-12-01", "--done", done)
    assert result.exit_code == 3
    assert "u9" in result.stderr
    assert "办了" in result.stderr
    assert "第3行" in result.stderr
    assert run_cli("calendar", run, "--date", "2026-12-01", "--done", "no.csv").exit_code == 3


# --- files


def test_the_workbook_lists_every_duty_and_what_is_late(run_cli, run, tmp_path):
    words = ("calendar", run, "--out", tmp_path / "日程.xlsx", "--date", "2027-02-01")
    assert run_cli(*words).exit_code == 0
    before = (tmp_path / "日程.xlsx").read_bytes()
    assert run_cli(*words).exit_code == 0
    assert (tmp_path / "日程.xlsx").read_bytes() == before
    book = openpyxl.load_workbook(tmp_path / "日程.xlsx")
    assert book.sheetnames == ["日程", "逾期", "说明"]
    facts = list_duties(run_cli, run, "--date", "2027-02-01")
    rows = [row for row in book["日程"].iter_rows(values_only=True) if isinstance(row[0], int)]
    assert [(r[2], r[3]) for r in rows] == [(d["last"], d["event_id"]) for d in facts["duties"]]
    assert "=三公司" in {row[6] for row in rows}
    late = [row for row in book["逾期"].iter_rows(values_only=True) if isinstance(row[0], int)]
    assert [row[2] for row in late] == [o["days"] for o in facts["overdue"]]
    for sheet in book:
        texts = [str(cell.value) for row in sheet.iter_rows(max_row=4) for cell in row]
        assert any("合成数据" in text for text in texts), sheet.title
    english = tmp_path / "e.xlsx"
    run_cli("calendar", run, "--out", english, "--lang", "en")
    assert openpyxl.load_workbook(english).sheetnames == ["Calendar", "Notes"]


def test_the_calendar_file_is_read_back_by_a_calendar_library(run_cli, run, tmp_path):
    icalendar = pytest.importorskip("icalendar")
    path = tmp_path / "日程.ics"
    words = ("calendar", run, "--ics", path, "--unit", "u1")
    assert run_cli(*words).exit_code == 0
    before = path.read_bytes()
    assert run_cli(*words).exit_code == 0
    assert path.read_bytes() == before
    entries = icalendar.Calendar.from_ical(before).walk("VEVENT")
    duties = list_duties(run_cli, run, "--unit", "u1")["duties"]
    assert len(entries) == len(duties) == len({str(e["UID"]) for e in entries})
    expected = [(d["first"] or d["last"], d["last"], d["event_id"]) for d in duties]
    found = [
        (
            e["DTSTART"].dt.isoformat(),
            (e["DTEND"].dt - timedelta(days=1)).isoformat(),
            str(e["CATEGORIES"].cats[0]),
        )
        for e in entries
    ]
    assert sorted(found) == sorted(expected)
    visit = next(e for e in entries if e["CATEGORIES"].cats[0] == "k07")
    assert type(visit["DTSTART"].dt) is date
    assert "领导带队调研对接" in visit["SUMMARY"]
    assert "11月中旬前由领导带队" in visit["DESCRIPTION"]
    assert visit["DTSTAMP"].dt.isoformat() == "2026-10-19T00:00:00+00:00"
    # All units together are one entry a day, and have an id of their own.
    assert run_cli("calendar", run, "--ics", path).exit_code == 0
    everybody = icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    assert len(everybody) == len({str(e["UID"]) for e in everybody})
    assert str(visit["UID"]) not in {str(e["UID"]) for e in everybody}


def test_without_the_library_the_extra_is_named(run_cli, run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "icalendar", None)
    result = run_cli("calendar", run, "--ics", tmp_path / "a.ics", "--out", tmp_path / "a.xlsx")
    assert result.exit_code == 2
    assert 'pip install "pairmatch[ics]"' in result.stderr
    assert not list(tmp_path.glob("a.*"))
