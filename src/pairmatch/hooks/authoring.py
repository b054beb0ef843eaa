"""What authors of plugins write rules with: one function per pair becomes a rule over all pairs."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
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
from pairmatch.domain.inputs import IndexArray, IntArray
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

_REFUSALS = frozenset({Reason, type(None)})

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
    reasons = tuple(Reason(answer.zh, answer.en or answer.zh) for answer in answers)
    points = _count_all((answer.points for answer in answers), scale)[codes]
    if all(answer.low is None and answer.high is None for answer in answers):
        return make_contribution(points, codes, reasons)
    _, low, high = zip(*(answer.ends for answer in answers), strict=True)
    ends = _count_all(low, scale)[codes], _count_all(high, scale)[codes]
    return Contribution(points, *ends, CodedReasons(codes, reasons))


def _ask_pairs(
    ask: Callable[[Unit, Village], Answer],
    candidates: Candidates,
    check: Callable[[Answer], tuple[str, str] | None],
) -> tuple[IndexArray, list[Answer]]:
    """Return the different answers, and which of them each candidate has.

    The first pair that fails is named.
    """
    units, villages = candidates.units.records, candidates.villages.records
    unit_idx, village_idx = candidates.unit_idx.tolist(), candidates.village_idx.tolist()
    answers: list[Answer] = []

    def name_pair(at: int, code: str, **params: str) -> PairFaultError:
        unit, village = units[unit_idx[at]], villages[village_idx[at]]
        return PairFaultError(code, unit.unit_id, village.village_id, **params)

    try:
        pairs = map(units.__getitem__, unit_idx), map(villages.__getitem__, village_idx)
        for answer in map(ask, *pairs):
            answers.append(answer)
    except Exception as error:
        cause = f"{type(error).__name__}: {error}"
        raise name_pair(len(answers), "hooks.raised_on_pair", cause=cause) from error
    if len(answers) < len(unit_idx):  # StopIteration ends the loop like the end of the pairs
        raise name_pair(len(answers), "hooks.raised_on_pair", cause="StopIteration")
    numbered = _number_plain(answers)
    # Of plain answers, equal ones are checked once.
    for answer in answers if numbered is None else numbered[1]:
        wrong = check(answer)
        if wrong:
            first = next(k for k, other in enumerate(answers) if other is answer)
            raise name_pair(first, wrong[0], value=wrong[1])
    codes, different = numbered or _number_different(answers)
    return np.array(codes, dtype=np.int32), different


def _number_plain(answers: list[Answer]) -> tuple[list[int], list[Answer]] | None:
    """Number the answers, or return None if not all are what they seem: True only equals 1."""
    kinds = set(map(type, answers))
    if kinds == {Points}:
        is_plain = bool not in {answer[0].__class__ for answer in answers}  # type: ignore[index]
    else:
        is_plain = kinds <= _REFUSALS
    try:
        return _number_different(answers) if is_plain else None
    except TypeError:  # one holds what cannot be looked up, such as a list
        return None


def _number_different(answers: list[Answer]) -> tuple[list[int], list[Answer]]:
    """Return the number of each answer among the different ones, and these in order."""
    numbers: dict[Answer, int] = defaultdict(count().__next__)
    return [numbers[answer] for answer in answers], list(numbers)


def _check_points(answer: Any) -> tuple[str, str] | None:
    if not (
        isinstance(answer, Points) and isinstance(answer.zh, str) and isinstance(answer.en, str)
    ):
        return "hooks.not_points", show_value(answer)
    ends = answer.ends
    for number in ends if ends[1] is not ends[0] or ends[2] is not ends[0] else ends[:1]:
        if isinstance(number, bool) or not isinstance(number, int | float | Decimal | Integral):
            return "hooks.not_a_number", show_value(number)
        if not _is_definite(number):
            return "hooks.not_finite", show_value(number)
    points, low, high = answer.ends
    return None if low <= points <= high else ("hooks.not_between", show_value(answer))


def _is_definite(number: Number | Integral) -> bool:
    # Each kind by its own means: floats cannot hold every whole number, nor a signalling NaN.
    if isinstance(number, Decimal):
        return number.is_finite() and abs(number) <= MOST_POINTS
    if isinstance(number, float):
        return abs(number) <= MOST_POINTS
    return abs(int(number)) <= MOST_POINTS


def _check_reason(answer: object) -> tuple[str, str] | None:
    if answer is None or isinstance(answer, Reason):
        return None
    return "hooks.no_reason", show_value(answer)


def _count_all(numbers: Iterable[Number], steps_per_point: int) -> IntArray:
    return np.array([_count_steps(number, steps_per_point) for number in numbers], dtype=np.int64)


def _count_steps(number: Number, steps_per_point: int) -> int:
    """Return whole steps, half rounded up; a float counts as the decimal it is written as."""
    exact: int | Decimal
    if isinstance(number, float):
        exact = Decimal(repr(float(number)))
    else:
        exact = number if isinstance(number, Decimal) else int(number)
    over, under = exact.as_integer_ratio()
    return (2 * over * steps_per_point + under) // (2 * under)
