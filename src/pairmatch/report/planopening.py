"""The first five parts of a help plan: the two sides, what is short, what there is, the targets."""

from pairmatch.report.plandossier import join_words
from pairmatch.report.plantext import Part, PlanText
from pairmatch.report.worddocument import TEXT_WIDTH, Block, Paragraph, make_table

_SIDES = (
    "unit_name",
    "unit_kind",
    "unit_industry",
    "village_place",
    "village_code",
    "village_types",
    "first_year",
    "last_year",
)
_YEAR_WIDTH = 17


def write_sides(text: PlanText) -> Part:
    """Return who helps whom, and on which basis."""
    unknown = text.say("plandocs.not_filled")
    params = {name: text.get(name) or unknown for name in _SIDES}
    codes = ("plandocs.side_unit", "plandocs.side_village", "plandocs.side_basis")
    return "plandocs.head_sides", [text.write(code, **params) for code in codes]


def write_profile(text: PlanText) -> Part:
    """Return the overview of the village, and what its sheet leaves open."""
    blocks: list[Block] = [Paragraph(text.get("profile"))]
    if text.get("good_needs"):
        blocks.append(text.write("plandocs.profile_good", "good_needs"))
    if text.get("profile_unknown"):
        blocks.append(text.write("plandocs.profile_unknown", "profile_unknown"))
    blocks.append(text.write("plandocs.profile_source", "village_name", "data_date"))
    return "plandocs.head_profile", blocks


def write_shortfalls(text: PlanText) -> Part:
    """Return the wishes, and the table of what is short."""
    listed = text.list_rows("shortfalls")
    main = (row for row in listed if not row["minor"])
    rows = [{**row, "number": str(k)} for k, row in enumerate(main, start=1)]
    blocks: list[Block] = [Paragraph(text.get("wishes"))]
    if not listed:
        blocks.append(text.write("plandocs.shortfalls_none"))
    if rows:
        columns = (
            ("number", "plandocs.col_number", 10),
            ("area", "plandocs.col_area", 26),
            ("name", "plandocs.col_shortfall", 27),
            ("measures", "plandocs.col_measures", 49),
            ("deficit", "plandocs.col_deficit", 15),
            ("remark", "plandocs.col_remark", 29),
        )
        blocks.append(text.write("plandocs.shortfalls"))
        blocks.append(text.tabulate(rows, columns, "clllc"))
    minor = [text.name_item(row["name"], row["deficit"]) for row in listed if row["minor"]]
    if minor:
        names = join_words(text.dossier, minor)
        count = str(len(minor))
        blocks.append(text.write("plandocs.shortfalls_minor", count=count, names=names))
    if text.get("unknown_needs"):
        blocks.append(text.write("plandocs.unknown_needs", "unknown_needs"))
    return "plandocs.head_shortfalls", blocks


def write_strengths(text: PlanText) -> Part:
    """Return what the unit can give, what of it is used, and its money by year."""
    blocks: list[Block] = [text.write("plandocs.strengths", "unit_name", "strengths", "team")]
    if text.get("affinity"):
        blocks.append(Paragraph(text.get("affinity")))
    if text.get("uses"):
        blocks.append(text.write("plandocs.uses", "uses"))
    rows = text.list_rows("budgets")
    if rows:
        columns = (
            ("year", "plandocs.col_year", 36),
            ("promised", "plandocs.col_promised", 60),
            ("planned", "plandocs.col_planned", 60),
        )
        blocks.append(Paragraph(text.say("plandocs.budgets"), keeps_next=True))
        blocks.append(text.tabulate(rows, columns, "crr"))
    return "plandocs.head_strengths", blocks


def write_targets(text: PlanText) -> Part:
    """Return the indicators now and at the end of each year."""
    rows = text.list_rows("targets")
    if not rows:
        return "plandocs.head_targets", [text.write("plandocs.targets_none")]
    years = [str(year) for year in text.dossier.years]
    num_figures = len(years) + 2
    width = min(_YEAR_WIDTH, TEXT_WIDTH * 2 // 3 // num_figures)
    head = (
        text.say("plandocs.col_indicator"),
        text.say("plandocs.col_now"),
        *(text.say("plandocs.col_year_end", year=year) for year in years),
        text.say("plandocs.col_enough"),
    )
    cells = [
        (row["name"], row["now"], *(y["value"] for y in row["years"]), row["enough"])
        for row in rows
    ]
    widths = (TEXT_WIDTH - width * num_figures, *(width,) * num_figures)
    intro = text.write("plandocs.targets", count=str(len(rows)), last=years[-1])
    return "plandocs.head_targets", [intro, make_table(widths, head, cells, "l" + "r" * len(head))]
