"""External score tables: hundreds of thousands of points to exact integer steps."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import cast

import numpy as np

from pairmatch.domain.columns import SCORE_COLUMNS
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import ExternalScores, IndexArray, IntArray
from pairmatch.load.readers.sheets import CellValue, Sheet
from pairmatch.load.records.headers import HeaderBlock, find_header, suggest_names
from pairmatch.load.records.numbers import PLAIN_NUMBER
from pairmatch.load.records.tables import describe_scores
from pairmatch.load.records.values import parse_cell

MAX_STEPS = 10**12
"""Larger scores are refused: sums of them must stay exact everywhere."""
MAX_FINDINGS = 200
"""So many findings of a kind are made, the rest is counted in one."""
_LONGEST = 60
_SPACE = re.compile(r"[^\S\n]")
_FIELDS = ("unit_id", "village_id", "points")


@dataclass(frozen=True, slots=True)
class _Columns:
    """The three columns of the table, and the row (from 1) that the first cells stand in."""

    units: Sequence[str]
    villages: Sequence[str]
    points: Sequence[str]
    rows: IndexArray


@dataclass(frozen=True, slots=True)
class _Faults:
    """Collects findings of each kind up to a limit and counts the others."""

    file: str
    sheet: str
    headers: Mapping[str, str]
    findings: list[Finding]

    def tell(
        self, code: str, field: str, rows: Sequence[int], params: Callable[[int], dict[str, str]]
    ) -> None:
        """Add a finding for each position in `rows`, with the parameters for that position."""
        header = self.headers[field]
        for k, row in enumerate(rows[:MAX_FINDINGS]):
            found = params(k)
            place = Place(self.file, self.sheet, row, header, "", found["value"])
            self.findings.append(Finding(f"load.{code}", Severity.ERROR, place, found))
        if len(rows) > MAX_FINDINGS:
            place = Place(self.file, self.sheet, rows[MAX_FINDINGS], header)
            more = {"count": str(len(rows) - MAX_FINDINGS), "total": str(len(rows))}
            self.findings.append(Finding(f"load.{code}_more", Severity.ERROR, place, more))


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
    block, findings = find_header(sheet, describe_scores())
    if block is None or not block.fields.issuperset(_FIELDS):
        return None, findings
    headers = {mapped.column.field: mapped.header for mapped in block.columns}
    faults = _Faults(sheet.file, sheet.name, headers, list(findings))
    columns = _take_columns(sheet.rows, block)
    units = _find_ids(columns.units, ids[0], columns.rows, faults, "unit_id")
    villages = _find_ids(columns.villages, ids[1], columns.rows, faults, "village_id")
    points, exact = _parse_points(columns, steps_per_point, faults)
    good = (units >= 0) & (villages >= 0) & exact
    order = np.lexsort((columns.rows[good], villages[good], units[good]))
    kept = np.flatnonzero(good)[order]
    kept = _drop_duplicates(kept, units, villages, columns, faults)
    scores = ExternalScores(
        unit_idx=units[kept], village_idx=villages[kept], points=points[kept], file=sheet.file
    )
    for array in (scores.unit_idx, scores.village_idx, scores.points):
        array.flags.writeable = False
    return scores, tuple(faults.findings)


def _take_columns(rows: Sequence[Sequence[CellValue]], block: HeaderBlock) -> _Columns:
    index = {mapped.column.field: mapped.index for mapped in block.columns}
    wanted = [index[field] for field in _FIELDS]
    body = rows[block.last_row :]
    units, villages, points = (_show_cells(list(map(itemgetter(k), body))) for k in wanted)
    numbers = np.arange(block.last_row + 1, len(rows) + 1, dtype=np.int32)
    if "" in units and "" in villages and "" in points:
        texts = zip(units, villages, points, strict=True)
        filled = [k for k, row in enumerate(texts) if any(row)]
        units, villages, points = (
            [cells[k] for k in filled] for cells in (units, villages, points)
        )
        numbers = numbers[filled]
    return _Columns(units, villages, points, numbers)


def _show_cells(cells: list[CellValue]) -> list[str]:
    if set(map(type, cells)) != {str}:
        return [_show_cell(cell) for cell in cells]
    texts = cast("list[str]", cells)
    # One search for any space is much faster than stripping every cell.
    return [text.strip() for text in texts] if _SPACE.search("\n".join(texts)) else texts


def _show_cell(cell: CellValue) -> str:
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)  # noqa: PLR2004
    return "" if cell is None else str(cell).strip()


def _find_ids(
    texts: Sequence[str], known: Sequence[str], rows: IndexArray, faults: _Faults, field: str
) -> IndexArray:
    index = {text: k for k, text in enumerate(known)}
    places = map(index.get, texts, repeat(-1))
    found = np.fromiter(places, dtype=np.int32, count=len(texts))
    for k in np.flatnonzero(found < 0).tolist():
        # The tables of units and villages tidy their ids; those here may need the same.
        found[k] = index.get(_tidy_id(texts[k]), -1)
    bad = np.flatnonzero(found < 0)
    if len(bad):

        def describe(k: int) -> dict[str, str]:
            text = texts[bad[k]]
            return {"value": text, "closest": suggest_names(text, known) or "—"}

        code = "score_unit" if field == "unit_id" else "score_village"
        faults.tell(code, field, rows[bad].tolist(), describe)
    return found


@lru_cache(maxsize=1024)
def _tidy_id(text: str) -> str:
    tidy = parse_cell(text, SCORE_COLUMNS[0], typed=False).value
    return tidy if isinstance(tidy, str) else ""


def _parse_points(
    columns: _Columns, steps_per_point: int, faults: _Faults
) -> tuple[IntArray, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    texts = columns.points
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

        faults.tell(code, "points", columns.rows[bad].tolist(), describe)
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
    if len(text) > _LONGEST:
        return "score_too_fine" if "." in text else "score_magnitude"
    steps = Fraction(text) * steps_per_point
    if abs(steps) > MAX_STEPS:
        return "score_magnitude"
    return int(steps) if steps.denominator == 1 else "score_too_fine"


def _drop_duplicates(
    kept: np.ndarray[tuple[int], np.dtype[np.intp]],
    units: IndexArray,
    villages: IndexArray,
    columns: _Columns,
    faults: _Faults,
) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    same = np.zeros(len(kept), dtype=np.bool_)
    same[1:] = (units[kept][1:] == units[kept][:-1]) & (villages[kept][1:] == villages[kept][:-1])
    doubles = np.flatnonzero(same)
    if len(doubles):
        order = doubles[np.argsort(columns.rows[kept[doubles]], kind="stable")]
        firsts = [_find_first(same, int(k)) for k in order[:MAX_FINDINGS]]

        def describe(k: int) -> dict[str, str]:
            at, first = kept[order[k]], kept[firsts[k]]
            pair = f"{columns.units[at]} + {columns.villages[at]}"
            return {"value": pair, "first_row": str(columns.rows[first])}

        faults.tell("score_double", "village_id", columns.rows[kept[order]].tolist(), describe)
    return kept[~same]


def _find_first(same: np.ndarray[tuple[int], np.dtype[np.bool_]], k: int) -> int:
    while same[k]:
        k -= 1
    return k
