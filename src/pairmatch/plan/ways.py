"""How a stage of a work can be carried: by the unit, or by a department, and who bears what."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pairmatch.domain.actions import ActionType, Department
from pairmatch.domain.candidates import FULL
from pairmatch.domain.plan import MONTHS_PER_QUARTER, QUARTERS_PER_YEAR, Line, Quarter
from pairmatch.domain.records import Unit
from pairmatch.domain.scenario import PlanSection
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.plan.seasons import find_season, is_standing, list_starts, spread_amount
from pairmatch.plan.works import Stage, Work

CASH = "cash"
LOANS = frozenset({"credit", "guarantee"})
"""Capabilities that are no gift: the village borrows and pays back (capability_types.csv). Where
the loan itself is what is needed, giving it is a service like any other."""
MAX_DEPARTMENTS = 2
"""So many departments at most are asked about one work: the lead one of its need comes first."""
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Horizon:
    """The quarters of a cycle, and the first one in which works may begin.

    Plans are due by the end of the first year, and no works begin before they are approved.
    """

    first: Quarter
    last: Quarter
    first_works: Quarter

    @property
    def num_periods(self) -> int:
        """How many quarters there are."""
        return self.last.since(self.first) + 1

    @property
    def years(self) -> range:
        """The calendar years."""
        return range(self.first.year, self.last.year + 1)


def find_horizon(cycle: tuple[int, int]) -> Horizon:
    """Return the quarters of a cycle, given by its first and last year."""
    first, last = cycle
    works = Quarter(min(first + 1, last), 1)
    return Horizon(Quarter(first, 1), Quarter(last, QUARTERS_PER_YEAR), works)


@dataclass(frozen=True, slots=True)
class Share:
    """What one payer bears of a stage, in 万元 for each quarter that it runs."""

    line: Line
    payer_id: str
    amounts: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One way of carrying a stage, at any of some starts.

    `starts` are periods of the horizon and `num_quarters` is how long it runs. `load` is what it
    takes of the unit's capability, in typical quantities of the action.
    """

    work: Work
    stage: Stage
    unit_id: str
    department_id: str
    capability_id: str
    in_kind_quantity: Decimal
    load: Decimal
    num_quarters: int
    starts: tuple[int, ...]
    shares: tuple[Share, ...]

    @property
    def carrier(self) -> str:
        """Who carries it: the department, or else the unit."""
        return self.department_id or self.unit_id

    @property
    def cost(self) -> Decimal:
        """What all payers bear together."""
        return sum((sum(share.amounts, Decimal(0)) for share in self.shares), Decimal(0))

    @property
    def burden(self) -> Decimal:
        """What others than the unit bear: departments carry only what the unit cannot."""
        others = (sum(s.amounts, Decimal(0)) for s in self.shares if s.payer_id != self.unit_id)
        return sum(others, Decimal(0))


@dataclass(frozen=True, slots=True)
class Funding:
    """Who could fund: the departments in their order, and the settings of the plan."""

    departments: tuple[Department, ...]
    taxonomy: Taxonomy
    settings: PlanSection
    horizon: Horizon

    def list_departments(self, need_id: str) -> tuple[Department, ...]:
        """Return the departments that serve a need, the lead one first."""
        lead = {need.need_id: need.lead_department for need in self.taxonomy.needs}.get(need_id)
        serving = [d for d in self.departments if need_id in d.needs]
        return tuple(sorted(serving, key=lambda d: d.short_zh != lead))


def list_ways(work: Work, stage: Stage, unit: Unit, funding: Funding) -> tuple[Way, ...]:
    """Return every way of carrying a stage of a work in the village of a unit.

    Parameters
    ----------
    work, stage
        The work and which part of it.
    unit
        The village's unit.
    funding
        Who could fund besides.
    """
    return tuple(
        Way(
            work=work,
            stage=stage,
            unit_id=unit.unit_id,
            department_id=carrier.department_id,
            capability_id=carrier.capability_id,
            in_kind_quantity=stage.quantity * carrier.in_kind,
            load=_load(work.action, stage) if carrier.capability_id else Decimal(0),
            num_quarters=run.num_quarters,
            starts=run.starts,
            shares=tuple(_list_shares(work, stage, unit, carrier, run)),
        )
        for carrier in _list_carriers(work.action, unit, funding)
        for run in _list_runs(work.action, funding.horizon)
    )


