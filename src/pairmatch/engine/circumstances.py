"""What stands behind a conflict: who refuses which pairs, and what the settings say of changes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pairmatch.domain.candidates import BoolArray, EligibilityRule
from pairmatch.domain.inputs import IndexArray, Inputs
from pairmatch.domain.limits import Cure, CureMember, Limit, label_unit, label_village
from pairmatch.domain.matching import Conflict, ConflictMember, CureNeed
from pairmatch.domain.problem import MAX_CHANGES, Problem
from pairmatch.domain.scores import Exclusion
from pairmatch.domain.tables import list_all_texts, list_ids
from pairmatch.messages import render

if TYPE_CHECKING:
    from pairmatch.score.city import CityScores
    from pairmatch.score.conditions import Refusal

MAX_PAIRS = 20
"""Of so many pairs, villages or units each it is told what refuses them."""

SCOPE = "condition.scope"
"""Other counties are out of scope for every county's unit: that is not what it fails by."""


CURED_CHANGES = "match.cure_max_changes"
"""Message code of more changes than are allowed."""


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
        *_explain_pairs(case, _list_refused_locks(case), "pair"),
        *_explain_pairs(case, _list_lost_pairs(case, core), "lost_pair"),
        *_explain_lack(case, core, "village"),
        *_explain_lack(case, core, "unit"),
        *list_excluded([e for e in case.exclusions if _bears_on(case, e, core)], case.inputs),
    )
    told = _tell_written(replace(conflict, facts=facts), case.inputs.scenario.limits.max_changes)
    return _tell_places(told, case.inputs)


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
    ids = list_ids(inputs.units)
    names = {id_: f"{name}（{id_}）" if name else id_ for id_, name in zip(ids, texts, strict=True)}
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


def _list_refused_locks(case: Case) -> Sequence[tuple[int, int]]:
    """Return the locked pairs that are no candidates."""
    locks = [(lock.unit_idx, lock.village_idx) for lock in case.problem.locks]
    return _drop_candidates(case.problem, locks)[:MAX_PAIRS]


def _list_lost_pairs(case: Case, core: Sequence[Limit]) -> Sequence[tuple[int, int]]:
    """Return the pairs before that are no candidates, where a conflict limits the changes."""
    if not any(_is_changes(case.problem, limit) for limit in core):
        return []
    return _drop_candidates(case.problem, _list_previous(case.inputs))[:MAX_PAIRS]


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


def _explain_pairs(
    case: Case, pairs: Sequence[tuple[int, int]], topic: str
) -> Iterator[ConflictMember]:
    """Tell which condition refuses each pair, and why."""
    from pairmatch.match.wordings import join_names
    from pairmatch.score.gate import check_reason

    everyone = case.city.everyone
    for u, v in pairs:
        names = join_names([f"{label_unit(case.problem, u)} = {label_village(case.problem, v)}"])
        rows = np.flatnonzero((everyone.unit_idx == u) & (everyone.village_idx == v)).tolist()
        if not rows:
            yield ConflictMember(f"match.conflict_unscored_{topic}", names)
            continue
        rule = case.find_refusal(rows[0])
        unit, village = everyone.units.records[u], everyone.villages.records[v]
        reason = check_reason(rule, rule.explain(unit, village))
        told = {"reason": reason.zh, "reason_en": reason.en or reason.zh}
        # The reasons of the built-in conditions name them.
        code = f"match.conflict_{'failed' if rule.plugin else 'refused'}_{topic}"
        yield ConflictMember(code, {**names, **_name_rule(rule), **told})


