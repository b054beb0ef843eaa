"""External scores: points from a table, as they are."""

from decimal import Decimal

import numpy as np

from pairmatch.domain.candidates import (
    Candidates,
    Contribution,
    DescribedReasons,
    FieldUse,
    Reason,
    ScoreRule,
)


def contribute_external(candidates: Candidates, spread: int) -> Contribution:
    """Return the points of the external score table; they are not bounded by a spread."""
    del spread
    scores = candidates.background.scores
    if scores is None:
        nothing = np.zeros(len(candidates), dtype=np.int64)
        reason = Reason("没有外部评分", "no score")
        unscored = DescribedReasons(len(candidates), lambda _: reason)
        return Contribution(nothing, nothing, nothing, unscored)
    width = len(candidates.villages.records)
    listed = scores.unit_idx.astype(np.int64) * width + scores.village_idx
    wanted = candidates.unit_idx.astype(np.int64) * width + candidates.village_idx
    points = scores.points[np.searchsorted(listed, wanted)]
    file, steps_per_point = scores.file, candidates.steps_per_point

    def describe(k: int) -> Reason:
        value = f"{Decimal(int(points[k])) / steps_per_point:f}"
        return Reason(
            f"按外部评分表（{file}）给分",
            f"as in the external score table {file}",
            (FieldUse("外部评分", "external score", value, file),),
        )

    return Contribution(points, points, points, DescribedReasons(len(points), describe))


RULES = (
    ScoreRule(
        "external_scores", "1", "外部评分", "external scores", contribute_external, bounded=False
    ),
)
