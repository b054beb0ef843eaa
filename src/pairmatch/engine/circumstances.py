"""What stands behind a conflict: who refuses which pairs, and what the settings say of changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pairmatch.domain.candidates import BoolArray, EligibilityRule
from pairmatch.domain.inputs import IndexArray, Inputs
from pairmatch.domain.limits import CureMember, Limit, label_unit, label_village
from pairmatch.domain.matching import Conflict, ConflictMember
from pairmatch.domain.problem import MAX_CHANGES, Problem
from pairmatch.domain.scores import Exclusion
from pairmatch.domain.tables import list_all_texts, list_ids

if TYPE_CHECKING:
    from pairmatch.score.city import CityScores
    from pairmatch.score.conditions import Refusal

MAX_PAIRS = 20
"""Of so many pairs, villages or units each it is told what refuses them."""

SCOPE = "condition.scope"
"""Other counties are out of scope for every county's unit: that is not what it fails by."""


@dataclass(frozen=True)
class Case:
    """A scenario that has no matching, with its scores and with what its conditions excluded."""

    inputs: Inputs
    problem: Problem
    city: "CityScores"
    conditions: Sequence[EligibilityRule]
    exclusions: Sequence[Exclusion]

    @cached_property
    def refusals(self) -> tuple["Refusal", ...]:
        """Every condition, with which of all pairs it refuses."""
        from pairmatch.score.counties import list_refusals

        return list_refusals(self.city, self.conditions)

    def find_refusal(self, row: int) -> EligibilityRule:
        """Return the first condition that refuses a pair; some condition does."""
        return next(rule for rule, mask in self.refusals if mask[row])


def explain_conflict(conflict: Conflict, case: Case) -> Conflict:
    """Return a conflict, and its cure, with the facts behind it and in terms of the settings.

    Raises
    ------
    PluginFaultError
        If a condition cannot say why it refuses a pair.
    """
    core = conflict.core
    facts = (
        *_explain_pairs(case, _list_refused_pairs(case, core)),
        *_explain_lack(case, core, "village"),
        *_explain_lack(case, core, "unit"),
        *list_excluded([e for e in case.exclusions if _bears_on(case, e, core)], case.inputs),
    )
    return _tell_written(replace(conflict, facts=facts), case.inputs.scenario.limits.max_changes)


def list_excluded(exclusions: Sequence[Exclusion], inputs: Inputs) -> tuple[ConflictMember, ...]:
    """Return which units have no eligible village, by the condition they fail.

    Parameters
    ----------
    exclusions
        What conditions excluded; the units without any village among them are told.
    inputs
        The scenario, which has their names.
    """
    from pairmatch.match.wordings import join_names

    texts = list_all_texts(inputs.units, "name")
    names = {id_: name or id_ for id_, name in zip(list_ids(inputs.units), texts, strict=True)}
    idle: dict[tuple[str, str], dict[str, str]] = {}
    for exclusion in exclusions:
        if exclusion.all_villages and exclusion.rule_id != SCOPE:
            labels = (exclusion.label_zh, exclusion.label_en)
            own = idle.setdefault(labels, {})  # rules of two plugins may have one label
            own[exclusion.unit_id] = names[exclusion.unit_id]
    return tuple(
        ConflictMember(
            "match.conflict_excluded",
            {
                "count": str(len(units)),
                "label": zh,
                "label_en": en,
                **join_names(list(units.values())),
            },
        )
        for (zh, en), units in sorted(idle.items())
    )


def _list_refused_pairs(case: Case, core: Sequence[Limit]) -> Sequence[tuple[int, int]]:
    """Return pairs that a conflict names or counts and that are no candidates.

    They are the locked ones, where there are any; else those before, where changes are limited.
    """
    problem = case.problem
    locks = [(lock.unit_idx, lock.village_idx) for lock in problem.locks]
    refused = _drop_candidates(problem, locks)
    if not refused and any(_is_changes(problem, limit) for limit in core):
        refused = _drop_candidates(problem, _list_previous(case.inputs))
    return refused[:MAX_PAIRS]


def _drop_candidates(
    problem: Problem, pairs: Sequence[tuple[int, int]]
) -> Sequence[tuple[int, int]]:
    """Return those of the pairs that are no candidates."""
    size = len(problem.village_ids)
    numbers = [u * size + v for u, v in pairs]
    known = np.isin(numbers, problem.unit_idx.astype(np.int64) * size + problem.village_idx)
    return [pair for pair, is_known in zip(pairs, known.tolist(), strict=True) if not is_known]


def _list_previous(inputs: Inputs) -> list[tuple[int, int]]:
    """Return the pairs before whose unit and village both still take part."""
    units = {unit_id: k for k, unit_id in enumerate(list_ids(inputs.units))}
    villages = {village_id: k for k, village_id in enumerate(list_ids(inputs.villages))}
    return sorted(
        {
            (units[pair.unit_id], villages[pair.village_id])
            for pair in inputs.previous
            if pair.unit_id in units and pair.village_id in villages
        }
    )


