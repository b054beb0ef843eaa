"""Villages and units in columns: a hundred thousand rows, of which a record is made when asked for.

A table is a sequence of records like the tuples of a small scenario, and equal to them record by
record. What looks at all rows reads its columns instead: texts once each with a code a row,
numbers as arrays with NaN where nothing is known.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any, Generic, Self, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.findings import Place
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.domain.tablecolumns import (
    BoolArray,
    CellColumn,
    Coded,
    FloatArray,
    IntArray,
    Item,
    RowPlaces,
    Rows,
)

Record = TypeVar("Record", bound=Unit | Village)

MOST_KEPT = 20_000
"""Tables with so many rows keep the records they made; larger ones make them again."""


class LazyMapping(Mapping[str, Item], Generic[Item]):
    """A mapping whose values are made when they are asked for; equal to a dict of them."""

    __slots__ = ("_make", "_names", "_row")

    def __init__(self, names: Sequence[str], make: Callable[[int, str], Item], row: int) -> None:
        self._names = names
        self._make = make
        self._row = row

    def __getitem__(self, name: str) -> Item:
        if name not in self._names:
            raise KeyError(name)
        return self._make(self._row, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[type[dict[str, Item]], tuple[dict[str, Item]]]:
        # A record that is sent elsewhere takes its own values along, not the whole table.
        return dict, (dict(self),)


class _Names(tuple[str, ...]):
    """Names that are looked up often: a tuple with the set beside it."""

    _known: frozenset[str]

    def __new__(cls, names: Sequence[str]) -> Self:
        made = super().__new__(cls, names)
        made._known = frozenset(names)
        return made

    def __contains__(self, name: object) -> bool:
        return name in self._known


@dataclass(frozen=True, eq=False)
class RecordTable(Sequence[Record], Generic[Record]):
    """What tables of villages and of units share: rows, their ids and places."""

    ids: tuple[str, ...]
    places: RowPlaces
    placed: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | Sequence[Record]:
        if isinstance(index, slice):
            return tuple(map(self._find, range(*index.indices(len(self)))))
        return self._find(range(len(self))[index])

    def __iter__(self) -> Iterator[Record]:
        return map(self._find, range(len(self)))

    def __getstate__(self) -> dict[str, Any]:
        # What was made on the way is made again where it is needed.
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} rows)"

    def _find(self, row: int) -> Record:
        if len(self.ids) > MOST_KEPT:
            return self._build(row)
        record = self._kept.get(row)
        if record is None:
            record = self._kept[row] = self._build(row)
        return record

    @cached_property
    def _kept(self) -> dict[int, Record]:
        return {}

    def _build(self, row: int) -> Record:
        raise NotImplementedError

    def take(self, rows: Rows) -> Self:
        """Return the table of some rows, in the order of `rows`."""
        taken: dict[str, Any] = {"ids": tuple(map(self.ids.__getitem__, rows.tolist()))}
        for field in fields(self):
            taken.setdefault(field.name, _take(getattr(self, field.name), rows))
        return type(self)(**taken)

    def join(self, other: Self) -> Self:
        """Return the rows of both tables, which were parts of one, those of the other last."""
        if not len(other):
            return self
        joined = {
            field.name: _join(getattr(self, field.name), getattr(other, field.name))
            for field in fields(self)
        }
        joined |= {"ids": (*self.ids, *other.ids), "placed": self.placed}
        return type(self)(**joined)

    @cached_property
    def _placed_by_sheet(self) -> tuple[_Names, ...]:
        return tuple(
            _Names([name for name in self.placed if name in sheet.headers])
            for sheet in self.places.sheets
        )

    def _map_places(self, row: int) -> Mapping[str, Place]:
        names = self._placed_by_sheet[int(self.places.sheet_idx[row])]
        return LazyMapping(names, self.places.place_of, row)


def _take(column: Any, rows: Rows) -> Any:
    if isinstance(column, Coded | CellColumn | RowPlaces):
        return column.take(rows)
    return column[rows] if isinstance(column, np.ndarray) else column


def _join(first: Any, second: Any) -> Any:
    if isinstance(first, Coded | CellColumn | RowPlaces):
        return first.join(second)
    return np.concatenate([first, second]) if isinstance(first, np.ndarray) else first


@dataclass(frozen=True, eq=False)
class VillageTable(RecordTable[Village]):
    """Villages in columns; see `Village` for what each field means.

    The answers on indicators are those cells of `places` that `indicators` names.
    """

    name: Coded[str]
    township: Coded[str]
    county: Coded[str]
    types: Coded[frozenset[str]]
    contribution_grade: Coded[int | None]
    difficulty_grade: Coded[int | None]
    wishes: Coded[tuple[str, ...]]
    demand_min: IntArray
    demand_max: IntArray
    synthetic: BoolArray
    indicators: tuple[str, ...]

    def find_numbers(self, indicator_id: str) -> FloatArray:
        """Return the value of an indicator for every village, NaN where no number is known."""
        column = self._find_cells(indicator_id)
        return np.full(len(self), np.nan) if column is None else column.find_numbers()

    def find_ends(self, indicator_id: str) -> tuple[FloatArray, FloatArray]:
        """Return the least and most that the answers on an indicator may mean, NaN where open."""
        column = self._find_cells(indicator_id)
        return (np.full(len(self), np.nan),) * 2 if column is None else column.find_ends()

    def find_answered(self, indicator_id: str) -> BoolArray:
        """Return which villages answered on an indicator, be it with a range."""
        column = self._find_cells(indicator_id)
        return np.zeros(len(self), np.bool_) if column is None else column.find_answered()

    def find_asked(self) -> BoolArray:
        """Return which villages stand on a sheet with any indicator."""
        asked = [bool(len(names)) for names in self._indicators_by_sheet]
        return np.array(asked, dtype=np.bool_)[self.places.sheet_idx]

    def _find_cells(self, indicator_id: str) -> CellColumn | None:
        return self.places.cells[indicator_id] if indicator_id in self.indicators else None

    @cached_property
    def _indicators_by_sheet(self) -> tuple[_Names, ...]:
        return tuple(
            _Names([name for name in self.indicators if name in sheet.headers])
            for sheet in self.places.sheets
        )

    def _build(self, row: int) -> Village:
        names = self._indicators_by_sheet[int(self.places.sheet_idx[row])]
        return Village(
            village_id=self.ids[row],
            name=self.name[row],
            township=self.township[row],
            county=self.county[row],
            types=self.types[row],
            contribution_grade=self.contribution_grade[row],
            difficulty_grade=self.difficulty_grade[row],
            indicators=LazyMapping(names, self._build_reading, row),
            wishes=self.wishes[row],
            demand_min=int(self.demand_min[row]),
            demand_max=int(self.demand_max[row]),
            synthetic=bool(self.synthetic[row]),
            place=self.places.place(row),
            places=self._map_places(row),
        )

    def _build_reading(self, row: int, name: str) -> Reading:
        column = self.places.cells[name]
        code = int(column.codes[row])
        low, high = column.lows.get(code), column.highs.get(code)
        return Reading(column.values[code], low, high, self.places.place_of(row, name))


@dataclass(frozen=True, eq=False)
class UnitTable(RecordTable[Unit]):
    """Units in columns; see `Unit` for what each field means.

    `levels` are (units, capabilities), 0 where a capability is not offered; budgets are NaN where
    they are not known.
    """

    name: Coded[str]
    tier: Coded[str]
    kind: Coded[str]
    county: Coded[str]
    scope_counties: Coded[tuple[str, ...]]
    industry_codes: Coded[tuple[str, ...]]
    capabilities: tuple[str, ...]
    levels: NDArray[np.int8]
    budget_low: FloatArray
    budget_high: FloatArray
    team_size: Coded[int | None]
    credit_ok: Coded[bool | None]
    scale_ok: Coded[bool | None]
    willing: Coded[bool | None]
    influence_ok: Coded[bool | None]
    conflicts: Coded[tuple[str, ...]]
    wishes: Coded[tuple[str, ...]]
    refusals: Coded[tuple[str, ...]]
    capacity_min: IntArray
    capacity_max: IntArray
    synthetic: BoolArray

    def _build(self, row: int) -> Unit:
        levels = self.levels[row]
        offered = {self.capabilities[k]: int(levels[k]) for k in np.flatnonzero(levels).tolist()}
        return Unit(
            unit_id=self.ids[row],
            name=self.name[row],
            tier=self.tier[row],
            kind=self.kind[row],
            county=self.county[row],
            scope_counties=self.scope_counties[row],
            industry_codes=self.industry_codes[row],
            capabilities=MappingProxyType(offered),
            budget_low=_drop_nan(self.budget_low[row]),
            budget_high=_drop_nan(self.budget_high[row]),
            team_size=self.team_size[row],
            credit_ok=self.credit_ok[row],
            scale_ok=self.scale_ok[row],
            willing=self.willing[row],
            influence_ok=self.influence_ok[row],
            conflicts=self.conflicts[row],
            wishes=self.wishes[row],
            refusals=self.refusals[row],
            capacity_min=int(self.capacity_min[row]),
            capacity_max=int(self.capacity_max[row]),
            synthetic=bool(self.synthetic[row]),
            place=self.places.place(row),
            places=self._map_places(row),
        )


def _drop_nan(number: np.float64) -> float | None:
    return None if np.isnan(number) else float(number)


def list_ids(records: Sequence[Unit] | Sequence[Village]) -> tuple[str, ...]:
    """Return the ids of units or villages, in their order."""
    if isinstance(records, RecordTable):
        return records.ids
    return tuple(r.unit_id if isinstance(r, Unit) else r.village_id for r in records)


def list_texts(records: Sequence[Unit] | Sequence[Village], name: str) -> set[Any]:
    """Return the different values that units or villages have in a field, such as ``county``."""
    if isinstance(records, RecordTable):
        return set(getattr(records, name).list_items())
    return {getattr(record, name) for record in records}


def list_all_texts(records: Sequence[Unit] | Sequence[Village], name: str) -> Sequence[Any]:
    """Return the value of a field, such as ``county``, of every unit or village."""
    if isinstance(records, RecordTable):
        return list(getattr(records, name))
    return [getattr(record, name) for record in records]


def list_capabilities(units: Sequence[Unit]) -> set[str]:
    """Return the capabilities that some unit offers."""
    if isinstance(units, UnitTable):
        offered = np.flatnonzero(units.levels.max(axis=0, initial=0)).tolist()
        return {units.capabilities[k] for k in offered}
    return {name for unit in units for name in unit.capabilities}


def join_records(first: Sequence[Record], second: Sequence[Record]) -> Sequence[Record]:
    """Return all records of both, those of the second last; a table if they are parts of one."""
    if isinstance(first, RecordTable) and isinstance(second, RecordTable):
        return first.join(second)
    return (*first, *second)
