"""Each built-in rule on cases worked out by hand; (low, points, high) out of 10,000."""

import numpy as np
import pytest
from tests.score.score_cases import (
    between,
    contribute,
    known,
    list_candidates,
    make_indicator,
    make_inputs,
    make_need,
    make_taxonomy,
    show,
)

from pairmatch.domain.candidates import FULL
from pairmatch.domain.findings import Place
from pairmatch.domain.inputs import ExternalScores
from pairmatch.domain.records import PreviousPair, Reading, Unit, Village
from pairmatch.domain.taxonomy import AffinityLink, Specialty
from pairmatch.hooks.manager import collect_builtin_rules
from pairmatch.solvers.affinity import measure_affinities

ALL = (0, 5000, FULL)


def _all(points):
    return (points,) * 3


# --- need coverage ---------------------------------------------------------------------------

WATER = make_taxonomy(
    [make_need("water", "a"), make_need("road", "a"), make_need("crop", "b")],
    [make_indicator(f"i_{n}", n, 10, 0) for n in ("water", "road", "crop")],
    {("cash", "water"): 6000, ("cash", "road"): 3000, ("pipes", "water"): 9000},
)


def _sheet(water, road, crop):
    readings = {"i_water": water, "i_road": road, "i_crop": crop}
    return {name: reading for name, reading in readings.items() if reading is not None}


@pytest.mark.parametrize(
    ("capabilities", "sheet", "wanted"),
    [
        ({}, (known(8), known(4), known(0)), _all(0)),
        ({"cash": 3}, (known(8), known(4), known(0)), _all(7500)),
        ({"cash": 1}, (known(8), known(4), known(0)), _all(2500)),
        ({"cash": 3, "pipes": 3}, (known(8), known(4), known(0)), _all(9167)),
        ({"cash": 3}, (known(8), known(4), known(3)), _all(5000)),
        ({"cash": 3}, (known(0), known(0), known(0)), _all(0)),
        ({"cash": 3}, (between(4, 8), known(4), known(0)), (7500, 8889, 9000)),
        ({"cash": 3}, (known(6), known(2), None), (2857, 4444, FULL)),
    ],
)
def test_coverage(capabilities, sheet, wanted):
    inputs = make_inputs(
        [Unit("u", capabilities=capabilities)],
        [Village("v", indicators=_sheet(*sheet))],
        WATER,
        scoring={"area_cap": "1"},
    )
    assert show(contribute("need_coverage", inputs)) == [wanted]


def test_coverage_names_the_needs_it_meets():
    place = Place("甲县.xlsx")
    inputs = make_inputs(
        [Unit("u", capabilities={"cash": 3}), Unit("w")],
        [
            Village("v1", indicators=_sheet(known(8), None, known(3)), place=place),
            Village("v2", indicators=_sheet(known(0), known(0), known(0))),
        ],
        WATER,
    )
    contribution = contribute("need_coverage", inputs)
    reason = contribution.reasons[0]
    assert reason.zh == "本村的短板，单位大约能补上 38%，主要是：water号"
    assert reason.en == "can close about 38% of the weighted shortfall, mainly: water en"
    assert [(f.value, f.source, f.value_en) for f in reason.fields] == [
        ("村里缺 80%，单位能补 60%", "甲县.xlsx", "missing 80%, the unit can give 60%")
    ]
    assert contribution.reasons[1].zh == "村情表上没有短板"
    assert contribution.reasons[2].zh == "村里的短板，单位的长处暂时补不上"
    assert contribution.reasons[2].fields == ()


# --- industry affinity -----------------------------------------------------------------------


def _link(code, specialty_id, weight):
    return AffinityLink(code, specialty_id, "", weight, "")


