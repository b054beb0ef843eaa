"""What a plan says of the village and of the unit before anything is planned."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pairmatch.domain.columns import NO, YES
from pairmatch.domain.plan import PairPlan
from pairmatch.domain.records import Reading, Unit
from pairmatch.domain.taxonomy import IndicatorType, drop_section, list_industries
from pairmatch.report.plandossier import (
    PlanDossier,
    format_number,
    join_clauses,
    join_words,
    name_capability,
    name_need,
    name_place,
    read_reading,
    say,
)
from pairmatch.report.wording import clean_text

_CLAUSES = (
    ("bas_km_to_county", "plandocs.profile_km"),
    ("bas_households", "plandocs.profile_households"),
    ("bas_population", "plandocs.profile_population"),
    ("bas_residents", "plandocs.profile_residents"),
    ("bas_over60_share", "plandocs.profile_over60"),
    ("bas_party_members", "plandocs.profile_party"),
    ("bas_farmland_mu", "plandocs.profile_farmland"),
    ("bas_saline_share", "plandocs.profile_saline"),
    ("bas_income_per_head", "plandocs.profile_income"),
    ("ind_specialty", "plandocs.profile_specialty"),
    ("ind_coops", "plandocs.profile_coops"),
    ("ind_collective_income_wan", "plandocs.profile_collective"),
    ("her_sites", "plandocs.profile_sites"),
    ("her_martyrs", "plandocs.profile_martyrs"),
)
"""What the overview of a village tells, in the order of the profile sheet."""

_LEVELS = {1: "plandocs.level_1", 2: "plandocs.level_2", 3: "plandocs.level_3"}
_TYPES = {"1": "plandocs.type_1", "2": "plandocs.type_2", "3": "plandocs.type_3"}
_TIERS = {"city": "plandocs.tier_city", "county": "plandocs.tier_county"}
_KINDS = {
    "council_member": "plandocs.kind_council_member",
    "agribusiness": "plandocs.kind_agribusiness",
    "department": "plandocs.kind_department",
    "other": "plandocs.kind_other",
}
MOST_STRONG = 6


@dataclass(frozen=True, slots=True)
class Overview:
    """A text on the facts that are known, and the names of those that are not filled in."""

    text: str
    unknown: tuple[str, ...]


def describe_village(dossier: PlanDossier, pair: PairPlan) -> Overview:
    """Return the overview of a village: only what its sheet says, and what it leaves open."""
    clauses, unknown = [], []
    for indicator_id, code in _CLAUSES:
        indicator = dossier.indicators.get(indicator_id)
        if indicator is None:
            continue
        value = show_reading(dossier, indicator, read_reading(dossier, pair, indicator_id))
        if value:
            clauses.append(say(dossier.lang, code, value=value))
        else:
            unknown.append(indicator.name_zh if dossier.lang == "zh" else indicator.name_en)
    place = name_place(dossier, pair.village_id)
    facts = ("，" if dossier.lang == "zh" else ", ").join(clauses)
    code = "plandocs.profile" if facts else "plandocs.profile_empty"
    return Overview(say(dossier.lang, code, place=place, facts=facts), tuple(unknown))


def show_reading(dossier: PlanDossier, indicator: IndicatorType, reading: Reading) -> str:
    """Return an answer as printed, with its unit; empty if it is unknown."""
    if reading.low is not None and reading.high is not None:
        value = f"{format_number(reading.low)}—{format_number(reading.high)}"
    elif reading.value is None or reading.value == "":
        return ""
    elif indicator.value_type == "bool":
        zh = YES if reading.value else NO
        return zh if dossier.lang == "zh" else ("yes" if reading.value else "no")
    elif isinstance(reading.value, tuple):
        return join_words(dossier, map(clean_text, reading.value))
    elif isinstance(reading.value, str):
        specialty = dossier.specialties.get(reading.value)
        if specialty is None:
            return clean_text(reading.value)
        return specialty.name_zh if dossier.lang == "zh" else specialty.name_en
    else:
        value = format_number(reading.value)
    return value + show_unit(dossier, indicator)


def show_unit(dossier: PlanDossier, indicator: IndicatorType) -> str:
    """Return the unit of an indicator as it follows a number."""
    unit = indicator.unit
    if unit == "%" or dossier.lang == "zh":
        return unit
    return f" {unit}"


def list_wishes(dossier: PlanDossier, pair: PairPlan) -> tuple[str, ...]:
    """Return the village's wishes: names of needs, and its own words in quotation marks."""
    village = dossier.villages.get(pair.village_id)
    return tuple(
        name_need(dossier, wish)
        if wish in dossier.needs
        else say(dossier.lang, "plandocs.quoted", text=clean_text(wish))
        for wish in (village.wishes if village else ())
    )


