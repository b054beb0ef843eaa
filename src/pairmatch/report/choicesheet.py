"""The sheet on what may still be chosen: the same parts as on the page, figures as numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pairmatch.report.fairness import FairnessView
from pairmatch.report.freedom import ChoicesView, FreePair, KindView
from pairmatch.report.sheets import (
    LINE_HEIGHT,
    Document,
    check_written,
    fit_height,
    merge_row,
    set_page,
    write_labels,
    write_points,
    write_text,
)
from pairmatch.report.wording import Text, format_points, word

WIDTHS = (22, 22, 16, 16, 58)
"""Widths of the columns, which all tables of the sheet share: names or points, figures, words."""
_HEAD_HEIGHT = 34


@dataclass(frozen=True, slots=True)
class Points:
    """A cell that holds points."""

    steps: int


_Cell = Text | str | int | Points


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the sheet: its heading, sentences before and after, and its table between."""

    heading: Text | None
    before: tuple[Text, ...] = ()
    head: tuple[Text, ...] = ()
    rows: tuple[tuple[_Cell, ...], ...] = ()
    after: tuple[Text, ...] = ()


def write_choices(
    sheet: Any, document: Document, view: ChoicesView, formats: Mapping[str, Any]
) -> None:
    """Write what may still be chosen, part by part below each other."""
    last = len(WIDTHS) - 1
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    merge_row(sheet, 0, last, word("head_choices").pick(document.lang), formats["title"])
    sheet.set_row(0, 30)
    line = write_labels(sheet, 1, WIDTHS, document, formats)
    for part in _list_parts(view):
        line = _write_part(sheet, line, part, document, formats)
    set_page(sheet, document)
    sheet.set_landscape()
    sheet.print_area(0, 0, line - 1, last)


def _list_parts(view: ChoicesView) -> Iterator[_Part]:
    yield _Part(None, (word("choices_intro"), *view.counts))
    if view.pairs or view.other_pairs:
        codes = ("col_unit", "col_village", "col_county")
        loss = word("col_without", what=view.measure.what)
        yield _Part(
            word("head_free"),
            head=(*map(word, codes), loss, word("col_who_moves")),
            rows=tuple(_list_pair_cells(pair, view) for pair in view.pairs),
            after=view.other_pairs,
        )
    if view.kinds_told is not None:
        codes = ("col_kind", "col_example", "col_num_units")
        gain = word("col_gain", what=view.measure.what)
        yield _Part(
            word("head_kinds"),
            (view.kinds_told,),
            (*map(word, codes), gain, word("col_one_more")),
            tuple(_list_kind_cells(kind, view) for kind in view.kinds),
            () if view.more_kinds is None else (view.more_kinds,),
        )
    if view.fairness is not None:
        yield _list_fairness(view.fairness)
    if view.variants:
        yield _Part(word("head_variants"), view.variants)
    if view.blocking:
        yield _Part(
            word("head_blocking"),
            view.blocking_told[:1],
            tuple(
                word(f"col_{key}") for key in ("unit", "village", "present_village", "present_unit")
            ),
            tuple((b.unit, b.village, b.present_village, b.present_unit) for b in view.blocking),
            view.blocking_told[1:],
        )
    yield _Part(word("head_ask"), (word("choices_ask"),))


def _list_pair_cells(pair: FreePair, view: ChoicesView) -> tuple[_Cell, ...]:
    loss = _count(pair.price, view)
    return (pair.row.unit_name, pair.row.village_name, pair.row.county, loss, pair.moves)


def _list_kind_cells(kind: KindView, view: ChoicesView) -> tuple[_Cell, ...]:
    gain = "—" if kind.kind.gain is None else _count(kind.kind.gain, view)
    return (kind.label, kind.unit, kind.kind.num_units, gain, kind.told)


def _list_fairness(view: FairnessView) -> _Part:
    codes = ("col_total", "col_total_loss", "col_changes", "col_in_words")
    return _Part(
        word("head_fairness", whose=view.whose),
        () if any(row.sentence for row in view.rows) else view.sentences,
        (word("col_worst", whose=view.whose), *map(word, codes)),
        tuple(
            (
                Points(row.point.worst),
                Points(row.point.total),
                Points(row.loss),
                row.point.num_changes,
                word("this_proposal") if row.is_own else row.sentence or "",
            )
            for row in view.rows
        ),
    )


def _count(amount: int, view: ChoicesView) -> _Cell:
    return Points(amount) if view.measure.is_total else amount


def _write_part(
    sheet: Any, line: int, part: _Part, document: Document, formats: Mapping[str, Any]
) -> int:
    """Write a part and return the line after it."""
    last = len(WIDTHS) - 1
    if part.heading is not None:
        merge_row(sheet, line, last, part.heading.pick(document.lang), formats["heading"])
        sheet.set_row(line, 30)
        line += 1
    line = _write_sentences(sheet, line, part.before, document, formats)
    if part.rows:
        for column, text in enumerate(part.head):
            write_text(sheet, line, column, text.pick(document.lang), formats["head"])
        sheet.set_row(line, _HEAD_HEIGHT)
        for cells in part.rows:
            line += 1
            _write_cells(sheet, line, cells, document, formats)
        line += 1
    return _write_sentences(sheet, line, part.after, document, formats)


def _write_sentences(
    sheet: Any,
    line: int,
    sentences: Sequence[Text],
    document: Document,
    formats: Mapping[str, Any],
) -> int:
    for sentence in sentences:
        text = sentence.pick(document.lang)
        merge_row(sheet, line, len(WIDTHS) - 1, text, formats["note"])
        sheet.set_row(line, fit_height([(text, sum(WIDTHS))], LINE_HEIGHT))
        line += 1
    return line


def _write_cells(
    sheet: Any,
    line: int,
    cells: Sequence[_Cell],
    document: Document,
    formats: Mapping[str, Any],
) -> None:
    texts = []
    for column, cell in enumerate(cells):
        if isinstance(cell, Points):
            write_points(sheet, line, column, cell.steps, document, formats["points"])
            texts.append(format_points(cell.steps, document.steps_per_point))
        elif isinstance(cell, int):
            check_written(sheet.write_number(line, column, cell, formats["whole"]))
            texts.append(str(cell))
        else:
            texts.append(cell.pick(document.lang) if isinstance(cell, Text) else cell)
            write_text(sheet, line, column, texts[-1], formats["text"])
    sheet.set_row(line, fit_height(list(zip(texts, WIDTHS, strict=False)), LINE_HEIGHT))
