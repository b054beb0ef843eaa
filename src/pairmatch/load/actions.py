"""The action catalogue: what can be done in a village, what it costs and what it brings."""

import re
from decimal import Decimal
from functools import cache

from pairmatch.domain.actionfaults import LAST_MONTH
from pairmatch.domain.actions import ActionType, Prerequisite
from pairmatch.load.taxonomy import read_table

_SEASON = re.compile(r"(\d{1,2})-(\d{1,2})")
_MET_IF = re.compile(r"(\w+):(\w+)(<=|>=)(\d+(?:\.\d+)?)")
REFERENCES = {"households": "bas_households", "farmland_mu": "bas_farmland_mu"}
"""What a reference village is measured by, with the indicator that says it of a village."""
PERCENT = Decimal(100)


@cache
def read_official_actions() -> tuple[ActionType, ...]:
    """Return the catalogue of the package, in its order."""
    return tuple(_read_action(row) for row in read_table("actions.csv"))


def _read_action(row: dict[str, str]) -> ActionType:
    reference, _sign, amount = row["reference_village"].partition("=")
    return ActionType(
        action_id=row["action_id"],
        need_id=row["need_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        unit=row["unit"],
        cost_low=Decimal(row["cost_low_wan"]),
        cost_typ=Decimal(row["cost_typ_wan"]),
        cost_high=Decimal(row["cost_high_wan"]),
        duration_months=int(row["duration_months"]),
        work_months=read_seasons(row["work_months"]),
        outcome_indicator=row["outcome_indicator"],
        outcome_per_unit=Decimal(row["outcome_per_unit"]),
        typical_qty=Decimal(row["typical_qty"]),
        max_qty=Decimal(row["max_qty"]),
        prerequisites=read_prerequisites(row["prerequisites"], row["prerequisite_met_if"]),
        reference_indicator=REFERENCES[reference] if reference else "",
        reference_amount=Decimal(amount) if amount else None,
        upkeep_share=Decimal(row["upkeep_pct_per_year"]) / PERCENT,
        capabilities=_split(row["capabilities"], "|"),
        evidence_ids=_split(row["evidence_ids"], "|"),
        basis=row["basis"],
    )


def read_seasons(text: str) -> tuple[tuple[int, int], ...]:
    """Return the seasons of a text such as ``1-5|10-12``, first and last month of each.

    Raises
    ------
    ValueError
        If a part is no season.
    """
    seasons = []
    for part in _split(text, "|"):
        match = _SEASON.fullmatch(part)
        first, last = (int(month) for month in match.groups()) if match else (0, 0)
        if not 1 <= first <= last <= LAST_MONTH:
            raise ValueError(part)
        seasons.append((first, last))
    return tuple(seasons)


def read_prerequisites(text: str, met_if: str) -> tuple[Prerequisite, ...]:
    """Return the prerequisites of a text such as ``a05;a43?`` with the states that meet them.

    `met_if` says per prerequisite what makes it unnecessary: ``a05:water_old_pipe_share<=10``.

    Raises
    ------
    ValueError
        If a state cannot be read, or belongs to no prerequisite.
    """
    states: dict[str, tuple[str, str, Decimal]] = {}
    for part in _split(met_if, ";"):
        match = _MET_IF.fullmatch(part)
        if match is None:
            raise ValueError(part)
        action_id, measure, sign, number = match.groups()
        states[action_id] = measure, sign, Decimal(number)
    found = []
    for part in _split(text, ";"):
        action_id = part.removesuffix("?")
        measure, sign, number = states.pop(action_id, ("", "", Decimal(0)))
        found.append(
            Prerequisite(
                action_id=action_id,
                is_advisable=part.endswith("?"),
                measure=measure,
                at_least=number if sign == ">=" else None,
                at_most=number if sign == "<=" else None,
            )
        )
    if states:
        raise ValueError(";".join(states))
    return tuple(found)


def _split(text: str, sign: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(sign)))
