"""Continuity and rotation: what the cycle before says for or against the same pair."""

import numpy as np

from pairmatch.domain.candidates import FULL, Candidates, Contribution, FieldUse, Reason, ScoreRule
from pairmatch.domain.records import PreviousPair
from pairmatch.hooks.builtin.shares import contribute_shares, guess_share

TOP_GRADE = 4


def contribute_continuity(candidates: Candidates, spread: int) -> Contribution:
    """Return the mean yearly evaluation (poor 0 ... excellent 1) for pairs of the cycle before."""
    previous = _index_previous(candidates)
    point = np.zeros(len(candidates), dtype=np.int64)
    low, high = point.copy(), point.copy()
    for k, pair in previous.items():
        share = _measure_grades(pair)
        point[k] = guess_share(candidates.background.unknown) if share is None else share
        low[k], high[k] = (0, FULL) if share is None else (share, share)
    return contribute_shares(point, low, high, spread, lambda k: _describe(previous.get(k), True))


def contribute_rotation(candidates: Candidates, spread: int) -> Contribution:
    """Return the whole spread for every pair that was not one in the cycle before."""
    previous = _index_previous(candidates)
    point = np.full(len(candidates), FULL, dtype=np.int64)
    point[list(previous)] = 0
    return contribute_shares(
        point, point, point, spread, lambda k: _describe(previous.get(k), False)
    )


def _index_previous(candidates: Candidates) -> dict[int, PreviousPair]:
    """Return the previous pair of each candidate that was one, by candidate index."""
    pairs = {(p.unit_id, p.village_id): p for p in candidates.background.previous}
    unit_ids = [unit.unit_id for unit in candidates.units.records]
    village_ids = [village.village_id for village in candidates.villages.records]
    listed = zip(candidates.unit_idx.tolist(), candidates.village_idx.tolist(), strict=True)
    found = ((k, pairs.get((unit_ids[u], village_ids[v]))) for k, (u, v) in enumerate(listed))
    return {k: pair for k, pair in found if pair is not None}


def _measure_grades(pair: PreviousPair) -> int | None:
    known = [grade for grade in pair.grades if grade is not None]
    if not known:
        return None
    return FULL * sum(grade - 1 for grade in known) // ((TOP_GRADE - 1) * len(known))


def _describe(pair: PreviousPair | None, wanted: bool) -> Reason:
    if pair is None:
        return Reason("上一轮不是对子", "not a pair in the cycle before")
    words = {None: "?", 1: "差", 2: "中", 3: "良", 4: "优"}
    grades = "、".join(words.get(grade, "?") for grade in pair.grades) or "?"
    field = FieldUse("上一轮历年评定", "yearly evaluations", grades, pair.place.file)
    keep_zh, keep_en = ("续配" if wanted else "轮换"), ("continuity" if wanted else "rotation")
    return Reason(
        f"上一轮已结对，历年评定：{grades}（{keep_zh}规则）",
        f"a pair in the cycle before, evaluated {grades} ({keep_en})",
        (field,),
    )


RULES = (
    ScoreRule("continuity", "1", "上一轮续配", "continuity", contribute_continuity),
    ScoreRule("rotation", "1", "轮换", "rotation", contribute_rotation),
)
