"""Everything a scenario folder holds, read and normalised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.actions import ActionType, Department
from pairmatch.domain.calendar import Event
from pairmatch.domain.findings import Place
from pairmatch.domain.records import County, PreviousPair, Unit, Village
from pairmatch.domain.taxonomy import Taxonomy

if TYPE_CHECKING:
    # Its library is slow to load, and a plugin's process needs the arrays only.
    from pairmatch.domain.scenario import Scenario

IntArray = NDArray[np.int64]
IndexArray = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class ExternalScores:
    """An external score table, columnar: points in steps of the scenario's resolution.

    `unit_idx` and `village_idx` index the units and villages of the same `Inputs`; the rows are
    sorted by (unit, village). A pair that is missing is not a candidate.
    """

    unit_idx: IndexArray
    village_idx: IndexArray
    points: IntArray
    file: str


@dataclass(frozen=True, slots=True)
class PairSet:
    """Pairs as two index arrays into units and villages, sorted by them, each pair once."""

    unit_idx: IndexArray
    village_idx: IndexArray


@dataclass(frozen=True, slots=True)
class ResourceLoads:
    """How much of one resource each pair uses up; a pair that is missing uses nothing.

    `amounts` are whole numbers of 1/`scale`, the smallest power of ten that keeps all of them
    exact. Rows are sorted by unit and village, as in `ExternalScores`.
    """

    resource: str
    unit_idx: IndexArray
    village_idx: IndexArray
    amounts: IntArray
    scale: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much of a resource a unit or village has.

    `side` is ``"unit"`` or ``"village"`` and `owner_id` the id there; `waiver` is what each whole
    unit of the resource beyond the capacity costs, in points, if it is waived (None: never).
    """

    side: str
    owner_id: str
    resource: str
    amount: Decimal
    waiver: Decimal | None = None
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Inputs:
    """A scenario's settings and data; units and villages are sorted by id.

    Many of them are held in columns, as `pairmatch.domain.tables` has them; few are tuples.

    `loads` are sorted by resource, `capacities` by resource, side and owner. `quota_pairs` holds
    the pairs of each quota of the settings, by its place there, that lists pairs. `events` are
    those of the official calendar, and what the scenario adds to them or has in their place;
    `actions` those of the catalogue, with the scenario's own; `departments` the package's, or the
    scenario's.

    `distances` maps (county, county) to km between seats, with the empty name for the city;
    `digests` maps each file read (path relative to the scenario) to its SHA-256. `extra_units` and
    `extra_villages` are rows without an id of their own: an error each, and kept for the checks
    only, so that whatever else is wrong with them is told in the same round.
    """

    scenario: "Scenario"
    taxonomy: Taxonomy
    units: Sequence[Unit]
    villages: Sequence[Village]
    scores: ExternalScores | None = None
    previous: tuple[PreviousPair, ...] = ()
    loads: tuple[ResourceLoads, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    quota_pairs: Mapping[int, PairSet] = field(default_factory=dict)
    counties: tuple[County, ...] = ()
    distances: Mapping[tuple[str, str], float] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    departments: tuple[Department, ...] = ()
    actions: tuple[ActionType, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    extra_units: Sequence[Unit] = ()
    extra_villages: Sequence[Village] = ()
