"""The input tables: which columns each may have and by which names they are known."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from pairmatch.domain.columns import (
    ACTION_COLUMNS,
    CAPACITY_COLUMNS,
    COUNTY_COLUMNS,
    DEPARTMENT_COLUMNS,
    DISTANCE_COLUMNS,
    DONE_COLUMNS,
    DUTY_COLUMNS,
    LOAD_COLUMNS,
    PAIR_COLUMNS,
    PLACE_COLUMNS,
    PREVIOUS_COLUMNS,
    SCORE_COLUMNS,
    UNIT_END,
    UNIT_START,
    VILLAGE_DATE,
    VILLAGE_END,
    Column,
    describe_capability,
    describe_indicator,
)
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.load.taxonomy import read_table

_IGNORED = str.maketrans("【〔[", "(((", "_-*:\"'“”‘’.。,，") | str.maketrans("】〕]", ")))")


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of input table: its columns by field, and the field of every known name.

    `keys` are fields one of which must be on a sheet for it to be taken as this table.
    """

    name: str
    columns: Mapping[str, Column]
    names: Mapping[str, str]
    keys: tuple[str, ...]


@lru_cache(maxsize=4096)
def simplify_header(text: str) -> str:
    """Return a header in one spelling: half-width, lower case, without spaces and marks."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    visible = "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Cc", "Zs"))
    return visible.translate(_IGNORED)


@cache
def _read_aliases() -> Mapping[tuple[str, str], tuple[str, ...]]:
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in read_table("columns.csv"):
        found[row["table"], row["field"]].append(row["alias"])
    return {key: tuple(names) for key, names in found.items()}


def describe_villages(taxonomy: Taxonomy) -> Table:
    """Return the village table: who and where, all indicators, grades, wishes, bounds."""
    indicators = tuple(describe_indicator(i, taxonomy.specialties) for i in taxonomy.indicators)
    english = {i.indicator_id: i.name_en for i in taxonomy.indicators}
    columns = (*PLACE_COLUMNS, *indicators, *VILLAGE_END, VILLAGE_DATE)
    return _build_table("villages", columns, ("village_id", "name"), english)


def describe_units(taxonomy: Taxonomy) -> Table:
    """Return the unit table: who, capabilities, budget, conditions, wishes, bounds."""
    capabilities = tuple(describe_capability(c) for c in taxonomy.capabilities)
    english = {c.capability_id: c.name_en for c in taxonomy.capabilities}
    columns = (*UNIT_START, *capabilities, *UNIT_END)
    return _build_table("units", columns, ("unit_id", "name"), english)


def describe_previous() -> Table:
    """Return the table of the cycle before; its yearly evaluations are found by their headers."""
    return _build_table("previous", PREVIOUS_COLUMNS, ("unit_id", "village_id"), {})


def describe_scores() -> Table:
    """Return the table of external scores."""
    return _build_table("scores", SCORE_COLUMNS, ("unit_id", "village_id"), {})


def describe_loads() -> Table:
    """Return the table of what each pair uses up of a resource."""
    return _build_table("loads", LOAD_COLUMNS, ("unit_id", "village_id"), {})


def describe_capacities() -> Table:
    """Return the table of how much of a resource a unit or village has."""
    return _build_table("capacities", CAPACITY_COLUMNS, ("side", "capacity"), {})


def describe_pairs() -> Table:
    """Return the table of the pairs that a quota counts."""
    return _build_table("pairs", PAIR_COLUMNS, ("unit_id", "village_id"), {})


def describe_counties() -> Table:
    """Return the table of counties with the coordinates of their seats."""
    return _build_table("counties", COUNTY_COLUMNS, ("name_zh", "county_code"), {})


def describe_distances() -> Table:
    """Return the table of distances between county seats."""
    return _build_table("distances", DISTANCE_COLUMNS, ("from_code", "to_code"), {})


def describe_duties() -> Table:
    """Return the table of events that a scenario adds to the calendar, or whose dates it moves."""
    return _build_table("duties", DUTY_COLUMNS, ("event_id", "due_rule"), {})


def describe_done() -> Table:
    """Return the table of duties that are done, with the day of each."""
    return _build_table("done", DONE_COLUMNS, ("event_id", "done_on"), {})


def describe_departments() -> Table:
    """Return the table of departments that a scenario has in place of the package's."""
    return _build_table("departments", DEPARTMENT_COLUMNS, ("department_id", "needs"), {})


def describe_actions() -> Table:
    """Return the table of actions that a scenario adds to the catalogue, or changes."""
    return _build_table("actions", ACTION_COLUMNS, ("action_id",), {})


def _build_table(
    name: str, columns: tuple[Column, ...], keys: tuple[str, ...], english: Mapping[str, str]
) -> Table:
    names: dict[str, str] = {}
    aliases = _read_aliases()
    for column in columns:
        given = (column.field, column.header, column.header_zh, english.get(column.field, ""))
        for known in (*given, *aliases.get((name, column.field), ())):
            if known:
                names.setdefault(simplify_header(known), column.field)
    return Table(name, {column.field: column for column in columns}, names, keys)