def _explain_pairs(case: Case, pairs: Sequence[tuple[int, int]]) -> Iterator[ConflictMember]:
    """Tell which condition refuses each pair, and why."""
    from pairmatch.score.gate import check_reason

    everyone = case.city.everyone
    for u, v in pairs:
        names = f"{label_unit(case.problem, u)} = {label_village(case.problem, v)}"
        rows = np.flatnonzero((everyone.unit_idx == u) & (everyone.village_idx == v)).tolist()
        if not rows:
            yield ConflictMember("match.conflict_unscored_pair", {"names": names})
            continue
        rule = case.find_refusal(rows[0])
        unit, village = everyone.units.records[u], everyone.villages.records[v]
        reason = check_reason(rule, rule.explain(unit, village))
        told = {"reason": reason.zh, "reason_en": reason.en or reason.zh}
        # The reasons of the built-in conditions name them.
        code = "match.conflict_failed_pair" if rule.plugin else "match.conflict_refused_pair"
        yield ConflictMember(code, {"names": names, **_name_rule(rule), **told})


def _explain_lack(case: Case, core: Sequence[Limit], side: str) -> Iterator[ConflictMember]:
    """Tell what refused the pairs of villages, or units, that have fewer than they need."""
    problem, everyone = case.problem, case.city.everyone
    is_village = side == "village"
    label, others = (label_village, "units") if is_village else (label_unit, "villages")
    own = problem.village_idx if is_village else problem.unit_idx
    least = problem.village_min if is_village else problem.unit_min
    all_idx = everyone.village_idx if is_village else everyone.unit_idx
    num_others = len(problem.unit_ids if is_village else problem.village_ids)
    wanted = [limit.idx for limit in core if limit.kind == f"{side}_min"]
    short = [k for k in wanted if np.count_nonzero(own == k) < least[k]]
    for k in short[:MAX_PAIRS]:
        names, left = label(problem, k), all_idx == k
        if is_village and num_others > np.count_nonzero(left):
            count = str(num_others - np.count_nonzero(left))
            params = {"names": names, "count": count}
            yield ConflictMember("match.conflict_unscored_units", params)
        for rule, mask in case.refusals:
            count = str(np.count_nonzero(left & mask))
            left = left & ~mask
            if count != "0":
                params = {"names": names, "count": count, **_name_rule(rule)}
                yield ConflictMember(f"match.conflict_refused_{others}", params)


def _name_rule(rule: EligibilityRule) -> dict[str, str]:
    return {"label": rule.label_zh, "label_en": rule.label_en or rule.label_zh}


def _bears_on(case: Case, exclusion: Exclusion, core: Sequence[Limit]) -> bool:
    """Whether a unit without any pair could have had one that a conflict lacks."""
    if not exclusion.all_villages or exclusion.rule_id == SCOPE or not core:
        return False
    problem, everyone = case.problem, case.city.everyone
    k = problem.unit_ids.index(exclusion.unit_id)
    is_own = everyone.unit_idx == k
    for rule, mask in case.city.refusals:
        if rule.rule_id == SCOPE:
            is_own = is_own & ~mask
    villages = everyone.village_idx[is_own]
    lacking, full = np.zeros((2, len(villages)), dtype=np.bool_)
    for limit in core:
        if limit.kind == "quota_max":
            full |= _count_villages(case, limit, k, villages)
        elif limit.kind in {"any_pair", "quota_min", "unit_min", "village_min"}:
            lacking |= _count_villages(case, limit, k, villages)
    return bool((lacking & ~full).any())


def _count_villages(case: Case, limit: Limit, unit: int, villages: IndexArray) -> BoolArray:
    """Return in which of some villages a limit would count a pair of a unit."""
    problem = case.problem
    if limit.kind == "village_min":
        is_own: BoolArray = villages == limit.idx
        return is_own
    if limit.kind in {"any_pair", "unit_min"}:
        return np.full(len(villages), limit.kind == "any_pair" or limit.idx == unit)
    quota = problem.quotas[limit.idx]
    counted: BoolArray = quota.villages[villages] & quota.units[unit]
    if _is_changes(problem, limit):
        before = [v for u, v in _list_previous(case.inputs) if u == unit]
        counted &= np.isin(villages, before)
    listed = case.inputs.quota_pairs.get(limit.idx) if quota.pairs is not None else None
    if listed is not None:
        counted &= np.isin(villages, listed.village_idx[listed.unit_idx == unit])
    return counted


def _is_changes(problem: Problem, limit: Limit) -> bool:
    return limit.kind == "quota_min" and problem.quotas[limit.idx].name == MAX_CHANGES


def _tell_written(conflict: Conflict, max_changes: int | None) -> Conflict:
    """Return the conflict with the number of changes as the settings have it.

    Pairs before that are no candidates any more have changed already, so fewer changes are left
    than the settings allow.
    """
    if max_changes is None:
        return conflict
    members = tuple(_tell_left(member, max_changes) for member in conflict.members)
    cure = conflict.cure
    if cure is not None:
        cure = replace(cure, members=tuple(_rewrite(m, max_changes) for m in cure.members))
    return replace(conflict, members=members, cure=cure)


def _tell_left(member: ConflictMember, max_changes: int) -> ConflictMember:
    """Return how many changes are allowed, with how many of them are used up already."""
    if not member.code.startswith("match.limit_max_changes"):
        return member
    gone = max_changes - int(member.params["changes"])
    if not gone:
        return member
    params = {**member.params, "written": str(max_changes), "gone": str(gone)}
    return ConflictMember(f"{member.code}_written", params)


def _rewrite(member: CureMember, max_changes: int) -> CureMember:
    """Return a member of a cure with what to write in the settings, if it is one of changes."""
    if member.code != "match.cure_max_changes":
        return member
    written = {"written": str(max_changes), "rewritten": str(max_changes + member.amount)}
    code = "match.cure_max_changes_written"
    return replace(member, code=code, params={**member.params, **written})
