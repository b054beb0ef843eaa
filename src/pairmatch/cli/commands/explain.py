"""`pairmatch explain`: why these pairs, why not that one, and what another would cost."""

from pathlib import Path

import click

from pairmatch.cli.console import Console
from pairmatch.cli.options import make_command, make_folder_argument, open_folder
from pairmatch.cli.reasons import (
    describe_alternative,
    describe_pair,
    list_pairs,
    present_pair,
    present_price,
    present_ways_in,
)
from pairmatch.errors import UsageError

EXAMPLES = (
    "pairmatch explain runs/cangzhou-2026 --village 慈庄村",
    "pairmatch explain runs/cangzhou-2026 --why-not u01 130983105217",
)


@make_command(
    "explain",
    EXAMPLES,
    make_folder_argument("run"),
    click.Option(["--village"], metavar="V", help="cli.opt_village"),
    click.Option(["--unit"], metavar="U", help="cli.opt_unit"),
    click.Option(["--why-not"], nargs=2, metavar="U V", help="cli.opt_why_not"),
)
def command(
    console: Console,
    run: Path,
    village: str | None,
    unit: str | None,
    why_not: tuple[str, str] | None,
) -> int:
    """Explain the pairs asked for, or list all of them."""
    if sum(choice is not None for choice in (village, unit, why_not)) > 1:
        raise UsageError("cli.explain_one")
    open_folder(console, run)
    from pairmatch import engine
    from pairmatch.cli.plugins import present_run_left_out

    present_run_left_out(console, engine.list_left_out(run))
    if why_not is not None:
        return _explain_price(console, run, *why_not)
    return _explain_pairs(console, run, village, unit)


def _explain_price(console: Console, run: Path, unit: str, village: str) -> int:
    from pairmatch import engine

    alternative = engine.price_pair(run, unit, village)
    facts = engine.describe_run(run, console.lang)
    if not console.as_json:
        present_price(console, alternative, facts)
    console.emit({"status": "done", "alternative": describe_alternative(alternative, facts)})
    return 0


def _explain_pairs(console: Console, run: Path, village: str | None, unit: str | None) -> int:
    from pairmatch import engine

    pairs = engine.explain_run(run, village, unit)
    facts = engine.describe_run(run, console.lang)
    if not pairs and (village is not None or unit is not None):
        return _explain_ways_in(console, run, village, unit)
    if console.as_json:
        console.emit({"status": "done", "pairs": [describe_pair(pair, facts) for pair in pairs]})
    elif village is None and unit is None:
        list_pairs(console, pairs, facts)
        console.say("cli.explain_next", run=str(run))
    else:
        for number, pair in enumerate(pairs):
            if number:
                console.write("")
            present_pair(console, pair, facts)
    return 0


def _explain_ways_in(console: Console, run: Path, village: str | None, unit: str | None) -> int:
    from pairmatch import engine

    ways = engine.price_ways_in(run, village, unit)
    facts = engine.describe_run(run, console.lang)
    if not console.as_json:
        side = "unit" if village is None else "village"
        present_ways_in(console, village or unit or "", ways, facts, side)
    described = [describe_alternative(way, facts) for way in ways]
    console.emit({"status": "done", "pairs": [], "ways_in": described})
    return 0
