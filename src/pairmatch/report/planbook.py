"""The plan book: all plans of a run as one self-contained page, to search, read and print."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pairmatch.domain.plan import PairPlan
from pairmatch.domain.planmoney import LINES, list_money, sum_lines, sum_years
from pairmatch.report.councilfigures import name_area_id, sum_open
from pairmatch.report.figures import tell
from pairmatch.report.pageshell import render_page
from pairmatch.report.plandossier import (
    LINE_CODES,
    PlanDossier,
    format_amount,
    name_department,
)
from pairmatch.report.planfields import describe_edition, make_fields
from pairmatch.report.wording import Text, format_share

_WORDS = (
    "plandocs.book_areas",
    "plandocs.book_counties",
    "plandocs.book_departments",
    "plandocs.book_intro",
    "plandocs.book_note_lines",
    "plandocs.book_note_unknown",
    "plandocs.book_overview",
    "plandocs.book_pairs",
    "plandocs.book_years",
    "plandocs.col_capacity",
    "plandocs.col_carrier",
    "plandocs.col_content",
    "plandocs.col_county",
    "plandocs.col_deeds",
    "plandocs.col_deficit",
    "plandocs.col_department",
    "plandocs.col_department_planned",
    "plandocs.col_enough",
    "plandocs.col_indicator",
    "plandocs.col_measure",
    "plandocs.col_measures",
    "plandocs.col_need",
    "plandocs.col_now",
    "plandocs.col_open_share",
    "plandocs.col_open_villages",
    "plandocs.col_outcome",
    "plandocs.col_pairs",
    "plandocs.col_period",
    "plandocs.col_quantity",
    "plandocs.col_remark",
    "plandocs.col_shortfall",
    "plandocs.col_state",
    "plandocs.col_why",
    "plandocs.col_year",
    "plandocs.col_area",
    "plandocs.head_measures",
    "plandocs.head_not_done",
    "plandocs.head_requests",
    "plandocs.head_risks",
    "plandocs.head_shortfalls",
    "plandocs.head_strengths",
    "plandocs.head_targets",
    "plandocs.part_money",
    "plandocs.total",
)


def build_plan_book(dossier: PlanDossier) -> str:
    """Return all plans as one HTML page in both languages; it loads nothing from anywhere.

    The same plan gives the same page.
    """
    both = tuple(replace(dossier, lang=lang) for lang in ("zh", "en"))
    edition = _pair_up(*(describe_edition(one) for one in both))
    counties = _list_counties(dossier)
    context = {
        "lang": dossier.lang,
        "title": tell("plandocs.book_page_title", **edition),
        "version": tell("plandocs.footer", **edition),
        "synthetic": tell("plandocs.synthetic_long") if dossier.is_synthetic else None,
        "words": {code.partition(".")[2]: tell(code) for code in _WORDS},
        "line_names": [tell(LINE_CODES[line]) for line in LINES],
        "lines": LINES,
        "num_pairs": len(dossier.plan.pairs),
        "num_actions": sum(len(pair.actions) for pair in dossier.plan.pairs),
        "totals": _show(list_money(dossier.plan.pairs)),
        "years": [
            (str(y.year), [format_amount(y.amounts[line]) for line in LINES])
            for y in sum_years(list_money(dossier.plan.pairs), dossier.years)
        ],
        "counties": counties,
        "county_idx": {name: k for k, (name, *_) in enumerate(counties)},
        "departments": _list_departments(both),
        "areas": _list_areas(both),
        "cards": [_make_card(both, pair, k) for k, pair in enumerate(dossier.plan.pairs, start=1)],
    }
    return render_page("planbook", context, ("style", "planbook"), dossier.plan.run_id)


def _make_card(both: Sequence[PlanDossier], pair: PairPlan, number: int) -> dict[str, Any]:
    fields = _pair_up(*(make_fields(one, pair) for one in both))
    return {**fields, "number": number, "county": pair.county}


def _pair_up(zh: Any, en: Any) -> Any:
    """Return fields in two languages as texts that a page can show in either."""
    if isinstance(zh, str):
        return Text(zh, en)
    if isinstance(zh, Mapping):
        return {key: _pair_up(zh[key], en[key]) for key in zh}
    return [_pair_up(one, other) for one, other in zip(zh, en, strict=True)]


def _show(money: Any) -> list[str]:
    sums = sum_lines(money)
    return [format_amount(sums[line]) for line in LINES]


def _list_counties(dossier: PlanDossier) -> list[tuple[str, str, str, list[str]]]:
    """Return name, pairs, deeds and money of each county, in the order of the pairs."""
    rows = []
    for county in dict.fromkeys(pair.county for pair in dossier.plan.pairs):
        pairs = [pair for pair in dossier.plan.pairs if pair.county == county]
        deeds = sum(len(pair.actions) for pair in pairs)
        rows.append((county, str(len(pairs)), str(deeds), _show(list_money(pairs))))
    return rows


def _list_departments(both: Sequence[PlanDossier]) -> list[tuple[Text, str, str, Text | str]]:
    unknown = tell("plandocs.not_filled")
    return [
        (
            Text(*(name_department(one, entry.department_id) for one in both)),
            str(entry.year),
            format_amount(entry.planned),
            unknown if entry.capacity is None else format_amount(entry.capacity),
        )
        for entry in both[0].plan.department_years
        if entry.planned > 0
    ]


def _list_areas(both: Sequence[PlanDossier]) -> list[tuple[Text, str, str]]:
    return [
        (
            Text(*(name_area_id(one, entry.area_id) for one in both)),
            str(entry.num_villages),
            format_share(entry.left, entry.deficit),
        )
        for entry in sum_open(both[0])
    ]
