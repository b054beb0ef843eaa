"""Papers of the council: agenda of the joint meeting, bulletin, yearly report, county report.

They are skeletons: what the plan says is filled in, what only the year can tell is left to be
written, and is never made up.
"""

from collections.abc import Sequence

from pairmatch.domain.plan import PairPlan
from pairmatch.domain.planmoney import LINES
from pairmatch.report.councilfigures import (
    YearFigures,
    count_year,
    list_asks,
    name_area_id,
    show_money,
    sum_open,
)
from pairmatch.report.plandocument import make_furniture
from pairmatch.report.plandossier import (
    LINE_CODES,
    PlanDossier,
    format_amount,
    join_clauses,
    join_words,
    name_department,
    name_place,
    name_unit,
    number_heading,
    say,
)
from pairmatch.report.planmeasures import list_deeds
from pairmatch.report.worddocument import Align, Block, Cell, Paragraph, Section, Table, make_table
from pairmatch.report.wording import format_share
from pairmatch.report.wordpackage import build_docx


def build_bulletin(dossier: PlanDossier, year: int) -> bytes:
    """Return the bulletin on a year: what is to be done where, with room for what is done."""
    pairs = dossier.plan.pairs
    figures = count_year(dossier, pairs, year)
    title = say(dossier.lang, "plandocs.bulletin_title", year=str(year))
    parts: list[tuple[str, list[Block]]] = [
        ("plandocs.report_basis", _write_basis(dossier, pairs, year, figures)),
        ("plandocs.report_counties", [_tabulate_counties(dossier, year)]),
        (
            "plandocs.bulletin_deeds",
            [
                Paragraph(say(dossier.lang, "plandocs.bulletin_text")),
                _tabulate_deeds(dossier, pairs, year),
            ],
        ),
    ]
    council = say(dossier.lang, "plandocs.council_city")
    return build_paper(dossier, title, parts, _sign(dossier, council, year))


def build_yearly_report(dossier: PlanDossier, year: int) -> bytes:
    """Return the skeleton of the city's report on a year."""
    pairs = dossier.plan.pairs
    figures = count_year(dossier, pairs, year)
    title = say(dossier.lang, "plandocs.report_title", year=str(year))
    parts: list[tuple[str, list[Block]]] = [
        ("plandocs.report_basis", _write_basis(dossier, pairs, year, figures)),
        ("plandocs.report_counties", [_tabulate_counties(dossier, year)]),
        *_write_course(dossier, pairs, year, figures),
    ]
    council = say(dossier.lang, "plandocs.council_city")
    return build_paper(dossier, title, parts, _sign(dossier, council, year))


def build_county_report(dossier: PlanDossier, county: str, year: int) -> bytes:
    """Return the skeleton of a county's report on a year; it comes before the city's."""
    pairs = [pair for pair in dossier.plan.pairs if pair.county == county]
    figures = count_year(dossier, pairs, year)
    title = say(dossier.lang, "plandocs.county_title", county=county, year=str(year))
    parts: list[tuple[str, list[Block]]] = [
        ("plandocs.report_basis", _write_basis(dossier, pairs, year, figures, county)),
        ("plandocs.report_villages", [_tabulate_deeds(dossier, pairs, year)]),
        *_write_course(dossier, pairs, year, figures, county),
    ]
    council = say(dossier.lang, "plandocs.council_county", county=county)
    return build_paper(dossier, title, parts, _sign(dossier, council, year))


def build_paper(
    dossier: PlanDossier,
    title: str,
    parts: Sequence[tuple[str, Sequence[Block]]],
    after: Sequence[Block] = (),
    before: Sequence[Block] = (),
) -> bytes:
    """Return a paper of numbered parts, each the code of its heading and its blocks."""
    blocks: list[Block] = [Paragraph(title, "Title")]
    if dossier.is_synthetic:
        blocks.append(Paragraph(say(dossier.lang, "plandocs.synthetic_long"), "Note"))
    blocks += before
    for number, (code, written) in enumerate(parts, start=1):
        head = number_heading(dossier, number) + say(dossier.lang, code)
        blocks += [Paragraph(head, "Heading1"), *written]
    return build_docx([Section((*blocks, *after))], make_furniture(dossier, title))


def _write_basis(
    dossier: PlanDossier,
    pairs: Sequence[PairPlan],
    year: int,
    figures: YearFigures,
    county: str = "",
) -> list[Block]:
    first, last = dossier.plan.cycle
    code = "plandocs.county_basis_text" if county else "plandocs.report_basis_text"
    text = say(
        dossier.lang,
        code,
        county=county,
        first_year=str(first),
        last_year=str(last),
        year=str(year),
        pairs=str(len(pairs)),
        counties=str(len({pair.county for pair in pairs})),
        villages=str(len({pair.village_id for pair in pairs})),
        units=str(len({pair.unit_id for pair in pairs})),
        actions=str(sum(len(pair.actions) for pair in pairs)),
        deeds=str(figures.num_deeds),
    )
    money = say(dossier.lang, "plandocs.report_money", year=str(year), **show_money(figures))
    return [Paragraph(text), Paragraph(money)]


def _write_course(
    dossier: PlanDossier,
    pairs: Sequence[PairPlan],
    year: int,
    figures: YearFigures,
    county: str = "",
) -> list[tuple[str, list[Block]]]:
    """Return the parts that a report has of city and county alike."""
    effects = say(dossier.lang, "plandocs.report_effects_text")
    return [
        ("plandocs.report_areas", [Paragraph(_tell_areas(dossier, year, figures))]),
        ("plandocs.report_effects", [Paragraph(effects)]),
        ("plandocs.report_departments", [Paragraph(_tell_departments(dossier, year, figures))]),
        ("plandocs.report_problems", [Paragraph(_tell_problems(dossier, pairs, county))]),
        ("plandocs.report_next", [Paragraph(_tell_next(dossier, pairs, year))]),
    ]


