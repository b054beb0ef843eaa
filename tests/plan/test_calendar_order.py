"""What comes first is due first, for any launch; what is late agrees with a plain count."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import ALL_CASES
from tests.plan.calendar_cases import MEMBERS, build_official, make_cycle, make_event
from tests.plan.test_calendar_dates import draw_cycles

from pairmatch.domain.eventdates import find_circle, order_events
from pairmatch.domain.findings import Place
from pairmatch.load.duties import check_events, read_official_events
from pairmatch.plan.calendar import build_duties, list_disorders, list_overdue

NUM_EXAMPLES = 500 if ALL_CASES else 60
RULES = (
    "L..L",
    "before L",
    "L+1m day 15",
    "Y1-12-31",
    "Y2-06-30",
    "Yend-12-31",
    "every-03-15..06-30",
    "every-11-30",
    "Y2+-12-15",
    "Y2|Y4-12-31",
    "quarterly",
    "half-yearly",
    "monthly",
    "on-demand",
    "every-12-01..01-31",
)
OWNERS = ("city_council", "county_councils", "units", "departments")


@st.composite
def draw_events(draw):
    """Events in an order without circles, which their dates may contradict."""
    number = draw(st.integers(1, 6))
    events = []
    for k in range(number):
        before = draw(st.lists(st.sampled_from(range(k)), unique=True)) if k else []
        events.append(
            make_event(
                f"e{k}",
                draw(st.sampled_from(RULES)),
                draw(st.sampled_from(OWNERS)),
                after=tuple(f"e{b}" for b in before),
            )
        )
    return tuple(events)


def is_kept(duties):
    by_id = {duty.duty_id: duty for duty in duties}
    return all(by_id[key].last <= duty.last for duty in duties for key in duty.after)


@settings(max_examples=NUM_EXAMPLES, deadline=None)
@given(draw_cycles())
def test_the_official_order_holds_for_any_launch_and_cycle(cycle):
    duties = build_official(cycle)
    assert is_kept(duties)
    by_id = {duty.duty_id: duty for duty in duties}
    for duty in duties:
        if duty.event.event_id in ("k16", "k18"):
            before = {"k16": "k15", "k18": "k17"}[duty.event.event_id]
            same = {d.duty_id for d in duties if d.event.event_id == before}
            same = {k for k in same if by_id[k].period == duty.period}
            assert set(duty.after) == same
            assert len(same) == len(MEMBERS.counties)
            assert duty.first == max(by_id[k].last for k in same) + timedelta(days=1)
        assert duty.first is None or duty.first <= duty.last


@settings(max_examples=NUM_EXAMPLES, deadline=None)
@given(draw_cycles(), draw_events())
def test_dates_that_contradict_an_order_are_found(cycle, events):
    own = tuple(replace(e, place=Place("t.csv", "", k)) for k, e in enumerate(events))
    codes = {f.code for f in check_events(own, cycle)}
    duties = build_duties(own, MEMBERS, cycle)
    # The check knows no units and departments: a pair of events that nobody owes both of is told.
    if not is_kept(duties):
        assert "calendar.order" in codes
    if not codes & {"calendar.order", "calendar.window"}:
        assert is_kept(duties)
        assert all(d.first is None or d.first <= d.last for d in duties)


def test_circles_are_named_and_what_stands_behind_them_is_not():
    events = {
        e.event_id: e
        for e in (
            make_event("a", "Y1-12-31", after=("c",)),
            make_event("b", "Y1-12-31", after=("a",)),
            make_event("c", "Y1-12-31", after=("b",)),
            make_event("d", "Y1-12-31", after=("c", "e")),
            make_event("e", "Y1-12-31"),
        )
    }
    assert order_events(events) == ("e",)
    assert sorted(find_circle(events)) == ["a", "b", "c"]
    assert find_circle({k: events[k] for k in ("d", "e")}) == ()


def test_a_unit_waits_for_itself_and_a_county_for_its_own_units():
    events = [
        make_event("a", "Y1-11-30", "units"),
        make_event("b", "Y1-12-15", "units", after=("a",)),
        make_event("c", "Y1-12-31", after=("b",)),
        make_event("d", "Y2-01-31", "city_council", after=("c",)),
    ]
    duties = {d.duty_id: d for d in build_duties(events, MEMBERS, make_cycle())}
    assert duties["b/u2/甲县/2026"].after == ("a/u2/甲县/2026",)
    assert duties["c/甲县/甲县/2026"].after == ("b/u1/甲县/2026", "b/u2/甲县/2026")
    assert duties["c/乙县/乙县/2026"].after == ("b/u2/乙县/2026",)
    assert duties["d///2027"].after == ("c/乙县/乙县/2026", "c/甲县/甲县/2026")
    assert duties["d///2027"].first == date(2027, 1, 1)


@settings(max_examples=NUM_EXAMPLES, deadline=None)
@given(st.data())
def test_what_is_late_agrees_with_a_plain_count(data):
    duties = build_official(make_cycle(2026, 2028))
    today = data.draw(st.dates(date(2026, 9, 1), date(2029, 3, 1)))
    share = data.draw(st.integers(0, 4))
    draws = data.draw(st.randoms(use_true_random=False))
    done = {
        duty.duty_id: duty.last + timedelta(days=draws.randint(-60, 60))
        for duty in duties
        if draws.randint(0, 4) < share
    }
    expected = {}
    for duty in duties:
        is_done = duty.duty_id in done and done[duty.duty_id] <= today
        if not is_done and (today - duty.last).days >= 1:
            missing = {k for k in duty.after if k not in done or done[k] > today}
            expected[duty.duty_id] = ((today - duty.last).days, missing)
    late = list_overdue(duties, done, today)
    assert {
        o.duty.duty_id: (o.num_days, {d.duty_id for d in o.waits_for}) for o in late
    } == expected
    assert [o.duty.last for o in late] == sorted(o.duty.last for o in late)
    disorders = {(d.duty.duty_id, d.before.duty_id) for d in list_disorders(duties, done)}
    assert disorders == {
        (d.duty_id, k)
        for d in duties
        for k in d.after
        if d.duty_id in done and done.get(k, date.max) > done[d.duty_id]
    }


def test_late_is_the_day_after():
    [duty] = build_duties([make_event("x", "Y1-11-30", "city_council")], MEMBERS, make_cycle())
    assert list_overdue([duty], {}, date(2026, 11, 30)) == ()
    [late] = list_overdue([duty], {}, date(2026, 12, 1))
    assert late.num_days == 1
    assert list_overdue([duty], {duty.duty_id: date(2026, 12, 1)}, date(2026, 12, 1)) == ()
    [late] = list_overdue([duty], {duty.duty_id: date(2026, 12, 2)}, date(2026, 12, 1))
    assert late.duty is duty


def test_official_events_are_right_in_themselves():
    assert check_events(read_official_events(), make_cycle()) == ()