@dataclass(frozen=True, slots=True)
class _Carrier:
    """A department, or the unit with a capability that gives a share in kind."""

    department_id: str = ""
    capability_id: str = ""
    in_kind: Decimal = Decimal(0)
    is_loan: bool = False


def _list_carriers(action: ActionType, unit: Unit, funding: Funding) -> Iterator[_Carrier]:
    kinds = {c.capability_id: c.kind for c in funding.taxonomy.capabilities}
    own = [c for c in action.capabilities if c in unit.capabilities and c != CASH]
    best = max(own, key=lambda c: unit.capabilities[c], default="")
    if best:
        gives = kinds.get(best) != "money" or best in LOANS
        share = funding.settings.in_kind[unit.capabilities[best] - 1] if gives else Decimal(0)
        if share == 1 or unit.budget_high is not None:
            is_loan = best in LOANS and not _is_served(best, action, funding)
            yield _Carrier(capability_id=best, in_kind=share, is_loan=is_loan)
    elif CASH in action.capabilities and unit.budget_high:
        yield _Carrier()
    able = [d for d in funding.list_departments(action.need_id) if d.capacity]
    for department in able[:MAX_DEPARTMENTS]:
        yield _Carrier(department_id=department.department_id)


def _is_served(capability_id: str, action: ActionType, funding: Funding) -> bool:
    """Whether a capability is itself what a need asks for."""
    return funding.taxonomy.strengths.get((capability_id, action.need_id)) == FULL


@dataclass(frozen=True, slots=True)
class _Run:
    """How long a stage runs, and from which starts."""

    num_quarters: int
    starts: tuple[int, ...]


def _list_runs(action: ActionType, horizon: Horizon) -> Iterator[_Run]:
    """Yield how an action may run: a service, once begun, goes on to the end of the cycle."""
    if not is_standing(action):
        season = find_season(action)
        starts = list_starts(season, horizon.first, horizon.last, horizon.first_works)
        if starts:
            yield _Run(season.num_quarters, starts)
        return
    number = (action.work_months[0][0] - 1) // MONTHS_PER_QUARTER + 1
    for year in horizon.years:
        begin = Quarter(year, number)
        if begin >= horizon.first_works:
            length = horizon.last.since(begin) + 1
            yield _Run(length, (begin.since(horizon.first),))


def _list_shares(
    work: Work, stage: Stage, unit: Unit, carrier: _Carrier, run: _Run
) -> Iterator[Share]:
    """Yield what each payer bears: a work over its quarters alike, a service once a year."""
    cost = (stage.quantity * work.action.cost_typ).quantize(_CENT, ROUND_HALF_UP)
    in_kind = (cost * carrier.in_kind).quantize(_CENT, ROUND_HALF_UP)
    if carrier.department_id:
        yield Share("department", carrier.department_id, _spread(cost, work.action, run))
        return
    if in_kind and carrier.is_loan:
        yield Share("village", work.village_id, _spread(in_kind, work.action, run))
    elif in_kind:
        yield Share("in_kind", unit.unit_id, _spread(in_kind, work.action, run))
    if cost > in_kind:
        yield Share("unit_cash", unit.unit_id, _spread(cost - in_kind, work.action, run))


def _spread(amount: Decimal, action: ActionType, run: _Run) -> tuple[Decimal, ...]:
    if not is_standing(action):
        return spread_amount(amount, run.num_quarters)
    due = range(0, run.num_quarters, QUARTERS_PER_YEAR)
    return tuple(amount if k in due else Decimal(0) for k in range(run.num_quarters))


def _load(action: ActionType, stage: Stage) -> Decimal:
    return (stage.quantity / action.typical_qty).quantize(_CENT, ROUND_HALF_UP)