def _explain_lack(case: Case, core: Sequence[Limit], side: str) -> Iterator[ConflictMember]:
    """Tell what refused the pairs of villages, or units, that have fewer than they need.

    Pairs that a conflict bans are not had either.
    """
    from pairmatch.match.wordings import join_names

    problem, everyone = case.problem, case.city.everyone
    is_village = side == "village"
    label, others = (label_village, "units") if is_village else (label_unit, "villages")
    own = problem.village_idx if is_village else problem.unit_idx
    least = problem.village_min if is_village else problem.unit_min
    all_idx = everyone.village_idx if is_village else everyone.unit_idx
    other_idx = everyone.unit_idx if is_village else everyone.village_idx
    wanted = [limit.idx for limit in core if limit.kind == f"{side}_min"]
    banned = _count_banned(case, core, side)
    short = [k for k in wanted if np.count_nonzero(own == k) - banned[k] < least[k]]

    def tell(topic: str, k: int, found: IndexArray, params: Mapping[str, str]) -> ConflictMember:
        label_other = label_unit if is_village else label_village
        named = join_names([label_other(problem, other) for other in found.tolist()])
        parts = {key.replace("names", "others"): text for key, text in named.items()}
        params = {**join_names([label(problem, k)]), "count": str(len(found)), **parts, **params}
        return ConflictMember(f"match.conflict_{topic}_{others}", params)

    for k in short[:MAX_PAIRS]:
        left = all_idx == k
        unscored = np.setdiff1d(np.arange(len(problem.unit_ids)), other_idx[left])
        if is_village and len(unscored):
            yield tell("unscored", k, unscored, {})
        for rule, mask in case.refusals:
            refused, left = np.flatnonzero(left & mask), left & ~mask
            if len(refused):
                yield tell("refused", k, other_idx[refused], _name_rule(rule))


def _count_banned(case: Case, core: Sequence[Limit], side: str) -> Counter[int]:
    """Return of how many candidates a conflict bans, for each village or each unit."""
    bans = [case.problem.bans[limit.idx] for limit in core if limit.kind == "ban"]
    return Counter(ban.village_idx if side == "village" else ban.unit_idx for ban in bans)


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
        cure = _rewrite_cure(cure, max_changes)
    needs = tuple(_rewrite_need(need, conflict.cure, max_changes) for need in conflict.needs)
    others = tuple(_rewrite_cure(other, max_changes) for other in conflict.others)
    return replace(conflict, members=members, cure=cure, needs=needs, others=others)


def _rewrite_need(need: CureNeed, cure: Cure | None, max_changes: int) -> CureNeed:
    """Return a need with the number of changes as the rest of the cure would have it."""
    relaxed = sum(
        member.amount - (member.limit == need.limit)
        for member in (cure.members if cure is not None else ())
        if member.code == CURED_CHANGES
    )
    members = tuple(_tell_left(member, max_changes + relaxed) for member in need.members)
    return replace(need, members=members)


def _tell_left(member: ConflictMember, max_changes: int) -> ConflictMember:
    """Return how many changes are allowed, with how many of them are used up already."""
    if not member.code.startswith("match.limit_max_changes"):
        return member
    gone = max_changes - int(member.params["changes"])
    if not gone:
        return member
    before = max_changes + int(member.params["value"])
    params = {**member.params, "written": str(max_changes), "gone": str(gone)}
    params["before"] = str(before)
    return ConflictMember(f"{member.code}_written", params)


def _rewrite_cure(cure: Cure, max_changes: int) -> Cure:
    return replace(cure, members=tuple(_rewrite(m, max_changes) for m in cure.members))


def _rewrite(member: CureMember, max_changes: int) -> CureMember:
    """Return a member of a cure with what to write in the settings, if it is one of changes."""
    if member.code != CURED_CHANGES:
        return member
    written = {"written": str(max_changes), "rewritten": str(max_changes + member.amount)}
    code = "match.cure_max_changes_written"
    return replace(member, code=code, params={**member.params, **written})


def _tell_places(conflict: Conflict, inputs: Inputs) -> Conflict:
    """Return the conflict with the files in which the numbers stand that a cure changes."""
    cure = conflict.cure
    if cure is not None:
        cure = _locate_cure(cure, inputs)
    others = tuple(_locate_cure(other, inputs) for other in conflict.others)
    return replace(conflict, cure=cure, others=others)


def _locate_cure(cure: Cure, inputs: Inputs) -> Cure:
    return replace(cure, members=tuple(_locate(member, inputs) for member in cure.members))


def _locate(member: CureMember, inputs: Inputs) -> CureMember:
    """Return a member of a cure with the file of the unit or village, if it is one of theirs."""
    if "where" not in member.params:
        return member
    is_unit = member.limit.kind.startswith("unit")
    place = (inputs.units if is_unit else inputs.villages)[member.limit.idx].place
    if not place.file:
        return member
    code = "match.in_sheet" if place.sheet else "match.in_file"
    params = {"file": place.file, "sheet": place.sheet, "row": str(place.row)}
    where = {"where": render(code, params, "zh").text, "where_en": render(code, params, "en").text}
    return replace(member, params={**member.params, **where})
