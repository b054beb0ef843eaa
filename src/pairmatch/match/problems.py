"""Build the pure matching problem from the inputs and their scores."""

from collections.abc import Sequence

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, Inputs, IntArray, PairSet
from pairmatch.domain.objectives import COUNTED_GOALS
from pairmatch.domain.points import round_up_steps
from pairmatch.domain.problem import MAX_CHANGES, FixedPair, Problem, Quota, Tolerance
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.scenario import Condition, LevelSetting, PairSetting, QuotaSetting
from pairmatch.domain.scores import ScoreTable
from pairmatch.domain.tables import list_all_texts, list_ids
from pairmatch.domain.taxonomy import drop_section, list_industries
from pairmatch.match.resources import add_resources


def build_problem(inputs: Inputs, table: ScoreTable) -> Problem:
    """Return the problem of a scenario.

    Parameters
    ----------
    inputs
        Settings, units and villages (sorted by id, all ids in locks and bans known).
    table
        Scores of the eligible pairs. A locked or banned pair that is not eligible stays in the
        lists; a lock on it makes the problem infeasible.
    """
    units, villages, scenario = inputs.units, inputs.villages, inputs.scenario
    unit_idx, village_idx = table.candidates.unit_idx, table.candidates.village_idx
    keys = _number_pairs(unit_idx, village_idx, len(villages))
    steps = scenario.scoring.steps_per_point
    previous = _number_previous(inputs)
    mask = np.isin(keys, previous) if len(previous) else None
    county_names = list_all_texts(villages, "county")
    counties = tuple(sorted(set(county_names)))
    problem = Problem(
        unit_ids=list_ids(units),
        village_ids=list_ids(villages),
        unit_idx=unit_idx,
        village_idx=village_idx,
        points=table.total,
        unit_min=np.array(list_all_texts(units, "capacity_min"), dtype=np.int64),
        unit_max=np.array(list_all_texts(units, "capacity_max"), dtype=np.int64),
        village_min=np.array(list_all_texts(villages, "demand_min"), dtype=np.int64),
        village_max=np.array(list_all_texts(villages, "demand_max"), dtype=np.int64),
        quotas=(*_build_quotas(inputs, keys), *_limit_changes(inputs, mask, len(previous))),
        locks=_fix_pairs(scenario.lock, inputs),
        bans=_fix_pairs(scenario.ban, inputs),
        levels=tuple(level.goal for level in scenario.objective.levels),
        steps_per_point=steps,
        unit_labels=tuple(map(_label, list_all_texts(units, "name"), list_ids(units))),
        village_labels=tuple(
            _label(county + township + name, village_id)
            for county, township, name, village_id in zip(
                county_names,
                list_all_texts(villages, "township"),
                list_all_texts(villages, "name"),
                list_ids(villages),
                strict=True,
            )
        ),
        tolerances=tuple(_measure_tolerance(v, steps) for v in scenario.objective.levels),
        previous=mask,
        counties=counties,
        county_idx=_number_counties(counties, county_names),
    )
    return add_resources(problem, inputs)


def _number_counties(counties: Sequence[str], names: Sequence[str]) -> IndexArray:
    numbers = {county: k for k, county in enumerate(counties)}
    return np.array([numbers[name] for name in names], dtype=np.int32)


def build_quota(
    setting: QuotaSetting,
    units: Sequence[Unit],
    villages: Sequence[Village],
    pairs: BoolArray | None = None,
    steps_per_point: int = 1,
) -> Quota:
    """Return a quota with its conditions resolved to masks over units and villages.

    Parameters
    ----------
    setting
        The quota as it is set; the keys of its `where` are known ones.
    units, villages
        The records that the masks are over.
    pairs
        The candidates that the quota lists; None if it lists none.
    steps_per_point
        What its waiver is counted in.
    """
    unit_mask = np.ones(len(units), dtype=np.bool_)
    village_mask = np.ones(len(villages), dtype=np.bool_)
    for key, wanted in setting.where.items():
        values = _list_values(wanted)
        side, _, name = key.partition(".")
        if name == "industry":
            values = frozenset(map(drop_section, values))
        if side == "unit":
            unit_mask &= _mask([bool(values & _unit_values(u, name)) for u in units])
        else:
            village_mask &= _mask([bool(values & _village_values(v, name)) for v in villages])
    waiver = round_up_steps(setting.waiver, steps_per_point)
    minimum = setting.min or 0
    return Quota(setting.name, unit_mask, village_mask, minimum, setting.max, pairs, waiver)


