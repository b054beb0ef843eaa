"""The eligible pairs, columnar and read-only: what rules see."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.inputs import ExternalScores, IndexArray, IntArray
from pairmatch.domain.records import PreviousPair, Unit, Village
from pairmatch.domain.taxonomy import Taxonomy

FULL = 10_000
"""Deficits, supplies and strengths are whole ten-thousandths: FULL is 1."""

BoolArray = NDArray[np.bool_]


def guess_share(policy: str) -> int:
    """Return the share, in 1/FULL, that an unknown counts where there is no median to take."""
    return {"none": 0, "full": FULL}.get(policy, FULL // 2)


@dataclass(frozen=True, slots=True)
class UnitSide:
    """The units: records in id order and their supply per need, (units, needs) in 1/FULL."""

    records: tuple[Unit, ...]
    supply: IntArray


@dataclass(frozen=True, slots=True)
class VillageSide:
    """The villages: records in id order and, per need, deficits and weights.

    All arrays are (villages, needs) in 1/FULL. `deficit` is the value by the scenario's policy
    for unknowns, `deficit_low` and `deficit_high` the interval it may truly lie in.
    """

    records: tuple[Village, ...]
    deficit: IntArray
    deficit_low: IntArray
    deficit_high: IntArray
    need_weight: IntArray


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


@dataclass(frozen=True, slots=True)
class Contribution:
    """One rule's points for every candidate, in steps.

    `low` and `high` bound the points over all values that unknown fields could have; where
    nothing is unknown they equal `points`. `describe` gives the reason for the k-th candidate.
    """

    points: IntArray
    low: IntArray
    high: IntArray
    describe: Callable[[int], Reason]


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """A rule that scores candidates.

    `contribute` gets the candidates and the spread (in steps) that the scenario gives the rule
    and returns points that differ by no more than the spread; a rule that is not `bounded` takes
    its points from a table as they are.
    """

    rule_id: str
    version: str
    label_zh: str
    label_en: str
    contribute: Callable[[Candidates, int], Contribution]
    bounded: bool = True


@dataclass(frozen=True, slots=True)
class EligibilityRule:
    """A hard yes or no per pair: `decide` returns the mask of pairs that may be matched.

    `explain` gives the reason for a pair (unit, village) that it refused.
    """

    rule_id: str
    version: str
    label_zh: str
    label_en: str
    decide: Callable[[Candidates], BoolArray]
    explain: Callable[[Unit, Village], Reason]
