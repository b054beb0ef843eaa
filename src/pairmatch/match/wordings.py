"""Limits, and what they give way, in the words of the catalogue, those that are alike together."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from pairmatch.domain.limits import Bound, CureMember, Limit, format_amount, word_limit
from pairmatch.domain.matching import ConflictMember
from pairmatch.domain.problem import Problem
from pairmatch.messages import render

MAX_NAMES = 30

SEVERAL = "_each"
"""Ends the code of a sentence that is said of several at once."""

NOWHERE = {"where": "", "where_en": ""}
"""Parameters of a number of a table where it is not known in which file it stands."""

_OWN = {"names", "names_en", "count"}
"""What members say of their own that else say the same."""

_NOUNS = {"unit": "village", "village": "unit", "quota": "pair"}
"""What the bounds of each are counted in, in English, where one is not several."""


def tell_limit(
    problem: Problem, limit: Limit, bound: Bound, need: int | None = None
) -> ConflictMember:
    """Return what a limit demands.

    Parameters
    ----------
    problem, limit, bound
        The problem, and the limit with its numbers.
    need
        What is needed of a resource at least, where that is known; in its whole units.
    """
    wording = word_limit(problem, limit)
    topic = wording.topic if need is None else f"{wording.topic}_needed"
    numbers = {"value": bound.value} if need is None else {"value": bound.value, "needed": need}
    texts = {key: format_amount(Fraction(n, bound.scale)) for key, n in numbers.items()}
    noted = _read_note(problem, limit)
    params = {**join_names([wording.name]), "count": "1", **texts, **wording.params, **noted}
    code = f"match.limit_{topic}_noted" if noted else f"match.limit_{topic}"
    return ConflictMember(code, _count_nouns(topic, params))


def tell_relief(problem: Problem, limit: Limit, bound: Bound, amount: int) -> ConflictMember:
    """Return by how much a limit gives way, what it then demands, and where that is written."""
    wording = word_limit(problem, limit)
    relaxed = bound.value + (-amount if bound.is_least else amount)
    numbers = {"value": bound.value, "relaxed": relaxed, "amount": amount}
    if "changes" in wording.params:
        wider = int(wording.params["changes"]) + (amount if bound.is_least else -amount)
        numbers["changed"] = wider * bound.scale
    texts = {key: format_amount(Fraction(n, bound.scale)) for key, n in numbers.items()}
    noted = _read_note(problem, limit)
    params = {**join_names([wording.name]), "count": "1", **texts, **wording.params, **noted}
    if limit.kind.startswith(("unit", "village")):
        params |= NOWHERE
    # Whether the changes allowed were enough before does not matter for how many more are.
    topic = wording.topic.removesuffix("_short").removesuffix("_none")
    code = f"match.cure_{topic}_noted" if noted else f"match.cure_{topic}"
    return ConflictMember(code, _count_nouns(topic, params))


def merge_members(members: Iterable[ConflictMember | CureMember]) -> tuple[ConflictMember, ...]:
    """Return one member for all that say the same of different names, in order of the first.

    Parameters
    ----------
    members
        Members of a conflict or a cure, each of one limit.
    """
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for member in members:
        rest = tuple((k, v) for k, v in member.params.items() if k not in _OWN)
        groups.setdefault((member.code, rest), []).append(member.params["names"])
    return tuple(
        ConflictMember(
            code if len(names) == 1 else code + SEVERAL,
            {**join_names(names), "count": str(len(names)), **dict(rest)},
        )
        for (code, rest), names in groups.items()
    )


def join_names(names: Sequence[str]) -> dict[str, str]:
    """Return names as parameters, in Chinese and English: `names` and `names_en`.

    Where these are cut short, `all_names` and `all_names_en` have all of them.
    """
    # A name may hold the mark that names are joined by.
    marks = {
        "names": "；" if any("、" in name for name in names) else "、",
        "names_en": "; " if any(", " in name for name in names) else ", ",
    }
    everyone = {key: mark.join(names) for key, mark in marks.items()}
    if len(names) <= MAX_NAMES:
        return everyone
    more = f" … (+{len(names) - MAX_NAMES})"
    shown = {key: mark.join(names[:MAX_NAMES]) + more for key, mark in marks.items()}
    return {**shown, **{f"all_{key}": text for key, text in everyone.items()}}


def count_noun(number: str, noun: str) -> str:
    """Return a number with what it counts, in English.

    Examples
    --------
    >>> count_noun("1", "pair"), count_noun("7", "pair")
    ('1 pair', '7 pairs')
    """
    return f"{number} {noun}" if number == "1" else f"{number} {noun}s"


def _count_nouns(topic: str, params: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters with what a sentence in English has in place of its numbers."""
    noun = _NOUNS.get(topic.partition("_")[0])
    nouns = {"units": "unit", "villages": "village"}
    if noun is not None:
        nouns |= {"value": noun, "relaxed": noun}
    english = {
        f"{key}_en": count_noun(params[key], noun) for key, noun in nouns.items() if key in params
    }
    return {**params, **english}


def _read_note(problem: Problem, limit: Limit) -> dict[str, str]:
    """Return why a pair was locked or banned and who decided it, where either is written."""
    if limit.kind not in {"lock", "ban"}:
        return {}
    pair = (problem.locks if limit.kind == "lock" else problem.bans)[limit.idx]
    if not (pair.reason or pair.by):
        return {}
    unsaid, unsaid_en = (render("match.not_stated", {}, lang).text for lang in ("zh", "en"))
    return {
        "reason": pair.reason or unsaid,
        "reason_en": pair.reason or unsaid_en,
        "by": pair.by or unsaid,
        "by_en": pair.by or unsaid_en,
    }
