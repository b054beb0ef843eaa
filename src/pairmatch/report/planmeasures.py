"""The planned actions of a pair in words: measures, targets, deeds by year, and what is asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pairmatch.domain.plan import Line, PairPlan, PlannedAction
from pairmatch.domain.planmoney import sum_lines
from pairmatch.report.plandossier import (
    PlanDossier,
    format_amount,
    format_number,
    format_period,
    format_quantity,
    join_clauses,
    join_words,
    name_area,
    name_capability,
    name_department,
    name_indicator,
    name_need,
    name_planned,
    say,
)
from pairmatch.report.planneeds import list_matters
from pairmatch.report.planprofile import show_unit
from pairmatch.report.wording import format_level


@dataclass(frozen=True, slots=True)
class Measure:
    """A planned action as a row: `money` holds an amount per line, `outcome` the indicator."""

    planned: PlannedAction
    number: int
    area: str
    name: str
    quantity: str
    money: dict[Line, Decimal]
    carrier: str
    period: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Target:
    """An indicator: now, at the end of each year of the cycle, and what is enough."""

    name: str
    now: str
    years: tuple[str, ...]
    enough: str


def list_measures(dossier: PlanDossier, pair: PairPlan) -> tuple[Measure, ...]:
    """Return the planned actions of a pair in the plan's order."""
    return tuple(
        Measure(
            planned=planned,
            number=number,
            area=name_area(dossier, planned.action.need_id),
            name=name_planned(dossier, planned),
            quantity=format_quantity(planned),
            money=sum_lines(planned.money),
            carrier=name_carrier(dossier, planned),
            period=format_period(dossier, planned.start, planned.finish),
            outcome=describe_outcome(dossier, planned),
        )
        for number, planned in enumerate(pair.actions, start=1)
    )


def name_carrier(dossier: PlanDossier, planned: PlannedAction) -> str:
    """Return who carries an action: the department, or the unit with what it gives."""
    if planned.department_id:
        return name_department(dossier, planned.department_id)
    if not planned.capability_id:
        return say(dossier.lang, "plandocs.carrier_unit")
    capability = name_capability(dossier, planned.capability_id)
    return say(dossier.lang, "plandocs.carrier", capability=capability)


def describe_outcome(dossier: PlanDossier, planned: PlannedAction) -> str:
    """Return what an action does to its indicator, or that it is not counted by one."""
    indicator_id = planned.action.outcome_indicator
    if planned.before == planned.after:
        return say(dossier.lang, "plandocs.outcome_held")
    return say(
        dossier.lang,
        "plandocs.outcome",
        name=name_indicator(dossier, indicator_id),
        before=_show_value(dossier, indicator_id, planned.before),
        after=_show_value(dossier, indicator_id, planned.after),
    )


def list_targets(dossier: PlanDossier, pair: PairPlan) -> tuple[Target, ...]:
    """Return the indicators that the plan moves, in the order in which it first does."""
    by_indicator: dict[str, list[PlannedAction]] = {}
    for planned in pair.actions:
        if planned.before != planned.after:
            by_indicator.setdefault(planned.action.outcome_indicator, []).append(planned)
    return tuple(_make_target(dossier, key, listed) for key, listed in by_indicator.items())


def _make_target(
    dossier: PlanDossier, indicator_id: str, listed: Sequence[PlannedAction]
) -> Target:
    indicator = dossier.indicators.get(indicator_id)
    enough = indicator.no_need_at if indicator else None
    done = sorted(listed, key=lambda p: p.finish)
    name = name_indicator(dossier, indicator_id)
    unit = show_unit(dossier, indicator).strip() if indicator else ""
    return Target(
        say(dossier.lang, "plandocs.in_unit", name=name, unit=unit) if unit else name,
        format_number(done[0].before),
        tuple(format_number(_find_value(done, year)) for year in dossier.years),
        "" if enough is None else format_number(enough),
    )


def list_deeds(dossier: PlanDossier, pair: PairPlan, year: int) -> tuple[Measure, ...]:
    """Return what is finished in a year."""
    return tuple(m for m in list_measures(dossier, pair) if m.planned.finish.year == year)


