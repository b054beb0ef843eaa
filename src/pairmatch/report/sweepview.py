"""How firm a pairing is: which pairs stay, which settings move most, and what can be reached."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from pairmatch.domain.sweep import FrontPoint, PairShare, SpreadInterval, Sweep, SweepPlan
from pairmatch.report.charts import Dot
from pairmatch.report.comparedmetrics import POINTS, name_metric, show_metric_value
from pairmatch.report.comparednames import KnownNames
from pairmatch.report.figures import (
    Cell,
    Part,
    Row,
    Stretch,
    Table,
    add_length,
    draw_part,
    show_drawing,
    show_number,
    show_text,
    show_unknown,
    tell,
)
from pairmatch.report.wording import Text, format_share, join_texts, word

MOST_SHARES = 30
MOST_RIVALS = 10
MOST_INFLUENCES = 20
MOST_RESULTS = 20
_NUM_AXES = 2
_PLACES = 4
_LONGEST_EXACT = 24
_NO_HEAD = Text("", "")
_WIDTH, _HEIGHT = 520, 300
_LEFT, _TOP, _INSET, _RIGHT, _FOOT = 100, 60, 20, 24, 74
_LABEL = 110


@dataclass(frozen=True, slots=True)
class FrontDrawing:
    """Dots of results by two metrics; `path` joins the best ones, `mark` is the proposal's own.

    `marks` is empty where no draw reached the proposal's result.
    """

    width: int
    height: int
    left: int
    bottom: int
    top: int
    right: int
    best: tuple[Dot, ...]
    others: tuple[Dot, ...]
    marks: tuple[Dot, ...]
    path: str
    x_ends: tuple[Text, Text]
    y_ends: tuple[Text, Text]
    x_name: Text
    y_name: Text
    note: Text
    anchor: str


@dataclass(frozen=True, slots=True)
class SweepView:
    """The parts of the section; what is empty is left out."""

    heading: Text
    name: Text
    sentences: tuple[Text, ...]
    parts: tuple[Part, ...]
    front: Part | None
    drawing: FrontDrawing | None
    intervals: Part | None

    @property
    def all_parts(self) -> tuple[Part, ...]:
        """All parts with tables, as workbooks list them."""
        last = (part for part in (self.front, self.intervals) if part is not None)
        return (*self.parts, *last)


def view_sweep(sweep: Sweep) -> SweepView:
    """Return what a sweep found, part by part."""
    names = KnownNames(sweep.names)
    title = sweep.title_zh or sweep.title_en or sweep.label
    name = Text(title, sweep.title_en or title)
    parts = [_view_plan(sweep.plan)]
    if sweep.num_feasible:
        parts += [_view_shares(sweep, names), _view_rivals(sweep, names), _view_influences(sweep)]
    return SweepView(
        heading=tell("compare.head_sweep", name=name),
        name=name,
        sentences=tuple(_tell_sweep(sweep)),
        parts=tuple(part for part in parts if part is not None),
        front=_view_front(sweep),
        drawing=_draw_front(sweep),
        intervals=_view_intervals(sweep.intervals),
    )


def _tell_sweep(sweep: Sweep) -> Iterator[Text]:
    plan = sweep.plan
    draws = str(plan.num_draws)
    if plan.is_grid:
        yield tell("compare.sweep_grid", draws=draws)
    else:
        yield tell("compare.sweep_drawn", draws=draws, seed=str(plan.seed))
    if sweep.num_feasible:
        counted = {"feasible": str(sweep.num_feasible), "same": str(sweep.num_same)}
        yield tell("compare.sweep_result", **counted)
    else:
        yield tell("compare.sweep_none")


# --- what was drawn ------------------------------------------------------------------------------


def _view_plan(plan: SweepPlan) -> Part | None:
    rows = tuple((show_text(label), show_text(values)) for label, values in _list_drawn(plan))
    if not rows:
        return None
    head = (tell("compare.col_drawn"), tell("compare.col_values"))
    return Part(tell("compare.head_plan"), (), Table(head, rows, kind="drawn"))


def _list_drawn(plan: SweepPlan) -> Iterator[tuple[Text, Text]]:
    for spread in plan.spreads:
        if spread.values:
            listed = _join_values(spread.values)
            values = tell("compare.plan_values", values=listed)
        else:
            ends = {"low": _show_exact(spread.low), "high": _show_exact(spread.high)}
            values = tell("compare.plan_range", **ends)
        yield tell("compare.plan_spread", rule=spread.rule_id), values
    if plan.tolerances:
        yield tell("compare.plan_tolerances"), _join_values(plan.tolerances)
    if plan.draws_unknown:
        yield tell("compare.plan_unknown"), tell("compare.plan_unknown_how")
    if plan.plugins:
        plugins = join_texts([Text(p, p) for p in plan.plugins])
        yield tell("compare.plan_plugins"), tell("compare.plan_plugins_how", plugins=plugins)
    if plan.most_dropouts:
        count = str(plan.most_dropouts)
        yield tell("compare.plan_dropouts"), tell("compare.plan_dropouts_how", count=count)


def _join_values(values: Sequence[Fraction]) -> Text:
    shown = [_show_exact(value) for value in values]
    return join_texts([Text(value, value) for value in shown])


def _show_exact(value: Fraction) -> str:
    """Return a number as a decimal where that ends soon, else as a fraction."""
    for digits in range(_PLACES + 3):
        if (value * 10**digits).denominator == 1:
            return show_number(value, digits).text.zh
    return str(value).replace("-", "−")


# --- which pairs stay ----------------------------------------------------------------------------


def _view_shares(sweep: Sweep, names: KnownNames) -> Part | None:
    own = sorted(
        (pair for pair in sweep.pairs if pair.is_proposed),
        key=lambda pair: (pair.count, pair.unit_id, pair.village_id),
    )
    if not own:
        return None
    firm = sum(pair.count == sweep.num_feasible for pair in own)
    loose = [pair for pair in own if pair.count < sweep.num_feasible]
    shown = loose[:MOST_SHARES]
    rest = len(loose) - len(shown)
    after = []
    if rest:
        after.append(tell("compare.more", count=str(rest)))
    if firm:
        after.append(tell("compare.shares_firm", count=str(firm)))
    intro = tell("compare.shares_intro", feasible=str(sweep.num_feasible))
    table = _list_shares(shown, sweep, names, "compare.col_kept") if shown else None
    return Part(tell("compare.head_shares"), (intro,), table, tuple(after))


def _view_rivals(sweep: Sweep, names: KnownNames) -> Part | None:
    rivals = [pair for pair in sweep.pairs if not pair.is_proposed and pair.count]
    if not rivals:
        return None
    rest = len(rivals) - MOST_RIVALS
    after = (tell("compare.more", count=str(rest)),) if rest > 0 else ()
    table = _list_shares(rivals[:MOST_RIVALS], sweep, names, "compare.col_chosen")
    return Part(tell("compare.head_rivals"), (), table, after)


def _list_shares(pairs: Sequence[PairShare], sweep: Sweep, names: KnownNames, code: str) -> Table:
    rows = tuple(
        (
            show_text(names[pair.unit_id]),
            show_text(names[pair.village_id]),
            show_number(pair.count),
            _show_share(pair.count, sweep.num_feasible),
            show_drawing(bar=draw_part(pair.count, sweep.num_feasible)),
        )
        for pair in pairs
    )
    head = (word("col_unit"), word("col_village"), tell(code), tell("compare.col_share"), _NO_HEAD)
    return Table(head, rows, kind="shares")


def _show_share(count: int, whole: int) -> Cell:
    shown = format_share(count, whole)
    return Cell(Text(shown, shown), Fraction(count, whole), 2, is_figure=True, is_share=True)


def _view_influences(sweep: Sweep) -> Part | None:
    if not sweep.influences:
        return None
    rows = []
    for influence in sweep.influences[:MOST_INFLUENCES]:
        if influence.correlation is None:
            cell = show_unknown(tell("compare.never_varies"))
        else:
            cell = add_length(show_number(Fraction(influence.correlation), 2, signed=True), 1)
        rows.append((show_text(influence.setting), cell))
    rest = len(sweep.influences) - len(rows)
    after = (tell("compare.more", count=str(rest)),) if rest else ()
    head = (tell("compare.col_setting"), tell("compare.col_correlation"))
    table = Table(head, tuple(rows), kind="influences")
    return Part(tell("compare.head_influences"), (tell("compare.influences_intro"),), table, after)


# --- what can be reached -------------------------------------------------------------------------


def _view_front(sweep: Sweep) -> Part | None:
    if not sweep.front or not sweep.front_metrics:
        return None
    rows = tuple(_list_result(point, sweep) for point in sweep.front[:MOST_RESULTS])
    head = (
        tell("compare.col_result"),
        *map(name_metric, sweep.front_metrics),
        tell("compare.col_draws"),
    )
    rest = len(sweep.front) - len(rows)
    after = [tell("compare.more", count=str(rest))] if rest else []
    if len(sweep.front_metrics) > _NUM_AXES:
        after.append(tell("compare.front_projected"))
    if not any(point.is_proposed for point in sweep.front):
        after.append(tell("compare.front_missing"))
    table = Table(head, rows, kind="front")
    return Part(tell("compare.head_front"), (tell("compare.front_intro"),), table, tuple(after))


def _list_result(point: FrontPoint, sweep: Sweep) -> Row:
    label = tell("compare.front_best" if point.is_best else "compare.front_other")
    if point.is_proposed:
        own = tell("compare.front_proposed")
        label = tell("compare.front_both", first=own, second=label)
    return (
        show_text(label, tell("compare.front_draw", number=str(point.number))),
        *(_show_result(point, metric, sweep) for metric in sweep.front_metrics),
        show_number(point.count),
    )


def _show_result(point: FrontPoint, metric: str, sweep: Sweep) -> Cell:
    if metric not in point.metrics:
        return show_unknown(tell("compare.unknown"))
    scale = sweep.steps_per_point
    value = Fraction(point.metrics[metric], scale if metric in POINTS else 1)
    return show_metric_value(value, metric, scale)


def _draw_front(sweep: Sweep) -> FrontDrawing | None:
    """Return the drawing by the first two metrics; best ones are joined if there are no more."""
    axes = sweep.front_metrics[:_NUM_AXES]
    points = [point for point in sweep.front if all(axis in point.metrics for axis in axes)]
    if len(axes) < _NUM_AXES or not points:
        return None
    xs, ys = ([point.metrics[axis] for point in points] for axis in axes)
    bottom, right = _TOP + _HEIGHT, _LEFT + _WIDTH
    dots = [
        Dot(
            _LEFT + _INSET + _place(x, xs, _WIDTH - 2 * _INSET),
            bottom - _INSET - _place(y, ys, _HEIGHT - 2 * _INSET),
        )
        for x, y in zip(xs, ys, strict=True)
    ]
    placed = list(zip(points, dots, strict=True))
    best = sorted({dot for p, dot in placed if p.is_best}, key=lambda d: (d.x, d.y))
    marks = tuple(dict.fromkeys(dot for p, dot in placed if p.is_proposed))
    others = dict.fromkeys(dot for p, dot in placed if not p.is_best)
    ends = [
        tuple(
            _show_result(points[values.index(end)], axis, sweep).text
            for end in (min(values), max(values))
        )
        for axis, values in zip(axes, (xs, ys), strict=True)
    ]
    names = [name_metric(axis) for axis in axes]
    is_joined = len(sweep.front_metrics) == _NUM_AXES and len(best) > 1
    return FrontDrawing(
        width=right + _RIGHT,
        height=bottom + _FOOT,
        left=_LEFT,
        bottom=bottom,
        top=_TOP,
        right=right,
        best=tuple(best),
        others=tuple(others),
        marks=marks,
        path=_join_steps(best) if is_joined else "",
        x_ends=(ends[0][0], ends[0][1]),
        y_ends=(ends[1][0], ends[1][1]),
        x_name=names[0],
        y_name=names[1],
        note=tell("compare.front_note", x=names[0], y=names[1]),
        anchor="end" if marks and marks[0].x > right - _LABEL else "start",
    )


def _join_steps(dots: Sequence[Dot]) -> str:
    # Whoever asks for a little more than a result has gets what the next one reaches.
    first, *others = dots
    return f"M {first.x} {first.y}" + "".join(f" V {dot.y} H {dot.x}" for dot in others)


def _place(value: int, values: Sequence[int], length: int) -> int:
    span = max(values) - min(values)
    return (value - min(values)) * length // span if span else length // 2


# --- how far each spread can go ------------------------------------------------------------------


def _view_intervals(intervals: Sequence[SpreadInterval]) -> Part | None:
    if not intervals:
        return None
    codes = ("rule", "present", "low", "high", "interval")
    rows = tuple(_list_interval(interval) for interval in intervals)
    table = Table(tuple(tell(f"compare.col_{code}") for code in codes), rows, kind="intervals")
    return Part(tell("compare.head_intervals"), (tell("compare.intervals_intro"),), table)


def _list_interval(interval: SpreadInterval) -> Row:
    label = Text(
        interval.label_zh or interval.rule_id,
        interval.label_en or interval.label_zh or interval.rule_id,
    )
    high = interval.high
    return (
        show_text(label),
        show_text_figure(interval.spread, _show_exact(interval.spread)),
        _show_end(interval.low, rounds_up=True),
        show_unknown(tell("compare.no_end")) if high is None else _show_end(high, rounds_up=False),
        show_drawing(stretch=_draw_interval(interval)),
    )


def show_text_figure(value: Fraction, text: str) -> Cell:
    """Return a figure that is printed as this text."""
    return Cell(Text(text, text), value, _PLACES, is_figure=True)


def _show_end(value: Fraction, *, rounds_up: bool) -> Cell:
    """Return an end of an interval, rounded into it, with the exact fraction if it is short."""
    scaled = value * 10**_PLACES
    exact = _show_exact(value)
    if "/" not in exact:
        return show_text_figure(value, exact)
    rounded = Fraction(ceil(scaled) if rounds_up else floor(scaled), 10**_PLACES)
    decimal = show_number(rounded, _PLACES).text
    if len(exact) > _LONGEST_EXACT:
        return Cell(decimal, value, _PLACES, is_figure=True)
    return Cell(
        tell("compare.with_exact", decimal=decimal, exact=exact), value, _PLACES, is_figure=True
    )


def _draw_interval(interval: SpreadInterval) -> Stretch:
    full = 2 * interval.spread or 2 * (interval.high or Fraction(1))
    ends = [interval.low, full if interval.high is None else interval.high]
    low, high = (min(int(end * 100 / full), 100) for end in ends)
    is_open = interval.high is None or interval.high > full
    mark = int(interval.spread * 100 / full)
    return Stretch(low, max(high - low, 1), mark, is_open)
