"""The papers of a pairing of a country: in proportion, from columns, with no card for each pair."""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from pairmatch.domain.points import format_many_steps, guard_cell
from pairmatch.domain.proposal import Proposal
from pairmatch.domain.scores import ScoreTable
from pairmatch.domain.tables import list_all_texts
from pairmatch.report.claims import describe_proof
from pairmatch.report.page import describe_document
from pairmatch.report.pageshell import render_page
from pairmatch.report.sheets import BOOK_OPTIONS, make_formats, write_text
from pairmatch.report.tables import CONTRIBUTIONS_HEADER, PAIRINGS_HEADER, write_csv
from pairmatch.report.wording import Text, clean_text, format_points, word

_CREATED = datetime(2000, 1, 1)  # fixed: the same proposal, the same bytes

_WORDS = (
    "col_county",
    "col_pairs",
    "country_counties",
    "country_least",
    "country_mean",
    "country_not_here",
)

SHEET_COLUMNS: tuple[tuple[str, int], ...] = (
    ("col_number", 8),
    ("col_county", 14),
    ("col_township", 14),
    ("col_village", 16),
    ("col_code", 16),
    ("col_unit", 28),
    ("col_tier", 8),
    ("col_kind", 16),
    ("col_points", 10),
)

_UNIT_FIELDS = ("name", "tier", "kind")
_VILLAGE_FIELDS = ("name", "township", "county")


class _Chosen:
    """The chosen pairs, field by field, in order of unit and village."""

    def __init__(self, proposal: Proposal) -> None:
        inputs, problem = proposal.inputs, proposal.problem
        self.rows = proposal.matching.chosen_idx
        self.units = problem.unit_idx[self.rows].tolist()
        self.villages = problem.village_idx[self.rows].tolist()
        self.unit_ids = [problem.unit_ids[u] for u in self.units]
        self.village_ids = [problem.village_ids[v] for v in self.villages]
        self._sides = (inputs.units, inputs.villages)

    def unit(self, name: str) -> list[Any]:
        """Return a field of every pair's unit."""
        texts = list_all_texts(self._sides[0], name)
        return [texts[u] for u in self.units]

    def village(self, name: str) -> list[Any]:
        """Return a field of every pair's village."""
        texts = list_all_texts(self._sides[1], name)
        return [texts[v] for v in self.villages]


def build_country_pairings(proposal: Proposal, table: ScoreTable) -> str:
    """Return one row per chosen pair, as in a run of any size."""
    chosen, step = _Chosen(proposal), proposal.problem.steps_per_point
    left_out = guard_cell("、".join(dict.fromkeys(p.name for p in proposal.broken_plugins)))
    scores = [
        format_many_steps(column[chosen.rows], step)
        for column in (table.total, table.low, table.high)
    ]
    texts = [list(map(guard_cell, chosen.unit(name))) for name in _UNIT_FIELDS]
    texts += [list(map(guard_cell, chosen.village(name))) for name in _VILLAGE_FIELDS]
    made_up = zip(chosen.unit("synthetic"), chosen.village("synthetic"), strict=True)
    marks = ["1" if unit or village else "0" for unit, village in made_up]
    ids = (list(map(guard_cell, side)) for side in (chosen.unit_ids, chosen.village_ids))
    ties = ["0"] * len(marks)
    columns = (*ids, *scores, *texts, ties, marks, [left_out] * len(marks))
    return write_csv(PAIRINGS_HEADER, zip(*columns, strict=True))


def build_country_contributions(proposal: Proposal, table: ScoreTable) -> str:
    """Return one row per chosen pair and rule; the points of a pair sum to its score."""
    chosen, step = _Chosen(proposal), proposal.problem.steps_per_point
    counties = chosen.village("county")
    points = {
        column.rule_id: [
            format_many_steps(end[chosen.rows], step)
            for end in (column.points, column.low, column.high)
        ]
        for column in table.columns
    }

    def list_lines() -> Iterator[Sequence[str]]:
        for k, row in enumerate(chosen.rows.tolist()):
            for column in table.columns:
                if column.county and column.county != counties[k]:
                    continue
                reason = column.reasons[row]
                yield (
                    guard_cell(chosen.unit_ids[k]),
                    guard_cell(chosen.village_ids[k]),
                    guard_cell(column.rule_id),
                    guard_cell(column.version),
                    guard_cell(column.plugin),
                    *(end[k] for end in points[column.rule_id]),
                    guard_cell(reason.zh),
                    guard_cell(reason.en),
                )

    return write_csv(CONTRIBUTIONS_HEADER, list_lines())


