"""A scenario's own events: added or moved by data alone, every fault at its cell."""

from datetime import date

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

from pairmatch.domain.daterules import Cycle
from pairmatch.domain.eventdates import find_cycle, list_dates, select_events
from pairmatch.domain.findings import Severity
from pairmatch.load.duties import build_events, check_events, read_official_events
from pairmatch.load.records.tables import describe_duties

HEAD = ["事项编号", "事项", "由谁办", "参加", "时间", "前置事项", "县(市)"]
COUNTIES = frozenset({"沧县", "青县"})
CYCLE = Cycle(2026, 2030, date(2026, 10, 19))
NEW = ["x1", "春节慰问", "帮扶单位", "", "每年1月20日前", "", ""]


def build(rows, head=HEAD, typed=False):
    table = [[None if c == "" else c for c in row] for row in [head, *rows]]
    read, findings = read_table(make_sheet(table, typed=typed), describe_duties())
    official = read_official_events()
    own, more = build_events(read, official, COUNTIES)
    merged = {(e.event_id, e.county): e for e in (*official, *own)}
    more = (*more, *check_events(merged.values(), CYCLE))
    check_sentences(more)
    return own, [f for f in (*findings, *more) if f.severity is not Severity.NOTE]


def change(**cells):
    places = {"id": 0, "name": 1, "owner": 2, "with": 3, "rule": 4, "after": 5, "county": 6}
    row = list(NEW)
    for key, text in cells.items():
        row[places[key]] = text
    return row


def test_an_event_of_a_county_in_chinese():
    own, findings = build([change(county="沧县", **{"with": "县老促会、村两委"})])
    assert not findings
    [event] = own
    assert (event.event_id, event.name_zh, event.owner, event.county) == (
        "x1",
        "春节慰问",
        "units",
        "沧县",
    )
    assert event.participants == ("county_councils", "village_committees")
    assert event.name_en == "春节慰问"
    assert event.place.row == 2


def test_the_same_in_english():
    head = ["event_id", "name_zh", "name_en", "owner", "participants", "due_rule", "county"]
    row = ["x1", "慰问", "Visits", "units", "all", "every-01-20", "沧县"]
    own, findings = build([row], head)
    assert not findings
    assert (own[0].owner, own[0].participants, own[0].name_en) == ("units", ("all",), "Visits")


def test_an_excel_date_is_a_rule():
    own, findings = build([change(rule="2027-05-01")], typed=True)
    assert not findings
    assert own[0].rule.last.on == date(2027, 5, 1)


def test_a_date_is_moved_for_one_county_and_all_else_stays():
    own, findings = build([["k15", "", "", "", "第2年起每年11月20日前", "", "沧县"]])
    assert not findings
    official = {e.event_id: e for e in read_official_events()}
    [event] = own
    kept = ("name_zh", "name_en", "owner", "participants", "after", "document", "quote", "basis")
    for name in kept:
        assert getattr(event, name) == getattr(official["k15"], name)
    events = (*official.values(), event)
    moved = list_dates(select_events(events, "沧县"), CYCLE)["k15"]
    assert [o.last for o in moved] == [date(y, 11, 20) for y in range(2027, 2031)]
    assert list_dates(select_events(events, "青县"), CYCLE)["k15"][0].last == date(2027, 11, 30)


def test_a_county_begins_from_what_holds_for_all():
    rows = [
        ["k15", "", "", "", "Y2+-11-25", "", "沧县"],
        ["k15", "县级评定", "", "", "Y2+-11-20", "", ""],
    ]
    own, findings = build(rows)
    assert not findings
    assert [(e.county, e.name_zh) for e in own] == [("", "县级评定"), ("沧县", "县级评定")]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (change(rule="尽快"), "bad_rule", "时间"),
        (change(rule="every-02-30"), "bad_rule", "时间"),
        (change(rule=""), "blank", "时间"),
        (change(name=""), "blank", "事项"),
        (change(owner=""), "blank", "由谁办"),
        (change(id=""), "blank", "事项编号"),
        (change(county="沧州县"), "county", "县(市)"),
        (change(**{"with": "群众"}), "participant", "参加"),
        (change(after="k99"), "after", "前置事项"),
        (change(after="x1"), "circle", "前置事项"),
        (change(owner="市老促会", county="沧县"), "county_of_city", "县(市)"),
        (["k16", "", "", "", "Y2+-12-10", "", "沧县"], "county_of_city", "县(市)"),
        (["k15", "", "", "", "Y2+-12-20", "", ""], "order", "时间"),
        (["k15", "", "", "", "Y2+-12-20", "", "青县"], "order", "时间"),
        (["k16", "", "", "", "Y2+-11-20", "", ""], "order", "时间"),
        (change(rule="Y1-12-31", after="k09"), "order", "时间"),
        (change(rule="L+2m..L+1m"), "window", "时间"),
    ],
)
def test_faults_are_told_at_their_cell(row, code, column):
    _own, findings = build([row])
    assert list_codes(findings) == [f"calendar.{code}"]
    assert findings[0].severity is Severity.ERROR
    assert (findings[0].place.row, findings[0].place.column) == (2, column)


def test_an_unknown_owner_is_told_with_those_there_are():
    _own, findings = build([change(owner="乡镇")])
    finding = find_one(findings, "load.not_a_choice")
    assert (finding.place.row, finding.place.column) == (2, "由谁办")
    assert "县老促会" in finding.params["options"]


