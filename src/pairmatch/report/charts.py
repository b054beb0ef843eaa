"""Bars as the page draws them: plain SVG with whole per cent, so they print and open anywhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """A two-part bar: how much of the full width is covered and how much is left, in per cent."""

    covered: int
    residual: int


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