def build_country_page(proposal: Proposal) -> str:
    """Return the report: what came out, how far it is proven, and every county in one line."""
    section, step = proposal.inputs.scenario.scenario, proposal.problem.steps_per_point
    matching, problem = proposal.matching, proposal.problem
    context: dict[str, Any] = {
        "lang": section.lang,
        "synthetic": section.synthetic,
        "facts": [
            (word("country_units"), str(len(problem.unit_ids))),
            (word("country_villages"), str(len(problem.village_ids))),
            (word("col_pairs"), str(matching.num_matched)),
            (word("country_total"), format_points(matching.total, step)),
            (word("country_all"), f"{proposal.num_pairs:,}"),
        ],
        "proof": describe_proof(proposal),
        "counties": list(_list_counties(proposal)),
        "words": {code: word(code) for code in _WORDS}
        | {"country_listed": word("country_listed", listed=f"{problem.num_candidates:,}")},
    }
    context |= describe_document(proposal)
    return render_page("country", context, ("style",), proposal.run_id)


def _list_counties(proposal: Proposal) -> Iterator[tuple[str, int, str, str]]:
    chosen, step = _Chosen(proposal), proposal.problem.steps_per_point
    points = proposal.problem.points[chosen.rows]
    names, codes = np.unique(np.array(chosen.village("county"), dtype=object), return_inverse=True)
    counts = np.bincount(codes, minlength=len(names))
    sums = np.bincount(codes, weights=points, minlength=len(names)).astype(np.int64)
    for k, name in enumerate(names.tolist()):
        least = int(points[codes == k].min())
        mean = int((2 * sums[k] + counts[k]) // (2 * counts[k]))
        yield (
            clean_text(name),
            int(counts[k]),
            format_points(mean, step),
            format_points(least, step),
        )


def build_country_workbook(proposal: Proposal) -> bytes:
    """Return 结对安排表.xlsx with one line per pair; the same proposal gives the same bytes."""
    import xlsxwriter

    section, chosen = proposal.inputs.scenario.scenario, _Chosen(proposal)
    lang, step = section.lang, proposal.problem.steps_per_point
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, BOOK_OPTIONS) as book:
        title: Text = describe_document(proposal)["title"]
        book.set_properties({"title": title.pick(lang)[:250], "created": _CREATED})
        formats = make_formats(book, step)
        sheet = book.add_worksheet(word("sheet_main").pick(lang))
        write_text(sheet, 0, 0, title.pick(lang), formats["heading"])
        label = word("synthetic").pick(lang) if section.synthetic else ""
        write_text(sheet, 1, 0, label, formats["label"])
        for column, (code, width) in enumerate(SHEET_COLUMNS):
            sheet.set_column(column, column, width)
            write_text(sheet, 2, column, word(code).pick(lang), formats["head"])
        texts = (
            chosen.village("county"),
            chosen.village("township"),
            chosen.village("name"),
            chosen.village_ids,
            *(chosen.unit(name) for name in _UNIT_FIELDS),
        )
        points = proposal.problem.points[chosen.rows].tolist()
        for k, line in enumerate(zip(*texts, strict=True)):
            sheet.write_number(3 + k, 0, k + 1)
            for column, text in enumerate(line, start=1):
                if text:
                    sheet.write_string(3 + k, column, clean_text(text))
            sheet.write_number(3 + k, len(SHEET_COLUMNS) - 1, points[k] / step)
        sheet.freeze_panes(3, 0)
        sheet.autofilter(2, 0, 2 + len(points), len(SHEET_COLUMNS) - 1)
    return stream.getvalue()
