"""结对安排表.xlsx: the pairs as councils print, sign and file them."""

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pairmatch.domain.proposal import Proposal
from pairmatch.messages import Language
from pairmatch.report.choicesheet import write_choices
from pairmatch.report.claims import describe_proof
from pairmatch.report.freedom import ChoicesView, view_choices
from pairmatch.report.influence import describe_left_out, name_left_out, view_plugins
from pairmatch.report.page import describe_decision, describe_document
from pairmatch.report.pairs import PairRow, collect_names, list_rows, name_county
from pairmatch.report.pluginsheet import write_plugins
from pairmatch.report.quality import explain_idle
from pairmatch.report.sheets import (
    BOOK_OPTIONS,
    LINE_HEIGHT,
    Document,
    check_written,
    fit_height,
    make_formats,
    merge_row,
    set_page,
    write_labels,
    write_points,
    write_text,
)
from pairmatch.report.summary import CountySummary, IdleUnit, Summary, summarise_proposal
from pairmatch.report.wording import Text, clean_text, name_or_id, word

LONGEST_SHEET_NAME = 31
LONGEST_FOOTER = 80
_CREATED = datetime(2000, 1, 1)  # fixed: the same proposal, the same bytes

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
    views = view_plugins(proposal)
    choices = view_choices(proposal, rows, names)
    document = _describe(proposal, summary)
    lang = document.lang
    kinds = ("main", "choices", "plugins", "notes")
    main, freedom, plugins, notes = (word(f"sheet_{kind}").pick(lang) for kind in kinds)
    counties = [c for c in summary.counties if c.num_pairs and c.name]
    sheet_names = name_sheets(
        [name_county(c.name, c.county).pick(lang) for c in counties],
        (main, freedom, plugins, notes),
    )
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, BOOK_OPTIONS) as book:
        book.set_properties({"title": document.title[:250], "created": _CREATED})
        formats = make_formats(book, document.steps_per_point)
        heading = word("main_title", title=document.title).pick(lang)
        _write_pairs(book.add_worksheet(main), document, heading, rows, formats)
        for county, name in zip(counties, sheet_names, strict=True):
            own = [r for r in rows if r.village.county == county.name]
            label = name_county(county.name, county.county).pick(lang)
            heading = word("county_title", county=label).pick(lang)
            _write_pairs(book.add_worksheet(name), document, heading, own, formats)
        if choices is not None and choices.has_parts:
            write_choices(book.add_worksheet(freedom), document, choices, formats)
        if views:
            write_plugins(book.add_worksheet(plugins), document, views, formats)
        texts = _list_notes(proposal, summary, list(zip(counties, sheet_names, strict=True)))
        texts[2:2] = _list_on_request(choices)
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


def _describe(proposal: Proposal, summary: Summary) -> Document:
    lang: Language = proposal.inputs.scenario.scenario.lang
    return Document(
        lang=lang,
        title=clean_text(describe_document(proposal)["plain_title"].pick(lang)),
        version=word("version_short", run=proposal.run_id[:16]).pick(lang),
        steps_per_point=proposal.problem.steps_per_point,
        labels=tuple(_list_labels(proposal, summary, lang)),
        footer=_join_footer(proposal, summary, lang),
    )


def _list_labels(proposal: Proposal, summary: Summary, lang: Language) -> Iterator[str]:
    """Return what every sheet must say at its head: made-up data, plugins left out."""
    if summary.synthetic:
        yield word("synthetic").pick(lang)
    names, reasons = name_left_out(proposal), describe_left_out(proposal)
    if names is not None and reasons is not None:
        yield f"{names.pick(lang)}　{reasons.pick(lang)}"


def _join_footer(proposal: Proposal, summary: Summary, lang: Language) -> str:
    names = name_left_out(proposal)
    parts = [word("synthetic").pick(lang)] if summary.synthetic else []
    # A footer holds 255 characters in all, and an ampersand starts a command in it.
    parts += [clean_text(names.pick(lang)).replace("&", "")[:LONGEST_FOOTER]] if names else []
    return "　".join(parts)


