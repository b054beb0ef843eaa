"""What makes the synthetic figures of a county plausible: salt, income, size, common needs."""

import math
from dataclasses import dataclass, field

from .sources import read_reference, read_source


@dataclass(frozen=True, slots=True)
class Traits:
    """Rough features of a county; all of them assumptions for a demonstration.

    `saline` is the range of the share of saline land (%), `income` the usual income per head
    (元/年), `poor` the share of former poor villages, `mu_per_head` the range of farmland, and
    `needs` raises (above 1) or lowers the odds that a need is one of a village's weak points.
    """

    saline: tuple[float, float]
    income: int
    poor: float
    mu_per_head: tuple[float, float]
    needs: dict[str, float] = field(default_factory=dict)


TRAITS = {
    "沧县": Traits((10, 30), 20000, 0.15, (1.2, 2.6), {"processing": 1.8, "marketing": 1.6}),
    "青县": Traits((5, 20), 20500, 0.1, (1.2, 2.4), {"marketing": 1.8, "skills": 1.6}),
    "东光县": Traits((5, 20), 18500, 0.15, (1.3, 2.6), {"nonfarm": 1.6, "sewage": 1.5}),
    "海兴县": Traits((45, 80), 15500, 0.45, (1.8, 4.2), {"irrigation": 2.4, "con_jobs": 1.8}),
    "盐山县": Traits((25, 55), 17000, 0.4, (1.4, 3.0), {"irrigation": 2.0, "con_monitor": 1.6}),
    "肃宁县": Traits((0, 6), 19500, 0.1, (1.0, 2.0), {"sewage": 1.8, "nonfarm": 1.5}),
    "南皮县": Traits((8, 25), 17500, 0.4, (1.3, 2.6), {"collective_income": 1.8, "power": 1.5}),
    "吴桥县": Traits((2, 12), 17500, 0.2, (1.4, 2.8), {"tourism": 2.0, "elderly": 1.5}),
    "献县": Traits((3, 12), 17500, 0.25, (1.1, 2.2), {"red_education": 1.8, "processing": 1.5}),
    "孟村回族自治县": Traits((15, 35), 19000, 0.2, (0.9, 2.0), {"culture": 1.6, "skills": 1.5}),
    "泊头市": Traits((3, 12), 19500, 0.12, (1.2, 2.4), {"processing": 2.0, "marketing": 1.5}),
    "任丘市": Traits((0, 8), 21500, 0.06, (0.9, 1.9), {"elderly": 1.6, "appearance": 1.5}),
    "黄骅市": Traits(
        (35, 70), 20500, 0.12, (1.5, 3.8), {"irrigation": 2.0, "heritage_display": 1.6}
    ),
    "河间市": Traits((0, 8), 20000, 0.1, (1.0, 2.0), {"heritage_repair": 1.8, "road": 1.5}),
}

COMMON_NEEDS = {
    "road": 1.6,
    "sewage": 1.6,
    "elderly": 1.6,
    "collective_income": 1.6,
    "lighting": 1.3,
    "toilet": 1.2,
    "health": 1.3,
    "irrigation": 1.2,
    "water_supply": 0.7,
    "telecom": 0.6,
    "internet": 0.7,
    "con_housing": 0.6,
    "education": 0.8,
    "social_security": 0.7,
}
"""How usual a weak point is in the whole prefecture; a need not listed counts 1."""


SEASIDE = {"黄骅市": ("南排河镇", "羊二庄镇")}
"""Townships by the sea, from memory, where a county says it of its specialties: see `AT_SEA`."""

AT_SEA = ("sea_salt", "marine_aquaculture", "marine_fishery")
"""Specialties that only villages by the sea can live on."""


def list_specialties(county_code: str) -> list[tuple[str, str]]:
    """Return the specialties of a county as (id, Chinese name), the main ones first."""
    names = {row["specialty_id"]: row["name_zh"] for row in read_reference("specialties")}
    for row in read_source("cangzhou_counties"):
        if row["county_code"] == county_code:
            return [(key, names[key]) for key in row["specialties"].split("|")]
    raise KeyError(county_code)


def list_local_specialties(county_code: str, county: str, township: str) -> list[tuple[str, str]]:
    """Return the specialties that fit a township: by the sea those of the sea, inland the rest."""
    everywhere = list_specialties(county_code)
    if county not in SEASIDE:
        return everywhere
    by_the_sea = township in SEASIDE[county]
    return [pair for pair in everywhere if (pair[0] in AT_SEA) == by_the_sea]


def county_radius_km(county_code: str) -> float:
    """Return the radius of a circle as large as the county."""
    for row in read_source("cangzhou_counties"):
        if row["county_code"] == county_code:
            return math.sqrt(float(row["area_km2_outline"]) / math.pi)
    raise KeyError(county_code)
