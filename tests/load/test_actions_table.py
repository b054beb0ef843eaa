"""A scenario's own actions: added to the catalogue or changed in it, every fault at its cell."""

import csv
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from itertools import pairwise

import networkx
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

from pairmatch.domain.actionfaults import list_action_faults, list_chain_faults
from pairmatch.domain.actions import Prerequisite
from pairmatch.domain.columns import ACTION_COLUMNS
from pairmatch.domain.findings import Severity
from pairmatch.load.actions import read_official_actions
from pairmatch.load.actiontable import build_actions
from pairmatch.load.records.tables import describe_actions
from pairmatch.load.taxonomy import read_taxonomy

TAXONOMY = read_taxonomy()
OFFICIAL = {action.action_id: action for action in read_official_actions()}
HEADERS = {column.field: column.header for column in ACTION_COLUMNS}
NEW = {
    "action_id": "b01",
    "need_id": "体育健身",
    "name_zh": "笼式球场",
    "unit": "处",
    "cost_low_wan": "8",
    "cost_typ_wan": "12.5",
    "cost_high_wan": "20",
    "duration_months": "4",
    "work_months": "3-11",
    "outcome_indicator": "可用健身器材件数",
    "outcome_per_unit": "4",
    "typical_qty": "1",
    "max_qty": "3",
}


def build(*rows, typed=False, headers=HEADERS):
    fields = list(dict.fromkeys(field for row in rows for field in row))
    table = [[headers[field] for field in fields]]
    table += [[row.get(field) or None for field in fields] for row in rows]
    read, findings = read_table(make_sheet(table, typed=typed), describe_actions())
    actions, more = build_actions(read, OFFICIAL.values(), TAXONOMY)
    check_sentences(more)
    told = [f for f in (*findings, *more) if f.severity is not Severity.NOTE]
    return {action.action_id: action for action in actions}, told


def test_a_new_action_in_chinese():
    row = {
        **NEW,
        "prerequisites": "a31、a22？",
        "prerequisite_met_if": "a31：缺排水沟街道长度 ≤ 0.2",
        "reference_village": "总户数＝250户",
        "upkeep_pct_per_year": "2.5",
        "capabilities": "工程施工、健身器材",
        "basis": "本县造价",
        "version": "2026-09",
        "author": "县财政局",
    }
    actions, findings = build(row)
    assert not findings
    assert list(actions) == [*OFFICIAL, "b01"]
    action = actions["b01"]
    assert (action.need_id, action.name_zh, action.name_en) == ("sports", "笼式球场", "笼式球场")
    assert (action.cost_low, action.cost_typ, action.cost_high) == (8, Decimal("12.5"), 20)
    assert (action.duration_months, action.work_months) == (4, ((3, 11),))
    assert (action.outcome_indicator, action.outcome_per_unit) == ("spo_facility_sets", 4)
    assert action.prerequisites == (
        Prerequisite("a31", False, "sew_drain_missing_km", None, Decimal("0.2")),
        Prerequisite("a22", True),
    )
    assert (action.reference_indicator, action.reference_amount) == ("bas_households", 250)
    assert action.upkeep_share == Decimal("0.025")
    assert action.capabilities == ("construction", "sports_goods")
    assert (action.basis, action.version, action.author) == ("本县造价", "2026-09", "县财政局")
    assert (action.plugin, action.county) == ("", "")


