"""任丘市: points of hand-computed pairs."""

import pytest
from tests.plugins.county_rules import Ends, make_unit, make_village, score


def village(specialty=None):
    return make_village("renqiu", specialty)


@pytest.mark.parametrize(
    ("unit", "points"),
    [
        (make_unit("11"), 3),
        (make_unit("0710"), 3),
        (make_unit("B11", jobs=3), 3),
        (make_unit("33 3352"), 2.5),
        (make_unit("35"), 2.5),
        (make_unit("33"), 0),
        (make_unit("38", skills_training=2, jobs=2), 2),
        (make_unit("47", machinery=3), 1.5),
        (make_unit("52", jobs=2), 1),
        (make_unit("52", jobs=1), 0),
    ],
)
def test_oil_villages_like_oil_trades_then_equipment_then_people(unit, points):
    ends, _reason = score("renqiu.oil_services", unit, village("oil_gas_services"))
    assert ends == Ends(points, points, points)
    ends, reason = score("renqiu.oil_services", unit, village())
    assert ends == Ends(0, 0, points)
    assert "没有填" in reason
    assert score("renqiu.oil_services", unit, village("wire_cable"))[0] == Ends(0, 0, 0)


@pytest.mark.parametrize(
    ("rule", "specialty", "unit", "points"),
    [
        ("wire_cable", "wire_cable", make_unit("38 3831"), 2.5),
        ("wire_cable", "wire_cable", make_unit("4420"), 1.5),
        ("wire_cable", "wire_cable", make_unit("4710"), 1.5),
        ("wire_cable", "wire_cable", make_unit("8411"), 0),
        ("motorcycle_parts", "motorcycle_parts", make_unit("37"), 2.5),
        ("motorcycle_parts", "motorcycle_parts", make_unit("3670"), 2.5),
        ("motorcycle_parts", "motorcycle_parts", make_unit("38", workshop=2), 2),
        ("motorcycle_parts", "motorcycle_parts", make_unit("52", retail_channel=3), 1),
        ("motorcycle_parts", "motorcycle_parts", make_unit("52", workshop=1), 0),
    ],
)
def test_workshop_villages_like_their_trade(rule, specialty, unit, points):
    ends, reason = score(f"renqiu.{rule}", unit, village(specialty))
    assert ends == Ends(points, points, points)
    if unit.industry_codes[0] in ("4420", "4710", "37", "3670"):
        assert unit.industry_codes[0] in reason
    assert score(f"renqiu.{rule}", unit, village("oil_gas_services"))[0].points == 0
    ends, reason = score(f"renqiu.{rule}", unit, village())
    assert ends.points == 0
    assert "没有填" in reason
