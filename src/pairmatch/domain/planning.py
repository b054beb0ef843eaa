"""The planning problem as plain data: which actions to take, and when.

Periods are numbered from 0. An action that starts in period s and lasts d periods runs in the
periods s to s + d - 1, never interrupted, and finishes at the point s + d. All of them lie within
the horizon, its release and due period, and one of its windows. An action that lasts 0 periods is
a milestone: it happens at the point s (0 is before the first period) and uses nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from pairmatch.domain.scenario import Settings

PROBLEM_SCHEMA = "pairmatch.planning-problem/1"
SOLUTION_SCHEMA = "pairmatch.planning-solution/1"
LARGEST = 10**12
MOST_PLACES = 30
MOST_PERIODS = 10_000
LONGEST_ID = 200


def _require_number(value: Any) -> Any:
    """Refuse what Python would take for a number although it is none: true, false and texts."""
    if isinstance(value, bool | str):
        raise PydanticCustomError("no_number", "not a number")
    return value


_Plain = BeforeValidator(_require_number)
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
Count = Annotated[int, _Plain, Field(ge=0, le=LARGEST)]
Period = Count
Number = Annotated[Decimal, _Plain, Field(ge=-LARGEST, le=LARGEST, decimal_places=MOST_PLACES)]
Amount = Annotated[Decimal, _Plain, Field(ge=0, le=LARGEST, decimal_places=MOST_PLACES)]


class PeriodLimit(Settings):
    """The most of a resource that may be used in the periods `first` to `last` together."""

    first: Period
    last: Period
    amount: Amount


class Resource(Settings):
    """Something that actions use up: money, crews, approvals, tonnes.

    `capacity` is the most in each period: one number for all, or one number per period. `limits`
    bound the use in several periods together: a yearly budget, or a total.
    """

    id: Name
    name: str = ""
    capacity: Amount | tuple[Amount, ...] | None = None
    limits: tuple[PeriodLimit, ...] = ()


class Use(Settings):
    """What an action uses of a resource while it runs.

    Either `amount` in every period that it runs, or `profile`, a number for each of them in turn.
    """

    resource: Name
    amount: Amount | None = None
    profile: tuple[Amount, ...] | None = None


class MetIf(Settings):
    """A state of things that makes a requirement unnecessary.

    It holds if the measure is known and within the bounds; an unknown measure meets nothing.
    """

    measure: Name
    at_least: Number | None = None
    at_most: Number | None = None


class Requirement(Settings):
    """One of some other actions must be chosen, and early enough.

    The action starts no sooner than `lag` periods after one of `any_of` has finished, or has
    started if `since` is ``"start"``: with a lag of 0 both may then start in the same period.
    """

    any_of: Annotated[tuple[Name, ...], Field(min_length=1)]
    since: Literal["finish", "start"] = "finish"
    lag: Count = 0
    met_if: MetIf | None = None


class Action(Settings):
    """Something that may be done, once.

    `value` is gained in the last period that the action runs, discounted to period 0; it may be
    negative. A milestone gains it in the period that begins at its point. `cost` is counted by
    the goal ``cost`` and `weight` by ``earliness``. `windows` are first and last periods, and the
    action runs within one of them; none means that it may run at any time. All of `requires` must
    hold if the action is chosen. A `mandatory` action must be.
    """

    id: Name
    name: str = ""
    value: Number = Decimal(0)
    cost: Number = Decimal(0)
    weight: Amount = Decimal(1)
    duration: Count = 1
    release: Period = 0
    due: Period | None = None
    windows: tuple[tuple[Period, Period], ...] = ()
    uses: tuple[Use, ...] = ()
    requires: tuple[Requirement, ...] = ()
    mandatory: bool = False


class Choice(Settings):
    """Actions of which at least and at most so many may be chosen: ways of doing one thing."""

    id: Name
    actions: Annotated[tuple[Name, ...], Field(min_length=1)]
    at_least: Count = 0
    at_most: Count = 1


class Group(Settings):
    """Actions whose common effect has a concave value.

    The amounts of the chosen actions add up; `points` are (amount, value) corners of the value
    from (0, 0), which is implied, with slopes that never rise and are never negative; after the
    last one it stays flat.
    The value counts at the end of the horizon and is not discounted.
    """

    id: Name
    amounts: Mapping[Name, Amount]
    points: Annotated[tuple[tuple[Amount, Number], ...], Field(min_length=1)]


Goal = Literal["value", "earliness", "cost", "makespan"]


class PlanningProblem(Settings):
    """A planning problem.

    The goals of `objective` are sought one after the other, each among the best for those before:
    ``value`` (discounted values of the chosen actions and values of the groups, as much as can
    be), ``earliness`` (weight times the periods left after the finish, summed over the chosen
    actions, as much as can be), ``cost`` (as little), ``makespan`` (the last finish, as early).
    `discount` is the rate per period: a value in period t counts ``value / (1 + discount) ** t``.
    `measures` are the states that ``met_if`` looks at; null is unknown.
    """

    schema_: Annotated[Literal["pairmatch.planning-problem/1"], Field(alias="schema")]
    title: str = ""
    periods: Annotated[int, _Plain, Field(ge=1, le=MOST_PERIODS)]
    objective: Annotated[tuple[Goal, ...], Field(min_length=1)] = ("value",)
    discount: Amount = Decimal(0)
    resources: tuple[Resource, ...] = ()
    actions: tuple[Action, ...]
    choices: tuple[Choice, ...] = ()
    groups: tuple[Group, ...] = ()
    measures: Mapping[Name, Number | None] = {}


Status = Literal["optimal", "feasible", "infeasible", "unknown"]


@dataclass(frozen=True, slots=True)
class PlanningLevel:
    """One goal of an answer: its value, and the best that any solution may reach.

    The bound holds among the solutions that are best in the goals before; it is None where none
    is known. `is_proven` says that the value is the best one.
    """

    goal: Goal
    value: Fraction
    bound: Fraction | None
    is_proven: bool

    @property
    def gap(self) -> Fraction | None:
        """How far the value may be from the best, as a share of the larger of value and bound."""
        if self.bound is None:
            return None
        distance = abs(self.bound - self.value)
        return distance / max(abs(self.bound), abs(self.value)) if distance else Fraction(0)


@dataclass(frozen=True, slots=True)
class PlanningAnswer:
    """What is known of a planning problem: a status, and the starts of the chosen actions.

    ``optimal`` is proven in all goals, ``feasible`` was stopped before, ``infeasible`` says that
    there is no solution, and ``unknown`` that none was found in time.
    """

    status: Status
    levels: tuple[PlanningLevel, ...] = ()
    starts: Mapping[str, int] = field(default_factory=dict)
