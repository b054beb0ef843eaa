"""`pairmatch sweep`: many drawn settings, and how firm the pairing is under them."""

import os
import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pairmatch.cli.console import Console
from pairmatch.cli.options import PATH, make_command, make_folder_argument, open_folder
from pairmatch.domain.plugins import PluginOptions
from pairmatch.domain.sweep import SpreadRange
from pairmatch.errors import UsageError

if TYPE_CHECKING:
    from pairmatch.domain.sweep import Sweep

EXAMPLES = (
    "pairmatch sweep scenarios/cangzhou-2026 --draws 1000 --unknown",
    "pairmatch sweep cangzhou-2026 --spread need_coverage=40,60 --grid --json",
)
MOST_SHOWN = 5
_NUMBER = re.compile(r"\d{1,7}(?:\.\d{1,9})?")
_FIRM = Fraction(9, 10)


@make_command(
    "sweep",
    EXAMPLES,
    make_folder_argument("scenario"),
    click.Option(["--draws"], type=click.IntRange(1, 1_000_000), default=200, help="cli.opt_draws"),
    click.Option(["--seed"], type=click.IntRange(min=0), default=1, help="cli.opt_seed"),
    click.Option(
        ["--spread", "spreads"], multiple=True, metavar="RULE=LOW..HIGH", help="cli.opt_spread"
    ),
    click.Option(["--grid"], is_flag=True, help="cli.opt_grid"),
    click.Option(["--within"], metavar="A,B", help="cli.opt_within"),
    click.Option(["--unknown"], is_flag=True, help="cli.opt_unknown"),
    click.Option(["--toggle"], multiple=True, metavar="PLUGIN", help="cli.opt_toggle"),
    click.Option(
        ["--dropouts"], type=click.IntRange(min=0), default=0, metavar="K", help="cli.opt_dropouts"
    ),
    click.Option(["--processes"], type=click.IntRange(min=1), help="cli.opt_processes"),
    click.Option(["--cluster"], metavar="ADDRESS", help="cli.opt_cluster"),
    click.Option(["--out"], type=PATH, metavar="DIR", help="cli.opt_sweep_out"),
    has_plugins=True,
)
def command(  # noqa: PLR0913, PLR0917 - one for each option
    console: Console,
    scenario: Path,
    draws: int,
    seed: int,
    spreads: tuple[str, ...],
    grid: bool,
    within: str | None,
    unknown: bool,
    toggle: tuple[str, ...],
    dropouts: int,
    processes: int | None,
    cluster: str | None,
    out: Path | None,
    plugins: PluginOptions,
) -> int:
    """Draw settings, match each time, and say how firm the pairing is."""
    open_folder(console, scenario)
    from pairmatch import engine

    wishes = engine.SweepWishes(
        num_draws=draws,
        seed=seed,
        spreads=_read_spreads(spreads),
        tolerances=() if within is None else _read_shares(within),
        draws_unknown=unknown,
        plugins=toggle,
        most_dropouts=dropouts,
        is_grid=grid,
    )
    workers = engine.Workers(processes or os.cpu_count() or 1, cluster)
    watch = engine.Watch(console.show_step, console.show_ticks)
    sweep, files = engine.sweep_scenario(scenario, wishes, out, workers, plugins, watch)
    plain = {key: value for key, value in engine.make_plain(sweep).items() if key != "names"}
    console.emit({"status": "done", "files": [str(path) for path in files], **plain})
    if not console.as_json:
        _present(console, sweep)
        console.list_paths(files)
    return 0


def _read_spreads(texts: tuple[str, ...]) -> tuple[SpreadRange, ...]:
    found: dict[str, SpreadRange] = {}
    for text in texts:
        spread = _read_spread(text)
        if found.setdefault(spread.rule_id, spread) is not spread:  # the same rule twice
            raise UsageError("cli.bad_spread", text=text)
    return tuple(found.values())


def _read_spread(text: str) -> SpreadRange:
    rule_id, mark, given = text.partition("=")
    try:
        if mark and ".." in given:
            low, high = map(_read_number, given.split(".."))
            values: tuple[Fraction, ...] = ()
        else:
            values = tuple(map(_read_number, given.split(",")))
            low, high = min(values), max(values)
    except ValueError:
        raise UsageError("cli.bad_spread", text=text) from None
    if not rule_id.strip() or low > high:
        raise UsageError("cli.bad_spread", text=text)
    return SpreadRange(rule_id.strip(), low, high, values)


def _read_number(text: str) -> Fraction:
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(text)
    return Fraction(text.strip())


def _read_shares(text: str) -> tuple[Fraction, ...]:
    try:
        shares = tuple(_read_number(part.strip().rstrip("%％")) / 100 for part in text.split(","))
    except ValueError:
        raise UsageError("cli.bad_within", text=text) from None
    if max(shares) > 1:
        raise UsageError("cli.bad_within", text=text)
    return shares


def _present(console: Console, sweep: "Sweep") -> None:
    console.tell(
        "cli.sweep_done",
        all=str(sweep.plan.num_draws),
        feasible=str(sweep.num_feasible),
        same=str(sweep.num_same),
    )
    own = [pair for pair in sweep.pairs if pair.is_proposed]
    firm = sum(pair.count >= _FIRM * sweep.num_feasible for pair in own)
    console.tell("cli.sweep_firm", pairs=str(len(own)), firm=str(firm))
    for pair in sorted(own, key=lambda p: (p.count, p.unit_id, p.village_id))[:MOST_SHOWN]:
        share = f"{pair.count}/{sweep.num_feasible}"
        names = {"unit": sweep.names[pair.unit_id], "village": sweep.names[pair.village_id]}
        console.tell("cli.sweep_pair", share=share, **names)
    strong = [f for f in sweep.influences if f.correlation is not None][:MOST_SHOWN]
    if strong:
        told = "、".join(f"{f.setting} ({f.correlation:.2f})" for f in strong)
        console.tell("cli.sweep_moves", settings=told)