def list_requests(dossier: PlanDossier, pair: PairPlan) -> tuple[tuple[str, str, str, str], ...]:
    """Return what departments are to do: department, matter, what, and whether it is planned."""
    planned_word = say(dossier.lang, "plandocs.request_planned")
    rows = [
        (
            name_department(dossier, m.planned.department_id),
            name_need(dossier, m.planned.action.need_id),
            say(
                dossier.lang,
                "plandocs.request_action",
                action=m.name,
                quantity=m.quantity,
                money=format_amount(m.money["department"]),
                period=m.period,
            ),
            planned_word,
        )
        for m in list_measures(dossier, pair)
        if m.planned.department_id
    ]
    for ask in pair.asks:
        matters = list_matters(dossier, ask.need_id)
        code = "plandocs.request_matters" if matters else "plandocs.request_open"
        rows.append(
            (
                name_department(dossier, ask.department_id)
                if ask.department_id
                else say(dossier.lang, "plandocs.no_department"),
                name_need(dossier, ask.need_id),
                say(dossier.lang, code, left=format_level(ask.left), matters=matters),
                say(
                    dossier.lang,
                    "plandocs.request_asked" if ask.department_id else "plandocs.request_council",
                ),
            )
        )
    return tuple(rows)


def list_in_kind(dossier: PlanDossier, pair: PairPlan) -> tuple[tuple[str, str, str, str], ...]:
    """Return what the unit gives in kind: with what, for what, how much, at which money value."""
    return tuple(
        (
            name_capability(dossier, m.planned.capability_id) if m.planned.capability_id else "",
            m.name,
            format_quantity(m.planned, m.planned.in_kind_quantity),
            format_amount(m.money["in_kind"]),
        )
        for m in list_measures(dossier, pair)
        if m.planned.in_kind_quantity > 0 or m.money["in_kind"] > 0
    )


def describe_seasons(dossier: PlanDossier, pair: PairPlan) -> str:
    """Return in which months the works that depend on the season may run."""
    by_months: dict[str, list[str]] = {}
    for planned in pair.actions:
        months = planned.action.work_months
        if months and months != ((1, 12),):
            shown = join_words(dossier, (_show_months(*span) for span in months))
            names = by_months.setdefault(shown, [])
            name = planned.action.name_zh if dossier.lang == "zh" else planned.action.name_en
            if name not in names:
                names.append(name)
    listed = [
        say(dossier.lang, "plandocs.season", months=months, actions=join_words(dossier, names))
        for months, names in by_months.items()
    ]
    return join_clauses(dossier, listed)


def list_orders(dossier: PlanDossier, pair: PairPlan) -> tuple[str, ...]:
    """Return which actions of the plan wait for which others of it."""
    planned = {p.action.action_id: p for p in pair.actions}
    sentences = dict.fromkeys(
        say(
            dossier.lang,
            "plandocs.order",
            first=_name(dossier, planned[needed.action_id]),
            then=_name(dossier, p),
        )
        for p in pair.actions
        for needed in p.action.prerequisites
        if needed.action_id in planned
    )
    return tuple(sentences)


def list_upkeep(dossier: PlanDossier, pair: PairPlan) -> tuple[tuple[str, str, str], ...]:
    """Return what has to be kept up: the action, the yearly cost in 万元, and who bears it."""
    codes = {"village": "plandocs.upkeep_village", "open": "plandocs.upkeep_open"}
    return tuple(
        (
            name_planned(dossier, p),
            format_amount(p.upkeep),
            say(dossier.lang, codes[p.upkeep_by]),
        )
        for p in pair.actions
        if p.upkeep > 0
    )


def _show_value(dossier: PlanDossier, indicator_id: str, value: Decimal | float) -> str:
    indicator = dossier.indicators.get(indicator_id)
    unit = show_unit(dossier, indicator) if indicator else ""
    return format_number(value) + unit


def _find_value(done: Iterable[PlannedAction], year: int) -> Decimal:
    """Return an indicator at the end of a year: after the last action that was finished by then."""
    listed = list(done)
    past = [p for p in listed if p.finish.year <= year]
    return past[-1].after if past else listed[0].before


def _show_months(first: int, last: int) -> str:
    return f"{first}—{last}" if first != last else str(first)


def _name(dossier: PlanDossier, planned: PlannedAction) -> str:
    return planned.action.name_zh if dossier.lang == "zh" else planned.action.name_en
