"""The fields a rule may name, and what they are worth for units, villages and pairs."""

import math

import pytest
from tests.hooks.packs.pack_cases import (
    COUNTY,
    FIELDS,
    TAXONOMY,
    make_candidates,
    make_unit,
    make_village,
)

from pairmatch.domain.candidates import FULL
from pairmatch.domain.columns import UNIT_END, UNIT_START, VILLAGE_END
from pairmatch.domain.fields import (
    Field,
    FieldCatalogue,
    closest_fields,
    find_field,
    list_fields,
    name_with_side,
)
from pairmatch.domain.fieldvalues import describe_field, read_field
from pairmatch.domain.findings import Place
from pairmatch.domain.records import PreviousPair, Reading


def test_every_indicator_capability_and_need_is_a_field() -> None:
    wanted = {f"village.{i.indicator_id}" for i in TAXONOMY.indicators}
    wanted |= {f"capability.{c.capability_id}" for c in TAXONOMY.capabilities}
    wanted |= {f"{kind}.{n.need_id}" for n in TAXONOMY.needs for kind in ("deficit", "supply")}
    assert wanted <= set(FIELDS)


def test_every_column_is_a_field_or_left_out_for_a_reason() -> None:
    left_out = {"data_status", "wish_1", "wish_2", "wish_3"}
    columns = {f"village.{c.field}" for c in VILLAGE_END if c.field not in left_out}
    columns |= {f"unit.{c.field}" for c in (*UNIT_START, *UNIT_END) if c.field not in left_out}
    assert columns <= set(FIELDS)


def test_no_name_means_two_fields_of_one_side() -> None:
    for name, ids in FIELDS.spellings.items():
        sides = [FIELDS[field_id].side for field_id in ids]
        assert len(set(sides)) == len(sides), name


def test_catalogue_is_made_once() -> None:
    assert list_fields(TAXONOMY) is list_fields(TAXONOMY)


def test_catalogues_of_many_taxonomies_do_not_pile_up() -> None:
    from dataclasses import replace

    for _ in range(20):
        assert len(list_fields(replace(TAXONOMY))) == len(FIELDS)


@pytest.mark.parametrize(
    ("name", "field_id"),
    [
        ("village.bas_residents", "village.bas_residents"),
        ("常住人口", "village.bas_residents"),
        ("常住人口(人)", "village.bas_residents"),
        ("常住人口（人）", "village.bas_residents"),
        (" 常 住 人 口 ", "village.bas_residents"),
        ("村.常住人口", "village.bas_residents"),
        ("村．常住人口", "village.bas_residents"),
        ("４Ｇ弱信号户数", "village.tel_weak_signal_households"),
        ("60岁以上占比", "village.bas_over60_share"),
        ("受助村类型", "village.bas_type"),
        ("受助类型", "village.bas_type"),
        ("牺牲贡献等级", "village.contribution_grade"),
        ("困难程度等级(1-5)", "village.difficulty_grade"),
        ("乡镇", "village.township"),
        ("层级", "unit.tier"),
        ("单位.类别", "unit.kind"),
        ("行业代码", "unit.industry_codes"),
        ("年度公益预算上限(万元)", "unit.budget_high"),
        ("资金捐赠", "capability.cash"),
        ("缺口.住房安全保障", "deficit.con_housing"),
        ("供给.住房安全保障", "supply.con_housing"),
        ("距离", "pair.distance"),
        ("上一轮评定", "pair.previous_grade"),
        ("同县", "pair.same_county"),
        ("UNIT.TIER", "unit.tier"),
    ],
)
def test_names_of_fields(name: str, field_id: str) -> None:
    found = find_field(name, FIELDS)
    assert found is not None
    assert found.field_id == field_id


@pytest.mark.parametrize("name", ["", " ", "人口", "village", "不存在的", "x" * 10_000, "\0"])
def test_names_of_no_field(name: str) -> None:
    assert find_field(name, FIELDS) is None


def test_a_name_on_both_sides_needs_its_prefix() -> None:
    both = FieldCatalogue(
        Field(f"{side}.x", side, "number", "面积", "area", "亩")  # type: ignore[arg-type]
        for side in ("unit", "village")
    )
    assert find_field("面积", both) is None
    assert [name_with_side(field) for field in both.match("面积")] == ["单位.面积", "村.面积"]
    assert find_field("村.面积", both) == both["village.x"]
    assert find_field("单位.面积(亩)", both) == both["unit.x"]


def test_closest_names() -> None:
    assert closest_fields("人口", FIELDS)[:2] == ("常住人口", "户籍人口")
    assert closest_fields("unit.budget_hi", FIELDS)[0] == "unit.budget_high"
    assert closest_fields("", FIELDS) == ()
    assert closest_fields("龘" * 5000, FIELDS) == ()


