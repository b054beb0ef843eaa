"""What is short in a village, what the plan closes of it, and why the rest is left."""

from dataclasses import dataclass

from pairmatch.domain.plan import NeedPlan, PairPlan
from pairmatch.domain.records import Reading
from pairmatch.domain.taxonomy import IndicatorType
from pairmatch.report.plandossier import (
    PlanDossier,
    count_order,
    format_number,
    join_clauses,
    join_words,
    name_area,
    name_department,
    name_indicator,
    name_need,
    read_reading,
    say,
)
from pairmatch.report.planprofile import list_wishes, show_reading, show_unit
from pairmatch.report.wording import format_level

MOST_MEASURES = 3
MOST_MATTERS = 4
MINOR = 2_000
"""Below this, in ten-thousandths, a need that is not planned for is only named."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A need of the village in words: what was measured, how large it is, what is done with it.

    One that `is_minor` is slight, no wish, and not planned for.
    """

    need_id: str
    area: str
    name: str
    measures: str
    deficit: str
    remark: str
    is_minor: bool


def list_shortfalls(dossier: PlanDossier, pair: PairPlan) -> tuple[Shortfall, ...]:
    """Return the known needs of which something is short, as the plan sorts them."""
    village = dossier.villages.get(pair.village_id)
    wishes = village.wishes if village else ()
    return tuple(
        Shortfall(
            need.need_id,
            name_area(dossier, need.need_id),
            name_need(dossier, need.need_id),
            join_clauses(dossier, _list_measures(dossier, pair, need.need_id)),
            format_level(need.deficit),
            _remark(dossier, pair, need),
            is_minor=need.left == need.deficit < MINOR and need.need_id not in wishes,
        )
        for need in pair.needs
        if need.is_known and need.deficit > 0
    )


def list_unknown(dossier: PlanDossier, pair: PairPlan) -> tuple[str, ...]:
    """Return the names of the needs that are a guess, because the sheet leaves them open."""
    return tuple(name_need(dossier, need.need_id) for need in pair.needs if not need.is_known)


def describe_wishes(dossier: PlanDossier, pair: PairPlan) -> str:
    """Return what the village most wants, and what the plan does with each wish."""
    village = dossier.villages.get(pair.village_id)
    names = list_wishes(dossier, pair)
    if village is None or not names:
        return say(dossier.lang, "plandocs.no_wishes")
    clauses = []
    for position, (wish, name) in enumerate(zip(village.wishes, names, strict=True)):
        order = count_order(dossier, position) if position < MOST_MEASURES else ""
        clauses.append(f"{order}{name}{_answer_wish(dossier, pair, wish)}")
    return say(dossier.lang, "plandocs.wishes", wishes=join_clauses(dossier, clauses))


def list_not_done(dossier: PlanDossier, pair: PairPlan) -> tuple[tuple[str, str, str], ...]:
    """Return the known needs that are left: their names, how much is left, and why."""
    return tuple(
        (
            name_need(dossier, need.need_id),
            format_level(need.left),
            _explain(dossier, pair, need),
        )
        for need in pair.needs
        if need.is_known and need.left > 0
    )


def list_matters(dossier: PlanDossier, need_id: str) -> str:
    """Return what could be done for a need, from the catalogue."""
    names = dict.fromkeys(
        action.name_zh if dossier.lang == "zh" else action.name_en
        for action in dossier.actions.values()
        if action.need_id == need_id
    )
    return join_words(dossier, list(names)[:MOST_MATTERS])


def compute_deficit(indicator: IndicatorType, reading: Reading) -> float:
    """Return how short an answer is, from 0 to 1; 0 where that is not known."""
    full, none, value = indicator.full_need_at, indicator.no_need_at, reading.value
    if full is None or none is None or not isinstance(value, int | float):
        return 0.0
    return min(max((value - none) / (full - none), 0.0), 1.0)


