"""The helper units: 14 named city units, 14 agribusinesses, 84 county units, and four that fail.

Names of the 14 are those under the programme's letter of 2021-10-19; all their figures are
assumptions. Every other unit is made up and says 合成 in its name.
"""

from dataclasses import dataclass, field, replace
from functools import cache

from .draws import Draws
from .indicators import Value
from .places import list_places
from .sources import Row, read_reference, read_source
from .trades import AGRIBUSINESSES, COUNTY_ROLES, LEADING_TRADES, Trade
from .villages import STATUS_HEADER, SYNTHETIC

MULTI = "、"
MEMBER, AGRIBUSINESS = "理事单位", "龙头企业"

LEADING_HEADERS = (
    "单位编号",
    "单位名称",
    "层级",
    "类别",
    "所属县",
    "帮扶范围",
    "行业代码",
)
TRAILING_HEADERS = (
    "年度公益预算下限(万元)",
    "年度公益预算上限(万元)",
    "团队人数(人)",
    "法人资信良好",
    "规模实力达标",
    "愿意参加",
    "社会影响力",
    "回避对象",
    "帮扶意愿",
    "不愿帮扶",
    "最少帮扶村数",
    "最多帮扶村数",
    STATUS_HEADER,
)


@dataclass(frozen=True, slots=True)
class UnitForm:
    """One unit's answers, as the unit table has them."""

    unit_id: str
    name: str
    tier: str
    kind: str
    county: str
    scope: str
    industries: tuple[str, ...]
    capabilities: dict[str, int]
    budget: tuple[int, int]
    team: int
    credit: str = "是"
    scale: str = "是"
    willing: str = "是"
    influence: str = "是"
    conflicts: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()
    refusals: tuple[str, ...] = field(default=())


def unit_headers() -> list[str]:
    """Return the headers of the unit table, in order."""
    names = [row["name_zh"] for row in read_reference("capability_types")]
    return [*LEADING_HEADERS, *names, *TRAILING_HEADERS]


def unit_cells(unit: UnitForm, capacity_min: int) -> list[Value]:
    """Return one unit's row under `unit_headers`."""
    levels = [
        unit.capabilities.get(row["capability_id"]) for row in read_reference("capability_types")
    ]
    return [
        unit.unit_id,
        unit.name,
        unit.tier,
        unit.kind,
        unit.county or None,
        unit.scope,
        MULTI.join(unit.industries),
        *levels,
        *unit.budget,
        unit.team,
        unit.credit,
        unit.scale,
        unit.willing,
        unit.influence or None,
        MULTI.join(unit.conflicts) or None,
        MULTI.join(unit.wishes) or None,
        MULTI.join(unit.refusals) or None,
        capacity_min,
        1,
        SYNTHETIC,
    ]


@cache
def list_city_units() -> tuple[UnitForm, ...]:
    """Return the 14 named units of the city, u01 to u14."""
    return tuple(_name_unit(row) for row in read_source("units_named"))


@cache
def list_agribusinesses() -> tuple[UnitForm, ...]:
    """Return one agribusiness a county; it counts as city tier and helps in its own county."""
    units: list[UnitForm] = []
    for county in read_source("cangzhou_counties"):
        trade = AGRIBUSINESSES[county["name_zh"]]
        unit = _make_unit(f"a{county['county_code']}", county["name_zh"], trade)
        units.append(replace(unit, tier="市级", kind=AGRIBUSINESS))
    return tuple(units)


@cache
def list_county_units() -> tuple[UnitForm, ...]:
    """Return the six units of each county, by the sectors of `demo_unit_mix.csv`."""
    units: list[UnitForm] = []
    for row in read_source("demo_unit_mix"):
        if row["tier"] != "county_unit":
            continue
        leading = row["sector_zh"] == "本县主导产业制造企业"
        division = row["gb4754_division"]
        trade = LEADING_TRADES[row["county"]] if leading else COUNTY_ROLES[division]
        suffix = "lead" if leading else division
        units.append(_make_unit(f"c{row['county_code']}-{suffix}", row["county"], trade))
    return tuple(units)


