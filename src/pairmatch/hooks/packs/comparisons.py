"""Conditions of a pack: from words on a sheet to comparisons of arrays.

What is not known makes a condition neither true nor false. Each comparison therefore gives three
masks: where it holds for every value the unknown may have (`certain`), where it holds for the value
that stands in for it (`point`), and where it holds for some value (`possible`). They nest, and so
do those of conditions joined by and/or.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.fields import Field
from pairmatch.domain.fieldvalues import FieldValues, FloatArray, Text
from pairmatch.domain.packs import Operator


class Truth(NamedTuple):
    """Where something holds surely, by what stands in for the unknown, and possibly.

    The three are one and the same array where nothing is unknown.
    """

    certain: BoolArray
    point: BoolArray
    possible: BoolArray

    @property
    def is_crisp(self) -> bool:
        """Whether nothing is unknown."""
        return self.certain is self.possible


def make_crisp(mask: BoolArray) -> Truth:
    """Return the truth of something that is known everywhere."""
    return Truth(mask, mask, mask)


class Edge(NamedTuple):
    """An end of a range of numbers: just before `value`, or just after it."""

    value: float
    is_after: bool


class Span(NamedTuple):
    """All numbers between two edges; ``Span(Edge(3, False), Edge(3, True))`` is 3 alone."""

    start: Edge
    end: Edge

    @property
    def is_empty(self) -> bool:
        """Whether no number lies in it."""
        return self.start >= self.end

    def holds(self, other: "Span") -> bool:
        """Whether all of another one lies in it."""
        return self.start <= other.start and other.end <= self.end

    def cut(self, other: "Span") -> "Span":
        """Return what both have in common."""
        return Span(max(self.start, other.start), min(self.end, other.end))


EVERYTHING = Span(Edge(-math.inf, False), Edge(math.inf, True))


def single(value: float) -> Span:
    """Return the span of one number."""
    return Span(Edge(value, False), Edge(value, True))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition of a pack, read: a field inside one of `spans`, or with one of `words`.

    `is_negated` turns it round; ``known`` and ``unknown`` have neither spans nor words.
    """

    field: Field
    operator: Operator
    spans: tuple[Span, ...] = ()
    words: frozenset[str] = frozenset()

    @property
    def is_negated(self) -> bool:
        """Whether it holds where the field is outside of its values."""
        return self.operator == "unequal"

    def compare(self, values: FieldValues) -> Truth:
        """Return where the comparison holds."""
        if self.operator in {"known", "unknown"}:
            return self._compare_presence(values)
        if self.field.kind in {"text", "set"}:
            return _compare_texts(values.texts, self.words, self.is_negated)
        return _compare_numbers(values, self.spans, self.is_negated)

    def _compare_presence(self, values: FieldValues) -> Truth:
        # What is not known may be told later: then `known` holds and `unknown` does not.
        is_known = values.is_known
        if self.operator == "unknown":
            return Truth(np.zeros_like(is_known), ~is_known, ~is_known)
        has_value = is_known
        if self.field.kind not in {"text", "set"}:
            has_value = is_known & ~np.isnan(values.low)
        if is_known.all():
            return make_crisp(has_value)
        return Truth(has_value, has_value, has_value | ~is_known)


def join_all(truths: list[Truth]) -> Truth:
    """Return where all hold; of one or more."""
    return _join(truths, np.logical_and)


def join_any(truths: list[Truth]) -> Truth:
    """Return where one holds; of one or more."""
    return _join(truths, np.logical_or)


def _join(truths: list[Truth], join: np.ufunc) -> Truth:
    joined = truths[0]
    for truth in truths[1:]:
        if joined.is_crisp and truth.is_crisp:
            joined = make_crisp(join(joined.point, truth.point))
        else:
            joined = Truth(*(join(a, b) for a, b in zip(joined, truth, strict=True)))
    return joined


def _compare_numbers(values: FieldValues, spans: tuple[Span, ...], is_negated: bool) -> Truth:
    # NaN at the ends is no value at all, for which no comparison holds.
    has_value = ~np.isnan(values.low) if is_negated else None
    point = _is_in_any(values.values, spans)
    if values.is_known.all():
        return make_crisp(point if has_value is None else ~point & has_value)
    certain, possible = (np.zeros(len(values.low), dtype=np.bool_) for _ in range(2))
    for span in spans:
        certain |= _is_inside(values.low, span) & _is_inside(values.high, span)
        possible |= _is_after(values.high, span.start) & _is_before(values.low, span.end)
    if has_value is not None:
        point = ~point & ~np.isnan(values.values)
        certain, possible = ~possible & has_value, ~certain & has_value
    return Truth(certain, point | certain, possible)


def _is_in_any(values: FloatArray, spans: tuple[Span, ...]) -> BoolArray:
    inside = np.zeros(len(values), dtype=np.bool_)
    for span in spans:
        inside |= _is_inside(values, span)
    return inside


def _is_after(values: FloatArray, start: Edge) -> BoolArray:
    return values > start.value if start.is_after else values >= start.value


def _is_before(values: FloatArray, end: Edge) -> BoolArray:
    return values <= end.value if end.is_after else values < end.value


def _is_inside(values: FloatArray, span: Span) -> BoolArray:
    inside: BoolArray = _is_after(values, span.start) & _is_before(values, span.end)
    return inside


def _compare_texts(texts: tuple[Text, ...], words: frozenset[str], is_negated: bool) -> Truth:
    found = []
    for text in texts:
        if text is None:
            found.append(False)
        else:
            held = text in words if isinstance(text, str) else not words.isdisjoint(text)
            found.append(held is not is_negated)
    certain = np.array(found, dtype=np.bool_)
    unknown = np.array([text is None for text in texts], dtype=np.bool_)
    return Truth(certain, certain, certain | unknown) if unknown.any() else make_crisp(certain)
