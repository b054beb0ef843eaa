"""Plausible plans of any size for what reports show; nothing is optimised.

The figures hang together (money adds up, indicators move, nobody works out of season), the
villages, units and tables are those of the demonstration.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pairmatch.domain.actions import ActionType, Department
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.plan import (
    Ask,
    DepartmentYear,
    GoalReached,
    MoneyLine,
    NeedPlan,
    PairPlan,
    Plan,
    PlannedAction,
    Quarter,
    Unmet,
    YearBudget,
)
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.taxonomy import IndicatorType
from pairmatch.load.actions import read_official_actions
from pairmatch.load.departments import read_departments as read_official_departments
from pairmatch.load.scenario import read_scenario

ROOT = Path(__file__).parents[2]
FULL = 10_000
CENT = Decimal("0.01")
PER_COUNTY = 8
RUN_ID = "3f9a1c07b2d4e85a6c1b90d7f2e34a58"
DIGEST = "b7e2" * 16
AWKWARD = "A&B <合作社>"
RARE = "柳树𨟠〇镕\U00020bb7村"


@cache
def read_demo() -> Inputs:
    inputs, _ = read_scenario(ROOT / "scenarios" / "cangzhou-2026")
    assert inputs is not None
    return inputs


def read_actions() -> tuple[ActionType, ...]:
    return read_official_actions()


def read_departments() -> tuple[Department, ...]:
    """Return the departments; of every fifth nobody knows what it can."""
    return tuple(
        replace(department, capacity=None if k % 5 == 4 else Decimal(400))
        for k, department in enumerate(read_official_departments())
    )


def make_inputs(*, lang: str = "zh", awkward: bool = False) -> Inputs:
    """Return the inputs of the demonstration, or with names that break careless programs."""
    demo = read_demo()
    scenario = demo.scenario
    section = scenario.scenario.model_copy(update={"lang": lang})
    inputs = replace(demo, scenario=scenario.model_copy(update={"scenario": section}))
    if not awkward:
        return inputs
    return replace(
        inputs,
        units=tuple(replace(u, name=AWKWARD) for u in inputs.units),
        villages=tuple(replace(v, name=RARE, township="甲&乙</w:t>镇") for v in inputs.villages),
    )


def make_plan(num_pairs: int = 112, seed: int = 1, inputs: Inputs | None = None) -> Plan:
    """Return a plan; the same numbers give the same plan."""
    return _Maker(inputs or read_demo(), num_pairs, seed).make()


class _Maker:
    def __init__(self, inputs: Inputs, num_pairs: int, seed: int) -> None:
        self.inputs = inputs
        self.num_pairs = num_pairs
        self.rng = random.Random(seed)
        self.cycle = inputs.scenario.scenario.cycle or (2026, 2030)
        self.indicators = {i.indicator_id: i for i in inputs.taxonomy.indicators}
        self.departments = read_departments()

    def make(self) -> Plan:
        pairs = tuple(self._plan(u, v) for u, v in self._choose())
        pairs = tuple(sorted(pairs, key=lambda p: (p.county, p.village_id, p.unit_id)))
        return Plan(
            run_id=RUN_ID,
            digest=DIGEST,
            cycle=self.cycle,
            status="stopped",
            goals=(GoalReached("value", Decimal(9123), Decimal(9150), Decimal("0.003")),),
            pairs=pairs,
            departments=self.departments,
            department_years=tuple(self._sum_departments(pairs)),
            unmet=tuple(self._sum_unmet(pairs)),
            synthetic=True,
        )

    def _choose(self) -> list[tuple[Unit, Village]]:
        counties = sorted({v.county for v in self.inputs.villages})
        chosen: list[tuple[Unit, Village]] = []
        city = [u for u in self.inputs.units if u.tier == "city"]
        for county in counties:
            villages = [v for v in self.inputs.villages if v.county == county]
            own = [u for u in self.inputs.units if u.county == county and u.tier == "county"]
            takers = (own[:6] + [city.pop(0) for _ in range(2)])[:PER_COUNTY]
            chosen += zip(takers, self.rng.sample(villages, len(takers)), strict=True)
        step = max(len(chosen) // self.num_pairs, 1)
        return chosen[::step][: self.num_pairs]

    def _plan(self, unit: Unit, village: Village) -> PairPlan:
        needs = [self._measure(n.need_id, village) for n in self.inputs.taxonomy.needs]
        needs.sort(key=lambda n: (-n.weight * n.deficit, n.need_id))
        actions: list[PlannedAction] = []
        closed: dict[str, tuple[int, int]] = {}
        top = [n for n in needs if n.is_known and n.deficit > 0][: self.rng.randint(6, 10)]
        for need in top:
            made = list(self._act(need, unit, village))
            actions += made
            if made:
                share = self.rng.choice((need.deficit, need.deficit // 2))
                by_unit = not made[0].department_id
                closed[need.need_id] = (share, 0) if by_unit else (0, share)
        actions.sort(key=lambda a: (a.start, a.finish, a.action.action_id, a.stage))
        final = tuple(self._close(n, closed.get(n.need_id, (0, 0))) for n in needs)
        return PairPlan(
            unit_id=unit.unit_id,
            village_id=village.village_id,
            county=village.county,
            needs=final,
            actions=tuple(actions),
            asks=tuple(self._ask(final, village)),
            budgets=tuple(self._budget(unit, actions)),
        )

    def _measure(self, need_id: str, village: Village) -> NeedPlan:
        own = [i for i in self.indicators.values() if i.need_id == need_id and i.full_need_at]
        found = [self._fall_short(i, village) for i in own]
        known = [d for d in found if d is not None]
        weight = self.rng.choice((5_000, 10_000, 15_000))
        if not known:
            return NeedPlan(need_id, 4_000, False, weight, 0, 0, 4_000)
        deficit = max(known)
        return NeedPlan(need_id, deficit, True, weight, 0, 0, deficit)

    def _fall_short(self, indicator: IndicatorType, village: Village) -> int | None:
        value = village.indicators[indicator.indicator_id].value
        if not isinstance(value, int | float):
            return None
        assert indicator.full_need_at is not None and indicator.no_need_at is not None
        width = indicator.full_need_at - indicator.no_need_at
        return int(min(max((value - indicator.no_need_at) / width, 0), 1) * FULL)

    def _act(self, need: NeedPlan, unit: Unit, village: Village) -> Iterator[PlannedAction]:
        options = [a for a in read_actions() if a.need_id == need.need_id]
        options = [a for a in options if self._value(a, village) is not None]
        if not options:
            return
        action = self.rng.choice(options)
        own = [c for c in action.capabilities if c in unit.capabilities]
        helpers = [d.department_id for d in self.departments if need.need_id in d.needs]
        if not own and not helpers:
            return
        quantity = (action.typical_qty * self.rng.choice((1, Decimal("0.5")))).quantize(Decimal(1))
        quantity = max(quantity, Decimal(1))
        department = "" if own else helpers[0]
        stages = 2 if quantity >= 100 else 1
        before = self._value(action, village) or Decimal(0)
        now, start = before, self._start(action)
        for stage in range(1, stages + 1):
            part = quantity / stages
            after = self._move(action, now, part)
            yield PlannedAction(
                action=action,
                stage=stage,
                num_stages=stages,
                quantity=part,
                before=now,
                after=after,
                **self._schedule(action, part, start, own, department, (unit, village)),
            )
            now, start = after, start.shift(4)

    def _value(self, action: ActionType, village: Village) -> Decimal | None:
        value = village.indicators[action.outcome_indicator].value
        return Decimal(str(value)) if isinstance(value, int | float) else None

    def _move(self, action: ActionType, now: Decimal, quantity: Decimal) -> Decimal:
        after = now + action.outcome_per_unit * quantity
        enough = self.indicators[action.outcome_indicator].no_need_at
        if enough is not None:
            limit = Decimal(str(enough))
            after = max(after, limit) if action.outcome_per_unit < 0 else min(after, limit)
            after = after if (after - now) * action.outcome_per_unit >= 0 else now
        return max(after, Decimal(0))

    def _start(self, action: ActionType) -> Quarter:
        first = action.work_months[0][0]
        year = self.rng.randrange(self.cycle[0] + 1, self.cycle[1])
        return Quarter(year, (first + 2) // 3 if action.work_months != ((1, 12),) else 1)

    def _schedule(
        self,
        action: ActionType,
        quantity: Decimal,
        start: Quarter,
        own: list[str],
        department: str,
        pair: tuple[Unit, Village],
    ) -> dict[str, Any]:
        quarters = -(-action.duration_months // 3)
        finish = min(start.shift(quarters - 1), Quarter(self.cycle[1], 4))
        cost = max((quantity * action.cost_typ).quantize(CENT), CENT)
        given = [] if department else [c for c in own if c != "cash"]
        income = pair[1].indicators["ind_collective_income_wan"].value
        return {
            "start": start,
            "finish": finish,
            "department_id": department,
            "capability_id": given[0] if given else "",
            "in_kind_quantity": quantity / 2 if given else Decimal(0),
            "money": tuple(self._pay(cost, (start, finish), department, bool(given), pair)),
            "upkeep": (cost * action.upkeep_share).quantize(CENT),
            "upkeep_by": "open" if income is None else "village",
            "advisable": tuple(p.action_id for p in action.prerequisites if p.is_advisable),
        }

    def _pay(
        self,
        cost: Decimal,
        period: tuple[Quarter, Quarter],
        department: str,
        in_kind: bool,
        pair: tuple[Unit, Village],
    ) -> Iterator[MoneyLine]:
        first, last = period[0].year, period[1].year
        village_part = (cost * Decimal("0.1")).quantize(CENT)
        rest = cost - village_part
        if village_part:
            yield MoneyLine("village", pair[1].village_id, last, village_part)
        if department:
            each = (rest / (last - first + 1)).quantize(CENT)
            for year in range(first, last + 1):
                amount = rest - each * (last - first) if year == last else each
                yield MoneyLine("department", department, year, amount)
            return
        given = (rest / 2).quantize(CENT) if in_kind else Decimal(0)
        if given:
            yield MoneyLine("in_kind", pair[0].unit_id, first, given)
        yield MoneyLine("unit_cash", pair[0].unit_id, last, rest - given)

    def _close(self, need: NeedPlan, closed: tuple[int, int]) -> NeedPlan:
        left = need.deficit - sum(closed)
        return replace(need, closed_by_unit=closed[0], closed_by_departments=closed[1], left=left)

    def _ask(self, needs: tuple[NeedPlan, ...], village: Village) -> Iterator[Ask]:
        for need in needs[:14]:
            if need.is_known and need.left == need.deficit > 3_000:
                helpers = [d.department_id for d in self.departments if need.need_id in d.needs]
                chosen = helpers[0] if helpers else ""
                yield Ask(chosen, need.need_id, village.village_id, need.left)

    def _budget(self, unit: Unit, actions: list[PlannedAction]) -> Iterator[YearBudget]:
        for year in range(self.cycle[0], self.cycle[1] + 1):
            planned = sum(
                (
                    line.amount
                    for a in actions
                    for line in a.money
                    if line.line == "unit_cash" and line.year == year
                ),
                Decimal("0.00"),
            )
            low, high = (
                None if end is None else Decimal(str(end))
                for end in (unit.budget_low, unit.budget_high)
            )
            yield YearBudget(year, low, high, planned)

    def _sum_departments(self, pairs: tuple[PairPlan, ...]) -> Iterator[DepartmentYear]:
        for department in self.departments:
            for year in range(self.cycle[0], self.cycle[1] + 1):
                planned = sum(
                    (
                        line.amount
                        for pair in pairs
                        for action in pair.actions
                        for line in action.money
                        if (line.line, line.payer_id, line.year)
                        == ("department", department.department_id, year)
                    ),
                    Decimal("0.00"),
                )
                capacity = department.capacity
                yield DepartmentYear(department.department_id, year, planned, capacity)

    def _sum_unmet(self, pairs: tuple[PairPlan, ...]) -> Iterator[Unmet]:
        areas = {n.need_id: n.area_id for n in self.inputs.taxonomy.needs}
        sums: dict[tuple[str, str], list[int]] = {}
        for pair in pairs:
            for area in dict.fromkeys(areas.values()):
                own = [n for n in pair.needs if areas[n.need_id] == area]
                entry = sums.setdefault((pair.county, area), [0, 0, 0])
                entry[0] += sum(n.deficit * n.weight // FULL for n in own)
                entry[1] += sum(n.left * n.weight // FULL for n in own)
                entry[2] += any(n.left > 0 for n in own)
        for (county, area), (deficit, left, count) in sorted(sums.items()):
            yield Unmet(county, area, deficit, left, count)
