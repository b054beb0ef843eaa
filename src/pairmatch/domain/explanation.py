"""Why this pair: ledger lines, needs covered and left, and what alternatives cost."""

from dataclasses import dataclass

from pairmatch.domain.candidates import FieldUse


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One rule's points for one pair, in steps, with the reason and the values used.

    `plugin` names who gave the rule; it is empty for a built-in one.
    """

    rule_id: str
    version: str
    label_zh: str
    label_en: str
    points: int
    low: int
    high: int
    reason_zh: str
    reason_en: str
    fields: tuple[FieldUse, ...] = ()
    plugin: str = ""


@dataclass(frozen=True, slots=True)
class NeedState:
    """One need of the village and what the unit can do about it, in ten-thousandths.

    `covered` is min(deficit, supply), `residual` the rest of the deficit; `known` is False where
    the deficit was filled in by the scenario's policy for unknowns. `weight` is what the need
    counts for in this village's shortfall, relative to its other needs.
    """

    need_id: str
    deficit: int
    supply: int
    covered: int
    residual: int
    known: bool
    weight: int = 10_000


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a displacement chain: a unit goes from one village to another.

    An empty `from_village_id` means the unit was idle, an empty `to_village_id` that it becomes
    idle.
    """

    unit_id: str
    from_village_id: str
    to_village_id: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another pair, what forcing it loses exactly (in steps), and who moves where then.

    `forcing_price` is None if no matching holds the pair: none with as many pairs, where their
    number is an objective level.
    """

    unit_id: str
    village_id: str
    points: int
    forcing_price: int | None
    chain: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class PairExplanation:
    """Everything the files say about one chosen pair; all points in steps.

    `rank` is the place of the unit among the village's candidates by score (1 is highest).
    `alternatives` are other units for the same village, cheapest forcing price first.
    """

    unit_id: str
    village_id: str
    points: int
    low: int
    high: int
    rank: int
    num_candidates: int
    tied: bool
    lines: tuple[LedgerLine, ...]
    needs: tuple[NeedState, ...]
    alternatives: tuple[Alternative, ...]
