"""Synthetic figures of one village: weak points first, then numbers that agree with them."""

from dataclasses import dataclass

from .draws import Draws
from .places import Place
from .sources import Row, read_reference
from .traits import COMMON_NEEDS, TRAITS, county_radius_km, list_local_specialties

Value = float | int | str | None
"""A figure as it would be typed: a number, a text (是/否, a name), or None for not known."""

WHOLE_UNITS = {"%", "元/年", "㎡", "亩", "吨"}
"""Units that councils give without decimals although fractions are allowed."""


@dataclass(frozen=True, slots=True)
class Profile:
    """All true figures of a village, before some of them are forgotten.

    `needs` is how weak the village is, 0 to 1 per need; `values` maps indicator ids to figures.
    """

    needs: dict[str, float]
    values: dict[str, Value]


def draw_profile(place: Place) -> Profile:
    """Return the synthetic figures of a village."""
    draws = Draws("village", place.code)
    backwardness = draws.between(0.2, 0.75)
    needs = _draw_needs(place, draws, backwardness)
    values: dict[str, Value] = {}
    for row in read_reference("village_indicators"):
        if row["full_need_at"]:
            values[row["indicator_id"]] = _draw_measure(row, needs[row["need_id"]], draws)
    _add_people_and_land(values, place, draws)
    _add_poverty(values, place, draws, backwardness)
    _add_heritage(values, draws)
    _add_specialty(values, place, draws)
    _keep_consistent(values)
    values["bas_type"] = _choose_types(values, needs)
    order = [row["indicator_id"] for row in read_reference("village_indicators")]
    return Profile(needs, {key: values[key] for key in order})


def _draw_needs(place: Place, draws: Draws, backwardness: float) -> dict[str, float]:
    """Make a few needs weak points of the village and leave the rest mostly in order."""
    odds = {
        row["need_id"]: COMMON_NEEDS.get(row["need_id"], 1.0)
        * TRAITS[place.county].needs.get(row["need_id"], 1.0)
        for row in read_reference("need_types")
    }
    weak = set(draws.pick_weighted(odds, draws.whole(5, 12)))
    needs: dict[str, float] = {}
    for need_id in odds:
        if need_id in weak:
            needs[need_id] = draws.between(0.55, 1.0)
        else:
            needs[need_id] = backwardness * draws.between(0, 1) * draws.between(0.2, 1)
    return needs


def _draw_measure(row: Row, need: float, draws: Draws) -> Value:
    """Return a figure whose deficit is near `need` on the indicator's own scale."""
    full, none = float(row["full_need_at"]), float(row["no_need_at"])
    level = need + draws.between(-0.18, 0.18)
    if row["value_type"] == "bool":
        return "否" if draws.chance(level) else "是"
    number = none + (full - none) * min(max(level, -0.15), 1.1)
    number = min(max(number, float(row["min"])), float(row["max"]))
    if row["value_type"] == "int" or row["unit"] in WHOLE_UNITS:
        return round(number)
    return round(number, 1)


def _add_people_and_land(values: dict[str, Value], place: Place, draws: Draws) -> None:
    traits = TRAITS[place.county]
    households = draws.whole(95, 260) + (draws.whole(0, 240) if draws.chance(0.35) else 0)
    population = round(households * draws.between(2.7, 3.5))
    values["bas_households"] = households
    values["bas_population"] = population
    values["bas_residents"] = round(population * draws.between(0.55, 0.97))
    values["bas_party_members"] = round(population * draws.between(0.025, 0.06))
    values["bas_farmland_mu"] = round(population * draws.between(*traits.mu_per_head))
    values["bas_saline_share"] = round(draws.between(*traits.saline))
    # Villages of one township lie at much the same distance from the county seat.
    reach = county_radius_km(place.county_code) * 1.35
    township_km = Draws("township", place.county, place.township).between(0.15, 1.0) * reach
    values["bas_km_to_county"] = round(max(1.0, township_km + draws.between(-2.5, 2.5)), 1)


