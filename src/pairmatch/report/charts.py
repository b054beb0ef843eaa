"""Bars and curves as the page draws them: plain SVG in whole units, so they print anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass

_DIGIT = 10  # width of a digit of the labels, in the drawing's own units
_PLOT_WIDTH, _PLOT_HEIGHT = 380, 190
_TOP, _SIDE, _FOOT = 44, 14, 76
_INSET = 16  # between the axes and the points
_FEW = 15  # so many dots of full size do not run into each other


@dataclass(frozen=True, slots=True)
class Bar:
    """A two-part bar: how much of the full width is covered and how much is left, in per cent."""

    covered: int
    residual: int


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a drawing."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Stairs:
    """A falling curve of single points between axes that end at `top` and `right`.

    The axes meet at `left` and `bottom`. `path` joins the points as steps, for between two of them
    there is nothing. `mark` is one of them or stands apart; `anchor` says on which side of it there
    is room for its name.
    """

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    path: str
    mark: Dot
    dots: tuple[Dot, ...]
    radius: int
    anchor: str


def draw_bar(covered: int, deficit: int, full: int) -> Bar:
    """Return the bar of a shortfall of which a part is covered.

    Parameters
    ----------
    covered
        The covered part.
    deficit
        The whole shortfall, which the bar's length shows.
    full
        The shortfall that fills the whole width; 0 draws an empty bar.
    """
    if full == 0:
        return Bar(0, 0)
    end = covered * 100 // full
    return Bar(end, deficit * 100 // full - end)


def draw_stairs(
    points: Sequence[tuple[int, int]], mark: tuple[int, int], num_digits: int
) -> Stairs:
    """Return the drawing of points (what is wanted, what it leaves) and of a marked one.

    Parameters
    ----------
    points
        The points, rising in what is wanted and falling in what it leaves.
    mark
        The marked point; the curve begins at it if that is where it lies, else it stands apart.
    num_digits
        How many characters the longest label of the upright axis has.
    """
    axis = _SIDE + _DIGIT * num_digits
    left = axis + _INSET
    right, bottom = left + _PLOT_WIDTH, _TOP + _PLOT_HEIGHT
    xs, ys = ([*(p[k] for p in points), mark[k]] for k in (0, 1))
    *dots, marked = (
        Dot(left + _scale(x, xs, _PLOT_WIDTH), bottom - _scale(y, ys, _PLOT_HEIGHT))
        for x, y in (*points, mark)
    )
    begins = mark[0] <= points[0][0] and mark[1] >= points[0][1]
    first, *others = dict.fromkeys((marked, *dots) if begins else dots)
    # Whoever asks for a little more than a point has gets what the next point leaves.
    steps = "".join(f" V {dot.y} H {dot.x}" for dot in others)
    return Stairs(
        width=right + _SIDE,
        height=bottom + _FOOT,
        left=axis,
        right=right,
        top=_TOP,
        bottom=bottom + _INSET,
        path=f"M {first.x} {first.y}{steps}",
        mark=marked,
        dots=tuple(dot for dot in dots if dot != marked),
        radius=5 if len(dots) <= _FEW else 3,
        anchor="start" if 2 * marked.x < left + right else "end",
    )


def _scale(value: int, values: Sequence[int], length: int) -> int:
    """Return where a value lies on an axis from the least to the greatest; alone in its middle."""
    span = max(values) - min(values)
    return (value - min(values)) * length // span if span else length // 2
