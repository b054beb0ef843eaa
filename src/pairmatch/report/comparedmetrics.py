"""What each of the pairings compared reaches, and what each part of the difference does to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from pairmatch.domain.comparison import Comparison, Difference, Metrics, Side
from pairmatch.messages import read_catalogue
from pairmatch.report.comparednames import name_sides
from pairmatch.report.figures import (
    FULL_SHARE,
    Cell,
    Part,
    Row,
    Table,
    count_places,
    draw_part,
    show_number,
    show_text,
    show_unknown,
    tell,
)
from pairmatch.report.wording import Text, join_texts, word

POINTS = ("total", "worst_village", "worst_county")
COUNTS = ("num_matched", "kept")
_PAIR_METRICS = (
    "compare.metric_num_matched",
    "compare.metric_total",
    "compare.metric_worst_village",
    "compare.metric_worst_county",
)
_SHORT_NAMES = (
    "compare.short_num_matched",
    "compare.short_total",
    "compare.short_worst_village",
    "compare.short_worst_county",
    "compare.short_residual",
    "compare.short_kept",
    "compare.short_mean_km",
)
_AREAS = (
    "compare.area_consolidate",
    "compare.area_infrastructure",
    "compare.area_services",
    "compare.area_industry",
    "compare.area_environment",
    "compare.area_heritage",
)
"""The areas of the programme's own table, in its order."""


def view_metrics(comparison: Comparison) -> Part:
    """Return the table of the main figures, a column for each side."""
    sides = comparison.sides
    names = name_sides(sides)
    rows = [
        (show_text(label), *_compare_row(cells, has_bars))
        for label, cells, has_bars in _list_metrics(comparison)
    ]
    told = {side.status for side in sides} & {"optimal", "bounded", "stopped"}
    if told:
        statuses = (
            show_text(tell(f"compare.status_{side.status}") if side.status in told else side.status)
            for side in sides
        )
        rows.append((show_text(tell("compare.metric_status")), *statuses))
    alone = len(sides) == 1
    intro = (
        tell("compare.metrics_alone") if alone else tell("compare.metrics_intro", first=names[0])
    )
    table = Table((tell("compare.col_metric"), *names), tuple(rows), kind="metrics")
    return Part(tell("compare.head_metrics"), (intro,), table)


def view_causes(comparison: Comparison, number: int) -> Part | None:
    """Return what the parts of a difference do to each metric; None if there is nothing to tell."""
    difference = comparison.differences[number]
    heading = tell("compare.head_causes")
    if difference.uncaused:
        parts = join_texts([Text(part, part) for part in difference.uncaused])
        return Part(heading, (tell("compare.uncaused", parts=parts),))
    if not difference.causes:
        return None
    first, other = comparison.sides[0], comparison.sides[number + 1]
    metrics = [m for m in _order_metrics(difference) if _is_known(m, first, other)]
    rows = tuple(
        (
            show_text(cause.label, _note_paths(cause.label, cause.paths)),
            *_show_effects([cause.effects.get(m) for m in metrics], metrics, first),
        )
        for cause in difference.causes
    )
    sums = [_add_effects(difference, metric) for metric in metrics]
    whole = [_measure_change(metric, first, other) for metric in metrics]
    foot: list[Row] = [(show_text(word("sum")), *_show_effects(sums, metrics, first))]
    known = [(a, b) for a, b in zip(sums, whole, strict=True) if b is not None]
    exact = all(a == b for a, b in known)
    if not exact:
        label = show_text(tell("compare.whole_difference"))
        foot.append((label, *_show_effects(whole, metrics, first)))
    table = Table(
        (tell("compare.col_cause"), *map(name_metric, metrics)), rows, tuple(foot), "causes"
    )
    claim = tell("compare.causes_exact" if exact else "compare.causes_inexact")
    return Part(heading, (tell("compare.causes_intro"),), table, (claim,))


# --- the table of metrics -----------------------------------------------------------------------


def _list_metrics(comparison: Comparison) -> Iterator[tuple[Text, list[Cell], bool]]:
    """Return the label of each metric, a cell for each side, and whether bars tell anything."""
    sides = comparison.sides
    for code in _PAIR_METRICS:
        metric = code.partition("_")[2]
        if metric != "worst_county" or any(side.metrics.counties for side in sides):
            yield tell(code), [_show_metric(side, metric) for side in sides], True
    for area in _list_areas([side.metrics for side in sides]):
        label = tell("compare.metric_area", area=name_area(area, comparison.names))
        yield label, [_show_area(side.metrics, area) for side in sides], True
    if any(side.metrics.areas for side in sides):
        label = tell("compare.metric_residual")
        yield label, [_show_metric(side, "residual") for side in sides], True
    yield tell("compare.metric_kept"), [_show_metric(side, "kept") for side in sides], True
    yield tell("compare.metric_mean_km"), [_show_metric(side, "mean_km") for side in sides], True


def _show_metric(side: Side, metric: str, *, signed: bool = False) -> Cell:
    value = read_metric(side.metrics, metric, side.steps_per_point)
    if value is None:
        return show_unknown(tell("compare.unknown"))
    return show_metric_value(value, metric, side.steps_per_point, signed=signed)


