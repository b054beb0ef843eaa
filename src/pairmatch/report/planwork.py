"""The parts of a help plan on the work: measures, money, deeds, requests, and the schedule."""

from pairmatch.domain.planmoney import LINES
from pairmatch.report.plandossier import LINE_CODES, join_clauses, join_words, name_planned
from pairmatch.report.plantext import Part, PlanText
from pairmatch.report.worddocument import (
    TEXT_WIDTH,
    WIDE_WIDTH,
    Block,
    Cell,
    Paragraph,
    Table,
    make_table,
)

_QUARTERS = 4
_BUSY = "7F7F7F"
_NAME_WIDTH = 46
_NOTHING = "0.00"

_MEASURES = (
    ("number", "plandocs.col_number", 9),
    ("area", "plandocs.col_area", 23),
    ("name", "plandocs.col_measure", 32),
    ("quantity", "plandocs.col_quantity", 20),
    *((line, LINE_CODES[line], 17) for line in LINES),
    ("carrier", "plandocs.col_carrier", 24),
    ("period", "plandocs.col_period", 24),
    ("outcome", "plandocs.col_outcome", 31),
)
_PERSON_WIDTH = WIDE_WIDTH - sum(width for _, _, width in _MEASURES)


def write_measures(text: PlanText) -> Part:
    """Return the table of the measures, for a page on its side."""
    rows = text.list_rows("measures")
    if not rows:
        return "plandocs.head_measures", [text.write("plandocs.measures_none")]
    head = [*(text.say(code) for _, code, _ in _MEASURES), text.say("plandocs.col_person")]
    cells: list[list[str | Cell]] = [
        [*(_hide_nothing(row[name]) for name, _, _ in _MEASURES), ""] for row in rows
    ]
    sums = [Cell(text.get(f"total_{line}"), "right", is_head=True) for line in LINES]
    total = Cell(text.say("plandocs.total"), "center", span=4, is_head=True)
    cells.append([total, *sums, Cell(span=4, is_head=True)])
    widths = (*(width for _, _, width in _MEASURES), _PERSON_WIDTH)
    blocks: list[Block] = [
        make_table(widths, head, cells, "clllrrrr"),
        Paragraph(text.say("plandocs.measures_note"), "Note"),
    ]
    return "plandocs.head_measures", blocks


def write_money(text: PlanText) -> list[Block]:
    """Return the money by year and payer, and what the unit gives in kind."""
    total: dict[str, str] = {line: text.get(f"total_{line}") for line in LINES}
    rows = [*text.list_rows("money"), {"year": text.say("plandocs.total"), **total}]
    columns = (
        ("year", "plandocs.col_year", 24),
        *((line, LINE_CODES[line], 33) for line in LINES),
    )
    blocks: list[Block] = [
        text.head_part(1, "plandocs.part_money"),
        text.tabulate(rows, columns, "crrrr"),
        Paragraph(text.say("plandocs.money_note"), "Note"),
    ]
    gifts = text.list_rows("in_kind_items")
    if gifts:
        named = (
            ("capability", "plandocs.col_capability", 38),
            ("name", "plandocs.col_measure", 50),
            ("quantity", "plandocs.col_quantity", 32),
            ("amount", "plandocs.line_in_kind", 36),
        )
        blocks.append(text.head_part(2, "plandocs.part_in_kind"))
        blocks.append(text.tabulate(gifts, named, "lllr"))
    return blocks


def write_deeds(text: PlanText) -> Part:
    """Return what is finished in each year, with room for who accepts it."""
    rows: list[tuple[str | Cell, ...]] = []
    years = list(text.dossier.years)
    for year in years:
        done = [r for r in text.list_rows("measures") if r["finish_year"] == str(year)]
        head = text.say("plandocs.deeds_year", year=str(year), count=str(len(done)))
        rows.append((Cell(head, span=6, is_head=True),))
        rows += [
            (str(k), r["name"], r["quantity"], r["period"], r["carrier"], "")
            for k, r in enumerate(done, start=1)
        ]
        if not done:
            code = "plandocs.deeds_first" if year == years[0] else "plandocs.deeds_none"
            rows.append((Cell(text.say(code), span=6),))
    columns = (
        ("plandocs.col_number", 10),
        ("plandocs.col_deed", 42),
        ("plandocs.col_quantity", 24),
        ("plandocs.col_period", 32),
        ("plandocs.col_carrier", 26),
        ("plandocs.col_accepted", 22),
    )
    widths = [width for _, width in columns]
    table = make_table(widths, [text.say(code) for code, _ in columns], rows, "clllll")
    return "plandocs.head_deeds", [text.write("plandocs.deeds", "village_name"), table]


