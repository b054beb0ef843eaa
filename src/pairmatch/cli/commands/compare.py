"""`pairmatch compare`: scenarios side by side, and what it takes to get from one to another."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pairmatch.cli.console import Console
from pairmatch.cli.grids import align_rows
from pairmatch.cli.options import PATH, make_command, open_folder
from pairmatch.cli.points import UNKNOWN, format_change, format_share
from pairmatch.domain.plugins import PluginOptions
from pairmatch.domain.points import format_steps

if TYPE_CHECKING:
    from fractions import Fraction

    from pairmatch.domain.comparison import Comparison, Difference, Side

EXAMPLES = (
    "pairmatch compare cangzhou-2026 cangzhou-2026-fairness",
    "pairmatch compare cangzhou-2026 cangzhou-2026-industry --out reports --json",
)


@make_command(
    "compare",
    EXAMPLES,
    click.Argument(["places"], nargs=-1, required=True, type=PATH, metavar="A B..."),
    click.Option(["--sweep"], type=PATH, metavar="DIR", help="cli.opt_sweep"),
    click.Option(["--out"], type=PATH, metavar="DIR", help="cli.opt_compare_out"),
    has_plugins=True,
)
def command(
    console: Console,
    places: tuple[Path, ...],
    sweep: Path | None,
    out: Path | None,
    plugins: PluginOptions,
) -> int:
    """Compare ways of pairing, and write a page, a workbook and data."""
    for place in places:
        open_folder(console, place)
    from pairmatch import engine

    drawn = None if sweep is None else engine.read_sweep(sweep)
    comparison = engine.compare_ways(places, plugins, console.show_step)
    files = engine.publish_comparison(comparison, out or Path(), drawn, console.lang)
    described = engine.make_plain(comparison)
    console.emit({"status": "done", "files": [str(path) for path in files], **described})
    if not console.as_json:
        _present(console, comparison)
        console.tell("cli.compare_written")
        console.list_paths(files)
    return 0


def _present(console: Console, comparison: "Comparison") -> None:
    head = [console.word("cli.compare_metric").text, *(s.label for s in comparison.sides)]
    for line in align_rows([head, *_list_metrics(console, comparison.sides)]):
        console.write(line)
    first, *others = comparison.sides
    for other, difference in zip(others, comparison.differences, strict=True):
        _present_difference(console, first, other, difference)


def _list_metrics(console: Console, sides: "tuple[Side, ...]") -> list[list[str]]:
    rows = []
    for name in ("total", "worst_village", "worst_county"):
        values = [_format_points(side, name) for side in sides]
        rows.append([console.word(f"cli.metric_{name}").text, *values])
    known = [UNKNOWN if s.metrics.kept is None else str(s.metrics.kept) for s in sides]
    rows.append([console.word("cli.metric_kept").text, *known])
    shares = [format_share(s.metrics.residual) if s.metrics.areas else UNKNOWN for s in sides]
    rows.append([console.word("cli.metric_residual").text, *shares])
    distances = [
        UNKNOWN if s.metrics.mean_km is None else f"{float(s.metrics.mean_km):.1f}" for s in sides
    ]
    rows.append([console.word("cli.metric_mean_km").text, *distances])
    matched = [str(s.metrics.num_matched) for s in sides]
    return [[console.word("cli.metric_num_matched").text, *matched], *rows]


def _format_points(side: "Side", metric: str) -> str:
    metrics = side.metrics
    # Where there is no pair, or no county, there is none that has the least.
    bases = {"worst_village": metrics.num_matched, "worst_county": metrics.counties}
    if not bases.get(metric, True):
        return UNKNOWN
    return format_steps(getattr(metrics, metric), side.steps_per_point)


def _present_difference(
    console: Console, first: "Side", other: "Side", difference: "Difference"
) -> None:
    if not difference.lost and not difference.gained:
        console.tell("cli.compare_same", first=first.label, other=other.label)
    else:
        console.tell(
            "cli.compare_against",
            first=first.label,
            other=other.label,
            lost=str(max(len(difference.lost), len(difference.gained))),
            chains=str(len(difference.chains)),
            acceptable=str(sum(chain.is_acceptable for chain in difference.chains)),
        )
    if difference.uncaused:
        console.tell("cli.compare_uncaused", label="、".join(difference.uncaused))
    if difference.causes:
        console.tell("cli.compare_causes")
    for cause in difference.causes:
        effects = {
            name: _format_effect(cause.effects[name], first.steps_per_point)
            for name in ("total", "worst_village")
        }
        console.tell("cli.compare_cause", label=cause.label, **effects)


def _format_effect(steps: "Fraction", scale: int) -> str:
    return format_change(round(steps), scale)
