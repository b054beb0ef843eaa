"""From the starts that were chosen to the plan of every pair, with what stays open and why."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pairmatch.domain.explanation import NeedState
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
from pairmatch.domain.planning import PlanningAnswer
from pairmatch.domain.taxonomy import weigh_indicators
from pairmatch.plan.options import PairOptions
from pairmatch.plan.problems import PlanModel, find_upkeep_room, measure_upkeep
from pairmatch.plan.ways import Funding, Way

CROWDED_OUT = "plan.reason_crowded"
PARTLY = "plan.reason_partly"
ROUNDED = 5
"""So many ten-thousandths of a need are lost to rounding, and not open."""
_SHOWN = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What a plan is of: the run, the digest of all it follows from, and its cycle."""

    run_id: str
    digest: str
    cycle: tuple[int, int]
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class _Done:
    """A way that was chosen, with its first and last quarter."""

    way: Way
    start: Quarter
    finish: Quarter


def build_plan(
    options: Sequence[PairOptions],
    model: PlanModel,
    answer: PlanningAnswer,
    funding: Funding,
    facts: PlanFacts,
) -> Plan:
    """Return the plans of all pairs.

    Parameters
    ----------
    options
        What each pair could choose from.
    model, answer
        The planning problem and its answer.
    funding
        Who could fund, and the settings of the plan.
    facts
        What the plan is of.
    """
    first = funding.horizon.first
    done: dict[str, list[_Done]] = {}
    for name, start in answer.starts.items():
        way = model.ways[name]
        begin = first.shift(start)
        finish = begin.shift(way.num_quarters - 1)
        done.setdefault(way.work.village_id, []).append(_Done(way, begin, finish))
    pairs = [
        _PairResult(own, done.get(own.pair.village.village_id, ()), funding).build()
        for own in options
    ]
    pairs.sort(key=lambda pair: (pair.county, pair.village_id, pair.unit_id))
    return Plan(
        run_id=facts.run_id,
        digest=facts.digest,
        cycle=facts.cycle,
        status="optimal" if answer.status == "optimal" else "stopped",
        goals=tuple(_list_goals(answer)),
        pairs=tuple(pairs),
        departments=funding.departments,
        department_years=tuple(_list_department_years(pairs, funding)),
        unmet=tuple(_list_unmet(pairs, funding)),
        synthetic=facts.synthetic,
    )