def read_package():
    with files("pairmatch.data").joinpath("actions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_catalogue_as_a_table_is_the_catalogue():
    by_field = {field: field for field in HEADERS}
    actions, findings = build(*read_package(), headers=by_field)
    # The one action of the programme whose outcome nothing measures.
    assert [(f.code, f.params["id"]) for f in findings] == [("catalogue.no_outcome", "a24")]
    assert actions == OFFICIAL


def test_the_same_with_chinese_headers_and_names():
    needs = {need.need_id: need.name_zh for need in TAXONOMY.needs}
    indicators = {i.indicator_id: i.name_zh for i in TAXONOMY.indicators}
    capabilities = {c.capability_id: c.name_zh for c in TAXONOMY.capabilities}
    rows = []
    for row in read_package():
        met_if = row["prerequisite_met_if"]
        for key, name in indicators.items():
            met_if = met_if.replace(f":{key}<", f":{name}<").replace(f":{key}>", f":{name}>")
        names = (capabilities[c] for c in row["capabilities"].split("|"))
        changed = {
            "need_id": needs[row["need_id"]],
            "outcome_indicator": indicators[row["outcome_indicator"]],
            "prerequisite_met_if": met_if,
            "capabilities": "、".join(names),
            "reference_village": row["reference_village"]
            .replace("households", "总户数")
            .replace("farmland_mu", "耕地面积"),
            "work_months": row["work_months"].replace("|", "月、").replace("-", "—") + "月",
        }
        rows.append({**row, **changed})
    actions, findings = build(*rows)
    assert list_codes(findings) == ["catalogue.no_outcome"]
    assert actions == OFFICIAL


def test_a_row_changes_what_it_states_and_nothing_else():
    actions, findings = build({"action_id": "a41", "max_qty": "9", "work_months": "全年"})
    assert not findings
    assert list(actions) == list(OFFICIAL)
    assert actions["a41"] == replace(OFFICIAL["a41"], max_qty=Decimal(9), work_months=((1, 12),))


def test_evidence_of_other_costs_is_dropped():
    row = {"action_id": "a41", "cost_typ_wan": "30"}
    [changed] = [build(row)[0]["a41"]]
    assert (OFFICIAL["a41"].basis, changed.basis) == ("seen_cost_in_range", "")
    assert OFFICIAL["a41"].evidence_ids and not changed.evidence_ids
    [kept] = [build({**row, "basis": "本县造价", "evidence_ids": "e99"})[0]["a41"]]
    assert (kept.basis, kept.evidence_ids) == ("本县造价", ("e99",))


def test_brackets_and_blanks_of_names_do_not_matter():
    row = {"action_id": "a19", "outcome_indicator": "基本设备达标件数（共 20 件）"}
    actions, findings = build(row)
    assert not findings
    assert actions["a19"].outcome_indicator == "health_equipment_items"


def test_none_clears_what_the_catalogue_says():
    row = {"action_id": "a12", "prerequisites": "无", "capabilities": "无"}
    actions, findings = build(row, {"action_id": "a10", "reference_village": "无"})
    assert not findings
    assert (actions["a12"].prerequisites, actions["a12"].capabilities) == ((), ())
    a10 = actions["a10"]
    assert (a10.reference_indicator, a10.reference_amount) == ("", None)
    same, _findings = build({"action_id": "a12", "prerequisites": "-", "capabilities": "不详"})
    assert same["a12"] == OFFICIAL["a12"]


def test_states_that_meet_prerequisites_stay_unless_they_are_stated():
    fewer, findings = build({"action_id": "a12", "prerequisites": "a05?"})
    assert not findings
    assert fewer["a12"].prerequisites == (
        replace(OFFICIAL["a12"].prerequisites[0], is_advisable=True),
    )
    cleared, findings = build({"action_id": "a12", "prerequisite_met_if": "无"})
    assert not findings
    assert cleared["a12"].prerequisites == (Prerequisite("a05"), Prerequisite("a31"))


def change(**cells):
    return {**NEW, **cells}


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        (change(need_id="种蘑菇"), "catalogue.unknown_need", "need_id"),
        (change(outcome_indicator="村民笑脸"), "catalogue.unknown_indicator", "outcome_indicator"),
        (change(outcome_indicator="党员人数"), "catalogue.no_scale", "outcome_indicator"),
        (change(outcome_per_unit="-4"), "catalogue.direction", "outcome_per_unit"),
        (change(cost_low_wan="13"), "catalogue.costs", "cost_typ_wan"),
        (change(cost_high_wan="-1"), "load.amount_out_of_range", "cost_high_wan"),
        (change(cost_typ_wan="约12"), "load.amount_not_a_number", "cost_typ_wan"),
        (change(cost_typ_wan=""), "catalogue.action_blank", "cost_typ_wan"),
        (change(name_zh=""), "catalogue.action_blank", "name_zh"),
        (change(duration_months="0"), "load.out_of_range", "duration_months"),
        (change(duration_months="2.5"), "load.not_whole", "duration_months"),
        (change(duration_quarters="3"), "catalogue.quarters", "duration_quarters"),
        (change(work_months="11-3"), "catalogue.seasons", "work_months"),
        (change(work_months="3-13"), "catalogue.seasons", "work_months"),
        (change(work_months="3-8、5-9"), "catalogue.seasons", "work_months"),
        (change(work_months="2026-03-11"), "catalogue.seasons", "work_months"),
        (change(typical_qty="0"), "catalogue.quantities", "typical_qty"),
        (change(typical_qty="4"), "catalogue.quantities", "typical_qty"),
        (change(prerequisites="a99"), "catalogue.unknown_action", "prerequisites"),
        (change(prerequisites="b01"), "catalogue.circle", "prerequisites"),
        (change(prerequisites="huanghua.x"), "catalogue.unknown_action", "prerequisites"),
        (change(prerequisite_met_if="a05:老化管网占比"), "catalogue.met_if", "prerequisite_met_if"),
        (
            change(prerequisites="a05", prerequisite_met_if="a05:笑脸<=1"),
            "catalogue.unknown_indicator",
            "prerequisite_met_if",
        ),
        (
            change(prerequisite_met_if="a05:老化管网占比<=10"),
            "catalogue.met_if",
            "prerequisite_met_if",
        ),
        (change(reference_village="250户"), "catalogue.reference", "reference_village"),
        (change(reference_village="总户数=0"), "catalogue.reference", "reference_village"),
        (change(reference_village="户口=9"), "catalogue.unknown_indicator", "reference_village"),
        (change(upkeep_pct_per_year="101"), "load.amount_out_of_range", "upkeep_pct_per_year"),
        (change(capabilities="工程施工、魔法"), "catalogue.unknown_capability", "capabilities"),
        (change(action_id="b.1"), "catalogue.action_id", "action_id"),
        (change(action_id=""), "catalogue.action_blank", "action_id"),
    ],
)
def test_faults_are_told_at_their_cell(row, code, field):
    _actions, findings = build(row)
    assert list_codes(findings) == [code]
    assert findings[0].severity is Severity.ERROR
    column = HEADERS[field] if row[field] or field in NEW else ""
    assert (findings[0].place.row, findings[0].place.column) == (2, column)