def _number_pairs(unit_idx: IndexArray, village_idx: IndexArray, num_villages: int) -> IntArray:
    """Return one number per pair; those of candidates rise, as these are sorted."""
    numbers: IntArray = unit_idx.astype(np.int64) * num_villages + village_idx
    return numbers


def _index_ids(inputs: Inputs) -> tuple[dict[str, int], dict[str, int]]:
    units = {unit_id: k for k, unit_id in enumerate(list_ids(inputs.units))}
    return units, {village_id: k for k, village_id in enumerate(list_ids(inputs.villages))}


def _fix_pairs(settings: Sequence[PairSetting], inputs: Inputs) -> tuple[FixedPair, ...]:
    units, villages = _index_ids(inputs)
    steps = inputs.scenario.scoring.steps_per_point
    pairs = {(units[s.unit], villages[s.village]): s for s in settings}
    return tuple(
        FixedPair(u, v, s.reason, s.by, round_up_steps(s.waiver, steps))
        for (u, v), s in sorted(pairs.items(), key=lambda item: item[0])
    )


def _build_quotas(inputs: Inputs, keys: IntArray) -> tuple[Quota, ...]:
    steps = inputs.scenario.scoring.steps_per_point

    def mark(pairs: PairSet) -> BoolArray:
        wanted = _number_pairs(pairs.unit_idx, pairs.village_idx, len(inputs.villages))
        return np.isin(keys, wanted)

    return tuple(
        build_quota(
            setting,
            inputs.units,
            inputs.villages,
            None if setting.pairs is None else mark(inputs.quota_pairs[k]),
            steps,
        )
        for k, setting in enumerate(inputs.scenario.quota)
    )


def _number_previous(inputs: Inputs) -> IntArray:
    """Return the numbers of the pairs before whose unit and village both still take part."""
    units, villages = _index_ids(inputs)
    pairs = ((units.get(p.unit_id), villages.get(p.village_id)) for p in inputs.previous)
    numbers = {u * len(villages) + v for u, v in pairs if u is not None and v is not None}
    return np.array(sorted(numbers), dtype=np.int64)


def _limit_changes(inputs: Inputs, mask: BoolArray | None, num_before: int) -> tuple[Quota, ...]:
    """Return the quota that keeps all but so many of the pairs before, if it bounds anything.

    Pairs before that are no candidates any more count too: their ends are changes as well.
    """
    limits = inputs.scenario.limits
    minimum = 0 if limits.max_changes is None else num_before - limits.max_changes
    if minimum <= 0:
        return ()
    units, villages = (np.ones(len(s), dtype=np.bool_) for s in (inputs.units, inputs.villages))
    waiver = round_up_steps(limits.max_changes_waiver, inputs.scenario.scoring.steps_per_point)
    return (Quota(MAX_CHANGES, units, villages, minimum, None, mask, waiver),)


def _measure_tolerance(level: LevelSetting, steps_per_point: int) -> Tolerance:
    """Return what may be given up of a level: of pairs a number, of points whole steps."""
    unit = 1 if level.goal in COUNTED_GOALS else steps_per_point
    return Tolerance(level.share, int(level.amount * unit))


def _label(name: str, record_id: str) -> str:
    return f"{name}（{record_id}）" if name else record_id


def _mask(flags: list[bool]) -> BoolArray:
    return np.array(flags, dtype=np.bool_)


def _list_values(wanted: Condition) -> frozenset[str]:
    values = wanted if isinstance(wanted, tuple) else (wanted,)
    return frozenset(str(value) for value in values)


def _unit_values(unit: Unit, name: str) -> frozenset[str]:
    if name == "capability":
        return frozenset(unit.capabilities)
    if name == "industry":
        return frozenset().union(*map(list_industries, unit.industry_codes))
    return frozenset({str(getattr(unit, name))})


def _village_values(village: Village, name: str) -> frozenset[str]:
    if name == "type":
        return village.types
    return frozenset({str(getattr(village, name))})
