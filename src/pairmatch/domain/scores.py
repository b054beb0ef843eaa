"""Scores: the ledger of points per rule and candidate, and the pairs that were excluded."""

from collections.abc import Sequence
from dataclasses import dataclass

from pairmatch.domain.candidates import Candidates, Reason
from pairmatch.domain.inputs import IntArray


@dataclass(frozen=True, slots=True)
class RuleColumn:
    """One rule's column of the ledger; arrays over candidates, in steps.

    `plugin` and `county` name whose rule it is; both are empty for the city's own.
    """

    rule_id: str
    version: str
    label_zh: str
    label_en: str
    spread: int
    points: IntArray
    low: IntArray
    high: IntArray
    reasons: Sequence[Reason]
    plugin: str = ""
    county: str = ""


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """Integer scores of all candidates; `total` is the exact sum of the columns' points."""

    candidates: Candidates
    columns: tuple[RuleColumn, ...]
    total: IntArray
    low: IntArray
    high: IntArray


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Pairs of one unit that one eligibility rule refused.

    `num_villages` counts the pairs lost to this rule, `all_villages` says that none is left to
    the unit; the reason is that of the first refused pair.
    """

    unit_id: str
    rule_id: str
    label_zh: str
    label_en: str
    num_villages: int
    all_villages: bool
    reason: Reason
