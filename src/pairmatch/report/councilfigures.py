"""The figures of the council's papers: what a year is to bring, where it presses, what is left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pairmatch.domain.plan import Ask, DepartmentYear, Line, PairPlan, Unmet
from pairmatch.domain.planmoney import list_money, sum_lines
from pairmatch.report.plandossier import (
    PlanDossier,
    format_amount,
    join_words,
    name_action,
    name_area,
    name_place,
    name_planned,
    name_unit,
    say,
)


@dataclass(frozen=True, slots=True)
class YearFigures:
    """What some pairs are to have done in a year, and the money of that year by payer."""

    num_deeds: int
    money: dict[Line, Decimal]
    areas: dict[str, int]
    departments: dict[str, Decimal]


def count_year(dossier: PlanDossier, pairs: Sequence[PairPlan], year: int) -> YearFigures:
    """Return the figures of some pairs in a year."""
    done = [a for pair in pairs for a in pair.actions if a.finish.year == year]
    money = [line for line in list_money(pairs) if line.year == year]
    areas: dict[str, int] = {}
    for action in done:
        area = name_area(dossier, action.action.need_id)
        areas[area] = areas.get(area, 0) + 1
    departments: dict[str, Decimal] = {}
    for line in money:
        if line.line == "department":
            departments[line.payer_id] = departments.get(line.payer_id, Decimal(0)) + line.amount
    return YearFigures(len(done), sum_lines(money), areas, departments)


def show_money(figures: YearFigures) -> dict[str, str]:
    """Return the amounts of a year by line, as printed."""
    return {line: format_amount(amount) for line, amount in figures.money.items()}


def list_overloaded(dossier: PlanDossier) -> tuple[DepartmentYear, ...]:
    """Return the years in which a department would carry more than it can."""
    return tuple(
        entry
        for entry in dossier.plan.department_years
        if entry.capacity is not None and entry.planned > entry.capacity
    )


def list_unknown_capacities(dossier: PlanDossier) -> tuple[str, ...]:
    """Return the departments of which it is not known what they can carry."""
    return tuple(d.department_id for d in dossier.plan.departments if d.capacity is None)


def list_asks(pairs: Sequence[PairPlan]) -> tuple[Ask, ...]:
    """Return what is asked for beyond the plans."""
    return tuple(ask for pair in pairs for ask in pair.asks)


def list_open(dossier: PlanDossier) -> tuple[Unmet, ...]:
    """Return what stays open by county and area."""
    return tuple(entry for entry in dossier.plan.unmet if entry.left > 0)


def sum_open(dossier: PlanDossier, county: str = "") -> tuple[Unmet, ...]:
    """Return what stays open by area, in the order of the areas; of one county if it is named."""
    order = list(dict.fromkeys(need.area_id for need in dossier.needs.values()))
    sums: dict[str, Unmet] = {}
    for entry in dossier.plan.unmet:
        if county in {"", entry.county}:
            so_far = sums.get(entry.area_id, Unmet(county, entry.area_id, 0, 0, 0))
            sums[entry.area_id] = Unmet(
                county,
                entry.area_id,
                so_far.deficit + entry.deficit,
                so_far.left + entry.left,
                so_far.num_villages + entry.num_villages,
            )
    ranked = sorted(sums, key=lambda key: order.index(key) if key in order else len(order))
    return tuple(sums[key] for key in ranked if sums[key].left > 0)


def name_area_id(dossier: PlanDossier, area_id: str) -> str:
    """Return the name of an area by its id."""
    for need in dossier.needs.values():
        if need.area_id == area_id:
            return name_area(dossier, need.need_id)
    return area_id


def list_conflicts(dossier: PlanDossier) -> tuple[str, ...]:
    """Return what has to be settled in each plan: budgets passed, order, upkeep without bearer."""
    found: list[str] = []
    for pair in dossier.plan.pairs:
        found += _tell_budgets(dossier, pair)
        found += _tell_orders(dossier, pair)
        found += _tell_upkeep(dossier, pair)
    return tuple(found)


def _tell_budgets(dossier: PlanDossier, pair: PairPlan) -> Iterator[str]:
    for budget in pair.budgets:
        if budget.high is not None and budget.planned > budget.high:
            yield say(
                dossier.lang,
                "plandocs.conflict_budget",
                place=name_place(dossier, pair.village_id),
                unit=name_unit(dossier, pair.unit_id),
                year=str(budget.year),
                planned=format_amount(budget.planned),
                high=format_amount(budget.high),
            )


def _tell_orders(dossier: PlanDossier, pair: PairPlan) -> Iterator[str]:
    for planned in pair.actions:
        if planned.advisable:
            yield say(
                dossier.lang,
                "plandocs.conflict_order",
                place=name_place(dossier, pair.village_id),
                action=name_planned(dossier, planned),
                first=join_words(dossier, (name_action(dossier, k) for k in planned.advisable)),
            )


def _tell_upkeep(dossier: PlanDossier, pair: PairPlan) -> Iterator[str]:
    total = sum((a.upkeep for a in pair.actions if a.upkeep_by == "open"), Decimal(0))
    if total > 0:
        yield say(
            dossier.lang,
            "plandocs.conflict_upkeep",
            place=name_place(dossier, pair.village_id),
            total=format_amount(total),
        )