def read_metric(metrics: Metrics, metric: str, steps_per_point: int) -> Fraction | None:
    """Return a metric in the measure it is told in; None where it is not known or not known of."""
    if metric.startswith("worst_") and metrics.num_matched == 0:
        return None
    if metric in metrics.areas:
        return Fraction(metrics.areas[metric], FULL_SHARE)
    value = getattr(metrics, metric, None)
    if not isinstance(value, int | Fraction):
        return None
    if metric in POINTS:
        return Fraction(value, steps_per_point)
    return Fraction(value, FULL_SHARE) if metric == "residual" else Fraction(value)


def show_metric_value(
    value: Fraction, metric: str, steps_per_point: int, *, signed: bool = False
) -> Cell:
    """Return a metric's figure with the decimals it is told with."""
    if metric == "residual":
        return show_number(value, 2, signed=signed, share=True)
    digits = count_places(steps_per_point) if metric in POINTS else 2 if metric == "mean_km" else 0
    return show_number(value, digits, signed=signed)


def _show_area(metrics: Metrics, area: str) -> Cell:
    if area not in metrics.areas:
        return show_unknown(tell("compare.unknown"))
    return show_number(Fraction(metrics.areas[area], FULL_SHARE), 2, share=True)


def _compare_row(cells: list[Cell], has_bars: bool) -> Iterator[Cell]:
    """Return the cells with bars, and all but the first with their difference to it."""
    values = [cell.value for cell in cells if cell.value is not None]
    largest = Fraction(1) if cells[0].is_share else max(values, default=Fraction(0))
    for k, cell in enumerate(cells):
        shown = cell
        if has_bars and cell.value is not None:
            shown = replace(shown, bar=draw_part(cell.value, largest))
        yield replace(shown, change=_subtract(cell, cells[0])) if k else shown


def _subtract(cell: Cell, first: Cell) -> Cell:
    if cell.value is None or first.value is None:
        return show_unknown(tell("compare.unknown"))
    digits = max(cell.digits, first.digits)
    difference = cell.value - first.value
    if not cell.is_share:
        return show_number(difference, digits, signed=True)
    plain = show_number(difference * 100, digits, signed=True)
    told = tell("compare.percent_points", value=plain.text)
    return replace(plain, text=told, value=difference, is_share=True)


def _list_areas(metrics: list[Metrics]) -> list[str]:
    """Return the areas in the order of the programme's table, others after them by id."""
    known = [code.partition("_")[2] for code in _AREAS]
    areas = {area for side in metrics for area in side.areas}
    return sorted(areas, key=lambda a: (known.index(a) if a in known else len(known), a))


def name_area(area: str, names: Mapping[str, str]) -> Text:
    """Return the name of an area, or its id where none is known."""
    if area in names:
        return Text(names[area], names[area])
    return tell(f"compare.area_{area}") if f"compare.area_{area}" in _AREAS else Text(area, area)


# --- what causes the difference ------------------------------------------------------------------


def _order_metrics(difference: Difference) -> list[str]:
    known = [code.partition("_")[2] for code in _SHORT_NAMES]
    metrics = {metric for cause in difference.causes for metric in cause.effects}
    return sorted(metrics, key=lambda m: (known.index(m) if m in known else len(known), m))


def name_metric(metric: str) -> Text:
    """Return what a metric is called in the head of a narrow column."""
    if f"short_{metric}" in read_catalogue("compare"):
        return tell(f"compare.short_{metric}")
    return name_area(metric, {})


def _add_effects(difference: Difference, metric: str) -> Fraction | None:
    effects = [cause.effects.get(metric) for cause in difference.causes]
    known = [effect for effect in effects if effect is not None]
    return sum(known, Fraction(0)) if len(known) == len(effects) else None


def _measure_change(metric: str, first: Side, other: Side) -> Fraction | None:
    """Return the whole difference of a metric, in the measure of the effects."""
    before = read_metric(first.metrics, metric, first.steps_per_point)
    after = read_metric(other.metrics, metric, other.steps_per_point)
    if before is None or after is None:
        return None
    return (after - before) * _find_scale(metric, first)


def _is_known(metric: str, first: Side, other: Side) -> bool:
    """Whether both sides know a metric; one that the record does not have is taken as it is."""
    sides = (first, other)
    if metric == "worst_county":
        return any(side.metrics.counties for side in sides)
    if not hasattr(first.metrics, metric):
        return True
    return all(read_metric(s.metrics, metric, s.steps_per_point) is not None for s in sides)


def _find_scale(metric: str, first: Side) -> int:
    if metric in POINTS:
        return first.steps_per_point
    if metric in ("residual", *first.metrics.areas):
        return FULL_SHARE
    return 1


def _show_effects(
    values: Sequence[Fraction | None], metrics: Sequence[str], first: Side
) -> Iterator[Cell]:
    for value, metric in zip(values, metrics, strict=True):
        if value is None:
            yield show_unknown(tell("compare.unknown"))
        else:
            scaled = value / _find_scale(metric, first)
            is_share = metric in ("residual", *first.metrics.areas)
            yield show_number(scaled, 2, signed=True, share=is_share)


def _note_paths(label: str, paths: tuple[str, ...]) -> Text | None:
    told = join_texts([Text(path, path) for path in paths])
    return told if paths and paths != (label,) else None
