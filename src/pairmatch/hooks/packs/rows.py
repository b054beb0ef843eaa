"""The rows of a compiled rule: which of them counts for each pair, and what it gives."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from pairmatch.domain.candidates import BoolArray, Reason
from pairmatch.domain.fields import Field
from pairmatch.domain.fieldvalues import FieldValues
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.hooks.packs.comparisons import (
    Comparison,
    Truth,
    join_all,
    join_any,
    make_crisp,
)
from pairmatch.hooks.packs.evaluation import Atom, make_column
from pairmatch.hooks.packs.formulas import Formula
from pairmatch.hooks.packs.frames import Frame
from pairmatch.hooks.packs.intervals import Interval, Range, Verdict, Word
from pairmatch.hooks.packs.kinds import find_range, to_fraction

_MOST_STEPS = np.iinfo(np.int64).max
_MOST_CODES = 2**32
"""Sets of values of fields are numbered afresh beyond this, so that no number overflows."""

Alternatives = tuple[tuple[Comparison, ...], ...]


@dataclass(frozen=True, slots=True)
class CompiledRow:
    """A row: any of the alternatives, each all of its comparisons; none at all always holds."""

    alternatives: Alternatives
    points: Fraction
    formula: Formula | None
    reason: Reason


class Steps(NamedTuple):
    """Whole steps per row of a frame, and the bounds for what is not known."""

    points: IntArray
    low: IntArray
    high: IntArray


def list_row_fields(rows: Sequence[CompiledRow]) -> dict[str, Field]:
    """Return the fields that rows read, by id, in the order they are named."""
    found: dict[str, Field] = {}
    for row in rows:
        for alternative in row.alternatives:
            found.update((c.field.field_id, c.field) for c in alternative)
        if row.formula is not None:
            found.update((f.field_id, f) for f in row.formula.fields.values())
    return found


def find_truth(row: CompiledRow, frame: Frame) -> Truth | None:
    """Return where a row holds; None if it holds everywhere."""
    truths = []
    for alternative in row.alternatives:
        if not alternative:
            return None
        truths.append(join_all([frame.compare(comparison) for comparison in alternative]))
    return join_any(truths) if truths else None


def choose_rows(rows: Sequence[CompiledRow], frame: Frame, scale: int) -> tuple[IndexArray, Steps]:
    """Return which row counts (from 1, 0 is none) and what it gives, in steps of 1/`scale` point.

    The first row that holds counts. What is not known leaves several rows possible: `low` and
    `high` are the least and the most of all that may come first. They are a sound bound, exact
    unless rows or conditions hang together through the same unknown field.
    """
    everywhere = np.ones(frame.size, dtype=np.bool_)
    truths = [find_truth(row, frame) or make_crisp(everywhere) for row in rows]
    codes = np.zeros(frame.size, dtype=np.int32)
    rest = everywhere
    for number, truth in enumerate(truths, start=1):
        codes[rest & truth.point] = number
        rest = rest & ~truth.point
    if all(row.formula is None for row in rows) and all(truth.is_crisp for truth in truths):
        table = [0, *(round_steps(row.points, scale) for row in rows)]
        points = np.array(table, dtype=np.int64)[codes]
        return codes, Steps(points, points, points)
    return codes, _bound_rows(rows, truths, codes, frame, scale)


def _bound_rows(
    rows: Sequence[CompiledRow],
    truths: Sequence[Truth],
    codes: IndexArray,
    frame: Frame,
    scale: int,
) -> Steps:
    """Return what the rows in `codes` give, and the bounds over all rows that may come first."""
    points = np.zeros(frame.size, dtype=np.int64)
    low, high = np.full_like(points, _MOST_STEPS), np.full_like(points, -_MOST_STEPS)
    still_open = np.ones(frame.size, dtype=np.bool_)
    for number, (row, truth) in enumerate(zip(rows, truths, strict=True), start=1):
        may = still_open & truth.possible
        given = _give(row, frame, may, scale)
        np.copyto(points, given.points, where=codes == number)
        np.minimum(low, given.low, out=low, where=may)
        np.maximum(high, given.high, out=high, where=may)
        still_open &= ~truth.certain
    # Where no row is sure, there may be none that holds.
    np.minimum(low, 0, out=low, where=still_open)
    np.maximum(high, 0, out=high, where=still_open)
    return Steps(points, low, high)


def round_steps(points: Fraction, scale: int) -> int:
    """Return points in whole steps, half rounded up."""
    return (2 * points.numerator * scale + points.denominator) // (2 * points.denominator)


def _give(row: CompiledRow, frame: Frame, may: BoolArray, scale: int) -> Steps:
    """Return what a row gives where it may count."""
    if row.formula is None:
        given = np.full(frame.size, round_steps(row.points, scale), dtype=np.int64)
        return Steps(given, given, given)
    return _evaluate(row.formula, frame, np.flatnonzero(may).astype(np.int32), scale)


# --- formulas --------------------------------------------------------------------------------


class _Known(NamedTuple):
    """A field's value as far as it is known: what stands in for it (or None), and its range."""

    value: Atom | None
    range: Range

    @property
    def is_exact(self) -> bool:
        """Whether the value that stands in its place is the only possible one."""
        return self.value is not None and (
            isinstance(self.range, Word) or self.range[0] == self.range[1]
        )


