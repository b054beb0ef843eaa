"""The price of fairness: what raising the least points of a village takes from the total."""

from collections.abc import Sequence
from dataclasses import dataclass

from pairmatch.domain.freedom import FairnessPoint
from pairmatch.domain.proposal import Proposal
from pairmatch.report.charts import Stairs, draw_stairs
from pairmatch.report.wording import Text, format_points, format_share_up, word

MOST_POINTS = 10
_CHANGES = ("change_less", "change_none", "change_more")


@dataclass(frozen=True, slots=True)
class FairnessRow:
    """A point of the curve, as steps and as printed; `sentence` is empty for the proposal's own."""

    point: FairnessPoint
    is_own: bool
    loss: int
    worst: str
    total: str
    change: Text
    sentence: Text | None


@dataclass(frozen=True, slots=True)
class FairnessView:
    """The curve with its table and sentences.

    `whose` is what the least points are of; `listed` are the rows that the page has room for, and
    `more` tells how many it has not. Without anything above the other points
    there is one sentence and nothing to draw. Labels are those at the ends of the axes.
    """

    whose: Text
    sentences: tuple[Text, ...]
    rows: tuple[FairnessRow, ...] = ()
    listed: tuple[FairnessRow, ...] = ()
    more: Text | None = None
    drawing: Stairs | None = None
    x_labels: tuple[str, str] = ("", "")
    y_labels: tuple[str, str] = ("", "")


def view_fairness(proposal: Proposal) -> FairnessView | None:
    """Return the price of fairness; None if it was not measured."""
    if proposal.freedom is None or not proposal.freedom.fairness or not proposal.explanations:
        return None
    scale = proposal.problem.steps_per_point
    measured = proposal.freedom.fairness
    own = FairnessPoint(
        min(pair.points for pair in proposal.explanations), proposal.matching.total, 0
    )
    # A village may have several pairs; the curve is of the least of all pairs then.
    single = (proposal.problem.village_max <= 1).all()
    whose = word("whose_village" if single else "whose_pair")
    others = [p for p in measured if (p.worst, p.total) != (own.worst, own.total)]
    rows = [_view_point(point, own, whose, scale) for point in (own, *others)]
    fairer = [row.sentence for row in rows if row.sentence is not None]
    if not fairer:
        fairer = [word("fairness_most", whose=whose, worst=rows[0].worst)]
    sentences = tuple(dict.fromkeys((fairer[0], fairer[-1])))
    if not others:
        return FairnessView(whose, sentences)
    listed = _thin_out(rows)
    more = len(rows) - len(listed)
    worsts, totals = ([getattr(row.point, name) for row in rows] for name in ("worst", "total"))
    x_labels, y_labels = (_label_ends(values, scale) for values in (worsts, totals))
    curve = [(point.worst, point.total) for point in measured]
    return FairnessView(
        whose=whose,
        sentences=sentences,
        rows=tuple(rows),
        listed=listed,
        more=word("more_fairness", count=str(more)) if more else None,
        drawing=draw_stairs(curve, (own.worst, own.total), max(map(len, y_labels))),
        x_labels=x_labels,
        y_labels=y_labels,
    )


def tell_amount(steps: int, steps_per_point: int) -> Text:
    """Return points with their unit; nothing is plainly 0."""
    return word("amount_points", points=format_points(steps, steps_per_point) if steps else "0")


def tell_difference(total: int, own: int, steps_per_point: int, codes: Sequence[str]) -> Text:
    """Return how another total differs from the proposal's own, in points and as a share of it.

    Parameters
    ----------
    total, own
        The other total and the proposal's own, in steps.
    steps_per_point
        A power of ten.
    codes
        Short codes of the sentences for less, for as much, and for more.
    """
    less, same, more = codes
    if total == own:
        return word(same)
    amount = tell_amount(abs(own - total), steps_per_point)
    if total < own and own > 0:
        amount = word("with_share", amount=amount, share=format_share_up(own - total, own))
    return word(less if total < own else more, amount=amount)


def _view_point(
    point: FairnessPoint, own: FairnessPoint, whose: Text, steps_per_point: int
) -> FairnessRow:
    worst, total, before = (
        format_points(steps, steps_per_point) for steps in (point.worst, point.total, own.worst)
    )
    change = tell_difference(point.total, own.total, steps_per_point, _CHANGES)
    sentence = None
    if point.worst > own.worst:
        sentence = word(
            "fairness_sentence",
            whose=whose,
            before=before,
            worst=worst,
            change=change,
            count=str(point.num_changes),
        )
    loss = own.total - point.total
    return FairnessRow(point, point is own, loss, worst, total, change, sentence)


def _thin_out(rows: Sequence[FairnessRow]) -> tuple[FairnessRow, ...]:
    """Return at most so many rows, evenly spread, the first and the last among them."""
    if len(rows) <= MOST_POINTS:
        return tuple(rows)
    last = len(rows) - 1
    return tuple(rows[k * last // (MOST_POINTS - 1)] for k in range(MOST_POINTS))


def _label_ends(values: Sequence[int], steps_per_point: int) -> tuple[str, str]:
    """Return the least and the greatest value; where they are equal the first stays empty."""
    least, greatest = (format_points(v, steps_per_point) for v in (min(values), max(values)))
    return ("" if least == greatest else least, greatest)
