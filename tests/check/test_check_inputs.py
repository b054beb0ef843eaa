"""Cross-checks: numbers that contradict each other, copied sheets, units and quotas."""

from dataclasses import replace

import pytest
from tests.load.sheet_makers import check_sentences, find_one, list_codes

from pairmatch.check.inputs import check_inputs
from pairmatch.domain.findings import Place, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.records import County, Reading, Unit, Village
from pairmatch.domain.scenario import QuotaSetting, Scenario
from pairmatch.load.taxonomy import read_taxonomy

TAXONOMY = read_taxonomy()
SOUND = {
    **{
        "bas_households": 200,
        "bas_population": 700,
        "bas_residents": 500,
        "bas_over60_share": 25.0,
    },
    **{"bas_party_members": 30, "bas_farmland_mu": 1400.0, "health_clinic_m2": 60.0},
    **{"health_equipment_items": 12, "her_sites": 2, "her_sites_poor_condition": 1},
}


def make_village(village_id="130921100201", **values):
    """Answer all questions about needs in a way that is out of suspicion."""
    answers = {i.indicator_id: 1.0 for i in TAXONOMY.indicators if i.full_need_at is not None}
    readings = {
        field: Reading(value, place=Place("v.csv", "", int(village_id[-3:]), field))
        for field, value in {**answers, **SOUND, **values}.items()
    }
    name = f"{village_id[-3:]}村"
    return Village(village_id, name, "沧州镇", "沧县", indicators=readings)


def make_inputs(villages=(), units=(), quota=(), counties=()):
    villages = villages or (make_village(),)
    units = units or (Unit("u1"),)
    return Inputs(Scenario(quota=quota), TAXONOMY, units, villages, counties=counties)


def check(*args, **kw):
    findings = check_inputs(make_inputs(*args, **kw))
    check_sentences(findings)
    return [f for f in findings if f.code != "check.county_incomplete"]


def test_sound_inputs_have_only_the_note_on_completeness():
    findings = check_inputs(make_inputs())
    assert list_codes(findings) == ["check.county_incomplete"]
    assert findings[0].severity is Severity.NOTE


def test_the_smallest_form_is_not_asked_for_more():
    assert check((Village("v1"), Village("v2")), (Unit("u1"), Unit("u2"))) == []


def test_nothing_to_match():
    findings = check_inputs(Inputs(Scenario(), TAXONOMY, (), ()))
    assert list_codes(findings, Severity.WARNING) == ["check.no_units", "check.no_villages"]


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"bas_residents": 900}, "part_above_whole", "bas_residents"),
        ({"bas_party_members": 701}, "part_above_whole", "bas_party_members"),
        ({"con_unsafe_houses": 201}, "part_above_whole", "con_unsafe_houses"),
        ({"her_sites_poor_condition": 3}, "part_above_whole", "her_sites_poor_condition"),
        ({"bas_households": 50}, "household_size", "bas_population"),
        (
            {"bas_population": 150, "bas_residents": 100, "bas_farmland_mu": 300.0},
            "household_size",
            "bas_population",
        ),
        ({"bas_farmland_mu": 14.0}, "farmland_per_head", "bas_farmland_mu"),
        ({"bas_farmland_mu": 14000.0}, "farmland_per_head", "bas_farmland_mu"),
        ({"bas_over60_share": 90.0}, "share_over_60", "bas_over60_share"),
        ({"health_clinic_m2": 0.0}, "clinic_without_area", "health_equipment_items"),
    ],
)
def test_contradictions_within_a_village(values, code, field):
    finding = find_one(check((make_village(**values),)), f"check.{code}")
    assert finding.severity is Severity.WARNING
    assert finding.place.column == field


def test_unknown_values_contradict_nothing():
    assert (
        check((make_village(bas_population=None, bas_households=None, health_clinic_m2=None),))
        == []
    )


def test_no_clinic_and_no_equipment_agree():
    assert check((make_village(health_clinic_m2=0.0, health_equipment_items=0),)) == []


def test_bounds_that_cross():
    village = replace(make_village(), demand_min=3, demand_max=2)
    unit = Unit("u1", capacity_min=2, capacity_max=1, budget_low=9.0, budget_high=3.0)
    findings = check((village,), (unit,))
    assert list_codes(findings, Severity.ERROR) == [
        *("check.budget_crossed", "check.capacity_crossed", "check.demand_crossed")
    ]


def test_the_same_numbers_in_a_whole_township_look_copied():
    def make_township(size, **values):
        return tuple(make_village(f"13092110020{k}", **_vary(k), **values) for k in range(size))

    one, two = {"water_tap_share": 73.0}, {"water_tap_share": 73.0, "net_broadband_share": 61.0}
    assert check(make_township(3)) == []
    assert check(make_township(3, **one)) == []
    assert find_one(check(make_township(5, **one)), "check.copied_values").params["count"] == "5"
    copied = find_one(check(make_township(3, **two)), "check.copied_values")
    assert copied.params["columns"] == "集中供水入户率；宽带入户率"


def _vary(k):
    return {field: value + k / 1000 for field, value in SOUND.items() if value > 10}


def test_villages_of_one_name_are_noted():
    villages = (
        replace(make_village("130921100201"), name="北街村"),
        replace(make_village("130921100202"), name="北街村", township="旧州镇"),
    )
    note = find_one(check(villages), "check.same_name")
    assert note.severity is Severity.NOTE
    assert "旧州镇 130921100202" in note.params["where"]


