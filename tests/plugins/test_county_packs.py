"""孟村 and 南皮: points of hand-computed pairs, and the packs' own examples."""

import pytest
from tests.plugins.county_rules import Ends, find_sources, make_unit, make_village, score
from tests.score.score_cases import read_demo

from pairmatch.hooks.packs import check_examples
from pairmatch.load.packs import read_pack

ELBOW, HALAL = "elbow_fittings", "halal_beef_sheep"
HARDWARE, SOLAR, HENS = "hardware_mechatronics", "pv_solar", "layer_hens"


@pytest.mark.parametrize(
    ("rule", "specialty", "unit", "points"),
    [
        ("mengcun.elbow", ELBOW, make_unit("33 3352"), 3.5),
        ("mengcun.elbow", ELBOW, make_unit("33", workshop=2), 2.5),
        ("mengcun.elbow", ELBOW, make_unit("4710", jobs=2, skills_training=1), 2.5),
        ("mengcun.elbow", ELBOW, make_unit("4511", jobs=1), 1.5),
        ("mengcun.elbow", ELBOW, make_unit("8411"), 0),
        ("mengcun.elbow", HALAL, make_unit("3352"), 0),
        ("mengcun.halal_food", HALAL, make_unit("13 1353", processing=2), 3),
        ("mengcun.halal_food", HALAL, make_unit("14", contract_farming=2), 2),
        ("mengcun.halal_food", HALAL, make_unit("5212", retail_channel=3), 1.5),
        ("mengcun.halal_food", HALAL, make_unit("5212", retail_channel=1), 0),
        ("nanpi.hardware", HARDWARE, make_unit("33"), 2.5),
        ("nanpi.hardware", HARDWARE, make_unit("18", workshop=2), 1.5),
        ("nanpi.hardware", HARDWARE, make_unit("47", jobs=3, skills_training=1), 1.5),
        ("nanpi.hardware", HARDWARE, make_unit("47", jobs=3), 0),
        ("nanpi.hardware", SOLAR, make_unit("33"), 0),
        ("nanpi.solar", SOLAR, make_unit("6621", credit=3), 2),
        ("nanpi.solar", SOLAR, make_unit("6920", credit=1, guarantee=3), 2),
        ("nanpi.solar", HENS, make_unit("4420", solar=3, power_grid=3), 0),
        ("nanpi.hens", HENS, make_unit("03 0321", contract_farming=2), 1),
        ("nanpi.hens", HENS, make_unit("03", contract_farming=3, retail_channel=3), 1.5),
        ("nanpi.hens", HENS, make_unit("52", retail_channel=2), 0.5),
        ("nanpi.hens", HARDWARE, make_unit("03", contract_farming=3), 0),
    ],
)
def test_points_by_specialty(rule, specialty, unit, points):
    plugin = rule.partition(".")[0]
    ends, _reason = score(rule, unit, make_village(plugin, specialty))
    assert ends == Ends(points, points, points)
    # What is not known gives nothing, and the bounds hold what it may come to.
    unknown, _reason = score(rule, unit, make_village(plugin))
    assert unknown.points == unknown.low == 0
    assert unknown.high >= points


@pytest.mark.parametrize(
    ("income", "ends"),
    [
        (20.0, Ends(1, 1, 1)),  # (3 + 3) / 6
        (3.0, Ends(4, 4, 4)),  # 1 + 3
        (11.5, Ends(2.5, 2.5, 2.5)),  # half of the way from 20 to 3
    ],
)
def test_solar_counts_more_where_collective_income_is_short(income, ends):
    village = make_village("nanpi", SOLAR, ind_collective_income_wan=income)
    assert score("nanpi.solar", make_unit("4420", solar=3, power_grid=3), village)[0] == ends


def test_solar_is_an_interval_where_collective_income_is_not_known():
    unit, village = make_unit("4420", solar=3, power_grid=3), make_village("nanpi", SOLAR)
    ends, _reason = score("nanpi.solar", unit, village)
    assert (ends.low, ends.high) == (1, 4)


@pytest.mark.parametrize(
    ("township", "values", "unit", "points"),
    [
        ("高寨镇", {"eld_canteen_seats_per100": 0.0}, make_unit("52", elder_care=1), 1.5),
        ("高寨镇", {"eld_canteen_seats_per100": 12.0}, make_unit("52", elder_care=1), 0),
        ("宋庄子乡", {"eld_canteen_seats_per100": 0.0}, make_unit("52", elder_care=1), 0),
        ("高寨镇", {"ind_storage_tonnes": 0.0}, make_unit("13 1353"), 1),
        ("高寨镇", {"ind_storage_tonnes": 200.0}, make_unit("13 1353"), 0),
    ],
)
def test_hui_townships_like_what_their_tables_need(township, values, unit, points):
    known = {"eld_alone": 60.0, "bas_over60_share": 40.0, "ind_processing_share": 0.0}
    if values.get("eld_canteen_seats_per100") == 12.0 or "ind_storage_tonnes" in values:
        known |= {"eld_alone": 5.0, "bas_over60_share": 15.0, "eld_canteen_seats_per100": 12.0}
    if values.get("ind_storage_tonnes") != 0.0:
        known |= {"ind_processing_share": 40.0}
    village = make_village("mengcun", None, township, **{**known, **values})
    assert score("mengcun.halal_canteen", unit, village)[0].points == points


@pytest.mark.parametrize("name", ["mengcun", "nanpi"])
def test_own_examples_come_out_as_written(name):
    pack, findings = read_pack(find_sources()[name])
    assert pack is not None
    assert not findings
    assert len(pack.examples) >= 12
    assert {rule for example in pack.examples for rule in example.expected} == {
        rule.local_id for rule in pack.rules
    }
    assert check_examples(pack, read_demo().taxonomy) == ()


def test_the_workbook_uses_bands_formulas_and_and_or():
    pack, _findings = read_pack(find_sources()["nanpi"])
    assert pack is not None
    rows = [row for rule in pack.rules for row in rule.rows]
    assert any(row.formula for row in rows)
    assert any(len(row.alternatives) > 1 for row in rows)
    assert any(len(group) > 1 for row in rows for group in row.alternatives)
    operators = {c.operator for row in rows for group in row.alternatives for c in group}
    assert "between" in operators
