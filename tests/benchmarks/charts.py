"""A picture of seconds against size, both in logarithms, as SVG."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 20, 55
MARGIN = 0.1
LABEL_WIDTH = 210
COLOURS = ("#1f5fa8", "#c2571a", "#2b7a4b", "#7a3b8f")


@dataclass(frozen=True, slots=True)
class Series:
    """Measured places (size, seconds), and the factor and power fitted to them, if any."""

    label: str
    places: Sequence[tuple[float, float]]
    fit: tuple[float, float] | None


def draw_growth(series: Sequence[Series], title: str, across: str, upwards: str) -> str:
    """Return the picture; lines are fits, dots are measurements."""
    sizes = [size for one in series for size, _seconds in one.places]
    seconds = [taken for one in series for _size, taken in one.places]
    place_x, marks_x = make_axis(min(sizes), max(sizes), LEFT, WIDTH - RIGHT)
    place_y, marks_y = make_axis(min(seconds), max(seconds), HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13" role="img">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *(draw_mark_x(mark, place_x(mark)) for mark in marks_x),
        *(draw_mark_y(mark, place_y(mark)) for mark in marks_y),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">'
        f"{across}</text>",
        f'<text x="16" y="{(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" '
        f'transform="rotate(-90 16 {(TOP + HEIGHT - BOTTOM) / 2})">{upwards}</text>',
    ]
    for number, one in enumerate(series):
        parts += draw_series(one, place_x, place_y, COLOURS[number % len(COLOURS)])
        parts += draw_label(one.label, number, len(series))
    return "\n".join([*parts, "</svg>"]) + "\n"


def make_axis(
    least: float, most: float, begin: float, end: float
) -> tuple[Callable[[float], float], list[float]]:
    """Return where a number lies on an axis of logarithms, and round numbers to mark."""
    low, high = math.log10(least) - MARGIN, math.log10(most) + MARGIN
    powers = range(math.floor(low), math.ceil(high) + 1)
    marks = [first * 10.0**power for power in powers for first in (1, 2, 5)]

    def place(number: float) -> float:
        return begin + (math.log10(number) - low) / (high - low) * (end - begin)

    return place, [mark for mark in marks if low <= math.log10(mark) <= high]


def draw_mark_x(mark: float, x: float) -> str:
    """Return a line upwards and the number below it."""
    return (
        f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#dddddd"/>'
        f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{mark:,.12g}</text>'
    )


def draw_mark_y(mark: float, y: float) -> str:
    """Return a line across and the number beside it."""
    return (
        f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{mark:,.12g}</text>'
    )


def draw_series(
    one: Series,
    place_x: Callable[[float], float],
    place_y: Callable[[float], float],
    colour: str,
) -> list[str]:
    """Return a dot for every measurement, and the line of the fit."""
    drawn = [
        f'<circle cx="{place_x(size):.1f}" cy="{place_y(taken):.1f}" r="4" fill="{colour}"/>'
        for size, taken in one.places
    ]
    if one.fit:
        factor, power = one.fit
        sizes = [size for size, _seconds in one.places]
        ends = " L".join(
            f"{place_x(size):.1f} {place_y(factor * size**power):.1f}"
            for size in (min(sizes), max(sizes))
        )
        drawn.append(f'<path d="M{ends}" stroke="{colour}" stroke-width="1.5"/>')
    return drawn


def draw_label(label: str, number: int, total: int) -> list[str]:
    """Return a series' name beside its colour, low on the right, where growth leaves room."""
    x, y = WIDTH - RIGHT - LABEL_WIDTH, HEIGHT - BOTTOM - 20 * (total - number) + 6
    return [
        f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{COLOURS[number % len(COLOURS)]}"/>',
        f'<text x="{x + 12}" y="{y}">{label}</text>',
    ]