def test_villages_with_many_unknown_answers():
    asked = [i.indicator_id for i in TAXONOMY.indicators if i.full_need_at is not None]
    village = make_village(**dict.fromkeys(asked[: len(asked) // 2]))
    findings = check_inputs(make_inputs((village,)))
    assert find_one(findings, "check.village_incomplete").severity is Severity.WARNING
    assert find_one(findings, "check.county_incomplete").severity is Severity.WARNING


def test_an_answer_given_as_a_range_is_an_answer():
    asked = [i.indicator_id for i in TAXONOMY.indicators if i.full_need_at is not None]
    village = make_village(**dict.fromkeys(asked[: len(asked) // 2]))
    ranges = {i: Reading(low=1.0, high=2.0) for i in asked if village.indicators[i].value is None}
    answered = replace(village, indicators={**village.indicators, **ranges})
    findings = check_inputs(make_inputs((answered,)))
    assert "check.village_incomplete" not in list_codes(findings)
    assert find_one(findings, "check.county_incomplete").params["count"] == "0"


def test_units():
    units = (
        Unit("u1", "甲", tier="county", capabilities={"cash": 1}),
        Unit("u2", "乙", tier="county", county="沧线", capabilities={"cash": 1}),
        Unit("u3", "丙", scope_counties=("青县", "沧县"), capabilities={"cash": 1}),
        Unit("u4", "丁", industry_codes=("112", "0112", "6621", "1392", "ZZ")),
    )
    findings = check((), units, counties=(County("青县", "130922", ""),))
    assert find_one(findings, "check.county_unit_without_county").params["name"] == "甲（u1）"
    assert find_one(findings, "check.unknown_county").params["closest"] == "沧县"
    assert find_one(findings, "check.unit_no_capability").params["name"] == "丁（u4）"
    assert [f.params["code"] for f in findings if f.code == "check.unknown_industry"] == ["ZZ"]


def test_quotas_that_name_nobody():
    quota = (
        QuotaSetting(name="a", where={"village.county": "沧线", "unit.tier": "city"}, max=1),
        QuotaSetting(name="b", where={"village.type": (1, 2), "unit.unit_id": "u1"}, max=1),
    )
    units = (Unit("u1", tier="city"),)
    village = replace(make_village(), types=frozenset("1"))
    findings = check((village,), units, quota)
    assert [(f.params["quota"], f.params["value"]) for f in findings] == [("a", "沧线"), ("b", "2")]
    assert findings[0].params["closest"] == "沧县"


def test_order_of_records_does_not_matter():
    villages = [make_village(f"13092110020{k}", bas_residents=900 + k) for k in range(3)]
    units = [Unit(f"u{k}", tier="county") for k in range(3)]
    first = check_inputs(make_inputs(tuple(villages), tuple(units)))
    second = check_inputs(make_inputs(tuple(villages[::-1]), tuple(units[::-1])))
    assert first == second


def _locate(village, **columns):
    row = int(village.village_id[-3:])
    places = {field: Place("v.csv", "", row, column) for field, column in columns.items()}
    return replace(village, place=Place("v.csv", "", row), places=places)


def test_villages_of_one_code_name_one_county():
    good = [make_village(f"13098310020{k}", **_vary(k)) for k in range(3)]
    named = [replace(v, county="黄骅市") for v in good]
    slip = _locate(replace(make_village("130983101204"), county="黄骅"), county="县(市)")
    elsewhere = make_village("130921100201")
    error = find_one(check((*named, slip, elsewhere)), "check.county_differs")
    assert error.severity is Severity.ERROR
    assert (error.place.row, error.place.column) == (204, "县(市)")
    assert (error.params["county"], error.params["usual"]) == ("黄骅", "黄骅市")
    assert check((*named, elsewhere)) == []
    # One against one: the name that ends as a county's does is the remedy.
    assert find_one(check((named[0], slip)), "check.county_differs").params["usual"] == "黄骅市"


def test_other_ids_and_a_county_table_leave_the_codes_alone():
    texts = (Village("v1", county="黄骅"), Village("v2", county="黄骅市"))
    assert "check.county_differs" not in list_codes(check(texts))
    villages = (make_village("130983100201"), replace(make_village("130983100202"), county="青县"))
    table = (County("沧县", "130921", ""), County("青县", "130922", ""))
    assert "check.county_differs" not in list_codes(check(villages, counties=table))


def test_wishes_in_free_words_are_answered_with_needs():
    village = replace(make_village(), wishes=("road", "修路", "医疗"))
    note = find_one(check((village,)), "check.wish_unknown_close")
    assert note.severity is Severity.NOTE
    assert note.params["wishes"] == "修路；医疗"
    assert note.params["closest"] == "村内道路与田间路；医疗卫生"
    strange = replace(village, wishes=("hello",))
    assert find_one(check((strange,)), "check.wish_unknown").params["wishes"] == "hello"
    assert check((replace(village, wishes=("road", "health")),)) == []


def test_findings_on_units_name_their_column():
    columns = {"county": "所属县", "budget_low": "年度公益预算下限(万元)"}
    places = {field: Place("u.csv", "", 2, column) for field, column in columns.items()}
    unit = Unit("u1", county="沧线", budget_low=2, budget_high=1, places=places)
    findings = check((), (unit,))
    assert find_one(findings, "check.unknown_county").place.column == "所属县"
    assert find_one(findings, "check.budget_crossed").place == places["budget_low"]


def test_rows_without_an_id_of_their_own_are_checked_too():
    inputs = replace(
        make_inputs(),
        extra_units=(Unit("", "乙", county="沧线"),),
        extra_villages=(replace(make_village(), demand_min=3),),
    )
    errors = [f for f in check_inputs(inputs) if f.severity is Severity.ERROR]
    assert sorted(list_codes(errors)) == ["check.demand_crossed", "check.unknown_county"]
    assert find_one(errors, "check.unknown_county").params["name"] == "乙"
