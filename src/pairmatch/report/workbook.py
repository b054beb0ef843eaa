"""结对安排表.xlsx: the pairs as councils print, sign and file them."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unicodedata import east_asian_width

from pairmatch.domain.proposal import Proposal
from pairmatch.messages import Language
from pairmatch.report.page import describe_decision, describe_document, describe_proof
from pairmatch.report.pairs import PairRow, collect_names, list_rows, name_county
from pairmatch.report.quality import explain_idle
from pairmatch.report.summary import CountySummary, IdleUnit, Summary, summarise_proposal
from pairmatch.report.wording import Text, clean_text, format_points, name_or_id, word

LONGEST_CELL = 32_000
LONGEST_SHEET_NAME = 31
MOST_EXACT = 10**15
"""Excel keeps fifteen digits; a longer score is written as text, so that none is lost."""
_CREATED = datetime(2000, 1, 1)  # fixed: the same proposal, the same bytes
_LINE_HEIGHT = 16
_TALLEST = 400

COLUMNS: tuple[tuple[str, int], ...] = (
    ("col_number", 5),
    ("col_county", 10),
    ("col_township", 10),
    ("col_village", 12),
    ("col_code", 14),
    ("col_unit", 20),
    ("col_tier", 6),
    ("col_kind", 13),
    ("col_points", 10),
    ("col_top_needs", 25),
    ("col_reasons", 22),
    ("col_remarks", 14),
)
"""Message codes of the headings and the widths of the columns, in half-width characters."""


@dataclass(frozen=True, slots=True)
class _Document:
    """What every sheet says about the document it belongs to."""

    lang: Language
    title: str
    version: str
    steps_per_point: int
    synthetic: bool


def build_pairing_workbook(proposal: Proposal) -> bytes:
    """Return the workbook of a proposal: all pairs, a sheet per county, and explanations.

    The same proposal gives the same bytes. All texts are stored as texts, whatever they begin
    with; sheet names are made safe, and the explanations name the county of each.

    Raises
    ------
    ValueError
        If a cell could not be written.
    """
    import xlsxwriter

    summary = summarise_proposal(proposal)
    names = collect_names(proposal)
    rows = list_rows(proposal, names)
    document = _describe(proposal, summary)
    lang = document.lang
    main, notes = word("sheet_main").pick(lang), word("sheet_notes").pick(lang)
    counties = [c for c in summary.counties if c.num_pairs and c.name]
    sheet_names = name_sheets(
        [name_county(c.name, c.county).pick(lang) for c in counties], (main, notes)
    )
    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": document.title[:250], "created": _CREATED})
        formats = _make_formats(book, document.steps_per_point)
        heading = word("main_title", title=document.title).pick(lang)
        _write_pairs(book.add_worksheet(main), document, heading, rows, formats)
        for county, name in zip(counties, sheet_names, strict=True):
            own = [r for r in rows if r.village.county == county.name]
            label = name_county(county.name, county.county).pick(lang)
            heading = word("county_title", county=label).pick(lang)
            _write_pairs(book.add_worksheet(name), document, heading, own, formats)
        texts = _list_notes(proposal, summary, list(zip(counties, sheet_names, strict=True)))
        _write_notes(book.add_worksheet(notes), document, texts, formats)
    return stream.getvalue()


def name_sheets(names: Sequence[str], taken: Iterable[str] = ()) -> tuple[str, ...]:
    r"""Return a safe and unique sheet name for each name, in order.

    Excel allows 31 characters, none of ``[ ] : * ? / \``, no apostrophe at either end, not
    "History", and takes upper and lower case as the same.

    Examples
    --------
    >>> name_sheets(["沧县", "沧县", "a/b", ""])
    ('沧县', '沧县 (2)', 'a_b', '_')
    """
    used = {name.casefold() for name in taken} | {"history"}
    safe = []
    for name in names:
        plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", clean_text(name)).strip(" '.") or "_"
        candidate = _cut_utf16(plain, LONGEST_SHEET_NAME)
        number = 2
        while candidate.casefold() in used:
            suffix = f" ({number})"
            candidate = _cut_utf16(plain, LONGEST_SHEET_NAME - len(suffix)) + suffix
            number += 1
        used.add(candidate.casefold())
        safe.append(candidate)
    return tuple(safe)


def _cut_utf16(text: str, length: int) -> str:
    # Excel counts UTF-16 units, of which rare characters and emoji take two.
    units = 0
    for k, char in enumerate(text):
        units += 2 if ord(char) > 0xFFFF else 1  # noqa: PLR2004
        if units > length:
            return text[:k].rstrip(" '")
    return text


def _describe(proposal: Proposal, summary: Summary) -> _Document:
    lang: Language = proposal.inputs.scenario.scenario.lang
    return _Document(
        lang=lang,
        title=clean_text(describe_document(proposal)["plain_title"].pick(lang)),
        version=word("version_short", run=proposal.run_id[:16]).pick(lang),
        steps_per_point=proposal.problem.steps_per_point,
        synthetic=summary.synthetic,
    )


def _make_formats(book: Any, steps_per_point: int) -> dict[str, Any]:
    digits = len(str(steps_per_point)) - 1
    body = {"font_name": "仿宋", "font_size": 11, "valign": "vcenter"}
    cell = body | {"border": 1, "border_color": "#999999", "text_wrap": True}
    right = {"align": "right", "indent": 1}
    heavy = {"font_name": "黑体", "bold": False}
    return {
        "title": book.add_format(
            body | heavy | {"font_size": 18, "align": "center", "text_wrap": True}
        ),
        "label": book.add_format(body | heavy | {"align": "center", "font_color": "#9E1B1B"}),
        "subtitle": book.add_format(body | {"align": "center", "font_color": "#555555"}),
        "head": book.add_format(cell | heavy | {"align": "center", "bg_color": "#F3EFE5"}),
        "text": book.add_format(cell | {"num_format": "@"}),
        "center": book.add_format(cell | {"num_format": "@", "align": "center"}),
        "whole": book.add_format(cell | {"num_format": "0", "align": "center"}),
        "points": book.add_format(cell | right | {"num_format": f"0.{'0' * digits}".rstrip(".")}),
        "sum": book.add_format(cell | heavy),
        "signature": book.add_format(body),
        "heading": book.add_format(body | heavy | {"font_size": 14, "font_color": "#9E1B1B"}),
        "note": book.add_format(body | {"text_wrap": True, "valign": "top"}),
    }


def _write_pairs(
    sheet: Any,
    document: _Document,
    heading: str,
    rows: Sequence[PairRow],
    formats: Mapping[str, Any],
) -> None:
    last = len(COLUMNS) - 1
    for column, (_, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width)
    _merge(sheet, 0, last, heading, formats["title"])
    sheet.set_row(0, _fit_height([(heading, sum(w for _, w in COLUMNS) * 11 // 18)], 24))
    _merge(sheet, 1, last, _write_subtitle(document, len(rows)), formats["subtitle"])
    start = 2
    if document.synthetic:
        _merge(sheet, start, last, word("synthetic").pick(document.lang), formats["label"])
        start += 1
    for column, (code, _) in enumerate(COLUMNS):
        _write_text(sheet, start, column, word(code).pick(document.lang), formats["head"])
    sheet.set_row(start, 34)
    for number, row in enumerate(rows, start=1):
        _write_row(sheet, start + number, number, row, document, formats)
    end = start + len(rows) + 1
    _write_total(sheet, end, rows, document, formats)
    _merge(sheet, end + 2, last, word("signature").pick(document.lang), formats["signature"])
    sheet.set_row(end + 2, 30)
    sheet.freeze_panes(start + 1, 4)
    sheet.autofilter(start, 0, start + len(rows), last)
    sheet.repeat_rows(start)
    _set_page(sheet, document)
    sheet.set_landscape()
    sheet.print_area(0, 0, end + 2, last)


def _write_subtitle(document: _Document, num_pairs: int) -> str:
    count = word("workbook_subtitle", pairs=str(num_pairs)).pick(document.lang)
    draft = word("draft").pick(document.lang)
    return f"{draft}　{count}　{document.version}"


def _write_row(
    sheet: Any,
    line: int,
    number: int,
    row: PairRow,
    document: _Document,
    formats: Mapping[str, Any],
) -> None:
    lang = document.lang
    texts = (
        row.county.pick(lang),
        row.village.township,
        row.village_name,
        row.village.village_id,
        row.unit_name,
        row.tier.pick(lang),
        row.kind.pick(lang),
    )
    tail = (row.top_needs.pick(lang), row.reasons.pick(lang), row.remarks.pick(lang))
    _check(sheet.write_number(line, 0, number, formats["whole"]))
    for column, text in enumerate(texts, start=1):
        _write_text(sheet, line, column, text, formats["center" if column in {6, 7} else "text"])
    _write_points(sheet, line, 8, row.explanation.points, document, formats["points"])
    for column, text in enumerate(tail, start=9):
        _write_text(sheet, line, column, text, formats["text"])
    cells = ("", *texts, row.points, *tail)
    widths = [width for _, width in COLUMNS]
    sheet.set_row(line, _fit_height(list(zip(cells, widths, strict=True)), _LINE_HEIGHT))


def _write_total(
    sheet: Any, line: int, rows: Sequence[PairRow], document: _Document, formats: Mapping[str, Any]
) -> None:
    for column in range(len(COLUMNS)):
        _check(sheet.write_blank(line, column, None, formats["sum"]))
    _write_text(sheet, line, 1, word("sum").pick(document.lang), formats["sum"])
    total = sum(row.explanation.points for row in rows)
    _write_points(sheet, line, 8, total, document, formats["points"])


def _write_points(
    sheet: Any, line: int, column: int, steps: int, document: _Document, cell_format: Any
) -> None:
    if abs(steps) < MOST_EXACT:
        _check(sheet.write_number(line, column, steps / document.steps_per_point, cell_format))
    else:
        text = format_points(steps, document.steps_per_point)
        _write_text(sheet, line, column, text, cell_format)


def _write_text(sheet: Any, line: int, column: int, text: str, cell_format: Any) -> None:
    shown = clean_text(text)
    if len(shown) > LONGEST_CELL:
        shown = shown[:LONGEST_CELL] + "…"
    _check(sheet.write_string(line, column, shown, cell_format))


def _merge(sheet: Any, line: int, last: int, text: str, cell_format: Any) -> None:
    _check(sheet.merge_range(line, 0, line, last, "", cell_format))
    _write_text(sheet, line, 0, text, cell_format)


def _check(result: int) -> None:
    # The library reports trouble (row out of range, text too long) by its return value alone.
    if result != 0:
        raise ValueError(f"a cell of the workbook was not written (code {result})")


def _set_page(sheet: Any, document: _Document) -> None:
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    label = word("synthetic").pick(document.lang) if document.synthetic else ""
    pages = word("page_of").pick(document.lang)
    # In footers an ampersand starts a command; these parts hold none from the inputs but the id.
    version = document.version.replace("&", "")
    sheet.set_footer(f"&L&9{version}&C&9{label}&R&9{pages}")


def _list_notes(
    proposal: Proposal, summary: Summary, sheets: Sequence[tuple[CountySummary, str]]
) -> list[tuple[Text, list[Text]]]:
    """Return the headings of the explanations with their paragraphs."""
    document = describe_document(proposal)
    what = [document["title"], describe_decision(summary), word("judgement")]
    if summary.synthetic:
        what.insert(0, word("synthetic_long"))
    what += [word("version", run=proposal.run_id), word("version_help")]
    notes = [
        (word("head_what"), what),
        (word("head_proof"), list(describe_proof(proposal))),
        (
            word("head_read"),
            [word(f"read_{code}") for code in ("order", "points", "code", "tie")],
        ),
        (word("head_idle"), [_describe_idle(i) for i in summary.idle_units] or [word("no_idle")]),
    ]
    if sheets:
        entries = [
            word(
                "sheet_entry",
                county=name_county(c.name, c.county),
                sheet=name,
                pairs=str(c.num_pairs),
            )
            for c, name in sheets
        ]
        notes.append((word("head_sheets"), entries))
    return notes


def _describe_idle(idle: IdleUnit) -> Text:
    label = name_or_id(idle.unit.name, idle.unit.unit_id)
    return word("labelled_reason", label=Text(label, label), reason=explain_idle(idle))


def _write_notes(
    sheet: Any,
    document: _Document,
    notes: Sequence[tuple[Text, Sequence[Text]]],
    formats: Mapping[str, Any],
) -> None:
    width = 76  # an A4 page upright, with fall-back fonts too
    sheet.set_column(0, 0, width)
    line = 0
    for heading, paragraphs in notes:
        _write_text(sheet, line, 0, heading.pick(document.lang), formats["heading"])
        sheet.set_row(line, 28)
        line += 1
        for paragraph in paragraphs:
            text = paragraph.pick(document.lang)
            _write_text(sheet, line, 0, text, formats["note"])
            sheet.set_row(line, _fit_height([(text, width)], _LINE_HEIGHT))
            line += 1
    _set_page(sheet, document)
    sheet.print_area(0, 0, max(line - 1, 0), 0)
    sheet.set_portrait()


def _fit_height(cells: Sequence[tuple[str, int]], line_height: int) -> int:
    """Return the height that shows every cell's wrapped text; a full-width character takes two."""
    lines = 1
    for text, width in cells:
        parts = clean_text(text).split("\n")
        lines = max(lines, sum(-(-max(1, _count_columns(part)) // (width - 1)) for part in parts))
    return min(lines * line_height + 6, _TALLEST)


def _count_columns(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WFA" else 1 for char in text)