def write_requests(text: PlanText) -> Part:
    """Return what departments are to do: what is in the plan, and what is asked for beyond it."""
    rows = text.list_rows("requests")
    if not rows:
        return "plandocs.head_requests", [text.write("plandocs.requests_none")]
    planned = text.say("plandocs.request_planned")
    num_planned = sum(row["state"] == planned for row in rows)
    counts = {"planned": str(num_planned), "asked": str(len(rows) - num_planned)}
    code = "plandocs.requests"
    if num_planned in {0, len(rows)}:
        code = "plandocs.requests_planned" if num_planned else "plandocs.requests_asked"
    columns = (
        ("department", "plandocs.col_department", 26),
        ("need", "plandocs.col_need", 32),
        ("text", "plandocs.col_content", 72),
        ("state", "plandocs.col_state", 26),
    )
    return "plandocs.head_requests", [
        text.write(code, **counts),
        text.tabulate(rows, columns),
    ]


def write_not_done(text: PlanText) -> Part:
    """Return what is left, grouped by why; what is not known is told apart."""
    groups: dict[str, list[str]] = {}
    for row in text.list_rows("not_done"):
        groups.setdefault(row["why"], []).append(text.name_item(row["name"], row["left"]))
    blocks: list[Block] = []
    if groups:
        rows = [(join_words(text.dossier, items), why) for why, items in groups.items()]
        head = [text.say("plandocs.col_shortfall"), text.say("plandocs.col_why")]
        count = str(len(text.list_rows("not_done")))
        blocks.append(text.write("plandocs.not_done", count=count))
        blocks.append(make_table((80, TEXT_WIDTH - 80), head, rows))
    if text.get("unknown_needs"):
        count = str(sum(not need.is_known for need in text.pair.needs))
        blocks.append(text.write("plandocs.not_done_unknown", count=count))
    return "plandocs.head_not_done", blocks or [text.write("plandocs.not_done_none")]


def write_schedule(text: PlanText) -> Part:
    """Return seasons, order and quarters of the work, and the dates of the programme."""
    blocks: list[Block] = []
    if text.get("seasons"):
        blocks.append(text.write("plandocs.seasons", "seasons"))
    orders = [row["text"] for row in text.list_rows("orders")]
    if orders:
        blocks.append(text.write("plandocs.orders", orders=join_clauses(text.dossier, orders)))
    if text.pair.actions:
        blocks.append(_draw_schedule(text))
    blocks.append(text.write("plandocs.nodes", "first_year", "last_year"))
    return "plandocs.head_schedule", blocks


def _draw_schedule(text: PlanText) -> Table:
    """Return the quarters of all actions as a table with dark cells."""
    years = list(text.dossier.years)
    quarters = [(year, number) for year in years for number in range(1, _QUARTERS + 1)]
    width = max((TEXT_WIDTH - _NAME_WIDTH) // len(quarters), 2)
    top = [Cell(text.say("plandocs.col_measure"), "center", is_head=True)]
    top += [Cell(str(year), "center", span=_QUARTERS, is_head=True) for year in years]
    below = [Cell(text.say("plandocs.col_quarter"), "center", is_head=True)]
    below += [Cell(str(number), "center", is_head=True) for _, number in quarters]
    rows = []
    for planned in text.pair.actions:
        first = (planned.start.year, planned.start.number)
        last = (planned.finish.year, planned.finish.number)
        marks = (Cell(fill=_BUSY if first <= at <= last else "") for at in quarters)
        rows.append((Cell(name_planned(text.dossier, planned)), *marks))
    widths = (TEXT_WIDTH - width * len(quarters), *(width,) * len(quarters))
    return Table(widths, (tuple(top), tuple(below)), tuple(rows))


def _hide_nothing(cell: str) -> str:
    return "—" if cell == _NOTHING else cell