# --- values ----------------------------------------------------------------------------------


def show(field_id: str, candidates: object) -> list[tuple[float | None, float, float, bool]]:
    values = read_field(FIELDS[field_id], candidates)  # type: ignore[arg-type]
    rows = zip(
        values.values.tolist(),
        values.low.tolist(),
        values.high.tolist(),
        values.is_known.tolist(),
        strict=True,
    )
    return [(None if math.isnan(v) else v, low, high, known) for v, low, high, known in rows]


VILLAGES = [
    make_village("v0", water_tap_share=50.5),
    make_village("v1", water_tap_share=None),
    make_village("v2", water_tap_share=70.0),
    make_village("v3"),
    make_village("v4", water_tap_share=Reading(None, 75.0, 90.0)),
    make_village("v5", water_tap_share=Reading(None, None, 40.0)),
]


@pytest.mark.parametrize(
    ("unknown", "open_value", "upper", "lower"),
    [
        ("county-median", 50.5, 75.0, 40.0),
        ("none", 100.0, 90.0, 40.0),
        ("full", 80.0, 80.0, 40.0),
        ("unmet", None, None, None),
    ],
)
def test_what_stands_in_for_an_unknown(
    unknown: str, open_value: float | None, upper: float | None, lower: float | None
) -> None:
    candidates = make_candidates([make_unit()], VILLAGES, unknown=unknown)
    assert show("village.water_tap_share", candidates) == [
        (50.5, 50.5, 50.5, True),
        (open_value, 0.0, 100.0, False),
        (70.0, 70.0, 70.0, True),
        (open_value, 0.0, 100.0, False),
        (upper, 75.0, 90.0, False),
        (lower, 0.0, 40.0, False),
    ]


def test_without_a_scale_or_known_values_nothing_stands_in() -> None:
    villages = [make_village("v0"), make_village("v1")]
    for unknown in ("county-median", "none", "full"):
        candidates = make_candidates([make_unit()], villages, unknown=unknown)
        assert show("village.bas_residents", candidates)[0] == (None, 0.0, 20_000.0, False)


def test_unit_fields() -> None:
    units = [
        make_unit("u0", budget_low=1.5, capabilities={"cash": 2}, team_size=3, credit_ok=True),
        make_unit("u1", credit_ok=False),
    ]
    candidates = make_candidates(units, [make_village()])
    assert show("unit.budget_low", candidates)[0] == (1.5, 1.5, 1.5, True)
    assert show("unit.budget_low", candidates)[1] == (None, 0.0, 1_000_000.0, False)
    assert [row[0] for row in show("unit.team_size", candidates)] == [3.0, None]
    # A capability that is not listed is not offered, which is known.
    assert show("capability.cash", candidates) == [(2, 2, 2, True), (0, 0, 0, True)]
    assert [row[0] for row in show("unit.credit_ok", candidates)] == [1.0, 0.0]
    assert show("unit.willing", candidates)[0] == (None, 0.0, 1.0, False)


def test_texts_and_sets() -> None:
    unit = make_unit("u0", tier="city", industry_codes=("C3660",), wishes=("v0",))
    villages = [
        make_village("v0", types=frozenset({"1", "3"}), township="甲镇", wishes=("road",)),
        make_village("v1", ind_specialty="sea_salt", bas_type=()),
        make_village("v2"),
    ]
    candidates = make_candidates([unit, make_unit("u1")], villages)

    def texts(field_id: str) -> tuple[object, ...]:
        return read_field(FIELDS[field_id], candidates).texts

    assert texts("unit.tier") == ("city", None)
    assert texts("unit.industry_codes") == (frozenset({"36", "366", "3660"}), None)
    assert texts("unit.wishes") == (frozenset({"v0"}), frozenset())
    assert texts("village.bas_type") == (frozenset({"1", "3"}), frozenset(), None)
    assert texts("village.township") == ("甲镇", None, None)
    assert texts("village.wishes") == (frozenset({"road"}), frozenset(), frozenset())
    assert texts("village.ind_specialty") == (None, "sea_salt", None)
    assert texts("village.name") == (None, None, None)


def test_needs_in_percent() -> None:
    candidates = make_candidates(
        [make_unit()], [make_village()], deficit=(1234, 1000, FULL), supply=3333
    )
    assert show("deficit.road", candidates) == [(12.34, 10.0, 100.0, False)]
    assert show("supply.road", candidates) == [(33.33, 33.33, 33.33, True)]