@cache
def list_failing_units() -> tuple[UnitForm, ...]:
    """Return four more units, each failing one condition of the programme."""
    materials = Trade("建材有限公司", ("51",), {"materials": (2, 3), "cash": (1, 2)})
    transport = Trade("运输服务部", ("54",), {"machinery": (1, 2), "volunteers": (1, 1)})
    training = Trade("职业技能培训学校", ("83", "8391"), {"skills_training": (3, 3)})
    landscape = Trade("园林绿化公司", ("78",), {"landscaping": (3, 3), "sanitation": (2, 3)})
    city = _make_unit("x01", "沧州", materials)
    return (
        replace(city, tier="市级", county="", scope="全市", credit="否"),
        replace(_make_unit("x02", "南皮县", transport), scale="否", budget=(0, 1), team=2),
        replace(_make_unit("x03", "河间市", training), willing="否"),
        replace(_make_unit("x04", "献县", landscape), conflicts=("献县",)),
    )


@cache
def list_units() -> tuple[UnitForm, ...]:
    """Return all 116 units of the scenario of 2026, with their wishes and refusals."""
    able = (*list_city_units(), *list_agribusinesses(), *list_county_units())
    return (*(_add_preferences(unit) for unit in able), *list_failing_units())


def _name_unit(row: Row) -> UnitForm:
    pairs = (pair.split(":") for pair in row["a_capability_profile"].split("|"))
    return UnitForm(
        unit_id=row["unit_id"],
        name=row["f_name_zh"],
        tier="市级",
        kind=MEMBER,
        county="",
        scope="全市",
        industries=(row["a_gb4754_class"],),
        capabilities={capability: int(level) for capability, level in pairs},
        budget=(
            int(row["a_budget_low_wan_per_year"]),
            int(row["a_budget_high_wan_per_year"]),
        ),
        team=int(row["a_team_people"]),
    )


def _make_unit(unit_id: str, county: str, trade: Trade) -> UnitForm:
    draws = Draws("unit", unit_id)
    low = draws.whole(*trade.budget)
    levels = {key: draws.whole(*bounds) for key, bounds in trade.capabilities.items()}
    for extra in draws.pick_weighted({"student_aid": 1, "volunteers": 1, "publicity": 0.5}, 1):
        levels.setdefault(extra, 1)
    return UnitForm(
        unit_id=unit_id,
        name=f"{county}{trade.name}（合成）",
        tier="县级",
        kind=MEMBER,
        county=county,
        scope=county,
        industries=trade.industries,
        capabilities={key: level for key, level in levels.items() if level},
        budget=(low, low * draws.whole(2, 4)),
        team=draws.whole(2, 6),
        # A few units have not said how well they are known: unknown, not a no.
        influence="" if draws.chance(0.05) else "是",
    )


def _add_preferences(unit: UnitForm) -> UnitForm:
    """Let some units name villages they would like, must avoid or would rather not take."""
    draws = Draws("preferences", unit.unit_id)
    scope = [place for place in list_places() if unit.county in ("", place.county)]
    codes = [place.code for place in draws.shuffle(scope)]
    counties = [row["name_zh"] for row in read_source("cangzhou_counties")]
    wishes: tuple[str, ...] = ()
    if unit.county and draws.chance(0.3):
        wishes = tuple(codes[: draws.whole(1, 2)])
    elif not unit.county and draws.chance(0.6):
        wishes = tuple(draws.shuffle(counties)[:2])
    refusals = (codes[5],) if draws.chance(0.06) else ()
    conflicts = (codes[6],) if draws.chance(0.05) else ()
    return replace(unit, wishes=wishes, refusals=refusals, conflicts=conflicts)
