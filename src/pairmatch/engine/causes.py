"""Which part of what differs between two scenarios does what to the answer: Shapley values.

Every combination of the parts is solved, so few parts are told apart: what differs is cut into
pieces (each rule, each plugin, goals, limits, tables), and where there are too many, those of one
kind become one part.
"""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import TypeVar

import numpy as np

from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.domain.comparison import Cause
from pairmatch.domain.inputs import ExternalScores, Inputs, PairSet, ResourceLoads
from pairmatch.engine.differences import list_data, list_plugins, list_settings
from pairmatch.engine.influence import Answer
from pairmatch.engine.outcomes import Progress
from pairmatch.engine.ways import Way, measure_basics, solve_inputs

MAX_PARTS = 5
"""2 ** 5 = 32 answers: some seconds on the demonstration."""

_TABLES = {
    "units": ("units",),
    "villages": ("villages",),
    "previous": ("previous",),
    "counties": ("counties",),
    "distances": ("distances",),
    "scores": ("scores",),
    "loads": ("loads",),
    "capacities": ("capacities",),
}
"""Fields of `Inputs` that each table is in."""
_KINDS = ("rules", "plugins", "limits", "data")
"""Kinds whose pieces become one part, where there are too many parts: in this order."""
_SECTIONS = {"quota": "limits", "lock": "limits", "ban": "limits", "limits": "limits"}
_POINTS = frozenset({"total", "worst_village", "worst_county"})
"""Metrics that are counted in steps of points."""

PairTable = TypeVar("PairTable", ExternalScores, ResourceLoads, PairSet)


@dataclass(frozen=True, slots=True)
class _Piece:
    """The smallest thing that can be changed alone: a kind, a name, and the paths it changes."""

    kind: str
    name: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    label: str
    pieces: tuple[_Piece, ...]


def find_causes(
    before: Way, after: Way, progress: Progress | None = None
) -> tuple[tuple[Cause, ...], tuple[str, ...]]:
    """Return the parts of the difference with their effects, or what keeps them from being told.

    Parameters
    ----------
    before, after
        Two ways of pairing.
    progress
        Is told when a step begins.

    Returns
    -------
    tuple
        The causes, sorted by label, and the labels of parts that alone leave no pairing: if there
        are any, there are no causes. Points are in steps of the first way, and metrics that one of
        the two does not know are left out.

    Raises
    ------
    PluginFaultError
        If a plugin breaks its contract.
    UnprovenError
        If an answer fails its independent check.
    """
    parts = _join_pieces(_list_pieces(before, after))
    if not parts:
        return (), ()
    if progress is not None:
        progress("cli.step_causes")
    scale, known = before.answer.problem.steps_per_point, _list_known(before, after)
    values: dict[frozenset[int], dict[str, Fraction]] = {}
    for size in range(len(parts) + 1):
        for chosen in combinations(range(len(parts)), size):
            pieces = [piece for k in chosen for piece in parts[k].pieces]
            answer = before.answer if not chosen else after.answer
            if 0 < size < len(parts):
                found = _solve_mixed(before, after, pieces)
                if found is None:
                    return (), tuple(parts[k].label for k in chosen)
                answer = found
            measured = _measure(answer, scale)
            values[frozenset(chosen)] = {metric: measured[metric] for metric in known}
    return share_out(parts, values), ()


def _list_known(before: Way, after: Way) -> tuple[str, ...]:
    """Return the metrics that both ways know of: what is not known has no effect to tell."""
    both = (before.inputs, after.inputs)
    known = ["num_matched", "total", "worst_village"]
    if all(any(village.county for village in inputs.villages) for inputs in both):
        known.append("worst_county")
    if all(inputs.previous for inputs in both):
        known.append("kept")
    return tuple(known)


def _measure(answer: Answer, steps_per_point: int) -> dict[str, Fraction]:
    """Return the metrics of an answer, points in steps of another size."""
    factor = Fraction(steps_per_point, answer.problem.steps_per_point)
    return {
        metric: value * factor if metric in _POINTS else Fraction(value)
        for metric, value in measure_basics(answer).items()
    }


