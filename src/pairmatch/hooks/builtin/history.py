"""Continuity and rotation: what the cycle before says for or against the same pair."""

import numpy as np

from pairmatch.domain.candidates import (
    FULL,
    Candidates,
    Contribution,
    FieldUse,
    Reason,
    ScoreRule,
    guess_share,
)
from pairmatch.domain.records import PreviousPair
from pairmatch.hooks.builtin.shares import contribute_shares, describe_guess

TOP_GRADE = 4
GRADES_ZH = {1: "差", 2: "中", 3: "良", 4: "优"}
GRADES_EN = {1: "poor", 2: "fair", 3: "good", 4: "excellent"}


def contribute_continuity(candidates: Candidates, spread: int) -> Contribution:
    """Return the mean yearly evaluation (poor 0 ... excellent 1) for pairs of the cycle before.

    The mean is over the years that were evaluated; the others make it an interval.
    """
    previous, policy = _index_previous(candidates), candidates.background.unknown
    point = np.zeros(len(candidates), dtype=np.int64)
    low, high = point.copy(), point.copy()
    for k, pair in previous.items():
        low[k], middle, high[k] = _measure_grades(pair)
        point[k] = guess_share(policy) if middle is None else middle
    return contribute_shares(
        point, low, high, spread, lambda k: _describe_continuity(previous.get(k), policy)
    )


def contribute_rotation(candidates: Candidates, spread: int) -> Contribution:
    """Return the whole spread for every pair that was not one in the cycle before."""
    previous = _index_previous(candidates)
    point = np.full(len(candidates), FULL, dtype=np.int64)
    point[list(previous)] = 0
    return contribute_shares(
        point, point, point, spread, lambda k: _describe_rotation(previous.get(k))
    )


def _index_previous(candidates: Candidates) -> dict[int, PreviousPair]:
    """Return the previous pair of each candidate that was one, by candidate index."""
    row = {unit.unit_id: u for u, unit in enumerate(candidates.units.records)}
    column = {village.village_id: v for v, village in enumerate(candidates.villages.records)}
    known = {
        row[pair.unit_id] * len(column) + column[pair.village_id]: pair
        for pair in candidates.background.previous
        if pair.unit_id in row and pair.village_id in column
    }
    keys = candidates.unit_idx.astype(np.int64) * len(column) + candidates.village_idx
    found = np.flatnonzero(np.isin(keys, np.array(sorted(known), dtype=np.int64)))
    return {k: known[int(keys[k])] for k in found.tolist()}


def _measure_grades(pair: PreviousPair) -> tuple[int, int | None, int]:
    """Return the lowest, the known and the highest mean of the evaluations in 1/FULL."""
    known = [grade - 1 for grade in pair.grades if grade is not None]
    if not known:
        return 0, None, FULL
    best, num_unknown = TOP_GRADE - 1, len(pair.grades) - len(known)
    return (
        FULL * sum(known) // (best * len(pair.grades)),
        FULL * sum(known) // (best * len(known)),
        FULL * (sum(known) + best * num_unknown) // (best * len(pair.grades)),
    )


def _describe_continuity(pair: PreviousPair | None, policy: str) -> Reason:
    if pair is None:
        return _describe_new()
    if not any(pair.grades):
        zh, en = describe_guess(policy)
        return Reason(
            f"上一轮就是对子，历年评定{zh}",
            f"a pair in the cycle before; yearly evaluations {en}",
            _list_fields(pair),
        )
    zh, en = _name_grades(pair)
    return Reason(
        f"上一轮就是对子，历年评定：{zh}；评得好的加分",
        f"a pair in the cycle before; yearly evaluations: {en}; good ones count for it",
        _list_fields(pair),
    )


def _describe_rotation(pair: PreviousPair | None) -> Reason:
    if pair is None:
        return _describe_new()
    return Reason(
        "上一轮就是对子；按轮换的要求，这一轮不加分",
        "a pair in the cycle before; rotation gives it nothing",
        _list_fields(pair),
    )


def _describe_new() -> Reason:
    return Reason("上一轮没有结过对", "not a pair in the cycle before")


def _list_fields(pair: PreviousPair) -> tuple[FieldUse, ...]:
    zh, en = _name_grades(pair)
    return (FieldUse("上一轮历年评定", "yearly evaluations", zh, pair.place.file, en),)


def _name_grades(pair: PreviousPair) -> tuple[str, str]:
    zh = [GRADES_ZH[grade] if grade else "未评" for grade in pair.grades]
    en = [GRADES_EN[grade] if grade else "not evaluated" for grade in pair.grades]
    return "、".join(zh) or "未评", ", ".join(en) or "not evaluated"


RULES = (
    ScoreRule("continuity", "1", "上一轮续配", "continuity", contribute_continuity),
    ScoreRule("rotation", "1", "轮换", "rotation", contribute_rotation),
)
