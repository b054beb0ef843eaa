"""What each plan can choose from: works for the pressing needs, and ways to carry them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pairmatch.domain.actions import ActionType
from pairmatch.plan.ways import Funding, Way, list_ways
from pairmatch.plan.works import Catalogue, Pair, Work, size_work

if TYPE_CHECKING:
    from pairmatch.domain.records import Village

LATER = "plan.reason_later"
NO_ACTION = "plan.reason_no_action"
NO_CARRIER = "plan.reason_no_carrier"
NOT_FIRST = "plan.reason_not_first"
UNKNOWN = "plan.reason_unknown"
NO_DEFICIT = "plan.reason_no_deficit"
_PRESSING = (NOT_FIRST, NO_CARRIER, UNKNOWN, NO_DEFICIT)
"""Where the works for a need fail for several reasons, the first of these is told."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why nothing can be done about a need, as a message code, with the action concerned."""

    code: str
    action_id: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """A work with every way of carrying each of its stages.

    `first` are the works that must come before, each with how many of its stages.
    """

    work: Work
    ways: tuple[tuple[Way, ...], ...]
    first: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class PairOptions:
    """The options of a pair, by action, and the obstacle of every need that has none."""

    pair: Pair
    options: Mapping[str, Option]
    obstacles: Mapping[str, Obstacle]


def list_options(
    pairs: Sequence[Pair], actions: Sequence[ActionType], funding: Funding
) -> tuple[PairOptions, ...]:
    """Return what each pair can choose from.

    Parameters
    ----------
    pairs
        The pairs.
    actions
        The catalogue; entries of a county are for its villages only.
    funding
        Who could fund, and the settings of the plan.
    """
    catalogues: dict[str, Catalogue] = {}
    found = []
    for pair in pairs:
        county = pair.village.county
        if county not in catalogues:
            own = [a for a in actions if a.county in {"", county}]
            catalogues[county] = Catalogue(own, funding.taxonomy)
        found.append(_Chooser(pair, catalogues[county], funding).choose())
    return tuple(found)


class _Chooser:
    """Chooses the works for one pair, most pressing need first."""

    def __init__(self, pair: Pair, catalogue: Catalogue, funding: Funding) -> None:
        self._pair = pair
        self._catalogue = catalogue
        self._funding = funding
        self._tried: dict[str, Option | Obstacle] = {}

    def choose(self) -> PairOptions:
        """Return the options for the needs that are planned, with what must come before them."""
        chosen: dict[str, Option] = {}
        obstacles: dict[str, Obstacle] = {}
        left = self._funding.settings.needs
        wishes = frozenset(self._pair.village.wishes)
        for need in self._pair.needs:
            tried = [self._try(action) for action in self._list_actions(need.need_id)]
            own = [option for option in tried if isinstance(option, Option)]
            if not own:
                reasons = [found for found in tried if isinstance(found, Obstacle)]
                obstacles[need.need_id] = _pick_obstacle(reasons)
            elif left > 0 or need.need_id in wishes:
                left -= need.need_id not in wishes
                for option in own:
                    chosen |= dict(self._list_with_first(option))
            else:
                obstacles[need.need_id] = Obstacle(LATER)
        ordered = {
            a.action_id: chosen[a.action_id]
            for a in self._catalogue.actions
            if a.action_id in chosen
        }
        return PairOptions(self._pair, ordered, obstacles)

    def _list_actions(self, need_id: str) -> tuple[ActionType, ...]:
        return self._catalogue.by_need.get(need_id, ())

    def _try(self, action: ActionType) -> Option | Obstacle:
        """Return the option of an action, or what keeps it from being one."""
        known = self._tried.get(action.action_id)
        if known is None:
            # While it is tried it cannot be its own prerequisite.
            self._tried[action.action_id] = Obstacle(NOT_FIRST, action.action_id)
            known = self._tried[action.action_id] = self._build(action)
        return known

    def _build(self, action: ActionType) -> Option | Obstacle:
        stages = self._funding.settings.stages
        work = size_work(action, self._village, self._catalogue, stages)
        if isinstance(work, str):
            return Obstacle(work, action.action_id)
        ways = tuple(list_ways(work, s, self._pair.unit, self._funding) for s in work.stages)
        if not ways[0]:
            return Obstacle(NO_CARRIER, action.action_id)
        first = []
        for prerequisite in work.needed_first:
            before = self._catalogue.by_id.get(prerequisite.action_id)
            option = None if before is None else self._try(before)
            if not isinstance(option, Option):
                return Obstacle(NOT_FIRST, prerequisite.action_id)
            num_stages = option.work.count_stages_to(prerequisite)
            if num_stages is None:
                return Obstacle(NOT_FIRST, prerequisite.action_id)
            first.append((prerequisite.action_id, num_stages))
        return Option(work, ways, tuple(first))

    def _list_with_first(self, option: Option) -> Iterator[tuple[str, Option]]:
        yield option.work.action.action_id, option
        for action_id, _num_stages in option.first:
            before = self._tried[action_id]
            if isinstance(before, Option):
                yield from self._list_with_first(before)

    @property
    def _village(self) -> "Village":
        return self._pair.village


def _pick_obstacle(reasons: Sequence[Obstacle]) -> Obstacle:
    for code in _PRESSING:
        for reason in reasons:
            if reason.code == code:
                return reason
    return reasons[0] if reasons else Obstacle(NO_ACTION)
