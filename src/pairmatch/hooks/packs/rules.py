"""Compiled rules as the core runs them: plain data that is called, so it can be sent elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pairmatch.domain.candidates import (
    Background,
    BoolArray,
    Candidates,
    CodedReasons,
    Contribution,
    EligibilityRule,
    Reason,
    ScoreRule,
    UnitSide,
    VillageSide,
)
from pairmatch.domain.fields import Side
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.hooks.packs.comparisons import Comparison, Truth, join_all, join_any
from pairmatch.hooks.packs.frames import Frame, find_level, frame_candidates
from pairmatch.hooks.packs.rows import CompiledRow, choose_rows, find_truth, list_row_fields

NOTHING = Reason("没有一行条件符合", "no row of the rule holds")

_RECORDED = ("unit", "village", "capability")
"""Fields that a unit or village record tells by itself."""
_EMPTY = Taxonomy((), (), (), (), (), {}, {})


@dataclass(frozen=True, slots=True)
class CompiledPack:
    """The rules of a pack, ready to run."""

    score_rules: tuple[ScoreRule, ...]
    eligibility_rules: tuple[EligibilityRule, ...]


@dataclass(frozen=True, slots=True)
class PackScore:
    """Gives each pair what the first row that holds gives."""

    rows: tuple[CompiledRow, ...]

    @property
    def level(self) -> Side:
        """Where the rows are evaluated."""
        return find_level(list_row_fields(self.rows).values())

    def __call__(self, candidates: Candidates, spread: int) -> Contribution:
        """Return the points in steps, as the rows say; the core bounds them by the spread."""
        frame = frame_candidates(candidates, self.level)
        codes, steps = choose_rows(self.rows, frame, candidates.steps_per_point)
        points = low = high = frame.spread_out(steps.points, candidates)
        if steps.low is not steps.points or steps.high is not steps.points:
            low, high = (frame.spread_out(end, candidates) for end in (steps.low, steps.high))
        table = (NOTHING, *(row.reason for row in self.rows))
        reasons = CodedReasons(frame.spread_out(codes, candidates), table)
        return Contribution(points, low, high, reasons)


@dataclass(frozen=True, slots=True)
class PackRefusal:
    """Refuses the pairs for which one of the rows holds.

    A refusal rests on what is known: nothing stands in for an unknown value.
    """

    rows: tuple[CompiledRow, ...]

    def decide(self, candidates: Candidates) -> BoolArray:
        """Return the pairs that may be matched."""
        level = find_level(list_row_fields(self.rows).values())
        frame = frame_candidates(candidates, level, guess=False)
        refused: BoolArray = frame.spread_out(self.refuse(frame), candidates)
        return ~refused

    def refuse(self, frame: Frame) -> BoolArray:
        """Return the rows of a frame that are refused."""
        refused = np.zeros(frame.size, dtype=np.bool_)
        for row in self.rows:
            truth = find_truth(row, frame)
            refused |= np.ones(frame.size, dtype=np.bool_) if truth is None else truth.point
        return refused

    def explain(self, unit: Unit, village: Village) -> Reason:
        """Return why a refused pair was refused: the first row that holds.

        The records alone do not tell shortfalls or what concerns the pair; where such a row may be
        the reason, it is named together with the first one that surely is.
        """
        frame = _frame_records(unit, village)
        reasons: list[Reason] = []
        for row in self.rows:
            truth = _find_recorded(row, frame)
            if truth.possible[0]:
                reasons.append(row.reason)
            if truth.point[0]:
                return reasons[0] if len(reasons) == 1 else _join(reasons)
        return _join(reasons) if reasons else NOTHING


def list_rows(rule: ScoreRule | EligibilityRule) -> tuple[CompiledRow, ...]:
    """Return the rows of a rule that `compile_pack` made."""
    owner = rule.contribute if isinstance(rule, ScoreRule) else getattr(rule.decide, "__self__", 0)
    if not isinstance(owner, PackScore | PackRefusal):
        raise TypeError(rule.rule_id)
    return owner.rows


def _frame_records(unit: Unit, village: Village) -> Frame:
    nothing, first = np.zeros((1, 0), dtype=np.int64), np.zeros(1, dtype=np.int32)
    candidates = Candidates(
        UnitSide((unit,), nothing),
        VillageSide((village,), nothing, nothing, nothing, nothing),
        first,
        first,
        1,
        Background(_EMPTY),
    )
    return frame_candidates(candidates, "pair", guess=False)


def _find_recorded(row: CompiledRow, frame: Frame) -> Truth:
    """Return whether a row holds, as far as the records tell."""
    if not all(row.alternatives):
        return _make_truth(True, True)
    truths = [
        join_all([_compare_recorded(comparison, frame) for comparison in alternative])
        for alternative in row.alternatives
    ]
    return join_any(truths) if truths else _make_truth(True, True)


def _compare_recorded(comparison: Comparison, frame: Frame) -> Truth:
    if comparison.field.field_id.partition(".")[0] not in _RECORDED:
        return _make_truth(False, True)
    point = frame.compare(comparison).point
    return Truth(point, point, point)


def _make_truth(point: bool, possible: bool) -> Truth:
    masks = (np.array([value], dtype=np.bool_) for value in (point, point, possible))
    return Truth(*masks)


def _join(reasons: Sequence[Reason]) -> Reason:
    parts = list(dict.fromkeys(reasons))
    return Reason("；或".join(r.zh for r in parts), "; or ".join(r.en for r in parts))
