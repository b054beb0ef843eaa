"""The eligible pairs, columnar and read-only: what rules see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.inputs import ExternalScores, IndexArray, IntArray
from pairmatch.domain.records import PreviousPair, Unit, Village
from pairmatch.domain.taxonomy import Taxonomy

FULL = 10_000
"""Deficits, supplies and strengths are whole ten-thousandths: FULL is 1."""

BoolArray = NDArray[np.bool_]

Result = TypeVar("Result")


def guess_share(policy: str) -> int:
    """Return the share, in 1/FULL, that an unknown counts where there is no median to take."""
    return {"none": 0, "full": FULL}.get(policy, FULL // 2)


@dataclass(frozen=True, slots=True)
class UnitSide:
    """The units: records in id order and their supply per need, (units, needs) in 1/FULL."""

    records: Sequence[Unit]
    supply: IntArray


@dataclass(frozen=True, slots=True)
class VillageSide:
    """The villages: records in id order and, per need, deficits and weights.

    All arrays are (villages, needs) in 1/FULL. `deficit` is the value by the scenario's policy
    for unknowns, `deficit_low` and `deficit_high` the interval it may truly lie in. `known` keeps
    what rules have worked out for all villages, see `remember`.
    """

    records: Sequence[Village]
    deficit: IntArray
    deficit_low: IntArray
    deficit_high: IntArray
    need_weight: IntArray
    known: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Background:
    """Reference data the rules may read: tables, distances, the cycle before.

    `unknown` is the scenario's policy for unknown values (see `ScoringSection`).
    """

    taxonomy: Taxonomy
    unknown: str = "county-median"
    distances: Mapping[tuple[str, str], float] = field(default_factory=dict)
    previous: tuple[PreviousPair, ...] = ()
    scores: ExternalScores | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs as two index arrays into the sides, sorted by (unit_id, village_id).

    `steps_per_point` converts points to the integer steps all scores are counted in.
    """

    units: UnitSide
    villages: VillageSide
    unit_idx: IndexArray
    village_idx: IndexArray
    steps_per_point: int
    background: Background

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.unit_idx)


@dataclass(frozen=True, slots=True)
class FieldUse:
    """One value a rule looked at: what it is called, what it was, where it came from.

    `value_en` is the value in English where it has words; empty if it is the same.
    """

    label_zh: str
    label_en: str
    value: str
    source: str = ""
    value_en: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a rule gave what it gave, in both languages, with the values it looked at."""

    zh: str
    en: str
    fields: tuple[FieldUse, ...] = ()


def remember(candidates: Candidates, key: str, work_out: Callable[[Candidates], Result]) -> Result:
    """Return what depends on the sides alone, worked out when it is first asked for.

    Pairs may be scored in many blocks that share their sides. `work_out` must not look at the
    pairs.
    """
    kept = candidates.villages.known.get(key)
    if kept is None or kept[0] is not candidates.units or kept[1] is not candidates.background:
        kept = (candidates.units, candidates.background, work_out(candidates))
        candidates.villages.known[key] = kept
    found: Result = kept[2]
    return found


class DescribedReasons(Sequence[Reason]):
    """One reason per candidate, made when it is asked for: reasons are only read for few pairs."""

    def __init__(self, num_candidates: int, describe: Callable[[int], Reason]) -> None:
        self._num_candidates = num_candidates
        self._describe = describe

    def __len__(self) -> int:
        return self._num_candidates

    @overload
    def __getitem__(self, index: int) -> Reason: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Reason]: ...
    def __getitem__(self, index: int | slice) -> Reason | Sequence[Reason]:
        if isinstance(index, slice):
            return [self._describe(k) for k in range(*index.indices(len(self)))]
        return self._describe(range(len(self))[index])


@dataclass(frozen=True, slots=True)
class CodedReasons(Sequence[Reason]):
    """One reason per candidate, as a code into a table of few different ones; plain data."""

    codes: IndexArray
    table: tuple[Reason, ...]

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> Reason: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Reason]: ...
    def __getitem__(self, index: int | slice) -> Reason | Sequence[Reason]:
        if isinstance(index, slice):
            return [self.table[code] for code in self.codes[index].tolist()]
        return self.table[int(self.codes[index])]


@dataclass(frozen=True, slots=True)
class Contribution:
    """One rule's points for every candidate, in steps.

    `low` and `high` bound the points over all values that unknown fields could have; where
    nothing is unknown they equal `points`. `reasons` holds one reason per candidate.
    """

    points: IntArray
    low: IntArray
    high: IntArray
    reasons: Sequence[Reason]

    @property
    def is_known(self) -> bool:
        """Whether the three are one array, as they are where nothing is unknown."""
        return self.low is self.points and self.high is self.points


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """A rule that scores candidates.

    `contribute` gets the candidates and the spread (in steps) that the scenario gives the rule
    and returns points. Those of a built-in rule differ by no more than the spread; one that is not
    `bounded` takes its points from a table as they are. Those of a county's rule may be of any
    size: the core subtracts each village's mean and cuts them to half the spread either way.

    A county's rule has an id that starts with its plugin's name (``huanghua.salt``), the names of
    the fields it reads, and the `spread` in points that holds where the scenario states none.
    `plugin` and `county` are filled in by the core: who gave the rule, for whose villages.
    `measure` may return the points alone, the same ones, where that takes less time; it is given
    the pairs in any order.
    """

    rule_id: str
    version: str
    label_zh: str
    label_en: str
    contribute: Callable[[Candidates, int], Contribution]
    bounded: bool = True
    fields: tuple[str, ...] = ()
    spread: Decimal = Decimal(0)
    plugin: str = ""
    county: str = ""
    measure: Callable[[Candidates, int], IntArray] | None = None


@dataclass(frozen=True, slots=True)
class EligibilityRule:
    """A hard yes or no per pair: `decide` returns the mask of pairs that may be matched.

    `explain` gives the reason for a pair (unit, village) that it refused. `plugin` and `county`
    are filled in by the core: who gave the rule, for whose villages.
    """

    rule_id: str
    version: str
    label_zh: str
    label_en: str
    decide: Callable[[Candidates], BoolArray]
    explain: Callable[[Unit, Village], Reason]
    fields: tuple[str, ...] = ()
    plugin: str = ""
    county: str = ""