def _add_poverty(values: dict[str, Value], place: Place, draws: Draws, backwardness: float) -> None:
    traits = TRAITS[place.county]
    poor = draws.chance(traits.poor + 0.3 * (backwardness - 0.45))
    households = _number(values["bas_households"])
    share = draws.between(0.08, 0.25) if poor else draws.between(0, 0.06)
    values["bas_former_poor_village"] = "是" if poor else "否"
    values["con_formerly_poor_households"] = round(households * share)
    loss = 7500 * backwardness + (1200 if poor else 0)
    income = traits.income + 2500 - loss + draws.between(-900, 900)
    values["bas_income_per_head"] = round(income / 10) * 10


def _add_heritage(values: dict[str, Value], draws: Draws) -> None:
    sites = draws.pick((0, 1, 1, 1, 2, 2, 3)) if draws.chance(0.9) else draws.whole(3, 5)
    values["her_sites"] = sites
    values["her_sites_poor_condition"] = min(sites, _whole(values["her_sites_poor_condition"]))
    levels = ("未定级", "未定级", "县保", "县保", "市保", "省保", "国保")
    values["her_site_level"] = draws.pick(levels) if sites else None
    few, many = (2, 40) if sites else (0, 9)
    values["her_martyrs"] = draws.whole(few, many) + (draws.whole(0, 60) if sites > 2 else 0)
    if not sites:
        # Without a site a village has at most a small room with its history.
        values["her_exhibit_m2"] = min(60, _whole(values["her_exhibit_m2"]))
    if not values["her_exhibit_m2"] and not sites:
        values["her_visitors_year"] = 0


def _add_specialty(values: dict[str, Value], place: Place, draws: Draws) -> None:
    # The county's first specialties are the common ones.
    specialties = list_local_specialties(place.county_code, place.county, place.township)
    weights = {name: 1 / (1 + 0.5 * idx) for idx, (_, name) in enumerate(specialties)}
    values["ind_specialty"] = draws.pick_weighted(weights, 1)[0]
    own = _number(values["bas_farmland_mu"]) / _number(values["bas_households"])
    area = _number(values["ind_specialty_mu_per_household"])
    values["ind_specialty_mu_per_household"] = round(min(area, 0.8 * own), 1)


def _keep_consistent(values: dict[str, Value]) -> None:
    """Bound counts of people, households and land by the village's size."""
    households = _number(values["bas_households"])
    population = _number(values["bas_population"])
    elderly = population * _number(values["bas_over60_share"]) / 100
    limits = {
        "con_monitored_unresolved": households * 0.05,
        "con_unsafe_houses": households * 0.05,
        "con_jobless_workers": population * 0.05,
        "pow_lowvolt_households": households * 0.4,
        "tel_weak_signal_households": households * 0.5,
        "health_chronic_patients": population * 0.3,
        "edu_aid_students": population * 0.06,
        "eld_alone": elderly * 0.6,
        "soc_lowincome_people": population * 0.12,
        "irr_waterlogged_mu": _number(values["bas_farmland_mu"]) * 0.5,
    }
    for key, limit in limits.items():
        values[key] = min(_whole(values[key]), int(limit))


def _choose_types(values: dict[str, Value], needs: dict[str, float]) -> str:
    """Return the types of the programme's plan: ① once poor, ② remote or ill-equipped, ③ industry.

    ① goes with a former poor village, ② with 20 km or more to the county seat or weak works and
    services, ③ with weak industry; a village that is none of these gets its weaker side.
    """
    areas = {row["need_id"]: row["area_id"] for row in read_reference("need_types")}

    def average(*wanted: str) -> float:
        found = [level for need_id, level in needs.items() if areas[need_id] in wanted]
        return sum(found) / len(found)

    works, industry = average("infrastructure", "services"), average("industry")
    types = ""
    if values["bas_former_poor_village"] == "是":
        types += "①"
    if works >= 0.36 or _number(values["bas_km_to_county"]) >= 20:
        types += "②"
    if industry >= 0.36:
        types += "③"
    return types or ("②" if works >= industry else "③")


def _number(value: Value) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"not a number: {value!r}")
    return value


def _whole(value: Value) -> int:
    return round(_number(value))
