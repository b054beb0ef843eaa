"""The plans of all pairs as one planning problem: they share the departments."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from pairmatch.domain.candidates import FULL
from pairmatch.domain.explanation import NeedState
from pairmatch.domain.plan import QUARTERS_PER_YEAR
from pairmatch.domain.planning import (
    PROBLEM_SCHEMA,
    Action,
    Choice,
    Group,
    PeriodLimit,
    PlanningProblem,
    Requirement,
    Resource,
    Use,
)
from pairmatch.domain.records import Village
from pairmatch.domain.taxonomy import weigh_indicators
from pairmatch.plan.options import Option, PairOptions
from pairmatch.plan.seasons import is_standing
from pairmatch.plan.ways import Funding, Horizon, Way
from pairmatch.plan.works import Stage

INCOME = "ind_collective_income_wan"
"""The indicator that says what upkeep a village can bear, in 万元 a year."""
VALUE_SCALE = 100_000
"""Weight times ten-thousandths of a need, divided by this, is what closing it is worth."""
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class PlanModel:
    """A planning problem, and which way each of its actions stands for."""

    problem: PlanningProblem
    ways: Mapping[str, Way]


def build_plan_model(options: Sequence[PairOptions], funding: Funding) -> PlanModel:
    """Return the planning problem of the plans of all pairs.

    The value is the weighted deficit closed by the end: in each area of a village the first half
    of what is lacking counts fully and the rest less. Then what is done early counts, and then how
    little others than the units must bear.

    Parameters
    ----------
    options
        What each pair can choose from.
    funding
        Who could fund, and the settings of the plan.
    """
    parts = [_PairPart(own, funding) for own in options]
    departments = [
        _limit_yearly(f"department:{d.department_id}", d.capacity, funding.horizon)
        for d in funding.departments
        if d.capacity
    ]
    ways: dict[str, Way] = {}
    for part in parts:
        ways |= part.ways
    stated = {
        "schema": PROBLEM_SCHEMA,
        "periods": funding.horizon.num_periods,
        "objective": ("value", "earliness", "cost"),
        "resources": (*departments, *(r for part in parts for r in part.list_resources())),
        "actions": tuple(action for part in parts for action in part.actions),
        "choices": tuple(choice for part in parts for choice in part.choices),
        "groups": tuple(group for part in parts for group in part.list_groups()),
    }
    return PlanModel(PlanningProblem.model_validate(stated), ways)


class _PairPart:
    """The part of the problem that one pair has."""

    def __init__(self, own: PairOptions, funding: Funding) -> None:
        self._own = own
        self._funding = funding
        self._needs = {need.need_id: need for need in own.pair.needs}
        self._weights = weigh_indicators(funding.taxonomy)
        self._shared = _list_shared(own)
        self._upkeep = find_upkeep_room(own.pair.village, funding)
        self.ways: dict[str, Way] = {}
        self.actions: list[Action] = []
        self.choices: list[Choice] = []
        self._areas: dict[str, dict[str, int]] = {}
        self._rooms: set[str] = set()
        for option in own.options.values():
            for stage, ways in zip(option.work.stages, option.ways, strict=True):
                self._add_stage(option, stage, ways)

    def _add_stage(self, option: Option, stage: Stage, ways: Sequence[Way]) -> None:
        names = [self._name(option, stage.number, k) for k in range(len(ways))]
        worth = self._value(option, stage)
        requires = tuple(self._list_requirements(option, stage))
        for name, way in zip(names, ways, strict=True):
            self.ways[name] = way
            self.actions.append(
                Action(
                    id=name,
                    name=option.work.action.name_zh,
                    cost=way.burden,
                    weight=Decimal(max(worth, 1)),
                    duration=way.num_quarters,
                    windows=tuple((s, s + way.num_quarters - 1) for s in way.starts),
                    uses=tuple(self._list_uses(option, stage, way)),
                    requires=requires,
                )
            )
            self._areas.setdefault(self._find_area(option), {})[name] = worth
        if len(names) > 1:
            stage_id = f"{self._village.village_id}/{option.work.action.action_id}.{stage.number}"
            self.choices.append(Choice(id=stage_id, actions=tuple(names)))

    def _name(self, option: Option, stage: int, k: int) -> str:
        way = option.ways[stage - 1][k]
        start = f"@{way.starts[0]}" if is_standing(option.work.action) else ""
        own = f"{self._village.village_id}/{option.work.action.action_id}.{stage}"
        return f"{own}/{way.carrier}{start}"

    def _list_requirements(self, option: Option, stage: Stage) -> Iterator[Requirement]:
        if stage.number > 1:
            before = self._list_names(option, stage.number - 1)
            yield Requirement(any_of=before, since="start")
        for action_id, num_stages in option.first:
            other = self._own.options[action_id]
            yield Requirement(any_of=self._list_names(other, num_stages))

    def _list_names(self, option: Option, stage: int) -> tuple[str, ...]:
        return tuple(self._name(option, stage, k) for k in range(len(option.ways[stage - 1])))

    def _list_uses(self, option: Option, stage: Stage, way: Way) -> Iterator[Use]:
        for share in way.shares:
            if share.line == "unit_cash":
                yield Use(resource=f"cash:{share.payer_id}", profile=share.amounts)
            elif share.line == "department":
                yield Use(resource=f"department:{share.payer_id}", profile=share.amounts)
        if way.capability_id and way.load:
            name = f"capability:{way.unit_id}:{way.capability_id}"
            yield Use(resource=name, profile=_repeat(way.load, way, option))
        upkeep = measure_upkeep(way)
        if upkeep and self._upkeep is not None:
            yield Use(resource=self._upkeep_id, profile=_once(upkeep, way))
        indicator = option.work.indicator.indicator_id
        if indicator in self._shared:
            self._rooms.add(indicator)
            yield Use(resource=self._room_id(indicator), profile=_once(stage.closed, way))

    def list_resources(self) -> Iterator[Resource]:
        """Yield the resources of the pair alone."""
        unit, horizon = self._own.pair.unit, self._funding.horizon
        high = None if unit.budget_high is None else Decimal(str(unit.budget_high))
        yield _limit_yearly(f"cash:{unit.unit_id}", high or Decimal(0), horizon)
        for capability in sorted({w.capability_id for w in self.ways.values()} - {""}):
            level = Decimal(unit.capabilities[capability])
            yield _limit_yearly(f"capability:{unit.unit_id}:{capability}", level, horizon)
        if self._upkeep is not None:
            yield _limit_total(self._upkeep_id, self._upkeep, horizon)
        for indicator in sorted(self._rooms):
            yield _limit_total(self._room_id(indicator), self._shared[indicator], horizon)

    def list_groups(self) -> Iterator[Group]:
        """Yield the value of each area: what is lacking there, the first half of it in full."""
        taper = self._funding.settings.taper
        for area, amounts in sorted(self._areas.items()):
            needs = [n for n in self._own.pair.needs if self._find_area_of(n.need_id) == area]
            lacking = sum(_weigh(need, need.deficit) for need in needs)
            half = Decimal(lacking) / 2
            yield Group(
                id=f"{self._village.village_id}:{area}",
                amounts={name: Decimal(amount) for name, amount in amounts.items()},
                points=((half, half), (Decimal(lacking), half + half * taper)),
            )

    def _value(self, option: Option, stage: Stage) -> int:
        """Return what a stage closes of the village's weighted deficit."""
        part, whole = self._weights[option.work.indicator.indicator_id]
        need = self._needs.get(option.work.indicator.need_id)
        return 0 if need is None else _weigh(need, stage.closed * part // whole)

    def _find_area(self, option: Option) -> str:
        return self._find_area_of(option.work.indicator.need_id)

    def _find_area_of(self, need_id: str) -> str:
        return next((n.area_id for n in self._funding.taxonomy.needs if n.need_id == need_id), "")

    @property
    def _village(self) -> Village:
        return self._own.pair.village

    @property
    def _upkeep_id(self) -> str:
        return f"upkeep:{self._village.village_id}"

    def _room_id(self, indicator: str) -> str:
        return f"room:{self._village.village_id}:{indicator}"


def find_upkeep_room(village: Village, funding: Funding) -> Decimal | None:
    """Return what upkeep a village can bear in a year, in 万元; None if its income is unknown."""
    reading = village.indicators.get(INCOME)
    if reading is None or not isinstance(reading.value, int | float):
        return None
    room = Decimal(str(reading.value)) * funding.settings.upkeep
    return max(room, Decimal(0)).quantize(_CENT, ROUND_FLOOR)


def measure_upkeep(way: Way) -> Decimal:
    """Return what it takes every year to keep up what a stage has built, in 万元."""
    return (way.cost * way.work.action.upkeep_share).quantize(_CENT)


def _weigh(need: NeedState, closed: int) -> int:
    return need.weight * closed // VALUE_SCALE


def _list_shared(own: PairOptions) -> dict[str, int]:
    """Return the indicators that several works move, with the deficit that they can close."""
    found: dict[str, list[int]] = {}
    for option in own.options.values():
        closed = sum(stage.closed for stage in option.work.stages)
        found.setdefault(option.work.indicator.indicator_id, []).append(closed)
    return {name: min(max(c), FULL) for name, c in found.items() if len(c) > 1}


def _once(amount: Decimal | int, way: Way) -> tuple[Decimal, ...]:
    return (Decimal(amount), *(Decimal(0) for _ in range(way.num_quarters - 1)))


def _repeat(amount: Decimal, way: Way, option: Option) -> tuple[Decimal, ...]:
    """Return an amount at the start of a work, or in each year of a service."""
    if not is_standing(option.work.action):
        return _once(amount, way)
    return tuple(
        amount if k % QUARTERS_PER_YEAR == 0 else Decimal(0) for k in range(way.num_quarters)
    )


def _limit_yearly(name: str, amount: Decimal, horizon: Horizon) -> Resource:
    limits = [
        PeriodLimit(first=k, last=k + QUARTERS_PER_YEAR - 1, amount=amount)
        for k in range(0, horizon.num_periods, QUARTERS_PER_YEAR)
    ]
    return Resource(id=name, limits=tuple(limits))


def _limit_total(name: str, amount: Decimal | int, horizon: Horizon) -> Resource:
    whole = PeriodLimit(first=0, last=horizon.num_periods - 1, amount=Decimal(amount))
    return Resource(id=name, limits=(whole,))
