"""The fields a county's rules may name, made from the tables of the programme, and their names.

Nothing here is listed by hand: an indicator, a need or a capability that is added to the taxonomy
is a field at once. What a field is worth for units, villages and pairs: `domain.fieldvalues`.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pairmatch.domain.columns import (
    GRADES,
    NO,
    PLACE_COLUMNS,
    UNIT_END,
    UNIT_START,
    VILLAGE_END,
    YES,
    Column,
    describe_capability,
    describe_indicator,
)
from pairmatch.domain.taxonomy import Taxonomy

Side = Literal["unit", "village", "pair"]
Kind = Literal["number", "text", "set", "yes_no"]

COUNTY_FIELD = "village.county"
"""A rule sees its own county's villages only, so comparing this is always a mistake."""
INDUSTRY_FIELD = "unit.industry_codes"
TYPES_FIELD = "village.bas_type"
WISHES_FIELD = "village.wishes"

SIDES_ZH: Mapping[str, str] = {"unit": "单位", "village": "村"}
FARTHEST_KM = 20_000.0
TOP_LEVEL = 3.0
PERCENT = 100.0

_UNREAD = frozenset({"data_status", "wish_1", "wish_2", "wish_3"})
"""Columns that say nothing a rule could use, or that the records hold together as one."""
_KINDS: Mapping[str, Kind] = {
    "int": "number",
    "float": "number",
    "bool": "yes_no",
    "types": "set",
    "names": "set",
}
_YES_NO = ((YES, "1"), (NO, "0"))
_TYPE_CHOICES = tuple((number, number) for number in "123")
_ALIASES: Mapping[str, tuple[str, ...]] = {
    TYPES_FIELD: ("受助村类型",),
    "pair.distance": ("两地距离",),
    "pair.previous_grade": ("上一轮最近评定",),
}
_NUM_CLOSEST = 3


@dataclass(frozen=True, slots=True)
class Field:
    """Something a rule may look at.

    `choices` are (word on the sheet, stored value); for a number they are words for some of its
    values. `unit` is the unit of measure. `full_need_at` and `no_need_at` are those of the
    indicator, where it measures a need.
    """

    field_id: str
    side: Side
    kind: Kind
    name_zh: str
    name_en: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    full_need_at: float | None = None
    no_need_at: float | None = None

    @property
    def header(self) -> str:
        """The name as forms print it, with the unit in brackets."""
        return f"{self.name_zh}({self.unit})" if self.unit else self.name_zh


