"""黄骅市: points of hand-computed pairs."""

import pytest
from tests.plugins.county_rules import (
    COUNTIES,
    Ends,
    make_unit,
    make_village,
    open_all,
    refuse,
    score,
)
from tests.score.score_cases import read_demo

from pairmatch.plan.works import Catalogue, size_work


def village(specialty=None, **values):
    return make_village("huanghua", specialty, **values)


@pytest.mark.parametrize(
    ("unit", "points"),
    [
        (make_unit("1494"), 2),
        (make_unit("C14 C1494"), 2),
        (make_unit("1030"), 2),
        (make_unit("5125"), 2),
        (make_unit("26"), 1),
        (make_unit("5211", salt_products=2), 1),
        (make_unit("5211", salt_products=1), 0),
        (make_unit("14"), 0),
        (make_unit(), 0),
    ],
)
def test_salt_villages_like_salt_units(unit, points):
    ends, _reason = score("huanghua.salt", unit, village("sea_salt"))
    assert ends == Ends(points, points, points)
    assert score("huanghua.salt", unit, village("alfalfa"))[0].points == 0


@pytest.mark.parametrize("rule", ["salt", "jujube"])
def test_no_points_where_the_specialty_is_not_filled_in_and_the_reason_says_so(rule):
    unit = make_unit("1494 1373", processing=3, retail_channel=3)
    ends, reason = score(f"huanghua.{rule}", unit, village())
    assert ends.points == 0
    assert "没有填" in reason


@pytest.mark.parametrize(
    ("unit", "points"),
    [
        (make_unit("1361", processing=3), 2),
        (make_unit("04"), 2),
        (make_unit("0411"), 2),
        (make_unit("59"), 1.5),
        (make_unit("13", processing=2), 1.5),
        (make_unit("6820"), 1),
        (make_unit("5211", retail_channel=2), 1),
        (make_unit("5211", retail_channel=1), 0),
    ],
)
def test_fishing_villages_like_fish_trades_and_what_the_catch_needs(unit, points):
    ends, _reason = score("huanghua.fishery", unit, village("marine_fishery"))
    assert ends == Ends(points, points, points)
    by_the_sea = village(None, township="羊二庄镇")
    ends, reason = score("huanghua.fishery", unit, by_the_sea)
    assert ends == Ends(0, 0, points)
    assert "没有填" in reason
    assert score("huanghua.fishery", unit, village(None, township="常郭镇"))[0] == Ends(0, 0, 0)
    assert score("huanghua.fishery", unit, village("sea_salt"))[0] == Ends(0, 0, 0)


@pytest.mark.parametrize(
    ("unit", "tonnes", "points"),
    [
        (make_unit("13", processing=3), 0, 1.5),
        (make_unit("13", processing=2), 54, 1.1),  # 1.5 x 146 / 200 = 1.095
        (make_unit("13", processing=2), 176, 0.18),
        (make_unit("13", processing=2), 200, 0),
        (make_unit("13", processing=1), 54, 0),
        (make_unit("5123"), 100, 0.75),
        (make_unit("13", processing=3, contract_farming=3), 100, 1.75),
        (make_unit("5212", retail_channel=3), 100, 1),
        (make_unit("5212", retail_channel=1), 100, 0),
        (make_unit("13", processing=3, contract_farming=2), None, 1),
    ],
)
def test_jujube_villages_like_the_cold_chain_they_lack_and_sales(unit, tonnes, points):
    jujube = village("winter_jujube", ind_storage_tonnes=tonnes)
    ends, reason = score("huanghua.jujube", unit, jujube)
    assert ends == Ends(points, points, points)
    if tonnes is None:
        assert "没有填" in reason
    elif unit.capabilities.get("processing", 0) > 1:
        assert f"{tonnes:g} 吨" in reason
    assert score("huanghua.jujube", unit, village("alfalfa", ind_storage_tonnes=0))[0].points == 0