def list_good_needs(dossier: PlanDossier, pair: PairPlan) -> tuple[str, ...]:
    """Return the needs of which the village says that nothing is short."""
    good = [n.need_id for n in pair.needs if n.is_known and n.deficit == 0]
    return tuple(name_need(dossier, need_id) for need_id in good[:MOST_STRONG])


def describe_types(dossier: PlanDossier, pair: PairPlan) -> str:
    """Return the types of helped villages that a village belongs to."""
    village = dossier.villages.get(pair.village_id)
    types = sorted(village.types) if village else []
    return join_clauses(dossier, (say(dossier.lang, _TYPES[t]) for t in types if t in _TYPES))


def describe_tier(dossier: PlanDossier, unit_id: str) -> str:
    """Return tier and kind of a unit in words."""
    unit = dossier.units.get(unit_id)
    codes = (_TIERS.get(unit.tier), _KINDS.get(unit.kind)) if unit else ()
    between = "" if dossier.lang == "zh" else " "
    return between.join(say(dossier.lang, code) for code in codes if code)


def describe_industry(dossier: PlanDossier, unit_id: str) -> str:
    """Return the names of a unit's industries, the finest of each first."""
    unit = dossier.units.get(unit_id)
    names = dossier.inputs.taxonomy.industries
    known = [drop_section(code) for code in (unit.industry_codes if unit else ())]
    # A class says what its division says, and more.
    finest = [c for c in known if not any(o != c and o.startswith(c) for o in known)]
    return join_words(dossier, (names[code] for code in finest if code in names))


def list_strengths(dossier: PlanDossier, pair: PairPlan) -> tuple[str, ...]:
    """Return what the unit can give with how strong it is, strongest first."""
    unit = dossier.units.get(pair.unit_id)
    if unit is None:
        return ()
    ranked = sorted(unit.capabilities.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        say(
            dossier.lang,
            "plandocs.strength",
            name=name_capability(dossier, capability_id),
            level=say(dossier.lang, _LEVELS[level]),
        )
        for capability_id, level in ranked
        if level in _LEVELS
    )


def describe_uses(dossier: PlanDossier, pair: PairPlan) -> str:
    """Return which of its strengths the unit uses in the plan, and for which actions."""
    uses: dict[str, list[str]] = {}
    for planned in pair.actions:
        if planned.capability_id and not planned.department_id:
            names = uses.setdefault(planned.capability_id, [])
            action = planned.action
            name = action.name_zh if dossier.lang == "zh" else action.name_en
            if name not in names:
                names.append(clean_text(name))
    listed = [
        say(
            dossier.lang,
            "plandocs.use",
            capability=name_capability(dossier, capability_id),
            actions=join_words(dossier, names),
        )
        for capability_id, names in uses.items()
    ]
    return join_clauses(dossier, listed)


def describe_affinity(dossier: PlanDossier, pair: PairPlan) -> str:
    """Return how the unit's trade fits the village's specialty; empty if nothing is known of it."""
    reading = read_reading(dossier, pair, "ind_specialty").value
    unit = dossier.units.get(pair.unit_id)
    specialty = dossier.specialties.get(reading) if isinstance(reading, str) else None
    if specialty is None or unit is None:
        return ""
    codes = set(_list_codes(unit))
    links = [
        link
        for link in dossier.inputs.taxonomy.affinities
        if link.specialty_id == reading and link.industry_code in codes
    ]
    if not links:
        return ""
    best = max(links, key=lambda link: (link.weight, link.industry_code))
    return say(
        dossier.lang,
        "plandocs.affinity",
        specialty=specialty.name_zh if dossier.lang == "zh" else specialty.name_en,
        why=clean_text(best.why_zh),
    )


def describe_team(dossier: PlanDossier, pair: PairPlan) -> str:
    """Return how large the unit's team is, or that it is not filled in."""
    unit = dossier.units.get(pair.unit_id)
    if unit is None or unit.team_size is None:
        return say(dossier.lang, "plandocs.team_unknown")
    return say(dossier.lang, "plandocs.team", count=str(unit.team_size))


def list_budgets(dossier: PlanDossier, pair: PairPlan) -> Sequence[tuple[str, str, str]]:
    """Return a row per year: the year, what the unit promised, and what is planned of it."""
    unknown = say(dossier.lang, "plandocs.not_filled")
    rows = []
    for budget in pair.budgets:
        ends = [unknown if end is None else f"{end:.2f}" for end in (budget.low, budget.high)]
        both = ends[0] if ends[0] == ends[1] else "—".join(ends)
        rows.append((str(budget.year), both, f"{budget.planned:.2f}"))
    return rows


def _list_codes(unit: Unit) -> Iterator[str]:
    codes: Iterable[str] = unit.industry_codes
    for code in codes:
        yield from list_industries(drop_section(code))
