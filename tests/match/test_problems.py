"""From settings, units and villages to the pure problem: masks, bounds, locks by id."""

import numpy as np
import pytest

from pairmatch.domain.candidates import Background, Candidates, UnitSide, VillageSide
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.scenario import QuotaSetting, Scenario
from pairmatch.domain.scores import ScoreTable
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.match.problems import build_problem, build_quota

TAXONOMY = Taxonomy((), (), (), (), (), {}, {})
UNITS = (
    Unit(
        "a",
        tier="city",
        kind="agribusiness",
        industry_codes=("01", "13"),
        capacity_min=1,
        capacity_max=3,
    ),
    Unit("b", tier="county", kind="department", county="青县", capabilities={"water": 3}),
    Unit("c", tier="county", kind="department", county="黄骅市"),
)
VILLAGES = (
    Village("130900000001", county="青县", township="曹寺乡", types=frozenset({"1", "2"})),
    Village("130900000002", county="黄骅市", types=frozenset({"3"}), demand_min=1, demand_max=2),
)


def make_table() -> ScoreTable:
    none = np.zeros((0, 0), dtype=np.int64)
    candidates = Candidates(
        UnitSide(UNITS, none),
        VillageSide(VILLAGES, none, none, none, none),
        np.array([0, 0, 1], dtype=np.int32),
        np.array([0, 1, 0], dtype=np.int32),
        1000,
        Background(TAXONOMY),
    )
    points = np.array([7, -2, 5], dtype=np.int64)
    return ScoreTable(candidates, (), points, points, points)


def test_bounds_locks_and_levels_come_from_the_settings() -> None:
    scenario = Scenario.model_validate(
        {
            "scoring": {"resolution": "0.001"},
            "objective": {"levels": ["total"]},
            "lock": [
                {"unit": "b", "village": "130900000001", "reason": "已签约", "by": "会议"},
                {"unit": "a", "village": "130900000002"},
                {"unit": "a", "village": "130900000002", "reason": "again"},
            ],
            "ban": [{"unit": "c", "village": "130900000001"}],
            "quota": [{"name": "q", "where": {"village.county": "青县"}, "max": 4}],
        }
    )
    problem = build_problem(Inputs(scenario, TAXONOMY, UNITS, VILLAGES), make_table())
    assert problem.unit_ids == ("a", "b", "c")
    assert problem.village_ids == ("130900000001", "130900000002")
    assert (problem.unit_min.tolist(), problem.unit_max.tolist()) == ([1, 0, 0], [3, 1, 1])
    assert (problem.village_min.tolist(), problem.village_max.tolist()) == ([0, 1], [1, 2])
    assert [(p.unit_idx, p.village_idx, p.reason, p.by) for p in problem.locks] == [
        (0, 1, "again", ""),
        (1, 0, "已签约", "会议"),
    ]
    assert [(p.unit_idx, p.village_idx) for p in problem.bans] == [(2, 0)]
    assert problem.levels == ("total",)
    assert problem.steps_per_point == 1000
    assert problem.points.tolist() == [7, -2, 5]
    assert problem.num_candidates == 3
    quota = problem.quotas[0]
    assert (quota.name, quota.minimum, quota.maximum) == ("q", 0, 4)


@pytest.mark.parametrize(
    ("where", "units", "villages"),
    [
        ({}, "abc", "12"),
        ({"unit.tier": "county"}, "bc", "12"),
        ({"unit.tier": ("city", "county")}, "abc", "12"),
        ({"unit.tier": "county", "unit.county": "青县"}, "b", "12"),
        ({"unit.kind": "agribusiness"}, "a", "12"),
        ({"unit.unit_id": ("a", "c")}, "ac", "12"),
        ({"unit.capability": "water"}, "b", "12"),
        ({"unit.industry": ("13", "99")}, "a", "12"),
        ({"village.county": "青县"}, "abc", "1"),
        ({"village.township": "曹寺乡"}, "abc", "1"),
        ({"village.type": 3}, "abc", "2"),
        ({"village.type": (1, 3)}, "abc", "12"),
        ({"village.village_id": "130900000002"}, "abc", "2"),
        ({"unit.tier": "city", "village.county": "黄骅市"}, "a", "2"),
        ({"unit.kind": "nobody"}, "", "12"),
    ],
)
def test_conditions_of_quotas(where: dict[str, object], units: str, villages: str) -> None:
    setting = QuotaSetting.model_validate({"name": "q", "where": where, "min": 2})
    quota = build_quota(setting, UNITS, VILLAGES)
    assert (
        "".join(u.unit_id for u, inside in zip(UNITS, quota.units, strict=True) if inside) == units
    )
    numbers = zip(VILLAGES, quota.villages, strict=True)
    assert "".join(v.village_id[-1] for v, inside in numbers if inside) == villages
    assert (quota.minimum, quota.maximum) == (2, None)
