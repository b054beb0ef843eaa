"""A schematic of the counties: a dot per seat, never a boundary; whole numbers throughout."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pairmatch.messages import Language
from pairmatch.report.pairs import name_county
from pairmatch.report.summary import CountySummary
from pairmatch.report.wording import word

WIDTH = 640
MARGIN = 70
SMALLEST, LARGEST = 7, 16
FONT = 17
ROUNDS = 3
_GAP = 5

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Label:
    """A county's name and count beside its dot; `anchor` is an SVG text-anchor."""

    x: int
    y: int
    anchor: str
    name: str
    count: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A county seat: centre and radius."""

    x: int
    y: int
    radius: int


@dataclass(frozen=True, slots=True)
class DotMap:
    """The drawing: size, dots, and the labels of each language, laid out on their own."""

    width: int
    height: int
    dots: tuple[Dot, ...]
    labels_zh: tuple[Label, ...]
    labels_en: tuple[Label, ...]
    missing: tuple[CountySummary, ...]


def draw_map(counties: Sequence[CountySummary]) -> DotMap | None:
    """Return the schematic of the counties that have coordinates, or None if none has.

    Longitudes are shortened by the cosine of the middle latitude; a dot's area grows with the
    county's total score.
    """
    located = [c for c in counties if _find_seat(c) is not None]
    if not located:
        return None
    points, height = _project([seat for c in located if (seat := _find_seat(c))])
    top = max((c.points for c in located), default=0)
    dots = tuple(
        Dot(x, y, _size_dot(c.points, top)) for c, (x, y) in zip(located, points, strict=True)
    )
    return DotMap(
        width=WIDTH,
        height=height,
        dots=dots,
        labels_zh=_place_labels(located, dots, height, "zh"),
        labels_en=_place_labels(located, dots, height, "en"),
        missing=tuple(c for c in counties if _find_seat(c) is None and c.name),
    )


def _find_seat(county: CountySummary) -> tuple[float, float] | None:
    record = county.county
    if record is None or record.longitude is None or record.latitude is None:
        return None
    return record.longitude, record.latitude


def _project(seats: Sequence[tuple[float, float]]) -> tuple[list[tuple[int, int]], int]:
    """Return pixel positions, north up, and the height that keeps distances in proportion."""
    longitudes, latitudes = [s[0] for s in seats], [s[1] for s in seats]
    shrink = math.cos(math.radians((min(latitudes) + max(latitudes)) / 2))
    span_x = max((max(longitudes) - min(longitudes)) * shrink, 1e-6)
    span_y = max(latitudes) - min(latitudes)
    # A tall, narrow region is scaled by its height, so that the drawing never outgrows a screen.
    scale = (WIDTH - 2 * MARGIN) / max(span_x, span_y * 0.9)
    left = (WIDTH - span_x * scale) / 2
    points = [
        (
            round(left + (x - min(longitudes)) * shrink * scale),
            round(MARGIN + (max(latitudes) - y) * scale),
        )
        for x, y in seats
    ]
    return points, round(2 * MARGIN + span_y * scale)


def _size_dot(points: int, top: int) -> int:
    if points <= 0 or top <= 0:
        return SMALLEST
    return SMALLEST + math.isqrt((LARGEST - SMALLEST) ** 2 * points // top)


def _place_labels(
    counties: Sequence[CountySummary], dots: Sequence[Dot], height: int, lang: Language
) -> tuple[Label, ...]:
    """Put each label where it covers least of the dots and of the other labels.

    The first round sees only the labels before it; the later ones mend what that made poor.
    """
    names = [_shorten(c, lang) for c in counties]
    counts = [word("map_pairs", count=str(c.num_pairs)).pick(lang) for c in counties]
    circles = [(d.x - d.radius, d.y - d.radius, d.x + d.radius, d.y + d.radius) for d in dots]
    placed: dict[int, tuple[str, Box]] = {}
    for _ in range(ROUNDS):
        for k, dot in enumerate(dots):
            others = circles + [placed[j][1] for j in placed if j != k]
            options = _list_boxes(dot, _measure(f"{names[k]} {counts[k]}"))
            placed[k] = min(options, key=lambda o: _count_overlap(o[1], others, height))
    return tuple(
        _make_label(*placed[k], name, count)
        for k, (name, count) in enumerate(zip(names, counts, strict=True))
    )


def _make_label(anchor: str, box: Box, name: str, count: str) -> Label:
    x = {"start": box[0], "end": box[2], "middle": (box[0] + box[2]) // 2}[anchor]
    return Label(x, box[3] - FONT // 4, anchor, name, count)


def _shorten(county: CountySummary, lang: Language, longest: int = 18) -> str:
    """Return the name for a label: in English without the kind of place, never very long."""
    name = name_county(county.name, county.county).pick(lang)
    for kind in (" County", " City", " District", " Autonomous"):
        name = name.removesuffix(kind)
    return name if len(name) <= longest else name[: longest - 1] + "…"


def _measure(text: str) -> int:
    return sum(FONT if ord(char) > 0xFF else FONT * 3 // 5 for char in text)  # noqa: PLR2004


def _list_boxes(dot: Dot, width: int) -> list[tuple[str, Box]]:
    """Return the places a label may take around its dot, the most natural first."""
    half = FONT * 3 // 5
    away = dot.radius + _GAP
    slant = away * 3 // 4
    boxes: list[tuple[str, Box]] = []
    for dy, dx in ((0, away), (slant, slant), (-slant, slant)):
        right, left = dot.x + dx, dot.x - dx
        top, bottom = dot.y + dy - half, dot.y + dy + half
        boxes += [
            ("start", (right, top, right + width, bottom)),
            ("end", (left - width, top, left, bottom)),
        ]
    for dy in (away + half, -away - half):
        start = dot.x - width // 2
        boxes.append(("middle", (start, dot.y + dy - half, start + width, dot.y + dy + half)))
    return boxes


def _count_overlap(box: Box, taken: Sequence[Box], height: int) -> int:
    outside = max(0, -box[0]) + max(0, box[2] - WIDTH) + max(0, -box[1]) + max(0, box[3] - height)
    overlap = 0
    for other in taken:
        wide = min(box[2], other[2]) - max(box[0], other[0])
        tall = min(box[3], other[3]) - max(box[1], other[1])
        if wide > 0 and tall > 0:
            overlap += wide * tall
    return overlap + outside * FONT * 2
