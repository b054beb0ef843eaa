"""The tables of a plan's workbook: money, actions, departments, needs, and what stays open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pairmatch.domain.plan import DepartmentYear, PairPlan
from pairmatch.domain.planmoney import LINES, list_money, sum_lines, sum_years
from pairmatch.report.plandossier import (
    LINE_CODES,
    PlanDossier,
    name_area,
    name_department,
    name_need,
    name_unit,
    name_village,
    say,
)
from pairmatch.report.planmeasures import list_measures
from pairmatch.report.wording import format_level, format_share

Value = str | int | Decimal


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its title, headings with widths, rows, rows of sums, and how many columns stay."""

    title: str
    columns: tuple[tuple[str, int], ...]
    rows: tuple[tuple[Value, ...], ...]
    sums: tuple[tuple[Value, ...], ...] = ()
    num_fixed: int = 1


_PAIR_COLUMNS = (
    ("plandocs.col_number", 6),
    ("plandocs.col_county", 13),
    ("plandocs.col_township", 12),
    ("plandocs.col_village", 13),
    ("plandocs.col_code", 15),
    ("plandocs.col_unit", 25),
)


def list_pair_cells(dossier: PlanDossier, number: int, pair: PairPlan) -> tuple[Value, ...]:
    """Return number, county, township, village, code and unit of a pair."""
    village = dossier.villages.get(pair.village_id)
    return (
        number,
        pair.county,
        village.township if village else "",
        name_village(dossier, pair.village_id),
        pair.village_id,
        name_unit(dossier, pair.unit_id),
    )


def name_columns(
    dossier: PlanDossier, columns: Sequence[tuple[str, int]]
) -> tuple[tuple[str, int], ...]:
    """Return the headings of columns in the language of the plan."""
    return tuple((say(dossier.lang, code), width) for code, width in columns)


def list_money_rows(dossier: PlanDossier) -> Grid:
    """Return the money by pair and year, with the sums by year and of all years."""
    rows: list[tuple[Value, ...]] = []
    for number, pair in enumerate(dossier.plan.pairs, start=1):
        cells = list_pair_cells(dossier, number, pair)
        rows += [
            (*cells, y.year, *(y.amounts[line] for line in LINES))
            for y in sum_years(list_money([pair]), dossier.years)
        ]
    money = list_money(dossier.plan.pairs)
    total = say(dossier.lang, "plandocs.total")
    sums: list[tuple[Value, ...]] = [
        (total, "", "", "", "", "", str(y.year), *(y.amounts[line] for line in LINES))
        for y in sum_years(money, dossier.years)
    ]
    whole = sum_lines(money)
    sums.append((total, "", "", "", "", "", "", *(whole[line] for line in LINES)))
    columns = (
        *_PAIR_COLUMNS,
        ("plandocs.col_year", 8),
        *((LINE_CODES[line], 15) for line in LINES),
    )
    title = say(dossier.lang, "plandocs.sheet_money")
    return Grid(title, name_columns(dossier, columns), tuple(rows), tuple(sums), 4)


def list_actions(dossier: PlanDossier) -> Grid:
    """Return all planned actions, a row each."""
    rows: list[tuple[Value, ...]] = []
    for number, pair in enumerate(dossier.plan.pairs, start=1):
        cells = list_pair_cells(dossier, number, pair)
        rows += [
            (
                *cells,
                m.area,
                m.name,
                m.quantity,
                *(m.money[line] for line in LINES),
                m.carrier,
                m.period,
                m.outcome,
            )
            for m in list_measures(dossier, pair)
        ]
    whole = sum_lines(list_money(dossier.plan.pairs))
    total = say(dossier.lang, "plandocs.total")
    sums: list[tuple[Value, ...]] = [
        (total, *("",) * 8, *(whole[line] for line in LINES), "", "", "")
    ]
    columns = (
        *_PAIR_COLUMNS,
        ("plandocs.col_area", 16),
        ("plandocs.col_measure", 24),
        ("plandocs.col_quantity", 13),
        *((LINE_CODES[line], 12) for line in LINES),
        ("plandocs.col_carrier", 20),
        ("plandocs.col_period", 22),
        ("plandocs.col_outcome", 30),
    )
    title = say(dossier.lang, "plandocs.sheet_actions")
    return Grid(title, name_columns(dossier, columns), tuple(rows), tuple(sums), 4)


