"""A plan with everything its documents name: villages, units, needs, departments, catalogue."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pairmatch.domain.actions import ActionType, Department
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.plan import Line, PairPlan, Plan, PlannedAction, Quarter
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.domain.taxonomy import CapabilityType, IndicatorType, NeedType, Specialty
from pairmatch.messages import Language, render
from pairmatch.report.wording import clean_text, name_or_id

SHOWN_DIGEST = 16
_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十")
_SIZE = re.compile(r"\d{1,6}")
LINE_CODES: Mapping[Line, str] = {
    "unit_cash": "plandocs.line_unit_cash",
    "in_kind": "plandocs.line_in_kind",
    "village": "plandocs.line_village",
    "department": "plandocs.line_department",
}
_ORDERS = ("plandocs.first", "plandocs.second", "plandocs.third")


@dataclass(frozen=True, slots=True)
class PlanDossier:
    """What the documents of a plan are written from.

    `edition` is the number of this edition of the documents, `data_date` the day of the data as
    it is to be printed, empty if it is not known. `is_synthetic` says that figures are made up.
    """

    plan: Plan
    inputs: Inputs
    edition: str
    data_date: str
    lang: Language
    is_synthetic: bool
    units: Mapping[str, Unit]
    villages: Mapping[str, Village]
    needs: Mapping[str, NeedType]
    indicators: Mapping[str, IndicatorType]
    capabilities: Mapping[str, CapabilityType]
    specialties: Mapping[str, Specialty]
    departments: Mapping[str, Department]
    actions: Mapping[str, ActionType]

    @property
    def years(self) -> range:
        """The years of the cycle."""
        return range(self.plan.cycle[0], self.plan.cycle[1] + 1)


def make_dossier(
    plan: Plan,
    inputs: Inputs,
    actions: Iterable[ActionType] = (),
    edition: str = "1",
    data_date: str = "",
) -> PlanDossier:
    """Return the dossier of a plan.

    Parameters
    ----------
    plan
        The plan.
    inputs
        The villages, units and tables that it was made from.
    actions
        The catalogue; actions that are in the plan need not be in it.
    edition
        The number of this edition of the documents.
    data_date
        The day of the data, as printed; empty if it is not known.
    """
    taxonomy = inputs.taxonomy
    planned = (action.action for pair in plan.pairs for action in pair.actions)
    return PlanDossier(
        plan=plan,
        inputs=inputs,
        edition=edition,
        data_date=data_date,
        lang=inputs.scenario.scenario.lang,
        is_synthetic=plan.synthetic
        or inputs.scenario.scenario.synthetic
        or any(unit.synthetic for unit in inputs.units)
        or any(village.synthetic for village in inputs.villages),
        units={u.unit_id: u for u in inputs.units},
        villages={v.village_id: v for v in inputs.villages},
        needs={n.need_id: n for n in taxonomy.needs},
        indicators={i.indicator_id: i for i in taxonomy.indicators},
        capabilities={c.capability_id: c for c in taxonomy.capabilities},
        specialties={s.specialty_id: s for s in taxonomy.specialties},
        departments={d.department_id: d for d in plan.departments},
        actions={a.action_id: a for a in (*actions, *planned)},
    )


def say(lang: Language, code: str, **params: str) -> str:
    """Return the sentence with this full code in a language."""
    return render(code, params, lang).text


def name_unit(dossier: PlanDossier, unit_id: str) -> str:
    """Return the name of a unit, or its id if it has none."""
    unit = dossier.units.get(unit_id)
    return clean_text(name_or_id(unit.name if unit else "", unit_id))


def name_village(dossier: PlanDossier, village_id: str) -> str:
    """Return the bare name of a village, or its code if it has none."""
    village = dossier.villages.get(village_id)
    return clean_text(name_or_id(village.name if village else "", village_id))


def name_place(dossier: PlanDossier, village_id: str) -> str:
    """Return the name of a village with county and township."""
    village = dossier.villages.get(village_id)
    if village is None:
        return clean_text(village_id)
    parts = (village.county, village.township, name_or_id(village.name, village_id))
    return clean_text(("" if dossier.lang == "zh" else " ").join(filter(None, parts)))


def name_need(dossier: PlanDossier, need_id: str) -> str:
    """Return the name of a need, or a wish in the village's own words as it stands."""
    need = dossier.needs.get(need_id)
    if need is None:
        return clean_text(need_id)
    return need.name_zh if dossier.lang == "zh" else need.name_en


def name_area(dossier: PlanDossier, need_id: str) -> str:
    """Return the area of a need, without what stands in brackets or after a colon."""
    need = dossier.needs.get(need_id)
    if need is None:
        return ""
    if dossier.lang == "zh":
        return need.area_zh.partition("（")[0]
    return need.area_en.partition(":")[0]