@dataclass(frozen=True, slots=True)
class _Column:
    """A field in the cases of a formula: its different values, and which of them each case has."""

    table: list[_Known]
    index: IndexArray

    def is_each(self, facts: Iterable[bool]) -> BoolArray:
        """Return a fact about the different values for each case."""
        each: BoolArray = np.array(list(facts), dtype=np.bool_)[self.index]
        return each

    def take(self, rows: IndexArray) -> Any:
        """Return the values of some cases that have one, as a formula takes them."""
        kept = [k for k, known in enumerate(self.table) if known.value is not None]
        place = np.zeros(len(self.table), dtype=np.int32)
        place[kept] = np.arange(len(kept))
        values = [known.value for known in self.table if known.value is not None]
        return make_column(values)[place[self.index[rows]]]


def _evaluate(formula: Formula, frame: Frame, rows: IndexArray, scale: int) -> Steps:
    """Return a formula's steps on some rows of a frame, once for each different set of values."""
    arrays = [np.zeros(frame.size, dtype=np.int64) for _ in range(3)]
    codes, num_codes = np.zeros(len(rows), dtype=np.int64), 1
    columns: dict[str, _Column] = {}
    for name, item in formula.fields.items():
        table, own = _list_different(item, frame.values_of(item))
        index = frame.index_of(item.side)
        column = own[rows if index is None else index[rows]]
        columns[name] = _Column(table, column)
        if num_codes * len(table) > _MOST_CODES:
            _, codes = np.unique(codes, return_inverse=True)
            num_codes = len(rows)
        codes, num_codes = codes * len(table) + column, num_codes * len(table)
    _, first, place = np.unique(codes, return_index=True, return_inverse=True)
    cases = {name: _Column(c.table, c.index[first]) for name, c in columns.items()}
    for array, steps in zip(arrays, _measure_cases(formula, cases, len(first), scale), strict=True):
        array[rows] = steps[place]
    return Steps(*arrays)


def _measure_cases(
    formula: Formula, columns: Mapping[str, _Column], size: int, scale: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the steps of each case and their bounds.

    Where something is not known and nothing stands in for it, the points are the possible value
    nearest to 0.
    """
    has_value, is_exact = np.ones(size, dtype=np.bool_), np.ones(size, dtype=np.bool_)
    for column in columns.values():
        has_value &= column.is_each(known.value is not None for known in column.table)
        is_exact &= column.is_each(known.is_exact for known in column.table)
    given = np.flatnonzero(has_value).astype(np.int32)
    points = np.zeros(size, dtype=np.int64)
    if len(given):
        values = formula.evaluate({name: c.take(given) for name, c in columns.items()})
        points[given] = values.round_steps(scale, len(given))
    low, high = points.copy(), points.copy()
    for k in np.flatnonzero(~is_exact).tolist():
        ends = formula.bound({n: c.table[int(c.index[k])].range for n, c in columns.items()})
        low[k], high[k] = round_steps(ends.low, scale), round_steps(ends.high, scale)
        if not has_value[k]:
            points[k] = round_steps(min(max(Fraction(0), ends.low), ends.high), scale)
    return points, low, high


def _list_different(item: Field, values: FieldValues) -> tuple[list[_Known], IndexArray]:
    """Return the different values of a field and which of them each row has."""
    keys: list[tuple[object, ...]]
    if item.kind == "text":
        keys = [(text,) for text in values.texts]
    else:
        columns = (values.values, values.low, values.high)
        # NaN differs from itself, so it is written as None.
        keys = list(zip(*(_list_numbers(c.tolist()) for c in columns), strict=True))
    numbers = {key: k for k, key in enumerate(dict.fromkeys(keys))}
    everything = find_range(item)
    table = [_make_known(item, key, everything) for key in numbers]
    return table, np.array([numbers[key] for key in keys], dtype=np.int32)


def _list_numbers(numbers: list[float]) -> list[float | None]:
    return [None if math.isnan(number) else number for number in numbers]


def _make_known(item: Field, key: tuple[object, ...], everything: Range | None) -> _Known:
    if item.kind == "text":
        text = key[0] if isinstance(key[0], str) else None
        return _Known(text, Word(text))
    ends = {k: _clip(everything, k) for k in set(key) if isinstance(k, float)}
    value, low, high = (ends[k] if isinstance(k, float) else None for k in key)
    if low is None or high is None:
        # No value at all, such as the grade of a pair that was none: 0 in formulas.
        value = low = high = Fraction(0)
    if item.kind == "yes_no":
        return _Known(None if value is None else bool(value), Verdict(bool(low), bool(high)))
    return _Known(value, Interval(low, high))


def _clip(everything: Range | None, number: float) -> Fraction:
    """Return a number inside the field's range, on which the formula's proof stands."""
    exact = to_fraction(number)
    if not isinstance(everything, Interval) or everything.low <= exact <= everything.high:
        return exact
    return min(max(exact, everything.low), everything.high)
