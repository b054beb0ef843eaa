"""What a council may still choose, and what every choice costs: all in steps, all exact."""

from dataclasses import dataclass

from pairmatch.domain.explanation import Move


@dataclass(frozen=True, slots=True)
class PairFreedom:
    """What doing without one chosen pair loses, and who moves then.

    `banning_price` is None if no matching that is as good in all earlier levels lacks the pair.
    """

    unit_id: str
    village_id: str
    banning_price: int | None
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceCount:
    """How many candidates are in every, in some and in no matching within `slack` of the best."""

    slack: int
    num_must: int
    num_may: int
    num_never: int


@dataclass(frozen=True, slots=True)
class KindScarcity:
    """What one more place with a unit of some kind would add, and which unit that is.

    `gain` is None where only solving again would tell. `raises_earlier` says that one more pair, or
    another earlier goal, comes with it.
    """

    label_zh: str
    label_en: str
    num_units: int
    unit_id: str
    gain: int | None
    raises_earlier: bool = False


@dataclass(frozen=True, slots=True)
class FairnessPoint:
    """The highest total at which no chosen pair has fewer than `worst` points.

    `num_changes` counts the pairs of the proposal that are given up for it.
    """

    worst: int
    total: int
    num_changes: int


@dataclass(frozen=True, slots=True)
class Variant:
    """The best matching that lacks at least `num_different` of the chosen pairs."""

    num_different: int
    total: int


@dataclass(frozen=True, slots=True)
class BlockingPair:
    """A pair that both sides would wish for rather than what they have (None: no pair)."""

    unit_id: str
    village_id: str
    present_village_id: str | None
    present_unit_id: str | None


@dataclass(frozen=True, slots=True)
class Freedom:
    """The priced freedom around a proposal.

    `pairs` are all chosen pairs, the freest first; `counts` are for no loss and for a small one;
    `kinds` the scarcest kinds of units first; `fairness` the curve from the proposal's own point
    upwards; `variants` from few to many different pairs; `blocking` the pairs that both sides
    would wish for, those of chosen villages first, by points; none where a side
    may have several. What could not be measured is empty.
    """

    pairs: tuple[PairFreedom, ...] = ()
    counts: tuple[ChoiceCount, ...] = ()
    kinds: tuple[KindScarcity, ...] = ()
    fairness: tuple[FairnessPoint, ...] = ()
    variants: tuple[Variant, ...] = ()
    blocking: tuple[BlockingPair, ...] = ()