def test_what_a_changed_entry_no_longer_fits_is_told_at_the_cell_that_changes_it():
    _actions, findings = build({"action_id": "a41", "cost_high_wan": "21"})
    assert list_codes(findings) == ["catalogue.costs"]
    assert findings[0].place.column == HEADERS["cost_high_wan"]


def test_no_outcome_is_a_doubt():
    _actions, findings = build(change(outcome_per_unit="0"))
    assert [(f.code, f.severity) for f in findings] == [("catalogue.no_outcome", Severity.WARNING)]


def test_all_faults_of_all_rows_are_told_at_once():
    rows = [
        change(need_id="x", cost_typ_wan="30", work_months="13"),
        change(action_id="b02", capabilities="魔法", outcome_per_unit="-1", max_qty=""),
        {"action_id": "b03"},
    ]
    _actions, findings = build(*rows)
    by_row = {k: [f for f in findings if f.place.row == k] for k in (2, 3, 4)}
    assert sorted(list_codes(by_row[2])) == [
        "catalogue.costs",
        "catalogue.seasons",
        "catalogue.unknown_need",
    ]
    assert sorted(list_codes(by_row[3])) == [
        "catalogue.action_blank",
        "catalogue.direction",
        "catalogue.unknown_capability",
    ]
    assert list_codes(by_row[4]) == ["catalogue.action_blank"] * 12


