"""External score tables: hundreds of thousands of points to exact integer steps."""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.findings import Finding
from pairmatch.domain.inputs import ExternalScores, IntArray
from pairmatch.load.readers.sheets import Sheet
from pairmatch.load.records.decimals import LONGEST
from pairmatch.load.records.numbers import PLAIN_NUMBER
from pairmatch.load.records.pair_tables import (
    PairTable,
    find_ids,
    open_pair_table,
    sort_rows,
    tell_doubles,
)
from pairmatch.load.records.tables import describe_scores

MAX_STEPS = 10**12
"""Larger scores are refused: sums of them must stay exact everywhere."""
_FIELDS = ("unit_id", "village_id", "points")


def build_scores(
    sheet: Sheet,
    ids: tuple[Sequence[str], Sequence[str]],
    steps_per_point: int,
) -> tuple[ExternalScores | None, tuple[Finding, ...]]:
    """Return the scores of a table, sorted by unit and village, with all its faults.

    Parameters
    ----------
    sheet
        The sheet that holds the table.
    ids
        The unit ids and the village ids, each sorted.
    steps_per_point
        How many steps make one point.

    Returns
    -------
    tuple
        None if the table has no usable header. Rows with a fault are left out.
    """
    table, findings = open_pair_table(sheet, describe_scores(), _FIELDS)
    if table is None:
        return None, findings
    units = find_ids(table, "unit_id", ids[0], "score_unit")
    villages = find_ids(table, "village_id", ids[1], "score_village")
    points, exact = _parse_points(table, steps_per_point)
    good = np.flatnonzero((units >= 0) & (villages >= 0) & exact)
    kept, doubles, firsts = sort_rows(good, (units, villages))
    tell_doubles(table, doubles, firsts, "score_double")
    scores = ExternalScores(
        unit_idx=units[kept], village_idx=villages[kept], points=points[kept], file=sheet.file
    )
    for array in (scores.unit_idx, scores.village_idx, scores.points):
        array.flags.writeable = False
    return scores, tuple(table.faults.findings)


def _parse_points(table: PairTable, steps_per_point: int) -> tuple[IntArray, BoolArray]:
    texts = table.texts["points"]
    num_decimals = len(str(steps_per_point)) - 1
    # One match over the whole column is ten times faster than one a cell. A plain number of at
    # most 15 digits times the steps differs from a whole number by less than a half, so rounding
    # its float is exact; whatever is not that plain goes through Decimal, cell by cell.
    whole, part = 15 - num_decimals, max(1, num_decimals)
    # Possessive quantifiers: six times faster, for nothing has to be kept for stepping back.
    plain = re.compile(rf"(?:[+-]?+[0-9]{{1,{whole}}}+(?:\.[0-9]{{1,{part}}}+)?+\n)*+")
    if num_decimals and plain.fullmatch("\n".join(texts) + "\n" if texts else ""):
        numbers = np.fromiter(map(float, texts), dtype=np.float64, count=len(texts))
        steps = np.rint(numbers * steps_per_point).astype(np.int64)
        large = np.flatnonzero(np.abs(steps) > MAX_STEPS)
        problems = {int(k): "score_magnitude" for k in large}
    else:
        steps, problems = _parse_each(texts, steps_per_point)
    good = np.ones(len(texts), dtype=np.bool_)
    for code in sorted(set(problems.values())):
        bad = [k for k, kind in problems.items() if kind == code]
        good[bad] = False
        shown = [texts[k] for k in bad]
        step = f"{Decimal(1) / steps_per_point}"

        def describe(k: int, shown: list[str] = shown, step: str = step) -> dict[str, str]:
            return {"value": shown[k], "step": step}

        table.faults.tell(code, "points", table.rows[bad].tolist(), describe)
    return steps, good


def _parse_each(texts: Sequence[str], steps_per_point: int) -> tuple[IntArray, dict[int, str]]:
    steps: list[int] = []
    problems: dict[int, str] = {}
    known: dict[str, int | str] = {}
    for k, text in enumerate(texts):
        step = known.get(text)
        if step is None:
            step = known[text] = _count_steps(text, steps_per_point)
        if isinstance(step, str):
            problems[k] = step
            step = 0
        steps.append(step)
    return np.array(steps, dtype=np.int64), problems


def _count_steps(text: str, steps_per_point: int) -> int | str:
    if not text:
        return "score_blank"
    if not PLAIN_NUMBER.fullmatch(text) or not text.isascii():
        return "score_not_a_number"
    if len(text) > LONGEST:
        return "score_too_fine" if "." in text else "score_magnitude"
    steps = Fraction(text) * steps_per_point
    if abs(steps) > MAX_STEPS:
        return "score_magnitude"
    return int(steps) if steps.denominator == 1 else "score_too_fine"
