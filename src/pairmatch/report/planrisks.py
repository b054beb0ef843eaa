"""What may go wrong with the plan of a pair, and what carries it: each from its own figures."""

from decimal import Decimal

from pairmatch.domain.plan import PairPlan, PlannedAction
from pairmatch.domain.planmoney import list_money, sum_lines, sum_years
from pairmatch.report.plandossier import (
    PlanDossier,
    format_amount,
    format_number,
    join_words,
    name_action,
    name_department,
    name_planned,
    name_unit,
    name_village,
    read_reading,
    say,
)
from pairmatch.report.planneeds import list_unknown
from pairmatch.report.planprofile import describe_team

INCOME_INDICATOR = "ind_collective_income_wan"
MOST_NAMES = 4


def list_risks(dossier: PlanDossier, pair: PairPlan) -> tuple[str, ...]:
    """Return the risks that follow from the plan's own figures, largest matters first."""
    found = (
        _tell_departments(dossier, pair),
        _tell_village_share(dossier, pair),
        _tell_advisable(dossier, pair),
        _tell_unknown(dossier, pair),
        _tell_budget(dossier, pair),
        _tell_prices(dossier, pair),
    )
    return tuple(text for text in found if text)


def describe_upkeep(dossier: PlanDossier, pair: PairPlan) -> str:
    """Return what all upkeep takes in a year, against what the village earns."""
    total = sum((p.upkeep for p in pair.actions), Decimal(0))
    village = name_village(dossier, pair.village_id)
    if total == 0:
        return say(dossier.lang, "plandocs.upkeep_none")
    income = read_reading(dossier, pair, INCOME_INDICATOR).value
    is_open = any(p.upkeep_by == "open" and p.upkeep > 0 for p in pair.actions)
    if isinstance(income, int | float):
        code = "plandocs.upkeep_total_open" if is_open else "plandocs.upkeep_total"
        return say(
            dossier.lang,
            code,
            village=village,
            total=format_amount(total),
            income=format_number(income),
        )
    params = {"village": village, "total": format_amount(total)}
    return say(dossier.lang, "plandocs.upkeep_unknown", **params)


def list_support(dossier: PlanDossier, pair: PairPlan) -> tuple[tuple[str, str], ...]:
    """Return how the plan is carried: a heading and a text for team, money, reports, evidence."""
    first, last = dossier.plan.cycle
    money = list_money([pair])
    yearly = [y for y in sum_years(money, dossier.years) if y.amounts["unit_cash"] > 0]
    params = {
        "unit": name_unit(dossier, pair.unit_id),
        "village": name_village(dossier, pair.village_id),
        "county": pair.county,
        "first": str(first),
        "last": str(last),
        "team": describe_team(dossier, pair),
        "cash": format_amount(sum_lines(money)["unit_cash"]),
        "years": join_words(
            dossier,
            (
                say(
                    dossier.lang,
                    "plandocs.year_amount",
                    year=str(y.year),
                    amount=format_amount(y.amounts["unit_cash"]),
                )
                for y in yearly
            ),
        ),
        "evidence": _list_evidence(dossier, pair),
    }
    funds = "plandocs.support_funds" if yearly else "plandocs.support_funds_none"
    parts = (
        ("plandocs.head_team", "plandocs.support_team"),
        ("plandocs.head_funds", funds),
        ("plandocs.head_reports", "plandocs.support_reports"),
        ("plandocs.head_evidence", "plandocs.support_evidence"),
    )
    return tuple((say(dossier.lang, head), say(dossier.lang, c, **params)) for head, c in parts)


def _tell_departments(dossier: PlanDossier, pair: PairPlan) -> str:
    money = sum_lines(list_money([pair]))["department"]
    ids = dict.fromkeys(p.department_id for p in pair.actions if p.department_id)
    if not ids:
        return ""
    names = join_words(dossier, (name_department(dossier, key) for key in ids))
    params = {"departments": names, "money": format_amount(money)}
    return say(dossier.lang, "plandocs.risk_departments", **params)


def _tell_village_share(dossier: PlanDossier, pair: PairPlan) -> str:
    money = [line for line in list_money([pair]) if line.line == "village"]
    if not money:
        return ""
    years = {y.year: y.amounts["village"] for y in sum_years(money, ())}
    year = max(years, key=lambda key: (years[key], -key))
    income = read_reading(dossier, pair, INCOME_INDICATOR).value
    params = {
        "total": format_amount(sum_lines(money)["village"]),
        "year": str(year),
        "most": format_amount(years[year]),
    }
    if not isinstance(income, int | float):
        return say(dossier.lang, "plandocs.risk_village_unknown", **params)
    return say(dossier.lang, "plandocs.risk_village", income=format_number(income), **params)


def _tell_advisable(dossier: PlanDossier, pair: PairPlan) -> str:
    parts = [
        say(
            dossier.lang,
            "plandocs.advisable",
            action=name_planned(dossier, p),
            first=join_words(dossier, (name_action(dossier, key) for key in p.advisable)),
        )
        for p in pair.actions
        if p.advisable
    ]
    if not parts:
        return ""
    return say(dossier.lang, "plandocs.risk_advisable", parts=join_words(dossier, parts))


def _tell_unknown(dossier: PlanDossier, pair: PairPlan) -> str:
    unknown = list_unknown(dossier, pair)
    if not unknown:
        return ""
    return say(
        dossier.lang,
        "plandocs.risk_unknown",
        count=str(len(unknown)),
        names=join_words(dossier, unknown[:MOST_NAMES]),
    )


def _tell_budget(dossier: PlanDossier, pair: PairPlan) -> str:
    over = [b for b in pair.budgets if b.low is not None and b.planned > b.low]
    open_years = [b for b in pair.budgets if b.low is None and b.high is None]
    if open_years and any(b.planned > 0 for b in open_years):
        return say(dossier.lang, "plandocs.risk_budget_unknown")
    if not over:
        return ""
    years = join_words(dossier, (str(b.year) for b in over))
    return say(dossier.lang, "plandocs.risk_budget", years=years)


def _tell_prices(dossier: PlanDossier, pair: PairPlan) -> str:
    """Return the work of which least is certain what it costs, in 万元 of the whole work."""

    def count_doubt(planned: PlannedAction) -> Decimal:
        return (planned.action.cost_high - planned.action.cost_low) * planned.quantity

    if not pair.actions:
        return ""
    widest = max(pair.actions, key=lambda p: (count_doubt(p), p.action.action_id, p.stage))
    return say(
        dossier.lang,
        "plandocs.risk_prices",
        action=name_action(dossier, widest.action.action_id),
        low=format_number(widest.action.cost_low),
        high=format_number(widest.action.cost_high),
        unit=widest.action.unit,
    )


def _list_evidence(dossier: PlanDossier, pair: PairPlan) -> str:
    """Return the largest works by name: they need papers of acceptance."""
    works = sorted(pair.actions, key=lambda p: (-p.cost, p.action.action_id, p.stage))
    names = dict.fromkeys(name_action(dossier, p.action.action_id) for p in works)
    return join_words(dossier, list(names)[:MOST_NAMES])
