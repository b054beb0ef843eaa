"""Rule packs: a county's rules as rows of a table, without Python; every part with its place."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pairmatch.domain.findings import Place
from pairmatch.domain.plugins import PluginInfo

MAX_RULES, MAX_ROWS = 200, 2_000
"""What a pack may hold: more is a mistake, and would be slow to read and to explain."""

LOCAL_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What a rule of a pack may be called."""

Operator = Literal[
    "equal", "unequal", "less", "at_most", "more", "at_least", "between", "among", "known",
    "unknown",
]  # fmt: skip
"""How a field is compared.

``between`` takes a lower and an upper end, either of them empty for open: the lower one belongs to
it, the upper one does not. ``equal`` and ``among`` (any of the values) on a field that holds
several values, such as a unit's industries, ask whether one of them is among the values.
"""


@dataclass(frozen=True, slots=True)
class PackCondition:
    """One comparison: the field's name as written, the operator, the values as written.

    `place` is where the field stands and `values_place` where the values do; readers that know one
    place for both leave the second empty.
    """

    field: str
    operator: Operator
    values: tuple[str, ...]
    place: Place = Place()
    values_place: Place = dataclasses.field(default=Place(), compare=False)

    @property
    def place_of_values(self) -> Place:
        """Where the values stand."""
        return self.place if self.values_place == Place() else self.values_place


@dataclass(frozen=True, slots=True)
class PackRow:
    """What a rule gives to the pairs that meet the conditions.

    `alternatives` are any-of, the conditions in each all-of; none at all holds for every pair.
    A row of a scoring rule has either `points` or a `formula` (empty if there is none); a row of a
    condition rule has neither and refuses the pair.
    """

    alternatives: tuple[tuple[PackCondition, ...], ...]
    points: Decimal | None = None
    formula: str = ""
    reason_zh: str = ""
    reason_en: str = ""
    place: Place = Place()
    formula_place: Place = Place()


@dataclass(frozen=True, slots=True)
class PackRule:
    """A rule: the first of its rows that holds for a pair counts, and no row is no points.

    `local_id` is the id without the plugin's name. `spread` is in points; None leaves it to the
    difference between the most and the least that the rows give.
    """

    local_id: str
    label_zh: str
    label_en: str
    refuses: bool
    spread: Decimal | None
    rows: tuple[PackRow, ...]
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class PackExample:
    """A case of the county's own: a unit and a village by their fields, and what each rule gives.

    `fields` maps field names to values as written; the rest is unknown. `expected` maps local
    rule ids to points before the village's mean is subtracted, or to None where the pair is
    refused.
    """

    name: str
    fields: Mapping[str, str]
    expected: Mapping[str, Decimal | None]
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class RulePack:
    """All of a pack; `file` is what findings call its table."""

    info: PluginInfo
    rules: tuple[PackRule, ...]
    examples: tuple[PackExample, ...]
    file: str
