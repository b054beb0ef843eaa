"""Which part of what differs between two scenarios does what to the answer: Shapley values.

Every combination of the parts is solved, so few parts are told apart: what differs is cut into
pieces (each rule, each plugin, goals, limits, tables), and where there are too many, those of one
kind become one part.
"""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import factorial

from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.domain.comparison import Cause
from pairmatch.domain.inputs import Inputs
from pairmatch.engine.differences import list_data, list_plugins, list_settings
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
        are any, there are no causes.

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
    names = frozenset(range(len(parts)))
    values: dict[frozenset[int], dict[str, int]] = {
        frozenset(): measure_basics(before.answer),
        names: measure_basics(after.answer),
    }
    for size in range(1, len(parts)):
        for chosen in combinations(range(len(parts)), size):
            if progress is not None:
                progress("cli.step_causes")
            pieces = [piece for k in chosen for piece in parts[k].pieces]
            found = _solve_mixed(before, after, pieces)
            if found is None:
                return (), tuple(parts[k].label for k in chosen)
            values[frozenset(chosen)] = found
    return share_out(parts, values), ()


def share_out(
    parts: Sequence[_Part], values: dict[frozenset[int], dict[str, int]]
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
    for data in list_data(before.inputs, after.inputs):
        pieces.setdefault(("data", data.table), []).append(data.table)
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


def _solve_mixed(before: Way, after: Way, pieces: Sequence[_Piece]) -> dict[str, int] | None:
    """Return the metrics of the first way with some pieces as in the other; None if impossible."""
    inputs = _mix_inputs(before.inputs, after.inputs, pieces)
    names = {p.name.removeprefix("plugins.") for p in pieces if p.kind == "plugins"}
    rules = _mix_rules(before.score_rules, after.score_rules, names)
    conditions = _mix_conditions(before.eligibility_rules, after.eligibility_rules, names)
    answer = solve_inputs(inputs, rules, conditions)
    return None if answer is None else measure_basics(answer)


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
    return replace(before, scenario=mixed, **tables)  # type: ignore[arg-type]


def _take(rules: MutableMapping[str, Decimal], other: Mapping[str, Decimal], name: str) -> None:
    if name in other:
        rules[name] = other[name]
    else:
        rules.pop(name, None)
