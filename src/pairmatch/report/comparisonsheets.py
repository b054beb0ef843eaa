"""Sheets of the workbook that compares: the page's parts below each other, figures as numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pairmatch.report.comparedchanges import DifferenceView
from pairmatch.report.figures import Cell, Part, Row, Table, show_number, show_text, tell
from pairmatch.report.sheets import (
    LINE_HEIGHT,
    MOST_EXACT,
    Document,
    check_written,
    fit_height,
    merge_row,
    set_page,
    write_labels,
    write_text,
)
from pairmatch.report.wording import Text, join_texts

WIDE, WIDTH = 30, 18
_LEAST_COLUMNS = 6
_HEAD_HEIGHT = 50


@dataclass(slots=True)
class _Writer:
    """A sheet that is being filled, and the line that comes next."""

    book: Any
    sheet: Any
    document: Document
    formats: Mapping[str, Any]
    num_columns: int
    line: int = 0
    numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def widths(self) -> list[int]:
        return [WIDE, WIDE] + [WIDTH] * (self.num_columns - 2)

    def write_sentence(
        self, text: Text, kind: str = "note", line_height: int = LINE_HEIGHT
    ) -> None:
        """Write a sentence over the whole width."""
        shown = text.pick(self.document.lang)
        merge_row(self.sheet, self.line, self.num_columns - 1, shown, self.formats[kind])
        width = sum(self.widths) * LINE_HEIGHT // line_height
        self.sheet.set_row(self.line, fit_height([(shown, width)], line_height))
        self.line += 1

    def write_part(self, part: Part) -> None:
        """Write a part: heading, sentences and table."""
        self.line += 1
        self.write_sentence(part.heading, "heading", 22)
        for sentence in part.before:
            self.write_sentence(sentence)
        if part.table is not None:
            self.write_table(part.table)
        for sentence in part.after:
            self.write_sentence(sentence)

    def write_table(self, table: Table) -> None:
        """Write headings and rows; differences have columns of their own."""
        head = [text.pick(self.document.lang) for text in table.head]
        for column, text in enumerate(head):
            write_text(self.sheet, self.line, column, text, self.formats["head"])
        if table.rows and not table.rows[0][-1].is_figure and len(head) < self.num_columns:
            self.widen_last(len(head) - 1, head[-1], "head")
        height = fit_height(list(zip(head, self.widths, strict=False)), LINE_HEIGHT)
        self.sheet.set_row(self.line, min(max(height, LINE_HEIGHT), 2 * _HEAD_HEIGHT))
        self.line += 1
        for row in (*table.rows, *table.foot):
            self.write_row(row)

    def write_row(self, row: Row) -> None:
        """Write the cells of a row and make it as high as they need."""
        texts = [_join_note(cell).pick(self.document.lang) for cell in row]
        widths = self.widths[: len(row)]
        for column, (cell, text) in enumerate(zip(row, texts, strict=True)):
            if cell.value is not None and abs(cell.value) * 10**cell.digits < MOST_EXACT:
                number = self.find_format(cell)
                value = float(cell.value)
                check_written(self.sheet.write_number(self.line, column, value, number))
            else:
                kind = "figure" if cell.is_figure else "text"
                write_text(self.sheet, self.line, column, text, self.formats[kind])
        if not row[-1].is_figure and len(row) < self.num_columns:
            widths[-1] = sum(self.widths[len(row) - 1 :])
            self.widen_last(len(row) - 1, texts[-1], "text")
        height = fit_height(list(zip(texts, widths, strict=True)), LINE_HEIGHT)
        self.sheet.set_row(self.line, height)
        self.line += 1

    def widen_last(self, column: int, text: str, kind: str) -> None:
        """Give words in the last column of a narrow table the room of those that follow."""
        last, words = self.num_columns - 1, self.formats[kind]
        check_written(self.sheet.merge_range(self.line, column, self.line, last, "", words))
        write_text(self.sheet, self.line, column, text, words)

    def find_format(self, cell: Cell) -> Any:
        """Return the number format of a figure, made once."""
        pattern = f"0.{'0' * cell.digits}".rstrip(".") + ("%" if cell.is_share else "")
        if cell.is_signed:
            zero = pattern
            pattern = f"+{pattern};−{pattern};{zero}"
        if pattern not in self.numbers:
            self.numbers[pattern] = self.book.add_format(
                {
                    "font_name": "仿宋",
                    "font_size": 11,
                    "valign": "vcenter",
                    "border": 1,
                    "border_color": "#999999",
                    "align": "right",
                    "indent": 1,
                    "num_format": pattern,
                }
            )
        return self.numbers[pattern]


def write_parts(
    book: Any,
    name: str,
    document: Document,
    formats: Mapping[str, Any],
    title: Text,
    parts: Sequence[Part | Text],
) -> None:
    """Write a sheet: its title, then sentences and parts in the order given.

    Parameters
    ----------
    book
        The workbook; a sheet is added to it.
    name
        The name of the sheet.
    document, formats
        What all sheets say and look like.
    title
        The heading of the sheet.
    parts
        What it tells.
    """
    spread = [_lay_out(part) if isinstance(part, Part) else part for part in parts]
    widest = max((_count_columns(p) for p in spread if isinstance(p, Part)), default=0)
    sheet = book.add_worksheet(name)
    writer = _Writer(book, sheet, document, formats, max(widest, _LEAST_COLUMNS))
    for column, width in enumerate(writer.widths):
        sheet.set_column(column, column, width)
    writer.write_sentence(title, "title", 28)
    writer.line = write_labels(sheet, writer.line, writer.widths, document, formats)
    for part in spread:
        if isinstance(part, Part):
            writer.write_part(part)
        else:
            writer.write_sentence(part)
    set_page(sheet, document)
    sheet.set_landscape()
    sheet.print_area(0, 0, max(writer.line - 1, 0), writer.num_columns - 1)


def write_difference(
    book: Any,
    name: str,
    document: Document,
    formats: Mapping[str, Any],
    view: DifferenceView,
) -> None:
    """Write the sheet of one pairing against the first."""
    parts: list[Part | Text] = [*view.sentences, *view.causes, *view.pairs]
    if view.chains:
        parts.append(_list_chains(view))
    write_parts(book, name, document, formats, view.heading, [*parts, *view.gains])


def _list_chains(view: DifferenceView) -> Part:
    head = (
        tell("compare.col_chain"),
        tell("compare.col_moves"),
        *(tell("compare.col_gain_by", name=name) for name in view.names),
        tell("compare.col_verdict"),
        tell("compare.col_option"),
    )
    rows = tuple(
        (
            show_number(chain.chain.number),
            show_text(join_texts(chain.moves, "；", "; ")),
            *chain.gain_cells,
            show_text(_join_faults(chain.verdict, chain.faults)),
            show_text(chain.option),
        )
        for chain in view.chains
    )
    after = [Text(view.command, view.command)] if view.can_accept else []
    if view.more_chains is not None:
        after.insert(0, view.more_chains)
    if view.can_accept:
        after.insert(0, tell("compare.no_script"))
    return Part(tell("compare.head_chains"), (), Table(head, rows), tuple(after))


def _join_faults(verdict: Text, faults: Sequence[Text]) -> Text:
    return join_texts([verdict, *faults], "\n", "\n") if faults else verdict


def _join_note(cell: Cell) -> Text:
    return cell.text if cell.note is None else join_texts([cell.text, cell.note], "\n", "\n")


def _lay_out(part: Part) -> Part:
    """Return a part as sheets have it: without drawings, differences in columns of their own."""
    return _spread_changes(_drop_drawings(part))


def _drop_drawings(part: Part) -> Part:
    table = part.table
    if table is None:
        return part
    kept = [k for k in range(len(table.head)) if not all(row[k].is_drawing for row in table.rows)]
    rows, foot = (tuple(tuple(row[k] for k in kept) for row in r) for r in (table.rows, table.foot))
    head = tuple(table.head[k] for k in kept)
    return replace(part, table=replace(table, head=head, rows=rows, foot=foot))


def _spread_changes(part: Part) -> Part:
    table = part.table
    if table is None or not any(cell.change for row in table.rows for cell in row):
        return part
    changing = {k for row in table.rows for k, cell in enumerate(row) if cell.change is not None}
    head = tuple(_spread_head(table.head, changing))
    rows = tuple(tuple(_spread_row(row, changing)) for row in table.rows)
    return Part(part.heading, part.before, Table(head, rows), part.after)


def _spread_head(head: Sequence[Text], changing: set[int]) -> Iterator[Text]:
    for k, text in enumerate(head):
        yield text
        if k in changing:
            yield tell("compare.col_change", name=text, first=head[1])


def _spread_row(row: Row, changing: set[int]) -> Iterator[Cell]:
    for k, cell in enumerate(row):
        yield cell
        if k in changing:
            yield cell.change or show_text("")


def _count_columns(part: Part) -> int:
    return len(part.table.head) if part.table is not None else 0