def test_two_rows_of_one_id_name_both_and_the_first_stays():
    actions, findings = build(NEW, change(name_zh="另一个"))
    double = find_one(findings, "catalogue.action_double")
    assert (double.place.row, double.params["first_row"]) == (3, "2")
    assert actions["b01"].name_zh == "笼式球场"


def test_a_circle_is_told_with_its_chain_once():
    rows = [
        change(action_id="x", prerequisites="y"),
        change(action_id="y", prerequisites="z"),
        change(action_id="z", prerequisites="x、a05"),
        {"action_id": "a05", "prerequisites": "a12"},
    ]
    _actions, findings = build(*rows)
    circles = [f for f in findings if f.code == "catalogue.circle"]
    assert sorted(f.params["chain"] for f in circles) == [
        "a05 → a12 → a05",
        "x → z → y → x",
    ]
    assert {f.place.row for f in circles} == {2, 5}


EDGES = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14)


@settings(max_examples=2000 if ALL_CASES else 200, deadline=None)
@given(EDGES)
def test_circles_are_found_exactly_where_another_program_finds_them(edges):
    base = OFFICIAL["a41"]
    actions = [
        replace(
            base,
            action_id=f"n{k}",
            prerequisites=tuple(Prerequisite(f"n{j}") for i, j in sorted(edges) if i == k),
        )
        for k in range(7)
    ]
    faults = list_chain_faults(actions, [action.action_id for action in actions])
    graph = networkx.DiGraph([(f"n{i}", f"n{j}") for i, j in edges])
    assert bool(faults) is not networkx.is_directed_acyclic_graph(graph)
    for fault in faults:
        chain = fault.params["chain"].split(" → ")
        assert chain[0] == chain[-1] == min(chain)
        assert all(graph.has_edge(after, before) for before, after in pairwise(chain))


def test_the_programmes_own_actions_are_right():
    faults = [f for action in OFFICIAL.values() for f in list_action_faults(action, TAXONOMY)]
    assert [(f.code, f.action_id) for f in faults] == [("catalogue.no_outcome", "a24")]
    assert not list_chain_faults(tuple(OFFICIAL.values()), OFFICIAL)


CELLS = st.one_of(
    st.sampled_from(
        ("", "a05", "a05?", "b01", "b01;a99", "体育健身", "sports", "spo_facility_sets", "无", "-")
    ),
    st.sampled_from(("0", "1", "-4", "12.5", "1e9", "3-11", "11-3", "全年", "households=250")),
    st.sampled_from(("a05:water_old_pipe_share<=10", "总户数=0", "construction|cash", "NaN")),
    st.text(max_size=5),
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from(sorted(HEADERS)), CELLS, max_size=12), min_size=1, max_size=4
)


@settings(max_examples=2000 if ALL_CASES else 150, deadline=None)
@given(ROWS, st.booleans(), st.booleans())
def test_whatever_a_table_holds_is_read_or_told(rows, typed, is_full):
    given_rows = [{**(NEW if is_full else {}), "action_id": "b01", **row} for row in rows]
    actions, findings = build(*given_rows, typed=typed)
    if not [f for f in findings if f.severity is Severity.ERROR]:
        for action in actions.values():
            faults = list_action_faults(action, TAXONOMY)
            assert all(fault.is_doubt for fault in faults)
        assert not list_chain_faults(tuple(actions.values()), actions)


# --- in a scenario

FILES = {
    "units.csv": "unit_id,name\nu1,一公司\n",
    "villages.csv": "village_id,name,county\nv1,一村,沧县\n",
}


def test_a_scenario_has_the_catalogue_with_its_own(tmp_path):
    table = "措施编号,单位费用(万元)\na41,30\n"
    toml = '[inputs]\nactions = "a.csv"\n'
    inputs, findings = read_files(tmp_path, {**FILES, "scenario.toml": toml, "a.csv": table})
    assert not [f for f in findings if f.severity is Severity.ERROR]
    assert {a.action_id: a.cost_typ for a in inputs.actions}["a41"] == 30
    assert "a.csv" in inputs.digests
    plain, _ = read_files(tmp_path / "p", FILES)
    assert plain.actions == read_official_actions()