def _tell_areas(dossier: PlanDossier, year: int, figures: YearFigures) -> str:
    if not figures.areas:
        return say(dossier.lang, "plandocs.report_areas_none", year=str(year))
    ranked = sorted(figures.areas.items(), key=lambda item: (-item[1], item[0]))
    items = [
        say(dossier.lang, "plandocs.report_area_item", area=area, count=str(count))
        for area, count in ranked
    ]
    return say(
        dossier.lang,
        "plandocs.report_areas_text",
        year=str(year),
        deeds=str(figures.num_deeds),
        areas=join_words(dossier, items),
    )


def _tell_departments(dossier: PlanDossier, year: int, figures: YearFigures) -> str:
    if not figures.departments:
        return say(dossier.lang, "plandocs.report_departments_none", year=str(year))
    # The order is that of the programme's list of departments, never by amount.
    order = [d.department_id for d in dossier.plan.departments]
    listed = sorted(figures.departments, key=lambda key: (order.index(key), key))
    items = [
        say(
            dossier.lang,
            "plandocs.report_department_item",
            department=name_department(dossier, key),
            money=format_amount(figures.departments[key]),
        )
        for key in listed
    ]
    return say(
        dossier.lang,
        "plandocs.report_departments_text",
        year=str(year),
        money=format_amount(figures.money["department"]),
        departments=join_words(dossier, items),
    )


def _tell_problems(dossier: PlanDossier, pairs: Sequence[PairPlan], county: str) -> str:
    """Return what the plans leave open by area, and what was asked for it."""
    items = [
        say(
            dossier.lang,
            "plandocs.report_open_item",
            area=name_area_id(dossier, entry.area_id),
            share=format_share(entry.left, entry.deficit),
            villages=str(entry.num_villages),
        )
        for entry in sum_open(dossier, county)
    ]
    if not items:
        return say(dossier.lang, "plandocs.report_problems_none")
    asks = list_asks(pairs)
    nobody = sum(not ask.department_id for ask in asks)
    params = {"asked": str(len(asks) - nobody), "nobody": str(nobody)}
    code = "plandocs.report_problems_nobody" if nobody else "plandocs.report_problems_text"
    return say(dossier.lang, code, open=join_clauses(dossier, items), **params)


def _tell_next(dossier: PlanDossier, pairs: Sequence[PairPlan], year: int) -> str:
    if year >= dossier.plan.cycle[1]:
        return say(dossier.lang, "plandocs.report_next_last", year=str(year))
    figures = count_year(dossier, pairs, year + 1)
    return say(
        dossier.lang,
        "plandocs.report_next_text",
        next=str(year + 1),
        deeds=str(figures.num_deeds),
        **show_money(figures),
    )


def _tabulate_counties(dossier: PlanDossier, year: int) -> Table:
    """Return a row per county, in the order of the programme's list where there is one."""
    known = [county.name for county in dossier.inputs.counties]
    found = sorted({pair.county for pair in dossier.plan.pairs})
    counties = [c for c in known if c in found] + [c for c in found if c not in known]
    rows: list[tuple[str | Cell, ...]] = []
    for county in counties:
        pairs = [pair for pair in dossier.plan.pairs if pair.county == county]
        figures = count_year(dossier, pairs, year)
        amounts = show_money(figures)
        counts = (str(len(pairs)), str(figures.num_deeds), "")
        rows.append((county, *counts, *(amounts[line] for line in LINES)))
    whole = count_year(dossier, dossier.plan.pairs, year)
    amounts = show_money(whole)
    total = (
        say(dossier.lang, "plandocs.total"),
        str(len(dossier.plan.pairs)),
        str(whole.num_deeds),
        "",
        *(amounts[line] for line in LINES),
    )
    aligns: tuple[Align, ...] = ("left", *("center",) * 3, *("right",) * 4)
    rows.append(tuple(Cell(t, a, is_head=True) for t, a in zip(total, aligns, strict=True)))
    codes = (
        "plandocs.col_county",
        "plandocs.col_pairs",
        "plandocs.col_deeds",
        "plandocs.col_deeds_done",
        *(LINE_CODES[line] for line in LINES),
    )
    head = [say(dossier.lang, code) for code in codes]
    return make_table((30, 12, 17, 17, 20, 20, 20, 20), head, rows, "lcccrrrr")


def _tabulate_deeds(dossier: PlanDossier, pairs: Sequence[PairPlan], year: int) -> Table:
    """Return what is to be finished in a year, village by village."""
    rows = [
        (
            name_place(dossier, pair.village_id),
            name_unit(dossier, pair.unit_id),
            f"{deed.name} {deed.quantity}",
            deed.period,
            "",
        )
        for pair in pairs
        for deed in list_deeds(dossier, pair, year)
    ]
    codes = (
        "plandocs.col_place",
        "plandocs.col_unit",
        "plandocs.col_deed",
        "plandocs.col_finish",
        "plandocs.col_actual",
    )
    return make_table((36, 34, 38, 28, 20), [say(dossier.lang, c) for c in codes], rows)


def _sign(dossier: PlanDossier, council: str, year: int) -> list[Block]:
    text = say(dossier.lang, "plandocs.report_sign", council=council, year=str(year))
    return [Paragraph(text, "Right")]
