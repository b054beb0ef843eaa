"""`pairmatch plan`: the plans of a run's pairs; or a planning problem that stands alone."""

from pathlib import Path
from typing import Any

import click

from pairmatch.cli.console import Console
from pairmatch.cli.options import PATH, make_command, open_folder
from pairmatch.cli.planning import check_solution, read_gap, solve_problem
from pairmatch.cli.plans import plan_pairs
from pairmatch.domain.plugins import PluginOptions
from pairmatch.errors import UsageError

EXAMPLES = (
    "pairmatch plan runs/cangzhou-2026",
    "pairmatch plan --problem problem.json --time 60 --gap 0.5%",
)
LONGEST_TIME_S = 604_800


@make_command(
    "plan",
    EXAMPLES,
    click.Argument(["run"], type=PATH, required=False),
    click.Option(["--scenario"], type=PATH, metavar="DIR", help="cli.opt_plan_scenario"),
    click.Option(["--dry-run"], is_flag=True, help="cli.opt_plan_dry_run"),
    click.Option(["--problem"], type=PATH, metavar="FILE", help="cli.opt_problem"),
    click.Option(
        ["--time", "search_s"],
        type=click.FloatRange(0, LONGEST_TIME_S),
        metavar="SECONDS",
        help="cli.opt_plan_time",
    ),
    click.Option(["--gap"], metavar="SHARE", help="cli.opt_gap"),
    click.Option(["--out"], type=PATH, metavar="PATH", help="cli.opt_plan_out"),
    click.Option(["--solution"], type=PATH, metavar="FILE", help="cli.opt_solution"),
    has_plugins=True,
)
def command(
    console: Console, run: Path | None, problem: Path | None, plugins: PluginOptions, **asked: Any
) -> int:
    """Plan the pairs of a run, solve a problem, or check the solution of one."""
    search_s, gap, out = asked["search_s"], asked["gap"], asked["out"]
    if problem is not None and run is None:
        if asked["solution"] is not None:
            return check_solution(console, problem, asked["solution"])
        return solve_problem(console, problem, search_s, read_gap(gap), out)
    if run is None or problem is not None:
        raise UsageError("planning.no_problem")
    open_folder(console, run)
    from pairmatch import engine

    share = None if gap is None else read_gap(gap)
    wishes = engine.PlanWishes(search_s, share, out, plugins)
    return plan_pairs(console, run, asked["scenario"], wishes, dry_run=asked["dry_run"])
