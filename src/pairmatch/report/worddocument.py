"""Word documents as plain blocks: paragraphs and tables in the layout of official papers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from pairmatch.report.wording import clean_text

Style = Literal[
    "Title", "Subtitle", "Heading1", "Heading2", "Body", "Plain", "Note", "Right", "Cell", "Head"
]
Align = Literal["left", "center", "right"]

TEXT_WIDTH = 156
"""Width of the text of an upright page, in mm, as GB/T 9704 has it."""
WIDE_WIDTH = 247
"""Width of the text of a page on its side, in mm."""

_CHINESE = re.compile(r"[\u3001-\u9fff\uff00-\uffef]")
_TWIPS_PER_MM = 56.7
_PAGE = (11906, 16838)
_UPRIGHT = {"top": 2098, "right": 1474, "bottom": 1984, "left": 1588}
_SIDEWAYS = {"top": 1588, "right": 1417, "bottom": 1474, "left": 1417}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph in one of the styles; `lead` stands before the text in heavy letters."""

    text: str
    style: Style = "Body"
    lead: str = ""
    keeps_next: bool = False
    starts_page: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; each line of the text is a paragraph of its own.

    `span` is how many columns it covers, `fill` a colour in six hex digits or empty, `place` where
    the text stands in a tall cell.
    """

    text: str = ""
    align: Align = "left"
    span: int = 1
    fill: str = ""
    is_head: bool = False
    is_large: bool = False
    place: Literal["center", "bottom"] = "center"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: widths of the columns in mm, rows of headings that repeat on each page, and rows.

    `height` is the least height of the rows in mm, for those to be filled in by hand. One that
    `stays_whole` is moved to the next page rather than cut.
    """

    widths: tuple[int, ...]
    head: tuple[tuple[Cell, ...], ...]
    rows: tuple[tuple[Cell, ...], ...]
    height: int = 0
    stays_whole: bool = False