def share_out(
    parts: Sequence[_Part], values: Mapping[frozenset[int], Mapping[str, Fraction]]
) -> tuple[Cause, ...]:
    """Return the Shapley value of each part, by metric: they add up to the whole difference."""
    size = len(parts)
    causes = []
    for k, part in enumerate(parts):
        effects = dict.fromkeys(values[frozenset()], Fraction(0))
        others = [other for other in range(size) if other != k]
        for number in range(size):
            weight = Fraction(factorial(number) * factorial(size - number - 1), factorial(size))
            for chosen in combinations(others, number):
                without, with_it = values[frozenset(chosen)], values[frozenset((*chosen, k))]
                for metric in effects:
                    effects[metric] += weight * (with_it[metric] - without[metric])
        paths = tuple(sorted(path for piece in part.pieces for path in piece.paths))
        causes.append(Cause(part.label, paths, effects))
    return tuple(sorted(causes, key=lambda cause: cause.label))


def _list_pieces(before: Way, after: Way) -> list[_Piece]:
    pieces: dict[tuple[str, str], list[str]] = {}
    for change in list_settings(before.inputs.scenario, after.inputs.scenario):
        section, _, rest = change.path.partition(".")
        kind = _SECTIONS.get(section, section)
        if kind in {"scenario", "plugins"} and rest != "max_spread":
            continue  # names, years and languages do not enter the answer
        name = rest if kind == "rules" else section if kind == "limits" else kind
        pieces.setdefault((kind, name), []).append(change.path)
    for change in list_plugins(before.plugins, after.plugins):
        pieces.setdefault(("plugins", change.path), []).append(change.path)
    scales = {way.answer.problem.steps_per_point for way in (before, after)}
    for data in list_data(before.inputs, after.inputs):
        home = ("data", data.table)
        if data.table == "quota_pairs" and ("limits", "quota") in pieces:
            home = ("limits", "quota")  # the pairs of a quota mean nothing beside another quota
        elif data.table == "scores" and len(scales) > 1:
            home = ("scoring", "scoring")  # nor do points beside steps that they are no whole of
        pieces.setdefault(home, []).append(data.table)
    return [_Piece(kind, name, tuple(paths)) for (kind, name), paths in sorted(pieces.items())]


def _join_pieces(pieces: Sequence[_Piece]) -> tuple[_Part, ...]:
    """Return the parts; tables whose rows are told by place in others go together."""
    joined = {"data"} if any(p.name in {"units", "villages"} for p in pieces) else set()
    for kind in ("", *_KINDS):
        joined |= {kind} - {""}
        parts = tuple(_group(pieces, joined))
        if len(parts) <= MAX_PARTS:
            return parts
    return (_Part("all", tuple(pieces)),)


def _group(pieces: Iterable[_Piece], joined: set[str]) -> Iterable[_Part]:
    groups: dict[str, list[_Piece]] = {}
    for piece in pieces:
        is_joined = piece.kind in joined
        label = piece.kind if is_joined else f"{piece.kind}.{piece.name}"
        if not is_joined and piece.kind in {"objective", "scoring"}:
            label = piece.kind
        if not is_joined and piece.kind == "plugins":
            label = piece.name
        groups.setdefault(label, []).append(piece)
    return [_Part(label, tuple(group)) for label, group in sorted(groups.items())]


def _solve_mixed(before: Way, after: Way, pieces: Sequence[_Piece]) -> Answer | None:
    """Return the answer of the first way with some pieces as in the other; None if impossible."""
    inputs = _mix_inputs(before.inputs, after.inputs, pieces)
    names = {p.name.removeprefix("plugins.") for p in pieces if p.kind == "plugins"}
    rules = _mix_rules(before.score_rules, after.score_rules, names)
    conditions = _mix_conditions(before.eligibility_rules, after.eligibility_rules, names)
    return solve_inputs(inputs, rules, conditions)


