"""What the made-up units do for a living and can therefore give; all of it assumption."""

from dataclasses import dataclass

Levels = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade: the unit's name after its county, its industry codes, what it can give.

    `capabilities` gives the range of the level per capability, `budget` the range of the lower
    end of the yearly budget (万元).
    """

    name: str
    industries: tuple[str, ...]
    capabilities: Levels
    budget: tuple[int, int] = (3, 10)


GIVING: Levels = {"cash": (1, 2), "purchase": (0, 2)}

FOOD: Levels = {
    "contract_farming": (2, 3),
    "processing": (2, 3),
    "agri_tech": (1, 2),
    "jobs": (1, 2),
    **GIVING,
}
LIVESTOCK: Levels = {"contract_farming": (2, 3), "agri_tech": (2, 3), "jobs": (1, 2), **GIVING}
WORKSHOPS: Levels = {"jobs": (2, 3), "workshop": (2, 3), "skills_training": (1, 2), **GIVING}
METALWORK: Levels = {**WORKSHOPS, "materials": (1, 3)}

COUNTY_ROLES = {
    "66": Trade(
        "农商行",
        ("66", "6621"),
        {
            "credit": (2, 3),
            "finance_point": (2, 3),
            "public_welfare_jobs": (0, 2),
            "management": (0, 1),
            **GIVING,
        },
        (5, 15),
    ),
    "84": Trade(
        "县级医院",
        ("84", "8411"),
        {
            "medical_service": (2, 3),
            "medical_training": (1, 3),
            "medical_equipment": (1, 2),
            "elder_care": (1, 3),
            "volunteers": (1, 2),
        },
        (2, 6),
    ),
    "44": Trade(
        "供电公司",
        ("44", "4420"),
        {
            "power_grid": (2, 3),
            "lighting": (1, 3),
            "solar": (1, 3),
            "public_welfare_jobs": (0, 2),
            **GIVING,
        },
        (5, 20),
    ),
    "47": Trade(
        "建筑公司",
        ("47", "4710"),
        {
            "construction": (2, 3),
            "design": (1, 2),
            "machinery": (1, 3),
            "materials": (0, 2),
            "landscaping": (0, 2),
            "water_works": (0, 2),
            "cash": (1, 2),
        },
        (4, 15),
    ),
    "52": Trade(
        "商超公司",
        ("52", "5212"),
        {
            "retail_channel": (2, 3),
            "purchase": (1, 3),
            "elder_care": (0, 2),
            "sports_goods": (0, 2),
            "publicity": (0, 2),
            "jobs": (0, 2),
            "cash": (1, 1),
        },
        (2, 8),
    ),
}
"""The five sectors that every county has, by GB/T 4754 division."""

LEADING_TRADES = {
    "沧县": Trade("食品制造厂", ("14",), {**WORKSHOPS, "processing": (1, 2)}),
    "青县": Trade("电子机箱厂", ("33",), METALWORK),
    "东光县": Trade("包装机械厂", ("35", "3467"), METALWORK),
    "海兴县": Trade(
        "光伏发电公司",
        ("44", "4416"),
        {"solar": (3, 3), "lighting": (1, 2), "power_grid": (1, 1), "jobs": (1, 2), **GIVING},
    ),
    "盐山县": Trade("管道装备厂", ("33", "3352"), METALWORK),
    "肃宁县": Trade("针纺服装厂", ("18",), WORKSHOPS),
    "南皮县": Trade("五金机电厂", ("33",), METALWORK),
    "吴桥县": Trade(
        "杂技文化公司",
        ("88",),
        {"culture": (3, 3), "publicity": (2, 3), "heritage": (1, 2), "jobs": (1, 2), **GIVING},
    ),
    "献县": Trade("金属制品厂", ("33",), METALWORK),
    "孟村回族自治县": Trade("弯头管件厂", ("33", "3352"), METALWORK),
    "泊头市": Trade("铸造模具厂", ("35", "3525"), METALWORK),
    "任丘市": Trade(
        "电线电缆厂", ("38", "3831"), {**WORKSHOPS, "lighting": (1, 2), "solar": (0, 2)}
    ),
    "黄骅市": Trade("汽车零部件厂", ("36", "3670"), {"jobs": (2, 3), **WORKSHOPS}),
    "河间市": Trade("再制造公司", ("42",), METALWORK),
}

AGRIBUSINESSES = {
    "沧县": Trade("红枣加工企业", ("14", "1373"), FOOD),
    "青县": Trade("乳业企业", ("14", "1441"), FOOD),
    "东光县": Trade("粮油加工企业", ("13",), FOOD),
    "海兴县": Trade("水产养殖企业", ("04", "0411"), LIVESTOCK),
    "盐山县": Trade("面粉加工企业", ("13",), FOOD),
    "肃宁县": Trade("裘皮养殖企业", ("19", "1931"), {**WORKSHOPS, "contract_farming": (2, 3)}),
    "南皮县": Trade("蛋鸡养殖企业", ("03", "0321"), LIVESTOCK),
    "吴桥县": Trade("面制品企业", ("14",), FOOD),
    "献县": Trade("肉鸭加工企业", ("13",), FOOD),
    "孟村回族自治县": Trade("清真肉类企业", ("13", "1353"), FOOD),
    "泊头市": Trade("鸭梨加工储藏企业", ("13", "1373"), FOOD),
    "任丘市": Trade("粮油企业", ("13",), FOOD),
    "黄骅市": Trade("水产加工企业", ("13", "1361"), FOOD),
    "河间市": Trade("驴肉食品企业", ("14", "1353"), FOOD),
}
"""One leading agribusiness a county, by the sectors of `demo_unit_mix.csv`."""
