"""The five-year plan of every pair: what is done when, who pays, and what stays open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from pairmatch.domain.actions import ActionType, Department

MONTHS_PER_QUARTER = 3
QUARTERS_PER_YEAR = 4

Line = Literal["unit_cash", "in_kind", "village", "department"]
"""Who bears a cost: the unit's money, the unit's goods and services at their money value, the
village itself, or a department's programme. They are never added up as one gift."""


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a calendar year; `number` runs from 1 to 4."""

    year: int
    number: int

    def shift(self, quarters: int) -> "Quarter":
        """Return the quarter that many later, or earlier if negative."""
        at = self.year * QUARTERS_PER_YEAR + self.number - 1 + quarters
        return Quarter(at // QUARTERS_PER_YEAR, at % QUARTERS_PER_YEAR + 1)

    def since(self, first: "Quarter") -> int:
        """Return how many quarters after another one it is."""
        return (self.year - first.year) * QUARTERS_PER_YEAR + self.number - first.number

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """What one payer bears of an action in one year, in 万元 with two decimals.

    `payer_id` is the unit, village or department.
    """

    line: Line
    payer_id: str
    year: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """An action of the plan of a pair.

    Parameters
    ----------
    action
        The entry of the catalogue.
    stage, num_stages
        Large works are split into stages, each an action of its own; 1 of 1 if it is not.
    quantity
        In the action's unit.
    start, finish
        First and last quarter of the work.
    department_id
        The department that carries it; empty if the unit does.
    capability_id
        What the unit carries it with, in kind; empty if with money alone.
    in_kind_quantity
        How much of the quantity the unit gives in kind, in the action's own unit; 0 if none.
    money
        The funding lines, by year.
    before, after
        The indicator as it is, and as it is after all actions of the plan that move it up to and
        with this one.
    upkeep
        What it takes every year from then on, in 万元.
    upkeep_by
        Who bears the upkeep: ``"village"``, or ``"open"`` if the village's income is unknown.
    advisable
        Names (ids) of actions that should come first and are neither met nor in the plan before.
    """

    action: ActionType
    stage: int
    num_stages: int
    quantity: Decimal
    start: Quarter
    finish: Quarter
    department_id: str
    capability_id: str
    in_kind_quantity: Decimal
    money: tuple[MoneyLine, ...]
    before: Decimal
    after: Decimal
    upkeep: Decimal
    upkeep_by: Literal["village", "open"]
    advisable: tuple[str, ...] = ()

    @property
    def cost(self) -> Decimal:
        """All lines together: what the work is worth, whoever bears it."""
        return sum((line.amount for line in self.money), Decimal(0))


@dataclass(frozen=True, slots=True)
class NeedPlan:
    """What becomes of one need of a village; shares are whole ten-thousandths of full need.

    `closed_by_unit` and `closed_by_departments` are what the plan closes of the `deficit`, `left`
    is what it leaves. `weight` is what the need counts for relative to the village's other needs.
    `reason` is the message code that says why something is left, with `params`; empty if nothing
    is. Where `is_known` is False the deficit is a guess, and nothing is planned on it.
    """

    need_id: str
    deficit: int
    is_known: bool
    weight: int
    closed_by_unit: int
    closed_by_departments: int
    left: int
    reason: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """Something a department is asked for beyond the plan: a need that nothing planned closes.

    `department_id` is empty if no department serves the need.
    """

    department_id: str
    need_id: str
    village_id: str
    left: int


@dataclass(frozen=True, slots=True)
class YearBudget:
    """The unit's money in one year, in 万元: promised at least and at most, and planned.

    None is unknown; `planned` never exceeds `high`.
    """

    year: int
    low: Decimal | None
    high: Decimal | None
    planned: Decimal


@dataclass(frozen=True, slots=True)
class PairPlan:
    """The plan of one pair; needs are sorted by weight times deficit, actions by start."""

    unit_id: str
    village_id: str
    county: str
    needs: tuple[NeedPlan, ...]
    actions: tuple[PlannedAction, ...]
    asks: tuple[Ask, ...]
    budgets: tuple[YearBudget, ...]


@dataclass(frozen=True, slots=True)
class DepartmentYear:
    """What a department is to carry in one year, in 万元, and what it can; None is unknown."""

    department_id: str
    year: int
    planned: Decimal
    capacity: Decimal | None


@dataclass(frozen=True, slots=True)
class GoalReached:
    """One goal of the plan: its value, what it cannot exceed, and the gap between, as a share."""

    goal: str
    value: Decimal
    bound: Decimal
    gap: Decimal


@dataclass(frozen=True, slots=True)
class Unmet:
    """Need that stays open, by county and area: weighted shares, and the villages concerned."""

    county: str
    area_id: str
    deficit: int
    left: int
    num_villages: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The plans of all pairs of a run, made as one: departments are shared.

    `status` is ``optimal`` or ``stopped`` (the goals say how far it is proven). `digest` is that
    of everything the plan follows from; `run_id` the run it belongs to. Pairs are sorted by
    county, village and unit id.
    """

    run_id: str
    digest: str
    cycle: tuple[int, int]
    status: Literal["optimal", "stopped"]
    goals: tuple[GoalReached, ...]
    pairs: tuple[PairPlan, ...]
    departments: tuple[Department, ...]
    department_years: tuple[DepartmentYear, ...]
    unmet: tuple[Unmet, ...]
    synthetic: bool = False
