"""The one gate before any solver: what rules return is whole, in range and one per candidate."""

from typing import NoReturn

import numpy as np

from pairmatch.domain.candidates import (
    BoolArray,
    CodedReasons,
    Contribution,
    EligibilityRule,
    Reason,
    ScoreRule,
)
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.errors import PluginFaultError
from pairmatch.score.sides import freeze

STEPS_LIMIT = 2**40
"""Largest score in steps: sums over a city stay far inside exact 64-bit integers."""

RAW_LIMIT = 2**52
"""Largest points in steps that a county's rule may give before they are centred and cut."""


def check_contribution(
    rule: ScoreRule, contribution: object, num_candidates: int, spread: int
) -> Contribution:
    """Return what a rule gave, copied and read-only.

    Raises
    ------
    PluginFaultError
        If points are not whole numbers, not one per candidate, too large, outside their own
        interval or, for a built-in rule, outside the spread; or if reasons are missing.
    """
    if not isinstance(contribution, Contribution):
        raise_fault(rule, "score.not_contribution", kind=type(contribution).__name__)
    points = _check_points(rule, contribution.points, num_candidates)
    low, high = (
        points
        if end is contribution.points
        else _share(points, _check_points(rule, end, num_candidates))
        for end in (contribution.low, contribution.high)
    )
    if (low is not points and (low > points).any()) or (
        high is not points and (points > high).any()
    ):
        raise_fault(rule, "score.bad_interval")
    if rule.bounded and not rule.plugin:
        width = int(high.max()) - int(low.min()) if num_candidates else 0
        if width > spread:
            raise_fault(rule, "score.outside_spread", width=str(width), spread=str(spread))
    reasons = contribution.reasons
    if rule.plugin:
        reasons = _check_reasons(rule, reasons, num_candidates)
    return Contribution(points, low, high, reasons)


def check_mask(rule: EligibilityRule, allowed: object, num_candidates: int) -> BoolArray:
    """Return which pairs a condition refuses.

    Raises
    ------
    PluginFaultError
        If it answered anything but one yes or no per candidate.
    """
    if not isinstance(allowed, np.ndarray) or allowed.dtype != np.bool_:
        raise_fault(rule, "score.bad_mask")
    if allowed.shape != (num_candidates,):
        raise_fault(rule, "score.bad_mask")
    refused: BoolArray = ~allowed
    return refused


def check_reason(rule: EligibilityRule, reason: object) -> Reason:
    """Return the reason a condition gives for a pair that it refused.

    Raises
    ------
    PluginFaultError
        If it is none.
    """
    if not isinstance(reason, Reason):
        raise_fault(rule, "score.no_reason", kind=type(reason).__name__)
    return reason


def raise_fault(rule: ScoreRule | EligibilityRule, code: str, **params: str) -> NoReturn:
    """Raise the fault of a rule; that of a plugin carries one finding that names it."""
    params = {"rule": rule.rule_id, **params}
    if not rule.plugin:
        raise PluginFaultError(code, **params)
    params |= {"plugin": rule.plugin, "county": rule.county}
    finding = Finding(code, Severity.ERROR, Place(), params)
    raise PluginFaultError("hooks.broken_plugin", (finding,), plugin=rule.plugin)


def _share(points: IntArray, end: IntArray) -> IntArray:
    """Return one array for both where nothing is unknown: most of the ledger, if there is much."""
    return points if np.array_equal(points, end) else end


def _check_points(rule: ScoreRule, points: object, num_candidates: int) -> IntArray:
    if not isinstance(points, np.ndarray):
        raise_fault(rule, "score.not_whole", dtype=type(points).__name__)
    if points.dtype.kind not in "iu":
        raise_fault(rule, "score.not_whole", dtype=str(points.dtype))
    if points.shape != (num_candidates,):
        shape, wanted = str(points.shape), str(num_candidates)
        raise_fault(rule, "score.bad_shape", shape=shape, wanted=wanted)
    limit = RAW_LIMIT if rule.plugin else STEPS_LIMIT
    if not _are_within(points, -limit, limit):
        raise_fault(rule, "score.too_large", limit=str(limit))
    # A copy, so that nothing the rule keeps can change the ledger afterwards.
    return freeze(points.astype(np.int64))


def _are_within(numbers: IntArray | IndexArray, least: int, most: int) -> bool:
    # Not abs(): the absolute value of the least 64-bit integer is negative.
    return not len(numbers) or (least <= int(numbers.min()) and int(numbers.max()) <= most)


def _check_reasons(rule: ScoreRule, reasons: object, num_candidates: int) -> CodedReasons:
    """Return a plugin's reasons as plain data: none of its code runs when they are read."""
    if not isinstance(reasons, CodedReasons) or not {Reason}.issuperset(map(type, reasons.table)):
        raise_fault(rule, "score.bad_reasons")
    codes = reasons.codes
    if not isinstance(codes, np.ndarray) or codes.dtype.kind not in "iu":
        raise_fault(rule, "score.bad_reasons")
    if codes.shape != (num_candidates,) or not _are_within(codes, 0, len(reasons.table) - 1):
        raise_fault(rule, "score.bad_reasons")
    return CodedReasons(freeze(codes.astype(np.int32)), tuple(reasons.table))
