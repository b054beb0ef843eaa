"""Everything a scenario folder holds, read and normalised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
class Inputs:
    """A scenario's settings and data; units and villages are sorted by id.

    `distances` maps (county, county) to km between seats, with the empty name for the city;
    `digests` maps each file read (path relative to the scenario) to its SHA-256. `extra_units` and
    `extra_villages` are rows without an id of their own: an error each, and kept for the checks
    only, so that whatever else is wrong with them is told in the same round.
    """

    scenario: "Scenario"
    taxonomy: Taxonomy
    units: tuple[Unit, ...]
    villages: tuple[Village, ...]
    scores: ExternalScores | None = None
    previous: tuple[PreviousPair, ...] = ()
    counties: tuple[County, ...] = ()
    distances: Mapping[tuple[str, str], float] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    extra_units: tuple[Unit, ...] = ()
    extra_villages: tuple[Village, ...] = ()
