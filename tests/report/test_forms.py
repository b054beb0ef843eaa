"""Forms: what is filled in is read back without loss; blank ones ask for everything."""

import io
from dataclasses import replace

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.load.sheet_makers import UNITS, VILLAGES, list_codes, read_table, write_scenario

from pairmatch.domain.columns import describe_indicator
from pairmatch.domain.findings import Place, Severity
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.load.readers.files import read_sheets
from pairmatch.load.scenario import read_scenario
from pairmatch.load.taxonomy import read_taxonomy
from pairmatch.report.forms import HEADER_ROW, build_unit_form, build_village_form

TAXONOMY = read_taxonomy()
SETTINGS = '[inputs]\nunits = "u.xlsx"\nvillages = "v.xlsx"\n'


def read_back(folder, villages, units):
    files = {
        "scenario.toml": SETTINGS,
        "v.xlsx": build_village_form(TAXONOMY, villages, "沧县", True),
        "u.xlsx": build_unit_form(TAXONOMY, units, True),
    }
    return read_scenario(write_scenario(folder, files))


def without_places(record):
    record = replace(record, place=Place())
    if isinstance(record, Village):
        readings = {k: replace(r, place=Place()) for k, r in record.indicators.items()}
        record = replace(record, indicators=readings)
    return record


def draw_reading(indicator):
    column = describe_indicator(indicator, TAXONOMY.specialties)
    unknown = st.just(Reading())
    if column.value_type == "bool":
        return unknown | st.builds(Reading, st.sampled_from((0, 1)))
    if column.value_type == "types":
        types = st.sets(st.sampled_from("123")).map(lambda s: tuple(sorted(s)))
        return unknown | st.builds(Reading, types)
    if column.choices:
        return unknown | st.builds(Reading, st.sampled_from([v for _, v in column.choices]))
    low, high = int(column.minimum), int(column.maximum)
    if column.value_type == "int":
        numbers = st.integers(low, high)
    else:
        numbers = st.integers(low * 10_000, high * 10_000).map(lambda n: n / 10_000)
    ranges = st.tuples(numbers, numbers).map(sorted)
    return (
        unknown
        | st.builds(Reading, numbers)
        | ranges.map(lambda ends: Reading(None, float(ends[0]), float(ends[1])))
    )


names = st.text("一二三四五六七八九东西南北街庄张王", min_size=1, max_size=6)
texts = st.text("修路打井=+-@<&>'\"{}甲", min_size=2, max_size=12).filter(
    lambda t: set(t) & set("修路打井甲")
)


@st.composite
def draw_village(draw):
    readings = {i.indicator_id: draw(draw_reading(i)) for i in TAXONOMY.indicators}
    types = readings["bas_type"].value
    needs = st.sampled_from([n.need_id for n in TAXONOMY.needs])
    low = draw(st.integers(0, 3))
    return Village(
        village_id=str(draw(st.integers(130921100200, 130921999999))),
        name=draw(names) + "村",
        township=draw(names) + "镇",
        county=draw(names) + "县",
        types=frozenset(types or ()),
        contribution_grade=draw(st.none() | st.integers(1, 5)),
        difficulty_grade=draw(st.none() | st.integers(1, 5)),
        indicators=readings,
        wishes=tuple(draw(st.lists(needs | texts, max_size=3, unique=True))),
        demand_min=low,
        demand_max=draw(st.integers(low, 9)),
        synthetic=draw(st.booleans()),
    )


@st.composite
def draw_unit(draw):
    levels = st.dictionaries(
        st.sampled_from([c.capability_id for c in TAXONOMY.capabilities]), st.integers(1, 3)
    )
    money = st.none() | st.integers(0, 10_000).map(lambda n: n / 4)
    truth = st.none() | st.booleans()
    lists = st.lists(names.map(lambda n: n + "县"), unique=True, max_size=3).map(tuple)
    low = draw(st.integers(0, 3))
    return Unit(
        unit_id=f"U{draw(st.integers(0, 999)):03d}",
        name=draw(names) + "公司",
        tier=draw(st.sampled_from(("city", "county", ""))),
        kind=draw(st.sampled_from(("council_member", "agribusiness", "department", "other", ""))),
        county=draw(st.just("") | names.map(lambda n: n + "县")),
        scope_counties=draw(lists),
        industry_codes=tuple(draw(st.lists(st.sampled_from(("0112", "6621", "13")), unique=True))),
        capabilities=draw(levels),
        budget_low=draw(money),
        budget_high=draw(money),
        team_size=draw(st.none() | st.integers(0, 500)),
        credit_ok=draw(truth),
        scale_ok=draw(truth),
        willing=draw(truth),
        influence_ok=draw(truth),
        conflicts=draw(lists),
        wishes=draw(lists),
        refusals=draw(lists),
        capacity_min=low,
        capacity_max=draw(st.integers(low, 9)),
        synthetic=draw(st.booleans()),
    )


