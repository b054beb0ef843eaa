"""What a form shows for a record: the words and numbers that `load` reads back unchanged."""

from collections.abc import Mapping
from decimal import Decimal

from pairmatch.domain.columns import NO, YES, Column
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.domain.taxonomy import Taxonomy

TYPE_SIGNS = {"1": "①", "2": "②", "3": "③"}
FormValue = str | float | None


def show_reading(reading: Reading, column: Column) -> FormValue:
    """Return the cell for a reading: a number, a word, a range such as 3—5, None if unknown."""
    if reading.low is not None and reading.high is not None:
        return f"{show_number(reading.low)}—{show_number(reading.high)}"
    value = reading.value
    if value is None or isinstance(value, tuple):
        return None if value is None else show_types(value)
    if column.value_type == "bool":
        return show_truth(bool(value))
    return show_choice(value, column) if isinstance(value, str) else value


def show_number(number: float) -> str:
    """Return a number in plain digits, never in scientific notation."""
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def show_types(types: tuple[str, ...]) -> str:
    """Return village types as on the sheet: ①③; 无 if it is known that there are none."""
    return "".join(TYPE_SIGNS[t] for t in sorted(types)) or "无"


def show_truth(value: bool | None) -> str | None:
    """Return 是 or 否, None if unknown."""
    return None if value is None else (YES if value else NO)


def show_choice(stored: str, column: Column) -> str:
    """Return the word on the sheet for a stored value."""
    words = {value: word for word, value in column.choices}
    return words.get(stored, stored)


def list_village_values(village: Village, taxonomy: Taxonomy) -> Mapping[str, FormValue]:
    """Return the cells of a village by field, indicators apart."""
    needs = {need.need_id: need.name_zh for need in taxonomy.needs}
    wishes = [needs.get(wish, wish) for wish in village.wishes]
    return {
        "contribution_grade": village.contribution_grade,
        "difficulty_grade": village.difficulty_grade,
        **{f"wish_{k}": wish for k, wish in enumerate(wishes, 1)},
        "demand_min": village.demand_min,
        "demand_max": village.demand_max,
        "data_status": "合成" if village.synthetic else None,
    }


def list_unit_values(unit: Unit, columns: Mapping[str, Column]) -> Mapping[str, FormValue]:
    """Return the cells of a unit by field, name and id apart."""
    return {
        "tier": show_choice(unit.tier, columns["tier"]) or None,
        "kind": show_choice(unit.kind, columns["kind"]) or None,
        "county": unit.county or None,
        "scope_counties": "、".join(unit.scope_counties) or None,
        "industry_codes": "、".join(unit.industry_codes) or None,
        **unit.capabilities,
        "budget_low": unit.budget_low,
        "budget_high": unit.budget_high,
        "team_size": unit.team_size,
        "credit_ok": show_truth(unit.credit_ok),
        "scale_ok": show_truth(unit.scale_ok),
        "willing": show_truth(unit.willing),
        "influence_ok": show_truth(unit.influence_ok),
        "conflicts": "、".join(unit.conflicts) or None,
        "wishes": "、".join(unit.wishes) or None,
        "refusals": "、".join(unit.refusals) or None,
        "capacity_min": unit.capacity_min,
        "capacity_max": unit.capacity_max,
        "data_status": "合成" if unit.synthetic else None,
    }
