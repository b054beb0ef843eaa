"""What could be done in a village: catalogue entries sized by its deficits, in stages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cached_property

from pairmatch.domain.actions import ActionType, Prerequisite
from pairmatch.domain.candidates import FULL
from pairmatch.domain.explanation import NeedState
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.taxonomy import IndicatorType, Taxonomy, weigh_indicators

LEAST_DEFICIT = FULL // 20
"""An indicator that lacks less than this of its scale calls for no work."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A chosen pair: its unit, its village, and the village's needs, most pressing first."""

    unit: Unit
    village: Village
    needs: tuple[NeedState, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a work that can be done by itself, after the stages before it.

    `closed` is what it closes of the indicator's deficit, in ten-thousandths of its scale.
    """

    number: int
    quantity: Decimal
    closed: int


@dataclass(frozen=True, slots=True)
class Work:
    """An action in the size that a village's deficit calls for.

    `before` is the state of the indicator and `per_unit` what one unit of the action moves it by
    in this village. `needed_first` are the prerequisites that bind here, `advisable` those that
    are only told.
    """

    action: ActionType
    village_id: str
    indicator: IndicatorType
    before: Decimal
    per_unit: Decimal
    stages: tuple[Stage, ...]
    needed_first: tuple[Prerequisite, ...]
    advisable: tuple[Prerequisite, ...]

    def state_after(self, quantity: Decimal) -> Decimal:
        """Return the state of the indicator after that many units of this work alone."""
        return self.before + self.per_unit * quantity

    def count_stages_to(self, prerequisite: Prerequisite) -> int | None:
        """Return how many stages bring the state that a prerequisite asks for; None if not all.

        A prerequisite on another indicator, or on none, is met by the whole work.
        """
        if prerequisite.measure != self.indicator.indicator_id:
            return len(self.stages)
        done = Decimal(0)
        for stage in self.stages:
            done += stage.quantity
            if is_met(prerequisite, self.state_after(done)):
                return stage.number
        return None


class Catalogue:
    """The actions for one county's villages, with the scales of the indicators they move."""

    def __init__(self, actions: Sequence[ActionType], taxonomy: Taxonomy) -> None:
        self.actions = tuple(actions)
        self.taxonomy = taxonomy

    @cached_property
    def indicators(self) -> Mapping[str, IndicatorType]:
        """The indicators by id."""
        return {i.indicator_id: i for i in self.taxonomy.indicators}

    @cached_property
    def weights(self) -> Mapping[str, tuple[int, int]]:
        """What each indicator counts for in its need, of how much."""
        return weigh_indicators(self.taxonomy)

    @cached_property
    def by_need(self) -> Mapping[str, tuple[ActionType, ...]]:
        """The actions of each need, in order."""
        found: dict[str, list[ActionType]] = {}
        for action in self.actions:
            found.setdefault(action.need_id, []).append(action)
        return {need: tuple(own) for need, own in found.items()}

    @cached_property
    def by_id(self) -> Mapping[str, ActionType]:
        """The actions by id."""
        return {action.action_id: action for action in self.actions}


def size_work(
    action: ActionType, village: Village, catalogue: Catalogue, max_stages: int
) -> Work | str:
    """Return an action in the size a village needs, or the code that says why there is none.

    Parameters
    ----------
    action
        The entry of the catalogue.
    village
        The village.
    catalogue
        The catalogue it is from.
    max_stages
        Into how many stages a work is split at most.
    """
    indicator = catalogue.indicators.get(action.outcome_indicator)
    if indicator is None or indicator.no_need_at is None or not action.outcome_per_unit:
        return "plan.reason_unmeasured"
    before = read_state(village, indicator)
    per_unit = _scale_outcome(action, village)
    if before is None or per_unit is None:
        return "plan.reason_unknown"
    target = _to_decimal(indicator.no_need_at)
    missing = (target - before) / per_unit
    if measure_deficit(indicator, before) < LEAST_DEFICIT or missing <= 0:
        return "plan.reason_no_deficit"
    quantity = min(missing.to_integral_value(ROUND_CEILING), action.max_qty)
    stages = _split_stages(action, indicator, before, per_unit, quantity, max_stages)
    unmet = [p for p in action.prerequisites if not _is_met_in(p, village, catalogue)]
    return Work(
        action=action,
        village_id=village.village_id,
        indicator=indicator,
        before=before,
        per_unit=per_unit,
        stages=stages,
        needed_first=tuple(p for p in unmet if not p.is_advisable),
        advisable=tuple(p for p in unmet if p.is_advisable),
    )


def measure_deficit(indicator: IndicatorType, state: Decimal) -> int:
    """Return the deficit of an indicator's state, ``clip((x - none)/(full - none), 0, 1)``.

    It is in ten-thousandths, rounded down. The indicator has a scale.
    """
    none = _to_decimal(indicator.no_need_at or 0.0)
    full = _to_decimal(indicator.full_need_at or 0.0)
    return int(min(max((state - none) / (full - none), Decimal(0)), Decimal(1)) * FULL)


def read_state(village: Village, indicator: IndicatorType) -> Decimal | None:
    """Return what a village states of an indicator, None if it is unknown.

    Of a range the end with the smaller deficit counts: nothing is planned on a guess.
    """
    reading = village.indicators.get(indicator.indicator_id)
    if reading is None:
        return None
    if isinstance(reading.value, int | float):
        return _to_decimal(reading.value)
    if reading.low is None or reading.high is None:
        return None
    ends = (_to_decimal(reading.low), _to_decimal(reading.high))
    return min(ends, key=lambda end: measure_deficit(indicator, end))


def is_met(prerequisite: Prerequisite, state: Decimal | None) -> bool:
    """Whether a state makes a prerequisite unnecessary; an unknown one never does."""
    if state is None or not prerequisite.measure:
        return False
    low, high = prerequisite.at_least, prerequisite.at_most
    return (low is None or state >= low) and (high is None or state <= high)


def _is_met_in(prerequisite: Prerequisite, village: Village, catalogue: Catalogue) -> bool:
    indicator = catalogue.indicators.get(prerequisite.measure)
    return indicator is not None and is_met(prerequisite, read_state(village, indicator))


def _scale_outcome(action: ActionType, village: Village) -> Decimal | None:
    """Return what one unit moves the indicator by in a village of this size; None if unknown."""
    if action.reference_amount is None:
        return action.outcome_per_unit
    reading = village.indicators.get(action.reference_indicator)
    if reading is None or not isinstance(reading.value, int | float) or reading.value <= 0:
        return None
    return action.outcome_per_unit * action.reference_amount / _to_decimal(reading.value)


def _split_stages(
    action: ActionType,
    indicator: IndicatorType,
    before: Decimal,
    per_unit: Decimal,
    quantity: Decimal,
    max_stages: int,
) -> tuple[Stage, ...]:
    """Return stages of whole units, alike in size, the larger ones first."""
    wanted = (quantity / action.typical_qty).to_integral_value(ROUND_CEILING)
    num_stages = int(min(wanted, Decimal(max_stages), max(quantity, Decimal(1))))
    share, rest = divmod(int(quantity), num_stages) if num_stages > 1 else (0, 0)
    sizes = [Decimal(share + (k < rest)) for k in range(num_stages)]
    if num_stages == 1:
        sizes = [quantity]
    stages = []
    done, deficit = Decimal(0), measure_deficit(indicator, before)
    for number, size in enumerate(sizes, start=1):
        done += size
        left = measure_deficit(indicator, before + per_unit * done)
        stages.append(Stage(number, size, deficit - left))
        deficit = left
    return tuple(stages)


def _to_decimal(value: float) -> Decimal:
    return Decimal(str(value))
