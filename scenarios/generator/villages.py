"""The village table: profiles with gaps, grades and wishes, as rows under the form's headers."""

from dataclasses import dataclass
from functools import cache

from .draws import Draws
from .indicators import Profile, Value, draw_profile
from .places import Place, list_places
from .sources import Row, read_reference

ID_HEADERS = ("区划代码", "县(市)", "乡镇", "村名")
GRADE_HEADERS = ("牺牲贡献等级(1-5)", "困难程度等级(1-5)")
WISH_HEADERS = ("最想办的事1", "最想办的事2", "最想办的事3")
DEMAND_HEADERS = ("最少帮扶单位数", "最多帮扶单位数")
STATUS_HEADER = "数据性质"
SYNTHETIC = "合成"

ALWAYS_KNOWN = {"bas_households", "bas_population", "bas_former_poor_village", "bas_type"}
HARD_TO_KNOW = {
    "bas_saline_share",
    "con_unsold_value",
    "water_old_pipe_share",
    "irr_hsf_share",
    "pow_kva_per_household",
    "tel_weak_signal_households",
    "health_chronic_patients",
    "sew_treated_share",
    "ind_credit_household_share",
    "ind_visitors_year",
    "her_oral_records",
    "her_visitors_year",
}

FREE_WISHES = (
    "给老人们建个活动的地方",
    "把村北的坑塘治理好",
    "请专家来村里讲讲种植技术",
    "把村里的老物件和老故事整理出来",
    "盼着年轻人能在家门口上班",
)


@dataclass(frozen=True, slots=True)
class VillageForm:
    """One village's answers: every indicator (None is not known), grades and wishes."""

    place: Place
    needs: dict[str, float]
    values: dict[str, Value]
    contribution_grade: int
    difficulty_grade: int
    wishes: tuple[str, ...]


def indicator_header(row: Row) -> str:
    """Return the header of an indicator: its name and, if it has a real unit, the unit."""
    if row["value_type"] in ("int", "float"):
        return f"{row['name_zh']}({row['unit']})"
    return row["name_zh"]


def village_headers() -> list[str]:
    """Return the headers of the village table, in order."""
    indicators = [indicator_header(row) for row in read_reference("village_indicators")]
    return [
        *ID_HEADERS,
        *indicators,
        *GRADE_HEADERS,
        *WISH_HEADERS,
        *DEMAND_HEADERS,
        STATUS_HEADER,
    ]


def village_cells(form: VillageForm, demand_min: int) -> list[Value]:
    """Return one village's row under `village_headers`."""
    place = form.place
    return [
        place.code,
        place.county,
        place.township,
        place.name,
        *form.values.values(),
        form.contribution_grade,
        form.difficulty_grade,
        *form.wishes,
        demand_min,
        1,
        SYNTHETIC,
    ]


@cache
def list_villages() -> tuple[VillageForm, ...]:
    """Return the forms of all candidate villages, sorted by code."""
    return tuple(_fill_form(place) for place in list_places())


def _fill_form(place: Place) -> VillageForm:
    profile = draw_profile(place)
    draws = Draws("form", place.code)
    return VillageForm(
        place=place,
        needs=profile.needs,
        values=_forget_some(profile.values, draws),
        contribution_grade=_grade_contribution(profile.values, draws),
        difficulty_grade=_grade_difficulty(profile, draws),
        wishes=_choose_wishes(profile, draws),
    )


def _forget_some(values: dict[str, Value], draws: Draws) -> dict[str, Value]:
    """Leave answers out: about one in ten, more where a figure is hard to come by."""
    rate = draws.between(0.06, 0.15)
    kept: dict[str, Value] = {}
    for key, value in values.items():
        odds = rate * (1.9 if key in HARD_TO_KNOW else 0.8)
        known = key in ALWAYS_KNOWN or not draws.chance(odds)
        kept[key] = value if known else None
    return kept


def _grade_contribution(values: dict[str, Value], draws: Draws) -> int:
    martyrs, sites = values["her_martyrs"], values["her_sites"]
    if not isinstance(martyrs, int) or not isinstance(sites, int):
        raise TypeError("martyrs and sites are counts")
    points = martyrs / 14 + sites * 0.45 + draws.between(0.2, 1.3)
    return min(max(round(points), 1), 5)


def _grade_difficulty(profile: Profile, draws: Draws) -> int:
    average = sum(profile.needs.values()) / len(profile.needs)
    poor = 0.8 if profile.values["bas_former_poor_village"] == "是" else 0.0
    return min(max(round(average * 8.5 + poor + draws.between(-0.7, 0.7)), 1), 5)


def _choose_wishes(profile: Profile, draws: Draws) -> tuple[str, ...]:
    """Return the worst needs, now and then a lesser one or words of the villagers' own."""
    names = {row["need_id"]: row["name_zh"] for row in read_reference("need_types")}
    worst = sorted(profile.needs, key=lambda need_id: -profile.needs[need_id])
    wishes = [names[need_id] for need_id in worst[:3]]
    if draws.chance(0.25):
        wishes[2] = names[worst[draws.whole(3, 7)]]
    if draws.chance(0.06):
        wishes[draws.whole(1, 2)] = draws.pick(FREE_WISHES)
    return tuple(wishes)
