"""The last parts of a help plan: risks and upkeep, what carries the plan, and the opinions."""

from pairmatch.report.plandossier import number_part
from pairmatch.report.plantext import Part, PlanText
from pairmatch.report.worddocument import Block, Cell, Paragraph, Table

_OPINION_HEIGHT = 60
_OPINIONS = ("plandocs.opinion_village", "plandocs.opinion_county", "plandocs.opinion_unit")


def write_risks(text: PlanText) -> Part:
    """Return what may go wrong, and who keeps up what is built."""
    risks = text.list_rows("risks")
    blocks: list[Block] = [text.head_part(1, "plandocs.part_risks")]
    blocks += [Paragraph(f"{k}. {row['text']}") for k, row in enumerate(risks, start=1)]
    if not risks:
        blocks.append(text.write("plandocs.risks_none"))
    blocks.append(text.head_part(2, "plandocs.part_upkeep"))
    blocks.append(Paragraph(text.get("upkeep_text")))
    rows = text.list_rows("upkeep")
    if rows:
        columns = (
            ("name", "plandocs.col_measure", 60),
            ("amount", "plandocs.col_upkeep", 40),
            ("carrier", "plandocs.col_bearer", 56),
        )
        blocks.append(text.tabulate(rows, columns, "lrl"))
    return "plandocs.head_risks", blocks


def write_support(text: PlanText) -> Part:
    """Return team, money, reports and evidence."""
    blocks: list[Block] = [
        Paragraph(row["text"], lead=number_part(text.dossier, k) + row["head"])
        for k, row in enumerate(text.list_rows("support"), start=1)
    ]
    return "plandocs.head_support", blocks


def write_opinions(text: PlanText) -> Part:
    """Return the boxes to sign in."""
    names = ("village_name", "county", "unit_name")
    lines = text.say("plandocs.opinion_lines")
    rows = tuple(
        (
            Cell(text.say(code, *names), "center", is_large=True),
            Cell(lines, "right", is_large=True, place="bottom"),
        )
        for code in _OPINIONS
    )
    return "plandocs.head_opinions", [Table((46, 110), (), rows, height=_OPINION_HEIGHT)]