def _list_measures(dossier: PlanDossier, pair: PairPlan, need_id: str) -> list[str]:
    """Return the answers that make up a need, the shortest first, each with what is enough."""
    found = []
    for indicator in dossier.indicators.values():
        if indicator.need_id != need_id:
            continue
        reading = read_reading(dossier, pair, indicator.indicator_id)
        deficit = compute_deficit(indicator, reading)
        if deficit > 0:
            found.append((-deficit, indicator, reading))
    found.sort(key=lambda item: item[0])
    return [_show_measure(dossier, i, reading) for _, i, reading in found[:MOST_MEASURES]]


def _show_measure(dossier: PlanDossier, indicator: IndicatorType, reading: Reading) -> str:
    params = {
        "name": name_indicator(dossier, indicator.indicator_id),
        "value": show_reading(dossier, indicator, reading),
    }
    if indicator.value_type == "bool" or indicator.no_need_at is None:
        return say(dossier.lang, "plandocs.measure_plain", **params)
    enough = format_number(indicator.no_need_at) + show_unit(dossier, indicator)
    return say(dossier.lang, "plandocs.measure", enough=enough, **params)


def _remark(dossier: PlanDossier, pair: PairPlan, need: NeedPlan) -> str:
    village = dossier.villages.get(pair.village_id)
    wishes = village.wishes if village else ()
    parts = [say(dossier.lang, "plandocs.is_wish")] if need.need_id in wishes else []
    if need.left == 0:
        parts.append(say(dossier.lang, "plandocs.is_closed"))
    elif need.left < need.deficit:
        closed = format_level(need.deficit - need.left)
        parts.append(say(dossier.lang, "plandocs.is_partly_closed", closed=closed))
    else:
        parts.append(say(dossier.lang, "plandocs.is_left"))
    return join_clauses(dossier, parts)


def _answer_wish(dossier: PlanDossier, pair: PairPlan, wish: str) -> str:
    years = sorted({a.finish.year for a in pair.actions if a.action.need_id == wish})
    if years:
        shown = join_words(dossier, map(str, years))
        return say(dossier.lang, "plandocs.wish_planned", years=shown)
    if wish not in dossier.needs:
        return say(dossier.lang, "plandocs.wish_to_discuss")
    known = {need.need_id: need for need in pair.needs}
    need = known.get(wish)
    if need is not None and need.is_known and need.deficit == 0:
        return say(dossier.lang, "plandocs.wish_met")
    return say(dossier.lang, "plandocs.wish_left")


def _explain(dossier: PlanDossier, pair: PairPlan, need: NeedPlan) -> str:
    """Return why a need is left: what the plan says, or else what follows from the figures."""
    asked = [ask.department_id for ask in pair.asks if ask.need_id == need.need_id]
    departments = join_words(dossier, [name_department(dossier, d) for d in asked if d])
    if need.reason:
        why = say(dossier.lang, need.reason, **need.params)
        if not departments:
            return why
        return say(dossier.lang, "plandocs.left_also_asked", why=why, departments=departments)
    closed = need.closed_by_unit + need.closed_by_departments
    if departments:
        code = "plandocs.left_partly_asked" if closed else "plandocs.left_asked"
    elif closed:
        code = "plandocs.left_partly"
    elif asked or not _is_within_reach(dossier, pair, need.need_id):
        code = "plandocs.left_nobody"
    else:
        code = "plandocs.left_later"
    return say(dossier.lang, code, departments=departments)


def _is_within_reach(dossier: PlanDossier, pair: PairPlan, need_id: str) -> bool:
    """Return whether the unit or a department could do something for a need."""
    unit = dossier.units.get(pair.unit_id)
    strengths = dossier.inputs.taxonomy.strengths
    offered = unit.capabilities if unit else ()
    return any(strengths.get((capability, need_id), 0) > 0 for capability in offered) or any(
        need_id in department.needs for department in dossier.plan.departments
    )