class _PairResult:
    """The plan of one pair from the ways that were chosen for it."""

    def __init__(self, own: PairOptions, done: Iterable[_Done], funding: Funding) -> None:
        self._own = own
        self._funding = funding
        self._weights = weigh_indicators(funding.taxonomy)
        self._done = sorted(
            done,
            key=lambda d: (d.start, d.finish, d.way.work.action.action_id, d.way.stage.number),
        )

    def build(self) -> PairPlan:
        """Return the plan of the pair."""
        pair = self._own.pair
        needs = tuple(self._plan_need(need) for need in pair.needs if need.deficit)
        return PairPlan(
            unit_id=pair.unit.unit_id,
            village_id=pair.village.village_id,
            county=pair.village.county,
            needs=needs,
            actions=tuple(self._list_actions()),
            asks=tuple(self._list_asks(needs)),
            budgets=tuple(self._list_budgets()),
        )

    def _list_actions(self) -> Iterator[PlannedAction]:
        room = find_upkeep_room(self._own.pair.village, self._funding)
        moved: dict[str, Decimal] = {}
        for done in self._done:
            way, work = done.way, done.way.work
            indicator = work.indicator.indicator_id
            before = work.before
            moved[indicator] = moved.get(indicator, Decimal(0)) + work.per_unit * way.stage.quantity
            yield PlannedAction(
                action=work.action,
                stage=way.stage.number,
                num_stages=len(work.stages),
                quantity=way.stage.quantity,
                start=done.start,
                finish=done.finish,
                department_id=way.department_id,
                capability_id=way.capability_id,
                in_kind_quantity=way.in_kind_quantity,
                money=tuple(self._list_money(done)),
                before=before,
                after=_keep_in_range(before + moved[indicator], way),
                upkeep=measure_upkeep(way),
                upkeep_by="open" if room is None else "village",
                advisable=tuple(self._list_advisable(done)),
            )

    def _list_money(self, done: _Done) -> Iterator[MoneyLine]:
        for share in done.way.shares:
            years: dict[int, Decimal] = {}
            for k, amount in enumerate(share.amounts):
                year = done.start.shift(k).year
                years[year] = years.get(year, Decimal(0)) + amount
            for year, amount in sorted(years.items()):
                if amount:
                    yield MoneyLine(share.line, share.payer_id, year, amount)

    def _list_advisable(self, done: _Done) -> Iterator[str]:
        """Yield what should come first and is neither met nor done by then."""
        before = {d.way.work.action.action_id for d in self._done if d.finish < done.start}
        for prerequisite in done.way.work.advisable:
            if prerequisite.action_id not in before:
                yield prerequisite.action_id

    def _plan_need(self, need: NeedState) -> NeedPlan:
        by_unit = min(self._close(need, by_department=False), need.deficit)
        by_departments = min(self._close(need, by_department=True), need.deficit - by_unit)
        left = need.deficit - by_unit - by_departments
        if 0 < left <= ROUNDED and by_departments:
            by_departments, left = by_departments + left, 0
        elif 0 < left <= ROUNDED and by_unit:
            by_unit, left = by_unit + left, 0
        code, params = self._explain(need, by_unit + by_departments) if left else ("", {})
        return NeedPlan(
            need_id=need.need_id,
            deficit=need.deficit,
            is_known=need.known,
            weight=need.weight,
            closed_by_unit=by_unit,
            closed_by_departments=by_departments,
            left=left,
            reason=code,
            params=params,
        )

    def _close(self, need: NeedState, *, by_department: bool) -> int:
        """Return what the actions of one kind of carrier close of a need."""
        closed = Fraction(0)
        for done in self._done:
            work = done.way.work
            is_own = work.indicator.need_id == need.need_id
            if is_own and bool(done.way.department_id) is by_department:
                closed += done.way.stage.closed * Fraction(
                    *self._weights[work.indicator.indicator_id]
                )
        return int(closed)

    def _explain(self, need: NeedState, closed: int) -> tuple[str, dict[str, str]]:
        """Return why something of a need stays open."""
        if closed:
            return PARTLY, {}
        obstacle = self._own.obstacles.get(need.need_id)
        if obstacle is None:
            return CROWDED_OUT, {}
        return obstacle.code, {"action": obstacle.action_id} if obstacle.action_id else {}

    def _list_asks(self, needs: Iterable[NeedPlan]) -> Iterator[Ask]:
        """Yield which department is asked about each need that nothing planned closes."""
        village = self._own.pair.village.village_id
        for need in needs:
            if need.left and not need.closed_by_unit + need.closed_by_departments:
                serving = self._funding.list_departments(need.need_id)
                name = serving[0].department_id if serving else ""
                yield Ask(name, need.need_id, village, need.left)

    def _list_budgets(self) -> Iterator[YearBudget]:
        unit = self._own.pair.unit
        planned: dict[int, Decimal] = {}
        for done in self._done:
            for line in self._list_money(done):
                if line.line == "unit_cash":
                    planned[line.year] = planned.get(line.year, Decimal(0)) + line.amount
        low, high = (
            None if x is None else Decimal(str(x)) for x in (unit.budget_low, unit.budget_high)
        )
        for year in self._funding.horizon.years:
            yield YearBudget(year, low, high, planned.get(year, Decimal("0.00")))


def _keep_in_range(state: Decimal, way: Way) -> Decimal:
    """Return a state within what the indicator can be, with at most four decimals."""
    indicator = way.work.indicator
    if indicator.minimum is not None:
        state = max(state, Decimal(str(indicator.minimum)))
    if indicator.maximum is not None:
        state = min(state, Decimal(str(indicator.maximum)))
    return state.quantize(_SHOWN).normalize()


def _list_goals(answer: PlanningAnswer) -> Iterator[GoalReached]:
    for level in answer.levels:
        if level.bound is not None and level.gap is not None:
            yield GoalReached(level.goal, _show(level.value), _show(level.bound), _show(level.gap))


def _show(value: Fraction) -> Decimal:
    """Return an exact fraction as a decimal of six places."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.000001"))


def _list_department_years(pairs: Iterable[PairPlan], funding: Funding) -> Iterator[DepartmentYear]:
    planned: dict[tuple[str, int], Decimal] = {}
    for pair in pairs:
        for action in pair.actions:
            for line in action.money:
                if line.line == "department":
                    key = line.payer_id, line.year
                    planned[key] = planned.get(key, Decimal(0)) + line.amount
    for department in funding.departments:
        for year in funding.horizon.years:
            amount = planned.get((department.department_id, year), Decimal("0.00"))
            yield DepartmentYear(department.department_id, year, amount, department.capacity)


def _list_unmet(pairs: Iterable[PairPlan], funding: Funding) -> Iterator[Unmet]:
    areas = {need.need_id: need.area_id for need in funding.taxonomy.needs}
    order = {area: k for k, area in enumerate(dict.fromkeys(areas.values()))}
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    villages: dict[tuple[str, str], set[str]] = {}
    for pair in pairs:
        for need in pair.needs:
            key = pair.county, areas[need.need_id]
            deficit, left = sums.get(key, (0, 0))
            sums[key] = deficit + need.weight * need.deficit, left + need.weight * need.left
            if need.left:
                villages.setdefault(key, set()).add(pair.village_id)
    for key in sorted(sums, key=lambda key: (key[0], order[key[1]])):
        deficit, left = sums[key]
        yield Unmet(*key, deficit, left, len(villages.get(key, ())))
