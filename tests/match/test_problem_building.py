"""From loads, capacities, lists of pairs, changes, tolerances and waivers to the pure problem.

Everything is compared with a plain-Python reading of what the settings and tables say.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairmatch.domain.candidates import Background, Candidates, UnitSide, VillageSide
from pairmatch.domain.inputs import Capacity, Inputs, PairSet, ResourceLoads
from pairmatch.domain.problem import EXACT, MAX_CHANGES, Tolerance, select_pairs
from pairmatch.domain.records import PreviousPair, Unit, Village
from pairmatch.domain.scenario import Scenario
from pairmatch.domain.scores import ScoreTable
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.match.problems import build_problem
from pairmatch.match.resources import MAX_AMOUNT

TAXONOMY = Taxonomy((), (), (), (), (), {}, {})
UNITS, VILLAGES = ("a", "b", "c"), ("1", "2", "3", "4")
ALL_PAIRS = [(u, v) for u in UNITS for v in VILLAGES]


@dataclass
class Case:
    """A small scenario: settings, candidates and what the tables say, by ids."""

    settings: dict = field(default_factory=dict)
    candidates: list = field(default_factory=lambda: list(ALL_PAIRS))
    loads: dict = field(default_factory=dict)
    capacities: dict = field(default_factory=dict)
    waivers: dict = field(default_factory=dict)
    previous: list = field(default_factory=list)
    quota_pairs: dict = field(default_factory=dict)
    unit_min: int = 0
    counties: tuple = ("青县", "", "沧县", "青县")

    def build(self):
        units = tuple(Unit(u, tier="city" if u == "a" else "county") for u in UNITS)
        units = tuple(
            Unit(u.unit_id, tier=u.tier, capacity_min=self.unit_min, capacity_max=9) for u in units
        )
        pairs = zip(VILLAGES, self.counties, strict=True)
        villages = tuple(Village(v, county=county, demand_max=9) for v, county in pairs)
        inputs = Inputs(
            Scenario.model_validate(self.settings),
            TAXONOMY,
            units,
            villages,
            previous=tuple(PreviousPair(u, v) for u, v in self.previous),
            loads=tuple(make_loads(name, rows) for name, rows in sorted(self.loads.items())),
            capacities=tuple(
                Capacity(side, owner, name, amount, self.waivers.get((name, side, owner)))
                for (name, side, owner), amount in sorted(self.capacities.items())
            ),
            quota_pairs={k: PairSet(*index_pairs(p)) for k, p in self.quota_pairs.items()},
        )
        none = np.zeros((0, 0), dtype=np.int64)
        candidates = Candidates(
            UnitSide(units, none),
            VillageSide(villages, none, none, none, none),
            *index_pairs(self.candidates),
            100,
            Background(TAXONOMY),
        )
        points = np.arange(len(self.candidates), dtype=np.int64)
        return build_problem(inputs, ScoreTable(candidates, (), points, points, points))


def index_pairs(pairs):
    rows = sorted((UNITS.index(u), VILLAGES.index(v)) for u, v in pairs)
    return tuple(np.array(rows, dtype=np.int32).reshape(-1, 2).T)


def make_loads(name, rows):
    places = max((-d.as_tuple().exponent for d in rows.values()), default=0)
    keys = sorted((UNITS.index(u), VILLAGES.index(v)) for u, v in rows)
    amounts = [int(rows[UNITS[u], VILLAGES[v]] * 10**places) for u, v in keys]
    units, villages = np.array(keys, dtype=np.int32).reshape(-1, 2).T
    return ResourceLoads(name, units, villages, np.array(amounts, dtype=np.int64), 10**places)


def list_pairs(problem, mask):
    pairs = zip(problem.unit_idx[mask].tolist(), problem.village_idx[mask].tolist(), strict=True)
    return [(UNITS[u], VILLAGES[v]) for u, v in pairs]


# --- resources -------------------------------------------------------------------------------


def keeps_capacities(case, chosen):
    """Tell by the tables alone whether chosen pairs use no more than there is."""
    for (name, side, owner), amount in case.capacities.items():
        own = [p for p in chosen if p[0 if side == "unit" else 1] == owner]
        if sum((case.loads.get(name, {}).get(p, Decimal(0)) for p in own), Decimal(0)) > amount:
            return False
    return True


def keeps_problem(problem, chosen):
    """Tell by the problem whether chosen pairs (as a mask) keep its maxima and resources."""
    units = np.bincount(problem.unit_idx[chosen], minlength=len(UNITS))
    villages = np.bincount(problem.village_idx[chosen], minlength=len(VILLAGES))
    within = (units <= problem.unit_max).all() and (villages <= problem.village_max).all()
    return within and all(
        int(r.loads[chosen[r.idx]].sum()) <= r.capacity for r in problem.resources
    )


decimals = st.integers(0, 3).flatmap(lambda k: st.decimals(0, 4, places=k, allow_nan=False))
few = st.sampled_from([Decimal(0), Decimal(1), Decimal("2.5")])
owners = st.one_of(
    st.tuples(st.sampled_from("rs"), st.just("unit"), st.sampled_from(UNITS)),
    st.tuples(st.sampled_from("rs"), st.just("village"), st.sampled_from(VILLAGES)),
)


@st.composite
def cases(draw):
    loads = {
        name: draw(
            st.one_of(
                st.dictionaries(st.sampled_from(ALL_PAIRS), decimals),
                st.fixed_dictionaries(dict.fromkeys(ALL_PAIRS, few)),
                few.map(lambda d: dict.fromkeys(ALL_PAIRS, d)),
            )
        )
        for name in draw(st.sets(st.sampled_from("rst")))
    }
    return Case(
        candidates=draw(st.lists(st.sampled_from(ALL_PAIRS), unique=True).map(sorted)),
        loads=loads,
        capacities=draw(st.dictionaries(owners, decimals, max_size=5)),
        waivers=draw(st.dictionaries(owners, st.just(Decimal(1)), max_size=2)),
        unit_min=draw(st.integers(0, 2)),
    )


@given(cases(), st.data())
def test_the_problem_allows_what_the_tables_allow(case, data):
    problem = case.build()
    pairs = list_pairs(problem, np.ones(problem.num_candidates, dtype=np.bool_))
    for _ in range(8):
        flags = data.draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
        chosen = [pair for pair, flag in zip(pairs, flags, strict=True) if flag]
        mask = np.array(flags, dtype=np.bool_)
        assert keeps_problem(problem, mask) == keeps_capacities(case, chosen)


@given(cases())
def test_resources_are_those_that_bind_and_are_no_number_of_pairs(case):
    problem = case.build()
    expected = []
    for (name, side, owner), amount in sorted(case.capacities.items()):
        own = [p for p in case.candidates if p[0 if side == "unit" else 1] == owner]
        loads = [case.loads.get(name, {}).get(p, Decimal(0)) for p in own]
        waived = (name, side, owner) in case.waivers
        if sum(loads) <= amount:
            continue
        if len(set(loads)) == 1 and not waived:
            least = case.unit_min if side == "unit" else 0
            if amount // loads[0] >= least:
                continue
        expected.append((name, side, owner, amount, [load for load in loads if load]))
    found = [
        (
            r.name,
            r.side,
            (UNITS if r.side == "unit" else VILLAGES)[r.owner],
            Fraction(r.capacity, r.scale),
            [Fraction(int(load), r.scale) for load in r.loads],
        )
        for r in problem.resources
    ]
    assert found == expected
    for resource in problem.resources:
        assert (resource.idx[1:] > resource.idx[:-1]).all()
        side = problem.unit_idx if resource.side == "unit" else problem.village_idx
        assert (side[resource.idx] == resource.owner).all()


def test_a_capacity_of_equal_loads_is_a_number_of_pairs():
    loads = {"r": dict.fromkeys(ALL_PAIRS, Decimal("2.5"))}
    capacities = {("r", "unit", "a"): Decimal("7.4"), ("r", "village", "3"): Decimal(0)}
    problem = Case(loads=loads, capacities=capacities).build()
    assert problem.resources == ()
    assert problem.unit_max.tolist() == [2, 9, 9]
    assert problem.village_max.tolist() == [9, 9, 0, 9]


def test_but_not_where_it_may_be_waived_or_would_contradict_a_minimum():
    loads = {"r": dict.fromkeys(ALL_PAIRS, Decimal("2.5"))}
    owner = ("r", "unit", "a")
    case = Case(loads=loads, capacities={owner: Decimal(7)}, waivers={owner: Decimal("0.125")})
    (resource,) = case.build().resources
    assert (resource.waiver, resource.capacity, resource.scale) == (13, 70, 10)
    problem = Case(loads=loads, capacities={owner: Decimal(7)}, unit_min=3).build()
    assert (len(problem.resources), problem.unit_max.tolist()) == (1, [9, 9, 9])


def test_a_finer_capacity_makes_the_scale_finer_as_far_as_sums_stay_exact():
    loads = {"r": {("a", "1"): Decimal(2), ("a", "2"): Decimal(3)}}
    (resource,) = (
        Case(loads=loads, capacities={("r", "unit", "a"): Decimal("4.125")}).build().resources
    )
    assert (resource.scale, resource.capacity, resource.loads.tolist()) == (
        1000,
        4125,
        [2000, 3000],
    )
    large = {"r": {("a", "1"): Decimal(2 * 10**8), ("a", "2"): Decimal(10**9)}}
    fine = Decimal("1000000000.123456789")
    (resource,) = Case(loads=large, capacities={("r", "unit", "a"): fine}).build().resources
    assert resource.loads.max() <= MAX_AMOUNT
    assert (resource.scale, resource.capacity) == (1000, 1_000_000_000_123)


def test_loads_without_candidates_or_capacities_bind_nothing():
    loads = {"r": dict.fromkeys(ALL_PAIRS, Decimal(2)), "s": {}}
    case = Case(loads=loads, candidates=[], capacities={("r", "unit", "a"): Decimal(1)})
    assert case.build().resources == ()
    case = Case(loads=loads, capacities={("s", "unit", "a"): Decimal(0)})
    assert case.build().resources == ()
    assert Case(loads=loads).build().unit_max.tolist() == [9, 9, 9]


# --- quotas, changes, levels -----------------------------------------------------------------

pair_lists = st.lists(st.sampled_from(ALL_PAIRS), unique=True).map(sorted)


@given(pair_lists, pair_lists, st.booleans())
def test_a_quota_counts_the_listed_candidates_that_meet_its_conditions(candidates, pairs, city):
    where = {"unit.tier": "city"} if city else {}
    quota = {"name": "q", "pairs": pairs, "where": where, "max": 1, "waiver": "0.001"}
    problem = Case({"quota": [quota]}, candidates, quota_pairs={0: pairs}).build()
    inside = [p for p in candidates if p in pairs and (p[0] == "a" or not city)]
    assert list_pairs(problem, select_pairs(problem, 0)) == inside
    assert problem.quotas[0].waiver == 1


def test_only_quotas_that_list_pairs_have_a_mask():
    quotas = [{"name": "p", "max": 1}, {"name": "q", "pairs": "p.csv", "min": 1, "waiver": 2}]
    problem = Case({"quota": quotas}, quota_pairs={1: [("b", "2")]}).build()
    assert [quota.pairs is None for quota in problem.quotas] == [True, False]
    assert [quota.waiver for quota in problem.quotas] == [None, 200]


@given(pair_lists, pair_lists, st.integers(0, 13), st.booleans())
def test_all_but_so_many_pairs_before_are_kept(candidates, before, changes, waived):
    limits = {"max_changes": changes, **({"max_changes_waiver": 0.5} if waived else {})}
    gone = [("z", "1"), ("a", "9")]
    settings = {"limits": limits, "inputs": {"previous": "p.csv"}}
    problem = Case(settings, candidates, previous=[*before, *gone]).build()
    kept = [p for p in candidates if p in before]
    if before:
        assert list_pairs(problem, problem.previous) == kept
    else:
        assert problem.previous is None
    if changes >= len(before):
        assert problem.quotas == ()
        return
    (quota,) = problem.quotas
    assert (quota.name, quota.minimum, quota.maximum) == (MAX_CHANGES, len(before) - changes, None)
    assert quota.waiver == (50 if waived else None)
    assert list_pairs(problem, select_pairs(problem, 0)) == kept


def test_changes_come_after_the_quotas_of_the_settings():
    settings = {"limits": {"max_changes": 0}, "quota": [{"name": "q", "max": 1}]}
    problem = Case(settings, previous=[("a", "1")]).build()
    assert [quota.name for quota in problem.quotas] == ["q", MAX_CHANGES]
    assert Case(previous=[("a", "1")]).build().quotas == ()


@pytest.mark.parametrize(
    ("goal", "within", "expected"),
    [
        ("total", None, EXACT),
        ("total", "1%", Tolerance(Fraction(1, 100))),
        ("total", "1.239", Tolerance(steps=123)),
        ("total", 2, Tolerance(steps=200)),
        ("worst_village", "0.5", Tolerance(steps=50)),
        ("num_matched", 2, Tolerance(steps=2)),
        ("kept", "3", Tolerance(steps=3)),
    ],
)
def test_tolerances_are_whole_steps_rounded_down(goal, within, expected):
    level = {"goal": goal, "within": within}
    before = ["num_matched"] if goal == "worst_village" else []
    problem = Case({"objective": {"levels": [*before, level]}}).build()
    assert problem.tolerances[-1] == expected
    assert problem.levels[-1] == goal
    assert len(problem.tolerances) == len(problem.levels)


def test_locks_and_bans_may_have_a_waiver():
    pair = {"unit": "a", "village": "1"}
    problem = Case(
        {"lock": [{**pair, "waiver": "0.011"}], "ban": [{**pair, "village": "2"}]}
    ).build()
    assert (problem.locks[0].waiver, problem.bans[0].waiver) == (2, None)


def test_counties_are_sorted_and_always_there():
    problem = Case().build()
    assert problem.counties == ("", "沧县", "青县")
    assert problem.county_idx.tolist() == [2, 0, 1, 2]
    assert problem.county_idx.dtype == np.int32
    assert Case(counties=("",) * 4).build().counties == ("",)
