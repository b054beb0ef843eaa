"""What can be done in a village, and the departments that may do what the unit cannot."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """Another action that should come first, unless the village has what it would bring.

    An `is_advisable` one is only told. `measure` is the indicator whose state makes it
    unnecessary, with the bound that it must keep; an unknown state makes nothing unnecessary.
    """

    action_id: str
    is_advisable: bool = False
    measure: str = ""
    at_least: Decimal | None = None
    at_most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ActionType:
    """An entry of the action catalogue.

    Costs are 万元 for one `unit` of it. Work may run in `work_months`, first and last month of
    each season. One unit of it moves the indicator `outcome_indicator` by `outcome_per_unit`; if
    that depends on the size of the village, it holds for `reference_amount` of the indicator
    `reference_indicator` and is smaller in larger villages. `upkeep_share` of the cost is needed
    every year from then on. `capabilities` are those with which a unit can carry it. `plugin` and
    `county` say who added it, and for whose villages; empty for the catalogue of all. `version` and
    `author` are those of an entry that a scenario or plugin has written.
    """

    action_id: str
    need_id: str
    name_zh: str
    name_en: str
    unit: str
    cost_low: Decimal
    cost_typ: Decimal
    cost_high: Decimal
    duration_months: int
    work_months: tuple[tuple[int, int], ...]
    outcome_indicator: str
    outcome_per_unit: Decimal
    typical_qty: Decimal
    max_qty: Decimal
    prerequisites: tuple[Prerequisite, ...] = ()
    reference_indicator: str = ""
    reference_amount: Decimal | None = None
    upkeep_share: Decimal = Decimal(0)
    capabilities: tuple[str, ...] = ()
    evidence_ids: tuple[str, ...] = ()
    basis: str = ""
    plugin: str = ""
    county: str = ""
    version: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Department:
    """A city department and the needs it can serve.

    `capacity` is what its programmes can put into the paired villages in a year, in 万元; None is
    unknown: its help is then asked for and not planned on.
    """

    department_id: str
    name_zh: str
    name_en: str
    needs: tuple[str, ...]
    short_zh: str = ""
    capacity: Decimal | None = None
