"""What authors of plugins write rules with: one function per pair becomes a rule over all pairs."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Integral
from typing import Any, NamedTuple, TypeVar

import numpy as np

from pairmatch.domain.candidates import (
    BoolArray,
    Candidates,
    CodedReasons,
    Contribution,
    EligibilityRule,
    Reason,
    ScoreRule,
)
from pairmatch.domain.inputs import IndexArray
from pairmatch.domain.records import Unit, Village
from pairmatch.hooks.containment import PairFaultError, show_value

Answer = TypeVar("Answer")

MOST_POINTS = 10**9
"""More than any rule can mean; keeps whole steps exact at the finest resolution."""


Number = int | float | Decimal


class Points(NamedTuple):
    """What a rule gives to one pair: points, and the reason in Chinese and English.

    Where the rule would need a value that is not known, `low` and `high` are the least and the
    most that it could give; left out, they are the points.
    """

    points: Number
    zh: str
    en: str = ""
    low: Number | None = None
    high: Number | None = None

    @property
    def ends(self) -> tuple["Number", "Number", "Number"]:
        """The points, the least and the most."""
        low = self.points if self.low is None else self.low
        return self.points, low, self.points if self.high is None else self.high


NO_POINTS = Points(0, "不符合本规则的条件，不加分", "the conditions of this rule are not met")

_PLAIN = frozenset({Points, Reason, type(None)})

ScorePair = Callable[[Unit, Village], Points]
RefusePair = Callable[[Unit, Village], Reason | None]


@dataclass(frozen=True, slots=True)
class PairScoreRule(ScoreRule):
    """A score rule made of a function for one pair, which is kept as `score_pair`."""

    score_pair: ScorePair = lambda _unit, _village: NO_POINTS


@dataclass(frozen=True, slots=True)
class PairEligibilityRule(EligibilityRule):
    """A condition made of a function for one pair, which is kept as `refuse_pair`."""

    refuse_pair: RefusePair = lambda _unit, _village: None


def score_pairs(
    *,
    rule_id: str,
    version: str,
    label_zh: str,
    label_en: str,
    spread: str | int | Decimal,
    fields: tuple[str, ...] = (),
) -> Callable[[ScorePair], PairScoreRule]:
    """Make a score rule of a function that gives points to one pair.

    Parameters
    ----------
    rule_id
        Name of the plugin, a dot and the name of the rule: ``huanghua.salt``.
    version
        Version of the rule; change it when the rule changes.
    label_zh, label_en
        What reports call the rule.
    spread
        The most, in points, that the rule may move a score, unless the scenario says otherwise.
    fields
        Ids of the fields that the function reads (``pairmatch plugins fields`` lists them); their
        values are shown beside the points.

    Returns
    -------
    Callable
        A decorator for a function ``(unit, village) -> Points``. Points are in points and may be
        fractions; they are rounded half up to whole steps.

    Examples
    --------
    >>> @score_pairs(rule_id="demo.near", version="1", label_zh="近", label_en="near", spread=2)
    ... def near(unit, village):
    ...     same = unit.county == village.county
    ...     return Points(2, "同县", "same county") if same else NO_POINTS
    >>> near.rule_id, near.score_pair(Unit("u", county="甲县"), Village("v", county="甲县")).points
    ('demo.near', 2)
    """

    def decorate(score_pair: ScorePair) -> PairScoreRule:
        def contribute(candidates: Candidates, spread: int) -> Contribution:
            del spread
            return _score_all(score_pair, candidates)

        return PairScoreRule(
            rule_id,
            version,
            label_zh,
            label_en,
            contribute,
            fields=tuple(fields),
            spread=Decimal(spread),
            score_pair=score_pair,
        )

    return decorate


def refuse_pairs(
    *,
    rule_id: str,
    version: str,
    label_zh: str,
    label_en: str,
    fields: tuple[str, ...] = (),
) -> Callable[[RefusePair], PairEligibilityRule]:
    """Make a condition of a function that says why a pair is not possible.

    Parameters are those of `score_pairs`; the function ``(unit, village) -> Reason | None`` returns
    None where the pair is possible.
    """

    def decorate(refuse_pair: RefusePair) -> PairEligibilityRule:
        def decide(candidates: Candidates) -> BoolArray:
            codes, reasons = _ask_pairs(refuse_pair, candidates, _check_reason)
            allowed = np.array([reason is None for reason in reasons], dtype=np.bool_)
            return allowed[codes] if reasons else np.zeros(0, dtype=np.bool_)

        def explain(unit: Unit, village: Village) -> Reason:
            return refuse_pair(unit, village) or Reason(label_zh, label_en)

        return PairEligibilityRule(
            rule_id,
            version,
            label_zh,
            label_en,
            decide,
            explain,
            fields=tuple(fields),
            refuse_pair=refuse_pair,
        )

    return decorate


def make_contribution(
    steps: "np.typing.ArrayLike", codes: "np.typing.ArrayLike", reasons: tuple[Reason, ...]
) -> Contribution:
    """Return a contribution whose points are known, from arrays over the candidates.

    Parameters
    ----------
    steps
        Whole steps per candidate (``candidates.steps_per_point`` make one point).
    codes
        Index into `reasons` per candidate.
    reasons
        The different reasons there are.
    """
    points = np.asarray(steps)
    return Contribution(points, points, points, CodedReasons(np.asarray(codes, np.int32), reasons))


def _score_all(score_pair: ScorePair, candidates: Candidates) -> Contribution:
    codes, answers = _ask_pairs(score_pair, candidates, _check_points)
    scale = candidates.steps_per_point
    steps = [[_count_steps(end, scale) for end in answer.ends] for answer in answers]
    table = np.array(steps, dtype=np.int64).reshape(len(steps), 3)
    reasons = tuple(Reason(answer.zh, answer.en or answer.zh) for answer in answers)
    points, low, high = table[codes].T
    if all(len(set(ends)) == 1 for ends in steps):
        return make_contribution(points, codes, reasons)
    return Contribution(points, low, high, CodedReasons(codes, reasons))


def _ask_pairs(
    ask: Callable[[Unit, Village], Answer],
    candidates: Candidates,
    check: Callable[[Answer], tuple[str, str] | None],
) -> tuple[IndexArray, list[Answer]]:
    """Return the different answers, and which of them each candidate has.

    The first pair that fails is named.
    """
    units = [candidates.units.records[u] for u in candidates.unit_idx.tolist()]
    villages = [candidates.villages.records[v] for v in candidates.village_idx.tolist()]
    answers: list[Answer] = []
    try:
        for answer in map(ask, units, villages):
            answers.append(answer)
    except Exception as error:
        at, cause = len(answers), f"{type(error).__name__}: {error}"
        raise _name_pair("hooks.raised_on_pair", units[at], villages[at], cause=cause) from error
    if len(answers) < len(units):  # StopIteration ends the loop like the end of the pairs
        at, cause = len(answers), "StopIteration"
        raise _name_pair("hooks.raised_on_pair", units[at], villages[at], cause=cause)
    places = _find_places(answers)
    if places is None:
        for at, answer in enumerate(answers):
            _check_answer(check, answer, units[at], villages[at])
        places = {answer: place for place, answer in enumerate(dict.fromkeys(answers))}
    codes = np.array([places[answer] for answer in answers], dtype=np.int32)
    first = np.unique(codes, return_index=True)[1]
    for at in first.tolist():
        _check_answer(check, answers[at], units[at], villages[at])
    return codes, list(places)


def _find_places(answers: list[Answer]) -> dict[Answer, int] | None:
    """Return the different answers by number, or None if not all of them are what they seem.

    Of plain answers each needs to be checked once only, unless it is only equal: True equals 1.
    """
    if not _PLAIN.issuperset(map(type, answers)) or any(map(_holds_truth, answers)):
        return None
    try:
        return {answer: place for place, answer in enumerate(dict.fromkeys(answers))}
    except TypeError:  # one holds what cannot be looked up, such as a list
        return None


def _holds_truth(answer: object) -> bool:
    return answer.__class__ is Points and answer[0].__class__ is bool


def _check_answer(
    check: Callable[[Answer], tuple[str, str] | None], answer: Answer, unit: Unit, village: Village
) -> None:
    wrong = check(answer)
    if wrong:
        raise _name_pair(wrong[0], unit, village, value=wrong[1])


def _name_pair(code: str, unit: Unit, village: Village, **params: str) -> PairFaultError:
    return PairFaultError(code, unit.unit_id, village.village_id, **params)


def _check_points(answer: Any) -> tuple[str, str] | None:
    if not (
        isinstance(answer, Points) and isinstance(answer.zh, str) and isinstance(answer.en, str)
    ):
        return "hooks.not_points", show_value(answer)
    for number in answer.ends:
        if isinstance(number, bool) or not isinstance(number, Integral | float | Decimal):
            return "hooks.not_a_number", show_value(number)
        if not _is_definite(number):
            return "hooks.not_finite", show_value(number)
    points, low, high = answer.ends
    return None if low <= points <= high else ("hooks.not_between", show_value(answer))


def _is_definite(number: "Integral | float | Decimal") -> bool:
    # Each kind by its own means: floats cannot hold every whole number, nor a signalling NaN.
    if isinstance(number, Decimal):
        return number.is_finite() and abs(number) <= MOST_POINTS
    if isinstance(number, Integral):
        return abs(int(number)) <= MOST_POINTS
    return abs(number) <= MOST_POINTS


def _check_reason(answer: object) -> tuple[str, str] | None:
    if answer is None or isinstance(answer, Reason):
        return None
    return "hooks.no_reason", show_value(answer)


def _count_steps(points: int | float | Decimal, steps_per_point: int) -> int:
    """Return whole steps, half rounded up; a float counts as the decimal it is written as."""
    exact = Fraction(repr(float(points))) if isinstance(points, float) else Fraction(points)
    return math.floor(exact * steps_per_point + Fraction(1, 2))