def test_pair_fields() -> None:
    units = [
        make_unit("u0", tier="city"),
        make_unit("u1", tier="county", county=COUNTY),
        make_unit("u2", tier="county"),
        make_unit("u3", tier="county", county="海兴县"),
    ]
    previous = [
        PreviousPair("u0", "v0", (2, 4, None)),
        PreviousPair("u1", "v0", (None,)),
        PreviousPair("u9", "v0", (1,)),
    ]
    candidates = make_candidates(
        units, [make_village("v0")], distances={("", COUNTY): 88.5}, previous=previous
    )
    assert show("pair.distance", candidates) == [
        (88.5, 88.5, 88.5, True),
        (0.0, 0.0, 0.0, True),
        (None, 0.0, 20_000.0, False),
        (None, 0.0, 20_000.0, False),
    ]
    assert [row[0] for row in show("pair.same_county", candidates)] == [0.0, 1.0, None, 0.0]
    assert [row[0] for row in show("pair.previous", candidates)] == [1.0, 1.0, 0.0, 0.0]
    grades = read_field(FIELDS["pair.previous_grade"], candidates)
    assert grades.is_known.tolist() == [True, False, True, True]
    assert grades.values[0] == 4
    assert (grades.low[1], grades.high[1]) == (1, 4)
    assert all(math.isnan(part[2]) for part in (grades.values, grades.low, grades.high))


# --- the ledger ------------------------------------------------------------------------------


def test_words_for_the_ledger() -> None:
    unit = make_unit(
        "u0", tier="city", industry_codes=("3660",), budget_high=2.5, place=Place("单位.xlsx")
    )
    village = make_village(
        "v0",
        bas_residents=Reading(800, place=Place("村.xlsx", row=3)),
        spo_court=1,
        types=frozenset({"1", "3"}),
        place=Place("别的.xlsx"),
    )
    previous = [PreviousPair("u0", "v0", (3,), Place("上轮.xlsx"))]
    candidates = make_candidates([unit], [village], previous=previous)

    def tell(field_id: str) -> tuple[str, str, str, str, str]:
        use = describe_field(FIELDS[field_id], candidates, 0)
        return use.label_zh, use.label_en, use.value, use.value_en, use.source

    assert tell("village.bas_residents") == (
        "常住人口（人）",
        "resident population",
        "800",
        "",
        "村.xlsx",
    )
    assert tell("village.spo_court")[2:] == ("是", "yes", "别的.xlsx")
    assert tell("village.bas_type")[2:4] == ("1、3", "1, 3")
    assert tell("unit.tier")[2:] == ("市级", "city", "单位.xlsx")
    assert tell("unit.industry_codes")[2:4] == ("3660", "")
    assert tell("unit.budget_high")[2] == "2.5"
    assert tell("unit.wishes")[2:4] == ("没有", "none")
    assert tell("unit.kind")[2:4] == ("没有填", "not known")
    assert tell("pair.previous_grade")[2:] == ("良", "3", "上轮.xlsx")
    assert tell("pair.previous")[2:] == ("是", "yes", "上轮.xlsx")
    assert tell("pair.same_county")[2:] == ("否", "no", "")
    assert tell("deficit.road")[2:4] == ("没有填，按 0 算", "not known: 0 is taken")
    assert tell("pair.distance")[2:4] == ("没有填", "not known")


def test_unknown_values_are_told_with_what_stands_in() -> None:
    candidates = make_candidates([make_unit()], VILLAGES)

    def tell(k: int) -> tuple[str, str]:
        use = describe_field(FIELDS["village.water_tap_share"], candidates, k)
        return use.value, use.value_en

    assert tell(1) == ("没有填，按 50.5 算", "not known: 50.5 is taken")
    assert tell(4) == (
        "没有填准（75–90），按 75 算",
        "not known exactly (75–90): 75 is taken",
    )
    previous = [PreviousPair("u0", "v0", (None,))]
    unrated = make_candidates([make_unit()], [make_village()], previous=previous)
    assert describe_field(FIELDS["pair.previous_grade"], unrated, 0).value == "没有填"
    nobody = make_candidates([make_unit()], [make_village()])
    grade = describe_field(FIELDS["pair.previous_grade"], nobody, 0)
    assert grade.value == "上一轮没有结过对"
    assert describe_field(FIELDS["unit.industry_codes"], nobody, 0).value == "没有填"
    assert describe_field(FIELDS["village.ind_specialty"], nobody, 0).value == "没有填"


@pytest.mark.parametrize("field_id", sorted(FIELDS))
def test_every_field_can_be_read_and_told(field_id: str) -> None:
    candidates = make_candidates([make_unit(), make_unit("u1", tier="city")], VILLAGES)
    field = FIELDS[field_id]
    sizes = {"unit": 2, "village": len(VILLAGES), "pair": 2 * len(VILLAGES)}
    values = read_field(field, candidates)
    assert len(values.is_known) == sizes[field.side]
    assert len(values.texts) == (sizes[field.side] if field.kind in {"text", "set"} else 0)
    use = describe_field(field, candidates, 5)
    assert use.label_zh
    assert use.label_en
    assert use.value