def _write_pairs(
    sheet: Any,
    document: Document,
    heading: str,
    rows: Sequence[PairRow],
    formats: Mapping[str, Any],
) -> None:
    last = len(COLUMNS) - 1
    for column, (_, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width)
    merge_row(sheet, 0, last, heading, formats["title"])
    sheet.set_row(0, fit_height([(heading, sum(w for _, w in COLUMNS) * 11 // 18)], 24))
    merge_row(sheet, 1, last, _write_subtitle(document, len(rows)), formats["subtitle"])
    start = 2
    start = write_labels(sheet, start, [width for _, width in COLUMNS], document, formats)
    for column, (code, _) in enumerate(COLUMNS):
        write_text(sheet, start, column, word(code).pick(document.lang), formats["head"])
    sheet.set_row(start, 34)
    for number, row in enumerate(rows, start=1):
        _write_row(sheet, start + number, number, row, document, formats)
    end = start + len(rows) + 1
    _write_total(sheet, end, rows, document, formats)
    merge_row(sheet, end + 2, last, word("signature").pick(document.lang), formats["signature"])
    sheet.set_row(end + 2, 30)
    sheet.freeze_panes(start + 1, 4)
    sheet.autofilter(start, 0, start + len(rows), last)
    sheet.repeat_rows(start)
    set_page(sheet, document)
    sheet.set_landscape()
    sheet.print_area(0, 0, end + 2, last)


def _write_subtitle(document: Document, num_pairs: int) -> str:
    count = word("workbook_subtitle", pairs=str(num_pairs)).pick(document.lang)
    draft = word("draft").pick(document.lang)
    return f"{draft}　{count}　{document.version}"


def _write_row(
    sheet: Any,
    line: int,
    number: int,
    row: PairRow,
    document: Document,
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
    check_written(sheet.write_number(line, 0, number, formats["whole"]))
    for column, text in enumerate(texts, start=1):
        write_text(sheet, line, column, text, formats["center" if column in {6, 7} else "text"])
    write_points(sheet, line, 8, row.explanation.points, document, formats["points"])
    for column, text in enumerate(tail, start=9):
        write_text(sheet, line, column, text, formats["text"])
    cells = ("", *texts, row.points, *tail)
    widths = [width for _, width in COLUMNS]
    sheet.set_row(line, fit_height(list(zip(cells, widths, strict=True)), LINE_HEIGHT))


def _write_total(
    sheet: Any, line: int, rows: Sequence[PairRow], document: Document, formats: Mapping[str, Any]
) -> None:
    for column in range(len(COLUMNS)):
        check_written(sheet.write_blank(line, column, None, formats["sum"]))
    write_text(sheet, line, 1, word("sum").pick(document.lang), formats["sum"])
    total = sum(row.explanation.points for row in rows)
    write_points(sheet, line, 8, total, document, formats["points"])


def _list_notes(
    proposal: Proposal, summary: Summary, sheets: Sequence[tuple[CountySummary, str]]
) -> list[tuple[Text, list[Text]]]:
    """Return the headings of the explanations with their paragraphs."""
    document = describe_document(proposal)
    what = [document["title"], describe_decision(summary), word("judgement")]
    left_out = describe_left_out(proposal)
    if left_out is not None:
        what.insert(0, left_out)
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


def _list_on_request(choices: ChoicesView | None) -> Iterator[tuple[Text, list[Text]]]:
    """Return how prices are asked for where they were not computed beforehand."""
    if choices is not None and choices.on_request is not None:
        yield word("head_choices"), [choices.on_request]


def _describe_idle(idle: IdleUnit) -> Text:
    label = name_or_id(idle.unit.name, idle.unit.unit_id)
    return word("labelled_reason", label=Text(label, label), reason=explain_idle(idle))


def _write_notes(
    sheet: Any,
    document: Document,
    notes: Sequence[tuple[Text, Sequence[Text]]],
    formats: Mapping[str, Any],
) -> None:
    width = 76  # an A4 page upright, with fall-back fonts too
    sheet.set_column(0, 0, width)
    line = 0
    for heading, paragraphs in notes:
        write_text(sheet, line, 0, heading.pick(document.lang), formats["heading"])
        sheet.set_row(line, 28)
        line += 1
        for paragraph in paragraphs:
            text = paragraph.pick(document.lang)
            write_text(sheet, line, 0, text, formats["note"])
            sheet.set_row(line, fit_height([(text, width)], LINE_HEIGHT))
            line += 1
    set_page(sheet, document)
    sheet.print_area(0, 0, max(line - 1, 0), 0)
    sheet.set_portrait()