TRADES = make_taxonomy(
    specialties=[
        Specialty("pear", "鸭梨", "Ya pear", "0151"),
        Specialty("jujube", "红枣", "Jujube", "0153"),
        Specialty("salt", "海盐", "Sea salt", "1030"),
        Specialty("glass", "玻璃", "Glass", "3057"),
    ],
    affinities=[
        _link("13", "pear", 9000),
        _link("1494", "salt", 8000),
        _link("14", "jujube", 7000),
    ],
    industries={"13": "农副食品加工业", "14": "食品制造业", "1494": "盐加工"},
)


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("13", {"pear": 9000, "jujube": 6000}),
        ("1361", {"pear": 9000, "jujube": 6000}),
        ("136", {"pear": 9000, "jujube": 6000}),
        ("14", {"jujube": 7000, "pear": 4000, "salt": 5000}),
        ("1494", {"salt": 8000, "jujube": 4000, "pear": 1000}),
        ("1411", {"jujube": 7000, "pear": 4000, "salt": 5000}),
        ("66", {}),
        ("", {}),
    ],
)
def test_affinity_is_what_is_left_of_the_shortest_path(code, wanted):
    found = measure_affinities(TRADES, [code, code])
    assert {name: share for (_code, name), share in found.items()} == wanted


def test_the_strongest_of_double_links_counts_whatever_their_order():
    for weights in ((3000, 9000), (9000, 3000)):
        taxonomy = make_taxonomy(
            specialties=TRADES.specialties, affinities=[_link("13", "pear", w) for w in weights]
        )
        assert measure_affinities(taxonomy, ["13"])["13", "pear"] == 9000


def test_without_links_there_is_no_affinity():
    assert measure_affinities(make_taxonomy(), ["13"]) == {}
    assert measure_affinities(make_taxonomy(specialties=TRADES.specialties), ["13"]) == {}


def _grows(village_id, specialty_id, county="甲县"):
    readings = {"ind_specialty": Reading(specialty_id)} if specialty_id else {}
    return Village(village_id, county=county, indicators=readings)


def _trade(units, villages, policy="county-median"):
    return make_inputs(units, villages, TRADES, scoring={"unknown": policy})


@pytest.mark.parametrize(
    ("codes", "specialty_id", "wanted"),
    [
        (("13",), "pear", 9000),
        (("66", "13"), "pear", 9000),
        (("1494", "14"), "jujube", 7000),
        (("66",), "pear", 0),
        (("13",), "glass", 0),
    ],
)
def test_a_unit_counts_by_its_best_industry(codes, specialty_id, wanted):
    inputs = _trade([Unit("u", industry_codes=codes)], [_grows("v", specialty_id)])
    assert show(contribute("industry_affinity", inputs)) == [_all(wanted)]


@pytest.mark.parametrize(
    ("policy", "wanted"), [("county-median", 6000), ("none", 0), ("full", 9000)]
)
@pytest.mark.parametrize("answer", [None, "一种没有的特产"])
def test_an_unknown_specialty_is_an_interval(policy, wanted, answer):
    villages = [_grows("v1", "pear"), _grows("v2", "jujube"), _grows("v3", answer)]
    villages += [_grows("v4", "glass", "乙县"), _grows("v5", answer, "丙县")]
    found = show(
        contribute(
            "industry_affinity", _trade([Unit("u", industry_codes=("13",))], villages, policy)
        )
    )
    assert found[2] == found[4] == (0, wanted, 9000)


@pytest.mark.parametrize(
    ("policy", "wanted"), [("county-median", 4000), ("none", 0), ("full", FULL)]
)
def test_a_unit_without_industry_takes_the_middle_of_the_others(policy, wanted):
    units = [Unit("u1", industry_codes=("13",)), Unit("u2", industry_codes=("14",))]
    units += [Unit("u3", industry_codes=("66",)), Unit("u4")]
    found = show(contribute("industry_affinity", _trade(units, [_grows("v", "pear")], policy)))
    assert found == [_all(9000), _all(4000), _all(0), (0, wanted, FULL)]


@pytest.mark.parametrize(("policy", "wanted"), [("county-median", 5000), ("none", 0)])
def test_where_nobody_answers_the_affinity_is_a_guess(policy, wanted):
    found = show(contribute("industry_affinity", _trade([Unit("u")], [_grows("v", None)], policy)))
    assert found == [(0, wanted, FULL)]


def test_affinity_reasons():
    units = [
        Unit("u1", industry_codes=("66", "1361")),
        Unit("u2"),
        Unit("u3", industry_codes=("1494", "99")),
    ]
    villages = [_grows("v1", "pear"), _grows("v2", None)]
    describe = contribute("industry_affinity", _trade(units, villages)).reasons.__getitem__
    assert describe(0).zh == "单位的行业“农副食品加工业”与村里的特色产业“鸭梨”相近程度 90%"
    assert describe(0).en == "industry 1361 (GB/T 4754) and specialty Ya pear: affinity 90%"
    assert describe(1).zh == "村里的特色产业：没有填，按中间水平算，为 90%"
    assert describe(2).zh.startswith("单位的行业：没有填，按中间水平算，与特色产业“鸭梨”")
    assert describe(4).zh.startswith("单位的行业“盐加工”")
    assert describe(0).fields[0].value_en == "Ya pear"


