"""Rows that contradict each other: bands that overlap or leave gaps, rows never reached."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from pairmatch.domain.fields import Field
from pairmatch.domain.findings import Place
from pairmatch.domain.packs import PackRow
from pairmatch.hooks.packs.comparisons import EVERYTHING, Comparison, Edge, Span
from pairmatch.hooks.packs.problems import Problems
from pairmatch.hooks.packs.rows import Alternatives

MOST_COMPARED = 50
"""With how many rows before it a row is compared."""

_RANGES = frozenset({"between", "less", "at_most", "more", "at_least"})


class Band(NamedTuple):
    """A row that begins with a range of a number."""

    span: Span
    comparison: Comparison
    place: Place


def check_bands(rows: Sequence[tuple[PackRow, Alternatives]], problems: Problems) -> None:
    """Add a finding for each two bands of one field that overlap or leave a gap between them.

    Bands are rows that begin with a range of the same field, whose further conditions (if any) are
    the same, and of which one has two ends (``between``). Rows with one end only (at least 100, at
    least 50, ...) are steps, of which the first that holds counts, and may overlap.
    """
    alike: dict[tuple[str, tuple[Comparison, ...]], list[Band]] = {}
    for row, alternatives in rows:
        if len(alternatives) == 1 and alternatives[0]:
            comparison, *others = alternatives[0]
            if comparison.operator in _RANGES and comparison.field.kind == "number":
                band = Band(comparison.spans[0], comparison, _point_at(row))
                key = comparison.field.field_id, tuple(others)
                alike.setdefault(key, []).append(band)
    for bands in alike.values():
        if any(band.comparison.operator == "between" for band in bands):
            _check_neighbours(sorted(bands, key=lambda b: (b.span, b.place)), problems)


def _check_neighbours(bands: Sequence[Band], problems: Problems) -> None:
    reach = bands[0]
    for _previous, band in pairwise(bands):
        field = band.comparison.field
        if band.span.start < reach.span.end:
            common = reach.span.cut(band.span)
            _tell("packs.bands_overlap", reach, band, common, field, problems)
        elif reach.span.end < band.span.start:
            gap = Span(reach.span.end, band.span.start)
            _tell("packs.bands_gap", reach, band, gap, field, problems)
        if reach.span.end < band.span.end:
            reach = band


def _tell(code: str, one: Band, other: Band, span: Span, field: Field, problems: Problems) -> None:
    first, second = sorted((one, other), key=lambda band: band.place)
    problems.add(
        code,
        replace(second.place, value=_show_span(second.span)),
        field=field.name_zh,
        field_en=field.name_en,
        first_row=str(first.place.row),
        second_row=str(second.place.row),
        span=_show_span(span),
    )


def _show_span(span: Span) -> str:
    return f"{_show_end(span.start)}–{_show_end(span.end)}"


def _show_end(edge: Edge) -> str:
    return "" if math.isinf(edge.value) else f"{edge.value:.15g}"


def check_reach(rows: Sequence[tuple[PackRow, Alternatives]], problems: Problems) -> None:
    """Add a warning for each row that no pair can reach: it contradicts itself or an earlier one.

    A row is never reached if each of its alternatives is impossible or implies an alternative of
    one earlier row. Each row is compared with the first and with the nearest of those before it,
    so that the largest pack is checked at once.
    """
    for k, (row, alternatives) in enumerate(rows):
        wanted = alternatives or ((),)
        open_ones = [alternative for alternative in wanted if _is_possible(alternative)]
        if not open_ones:
            problems.warn("packs.row_impossible", _point_at(row))
            continue
        nearest = rows[max(k - MOST_COMPARED, 1) : k] if k > 1 else ()
        for earlier, others in (*rows[: min(k, 1)], *nearest):
            if all(_is_covered(alternative, others or ((),)) for alternative in open_ones):
                params = {"first_row": str(_point_at(earlier).row)}
                problems.warn("packs.row_unreachable", _point_at(row), **params)
                break


def _point_at(row: PackRow) -> Place:
    places = [c.place for alternative in row.alternatives for c in alternative]
    return row.place if row.place != Place() or not places else places[0]


def _is_possible(alternative: Sequence[Comparison]) -> bool:
    """Whether the comparisons of a row leave any value to each field."""
    spans: dict[str, Span] = {}
    for comparison in alternative:
        field = comparison.field
        if comparison.spans and not comparison.is_negated:
            whole = Span(comparison.spans[0].start, comparison.spans[-1].end)
            if len(comparison.spans) > 1:
                ends = [s.start for s in comparison.spans], [s.end for s in comparison.spans]
                whole = Span(min(ends[0]), max(ends[1]))
            spans[field.field_id] = spans.get(field.field_id, _find_room(field)).cut(whole)
    presence = {(c.field.field_id, c.operator) for c in alternative}
    both = any((field_id, "known") in presence for field_id, op in presence if op == "unknown")
    return not both and not any(span.is_empty for span in spans.values())


def _find_room(field: Field) -> Span:
    start = EVERYTHING.start if field.minimum is None else Edge(field.minimum, False)
    end = EVERYTHING.end if field.maximum is None else Edge(field.maximum, True)
    return Span(start, end)


def _is_covered(alternative: Sequence[Comparison], others: Alternatives) -> bool:
    return any(
        all(any(_implies(one, other) for one in alternative) for other in comparisons)
        for comparisons in others
    )


def _implies(one: Comparison, other: Comparison) -> bool:
    """Whether one comparison holds only where the other does."""
    if one.field.field_id != other.field.field_id:
        return False
    if one == other:
        return True
    if one.is_negated or other.is_negated or "unknown" in {one.operator, other.operator}:
        return False
    if other.operator == "known":
        return False  # what stands in for an unknown can meet a comparison
    if one.spans and other.spans:
        return all(any(room.holds(span) for room in other.spans) for span in one.spans)
    return bool(one.words) and one.words <= other.words
