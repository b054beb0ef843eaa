"""Build the pure matching problem from the inputs and their scores."""

from collections.abc import Sequence

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.problem import FixedPair, Problem, Quota
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.scenario import Condition, PairSetting, QuotaSetting
from pairmatch.domain.scores import ScoreTable
from pairmatch.domain.taxonomy import drop_section, list_industries


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
    units, villages = inputs.units, inputs.villages
    scenario = inputs.scenario
    unit_at = {unit.unit_id: k for k, unit in enumerate(units)}
    village_at = {village.village_id: k for k, village in enumerate(villages)}

    def fix_pairs(settings: Sequence[PairSetting]) -> tuple[FixedPair, ...]:
        pairs = {(unit_at[s.unit], village_at[s.village]): s for s in settings}
        return tuple(FixedPair(u, v, pairs[u, v].reason, pairs[u, v].by) for u, v in sorted(pairs))

    return Problem(
        unit_ids=tuple(unit_at),
        village_ids=tuple(village_at),
        unit_idx=table.candidates.unit_idx,
        village_idx=table.candidates.village_idx,
        points=table.total,
        unit_min=np.array([u.capacity_min for u in units], dtype=np.int64),
        unit_max=np.array([u.capacity_max for u in units], dtype=np.int64),
        village_min=np.array([v.demand_min for v in villages], dtype=np.int64),
        village_max=np.array([v.demand_max for v in villages], dtype=np.int64),
        quotas=tuple(build_quota(setting, units, villages) for setting in scenario.quota),
        locks=fix_pairs(scenario.lock),
        bans=fix_pairs(scenario.ban),
        levels=tuple(level.goal for level in scenario.objective.levels),
        steps_per_point=scenario.scoring.steps_per_point,
        unit_labels=tuple(_label(unit.name, unit.unit_id) for unit in units),
        village_labels=tuple(_label(v.township + v.name, v.village_id) for v in villages),
    )


def build_quota(setting: QuotaSetting, units: Sequence[Unit], villages: Sequence[Village]) -> Quota:
    """Return a quota with its conditions resolved to masks over units and villages.

    Parameters
    ----------
    setting
        The quota as it is set; the keys of its `where` are known ones.
    units, villages
        The records that the masks are over.
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
    return Quota(setting.name, unit_mask, village_mask, setting.min or 0, setting.max)


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