# --- scale against difficulty ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "grade", "wanted"),
    [
        (10.0, 10.0, 1, _all(FULL)),
        (10.0, 10.0, 5, _all(0)),
        (200.0, 900.0, 5, _all(FULL)),
        (0.0, 5.0, 3, _all(5000)),
        (60.0, 150.0, 3, _all(FULL)),
        (105.0, None, 4, _all(7500)),
        (None, 57.5, 1, _all(7500)),
        (None, None, 1, (0, 5000, FULL)),
        (None, None, 4, (2500, 7500, FULL)),
        (57.5, 57.5, None, (2500, 7500, FULL)),
        (None, None, None, (0, FULL, FULL)),
    ],
)
def test_scale_meets_difficulty(low, high, grade, wanted):
    unit, village = (
        Unit("u", budget_low=low, budget_high=high),
        Village("v", difficulty_grade=grade),
    )
    assert show(contribute("scale_difficulty", make_inputs([unit], [village]))) == [wanted]


def test_an_unknown_difficulty_takes_its_countys_middle():
    villages = [Village(f"v{g}", county="甲县", difficulty_grade=g) for g in (1, 2, 5)]
    villages += [Village("v8", county="甲县"), Village("v9", county="乙县")]
    unit = Unit("u", budget_low=10.0, budget_high=10.0)
    found = show(contribute("scale_difficulty", make_inputs([unit], villages)))
    assert found == [_all(FULL), _all(7500), _all(0), (0, 7500, FULL), (0, 7500, FULL)]


def test_difficulty_reasons():
    units = [Unit("u1", budget_low=7.0, budget_high=28.5), Unit("u2")]
    villages = [Village("v1", difficulty_grade=3), Village("v2")]
    describe = contribute("scale_difficulty", make_inputs(units, villages)).reasons.__getitem__
    assert describe(0).zh == "单位一年的公益预算：7–28.5 万元；村里的困难程度：3 级（5 级最难）"
    assert describe(0).en == (
        "yearly budget of the unit: 7–28.5 × 10,000 yuan; difficulty of the village: 3 of 5"
    )
    assert describe(3).zh == (
        "单位一年的公益预算：没有填，按中间水平算；村里的困难程度：没有填，按中间水平算"
    )
    assert [use.value for use in describe(3).fields] == ["—", "—"]


def test_a_large_budget_is_shown_as_it_was_filled_in():
    unit = Unit("u1", budget_low=123456.78, budget_high=1000000.0)
    describe = contribute(
        "scale_difficulty", make_inputs([unit], [Village("v1")])
    ).reasons.__getitem__
    assert describe(0).fields[0].value == "123456.78–1000000"


