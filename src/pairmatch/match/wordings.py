"""Limits, and what they give way, in the words of the catalogue, those that are alike together."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from pairmatch.domain.limits import Bound, CureMember, Limit, format_amount, word_limit
from pairmatch.domain.matching import ConflictMember
from pairmatch.domain.problem import Problem

MAX_NAMES = 10


def tell_limit(problem: Problem, limit: Limit, bound: Bound) -> ConflictMember:
    """Return what a limit demands."""
    wording = word_limit(problem, limit)
    value = format_amount(Fraction(bound.value, bound.scale))
    params = {"names": wording.name, "count": "1", "value": value, **wording.params}
    return ConflictMember(f"match.limit_{wording.topic}", params)


def tell_relief(problem: Problem, limit: Limit, bound: Bound, amount: int) -> ConflictMember:
    """Return by how much a limit gives way, and what it then demands."""
    wording = word_limit(problem, limit)
    relaxed = bound.value + (-amount if bound.is_least else amount)
    numbers = {"value": bound.value, "relaxed": relaxed, "amount": amount}
    if "changes" in wording.params:
        wider = int(wording.params["changes"]) + (amount if bound.is_least else -amount)
        numbers["changed"] = wider * bound.scale
    texts = {key: format_amount(Fraction(n, bound.scale)) for key, n in numbers.items()}
    params = {"names": wording.name, "count": "1", **texts, **wording.params}
    # Whether the changes allowed were enough before does not matter for how many more are.
    topic = wording.topic.removesuffix("_short").removesuffix("_none")
    return ConflictMember(f"match.cure_{topic}", params)


def merge_members(members: Iterable[ConflictMember | CureMember]) -> tuple[ConflictMember, ...]:
    """Return one member for all that say the same of different names, in order of the first.

    Parameters
    ----------
    members
        Members of a conflict or a cure, each of one limit.
    """
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for member in members:
        rest = tuple((k, v) for k, v in member.params.items() if k not in {"names", "count"})
        groups.setdefault((member.code, rest), []).append(member.params["names"])
    return tuple(
        ConflictMember(code, {"names": _join(names), "count": str(len(names)), **dict(rest)})
        for (code, rest), names in groups.items()
    )


def _join(names: Sequence[str]) -> str:
    # A name may hold the mark that names are joined by.
    mark = "；" if any("、" in name for name in names) else "、"
    shown = mark.join(names[:MAX_NAMES])
    return shown if len(names) <= MAX_NAMES else f"{shown} … (+{len(names) - MAX_NAMES})"