def unique(key):
    return {"unique_by": key, "min_size": 1, "max_size": 3}


@settings(max_examples=12, deadline=None)
@given(
    st.lists(draw_village(), **unique(lambda v: v.village_id)),
    st.lists(draw_unit(), **unique(lambda u: u.unit_id)),
)
def test_prefilled_forms_are_read_back_without_loss(tmp_path_factory, villages, units):
    inputs, findings = read_back(tmp_path_factory.mktemp("forms"), villages, units)
    assert [without_places(v) for v in inputs.villages] == sorted(
        villages, key=lambda v: v.village_id
    )
    assert [without_places(u) for u in inputs.units] == sorted(units, key=lambda u: u.unit_id)
    errors = set(list_codes(findings, Severity.ERROR))
    assert errors <= {"load.unit_conflicts", "load.unit_refusals"} | {
        f"load.unit_{what}_{kind}"
        for what in ("conflicts", "refusals")
        for kind in ("close", "several")
    }


def open_form(folder, data):
    (folder / "f.xlsx").write_bytes(data)
    sheets, _ = read_sheets(folder / "f.xlsx", "f.xlsx")
    return sheets[0]


def test_blank_forms_ask_for_every_column(tmp_path):
    for data, table in (
        (build_village_form(TAXONOMY, (), "沧县", False), VILLAGES),
        (build_unit_form(TAXONOMY, (), False), UNITS),
    ):
        rows, findings = read_table(open_form(tmp_path, data), table)
        assert not rows
        asked = len(table.columns) - (1 if "survey_date" in table.columns else 0)
        note = next(f for f in findings if f.code == "load.header_found")
        assert note.params == {"row": "4", "num_columns": str(asked), "table": table.name}
        assert not list_codes(findings, Severity.WARNING)


def test_a_form_that_is_not_prefilled_has_only_the_places(tmp_path):
    village = Village("130921100201", "东村", "甲镇", "沧县", contribution_grade=3)
    data = build_village_form(TAXONOMY, (village,), "沧县", False)
    (row,), _ = read_table(open_form(tmp_path, data))
    assert (row.text("village_id"), row.text("name")) == ("130921100201", "东村")
    assert row.number("contribution_grade") is None


def test_the_same_data_give_the_same_bytes():
    units = (Unit("u2"), Unit("u1", capabilities={"cash": 2}))
    assert build_unit_form(TAXONOMY, units, True) == build_unit_form(TAXONOMY, units[::-1], True)


def test_dropdowns_ranges_notes_and_print_setup():
    book = openpyxl.load_workbook(io.BytesIO(build_village_form(TAXONOMY, (), "沧县", False)))
    sheet = book["村情表"]
    assert sheet.freeze_panes == "E5"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$3:$4"
    kinds = {rule.type for rule in sheet.data_validations.dataValidation}
    assert kinds == {"list", "whole", "decimal"}
    header = HEADER_ROW + 1
    noted = {c.value: c.comment.text for c in sheet[header] if c.comment}
    assert len(noted) == len(VILLAGES.columns) - 1
    assert "户籍册" in noted["总户数(户)"]
    assert sheet.cell(header + 1, 1).number_format == "@"


def test_texts_that_look_like_formulas_stay_texts():
    village = Village("130921100201", '=cmd|"/c calc"!A1', "+镇", "@县", wishes=("=1+1",))
    data = build_village_form(TAXONOMY, (village,), "=县", True)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["村情表"]
    cells = [
        c
        for row in sheet.iter_rows()
        for c in row
        if str(c.value or "").startswith(("=", "+", "@"))
    ]
    assert len(cells) == 5
    assert {c.data_type for c in cells} == {"s"}
