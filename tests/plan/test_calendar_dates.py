"""The official events as dates: those of 2021 as they were, other cycles and launches."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import ALL_CASES
from tests.plan.calendar_cases import (
    MEMBERS,
    build_official,
    find_last,
    list_official_dates,
    make_cycle,
    make_event,
)

from pairmatch.domain.calendar import Members
from pairmatch.domain.daterules import Cycle
from pairmatch.load.duties import read_official_events
from pairmatch.plan.calendar import (
    build_duties,
    find_share,
    group_duties,
    is_in_year,
    list_helpers,
)

SEED = Cycle(2021, 2025, date(2021, 10, 19))


@st.composite
def draw_cycles(draw):
    first = draw(st.integers(2000, 2100))
    last = first + draw(st.integers(0, 11))
    launch = draw(st.dates(date(first - 1, 1, 1), date(first, 12, 31)))
    return Cycle(first, last, launch)


def test_the_dates_of_2021():
    duties = build_official(SEED)
    assert find_last(duties, "k05") == [date(2021, 10, 19)]
    assert find_last(duties, "k06") == [date(2021, 11, 19)]
    assert find_last(duties, "k07") == [date(2021, 11, 15)]  # 11月中旬前
    assert find_last(duties, "k08") == [date(2021, 12, 31)]  # 2021年底前
    assert find_last(duties, "k17")[0] == date(2021, 12, 15)
    assert find_last(duties, "k18") == [date(y, 12, 31) for y in range(2021, 2026)]  # 每年年底
    assert find_last(duties, "k21") == [date(2022, 12, 31), date(2024, 12, 31)]  # 二年一次
    assert find_last(duties, "k22") == [date(2025, 12, 31)]  # 五年总结表彰


def test_the_package_has_the_24_events_as_the_programme_words_them():
    events = {event.event_id: event for event in read_official_events()}
    assert sorted(events) == [f"k{n:02d}" for n in range(1, 25)]
    assert events["k16"].after == ("k15",)
    assert events["k18"].after == ("k17",)
    assert "11月中旬前由领导带队" in events["k07"].quote
    assert [k for k, e in events.items() if not e.rule.is_dated] == ["k23"]
    assert all(e.name_en and e.document and e.basis for e in events.values())


@pytest.mark.parametrize("first", [2021, 2026, 2031])
@pytest.mark.parametrize("length", [1, 3, 5, 10])
def test_dates_agree_with_those_counted_by_hand(first, length):
    cycle = make_cycle(first, first + length - 1)
    duties = build_official(cycle)
    for event_id, days in list_official_dates(cycle).items():
        assert find_last(duties, event_id) == days, event_id


@settings(max_examples=1000 if ALL_CASES else 100, deadline=None)
@given(draw_cycles())
def test_dates_agree_with_those_counted_by_hand_for_any_launch(cycle):
    duties = build_official(cycle)
    for event_id, days in list_official_dates(cycle).items():
        assert find_last(duties, event_id) == days, (event_id, cycle)


@pytest.mark.parametrize(
    ("launch", "expected"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2026, 8, 31), date(2026, 9, 30)),
        (date(2026, 12, 31), date(2027, 1, 31)),
        (date(2028, 2, 29), date(2028, 3, 29)),
    ],
)
def test_a_month_after_a_launch_at_the_end_of_a_month(launch, expected):
    duties = build_official(Cycle(launch.year, launch.year + 4, launch))
    assert find_last(duties, "k06") == [expected]
    [visit] = find_last(duties, "k07")
    assert (visit.day, visit.month) == (15, expected.month)


def test_the_29th_of_february_is_the_28th_in_other_years():
    event = make_event("x", "every-02-29")
    duties = build_duties([event], MEMBERS, make_cycle(2027, 2029))
    assert find_last(duties, "x") == [date(2028, 2, 29), date(2029, 2, 28)]


def test_who_owes_what():
    duties = build_official(make_cycle())
    owners = {}
    for duty in duties:
        owners.setdefault(duty.event.event_id, []).append((duty.owner_id, duty.village_ids))
    assert owners["k08"] == [("u2", ("v3",)), ("u1", ("v1",)), ("u2", ("v2",))]
    assert sorted(set(owners["k15"])) == [("乙县", ()), ("甲县", ())]
    assert owners["k05"] == [("", ())]
    assert len({duty.duty_id for duty in duties}) == len(duties)


def test_without_pairs_all_units_take_part():
    members = Members(counties=("甲县",), units={"u1": "", "u2": ""}, unit_counties={"u1": "甲县"})
    assert list(list_helpers(members)) == [("u1", "甲县", ()), ("u2", "", ())]
    duties = build_official(make_cycle(), members)
    assert {d.owner_id for d in duties if d.event.event_id == "k08"} == {"u1", "u2"}


def test_a_unit_without_a_pair_owes_nothing_beside_those_with_one():
    assert not [d for d in build_official(make_cycle()) if d.owner_id == "u3"]


def test_departments_can_owe_something():
    event = make_event("d", "Y2-03-31", "departments")
    duties = build_duties([event], MEMBERS, make_cycle())
    assert [d.owner_id for d in duties] == ["d1", "d2"]


def test_a_county_moves_a_date_for_itself_alone():
    moved = make_event("k08", "Y1-11-30", "units", county="甲县")
    added = make_event("x1", "every-05-04", county="甲县")
    duties = build_official(make_cycle(), more=(moved, added))
    assert find_last(duties, "k08", "u1") == [date(2026, 11, 30)]
    assert find_last(duties, "k08", "u2") == [date(2026, 11, 30), date(2026, 12, 31)]
    assert {d.owner_id for d in duties if d.event.event_id == "x1"} == {"甲县"}
    assert find_last(duties, "x1") == [date(y, 5, 4) for y in range(2027, 2031)]
    others = [d for d in duties if d.county == "乙县"]
    assert others == [d for d in build_official(make_cycle()) if d.county == "乙县"]


def test_a_window_that_is_open_at_the_launch_begins_with_it():
    event = make_event("x", "every-09-01..10-31")
    duties = build_duties([event], MEMBERS, make_cycle(2026, 2027))
    assert {(d.first, d.last) for d in duties} == {
        (date(2026, 10, 19), date(2026, 10, 31)),
        (date(2027, 9, 1), date(2027, 10, 31)),
    }


def test_what_is_over_before_the_launch_is_not_owed_nor_what_follows_it():
    events = [
        make_event("a", "every-12-15"),
        make_event("b", "every-12-31", "city_council", after=("a",)),
        make_event("c", "every-12-31", "city_council"),
    ]
    duties = build_duties(events, MEMBERS, Cycle(2026, 2027, date(2026, 12, 20)))
    assert find_last(duties, "a") == [date(2027, 12, 15)]
    assert find_last(duties, "b") == [date(2027, 12, 31)]
    assert find_last(duties, "c") == [date(2026, 12, 31), date(2027, 12, 31)]


def test_shares():
    duties = {d.duty_id: d for d in build_official(make_cycle())}
    tour, plan, check = (
        duties["k13///2027"],
        duties["k08/u1/甲县/2026"],
        duties["k09/甲县/甲县/2027"],
    )
    assert find_share(plan, "units", "u1") == "owner"
    assert find_share(plan, "units", "u2") == ""
    assert find_share(plan, "county_councils", "甲县") == "own_unit"
    assert find_share(plan, "county_councils", "乙县") == ""
    assert find_share(check, "county_councils", "甲县") == "owner"
    assert find_share(check, "county_councils", "乙县") == ""
    assert find_share(check, "departments", "d1") == "part"
    assert find_share(tour, "units", "u1", ("甲县",)) == "part"
    assert find_share(duties["k15/甲县/甲县/2027"], "units", "u1", ("甲县",)) == "part"
    assert find_share(duties["k15/乙县/乙县/2027"], "units", "u1", ("甲县",)) == ""
    assert find_share(plan, "departments", "d1") == ""


def test_groups_hold_each_duty_once_and_have_one_date():
    duties = build_official(make_cycle())
    groups = group_duties(duties)
    assert sorted(d.duty_id for g in groups for d in g.duties) == sorted(d.duty_id for d in duties)
    for group in groups:
        same = {(d.event.event_id, d.period, d.first, d.last) for d in group.duties}
        assert len(same) == 1
    assert [g.head.last for g in groups] == sorted(g.head.last for g in groups)


def test_years_that_a_duty_touches():
    [duty] = build_duties([make_event("x", "Y1-12-01..01-31", "city_council")], MEMBERS, SEED)
    assert [year for year in range(2020, 2025) if is_in_year(duty, year)] == [2021, 2022]


def test_the_order_of_events_has_no_influence():
    events = read_official_events()
    assert build_duties(events[::-1], MEMBERS, SEED) == build_duties(events, MEMBERS, SEED)