# --- village priority ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("types", "contribution", "difficulty", "wanted"),
    [
        ("123", 5, 5, _all(FULL)),
        ("1", 1, 1, _all(1111)),
        ("23", 3, 4, _all((6666 + 5000 + 7500) // 3)),
        ("1", None, 1, (1111, 2777, 4444)),
        ("1", None, None, (1111, 4444, 7777)),
    ],
)
def test_priority(types, contribution, difficulty, wanted):
    village = Village(
        "v",
        types=frozenset(types),
        contribution_grade=contribution,
        difficulty_grade=difficulty,
    )
    inputs = make_inputs([Unit("u1"), Unit("u2")], [village])
    assert show(contribute("village_priority", inputs)) == [wanted] * 2


@pytest.mark.parametrize(
    ("reading", "wanted"),
    [(Reading(()), _all(3333)), (Reading(None), (3333, 5000, 6666)), (None, (3333, 5000, 6666))],
)
def test_no_types_is_none_only_if_the_sheet_says_so(reading, wanted):
    readings = {"bas_type": reading} if reading else {}
    village = Village("v", indicators=readings, contribution_grade=1, difficulty_grade=5)
    contribution = contribute("village_priority", make_inputs([Unit("u")], [village]))
    assert show(contribution) == [wanted]
    said = "都不是" if wanted[0] == wanted[2] else "没有填，按中间水平算"
    assert contribution.reasons[0].zh == f"牺牲贡献：1 级；困难程度：5 级；受助村类型：{said}"


def test_priority_reasons():
    villages = [
        Village("v1", types=frozenset("13"), contribution_grade=2, difficulty_grade=4),
        Village("v2", types=frozenset("1")),
    ]
    describe = contribute(
        "village_priority", make_inputs([Unit("u")], villages)
    ).reasons.__getitem__
    assert describe(0).zh == "牺牲贡献：2 级；困难程度：4 级；受助村类型：第 1、3 类"
    assert describe(0).en == "contribution: 2 of 5; difficulty: 4 of 5; types: 1, 3"
    assert describe(1).en == (
        "contribution: not known: a middle value is taken; "
        "difficulty: not known: a middle value is taken; types: 1"
    )


# --- proximity -------------------------------------------------------------------------------

KM = {("", "甲县"): 25.0, ("甲县", "乙县"): 100.0, ("乙县", "甲县"): 140.0, ("", "丙县"): 33.33}


@pytest.mark.parametrize(
    ("unit", "county", "wanted"),
    [
        (Unit("u", tier="city"), "甲县", _all(7500)),
        (Unit("u"), "丙县", _all(6667)),
        (Unit("u", tier="county", county="甲县"), "甲县", _all(FULL)),
        (Unit("u", tier="county", county="甲县"), "乙县", _all(0)),
        (Unit("u", county="乙县"), "甲县", _all(0)),
        (Unit("u", county="乙县"), "丁县", ALL),
        (Unit("u", tier="county"), "甲县", ALL),
        (Unit("u"), "", ALL),
    ],
)
def test_proximity(unit, county, wanted):
    inputs = make_inputs([unit], [Village("v", county=county)], distances=KM)
    assert show(contribute("proximity", inputs)) == [wanted]


@pytest.mark.parametrize(("policy", "wanted"), [("none", 0), ("full", FULL)])
def test_unknown_distances_follow_the_policy(policy, wanted):
    inputs = make_inputs([Unit("u")], [Village("v")], scoring={"unknown": policy})
    assert show(contribute("proximity", inputs)) == [(0, wanted, FULL)]


def test_proximity_reasons():
    units = [Unit("u1", county="甲县"), Unit("u2"), Unit("u3", county="戊县")]
    inputs = make_inputs(units, [Village("v", county="甲县")], distances=KM)
    describe = contribute("proximity", inputs).reasons.__getitem__
    assert (describe(0).zh, describe(0).en) == ("单位和村同在甲县", "both in 甲县")
    assert describe(1).zh == "从市区到甲县，驻地直线距离 25 公里"
    assert describe(1).en == "25 km (great circle) from the city seat to the seat of 甲县"
    assert describe(2).zh == "两地距离：没有填，按中间水平算"


# --- continuity and rotation -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("grades", "wanted"),
    [
        ((4, 4, 4), _all(FULL)),
        ((1, 1), _all(0)),
        ((2, 3, 4), _all(6666)),
        ((4, None), (5000, FULL, FULL)),
        ((1, None, None, 3), (1666, 3333, 6666)),
        ((None, None), ALL),
        ((), ALL),
    ],
)
def test_continuity_is_the_mean_evaluation(grades, wanted):
    pairs = [
        PreviousPair("u2", "v1", grades),
        PreviousPair("u9", "v1", (4,)),
        PreviousPair("u1", "v9", (4,)),
    ]
    units, villages = [Unit("u1"), Unit("u2")], [Village("v1"), Village("v2")]
    inputs = make_inputs(units, villages, previous=pairs)
    assert show(contribute("continuity", inputs)) == [_all(0), _all(0), wanted, _all(0)]
    rotation = show(contribute("rotation", inputs))
    assert rotation == [_all(FULL), _all(FULL), _all(0), _all(FULL)]