class FieldCatalogue(Mapping[str, Field]):
    """All fields by id.

    `spellings` maps every way of writing a name to the ids it may mean; `lengths` are those of the
    spellings that begin with a letter, longest first, for finding names inside a text.
    """

    def __init__(self, fields: Iterable[Field]) -> None:
        self._fields = {field.field_id: field for field in fields}
        self.spellings: dict[str, tuple[str, ...]] = {}
        for field in self._fields.values():
            for name in _spell(field):
                ids = self.spellings.get(name, ())
                self.spellings[name] = (*ids, field.field_id)
        lengths: dict[str, set[int]] = {}
        for name in self.spellings:
            lengths.setdefault(name[:1], set()).add(len(name))
        self.lengths = {
            first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()
        }
        self._by_key: dict[str, tuple[str, ...]] = {}
        for name, ids in self.spellings.items():
            key = _normalise(name)
            self._by_key[key] = tuple(dict.fromkeys((*self._by_key.get(key, ()), *ids)))

    def __getitem__(self, field_id: str) -> Field:
        return self._fields[field_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def match(self, name: str) -> tuple[Field, ...]:
        """Return the fields a name may mean: none, one, or several that need a prefix."""
        return tuple(self._fields[field_id] for field_id in self._by_key.get(_normalise(name), ()))


_catalogues: dict[int, tuple[Taxonomy, FieldCatalogue]] = {}
_MOST_CATALOGUES = 8


def list_fields(taxonomy: Taxonomy) -> FieldCatalogue:
    """Return all fields of a programme, made once for each taxonomy."""
    # The taxonomy is kept with its fields, so that its identity cannot pass to another one.
    found = _catalogues.get(id(taxonomy))
    if found is None:
        if len(_catalogues) >= _MOST_CATALOGUES:
            _catalogues.clear()
        found = taxonomy, FieldCatalogue(_make_fields(taxonomy))
        _catalogues[id(taxonomy)] = found
    return found[1]


def find_field(name: str, fields: FieldCatalogue) -> Field | None:
    """Return the field with this id or name; None if there is none or it needs a prefix.

    Names are taken with or without their unit in brackets, with or without ``村.`` or ``单位.``
    before them, in full or half width, and with or without spaces.
    """
    found = fields.match(name)
    return found[0] if len(found) == 1 else None


def closest_fields(name: str, fields: FieldCatalogue) -> tuple[str, ...]:
    """Return the Chinese names (or ids, for a name in Latin letters) most like this one."""
    key = _normalise(name)
    if not key:
        return ()
    known = {
        _normalise(text): text
        for field in fields.values()
        for text in ((field.field_id,) if key.isascii() else (field.name_zh,))
    }
    inside = sorted((k for k in known if key in k or k in key), key=lambda k: (len(k), k))
    # Comparing with very long names is slow, and they are like none.
    like = difflib.get_close_matches(key[:60], sorted(known), n=_NUM_CLOSEST, cutoff=0.4)
    keys = tuple(dict.fromkeys((*inside, *like)))[:_NUM_CLOSEST]
    return tuple(known[k] for k in keys)


def name_with_side(field: Field) -> str:
    """Return the Chinese name with the prefix that tells its side: 村.总户数."""
    side = SIDES_ZH.get(field.side)
    return f"{side}.{field.name_zh}" if side else field.name_zh


def _normalise(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name)
    return "".join(plain.split()).lower()


def _spell(field: Field) -> tuple[str, ...]:
    names = [field.name_zh, field.header, *_ALIASES.get(field.field_id, ())]
    names.append(re.sub(r"\([^()]*\)$", "", field.name_zh))
    if field.name_zh.endswith("①②③"):
        names.append(field.name_zh.removesuffix("①②③"))
    side = SIDES_ZH.get(field.side)
    prefixed = [f"{side}.{name}" for name in names] if side else []
    return tuple(dict.fromkeys((field.field_id, *names, *prefixed)))


def _make_fields(taxonomy: Taxonomy) -> Iterator[Field]:
    for column in (*PLACE_COLUMNS, *VILLAGE_END):
        if column.field not in _UNREAD:
            yield _take_column(column, "village")
    wishes = tuple((need.name_zh, need.need_id) for need in taxonomy.needs)
    yield Field(WISHES_FIELD, "village", "set", "最想办的事", "most wanted things", choices=wishes)
    for indicator in taxonomy.indicators:
        column = describe_indicator(indicator, taxonomy.specialties)
        yield _take_column(
            column,
            "village",
            name_en=indicator.name_en,
            full_need_at=indicator.full_need_at,
            no_need_at=indicator.no_need_at,
        )
    for column in (*UNIT_START, *UNIT_END):
        if column.field not in _UNREAD:
            yield _take_column(column, "unit")
    for capability in taxonomy.capabilities:
        column = describe_capability(capability)
        yield Field(
            f"capability.{capability.capability_id}",
            "unit",
            "number",
            column.header_zh,
            capability.name_en,
            minimum=0.0,
            maximum=TOP_LEVEL,
        )
    yield from _make_need_fields(taxonomy)
    yield from _make_pair_fields()


def _take_column(
    column: Column,
    side: Side,
    name_en: str = "",
    full_need_at: float | None = None,
    no_need_at: float | None = None,
) -> Field:
    kind = _KINDS.get(column.value_type, "text")
    choices = {"yes_no": _YES_NO}.get(kind, column.choices)
    if column.value_type == "types":
        choices = _TYPE_CHOICES
    return Field(
        field_id=f"{side}.{column.field}",
        side=side,
        kind=kind,
        name_zh=column.header_zh,
        name_en=name_en or column.field.replace("_", " "),
        unit=column.unit,
        minimum=0.0 if kind == "yes_no" else column.minimum,
        maximum=1.0 if kind == "yes_no" else column.maximum,
        choices=choices,
        full_need_at=full_need_at,
        no_need_at=no_need_at,
    )


def _make_need_fields(taxonomy: Taxonomy) -> Iterator[Field]:
    kinds: tuple[tuple[str, Side, str, str], ...] = (
        ("deficit", "village", "缺口", "shortfall"),
        ("supply", "unit", "供给", "supply"),
    )
    for prefix, side, word_zh, word_en in kinds:
        for need in taxonomy.needs:
            yield Field(
                f"{prefix}.{need.need_id}",
                side,
                "number",
                f"{word_zh}.{need.name_zh}",
                f"{word_en}: {need.name_en}",
                "%",
                0.0,
                PERCENT,
            )


def _make_pair_fields() -> Iterator[Field]:
    grades = tuple(GRADES.items())
    yield Field("pair.distance", "pair", "number", "距离", "distance", "公里", 0.0, FARTHEST_KM)
    yield Field("pair.same_county", "pair", "yes_no", "同县", "same county", "", 0, 1, _YES_NO)
    yield Field("pair.previous", "pair", "yes_no", "上一轮结对", "paired before", "", 0, 1, _YES_NO)
    # 0, for pairs that were none before, only counts in formulas: no comparison holds for it.
    yield Field(
        "pair.previous_grade", "pair", "number", "上一轮评定", "last evaluation", "", 0, 4, grades
    )
