"""联席会议议题单: what the joint meeting has to settle, taken from all plans together."""

from pairmatch.report.councilfigures import (
    list_asks,
    list_conflicts,
    list_open,
    list_overloaded,
    list_unknown_capacities,
    name_area_id,
)
from pairmatch.report.councilpapers import build_paper
from pairmatch.report.plandossier import (
    PlanDossier,
    format_amount,
    join_words,
    name_department,
    name_need,
    name_place,
    say,
)
from pairmatch.report.planneeds import list_matters
from pairmatch.report.worddocument import Block, Cell, Paragraph, Table, make_table
from pairmatch.report.wording import format_share

_DECISION_HEIGHT = 14


def build_agenda(dossier: PlanDossier) -> bytes:
    """Return the agenda of the joint meeting as a Word file."""
    topics: list[tuple[str, list[Block]]] = [
        ("plandocs.agenda_over", _write_overloads(dossier)),
        ("plandocs.agenda_nobody", _write_nobody(dossier)),
        ("plandocs.agenda_asked", _write_asked(dossier)),
        ("plandocs.agenda_open", _write_open(dossier)),
        ("plandocs.agenda_conflicts", _write_conflicts(dossier)),
    ]
    intro = say(dossier.lang, "plandocs.agenda_intro", pairs=str(len(dossier.plan.pairs)))
    decisions = _write_decisions(dossier, [code for code, _ in topics])
    title = say(dossier.lang, "plandocs.agenda_title")
    parts: list[tuple[str, list[Block]]] = [*topics, ("plandocs.agenda_decisions", [decisions])]
    return build_paper(dossier, title, parts, before=[Paragraph(intro)])


def _write_overloads(dossier: PlanDossier) -> list[Block]:
    rows = [
        (
            name_department(dossier, entry.department_id),
            str(entry.year),
            format_amount(entry.planned),
            format_amount(entry.capacity),
            format_amount(entry.planned - entry.capacity),
        )
        for entry in list_overloaded(dossier)
        if entry.capacity is not None
    ]
    codes = (
        "plandocs.col_department",
        "plandocs.col_year",
        "plandocs.col_department_planned",
        "plandocs.col_capacity",
        "plandocs.col_over",
    )
    blocks: list[Block] = []
    if rows:
        head = [say(dossier.lang, code) for code in codes]
        blocks.append(make_table((52, 20, 28, 28, 28), head, rows, "lcrrr"))
    else:
        blocks.append(Paragraph(say(dossier.lang, "plandocs.agenda_over_none")))
    unknown = [name_department(dossier, key) for key in list_unknown_capacities(dossier)]
    if unknown:
        names = join_words(dossier, unknown)
        blocks.append(Paragraph(say(dossier.lang, "plandocs.agenda_unknown", departments=names)))
    return blocks


def _write_nobody(dossier: PlanDossier) -> list[Block]:
    by_need: dict[str, list[str]] = {}
    for ask in list_asks(dossier.plan.pairs):
        if not ask.department_id:
            by_need.setdefault(ask.need_id, []).append(name_place(dossier, ask.village_id))
    if not by_need:
        return [Paragraph(say(dossier.lang, "plandocs.agenda_nobody_none"))]
    rows = [
        (name_need(dossier, key), str(len(names)), join_words(dossier, names))
        for key, names in by_need.items()
    ]
    codes = ("plandocs.col_shortfall", "plandocs.col_num_villages", "plandocs.col_place")
    head = [say(dossier.lang, code) for code in codes]
    return [make_table((38, 16, 102), head, rows, "lcl")]


def _write_asked(dossier: PlanDossier) -> list[Block]:
    counts: dict[tuple[str, str], int] = {}
    for ask in list_asks(dossier.plan.pairs):
        if ask.department_id:
            key = (ask.department_id, ask.need_id)
            counts[key] = counts.get(key, 0) + 1
    if not counts:
        return [Paragraph(say(dossier.lang, "plandocs.agenda_asked_none"))]
    order = [d.department_id for d in dossier.plan.departments]
    listed = sorted(counts, key=lambda key: (order.index(key[0]), -counts[key], key[1]))
    rows = [
        (
            name_department(dossier, department),
            name_need(dossier, need_id),
            str(counts[department, need_id]),
            list_matters(dossier, need_id),
        )
        for department, need_id in listed
    ]
    codes = (
        "plandocs.col_department",
        "plandocs.col_shortfall",
        "plandocs.col_num_villages",
        "plandocs.col_matters",
    )
    head = [say(dossier.lang, code) for code in codes]
    return [make_table((46, 38, 16, 56), head, rows, "llcl")]


def _write_open(dossier: PlanDossier) -> list[Block]:
    by_county: dict[str, list[str]] = {}
    for entry in list_open(dossier):
        item = say(
            dossier.lang,
            "plandocs.item",
            name=name_area_id(dossier, entry.area_id),
            share=format_share(entry.left, entry.deficit),
        )
        by_county.setdefault(entry.county, []).append(item)
    if not by_county:
        return [Paragraph(say(dossier.lang, "plandocs.agenda_open_none"))]
    known = [county.name for county in dossier.inputs.counties]
    order = sorted(
        by_county, key=lambda c: (c not in known, known.index(c) if c in known else 0, c)
    )
    rows = [(county, join_words(dossier, by_county[county])) for county in order]
    codes = ("plandocs.col_county", "plandocs.col_open")
    return [make_table((36, 120), [say(dossier.lang, code) for code in codes], rows)]


def _write_conflicts(dossier: PlanDossier) -> list[Block]:
    listed = list_conflicts(dossier)
    if not listed:
        return [Paragraph(say(dossier.lang, "plandocs.agenda_conflicts_none"))]
    rows = [(str(k), text) for k, text in enumerate(listed, start=1)]
    codes = ("plandocs.col_number", "plandocs.col_content")
    return [make_table((12, 144), [say(dossier.lang, code) for code in codes], rows, "cl")]


def _write_decisions(dossier: PlanDossier, topics: list[str]) -> Table:
    codes = (
        "plandocs.col_topic",
        "plandocs.col_decision",
        "plandocs.col_owner",
        "plandocs.col_due",
    )
    head = tuple(Cell(say(dossier.lang, code), "center", is_head=True) for code in codes)
    rows = tuple(
        (
            Cell(
                say(
                    dossier.lang,
                    "plandocs.topic",
                    number=str(number),
                    name=say(dossier.lang, code),
                )
            ),
            Cell(),
            Cell(),
            Cell(),
        )
        for number, code in enumerate(topics, start=1)
    )
    return Table((52, 60, 24, 20), (head,), rows, height=_DECISION_HEIGHT)