def test_history_reasons():
    pairs = [PreviousPair("u", "v1", (4, None, 1)), PreviousPair("u", "v2")]
    villages = [Village("v1"), Village("v2"), Village("v3")]
    inputs = make_inputs([Unit("u")], villages, previous=pairs)
    keep = contribute("continuity", inputs).reasons.__getitem__
    assert keep(0).zh == "上一轮就是对子，历年评定：优、未评、差；评得好的加分"
    assert keep(0).en == (
        "a pair in the cycle before; yearly evaluations: excellent, not evaluated, poor; "
        "good ones count for it"
    )
    assert keep(1).zh == "上一轮就是对子，历年评定没有填，按中间水平算"
    assert keep(2).zh == "上一轮没有结过对"
    rotate = contribute("rotation", inputs).reasons.__getitem__
    assert rotate(0).zh == "上一轮就是对子；按轮换的要求，这一轮不加分"
    assert rotate(2).en == "not a pair in the cycle before"
    assert rotate(1).fields[0].value == "未评"


# --- wishes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit_wishes", "village_wishes", "wanted"),
    [
        ((), (), 0),
        (("v",), (), 5000),
        (("甲县",), (), 2500),
        (("甲县", "v"), (), 5000),
        (("乙县", "v2"), (), 0),
        ((), ("water", "road", "crop"), (3 * 6000 + 2 * 3000) // 6 // 2),
        ((), ("crop", "把井修好", "water"), 500),
        (("v",), ("water",), 6500),
        ((), ("crop", "crop", "crop", "water"), 0),
    ],
)
def test_wishes(unit_wishes, village_wishes, wanted):
    unit = Unit("u", wishes=unit_wishes, capabilities={"cash": 3})
    village = Village("v", county="甲县", wishes=village_wishes)
    inputs = make_inputs([Unit("a"), unit], [village], WATER)
    assert show(contribute("wishes", inputs)) == [_all(0), _all(wanted)]


def test_wish_reasons():
    units = [Unit("u1"), Unit("u2", wishes=("v1",)), Unit("u3", wishes=("甲县",))]
    units += [Unit("u4", wishes=("乙县",))]
    villages = [Village("v1", county="甲县", wishes=("water", "把井修好")), Village("v2")]
    describe = contribute("wishes", make_inputs(units, villages, WATER)).reasons.__getitem__
    wish = "村里最想办的事：water号、“把井修好”"
    assert [describe(k).zh for k in (0, 2, 4, 6)] == [
        f"{wish}；单位没有填想去哪里",
        f"{wish}；单位想来这个村",
        f"{wish}；单位想来甲县",
        f"{wish}；单位填的是想去别处",
    ]
    assert describe(1).zh == "村里最想办的事：没有填；单位没有填想去哪里"
    assert describe(2).en == (
        "the village wishes for: water en, “把井修好”; the unit asked for this village"
    )


# --- external scores -------------------------------------------------------------------------


def test_external_scores_are_looked_up_for_any_part_of_the_pairs():
    index = np.array([0, 0, 1], dtype=np.int32), np.array([0, 1, 0], dtype=np.int32)
    scores = ExternalScores(*index, np.array([1234, -50, 7]), "打分.csv")
    inputs = make_inputs([Unit("a"), Unit("b")], [Village("v"), Village("w")], scores=scores)
    contribution = contribute("external_scores", inputs, 0)
    assert show(contribution) == [_all(1234), _all(-50), _all(7)]
    values = [contribution.reasons[k].fields[0].value for k in range(3)]
    assert values == ["12.34", "-0.5", "0.07"]
    assert contribution.reasons[0].zh == "按外部评分表（打分.csv）给分"


def test_without_an_external_table_the_rule_gives_nothing():
    inputs = make_inputs([Unit("a")], [Village("v")])
    contribution = contribute("external_scores", inputs)
    assert show(contribution) == [_all(0)]
    assert contribution.reasons[0].zh == "没有外部评分"


@pytest.mark.parametrize(
    "rule_id",
    [rule.rule_id for rule in collect_builtin_rules() if rule.bounded],
)
def test_no_rule_stumbles_over_empty_tables(rule_id):
    for units, villages in (([], []), ([Unit("u")], []), ([], [Village("v")])):
        inputs = make_inputs(units, villages, TRADES)
        assert len(list_candidates(inputs)) == 0
        assert show(contribute(rule_id, inputs)) == []
    assert len(show(contribute(rule_id, make_inputs([Unit("u")], [Village("v")])))) == 1