Block = Paragraph | Table


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks that stand on pages of one direction."""

    blocks: tuple[Block, ...]
    is_sideways: bool = False


def make_table(
    widths: Sequence[int],
    head: Sequence[str],
    rows: Iterable[Sequence[str | Cell]],
    aligns: str = "",
) -> Table:
    """Return a table of texts.

    Parameters
    ----------
    widths
        Widths of the columns in mm.
    head
        The headings.
    rows
        The cells; a text becomes a cell.
    aligns
        A letter per column: l, c or r; columns beyond are to the left.
    """
    names: dict[str, Align] = {"l": "left", "c": "center", "r": "right"}
    letters = aligns.ljust(len(widths), "l")
    made = tuple(
        tuple(
            cell if isinstance(cell, Cell) else Cell(cell, names[letters[k]])
            for k, cell in enumerate(row)
        )
        for row in rows
    )
    top = tuple(Cell(text, "center", is_head=True) for text in head)
    return Table(tuple(widths), (top,), made)


def write_body(sections: Sequence[Section], references: str) -> str:
    """Return the XML of the body; `references` name the headers and footers."""
    parts = []
    for k, section in enumerate(sections):
        parts += [_write_block(block) for block in section.blocks]
        page = _write_page(section.is_sideways, references if k == 0 else "", is_first=k == 0)
        # The last page set-up stands in the body, every other in an empty paragraph.
        parts.append(
            page
            if k == len(sections) - 1
            else f'<w:p><w:pPr><w:pStyle w:val="Break"/>{page}</w:pPr></w:p>'
        )
    return "".join(parts)


def write_run(text: str, style: str = "") -> str:
    """Return the XML of a run; what is invisible in a text is made visible."""
    # Quotation marks and dashes belong to both scripts; among Chinese they are full-width.
    hint = '<w:rFonts w:hint="eastAsia"/>' if _CHINESE.search(text) else ""
    kind = f'<w:rStyle w:val="{style}"/>' if style else ""
    properties = f"<w:rPr>{kind}{hint}</w:rPr>" if kind or hint else ""
    shown = escape(clean_text(text), quote=False)
    return f'<w:r>{properties}<w:t xml:space="preserve">{shown}</w:t></w:r>'


def _write_block(block: Block) -> str:
    return _write_paragraph(block) if isinstance(block, Paragraph) else _write_table(block)


def _write_paragraph(paragraph: Paragraph) -> str:
    keep = "<w:keepNext/>" if paragraph.keeps_next else ""
    keep += "<w:pageBreakBefore/>" if paragraph.starts_page else ""
    lead = write_run(paragraph.lead, "Lead") if paragraph.lead else ""
    runs = lead + "<w:r><w:br/></w:r>".join(write_run(t) for t in paragraph.text.split("\n"))
    style = f'<w:pStyle w:val="{paragraph.style}"/>'
    return f"<w:p><w:pPr>{style}{keep}</w:pPr>{runs}</w:p>"


def _write_table(table: Table) -> str:
    twips = [round(width * _TWIPS_PER_MM) for width in table.widths]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in twips)
    head = "".join(_write_row(row, twips, 0, is_head=True) for row in table.head)
    # Each row keeps the next one with it, but for the last.
    last = len(table.rows) - 1 if table.stays_whole else 0
    rows = "".join(
        _write_row(row, twips, table.height, keeps_next=k < last)
        for k, row in enumerate(table.rows)
    )
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/><w:tblW w:w="{sum(twips)}" w:type="dxa"/>'
        f'<w:jc w:val="center"/><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{head}{rows}</w:tbl>"
        # Two tables in a row would become one.
        '<w:p><w:pPr><w:pStyle w:val="Gap"/></w:pPr></w:p>'
    )


def _write_row(
    row: Sequence[Cell],
    twips: Sequence[int],
    height: int,
    *,
    is_head: bool = False,
    keeps_next: bool = False,
) -> str:
    marks = "<w:cantSplit/>"
    if height:
        marks += f'<w:trHeight w:val="{round(height * _TWIPS_PER_MM)}" w:hRule="atLeast"/>'
    if is_head:
        marks += "<w:tblHeader/>"
    cells, at = [], 0
    for cell in row:
        cells.append(_write_cell(cell, sum(twips[at : at + cell.span]), keeps_next))
        at += cell.span
    return f"<w:tr><w:trPr>{marks}</w:trPr>{''.join(cells)}</w:tr>"


def _write_cell(cell: Cell, width: int, keeps_next: bool) -> str:
    fill = cell.fill or ("F2F2F2" if cell.is_head else "")
    shading = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
    properties = (
        f'<w:tcW w:w="{width}" w:type="dxa"/>{span}{shading}<w:vAlign w:val="{cell.place}"/>'
    )
    style = "Head" if cell.is_head else "Large" if cell.is_large else "Cell"
    keep = "<w:keepNext/>" if keeps_next else ""
    lines = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{keep}<w:jc w:val="{cell.align}"/></w:pPr>'
        f"{write_run(line)}</w:p>"
        for line in cell.text.split("\n")
    )
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{lines}</w:tc>"


def _write_page(is_sideways: bool, references: str, *, is_first: bool) -> str:
    width, height = reversed(_PAGE) if is_sideways else _PAGE
    turn = ' w:orient="landscape"' if is_sideways else ""
    margins = _SIDEWAYS if is_sideways else _UPRIGHT
    edges = " ".join(f'w:{edge}="{size}"' for edge, size in margins.items())
    start = "" if is_first else '<w:type w:val="nextPage"/>'
    return (
        f"<w:sectPr>{references}{start}"
        f'<w:pgSz w:w="{width}" w:h="{height}"{turn}/>'
        f'<w:pgMar {edges} w:header="850" w:footer="1134" w:gutter="0"/>'
        '<w:docGrid w:type="lines" w:linePitch="560"/></w:sectPr>'
    )
