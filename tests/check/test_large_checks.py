"""The checks of large tables find what the checks of the same records find."""

import random

import pytest
from tests.load.sheet_makers import check_sentences, list_codes, write_scenario
from tests.load.table_makers import order, read_in_columns, write_csv

from pairmatch.check.inputs import check_inputs
from pairmatch.domain.tables import UnitTable, VillageTable
from pairmatch.load.taxonomy import read_taxonomy

SETTINGS = """
[inputs]
counties = "counties.csv"

[objective]
levels = ["num_matched", "worst_county"]

[[quota]]
name = "电网"
where = { "unit.capability" = "power_grid", "village.type" = "3", "unit.tier" = "county" }
max = 3

[[quota]]
name = "粮油"
where = { "unit.industry" = ["13", "9999"], "village.township" = "镇1", "unit.unit_id" = "u1" }
max = 3
"""
ASKED = [i for i in read_taxonomy().indicators if i.value_type in ("int", "float", "bool")]
VILLAGE_CODES = {
    *("check.demand_crossed", "check.part_above_whole", "check.household_size"),
    *("check.farmland_per_head", "check.share_over_60", "check.clinic_without_area"),
    *("check.same_name", "check.copied_values", "check.wish_unknown", "check.wish_unknown_close"),
    *("check.village_incomplete", "check.county_incomplete", "check.goal_without_county"),
    *("check.capacity_crossed", "check.budget_crossed", "check.county_unit_without_county"),
    *("check.unknown_county", "check.unknown_industry", "check.unit_no_capability"),
    "check.quota_matches_none",
}
BY_TABLE = {"check.village_county", "check.county_by_code"}


def draw_village(k, rng, copied):
    """Draw a village that is sound in most ways, or has the figures of its township."""
    township = rng.randrange(12)
    number = rng.choice([k, k, k, 1])
    code = f"1309{rng.choice(['21', '23'])}1002{number:02d}" if k % 9 else ""
    county = {"21": "沧县", "23": "东光县"}.get(code[4:6], "沧县")
    county = rng.choice([county] * 6 + ["东光县", "青县", ""])
    row = [code, county, f"镇{township}", rng.choice(["北街村", f"村{k}", ""])]
    row += [rng.choice(["", "医疗卫生", "修路", "盖个戏台"]), rng.choice("0012"), rng.choice("112")]
    openness = rng.choice([0.05, 0.5])
    for indicator in ASKED:
        top = min(indicator.maximum or 1, 300)
        if township in copied:
            row.append(str(copied[township].get(indicator.indicator_id, "")))
        elif rng.random() < openness:
            row.append(rng.choice(["", "不详", "3—5"]))
        else:
            row.append(str(rng.choice([0, rng.randint(1, int(top)), int(top)])))
    return row


def draw_unit(k, rng):
    """Draw a unit whose numbers cross now and then."""
    county = rng.choice(["沧县", "东光县", "青县", "", "沧州"])
    codes = rng.choice(["1392", "99", "A01", "13、9999", ""])
    scope = rng.choice(["", "沧县、东光", "全市"])
    level, least, most = rng.choice(["", "0", "3"]), rng.choice("013"), rng.choice("112")
    low, high = rng.choice(["5", "", "20"]), rng.choice(["10", ""])
    tier = rng.choice(["市级", "县级", ""])
    return [
        f"u{k}" if k % 7 else "",
        f"单位{k}",
        tier,
        county,
        scope,
        codes,
        level,
        least,
        most,
        low,
        high,
    ]


def write_tables(folder, seed, with_counties):
    rng = random.Random(seed)
    copied = {t: {i.indicator_id: rng.randint(11, 60) for i in ASKED[:40]} for t in (3, 5)}
    head = ["village_id", "county", "township", "name", "wish_1", "demand_min", "demand_max"]
    villages = [draw_village(k, rng, copied) for k in range(99)]
    fields = ["unit_id", "name", "tier", "county", "scope_counties", "industry_codes", "cash"]
    fields += ["capacity_min", "capacity_max", "budget_low", "budget_high"]
    counties = "name_zh,county_code\n沧县,130921\n东光县,130923\n"
    settings = SETTINGS if with_counties else SETTINGS.replace('counties = "counties.csv"', "")
    files = {
        "scenario.toml": settings,
        "counties.csv": counties,
        "villages.csv": write_csv([[*head, *(i.indicator_id for i in ASKED)], *villages]),
        "units.csv": write_csv([fields, *(draw_unit(k, rng) for k in range(60))]),
    }
    return write_scenario(folder, files)


@pytest.mark.parametrize("with_counties", [True, False])
def test_both_ways_of_checking_find_the_same(tmp_path, with_counties):
    seen = set()
    for seed in range(6):
        folder = write_tables(tmp_path / str(seed), seed, with_counties)
        wanted, _ = read_in_columns(folder, 10**9)
        got, _ = read_in_columns(folder, 0)
        assert isinstance(got.villages, VillageTable)
        assert isinstance(got.units, UnitTable)
        told = check_inputs(wanted)
        assert order(check_inputs(got)) == order(told)
        check_sentences(told)
        seen |= set(list_codes(told))
    assert seen >= VILLAGE_CODES | (BY_TABLE if with_counties else {"check.county_differs"})