def name_department(dossier: PlanDossier, department_id: str) -> str:
    """Return the name of a department, or its id."""
    department = dossier.departments.get(department_id)
    if department is None:
        return clean_text(department_id)
    return clean_text(department.name_zh if dossier.lang == "zh" else department.name_en)


def name_action(dossier: PlanDossier, action_id: str) -> str:
    """Return the name of an action of the catalogue, or its id."""
    action = dossier.actions.get(action_id)
    if action is None:
        return clean_text(action_id)
    return clean_text(action.name_zh if dossier.lang == "zh" else action.name_en)


def name_planned(dossier: PlanDossier, planned: PlannedAction) -> str:
    """Return the name of a planned action, with its stage if it has several."""
    name = name_action(dossier, planned.action.action_id)
    if planned.num_stages == 1:
        return name
    params = {"stage": str(planned.stage), "stages": str(planned.num_stages)}
    return say(dossier.lang, "plandocs.staged", name=name, **params)


def name_indicator(dossier: PlanDossier, indicator_id: str) -> str:
    """Return the name of an indicator, or its id."""
    indicator = dossier.indicators.get(indicator_id)
    if indicator is None:
        return clean_text(indicator_id)
    return indicator.name_zh if dossier.lang == "zh" else indicator.name_en


def name_capability(dossier: PlanDossier, capability_id: str) -> str:
    """Return the name of a capability, or its id."""
    capability = dossier.capabilities.get(capability_id)
    if capability is None:
        return clean_text(capability_id)
    return capability.name_zh if dossier.lang == "zh" else capability.name_en


def read_reading(dossier: PlanDossier, pair: PairPlan, indicator_id: str) -> Reading:
    """Return what a village answered for an indicator; an unknown reading if it did not."""
    village = dossier.villages.get(pair.village_id)
    return (village.indicators.get(indicator_id) if village else None) or Reading()


def format_amount(amount: Decimal) -> str:
    """Return an amount in 万元 with its two decimals.

    Examples
    --------
    >>> format_amount(Decimal("12.5"))
    '12.50'
    """
    return f"{amount:.2f}"


def format_number(number: Decimal | float) -> str:
    """Return a number with the decimals it has, at most two.

    Examples
    --------
    >>> format_number(45.0), format_number(Decimal("0.30")), format_number(1300)
    ('45', '0.3', '1300')
    """
    text = f"{round(Decimal(str(number)), 2):f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def format_quantity(planned: PlannedAction, quantity: Decimal | None = None) -> str:
    """Return how much of an action is planned, or another quantity of it, with its unit."""
    return join_unit(planned.quantity if quantity is None else quantity, planned.action.unit)


def join_unit(quantity: Decimal, unit: str) -> str:
    """Return a quantity with its unit; a unit that is itself a number of something is multiplied.

    Examples
    --------
    >>> join_unit(Decimal("3"), "公里"), join_unit(Decimal("2.5"), "1000㎡")
    ('3公里', '2500㎡')
    """
    size = _SIZE.match(unit)
    if size is None:
        return f"{format_number(quantity)}{clean_text(unit)}"
    return f"{format_number(quantity * int(size[0]))}{clean_text(unit[size.end() :])}"


def format_period(dossier: PlanDossier, first: Quarter, last: Quarter) -> str:
    """Return a period of quarters in words."""
    params = {
        "year": str(first.year),
        "quarter": str(first.number),
        "last_year": str(last.year),
        "last_quarter": str(last.number),
    }
    if first == last:
        return say(dossier.lang, "plandocs.quarter", **params)
    if first.year == last.year:
        return say(dossier.lang, "plandocs.quarters", **params)
    return say(dossier.lang, "plandocs.quarters_across", **params)


def number_heading(dossier: PlanDossier, number: int) -> str:
    """Return the number of a heading as official papers write it: 一、 … 十三、."""
    if dossier.lang == "en":
        return f"{number}. "
    tens, ones = divmod(number, 10)
    word = ("十" if tens else "") + (_NUMERALS[ones - 1] if ones else "")
    return f"{word}、"


def number_part(dossier: PlanDossier, number: int) -> str:
    """Return the number of a heading of the second rank: （一） …."""
    return f"（{_NUMERALS[number - 1]}）" if dossier.lang == "zh" else f"({number}) "


def join_words(dossier: PlanDossier, words: Iterable[str]) -> str:
    """Return words joined as a list."""
    return ("、" if dossier.lang == "zh" else ", ").join(words)


def join_clauses(dossier: PlanDossier, clauses: Iterable[str]) -> str:
    """Return clauses joined by semicolons."""
    return ("；" if dossier.lang == "zh" else "; ").join(clauses)


def count_order(dossier: PlanDossier, position: int) -> str:
    """Return 一是, 二是, 三是 for the first three positions."""
    return say(dossier.lang, _ORDERS[position])
