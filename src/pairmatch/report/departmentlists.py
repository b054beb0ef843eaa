"""部门认领清单: what each department is counted on for, and what it is asked for beyond."""

from decimal import Decimal

from pairmatch.domain.plan import Ask, PairPlan
from pairmatch.domain.planmoney import list_money
from pairmatch.report.plandocument import make_furniture
from pairmatch.report.plandossier import (
    PlanDossier,
    format_amount,
    join_words,
    name_department,
    name_need,
    name_place,
    name_unit,
    number_heading,
    say,
)
from pairmatch.report.planmeasures import Measure, list_measures
from pairmatch.report.planneeds import list_matters
from pairmatch.report.worddocument import (
    Block,
    Cell,
    Paragraph,
    Section,
    Table,
    make_table,
)
from pairmatch.report.wording import format_level
from pairmatch.report.wordpackage import build_docx

Planned = list[tuple[PairPlan, Measure]]
_BOX_HEIGHT = 50


def build_department_list(dossier: PlanDossier, department_id: str) -> bytes:
    """Return the list of a department as a Word file; the same plan gives the same bytes.

    Parameters
    ----------
    dossier
        The plan with everything that it names.
    department_id
        The department.
    """
    department = name_department(dossier, department_id)
    planned = [
        (pair, measure)
        for pair in dossier.plan.pairs
        for measure in list_measures(dossier, pair)
        if measure.planned.department_id == department_id
    ]
    asks = [a for p in dossier.plan.pairs for a in p.asks if a.department_id == department_id]
    heads = [
        say(dossier.lang, "plandocs.list_title_department", department=department),
        say(dossier.lang, "plandocs.list_title"),
    ]
    title = ("" if dossier.lang == "zh" else " ").join(heads)
    opening: list[Block] = [
        Paragraph("\n".join(heads), "Title"),
        _introduce(dossier, department_id, planned, asks),
    ]
    if dossier.is_synthetic:
        opening.insert(1, Paragraph(say(dossier.lang, "plandocs.synthetic_long"), "Note"))
    blocks = [
        *opening,
        *_list_planned(dossier, planned),
        *_list_years(dossier, department_id),
        *_list_asks(dossier, asks),
        *_write_answer(dossier, department),
    ]
    section = Section(tuple(blocks), is_sideways=True)
    return build_docx([section], make_furniture(dossier, title))


def _introduce(
    dossier: PlanDossier, department_id: str, planned: Planned, asks: list[Ask]
) -> Paragraph:
    money = (
        line.amount
        for line in list_money(dossier.plan.pairs)
        if line.line == "department" and line.payer_id == department_id
    )
    first, last = dossier.plan.cycle
    return Paragraph(
        say(
            dossier.lang,
            "plandocs.list_intro",
            department=name_department(dossier, department_id),
            planned=str(len(planned)),
            villages=str(len({pair.village_id for pair, _ in planned})),
            money=format_amount(sum(money, Decimal(0))),
            asked=str(len(asks)),
            first_year=str(first),
            last_year=str(last),
        )
    )


def _head(dossier: PlanDossier, number: int, code: str) -> Paragraph:
    return Paragraph(number_heading(dossier, number) + say(dossier.lang, code), "Heading1")


def _list_planned(dossier: PlanDossier, planned: Planned) -> list[Block]:
    head = _head(dossier, 1, "plandocs.list_planned")
    if not planned:
        return [head, Paragraph(say(dossier.lang, "plandocs.list_planned_none"))]
    columns = (
        ("plandocs.col_number", 11),
        ("plandocs.col_place", 46),
        ("plandocs.col_unit", 40),
        ("plandocs.col_measure", 42),
        ("plandocs.col_quantity", 24),
        ("plandocs.col_money_department", 24),
        ("plandocs.col_period", 34),
        ("plandocs.col_answer", 26),
    )
    rows = [
        (
            str(number),
            name_place(dossier, pair.village_id),
            name_unit(dossier, pair.unit_id),
            measure.name,
            measure.quantity,
            format_amount(measure.money["department"]),
            measure.period,
            "",
        )
        for number, (pair, measure) in enumerate(planned, start=1)
    ]
    widths = [width for _, width in columns]
    table = make_table(widths, [say(dossier.lang, c) for c, _ in columns], rows, "cllllr")
    return [head, table, Paragraph(say(dossier.lang, "plandocs.list_note"), "Note")]


def _list_years(dossier: PlanDossier, department_id: str) -> list[Block]:
    unknown = say(dossier.lang, "plandocs.not_filled")
    rows = [
        (
            str(entry.year),
            format_amount(entry.planned),
            unknown if entry.capacity is None else format_amount(entry.capacity),
            unknown if entry.capacity is None else format_amount(entry.capacity - entry.planned),
        )
        for entry in dossier.plan.department_years
        if entry.department_id == department_id
    ]
    codes = (
        "plandocs.col_year",
        "plandocs.col_department_planned",
        "plandocs.col_capacity",
        "plandocs.col_rest",
    )
    table = make_table((37, 70, 70, 70), [say(dossier.lang, c) for c in codes], rows, "crrr")
    return [_head(dossier, 2, "plandocs.list_years"), table]


def _list_asks(dossier: PlanDossier, asks: list[Ask]) -> list[Block]:
    head = _head(dossier, 3, "plandocs.list_asked")
    if not asks:
        return [head, Paragraph(say(dossier.lang, "plandocs.list_asked_none"))]
    by_need: dict[str, list[Ask]] = {}
    for ask in asks:
        by_need.setdefault(ask.need_id, []).append(ask)
    rows = [
        (
            name_need(dossier, need_id),
            join_words(
                dossier,
                (
                    say(
                        dossier.lang,
                        "plandocs.item",
                        name=name_place(dossier, ask.village_id),
                        share=format_level(ask.left),
                    )
                    for ask in listed
                ),
            ),
            list_matters(dossier, need_id),
            "",
        )
        for need_id, listed in by_need.items()
    ]
    codes = (
        "plandocs.col_shortfall",
        "plandocs.col_villages",
        "plandocs.col_matters",
        "plandocs.col_answer",
    )
    return [head, make_table((38, 125, 58, 26), [say(dossier.lang, c) for c in codes], rows)]


def _write_answer(dossier: PlanDossier, department: str) -> list[Block]:
    box = say(dossier.lang, "plandocs.list_answer_box", department=department)
    lines = say(dossier.lang, "plandocs.opinion_lines")
    row = (
        Cell(box, "center", is_large=True),
        Cell(lines, "right", is_large=True, place="bottom"),
    )
    head = _head(dossier, 4, "plandocs.list_answer")
    return [head, Table((70, 177), (), (row,), height=_BOX_HEIGHT)]