def list_departments(dossier: PlanDossier) -> Grid:
    """Return what departments are to carry in each year, against what they can."""
    unknown = say(dossier.lang, "plandocs.not_filled")
    rows = [
        (
            name_department(dossier, entry.department_id),
            entry.year,
            entry.planned,
            unknown if entry.capacity is None else entry.capacity,
            unknown if entry.capacity is None else entry.capacity - entry.planned,
            _count_asks(dossier, entry.department_id),
            say(dossier.lang, _judge_load(entry)),
        )
        for entry in dossier.plan.department_years
    ]
    planned = sum((entry.planned for entry in dossier.plan.department_years), Decimal("0.00"))
    total = say(dossier.lang, "plandocs.total")
    columns = (
        ("plandocs.col_department", 28),
        ("plandocs.col_year", 9),
        ("plandocs.col_department_planned", 18),
        ("plandocs.col_capacity", 18),
        ("plandocs.col_rest", 18),
        ("plandocs.col_asks", 18),
        ("plandocs.col_state", 22),
    )
    title = say(dossier.lang, "plandocs.sheet_departments")
    sums = ((total, "", planned, "", "", "", ""),)
    return Grid(title, name_columns(dossier, columns), tuple(rows), sums)


def list_needs(dossier: PlanDossier) -> Grid:
    """Return what is short in all pairs: how much, what is closed by whom, what is left."""
    unknown = say(dossier.lang, "plandocs.not_filled")
    rows: list[tuple[Value, ...]] = []
    for number, pair in enumerate(dossier.plan.pairs, start=1):
        cells = list_pair_cells(dossier, number, pair)
        for need in (n for n in pair.needs if n.deficit > 0 or not n.is_known):
            shares = (need.deficit, need.closed_by_unit, need.closed_by_departments, need.left)
            shown = (format_level(s) for s in shares) if need.is_known else (unknown, "", "", "")
            names = (name_area(dossier, need.need_id), name_need(dossier, need.need_id))
            rows.append((*cells, *names, *shown))
    columns = (
        *_PAIR_COLUMNS,
        ("plandocs.col_area", 20),
        ("plandocs.col_shortfall", 22),
        ("plandocs.col_deficit", 9),
        ("plandocs.col_closed_by_unit", 12),
        ("plandocs.col_closed_by_departments", 12),
        ("plandocs.col_left", 9),
    )
    title = say(dossier.lang, "plandocs.sheet_needs")
    return Grid(title, name_columns(dossier, columns), tuple(rows), num_fixed=4)


def list_unmet(dossier: PlanDossier) -> Grid:
    """Return what stays open by county and area."""
    areas = dict(_name_areas(dossier))
    rows = tuple(
        (
            entry.county,
            areas.get(entry.area_id, entry.area_id),
            entry.num_villages,
            format_share(entry.left, entry.deficit),
        )
        for entry in dossier.plan.unmet
    )
    columns = (
        ("plandocs.col_county", 22),
        ("plandocs.col_area", 30),
        ("plandocs.col_open_villages", 20),
        ("plandocs.col_open_share", 24),
    )
    title = say(dossier.lang, "plandocs.sheet_unmet")
    return Grid(title, name_columns(dossier, columns), rows)


def _name_areas(dossier: PlanDossier) -> Iterator[tuple[str, str]]:
    for need in dossier.needs.values():
        yield need.area_id, name_area(dossier, need.need_id)


def _count_asks(dossier: PlanDossier, department_id: str) -> int:
    return sum(
        ask.department_id == department_id for pair in dossier.plan.pairs for ask in pair.asks
    )


def _judge_load(entry: DepartmentYear) -> str:
    """Return the code of what a department's load is, against what it can carry."""
    if entry.capacity is None:
        return "plandocs.load_unknown"
    if entry.planned > entry.capacity:
        return "plandocs.load_over"
    return "plandocs.load_full" if entry.planned == entry.capacity else "plandocs.load_within"
