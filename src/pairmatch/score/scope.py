"""A county's rules see that county's villages only, and move no score by more than their spread."""

from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from pairmatch.domain.candidates import Background, BoolArray, Candidates, UnitSide, VillageSide
from pairmatch.domain.inputs import ExternalScores, IndexArray, IntArray
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.score.sides import freeze

_HALF_BITS = 26
_LOW_HALF = (1 << _HALF_BITS) - 1


@dataclass(frozen=True, slots=True)
class CountyView:
    """The candidates of one county as its plugins see them, and which of all candidates they are.

    `rows` are indices into all candidates, in the same order. `by_village` lists the candidates
    village by village; of each village that has any, `starts` says where in it they begin and
    `counts` how many there are. `rank` is the number of each candidate's village among those.
    """

    candidates: Candidates
    rows: IndexArray
    by_village: IndexArray
    starts: IndexArray
    counts: IndexArray
    rank: IndexArray


class CountyViews:
    """What the rules of each county see of the candidates, each county restricted once."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = _lock_records(candidates)
        self._villages: dict[str, list[int]] = {}
        for row, village in enumerate(candidates.villages.records):
            self._villages.setdefault(village.county, []).append(row)
        self._views: dict[str, CountyView] = {}

    def of(self, county: str) -> CountyView:
        """Return the candidates in a county's villages, with nothing of other counties beside them.

        Units without a candidate there are left out, and so are all pairs and scores of other
        villages; the mappings of records cannot be changed.
        """
        if county not in self._views:
            villages = np.array(self._villages.get(county, ()), dtype=np.int32)
            self._views[county] = _restrict(self._candidates, villages)
        return self._views[county]


def _restrict(candidates: Candidates, villages: IndexArray) -> CountyView:
    own = np.zeros(len(candidates.villages.records), dtype=np.bool_)
    own[villages] = True
    rows = np.flatnonzero(own[candidates.village_idx]).astype(np.int32)
    unit_idx = candidates.unit_idx[rows]
    present = np.bincount(unit_idx, minlength=len(candidates.units.records)) > 0
    units = np.flatnonzero(present).astype(np.int32)
    village_idx = _renumber(candidates.village_idx[rows], own)
    by_village = np.argsort(village_idx, kind="stable").astype(np.int32)
    counts = np.bincount(village_idx, minlength=len(villages))
    has_any = counts > 0
    rank, counts = _renumber(village_idx, has_any), counts[has_any]
    return CountyView(
        Candidates(
            _restrict_units(candidates.units, units),
            _restrict_villages(candidates.villages, villages),
            _renumber(unit_idx, present),
            village_idx,
            candidates.steps_per_point,
            _restrict_background(candidates, units, villages),
        ),
        rows,
        by_village,
        (np.cumsum(counts) - counts).astype(np.int32),
        counts.astype(np.int32),
        rank,
    )


def _lock_records(candidates: Candidates) -> Candidates:
    """Return the candidates with records whose mappings cannot be changed."""
    background = replace(
        candidates.background,
        taxonomy=_lock_taxonomy(candidates.background.taxonomy),
        distances=MappingProxyType(candidates.background.distances),
    )
    return replace(
        candidates,
        units=replace(candidates.units, records=tuple(map(_lock_unit, candidates.units.records))),
        villages=replace(
            candidates.villages, records=tuple(map(_lock_village, candidates.villages.records))
        ),
        background=background,
    )


def find_means(points: IntArray, view: CountyView) -> IntArray:
    """Return the mean of each candidate's village, rounded down: what is subtracted from it.

    Points are (rules, candidates), the means too. A constant added to every pair of a village is
    subtracted again, exactly.
    """
    ordered = points[:, view.by_village]
    # In two halves, so that no sum leaves 64 bits: raw points of a county may be very large.
    high = np.add.reduceat(ordered >> _HALF_BITS, view.starts, axis=1)
    low = np.add.reduceat(ordered & _LOW_HALF, view.starts, axis=1)
    whole, rest = np.divmod(high, view.counts)
    means = (whole << _HALF_BITS) + ((rest << _HALF_BITS) + low) // view.counts
    found: IntArray = means[:, view.rank]
    return found


def bound_points(points: IntArray, means: IntArray, spreads: IntArray) -> IntArray:
    """Return points, less the mean of their village, cut to half the spread either way.

    Points and means are (rules, candidates), spreads one for each rule.
    """
    half = (spreads // 2)[:, None]
    bounded: IntArray = (points - means).clip(-half, half)
    return bounded


def _restrict_units(side: UnitSide, rows: IndexArray) -> UnitSide:
    records = tuple(side.records[row] for row in rows.tolist())
    return UnitSide(records, freeze(side.supply[rows]))


def _restrict_villages(side: VillageSide, rows: IndexArray) -> VillageSide:
    return VillageSide(
        tuple(side.records[row] for row in rows.tolist()),
        freeze(side.deficit[rows]),
        freeze(side.deficit_low[rows]),
        freeze(side.deficit_high[rows]),
        freeze(side.need_weight[rows]),
    )


def _restrict_background(
    candidates: Candidates, units: IndexArray, villages: IndexArray
) -> Background:
    whole = candidates.background
    unit_ids = {candidates.units.records[row].unit_id for row in units.tolist()}
    village_ids = {candidates.villages.records[row].village_id for row in villages.tolist()}
    return replace(
        whole,
        previous=tuple(
            pair
            for pair in whole.previous
            if pair.unit_id in unit_ids and pair.village_id in village_ids
        ),
        scores=_restrict_scores(whole.scores, units, villages),
    )


def _restrict_scores(
    scores: ExternalScores | None, units: IndexArray, villages: IndexArray
) -> ExternalScores | None:
    if scores is None:
        return None
    kept = np.isin(scores.unit_idx, units) & np.isin(scores.village_idx, villages)
    return ExternalScores(
        freeze(np.searchsorted(units, scores.unit_idx[kept]).astype(np.int32)),
        freeze(np.searchsorted(villages, scores.village_idx[kept]).astype(np.int32)),
        freeze(scores.points[kept]),
        scores.file,
    )


def _renumber(idx: IndexArray, kept: BoolArray) -> IndexArray:
    return freeze((np.cumsum(kept) - 1)[idx].astype(np.int32))


def _lock_taxonomy(taxonomy: Taxonomy) -> Taxonomy:
    if _are_locked(taxonomy.industries, taxonomy.strengths):
        return taxonomy
    return replace(
        taxonomy,
        industries=MappingProxyType(taxonomy.industries),
        strengths=MappingProxyType(taxonomy.strengths),
    )


def _lock_unit(unit: Unit) -> Unit:
    if _are_locked(unit.capabilities, unit.places):  # as all are that were read from files
        return unit
    return replace(
        unit,
        capabilities=MappingProxyType(unit.capabilities),
        places=MappingProxyType(unit.places),
    )


def _lock_village(village: Village) -> Village:
    if _are_locked(village.indicators, village.places):
        return village
    return replace(
        village,
        indicators=MappingProxyType(village.indicators),
        places=MappingProxyType(village.places),
    )


def _are_locked(*mappings: object) -> bool:
    return all(isinstance(mapping, MappingProxyType) for mapping in mappings)