def _mix_rules(
    before: Sequence[ScoreRule], after: Sequence[ScoreRule], names: set[str]
) -> tuple[ScoreRule, ...]:
    mixed = [r for r in before if r.plugin not in names] + [r for r in after if r.plugin in names]
    return tuple(sorted(mixed, key=lambda rule: rule.rule_id))


def _mix_conditions(
    before: Sequence[EligibilityRule], after: Sequence[EligibilityRule], names: set[str]
) -> tuple[EligibilityRule, ...]:
    mixed = [r for r in before if r.plugin not in names] + [r for r in after if r.plugin in names]
    return tuple(sorted(mixed, key=lambda rule: rule.rule_id))


def _mix_inputs(before: Inputs, after: Inputs, pieces: Sequence[_Piece]) -> Inputs:
    scenario, other = before.scenario, after.scenario
    rules = dict(scenario.rules)
    sections: dict[str, object] = {}
    tables: dict[str, object] = {}
    for piece in pieces:
        if piece.kind == "rules":
            _take(rules, other.rules, piece.name)
        elif piece.kind in {"objective", "scoring"}:
            sections[piece.kind] = getattr(other, piece.kind)
        elif piece.kind == "limits":
            sections[piece.name] = getattr(other, piece.name)
        elif piece.name == "plugins":
            sections["plugins"] = other.plugins
        for field in _TABLES.get(piece.name, ()) if piece.kind == "data" else ():
            tables[field] = getattr(after, field)
    if "quota" in sections or any(p.name == "quota_pairs" for p in pieces):
        sections["quota"] = other.quota
        tables["quota_pairs"] = after.quota_pairs
    mixed = scenario.model_copy(update={**sections, "rules": rules})
    if mixed.scoring.resolution != scenario.scoring.resolution:
        tables["scores"] = after.scores  # the same points, in steps of that size
    inputs = replace(before, scenario=mixed, **tables)  # type: ignore[arg-type]
    return _fit_ids(inputs, before, {field: after for field in tables})


def _fit_ids(mixed: Inputs, before: Inputs, sources: Mapping[str, Inputs]) -> Inputs:
    """Return inputs whose tables are all about the units and villages that take part.

    Tables of pairs say by place whom they are about, in the inputs that they are from. Locks, bans
    and capacities of units and villages that do not take part bind nothing.
    """
    units = {unit.unit_id: k for k, unit in enumerate(mixed.units)}
    villages = {village.village_id: k for k, village in enumerate(mixed.villages)}

    def fit(field: str, table: PairTable) -> PairTable:
        source = sources.get(field, before)
        unit_at = np.array([units.get(u.unit_id, -1) for u in source.units], np.int32)
        village_at = np.array([villages.get(v.village_id, -1) for v in source.villages], np.int32)
        unit_idx, village_idx = unit_at[table.unit_idx], village_at[table.village_idx]
        takes_part = (unit_idx >= 0) & (village_idx >= 0)
        columns = {f.name: getattr(table, f.name) for f in fields(table)}
        columns |= {"unit_idx": unit_idx, "village_idx": village_idx}
        rows = {k: v[takes_part] for k, v in columns.items() if isinstance(v, np.ndarray)}
        return replace(table, **rows)  # type: ignore[arg-type]

    owners: dict[str, Mapping[str, int]] = {"unit": units, "village": villages}
    fixed = {
        section: tuple(
            pair
            for pair in getattr(mixed.scenario, section)
            if pair.unit in units and pair.village in villages
        )
        for section in ("lock", "ban")
    }
    return replace(
        mixed,
        scenario=mixed.scenario.model_copy(update=fixed),
        scores=None if mixed.scores is None else fit("scores", mixed.scores),
        loads=tuple(fit("loads", load) for load in mixed.loads),
        quota_pairs={k: fit("quota_pairs", pairs) for k, pairs in mixed.quota_pairs.items()},
        capacities=tuple(c for c in mixed.capacities if c.owner_id in owners[c.side]),
    )


def _take(rules: MutableMapping[str, Decimal], other: Mapping[str, Decimal], name: str) -> None:
    if name in other:
        rules[name] = other[name]
    else:
        rules.pop(name, None)
