"""帮扶方案: the help plan of a pair as a Word document in the layout of official papers."""

from collections.abc import Callable

from pairmatch.domain.plan import PairPlan
from pairmatch.report import planclosing, planopening, planwork
from pairmatch.report.plandossier import PlanDossier, number_heading, say
from pairmatch.report.planfields import describe_edition, make_fields
from pairmatch.report.plantext import Part, PlanText
from pairmatch.report.worddocument import Block, Paragraph, Section
from pairmatch.report.wordpackage import Furniture, build_docx

Writer = Callable[[PlanText], Part]

_BEFORE: tuple[Writer, ...] = (
    planopening.write_sides,
    planopening.write_profile,
    planopening.write_shortfalls,
    planopening.write_strengths,
    planopening.write_targets,
)
_AFTER: tuple[Writer, ...] = (
    planwork.write_deeds,
    planwork.write_requests,
    planwork.write_not_done,
    planwork.write_schedule,
    planclosing.write_risks,
    planclosing.write_support,
    planclosing.write_opinions,
)


def build_plan_document(dossier: PlanDossier, pair: PairPlan) -> bytes:
    """Return the help plan of a pair as a Word file; the same plan gives the same bytes.

    Parameters
    ----------
    dossier
        The plan with everything that it names.
    pair
        The pair.
    """
    text = PlanText(dossier, pair, make_fields(dossier, pair))
    before = _open_document(text)
    for number, write in enumerate(_BEFORE, start=1):
        before += _write_part(text, number, write)
    # The table of the measures is wide; the money by year belongs to it and stands upright.
    measures = _write_part(text, len(_BEFORE) + 1, planwork.write_measures)
    after = planwork.write_money(text) if pair.actions else []
    for number, write in enumerate(_AFTER, start=len(_BEFORE) + 2):
        after += _write_part(text, number, write, starts_page=write is _AFTER[-1])
    sections = (
        Section(tuple(before)),
        Section(tuple(measures), is_sideways=True),
        Section(tuple(after)),
    )
    return build_docx(sections, make_furniture(dossier, text.get("title")))


def make_furniture(dossier: PlanDossier, title: str) -> Furniture:
    """Return what stands on every page of a document of the plan."""
    edition = describe_edition(dossier)
    return Furniture(
        title=title,
        header="　".join(filter(None, (edition["synthetic"], edition["draft"]))),
        footer=say(dossier.lang, "plandocs.footer", **edition),
        watermark=edition["draft"],
        lang=dossier.lang,
    )


def _open_document(text: PlanText) -> list[Block]:
    """Return title, years, and that the figures are made up where they are."""
    title = "\n".join(
        (
            text.say("plandocs.title_unit", unit=text.get("unit_name")),
            text.say("plandocs.title_village", place=text.get("village_place")),
        )
    )
    years = text.say("plandocs.subtitle", "first_year", "last_year", "draft")
    blocks: list[Block] = [Paragraph(title, "Title"), Paragraph(years, "Subtitle")]
    if text.get("synthetic"):
        blocks.append(Paragraph(text.say("plandocs.synthetic_long"), "Note"))
    return blocks


def _write_part(
    text: PlanText, number: int, write: Writer, *, starts_page: bool = False
) -> list[Block]:
    code, blocks = write(text)
    heading = number_heading(text.dossier, number) + text.say(code)
    return [Paragraph(heading, "Heading1", starts_page=starts_page), *blocks]