def test_all_faults_are_told_at_once():
    rows = [change(rule="尽快", county="南县"), change(id="x2", **{"with": "群众"})]
    _own, findings = build(rows)
    assert sorted(list_codes(findings)) == [
        "calendar.bad_rule",
        "calendar.county",
        "calendar.participant",
    ]


def test_two_rows_for_the_same_counties_name_both():
    _own, findings = build([NEW, change(county="沧县"), change(rule="每年2月1日前")])
    double = find_one(findings, "calendar.double")
    assert (double.place.row, double.params["first_row"]) == (4, "2")


def test_a_circle_is_told_with_its_chain():
    rows = [change(id="a", after="c"), change(id="b", after="a"), change(id="c", after="b")]
    _own, findings = build(rows)
    assert find_one(findings, "calendar.circle").params["chain"] in (
        "b → c → a → b",
        "c → a → b → c",
        "a → b → c → a",
    )


def test_what_never_falls_due_is_a_warning():
    _own, findings = build([change(rule="Y7-01-31")])
    assert find_one(findings, "calendar.never").severity is Severity.WARNING


CELLS = st.one_of(
    st.sampled_from(
        (
            "",
            "k15",
            "k16",
            "x1",
            "k15、x1",
            "沧县",
            "帮扶单位",
            "市老促会",
            "全体",
            "units",
            "-",
            "无",
        )
    ),
    st.sampled_from(
        ("L..L", "Y2+-11-20", "每年12月20日前", "quarterly", "随时", "Y7-01-01", "尽快")
    ),
    st.text(max_size=5),
)


@settings(max_examples=1000 if ALL_CASES else 100, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=7, max_size=7), min_size=1, max_size=5), st.booleans())
def test_whatever_a_table_holds_is_read_or_told(rows, typed):
    own, findings = build(rows, typed=typed)
    if not [f for f in findings if f.severity is Severity.ERROR]:
        merged = {(e.event_id, e.county): e for e in (*read_official_events(), *own)}
        for county in ("", *COUNTIES):
            chosen = select_events(merged.values(), county)
            assert set(list_dates(chosen, CYCLE)) == set(chosen)


# --- in a scenario

FILES = {
    "units.csv": "unit_id,name\nu1,一公司\n",
    "villages.csv": "village_id,name,county\nv1,一村,沧县\n",
}
CYCLE_TOML = "[scenario]\ncycle = [2026, 2030]\n"


def test_a_scenario_has_the_official_events_and_its_own(tmp_path):
    toml = f'{CYCLE_TOML}[inputs]\nduties = "d.csv"\n[plan]\nlaunch = "2026-11-02"\n'
    table = "事项编号,事项,由谁办,时间\nx1,慰问,帮扶单位,每年1月20日前\n"
    inputs, findings = read_files(tmp_path, {**FILES, "scenario.toml": toml, "d.csv": table})
    assert not [f for f in findings if f.severity is not Severity.NOTE]
    assert len(inputs.events) == 25
    assert "d.csv" in inputs.digests
    assert find_cycle(inputs.scenario).launch == date(2026, 11, 2)


def test_the_launch_of_2021_is_assumed_and_a_toml_date_is_one(tmp_path):
    inputs, _ = read_files(tmp_path / "a", {**FILES, "scenario.toml": CYCLE_TOML})
    assert inputs.scenario.plan.launch is None
    assert find_cycle(inputs.scenario).launch == date(2026, 10, 19)
    toml = f"{CYCLE_TOML}[plan]\nlaunch = 2026-02-28\n"
    inputs, _ = read_files(tmp_path / "b", {**FILES, "scenario.toml": toml})
    assert find_cycle(inputs.scenario).launch == date(2026, 2, 28)
    inputs, _ = read_files(tmp_path / "c", FILES)
    assert find_cycle(inputs.scenario) is None


@pytest.mark.parametrize("launch", ['"2028-01-01"', '"2024-12-31"'])
def test_a_launch_far_from_the_cycle_is_an_error(tmp_path, launch):
    toml = f"{CYCLE_TOML}[plan]\nlaunch = {launch}\n"
    _, findings = read_files(tmp_path, {**FILES, "scenario.toml": toml})
    finding = find_one(findings, "calendar.launch_far")
    assert (finding.place.file, finding.place.row) == ("scenario.toml", 4)


@pytest.mark.parametrize(
    "launch", ['"2026-02-30"', '"10月19日"', '"2026-10"', "20261019", "true", "2026-10-19T08:00:00"]
)
def test_a_launch_that_is_no_day_is_refused_with_its_line(tmp_path, launch):
    toml = f"{CYCLE_TOML}[plan]\nlaunch = {launch}\n"
    inputs, findings = read_files(tmp_path, {**FILES, "scenario.toml": toml})
    assert inputs is None
    assert find_one(findings, "settings.bad_day").place.row == 4


def test_a_table_that_is_missing_is_told(tmp_path):
    toml = f'{CYCLE_TOML}[inputs]\nduties = "d.csv"\n'
    _, findings = read_files(tmp_path, {**FILES, "scenario.toml": toml})
    assert "load.file_missing" in list_codes(findings)