@pytest.mark.parametrize(
    ("share", "levels", "ends"),
    [
        (60.0, {"water_works": 2}, Ends(0.8, 0.8, 0.8)),
        (60.0, {"water_works": 1, "agri_tech": 3}, Ends(1.2, 1.2, 1.2)),
        (100.0, {"agri_tech": 3}, Ends(2, 2, 2)),
        (0.0, {"agri_tech": 3}, Ends(0, 0, 0)),
        (65.0, {"water_works": 1}, Ends(0.43, 0.43, 0.43)),  # 65 x 1 x 2 / 300 = 0.4333
        (60.0, {"construction": 3}, Ends(0, 0, 0)),
        (None, {"water_works": 3}, Ends(0, 0, 2)),
        ((30.0, 60.0), {"water_works": 3}, Ends(0, 0, 1.2)),
    ],
)
def test_saline_land_times_water_works_or_advice(share, levels, ends):
    saline = village(None) if share is None else village(None, bas_saline_share=share)
    found, reason = score("huanghua.saline_land", make_unit("47", **levels), saline)
    assert found == ends
    if "construction" not in levels:
        assert ("没有填" in reason) == (not isinstance(share, float))


GAS = {"gas_heating": 3, "cash": 2}


@pytest.mark.parametrize(
    ("levels", "values", "is_refused"),
    [
        (GAS, {"heat_clean_share": 95.0}, True),
        (GAS, {"heat_clean_share": 94.0}, False),
        (GAS, {}, False),
        (GAS, {"heat_clean_share": (90.0, 100.0)}, False),
        ({**GAS, "cash": 3}, {"heat_clean_share": 100.0}, False),
        ({"gas_heating": 2}, {"heat_clean_share": 100.0}, False),
        ({}, {"heat_clean_share": 100.0}, False),
        ({"network": 3, "digital": 3}, {"net_broadband_share": 96.0, "net_platform": 1.0}, True),
        ({"network": 3, "digital": 3}, {"net_broadband_share": 96.0, "net_platform": 0.0}, False),
        ({"network": 3, "digital": 3}, {"net_broadband_share": 96.0}, False),
        ({"network": 3, "digital": 2}, {"net_broadband_share": 96.0}, True),
    ],
)
def test_a_unit_is_left_to_others_where_all_it_is_best_at_is_done(levels, values, is_refused):
    reason = refuse("huanghua.idle_offer", make_unit("45", **levels), village(None, **values))
    assert bool(reason) == is_refused
    if is_refused:
        shares = [f"{value:g}%" for value in values.values() if value > 1]
        assert all(share in reason for share in shares)


# --- its own actions


def read_actions():
    return {action.action_id: action for action in open_all().actions}


def size(action_id, **values):
    catalogue = Catalogue((*read_demo().actions, *open_all().actions), read_demo().taxonomy)
    return size_work(read_actions()[action_id], village(**values), catalogue, 2)


def test_two_actions_of_its_own_for_its_own_villages():
    actions = read_actions()
    assert list(actions) == ["huanghua.cold_store", "huanghua.drain_pipes"]
    for action in actions.values():
        assert (action.plugin, action.county) == ("huanghua", COUNTIES["huanghua"])
        assert action.basis == "assumption" and action.version and action.author
        assert action.action_id not in {a.action_id for a in read_demo().actions}


def test_drain_pipes_are_as_long_as_there_is_land_that_floods():
    work = size("huanghua.drain_pipes", irr_waterlogged_mu=430)
    assert sum(stage.quantity for stage in work.stages) == 5  # 430 / 100, rounded up
    assert work.state_after(4) == 30
    most = size("huanghua.drain_pipes", irr_waterlogged_mu=5000)
    assert sum(stage.quantity for stage in most.stages) == 8
    assert size("huanghua.drain_pipes", irr_waterlogged_mu=0) == "plan.reason_no_deficit"
    assert size("huanghua.drain_pipes") == "plan.reason_unknown"


@pytest.mark.parametrize(("kva", "first"), [(1.5, ["a11"]), (None, ["a11"]), (2.0, []), (3.5, [])])
def test_cold_rooms_wait_for_power_where_there_is_too_little(kva, first):
    known = {} if kva is None else {"pow_kva_per_household": kva}
    work = size("huanghua.cold_store", ind_storage_tonnes=60, **known)
    assert sum(stage.quantity for stage in work.stages) == 3  # (200 - 60) / 50
    assert [p.action_id for p in work.needed_first] == first


def test_the_readme_states_the_costs_of_the_code():
    from tests.plugins.test_county_plugins import PLUGINS

    text = (PLUGINS / "huanghua" / "README.md").read_text(encoding="utf-8")
    for action in read_actions().values():
        costs = f"{action.cost_low}、{action.cost_typ}、{action.cost_high} 万元"
        [row] = [line for line in text.splitlines() if f"| `{action.action_id}` " in line]
        assert costs in row and f"{action.duration_months} 个月" in row and action.name_zh in row
