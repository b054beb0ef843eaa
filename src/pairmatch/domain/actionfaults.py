"""What is wrong with entries of the action catalogue, whoever has written them."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter

from pairmatch.domain.actions import ActionType, Prerequisite
from pairmatch.domain.taxonomy import IndicatorType, Taxonomy

LAST_MONTH = 12
LONGEST_MONTHS = 120
MOST_CIRCLES = 50
"""So many circles are looked for: each takes a look at all actions."""
_TEXTS = ("action_id", "need_id", "name_zh", "name_en", "unit", "outcome_indicator")


@dataclass(frozen=True, slots=True)
class ActionFault:
    """Something wrong with an action: a message code, the fields it is about, and parameters.

    The first of the fields is where to mend it. One that `is_doubt` keeps the action from being
    planned and nothing else.
    """

    action_id: str
    code: str
    fields: tuple[str, ...]
    params: Mapping[str, str]
    is_doubt: bool = False


def list_action_faults(action: ActionType, taxonomy: Taxonomy) -> tuple[ActionFault, ...]:
    """Return all that is wrong with one action by itself.

    Parameters
    ----------
    action
        The entry; its values are of their types, and its numbers finite.
    taxonomy
        The needs, indicators and capabilities that it may name.
    """
    return tuple(_Examination(action, taxonomy).list_faults())


def list_chain_faults(
    actions: Sequence[ActionType], own: Iterable[str], known: Iterable[str] = ()
) -> tuple[ActionFault, ...]:
    """Return what is wrong with the prerequisites of actions taken together.

    Parameters
    ----------
    actions
        The actions, whose ids are different.
    own
        Ids of those that are examined; the others are right in themselves.
    known
        Ids of further actions that may come before.
    """
    mine = set(own)
    there = {action.action_id for action in actions} | set(known)
    faults = [
        _tell(action, "unknown_action", "prerequisites", value=first.action_id, closest=closest)
        for action in actions
        if action.action_id in mine
        for first in action.prerequisites
        if first.action_id not in there
        for closest in (find_close(first.action_id, there),)
    ]
    by_id = {action.action_id: action for action in actions}
    for circle in _list_circles(actions):
        guilty = next((action_id for action_id in circle if action_id in mine), None)
        if guilty is not None:
            chain = " → ".join((*circle, circle[0]))
            faults.append(_tell(by_id[guilty], "circle", "prerequisites", chain=chain))
    return tuple(faults)


def find_close(text: str, known: Iterable[str]) -> str:
    """Return the known text closest to one, or a dash."""
    return "".join(difflib.get_close_matches(text, sorted(known), n=1)) or "–"


def show_amount(number: Decimal) -> str:
    """Return a number as people write it."""
    shown = f"{number:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _find_near(text: str, names: Mapping[str, str]) -> str:
    """Return the id closest to a text or to whose name it is closest, with that name."""
    found = find_close(text, (*names, *names.values()))
    key = next((k for k, name in names.items() if found in (k, name)), None)
    return found if key is None else f"{names[key]} ({key})"


def _list_circles(actions: Sequence[ActionType]) -> Iterator[tuple[str, ...]]:
    """Yield actions that wait for each other, in the order of doing, from the least id on."""
    before = {a.action_id: {p.action_id for p in a.prerequisites} for a in actions}
    for _number in range(MOST_CIRCLES):
        ordered = {key: sorted(before[key]) for key in sorted(before)}
        try:
            TopologicalSorter(ordered).prepare()
        except CycleError as error:
            # Each is named before one that waits for it, the first again at the end.
            circle: list[str] = error.args[1][:-1]
            at = circle.index(min(circle))
            yield tuple(circle[at:] + circle[:at])
            before[circle[at]] = set()
        else:
            return


def _tell(
    action: ActionType, code: str, *fields: str, is_doubt: bool = False, **params: str
) -> ActionFault:
    told = {"id": action.action_id, **params}
    return ActionFault(action.action_id, f"catalogue.{code}", fields, told, is_doubt)


class _Examination:
    """Looks at one action, field by field."""

    def __init__(self, action: ActionType, taxonomy: Taxonomy) -> None:
        self._action = action
        self._needs = {need.need_id: need.name_zh for need in taxonomy.needs}
        self._indicators = {i.indicator_id: i for i in taxonomy.indicators}
        self._capabilities = {c.capability_id: c.name_zh for c in taxonomy.capabilities}

    def list_faults(self) -> Iterator[ActionFault]:
        for field in _TEXTS:
            if not getattr(self._action, field):
                yield self._tell("blank", field, field=field)
        yield from self._check_names()
        yield from self._check_outcome()
        yield from self._check_reference()
        yield from self._check_amounts()
        yield from self._check_times()
        for first in self._action.prerequisites:
            yield from self._check_prerequisite(first)

    def _tell(self, code: str, *fields: str, is_doubt: bool = False, **params: str) -> ActionFault:
        return _tell(self._action, code, *fields, is_doubt=is_doubt, **params)

    def _check_names(self) -> Iterator[ActionFault]:
        need = self._action.need_id
        if need and need not in self._needs:
            closest = _find_near(need, self._needs)
            yield self._tell("unknown_need", "need_id", value=need, closest=closest)
        for capability in self._action.capabilities:
            if capability not in self._capabilities:
                closest = _find_near(capability, self._capabilities)
                yield self._tell(
                    "unknown_capability", "capabilities", value=capability, closest=closest
                )

    def _check_indicator(self, name: str, field: str) -> Iterator[ActionFault]:
        if name not in self._indicators:
            names = {i.indicator_id: i.name_zh for i in self._indicators.values()}
            closest = _find_near(name, names)
            yield self._tell("unknown_indicator", field, value=name, closest=closest)

    def _check_outcome(self) -> Iterator[ActionFault]:
        name, outcome = self._action.outcome_indicator, self._action.outcome_per_unit
        indicator = self._indicators.get(name)
        if name and indicator is None:
            yield from self._check_indicator(name, "outcome_indicator")
        if indicator is None:
            return
        if indicator.no_need_at is None or indicator.full_need_at is None:
            yield self._tell("no_scale", "outcome_indicator", indicator=indicator.name_zh)
        elif not outcome:
            yield self._tell("no_outcome", "outcome_per_unit", is_doubt=True)
        elif (outcome > 0) is not (indicator.no_need_at > indicator.full_need_at):
            yield self._tell_direction(indicator)

    def _tell_direction(self, indicator: IndicatorType) -> ActionFault:
        return self._tell(
            "direction",
            "outcome_per_unit",
            "outcome_indicator",
            value=show_amount(self._action.outcome_per_unit),
            indicator=indicator.name_zh,
            full=f"{indicator.full_need_at:.15g}",
            none=f"{indicator.no_need_at:.15g}",
        )

    def _check_reference(self) -> Iterator[ActionFault]:
        name, amount = self._action.reference_indicator, self._action.reference_amount
        if bool(name) is not (amount is not None) or (amount is not None and amount <= 0):
            yield self._tell("reference", "reference_indicator")
        elif name:
            yield from self._check_indicator(name, "reference_indicator")

    def _check_amounts(self) -> Iterator[ActionFault]:
        action = self._action
        if not 0 <= action.cost_low <= action.cost_typ <= action.cost_high:
            fields = ("cost_typ", "cost_low", "cost_high")
            low, typ, high = (
                show_amount(c) for c in (action.cost_low, action.cost_typ, action.cost_high)
            )
            yield self._tell("costs", *fields, low=low, typ=typ, high=high)
        if not 0 < action.typical_qty <= action.max_qty:
            typical, most = show_amount(action.typical_qty), show_amount(action.max_qty)
            yield self._tell("quantities", "typical_qty", "max_qty", typical=typical, most=most)
        if not 0 <= action.upkeep_share <= 1:
            yield self._tell("upkeep", "upkeep_share", value=show_amount(action.upkeep_share))

    def _check_times(self) -> Iterator[ActionFault]:
        months = self._action.duration_months
        if not 1 <= months <= LONGEST_MONTHS:
            yield self._tell(
                "duration", "duration_months", value=str(months), most=str(LONGEST_MONTHS)
            )
        seasons = self._action.work_months
        months_open = [m for first, last in seasons for m in range(first, last + 1)]
        is_good = all(1 <= first <= last <= LAST_MONTH for first, last in seasons)
        if not seasons or not is_good or len(set(months_open)) < len(months_open):
            shown = "、".join(f"{first}-{last}" for first, last in seasons)
            yield self._tell("seasons", "work_months", value=shown or "–")

    def _check_prerequisite(self, first: Prerequisite) -> Iterator[ActionFault]:
        if first.measure:
            yield from self._check_indicator(first.measure, "met_if")
        has_bound = first.at_least is not None or first.at_most is not None
        if bool(first.measure) is not has_bound:
            yield self._tell("met_if", "met_if", value=first.action_id)
